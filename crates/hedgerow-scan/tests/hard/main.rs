//! Small trees, each about one way to hide a call or to look like one.
#![allow(clippy::unwrap_used, reason = "tests")]

mod absent;
mod account;
mod addressed;
mod again;
mod alike;
mod apphost;
mod assemblies;
mod boundary;
mod browsers;
mod builds;
mod bundles;
mod callbacks;
mod causes;
mod checked;
mod classes;
mod components;
mod compose;
mod config_servers;
mod connectors;
mod consoles;
mod csharp;
mod dapr;
mod dapr_apps;
mod defaults;
mod deploy;
mod django;
mod dormant;
mod dotenv;
mod environment;
mod exact;
mod exported;
mod exports;
mod filled;
mod go;
mod groups;
mod handed;
mod held;
mod here;
mod hidden;
mod hosted;
mod idioms;
mod ingress;
mod inherited;
mod interfaces;
mod issuers;
mod jinja;
mod kinds;
mod kustomize;
mod languages;
mod library;
mod loads;
mod lookups;
mod machine;
mod maps;
mod marked;
mod meant;
mod missed;
mod mounts;
mod mute;
mod nodes;
mod noise;
mod packages;
mod permits;
mod placeholders;
mod places;
mod pods;
mod private;
mod profiles;
mod pydantic;
mod python;
mod quiet;
mod reads;
mod recipes;
mod registries;
mod registry;
mod releases;
mod requests;
mod required;
mod schemas;
mod scraped;
mod scripts;
mod searched;
mod secrets;
mod sections;
mod shadowed;
mod shared_maps;
mod shares;
mod silent;
mod started;
mod stores;
mod stubs;
mod taken;
mod testscripts;
mod together;
mod told;
mod unasked;
mod unread;
mod unset;
mod wrappers;

use hedgerow_core::diag::Code;
use hedgerow_core::source::Sources;
use hedgerow_scan::{
    Class, CodeFile, Edge, Finding, Outcome, PlainFile, ScanConfig, Service, Tree, Want, in_parallel, is_bundle, scan,
    unmarked, wants,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Scans a tree written as `-- path` lines with the files' texts below them. Every `service.x` directory is a service; a
/// file `hedgerow.yaml` holds the `scan:` section.
fn outcome(tree: &str) -> Outcome {
    scanned(tree, again::says_the_same_again)
}

/// Scans a tree once, for trees of many files: `again` asks for each of them.
fn outcome_once(tree: &str) -> Outcome {
    scanned(tree, |_| {})
}

fn scanned(tree: &str, and: impl Fn(&Tree) + Sync) -> Outcome {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in tree.split_inclusive('\n') {
        match line.strip_prefix("-- ") {
            Some(path) => files.push((path.trim().to_owned(), String::new())),
            None => {
                if let Some((_, text)) = files.last_mut() {
                    text.push_str(line);
                }
            }
        }
    }
    if !files.iter().any(|(path, _)| path.ends_with("go.mod")) {
        files.push(("go.mod".to_owned(), "module bank\n".to_owned()));
    }
    let mut sources = Sources::default();
    let mut diagnostics = Vec::new();
    // What the scan knows by more than an address is told from what it does not: `addressed` has the tests of the other kind.
    let asks = ("hedgerow.yaml".to_owned(), "scan: {candidate: ask}".to_owned());
    let (path, text) = files.iter().find(|(path, _)| path == "hedgerow.yaml").unwrap_or(&asks);
    let config = ScanConfig::read(sources.add(path.clone(), text.clone()), text, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let directories: BTreeSet<&str> =
        files.iter().filter_map(|(path, _)| path.split_once('/')).map(|(dir, _)| dir).collect();
    let services: Vec<Service> = directories
        .into_iter()
        .filter(|directory| directory.starts_with("service.") || directory.starts_with("cron."))
        .map(|directory| Service {
            name: directory.to_owned(),
            slug: directory.replace("service.", "s-").replace('.', "-"),
            directory: directory.to_owned(),
        })
        .collect();
    let mut code = Vec::new();
    let mut texts = Vec::new();
    for (path, text) in &files {
        // As the program reads them.
        let text = &unmarked(text.clone());
        match wants(path, &config) {
            Want::Code(language) if !is_bundle(path, text) => {
                let facts = in_parallel(|| language.frontend().unwrap().facts(text));
                assert!(facts.is_sound(), "{path}");
                code.push(CodeFile { path: path.clone(), language, facts: Arc::new(facts) });
            }
            Want::Code(_) | Want::Text | Want::IfText => {
                texts.push(PlainFile { path: path.clone(), text: Arc::from(text.as_str()) });
            }
            Want::Nothing => {}
        }
    }
    let namespaces = BTreeSet::from(["default".to_owned()]);
    let tree = Tree { services: &services, namespaces, config: &config, code: &code, texts: &texts, lost: &[] };
    in_parallel(|| {
        and(&tree);
        scan(&tree).unwrap()
    })
}

/// The edges as `a -> b class`, and the findings as `code path`, each on a line. What is only named is left out: see `silent`.
fn summary(outcome: &Outcome) -> Vec<String> {
    let is_named = |edge: &&Edge| edge.class() == Class::Candidate && !edge.evidence[0].target.starts_with('$');
    let edges = outcome.edges.values().filter(|edge| !is_named(edge));
    let edges =
        edges.map(|edge| format!("{} -> {} {}", short(&edge.caller), short(&edge.callee), edge.class().as_str()));
    let asks = [Code::UnexplainedMention, Code::UnknownClient, Code::NoEntry];
    let findings = outcome.findings.iter().filter(|finding| !asks.contains(&finding.code));
    edges.chain(findings.map(line)).collect()
}

fn short(name: &str) -> String {
    name.trim_start_matches("service.").to_owned()
}

fn line(finding: &Finding) -> String {
    format!("{} {}", finding.code.as_str(), finding.marks.first().map_or("", |(place, _)| &place.path))
}

/// Asserts what a scan of `tree` finds.
#[track_caller]
fn finds(tree: &str, expected: &[&str]) {
    let found = outcome(tree);
    assert_eq!(summary(&found), expected, "{:#?}", found.findings);
}

/// The same of many trees, each with what it shows: all that is wrong is told.
#[track_caller]
fn finds_all(rows: &[(&str, String, &[&str])]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|(what, tree, expected)| (what, summary(&outcome(tree)), expected))
        .filter(|(_, found, expected)| found != *expected)
        .map(|(what, found, expected)| format!("{what}: found {found:?}, expected {expected:?}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
