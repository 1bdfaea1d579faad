//! Whom policies that the tree already has let call whom: Kubernetes' NetworkPolicies, and those of Cilium and Calico.
//!
//! A policy that somebody wrote for two services says that one calls the other, or once did. One for a group says no such thing, so
//! only selectors count that select the pods of one service.
//!
//! See <https://kubernetes.io/docs/concepts/services-networking/network-policies/>, <https://docs.cilium.io/en/stable/security/policy/language/>
//! and <https://docs.tigera.io/calico/latest/reference/resources/networkpolicy#selectors>.

use super::item::{Item, text_at};
use super::workloads::Pods;
use super::{Deploy, Spot};
use crate::host::Hosts;
use crate::partial::Gap;
use crate::value::Value;
use std::collections::BTreeSet;

/// The labels whose values name a program where the tree has no pods that wear them.
const NAMING: &[&str] = &["app", "app.kubernetes.io/name", "app.kubernetes.io/component", "k8s-app", "name", "service"];

/// A policy that lets more pairs than this call each other is one for a group, whatever it lists.
const MAX_PAIRS: usize = 400;

/// That a policy lets one service call another.
#[derive(Debug, Clone)]
pub struct Permit {
    /// Who may call.
    pub caller: String,
    /// Whom it may call.
    pub callee: String,
    /// The peer in the policy.
    pub spot: Spot,
}

/// How a kind of policies says whom it is for, whom they may be called by, and whom they may call.
struct Form {
    kinds: &'static [&'static str],
    group: &'static [&'static str],
    subject: &'static str,
    /// The keys below `ingress` and `egress` that hold peers.
    peers: [&'static str; 2],
    /// The key of a peer that selects pods; none where the peer is the selector.
    selector: Option<&'static str>,
}

const FORMS: &[Form] = &[
    Form {
        kinds: &["NetworkPolicy"],
        group: &["networking.k8s.io/", "extensions/"],
        subject: "podSelector",
        peers: ["from", "to"],
        selector: Some("podSelector"),
    },
    Form {
        kinds: &["CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"],
        group: &["cilium.io/"],
        subject: "endpointSelector",
        peers: ["fromEndpoints", "toEndpoints"],
        selector: None,
    },
    Form {
        kinds: &["NetworkPolicy", "GlobalNetworkPolicy"],
        group: &["projectcalico.org/", "crd.projectcalico.org/"],
        subject: "selector",
        peers: ["source", "destination"],
        selector: Some("selector"),
    },
];

impl Form {
    fn of(item: &Value) -> Option<&'static Self> {
        let (group, kind) = (text_at(item, &["apiVersion"])?, text_at(item, &["kind"])?);
        FORMS.iter().find(|form| form.kinds.contains(&kind) && form.group.iter().any(|of| group.starts_with(of)))
    }
}

impl Deploy {
    /// Takes in whom policies let call whom.
    pub(super) fn permit(&mut self, items: &[Item], pods: &[Pods], hosts: &Hosts) {
        for item in items {
            let Some(form) = Form::of(&item.value) else { continue };
            let specs = item.value.get("spec").into_iter();
            for spec in specs.chain(list(item.value.get("specs"))) {
                let subjects = spec.get(form.subject).map(|of| services(of, pods, hosts)).unwrap_or_default();
                for (at, way) in ["ingress", "egress"].into_iter().enumerate() {
                    for peer in
                        list(spec.get(way)).filter(lets).filter_map(|rule| rule.get(form.peers[at])).flat_map(each)
                    {
                        let selector = form.selector.map_or(Some(peer), |key| peer.get(key));
                        let others = selector.map(|of| services(of, pods, hosts)).unwrap_or_default();
                        if subjects.len().saturating_mul(others.len()) > MAX_PAIRS {
                            self.group_permits.push((item.spot(peer), [subjects.len(), others.len()]));
                            continue;
                        }
                        let pairs = subjects.iter().flat_map(|one| others.iter().map(move |other| (one, other)));
                        for (one, other) in pairs.filter(|(one, other)| one != other) {
                            let (caller, callee) = if at == 0 { (other, one) } else { (one, other) };
                            let (caller, callee) = (caller.clone(), callee.clone());
                            self.permits.push(Permit { caller, callee, spot: item.spot(peer) });
                        }
                    }
                }
            }
        }
    }

    /// Whom policies of the tree let call whom.
    pub fn permits(&self) -> &[Permit] {
        &self.permits
    }

    /// The peers in policies for groups, each with how many services the policy is for and how many the peer names.
    pub fn group_permits(&self) -> &[(Spot, [usize; 2])] {
        &self.group_permits
    }
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_list).into_iter().flatten()
}

/// Whether a rule lets somebody in or out. Calico's may deny, log or leave it to the next.
fn lets(rule: &&Value) -> bool {
    text_at(rule, &["action"]).is_none_or(|action| action == "Allow")
}

/// The elements of a list, or the one that is none.
fn each(value: &Value) -> &[Value] {
    value.as_list().unwrap_or(std::slice::from_ref(value))
}

/// The services that a selector names: each of its ways to select that fits the pods of one service alone.
fn services(selector: &Value, pods: &[Pods], hosts: &Hosts) -> BTreeSet<String> {
    let ways = selector.as_text().and_then(|text| equalities(text.known()?)).or_else(|| labels(selector));
    ways.unwrap_or_default().iter().filter_map(|labels| service(labels, pods, hosts)).collect()
}

fn service(labels: &[(String, String)], pods: &[Pods], hosts: &Hosts) -> Option<String> {
    let fits = |pods: &&Pods| {
        let worn = pods.template.pointer("/metadata/labels");
        labels.iter().all(|(key, value)| worn.and_then(|worn| text_at(worn, &[key])) == Some(value))
    };
    let fitting: BTreeSet<&str> = pods.iter().filter(fits).map(|pods| pods.service.as_str()).collect();
    if fitting.is_empty() {
        let mut named = labels.iter().filter(|(key, _)| NAMING.contains(&key.as_str()));
        return named.find_map(|(_, value)| hosts.named(value)).map(str::to_owned);
    }
    fitting.first().filter(|_| fitting.len() == 1).map(|service| (*service).to_owned())
}

/// The ways in which a selector of labels selects: one, or one for each value that `In` lists; of those that select all, none.
fn labels(selector: &Value) -> Option<Vec<Vec<(String, String)>>> {
    // Cilium says where a label comes from.
    let bare = |key: &str| key.trim_start_matches("k8s:").trim_start_matches("any:").to_owned();
    let mut own = Vec::new();
    for (key, value) in selector.get("matchLabels").and_then(Value::as_map).into_iter().flatten() {
        let value = value.as_text().filter(|value| !value.has(&Gap::Unknown))?.known()?;
        let key = bare(key.known()?);
        // The namespace is no label of pods.
        if !key.starts_with("io.kubernetes.pod.") && !key.starts_with("io.cilium.") {
            own.push((key, value.to_owned()));
        }
    }
    let mut ways = vec![own];
    for expression in list(selector.get("matchExpressions")) {
        let key = bare(text_at(expression, &["key"])?);
        match text_at(expression, &["operator"])? {
            "In" if ways.len() == 1 => {
                let values = list(expression.get("values")).filter_map(|value| value.as_text()?.known());
                let with = |value: &str| [ways[0].clone(), vec![(key.clone(), value.to_owned())]].concat();
                ways = values.map(with).collect();
            }
            // What is asked for besides leaves fewer of the same.
            _ => {}
        }
    }
    ways.retain(|labels| !labels.is_empty());
    Some(ways)
}

/// The labels that an expression of Calico's asks for, where all that it says is `key == 'value'`, one or several with `&&`.
fn equalities(selector: &str) -> Option<Vec<Vec<(String, String)>>> {
    let pair = |part: &str| {
        let (key, value) = part.split_once("==")?;
        let value = value.trim();
        let bare = ['\'', '"'].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote))?;
        let is_plain = !bare.contains(['\'', '"']);
        is_plain.then(|| (key.trim().to_owned(), bare.to_owned()))
    };
    selector.split("&&").map(pair).collect::<Option<Vec<_>>>().map(|labels| vec![labels])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_ask_for_labels() {
        let all = |selector: serde_json::Value| labels(&selector.into());
        let one = |key: &str, value: &str| vec![(key.to_owned(), value.to_owned())];
        for (selector, expected) in [
            (json!({"matchLabels": {"app": "a"}}), Some(vec![one("app", "a")])),
            (
                json!({"matchLabels": {"k8s:app": "a", "k8s:io.kubernetes.pod.namespace": "b"}}),
                Some(vec![one("app", "a")]),
            ),
            (
                json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "b"]}]}),
                Some(vec![one("app", "a"), one("app", "b")]),
            ),
            (json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a"]}]}), Some(vec![])),
            (
                json!({"matchLabels": {"app": "a"}, "matchExpressions": [{"key": "x", "operator": "Exists"}]}),
                Some(vec![one("app", "a")]),
            ),
            (json!({}), Some(vec![])),
        ] {
            assert_eq!(all(selector.clone()), expected, "{selector}");
        }
    }

    #[test]
    fn expressions_of_calico_that_ask_for_labels() {
        let one = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        for (selector, expected) in [
            ("app == 'a'", Some(vec![vec![one("app", "a")]])),
            ("app == \"a\" && tier=='b'", Some(vec![vec![one("app", "a"), one("tier", "b")]])),
            ("all()", None),
            ("app != 'a'", None),
            ("app == 'a' || app == 'b'", None),
            ("app in {'a'}", None),
            ("", None),
        ] {
            assert_eq!(equalities(selector), expected, "{selector}");
        }
    }
}
