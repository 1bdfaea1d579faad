//! What a scan finds about one service by itself.

use crate::browser::{Browser, Scopes};
use crate::calls::{Answered, Context, Contracts, Found, find};
use crate::config::ScanConfig;
use crate::edge::{Account, Class, Outcome, Place, Reason};
use crate::infer::Infer;
use crate::inventory::Home;
use crate::loads::Sum;
use crate::mentions::Mentions;
use crate::names::Names;
use crate::pack::Packs;
use crate::program::{FnId, Program};
use crate::questions::Question;
use crate::reach::Reach;
use crate::stores::{Fleet, Store, Used};
use crate::untaken::Untaken;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Comment, Directive};
use hedgerow_deploy::Deploy;
use hedgerow_deploy::Hosts;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a scan found about each service by itself, for the next scan to take over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    services: BTreeMap<String, Part>,
}

/// What is found about one service by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    /// The hash of what all of this is made from, but for the contracts.
    pub(crate) made_from: Sum,
    /// The hash of who offers which contract.
    pub(crate) contracts: Sum,
    /// The contracts it offers.
    pub(crate) offers: BTreeSet<String>,
    /// The comments it reaches: the file, and the index there.
    pub(crate) comments: BTreeSet<(String, u32)>,
    /// Those of them that answer for a call whose target cannot be told.
    pub(crate) needed: BTreeSet<(String, u32)>,
    /// The files it loads of which a part could not be parsed.
    pub(crate) unparsed: BTreeSet<String>,
    /// Its calls.
    pub(crate) found: Outcome,
    /// Those of them that cannot be told.
    pub(crate) questions: Vec<Question>,
    /// The services that its code names without calling them.
    pub(crate) mentions: Mentions,
    /// The names in its code that may be those of environment variables.
    pub(crate) variables: BTreeSet<String>,
    /// Those of them for addresses that no deploy file sets and that no target is made of, and where.
    pub(crate) unset: BTreeMap<String, Place>,
    /// Those of them that reached code asks for, and where.
    pub(crate) reads: BTreeMap<String, Place>,
    /// The variables with addresses that it is given and that no code of it names, where all of that was read.
    pub(crate) unasked: BTreeSet<String>,
    /// The libraries that its code names, of those for which frameworks have settings.
    pub(crate) words: BTreeSet<String>,
    /// Whether its code compares issuers of tokens with what it is given, and discovers nothing by them.
    pub(crate) compares_issuers: bool,
    /// The files of settings that the deploy gives it and that reached code names.
    pub(crate) files: BTreeSet<String>,
    /// The variables that it is given and that a build writes into pages.
    pub(crate) for_pages: BTreeSet<String>,
    /// The keys that it asks for of those that others have as well.
    pub(crate) keys: BTreeSet<String>,
    /// The beginnings of the keys that classes of its code are filled from (`@ConfigurationProperties("ledger")`).
    pub(crate) prefixes: BTreeSet<String>,
    /// The parts of the configuration that reached code asks for by name.
    pub(crate) sections: BTreeSet<Vec<String>>,
    /// What its reached code has of stores.
    pub(crate) stores: BTreeMap<Store, Used>,
    /// The components of Dapr that it names, and where.
    pub(crate) components: BTreeMap<String, Place>,
    /// Where it says that Consul is to call it.
    pub(crate) checked: Option<Place>,
    /// Whether its code speaks to Dapr.
    pub(crate) speaks_to_dapr: bool,
    /// What of its code was read.
    pub(crate) account: Account,
    /// The directories outside of its own in which code lies that it reaches.
    pub(crate) loads: BTreeSet<String>,
    /// Whether all of it is a page, and what builds that sends no requests on.
    pub(crate) is_page: bool,
    /// Where its components lie that are the browser's.
    pub(crate) scopes: Scopes,
}

impl Parts {
    pub(crate) fn new(services: impl Iterator<Item = (String, Part)>) -> Self {
        Self { services: services.collect() }
    }

    pub(crate) fn get(&self, service: &str) -> Option<&Part> {
        self.services.get(service)
    }
}

/// What the parts of all services are made from besides the code.
pub(crate) struct Surroundings<'a> {
    pub(crate) packs: &'a Packs,
    pub(crate) hosts: &'a Hosts,
    pub(crate) fleet: &'a Fleet,
    pub(crate) deploy: &'a Deploy,
    pub(crate) contracts: &'a Contracts,
    pub(crate) marks: &'a Marks<'a>,
}

/// What functions carry along to the services that reach them.
pub(crate) struct Marks<'a> {
    /// Comments, by the functions they belong to.
    comments: BTreeMap<FnId, Vec<(u32, u32, &'a Comment)>>,
    /// Files of which a part could not be parsed, by the function that runs when they are loaded.
    unparsed: BTreeMap<FnId, u32>,
    /// Files of which the configuration says that calls whose target cannot be told need no rule.
    ignored: BTreeSet<u32>,
}

impl<'a> Marks<'a> {
    pub(crate) fn new(program: &Program<'a>, config: &ScanConfig) -> Self {
        let mut marks = Self { comments: BTreeMap::new(), unparsed: BTreeMap::new(), ignored: BTreeSet::new() };
        for (file, of) in (0_u32..).zip(&program.files) {
            if config.ignore.is_match(of.path) {
                marks.ignored.insert(file);
            }
            if !of.facts.faults.is_empty()
                && let Some(loader) = program.loader(file)
            {
                marks.unparsed.insert(loader, file);
            }
            for (at, comment) in (0_u32..).zip(&of.facts.comments) {
                let functions: Vec<FnId> = match comment.function {
                    Some(at) => program.function_at(file, at).into_iter().collect(),
                    // For the whole file's package: whoever loads it.
                    None => program.package(program.package_of(file)).initializers.clone(),
                };
                for function in functions {
                    marks.comments.entry(function).or_default().push((file, at, comment));
                }
            }
        }
        marks
    }
}

/// What is found about one service.
pub(crate) fn part<'p>(
    infer: &Infer<'_, 'p>,
    around: &Surroundings,
    home: &Home,
    (entries, browser): (&[FnId], &Browser),
    reach: &Reach<'p>,
    offers: BTreeSet<String>,
) -> Part {
    let program = infer.program;
    let path = |file: u32| program.files[file as usize].path.to_owned();
    let mut part = Part { offers, ..Part::default() };
    let mut answered = Answered { files: around.marks.ignored.clone(), ..Answered::default() };
    for function in reach.functions.keys() {
        part.unparsed.extend(around.marks.unparsed.get(function).map(|file| path(*file)));
        for (file, at, comment) in around.marks.comments.get(function).into_iter().flatten() {
            part.comments.insert((path(*file), *at));
            if let Directive::Malformed(_) = comment.directive {
                continue;
            }
            match comment.function {
                Some(at) => answered.functions.extend(program.function_at(*file, at)),
                None => {
                    answered.packages.insert(program.package_of(*file));
                    answered.heads.insert(*file);
                }
            }
        }
    }
    // What people say there holds, though nothing in the service reaches it.
    for file in &browser.files {
        let comments = (0_u32..).zip(&program.files[*file as usize].facts.comments);
        part.comments.extend(comments.map(|(at, _)| (path(*file), at)));
    }
    part.scopes = browser.scopes.clone();
    let untaken = Untaken::new(infer, reach);
    let context = Context {
        infer,
        packs: around.packs,
        hosts: around.hosts.of(&home.name),
        fleet: around.fleet,
        contracts: around.contracts,
        given: around.deploy.of(&home.name),
        reach,
        service: &home.name,
        answered: &answered,
        untaken: &untaken,
    };
    let Found { outcome, questions, needed, variables, published, sections, stores, here, checked } = find(&context);
    part.checked = checked;
    part.questions = questions;
    part.sections = sections;
    part.stores = stores;
    part.found = outcome;
    (part.account, part.loads) = crate::account::of_code(infer, home, reach, (entries, browser));
    let mut names = Names::new(
        infer,
        reach,
        (&answered, &untaken),
        around.hosts.of(&home.name),
        home,
        around.deploy.of(&home.name),
    );
    let mut files = crate::account::own_files(program, home);
    files.extend(reach.functions.keys().map(|function| program.file_of(*function)));
    part.compares_issuers = crate::issuers::are_compared(program, &files);
    names.compares_issuers = part.compares_issuers;
    let is_of_jvm = |file: &&u32| matches!(program.files[**file as usize].language, Language::Java | Language::Kotlin);
    let texts = files.iter().filter(is_of_jvm).map(|file| {
        let facts = program.files[*file as usize].facts;
        let imports = facts.imports.iter().map(|import| &*import.path);
        facts.text.clone() + " " + &imports.collect::<Vec<_>>().join(" ")
    });
    part.words = crate::dormant::words_in(&texts.collect::<Vec<_>>());
    part.is_page = browser.is_all && !proxies(infer, home, browser);
    let in_browsers = browser.files.difference(&browser.supposed).copied().collect();
    names.read(&part.found, (around.deploy.of(&home.name), around.fleet), &in_browsers);
    part.unset = names.unset(&variables, around.deploy.of(&home.name));
    (part.mentions, part.variables, part.reads) = (names.mentions, names.variables, names.reads);
    // What the target of a call is made of is asked for, however the code spells it.
    part.variables.extend(variables);
    if let Some(given) = around.deploy.of(&home.name) {
        files.extend(&browser.files);
        let hosts = around.hosts.of(&home.name);
        let bundled = given.environment.keys().filter(|name| around.packs.runs.is_bundled(name));
        part.for_pages = bundled.cloned().collect();
        part.unasked = crate::mentions::unasked(program, home, &part, (&files, reach), given, hosts);
        part.unasked.extend(names.idle.difference(&part.variables).cloned());
    }
    for (variable, path) in &published {
        part.account.leave(Reason::Published, variable, 0, path);
    }
    (part.files, part.keys, part.components) = (names.files, names.keys, names.components);
    part.speaks_to_dapr = names.speaks_to_dapr;
    for (service, mention) in
        here.into_iter().flat_map(|(service, all)| all.into_iter().map(move |m| (service.clone(), m)))
    {
        crate::mentions::keep(&mut part.mentions, &service, mention);
    }
    part.sections.extend(names.sections);
    part.prefixes = names.prefixes;
    // A call that is known says more.
    let is_known = |found: &Outcome, service: &str| {
        let edge = found.edges.get(&(home.name.clone(), service.to_owned()));
        edge.is_some_and(|edge| edge.class() < Class::Candidate)
    };
    let known: Vec<bool> = names.asked_for.iter().map(|(service, _)| is_known(&part.found, service)).collect();
    for ((service, evidence), _) in names.asked_for.into_iter().zip(known).filter(|(_, is_known)| !is_known) {
        part.found.add(&home.name, &service, evidence);
    }
    for function in reach.functions.keys() {
        for (file, at, comment) in around.marks.comments.get(function).into_iter().flatten() {
            let is_needed = match comment.function {
                Some(at) => program.function_at(*file, at).is_some_and(|of| needed.functions.contains(&of)),
                None => needed.heads.contains(file),
            };
            if is_needed {
                part.needed.insert((path(*file), *at));
            }
        }
    }
    part
}

/// Whether code that is no browser's names a proxy: that of the server for developers which builds a page.
fn proxies(infer: &Infer, home: &Home, browser: &Browser) -> bool {
    let program = infer.program;
    let own = crate::account::own_files(program, home);
    let mut tools = own.difference(&browser.files).map(|file| &program.files[*file as usize]);
    tools.any(|file| file.facts.text.to_lowercase().contains("proxy"))
}
