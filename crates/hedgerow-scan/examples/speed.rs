//! Times a scan of a generated monorepo beside a bare parse of the same files on the same threads.
//! usage: speed [SERVICES [DOMAINS]]   (DOMAINS: files of twenty functions per service beside its calls)
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a tool of the developers, with its own clock"
)]

#[path = "../tests/monorepo/generate.rs"]
mod generate;

use generate::{Size, generate, slug};
use hedgerow_code::frontend::Language;
use hedgerow_scan::{CodeFile, PlainFile, ScanConfig, Service, Tree, Want, in_parallel, rules, scan, wants};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

fn main() {
    let mut words = std::env::args().skip(1).map(|word| word.parse::<usize>().unwrap());
    let (services, domains) = (words.next().unwrap_or(1_500), words.next().unwrap_or(4));
    let repo = generate(20_261_121, Size { services, edges: services * 31 / 5, libraries: 30, domains });
    let config = ScanConfig::default();
    let code: Vec<(&str, &str, Language)> = repo
        .files
        .iter()
        .filter_map(|(path, text)| match wants(path, &config) {
            Want::Code(language) => Some((path.as_str(), text.as_str(), language)),
            Want::Text | Want::IfText | Want::Nothing => None,
        })
        .collect();
    let texts: Vec<PlainFile> = repo
        .files
        .iter()
        .filter(|(path, _)| matches!(wants(path, &config), Want::Text | Want::IfText))
        .map(|(path, text)| PlainFile { path: path.clone(), text: Arc::from(text.as_str()) })
        .collect();
    let bytes: usize = code.iter().map(|(_, text, _)| text.len()).sum();
    println!(
        "{services} services, {} files of code, {:.1} MB, {} edges",
        code.len(),
        bytes as f64 / 1e6,
        repo.edges.len()
    );
    in_parallel(|| {
        let started = Instant::now();
        let nodes: usize = code.par_iter().map(|(_, text, _)| parse(text)).sum();
        let parse = started.elapsed();
        println!("bare parse   {parse:>9.0?}  {:.1} MB/s, {nodes} nodes", bytes as f64 / 1e6 / parse.as_secs_f64());
        let started = Instant::now();
        let files: Vec<CodeFile> = code
            .par_iter()
            .map(|(path, text, language)| CodeFile {
                path: (*path).to_owned(),
                language: *language,
                facts: Arc::new(language.frontend().unwrap().facts(text)),
            })
            .collect();
        let facts = started.elapsed();
        let services: Vec<Service> = repo
            .services
            .iter()
            .map(|name| Service { name: name.clone(), slug: slug(name), directory: name.clone() })
            .collect();
        let tree = Tree {
            services: &services,
            namespaces: BTreeSet::new(),
            config: &config,
            code: &files,
            texts: &texts,
            lost: &[],
        };
        let analysis = Instant::now();
        let outcome = scan(&tree).unwrap();
        let (analysis, cold) = (analysis.elapsed(), started.elapsed());
        println!("facts        {facts:>9.0?}  {:.2} x the bare parse", facts.as_secs_f64() / parse.as_secs_f64());
        println!("analysis     {analysis:>9.0?}");
        println!("cold scan    {cold:>9.0?}  {:.2} x the bare parse", cold.as_secs_f64() / parse.as_secs_f64());
        let found: usize = rules(&outcome).values().map(BTreeSet::len).sum();
        println!("{found} of {} edges, {} findings", repo.edges.len(), outcome.findings.len());
    });
}

/// Parses a file and counts its nodes, so that nothing can be left out.
fn parse(text: &str) -> usize {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_go::LANGUAGE.into()).unwrap();
    parser.parse(text, None).unwrap().root_node().descendant_count()
}
