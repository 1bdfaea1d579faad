//! Enough of types to tell which method a call means.

use super::{FnId, Meaning, Program, TypeId};
use hedgerow_code::ir::{Field, TypeRef};

/// How deep embedded types and base classes are followed.
pub(crate) const MAX_EMBED: usize = 6;

/// A type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ty<'p> {
    /// As it is written in a file.
    Written {
        /// The file its names are to be read in.
        file: u32,
        /// What is written there.
        r: &'p TypeRef,
    },
    /// A type of the tree.
    Declared(TypeId),
}

/// What a name on a value of a type leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found<'p> {
    /// A function of the tree.
    Function(FnId),
    /// A method of an interface, or of a class others may override: whoever implements it.
    Dispatch(TypeId),
    /// A method of a type outside of the tree: the type's path.
    External(String),
    /// A field.
    Field(Ty<'p>),
}

/// Who a field belongs to: what two expressions must share for a store to reach a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// A declared type.
    Type(TypeId),
    /// A structure written inside of another type, by the place of its facts in memory. Only ever looked up.
    Inline(usize),
}

impl<'p> Program<'p> {
    /// What a type's name means where it is written.
    pub(crate) fn named(&self, ty: Ty<'p>) -> Meaning<'p> {
        let (file, r) = match ty {
            Ty::Declared(id) => return Meaning::Type(id),
            Ty::Written { file, r } => (file, r),
        };
        let TypeRef::Name { qualifier, name } = r else { return Meaning::Unknown };
        match qualifier {
            None => self.meaning(file, name),
            Some(qualifier) => match self.meaning(file, qualifier) {
                Meaning::Package(package) => match self.exported(package, name) {
                    // A package of the tree whose generated code is not checked in.
                    Meaning::Unknown => Meaning::Unknown,
                    meaning => meaning,
                },
                Meaning::External(path, _) => Meaning::External(path, Some(name)),
                Meaning::Type(outer) => self.inner(outer, name),
                _ => Meaning::Unknown,
            },
        }
    }

    /// A class that stands in another one: `Routes.Route`. In some languages it goes by its own name, in others by both.
    fn inner(&self, outer: TypeId, name: &'p str) -> Meaning<'p> {
        let (file, decl) = self.ty(outer);
        let types = &self.files[file as usize].facts.types;
        let is_both = |known: &str| {
            known.strip_prefix(decl.name.as_str()).is_some_and(|rest| rest.strip_prefix('.') == Some(name))
        };
        let written = types.iter().find(|ty| is_both(&ty.name)).or_else(|| types.iter().find(|ty| ty.name == name));
        written.map_or(Meaning::Unknown, |ty| self.item(self.package_of(file), &ty.name))
    }

    /// The type of the tree that `ty` is.
    pub(crate) fn type_id(&self, ty: Ty<'p>) -> Option<TypeId> {
        match self.named(ty) {
            Meaning::Type(id) => Some(id),
            _ => None,
        }
    }

    /// The path of a type outside of the tree: `net/http.Client`.
    pub(crate) fn external(&self, ty: Ty<'p>) -> Option<String> {
        if let Ty::Written { file, r: TypeRef::Name { qualifier: Some(qualifier), name } } = ty
            && let Meaning::External(path, Some(outer)) = self.meaning(file, qualifier)
        {
            // A class inside of an imported one.
            return Some(format!("{path}.{outer}.{name}"));
        }
        match self.named(ty) {
            Meaning::External(path, Some(name)) => Some(format!("{path}.{name}")),
            Meaning::External(path, None) => Some(path.to_owned()),
            _ => None,
        }
    }

    /// What a type is made of, with the file to read it in: names are followed to their declarations.
    pub(crate) fn underlying(&self, ty: Ty<'p>) -> Option<(u32, &'p TypeRef)> {
        let mut ty = ty;
        for _ in 0..MAX_EMBED {
            match self.type_id(ty) {
                Some(id) => {
                    let (file, decl) = self.ty(id);
                    ty = Ty::Written { file, r: &decl.ty };
                }
                None => break,
            }
        }
        match ty {
            Ty::Written { file, r } => Some((file, r)),
            Ty::Declared(_) => None,
        }
    }

    /// The type of the elements of a list or a map.
    pub(crate) fn element(&self, ty: Ty<'p>) -> Option<Ty<'p>> {
        let (file, r) = self.underlying(ty)?;
        match r {
            TypeRef::List(inner) | TypeRef::Map(inner) => Some(Ty::Written { file, r: inner }),
            _ => None,
        }
    }

    /// Who the fields of a type belong to.
    pub(crate) fn owner(&self, ty: Ty<'p>) -> Option<Owner> {
        let mut ty = ty;
        let mut last = None;
        for _ in 0..MAX_EMBED {
            // A type declared as another one has that one's fields.
            let Some(id) = self.type_id(ty) else { break };
            last = Some(Owner::Type(id));
            let (file, decl) = self.ty(id);
            ty = Ty::Written { file, r: &decl.ty };
        }
        let inline = || match ty {
            Ty::Written { r: r @ TypeRef::Struct(_), .. } => Some(Owner::Inline(std::ptr::from_ref(r) as usize)),
            Ty::Written { .. } | Ty::Declared(_) => None,
        };
        last.or_else(inline)
    }

    /// The field of a type, who it belongs to, and its type; embedded fields and base classes are looked through.
    pub(crate) fn field(&self, ty: Ty<'p>, name: &str) -> Option<(Owner, Ty<'p>, &'p Field)> {
        self.field_at(ty, name, 0)
    }

    fn field_at(&self, ty: Ty<'p>, name: &str, depth: usize) -> Option<(Owner, Ty<'p>, &'p Field)> {
        let (file, TypeRef::Struct(fields)) = self.underlying(ty)? else { return None };
        let of = |field: &'p Field| Ty::Written { file, r: &field.ty };
        if let Some(field) = fields.iter().find(|field| field.name == name) {
            return Some((self.owner(ty)?, of(field), field));
        }
        if depth == MAX_EMBED {
            return None;
        }
        fields.iter().filter(|field| field.embedded).find_map(|field| self.field_at(of(field), name, depth + 1))
    }

    /// What `name` on a value of type `ty` leads to.
    pub(crate) fn method(&self, ty: Ty<'p>, name: &str) -> Option<Found<'p>> {
        self.method_at(ty, name, 0)
    }

    /// The method of a type that is taken as a value (`f = client.get`): where no class overrides it, it is that one.
    pub(crate) fn bound(&self, ty: Ty<'p>, name: &str) -> Option<Found<'p>> {
        let found = self.method(ty, name)?;
        let Found::Dispatch(id) = found else { return Some(found) };
        let Some(own) = self.own_method(id, name) else { return Some(found) };
        let mut all = self.methods_by_name.get(name).into_iter().flatten();
        let is_overridden = all.any(|(other, _)| *other != id && self.is_a(*other, id, 0));
        Some(if is_overridden { found } else { Found::Function(own) })
    }

    fn method_at(&self, ty: Ty<'p>, name: &str, depth: usize) -> Option<Found<'p>> {
        if depth == MAX_EMBED {
            return None;
        }
        let named = self.named(ty);
        if let Meaning::External(..) = named {
            return self.external(ty).map(Found::External);
        }
        if let Meaning::Type(id) = named {
            let (file, decl) = self.ty(id);
            if let Some(function) = self.own_method(id, name) {
                // A class of the other languages may be extended; in Go a method is the one of its type.
                let open = self.semantics(file).has_classes();
                return Some(if open { Found::Dispatch(id) } else { Found::Function(function) });
            }
            if let Some(above) = self.declarer(id, name) {
                return Some(Found::Dispatch(above));
            }
            if let TypeRef::Interface { methods, embeds } = &decl.ty {
                if methods.iter().any(|method| method.name == name) {
                    return Some(Found::Dispatch(id));
                }
                let below = |r| self.method_at(Ty::Written { file, r }, name, depth + 1);
                return match embeds.iter().find_map(below) {
                    // The interface the value has is the one to implement, not the one that declares the method.
                    Some(Found::Dispatch(_)) => Some(Found::Dispatch(id)),
                    other => other,
                };
            }
            if let r @ TypeRef::Name { .. } = &decl.ty {
                return self.method_at(Ty::Written { file, r }, name, depth + 1);
            }
        }
        let (file, TypeRef::Struct(fields)) = self.underlying(ty)? else { return None };
        let of = |field: &'p Field| Ty::Written { file, r: &field.ty };
        if let Some(field) = fields.iter().find(|field| field.name == name && !field.embedded) {
            return Some(Found::Field(of(field)));
        }
        let embedded = fields.iter().filter(|field| field.embedded);
        let mut found = embedded.filter_map(|field| self.method_at(of(field), name, depth + 1));
        let first = found.next()?;
        // An embedded type from outside may have any method; one of the tree that has it is the better answer.
        if matches!(first, Found::External(_))
            && let Some(better) = found.find(|f| !matches!(f, Found::External(_)))
        {
            return Some(better);
        }
        Some(first)
    }

    /// The methods an interface asks for, with those of the interfaces it takes in.
    pub(crate) fn asks_for(&self, interface: TypeId) -> Vec<&'p str> {
        let mut names = Vec::new();
        let mut open = vec![interface];
        let mut seen = Vec::new();
        while let Some(id) = open.pop() {
            if seen.contains(&id) {
                continue;
            }
            seen.push(id);
            let (file, decl) = self.ty(id);
            if let TypeRef::Interface { methods, embeds } = &decl.ty {
                names.extend(methods.iter().map(|method| method.name.as_str()));
                open.extend(embeds.iter().filter_map(|r| self.type_id(Ty::Written { file, r })));
            }
        }
        names
    }

    /// Whether a value of type `ty` can stand where `wanted` is asked for: in Go by the names of the methods, in the
    /// other languages by what the class says of itself.
    pub(crate) fn stands_for(&self, ty: TypeId, wanted: TypeId) -> bool {
        if ty == wanted {
            return true;
        }
        let (file, _) = self.ty(wanted);
        if self.semantics(file).implements_by_methods() {
            let asked = self.asks_for(wanted);
            return !asked.is_empty() && asked.into_iter().all(|name| self.method_of(ty, name).is_some());
        }
        self.is_a(ty, wanted, 0)
    }

    fn is_a(&self, ty: TypeId, wanted: TypeId, depth: usize) -> bool {
        let (file, decl) = self.ty(ty);
        let bases: Vec<&TypeRef> = match &decl.ty {
            TypeRef::Struct(fields) => fields.iter().filter(|field| field.embedded).map(|field| &field.ty).collect(),
            TypeRef::Interface { embeds, .. } => embeds.iter().collect(),
            _ => return false,
        };
        depth < MAX_EMBED
            && bases
                .into_iter()
                .filter_map(|r| self.type_id(Ty::Written { file, r }))
                .any(|base| base == wanted || self.is_a(base, wanted, depth + 1))
    }

    /// The method that a value of a declared type runs.
    pub(crate) fn method_of(&self, id: TypeId, name: &str) -> Option<Found<'p>> {
        if let Some(function) = self.own_method(id, name) {
            return Some(Found::Function(function));
        }
        self.inherited(id, name)
    }

    /// The method that a declared type has from those that it extends.
    pub(crate) fn inherited(&self, id: TypeId, name: &str) -> Option<Found<'p>> {
        if let Some(found) = self.behind(id, id, name) {
            return found;
        }
        let (file, decl) = self.ty(id);
        match &decl.ty {
            TypeRef::Struct(fields) => {
                let embedded = fields.iter().filter(|field| field.embedded);
                let below = |field: &'p Field| {
                    let ty = Ty::Written { file, r: &field.ty };
                    match self.method_at(ty, name, 1) {
                        Some(Found::Dispatch(base)) => {
                            self.own_method(base, name).map(Found::Function).or(Some(Found::Dispatch(base)))
                        }
                        Some(Found::Field(_)) => None,
                        found => found,
                    }
                };
                embedded.filter_map(below).next()
            }
            r @ TypeRef::Name { .. } => match self.method_at(Ty::Written { file, r }, name, 1) {
                Some(Found::Field(_)) => None,
                found => found,
            },
            _ => None,
        }
    }
}
