//! Where Python looks for modules: `PYTHONPATH` of images and compose files.

use crate::kinds::all_call;
use crate::{outcome, summary};
use hedgerow_scan::Reason;

const CLIENT: &str = "import httpx\ndef go():\n    httpx.get('http://s-ledger/x')\n";
const MAIN: &str = "-- service.shop/app/main.py\nfrom books.client import go\ngo()\n";

/// A service whose client lies in a directory.
fn tree(directory: &str, files: &str) -> String {
    format!("{files}{MAIN}-- {directory}/client.py\n{CLIENT}")
}

fn image(lines: &str) -> String {
    format!("-- service.shop/Dockerfile\nFROM python\nWORKDIR /app\n{lines}\nCMD python app/main.py\n")
}

fn compose(what: &str) -> String {
    format!("-- docker-compose.yml\nservices: {{service.shop: {{image: x, {what}}}}}\n")
}

#[test]
fn modules_are_found_where_the_deploy_says() {
    let own = "service.shop/src/lib/books";
    let shared = "common/python/books";
    let rows = [
        tree(own, &image("COPY . /app\nENV PYTHONPATH=/app/src/lib")),
        tree(own, &image("COPY . .\nENV PYTHONPATH=\"${PYTHONPATH}:/app/src/lib\"")),
        tree(own, &image("ARG ROOT=/app\nCOPY src /app/code\nENV PYTHONPATH $ROOT/code/lib/")),
        tree(own, &image("COPY service.shop /app\nENV PYTHONPATH=/app/src/lib")),
        tree(shared, &image("COPY common/python /opt/python\nENV PYTHONPATH=/opt/python")),
        // The package alone, by its own name.
        tree(shared, &image("COPY common/python/books /opt/books\nENV PYTHONPATH=/x:/opt")),
        tree(shared, &compose("volumes: ['./common/python:/libs:ro'], environment: {PYTHONPATH: /libs}")),
        tree(
            shared,
            &compose("volumes: ['.:/code'], environment: ['PYTHONPATH=/code/service.shop:/code/common/python']"),
        ),
        tree(
            shared,
            &compose("volumes: [{type: bind, source: ./common, target: /c}], environment: {PYTHONPATH: '/c/python'}"),
        ),
        tree(
            shared,
            &compose(
                "build: {context: ., dockerfile: service.shop/Dockerfile}, environment: {PYTHONPATH: '/app/common/python'}",
            ),
        ) + &image("COPY . /app"),
        tree(own, &compose("environment: {PYTHONPATH: src/lib}")),
        format!(
            "{}-- kube.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: s-shop}}\nspec: {{template: {{spec: {{containers: [{{name: s-shop, env: [{{name: PYTHONPATH, value: /app/src/lib}}]}}]}}}}}}\n",
            tree(own, &image("COPY . /app"))
        ),
        // What lies there looks there, too.
        format!(
            "{}{MAIN}-- common/python/books/client.py\nfrom net.http import go\n-- common/lib/net/http.py\n{CLIENT}",
            compose("volumes: ['./common:/c'], environment: {PYTHONPATH: '/c/python:/c/lib'}")
        ),
    ];
    all_call("proven", &rows.each_ref().map(String::as_str));
}

#[test]
fn the_only_module_of_a_package_is_meant_wherever_it_lies() {
    let rows = [
        tree("common/python/books", ""),
        tree(
            "common/src/books",
            "-- common/Dockerfile\nFROM python\nWORKDIR /opt\nCOPY src/ .\n-- service.shop/Dockerfile\nARG BASE\nFROM ${BASE}\nWORKDIR /opt\nCOPY app/ .\n",
        ),
        tree("common/python/books", &image("COPY . /app\nENV PYTHONPATH=/app/other")),
        tree("service.shop/parts/books", ""),
        tree("common/python/books", "-- service.ledger/books/client.py\nx = 1\n"),
        tree("common/python/books", "")
            .replace("books.client import go", "books import client")
            .replace("\ngo()", "\nclient.go()"),
        tree("common/python/books/inner", "").replace("from books", "from books.inner"),
    ];
    all_call("proven", &rows.each_ref().map(String::as_str));
    for (what, tree) in [
        ("two of them", tree("common/python/books", "-- old/python/books/client.py\nx = 1\n")),
        ("another service's", tree("service.ledger/python/books", "")),
        ("of one word", tree("common/python", "").replace("books.client", "client")),
        ("a library that is known", tree("common/python/requests", "").replace("books.client", "requests.client")),
        ("of Python itself", tree("common/python/logging", "").replace("books.client", "logging.client")),
    ] {
        let found = summary(&outcome(&crate::silent::tree(&tree)));
        assert!(!found.iter().any(|line| line.contains("shop -> ledger")), "{what}: {found:?}");
    }
}

#[test]
fn a_module_that_lies_where_nobody_looks_is_in_the_account() {
    let left = |tree: &str| -> Vec<String> {
        let found = outcome(tree);
        let left = found.accounts["service.shop"].left.iter().filter(|left| left.reason == Reason::Import);
        left.map(|left| left.what.clone()).collect()
    };
    for files in [
        String::new(),
        image("COPY . /app\nENV PYTHONPATH=/app/other"),
        // Of another service.
        "-- docker-compose.yml\nservices: {service.cart: {image: x, volumes: ['./common/python:/libs'], environment: {PYTHONPATH: /libs}}}\n".to_owned(),
        compose("volumes: ['./common/python:/libs'], environment: {PYTHONPATH: /lib}"),
    ] {
        let files = format!("{files}-- other/python/books/client.py\nx = 1\n");
        let tree = crate::silent::tree(&tree("common/python/books", &files));
        let found = summary(&outcome(&tree));
        assert!(!found.iter().any(|line| line.contains("proven")), "{files}: {found:?}");
        assert_eq!(left(&tree), ["books.client"], "{files}");
    }
    // What the tree only has by name.
    for (import, place) in [
        ("import logging", "common/python/logging/__init__.py"),
        ("import requests", "common/python/requests/__init__.py"),
        ("from alembic import op", "service.shop/alembic/env.py"),
        ("import stripe", "service.ledger/lib/stripe/__init__.py"),
        ("import numpy", "common/python/books/__init__.py"),
    ] {
        let tree = format!("-- service.shop/app/main.py\n{import}\n-- {place}\nx = 1\n");
        assert!(left(&crate::silent::tree(&tree)).is_empty(), "{import}");
    }
    let sure = "-- service.shop/app/main.py\nimport stripe\n-- service.shop/lib/stripe/__init__.py\nx = 1\n";
    assert_eq!(left(&crate::silent::tree(sure)), ["stripe"]);
}

#[test]
fn modules_that_lie_in_many_directories_are_looked_for_once() {
    let mut tree = String::from("-- service.shop/main.py\nimport utils.money\n");
    for at in 0..40 {
        tree += &format!(
            "-- libs/l{at}/utils/__init__.py\nx = 1\n-- apps/service.a{at}/main.py\nimport utils.b.c\nimport utils.d\nfrom utils import q, r, s\n"
        );
    }
    let found = outcome(&crate::silent::tree(&(tree + "-- libs/l7/utils/money.py\nx = 1\n")));
    let left = found.accounts["service.shop"].left.iter().filter(|left| left.reason == Reason::Import);
    assert_eq!(left.map(|left| left.what.as_str()).collect::<Vec<_>>(), ["utils"]);
}
