//! What a source with a verdict says of a flow.

use crate::record::{Direction, Flow, FlowEvent, HitAction, Origin, Outcome, Policy, PolicyKind};

/// What a source says became of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// It does not say: the policies are asked.
    #[default]
    Unsaid,
    /// A policy permits it, or none selects the callee.
    Permitted,
    /// It got through because of a backstop or a staged policy.
    Unpermitted,
    /// It was dropped.
    Dropped,
    /// A log rule met it; whether it was dropped then, the policies tell.
    Logged,
}

/// Whether a policy lets in whatever others have not decided about.
pub type Backstops<'a> = &'a mut dyn FnMut(&Policy) -> bool;

/// What a flow says of its call; nothing where it tells of no call, or of one that another record tells of: the caller's view of it, answers,
/// what was left over of a flow that was reported before, and what passes by in the middle of a connection.
pub fn said(flow: &Flow, is_backstop: Backstops<'_>) -> Option<Said> {
    if flow.is_reply == Some(true) || flow.direction == Some(Direction::Egress) {
        return None;
    }
    // Calico reports a flow again until it is forgotten.
    if flow.counts.started == Some(0) {
        return None;
    }
    if flow.origin == Origin::Hubble {
        match flow.event {
            FlowEvent::Verdict | FlowEvent::Unsaid => {}
            // There is a verdict for the same packet.
            FlowEvent::Drop => return None,
            // Of pods that no policy selects there is nothing else. Packets in the middle of a connection are no calls.
            FlowEvent::Trace if flow.opens == Some(false) => return None,
            FlowEvent::Trace => return Some(Said::Unsaid),
        }
    }
    Some(match flow.outcome {
        Outcome::Denied => Said::Dropped,
        Outcome::Audited => Said::Unpermitted,
        Outcome::Allowed | Outcome::Unsaid => {
            let is_stopped = flow.pending.iter().any(|hit| hit.action == HitAction::Deny);
            let by_backstop = flow.enforced.last().is_some_and(|hit| {
                hit.action == HitAction::Allow
                    && matches!(hit.policy.kind, PolicyKind::CalicoNetworkPolicy | PolicyKind::GlobalNetworkPolicy)
                    && is_backstop(&hit.policy)
            });
            match flow.outcome {
                _ if is_stopped || by_backstop => Said::Unpermitted,
                Outcome::Allowed => Said::Permitted,
                Outcome::Unsaid | Outcome::Denied | Outcome::Audited => Said::Unsaid,
            }
        }
    })
}
