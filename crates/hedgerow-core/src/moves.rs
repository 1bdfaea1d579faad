//! What may become of calls while a service goes from one protection to another.
//!
//! A deploy changes a service's policies and the labels of its pods by single writes, and the pods are replaced one by one. In
//! between, old and new stand beside each other. Which mixtures can arise is the host's doing ([`Host`]); [`loss`] looks at
//! all of them.
//!
//! The law: a call that gets through before the move and after it gets through at every moment of it.
//!
//! `crates/hedgerow/tests/moves` holds this module against rendered objects, the hosts' sorting and the evaluator.

use crate::plan::{Admits, Protection, Rest};

/// Who writes the objects, told apart by the order of the writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// Helm 3, Helm 4, and a pipe into `kubectl apply`: policies in the order of the stream, then workloads; what is no longer
    /// planned is deleted after that, or not at all.
    Stream,
    /// Argo CD: policies at once, then workloads; what is no longer planned is deleted first, or last where that is asked for.
    ArgoCd,
    /// `kustomize build` into `kubectl apply`: workloads, then policies by their version or in the order of the
    /// stream; deletions after that.
    Kustomize,
}

impl Host {
    /// All hosts.
    pub const ALL: [Self; 3] = [Self::Stream, Self::ArgoCd, Self::Kustomize];
}

/// What a move may cost on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// Nothing: whatever gets through before and after gets through in between.
    Nothing,
    /// Calls that nothing permits, although they get through before and after.
    Unpermitted,
    /// Permitted calls.
    Permitted,
}

/// What protects a service's pods, as far as it matters on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The enforced policy.
    pub policy: Held,
    /// What stands behind it; nothing where there is no such object.
    pub behind: Option<Behind>,
    /// Whether its pods say that their policy is live, so that the catch-all of their type selects them.
    pub is_live: bool,
}

/// A policy by whom it admits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    /// There is none.
    Absent,
    /// Anybody.
    Anybody,
    /// Those who have a rule.
    Callers,
}

/// What the object behind the policy does. Both isolate the pods by being there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Behind {
    /// It lets everything through.
    Lets,
    /// It logs and decides nothing.
    Logs,
}

impl From<&Protection> for Position {
    fn from(protection: &Protection) -> Self {
        let behind = |rest: Rest| match rest {
            Rest::Drop => None,
            Rest::LogAndDrop => Some(Behind::Logs),
            Rest::Allow | Rest::LogAndAllow => Some(Behind::Lets),
        };
        let held = |admits: &Admits| match admits {
            Admits::Anybody => Held::Anybody,
            Admits::Nobody | Admits::These(_) => Held::Callers,
        };
        match protection {
            Protection::Absent | Protection::Staged { .. } => {
                Self { policy: Held::Absent, behind: None, is_live: false }
            }
            Protection::Open { policy, rest } => {
                Self { policy: held(&policy.admits), behind: rest.and_then(behind), is_live: false }
            }
            Protection::Enforced { policy, rest } => {
                Self { policy: held(&policy.admits), behind: behind(*rest), is_live: true }
            }
        }
    }
}

/// Who calls, by what permits it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    Rule,
    Type,
    Nothing,
}

impl Caller {
    const ALL: [Self; 3] = [Self::Rule, Self::Type, Self::Nothing];
}

impl Position {
    /// Whether a call gets through to a pod: in all of Calico's tier, somebody has to let it in as soon as anything isolates.
    fn lets(self, caller: Caller, by_type: bool) -> bool {
        let catch_all = by_type && self.is_live;
        let is_isolated = self.policy != Held::Absent || self.behind.is_some() || catch_all;
        let by_policy = match self.policy {
            Held::Absent => false,
            Held::Anybody => true,
            Held::Callers => caller == Caller::Rule,
        };
        !is_isolated || by_policy || self.behind == Some(Behind::Lets) || (catch_all && caller == Caller::Type)
    }
}

/// A single write, or the moment from which on pods are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Policy,
    Behind,
    Pods,
}

/// The steps of a move, in groups; the steps of a group in the order that is written, or in any.
struct Phase {
    steps: Vec<Step>,
    any_order: bool,
}

impl Phase {
    fn any(steps: &[Step]) -> Self {
        Self { steps: steps.to_vec(), any_order: true }
    }

    /// Which of its steps may be done at some moment of it.
    fn moments(&self) -> Vec<Vec<Step>> {
        let count = self.steps.len();
        if self.any_order {
            let chosen =
                |set: usize| (0..count).filter(move |at| set & (1 << at) != 0).map(|at| self.steps[at]).collect();
            (0..1 << count).map(chosen).collect()
        } else {
            (0..=count).map(|done| self.steps[..done].to_vec()).collect()
        }
    }
}

/// What a move from one position to another may cost on a host. `by_type`: whether a catch-all may select the service's pods,
/// because its type has callers before or after.
#[must_use]
pub fn loss(host: Host, before: Position, after: Position, by_type: bool) -> Loss {
    plans(host, before, after)
        .iter()
        .map(|phases| loss_in(phases, before, after, by_type))
        .max()
        .unwrap_or(Loss::Nothing)
}

/// The orders in which a host may do it.
fn plans(host: Host, before: Position, after: Position) -> Vec<Vec<Phase>> {
    // What lets the rest through stands in front of the policy in the stream, what logs it stands behind.
    let (mut writes, mut deletions) = (Vec::new(), Vec::new());
    let is_written = |step| match step {
        Step::Policy => after.policy != Held::Absent,
        Step::Behind => after.behind.is_some(),
        Step::Pods => false,
    };
    let is_deleted = |step| match step {
        Step::Policy => before.policy != Held::Absent && after.policy == Held::Absent,
        Step::Behind => before.behind.is_some() && after.behind.is_none(),
        Step::Pods => false,
    };
    let order = |position: Position| match position.behind {
        Some(Behind::Lets) | None => [Step::Behind, Step::Policy],
        Some(Behind::Logs) => [Step::Policy, Step::Behind],
    };
    writes.extend(order(after).into_iter().filter(|step| is_written(*step)));
    deletions.extend(order(before).into_iter().filter(|step| is_deleted(*step)));
    // Both are called NetworkPolicy, and `v1` comes before `v3`.
    let by_version = || {
        let steps = [Step::Policy, Step::Behind].into_iter().filter(|step| is_written(*step)).collect();
        Phase { steps, any_order: false }
    };
    let in_order = || Phase { steps: writes.clone(), any_order: false };
    let (written, deleted, pods) = (|| Phase::any(&writes), || Phase::any(&deletions), || Phase::any(&[Step::Pods]));
    match host {
        Host::Stream => vec![vec![in_order(), pods(), deleted()]],
        Host::ArgoCd => vec![vec![deleted(), written(), pods()], vec![written(), pods(), deleted()]],
        Host::Kustomize => vec![vec![pods(), by_version(), deleted()], vec![pods(), in_order(), deleted()]],
    }
}

fn loss_in(phases: &[Phase], before: Position, after: Position, by_type: bool) -> Loss {
    let mut worst = Loss::Nothing;
    let mut done = Vec::new();
    for phase in phases {
        for moment in phase.moments() {
            let is_done = |step| done.contains(&step) || moment.contains(&step);
            let policy = if is_done(Step::Policy) { after.policy } else { before.policy };
            let behind = if is_done(Step::Behind) { after.behind } else { before.behind };
            // Old pods stay for as long as they like; new ones come as soon as the workload is written.
            let pods = [before.is_live, if is_done(Step::Pods) { after.is_live } else { before.is_live }];
            for (is_live, caller) in pods.into_iter().flat_map(|live| Caller::ALL.map(|caller| (live, caller))) {
                let is_meant = before.lets(caller, by_type) && after.lets(caller, by_type);
                if is_meant && !(Position { policy, behind, is_live }).lets(caller, by_type) {
                    let is_permitted = caller == Caller::Rule || (caller == Caller::Type && by_type);
                    worst = worst.max(if is_permitted { Loss::Permitted } else { Loss::Unpermitted });
                }
            }
        }
        done.extend(phase.steps.iter().copied());
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::Behind::{Lets, Logs};
    use super::Held::{Absent, Anybody, Callers};
    use super::*;

    const fn at(policy: Held, behind: Option<Behind>, is_live: bool) -> Position {
        Position { policy, behind, is_live }
    }

    const OFF: Position = at(Absent, None, false);
    const OPEN: Position = at(Anybody, None, false);
    const OPEN_LOG: Position = at(Anybody, Some(Lets), false);
    const AUDIT: Position = at(Callers, Some(Lets), true);
    const ENFORCE: Position = at(Callers, None, true);
    const ENFORCE_LOG: Position = at(Callers, Some(Logs), true);

    #[test]
    fn losses() {
        use Loss::{Nothing, Permitted, Unpermitted};
        for (before, after, expected) in [
            // Steps between neighbours, with `log: true`, hang on no order.
            (OFF, OPEN_LOG, [Nothing, Nothing, Nothing]),
            (OPEN_LOG, AUDIT, [Nothing, Nothing, Nothing]),
            (AUDIT, ENFORCE_LOG, [Nothing, Nothing, Nothing]),
            (ENFORCE_LOG, AUDIT, [Nothing, Nothing, Nothing]),
            (AUDIT, OPEN_LOG, [Nothing, Nothing, Nothing]),
            (OPEN_LOG, OFF, [Nothing, Nothing, Nothing]),
            // Without it, some hang on what is written first.
            (OFF, OPEN, [Nothing, Nothing, Nothing]),
            (OPEN, AUDIT, [Nothing, Permitted, Permitted]),
            (AUDIT, OPEN, [Nothing, Unpermitted, Nothing]),
            (OPEN, OFF, [Nothing, Nothing, Nothing]),
            // Two steps at once.
            (OFF, AUDIT, [Nothing, Permitted, Permitted]),
            (ENFORCE, OPEN, [Nothing, Nothing, Permitted]),
            (ENFORCE_LOG, OPEN_LOG, [Nothing, Nothing, Permitted]),
            // Jumps.
            (OFF, ENFORCE, [Permitted, Permitted, Permitted]),
            (OPEN, ENFORCE, [Permitted, Permitted, Permitted]),
            (ENFORCE, OFF, [Permitted, Permitted, Permitted]),
            (AUDIT, OFF, [Permitted, Permitted, Permitted]),
        ] {
            assert_eq!(Host::ALL.map(|host| loss(host, before, after, true)), expected, "{before:?} → {after:?}");
        }
    }

    #[test]
    fn without_callers_by_type_no_label_isolates() {
        for host in Host::ALL {
            assert_eq!(loss(host, ENFORCE, OFF, false), Loss::Nothing);
            assert_eq!(loss(host, OFF, ENFORCE, false), Loss::Nothing);
            // An object that only logs isolates as well, and it may be the last to go, or under Argo CD the first to come.
            assert_eq!(loss(host, ENFORCE_LOG, OFF, false), Loss::Permitted);
            let on_the_way_in = if host == Host::ArgoCd { Loss::Permitted } else { Loss::Nothing };
            assert_eq!(loss(host, OFF, ENFORCE_LOG, false), on_the_way_in);
        }
        assert_eq!(loss(Host::Stream, AUDIT, OFF, false), Loss::Unpermitted, "the policy may outlive the backstop");
    }

    #[test]
    fn standing_still_costs_nothing() {
        for (host, at) in Host::ALL.into_iter().flat_map(|host| [OFF, OPEN, AUDIT, ENFORCE_LOG].map(|at| (host, at))) {
            assert_eq!(loss(host, at, at, true), Loss::Nothing);
        }
    }
}
