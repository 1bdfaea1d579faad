//! Pages that are made from the program itself: they are compared here, and written with `HEDGEROW_BLESS=1`.
#![allow(clippy::disallowed_methods, reason = "reads and writes pages of the project")]

use clap::CommandFactory;
use hedgerow::core::diag::{Code, Severity};
use hedgerow_cli::args::Arguments;
use std::path::PathBuf;

fn docs() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn command_page() -> String {
    let mut page = "# Commands\n\nThis page is the program's own help; a test keeps the two the same.\n".to_owned();
    let mut command = Arguments::command().term_width(100);
    command.build();
    page.push_str(&section(&mut command, "hedgerow"));
    for subcommand in command.get_subcommands_mut().filter(|subcommand| subcommand.get_name() != "help") {
        let title = format!("hedgerow {}", subcommand.get_name());
        *subcommand = subcommand.clone().term_width(100);
        page.push_str(&section(subcommand, &title));
        for below in subcommand.get_subcommands_mut().filter(|below| below.get_name() != "help") {
            let title = format!("{title} {}", below.get_name());
            *below = below.clone().term_width(100);
            page.push_str(&section(below, &title));
        }
    }
    page
}

fn section(command: &mut clap::Command, title: &str) -> String {
    let help = command.render_long_help().to_string();
    let lines: Vec<_> = help.lines().map(str::trim_end).collect();
    format!("\n## `{title}`\n\n```text\n{}\n```\n", lines.join("\n").trim_end())
}

#[test]
fn the_page_of_commands_is_the_help_text() {
    let path = docs().join("cli.md");
    let page = command_page();
    if std::env::var_os("HEDGEROW_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written == page, "docs/cli.md is not the help text any more; `just bless` writes it");
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let mut pages: Vec<_> = std::fs::read_dir(docs().join("codes"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    pages.sort();
    let mut expected: Vec<_> = Code::ALL.iter().map(|code| format!("{}.md", code.as_str())).collect();
    expected.sort();
    assert_eq!(pages, expected);
    let list = std::fs::read_to_string(docs().join("codes/README.md")).unwrap();
    for code in Code::ALL {
        let page = std::fs::read_to_string(docs().join(format!("codes/{}.md", code.as_str()))).unwrap();
        assert!(page.starts_with(&format!("# `{}`\n", code.as_str())), "{} begins with its name", code.as_str());
        // The page and the list of all pages say how grave it is, as the program does.
        let severity = if code.severity() == Severity::Error { "error" } else { "warning" };
        let said = page.lines().nth(2).unwrap_or_default().to_ascii_lowercase();
        let row = list.lines().find(|line| line.contains(&format!("({}.md)", code.as_str()))).unwrap_or_default();
        let listed = row.split('|').nth(2).unwrap_or_default();
        assert!(said.starts_with('*') && said.contains(severity), "{}: {said}", code.as_str());
        assert!(listed.contains(severity), "{}: {row}", code.as_str());
    }
}

#[test]
fn only_programs_are_in_the_category_of_programs() {
    let crates = docs().join("../crates");
    let mut programs = 0;
    for entry in std::fs::read_dir(&crates).unwrap() {
        let path = entry.unwrap().path();
        let Ok(manifest) = std::fs::read_to_string(path.join("Cargo.toml")) else { continue };
        let is_program = path.join("src/main.rs").is_file() || manifest.contains("[[bin]]");
        let shared = std::fs::read_to_string(crates.join("../Cargo.toml")).unwrap();
        let said = if manifest.contains("categories.workspace = true") { &shared } else { &manifest };
        let line = said.lines().find(|line| line.starts_with("categories")).unwrap_or_default();
        assert_eq!(line.contains("command-line-utilities"), is_program, "{}", path.display());
        programs += usize::from(is_program);
    }
    assert_eq!(programs, 2);
}
