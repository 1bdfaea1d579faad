//! Plan → Kubernetes [NetworkPolicy].
//!
//! [NetworkPolicy]: https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/

mod types;

use crate::object::{Kind, Object};
use hedgerow_core::label::PolicyState;
use hedgerow_core::name::Namespace;
use hedgerow_core::nonempty::NonEmpty;
use hedgerow_core::plan::{Admission, Admits, AdmittedPorts, CatchAll, Plan, Policy};
use hedgerow_core::policy::{Labels, Peer, Peers, Place};
use hedgerow_yaml::Yaml;
use types::{IngressRule, LabelSelector, PeerSelector, PolicyPort, PolicySpec};

/// The label that Kubernetes gives every namespace since 1.22, with the namespace's name.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// The key in a ConfigMap under which a policy stands that is data.
pub const POLICY_FILE: &str = "networkpolicy.yaml";

/// The NetworkPolicy that admits a service's callers.
#[must_use]
pub fn network_policy(policy: &Policy, namespace: Option<Namespace>) -> Object {
    object(Kind::NetworkPolicy, policy, namespace, &spec(policy))
}

/// The same policy as a Calico `StagedKubernetesNetworkPolicy`: evaluated, never enforced.
#[must_use]
pub fn staged_network_policy(policy: &Policy, namespace: Option<Namespace>) -> Object {
    let spec = PolicySpec { staged: true, ..spec(policy) };
    object(Kind::CalicoStagedKubernetesNetworkPolicy, policy, namespace, &spec)
}

/// The same policy as data: a ConfigMap that holds the NetworkPolicy. It is of the ConfigMap's namespace, whatever that is.
#[must_use]
pub fn policy_data(policy: &Policy, namespace: Option<Namespace>) -> Object {
    let text = network_policy(policy, None).emit().trim_end().to_owned();
    let spec = Yaml::map([(POLICY_FILE, Yaml::Text(text))]);
    Object { kind: Kind::PolicyData, name: policy.data.clone(), namespace, mark: policy.mark.clone(), spec }
}

fn object(kind: Kind, policy: &Policy, namespace: Option<Namespace>, spec: &PolicySpec) -> Object {
    Object { kind, name: policy.object.clone(), namespace, mark: policy.mark.clone(), spec: spec.to_yaml() }
}

/// The NetworkPolicies that let a type's callers in, one per namespace of the fleet; staged ones for staged pods.
pub fn catch_all(plan: &Plan, catch_all: &CatchAll, state: PolicyState) -> Vec<Object> {
    let (kind, staged) = match state {
        PolicyState::Live => (Kind::NetworkPolicy, false),
        PolicyState::Staged => (Kind::CalicoStagedKubernetesNetworkPolicy, true),
    };
    let scheme = plan.scheme();
    let callers =
        catch_all.callers.iter().map(|caller| scheme.service_type_value(caller).as_str().to_owned()).collect();
    let pods = LabelSelector::one_of(scheme.service_type().as_str(), callers);
    let namespaces = &plan.fleet().config().namespaces;
    let selector = plan.catch_all_selector(catch_all, state);
    let objects = namespaces.iter().map(|namespace| {
        let others: Vec<_> =
            namespaces.iter().filter(|other| *other != namespace).map(|n| n.as_str().to_owned()).collect();
        let mut from = vec![PeerSelector::Pods { namespaces: None, pods: pods.clone() }];
        if !others.is_empty() {
            let namespaces = Some(LabelSelector::one_of(NAMESPACE_NAME, others));
            from.push(PeerSelector::Pods { namespaces, pods: pods.clone() });
        }
        let spec = PolicySpec {
            staged,
            pods: LabelSelector::labels(&selector),
            ingress: vec![IngressRule { from: Some(from), ports: None }],
        };
        Object {
            kind,
            name: catch_all.object.clone(),
            namespace: Some(namespace.clone()),
            mark: catch_all.mark.clone(),
            spec: spec.to_yaml(),
        }
    });
    objects.collect()
}

fn spec(policy: &Policy) -> PolicySpec {
    let ingress = match &policy.admits {
        Admits::Nobody => Vec::new(),
        // An entry that names neither peers nor ports: no entry at all would admit nobody.
        Admits::Anybody => vec![IngressRule { from: None, ports: None }],
        Admits::These(admissions) => admissions.iter().filter_map(ingress_rule).collect(),
    };
    PolicySpec { staged: false, pods: LabelSelector::labels(&policy.selector), ingress }
}

/// One `ingress` entry; nothing where nobody is admitted, since an entry without peers would admit anybody.
fn ingress_rule(admission: &Admission) -> Option<IngressRule> {
    let from = match &admission.peers {
        Peers::Nobody => return None,
        Peers::Anybody => None,
        Peers::These(peers) => Some(peers.iter().map(peer).collect()),
    };
    let ports = match &admission.ports {
        AdmittedPorts::Any => None,
        AdmittedPorts::These(ports) => {
            Some(ports.iter().map(|(number, protocol)| PolicyPort { number: *number, protocol: *protocol }).collect())
        }
    };
    Some(IngressRule { from, ports })
}

fn peer(peer: &Peer) -> PeerSelector {
    match peer {
        Peer::Pods { place, labels } => PeerSelector::Pods { namespaces: namespaces(place), pods: pods(labels) },
        Peer::AllPods(place) => namespaces(place).map_or(PeerSelector::OwnNamespace, PeerSelector::Namespaces),
        Peer::Block { cidr, except } => PeerSelector::Block { cidr: *cidr, except: except.clone() },
    }
}

fn pods(labels: &Labels) -> LabelSelector {
    LabelSelector::labels(labels)
}

fn namespaces(place: &Place) -> Option<LabelSelector> {
    let names = |namespaces: &NonEmpty<Namespace>| namespaces.iter().map(|n| n.as_str().to_owned()).collect();
    match place {
        Place::SameNamespace => None,
        Place::Namespaces(namespaces) => Some(LabelSelector::one_of(NAMESPACE_NAME, names(namespaces))),
        Place::Labelled(labels) => Some(LabelSelector::labels(labels)),
        Place::Anywhere => Some(LabelSelector::everything()),
    }
}
