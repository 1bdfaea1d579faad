//! Parses the Go files of a tree that a scan would parse, on all cores, and does nothing else: what a scan is measured against.
//! usage: bare_parse DIR
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a tool of the developers"
)]

use hedgerow_code::frontend::Language;
use hedgerow_scan::{ScanConfig, Want, wants};
use rayon::prelude::*;
use std::fs;
use std::path::Path;

fn main() {
    let root = std::env::args().nth(1).expect("usage: bare_parse DIR");
    let mut paths = Vec::new();
    walk(Path::new(&root), "", &ScanConfig::default(), &mut paths);
    let parser = || {
        let mut parser = tree_sitter::Parser::new();
        parser.set_language(&tree_sitter_go::LANGUAGE.into()).unwrap();
        parser
    };
    let parsed = paths.par_iter().map_init(parser, |parser, path| {
        let text = fs::read_to_string(Path::new(&root).join(path)).unwrap();
        (1, text.len(), parser.parse(&text, None).unwrap().root_node().descendant_count())
    });
    let (files, bytes, nodes) = parsed.reduce(|| (0, 0, 0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2));
    println!("{files} files, {:.1} MB, {nodes} nodes", bytes as f64 / 1e6);
}

fn walk(root: &Path, below: &str, config: &ScanConfig, paths: &mut Vec<String>) {
    for entry in fs::read_dir(root.join(below)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        if entry.file_type().unwrap().is_dir() {
            walk(root, &path, config, paths);
        } else if wants(&path, config) == Want::Code(Language::Go) {
            paths.push(path);
        }
    }
}
