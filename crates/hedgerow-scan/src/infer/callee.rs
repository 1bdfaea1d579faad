//! What calls lead to: functions, methods, types, and paths out of the tree.

use super::Infer;
use crate::program::{FnId, Found, Meaning, Ty, TypeId};
use crate::reach::is_plain;
use hedgerow_code::ir::{Def, Expr, ExprId, TypeRef};

/// What constructors are called in facts.
pub(crate) const CONSTRUCTORS: [&str; 3] = ["__init__", "constructor", "<new>"];

/// What dataclasses and models run once their fields are set.
pub(crate) const AFTERWARDS: [&str; 2] = [FILLED, "model_post_init"];

/// The one of them that dataclasses run.
pub(crate) const FILLED: &str = "__post_init__";

impl<'p> Infer<'_, 'p> {
    /// What `of.name` means where `of` is the name of an import or of a type.
    pub(crate) fn qualified(&self, function: FnId, of: ExprId, name: &'p str) -> Option<Meaning<'p>> {
        let Expr::Name(qualifier) = self.program.expr(function, of) else { return None };
        match self.program.meaning(self.program.file_of(function), self.program.word(function, *qualifier)) {
            Meaning::Package(package) => Some(self.program.exported(package, name)),
            Meaning::External(path, None) => Some(Meaning::External(path, Some(name))),
            _ => None,
        }
    }

    /// What the callee of a call leads to.
    pub(crate) fn callee(&self, function: FnId, callee: ExprId) -> Option<Callee<'p>> {
        let file = self.program.file_of(function);
        match self.program.expr(function, callee) {
            Expr::Name(name) => Some(match self.program.meaning(file, self.program.word(function, *name)) {
                Meaning::Function(id) => Callee::Function(id),
                Meaning::Type(id) => Callee::Type(Ty::Declared(id)),
                Meaning::External(path, Some(name)) => Callee::External(format!("{path}.{name}")),
                Meaning::External(path, None) => Callee::External(path.to_owned()),
                Meaning::Global(_) => match self.origin(function, callee) {
                    Some(path) => Callee::External(path),
                    None => Callee::Value,
                },
                Meaning::Package(_) => Callee::Value,
                Meaning::Unknown => {
                    let name = self.program.word(function, *name);
                    match self.program.files[file as usize].language.global(name) {
                        Some(path) => Callee::External(path.to_owned()),
                        None => Callee::Builtin(name),
                    }
                }
            }),
            Expr::Class(of) => Some(match self.type_of(function, *of, 0).and_then(|ty| self.program.type_id(ty)) {
                Some(id) => Callee::Type(Ty::Declared(id)),
                None => Callee::Value,
            }),
            Expr::Attribute { of, .. } => {
                let ty = self.type_of(function, *of, 0);
                Some(match ty.and_then(|ty| self.program.type_id(ty)) {
                    Some(_) => Callee::Value,
                    // A method of something unknown whose name is not known either.
                    None => Callee::External(self.origin(function, callee).unwrap_or_else(|| "?.getattr".to_owned())),
                })
            }
            Expr::Type(ty) => Some(Callee::Type(self.program.written(function, *ty))),
            // `call[T](x)`: a function with its type arguments.
            Expr::Index { of, .. } if self.program.semantics(file).has_conversions() => {
                match self.callee(function, *of) {
                    Some(found @ (Callee::Function(_) | Callee::External(_))) => Some(found),
                    _ => Some(Callee::Value),
                }
            }
            Expr::Member { of, name } => {
                let name = self.program.word(function, *name);
                let found = self.member_callee(function, *of, name);
                Some(self.extension(file, name, &found).map_or(found, Callee::Function))
            }
            Expr::Local(_) | Expr::Choice(_) => Some(match self.origin(function, callee) {
                Some(path) => Callee::External(path),
                None => Callee::Value,
            }),
            _ => Some(Callee::Value),
        }
    }

    /// The function that is called like a method of something that has no such method of its own: an extension of it.
    fn extension(&self, file: u32, name: &'p str, found: &Callee) -> Option<FnId> {
        let has_extensions = self.program.semantics(file).has_extensions();
        if !has_extensions || !matches!(found, Callee::External(_) | Callee::Method(_) | Callee::Value) {
            return None;
        }
        let Meaning::Function(id) = self.program.meaning(file, name) else { return None };
        let facts = self.program.facts_of(id);
        let decl = self.program.function(id);
        let first = facts.locals(decl).first()?;
        (decl.receiver.is_none() && facts.defs(first).contains(&Def::Receiver)).then_some(id)
    }

    /// The method that the class of a value has from the one that it extends.
    fn inherited(&self, function: FnId, this: ExprId, name: &'p str) -> Callee<'p> {
        let class = |of: ExprId| self.type_of(function, of, 0).and_then(|ty| self.program.type_id(ty));
        let id = class(this).or_else(|| match self.program.expr(function, this) {
            // Above a class that nothing declares: as if it were the method's own.
            Expr::Cast { of, .. } => class(*of),
            _ => None,
        });
        match id.and_then(|id| self.program.inherited(id, name)) {
            Some(Found::Function(id)) => Callee::Function(id),
            Some(Found::Dispatch(id)) => Callee::Dispatch(id, name),
            Some(Found::External(path)) if CONSTRUCTORS.contains(&name) => Callee::External(path),
            Some(Found::External(path)) => Callee::External(format!("{path}.{name}")),
            Some(Found::Field(_)) | None => Callee::Value,
        }
    }

    fn member_callee(&self, function: FnId, of: ExprId, name: &'p str) -> Callee<'p> {
        if let Expr::Super(this) = self.program.expr(function, of) {
            return self.inherited(function, *this, name);
        }
        match self.qualified(function, of, name) {
            Some(Meaning::Function(id)) => return Callee::Function(id),
            Some(Meaning::Type(id)) => return Callee::Type(Ty::Declared(id)),
            Some(Meaning::External(path, item)) => {
                return Callee::External(item.map_or_else(|| path.to_owned(), |item| format!("{path}.{item}")));
            }
            Some(Meaning::Unknown) => {
                // A package of the tree that does not hold the name: its generated code is not checked in.
                if let Some(path) = self.origin(function, of) {
                    return Callee::External(format!("{path}.{name}"));
                }
            }
            Some(Meaning::Global(_) | Meaning::Package(_)) => return Callee::Value,
            None => {}
        }
        if let Some(id) = self.receiver_type(function, of) {
            return match self.program.method(Ty::Declared(id), name) {
                Some(Found::Function(function)) => Callee::Function(function),
                Some(Found::Dispatch(_)) => Callee::Dispatch(id, name),
                Some(Found::External(path)) => Callee::External(format!("{path}.{name}")),
                Some(Found::Field(_)) | None => Callee::Method(name),
            };
        }
        if let Expr::Name(base) = self.program.expr(function, of)
            && let Meaning::Type(id) =
                self.program.meaning(self.program.file_of(function), self.program.word(function, *base))
        {
            // A new value of the class.
            if self.semantics(function).makes_by(name) {
                return Callee::Type(Ty::Declared(id));
            }
            // A static method.
            return match self.program.method_of(id, name) {
                Some(Found::Function(function)) => Callee::Function(function),
                // A class that takes in one from outside has its methods.
                Some(Found::External(path)) if self.semantics(function).inherits_class_methods() => {
                    Callee::External(format!("{path}.{name}"))
                }
                _ => Callee::Method(name),
            };
        }
        if let Some(ty) = self.type_of(function, of, 0) {
            // A reader is not a method of what the class extends.
            if self.semantics(function).has_readers()
                && let Some(id) = self.program.type_id(ty)
                && self.program.own_method(id, name).is_none()
                && !self.stored_in(id, name).is_empty()
            {
                return Callee::Method(name);
            }
            match self.program.method(ty, name) {
                Some(Found::Function(id)) => return Callee::Function(id),
                Some(Found::Dispatch(id)) => return Callee::Dispatch(id, name),
                Some(Found::External(path)) => return Callee::External(format!("{path}.{name}")),
                Some(Found::Field(_)) => return Callee::Value,
                None => {}
            }
        }
        match self.origin(function, of) {
            Some(path) => Callee::External(format!("{path}.{name}")),
            None => Callee::Method(name),
        }
    }

    /// The method that is read like a field, `settings.dsn`, with the class of what it is read from.
    pub(crate) fn property(&self, function: FnId, of: ExprId, name: &str) -> Option<(TypeId, FnId)> {
        if !self.semantics(function).has_properties() {
            return None;
        }
        let id = self.type_of(function, of, 0).and_then(|ty| self.program.type_id(ty))?;
        // The nearest class that says what the name is decides.
        let says = |class: TypeId| match self.program.own_method(class, name) {
            Some(found) => Some(Some(found)),
            None => self.sets(class, name).then_some(None),
        };
        let found = self.program.order(id).into_iter().find_map(says)??;
        self.program.function(found).property.then_some((id, found))
    }

    /// Whether a class itself, and no method of it, declares a field or gives it a value.
    fn sets(&self, class: TypeId, name: &str) -> bool {
        let (_, decl) = self.program.ty(class);
        let is_declared = match &decl.ty {
            TypeRef::Struct(fields) => fields.iter().any(|field| !field.embedded && field.name == name),
            _ => false,
        };
        // What is only annotated says of what type a value is; where fields are filled by that, it is one.
        let is_filled = || {
            let above = self.program.order(class).into_iter();
            let mut outside = above.flat_map(|class| self.program.outside_bases(class));
            self.is_decorated_dataclass(class) || outside.any(|path| !is_plain(&path))
        };
        self.said_in(class, name).is_some() || (is_declared && is_filled())
    }

    /// Whether a class's own decorators give it its constructor, or may do so.
    pub(crate) fn is_decorated_dataclass(&self, id: TypeId) -> bool {
        let (file, decl) = self.program.ty(id);
        decl.notes.iter().any(|note| {
            let (head, rest) = note.name.split_once('.').unwrap_or((&note.name, ""));
            match self.program.meaning(file, head) {
                Meaning::External(_, given) => {
                    let name = if rest.is_empty() { given.unwrap_or(head) } else { rest };
                    name.ends_with("dataclass") || name == "partial"
                }
                // One of the tree, and one that a variable holds, may do the same.
                _ => true,
            }
        })
    }

    /// The type in Go's method expressions, `T.name` and `(*T).name`: a method as a function of its receiver.
    pub(crate) fn receiver_type(&self, function: FnId, of: ExprId) -> Option<TypeId> {
        let program = self.program;
        let file = program.file_of(function);
        if !program.semantics(file).has_conversions() {
            return None;
        }
        let meaning = match program.expr(function, of) {
            Expr::Deref(of) => return self.receiver_type(function, *of),
            Expr::Name(name) => program.meaning(file, program.word(function, *name)),
            Expr::Member { of, name } => self.qualified(function, *of, program.word(function, *name))?,
            _ => return None,
        };
        match meaning {
            Meaning::Type(id) => Some(id),
            _ => None,
        }
    }

    /// How many arguments of a call come before those for the parameters: a method expression is passed its receiver.
    pub(crate) fn receivers_passed(&self, function: FnId, call: ExprId) -> usize {
        let Expr::Call { callee, .. } = self.program.expr(function, call) else { return 0 };
        let Expr::Member { of, .. } = self.program.expr(function, *callee) else { return 0 };
        usize::from(self.receiver_type(function, *of).is_some())
    }
}

/// What a call leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Callee<'p> {
    /// A function of the tree.
    Function(FnId),
    /// A method of an interface or an open class.
    Dispatch(TypeId, &'p str),
    /// Something outside of the tree, by its path: `net/http.Get`, `net/http.Client.Do`, `example.com/x.New().Send`.
    External(String),
    /// A method of this name on something whose type cannot be told.
    Method(&'p str),
    /// A type: a conversion or a constructor.
    Type(Ty<'p>),
    /// A function that the language gives.
    Builtin(&'p str),
    /// A function held in a value.
    Value,
}
