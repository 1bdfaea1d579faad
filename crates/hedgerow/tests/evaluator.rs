//! Law 4: an evaluator written apart from the renderer finds in the rendered objects exactly what was planned, over
//! generated fleets, stages and backends. Law 5 with it: catch-alls and stages never remove an allowed edge, and `audit`
//! drops nothing.

use hedgerow::core::fleet::{Fleet, Scope};
use hedgerow::core::name::{EnvironmentName, Protocol};
use hedgerow::core::plan::{Plan, ServicePlan};
use hedgerow::core::read::Directories;
use hedgerow::core::source::Sources;
use hedgerow::core::tree::{Directory, File};
use hedgerow::read_texts;
use hedgerow::render::{platform_objects, service_objects};
use hedgerow_eval::{Flow, Manifests, Network, Peer};
use hedgerow_verify::verify;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::num::NonZeroU16;
use std::sync::Arc;

const ENVIRONMENT: &str = "prod";
const STAGES: [&str; 4] = ["off", "open", "audit", "enforce"];

/// One service as it is written; callees are numbers of services.
#[derive(Debug, Clone)]
struct Draft {
    namespace: &'static str,
    service_type: Option<&'static str>,
    ports: &'static str,
    stage: Option<&'static str>,
    allow: &'static str,
    calls: Vec<(usize, Wish)>,
}

/// Which ports a rule is for.
#[derive(Debug, Clone, Copy)]
enum Wish {
    All,
    /// The first that the callee lists, if it lists any.
    First,
}

#[derive(Debug, Clone)]
struct FleetDraft {
    config: String,
    services: Vec<Draft>,
}

/// What a service may write for its ports, with the first as rules name it.
const PORTS: [(&str, Option<&str>); 4] = [
    ("", None),
    ("ports: [{name: http, port: 80}]\n", Some("http")),
    ("ports: [{name: http, port: 8080}, {name: admin, port: 8081}]\n", Some("http")),
    ("ports: [{name: dns, port: 53, protocol: UDP}, {port: 9000}]\n", Some("dns")),
];

const ALLOWS: [&str; 5] = [
    "",
    "allow: [{from: {cidr: 10.20.0.0/16, except: [10.20.9.0/24]}}]\n",
    "allow: [{from: {cidr: 2001:db8::/32}}]\n",
    "allow: [{from: {namespace: ingress, pods: {app: gateway}}}]\n",
    "allow: [{from: {namespace: ops}}]\n",
];

fn service(count: usize) -> impl Strategy<Value = Draft> {
    let calls = subsequence((0..count).collect::<Vec<_>>(), 0..=count)
        .prop_flat_map(|callees| callees.into_iter().map(|callee| (Just(callee), wish())).collect::<Vec<_>>());
    let namespace = select(&["default", "ops"][..]);
    let service_type = proptest::option::of(select(&["backend", "api", "monitoring"][..]));
    let ports = select(&PORTS[..]).prop_map(|(ports, _)| ports);
    let stage = proptest::option::weighted(0.3, select(&STAGES[..]));
    (namespace, service_type, ports, stage, select(&ALLOWS[..]), calls).prop_map(
        |(namespace, service_type, ports, stage, allow, calls)| Draft {
            namespace,
            service_type,
            ports,
            stage,
            allow,
            calls,
        },
    )
}

fn wish() -> impl Strategy<Value = Wish> {
    prop_oneof![Just(Wish::All), Just(Wish::First)]
}

fn fleet() -> impl Strategy<Value = FleetDraft> {
    let audit = select(&["calico-log", "calico-staged", "observe"][..]);
    let catch_alls = select(&["kubernetes", "calico"][..]);
    let identity = select(&["routing-name", "app.kubernetes.io/name"][..]);
    let config = (audit, catch_alls, identity, select(&STAGES[..]), any::<bool>()).prop_map(
        |(audit, catch_alls, identity, stage, log)| {
            format!(
                "version: 1
labels: {{domain: hazel.bank, identity: {identity}}}
services: {{include: [service.*]}}
namespaces: [default, ops]
types: {{backend: {{callers: [monitoring]}}, api: {{callers: [monitoring, backend]}}, monitoring: {{}}}}
environments: {{{ENVIRONMENT}: {{stage: {stage}, log: {log}}}}}
audit: {{backend: {audit}}}
catch-alls: {{backend: {catch_alls}}}
"
            )
        },
    );
    let services = (2..6_usize).prop_flat_map(|count| proptest::collection::vec(service(count), count));
    (config, services).prop_map(|(config, services)| FleetDraft { config, services })
}

fn name(number: usize) -> String {
    format!("service.s{number}")
}

fn plan(draft: &FleetDraft) -> Plan {
    let directories = draft.services.iter().enumerate().map(|(number, service)| {
        let mut text = format!("namespace: {}\n{}{}", service.namespace, service.ports, service.allow);
        if let Some(service_type) = service.service_type {
            writeln!(text, "type: {service_type}").expect("a string can be written to");
        }
        if let Some(stage) = service.stage {
            writeln!(text, "stage: {{{ENVIRONMENT}: {stage}}}").expect("a string can be written to");
        }
        let path = name(number);
        let calls = service.calls.iter().filter(|(callee, _)| *callee != number);
        let rules = calls.map(|(callee, wish)| {
            let listed = PORTS.iter().find(|(text, _)| *text == draft.services[*callee].ports);
            let text = match (wish, listed.and_then(|(_, first)| *first)) {
                (Wish::First, Some(port)) => format!("ports: [{port}]\n"),
                (Wish::First, None) | (Wish::All, _) => String::new(),
            };
            File::new(format!("{path}/egress/{}.rule", name(*callee)), text)
        });
        let rules = rules.collect();
        Directory {
            file: Some(File::new(format!("{path}/service.yaml"), text)),
            path,
            rules,
            faults: Vec::new(),
            unread: Vec::new(),
        }
    });
    let directories = Directories::new(Scope::Whole, directories.collect());
    let reading = read_texts(File::new("hedgerow.yaml", draft.config.as_str()), directories, None);
    let fleet: Fleet = reading.fleet.unwrap_or_else(|| panic!("{:#?}\n{draft:#?}", reading.diagnostics));
    Plan::new(Arc::new(fleet), &EnvironmentName::new(ENVIRONMENT).expect("a name")).expect("it is declared")
}

/// Everything that Hedgerow renders for a plan.
fn rendered(plan: &Plan) -> String {
    let of_services = plan.services().values().flat_map(|service| service_objects(service, Some(&service.namespace)));
    of_services.chain(platform_objects(plan)).map(|object| format!("---\n{}", object.emit())).collect()
}

/// The pods of a service as its deploy would make them, in JSON so that nothing depends on how YAML is written.
fn pods(plan: &Plan, service: &ServicePlan) -> String {
    let labels: serde_json::Map<_, _> = service
        .pods
        .all()
        .iter()
        .map(|(key, value)| (key.as_str().to_owned(), value.as_str().to_owned().into()))
        .collect();
    let listed = plan.fleet().service(service.name.as_str()).map(|service| service.ports.listed()).unwrap_or_default();
    let ports: Vec<_> = listed
        .iter()
        .map(|port| {
            let name = port.name.as_ref().map(|name| name.as_str());
            serde_json::json!({"name": name, "containerPort": port.number, "protocol": port.protocol.as_str()})
        })
        .collect();
    let pod = serde_json::json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": service.slug.as_str(), "namespace": service.namespace.as_str(), "labels": labels},
        "spec": {"containers": [{"name": "main", "ports": ports}]},
    });
    format!("---\n{pod}\n")
}

fn read(text: &str) -> Manifests {
    let mut sources = Sources::default();
    sources.add("rendered.yaml", text);
    let (manifests, diagnostics) = Manifests::read(sources.iter(), "default");
    assert!(diagnostics.is_empty(), "{diagnostics:#?}\n{text}");
    manifests
}

/// Ports worth asking about: those that are listed or named by a rule, their neighbours, and one that nobody knows.
fn ports(plan: &Plan) -> BTreeSet<(NonZeroU16, Protocol)> {
    let listed = plan.fleet().services().flat_map(|service| service.ports.listed());
    let numbers: BTreeSet<_> = listed.map(|port| port.number.get()).chain([7777]).collect();
    let around = numbers.iter().flat_map(|number| [number - 1, *number, number + 1]);
    around.filter_map(NonZeroU16::new).flat_map(|number| Protocol::ALL.map(|protocol| (number, protocol))).collect()
}

fn flow((number, protocol): (NonZeroU16, Protocol)) -> Flow {
    let protocol = hedgerow_eval::Protocol::named(protocol.as_str()).expect("both know TCP, UDP and SCTP");
    Flow { protocol, port: number.get() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rendered_objects_mean_what_was_planned(draft in fleet()) {
        let plan = plan(&draft);
        let pods: String = plan.services().values().map(|service| pods(&plan, service)).collect();
        let text = rendered(&plan) + &pods;
        let network = Network::new(read(&text), &[]);
        let peer = |service: &ServicePlan| {
            let is_it = |id: &_| matches!(network.peer(*id), Peer::Pods(pods) if pods.object.name == service.slug.as_str());
            network.pods().find(is_it).expect("every service has pods")
        };
        for callee in plan.services().values() {
            for caller in plan.services().values().filter(|caller| caller.name != callee.name) {
                for port in ports(&plan) {
                    let planned = plan.verdict(&caller.name, &callee.name, port).expect("both are planned");
                    let found = network.verdict(peer(caller), peer(callee), flow(port));
                    prop_assert_eq!(
                        found.allows(), planned.traffic.is_allowed(),
                        "{} → {} on {:?}: planned {:?}, found {:?}\n{}", caller.name, callee.name, port, planned, found, text
                    );
                }
            }
        }
    }

    #[test]
    fn verify_finds_nothing_wrong_with_what_was_rendered(draft in fleet()) {
        let plan = plan(&draft);
        let objects = rendered(&plan);
        let pods: String = plan.services().values().map(|service| pods(&plan, service)).collect();
        // With the pods as deployed, and with the policies alone.
        for text in [objects.clone() + &pods, objects] {
            let report = verify(&plan, read(&text));
            let errors: Vec<_> = report.findings.iter().map(hedgerow_verify::Finding::diagnostic).filter(|found| found.is_error()).collect();
            prop_assert!(errors.is_empty(), "{:#?}\n{}", errors, text);
        }
    }

    #[test]
    fn verify_sees_that_a_rule_is_gone_or_new(draft in fleet(), at in any::<prop::sample::Index>()) {
        let rendered_by = plan(&draft);
        let pods: String = rendered_by.services().values().map(|service| pods(&rendered_by, service)).collect();
        let text = rendered(&rendered_by) + &pods;
        let mut changed = draft.clone();
        let caller = at.index(changed.services.len());
        let callee = (caller + 1) % changed.services.len();
        let calls = &mut changed.services[caller].calls;
        match calls.iter().position(|(to, _)| *to == callee) {
            Some(call) => drop(calls.remove(call)),
            None => calls.push((callee, Wish::All)),
        }
        let plan = plan(&changed);
        // The edge is another one only where nothing else opens it, such as a type or a stage that drops nothing.
        let (from, to) = (rendered_by.services().values().nth(caller), rendered_by.services().values().nth(callee));
        let (from, to) = (from.expect("it is planned"), to.expect("it is planned"));
        let allowed = |plan: &Plan, port| plan.verdict(&from.name, &to.name, port).expect("both are planned").traffic.is_allowed();
        let differs = ports(&plan).into_iter().any(|port| allowed(&plan, port) != allowed(&rendered_by, port));
        let report = verify(&plan, read(&text));
        // What a backstop lets through today is another finding: it is about the policies, and here about traffic.
        let edges = report.findings.iter().filter_map(hedgerow_verify::Finding::edges).filter(|edges| !edges.is_tried);
        let named = edges.into_iter().any(|edges| {
            edges.callee == to.name.as_str()
                && edges.callers.iter().any(|caller| caller.to_string().contains(from.name.as_str()))
        });
        prop_assert_eq!(named, differs, "{:#?}", report.findings);
    }
}
