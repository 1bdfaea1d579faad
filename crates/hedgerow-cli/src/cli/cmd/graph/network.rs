//! A plan as the network that `hedgerow-graph` draws.

use hedgerow_core::fleet::{Allow, Service};
use hedgerow_core::name::{PortRef, ServiceName, TypeName};
use hedgerow_core::plan::{Plan, Protection};
use hedgerow_core::policy::{Ports, RulePorts};
use hedgerow_core::source::{Sources, Span};
use hedgerow_graph::{Basis, Edge, EdgePorts, Network, NetworkError, Node, Port, Stage};
use std::collections::{BTreeMap, BTreeSet};

/// The network of a plan: an edge per rule, and one per pair that the types permit.
pub(super) fn of(plan: &Plan, sources: &Sources) -> Result<Network, NetworkError> {
    let fleet = plan.fleet();
    // Of the services in other repositories those are drawn that have an edge.
    let types = by_types(plan);
    let ends = fleet.rules().flat_map(|rule| [rule.caller.as_str(), rule.callee.as_str()]);
    let ends: BTreeSet<&str> =
        ends.chain(types.iter().flat_map(|edge| [edge.caller.as_str(), edge.callee.as_str()])).collect();
    let elsewhere = fleet.elsewhere().filter(|service| ends.contains(service.name.as_str()));
    let nodes = fleet.services().chain(elsewhere).map(|service| node(plan, service, sources)).collect();
    let rules = fleet.rules().map(|rule| Edge {
        caller: rule.caller.to_string(),
        callee: rule.callee.to_string(),
        basis: Basis::Rule,
        ports: edge_ports(&rule.ports),
        reason: rule.reason.clone(),
        file: path(sources, rule.file),
    });
    Network::new(Some(plan.environment().to_string()), nodes, rules.chain(types).collect())
}

fn node(plan: &Plan, service: &Service, sources: &Sources) -> Node {
    let protection = plan.service(&service.name).map(|service| &service.protection);
    Node {
        name: service.name.to_string(),
        owner: service.owner.clone(),
        service_type: service.service_type.as_ref().map(ToString::to_string),
        namespace: service.namespace.to_string(),
        stage: protection.map_or_else(|| listed_stage(plan, service), stage),
        ports: ports(&service.ports),
        allow: service.allow.iter().filter_map(allow).collect(),
        file: path(sources, service.file),
    }
}

/// Where a service listens.
pub(super) fn ports(ports: &Ports) -> hedgerow_graph::Ports {
    let port = |port: &hedgerow_core::policy::Port| Port {
        name: port.name.as_ref().map(ToString::to_string),
        number: port.number.get(),
        protocol: port.protocol.as_str().to_owned(),
    };
    match ports {
        Ports::Any => hedgerow_graph::Ports::Any,
        Ports::Nothing => hedgerow_graph::Ports::Nothing,
        Ports::These(ports) => hedgerow_graph::Ports::These(ports.iter().map(port).collect()),
    }
}

/// The stage of a service in another repository, as the catalogue tells it.
fn listed_stage(plan: &Plan, service: &Service) -> Stage {
    listed(service.stages.get(plan.environment()).copied())
}

/// A stage that a catalogue lists, or does not.
pub(super) fn listed(stage: Option<hedgerow_core::policy::Stage>) -> Stage {
    use hedgerow_core::policy::Stage as Listed;
    match stage {
        Some(Listed::Open) => Stage::Open,
        Some(Listed::Audit) => Stage::Audit,
        Some(Listed::Enforce) => Stage::Enforce,
        Some(Listed::Off) => Stage::Off,
        None => Stage::Unknown,
    }
}

/// The stage that the plan comes down to.
fn stage(protection: &Protection) -> Stage {
    match protection {
        Protection::Absent => Stage::Off,
        Protection::Open { .. } => Stage::Open,
        Protection::Staged { .. } => Stage::Audit,
        Protection::Enforced { rest, .. } if rest.is_allowed() => Stage::Audit,
        Protection::Enforced { .. } => Stage::Enforce,
    }
}

/// One edge for each caller and callee whose types permit it.
fn by_types(plan: &Plan) -> Vec<Edge> {
    let mut of_type: BTreeMap<&TypeName, Vec<&ServiceName>> = BTreeMap::new();
    for service in plan.fleet().services().chain(plan.fleet().elsewhere()) {
        if let Some(service_type) = &service.service_type {
            of_type.entry(service_type).or_default().push(&service.name);
        }
    }
    let services = |service_type| of_type.get(service_type).map(Vec::as_slice).unwrap_or_default();
    let mut edges = Vec::new();
    for catch_all in plan.catch_alls() {
        for callee in services(&catch_all.service_type) {
            // Edges between two services of other repositories are theirs to draw.
            let is_ours = |caller: &&ServiceName| plan.service(caller).is_some() || plan.service(callee).is_some();
            let callers = catch_all.callers.iter().flat_map(services).copied().filter(|caller| caller != callee);
            for caller in callers.filter(is_ours) {
                edges.push(Edge {
                    caller: caller.to_string(),
                    callee: callee.to_string(),
                    basis: Basis::Types,
                    ports: EdgePorts::All,
                    reason: None,
                    file: "hedgerow.yaml".to_owned(),
                });
            }
        }
    }
    edges
}

pub(super) fn edge_ports(ports: &RulePorts) -> EdgePorts {
    match ports {
        RulePorts::All => EdgePorts::All,
        RulePorts::These(ports) => EdgePorts::Only(ports.iter().map(PortRef::to_string).collect()),
    }
}

/// An `allow` entry in words; nothing where it lets nobody in.
fn allow(allow: &Allow) -> Option<hedgerow_graph::Allow> {
    let (peer, reason) = (allow.peers.words()?, allow.reason.clone());
    Some(hedgerow_graph::Allow { peer, ports: edge_ports(&allow.ports), reason })
}

fn path(sources: &Sources, span: Span) -> String {
    sources.get(span.source).path.clone()
}
