//! Scores a scan of a checkout against a truth file. `scripts/score` calls it.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a tool of the developers, with its own door to the disk"
)]

use globset::{GlobBuilder, GlobSetBuilder};
use hedgerow_core::name::ServiceName;
use hedgerow_core::read::Reader;
use hedgerow_core::source::{Position, Sources};
use hedgerow_core::tree::File;
use hedgerow_scan::{
    Class, CodeFile, Finding, MAX_SEARCHED, Outcome, PlainFile, ScanConfig, Service, Tree, Want, in_parallel, scan,
    text_of, wants,
};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [checkout, config, rest @ ..] = arguments.as_slice() else {
        println!("usage: score CHECKOUT hedgerow.yaml [TRUTH.csv [MUST_NOT.csv]] [-v]");
        return;
    };
    let verbose = rest.iter().any(|word| word == "-v");
    let tables: Vec<&String> = rest.iter().filter(|word| *word != "-v").collect();
    let text = std::fs::read_to_string(config).unwrap();
    let started = std::time::Instant::now();
    let (outcome, texts) = in_parallel(|| run(Path::new(checkout), &text));
    let took = started.elapsed();
    for edge in outcome.edges.values() {
        let first = &edge.evidence[0];
        println!("{:<9} {} -> {}  {}", edge.class().as_str(), edge.caller, edge.callee, first.target);
        if verbose {
            for hop in &first.way {
                println!("            {} at {}", hop.function, at(&hop.place.path, hop.place.range.start, &texts));
            }
        }
    }
    for finding in &outcome.findings {
        show(finding, &texts);
    }
    if verbose {
        for ((caller, host), place) in &outcome.outside {
            println!("outside   {caller} -> {host}  {}", at(&place.path, place.range.start, &texts));
        }
        println!("{:?}", outcome.services);
    }
    println!("{} edges, {} findings, {:.0?}", outcome.edges.len(), outcome.findings.len(), took);
    if let [truth, must_not @ ..] = tables.as_slice() {
        score(&outcome, truth, must_not.first().map(|path| path.as_str()));
    }
}

fn at(path: &str, start: u32, texts: &BTreeMap<String, Arc<str>>) -> String {
    let position = texts.get(path).map(|text| Position::of(text, start as usize));
    format!("{path}:{}", position.map_or(0, |position| position.line))
}

fn show(finding: &Finding, texts: &BTreeMap<String, Arc<str>>) {
    println!(
        "{}: {}  [{}]",
        finding.code.as_str(),
        finding.message,
        finding.services.iter().cloned().collect::<Vec<_>>().join(" ")
    );
    for (place, text) in &finding.marks {
        let source = texts.get(&place.path).and_then(|t| t.get(place.range.start as usize..place.range.end as usize));
        let source = source.unwrap_or_default().lines().next().unwrap_or_default();
        println!(
            "    {} {} {text}",
            at(&place.path, place.range.start, texts),
            source.chars().take(90).collect::<String>()
        );
    }
    for help in &finding.help {
        println!("    = {help}");
    }
}

fn run(root: &Path, text: &str) -> (Outcome, BTreeMap<String, Arc<str>>) {
    let mut sources = Sources::default();
    let source = sources.add("hedgerow.yaml", text);
    let mut diagnostics = Vec::new();
    let config = ScanConfig::read(source, text, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let fleet = Reader::new().config(File::new("hedgerow.yaml", text));
    let globs = |globs: &[hedgerow_core::draft::Spanned<String>]| {
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            set.add(GlobBuilder::new(&glob.value).literal_separator(true).build().unwrap());
        }
        set.build().unwrap()
    };
    let (include, exclude) = (globs(&fleet.layout.include), globs(&fleet.layout.exclude));
    let mut paths = Vec::new();
    let mut directories = Vec::new();
    walk(root, "", &mut paths, &mut directories);
    let services: Vec<Service> = directories
        .iter()
        .filter(|directory| include.is_match(directory) && !exclude.is_match(directory))
        .map(|directory| {
            let name = directory.rsplit('/').next().unwrap().to_owned();
            let slug = fleet.scheme.slug(&ServiceName::new(&name).unwrap()).unwrap().as_str().to_owned();
            Service { name, slug, directory: directory.clone() }
        })
        .collect();
    let read: Vec<(String, Arc<str>, Want)> = paths
        .into_par_iter()
        .filter_map(|path| {
            let want = wants(&path, &config);
            if want == Want::Nothing {
                return None;
            }
            let bytes = std::fs::read(root.join(&path)).ok()?;
            let text = if want == Want::IfText {
                text_of(&bytes).filter(|_| bytes.len() as u64 <= MAX_SEARCHED)?
            } else {
                String::from_utf8(bytes).ok()?
            };
            Some((path, Arc::from(text), want))
        })
        .collect();
    let code: Vec<CodeFile> = read
        .par_iter()
        .filter_map(|(path, text, want)| match want {
            Want::Code(language) => {
                let facts = Arc::new(language.frontend()?.facts(text));
                assert!(facts.is_sound(), "{path}");
                Some(CodeFile { path: path.clone(), language: *language, facts })
            }
            Want::Text | Want::IfText | Want::Nothing => None,
        })
        .collect();
    let plain: Vec<PlainFile> = read
        .iter()
        .filter(|(_, _, want)| matches!(want, Want::Text | Want::IfText))
        .map(|(path, text, _)| PlainFile { path: path.clone(), text: Arc::clone(text) })
        .collect();
    let namespaces = fleet.namespaces.iter().map(|namespace| namespace.as_str().to_owned()).collect();
    let tree = Tree { services: &services, namespaces, config: &config, code: &code, texts: &plain, lost: &[] };
    let outcome = scan(&tree).unwrap();
    (outcome, read.into_iter().map(|(path, text, _)| (path, text)).collect())
}

fn walk(root: &Path, below: &str, paths: &mut Vec<String>, directories: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(root.join(below)) else { return };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && name != ".git" && name != "node_modules" {
            directories.push(path.clone());
            walk(root, &path, paths, directories);
        } else if kind.is_file() {
            paths.push(path);
        }
    }
}

/// The rows of a table: fields between commas, quoted ones may hold commas.
fn rows(path: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let fields = |line: &str| {
        let mut fields = vec![String::new()];
        let mut quoted = false;
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => fields.push(String::new()),
                c => fields.last_mut().unwrap().push(c),
            }
        }
        fields
    };
    text.lines().skip(1).filter(|line| !line.is_empty()).map(fields).collect()
}

fn score(outcome: &Outcome, truth: &str, must_not: Option<&str>) {
    let rows_of = rows(truth);
    let known: BTreeSet<&str> = outcome.services.keys().map(String::as_str).collect();
    let of = |kinds: &[&str]| -> BTreeSet<(&str, &str)> {
        let wanted = rows_of.iter().filter(|row| kinds.contains(&row[3].as_str()));
        wanted.map(|row| (row[0].as_str(), row[1].as_str())).collect()
    };
    let truth = of(&["service"]);
    let neutral = of(&["optional", "code", "db", "infra", "dynamic", "catchall"]);
    let found: BTreeSet<(&str, &str)> = outcome
        .edges
        .values()
        .filter(|edge| edge.class().is_rule() && known.contains(edge.callee.as_str()))
        .map(|edge| (edge.caller.as_str(), edge.callee.as_str()))
        .collect();
    let is_neutral = |pair: &(&str, &str)| neutral.contains(pair) || neutral.contains(&(pair.0, "*"));
    let hits = found.intersection(&truth).count();
    let counted = found.iter().filter(|pair| !is_neutral(pair)).count();
    for miss in truth.difference(&found) {
        println!("MISS  {} -> {}", miss.0, miss.1);
    }
    for extra in found.iter().filter(|pair| !truth.contains(*pair) && !is_neutral(pair)) {
        println!("EXTRA {} -> {}", extra.0, extra.1);
    }
    let mut forbidden = of(&["dead"]);
    let must_not = must_not.map(rows).unwrap_or_default();
    forbidden.extend(must_not.iter().map(|row| (row[0].as_str(), row[1].as_str())));
    for (caller, callee) in forbidden {
        let bad = found.iter().any(|(a, b)| *a == caller && (callee == "*" || *b == callee));
        if bad {
            println!("FORBIDDEN {caller} -> {callee}");
        }
    }
    for (caller, callee) in of(&["dynamic", "catchall"]) {
        let wild = outcome.edges.values().any(|edge| {
            edge.caller == caller && (callee == "*" || edge.callee == callee) && edge.class() <= Class::Wildcard
        });
        let reported = outcome.findings.iter().any(|finding| {
            finding.code == hedgerow_core::diag::Code::UnresolvedCall && finding.services.contains(caller)
        });
        println!(
            "dynamic {caller} -> {callee}: {}",
            if wild {
                "expanded or declared"
            } else if reported {
                "reported"
            } else {
                "SILENT"
            }
        );
    }
    let ratio = |a: usize, b: usize| if b == 0 { 1.0 } else { a as f64 / b as f64 };
    println!(
        "recall {:.2} ({hits}/{})  precision {:.2} ({hits}/{counted})",
        ratio(hits, truth.len()),
        truth.len(),
        ratio(hits, counted)
    );
}
