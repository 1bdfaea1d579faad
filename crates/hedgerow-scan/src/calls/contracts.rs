//! Contracts: who offers which, and the clients that call by them.

use super::interfaces::{self, Implementers, MARK};
use super::{Group, Search, Unresolved, Written};
use crate::edge::{Class, Finding, Port};
use crate::infer::Infer;
use crate::pack::{Kind, Packs};
use crate::paths::is_below;
use crate::program::{Meaning, PackageId, Program};
use crate::reach::{Reach, Site};
use crate::value::{Crossing, Value, Values, Way};
use hedgerow_code::ir::{Expr, Part};
use hedgerow_core::diag::Code;
use hedgerow_deploy::Answer;
use std::collections::{BTreeMap, BTreeSet};

/// Contracts of gRPC's own packages, which servers of all kinds offer: that somebody asks for one says nothing about whom.
const EVERYBODYS: &[&str] = &["Health", "ServerReflection", "Channelz"];

/// What is in the names of such packages, where their code is outside of the tree.
const OF_GRPC: &[&str] = &[
    "google.golang.org/grpc/",
    "grpc_health",
    "grpc.health",
    "grpc_reflection",
    "grpc.reflection",
    "channelz",
    "tonic_health",
    "tonic_reflection",
    "io.grpc.",
    "Grpc.HealthCheck",
    "Grpc.Reflection",
];

/// Their full names, where their code is in the tree.
const FULL: &[&str] = &["=grpc.health.", "=grpc.reflection.", "=grpc.channelz."];

/// Who offers which contract: by its full name, and by its short one.
#[derive(Debug, Clone, Default, Hash)]
pub(crate) struct Contracts {
    offered: BTreeMap<String, BTreeSet<String>>,
    /// Where the code of each service lies, for those that have theirs with others: which of them offers what it holds cannot be told.
    places: BTreeMap<String, Vec<String>>,
    /// Who has classes that implement an interface, by the interface.
    implementers: BTreeMap<String, Implementers>,
}

/// What a service offers: the contracts its reached code registers.
pub(crate) fn offered<'p>(infer: &Infer<'_, 'p>, packs: &Packs, reach: &Reach<'p>) -> BTreeSet<String> {
    let program = infer.program;
    let mut found = interfaces::implemented(infer, reach);
    found.extend(based(infer, reach));
    for function in reach.functions.keys() {
        let file = program.file_of(*function);
        let language = program.files[file as usize].language;
        for id in program.exprs(*function) {
            let Expr::Member { of, name } = program.expr(*function, id) else { continue };
            let name = program.word(*function, *name);
            if !packs.may_offer(name) {
                continue;
            }
            let package = match infer.qualified(*function, *of, name) {
                Some(Meaning::Function(id)) => program.package_of(program.file_of(id)),
                Some(Meaning::Global(id)) => program.package_of(id.file),
                _ => continue,
            };
            // Generated code names its own description everywhere.
            if package == program.package_of(file) {
                continue;
            }
            let path = format!("{}.{name}", program.pack_path(package));
            if let Some(contract) = packs.offers(language, &path) {
                let names = contract_names(program, package, contract);
                let is_everybodys = |name: &String| FULL.iter().any(|full| name.starts_with(full));
                if !names.iter().any(is_everybodys) {
                    found.extend(names);
                }
            }
        }
    }
    for outside in reach.paths.iter() {
        if let Some(contract) = packs.offers(outside.language, &outside.path) {
            let short = contract.rsplit('.').next().unwrap_or(contract);
            if !EVERYBODYS.contains(&short) || !OF_GRPC.iter().any(|own| outside.path.contains(own)) {
                found.insert(short.to_owned());
                found.extend(full_name(&outside.path, short));
            }
        }
    }
    found
}

/// The contracts of the generated classes that reached ones extend, where the generated code is not in the tree: `LedgerGrpc.LedgerImplBase`.
fn based(infer: &Infer<'_, '_>, reach: &Reach<'_>) -> BTreeSet<String> {
    let program = infer.program;
    let classes =
        reach.made.iter().copied().chain(reach.functions.keys().filter_map(|function| infer.receiver(*function)));
    let classes: BTreeSet<_> = classes.collect();
    let mut found = BTreeSet::new();
    for path in classes.into_iter().flat_map(|class| program.outside_bases(class)) {
        let Some((_, class)) = path.rsplit_once('.') else { continue };
        let name = BASES.iter().find_map(|end| class.strip_suffix(end)).filter(|name| !name.is_empty());
        let Some(name) = name.filter(|name| !EVERYBODYS.contains(name)) else { continue };
        found.insert(name.to_owned());
        found.extend(full_name(&path, name));
    }
    found
}

/// How classes that Java's generator makes for servers end.
const BASES: &[&str] = &["CoroutineImplBase", "ImplBase"];

/// The full name of a contract whose generated code is outside of the tree: by the package that the code is in.
fn full_name(path: &str, contract: &str) -> Option<String> {
    path.rsplit_once('.').map(|(package, _)| format!("={package}.{contract}"))
}

/// The names of a contract: what its generated description says, else package and short name; and the short name alone.
fn contract_names(program: &Program, package: PackageId, contract: &str) -> Vec<String> {
    let short = contract.trim_start_matches('_');
    for name in [format!("{short}_ServiceDesc"), format!("_{short}_serviceDesc")] {
        let Meaning::Global(id) = program.item(package, &name) else { continue };
        let facts = program.files[id.file as usize].facts;
        for (value, _) in &program.global(id).values {
            let Expr::Composite { parts, .. } = facts.expr(*value) else { continue };
            let is_name = |part: &&Part| part.field.is_some_and(|field| facts.word(field) == "ServiceName");
            let full = facts.parts(*parts).iter().find(is_name);
            if let Some(Expr::Text(text)) = full.map(|part| facts.expr(part.value)) {
                return vec![format!("={}", facts.word(*text)), short.to_owned()];
            }
        }
    }
    vec![format!("={}.{short}", program.package(package).path), short.to_owned()]
}

impl Contracts {
    /// Says that a service offers contracts.
    pub(crate) fn add(&mut self, service: &str, contracts: BTreeSet<String>) {
        for contract in contracts {
            let parts: Vec<&str> = contract.split(MARK).collect();
            if let ["", interface, class, path] = parts.as_slice() {
                let servers = self.implementers.entry((*interface).to_owned()).or_default();
                servers.entry(service.to_owned()).or_default().insert(((*class).to_owned(), (*path).to_owned()));
                continue;
            }
            self.offered.entry(contract).or_default().insert(service.to_owned());
        }
    }

    /// Says where the code of a service lies.
    pub(crate) fn place(&mut self, service: &str, directories: Vec<String>) {
        self.places.insert(service.to_owned(), directories);
    }

    /// Whether nobody has a class that implements an interface.
    pub(super) fn is_implementing_nothing(&self) -> bool {
        self.implementers.is_empty()
    }

    /// Who has classes that implement an interface.
    pub(super) fn implementers(&self, interface: &str) -> Option<&Implementers> {
        self.implementers.get(interface)
    }

    /// Whether a file lies in a service's directories.
    pub(super) fn is_placed(&self, path: &str, service: &str) -> bool {
        self.places
            .get(service)
            .is_some_and(|directories| directories.iter().any(|directory| is_below(path, directory)))
    }

    /// Whether a file lies in the directories of any service.
    pub(super) fn is_somebodys(&self, path: &str) -> bool {
        self.places.keys().any(|service| self.is_placed(path, service))
    }

    /// Whether several services share a directory of code.
    pub(super) fn are_one_place(&self, services: &BTreeSet<String>) -> bool {
        let mut places = services.iter().map(|service| self.places.get(service).map_or(&[][..], Vec::as_slice));
        let Some(first) = places.next() else { return false };
        let others: Vec<&[String]> = places.collect();
        !others.is_empty() && first.iter().any(|directory| others.iter().all(|other| other.contains(directory)))
    }

    /// Who offers the contract of these names: the full name first, and the short one only where nobody uses the full.
    fn servers(&self, names: &[String]) -> BTreeSet<String> {
        names.iter().find_map(|name| self.offered.get(name)).cloned().unwrap_or_default()
    }
}

/// The calls by whose results a value comes somewhere, the innermost first.
fn results(way: &[Crossing]) -> Vec<Site> {
    way.iter().filter(|crossing| crossing.way == Way::Result).map(|crossing| crossing.site).rev().collect()
}

impl Search<'_, '_> {
    /// Whether a function outside of the tree is the client of a contract that a service offers by the same package.
    pub(super) fn is_offered(&self, path: &str, name: &str) -> bool {
        full_name(path, name).is_some_and(|full| self.context.contracts.offered.contains_key(&full))
    }

    /// Whether a package is a contract's generated code.
    pub(super) fn has_contract(&self, package: PackageId, name: &str) -> bool {
        let program = self.context.infer.program;
        let names = [
            format!("Register{name}Server"),
            format!("{name}_ServiceDesc"),
            format!("Register{name}HTTPServer"),
            format!("add_{name}Servicer_to_server"),
        ];
        names.iter().any(|name| program.item(package, name) != Meaning::Unknown)
    }

    /// A client of a contract over a connection: the connection's target says who is called; where it does not, those
    /// who offer the contract are.
    pub(super) fn client(
        &mut self,
        site: Site,
        at: u16,
        (name, path): (&str, &str),
        package: Option<PackageId>,
        verified: bool,
    ) {
        let program = self.context.infer.program;
        let (Expr::Call { arguments, .. } | Expr::New { arguments, .. }) = program.expr(site.function, site.expr)
        else {
            return;
        };
        let arguments = program.arguments(site.function, *arguments);
        let Some(argument) = arguments.get(usize::from(at)) else { return };
        let mut values = Values::default();
        for found in self.eval.value(Site { function: site.function, expr: argument.value }) {
            values.add(&found);
        }
        let is_connection = |value: &Value| matches!(value, Value::Connection(..));
        if !verified && !values.known.keys().any(is_connection) {
            return;
        }
        let names = match package {
            Some(package) => contract_names(program, package, name),
            None => full_name(path, name).into_iter().chain([name.to_owned()]).collect(),
        };
        let servers = self.context.contracts.servers(&names);
        let mut called = BTreeSet::new();
        let mut settled = false;
        let mut open = Vec::new();
        let mut here = Vec::new();
        for (value, way) in &values.known {
            let Value::Connection(dial, targets) = value else { continue };
            let mut group = Group::default();
            for target in targets {
                self.judge(&mut group, target, way);
            }
            called.extend(group.answers.iter().filter_map(|(answer, ..)| match answer {
                Answer::Service(callee, _) => Some(callee.clone()),
                _ => None,
            }));
            // Who offers the contract itself means itself there.
            if group.is_here() && servers.contains(self.context.service) {
                settled = true;
                self.covered.push((*dial, results(way)));
                continue;
            }
            let is_others = !servers.is_empty();
            if group.is_here() && is_others {
                // What counts if nothing says another address says no more than one that is not known.
                if !group.missing.is_empty() {
                    open.push((*dial, way.clone()));
                    continue;
                }
                if let (Some(callee), 1) = (servers.first(), servers.len()) {
                    here.push((*dial, callee.clone(), group.here.clone(), way.clone()));
                }
                settled = true;
            } else if group.answers.iter().any(|(answer, ..)| !matches!(answer, Answer::Several { .. })) {
                settled = true;
            } else {
                open.push((*dial, way.clone()));
            }
        }
        if settled && !called.is_empty() && !servers.is_empty() && called.is_disjoint(&servers) {
            self.disagree(site, name, &called, &servers);
        }
        // Of an address of the machine itself the contract says who is meant there.
        for (dial, callee, at, way) in here {
            let key = results(&way);
            let group = Group { here: at.clone(), ..Group::default() };
            let unresolved = Unresolved { site, written: Written::default(), key: key.clone(), group };
            if self.unanswered(&unresolved).is_some() {
                for (host, port) in at {
                    let text = port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
                    self.here_is(site, &callee, text);
                }
            }
            self.covered.push((dial, key));
        }
        if settled && open.is_empty() {
            return;
        }
        if servers.is_empty() {
            if open.is_empty() && !settled {
                let group = Group { unknown: values.unknown.clone(), ..Group::default() };
                self.report(Unresolved { site, written: Written::default(), key: Vec::new(), group });
            }
            return;
        }
        if !settled || !open.is_empty() {
            // Of services that share their code any may be the one that registers the contract.
            let is_open = self.context.contracts.are_one_place(&servers);
            let class = if is_open { Class::Wildcard } else { Class::Joined };
            for callee in &servers {
                self.edge(site, callee, class, (format!("whoever offers {name}"), Port::Unknown), Kind::Grpc, &[]);
            }
            if is_open {
                if open.is_empty() {
                    let group = Group { unknown: values.unknown.clone(), ..Group::default() };
                    self.report(Unresolved { site, written: Written::default(), key: Vec::new(), group });
                }
                return;
            }
            for (dial, way) in open {
                self.covered.push((dial, results(&way)));
            }
        }
    }

    fn disagree(&mut self, site: Site, name: &str, called: &BTreeSet<String>, servers: &BTreeSet<String>) {
        let list = |names: &BTreeSet<String>| names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
        self.outcome.findings.push(Finding {
            code: Code::ContractMismatch,
            message: format!("the connection leads to {}, but `{name}` is offered by {}", list(called), list(servers)),
            marks: vec![(self.place(site.function, site.expr), "a client over that connection".to_owned())],
            help: vec!["check the address, or what the callee registers".to_owned()],
            services: BTreeSet::from([self.context.service.to_owned()]),
            callees: BTreeSet::new(),
        });
    }
}
