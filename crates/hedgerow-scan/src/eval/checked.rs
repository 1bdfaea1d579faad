//! What a schema checks: the variables of the process, or something else, as the body of a request.

use super::{Eval, Frame};
use crate::program::{FnId, Meaning};
use crate::value::{Piece, Value, Values};
use hedgerow_code::ir::{Def, Expr, ExprId};
use std::collections::BTreeSet;

/// How far the call is looked for that checks something.
const MAX_STEPS: usize = 16;

/// How many expressions are asked where it comes from.
const MAX_ASKED: usize = 256;

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
        self.is_of_environment(&frame, argument.value, &mut BTreeSet::new()) == Some(false)
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

    /// Whether something is the variables of the process; `Some(false)` where it is seen to come from elsewhere, as from a parameter.
    fn is_of_environment(&self, frame: &Frame, value: ExprId, seen: &mut BTreeSet<(FnId, ExprId)>) -> Option<bool> {
        let (program, function) = (self.infer.program, frame.function);
        // What is asked again says nothing more.
        if seen.len() >= MAX_ASKED || !seen.insert((function, value)) {
            return None;
        }
        let is_variable = |values: &Values| {
            values.known.keys().any(|value| match value {
                Value::Environment => true,
                Value::Text(template) => template.0.iter().any(|piece| matches!(piece, Piece::Environment(_))),
                _ => false,
            })
        };
        if is_variable(&self.eval(frame, value, 0)) {
            return Some(true);
        }
        let is_named = |name: &str| {
            let name = name.to_lowercase();
            NAMES.iter().any(|word| name.contains(word))
        };
        let mut any = |all: &mut dyn Iterator<Item = ExprId>| {
            let found: BTreeSet<bool> = all.filter_map(|part| self.is_of_environment(frame, part, seen)).collect();
            found.last().copied()
        };
        match program.expr(function, value) {
            Expr::Composite { parts, .. } => any(&mut program.parts(function, *parts).iter().map(|part| part.value)),
            Expr::Member { name, .. } if is_named(program.word(function, *name)) => Some(true),
            Expr::Local(local) if is_named(program.local_name(function, *local)) => Some(true),
            Expr::Name(name) => {
                let name = program.word(function, *name);
                match program.meaning(program.file_of(function), name) {
                    _ if is_named(name) => Some(true),
                    Meaning::Global(id) => {
                        let frame = Frame::of(program.loader(id.file)?);
                        let values = program.global(id).values.iter().map(|(value, _)| *value);
                        let found: BTreeSet<bool> =
                            values.filter_map(|value| self.is_of_environment(&frame, value, seen)).collect();
                        found.last().copied()
                    }
                    Meaning::External(..) => Some(false),
                    _ => None,
                }
            }
            Expr::Local(local) => {
                let defs = program.defs(function, *local).iter();
                let values: Vec<ExprId> = defs
                    .filter_map(|def| match def {
                        Def::Value { expr, .. } => Some(*expr),
                        _ => None,
                    })
                    .collect();
                // A parameter, if it is nothing else.
                if values.is_empty() { Some(false) } else { any(&mut values.into_iter()) }
            }
            Expr::Call { callee, arguments } => {
                let arguments = program.arguments(function, *arguments).iter().map(|argument| argument.value);
                any(&mut std::iter::once(*callee).chain(arguments))
            }
            Expr::Member { of, .. } | Expr::Cast { of, .. } | Expr::Deref(of) | Expr::Address(of) => {
                any(&mut std::iter::once(*of))
            }
            _ => None,
        }
    }
}
