//! Where a framework that renders on both sides passes on to the browser: a file that says `"use client"`.
//!
//! What such a file loads, and no file of the server does, runs in browsers: on the server its components are drawn once, and nothing there
//! waits for a call. What it loads that says `"use server"` is the server's again: the framework carries the call. A service worker that lies
//! where files are shipped as they are is the browser's too.

use super::{Browser, Graph, Programs};
use crate::inventory::{Home, script_roots};
use crate::pack::Packs;
use crate::paths::dir_of;
use crate::program::{File, FnId, Meaning, Program};
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::Expr;
use std::collections::BTreeSet;

/// Begins the names of functions whose calls the server waits for while it draws a component.
const SUSPENDS: &str = "useSuspense";

/// Directories whose files are shipped to browsers as they are.
const SHIPPED: &[&str] = &["public", "static", "wwwroot", "assets", "htdocs", "www"];

/// Whether a file is a service worker: it waits for the events of a browser, and lies where files are shipped to browsers.
fn is_worker(program: &Program, file: u32) -> bool {
    let File { path, facts, .. } = program.files[file as usize];
    let waits = |expr: &Expr| match expr {
        Expr::Member { of, name } if facts.word(*name) == "addEventListener" => match facts.expr(*of) {
            Expr::Name(of) => facts.word(*of) == "self" && program.meaning(file, "self") == Meaning::Unknown,
            _ => false,
        },
        Expr::Name(name) => {
            facts.word(*name) == "addEventListener" && program.meaning(file, "addEventListener") == Meaning::Unknown
        }
        _ => false,
    };
    dir_of(path).split('/').any(|dir| SHIPPED.contains(&dir)) && facts.exprs.iter().any(waits)
}

/// Whether a file is the browser's, by what it says.
fn is_client(program: &Program, file: u32) -> bool {
    let facts = program.files[file as usize].facts;
    let suspends = || {
        facts.exprs.iter().any(|expr| match expr {
            Expr::Name(name) | Expr::Member { name, .. } => facts.word(*name).starts_with(SUSPENDS),
            _ => false,
        })
    };
    (facts.constraint.as_deref() == Some("use client") && !suspends()) || is_worker(program, file)
}

/// Whether the framework carries calls of a file's functions to the server, by what the file says.
fn is_action(program: &Program, file: u32) -> bool {
    program.files[file as usize].facts.constraint.as_deref() == Some("use server")
}

/// Adds what files that say `"use client"` make the browser's.
pub(super) fn add(browser: &mut Browser, program: &Program, packs: &Packs, programs: &Programs, home: &Home) {
    let is_script =
        |file: &u32| matches!(program.files[*file as usize].language, Language::JavaScript | Language::TypeScript);
    let own: BTreeSet<u32> = home.files(program).filter(is_script).collect();
    if !own.iter().any(|file| is_client(program, *file)) {
        return;
    }
    let graph = Graph::new(program, &packs.runs, programs, own.iter().copied());
    let said = |is: fn(&Program, u32) -> bool| {
        let said: BTreeSet<u32> = graph.nodes.keys().copied().filter(|file| is(program, *file)).collect();
        said
    };
    let (clients, actions) = (said(is_client), said(is_action));
    let (roots, own_programs) = script_roots(program, home);
    let begin = roots.into_iter().chain(own_programs).chain(actions.iter().copied());
    let servers = graph.closure_to(begin.filter(|file| !browser.files.contains(file)), &clients);
    let files: BTreeSet<u32> = graph.closure_to(clients.iter().copied(), &actions).union(&clients).copied().collect();
    let files: BTreeSet<u32> = files.difference(&servers).filter(|file| !actions.contains(file)).copied().collect();
    browser.first = browser.first.or_else(|| files.iter().find(|file| own.contains(file)).copied());
    browser.supposed.extend(&files);
    browser.files.extend(&files);
    browser.drawn = files;
    browser.actions = actions;
}

/// The functions that the framework calls for pages.
pub(crate) fn called(program: &Program, browser: &Browser) -> Vec<FnId> {
    let of = |file: &u32| {
        let functions = (0_u32..).zip(&program.files[*file as usize].facts.functions);
        let functions = functions.filter(|(at, function)| *at == 0 || function.exported);
        functions.filter_map(|(at, _)| program.function_at(*file, at)).collect::<Vec<_>>()
    };
    browser.actions.iter().flat_map(of).collect()
}
