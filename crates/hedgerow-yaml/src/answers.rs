//! The answers to a set of questions while they are being found, whoever finds them.

use std::ops::Range;

use crate::document::Outline;
use crate::route::{Fork, RouteId, RouteSet, Step};
use crate::site::{Gap, Obstacle, Opening, Reason, Site};

/// The sites that one question has found.
///
/// Most questions find one, and most documents of a stream are asked a handful: one is kept without a vector.
#[derive(Debug, Clone)]
pub(crate) enum Sites<'t> {
    AtMostOne(Option<Site<'t>>),
    Many(Vec<Site<'t>>),
}

impl<'t> Sites<'t> {
    pub(crate) fn as_slice(&self) -> &[Site<'t>] {
        match self {
            Self::AtMostOne(site) => site.as_slice(),
            Self::Many(sites) => sites,
        }
    }

    fn push(&mut self, site: Site<'t>) {
        match self {
            Self::AtMostOne(none @ None) => *none = Some(site),
            Self::AtMostOne(first) => *self = Self::Many(first.take().into_iter().chain([site]).collect()),
            Self::Many(sites) => sites.push(site),
        }
    }
}

impl Default for Sites<'_> {
    fn default() -> Self {
        Self::AtMostOne(None)
    }
}

impl PartialEq for Sites<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

/// Answers so far.
pub(crate) struct Answers<'r, 't> {
    pub(crate) routes: &'r RouteSet,
    pub(crate) outline: Outline<'t>,
}

impl<'r, 't> Answers<'r, 't> {
    pub(crate) fn new(routes: &'r RouteSet) -> Self {
        let sites = routes.routes.iter().map(|_| Sites::default()).collect();
        Self { routes, outline: Outline { sites, duplicates: Vec::new() } }
    }

    /// Adds a site to the answer of one question.
    pub(crate) fn answer(&mut self, id: RouteId, site: Site<'t>) {
        self.outline.sites[id.0].push(site);
    }

    /// Answers every question about a document that holds nothing.
    pub(crate) fn miss_all(&mut self, document: &Range<usize>) {
        let range = document.end..document.end;
        self.miss_below(0, 0, &Err(Obstacle { reason: Reason::EmptyDocument, range }));
    }

    /// Answers every question at and below a fork with the same refusal.
    pub(crate) fn refuse_below(&mut self, fork: usize, obstacle: &Obstacle) {
        let fork = &self.routes.forks[fork];
        for &id in &fork.wanted {
            self.answer(id, Site::Refused(obstacle.clone()));
        }
        self.refuse_children(fork, obstacle);
    }

    /// Answers every question below a fork with the same refusal.
    pub(crate) fn refuse_children(&mut self, fork: &Fork, obstacle: &Obstacle) {
        for behind in fork.children() {
            self.refuse_below(behind, obstacle);
        }
    }

    /// Answers every question at and below a fork with a gap, at which the last `depth` keys of the way are missing.
    ///
    /// Behind `[]` and `*` there is nothing to ask about.
    pub(crate) fn miss_below(&mut self, fork: usize, depth: usize, opening: &Result<Opening, Obstacle>) {
        let routes = self.routes;
        let fork = &routes.forks[fork];
        for &id in &fork.wanted {
            let steps = routes.routes[id.0].0.steps();
            let missing = steps[steps.len() - depth..].iter().filter_map(Step::key).map(str::to_owned).collect();
            self.answer(id, Site::Missing(Gap { missing, opening: opening.clone() }));
        }
        self.miss_children(fork, depth, opening);
    }

    /// Answers every question below a fork with a gap, at which `depth` keys and those behind are missing.
    pub(crate) fn miss_children(&mut self, fork: &Fork, depth: usize, opening: &Result<Opening, Obstacle>) {
        for (_, behind) in &fork.keys {
            self.miss_below(*behind, depth + 1, opening);
        }
    }
}
