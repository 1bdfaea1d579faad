//! Policies in the one form that Kubernetes' and Calico's are read into.
//!
//! The form is Calico's, since it can say everything that Kubernetes' can: a Kubernetes policy is one of tier `default`
//! at order 1000 whose rules all allow. Where no Calico policy is around, that is exactly the union of rules that
//! <https://kubernetes.io/docs/concepts/services-networking/network-policies/> describes.

use std::collections::BTreeMap;
use std::fmt;

use hedgerow_core::source::Span;

use crate::net::Cidr;
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

/// One policy.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Policy {
    pub(crate) id: PolicyId,
    pub(crate) tier: String,
    /// Lower ones come first; infinite where none is written.
    pub(crate) order: f64,
    /// The pods it guards.
    pub(crate) selects: Selector,
    /// Its rules for what reaches its pods; absent where it leaves that direction alone.
    pub(crate) ingress: Option<Vec<Rule>>,
    /// Its rules for what leaves its pods; absent where it leaves that direction alone.
    pub(crate) egress: Option<Vec<Rule>>,
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
    /// The text that decides between policies of one order in Calico.
    pub(crate) fn tie_break(&self) -> String {
        let kind = match self.kind {
            PolicyKind::Kubernetes => "KubernetesNetworkPolicy",
            PolicyKind::Calico => "NetworkPolicy",
            PolicyKind::CalicoGlobal => "GlobalNetworkPolicy",
        };
        format!("{}/{}/{kind}", self.name, self.namespace.as_deref().unwrap_or_default())
    }
}

impl fmt::Display for PolicyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            PolicyKind::Kubernetes => "NetworkPolicy",
            PolicyKind::Calico => "Calico NetworkPolicy",
            PolicyKind::CalicoGlobal => "Calico GlobalNetworkPolicy",
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
    pub(crate) fn rules(&self, direction: Direction) -> Option<&[Rule]> {
        match direction {
            Direction::Ingress => self.ingress.as_deref(),
            Direction::Egress => self.egress.as_deref(),
        }
    }

    /// Every rule of both directions.
    pub(crate) fn all_rules(&self) -> impl Iterator<Item = &Rule> {
        self.ingress.iter().chain(&self.egress).flatten()
    }
}

impl Rule {
    /// Whether what it says of protocol and port holds for a flow to a destination with these named ports.
    pub(crate) fn admits(&self, flow: Flow, named: &[NamedPort]) -> bool {
        self.protocol.is_none_or(|protocol| protocol == flow.protocol)
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
    /// Every block it names.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Cidr> {
        self.nets.iter().flatten().chain(&self.not_nets)
    }
}
