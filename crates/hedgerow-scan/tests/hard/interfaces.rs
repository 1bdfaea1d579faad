//! Interfaces in shared code: one service implements them, another asks a factory for a client of them.

use crate::{finds_all, outcome, summary};

/// An interface of shared code and a class of the ledger that implements it, in Java.
const JAVA: &str = "-- shared/LedgerApi.java
package bank.api;
public interface LedgerApi { String balance(String account); }
-- service.ledger/Ledger.java
package bank.ledger;
import bank.api.LedgerApi;
@RestController
public class Ledger implements LedgerApi { public String balance(String account) { return account; } }
";

/// The same in Kotlin.
const KOTLIN: &str = "-- shared/LedgerApi.kt
package bank.api
@Path(\"/ledger\")
interface LedgerApi {
  fun balance(account: String): String
}
-- service.ledger/Ledger.kt
package bank.ledger
import bank.api.LedgerApi
@RestResource
class Ledger : LedgerApi { override fun balance(account: String): String = account }
";

/// The same in C#.
const CSHARP: &str = "-- shared/ILedger.cs
namespace Bank.Api;
public interface ILedger { Task<string> Balance(string account); }
-- service.ledger/Ledger.cs
using Bank.Api;
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddScoped<ILedger, Ledger>();
var app = builder.Build();
app.MapGet(\"/\", (ILedger l) => l.Balance(\"a\"));
app.Run();
public class Ledger : ILedger { public Task<string> Balance(string account) => Task.FromResult(account); }
";

fn java(shop: &str) -> String {
    format!(
        "{JAVA}-- service.shop/Shop.java\npackage bank.shop;\nimport bank.api.LedgerApi;\nimport bank.rpc.Clients;\npublic class Shop {{ {shop} }}\n"
    )
}

fn kotlin(shop: &str) -> String {
    format!(
        "{KOTLIN}-- service.shop/Shop.kt\npackage bank.shop\nimport bank.api.LedgerApi\nimport bank.rpc.Client\n@Service\nclass Shop(val client: Client) {{ {shop} }}\n"
    )
}

fn csharp(shop: &str) -> String {
    format!("{CSHARP}-- service.shop/Shop.cs\nusing Bank.Api;\nusing Refit;\n{shop}\n")
}

/// A factory of shared code that ends in a proxy of the JDK.
const PROXIES: &str = "-- shared/Clients.java
package bank.rpc;
public class Clients {
  private static final Factory FACTORY = new Factory();
  public static <T> Builder<T> withService(Class<T> service) { return new Builder<>(service); }
  public static class Builder<T> {
    private final Class<T> service;
    public Builder(Class<T> service) { this.service = service; }
    public T withHost(String host) { return FACTORY.proxy(host, service); }
  }
}
class Factory {
  <T> T proxy(String host, Class<T> service) {
    return (T) java.lang.reflect.Proxy.newProxyInstance(service.getClassLoader(), new Class[]{service}, new Handler(host));
  }
}
";

/// A client of shared code that ends in Feign.
const FEIGN: &str = "-- shared/Client.kt
package bank.rpc
import feign.Feign
@Component
class Client(private val discovery: CompositeDiscoveryClient) {
  private val cache: LoadingCache<KClass<*>, *> = Caffeine.newBuilder().maximumSize(9L).build { key -> impl(key) }
  fun <T : Any> get(clz: KClass<T>): T = get(clz, \"\")
  fun <T : Any> get(clz: KClass<T>, suffix: String): T {
    return try { cache.get(clz) as T } catch (e: Throwable) { impl(clz) }
  }
  fun <T : Any> impl(clz: KClass<T>): T = Feign.builder().target(Target(clz.java, discovery))
}
";

/// One that goes through the edge.
const EDGE: &str = "-- shared/Client.kt
package bank.rpc
import feign.Feign
@Component
class Client { fun <T : Any> gateway(clz: KClass<T>): T = Feign.builder().target(clz.java, \"http://s-edge/api\") }
";

const FOUND: &[&str] = &["shop -> ledger joined"];

#[test]
fn who_implements_an_interface_is_called_by_a_proxy_of_it() {
    let rows: Vec<(&str, String, &[&str])> = vec![
        (
            "java, a proxy of the tree's own",
            java(
                "public static void main(String[] a) { Clients.withService(LedgerApi.class).withHost(a[0]).balance(\"x\"); }",
            ) + PROXIES,
            FOUND,
        ),
        (
            "java, into a local",
            java(
                "public static void main(String[] a) { LedgerApi api = Clients.withService(LedgerApi.class).withHost(a[0]); api.balance(\"x\"); }",
            ) + PROXIES,
            FOUND,
        ),
        (
            "java, a library's",
            java(
                "public static void main(String[] a) { LedgerApi api = JAXRSClientFactory.create(a[0], LedgerApi.class); api.balance(\"x\"); }",
            ),
            FOUND,
        ),
        (
            "java, a bean",
            java(
                "@Bean LedgerApi ledger(HttpServiceProxyFactory factory) { return factory.createClient(LedgerApi.class); }",
            ),
            FOUND,
        ),
        (
            "java, a field",
            java(
                "private final LedgerApi api = Clients.of(LedgerApi.class); @Scheduled void run() { api.balance(\"x\"); }",
            ),
            FOUND,
        ),
        (
            "java, the jdk's proxy",
            java(
                "@Scheduled void run(InvocationHandler h) { LedgerApi api = (LedgerApi) Proxy.newProxyInstance(Shop.class.getClassLoader(), new Class<?>[]{LedgerApi.class}, h); api.balance(\"x\"); }",
            ),
            FOUND,
        ),
        (
            "kotlin, feign behind a cache",
            kotlin("@Scheduled fun run() { client.get(LedgerApi::class).balance(\"x\") }") + FEIGN,
            FOUND,
        ),
        (
            "kotlin, into a local",
            kotlin("@Scheduled fun run() { val api = client.get(LedgerApi::class); api.balance(\"x\") }") + FEIGN,
            FOUND,
        ),
        (
            "kotlin, retrofit by its type argument",
            kotlin("@Scheduled fun run(retrofit: retrofit2.Retrofit) { retrofit.create<LedgerApi>().balance(\"x\") }"),
            FOUND,
        ),
        (
            "kotlin, a class of the JVM",
            kotlin(
                "@Scheduled fun run(target: ResteasyWebTarget) { target.proxy(LedgerApi::class.java).balance(\"x\") }",
            ),
            FOUND,
        ),
        ("c#, refit", csharp("var api = RestService.For<ILedger>(args[0]);\nawait api.Balance(\"x\");"), FOUND),
        (
            "c#, refit's clients of the container",
            csharp(
                "var builder = WebApplication.CreateBuilder(args);\nbuilder.Services.AddRefitClient<ILedger>().ConfigureHttpClient(c => c.Timeout = TimeSpan.FromSeconds(1));\nbuilder.Build().Run();",
            ),
            FOUND,
        ),
        (
            "c#, a grain",
            csharp("IGrainFactory grains = Cluster.Client(args);\nawait grains.GetGrain<ILedger>(0).Balance(\"x\");"),
            FOUND,
        ),
        (
            "c#, code-first grpc",
            csharp(
                "var channel = GrpcChannel.ForAddress(args[0]);\nvar ledger = channel.CreateGrpcService<ILedger>();\nawait ledger.Balance(\"x\");",
            ),
            FOUND,
        ),
        (
            "c#, wcf",
            csharp(
                "var factory = new ChannelFactory<ILedger>(new BasicHttpBinding(), new EndpointAddress(args[0]));\nawait factory.CreateChannel().Balance(\"x\");",
            ),
            FOUND,
        ),
    ];
    finds_all(&rows);
}

#[test]
fn annotations_say_that_a_field_holds_a_client() {
    let rows: Vec<(&str, String, &[&str])> = vec![
        ("dubbo", java("@DubboReference private LedgerApi api; @Scheduled void run() { api.balance(\"x\"); }"), FOUND),
        (
            "dubbo, with a version",
            java(
                "@DubboReference(version = \"1.0\") private LedgerApi api; @Scheduled void run() { api.balance(\"x\"); }",
            ),
            FOUND,
        ),
        (
            "dubbo, with more",
            java(
                "@DubboReference(version = \"1.0\", check = false) private LedgerApi api; @Scheduled void run() { api.balance(\"x\"); }",
            ),
            FOUND,
        ),
        (
            "microprofile",
            java("@Inject @RestClient LedgerApi api; @Scheduled void run() { api.balance(\"x\"); }"),
            FOUND,
        ),
        (
            "an interface of JAX-RS that is injected",
            kotlin("@Scheduled fun run(api: LedgerApi) { api.balance(\"x\") }"),
            FOUND,
        ),
        (
            "a feign client that extends the shared interface, its address unknown",
            java("@Autowired private LedgerClient api; @Scheduled void run() { api.balance(\"x\"); }")
                + "-- service.shop/LedgerClient.java\npackage bank.shop;\nimport bank.api.LedgerApi;\n@FeignClient(name = \"books\", url = \"${books.url}\", fallback = LedgerFallback.class)\ninterface LedgerClient extends LedgerApi { }\n-- service.shop/LedgerFallback.java\npackage bank.shop;\n@Component class LedgerFallback implements LedgerClient { public String balance(String account) { return null; } }\n",
            FOUND,
        ),
        (
            "microprofile, by a key of the configuration that nothing sets",
            java("@Inject @RestClient LedgerClient api; @Scheduled void run() { api.balance(\"x\"); }")
                + "-- service.shop/LedgerClient.java\npackage bank.shop;\nimport bank.api.LedgerApi;\n@RegisterRestClient(configKey = \"books\")\ninterface LedgerClient extends LedgerApi { }\n",
            FOUND,
        ),
    ];
    finds_all(&rows);
}

#[test]
fn an_address_counts_first() {
    let edge = "-- service.edge/x.txt\n";
    let rows: Vec<(&str, String, &[&str])> = vec![
        (
            "a host that is handed over",
            java(
                "public static void main(String[] a) { Clients.withService(LedgerApi.class).withHost(\"s-edge\").balance(\"x\"); }",
            ) + PROXIES
                + edge,
            &["shop -> edge proven"],
        ),
        (
            "an address in the factory",
            kotlin("@Scheduled fun run() { client.gateway(LedgerApi::class).balance(\"x\") }") + EDGE + edge,
            &["shop -> edge proven"],
        ),
        (
            "retrofit's base",
            kotlin(
                "@Scheduled fun run() { val api = Retrofit.Builder().baseUrl(\"http://s-edge\").build().create(LedgerApi::class.java); api.balance(\"x\") }",
            ) + edge,
            &["shop -> edge proven"],
        ),
        (
            "refit's address",
            csharp("var api = RestService.For<ILedger>(\"http://s-edge\");\nawait api.Balance(\"x\");") + edge,
            &["shop -> edge proven"],
        ),
        (
            "a feign client's own name",
            java("@Autowired private LedgerClient api; @Scheduled void run() { api.balance(\"x\"); }")
                + "-- service.shop/LedgerClient.java\npackage bank.shop;\nimport bank.api.LedgerApi;\n@FeignClient(name = \"s-edge\")\ninterface LedgerClient extends LedgerApi { }\n"
                + edge,
            &["shop -> edge proven"],
        ),
    ];
    finds_all(&rows);
}

#[test]
fn what_the_program_itself_holds_is_no_call() {
    let call =
        "public static void main(String[] a) { Clients.withService(LedgerApi.class).withHost(a[0]).balance(\"x\"); }";
    let own = "-- service.shop/Own.java\npackage bank.shop;\nimport bank.api.LedgerApi;\n@Component class Own implements LedgerApi { public String balance(String account) { return null; } }\n";
    let shared = "-- shared/Base.java\npackage bank.rpc;\nimport bank.api.LedgerApi;\npublic class Base implements LedgerApi { public String balance(String account) { return null; } }\n";
    let rows: Vec<(&str, String, &[&str])> = vec![
        ("an implementation of its own", java(call) + PROXIES + own, &[]),
        ("one of shared code that it loads", java(call) + PROXIES + shared, &[]),
        (
            "one that lies with another service and that it makes",
            java("public static void main(String[] a) { new Copy().balance(\"x\"); Clients.withService(LedgerApi.class).withHost(a[0]).balance(\"x\"); }").replace("import bank.rpc.Clients;", "import bank.rpc.Clients;\nimport bank.cart.Copy;")
                + PROXIES
                + "-- service.cart/Copy.java\npackage bank.cart;\nimport bank.api.LedgerApi;\npublic class Copy implements LedgerApi { public String balance(String account) { return null; } }\n",
            &[],
        ),
        ("a bean", java("@Scheduled void run(ApplicationContext c) { c.getBean(LedgerApi.class).balance(\"x\"); }"), &[]),
        ("a plugin", java("@Scheduled void run() { for (LedgerApi api : ServiceLoader.load(LedgerApi.class)) { api.balance(\"x\"); } }"), &[]),
        ("json", java("@Scheduled void run(ObjectMapper m) { m.readValue(\"{}\", LedgerApi.class).balance(\"x\"); }"), &[]),
        ("what nobody uses as the interface", java("@Scheduled void run() { Registry.note(LedgerApi.class); }"), &[]),
        ("what is injected, and may be left out", java("@Autowired(required = false) private LedgerApi api; @Scheduled void run() { api.balance(\"x\"); }"), &[]),
        ("what a container of another call holds", csharp("var builder = WebApplication.CreateBuilder(args);\nHost.Of(1).GetRequiredService<ILedger>().Balance(\"x\");"), &[]),
        ("what the container holds", csharp("var builder = WebApplication.CreateBuilder(args);\nbuilder.Services.GetRequiredService<ILedger>().Balance(\"x\");"), &[]),
        (
            "an interface that nobody implements",
            "-- service.ledger/x.txt\n-- shared/Books.java\npackage bank.api;\npublic interface Books { String all(); }\n-- service.shop/Shop.java\npackage bank.shop;\nimport bank.api.Books;\n@Service public class Shop { @Scheduled void run(SqlSession s) { s.proxy(Books.class).all(); } }\n".to_owned(),
            &[],
        ),
        ("what no entry point reaches", java("void run() { Clients.withService(LedgerApi.class).withHost(\"x\").balance(\"x\"); }") + PROXIES, &[]),
    ];
    finds_all(&rows);
}

#[test]
fn several_that_implement_it_are_a_question() {
    let call = "@Scheduled void run(String h) { Clients.withService(LedgerApi.class).withHost(h).balance(\"x\"); } @Scheduled void again(String h) { Clients.withService(LedgerApi.class).withHost(h).balance(\"y\"); }";
    let other = "-- service.books/Books.java\npackage bank.books;\nimport bank.api.LedgerApi;\n@RestController class Books implements LedgerApi { public String balance(String account) { return null; } }\n";
    let found = outcome(&(java(call) + PROXIES + other));
    assert_eq!(
        summary(&found),
        ["shop -> books wildcard", "shop -> ledger wildcard", "unresolved-call service.shop/Shop.java"]
    );
    // What all of them ship is each one's.
    let shipped = "-- shared/LedgerApi.java\npackage bank.api;\npublic interface LedgerApi { String balance(String account); }\n-- shared/impl/Impl.java\npackage bank.impl;\nimport bank.api.LedgerApi;\n@RestController public class Impl implements LedgerApi { public String balance(String account) { return null; } }\n-- service.ledger/L.java\npackage bank.ledger;\nimport bank.impl.Impl;\npublic class L { public static void main(String[] a) { new Impl(); } }\n-- service.books/B.java\npackage bank.books;\nimport bank.impl.Impl;\npublic class B { public static void main(String[] a) { new Impl(); } }\n";
    let shop = "-- service.shop/Shop.java\npackage bank.shop;\nimport bank.api.LedgerApi;\npublic class Shop { public static void main(String[] a) { Clients.withService(LedgerApi.class).withHost(a[0]).balance(\"x\"); } }\n";
    let found = outcome(&format!("{shipped}{shop}"));
    assert_eq!(summary(&found), ["shop -> books joined", "shop -> ledger joined"]);
    assert_eq!(found.edges.values().next().unwrap().evidence[0].target, "whoever implements LedgerApi (Impl)");
}

#[test]
fn what_is_put_under_a_name_that_is_none_for_an_address_is_no_question() {
    let shop = |body: &str| {
        format!(
            "-- service.ledger/x.txt\n-- service.shop/Shop.kt\npackage bank.shop\nimport org.jooq.DSLContext\n@Service\nclass Shop(private val dsl: DSLContext, private val cache: Cache, private val props: Properties) {{\n  @Scheduled fun first() {{ save(\"s-ledger\", \"s-ledger\") }}\n  @Scheduled fun second(other: String) {{ save(other, other) }}\n  fun save(name: String, key: String) {{\n    {body}\n  }}\n}}\n"
        )
    };
    let rows: Vec<(&str, String, &[&str])> = vec![
        ("a column", shop("dsl.update(T_USER).set(T_USER.NAME, name).where(x).execute()"), &[]),
        ("a column of a table in a local", shop("with(T_USER) { dsl.update(this).set(NAME, name).execute() }"), &[]),
        ("a header", shop("val headers = HashMap<String, String>()\n    headers[\"X-User\"] = name"), &[]),
        ("a cache", shop("cache.put(key, name)"), &[]),
        (
            "an address under a name for one",
            shop("props.put(\"bootstrap.servers\", \"s-ledger:9092\")"),
            &["shop -> ledger proven"],
        ),
        (
            "a constant of a library's",
            shop("props[ProducerConfig.BOOTSTRAP_SERVERS_CONFIG] = \"s-ledger:9092\""),
            &["shop -> ledger proven"],
        ),
        ("a URL under any name", shop("props[\"ledger\"] = \"http://s-ledger\""), &["shop -> ledger proven"]),
    ];
    finds_all(&rows);
}
