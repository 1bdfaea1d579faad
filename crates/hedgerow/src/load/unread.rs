//! Finding what is not read although it looks as if it were meant to be. What it means is judged in `hedgerow-core`.

use super::directories::{matcher, matching};
use super::files::{Entry, Files};
use globset::GlobMatcher;
use hedgerow_core::fleet::Layout;
use hedgerow_core::read::unread::{Alike, GENERATED, file_looks, is_like_config, is_like_rules};
use hedgerow_core::tree::{File, GlobKind, Idle, IdleGlob, Looks, MetadataPlace, Unread};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// How many directories outside of services are looked into, and how many below one service.
const DIRECTORIES: usize = 100_000;

/// What lies in a service's directory and is not read. Links are not followed. `has_file` says whether it has a `service.yaml`.
pub(super) fn in_service(tree: &dyn Files, layout: &Layout, path: &str, has_file: bool) -> Vec<Unread> {
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
            let looks = if entry.is_directory && tree.is_left_out(&below, true) {
                None
            } else if entry.is_directory {
                let is_read = layout.rules.iter().any(|rules| {
                    let read = format!("{path}/{rules}");
                    read == below || read.starts_with(&format!("{below}/"))
                });
                let is_like = !is_read && is_like_rules(&entry.name, last.iter().copied());
                is_like.then(|| Looks::Rules(files(tree, &below)))
            } else if above.is_empty() {
                match file_looks(&entry.name) {
                    Some(Alike::Rule) => Some(Looks::Rule),
                    Some(Alike::Metadata) => {
                        let place = if has_file { MetadataPlace::Beside } else { MetadataPlace::Alone };
                        tree.file_if_present(&below).map(|file| Looks::Metadata { file, place })
                    }
                    None => None,
                }
            } else {
                None
            };
            unread.extend(looks.map(|looks| Unread { path: below, looks }));
        }
    }
    unread
}

/// What looks like a `service.yaml` where there is none: all that is asked of the directory of a callee.
pub(super) fn metadata(tree: &dyn Files, path: &str) -> Vec<Unread> {
    let files = plain(tree, path).into_iter().filter(|entry| !entry.is_directory);
    let unread = files.filter(|entry| file_looks(&entry.name) == Some(Alike::Metadata)).filter_map(|entry| {
        let path = format!("{path}/{}", entry.name);
        let file = tree.file_if_present(&path)?;
        Some(Unread { looks: Looks::Metadata { file, place: MetadataPlace::Alone }, path })
    });
    unread.collect()
}

/// What a search of directories found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) unread: Vec<Unread>,
    /// The globs of `services.exclude` that kept the search out of a directory: of each directory all, each set of them once.
    pub(super) excludes: BTreeSet<Vec<usize>>,
}

impl Found {
    /// The directories that the search goes on to, last first.
    fn next(
        &mut self,
        tree: &dyn Files,
        above: &str,
        entries: &[Entry],
        exclude: &[GlobMatcher],
        layout: &Layout,
    ) -> Vec<String> {
        let mut next = Vec::new();
        for entry in entries.iter().rev().filter(|entry| entry.is_directory) {
            let last = layout.rules.iter().filter_map(|rules| rules.rsplit('/').next());
            // What tools keep in hidden directories is theirs; one that is called like a directory of rules may be meant to be one.
            if entry.is_hidden() && !is_like_rules(&entry.name, last) {
                continue;
            }
            let path = below(above, &entry.name);
            let by = matching(exclude, &path);
            if !by.is_empty() {
                self.excludes.insert(by);
            } else if !GENERATED.contains(&entry.name.as_str()) && !tree.is_left_out(&path, true) {
                next.push(path);
            }
        }
        next
    }

    /// Whether so much was looked at that the rest is left out.
    fn is_enough(&mut self, looked: &mut usize, path: &str) -> bool {
        *looked += 1;
        if *looked > DIRECTORIES {
            self.unread.push(Unread { path: path.to_owned(), looks: Looks::Rest });
        }
        *looked > DIRECTORIES
    }

    /// Adds files that look like rules, in a directory where nobody looks for them.
    fn strays(&mut self, tree: &dyn Files, directory: &str, entries: &[Entry], service: Option<&str>) {
        let names = entries.iter().filter(|entry| !entry.is_directory && file_looks(&entry.name) == Some(Alike::Rule));
        let files = names.filter_map(|entry| tree.file_if_present(&below(directory, &entry.name)));
        let files: Vec<File> = files.collect();
        if !files.is_empty() {
            let looks = Looks::Strays { files, service: service.map(str::to_owned) };
            self.unread.push(Unread { path: directory.to_owned(), looks });
        }
    }
}

/// Searches the directories below a service's for what nothing reads. `told` is what is known of it already.
pub(super) fn below_service(
    tree: &dyn Files,
    layout: &Layout,
    service: &str,
    exclude: &[GlobMatcher],
    told: &[Unread],
) -> Found {
    let mut found = Found::default();
    let is_read = |path: &String| layout.rules.iter().any(|rules| *path == format!("{service}/{rules}"));
    let is_told = |path: &str| told.iter().any(|unread| unread.path == path && matches!(unread.looks, Looks::Rules(_)));
    let mut open = vec![service.to_owned()];
    let mut inside: Vec<String> = Vec::new();
    let mut looked = 0;
    while let Some(directory) = open.pop() {
        if found.is_enough(&mut looked, service) {
            break;
        }
        let entries = plain(tree, &directory);
        if directory != service {
            if entries.iter().any(|entry| !entry.is_directory && entry.name == "hedgerow.yaml") {
                continue;
            }
            if !is_told(&directory) {
                found.strays(tree, &directory, &entries, Some(service));
            }
            for entry in entries.iter().filter(|entry| !entry.is_directory) {
                let is_alike = entry.name == "service.yaml" || file_looks(&entry.name) == Some(Alike::Metadata);
                let path = below(&directory, &entry.name);
                let Some(file) = Some(&path).filter(|_| is_alike).and_then(|path| tree.file_if_present(path)) else {
                    continue;
                };
                let place = MetadataPlace::Below(service.to_owned());
                found.unread.push(Unread { path, looks: Looks::Metadata { file, place } });
            }
        }
        let next = found.next(tree, &directory, &entries, exclude, layout);
        inside.extend(next.iter().filter(|path| is_named_like_service(path, layout)).cloned());
        open.extend(next.into_iter().filter(|path| !is_read(path)));
    }
    // Where something of it is told already, that says enough.
    let said: Vec<String> = found.unread.iter().chain(told).map(|unread| unread.path.clone()).collect();
    let is_said = |path: &String| said.iter().any(|one| one == path || one.starts_with(&format!("{path}/")));
    let inside = inside.into_iter().filter(|path| !is_said(path));
    found.unread.extend(inside.map(|path| Unread { path, looks: Looks::Inside(service.to_owned()) }));
    found
}

/// Whether `services.include` would make a service of a directory, by a glob that says how services are called.
fn is_named_like_service(path: &str, layout: &Layout) -> bool {
    let name = |glob: &str| glob.rsplit('/').next().is_some_and(|last| last.contains(char::is_alphanumeric));
    let globs = layout.include.iter().filter(|glob| name(&glob.value));
    globs.filter_map(|glob| matcher(&glob.value)).any(|glob| glob.is_match(path))
}

/// The directories of `services.rules` that no service has, where others of them are there.
pub(super) fn idle_rules(tree: &dyn Files, layout: &Layout, services: &[String]) -> Vec<IdleGlob> {
    if layout.rule_places.len() < 2 {
        return Vec::new();
    }
    let is_used = |rules: &str| services.iter().any(|service| tree.is_there(&format!("{service}/{rules}")));
    let used: Vec<bool> = layout.rules.iter().map(|rules| is_used(rules)).collect();
    if !used.contains(&true) {
        return Vec::new();
    }
    let idle = used.into_iter().enumerate().filter(|(_, is_used)| !is_used);
    idle.map(|(index, _)| IdleGlob { kind: GlobKind::Rules, index, why: Idle::Absent }).collect()
}

/// Takes out what is read through a link after all.
pub(super) fn forget_linked<'u>(
    tree: &dyn Files,
    services: &[String],
    unread: impl IntoIterator<Item = &'u mut Vec<Unread>>,
) {
    let mut linked = tree.linked();
    // What nothing reads in a service is told there, however many links lead to it.
    linked.retain(|path| !services.contains(path));
    if linked.is_empty() {
        return;
    }
    let is_linked =
        |path: &str| Path::new(path).ancestors().filter_map(Path::to_str).any(|above| linked.contains(above));
    for unread in unread {
        unread.retain_mut(|Unread { path, looks }| match looks {
            Looks::Config | Looks::Outside(_) | Looks::Rest | Looks::Inside(_) => true,
            Looks::Rule | Looks::Metadata { .. } => !is_linked(path),
            Looks::Rules(files) => {
                let before = files.len();
                files.retain(|file| !is_linked(&below(path, file)));
                !files.is_empty() || before == 0 && !is_linked(path)
            }
            Looks::Strays { files, .. } => {
                files.retain(|file| !is_linked(&file.path));
                !files.is_empty()
            }
            Looks::Service { rules, file } => {
                rules.retain(|rule| !is_linked(rule));
                if file.as_ref().is_some_and(|file| is_linked(&file.path)) {
                    *file = None;
                }
                !rules.is_empty() || file.is_some()
            }
        });
    }
}

/// Searches the tree outside of the services. Other fleets in it are theirs to look after.
pub(super) fn outside(tree: &dyn Files, layout: &Layout, services: &[String], exclude: &[GlobMatcher]) -> Found {
    let services: BTreeSet<&str> = services.iter().map(String::as_str).collect();
    let mut found = Found::default();
    // Directories of rules of what looks like a service.
    let mut told: BTreeSet<String> = BTreeSet::new();
    let mut open = vec![".".to_owned()];
    let mut looked = 0;
    while let Some(directory) = open.pop() {
        if found.is_enough(&mut looked, ".") {
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
        told.extend(rules.iter().filter_map(|file| file.rsplit_once('/')).map(|(above, _)| above.to_owned()));
        if file.is_some() || !rules.is_empty() {
            found.unread.push(Unread { path: directory.clone(), looks: Looks::Service { rules, file } });
        }
        if !told.contains(&directory) {
            found.strays(tree, &directory, &entries, None);
        }
        let next = found.next(tree, &directory, &entries, exclude, layout);
        open.extend(next.into_iter().filter(|path| !services.contains(path.as_str())));
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

/// The entries of a directory without links, hidden ones too; none where it cannot be read, which is reported where it matters.
fn plain(tree: &dyn Files, path: &str) -> Vec<Entry> {
    let entries = tree.all_entries(path).unwrap_or_default();
    let is_kept = |entry: &Entry| entry.is_directory || !tree.is_left_out(&below(path, &entry.name), false);
    entries.into_iter().filter(|entry| !entry.is_link && is_kept(entry)).collect()
}

/// The names of the files in a directory, without hidden ones.
pub(super) fn files(tree: &dyn Files, path: &str) -> Vec<String> {
    let files = plain(tree, path).into_iter().filter(|entry| !entry.is_directory && !entry.is_hidden());
    files.map(|entry| entry.name).collect()
}

fn below(directory: &str, name: &str) -> String {
    if directory == "." { name.to_owned() } else { format!("{directory}/{name}") }
}
