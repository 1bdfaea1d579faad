//! Canaries: what they sent, from where they call, and which of their calls were seen.

use super::{Effect, Ledger, Report, day_of};
use crate::call::{Call, Party};
use crate::fleet::Fleet;
use crate::naming::{History, Holder, Micros, Name, Pod};
use serde::{Deserialize, Serialize};

/// Addresses of canaries that are known at a time.
const MAX_CANARIES: usize = 1024;
/// For how long after its last batch an address is a canary's.
const CANARY_LIFE: Micros = 120_000_000;
/// How long a canary's call may take to be seen: twice what Calico's flow messages take by default, and some.
pub const PATIENCE: Micros = 660_000_000;
/// Batches of a canary's calls to one callee that are waited for at a time.
const MAX_WAITING: usize = 1024;

/// Calls that were made to be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Canaries {
    /// How many were made.
    pub sent: u64,
    /// How many were seen.
    pub seen: u64,
    /// When one was seen last.
    pub last_seen: Option<Micros>,
    /// When the last was made that nobody saw within [`PATIENCE`].
    pub missed: Option<Micros>,
}

impl Canaries {
    /// Both together.
    pub fn merge(&mut self, other: Self) {
        self.sent = self.sent.saturating_add(other.sent);
        self.seen = self.seen.saturating_add(other.seen);
        self.last_seen = self.last_seen.max(other.last_seen);
        self.missed = self.missed.max(other.missed);
    }
}

/// Calls of canaries to one callee that nobody has seen yet: when, and how many.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting(pub Vec<(Micros, u64)>);

/// An address that a canary calls from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Perch {
    /// Until when calls from it are the canary's.
    pub until: Micros,
    /// The uid, namespace and name of the pod that has it, where that is known.
    pub pod: Option<(String, String, String)>,
}

impl Ledger {
    pub(super) fn take_sent(&mut self, report: &Report<'_>, names: &History, fleet: &Fleet, effect: &mut Effect) {
        for sent in report.sent.iter().filter(|sent| fleet.named(sent.callee).is_some()) {
            // Only the address of the pod that says it: else whoever has a canary's token could hide the calls of others.
            let (from, to) = (report.from.min(report.to), report.to.max(report.from));
            let pod = own_pod(names.name(sent.address, from, to), sent.uid);
            let until = report.to.saturating_add(CANARY_LIFE);
            self.perches.retain(|_, perch| perch.until.saturating_add(CANARY_LIFE) >= report.from);
            if let Some(pod) = pod
                && (self.perches.len() < MAX_CANARIES || self.perches.contains_key(&sent.address))
            {
                let perch = self.perches.entry(sent.address).or_insert(Perch { until, pod: None });
                perch.until = perch.until.max(until);
                perch.pod = Some(pod);
                effect.perches.insert(sent.address, perch.clone());
            }
            let mut canaries = Canaries { sent: sent.count, ..Canaries::default() };
            let waiting = self.waiting.entry(sent.callee.to_owned()).or_default();
            if sent.count > 0 {
                waiting.push_back((report.to, sent.count));
            }
            while let Some((at, _)) = waiting.front()
                && (report.to.saturating_sub(*at) > PATIENCE || waiting.len() > MAX_WAITING)
            {
                canaries.missed = canaries.missed.max(Some(*at));
                waiting.pop_front();
            }
            effect.waiting.insert(sent.callee.to_owned(), Waiting(waiting.iter().copied().collect()));
            effect.canaries.entry((day_of(report.to), sent.callee.to_owned())).or_default().merge(canaries);
        }
    }

    /// Canaries of a callee were seen: those that were made first are waited for no longer.
    pub(super) fn see_canaries(&mut self, callee: &str, mut count: u64, effect: &mut Effect) {
        let Some(waiting) = self.waiting.get_mut(callee) else { return };
        while let Some((_, open)) = waiting.front_mut()
            && count > 0
        {
            let part = count.min(*open);
            *open -= part;
            count -= part;
            if *open == 0 {
                waiting.pop_front();
            }
        }
        effect.waiting.insert(callee.to_owned(), Waiting(waiting.iter().copied().collect()));
    }

    /// Whether a canary made a call. An address that somebody else has by now is nobody's canary.
    pub(super) fn is_canary(&self, call: &Call<'_>, caller: &Party) -> bool {
        match call.caller.address {
            Some(address) => self.perches.get(&address).is_some_and(|perch| {
                let is_same =
                    |pod: &Pod| perch.pod.as_ref().is_none_or(|(uid, _, _)| pod.uid.is_empty() || pod.uid == *uid);
                call.first <= perch.until && caller.states().iter().all(|pod| is_same(pod))
            }),
            // Sources that give no addresses name the pod, or what its owner makes names of.
            None => self.perches.values().any(|perch| {
                perch.pod.as_ref().is_some_and(|(_, namespace, name)| {
                    let is_name = match call.caller.name.strip_suffix('*') {
                        Some(front) => !front.is_empty() && name.starts_with(front),
                        None => call.caller.name == name,
                    };
                    call.caller.namespace == namespace && is_name && call.first <= perch.until
                })
            }),
        }
    }
}

/// The uid, namespace and name of the pod of this uid, if the address is its, and can be nobody else's.
fn own_pod(name: Name, uid: &str) -> Option<(String, String, String)> {
    let (Name::Known(holders) | Name::Unknown(_, holders)) = name else { return None };
    let mut own = None;
    for holder in holders {
        match holder {
            Holder::Pod(pod) if !uid.is_empty() && pod.uid == uid => {
                own = Some((pod.uid.clone(), pod.namespace.clone(), pod.name.clone()));
            }
            Holder::Pod(_) | Holder::Node(_) => return None,
        }
    }
    own
}
