//! What is stored in globals, fields and the parts of values.

use super::environment::variable;
use super::{Eval, Frame, packs};
use crate::infer::property;
use crate::pack::Source;
use crate::program::{GlobalId, Meaning, Owner, Ty, TypeId};
use crate::reach::{Site, Stored};
use crate::value::{Piece, Template, Value, Values};
use hedgerow_code::ir::{Def, Expr, ExprId, TypeRef};
use std::collections::{BTreeMap, BTreeSet};

/// How many classes behind an interface are looked at.
const MAX_BEHIND: usize = 64;

impl<'p> Eval<'_, 'p> {
    pub(super) fn stored(&self, stored: Stored) -> Values {
        match stored {
            Stored::Value(site, result) | Stored::Part(site, result) => {
                (*self.eval(&Frame::of(site.function), site.expr, result)).clone()
            }
            Stored::Address(call, argument) => self.stored_by(&Frame::of(call.function), call, argument),
        }
    }

    pub(super) fn global(&self, id: GlobalId) -> Values {
        let program = self.infer.program;
        let global = program.global(id);
        let mut values = match program.otherwise(Meaning::Global(id)) {
            Some(Meaning::Global(other)) if other != id => self.global(other),
            _ => Values::default(),
        };
        if let Some(loader) = program.loader(id.file) {
            for (value, result) in &global.values {
                values.add(&self.eval(&Frame::of(loader), *value, *result));
            }
        }
        for stored in self.reach.globals.get(&id).into_iter().flatten() {
            values.add(&self.stored(*stored));
        }
        let empty = global.values.is_empty();
        if empty && global.ty.is_some_and(|ty| self.holds_parts(program.written_in(id.file, ty))) {
            values.add(&Values::one(Value::Setting(Vec::new())));
        }
        values
    }

    pub(super) fn member(&self, frame: &Frame, of: ExprId, name: &'p str, site: Site) -> Values {
        let program = self.infer.program;
        match self.infer.qualified(frame.function, of, name) {
            Some(Meaning::Global(global)) => return self.global(global),
            Some(Meaning::External(..)) => {
                let all = self.environment(site).or_else(|| self.packs_call(frame, site, &[], 0));
                return all.unwrap_or_else(|| Values::lost(site));
            }
            Some(_) => return Values::default(),
            None => {}
        }
        if let Some(values) = self.outside_member(frame, site) {
            return values;
        }
        if let Some(properties) = self.reach.targets.get(&site) {
            let mut values = Values::default();
            for property in properties {
                values.add(&self.given_back(frame, site, *property, 0));
            }
            return values;
        }
        let base = self.eval(frame, of, 0);
        let ty = self.infer.type_of(frame.function, of, 0);
        let field = ty.and_then(|ty| program.field(ty, name));
        let mut values = Values { known: BTreeMap::new(), unknown: BTreeSet::new() };
        let mut precise = !base.known.is_empty();
        let mut settings = Values::default();
        for (value, way) in &base.known {
            match value {
                Value::Setting(path) => {
                    precise = false;
                    let found = packs::setting(path, name, field.map(|(_, _, field)| field));
                    settings.known.extend(found.into_iter().map(|value| (value, way.clone())));
                }
                Value::Made(made, chain) => {
                    match self.part(*made, chain, name) {
                        Some(found) => values.add(&found),
                        None => {
                            precise = false;
                            let field = field.map(|(_, _, field)| field);
                            for path in self.filled_from(*made, chain) {
                                let found = packs::setting(&path, name, field);
                                settings.known.extend(found.into_iter().map(|value| (value, way.clone())));
                            }
                        }
                    }
                    values.add(&self.laid_in(value, *made, name));
                    values.add(&self.of_elements(value, *made, name));
                }
                Value::Environment => values.add(&variable(name)),
                Value::Text(_) | Value::Named(..) | Value::Connection(..) => precise = false,
            }
        }
        let mut stored: Vec<Stored> = Vec::new();
        let behind =
            ty.and_then(|ty| program.type_id(ty)).map(|id| self.behind_interface(id, &base)).unwrap_or_default();
        for class in &behind {
            let found = program.field(Ty::Declared(*class), name);
            let owner = found.map_or(Owner::Type(*class), |(owner, ..)| owner);
            stored.extend(self.reach.fields.get(&(owner, name)).into_iter().flatten());
        }
        match (field, ty.and_then(|ty| program.type_id(ty))) {
            (Some((owner, _, _)), _) => stored.extend(self.reach.fields.get(&(owner, name)).into_iter().flatten()),
            (None, Some(id)) => stored.extend(self.stored_above(id, name)),
            (None, None) => stored.extend(self.reach.loose_fields.get(name).into_iter().flatten()),
        }
        for stored in stored {
            // Where each value is seen being written out, other values of the type have nothing to say.
            if !(precise && matches!(stored, Stored::Part(..))) {
                values.add(&self.stored(stored));
            }
        }
        values.add(&settings);
        let own = ty.and_then(|ty| program.type_id(ty));
        for id in own.into_iter().chain(behind.iter().copied()) {
            values.add(&self.options_field(id, name, field.map(|(_, _, field)| field)));
        }
        if values.is_empty() {
            for id in own.into_iter().chain(behind) {
                values.add(&self.by_class_name(id, name));
            }
        }
        if let Some(path) = ty.and_then(|ty| program.type_id(ty)).and_then(|id| self.bound(id)) {
            values.add(&Values::one(Value::Setting([path.as_slice(), &[name.to_owned()]].concat())));
        }
        if let Some(id) = own.filter(|id| self.reads_environment(*id)) {
            values.add(&self.variables(id, name, &base));
        }
        // A field of something that came from outside had a value there, whatever is stored in it here.
        let from_outside = field.is_none() && (base.known.is_empty() || !base.unknown.is_empty());
        if values.is_empty()
            && let Some(found) = self.property_of(&base, name)
        {
            return found;
        }
        if values.is_empty() || from_outside {
            values.add(&Values::lost(site));
            values.unknown.extend(base.aside());
        }
        values
    }

    /// A field of the elements of a list, where one of them is asked for that was looked for in it: `services.find(…).url`.
    fn of_elements(&self, list: &Value, made: Site, name: &str) -> Values {
        let mut values = Values::default();
        let is_made = matches!(self.infer.program.expr(made.function, made.expr), Expr::Call { .. });
        if !(is_made || self.is_list(made)) || !self.is_container(list) {
            return values;
        }
        for element in self.elements(&Values::one(list.clone()), None).known.keys() {
            if let Value::Made(made, chain) = element {
                values.add(&self.part(*made, chain, name).unwrap_or_default());
            }
        }
        values
    }

    /// Whether a value that is written out has elements, and no keys or fields.
    pub(super) fn is_list(&self, made: Site) -> bool {
        let program = self.infer.program;
        let Expr::Composite { parts, .. } = program.expr(made.function, made.expr) else { return false };
        let mut parts = program.parts(made.function, *parts).iter();
        parts.len() > 0 && parts.all(|part| part.field.is_none() && part.key.is_none())
    }

    /// What is put under a name into a value that is written out, wherever it lies, and what somebody outside of the tree may put there.
    fn laid_in(&self, value: &Value, made: Site, name: &str) -> Values {
        if self.is_container(value) {
            return self.with_taken_over(Some(name), || self.put_into(made, Some(name)));
        }
        let mut values = Values::default();
        // `c := Config{URL: "http://ledger"}; json.Unmarshal(text, &c)`
        let is_written = matches!(self.infer.program.expr(made.function, made.expr), Expr::Composite { .. });
        if is_written && self.semantics(made.function).has_conversions() {
            self.fillings(made).outside.iter().for_each(|call| values.add(&Values::lost(*call)));
        }
        values
    }

    /// What is stored in a field that nobody declares: of a class and, where it looks for names in those that it extends, of these too. Of
    /// what classes themselves say the nearest one counts.
    fn stored_above(&self, id: TypeId, name: &'p str) -> Vec<Stored> {
        let program = self.infer.program;
        let of = |id| self.reach.fields.get(&(Owner::Type(id), name)).into_iter().flatten().copied();
        if !program.semantics(program.ty(id).0).orders_bases() {
            return of(id).collect();
        }
        let mut found = Vec::new();
        let mut is_said = false;
        for class in program.order(id) {
            let loader = program.loader(program.ty(class).0);
            let is_own = |stored: &Stored| matches!(stored, Stored::Value(site, _) if Some(site.function) == loader);
            found.extend(of(class).filter(|stored| !(is_said && is_own(stored))));
            is_said |= of(class).any(|stored| is_own(&stored));
        }
        found
    }

    /// The classes that may stand behind an interface whose property is asked for: those of the values that are known, or
    /// else all that are made.
    fn behind_interface(&self, id: TypeId, base: &Values) -> Vec<TypeId> {
        let program = self.infer.program;
        let (file, decl) = program.ty(id);
        if !matches!(decl.ty, TypeRef::Interface { .. }) || !program.semantics(file).has_classes() {
            return Vec::new();
        }
        let made = base.known.keys().filter_map(|value| match value {
            Value::Made(site, _) => self.infer.type_of(site.function, site.expr, 0).and_then(|ty| program.type_id(ty)),
            _ => None,
        });
        let made: BTreeSet<TypeId> = made.collect();
        if !made.is_empty() {
            return made.into_iter().collect();
        }
        if let Some(known) = self.behind.borrow().get(&id) {
            return known.clone();
        }
        let all = self.reach.made.iter().copied().filter(|ty| *ty != id && program.stands_for(*ty, id));
        let found: Vec<TypeId> = all.take(MAX_BEHIND).collect();
        self.behind.borrow_mut().insert(id, found.clone());
        found
    }

    /// A class whose fields nobody is seen to fill is filled, by convention, from the part of the configuration that is called
    /// like it: `LedgerOptions` from `LedgerOptions` or `Ledger`.
    fn by_class_name(&self, id: TypeId, name: &str) -> Values {
        let program = self.infer.program;
        let (file, decl) = program.ty(id);
        let mut values = Values::default();
        // A class that stands in another one has that one's name before its own.
        let name_of = decl.name.rsplit('.').next().unwrap_or(&decl.name);
        let ending = ["Options", "Settings", "Configuration", "Config"].iter().find(|end| name_of.ends_with(**end));
        let Some(ending) = ending.filter(|_| program.semantics(file).has_containers()) else { return values };
        let stem = name_of.trim_end_matches(ending);
        for part in [name_of, stem].into_iter().filter(|part| !part.is_empty()) {
            values.add(&Values::one(Value::Setting(vec![part.to_owned(), name.to_owned()])));
        }
        values
    }

    /// The parts of the configuration that fill a structure that is written out and handed to a call by its address:
    /// `c := &Config{}; viper.Unmarshal(c)`.
    fn filled_from(&self, made: Site, chain: &[Site]) -> BTreeSet<Vec<String>> {
        let program = self.infer.program;
        let mut found = BTreeSet::new();
        if !self.semantics(made.function).has_conversions() {
            return found;
        }
        let frame = Frame { function: made.function, chain: chain.to_vec() };
        let facts = program.facts_of(made.function);
        let is_made = |id: ExprId| match facts.expr(id) {
            Expr::Address(of) => *of == made.expr,
            _ => id == made.expr,
        };
        let holds = |id: ExprId| match facts.expr(id) {
            Expr::Local(local) => program.defs(made.function, *local).iter().any(|def| match def {
                Def::Value { expr, result: 0 } => is_made(*expr),
                _ => false,
            }),
            _ => is_made(id),
        };
        let run = program.exprs(made.function);
        for id in run {
            let Expr::Call { arguments, .. } = facts.expr(id) else { continue };
            for (at, argument) in (0_u16..).zip(facts.arguments(*arguments)) {
                let passed = match facts.expr(argument.value) {
                    Expr::Address(of) => *of,
                    _ => argument.value,
                };
                if holds(passed) || holds(argument.value) {
                    let call = Site { function: made.function, expr: id };
                    found.extend(crate::said::parts(&self.stored_by(&frame, call, at)).cloned());
                }
            }
        }
        found
    }

    /// Where in the configuration the fields of a type are filled from, if an annotation says so.
    pub(super) fn bound(&self, id: TypeId) -> Option<Vec<String>> {
        let (file, decl) = self.infer.program.ty(id);
        let (note, binding) = decl.notes.iter().find_map(|note| Some((note, self.packs.binding(&note.name)?)))?;
        let argument = binding.target.iter().find_map(|name| note.arguments.iter().find(|(n, _)| n == name));
        let facts = self.infer.program.files[file as usize].facts;
        let parts = |prefix: &str| prefix.split('.').map(str::to_owned).collect();
        match argument.map(|(_, value)| (*value, facts.expr(*value))) {
            Some((_, Expr::Text(prefix))) => Some(parts(facts.word(*prefix))),
            // A constant.
            Some((value, _)) => {
                let values = self.eval(&Frame::of(self.infer.program.loader(file)?), value, 0);
                match values.known.keys().next() {
                    Some(Value::Text(text)) if values.known.len() == 1 => text.constant().map(parts),
                    _ => None,
                }
            }
            None => Some(Vec::new()),
        }
    }

    /// What the configuration passes for a parameter of the constructor of a class that it fills and that no code makes.
    pub(super) fn filled_parameter(&self, frame: &Frame, name: &str) -> Option<Values> {
        let program = self.infer.program;
        if program.function(frame.function).name != "<new>" || self.reach.callers.contains_key(&frame.function) {
            return None;
        }
        let path = self.bound(self.infer.receiver(frame.function)?)?;
        Some(Values::one(Value::Setting([path.as_slice(), &[name.to_owned()]].concat())))
    }

    /// What a method of an interface gives that nobody implements because the configuration fills it: `ledger().url()`.
    pub(super) fn mapped(&self, frame: &Frame, callee: ExprId, ty: TypeId, name: &str) -> Option<Values> {
        let is_mapped = self.semantics(frame.function).has_filled_interfaces();
        let Expr::Member { of, .. } = self.infer.program.expr(frame.function, callee) else { return None };
        if !is_mapped {
            return None;
        }
        let mut paths: BTreeSet<Vec<String>> = self.bound(ty).into_iter().collect();
        paths.extend(self.eval(frame, *of, 0).known.keys().filter_map(|value| match value {
            Value::Setting(path) if !path.is_empty() => Some(path.clone()),
            _ => None,
        }));
        let name = property(name).unwrap_or_else(|| name.to_owned());
        let values = paths
            .into_iter()
            .map(|path| Values::one(Value::Setting([path.as_slice(), std::slice::from_ref(&name)].concat())));
        values.reduce(|mut all, one| {
            all.add(&one);
            all
        })
    }

    /// A member of something outside of the tree that the packs know.
    pub(super) fn outside_member(&self, frame: &Frame, site: Site) -> Option<Values> {
        let path = self.infer.origin(frame.function, site.expr)?;
        let transfer = self.packs.transfer(self.language(frame.function), &path)?;
        let Expr::Member { of, name } = self.infer.program.expr(frame.function, site.expr) else { return None };
        // A field of the tree's own that was given it: what was given is looked at, with what stands beside it.
        let own = self.infer.program.word(frame.function, *name);
        let is_own =
            |of: String| path.strip_prefix(of.as_str()).is_some_and(|rest| rest.strip_prefix('.') == Some(own));
        if transfer.gives == Source::Environment && !self.infer.origin(frame.function, *of).is_some_and(is_own) {
            return None;
        }
        // A field of a class from outside is no call of that class.
        let ty = self.infer.type_of(frame.function, site.expr, 0).and_then(|ty| self.infer.program.external(ty));
        if self.semantics(frame.function).calls_classes() && ty.is_some_and(|ty| ty == path) {
            return None;
        }
        match transfer.gives {
            Source::Environment if transfer.is_all => Some(Values::one(Value::Environment)),
            Source::Environment if transfer.checks.is_some_and(|at| self.checks_others(frame, *of, at)) => {
                Some(Values::lost(site))
            }
            // `process.env.NAME`
            Source::Environment => Some(Values::one(Value::Text(Template::piece(Piece::Environment(
                self.infer.program.word(frame.function, *name).to_owned(),
            ))))),
            _ => Some((*self.eval(frame, *of, 0)).clone()),
        }
    }
}
