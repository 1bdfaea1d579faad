//! What network policies mean: an evaluator of Kubernetes' and Calico's policies that shares nothing with the renderer.
//!
//! Manifests go in as texts; verdicts come out. The crate knows nothing of rule files or of how Hedgerow writes
//! policies, so that it can be believed when it finds in rendered objects exactly what was planned.
//!
//! ```
//! use hedgerow_core::source::Sources;
//! use hedgerow_eval::{DecidedBy, Flow, Manifests, Network};
//!
//! let mut sources = Sources::default();
//! sources.add("cluster.yaml", r#"
//! {kind: Pod, apiVersion: v1, metadata: {name: a, labels: {calls-b: "true"}}, spec: {containers: []}}
//! ---
//! {kind: Pod, apiVersion: v1, metadata: {name: b, labels: {app: b}}, spec: {containers: []}}
//! ---
//! apiVersion: networking.k8s.io/v1
//! kind: NetworkPolicy
//! metadata: {name: b}
//! spec:
//!   podSelector: {matchLabels: {app: b}}
//!   ingress:
//!     - from: [{podSelector: {matchLabels: {calls-b: "true"}}}]
//!       ports: [{port: 80}]
//! "#);
//! let (manifests, faults) = Manifests::read(sources.iter(), "default");
//! assert!(faults.is_empty());
//! let network = Network::new(manifests, &[]);
//! let [a, b] = network.pods().collect::<Vec<_>>()[..] else { panic!("two pods") };
//! assert!(network.verdict(a, b, Flow::tcp(80)).allows());
//! let verdict = network.verdict(a, b, Flow::tcp(81));
//! assert!(matches!(verdict.ingress.by, DecidedBy::EndOfTier { policies, .. } if policies[0].name == "b"));
//! ```
//!
//! # Policies beside pods that the manifests do not hold
//! Whoever knows the pods otherwise adds them, and asks which policies guard them and what their union admits:
//!
//! ```
//! use hedgerow_core::source::Sources;
//! use hedgerow_eval::{Direction, Endpoint, Labels, Manifests, Network, ObjectRef};
//!
//! let mut sources = Sources::default();
//! let id = sources.add("chart.yaml", r#"
//! apiVersion: networking.k8s.io/v1
//! kind: NetworkPolicy
//! metadata: {name: chart}
//! spec: {podSelector: {matchLabels: {app: b}}, ingress: [{ports: [{port: 8080}]}]}
//! "#);
//! let (mut manifests, faults) = Manifests::read(sources.iter(), "default");
//! assert!(faults.is_empty());
//! let workload = ObjectRef { kind: "Deployment".to_owned(), namespace: Some("default".to_owned()), name: "b".to_owned() };
//! let labels = Labels::from([("app".to_owned(), "b".to_owned())]);
//! manifests.add_endpoints([Endpoint::new(workload, labels, id.span(0, 0))]);
//! let network = Network::new(manifests, &[]);
//! let pods = network.pods().next().expect("they were added");
//! let guards: Vec<_> = network.guards(pods, Direction::Ingress).map(ToString::to_string).collect();
//! assert_eq!(guards, ["NetworkPolicy default/chart"]);
//! let admitted = network.admitted(pods);
//! let open = admitted.iter().find(|(_, sources)| *sources == network.everybody()).expect("one port is open to all");
//! assert_eq!(open.0.to_string(), "TCP 8080");
//! ```
//!
//! # What is modelled
//! * All of `networking.k8s.io/v1` NetworkPolicy.
//! * `policy.networking.k8s.io`: ClusterNetworkPolicy `v1alpha2`, AdminNetworkPolicy and BaselineAdminNetworkPolicy `v1alpha1`.
//! * `projectcalico.org/v3` NetworkPolicy, GlobalNetworkPolicy, Tier, NetworkSet and GlobalNetworkSet, with Kubernetes'
//!   policies at order 1000 of tier `default`; `services`, `ipVersion`, ports of the source, and ICMP as a protocol among them.
//!   Staged kinds have no effect and are listed; they can be evaluated as if they were enforced.
//! * Pods of any object that has a pod or a pod template. Pods on their node's network are out of every policy's reach.
//!
//! # What this crate does not do
//! * It reads no files and asks no cluster.
//! * It does not guess. `http`, names of source ports, `preDNAT`, `doNotTrack`, `applyOnForward` and missing tiers are reported as
//!   `unsupported-policy`; so are kinds of policy that it does not know. No verdict on the pods concerned holds then.
//! * It knows pods' addresses only where the manifests give them (`status.podIPs`). A pod without one is in `0.0.0.0/0`
//!   and in no smaller block, and a rule that leaves out blocks (`except`, `notNets`) and names no pods does not match it.
//! * Host endpoints, and traffic from a node to its own pods, which no policy can stop, are left aside.

mod bits;
mod calico;
mod claim;
mod cluster;
mod foreign;
mod grammar;
mod guests;
mod k8s;
mod manifest;
mod meaning;
mod net;
mod network;
mod objects;
mod pods;
mod policy;
mod port;
mod selector;
mod services;
mod staged;
mod tiers;

use std::collections::{BTreeMap, BTreeSet};

use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_core::source::{Source, SourceId, Span};
use rayon::prelude::*;

pub use claim::{Claim, Wearers, WearersIn};
pub use cluster::{Cluster, Endpoint, Labels, MaybeWorn};
pub use guests::{Asked, Guest, Guests, Listed, Permit};
pub use manifest::{Holds, ObjectRef, holds};
pub use net::{AddressRange, Cidr, Family};
pub use network::{DecidedBy, Decision, Network, Peer, PeerId, PeerSet, Reach, Verdict};
pub use objects::{PlainObject, objects, objects_and_faults};
pub use policy::{Action, Direction, PolicyId, PolicyKind, TierDefault, Way};
pub use port::{Flow, NamedPort, PortRange, Protocol};

use manifest::Object;
use policy::{NetworkSet, Policy, Tier};
use selector::Index;
use services::Services;
use staged::Would;

/// How many objects one worker reads before it is asked for more.
const AT_ONCE: usize = 64;

/// Everything in some manifests that bears on who may reach whom.
#[derive(Debug, Clone, Default)]
pub struct Manifests {
    /// Pods and what they inherit labels from.
    pub cluster: Cluster,
    /// Policies that have no effect because they are staged, or because to the cluster they are data.
    pub staged: Vec<ObjectRef>,
    /// What they would do.
    would: Vec<Would>,
    /// Those of which that is not known, since they hold what is not modelled.
    unread_staged: Vec<(ObjectRef, Span)>,
    policies: Vec<Policy>,
    /// What each policy wears.
    labels: BTreeMap<PolicyId, Labels>,
    tiers: BTreeMap<String, Tier>,
    network_sets: Vec<NetworkSet>,
}

impl Manifests {
    /// Reads manifests: YAML streams, JSON, lists, or what `kubectl get -o yaml` prints. Objects without a namespace are
    /// taken to be in `default_namespace`, where `kubectl apply` would put them.
    ///
    /// What could not be read, or is not modelled, is among the diagnostics; where any of them is an error, verdicts do
    /// not hold.
    #[must_use]
    pub fn read<'a>(
        texts: impl IntoIterator<Item = (SourceId, &'a Source)>,
        default_namespace: &str,
    ) -> (Self, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let mut objects = Vec::new();
        for (id, source) in texts {
            objects.extend(manifest::parse(id, &source.text, &mut diagnostics));
        }
        let cluster = Cluster::read(&objects, default_namespace, &mut diagnostics);
        let tiers = calico::built_in_tiers().into_iter().map(|tier| (tier.name.clone(), tier)).collect();
        let mut manifests = Self { cluster, tiers, ..Self::default() };
        let services = Services::of(&objects, default_namespace);
        let parts = objects.par_chunks(AT_ONCE).map(|objects| {
            let (mut part, mut diagnostics) = (Self::default(), Vec::new());
            for object in objects {
                part.read_object(object, default_namespace, &services, &mut diagnostics);
            }
            (part, diagnostics)
        });
        for (part, mut faults) in parts.collect::<Vec<_>>() {
            manifests.append(part);
            diagnostics.append(&mut faults);
        }
        manifests.settle(&mut diagnostics);
        (manifests, diagnostics)
    }

    /// Adds pods that the manifests do not hold.
    pub fn add_endpoints(&mut self, endpoints: impl IntoIterator<Item = Endpoint>) {
        self.cluster.endpoints.extend(endpoints);
        self.cluster.imply_namespaces();
    }

    /// Which of some pods a policy of the manifests would guard in a direction, if they were there.
    #[must_use]
    pub fn guarded(&self, pods: &[Endpoint], direction: Direction) -> Vec<bool> {
        let mut world = self.cluster.clone_without_pods();
        world.imply_namespaces_of(pods);
        let mut index = Index::new(pods.len());
        for (id, pods) in pods.iter().enumerate() {
            network::wear(&mut index, id, pods, &world);
        }
        let mut guarded = vec![false; pods.len()];
        for policy in self.policies.iter().filter(|policy| policy.rules(direction).is_some()) {
            index.select(&policy.selects).iter().for_each(|id| guarded[id] = true);
        }
        guarded
    }

    /// Every policy that has an effect, with the labels it wears, its order and where it is named.
    pub fn written(&self) -> impl Iterator<Item = (&PolicyId, &Labels, f64, Span)> {
        let policies = self.policies.iter();
        policies.filter_map(|policy| Some((&policy.id, self.labels.get(&policy.id)?, policy.order, policy.place)))
    }

    /// Every policy that has an effect.
    pub fn policies(&self) -> impl Iterator<Item = &PolicyId> {
        self.policies.iter().map(|policy| &policy.id)
    }

    /// Staged policies of which it is not known what they would do, with their places.
    pub fn unread_staged(&self) -> impl Iterator<Item = (&ObjectRef, Span)> {
        self.unread_staged.iter().map(|(policy, place)| (policy, *place))
    }

    /// Keeps only some of the policies.
    pub fn retain_policies(&mut self, mut keep: impl FnMut(&PolicyId) -> bool) {
        self.policies.retain(|policy| keep(&policy.id));
    }

    /// Adds the policies, tiers and network sets of a part of the objects, as if they had been read after the others.
    fn append(&mut self, part: Self) {
        self.staged.extend(part.staged);
        self.would.extend(part.would);
        self.unread_staged.extend(part.unread_staged);
        self.policies.extend(part.policies);
        self.labels.extend(part.labels);
        self.tiers.extend(part.tiers);
        self.network_sets.extend(part.network_sets);
    }

    fn read_object(
        &mut self,
        object: &Object,
        default_namespace: &str,
        services: &Services,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let own_namespace = object.namespace.as_deref().unwrap_or(default_namespace);
        let refused = |what: &str| {
            let what = format!("{}: {what}", object.written());
            Diagnostic::new(Code::InvalidPolicy, what).mark(object.place, "")
        };
        if object.api.is_empty() {
            let what = format!("{}: an object needs `apiVersion`", object.written());
            diagnostics.push(Diagnostic::new(Code::UnreadableManifest, what).mark(object.place, ""));
            diagnostics.extend(foreign::name(object));
            return;
        }
        let served = match (object.group.as_str(), object.kind.as_str()) {
            ("networking.k8s.io", "NetworkPolicy") => Some("v1"),
            ("extensions", "NetworkPolicy") => Some("none; it is `networking.k8s.io/v1` today"),
            (tiers::GROUP, "ClusterNetworkPolicy") => Some("v1alpha2"),
            (tiers::GROUP, "AdminNetworkPolicy" | "BaselineAdminNetworkPolicy") => Some("v1alpha1"),
            (calico::GROUP, _) => Some("v3"),
            (calico::STORAGE_GROUP, _) => Some("v1"),
            _ => None,
        };
        if let Some(served) = served.filter(|served| *served != object.version()) {
            diagnostics
                .push(refused(&format!("the API server knows no `{}` of this kind (versions: {served})", object.api)));
            return;
        }
        let policy = match (object.group.as_str(), object.kind.as_str()) {
            ("networking.k8s.io", "NetworkPolicy") => {
                cluster::check_name(object, grammar::is_subdomain, diagnostics);
                k8s::read(object, default_namespace, diagnostics)
            }
            (tiers::GROUP, "ClusterNetworkPolicy" | "AdminNetworkPolicy" | "BaselineAdminNetworkPolicy") => {
                cluster::check_name(object, grammar::is_subdomain, diagnostics);
                tiers::read(object, diagnostics)
            }
            (calico::GROUP | calico::STORAGE_GROUP, kind) => match kind {
                "NetworkPolicy" => {
                    cluster::check_name(object, grammar::is_subdomain, diagnostics);
                    calico::read_policy(object, PolicyKind::Calico, default_namespace, services, diagnostics)
                }
                "GlobalNetworkPolicy" => {
                    cluster::check_name(object, grammar::is_subdomain, diagnostics);
                    calico::read_policy(object, PolicyKind::CalicoGlobal, default_namespace, services, diagnostics)
                }
                "StagedNetworkPolicy" | "StagedKubernetesNetworkPolicy" | "StagedGlobalNetworkPolicy" => {
                    let (staged, would) = staged::read(object, default_namespace, services, diagnostics);
                    if would.is_unread {
                        self.unread_staged.push((staged.clone(), object.place));
                    }
                    let would = would.would;
                    self.staged.push(staged);
                    self.would.extend(would);
                    None
                }
                "Tier" => {
                    let tier = calico::read_tier(object, diagnostics);
                    self.tiers.extend(tier.map(|tier| (tier.name.clone(), tier)));
                    None
                }
                "NetworkSet" => {
                    self.network_sets.extend(calico::read_network_set(object, Some(own_namespace), diagnostics));
                    None
                }
                "GlobalNetworkSet" => {
                    self.network_sets.extend(calico::read_network_set(object, None, diagnostics));
                    None
                }
                _ => {
                    diagnostics.extend(foreign::name(object));
                    None
                }
            },
            ("", "ConfigMap") => {
                if let Some((staged, would)) = staged::read_data(object, own_namespace, diagnostics) {
                    self.staged.push(staged);
                    self.would.extend(would);
                }
                None
            }
            _ => {
                diagnostics.extend(foreign::name(object));
                None
            }
        };
        if let Some(policy) = &policy {
            self.labels.insert(policy.id.clone(), cluster::labels(object, diagnostics));
        }
        self.policies.extend(policy);
    }

    /// Finds policies that are there twice and tiers that are not there.
    fn settle(&mut self, diagnostics: &mut Vec<Diagnostic>) {
        self.staged.sort();
        self.staged.dedup();
        self.settle_staged(diagnostics);
        let mut unique = BTreeMap::<PolicyId, Policy>::new();
        for policy in std::mem::take(&mut self.policies) {
            if !self.tiers.contains_key(&policy.tier) {
                let what = format!(
                    "{}: tier `{}` is not among the manifests, so its order and what it does with the rest are not known",
                    policy.id, policy.tier
                );
                let help = format!("add the tier: `kubectl get tier {} -o yaml`", policy.tier);
                diagnostics.push(Diagnostic::new(Code::UnsupportedPolicy, what).mark(policy.place, "").help(help));
            }
            match unique.get(&policy.id) {
                Some(other) if (Policy { place: policy.place, ..other.clone() }) != policy => {
                    let what = format!("{} is there twice, with different meanings", policy.id);
                    let diagnostic = Diagnostic::new(Code::InvalidPolicy, what).mark(policy.place, "");
                    diagnostics.push(diagnostic.mark(other.place, "the other one"));
                }
                Some(_) => {}
                None => {
                    unique.insert(policy.id.clone(), policy);
                }
            }
        }
        // Of two administrators' policies of one priority the API leaves open which one is asked first.
        let mut by_place = BTreeMap::<(&str, u64), &Policy>::new();
        for policy in
            unique.values().filter(|policy| [PolicyKind::Cluster, PolicyKind::Admin].contains(&policy.id.kind))
        {
            let actions = |policy: &Policy| policy.all_rules().map(|rule| rule.action).collect::<BTreeSet<_>>();
            match by_place.get(&(policy.tier.as_str(), policy.order.to_bits())) {
                Some(other) if actions(other).union(&actions(policy)).count() > 1 => {
                    let what = format!(
                        "{} and {} have one priority: which one is asked first is not defined",
                        other.id, policy.id
                    );
                    let diagnostic = Diagnostic::new(Code::UnsupportedPolicy, what).mark(policy.place, "");
                    diagnostics.push(diagnostic.mark(other.place, "the other one"));
                }
                Some(_) => {}
                None => {
                    by_place.insert((&policy.tier, policy.order.to_bits()), policy);
                }
            }
        }
        self.policies = unique.into_values().collect();
    }
}
