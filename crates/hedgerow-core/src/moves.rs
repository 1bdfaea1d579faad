//! What may become of calls while a service goes from one protection to another.
//!
//! A deploy changes a service's policies and the labels of its pods by single writes, and the pods are replaced one by one. In
//! between, old and new stand beside each other. Which mixtures can arise is the host's doing ([`Host`]); [`loss`] looks at
//! all of them.
//!
//! The law: a call that gets through before the move and after it gets through at every moment of it.
//!
//! `crates/hedgerow-cli/tests/moves` holds this module against rendered objects, the hosts' sorting and the evaluator.

use crate::plan::{Admits, Protection, Rest};
use crate::policy::{AuditBackend, Stage};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

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

impl Loss {
    /// What may be dropped, in words.
    #[must_use]
    pub const fn risk(self) -> &'static str {
        match self {
            Self::Permitted => "permitted calls may be dropped while pods are replaced",
            Self::Unpermitted => "calls that got through may be dropped for a moment",
            Self::Nothing => "nothing has been tried, or other hosts than Helm may drop permitted calls",
        }
    }
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

/// A stage, and what carries it out where that is a matter of choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stop {
    /// The stage.
    pub stage: Stage,
    /// What lets traffic through in the stage `audit`.
    pub audit: AuditBackend,
}

impl Stop {
    /// What protects a service's pods there.
    #[must_use]
    pub const fn position(self, log: bool) -> Position {
        let (policy, behind, is_live) = match (self.stage, self.audit) {
            (Stage::Off, _) => (Held::Absent, None, false),
            (Stage::Open, AuditBackend::CalicoLog) if log => (Held::Anybody, Some(Behind::Lets), false),
            (Stage::Open, _) => (Held::Anybody, None, false),
            (Stage::Audit, AuditBackend::CalicoLog) => (Held::Callers, Some(Behind::Lets), true),
            (Stage::Audit, AuditBackend::CalicoStaged | AuditBackend::Observe) => (Held::Absent, None, false),
            (Stage::Enforce, _) => (Held::Callers, if log { Some(Behind::Logs) } else { None }, true),
        };
        Position { policy, behind, is_live }
    }

    fn is_same(self, other: Self) -> bool {
        self.stage == other.stage && (self.stage != Stage::Audit || self.audit == other.audit)
    }
}

/// What a service leaves and where it goes, in one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The stop before.
    pub from: Stop,
    /// The stop after.
    pub to: Stop,
    /// Whether the environment logs what nothing permits, before and after.
    pub log: (bool, bool),
    /// Whether the service's type has callers, before or after.
    pub by_type: bool,
}

impl Move {
    /// What a move that should not be made in one step may cost; nothing where it is a step. Judged for the kindest host:
    /// others ask for more.
    #[must_use]
    pub fn jump(&self) -> Option<Loss> {
        if self.from.is_same(self.to) {
            return None;
        }
        let (before, after) = (self.from.position(self.log.0), self.to.position(self.log.1));
        let loss = loss(Host::Stream, before, after, self.by_type);
        let is_jump = match (self.from.stage, self.to.stage) {
            // Nothing has been tried.
            (Stage::Off | Stage::Open, Stage::Enforce) => true,
            // Somebody else's policies and later catch-alls decide on what is left over.
            (Stage::Audit | Stage::Enforce, Stage::Off) | (Stage::Audit, Stage::Audit) => {
                before.is_live || after.is_live
            }
            _ => false,
        };
        (is_jump || loss > Loss::Nothing).then_some(loss)
    }

    /// The stops of [`Self::way`] in words, such as `audit`, `open` and `enforce`; nothing where there is no way. The backend of `audit` is named where
    /// it is not the same all the way.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let way = self.way().unwrap_or_default();
        let audits: BTreeSet<_> = way.iter().filter(|stop| stop.stage == Stage::Audit).map(|stop| stop.audit).collect();
        let names_backend = audits.len() > 1 || audits.iter().any(|audit| *audit != self.to.audit);
        let word = |stop: &Stop| match stop.stage {
            Stage::Audit if names_backend => format!("audit ({})", stop.audit.as_str()),
            Stage::Off | Stage::Open | Stage::Audit | Stage::Enforce => stop.stage.as_str().to_owned(),
        };
        way.iter().map(word).collect()
    }

    /// The stops from one end to the other, both included, between which every move is a step; the shortest way there is.
    #[must_use]
    pub fn way(&self) -> Option<Vec<Stop>> {
        let at = |stage, audit| Stop { stage, audit };
        let mut stops = vec![self.to, at(Stage::Open, self.to.audit), at(Stage::Audit, self.to.audit)];
        stops.extend([at(Stage::Audit, self.from.audit), at(Stage::Audit, AuditBackend::CalicoLog)]);
        let mut came_from = BTreeMap::from([(self.from, self.from)]);
        let mut queue = VecDeque::from([self.from]);
        while let Some(stop) = queue.pop_front() {
            if stop.is_same(self.to) {
                let back =
                    std::iter::successors(Some(stop), |stop| came_from.get(stop).copied().filter(|from| from != stop));
                let mut way: Vec<_> = back.collect();
                way.reverse();
                return Some(way);
            }
            let log = if stop == self.from { self.log.0 } else { self.log.1 };
            for next in &stops {
                let step = Self { from: stop, to: *next, log: (log, self.log.1), by_type: self.by_type };
                if !came_from.contains_key(next) && step.jump().is_none() {
                    came_from.insert(*next, stop);
                    queue.push_back(*next);
                }
            }
        }
        None
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
    #[test]
    fn ways_lead_round_every_jump() {
        use AuditBackend::{CalicoLog, CalicoStaged};
        use Stage::{Audit, Enforce, Off, Open};
        let words = |way: Vec<Stop>| {
            let word = |stop: &Stop| match (stop.stage, stop.audit) {
                (Audit, CalicoStaged) => "staged",
                (stage, _) => stage.as_str(),
            };
            way.iter().map(word).collect::<Vec<_>>().join(" ")
        };
        for (from, to, by_type, loss, way) in [
            ((Off, CalicoLog), (Enforce, CalicoLog), true, Loss::Permitted, "off audit enforce"),
            ((Off, CalicoLog), (Enforce, CalicoLog), false, Loss::Nothing, "off audit enforce"),
            ((Open, CalicoLog), (Enforce, CalicoLog), true, Loss::Permitted, "open audit enforce"),
            ((Enforce, CalicoLog), (Off, CalicoLog), true, Loss::Permitted, "enforce open off"),
            ((Audit, CalicoLog), (Off, CalicoLog), true, Loss::Permitted, "audit open off"),
            ((Audit, CalicoLog), (Off, CalicoLog), false, Loss::Unpermitted, "audit open off"),
            ((Audit, CalicoLog), (Audit, CalicoStaged), true, Loss::Permitted, "audit open staged"),
            ((Audit, CalicoStaged), (Audit, CalicoLog), true, Loss::Nothing, "staged open audit"),
            ((Audit, CalicoStaged), (Enforce, CalicoStaged), true, Loss::Permitted, "staged open audit enforce"),
            ((Enforce, CalicoStaged), (Audit, CalicoStaged), true, Loss::Permitted, "enforce open staged"),
            ((Enforce, CalicoStaged), (Off, CalicoStaged), true, Loss::Permitted, "enforce open off"),
            ((Off, CalicoStaged), (Enforce, CalicoStaged), false, Loss::Nothing, "off staged enforce"),
        ] {
            let stop = |(stage, audit)| Stop { stage, audit };
            for log in [false, true] {
                let a_move = Move { from: stop(from), to: stop(to), log: (log, log), by_type };
                let said = format!("{from:?} → {to:?} by_type {by_type} log {log}");
                assert!(a_move.jump().is_some_and(|found| log || found == loss), "{said}: {:?}", a_move.jump());
                assert_eq!(a_move.way().map(words).as_deref(), Some(way), "{said}");
            }
        }
        for (from, to) in [(Off, Open), (Off, Audit), (Open, Audit), (Audit, Enforce), (Enforce, Audit)]
            .into_iter()
            .chain([(Enforce, Open), (Audit, Open), (Open, Off), (Audit, Audit)])
        {
            let stop = |stage| Stop { stage, audit: CalicoLog };
            for log in [(false, false), (false, true), (true, false), (true, true)] {
                let a_move = Move { from: stop(from), to: stop(to), log, by_type: true };
                assert_eq!(a_move.jump(), None, "{from:?} → {to:?}, {log:?}");
            }
        }
    }
}
