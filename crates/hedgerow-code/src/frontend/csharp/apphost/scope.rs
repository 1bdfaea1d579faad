//! What the names of a stretch of code are.

use super::meaning::{Meaning, joined};
use compact_str::CompactString;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What the names of one function are; nothing for those that hide others and are not known.
type Names<'n> = BTreeMap<CompactString, Option<Meaning<'n>>>;

/// The names of a function, or of the file.
#[derive(Debug, Clone)]
pub(super) struct Frame<'n> {
    /// The node of the function.
    of: usize,
    names: Rc<Names<'n>>,
}

impl<'n> Frame<'n> {
    /// Says what a name is; answers how many names were copied for it, which something else, such as a lambda, has kept as they were.
    fn set(&mut self, name: &str, value: Option<Meaning<'n>>) -> usize {
        let copied = if Rc::strong_count(&self.names) > 1 { self.names.len() } else { 0 };
        Rc::make_mut(&mut self.names).insert(name.into(), value);
        copied
    }
}

/// What the names of a stretch of code are. A copy costs next to nothing until one of both changes.
#[derive(Debug, Clone)]
pub(super) struct Scope<'n> {
    /// The names of the functions around it, the innermost last; the first ones are the file's.
    pub(super) frames: Vec<Frame<'n>>,
    /// The projects that the type parameters of a function stand for.
    pub(super) types: BTreeMap<String, String>,
    /// The class whose method is read.
    pub(super) class: Option<usize>,
    /// How many calls lead here.
    pub(super) calls: usize,
    /// What the function may give back, so far.
    pub(super) returned: Vec<Meaning<'n>>,
    /// Whether what comes next does not run.
    pub(super) has_ended: bool,
}

impl<'n> Scope<'n> {
    /// The scope of a file.
    pub(super) fn new(root: usize) -> Self {
        let frames = vec![Frame { of: root, names: Rc::default() }];
        Self { frames, types: BTreeMap::new(), class: None, calls: 0, returned: Vec::new(), has_ended: false }
    }

    /// The scope that a function sees, by the node of the function around it, if there is one: the names of that one and of those around
    /// it, and none of who calls it.
    pub(super) fn below(&self, around: Option<usize>, function: usize) -> Self {
        let outer = around.and_then(|around| self.frames.iter().rposition(|frame| frame.of == around));
        let mut frames = self.frames.get(..=outer.unwrap_or_default()).unwrap_or_default().to_vec();
        frames.push(Frame { of: function, names: Rc::default() });
        Self { frames, calls: self.calls + 1, returned: Vec::new(), has_ended: false, ..self.clone() }
    }

    /// Takes over what a function has made of the names around it.
    pub(super) fn take(&mut self, inner: Self) {
        for (own, seen) in self.frames.iter_mut().zip(inner.frames) {
            if own.of == seen.of {
                *own = seen;
            }
        }
    }

    /// Whether a function, by its node, is one of those around, and how far out.
    pub(super) fn around(&self, function: usize) -> Option<usize> {
        self.frames.iter().rposition(|frame| frame.of == function)
    }

    pub(super) fn push(&mut self, function: usize) {
        self.frames.push(Frame { of: function, names: Rc::default() });
    }

    pub(super) fn pop(&mut self) {
        self.frames.pop();
    }

    /// What a name is, if that is known.
    pub(super) fn get(&self, name: &str) -> Option<&Meaning<'n>> {
        self.frames.iter().rev().find_map(|frame| frame.names.get(name))?.as_ref()
    }

    /// Whether there is a variable of a name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.frames.iter().any(|frame| frame.names.contains_key(name))
    }

    /// Says what a name is that hides those of the same name further out; answers how many names were copied for it.
    pub(super) fn declare(&mut self, name: &str, value: Option<Meaning<'n>>) -> usize {
        self.frames.last_mut().map_or(0, |frame| frame.set(name, value))
    }

    /// Says what a name is from now on; answers how many names were copied for it.
    pub(super) fn assign(&mut self, name: &str, value: Meaning<'n>) -> usize {
        let at = self.frames.iter().rposition(|frame| frame.names.contains_key(name));
        let at = at.unwrap_or(self.frames.len().saturating_sub(1));
        self.frames.get_mut(at).map_or(0, |frame| frame.set(name, Some(value)))
    }

    /// Says that names may also be what they are in `other`; answers how many names were looked at.
    pub(super) fn merge(&mut self, other: &Self) -> usize {
        let mut count = 0;
        for (own, other) in self.frames.iter_mut().zip(&other.frames) {
            if Rc::ptr_eq(&own.names, &other.names) {
                continue;
            }
            let names = Rc::make_mut(&mut own.names);
            count += names.len() + other.names.len();
            for (name, value) in &*other.names {
                let known = names.entry(name.clone()).or_default();
                let all = known.take().into_iter().chain(value.clone());
                (*known, _) = joined(all.collect());
            }
        }
        count
    }
}
