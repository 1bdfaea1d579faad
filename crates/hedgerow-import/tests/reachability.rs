//! Policies in, rules out, policies rendered of them: the same reachability among services, or the difference is said.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{Fleet, Service, plan};
use hedgerow_core::name::Protocol as Declared;
use hedgerow_core::plan::Plan;
use hedgerow_core::source::Sources;
use hedgerow_eval::{Endpoint, Flow, Manifests, Network, Peer, PeerId, PortRange, Protocol};
use hedgerow_import::{Imported, Leftover, Many, Options, Source, Why, import};
use hedgerow_render::service_objects;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NAMES: [&str; 4] = ["service.a", "service.b", "service.c", "service.d"];
const NAMESPACES: [&str; 2] = ["one", "two"];
const LISTENS: [&str; 5] = [
    "[{name: http, port: 8080}]",
    "[{name: http, port: 8080}, {name: dns, port: 53, protocol: UDP}, {port: 9153}, {port: 9153, protocol: SCTP}]",
    "[{name: admin, port: 9000}, {port: 8080}]",
    "any",
    "none",
];

/// Pods that come later: no manifest that is imported has them, and a policy may let them in by what they wear.
const LATER: [(&str, &str, &str, &str); 5] = [
    ("door-one", "one", "door", "open"),
    ("door-two", "two", "door", "open"),
    ("door-elsewhere", "elsewhere", "door", "open"),
    ("tier-one", "one", "tier", "x"),
    ("plain", "one", "kind", "later"),
];

/// What is in a cluster.
#[derive(Debug, Clone)]
struct World {
    fleet: Fleet,
    /// The workloads of each service: what their pods wear beside `app`, and whether they are on their node's network.
    workloads: Vec<Vec<(&'static str, bool)>>,
    policies: Vec<Value>,
}

fn deployment(name: &str, namespace: &str, labels: &Value, on_host: bool) -> Value {
    let ports = json!([
        {"name": "http", "containerPort": 8080},
        {"name": "dns", "containerPort": 53, "protocol": "UDP"},
    ]);
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": {"metadata": {"labels": labels}, "spec": {"hostNetwork": on_host, "containers": [{"name": "c", "ports": ports}]}}},
    })
}

impl World {
    /// The workloads, wearing what the plan gives them where there is one.
    fn workloads(&self, worn: Option<&Plan>) -> String {
        let mut text = String::new();
        for (service, workloads) in self.fleet.services.iter().zip(&self.workloads) {
            let given = worn.and_then(|plan| plan.services().iter().find(|(name, _)| name.as_str() == service.name));
            for (at, (tier, on_host)) in workloads.iter().enumerate() {
                let short = service.name.rsplit('.').next().unwrap();
                let mut labels =
                    BTreeMap::from([("app".to_owned(), short.to_owned()), ("tier".to_owned(), (*tier).to_owned())]);
                if *tier == "x" {
                    labels.insert("door".to_owned(), "open".to_owned());
                }
                if let Some((_, planned)) = given {
                    labels.extend(planned.pods.all().iter().map(|(key, value)| (key.to_string(), value.to_string())));
                }
                let object = deployment(&format!("{short}-{at}"), &service.namespace, &json!(labels), *on_host);
                text.push_str(&format!("---\n{object}\n"));
            }
        }
        for namespace in NAMESPACES {
            let labels = json!({"app": "nobody", "tier": "x"});
            text.push_str(&format!("---\n{}\n", deployment("nobody", namespace, &labels, false)));
            let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": {"team": namespace}}});
            text.push_str(&format!("---\n{object}\n"));
        }
        text
    }

    fn before(&self) -> String {
        let mut text = self.workloads(None);
        for policy in &self.policies {
            text.push_str(&format!("---\n{policy}\n"));
        }
        text
    }

    /// What is rendered of the fleet with rules, at `enforce`.
    fn after(&self, imported: &Imported) -> String {
        let mut fleet = self.fleet.clone();
        for rule in &imported.rules {
            let ports = match &rule.ports {
                hedgerow_core::policy::RulePorts::All => String::new(),
                hedgerow_core::policy::RulePorts::These(ports) => {
                    let ports: Vec<_> = ports.iter().map(ToString::to_string).collect();
                    format!("ports: [{}]\n", ports.join(", "))
                }
            };
            let caller = fleet.services.iter_mut().find(|service| service.name == rule.caller.as_str()).unwrap();
            caller.rules.insert(rule.callee.to_string(), ports);
        }
        let plan = plan(&fleet);
        let mut text = self.workloads(Some(&plan));
        for service in plan.services().values() {
            for object in service_objects(service, Some(&service.namespace)) {
                text.push_str(&format!("---\n{}", object.emit()));
            }
        }
        text
    }
}

fn network(text: String) -> Network {
    let mut sources = Sources::default();
    sources.add("cluster.yaml", text);
    let (manifests, faults) = Manifests::read(sources.iter(), "one");
    assert!(faults.is_empty(), "{faults:#?}");
    Network::new(manifests, &[])
}

fn pods(network: &Network) -> BTreeMap<String, PeerId> {
    let name = |id| match network.peer(id) {
        Peer::Pods(Endpoint { object, .. }) => object.name.clone(),
        Peer::Outside(_) => unreachable!("only pods were asked for"),
    };
    network.pods().map(|id| (name(id), id)).collect()
}

/// Whether what an import says tells of a difference.
fn tells(leftover: &Leftover, many: Many, caller: &str, callee: &str, flow: Flow) -> bool {
    let is_about = leftover.callee.as_ref().is_some_and(|name| name.as_str() == callee);
    let names = leftover.callers.iter().any(|name| name.as_str() == caller);
    // Host network: of a callee that no policy can guard.
    let of_all = leftover.why == Why::Unguarded && many == Many::Suggest
        || leftover.why == Why::HostNetwork && leftover.callers.is_empty();
    let covers = |range: &PortRange| range.contains(flow);
    is_about && (names || of_all) && (leftover.ports.is_empty() || leftover.ports.iter().any(covers))
}

/// Whether what an import says tells of pods that no manifest has.
fn tells_of_others(leftover: &Leftover, callee: &str, flow: Flow) -> bool {
    let is_about = leftover.callee.as_ref().is_some_and(|name| name.as_str() == callee);
    let is_all =
        matches!(leftover.why, Why::Unguarded) || leftover.why == Why::HostNetwork && leftover.callers.is_empty();
    let is_many = matches!(leftover.why, Why::NoCaller | Why::WholeNamespace | Why::WholeCluster | Why::Anybody);
    is_about && (is_all || is_many && leftover.ports.iter().any(|range| range.contains(flow)))
}

fn check(world: &World, many: Many) -> Result<(), TestCaseError> {
    let plan = plan(&world.fleet);
    let mut texts = Sources::default();
    texts.add("policies.yaml", world.before());
    let options = Options { namespace: "one".to_owned(), many };
    let imported = import(&plan, Source::Policies, &texts, &options);
    prop_assert!(imported.diagnostics.is_empty(), "{:#?}", imported.diagnostics);
    let later: String = LATER
        .into_iter()
        .map(|(name, namespace, key, value)| {
            format!("---\n{}\n", deployment(name, namespace, &json!({key: value}), false))
        })
        .collect();
    let (before, after) = (network(world.before() + &later), network(world.after(&imported) + &later));
    let (pods_before, pods_after) = (pods(&before), pods(&after));
    let flows = [53, 80, 8080, 8085, 9000, 9153, 65535]
        .into_iter()
        .flat_map(|port| Protocol::WITH_PORTS.into_iter().map(move |protocol| Flow { protocol, port }));
    let flows: Vec<_> = flows.collect();
    let workloads = |service: &Service, at: usize| {
        let short = service.name.rsplit('.').next().unwrap().to_owned();
        (0..world.workloads[at].len()).map(move |workload| format!("{short}-{workload}")).collect::<Vec<_>>()
    };
    for (to, callee) in world.fleet.services.iter().enumerate() {
        for target in workloads(callee, to) {
            for ((name, ..), flow) in LATER.into_iter().flat_map(|it| flows.iter().map(move |flow| (it, flow))) {
                let was = before.verdict(pods_before[name], pods_before[&target], *flow).allows();
                let is = after.verdict(pods_after[name], pods_after[&target], *flow).allows();
                let told = imported.leftovers.iter().any(|it| tells_of_others(it, &callee.name, *flow));
                prop_assert!(
                    was == is || told,
                    "{name} → {target} on {flow}: {was} before, {is} after\n{}\nrules: {:#?}\nleftovers: {:#?}",
                    world.before(),
                    imported.rules,
                    imported.leftovers
                );
            }
        }
    }
    for (from, caller) in world.fleet.services.iter().enumerate() {
        for (to, callee) in world.fleet.services.iter().enumerate().filter(|(to, _)| *to != from) {
            for source in workloads(caller, from) {
                for target in workloads(callee, to) {
                    for flow in &flows {
                        let was = before.verdict(pods_before[&source], pods_before[&target], *flow).allows();
                        let is = after.verdict(pods_after[&source], pods_after[&target], *flow).allows();
                        let told =
                            imported.leftovers.iter().any(|it| tells(it, many, &caller.name, &callee.name, *flow));
                        prop_assert!(
                            was == is || told,
                            "{source} → {target} on {flow}: {was} before, {is} after\n{}\nrules: {:#?}\nleftovers: {:#?}",
                            world.before(),
                            imported.rules,
                            imported.leftovers
                        );
                    }
                }
            }
        }
    }
    Ok(())
}

fn labels() -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => Just(json!({})),
        6 => select(&["a", "b", "c", "d", "nobody", "absent"][..]).prop_map(|app| json!({"matchLabels": {"app": app}})),
        1 => select(&["x", "y"][..]).prop_map(|tier| json!({"matchLabels": {"tier": tier}})),
        2 => Just(json!({"matchLabels": {"door": "open"}})),
        1 => select(&["a", "b"][..]).prop_map(|app| json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": [app]}]})),
    ]
}

fn peers() -> impl Strategy<Value = Value> {
    let namespace = prop_oneof![
        1 => Just(json!({})),
        3 => select(&NAMESPACES[..]).prop_map(|name| json!({"matchLabels": {"kubernetes.io/metadata.name": name}})),
        1 => Just(json!({"matchLabels": {"team": "two"}})),
    ];
    prop_oneof![
        4 => labels().prop_map(|pods| json!({"podSelector": pods})),
        1 => namespace.clone().prop_map(|namespace| json!({"namespaceSelector": namespace})),
        4 => (namespace, labels()).prop_map(|(namespace, pods)| json!({"namespaceSelector": namespace, "podSelector": pods})),
        1 => select(&["10.0.0.0/8", "0.0.0.0/0", "::/0"][..]).prop_map(|cidr| json!({"ipBlock": {"cidr": cidr}})),
    ]
}

fn ports() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => Just(json!({"port": 8080})),
        1 => Just(json!({"port": "http"})),
        1 => Just(json!({"port": "dns", "protocol": "UDP"})),
        1 => Just(json!({"protocol": "TCP"})),
        1 => Just(json!({"port": 8080, "endPort": 9500})),
        1 => Just(json!({"port": 9153})),
        1 => Just(json!({"port": 9153, "protocol": "SCTP"})),
        1 => Just(json!({"port": 80})),
    ]
}

fn rules(side: &'static str) -> impl Strategy<Value = Value> {
    vec((option::weighted(0.85, vec(peers(), 0..3)), option::weighted(0.6, vec(ports(), 0..3))), 0..3).prop_map(
        move |rules| {
            let rule = |(peers, ports): (Option<Vec<Value>>, Option<Vec<Value>>)| {
                let mut rule = serde_json::Map::new();
                rule.extend(peers.map(|peers| (side.to_owned(), json!(peers))));
                rule.extend(ports.map(|ports| ("ports".to_owned(), json!(ports))));
                Value::Object(rule)
            };
            Value::Array(rules.into_iter().map(rule).collect())
        },
    )
}

fn policies() -> impl Strategy<Value = Vec<Value>> {
    let policy = (select(&NAMESPACES[..]), labels(), rules("from"), option::weighted(0.2, rules("to")));
    vec(policy, 0..6).prop_map(|policies| {
        let policy = |(at, (namespace, selector, ingress, egress)): (usize, (&str, Value, Value, Option<Value>))| {
            let mut spec = json!({"podSelector": selector, "policyTypes": ["Ingress"], "ingress": ingress});
            if let Some(egress) = egress {
                spec["policyTypes"] = json!(["Ingress", "Egress"]);
                spec["egress"] = egress;
            }
            let metadata = json!({"name": format!("p{at}"), "namespace": namespace});
            json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec})
        };
        policies.into_iter().enumerate().map(policy).collect()
    })
}

fn worlds() -> impl Strategy<Value = World> {
    let service =
        (select(&NAMESPACES[..]), select(&LISTENS[..]), vec(select(&["x", "y"][..]), 1..3), prop::bool::weighted(0.1));
    (vec(service, NAMES.len()), policies()).prop_map(|(services, policies)| {
        let mut fleet = Fleet::new(&NAMESPACES);
        let mut workloads = Vec::new();
        for (name, (namespace, listens, tiers, on_host)) in NAMES.into_iter().zip(services) {
            let short = name.rsplit('.').next().unwrap();
            fleet.services.push(Service {
                namespace: namespace.to_owned(),
                metadata: format!("ports: {listens}\nworkloads: [\"Deployment/{short}-*\"]\n"),
                ..Service::new(name)
            });
            workloads.push(tiers.into_iter().map(|tier| (tier, on_host)).collect());
        }
        World { fleet, workloads, policies }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, max_shrink_iters: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Where those who come in as one of many are left to `allow` entries, what is left is said.
    #[test]
    fn the_same_reachability_or_it_is_said(world in worlds()) {
        check(&world, Many::Suggest)?;
    }

    /// Where each of them gets a rule, only ports and pods that no rule can tell apart are left.
    #[test]
    fn the_same_reachability_with_a_rule_for_each(world in worlds()) {
        check(&world, Many::Each)?;
    }
}

#[test]
fn declared_protocols_are_those_that_have_ports() {
    for protocol in Declared::ALL {
        assert!(Protocol::named(protocol.as_str()).is_some_and(|it| it.has_ports()), "{protocol:?}");
    }
}
