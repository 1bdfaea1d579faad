//! Services as nodes, permitted calls as edges, and what is said of each.

use std::net::IpAddr;

use crate::traffic::Facing;

/// How far a service's policy goes, as in `hedgerow.yaml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// No policy is rendered: everyone may call the service, whatever the rules say.
    Off,
    /// A policy is rendered that lets everyone in.
    Open,
    /// What the rules forbid is counted or logged, and let through.
    Audit,
    /// What the rules forbid is dropped.
    Enforce,
    /// Nobody here can tell: the service lies in another repository.
    Unknown,
}

impl Stage {
    /// All stages, from open to closed; the unknown one last.
    pub const ALL: [Self; 5] = [Self::Off, Self::Open, Self::Audit, Self::Enforce, Self::Unknown];

    /// The word in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Open => "open",
            Self::Audit => "audit",
            Self::Enforce => "enforce",
            Self::Unknown => "unknown",
        }
    }
}

/// The ports an edge opens. "All" is a value of its own: an empty list never means everything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EdgePorts {
    /// Every port the callee declares.
    All,
    /// These ports only, as the rule writes them (names, or numbers for ports without a name).
    Only(Vec<String>),
}

impl EdgePorts {
    /// `all`, or the ports with a space between them.
    pub fn to_text(&self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Only(ports) => ports.join(" "),
        }
    }
}

/// Why an edge is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// A rule file of the caller.
    Rule,
    /// The callee's type lists the caller's type (`types:` in `hedgerow.yaml`).
    Types,
}

impl Basis {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Types => "types",
        }
    }
}

/// A port a service listens on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// The container port.
    pub number: u16,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
}

impl Port {
    /// `http 80/TCP`, or `80/TCP` without a name.
    pub fn to_text(&self) -> String {
        match &self.name {
            Some(name) => format!("{name} {}/{}", self.number, self.protocol),
            None => format!("{}/{}", self.number, self.protocol),
        }
    }
}

/// Where a service listens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ports {
    /// On ports that nobody has listed.
    Any,
    /// Nowhere; nobody can call it.
    Nothing,
    /// On these.
    These(Vec<Port>),
}

/// An `allow` entry of a service: somebody who is no service of the network, or who is let in by labels or namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Allow {
    /// Who, in words, such as `10.20.0.0/16` or `pods app=nginx in ingress-nginx`.
    pub peer: String,
    /// The ports it may use.
    pub ports: EdgePorts,
    /// The reason the entry gives.
    pub reason: Option<String>,
}

impl Allow {
    /// Whom it lets in from outside of the cluster: anybody, public or private addresses, or nobody.
    pub fn facing(&self) -> Facing {
        if self.peer == "anybody" {
            return Facing::Internet;
        }
        let blocks = self.peer.split("; ").filter_map(|peer| Block::new(peer.split(" except ").next().unwrap_or(peer)));
        blocks
            .map(|block| if block.is_private() { Facing::Addresses } else { Facing::Internet })
            .max()
            .unwrap_or(Facing::Cluster)
    }

    /// Whether it lets in who may be outside of the cluster: anybody, or addresses.
    pub(crate) fn is_outside(&self) -> bool {
        self.facing() != Facing::Cluster
    }
}

/// A block of addresses.
struct Block {
    address: IpAddr,
    bits: u8,
}

impl Block {
    fn new(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        Some(Self { address: address.parse().ok()?, bits: bits.parse().ok()? })
    }

    /// Whether all of it is of the ranges that nobody routes on the internet.
    fn is_private(&self) -> bool {
        let within = |inner: &str| Self::new(inner).is_some_and(|outer| outer.holds(self));
        [
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "fc00::/7",
            "fe80::/10",
            "::1/128",
        ]
        .into_iter()
        .any(within)
    }

    fn holds(&self, other: &Self) -> bool {
        let first = |address: u128, bits: u8, width: u32| {
            address.checked_shr(width.saturating_sub(u32::from(bits))).unwrap_or(0)
        };
        self.bits <= other.bits
            && match (self.address, other.address) {
                (IpAddr::V4(a), IpAddr::V4(b)) => {
                    first(u128::from(a.to_bits()), self.bits, 32) == first(u128::from(b.to_bits()), self.bits, 32)
                }
                (IpAddr::V6(a), IpAddr::V6(b)) => {
                    first(a.to_bits(), self.bits, 128) == first(b.to_bits(), self.bits, 128)
                }
                (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
            }
    }
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// The service's name, unique in the network.
    pub name: String,
    /// Who answers for it, where somebody does. Decides colour and place.
    pub owner: Option<String>,
    /// Its type (`backend`, `api`), where it has one.
    pub service_type: Option<String>,
    /// The namespace of its pods.
    pub namespace: String,
    /// The stage in the environment that is drawn.
    pub stage: Stage,
    /// Where it listens.
    pub ports: Ports,
    /// Who else is let in.
    pub allow: Vec<Allow>,
    /// Where it is described, relative to the tree's root; its directory if it has no `service.yaml`.
    pub file: String,
}

impl Node {
    /// The owner, or `no owner`.
    pub fn owner_text(&self) -> &str {
        self.owner.as_deref().unwrap_or("no owner")
    }

    /// The type, or `no type`.
    pub fn type_text(&self) -> &str {
        self.service_type.as_deref().unwrap_or("no type")
    }
}

/// A permitted call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Name of the calling service.
    pub caller: String,
    /// Name of the called service.
    pub callee: String,
    /// Why it is permitted.
    pub basis: Basis,
    /// The ports it opens.
    pub ports: EdgePorts,
    /// The reason the rule gives.
    pub reason: Option<String>,
    /// The file that says so, relative to the tree's root.
    pub file: String,
}
