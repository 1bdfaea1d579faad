//! Files as the editors and the frameworks of others leave them: with a byte order mark in front, or with a compose file's key in settings.

use crate::silent::told as rows;

const CALLS: &str =
    "-- service.shop/a.py\nimport os, requests\nrequests.get(os.environ['BOOKS_URL'])\n-- service.ledger/x.txt\n";
const COMPOSE: &str = "services: {s-shop: {image: x, environment: {BOOKS_URL: 'http://s-ledger:80'}}}\n";

#[test]
fn a_byte_order_mark_is_no_part_of_a_text() {
    let file = |path: &str, text: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{}}\n-- service.ledger/x.txt\n-- service.shop/x.txt\n-- {path}\n\u{feff}{text}\n"
        )
    };
    let joined: &[&str] = &["shop -> ledger joined"];
    rows(&[
        ("a compose file", format!("{CALLS}-- compose.yml\n\u{feff}name: bank\n{COMPOSE}"), joined),
        ("its first key", format!("{CALLS}-- compose.yml\n\u{feff}{COMPOSE}"), joined),
        (
            "a manifest",
            format!(
                "{CALLS}-- k8s/a.yaml\n\u{feff}apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: s-shop}}\nspec: {{template: {{spec: {{containers: [{{name: a, image: a, env: [{{name: BOOKS_URL, value: 'http://s-ledger'}}]}}]}}}}}}\n"
            ),
            joined,
        ),
        (
            "a file of variables",
            format!(
                "{CALLS}-- .env\n\u{feff}BOOKS=http://s-ledger:80\n-- compose.yml\nservices: {{s-shop: {{image: x, environment: {{BOOKS_URL: '${{BOOKS}}'}}}}}}\n"
            ),
            joined,
        ),
        (
            "a Dockerfile",
            format!("{CALLS}-- service.shop/Dockerfile\n\u{feff}ENV BOOKS_URL=http://s-ledger\nFROM x\n"),
            joined,
        ),
        (
            "settings",
            file("service.shop/src/main/resources/application.properties", "ledger.url=http://s-ledger"),
            &["shop -> ledger addressed"],
        ),
        (
            "settings in JSON",
            file("service.shop/appsettings.json", "{\"Ledger\": \"http://s-ledger\"}"),
            &["shop -> ledger addressed"],
        ),
        ("a script", file("service.shop/run.sh", "curl http://s-ledger/x"), &["shop -> ledger proven"]),
        (
            "code",
            file(
                "service.shop/a.go",
                "package main\nimport \"net/http\"\nfunc main() { http.Get(\"http://s-ledger\") }",
            ),
            &["shop -> ledger proven"],
        ),
        (
            "Python",
            file("service.shop/a.py", "import requests\nrequests.get('http://s-ledger')"),
            &["shop -> ledger proven"],
        ),
    ]);
}

#[test]
fn a_key_called_services_makes_no_compose_file() {
    let file = |path: &str, text: &str| {
        format!(
            "-- hedgerow.yaml\nscan: {{}}\n-- service.ledger/x.txt\n-- service.cart/x.txt\n-- service.shop/{path}\n{text}\n"
        )
    };
    let both: &[&str] = &["shop -> cart addressed", "shop -> ledger addressed"];
    let calls: &[&str] = &["shop -> ledger addressed"];
    rows(&[
        (
            "texts",
            file(
                "src/main/resources/application.yml",
                "services:\n  s-ledger: http://s-ledger:80\n  cart: http://s-cart\n",
            ),
            both,
        ),
        ("maps", file("config.yaml", "services:\n  ledger:\n    url: http://s-ledger:80\n    timeout: 3\n"), calls),
        ("of another profile", file("application-docker.yml", "services:\n  ledger: http://s-ledger:80\n"), calls),
        ("a list", file("conf/gateway.yaml", "services:\n  - name: a\n    url: http://s-ledger:80\n"), calls),
        ("beside others", file("settings.yml", "port: 80\nservices:\n  a: {host: s-ledger, port: 80}\n"), calls),
        (
            "Kong's",
            file(
                "kong.yml",
                "_format_version: '3.0'\nservices:\n- name: a\n  url: http://s-ledger:80\n  routes: [{paths: [/a]}]\n",
            ),
            calls,
        ),
        // A compose file beside the code is of the containers in it.
        (
            "compose",
            file(
                "docker-compose.yml",
                "services:\n  s-cart:\n    image: x\n    environment: {A_URL: 'http://s-ledger'}\n",
            ),
            &["cart -> ledger addressed"],
        ),
        (
            "compose of a few keys",
            file("compose.override.yml", "services:\n  s-cart:\n    environment: {A_URL: 'http://s-ledger'}\n"),
            &["cart -> ledger addressed"],
        ),
        // Symfony's.
        ("a container", file("config/services.yaml", "services:\n  App\\A: {arguments: ['http://s-ledger']}\n"), calls),
    ]);
}
