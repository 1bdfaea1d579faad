//! How each source does: what it has summed, what it lost, and whether there is proof that it listened. Pure: the time is given.

use hedgerow_observe::sum::{Began, Call, Limits, Name, Now, Place, Said, Span, Sums};
use hedgerow_observe::{Lost, Protocol};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::link;

/// Why a source is not heard that has given no proof yet.
pub(super) const BEGUN: &str = "it has just begun";
/// The same for one whose last proof is too old.
const NO_PROOF: &str = "there is no proof any more that it listens";

/// Proof that a source listens, and when there was none.
#[derive(Clone, Debug)]
pub(super) struct Hearing {
    /// The last proof, on the clock that never goes back.
    proof: Option<i64>,
    /// So old a proof is none any more, in microseconds.
    lasts: i64,
    fault: Option<String>,
    /// There was a time without proof since it was told last, and why.
    gap: Option<String>,
}

impl Hearing {
    /// Until the first proof there is none.
    pub(super) fn new(lasts: i64) -> Self {
        Self { proof: None, lasts, fault: None, gap: Some(BEGUN.to_owned()) }
    }

    /// There is proof that it listens now.
    pub(super) fn prove(&mut self, now: Now) {
        self.expire(now);
        self.proof = Some(now.boot);
        self.fault = None;
    }

    /// It does not listen.
    pub(super) fn fail(&mut self, fault: impl Into<String>) {
        let fault = fault.into();
        self.gap = Some(fault.clone());
        self.fault = Some(fault);
    }

    /// There was a time in which it did not listen, and it is over.
    pub(super) fn gap(&mut self, why: impl Into<String>) {
        self.gap = Some(why.into());
    }

    /// Whether it listens now.
    pub(super) fn is_up(&self, now: Now) -> bool {
        self.fault.is_none() && self.proof.is_some_and(|proof| now.boot.saturating_sub(proof) <= self.lasts)
    }

    /// Why it does not.
    pub(super) fn fault(&self, now: Now) -> Option<String> {
        if self.is_up(now) {
            return None;
        }
        let words = if self.proof.is_some() { NO_PROOF } else { BEGUN };
        Some(self.fault.clone().unwrap_or_else(|| words.to_owned()))
    }

    /// Whether it listened all the time since this was asked last; if not, why.
    fn take(&mut self, now: Now) -> Result<(), String> {
        self.expire(now);
        let still = self.fault(now);
        match std::mem::replace(&mut self.gap, still) {
            Some(gap) => Err(self.fault.clone().unwrap_or(gap)),
            None => Ok(()),
        }
    }

    fn expire(&mut self, now: Now) {
        if self.gap.is_none() {
            self.gap = self.fault(now);
        }
    }
}

/// One source.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: &'static str,
    pub(super) sums: Sums,
    pub(super) hearing: Hearing,
    lost: u64,
    is_loss_unknown: bool,
    not_understood: u64,
    /// When the last record came, since 1970.
    last_record: i64,
    /// Since the start.
    lost_in_all: u64,
    /// What was said of it last, for a person.
    pub(super) told: Option<String>,
    /// What a person should know of it, each once.
    notices: BTreeMap<String, bool>,
    /// This node has nothing that it could listen to: nobody has to be told that it is deaf.
    pub(super) is_absent: bool,
}

/// A source that its reader and the sender share.
#[derive(Clone, Debug)]
pub(super) struct Shared(Arc<Mutex<Source>>);

impl Shared {
    /// A source whose proof lasts so long, in seconds.
    pub(super) fn new(name: &'static str, lasts: i64) -> Self {
        Self(Arc::new(Mutex::new(Source {
            name,
            sums: Sums::new(Limits::default()),
            hearing: Hearing::new(lasts * 1_000_000),
            lost: 0,
            is_loss_unknown: false,
            not_understood: 0,
            last_record: 0,
            lost_in_all: 0,
            told: None,
            notices: BTreeMap::new(),
            is_absent: false,
        })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Source> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source {
    /// A record came.
    pub(super) fn record(&mut self, now: Now) {
        self.last_record = now.unix;
    }

    /// Records were lost; nothing if nobody knows how many.
    pub(super) fn lose(&mut self, count: Option<u64>) {
        match count {
            Some(count) => {
                self.lost = self.lost.saturating_add(count);
                self.lost_in_all = self.lost_in_all.saturating_add(count);
            }
            None => self.is_loss_unknown = true,
        }
    }

    /// The same, as a reader says it.
    pub(super) fn lost(&mut self, lost: &Lost) {
        self.lose(lost.count);
    }

    /// So many records were not understood.
    pub(super) fn misread(&mut self, count: u64) {
        self.not_understood = self.not_understood.saturating_add(count);
    }

    /// Something that a person should know, and that is no fault.
    pub(super) fn notice(&mut self, notice: String) {
        if self.notices.len() < 100 {
            self.notices.entry(notice).or_insert(false);
        }
    }

    /// What was noticed and not told yet.
    pub(super) fn new_notices(&mut self) -> Vec<String> {
        let untold = self.notices.iter_mut().filter(|(_, is_told)| !**is_told);
        untold.map(|(notice, is_told)| (std::mem::replace(is_told, true), notice.clone()).1).collect()
    }

    /// When the last record came, and how many were lost since the start.
    pub(super) fn totals(&self) -> (i64, u64) {
        (self.last_record, self.lost_in_all)
    }

    /// Takes what there is since it was taken last.
    pub(super) fn take(&mut self, now: Now) -> (Vec<link::Sum>, link::Source) {
        let (calls, overflow) = self.sums.take();
        self.lose(Some(overflow));
        let name = self.name;
        let (sums, refused): (Vec<_>, Vec<_>) = calls
            .into_iter()
            .map(|(call, span)| sum(name, call, span))
            .partition(|sum| [&sum.caller, &sum.callee].into_iter().flatten().all(link::End::fits));
        // The collector takes no such names: what it would leave out was not heard.
        self.lose(Some(refused.iter().map(|sum| sum.count.max(1)).fold(0, u64::saturating_add)));
        let heard = self.hearing.take(now);
        let source = link::Source {
            name: self.name.to_owned(),
            heard: heard.is_ok(),
            fault: heard.err().unwrap_or_default(),
            lost: std::mem::take(&mut self.lost),
            lost_unknown: std::mem::take(&mut self.is_loss_unknown),
            last_record: self.last_record,
            not_understood: std::mem::take(&mut self.not_understood),
        };
        (sums, source)
    }
}

fn sum(source: &str, call: Call, span: Span) -> link::Sum {
    let Protocol(protocol) = call.protocol;
    link::Sum {
        caller: Some(end(call.caller)),
        callee: Some(end(call.callee)),
        port: call.port.into(),
        protocol: protocol.into(),
        outcome: match call.said {
            Said::Unsaid => link::Outcome::Unsaid,
            Said::Permitted => link::Outcome::Permitted,
            Said::Unpermitted => link::Outcome::Unpermitted,
            Said::Dropped => link::Outcome::Dropped,
            Said::Logged => link::Outcome::Logged,
        }
        .into(),
        first: span.first,
        last: span.last,
        count: span.count,
        source: source.to_owned(),
        prefix: call.prefix.as_deref().unwrap_or_default().to_owned(),
        policy: call.policy.as_deref().unwrap_or_default().to_owned(),
        was_open: call.began == Began::Earlier,
        may_repeat: call.began == Began::PerhapsCounted,
    }
}

fn end(place: Place) -> link::End {
    let name = place.name.map(Arc::unwrap_or_clone).unwrap_or_default();
    let Name { namespace, name, labels, is_outside } = name;
    let address = match place.address {
        Some(IpAddr::V4(address)) => address.octets().to_vec(),
        Some(IpAddr::V6(address)) => address.octets().to_vec(),
        None => Vec::new(),
    };
    link::End { address, namespace, name, labels, is_outside }
}

/// A batch is at most about so long; what is more comes in another one of the same interval.
const BATCH: usize = 1 << 20;

/// Makes batches of what was taken. The sources come with the last.
pub(super) fn batches(
    node: &str,
    from: i64,
    to: i64,
    sums: Vec<link::Sum>,
    counters: Vec<link::Counter>,
    sources: Vec<link::Source>,
) -> Vec<link::Batch> {
    use prost::Message;
    let empty = || link::Batch { node: node.to_owned(), from, to, ..link::Batch::default() };
    let mut batches = Vec::new();
    let mut batch = empty();
    let mut length = 0;
    let mut room = |batch: &mut link::Batch, more: usize| {
        // With its tag and its length before it.
        length += more + 6;
        if length > BATCH {
            length = more + 6;
            batches.push(std::mem::replace(batch, empty()));
        }
    };
    for sum in sums {
        room(&mut batch, sum.encoded_len());
        batch.sums.push(sum);
    }
    for counter in counters {
        room(&mut batch, counter.encoded_len());
        batch.counters.push(counter);
    }
    batch.sources = sources;
    batches.push(batch);
    batches
}

/// How a source does, for metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) name: &'static str,
    pub(super) is_up: bool,
    pub(super) lost: u64,
    pub(super) last_record: i64,
}

/// How all do.
pub(super) fn reports(sources: &[Shared], now: Now) -> BTreeMap<&'static str, Report> {
    let report = |source: &Shared| {
        let source = source.lock();
        let (last_record, lost) = source.totals();
        (source.name, Report { name: source.name, is_up: source.hearing.is_up(now), lost, last_record })
    };
    sources.iter().filter(|source| !source.lock().is_absent).map(report).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Now {
        Now { unix: second * 1_000_000, boot: second * 1_000_000 }
    }

    #[test]
    fn silence_is_heard_only_with_proof_all_the_time() {
        let mut hearing = Hearing::new(30_000_000);
        assert!(!hearing.is_up(at(0)));
        assert_eq!(hearing.take(at(0)), Err("it has just begun".to_owned()));
        assert_eq!(hearing.take(at(5)), Err("it has just begun".to_owned()), "still no proof");
        hearing.prove(at(6));
        assert!(hearing.is_up(at(6)));
        assert!(hearing.take(at(10)).is_err(), "not during the whole interval");
        assert_eq!(hearing.take(at(20)), Ok(()));
        assert_eq!(hearing.take(at(36)), Ok(()), "a proof lasts a while");
        assert_eq!(hearing.take(at(37)), Err(NO_PROOF.to_owned()));
        // It comes back: the interval had a gap, the next has none.
        hearing.prove(at(41));
        assert!(hearing.take(at(47)).is_err());
        assert_eq!(hearing.take(at(57)), Ok(()));
        // A proof after one that had run out: between them nobody listened.
        hearing.prove(at(100));
        assert!(hearing.is_up(at(100)) && hearing.take(at(100)).is_err());
        // A fault in between is a gap even if it is mended before the interval ends.
        hearing.fail("cut");
        assert_eq!(hearing.fault(at(101)).as_deref(), Some("cut"));
        hearing.prove(at(102));
        assert_eq!(hearing.take(at(105)), Err("cut".to_owned()));
        assert_eq!(hearing.take(at(110)), Ok(()));
        hearing.gap("replaced");
        assert!(hearing.is_up(at(111)));
        assert_eq!(hearing.take(at(111)), Err("replaced".to_owned()));
        assert_eq!(hearing.take(at(112)), Ok(()));
        hearing.fail("gone");
        assert_eq!(hearing.take(at(113)), Err("gone".to_owned()));
        assert_eq!(hearing.take(at(120)), Err("gone".to_owned()), "as long as it lasts");
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_make_proof() {
        let mut hearing = Hearing::new(10_000_000);
        hearing.prove(at(100));
        hearing.take(at(100)).unwrap_err();
        let back = Now { unix: -5, boot: 105_000_000 };
        assert_eq!(hearing.take(back), Ok(()));
        let back = Now { unix: -5, boot: 111_000_000 };
        assert!(hearing.take(back).is_err());
    }

    #[test]
    fn loss_is_said_once_and_counted_for_good() {
        let shared = Shared::new("conntrack", 10);
        let mut source = shared.lock();
        source.lose(Some(3));
        source.lose(None);
        source.misread(2);
        let (_, first) = source.take(at(1));
        assert_eq!((first.lost, first.lost_unknown, first.not_understood), (3, true, 2));
        let (_, second) = source.take(at(2));
        assert_eq!((second.lost, second.lost_unknown, second.not_understood), (0, false, 0));
        assert_eq!(source.totals().1, 3);
    }

    /// What the collector would refuse is lost, and not sent.
    #[test]
    fn calls_with_names_that_nobody_takes_are_lost() {
        use hedgerow_observe::calico;
        use hedgerow_observe::sum::flows::CalicoFlows;
        use prost::Message as _;
        let recording = include_bytes!("../../../../testdata/observation/flows/master-iptables-c-enforce.pb");
        let update = calico::FlowUpdate::decode_length_delimited(&recording[..]).unwrap();
        let taken = |labels: usize| {
            let mut update = update.clone();
            let flow = update.flow.as_mut().unwrap();
            flow.key.as_mut().unwrap().reporter = 2;
            flow.num_connections_started = 3;
            flow.source_labels = (0..labels).map(|at| format!("l{at}=v")).collect();
            let shared = Shared::new("flows", 10);
            let mut source = shared.lock();
            source.hearing.prove(at(1));
            CalicoFlows::new(0).flow(&calico::flow(update).unwrap(), at(2_000_000_000), &mut source.sums);
            let (sums, told) = source.take(at(1));
            (sums.iter().map(|sum| sum.count).sum::<u64>(), told.lost)
        };
        assert_eq!(taken(128), (3, 0));
        assert_eq!(taken(129), (0, 3));
    }

    #[test]
    fn much_is_cut_into_batches_and_the_sources_are_in_the_last() {
        use prost::Message;
        let sums: Vec<link::Sum> =
            (0..5_000).map(|port| link::Sum { port, prefix: "p".repeat(1_000), ..link::Sum::default() }).collect();
        let counters = vec![link::Counter::default(); 3];
        let sources = vec![link::Source { name: "flows".to_owned(), ..link::Source::default() }];
        let batches = batches("n", 1, 2, sums.clone(), counters, sources.clone());
        assert!(batches.len() >= 5);
        for batch in &batches {
            assert!(batch.encoded_len() < BATCH + 200, "{}", batch.encoded_len());
            assert_eq!((batch.node.as_str(), batch.from, batch.to), ("n", 1, 2));
        }
        let all: Vec<link::Sum> = batches.iter().flat_map(|batch| batch.sums.clone()).collect();
        assert_eq!(all, sums);
        assert_eq!(batches.iter().map(|batch| batch.counters.len()).sum::<usize>(), 3);
        let (last, others) = batches.split_last().unwrap();
        assert_eq!(last.sources, sources);
        assert!(others.iter().all(|batch| batch.sources.is_empty()));
    }
}
