//! What a schema checks: the variables of the process, or something else, as the body of a request.

use super::{Eval, Frame};
use crate::program::{FnId, Meaning};
use crate::value::{Piece, Value, Values};
use hedgerow_code::ir::{Def, Expr, ExprId};

/// How far the call is looked for that checks something.
const MAX_STEPS: usize = 16;

/// What names have in them under which the variables are handed on.
const NAMES: &[&str] = &["env", "conf", "process", "vars", "settings"];

impl Eval<'_, '_> {
    /// Whether the call that gave a value is seen to check something else than the variables of the process; `at` is the argument that it
    /// checks.
    pub(super) fn checks_others(&self, frame: &Frame, value: ExprId, at: u16) -> bool {
        let Some((function, call)) = self.checking(frame.function, value) else { return false };
        let program = self.infer.program;
        let Expr::Call { arguments, .. } = program.expr(function, call) else { return false };
        let Some(argument) = program.arguments(function, *arguments).get(usize::from(at)) else { return false };
        let frame = if function == frame.function { frame.clone() } else { Frame::of(function) };
        !self.is_of_environment(&frame, argument.value, 0)
    }

    /// The call whose result something is, in the same function or in what is declared for a whole file.
    fn checking(&self, function: FnId, value: ExprId) -> Option<(FnId, ExprId)> {
        let program = self.infer.program;
        let (mut function, mut open) = (function, value);
        for _ in 0..MAX_STEPS {
            open = match program.expr(function, open) {
                Expr::Member { of, .. } | Expr::Cast { of, .. } | Expr::Deref(of) | Expr::Address(of) => *of,
                Expr::Call { callee, .. } => {
                    return matches!(program.expr(function, *callee), Expr::Member { .. }).then_some((function, open));
                }
                Expr::Local(local) => match program.defs(function, *local) {
                    [Def::Value { expr, .. }] => *expr,
                    _ => return None,
                },
                Expr::Name(name) => {
                    let meaning = program.meaning(program.file_of(function), program.word(function, *name));
                    let Meaning::Global(id) = meaning else { return None };
                    let [(value, _)] = program.global(id).values.as_slice() else { return None };
                    function = program.loader(id.file)?;
                    *value
                }
                _ => return None,
            };
        }
        None
    }

    /// Whether something is the variables of the process, or may be.
    fn is_of_environment(&self, frame: &Frame, value: ExprId, steps: usize) -> bool {
        let program = self.infer.program;
        let is_variable = |values: &Values| {
            values.known.keys().any(|value| match value {
                Value::Environment => true,
                Value::Text(template) => template.0.iter().any(|piece| matches!(piece, Piece::Environment(_))),
                _ => false,
            })
        };
        if steps > MAX_STEPS || is_variable(&self.eval(frame, value, 0)) {
            return true;
        }
        let is_named = |name: &str| {
            let name = name.to_lowercase();
            NAMES.iter().any(|word| name.contains(word))
        };
        match program.expr(frame.function, value) {
            Expr::Composite { parts, .. } => {
                let parts = program.parts(frame.function, *parts).iter();
                parts.into_iter().any(|part| self.is_of_environment(frame, part.value, steps + 1))
            }
            Expr::Member { of, name } => {
                is_named(program.word(frame.function, *name)) || self.is_of_environment(frame, *of, steps + 1)
            }
            Expr::Name(name) => is_named(program.word(frame.function, *name)),
            Expr::Local(local) => {
                is_named(program.local_name(frame.function, *local))
                    || match program.defs(frame.function, *local) {
                        [Def::Value { expr, .. }] => self.is_of_environment(frame, *expr, steps + 1),
                        _ => false,
                    }
            }
            Expr::Call { callee, arguments } => {
                let arguments = program.arguments(frame.function, *arguments).iter().map(|argument| argument.value);
                std::iter::once(*callee).chain(arguments).any(|part| self.is_of_environment(frame, part, steps + 1))
            }
            Expr::Cast { of, .. } | Expr::Deref(of) | Expr::Address(of) => {
                self.is_of_environment(frame, *of, steps + 1)
            }
            _ => false,
        }
    }
}
