//! All that Calico objects may hold, as a table: holds where the schemas are not at hand, and says more than they do.

use crate::{OBJECTS, read};
use hedgerow::render::object::Kind;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a leaf of an object may be.
enum Leaf {
    Text(&'static [&'static str]),
    Number(i64),
    Name,
    /// The value of the mark, which is a service's name or has a `_`.
    Mark,
    Selector,
}

const MANAGED_BY: &str = "metadata.labels.app.kubernetes.io/managed-by";
/// The mark, below whatever domain a fleet has.
const MARK: &str = "metadata.labels.<domain>/policy-of";

/// A leaf by its route, and whether every object of the kind has it.
type Row = (&'static str, Leaf, bool);

fn rows(kind: Kind) -> Vec<Row> {
    let head = [
        ("apiVersion", Leaf::Text(&["projectcalico.org/v3"]), true),
        ("metadata.name", Leaf::Name, true),
        (MANAGED_BY, Leaf::Text(&["hedgerow"]), true),
        (MARK, Leaf::Mark, true),
    ];
    let body = match kind {
        Kind::NetworkPolicy | Kind::CalicoStagedKubernetesNetworkPolicy | Kind::PolicyData => {
            panic!("Kubernetes' own types say more")
        }
        Kind::CalicoNetworkPolicy => vec![
            ("kind", Leaf::Text(&["NetworkPolicy"]), true),
            ("metadata.namespace", Leaf::Name, false),
            ("spec.tier", Leaf::Text(&["default"]), true),
            ("spec.order", Leaf::Number(5000), true),
            ("spec.selector", Leaf::Selector, true),
            ("spec.types[]", Leaf::Text(&["Ingress"]), true),
            ("spec.ingress[].action", Leaf::Text(&["Log", "Allow"]), true),
        ],
        Kind::CalicoStagedGlobalNetworkPolicy => {
            let spec = rows(Kind::CalicoGlobalNetworkPolicy);
            let spec = spec.into_iter().filter(|(route, ..)| route.starts_with("spec."));
            let own = [
                ("kind", Leaf::Text(&["StagedGlobalNetworkPolicy"]), true),
                ("spec.stagedAction", Leaf::Text(&["Set"]), true),
            ];
            own.into_iter().chain(spec).collect()
        }
        Kind::CalicoGlobalNetworkPolicy => vec![
            ("kind", Leaf::Text(&["GlobalNetworkPolicy"]), true),
            ("spec.tier", Leaf::Text(&["default"]), true),
            ("spec.order", Leaf::Number(2000), true),
            ("spec.selector", Leaf::Selector, true),
            ("spec.types[]", Leaf::Text(&["Ingress"]), true),
            ("spec.ingress[].action", Leaf::Text(&["Allow"]), true),
            ("spec.ingress[].source.selector", Leaf::Selector, true),
            ("spec.ingress[].source.namespaceSelector", Leaf::Selector, true),
        ],
    };
    head.into_iter().chain(body).collect()
}

fn leaves<'v>(route: &str, value: &'v Value, found: &mut Vec<(String, &'v Value)>) {
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| {
            let below = if route.is_empty() { key.clone() } else { format!("{route}.{key}") };
            leaves(&below, value, found);
        }),
        Value::Array(values) => values.iter().for_each(|value| leaves(&format!("{route}[]"), value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => found.push((route.to_owned(), value)),
    }
}

fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let edges = [text.bytes().next(), text.bytes().last()];
    text.len() <= 63 && edges.iter().all(|edge| edge.is_some_and(plain)) && text.bytes().all(|b| plain(b) || b == b'-')
}

/// `key == 'value'` and `key in {'a', 'b'}`, joined by ` && `: the part of Calico's grammar that is written.
fn is_selector(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    let is_key = |key: &str| !key.is_empty() && key.bytes().all(word);
    let is_quoted = |value: &str| {
        value.strip_prefix('\'').and_then(|value| value.strip_suffix('\'')).is_some_and(|value| value.bytes().all(word))
    };
    let is_term = |term: &str| match (term.split_once(" == "), term.split_once(" in {")) {
        (Some((key, value)), None) => is_key(key) && is_quoted(value),
        (None, Some((key, rest))) => {
            is_key(key) && rest.strip_suffix('}').is_some_and(|values| values.split(", ").all(is_quoted))
        }
        _ => false,
    };
    text.len() <= 1024 && text.split(" && ").all(is_term)
}

impl Leaf {
    fn takes(&self, value: &Value) -> bool {
        match self {
            Self::Text(texts) => value.as_str().is_some_and(|text| texts.contains(&text)),
            Self::Number(number) => value.as_i64() == Some(*number),
            Self::Name => value.as_str().is_some_and(is_name),
            Self::Mark => value.as_str().is_some_and(|text| is_name(&text.replace(['.', '_'], "-"))),
            Self::Selector => value.as_str().is_some_and(is_selector),
        }
    }
}

#[test]
fn calico_objects_hold_what_the_table_lists_and_nothing_else() {
    for kind in [Kind::CalicoNetworkPolicy, Kind::CalicoGlobalNetworkPolicy, Kind::CalicoStagedGlobalNetworkPolicy] {
        let rows = rows(kind);
        let allowed: BTreeMap<&str, &Leaf> = rows.iter().map(|(route, leaf, _)| (*route, leaf)).collect();
        let objects: Vec<_> = OBJECTS.iter().filter(|object| object.kind == kind).map(read).collect();
        assert!(!objects.is_empty());
        for object in objects {
            let mut found = Vec::new();
            leaves("", &object, &mut found);
            for (route, _) in &mut found {
                if route.ends_with("/policy-of") {
                    MARK.clone_into(route);
                }
            }
            for (route, value) in &found {
                let leaf = allowed.get(route.as_str());
                assert!(leaf.is_some_and(|leaf| leaf.takes(value)), "`{route}: {value}` in {object:#}");
            }
            for (route, _, is_required) in &rows {
                assert!(!is_required || found.iter().any(|(found, _)| found == route), "no `{route}` in {object:#}");
            }
        }
    }
}

/// Felix groups policies whose selectors have the same text, and the counters of both are lost.
#[test]
fn a_calico_selector_never_has_the_text_of_the_kubernetes_policys() {
    let written = OBJECTS.iter().filter(|object| object.kind == Kind::CalicoNetworkPolicy).map(read);
    let converted: Vec<_> = OBJECTS
        .iter()
        .filter(|object| object.kind == Kind::NetworkPolicy)
        .map(read)
        .map(|policy| {
            let expressions = policy["spec"]["podSelector"]["matchExpressions"].as_array().cloned();
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            let terms = expressions.expect("pods are selected by expressions");
            let terms = terms.iter().map(|term| {
                let values = term["values"].as_array().expect("a list").iter().map(text).collect::<Vec<_>>();
                format!(" && {} in {{ '{}' }}", text(&term["key"]), values.join("', '"))
            });
            format!("projectcalico.org/orchestrator == 'k8s'{}", terms.collect::<String>())
        })
        .collect();
    for policy in written {
        let selector = policy["spec"]["selector"].as_str().expect("a selector is a text");
        assert!(!converted.iter().any(|converted| converted == selector), "{selector}");
    }
}

/// In the order in which Calico asks them: what is admitted, then the log line, then what becomes of the rest.
#[test]
fn a_log_line_stands_before_the_verdict() {
    for object in OBJECTS.iter().filter(|object| object.kind == Kind::CalicoNetworkPolicy).map(read) {
        let actions = object["spec"]["ingress"].as_array().expect("a list").iter().map(|rule| rule["action"].as_str());
        let actions: Vec<_> = actions.map(|action| action.expect("a text")).collect();
        assert!(matches!(actions.as_slice(), ["Log"] | ["Allow"] | ["Log", "Allow"]), "{actions:?}");
    }
}
