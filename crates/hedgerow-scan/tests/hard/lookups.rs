//! Look-ups of a map whose value goes a way on which it is not seen: they may be calls of any client.

use crate::kinds::all_call;
use crate::shadowed::check;

const PYTHON: &str = "import asyncio, contextlib, functools, sys\nimport requests\nimport lib\nclass Client:\n    def get(self, path):\n        return requests.get('http://s-ledger/' + path)\nclass Null:\n    def get(self, path):\n        return None\n";
const SCRIPT: &str =
    "const lib = require('lib');\nclass Client { get(path) { return fetch('http://s-ledger/' + path); } }\n";

fn python(code: &str) -> String {
    format!("-- service.shop/main.py\n{PYTHON}{code}\n")
}

fn script(code: &str) -> String {
    format!("-- service.shop/main.js\n{SCRIPT}{code}\n")
}

fn all_may_be(trees: &[String]) {
    all_call("proven", &trees.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn what_a_function_yields_is_what_it_gives() {
    let trees = [
        python("def every():\n    yield Client()\nfor c in every():\n    c.get('orders')"),
        python("def every():\n    c = Client()\n    yield c\nfor c in every():\n    c.get('orders')"),
        python(
            "def make():\n    return Client()\ndef every():\n    yield make()\nfor c in every():\n    c.get('orders')",
        ),
        python(
            "@contextlib.contextmanager\ndef client():\n    yield Client()\nwith client() as c:\n    c.get('orders')",
        ),
        python("def every():\n    yield Client()\nnext(every()).get('orders')"),
        python("def every():\n    yield Client()\nnow = every()\nfor c in now:\n    c.get('orders')"),
        script("function* every() { yield new Client(); }\nfor (const c of every()) c.get('orders');"),
        script("function* every() { const c = new Client(); yield c; }\nconst [c] = every();\nc.get('orders');"),
    ];
    all_may_be(&trees);
}

#[test]
fn what_is_taken_out_of_several_values_is_the_one_that_is_asked_for() {
    let trees = [
        python(
            "def make():\n    if sys.argv:\n        return {}, Client()\n    return {}, Null()\n_, c = make()\nc.get('x')",
        ),
        python(
            "def make():\n    pair = {}, Client()\n    return pair\ndef go():\n    _, c = make()\n    c.get('x')\ngo()",
        ),
        python("a, c = {}, (Client() if sys.argv else Null())\nc.get('x')"),
        python("def make(x):\n    return Client() if x else {}\nc, d = make(1), {}\nc.get('x')"),
        python(
            "def make():\n    return (Null(), Client()) if sys.argv else (Null(), Null())\na, c = make()\nc.get('x')",
        ),
        python(
            "async def make(x):\n    return Client() if x else {}\nasync def main():\n    d, e = await asyncio.gather(make(1), make(2))\n    e.get('x')\nasyncio.run(main())",
        ),
        script(
            "async function make(x) { return x ? new Client() : {}; }\nasync function main() { const [a, c] = await Promise.all([make(1), make(0)]); c.get('orders'); }\nmain();",
        ),
        script("const [a, c] = [{}, process.argv ? new Client() : {}];\nc.get('orders');"),
    ];
    all_may_be(&trees);
    // The other one is no client.
    check(&[(
        "the first of two",
        &format!(
            "-- service.emoji/main.py\n{PYTHON}def make():\n    return {{}}, Client()\nc, _ = make()\nprint(c.get('x'))\n"
        ),
        &[],
    )]);
}

#[test]
fn who_stores_only_nothing_leaves_the_rest_to_others() {
    let class = "class S:\n    def __init__(self):\n        self.conf = None\n    def run(self):\n        return self.conf.get('x')\n";
    let trees = [
        python(&format!("{class}s = S()\nsetattr(s, 'conf', Client())\ns.run()")),
        python(&format!("{class}s = S()\ns.__dict__.update(conf=Client())\ns.run()")),
        python(&format!("{class}s = S()\nlib.fill(s, Client())\ns.run()")),
        python(
            "from dataclasses import dataclass\nfrom typing import Any\n@dataclass\nclass S:\n    conf: Any = None\n    def run(self):\n        return self.conf.get('x')\nS(Client()).run()",
        ),
        python(
            "client = None\ndef init():\n    globals()['client'] = Client()\ndef run():\n    return client.get('x')\ninit()\nrun()",
        ),
        script(
            "class S { constructor(o) { this.client = null; Object.assign(this, o); } run() { return this.client.get('orders'); } }\nnew S({client: new Client()}).run();",
        ),
        script(
            "const base = {client: null};\nfunction run(o) { const all = {...base, ...o}; return all.client.get('orders'); }\nrun({client: process.argv ? new Client() : null});",
        ),
        script(
            "let client = null;\nfunction run() { return client.get('orders'); }\nlib.register(new Client());\nrun();",
        ),
    ];
    all_may_be(&trees);
    check(&[(
        "a map",
        &format!(
            "-- service.emoji/main.py\n{PYTHON}class S:\n    def __init__(self):\n        self.conf = None\n        self.conf = {{}}\n    def run(self):\n        return self.conf.get('x')\nS().run()\nall = [Client()]\n"
        ),
        &[],
    )]);
}
