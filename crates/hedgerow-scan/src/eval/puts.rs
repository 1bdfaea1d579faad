//! What calls put into lists and maps: `urls.append(url)`, `endpoints.put("ledger", url)`.

use super::flows::{Filled, Takes};
use super::{Eval, Frame};
use crate::reach::Site;
use crate::value::{Crossing, Value, Values, Way};
use hedgerow_code::ir::{ALL, Argument, Expr, ExprId};

/// The methods that put a value under a key.
pub(super) const PUTS: &[&str] = &[
    "put",
    "set",
    "Add",
    "insert",
    "putIfAbsent",
    "setdefault",
    "TryAdd",
    "store",
    "putAll",
    "update",
    "merge!",
    "extend",
    "AddRange",
    "addAll",
    "push",
    "append",
    "add",
    "push_back",
    "unshift",
];

/// What functions do that put all that is in others into a container.
const UPDATE: &str = "update";

/// Those of them that put all there is in another container.
const ALL_OF: &[&str] = &["putAll", "update", "merge!", "extend", "AddRange", "addAll"];

/// Those of them that put each of the values there that they are passed.
const EACH_OF: &[&str] = &["push", "append", "push_back", "unshift"];

impl<'p> Eval<'_, 'p> {
    /// The calls that put something into a container, each with the method's name and what is handed to it.
    fn putting(&self, filled: &Filled<'p>) -> Vec<(Frame, ExprId, &'p str, &'p [Argument])> {
        let program = self.infer.program;
        let calls = filled.calls.iter();
        let named = calls.filter_map(|(frame, call, takes)| {
            let Expr::Call { callee, arguments } = program.expr(frame.function, *call) else { return None };
            let arguments = program.arguments(frame.function, *arguments);
            if *takes == Takes::Others {
                return Some((frame.clone(), *call, UPDATE, arguments.get(1..)?));
            }
            let Expr::Member { name, .. } = program.expr(frame.function, *callee) else { return None };
            Some((frame.clone(), *call, program.word(frame.function, *name), arguments))
        });
        named.collect()
    }

    /// What is put into a container under a key, or anywhere.
    pub(super) fn put_into(&self, made: Site, key: Option<&str>) -> Values {
        let program = self.infer.program;
        let filled = self.fillings(made);
        let mut values = Values::default();
        let mut add = |frame: &Frame, expr: ExprId, found: Values| {
            values.add(&if frame.function == made.function {
                found
            } else {
                found.across(Crossing { site: Site { function: frame.function, expr }, way: Way::Result })
            });
        };
        for (frame, call, name, arguments) in self.putting(&filled) {
            add(&frame, call, self.put(&frame, name, arguments, (made, key)));
        }
        for (frame, store) in &filled.stores {
            let is_under = match program.expr(frame.function, store.target) {
                Expr::Index { of, key: under } if !matches!(program.expr(frame.function, *of), Expr::Index { .. }) => {
                    self.fits_key(frame, *under, key)
                }
                _ => true,
            };
            if is_under {
                add(frame, store.value, (*self.eval(frame, store.value, store.result)).clone());
            }
        }
        for call in &filled.outside {
            values.add(&Values::lost(*call));
        }
        values
    }

    /// What one call of a method puts into a container under a key, or anywhere.
    fn put(&self, frame: &Frame, name: &str, arguments: &'p [Argument], (made, key): (Site, Option<&str>)) -> Values {
        let program = self.infer.program;
        let mut values = Values::default();
        let takes_all = ALL_OF.contains(&name);
        let (named, placed): (Vec<&Argument>, Vec<&Argument>) =
            arguments.iter().partition(|argument| argument.name.is_some());
        // What has a name is put under it, or is an argument of its own: `dict.setdefault("ledger", default=url)`.
        for argument in named {
            let name = argument.name.map(|name| program.word(frame.function, name));
            if name == Some(ALL) {
                values.add(&self.take_over(&self.eval(frame, argument.value, 0), key));
            } else if key.is_none() || name == key || !(takes_all || placed.is_empty()) {
                values.add(&self.eval(frame, argument.value, 0));
            }
        }
        let one = |argument: &Argument| {
            let value = self.eval(frame, argument.value, 0);
            if argument.spread { self.elements(&value, None) } else { (*value).clone() }
        };
        match placed.as_slice() {
            all if takes_all => {
                for argument in all {
                    values.add(&self.taken_in(frame, argument.value, key));
                }
            }
            all if EACH_OF.contains(&name) || all.len() == 1 => {
                all.iter().for_each(|argument| values.add(&one(argument)));
            }
            [of, value, ..] => {
                // The place in a list is no key.
                let is_place = matches!(program.expr(frame.function, of.value), Expr::Number(_))
                    || matches!(program.expr(made.function, made.expr), Expr::Composite { .. })
                        && !self.is_map(&Value::Made(made, Vec::new()))
                    || self.makes_list(made);
                if is_place || self.fits_key(frame, of.value, key) {
                    values.add(&one(value));
                }
            }
            _ => {}
        }
        values
    }

    /// A list with others behind it: `urls.concat(more, url)`.
    pub(super) fn concatenated(&self, frame: &Frame, callee: ExprId, arguments: &'p [Argument]) -> Option<Values> {
        let program = self.infer.program;
        let Expr::Member { of, name } = program.expr(frame.function, callee) else { return None };
        if program.word(frame.function, *name) != "concat" {
            return None;
        }
        let base = self.eval(frame, *of, 0);
        if !base.known.keys().any(|value| self.is_container(value)) {
            return None;
        }
        let mut values = (*base).clone();
        arguments.iter().for_each(|argument| values.add(&self.eval(frame, argument.value, 0)));
        Some(values)
    }

    /// The keys under which something is put into a container.
    pub(super) fn keys_put(&self, made: Site, site: Site) -> Values {
        let program = self.infer.program;
        let filled = self.fillings(made);
        let mut values = Values::default();
        for (frame, _, name, arguments) in self.putting(&filled) {
            let placed: Vec<&Argument> = arguments.iter().filter(|argument| argument.name.is_none()).collect();
            if ALL_OF.contains(&name) {
                for argument in placed {
                    values.add(&self.keys_taken_in(&frame, argument.value, site));
                }
                for name in arguments.iter().filter_map(|argument| argument.name) {
                    values.add(&Values::text(program.word(frame.function, name)));
                }
            } else if let ([of, _, ..], false) = (placed.as_slice(), EACH_OF.contains(&name)) {
                values.add(&self.eval(&frame, of.value, 0));
            }
        }
        for (frame, store) in &filled.stores {
            if let Expr::Index { key, .. } = program.expr(frame.function, store.target) {
                values.add(&self.eval(frame, *key, 0));
            }
        }
        for call in &filled.outside {
            values.add(&Values::lost(*call));
        }
        values
    }
}
