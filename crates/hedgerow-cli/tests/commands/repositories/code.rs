//! The code of a repository with one service lies where its language wants it: what a pull request runs there, as docs/catalogue.md says.

use super::{Forge, SERVICES};
use hedgerow_cli::Exit;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The code of each service: nothing of it lies in a directory that is called like the service.
const CODE: [(&str, &str, &str); 9] = [
    (
        "front-end",
        "server.js",
        "const express = require('express');\nconst app = express();\napp.get('/', async () => {\n  await fetch('http://carts:8080/x');\n  await fetch('http://catalogue:8080/x');\n  await fetch('http://orders:8080/x');\n});\napp.listen(80);\n",
    ),
    (
        "catalogue",
        "src/main.go",
        "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n",
    ),
    ("carts", "app/main.py", "import requests\n\nrequests.get('http://catalogue:8080/x')\n"),
    (
        "orders",
        "src/cmd/server/main.go",
        "package main\n\nimport (\n\t\"net/http\"\n\n\t\"example.com/orders/src/calls\"\n)\n\nfunc main() {\n\thttp.Get(\"http://carts:8080/x\")\n\tcalls.All()\n}\n",
    ),
    (
        "orders",
        "src/calls/calls.go",
        "package calls\n\nimport \"net/http\"\n\nfunc All() {\n\thttp.Get(\"http://payment:9090/x\")\n\thttp.Get(\"http://shipping:8080/x\")\n\thttp.Get(\"http://user:8080/x\")\n}\n",
    ),
    ("orders", "go.mod", "module example.com/orders\n"),
    ("payment", "lib/payment.rb", "require 'net/http'\nNet::HTTP.get(URI('http://user:8080/x'))\n"),
    // Code in the service's own directory counts as it always did.
    ("shipping", "shipping/main.py", "from flask import Flask\n\nFlask(__name__).run()\n"),
    (
        "user",
        "src/main/java/shop/Main.java",
        "package shop;\n\nclass Main {\n    public static void main(String[] arguments) {}\n}\n",
    ),
];

fn git(directory: &Path, arguments: &str) {
    let mut git = Command::new("git");
    git.current_dir(directory).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    git.args(["-c", "user.name=t", "-c", "user.email=t@t.example", "-c", "init.defaultBranch=main"]);
    let output = git.args(arguments.split_whitespace()).output().unwrap();
    assert!(output.status.success(), "git {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

fn with_code() -> Forge {
    let forge = Forge::new();
    for (service, path, text) in CODE {
        forge.write(&format!("{service}/{path}"), text);
    }
    forge
}

#[test]
fn what_a_pull_request_runs_knows_the_code_wherever_it_lies() {
    let forge = with_code();
    forge.publish();
    fs::copy(forge.path("all/catalogue.json"), forge.path("all/before.json")).unwrap();
    for (service, ..) in SERVICES {
        let repository = forge.path(service);
        git(&repository, "init --quiet");
        git(&repository, "add --all");
        git(&repository, "commit --quiet --message main");
        git(&repository, "update-ref refs/remotes/origin/main HEAD");
        forge.done(service, "check");
        let ran = forge.run(service, "scan --check");
        assert_eq!((ran.exit, ran.out()), (Exit::Done, ""), "{service}: {}", ran.stderr);
        assert!(ran.stderr.contains("1 service with code"), "{service}: {}", ran.stderr);
        let said = forge.done(service, "diff origin/main --base-catalogue ../all/before.json");
        assert_eq!(said, "nothing changes\n", "{service}");
    }
    // Another call, in the file that is loaded from there.
    let calls = forge.path("orders/src/calls/calls.go");
    let text = fs::read_to_string(&calls).unwrap();
    fs::write(&calls, text.replace("http://user:8080/x", "http://catalogue:8080/x")).unwrap();
    let ran = forge.run("orders", "scan --check");
    assert_eq!(ran.exit, Exit::Findings, "{}", ran.stderr);
    let said = format!("{}{}", ran.out(), ran.stderr);
    assert!(said.contains("src/calls/calls.go:8") && said.contains("catalogue"), "{said}");
    fs::remove_file(forge.path("orders/orders/egress/user.rule")).unwrap();
    forge.done("orders", "scan --write");
    assert!(forge.path("orders/orders/egress/catalogue.rule").exists());
    forge.done("orders", "scan --check");
    let said = forge.run("orders", "diff origin/main --base-catalogue ../all/before.json --format json");
    let value: Value = serde_json::from_str(said.out()).unwrap();
    let edges = value["edges"].to_string();
    assert!(edges.contains("\"catalogue\"") && edges.contains("\"user\""), "{edges}");
}

/// What a row shows, how its repository differs, the calls that are found, and whether the code has no beginning.
type Row<'r> = (&'r str, &'r dyn Fn(&Forge), (usize, bool));

/// What of `scan` says where code lies counts, and a tree with several services has it in their directories.
#[test]
fn a_service_has_the_whole_repository_where_it_is_alone_and_nothing_is_said() {
    let told = |change: &dyn Fn(&Forge)| {
        let forge = with_code();
        forge.publish();
        change(&forge);
        let ran = forge.run("orders", "scan --format csv");
        let calls = ran.out().lines().filter(|line| line.starts_with("orders,")).count();
        (calls, ran.stderr.contains("no-entry"))
    };
    let config = |forge: &Forge, from: &str, to: &str| {
        let text = fs::read_to_string(forge.path("orders/hedgerow.yaml")).unwrap();
        assert!(text.contains(from), "{text}");
        forge.write("orders/hedgerow.yaml", &text.replace(from, to));
    };
    let end = "  prod: {stage: audit}\n";
    let rows: [Row<'_>; 7] = [
        ("as it is", &|_| {}, (4, false)),
        ("the cache knows it", &|forge| drop(forge.run("orders", "scan --cache .cache")), (4, false)),
        (
            "a place is said",
            &|forge| config(forge, end, &format!("{end}scan: {{services: [{{path: src/calls, name: orders}}]}}\n")),
            (3, false),
        ),
        (
            "a pattern says it for all repositories",
            &|forge| {
                config(forge, end, &format!("{end}scan: {{services: [{{path: 'src/cmd/{{name}}', name: orders}}]}}\n"));
            },
            (4, false),
        ),
        (
            "a place of another service",
            &|forge| config(forge, end, &format!("{end}scan: {{services: [{{path: src/cmd, name: worker}}]}}\n")),
            (3, false),
        ),
        ("two services of its own", &|forge| forge.write("orders/user/service.yaml", "owner: web\n"), (0, true)),
        (
            "no catalogue",
            &|forge| {
                config(forge, "  catalogue: ../all/catalogue.json\n", "");
                fs::remove_dir_all(forge.path("orders/orders/egress")).unwrap();
            },
            (0, true),
        ),
    ];
    for (what, change, expected) in rows {
        assert_eq!(told(change), expected, "{what}");
    }
}

/// The same files with and without the catalogue: a cache that one run filled does not answer for the other.
#[test]
fn a_cache_knows_whether_the_service_is_alone() {
    let forge = with_code();
    forge.publish();
    let calls = |repository: &str| {
        forge
            .run(repository, "scan --format csv --cache ../cache")
            .out()
            .lines()
            .filter(|line| line.starts_with("shipping,"))
            .count()
    };
    // Alone in a fleet of one, so that the catalogue adds no service.
    let config = "version: 1\nlabels: {domain: shop.example}\nservices: {include: [shipping], catalogue: ../all/one.json, defaults: {namespace: shop}}\nenvironments: {prod: {stage: audit}}\n";
    forge.write("shipping/hedgerow.yaml", config);
    forge.write("shipping/main.py", "import requests\n\nrequests.get('http://shipping:8080/x')\n");
    fs::remove_file(forge.path("shipping/shipping/main.py")).unwrap();
    forge.done("shipping", "catalogue --out ../all/one.json");
    let is_read = |forge: &Forge| !forge.run("shipping", "scan --cache ../cache").stderr.contains("no-entry");
    let _first = calls("shipping");
    assert!(is_read(&forge));
    forge.write("shipping/hedgerow.yaml", &config.replace(", catalogue: ../all/one.json", ""));
    assert!(!is_read(&forge));
    forge.write("shipping/hedgerow.yaml", config);
    assert!(is_read(&forge));
}
