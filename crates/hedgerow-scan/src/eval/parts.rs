//! The parts of values that are written out, those that they take over from others included.

use super::environment::variable;
use super::{Eval, Frame, packs};
use crate::reach::Site;
use crate::value::{Piece, Value, Values};
use hedgerow_code::ir::{ALL, Expr, Part, TypeRef};
use std::collections::BTreeSet;

/// How many written values are looked through for one field where they take each other over by spreads.
const MAX_SPREADS: usize = 64;

/// A value that is written out or made, seen from the calls that lead there.
type Made = (Site, Vec<Site>);

impl<'p> Eval<'_, 'p> {
    /// The field of a value that is written out. What it takes over by spreads counts where it does not name the field
    /// itself, or names it before them: the last one wins. Such values hold each other in rings (a state that is its own
    /// former state and more), so each counts once.
    pub(super) fn part(&self, made: Site, chain: &[Site], name: &str) -> Option<Values> {
        let mut found: Option<Values> = None;
        let root = (made, chain.to_vec());
        let mut seen = BTreeSet::from([root.clone()]);
        let mut open = vec![root.clone()];
        while let Some(of) = open.pop() {
            let own = self.own_part(of.0, &of.1, name);
            let behind = match &own {
                Some((at, _)) => *at + 1,
                None => 0,
            };
            let (made, taken) = self.spreads(&of, behind, name);
            match own {
                Some((_, values)) => found.get_or_insert_default().add(&values),
                // A value of a class that is laid out in another one: its fields are not looked for.
                None if of != root && !self.is_written(of.0) => {
                    found.get_or_insert_default().add(&Values::lost(of.0));
                }
                None => {}
            }
            if !taken.is_empty() {
                found.get_or_insert_default().add(&taken);
            }
            for spread in made {
                if seen.len() == MAX_SPREADS {
                    self.cuts.set(self.cuts.get() + 1);
                    found.get_or_insert_default().add(&Values::lost(spread.0));
                    break;
                }
                if seen.insert(spread.clone()) {
                    open.push(spread);
                }
            }
        }
        found
    }

    fn is_written(&self, made: Site) -> bool {
        matches!(self.infer.program.expr(made.function, made.expr), Expr::Composite { .. })
    }

    /// What a written value takes over whole from one of its parts on: the values that are written out themselves, and
    /// what others have under a name.
    fn spreads(&self, (made, chain): &Made, from: usize, name: &str) -> (Vec<Made>, Values) {
        let program = self.infer.program;
        let (mut found, mut taken) = (Vec::new(), Values::default());
        let Expr::Composite { parts, .. } = program.expr(made.function, made.expr) else { return (found, taken) };
        let frame = Frame { function: made.function, chain: chain.clone() };
        let parts = program.parts(made.function, *parts).iter().skip(from);
        for part in parts.filter(|part| self.is_field(made.function, part, ALL)) {
            let values = self.eval(&frame, part.value, 0);
            for (value, way) in &values.known {
                let one = match value {
                    Value::Made(made, chain) => {
                        found.push((*made, chain.clone()));
                        continue;
                    }
                    Value::Setting(path) => {
                        let values = packs::setting(path, name, None);
                        Values {
                            known: values.into_iter().map(|value| (value, way.clone())).collect(),
                            ..Values::default()
                        }
                    }
                    Value::Environment => variable(name),
                    Value::Named(..) => {
                        let named = Values { known: [(value.clone(), way.clone())].into(), ..Values::default() };
                        self.elements(&named, Some(name))
                    }
                    // What is laid in it under a key that nobody looked at.
                    Value::Text(text) if text.0 != [Piece::Hole] => {
                        Values { known: [(value.clone(), way.clone())].into(), ..Values::default() }
                    }
                    Value::Text(_) | Value::Connection(..) => continue,
                };
                taken.add(&one);
            }
            if !values.unknown.is_empty() {
                taken.add(&Values::lost(Site { function: made.function, expr: part.value }));
                taken.unknown.extend(values.aside());
            }
        }
        (found, taken)
    }

    /// The field that a written value names itself, and which of its parts that is.
    fn own_part(&self, made: Site, chain: &[Site], name: &str) -> Option<(usize, Values)> {
        let program = self.infer.program;
        let Expr::Composite { ty, parts } = program.expr(made.function, made.expr) else {
            return Some((0, self.named_part(made, chain, name)?));
        };
        let parts = program.parts(made.function, *parts);
        let frame = Frame { function: made.function, chain: chain.to_vec() };
        let order: &[hedgerow_code::ir::Field] = {
            match program.underlying(program.written(made.function, *ty)) {
                Some((_, TypeRef::Struct(fields))) => fields,
                _ => &[],
            }
        };
        let is_it = |at: usize, part: &Part| match (&part.field, part.key) {
            (Some(field), _) => program.word(made.function, *field) == name,
            (None, Some(key)) => {
                matches!(program.expr(made.function, key), Expr::Text(text) if program.word(made.function, *text) == name)
            }
            (None, None) => order.get(at).is_some_and(|field| field.name == name),
        };
        let (at, part) = parts.iter().enumerate().rfind(|(at, part)| is_it(*at, part))?;
        Some((at, (*self.eval(&frame, part.value, 0)).clone()))
    }

    /// The field of a value whose class has no constructor of its own: the named argument, as dataclasses and models have it, or the one
    /// at the field's place.
    fn named_part(&self, made: Site, chain: &[Site], name: &str) -> Option<Values> {
        let program = self.infer.program;
        if self.reach.targets.contains_key(&made) {
            return None;
        }
        let (Expr::Call { arguments, .. } | Expr::New { arguments, .. }) = program.expr(made.function, made.expr)
        else {
            return None;
        };
        let arguments = program.arguments(made.function, *arguments);
        let frame = Frame { function: made.function, chain: chain.to_vec() };
        if let Some(found) = self.by_name(&frame, arguments, name) {
            return Some(found);
        }
        let ty = self.infer.type_of(made.function, made.expr, 0)?;
        let (_, TypeRef::Struct(fields)) = program.underlying(ty)? else { return None };
        let at = fields.iter().filter(|field| !field.embedded).position(|field| field.name == name)?;
        self.positional(&frame, arguments, at)
    }
}
