//! What a rendering may cost, and what all of it shares.

use super::files::ChartFiles;
use super::library::Library;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

/// How many steps one rendering may take.
const MAX_STEPS: usize = 100_000;

/// How much a rendering may copy out of the values, see [`weight`](super::render::weight).
const MAX_COPIED: usize = 1 << 20;

/// What a rendering has cost, with the templates that it takes in.
#[derive(Debug, Default)]
pub(super) struct Spent {
    steps: Cell<usize>,
    copied: Cell<usize>,
    cut: Cell<bool>,
    names: Cell<usize>,
    lacks: RefCell<BTreeSet<String>>,
}

impl Spent {
    pub(super) fn step(&self, count: usize) {
        self.steps.set(self.steps.get().saturating_add(count));
    }

    pub(super) fn steps(&self) -> usize {
        self.steps.get()
    }

    /// A name that nothing else in this rendering has.
    pub(super) fn next(&self) -> String {
        self.names.set(self.names.get() + 1);
        format!("#{}", self.names.get())
    }

    /// Notes a function that is not known, or a template that is nowhere.
    pub(super) fn lack(&self, what: String) {
        self.lacks.borrow_mut().insert(what);
    }

    /// What was noted so.
    pub(super) fn lacks(&self) -> BTreeSet<String> {
        self.lacks.borrow().clone()
    }

    /// Notes that something is left out for what it would cost.
    pub(super) fn cut(&self) {
        self.cut.set(true);
    }

    /// Whether something is left out.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.get() || self.is_over()
    }

    pub(super) fn is_over(&self) -> bool {
        self.steps.get() > MAX_STEPS
    }

    pub(super) fn may_copy(&self, weight: usize) -> bool {
        self.copied.set(self.copied.get().saturating_add(weight));
        if self.copied.get() > MAX_COPIED {
            self.cut();
        }
        self.copied.get() <= MAX_COPIED
    }
}

/// What all of a rendering shares.
#[derive(Debug)]
pub(super) struct Around<'l> {
    pub(super) library: &'l Library,
    /// The files of the charts, and the directory of the chart that is rendered.
    pub(super) files: &'l ChartFiles,
    pub(super) directory: &'l str,
    pub(super) spent: Spent,
}
