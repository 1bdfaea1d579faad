//! The answers to a set of questions while they are being found, whoever finds them.

use std::ops::Range;

use crate::document::Outline;
use crate::route::{Fork, RouteId, RouteSet};
use crate::site::{Gap, Obstacle, Opening, Reason, Site};

/// Answers so far.
pub(crate) struct Answers<'r, 't> {
    pub(crate) routes: &'r RouteSet,
    pub(crate) outline: Outline<'t>,
}

impl<'r, 't> Answers<'r, 't> {
    pub(crate) fn new(routes: &'r RouteSet) -> Self {
        let sites = routes.routes.iter().map(|_| Vec::new()).collect();
        Self { routes, outline: Outline { sites, duplicates: Vec::new() } }
    }

    /// Adds a site to the answer of one question.
    pub(crate) fn answer(&mut self, id: RouteId, site: Site<'t>) {
        self.outline.sites[id.0].push(site);
    }

    /// Answers every question about a document that holds nothing.
    pub(crate) fn miss_all(&mut self, document: &Range<usize>) {
        let range = document.end..document.end;
        self.miss_below(0, &mut Vec::new(), &Err(Obstacle { reason: Reason::EmptyDocument, range }));
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

    /// Answers every question at and below a fork with a gap; behind `[]` and `*` there is nothing to ask about.
    pub(crate) fn miss_below(&mut self, fork: usize, missing: &mut Vec<String>, opening: &Result<Opening, Obstacle>) {
        let fork = &self.routes.forks[fork];
        for &id in &fork.wanted {
            self.answer(id, Site::Missing(Gap { missing: missing.clone(), opening: opening.clone() }));
        }
        self.miss_children(fork, missing, opening);
    }

    /// Answers every question below a fork with a gap.
    pub(crate) fn miss_children(
        &mut self,
        fork: &Fork,
        missing: &mut Vec<String>,
        opening: &Result<Opening, Obstacle>,
    ) {
        for (key, behind) in &fork.keys {
            missing.push(key.clone());
            self.miss_below(*behind, missing, opening);
            missing.pop();
        }
    }
}
