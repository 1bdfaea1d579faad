//! The calls that one service's reached code makes: from sinks and the values of their targets to edges and findings.

mod addresses;
mod checked;
mod contracts;
mod dapr;
mod edges;
mod environment;
mod here;
mod interfaces;
mod proxies;
mod report;
mod stores;

pub(crate) use contracts::{Contracts, offered};
pub(crate) use stores::is_store_of_nobody;

use crate::edge::{Class, Finding, Outcome, Place, Port};
use crate::eval::Eval;
use crate::infer::{CONSTRUCTORS, Infer};
use crate::join::Join;
use crate::mention::is_address_variable;
use crate::mentions::Mentions;
use crate::pack::{Gives, Kind, Packs, Sink, Source, Target};
use crate::program::{FnId, Meaning, PackageId, Program, TypeId};
use crate::questions::{Cause, Question};
use crate::reach::{Reach, Site};
use crate::said::Said;
use crate::stores::{Fleet, Store, Used};
use crate::untaken::Untaken;
use crate::value::{Crossing, Piece, Template, Unknown, Value, Values};
use addresses::{asks_for_address, asks_for_no_address};
use environment::Readers;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{ALL, Expr, ExprId, TypeRef};
use hedgerow_core::diag::Code;
use hedgerow_deploy::Given;
use hedgerow_deploy::{Answer, Hosts};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that the calls of one service are judged by.
pub(crate) struct Context<'a, 'p> {
    pub(crate) infer: &'a Infer<'a, 'p>,
    pub(crate) packs: &'a Packs,
    pub(crate) hosts: &'a Hosts,
    pub(crate) fleet: &'a Fleet,
    pub(crate) contracts: &'a Contracts,
    pub(crate) given: Option<&'a Given>,
    pub(crate) reach: &'a Reach<'p>,
    pub(crate) service: &'a str,
    /// The functions in which a comment answers for what cannot be told, with the packages of comments for whole files.
    pub(crate) answered: &'a Answered,
    /// The clients that nothing takes.
    pub(crate) untaken: &'a Untaken,
}

/// Where comments and the configuration answer for what cannot be told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answered {
    pub(crate) functions: BTreeSet<FnId>,
    pub(crate) packages: BTreeSet<PackageId>,
    /// The files of these comments: for calls that cannot be told they answer there, since each file of a package may have others.
    pub(crate) heads: BTreeSet<u32>,
    /// The files of which the configuration says that such calls there need no rule.
    pub(crate) files: BTreeSet<u32>,
}

/// What one way to a sink leads to.
#[derive(Debug, Default)]
struct Group {
    answers: Vec<(Answer, Template, Vec<Crossing>, bool)>,
    /// What is asked for and not set anywhere.
    missing: BTreeSet<Piece>,
    /// What is asked for and set to something that nobody knows.
    hidden: BTreeSet<Piece>,
    open: bool,
    /// Whether the deploy may give another value, in a file that could not be read.
    may_differ: bool,
    unknown: BTreeSet<Unknown>,
    ways: BTreeSet<Vec<Crossing>>,
    /// The hosts that are the machine which asks, each with its port.
    here: BTreeSet<(String, Option<u16>)>,
    /// The addresses of private networks of which nobody says whose they are.
    private: BTreeSet<String>,
}

/// What is written of the target of a call.
#[derive(Debug, Clone, Copy, Default)]
struct Written {
    /// The expression, where there is one.
    target: Option<ExprId>,
    /// Whether it is a path of a client's, whatever is known of it.
    is_path: bool,
    /// Whether the call makes a client of an interface.
    is_proxy: bool,
    /// Whether the call is most often none.
    is_loose: bool,
    /// The kind of store that the call is a client of.
    store: Option<Store>,
    /// What the call speaks.
    kind: Kind,
}

/// A way to a sink whose target cannot be told.
#[derive(Debug)]
struct Unresolved {
    site: Site,
    /// What is written there of its target.
    written: Written,
    /// The calls that lead into the sink's function, the innermost first.
    key: Vec<Site>,
    group: Group,
}

/// The functions and files whose comments have answered for a call that cannot be told.
#[derive(Debug, Default)]
pub(crate) struct Needed {
    pub(crate) functions: BTreeSet<FnId>,
    pub(crate) heads: BTreeSet<u32>,
}

/// What is found of one service's calls.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Edges and findings.
    pub(crate) outcome: Outcome,
    /// The calls that cannot be told.
    pub(crate) questions: Vec<Question>,
    /// The comments that it takes.
    pub(crate) needed: Needed,
    /// The environment variables that targets are made of.
    pub(crate) variables: BTreeSet<String>,
    /// Those that a build writes into pages and that nothing sets, each with the file of a call.
    pub(crate) published: BTreeMap<String, String>,
    /// The parts of the configuration that code asks for by name.
    pub(crate) sections: BTreeSet<Vec<String>>,
    /// What it has of stores.
    pub(crate) stores: BTreeMap<Store, Used>,
    /// Those at whose ports it calls its own machine.
    pub(crate) here: Mentions,
    /// Where it says that Consul is to call it.
    pub(crate) checked: Option<Place>,
}

/// What something is put under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    /// A name for an address.
    Address,
    /// Another name.
    Other,
    /// No name.
    Unknown,
}

/// Whether a target is looked for and nothing of it is known.
fn is_open(values: &[Values]) -> bool {
    values.iter().any(|values| !values.is_empty())
        && values.iter().all(|values| values.templates().keys().all(|template| template.constant().is_none()))
}

/// Finds the calls of one service, and which comments it takes.
pub(crate) fn find(context: &Context) -> Found {
    let eval = Eval::new(context.infer, context.packs, context.reach);
    let said = Said::new(&eval, context.infer.program, context.packs, context.reach);
    let mut search = Search {
        context,
        eval,
        said,
        outcome: Outcome::default(),
        dials: Vec::new(),
        covered: Vec::new(),
        questions: Vec::new(),
        asked: BTreeMap::new(),
        written: Written::default(),
        needed: Needed::default(),
        variables: RefCell::default(),
        called: RefCell::default(),
        told: Vec::new(),
        closures: BTreeMap::new(),
        settled: BTreeSet::new(),
        addressed: BTreeSet::new(),
        doubted: BTreeSet::new(),
        proxies: Vec::new(),
        relatives: Vec::new(),
        chained: BTreeSet::new(),
        contracts: None,
        stores: BTreeMap::new(),
        here: Mentions::new(),
        published: BTreeMap::new(),
    };
    search.run();
    search.limits();
    let sections = search.sections();
    let checked = search.checked();
    Found {
        checked,
        outcome: search.outcome,
        questions: search.questions,
        stores: search.stores,
        here: search.here,
        published: search.published,
        needed: search.needed,
        variables: search.variables.take(),
        sections,
    }
}

struct Search<'a, 'p> {
    context: &'a Context<'a, 'p>,
    eval: Eval<'a, 'p>,
    said: Said,
    outcome: Outcome,
    /// Connections whose target cannot be told: a client over them may tell.
    dials: Vec<Unresolved>,
    /// Connections for which a client's contract answers: where they are opened, and the calls from there to the
    /// client, the innermost first.
    covered: Vec<(Site, Vec<Site>)>,
    /// The calls that cannot be told.
    questions: Vec<Question>,
    /// Their indices, by the call, the one that leads there, and what is not known.
    asked: BTreeMap<(Place, Option<Place>, BTreeSet<Cause>), usize>,
    /// What the call that is looked at says of its target.
    written: Written,
    needed: Needed,
    variables: RefCell<BTreeSet<String>>,
    /// The services that words of settings are called like.
    called: RefCell<BTreeMap<String, Option<String>>>,
    /// Where code itself says an address.
    told: Vec<environment::Told>,
    /// The functions without a name in those that were asked about.
    closures: BTreeMap<FnId, environment::Closures>,
    /// The calls of which an address says where they go.
    settled: BTreeSet<Site>,
    /// The functions with calls whose address is known, or a setting's.
    addressed: BTreeSet<FnId>,
    /// The services of which any may be the one that implements an interface, each once.
    doubted: BTreeSet<BTreeSet<String>>,
    /// Calls of libraries that make a client of an interface whose target cannot be told: the interface may tell.
    proxies: Vec<Unresolved>,
    /// Calls of clients whose target cannot be told, with the places where these are made: it may be a path of theirs.
    relatives: Vec<(Vec<Site>, Unresolved)>,
    /// What clients of interfaces are made with of which the interface tells whom they call.
    chained: BTreeSet<Site>,
    /// The interfaces that others implement, once they are asked for.
    contracts: Option<BTreeMap<TypeId, interfaces::Contract<'p>>>,
    /// What the code has of stores.
    stores: BTreeMap<Store, Used>,
    /// Those at whose ports it calls its own machine.
    here: Mentions,
    /// The variables that a build writes into pages and that nothing sets, each with the file of a call.
    published: BTreeMap<String, String>,
}

impl<'p> Search<'_, 'p> {
    fn run(&mut self) {
        let context = self.context;
        let readers = self.readers();
        let paths = &context.reach.paths;
        let is_sink = paths.ask(|outside| context.packs.sink(outside.language, &outside.path).is_some());
        let outside = context.reach.external.iter().filter(|(_, path)| *is_sink.get(*path));
        let mut calls: Vec<(Site, String, Option<PackageId>)> =
            outside.map(|(site, path)| (*site, paths.get(*path).path.clone(), None)).collect();
        let mut inside: BTreeMap<(Language, FnId), Option<(String, PackageId)>> = BTreeMap::new();
        for (site, functions) in &context.reach.targets {
            let language = self.language(site.function);
            for function in functions {
                let found = inside.entry((language, *function)).or_insert_with(|| {
                    let (path, package) = self.path_of(*function);
                    context.packs.sink(language, &path).is_some().then_some((path, package))
                });
                calls.extend(found.iter().map(|(path, package)| (*site, path.clone(), Some(*package))));
            }
        }
        self.uses();
        calls.sort();
        calls.dedup();
        let mut clients = Vec::new();
        for (site, path, package) in calls {
            let language = self.language(site.function);
            let Some((sink, name)) = context.packs.sink(language, &path) else { continue };
            if let Some(at) = sink.connection {
                let verified = match package {
                    Some(package) => self.has_contract(package, name),
                    None => self.is_offered(&path, name),
                };
                clients.push((site, at, name.to_owned(), path.clone(), package, verified));
            } else if sink.names_callee {
                self.named(site, name, sink);
            } else if let Some(target) = &sink.target {
                let key = sink.key.map(|at| self.key(site, at));
                if key == Some(Key::Unknown) {
                    continue;
                }
                let is_open_key = key == Some(Key::Other);
                let values = self.eval.target(site, target);
                let (before, values) = (values.len(), values.into_iter().filter_map(Values::unkeyed));
                let mut values: Vec<Values> = values.collect();
                // By all ways the key of a map comes there.
                if values.len() < before && values.is_empty() {
                    continue;
                }
                if sink.invokes {
                    values.iter_mut().for_each(dapr::invoked);
                }
                let is_any = values.iter().any(|values| !values.known.is_empty());
                if sink.relative || is_open_key {
                    values.iter_mut().for_each(|values| whole_only(values, sink.optional || is_open_key));
                }
                let is_path = is_any && values.iter().all(|values| values.known.is_empty());
                self.told(site, target, &readers);
                // `new MailClient({apiKey: process.env.KEY})`: what comes from outside is no address there.
                let kind = if sink.client && self.has_no_address(site, target) { Kind::Tcp } else { sink.kind };
                let leads = values.iter().any(|values| self.leads_to_service(values, kind));
                let store = self.store_of(language, &path, &values);
                self.opens(site, store, &values);
                let may_be = || match store {
                    Some(kind) => !context.fleet.of(kind).is_empty(),
                    None => stores::may_be(context.hosts, &path),
                };
                let is_here = || values.iter().any(|values| self.leads_here(values, store));
                let is_of_several = || values.iter().any(|values| self.stands_for_several(values));
                if sink.client && !(leads || is_here() || is_of_several() || is_open(&values) && may_be()) {
                    continue;
                }
                // `client.post().uri("")`: the address that the client has.
                let is_own = sink.kind == Kind::Http && values.iter().all(is_nothing) && self.has_client(site);
                if !(is_own || sink.optional && values.iter().all(Values::is_empty)) {
                    let is_proxy = package.is_none() && Self::is_library(&path);
                    let is_loose = sink.loose || is_open_key;
                    let (target, kind) = (self.argument(site, target), sink.kind);
                    self.written = Written { target, is_path, is_proxy, is_loose, store, kind };
                    self.address(site, &values, sink);
                    self.written = Written::default();
                }
            }
        }
        self.annotated();
        self.headers();
        self.assignments(&readers);
        self.environment(&readers);
        self.interfaces();
        for (site, at, name, path, package, verified) in clients {
            self.client(site, at, (&name, &path), package, verified);
        }
        // Of a client whose address is known an unknown path is none of somebody else; a variable for an address is no path.
        for (bases, unresolved) in std::mem::take(&mut self.relatives) {
            let is_address = |piece: &Piece| matches!(piece, Piece::Environment(name) if is_address_variable(name));
            let is_whole = unresolved.group.missing.iter().any(is_address);
            if is_whole || !bases.iter().all(|base| self.settled.contains(base)) {
                self.report(unresolved);
            }
        }
        let covered = std::mem::take(&mut self.covered);
        for unresolved in std::mem::take(&mut self.dials) {
            let answers = |(site, key): &(Site, Vec<Site>)| {
                *site == unresolved.site && key.iter().zip(&unresolved.key).all(|(a, b)| a == b)
            };
            if covered.iter().any(answers) {
                continue;
            }
            match unresolved.group.is_here() {
                true => self.here(unresolved),
                false => self.report(unresolved),
            }
        }
        self.outcome.services.insert(context.service.to_owned(), context.reach.functions.len());
    }

    /// The parts of the configuration that reached code asks for by name: who is given one may use all that is in it.
    fn sections(&self) -> BTreeSet<Vec<String>> {
        let context = self.context;
        let paths = &context.reach.paths;
        let gives = |outside: &crate::outside::Outside| {
            let transfer = context.packs.transfer(outside.language, &outside.path);
            let hands_on = outside.language.semantics().hands_on_settings();
            transfer.is_some_and(|transfer| match transfer.gives {
                Source::Section => true,
                Source::Setting => hands_on,
                _ => false,
            })
        };
        let is_section = paths.ask(gives);
        let sites = context.reach.external.iter().filter(|(_, path)| *is_section.get(*path));
        let values = sites.flat_map(|(site, _)| self.eval.value(*site)).flat_map(|values| values.known.into_keys());
        let sections = values.filter_map(|value| match value {
            Value::Setting(path) => Some(path),
            _ => None,
        });
        sections.collect()
    }

    /// Says which calls took more steps than they have.
    fn limits(&mut self) {
        let exhausted = self.eval.exhausted.take();
        let places: BTreeSet<Place> = exhausted.iter().map(|site| self.place(site.function, site.expr)).collect();
        if places.is_empty() {
            return;
        }
        self.outcome.findings.push(Finding {
            code: Code::ScanLimit,
            message: match places.len() {
                1 => "this call has more ways to its target than the scan follows".to_owned(),
                many => format!("{many} calls have more ways to their targets than the scan follows"),
            },
            marks: places
                .into_iter()
                .take(6)
                .map(|place| (place, "some ways to this were not followed".to_owned()))
                .collect(),
            help: vec!["say who is called by a comment there: `rpcmap: <service>`".to_owned()],
            services: BTreeSet::from([self.context.service.to_owned()]),
            callees: BTreeSet::new(),
        });
    }

    fn join(&self) -> Join<'_> {
        Join { hosts: self.context.hosts, given: self.context.given, said: Some(&self.said) }
    }

    fn language(&self, function: FnId) -> Language {
        let program = self.context.infer.program;
        program.files[program.file_of(function) as usize].language
    }

    /// The path of a function of the tree, as packs write it.
    fn path_of(&self, function: FnId) -> (String, PackageId) {
        let program = self.context.infer.program;
        let package = program.package_of(program.file_of(function));
        let decl = program.function(function);
        let receiver = decl.receiver.as_deref().unwrap_or_default();
        let receiver = receiver.rsplit('.').next().unwrap_or(receiver);
        let path = program.pack_path(package);
        let path = match (receiver, decl.name.as_str()) {
            ("", name) => format!("{path}.{name}"),
            (class, name) if CONSTRUCTORS.contains(&name) => {
                let own =
                    if decl.name == "<new>" { self.language(function).semantics().constructor(class) } else { None };
                own.unwrap_or_else(|| format!("{path}.{class}"))
            }
            (receiver, name) => format!("{path}.{receiver}.{name}"),
        };
        (path, package)
    }

    fn place(&self, function: FnId, id: ExprId) -> Place {
        let program = self.context.infer.program;
        let file = &program.files[program.file_of(function) as usize];
        Place { path: file.path.to_owned(), range: file.facts.span(id) }
    }

    /// Assignments that put a target into something that exists.
    fn assignments(&mut self, readers: &Readers) {
        let program = self.context.infer.program;
        for function in self.context.reach.functions.keys() {
            let language = self.language(*function);
            for store in program.facts_of(*function).stores(program.function(*function)) {
                let path = dotted(program, *function, store.target);
                let Some(sink) = self.context.packs.assignment(language, &path) else { continue };
                if self.is_declared(*function, store.target) {
                    continue;
                }
                let values = self.eval.listed(Site { function: *function, expr: store.value });
                let mut values: Vec<Values> = values.into_iter().filter_map(Values::unkeyed).collect();
                if sink.relative {
                    values.iter_mut().for_each(|values| whole_only(values, sink.optional));
                }
                self.told_by(Site { function: *function, expr: store.value }, &values, readers);
                if sink.optional && values.iter().all(Values::is_empty) {
                    continue;
                }
                let leads = |kind| values.iter().any(|values| self.leads_to_service(values, kind));
                // What nothing takes is asked about with all that the code names; what is not known of it, here.
                let is_untaken = self.context.untaken.has(program, *function, store.target);
                if (sink.client && !leads(sink.kind)) || (is_untaken && leads(Kind::Tcp)) {
                    continue;
                }
                self.written.target = Some(store.value);
                self.address(Site { function: *function, expr: store.target }, &values, sink);
                self.written = Written::default();
            }
        }
    }

    /// Whether an assignment is the first value of a field that a class of the tree declares: no client of a library is given it.
    fn is_declared(&self, function: FnId, target: ExprId) -> bool {
        let program = self.context.infer.program;
        let Expr::Member { of, name } = program.expr(function, target) else { return false };
        let Expr::Name(owner) = program.expr(function, *of) else { return false };
        let owner = program.meaning(program.file_of(function), program.word(function, *owner));
        let (Meaning::Type(owner), true) = (owner, program.function(function).name.is_empty()) else { return false };
        let name = program.word(function, *name);
        matches!(&program.ty(owner).1.ty, TypeRef::Struct(fields) if fields.iter().any(|field| field.name == name))
    }

    /// Calls through an interface that an annotation makes a client.
    fn annotated(&mut self) {
        let program = self.context.infer.program;
        for (site, ty) in &self.context.reach.dispatched {
            let (file, decl) = program.ty(*ty);
            let Some(loader) = program.loader(file) else { continue };
            for note in &decl.notes {
                let Some(client) = self.context.packs.client_note(&note.name) else { continue };
                let argument = client.target.iter().find_map(|name| note.arguments.iter().find(|(n, _)| n == name));
                let Some((_, value)) = argument else {
                    self.by_contract(*site, *ty);
                    continue;
                };
                let values = self.eval.value(Site { function: loader, expr: *value });
                let values: Vec<Values> = values.iter().map(crate::eval::placeholders).collect();
                // A name without a domain that no service has is one of a registry's.
                let is_name = |answer: &Answer| matches!(answer, Answer::Outside(host) if !host.contains('.'));
                let tells =
                    |group: &Group| group.is_settled() && !group.answers.iter().any(|(answer, ..)| is_name(answer));
                let is_settled = |values: &Values| self.groups(values).values().all(tells);
                if !values.iter().all(is_settled) && self.by_contract(*site, *ty) {
                    continue;
                }
                self.address_of(*site, &values, Kind::Http);
            }
        }
    }

    fn address_of(&mut self, site: Site, values: &[Values], kind: Kind) {
        for (key, group) in values.iter().flat_map(|values| self.groups(values)).collect::<Vec<_>>() {
            self.edges(site, &group, kind);
            self.note(site, &group);
            if group.is_here() {
                self.here(Unresolved { site, written: self.written, key, group });
                continue;
            }
            let is_none = self.written.is_loose && group.is_blank();
            if !(group.is_settled() || is_none) {
                let unresolved = Unresolved { site, written: self.written, key, group };
                let bases = if kind == Kind::Http { self.bases(site) } else { Vec::new() };
                match self.written.is_proxy {
                    true => self.proxies.push(unresolved),
                    false if !bases.is_empty() => self.relatives.push((bases, unresolved)),
                    false => self.report(unresolved),
                }
            }
        }
    }

    /// What something is put under, by an argument of a call.
    fn key(&self, site: Site, at: u16) -> Key {
        let program = self.context.infer.program;
        let (Expr::Call { arguments, .. } | Expr::New { arguments, .. }) = program.expr(site.function, site.expr)
        else {
            return Key::Unknown;
        };
        let Some(argument) = program.arguments(site.function, *arguments).get(usize::from(at)) else {
            return Key::Unknown;
        };
        let is_address = |name: &str| asks_for_address(&name.to_lowercase());
        let values = self.eval.value(Site { function: site.function, expr: argument.value });
        let texts = values.iter().flat_map(|values| values.templates().into_keys());
        let texts: Vec<String> = texts.filter_map(|template| template.constant().map(str::to_owned)).collect();
        if texts.is_empty() {
            let name = dotted(program, site.function, argument.value);
            return if is_address(&name) { Key::Address } else { Key::Unknown };
        }
        if texts.iter().any(|text| is_address(text)) { Key::Address } else { Key::Other }
    }

    /// Where what a method is called on is made, as far as that is outside of the tree.
    fn bases(&self, site: Site) -> Vec<Site> {
        let program = self.context.infer.program;
        let Expr::Call { callee, .. } = program.expr(site.function, site.expr) else { return Vec::new() };
        let Expr::Member { of, .. } = program.expr(site.function, *callee) else { return Vec::new() };
        let values = self.eval.value(Site { function: site.function, expr: *of });
        let made = values.iter().flat_map(|values| {
            let known = values.known.keys().filter_map(|value| match value {
                Value::Made(made, _) => Some(*made),
                _ => None,
            });
            known.chain(values.unknown.iter().map(|unknown| unknown.at)).collect::<Vec<_>>()
        });
        let made: BTreeSet<Site> = made.collect();
        made.into_iter().collect()
    }

    /// Whether a method is called on what another call makes, which has its address there.
    fn has_client(&self, site: Site) -> bool {
        let program = self.context.infer.program;
        let is_made =
            |base: &Site| matches!(program.expr(base.function, base.expr), Expr::Call { .. } | Expr::New { .. });
        self.bases(site).iter().any(is_made)
    }

    /// Whether what a call is given is written out there, under names of which each asks for something that is no address.
    fn has_no_address(&self, site: Site, target: &Target) -> bool {
        let program = self.context.infer.program;
        let facts = program.facts_of(site.function);
        let written = self.argument(site, target).map(|argument| facts.expr(argument));
        let Some(Expr::Composite { parts, .. }) = written else { return false };
        let mut names = facts.parts(*parts).iter().map(|part| match (part.field, part.key) {
            (Some(field), _) => Some(facts.word(field)),
            (None, Some(key)) => match facts.expr(key) {
                Expr::Text(word) => Some(facts.word(*word)),
                _ => None,
            },
            (None, None) => None,
        });
        names.len() > 0 && names.all(|name| name.is_some_and(|name| name != ALL && asks_for_no_address(name)))
    }

    /// Keeps that an address says where a call goes.
    fn note(&mut self, site: Site, group: &Group) {
        if group.is_settled() {
            self.settled.insert(site);
        }
        if group.is_settled() || !group.missing.is_empty() {
            self.addressed.insert(site.function);
        }
    }

    /// A call whose own name says who is called.
    fn named(&mut self, site: Site, name: &str, sink: &Sink) {
        let last = name.rsplit('/').next().unwrap_or(name);
        if let Some(callee) = self.context.hosts.named(last) {
            let callee = callee.to_owned();
            self.edge(site, &callee, Class::Proven, (last.to_owned(), Port::Unknown), sink.kind, &[]);
        }
    }

    /// A call to an address.
    fn address(&mut self, site: Site, values: &[Values], sink: &Sink) {
        if sink.gives != Some(Gives::Connection) {
            self.address_of(site, values, sink.kind);
            return;
        }
        for (key, group) in values.iter().flat_map(|values| self.groups(values)).collect::<Vec<_>>() {
            self.edges(site, &group, sink.kind);
            self.note(site, &group);
            if !group.is_settled() || group.is_here() {
                self.dials.push(Unresolved { site, written: self.written, key, group });
            }
        }
    }
}

/// Keeps of a target's values those that say a host: what begins with a text that has no scheme is a path. Where the target may not be left
/// out, a path it is: of the host that the page or the client has.
fn whole_only(values: &mut Values, is_optional: bool) {
    let is_path = |value: &Value| match value {
        Value::Text(template) => match template.0.first() {
            Some(Piece::Text(text)) => !text.contains("://"),
            Some(_) => false,
            None => true,
        },
        _ => false,
    };
    let mut paths = Vec::new();
    values.known.retain(|value, way| {
        let is_path = is_path(value);
        if is_path {
            paths.push(std::mem::take(way));
        }
        !is_path
    });
    if let Some(way) = paths.into_iter().next().filter(|_| !is_optional) {
        values.known.insert(Value::Text(Template::text("/")), way);
    }
}

/// Whether a target is an empty text and nothing else.
fn is_nothing(values: &Values) -> bool {
    let is_empty = |value: &Value| matches!(value, Value::Text(text) if text.constant() == Some(""));
    values.unknown.is_empty() && values.known.len() == 1 && values.known.keys().all(is_empty)
}

/// What is assigned to, as it is written: `req.URL.Host`.
fn dotted(program: &Program, function: FnId, id: ExprId) -> String {
    match program.expr(function, id) {
        Expr::Member { of, name } => {
            format!("{}.{}", dotted(program, function, *of), program.word(function, *name))
        }
        Expr::Name(name) => program.word(function, *name).to_owned(),
        Expr::Local(local) => program.local_name(function, *local).to_owned(),
        Expr::Deref(of) | Expr::Address(of) => dotted(program, function, *of),
        _ => "()".to_owned(),
    }
}
