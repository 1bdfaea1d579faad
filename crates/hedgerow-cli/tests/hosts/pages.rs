//! The commands of README and of the page about integrations, run as they stand from the top of the repository.

use crate::page::{Part, parts};
use crate::program::{Sandbox, repository, run, tool};

/// The pages whose scripts are run; `tests/docs` runs those of docs/import.md.
const PAGES: [&str; 3] = ["README.md", "docs/integrations.md", "integrations/kustomize/README.md"];

/// The blocks that are scripts, each with its page, but for those of which the page says that no test runs them.
fn scripts() -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for page in PAGES {
        let text = std::fs::read_to_string(repository().join(page)).expect("the page is there");
        found.extend(parts(&text).into_iter().filter_map(|part| match part {
            Part::Block(block) if block.language == "sh" && block.not_run.is_none() => Some((page, block.text)),
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
    let mut ran = 0;
    for (page, script) in scripts() {
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
    assert!(ran >= 10, "only {ran} were run");
}
