//! Reads Calico's policies, tiers and network sets of `projectcalico.org/v3`.
//!
//! `crd.projectcalico.org/v1` holds the same specs as Calico stores them, and nothing fills in defaults there: a policy
//! without `types` isolates both directions. It is read with that meaning and a warning.

mod selector;
mod wire;

use std::sync::Arc;

use hedgerow_core::diag::{Code, Diagnostic, Severity};
use serde_json::Value;

use self::selector::{Scope, parse};
use self::wire::{Entity, NetworkSetSpec, ServiceAccounts, Spec, TierSpec, WireRule};
use crate::manifest::{Mapping, Object};
use crate::net::{Cidr, Family};
use crate::policy::{Action, Direction, NetworkSet, Party, Policy, PolicyId, PolicyKind, Rule, Tier, TierDefault};
use crate::port::{PortRange, PortTerm, PortTest, Protocol};
use crate::selector::{Fact, Selector};
use crate::services::Services;

/// The group of the API that users write.
pub(crate) const GROUP: &str = "projectcalico.org";
/// The group that Calico stores its resources in.
pub(crate) const STORAGE_GROUP: &str = "crd.projectcalico.org";

/// The tiers that Calico makes itself. `adminnetworkpolicy` and `baselineadminnetworkpolicy` are the older names.
pub(crate) fn built_in_tiers() -> Vec<Tier> {
    [
        ("kube-admin", 1_000.0, TierDefault::Pass),
        ("adminnetworkpolicy", 1_000.0, TierDefault::Pass),
        (crate::k8s::TIER, 1_000_000.0, TierDefault::Deny),
        ("kube-baseline", 10_000_000.0, TierDefault::Pass),
        ("baselineadminnetworkpolicy", 10_000_000.0, TierDefault::Pass),
    ]
    .map(|(name, order, default)| Tier { name: name.to_owned(), order, default })
    .into()
}

/// Reads a NetworkPolicy, or a GlobalNetworkPolicy where `kind` says so.
pub(crate) fn read_policy(
    object: &Object,
    kind: PolicyKind,
    default_namespace: &str,
    services: &Services,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Policy> {
    let namespace =
        (kind == PolicyKind::Calico).then(|| object.namespace.as_deref().unwrap_or(default_namespace).to_owned());
    let id = PolicyId { kind, namespace, name: object.name.clone() };
    let mut reader = PolicyReader { id: &id, object, services, diagnostics };
    match object.read::<Spec>("spec").and_then(|spec| reader.policy(spec)) {
        Ok(policy) => policy,
        Err(fault) => {
            reader.report(Code::InvalidPolicy, Severity::Error, &fault);
            None
        }
    }
}

/// Reads a Tier.
pub(crate) fn read_tier(object: &Object, diagnostics: &mut Vec<Diagnostic>) -> Option<Tier> {
    let tier = object.read::<TierSpec>("spec").and_then(|spec| {
        let default = match spec.default_action.as_deref() {
            None | Some("Deny") => TierDefault::Deny,
            Some("Pass") => TierDefault::Pass,
            Some(other) => return Err(format!("spec.defaultAction: `{other}` is neither `Deny` nor `Pass`")),
        };
        Ok(Tier { name: object.name.clone(), order: spec.order.unwrap_or(f64::INFINITY), default })
    });
    reported(tier, object, diagnostics)
}

/// Reads a NetworkSet or GlobalNetworkSet.
pub(crate) fn read_network_set(
    object: &Object,
    namespace: Option<&str>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<NetworkSet> {
    let labels = object.get(&["metadata", "labels"]).and_then(Value::as_object).into_iter().flatten();
    let labels = labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
    let set = object.read::<NetworkSetSpec>("spec").and_then(|spec| {
        let nets = blocks(&spec.nets.unwrap_or_default()).map_err(|fault| format!("spec.nets: {fault}"))?;
        Ok(NetworkSet { namespace: namespace.map(str::to_owned), labels, nets })
    });
    reported(set, object, diagnostics)
}

fn reported<T>(read: Result<T, String>, object: &Object, diagnostics: &mut Vec<Diagnostic>) -> Option<T> {
    read.map_err(|fault| {
        let what = format!("{}: {fault}", object.unnamespaced());
        diagnostics.push(Diagnostic::new(Code::InvalidPolicy, what).mark(object.place, ""));
    })
    .ok()
}

/// Reads one policy, whose name every report carries.
struct PolicyReader<'a> {
    id: &'a PolicyId,
    object: &'a Object,
    services: &'a Services,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl PolicyReader<'_> {
    fn report(&mut self, code: Code, severity: Severity, what: &str) {
        let diagnostic = Diagnostic::new(code, format!("{}: {what}", self.id)).severity(severity);
        self.diagnostics.push(diagnostic.mark(self.object.place, ""));
    }

    /// Says that no verdict about the pods of this policy would be sure.
    fn unsupported(&mut self, what: &str) {
        self.report(Code::UnsupportedPolicy, Severity::Error, what);
    }

    fn policy(&mut self, spec: Spec) -> Result<Option<Policy>, String> {
        let is_global = self.id.kind == PolicyKind::CalicoGlobal;
        if !is_global && (spec.namespace_selector.is_some() || spec.do_not_track.is_some() || spec.pre_dnat.is_some()) {
            return Err("spec: a namespaced policy has no `namespaceSelector`, `doNotTrack` or `preDNAT`".to_owned());
        }
        for (field, is_set) in
            [("doNotTrack", spec.do_not_track), ("preDNAT", spec.pre_dnat), ("applyOnForward", spec.apply_on_forward)]
        {
            if is_set == Some(true) {
                self.unsupported(&format!(
                    "`{field}` makes it act on host endpoints, and on what they pass on to pods: that is not modelled"
                ));
                return Ok(None);
            }
        }
        if self.object.group == STORAGE_GROUP {
            let what = "`crd.projectcalico.org` is where Calico stores its objects; it is read as Calico would read it";
            self.report(Code::UndefaultedPolicy, Severity::Warning, what);
        }
        let selects = self.selects(&spec)?;
        let (guards_ingress, guards_egress) = self.types(&spec)?;
        let ingress = self.rules(spec.ingress.unwrap_or_default(), Direction::Ingress)?;
        let egress = self.rules(spec.egress.unwrap_or_default(), Direction::Egress)?;
        let tier = spec.tier.filter(|tier| !tier.is_empty()).unwrap_or_else(|| crate::k8s::TIER.to_owned());
        if tier == crate::k8s::TIER && ingress.iter().chain(&egress).any(|rule| rule.action == Action::Pass) {
            return Err("spec: in the tier `default` no rule can have `action: Pass`; there is no tier to pass on to"
                .to_owned());
        }
        Ok(Some(Policy {
            id: self.id.clone(),
            tier,
            order: spec.order.unwrap_or(f64::INFINITY),
            selects: Arc::new(selects),
            ingress: guards_ingress.then_some(ingress),
            egress: guards_egress.then_some(egress),
            place: self.object.place,
        }))
    }

    fn selects(&self, spec: &Spec) -> Result<Selector, String> {
        let mut parts = vec![Fact::is_pod()];
        parts.extend(self.id.namespace.as_deref().map(Fact::in_namespace));
        for (field, text, scope) in [
            ("selector", &spec.selector, Scope::Endpoints),
            ("namespaceSelector", &spec.namespace_selector, Scope::Namespaces),
            ("serviceAccountSelector", &spec.service_account_selector, Scope::ServiceAccounts),
        ] {
            parts.extend(expression(text.as_ref(), scope).map_err(|fault| format!("spec.{field}: {fault}"))?);
        }
        Ok(Selector::Every(parts))
    }

    /// The directions that the policy guards.
    fn types(&mut self, spec: &Spec) -> Result<(bool, bool), String> {
        let types = spec.types.as_deref().unwrap_or_default();
        if let Some(unknown) = types.iter().find(|kind| !["Ingress", "Egress"].contains(&kind.as_str())) {
            return Err(format!("spec.types: `{unknown}` is neither `Ingress` nor `Egress`"));
        }
        if !types.is_empty() {
            return Ok((types.iter().any(|kind| kind == "Ingress"), types.iter().any(|kind| kind == "Egress")));
        }
        let has_rules = |rules: &Option<Vec<Mapping<WireRule>>>| rules.as_ref().is_some_and(|rules| !rules.is_empty());
        let (ingress, egress) = (has_rules(&spec.ingress), has_rules(&spec.egress));
        if self.object.group == STORAGE_GROUP {
            let what =
                "no `types` in `crd.projectcalico.org`, where nothing fills them in: both directions are isolated";
            self.report(Code::UndefaultedPolicy, Severity::Warning, what);
            return Ok((true, true));
        }
        Ok((ingress || !egress, egress))
    }

    fn rules(&mut self, wire: Vec<Mapping<WireRule>>, direction: Direction) -> Result<Vec<Arc<Rule>>, String> {
        let mut rules = Vec::new();
        for (index, Mapping(rule)) in wire.into_iter().enumerate() {
            let route = format!("spec.{}[{index}]", direction.as_str());
            let rule = self.rule(index, rule, direction, &route).map_err(|fault| format!("{route}.{fault}"))?;
            rules.extend(rule.map(Arc::new));
        }
        Ok(rules)
    }

    /// Reads one rule; a rule with a part that is not modelled is reported and left out.
    fn rule(
        &mut self,
        index: usize,
        rule: WireRule,
        direction: Direction,
        route: &str,
    ) -> Result<Option<Rule>, String> {
        let action = match rule.action.as_str() {
            "Allow" => Action::Allow,
            "Deny" => Action::Deny,
            "Log" => Action::Log,
            "Pass" => Action::Pass,
            other => return Err(format!("action: `{other}` is not Allow, Deny, Log or Pass")),
        };
        let protocol =
            rule.protocol.map(|value| protocol(&value)).transpose().map_err(|fault| format!("protocol: {fault}"))?;
        let not_protocol = rule
            .not_protocol
            .map(|value| self::protocol(&value))
            .transpose()
            .map_err(|fault| format!("notProtocol: {fault}"))?;
        let (source, destination) = (rule.source.unwrap_or_default(), rule.destination.unwrap_or_default());
        let is_icmp = protocol.is_some_and(|protocol| [Protocol::ICMP, Protocol::ICMPV6].contains(&protocol));
        for (field, icmp) in [("icmp", &rule.icmp), ("notICMP", &rule.not_icmp)] {
            let Some(icmp) = icmp else { continue };
            if !is_icmp {
                return Err(format!("{field}: needs `protocol: ICMP` or `ICMPv6`"));
            }
            if icmp.code.is_some() && icmp.kind.is_none() {
                return Err(format!("{field}: a code needs a type"));
            }
        }
        let is_partial = rule.icmp.is_some() || rule.not_icmp.is_some();
        if is_partial && action == Action::Pass {
            self.unsupported(&format!("{route}: to pass on some types of ICMP is not modelled"));
            return Ok(None);
        }
        if rule.http.is_some() {
            if action != Action::Allow
                || direction == Direction::Egress
                || protocol.is_some_and(|it| it != Protocol::TCP)
            {
                return Err("http: stands in rules for ingress that allow, of TCP or of no protocol".to_owned());
            }
            self.unsupported(&format!("{route}: `http` is not modelled, so the rule is left out"));
            return Ok(None);
        }
        let family = self.family(rule.ip_version, protocol, not_protocol)?;
        one_family(family, [&source, &destination])?;
        let (peer, other, side) = match direction {
            Direction::Ingress => (&source, &destination, "destination"),
            Direction::Egress => (&destination, &source, "source"),
        };
        if other.services.is_some() {
            return Err(format!("{side}.services: stands at the other end of the flow"));
        }
        let mut service_ports = PortTest::Any;
        let mut by_service = None;
        if let Some(service) = &peer.services {
            if peer.selector.is_some()
                || peer.not_selector.is_some()
                || peer.namespace_selector.is_some()
                || peer.service_accounts.is_some()
                || has_items(peer.nets.as_ref())
                || has_items(peer.not_nets.as_ref())
                || (direction == Direction::Egress
                    && (has_items(peer.ports.as_ref()) || has_items(peer.not_ports.as_ref())))
            {
                return Err("services: stands alone".to_owned());
            }
            let namespace = match (service.namespace.as_str(), self.id.namespace.as_deref()) {
                ("", Some(own)) => own,
                ("", None) => return Err("services: needs a namespace in a policy of the whole cluster".to_owned()),
                (namespace, _) => namespace,
            };
            let Some((party, ports)) = self.services.members(namespace, &service.name) else {
                let name = &service.name;
                self.unsupported(&format!(
                    "{route}: which pods are behind the Service {namespace}/{name} is not known; add it"
                ));
                return Ok(None);
            };
            by_service = Some(party);
            if direction == Direction::Egress {
                service_ports = ports;
            }
        }
        let source_ports = |wire: Option<&Vec<Value>>| {
            let ports = ports(wire.map_or(&[][..], Vec::as_slice), protocol)?;
            let is_named = ports.has_names();
            Ok(if is_named { None } else { Some(ports) })
        };
        let from = source_ports(source.ports.as_ref()).map_err(|fault: String| format!("source.ports{fault}"))?;
        let not_from =
            source_ports(source.not_ports.as_ref()).map_err(|fault: String| format!("source.notPorts{fault}"))?;
        let (Some(from), Some(not_from)) = (from, not_from) else {
            self.unsupported(&format!(
                "{route}: names of ports at the source are not modelled, so the rule is left out"
            ));
            return Ok(None);
        };
        let ports = |wire: &Option<Vec<Value>>| ports(wire.as_deref().unwrap_or_default(), protocol);
        let not_ports = ports(&destination.not_ports).map_err(|fault| format!("destination.notPorts{fault}"))?;
        let to = ports(&destination.ports).map_err(|fault| format!("destination.ports{fault}"))?;
        let mut parties = [
            self.party(&source).map_err(|fault| format!("source.{fault}"))?,
            self.party(&destination).map_err(|fault| format!("destination.{fault}"))?,
        ];
        if let Some(party) = by_service {
            parties[usize::from(direction == Direction::Egress)] = party;
        }
        let [source, destination] = parties;
        Ok(Some(Rule {
            protocol,
            not_protocol,
            source,
            destination,
            ports: if to == PortTest::Any { service_ports } else { to },
            not_ports: (not_ports != PortTest::Any).then_some(not_ports),
            source_ports: from,
            not_source_ports: (not_from != PortTest::Any).then_some(not_from),
            family,
            is_partial,
            ..Rule::new(index, action)
        }))
    }

    /// The kind of address that a rule is about.
    fn family(
        &self,
        version: Option<u8>,
        protocol: Option<Protocol>,
        not_protocol: Option<Protocol>,
    ) -> Result<Option<Family>, String> {
        let family = match version {
            None => None,
            Some(4) => Some(Family::V4),
            Some(6) => Some(Family::V6),
            Some(other) => return Err(format!("ipVersion: {other} is neither 4 nor 6")),
        };
        let is_about = |wanted| protocol == Some(wanted) || not_protocol == Some(wanted);
        if is_about(Protocol::ICMP) && family == Some(Family::V6)
            || is_about(Protocol::ICMPV6) && family == Some(Family::V4)
        {
            return Err("ipVersion: is of the other kind than the protocol".to_owned());
        }
        Ok(family)
    }

    /// What an entity of a rule says. Any of its selectors limits it to endpoints, and in a namespaced policy to those of
    /// the policy's own namespace unless `namespaceSelector` names others.
    fn party(&self, entity: &Entity) -> Result<Party, String> {
        let not_selector =
            expression(entity.not_selector.as_ref(), Scope::Endpoints).map_err(|f| format!("notSelector: {f}"))?;
        let of_namespaces = expression(entity.namespace_selector.as_ref(), Scope::Namespaces)
            .map_err(|f| format!("namespaceSelector: {f}"))?;
        let of_endpoints =
            expression(entity.selector.as_ref(), Scope::Endpoints).map_err(|f| format!("selector: {f}"))?;
        let accounts =
            entity.service_accounts.as_ref().map(|accounts| service_accounts(accounts)).transpose()?.flatten();

        let mut parts: Vec<_> = of_endpoints.into_iter().chain(accounts).collect();
        match (of_namespaces, self.id.namespace.as_deref()) {
            (Some(selector), _) => parts.push(selector),
            (None, Some(own)) if !parts.is_empty() || not_selector.is_some() => parts.push(Fact::in_namespace(own)),
            (None, _) => {}
        }
        let nets = entity.nets.as_deref().unwrap_or_default();
        let not_nets = entity.not_nets.as_deref().unwrap_or_default();
        Ok(Party {
            selector: (!parts.is_empty()).then_some(Selector::Every(parts)),
            not_selector,
            nets: (!nets.is_empty()).then(|| blocks(nets)).transpose().map_err(|fault| format!("nets: {fault}"))?,
            not_nets: blocks(not_nets).map_err(|fault| format!("notNets: {fault}"))?,
        })
    }
}

/// Reads an expression; an absent or empty field says nothing, unlike a blank expression.
fn expression(text: Option<&String>, scope: Scope) -> Result<Option<Selector>, String> {
    text.filter(|text| !text.is_empty()).map(|text| parse(text, scope)).transpose()
}

fn service_accounts(wire: &ServiceAccounts) -> Result<Option<Selector>, String> {
    let by_label = expression(wire.selector.as_ref(), Scope::ServiceAccounts)
        .map_err(|fault| format!("serviceAccounts.selector: {fault}"))?;
    let names = wire.names.as_deref().unwrap_or_default();
    let by_name =
        (!names.is_empty()).then(|| Selector::In(Fact::key(Fact::SERVICE_ACCOUNT), names.iter().cloned().collect()));
    let parts: Vec<_> = by_label.into_iter().chain(by_name).collect();
    Ok((!parts.is_empty()).then_some(Selector::Every(parts)))
}

fn blocks(texts: &[String]) -> Result<Vec<Cidr>, String> {
    texts
        .iter()
        .map(|text| {
            Cidr::parse_or_address(text).ok_or_else(|| format!("`{text}` is neither a CIDR block nor an address"))
        })
        .collect()
}

/// The nets of one rule are of one family, as the API has it.
fn one_family(version: Option<Family>, ends: [&Entity; 2]) -> Result<(), String> {
    let mut seen = version;
    for net in ends.iter().flat_map(|end| end.nets.iter().chain(&end.not_nets)).flatten() {
        let Some(net) = Cidr::parse_or_address(net) else { continue };
        if seen.is_some_and(|family| family != net.family()) {
            return Err("nets: a rule is about IPv4 or about IPv6, not about both".to_owned());
        }
        seen = Some(net.family());
    }
    Ok(())
}

fn has_items<T>(list: Option<&Vec<T>>) -> bool {
    list.is_some_and(|list| !list.is_empty())
}

/// Reads a protocol: a name in Calico's spelling or a number from 1 to 255.
fn protocol(value: &Value) -> Result<Protocol, String> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    let by_number =
        number.and_then(|number| u8::try_from(number).ok()).filter(|number| *number > 0).map(Protocol::number);
    by_number
        .or_else(|| Protocol::named(value.as_str()?))
        .ok_or_else(|| format!("{value} is not a protocol (TCP, UDP, SCTP, ICMP, ICMPv6, UDPLite or 1 to 255)"))
}

/// Reads ports: numbers, ranges `"first:last"` and names of ports at the destination.
fn ports(wire: &[Value], protocol: Option<Protocol>) -> Result<PortTest, String> {
    if wire.is_empty() {
        return Ok(PortTest::Any);
    }
    let needs_protocol = || ": ports need `protocol` TCP, UDP or SCTP".to_owned();
    if protocol.is_some_and(|protocol| !protocol.has_ports()) {
        return Err(needs_protocol());
    }
    let terms = wire.iter().enumerate().map(|(at, value)| match (value, protocol) {
        // A name says enough: the port behind it has a protocol.
        (Value::String(name), None) if is_port_name(name) && !is_number(name) => {
            Ok(PortTerm::Named { protocol: None, name: name.clone() })
        }
        (_, None) => Err(needs_protocol()),
        (value, Some(protocol)) => term(value, protocol).ok_or(format!("[{at}]: {value} is not a port")),
    });
    terms.collect::<Result<_, _>>().map(PortTest::of)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn term(value: &Value, protocol: Protocol) -> Option<PortTerm> {
    let range = |first, last| (first <= last).then_some(PortTerm::Range(PortRange { protocol, first, last }));
    let Value::String(text) = value else {
        let port = u16::try_from(value.as_u64()?).ok()?;
        return range(port, port);
    };
    match text.split_once(':') {
        Some((first, last)) if is_number(first) && is_number(last) => range(first.parse().ok()?, last.parse().ok()?),
        None if is_number(text) => text.parse().ok().and_then(|port| range(port, port)),
        None if is_port_name(text) => Some(PortTerm::Named { protocol: Some(protocol), name: text.clone() }),
        _ => None,
    }
}

/// Whether a text can name a port for Calico: 1 to 128 of letters, digits, `_`, `.` and `-`.
fn is_port_name(name: &str) -> bool {
    (1..=128).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}
