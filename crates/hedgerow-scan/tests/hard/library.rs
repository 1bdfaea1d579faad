//! Services whose code is a library: one program elsewhere runs it by a sub-command.

use crate::finds;

/// `service.shop` is a library, which the program in `cli` runs; `s-ledger` is another service.
fn tree(shop: &str, cli: &str) -> String {
    format!("-- service.ledger/x.txt\n{shop}{cli}")
}

const CALL: &str = "reqwest::get(\"http://s-ledger/x\").await.unwrap();";

#[test]
fn a_crate_begins_where_a_main_elsewhere_enters_it() {
    let manifest = "-- service.shop/Cargo.toml\n[package]\nname = \"shop-api\"\n";
    let shop = |text: &str| format!("{manifest}-- service.shop/src/lib.rs\n{text}\n");
    let cli = |text: &str| format!("-- cli/Cargo.toml\n[package]\nname = \"cli\"\n-- cli/src/main.rs\n{text}\n");
    let run = format!("pub struct Run;\nimpl Run {{ pub async fn run(self) {{ {CALL} }} }}");
    let start =
        format!("pub async fn start() {{ {CALL} }}\nasync fn unused() {{ reqwest::get(\"http://s-cart/x\").await; }}");
    let found: &[&str] = &["shop -> ledger proven"];
    let nothing: &[&str] = &[];
    for (files, expected) in [
        // A sub-command as the variant of an enumeration, a function, a module, a type that is taken in under its name.
        (
            tree(
                &shop(&run),
                &cli(
                    "enum Command { Shop(shop_api::Run) }\nfn main() { match parse() { Command::Shop(run) => run.run() } }",
                ),
            ),
            found,
        ),
        (tree(&shop(&start), &cli("fn main() { shop_api::start(); }")), found),
        (tree(&shop(&start), &cli("use shop_api::start;\nfn main() { start(); }")), found),
        (tree(&shop(&run), &cli("use shop_api::Run;\nfn main() { Run.run(); }")), found),
        (
            tree(
                &format!(
                    "{}-- service.shop/src/a.rs\nmod b;\npub use self::b::*;\n-- service.shop/src/a/b.rs\n{run}\n",
                    shop("mod a;\npub use a::*;")
                ),
                &cli("use shop_api::Run;\nfn main() { Run.run(); }"),
            ),
            found,
        ),
        // Nobody runs it.
        (tree(&shop(&run), &cli("fn main() {}")), nothing),
        // It has a program of its own.
        (
            tree(
                &shop(&run),
                "-- service.shop/src/main.rs\nfn main() {}\n-- cli/src/main.rs\nuse shop_api::Run;\nfn main() { Run.run(); }\n",
            ),
            nothing,
        ),
    ] {
        finds(&files, expected);
    }
}

/// With it, that a scan which takes over what an earlier one found sees which names another program takes in: `finds` scans without each file.
#[test]
fn several_programs_enter_a_crate_by_different_names() {
    let shop = "-- service.shop/Cargo.toml\n[package]\nname = \"shop-api\"\n-- service.shop/src/lib.rs\n\
                pub async fn a() { reqwest::get(\"http://s-ledger/x\").await; }\npub async fn b() { reqwest::get(\"http://s-cart/x\").await; }\n";
    let program = |name: &str| {
        format!(
            "-- {name}/Cargo.toml\n[package]\nname = \"{name}\"\n-- {name}/src/main.rs\nuse shop_api::{name};\nfn main() {{ {name}(); }}\n"
        )
    };
    let both = format!("-- service.cart/x.txt\n{}{}", program("a"), program("b"));
    finds(&tree(shop, &both), &["shop -> cart proven", "shop -> ledger proven"]);
}

#[test]
fn a_package_of_scripts_begins_where_one_elsewhere_enters_it() {
    let python = |cli: &str| {
        tree(
            "-- lib/shop/__init__.py\nimport requests\ndef run():\n    requests.get(\"http://s-ledger/x\")\n\ndef other():\n    requests.get(\"http://s-cart/x\")\n",
            &format!(
                "-- service.cart/x.txt\n-- hedgerow.yaml\nscan: {{services: [{{path: 'lib/{{name}}', name: 'service.{{name}}'}}]}}\n-- cli/main.py\n{cli}\n"
            ),
        )
    };
    finds(&python("from lib.shop import run\nrun()"), &["shop -> ledger proven"]);
    finds(&python("print(1)"), &[]);
    let javascript = |cli: &str| {
        tree(
            "-- service.shop/index.js\nfunction run() { fetch(\"http://s-ledger/x\"); }\nmodule.exports = { run };\n",
            &format!("-- cli/main.js\n{cli}\n"),
        )
    };
    finds(&javascript("const { run } = require('../service.shop/index.js');\nrun();"), &["shop -> ledger proven"]);
}

#[test]
fn a_class_begins_where_a_main_elsewhere_enters_it() {
    let java = |cli: &str| {
        tree(
            "-- service.shop/src/main/java/bank/shop/Shop.java\npackage bank.shop;\nimport org.springframework.web.client.RestTemplate;\npublic class Shop {\n  public void run() { new RestTemplate().getForObject(\"http://s-ledger/x\", String.class); }\n}\n",
            &format!("-- cli/src/main/java/bank/cli/Main.java\npackage bank.cli;\n{cli}\n"),
        )
    };
    finds(
        &java(
            "import bank.shop.Shop;\npublic class Main { public static void main(String[] a) { new Shop().run(); } }",
        ),
        &["shop -> ledger proven"],
    );
    finds(&java("public class Main { public static void main(String[] a) {} }"), &[]);
    let kotlin = |cli: &str| {
        tree(
            "-- service.shop/src/main/kotlin/bank/shop/Shop.kt\npackage bank.shop\nclass Shop {\n  fun run() { okhttp3.Request.Builder().url(\"http://s-ledger/x\").build() }\n}\n",
            &format!("-- cli/src/main/kotlin/bank/cli/Main.kt\npackage bank.cli\n{cli}\n"),
        )
    };
    finds(&kotlin("import bank.shop.Shop\nfun main() { Shop().run() }"), &["shop -> ledger proven"]);
}

#[test]
fn a_field_that_a_variable_fills_is_read_where_the_field_is() {
    let tree = |body: &str| {
        format!(
            "-- service.ledger/x.txt\n-- service.shop/src/main.rs\n#[derive(clap::Args)]\nstruct Storage {{\n  #[arg(env = \"STORE\", long)]\n  endpoint: Option<String>,\n}}\n\
             #[derive(clap::Parser)]\nstruct Run {{\n  #[command(flatten)]\n  storage: Storage,\n}}\nfn main() {{ let run = Run::parse(); {body} }}\n\
             -- k8s/shop.yaml\nkind: Deployment\nmetadata: {{name: s-shop}}\nspec: {{template: {{spec: {{containers: [{{name: main, image: x, env: [{{name: STORE, value: 'http://s-ledger:9000'}}]}}]}}}}}}\n"
        )
    };
    finds(
        &tree("if let Some(endpoint) = run.storage.endpoint { unknown::open(endpoint); }"),
        &["shop -> ledger joined"],
    );
    finds(&tree("let Storage { endpoint } = run.storage; unknown::open(endpoint);"), &["shop -> ledger joined"]);
    finds(&tree("unknown::open(run.other);"), &["shop -> ledger candidate"]);
}

#[test]
fn a_field_is_what_the_flag_that_fills_it_is() {
    let tree = |argument: &str, command: &str| {
        format!(
            "-- service.ledger/x.txt\n-- service.shop/src/main.rs\n#[derive(clap::Args)]\nstruct Storage {{\n  #[arg({argument})]\n  endpoint: String,\n}}\n\
             #[derive(clap::Parser)]\nstruct Run {{\n  #[command(flatten)]\n  storage: Storage,\n}}\nfn main() {{ let run = Run::parse(); reqwest::get(run.storage.endpoint); }}\n\
             -- compose.yaml\nservices: {{s-shop: {{image: x, command: '{command}'}}}}\n"
        )
    };
    let calls: &[&str] = &["shop -> ledger joined"];
    finds(
        &tree("long = \"storage-endpoint\", env = \"STORE\"", "/shop run --storage-endpoint http://s-ledger:9000"),
        calls,
    );
    finds(&tree("long = \"storage-endpoint\"", "/shop run --storage-endpoint=http://s-ledger:9000"), calls);
    finds(&tree("long", "/shop run --endpoint http://s-ledger:9000"), calls);
    finds(
        &tree("long = \"storage-endpoint\"", "/shop run --other http://s-ledger:9000"),
        &["unresolved-call service.shop/src/main.rs"],
    );
}

#[test]
fn a_variant_of_an_enumeration_holds_settings() {
    let tree = |ledger: &str, arm: &str, yaml: &str| {
        format!(
            "-- service.ledger/x.txt\n-- service.shop/config.yaml\n{yaml}\n-- service.shop/src/main.rs\nuse figment::providers::{{Format, Yaml}};\n\
             #[derive(Deserialize)]\nstruct Remote {{ host: String, port: u16 }}\n{ledger}\n#[derive(Deserialize)]\nstruct Config {{ ledger: Ledger }}\n\
             fn connect(config: &Ledger) {{ match config {{ {arm} => {{ reqwest::get(format!(\"http://{{}}:{{}}/x\", remote.host, remote.port)); }} _ => {{}} }} }}\n\
             fn main() {{ let config: Config = figment::Figment::from(Yaml::file(\"config.yaml\")).extract().unwrap(); connect(&config.ledger); }}\n"
        )
    };
    let calls: &[&str] = &["shop -> ledger joined"];
    let outer = "ledger: {grpc: {host: s-ledger, port: 80}}";
    finds(
        &tree(
            "#[derive(Deserialize)]\nenum Ledger { #[serde(alias = \"grpc\")] Grpc(Remote), Off }",
            "Ledger::Grpc(remote)",
            outer,
        ),
        calls,
    );
    finds(
        &tree(
            "#[derive(Deserialize)]\nenum Ledger { Off, #[serde(rename = \"grpc\")] G(Remote) }",
            "Ledger::G(remote)",
            outer,
        ),
        calls,
    );
    finds(
        &tree(
            "#[derive(Deserialize)]\n#[serde(tag = \"kind\")]\nenum Ledger { Grpc(Remote), Off }",
            "Ledger::Grpc(remote)",
            "ledger: {kind: Grpc, host: s-ledger, port: 80}",
        ),
        calls,
    );
}

/// A starter of Spring Boot's whose filter calls the ledger, and a library between it and whoever depends on that.
fn starter(list: &str, shop: &str) -> String {
    let pom = |name: &str, depends: &str| {
        format!("<project><artifactId>{name}</artifactId><dependencies>{depends}</dependencies></project>\n")
    };
    let on = |name: &str| format!("<dependency><artifactId>{name}</artifactId></dependency>");
    format!(
        "-- service.ledger/x.txt\n-- lib/security/pom.xml\n{}-- lib/security/src/main/resources/{list}\nbank.security.Security\n\
         -- lib/security/src/main/java/bank/security/Security.java\npackage bank.security;\nimport org.springframework.boot.autoconfigure.AutoConfiguration;\nimport org.springframework.context.annotation.Bean;\n\
         import org.springframework.web.client.RestTemplate;\n@AutoConfiguration\npublic class Security {{\n  @Bean public Object token() {{ return new RestTemplate().getForObject(\"http://s-ledger/x\", String.class); }}\n}}\n\
         -- lib/web/pom.xml\n{}-- lib/gradle/build.gradle.kts\ndependencies {{\n  implementation(project(\":lib:security\"))\n}}\n\
         -- service.shop/src/main/java/bank/shop/Shop.java\npackage bank.shop;\npublic class Shop {{ public static void main(String[] a) {{}} }}\n{shop}",
        pom("security", ""),
        pom("web", &on("security")),
    )
}

#[test]
fn a_starter_runs_in_every_service_that_depends_on_it() {
    let boot = "META-INF/spring/org.springframework.boot.autoconfigure.AutoConfiguration.imports";
    let pom = |name: &str| {
        format!(
            "-- service.shop/pom.xml\n<project><artifactId>shop</artifactId><dependencies><dependency><artifactId>{name}</artifactId></dependency></dependencies></project>\n"
        )
    };
    let calls: &[&str] = &["shop -> ledger proven"];
    for (list, shop, expected) in [
        (boot, pom("security"), calls),
        ("META-INF/spring.factories", pom("security"), calls),
        (boot, pom("web"), calls),
        (
            boot,
            "-- service.shop/build.gradle\ndependencies {\n  implementation project(':lib:gradle')\n}\n".to_owned(),
            calls,
        ),
        (boot, pom("other"), &[]),
        ("other.imports", pom("security"), &[]),
    ] {
        finds(&starter(list, &shop), expected);
    }
}

#[test]
fn constants_of_interfaces_are_known() {
    let java = |names: &str, import: &str, address: &str| {
        format!(
            "-- service.ledger/x.txt\n-- service.shop/src/main/java/bank/Names.java\npackage bank;\n{names}\n\
             -- service.shop/src/main/java/bank/shop/Shop.java\npackage bank.shop;\n{import}\nimport org.springframework.web.client.RestTemplate;\n\
             public class Shop {{ public static void main(String[] a) {{ new RestTemplate().getForObject({address}, String.class); }} }}\n"
        )
    };
    let names = "public interface Names { String HOST = \"http://s-ledger\"; String URL = HOST + \"/x\"; interface Inner { String AT = \"http://s-ledger\"; } }";
    let calls: &[&str] = &["shop -> ledger proven"];
    finds(&java(names, "import bank.Names;", "Names.HOST + \"/x\""), calls);
    finds(&java(names, "import bank.Names;", "Names.URL"), calls);
    // What a file takes out of a class or an interface by its name.
    finds(&java(names, "import static bank.Names.URL;", "URL"), calls);
    finds(
        &java(
            &names
                .replace("interface Names", "class Names")
                .replace("String HOST", "static String HOST")
                .replace("String URL", "static String URL"),
            "import static bank.Names.URL;",
            "URL",
        ),
        calls,
    );
    let method = "public class Names { public static String at(String path) { return \"http://s-ledger\" + path; } }";
    finds(&java(method, "import static bank.Names.at;", "at(\"/x\")"), calls);
    finds(
        &java(method, "import static bank.Names.at;", "a[0]"),
        &["unresolved-call service.shop/src/main/java/bank/shop/Shop.java"],
    );
    let client = "-- service.shop/src/main/java/bank/Api.java\npackage bank;\nimport org.springframework.cloud.openfeign.FeignClient;\n@FeignClient(name = Names.LEDGER)\npublic interface Api { String check(); }\n";
    let shop = java("interface Names { String LEDGER = \"s-ledger\"; }", "import bank.Api;", "\"x\"")
        .replace("new RestTemplate()", "new Holder(null).api.check(); new RestTemplate()");
    let holder = "-- service.shop/src/main/java/bank/shop/Holder.java\npackage bank.shop;\nimport bank.Api;\nclass Holder { final Api api; Holder(Api api) { this.api = api; } }\n";
    finds(&format!("{shop}{client}{holder}"), calls);
}

/// A shop whose module of components calls the ledger: `main` is the annotation of its application, `component` the class in the module.
fn scanned(main: &str, component: &str) -> String {
    format!(
        "-- service.ledger/x.txt\n-- service.cart/x.txt\n\
         -- service.shop/pom.xml\n<project><artifactId>shop</artifactId><dependencies><dependency><artifactId>web</artifactId></dependency></dependencies></project>\n\
         -- service.shop/src/main/java/bank/shop/Shop.java\npackage bank.shop;\nimport org.springframework.boot.SpringApplication;\n{main}\npublic class Shop {{ public static void main(String[] a) {{ SpringApplication.run(Shop.class, a); }} }}\n\
         -- lib/web/pom.xml\n<project><artifactId>web</artifactId></project>\n\
         -- lib/web/src/main/java/bank/web/Web.java\npackage bank.web;\nimport org.springframework.web.client.RestTemplate;\n{component}\n"
    )
}

#[test]
fn a_container_finds_components_in_the_modules_of_its_service() {
    let call = "new RestTemplate().getForObject(\"http://s-ledger/x\", String.class);";
    let handler =
        format!("@RestController\npublic class Web {{ @GetMapping(\"/x\") public Object x() {{ return {call} }} }}");
    let plain = format!("@Service\npublic class Web {{ public Object x() {{ return {call} }} }}");
    let asking = "interface Books { Object x(); }\n@RestController\nclass Desk { private final Books books; Desk(Books books) { this.books = books; } @GetMapping(\"/b\") public Object b() { return books.x(); } }\n";
    let runner = format!(
        "import org.springframework.boot.CommandLineRunner;\n{}",
        plain
            .replace("class Web", "class Web implements CommandLineRunner")
            .replace("Object x()", "void run(String... a)")
            .replace("return ", "")
    );
    let calls: &[&str] = &["shop -> ledger proven"];
    let named = "@SpringBootApplication(scanBasePackages = \"bank\")";
    for (main, component, expected) in [
        (named, handler.as_str(), calls),
        ("@SpringBootApplication(scanBasePackages = {\"other\", \"bank.web\"})", &handler, calls),
        ("@SpringBootApplication\n@ComponentScan(\"bank.web\")", &handler, calls),
        ("@SpringBootApplication\n@ComponentScan(basePackages = {\"bank\"})", &handler, calls),
        // Without a word it searches its own package, in which the module is not.
        ("@SpringBootApplication", &handler, &[]),
        ("@SpringBootApplication(scanBasePackages = \"bank.we\")", &handler, &[]),
        ("@Deprecated", &handler, &[]),
        // Of a component that is called by nobody nothing runs but what is annotated.
        (named, &plain, &[]),
        (named, &plain.replace("public Object", "@Scheduled(fixedRate = 9) public Object"), calls),
        (named, &runner, calls),
        (named, &handler.replace("@RestController\n", ""), &[]),
        // Whoever asks for an interface is given the component that implements it.
        (named, &format!("{asking}{}", plain.replace("class Web", "class Web implements Books")), calls),
    ] {
        finds(&scanned(main, component), expected);
    }
    // An application above the module finds it by its own package, and a component there calls another.
    let of_bank = scanned("@SpringBootApplication", &handler).replace("package bank.shop", "package bank");
    finds(&of_bank, calls);
    let other = "-- lib/web/src/main/java/bank/web/Books.java\npackage bank.web;\nimport org.springframework.web.client.RestTemplate;\n@Service\npublic class Books { public Object x() { return new RestTemplate().getForObject(\"http://s-cart/x\", String.class); } }\n";
    let with = handler
        .replace("{ @GetMapping", "{ @Autowired private Books books; @GetMapping")
        .replace("return new", "books.x(); return new");
    finds(&(scanned(named, &with) + other), &["shop -> cart proven", "shop -> ledger proven"]);
    // A module that the service does not depend on is another's.
    finds(
        &scanned(named, &handler)
            .replace("<artifactId>web</artifactId></dependency>", "<artifactId>mail</artifactId></dependency>"),
        &[],
    );
    // Kotlin says it in its way.
    let kotlin = scanned("", &handler)
        .replace("Shop.java\npackage bank.shop;", "Shop.kt\npackage bank.shop\n@SpringBootApplication(scanBasePackages = [\"bank\"])\nclass App\nfun main() { runApplication<App>() }\n/*")
        .replace("-- lib/web/pom.xml", "*/\n-- lib/web/pom.xml");
    finds(&kotlin, calls);
}
