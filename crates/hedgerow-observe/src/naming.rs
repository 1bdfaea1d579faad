//! Who had an address at a moment: from what a watch of pods tells, late, twice and out of order.
//!
//! Everything is an interval, because nothing is known to the moment: an event tells of a change that happened some time before it
//! came. A name is given only where it is certain for the whole of the time that is asked for; else the answer is who it may have
//! been. Addresses are used again within a second, so in doubt there is no name.
//!
//! - A pod *certainly* had an address from the first moment by which it had it to the last at which it still had it.
//! - It *may* have had it from the first moment at which it can have got it, until it was certainly gone.
//! - Nothing is certain after [`History::heard`]: what has not been told may have happened.
//! - Pods on their node's network share its address; that is the node's.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// The most holders that are remembered of one address. What is beyond makes the address unknown, never somebody else's.
pub const MAX_HOLDERS: usize = 64;
/// The most states that are remembered of one pod at one address.
const MAX_STATES: usize = 32;
/// The most times that are remembered of which not everything was told. Beyond, two become one that is longer.
const MAX_MISSED: usize = 256;

/// A time in microseconds since 1970, by the clock that all events are on.
pub type Micros = i64;

/// When something happened: not before `from`, and not after `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within {
    /// The first moment at which it can have happened.
    pub from: Micros,
    /// The last.
    pub to: Micros,
}

impl Within {
    /// Some time up to `lag` before an event of it was received.
    #[must_use]
    pub const fn before(received: Micros, lag: Micros) -> Self {
        Self { from: received.saturating_sub(lag), to: received }
    }

    /// Exactly then.
    #[must_use]
    pub const fn at(moment: Micros) -> Self {
        Self { from: moment, to: moment }
    }
}

/// A pod, as one state of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pod {
    /// What tells it from another one of its name.
    pub uid: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its labels: pods of one template share them.
    pub labels: Arc<BTreeMap<String, String>>,
}

/// Who holds an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// A pod. States of one pod are one holder.
    Pod(Arc<Pod>),
    /// A node, by its name; its pods on the host's network are meant too.
    Node(Arc<str>),
}

impl Holder {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Pod(a), Self::Pod(b)) => a.uid == b.uid,
            (Self::Node(a), Self::Node(b)) => a == b,
            (Self::Pod(_), Self::Node(_)) | (Self::Node(_), Self::Pod(_)) => false,
        }
    }
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// One holder for the whole time, with each state that it may have been in: one, or more around a change of labels.
    Known(Vec<Holder>),
    /// Nobody that the cluster knows: an address outside.
    Outside,
    /// It cannot be told. Who it may have been, as far as that is known.
    Unknown(Doubt, Vec<Holder>),
}

/// Why an address has no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// Somebody got or gave up the address near that time.
    Change,
    /// The time is later than anything that was told: ask again.
    NotYet,
    /// The time is before what is remembered.
    TooLong,
}

/// One holder's time at one address.
#[derive(Clone, Debug)]
struct Tenure {
    /// The states in which it was seen, by time; of three that are the same in a row the middle one is left out.
    states: Vec<(Within, Holder)>,
    /// From when on the states are remembered.
    remembers: Micros,
    /// When it got the address.
    start: Within,
    /// When it gave it up. Without `to` it may have got it back.
    end: Option<(Micros, Option<Micros>)>,
}

/// Which holder had which address when.
#[derive(Clone, Debug, Default)]
pub struct History {
    addresses: BTreeMap<IpAddr, Vec<Tenure>>,
    /// Where each pod was seen, to end it.
    pods: BTreeMap<String, Vec<IpAddr>>,
    /// Pods that are gone for good, and when: one may be told to be gone before it is told to be there.
    ended: BTreeMap<String, Within>,
    heard: Option<Micros>,
    since: Option<Micros>,
    /// Addresses with more holders than are remembered, until when nothing is known of them.
    crowded: BTreeMap<IpAddr, Micros>,
    /// Times of which not everything was told, ascending.
    missed: Vec<(Micros, Micros)>,
}

impl History {
    /// Remembers nothing, from `since` on: of earlier times nothing is known.
    #[must_use]
    pub fn new(since: Micros) -> Self {
        Self { since: Some(since), ..Self::default() }
    }

    /// Says that every change up to `until` was told. A watch that is cut does not say so.
    pub fn heard(&mut self, until: Micros) {
        self.heard = Some(self.heard.map_or(until, |heard| heard.max(until)));
    }

    /// Says that the clock was set back to about `until`: nothing after it was told yet, and what is said of the time until where it
    /// was before may be of either.
    pub fn set_back(&mut self, until: Micros) {
        if let Some(heard) = self.heard.filter(|heard| until < *heard) {
            self.missed(until, heard);
            self.heard = Some(until);
        }
    }

    /// Says that between these moments somebody may have come and gone without being told: a watch was broken, and began anew with a
    /// list. Whom the list tells, and who was there before, is known all the same; an address that nobody is known to have held then
    /// may have been anybody's.
    pub fn missed(&mut self, from: Micros, to: Micros) {
        match self.missed.last_mut() {
            Some(last) if from <= last.1 => *last = (last.0.min(from), last.1.max(to)),
            _ => self.missed.push((from, to)),
        }
        if self.missed.len() > MAX_MISSED {
            let (from, _) = self.missed.remove(0);
            if let Some(first) = self.missed.first_mut() {
                first.0 = first.0.min(from);
            }
        }
    }

    /// A pod or node holds these addresses at some time within `when`; it cannot have existed before `born`. Addresses that it
    /// was known to hold and does not any more are given up.
    pub fn holds(&mut self, holder: &Holder, addresses: &[IpAddr], born: Micros, when: Within) {
        for address in addresses {
            self.hold(*address, holder, born, when);
        }
        if let Holder::Pod(pod) = holder {
            let before = self.pods.entry(pod.uid.clone()).or_default();
            let left: Vec<_> = before.iter().filter(|address| !addresses.contains(address)).copied().collect();
            for address in addresses {
                if !before.contains(address) {
                    // Most have one, or one of each family.
                    before.reserve_exact(1);
                    before.push(*address);
                }
            }
            for address in left {
                self.leave(address, holder, when);
            }
            if let Some(ended) = self.ended.get(&pod.uid).copied() {
                for address in addresses {
                    self.leave(*address, holder, ended);
                }
            }
        }
    }

    /// A pod or node is gone, some time within `when`, with all of its addresses.
    pub fn gone(&mut self, holder: &Holder, when: Within) {
        match holder {
            Holder::Pod(pod) => {
                let ended = self.ended.entry(pod.uid.clone()).or_insert(when);
                *ended = Within { from: ended.from.min(when.from), to: ended.to.min(when.to) };
                for address in self.pods.get(&pod.uid).cloned().unwrap_or_default() {
                    self.leave(address, holder, when);
                }
            }
            Holder::Node(_) => {
                let held = self
                    .addresses
                    .iter()
                    .filter(|(_, tenures)| tenures.iter().any(|tenure| tenure.is_of(holder) && tenure.end.is_none()));
                for address in held.map(|(address, _)| *address).collect::<Vec<_>>() {
                    self.leave(address, holder, when);
                }
            }
        }
    }

    /// Everything that holds addresses at some time within `when`, by uid: pods that are not among them are gone since they were
    /// seen last. What a list after a broken watch tells.
    pub fn only(&mut self, pods: &BTreeSet<String>, when: Within) {
        let gone: Vec<_> = self.pods.keys().filter(|uid| !pods.contains(*uid)).cloned().collect();
        let heard = self.heard.unwrap_or(Micros::MIN);
        for uid in gone {
            for address in self.pods.get(&uid).cloned().unwrap_or_default() {
                let tenures = self.addresses.entry(address).or_default();
                for tenure in tenures.iter_mut().filter(|tenure| tenure.is_of_pod(&uid) && tenure.end.is_none()) {
                    // It may have gone at any time since it was seen last; but not when that would have been told.
                    tenure.end = Some((tenure.seen().max(heard).min(when.to), Some(when.to)));
                }
            }
        }
    }

    /// Who had `address` for all of the time from `from` to `to`.
    #[must_use]
    pub fn name(&self, address: IpAddr, from: Micros, to: Micros) -> Name {
        let tenures = self.addresses.get(&address).map(Vec::as_slice).unwrap_or_default();
        let possible: Vec<&Tenure> = tenures.iter().filter(|tenure| tenure.may_hold(from, to)).collect();
        let candidates = || possible.iter().flat_map(|tenure| tenure.states_in(from, to)).collect::<Vec<_>>();
        if self.since.is_none_or(|since| from < since) || self.crowded.get(&address).is_some_and(|until| from <= *until)
        {
            return Name::Unknown(Doubt::TooLong, candidates());
        }
        if self.heard.is_none_or(|heard| to > heard) {
            return Name::Unknown(Doubt::NotYet, candidates());
        }
        match possible.as_slice() {
            [] if self.missed.iter().any(|(start, end)| from <= *end && to >= *start) => {
                Name::Unknown(Doubt::Change, Vec::new())
            }
            [] => Name::Outside,
            [only] if only.holds(from, to) && from < only.remembers => Name::Unknown(Doubt::TooLong, candidates()),
            [only] if only.holds(from, to) => Name::Known(only.states_in(from, to)),
            _ => Name::Unknown(Doubt::Change, candidates()),
        }
    }

    /// Forgets who gave up an address before `before`. Of that time nothing is known any more.
    pub fn forget(&mut self, before: Micros) {
        self.since = Some(self.since.map_or(before, |since| since.max(before)));
        self.addresses.retain(|_, tenures| {
            tenures.retain(|tenure| !matches!(tenure.end, Some((_, Some(end))) if end < before));
            tenures.iter_mut().for_each(|tenure| tenure.forget(before));
            !tenures.is_empty()
        });
        self.ended.retain(|_, when| when.to >= before);
        self.crowded.retain(|_, until| *until >= before);
        self.missed.retain(|(_, end)| *end >= before);
        let addresses = &self.addresses;
        self.pods.retain(|uid, held| {
            held.retain(|address| {
                addresses.get(address).is_some_and(|tenures| tenures.iter().any(|tenure| tenure.is_of_pod(uid)))
            });
            !held.is_empty()
        });
    }

    /// How many holders of addresses are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.addresses.values().map(Vec::len).sum()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }

    fn hold(&mut self, address: IpAddr, holder: &Holder, born: Micros, when: Within) {
        let tenures = self.addresses.entry(address).or_default();
        let last = tenures.iter_mut().rfind(|tenure| tenure.is_of(holder));
        if let Some(tenure) = last
            && tenure.sees(holder, when)
        {
            return;
        }
        let start = Within { from: born.min(when.from), to: when.to };
        // Most addresses have one holder at a time.
        tenures.reserve_exact(1);
        tenures.push(Tenure { states: vec![(start, holder.clone())], remembers: Micros::MIN, start, end: None });
        if tenures.len() > MAX_HOLDERS {
            let oldest = tenures.remove(0);
            let until = match oldest.end {
                Some((_, Some(end))) => end,
                // It is still there for all that is known: nothing can be said of this address.
                _ => Micros::MAX,
            };
            let crowded = self.crowded.entry(address).or_insert(until);
            *crowded = (*crowded).max(until);
        }
    }

    fn leave(&mut self, address: IpAddr, holder: &Holder, when: Within) {
        let tenures = self.addresses.entry(address).or_default();
        for tenure in tenures.iter_mut().filter(|tenure| tenure.is_of(holder)) {
            match tenure.end {
                None => tenure.end = Some((when.from.max(tenure.start.from), Some(when.to.max(tenure.start.from)))),
                // Told twice: both are true, so it is over by the earlier of the two, unless it had come back.
                Some((from, Some(to))) => {
                    let from = from.min(when.from);
                    tenure.end = Some((from, Some(to.min(when.to).max(from))));
                }
                Some((from, None)) => tenure.end = Some((from, Some(when.to))),
            }
        }
    }
}

impl Tenure {
    fn is_of(&self, holder: &Holder) -> bool {
        self.states.first().is_some_and(|(_, known)| known.is_same(holder))
    }

    fn is_of_pod(&self, uid: &str) -> bool {
        matches!(self.states.first(), Some((_, Holder::Pod(pod))) if pod.uid == uid)
    }

    /// The last moment at which it is known to have held the address.
    fn seen(&self) -> Micros {
        self.states.iter().map(|(when, _)| when.from).fold(self.start.to.min(self.start.from), Micros::max)
    }

    /// Takes in that the holder was seen; whether it is this tenure that was seen.
    fn sees(&mut self, holder: &Holder, when: Within) -> bool {
        match self.end {
            None => {}
            // Seen before it was gone: an event that came late.
            Some((from, Some(to))) if when.to <= to => self.end = Some((from.max(when.from.min(to)), Some(to))),
            // Surely after it was gone: it has the address again.
            Some((_, Some(to))) if when.from > to => return false,
            // It may have come back, or this came late: it may hold it until something tells otherwise.
            Some((from, _)) => self.end = Some((from, None)),
        }
        self.start = Within { from: self.start.from.min(when.from), to: self.start.to.min(when.to) };
        self.states.reserve_exact(1);
        self.states.push((when, holder.clone()));
        self.states.sort_by_key(|(seen, _)| (seen.from, seen.to));
        // Seen before and after in the same state: what came between is told by itself.
        if let Some(middle) = self.states.windows(3).position(|w| w[0].1 == w[1].1 && w[1].1 == w[2].1) {
            self.states.remove(middle + 1);
        }
        if self.states.len() > MAX_STATES {
            let (oldest, _) = self.states.remove(0);
            self.remembers = self.remembers.max(self.superseded(oldest).unwrap_or(Micros::MAX));
        }
        true
    }

    fn may_hold(&self, from: Micros, to: Micros) -> bool {
        let is_over = matches!(self.end, Some((_, Some(end))) if end < from);
        self.start.from <= to && !is_over
    }

    fn holds(&self, from: Micros, to: Micros) -> bool {
        let is_still_there = match self.end {
            None => true,
            Some((end, _)) => to < end,
        };
        self.start.to <= from && is_still_there
    }

    /// Each state that it may have been in during a time.
    fn states_in(&self, from: Micros, to: Micros) -> Vec<Holder> {
        let mut states: Vec<Holder> = Vec::new();
        for (at, (seen, holder)) in self.states.iter().enumerate().filter(|(_, (seen, _))| seen.from <= to) {
            // It was seen in another state after this one and before the time.
            let later = self.states.iter().skip(at + 1);
            let is_past = later.clone().any(|(other, _)| other.from >= seen.to && other.to < from);
            if !is_past && !states.contains(holder) {
                states.push(holder.clone());
            }
        }
        if states.is_empty() {
            states.extend(self.states.first().map(|(_, holder)| holder.clone()));
        }
        states
    }

    /// When it was surely in another state than one that it was seen in at `seen`; nothing where that is not certain.
    fn superseded(&self, seen: Within) -> Option<Micros> {
        self.states.iter().filter(|(later, _)| later.from >= seen.to && *later != seen).map(|(later, _)| later.to).min()
    }

    fn forget(&mut self, before: Micros) {
        let is_past = |(seen, _): &(Within, Holder)| self.superseded(*seen).is_some_and(|at| at < before);
        let past: Vec<bool> = self.states.iter().map(is_past).collect();
        let mut past = past.into_iter();
        self.states.retain(|_| !past.next().unwrap_or(false));
    }
}
