//! What was kept, as observations and as a ledger.

use super::tables::{
    CALLS, CANARIES, FINISHED, HEARD, JUDGED, NODES, PERCHES, RAN, SOURCES, TOTALS, WAITING, canaries, moment, tally,
};
use super::{Store, StoreError};
use hedgerow_observe::ledger::{
    Answer, Edge, Heard, KeptSource, Ledger, Perch, Question, SourceState, Tally, Unsound, Waiting,
};
use hedgerow_observe::naming::Micros;
use hedgerow_observe::observations::{End, Observations, Watched};
use redb::{ReadableDatabase, ReadableTable};
use std::collections::BTreeMap;

/// By service, a digest of its policies and since when it holds.
pub type Judged = BTreeMap<String, (String, Micros)>;
/// By service and workload, when the last run ended well.
pub type Finished = BTreeMap<(String, String), Micros>;

impl Store {
    /// The ledger as it was left. Callers that are no services and were seen last before `recent` are left out.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn ledger(&self, recent: Micros) -> Result<Ledger, StoreError> {
        let mut ledger = Ledger::default();
        let transaction = self.database()?.begin_read()?;
        let totals = transaction.open_table(TOTALS)?;
        for (edge, id) in &self.edges {
            let Some(total) = totals.get(*id)? else { continue };
            let tally = tally(total.value());
            if matches!(edge.caller, End::Service(_)) || tally.last >= recent {
                ledger.restore(edge.clone(), tally);
            }
        }
        let mut states: BTreeMap<u32, SourceState> = BTreeMap::new();
        let heard = transaction.open_table(HEARD)?;
        // Of sources that were silent for longer than a day it is enough to know that.
        let last = heard.last()?.map_or(0, |(key, _)| key.value().0);
        for row in heard.range((last.saturating_sub(1), 0)..)? {
            let (key, record) = row?;
            let (day, source) = key.value();
            let state = states.entry(source).or_default();
            for (from, until) in Heard::from_record(record.value())?.spans.runs() {
                state.hear(moment(day, *from), moment(day, *until));
            }
        }
        for row in transaction.open_table(SOURCES)?.iter()? {
            let (id, record) = row?;
            let kept = KeptSource::from_record(record.value())?;
            if kept.gone.is_none() {
                let state = states.get(&id.value()).copied().unwrap_or_default();
                let state = SourceState { since: kept.since, ..state };
                ledger.restore_source(&kept.node, &kept.source, state);
            }
        }
        for row in transaction.open_table(CANARIES)?.iter()? {
            let (key, value) = row?;
            ledger.restore_canaries(key.value().1, canaries(value.value()));
        }
        match transaction.open_table(WAITING) {
            Ok(table) => {
                for row in table.iter()? {
                    let (callee, record) = row?;
                    ledger.restore_waiting(callee.value(), Waiting::from_record(record.value())?);
                }
            }
            // An older form has none.
            Err(redb::TableError::TableDoesNotExist(_)) => {}
            Err(error) => return Err(error.into()),
        }
        for row in transaction.open_table(PERCHES)?.iter()? {
            let (address, record) = row?;
            let address = address.value().parse().map_err(|_| Unsound)?;
            ledger.restore_perch(address, Perch::from_record(record.value())?);
        }
        Ok(ledger)
    }

    /// What was counted of every edge in all days, also of those that [`Self::ledger`] leaves out.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn totals(&self) -> Result<Vec<(&Edge, Tally)>, StoreError> {
        let transaction = self.database()?.begin_read()?;
        let totals = transaction.open_table(TOTALS)?;
        let mut all = Vec::with_capacity(self.edges.len());
        for (edge, id) in &self.edges {
            if let Some(total) = totals.get(*id)? {
                all.push((edge, tally(total.value())));
            }
        }
        Ok(all)
    }

    /// Whether anything was kept of an edge.
    #[must_use]
    pub fn knows(&self, edge: &Edge) -> bool {
        self.edges.contains_key(edge)
    }

    /// By service, the digest of its policies and since when it holds; by service and workload, when the last run of a cron job ended.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn judged_and_finished(&self) -> Result<(Judged, Finished), StoreError> {
        let transaction = self.database()?.begin_read()?;
        let (mut judged, mut finished) = (Judged::new(), Finished::new());
        for row in transaction.open_table(JUDGED)?.iter()? {
            let (service, value) = row?;
            let (digest, since) = value.value();
            judged.insert(service.value().to_owned(), (digest.to_owned(), since));
        }
        for row in transaction.open_table(FINISHED)?.iter()? {
            let (key, runs) = row?;
            let (service, workload) = key.value();
            if let Some(last) = runs.value().last() {
                finished.insert((service.to_owned(), workload.to_owned()), *last);
            }
        }
        Ok((judged, finished))
    }

    /// What is asked for. `watched`: what is known of services at the moment; where their pods ran, by what policies they are judged, and
    /// which jobs ran, is kept here.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn observations(
        &self,
        question: &Question,
        catalogue: Option<&str>,
        watched: &BTreeMap<String, Watched>,
    ) -> Result<Observations, StoreError> {
        let mut answer = Answer::new(question, self.since);
        answer.watched(watched);
        let (first, last) = (*answer.days().start(), *answer.days().end());
        let by_id: BTreeMap<u32, &Edge> =
            self.edges.iter().filter(|(edge, _)| answer.wants(&edge.callee)).map(|(edge, id)| (*id, edge)).collect();
        let transaction = self.database()?.begin_read()?;
        let of_calls = answer.days_of_calls();
        for row in transaction.open_table(CALLS)?.range((*of_calls.start(), 0)..=(*of_calls.end(), u32::MAX))? {
            let (key, value) = row?;
            let (day, id) = key.value();
            if let Some(edge) = by_id.get(&id) {
                answer.calls(day, edge, tally(value.value()));
            }
        }
        let mut names: BTreeMap<u32, KeptSource> = BTreeMap::new();
        for row in transaction.open_table(SOURCES)?.iter()? {
            let (id, record) = row?;
            let kept = KeptSource::from_record(record.value())?;
            answer.source(&kept.node, &kept.source, kept.since, kept.gone);
            names.insert(id.value(), kept);
        }
        for row in transaction.open_table(HEARD)?.range((first, 0)..=(last, u32::MAX))? {
            let (key, record) = row?;
            let (day, id) = key.value();
            if let Some(kept) = names.get(&id) {
                answer.heard(day, &kept.node, &kept.source, &Heard::from_record(record.value())?);
            }
        }
        for row in transaction.open_table(CANARIES)?.range((first, "")..)? {
            let (key, value) = row?;
            let (day, callee) = key.value();
            if day > last {
                break;
            }
            answer.canaries(callee, day, canaries(value.value()));
        }
        for row in transaction.open_table(NODES)?.iter()? {
            let (_, value) = row?;
            let (node, since, gone) = value.value();
            answer.node(node, since, gone);
        }
        let names: BTreeMap<u32, &str> = self.nodes.iter().map(|(name, id)| (*id, name.as_str())).collect();
        for row in transaction.open_table(RAN)?.range((first, "")..)? {
            let (key, ids) = row?;
            let (day, service) = key.value();
            if day > last {
                break;
            }
            answer.ran(service, ids.value().iter().filter_map(|id| names.get(id).copied()));
        }
        for row in transaction.open_table(JUDGED)?.iter()? {
            let (service, value) = row?;
            let (digest, since) = value.value();
            answer.judged(service.value(), digest, since);
        }
        for row in transaction.open_table(FINISHED)?.iter()? {
            let (key, runs) = row?;
            let (service, workload) = key.value();
            answer.finished(service, workload, runs.value());
        }
        Ok(answer.finish(catalogue))
    }
}
