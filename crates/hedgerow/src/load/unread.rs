//! Finding what is not read although it looks as if it were meant to be. What it means is judged in `hedgerow-core`.

use super::files::{Entry, Files};
use globset::GlobMatcher;
use hedgerow_core::fleet::Layout;
use hedgerow_core::read::unread::{Alike, GENERATED, file_looks, is_like_config, is_like_rules};
use hedgerow_core::tree::{Looks, Unread};
use std::collections::{BTreeMap, BTreeSet};

/// How many directories outside of services are looked into.
const DIRECTORIES: usize = 100_000;

/// What lies in a service's directory and is not read. Links are not followed.
pub(super) fn in_service(tree: &dyn Files, layout: &Layout, path: &str) -> Vec<Unread> {
    // By the directory in which they lie, so that each is listed once.
    let mut known: BTreeMap<&str, Vec<&str>> = BTreeMap::from([("", Vec::new())]);
    for rules in layout.rules.iter() {
        let (above, last) = rules.rsplit_once('/').unwrap_or(("", rules));
        known.entry(above).or_default().push(last);
    }
    let mut unread = Vec::new();
    for (above, last) in known {
        let directory = if above.is_empty() { path.to_owned() } else { format!("{path}/{above}") };
        for entry in plain(tree, &directory) {
            let below = format!("{directory}/{}", entry.name);
            let looks = if entry.is_directory {
                let is_read = layout.rules.iter().any(|rules| {
                    let read = format!("{path}/{rules}");
                    read == below || read.starts_with(&format!("{below}/"))
                });
                let is_like = !is_read && is_like_rules(&entry.name, last.iter().copied());
                is_like.then(|| Looks::Rules(files(tree, &below)))
            } else if above.is_empty() {
                metadata_or_rule(tree, &entry.name, &below)
            } else {
                None
            };
            unread.extend(looks.map(|looks| Unread { path: below, looks }));
        }
    }
    unread
}

fn metadata_or_rule(tree: &dyn Files, name: &str, path: &str) -> Option<Looks> {
    match file_looks(name)? {
        Alike::Rule => Some(Looks::Rule),
        Alike::Metadata => tree.file_if_present(path).map(Looks::Metadata),
    }
}

/// What looks like a `service.yaml` where there is none: all that is asked of the directory of a callee.
pub(super) fn metadata(tree: &dyn Files, path: &str) -> Vec<Unread> {
    let files = plain(tree, path).into_iter().filter(|entry| !entry.is_directory);
    let unread = files.filter(|entry| file_looks(&entry.name) == Some(Alike::Metadata)).filter_map(|entry| {
        let path = format!("{path}/{}", entry.name);
        Some(Unread { looks: Looks::Metadata(tree.file_if_present(&path)?), path })
    });
    unread.collect()
}

/// What was found outside of the services.
pub(super) struct Found {
    pub(super) unread: Vec<Unread>,
    /// The globs of `services.exclude` that kept the search out of a directory.
    pub(super) excludes: BTreeSet<usize>,
}

/// Searches the tree outside of the services. Other fleets in it are theirs to look after.
pub(super) fn outside(tree: &dyn Files, layout: &Layout, services: &[String], exclude: &[GlobMatcher]) -> Found {
    let services: BTreeSet<&str> = services.iter().map(String::as_str).collect();
    let mut found = Found { unread: Vec::new(), excludes: BTreeSet::new() };
    let mut open = vec![".".to_owned()];
    let mut looked = 0;
    while let Some(directory) = open.pop() {
        looked += 1;
        if looked > DIRECTORIES {
            found.unread.push(Unread { path: ".".to_owned(), looks: Looks::Rest });
            break;
        }
        let entries = plain(tree, &directory);
        let is_root = directory == ".";
        let has = |name: &str| entries.iter().any(|entry| !entry.is_directory && entry.name == name);
        if !is_root && has("hedgerow.yaml") {
            continue;
        }
        for entry in entries.iter().filter(|entry| is_root && !entry.is_directory && is_like_config(&entry.name)) {
            found.unread.push(Unread { path: entry.name.clone(), looks: Looks::Config });
        }
        let file = has("service.yaml").then(|| tree.file_if_present(&below(&directory, "service.yaml"))).flatten();
        let rules: Vec<_> = layout.rules.iter().flat_map(|rules| rules_in(tree, &entries, &directory, rules)).collect();
        if file.is_some() || !rules.is_empty() {
            found.unread.push(Unread { path: directory.clone(), looks: Looks::Service { rules, file } });
        }
        for entry in entries.into_iter().rev().filter(|entry| entry.is_directory) {
            let path = below(&directory, &entry.name);
            let by = exclude.iter().enumerate().filter(|(_, glob)| glob.is_match(&path)).map(|(index, _)| index);
            let by: Vec<_> = by.collect();
            found.excludes.extend(&by);
            if by.is_empty() && !services.contains(path.as_str()) && !GENERATED.contains(&entry.name.as_str()) {
                open.push(path);
            }
        }
    }
    found
}

/// The rule files in one rule directory of what might be a service.
fn rules_in(tree: &dyn Files, entries: &[Entry], directory: &str, rules: &str) -> Vec<String> {
    let first = rules.split('/').next().unwrap_or(rules);
    if !entries.iter().any(|entry| entry.is_directory && entry.name == first) {
        return Vec::new();
    }
    let path = below(directory, rules);
    let files = files(tree, &path).into_iter().filter(|name| file_looks(name) == Some(Alike::Rule));
    files.map(|name| format!("{path}/{name}")).collect()
}

/// The entries of a directory without links; none where it cannot be read, which is reported where it matters.
fn plain(tree: &dyn Files, path: &str) -> Vec<Entry> {
    let entries = tree.entries(path).unwrap_or_default();
    entries.into_iter().filter(|entry| !entry.is_link).collect()
}

/// The names of the files in a directory.
pub(super) fn files(tree: &dyn Files, path: &str) -> Vec<String> {
    plain(tree, path).into_iter().filter(|entry| !entry.is_directory).map(|entry| entry.name).collect()
}

fn below(directory: &str, name: &str) -> String {
    if directory == "." { name.to_owned() } else { format!("{directory}/{name}") }
}
