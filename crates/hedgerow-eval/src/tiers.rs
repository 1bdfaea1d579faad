//! Reads the policies of a cluster's administrators: ClusterNetworkPolicy of `policy.networking.k8s.io/v1alpha2`, and
//! AdminNetworkPolicy and BaselineAdminNetworkPolicy of its `v1alpha1` (<https://network-policy-api.sigs.k8s.io>).
//!
//! They are Calico's tiers before and after the tier of NetworkPolicies: what no rule decides goes on to the next one.

use std::sync::Arc;

use hedgerow_core::diag::{Code, Diagnostic};
use serde::Deserialize;

use crate::k8s::{LabelSelector, is_port_name, lower_selector};
use crate::manifest::{Mapping, Object};
use crate::net::Cidr;
use crate::policy::{Action, Direction, Party, Policy, PolicyId, PolicyKind, Rule};
use crate::port::{PortRange, PortTerm, PortTest, Protocol};
use crate::selector::{Fact, Selector, Space};

/// The group of the API.
pub(crate) const GROUP: &str = "policy.networking.k8s.io";
/// The tier before that of NetworkPolicies.
pub(crate) const ADMIN: &str = "kube-admin";
/// The tier after it.
pub(crate) const BASELINE: &str = "kube-baseline";
/// The largest priority, which comes last.
const LAST: u16 = 1000;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Spec {
    tier: Option<String>,
    priority: Option<u16>,
    subject: Option<Mapping<Subject>>,
    ingress: Option<Vec<Mapping<WireRule>>>,
    egress: Option<Vec<Mapping<WireRule>>>,
}

/// Whom a policy is about, or who is at the other end.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Subject {
    namespaces: Option<Mapping<LabelSelector>>,
    pods: Option<Mapping<NamespacedPods>>,
    networks: Option<Vec<String>>,
    nodes: Option<Mapping<LabelSelector>>,
    domain_names: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NamespacedPods {
    #[serde(default)]
    namespace_selector: Mapping<LabelSelector>,
    pod_selector: Mapping<LabelSelector>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireRule {
    #[serde(default, rename = "name")]
    _name: Option<String>,
    action: String,
    #[serde(default)]
    from: Option<Vec<Mapping<Subject>>>,
    #[serde(default)]
    to: Option<Vec<Mapping<Subject>>>,
    /// Of `v1alpha2`.
    #[serde(default)]
    protocols: Option<Vec<Mapping<WireProtocol>>>,
    /// Of `v1alpha1`.
    #[serde(default)]
    ports: Option<Vec<Mapping<WirePort>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct WireProtocol {
    tcp: Option<Mapping<Transport>>,
    udp: Option<Mapping<Transport>>,
    sctp: Option<Mapping<Transport>>,
    destination_named_port: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Transport {
    destination_port: Option<Mapping<NumberOrRange>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct NumberOrRange {
    number: Option<u16>,
    range: Option<Mapping<WireRange>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRange {
    #[serde(default)]
    protocol: Option<String>,
    start: u16,
    end: u16,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct WirePort {
    port_number: Option<Mapping<WireNumber>>,
    named_port: Option<String>,
    port_range: Option<Mapping<WireRange>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireNumber {
    #[serde(default)]
    protocol: Option<String>,
    port: u16,
}

/// Why a policy is not evaluated.
enum Fault {
    /// The API server refuses it.
    Refused(String),
    /// It can be applied, and this crate does not know what it does.
    NotModelled(String),
}

impl From<String> for Fault {
    fn from(what: String) -> Self {
        Self::Refused(what)
    }
}

impl Fault {
    fn under(self, route: &str) -> Self {
        match self {
            Self::Refused(what) => Self::Refused(format!("{route}{what}")),
            Self::NotModelled(what) => Self::NotModelled(format!("{route}{what}")),
        }
    }
}

/// Reads one policy.
pub(crate) fn read(object: &Object, diagnostics: &mut Vec<Diagnostic>) -> Option<Policy> {
    let kind = match object.kind.as_str() {
        "ClusterNetworkPolicy" => PolicyKind::Cluster,
        "AdminNetworkPolicy" => PolicyKind::Admin,
        _ => PolicyKind::Baseline,
    };
    let id = PolicyId { kind, namespace: None, name: object.name.clone() };
    let lowered = object.read::<Spec>("spec").map_err(Fault::Refused);
    let lowered = lowered.and_then(|spec| lower(spec, id.clone(), object));
    let (code, what) = match lowered {
        Ok(policy) => return Some(policy),
        Err(Fault::Refused(what)) => (Code::InvalidPolicy, what),
        Err(Fault::NotModelled(what)) => (Code::UnsupportedPolicy, what),
    };
    diagnostics.push(Diagnostic::new(code, format!("{id}: {what}")).mark(object.place, ""));
    None
}

fn lower(spec: Spec, id: PolicyId, object: &Object) -> Result<Policy, Fault> {
    let tier = match (id.kind, spec.tier.as_deref()) {
        (PolicyKind::Cluster, Some("Admin")) => ADMIN,
        (PolicyKind::Cluster, Some("Baseline")) => BASELINE,
        (PolicyKind::Cluster, Some(other)) => {
            return Err(format!("spec.tier: `{other}` is neither `Admin` nor `Baseline`").into());
        }
        (PolicyKind::Cluster, None) => return Err("spec.tier: is not there".to_owned().into()),
        (_, Some(_)) => return Err(format!("spec.tier: a {} has none", object.kind).into()),
        (PolicyKind::Baseline, None) => BASELINE,
        (_, None) => ADMIN,
    };
    let order = match (id.kind, spec.priority) {
        (PolicyKind::Baseline, None) => 0.0,
        (PolicyKind::Baseline, Some(_)) => {
            return Err("spec.priority: a BaselineAdminNetworkPolicy has none".to_owned().into());
        }
        (_, Some(priority)) if priority <= LAST => f64::from(priority),
        _ => return Err(format!("spec.priority: a number from 0 to {LAST} has to be there").into()),
    };
    if id.kind == PolicyKind::Baseline && id.name != "default" {
        return Err("metadata.name: the one BaselineAdminNetworkPolicy is called `default`".to_owned().into());
    }
    let subject = peer(&spec.subject.unwrap_or_default(), false).map_err(|fault| fault.under("spec.subject: "))?;
    let Some(subject) = subject.selector else { return Err("spec.subject: names no pods".to_owned().into()) };
    let ingress = rules(spec.ingress.unwrap_or_default(), Direction::Ingress, &id)?;
    let egress = rules(spec.egress.unwrap_or_default(), Direction::Egress, &id)?;
    Ok(Policy {
        tier: tier.to_owned(),
        order,
        selects: Arc::new(subject),
        ingress: (!ingress.is_empty()).then_some(ingress),
        egress: (!egress.is_empty()).then_some(egress),
        place: object.place,
        id,
    })
}

fn rules(wire: Vec<Mapping<WireRule>>, direction: Direction, id: &PolicyId) -> Result<Vec<Arc<Rule>>, Fault> {
    let mut rules = Vec::new();
    for (index, Mapping(rule)) in wire.into_iter().enumerate() {
        let route = format!("spec.{}[{index}]", direction.as_str());
        rules.extend(one_rule(index, &rule, direction, id).map_err(|fault| fault.under(&format!("{route}.")))?);
    }
    Ok(rules)
}

fn one_rule(index: usize, rule: &WireRule, direction: Direction, id: &PolicyId) -> Result<Vec<Arc<Rule>>, Fault> {
    let action = match (id.kind, rule.action.as_str()) {
        (PolicyKind::Cluster, "Accept") => Action::Allow,
        (PolicyKind::Admin | PolicyKind::Baseline, "Allow") => Action::Allow,
        (_, "Deny") => Action::Deny,
        (PolicyKind::Cluster | PolicyKind::Admin, "Pass") => Action::Pass,
        (_, other) => return Err(format!("action: `{other}` is no action of this kind of policy").into()),
    };
    let (key, peers, foreign) = match direction {
        Direction::Ingress => ("from", &rule.from, &rule.to),
        Direction::Egress => ("to", &rule.to, &rule.from),
    };
    if foreign.is_some() {
        return Err(format!("{key}: is where this rule names its peers").into());
    }
    let Some(peers) = peers.as_deref().filter(|peers| !peers.is_empty()) else {
        return Err(format!("{key}: at least one peer has to be named").into());
    };
    let terms = terms(rule, id)?;
    let ports = PortTest::of(terms);
    let mut rules = Vec::new();
    for (at, wire) in peers.iter().enumerate() {
        let party =
            peer(wire, direction == Direction::Egress).map_err(|fault| fault.under(&format!("{key}[{at}]: ")))?;
        if party.nets.is_some() && ports.has_names() {
            return Err(format!("{key}[{at}]: blocks have no ports with names").into());
        }
        let (source, destination) = match direction {
            Direction::Ingress => (party, Party::default()),
            Direction::Egress => (Party::default(), party),
        };
        rules.push(Arc::new(Rule { source, destination, ports: ports.clone(), ..Rule::new(index, action) }));
    }
    Ok(rules)
}

fn terms(rule: &WireRule, id: &PolicyId) -> Result<Vec<PortTerm>, Fault> {
    let (old, new) = (rule.ports.as_deref(), rule.protocols.as_deref());
    let is_new = id.kind == PolicyKind::Cluster;
    if is_new && old.is_some() || !is_new && new.is_some() {
        let (wrong, right) = if is_new { ("ports", "protocols") } else { ("protocols", "ports") };
        return Err(format!("{wrong}: unknown field, the ports of this kind are under `{right}`").into());
    }
    if old.is_some_and(<[_]>::is_empty) || new.is_some_and(<[_]>::is_empty) {
        return Err("ports: an empty list says nothing".to_owned().into());
    }
    let mut terms = Vec::new();
    for port in new.into_iter().flatten() {
        terms.push(new_term(port)?);
    }
    for port in old.into_iter().flatten() {
        terms.push(old_term(port)?);
    }
    Ok(terms)
}

fn new_term(port: &WireProtocol) -> Result<PortTerm, Fault> {
    let one = [(&port.tcp, Protocol::TCP), (&port.udp, Protocol::UDP), (&port.sctp, Protocol::SCTP)];
    let mut named: Vec<_> = one.iter().filter_map(|(wire, protocol)| Some((wire.as_ref()?, *protocol))).collect();
    match (named.pop(), named.is_empty(), &port.destination_named_port) {
        (None, _, Some(name)) => name_term(name),
        (Some((transport, protocol)), true, None) => match &transport.destination_port {
            None => Ok(PortTerm::Range(PortRange::all(protocol))),
            Some(port) => match (port.number, &port.range) {
                (Some(number), None) => range_term(protocol, number, number),
                (None, Some(range)) if range.start < range.end && range.protocol.is_none() => {
                    range_term(protocol, range.start, range.end)
                }
                _ => Err("protocols: a port is one `number`, or a `range` whose start is below its end"
                    .to_owned()
                    .into()),
            },
        },
        _ => Err("protocols: each names one of `tcp`, `udp`, `sctp` and `destinationNamedPort`".to_owned().into()),
    }
}

fn old_term(port: &WirePort) -> Result<PortTerm, Fault> {
    let protocol = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or("TCP");
        Protocol::named(text)
            .filter(|it| it.has_ports())
            .ok_or_else(|| format!("ports: `{text}` is not TCP, UDP or SCTP"))
    };
    match (&port.port_number, &port.named_port, &port.port_range) {
        (Some(number), None, None) => range_term(protocol(&number.protocol)?, number.port, number.port),
        (None, Some(name), None) => name_term(name),
        (None, None, Some(range)) if range.start < range.end => {
            range_term(protocol(&range.protocol)?, range.start, range.end)
        }
        _ => Err("ports: each names one of `portNumber`, `namedPort` and `portRange`".to_owned().into()),
    }
}

fn range_term(protocol: Protocol, first: u16, last: u16) -> Result<PortTerm, Fault> {
    if first == 0 {
        return Err("ports: 0 is not a port".to_owned().into());
    }
    Ok(PortTerm::Range(PortRange { protocol, first, last }))
}

fn name_term(name: &str) -> Result<PortTerm, Fault> {
    if !is_port_name(name) {
        return Err(format!("ports: `{name}` is not the name of a port").into());
    }
    Ok(PortTerm::Named { protocol: None, name: name.to_owned() })
}

/// Who is meant; exactly one of the fields says it.
fn peer(wire: &Subject, is_egress_peer: bool) -> Result<Party, Fault> {
    if wire.nodes.is_some() || wire.domain_names.is_some() {
        let what = "`nodes` and `domainNames` are not modelled".to_owned();
        return Err(if is_egress_peer { Fault::NotModelled(what) } else { Fault::Refused(what) });
    }
    match (&wire.namespaces, &wire.pods, &wire.networks) {
        (Some(namespaces), None, None) => {
            let parts = vec![Fact::is_pod(), lower_selector(namespaces, Space::Namespace)?];
            Ok(Party { selector: Some(Selector::Every(parts)), ..Party::default() })
        }
        (None, Some(pods), None) => {
            let namespaces = lower_selector(&pods.namespace_selector, Space::Namespace)?;
            let parts = vec![Fact::is_pod(), namespaces, lower_selector(&pods.pod_selector, Space::Own)?];
            Ok(Party { selector: Some(Selector::Every(parts)), ..Party::default() })
        }
        (None, None, Some(networks)) if is_egress_peer && !networks.is_empty() => {
            let parse = |text: &String| Cidr::parse(text).ok_or_else(|| format!("`{text}` is not a CIDR block"));
            Ok(Party { nets: Some(networks.iter().map(parse).collect::<Result<_, _>>()?), ..Party::default() })
        }
        _ => {
            Err("exactly one of `namespaces` and `pods` is named (`networks` too, as a destination)".to_owned().into())
        }
    }
}
