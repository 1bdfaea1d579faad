//! What is kept, in memory.

use super::{Answer, Canaries, Day, Edge, Effect, Heard, Question, Tally};
use crate::naming::Micros;
use crate::observations::Observations;
use std::collections::BTreeMap;

/// Everything in memory: for files, and for tests.
#[derive(Clone, Debug, Default)]
pub struct Days {
    since: Micros,
    calls: BTreeMap<(Day, Edge), Tally>,
    heard: BTreeMap<(Day, String, String), Heard>,
    sources: BTreeMap<(String, String), (Micros, Option<Micros>)>,
    nodes: BTreeMap<String, Micros>,
    canaries: BTreeMap<(Day, String), Canaries>,
}

impl Days {
    /// Keeps nothing yet; the keeping begins at `since`.
    #[must_use]
    pub fn new(since: Micros) -> Self {
        Self { since, ..Self::default() }
    }

    /// Keeps an effect.
    pub fn keep(&mut self, effect: &Effect) {
        for (key, tally) in &effect.calls {
            self.calls.entry(key.clone()).or_default().merge(*tally);
        }
        for (key, heard) in &effect.heard {
            self.heard.entry(key.clone()).or_default().merge(heard);
        }
        for (key, since) in &effect.sources {
            let known = self.sources.entry(key.clone()).or_insert((*since, None));
            known.0 = known.0.min(*since);
        }
        for (node, since) in &effect.nodes {
            let known = self.nodes.entry(node.clone()).or_insert(*since);
            *known = (*known).min(*since);
        }
        for (key, canaries) in &effect.canaries {
            self.canaries.entry(key.clone()).or_default().merge(*canaries);
        }
    }

    /// What is asked for.
    #[must_use]
    pub fn observations(&self, question: &Question, catalogue: Option<&str>) -> Observations {
        let mut answer = Answer::new(question, self.since);
        let (days, of_calls) = (answer.days(), answer.days_of_calls());
        self.calls
            .iter()
            .filter(|((day, _), _)| of_calls.contains(day))
            .for_each(|((day, edge), tally)| answer.calls(*day, edge, *tally));
        for ((day, node, source), heard) in self.heard.iter().filter(|((day, ..), _)| days.contains(day)) {
            answer.heard(*day, node, source, heard);
        }
        for ((node, source), (since, gone)) in &self.sources {
            answer.source(node, source, *since, *gone);
        }
        self.nodes.iter().for_each(|(node, since)| answer.node(node, *since, None));
        for ((day, callee), canaries) in self.canaries.iter().filter(|((day, _), _)| days.contains(day)) {
            answer.canaries(callee, *day, *canaries);
        }
        answer.finish(catalogue)
    }
}
