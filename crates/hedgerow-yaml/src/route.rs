//! Routes: where in a document something is, as keys from the root down.
//!
//! ```text
//! route = step { "." step }
//! step  = key [ "[]" ] | "*"        spec.template.metadata.labels
//!                                   spec.tasks[].template.metadata.labels
//! key   = any text without "." "[" "]" "*"    spec.replicaSpecs.*.template
//! ```
//! `[]` means each element of a sequence, `*` each value of a mapping.

use std::fmt;

use thiserror::Error;

/// A way from the root of a document to a place in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    steps: Vec<Step>,
}

/// One step of a [`Route`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// To the value of this key.
    Key(String),
    /// To each element of a sequence.
    EachElement,
    /// To each value of a mapping.
    EachValue,
}

/// A text that is no route.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a route: expected keys joined by dots, each with an optional `[]`, or `*`")]
pub struct RouteError(String);

impl Route {
    /// Reads a route from its text form.
    ///
    /// ```
    /// use hedgerow_yaml::Route;
    /// let route = Route::parse("spec.tasks[].template")?;
    /// assert_eq!(route.to_string(), "spec.tasks[].template");
    /// # Ok::<(), hedgerow_yaml::RouteError>(())
    /// ```
    ///
    /// # Errors
    /// [`RouteError`] holds the text when a step is empty or brackets and stars are out of place.
    pub fn parse(text: &str) -> Result<Self, RouteError> {
        let mut steps = Vec::new();
        for word in text.split('.') {
            let (key, each) = word.strip_suffix("[]").map_or((word, false), |key| (key, true));
            match key {
                "*" if !each => steps.push(Step::EachValue),
                key if !key.is_empty() && !key.contains(['*', '[', ']']) => steps.push(Step::Key(key.to_owned())),
                _ => return Err(RouteError(text.to_owned())),
            }
            if each {
                steps.push(Step::EachElement);
            }
        }
        Ok(Self { steps })
    }

    /// A route of keys, which may hold any text: dots, brackets, stars.
    ///
    /// ```
    /// use hedgerow_yaml::{Route, Step};
    /// let route = Route::keys(["metadata", "annotations", "helm.sh/hook"]);
    /// assert_eq!(route.steps()[2], Step::Key("helm.sh/hook".to_owned()));
    /// ```
    pub fn keys<K: Into<String>>(keys: impl IntoIterator<Item = K>) -> Self {
        Self { steps: keys.into_iter().map(|key| Step::Key(key.into())).collect() }
    }

    /// The steps from the root down; empty for the root itself.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

impl Step {
    /// The key of a step to the value of a key.
    pub(crate) fn key(&self) -> Option<&str> {
        match self {
            Self::Key(key) => Some(key),
            Self::EachElement | Self::EachValue => None,
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            match step {
                Step::Key(key) => write!(f, "{dot}{key}")?,
                Step::EachValue => write!(f, "{dot}*")?,
                Step::EachElement => write!(f, "[]")?,
            }
        }
        Ok(())
    }
}

/// What a question wants to know about a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// The text of a scalar, to read.
    Scalar,
    /// The pairs of a mapping, to read and to edit.
    Map,
    /// The elements of a sequence, to replace, remove and append.
    Seq,
    /// Where the node stands, whatever it is.
    Range,
}

/// Names one question of a [`RouteSet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteId(pub(crate) usize);

/// Questions to ask of a document all at once, compiled into one tree of steps.
#[derive(Debug, Clone)]
pub struct RouteSet {
    pub(crate) forks: Vec<Fork>,
    pub(crate) routes: Vec<(Route, Want)>,
}

/// A place on the way of one or more routes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fork {
    /// Questions that end here.
    pub(crate) wanted: Vec<RouteId>,
    pub(crate) keys: Vec<(String, usize)>,
    pub(crate) each_element: Option<usize>,
    pub(crate) each_value: Option<usize>,
}

impl Fork {
    /// Whether no route goes on behind this place.
    pub(crate) fn is_leaf(&self) -> bool {
        self.keys.is_empty() && self.each_element.is_none() && self.each_value.is_none()
    }

    /// Places one step further.
    pub(crate) fn children(&self) -> impl Iterator<Item = usize> {
        self.keys.iter().map(|&(_, behind)| behind).chain(self.each_element).chain(self.each_value)
    }
}

impl Default for RouteSet {
    fn default() -> Self {
        Self { forks: vec![Fork::default()], routes: Vec::new() }
    }
}

impl RouteSet {
    /// A set without questions.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a question; the same route may be asked more than once.
    pub fn add(&mut self, route: Route, want: Want) -> RouteId {
        let id = RouteId(self.routes.len());
        let mut fork = 0;
        for step in route.steps() {
            fork = self.fork_behind(fork, step);
        }
        self.forks[fork].wanted.push(id);
        self.routes.push((route, want));
        id
    }

    /// Adds a question given in text form.
    ///
    /// # Errors
    /// [`RouteError`] when the text is no route.
    pub fn ask(&mut self, route: &str, want: Want) -> Result<RouteId, RouteError> {
        Ok(self.add(Route::parse(route)?, want))
    }

    fn fork_behind(&mut self, from: usize, step: &Step) -> usize {
        let next = self.forks.len();
        let fork = &mut self.forks[from];
        let behind = match step {
            Step::Key(key) => match fork.keys.iter().find(|(known, _)| known == key) {
                Some(&(_, behind)) => behind,
                None => {
                    fork.keys.push((key.clone(), next));
                    next
                }
            },
            Step::EachElement => *fork.each_element.get_or_insert(next),
            Step::EachValue => *fork.each_value.get_or_insert(next),
        };
        if behind == next {
            self.forks.push(Fork::default());
        }
        behind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_print_as_they_are_read_and_nonsense_is_refused() {
        for text in ["kind", "spec.template.metadata.labels", "spec.tasks[].template", "spec.*.x", "*", "a[].b[]"] {
            assert_eq!(Route::parse(text).map(|route| route.to_string()), Ok(text.to_owned()));
        }
        for text in ["", ".", "a.", ".a", "a..b", "[]", "*[]", "a*", "a[0]", "a[][]"] {
            assert_eq!(Route::parse(text), Err(RouteError(text.to_owned())));
        }
    }

    #[test]
    fn routes_share_their_common_beginning() {
        let mut routes = RouteSet::new();
        let a = routes.ask("spec.a", Want::Scalar).unwrap();
        let b = routes.ask("spec.b", Want::Map).unwrap();
        let again = routes.ask("spec.a", Want::Range).unwrap();
        assert_eq!(routes.forks.len(), 4);
        assert_eq!(routes.forks[2].wanted, [a, again]);
        assert_eq!(routes.forks[3].wanted, [b]);
    }
}
