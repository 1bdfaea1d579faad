//! Functions that lie in lists, maps, fields and results: who is called through one.

use crate::maps::check;

#[test]
fn functions_are_called_through_what_they_lie_in() {
    check(&[
        (
            "py handlers index",
            "main.py",
            "import requests\ndef a(url): requests.get(url)\ndef b(url): print(url)\nH = {\"a\": a, \"b\": b}\nH[\"a\"](\"http://s-ledger/x\")",
            &["shop -> ledger proven"],
        ),
        (
            "py handlers get",
            "main.py",
            "import requests\ndef a(url): requests.get(url)\nH = {\"a\": a}\ndef run(kind, url):\n    H.get(kind)(url)\nrun(\"a\", \"http://s-ledger/x\")",
            &["shop -> ledger proven"],
        ),
        (
            "py handlers local",
            "main.py",
            "import requests\ndef a(url): requests.get(url)\ndef run(kind, url):\n    h = {\"a\": a}\n    f = h[kind]\n    f(url)\nrun(\"a\", \"http://s-ledger/x\")",
            &["shop -> ledger proven"],
        ),
        (
            "py handlers loop",
            "main.py",
            "import requests\ndef a(url): requests.get(url)\ndef run(url):\n    for f in [a]:\n        f(url)\nrun(\"http://s-ledger/x\")",
            &["shop -> ledger proven"],
        ),
        (
            "py handlers dict call",
            "main.py",
            "import requests\ndef a(url): requests.get(url)\nH = dict(a=a)\nH[\"a\"](\"http://s-ledger/x\")",
            &["shop -> ledger proven"],
        ),
        (
            "py method in self map",
            "main.py",
            "import requests\nclass S:\n    def __init__(self):\n        self.h = {\"a\": self.a}\n    def a(self, url): requests.get(url)\n    def run(self, kind): self.h[kind](\"http://s-ledger/x\")\nS().run(\"a\")",
            &["shop -> ledger proven"],
        ),
        (
            "py field function",
            "main.py",
            "import requests\nclass S:\n    def __init__(self, f):\n        self.f = f\n    def run(self): self.f(\"http://s-ledger/x\")\ndef a(url): requests.get(url)\nS(a).run()",
            &["shop -> ledger proven"],
        ),
        (
            "go map of funcs",
            "main.go",
            "package main\nimport \"net/http\"\nfunc a(u string) { http.Get(u) }\nvar h = map[string]func(string){\"a\": a}\nfunc main() { h[\"a\"](\"http://s-ledger/x\") }",
            &["shop -> ledger proven"],
        ),
        (
            "go map of funcs local ok",
            "main.go",
            "package main\nimport (\"net/http\"; \"os\")\nfunc a(u string) { http.Get(u) }\nfunc main() { h := map[string]func(string){\"a\": a}; if f, ok := h[os.Args[1]]; ok { f(\"http://s-ledger/x\") } }",
            &["shop -> ledger proven"],
        ),
        (
            "go field func",
            "main.go",
            "package main\nimport \"net/http\"\ntype S struct { f func(string) }\nfunc a(u string) { http.Get(u) }\nfunc (s S) run() { s.f(\"http://s-ledger/x\") }\nfunc main() { S{f: a}.run() }",
            &["shop -> ledger proven"],
        ),
        (
            "js handlers index",
            "main.js",
            "function a(url) { return fetch(url); }\nconst h = { a };\nh[process.argv[2]](\"http://s-ledger/x\");",
            &["shop -> ledger proven"],
        ),
        (
            "js handlers map",
            "main.js",
            "function a(url) { return fetch(url); }\nconst h = new Map([[\"a\", a]]);\nh.get(\"a\")(\"http://s-ledger/x\");",
            &["shop -> ledger proven"],
        ),
        (
            "js arrow in object",
            "main.js",
            "const h = { a: (url) => fetch(url) };\nh[\"a\"](\"http://s-ledger/x\");",
            &["shop -> ledger proven"],
        ),
        (
            "js arrow in object member",
            "main.js",
            "const h = { a: (url) => fetch(url) };\nh.a(\"http://s-ledger/x\");",
            &["shop -> ledger proven"],
        ),
        (
            "rb lambda map",
            "main.rb",
            "require 'net/http'\nH = { a: ->(url) { Net::HTTP.get(URI(url)) } }\nH[:a].call('http://s-ledger/x')",
            &["shop -> ledger proven"],
        ),
        (
            "go closure map",
            "main.go",
            "package main\nimport \"net/http\"\nfunc mk(base string) func(string) { return func(p string) { http.Get(base + p) } }\nfunc main() { h := map[string]func(string){\"a\": mk(\"http://s-ledger\")}; h[\"a\"](\"/x\") }",
            &["shop -> ledger proven"],
        ),
        (
            "go closure map arg",
            "main.go",
            "package main\nimport \"net/http\"\nvar h = map[string]func(string){\"a\": func(u string) { http.Get(u) }}\nfunc main() { h[\"a\"](\"http://s-ledger/x\") }",
            &["shop -> ledger proven"],
        ),
        (
            "go returned funcs",
            "main.go",
            "package main\nimport \"net/http\"\nfunc mk() map[string]func(string) { return map[string]func(string){\"a\": get} }\nfunc get(u string) { http.Get(u) }\nfunc main() { mk()[\"a\"](\"http://s-ledger/x\") }",
            &["shop -> ledger proven"],
        ),
        (
            "go method value in map",
            "main.go",
            "package main\nimport \"net/http\"\ntype S struct { base string; h map[string]func(string) }\nfunc (s *S) get(p string) { http.Get(s.base + p) }\nfunc New() *S { s := &S{base: \"http://s-ledger\"}; s.h = map[string]func(string){\"a\": s.get}; return s }\nfunc (s *S) run(k string) { s.h[k](\"/x\") }\nfunc main() { New().run(\"a\") }",
            &["shop -> ledger proven"],
        ),
        (
            "java map of functions",
            "Main.java",
            "import java.util.*;\nimport java.util.function.*;\nimport org.springframework.web.client.RestTemplate;\npublic class Main {\n  static void get(String u) { new RestTemplate().getForObject(u, String.class); }\n  static final Map<String, Consumer<String>> H = Map.of(\"a\", Main::get);\n  public static void main(String[] a) { H.get(\"a\").accept(\"http://s-ledger/x\"); }\n}",
            &["shop -> ledger proven"],
        ),
        (
            "java lambda map",
            "Main.java",
            "import java.util.*;\nimport java.util.function.*;\nimport org.springframework.web.client.RestTemplate;\npublic class Main {\n  static final Map<String, Consumer<String>> H = Map.of(\"a\", u -> new RestTemplate().getForObject(u, String.class));\n  public static void main(String[] a) { H.get(\"a\").accept(\"http://s-ledger/x\"); }\n}",
            &["shop -> ledger proven"],
        ),
        (
            "cs dictionary of actions",
            "Program.cs",
            "using System; using System.Collections.Generic; using System.Net.Http;\nvar h = new Dictionary<string, Action<string>> { [\"a\"] = u => new HttpClient().GetAsync(u) };\nh[\"a\"](\"http://s-ledger/x\");",
            &["shop -> ledger proven"],
        ),
        (
            "kt map of lambdas",
            "main.kt",
            "import org.springframework.web.client.RestTemplate\nval h = mapOf<String, (String) -> Unit>(\"a\" to { u -> RestTemplate().getForObject(u, String::class.java) })\nfun main() { h[\"a\"]!!(\"http://s-ledger/x\") }",
            &["shop -> ledger proven"],
        ),
        (
            "php closures",
            "main.php",
            "<?php\n$h = ['a' => function ($u) { return file_get_contents($u); }];\n$h['a']('http://s-ledger/x');",
            &["shop -> ledger proven"],
        ),
        (
            "rs vec of closures",
            "main.rs",
            "fn a(u: &str) { reqwest::blocking::get(u); }\nfn main() { let h: Vec<fn(&str)> = vec![a]; for f in h { f(\"http://s-ledger/x\"); } }",
            &["shop -> ledger proven"],
        ),
        (
            "go handlers table with struct",
            "main.go",
            "package main\nimport \"net/http\"\ntype route struct { path string; f func(string) }\nvar routes = []route{{\"a\", get}}\nfunc get(u string) { http.Get(u) }\nfunc main() { for _, r := range routes { r.f(\"http://s-ledger/x\") } }",
            &["shop -> ledger proven"],
        ),
        (
            "go options pattern",
            "main.go",
            "package main\nimport \"net/http\"\ntype C struct { url string }\ntype Option func(*C)\nfunc WithURL(u string) Option { return func(c *C) { c.url = u } }\nfunc New(opts ...Option) *C { c := &C{}; for _, o := range opts { o(c) }; return c }\nfunc main() { c := New(WithURL(\"http://s-ledger\")); http.Get(c.url) }",
            &["shop -> ledger proven"],
        ),
    ]);
}

#[test]
fn what_is_no_map_or_goes_out_of_sight_is_not() {
    check(&[
        (
            "py partial",
            "main.py",
            "import requests, lib\ndef a(url): requests.get(url)\nH = {\"a\": a}\nlib.register(H)\nH[\"a\"](\"http://s-cart.example.com/x\")",
            &["unresolved-call service.shop/main.py"],
        ),
        (
            "py lost through local",
            "main.py",
            "import requests, lib\ndef a(url): requests.get(url)\ndef go():\n    h = [a]\n    lib.register(h)\ngo()",
            &["unresolved-call service.shop/main.py"],
        ),
        (
            "py lost though called",
            "main.py",
            "import requests, lib\ndef a(url): requests.get(url)\nH = {\"a\": a}\ndef setup():\n    lib.register(H)\ndef go():\n    H[\"a\"](\"http://s-ledger\")\nsetup()\ngo()",
            &["shop -> ledger proven", "unresolved-call service.shop/main.py"],
        ),
        (
            "py class get is no map",
            "main.py",
            "import requests\nclass Client:\n    def get(self, path):\n        return requests.get(\"http://s-cart/\" + path)\nEP = {\"ledger\": \"http://s-ledger\"}\nClient().get(\"ledger\")",
            &["shop -> cart proven"],
        ),
        (
            "py unknown map",
            "main.py",
            "import requests, lib\nrequests.get(lib.load().get(\"ledger\"))",
            &["unresolved-call service.shop/main.py"],
        ),
    ]);
}
