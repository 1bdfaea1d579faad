//! The hooks for pre-commit: what a commit changes or removes is never left out.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::program::{Sandbox, repository, run, tool};

const CONFIG: &str = "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"]}\nenvironments: {prod: {stage: enforce}}\n";

fn hooks() -> Vec<Value> {
    let text = std::fs::read_to_string(repository().join(".pre-commit-hooks.yaml")).expect("the hooks");
    serde_yaml::from_str(&text).expect("they are YAML")
}

/// pre-commit runs a hook that names `files` only where a path that is added or changed matches, and never where files are removed alone.
#[test]
fn the_hooks_run_whatever_a_commit_holds() {
    let hooks = hooks();
    assert_eq!(hooks.len(), 2);
    for hook in hooks {
        assert_eq!((&hook["always_run"], &hook["pass_filenames"]), (&Value::Bool(true), &Value::Bool(false)), "{hook}");
        for filter in ["files", "exclude", "types", "types_or", "exclude_types", "stages"] {
            assert!(hook.get(filter).is_none(), "{hook}");
        }
    }
}

fn git(sandbox: &Sandbox, directory: &str) -> Command {
    let mut git = sandbox.command("git");
    git.current_dir(sandbox.path(directory)).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for (role, name) in [("AUTHOR", "t"), ("COMMITTER", "t")] {
        git.env(format!("GIT_{role}_NAME"), name).env(format!("GIT_{role}_EMAIL"), "t@t.example");
    }
    git
}

fn commit(sandbox: &Sandbox, directory: &str) -> String {
    run(git(sandbox, directory).args(["init", "--quiet"]), b"").text();
    run(git(sandbox, directory).args(["add", "--all"]), b"").text();
    run(git(sandbox, directory).args(["commit", "--quiet", "--message", "base"]), b"").text();
    run(git(sandbox, directory).args(["rev-parse", "HEAD"]), b"").text().trim().to_owned()
}

/// What a commit does to a path: what it holds then, or nothing where it is removed.
type Step = (&'static str, Option<&'static str>);

fn change(root: &Path, (path, text): Step) {
    let path = root.join(path);
    match text {
        Some(text) => {
            std::fs::create_dir_all(path.parent().expect("a directory")).expect("directories");
            std::fs::write(path, text).expect("a file");
        }
        None => std::fs::remove_file(path).expect("it was there"),
    }
}

#[test]
fn a_commit_with_a_fault_is_refused_by_the_real_pre_commit() {
    let Some(pre_commit) = tool("pre-commit") else { return };
    let service = "owner: money\nports: [{name: http, port: 8080}]\n";
    let rows: [(&[Step], Option<&str>); 9] = [
        (&[("README.md", Some("more\n"))], None),
        (&[("service.ledger/service.yaml", Some("owner: nobody\nports: [{name: http, port: 8080}]\n"))], None),
        (&[("service.ledger/service.yaml", Some("owner: [\n"))], Some("service.ledger/service.yaml")),
        (
            &[("service.ledger/service.yaml", None), ("service.ledger/service.yml", Some(service))],
            Some("service.ledger/service.yml"),
        ),
        (&[("service.card/Service.YAML", Some(service))], Some("service.card/Service.YAML")),
        (&[("service.emoji/egress/service.legder.rule", Some(""))], Some("service.legder")),
        (&[("service.emoji/egress/notes.txt", Some("x\n"))], Some("egress/notes.txt")),
        (&[("service.emoji/egres/service.ledger.rule", Some(""))], Some("service.emoji/egres")),
        // Of a commit that only removes files pre-commit counts none.
        (&[("hedgerow.yaml", None)], Some("hedgerow.yaml")),
    ];
    for (steps, fault) in rows {
        let sandbox = Sandbox::new();
        sandbox.write(
            "hooks/.pre-commit-hooks.yaml",
            std::fs::read(repository().join(".pre-commit-hooks.yaml")).expect("it"),
        );
        let revision = commit(&sandbox, "hooks");
        let source = sandbox.path("hooks");
        let config = format!(
            "repos:\n  - repo: {}\n    rev: {revision}\n    hooks: [{{id: hedgerow-check}}]\n",
            source.display()
        );
        for (path, text) in [
            ("bank/.pre-commit-config.yaml", config.as_str()),
            ("bank/hedgerow.yaml", CONFIG),
            ("bank/service.ledger/service.yaml", service),
            ("bank/service.emoji/egress/service.ledger.rule", ""),
        ] {
            sandbox.write(path, text);
        }
        commit(&sandbox, "bank");
        for step in steps {
            change(&sandbox.path("bank"), *step);
        }
        run(git(&sandbox, "bank").args(["add", "--all"]), b"").text();
        let mut hook = sandbox.command(&pre_commit);
        hook.current_dir(sandbox.path("bank")).args(["run", "--color=never"]);
        hook.env("PRE_COMMIT_HOME", sandbox.path("home/pre-commit")).env("GIT_CONFIG_GLOBAL", "/dev/null");
        let ran = run(&mut hook, b"");
        let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &ran.stderr;
        match fault {
            None => assert!(ran.code == 0 && said.contains("Passed"), "{steps:?}: {said}"),
            Some(fault) => assert!(ran.code != 0 && said.contains(fault), "{steps:?}: {said}"),
        }
    }
}
