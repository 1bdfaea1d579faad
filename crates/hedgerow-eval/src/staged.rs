//! Policies without effect, and what they would do: Calico's staged kinds, and policies that to the cluster are data.

use crate::Manifests;
use crate::calico;
use crate::cluster::Cluster;
use crate::k8s;
use crate::manifest::{self, Object, ObjectRef};
use crate::net::Cidr;
use crate::policy::{Party, Policy, PolicyId, PolicyKind, Rule};
use crate::services::Services;
use hedgerow_core::diag::{Code, Diagnostic, Severity};
use hedgerow_core::source::Span;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What the label of a policy's object is called that says whose it is, behind a domain.
const MARK: &str = "/policy-of";
/// The key in a ConfigMap under which a policy stands that is data.
const POLICY_FILE: &str = "networkpolicy.yaml";

/// What a staged policy would do.
#[derive(Debug, Clone)]
pub(crate) enum Would {
    /// Be there.
    Set(Box<Policy>),
    /// Take another one away.
    Delete(PolicyId),
}

/// What was read of a staged policy.
pub(crate) struct Read {
    pub(crate) would: Option<Would>,
    /// Whether it holds what is not modelled, so that it is not known what it would do.
    pub(crate) is_unread: bool,
}

/// Reads a staged policy of Calico's. What the API server refuses is refused here too: it would not be there. What is not
/// modelled has no effect today, so that is a warning, and what it would do is not known.
pub(crate) fn read(
    object: &Object,
    default_namespace: &str,
    services: &Services,
    diagnostics: &mut Vec<Diagnostic>,
) -> (ObjectRef, Read) {
    let mut plain = object.clone();
    let spec = plain.value.get_mut("spec").and_then(Value::as_object_mut);
    let action = spec.and_then(|spec| spec.remove("stagedAction"));
    let action = action.as_ref().and_then(Value::as_str).unwrap_or("Set").to_owned();
    let mut faults = Vec::new();
    let (reference, policy) = match object.kind.as_str() {
        "StagedGlobalNetworkPolicy" => {
            let kind = PolicyKind::CalicoGlobal;
            let policy = calico::read_policy(&plain, kind, default_namespace, services, &mut faults);
            (object.unnamespaced(), policy)
        }
        "StagedNetworkPolicy" => {
            let kind = PolicyKind::Calico;
            let policy = calico::read_policy(&plain, kind, default_namespace, services, &mut faults);
            (object.namespaced(default_namespace), policy)
        }
        _ => (object.namespaced(default_namespace), k8s::read(&plain, default_namespace, &mut faults)),
    };
    let mut is_unread = false;
    for fault in faults.iter_mut().filter(|fault| fault.code == Code::UnsupportedPolicy && fault.is_error()) {
        fault.severity = Severity::Warning;
        is_unread = action == "Set";
    }
    diagnostics.append(&mut faults);
    let would = policy.and_then(|policy| match action.as_str() {
        "Set" => Some(Would::Set(Box::new(policy))),
        "Delete" => Some(Would::Delete(policy.id)),
        // Calico leaves the others out as well.
        _ => None,
    });
    (reference, Read { would, is_unread })
}

/// Reads a policy that is data: a ConfigMap with the mark of a policy that holds a NetworkPolicy. The policy is of the ConfigMap's
/// namespace. Nothing where it is an ordinary ConfigMap.
pub(crate) fn read_data(
    object: &Object,
    namespace: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(ObjectRef, Option<Would>)> {
    let labels = object.get(&["metadata", "labels"]).and_then(Value::as_object)?;
    let text = object.get(&["data", POLICY_FILE]).and_then(Value::as_str)?;
    if !labels.keys().any(|key| key.ends_with(MARK)) {
        return None;
    }
    let reference = object.namespaced(namespace);
    let mut faults = Vec::new();
    let objects = manifest::parse(object.place.source, text, &mut faults);
    let policy = match objects.as_slice() {
        [only] if (only.api.as_str(), only.kind.as_str()) == ("networking.k8s.io/v1", "NetworkPolicy") => {
            // Places within the text are no places of the manifest.
            let only = Object { place: object.place, namespace: Some(namespace.to_owned()), ..only.clone() };
            k8s::read(&only, namespace, &mut faults)
        }
        _ => {
            let what = format!("{reference}: `{POLICY_FILE}` is not one NetworkPolicy, so nobody can try it");
            faults.push(Diagnostic::new(Code::InvalidPolicy, what));
            None
        }
    };
    for fault in faults {
        let fault = Diagnostic { marks: Vec::new(), fix: None, ..fault };
        diagnostics.push(fault.mark(object.place, ""));
    }
    Some((reference, policy.map(|policy| Would::Set(Box::new(policy)))))
}

/// What others make of staged policies.
impl Manifests {
    /// Finds staged policies that are there twice, and keeps one of those that are the same.
    pub(crate) fn settle_staged(&mut self, diagnostics: &mut Vec<Diagnostic>) {
        let mut unique = BTreeMap::<PolicyId, Would>::new();
        for would in std::mem::take(&mut self.would) {
            match unique.get(would.id()) {
                Some(other) if !would.means(other) => {
                    let what = format!("{} is staged twice, with different meanings", would.id());
                    let diagnostic = Diagnostic::new(Code::InvalidPolicy, what);
                    let places = [&would, other].into_iter().filter_map(Would::place);
                    diagnostics.push(places.fold(diagnostic, |diagnostic, place| diagnostic.mark(place, "")));
                }
                Some(_) => {}
                None => {
                    unique.insert(would.id().clone(), would);
                }
            }
        }
        self.would = unique.into_values().collect();
        for would in &self.would {
            let Would::Set(policy) = would else { continue };
            if !self.tiers.contains_key(&policy.tier) {
                let (id, tier) = (&policy.id, &policy.tier);
                let what = format!(
                    "staged {id}: tier `{tier}` is not among the manifests, so what it would do in its place is not known"
                );
                let help = format!("add the tier: `kubectl get tier {tier} -o yaml`");
                let diagnostic = Diagnostic::new(Code::UnsupportedPolicy, what).severity(Severity::Warning);
                diagnostics.push(diagnostic.mark(policy.place, "").help(help));
                let kind = match id.kind {
                    PolicyKind::CalicoGlobal => "StagedGlobalNetworkPolicy",
                    PolicyKind::Calico
                    | PolicyKind::Kubernetes
                    | PolicyKind::Cluster
                    | PolicyKind::Admin
                    | PolicyKind::Baseline => "StagedNetworkPolicy",
                };
                let reference =
                    ObjectRef { kind: kind.to_owned(), namespace: id.namespace.clone(), name: id.name.clone() };
                self.unread_staged.push((reference, policy.place));
            }
        }
    }

    /// Adds what other manifests hold. A policy that stands in both counts once, as the other manifests have it.
    pub fn extend(&mut self, other: Self) {
        self.cluster.endpoints.extend(other.cluster.endpoints);
        self.cluster.namespaces.extend(other.cluster.namespaces);
        self.cluster.service_accounts.extend(other.cluster.service_accounts);
        self.staged.extend(other.staged);
        self.would.extend(other.would);
        self.unread_staged.extend(other.unread_staged);
        let known: BTreeSet<PolicyId> = other.policies.iter().map(|policy| policy.id.clone()).collect();
        self.policies.retain(|policy| !known.contains(&policy.id));
        self.policies.extend(other.policies);
        self.tiers.extend(other.tiers);
        self.network_sets.extend(other.network_sets);
        self.cluster.imply_namespaces();
    }

    /// Gives up what parts hold that are put together later ([`Self::of_parts`]): the labels that policies wear, and the tiers that every cluster has.
    #[must_use]
    pub fn as_part(mut self) -> Self {
        let built_in = calico::built_in_tiers();
        self.tiers.retain(|name, tier| !built_in.iter().any(|known| known.name == *name && known == tier));
        self.labels.clear();
        self.policies.shrink_to_fit();
        self
    }

    /// Everything that some parts hold, each read for itself. What stands in two of them with different meanings is among the diagnostics.
    #[must_use]
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a Self>) -> (Self, Vec<Diagnostic>) {
        let (mut all, mut diagnostics) = (Self::default(), Vec::new());
        all.tiers = calico::built_in_tiers().into_iter().map(|tier| (tier.name.clone(), tier)).collect();
        for part in parts {
            all.cluster.endpoints.extend(part.cluster.endpoints.iter().cloned());
            all.cluster.namespaces.extend(part.cluster.namespaces.clone());
            all.cluster.described.extend(part.cluster.described.iter().cloned());
            all.cluster.service_accounts.extend(part.cluster.service_accounts.clone());
            all.append(part.clone_policies());
        }
        all.staged.sort();
        all.staged.dedup();
        all.settle_staged(&mut diagnostics);
        all.cluster.imply_namespaces();
        (all, diagnostics)
    }

    /// Everything but pods and what they inherit labels from.
    fn clone_policies(&self) -> Self {
        Self {
            cluster: Cluster::default(),
            staged: self.staged.clone(),
            would: self.would.clone(),
            unread_staged: self.unread_staged.clone(),
            policies: self.policies.clone(),
            labels: self.labels.clone(),
            tiers: self.tiers.clone(),
            network_sets: self.network_sets.clone(),
        }
    }

    /// The same with every staged policy as if it were enforced: one that is to be set takes the place of the enforced one of its
    /// name, one that is to be deleted takes that away.
    #[must_use]
    pub fn as_if_enforced(mut self) -> Self {
        let would = std::mem::take(&mut self.would);
        let replaced: BTreeSet<PolicyId> = would.iter().map(|would| would.id().clone()).collect();
        self.policies.retain(|policy| !replaced.contains(&policy.id));
        self.policies.extend(would.into_iter().filter_map(|would| match would {
            Would::Set(policy) => Some(*policy),
            Would::Delete(_) => None,
        }));
        self.staged.clear();
        self
    }

    /// The same without some of the policies.
    #[must_use]
    pub fn without(mut self, leave_out: impl Fn(&PolicyId) -> bool) -> Self {
        self.policies.retain(|policy| !leave_out(&policy.id));
        self
    }

    /// The policies that there are, and those that a staged one would set or take away.
    pub fn speaks_of(&self) -> impl Iterator<Item = &PolicyId> {
        self.policies.iter().map(|policy| &policy.id).chain(self.would.iter().map(Would::id))
    }

    /// Whether there is nothing but policies: what bears on others' meaning (tiers, network sets, namespaces, accounts, pods) is not there.
    #[must_use]
    pub fn is_only_policies(&self) -> bool {
        let Cluster { endpoints, namespaces, described, service_accounts, maybe_worn: _ } = &self.cluster;
        let is_known = |tier: &String| calico::built_in_tiers().iter().any(|known| known.name == *tier);
        endpoints.is_empty()
            && namespaces.is_empty()
            && described.is_empty()
            && service_accounts.is_empty()
            && self.network_sets.is_empty()
            && self.tiers.keys().all(is_known)
    }

    /// The policies that let in whatever the others have not decided about, and so permit nobody.
    #[must_use]
    pub fn backstops(&self) -> BTreeSet<PolicyId> {
        self.policies.iter().filter(|policy| policy.is_backstop()).map(|policy| policy.id.clone()).collect()
    }

    /// The blocks of addresses that policies and network sets name, staged policies too.
    #[must_use]
    pub fn blocks(&self) -> BTreeSet<Cidr> {
        let of_policies = self.written_or_staged().flat_map(Policy::all_rules).flat_map(Rule::parties);
        let of_policies = of_policies.flat_map(Party::blocks);
        of_policies.chain(self.network_sets.iter().flat_map(|set| &set.nets)).copied().collect()
    }

    fn written_or_staged(&self) -> impl Iterator<Item = &Policy> {
        let staged = self.would.iter().filter_map(|would| match would {
            Would::Set(policy) => Some(policy.as_ref()),
            Would::Delete(_) => None,
        });
        self.policies.iter().chain(staged)
    }

    /// The label keys that policies ask of pods, staged ones too. Pods that agree in these are one to every policy.
    #[must_use]
    pub fn label_keys(&self) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        for policy in self.written_or_staged() {
            let parties = policy.all_rules().flat_map(Rule::parties);
            let selectors = parties.flat_map(|party| party.selector.iter().chain(&party.not_selector));
            for key in selectors.chain([&*policy.selects]).flat_map(|selector| selector.own_keys()) {
                keys.insert(key.to_owned());
            }
        }
        keys
    }
}

impl Would {
    /// Whether both do the same, wherever they stand.
    fn means(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Set(one), Self::Set(two)) => Policy { place: two.place, ..(**one).clone() } == **two,
            (Self::Delete(one), Self::Delete(two)) => one == two,
            (Self::Set(_), Self::Delete(_)) | (Self::Delete(_), Self::Set(_)) => false,
        }
    }

    fn place(&self) -> Option<Span> {
        match self {
            Self::Set(policy) => Some(policy.place),
            Self::Delete(_) => None,
        }
    }

    const fn id(&self) -> &PolicyId {
        match self {
            Self::Set(policy) => &policy.id,
            Self::Delete(id) => id,
        }
    }
}
