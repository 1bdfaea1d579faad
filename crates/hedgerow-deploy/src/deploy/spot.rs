//! Where the deploy says something: a file, and the way to it in there. Who has the file's text finds the letters by it.

use super::item::Item;
use crate::partial::Partial;
use crate::value::Value;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Where the deploy says something.
#[derive(Debug, Clone, Default)]
pub struct Spot {
    /// The file that says it.
    pub path: String,
    /// Which of the file's documents does, from 0; those that hold nothing are not counted.
    pub document: usize,
    /// The way to it from the document's root.
    pub way: Vec<Step>,
    /// What the template of a chart comes to there: the way leads through it.
    pub sheet: Option<Arc<Sheet>>,
}

/// One step into a document. Names are as they are [`written`](Partial::written).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// To the value under a key.
    Key(String),
    /// To a key itself: the last step.
    Name(String),
    /// To an element of a list: the one with this `name`, else the one at this place.
    Element(Option<String>, usize),
    /// To the line of a file that is no YAML which sets a variable: the only step.
    Line(String),
    /// To a stretch of a file of code, from one byte to another: the only step.
    Stretch(u32, u32),
}

/// Something that the deploy gives to a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Said {
    /// A value of a variable: its name, the value.
    Variable(String, Partial),
    /// A value of a flag: its name, the value.
    Flag(String, Partial),
    /// A setting that another container writes into its file: its key, the value.
    Written(String, Partial),
    /// The name of what it is started after.
    After(String),
}

/// A document that a template came to.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// The document, as it was [`written`](Partial::written) for its parser.
    pub text: String,
    /// For each of its lines the offset in the template of what begins it.
    pub lines: Vec<u32>,
}

/// Where something is said changes nothing of what is.
impl Hash for Spot {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Spot {
    /// A whole file.
    pub(super) fn file(path: &str) -> Self {
        Self { path: path.to_owned(), ..Self::default() }
    }

    /// A line of a file that sets a variable.
    pub(super) fn line(path: &str, variable: &str) -> Self {
        Self { path: path.to_owned(), way: vec![Step::Line(variable.to_owned())], ..Self::default() }
    }

    /// A stretch of a file of code, from one byte to another.
    pub fn stretch(path: &str, start: u32, end: u32) -> Self {
        Self { path: path.to_owned(), way: vec![Step::Stretch(start, end)], ..Self::default() }
    }

    /// What lies under a key here.
    pub(super) fn key(&self, key: &str) -> Self {
        self.clone().then(Step::Key(key.to_owned()))
    }

    /// A key here.
    pub(super) fn name(&self, key: &str) -> Self {
        self.clone().then(Step::Name(key.to_owned()))
    }

    /// An element of the list here.
    pub(super) fn element(&self, element: &Value, at: usize) -> Self {
        self.clone().then(step(element, at))
    }

    /// One step further.
    pub(super) fn then(mut self, step: Step) -> Self {
        self.way.push(step);
        self
    }
}

impl Item<'_> {
    /// Where a value of this object is said.
    pub(super) fn spot(&self, value: &Value) -> Spot {
        let mut way = self.listed.clone();
        find(&self.value, value, &mut way);
        Spot { path: self.path.to_owned(), document: self.document, way, sheet: self.sheet.clone() }
    }
}

fn step(element: &Value, at: usize) -> Step {
    Step::Element(element.get("name").and_then(Value::as_text).map(|name| name.written().into_owned()), at)
}

/// Finds the way to a value that is a part of another one.
fn find(root: &Value, value: &Value, way: &mut Vec<Step>) -> bool {
    if std::ptr::eq(root, value) {
        return true;
    }
    let mut go = |step: Step, next: &Value| {
        way.push(step);
        let found = find(next, value, way);
        if !found {
            way.pop();
        }
        found
    };
    match root {
        Value::Map(pairs) => pairs.iter().any(|(key, next)| go(Step::Key(key.written().into_owned()), next)),
        Value::List(list) => list.iter().enumerate().any(|(at, next)| go(step(next, at), next)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => false,
    }
}
