//! Constants, and fields with a first value, that no code reads: `LEDGER_URL = os.environ["LEDGER_URL"]` in settings that nobody asks for
//! it, `string BaseUrl = "http://ledger"` of a class whose `BaseUrl` nobody takes. What they hold is no call.

use super::constants::{class, holds};
use super::is_variable;
use crate::infer::Infer;
use crate::mention::named;
use crate::program::{FnId, GlobalId, Meaning, Program, TypeId};
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Expr, ExprId, Range};
use hedgerow_deploy::Hosts;
use std::collections::{BTreeMap, BTreeSet};

/// By what an object gives all of its fields: `settings.model_dump()`.
const WHOLE: &[&str] = &["__dict__", "asdict", "dict", "items", "json", "model_dump", "model_dump_json"];

/// What holds a value from the time on at which its file is loaded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holder {
    Global(GlobalId),
    Field(TypeId),
}

/// A value that something holds, by where it is written.
#[derive(Clone, Copy)]
struct Held {
    holder: Holder,
    loader: FnId,
    value: Range,
    /// What is assigned to.
    target: Option<ExprId>,
}

/// The values that nobody reads, by the functions that make them.
#[derive(Default)]
pub(super) struct Unread {
    values: BTreeMap<FnId, Vec<Range>>,
}

impl Unread {
    /// Those that hold an address or a variable of services that `wanted` takes, among what is made when the files of `loaders` are
    /// loaded; `readers` are the functions that may read them.
    pub(super) fn new<'p>(
        infer: &Infer<'_, 'p>,
        hosts: &Hosts,
        (loaders, readers): (&BTreeSet<FnId>, &BTreeSet<FnId>),
        (wanted, fills): (impl Fn(&str) -> bool, impl Fn(&str) -> bool),
    ) -> Self {
        let program = infer.program;
        let mut by_name: BTreeMap<&str, Vec<Held>> = BTreeMap::new();
        // The constants of scripts of PHP are those of all files that they are included in.
        for loader in
            loaders.iter().filter(|loader| program.files[program.file_of(**loader) as usize].language != Language::Php)
        {
            add(program, hosts, *loader, (&wanted, &fills), &mut by_name);
        }
        // Under another name they are read elsewhere.
        let files: BTreeSet<u32> = readers.union(loaders).map(|function| program.file_of(*function)).collect();
        for import in files.iter().flat_map(|file| &program.files[*file as usize].facts.imports) {
            if let (Some(name), true) = (import.name.as_deref(), import.alias.is_some()) {
                by_name.remove(name);
            }
        }
        if by_name.is_empty() {
            return Self::default();
        }
        // A field that others have under the same name is told by its class; so are constants by their files.
        for function in readers.union(loaders) {
            read(infer, *function, &mut by_name);
            if by_name.is_empty() {
                break;
            }
        }
        let mut found = Self::default();
        for held in by_name.into_values().flatten() {
            let target = held.target.map(|target| infer.program.facts_of(held.loader).span(target));
            found.values.entry(held.loader).or_default().extend([Some(held.value), target].into_iter().flatten());
        }
        found
    }

    /// Whether nobody reads what an expression of a function is a part of.
    pub(super) fn has(&self, program: &Program<'_>, function: FnId, at: ExprId) -> bool {
        let Some(values) = self.values.get(&function) else { return false };
        let at = program.facts_of(function).span(at);
        values.iter().any(|value| holds(*value, at))
    }
}

/// Adds what a file holds when it is loaded.
fn add<'p>(
    program: &Program<'p>,
    hosts: &Hosts,
    loader: FnId,
    (wanted, fills): (&impl Fn(&str) -> bool, &impl Fn(&str) -> bool),
    by_name: &mut BTreeMap<&'p str, Vec<Held>>,
) {
    let facts = program.facts_of(loader);
    let is_asked = |id: &ExprId| match facts.expr(*id) {
        Expr::Text(word) if is_variable(facts.word(*word)) => wanted(facts.word(*word)),
        Expr::Text(word) => {
            let all = named(facts.word(*word), "", hosts);
            !all.is_empty() && all.iter().all(|named| named.is_address && wanted(&named.service))
        }
        Expr::Member { name, .. } => is_variable(facts.word(*name)) && wanted(facts.word(*name)),
        _ => false,
    };
    let asked: Vec<Range> = program.exprs(loader).filter(is_asked).map(|id| facts.span(id)).collect();
    let has = |value: Range| asked.iter().any(|asked| holds(value, *asked));
    let file = program.file_of(loader);
    for (index, global) in (0_u32..).zip(&facts.globals) {
        for value in global.values.iter().map(|(value, _)| facts.span(*value)).filter(|value| has(*value)) {
            let holder = Holder::Global(GlobalId { file, index });
            by_name.entry(&global.name).or_default().push(Held { holder, loader, value, target: None });
        }
    }
    for store in facts.stores(program.function(loader)) {
        let Expr::Member { of, name } = facts.expr(store.target) else { continue };
        let Expr::Name(owner) = facts.expr(*of) else { continue };
        let Meaning::Type(owner) = program.meaning(file, facts.word(*owner)) else { continue };
        let value = facts.span(store.value);
        // pydantic fills a field from the variable that is called like it: `LEDGER_URL: str = "http://localhost:80"`.
        let is_filled = || is_variable(facts.word(*name)) && fills(facts.word(*name));
        if has(value) || is_filled() {
            let (holder, target) = (Holder::Field(owner), Some(store.target));
            by_name.entry(facts.word(*name)).or_default().push(Held { holder, loader, value, target });
        }
    }
}

/// Drops what a function reads.
fn read<'p>(infer: &Infer<'_, 'p>, function: FnId, by_name: &mut BTreeMap<&'p str, Vec<Held>>) {
    let program = infer.program;
    let facts = program.facts_of(function);
    let file = program.file_of(function);
    for id in program.exprs(function) {
        let (Expr::Name(word) | Expr::Member { name: word, .. } | Expr::Text(word)) = facts.expr(id) else { continue };
        let word = facts.word(*word);
        if let Expr::Member { of, .. } = facts.expr(id)
            && WHOLE.contains(&word)
        {
            whole(infer, function, *of, by_name);
        }
        // `getattr(settings, "LEDGER_URL")`, `config["Ledger:BaseUrl"]`
        let name = match facts.expr(id) {
            Expr::Text(_) => word.rsplit(['.', ':', '/']).next().unwrap_or(word),
            _ => word,
        };
        let accessed = accessed(name);
        let name = accessed.as_deref().and_then(|field| by_name.get_key_value(field)).map_or(name, |(field, _)| *field);
        let Some(all) = by_name.get_mut(name) else { continue };
        let at = facts.span(id);
        all.retain(|held| {
            let is_itself = held.loader == function && (holds(held.value, at) || held.target == Some(id));
            is_itself || !is_read(infer, (function, file, id), held.holder, name)
        });
        if all.is_empty() {
            by_name.remove(name);
        }
    }
}

/// Drops the fields of an object that is taken as a whole.
fn whole<'p>(infer: &Infer<'_, 'p>, function: FnId, object: ExprId, by_name: &mut BTreeMap<&'p str, Vec<Held>>) {
    let facts = infer.program.facts_of(function);
    let class = class(infer, function, object);
    // `get_settings().dict()`
    let object = match facts.expr(object) {
        Expr::Call { callee, .. } => *callee,
        _ => object,
    };
    let word = match facts.expr(object) {
        Expr::Name(word) | Expr::Member { name: word, .. } => facts.word(*word),
        Expr::Local(local) => infer.program.local_name(function, *local),
        _ => "",
    };
    let word = word.to_lowercase();
    let is_settings = || ["setting", "conf", "cfg", "env"].iter().any(|part| word.contains(part));
    let is_taken = |holder: Holder| match (holder, class) {
        (Holder::Field(held), Some(class)) => {
            class == held || infer.program.stands_for(class, held) || infer.program.stands_for(held, class)
        }
        (Holder::Field(_), None) => is_settings(),
        (Holder::Global(_), _) => false,
    };
    by_name.values_mut().for_each(|all| all.retain(|held| !is_taken(held.holder)));
    by_name.retain(|_, all| !all.is_empty());
}

/// The field that an accessor is made for, as Lombok names it: `getLedgerUrl` of `ledgerUrl`.
fn accessed(name: &str) -> Option<String> {
    let rest = name.strip_prefix("get").filter(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))?;
    let (first, rest) = rest.split_at(1);
    Some(first.to_ascii_lowercase() + rest)
}

fn is_read<'p>(
    infer: &Infer<'_, 'p>,
    (function, file, id): (FnId, u32, ExprId),
    holder: Holder,
    name: &'p str,
) -> bool {
    let program = infer.program;
    let meaning = match program.expr(function, id) {
        Expr::Member { of, .. } => infer.qualified(function, *of, name),
        Expr::Name(_) => Some(program.meaning(file, name)),
        _ => None,
    };
    match (meaning, holder, program.expr(function, id)) {
        (Some(Meaning::Global(global)), Holder::Global(held), _) => global == held,
        // Within its class a field needs no more than its name.
        (Some(Meaning::Global(_)), Holder::Field(_), Expr::Name(_)) => false,
        (_, Holder::Field(held), Expr::Member { of, .. }) => class(infer, function, *of)
            .is_none_or(|of| of == held || program.stands_for(of, held) || program.stands_for(held, of)),
        _ => true,
    }
}
