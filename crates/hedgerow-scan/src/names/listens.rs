//! Variables with addresses at which a service itself listens: `uvicorn.run(app, host=settings.API_HOST)`,
//! `http.ListenAndServe(os.Getenv("GATE_ADDR"), nil)`, `server.listen(port, process.env.GATE_HOST)`.

use super::is_variable;
use crate::program::{FnId, GlobalId, Meaning, Program};
use crate::reach::Site;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Def, Expr, ExprId, Facts, LocalId, Range, TypeRef};
use std::collections::{BTreeMap, BTreeSet};

/// What calls are called that listen at an address which they are given, whoever's they are.
const LISTENS: &[&str] =
    &["ListenAndServe", "ListenAndServeTLS", "ListenPacket", "listenAndServe", "start_server", "create_server"];

/// What those are called that do if they are of a library that listens, or of nobody that is known: a bus listens to others.
const MAY_LISTEN: &[&str] = &["Bind", "Listen", "bind", "listen"];

/// Those of which an argument is the host by its name.
const RUNS: &[&str] = &["run", "run_app", "run_simple", "serve"];

/// What such arguments are called.
const HOSTS: &[&str] = &["addr", "address", "bind", "host", "hostname", "interface", "listen"];

/// Whether a function of a library is called as those are that listen if their library does.
pub(super) fn may_be(path: &str) -> bool {
    let last = path.rsplit(['.', ':', '\\', '/']).next().unwrap_or(path);
    MAY_LISTEN.contains(&last) || RUNS.contains(&last)
}

/// The variables by whose values a function listens. `libraries` are calls that lead out of the tree, each with whether its library listens.
pub(super) fn at<'p>(program: &Program<'p>, function: FnId, libraries: &BTreeMap<Site, bool>) -> BTreeSet<&'p str> {
    let facts = program.facts_of(function);
    // `get.bind(null, process.env.LEDGER_URL)` listens nowhere.
    let language = program.files[program.file_of(function) as usize].language;
    let is_script = matches!(language, Language::JavaScript | Language::TypeScript);
    let mut search = Search::new(program, function);
    for id in program.exprs(function) {
        match facts.expr(id) {
            Expr::Call { callee, arguments } => {
                let Some(name) = last(facts, *callee) else { continue };
                let is_known = || libraries.get(&Site { function, expr: id }).copied().unwrap_or(true);
                let may_listen = MAY_LISTEN.contains(&name) && !(name == "bind" && is_script);
                let is_any = LISTENS.contains(&name) || (may_listen && is_known());
                let is_told = is_any || RUNS.contains(&name) && is_known();
                if !is_told {
                    continue;
                }
                for argument in facts.arguments(*arguments) {
                    let is_host = argument.name.is_some_and(|name| HOSTS.contains(&facts.word(name)));
                    if is_any || is_host {
                        search.add(argument.value);
                    }
                }
            }
            // `http.Server{Addr: os.Getenv("GATE_ADDR")}`
            Expr::Composite { ty, parts } => {
                let is_server = |name: &str| name == "Server" || name.ends_with(".Server");
                let is_server = matches!(facts.written(*ty), TypeRef::Name { name, .. } if is_server(name));
                let addresses = facts.parts(*parts).iter().filter(|_| is_server);
                for part in addresses.filter(|part| part.field.is_some_and(|name| facts.word(name) == "Addr")) {
                    search.add(part.value);
                }
            }
            _ => {}
        }
    }
    search.finish()
}

/// The search for variables in what a function listens by. Each expression is looked at once, however many calls are given it.
struct Search<'a, 'p> {
    program: &'a Program<'p>,
    function: FnId,
    /// The locals and globals whose values are taken in already.
    locals: BTreeSet<LocalId>,
    globals: BTreeSet<GlobalId>,
    /// The stretches of functions in which variables are looked for.
    stretches: BTreeMap<FnId, BTreeSet<Range>>,
}

impl<'a, 'p> Search<'a, 'p> {
    fn new(program: &'a Program<'p>, function: FnId) -> Self {
        let (locals, globals, stretches) = Default::default();
        Self { program, function, locals, globals, stretches }
    }

    /// Takes in an expression, and what the local or the global is made of that it is.
    fn add(&mut self, value: ExprId) {
        let (program, function) = (self.program, self.function);
        let facts = program.facts_of(function);
        self.within(function, value);
        match facts.expr(value) {
            Expr::Local(local) if self.locals.insert(*local) => {
                for def in program.defs(function, *local) {
                    if let Def::Value { expr, .. } = def {
                        self.within(function, *expr);
                    }
                }
            }
            Expr::Name(name) => {
                let Meaning::Global(global) = program.meaning(program.file_of(function), facts.word(*name)) else {
                    return;
                };
                let Some(loader) = program.loader(global.file).filter(|_| self.globals.insert(global)) else { return };
                for (value, _) in &program.global(global).values {
                    self.within(loader, *value);
                }
            }
            _ => {}
        }
    }

    fn within(&mut self, function: FnId, value: ExprId) {
        self.stretches.entry(function).or_default().insert(self.program.facts_of(function).span(value));
    }

    /// The variables in what was taken in.
    fn finish(self) -> BTreeSet<&'p str> {
        let mut found = BTreeSet::new();
        for (function, stretches) in self.stretches {
            let facts = self.program.facts_of(function);
            // Of expressions that begin before a place the one that ends last holds it, if any does.
            let mut ends: BTreeMap<u32, u32> = BTreeMap::new();
            let mut last = 0;
            for stretch in stretches {
                last = last.max(stretch.end);
                ends.insert(stretch.start, last);
            }
            let is_within = |of: Range| ends.range(..=of.start).next_back().is_some_and(|(_, end)| of.end <= *end);
            for id in self.program.exprs(function) {
                if let Expr::Text(word) | Expr::Member { name: word, .. } = facts.expr(id)
                    && is_variable(facts.word(*word))
                    && is_within(facts.span(id))
                {
                    found.insert(facts.word(*word));
                }
            }
        }
        found
    }
}

fn last(facts: &Facts, callee: ExprId) -> Option<&str> {
    match facts.expr(callee) {
        Expr::Name(name) | Expr::Member { name, .. } => Some(facts.word(*name)),
        _ => None,
    }
}
