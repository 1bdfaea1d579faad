//! Writes the generated monorepo to a directory that does not exist yet: a fleet with a `hedgerow.yaml`, and beside it, as
//! `DIR.edges.csv`, the calls it holds.
//! usage: monorepo DIR [SERVICES [DOMAINS]]   (DOMAINS: files of twenty functions per service beside its calls)
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::unwrap_used, reason = "a tool of the developers")]

#[path = "../tests/monorepo/generate.rs"]
mod generate;

use generate::{Size, generate};
use std::fs;
use std::path::Path;

const CONFIG: &str = "version: 1
labels:
  domain: bank.example
  prefixes: {\"service.\": s-}
services:
  include: [\"service.*\", \"cron.*\"]
  defaults: {namespace: default, type: core, owner: platform, ports: [{name: http, port: 80}]}
namespaces: [default]
types: {core: {}}
environments: {prod: {stage: audit, log: true}}
";

fn main() {
    let mut words = std::env::args().skip(1);
    let root = words.next().expect("usage: monorepo DIR [SERVICES [DOMAINS]]");
    let mut numbers = words.map(|word| word.parse::<usize>().unwrap());
    let (services, domains) = (numbers.next().unwrap_or(1_500), numbers.next().unwrap_or(4));
    let repo = generate(20_261_121, Size { services, edges: services * 31 / 5, libraries: 30, domains });
    fs::create_dir(&root).expect("the directory must be new");
    let write = |path: &str, text: &str| {
        let path = Path::new(&root).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("hedgerow.yaml", CONFIG);
    for (path, text) in &repo.files {
        write(path, text);
    }
    let edges: String = repo.edges.iter().map(|(caller, callee)| format!("{caller},{callee}\n")).collect();
    fs::write(format!("{root}.edges.csv"), format!("caller,callee\n{edges}")).unwrap();
    let bytes: usize = repo.files.iter().map(|(_, text)| text.len()).sum();
    let (services, files, calls) = (repo.services.len(), repo.files.len(), repo.edges.len());
    println!("{services} services, {files} files, {:.1} MB, {calls} calls", bytes as f64 / 1e6);
}
