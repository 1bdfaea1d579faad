//! Java.

use super::{Forms, deploy};
use crate::finds;

const HTTP: &str = "http://s-ledger/x";
const HOST: &str = "s-ledger:80";

#[track_caller]
fn found(idioms: &[(&str, &str, &str)]) {
    let mut forms = Forms::default();
    for (imports, call, address) in idioms {
        let imports: String = imports.split_whitespace().map(|name| format!("import {name};\n")).collect();
        let quoted = format!("\"{address}\"");
        let callee = "-- service.ledger/x.txt\n";
        let with = |expression: &str| call.replace("ADDR", expression);
        let class = |name: &str, body: &str| {
            format!(
                "-- service.emoji/src/main/java/bank/{name}.java\npackage bank;\n{imports}public class {name} {{ {body} }}\n"
            )
        };
        let main = |call: &str| {
            class("Main", &format!("public static void main(String[] args) throws Exception {{ {call} }}")) + callee
        };
        forms.check(call, "written out", &main(&with(&quoted)), &["emoji -> ledger proven"]);
        let constant =
            main(&with("Names.ADDRESS")) + &class("Names", &format!("static final String ADDRESS = {quoted};"));
        forms.check(call, "constant", &constant, &["emoji -> ledger proven"]);
        let variable = main(&with("System.getenv(\"LEDGER\")")) + &deploy(address).replace(callee, "");
        forms.check(call, "environment", &variable, &["emoji -> ledger joined"]);
        let wrapper = main(&format!("new Calls().call({quoted});"))
            + &class("Calls", &format!("void call(String address) throws Exception {{ {} }}", with("address")));
        forms.check(call, "wrapper", &wrapper, &["emoji -> ledger proven"]);
        let dead = class(
            "Main",
            &format!("public static void main(String[] args) {{ }} static void never() {{ {} }}", with(&quoted)),
        );
        forms.check(call, "dead", &(dead + callee), &[]);
    }
    forms.all_right();
}

#[test]
fn rest_template() {
    let rest = "org.springframework.web.client.RestTemplate org.springframework.http.HttpMethod org.springframework.http.RequestEntity java.net.URI";
    let builder = "org.springframework.boot.web.client.RestTemplateBuilder org.springframework.web.client.RestTemplate org.springframework.web.util.DefaultUriBuilderFactory org.springframework.web.util.UriComponentsBuilder";
    found(&[
        (rest, "RestTemplate rest = new RestTemplate(); rest.getForObject(ADDR, String.class);", HTTP),
        (rest, "RestTemplate rest = new RestTemplate(); rest.getForEntity(ADDR + \"/{id}\", String.class, 3);", HTTP),
        (
            rest,
            "RestTemplate rest = new RestTemplate(); rest.exchange(ADDR, HttpMethod.GET, null, String.class);",
            HTTP,
        ),
        (rest, "RestTemplate rest = new RestTemplate(); rest.postForObject(ADDR, null, String.class);", HTTP),
        (rest, "RestTemplate rest = new RestTemplate(); rest.postForEntity(ADDR, null, String.class);", HTTP),
        (rest, "RestTemplate rest = new RestTemplate(); rest.put(ADDR, null);", HTTP),
        (rest, "RestTemplate rest = new RestTemplate(); rest.delete(ADDR);", HTTP),
        (rest, "RestTemplate rest = new RestTemplate(); rest.getForObject(URI.create(ADDR), String.class);", HTTP),
        (rest, "RestTemplate rest = new RestTemplate(); rest.getForObject(new URI(ADDR), String.class);", HTTP),
        (
            rest,
            "RestTemplate rest = new RestTemplate(); rest.exchange(RequestEntity.get(ADDR).build(), String.class);",
            HTTP,
        ),
        (
            rest,
            "RestTemplate rest = new RestTemplate(); rest.getForObject(String.format(\"http://%s/accounts\", ADDR), String.class);",
            HOST,
        ),
        (
            rest,
            "RestTemplate rest = new RestTemplate(); rest.getForObject(String.format(Locale.ROOT, \"http://%s/accounts\", ADDR), String.class);",
            HOST,
        ),
        (
            builder,
            "RestTemplate rest = new RestTemplateBuilder().rootUri(ADDR).build(); rest.getForObject(\"/y\", String.class);",
            HTTP,
        ),
        (
            builder,
            "RestTemplate rest = new RestTemplateBuilder().build(); rest.getForObject(ADDR, String.class);",
            HTTP,
        ),
        (
            builder,
            "RestTemplateBuilder b = new RestTemplateBuilder(); RestTemplate rest = b.setReadTimeout(null).rootUri(ADDR).build(); rest.getForObject(\"/y\", String.class);",
            HTTP,
        ),
        (
            builder,
            "RestTemplate rest = new RestTemplate(); rest.setUriTemplateHandler(new DefaultUriBuilderFactory(ADDR)); rest.getForObject(\"/y\", String.class);",
            HTTP,
        ),
        (
            builder,
            "RestTemplate rest = new RestTemplate(); rest.getForObject(UriComponentsBuilder.fromHttpUrl(ADDR).path(\"/y\").toUriString(), String.class);",
            HTTP,
        ),
        (
            builder,
            "RestTemplate rest = new RestTemplate(); rest.getForObject(UriComponentsBuilder.newInstance().scheme(\"http\").host(ADDR).path(\"/y\").toUriString(), String.class);",
            "s-ledger",
        ),
    ]);
}

#[test]
fn web_client_and_others() {
    let web = "org.springframework.web.reactive.function.client.WebClient";
    let rest = "org.springframework.web.client.RestClient";
    let java = "java.net.URI java.net.URL java.net.http.HttpClient java.net.http.HttpRequest";
    let ok = "okhttp3.OkHttpClient okhttp3.Request";
    let jaxrs = "javax.ws.rs.client.Client javax.ws.rs.client.ClientBuilder";
    let grpc = "io.grpc.ManagedChannel io.grpc.ManagedChannelBuilder bank.api.LedgerGrpc";
    found(&[
        (web, "WebClient client = WebClient.create(ADDR); client.get().uri(\"/y\").retrieve();", HTTP),
        (
            web,
            "WebClient client = WebClient.builder().baseUrl(ADDR).build(); client.get().uri(\"/y\").retrieve();",
            HTTP,
        ),
        (
            web,
            "WebClient client = WebClient.builder().defaultHeader(\"a\", \"b\").baseUrl(ADDR).build(); client.post().uri(\"/y\").retrieve();",
            HTTP,
        ),
        (web, "WebClient.Builder builder = WebClient.builder(); builder.build().get().uri(ADDR).retrieve();", HTTP),
        (web, "WebClient.create().get().uri(ADDR + \"/{id}\", 3).retrieve();", HTTP),
        (rest, "RestClient client = RestClient.create(ADDR); client.get().uri(\"/y\").retrieve();", HTTP),
        (
            rest,
            "RestClient client = RestClient.builder().baseUrl(ADDR).build(); client.get().uri(\"/y\").retrieve();",
            HTTP,
        ),
        (
            java,
            "HttpRequest request = HttpRequest.newBuilder().uri(URI.create(ADDR)).build(); HttpClient.newHttpClient().send(request, null);",
            HTTP,
        ),
        (
            java,
            "HttpRequest request = HttpRequest.newBuilder(URI.create(ADDR)).GET().build(); HttpClient.newHttpClient().send(request, null);",
            HTTP,
        ),
        (java, "new URL(ADDR).openConnection();", HTTP),
        (java, "URL url = new URL(ADDR); url.openStream();", HTTP),
        (
            ok,
            "Request request = new Request.Builder().url(ADDR).build(); new OkHttpClient().newCall(request).execute();",
            HTTP,
        ),
        (jaxrs, "Client client = ClientBuilder.newClient(); client.target(ADDR).path(\"y\").request().get();", HTTP),
        (jaxrs, "ClientBuilder.newClient().target(ADDR).request().get();", HTTP),
        ("org.apache.http.client.methods.HttpGet", "HttpGet get = new HttpGet(ADDR);", HTTP),
        (
            grpc,
            "ManagedChannel channel = ManagedChannelBuilder.forTarget(ADDR).usePlaintext().build(); LedgerGrpc.newBlockingStub(channel).read(null);",
            HOST,
        ),
        (
            grpc,
            "ManagedChannel channel = ManagedChannelBuilder.forAddress(ADDR, 80).usePlaintext().build(); LedgerGrpc.newBlockingStub(channel).read(null);",
            "s-ledger",
        ),
    ]);
}

/// A Spring component with `body`, beside files `more`.
fn component(imports: &str, body: &str, more: &str) -> String {
    let imports: String = imports.split_whitespace().map(|name| format!("import {name};\n")).collect();
    format!(
        "-- service.emoji/src/main/java/bank/A.java\npackage bank;\nimport org.springframework.stereotype.Service;\n{imports}{body}\n\
         -- service.ledger/x.txt\n-- service.card/x.txt\n{more}"
    )
}

#[test]
fn feign() {
    let feign = "org.springframework.cloud.openfeign.FeignClient org.springframework.web.bind.annotation.GetMapping";
    let user = "@Service class A { private final Ledger ledger; A(Ledger ledger) { this.ledger = ledger; } void x() { ledger.read(); } }";
    let unused = "@Service class A { void x() { } }";
    for note in [
        "@FeignClient(\"s-ledger\")",
        "@FeignClient(name = \"s-ledger\")",
        "@FeignClient(value = \"s-ledger\", fallback = A.class)",
        "@FeignClient(name = \"books\", url = \"http://s-ledger:80\")",
        "@FeignClient(name = Names.LEDGER)",
        "@FeignClient(name = \"books\", url = \"${ledger.url:http://s-ledger}\")",
    ] {
        let client = format!(
            "{note} interface Ledger {{ @GetMapping(\"/x\") String read(); }}\nclass Names {{ static final String LEDGER = \"s-\" + \"ledger\"; }}\n"
        );
        finds(&component(feign, &format!("{client}{user}"), ""), &["emoji -> ledger proven"]);
        finds(&component(feign, &format!("{client}{unused}"), ""), &[]);
    }
    let client = "@FeignClient(name = \"${ledger.name}\") interface Ledger { String read(); }\n";
    let settings = "-- service.emoji/src/main/resources/application.properties\nledger.name=s-ledger\n";
    finds(&component(feign, &format!("{client}{user}"), settings), &["emoji -> ledger joined"]);
}

#[test]
fn injected_clients() {
    let rest = "org.springframework.web.client.RestTemplate org.springframework.boot.web.client.RestTemplateBuilder org.springframework.beans.factory.annotation.Value org.springframework.web.reactive.function.client.WebClient org.springframework.context.annotation.Bean";
    for body in [
        "@Service class A { private final RestTemplate rest; A(RestTemplateBuilder builder) { this.rest = builder.rootUri(\"http://s-ledger\").build(); } String x() { return rest.getForObject(\"/y\", String.class); } }",
        "@Service class A { private final WebClient client; A(WebClient.Builder builder) { this.client = builder.baseUrl(\"http://s-ledger\").build(); } void x() { client.get().uri(\"/y\").retrieve(); } }",
        "@Service class A { @Autowired private RestTemplate rest; private String base() { return \"http://s-ledger\"; } String x() { return rest.getForObject(base() + \"/y\", String.class); } }",
        "@Configuration class C { @Bean WebClient ledger(WebClient.Builder builder) { return builder.baseUrl(\"http://s-ledger\").build(); } }",
        // Of two methods of one name the one with as many parameters is called.
        "class B { RestTemplate rest; String get() { return get(\"http://s-ledger\"); } String get(String base) { return rest.getForObject(base + \"/y\", String.class); } }\n@Service class A { B b = new B(); void x() { b.get(); } }",
        "class B { RestTemplate rest; String get(String id) { return id; } String get(String base, String id) { return rest.getForObject(base + id, String.class); } }\n@Service class A { B b = new B(); void x() { b.get(\"http://s-card\"); b.get(\"http://s-ledger\", \"/3\"); } }",
    ] {
        finds(&component(rest, body, ""), &["emoji -> ledger proven"]);
    }
    for (body, file, text) in [
        (
            "@Service class A { @Value(\"${ledger.url}\") String url; RestTemplate rest; void x() { rest.getForObject(url + \"/y\", String.class); } }",
            "application.yml",
            "ledger: {url: 'http://s-ledger'}\n",
        ),
        (
            "@Service class A { private final String url; RestTemplate rest; A(@Value(\"${ledger.url}\") String url) { this.url = url; } void x() { rest.getForObject(url + \"/y\", String.class); } }",
            "application.properties",
            "# where\nledger.url = http://s-ledger\n",
        ),
        (
            "@ConfigurationProperties(prefix = \"ledger\") class P { private String url; String getUrl() { return url; } }\n@Service class A { P p; RestTemplate rest; void x() { rest.getForObject(p.getUrl() + \"/y\", String.class); } }",
            "application.yaml",
            "ledger:\n  url: http://s-ledger\n",
        ),
    ] {
        let more = format!("-- service.emoji/src/main/resources/{file}\n{text}");
        finds(&component(rest, body, &more), &["emoji -> ledger joined"]);
    }
}

#[test]
fn gateways() {
    let gateway = "org.springframework.cloud.gateway.route.RouteLocator org.springframework.cloud.gateway.route.builder.RouteLocatorBuilder org.springframework.context.annotation.Bean";
    let routes = |uri: &str| {
        format!(
            "@Configuration class C {{ @Bean RouteLocator routes(RouteLocatorBuilder builder) {{ return builder.routes().route(\"a\", r -> r.path(\"/a/**\").uri({uri})).build(); }} }}"
        )
    };
    finds(&component(gateway, &routes("\"lb://s-ledger\""), ""), &["emoji -> ledger proven"]);
    finds(&component(gateway, &routes("\"http://s-ledger:80\""), ""), &["emoji -> ledger proven"]);
    let two = "@Configuration class C { @Bean RouteLocator routes(RouteLocatorBuilder builder) { return builder.routes().route(r -> r.path(\"/a/**\").filters(f -> f.stripPrefix(1)).uri(\"lb://s-ledger\")).route(r -> r.path(\"/b\").uri(\"lb://s-card\")).build(); } }";
    finds(&component(gateway, two, ""), &["emoji -> card proven", "emoji -> ledger proven"]);
    let dead = "class C { RouteLocator routes(RouteLocatorBuilder builder) { return builder.routes().route(\"a\", r -> r.path(\"/a/**\").uri(\"lb://s-ledger\")).build(); } }";
    finds(&component(gateway, dead, ""), &[]);
    for (file, text) in [
        (
            "application.yml",
            "spring:\n  cloud:\n    gateway:\n      routes:\n      - id: a\n        uri: lb://s-ledger\n",
        ),
        (
            "application.yml",
            "spring:\n  cloud:\n    gateway:\n      server:\n        webflux:\n          routes:\n          - id: a\n            uri: http://s-ledger\n",
        ),
        ("application.yml", "spring.cloud.gateway.routes:\n- id: a\n  uri: http://${LEDGER_HOST:s-ledger}:80\n"),
        ("application.properties", "spring.cloud.gateway.routes[0].uri=lb://s-ledger\n"),
        ("application.yml", "zuul:\n  routes:\n    a:\n      path: /a/**\n      serviceId: s-ledger\n"),
        ("application.yml", "zuul:\n  routes:\n    a:\n      path: /a/**\n      url: http://s-ledger:80\n"),
        ("application.yml", "zuul: {routes: {s-ledger: /a/**}}\n"),
        ("application.yml", "zuul: {routes: {s-ledger: {path: /a/**}}}\n"),
        ("bootstrap.properties", "zuul.routes.a.serviceId=s-ledger\n"),
    ] {
        let more = format!("-- service.emoji/src/main/resources/{file}\n{text}");
        finds(&component("", "@Service class A { }", &more), &["emoji -> ledger proven"]);
    }
    let commented = "-- service.emoji/src/main/resources/application.yml\n# zuul: {routes: {a: {url: http://s-ledger}}}\nserver: {port: 80}\n";
    finds(&component("", "@Service class A { }", commented), &[]);
}

#[test]
fn the_configuration_fills_classes_records_and_interfaces() {
    let imports = "org.springframework.web.client.RestTemplate org.springframework.boot.context.properties.ConfigurationProperties org.springframework.context.annotation.Bean io.smallrye.config.ConfigMapping";
    let call = |what: &str| {
        format!(
            "@Service class A {{ private final Cfg cfg; RestTemplate rest = new RestTemplate(); A(Cfg cfg) {{ this.cfg = cfg; }} void x() {{ rest.getForObject({what} + \"/y\", String.class); }} }}\n"
        )
    };
    let settings = "-- service.other/x.txt\n-- service.emoji/src/main/resources/application.yaml\nledger:\n  url: http://s-ledger\n  books: {url: 'http://s-ledger', base-url: 'http://s-ledger'}\n  never: {url: 'http://s-other'}\n";
    for (cfg, what) in [
        ("@ConfigurationProperties(prefix = \"ledger\") record Cfg(String url) { }", "cfg.url()"),
        (
            "@ConfigurationProperties(\"ledger\") public record Cfg(int port, @NotNull String url) { public Cfg { } }",
            "cfg.url()",
        ),
        (
            "@ConfigurationProperties(\"ledger\") record Cfg(Books books) { record Books(String url) { } }",
            "cfg.books().url()",
        ),
        (
            "@ConfigurationProperties(\"ledger\") record Cfg(Books books, Never never) { }\nrecord Books(String baseUrl) { }\nrecord Never(String url) { }",
            "cfg.books().baseUrl()",
        ),
        (
            "@ConfigurationProperties(prefix = Names.PREFIX) record Cfg(String url) { }\nclass Names { static final String PREFIX = \"ledger\"; }",
            "cfg.url()",
        ),
        (
            "@ConstructorBinding @ConfigurationProperties(\"ledger\") class Cfg { private final String url; Cfg(String url) { this.url = url; } String getUrl() { return url; } }",
            "cfg.getUrl()",
        ),
        (
            "@ConfigurationProperties(\"ledger\") class Cfg { private final String all; Cfg(String url) { this.all = url + \"/all\"; } String all() { return all; } }",
            "cfg.all()",
        ),
        // Lombok writes the getters, of the part too.
        (
            "@Data @ConfigurationProperties(\"ledger\") class Cfg { private Books books = new Books(); @Data static class Books { private String baseUrl; } }",
            "cfg.getBooks().getBaseUrl()",
        ),
        (
            "@Data class Cfg { private String url; }\n@Configuration class B { @Bean @ConfigurationProperties(prefix = \"ledger\") Cfg cfg() { return new Cfg(); } }",
            "cfg.getUrl()",
        ),
        ("@ConfigMapping(prefix = \"ledger\") interface Cfg { String url(); }", "cfg.url()"),
        (
            "@ConfigMapping(prefix = \"ledger\") interface Cfg { Books books(); interface Books { String baseUrl(); } }",
            "cfg.books().baseUrl()",
        ),
        ("@ConfigurationProperties(\"ledger\") interface Cfg { String getUrl(); }", "cfg.getUrl()"),
    ] {
        let tree = component(imports, &format!("{}{cfg}\n", call(what)), settings);
        let found = crate::summary(&crate::outcome(&tree));
        assert_eq!(found, ["emoji -> ledger joined"], "{cfg} {what}");
    }
    // What stands where nothing is set.
    for cfg in [
        "@ConfigurationProperties(\"nothing\") record Cfg(@DefaultValue(\"http://s-ledger\") String url) { }",
        "@ConfigurationProperties(\"nothing\") class Cfg { private final String url; Cfg(@DefaultValue(\"http://s-ledger\") String url) { this.url = url; } String url() { return url; } }",
    ] {
        let tree = component(imports, &format!("{}{cfg}\n", call("cfg.url()")), settings);
        let found = crate::summary(&crate::outcome(&tree));
        assert_eq!(found, ["emoji -> ledger proven"], "{cfg}");
    }
    // A record that code makes has what it is made with.
    let made = "record Cfg(String url) { }\n@Configuration class B { @Bean Cfg cfg() { return new Cfg(\"http://s-ledger\"); } }";
    finds(
        &component(
            imports,
            &format!(
                "@Service class A {{ void x() {{ new RestTemplate().getForObject(new Cfg(\"http://s-ledger\").url(), String.class); }} }}\n{made}\n"
            ),
            settings,
        ),
        &["emoji -> ledger proven"],
    );
}

#[test]
fn texts_made_of_parts() {
    let rest = "org.springframework.web.client.RestTemplate java.util.Locale java.text.MessageFormat java.util.List";
    let get = |text: &str| format!("RestTemplate rest = new RestTemplate(); rest.getForObject({text}, String.class);");
    let idioms = [
        get("String.format(Locale.ROOT, \"%s/accounts\", ADDR)"),
        get("String.format(java.util.Locale.US, \"%s/%d\", ADDR, 3)"),
        get("String.format((Locale) null, \"%s/accounts\", ADDR)"),
        get("MessageFormat.format(\"{0}/accounts\", ADDR)"),
        get("String.join(\"/\", ADDR, \"accounts\")"),
        get("String.join(\"/\", List.of(ADDR, \"accounts\"))"),
    ];
    let idioms: Vec<(&str, &str, &str)> = idioms.iter().map(|call| (rest, call.as_str(), HTTP)).collect();
    found(&idioms);
    found(&[(
        rest,
        "new RestTemplate().getForObject(String.join(\":\", \"http\", \"//\" + ADDR), String.class);",
        HOST,
    )]);
}

#[test]
fn brokers_and_generated_clients() {
    found(&[
        (
            "org.apache.activemq.ActiveMQConnectionFactory",
            "ActiveMQConnectionFactory f = new ActiveMQConnectionFactory(); f.setBrokerURL(ADDR);",
            "tcp://s-ledger:61616",
        ),
        (
            "org.apache.activemq.ActiveMQConnectionFactory",
            "new ActiveMQConnectionFactory(ADDR).createConnection();",
            "tcp://s-ledger:61616",
        ),
        (
            "org.apache.activemq.ActiveMQConnectionFactory",
            "new ActiveMQConnectionFactory(\"me\", \"x\", ADDR);",
            "tcp://s-ledger:61616",
        ),
        (
            "io.temporal.serviceclient.WorkflowServiceStubsOptions",
            "WorkflowServiceStubsOptions.newBuilder().setTarget(ADDR).build();",
            HOST,
        ),
        ("com.books.client.ApiClient", "ApiClient c = new ApiClient(); c.setBasePath(ADDR);", HTTP),
        (
            "org.apache.pulsar.client.api.PulsarClient",
            "PulsarClient.builder().serviceUrl(ADDR).build();",
            "pulsar://s-ledger:6650",
        ),
    ]);
}

#[test]
fn addresses_in_fields_and_with_parameters() {
    let broker = "import org.springframework.beans.factory.annotation.Value;\nimport org.apache.activemq.ActiveMQConnectionFactory;\n@Configuration public class A { @Value(\"${books.url}\") private String url; @Bean public ActiveMQConnectionFactory factory() { ActiveMQConnectionFactory f = new ActiveMQConnectionFactory(); f.setBrokerURL(url); return f; } }";
    let uri = "import org.springframework.web.client.RestClient;\nimport org.springframework.web.util.UriComponentsBuilder;\nimport java.net.URI;\n@ConfigurationProperties(prefix = \"books\") record Cfg(String url) { }\n@Service public class A { private final RestClient rest; private final Cfg cfg; public void read() { final URI at = UriComponentsBuilder.fromUriString(cfg.url()).path(\"/x\").queryParams(more()).build().toUri(); rest.get().uri(at).retrieve(); } }";
    for code in [broker, uri] {
        let tree = format!(
            "-- service.ledger/x.txt\n-- service.emoji/src/main/java/bank/A.java\npackage bank;\n{code}\n-- service.emoji/src/main/resources/application.yml\nbooks: {{url: 'http://s-ledger:80'}}\n"
        );
        assert_eq!(crate::summary(&crate::outcome(&tree)), ["emoji -> ledger joined"], "{code}");
    }
}
