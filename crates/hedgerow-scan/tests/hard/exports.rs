//! Names that modules give on from others: barrels, `__init__.py`, CommonJS.

use super::finds_all;

/// A client two files behind what a service imports: `index` is what stands between.
fn script(index: &str, import: &str) -> String {
    format!(
        "-- lib/client.ts\nexport const get = (url: string) => fetch(url);\nexport default class Client {{ get(url: string) {{ return fetch(url); }} }}\n\
         -- lib/other.ts\nexport const other = 1;\n-- lib/index.ts\n{index}\n-- service.emoji/main.ts\n{import}\n-- service.ledger/x.txt\n"
    )
}

fn python(index: &str, import: &str) -> String {
    format!(
        "-- lib/__init__.py\n-- lib/net/client.py\nimport requests\ndef get(url):\n    return requests.get(url)\n\
         -- lib/net/__init__.py\n{index}\n-- service.emoji/main.py\n{import}\n-- service.ledger/x.txt\n"
    )
}

const FOUND: &[&str] = &["emoji -> ledger proven"];

#[test]
fn names_that_modules_of_javascript_give_on_lead_to_what_declares_them() {
    let call = "get('http://s-ledger/x');";
    let import = format!("import {{ get }} from '../lib';\n{call}");
    finds_all(&[
        ("all", script("export * from './client';", &import), FOUND),
        ("all, among others", script("export * from './other';\nexport * from './client';", &import), FOUND),
        ("one", script("export { get } from './client';", &import), FOUND),
        (
            "by another name",
            script(
                "export { get as fetchIt } from './client';",
                "import { fetchIt } from '../lib';\nfetchIt('http://s-ledger/x');",
            ),
            FOUND,
        ),
        (
            "a module",
            script("export * as net from './client';", "import { net } from '../lib';\nnet.get('http://s-ledger/x');"),
            FOUND,
        ),
        ("imported, then exported", script("import { get } from './client';\nexport { get };", &import), FOUND),
        (
            "imported, then the default",
            script(
                "import { get } from './client';\nexport default get;",
                "import take from '../lib';\ntake('http://s-ledger/x');",
            ),
            FOUND,
        ),
        (
            "the default of another",
            script(
                "export { default as Client } from './client';",
                "import { Client } from '../lib';\nnew Client().get('http://s-ledger/x');",
            ),
            FOUND,
        ),
        (
            "of the whole module",
            script("export * from './client';", "import * as lib from '../lib';\nlib.get('http://s-ledger/x');"),
            FOUND,
        ),
        (
            "a library's",
            script(
                "export { default as http } from 'axios';",
                "import { http } from '../lib';\nhttp.get('http://s-ledger/x');",
            ),
            FOUND,
        ),
        ("a circle", script("export * from './index';\nexport * from './client';", &import), FOUND),
        // Not what is not given on.
        ("another name", script("export { other } from './other';", &import), &[]),
        (
            "the default is not among all",
            script("export * from './client';", "import Client from '../lib';\nnew Client().get('http://s-ledger/x');"),
            &[],
        ),
    ]);
}

#[test]
fn names_that_modules_of_commonjs_give_on_lead_to_what_declares_them() {
    let tree = |index: &str, import: &str| {
        format!(
            "-- lib/client.js\nfunction get(url) {{ return fetch(url); }}\nmodule.exports = {{ get }};\n\
             -- lib/index.js\n{index}\n-- service.emoji/main.js\n{import}\n-- service.ledger/x.txt\n"
        )
    };
    let import = "const { get } = require('../lib');\nget('http://s-ledger/x');";
    finds_all(&[
        ("whole", tree("module.exports = require('./client');", import), FOUND),
        ("spread", tree("module.exports = { ...require('./client'), a: 1 };", import), FOUND),
        ("one", tree("exports.get = require('./client').get;", import), FOUND),
        ("by a name", tree("const c = require('./client');\nmodule.exports = c;", import), FOUND),
        ("by a name, spread", tree("const c = require('./client');\nmodule.exports = { ...c, a: 1 };", import), FOUND),
        ("put in", tree("Object.assign(module.exports, require('./other'), require('./client'));", import), FOUND),
        (
            "as TypeScript writes it",
            tree("const tslib_1 = require('tslib');\ntslib_1.__exportStar(require('./client'), exports);", import),
            FOUND,
        ),
        ("in a function", tree("function f() { Object.assign(module.exports, require('./client')); }", import), &[]),
        ("into another", tree("Object.assign(other, require('./client'));", import), &[]),
        ("one of its names", tree("const c = require('./client').get;\nmodule.exports = c;", import), &[]),
        ("shorthand", tree("const { get } = require('./client');\nmodule.exports = { get };", import), FOUND),
        (
            "a module",
            tree(
                "module.exports = { net: require('./client') };",
                "const { net } = require('../lib');\nnet.get('http://s-ledger/x');",
            ),
            FOUND,
        ),
        ("another name", tree("exports.take = require('./client').take;", import), &[]),
    ]);
}

#[test]
fn what_a_module_of_python_imports_is_known_by_its_name() {
    let call = "get('http://s-ledger/x')";
    finds_all(&[
        ("one", python("from .client import get", &format!("from lib.net import get\n{call}")), FOUND),
        (
            "by another name",
            python("from .client import get as take", "from lib.net import take\ntake('http://s-ledger/x')"),
            FOUND,
        ),
        ("all", python("from .client import *", &format!("from lib.net import get\n{call}")), FOUND),
        (
            "by the module",
            python("from .client import get", "import lib.net as net\nnet.get('http://s-ledger/x')"),
            FOUND,
        ),
        (
            "a module",
            python("from . import client", "from lib.net import client\nclient.get('http://s-ledger/x')"),
            FOUND,
        ),
        ("a library's", python("from requests import get", &format!("from lib.net import get\n{call}")), FOUND),
        ("all of all", python("from .client import get", &format!("from lib.net import *\n{call}")), FOUND),
        ("another name", python("from .client import post", &format!("from lib.net import get\n{call}")), &[]),
    ]);
}

#[test]
fn a_name_that_one_module_gives_on_in_vain_is_another_ones() {
    let python = |first: &str, more: &str| {
        let main = "from lib.net import get\nget('http://s-ledger/x')";
        let index = format!(
            "from .first import *\nfrom .client import *\n-- lib/net/first.py\n{first}\n-- lib/net/empty.py\nx = 1\n{more}"
        );
        python(&index, main)
    };
    let script = |first: &str| {
        let main = "import { get } from '../lib';\nget('http://s-ledger/x');";
        script(&format!("export * from './first';\nexport * from './client';\n-- lib/first.ts\n{first}"), main)
    };
    let own = "import requests\ndef get(url):\n    return requests.get('http://s-cart/x')";
    finds_all(&[
        ("tried", python("try:\n    from .empty import get\nexcept ImportError:\n    pass", ""), FOUND),
        ("by another name", python("from .empty import other as get", ""), FOUND),
        ("behind another", python("from .second import get", "-- lib/net/second.py\nfrom .empty import get"), FOUND),
        ("in a circle", python("from .second import get", "-- lib/net/second.py\nfrom .first import get"), FOUND),
        ("of all names", python("from .second import get", "-- lib/net/second.py\nfrom .empty import *"), FOUND),
        ("of a script", script("export { get } from './other';"), FOUND),
        // What leads somewhere holds.
        ("another's own", python(own, ""), &[]),
        ("another's, given on", python("from .second import get", &format!("-- lib/net/second.py\n{own}")), &[]),
        (
            "its own where the import fails",
            python(&format!("try:\n    from .empty import get\nexcept ImportError:\n    pass\n{own}"), ""),
            &[],
        ),
    ]);
}

#[test]
fn classes_of_a_package_that_is_imported_whole_are_known() {
    let java = |imports: &str, more: &str| {
        format!(
            "-- service.emoji/Main.java\n{imports}\npublic class Main {{ public static void main(String[] a) throws Exception {{ HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(\"http://s-ledger/x\")).build(), null); }} }}\n{more}-- service.ledger/x.txt\n"
        )
    };
    let own = "-- service.emoji/HttpRequest.java\nclass HttpRequest { static HttpRequest newBuilder(URI uri) { return null; } HttpRequest build() { return this; } }\n";
    let kotlin = "-- service.emoji/Main.kt\nimport java.net.*\nfun main() {\n    URL(\"http://s-ledger/x\").openStream()\n}\n-- service.ledger/x.txt\n";
    finds_all(&[
        ("Java", java("import java.net.URI;\nimport java.net.http.*;", ""), FOUND),
        ("Java, of several", java("import java.util.*;\nimport java.net.*;\nimport java.net.http.*;", ""), FOUND),
        ("Kotlin", kotlin.to_owned(), FOUND),
        ("the tree's own class", java("import java.net.URI;\nimport java.net.http.*;", own), &[]),
        ("another package", java("import java.net.URI;\nimport java.util.*;", ""), &[]),
    ]);
}
