//! Calls as sources give them, and whose their ends are.

use crate::fleet::{Fleet, Labels, ServiceId, Whose};
use crate::naming::{History, Holder, Micros, Name, Pod};
use crate::observations::End;
use crate::record::Protocol;
use crate::sum::Said;
use std::net::IpAddr;
use std::sync::Arc;

/// Calls of one caller to one callee on one port with one outcome, as one source saw them.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// Which source: the name in its [`crate::ledger::SourceReport`].
    pub source: &'a str,
    /// Who calls.
    pub caller: Seen<'a>,
    /// Who is called, behind any translation.
    pub callee: Seen<'a>,
    /// The container's port; 0 where the protocol has none.
    pub port: u16,
    /// The protocol.
    pub protocol: Protocol,
    /// What the source says became of it.
    pub said: Said,
    /// The policy that decided, where the source says it: `kind/namespace/name`.
    pub policy: Option<&'a str>,
    /// When the first was seen. Names are asked for the time from here to `last`.
    pub first: Micros,
    /// When the last was seen.
    pub last: Micros,
    /// How many connections.
    pub count: u64,
    /// They were open before the source looked: it shows that there is such an edge, and is never added to what was counted.
    pub was_open: bool,
    /// They may have been counted before.
    pub may_repeat: bool,
    /// The callee is on another node, which tells of the same calls: they are not counted here.
    pub is_elsewhere: bool,
}

/// One end of a call as a source gives it.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Its address, where the source gives it.
    pub address: Option<IpAddr>,
    /// The pod's namespace; empty where the source does not name it.
    pub namespace: &'a str,
    /// The pod's name, or what its owner makes names of (`emoji-7d9f-*`); the name of a network or a node. Empty where the source gives none.
    pub name: &'a str,
    /// The pod's labels, where the source gives them.
    pub labels: &'a Labels,
    /// The source says that it is no pod.
    pub is_outside: bool,
}

/// Whose an end is.
#[derive(Clone, Debug, PartialEq)]
pub enum Party {
    /// A service's pod, in each state in which it may have been at that time (labels change).
    Service(ServiceId, Vec<Arc<Pod>>),
    /// Somebody who is no service.
    Outsider(Outsider),
    /// One of these; which one cannot be told. Services by their name, others as [`Outsider`] writes them.
    Unknown {
        /// Services that it may have been.
        services: Vec<ServiceId>,
        /// Everybody that it may have been, in words.
        candidates: Vec<String>,
    },
}

/// Somebody who is no service of the fleet.
#[derive(Clone, Debug, PartialEq)]
pub enum Outsider {
    /// A node, or a pod on its network.
    Node {
        /// The node.
        name: String,
        /// The address it called from.
        address: Option<IpAddr>,
    },
    /// A pod that is no service's, in each state in which it may have been.
    Pod(Vec<Arc<Pod>>),
    /// An address that the cluster does not know.
    Address(IpAddr),
    /// Addresses that the source names together: `pub`, `pvt`, a network set.
    Network(String),
}

impl Outsider {
    /// As observations write it: `node:a`, `pod:bank/naked`, `address:192.0.2.2`, `network:pub`.
    #[must_use]
    pub fn written(&self) -> String {
        match self {
            Self::Node { name, .. } => format!("node:{name}"),
            Self::Pod(states) => {
                states.first().map_or_else(|| "pod:".to_owned(), |pod| format!("pod:{}", workload(pod)))
            }
            Self::Address(address) => format!("address:{address}"),
            Self::Network(name) => format!("network:{name}"),
        }
    }
}

impl Party {
    /// As observations write it.
    #[must_use]
    pub fn end(&self, fleet: &Fleet) -> End {
        match self {
            Self::Service(id, _) => {
                End::Service(fleet.service(*id).map_or_else(String::new, |service| service.name.to_string()))
            }
            Self::Outsider(outsider) => End::Outsider(outsider.written()),
            Self::Unknown { candidates, .. } => End::Unknown(candidates.clone()),
        }
    }

    /// The states of the pod that it is; none where it is no pod, or nobody knows.
    #[must_use]
    pub fn states(&self) -> &[Arc<Pod>] {
        match self {
            Self::Service(_, states) | Self::Outsider(Outsider::Pod(states)) => states,
            Self::Outsider(_) | Self::Unknown { .. } => &[],
        }
    }
}

/// A pod by its workload: pods of one template that follow each other are one caller. `web-7d9f5-x2x1z` with `pod-template-hash: 7d9f5` is `web`.
fn workload(pod: &Pod) -> String {
    let hash = pod.labels.get("pod-template-hash").or_else(|| pod.labels.get("controller-revision-hash"));
    let name =
        hash.and_then(|hash| pod.name.split_once(&format!("-{hash}"))).map_or(pod.name.as_str(), |(front, _)| front);
    format!("{}/{name}", pod.namespace)
}

/// Whose an end is, during all of the time from `from` to `to`. What a source says of it goes before what its address tells.
#[must_use]
pub fn name(seen: &Seen<'_>, from: Micros, to: Micros, names: &History, fleet: &Fleet) -> Party {
    if !seen.labels.is_empty() || !(seen.namespace.is_empty() || seen.is_outside) {
        return of_states(
            vec![Arc::new(Pod {
                uid: String::new(),
                namespace: seen.namespace.to_owned(),
                name: seen.name.to_owned(),
                labels: Arc::new(seen.labels.clone()),
            })],
            fleet,
        );
    }
    match seen.address {
        Some(address) => match names.name(address, from, to) {
            Name::Known(holders) => of_holders(holders, address, fleet),
            Name::Outside => Party::Outsider(Outsider::Address(address)),
            Name::Unknown(_, holders) => unknown(&holders, address, fleet),
        },
        None if seen.name.is_empty() => Party::Unknown { services: Vec::new(), candidates: Vec::new() },
        None => Party::Outsider(Outsider::Network(seen.name.to_owned())),
    }
}

fn of_holders(holders: Vec<Holder>, address: IpAddr, fleet: &Fleet) -> Party {
    let mut states = Vec::with_capacity(holders.len());
    for holder in holders {
        match holder {
            Holder::Node(name) => {
                return Party::Outsider(Outsider::Node { name: name.to_string(), address: Some(address) });
            }
            Holder::Pod(pod) => states.push(pod),
        }
    }
    of_states(states, fleet)
}

/// One pod in one state or more: whose it is, if it is the same one's in all of them.
fn of_states(states: Vec<Arc<Pod>>, fleet: &Fleet) -> Party {
    let mut all: Vec<Whose> = Vec::new();
    for pod in &states {
        let whose = fleet.whose(&pod.namespace, &pod.labels);
        if !all.contains(&whose) {
            all.push(whose);
        }
    }
    match all.as_slice() {
        [Whose::Service(id)] => Party::Service(*id, states),
        [Whose::Nobody] => Party::Outsider(Outsider::Pod(states)),
        _ => {
            let mut services = Vec::new();
            for whose in &all {
                match whose {
                    Whose::Service(id) => services.push(*id),
                    Whose::Several(ids) => services.extend(ids),
                    Whose::Nobody => {}
                }
            }
            let pod = all.contains(&Whose::Nobody).then(|| Outsider::Pod(states).written());
            doubtful(services, pod, fleet)
        }
    }
}

fn unknown(holders: &[Holder], address: IpAddr, fleet: &Fleet) -> Party {
    let (mut services, mut others) = (Vec::new(), Vec::new());
    for holder in holders {
        match of_holders(vec![holder.clone()], address, fleet) {
            Party::Service(id, _) => services.push(id),
            Party::Outsider(outsider) => others.push(outsider.written()),
            Party::Unknown { services: more, candidates } => {
                others.extend(candidates.into_iter().filter(|name| fleet.named(name).is_none()));
                services.extend(more);
            }
        }
    }
    if others.is_empty() && services.is_empty() {
        others.push(Outsider::Address(address).written());
    }
    doubtful(services, others, fleet)
}

fn doubtful(mut services: Vec<ServiceId>, others: impl IntoIterator<Item = String>, fleet: &Fleet) -> Party {
    services.sort_unstable();
    services.dedup();
    let of_services = services.iter().filter_map(|id| fleet.service(*id)).map(|service| service.name.to_string());
    let mut candidates: Vec<String> = of_services.chain(others).collect();
    candidates.sort();
    candidates.dedup();
    Party::Unknown { services, candidates }
}
