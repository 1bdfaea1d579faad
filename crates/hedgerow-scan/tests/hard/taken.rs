//! Values that are taken out of others: over spreads, by keys, by loops over keys, and what is put there in several ways. What is not
//! known of them is asked about.

use crate::silent::asks;

/// A row: what it shows, the only file of the caller, its text, and what is found and asked.
type Row = (&'static str, &'static str, &'static str, &'static [&'static str]);

const ASKED: &[&str] = &["unresolved-call"];
const LEDGER: &[&str] = &["shop -> ledger proven"];
const NOTHING: &[&str] = &[];

#[track_caller]
fn check(rows: &[Row]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(what, file, code, expected)| {
            let tree = format!("-- service.shop/{file}\n{code}\n-- service.ledger/x.txt\n-- service.cart/x.txt\n");
            // Where it is asked does not matter here.
            let mut found: Vec<String> = asks(&tree)
                .into_iter()
                .map(|line| match line.split_once(' ') {
                    Some((code @ "unresolved-call", _)) => code.to_owned(),
                    _ => line,
                })
                .collect();
            found.dedup();
            (found != *expected).then(|| format!("{what}: found {found:?}, expected {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

const JS: &str = "index.js";
const PY: &str = "main.py";

#[test]
fn what_is_laid_over_a_field_by_a_spread_counts() {
    check(&[
        (
            "options that nobody knows, behind the field",
            JS,
            "function client(options) { const opts = { url: 'http://localhost', ...options }; return fetch(opts.url); }\nclient(require('@vendor/conf').load());",
            ASKED,
        ),
        (
            "a field that is taken out by its name",
            JS,
            "const lib = require('@vendor/lib');\nfunction client({ url }) { return fetch(url + '/a'); }\nclient({ url: 'http://localhost', ...lib.options() });",
            ASKED,
        ),
        (
            "two spreads, the second unknown",
            JS,
            "const lib = require('@vendor/lib');\nconst defaults = { url: 'http://localhost' };\nconst opts = { ...defaults, ...lib.options() };\nfetch(opts.url);",
            ASKED,
        ),
        (
            "a field that stands twice",
            JS,
            "const lib = require('@vendor/lib');\nconst opts = { url: lib.first(), url: 'http://s-ledger' };\nfetch(opts.url);",
            &["shop -> ledger proven"],
        ),
        (
            "a known one behind the field wins",
            JS,
            "const ledger = { url: `http://s-${'ledger'}:8080` };\nconst opts = { url: 'http://localhost', ...ledger };\nfetch(opts.url);",
            LEDGER,
        ),
        (
            "an options object of a class",
            "client.ts",
            "interface Options { base: string }\nclass Client {\n  private options: Options;\n  constructor(options: Partial<Options> = {}) { this.options = { base: 'http://localhost', ...options }; }\n  get() { return fetch(this.options.base); }\n}\nnew Client({ base: 'http://s-' + 'ledger' }).get();",
            LEDGER,
        ),
        (
            "a PHP array",
            "index.php",
            "<?php\n$ledger = ['url' => 'http://s-' . 'ledger'];\n$opts = ['url' => 'http://localhost', ...$ledger];\nfile_get_contents($opts['url'] . '/x');",
            LEDGER,
        ),
        (
            "a Python dict",
            PY,
            "import requests\nfrom vendor import lib\nopts = {'url': 'http://localhost', **lib.load()}\nrequests.get(opts['url'])",
            ASKED,
        ),
        // The last one wins.
        (
            "a spread before the field",
            JS,
            "const lib = require('@vendor/lib');\nconst opts = { ...lib.options(), url: 'http://localhost' };\nfetch(opts.url);",
            NOTHING,
        ),
        (
            "nothing is passed",
            JS,
            "function client(options = {}) { const opts = { url: 'http://localhost', ...options }; return fetch(opts.url); }\nclient();",
            NOTHING,
        ),
        (
            "a spread that is known has no such field",
            JS,
            "const more = { timeout: 3 };\nconst opts = { url: 'http://localhost', ...more };\nfetch(opts.url);",
            NOTHING,
        ),
    ]);
}

#[test]
fn who_loops_over_keys_gets_keys() {
    check(&[
        (
            "an index is no element",
            JS,
            "['http://s-ledger/x'].forEach((u, i) => fetch(i));",
            &["shop ? ledger", "unresolved-call"],
        ),
        ("the element is", JS, "['http://s-ledger/x'].forEach((u, i) => fetch(u + i));", LEDGER),
        (
            "a Map, the value first",
            JS,
            "const m = new Map([['http://s-ledger/x', 'http://localhost']]);\nm.forEach((v, k) => fetch(k));",
            LEDGER,
        ),
        (
            "a Map that is filled, the key",
            JS,
            "const lib = require('@vendor/lib');\nconst m = new Map();\nm.set(lib.url(), 'http://localhost');\nm.forEach((v, k) => fetch(k));",
            ASKED,
        ),
        (
            "entries, taken apart",
            JS,
            "const lib = require('@vendor/lib');\nconst m = { [lib.url()]: 'http://localhost' };\nObject.entries(m).forEach(([k, v]) => fetch(k));",
            ASKED,
        ),
        (
            "entries in a loop",
            JS,
            "const m = { 's-ledger': 80 };\nfor (const [k, v] of Object.entries(m)) fetch('http://' + k + '/a');",
            LEDGER,
        ),
        (
            "a Map in a loop",
            JS,
            "const lib = require('@vendor/lib');\nconst m = new Map([[lib.url(), 'http://localhost']]);\nfor (const [k, v] of m) fetch(k);",
            ASKED,
        ),
        (
            "the names of an object",
            JS,
            "const m = { 's-ledger': 80 };\nfor (const k in m) fetch('http://' + k + '/a');",
            LEDGER,
        ),
        (
            "items of a dict",
            PY,
            "import requests\nfrom vendor import lib\nd = {lib.url(): 'http://localhost'}\nfor u, v in d.items():\n    requests.get(u)",
            ASKED,
        ),
        (
            "a dict itself",
            PY,
            "import requests\nd = {'http://s-ledger/x': 'http://localhost'}\nfor u in d:\n    requests.get(u)",
            LEDGER,
        ),
        (
            "a dict that is filled",
            PY,
            "import requests\nfrom vendor import lib\nd = {}\nd[lib.url()] = 'http://localhost'\nfor u in d:\n    requests.get(u)",
            ASKED,
        ),
        (
            "the first key",
            PY,
            "import requests\nfrom vendor import lib\nrequests.get(next(iter({lib.url(): 'http://localhost'})))",
            ASKED,
        ),
        (
            "a hash's block of two",
            "main.rb",
            "require 'net/http'\nM = {'http://s-ledger/x' => 'http://localhost'}\nM.each { |k, v| Net::HTTP.get(URI(k)) }",
            LEDGER,
        ),
        (
            "a map of Java, the key first",
            "Main.java",
            "import java.util.*;\nimport java.net.URI;\nimport java.net.http.*;\nclass Main {\n  static void call(String url) throws Exception { HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(url)).build(), null); }\n  public static void main(String[] a) throws Exception {\n    Map<String, String> m = Map.of(\"http://s-ledger/x\", \"http://localhost\");\n    m.forEach((k, v) -> call(k));\n  }\n}",
            LEDGER,
        ),
        (
            "an array of PHP with its keys",
            "index.php",
            "<?php\n$m = ['http://s-ledger/x' => 'http://localhost'];\nforeach ($m as $k => $v) { file_get_contents($k); }",
            LEDGER,
        ),
        // The values are as they were.
        (
            "the values of a dict",
            PY,
            "import requests\nd = {'ledger': 'http://localhost'}\nfor u in d.values():\n    requests.get(u)\nfor k, u in d.items():\n    requests.get(u)",
            NOTHING,
        ),
        (
            "a value by a key of the loop",
            PY,
            "import requests\nd = {'a': 'http://s-ledger/x'}\nfor k in d:\n    requests.get(d[k])",
            LEDGER,
        ),
        (
            "pairs in a list",
            PY,
            "import requests\nfor name, url in [('a', 'http://s-ledger/x')]:\n    requests.get(url)",
            LEDGER,
        ),
    ]);
}

#[test]
fn all_that_a_call_puts_somewhere_lies_there() {
    check(&[
        (
            "several elements at once",
            JS,
            "const lib = require('@vendor/lib');\nconst urls = [];\nurls.push(lib.ledger(), 'http://localhost');\nfor (const u of urls) fetch(u);",
            ASKED,
        ),
        (
            "the last of them",
            JS,
            "const urls = [];\nurls.push('http://localhost', 'http://s-ledger/x');\nfor (const u of urls) fetch(u);",
            LEDGER,
        ),
        (
            "before the others",
            JS,
            "const lib = require('@vendor/lib');\nconst urls = ['http://localhost'];\nurls.unshift(lib.url());\nfor (const u of urls) fetch(u);",
            ASKED,
        ),
        (
            "those of another list",
            JS,
            "const lib = require('@vendor/lib');\nconst urls = ['http://localhost'].concat(lib.urls());\nfor (const u of urls) fetch(u);",
            ASKED,
        ),
        (
            "a map and names",
            PY,
            "import requests\nfrom vendor import lib\nurls = {'ledger': 'http://localhost'}\nurls.update(lib.load(), tax='http://localhost')\nrequests.get(urls['ledger'])",
            ASKED,
        ),
        (
            "a place in a list is no key",
            "Main.java",
            "import java.util.*;\nimport java.net.URI;\nimport java.net.http.*;\nclass Main {\n  static final List<String> LIST = new ArrayList<>();\n  static void call(String url) throws Exception { HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(url)).build(), null); }\n  public static void main(String[] a) throws Exception {\n    LIST.add(\"http://localhost\");\n    LIST.add(0, \"http://s-ledger/x\");\n    call(LIST.get(1));\n  }\n}",
            LEDGER,
        ),
        (
            "a list by its place, the first taken out",
            PY,
            "import requests\nurls = {'a': 'http://s-ledger/x'}\nrequests.get(list(urls.values())[0])",
            LEDGER,
        ),
        // A key is one.
        (
            "two keys",
            JS,
            "const m = new Map();\nm.set('a', 'http://localhost');\nm.set('b', 'http://s-' + 'ledger');\nfetch(m.get('b'));",
            LEDGER,
        ),
    ]);
}

#[test]
fn a_function_that_lies_in_a_value_is_called() {
    check(&[
        (
            "called like a look-up",
            JS,
            "const urls = { ledger: 'http://s-ledger/x' };\nconst conf = { get: (key) => urls[key], ledger: 'http://localhost' };\nfetch(conf.get('ledger'));",
            LEDGER,
        ),
        (
            "called like a builder",
            JS,
            "const lib = require('@vendor/lib');\nconst builder = { host: 'http://localhost', build: () => lib.url() };\nfetch(builder.build());",
            ASKED,
        ),
        (
            "written as a method",
            JS,
            "const lib = require('@vendor/lib');\nconst conf = { first() { return lib.url(); }, host: 'http://localhost' };\nfetch(conf.first());",
            ASKED,
        ),
        // One that lies in a map is none of its methods.
        (
            "a key of that name in a map",
            PY,
            "import requests\nm = {'get': 'http://localhost', 'a': 'http://s-ledger/x'}\nrequests.get(m.get('a'))",
            LEDGER,
        ),
    ]);
}
