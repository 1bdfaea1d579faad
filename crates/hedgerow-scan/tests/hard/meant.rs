//! Which of several methods or classes of one name is meant.

use crate::finds_all;
use crate::maps::check;

fn shared(call: &str) -> String {
    format!(
        "-- service.shop/Program.cs\nusing Common;\nusing System.Net.Http;\nvar services = new Services();\n{call}\n-- service.shop/shop.csproj\n<Project Sdk=\"Microsoft.NET.Sdk.Web\"><ItemGroup><ProjectReference Include=\"..\\common\\common.csproj\" /></ItemGroup></Project>\n-- common/common.csproj\n<Project Sdk=\"Microsoft.NET.Sdk\"></Project>\n-- common/Extensions.cs\nusing System.Net.Http;\nnamespace Common;\npublic class Services {{ }}\npublic class Books {{ }}\npublic static class Extensions {{\n  public static void Add(this Services s, string name) {{ new HttpClient().GetAsync(\"http://s-cart/x\"); }}\n  public static void Add<T>(this Services s, string name) where T : class {{ new HttpClient().GetAsync(\"http://s-ledger/x\"); }}\n  public static void Put(this Services s, string name) {{ new HttpClient().GetAsync(\"http://s-cart/x\"); }}\n  public static void Put<T>(this Services s, T of) {{ new HttpClient().GetAsync(\"http://s-ledger/x\"); }}\n}}\npublic class Maker {{\n  public void Make(int a) {{ new HttpClient().GetAsync(\"http://s-cart/x\"); }}\n  public void Make<T, U>(int a) {{ new HttpClient().GetAsync(\"http://s-ledger/x\"); }}\n  public void Own() {{ Make<Books, Books>(1); }}\n}}\n-- service.ledger/x.txt\n-- service.cart/x.txt\n"
    )
}

#[test]
fn methods_for_types_are_told_from_those_without() {
    let (ledger, cart): (&[&str], &[&str]) = (&["shop -> ledger proven"], &["shop -> cart proven"]);
    finds_all(&[
        ("no type is written", shared("services.Add(\"a\");"), cart),
        ("a type is written", shared("services.Add<Books>(\"a\");"), ledger),
        ("behind a call", shared("new Maker().Make<Books, Books>(1);"), ledger),
        ("without a receiver", shared("new Maker().Own();"), ledger),
        ("no type, of an object", shared("new Maker().Make(1);"), cart),
        (
            "a parameter tells the type",
            shared("services.Put(\"a\");"),
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        ("a parameter tells it, and it is written", shared("services.Put<Books>(null);"), ledger),
    ]);
}

#[test]
fn a_class_in_another_one_is_called_by_both_names() {
    let java = |ty: &str, list: &str| {
        format!(
            "-- service.shop/src/main/java/gw/Proxy.java\npackage gw;\nimport conf.RouteProperties;\nimport lombok.RequiredArgsConstructor;\nimport org.springframework.stereotype.Component;\nimport org.springframework.scheduling.annotation.Scheduled;\nimport org.springframework.web.client.RestTemplate;\n@Component\n@RequiredArgsConstructor\npublic class Proxy {{\n  private final RouteProperties routes;\n  @Scheduled(fixedRate = 1) public void run() {{\n    for ({ty} route : routes.getRoutes()) {{ Runnable r = () -> call(route); r.run(); }}\n  }}\n  private void call({ty} route) {{ new RestTemplate().getForObject(route.getTarget() + \"/x\", String.class); }}\n}}\n-- service.shop/src/main/java/conf/RouteProperties.java\npackage conf;\nimport lombok.*;\nimport java.util.*;\nimport org.springframework.boot.context.properties.ConfigurationProperties;\n@ConfigurationProperties(prefix = \"gateway\")\n@Getter @Setter\npublic class RouteProperties {{\n  private {list} routes = new ArrayList<>();\n  @Getter @Setter\n  public static class Route {{ private String path; private String target; }}\n}}\n-- service.shop/src/main/resources/application.yml\ngateway:\n  routes:\n    - path: /x\n      target: ${{clients.ledger}}\nclients:\n  ledger: http://s-ledger\n-- service.ledger/x.txt\n"
        )
    };
    finds_all(&[
        ("java list", java("RouteProperties.Route", "List<Route>"), &["shop -> ledger joined"]),
        ("java array", java("RouteProperties.Route", "Route[]"), &["shop -> ledger joined"]),
        (
            "java both names in the list",
            java("RouteProperties.Route", "List<RouteProperties.Route>"),
            &["shop -> ledger joined"],
        ),
    ]);
    check(&[
        (
            "kt",
            "src/main/kotlin/M.kt",
            "import org.springframework.web.client.RestTemplate\nclass Routes { class Route(val target: String) }\nfun call(route: Routes.Route) { RestTemplate().getForObject(route.target + \"/x\", String::class.java) }\nfun main() { call(Routes.Route(\"http://s-ledger\")) }",
            &["shop -> ledger proven"],
        ),
        (
            "cs",
            "Program.cs",
            "using System.Net.Http;\nvar route = new Routes.Route { Target = \"http://s-ledger\" };\nCaller.Call(route);\nstatic class Caller { public static void Call(Routes.Route route) { new HttpClient().GetAsync(route.Target + \"/x\"); } }\nclass Routes { public class Route { public string Target { get; set; } } }",
            &["shop -> ledger proven"],
        ),
    ]);
}

#[test]
fn types_with_two_colons_are_read() {
    check(&[
        (
            "a parameter",
            "src/main.rs",
            "struct Cache<K, V>(std::marker::PhantomData<(K, V)>);\nfn handler(cache: Option<Cache::<String, u32>>) { reqwest::blocking::get(\"http://s-ledger/x\"); }\nfn main() { handler(None); }",
            &["shop -> ledger proven"],
        ),
        (
            "a field",
            "src/main.rs",
            "struct State { all: std::collections::HashMap::<String, Vec::<u8>>, url: String }\nfn main() { let s = State { all: Default::default(), url: \"http://s-ledger/x\".to_owned() }; let n = \"1\".parse::<u8>(); reqwest::blocking::get(&s.url); }",
            &["shop -> ledger proven"],
        ),
        (
            "a result",
            "src/main.rs",
            "fn get() -> Result::<String, String> { Ok(\"http://s-ledger/x\".to_owned()) }\nfn main() { reqwest::blocking::get(get().unwrap()); }",
            &["shop -> ledger proven"],
        ),
    ]);
}

#[test]
fn addresses_are_made_of_texts_in_other_ways() {
    check(&[
        (
            "rs from_str",
            "src/main.rs",
            "use reqwest::{Client, Url};\nuse std::str::FromStr;\n#[tokio::main]\nasync fn main() { let url = match Url::from_str(\"http://s-ledger/x\") { Ok(url) => url, Err(_) => return }; Client::new().get(url).send().await; }",
            &["shop -> ledger proven"],
        ),
        (
            "rs try_from",
            "src/main.rs",
            "#[tokio::main]\nasync fn main() { reqwest::get(reqwest::Url::try_from(\"http://s-ledger/x\").unwrap()).await; }",
            &["shop -> ledger proven"],
        ),
        (
            "go JoinPath of a field",
            "main.go",
            "package main\nimport (\"net/http\"; \"net/url\")\ntype Book struct{ name string }\nfunc (b Book) String() string { return b.name }\ntype Client struct{ url *url.URL }\nfunc (c *Client) get(path string) { http.Get(c.url.JoinPath(path).String()) }\nfunc main() { u, _ := url.Parse(\"http://s-ledger\"); (&Client{url: u}).get(\"/x\"); println(Book{}.String()) }",
            &["shop -> ledger proven"],
        ),
        (
            "go JoinPath of a result",
            "main.go",
            "package main\nimport (\"net/http\"; \"net/url\")\ntype Book struct{ name string }\nfunc (b Book) String() string { return b.name }\nfunc main() { u, _ := url.Parse(\"http://s-ledger\"); v := u.JoinPath(\"a\", \"b\"); http.Get(v.String()); println(Book{}.String()) }",
            &["shop -> ledger proven"],
        ),
        (
            "go JoinPath twice",
            "main.go",
            "package main\nimport (\"net/http\"; \"net/url\")\nfunc main() { u, _ := url.Parse(\"http://s-ledger\"); http.Get(u.JoinPath(\"a\").JoinPath(\"b\").String()) }",
            &["shop -> ledger proven"],
        ),
    ]);
}

#[test]
fn a_module_of_go_is_told_by_its_imports() {
    let tree = |import: &str, more: &str| {
        format!(
            "-- other/go.mod\nmodule other\n-- service.shop/main.go\npackage main\nimport \"{import}\"\nfunc main() {{ client.Get() }}\n-- pkg/client/client.go\npackage client\nimport \"net/http\"\nfunc Get() {{ http.Get(\"http://s-ledger/x\") }}\n-- service.ledger/x.txt\n{more}"
        )
    };
    let at_top =
        "-- client/c.go\npackage client\nimport \"net/http\"\nfunc Get() { http.Get(\"http://s-ledger/y\") }\n";
    let http =
        "-- pkg/http/h.go\npackage http\nimport \"github.com/acme/bank/pkg/client\"\nfunc H() { client.Get() }\n";
    finds_all(&[
        ("of a forge", tree("github.com/acme/bank/pkg/client", ""), &["shop -> ledger proven"]),
        ("of another host", tree("bank.example.com/pkg/client", ""), &["shop -> ledger proven"]),
        ("of a word", tree("bank/pkg/client", ""), &["shop -> ledger proven"]),
        (
            "beside a directory that is called as in the standard library",
            tree("github.com/acme/bank/pkg/client", http),
            &["shop -> ledger proven"],
        ),
        ("of somebody else", tree("github.com/acme/client", ""), &[]),
        ("of somebody else, beside a directory of the name", tree("github.com/acme/client", at_top), &[]),
        ("of somebody else, of the same end", tree("github.com/other/lib/client", ""), &[]),
    ]);
}
