//! Containers that are handed to somebody outside of the tree, who may fill them.

use super::flows::{Filled, Takes, Uses};
use super::puts::PUTS;
use super::{Eval, Frame};
use crate::reach::Site;
use crate::words::words;
use hedgerow_code::ir::{Argument, Expr};

/// The functions of libraries that put all there is in their other arguments into the first one.
const INTO_FIRST: &[&str] =
    &["assign", "extend", "merge", "mergewith", "defaults", "defaultsdeep", "copy", "update", "deepupdate", "addall"];

/// What functions are called like that fill what they are handed, whatever they give back.
const FILLS: &[&str] = &["unmarshal", "decode", "deserialize", "fill", "populate", "hydrate", "into", "scan", "bind"];

/// What those are called like that may do so where nobody looks at what they give back.
const CHANGES: &[&str] = &["load", "merge", "update", "assign", "extend", "defaults", "override"];

/// What functions are called like that only look at what they are handed, or keep it.
const READS: &[&str] = &[
    "print",
    "println",
    "printf",
    "log",
    "debug",
    "info",
    "warn",
    "warning",
    "error",
    "trace",
    "fatal",
    "notice",
    "dump",
    "dumps",
    "stringify",
    "serialize",
    "marshal",
    "encode",
    "write",
    "send",
    "post",
    "publish",
    "emit",
    "render",
    "respond",
    "json",
    "format",
    "len",
    "count",
    "size",
    "keys",
    "freeze",
    "seal",
    "assert",
    "check",
    "verify",
    "validate",
    "require",
    "expect",
    "equal",
    "equals",
    "sort",
    "shuffle",
    "save",
    "store",
    "insert",
    "create",
    "track",
    "report",
    "record",
    "observe",
    "notify",
    "call",
    "request",
    "query",
    "run",
    "start",
    "listen",
    "use",
    "register",
    "subscribe",
    "connect",
    "dispatch",
    "submit",
    "spawn",
    "wait",
    "sleep",
    "close",
    "show",
    "display",
    "echo",
    "puts",
    "inspect",
    "each",
    "range",
    "delete",
    "throw",
    "raise",
    "exit",
    "set",
    "add",
    "push",
];

impl<'p> Eval<'_, 'p> {
    /// A container is handed to somebody outside of the tree.
    pub(super) fn handed_out(
        &self,
        frame: &Frame,
        call: Site,
        (argument, at): (&'p Argument, u16),
        uses: &Uses<'p>,
        filled: &mut Filled<'p>,
    ) {
        let program = self.infer.program;
        let (callee, arguments) = match program.expr(call.function, call.expr) {
            Expr::Call { callee, arguments } => (*callee, program.arguments(call.function, *arguments)),
            _ => return,
        };
        let Some(path) = self.paths.get(&call) else { return };
        let name = match program.expr(call.function, callee) {
            Expr::Member { name, .. } | Expr::Name(name) => program.word(call.function, *name),
            _ => return,
        };
        let own = words(name);
        let is_any = |of: &[&str]| own.iter().any(|word| of.contains(&word.as_str()));
        let language = self.language(call.function);
        let is_reference =
            |argument: &Argument| matches!(program.expr(call.function, argument.value), Expr::Address(_));
        if at == 0 && arguments.len() > 1 && !is_reference(argument) && INTO_FIRST.contains(&own.concat().as_str()) {
            filled.calls.push((frame.clone(), call.expr, Takes::Others));
            return;
        }
        let fills = is_any(FILLS);
        let is_known = self.packs.sink(language, path).is_some() || self.packs.transfer(language, path).is_some();
        // What a method puts into something else is only looked at there.
        let is_method = match program.expr(call.function, callee) {
            Expr::Member { of, .. } => self.infer.qualified(call.function, *of, name).is_none(),
            _ => false,
        };
        if is_known || (is_method && PUTS.contains(&name)) || (self.packs.is_inert(path) && !fills) {
            return;
        }
        let may_fill = if arguments.iter().any(is_reference) {
            is_reference(argument)
        } else {
            // `sort.Strings(urls)`
            let of = path.rsplit_once('/').map_or(*path, |(_, last)| last).split('.').flat_map(words);
            let reads = is_any(READS) || { of }.any(|word| READS.contains(&word.as_str()));
            let is_taken = uses.taken.contains(&call.expr);
            fills || !is_taken && (is_any(CHANGES) || !is_method && !reads)
        };
        if may_fill {
            filled.outside.push(call);
        }
    }
}
