//! What the account says of a service: what was read of its code, where that begins, and what was left.

use crate::outcome;
use crate::silent::{indented, rows, tree};
use hedgerow_core::diag::Code;
use hedgerow_scan::{Outcome, Reason};

/// The account of the caller: languages with files and lines, entries, and what was left.
pub(crate) fn account(files: &str) -> (Outcome, Vec<String>) {
    let outcome = outcome(&tree(files));
    let account = outcome.accounts["service.shop"].clone();
    let read = account.read.iter().map(|(language, amount)| format!("{language} {} {}", amount.files, amount.lines));
    let left = account
        .left
        .iter()
        .map(|left| format!("{}: {} {} {}", left.reason.as_str(), left.what, left.files, left.first));
    let lines = read.chain([format!("entries {}", account.entries)]).chain(left).collect();
    (outcome, lines)
}

#[test]
fn an_account_says_what_was_read_and_what_was_not() {
    for (files, expected) in [
        (
            "-- service.shop/main.go\npackage main\n\nfunc main() {}\n-- service.shop/a.py\nprint(1)\n",
            &["Go 1 3", "Python 1 1", "entries 2"][..],
        ),
        (
            "-- service.shop/lib/x.go\npackage lib\nfunc X() {}\n",
            &["Go 1 2", "entries 0", "no entry point:  1 service.shop/lib/x.go"],
        ),
        (
            "-- service.shop/a.swift\nfn main() {}\n-- service.shop/b.swift\n\n\n",
            &["entries 0", "language not read: Swift 2 service.shop/a.swift"],
        ),
        (
            "-- service.shop/a.js\nimport x from './gone';\nimport './style.css';\n",
            &["JavaScript 1 2", "entries 1", "import that leads nowhere: ./gone 1 service.shop/a.js"],
        ),
        (
            "-- service.shop/a.py\nfrom .gone import x\n",
            &["Python 1 1", "entries 1", "import that leads nowhere: .gone 1 service.shop/a.py"],
        ),
        (
            "-- service.shop/main.go\npackage main\nimport \"bank/gone\"\nfunc main() {}\n",
            &["Go 1 3", "entries 1", "import that leads nowhere: bank/gone 1 service.shop/main.go"],
        ),
        (
            "-- service.shop/a.ts\nimport x from '@/b';\n-- service.shop/b.ts\nexport default 1;\n\
             -- service.shop/tsconfig.json\n{\"compilerOptions\": {\"rootDirs\": 5, \"paths\": {\"@/*\": [\"./*\"]}}}\n-- service.cart/tsconfig.json\n{\n",
            &["TypeScript 2 2", "entries 1", "not parsed in full:  1 service.shop/tsconfig.json"],
        ),
        ("-- service.shop/x.yaml\na: [\n", &["entries 0", "deploy file not understood: "]),
        (
            "-- service.shop/main.go\npackage main\nfunc main() { ((( }\n",
            &["Go 1 2", "entries 1", "not parsed in full:  1 service.shop/main.go"],
        ),
    ] {
        let (_, found) = account(files);
        let fits = found.len() == expected.len()
            && found.iter().zip(expected).all(|(a, b)| a == b || (b.ends_with(": ") && a.starts_with(b)));
        assert!(fits, "{files}{found:#?}");
    }
}

#[test]
fn one_main_of_many_commands_begins_the_service_by_what_it_shows() {
    let files = "-- hedgerow.yaml\nscan: {services: [{path: cmd/shop, name: service.shop}]}\n-- cmd/main.go\npackage main\nimport \"bank/cmd/shop/commands\"\nfunc main() { commands.New() }\n\
                 -- cmd/shop/commands/x.go\npackage commands\nimport \"net/http\"\nfunc New() { http.Get(\"http://s-ledger\") }\nfunc hidden() { http.Get(\"http://s-cart\") }\n";
    rows(&[(files, &["shop -> ledger proven", "shop ? cart"])]);
    let (outcome, _) = account(files);
    assert_eq!(outcome.accounts["service.shop"].entries, 1);
    assert!(outcome.accounts["service.shop"].left.iter().all(|left| left.reason != Reason::NoEntry));
}

#[test]
fn tests_below_a_directory_that_is_said_to_be_a_services_are_not_read() {
    let files = "-- hedgerow.yaml\nscan: {services: [{path: 'tests/{name}', name: 'service.{name}'}]}\n-- tests/shop/main.go\npackage main\nimport \"net/http\"\nfunc main() { http.Get(\"http://s-ledger\") }\n\
                 -- tests/shop/test/x.go\npackage main\nimport \"net/http\"\nfunc main() { http.Get(\"http://s-cart\") }\n";
    rows(&[(files, &["shop -> ledger proven"])]);
}

#[test]
fn a_service_that_is_given_addresses_and_imports_what_is_nowhere_is_asked_about() {
    let go = |comment: &str| {
        format!(
            "-- service.shop/main.go\npackage main\n{comment}\nimport gen \"bank/gen/ledger\"\nfunc main() {{ gen.Call() }}\n"
        )
    };
    let python = "-- service.shop/main.py\nfrom .gen import call\ncall()\n";
    let pod = indented("env: [{name: LEDGER, value: 's-ledger:80'}]").replace("-- service.shop/x.txt\n", "");
    let mounted = "-- deploy/shop.yaml\nkind: Deployment\nmetadata: {name: s-shop}\nspec: {template: {spec: {volumes: [{configMap: {name: f}}], containers: [{image: x}]}}}\n---\nkind: ConfigMap\nmetadata: {name: f}\ndata: {app.yaml: \"ledger: {host: s-ledger}\"}\n";
    let blind = |tree: &str| {
        let found = outcome(&self::tree(tree));
        let blind = found.findings.into_iter().filter(|finding| finding.code == Code::UnparsedCode);
        blind.map(|finding| (finding.services, finding.callees, finding.message)).collect::<Vec<_>>()
    };
    for tree in [
        format!("{}{pod}", go("")),
        format!("{python}{pod}"),
        format!("{}{mounted}", go("")),
        format!("{}-- service.shop/config.yaml\nledger: http://s-ledger\n", go("")),
    ] {
        let found = blind(&tree);
        let [(services, callees, message)] = &found[..] else { panic!("{tree}\n{found:?}") };
        assert!(services.contains("service.shop") && callees.contains("service.ledger"), "{message}");
        assert!(message.contains("gen") && message.contains("`service.shop`"), "{message}");
    }
    for tree in [
        // No address, a library of others, a comment, a call that is known, and what people say of it.
        go(""),
        format!("{}{pod}", go("").replace("bank/gen", "example.com/gen")),
        format!("{}{pod}", go("// rpcmap: service.cart")),
        format!("{}{pod}-- service.shop/run.sh\ncurl http://s-ledger/x\n", go("")),
        format!("-- hedgerow.yaml\nscan: {{manual: {{service.shop: by hand}}}}\n{}{pod}", go("")),
        format!("-- hedgerow.yaml\nscan: {{ignore: {{'service.shop -> service.ledger': no}}}}\n{}{pod}", go("")),
    ] {
        assert_eq!(blind(&tree), [], "{tree}");
    }
}

#[test]
fn a_program_whose_first_file_is_loaded_by_those_that_it_loads_begins_there() {
    // Beside each ring lies a file that nobody loads, and that is not where the program begins.
    let aside = "-- service.shop/aside.js\nconsole.log('x');\n";
    let python = "-- service.shop/aside.py\nprint('x')\n";
    let called = &["shop -> ledger proven"][..];
    rows(&[
        (
            &format!(
                "{aside}-- service.shop/app.ts\nimport {{ run }} from './lib.js';\nexport const db = {{}};\nrun();\n-- service.shop/lib.ts\nimport {{ db }} from './app.js';\nexport function run() {{ fetch('http://s-ledger/x', db); }}\n"
            ),
            called,
        ),
        (
            &format!(
                "{aside}-- service.shop/z.js\nconst a = require('./a');\nexports.url = 'http://s-ledger';\na.go();\n-- service.shop/a.js\nconst b = require('./b');\nexports.go = () => b.call();\n-- service.shop/b.js\nconst z = require('./z');\nexports.call = () => fetch(z.url);\n"
            ),
            called,
        ),
        (
            &format!(
                "{python}-- service.shop/main.py\nimport db\nAPP = 1\ndb.go()\n-- service.shop/db.py\nimport models\ndef go():\n    models.go()\n-- service.shop/models.py\nimport requests\nimport main\ndef go():\n    requests.get('http://s-ledger/x')\n"
            ),
            called,
        ),
        // Two rings, of which the one loads the other.
        (
            &format!(
                "{aside}-- service.shop/a.ts\nimport './b';\nimport {{ go }} from './c';\ngo();\n-- service.shop/b.ts\nimport './a';\n-- service.shop/c.ts\nimport {{ call }} from './d';\nexport function go() {{ call(); }}\n-- service.shop/d.ts\nimport './c';\nexport function call() {{ fetch('http://s-ledger/x'); }}\n"
            ),
            called,
        ),
        // What a ring only offers, nobody calls.
        (
            &format!(
                "{aside}-- service.shop/a.ts\nimport {{ b }} from './b';\nexport function a() {{ fetch('http://s-ledger/x'); }}\n-- service.shop/b.ts\nimport {{ a }} from './a';\nexport function b() {{}}\n"
            ),
            &["shop ? ledger"],
        ),
    ]);
}

#[test]
fn code_of_a_service_below_another_ones_is_its_own_alone() {
    let call = |language: &str| match language {
        "go" => "main.go\npackage main\nimport \"net/http\"\nfunc main() { http.Get(\"http://s-ledger\") }\n",
        "py" => "main.py\nimport requests\nrequests.get('http://s-ledger')\n",
        "rs" => "main.rs\nfn main() { reqwest::blocking::get(\"http://s-ledger\"); }\n",
        "cs" => "main.cs\nusing System.Net.Http;\nawait new HttpClient().GetAsync(\"http://s-ledger\");\n",
        _ => "main.js\nfetch('http://s-ledger');\n",
    };
    for language in ["js", "go", "py", "rs", "cs"] {
        for (above, below) in [(".", "cart"), ("top", "top/cart"), ("top", "top/x/cart")] {
            let files = format!(
                "-- hedgerow.yaml\nscan: {{services: [{{path: {above}, name: service.shop}}, {{path: {below}, name: service.cart}}]}}\n-- {}main.js\nconsole.log(1);\n-- {below}/{}",
                if above == "." { String::new() } else { format!("{above}/") },
                call(language)
            );
            rows(&[(&files, &["cart -> ledger proven"])]);
        }
    }
    // What is said to begin in another one's directory does.
    let files = "-- hedgerow.yaml\nscan: {services: [{path: ., name: service.shop, main: cart/job.js}, {path: cart, name: service.cart}]}\n\
                 -- cart/main.js\nconsole.log(1);\n-- cart/job.js\nfetch('http://s-ledger');\n";
    rows(&[(files, &["cart -> ledger proven", "shop -> ledger proven"])]);
}
