//! What one file says of where it runs.

use crate::paths::dir_of;
use crate::program::{Meaning, Program};
use hedgerow_code::ir::{Argument, Expr, ExprId, Facts};
use hedgerow_deploy::path::join_within;
use serde::Deserialize;
use std::collections::BTreeSet;

/// What is asked for before code uses what only browsers have.
const GUARDED: [&str; 5] = ["window", "document", "navigator", "localStorage", "sessionStorage"];

/// What the name of a file may lack in an import.
const ENDINGS: [&str; 14] = [
    "",
    ".ts",
    ".tsx",
    ".js",
    ".jsx",
    ".mjs",
    ".cjs",
    ".mts",
    ".cts",
    "/index.ts",
    "/index.tsx",
    "/index.js",
    "/index.jsx",
    "/index.mjs",
];

/// What tells where code runs, as packs write it.
#[derive(Debug, Clone, Default, PartialEq, Hash, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Runs {
    /// Packages that mount a page or change one.
    pages: Vec<String>,
    /// Names that browsers alone give.
    globals: Vec<String>,
    /// Functions that browsers alone give.
    functions: Vec<String>,
    /// Names that programs outside of browsers are given.
    programs: Vec<String>,
    /// Variables that bundlers write into pages.
    bundled: Vec<String>,
    /// Modules of Node.js.
    node: Vec<String>,
    /// Libraries of servers.
    servers: Vec<String>,
    /// What runs on both sides.
    pub(super) both: Vec<String>,
    /// What builds an app.
    tools: Vec<String>,
}

impl Runs {
    /// Takes in what another pack says.
    pub(crate) fn add(&mut self, other: Self) {
        let Self { pages, globals, functions, programs, bundled, node, servers, both, tools } = other;
        self.pages.extend(pages);
        self.globals.extend(globals);
        self.functions.extend(functions);
        self.programs.extend(programs);
        self.bundled.extend(bundled);
        self.node.extend(node);
        self.servers.extend(servers);
        self.both.extend(both);
        self.tools.extend(tools);
    }

    /// Whether bundlers write a variable into pages.
    pub(crate) fn is_bundled(&self, name: &str) -> bool {
        self.bundled.iter().any(|said| match said.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == said,
        })
    }

    fn is_program(&self, of: &str, name: &str) -> bool {
        let is_part = |said: &String| said.split_once('.').is_some_and(|(whole, part)| whole == of && part == name);
        self.programs.iter().any(|said| said == of || is_part(said))
    }
}

/// Whether a list names a package, and what is taken out of it where the list says so.
pub(super) fn has(list: &[String], path: &str, name: Option<&str>) -> bool {
    list.iter().any(|said| {
        let (package, taken) = said.split_once('#').filter(|(package, _)| !package.is_empty()).unwrap_or((said, ""));
        let fits = match package.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => path.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        };
        fits && (taken.is_empty() || name == Some(taken))
    })
}

/// What is said of where code runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Signs(u8);

impl Signs {
    /// It mounts a page.
    pub(super) const PAGE: Self = Self(1);
    /// It uses what only pages have.
    pub(super) const DOM: Self = Self(2);
    /// It asks whether it is in a browser.
    pub(super) const GUARD: Self = Self(4);
    /// It uses a library of servers.
    pub(super) const SERVER: Self = Self(8);
    /// It uses what only Node.js has.
    pub(super) const NODE: Self = Self(16);
    /// It is for both sides.
    pub(super) const BOTH: Self = Self(32);
    /// It builds.
    pub(super) const TOOL: Self = Self(64);
    /// It asks for a variable that no bundler writes into pages by itself.
    pub(super) const SETTING: Self = Self(128);

    pub(super) fn has(self, one: Self) -> bool {
        self.0 & one.0 != 0
    }

    /// Takes in others, and says whether any is new.
    pub(super) fn take_in(&mut self, others: Self) -> bool {
        let before = self.0;
        self.0 |= others.0;
        self.0 != before
    }

    /// All of them but those of pages.
    pub(super) fn without_pages(self) -> Self {
        Self(self.0 & !(Self::PAGE.0 | Self::DOM.0))
    }
}

/// What a file says.
pub(super) struct Found {
    pub(super) signs: Signs,
    /// The files that it loads while it runs: `import("./orders")`.
    pub(super) named: Vec<u32>,
}

/// What a file says of where it runs.
pub(super) fn of(program: &Program, file: u32, runs: &Runs) -> Found {
    let facts = program.files[file as usize].facts;
    let mut found = Found { signs: imported(program, file, runs), named: Vec::new() };
    let mut walk = Walk { program, file, facts, runs, used: BTreeSet::new(), found: &mut found };
    let all = || (0_u32..).zip(&facts.exprs).map(|(at, expr)| (ExprId(at), expr));
    for (_, expr) in all() {
        walk.expr(expr);
    }
    for (id, expr) in all() {
        if let Expr::Name(name) = expr
            && !walk.used.contains(&id)
        {
            walk.bare(facts.word(*name));
        }
    }
    found
}

/// What the libraries say that a file loads.
fn imported(program: &Program, file: u32, runs: &Runs) -> Signs {
    let facts = program.files[file as usize].facts;
    let taken = program.taken_in(program.package_of(file));
    let outside: BTreeSet<&str> =
        taken.filter_map(|meaning| if let Meaning::External(path, _) = meaning { Some(path) } else { None }).collect();
    let mut signs = Signs::default();
    let loaded = facts
        .imports
        .iter()
        .filter(|import| outside.contains(import.path.as_str()) && !facts.types_only.contains(&import.path));
    for import in loaded {
        let is_whole = import.alias.as_deref().is_some_and(|alias| alias != "_");
        let name = import.name.as_deref().or(is_whole.then_some("default"));
        signs.take_in(of_package(runs, &import.path, name));
    }
    signs
}

fn of_package(runs: &Runs, path: &str, name: Option<&str>) -> Signs {
    let lists = [
        (&runs.pages, Signs::PAGE),
        (&runs.node, Signs::NODE),
        (&runs.servers, Signs::SERVER),
        (&runs.both, Signs::BOTH),
        (&runs.tools, Signs::TOOL),
    ];
    let mut signs = Signs::default();
    for (_, sign) in lists.into_iter().filter(|(list, _)| has(list, path, name)) {
        signs.take_in(sign);
    }
    signs
}

/// The walk over a file's expressions.
struct Walk<'a, 'p> {
    program: &'a Program<'p>,
    file: u32,
    facts: &'p Facts,
    runs: &'a Runs,
    /// The names of which a part is taken, that are called, or passed to a call.
    used: BTreeSet<ExprId>,
    found: &'a mut Found,
}

impl<'p> Walk<'_, 'p> {
    /// A name that nothing in the file declares, behind casts.
    fn global(&mut self, mut id: ExprId) -> Option<&'p str> {
        while let Expr::Cast { of, .. } = self.facts.expr(id) {
            id = *of;
        }
        let Expr::Name(name) = self.facts.expr(id) else { return None };
        let name = self.facts.word(*name);
        self.used.insert(id);
        matches!(self.program.meaning(self.file, name), Meaning::Unknown).then_some(name)
    }

    fn sign(&mut self, sign: Signs) {
        self.found.signs.take_in(sign);
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Member { of, name } => {
                let name = self.facts.word(*name);
                self.variable(*of, name);
                let Some(of) = self.global(*of) else { return };
                if self.runs.is_program(of, name) {
                    self.sign(Signs::NODE);
                } else if of == "globalThis" && GUARDED.contains(&name) {
                    self.sign(Signs::GUARD);
                } else if self.runs.globals.iter().any(|global| global == of) || is_of_jquery(of, name) {
                    self.sign(Signs::DOM);
                }
            }
            Expr::Index { of, .. } => {
                if let Some(of) = self.global(*of)
                    && self.runs.globals.iter().any(|global| global == of)
                {
                    self.sign(Signs::DOM);
                }
            }
            Expr::Call { callee, arguments } => self.call(*callee, self.facts.arguments(*arguments)),
            // `root || document`
            Expr::Choice(values) => {
                let names =
                    self.facts.list(*values).iter().filter(|value| matches!(self.facts.expr(**value), Expr::Name(_)));
                self.used.extend(names);
            }
            Expr::New { arguments, .. } => {
                self.facts.arguments(*arguments).iter().for_each(|argument| self.passed(argument));
            }
            _ => {}
        }
    }

    /// `process.env.LEDGER_URL`
    fn variable(&mut self, of: ExprId, name: &str) {
        if let Expr::Member { of: whole, name: env } = self.facts.expr(of)
            && self.facts.word(*env) == "env"
            && let Expr::Name(process) = self.facts.expr(*whole)
            && self.facts.word(*process) == "process"
            && !self.runs.is_bundled(name)
        {
            self.sign(Signs::SETTING);
        }
    }

    fn call(&mut self, callee: ExprId, arguments: &'p [Argument]) {
        let first = arguments.first().map(|argument| argument.value);
        if let (Expr::Other, Some(Expr::Text(path))) = (self.facts.expr(callee), first.map(|id| self.facts.expr(id))) {
            self.loads(self.facts.word(*path));
        }
        if let (Expr::Member { name, .. }, Some(first)) = (self.facts.expr(callee), first) {
            let name = self.facts.word(*name);
            let is_closure = matches!(self.facts.expr(first), Expr::Closure(_));
            if is_closure && (EVALUATES.contains(&name) || name.starts_with("$eval") || name.starts_with("$$eval")) {
                // Whoever has a page evaluate something drives a browser from outside.
                self.sign(Signs::NODE);
            } else if name == "listen" && self.is_port(first) {
                self.sign(Signs::SERVER);
            }
        }
        if let Some(name) = self.global(callee) {
            let is_page = |id: ExprId| match self.facts.expr(id) {
                Expr::Closure(_) => true,
                Expr::Text(text) => self.facts.word(*text).starts_with('#'),
                _ => false,
            };
            if self.runs.functions.iter().any(|known| known == name) || (name == "$" && first.is_some_and(is_page)) {
                self.sign(Signs::DOM);
            }
        }
        arguments.iter().for_each(|argument| self.passed(argument));
    }

    /// Whether a value is a port to listen at: a number, or what is called one.
    fn is_port(&self, mut id: ExprId) -> bool {
        let mut depth = 0;
        loop {
            let word = match self.facts.expr(id) {
                Expr::Number(_) => return true,
                Expr::Name(word) | Expr::Member { name: word, .. } => *word,
                Expr::Cast { of, .. } if depth < 8 => {
                    (id, depth) = (*of, depth + 1);
                    continue;
                }
                Expr::Choice(values) => {
                    return depth < 8 && self.facts.list(*values).iter().any(|value| {
                        matches!(self.facts.expr(*value), Expr::Number(_))
                            || matches!(self.facts.expr(*value), Expr::Member { name, .. } if is_called_port(self.facts.word(*name)))
                    });
                }
                _ => return false,
            };
            return is_called_port(self.facts.word(word));
        }
    }

    /// `$(document)`
    fn passed(&mut self, argument: &Argument) {
        if !matches!(self.facts.expr(argument.value), Expr::Name(_)) {
            return;
        }
        let name = self.global(argument.value);
        if name.is_some_and(|name| GUARDED.contains(&name)) {
            self.sign(Signs::DOM);
        } else {
            self.used.remove(&argument.value);
        }
    }

    /// What is loaded while the program runs.
    fn loads(&mut self, path: &str) {
        if !path.starts_with('.') {
            // Of a page nobody waits for one: what else it may be is a server's.
            let signs = of_package(self.runs, path, Some("default"));
            return self.sign(signs.without_pages());
        }
        let files = &self.program.files;
        let Some(base) = join_within(dir_of(files[self.file as usize].path), path) else { return };
        let written = [".js", ".jsx", ".mjs", ".cjs"].iter().find_map(|end| base.strip_suffix(end));
        let bases = [Some(base.as_str()), written];
        let places = bases.into_iter().flatten().flat_map(|base| ENDINGS.map(|end| format!("{base}{end}")));
        let at = places.filter_map(|path| files.binary_search_by(|file| file.path.cmp(&path)).ok());
        self.found.named.extend(at.filter_map(|at| u32::try_from(at).ok()));
    }

    /// A name that stands by itself: `typeof window`, `__dirname`.
    fn bare(&mut self, name: &'p str) {
        let is_guard = GUARDED.contains(&name);
        let is_program = self.runs.programs.iter().any(|said| said == name);
        if (is_guard || is_program) && self.program.meaning(self.file, name) == Meaning::Unknown {
            self.sign(if is_guard { Signs::GUARD } else { Signs::NODE });
        }
    }
}

/// Methods of pages that tools drive, beside `$eval`: what they are given runs in the page.
const EVALUATES: &[&str] = &["addInitScript", "evaluate", "evaluateHandle", "evaluateOnNewDocument", "waitForFunction"];

fn is_called_port(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("port")
}

/// Whether a part of `$` is one of jQuery's: other libraries have that name too.
fn is_of_jquery(of: &str, name: &str) -> bool {
    of == "$" && matches!(name, "ajax" | "get" | "post" | "getJSON" | "fn" | "each" | "extend" | "param" | "when")
}
