//! What is stored where, and which values go out of sight.

use super::{Site, Stored, Walk};
use crate::held::Slot;
use crate::program::{FnId, Meaning, Owner, Ty, TypeId};
use hedgerow_code::ir::{Argument, Expr, ExprId, Part, TypeRef};

impl<'p> Walk<'_, 'p> {
    /// A value that is written out: what its fields hold.
    pub(super) fn composite(&mut self, site: Site, ty: Ty<'p>, parts: &[Part]) {
        let program = self.infer.program;
        if let Some(id) = program.type_id(ty) {
            self.make(id);
        }
        let outside = program.external(ty).is_some();
        let order: &[hedgerow_code::ir::Field] = match program.underlying(ty) {
            Some((_, TypeRef::Struct(fields))) => fields,
            _ => &[],
        };
        for (at, part) in parts.iter().enumerate() {
            if outside {
                self.lose_held(site.function, part.value);
                self.escape(site.function, part.value);
            }
            self.stray(site.function, part.value);
            let written = part.field.map(|field| program.word(site.function, field));
            let by_place = || order.get(at).filter(|_| part.key.is_none()).map(|field| field.name.as_str());
            let Some(name) = written.or_else(by_place) else { continue };
            let value = Stored::Part(Site { function: site.function, expr: part.value }, 0);
            if let Some((owner, field_ty, _)) = program.field(ty, name) {
                self.lay(site.function, part.value, Slot::Field(owner, name));
                if program.external(field_ty).is_some() {
                    self.escape(site.function, part.value);
                }
                self.reach.fields.entry((owner, name)).or_default().push(value);
            }
        }
    }

    /// Arguments that are addresses of fields or globals.
    pub(super) fn addressed(&mut self, site: Site, passed: &[Argument]) {
        for (at, argument) in (0_u16..).zip(passed) {
            if let Expr::Address(of) = self.infer.program.expr(site.function, argument.value) {
                self.store(site.function, *of, Stored::Address(site, at));
            }
        }
    }

    pub(super) fn store(&mut self, function: FnId, target: ExprId, value: Stored) {
        let program = self.infer.program;
        match program.expr(function, target) {
            Expr::Index { of, .. } | Expr::Deref(of) => self.store(function, *of, value),
            Expr::Name(name) => {
                let name = program.word(function, *name);
                if let Meaning::Global(id) = program.meaning(program.file_of(function), name) {
                    self.lay_stored(value, Slot::Global(id));
                    self.reach.globals.entry(id).or_default().push(value);
                }
            }
            Expr::Member { of, name } => match self.infer.qualified(function, *of, program.word(function, *name)) {
                Some(Meaning::Global(id)) => {
                    self.lay_stored(value, Slot::Global(id));
                    self.reach.globals.entry(id).or_default().push(value);
                }
                Some(_) => {}
                None => {
                    let name = program.word(function, *name);
                    let field = self.infer.type_of(function, *of, 0).and_then(|ty| {
                        let found = program.field(ty, name).map(|(owner, ty, _)| (owner, Some(ty)));
                        found.or_else(|| program.type_id(ty).map(|id| (Owner::Type(id), None)))
                    });
                    match field {
                        Some((owner, ty)) => {
                            if ty.is_some_and(|ty| program.external(ty).is_some())
                                && let Stored::Value(site, _) = value
                            {
                                self.escape(site.function, site.expr);
                            }
                            self.lay_stored(value, Slot::Field(owner, name));
                            self.reach.fields.entry((owner, name)).or_default().push(value);
                        }
                        None => self.reach.loose_fields.entry(name).or_default().push(value),
                    }
                }
            },
            _ => {}
        }
    }

    fn lay_stored(&mut self, value: Stored, to: Slot<'p>) {
        if let Stored::Value(site, 0) = value {
            self.lay(site.function, site.expr, to);
        }
    }

    /// A value goes where the scan cannot follow: what is there may call every method that is visible there.
    pub(super) fn escape(&mut self, function: FnId, value: ExprId) {
        let program = self.infer.program;
        let site = Site { function, expr: value };
        let Some(id) = self.infer.type_of(function, value, 0).and_then(|ty| program.type_id(ty)) else { return };
        if let TypeRef::Interface { .. } = program.ty(id).1.ty {
            for name in program.asks_for(id) {
                self.dispatched.entry((id, name)).or_default().sites.push(site);
            }
        } else {
            self.escape_type(id, Some(site));
        }
    }

    pub(super) fn escape_type(&mut self, id: TypeId, site: Option<Site>) {
        if !self.escaped.insert(id) {
            return;
        }
        self.strays.insert(id);
        self.make(id);
        let program = self.infer.program;
        let (file, decl) = program.ty(id);
        let semantics = program.semantics(file);
        let methods: Vec<_> = program.own_methods(id).collect();
        for (name, function) in methods {
            if semantics.is_exported(name) {
                self.add(function, site);
            }
        }
        if let TypeRef::Struct(fields) = &decl.ty {
            for field in fields.iter().filter(|field| field.embedded) {
                let Some(inner) = program.type_id(Ty::Written { file, r: &field.ty }) else { continue };
                match (&program.ty(inner).1.ty, site) {
                    // Whoever is behind the interface may be called by its methods.
                    (TypeRef::Interface { .. }, Some(site)) => {
                        for name in program.asks_for(inner) {
                            self.dispatched.entry((inner, name)).or_default().sites.push(site);
                        }
                    }
                    _ => self.escape_type(inner, site),
                }
            }
        }
    }
}
