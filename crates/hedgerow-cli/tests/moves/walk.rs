//! Goes through every moment of a move and looks at who gets through.

use crate::host::{Host, Phase, Write, install, upgrade};
use crate::world::{At, CALLEE, Call, Cluster, Fleet, Judge, Object, callers, deploy, platform};
use hedgerow::core::moves::{Loss, Position};
use hedgerow::core::name::ServiceName;
use hedgerow::core::plan::Plan;
use std::collections::BTreeSet;
use std::rc::Rc;

/// What a position asks for.
#[derive(Clone)]
pub(crate) struct Side {
    pub(crate) position: Position,
    /// The deploy of the callee.
    pub(crate) stream: Vec<Object>,
    platform: Vec<Object>,
}

impl Side {
    fn of(plan: &Plan) -> Self {
        let service = plan.service(&ServiceName::new(CALLEE).unwrap()).expect("it is planned");
        Self { position: Position::from(&service.protection), stream: deploy(plan), platform: platform(plan) }
    }
}

/// A fleet in all of its positions.
pub(crate) struct Map {
    pub(crate) sides: Vec<(At, Side)>,
    judge: Judge,
    /// Who has a permission: what gets through in `enforce`.
    permitted: Rc<BTreeSet<Call>>,
}

/// Something that was lost.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lost {
    pub(crate) loss: Loss,
    pub(crate) call: Call,
    /// What had been written at that moment.
    pub(crate) written: Vec<String>,
}

impl Map {
    pub(crate) fn new(fleet: Fleet, positions: &[At]) -> Self {
        let plans: Vec<_> = positions.iter().map(|at| (*at, fleet.plan(*at))).collect();
        let enforced = fleet.plan(At { stage: "enforce", log: false, audit: "calico-log" });
        let mut judge = Judge::new(callers(plans.iter().map(|(_, plan)| plan).chain([&enforced])));
        let side = Side::of(&enforced);
        let permitted = judge.through(&settled(&side.stream, &side.platform));
        Self { sides: plans.iter().map(|(at, plan)| (*at, Side::of(plan))).collect(), judge, permitted }
    }

    /// The worst that can be lost on the way, with how it comes to that.
    pub(crate) fn walk(&mut self, host: Host, before: &Side, after: &Side) -> Option<Lost> {
        let phases = upgrade(host, &before.stream, &after.stream);
        let lost = platforms(before, after).into_iter().filter_map(|platform| {
            let (old, new) = (settled(&before.stream, &platform), settled(&after.stream, &platform));
            let meant = self.judge.through(&old).intersection(&self.judge.through(&new)).cloned().collect();
            self.lost(&phases, old, &meant)
        });
        lost.max_by_key(|lost| lost.loss)
    }

    /// The same for a first install, where there are no pods before.
    pub(crate) fn install(&mut self, host: Host, side: &Side) -> Option<Lost> {
        let phases = install(host, &side.stream);
        let meant = self.judge.through(&settled(&side.stream, &side.platform));
        self.lost(&phases, settled(&[], &side.platform), &meant)
    }

    fn lost(&mut self, phases: &[Phase], start: Cluster, meant: &BTreeSet<Call>) -> Option<Lost> {
        let mut worst: Option<Lost> = None;
        let mut at = start;
        let mut written = Vec::new();
        for phase in phases {
            for moment in moments(phase) {
                let mut cluster = at.clone();
                moment.iter().for_each(|write| apply(&mut cluster, write));
                let through = self.judge.through(&cluster);
                for call in meant.difference(&through) {
                    let loss = if self.permitted.contains(call) { Loss::Permitted } else { Loss::Unpermitted };
                    if worst.as_ref().is_none_or(|worst| worst.loss < loss) {
                        let written = written.iter().cloned().chain(moment.iter().map(|write| name(write))).collect();
                        worst = Some(Lost { loss, call: call.clone(), written });
                    }
                }
            }
            for write in &phase.writes {
                apply(&mut at, write);
                written.push(name(write));
            }
        }
        worst
    }
}

/// The platform's objects may be those of either side, or both where nobody has pruned.
fn platforms(before: &Side, after: &Side) -> Vec<Vec<Object>> {
    let keys = |side: &Side| side.platform.iter().map(|object| object.json.clone()).collect::<Vec<_>>();
    if keys(before) == keys(after) {
        return vec![after.platform.clone()];
    }
    let both = before.platform.iter().chain(&after.platform).cloned().collect();
    vec![before.platform.clone(), after.platform.clone(), both]
}

fn name(write: &Write) -> String {
    match write {
        Write::Apply(object) => format!("write {}", object.key),
        Write::Delete(key) => format!("delete {key}"),
    }
}

/// Which writes of a phase may be done at some moment of it.
fn moments(phase: &Phase) -> Vec<Vec<&Write>> {
    let count = phase.writes.len();
    assert!(count < 12, "too many writes for every subset of them");
    if phase.any_order {
        let chosen =
            |set: usize| (0..count).filter(move |at| set & (1 << at) != 0).map(|at| &phase.writes[at]).collect();
        (0..1 << count).map(chosen).collect()
    } else {
        (0..=count).map(|done| phase.writes[..done].iter().collect()).collect()
    }
}

/// A cluster in which everything is done and every pod is new.
fn settled(stream: &[Object], platform: &[Object]) -> Cluster {
    let mut cluster = Cluster::default();
    for object in stream.iter().chain(platform) {
        apply(&mut cluster, &Write::Apply(Rc::clone(object)));
    }
    cluster
}

fn apply(cluster: &mut Cluster, write: &Write) {
    match write {
        // From here on there are new pods beside the old ones, which stay for as long as they like.
        Write::Apply(object) => {
            cluster.pods.extend(object.worn.clone());
            if object.is_policy() {
                cluster.policies.insert(object.key.clone(), Rc::clone(object));
            }
        }
        Write::Delete(key) => {
            cluster.policies.remove(key);
        }
    }
}
