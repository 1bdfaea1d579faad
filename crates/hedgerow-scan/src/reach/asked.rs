//! Calls that are decided by the class of the value that a method runs on: `super()`, `cls()` and `getattr` of Python.

use super::{Site, Walk};
use crate::infer::{Ask, CONSTRUCTORS};
use crate::program::{FnId, Found, Program, Ty, TypeId};
use hedgerow_code::ir::{Argument, Expr};

/// The calls that ask one thing of the values of one class.
#[derive(Debug, Default)]
pub(super) struct Asked {
    sites: Vec<Site>,
    /// How many of the calls have been led to the first `types` classes that are made.
    done: usize,
    types: usize,
    /// Whether a class was found that answers.
    is_answered: bool,
    /// How many of the calls have been answered as they are written.
    written: usize,
}

/// What a call is led to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    Method(FnId),
    Class(TypeId),
    External(String),
}

impl<'p> Walk<'_, 'p> {
    /// A call that asks something of whatever class a value has.
    pub(super) fn ask(&mut self, site: Site, id: TypeId, ask: Ask<'p>, passed: &[Argument]) {
        self.asked.entry((id, ask)).or_default().sites.push(site);
        for argument in passed.iter().filter(|_| matches!(ask, Ask::Any(_))) {
            self.escape(site.function, argument.value);
        }
    }

    /// Leads such calls to what the classes made so far answer.
    pub(super) fn answer(&mut self) {
        let program = self.infer.program;
        let mut found = Vec::new();
        for ((id, ask), asked) in &mut self.asked {
            for (at, ty) in self.direct.iter().enumerate() {
                let sites = if at < asked.types { &asked.sites[asked.done..] } else { &asked.sites[..] };
                if sites.is_empty() || !*self.stands.entry((*ty, *id)).or_insert_with(|| program.stands_for(*ty, *id)) {
                    continue;
                }
                asked.is_answered = true;
                for answer in answers(program, *ty, *id, *ask) {
                    found.extend(sites.iter().map(|site| (*site, answer.clone())));
                }
            }
            asked.done = asked.sites.len();
            asked.types = self.direct.len();
        }
        self.lead(found);
    }

    /// Where no class that is made answers, the one that is written there does, or those that extend it. Says whether any does.
    pub(super) fn answer_as_written(&mut self) -> bool {
        let program = self.infer.program;
        let mut found = Vec::new();
        for ((id, ask), asked) in &mut self.asked {
            let sites = &asked.sites[asked.written..];
            if asked.is_answered || sites.is_empty() {
                continue;
            }
            let mut all = answers(program, *id, *id, *ask);
            if all.is_empty() {
                all.extend(program.mixed_below(*id).iter().flat_map(|ty| answers(program, *ty, *id, *ask)));
            }
            found.extend(all.iter().flat_map(|answer| sites.iter().map(|site| (*site, answer.clone()))));
            asked.written = asked.sites.len();
        }
        let is_any = !found.is_empty();
        self.lead(found);
        is_any
    }

    fn lead(&mut self, found: Vec<(Site, Answer)>) {
        let program = self.infer.program;
        for (site, answer) in found {
            let Expr::Call { arguments, .. } = program.expr(site.function, site.expr) else { continue };
            let passed = program.arguments(site.function, *arguments);
            match answer {
                Answer::Method(function) => self.call(site, function),
                Answer::Class(id) => self.made(site, Ty::Declared(id), passed),
                Answer::External(path) => {
                    if self.led_out.insert((site, path.clone())) {
                        for argument in passed {
                            self.escape(site.function, argument.value);
                        }
                        self.external(site, path);
                    }
                }
            }
        }
    }
}

/// What a class `ty` answers where one that it is, `id`, asks.
fn answers<'p>(program: &Program<'p>, ty: TypeId, id: TypeId, ask: Ask<'p>) -> Vec<Answer> {
    let outside = |path: String, name: &str| {
        Answer::External(if CONSTRUCTORS.contains(&name) { path } else { format!("{path}.{name}") })
    };
    let method = |found: Option<Found>, name: &str| match found {
        Some(Found::Function(function)) => Some(Answer::Method(function)),
        Some(Found::External(path)) => Some(outside(path, name)),
        Some(Found::Dispatch(_) | Found::Field(_)) | None => None,
    };
    match ask {
        Ask::Above(name) => {
            let found = program.behind(ty, id, name).unwrap_or_else(|| program.inherited(id, name));
            method(found, name).into_iter().collect()
        }
        Ask::Make => vec![Answer::Class(ty)],
        Ask::Any(fits) => {
            let mut found = Vec::new();
            for name in program.method_names(ty).into_iter().filter(|name| fits.name(name)) {
                if let Some(Found::Function(function)) = program.method_of(ty, name) {
                    let decl = program.function(function);
                    if fits.takes(decl.parameters.len(), decl.variadic) {
                        found.push(Answer::Method(function));
                    }
                }
            }
            // A client of a library that the class extends.
            if let Some(verb) = fits.verb().filter(|verb| !program.method_names(ty).contains(verb)) {
                found.extend(method(program.method_of(ty, verb), verb));
            }
            found
        }
    }
}
