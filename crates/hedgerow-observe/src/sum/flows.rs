//! Flows with verdicts → calls: Calico's flow socket, and Hubble.
//!
//! Both ends of a call report it. The callee's side counts; the caller's is put aside, unless the callee is outside of the cluster and has no
//! side.

use super::recent::{Recent, fingerprint};
use super::{Aside, Began, Call, Name, Now, Place, Said, Sums, policy_text};
use crate::record::{Direction, End, EndKind, Flow, FlowEvent, Hit, HitAction, Outcome, PolicyKind, Protocol, When};
use std::sync::Arc;

/// Felix sends again what it kept for up to five minutes, in microseconds, with room for what was under way.
const SENT_AGAIN_WITHIN: i64 = 900_000_000;
/// Hubble: a connection that shows nothing for so long is another one, in microseconds.
const SAME: i64 = 60_000_000;

/// Tells calls from the flows of Calico's socket.
#[derive(Clone, Debug)]
pub struct CalicoFlows {
    seen: Recent,
    /// What began before this is from before this run: whole seconds, as the flows have.
    since: i64,
}

impl CalicoFlows {
    /// For a run that begins at this time.
    #[must_use]
    pub fn new(since: i64) -> Self {
        Self { seen: Recent::new(1 << 15, SENT_AGAIN_WITHIN), since: since - since.rem_euclid(1_000_000) }
    }

    /// Takes one flow. What counts is how many connections began: a connection that goes on is reported at each flush.
    pub fn flow(&mut self, flow: &Flow, now: Now, sums: &mut Sums) {
        if is_callers_side(flow) {
            sums.put_aside(Aside::CallersSide);
            return;
        }
        if flow.when != When::Unsaid && self.seen.see(flow_key(flow), now.boot, 0).is_some() {
            sums.put_aside(Aside::Repetition);
            return;
        }
        let at = now.of(flow.when);
        let counts = flow.counts;
        let (began, count) = match counts.started {
            None => (Began::Now, 1),
            Some(0) => {
                let open = counts.live.unwrap_or(0).saturating_sub(counts.completed.unwrap_or(0));
                if open == 0 {
                    // What was counted when it began has ended.
                    sums.put_aside(Aside::Amid);
                    return;
                }
                (Began::Earlier, open)
            }
            Some(started) => (Began::Now, started),
        };
        let began = if began == Began::Now && at < self.since { Began::PerhapsCounted } else { began };
        let (said, policy) = verdict(flow);
        sums.add(call(flow, said, began, policy), at, count);
    }
}

/// Tells calls from Hubble's flows: one call has several, and each packet that is sent again has them, too.
#[derive(Clone, Debug)]
pub struct HubbleFlows {
    seen: Recent,
    since: i64,
}

impl HubbleFlows {
    /// For a run that begins at this time.
    #[must_use]
    pub fn new(since: i64) -> Self {
        Self { seen: Recent::new(1 << 15, SAME), since }
    }

    /// Takes one flow.
    pub fn flow(&mut self, flow: &Flow, now: Now, sums: &mut Sums) {
        let at = now.of(flow.when);
        if let Some(why) = self.aside(flow, at) {
            sums.put_aside(why);
            return;
        }
        let said = match (flow.outcome, flow.event) {
            (Outcome::Denied, _) => Said::Dropped,
            (Outcome::Audited, _) => Said::Unpermitted,
            (Outcome::Allowed, FlowEvent::Verdict) => Said::Permitted,
            // It passed by: no policy was asked, or the verdict was not kept.
            (Outcome::Allowed | Outcome::Unsaid, _) => Said::Unsaid,
        };
        let policy = decider(&flow.enforced).map(|hit| Arc::from(policy_text(&hit.policy)));
        let began = if at < self.since { Began::PerhapsCounted } else { Began::Now };
        sums.add(call(flow, said, began, policy), at, flow.counts.times.unwrap_or(1));
    }

    fn aside(&mut self, flow: &Flow, at: i64) -> Option<Aside> {
        if is_callers_side(flow) {
            return Some(Aside::CallersSide);
        }
        if flow.is_reply == Some(true) {
            return Some(Aside::Answer);
        }
        if flow.opens == Some(false) || flow.outcome == Outcome::Unsaid {
            return Some(Aside::Amid);
        }
        if let (Some(caller), Some(callee)) = (flow.caller.address, flow.callee.address)
            && let Some(why) = super::no_call(caller, callee)
        {
            return Some(why);
        }
        let end = |end: &End| (end.address, end.namespace.clone(), end.name.clone());
        let connection = (end(&flow.caller), flow.caller.port, end(&flow.callee), flow.port, flow.protocol);
        let mark = match flow.outcome {
            Outcome::Allowed | Outcome::Unsaid => 1,
            Outcome::Denied => 2,
            Outcome::Audited => 3,
        };
        let key = fingerprint(&connection);
        let before = self.seen.see(key, at, mark)?;
        // An export with a mask may have no caller's port: then each verdict is a call, and what is no verdict tells nothing new for a while.
        let is_told_apart = flow.caller.port.is_some() || !flow.protocol.is_some_and(Protocol::has_ports);
        let is_same = match flow.event {
            FlowEvent::Verdict => before == mark && is_told_apart,
            // That a packet passed by says less than what a policy said of it.
            FlowEvent::Trace | FlowEvent::Unsaid => before == mark || mark == 1,
            FlowEvent::Drop => before == mark,
        };
        if is_same && before != mark {
            self.seen.see(key, at, before);
        }
        is_same.then_some(Aside::Repetition)
    }
}

/// Whether it is the view of the caller's side, and the callee has one of its own.
fn is_callers_side(flow: &Flow) -> bool {
    let has_side = match flow.callee.kind {
        EndKind::Pod => true,
        EndKind::Unsaid => flow.callee.namespace.is_some(),
        EndKind::Host | EndKind::Network | EndKind::NetworkSet => false,
    };
    flow.direction == Some(Direction::Egress) && has_side
}

/// What tells a flow from all others of this node. Policies come in any order.
fn flow_key(flow: &Flow) -> u64 {
    let end = |end: &End| (end.kind, end.namespace.clone(), end.name.clone());
    let hits = |hits: &[Hit]| {
        let mut texts: Vec<String> = hits.iter().map(|hit| format!("{hit:?}")).collect();
        texts.sort();
        texts
    };
    let service = flow.service.as_ref().map(|service| format!("{service:?}"));
    let ends = (end(&flow.caller), end(&flow.callee), flow.port, flow.protocol, service);
    let ends = format!("{ends:?} {:?} {:?} {:?}", flow.direction, flow.outcome, flow.when);
    fingerprint(&(ends, hits(&flow.enforced), hits(&flow.pending)))
}

/// The hit that decided: the last that did not pass.
fn decider(hits: &[Hit]) -> Option<&Hit> {
    hits.iter().rev().find(|hit| matches!(hit.action, HitAction::Allow | HitAction::Deny))
}

/// The policy because of which a hit is there.
fn policy_of(hit: &Hit) -> &crate::record::Policy {
    match &hit.trigger {
        Some(trigger) if hit.policy.kind == PolicyKind::EndOfTier => trigger,
        _ => &hit.policy,
    }
}

/// What Calico's trace says, and which policy decided.
///
/// What was let in by a policy of Calico's own may have been let in by a backstop, and by a profile where no policy selects the callee: whether
/// that is permitted, the trace does not tell. A staged policy tells only while it alone would drop: a trace that ends in another policy's
/// drop is of a connection that is older than a change.
fn verdict(flow: &Flow) -> (Said, Option<Arc<str>>) {
    let text = |hit: &Hit| Arc::from(policy_text(policy_of(hit)));
    let enforced = decider(&flow.enforced);
    if flow.outcome == Outcome::Denied {
        return (Said::Dropped, enforced.map(text));
    }
    if let Some(hit) = decider(&flow.pending).filter(|hit| hit.action == HitAction::Deny) {
        let is_staged = matches!(
            policy_of(hit).kind,
            PolicyKind::StagedKubernetesNetworkPolicy
                | PolicyKind::StagedNetworkPolicy
                | PolicyKind::StagedGlobalNetworkPolicy
        );
        return if is_staged { (Said::Unpermitted, Some(text(hit))) } else { (Said::Unsaid, enforced.map(text)) };
    }
    let is_sure = flow.outcome == Outcome::Allowed
        && enforced.is_some_and(|hit| {
            hit.action == HitAction::Allow
                && !matches!(
                    hit.policy.kind,
                    PolicyKind::CalicoNetworkPolicy
                        | PolicyKind::Profile
                        | PolicyKind::EndOfTier
                        | PolicyKind::Other(_)
                )
        });
    (if is_sure { Said::Permitted } else { Said::Unsaid }, enforced.map(text))
}

fn call(flow: &Flow, said: Said, began: Began, policy: Option<Arc<str>>) -> Call {
    Call {
        caller: place(&flow.caller),
        callee: place(&flow.callee),
        port: flow.port.unwrap_or(0),
        protocol: flow.protocol.unwrap_or(Protocol(0)),
        said,
        began,
        prefix: None,
        policy,
    }
}

fn place(end: &End) -> Place {
    let name = Name {
        namespace: end.namespace.clone().unwrap_or_default(),
        name: end.name.clone().unwrap_or_default(),
        labels: end.labels.clone(),
        is_outside: matches!(end.kind, EndKind::Host | EndKind::Network | EndKind::NetworkSet),
    };
    Place {
        address: end.address.map(|address| address.to_canonical()),
        name: (name != Name::default()).then(|| Arc::new(name)),
    }
}
