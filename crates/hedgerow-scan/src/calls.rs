//! The calls that one service's reached code makes: from sinks and the values of their targets to edges and findings.

use crate::deploy::Given;
use crate::edge::{Class, Evidence, Finding, Hop, Outcome, Place, Port};
use crate::eval::Eval;
use crate::frontend::Language;
use crate::host::{Answer, Hosts};
use crate::infer::Infer;
use crate::ir::{Expr, ExprId, Part};
use crate::join::Join;
use crate::pack::{Gives, Kind, Packs, Sink};
use crate::program::{FnId, Meaning, PackageId, Program};
use crate::reach::{Reach, Site};
use crate::value::{Crossing, Template, Unknown, Value, Values, Way};
use hedgerow_core::diag::Code;
use std::collections::{BTreeMap, BTreeSet};

/// How many places one finding shows.
const MAX_MARKS: usize = 6;

/// Who offers which contract: by its full name, and by its short one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Contracts {
    offered: BTreeMap<String, BTreeSet<String>>,
}

/// Everything that the calls of one service are judged by.
pub(crate) struct Context<'a, 'p> {
    pub(crate) infer: &'a Infer<'a, 'p>,
    pub(crate) packs: &'a Packs,
    pub(crate) hosts: &'a Hosts,
    pub(crate) contracts: &'a Contracts,
    pub(crate) given: Option<&'a Given>,
    pub(crate) reach: &'a Reach<'p>,
    pub(crate) service: &'a str,
    /// The functions in which a comment answers for what cannot be told, with the packages of comments for whole files.
    pub(crate) answered: &'a Answered,
}

/// Where comments and the configuration answer for what cannot be told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answered {
    pub(crate) functions: BTreeSet<FnId>,
    pub(crate) packages: BTreeSet<PackageId>,
    /// The files of which the configuration says that such calls there need no rule.
    pub(crate) files: BTreeSet<u32>,
}

/// What one way to a sink leads to.
#[derive(Debug, Default)]
struct Group {
    answers: Vec<(Answer, Template, Vec<Crossing>, bool)>,
    /// What is asked for and not set anywhere.
    missing: BTreeSet<String>,
    open: bool,
    unknown: BTreeSet<Unknown>,
    ways: BTreeSet<Vec<Crossing>>,
}

/// A way to a sink whose target cannot be told.
#[derive(Debug)]
struct Unresolved {
    site: Site,
    /// The calls that lead into the sink's function, the innermost first.
    key: Vec<Site>,
    group: Group,
}

/// What a service offers: the contracts its reached code registers.
pub(crate) fn offered<'p>(infer: &Infer<'_, 'p>, packs: &Packs, reach: &Reach<'p>) -> BTreeSet<String> {
    let program = infer.program;
    let mut found = BTreeSet::new();
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
                found.extend(contract_names(program, package, contract));
            }
        }
    }
    for outside in reach.paths.iter() {
        if let Some(contract) = packs.offers(outside.language, &outside.path) {
            found.insert(contract.rsplit('.').next().unwrap_or(contract).to_owned());
        }
    }
    found
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
            self.offered.entry(contract).or_default().insert(service.to_owned());
        }
    }

    /// Who offers the contract of these names: the full name first, and the short one only where nobody uses the full.
    fn servers(&self, names: &[String]) -> BTreeSet<String> {
        names.iter().find_map(|name| self.offered.get(name)).cloned().unwrap_or_default()
    }
}

/// Finds the calls of one service.
pub(crate) fn find(context: &Context) -> Outcome {
    let eval = Eval::new(context.infer, context.packs, context.reach);
    let mut search = Search {
        context,
        eval,
        outcome: Outcome::default(),
        dials: Vec::new(),
        covered: Vec::new(),
        reported: BTreeMap::new(),
    };
    search.run();
    search.outcome
}

struct Search<'a, 'p> {
    context: &'a Context<'a, 'p>,
    eval: Eval<'a, 'p>,
    outcome: Outcome,
    /// Connections whose target cannot be told: a client over them may tell.
    dials: Vec<Unresolved>,
    /// Connections for which a client's contract answers: where they are opened, and the calls from there to the
    /// client, the innermost first.
    covered: Vec<(Site, Vec<Site>)>,
    /// The findings about what cannot be told, by the function that a comment belongs into.
    reported: BTreeMap<FnId, usize>,
}

impl<'p> Search<'_, 'p> {
    fn run(&mut self) {
        let context = self.context;
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
        calls.sort();
        calls.dedup();
        let mut clients = Vec::new();
        for (site, path, package) in calls {
            let language = self.language(site.function);
            let Some((sink, name)) = context.packs.sink(language, &path) else { continue };
            if let Some(at) = sink.connection {
                let verified = package.map(|package| self.has_contract(package, name));
                clients.push((site, at, name.to_owned(), package, verified));
            } else if sink.names_callee {
                self.named(site, name, sink);
            } else if let Some(target) = &sink.target {
                // The built-in patterns are about libraries; of the tree only what the user names is a sink.
                let values = self.eval.target(site, target);
                if sink.client && (package.is_some() || !values.iter().any(|values| self.leads_to_service(values))) {
                    continue;
                }
                if !(sink.optional && values.iter().all(Values::is_empty)) {
                    self.address(site, &values, sink);
                }
            }
        }
        self.annotated();
        self.assignments();
        for (site, at, name, package, verified) in clients {
            self.client(site, at, &name, package, verified);
        }
        let covered = std::mem::take(&mut self.covered);
        for unresolved in std::mem::take(&mut self.dials) {
            let answers = |(site, key): &(Site, Vec<Site>)| {
                *site == unresolved.site && key.iter().zip(&unresolved.key).all(|(a, b)| a == b)
            };
            if !covered.iter().any(answers) {
                self.report(unresolved);
            }
        }
        self.outcome.services.insert(context.service.to_owned(), context.reach.functions.len());
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
        let path = program.pack_path(package);
        let path = match (receiver, decl.name.as_str()) {
            ("", name) => format!("{path}.{name}"),
            (class, "__init__" | "constructor" | "<new>") => format!("{path}.{class}"),
            (receiver, name) => format!("{path}.{receiver}.{name}"),
        };
        (path, package)
    }

    /// Whether a package is a contract's generated code.
    fn has_contract(&self, package: PackageId, name: &str) -> bool {
        let program = self.context.infer.program;
        let names = [
            format!("Register{name}Server"),
            format!("{name}_ServiceDesc"),
            format!("Register{name}HTTPServer"),
            format!("add_{name}Servicer_to_server"),
        ];
        names.iter().any(|name| program.item(package, name) != Meaning::Unknown)
    }

    fn place(&self, function: FnId, id: ExprId) -> Place {
        let program = self.context.infer.program;
        let file = &program.files[program.file_of(function) as usize];
        Place { path: file.path.to_owned(), range: file.facts.span(id) }
    }

    /// Assignments that put a target into something that exists.
    fn assignments(&mut self) {
        let program = self.context.infer.program;
        for function in self.context.reach.functions.keys() {
            let language = self.language(*function);
            for store in program.facts_of(*function).stores(program.function(*function)) {
                let path = dotted(program, *function, store.target);
                let Some(sink) = self.context.packs.assignment(language, &path) else { continue };
                let values = self.eval.value(Site { function: *function, expr: store.value });
                self.address(Site { function: *function, expr: store.target }, &values, sink);
            }
        }
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
                let Some((_, value)) = argument else { continue };
                let values = self.eval.value(Site { function: loader, expr: *value });
                let values: Vec<Values> = values.iter().map(crate::eval::placeholders).collect();
                self.address_of(*site, &values, Kind::Http);
            }
        }
    }

    fn address_of(&mut self, site: Site, values: &[Values], kind: Kind) {
        for (key, group) in values.iter().flat_map(|values| self.groups(values)).collect::<Vec<_>>() {
            self.edges(site, &group, kind);
            if !group.is_settled() {
                self.report(Unresolved { site, key, group });
            }
        }
    }

    /// Whether a value of a target is the address of a service, or comes from the deploy.
    fn leads_to_service(&self, values: &Values) -> bool {
        let join = Join { hosts: self.context.hosts, given: self.context.given };
        values.templates().keys().any(|template| {
            let judged = join.judge(template);
            judged.joined || judged.answers.iter().any(|answer| matches!(answer, Answer::Service(..)))
        })
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
            if !group.is_settled() {
                self.dials.push(Unresolved { site, key, group });
            }
        }
    }

    /// The values of a target by the calls through which they come in as arguments.
    fn groups(&self, values: &Values) -> BTreeMap<Vec<Site>, Group> {
        let mut groups: BTreeMap<Vec<Site>, Group> = BTreeMap::new();
        for (template, way) in values.templates() {
            let group = groups.entry(arguments(&way)).or_default();
            self.judge(group, &template, &way);
            group.ways.insert(way);
        }
        if groups.is_empty() {
            groups.insert(Vec::new(), Group::default());
        }
        // Where a value gets out of sight matters to those targets whose host is open, not to the rest of an address.
        for group in groups.values_mut().filter(|group| group.open || group.answers.is_empty()) {
            group.unknown.clone_from(&values.unknown);
        }
        groups
    }

    fn judge(&self, group: &mut Group, template: &Template, way: &[Crossing]) {
        let join = Join { hosts: self.context.hosts, given: self.context.given };
        let judged = join.judge(template);
        group.open |= judged.open;
        group.missing.extend(judged.missing);
        let answers = judged.answers.into_iter();
        group.answers.extend(answers.map(|answer| (answer, template.clone(), way.to_vec(), judged.joined)));
    }

    fn edges(&mut self, site: Site, group: &Group, kind: Kind) {
        for (answer, template, way, joined) in &group.answers {
            let class = if *joined { Class::Joined } else { Class::Proven };
            match answer {
                Answer::Service(callee, port) => {
                    self.edge(site, callee, class, (template.to_string(), Port::from(*port)), kind, way);
                }
                Answer::Several { services, .. } => {
                    for callee in services {
                        self.edge(site, callee, Class::Wildcard, (template.to_string(), Port::Unknown), kind, way);
                    }
                }
                Answer::Outside(host) => {
                    let place = self.place(site.function, site.expr);
                    self.outcome.outside.entry((self.context.service.to_owned(), host.clone())).or_insert(place);
                }
                Answer::Local | Answer::Open => {}
            }
        }
    }

    fn edge(&mut self, site: Site, callee: &str, class: Class, target: (String, Port), kind: Kind, way: &[Crossing]) {
        let place = self.place(site.function, site.expr);
        let (target, port) = target;
        let evidence = Evidence { class, place, target, port, kind, way: self.way(site, way) };
        self.outcome.add(self.context.service, callee, evidence);
    }

    /// The way from an entry point to a call, through the calls by which its target comes in.
    fn way(&self, site: Site, crossings: &[Crossing]) -> Vec<Hop> {
        let program = self.context.infer.program;
        let through: Vec<Site> = crossings.iter().filter(|c| c.way == Way::Argument).map(|c| c.site).collect();
        let first = through.last().map_or(site.function, |call| call.function);
        let mut hops = Vec::new();
        let mut function = first;
        while let Some(Some(call)) = self.context.reach.functions.get(&function) {
            hops.push(*call);
            function = call.function;
            if hops.len() > 64 {
                break;
            }
        }
        hops.reverse();
        hops.extend(through.into_iter().rev());
        hops.push(site);
        hops.into_iter()
            .map(|call| Hop { function: program.label(call.function), place: self.place(call.function, call.expr) })
            .collect()
    }

    /// A client of a contract over a connection: the connection's target says who is called; where it does not, those
    /// who offer the contract are.
    fn client(&mut self, site: Site, at: u16, name: &str, package: Option<PackageId>, verified: Option<bool>) {
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
        if verified != Some(true) && !values.known.keys().any(is_connection) {
            return;
        }
        let names = match package {
            Some(package) => contract_names(program, package, name),
            None => vec![name.to_owned()],
        };
        let servers = self.context.contracts.servers(&names);
        let mut called = BTreeSet::new();
        let mut settled = false;
        let mut open = Vec::new();
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
            if group.answers.iter().any(|(answer, ..)| !matches!(answer, Answer::Several { .. })) {
                settled = true;
            } else {
                open.push((*dial, way.clone()));
            }
        }
        if settled && !called.is_empty() && !servers.is_empty() && called.is_disjoint(&servers) {
            self.disagree(site, name, &called, &servers);
        }
        if settled && open.is_empty() {
            return;
        }
        if servers.is_empty() {
            if open.is_empty() && !settled {
                let group = Group { unknown: values.unknown.clone(), ..Group::default() };
                self.report(Unresolved { site, key: Vec::new(), group });
            }
            return;
        }
        if !settled || !open.is_empty() {
            for callee in &servers {
                self.edge(
                    site,
                    callee,
                    Class::Joined,
                    (format!("whoever offers {name}"), Port::Unknown),
                    Kind::Grpc,
                    &[],
                );
            }
            for (dial, way) in open {
                let results: Vec<Site> = way
                    .iter()
                    .filter(|c| c.way == Way::Result)
                    .map(|c| c.site)
                    .collect::<Vec<_>>()
                    .into_iter()
                    .rev()
                    .collect();
                self.covered.push((dial, results));
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
        });
    }

    fn report(&mut self, unresolved: Unresolved) {
        let Unresolved { site, group, key } = unresolved;
        let program = self.context.infer.program;
        let mut functions = BTreeSet::from([site.function]);
        functions.extend(key.iter().map(|site| site.function));
        for way in &group.ways {
            functions.extend(way.iter().map(|crossing| crossing.site.function));
        }
        for unknown in &group.unknown {
            functions.insert(unknown.at.function);
            functions.extend(unknown.way.iter().map(|crossing| crossing.site.function));
        }
        let answered = self.context.answered;
        let package = |function: &FnId| program.package_of(program.file_of(*function));
        if functions.iter().any(|f| answered.functions.contains(f) || answered.packages.contains(&package(f))) {
            return;
        }
        let speaker = key.first().map_or(site.function, |call| call.function);
        if answered.files.contains(&program.file_of(speaker)) {
            return;
        }
        let mut marks = vec![(self.place(site.function, site.expr), String::new())];
        if let Some(call) = key.first() {
            marks.push((self.place(call.function, call.expr), "called from here".to_owned()));
        }
        for unknown in group.unknown.iter().take(3) {
            let place = self.place(unknown.at.function, unknown.at.expr);
            if marks.iter().all(|(known, _)| !overlaps(known, &place)) {
                marks.push((place, "what this gives is not known".to_owned()));
            }
        }
        let mut fitting = BTreeSet::new();
        let mut globs = BTreeSet::new();
        for (answer, ..) in &group.answers {
            if let Answer::Several { glob, services } = answer {
                globs.insert(glob.as_str());
                fitting.extend(services.iter().map(String::as_str));
            }
        }
        let mut help = Vec::new();
        if group.missing.iter().any(|name| !name.is_empty()) {
            let names: Vec<&str> =
                group.missing.iter().map(String::as_str).filter(|name| !name.is_empty()).take(3).collect();
            help.push(format!(
                "no deploy file that was read sets {} for `{}`",
                names.join(" or "),
                self.context.service
            ));
        }
        let example = glob_of(&fitting);
        if let Some(glob) = globs.first() {
            help.push(format!("the address fits `{glob}`"));
        }
        let place = self.place(site.function, site.expr);
        if let Some(known) = self.reported.get(&speaker).and_then(|at| self.outcome.findings.get_mut(*at)) {
            // One comment answers for all of them.
            if known.marks.len() < MAX_MARKS && known.marks.iter().all(|(other, _)| *other != place) {
                known.marks.push((place, "and this one".to_owned()));
            }
            return;
        }
        self.reported.insert(speaker, self.outcome.findings.len());
        let function = program.label(speaker);
        help.push(format!(
            "say who is called by a comment in `{function}`: `// rpcmap: {example}`, or `// hedgerow: ignore <reason>`"
        ));
        self.outcome.findings.push(Finding {
            code: Code::UnresolvedCall,
            message: "the target of this call cannot be told".to_owned(),
            marks,
            help,
            services: BTreeSet::from([self.context.service.to_owned()]),
        });
    }
}

impl Group {
    /// Whether the way says for certain who is called.
    fn is_settled(&self) -> bool {
        let certain = |answer: &Answer| matches!(answer, Answer::Service(..) | Answer::Outside(_) | Answer::Local);
        let several = self.answers.iter().any(|(answer, ..)| matches!(answer, Answer::Several { .. }));
        !self.open && !several && self.answers.iter().any(|(answer, ..)| certain(answer))
    }
}

/// Whether two places share a letter.
fn overlaps(a: &Place, b: &Place) -> bool {
    a.path == b.path && a.range.start < b.range.end && b.range.start < a.range.end
}

/// A glob that fits the names: what they begin with up to a dot, and anything.
fn glob_of(names: &BTreeSet<&str>) -> String {
    let Some(first) = names.first() else { return "<service>".to_owned() };
    let common = |other: &&str| first.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let length = names.iter().map(common).min().unwrap_or(0);
    match first.get(..length).and_then(|head| head.rfind('.')) {
        _ if names.len() == 1 => (*first).to_owned(),
        Some(dot) => format!("{}.*", &first[..dot]),
        None => "<service>".to_owned(),
    }
}

/// The calls through which a value comes in as an argument.
fn arguments(way: &[Crossing]) -> Vec<Site> {
    way.iter().filter(|crossing| crossing.way == Way::Argument).map(|crossing| crossing.site).collect()
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
