//! Functions and objects that go out of the tree by a field, a list, a map or a text: whoever has them there calls them.

use crate::{outcome, summary};

const GO: &str = "main.go";
const PY: &str = "main.py";
const TS: &str = "main.ts";
const JAVA: &str = "Main.java";
const CS: &str = "Program.cs";
const RB: &str = "main.rb";
const PHP: &str = "index.php";

/// A program of one language with a function `call` that calls the service, and a class `H` whose method `handle` does so.
fn program(file: &str, run: &str) -> String {
    let url = "http://s-ledger/x";
    match file {
        GO => {
            let (run, beside) = run.split_once("\n").unwrap_or((run, ""));
            format!(
                "package main\nimport (\n\"net/http\"\n\"fmt\"\n\"example.com/lib\"\n)\nfunc call() {{ http.Get(\"{url}\") }}\ntype H struct{{}}\nfunc (*H) Handle() {{ call() }}\nfunc (*H) ServeHTTP(w http.ResponseWriter, r *http.Request) {{ call() }}\n{beside}\nfunc main() {{ {run} }}\n"
            )
        }
        PY => format!(
            "import requests, lib\ndef call():\n    requests.get(\"{url}\")\nclass H:\n    def handle(self):\n        call()\n{run}\n"
        ),
        TS => format!(
            "import * as lib from \"lib\";\nfunction call() {{ return fetch(\"{url}\"); }}\nclass H {{ handle() {{ call(); }} }}\n{run}\n"
        ),
        JAVA => format!(
            "import java.util.*; import org.springframework.web.client.RestTemplate; import com.lib.Lib;\npublic class Main {{\n static RestTemplate rest = new RestTemplate();\n static void call() {{ rest.getForObject(\"{url}\", String.class); }}\n public static void main(String[] args) {{ {run} }}\n}}\nclass H {{ public void handle() {{ Main.call(); }} }}\n"
        ),
        CS => format!(
            "using System.Net.Http; using Lib;\npublic class Program {{\n static HttpClient http = new HttpClient();\n public static void Call() {{ http.GetAsync(\"{url}\"); }}\n static void OnMessage(object s, object e) {{ Call(); }}\n static void Main() {{ {run} }}\n}}\nclass H {{ public void Handle() {{ Program.Call(); }} }}\n"
        ),
        RB => format!(
            "require 'net/http'\nrequire 'lib'\ndef call\n  Net::HTTP.get(URI('{url}'))\nend\nclass H\n  def handle\n    Net::HTTP.get(URI('{url}'))\n  end\nend\n{run}\n"
        ),
        _ => format!(
            "<?php\nfunction call() {{ return file_get_contents('{url}'); }}\nclass H {{ public function handle() {{ call(); }} public static function own() {{ call(); }} }}\n{run}\n"
        ),
    }
}

#[track_caller]
fn check(expected: &[&str], rows: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (file, run) in rows {
        let found =
            summary(&outcome(&format!("-- service.shop/{file}\n{}-- service.ledger/x.txt\n", program(file, run))));
        if found != expected {
            wrong.push(format!("{file}: {run}: found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

const FOUND: &[&str] = &["shop -> ledger proven"];

#[test]
fn a_field_of_something_from_outside_is_called_from_there() {
    check(
        FOUND,
        &[
            (GO, "s := lib.New(); s.OnEvent = call"),
            (GO, "s := &http.Server{}; s.Handler = &H{}; s.ListenAndServe()"),
            (GO, "var s http.Server; s.Handler = &H{}; s.ListenAndServe()"),
            (GO, "s := lib.New(); s.Hooks[\"a\"] = &H{}"),
            (GO, "s := lib.New(); s.Hooks = append(s.Hooks, &H{})"),
            (GO, "lib.Default = &H{}"),
            (GO, "lib.Registry[\"a\"] = &H{}"),
            (PY, "c = lib.Consumer()\nc.on_message = call"),
            (PY, "c = lib.Consumer()\nc.handler = H()"),
            (PY, "c = lib.Consumer()\nc.handlers[\"x\"] = H()"),
            (TS, "const c = new lib.C(); c.handler = new H();"),
            (TS, "const c = new lib.C(); c.onmessage = async () => { call(); };"),
            (JAVA, "Lib c = new Lib(); c.handler = new H();"),
            (CS, "var c = new Consumer(); c.Received += OnMessage;"),
            (CS, "var c = new Consumer { Handler = new H() };"),
            (CS, "var c = new Consumer(); c.Handler = new H();"),
            (RB, "c = Lib::C.new\nc.handler = H.new"),
            (PHP, "$c = new Lib\\C(); $c->handler = new H();"),
        ],
    );
}

#[test]
fn what_lies_in_a_list_or_a_map_that_goes_out_is_called_from_there() {
    check(
        FOUND,
        &[
            (GO, "lib.Run([]lib.Handler{&H{}})"),
            (GO, "lib.Run(map[string]lib.Handler{\"a\": &H{}})"),
            (GO, "lib.Run(map[string]any{\"a\": &H{}})"),
            (GO, "m := map[string]any{}; m[\"a\"] = &H{}; lib.Run(m)"),
            (GO, "var l []lib.Handler; l = append(l, &H{}); lib.Run(l...)"),
            (GO, "var l []any; l = append(l, &H{}); lib.Run(l...)"),
            (GO, "lib.Run(lib.Options{Hs: []lib.Handler{&H{}}})"),
            (GO, "for _, x := range []interface{}{&H{}} { lib.Run(x) }"),
            (GO, "lib.Run(own)\nvar own lib.Handler = &H{}"),
            (GO, "lib.Run(own)\nvar own = map[string]any{\"a\": &H{}}"),
            (GO, "run(&H{})\nfunc run(h any) { lib.Run(h) }"),
            (GO, "run(1, &H{})\nfunc run(a int, h ...any) { lib.Run(h) }"),
            (GO, "lib.Run(made())\nfunc made() any { return &H{} }"),
            (GO, "a := &A{}; a.h = &H{}; lib.Run(a.h)\ntype A struct { h any }"),
            (GO, "a := &A{}; lib.Run(a.h); set(a)\ntype A struct { h any }\nfunc set(a *A) { a.h = &H{} }"),
            (PY, "lib.run({\"h\": H()})"),
            (PY, "lib.run([H()])"),
            (PY, "lib.run({\"h\": H})"),
            (PY, "HANDLERS = [H()]\nlib.run(HANDLERS)"),
            (PY, "for x in [H()]:\n    lib.run(x)"),
            (PY, "def run(x):\n    lib.run(x)\nrun([H()])"),
            (PY, "def run(y, x=None):\n    lib.run(x)\nrun(1, x=H())"),
            (TS, "lib.run({ handler: new H() });"),
            (TS, "lib.run([new H()]);"),
            (TS, "lib.run({ use: H });"),
            (TS, "const all = [H];\nlib.run(all);"),
            (TS, "function run(x) { lib.run(x); }\nrun({ a: [new H()] });"),
            (CS, "Lib.Run(new[] { new H() });"),
            (CS, "Lib.Run(new Dictionary<string, object> { [\"a\"] = new H() });"),
            (RB, "Lib.run(handlers: [H.new])"),
            (RB, "Lib.run(handlers: [H])"),
            (PHP, "Lib::run(['h' => new H()]);"),
        ],
    );
}

#[test]
fn a_function_that_is_named_by_a_text_or_a_symbol_is_called() {
    check(
        FOUND,
        &[
            (RB, "Lib.run(method(:call))"),
            (RB, "Lib.run(H.new.method(:handle))"),
            (RB, "[1].each(&method(:call))"),
            (PHP, "array_map('call', [1]);"),
            (PHP, "call_user_func('call');"),
            (PHP, "Lib::run([new H(), 'handle']);"),
            (PHP, "Lib::run(['H', 'own']);"),
            (PHP, "Lib::run('H::own');"),
            (PHP, "$f = 'call'; Lib::run($f);"),
        ],
    );
}

#[test]
fn what_stays_in_the_tree_is_called_by_nobody() {
    check(
        &[],
        &[
            (GO, "l := []*H{{}}; fmt.Println(len(l))"),
            (GO, "a := &A{}; a.h = &H{}; fmt.Println(a)\ntype A struct { h any }"),
            (PY, "l = [H()]\nprint(l)"),
            (PY, "class A:\n    pass\na = A()\na.h = H()"),
            (PY, "def run(x):\n    return len(x)\nrun([H()])"),
            (TS, "const l = [new H()];\nconsole.log(l.length);"),
            (JAVA, "H h = new H(); System.out.println(h);"),
            (PHP, "$a = ['handle' => 1]; $b = 'call';"),
        ],
    );
}
