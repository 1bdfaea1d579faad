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
