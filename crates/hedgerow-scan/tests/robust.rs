//! Whatever a file holds, reading it ends, and its facts point nowhere but into themselves.
#![allow(clippy::unwrap_used, reason = "tests")]

use hedgerow_code::frontend::Language;
use hedgerow_scan::{CodeFile, PlainFile, ScanConfig, Service, Tree, in_parallel, scan};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

const FILES: &[(&str, Language)] = &[
    ("service.a/main.go", Language::Go),
    ("service.a/main.py", Language::Python),
    ("service.a/Main.java", Language::Java),
    ("service.a/main.js", Language::JavaScript),
    ("service.a/main.ts", Language::TypeScript),
    ("service.a/Main.cs", Language::CSharp),
    ("service.a/Main.kt", Language::Kotlin),
];

/// Pieces of the languages, so that random texts get past the first brace.
const WORDS: &[&str] = &[
    "package main\n",
    "import \"net/http\"\n",
    "import requests\n",
    "func main() {",
    "func (s *S) Run(a, b string) (x string, err error) {",
    "}",
    "(",
    ")",
    "{",
    "[",
    "]",
    "type S struct {",
    "interface {",
    "x := ",
    "var x S\n",
    "x",
    "y",
    "s.base",
    " = ",
    " + ",
    "\"http://s-b\"",
    "'s-b'",
    "`s-${x}`",
    "http.Get(",
    "requests.get(",
    "fetch(",
    "return ",
    "for x := range y {",
    "for x in y:\n",
    "def f(self, x='a', *b):\n    ",
    "class S(T):\n    ",
    "class S extends T { ",
    "const f = (x) => ",
    "async ",
    "@Value(\"${a.b:c}\") ",
    "private final String x = ",
    "new S(",
    "...",
    "&x",
    "*x",
    "// rpcmap: service.b\n",
    "# hedgerow: calls x\n",
    "/* hedgerow:",
    "\n",
    ";",
    ",",
    ":",
    "if x == \"\" {",
    "else ",
    "switch x.(type) {",
    "case S:",
    "func() {",
    "go ",
    "defer ",
    "<-x",
    "é",
    "\u{0}",
    "f\"{x}\"",
    "%s",
    "\\",
    "\"",
    "lambda x: ",
    "export default ",
    "import x, { y as z } from './main'\n",
    "require('./main')",
    "fmt.Sprintf(\"%[9]s%\", ",
    "{0}{x!r:",
    "using System;\n",
    "namespace A.B;\n",
    "public class S(HttpClient c) : T { ",
    "var x = new S { A = \"http://s-b\" };",
    "await client.GetAsync($\"{x}/y\");",
    "x?.y?.z()",
    "builder.AddRedis(\"s-b\").WithReference(x)",
    "[Get(\"/x\")] ",
    "fun f(x: String) = ",
    "class K(val x: String) : T(x) { ",
    "val x by lazy { \"http://s-b\" }\n",
    "\"${x}/y\"",
    "when (x) { 1 -> ",
    "x.apply { y = ",
];

fn text() -> impl Strategy<Value = String> {
    let words = prop::collection::vec(prop::sample::select(WORDS), 0..60).prop_map(|words| words.concat());
    prop_oneof![4 => words, 1 => any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_and_scanned(texts in prop::collection::vec(text(), FILES.len()), plain in text()) {
        in_parallel(|| {
            let code: Vec<CodeFile> = FILES
                .iter()
                .zip(&texts)
                .map(|((path, language), text)| {
                    let facts = language.frontend().unwrap().facts(text);
                    assert!(facts.is_sound(), "{language:?}: {text}");
                    let kept: hedgerow_code::ir::Facts =
                        serde_json::from_str(&serde_json::to_string(&facts).unwrap()).unwrap();
                    assert_eq!(kept, facts);
                    CodeFile { path: (*path).to_owned(), language: *language, facts: Arc::new(facts) }
                })
                .collect();
            let names = ["service.a/x.yaml", "service.a/Dockerfile", "service.a/nginx.conf", "service.a/run.sh", "go.mod", "service.a/config.json"];
            let plain: Vec<PlainFile> =
                names.iter().map(|path| PlainFile { path: (*path).to_owned(), text: Arc::from(plain.as_str()) }).collect();
            let services = ["service.a", "service.b"].map(|name| Service { name: name.into(), slug: name.replace("ervice.", "-"), directory: name.into() });
            let config = ScanConfig::default();
            scan(&Tree { services: &services, namespaces: BTreeSet::new(), config: &config, code: &code, texts: &plain, lost: &[] }).unwrap();
        });
    }
}

/// Puts another number in the place of the `at`-th one.
fn alter(value: &mut serde_json::Value, at: &mut usize, number: u32) {
    match value {
        serde_json::Value::Number(old) => {
            if *at == 0 {
                *old = number.into();
            }
            *at = at.wrapping_sub(1);
        }
        serde_json::Value::Array(list) => list.iter_mut().for_each(|value| alter(value, at, number)),
        serde_json::Value::Object(map) => map.values_mut().for_each(|value| alter(value, at, number)),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::String(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Facts that pass for sound, as a cache that was tampered with might hold them, make no scan fail.
    #[test]
    fn altered_facts_are_refused_or_harmless(places in prop::collection::vec((0..3_000_usize, prop_oneof![0..60_u32, any::<u32>()]), 1..4)) {
        let text = "package main\nimport \"net/http\"\ntype S struct{ base string; inner *S }\nvar all = map[string]S{\"a\": {base: \"http://s-b\"}}\nfunc (s *S) Run(path string, more ...string) (out string, err error) { f := func(x string) string { return s.base + x }; for _, m := range more { out += f(m) }; http.Get(f(path) + all[\"a\"].base); return }\nfunc main() { s := &S{base: \"http://s-b\"}; g := s.Run; g(\"/x\"); x, _ := s.Run(\"/y\", \"/z\"); println(x) }\n";
        in_parallel(|| {
            let mut facts = serde_json::to_value(Language::Go.frontend().unwrap().facts(text)).unwrap();
            for (at, number) in &places {
                alter(&mut facts, &mut at.clone(), *number);
            }
            let Ok(facts) = serde_json::from_value::<hedgerow_code::ir::Facts>(facts) else { return };
            if !facts.is_sound() {
                return;
            }
            let code = [CodeFile { path: "service.a/main.go".to_owned(), language: Language::Go, facts: Arc::new(facts) }];
            let services = ["service.a", "service.b"].map(|name| Service { name: name.into(), slug: name.replace("ervice.", "-"), directory: name.into() });
            let config = ScanConfig::default();
            scan(&Tree { services: &services, namespaces: BTreeSet::new(), config: &config, code: &code, texts: &[], lost: &[] }).unwrap();
        });
    }
}

#[test]
fn values_that_feed_themselves_end() {
    let text = "package main\nimport \"net/http\"\nvar a = b + \"x\"\nvar b = a + \"y\"\nfunc f(x string) string { return g(x + \"/\") }\nfunc g(x string) string { if x == \"\" { return f(x) }; return f(x + x) }\n\
                type n struct { next *n; v string }\nfunc (t *n) get() string { t.v = t.next.get() + t.v; return t.next.next.get() }\n\
                func main() { http.Get(a); http.Get(f(b)); t := &n{}; t.next = t; http.Get(t.get()); for i := range t.v { x := x + string(i); http.Get(x) } }\n";
    in_parallel(|| {
        let facts = Arc::new(Language::Go.frontend().unwrap().facts(text));
        let code = [CodeFile { path: "service.a/main.go".into(), language: Language::Go, facts }];
        let services = [Service { name: "service.a".into(), slug: "s-a".into(), directory: "service.a".into() }];
        let config = ScanConfig::default();
        scan(&Tree {
            services: &services,
            namespaces: BTreeSet::new(),
            config: &config,
            code: &code,
            texts: &[],
            lost: &[],
        })
        .unwrap();
    });
}

#[test]
fn values_that_take_each_other_over_in_rings_end() {
    let mut text = String::from("export const s0 = { ...s2, url: 'http://s-b/x' };\n");
    for at in 1..40 {
        let (next, other) = ((at + 1) % 40, (at + 7) % 40);
        text += &format!("export const s{at} = {{ ...s{next}, ...s{other}, ...s{}, a{at}: 1 }};\n", at - 1);
    }
    text += "fetch(s20.url);\nfetch(s31.none);\n";
    let found = scan_one("main.ts", Language::TypeScript, &text);
    assert_eq!(found.edges.len(), 1, "{:?}", found.edges);
}

/// A tree of one service with one file of Go, and the service `service.b`.
fn scan_go(text: &str) -> hedgerow_scan::Outcome {
    in_parallel(|| {
        let facts = Arc::new(Language::Go.frontend().unwrap().facts(text));
        let code = [CodeFile { path: "service.a/main.go".into(), language: Language::Go, facts }];
        let services = ["service.a", "service.b"].map(|name| Service {
            name: name.into(),
            slug: name.replace("ervice.", "-"),
            directory: name.into(),
        });
        let config = ScanConfig::default();
        scan(&Tree {
            services: &services,
            namespaces: BTreeSet::new(),
            config: &config,
            code: &code,
            texts: &[],
            lost: &[],
        })
        .unwrap()
    })
}

/// A call to which so many ways lead that each level of callers has `width` of them, with a target of `pieces` pieces.
fn wide(width: usize, pieces: usize) -> String {
    use std::fmt::Write;
    let mut text = "package main\nimport \"net/http\"\n".to_owned();
    for at in 0..pieces {
        writeln!(text, "func p{at}(x string) string {{ return x }}").unwrap();
    }
    let all: Vec<String> = (0..pieces).map(|at| format!("p{at}(x)")).collect();
    writeln!(text, "func l0(x string) {{ http.Get(\"http://\" + {}) }}", all.join(" + ")).unwrap();
    for level in 1..5 {
        writeln!(text, "func l{level}(x string) {{").unwrap();
        (0..width).for_each(|_| writeln!(text, "l{}(x)", level - 1).unwrap());
        writeln!(text, "}}").unwrap();
    }
    text + "func main() { l4(\"s-b\"); http.Get(\"http://s-b/known\") }\n"
}

#[test]
fn what_has_too_many_ways_is_said_with_its_place_and_the_rest_is_done() {
    let outcome = scan_go(&wide(7, 60));
    let limits: Vec<_> = outcome.findings.iter().filter(|finding| finding.code.as_str() == "scan-limit").collect();
    assert_eq!(limits.len(), 1, "{:?}", outcome.findings);
    assert_eq!(limits[0].marks[0].0.path, "service.a/main.go");
    assert!(outcome.edges.contains_key(&("service.a".to_owned(), "service.b".to_owned())));
    let few = scan_go(&wide(2, 3));
    assert!(few.findings.iter().all(|finding| finding.code.as_str() != "scan-limit"), "{:?}", few.findings);
}

/// Runs a test where the stack is that of a small thread.
fn with_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(256 << 10).spawn(work).unwrap().join().unwrap()
}

/// `head`, so often `open`, `middle`, so often `close`, `tail`.
fn nested(head: &str, open: &str, middle: &str, close: &str, tail: &str, depth: usize) -> String {
    format!("{head}{}{middle}{}{tail}", open.repeat(depth), close.repeat(depth))
}

/// So deep is what the tests below nest.
const DEPTH: usize = 100_000;

#[test]
fn a_function_that_passes_all_it_is_passed_to_itself_ends() {
    for (language, text) in [
        (Language::JavaScript, "function f(...args) { fetch(...args); f(...args) }\nf(x)\n"),
        (Language::Python, "import requests\ndef f(*args):\n    requests.get(*args)\n    f(*args)\nf(x)\n"),
        (
            Language::Go,
            "package main\nimport \"net/http\"\nfunc g(x string) { http.Get(x) }\nfunc f(a ...string) { g(a[0]); h(a...) }\nfunc h(a ...string) { f(a...) }\nfunc main() { f() }\n",
        ),
    ] {
        let outcome = with_a_small_stack(move || scan_one("main", language, text));
        assert!(
            outcome.findings.iter().any(|finding| finding.code.as_str() == "unresolved-call"),
            "{text}: {outcome:?}"
        );
    }
}

#[test]
fn interfaces_that_take_each_other_in_end() {
    for (language, text) in [
        (
            Language::TypeScript,
            "interface A extends B { a(): string }\ninterface B extends A { b(): string }\nfunction f(x: A) { fetch(x.c().d().e) }\nf(y)\n",
        ),
        (
            Language::Java,
            "interface A extends B { String a(); }\ninterface B extends A { String b(); }\nclass M { public static void main(String[] x) { new RestTemplate().getForObject(((A) x).c().d(), String.class); } }\n",
        ),
        (
            Language::Go,
            "package main\nimport \"net/http\"\ntype A interface { B; a() string }\ntype B interface { A; b() string }\nfunc f(x A) { http.Get(x.c().d()) }\nfunc main() { f(nil) }\n",
        ),
    ] {
        with_a_small_stack(move || scan_one("main", language, text));
    }
}

#[test]
fn code_that_is_too_large_is_code_that_was_not_read() {
    use hedgerow_scan::{Lost, Reason};
    let services = [Service { name: "service.a".into(), slug: "s-a".into(), directory: "service.a".into() }];
    let config = ScanConfig::default();
    for (path, reason, has_code) in [
        ("service.a/Main.scala", Reason::Language, true),
        ("service.a/src/test/Main.scala", Reason::Unreadable, false),
        ("service.a/data.csv", Reason::Unsearched, false),
        ("service.a/main.go", Reason::Unreadable, false),
    ] {
        let lost = [Lost { path: path.into(), reason: "too large".into() }];
        let tree = Tree {
            services: &services,
            namespaces: BTreeSet::new(),
            config: &config,
            code: &[],
            texts: &[],
            lost: &lost,
        };
        let outcome = scan(&tree).unwrap();
        let account = &outcome.accounts["service.a"];
        assert_eq!((account.left[0].reason, account.has_code()), (reason, has_code), "{path}");
    }
}

/// A tree of one service with one file of code.
fn scan_one(name: &str, language: Language, text: &str) -> hedgerow_scan::Outcome {
    let facts = Arc::new(language.frontend().unwrap().facts(text));
    let code = [CodeFile { path: format!("service.a/{name}"), language, facts }];
    let service =
        |name: &str| Service { name: name.into(), slug: name.replace("service.", "s-"), directory: name.into() };
    let services = ["service.a", "service.b"].map(service);
    let config = ScanConfig::default();
    scan(&Tree {
        services: &services,
        namespaces: BTreeSet::new(),
        config: &config,
        code: &code,
        texts: &[],
        lost: &[],
    })
    .unwrap()
}

#[test]
fn deep_texts_that_are_no_code_end_in_a_thread_with_a_small_stack() {
    let rows = [
        ("service.a/config.json", nested("", "[", "1", "]", "", DEPTH)),
        ("service.a/config.json", nested("", "{\"a\":", "1", "}", "", DEPTH)),
        ("service.a/config.yaml", nested("a: ", "[", "1", "]", "", DEPTH)),
        ("service.a/config.yaml", nested("", "- ", "1", "", "\n", DEPTH)),
        ("service.a/config.yaml", nested("a: ", "${b:", "1", "}", "\n", DEPTH)),
        ("deploy/templates/a.yaml", nested("a: {{ ", "(", "1", ")", " }}\n", DEPTH)),
        ("deploy/templates/a.yaml", nested("", "{{ if .Values.x }}\n", "a: b\n", "{{ end }}\n", "", DEPTH)),
        ("deploy/templates/a.yaml", nested("a: ", "{{ include \"x\" (dict \"a\" ", "1", ") }}", "\n", DEPTH)),
        ("service.a/Dockerfile", nested("FROM x\nENV A=", "${A:-", "1", "}", "\n", DEPTH)),
        ("service.a/Dockerfile", nested("FROM x\nCMD ", "[", "\"a\"", "]", "\n", DEPTH)),
        ("service.a/nginx.conf", nested("", "location / {\n", "", "}\n", "", DEPTH)),
        ("service.a/run.sh", nested("curl ", "$(", "x", ")", "\n", DEPTH)),
    ];
    for (path, text) in rows {
        let head: String = text.chars().take(40).collect();
        let outcome = with_a_small_stack(move || {
            let chart = PlainFile { path: "deploy/Chart.yaml".into(), text: Arc::from("name: x\nversion: 1.0.0\n") };
            let texts = [chart, PlainFile { path: path.into(), text: Arc::from(text.as_str()) }];
            let services = [Service { name: "service.a".into(), slug: "s-a".into(), directory: "service.a".into() }];
            let config = ScanConfig::default();
            scan(&Tree {
                services: &services,
                namespaces: BTreeSet::new(),
                config: &config,
                code: &[],
                texts: &texts,
                lost: &[],
            })
            .unwrap()
        });
        assert!(outcome.edges.is_empty(), "{path}: {head}");
    }
}
