//! What the other pages show on a terminal: commands about the example bank are run, and print what the page says.

use crate::codes::{is_as_said, run};
use crate::page::{Part, pages, parts, repository};

#[test]
fn what_pages_show_of_the_bank_is_what_is_printed() {
    let mut wrong = Vec::new();
    let mut run_here = 0;
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
            if block.not_run.is_some() {
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
                    None => wrong
                        .push(format!("{path}:{line}: `{command}` cannot be run here, and the page does not say so")),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(run_here > 4, "only {run_here} were run");
}
