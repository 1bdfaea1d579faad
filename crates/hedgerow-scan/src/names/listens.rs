//! Variables with addresses at which a service itself listens: `uvicorn.run(app, host=settings.API_HOST)`,
//! `http.ListenAndServe(os.Getenv("GATE_ADDR"), nil)`, `server.listen(port, process.env.GATE_HOST)`.

use super::constants::holds;
use super::is_variable;
use crate::program::{FnId, Meaning, Program};
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Def, Expr, ExprId, Facts, TypeRef};
use std::collections::BTreeSet;

/// What calls are called that listen at an address which they are given.
const LISTENS: &[&str] = &[
    "Bind",
    "Listen",
    "ListenAndServe",
    "ListenAndServeTLS",
    "ListenPacket",
    "bind",
    "listen",
    "listenAndServe",
    "start_server",
    "create_server",
];

/// What those are called that do where an argument is called after a host.
const RUNS: &[&str] = &["run", "run_app", "run_simple", "serve"];

/// What such arguments are called.
const HOSTS: &[&str] = &["addr", "address", "bind", "host", "hostname", "interface", "listen"];

/// The variables by whose values a function listens.
pub(super) fn at<'p>(program: &Program<'p>, function: FnId) -> BTreeSet<&'p str> {
    let facts = program.facts_of(function);
    // `get.bind(null, process.env.LEDGER_URL)` listens nowhere.
    let language = program.files[program.file_of(function) as usize].language;
    let is_script = matches!(language, Language::JavaScript | Language::TypeScript);
    let mut found = BTreeSet::new();
    for id in program.exprs(function) {
        match facts.expr(id) {
            Expr::Call { callee, arguments } => {
                let Some(name) = last(facts, *callee) else { continue };
                let is_any = LISTENS.contains(&name) && !(name == "bind" && is_script);
                if !is_any && !RUNS.contains(&name) {
                    continue;
                }
                for argument in facts.arguments(*arguments) {
                    let is_host = argument.name.is_some_and(|name| HOSTS.contains(&facts.word(name)));
                    if is_any || is_host {
                        add(program, function, argument.value, &mut found);
                    }
                }
            }
            // `http.Server{Addr: os.Getenv("GATE_ADDR")}`
            Expr::Composite { ty, parts } => {
                let is_server = |name: &str| name == "Server" || name.ends_with(".Server");
                let is_server = matches!(facts.written(*ty), TypeRef::Name { name, .. } if is_server(name));
                let addresses = facts.parts(*parts).iter().filter(|_| is_server);
                for part in addresses.filter(|part| part.field.is_some_and(|name| facts.word(name) == "Addr")) {
                    add(program, function, part.value, &mut found);
                }
            }
            _ => {}
        }
    }
    found
}

/// The variables in an expression, and in what the local or the global is made of that it is.
fn add<'p>(program: &Program<'p>, function: FnId, value: ExprId, found: &mut BTreeSet<&'p str>) {
    let facts = program.facts_of(function);
    within(program, function, value, found);
    match facts.expr(value) {
        Expr::Local(local) => {
            for def in program.defs(function, *local) {
                if let Def::Value { expr, .. } = def {
                    within(program, function, *expr, found);
                }
            }
        }
        Expr::Name(name) => {
            let file = program.file_of(function);
            let Meaning::Global(global) = program.meaning(file, facts.word(*name)) else { return };
            let Some(loader) = program.loader(global.file) else { return };
            for (value, _) in &program.global(global).values {
                within(program, loader, *value, found);
            }
        }
        _ => {}
    }
}

fn within<'p>(program: &Program<'p>, function: FnId, value: ExprId, found: &mut BTreeSet<&'p str>) {
    let facts = program.facts_of(function);
    let span = facts.span(value);
    for id in program.exprs(function).filter(|id| holds(span, facts.span(*id))) {
        if let Expr::Text(word) | Expr::Member { name: word, .. } = facts.expr(id)
            && is_variable(facts.word(*word))
        {
            found.insert(facts.word(*word));
        }
    }
}

fn last(facts: &Facts, callee: ExprId) -> Option<&str> {
    match facts.expr(callee) {
        Expr::Name(name) | Expr::Member { name, .. } => Some(facts.word(*name)),
        _ => None,
    }
}
