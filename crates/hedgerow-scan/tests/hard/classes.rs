//! Calls of Python that the class of a value decides: `super()`, `cls()` and `getattr`.

use crate::shadowed::check;
use crate::{outcome, short};

const LEDGER: &[&str] = &["emoji -> ledger proven"];
const CART: &[&str] = &["emoji -> cart proven"];
const BOTH: &[&str] = &["emoji -> cart proven", "emoji -> ledger proven"];

/// Trees of one file of a service.
#[track_caller]
fn of_file(rows: &[(&str, &str, &[&str])]) {
    let trees: Vec<(&str, String, &[&str])> = rows
        .iter()
        .map(|(what, text, expected)| {
            (*what, format!("-- service.emoji/main.py\nimport requests\n{text}\n"), *expected)
        })
        .collect();
    check(&trees.iter().map(|(what, tree, expected)| (*what, tree.as_str(), *expected)).collect::<Vec<_>>());
}

#[test]
fn who_calls_a_class_decides_which_one_it_is() {
    of_file(&[
        (
            "a parameter of that name, of another class",
            "class Reg:\n    def __init__(self, url='x'):\n        requests.get(url)\n    def make(self, cls):\n        return cls('http://s-ledger')\nclass Other:\n    def __init__(self, url):\n        print(url)\nReg('http://example.com').make(Other)",
            &[],
        ),
        (
            "a parameter of that name, of a class that calls",
            "class Reg:\n    def make(self, cls):\n        return cls('http://s-ledger')\nclass Other:\n    def __init__(self, url):\n        requests.get(url)\nReg().make(Other)",
            LEDGER,
        ),
        (
            "the same, by its name",
            "class Reg:\n    def make(self, cls):\n        return cls('http://s-ledger')\nclass Other:\n    def __init__(self, url):\n        requests.get(url)\nReg().make(cls=Other)",
            LEDGER,
        ),
        (
            "a parameter of a static method",
            "class Reg:\n    @staticmethod\n    def make(cls):\n        return cls('http://s-ledger')\nclass Other:\n    def __init__(self, url):\n        requests.get(url)\nReg.make(Other)",
            LEDGER,
        ),
        (
            "a parameter of a function, passed on",
            "def make(kind, url):\n    return kind(url)\ndef outer(kind):\n    make(kind, 'http://s-ledger')\nclass Other:\n    def __init__(self, url):\n        requests.get(url)\nouter(Other)",
            LEDGER,
        ),
        (
            "a class below",
            "class Base:\n    def __init__(self):\n        requests.get('http://s-cart')\n    @classmethod\n    def load(cls):\n        return cls()\nclass Sub(Base):\n    def __init__(self):\n        requests.get('http://s-ledger')\nSub.load()",
            LEDGER,
        ),
        (
            "the class itself",
            "class Base:\n    def __init__(self):\n        requests.get('http://s-ledger')\n    @classmethod\n    def load(cls):\n        return cls()\nclass Sub(Base):\n    def __init__(self):\n        requests.get('http://s-cart')\nBase.load()",
            LEDGER,
        ),
        (
            "both",
            "class Base:\n    def __init__(self):\n        requests.get('http://s-ledger')\n    @classmethod\n    def load(cls):\n        return cls()\nclass Sub(Base):\n    def __init__(self):\n        requests.get('http://s-cart')\nBase.load()\nSub.load()",
            BOTH,
        ),
        (
            "by another name",
            "class Base:\n    def __init__(self, host):\n        requests.get('http://' + host)\n    @classmethod\n    def load(klass):\n        return klass('s-ledger')\nBase.load()",
            LEDGER,
        ),
        (
            "in a function of the method",
            "class C:\n    def __init__(self, host):\n        self.host = host\n    @classmethod\n    def load(cls):\n        def inner():\n            return cls('s-ledger')\n        return inner()\n    def get(self):\n        requests.get(f'http://{self.host}')\nC.load().get()",
            LEDGER,
        ),
        (
            "of a value",
            "class C:\n    def __init__(self, host):\n        self.host = host\n    def clone(self):\n        return type(self)('s-ledger')\n    def get(self):\n        requests.get(f'http://{self.host}')\nC('example.com').clone().get()",
            LEDGER,
        ),
        (
            "of a value's class below",
            "class C:\n    def __init__(self, host):\n        pass\n    def clone(self):\n        return self.__class__('s-ledger')\nclass D(C):\n    def __init__(self, host):\n        requests.get(f'http://{host}')\nD('s-cart').clone()",
            BOTH,
        ),
    ]);
}

#[test]
fn super_asks_the_next_class_of_the_values_own() {
    let asked = "class A:\n    def go(self):\n        requests.get('http://s-ledger')\nclass M(A):\n    def go(self):\n        requests.get('http://s-cart')\nclass B(M):\n    def go(self):\n";
    let rows = [
        ("above a class that is named", "        super(M, self).go()", LEDGER),
        ("above its own", "        super(B, self).go()", CART),
        ("in a function", "        def inner():\n            super(M, self).go()\n        inner()", LEDGER),
        ("in a lambda", "        run = lambda: super(M, self).go()\n        run()", LEDGER),
        ("by its class", "        super(type(self), self).go()", CART),
    ];
    let trees: Vec<_> =
        rows.iter().map(|(what, call, expected)| (*what, format!("{asked}{call}\nB().go()"), *expected)).collect();
    of_file(&trees.iter().map(|(what, tree, expected)| (*what, tree.as_str(), *expected)).collect::<Vec<_>>());
    of_file(&[
        (
            "a mixin",
            "class Client:\n    def get(self, name):\n        return requests.get('http://s-' + name)\nclass Retry:\n    def get(self, name):\n        return super().get(name)\nclass C(Retry, Client):\n    pass\nC().get('ledger')",
            LEDGER,
        ),
        (
            "a mixin, and not what stands before it",
            "class Client:\n    def get(self, name):\n        return requests.get('http://s-' + name)\nclass Retry:\n    def get(self, name):\n        return super().get(name)\nclass C(Client, Retry):\n    pass\nclass D:\n    def get(self, name):\n        requests.get('http://s-cart')\nC().get('ledger')",
            LEDGER,
        ),
        (
            "a mixin's constructor",
            "class Client:\n    def __init__(self, host):\n        requests.get('http://' + host)\nclass Log:\n    def __init__(self, **kw):\n        super().__init__(**kw)\nclass C(Log, Client):\n    pass\nC(host='s-ledger')",
            LEDGER,
        ),
        (
            "a mixin of a library's client",
            "class Retry:\n    def get(self, url):\n        return super().get(url)\nclass C(Retry, requests.Session):\n    pass\nC().get('http://s-ledger')",
            LEDGER,
        ),
        (
            "two mixins",
            "class Client:\n    def get(self, name):\n        return requests.get('http://s-' + name)\nclass Retry:\n    def get(self, name):\n        return super().get(name)\nclass Log:\n    def get(self, name):\n        return super().get(name)\nclass C(Retry, Log, Client):\n    pass\nC().get('ledger')",
            LEDGER,
        ),
        (
            "a mixin that nobody mixes in",
            "class Client:\n    def get(self, name):\n        return requests.get('http://s-' + name)\nclass Retry:\n    def get(self, name):\n        return super().get(name)\nRetry().get('ledger')",
            &[],
        ),
        (
            "a diamond: the class beside comes before the one above",
            "class A:\n    def go(self):\n        requests.get('http://s-cart')\nclass B(A):\n    def go(self):\n        super().go()\nclass C(A):\n    def go(self):\n        requests.get('http://s-ledger')\nclass D(B, C):\n    pass\nD().go()",
            LEDGER,
        ),
        (
            "a diamond without its end",
            "class A:\n    def go(self):\n        requests.get('http://s-ledger')\nclass B(A):\n    def go(self):\n        super().go()\nclass C(A):\n    def go(self):\n        requests.get('http://s-cart')\nclass D(B, C):\n    pass\nB().go()",
            LEDGER,
        ),
        (
            "a diamond, and the method of the class beside",
            "class A:\n    def go(self):\n        requests.get('http://s-cart')\nclass B(A):\n    pass\nclass C(A):\n    def go(self):\n        requests.get('http://s-ledger')\nclass D(B, C):\n    pass\nD().go()",
            LEDGER,
        ),
        (
            "made by who is handed it",
            "from vendor import serve\nclass Client:\n    def get(self, name):\n        return requests.get('http://s-' + name)\nclass Retry:\n    def get(self, name):\n        return super().get(name)\nclass C(Retry, Client):\n    def go(self):\n        self.get('ledger')\nserve(C)",
            LEDGER,
        ),
    ]);
}

#[test]
fn a_method_whose_name_is_a_value_is_one_of_the_class() {
    of_file(&[
        (
            "not one that does not fit",
            "class Server:\n    def get(self, url):\n        requests.get(url)\n    def on_allow(self, url):\n        print(url)\nhttp_server = Server()\ndef run(name):\n    getattr(http_server, 'on_' + name)('http://s-ledger')\nrun('allow')",
            &[],
        ),
        (
            "one that fits",
            "class Server:\n    def on_allow(self, url):\n        requests.get(url)\nserver = Server()\ndef run(name):\n    getattr(server, f'on_{name}')('http://s-ledger')\nrun('allow')",
            LEDGER,
        ),
        (
            "any, where nothing is known of it",
            "class C:\n    def get(self):\n        requests.get('http://s-ledger')\n    def put(self):\n        requests.put('http://s-cart')\nclass App:\n    def __init__(self):\n        self.client = C()\n    def run(self, verb):\n        getattr(self.client, verb)()\nApp().run('put')",
            BOTH,
        ),
        (
            "not one that takes less",
            "class C:\n    def ping(self):\n        requests.get('http://s-cart')\n    def send(self, url):\n        requests.get(url)\nclass App:\n    def __init__(self):\n        self.client = C()\n    def run(self, verb):\n        getattr(self.client, verb)('http://s-ledger')\nApp().run('send')",
            LEDGER,
        ),
        (
            "of a class below",
            "class Base:\n    def run(self, step):\n        getattr(self, 'on_' + step)()\nclass Sub(Base):\n    def on_x(self):\n        requests.get('http://s-ledger')\nSub().run('x')",
            LEDGER,
        ),
        (
            "held, and asked for with something instead",
            "class C:\n    def run(self, step):\n        method = getattr(self, 'on_' + step, None)\n        if method:\n            method('http://s-ledger')\n    def on_x(self, url):\n        requests.get(url)\nC().run('x')",
            LEDGER,
        ),
        (
            "held, of a name that is written",
            "class C:\n    def __init__(self):\n        self.url = 'http://s-ledger'\n    def run(self):\n        method = getattr(self, 'on_x', None)\n        method()\n    def on_x(self):\n        requests.get(self.url)\nC().run()",
            LEDGER,
        ),
        (
            "with what the value stores",
            "class C:\n    def __init__(self):\n        self.url = 'http://s-ledger'\n    def run(self, step):\n        getattr(self, 'on_' + step)()\n    def on_x(self):\n        requests.get(self.url)\nC().run('x')",
            LEDGER,
        ),
        (
            "of a client that a class extends",
            "class C(requests.Session):\n    def run(self, verb):\n        getattr(self, verb)('http://s-ledger')\nC().run('post')",
            LEDGER,
        ),
        (
            "of a library, held",
            "def run(verb):\n    method = getattr(requests, verb.lower())\n    method('http://s-ledger')\nrun('POST')",
            LEDGER,
        ),
    ]);
}

#[test]
fn a_class_that_extends_a_librarys_client_is_one() {
    of_file(&[
        ("its method", "class S(requests.Session):\n    pass\nS().get('http://s-ledger')", LEDGER),
        (
            "above its own",
            "class S(requests.Session):\n    def get(self, url):\n        return super().get('http://s-ledger' + url)\nS().get('/x')",
            LEDGER,
        ),
        (
            "by the verb",
            "class S(requests.Session):\n    def request(self, method, url):\n        return super().request(method, 'http://s-ledger' + url)\nS().request('GET', '/x')",
            LEDGER,
        ),
        (
            "of another library",
            "import httpx\nclass S(httpx.AsyncClient):\n    pass\nS().post('http://s-ledger')",
            LEDGER,
        ),
        (
            "as its type says",
            "from vendor import make\ndef go(s: requests.Session):\n    s.get('http://s-ledger')\ngo(make())",
            LEDGER,
        ),
    ]);
}

#[test]
fn an_address_that_goes_to_a_method_nobody_knows_is_no_secret() {
    for code in [
        "from vendor import make\ndef go(session, verb):\n    getattr(session, verb)('http://s-ledger/x')\ngo(make(), 'get')",
        "import vendor\ndef go(verb):\n    getattr(vendor, verb)('http://s-ledger/x')\ngo('get')",
    ] {
        let found = outcome(&format!(
            "-- hedgerow.yaml\nscan: {{}}\n-- service.emoji/main.py\n{code}\n-- service.ledger/x.txt\n"
        ));
        let edges: Vec<String> =
            found.edges.values().map(|edge| format!("{} {}", short(&edge.callee), edge.class().as_str())).collect();
        assert_eq!(edges, ["ledger addressed"], "{code}");
    }
}

#[test]
fn websockets_are_opened_to_addresses() {
    of_file(&[
        ("at once", "import websocket\nws = websocket.create_connection('ws://s-ledger/x')\nws.send('1')", LEDGER),
        (
            "by its name",
            "from websocket import create_connection\ncreate_connection(url='ws://s-ledger/x', timeout=3)",
            LEDGER,
        ),
        (
            "by an app",
            "import websocket\nwebsocket.WebSocketApp('ws://s-ledger/x', on_message=print).run_forever()",
            LEDGER,
        ),
        (
            "by what extends an app",
            "import websocket\nclass App(websocket.WebSocketApp):\n    def __init__(self):\n        super().__init__('ws://s-ledger/x')\nApp().run_forever()",
            LEDGER,
        ),
        ("later", "import websocket\nws = websocket.WebSocket()\nws.connect('ws://s-ledger/x')", LEDGER),
        ("of the other library", "from websockets.sync.client import connect\nconnect('ws://s-ledger/x')", LEDGER),
        ("to elsewhere", "import websocket\nwebsocket.create_connection('ws://example.com/x')", &[]),
    ]);
}

#[test]
fn a_framework_makes_the_models_that_it_passes() {
    let model = |own: &str, parameter: &str| {
        format!(
            "from pydantic import BaseModel\nfrom typing import Annotated\nfrom vendor import app, Body\nclass Base(BaseModel):\n    id: str\nclass Order(Base):\n    at: str\n    def {own}:\n        requests.get('http://s-ledger/x')\n@app.post('/x')\ndef create({parameter}):\n    return 1"
        )
    };
    let rows = [
        ("__init__(self, **kw)", "order: Order", LEDGER),
        ("model_post_init(self, context)", "order: Order", LEDGER),
        ("model_post_init(self, context)", "order: Annotated[Order, Body()]", LEDGER),
        ("model_post_init(self, context)", "order", &[]),
        ("model_post_init(self, context)", "order: Base", &[]),
    ];
    let trees = rows.map(|(own, parameter, expected)| (parameter, model(own, parameter), expected));
    of_file(&trees.each_ref().map(|(what, tree, expected)| (*what, tree.as_str(), *expected)));
    // What nobody is seen to make is asked about.
    let tree = model("model_post_init(self, context)", "order");
    let found = outcome(&format!("-- service.emoji/main.py\nimport requests\n{tree}\n-- service.ledger/x.txt\n"));
    let codes: Vec<_> = found.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["unexplained-mention"], "{:?}", found.findings);
}

#[test]
fn what_a_framework_does_not_know_of_a_class_it_does_not_call() {
    let passed = |decorator: &str, base: &str, own: &str| {
        format!(
            "import abc, enum\nfrom typing import Generic, Protocol\nfrom functools import lru_cache\nfrom pydantic import BaseModel\nfrom tenacity import retry\nfrom vendor import app, Row\nclass Client({base}):\n    x: str\n    def {own}:\n        requests.get('http://s-ledger/x')\n@{decorator}\ndef never(client: Client):\n    return 1"
        )
    };
    let rows: &[(&str, &str, &str, &[&str])] = &[
        ("retry", "abc.ABC", "send(self)", &[]),
        ("retry", "abc.ABC", "__init__(self)", &[]),
        ("lru_cache", "Protocol", "__init__(self)", &[]),
        ("lru_cache", "Exception", "send(self)", &[]),
        ("app.post('/x')", "BaseModel", "send(self)", &[]),
        ("app.post('/x')", "BaseModel", "__str__(self)", LEDGER),
        ("app.post('/x')", "BaseModel", "model_dump(self, **how)", LEDGER),
        ("app.post('/x')", "BaseModel", "notify(self)", &[]),
        // A class of another library may be called by what that one says.
        ("app.post('/x')", "Row", "notify(self)", LEDGER),
        ("app.post('/x')", "Row", "__init__(self)", LEDGER),
        ("app.post('/x')", "BaseModel", "model_post_init(self, context)", LEDGER),
    ];
    let trees: Vec<(String, String, &[&str])> = rows
        .iter()
        .map(|(by, base, own, expected)| (format!("{by} {base} {own}"), passed(by, base, own), *expected))
        .collect();
    of_file(&trees.iter().map(|(what, tree, expected)| (what.as_str(), tree.as_str(), *expected)).collect::<Vec<_>>());
    // A method that the function itself calls, and a class that code makes besides.
    let used = passed("app.post('/x')", "BaseModel", "notify(self)");
    of_file(&[
        ("called by name", &used.replace("return 1", "client.notify()"), LEDGER),
        ("made by code too", &format!("{used}\nClient()"), LEDGER),
    ]);
}

#[test]
fn only_who_fills_a_class_runs_what_it_has_for_that() {
    let tree = |head: &str, own: &str, made: &str| {
        format!(
            "import dataclasses\nfrom dataclasses import dataclass, dataclass as data\nfrom abc import ABC\nfrom functools import total_ordering\nfrom pydantic import BaseModel\nfrom vendor import Record\n{head}\n    def {own}:\n        requests.get('http://s-ledger/x')\n{made}"
        )
    };
    let after = "__post_init__(self)";
    let model = "model_post_init(self, context)";
    of_file(&[
        ("a plain class", &tree("class A:", after, "A()"), &[]),
        ("an abstract class", &tree("class A(ABC):", after, "class B(A):\n    pass\nB()"), &[]),
        ("another decorator", &tree("@total_ordering\nclass A:", after, "A()"), &[]),
        ("a model's, by a plain class", &tree("class A:", model, "A()"), &[]),
        ("a model's, by a dataclass", &tree("@dataclass\nclass A:", model, "A()"), &[]),
        ("a dataclass", &tree("@dataclass\nclass A:", after, "A()"), LEDGER),
        ("with arguments", &tree("@dataclasses.dataclass(frozen=True)\nclass A:", after, "A()"), LEDGER),
        ("by another name", &tree("@data\nclass A:", after, "A()"), LEDGER),
        ("below a dataclass", &tree("@dataclass\nclass Base:\n    x: int\nclass A(Base):", after, "A(1)"), LEDGER),
        (
            "a decorator of the tree",
            &tree("def mine(c):\n    return dataclass(c)\n@mine\nclass A:", after, "A()"),
            LEDGER,
        ),
        ("held by a variable", &tree("frozen = dataclass(frozen=True)\n@frozen\nclass A:", after, "A()"), LEDGER),
        (
            "held by a variable, in part",
            &tree(
                "from functools import partial\nfrozen = partial(dataclass, frozen=True)\n@frozen\nclass A:",
                after,
                "A()",
            ),
            LEDGER,
        ),
        (
            "in part, where it is used",
            &tree("from functools import partial\n@partial(dataclass, frozen=True)\nclass A:", after, "A()"),
            LEDGER,
        ),
        ("of who knows where", &tree("from vendor import *\n@frozen\nclass A:", after, "A()"), LEDGER),
        ("another one of a module", &tree("import functools\n@functools.total_ordering\nclass A:", after, "A()"), &[]),
        ("a class of a library", &tree("class A(Record):", after, "A()"), LEDGER),
        ("a model", &tree("class A(BaseModel):", model, "A()"), LEDGER),
    ]);
}

#[test]
fn classes_in_many_layers_are_looked_at_once() {
    let mut layers = String::new();
    for layer in 0..9 {
        for at in 0..12 {
            let above: Vec<String> =
                (0..12).filter(|_| layer > 0).map(|other| format!("L{}_{other}", layer - 1)).collect();
            layers += &format!("class L{layer}_{at}({}):\n    pass\n", above.join(", "));
        }
    }
    of_file(&[
        ("layers", &format!("{layers}L8_0()\nrequests.get('http://s-ledger/x')"), LEDGER),
        (
            "filled above",
            &format!(
                "from dataclasses import dataclass\n@dataclass\nclass Base:\n    pass\n{}class Top(L8_0):\n    def __post_init__(self):\n        requests.get('http://s-ledger/x')\nTop()",
                layers.replace("class L0_11()", "class L0_11(Base)")
            ),
            LEDGER,
        ),
    ]);
}

#[test]
fn a_framework_writes_out_what_it_is_given() {
    let model = |own: &str| {
        format!(
            "from fastapi import FastAPI\nfrom pydantic import BaseModel, computed_field\nfrom starlette.websockets import WebSocket\napp = FastAPI()\n{own}\n@app.post('/')\ndef create(o: Order):\n    return o"
        )
    };
    let computed = |by: &str| {
        model(&format!(
            "class Order(BaseModel):\n    id: str\n    {by}\n    def total(self) -> str:\n        return requests.get('http://s-ledger/x').text"
        ))
    };
    of_file(&[
        ("a computed field", &computed("@computed_field"), LEDGER),
        ("a computed field of a property", &computed("@computed_field\n    @property"), LEDGER),
        ("a property", &computed("@property"), &[]),
        (
            "a class of another library",
            &model(
                "class Order(WebSocket):\n    def on_receive(self, data):\n        requests.get('http://s-ledger/x')",
            ),
            LEDGER,
        ),
    ]);
}

#[test]
fn the_nearest_class_says_what_a_name_is() {
    let above = "class A:\n    @property\n    def url(self):\n        return 'http://s-ledger/x'\n";
    of_file(&[
        ("a value below", &format!("{above}class B(A):\n    url = 'http://s-cart/x'\nrequests.get(B().url)"), CART),
        (
            "a value between",
            &format!("{above}class B(A):\n    url = 'http://s-cart/x'\nclass C(B):\n    pass\nrequests.get(C().url)"),
            CART,
        ),
        (
            "a value of the first of two",
            &format!("{above}class M:\n    url = 'http://s-cart/x'\nclass B(M, A):\n    pass\nrequests.get(B().url)"),
            CART,
        ),
        (
            "a value of the second of two",
            &format!("{above}class M:\n    url = 'http://s-cart/x'\nclass B(A, M):\n    pass\nrequests.get(B().url)"),
            LEDGER,
        ),
        ("only what type it has", &format!("{above}class B(A):\n    url: str\nrequests.get(B().url)"), LEDGER),
        (
            "only what type it has, beside it",
            &format!("{above}class M:\n    url: str\nclass B(M, A):\n    pass\nrequests.get(B().url)"),
            LEDGER,
        ),
        (
            "a field of a model",
            &format!(
                "from pydantic import BaseModel\n{above}class B(BaseModel, A):\n    url: str\nrequests.get(B(url='http://s-cart/x').url)"
            ),
            CART,
        ),
        (
            "a field of a dataclass",
            &format!(
                "from dataclasses import dataclass\n{above}@dataclass\nclass B(A):\n    url: str\nrequests.get(B(url='http://s-cart/x').url)"
            ),
            CART,
        ),
        (
            "a property above a value",
            "class A:\n    url = 'http://s-cart/x'\nclass B(A):\n    @property\n    def url(self):\n        return 'http://s-ledger/x'\nrequests.get(B().url)",
            LEDGER,
        ),
        (
            "no value below",
            &format!("{above}class B(A):\n    other = 'http://s-cart/x'\nrequests.get(B().url)"),
            LEDGER,
        ),
        (
            "the class itself",
            &format!("{above}class B(A):\n    url = 'http://s-cart/x'\nrequests.get(A().url)"),
            LEDGER,
        ),
    ]);
}

#[test]
fn calls_that_are_found_by_an_answer_are_answered() {
    let client = "import lib\nclass Client:\n    def get(self, url):\n        requests.get(url)\n";
    let other = "def other(c: Client, verb):\n    getattr(c, verb)('http://s-ledger/x')\n";
    let go = "def go(c: Client, verb):\n    getattr(c, verb)('http://s-cart/x')\n";
    let start = "go(lib.make(), lib.verb())";
    let maker = "class Maker:\n    @classmethod\n    def make(cls):\n        return cls()\n    def __init__(self):\n        other(lib.make(), lib.verb())\n";
    of_file(&[
        ("alone", &format!("{client}{other}other(lib.make(), lib.verb())"), LEDGER),
        ("in what is called", &format!("{client}        other(self, 'get')\n{other}{go}{start}"), BOTH),
        (
            "in what that calls",
            &format!("{client}        more(self)\ndef more(c: Client):\n    other(c, lib.verb())\n{other}{go}{start}"),
            BOTH,
        ),
        (
            "by another verb",
            &format!("{client}    def put(self, url):\n        other(self, 'get')\n{other}{go}{start}"),
            BOTH,
        ),
        ("in what is made", &format!("{client}        Maker.make()\n{maker}{other}{go}{start}"), BOTH),
    ]);
}
