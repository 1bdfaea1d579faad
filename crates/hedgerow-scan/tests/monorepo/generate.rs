//! A monorepo made from a seed, with its calls known exactly: services with most of their code having nothing to do with
//! calls, shared libraries of which some functions call, many idioms, dead code, tests, vendored copies, build tags, cron jobs.

#[path = "texts.rs"]
mod texts;

use std::collections::{BTreeMap, BTreeSet};
use texts::{Caller, Idiom};

/// How much is made.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    /// Services; every twentieth is a cron job.
    pub(crate) services: usize,
    /// Calls from one service to another, counted once each.
    pub(crate) edges: usize,
    /// Shared libraries.
    pub(crate) libraries: usize,
    /// Files of twenty functions that every service has besides its calls; main reaches every other file.
    pub(crate) domains: usize,
}

/// A tree of files and the edges it holds.
pub(crate) struct Monorepo {
    /// Paths and texts.
    pub(crate) files: Vec<(String, String)>,
    /// The services' names, which are their directories.
    pub(crate) services: Vec<String>,
    /// Caller and callee of every call.
    pub(crate) edges: BTreeSet<(String, String)>,
}

/// Numbers that look random and are the same for the same seed (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(high).unwrap_or(0) % limit.max(1)
    }
}

fn name(at: usize) -> String {
    if at % 20 == 19 { format!("cron.c{at:04}") } else { format!("service.s{at:04}") }
}

fn is_cron(at: usize) -> bool {
    at % 20 == 19
}

/// The short name by which a service answers.
pub(crate) fn slug(name: &str) -> String {
    name.replacen("service.", "s-", 1).replace('.', "-")
}

/// Makes a tree. The same seed and size give the same bytes.
///
/// # Panics
/// When there are more edges than pairs of services.
pub(crate) fn generate(seed: u64, size: Size) -> Monorepo {
    let mut random = Random(seed | 1);
    let services: Vec<String> = (0..size.services).map(name).collect();
    let callable: Vec<usize> = (0..size.services).filter(|at| !is_cron(*at)).collect();
    assert!(size.edges < size.services * (callable.len() - 1) / 2, "too many edges for so few services");
    let library_callees: Vec<usize> = (0..size.libraries).map(|_| callable[random.below(callable.len())]).collect();
    // Which library a service uses, and whether it uses the function that calls.
    let uses: Vec<(usize, bool)> =
        (0..size.services).map(|_| (random.below(size.libraries), random.below(3) == 0)).collect();
    let mut edges = BTreeSet::new();
    for (caller, (library, calls)) in uses.iter().enumerate() {
        if *calls && !is_cron(caller) && library_callees[*library] != caller {
            edges.insert((caller, library_callees[*library]));
        }
    }
    // A few services call many others, most a handful.
    let mut chances: Vec<usize> = Vec::new();
    for caller in 0..size.services {
        let weight = if random.below(25) == 0 { 10 } else { 1 + random.below(3) };
        chances.extend(std::iter::repeat_n(caller, weight));
    }
    let mut direct: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    while edges.len() < size.edges {
        let caller = chances[random.below(chances.len())];
        let callee = callable[random.below(callable.len())];
        if caller != callee {
            direct.entry(caller).or_default().insert(callee);
            edges.insert((caller, callee));
        }
    }
    let mut files = vec![("go.mod".to_owned(), "module mono\n\ngo 1.25\n".to_owned())];
    for (at, callee) in library_callees.iter().enumerate() {
        files.push(texts::library(at, &services[*callee]));
    }
    for at in 0..size.services {
        let callees = direct.remove(&at).unwrap_or_default();
        if is_cron(at) {
            files.push(texts::cron(&services[at], callees.iter().map(|callee| services[*callee].as_str())));
            continue;
        }
        let (library, calls_library) = uses[at];
        let calls = callees.iter().map(|callee| (services[*callee].as_str(), Idiom::draw(&mut random, *callee)));
        let caller = Caller {
            name: &services[at],
            at,
            calls: calls.collect(),
            library,
            calls_library,
            dead: &services[callable[random.below(callable.len())]],
            domains: size.domains,
        };
        texts::service(&caller, &mut random, &mut files);
    }
    files.sort();
    let edges =
        edges.into_iter().map(|(caller, callee)| (services[caller].clone(), services[callee].clone())).collect();
    Monorepo { files, services, edges }
}
