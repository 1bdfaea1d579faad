//! Interfaces that two services share: one has a class that implements it, the other asks a factory for a value of it.
//!
//! That a value of an interface is a client nobody has to say: where a service asks for one and has no class that implements the interface,
//! what it is given can only be a proxy, and who is called is whoever has such a class.

use super::proxies::{CLIENT_BASES, FACTORIES, LIBRARIES, LOCAL, REMOTE, STAND_INS};
use super::{Group, Search, Unresolved, Written};
use crate::edge::{Class, Port};
use crate::infer::Infer;
use crate::pack::Kind;
use crate::program::{FnId, MAX_EMBED, Meaning, PackageId, Program, Ty, TypeId};
use crate::reach::{Reach, Site, loaded};
use hedgerow_code::frontend::{Language, REFERENCES};
use hedgerow_code::ir::{Argument, Def, Expr, ExprId, TypeRef};
use hedgerow_deploy::Answer;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// What an offer of an interface begins with among the names of contracts, and what stands between its parts.
pub(super) const MARK: char = '~';

/// How many functions, and how many calls deep, are looked at for what a factory does.
const MAX_BEHIND: usize = 200;
const MAX_DEPTH: usize = 5;

/// How often a function is gone through for what is made of a value.
const ROUNDS: usize = 4;

/// Whether the languages' classes say which interfaces they implement.
fn says_so(language: Language) -> bool {
    matches!(language, Language::Java | Language::Kotlin | Language::CSharp)
}

/// Who implements an interface: the services, each with its classes and their files.
pub(super) type Implementers = BTreeMap<String, BTreeSet<(String, String)>>;

/// The interfaces that classes implement which a service reaches, as names of contracts.
pub(super) fn implemented(infer: &Infer, reach: &Reach) -> BTreeSet<String> {
    let program = infer.program;
    let mut classes: BTreeSet<TypeId> = reach.made.iter().copied().collect();
    classes.extend(reach.functions.keys().filter_map(|function| infer.receiver(*function)));
    let mut found = BTreeSet::new();
    for class in classes.into_iter().filter(|class| is_implementation(program, *class)) {
        let (file, decl) = program.ty(class);
        for interface in above(program, class) {
            let (name, path) = (&decl.name, program.files[file as usize].path);
            found.insert(format!("{MARK}{}{MARK}{name}{MARK}{path}", key(program, interface)));
        }
    }
    found
}

/// Whether a class is what others call by the interfaces it implements.
fn is_implementation(program: &Program, class: TypeId) -> bool {
    let (file, decl) = program.ty(class);
    let name = decl.name.to_lowercase();
    says_so(program.files[file as usize].language)
        && matches!(decl.ty, TypeRef::Struct(_))
        && !STAND_INS.iter().any(|word| name.contains(word))
        && !program.outside_bases(class).iter().any(|path| is_client_base(path))
}

fn is_client_base(path: &str) -> bool {
    CLIENT_BASES.contains(&path.rsplit('.').next().unwrap_or(path))
}

/// What an interface is called in all services.
fn key(program: &Program, interface: TypeId) -> String {
    let (file, decl) = program.ty(interface);
    format!("{}#{}", program.files[file as usize].path, decl.name)
}

/// The interfaces with methods that a type implements or extends.
fn above(program: &Program, ty: TypeId) -> BTreeSet<TypeId> {
    let mut found = BTreeSet::new();
    let mut open = vec![(ty, 0)];
    while let Some((id, depth)) = open.pop() {
        let (file, decl) = program.ty(id);
        let bases: Vec<&TypeRef> = match &decl.ty {
            TypeRef::Struct(fields) => fields.iter().filter(|field| field.embedded).map(|field| &field.ty).collect(),
            TypeRef::Interface { embeds, .. } => embeds.iter().collect(),
            _ => continue,
        };
        if depth == MAX_EMBED {
            continue;
        }
        for base in bases.into_iter().filter_map(|r| program.type_id(Ty::Written { file, r })) {
            if matches!(&program.ty(base).1.ty, TypeRef::Interface { methods, .. } if !methods.is_empty()) {
                found.insert(base);
            }
            open.push((base, depth + 1));
        }
    }
    found
}

/// An interface that somebody else implements.
#[derive(Debug)]
pub(super) struct Contract<'p> {
    name: &'p str,
    methods: BTreeSet<&'p str>,
    servers: Implementers,
    /// Whether annotations say that it is called from outside.
    is_remote: bool,
    /// Whether annotations of its own make it a client: these say whom it calls.
    is_client: bool,
}

/// Where a value of an interface is asked for.
struct Asked {
    /// The interface.
    interface: TypeId,
    /// The call that is handed it.
    call: ExprId,
}

impl<'p> Search<'_, 'p> {
    /// Calls by an interface that somebody else implements.
    pub(super) fn interfaces(&mut self) {
        let contracts = self.contracts.take().unwrap_or_else(|| self.shared());
        if contracts.is_empty() {
            return self.answer(&BTreeSet::new());
        }
        let functions: Vec<FnId> = self.context.reach.functions.keys().copied().collect();
        let mut referenced = BTreeSet::new();
        let libraries = self.of_libraries();
        let mut factories = BTreeSet::new();
        for function in functions {
            if !says_so(self.language(function)) {
                continue;
            }
            for asked in self.asked_for(function, &contracts) {
                if self.ask(function, &asked, &contracts, &libraries) {
                    factories.insert(Site { function, expr: asked.call });
                }
            }
            self.references(function, &contracts, &mut referenced);
        }
        for (site, ty) in &self.context.reach.dispatched {
            let contract = contracts.get(ty).filter(|contract| !contract.is_client);
            if let Some(contract) = contract.filter(|contract| contract.is_remote || referenced.contains(ty)) {
                self.join_interface(*site, contract);
            }
        }
        self.answer(&factories);
    }

    /// The interfaces that others implement, and this service does not.
    fn shared(&self) -> BTreeMap<TypeId, Contract<'p>> {
        let context = self.context;
        let program = context.infer.program;
        let mut found = BTreeMap::new();
        if context.contracts.is_implementing_nothing() {
            return found;
        }
        let packages = OnceCell::new();
        for id in program.interfaces() {
            let (file, decl) = program.ty(id);
            if !says_so(program.files[file as usize].language) {
                continue;
            }
            let up = above(program, id);
            let own = context.contracts.implementers(&key(program, id)).cloned();
            let servers = own.or_else(|| {
                let all = up.iter().filter_map(|up| context.contracts.implementers(&key(program, *up)));
                let all: Vec<&Implementers> = all.collect();
                let mut servers = Implementers::default();
                for (service, classes) in all.into_iter().flatten() {
                    servers.entry(service.clone()).or_default().extend(classes.iter().cloned());
                }
                Some(servers).filter(|servers| !servers.is_empty())
            });
            let Some(servers) = servers.filter(|servers| !servers.contains_key(context.service)) else { continue };
            let methods: BTreeSet<&str> = program.asks_for(id).into_iter().collect();
            if methods.is_empty() || self.has_own(id, &methods, &packages) {
                continue;
            }
            let is_client = decl.notes.iter().any(|note| context.packs.client_note(&note.name).is_some());
            let notes = std::iter::once(id).chain(up).flat_map(|id| &program.ty(id).1.notes);
            let is_remote = notes.into_iter().any(|note| REMOTE.contains(&note.name.as_str()));
            found.insert(id, Contract { name: &decl.name, methods, servers, is_remote, is_client });
        }
        found
    }

    /// Whether a class that implements an interface lies in the service's directories or in shared code that it loads.
    fn has_own(&self, interface: TypeId, methods: &BTreeSet<&str>, packages: &OnceCell<BTreeSet<PackageId>>) -> bool {
        let context = self.context;
        let program = context.infer.program;
        let classes = methods.iter().filter_map(|name| program.methods_by_name.get(name)).flatten().map(|(ty, _)| *ty);
        let classes: BTreeSet<TypeId> = classes.collect();
        classes.into_iter().any(|class| {
            if !is_implementation(program, class) || !program.stands_for(class, interface) {
                return false;
            }
            let file = program.ty(class).0;
            let path = program.files[file as usize].path;
            if context.contracts.is_placed(path, context.service) {
                return true;
            }
            let packages = packages.get_or_init(|| {
                let functions = context.reach.functions.keys();
                let packages = functions.map(|function| program.package_of(program.file_of(*function)));
                loaded(context.infer, packages, &BTreeSet::new())
            });
            !context.contracts.is_somebodys(path) && packages.contains(&program.package_of(file))
        })
    }

    /// The calls in a function that are handed the name of an interface.
    fn asked_for(&self, function: FnId, contracts: &BTreeMap<TypeId, Contract<'p>>) -> Vec<Asked> {
        let program = self.context.infer.program;
        let file = program.file_of(function);
        let named = |id: ExprId| {
            let ty = match program.expr(function, id) {
                Expr::Name(name) => match program.meaning(file, program.word(function, *name)) {
                    Meaning::Type(ty) => Some(ty),
                    _ => None,
                },
                Expr::Type(ty) => program.type_id(program.written(function, *ty)),
                _ => None,
            };
            ty.filter(|ty| contracts.contains_key(ty))
        };
        let mut literals: BTreeMap<ExprId, TypeId> = BTreeMap::new();
        for id in program.exprs(function) {
            if let Some(ty) = named(id) {
                literals.insert(id, ty);
            }
        }
        if literals.is_empty() {
            return Vec::new();
        }
        // `X::class.java`, `new Class[]{X.class}`
        let mut values = literals.clone();
        let mut parts = BTreeSet::new();
        let mut found = Vec::new();
        for id in program.exprs(function) {
            match program.expr(function, id) {
                Expr::Member { of, .. } => {
                    parts.insert(*of);
                    if let Some(ty) = values.get(of).copied() {
                        values.insert(id, ty);
                    }
                }
                Expr::Composite { parts: run, .. } => {
                    let inner: Vec<ExprId> = program.parts(function, *run).iter().map(|part| part.value).collect();
                    if let Some(ty) = inner.iter().find_map(|part| values.get(part)).copied() {
                        values.insert(id, ty);
                    }
                    parts.extend(inner);
                }
                Expr::Call { callee, arguments } => {
                    parts.insert(*callee);
                    let arguments = program.arguments(function, *arguments);
                    parts.extend(arguments.iter().map(|argument| argument.value));
                    let handed = |argument: &Argument| values.get(&argument.value).copied();
                    found.extend(arguments.iter().filter_map(handed).map(|interface| Asked { interface, call: id }));
                }
                Expr::New { arguments, .. } => {
                    let arguments = program.arguments(function, *arguments);
                    parts.extend(arguments.iter().map(|argument| argument.value));
                    let handed = |argument: &Argument| values.get(&argument.value).copied();
                    found.extend(arguments.iter().filter_map(handed).map(|interface| Asked { interface, call: id }));
                }
                _ => {}
            }
        }
        // Between angle brackets a type stands by itself: it is the innermost call's around it. Calls lie in each other or apart, so that one
        // walk from the first to the last has them all.
        let facts = program.facts_of(function);
        let mut alone: Vec<(ExprId, TypeId)> = literals.into_iter().filter(|(id, _)| !parts.contains(id)).collect();
        if alone.is_empty() {
            return found;
        }
        alone.sort_by_key(|(id, _)| facts.span(*id).start);
        let is_call = |id: &ExprId| matches!(program.expr(function, *id), Expr::Call { .. } | Expr::New { .. });
        let mut calls: Vec<ExprId> = program.exprs(function).filter(is_call).collect();
        calls.sort_by_key(|call| (facts.span(*call).start, std::cmp::Reverse(facts.span(*call).end)));
        let mut calls = calls.into_iter().peekable();
        let mut around: Vec<ExprId> = Vec::new();
        for (id, interface) in alone {
            let span = facts.span(id);
            while let Some(call) = calls.next_if(|call| facts.span(*call).start <= span.start) {
                around.retain(|outer| facts.span(*outer).end >= facts.span(call).end);
                around.push(call);
            }
            around.retain(|outer| facts.span(*outer).end >= span.end);
            found.extend(around.last().map(|call| Asked { interface, call: *call }));
        }
        found
    }

    /// Follows what a call gives that is handed an interface; where it is used as the interface, that is a call of who implements it.
    fn ask(
        &mut self,
        function: FnId,
        asked: &Asked,
        contracts: &BTreeMap<TypeId, Contract<'p>>,
        libraries: &BTreeSet<Site>,
    ) -> bool {
        let Some(contract) = contracts.get(&asked.interface) else { return false };
        let program = self.context.infer.program;
        let name = self.called(function, asked.call).to_lowercase();
        let site = Site { function, expr: asked.call };
        let is_factory = FACTORIES.contains(&name.as_str()) || libraries.contains(&site);
        if !is_factory && LOCAL.iter().any(|start| name.starts_with(start)) {
            return false;
        }
        let mut made = BTreeSet::from([asked.call]);
        let mut uses = BTreeSet::new();
        let mut is_typed = false;
        let is_it = |ty: Option<Ty<'p>>| ty.and_then(|ty| program.type_id(ty)) == Some(asked.interface);
        for _ in 0..ROUNDS {
            let before = made.len();
            for id in program.exprs(function) {
                let is_made = match program.expr(function, id) {
                    Expr::Call { callee, .. } => match program.expr(function, *callee) {
                        Expr::Member { of, name } if made.contains(of) => {
                            let is_use = contract.methods.contains(program.word(function, *name));
                            if is_use {
                                uses.insert(id);
                            }
                            !is_use
                        }
                        _ => false,
                    },
                    Expr::Cast { of, ty } => {
                        is_typed |= made.contains(of) && is_it(Some(program.written(function, *ty)));
                        made.contains(of)
                    }
                    Expr::Deref(of) | Expr::Address(of) => made.contains(of),
                    Expr::Choice(list) => program.list(function, *list).iter().any(|part| made.contains(part)),
                    Expr::Local(local) => {
                        let defs = program.defs(function, *local).iter();
                        let mut given =
                            defs.filter(|def| matches!(def, Def::Value { expr, .. } if made.contains(expr)));
                        let is_made = given.next().is_some();
                        is_typed |= is_made && is_it(program.local_type(function, *local));
                        is_made
                    }
                    _ => false,
                };
                if is_made {
                    made.insert(id);
                }
            }
            if made.len() == before {
                break;
            }
        }
        let facts = program.facts_of(function);
        let decl = program.function(function);
        is_typed |= facts.returns(decl.returns).any(|values| {
            values.first().is_some_and(|value| made.contains(value))
                && is_it(program.results(function).first().map(|ty| program.written(function, *ty)))
        });
        is_typed |= facts
            .stores(decl)
            .iter()
            .any(|store| made.contains(&store.value) && is_it(self.context.infer.type_of(function, store.target, 0)));
        if (uses.is_empty() && !is_typed && !is_factory) || self.is_told(site, &made) {
            return false;
        }
        if uses.is_empty() {
            self.join_interface(site, contract);
        }
        for call in uses {
            self.join_interface(Site { function, expr: call }, contract);
        }
        true
    }

    /// What is not asked about a call by which a factory makes a client, once it is known whose interface it is handed.
    fn answer(&mut self, factories: &BTreeSet<Site>) {
        let mut behind: BTreeSet<FnId> = BTreeSet::new();
        let mut open: Vec<(Site, usize)> = factories.iter().map(|site| (*site, 0)).collect();
        let targets = &self.context.reach.targets;
        while let Some((site, depth)) = open.pop().filter(|_| behind.len() < MAX_BEHIND) {
            for function in targets.get(&site).into_iter().flatten() {
                if behind.insert(*function) && depth < MAX_DEPTH {
                    let function = *function;
                    let all =
                        self.context.infer.program.exprs(function).map(|expr| (Site { function, expr }, depth + 1));
                    open.extend(all.filter(|(site, _)| targets.contains_key(site)));
                }
            }
        }
        for unresolved in std::mem::take(&mut self.proxies) {
            let is_answered = self.chained.contains(&unresolved.site) || behind.contains(&unresolved.site.function);
            if !is_answered {
                self.report(unresolved);
            }
        }
    }

    /// What the function is called that a call calls.
    fn called(&self, function: FnId, call: ExprId) -> &'p str {
        let program = self.context.infer.program;
        match program.expr(function, call) {
            Expr::Call { callee, .. } => match program.expr(function, *callee) {
                Expr::Member { name, .. } | Expr::Name(name) => program.word(function, *name),
                _ => "",
            },
            Expr::New { ty, .. } => match program.written(function, *ty) {
                Ty::Written { r: TypeRef::Name { name, .. }, .. } => name,
                _ => "",
            },
            _ => "",
        }
    }

    /// Whether a path leads to a library that makes clients.
    pub(super) fn is_library(path: &str) -> bool {
        let path = path.to_lowercase();
        LIBRARIES.iter().any(|library| path.contains(library))
    }

    /// The calls that go to libraries that make clients.
    fn of_libraries(&self) -> BTreeSet<Site> {
        let reach = self.context.reach;
        let is_one = reach.paths.ask(|outside| Self::is_library(&outside.path));
        reach.external.iter().filter(|(_, path)| *is_one.get(*path)).map(|(site, _)| *site).collect()
    }

    /// Whether the address of a client is known by what it is made with: then that says who is called.
    fn is_told(&mut self, site: Site, made: &BTreeSet<ExprId>) -> bool {
        let program = self.context.infer.program;
        let function = site.function;
        let functions = self.context.reach.targets.get(&site);
        if functions.is_some_and(|all| !all.is_empty() && all.iter().all(|to| self.addressed.contains(to))) {
            return true;
        }
        let mut chain: BTreeSet<ExprId> = made.clone();
        let mut open: Vec<ExprId> = made.iter().copied().collect();
        while let Some(id) = open.pop().filter(|_| chain.len() < 64) {
            let next: Vec<ExprId> = match program.expr(function, id) {
                Expr::Call { callee, .. } => vec![*callee],
                Expr::Member { of, .. } | Expr::Deref(of) | Expr::Cast { of, .. } => vec![*of],
                Expr::Local(local) => {
                    let defs = program.defs(function, *local).iter();
                    let values = defs.filter_map(|def| match def {
                        Def::Value { expr, .. } => Some(*expr),
                        _ => None,
                    });
                    values.collect()
                }
                _ => Vec::new(),
            };
            open.extend(next.into_iter().filter(|id| chain.insert(*id)));
        }
        let dials = self.dials.iter().map(|dial| dial.site);
        let dials = dials.filter(|dial| dial.function == function && chain.contains(&dial.expr));
        let dials: Vec<(Site, Vec<Site>)> = dials.map(|dial| (dial, Vec::new())).collect();
        self.covered.extend(dials);
        if chain.iter().any(|id| self.settled.contains(&Site { function, expr: *id })) {
            return true;
        }
        let mut is_told = false;
        for call in chain.iter().copied() {
            let (Expr::Call { arguments, .. } | Expr::New { arguments, .. }) = program.expr(function, call) else {
                continue;
            };
            for argument in program.arguments(function, *arguments) {
                let argued = Site { function, expr: argument.value };
                for values in self.eval.value(argued) {
                    for group in self.groups(&values).into_values() {
                        let tells = |answer: &Answer| matches!(answer, Answer::Service(..));
                        if group.answers.iter().any(|(answer, ..)| tells(answer)) {
                            is_told = true;
                            self.edges(Site { function, expr: call }, &group, Kind::Http);
                        }
                    }
                }
            }
        }
        if !is_told {
            self.chained.extend(chain.into_iter().map(|expr| Site { function, expr }));
        }
        is_told
    }

    /// The interfaces of which annotations say that a field holds a client.
    fn references(&self, function: FnId, contracts: &BTreeMap<TypeId, Contract<'p>>, found: &mut BTreeSet<TypeId>) {
        let program = self.context.infer.program;
        let facts = program.facts_of(function);
        for store in facts.stores(program.function(function)) {
            let Expr::Call { callee, .. } = facts.expr(store.value) else { continue };
            let Expr::Name(note) = facts.expr(*callee) else { continue };
            let name = facts.word(*note).strip_prefix('@');
            if name.is_some_and(|name| REFERENCES.contains(&name)) {
                let ty = self.context.infer.type_of(function, store.target, 0).and_then(|ty| program.type_id(ty));
                found.extend(ty.filter(|ty| contracts.contains_key(ty)));
            }
        }
    }

    /// A call by an interface that annotations make a client, whose address is not known. Says whether it is known who implements it.
    pub(super) fn by_contract(&mut self, site: Site, interface: TypeId) -> bool {
        let contracts = self.contracts.take().unwrap_or_else(|| self.shared());
        let contract = contracts.get(&interface);
        if let Some(contract) = contract {
            self.join_interface(site, contract);
        }
        let is_known = contract.is_some();
        self.contracts = Some(contracts);
        is_known
    }

    /// A call by an interface: of the one that implements it, of each that has the class that does, or a question whom.
    fn join_interface(&mut self, site: Site, contract: &Contract) {
        let services: BTreeSet<String> = contract.servers.keys().cloned().collect();
        let mut all = contract.servers.values();
        let first = all.next().cloned().unwrap_or_default();
        let shared = all.fold(first, |shared, classes| &shared & classes);
        let classes = contract.servers.values().flatten();
        let class = shared.first().or_else(|| classes.into_iter().next()).map_or("", |(class, _)| class.as_str());
        let is_one = services.len() == 1 || (!shared.is_empty() && !self.context.contracts.are_one_place(&services));
        let how = if is_one { Class::Joined } else { Class::Wildcard };
        let target = match how {
            Class::Joined => format!("whoever implements {} ({class})", contract.name),
            _ => format!("whoever implements {}", contract.name),
        };
        for callee in &services {
            self.edge(site, callee, how, (target.clone(), Port::Unknown), Kind::Http, &[]);
        }
        if !is_one && self.doubted.insert(services.clone()) {
            let glob = contract.name.to_owned();
            let answer = Answer::Several { glob, services };
            let group = Group {
                answers: vec![(answer, crate::value::Template::default(), Vec::new(), false)],
                ..Group::default()
            };
            self.report(Unresolved { site, written: Written::default(), key: Vec::new(), group });
        }
    }
}
