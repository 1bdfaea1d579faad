//! `scripts/first-stream` on the project that it makes itself: it succeeds, and it fails where any of its commands does.

use std::path::Path;
use std::process::Command;

use crate::program::{Outcome, Sandbox, repository, run};

/// A program in front of another one that fails at its `at`th call with this word, and at no other; it counts in a file.
fn breaks(sandbox: &Sandbox, name: &str, program: &Path, word: &str, at: usize) -> Outcome {
    let bin = sandbox.path(&format!("{name}-{word}-{at}"));
    let count = bin.join("count");
    let text = format!(
        "#!/bin/sh\ncase \" $* \" in\n*' {word} '*)\n  echo x >>'{count}'\n  [ \"$(wc -l <'{count}')\" != {at} ] || exit 1\n  ;;\nesac\nexec '{program}' \"$@\"\n",
        count = count.display(),
        program = program.display(),
    );
    let path = sandbox.write(&format!("{name}-{word}-{at}/{name}"), text);
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it can be run");
    let ran = tiny(sandbox, &bin);
    assert!(at == 0 || count.exists(), "`{name} {word}` is never called");
    ran
}

fn tiny(sandbox: &Sandbox, bin: &Path) -> Outcome {
    let mut script = sandbox.command(repository().join("scripts/first-stream"));
    let own = Path::new(env!("CARGO_BIN_EXE_hedgerow")).parent().expect("a directory");
    let path = std::env::join_paths([bin, own]).expect("paths");
    run(script.arg("tiny").env("HEDGEROW_BIN", path).env("GIT_CONFIG_GLOBAL", "/dev/null"), b"")
}

fn git() -> std::path::PathBuf {
    let output = Command::new("sh").args(["-c", "command -v git"]).output().expect("a shell");
    String::from_utf8(output.stdout).expect("UTF-8").trim().into()
}

#[test]
fn every_command_of_the_way_to_a_first_stream_counts() {
    let sandbox = Sandbox::new();
    let hedgerow = Path::new(env!("CARGO_BIN_EXE_hedgerow"));
    let ran = breaks(&sandbox, "hedgerow", hedgerow, "no-such-word", 0);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let said = String::from_utf8(ran.stdout).expect("UTF-8");
    assert!(said.contains("1 lines by hand  ok: compared 2 services"), "{said}");
    // Each call of each command: the first as well as the last.
    for (word, calls) in
        [("init", 1), ("scan", 1), ("check", 1), ("catalogue", 2), ("merge", 1), ("post-render", 2), ("verify", 3)]
    {
        for at in 1..=calls {
            let ran = breaks(&sandbox, "hedgerow", hedgerow, word, at);
            let said = String::from_utf8_lossy(&ran.stdout).into_owned();
            assert!(ran.code != 0 && said.contains("FAILED"), "call {at} of `{word}` failed, and: {said}");
        }
    }
    for (word, calls) in [("clone", 2), ("cat-file", 1), ("checkout", 1)] {
        for at in 1..=calls {
            let ran = breaks(&sandbox, "git", &git(), word, at);
            let said = String::from_utf8_lossy(&ran.stdout).into_owned();
            assert!(ran.code != 0 && said.contains("FAILED"), "call {at} of `git {word}` failed, and: {said}");
        }
    }
}

/// A deploy that gives a service no policy is no first stream, though its labels are there and every command ends well.
#[test]
fn a_stream_without_a_policy_of_each_service_is_none() {
    let sandbox = Sandbox::new();
    let hedgerow = Path::new(env!("CARGO_BIN_EXE_hedgerow"));
    for (what, filter) in [
        ("all policies are lost", "awk -v RS='\\n---\\n' -v ORS='\\n---\\n' '!/kind: NetworkPolicy/'"),
        ("one is called otherwise", "sed 's/^  name: ledger$/  name: ledgers/'"),
    ] {
        let text = format!(
            "#!/bin/sh\ncase \" $* \" in\n*' post-render '*) '{0}' \"$@\" >out && {filter} <out ;;\n*' verify '*) ;;\n*) exec '{0}' \"$@\" ;;\nesac\n",
            hedgerow.display()
        );
        let path = sandbox.write("loses/hedgerow", text);
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it can be run");
        let ran = tiny(&sandbox, &sandbox.path("loses"));
        assert!(ran.code != 0 && ran.stderr.contains("policies are of"), "{what}: {}", ran.stderr);
    }
}
