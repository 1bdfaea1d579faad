//! What calls give back: into the tree, of closures, and of accessors that nobody wrote.

use super::environment::variable;
use super::{Eval, Frame};
use crate::infer::{CONSTRUCTORS, Callee};
use crate::names::is_variable;
use crate::program::FnId;
use crate::reach::Site;
use crate::value::{Crossing, Value, Values, Way};
use hedgerow_code::ir::{Argument, Def, Expr, ExprId};

impl<'p> Eval<'_, 'p> {
    pub(super) fn call(
        &self,
        frame: &Frame,
        callee: ExprId,
        arguments: &'p [Argument],
        result: u16,
        site: Site,
    ) -> Values {
        if let Some(values) = self.first_key(frame, callee, arguments, site) {
            return values;
        }
        if let Some(values) = self.concatenated(frame, callee, arguments) {
            return values;
        }
        if let Some(values) = self.packs_call(frame, site, arguments, result) {
            return values;
        }
        if let Some(values) = self.field_default(frame, site) {
            return values;
        }
        if let Some(values) = self.environment_lookup(frame, callee, arguments) {
            return values;
        }
        let looked_up = self.lookup(frame, callee, arguments, site);
        let program = self.infer.program;
        if let Some((values, true)) = looked_up {
            return values;
        }
        let looked_up = looked_up.map(|(values, _)| values);
        if let Some(functions) = self.reach.targets.get(&site) {
            let mut values = looked_up.unwrap_or_default();
            for function in functions {
                let decl = program.function(*function);
                if CONSTRUCTORS.contains(&decl.name.as_str()) {
                    values.add(&Values::one(Value::Made(site, frame.chain.clone())));
                    continue;
                }
                values.add(&self.given_back(frame, site, *function, result));
            }
            return values;
        }
        if let Some(values) = looked_up {
            return values;
        }
        match self.infer.callee(frame.function, callee) {
            Some(Callee::Type(_)) => match arguments {
                [only] if self.semantics(frame.function).has_conversions() => {
                    (*self.eval(frame, only.value, 0)).clone()
                }
                _ => Values::one(Value::Made(site, frame.chain.clone())),
            },
            Some(Callee::Builtin("string")) if arguments.len() == 1 => {
                (*self.eval(frame, arguments[0].value, 0)).clone()
            }
            Some(Callee::Builtin("new" | "make")) => Values::one(Value::Setting(Vec::new())),
            Some(Callee::Builtin("append")) => {
                let mut values = Values::default();
                for (at, argument) in arguments.iter().enumerate() {
                    let value = self.eval(frame, argument.value, 0);
                    values.add(&if at == 0 || argument.spread {
                        self.elements(&value, None)
                    } else {
                        (*value).clone()
                    });
                }
                // The list that is appended to may begin empty, which says nothing.
                values.known.retain(|value, _| !matches!(value, Value::Setting(path) if path.len() <= 1));
                values
            }
            Some(Callee::Value) => {
                self.accessor(frame, callee, site).unwrap_or_else(|| self.closure_call(frame, callee, result, site))
            }
            Some(Callee::Dispatch(ty, name)) if arguments.is_empty() => {
                self.mapped(frame, callee, ty, name).unwrap_or_else(|| Values::lost(site))
            }
            Some(Callee::External(path))
                if arguments.is_empty()
                    && path.starts_with("Rails.")
                    && self.semantics(frame.function).has_readers() =>
            {
                self.reader(frame, callee, site).unwrap_or_else(|| Values::lost(site))
            }
            Some(Callee::Method(_)) if arguments.is_empty() && self.semantics(frame.function).has_readers() => {
                self.reader(frame, callee, site).unwrap_or_else(|| Values::lost(site))
            }
            Some(Callee::Method(_)) => self.accessor(frame, callee, site).unwrap_or_else(|| {
                // A function that lies in a value that is written out.
                self.closure_call(frame, callee, result, site)
            }),
            Some(Callee::External(path)) => self.asked_of_library(frame, &path, arguments, site),
            _ => Values::lost(site),
        }
    }

    /// What a library outside of the tree gives that is asked by the name of a variable, and by nothing else but what counts where that is
    /// not set: `env.Get("LEDGER_URL", "http://ledger")`.
    fn asked_of_library(&self, frame: &Frame, path: &str, arguments: &'p [Argument], site: Site) -> Values {
        let program = self.infer.program;
        let lost = Values::lost(site);
        let [asked, or @ ..] = arguments else { return lost };
        let Expr::Text(name) = program.expr(frame.function, asked.value) else { return lost };
        let name = program.word(frame.function, *name);
        // A store has keys of its own.
        let is_store = self.packs.store(self.language(frame.function), path).is_some();
        if is_store || or.len() > 1 || !name.contains('_') || !is_variable(name) {
            return lost;
        }
        let mut values = Values { unknown: lost.unknown, ..variable(name) };
        for argument in or {
            values.add(&self.eval(frame, argument.value, 0));
        }
        values
    }

    /// What a function of the tree gives back where it is called.
    pub(super) fn given_back(&self, frame: &Frame, site: Site, function: FnId, result: u16) -> Values {
        let program = self.infer.program;
        let decl = program.function(function);
        let inner = frame.enter(site, function);
        let mut found = Values::default();
        let facts = program.facts_of(function);
        for returned in facts.returns(decl.returns) {
            match returned {
                [] => {
                    if let Some(local) = facts.parameters(decl.named_results).get(usize::from(result)) {
                        found.add(&self.local(&inner, *local, site));
                    }
                }
                [only] if result > 0 => found.add(&self.eval(&inner, *only, result)),
                several => {
                    if let Some(id) = several.get(usize::from(result)) {
                        found.add(&self.eval(&inner, *id, 0));
                    }
                }
            }
        }
        found.across(Crossing { site, way: Way::Result })
    }

    /// `client.url`, where nobody wrote a method of that name: what is stored under it.
    fn reader(&self, frame: &Frame, callee: ExprId, site: Site) -> Option<Values> {
        let program = self.infer.program;
        let Expr::Member { of, name } = program.expr(frame.function, callee) else { return None };
        let name = program.word(frame.function, *name);
        // What is no field of a class has a value where somebody stored one.
        let is_class = self.infer.type_of(frame.function, *of, 0).and_then(|ty| program.type_id(ty)).is_some();
        let is_part =
            self.eval(frame, *of, 0).known.keys().any(|value| matches!(value, Value::Setting(_) | Value::Made(..)));
        (is_class || is_part || self.reach.loose_fields.contains_key(name)).then(|| self.member(frame, *of, name, site))
    }

    /// `getLedger()` and a record's `ledger()`, where nobody wrote the method: the field.
    fn accessor(&self, frame: &Frame, callee: ExprId, site: Site) -> Option<Values> {
        if !self.semantics(frame.function).has_accessors() {
            return None;
        }
        let (of, _, field) = self.infer.accessed(frame.function, callee)?;
        Some(self.member(frame, of, &field.name, site))
    }

    /// A call of a closure that a local holds.
    fn closure_call(&self, frame: &Frame, callee: ExprId, result: u16, site: Site) -> Values {
        let program = self.infer.program;
        let mut closures = Vec::new();
        match program.expr(frame.function, callee) {
            Expr::Closure(id) => closures.push(*id),
            Expr::Local(local) => {
                for def in program.defs(frame.function, *local) {
                    if let Def::Value { expr, .. } = def
                        && let Expr::Closure(id) = program.expr(frame.function, *expr)
                    {
                        closures.push(*id);
                    }
                }
            }
            _ => {}
        }
        let mut values = Values::default();
        for closure in &closures {
            values.add(&self.closure_gives(frame, *closure, result));
        }
        let elsewhere = self.reach.called_closures.get(&site).map_or(&[][..], Vec::as_slice);
        let is_new = |(function, closure): &&(FnId, u32)| *function != frame.function || !closures.contains(closure);
        for (function, closure) in elsewhere.iter().filter(is_new) {
            if *function == frame.function {
                values.add(&self.closure_gives(frame, *closure, result));
            } else {
                let found = self.closure_gives(&Frame::of(*function), *closure, result);
                values.add(&found.across(Crossing { site, way: Way::Result }));
            }
        }
        if closures.is_empty() && elsewhere.is_empty() { Values::lost(site) } else { values }
    }
}
