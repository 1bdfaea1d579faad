//! HTTP clients that a program of .NET registers and that nothing takes: `AddHttpClient<Ledger>(c => c.BaseAddress = …)` where no code calls
//! a method of `Ledger`, `AddHttpClient("ledger", …)` where nobody asks for that name. A factory makes them when they are asked for.
//!
//! See <https://learn.microsoft.com/aspnet/core/fundamentals/http-requests>.

use crate::infer::Infer;
use crate::program::{FnId, Meaning, Program, TypeId};
use crate::reach::Reach;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Argument, Expr, ExprId, Range};
use std::collections::{BTreeMap, BTreeSet};

/// The calls by which such clients are registered and set up, by the functions that make them.
#[derive(Default)]
pub(crate) struct Untaken {
    calls: BTreeMap<FnId, Vec<Range>>,
}

impl Untaken {
    pub(crate) fn new<'p>(infer: &Infer<'_, 'p>, reach: &Reach<'p>) -> Self {
        let program = infer.program;
        let is_csharp =
            |function: &&FnId| program.files[program.file_of(**function) as usize].language == Language::CSharp;
        let mut found = Self::default();
        let mut used: Option<Used> = None;
        for function in reach.functions.keys().filter(is_csharp) {
            let facts = program.facts_of(*function);
            let mut chained: BTreeSet<ExprId> = BTreeSet::new();
            for id in program.exprs(*function) {
                let Expr::Call { callee, arguments } = facts.expr(id) else { continue };
                let Expr::Member { of, name } = facts.expr(*callee) else { continue };
                let is_one = facts.word(*name) == "AddHttpClient" && {
                    let used = used.get_or_insert_with(|| Used::new(infer, reach));
                    let behind = facts.span(*of).end..facts.span(*callee).end;
                    used.is_untaken(program, *function, behind, facts.arguments(*arguments))
                };
                // `AddHttpClient<Ledger>().ConfigureHttpClient(c => …)`
                if is_one || chained.contains(of) {
                    chained.insert(id);
                    found.calls.entry(*function).or_default().push(facts.span(id));
                }
            }
        }
        found
    }

    /// Whether an expression is a part of what registers such a client.
    pub(crate) fn has(&self, program: &Program<'_>, function: FnId, at: ExprId) -> bool {
        let Some(calls) = self.calls.get(&function) else { return false };
        let at = program.facts_of(function).span(at);
        calls.iter().any(|call| call.start <= at.start && at.end <= call.end)
    }
}

/// What reached code uses.
struct Used<'p> {
    /// The types of which it has or calls a method other than the constructor.
    types: BTreeSet<TypeId>,
    /// The texts that it has, and how often.
    texts: BTreeMap<&'p str, usize>,
}

impl<'p> Used<'p> {
    fn new(infer: &Infer<'_, 'p>, reach: &Reach<'p>) -> Self {
        let program = infer.program;
        let mut types: BTreeSet<TypeId> = reach.dispatched.iter().map(|(_, ty)| *ty).collect();
        let mut texts: BTreeMap<&str, usize> = BTreeMap::new();
        for function in reach.functions.keys() {
            if program.function(*function).name != "<new>" {
                types.extend(infer.receiver(*function));
            }
            for id in program.exprs(*function) {
                if let Expr::Text(word) = program.expr(*function, id) {
                    *texts.entry(program.word(*function, *word)).or_default() += 1;
                }
            }
        }
        Self { types, texts }
    }

    /// Whether nothing takes a client that is registered with the types between the angle brackets at `behind`, or else by its name.
    fn is_untaken(
        &self,
        program: &Program<'p>,
        function: FnId,
        behind: std::ops::Range<u32>,
        arguments: &[Argument],
    ) -> bool {
        let facts = program.facts_of(function);
        let names = program.exprs(function).filter_map(|id| match facts.expr(id) {
            Expr::Name(word) if behind.contains(&facts.span(id).start) => Some(facts.word(*word)),
            _ => None,
        });
        let meanings: Vec<Meaning> = names.map(|name| program.meaning(program.file_of(function), name)).collect();
        if !meanings.is_empty() {
            let is_unused = |meaning: &Meaning| match meaning {
                Meaning::Type(ty) => !self
                    .types
                    .iter()
                    .any(|used| used == ty || program.stands_for(*used, *ty) || program.stands_for(*ty, *used)),
                // What is not of the tree may be called out of sight.
                _ => false,
            };
            return meanings.iter().all(is_unused);
        }
        match arguments.first().map(|argument| facts.expr(argument.value)) {
            Some(Expr::Text(name)) => self.texts.get(facts.word(*name)).is_some_and(|count| *count == 1),
            _ => false,
        }
    }
}
