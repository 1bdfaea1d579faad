//! What a service's code of a language that is read names: addresses and names of other services in its literals, and the variables for
//! addresses that no call takes.

mod constants;
pub(crate) mod files;
pub(crate) mod keys;
mod listens;
mod settings;
mod shown;
mod unread;
mod written;

use crate::account::own_files;
use crate::calls::Answered;
use crate::edge::{Class, Evidence, Outcome, Place};
use crate::frameworks;
use crate::infer::Infer;
use crate::inventory::Home;
use crate::issuers::is_issuer;
use crate::mention::{asks_for_host, is_address_variable, named};
use crate::mentions::{Mention, Mentions, Weight, asks_others, keep};
use crate::pack::Kind;
use crate::program::{FnId, Meaning};
use crate::reach::{Reach, Site};
use crate::stores::Fleet;
use crate::untaken::Untaken;
use constants::Constants;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Expr, ExprId, Facts, TypeRef};
use hedgerow_deploy::Given;
use hedgerow_deploy::Hosts;
use settings::Addresses;
use shown::Around;
use std::collections::{BTreeMap, BTreeSet};
use unread::Unread;

/// The walk over a service's literals.
pub(crate) struct Names<'a, 'p> {
    infer: &'a Infer<'a, 'p>,
    reach: &'a Reach<'p>,
    answered: &'a Answered,
    /// The clients that nothing takes.
    untaken: &'a Untaken,
    hosts: &'a Hosts,
    home: &'a Home,
    /// The settings with addresses that the service is given.
    settings: Addresses,
    /// The services whose addresses it asks for by the paths of settings.
    pub(crate) asked_for: Vec<(String, Evidence)>,
    pub(crate) mentions: Mentions,
    pub(crate) variables: BTreeSet<String>,
    /// The variables that code takes and keeps where nobody reads them.
    pub(crate) idle: BTreeSet<String>,
    /// The variables that reached code asks for, and where.
    pub(crate) reads: BTreeMap<String, Place>,
    /// The files of settings that it is given and that reached code names.
    pub(crate) files: BTreeSet<String>,
    /// The keys of settings that it asks for, where it names a file that others have as well.
    pub(crate) keys: BTreeSet<String>,
    /// The components of Dapr that it may use.
    may_use: Option<&'a BTreeMap<String, bool>>,
    /// Those that its code names, and where.
    pub(crate) components: BTreeMap<String, Place>,
    /// Whether its code speaks to Dapr.
    pub(crate) speaks_to_dapr: bool,
    /// The services that lists in its settings name, and the parts of these that code asks for.
    listed: BTreeSet<String>,
    pub(crate) sections: BTreeSet<Vec<String>>,
    /// The beginnings of the keys that its classes are filled from.
    pub(crate) prefixes: BTreeSet<String>,
    /// The variables for addresses in code that is reached and that no comment answers for.
    asked: BTreeMap<String, Place>,
    /// The variables with addresses at which the service itself listens.
    listens: BTreeSet<String>,
    /// The calls of libraries that are called as those are that listen, each with whether its library does.
    libraries: BTreeMap<Site, bool>,
    /// The constants with texts: the owners of each name.
    constants: BTreeMap<&'p str, BTreeSet<&'p str>>,
    /// The constants and fields that nobody reads.
    unread: Unread,
    /// Whether issuers of tokens are compared, and nobody is called by them.
    pub(crate) compares_issuers: bool,
    /// What stands around the literals of the function that was asked last.
    around: Option<(FnId, Around)>,
}

impl<'a, 'p> Names<'a, 'p> {
    pub(crate) fn new(
        infer: &'a Infer<'a, 'p>,
        reach: &'a Reach<'p>,
        (answered, untaken): (&'a Answered, &'a Untaken),
        hosts: &'a Hosts,
        home: &'a Home,
        given: Option<&'a Given>,
    ) -> Self {
        let may_use = given.map(|given| &given.components).filter(|components| !components.is_empty());
        let settings = Addresses::new(given, hosts, &home.name);
        let listed = frameworks::all_listed(given);
        let (asked_for, mentions, variables, idle, reads, files, keys) = Default::default();
        let (components, sections, prefixes, asked, listens) = Default::default();
        let mut constants: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (owner, name) in written::constants(infer.program, reach) {
            constants.entry(name).or_default().insert(owner);
        }
        let may_listen = reach.paths.ask(|outside| listens::may_be(&outside.path).then_some(outside.listens));
        let libraries = reach.external.iter().filter_map(|(site, path)| Some((*site, (*may_listen.get(*path))?)));
        let mut known: BTreeMap<Site, bool> = BTreeMap::new();
        libraries.for_each(|(site, listens)| *known.entry(site).or_default() |= listens);
        Self {
            infer,
            reach,
            answered,
            untaken,
            hosts,
            home,
            settings,
            asked_for,
            mentions,
            variables,
            idle,
            reads,
            files,
            keys,
            may_use,
            components,
            speaks_to_dapr: false,
            listed,
            sections,
            prefixes,
            asked,
            listens,
            libraries: known,
            constants,
            unread: Unread::default(),
            compares_issuers: false,
            around: None,
        }
    }

    /// Reads the service's own files, whether or not they are reached, and of libraries the functions that are. What is declared at the
    /// top of a library is everybody's and says nothing about who loads it.
    /// Of what runs in browsers no more than the names of variables counts: who builds the page writes their values into it.
    pub(crate) fn read(
        &mut self,
        found: &Outcome,
        (given, fleet): (Option<&Given>, &Fleet),
        in_browsers: &BTreeSet<u32>,
    ) {
        let program = self.infer.program;
        let own: BTreeSet<u32> = own_files(program, self.home).difference(in_browsers).copied().collect();
        for facts in in_browsers.iter().map(|file| program.files[*file as usize].facts) {
            let words = facts.exprs.iter().filter_map(|expr| match expr {
                Expr::Text(word) | Expr::Member { name: word, .. } => Some(facts.word(*word)),
                _ => None,
            });
            self.variables.extend(words.filter(|word| is_variable(word)).map(str::to_owned));
        }
        if self.may_use.is_some() {
            let mut files: BTreeSet<u32> = self.reach.functions.keys().map(|of| program.file_of(*of)).collect();
            files.extend(&own);
            self.speaks_to_dapr =
                files.into_iter().any(|file| crate::dapr::is_spoken_to(program.files[file as usize].facts));
        }
        self.unread = self.unread(&own, given, fleet);
        for file in &own {
            for at in (0_u32..).zip(&program.files[*file as usize].facts.functions).map(|(at, _)| at) {
                if let Some(function) = program.function_at(*file, at) {
                    self.function(function, found);
                }
            }
            self.tags(program.files[*file as usize].facts);
        }
        self.files = files::named(self.infer, self.reach, &own, given);
        if given.is_some_and(|given| self.files.iter().any(|name| given.beside.contains_key(name))) {
            // Where it is not said what of its code runs, scripts may start what nothing is seen to reach.
            let is_said = self.home.directories.iter().any(|(_, main)| main.is_some());
            let all = own.iter().filter(|_| !is_said).flat_map(|file| {
                let count = program.files[*file as usize].facts.functions.len();
                (0..u32::try_from(count).unwrap_or(u32::MAX)).filter_map(|at| program.function_at(*file, at))
            });
            self.keys = keys::asked(program, self.reach.functions.keys().copied().chain(all));
        }
        let constants = Constants::new(program, self.reach, &own);
        for function in self.reach.functions.keys() {
            let is_own = own.contains(&program.file_of(*function));
            if !is_own && program.function(*function).name.is_empty() {
                continue;
            }
            if !is_own {
                self.function(*function, found);
            }
            self.constants(&constants, *function);
        }
    }

    /// Whether nobody reads what an expression is a part of.
    fn is_unread(&self, function: FnId, at: ExprId) -> bool {
        let program = self.infer.program;
        self.unread.has(program, function, at) || self.untaken.has(program, function, at)
    }

    /// The constants and fields that nobody reads. What leads to a store, or to nobody knows whom, libraries may ask for as well.
    fn unread(&self, own: &BTreeSet<u32>, given: Option<&Given>, fleet: &Fleet) -> Unread {
        let program = self.infer.program;
        let of_own = own.iter().flat_map(|file| {
            let count = program.files[*file as usize].facts.functions.len();
            (0..u32::try_from(count).unwrap_or(u32::MAX)).filter_map(|at| program.function_at(*file, at))
        });
        let readers: BTreeSet<FnId> = of_own.chain(self.reach.functions.keys().copied()).collect();
        let is_loader = |function: &FnId| program.function(*function).name.is_empty();
        let loaders: BTreeSet<FnId> = readers.iter().copied().filter(is_loader).collect();
        let wanted = |name: &str| {
            if !is_variable(name) {
                return !fleet.has(name);
            }
            let values = given.and_then(|given| given.environment.get(name)).into_iter().flatten();
            let mut services = values
                .flat_map(|value| named(&value.written(), name, self.hosts))
                .map(|named| named.service)
                .peekable();
            services.peek().is_some() && services.all(|service| !fleet.has(&service))
        };
        // A field is filled for who reads it, whatever it leads to.
        let fills = |name: &str| {
            let values = given.and_then(|given| given.environment.get(name)).into_iter().flatten();
            values.into_iter().any(|value| !named(&value.written(), name, self.hosts).is_empty())
        };
        Unread::new(self.infer, self.hosts, (&loaders, &readers), (wanted, fills))
    }

    /// The variables that a function asks for by the constants of libraries.
    fn constants(&mut self, constants: &Constants<'p>, function: FnId) {
        if self.is_answered(function) {
            return;
        }
        for variable in constants.asked_by(self.infer, function) {
            self.variables.insert(variable.name.to_owned());
            if !self.reads.contains_key(variable.name) {
                self.reads.insert(variable.name.to_owned(), self.place(variable.site));
            }
        }
    }

    fn function(&mut self, function: FnId, found: &Outcome) {
        let program = self.infer.program;
        let facts = program.facts_of(function);
        let is_reached = self.reach.functions.contains_key(&function);
        let stores = facts.stores(program.function(function));
        let put: BTreeSet<ExprId> = stores.iter().map(|store| store.target).collect();
        self.listens.extend(listens::at(program, function, &self.libraries).into_iter().map(str::to_owned));
        let is_minified = written::is_minified(facts);
        for id in program.exprs(function) {
            if is_reached && matches!(facts.expr(id), Expr::Member { .. } | Expr::Index { .. }) {
                self.setting(Site { function, expr: id }, put.contains(&id));
            }
            match facts.expr(id) {
                Expr::Text(word) => {
                    let text = facts.word(*word);
                    if is_reached
                        && self.speaks_to_dapr
                        && let Some(name) = self.may_use.and_then(|components| crate::dapr::named(text, components))
                        && !self.is_answered(function)
                    {
                        let place = self.place(Site { function, expr: id });
                        self.components.entry(name.to_owned()).or_insert(place);
                    }
                    if matches!(
                        program.files[program.file_of(function) as usize].language,
                        Language::Java | Language::Kotlin
                    ) {
                        self.variables.extend(frameworks::variables_of_keys(text));
                    }
                    if is_reached {
                        let asked = frameworks::asked_of_list(text, &self.listed);
                        self.sections.extend(asked.map(frameworks::section_of));
                    }
                    if is_variable(text) && self.is_unread(function, id) {
                        self.idle.insert(text.to_owned());
                    } else if is_variable(text) {
                        self.variable(text, Site { function, expr: id }, is_reached);
                        self.ask(text, Site { function, expr: id }, is_reached && !is_minified);
                    } else {
                        self.literal(text, Site { function, expr: id }, is_reached, found);
                    }
                }
                // `settings.ledger`, where the field says which variable fills it.
                Expr::Member { of, name } if is_reached && program.filled.contains(facts.word(*name)) => {
                    let ty = self.infer.type_of(function, *of, 0);
                    let field = ty.and_then(|ty| program.field(ty, facts.word(*name)));
                    for variable in field.and_then(|(.., field)| field.tag.as_deref()).into_iter().flat_map(filling) {
                        self.variables.insert(variable.to_owned());
                        if !self.reads.contains_key(variable) && !self.is_answered(function) {
                            let place = self.place(Site { function, expr: id });
                            self.reads.insert(variable.to_owned(), place);
                        }
                    }
                }
                // `process.env.LEDGER_URL`
                Expr::Member { name, .. } if is_variable(facts.word(*name)) && self.is_unread(function, id) => {
                    self.idle.insert(facts.word(*name).to_owned());
                }
                Expr::Member { of, name } if is_variable(facts.word(*name)) => {
                    let constant = self.infer.qualified(function, *of, facts.word(*name));
                    // What another file declares is looked at there.
                    let is_constant = matches!(constant, Some(Meaning::Global(_)))
                        || (self.is_constant(facts, *of, facts.word(*name)) && !written::is_environment(facts, *of));
                    let is_asked = is_reached && !is_minified && !is_constant && !self.is_class(function, *of);
                    self.variable(facts.word(*name), Site { function, expr: id }, is_reached);
                    self.ask(facts.word(*name), Site { function, expr: id }, is_asked);
                }
                _ => {}
            }
        }
    }

    /// Whether a part of something is a constant: of what its owner has, where it is known what that is called.
    fn is_constant(&self, facts: &Facts, of: ExprId, name: &'p str) -> bool {
        let owner = written::owner(facts, of).filter(|owner| !matches!(*owner, "this" | "self"));
        self.constants.get(name).is_some_and(|owners| owner.is_none_or(|owner| owners.contains(owner)))
    }

    /// A setting that is asked for by its path. What is shown is called where it is handed on as an address. What is only put there is not
    /// asked for yet: who loads the settings of all programs fills the fields of all of them.
    fn setting(&mut self, site: Site, is_put: bool) {
        let program = self.infer.program;
        let found = self.settings.asked_by(program.facts_of(site.function), site.expr);
        if found.is_empty() || self.is_answered(site.function) {
            return;
        }
        let is_handed = self.is_handed(site);
        let called = found.into_iter().filter(|address| is_handed || !address.is_shown);
        let called: Vec<_> =
            called.map(|address| (address.service.clone(), address.port, address.label.clone())).collect();
        for (service, port, target) in called {
            let (class, kind, place) = (Class::Joined, Kind::Tcp, self.place(site));
            let is_compared = self.compares_issuers && is_issuer(&target);
            if is_put || is_compared || self.is_unread(site.function, site.expr) {
                let (weight, what) = match is_put {
                    _ if is_compared => (Weight::LooseAddress, "an issuer that tokens are compared with".to_owned()),
                    true => (Weight::SharedAddress, "settings are put there".to_owned()),
                    false => (Weight::UnaskedAddress, "a client that nothing takes is made of it".to_owned()),
                };
                let mention = Mention { weight, place, text: target, what, port, client: None };
                keep(&mut self.mentions, &service, mention);
                continue;
            }
            self.asked_for.push((service, Evidence { class, place, target, port, kind, way: Vec::new() }));
        }
    }

    /// Whether a value is passed under a name that asks for an address: `Client(base_url=config.public_url)`.
    fn is_handed(&self, site: Site) -> bool {
        let program = self.infer.program;
        let facts = program.facts_of(site.function);
        program.exprs(site.function).any(|id| match facts.expr(id) {
            Expr::Call { arguments, .. } | Expr::New { arguments, .. } => facts
                .arguments(*arguments)
                .iter()
                .any(|to| to.value == site.expr && to.name.is_some_and(|name| asks_for_host(facts.word(name)))),
            _ => false,
        })
    }

    fn literal(&mut self, text: &str, site: Site, is_reached: bool, found: &Outcome) {
        let all = named(text, "", self.hosts);
        if all.is_empty() {
            return;
        }
        let function = site.function;
        let around = match self.around.take() {
            Some((of, around)) if of == function => around,
            _ => Around::new(self.infer, function, self.compares_issuers),
        };
        for named in all {
            let pair = (self.home.name.clone(), named.service.clone());
            let is_known = found.edges.get(&pair).is_some_and(|edge| edge.class() < Class::Candidate);
            let range = self.place(site).range;
            let is_none = is_known || self.is_answered(site.function) || around.is_past_proxy(range);
            if named.service == self.home.name || is_none {
                continue;
            }
            let (weight, what) = match (named.is_address, is_reached) {
                (true, true) if self.is_unread(function, site.expr) => {
                    (Weight::UnaskedAddress, "nothing that was read asks for what holds this")
                }
                (true, true) if around.is_for_browsers(range) => (Weight::LooseAddress, "an address for browsers"),
                (true, true) if around.is_compared(range) => {
                    (Weight::LooseAddress, "an issuer that tokens are compared with")
                }
                (true, true) => (Weight::Address, "an address"),
                (true, false) => (Weight::UnreachedAddress, "no known entry point reaches this"),
                (false, _) => (Weight::Name, "a name"),
            };
            let (place, client) = (self.place(site), self.client(site, &around));
            keep(
                &mut self.mentions,
                &named.service,
                Mention { weight, place, text: named.text, what: what.to_owned(), port: named.port, client },
            );
        }
        self.around = Some((function, around));
    }

    fn variable(&mut self, name: &str, site: Site, is_reached: bool) {
        self.variables.insert(name.to_owned());
        if is_reached && !self.reads.contains_key(name) && !self.is_answered(site.function) {
            let place = self.place(site);
            self.reads.insert(name.to_owned(), place);
        }
    }

    /// Asks about a variable for an address of another service, if reached code is what takes it.
    fn ask(&mut self, name: &str, site: Site, is_reached: bool) {
        if is_reached
            && is_address_variable(name)
            && asks_others(name)
            && !self.is_answered(site.function)
            && !self.asked.contains_key(name)
        {
            let place = self.place(site);
            self.asked.insert(name.to_owned(), place);
        }
    }

    /// Whether an expression is a class of the tree in a language whose classes have constants: what such a constant is called is no
    /// variable's name.
    fn is_class(&self, function: FnId, of: ExprId) -> bool {
        let program = self.infer.program;
        let file = program.file_of(function);
        let has_constants = matches!(program.files[file as usize].language, Language::Python | Language::Php);
        has_constants
            && match program.expr(function, of) {
                Expr::Name(name) => matches!(program.meaning(file, program.word(function, *name)), Meaning::Type(_)),
                Expr::Type(ty) => program.type_id(program.written(function, *ty)).is_some(),
                _ => false,
            }
    }

    /// The variables in the tags of structures.
    fn tags(&mut self, facts: &Facts) {
        for ty in &facts.types {
            let bound =
                ty.notes.iter().filter(|note| note.name == "ConfigurationProperties").flat_map(|note| &note.arguments);
            for (_, prefix) in bound {
                if let Expr::Text(word) = facts.expr(*prefix) {
                    self.prefixes.insert(facts.word(*word).to_owned());
                }
            }
            let TypeRef::Struct(fields) = &ty.ty else { continue };
            for tag in fields.iter().filter_map(|field| field.tag.as_deref()) {
                let words = tag.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                self.variables.extend(words.filter(|word| is_variable(word)).map(str::to_owned));
                self.variables.extend(frameworks::variables_of_keys(tag));
            }
        }
    }

    /// The variables for addresses that no deploy file sets, that no target is made of, and by which nothing listens.
    pub(crate) fn unset(&self, taken: &BTreeSet<String>, given: Option<&Given>) -> BTreeMap<String, Place> {
        let is_set = |name: &String| {
            let values = given.and_then(|given| given.environment.get(name));
            values.is_some_and(|values| values.iter().any(|value| value.known().is_some()))
        };
        let is_none = |name: &String| taken.contains(name) || self.listens.contains(name) || is_set(name);
        let open = self.asked.iter().filter(|(name, _)| !is_none(name));
        open.map(|(name, place)| (name.clone(), place.clone())).collect()
    }

    /// Whether a comment or the configuration answers for what a function names.
    fn is_answered(&self, function: FnId) -> bool {
        let program = self.infer.program;
        let file = program.file_of(function);
        self.answered.functions.contains(&function)
            || self.answered.files.contains(&file)
            || self.answered.packages.contains(&program.package_of(file))
    }

    /// The call out of the tree that is given a literal.
    fn client(&self, site: Site, around: &Around) -> Option<String> {
        let call = around.call(site.expr)?;
        let path = self
            .reach
            .external
            .iter()
            .find(|(at, _)| *at == Site { function: site.function, expr: call })
            .map(|(_, path)| *path)?;
        Some(self.reach.paths.get(path).path.clone())
    }

    fn place(&self, site: Site) -> Place {
        let program = self.infer.program;
        let file = &program.files[program.file_of(site.function) as usize];
        Place { path: file.path.to_owned(), range: file.facts.span(site.expr) }
    }
}

/// The variables that a field's tag says it is filled from: `env:"LEDGER_URL"`.
pub(crate) fn filling(tag: &str) -> impl Iterator<Item = &str> {
    let names = ["env:\"", "envconfig:\""].into_iter().filter_map(move |key| {
        let (before, rest) = tag.split_once(key)?;
        let is_key = before.is_empty() || before.ends_with(' ');
        // `envconfig:"default=x,LEDGER_URL"`
        let mut parts = rest.split('"').next()?.split(',').filter(|part| !part.contains('=') && *part != "optional");
        parts.next().filter(|_| is_key)
    });
    names.filter(|name| is_variable(name))
}

/// Whether a text has the form of an environment variable's name.
pub(crate) fn is_variable(text: &str) -> bool {
    (3..=80).contains(&text.len())
        && text.trim_start_matches('_').starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
