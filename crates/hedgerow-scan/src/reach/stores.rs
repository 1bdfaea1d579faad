//! What is stored where.

use super::{Site, Stored, Walk};
use crate::held::Slot;
use crate::program::{FnId, Meaning, Owner, Ty};
use hedgerow_code::ir::{Argument, Expr, ExprId, Part, TypeRef};

impl<'p> Walk<'_, 'p> {
    /// A value that is written out: what its fields hold.
    pub(super) fn composite(&mut self, site: Site, ty: Ty<'p>, parts: &[Part]) {
        let program = self.infer.program;
        if let Some(id) = program.type_id(ty) {
            self.make(id);
        }
        let outside = self.is_outside(ty);
        let order: &[hedgerow_code::ir::Field] = match program.underlying(ty) {
            Some((_, TypeRef::Struct(fields))) => fields,
            _ => &[],
        };
        for (at, part) in parts.iter().enumerate() {
            if program.external(ty).is_some() {
                self.lose_held(site.function, part.value);
            }
            if outside {
                self.escape(site.function, part.value);
            }
            self.stray(site.function, part.value);
            let written = part.field.map(|field| program.word(site.function, field));
            let by_place = || order.get(at).filter(|_| part.key.is_none()).map(|field| field.name.as_str());
            let Some(name) = written.or_else(by_place) else { continue };
            let value = Stored::Part(Site { function: site.function, expr: part.value }, 0);
            if let Some((owner, field_ty, _)) = program.field(ty, name) {
                self.lay(site.function, part.value, Slot::Field(owner, name));
                self.comes_to(Slot::Field(owner, name), site.function, part.value);
                if self.is_outside(field_ty) {
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
                // `lib.Default = handler`
                Some(Meaning::External(..)) => self.out_of_sight(value),
                Some(_) => {}
                None => {
                    let name = program.word(function, *name);
                    let field = self.infer.type_of(function, *of, 0).and_then(|ty| {
                        let found = program.field(ty, name).map(|(owner, ty, _)| (owner, Some(ty)));
                        found.or_else(|| program.type_id(ty).map(|id| (Owner::Type(id), None)))
                    });
                    match field {
                        Some((owner, ty)) => {
                            if ty.is_some_and(|ty| self.is_outside(ty))
                                && let Stored::Value(site, _) = value
                            {
                                self.escape(site.function, site.expr);
                            }
                            self.lay_stored(value, Slot::Field(owner, name));
                            self.reach.fields.entry((owner, name)).or_default().push(value);
                        }
                        None => {
                            if self.is_from_outside(function, *of) {
                                self.out_of_sight(value);
                            }
                            self.reach.loose_fields.entry(name).or_default().push(value);
                        }
                    }
                }
            },
            _ => {}
        }
    }

    fn lay_stored(&mut self, value: Stored, to: Slot<'p>) {
        if let Stored::Value(site, 0) = value {
            self.lay(site.function, site.expr, to);
            self.comes_to(to, site.function, site.expr);
        }
    }
}
