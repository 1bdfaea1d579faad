//! Maps and lists by their methods: what lies in one under a key, which calls make one, and which put something there.

use super::puts::PUTS;
use super::{Eval, Frame};
use crate::infer::Callee;
use crate::pack::Source;
use crate::program::{FnId, Ty};
use crate::reach::Site;
use crate::value::{Piece, Value, Values};
use hedgerow_code::ir::{Argument, Expr, ExprId, Part, TypeRef};
use std::collections::BTreeSet;

/// The methods that give what lies under a key, in all languages; what a call passes behind the key is for where nothing does.
const LOOKUPS: &[&str] = &[
    "get",
    "fetch",
    "getOrDefault",
    "getValue",
    "getOrElse",
    "getOrPut",
    "computeIfAbsent",
    "setdefault",
    "pop",
    "GetValueOrDefault",
    "GetOrAdd",
    "get_mut",
    "at",
];

/// The one that looks up a key in what lies under another one.
const DIG: &str = "dig";

/// Those that say by a result whether anything lies there, and put it into a variable.
const TRIES: &[&str] = &["TryGetValue"];

/// The methods that give a container as a whole, or a part of it that cannot be told.
const WHOLE: &[&str] = &[
    "values",
    "Values",
    "items",
    "entries",
    "entrySet",
    "each_value",
    "iter",
    "into_iter",
    "values_at",
    "copy",
    "cloned",
    "clone",
    "dup",
    "toList",
    "toSet",
    "toTypedArray",
    "toMap",
    "to_a",
    "to_h",
    "asSequence",
    "asIterable",
    "asList",
    "stream",
    "parallelStream",
    "unwrap",
    "expect",
    "filter",
    "filterNotNull",
    "select",
    "reject",
    "compact",
    "sort",
    "sorted",
    "sort_by",
    "reverse",
    "reversed",
    "slice",
    "distinct",
    "uniq",
    "Where",
    "OrderBy",
    "Select",
    "Distinct",
    "AsReadOnly",
    "ToDictionary",
    "ToFrozenDictionary",
    "ToImmutableDictionary",
    "ToList",
    "ToArray",
    "build",
    "collect",
    "findFirst",
    "findLast",
    "first",
    "firstOrNull",
    "find",
    "detect",
    "single",
    "singleOrNull",
    "First",
    "FirstOrDefault",
    "Single",
    "SingleOrDefault",
    "Find",
    "next",
    "getOrThrow",
    "orElseThrow",
    "lazy",
    "each_pair",
];

/// The methods and the properties that give the value of a pair out of a map. A map's elements are its values.
const VALUE: &[&str] = &["getValue", "component2", "value", "Value"];

/// The methods that call what they are passed with each of the elements, and give what it gives.
const MAPS: &[&str] = &["map", "flatMap", "flat_map", "collect", "Select", "SelectMany", "mapValues", "mapNotNull"];

/// More keys than this are not told apart.
const MAX_KEYS: usize = 64;

/// Whether any value is a text of which something is known.
pub(super) fn is_any_text(values: &Values) -> bool {
    values.known.keys().any(|value| matches!(value, Value::Text(text) if text.0 != [Piece::Hole]))
}

impl<'p> Eval<'_, 'p> {
    /// What a property of a container gives: `map.Values`, and `pair.Value` of one of its elements.
    pub(super) fn property_of(&self, base: &Values, name: &str) -> Option<Values> {
        let is_whole = WHOLE.contains(&name) && base.known.keys().any(|value| self.is_container(value));
        (is_whole || (VALUE.contains(&name) && is_any_text(base))).then(|| base.clone())
    }

    /// What a call of a method gives that is one of a container: `map.get("ledger")`, `map.values()`. None where it is called on no
    /// container.
    pub(super) fn lookup(
        &self,
        frame: &Frame,
        callee: ExprId,
        arguments: &'p [Argument],
        site: Site,
    ) -> Option<(Values, bool)> {
        let program = self.infer.program;
        let Expr::Member { of, name } = program.expr(frame.function, callee) else { return None };
        let name = program.word(frame.function, *name);
        let takes = LOOKUPS.contains(&name) || name == DIG;
        if !takes && !WHOLE.contains(&name) && !MAPS.contains(&name) && !PUTS.contains(&name) {
            return None;
        }
        if let Some(Callee::Function(_) | Callee::Dispatch(..)) = self.infer.callee(frame.function, callee) {
            return None;
        }
        let base = self.eval(frame, *of, 0);
        if self.calls_part(frame.function, &base, name) {
            return None;
        }
        if arguments.is_empty() && VALUE.contains(&name) && is_any_text(&base) {
            return Some(((*base).clone(), false));
        }
        if !base.known.keys().any(|value| self.is_container(value)) {
            return None;
        }
        // Where it is nothing else, no method of the tree's that is called alike is meant.
        let is_all = base.unknown.is_empty()
            && base.known.keys().all(|value| self.is_container(value) || matches!(value, Value::Text(_)));
        Some((self.looked_up(frame, name, &base, arguments, site), is_all))
    }

    /// Whether what is called like a method of containers is a function that lies in a value that is written out:
    /// `{get: key => urls[key]}.get("ledger")`.
    fn calls_part(&self, function: FnId, base: &Values, name: &str) -> bool {
        let program = self.infer.program;
        let has_it = |value: &Value| {
            match value {
            Value::Made(site, _) => match program.expr(site.function, site.expr) {
                Expr::Composite { parts, .. } => program.parts(site.function, *parts).iter().any(|part| {
                    let is_text = |key| matches!(program.expr(site.function, key), Expr::Text(text) if program.word(site.function, *text) == name);
                    self.is_field(site.function, part, name) || part.key.is_some_and(is_text)
                }),
                _ => false,
            },
            _ => false,
        }
        };
        self.semantics(function).calls_parts() && base.known.keys().any(has_it)
    }

    fn looked_up(&self, frame: &Frame, name: &str, base: &Values, arguments: &'p [Argument], site: Site) -> Values {
        let program = self.infer.program;
        let takes = LOOKUPS.contains(&name) || name == DIG;
        let closure = arguments.iter().find_map(|argument| match program.expr(frame.function, argument.value) {
            Expr::Closure(closure) => Some(*closure),
            _ => None,
        });
        if MAPS.contains(&name) {
            return closure.map_or_else(|| Values::lost(site), |closure| self.closure_gives(frame, closure, 0));
        }
        let Some((key, or)) = arguments.split_first().filter(|_| takes) else {
            let mut values = base.clone();
            if let (true, Some(last)) = (PUTS.contains(&name), arguments.last()) {
                values.add(&self.eval(frame, last.value, 0));
            }
            return values;
        };
        let mut values = self.under(frame, base, key.value);
        if name == DIG {
            for key in or {
                values = self.under(frame, &values, key.value);
            }
        } else if let Some(or) = or.first() {
            values.add(&match closure {
                Some(closure) => self.closure_gives(frame, closure, 0),
                None => (*self.eval(frame, or.value, 0)).clone(),
            });
        }
        // Nothing is seen to be put there.
        if values.is_empty() { Values::lost(site) } else { values }
    }

    /// What a call puts into the variable that it is passed for what it finds: `map.TryGetValue("ledger", out var url)`.
    pub(super) fn tried(&self, frame: &Frame, call: Site) -> Option<Values> {
        let program = self.infer.program;
        let Expr::Call { callee, arguments } = program.expr(call.function, call.expr) else { return None };
        let Expr::Member { of, name } = program.expr(call.function, *callee) else { return None };
        let key = program.arguments(call.function, *arguments).first()?;
        if !TRIES.contains(&program.word(call.function, *name)) {
            return None;
        }
        let values = self.under(frame, &self.eval(frame, *of, 0), key.value);
        Some(if values.is_empty() { Values::lost(call) } else { values })
    }

    /// What lies in a container under a key: where the key is one of several, under each; where it is not known, whatever lies there.
    pub(super) fn under(&self, frame: &Frame, of: &Values, key: ExprId) -> Values {
        let Some(keys) = self.keys_of(frame, key) else { return self.elements(of, None) };
        let mut values = Values::default();
        for key in &keys {
            values.add(&self.elements(of, Some(key)));
        }
        // A loop over a container may run over its keys, which are no values.
        // A number may be a place among a map's values.
        let is_written = matches!(self.infer.program.expr(frame.function, key), Expr::Text(_));
        if values.known.is_empty() && !is_written { self.elements(of, None) } else { values }
    }

    /// The texts that a key may be, where that is known.
    fn keys_of(&self, frame: &Frame, key: ExprId) -> Option<BTreeSet<String>> {
        let values = self.eval(frame, key, 0);
        if values.known.is_empty() || values.known.len() > MAX_KEYS || !values.unknown.is_empty() {
            return None;
        }
        let key = |value: &Value| match value {
            Value::Text(text) => match text.0.as_slice() {
                [Piece::Key(key)] => Some(key.clone()),
                _ => text.constant().map(str::to_owned),
            },
            _ => None,
        };
        values.known.keys().map(key).collect()
    }

    /// Whether a value is a list or a map that is written out, or one that a call makes.
    pub(super) fn is_container(&self, value: &Value) -> bool {
        let Value::Made(site, _) = value else { return false };
        match self.infer.program.expr(site.function, site.expr) {
            Expr::Composite { ty, .. } => self.is_loose(site.function, *ty),
            _ => self.makes_map(*site),
        }
    }

    /// Whether the packs say that a call makes a map of its arguments.
    pub(super) fn makes_map(&self, site: Site) -> bool {
        let program = self.infer.program;
        if let Expr::New { ty, .. } = program.expr(site.function, site.expr)
            && let Ty::Written { r: TypeRef::Map(_) | TypeRef::List(_), .. } = program.written(site.function, *ty)
        {
            return true;
        }
        let path = self.paths.get(&site);
        let transfer = path.and_then(|path| self.packs.transfer(self.language(site.function), path));
        transfer.is_some_and(|transfer| transfer.gives == Source::Map)
    }

    /// What lies in a map that a call makes, under a key or whatever lies there; none where the call makes none.
    pub(super) fn made_by(&self, site: Site, chain: &[Site], key: Option<&str>) -> Option<Values> {
        if !self.makes_map(site) {
            return None;
        }
        let frame = Frame { function: site.function, chain: chain.to_vec() };
        let arguments = self.written(site)?;
        let mut values = Values::default();
        let named = arguments.iter().filter_map(|argument| Some((argument, argument.name?)));
        for (argument, name) in named {
            let name = self.infer.program.word(site.function, name);
            if name == hedgerow_code::ir::ALL {
                values.add(&self.take_over(&self.eval(&frame, argument.value, 0), key));
            } else if key.is_none_or(|key| key == name) {
                values.add(&self.eval(&frame, argument.value, 0));
            }
        }
        let placed: Vec<ExprId> = arguments.iter().filter(|a| a.name.is_none()).map(|a| a.value).collect();
        if self.in_turn(site.function, &placed) {
            for pair in placed.chunks(2) {
                if let [of, value] = pair
                    && self.fits_key(&frame, *of, key)
                {
                    values.add(&self.eval(&frame, *value, 0));
                }
            }
            return Some(values);
        }
        for value in placed {
            values.add(&self.taken_in(&frame, value, key));
        }
        Some(values)
    }

    /// Whether what a call makes a map of are its keys and their values in turn: `Map.of("ledger", url)`.
    pub(super) fn in_turn(&self, function: FnId, placed: &[ExprId]) -> bool {
        placed.len() >= 2
            && placed.len().is_multiple_of(2)
            && placed.iter().step_by(2).all(|key| self.is_key(function, *key))
    }

    /// Whether an expression of a call that makes a map is a key, and no pair and no other map.
    pub(super) fn is_key(&self, function: FnId, expr: ExprId) -> bool {
        match self.infer.program.expr(function, expr) {
            Expr::Text(_) | Expr::Number(_) | Expr::Name(_) | Expr::Member { .. } | Expr::Local(_) => {
                !self.infer.type_of(function, expr, 0).is_some_and(|ty| {
                    matches!(self.infer.program.underlying(ty), Some((_, TypeRef::Map(_) | TypeRef::List(_))))
                })
            }
            _ => false,
        }
    }

    /// What a map takes in from what it is made of: a pair, a list of pairs, or another map.
    pub(super) fn taken_in(&self, frame: &Frame, from: ExprId, key: Option<&str>) -> Values {
        let program = self.infer.program;
        if let Expr::Composite { parts, .. } = program.expr(frame.function, from) {
            let parts = program.parts(frame.function, *parts);
            if !parts.is_empty() && parts.iter().all(|part| self.pair(frame.function, part.value).is_some()) {
                let mut values = Values::default();
                for part in parts {
                    values.add(&self.taken_in(frame, part.value, key));
                }
                return values;
            }
        }
        if let Some((of, value)) = self.pair(frame.function, from) {
            let fits = self.fits_key(frame, of, key);
            return if fits { (*self.eval(frame, value, 0)).clone() } else { Values::default() };
        }
        self.take_over(&self.eval(frame, from, 0), key)
    }

    /// The key and the value of a pair that is written out: `["ledger", url]`, `("ledger", url)`, `Map.entry("ledger", url)`.
    pub(super) fn pair(&self, function: FnId, expr: ExprId) -> Option<(ExprId, ExprId)> {
        let program = self.infer.program;
        match program.expr(function, expr) {
            Expr::Composite { parts, .. } => match program.parts(function, *parts) {
                [Part { field: None, key: None, value: key }, Part { field: None, key: None, value }] => {
                    Some((*key, *value))
                }
                _ => None,
            },
            Expr::Call { arguments, .. } | Expr::New { arguments, .. } => {
                let is_map = self.makes_map(Site { function, expr });
                match program.arguments(function, *arguments) {
                    [key, value] if is_map => Some((key.value, value.value)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether something lies under a key: where either is not known, it may.
    pub(super) fn fits_key(&self, frame: &Frame, written: ExprId, key: Option<&str>) -> bool {
        let Some(key) = key else { return true };
        let written = self.eval(frame, written, 0);
        let same = |value: &Value| matches!(value, Value::Text(text) if text.constant().is_none_or(|text| text == key));
        written.known.is_empty() || written.known.keys().any(same)
    }

    /// What a closure of a function gives back.
    pub(super) fn closure_gives(&self, frame: &Frame, closure: u32, result: u16) -> Values {
        let program = self.infer.program;
        let facts = program.facts_of(frame.function);
        let mut values = Values::default();
        let all = facts.closures(program.function(frame.function));
        for returned in all.get(closure as usize).into_iter().flat_map(|closure| facts.returns(closure.returns)) {
            if let Some(id) = returned.get(usize::from(result)) {
                values.add(&self.eval(frame, *id, 0));
            }
        }
        values
    }
}
