//! Calls whose target depends on the type of a value: through interfaces, through open classes, and on something unknown.

use super::{Site, Walk};
use crate::program::{FnId, Found, Meaning, Program, Ty, TypeId};
use hedgerow_code::ir::{Argument, Expr, ExprId, TypeRef};

impl<'p> Walk<'_, 'p> {
    /// Leads the calls whose target depends on a value's type to the methods of the types made so far. Only pairs of a
    /// call and a type that were not both known before are looked at.
    pub(super) fn dispatch(&mut self) {
        let program = self.infer.program;
        let mut found = Vec::new();
        for ((interface, name), call) in &mut self.dispatched {
            for (at, ty) in self.made.iter().enumerate() {
                let sites = if at < call.types { &call.sites[call.done..] } else { &call.sites[..] };
                if sites.is_empty() {
                    continue;
                }
                let stands =
                    self.stands.entry((*ty, *interface)).or_insert_with(|| program.stands_for(*ty, *interface));
                if *stands && let Some(Found::Function(function)) = program.method_of(*ty, name) {
                    found.extend(sites.iter().map(|site| (*site, function)));
                }
            }
            call.done = call.sites.len();
            call.types = self.made.len();
        }
        for ((name, arity), sites) in &self.loose {
            for (_, function) in self.loose_targets(name, *arity) {
                found.extend(sites.iter().map(|site| (*site, function)));
            }
        }
        for (site, function) in found {
            self.call(site, function);
        }
    }

    /// The methods of the types made so far that a call by name alone may mean.
    pub(super) fn loose_targets(&self, name: &str, arity: usize) -> Vec<(TypeId, FnId)> {
        let program = self.infer.program;
        let all = program.methods_by_name.get(name).into_iter().flatten();
        let may_be = all.filter(|(ty, function)| {
            let decl = program.function(*function);
            let fits = decl.parameters.len() == arity || decl.variadic || is_flexible(program, *function);
            fits && self.reach.made.contains(ty)
        });
        may_be.copied().collect()
    }

    /// Leads the call of a name that a module both declares and imports to what it imports.
    pub(super) fn otherwise(&mut self, site: Site, callee: ExprId, passed: &[Argument]) {
        let program = self.infer.program;
        let meaning = match program.expr(site.function, callee) {
            Expr::Name(name) => {
                Some(program.meaning(program.file_of(site.function), program.word(site.function, *name)))
            }
            Expr::Member { of, name } => self.infer.qualified(site.function, *of, program.word(site.function, *name)),
            _ => None,
        };
        match meaning.and_then(|meaning| program.otherwise(meaning)) {
            Some(Meaning::Function(function)) => self.call(site, function),
            Some(Meaning::Type(id)) => self.made(site, Ty::Declared(id), passed),
            Some(Meaning::External(path, item)) => {
                self.external(site, item.map_or_else(|| path.to_owned(), |item| format!("{path}.{item}")));
            }
            _ => {}
        }
    }

    /// Where a method is called through an interface of which no value is seen to be made, a container makes one: of every class that
    /// is loaded and implements it. Says whether there was any.
    pub(super) fn adopt(&mut self) -> bool {
        let program = self.infer.program;
        let mut found = Vec::new();
        for (interface, name) in self.dispatched.keys() {
            let (file, decl) = program.ty(*interface);
            let is_contained = program.semantics(file).has_containers();
            let is_interface = matches!(decl.ty, TypeRef::Interface { .. });
            if !is_contained || !is_interface || !self.adopted.insert((*interface, name)) {
                continue;
            }
            let classes = program.methods_by_name.get(name).into_iter().flatten().map(|(ty, _)| *ty);
            let classes: Vec<TypeId> = classes.filter(|ty| program.stands_for(*ty, *interface)).collect();
            if !classes.iter().any(|ty| self.reach.made.contains(ty)) {
                let is_loaded = |ty: &TypeId| self.loaded.contains(&program.package_of(program.ty(*ty).0));
                found.extend(classes.into_iter().filter(is_loaded));
            }
        }
        for ty in &found {
            self.handed(*ty, None);
        }
        !found.is_empty()
    }

    /// A container makes values of a class, by its constructor.
    pub(super) fn handed(&mut self, id: TypeId, site: Option<Site>) {
        self.strays.insert(id);
        self.make(id);
        if let Some(constructor) = self.infer.program.own_method(id, "<new>") {
            for constructor in [&[constructor], self.overloads(constructor).as_slice()].concat() {
                self.add(constructor, site);
            }
        }
    }

    /// A method on what a call outside of the tree gave back may be one of the tree's, through a type parameter.
    pub(super) fn loosely(&mut self, site: Site, callee: ExprId, arity: usize) {
        let program = self.infer.program;
        if let Expr::Member { of, name } = program.expr(site.function, callee)
            && let Expr::Call { .. } = program.expr(site.function, *of)
        {
            self.call_loosely(site, program.word(site.function, *name), arity);
        }
    }

    /// A call of a method on something unknown.
    pub(super) fn call_loosely(&mut self, site: Site, name: &'p str, arity: usize) {
        if self.looks_up(site, name) {
            self.reach.lookups.insert(site);
            self.lookups.entry((name, arity)).or_default().insert(site);
            return;
        }
        self.loose.entry((name, arity)).or_default().insert(site);
    }
}

/// The methods by which maps give what lies under a key, in all languages.
const LOOKUPS: &[&str] = &["get", "pop", "fetch", "setdefault", "getOrDefault", "has", "delete"];

impl Walk<'_, '_> {
    /// Whether a call on something unknown looks like that of a map: of a key that is written there. A client may be given it for a path,
    /// and not for a host.
    fn looks_up(&self, site: Site, name: &str) -> bool {
        let program = self.infer.program;
        let Expr::Call { arguments, .. } = program.expr(site.function, site.expr) else { return false };
        let arguments = program.arguments(site.function, *arguments);
        let key = arguments.first().filter(|first| first.name.is_none() && LOOKUPS.contains(&name));
        key.is_some_and(|key| match program.expr(site.function, key.value) {
            Expr::Text(text) => !program.word(site.function, *text).contains(['/', ':', '.']),
            _ => false,
        })
    }
}

/// The calls of one method through one interface.
#[derive(Debug, Default)]
pub(super) struct Dynamic {
    pub(super) sites: Vec<Site>,
    /// How many of the calls have been led to the first `types` made types.
    done: usize,
    types: usize,
}

/// Whether the language of a function lets a call leave parameters out.
fn is_flexible(program: &Program, function: FnId) -> bool {
    program.semantics(program.file_of(function)).may_leave_out_arguments()
}
