//! What the other pages show on a terminal: commands about the example bank are run, and print what the page says.

use crate::codes::{is_as_said, run};
use crate::page::{Part, pages, parts, repository};
use std::collections::BTreeSet;

/// What a page shows and no test runs as it stands: the page, how its first command begins, and why.
const NOT_RUN: &[(&str, &str, &str)] = &[
    ("README.md", "hedgerow labels service.emoji", "of a fleet that the reader has just made"),
    ("docs/labels.md", "hedgerow labels service.emoji", "of a fleet with a long name that the page speaks of"),
    ("docs/observe.md", "iptables-save", "needs a node's kernel; crates/hedgerow-observer/tests/node"),
    ("docs/observe.md", "hedgerow catalogue --rules", "writes a file; tests/commands/catalogue.rs"),
    ("docs/observe.md", "hedgerow-observer node", "needs a collector; crates/hedgerow-observer/tests/shipped"),
    ("docs/observe.md", "hedgerow-observer collector", "a server; crates/hedgerow-observer/tests/collector"),
    ("docs/observe.md", "hedgerow-observer export", "needs a collector; crates/hedgerow-observer/tests/collector"),
    ("docs/review.md", "hedgerow codeowners", "reads a CODEOWNERS that is not shown; tests/review.rs"),
    (
        "docs/rules.md",
        "hedgerow check",
        "shows one of the messages of a fleet; docs/codes/unknown-callee.md has it whole",
    ),
    ("docs/scan.md", "hedgerow scan", "commands without their output; tests/scan.rs"),
    ("docs/stages.md", "hedgerow render", "of a fleet that the page speaks of; the case folders of `render`"),
    ("docs/verify.md", "(hedgerow render", "a pipe of three; tests/commands/verify.rs"),
];

#[test]
fn what_pages_show_of_the_bank_is_what_is_printed() {
    let mut wrong = Vec::new();
    let (mut run_here, mut listed) = (0, BTreeSet::new());
    for (path, text) in pages() {
        if path.starts_with("docs/codes/") {
            continue;
        }
        for part in parts(&text) {
            let Part::Block(block) = part else { continue };
            if block.language != "console" {
                continue;
            }
            let line = block.line;
            let first = block.text.trim_start_matches("$ ");
            if let Some(at) = NOT_RUN.iter().position(|(page, begin, _)| path == *page && first.starts_with(begin)) {
                listed.insert(at);
                continue;
            }
            // A block may show several commands.
            for shown in format!("\n{}", block.text).split("\n$ ").filter(|shown| !shown.trim().is_empty()) {
                let (command, said) = shown.split_once('\n').unwrap_or((shown, ""));
                run_here += 1;
                match run(&repository(), command) {
                    Some(printed) if is_as_said(said, &printed) => {}
                    Some(printed) => {
                        wrong.push(format!("{path}:{line}: `{command}` prints\n{printed}\nand not\n{said}"));
                    }
                    None => wrong.push(format!("{path}:{line}: `{command}` is neither run nor listed")),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(run_here > 4, "only {run_here} were run");
    assert_eq!(listed.len(), NOT_RUN.len(), "the list names what no page shows");
}
