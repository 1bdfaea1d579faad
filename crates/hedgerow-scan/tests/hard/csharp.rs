//! Names of C#: by all that they stand in, by `using static`, and by other names; and values of its properties and texts.

use crate::{outcome, summary};

/// What a row shows, its files by their paths, and what is found.
type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

/// A program of three files at most, beside two others.
#[track_caller]
fn rows(rows: &[Row<'_>]) {
    let mut wrong = Vec::new();
    for (what, files, expected) in rows {
        let found = found_of(files);
        if found != *expected {
            wrong.push(format!("{what}: found {found:?}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

const LEDGER: &[&str] = &["emoji -> ledger proven"];
const CART: &[&str] = &["emoji -> cart proven"];

#[test]
fn a_class_is_found_by_all_of_its_name() {
    rows(&[
        (
            "a constant",
            &[
                ("Program.cs", r#"using var c = new HttpClient(); await c.GetAsync(Emoji.Urls.Ledger + "/x");"#),
                (
                    "Http.cs",
                    r#"namespace Emoji; static class Urls { public const string Ledger = "http://s-ledger"; }"#,
                ),
            ],
            LEDGER,
        ),
        (
            "of a class in a class",
            &[
                (
                    "Program.cs",
                    r#"using Emoji;
using var c = new HttpClient(); await c.GetAsync(Urls.Internal.Ledger + "/x");"#,
                ),
                (
                    "Http.cs",
                    r#"namespace Emoji; static class Urls { public static class Internal { public const string Ledger = "http://s-ledger"; } }"#,
                ),
            ],
            LEDGER,
        ),
        (
            "a method of one",
            &[
                (
                    "Program.cs",
                    r#"using Emoji;
using var c = new HttpClient(); await c.GetAsync(Urls.Internal.Ledger(1) + "/x");"#,
                ),
                (
                    "Http.cs",
                    r#"namespace Emoji; static class Urls { public static class Internal { public static string Ledger(int id) => $"http://s-ledger/{id}"; } }"#,
                ),
            ],
            LEDGER,
        ),
        (
            "a path behind an address",
            &[
                (
                    "Program.cs",
                    r#"using Emoji;
using var c = new HttpClient(); await c.GetAsync("http://s-ledger" + Urls.Internal.Get(1));"#,
                ),
                (
                    "Http.cs",
                    r#"namespace Emoji; static class Urls { public static class Internal { public static string Get(int id) => $"/x/{id}"; } }"#,
                ),
            ],
            LEDGER,
        ),
        (
            "a method",
            &[
                ("Program.cs", r#"await Emoji.Http.Fetch("s-cart");"#),
                (
                    "Http.cs",
                    r#"namespace Emoji; static class Http { public static async Task Fetch(string host) { using var c = new HttpClient(); await c.GetAsync("http://" + host + "/x"); } }"#,
                ),
            ],
            CART,
        ),
        (
            "an object that a class holds",
            &[
                (
                    "Program.cs",
                    r#"using Emoji;
await Http.Instance.Fetch("s-cart");"#,
                ),
                (
                    "Http.cs",
                    r#"namespace Emoji; class Http { public static Http Instance { get; } = new Http(); public async Task Fetch(string host) { using var c = new HttpClient(); await c.GetAsync("http://" + host + "/x"); } }"#,
                ),
            ],
            CART,
        ),
        (
            "a class that is made",
            &[
                (
                    "Program.cs",
                    r#"using Emoji;
var l = new Clients.Ledger("s-cart");
await l.Get();"#,
                ),
                (
                    "Http.cs",
                    r#"namespace Emoji; class Clients { public class Ledger(string host) { public async Task Get() { using var c = new HttpClient(); await c.GetAsync("http://" + host + "/x"); } } }"#,
                ),
            ],
            CART,
        ),
        (
            "what is no class",
            &[(
                "Program.cs",
                r#"using Emoji;
using var c = new HttpClient();
c.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue(MediaTypeNames.Application.Json));
await c.PostAsync("http://s-cart", new StringContent("x", Encoding.UTF8.Default, Kind.A.ToString()));"#,
            )],
            CART,
        ),
    ]);
}

/// What is found of a program beside two others.
fn found_of(files: &[(&str, &str)]) -> Vec<String> {
    let mut tree = "-- hedgerow.yaml\nscan: {}\n-- service.emoji/Emoji.csproj\n<Project></Project>\n".to_owned();
    for name in ["ledger", "cart"] {
        tree += &format!("-- service.{name}/Program.cs\nConsole.WriteLine(1);\n");
    }
    for (path, text) in files {
        tree += &format!("-- service.emoji/{path}\n{text}\n");
    }
    summary(&outcome(&tree))
}

/// Programs of which no call is proven to go to a service: what is asked about them is asked.
#[track_caller]
fn never_proven(rows: &[Row<'_>]) {
    let mut wrong = Vec::new();
    for (what, files, not) in rows {
        let found = found_of(files);
        if found.is_empty() || found.iter().any(|line| not.contains(&line.as_str())) {
            wrong.push(format!("{what}: found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

const BOTH: &[&str] = &["emoji -> ledger proven", "emoji -> cart proven"];

// The address of the other, which nothing asks for, is a question.
#[test]
fn classes_of_one_name_in_two_classes_are_two() {
    let two = r#"static class Test { public static class Urls { public const string Main = "http://s-ledger"; public static string Get() => "http://s-ledger"; } }
static class Prod { public static class Urls { public const string Main = "http://s-cart"; public static string Get() => "http://s-cart"; } }"#;
    let get = "using var c = new HttpClient(); await c.GetAsync(";
    let test = r#"namespace Bank; static class Test { public static class Urls { public const string Main = "http://s-ledger"; } }"#;
    let prod = r#"namespace Bank; static class Prod { public static class Urls { public const string Main = "http://s-cart"; } }"#;
    rows(&[
        ("in one file", &[("Program.cs", &format!("{get}Prod.Urls.Main + \"/x\");\n{two}"))], CART),
        ("a method", &[("Program.cs", &format!("{get}Prod.Urls.Get() + \"/x\");\n{two}"))], CART),
        (
            "in two files",
            &[("Program.cs", &format!("using Bank;\n{get}Prod.Urls.Main);")), ("A.cs", test), ("B.cs", prod)],
            CART,
        ),
        (
            "with the name space",
            &[("Program.cs", &format!("using Bank;\n{get}Bank.Prod.Urls.Main);")), ("A.cs", test), ("B.cs", prod)],
            CART,
        ),
        (
            "in two name spaces",
            &[
                ("Program.cs", &format!("using Bank.Test;\n{get}Bank.Prod.Urls.Main);")),
                ("A.cs", r#"namespace Bank.Test; static class Urls { public const string Main = "http://s-ledger"; }"#),
                ("B.cs", r#"namespace Bank.Prod; static class Urls { public const string Main = "http://s-cart"; }"#),
            ],
            CART,
        ),
        (
            "by its bare name in the class around it",
            &[(
                "Program.cs",
                r#"await new Client().Go();
class Client { static class Routes { public const string Base = "http://s-cart"; }
  public async Task Go() { await new HttpClient().GetAsync(Routes.Base + "/x"); } }
class Admin { public static class Routes { public const string Base = "http://s-ledger"; } }"#,
            )],
            CART,
        ),
        (
            "that are made",
            &[(
                "Program.cs",
                r#"await new Prod.Client().Go();
class Test { public class Client { public async Task Go() { await new HttpClient().GetAsync("http://s-ledger"); } } }
class Prod { public class Client { public async Task Go() { await new HttpClient().GetAsync("http://s-cart"); } } }
class Admin { void Unused() { new Test.Client(); } }"#,
            )],
            CART,
        ),
    ]);
    never_proven(&[
        (
            "of a class that the tree does not have",
            &[("Program.cs", &format!("using Bank;\n{get}Prod.Urls.Main);")), ("A.cs", test)],
            BOTH,
        ),
        (
            "by a bare name that two have",
            &[("Program.cs", &format!("using Bank;\n{get}Urls.Main);")), ("A.cs", test), ("B.cs", prod)],
            BOTH,
        ),
    ]);
}

#[test]
fn using_static_brings_in_methods_and_constants() {
    rows(&[
        (
            "a method",
            &[
                (
                    "Program.cs",
                    r#"using static Emoji.Http;
await Fetch("s-cart");"#,
                ),
                (
                    "Http.cs",
                    r#"namespace Emoji; static class Http { public static async Task Fetch(string host) { using var c = new HttpClient(); await c.GetAsync("http://" + host + "/x"); } }"#,
                ),
            ],
            CART,
        ),
        (
            "a constant",
            &[
                (
                    "Program.cs",
                    r#"using static Emoji.Urls;
using var c = new HttpClient(); await c.GetAsync(Ledger + "/x");"#,
                ),
                (
                    "Http.cs",
                    r#"namespace Emoji; static class Urls { public const string Ledger = "http://s-ledger"; }"#,
                ),
            ],
            LEDGER,
        ),
    ]);
}

#[test]
fn another_name_of_a_class_is_that_class() {
    rows(&[
        (
            "a method",
            &[
                (
                    "Program.cs",
                    r#"using H = Emoji.Http;
await H.Fetch("s-cart");"#,
                ),
                (
                    "Http.cs",
                    r#"namespace Emoji; static class Http { public static async Task Fetch(string host) { using var c = new HttpClient(); await c.GetAsync("http://" + host + "/x"); } }"#,
                ),
            ],
            CART,
        ),
        (
            "a class that is made",
            &[
                (
                    "Program.cs",
                    r#"using L = Emoji.LedgerClient;
var l = new L("s-cart");
await l.Get();"#,
                ),
                (
                    "Http.cs",
                    r#"namespace Emoji; class LedgerClient(string host) { public async Task Get() { using var c = new HttpClient(); await c.GetAsync("http://" + host + "/x"); } }"#,
                ),
            ],
            CART,
        ),
    ]);
}

#[test]
fn a_string_builder_is_its_text() {
    rows(&[
        (
            "begun with a text",
            &[(
                "Program.cs",
                r#"var sb = new StringBuilder("http://s-ledger");
sb.Append("/x").Append(args[0]);
using var c = new HttpClient(); await c.GetAsync(sb.ToString());"#,
            )],
            LEDGER,
        ),
        (
            "what is added to it",
            &[
                (
                    "Program.cs",
                    r#"var c = new LedgerClient("http://s-ledger", new HttpClient());
await c.GetAllAsync();"#,
                ),
                (
                    "LedgerClient.cs",
                    r#"public partial class LedgerClient {
  private string _baseUrl; private HttpClient _httpClient;
  public LedgerClient(string baseUrl, HttpClient httpClient) { _baseUrl = baseUrl; _httpClient = httpClient; }
  public async Task<X> GetAllAsync() {
    var b = new System.Text.StringBuilder();
    b.Append(_baseUrl).Append("/api/all");
    await _httpClient.GetAsync(b.ToString());
  }
}"#,
                ),
            ],
            LEDGER,
        ),
    ]);
}

#[test]
fn what_is_added_to_a_text_is_added_in_its_order() {
    let begun = "var sb = new StringBuilder(\"http://\");\n";
    let get = "using var c = new HttpClient(); await c.GetAsync(sb.ToString());";
    let text = |parts: &str| format!("{begun}{parts}\n{get}");
    let both = r#"sb.Append("s-ledger"); sb.Append("/to/"); sb.Append("s-cart");"#;
    let chain = r#"sb.Append("s-ledger").Append("/to/").Append("s-cart");"#;
    let letter = r#"sb.Append("s-ledger"); sb.Append('/').Append("s-cart");"#;
    let more = r#"sb.Append("s-ledger/"); if (args.Length > 0) { sb.Append("?to=s-cart"); }"#;
    let each = r#"sb.Append("s-ledger/"); foreach (var a in args) { sb.Append("s-cart").Append(a); }"#;
    let proven = ["emoji -> cart proven"];
    let texts: Vec<(&str, String)> =
        [both, chain, letter, more, each].into_iter().map(|parts| (parts, text(parts))).collect();
    for (parts, text) in &texts {
        let found = found_of(&[("Program.cs", text.as_str())]);
        assert!(found.iter().any(|line| line == "emoji -> ledger proven"), "{parts}: {found:?}");
        assert!(!found.iter().any(|line| proven.contains(&line.as_str())), "{parts}: {found:?}");
    }
    let lost = [
        r#"if (args.Length > 0) sb.Append("s-ledger"); else sb.Append("s-cart");"#,
        r#"if (args.Length > 0) sb.Append("s-ledger/"); sb.Append("s-cart");"#,
        r#"foreach (var a in args) sb.Append("s-ledger"); sb.Append("/x");"#,
        r#"sb.Append("s-ledger"); sb.Clear(); sb.Append("s-cart");"#,
        r#"sb.Append("s-ledger/x"); sb.Replace("s-ledger", args[0]);"#,
        r#"sb.Append("s-ledger/x"); sb.Insert(7, args[0]);"#,
        r#"sb.Append("s-ledger/x"); sb.Length = 3;"#,
        r#"sb.Append("s-ledger/x"); Change(sb);"#,
        r#"sb.Append("s-ledger/x"); var other = sb; other.Clear();"#,
        r#"void Add(string part) { sb.Append(part); } Add("s-cart/x"); sb.Append("s-ledger/x");"#,
        r#"sb.Append("s-ledger/x"); Action clear = () => sb.Clear(); clear();"#,
        r#"sb.AppendFormat("{0}-ledger/x", args[0]);"#,
        r#"_ = args.Length > 0 ? sb.Append("s-ledger/x") : sb.Append("s-cart/x");"#,
        r#"sb?.Append("s-ledger/x");"#,
        r#"switch (args.Length) { case 1: sb.Append("s-ledger/x"); break; }"#,
        r#"try { sb.Append("s-ledger/x"); } catch { }"#,
    ];
    for parts in lost {
        let found = found_of(&[("Program.cs", &text(parts))]);
        assert!(!found.is_empty(), "{parts}");
        assert!(!found.iter().any(|line| BOTH.contains(&line.as_str())), "{parts}: {found:?}");
    }
    // What is asked for in a loop may hold what is added further down.
    let turn = format!("{begun}while (true) {{ {get} sb.Append(\"s-ledger/x\"); }}");
    let found = found_of(&[("Program.cs", &turn)]);
    assert!(!found.iter().any(|line| BOTH.contains(&line.as_str())), "{found:?}");
    // What is asked for before something happens that is not followed is not known either.
    let late = format!("{begun}sb.Append(\"s-ledger/x\"); {get} void Clear() {{ sb.Clear(); }}");
    let found = found_of(&[("Program.cs", &late)]);
    assert!(!found.iter().any(|line| BOTH.contains(&line.as_str())), "{found:?}");
    // Another variable of the name is another one.
    let other = r#"static class P {
  static string A() { StringBuilder log = new StringBuilder(); log.Append("x"); return log.ToString(); }
  static async Task B(Audit log) { await log.Append("y"); }
  static async Task Main() { A(); await B(new Audit()); }
}
class Audit { public async Task Append(string s) { await new HttpClient().GetAsync("http://s-ledger/" + s); } }"#;
    assert_eq!(found_of(&[("Program.cs", other)]), LEDGER);
}

#[test]
fn a_setter_is_given_what_the_property_is_set_to() {
    rows(&[
        (
            "outside",
            &[
                (
                    "Program.cs",
                    r#"var c = new LedgerClient { BaseUrl = "http://s-ledger" };
await c.GetAllAsync();"#,
                ),
                (
                    "LedgerClient.cs",
                    r#"public partial class LedgerClient {
  private string _baseUrl; private HttpClient _httpClient = new();
  public string BaseUrl { get => _baseUrl; set => _baseUrl = value; }
  public async Task<X> GetAllAsync() { await _httpClient.GetAsync(BaseUrl + "/x"); }
}"#,
                ),
            ],
            LEDGER,
        ),
        (
            "in the constructor",
            &[
                (
                    "Program.cs",
                    r#"var c = new LedgerClient("http://s-ledger", new HttpClient());
await c.GetAllAsync();"#,
                ),
                (
                    "LedgerClient.cs",
                    r#"public partial class LedgerClient {
  private string _baseUrl; private HttpClient _httpClient;
  public LedgerClient(string baseUrl, HttpClient httpClient) { BaseUrl = baseUrl; _httpClient = httpClient; }
  public string BaseUrl { get { return _baseUrl; } set { _baseUrl = value; if (!string.IsNullOrEmpty(_baseUrl) && !_baseUrl.EndsWith("/")) _baseUrl += '/'; } }
  public async Task<X> GetAllAsync() { await _httpClient.GetAsync(BaseUrl + "/x"); }
}"#,
                ),
            ],
            LEDGER,
        ),
    ]);
}

#[test]
fn a_map_of_a_section_has_the_keys_of_the_section() {
    let settings = r#"{ "Endpoints": { "ledger": "http://s-ledger" } }"#;
    let of = |get: &str| {
        format!(
            "var builder = WebApplication.CreateBuilder(args);\nvar all = {get};\nawait new HttpClient().GetAsync(all[\"ledger\"] + \"/x\");"
        )
    };
    for get in [
        "builder.Configuration.GetSection(\"Endpoints\").Get<Dictionary<string, string>>()!",
        "builder.Configuration.GetRequiredSection(\"Endpoints\").Get<IDictionary<string, string>>()",
    ] {
        rows(&[(get, &[("appsettings.json", settings), ("Program.cs", &of(get))], &["emoji -> ledger joined"])]);
    }
}
