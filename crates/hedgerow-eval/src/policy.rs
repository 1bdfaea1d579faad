//! Policies in the one form that Kubernetes' and Calico's are read into.
//!
//! The form is Calico's, since it can say everything that Kubernetes' can: a Kubernetes policy is one of tier `default`
//! at order 1000 whose rules all allow. Where no Calico policy is around, that is exactly the union of rules that
//! <https://kubernetes.io/docs/concepts/services-networking/network-policies/> describes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use hedgerow_core::source::Span;

use crate::net::{Cidr, Family};
use crate::port::{Flow, NamedPort, PortTest, Protocol};
use crate::selector::Selector;

/// Whose rules a policy follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyKind {
    /// `networking.k8s.io/v1` NetworkPolicy.
    Kubernetes,
    /// `projectcalico.org/v3` NetworkPolicy.
    Calico,
    /// `projectcalico.org/v3` GlobalNetworkPolicy.
    CalicoGlobal,
    /// `policy.networking.k8s.io/v1alpha2` ClusterNetworkPolicy.
    Cluster,
    /// `policy.networking.k8s.io/v1alpha1` AdminNetworkPolicy.
    Admin,
    /// `policy.networking.k8s.io/v1alpha1` BaselineAdminNetworkPolicy.
    Baseline,
}

/// Which policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyId {
    /// Whose rules it follows.
    pub kind: PolicyKind,
    /// Its namespace; absent for one of the whole cluster.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// Which end of a flow a policy guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// What reaches the pods that the policy selects.
    Ingress,
    /// What leaves the pods that the policy selects.
    Egress,
}

/// What a rule does with a flow that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Lets it through; nothing later is asked.
    Allow,
    /// Drops it; nothing later is asked.
    Deny,
    /// Notes it and goes on with the next rule.
    Log,
    /// Goes on with the next tier.
    Pass,
}

/// What happens to a flow that no rule of a tier decided, where a policy of the tier applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TierDefault {
    /// It is dropped.
    Deny,
    /// It goes on to the next tier.
    Pass,
}

/// A group of policies that is evaluated as a whole before the next one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tier {
    pub(crate) name: String,
    pub(crate) order: f64,
    pub(crate) default: TierDefault,
}

/// One policy. What it says is shared with its copies, and with what is compiled of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Policy {
    pub(crate) id: PolicyId,
    pub(crate) tier: String,
    /// Lower ones come first; infinite where none is written.
    pub(crate) order: f64,
    /// The pods it guards.
    pub(crate) selects: Arc<Selector>,
    /// Its rules for what reaches its pods; absent where it leaves that direction alone.
    pub(crate) ingress: Option<Vec<Arc<Rule>>>,
    /// Its rules for what leaves its pods; absent where it leaves that direction alone.
    pub(crate) egress: Option<Vec<Arc<Rule>>>,
    pub(crate) place: Span,
}

/// One rule: everything it says must hold for a flow to match.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    /// The index of the rule in the policy's text. A Kubernetes rule with several peers gives several of these.
    pub(crate) index: usize,
    pub(crate) action: Action,
    pub(crate) protocol: Option<Protocol>,
    pub(crate) not_protocol: Option<Protocol>,
    pub(crate) source: Party,
    pub(crate) destination: Party,
    /// Ports of the destination.
    pub(crate) ports: PortTest,
    /// Ports of the destination that the rule leaves out.
    pub(crate) not_ports: Option<PortTest>,
    /// Ports of the source.
    pub(crate) source_ports: PortTest,
    /// Ports of the source that the rule leaves out.
    pub(crate) not_source_ports: Option<PortTest>,
    /// The kind of address that flows must have.
    pub(crate) family: Option<Family>,
    /// Whether it means only some of the flows that the rest of it describes, such as one type of ICMP.
    pub(crate) is_partial: bool,
}

/// What policies can tell apart in flows between two peers on one port: each is a way to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    /// The kind of both addresses.
    pub family: Family,
    /// The port that the caller connects from.
    pub source_port: u16,
}

/// What a rule says of one end of a flow. What is absent is not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Party {
    /// It is a pod or network set that this selects.
    pub(crate) selector: Option<Selector>,
    /// It is nothing that this selects.
    pub(crate) not_selector: Option<Selector>,
    /// Its address is in one of these.
    pub(crate) nets: Option<Vec<Cidr>>,
    /// Its address is in none of these.
    pub(crate) not_nets: Vec<Cidr>,
}

/// A labelled list of blocks that rules can select like an endpoint.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NetworkSet {
    /// Absent for one of the whole cluster.
    pub(crate) namespace: Option<String>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) nets: Vec<Cidr>,
}

impl PolicyId {
    /// The bytes of the text that decides between policies of one order in Calico.
    pub(crate) fn tie_break(&self) -> impl Iterator<Item = u8> + '_ {
        let kind = match self.kind {
            PolicyKind::Kubernetes => "KubernetesNetworkPolicy",
            PolicyKind::Calico => "NetworkPolicy",
            PolicyKind::CalicoGlobal => "GlobalNetworkPolicy",
            PolicyKind::Cluster => "KubernetesClusterNetworkPolicy",
            PolicyKind::Admin => "KubernetesAdminNetworkPolicy",
            PolicyKind::Baseline => "KubernetesBaselineAdminNetworkPolicy",
        };
        let namespace = self.namespace.as_deref().unwrap_or_default();
        let parts = [self.name.as_str(), "/", namespace, "/", kind];
        parts.into_iter().flat_map(str::bytes)
    }
}

impl fmt::Display for PolicyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            PolicyKind::Kubernetes => "NetworkPolicy",
            PolicyKind::Calico => "Calico NetworkPolicy",
            PolicyKind::CalicoGlobal => "Calico GlobalNetworkPolicy",
            PolicyKind::Cluster => "ClusterNetworkPolicy",
            PolicyKind::Admin => "AdminNetworkPolicy",
            PolicyKind::Baseline => "BaselineAdminNetworkPolicy",
        };
        match &self.namespace {
            Some(namespace) => write!(f, "{kind} {namespace}/{}", self.name),
            None => write!(f, "{kind} {}", self.name),
        }
    }
}

impl Direction {
    /// As the policies' texts write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }
}

impl Policy {
    /// Its rules for a direction; absent where it leaves that direction alone.
    pub(crate) fn rules(&self, direction: Direction) -> Option<&[Arc<Rule>]> {
        match direction {
            Direction::Ingress => self.ingress.as_deref(),
            Direction::Egress => self.egress.as_deref(),
        }
    }

    /// Whether it lets in everybody whom no policy before it has decided about.
    pub(crate) fn is_backstop(&self) -> bool {
        let is_open = |rule: &Rule| {
            let Rule { index, action, .. } = *rule;
            matches!(action, Action::Allow | Action::Log) && *rule == Rule::new(index, action)
        };
        let rest = self.ingress.as_deref().unwrap_or_default();
        matches!(self.id.kind, PolicyKind::Calico | PolicyKind::CalicoGlobal)
            && rest.iter().any(|rule| rule.action == Action::Allow)
            && rest.iter().all(|rule| is_open(rule))
    }

    /// Every rule of both directions.
    pub(crate) fn all_rules(&self) -> impl Iterator<Item = &Rule> {
        self.ingress.iter().chain(&self.egress).flatten().map(AsRef::as_ref)
    }
}

impl Rule {
    /// A rule that matches every flow.
    pub(crate) fn new(index: usize, action: Action) -> Self {
        Self {
            index,
            action,
            protocol: None,
            not_protocol: None,
            source: Party::default(),
            destination: Party::default(),
            ports: PortTest::Any,
            not_ports: None,
            source_ports: PortTest::Any,
            not_source_ports: None,
            family: None,
            is_partial: false,
        }
    }

    /// Whether what it says of protocol and ports holds for a flow to a destination with these named ports. Of a rule that
    /// means only some of the flows, one that lets through is taken to mean all of them and one that drops none: nobody
    /// who comes in is missed.
    pub(crate) fn admits(&self, flow: Flow, way: Way, named: &[NamedPort]) -> bool {
        let from = Flow { protocol: flow.protocol, port: way.source_port };
        !(self.is_partial && self.action == Action::Deny)
            && self.family.is_none_or(|family| family == way.family)
            && self.source_ports.admits(from, &[])
            && !self.not_source_ports.as_ref().is_some_and(|ports| ports.admits(from, &[]))
            && self.protocol.is_none_or(|protocol| protocol == flow.protocol)
            && self.not_protocol.is_none_or(|protocol| protocol != flow.protocol)
            && self.ports.admits(flow, named)
            && !self.not_ports.as_ref().is_some_and(|ports| ports.admits(flow, named))
    }

    /// Both ends.
    pub(crate) fn parties(&self) -> [&Party; 2] {
        [&self.source, &self.destination]
    }
}

impl Party {
    /// Whether it says nothing but a selector.
    pub(crate) fn is_selector_alone(&self) -> bool {
        self.selector.is_some() && self.not_selector.is_none() && self.nets.is_none() && self.not_nets.is_empty()
    }

    /// Every block it names.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Cidr> {
        self.nets.iter().flatten().chain(&self.not_nets)
    }
}
