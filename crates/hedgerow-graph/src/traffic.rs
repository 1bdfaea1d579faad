//! What traffic showed: how often an edge was used, who called although nothing permits it, and how well was listened.

use std::collections::BTreeMap;

use crate::node::{Basis, Edge, Node, Port};

/// What somebody who listened has to tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Since when was listened, as RFC 3339 in UTC.
    pub from: String,
    /// Until when.
    pub to: String,
    /// How well was listened, and what could not be told: sentences, without their full stop.
    pub heard: Vec<String>,
    /// The calls.
    pub calls: Vec<Call>,
    /// Calls whose caller is one of several; by caller and callee how many may have been the caller's.
    pub perhaps: BTreeMap<(String, String), u64>,
    /// By callee, what it is worth that a caller was not seen: a sentence, without its full stop.
    pub silence: BTreeMap<String, String>,
}

/// Who called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// A service, by its name.
    Service(String),
    /// Somebody else, as whoever listened names him.
    Outsider(String),
}

impl Caller {
    /// The name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Service(name) | Self::Outsider(name) => name,
        }
    }
}

/// What permits a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// An edge on this basis.
    Edge(Basis),
    /// An `allow` entry of the callee.
    Allow,
    /// Nothing.
    Nothing,
    /// It cannot be told.
    Untold,
}

impl Permission {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Edge(basis) => basis.as_str(),
            Self::Allow => "allow",
            Self::Nothing => "nothing",
            Self::Untold => "untold",
        }
    }
}

/// The calls of one caller to one callee that are permitted by the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// Who called.
    pub caller: Caller,
    /// Name of the called service.
    pub callee: String,
    /// What permits it.
    pub by: Permission,
    /// The evidence.
    pub seen: Seen,
}

/// The evidence of calls.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// How often.
    pub count: u64,
    /// When first, as RFC 3339 in UTC.
    pub first: String,
    /// When last.
    pub last: String,
    /// On how many days at least; 0 where nobody counted.
    pub days: u64,
    /// On which ports, as `8080/TCP`.
    pub ports: Vec<String>,
    /// How often it got through although nothing permitted it then.
    pub unpermitted: u64,
    /// How often it was dropped.
    pub dropped: u64,
    /// Whether the last came without the caller's label, so that a policy would drop it.
    pub is_bare: bool,
}

impl Seen {
    fn add(&mut self, other: &Self) {
        let by_last = other.last.cmp(&self.last);
        self.is_bare = if by_last.is_eq() {
            self.is_bare || other.is_bare
        } else if by_last.is_gt() {
            other.is_bare
        } else {
            self.is_bare
        };
        self.count = self.count.saturating_add(other.count);
        self.unpermitted = self.unpermitted.saturating_add(other.unpermitted);
        self.dropped = self.dropped.saturating_add(other.dropped);
        self.days = self.days.max(other.days);
        self.first = self.first.clone().min(other.first.clone());
        self.last = self.last.clone().max(other.last.clone());
        self.ports.extend(other.ports.iter().cloned());
        self.ports.sort();
        self.ports.dedup();
    }
}

/// What traffic says of a permitted edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// It was seen.
    Used,
    /// It was not seen.
    Unseen,
    /// It was not seen; calls whose caller cannot be told may have been its.
    Perhaps,
    /// It was seen, last without the caller's label: a policy would drop it.
    Unlabelled,
}

impl Use {
    /// All, as they are listed.
    pub const ALL: [Self; 4] = [Self::Used, Self::Unseen, Self::Perhaps, Self::Unlabelled];

    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Unseen => "unseen",
            Self::Perhaps => "perhaps",
            Self::Unlabelled => "unlabelled",
        }
    }
}

/// Traffic, laid on a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Observed {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) heard: Vec<String>,
    /// By edge.
    pub(crate) seen: Vec<Option<Seen>>,
    /// By edge, how many calls may have been its.
    pub(crate) perhaps: Vec<u64>,
    /// Calls that are on no edge.
    pub(crate) strangers: Vec<Stranger>,
    /// By node, what silence is worth.
    pub(crate) silence: Vec<Option<String>>,
    /// Calls to services that are not drawn.
    pub(crate) elsewhere: u64,
}

/// A call that is on no edge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stranger {
    pub(crate) caller: Caller,
    /// The caller among the nodes, where it is one.
    pub(crate) from: Option<usize>,
    /// The callee among the nodes.
    pub(crate) to: usize,
    pub(crate) by: Permission,
    pub(crate) seen: Seen,
}

impl Stranger {
    /// Whether it must jump to the eye.
    pub(crate) fn is_alarm(&self) -> bool {
        self.by == Permission::Nothing
    }
}

impl Observed {
    pub(crate) fn new(mut traffic: Traffic, nodes: &[Node], edges: &[Edge]) -> Self {
        let index: BTreeMap<&str, usize> =
            nodes.iter().enumerate().map(|(at, node)| (node.name.as_str(), at)).collect();
        let edge_of: BTreeMap<(&str, &str, Basis), usize> = edges
            .iter()
            .enumerate()
            .map(|(at, edge)| ((edge.caller.as_str(), edge.callee.as_str(), edge.basis), at))
            .collect();
        let (mut seen, mut strangers, mut elsewhere) = (vec![None; edges.len()], BTreeMap::new(), 0_u64);
        for call in traffic.calls {
            let Some(&to) = index.get(call.callee.as_str()) else {
                elsewhere = elsewhere.saturating_add(call.seen.count);
                continue;
            };
            let (slot, from) = match (&call.caller, call.by) {
                (Caller::Service(caller), Permission::Edge(basis)) => {
                    (edge_of.get(&(caller.as_str(), call.callee.as_str(), basis)).copied(), index.get(caller.as_str()))
                }
                (Caller::Service(caller), _) => (None, index.get(caller.as_str())),
                (Caller::Outsider(_), _) => (None, None),
            };
            if let Some(slot) = slot {
                let slot: &mut Option<Seen> = &mut seen[slot];
                match slot {
                    Some(seen) => seen.add(&call.seen),
                    None => *slot = Some(call.seen),
                }
                continue;
            }
            let from = from.copied();
            match strangers.get_mut(&(call.caller.clone(), to, call.by)) {
                Some((_, seen)) => Seen::add(seen, &call.seen),
                None => {
                    strangers.insert((call.caller, to, call.by), (from, call.seen));
                }
            }
        }
        let strangers = strangers.into_iter();
        let perhaps =
            |edge: &Edge| traffic.perhaps.get(&(edge.caller.clone(), edge.callee.clone())).copied().unwrap_or(0);
        Self {
            from: traffic.from,
            to: traffic.to,
            heard: traffic.heard,
            perhaps: edges.iter().map(perhaps).collect(),
            seen,
            strangers: strangers
                .map(|((caller, to, by), (from, seen))| Stranger { caller, from, to, by, seen })
                .collect(),
            silence: nodes.iter().map(|node| traffic.silence.remove(&node.name)).collect(),
            elsewhere,
        }
    }

    /// What is said of the edge at an index.
    pub(crate) fn use_of(&self, edge: usize) -> Use {
        match self.seen.get(edge) {
            Some(Some(seen)) if seen.is_bare => Use::Unlabelled,
            Some(Some(_)) => Use::Used,
            Some(None) | None if self.perhaps.get(edge).is_some_and(|calls| *calls > 0) => Use::Perhaps,
            Some(None) | None => Use::Unseen,
        }
    }
}

/// How a service is published to the outside of the cluster, as manifests say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Published {
    /// `LoadBalancer`, `NodePort`, `externalIPs`, `Ingress`.
    pub how: String,
    /// Where those outside call it; empty where manifests do not say.
    pub ports: Vec<Port>,
    /// The object, as `Kind namespace/name`.
    pub object: String,
    /// The manifest.
    pub file: String,
}

/// How far from outside a service can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Facing {
    /// From within the cluster alone, as far as files say.
    Cluster,
    /// From addresses that are nobody's on the internet: private ones.
    Addresses,
    /// From the internet: `allow` lets in anybody or public addresses, or manifests publish it.
    Internet,
}

impl Facing {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Addresses => "addresses",
            Self::Internet => "internet",
        }
    }
}
