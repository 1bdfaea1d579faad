//! The commands of README and of the page about integrations, run as they stand from the top of the repository.

use crate::page::{Part, parts};
use crate::program::{Sandbox, repository, run, tool};
use std::collections::BTreeSet;

/// What is not run as it stands: the page, how the block begins, and why.
const NOT_RUN: &[(&str, &str, &str)] = &[
    ("README.md", "scripts/demo", "scripts of minutes; the tests are what they call"),
    ("README.md", "cargo install", "builds a release; packaging/try takes these steps with one"),
    (
        "README.md",
        "helm template emoji testdata/bank/service.emoji/chart \\\n  | cargo run",
        "builds an example, as `cargo test` does",
    ),
    ("docs/integrations.md", "helm upgrade --install", "needs a cluster; README shows the same with `helm template`"),
    ("docs/integrations.md", "helm plugin install", "needs a cluster; README shows the same with `helm template`"),
    ("docs/integrations.md", "kpt fn eval", "needs kpt; kpt.rs"),
];

/// The blocks that are scripts, each with its page.
fn scripts() -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for page in ["README.md", "docs/integrations.md"] {
        let text = std::fs::read_to_string(repository().join(page)).expect("the page is there");
        found.extend(parts(&text).into_iter().filter_map(|part| match part {
            Part::Block(block) if block.language == "sh" => Some((page, block.text)),
            Part::Block(_) | Part::Empty(_) | Part::Absent(_) => None,
        }));
    }
    found
}

#[test]
fn what_pages_say_of_hosts_works_as_it_stands() {
    let (Some(helm3), Some(helm4), Some(kustomize), Some(kubectl)) =
        (tool("helm3"), tool("helm4"), tool("kustomize"), tool("kubectl"))
    else {
        return;
    };
    let mut listed = BTreeSet::new();
    let mut ran = 0;
    for (page, script) in scripts() {
        if let Some(at) = NOT_RUN.iter().position(|(on, begin, _)| *on == page && script.starts_with(begin)) {
            listed.insert(at);
            continue;
        }
        let sandbox = Sandbox::new();
        let is_four = script.contains("helm plugin install") || script.contains("helm4/helm4");
        sandbox.link("helm", if is_four { &helm4 } else { &helm3 });
        sandbox.link("kustomize", &kustomize);
        // There is no cluster: what would be applied is printed.
        let shim = format!("#!/bin/sh\n[ \"$1\" != apply ] || exec cat\nexec {} \"$@\"\n", kubectl.display());
        let shim = sandbox.write("kubectl", shim);
        std::fs::set_permissions(&shim, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it can be run");
        sandbox.link("kubectl", &shim);
        let mut command = sandbox.command("bash");
        command.args(["-euo", "pipefail", "-c", &script]);
        let outcome = run(&mut command, b"");
        ran += 1;
        assert_eq!(outcome.code, 0, "{page}:\n{script}\n{}", outcome.stderr);
        let printed = String::from_utf8(outcome.stdout).expect("output is UTF-8");
        // A proof prints nothing.
        let is_proof = script.contains("prove-labels");
        assert_eq!(printed.contains("bank.example/routing-name"), !is_proof, "{page}:\n{script}\n{printed}");
    }
    assert!(ran >= 8, "only {ran} were run");
    assert_eq!(listed.len(), NOT_RUN.len(), "the list names what no page shows");
}
