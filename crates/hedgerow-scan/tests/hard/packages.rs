//! Python's packages of one tree, and how its classes hand on what they know: what a wrapper around a client needs to be followed.

use crate::kinds::all_call;
use crate::{outcome, summary};

/// What is found of trees in which nothing may be called.
#[track_caller]
fn calls_nobody(trees: &[&str]) {
    for files in trees {
        let found = summary(&outcome(&format!("{files}-- service.ledger/x.txt\n-- service.cart/x.txt\n")));
        let calls: Vec<&String> = found.iter().filter(|line| line.contains("->")).collect();
        assert!(calls.is_empty(), "{files}: {found:?}");
    }
}

#[test]
fn a_package_that_is_installed_from_the_tree_is_imported_by_its_name() {
    let client = "import requests\ndef go():\n    requests.get('http://s-ledger')\n";
    let call = "-- service.shop/a.py\nfrom bank.client import go\ngo()\n";
    all_call(
        "proven",
        &[
            &format!(
                "-- libs/bank/pyproject.toml\n[project]\n-- libs/bank/bank/__init__.py\n-- libs/bank/bank/client.py\n{client}{call}"
            ),
            &format!(
                "-- libs/x/setup.py\nimport setuptools\n-- libs/x/src/bank/__init__.py\n-- libs/x/src/bank/client.py\n{client}{call}"
            ),
            &format!(
                "-- libs/python/setup.cfg\n[metadata]\n-- libs/python/bank/__init__.py\n-- libs/python/bank/client.py\n{client}{call}"
            ),
            // Nobody says that it is installed, and there is no other.
            &format!("-- libs/bank/bank/__init__.py\n-- libs/bank/bank/client.py\n{client}{call}"),
            // By the package's own module, which has what it imports.
            &format!(
                "-- libs/bank/pyproject.toml\n[project]\n-- libs/bank/bank/__init__.py\nfrom .api import go\n-- libs/bank/bank/api.py\nfrom .client import go\n-- libs/bank/bank/client.py\n{client}-- service.shop/a.py\nfrom bank import go\ngo()\n"
            ),
            &format!(
                "-- libs/bank/pyproject.toml\n[project]\n-- libs/bank/bank/__init__.py\nfrom .client import *\n-- libs/bank/bank/client.py\n{client}-- service.shop/a.py\nimport bank\nfrom bank import go as run\nrun()\n"
            ),
            "-- libs/bank/pyproject.toml\n[project]\n-- libs/bank/bank/__init__.py\nfrom .client import Client as Api\n-- libs/bank/bank/client.py\nimport requests\nclass Client:\n    def go(self):\n        requests.get('http://s-ledger')\n-- service.shop/a.py\nfrom bank import Api\nApi().go()\n",
        ],
    );
    calls_nobody(&[
        // Two are called so, or the service has one of its own.
        &format!(
            "-- a/setup.py\n-- a/bank/__init__.py\n-- a/bank/client.py\n{client}-- b/setup.py\n-- b/bank/__init__.py\n-- b/bank/client.py\n{client}{call}"
        ),
        &format!(
            "-- a/setup.py\n-- a/bank/__init__.py\n-- a/bank/client.py\n{client}-- service.shop/bank/__init__.py\n-- service.shop/bank/client.py\ndef go():\n    pass\n{call}"
        ),
        // What a module imports from elsewhere is from there.
        "-- a/setup.py\n-- a/bank/__init__.py\nfrom vendor import go\n-- a/bank/client.py\nimport requests\ndef go():\n    requests.get('http://s-ledger')\n-- service.shop/a.py\nfrom bank import go\ngo()\n",
    ]);
}

#[test]
fn a_method_that_is_handed_on_is_called_with_what_comes_beside_it() {
    all_call(
        "proven",
        &[
            "-- service.shop/a.py\nimport requests\nclass C:\n    def get(self, url):\n        requests.get(url)\ndef again(f, *args, **kwargs):\n    return f(*args, **kwargs)\ndef go(c: C):\n    again(c.get, 'http://s-ledger')\ngo(C())\n",
            "-- service.shop/a.py\nimport requests\nclass C:\n    def get(self, url):\n        requests.get(url)\n    def go(self):\n        again(self.get, 'http://s-ledger')\ndef inner(f, *args):\n    return f(*args)\ndef again(f, *args):\n    return inner(f, *args)\nC().go()\n",
            "-- service.shop/a.ts\nimport axios from 'axios';\nclass C { get(url: string) { return axios.get(url); } }\nfunction again(f: (url: string) => unknown, url: string) { return f(url); }\nconst c = new C();\nagain(c.get, 'http://s-ledger');\n",
            "-- service.shop/a.rb\nrequire 'net/http'\nclass C\n  def get(url)\n    Net::HTTP.get(url)\n  end\nend\nC.new.get('http://s-ledger')\n",
        ],
    );
}

#[test]
fn super_is_what_the_class_extends() {
    all_call(
        "proven",
        &[
            "-- service.shop/a.py\nimport requests\nclass A:\n    def get(self):\n        requests.get('http://s-ledger')\nclass B(A):\n    def get(self):\n        super().get()\nB().get()\n",
            "-- service.shop/a.py\nimport requests\nclass A:\n    def __init__(self, url):\n        requests.get(url)\nclass B(A):\n    def __init__(self):\n        super().__init__('http://s-ledger')\nB()\n",
            "-- service.shop/a.py\nimport requests\nclass A:\n    def go(self):\n        requests.get('http://s-ledger')\nclass M(A):\n    pass\nclass B(M):\n    def go(self):\n        super().go()\nB().go()\n",
        ],
    );
    calls_nobody(&[
        "-- service.shop/a.py\nimport requests\nfrom vendor import Formatter\nclass C:\n    def __init__(self, url):\n        self.url = url\n    def get(self, url):\n        requests.get(url)\nclass F(Formatter):\n    def get(self, name):\n        return super().get('http://s-ledger')\nC('x')\nF().get('x')\n",
    ]);
}

#[test]
fn a_class_method_makes_its_class() {
    let rest = "    def __init__(self, host):\n        self.host = host\n    def get(self):\n        requests.get(f'http://{self.host}')\n";
    let tree =
        |made: &str, call: &str| format!("-- service.shop/a.py\nimport requests\nclass C:\n{made}{rest}{call}\n");
    let other = |made: &str| {
        format!("-- service.shop/a.py\nimport requests\nclass C:\n{made}C.load().get('http://s-ledger/x')\n")
    };
    let trees = [
        tree("    @classmethod\n    def load(cls):\n        return cls('s-ledger')\n", "C.load().get()"),
        tree(
            "    @classmethod\n    def load(cls, host):\n        return cls(host=host)\n    @classmethod\n    def usual(cls):\n        return cls.load('s-ledger')\n",
            "C.usual().get()",
        ),
        tree("    def other(self):\n        return type(self)('s-ledger')\n", "C('').other().get()"),
        tree(
            "    @classmethod\n    def load(kind):\n        made = kind('s-ledger')\n        return made\n",
            "C.load().get()",
        ),
        tree(
            "    @classmethod\n    def load(cls, is_on):\n        if not is_on:\n            return None\n        return cls('s-ledger') if is_on else None\n",
            "C.load(True).get()",
        ),
        // What is given back is a part of the new value, and what is said of it no code.
        other(
            "    @classmethod\n    def load(cls):\n        return cls('x').session\n    session = requests.Session()\n",
        ),
        other(
            "    @classmethod\n    def load(cls):\n        \"\"\"Does not return cls().\"\"\"\n        return requests.Session()\n",
        ),
        other(
            "    @classmethod\n    def load(cls):\n        def make():\n            return cls('x')\n        print(make)\n        return requests.Session()\n",
        ),
    ];
    all_call("proven", &trees.each_ref().map(String::as_str));
}

#[test]
fn a_verb_that_is_a_value_is_one_of_a_clients() {
    all_call(
        "proven",
        &[
            "-- service.shop/a.py\nimport requests\ndef call(verb, path):\n    return getattr(requests, verb)('http://s-ledger' + path)\ncall('get', '/x')\n",
            "-- service.shop/a.py\nimport requests\nclass C:\n    def __init__(self):\n        self.session = requests.Session()\n    def call(self, verb):\n        return getattr(self.session, verb.lower())('http://s-ledger')\nC().call('POST')\n",
            "-- service.shop/a.py\nimport requests\ngetattr(requests, 'post')('http://s-ledger')\n",
        ],
    );
    calls_nobody(&[
        "-- service.shop/a.py\nimport requests\nclass C:\n    def get(self, url):\n        requests.get(url)\n    def run(self, step):\n        getattr(self, 'on_' + step)('http://s-ledger')\n    def on_x(self, text):\n        print(text)\nC().run('x')\n",
    ]);
}

#[test]
fn one_of_several_that_is_called_may_be_each_of_them() {
    let a = "class A:\n    def get(self, url):\n        return httpx.get(url)\n";
    let tree = |code: &str| format!("-- service.shop/a.py\nimport httpx, requests\n{a}{code}\n");
    let one = [
        "getattr(httpx, 'post', None)('http://s-ledger/x')",
        "session = requests.Session()\nf = getattr(session, 'post', None)\nf('http://s-ledger/x')",
        "def fetch(url):\n    return httpx.get('http://s-ledger/' + url)\ndef go(is_on, verb, other: A):\n    f = getattr(other, verb)\n    if is_on:\n        f = fetch\n    f('x')\ngo(True, 'put', A())",
        "def fetch(url):\n    return httpx.get('http://s-ledger/x')\ndef go(is_on):\n    f = print if is_on else fetch\n    f('x')\ngo(True)",
        "def fetch(url):\n    return httpx.get('http://s-ledger/x')\ndef go(is_on, log):\n    (log.info if is_on else fetch)('x')\nimport logging\ngo(True, logging.getLogger())",
        "def go(is_on, log):\n    (print if is_on else httpx.get)('http://s-ledger/x')\ngo(True)",
        "class B:\n    def __init__(self, url):\n        self.url = url\n    def go(self):\n        httpx.get(self.url)\n(B if A else print)('http://s-ledger/x').go()",
    ]
    .map(tree);
    all_call("proven", &one.each_ref().map(String::as_str));
    let fallback = "class L:\n    def get(self, url):\n        return httpx.get('http://s-ledger/x')\nclass C:\n    def get(self, url):\n        return httpx.get('http://s-cart/x')\ndef fallback(url):\n    return httpx.get('http://s-cart/x')\n";
    for code in [
        "def go(is_on, verb):\n    f = getattr(L(), verb)\n    if is_on:\n        f = getattr(C(), verb)\n    f('x')\ngo(True, 'get')",
        "getattr(L(), 'get', fallback)('x')",
        "def go(verb):\n    getattr(L(), verb, fallback)('x')\ngo('get')",
        "def go(is_on):\n    (L().get if is_on else C().get)('x')\ngo(True)",
    ] {
        let found = summary(&outcome(&crate::silent::tree(&tree(&format!("{fallback}{code}")))));
        assert_eq!(found, ["shop -> cart proven", "shop -> ledger proven"], "{code}");
    }
}

#[test]
fn what_is_looked_up_by_a_key_is_no_host() {
    let client =
        "import requests, json\nclass Client:\n    def get(self, url):\n        requests.get(url)\nc = Client()\n";
    calls_nobody(&[
        &format!("-- service.shop/a.py\n{client}json.loads('x').get('s-ledger')\n"),
        &format!("-- service.shop/a.py\n{client}def go(user):\n    return user.get('s-ledger')\ngo(json.loads('x'))\n"),
        &format!("-- service.shop/a.py\n{client}def go(user):\n    return user.pop('s-ledger')\ngo(json.loads('x'))\n"),
    ]);
    all_call(
        "proven",
        &[
            &format!(
                "-- service.shop/a.py\n{client}def go(client):\n    client.get('http://s-ledger')\nfrom vendor import made\ngo(made(c))\n"
            ),
            &format!("-- service.shop/a.py\n{client}from vendor import made\nmade(c).get('http://s-ledger/x')\n"),
        ],
    );
}

#[test]
fn what_a_client_is_asked_by_may_be_a_path() {
    let client = "import requests\nimport vendor\nclass Client:\n    def get(self, path):\n        requests.get('http://s-ledger/' + path)\n";
    let python: Vec<String> = [
        "vendor.container.register('ledger', lambda: Client())\nvendor.container.resolve('ledger').get('accounts')\n",
        "clients = {'ledger': Client()}\ndef go(name):\n    clients[name].get('accounts')\ngo(vendor.name())\n",
        "@vendor.inject(client=Client())\ndef go(client):\n    client.get('accounts')\n",
        "def go(client):\n    client.get('accounts')\ngo(vendor.made(Client()))\n",
        // A path of the name of another service.
        "vendor.register(Client())\nvendor.resolve().get('s-cart')\n",
    ]
    .iter()
    .map(|code| format!("-- service.shop/a.py\n{client}{code}"))
    .collect();
    all_call("proven", &python.iter().map(String::as_str).collect::<Vec<_>>());
    all_call(
        "proven",
        &[
            "-- service.shop/a.py\nimport requests\nimport vendor\nclass Client:\n    def get(self, *rest):\n        requests.get('http://s-ledger/' + rest[0])\nvendor.register(Client())\nvendor.resolve().get('accounts')\n",
            "-- service.shop/a.py\nimport requests\nimport vendor\nclass Client:\n    def __init__(self):\n        self.base = 'http://s-ledger'\n    def get(self, path):\n        requests.get(f'{self.base}/{path.strip()}')\nvendor.register(Client())\nvendor.resolve().get('accounts')\n",
            "-- service.shop/a.ts\nimport axios from 'axios';\nimport { container } from 'vendor';\nclass LedgerClient { get(path: string) { return axios.get('http://s-ledger/' + path); } }\ncontainer.bind(new LedgerClient());\nfunction go(client) { client.get('accounts'); }\ngo(container.make('x'));\n",
            "-- service.shop/a.rb\nrequire 'net/http'\nclass Client\n  def fetch(path)\n    Net::HTTP.get(URI('http://s-ledger/' + path))\n  end\nend\nVendor.register(Client.new)\nVendor.resolve.fetch('accounts')\n",
        ],
    );
    calls_nobody(&[
        &format!(
            "-- service.shop/a.py\n{}vendor.register(Client())\nvendor.resolve().get('ledger')\n",
            client.replace("s-ledger/' + path", "s-' + path")
        ),
        &format!(
            "-- service.shop/a.py\n{}vendor.register(Client())\nvendor.resolve().get('s-ledger')\n",
            client.replace("s-ledger/' + path", "' + path + '/x'")
        ),
        "-- service.shop/a.py\nimport requests\nimport vendor\nclass Client:\n    def get(self, *rest):\n        requests.get(*rest)\nvendor.register(Client())\nvendor.resolve().get('s-ledger')\n",
    ]);
}

#[test]
fn a_look_up_calls_only_what_may_lie_there() {
    let python = "import requests\nimport lib\nclass Ledger:\n    def get(self, path):\n        return requests.get('http://s-ledger/' + path)\n";
    let script = "const axios = require('axios');\nconst lib = require('lib');\nclass Ledger {\n  get(path) { return axios.get('http://s-ledger/' + path); }\n}\n";
    let tree = |code: &str| match code.strip_prefix("js ") {
        Some(code) => format!("-- service.shop/a.js\n{script}{code}\n"),
        None => format!("-- service.shop/a.py\n{python}{code}\n"),
    };
    let by_name: Vec<String> = [
        "led = Ledger()\ndef go(conf):\n    print(conf.get('name'))\ngo(lib.load())",
        "led = Ledger()\nprint(lib.load().get('name'))",
        "class App:\n    def __init__(self):\n        self.led = Ledger()\n    def go(self, conf):\n        print(conf.get('name'))\nApp().go(lib.load())",
        "class App:\n    def __init__(self, led):\n        self.led = led\n    def go(self):\n        self.conf = lib.load()\n        print(self.conf.get('name'))\nApp(Ledger()).go()",
        "def go(led, conf):\n    print(conf.get('name'))\ngo(Ledger(), conf=lib.load())",
        "all = [Ledger()]\ndef go(conf):\n    print(conf.get('name'))\ngo({'name': 'x'})",
        "js const led = new Ledger();\nfunction go(conf) { console.log(conf.get('name')); }\ngo(lib.load());",
        "js const led = new Ledger();\nconsole.log(lib.load().get('name'));",
    ]
    .map(tree)
    .to_vec();
    // It is named there, and no more.
    for tree in &by_name {
        let found = summary(&outcome(&format!("{tree}-- service.ledger/x.txt\n")));
        assert!(found.is_empty(), "{tree}: {found:?}");
        let asked = crate::silent::asks(&format!("{tree}-- service.ledger/x.txt\n"));
        assert!(!asked.is_empty(), "{tree}");
    }
    let may_be: Vec<String> = [
        "def go(client):\n    client.get('accounts')\ngo(Ledger())",
        "led = Ledger()\ndef go(client):\n    client.get('accounts')\ngo(client=led)",
        "def inner(client):\n    client.get('accounts')\ndef go(client):\n    inner(client)\ngo(Ledger())",
        "class App:\n    def __init__(self, led):\n        self.led = led\n    def go(self):\n        self.led.get('accounts')\nApp(Ledger()).go()",
        "def make():\n    return Ledger()\nmake().get('accounts')",
        "def go(client):\n    client.get('accounts')\ngo(lib.load() or Ledger())",
        "all = {}\nall['x'] = Ledger()\ndef go(name):\n    all[name].get('accounts')\ngo(lib.name())",
        "def go(*all):\n    all[0].get('accounts')\ngo(Ledger())",
        "def go(**all):\n    all['x'].get('accounts')\ngo(x=Ledger())",
        "for one in [Ledger()]:\n    one.get('accounts')",
        "lib.register(Ledger)\nlib.resolve('x').get('accounts')",
        "js function go(client) { client.get('accounts'); }\ngo(new Ledger());",
        "js lib.register('x', () => new Ledger());\nlib.resolve('x').get('accounts');",
    ]
    .map(tree)
    .to_vec();
    all_call("proven", &may_be.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn names_of_variables_are_made_of_capitals() {
    let given = crate::kinds::compose("SHOP_LEDGER: 'http://s-ledger:80'");
    let trees = [
        "-- service.shop/a.py\nimport os, requests\ndef env(name):\n    return os.environ.get(f'SHOP_{name.upper()}')\nrequests.get(env('ledger'))\n",
        "-- service.shop/main.go\npackage main\nimport (\"net/http\"; \"os\"; \"strings\")\nfunc env(n string) string { return os.Getenv(\"SHOP_\" + strings.ToUpper(n)) }\nfunc main() { http.Get(env(\"ledger\")) }\n",
        "-- service.shop/a.rb\nrequire 'net/http'\ndef env(name)\n  ENV.fetch(\"SHOP_#{name.upcase}\")\nend\nNet::HTTP.get(env('ledger'))\n",
        "-- service.shop/a.js\nconst env = (name) => process.env[`SHOP_${name.toUpperCase()}`];\nfetch(env('ledger'));\n",
        "-- service.shop/A.java\nimport org.springframework.web.client.RestTemplate;\nclass A { static String env(String n) { return System.getenv(\"SHOP_\" + n.toUpperCase()); }\n public static void main(String[] a) { new RestTemplate().getForObject(env(\"ledger\"), String.class); } }\n",
    ]
    .map(|files| format!("{given}{files}"));
    all_call("joined", &trees.each_ref().map(String::as_str));
}

#[test]
fn a_namespace_that_comes_from_outside_is_the_fleets() {
    let tree = |address: &str, deploy: &str| {
        format!(
            "-- service.shop/a.py\nimport os, requests\nrequests.get({address})\n-- service.ledger/x.txt\n-- service.cart/x.txt\n-- service.card/x.txt\n\
             -- hedgerow.yaml\nscan: {{candidate: ask, aliases: {{service.card: [default]}}}}\n{deploy}"
        )
    };
    // The deploy gives the variable with this source, in a chart whose values say nothing of it.
    let given = |source: &str| {
        format!(
            "-- charts/shop/Chart.yaml\nname: shop\nversion: 1\n-- charts/shop/values.yaml\na: 1\n-- charts/shop/templates/d.yaml\nkind: Deployment\nmetadata: {{name: s-shop}}\n\
             spec:\n  template:\n    spec:\n      containers:\n      - name: main\n        image: x\n        env:\n        - name: NS\n          {source}\n"
        )
    };
    let by_name = "f\"http://s-ledger.{os.environ['NS']}/x\"";
    let joined = &["shop -> ledger joined"][..];
    let asked = &["shop -> ledger wildcard", "unresolved-call service.shop/a.py"][..];
    let nobody = &["unresolved-call service.shop/a.py"][..];
    for (address, deploy, expected) in [
        ("'http://s-ledger.' + os.environ['POD_NAMESPACE'] + ':80'", "", joined),
        ("f\"http://s-ledger.{os.environ['NS']}\"", "", joined),
        ("f\"dns:///s-ledger.{os.environ['NS']}.svc:80\"", "", joined),
        (by_name, &given("valueFrom: {fieldRef: {fieldPath: metadata.namespace}}"), joined),
        (by_name, &given("value: default"), joined),
        // What is not known may be somebody's domain: it is asked.
        ("'http://s-ledger.' + open('x').read()", "", asked),
        ("'http://mail.' + open('x').read()", "", nobody),
        ("'http://s-ledger.' + open('x').read() + '.example.com'", "", nobody),
        // Another namespace, of which something is known or nothing.
        (by_name, &given("value: \"vendor-{{ .Values.region }}\""), nobody),
        (by_name, &given("value: \"{{ .Values.region }}-vendor\""), nobody),
        (by_name, &given("value: \"{{ .Values.region }}\""), asked),
        (by_name, &given("value: vendor"), &[]),
        // It is a part of a host, and neither all of it, nor its first part, nor a path.
        ("f\"http://{os.environ['NS']}/x\"", "", nobody),
        ("f\"http://{os.environ['NS']}.{os.environ['NS']}/x\"", "", nobody),
        ("os.environ['NS'] + ':80'", "", nobody),
        ("f\"http://x.{os.environ['NS']}/x\"", "", &[]),
    ] {
        assert_eq!(summary(&outcome(&tree(address, deploy))), expected, "{address} {deploy}");
    }
}
