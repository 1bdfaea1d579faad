//! Values that stand beside a field or a variable: what a field is given in its class, what counts where nobody says another value, and
//! libraries that are asked by the names of variables.

use crate::finds_all;
use crate::maps::check;

const LEDGER: &[&str] = &["shop -> ledger proven"];

#[test]
fn a_field_that_is_given_a_variable_has_its_default_too() {
    check(&[
        (
            "ts field",
            "main.ts",
            "class Client {\n  private readonly baseUrl = process.env.LEDGER_AT ?? 'http://s-ledger';\n  get(id: string) { return fetch(`${this.baseUrl}/x/${encodeURIComponent(id)}`); }\n}\nnew Client().get(process.argv[2]);",
            LEDGER,
        ),
        (
            "ts constructor",
            "main.ts",
            "import axios from 'axios';\nclass Client {\n  private url: string;\n  constructor(url?: string) { this.url = url || process.env.LEDGER_AT || 'http://s-ledger'; }\n  get() { return axios.get(this.url + '/x'); }\n}\nnew Client().get();",
            LEDGER,
        ),
        (
            "js static field",
            "main.js",
            "class Client {\n  static base = process.env.LEDGER_AT || 'http://s-ledger';\n  static get() { return fetch(`${Client.base}/x`); }\n}\nClient.get();",
            LEDGER,
        ),
        (
            "js field of all variables",
            "main.js",
            "class Client {\n  constructor() { this.env = process.env; }\n  get() { return fetch((this.env.LEDGER_AT || 'http://s-ledger') + '/x'); }\n}\nnew Client().get();",
            LEDGER,
        ),
    ]);
}

#[test]
fn names_of_a_class_are_known_in_its_body() {
    check(&[
        (
            "py enum",
            "main.py",
            "from enum import Enum\nimport requests\nclass S(str, Enum):\n    HOST = \"http://s-ledger\"\n    BOOKS = f\"{HOST}:3001\"\nrequests.get(S.BOOKS.value + \"/x\")",
            LEDGER,
        ),
        (
            "py class",
            "main.py",
            "import requests\nclass S:\n    HOST = \"s-ledger\"\n    URL = \"http://\" + HOST + \"/x\"\n    def get(self):\n        return requests.get(self.URL)\nS().get()",
            LEDGER,
        ),
        (
            "py class, three steps",
            "main.py",
            "import requests\nclass S:\n    HOST = \"s-ledger\"\n    BASE = \"http://{}\".format(HOST)\n    URLS = [BASE + \"/x\"]\nfor url in S.URLS:\n    requests.get(url)",
            LEDGER,
        ),
        (
            "py methods do not see them",
            "main.py",
            "import requests\nHOST = \"http://s-cart\"\nclass S:\n    HOST = \"http://s-ledger\"\n    def get(self):\n        return requests.get(HOST)\nS().get()",
            &["shop -> cart proven"],
        ),
        (
            "py names before they are given",
            "main.py",
            "import requests\nHOST = \"http://s-cart\"\nclass S:\n    URL = HOST + \"/x\"\n    HOST = \"http://s-ledger\"\nrequests.get(S.URL)",
            &["shop -> cart proven"],
        ),
    ]);
}

#[test]
fn options_of_ruby_classes_have_defaults() {
    let with = |option: &str, call: &str| {
        format!(
            "-- service.shop/main.rb\nrequire 'faraday'\nclass Client\n  extend Dry::Initializer\n  {option}\n  {call}\nend\nClient.new.connection.post('x')\n-- service.ledger/x.txt\n-- service.cart/x.txt\n"
        )
    };
    let field = "def connection\n    Faraday.new(@url)\n  end";
    let reader = "def connection\n    Faraday.new(url)\n  end";
    let lazy = "option :connection, default: proc { build }\n  def build\n    Faraday.new(@url)\n  end";
    finds_all(&[
        ("proc", with("option :url, default: proc { 'http://s-ledger/v1' }", field), LEDGER),
        ("lambda", with("option :url, default: -> { 'http://s-ledger/v1' }", field), LEDGER),
        ("lambda by name", with("param :url, default: lambda { 'http://s-ledger/v1' }", reader), LEDGER),
        (
            "proc of a class",
            with("option :url, proc(&:to_s), default: Proc.new { 'http://s-ledger/v1' }", reader),
            LEDGER,
        ),
        ("text", with("attribute :url, :string, default: 'http://s-ledger/v1'", field), LEDGER),
        ("made of another", with("option :url, default: proc { 'http://s-ledger/v1' }", lazy), LEDGER),
        (
            "of the environment",
            with("option :url, default: proc { ENV.fetch('LEDGER_AT', 'http://s-ledger') }", field),
            LEDGER,
        ),
        (
            "a column",
            with("t.string :url, default: 'http://s-ledger'", field),
            &["unresolved-call service.shop/main.rb"],
        ),
        (
            "no default",
            with("option :url, comment: 'http://s-ledger'", field),
            &["unresolved-call service.shop/main.rb"],
        ),
    ]);
}

/// A program that is given an address by a variable.
fn given(file: &str, code: &str) -> String {
    format!(
        "-- service.shop/{file}\n{code}\n-- service.ledger/x.txt\n-- k8s/shop.yaml\nkind: Deployment\nmetadata: {{name: s-shop}}\nspec: {{template: {{spec: {{containers: [{{name: main, image: bank/shop, env: [{{name: LEDGER_URL, value: 'http://s-ledger'}}]}}]}}}}}}\n"
    )
}

#[test]
fn libraries_are_asked_by_the_names_of_variables() {
    let joined: &[&str] = &["shop -> ledger joined"];
    let rows = [
        (
            "go",
            "main.go",
            "package main\nimport (\"net/http\"; \"github.com/acme/overenv\")\nfunc main() { http.Get(overenv.Get(\"LEDGER_URL\") + \"/x\") }",
        ),
        (
            "go with a default",
            "main.go",
            "package main\nimport (\"net/http\"; \"github.com/acme/overenv\")\nfunc main() { http.Get(overenv.GetOr(\"LEDGER_URL\", \"http://localhost:9999\") + \"/x\") }",
        ),
        ("py", "main.py", "import requests\nfrom acmeenv import need\nrequests.get(need(\"LEDGER_URL\") + \"/x\")"),
        ("py object", "main.py", "import requests, acmeenv\nrequests.get(acmeenv.Env().text(\"LEDGER_URL\") + \"/x\")"),
        ("js", "main.js", "const env = require('acme-env');\nfetch(env.need('LEDGER_URL') + '/x');"),
        (
            "rs",
            "src/main.rs",
            "#[tokio::main]\nasync fn main() { reqwest::get(acme_env::need(\"LEDGER_URL\")).await; }",
        ),
        (
            "java",
            "src/main/java/M.java",
            "import com.acme.Env;\nimport java.net.URI;\nimport java.net.http.*;\nclass M { public static void main(String[] a) throws Exception { HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(Env.need(\"LEDGER_URL\") + \"/x\")).build(), null); } }",
        ),
    ];
    let rows: Vec<_> = rows.into_iter().map(|(what, file, code)| (what, given(file, code), joined)).collect();
    finds_all(&rows);
    // Keys of stores and other words are no variables.
    let unknown = |code: &str, path: &str| format!("-- service.shop/{path}\n{code}\n-- service.ledger/x.txt\n");
    finds_all(&[
        (
            "a variable that nothing sets",
            unknown(
                "import requests\nfrom acmeenv import need\nrequests.get(need(\"LEDGER_URL\") + \"/x\")",
                "main.py",
            ),
            &["unresolved-call service.shop/main.py"],
        ),
        (
            "a key of a store",
            given("main.py", "import redis, requests\nrequests.get(redis.Redis().get(\"LEDGER_URL\"))"),
            &["shop -> ledger joined", "unresolved-call service.shop/main.py"],
        ),
        (
            "a name of something else",
            unknown("import requests, lib\nrequests.get(lib.pick(\"LEDGER_URL\", 1, 2) + \"/x\")", "main.py"),
            &["unresolved-call service.shop/main.py"],
        ),
    ]);
}

#[test]
fn keys_of_clients_from_outside_are_no_addresses() {
    let unset = |key: &str| {
        format!(
            "-- service.shop/main.js\nconst {{ MailClient }} = require('@acme/mail');\nnew MailClient({{ {key}: process.env.MAIL_SECRET }}).send();\n-- service.ledger/x.txt\n"
        )
    };
    finds_all(&[
        ("an api key", unset("apiKey"), &[]),
        ("a token", unset("'token'"), &[]),
        ("a region", unset("region"), &[]),
        ("an address", unset("baseUrl"), &["unresolved-call service.shop/main.js"]),
        (
            "a service's address under any name",
            given(
                "main.js",
                "const { BooksClient } = require('@acme/books');\nnew BooksClient({ at: process.env.LEDGER_URL }).send();",
            ),
            &["shop -> ledger joined"],
        ),
    ]);
}

#[test]
fn one_of_a_list_has_the_fields_of_its_elements() {
    let both: &[&str] = &["shop -> cart proven", "shop -> ledger proven"];
    check(&[
        (
            "ts find",
            "main.ts",
            "const ALL = [{ name: 'a', url: 'http://s-ledger' }, { name: 'b', url: 'http://s-cart' }];\nasync function one(name: string) {\n  const config = ALL.find((s) => s.name === name);\n  if (!config) return;\n  return fetch(`${config.url}/x`);\n}\none(process.argv[2]);",
            both,
        ),
        (
            "js filter and destructuring",
            "main.js",
            "const ALL = [{ name: 'a', url: 'http://s-ledger' }, { name: 'b', url: 'http://s-cart' }];\nconst { url } = ALL.filter((s) => s.name === process.argv[2])[0];\nfetch(url + '/x');",
            both,
        ),
        (
            "rb find",
            "main.rb",
            "require 'faraday'\nService = Struct.new(:name, :url, keyword_init: true)\nALL = [{ name: 'a', url: 'http://s-ledger' }, { name: 'b', url: 'http://s-cart' }]\none = ALL.find { |s| s[:name] == ARGV[0] }\nFaraday.get(one[:url] + '/x')",
            both,
        ),
        (
            "a field that no element has",
            "main.ts",
            "const ALL = [{ name: 'a', url: 'http://s-ledger' }];\nconst config: any = ALL.find((s) => s.name === process.argv[2]);\nfetch(`${config.other}/x`);",
            &["unresolved-call service.shop/main.ts"],
        ),
        (
            "an object is no list",
            "main.ts",
            "const ALL = { a: { url: 'http://s-ledger' }, b: { url: 'http://s-cart' } } as any;\nfetch(`${ALL.url}/x`);",
            &["unresolved-call service.shop/main.ts"],
        ),
    ]);
}

#[test]
fn a_path_that_nobody_knows_is_one_of_the_client() {
    let unresolved: &[&str] = &["unresolved-call service.shop/main.py"];
    check(&[
        (
            "py httpx",
            "main.py",
            "import httpx, os\nclass Http:\n    def __init__(self, base_url):\n        self.client = httpx.Client(base_url=base_url)\n    def request(self, method, endpoint):\n        return self.client.request(method=method, url=endpoint)\nHttp(\"http://s-ledger\").request(\"GET\", os.getenv(\"LEDGER_PATH\"))",
            LEDGER,
        ),
        (
            "js axios",
            "main.js",
            "const axios = require('axios');\nconst client = axios.create({ baseURL: 'http://s-ledger' });\nclient.get(process.env.LEDGER_PATH);",
            LEDGER,
        ),
        (
            "py aiohttp",
            "main.py",
            "import aiohttp, asyncio, os\nasync def main():\n    async with aiohttp.ClientSession(\"http://s-ledger\") as session:\n        await session.get(os.environ[\"LEDGER_PATH\"])\nasyncio.run(main())",
            LEDGER,
        ),
        (
            "java empty path",
            "src/main/java/M.java",
            "import org.springframework.web.reactive.function.client.WebClient;\nclass M {\n  public static void main(String[] a) { WebClient client = WebClient.builder().baseUrl(\"http://s-ledger/x\").build(); client.post().uri(\"\").retrieve(); }\n}",
            LEDGER,
        ),
        (
            "an empty text and what nobody knows, of a package",
            "main.go",
            "package main\nimport \"net/http\"\nfunc main() {\n\tvar where string\n\thttp.Get(read(where))\n}\nfunc read(x string) string { return x + next() }\nfunc next() string\n",
            &["unresolved-call service.shop/main.go"],
        ),
        ("an empty text, of a library", "main.py", "import requests\nrequests.get('')", unresolved),
        (
            "an address in the place of the path, which nothing sets",
            "main.py",
            "import httpx, os\nclient = httpx.Client(base_url=\"http://s-ledger\")\nclient.get(os.environ[\"BOOKS_URL\"] + \"/b\")",
            &["shop -> ledger proven", "unresolved-call service.shop/main.py"],
        ),
        (
            "the same in JavaScript",
            "main.js",
            "const axios = require('axios');\nconst client = axios.create({ baseURL: 'http://s-ledger' });\nclient.get(`${process.env.BOOKS_HOST}/b`);",
            &["shop -> ledger proven", "unresolved-call service.shop/main.js"],
        ),
        (
            "a client without an address",
            "main.py",
            "import httpx, os\nclient = httpx.Client(timeout=3)\nclient.get(os.getenv(\"LEDGER_PATH\"))",
            unresolved,
        ),
        (
            "another client",
            "main.py",
            "import httpx, os\none = httpx.Client(base_url=\"http://s-ledger\")\nother = httpx.Client()\nother.get(os.getenv(\"LEDGER_PATH\"))",
            &["shop -> ledger proven", "unresolved-call service.shop/main.py"],
        ),
        (
            "a client whose address nobody knows",
            "main.py",
            "import httpx, os\nhttpx.Client(base_url=os.getenv(\"LEDGER_AT\")).get(os.getenv(\"LEDGER_PATH\"))",
            unresolved,
        ),
    ]);
}
