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
    /// The classes whose fields it names by their bare names, the nearest first.
    pub(super) chain: Rc<[usize]>,
    /// Whether a constructor is read: what it says of a field is said of one object.
    pub(super) is_creating: bool,
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
        Self {
            frames: vec![Frame { of: root, names: Rc::default() }],
            types: BTreeMap::new(),
            class: None,
            chain: Rc::default(),
            is_creating: false,
            calls: 0,
            returned: Vec::new(),
            has_ended: false,
        }
    }

    /// The scope that a function sees, by the node of the function around it, if there is one: the names of that one and of those around
    /// it, and none of who calls it.
    pub(super) fn below(&self, around: Option<usize>, function: usize) -> Self {
        let outer = around.and_then(|around| self.frames.iter().rposition(|frame| frame.of == around));
        let mut frames = self.frames.get(..=outer.unwrap_or_default()).unwrap_or_default().to_vec();
        frames.push(Frame { of: function, names: Rc::default() });
        Self {
            frames,
            calls: self.calls + 1,
            is_creating: false,
            returned: Vec::new(),
            has_ended: false,
            ..self.clone()
        }
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

    /// Says of which class what comes next is, and whose fields that one names.
    pub(super) fn enter_class(&mut self, class: Option<usize>, chain: Rc<[usize]>) {
        (self.class, self.chain) = (class, chain);
    }

    /// Where a name stands: in which frame, and under which name there. Fields are among the names of the file.
    fn place(&self, name: &str) -> Option<(usize, CompactString)> {
        let has = |(_, frame): &(usize, &Frame<'n>)| frame.names.contains_key(name);
        if let Some((at, _)) = self.frames.iter().enumerate().skip(1).rfind(has) {
            return Some((at, name.into()));
        }
        let file = &self.frames.first()?.names;
        let field = || self.chain.iter().map(|class| field(*class, name)).find(|field| file.contains_key(field));
        let plain = || file.contains_key(name).then(|| name.into());
        // A method sees its class first, the statements of the file what they declare.
        let found = if self.class.is_some() { field().or_else(plain) } else { plain().or_else(field) };
        found.map(|found| (0, found))
    }

    /// What a name is, if that is known.
    pub(super) fn get(&self, name: &str) -> Option<&Meaning<'n>> {
        let (at, name) = self.place(name)?;
        self.frames.get(at)?.names.get(&name)?.as_ref()
    }

    /// Whether there is a variable of a name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.place(name).is_some()
    }

    /// What a field is, of the first of the classes that has it.
    pub(super) fn field(&self, classes: &[usize], name: &str) -> Option<&Meaning<'n>> {
        let file = &self.frames.first()?.names;
        classes.iter().find_map(|class| file.get(&field(*class, name)))?.as_ref()
    }

    /// Says what a field of a class is; answers how many names were copied for it.
    pub(super) fn set_field(&mut self, class: usize, name: &str, value: Option<Meaning<'n>>) -> usize {
        self.frames.first_mut().map_or(0, |file| file.set(&field(class, name), value))
    }

    pub(super) fn has_field(&self, class: usize, name: &str) -> bool {
        self.frames.first().is_some_and(|file| file.names.contains_key(&field(class, name)))
    }

    /// The class whose field a bare name is, if it is one.
    pub(super) fn owner(&self, name: &str) -> Option<usize> {
        let (at, found) = self.place(name)?;
        if at == 0 && found != name { self.own_owner(name) } else { None }
    }

    /// The class whose field `this.name` is.
    pub(super) fn own_owner(&self, name: &str) -> Option<usize> {
        self.chain.iter().copied().find(|class| self.has_field(*class, name))
    }

    /// What `this.name` is.
    pub(super) fn own_field(&self, name: &str) -> Option<&Meaning<'n>> {
        self.field(&self.chain, name)
    }

    /// Says what `this.name` is.
    pub(super) fn set_own_field(&mut self, name: &str, value: Option<Meaning<'n>>) -> usize {
        let class = self.own_owner(name).or_else(|| self.chain.first().copied());
        class.map_or(0, |class| self.set_field(class, name, value))
    }

    /// Says what a name is that hides those of the same name further out; answers how many names were copied for it.
    pub(super) fn declare(&mut self, name: &str, value: Option<Meaning<'n>>) -> usize {
        self.frames.last_mut().map_or(0, |frame| frame.set(name, value))
    }

    /// Says what a name is from now on; answers how many names were copied for it.
    pub(super) fn assign(&mut self, name: &str, value: Option<Meaning<'n>>) -> usize {
        let place = self.place(name);
        let (at, name) = place.unwrap_or_else(|| (self.frames.len().saturating_sub(1), name.into()));
        self.frames.get_mut(at).map_or(0, |frame| frame.set(&name, value))
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

/// What a field is called among the names of the file: as no variable is.
fn field(class: usize, name: &str) -> CompactString {
    compact_str::format_compact!("{class}.{name}")
}
