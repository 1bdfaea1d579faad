//! The types of which reached code makes values, and what a framework calls of them.

use super::{Site, Walk};
use crate::infer::{AFTERWARDS, CONSTRUCTORS, FILLED};
use crate::program::{FnId, Found, Meaning, Ty, TypeId};
use hedgerow_code::ir::{Argument, ExprId, TypeRef};
use std::collections::BTreeSet;

impl<'p> Walk<'_, 'p> {
    /// A value of a type is made, by its constructor where it has one.
    pub(super) fn made(&mut self, site: Site, ty: Ty<'p>, passed: &[Argument]) {
        let Some(id) = self.infer.program.type_id(ty) else {
            if let Some(path) = self.infer.program.external(ty).or_else(|| self.global_type(site, ty)) {
                for argument in passed {
                    self.escape(site.function, argument.value);
                }
                self.external(site, path);
            }
            return;
        };
        self.make(id);
        let mut has_constructor = false;
        for constructor in CONSTRUCTORS {
            if let Some(Found::Function(function)) = self.infer.program.method_of(id, constructor) {
                has_constructor = true;
                self.call(site, function);
            }
        }
        if !has_constructor {
            passed.iter().for_each(|argument| self.stray(site.function, argument.value));
        }
        for afterwards in self.afterwards(id) {
            if let Some(Found::Function(function)) = self.infer.program.method_of(id, afterwards) {
                let callers = self.reach.callers.entry(function).or_default();
                if !callers.contains(&site) {
                    callers.push(site);
                }
                self.add(function, Some(site));
            }
        }
        // Generated clients of JavaScript are made by a function of their library: packs know them by their names.
        let (file, decl) = self.infer.program.ty(id);
        if !has_constructor && decl.name.ends_with("Client") {
            let package = self.infer.program.pack_path(self.infer.program.package_of(file));
            let name = decl.name.rsplit('.').next().unwrap_or(&decl.name);
            self.external(site, format!("{package}.{name}"));
        }
    }

    /// A class that the language gives: `new URL(…)`.
    fn global_type(&self, site: Site, ty: Ty<'p>) -> Option<String> {
        let Ty::Written { r: TypeRef::Name { qualifier: None, name }, .. } = ty else { return None };
        let program = self.infer.program;
        let language = program.files[program.file_of(site.function) as usize].language;
        language.global(name).map(str::to_owned)
    }

    /// The classes of a file that extend one from outside: a framework makes them and calls their methods.
    pub(super) fn framed(&mut self, function: FnId, file: u32) {
        let program = self.infer.program;
        let types = &program.files[file as usize].facts.types;
        let names = types.iter().filter(|ty| matches!(ty.ty, TypeRef::Struct(_))).map(|ty| ty.name.as_str());
        for name in names {
            if let Meaning::Type(id) = program.meaning(file, name) {
                if self.extends_outside(id) {
                    self.escape_type(id, None);
                } else if self.implements(id) {
                    // A container makes it for whoever asks for the interface.
                    self.strays.insert(id);
                    self.make(id);
                    self.constructed(Site { function, expr: ExprId(0) }, id);
                }
            }
        }
    }

    /// A framework that calls a function makes what it passes: `def create(order: Order)`, where `Order` is a model of a library.
    pub(super) fn given_by_framework(&mut self, function: FnId) {
        let program = self.infer.program;
        if program.semantics(program.file_of(function)).calls_classes() {
            for parameter in program.parameters(function) {
                let ty = program.local_type(function, *parameter);
                if let Some(id) = ty.and_then(|ty| program.type_id(ty)) {
                    self.given(id);
                }
            }
        }
    }

    /// A value that a framework makes and passes: it fills a model, by what a model has for that. What else the class can do, the framework
    /// does not know of.
    fn given(&mut self, id: TypeId) {
        if self.is_direct.insert(id) {
            self.direct.push(id);
        }
        let program = self.infer.program;
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            if !self.reach.made.insert(id) {
                continue;
            }
            self.made.push(id);
            self.given.insert(id);
            open.extend(program.declared_bases(id));
        }
        // Other classes of libraries than models say what is called of those that extend them.
        if self.extends_any(id, |path| !is_plain(path) && !is_filler(path)) {
            return self.escape_type(id, None);
        }
        let constructors = if self.is_model(id) { &CONSTRUCTORS[..] } else { &[] };
        let own = if self.is_model(id) { WRITTEN_OUT } else { &[] };
        for hook in [constructors, own, &self.afterwards(id)].concat() {
            if let Some(Found::Function(function)) = program.method_of(id, hook) {
                self.add(function, None);
            }
        }
    }

    /// What values of a class run once their fields are set.
    fn afterwards(&self, id: TypeId) -> Vec<&'static str> {
        let runs = |name: &&str| if *name == FILLED { self.is_dataclass(id) } else { self.is_model(id) };
        AFTERWARDS.into_iter().filter(runs).collect()
    }

    /// Whether a class has its constructor from a decorator, its own or that of a class above, or may have it from outside.
    fn is_dataclass(&self, id: TypeId) -> bool {
        let program = self.infer.program;
        let is_filled = |path: &String| path.ends_with(".Struct") || !(is_plain(path) || path.starts_with("pydantic"));
        let mut open = vec![id];
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            // Of more classes than anybody extends one may be filled.
            if seen.len() > MAX_ABOVE
                || self.infer.is_decorated_dataclass(id)
                || program.outside_bases(id).iter().any(is_filled)
            {
                return true;
            }
            open.extend(program.declared_bases(id));
        }
        false
    }

    /// Whether a class is one of a library that fills it.
    fn is_model(&self, id: TypeId) -> bool {
        self.extends_any(id, |path| !is_plain(path))
    }

    /// The constructor of a class that a container makes: with what it calls it is not seen.
    pub(super) fn constructed(&mut self, site: Site, id: TypeId) {
        let program = self.infer.program;
        let file = program.ty(id).0;
        if program.semantics(file).constructs_out_of_sight()
            && let Some(Found::Function(constructor)) = program.method_of(id, "<new>")
        {
            self.add(constructor, Some(site));
        }
    }

    /// Whether a class says that it is an interface of the tree.
    fn implements(&self, id: TypeId) -> bool {
        let program = self.infer.program;
        let (file, decl) = program.ty(id);
        let TypeRef::Struct(fields) = &decl.ty else { return false };
        let bases = fields.iter().filter(|field| field.embedded);
        let mut bases = bases.filter_map(|field| program.type_id(Ty::Written { file, r: &field.ty }));
        bases.any(|base| matches!(program.ty(base).1.ty, TypeRef::Interface { .. }))
    }

    fn extends_outside(&self, id: TypeId) -> bool {
        self.extends_any(id, |path| !is_value_class(path))
    }

    /// Whether a class extends one from outside of such a path, itself or by those above it.
    fn extends_any(&self, id: TypeId, is_one: impl Fn(&str) -> bool) -> bool {
        let program = self.infer.program;
        let mut open = vec![id];
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if !seen.insert(id) || seen.len() > MAX_BASES {
                continue;
            }
            if program.outside_bases(id).iter().any(|path| is_one(path)) {
                return true;
            }
            open.extend(program.declared_bases(id));
        }
        false
    }

    pub(super) fn make(&mut self, id: TypeId) {
        if self.is_direct.insert(id) {
            self.direct.push(id);
        }
        self.make_all(id);
    }

    /// Notes that a class and those that it extends are made.
    fn make_all(&mut self, id: TypeId) {
        let is_new = self.reach.made.insert(id);
        if is_new {
            self.made.push(id);
        }
        // What so far only a framework has made is now made by code.
        if !self.given.remove(&id) && !is_new {
            return;
        }
        let program = self.infer.program;
        let (file, decl) = program.ty(id);
        if let TypeRef::Struct(fields) = &decl.ty {
            for field in fields.iter().filter(|field| field.embedded) {
                if let Some(inner) = program.type_id(Ty::Written { file, r: &field.ty }) {
                    self.make_all(inner);
                }
            }
        }
        // A class that extends one from outside is called from there.
        let extends = match &decl.ty {
            TypeRef::Struct(fields) if program.semantics(file).has_classes() => {
                fields.iter().filter(|field| field.embedded).any(|field| {
                    let ty = Ty::Written { file, r: &field.ty };
                    program.type_id(ty).is_none() && !program.external(ty).is_some_and(|path| is_mark(&path))
                })
            }
            _ => false,
        };
        if extends {
            self.escape_type(id, None);
        }
    }
}

/// What frameworks call of a model to write it out, where a class of the tree has its own.
const WRITTEN_OUT: &[&str] = &["dict", "json", "model_dump", "model_dump_json", "__str__", "__repr__", "__iter__"];

/// How many classes that one extends are looked at.
const MAX_BASES: usize = 12;

/// The same for what fills a class.
const MAX_ABOVE: usize = 500;

/// Classes of libraries that are extended without anybody calling what extends them.
fn is_value_class(path: &str) -> bool {
    let name = path.rsplit([':', '\\', '.']).next().unwrap_or(path);
    name.ends_with("Error")
        || name.ends_with("Exception")
        || matches!(name, "Struct" | "Hash" | "Array" | "String" | "Comparable" | "Enumerable" | "Singleton")
}

/// Classes of libraries from which a class has neither fields nor anybody who fills them.
pub(crate) fn is_plain(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or(path);
    is_value_class(path) || is_mark(path) || name.ends_with("Enum")
}

/// Classes of libraries that fill values of those that extend them by their fields, and write them out by them.
fn is_filler(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or(path);
    ["pydantic", "sqlmodel", "msgspec"].iter().any(|library| path.starts_with(library)) || name.ends_with("BaseModel")
}

/// Classes of Python that only say of what kind another one is: they call nothing of it.
fn is_mark(path: &str) -> bool {
    matches!(path, "abc.ABC" | "typing.Protocol" | "typing.Generic" | "typing_extensions.Protocol" | "builtins.object")
}
