//! The variables of the process, by name or all of them as a value.

use super::{Eval, Frame};
use crate::pack::Source;
use crate::program::FnId;
use crate::reach::Site;
use crate::value::{Piece, Template, Value, Values};
use hedgerow_code::ir::{Argument, Expr, ExprId};

/// The methods with which a variable is looked up in all of them.
const LOOKUPS: &[&str] = &["get", "fetch", "dig", "getOrDefault"];

/// The value of a variable.
pub(super) fn variable(name: &str) -> Values {
    Values::one(Value::Text(Template::piece(Piece::Environment(name.to_owned()))))
}

impl<'p> Eval<'_, 'p> {
    /// All variables, where an expression is what the packs say is all of them.
    pub(super) fn environment(&self, Site { function, expr }: Site) -> Option<Values> {
        self.is_environment(function, expr).then(|| Values::one(Value::Environment))
    }

    fn is_environment(&self, function: FnId, expr: ExprId) -> bool {
        let path = self.infer.origin(function, expr);
        let transfer = path.and_then(|path| self.packs.transfer(self.language(function), &path));
        transfer.is_some_and(|transfer| transfer.gives == Source::Environment && transfer.is_all)
    }

    /// `os.environ["NAME"]`
    pub(super) fn environment_index(&self, frame: &Frame, of: ExprId, key: ExprId) -> Option<Values> {
        let path = self.infer.origin(frame.function, of)?;
        let transfer = self.packs.transfer(self.language(frame.function), &path)?;
        if transfer.gives != Source::Environment {
            return None;
        }
        let mut values = Values::default();
        for (template, way) in self.eval(frame, key, 0).templates() {
            let piece = template.constant().map_or(Piece::Hole, |name| Piece::Environment(name.to_owned()));
            values.known.insert(Value::Text(Template::piece(piece)), way);
        }
        Some(values)
    }

    /// `env.get("NAME", "localhost")`, where `env` may be all variables.
    pub(super) fn environment_lookup(
        &self,
        frame: &Frame,
        callee: ExprId,
        arguments: &'p [Argument],
    ) -> Option<Values> {
        let program = self.infer.program;
        let Expr::Member { of, name } = program.expr(frame.function, callee) else { return None };
        let (asked, or) = arguments.split_first()?;
        if !LOOKUPS.contains(&program.word(frame.function, *name)) {
            return None;
        }
        let base = self.eval(frame, *of, 0);
        if !base.known.contains_key(&Value::Environment) {
            return None;
        }
        let mut values = self.elements(&base, self.constant(frame, asked.value).as_deref());
        for argument in or.iter().take(1) {
            values.add(&self.eval(frame, argument.value, 0));
        }
        Some(values)
    }

    /// The one text that an expression is worth.
    pub(super) fn constant(&self, frame: &Frame, expr: ExprId) -> Option<String> {
        let values = self.eval(frame, expr, 0);
        match values.known.keys().next() {
            Some(Value::Text(text)) if values.known.len() == 1 => text.constant().map(str::to_owned),
            _ => None,
        }
    }
}
