//! Which code of a service runs in the browsers of people, and not in the service: who calls from there is the browser.
//!
//! A file with which a program of JavaScript begins is a browser's where it mounts a page or uses what only pages have, and nothing that it
//! loads is of a server. Whatever leaves that open stays the service's own: a server that is passed over is a loss that nobody sees.

mod boundary;
mod programs;
mod signs;

pub(crate) use boundary::called;
pub(crate) use programs::Programs;
pub(crate) use signs::Runs;

use crate::inventory::{Home, script_roots};
use crate::pack::Packs;
use crate::paths::{above, dir_of};
use crate::program::Program;
use hedgerow_code::frontend::Language;
use serde::{Deserialize, Serialize};
use signs::{Found, Signs};
use std::collections::{BTreeMap, BTreeSet};

/// The code of a service that runs in browsers.
#[derive(Debug, Default)]
pub(crate) struct Browser {
    /// Its files, with those of libraries that nothing else of the service loads.
    pub(crate) files: BTreeSet<u32>,
    /// Those that nothing says so of but where they lie: an address of a service there is still asked about.
    pub(crate) supposed: BTreeSet<u32>,
    /// The first file that begins there.
    pub(crate) first: Option<u32>,
    /// Whether nothing else of the service begins anywhere but what builds the page.
    pub(crate) is_all: bool,
    /// Those that say `"use client"`, with what only they load: the server draws their components, and none of their calls is its own.
    pub(crate) drawn: BTreeSet<u32>,
    /// Files whose functions the framework calls on the server, for pages.
    actions: BTreeSet<u32>,
    /// Where files of components lie that are the browser's as well.
    pub(crate) scopes: Scopes,
}

/// Directories, by whether the programs that begin in or below them are all browsers'.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scopes(BTreeMap<String, bool>);

impl Scopes {
    /// Whether what lies at a path is a browser's by its place: the nearest directory of which something is known says so.
    pub(crate) fn is_browsers(&self, path: &str) -> bool {
        above(dir_of(path)).find_map(|dir| self.0.get(dir)).copied().unwrap_or(false)
    }

    /// Whether a file holds a component of a page in a language that is not read, and is the browser's.
    pub(crate) fn has_component(&self, path: &str) -> bool {
        [".vue", ".svelte"].iter().any(|end| path.ends_with(end)) && self.is_browsers(path)
    }
}

/// What a file with which a program begins is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// A browser's that mounts a page.
    Page,
    /// A browser's that uses what pages have.
    Dom,
    /// A program's, or on both sides.
    Program,
    /// A script's, by what it uses of Node.js. Nothing starts it.
    Script,
    /// A tool's, which builds the app.
    Tool,
    /// Nothing says it.
    Open,
}

/// Finds the code of a service that runs in browsers.
pub(crate) fn find(program: &Program, packs: &Packs, programs: &Programs, home: &Home) -> Browser {
    let mut browser = pages(program, packs, programs, home);
    boundary::add(&mut browser, program, packs, programs, home);
    browser
}

/// What of it begins in pages.
fn pages(program: &Program, packs: &Packs, programs: &Programs, home: &Home) -> Browser {
    let is_script =
        |file: &u32| matches!(program.files[*file as usize].language, Language::JavaScript | Language::TypeScript);
    let (roots, own_programs) = script_roots(program, home);
    let roots: BTreeSet<u32> = roots.into_iter().filter(is_script).collect();
    if roots.is_empty() {
        return Browser::default();
    }
    let own: BTreeSet<u32> = home.files(program).filter(is_script).collect();
    let graph = Graph::new(program, &packs.runs, programs, own.iter().copied());
    if !graph.nodes.values().any(|node| node.own.has(Signs::PAGE) || node.own.has(Signs::DOM)) {
        return Browser::default();
    }
    let path = |file: u32| program.files[file as usize].path;
    let of_both: BTreeSet<&str> = {
        let said = graph.nodes.iter().filter(|(file, node)| own.contains(file) && node.own.has(Signs::BOTH));
        said.filter_map(|(file, _)| programs.package(path(*file))).collect()
    };
    let side = |file: u32| {
        let Some(node) = graph.nodes.get(&file) else { return Side::Program };
        let package = programs.package(path(file));
        if own_programs.contains(&file)
            || package.is_some_and(|dir| programs.is_of_both(dir, &packs.runs) || of_both.contains(dir))
            || programs.starts(path(file))
            || program
                .importers(program.package_of(file))
                .any(|other| program.package(other).files.iter().any(|other| !own.contains(other)))
        {
            return Side::Program;
        }
        let is_tools = node.own.has(Signs::TOOL) || is_configuration(path(file));
        if node.all.has(Signs::SERVER) || node.all.has(Signs::BOTH) {
            Side::Program
        } else if is_tools {
            Side::Tool
        } else if node.all.has(Signs::NODE) {
            Side::Script
        } else if node.all.has(Signs::PAGE) {
            Side::Page
        } else if node.all.has(Signs::DOM) && !node.all.has(Signs::GUARD) {
            Side::Dom
        } else {
            Side::Open
        }
    };
    let sides: BTreeMap<u32, Side> = roots.iter().map(|file| (*file, side(*file))).collect();
    let told = sides.iter().map(|(file, side)| (path(*file), *side));
    let mut scopes = scopes(told, programs);
    // A package of which nothing is known is not its surroundings'.
    let below = home.directories.iter().flat_map(|(directory, _)| programs.below(directory));
    let mut untold: BTreeSet<&str> = below.filter(|dir| !scopes.0.contains_key(*dir)).collect();
    scopes.0.extend(untold.iter().map(|dir| ((*dir).to_owned(), false)));
    let mut begins: BTreeSet<u32> =
        sides.iter().filter(|(_, side)| matches!(side, Side::Page | Side::Dom)).map(|(file, _)| *file).collect();
    // What lies highest is the app's beginning, and not one of its parts.
    let depth = |file: u32| path(file).matches('/').count();
    let Some(first) = begins.iter().copied().min_by_key(|file| (sides[file] != Side::Page, depth(*file), *file)) else {
        return Browser::default();
    };
    let follows = |file: u32, scopes: &Scopes| {
        sides[&file] == Side::Open
            && scopes.is_browsers(path(file))
            && graph.nodes.get(&file).is_some_and(|node| !node.own.has(Signs::SETTING))
    };
    loop {
        begins.extend(roots.iter().copied().filter(|file| follows(*file, &scopes)));
        let others = own_programs.iter().chain(&roots).copied().filter(|file| !begins.contains(file));
        let others = graph.closure(others);
        let files: BTreeSet<u32> = graph.closure(begins.iter().copied()).difference(&others).copied().collect();
        // A library beside the app, of which nothing tells where it runs, is the browser's where nothing else loads it.
        let mut more = false;
        for (dir, _) in libraries(&graph, &own, &files, programs, &path).into_iter().filter(|(_, is_ours)| *is_ours) {
            if untold.remove(dir) {
                scopes.0.insert(dir.to_owned(), true);
                more = true;
            }
        }
        if !more {
            let told = sides.iter().filter(|(_, side)| matches!(side, Side::Page | Side::Dom)).map(|(file, _)| *file);
            let supposed = files.difference(&graph.closure(told)).copied().collect();
            let is_page = |(file, side): (&u32, &Side)| {
                matches!(side, Side::Page | Side::Dom | Side::Tool) || begins.contains(file)
            };
            let is_all = own_programs.is_empty() && sides.iter().all(is_page);
            let first = Some(first);
            return Browser { files, supposed, first, is_all, scopes, ..Browser::default() };
        }
    }
}

/// The packages of a service that others of its packages load, each with whether only browsers' files do.
fn libraries<'p>(
    graph: &Graph,
    own: &BTreeSet<u32>,
    files: &BTreeSet<u32>,
    programs: &'p Programs,
    path: &impl Fn(u32) -> &'p str,
) -> BTreeMap<&'p str, bool> {
    let mut found = BTreeMap::new();
    for (from, node) in &graph.nodes {
        for to in node.loads.iter().filter(|to| own.contains(to)) {
            let Some(dir) = programs.package(path(*to)) else { continue };
            if programs.package(path(*from)) != Some(dir) {
                *found.entry(dir).or_insert(true) &= files.contains(from);
            }
        }
    }
    found
}

/// What is known of directories by the programs that begin in or below them, up to the packages' own. Beside a program of the same package
/// only what lies around a mounted page is the browser's.
fn scopes<'p>(told: impl Iterator<Item = (&'p str, Side)>, programs: &'p Programs) -> Scopes {
    #[derive(Default)]
    struct Known {
        has_page: bool,
        has_script: bool,
        has_program: bool,
    }
    let mut all: BTreeMap<&str, (&str, Known)> = BTreeMap::new();
    for (path, side) in told {
        if matches!(side, Side::Tool | Side::Open) {
            continue;
        }
        let Some(package) = programs.package(path) else { continue };
        for dir in above(dir_of(path)) {
            let (_, known) = all.entry(dir).or_insert((package, Known::default()));
            known.has_page |= side == Side::Page;
            known.has_script |= side == Side::Script;
            known.has_program |= side == Side::Program;
            if dir == package {
                break;
            }
        }
    }
    let is_mixed = |package: &str| all.get(package).is_some_and(|(_, known)| known.has_program || known.has_script);
    let of = |(dir, (package, known)): (&&str, &(&str, Known))| {
        let is_browsers = match known {
            Known { has_program: true, .. } => false,
            Known { has_page: true, .. } => true,
            Known { has_script: true, .. } => false,
            // What lies around says it.
            Known { .. } if is_mixed(package) => return None,
            Known { .. } => true,
        };
        Some(((*dir).to_owned(), is_browsers))
    };
    Scopes(all.iter().filter_map(of).collect())
}

/// Whether a file configures a tool, by its name.
fn is_configuration(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    [".config", ".conf", "rc"].iter().any(|end| stem.ends_with(end))
        || [".config.", "webpack.", "gulpfile", "gruntfile"].iter().any(|part| stem.contains(part))
}

/// A file of the graph.
#[derive(Debug, Default)]
struct Node {
    /// What it says itself.
    own: Signs,
    /// What it and all that it loads say.
    all: Signs,
    /// The files that it loads.
    loads: BTreeSet<u32>,
}

/// The files that a service's scripts load, with what they say of where they run.
#[derive(Debug, Default)]
struct Graph {
    nodes: BTreeMap<u32, Node>,
}

impl Graph {
    fn new(program: &Program, runs: &Runs, programs: &Programs, from: impl Iterator<Item = u32>) -> Self {
        let mut nodes: BTreeMap<u32, Node> = BTreeMap::new();
        let mut open: Vec<u32> = from.collect();
        while let Some(file) = open.pop() {
            if nodes.contains_key(&file) {
                continue;
            }
            let Found { signs, named } = signs::of(program, file, runs);
            let imported = program.imported(program.package_of(file));
            let mut loads: BTreeSet<u32> =
                imported.flat_map(|package| program.package(package).files.iter().copied()).collect();
            loads.extend(named);
            loads.remove(&file);
            open.extend(loads.iter().copied());
            nodes.insert(file, Node { own: signs, all: signs, loads });
        }
        let mut graph = Self { nodes };
        graph.pass_on(program, programs);
        graph
    }

    /// What a file says counts for those that load it; what is said of pages in its own package alone: a library may be for both sides.
    fn pass_on(&mut self, program: &Program, programs: &Programs) {
        let mut loaders: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (file, node) in &self.nodes {
            node.loads.iter().for_each(|to| loaders.entry(*to).or_default().push(*file));
        }
        let package = |file: u32| programs.package(program.files[file as usize].path);
        let mut open: Vec<u32> = self.nodes.keys().copied().collect();
        while let Some(file) = open.pop() {
            let Some(all) = self.nodes.get(&file).map(|node| node.all) else { continue };
            for loader in loaders.get(&file).into_iter().flatten() {
                let passed = if package(*loader) == package(file) { all } else { all.without_pages() };
                if let Some(node) = self.nodes.get_mut(loader)
                    && node.all.take_in(passed)
                {
                    open.push(*loader);
                }
            }
        }
    }

    /// These files and all that they load.
    fn closure(&self, from: impl Iterator<Item = u32>) -> BTreeSet<u32> {
        self.closure_to(from, &BTreeSet::new())
    }

    /// These files and all that they load without leading through one of others, nor those others.
    fn closure_to(&self, from: impl Iterator<Item = u32>, others: &BTreeSet<u32>) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        let mut open: Vec<u32> = from.collect();
        while let Some(file) = open.pop() {
            if !others.contains(&file) && found.insert(file) {
                open.extend(self.nodes.get(&file).into_iter().flat_map(|node| node.loads.iter().copied()));
            }
        }
        found
    }
}
