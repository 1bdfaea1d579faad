//! Values that lie in lists and maps: what is taken out of one under a key, and what is put there.

use crate::finds_all;

/// A row: what it shows, the only file of the caller, its text, and what is found.
pub(crate) type Row = (&'static str, &'static str, &'static str, &'static [&'static str]);

#[track_caller]
pub(crate) fn check(rows: &[Row]) {
    let tree = |file: &str, code: &str| {
        format!(
            "-- service.shop/{file}\n{code}\n-- service.ledger/x.txt\n-- service.cart/x.txt\n-- service.stock/x.txt\n"
        )
    };
    let rows: Vec<_> = rows.iter().map(|(what, file, code, found)| (*what, tree(file, code), *found)).collect();
    finds_all(&rows);
}

#[test]
fn what_lies_in_a_map_is_found_by_its_key() {
    check(&[
        (
            "py dict get global",
            "main.py",
            "import requests\nEP = {\"ledger\": \"http://s-ledger/x\", \"cart\": \"http://s-cart/x\"}\nrequests.get(EP.get(\"ledger\"))",
            &["shop -> ledger proven"],
        ),
        (
            "py dict index global",
            "main.py",
            "import requests\nEP = {\"ledger\": \"http://s-ledger/x\", \"cart\": \"http://s-cart/x\"}\nrequests.get(EP[\"ledger\"])",
            &["shop -> ledger proven"],
        ),
        (
            "py dict get in function by parameter",
            "main.py",
            "import requests\nEP = {\"ledger\": \"http://s-ledger/x\", \"cart\": \"http://s-cart/x\", \"stock\": \"http://s-stock/x\"}\ndef call(name):\n    return requests.get(EP.get(name))\ncall(\"ledger\")\ncall(\"cart\")",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "py dict index in function by parameter",
            "main.py",
            "import requests\nEP = {\"ledger\": \"http://s-ledger/x\", \"cart\": \"http://s-cart/x\"}\ndef call(name):\n    return requests.get(EP[name] + \"/y\")\ncall(\"ledger\")",
            &["shop -> ledger proven"],
        ),
        (
            "py dict unknown key",
            "main.py",
            "import requests, sys\nEP = {\"ledger\": \"http://s-ledger/x\", \"cart\": \"http://s-cart/x\"}\nrequests.get(EP.get(sys.argv[1]))",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "py dict unknown index",
            "main.py",
            "import requests, sys\nEP = {\"ledger\": \"http://s-ledger/x\", \"cart\": \"http://s-cart/x\"}\nrequests.get(EP[sys.argv[1]])",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "py dict in class",
            "main.py",
            "import requests\nclass Client:\n    EP = {\"ledger\": \"http://s-ledger/x\", \"cart\": \"http://s-cart/x\"}\n    def go(self):\n        requests.get(self.EP.get(\"ledger\"))\nClient().go()",
            &["shop -> ledger proven"],
        ),
        (
            "py dict in self",
            "main.py",
            "import requests\nclass Client:\n    def __init__(self):\n        self.ep = {\"ledger\": \"http://s-ledger/x\", \"cart\": \"http://s-cart/x\"}\n    def go(self, name):\n        requests.get(self.ep.get(name, \"\"))\nClient().go(\"ledger\")",
            &["shop -> ledger proven"],
        ),
        (
            "py dict in function",
            "main.py",
            "import requests\ndef url(name):\n    m = {\"ledger\": \"http://s-ledger/x\", \"cart\": \"http://s-cart/x\"}\n    return m.get(name)\nrequests.get(url(\"ledger\"))",
            &["shop -> ledger proven"],
        ),
        (
            "py dict spread",
            "main.py",
            "import requests\nBASE = {\"ledger\": \"http://s-ledger/x\"}\nEP = {**BASE, \"cart\": \"http://s-cart/x\"}\nrequests.get(EP.get(\"ledger\"))",
            &["shop -> ledger proven"],
        ),
        (
            "py dict spread index",
            "main.py",
            "import requests\nBASE = {\"ledger\": \"http://s-ledger/x\"}\nEP = {**BASE, \"cart\": \"http://s-cart/x\"}\nrequests.get(EP[\"ledger\"])",
            &["shop -> ledger proven"],
        ),
        (
            "py dict values",
            "main.py",
            "import requests\nEP = {\"ledger\": \"http://s-ledger/x\", \"cart\": \"http://s-cart/x\"}\nfor u in EP.values():\n    requests.get(u)",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "py dict items",
            "main.py",
            "import requests\nEP = {\"ledger\": \"http://s-ledger/x\", \"cart\": \"http://s-cart/x\"}\nfor name, u in EP.items():\n    requests.get(u)",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "py dict keys index",
            "main.py",
            "import requests\nEP = {\"ledger\": \"http://s-ledger/x\", \"cart\": \"http://s-cart/x\"}\nfor name in EP:\n    requests.get(EP[name])",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "py dict call",
            "main.py",
            "import requests\nEP = dict(ledger=\"http://s-ledger/x\", cart=\"http://s-cart/x\")\nrequests.get(EP[\"ledger\"])",
            &["shop -> ledger proven"],
        ),
        (
            "py dict call get",
            "main.py",
            "import requests\nEP = dict(ledger=\"http://s-ledger/x\", cart=\"http://s-cart/x\")\nrequests.get(EP.get(\"ledger\"))",
            &["shop -> ledger proven"],
        ),
        (
            "py dict of dicts",
            "main.py",
            "import requests\nEP = {\"ledger\": {\"url\": \"http://s-ledger/x\"}, \"cart\": {\"url\": \"http://s-cart/x\"}}\nrequests.get(EP.get(\"ledger\").get(\"url\"))",
            &["shop -> ledger proven"],
        ),
        (
            "py dict of dicts index",
            "main.py",
            "import requests\nEP = {\"ledger\": {\"url\": \"http://s-ledger/x\"}, \"cart\": {\"url\": \"http://s-cart/x\"}}\ndef call(n):\n    requests.get(EP[n][\"url\"])\ncall(\"ledger\")",
            &["shop -> ledger proven"],
        ),
        (
            "py get default",
            "main.py",
            "import requests\nEP = {\"ledger\": \"http://s-ledger/x\"}\nrequests.get(EP.get(\"ledger\", \"http://s-cart\"))",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "py closure openreplay",
            "main.py",
            "import requests\nEP = {\"ledger\": \"http://s-ledger/x\", \"cart\": \"http://s-cart/x\"}\ndef check(name):\n    def fn(*_):\n        return requests.get(EP.get(name), timeout=2)\n    return fn\ndef health():\n    m = {\"a\": {\"ledger\": check(\"ledger\")}}\n    for k in m:\n        for e in m[k]:\n            m[k][e]()\nhealth()",
            &["shop -> ledger proven"],
        ),
        (
            "py set later",
            "main.py",
            "import requests\nEP = {}\nEP[\"ledger\"] = \"http://s-ledger\"\nrequests.get(EP.get(\"ledger\"))",
            &["shop -> ledger proven"],
        ),
        (
            "py update later",
            "main.py",
            "import requests\nEP = {}\nEP.update({\"ledger\": \"http://s-ledger\"})\nrequests.get(EP.get(\"ledger\"))",
            &["shop -> ledger proven"],
        ),
        (
            "py enum key",
            "main.py",
            "import requests\nLEDGER = \"ledger\"\nEP = {LEDGER: \"http://s-ledger/x\", \"cart\": \"http://s-cart/x\"}\nrequests.get(EP.get(LEDGER))",
            &["shop -> ledger proven"],
        ),
        (
            "rb fetch",
            "main.rb",
            "require 'net/http'\nEP = { ledger: 'http://s-ledger/x', cart: 'http://s-cart/x' }.freeze\nNet::HTTP.get(URI(EP.fetch(:ledger)))",
            &["shop -> ledger proven"],
        ),
        (
            "rb index",
            "main.rb",
            "require 'net/http'\nEP = { ledger: 'http://s-ledger/x', cart: 'http://s-cart/x' }.freeze\nNet::HTTP.get(URI(EP[:ledger]))",
            &["shop -> ledger proven"],
        ),
        (
            "rb dig",
            "main.rb",
            "require 'net/http'\nEP = { a: { ledger: 'http://s-ledger/x', cart: 'http://s-cart/x' } }\nNet::HTTP.get(URI(EP.dig(:a, :ledger)))",
            &["shop -> ledger proven"],
        ),
        (
            "rb rocket",
            "main.rb",
            "require 'net/http'\nEP = { 'ledger' => 'http://s-ledger/x', 'cart' => 'http://s-cart/x' }\ndef call(name)\n  Net::HTTP.get(URI(EP.fetch(name)))\nend\ncall('ledger')",
            &["shop -> ledger proven"],
        ),
        (
            "rb each",
            "main.rb",
            "require 'net/http'\nEP = { 'ledger' => 'http://s-ledger/x', 'cart' => 'http://s-cart/x' }\nEP.each do |name, url|\n  Net::HTTP.get(URI(url))\nend",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "rb values",
            "main.rb",
            "require 'net/http'\nEP = { 'ledger' => 'http://s-ledger/x', 'cart' => 'http://s-cart/x' }\nEP.values.each { |url| Net::HTTP.get(URI(url)) }",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "js map get",
            "main.js",
            "const ep = new Map([[\"ledger\", \"http://s-ledger/x\"], [\"cart\", \"http://s-cart/x\"]]);\nfetch(ep.get(\"ledger\"));",
            &["shop -> ledger proven"],
        ),
        (
            "js map set",
            "main.js",
            "const ep = new Map();\nep.set(\"ledger\", \"http://s-ledger/x\");\nfetch(ep.get(\"ledger\"));",
            &["shop -> ledger proven"],
        ),
        (
            "js object index",
            "main.js",
            "const ep = { ledger: \"http://s-ledger/x\", cart: \"http://s-cart/x\" };\nfetch(ep[\"ledger\"]);",
            &["shop -> ledger proven"],
        ),
        (
            "js object computed",
            "main.js",
            "const ep = { ledger: \"http://s-ledger/x\", cart: \"http://s-cart/x\" };\nfunction call(name) { return fetch(ep[name] + \"/y\"); }\ncall(\"ledger\");",
            &["shop -> ledger proven"],
        ),
        (
            "js object values",
            "main.js",
            "const ep = { ledger: \"http://s-ledger/x\", cart: \"http://s-cart/x\" };\nfor (const u of Object.values(ep)) fetch(u);",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "js object entries",
            "main.js",
            "const ep = { ledger: \"http://s-ledger/x\", cart: \"http://s-cart/x\" };\nfor (const [k, u] of Object.entries(ep)) fetch(u);",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "js object values foreach",
            "main.js",
            "const ep = { ledger: \"http://s-ledger/x\", cart: \"http://s-cart/x\" };\nObject.values(ep).forEach(u => fetch(u));",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "js object entries map",
            "main.js",
            "const ep = { ledger: \"http://s-ledger/x\", cart: \"http://s-cart/x\" };\nPromise.all(Object.entries(ep).map(([k, u]) => fetch(u)));",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "ts record key const",
            "main.ts",
            "enum K { Ledger = \"ledger\", Cart = \"cart\" }\nconst ep: Record<K, string> = { [K.Ledger]: \"http://s-ledger/x\", [K.Cart]: \"http://s-cart/x\" };\nfetch(ep[K.Ledger]);",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "js frozen",
            "main.js",
            "const ep = Object.freeze({ ledger: \"http://s-ledger/x\", cart: \"http://s-cart/x\" });\nfetch(ep[\"ledger\"]);",
            &["shop -> ledger proven"],
        ),
        (
            "php array index",
            "main.php",
            "<?php\n$ep = ['ledger' => 'http://s-ledger/x', 'cart' => 'http://s-cart/x'];\nfile_get_contents($ep['ledger']);",
            &["shop -> ledger proven"],
        ),
        (
            "php const array",
            "main.php",
            "<?php\nclass C { const EP = ['ledger' => 'http://s-ledger/x', 'cart' => 'http://s-cart/x'];\n  function call($n) { return file_get_contents(self::EP[$n]); } }\n(new C())->call('ledger');",
            &["shop -> ledger proven"],
        ),
        (
            "php foreach",
            "main.php",
            "<?php\n$ep = ['ledger' => 'http://s-ledger/x', 'cart' => 'http://s-cart/x'];\nforeach ($ep as $n => $u) { file_get_contents($u); }",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "py list append",
            "main.py",
            "import requests\nurls = []\nurls.append(\"http://s-ledger\")\nfor u in urls:\n    requests.get(u)",
            &["shop -> ledger proven"],
        ),
        ("js array foreach", "main.js", "[\"http://s-ledger\"].forEach(u => fetch(u));", &["shop -> ledger proven"]),
        (
            "js spread member",
            "main.js",
            "const base = { ledger: \"http://s-ledger/x\" };\nconst all = { ...base, cart: \"http://s-cart/x\" };\nfetch(all.ledger);",
            &["shop -> ledger proven"],
        ),
        (
            "js class map field",
            "main.js",
            "class A { constructor() { this.ep = new Map(); this.ep.set(\"ledger\", \"http://s-ledger\"); this.ep.set(\"cart\", \"http://s-cart\"); }\n  go(n) { return fetch(this.ep.get(n)); } }\nnew A().go(\"ledger\");",
            &["shop -> ledger proven"],
        ),
        (
            "js map over urls",
            "main.js",
            "const urls = [\"http://s-ledger\"].map(u => u + \"/x\");\nurls.forEach(u => fetch(u));",
            &["shop -> ledger proven"],
        ),
        (
            "rb map block",
            "main.rb",
            "require 'net/http'\n%w[s-ledger].map { |h| \"http://#{h}/x\" }.each { |u| Net::HTTP.get(URI(u)) }",
            &["shop -> ledger proven"],
        ),
        (
            "rb const with freeze each",
            "main.rb",
            "require 'net/http'\nEP = { ledger: 'http://s-ledger/x', cart: 'http://s-cart/x' }.freeze\nEP.each_value { |u| Net::HTTP.get(URI(u)) }",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
    ]);
}

#[test]
fn what_lies_in_a_map_of_a_typed_language_is_found_by_its_key() {
    check(&[
        (
            "java map of get",
            "Main.java",
            "import java.util.Map;\nimport org.springframework.web.client.RestTemplate;\npublic class Main {\n  static final Map<String, String> EP = Map.of(\"ledger\", \"http://s-ledger/x\", \"cart\", \"http://s-cart/x\");\n  public static void main(String[] a) { new RestTemplate().getForObject(EP.get(\"ledger\"), String.class); }\n}",
            &["shop -> ledger proven"],
        ),
        (
            "java map entries",
            "Main.java",
            "import java.util.Map;\nimport org.springframework.web.client.RestTemplate;\npublic class Main {\n  static final Map<String, String> EP = Map.ofEntries(Map.entry(\"ledger\", \"http://s-ledger/x\"), Map.entry(\"cart\", \"http://s-cart/x\"));\n  public static void main(String[] a) { new RestTemplate().getForObject(EP.get(\"ledger\"), String.class); }\n}",
            &["shop -> ledger proven"],
        ),
        (
            "java static block",
            "Main.java",
            "import java.util.*;\nimport org.springframework.web.client.RestTemplate;\npublic class Main {\n  private static final Map<String, String> EP = new HashMap<>();\n  static { EP.put(\"ledger\", \"http://s-ledger/x\"); }\n  static void call(String n) { new RestTemplate().getForObject(EP.get(n), String.class); }\n  public static void main(String[] a) { call(\"ledger\"); }\n}",
            &["shop -> ledger proven"],
        ),
        (
            "java getOrDefault",
            "Main.java",
            "import java.util.*;\nimport org.springframework.web.client.RestTemplate;\npublic class Main {\n  public static void main(String[] a) {\n    Map<String, String> ep = new HashMap<>();\n    ep.put(\"ledger\", \"http://s-ledger/x\");\n    new RestTemplate().getForObject(ep.getOrDefault(\"ledger\", \"http://x.example.com\"), String.class);\n  }\n}",
            &["shop -> ledger proven"],
        ),
        (
            "java values",
            "Main.java",
            "import java.util.*;\nimport org.springframework.web.client.RestTemplate;\npublic class Main {\n  static final Map<String, String> EP = Map.of(\"ledger\", \"http://s-ledger/x\", \"cart\", \"http://s-cart/x\");\n  public static void main(String[] a) { for (String u : EP.values()) new RestTemplate().getForObject(u, String.class); }\n}",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "java entrySet",
            "Main.java",
            "import java.util.*;\nimport org.springframework.web.client.RestTemplate;\npublic class Main {\n  static final Map<String, String> EP = Map.of(\"ledger\", \"http://s-ledger/x\", \"cart\", \"http://s-cart/x\");\n  public static void main(String[] a) { for (Map.Entry<String, String> e : EP.entrySet()) new RestTemplate().getForObject(e.getValue(), String.class); }\n}",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "kt mapOf index",
            "main.kt",
            "import org.springframework.web.client.RestTemplate\nval ep = mapOf(\"ledger\" to \"http://s-ledger/x\", \"cart\" to \"http://s-cart/x\")\nfun main() { RestTemplate().getForObject(ep[\"ledger\"], String::class.java) }",
            &["shop -> ledger proven"],
        ),
        (
            "kt mapOf getValue",
            "main.kt",
            "import org.springframework.web.client.RestTemplate\nval ep = mapOf(\"ledger\" to \"http://s-ledger/x\", \"cart\" to \"http://s-cart/x\")\nfun call(n: String) { RestTemplate().getForObject(ep.getValue(n), String::class.java) }\nfun main() { call(\"ledger\") }",
            &["shop -> ledger proven"],
        ),
        (
            "kt for",
            "main.kt",
            "import org.springframework.web.client.RestTemplate\nval ep = mapOf(\"ledger\" to \"http://s-ledger/x\", \"cart\" to \"http://s-cart/x\")\nfun main() { for ((n, u) in ep) RestTemplate().getForObject(u, String::class.java) }",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "cs dict index",
            "Program.cs",
            "using System.Collections.Generic; using System.Net.Http;\nvar ep = new Dictionary<string, string> { [\"ledger\"] = \"http://s-ledger/x\", [\"cart\"] = \"http://s-cart/x\" };\nawait new HttpClient().GetAsync(ep[\"ledger\"]);",
            &["shop -> ledger proven"],
        ),
        (
            "cs dict init braces",
            "Program.cs",
            "using System.Collections.Generic; using System.Net.Http;\nvar ep = new Dictionary<string, string> { { \"ledger\", \"http://s-ledger/x\" }, { \"cart\", \"http://s-cart/x\" } };\nawait new HttpClient().GetAsync(ep[\"ledger\"]);",
            &["shop -> ledger proven"],
        ),
        (
            "cs static trygetvalue",
            "Program.cs",
            "using System.Collections.Generic; using System.Net.Http;\npublic static class Program {\n  static readonly Dictionary<string, string> Ep = new() { [\"ledger\"] = \"http://s-ledger/x\", [\"cart\"] = \"http://s-cart/x\" };\n  static void Call(string name) { if (Ep.TryGetValue(name, out var url)) new HttpClient().GetAsync(url); }\n  public static void Main() { Call(\"ledger\"); }\n}",
            &["shop -> ledger proven"],
        ),
        (
            "cs foreach values",
            "Program.cs",
            "using System.Collections.Generic; using System.Net.Http;\nvar ep = new Dictionary<string, string> { [\"ledger\"] = \"http://s-ledger/x\", [\"cart\"] = \"http://s-cart/x\" };\nforeach (var u in ep.Values) await new HttpClient().GetAsync(u);",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "cs foreach pairs",
            "Program.cs",
            "using System.Collections.Generic; using System.Net.Http;\nvar ep = new Dictionary<string, string> { [\"ledger\"] = \"http://s-ledger/x\", [\"cart\"] = \"http://s-cart/x\" };\nforeach (var (n, u) in ep) await new HttpClient().GetAsync(u);",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "cs add",
            "Program.cs",
            "using System.Collections.Generic; using System.Net.Http;\nvar ep = new Dictionary<string, string>();\nep.Add(\"ledger\", \"http://s-ledger/x\");\nawait new HttpClient().GetAsync(ep[\"ledger\"]);",
            &["shop -> ledger proven"],
        ),
        (
            "go map param",
            "main.go",
            "package main\nimport \"net/http\"\nvar ep = map[string]string{\"ledger\": \"http://s-ledger/x\", \"cart\": \"http://s-cart/x\"}\nfunc call(n string) { http.Get(ep[n]) }\nfunc main() { call(\"ledger\") }",
            &["shop -> ledger proven"],
        ),
        (
            "go map ok",
            "main.go",
            "package main\nimport \"net/http\"\nvar ep = map[string]string{\"ledger\": \"http://s-ledger/x\", \"cart\": \"http://s-cart/x\"}\nfunc call(n string) { if u, ok := ep[n]; ok { http.Get(u) } }\nfunc main() { call(\"ledger\") }",
            &["shop -> ledger proven"],
        ),
        (
            "go map unknown",
            "main.go",
            "package main\nimport (\"net/http\"; \"os\")\nvar ep = map[string]string{\"ledger\": \"http://s-ledger/x\", \"cart\": \"http://s-cart/x\"}\nfunc main() { http.Get(ep[os.Args[1]]) }",
            &["shop -> cart proven", "shop -> ledger proven"],
        ),
        (
            "rs hashmap from get",
            "main.rs",
            "use std::collections::HashMap;\nfn main() { let ep = HashMap::from([(\"ledger\", \"http://s-ledger/x\"), (\"cart\", \"http://s-cart/x\")]); reqwest::blocking::get(*ep.get(\"ledger\").unwrap()); }",
            &["shop -> ledger proven"],
        ),
        (
            "rs hashmap index",
            "main.rs",
            "use std::collections::HashMap;\nfn main() { let ep = HashMap::from([(\"ledger\", \"http://s-ledger/x\"), (\"cart\", \"http://s-cart/x\")]); reqwest::blocking::get(ep[\"ledger\"]); }",
            &["shop -> ledger proven"],
        ),
        (
            "rs insert",
            "main.rs",
            "use std::collections::HashMap;\nfn main() { let mut ep = HashMap::new(); ep.insert(\"ledger\", \"http://s-ledger/x\"); reqwest::blocking::get(*ep.get(\"ledger\").unwrap()); }",
            &["shop -> ledger proven"],
        ),
    ]);
}
