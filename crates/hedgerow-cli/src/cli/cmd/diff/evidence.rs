//! What traffic says of rules and entries that go: how often they are used, or what it is worth that they were not seen.

use crate::diff::{Change, Diff, EdgeChange, ExposureChange};
use hedgerow_core::fleet::{Fleet, Service};
use hedgerow_core::name::ServiceName;
use hedgerow_core::verdict::opens;
use hedgerow_observe::observations::{End, Observation, Observations};
use hedgerow_ready::reconcile::Seen;
use hedgerow_ready::used::{Ears, Perhaps, port, rate, sum};
use std::collections::{BTreeMap, BTreeSet};

/// Of each rule and entry that goes, what traffic says. Empty where nobody asked.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    edges: BTreeMap<(String, String), Said>,
    exposure: BTreeMap<(String, String, Vec<String>), Said>,
}

/// What traffic says of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// Whether it was seen: to take it away cuts somebody off.
    pub(super) is_used: bool,
    /// How often, in all.
    pub(super) count: u64,
    /// When last, as RFC 3339.
    pub(super) last: Option<String>,
    /// On which ports.
    pub(super) ports: BTreeSet<String>,
    /// A sentence, without its full stop.
    pub(super) text: String,
}

impl Evidence {
    /// Of the fleets before and after.
    pub(super) fn of(diff: &Diff, fleets: (&Fleet, &Fleet), observations: &[Observations]) -> Self {
        let mut evidence = Self::default();
        if observations.is_empty() {
            return evidence;
        }
        let witness = Witness::new(observations);
        for edge in diff.edges.iter().filter(|edge| edge.change != Change::Added) {
            if let Some(said) = witness.of_edge(edge, fleets) {
                evidence.edges.insert((edge.caller.clone(), edge.callee.clone()), said);
            }
        }
        for exposure in diff.exposure.iter().filter(|exposure| exposure.change == Change::Removed) {
            let key = (exposure.callee.clone(), exposure.peers.clone(), exposure.ports.clone());
            evidence.exposure.insert(key, witness.of_exposure(exposure));
        }
        evidence
    }

    pub(super) fn edge(&self, edge: &EdgeChange) -> Option<&Said> {
        self.edges.get(&(edge.caller.clone(), edge.callee.clone()))
    }

    pub(super) fn exposure(&self, exposure: &ExposureChange) -> Option<&Said> {
        let key = (exposure.callee.clone(), exposure.peers.clone(), exposure.ports.clone());
        self.exposure.get(&key).filter(|_| exposure.change == Change::Removed)
    }
}

/// Several observations, found by callee.
struct Witness<'o> {
    all: Vec<(&'o Observations, Ears<'o>, Perhaps<'o>)>,
}

impl<'o> Witness<'o> {
    fn new(observations: &'o [Observations]) -> Self {
        let one = |observations: &'o Observations| (observations, Ears::new(observations), Perhaps::new(observations));
        Self { all: observations.iter().map(one).collect() }
    }

    /// What is said of a rule that goes, or loses ports. Nothing of one that loses none.
    fn of_edge(&self, edge: &EdgeChange, (base, head): (&Fleet, &Fleet)) -> Option<Said> {
        let names = (ServiceName::new(&edge.caller).ok()?, ServiceName::new(&edge.callee).ok()?);
        let (before, after) = (base.rule(&names.0, &names.1)?, head.rule(&names.0, &names.1));
        let (callee, callee_after) = (base.known(&edge.callee)?, head.known(&edge.callee));
        let goes = |observation: &Observation| {
            matches!(&observation.caller, End::Service(name) if *name == edge.caller) && {
                let port = port(observation);
                let stays = after
                    .zip(callee_after)
                    .is_some_and(|(rule, callee)| port.is_some_and(|port| opens(&rule.ports, callee, port)));
                port.is_some_and(|port| opens(&before.ports, callee, port)) && !stays
            }
        };
        if after.is_some() && !is_narrower(edge) {
            return None;
        }
        let what = if after.is_some() { "the ports that go are used" } else { "this rule is used" };
        let mut said = self.said(&edge.callee, what, goes, Some(&edge.caller));
        if said.is_used {
            let by_type = after.is_none() && permits_by_type(head, base.known(&edge.caller), callee_after);
            said.text.push_str(&if by_type {
                "; the types still permit the call".to_owned()
            } else {
                format!("; after this change the call is dropped where `{}` is enforced", edge.callee)
            });
        }
        Some(said)
    }

    /// What is said of an `allow` entry that goes: which callers it let in cannot be told.
    fn of_exposure(&self, exposure: &ExposureChange) -> Said {
        let goes = |observation: &Observation| matches!(observation.caller, End::Outsider(_));
        let callers: BTreeSet<&str> = self
            .all
            .iter()
            .flat_map(|(observations, ..)| &observations.observed)
            .filter(|observation| observation.callee == exposure.callee)
            .filter_map(|observation| match &observation.caller {
                End::Outsider(name) => Some(name.as_str()),
                End::Service(_) | End::Unknown(_) => None,
            })
            .collect();
        let what = format!(
            "{} that {} no service{} called `{}`",
            crate::cli::report::count(callers.len(), "caller"),
            if callers.len() == 1 { "is" } else { "are" },
            if callers.len() == 1 { "" } else { "s" },
            exposure.callee
        );
        let mut said = self.said(&exposure.callee, &what, goes, None);
        if said.is_used {
            said.text.push_str("; whether this entry let them in cannot be told");
        }
        said
    }

    fn said(&self, callee: &str, what: &str, goes: impl Fn(&Observation) -> bool, caller: Option<&str>) -> Said {
        let mut said = Said { is_used: false, count: 0, last: None, ports: BTreeSet::new(), text: String::new() };
        let (mut used, mut silent) = (Vec::new(), Vec::new());
        for (observations, ears, perhaps) in &self.all {
            let lines =
                observations.observed.iter().filter(|observation| observation.callee == callee && goes(observation));
            let lines: Vec<&Observation> = lines.collect();
            match sum(&lines) {
                Some(seen) => used.push((seen, rate(&seen, observations))),
                None => {
                    let maybe = caller.map_or(0, |caller| perhaps.of(caller, callee));
                    let silence = ears.listened(callee).silence(observations);
                    silent.push(if maybe > 0 {
                        format!("{silence}; {maybe} of the calls whose caller cannot be told may have been its")
                    } else {
                        silence
                    });
                }
            }
            said.ports.extend(lines.iter().map(|line| format!("{}/{}", line.port, line.protocol)));
        }
        said.is_used = !used.is_empty();
        said.count = used.iter().fold(0, |sum, (seen, _)| sum.saturating_add(seen.count));
        let last = used.iter().map(|(seen, _): &(Seen, String)| seen.last).max().map(String::from);
        said.text = match &last {
            Some(last) => {
                let rates: Vec<&str> = used.iter().map(|(_, rate)| rate.as_str()).collect();
                format!("{what} {}, last seen {last}", rates.join(" and "))
            }
            None => silent.join("; "),
        };
        said.last = last;
        said
    }
}

/// Whether ports go that were open before.
fn is_narrower(edge: &EdgeChange) -> bool {
    let (Some(before), Some(after)) = (&edge.before, &edge.after) else { return edge.after.is_none() };
    let is_all = |ports: &[String]| ports == ["all"];
    !is_all(after) && (is_all(before) || before.iter().any(|port| !after.contains(port)))
}

fn permits_by_type(head: &Fleet, caller: Option<&Service>, callee: Option<&Service>) -> bool {
    let of = |service: Option<&Service>| service.and_then(|service| service.service_type.clone());
    let (Some(caller), Some(callee)) = (of(caller), of(callee)) else { return false };
    let callers = head.config().types.get(&callee).and_then(Option::as_ref);
    callers.is_some_and(|callers| callers.iter().any(|known| *known == caller))
}
