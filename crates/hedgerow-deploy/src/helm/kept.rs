//! What templates with names have come to, for the renderings of one template: most of them take in the same for the same value, many times.

use super::spent::Spent;
use crate::value::Value;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// What is asked: the name, where the value lies that it is given, which rendering is shown, and whether that is only there where somebody
/// sets what no values do.
type Asked = (String, usize, Option<usize>, bool);

/// What came of it, and what was noted. The value that was given is kept: nothing else comes to lie there.
type Found = (Rc<Value>, Option<Value>, BTreeSet<String>);

/// What was asked so far.
#[derive(Debug, Default)]
pub(super) struct Kept {
    found: RefCell<BTreeMap<Asked, Found>>,
    /// How often something was asked that was not known.
    count: Cell<usize>,
}

impl Kept {
    /// What came of a question before, else what comes of it now. What was cut short is not kept.
    pub(super) fn or(
        &self,
        asked: Asked,
        given: &Rc<Value>,
        spent: &Spent,
        make: impl FnOnce() -> Option<Value>,
    ) -> Option<Value> {
        if let Some((_, made, lacks)) = self.found.borrow().get(&asked) {
            spent.step(1);
            lacks.iter().for_each(|lack| spent.lack(lack.clone()));
            return made.clone();
        }
        // Choices in it have names that nothing else has, in whatever rendering.
        self.count.set(self.count.get() + 1);
        let within = format!("{}:{}", asked.0, self.count.get());
        let (made, lacks) = spent.apart(within, make);
        if let Some(lacks) = lacks {
            self.found.borrow_mut().insert(asked, (Rc::clone(given), made.clone(), lacks));
        }
        made
    }
}
