//! What a shell completes.

use crate::common::{Command, testdata, tree};
use hedgerow_cli::Exit;
use std::path::Path;

/// The candidates for a line, of which the last word is being typed.
fn offered(directory: &Path, line: &[&str]) -> Vec<String> {
    let ran = Command::new(directory, "--").args(line.iter().copied()).variable("COMPLETE", "fish").run();
    assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::Done, ""), "{line:?}");
    ran.out().lines().map(|line| line.split('\t').next().unwrap_or(line).to_owned()).collect()
}

#[test]
fn names_of_the_fleet_are_offered() {
    let bank = testdata("bank");
    assert_eq!(offered(&bank, &["hedgerow", "labels", "service.em"]), ["service.emoji"]);
    assert_eq!(offered(&bank, &["hedgerow", "why", "service.emoji", "service.led"]), ["service.ledger"]);
    assert_eq!(offered(&bank, &["hedgerow", "render", "--service", "service.led"]), ["service.ledger"]);
    assert_eq!(offered(&bank, &["hedgerow", "check", "--env", ""]), ["prod", "staging"]);
    assert_eq!(offered(&bank, &["hedgerow", "explain", "unknown-calle"]), ["unknown-callee"]);
    assert!(offered(&bank, &["hedgerow", "post-"]).contains(&"post-render".to_owned()));
}

#[test]
fn the_fleet_may_be_named() {
    let (bank, elsewhere) = (testdata("bank"), tree(&[]));
    let bank = bank.to_str().unwrap();
    let (joined, long) = (format!("-C{bank}"), format!("--directory={bank}"));
    for root in [vec!["-C", bank], vec!["--directory", bank], vec![joined.as_str()], vec![long.as_str()]] {
        let line = [vec!["hedgerow"], root, vec!["labels", "service.em"]].concat();
        assert_eq!(offered(elsewhere.path(), &line), ["service.emoji"], "{line:?}");
    }
    // Nothing is there, and nothing is said.
    assert!(offered(elsewhere.path(), &["hedgerow", "check", "--env", "p"]).is_empty());
}

#[test]
fn scripts_ask_the_program() {
    let here = tree(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = Command::new(here.path(), &format!("completions {shell}")).run();
        assert_eq!(ran.exit, Exit::Done);
        assert!(ran.out().contains("COMPLETE") && ran.out().contains("hedgerow"), "{shell}: {}", ran.out());
    }
}
