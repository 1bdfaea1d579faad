//! Calls in code of JavaScript and TypeScript that imports lead to by other names than its place; `program/javascript/tests.rs` has the
//! table of names.

use super::{finds, outcome};
use hedgerow_scan::Reason;

/// A client in a file of its own, and who calls it.
fn tree(manifests: &str, client: &str, import: &str) -> String {
    format!(
        "{manifests}-- {client}\nexport const get = (url: string) => fetch(url);\n\
         -- service.emoji/src/main.ts\nimport {{ get }} from '{import}';\nget('http://s-ledger/x');\n-- service.ledger/x.txt\n"
    )
}

#[test]
fn calls_behind_names_of_modules_are_found() {
    for (manifests, client, import) in [
        (
            "-- service.emoji/tsconfig.json\n{\"compilerOptions\": {\"paths\": {\"@/*\": [\"./src/*\"]}}} // names\n",
            "service.emoji/src/lib/http.ts",
            "@/lib/http",
        ),
        (
            "-- tsconfig.base.json\n{\"compilerOptions\": {\"paths\": {\"@acme/http\": [\"libs/http/src/index.ts\"]}}}\n\
             -- service.emoji/tsconfig.json\n{\"extends\": \"../tsconfig.base.json\"}\n",
            "libs/http/src/index.ts",
            "@acme/http",
        ),
        (
            "-- package.json\n{\"workspaces\": [\"libs/*\", \"service.*\"]}\n\
             -- libs/http/package.json\n{\"name\": \"@acme/http\", \"exports\": {\".\": \"./dist/index.js\"}}\n",
            "libs/http/src/index.ts",
            "@acme/http",
        ),
        (
            "-- pnpm-workspace.yaml\npackages: [libs/*]\n-- libs/http/package.json\n{\"name\": \"http-client\", \"main\": \"build/main.js\"}\n",
            "libs/http/src/main.ts",
            "http-client",
        ),
        (
            "-- service.emoji/package.json\n{\"imports\": {\"#http\": \"./src/http.js\"}}\n",
            "service.emoji/src/http.ts",
            "#http",
        ),
    ] {
        finds(&tree(manifests, client, import), &["emoji -> ledger proven"]);
    }
}

#[test]
fn imports_of_the_tree_that_lead_nowhere_are_in_the_account() {
    let manifests = "-- service.emoji/tsconfig.json\n{\"compilerOptions\": {\"paths\": {\"@gen/*\": [\"./gen/*\"]}}}\n\
                     -- libs/http/package.json\n{\"name\": \"@acme/http\"}\n";
    for (import, expected) in [
        ("@gen/client", vec!["@gen/client"]),
        ("@acme/http/client", vec!["@acme/http/client"]),
        ("@/gone", vec!["@/gone"]),
        ("./gone", vec!["./gone"]),
        ("./gone.css", vec![]),
        ("axios", vec![]),
        ("@acme/other", vec![]),
    ] {
        let found = outcome(&tree(manifests, "libs/x.ts", import));
        let left = found.accounts["service.emoji"].left.iter().filter(|left| left.reason == Reason::Import);
        let left: Vec<&str> = left.map(|left| left.what.as_str()).collect();
        assert_eq!(left, expected, "{import}");
    }
}

#[test]
fn a_function_whose_name_ends_in_client_is_no_generated_client() {
    let tree = |call: &str| {
        format!(
            "-- service.emoji/main.ts\nimport {{ makeClient, LedgerClient }} from './clients';\nimport config from 'config';\n{call};\n\
             -- service.emoji/clients.ts\nexport const makeClient = (options: any) => options;\nexport class LedgerClient {{ constructor(address: string) {{}} }}\n-- service.ledger/x.txt\n"
        )
    };
    finds(&tree("makeClient(config.get('ledger'))"), &[]);
    finds(&tree("new LedgerClient('s-ledger:50051')"), &["emoji -> ledger proven"]);
}
