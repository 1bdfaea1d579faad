//! Names of C#: by all that they stand in, by `using static`, and by other names; and values of its properties and texts.

use crate::{outcome, summary};

/// What a row shows, its files by their paths, and what is found.
type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

/// A program of three files at most, beside two others.
#[track_caller]
fn rows(rows: &[Row<'_>]) {
    let mut wrong = Vec::new();
    for (what, files, expected) in rows {
        let mut tree = "-- hedgerow.yaml\nscan: {}\n-- service.emoji/Emoji.csproj\n<Project></Project>\n".to_owned();
        for name in ["ledger", "cart"] {
            tree += &format!("-- service.{name}/Program.cs\nConsole.WriteLine(1);\n");
        }
        for (path, text) in *files {
            tree += &format!("-- service.emoji/{path}\n{text}\n");
        }
        let found = summary(&outcome(&tree));
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
