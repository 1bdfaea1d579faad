//! What an expression can name: `.`, `$`, variables, and the templates that it takes in.

use super::choice;
use super::expr::written;
use super::kept::Key;
use super::library::MAX_LEVEL;
use super::made::{has_open, under};
use super::render::render_helper;
use super::replaced::Replaced;
use super::spent::Around;
use super::template::{MAX_LINE, Node};
use super::weights::shallow;
use crate::partial::Partial;
use crate::value::Value;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

/// The names a piece of a template sees. An absent value is one that is not known; null is one that is not set.
#[derive(Debug, Clone)]
pub(super) struct Scope<'l> {
    pub(super) around: &'l Around<'l>,
    /// What `$` is.
    root: Option<Rc<Value>>,
    dot: Option<Rc<Value>>,
    variables: Vec<Variable>,
    /// In how many templates with names this is.
    level: usize,
    /// Which rendering of what it takes in is shown; if none, it takes in a text that is any of them.
    side: Option<usize>,
    /// Whether this is only there where somebody sets what no values of the tree do.
    is_unset: bool,
}

/// A variable.
#[derive(Debug, Clone)]
struct Variable {
    name: Rc<str>,
    value: Option<Rc<Value>>,
}

impl<'l> Scope<'l> {
    /// The scope of a whole template.
    pub(super) fn new(root: Rc<Value>, around: &'l Around<'l>) -> Self {
        Self {
            around,
            dot: Some(Rc::clone(&root)),
            root: Some(root),
            variables: Vec::new(),
            level: 0,
            side: None,
            is_unset: false,
        }
    }

    /// The scope of a block with another dot.
    pub(super) fn below(&self, dot: Option<Value>) -> Self {
        self.around.spent.step(self.variables.len() / 16);
        Self { dot: dot.map(Rc::new), ..self.clone() }
    }

    /// The scope of an action of which one rendering is shown.
    pub(super) fn showing(&self, side: usize) -> Self {
        self.around.spent.step(self.variables.len() / 16);
        Self { side: Some(side), ..self.clone() }
    }

    pub(super) fn around(&self) -> &'l Around<'l> {
        self.around
    }

    pub(super) fn is_in_helper(&self) -> bool {
        self.level > 0
    }

    /// Whether this is only there where somebody sets what no values of the tree do.
    pub(super) fn is_unset(&self) -> bool {
        self.is_unset
    }

    /// Says that this is only there where somebody sets what no values do, if `is_unset`; gives what was said before.
    pub(super) fn suppose(&mut self, is_unset: bool) -> bool {
        let is_unset = self.is_unset || is_unset;
        std::mem::replace(&mut self.is_unset, is_unset)
    }

    /// Says again what [`suppose`](Self::suppose) gave.
    pub(super) fn suppose_again(&mut self, before: bool) {
        self.is_unset = before;
    }

    /// Gives a new variable a value.
    pub(super) fn set(&mut self, name: &str, value: Option<Value>) {
        self.variables.push(Variable { name: name.into(), value: value.map(Rc::new) });
    }

    /// Gives a variable that is there another value.
    pub(super) fn assign(&mut self, name: &str, value: Option<Value>) {
        match self.place(name) {
            Some(at) => self.variables[at].value = value.map(Rc::new),
            None => self.set(name, value),
        }
    }

    /// Makes variables that are there unknown.
    pub(super) fn lose(&mut self, names: &[String]) {
        for name in names {
            if let Some(at) = self.place(name) {
                self.variables[at].value = None;
            }
        }
    }

    /// Puts what a map has become in the place of what it was: at a variable, and wherever else the variables have that map.
    pub(super) fn change(&mut self, target: &str, made: Option<&Value>) {
        let (start, rest) = target.split_once('.').unwrap_or((target, ""));
        let found = self.place(start).and_then(|at| self.variables[at].value.clone());
        let mut old = found.as_deref();
        for part in rest.split('.').filter(|part| !part.is_empty()) {
            old = old.and_then(|value| value.get(part));
        }
        let (Some(Value::Map(old)), Some(new @ Value::Map(_))) = (old, made) else {
            self.lose(&[start.to_owned()]);
            return;
        };
        let mut seen = Replaced::new(old, new);
        for variable in &mut self.variables {
            if let Some(changed) = variable.value.as_deref().and_then(|value| seen.of(value)) {
                variable.value = Some(Rc::new(changed));
            }
        }
        self.around.spent.step(seen.steps / 16);
    }

    /// Gives variables what they have at the end of any of these branches; `by` is what chooses. A map that one of them changes may be
    /// other variables' as well.
    pub(super) fn join(&mut self, names: &[String], ends: &[Self], by: &str) {
        let places: BTreeSet<usize> = names.iter().filter_map(|name| self.place(name)).collect();
        let is_other = |at: usize| {
            let value = |scope: &Self| scope.variables.get(at).and_then(|known| known.value.as_ref().map(Rc::as_ptr));
            ends.iter().any(|end| value(end) != value(self))
        };
        let changed = (0..self.variables.len()).filter(|at| places.contains(at) || is_other(*at));
        for at in changed.collect::<Vec<_>>() {
            let value = |end: &Self| end.variables.get(at).and_then(|known| known.value.as_deref().cloned());
            let values: Vec<Option<Value>> = ends.iter().map(value).collect();
            self.around.spent.compare(&values);
            self.variables[at].value = any(by, &values).map(Rc::new);
        }
    }

    /// Takes over what a block below has given the variables.
    pub(super) fn adopt(&mut self, below: Self) {
        let known = self.variables.len();
        self.variables = below.variables;
        self.variables.truncate(known);
    }

    /// How many variables there are.
    pub(super) fn variables(&self) -> usize {
        self.variables.len()
    }

    /// Forgets the variables that a block declared.
    pub(super) fn forget(&mut self, known: usize) {
        self.variables.truncate(known);
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.around.spent.step(self.variables.len() / 64);
        self.variables.iter().rposition(|known| &*known.name == name)
    }

    /// `.a.b`, `$.a.b`, `$name.a.b`.
    pub(super) fn path(&self, path: &str) -> Option<Value> {
        let (start, rest) = path.split_once('.').unwrap_or((path, ""));
        let mut value = match start {
            "" => self.dot.as_deref()?,
            // A template may give `$` another value, as any variable.
            "$" => match self.place("$") {
                Some(at) => self.variables[at].value.as_deref()?,
                None => self.root.as_deref()?,
            },
            name => self.variables[self.place(name)?].value.as_deref()?,
        };
        for part in rest.split('.').filter(|part| !part.is_empty()) {
            if self.around.library.changes(part) {
                return None;
            }
            value = match value {
                Value::Map(pairs) => match under(pairs, &Partial::from(part))? {
                    Some(value) => value,
                    // `.Files`, `.Capabilities` and the like.
                    None if value.get("Values").is_some() && value.get("Release").is_some() => return None,
                    None => &Value::Null,
                },
                Value::Null => &Value::Null,
                _ => return None,
            };
        }
        self.around.spent.may_copy(shallow(value)).then(|| value.clone())
    }

    /// What `.` or `$` is, without a copy.
    pub(super) fn whole(&self, word: &str) -> Option<Rc<Value>> {
        match word {
            "$" => match self.place("$") {
                Some(at) => self.variables[at].value.clone(),
                None => self.root.clone(),
            },
            "." => self.dot.clone(),
            _ => None,
        }
    }

    /// The same for a value that others are given as well: what one of them was told is told again.
    pub(super) fn taken_in_once<'n>(
        &self,
        name: &str,
        bodies: impl Iterator<Item = (&'n [Node], usize)>,
        dot: Rc<Value>,
    ) -> Option<Value> {
        let Around { kept, spent, .. } = self.around;
        let Some(key) = Key::of(&dot) else { return self.taken_in(name, bodies, Some(dot)) };
        let asked = (name.to_owned(), key, self.side, self.is_unset);
        kept.or(asked, &dot, spent, || self.taken_in(name, bodies, Some(Rc::clone(&dot))))
    }

    /// What templates come to for a value.
    pub(super) fn taken_in<'n>(
        &self,
        by: &str,
        bodies: impl Iterator<Item = (&'n [Node], usize)>,
        dot: Option<Rc<Value>>,
    ) -> Option<Value> {
        if self.level >= MAX_LEVEL {
            self.around.spent.cut("its templates take in one another too deep");
            return None;
        }
        let around = self.around;
        let scope = Self {
            around,
            root: dot.clone(),
            dot,
            variables: Vec::new(),
            level: self.level + 1,
            side: None,
            is_unset: self.is_unset,
        };
        let mut left = self.side;
        let mut texts: Vec<Partial> = Vec::new();
        for (nodes, sides) in bodies {
            if let Some(side) = &mut left {
                if *side < sides {
                    return Some(Value::Text(render_helper(nodes, scope, *side)));
                }
                *side -= sides;
                texts = vec![render_helper(nodes, scope.clone(), sides.saturating_sub(1))];
                continue;
            }
            // What is not chosen by the side is the same in all of them.
            let names = self.around.spent.names();
            for side in 0..sides.min(MAX_LINE + 1) {
                self.around.spent.name_from(names);
                let text = if side < MAX_LINE { render_helper(nodes, scope.clone(), side) } else { Partial::unknown() };
                if !texts.contains(&text) {
                    texts.push(text);
                }
                if self.around.spent.is_cut() || texts.len() > choice::MAX_TEXTS {
                    return None;
                }
            }
        }
        match &texts[..] {
            [] => None,
            [one] => Some(Value::Text(one.clone())),
            _ => any(by, &texts.into_iter().map(|text| Some(Value::Text(text))).collect::<Vec<_>>()),
        }
    }
}

/// A map that has what any of these has: what is there in one of them only may be there.
fn united(by: &str, maps: &[Option<Value>]) -> Option<Value> {
    let all = || maps.iter().filter_map(|map| map.as_ref()?.as_map());
    if all().flat_map(|map| map.keys()).any(has_open) {
        return None;
    }
    let most = maps.iter().max_by_key(|map| map.as_ref().and_then(Value::as_map).map(|map| map.len()))?.clone()?;
    let Value::Map(mut made) = most else { return None };
    let keys: BTreeSet<&Partial> = all().flat_map(|map| map.keys()).collect();
    for key in keys {
        let values: Vec<Option<Value>> = all().filter_map(|map| map.get(key)).cloned().map(Some).collect();
        let value = any(by, &values).unwrap_or_else(Value::unknown);
        // A map that nothing is added to stays the one that it is.
        if made.get(key) != Some(&value) {
            Arc::make_mut(&mut made).insert(key.clone(), value);
        }
    }
    Some(Value::Map(made))
}

/// A value that is any of these; `by` is what chooses.
pub(super) fn any(by: &str, values: &[Option<Value>]) -> Option<Value> {
    let first = values.first()?;
    if values.iter().all(|value| value == first) {
        return first.clone();
    }
    if values.iter().all(|value| matches!(value, Some(Value::Map(_)))) {
        return united(by, values);
    }
    let is_text = |value: &Option<Value>| !matches!(value, Some(Value::List(_) | Value::Map(_)));
    let texts = || values.iter().map(|value| written(value.as_ref())).collect::<Vec<_>>();
    values.iter().all(is_text).then(|| Value::Text(choice::any_of(by, &texts())))
}
