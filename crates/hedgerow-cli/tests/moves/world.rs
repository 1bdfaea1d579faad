//! A small fleet in every position it can have, and the cluster that it is deployed into.

use hedgerow::core::fleet::Scope;
use hedgerow::core::name::{EnvironmentName, ServiceName};
use hedgerow::core::plan::Plan;
use hedgerow::core::read::Directories;
use hedgerow::core::source::Sources;
use hedgerow::core::tree::{Directory, File};
use hedgerow::read_texts;
use hedgerow::render::patch::{Options, patch};
use hedgerow::render::platform_objects;
use hedgerow_eval::{Flow, Manifests, Network, Peer, Protocol};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::Arc;

/// Whose move it is.
pub(crate) const CALLEE: &str = "service.ledger";
/// Where the callee lives.
pub(crate) const NAMESPACE: &str = "bank";
/// The ports that are tried; the last is not declared.
const PORTS: [u16; 3] = [8080, 9090, 7777];

/// What does not change in a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fleet {
    /// Whether the callee's type has callers.
    pub(crate) by_type: bool,
    /// The backend of the catch-alls.
    pub(crate) catch_alls: &'static str,
    /// What the callee's `allow` says.
    pub(crate) allow: &'static str,
    /// Where the callee listens.
    pub(crate) ports: &'static str,
}

/// Where a service stands, in the words of its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At {
    pub(crate) stage: &'static str,
    pub(crate) log: bool,
    pub(crate) audit: &'static str,
}

impl At {
    /// Every position there is.
    pub(crate) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for stage in ["off", "open", "audit", "enforce"] {
            for log in [false, true] {
                for audit in ["calico-log", "calico-staged", "observe"] {
                    all.push(Self { stage, log, audit });
                }
            }
        }
        all
    }
}

impl Fleet {
    /// Its files at a position, by their paths.
    pub(crate) fn files(self, at: At) -> Vec<(String, String)> {
        let callers = if self.by_type { "callers: [monitoring]" } else { "" };
        let config = format!(
            "version: 1\nlabels: {{domain: bank.example}}\nservices:\n  include: ['service.*']\n  defaults: {{namespace: {NAMESPACE}}}\n\
             namespaces: [{NAMESPACE}, dmz]\ntypes: {{core: {{{callers}}}, monitoring: {{}}}}\n\
             environments: {{prod: {{stage: '{}', log: {}}}}}\naudit: {{backend: {}}}\ncatch-alls: {{backend: {}}}\n",
            at.stage, at.log, at.audit, self.catch_alls,
        );
        let ledger = format!("type: core\nports: {}\nallow: {}\n", self.ports, self.allow);
        let by_port = if self.ports == "any" { "" } else { "ports: [http]\n" };
        let files = [
            ("hedgerow.yaml", config.as_str()),
            ("service.ledger/service.yaml", &ledger),
            ("service.emoji/service.yaml", "type: core\n"),
            ("service.emoji/egress/service.ledger.rule", ""),
            ("service.card/service.yaml", "namespace: dmz\n"),
            ("service.card/egress/service.ledger.rule", by_port),
            ("service.metrics/service.yaml", "type: monitoring\nnamespace: dmz\n"),
            ("service.stranger/service.yaml", "type: core\n"),
        ];
        files.map(|(path, text)| (path.to_owned(), text.to_owned())).to_vec()
    }

    /// The plan at a position.
    pub(crate) fn plan(self, at: At) -> Plan {
        let mut directories: BTreeMap<String, Directory> = BTreeMap::new();
        let mut config = None;
        for (path, text) in self.files(at) {
            let file = File::new(path.clone(), text);
            let Some((directory, below)) = path.split_once('/') else {
                config = Some(file);
                continue;
            };
            let directory = directories.entry(directory.to_owned()).or_insert_with(|| Directory {
                path: directory.to_owned(),
                file: None,
                rules: Vec::new(),
                faults: Vec::new(),
                unread: Vec::new(),
            });
            if below == "service.yaml" { directory.file = Some(file) } else { directory.rules.push(file) }
        }
        let read = directories.into_values().collect();
        let directories = Directories::new(Scope::Whole, read);
        let reading = read_texts(config.expect("there is one"), directories, None);
        let fleet = reading.fleet.unwrap_or_else(|| panic!("the fleet is faulty: {:#?}", reading.diagnostics));
        Plan::new(Arc::new(fleet), &EnvironmentName::new("prod").unwrap()).expect("it is declared")
    }
}

/// One document of a deploy.
#[derive(Debug, PartialEq)]
pub(crate) struct Document {
    pub(crate) kind: String,
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) name: String,
    /// What the API server knows it by.
    pub(crate) key: String,
    /// The labels in its pod template.
    pub(crate) worn: Option<BTreeMap<String, String>>,
    pub(crate) json: String,
}

/// One document, shared.
pub(crate) type Object = Rc<Document>;

impl Document {
    fn of(value: &Value) -> Self {
        let text =
            |value: &Value| value.as_str().expect("every object has a kind, an apiVersion and a name").to_owned();
        let (kind, name) = (text(&value["kind"]), text(&value["metadata"]["name"]));
        let api_version = text(&value["apiVersion"]);
        let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
        let namespace = value["metadata"]["namespace"].as_str().unwrap_or(NAMESPACE);
        let labels = &value["spec"]["template"]["metadata"]["labels"];
        Self {
            key: format!("{group}/{kind}/{namespace}/{name}"),
            worn: labels.is_object().then(|| serde_json::from_value(labels.clone()).expect("labels are texts")),
            json: value.to_string(),
            group: group.to_owned(),
            version: version.to_owned(),
            kind,
            name,
        }
    }

    pub(crate) fn is_policy(&self) -> bool {
        self.kind.ends_with("NetworkPolicy")
    }
}

/// What a chart of the callee renders, before Hedgerow: a ServiceAccount, a Service and a Deployment, in Helm's order.
pub(crate) const CHART: &str = "---
apiVersion: v1
kind: ServiceAccount
metadata: {name: ledger}
---
apiVersion: v1
kind: Service
metadata: {name: ledger}
spec: {selector: {app: ledger}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger}
spec:
  selector: {matchLabels: {app: ledger}}
  template:
    metadata:
      labels: {app: ledger}
    spec: {containers: [{name: c, image: x}]}
";

/// The documents of a deploy of the callee, in the order of the stream.
pub(crate) fn deploy(plan: &Plan) -> Vec<Object> {
    let mut sources = Sources::default();
    let options = Options { service: Some(ServiceName::new(CALLEE).unwrap()), ..Options::default() };
    let patch = patch(CHART, sources.add("<stdin>", CHART), plan, &options);
    let mut text = String::new();
    patch.edits.unwrap_or_else(|| panic!("{:#?}", patch.diagnostics)).push_to(CHART, &mut text);
    read(&text)
}

/// The documents of the platform.
pub(crate) fn platform(plan: &Plan) -> Vec<Object> {
    let text: String = platform_objects(plan).iter().map(|object| format!("---\n{}", object.emit())).collect();
    read(&text)
}

fn read(text: &str) -> Vec<Object> {
    use serde::Deserialize as _;
    let documents = serde_yaml::Deserializer::from_str(text).map(|document| Value::deserialize(document).unwrap());
    documents.filter(|value| !value.is_null()).map(|value| Rc::new(Document::of(&value))).collect()
}

/// Everything that calls are judged by at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cluster {
    /// By key. Workloads are not among them; what they make is in `pods`.
    pub(crate) policies: BTreeMap<String, Object>,
    /// The labels of the callee's pods: of some the old ones, of some the new ones.
    pub(crate) pods: Vec<BTreeMap<String, String>>,
}

/// A call that was tried: caller, pod of the callee, port.
pub(crate) type Call = (String, u16);

/// Who calls, as manifests by name: every service as it is in each of the plans, a pod with the labels that `allow` names, one
/// with labels of ours in a namespace that nobody lists, one without labels.
pub(crate) fn callers<'p>(plans: impl IntoIterator<Item = &'p Plan>) -> BTreeMap<String, String> {
    let mut worn = BTreeSet::new();
    for service in plans.into_iter().flat_map(|plan| plan.services().values()) {
        if service.name.as_str() != CALLEE {
            let labels: BTreeMap<_, _> =
                service.pods.all().iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
            worn.insert((service.name.to_string(), service.namespace.to_string(), labels));
        }
    }
    let labels = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    worn.insert(("gateway".into(), NAMESPACE.into(), labels(&[("app", "gateway")])));
    let every = [("bank.example/egress-s-ledger", "true"), ("bank.example/service-type", "monitoring")];
    worn.insert(("elsewhere".into(), "elsewhere".into(), labels(&every)));
    worn.insert(("plain".into(), NAMESPACE.into(), labels(&[])));
    let named = worn.into_iter().enumerate().map(|(at, (name, namespace, labels))| {
        let name = format!("{name}-{at}");
        let pod = pod(&name, &namespace, &labels);
        (name, pod.to_string())
    });
    named.collect()
}

fn pod(name: &str, namespace: &str, labels: &BTreeMap<String, String>) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"containers": []},
    })
}

/// Judges clusters for some callers, and remembers what it has judged.
pub(crate) struct Judge {
    callers: BTreeMap<String, String>,
    known: BTreeMap<String, Rc<BTreeSet<Call>>>,
}

impl Judge {
    pub(crate) const fn new(callers: BTreeMap<String, String>) -> Self {
        Self { callers, known: BTreeMap::new() }
    }

    /// The calls that reach every pod of the callee.
    pub(crate) fn through(&mut self, cluster: &Cluster) -> Rc<BTreeSet<Call>> {
        let mut text = String::new();
        for policy in cluster.policies.values() {
            text.push_str("---\n");
            text.push_str(&policy.json);
            text.push('\n');
        }
        for (at, labels) in cluster.pods.iter().enumerate() {
            writeln!(text, "---\n{}", pod(&format!("callee-{at}"), NAMESPACE, labels)).unwrap();
        }
        if let Some(known) = self.known.get(&text) {
            return Rc::clone(known);
        }
        let through = Rc::new(self.judge(&text, cluster.pods.len()));
        self.known.insert(text, Rc::clone(&through));
        through
    }

    fn judge(&self, cluster: &str, count: usize) -> BTreeSet<Call> {
        let callers: String = self.callers.values().map(|pod| format!("---\n{pod}\n")).collect();
        let mut sources = Sources::default();
        sources.add("cluster.yaml", format!("{cluster}{callers}"));
        let (manifests, faults) = Manifests::read(sources.iter(), NAMESPACE);
        assert!(faults.is_empty(), "{faults:#?}");
        let network = Network::new(manifests, &[]);
        let name = |id| match network.peer(id) {
            Peer::Pods(endpoint) => endpoint.object.name.clone(),
            Peer::Outside(_) => unreachable!("only pods were asked for"),
        };
        let pods: BTreeMap<String, _> = network.pods().map(|id| (name(id), id)).collect();
        let callees: Vec<_> = (0..count).map(|at| pods[&format!("callee-{at}")]).collect();
        let calls = self.callers.keys().flat_map(|caller| PORTS.map(|port| (caller.clone(), port)));
        let gets_through = |(caller, port): &Call| {
            let flow = Flow { protocol: Protocol::TCP, port: *port };
            callees.iter().all(|callee| network.verdict(pods[caller], *callee, flow).allows())
        };
        calls.filter(gets_through).collect()
    }
}
