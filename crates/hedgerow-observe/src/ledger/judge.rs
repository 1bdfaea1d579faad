//! What became of a call whose ends have names, and as which edge it counts.

use super::{Edge, Effect, Ledger, Report, Tally, day_of};
use crate::call::{Call, Outsider, Party};
use crate::fleet::{Fleet, Labels, Service};
use crate::observations::{End, Verdict};
use crate::sum::Said;
use crate::verdict::{Ask, Class, Verdicts, Who};

/// A call whose ends have names.
pub(super) struct Named<'r, 'a> {
    pub(super) call: &'r Call<'a>,
    pub(super) caller: Party,
    pub(super) callee: Party,
    pub(super) asks: Vec<Ask>,
}

impl Ledger {
    pub(super) fn count(
        &mut self,
        named: &Named<'_, '_>,
        report: &Report<'_>,
        fleet: &Fleet,
        verdicts: &mut Verdicts,
        effect: &mut Effect,
    ) {
        let call = named.call;
        let (callees, is_certain) = match &named.callee {
            Party::Service(id, _) => (vec![*id], true),
            Party::Unknown { services, .. } if !services.is_empty() => (services.clone(), false),
            Party::Unknown { candidates, .. } if is_nameless(candidates) => {
                self.miss(call, report, effect);
                return;
            }
            Party::Outsider(_) | Party::Unknown { .. } => {
                effect.aside = effect.aside.saturating_add(call.count);
                return;
            }
        };
        // What a node sends to its own pods no policy can stop, whichever of them it was.
        let is_own = is_own_node(&named.caller, report.node) && call.said != Said::Dropped;
        if !is_certain && !is_own {
            effect.uncertain = effect.uncertain.saturating_add(call.count);
        }
        let verdict = if is_own {
            Verdict::Permitted
        } else if is_certain {
            verdict(named, fleet, verdicts)
        } else {
            Verdict::Unknown
        };
        let may_be_dropped = match verdict {
            Verdict::Dropped => true,
            Verdict::Unknown => call.said == Said::Logged,
            Verdict::Permitted | Verdict::Unpermitted => false,
        };
        let is_second = self.is_second(call.source, may_be_dropped, report);
        for callee in callees {
            let Some(service) = fleet.service(callee) else { continue };
            let edge = Edge {
                callee: service.name.to_string(),
                caller: if is_own { End::Outsider(format!("node:{}", report.node)) } else { named.caller.end(fleet) },
                port: call.port,
                protocol: call.protocol,
                verdict,
            };
            let (edge, is_capped) = self.cap(edge);
            if is_capped {
                let capped = effect.capped.entry(edge.callee.clone()).or_default();
                *capped = capped.saturating_add(call.count);
            }
            self.reserve(&edge);
            let (first, last) = (call.first.min(call.last), call.last.max(call.first));
            let count = if is_second || call.was_open { 0 } else { call.count };
            effect.calls.entry((day_of(last), edge)).or_default().merge(Tally { count, first, last });
        }
    }
}

/// Whether nothing at all is known of who it was: at most its address.
fn is_nameless(candidates: &[String]) -> bool {
    candidates.iter().all(|candidate| candidate.starts_with("address:"))
}

/// Whether the reporting node itself called. Around a restart its address may have no certain name and one candidate only.
fn is_own_node(caller: &Party, node: &str) -> bool {
    match caller {
        Party::Outsider(Outsider::Node { name, .. }) => name == node,
        Party::Unknown { services, candidates } => {
            let is_node = |candidate: &String| candidate.strip_prefix("node:") == Some(node);
            services.is_empty() && !candidates.is_empty() && candidates.iter().all(is_node)
        }
        Party::Outsider(_) | Party::Service(..) => false,
    }
}

/// The questions to the policies: one for each pair of states that the ends may have been in.
pub(super) fn asks(named: &Named<'_, '_>, fleet: &Fleet, verdicts: &mut Verdicts) -> Vec<Ask> {
    let Party::Service(callee, states) = &named.callee else { return Vec::new() };
    let call = named.call;
    let service = fleet.service(*callee);
    let callees: Vec<Class> = states
        .iter()
        .map(|pod| {
            let (namespace, labels, address) = (pod.namespace.as_str(), &pod.labels, call.callee.address);
            verdicts.classify(Who::Pod { namespace, labels, address, service })
        })
        .collect();
    let callers: Vec<Class> = match &named.caller {
        Party::Service(_, states) | Party::Outsider(Outsider::Pod(states)) => states
            .iter()
            .map(|pod| {
                let (namespace, labels, address) = (pod.namespace.as_str(), &pod.labels, call.caller.address);
                verdicts.classify(Who::Pod { namespace, labels, address, service: None })
            })
            .collect(),
        Party::Outsider(Outsider::Address(address) | Outsider::Node { address: Some(address), .. }) => {
            vec![verdicts.classify(Who::Address(*address))]
        }
        // Somewhere outside: where policies tell no addresses apart, or all alike, that is enough.
        Party::Outsider(Outsider::Node { address: None, .. } | Outsider::Network(_)) => verdicts.classify_anywhere(),
        Party::Unknown { .. } => Vec::new(),
    };
    let ask = |caller: &Class, callee: &Class| Ask {
        caller: *caller,
        callee: *callee,
        port: call.port,
        protocol: call.protocol,
    };
    callers.iter().flat_map(|caller| callees.iter().map(move |callee| ask(caller, callee))).collect()
}

/// What became of a call: the same for every pair of states that its ends may have been in, or it cannot be told.
fn verdict(named: &Named<'_, '_>, fleet: &Fleet, verdicts: &mut Verdicts) -> Verdict {
    let call = named.call;
    fn side<'p>(party: &'p Party, labels: &'p Labels, fleet: &'p Fleet) -> Option<(&'p Service, &'p Labels)> {
        match party {
            Party::Service(id, _) => fleet.service(*id).map(|service| (service, labels)),
            Party::Outsider(_) | Party::Unknown { .. } => None,
        }
    }
    let none = Labels::new();
    fn labels<'p>(party: &'p Party, at: usize, none: &'p Labels) -> &'p Labels {
        party.states().get(at).map_or(none, |pod| &pod.labels)
    }
    let callees = named.callee.states().len().max(1);
    let asks = if named.asks.is_empty() { vec![None] } else { named.asks.iter().copied().map(Some).collect() };
    let mut all: Option<Verdict> = None;
    // The questions are in the order of the caller's states, and for each of the callee's.
    for (at, ask) in asks.into_iter().enumerate() {
        let (caller, callee) = (labels(&named.caller, at / callees, &none), labels(&named.callee, at % callees, &none));
        let sides = (side(&named.caller, caller, fleet), side(&named.callee, callee, fleet));
        let verdict = verdicts.settle(fleet, (call.said, call.policy), ask, sides);
        match all {
            Some(other) if other != verdict => return Verdict::Unknown,
            _ => all = Some(verdict),
        }
    }
    all.unwrap_or(Verdict::Unknown)
}
