//! What is rendered means what was planned, asked of an evaluator that was written apart from the renderers.

use crate::fleet::{Fleet, Listens, MESH_PORT, NAMESPACES, fleets};
use hedgerow::core::name::Protocol as PlannedProtocol;
use hedgerow::core::plan::Plan;
use hedgerow::core::policy::Stage;
use hedgerow::core::source::Sources;
use hedgerow::render::object::{Kind, Object};
use hedgerow::render::{platform_objects, service_objects};
use hedgerow_eval::{Flow, Manifests, Network, Peer, PeerId, Protocol};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::num::NonZeroU16;

/// The name of the pod that wears every egress label there is and lives in a namespace that nobody lists.
const INTRUDER: &str = "intruder";
/// The name of the pod that wears nothing.
const PLAIN: &str = "plain";

/// Which objects stand in the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Objects {
    OfServices,
    OfServicesAndPlatform,
}

/// A cluster with a pod per service, wearing what the plan gives it.
struct Cluster {
    network: Network,
    pods: BTreeMap<String, PeerId>,
}

impl Cluster {
    fn of(plan: &Plan, objects: Objects) -> Self {
        Self::with(plan, objects, Object::emit)
    }

    /// The objects as `emit` writes them.
    fn with(plan: &Plan, objects: Objects, emit: impl Fn(&Object) -> String) -> Self {
        let mut manifests = String::new();
        let mut every_egress = BTreeMap::new();
        for service in plan.services().values() {
            let labels: BTreeMap<String, String> =
                service.pods.all().iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
            let egress = labels.iter().filter(|(key, _)| key.contains("/egress-"));
            every_egress.extend(egress.map(|(key, value)| (key.clone(), value.clone())));
            manifests.push_str(&pod(service.name.as_str(), service.namespace.as_str(), &labels));
            for object in service_objects(service, Some(&service.namespace)) {
                manifests.push_str(&format!("---\n{}", emit(&object)));
            }
        }
        if objects == Objects::OfServicesAndPlatform {
            for object in platform_objects(plan) {
                manifests.push_str(&format!("---\n{}", emit(&object)));
            }
        }
        for service_type in plan.fleet().config().types.keys() {
            every_egress.insert("bank.example/service-type".to_owned(), service_type.to_string());
        }
        manifests.push_str(&pod(INTRUDER, "elsewhere", &every_egress));
        manifests.push_str(&pod(PLAIN, NAMESPACES[0], &BTreeMap::new()));
        let mut sources = Sources::default();
        sources.add("cluster.yaml", manifests);
        let (manifests, faults) = Manifests::read(sources.iter(), "default");
        assert!(faults.is_empty(), "{faults:#?}");
        let network = Network::new(manifests, &[]);
        let name = |id| match network.peer(id) {
            Peer::Pods(endpoint) => endpoint.object.name.clone(),
            Peer::Outside(_) => unreachable!("only pods were asked for"),
        };
        let pods = network.pods().map(|id| (name(id), id)).collect();
        Self { network, pods }
    }

    fn allows(&self, from: &str, to: &str, flow: (NonZeroU16, PlannedProtocol)) -> bool {
        let protocol = Protocol::named(flow.1.as_str()).expect("a protocol with ports");
        let flow = Flow { protocol, port: flow.0.get() };
        self.network.verdict(self.pods[from], self.pods[to], flow).allows()
    }
}

/// A staged object as the one that Calico's evaluator takes it for.
fn as_enforced(object: &Object) -> String {
    let (kind, api_version) = match object.kind {
        Kind::CalicoStagedKubernetesNetworkPolicy => (Kind::NetworkPolicy, Kind::NetworkPolicy.api_version()),
        Kind::CalicoStagedGlobalNetworkPolicy => {
            (Kind::CalicoGlobalNetworkPolicy, Kind::CalicoGlobalNetworkPolicy.api_version())
        }
        Kind::NetworkPolicy | Kind::CalicoNetworkPolicy | Kind::CalicoGlobalNetworkPolicy => return object.emit(),
        Kind::PolicyData => {
            let value: serde_json::Value = serde_yaml::from_str(&object.emit()).expect("it is YAML");
            let text = value["data"]["networkpolicy.yaml"].as_str().expect("it holds a policy");
            let mut policy: serde_json::Value = serde_yaml::from_str(text).expect("it is YAML");
            assert_eq!(
                policy["metadata"].get("namespace"),
                None,
                "it is of the ConfigMap's namespace, whatever that is"
            );
            policy["metadata"]["namespace"] = value["metadata"]["namespace"].clone();
            return format!("{policy}\n");
        }
    };
    let mut value: serde_json::Value = serde_yaml::from_str(&object.emit()).expect("it is YAML");
    value["kind"] = kind.as_str().into();
    value["apiVersion"] = api_version.into();
    // The twin of a catch-all has the name of the catch-all itself.
    value["metadata"]["name"] = format!("staged-{}", object.name).into();
    let staged = value["spec"].as_object_mut().and_then(|spec| spec.remove("stagedAction"));
    assert_eq!(staged, Some("Set".into()));
    format!("{value}\n")
}

/// A pod as its manifest, in JSON so that no label can be misread.
pub(crate) fn pod(name: &str, namespace: &str, labels: &BTreeMap<String, String>) -> String {
    let pod = serde_json::json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"containers": []},
    });
    format!("---\n{pod}\n")
}

/// The ports that any service of a generated fleet has, and one that none has.
pub(crate) fn flows() -> impl Iterator<Item = (NonZeroU16, PlannedProtocol)> {
    let ports = [53, 8080, 9153, 1, MESH_PORT].map(|port| NonZeroU16::new(port).expect("not zero"));
    ports.into_iter().flat_map(|port| PlannedProtocol::ALL.map(|protocol| (port, protocol)))
}

fn stage(fleet: &Fleet, name: &str) -> Stage {
    let service = fleet.services.iter().find(|service| service.name == name).expect("it is there");
    match service.stage.unwrap_or(fleet.stage) {
        "off" => Stage::Off,
        "open" => Stage::Open,
        "audit" => Stage::Audit,
        _ => Stage::Enforce,
    }
}

/// Whether an `allow` entry lets anybody in on a port.
fn lets_anybody_in(fleet: &Fleet, name: &str, flow: (NonZeroU16, PlannedProtocol)) -> bool {
    let service = fleet.services.iter().find(|service| service.name == name).expect("it is there");
    let is_open = |ports: &Option<Vec<String>>| match fleet.listens(service) {
        Listens::Any => true,
        Listens::Nowhere => false,
        Listens::On(listed) => listed.iter().any(|port| {
            let reference = port.name.map_or_else(|| port.number.to_string(), str::to_owned);
            let is_of_the_mesh = fleet.has_mesh && (MESH_PORT, "TCP") == (flow.0.get(), flow.1.as_str());
            ((port.number, port.protocol) == (flow.0.get(), flow.1.as_str()) || is_of_the_mesh)
                && ports.as_ref().is_none_or(|ports| ports.contains(&reference))
        }),
    };
    service.allow.iter().any(|entry| entry.from == "anybody" && is_open(&entry.ports))
}

proptest! {
    #![proptest_config(crate::cases(128))]

    #[test]
    fn what_is_rendered_means_what_was_planned(fleet in fleets()) {
        let plan = fleet.plan();
        let cluster = Cluster::of(&plan, Objects::OfServicesAndPlatform);
        for (from, to) in plan.services().keys().flat_map(|from| plan.services().keys().map(move |to| (from, to))) {
            for flow in flows() {
                let planned = plan.verdict(from, to, flow).expect("both are planned");
                let rendered = cluster.allows(from.as_str(), to.as_str(), flow);
                prop_assert_eq!(
                    planned.traffic.is_allowed(), rendered,
                    "{} to {} on {:?}: planned {:?}", from, to, flow, planned
                );
            }
        }
    }

    #[test]
    fn nobody_comes_in_from_a_namespace_that_is_not_listed(fleet in fleets()) {
        let plan = fleet.plan();
        let cluster = Cluster::of(&plan, Objects::OfServicesAndPlatform);
        for to in plan.services().keys().filter(|to| stage(&fleet, to.as_str()) == Stage::Enforce) {
            for flow in flows() {
                let open = lets_anybody_in(&fleet, to.as_str(), flow);
                prop_assert_eq!(cluster.allows(INTRUDER, to.as_str(), flow), open, "to {} on {:?}", to, flow);
            }
        }
    }

    #[test]
    fn only_enforce_drops(fleet in fleets()) {
        let plan = fleet.plan();
        for objects in [Objects::OfServices, Objects::OfServicesAndPlatform] {
            let cluster = Cluster::of(&plan, objects);
            for to in plan.services().keys().filter(|to| stage(&fleet, to.as_str()) != Stage::Enforce) {
                for (from, flow) in cluster.pods.keys().flat_map(|from| flows().map(move |flow| (from, flow))) {
                    prop_assert!(cluster.allows(from, to.as_str(), flow), "{} to {} on {:?}", from, to, flow);
                }
            }
        }
    }

    #[test]
    fn catch_alls_only_ever_add_traffic(fleet in fleets()) {
        let plan = fleet.plan();
        let (without, with) = (Cluster::of(&plan, Objects::OfServices), Cluster::of(&plan, Objects::OfServicesAndPlatform));
        for (from, to) in without.pods.keys().flat_map(|from| without.pods.keys().map(move |to| (from, to))) {
            for flow in flows() {
                let (before, after) = (without.allows(from, to, flow), with.allows(from, to, flow));
                prop_assert!(!before || after, "{} to {} on {:?} is lost", from, to, flow);
            }
        }
    }

    #[test]
    fn no_stage_takes_away_what_enforce_permits(fleet in fleets()) {
        let at = |stage: &'static str| {
            let mut fleet = Fleet { stage, ..fleet.clone() };
            fleet.services.iter_mut().for_each(|service| service.stage = None);
            Cluster::of(&fleet.plan(), Objects::OfServicesAndPlatform)
        };
        let (enforce, looser) = (at("enforce"), ["audit", "open", "off"].map(at));
        for (from, to) in enforce.pods.keys().flat_map(|from| enforce.pods.keys().map(move |to| (from, to))) {
            for flow in flows().filter(|flow| enforce.allows(from, to, *flow)) {
                prop_assert!(looser.iter().all(|cluster| cluster.allows(from, to, flow)), "{from} to {to} on {flow:?}");
            }
        }
    }

    /// What Calico's evaluator says of staged policies is what the stage `enforce` does: no pending verdict is wrong.
    #[test]
    fn a_staged_fleet_would_do_what_an_enforced_one_does(fleet in fleets()) {
        let at = |stage: &'static str| {
            let mut fleet = Fleet { stage, audit: "calico-staged", ..fleet.clone() };
            fleet.services.iter_mut().for_each(|service| service.stage = None);
            fleet.plan()
        };
        let enforced = Cluster::of(&at("enforce"), Objects::OfServicesAndPlatform);
        let staged = Cluster::with(&at("audit"), Objects::OfServicesAndPlatform, as_enforced);
        for (from, to) in enforced.pods.keys().flat_map(|from| enforced.pods.keys().map(move |to| (from, to))) {
            for flow in flows() {
                let (dropped, pending) = (!enforced.allows(from, to, flow), !staged.allows(from, to, flow));
                prop_assert_eq!(dropped, pending, "{} to {} on {:?}", from, to, flow);
            }
        }
    }

    /// What the observer tries is what `enforce` would do: the policies that are data admit whom the enforced ones admit.
    #[test]
    fn a_fleet_under_observe_would_do_what_an_enforced_one_does(fleet in fleets()) {
        let at = |stage: &'static str| {
            let mut fleet = Fleet { stage, audit: "observe", ..fleet.clone() };
            fleet.services.iter_mut().for_each(|service| service.stage = None);
            fleet.plan()
        };
        let enforced = Cluster::of(&at("enforce"), Objects::OfServices);
        let observed = Cluster::with(&at("audit"), Objects::OfServices, as_enforced);
        let real = Cluster::of(&at("audit"), Objects::OfServicesAndPlatform);
        for (from, to) in enforced.pods.keys().flat_map(|from| enforced.pods.keys().map(move |to| (from, to))) {
            for flow in flows() {
                prop_assert!(real.allows(from, to, flow), "nothing is dropped");
                let (permitted, tried) = (enforced.allows(from, to, flow), observed.allows(from, to, flow));
                prop_assert_eq!(permitted, tried, "{} to {} on {:?}", from, to, flow);
            }
        }
    }

    /// A rule is deployed with its caller and a stage with its callee, in any order: whatever stands in the cluster of
    /// the two, old or new, an edge that both fleets permit gets through.
    #[test]
    fn a_roll_out_in_any_order_keeps_what_both_sides_permit(
        fleet in fleets(),
        at in any::<(proptest::sample::Index, proptest::sample::Index)>(),
    ) {
        let (caller, callee) = fleet.pair(at);
        let mut changed = fleet.clone();
        changed.services[caller].rules.remove(fleet.services[callee].name);
        let (old, new) = (fleet.plan(), changed.plan());
        let (old_cluster, new_cluster) =
            (Cluster::of(&old, Objects::OfServicesAndPlatform), Cluster::of(&new, Objects::OfServicesAndPlatform));
        for (from, to) in old.services().keys().flat_map(|from| old.services().keys().map(move |to| (from, to))) {
            for flow in flows() {
                let is_its_edge = (from.as_str(), to.as_str())
                    == (fleet.services[caller].name, fleet.services[callee].name);
                let (before, after) =
                    (old_cluster.allows(from.as_str(), to.as_str(), flow), new_cluster.allows(from.as_str(), to.as_str(), flow));
                prop_assert!(before == after || is_its_edge, "{} to {} on {:?}", from, to, flow);
                prop_assert!(before || !after, "taking a rule away lets {} reach {}", from, to);
            }
        }
    }
}
