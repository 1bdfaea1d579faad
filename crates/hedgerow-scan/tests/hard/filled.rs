//! Lists and maps that are handed on: to functions that put something there, under other names, in fields, and out of the tree, where anything
//! may be put there.

use crate::{outcome, summary};

const GO: &str = "main.go";
const PY: &str = "main.py";
const TS: &str = "main.ts";
const JAVA: &str = "Main.java";
const CS: &str = "Program.cs";

/// What a row hides: a call of the service, one that has to be asked about, or nothing.
#[derive(Clone, Copy)]
enum Hides {
    Call,
    Question,
    Nothing,
}

/// A program of one language: what runs, and what stands beside it.
fn program(file: &str, run: &str, beside: &str) -> String {
    match file {
        GO => format!(
            "package main\nimport (\n\"net/http\"\n\"os\"\n\"encoding/json\"\n\"maps\"\n\"fmt\"\n\"log\"\n\"sort\"\n\"strings\"\n\"github.com/mitchellh/mapstructure\"\n\"example.com/lib\"\n)\nfunc main() {{ {run} }}\n{beside}\n"
        ),
        PY => format!("import requests, sys, lib, json, logging\n{beside}\n{run}\n"),
        TS => format!("import * as lib from \"lib\";\nimport _ from \"lodash\";\n{beside}\n{run}\n"),
        JAVA => format!(
            "import java.util.*; import org.springframework.web.client.RestTemplate; import com.lib.Lib; import com.fasterxml.jackson.databind.ObjectMapper;\nclass Main {{\n static RestTemplate rest = new RestTemplate();\n static org.slf4j.Logger log = org.slf4j.LoggerFactory.getLogger(\"x\");\n public static void main(String[] args) throws Exception {{ {run} }}\n {beside}\n}}\n"
        ),
        _ => format!(
            "using System.Net.Http; using System.Collections.Generic;\nclass Program {{ static async Task Main() {{ var http = new HttpClient(); {run} }}\n {beside} }}\n"
        ),
    }
}

/// What stands for `$M`, a container with an address of somebody outside of the fleet, and for `$EACH`, which calls whatever lies in it.
fn parts(file: &str) -> (&'static str, &'static str) {
    match file {
        GO => ("m := map[string]string{\"a\": \"http://example.com\"}", "for _, u := range m { http.Get(u) }"),
        PY => ("m = {\"a\": \"http://example.com\"}", "for u in m.values(): requests.get(u)"),
        TS => (
            "const m: Record<string, string> = { a: \"http://example.com\" };",
            "for (const u of Object.values(m)) fetch(u);",
        ),
        JAVA => (
            "Map<String, String> m = new HashMap<>(); m.put(\"a\", \"http://example.com\");",
            "for (String u : m.values()) rest.getForObject(u, String.class);",
        ),
        _ => (
            "var m = new Dictionary<string, string> { [\"a\"] = \"http://example.com\" };",
            "foreach (var u in m.Values) await http.GetAsync(u);",
        ),
    }
}

/// Checks programs, each by its file, what runs, and what stands beside it. `$U` is the service's address.
#[track_caller]
fn check(hides: Hides, rows: &[(&str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (file, run, beside) in rows {
        let (made, each) = parts(file);
        let fill = |text: &str| text.replace("$M", made).replace("$EACH", each).replace("$U", "\"http://s-ledger\"");
        let tree =
            format!("-- service.shop/{file}\n{}-- service.ledger/x.txt\n", program(file, &fill(run), &fill(beside)));
        let expected = match hides {
            Hides::Call => vec!["shop -> ledger proven".to_owned()],
            Hides::Question => vec![format!("unresolved-call service.shop/{file}")],
            Hides::Nothing => Vec::new(),
        };
        let found = summary(&outcome(&tree));
        if found != expected {
            wrong.push(format!("{file}: {run} {beside}: found {found:?}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_a_library_may_have_filled_is_asked_about() {
    check(
        Hides::Question,
        &[
            (GO, "$M; json.Unmarshal([]byte(os.Args[1]), &m); $EACH", ""),
            (GO, "$M; json.Unmarshal([]byte(os.Args[1]), &m); http.Get(m[\"a\"])", ""),
            (GO, "$M; mapstructure.Decode(os.Args, &m); $EACH", ""),
            (GO, "$M; maps.Copy(m, lib.More()); $EACH", ""),
            (GO, "$M; lib.Fill(m); $EACH", ""),
            (GO, "$M; err := lib.DecodeInto(os.Args, m); log.Print(err); $EACH", ""),
            (
                GO,
                "json.Unmarshal([]byte(os.Args[1]), &m); $EACH",
                "var m = map[string]string{\"a\": \"http://example.com\"}",
            ),
            (
                GO,
                "c := &C{m: map[string]string{\"a\": \"http://example.com\"}}; json.Unmarshal([]byte(os.Args[1]), &c.m); for _, u := range c.m { http.Get(u) }",
                "type C struct { m map[string]string }",
            ),
            (GO, "m := []string{\"http://example.com\"}; json.Unmarshal([]byte(os.Args[1]), &m); $EACH", ""),
            (
                GO,
                "c := C{URL: \"http://example.com\"}; json.Unmarshal([]byte(os.Args[1]), &c); http.Get(c.URL)",
                "type C struct { URL string }",
            ),
            (
                GO,
                "c := &C{URL: \"http://example.com\"}; json.Unmarshal([]byte(os.Args[1]), c); http.Get(c.URL)",
                "type C struct { URL string }",
            ),
            (PY, "$M\nlib.fill(m)\n$EACH", ""),
            (PY, "$M\nlib.fill(m)\nrequests.get(m[\"a\"])", ""),
            (PY, "$M\nlib.deep_update(m, sys.argv)\n$EACH", ""),
            (PY, "$M\nm.update(requests.get(\"http://example.com/\").json())\n$EACH", ""),
            (PY, "f()", "def f():\n    $M\n    lib.fill(m)\n    $EACH"),
            (
                PY,
                "A().go()",
                "class A:\n    def __init__(self):\n        self.m = {\"a\": \"http://example.com\"}\n        lib.fill(self.m)\n    def go(self):\n        requests.get(self.m[\"a\"])",
            ),
            (TS, "_.merge(m, lib.more());\n$EACH", "$M"),
            (TS, "Object.assign(m, lib.more());\nfetch(m.a);", "$M"),
            (TS, "lib.fill(m);\nfetch(m.a);", "$M"),
            (TS, "lib.fill(m);\nfetch(m.get(\"a\"));", "const m = new Map([[\"a\", \"http://example.com\"]]);"),
            (TS, "const n = { ...m, ...lib.more() };\nfetch(n.a);", "$M"),
            (JAVA, "$M Lib.fill(m); $EACH", ""),
            (JAVA, "$M new ObjectMapper().updateValue(m, args); $EACH", ""),
            (
                JAVA,
                "List<String> m = new ArrayList<>(); m.add(\"http://example.com\"); Collections.addAll(m, args); for (String u : m) rest.getForObject(u, String.class);",
                "",
            ),
            (CS, "$M Newtonsoft.Json.JsonConvert.PopulateObject(\"{}\", m); $EACH", ""),
            (CS, "$M Lib.Tool.Fill(m); await http.GetAsync(m[\"a\"]);", ""),
            (CS, "$M Lib.Tool.Fill(ref m); $EACH", ""),
            // By a function of the tree.
            (GO, "$M; fill(m); $EACH", "func fill(n map[string]string) { lib.Fill(n) }"),
            (PY, "f()", "def fill(n):\n    lib.fill(n)\ndef f():\n    $M\n    fill(m)\n    $EACH"),
            (TS, "fill(m);\n$EACH", "$M\nfunction fill(n) { lib.fill(n); }"),
            (JAVA, "$M fill(m); $EACH", "static void fill(Map<String, String> n) { Lib.fill(n); }"),
            (CS, "$M Fill(m); $EACH", "static void Fill(Dictionary<string, string> n) { Lib.Tool.Fill(n); }"),
            // Under another name.
            (GO, "$M; n := m; n[\"k\"] = lib.Url(); $EACH", ""),
        ],
    );
}

#[test]
fn what_a_library_only_reads_is_not_asked_about() {
    check(
        Hides::Nothing,
        &[
            (
                GO,
                "$M; fmt.Println(m); log.Printf(\"%v\", m); b, _ := json.Marshal(m); os.Stdout.Write(b); fmt.Println(len(m)); $EACH",
                "",
            ),
            (
                GO,
                "m := []string{\"http://example.com\"}; sort.Strings(m); fmt.Println(strings.Join(m, \",\")); $EACH",
                "",
            ),
            (GO, "$M; var n map[string]string; mapstructure.Decode(m, &n); $EACH", ""),
            (
                GO,
                "c := C{URL: \"http://example.com\"}; fmt.Println(&c); lib.Log(c); http.Get(c.URL)",
                "type C struct { URL string }",
            ),
            (PY, "$M\nprint(m)\nlogging.info(\"x\", m)\njson.dumps(m)\nlen(m)\nsorted(m)\n$EACH", ""),
            (PY, "$M\nx = lib.process(m)\nlib.publish(\"topic\", m)\n$EACH", ""),
            (PY, "$M\nn = {}\nn.update(m)\nlib.client().patch(\"/x\", m)\nlib.client().configure(m)\n$EACH", ""),
            (
                TS,
                "console.log(m); JSON.stringify(m); Object.keys(m).length; Object.freeze(m); lib.send(m);\n$EACH",
                "$M",
            ),
            (TS, "const n = _.merge({}, m); const o = { ...m };\n$EACH", "$M"),
            (
                JAVA,
                "$M Map<String, String> n = new HashMap<>(); n.putAll(m); System.out.println(m); log.info(\"x {}\", m); new ObjectMapper().writeValueAsString(m); Objects.requireNonNull(m); $EACH",
                "",
            ),
            (
                CS,
                "$M Console.WriteLine(m); System.Text.Json.JsonSerializer.Serialize(m); string.Join(\",\", m); $EACH",
                "",
            ),
        ],
    );
}

#[test]
fn what_is_put_there_under_another_name_is_found() {
    check(
        Hides::Call,
        &[
            (GO, "$M; n := m; n[\"k\"] = $U; http.Get(m[\"k\"])", ""),
            (GO, "$M; n := m; n[\"k\"] = $U; $EACH", ""),
            (PY, "$M\nn = m\nn[\"k\"] = $U\n$EACH", ""),
            (PY, "f()", "def f():\n    $M\n    n = m\n    n.update(k=$U)\n    $EACH"),
            (
                PY,
                "f()",
                "def f():\n    m = [\"http://example.com\"]\n    n = m\n    n.append($U)\n    for u in m: requests.get(u)",
            ),
            (TS, "const n = m;\nn[\"k\"] = $U;\n$EACH", "$M"),
            (
                TS,
                "f();",
                "function f() { const m = [\"http://example.com\"]; const n = m; n.push($U); for (const u of m) fetch(u); }",
            ),
            (TS, "Object.assign(m, { k: $U });\nfetch(m.k);", "$M"),
            (JAVA, "$M Map<String, String> n = m; n.put(\"k\", $U); $EACH", ""),
            (CS, "$M var n = m; n[\"k\"] = $U; $EACH", ""),
            (CS, "$M var n = m; n.Add(\"k\", $U); $EACH", ""),
            // By a function that is passed it.
            (GO, "$M; fill(m); http.Get(m[\"k\"])", "func fill(n map[string]string) { n[\"k\"] = $U }"),
            (PY, "f()", "def fill(n):\n    n[\"k\"] = $U\ndef f():\n    $M\n    fill(m)\n    $EACH"),
            (
                PY,
                "f()",
                "def fill(n, k):\n    n.append(k)\ndef f():\n    m = [\"http://example.com\"]\n    fill(k=$U, n=m)\n    for u in m: requests.get(u)",
            ),
            (TS, "fill(m);\n$EACH", "$M\nfunction fill(n) { n[\"k\"] = $U; }"),
            (JAVA, "$M fill(m); $EACH", "static void fill(Map<String, String> n) { n.put(\"k\", $U); }"),
            (CS, "$M Fill(m); $EACH", "static void Fill(Dictionary<string, string> n) { n.Add(\"k\", $U); }"),
            // In a field.
            (GO, "$M; c := &C{m: m}; c.m[\"k\"] = $U; $EACH", "type C struct { m map[string]string }"),
            (
                GO,
                "$M; c := &C{m: m}; c.add(\"k\", $U); $EACH",
                "type C struct { m map[string]string }\nfunc (c *C) add(k, v string) { c.m[k] = v }",
            ),
            (
                PY,
                "f()",
                "class A:\n    def __init__(self, m):\n        self.m = m\n    def add(self):\n        self.m[\"k\"] = $U\ndef f():\n    $M\n    A(m).add()\n    $EACH",
            ),
            (
                TS,
                "new A(m).add();\n$EACH",
                "$M\nclass A { constructor(private m: Record<string, string>) {} add() { this.m[\"k\"] = $U; } }",
            ),
            (
                JAVA,
                "$M new A(m).add(); $EACH",
                "static class A { Map<String, String> m; A(Map<String, String> m) { this.m = m; } void add() { m.put(\"k\", $U); } }",
            ),
            (
                CS,
                "$M new A(m).Run(); $EACH",
                "class A { Dictionary<string, string> m; public A(Dictionary<string, string> m) { this.m = m; } public void Run() { m.Add(\"k\", $U); } }",
            ),
            // By the caller of the function that gives it.
            (
                GO,
                "base()[\"k\"] = $U; for _, u := range base() { http.Get(u) }",
                "var g = map[string]string{\"a\": \"http://example.com\"}\nfunc base() map[string]string { return g }",
            ),
            (
                PY,
                "f()",
                "G = {\"a\": \"http://example.com\"}\ndef base():\n    return G\ndef f():\n    base().update(k=$U)\n    for u in G.values(): requests.get(u)",
            ),
            (TS, "base()[\"k\"] = $U;\n$EACH", "$M\nfunction base() { return m; }"),
            (
                JAVA,
                "base().put(\"k\", $U); for (String u : g.values()) rest.getForObject(u, String.class);",
                "static Map<String, String> g = new HashMap<>(Map.of(\"a\", \"http://example.com\"));\n static Map<String, String> base() { return g; }",
            ),
        ],
    );
}

#[test]
fn what_is_put_into_another_container_is_not_called() {
    check(
        Hides::Nothing,
        &[
            // By the same function, and under another key.
            (
                GO,
                "$M; o := map[string]string{}; set(m, \"b\", \"http://example.org\"); set(o, \"k\", $U); fmt.Println(o); $EACH",
                "func set(n map[string]string, k, v string) { n[k] = v }",
            ),
            (
                PY,
                "f()",
                "def put(n, v):\n    n.append(v)\ndef f():\n    m, o = [], []\n    put(m, \"http://example.com\")\n    put(o, $U)\n    print(o)\n    for u in m: requests.get(u)",
            ),
            (
                TS,
                "put(m, \"b\", \"http://example.org\"); put(o, \"k\", $U);\n$EACH",
                "$M\nconst o = {};\nfunction put(n, k, v) { n[k] = v; }",
            ),
            (GO, "$M; n := m; n[\"k\"] = $U; http.Get(m[\"a\"])", ""),
            (PY, "f()", "def f():\n    $M\n    n = m\n    n[\"k\"] = $U\n    requests.get(m[\"a\"])"),
            // A copy.
            (PY, "f()", "def f():\n    $M\n    n = dict(m)\n    n[\"k\"] = $U\n    $EACH"),
            (TS, "const n = { ...m };\nn[\"k\"] = $U;\n$EACH", "$M"),
            (JAVA, "$M Map<String, String> n = new HashMap<>(m); n.put(\"k\", $U); $EACH", ""),
        ],
    );
}
