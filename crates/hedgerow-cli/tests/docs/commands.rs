//! Every command line of `hedgerow` on a page is one that the program understands, and every YAML block is YAML.

use crate::page::{Block, Part, pages, parts};
use clap::Parser;
use hedgerow::core::diag::Code;
use hedgerow_cli::args::Arguments;

fn blocks() -> Vec<(String, Block)> {
    let mut found = Vec::new();
    for (path, text) in pages() {
        found.extend(parts(&text).into_iter().filter_map(|part| match part {
            Part::Block(block) => Some((path.clone(), block)),
            Part::Empty(_) | Part::Absent(_) => None,
        }));
    }
    found
}

/// A line with a word in place of each `$(…)`: what it prints is an argument.
fn substituted(line: &str) -> String {
    let mut line = line.to_owned();
    while let Some((start, end)) = line.find("$(").and_then(|start| Some((start, start + line[start..].find(')')?))) {
        line.replace_range(start..=end, "x");
    }
    line
}

/// The words of each call of `hedgerow` in a script; what a shell would do with them first is not done.
fn calls(script: &str) -> Vec<Vec<String>> {
    let joined = script.replace("\\\n", " ");
    let mut calls = Vec::new();
    for line in joined.lines() {
        let line = line.strip_prefix("$ ").unwrap_or(line);
        let line = line.split(" #").next().unwrap_or(line);
        for command in substituted(line).split(['|', ';', '&', '(', ')']) {
            let words: Vec<String> =
                command.split_whitespace().map(|word| word.trim_matches(['\'', '"']).to_owned()).collect();
            if words.first().is_some_and(|word| word == "hedgerow") {
                let end = words.iter().position(|word| word.starts_with(['<', '>']) || word.starts_with("2>"));
                calls.push(words[..end.unwrap_or(words.len())].to_vec());
            }
        }
    }
    calls
}

#[test]
fn every_command_on_a_page_is_one() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (path, block) in blocks().into_iter().filter(|(_, block)| matches!(block.language.as_str(), "sh" | "console")) {
        for call in calls(&block.text) {
            count += 1;
            // What the reader is to put in: a word in capitals, or dots.
            let filled = call.iter().filter(|word| *word != "…").map(|word| match word.as_str() {
                "CODE" => "unknown-callee".to_owned(),
                "NAME" => "hedgerow".to_owned(),
                word => word.to_owned(),
            });
            if let Err(error) = Arguments::try_parse_from(filled) {
                use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
                if !matches!(error.kind(), DisplayHelp | DisplayVersion) {
                    wrong.push(format!("{path}:{}: {}\n{error}", block.line, call.join(" ")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 100, "only {count} commands were found");
}

#[test]
fn every_yaml_block_is_yaml() {
    let mut wrong = Vec::new();
    for (path, block) in blocks().into_iter().filter(|(_, block)| block.language == "yaml") {
        // The pages of these two show what is no YAML.
        if ["docs/codes/invalid-yaml.md", "docs/codes/unreadable-manifest.md"].contains(&path.as_str()) {
            continue;
        }
        for document in block.text.split("\n---\n") {
            if let Err(error) = hedgerow_yaml::parse(document) {
                wrong.push(format!("{path}:{}: {error:?}", block.line));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The pages whose scripts are run as they stand: tests/hosts/pages.rs, and import.rs here.
const RUN: [&str; 4] = ["README.md", "docs/integrations.md", "docs/import.md", "integrations/kustomize/README.md"];

/// What a page tells people to type is run by a test, or the page says below it that it is not, why, and what stands in for it.
fn unsaid(path: &str, block: &Block) -> Option<String> {
    let begins = |line: &str| {
        ["hedgerow ", "hedgerow-observer ", "kubectl ", "helm ", "$ "].iter().any(|word| line.starts_with(word))
    };
    let is_typed = match block.language.as_str() {
        "sh" | "bash" | "shell" | "console" => true,
        // A block without a language is no way around it.
        "" | "text" => block.text.lines().next().is_some_and(|line| begins(line) && !path.ends_with("cli.md")),
        _ => false,
    };
    if !is_typed {
        return None;
    }
    let place = format!("{path}:{}", block.line);
    match (&block.not_run, block.language.as_str()) {
        (Some(why), _) if why.len() < 20 || !why.contains(';') => {
            Some(format!("{place}: why is it not run, and what stands in for it?"))
        }
        (Some(_), _) => None,
        // Run by shown.rs and codes.rs.
        (None, "console") => None,
        (None, "sh") if RUN.contains(&path) => None,
        (None, _) => Some(format!("{place}: no test runs this, and the page does not say so below it")),
    }
}

#[test]
fn what_people_are_told_to_type_is_run_or_the_page_says_that_it_is_not() {
    let wrong: Vec<String> = blocks()
        .iter()
        // On the pages of codes the line may stand anywhere: codes.rs asks for it.
        .filter(|(path, _)| !path.starts_with("docs/codes/"))
        .filter_map(|(path, block)| unsaid(path, block))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Pages of codes with scripts: nothing runs those.
    let scripts =
        blocks().into_iter().filter(|(path, block)| path.starts_with("docs/codes/") && block.language == "sh");
    assert_eq!(scripts.count(), 0);
}

#[test]
fn a_block_that_nothing_runs_is_found_in_every_form() {
    let why = "\nNo test runs this as printed: it needs a cluster; a test makes one.\n";
    for (path, fence, line, below, is_wrong) in [
        ("docs/x.md", "sh", "hedgerow check", "", true),
        ("docs/x.md", "", "hedgerow check", "", true),
        ("docs/x.md", "text", "$ ls", "", true),
        ("docs/x.md", "bash", "ls", "", true),
        ("docs/x.md", "sh", "hedgerow check", why, false),
        ("docs/x.md", "", "kubectl get pods", why, false),
        (
            "docs/x.md",
            "sh",
            "hedgerow check",
            "\nMore.\n\nNo test runs this as printed: it needs a cluster; a test makes one.\n",
            true,
        ),
        ("docs/x.md", "sh", "hedgerow check", "\nNo test runs this as printed: it needs a cluster.\n", true),
        ("docs/x.md", "yaml", "a: 1", "", false),
        ("docs/x.md", "", "a tree", "", false),
        ("docs/x.md", "console", "$ hedgerow check", "", false),
        ("README.md", "sh", "hedgerow check", "", false),
    ] {
        let text = format!("```{fence}\n{line}\n```\n{below}");
        let Some(Part::Block(block)) = parts(&text).into_iter().next() else { panic!("{text}") };
        assert_eq!(unsaid(path, &block).is_some(), is_wrong, "{path}\n{text}");
    }
}

/// What `hedgerow.yaml` needs besides what a page shows of it.
const NEEDED: [(&str, &str); 4] = [
    ("version", "version: 1\n"),
    ("labels", "labels: {domain: bank.example}\n"),
    ("services", "services: {include: [\"service.*\"]}\n"),
    ("environments", "environments: {prod: {stage: audit}}\n"),
];

/// `hedgerow.yaml` and parts of it say nothing that is not understood; what they speak of need not be there.
#[test]
fn every_configuration_on_a_page_is_read() {
    const READ: [Code; 5] =
        [Code::InvalidYaml, Code::UnknownKey, Code::DuplicateKey, Code::InvalidValue, Code::BadName];
    let known: Vec<&str> = hedgerow::core::read::form::HEDGEROW.keys.iter().map(|key| key.name).collect();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (path, block) in blocks().into_iter().filter(|(_, block)| block.language == "yaml") {
        let root = hedgerow_yaml::parse(&block.text).ok().flatten();
        let keys = root.as_ref().and_then(|root| root.as_mapping());
        let keys: Vec<&str> =
            keys.iter().flat_map(|root| root.pairs.iter()).filter_map(|pair| pair.key.as_str()).collect();
        // Pages of codes show what is wrong; their examples are run.
        if path.starts_with("docs/codes/") || keys.is_empty() || !keys.iter().all(|key| known.contains(key)) {
            continue;
        }
        count += 1;
        let rest = NEEDED.iter().filter(|(key, _)| !keys.contains(key)).map(|(_, text)| *text);
        let text = format!("{}{}", block.text, rest.collect::<String>());
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("hedgerow.yaml"), &text).unwrap();
        let read = hedgerow::read(&hedgerow::Request::whole(root.path())).unwrap();
        let faults = read.reading.diagnostics.iter().filter(|fault| READ.contains(&fault.code));
        wrong.extend(faults.map(|fault| format!("{path}:{}: {}", block.line, fault.message)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 10, "only {count} files were found");
}

#[test]
fn calls_are_found_in_scripts() {
    let found = calls(
        "$ hedgerow check # all\nhelm x | hedgerow post-render \\\n  --env prod < a >b\ncd x && hedgerow scan\nhedgerow-observer x\ndiff <(hedgerow list) <(x)\nhedgerow diff $(git log) y\n",
    );
    let found: Vec<String> = found.iter().map(|words| words.join(" ")).collect();
    assert_eq!(
        found,
        ["hedgerow check", "hedgerow post-render --env prod", "hedgerow scan", "hedgerow list", "hedgerow diff x y"]
    );
}
