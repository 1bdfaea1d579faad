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

/// The same, as bash asks: words are cut at `=`, and the last one is the one that is typed.
fn offered_to_bash(directory: &Path, line: &[&str]) -> Vec<String> {
    let ran = Command::new(directory, "--")
        .args(line.iter().copied())
        .variable("COMPLETE", "bash")
        .variable("_CLAP_COMPLETE_INDEX", &(line.len() - 1).to_string())
        .variable("_CLAP_IFS", "\u{b}")
        .run();
    assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::Done, ""), "{line:?}");
    ran.out().split('\u{b}').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[test]
fn bash_cuts_words_at_the_sign_of_equality() {
    let bank = testdata("bank");
    let rows: &[(&[&str], &[&str])] = &[
        (&["hedgerow", "check", "--env", "=", "st"], &["staging"]),
        (&["hedgerow", "check", "--env", "=", "p"], &["prod"]),
        // The cursor stands right behind the sign: bash says that the word is empty.
        (&["hedgerow", "check", "--env", ""], &["prod", "staging"]),
        (&["hedgerow", "check", "--env", "st"], &["staging"]),
        (&["hedgerow", "check", "--env=st"], &["--env=staging"]),
        (&["hedgerow", "render", "--service", "=", "service.led"], &["service.ledger"]),
        (&["hedgerow", "labels", "--env", "=", "prod", "service.em"], &["service.emoji"]),
        (&["hedgerow", "graph", "--format", "=", "sv"], &["svg"]),
        (&["hedgerow", "explain", "unknown-calle"], &["unknown-callee"]),
    ];
    for (line, expected) in rows {
        assert_eq!(offered_to_bash(&bank, line), *expected, "{line:?}");
    }
}

#[test]
fn a_faulty_file_hides_no_other_name() {
    let config = "version: 1\nlabels: {domain: bank.example}\nservices: {include: ['service.*']}\nenvironments: {prod: {stage: enforce}, staging: {stage: audit}}\n";
    let good: Vec<(&str, &str)> =
        vec![("hedgerow.yaml", config), ("service.api/service.yaml", ""), ("service.app/x", "")];
    let faulty = [
        ("service.bad/service.yaml", "onwer: x\n"),
        ("service.bad/service.yaml", "a: [\n"),
        ("service.bad/egress/not a rule", ""),
        ("service.bad/egress/service.nobody.rule", ""),
        ("hedgerow.yaml", &format!("{config}unknown: key\n")),
        ("hedgerow.yaml", &config.replace("version: 1", "version: 9")),
    ];
    for (path, text) in faulty {
        let mut files: Vec<(&str, &[u8])> = good.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
        files.retain(|(known, _)| *known != path);
        files.push((path, text.as_bytes()));
        let root = tree(&files);
        assert_eq!(Command::new(root.path(), "check").run().exit, Exit::Findings, "{path}: {text}");
        assert_eq!(
            offered(root.path(), &["hedgerow", "labels", "service.a"]),
            ["service.api", "service.app"],
            "{text}"
        );
        assert_eq!(offered(root.path(), &["hedgerow", "check", "--env", ""]), ["prod", "staging"], "{text}");
    }
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
