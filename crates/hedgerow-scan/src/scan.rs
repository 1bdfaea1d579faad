//! The whole way: from the facts of all files to edges and findings.
//!
//! It goes in two steps. First come the services, each by itself: what it reaches, what it offers to others, whom it calls
//! ([`Part`]). A part depends on the files that the service loads, on what the deploy gives to it, on who offers which
//! contract, and on nothing else; so a later scan takes over the parts of which all of that is as it was. Then comes what
//! looks at all services: comments, deploy files, what nobody reaches.

use crate::across::across;
use crate::browser::{self, Browser, Programs};
use crate::builds::Builds;
use crate::calls::Contracts;
use crate::edge::Outcome;
use crate::givens::{self, copied};
use crate::infer::Infer;
use crate::inventory::{Home, Without, entries, homes};
use crate::loads::{Loads, Sum, sum, sum_of};
use crate::pack::{BUILT_IN_SUM, Packs};
use crate::part::{Marks, Part, Parts, Surroundings, part};
use crate::profiles::{self, Idle};
use crate::program::{File, FnId, Modules, Program, is_distribution, is_manifest};
use crate::reach::{Reach, reach};
use crate::stores::Fleet;
use crate::tree::Tree;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::Facts;
use hedgerow_code::room::together;
use hedgerow_deploy::Hosts;
use hedgerow_deploy::{Deploy, Schedule};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a scan knows from an earlier one.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The hash of each file of [`Tree::code`]: the same hash, the same language and text.
    pub sums: &'a [Sum],
    /// The hash of what the [`Tree`] holds besides: services, namespaces, configuration, and whatever else the caller wants
    /// to begin anew for.
    pub rest: Sum,
    /// What the earlier scan kept.
    pub parts: &'a Parts,
    /// All facts of the file at this index of [`Tree::code`], of which the tree itself holds the [`Facts::header`].
    pub facts: &'a (dyn Fn(usize) -> Arc<Facts> + Sync),
}

/// Finds which service calls which.
///
/// # Errors
/// When a built-in pack cannot be read: a fault of this crate.
pub fn scan(tree: &Tree) -> Result<Outcome, String> {
    together(|| scan_all(tree))
}

fn scan_all(tree: &Tree) -> Result<Outcome, String> {
    let run = Run::new(tree)?;
    let all: Vec<usize> = (0..run.homes.len()).collect();
    let program = Program::new(run.files(|at| &tree.code[at].facts), &run.modules, &run.packs);
    let begun = run.begin(&program, &all);
    let reached = run.reach(&program, &begun);
    let offers: Vec<_> = run.offers(&program, &reached);
    let contracts = run.contracts(offers.iter());
    let parts = run.parts(&program, (&all, &begun), &reached, offers, &contracts);
    Ok(run.finish(&program.files, &parts))
}

/// Finds which service calls which, where an earlier scan has found most of it. The answer is [`scan`]'s. With it comes what
/// the next scan can take over.
///
/// # Errors
/// As [`scan`].
pub fn rescan(tree: &Tree, known: &Known) -> Result<(Outcome, Parts), String> {
    together(|| rescan_changed(tree, known))
}

fn rescan_changed(tree: &Tree, known: &Known) -> Result<(Outcome, Parts), String> {
    let run = Run::new(tree)?;
    let headers = run.files(|at| &tree.code[at].facts);
    let loads = Loads::new(&headers, &run.modules);
    let loaded: Vec<BTreeSet<u32>> = run.homes.par_iter().map(|home| loads.of(home, &headers)).collect();
    let around = sum(|add| {
        add(&known.rest);
        add(&sum_of(&(&run.hosts, &tree.config.pack, *BUILT_IN_SUM, run.modules.mounted())));
        add(&sum_of(&run.modules.installed().collect::<Vec<_>>()));
        add(&sum_of(run.modules.searched()));
        add(&sum_of(run.modules.told()));
        add(&sum_of(&run.programs));
        add(&sum_of(&run.fleet));
        // A module's path is the path of its packages.
        for manifest in run.manifests() {
            add(manifest.0.as_bytes());
            add(manifest.1.as_bytes());
        }
    });
    let shown: Vec<BTreeSet<(u32, &str)>> = run.homes.par_iter().map(|home| loads.shown(home, &headers)).collect();
    let sums = (0..run.homes.len()).into_par_iter().map(|at| run.sum(at, (&loaded[at], &shown[at]), known, &around));
    let sums: Vec<Sum> = sums.collect();
    let kept = |at: usize| known.parts.get(&run.homes[at].name).filter(|part| part.made_from == sums[at]);
    let mut stale: Vec<usize> = (0..run.homes.len()).filter(|at| kept(*at).is_none()).collect();
    let mut facts: BTreeMap<u32, Arc<Facts>> = BTreeMap::new();
    loop {
        let mut needed: BTreeSet<u32> = stale.iter().flat_map(|at| loaded[*at].iter().copied()).collect();
        needed.retain(|file| !facts.contains_key(file));
        facts.par_extend(needed.into_par_iter().map(|file| (file, (known.facts)(run.code[file as usize]))));
        let files =
            (0..).zip(&headers).map(|(at, file)| File { facts: facts.get(&at).map_or(file.facts, |f| f), ..*file });
        let program = Program::new(files.collect(), &run.modules, &run.packs);
        let begun = run.begin(&program, &stale);
        let reached = run.reach(&program, &begun);
        let offers = run.offers(&program, &reached);
        let fresh: BTreeMap<usize, &BTreeSet<String>> = stale.iter().copied().zip(&offers).collect();
        let nothing = BTreeSet::new();
        let offered =
            |at: usize| fresh.get(&at).copied().or_else(|| kept(at).map(|part| &part.offers)).unwrap_or(&nothing);
        let contracts = run.contracts((0..run.homes.len()).map(offered));
        let offered = sum_of(&contracts);
        // Who is called by a contract depends on all who offer it.
        let others = stale.len() < run.homes.len();
        if others
            && (0..run.homes.len())
                .any(|at| !fresh.contains_key(&at) && kept(at).is_some_and(|p| p.contracts != offered))
        {
            stale = (0..run.homes.len()).collect();
            continue;
        }
        let made = run.parts(&program, (&stale, &begun), &reached, offers, &contracts);
        let mut made: BTreeMap<usize, Part> = stale.iter().copied().zip(made).collect();
        let parts = (0..run.homes.len()).map(|at| {
            let part = made.remove(&at).or_else(|| kept(at).cloned()).unwrap_or_default();
            Part { made_from: sums[at], contracts: offered, ..part }
        });
        let parts: Vec<Part> = parts.collect();
        let outcome = run.finish(&headers, &parts);
        let names = run.homes.iter().map(|home| home.name.clone());
        return Ok((outcome, Parts::new(names.zip(parts))));
    }
}

/// What both kinds of scan begin with.
struct Run<'a> {
    tree: &'a Tree<'a>,
    packs: Arc<Packs>,
    /// The files that this build takes, by path: indices into [`Tree::code`].
    code: Vec<usize>,
    modules: Modules,
    /// What starts scripts outside of browsers.
    programs: Programs,
    homes: Vec<Home>,
    hosts: Hosts,
    deploy: Deploy,
    /// The settings of environments that the deploy does not choose.
    idle: Idle<'a>,
    fleet: Fleet,
}

/// Where a service begins to run, and what of its code does so in browsers.
struct Begun {
    entries: Vec<FnId>,
    browser: Browser,
    without: Without,
}

impl<'a> Run<'a> {
    fn new(tree: &'a Tree<'a>) -> Result<Self, String> {
        let packs = Packs::with(&tree.config.pack)?;
        let takes = |at: &usize| {
            let file = &tree.code[*at];
            file.language.semantics().is_built(&file.path, file.facts.constraint.as_deref(), &tree.config.tags)
        };
        let mut code: Vec<usize> = (0..tree.code.len()).filter(takes).collect();
        code.sort_by(|a, b| tree.code[*a].path.cmp(&tree.code[*b].path));
        let paths =
            tree.code.iter().map(|file| file.path.as_str()).chain(tree.texts.iter().map(|file| file.path.as_str()));
        let mut homes = homes(tree.services, tree.config, paths);
        crate::built::add(tree, &mut homes);
        let builds = Builds::new(tree);
        crate::starters::add(tree, &builds, &mut homes);
        crate::components::add(tree, &builds, &mut homes);
        crate::renamed::add(tree, &mut homes);
        crate::beans::add(tree, &mut homes);
        let (mut hosts, mut given) = givens::read(tree, &homes);
        // Whose a container is, is told before: it runs the other one's code, and is its own.
        crate::built::share(tree, &hosts, &given, &mut homes);
        crate::started::add(tree, &given, &mut homes);
        let mut idle = givens::settings(tree, &homes, &builds, (&mut hosts, &mut given));
        idle.extend(profiles::settle(tree, &homes, &hosts, &mut given));
        let programs = Programs::new(tree.texts);
        let fleet = Fleet::new(tree, &homes, &given);
        givens::listening(&homes, (&given, &fleet), &mut hosts);
        crate::absent::stand_in(tree, &fleet, &mut hosts);
        let mut run =
            Self { tree, packs, code, modules: Modules::default(), programs, homes, hosts, deploy: given, idle, fleet };
        let files = run.files(|at| &tree.code[at].facts);
        let scripts = tree.texts.iter().map(|file| (file.path.as_str(), &*file.text));
        let manifests = run.manifests().chain(scripts.filter(|(path, _)| is_manifest(path)));
        let mut modules = Modules::new(manifests, &files, copied(tree, &run.homes));
        modules.settings(&files, &run.homes, &run.deploy);
        run.modules = modules;
        run.modules.know(run.packs.libraries(Language::Python).into_iter());
        run.modules.search(crate::searched::searched(tree, &run.homes, &run.deploy), &run.homes);
        Ok(run)
    }

    /// The `go.mod` and `Cargo.toml` files, the projects of .NET and the distributions of Python, path and text.
    fn manifests(&self) -> impl Iterator<Item = (&'a str, &'a str)> + Clone {
        let is_manifest = |path: &str| {
            matches!(path.rsplit('/').next(), Some("go.mod" | "Cargo.toml"))
                || path.ends_with(".csproj")
                || is_distribution(path)
        };
        let manifests = self.tree.texts.iter().filter(move |file| is_manifest(&file.path));
        manifests.map(|file| (file.path.as_str(), &*file.text))
    }

    fn files<'p>(&self, facts: impl Fn(usize) -> &'p Facts) -> Vec<File<'p>>
    where
        'a: 'p,
    {
        let file = |at: &usize| {
            let file = &self.tree.code[*at];
            File { path: &file.path, language: file.language, facts: facts(*at) }
        };
        self.code.iter().map(file).collect()
    }

    /// The hash of everything that the part of the `at`-th service is made from, but for the contracts of others.
    fn sum(&self, at: usize, files: (&BTreeSet<u32>, &BTreeSet<(u32, &str)>), known: &Known, around: &Sum) -> Sum {
        let (loaded, shown) = files;
        let home = &self.homes[at];
        sum(|add| {
            add(around);
            add(&sum_of(&(home, self.deploy.of(&home.name))));
            for file in loaded {
                let at = self.code[*file as usize];
                add(self.tree.code[at].path.as_bytes());
                add(&known.sums[at]);
                // What an import leads to is also said by the manifests of others.
                for (import, to) in self.modules.scripts_of(&self.tree.code[at].path) {
                    add(import.as_bytes());
                    add(to.unwrap_or("<lost>").as_bytes());
                }
                for path in self.modules.torn_of(&self.tree.code[at].path) {
                    add(path.as_bytes());
                }
                // Whether an import that leads nowhere should lead to a file is said by where others lie.
                for import in self.modules.astray(&self.tree.code[at]) {
                    add(import.as_bytes());
                }
            }
            for (file, name) in shown {
                add(self.tree.code[self.code[*file as usize]].path.as_bytes());
                add(name.as_bytes());
            }
        })
    }

    fn begin(&self, program: &Program, homes: &[usize]) -> Vec<Begun> {
        let of = |at: &usize| {
            let home = &self.homes[*at];
            let browser = browser::find(program, &self.packs, &self.programs, home);
            let mut without = Without::new(program, home);
            without.files.clone_from(&browser.drawn);
            let idle = crate::started::idle(program, &self.modules, home);
            let mut entries = entries(program, home, &without, &idle);
            entries.extend(browser::called(program, &browser));
            entries.retain(|function| !browser.files.contains(&program.file_of(*function)));
            Begun { entries, browser, without }
        };
        homes.par_iter().map(of).collect()
    }

    fn reach<'p>(&self, program: &Program<'p>, begun: &[Begun]) -> Vec<Reach<'p>> {
        // Each service has answers of its own: most of its code is nobody else's, and a small table is a quick one.
        let of = |begun: &Begun| reach(&Infer::new(program), &self.packs, &begun.entries, &begun.without);
        begun.par_iter().map(of).collect()
    }

    fn offers<'p>(&self, program: &Program<'p>, reached: &[Reach<'p>]) -> Vec<BTreeSet<String>> {
        let of = |reach: &Reach<'p>| crate::calls::offered(&Infer::new(program), &self.packs, reach);
        reached.par_iter().map(of).collect()
    }

    fn contracts<'o>(&self, offers: impl Iterator<Item = &'o BTreeSet<String>>) -> Contracts {
        let mut contracts = Contracts::default();
        for (home, offers) in self.homes.iter().zip(offers) {
            contracts.add(&home.name, offers.clone());
            contracts.place(&home.name, home.directories.iter().map(|(directory, _)| directory.clone()).collect());
        }
        contracts
    }

    fn parts<'p>(
        &self,
        program: &Program<'p>,
        (homes, begun): (&[usize], &[Begun]),
        reached: &[Reach<'p>],
        offers: Vec<BTreeSet<String>>,
        contracts: &Contracts,
    ) -> Vec<Part> {
        let marks = Marks::new(program, self.tree.config);
        let around = Surroundings {
            packs: &self.packs,
            hosts: &self.hosts,
            fleet: &self.fleet,
            deploy: &self.deploy,
            contracts,
            marks: &marks,
        };
        homes
            .par_iter()
            .zip(begun)
            .zip(reached)
            .zip(offers)
            .map(|(((at, begun), reach), offers)| {
                let begins = (begun.entries.as_slice(), &begun.browser);
                part(&Infer::new(program), &around, &self.homes[*at], begins, reach, offers)
            })
            .collect()
    }

    /// What looks at all services. Of the files it needs no more than the headers.
    fn finish(&self, files: &[File], parts: &[Part]) -> Outcome {
        across(self.tree, files, &self.homes, &self.hosts, (&self.deploy, &self.fleet, &self.idle), parts)
    }
}

/// When the workloads of services run that do not run all the time, as their manifests say it. No source code is looked at.
#[must_use]
pub fn schedules(tree: &Tree) -> BTreeSet<Schedule> {
    together(|| schedules_of(tree))
}

fn schedules_of(tree: &Tree) -> BTreeSet<Schedule> {
    let paths = tree.texts.iter().map(|file| file.path.as_str());
    let homes = homes(tree.services, tree.config, paths);
    givens::read(tree, &homes).1.into_schedules()
}

/// Groups the edges that become rules by their caller.
#[must_use]
pub fn rules(outcome: &Outcome) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut rules: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for edge in outcome.edges.values().filter(|edge| edge.class().is_rule()) {
        rules.entry(&edge.caller).or_default().insert(&edge.callee);
    }
    rules
}
