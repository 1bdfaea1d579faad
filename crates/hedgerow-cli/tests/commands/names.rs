//! Names from traffic that would steer a terminal, break a line or become markup, in every form that prints them.

use super::common::Ran;
use super::ready::{call, fleet, run};
use hedgerow_cli::Exit;
use std::fs;
use tempfile::TempDir;

/// Callers as observations may name them, each with the name that is printed.
const NAMES: [(&str, &str); 7] = [
    (r#"{"outsider":"\u001b[31mred"}"#, "\\u{1b}[31mred"),
    (r#"{"outsider":"new\nline"}"#, "new\\nline"),
    (r#"{"outsider":"back\r::error::x"}"#, "back\\r::error::x"),
    (r#"{"outsider":"\u202egnp.exe"}"#, "\\u{202e}gnp.exe"),
    (r#"{"service":"a|b`c`\n# H\u001b[2J"}"#, "a|b'c'\\n# H\\u{1b}[2J"),
    (r#"{"outsider":""}"#, "(no name)"),
    (r#"{"service":""}"#, "(no name)"),
];

fn with(caller: &str) -> TempDir {
    fleet(&[&call("x", "unpermitted", 2).replace(r#"{"service":"x"}"#, caller)])
}

#[track_caller]
fn is_plain(what: &str, text: &str) {
    let steers = text.chars().find(|letter| letter.is_control() && *letter != '\n' || *letter == '\u{202e}');
    assert_eq!(steers, None, "{what}: {text:?}");
}

#[test]
fn names_are_one_line_and_steer_nothing() {
    for (caller, shown) in NAMES {
        let root = with(caller);
        for command in ["ready", "ready --format github", "reconcile", "reconcile --format github"] {
            let ran = run(root.path(), &format!("{command} --observations seen.jsonl"));
            assert_eq!(ran.exit, Exit::Findings, "{command}: {}", ran.stderr);
            is_plain(command, ran.out());
            is_plain(command, &ran.stderr);
            assert!(ran.out().contains(shown), "{command} {caller}: {}", ran.out());
        }
        let json = |ran: Ran| serde_json::from_str::<serde_json::Value>(ran.out()).unwrap().to_string();
        for command in ["reconcile --format sarif", "reconcile --format json", "ready --format json"] {
            let text = json(run(root.path(), &format!("{command} --observations seen.jsonl")));
            let shown = serde_json::to_string(shown).unwrap();
            assert!(text.contains(shown.trim_matches('"')), "{command} {caller}: {text}");
        }
        for command in ["reconcile --format markdown", "ready --format markdown"] {
            let ran = run(root.path(), &format!("{command} --observations seen.jsonl"));
            is_plain(command, ran.out());
            // Each line is one of ours.
            let ours =
                |line: &str| line.is_empty() || line.starts_with(['#', '-', '|', ' ']) || line.starts_with("2 edges");
            let strange = ran.out().lines().find(|line| !ours(line) || line.starts_with("# H"));
            assert_eq!(strange, None, "{command} {caller}: {}", ran.out());
        }
        let ran = run(root.path(), "report --observations seen.jsonl");
        is_plain("report", ran.out());
        let ran = run(root.path(), "graph --observations seen.jsonl --format html");
        assert!(!ran.out().contains('\u{1b}'), "graph: {caller}");
    }
}

#[test]
fn markdown_of_names_is_no_image_link_or_mention() {
    let root = with(r#"{"outsider":"![x](http://e.example/?q) @ops *a* [b](c)"}"#);
    for command in ["reconcile", "ready"] {
        let ran = run(root.path(), &format!("{command} --observations seen.jsonl --format markdown"));
        for markup in ["![x]", "[b](c)"] {
            let spans: String = ran.out().split('`').step_by(2).collect();
            assert!(!spans.contains(markup), "{command}: {}", ran.out());
        }
    }
}

#[test]
fn what_is_wrong_with_a_line_is_quoted_as_text() {
    let root = fleet(&["{\"\\u001b[31m\":1}"]);
    for command in ["ready", "reconcile"] {
        let ran = run(root.path(), &format!("{command} --observations seen.jsonl"));
        is_plain(command, ran.out());
        is_plain(command, &ran.stderr);
    }
}

#[test]
fn ports_that_no_rule_can_permit_are_said_to_be_such() {
    for (port, protocol, told) in [
        (0, "TCP", "no rule can permit port 0: the source did not tell which port of TCP was called"),
        (8080, "ICMP", "no rule can permit ICMP: rules are about TCP, UDP and SCTP"),
    ] {
        // One who has no rule, and one who has one.
        for caller in ["service.cards", "service.emoji"] {
            let line = call(caller, "unpermitted", 3).replace("8080", &port.to_string()).replace("TCP", protocol);
            let root = fleet(&[&line]);
            for command in ["ready service.ledger", "reconcile"] {
                let ran = run(root.path(), &format!("{command} --observations seen.jsonl"));
                assert!(ran.out().contains(told), "{command} {caller}: {}", ran.out());
                assert!(!ran.out().contains("declare"), "{command} {caller}: {}", ran.out());
                assert!(!ran.out().contains("--accept"), "{command} {caller}: {}", ran.out());
            }
        }
    }
}

#[test]
fn commands_that_help_name_the_fleet() {
    let root = fleet(&[&call("service.cards", "unpermitted", 3)]);
    fs::remove_file(root.path().join("service.emoji/egress/service.ledger.rule")).unwrap();
    let parent = root.path().parent().unwrap();
    let name = root.path().file_name().unwrap().to_str().unwrap();
    for command in ["ready", "reconcile"] {
        let ran = run(parent, &format!("-C {name} {command} --observations {name}/seen.jsonl"));
        let commands: Vec<&str> =
            ran.out().split('`').skip(1).step_by(2).filter(|it| it.starts_with("hedgerow ")).collect();
        assert!(commands.len() > 1, "{}", ran.out());
        let elsewhere: Vec<&&str> =
            commands.iter().filter(|it| !it.starts_with(&format!("hedgerow -C {name} "))).collect();
        assert_eq!(elsewhere, Vec::<&&str>::new(), "{command}: {}", ran.out());
    }
}
