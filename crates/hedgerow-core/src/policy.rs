//! The nouns of the policy: who listens where, who may come, what happens to the rest.
//!
//! "Nobody", "anybody" and "these" are three different values everywhere; no meaning hangs on an empty list.

use crate::cidr::Cidr;
use crate::date::Date;
use crate::name::{LabelKey, LabelValue, Namespace, PortName, PortRef, Protocol, ServiceName};
use crate::nonempty::NonEmpty;
use crate::source::Span;
use std::collections::BTreeMap;
use std::num::NonZeroU16;

/// The label that every namespace wears with its name
/// (<https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name>).
pub const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Labels that select pods, all of which must match.
pub type Labels = BTreeMap<LabelKey, LabelValue>;

/// A container port. Policy is evaluated after the Service's translation, so never a Service's port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// Its name, by which rules know it.
    pub name: Option<PortName>,
    /// Its number.
    pub number: NonZeroU16,
    /// Its protocol.
    pub protocol: Protocol,
}

impl Port {
    /// How rules write this port: by its name, by its number where it has none.
    #[must_use]
    pub fn reference(&self) -> PortRef {
        self.name.clone().map_or(PortRef::Number(self.number), PortRef::Name)
    }
}

/// Where a service listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ports {
    /// On ports that nobody has listed: all are meant.
    Any,
    /// Nowhere; nobody can call it.
    Nothing,
    /// On these.
    These(NonEmpty<Port>),
}

impl Ports {
    /// The listed ports; none where the service listens anywhere or nowhere.
    #[must_use]
    pub fn listed(&self) -> &[Port] {
        match self {
            Self::Any | Self::Nothing => &[],
            Self::These(ports) => ports.as_slice(),
        }
    }
}

/// Which of its callee's ports a rule permits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RulePorts {
    /// All that the callee listens on.
    All,
    /// These alone.
    These(NonEmpty<PortRef>),
}

/// Who put a rule file there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `hedgerow scan`, which may also take it away.
    Scan,
    /// A person; `scan` keeps it.
    Manual,
    /// `hedgerow reconcile`, for a call that traffic showed and a person accepted; `scan` keeps it.
    Observed,
    /// `hedgerow import`, for what another tool's files permit; `scan` keeps it.
    Imported,
}

/// One permitted edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Who may call.
    pub caller: ServiceName,
    /// Who may be called.
    pub callee: ServiceName,
    /// On which ports.
    pub ports: RulePorts,
    /// Why, in the author's words.
    pub reason: Option<String>,
    /// Who wrote the file; nothing where the file does not say.
    pub origin: Option<Origin>,
    /// The last day on which it holds.
    pub expires: Option<Date>,
    /// The days on which traffic showed it first and last, where the file tells.
    pub seen: Option<(Date, Date)>,
    /// The rule file, as a span of no width at its start.
    pub file: Span,
}

/// Who may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peers {
    /// Nobody.
    Nobody,
    /// Anybody, inside the cluster or outside.
    Anybody,
    /// These.
    These(NonEmpty<Peer>),
}

impl Peers {
    /// Who it is, for people: `anybody`, or each peer with `; ` between them. Nothing where it is nobody.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        match self {
            Self::Nobody => None,
            Self::Anybody => Some("anybody".to_owned()),
            Self::These(peers) => Some(peers.iter().map(Peer::words).collect::<Vec<_>>().join("; ")),
        }
    }
}

impl Peers {
    /// Whether everybody whom `others` means is meant here, too, where the policy is in the namespace `home`. What two peers say together is
    /// not put together: the answer may be no where each is a part of it.
    #[must_use]
    pub fn include(&self, others: &Self, home: &Namespace) -> bool {
        match (self, others) {
            (_, Self::Nobody) | (Self::Anybody, _) => true,
            (Self::Nobody, _) | (_, Self::Anybody) => false,
            (Self::These(own), Self::These(others)) => {
                others.iter().all(|other| own.iter().any(|own| own.includes(other, home)))
            }
        }
    }
}

/// One kind of peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// Pods that wear all of these labels.
    Pods {
        /// Where they live.
        place: Place,
        /// What they wear; at least one label.
        labels: Labels,
    },
    /// Every pod of some namespaces.
    AllPods(Place),
    /// Addresses.
    Block {
        /// The block.
        cidr: Cidr,
        /// Parts of it that are not meant.
        except: Vec<Cidr>,
    },
}

impl Peer {
    fn includes(&self, other: &Self, home: &Namespace) -> bool {
        match (self, other) {
            (Self::AllPods(own), Self::Pods { place, .. } | Self::AllPods(place)) => own.includes(place, home),
            (Self::Pods { place: own, labels }, Self::Pods { place, labels: worn }) => {
                own.includes(place, home) && labels.iter().all(|(key, value)| worn.get(key) == Some(value))
            }
            (Self::Block { cidr: own, except: without }, Self::Block { cidr, except }) => {
                // What is left out here is left out there, or lies beside it.
                let is_out = |hole: &Cidr| !cidr.meets(*hole) || except.iter().any(|other| other.contains(*hole));
                own.contains(*cidr) && without.iter().all(is_out)
            }
            (Self::Pods { .. }, Self::AllPods(_))
            | (Self::Block { .. }, Self::Pods { .. } | Self::AllPods(_))
            | (Self::Pods { .. } | Self::AllPods(_), Self::Block { .. }) => false,
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Pods { place, labels } => format!("pods {} in {}", in_words(labels), place.words()),
            Self::AllPods(place @ Place::Namespaces(_)) => format!("namespace {}", place.words()),
            Self::AllPods(place) => format!("pods of {}", place.words()),
            Self::Block { cidr, except } if except.is_empty() => cidr.to_string(),
            Self::Block { cidr, except } => format!("{cidr} except {}", joined(except.iter())),
        }
    }
}

/// Where a peer's pods live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the namespace of the policy.
    SameNamespace,
    /// In one of these.
    Namespaces(NonEmpty<Namespace>),
    /// In a namespace that wears all of these labels; at least one.
    Labelled(Labels),
    /// In any namespace. Only a file that says so comes to mean this.
    Anywhere,
}

impl Place {
    fn includes(&self, other: &Self, home: &Namespace) -> bool {
        let holds = |namespace: &Namespace| match self {
            Self::SameNamespace => namespace == home,
            Self::Namespaces(names) => names.iter().any(|name| name == namespace),
            Self::Labelled(_) | Self::Anywhere => false,
        };
        match (self, other) {
            (Self::Anywhere, _) => true,
            (Self::Labelled(own), Self::Labelled(worn)) => own.iter().all(|(key, value)| worn.get(key) == Some(value)),
            (_, Self::SameNamespace) => holds(home),
            (_, Self::Namespaces(names)) => names.iter().all(holds),
            (_, Self::Labelled(_) | Self::Anywhere) => false,
        }
    }

    fn words(&self) -> String {
        match self {
            Self::SameNamespace => "the same namespace".to_owned(),
            Self::Namespaces(namespaces) => joined(namespaces.iter()),
            Self::Labelled(labels) => format!("namespaces {}", in_words(labels)),
            Self::Anywhere => "any namespace".to_owned(),
        }
    }
}

fn in_words(labels: &Labels) -> String {
    labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

fn joined(things: impl Iterator<Item = impl ToString>) -> String {
    things.map(|thing| thing.to_string()).collect::<Vec<_>>().join(", ")
}

/// What happens to traffic that nobody permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// There is no policy.
    Off,
    /// There is a policy, and it admits anybody: the stage between `off` and the two others.
    Open,
    /// It is let through and seen.
    Audit,
    /// It is dropped.
    Enforce,
}

impl Stage {
    /// All stages, from the loosest.
    pub const ALL: [Self; 4] = [Self::Off, Self::Open, Self::Audit, Self::Enforce];

    /// The word for the stage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Open => "open",
            Self::Audit => "audit",
            Self::Enforce => "enforce",
        }
    }
}

/// What makes the stage `audit` let traffic through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuditBackend {
    /// A Calico policy after all others that logs and allows.
    CalicoLog,
    /// A staged Calico policy, which is evaluated and not enforced.
    CalicoStaged,
    /// Nothing in the cluster: the policy is written as data, and the observer evaluates it.
    Observe,
}

impl AuditBackend {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CalicoLog => "calico-log",
            Self::CalicoStaged => "calico-staged",
            Self::Observe => "observe",
        }
    }
}

/// Which objects carry the catch-alls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatchAllBackend {
    /// A Kubernetes NetworkPolicy per type and namespace.
    Kubernetes,
    /// A Calico GlobalNetworkPolicy per type.
    Calico,
}
