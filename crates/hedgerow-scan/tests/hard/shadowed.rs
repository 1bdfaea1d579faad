//! Names of Python that mean something else than the nearest declaration or import: what hides what, and what stands for what.

use super::{outcome, summary};

/// Trees whose service `emoji` must, or must not, be seen to call `ledger`.
#[track_caller]
pub(crate) fn check(rows: &[(&str, &str, &[&str])]) {
    let found = |tree: &str| summary(&outcome(&format!("{tree}-- service.ledger/x.txt\n-- service.cart/x.txt\n")));
    let wrong: Vec<String> = rows
        .iter()
        .map(|(what, tree, expected)| (what, found(tree), expected))
        .filter(|(_, found, expected)| found != *expected)
        .map(|(what, found, expected)| format!("{what}: found {found:?}, expected {expected:?}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

const FOUND: &[&str] = &["emoji -> ledger proven"];

/// A function that calls what it is given, and one that does not.
const LIB: &str = "-- lib/__init__.py\n-- lib/raw.py\nimport requests\ndef get(url):\n    return requests.get(url)\n-- lib/mute.py\ndef get(url):\n    print(url)\n";

#[track_caller]
fn of_lib(rows: &[(&str, &str, &[&str])]) {
    let call = "-- service.emoji/main.py\nfrom lib.net import get\nget('http://s-ledger/x')\n";
    let whole = "-- service.emoji/main.py\nimport lib.net as net\nnet.get('http://s-ledger/x')\n";
    let own = "get('http://s-ledger/x')\n-- service.emoji/main.py\nimport lib.net\n";
    for import in [call, whole, own] {
        let trees: Vec<(&str, String, &[&str])> = rows
            .iter()
            .map(|(what, net, expected)| (*what, format!("{LIB}-- lib/net.py\n{net}\n{import}"), *expected))
            .collect();
        let rows: Vec<_> = trees.iter().map(|(what, tree, expected)| (*what, tree.as_str(), *expected)).collect();
        check(&rows);
    }
}

#[test]
fn what_a_module_declares_hides_what_it_imports() {
    of_lib(&[
        ("declared below", "from lib.raw import get\ndef get(url):\n    print(url)", &[]),
        (
            "declared below, and calls",
            "from lib.mute import get\nimport requests\ndef get(url):\n    requests.get(url)",
            FOUND,
        ),
        ("a class declared below", "from lib.raw import get\nclass get:\n    pass", &[]),
        ("a value below", "from lib.raw import get\nget = print", &[]),
        ("an import in a function", "def other():\n    from lib.raw import get\ndef get(url):\n    print(url)", &[]),
        (
            "an import in a function that is called",
            "def get(url):\n    print(url)\ndef other():\n    from lib.raw import get\n    get('http://s-cart')\nother()",
            &["emoji -> cart proven"],
        ),
        (
            "an import in a function, and what is declared in another one",
            "def get(url):\n    print(url)\ndef other():\n    from lib.raw import get\n    get('http://s-cart')\ndef third():\n    get('http://s-ledger')\nother()\nthird()",
            &["emoji -> cart proven"],
        ),
        (
            "an import in a method",
            "class C:\n    def other(self):\n        from lib.raw import get\ndef get(url):\n    print(url)",
            &[],
        ),
        ("an import in a class", "class C:\n    from lib.raw import get\ndef get(url):\n    print(url)", &[]),
        (
            "imports in two functions",
            "def a():\n    from lib.mute import get\n    get('http://s-cart')\ndef get(url):\n    from lib.raw import get\n    get(url)\na()",
            FOUND,
        ),
        ("imported below", "def get(url):\n    print(url)\nfrom lib.raw import get", FOUND),
    ]);
}

#[test]
fn a_fallback_and_what_it_stands_for_are_both_followed() {
    of_lib(&[
        (
            "the fallback calls",
            "import requests\ntry:\n    from fastnet import get\nexcept ImportError:\n    def get(url):\n        return requests.get(url)",
            FOUND,
        ),
        (
            "the library calls",
            "try:\n    from requests import get\nexcept ImportError:\n    def get(url):\n        print(url)",
            FOUND,
        ),
        (
            "the tree's own calls",
            "try:\n    from lib.raw import get\nexcept ImportError:\n    def get(url):\n        print(url)",
            FOUND,
        ),
        ("nothing instead", "try:\n    from requests import get\nexcept ImportError:\n    get = None", FOUND),
        (
            "nothing, then the library",
            "get = None\ntry:\n    from requests import get\nexcept ImportError:\n    pass",
            FOUND,
        ),
        (
            "one library or another",
            "try:\n    from httpx import get\nexcept ImportError:\n    from requests import get",
            FOUND,
        ),
        (
            "by a condition",
            "import sys\nfrom lib.mute import get\nif sys.platform == 'x':\n    import requests\n    def get(url):\n        requests.get(url)",
            FOUND,
        ),
        (
            "none calls",
            "try:\n    from lib.mute import get\nexcept ImportError:\n    def get(url):\n        print(url)",
            &[],
        ),
    ]);
    check(&[
        (
            "a library that may be missing",
            "-- service.emoji/main.py\ntry:\n    import requests\nexcept ImportError:\n    requests = None\ndef go():\n    requests.get('http://s-ledger/x')\ngo()\n",
            FOUND,
        ),
        (
            "a setting",
            "-- service.emoji/local.py\nURL = 'http://s-ledger'\n-- service.emoji/main.py\nimport requests\ntry:\n    from local import URL\nexcept ImportError:\n    URL = 'http://s-cart'\nrequests.get(URL)\n",
            &["emoji -> cart proven", "emoji -> ledger proven"],
        ),
        (
            "a setting from outside",
            "-- service.emoji/main.py\nimport requests\ntry:\n    from vendor import URL\nexcept ImportError:\n    URL = 'http://s-ledger'\nrequests.get(URL)\n",
            FOUND,
        ),
        (
            "a class",
            "-- service.emoji/main.py\ntry:\n    from redis import Redis\nexcept ImportError:\n    class Redis:\n        def __init__(self, host):\n            pass\nRedis(host='s-ledger')\n",
            FOUND,
        ),
        (
            "a client's class, and a class without its methods",
            "-- service.emoji/main.py\ntry:\n    from requests import Session\nexcept ImportError:\n    class Session:\n        def get(self, url):\n            raise RuntimeError()\nclass C:\n    def __init__(self):\n        self.session = Session()\n    def go(self):\n        self.session.get('http://s-ledger')\nC().go()\n",
            FOUND,
        ),
        (
            "an unknown library's class, and one that calls",
            "-- service.emoji/main.py\nimport requests\ntry:\n    from fastnet import Session\nexcept ImportError:\n    class Session:\n        def get(self, url):\n            requests.get(url)\nSession().get('http://s-ledger')\n",
            FOUND,
        ),
    ]);
}

#[test]
fn a_package_of_one_service_is_no_library_of_all_others() {
    check(&[
        (
            "a store's client",
            "-- service.a/pyproject.toml\n[project]\nname = 'a'\n-- service.a/redis/__init__.py\nx = 1\n-- service.emoji/main.py\nimport redis\nredis.Redis(host='s-ledger')\n",
            FOUND,
        ),
        (
            "a client of HTTP",
            "-- service.a/setup.py\nfrom setuptools import setup\n-- service.a/src/requests/__init__.py\n-- service.emoji/main.py\nfrom requests import get\nget('http://s-ledger')\n",
            FOUND,
        ),
        (
            "a library's own module",
            "-- service.a/setup.cfg\n[metadata]\n-- service.a/httpx/__init__.py\n-- service.emoji/main.py\nimport httpx as client\nclient.post('http://s-ledger')\n",
            FOUND,
        ),
        (
            "the service's own",
            "-- service.emoji/pyproject.toml\n[project]\n-- service.emoji/src/redis/__init__.py\nclass Redis:\n    def __init__(self, host):\n        print(host)\n-- service.emoji/main.py\nimport redis\nredis.Redis(host='s-ledger')\n",
            &[],
        ),
        (
            "no library that anybody knows",
            "-- libs/bank/pyproject.toml\n[project]\n-- libs/bank/bank/__init__.py\nimport requests\ndef go():\n    requests.get('http://s-ledger')\n-- service.emoji/main.py\nimport bank\nbank.go()\n",
            FOUND,
        ),
    ]);
}
