//! What a rendering may cost, and what all of it shares.

use super::files::ChartFiles;
use super::kept::Kept;
use super::library::Library;
use super::weights::{Weights, is_same};
use crate::value::Value;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

/// How many steps one rendering may take.
const MAX_STEPS: usize = 100_000;

/// How much text a rendering may copy out of the values, see [`shallow`](super::weights::shallow).
const MAX_COPIED: usize = 1 << 20;

/// How much of the chart's files a rendering may take in, and how much text it may decode, in bytes. Each such byte is a part of a step.
const MAX_TAKEN: usize = 1 << 20;
const BYTES: usize = 16;

/// What functions are given bytes of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Files,
    Decoding,
}

impl Work {
    /// What is said where it ran out.
    const fn over(self) -> &'static str {
        match self {
            Self::Files => "it takes in more than 1 MiB of `.Files`",
            Self::Decoding => "it gives more than 1 MiB to `fromYaml` and `fromJson`",
        }
    }
}

/// What a rendering has cost, with the templates that it takes in.
#[derive(Debug, Default)]
pub(super) struct Spent {
    steps: Cell<usize>,
    copied: Cell<usize>,
    files: Cell<usize>,
    decoded: Cell<usize>,
    cut: Cell<bool>,
    missed: Cell<bool>,
    names: Cell<usize>,
    within: RefCell<String>,
    lacks: RefCell<BTreeSet<String>>,
    pub(super) weights: Weights,
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
        format!("{}#{}", self.within.borrow(), self.names.get())
    }

    /// How many names were given.
    pub(super) fn names(&self) -> usize {
        self.names.get()
    }

    /// Gives names again from this one on.
    pub(super) fn name_from(&self, names: usize) {
        self.names.set(names);
    }

    /// Does something in which names are counted apart, and what is noted is given: none where something was left out.
    pub(super) fn apart<T>(&self, within: String, made: impl FnOnce() -> T) -> (T, Option<BTreeSet<String>>) {
        let outer = self.within.replace(within);
        let names = self.names.replace(0);
        let lacks = self.lacks.replace(BTreeSet::new());
        let found = made();
        self.within.replace(outer);
        self.names.set(names);
        let own = self.lacks.replace(lacks);
        self.lacks.borrow_mut().extend(own.iter().cloned());
        (found, (!self.is_short()).then_some(own))
    }

    /// Takes the steps that it takes to see in what these differ.
    pub(super) fn compare(&self, values: &[Option<Value>]) {
        let is_one = values.windows(2).all(|pair| is_same(pair[0].as_ref(), pair[1].as_ref()));
        self.step(if is_one { 0 } else { self.weights.to_read("", values) });
    }

    /// Notes a function that is not known, or a template that is nowhere.
    pub(super) fn lack(&self, what: String) {
        self.lacks.borrow_mut().insert(what);
    }

    /// What was noted so.
    pub(super) fn lacks(&self) -> BTreeSet<String> {
        self.lacks.borrow().clone()
    }

    /// Notes that something is left out for what it would cost, and what that is.
    pub(super) fn cut(&self, why: &str) {
        self.cut.set(true);
        self.lack(why.to_owned());
    }

    /// Notes that something is not known for what it would cost, and what that is. The rest is rendered.
    pub(super) fn miss(&self, what: &str) {
        self.missed.set(true);
        self.lack(what.to_owned());
    }

    /// Whether something is left out, or not known, for what it would cost.
    pub(super) fn is_short(&self) -> bool {
        self.missed.get() || self.is_cut()
    }

    /// Whether a rendering may take so many more bytes.
    pub(super) fn may_take(&self, work: Work, bytes: usize) -> bool {
        let taken = match work {
            Work::Files => &self.files,
            Work::Decoding => &self.decoded,
        };
        self.step(bytes / BYTES);
        taken.set(taken.get().saturating_add(bytes));
        if taken.get() > MAX_TAKEN {
            self.miss(work.over());
        }
        taken.get() <= MAX_TAKEN
    }

    /// Whether something is left out.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.get() || self.is_over()
    }

    pub(super) fn is_over(&self) -> bool {
        let is_over = self.steps.get() > MAX_STEPS;
        if is_over && !self.cut.get() {
            self.cut("it is more work than is done for one rendering");
        }
        is_over
    }

    pub(super) fn may_copy(&self, weight: usize) -> bool {
        self.copied.set(self.copied.get().saturating_add(weight));
        if self.copied.get() > MAX_COPIED {
            self.cut("it copies too much out of the values");
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
    /// What templates with names have come to.
    pub(super) kept: &'l Kept,
    pub(super) spent: Spent,
}
