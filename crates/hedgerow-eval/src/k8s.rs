//! Reads NetworkPolicy of `networking.k8s.io/v1`.
//!
//! What an absent, empty or `null` field means is taken from the field descriptions of the API
//! (<https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/>). An unknown field, which
//! the API server may drop without a word, is an error here: a policy that says something else than it seems to is what
//! this crate is there to find.

use std::collections::BTreeMap;
use std::sync::Arc;

use hedgerow_core::diag::{Code, Diagnostic};
use serde::Deserialize;
use serde_json::Value;

use crate::grammar::{is_label_key, is_label_value, label_fault};
use crate::manifest::{Mapping, Object};
use crate::net::Cidr;
use crate::policy::{Action, Party, Policy, PolicyId, PolicyKind, Rule};
use crate::port::{PortRange, PortTerm, PortTest, Protocol};
use crate::selector::{Fact, Key, Selector, Space};

/// The tier and order at which Calico runs every Kubernetes policy.
pub(crate) const TIER: &str = "default";
/// See [`TIER`].
pub(crate) const ORDER: f64 = 1000.0;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Spec {
    pod_selector: Option<Mapping<LabelSelector>>,
    policy_types: Option<Vec<String>>,
    ingress: Option<Vec<Mapping<WireRule>>>,
    egress: Option<Vec<Mapping<WireRule>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct LabelSelector {
    match_labels: Option<BTreeMap<String, String>>,
    match_expressions: Option<Vec<Mapping<Expression>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expression {
    key: String,
    operator: String,
    #[serde(default)]
    values: Option<Vec<String>>,
}

/// A rule of either direction: `from` is read in ingress, `to` in egress, the other one is a fault.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WireRule {
    ports: Option<Vec<Mapping<WirePort>>>,
    from: Option<Vec<Mapping<Peer>>>,
    to: Option<Vec<Mapping<Peer>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct WirePort {
    protocol: Option<String>,
    port: Option<Value>,
    end_port: Option<u16>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Peer {
    pod_selector: Option<Mapping<LabelSelector>>,
    namespace_selector: Option<Mapping<LabelSelector>>,
    ip_block: Option<Mapping<IpBlock>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct IpBlock {
    cidr: String,
    #[serde(default)]
    except: Option<Vec<String>>,
}

/// Reads one policy. One that the API server would refuse is reported and has no effect, as in a cluster.
pub(crate) fn read(object: &Object, default_namespace: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Policy> {
    let namespace = object.namespace.as_deref().unwrap_or(default_namespace);
    let id =
        PolicyId { kind: PolicyKind::Kubernetes, namespace: Some(namespace.to_owned()), name: object.name.clone() };
    match object.read::<Spec>("spec").and_then(|spec| lower(spec, id.clone(), namespace, object)) {
        Ok(policy) => Some(policy),
        Err(fault) => {
            diagnostics.push(Diagnostic::new(Code::InvalidPolicy, format!("{id}: {fault}")).mark(object.place, ""));
            None
        }
    }
}

fn lower(spec: Spec, id: PolicyId, namespace: &str, object: &Object) -> Result<Policy, String> {
    let (isolates_ingress, isolates_egress) = match spec.policy_types.as_deref() {
        // Ingress always; egress if there are rules for it.
        None | Some([]) => (true, spec.egress.as_ref().is_some_and(|rules| !rules.is_empty())),
        Some(types) => {
            if let Some(unknown) = types.iter().find(|kind| !["Ingress", "Egress"].contains(&kind.as_str())) {
                return Err(format!("spec.policyTypes: `{unknown}` is neither `Ingress` nor `Egress`"));
            }
            (types.iter().any(|kind| kind == "Ingress"), types.iter().any(|kind| kind == "Egress"))
        }
    };
    // An absent selector is an empty one, which selects every pod.
    let selects = pods(&spec.pod_selector.unwrap_or_default()).map_err(|fault| format!("spec.podSelector: {fault}"))?;
    let ingress = rules(spec.ingress.unwrap_or_default(), "ingress", namespace)?;
    let egress = rules(spec.egress.unwrap_or_default(), "egress", namespace)?;
    Ok(Policy {
        id,
        tier: TIER.to_owned(),
        order: ORDER,
        selects: Arc::new(Selector::Every(vec![Fact::is_pod(), Fact::in_namespace(namespace), selects])),
        ingress: isolates_ingress.then_some(ingress),
        egress: isolates_egress.then_some(egress),
        place: object.place,
    })
}

fn rules(wire: Vec<Mapping<WireRule>>, direction: &str, namespace: &str) -> Result<Vec<Arc<Rule>>, String> {
    let mut rules = Vec::new();
    for (index, Mapping(rule)) in wire.into_iter().enumerate() {
        let route = format!("spec.{direction}[{index}]");
        let (key, peers, foreign) =
            if direction == "ingress" { ("from", rule.from, rule.to) } else { ("to", rule.to, rule.from) };
        if foreign.is_some() {
            return Err(format!("{route}: an {direction} rule names its peers with `{key}`"));
        }
        let ports = ports(&rule.ports.unwrap_or_default()).map_err(|fault| format!("{route}.ports{fault}"))?;
        let parties = peers
            .unwrap_or_default()
            .iter()
            .enumerate()
            .map(|(at, peer)| party(peer, namespace).map_err(|fault| format!("{route}.{key}[{at}]: {fault}")))
            .collect::<Result<Vec<_>, _>>()?;
        // An empty list of peers is every peer, one that is absent too.
        let parties = if parties.is_empty() { vec![Party::default()] } else { parties };
        rules.extend(parties.into_iter().map(|peer| {
            let (source, destination) =
                if direction == "ingress" { (peer, Party::default()) } else { (Party::default(), peer) };
            Arc::new(Rule { source, destination, ports: ports.clone(), ..Rule::new(index, Action::Allow) })
        }));
    }
    Ok(rules)
}

fn party(peer: &Peer, namespace: &str) -> Result<Party, String> {
    match (&peer.ip_block, &peer.pod_selector, &peer.namespace_selector) {
        (Some(block), None, None) => {
            let parse = |text: &String| Cidr::parse(text).ok_or_else(|| format!("`{text}` is not a CIDR block"));
            let cidr = parse(&block.cidr)?;
            let except = block.except.iter().flatten().map(parse).collect::<Result<Vec<_>, _>>()?;
            if let Some(outside) = except.iter().find(|except| !cidr.covers(**except) || **except == cidr) {
                return Err(format!("`except` holds {outside}, which is not a smaller block within {cidr}"));
            }
            Ok(Party { nets: Some(vec![cidr]), not_nets: except, ..Party::default() })
        }
        (Some(_), _, _) => Err("`ipBlock` stands alone in a peer".to_owned()),
        (None, None, None) => Err("a peer names `podSelector`, `namespaceSelector` or `ipBlock`".to_owned()),
        (None, pod, of_namespace) => {
            let mut parts = vec![Fact::is_pod()];
            match of_namespace {
                Some(selector) => parts.push(lower_selector(selector, Space::Namespace)?),
                None => parts.push(Fact::in_namespace(namespace)),
            }
            if let Some(selector) = pod {
                parts.push(pods(selector)?);
            }
            Ok(Party { selector: Some(Selector::Every(parts)), ..Party::default() })
        }
    }
}

fn pods(selector: &LabelSelector) -> Result<Selector, String> {
    lower_selector(selector, Space::Own)
}

pub(crate) fn lower_selector(selector: &LabelSelector, space: Space) -> Result<Selector, String> {
    let key = |name: &String| Key { space, name: name.clone() };
    let labels = selector.match_labels.iter().flatten().map(|(name, value)| match label_fault(name, value) {
        Some(fault) => Err(fault),
        None => Ok(Selector::equals(key(name), value)),
    });
    let expressions = selector.match_expressions.iter().flatten().map(|expression| {
        if !is_label_key(&expression.key) {
            return Err(format!("`{}` is no key of a label", expression.key));
        }
        if let Some(value) = expression.values.iter().flatten().find(|value| !is_label_value(value)) {
            return Err(format!("`{value}` is no value of a label (key `{}`)", expression.key));
        }
        let (key, values) = (key(&expression.key), expression.values.clone().unwrap_or_default());
        match (expression.operator.as_str(), values.is_empty()) {
            ("In", false) => Ok(Selector::In(key, values.into_iter().collect())),
            // A pod without the key is selected too.
            ("NotIn", false) => Ok(Selector::In(key, values.into_iter().collect()).negated()),
            ("Exists", true) => Ok(Selector::Has(key)),
            ("DoesNotExist", true) => Ok(Selector::Has(key).negated()),
            ("In" | "NotIn", true) => Err(format!("`{}` needs values", expression.operator)),
            ("Exists" | "DoesNotExist", false) => Err(format!("`{}` takes no values", expression.operator)),
            (unknown, _) => Err(format!("`{unknown}` is not an operator of label selectors")),
        }
    });
    labels.chain(expressions).collect::<Result<_, _>>().map(Selector::Every)
}

fn ports(wire: &[Mapping<WirePort>]) -> Result<PortTest, String> {
    let terms = wire.iter().enumerate().map(|(at, port)| term(port).map_err(|fault| format!("[{at}]: {fault}")));
    terms.collect::<Result<_, _>>().map(PortTest::of)
}

fn term(wire: &WirePort) -> Result<PortTerm, String> {
    let text = wire.protocol.as_deref().unwrap_or("TCP");
    let protocol = Protocol::named(text)
        .filter(|protocol| protocol.has_ports())
        .ok_or_else(|| format!("`{text}` is not TCP, UDP or SCTP"))?;
    match (&wire.port, wire.end_port) {
        (None | Some(Value::Null), None) => Ok(PortTerm::Range(PortRange::all(protocol))),
        (Some(Value::Number(number)), end) => {
            let first = number.as_u64().and_then(|number| u16::try_from(number).ok()).filter(|port| *port > 0);
            let first = first.ok_or_else(|| format!("{number} is not a port"))?;
            let last = end.unwrap_or(first);
            if last < first {
                return Err(format!("`endPort` {last} is below `port` {first}"));
            }
            Ok(PortTerm::Range(PortRange { protocol, first, last }))
        }
        (Some(Value::String(name)), None) if is_port_name(name) => {
            Ok(PortTerm::Named { protocol: Some(protocol), name: name.clone() })
        }
        (Some(Value::String(name)), None) => Err(format!("`{name}` is not the name of a port")),
        (_, Some(_)) => Err("`endPort` needs a number as `port`".to_owned()),
        (Some(other), None) => Err(format!("{other} is neither a number nor the name of a port")),
    }
}

/// Whether a text can name a port: at most 15 of `a-z`, `0-9` and single inner `-`, with a letter among them.
pub(crate) fn is_port_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    (1..=15).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
        && bytes.iter().any(u8::is_ascii_lowercase)
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}
