//! Law 12 over generated fleets: a move that no host can harm is safe in every mixture of old and new objects and pods.

use crate::fleet::{Fleet, fleets, plan};
use crate::meaning::{flows, pod};
use hedgerow::core::moves::{Host, Loss, Position, loss};
use hedgerow::core::name::Protocol as PlannedProtocol;
use hedgerow::core::plan::{Plan, ServicePlan};
use hedgerow::core::source::Sources;
use hedgerow::render::object::Object;
use hedgerow::render::{platform_objects, service_objects};
use hedgerow_eval::{Flow, Manifests, Network, Peer, Protocol};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;

/// A call to the service that moves: who, and on which port.
type Call = (String, (NonZeroU16, PlannedProtocol));

fn labels(service: &ServicePlan) -> BTreeMap<String, String> {
    service.pods.all().iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

fn objects(service: &ServicePlan) -> BTreeMap<(hedgerow::render::object::Kind, String), Object> {
    let objects = service_objects(service, Some(&service.namespace)).into_iter();
    objects.map(|object| ((object.kind, object.name.to_string()), object)).collect()
}

/// The calls that reach every one of the moving service's pods.
fn through(
    plan: &Plan,
    moving: &ServicePlan,
    objects: &[&Object],
    pods: &[BTreeMap<String, String>],
) -> BTreeSet<Call> {
    let mut text = String::new();
    let mut callers = Vec::new();
    for service in plan.services().values().filter(|service| service.name != moving.name) {
        callers.push(service.name.to_string());
        text.push_str(&pod(service.name.as_str(), service.namespace.as_str(), &labels(service)));
    }
    for object in objects.iter().copied().chain(&platform_objects(plan)) {
        text.push_str(&format!("---\n{}", object.emit()));
    }
    for (at, labels) in pods.iter().enumerate() {
        text.push_str(&pod(&format!("moving-{at}"), moving.namespace.as_str(), labels));
    }
    let mut sources = Sources::default();
    sources.add("cluster.yaml", text);
    let (manifests, faults) = Manifests::read(sources.iter(), "default");
    assert!(faults.is_empty(), "{faults:#?}");
    let network = Network::new(manifests, &[]);
    let name = |id| match network.peer(id) {
        Peer::Pods(endpoint) => endpoint.object.name.clone(),
        Peer::Outside(_) => unreachable!("only pods were asked for"),
    };
    let ids: BTreeMap<String, _> = network.pods().map(|id| (name(id), id)).collect();
    let calls = callers.into_iter().flat_map(|caller| flows().map(move |flow| (caller.clone(), flow)));
    let gets_through = |(caller, flow): &Call| {
        let flow = Flow { protocol: Protocol::named(flow.1.as_str()).expect("it has ports"), port: flow.0.get() };
        (0..pods.len()).all(|at| network.verdict(ids[caller], ids[&format!("moving-{at}")], flow).allows())
    };
    calls.filter(gets_through).collect()
}

proptest! {
    #![proptest_config(crate::cases(192))]

    #[test]
    fn a_move_that_no_host_can_harm_is_safe_in_every_mixture(
        fleet in fleets(),
        at in any::<Index>(),
        stages in (select(&["off", "open", "audit", "enforce"][..]), select(&["off", "open", "audit", "enforce"][..])),
        logs in any::<(bool, bool)>(),
        mixture in proptest::collection::vec(any::<bool>(), 6),
    ) {
        let at = at.index(fleet.services.len());
        let planned = |stage: &'static str, log| {
            let mut fleet = Fleet { log, ..fleet.clone() };
            fleet.services[at].stage = Some(stage);
            plan(fleet.read(|_| {}))
        };
        let (before, after) = (planned(stages.0, logs.0), planned(stages.1, logs.1));
        let name = before.services().keys().find(|name| name.as_str() == fleet.services[at].name).expect("it is planned").clone();
        let (old, new) = (&before.services()[&name], &after.services()[&name]);
        let by_type = before.catch_alls().iter().any(|of| Some(&of.service_type) == old.service_type.as_ref());
        let (from, to) = (Position::from(&old.protection), Position::from(&new.protection));
        let is_safe = Host::ALL.iter().all(|host| loss(*host, from, to, by_type) == Loss::Nothing);
        prop_assume!(is_safe);

        let (had, has) = (objects(old), objects(new));
        let meant = {
            let settled = |of: &BTreeMap<_, Object>, service| {
                let objects: Vec<_> = of.values().collect();
                through(&before, old, &objects, &[labels(service)])
            };
            let (first, last) = (settled(&had, old), settled(&has, new));
            first.intersection(&last).cloned().collect::<BTreeSet<_>>()
        };
        let keys: BTreeSet<_> = had.keys().chain(has.keys()).collect();
        let is_new = mixture.iter().copied().chain(std::iter::repeat(true));
        let mixed: Vec<_> =
            keys.into_iter().zip(is_new).filter_map(|(key, is_new)| if is_new { has.get(key) } else { had.get(key) }).collect();
        let got = through(&before, old, &mixed, &[labels(old), labels(new)]);
        let lost: Vec<_> = meant.difference(&got).collect();
        prop_assert!(lost.is_empty(), "{} → {}, {logs:?}: {lost:?}", stages.0, stages.1);
    }
}
