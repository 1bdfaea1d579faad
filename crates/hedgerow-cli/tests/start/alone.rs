//! `init` in a repository that is one program, whose code lies in no directory that is called like a service.

use crate::common::{Command, tree};
use crate::init::{deployment, proposed};

const COMPOSE: &[u8] = b"services: {orders: {image: bank/orders}, orders-db: {image: mongo}}\n";
const CALL: &[u8] = b"import requests\n\nrequests.get('http://orders-db:27017/x')\n";

/// The services that are proposed, where the code is said to be, and whether somebody is asked whose it is.
fn told(directory: &str, files: &[(&str, &[u8])]) -> (String, String, bool) {
    let files: Vec<(String, &[u8])> = files.iter().map(|(path, text)| (format!("{directory}/{path}"), *text)).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let root = tree(&files);
    let root = root.path().join(directory);
    let text = proposed(&root, "--services");
    let named =
        |line: &str| line.strip_prefix("#   ").and_then(|line| line.split_once(": ")).map(|(name, _)| name.to_owned());
    let is_count = |line: &str| line.ends_with(" service:") || line.ends_with(" services:");
    let services: Vec<String> = text.lines().skip_while(|line| !is_count(line)).skip(1).map_while(named).collect();
    assert!(!text.contains("; \n"), "{text}");
    let place = text.lines().find_map(|line| line.trim().strip_prefix("- {path: ")).unwrap_or_default().to_owned();
    (services.join(" "), place, text.contains("belongs to none of these services"))
}

#[test]
fn code_at_the_top_is_the_one_services() {
    let row = |services: &str, place: &str, is_asked: bool| (services.to_owned(), place.to_owned(), is_asked);
    let mine = "\".\", name: orders}";
    let own = deployment("orders", "80");
    let other = deployment("shop-orders", "80");
    type Files<'f> = &'f [(&'f str, &'f [u8])];
    let rows: [(&str, Files<'_>, (String, String, bool)); 10] = [
        // One of several, which is called like the directory; what packs it lies elsewhere.
        (
            "orders",
            &[
                ("compose.yaml", COMPOSE),
                ("pom.xml", b""),
                ("src/main/java/A.java", b"class A {}\n"),
                ("docker/orders/Dockerfile", b""),
            ],
            row("orders orders-db", mine, false),
        ),
        // The only one, whatever the directory is called.
        (
            "x",
            &[("deploy/k.yaml", &own), ("go.mod", b"module x\n"), ("cmd/x/x.go", b"package main\n")],
            row("orders", mine, false),
        ),
        (
            "orders",
            &[("deploy/k.yaml", &other), ("package.json", b"{}"), ("server.js", b"")],
            row("shop-orders", "\".\", name: shop-orders}", false),
        ),
        // Nothing deploys it; its tests have compose files of their own.
        (
            "orders",
            &[
                ("test/compose.yaml", b"services: {carts: {image: x}}\n"),
                ("package.json", b"{}"),
                ("server.js", b""),
                ("test/package.json", b"{}"),
                ("test/a.js", b""),
            ],
            row("orders", mine, false),
        ),
        // None of several is called so.
        ("x", &[("compose.yaml", COMPOSE), ("setup.py", b""), ("app/main.rb", b"")], row("orders orders-db", "", true)),
        // Programs of their own, below a file for all of them.
        ("orders", &[("package.json", b"{}"), ("carts/package.json", b"{}"), ("carts/a.js", b"")], row("", "", false)),
        // Code beside the service's files.
        (
            "orders",
            &[("compose.yaml", COMPOSE), ("go.mod", b""), ("orders/main.go", b"package main\n")],
            row("orders orders-db", "", false),
        ),
        // No program at all.
        ("orders", &[("deploy/k.yaml", &own), ("notes.md", b"")], row("orders", "", false)),
        ("orders", &[("Dockerfile", b"FROM x\n")], row("", "", false)),
        ("My Orders", &[("package.json", b"{}"), ("server.js", b"")], row("", "", false)),
    ];
    for (directory, files, expected) in rows {
        assert_eq!(told(directory, files), expected, "{directory}: {files:?}");
    }
}

#[test]
fn the_scan_then_finds_its_calls() {
    let root = tree(&[("orders/compose.yaml", COMPOSE), ("orders/setup.py", b""), ("orders/app/main.py", CALL)]);
    let root = root.path().join("orders");
    let _text = proposed(&root, "--services");
    let ran = Command::new(&root, "scan --write").run();
    assert_eq!(ran.exit, hedgerow_cli::Exit::Done, "{}", ran.stderr);
    assert!(root.join("hedgerow/orders/egress/orders-db.rule").exists(), "{}", ran.stderr);
}
