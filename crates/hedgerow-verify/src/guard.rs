//! Whether a live cluster has the guard that `hedgerow.yaml` asks for, and whether others hold its verbs.
//!
//! What the guard should be is given by whoever renders it: this crate knows no renderer. Who holds the verbs is worked out from
//! the roles and bindings among the manifests as RBAC does it.

use hedgerow_core::diag::{Code, Diagnostic, Severity};
use hedgerow_core::guard::{Guard, GuardStrength, Subject};
use hedgerow_core::name::Namespace;
use hedgerow_core::plan::Plan;
use hedgerow_eval::{ObjectRef, PlainObject};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One object that should be there.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// Its kind, namespace and name.
    pub reference: ObjectRef,
    /// All of it, as it is rendered.
    pub value: Value,
}

/// What is missing, what is there and is not what was rendered, and who holds the verbs and is not named in `hedgerow.yaml`.
#[must_use]
pub fn guard(plan: &Plan, expected: &[Expected], objects: &[PlainObject]) -> Vec<Diagnostic> {
    let Some(guard) = &plan.fleet().config().guard else { return Vec::new() };
    let mark = format!("{}/guard", plan.scheme().domain());
    let is_ours = |object: &&PlainObject| object.value["metadata"]["labels"][&mark] == plan.environment().as_str();
    if !objects.iter().any(|object| expected.iter().any(|expected| expected.reference == object.reference)) {
        let message = format!("no part of the guard of `{}` is among the manifests", plan.environment());
        let help = "apply `hedgerow render --guard`; or if it is there, dump validatingadmissionpolicies, validatingadmissionpolicybindings, \
                    clusterroles and rolebindings as well";
        return vec![Diagnostic::new(Code::GuardMissing, message).mark(guard.place, "asked for here").help(help)];
    }
    let mut diagnostics = Vec::new();
    for expected in expected {
        let found = objects.iter().filter(|object| object.reference == expected.reference);
        let mut found = found.peekable();
        if found.peek().is_none() {
            let message = format!("{} of the guard is not among the manifests", expected.reference);
            let help = "apply `hedgerow render --guard` again";
            diagnostics
                .push(Diagnostic::new(Code::GuardMissing, message).mark(guard.place, "asked for here").help(help));
        }
        for object in found {
            diagnostics.extend(difference(expected, object).map(|what| differs(object, &what)));
        }
    }
    for object in objects.iter().filter(is_ours) {
        if !expected.iter().any(|expected| expected.reference == object.reference) {
            diagnostics.push(differs(object, "is marked as part of the guard, and is not asked for any more"));
        }
    }
    diagnostics.extend(holders(plan, guard, objects));
    diagnostics
}

fn differs(object: &PlainObject, what: &str) -> Diagnostic {
    let message = format!("{} {what}", object.reference);
    let help = "find out who changed it, and apply `hedgerow render --guard` again (`kubectl apply --server-side --force-conflicts`)";
    Diagnostic::new(Code::GuardDiffers, message).mark(object.place, "").help(help)
}

/// How an object differs from what was rendered, in a way that changes what it does.
fn difference(expected: &Expected, found: &PlainObject) -> Option<String> {
    match expected.reference.kind.as_str() {
        "ValidatingAdmissionPolicyBinding" => {
            let mode = |value: &Value| {
                let actions = value["spec"]["validationActions"].as_array().into_iter().flatten();
                let actions: BTreeSet<_> = actions.filter_map(Value::as_str).collect();
                ["Deny", "Warn", "Audit"]
                    .into_iter()
                    .find(|word| actions.contains(word))
                    .unwrap_or("nothing")
                    .to_lowercase()
            };
            let (wanted, got) = (mode(&expected.value), mode(&found.value));
            if wanted != got {
                return Some(format!("is in mode `{got}`, and hedgerow.yaml says `{wanted}`"));
            }
        }
        // Who is bound is told one by one, whatever the binding is called.
        "RoleBinding" => {
            let subjects = |value: &Value| value["subjects"].as_array().cloned().unwrap_or_default();
            let got = subjects(&found.value);
            let lacks = |wanted: &&Value| !got.iter().any(|subject| subject_of(subject) == subject_of(wanted));
            let lacking = subjects(&expected.value);
            let lacking: Vec<_> =
                lacking.iter().filter(lacks).filter_map(subject_of).map(|who| who.to_string()).collect();
            return (!lacking.is_empty()).then(|| format!("does not bind {}", lacking.join(", ")));
        }
        _ => {}
    }
    ["spec", "rules"].into_iter().find_map(|key| {
        let place = first_difference(key, &expected.value[key], &found.value[key])?;
        Some(format!("is not what `hedgerow render --guard` prints: `{place}` differs"))
    })
}

/// Where two values differ, leaving out what the API server fills in.
fn first_difference(at: &str, wanted: &Value, found: &Value) -> Option<String> {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            let inside = wanted.iter().find_map(|(key, value)| {
                first_difference(&format!("{at}.{key}"), value, found.get(key).unwrap_or(&Value::Null))
            });
            inside.or_else(|| {
                let more = found.iter().find(|(key, value)| !wanted.contains_key(*key) && !is_default(key, value));
                more.map(|(key, _)| format!("{at}.{key}"))
            })
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            let pairs = wanted.iter().zip(found).enumerate();
            pairs
                .into_iter()
                .find_map(|(index, (wanted, found))| first_difference(&format!("{at}[{index}]"), wanted, found))
        }
        _ => (wanted != found).then(|| at.to_owned()),
    }
}

fn is_default(key: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::String(text) => matches!((key, text.as_str()), ("matchPolicy", "Equivalent") | ("scope", "*")),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn subject_of(value: &Value) -> Option<Subject> {
    let name = value["name"].as_str()?.to_owned();
    match value["kind"].as_str()? {
        "User" => Some(Subject::User(name)),
        "Group" => Some(Subject::Group(name)),
        "ServiceAccount" => {
            let namespace = Namespace::new(value["namespace"].as_str()?).ok()?;
            Some(Subject::ServiceAccount { namespace, name })
        }
        _ => None,
    }
}

/// How a role gives a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gives {
    /// Among everything else.
    ByStar,
    /// By its name.
    ByName,
}

/// Whether a role's rules give `verb` on the doors of `domain`.
fn gives(role: &Value, domain: &str, verb: &str) -> Option<Gives> {
    let rules = role["rules"].as_array().into_iter().flatten();
    let rules = rules.filter_map(|rule| {
        let holds = |key: &str, word: &str| {
            let list = rule[key].as_array().into_iter().flatten();
            let list: BTreeSet<_> = list.filter_map(Value::as_str).collect();
            if list.contains(word) { Some(Gives::ByName) } else { list.contains("*").then_some(Gives::ByStar) }
        };
        // With names, it gives something about objects that nobody asks for.
        let has_names = rule["resourceNames"].as_array().is_some_and(|names| !names.is_empty());
        let weakest = holds("apiGroups", domain)?.min(holds("resources", "doors")?).min(holds("verbs", verb)?);
        (!has_names).then_some(weakest)
    });
    rules.max()
}

/// Who holds the verbs beyond those whom `hedgerow.yaml` names.
fn holders(plan: &Plan, guard: &Guard, objects: &[PlainObject]) -> Vec<Diagnostic> {
    let domain = plan.scheme().domain().as_str();
    let is_strict =
        guard.settings.get(plan.environment()).is_some_and(|settings| settings.strength == GuardStrength::Strict);
    let verbs = [("wear", &guard.wear), ("enter", &guard.enter)];
    let roles: BTreeMap<_, _> = objects
        .iter()
        .filter(|object| object.group == "rbac.authorization.k8s.io" && object.reference.kind.ends_with("Role"))
        .map(|object| (&object.reference, &object.value))
        .collect();
    let mut diagnostics = Vec::new();
    for binding in objects {
        let namespace = match (binding.reference.kind.as_str(), &binding.reference.namespace) {
            ("ClusterRoleBinding", _) => None,
            ("RoleBinding", Some(name)) => {
                let guarded = plan.fleet().config().namespaces.iter().find(|namespace| namespace.as_str() == name);
                // In other namespaces there are no doors.
                let Some(guarded) = guarded else { continue };
                Some(guarded)
            }
            _ => continue,
        };
        let role = &binding.value["roleRef"];
        let (kind, name) = (role["kind"].as_str().unwrap_or_default(), role["name"].as_str().unwrap_or_default());
        let of_role = ObjectRef {
            kind: kind.to_owned(),
            namespace: binding.reference.namespace.clone().filter(|_| kind == "Role"),
            name: name.to_owned(),
        };
        for (verb, grants) in verbs.into_iter().filter(|(verb, _)| *verb == "wear" || is_strict) {
            let how = match roles.get(&of_role) {
                Some(role) => gives(role, domain, verb),
                // Not among the manifests: known by its name alone.
                None if name == format!("{verb}.{domain}") => Some(Gives::ByName),
                None if name == "cluster-admin" => Some(Gives::ByStar),
                None => None,
            };
            let Some(how) = how else { continue };
            let granted = |namespace: &Namespace| Guard::granted(grants, plan.environment(), namespace);
            for subject in binding.value["subjects"].as_array().into_iter().flatten().filter_map(subject_of) {
                let is_named = match namespace {
                    Some(namespace) => granted(namespace).contains(&subject),
                    None => plan.fleet().config().namespaces.iter().all(|name| granted(name).contains(&subject)),
                };
                // Whoever holds the certificate of the cluster's masters can do anything at all.
                if is_named || subject == Subject::Group("system:masters".to_owned()) {
                    continue;
                }
                let place =
                    namespace.map_or("in the whole cluster".to_owned(), |name| format!("in namespace `{name}`"));
                let message =
                    format!("the {subject} holds the verb `{verb}` {place}, and `guard.{verb}` does not name it");
                let (severity, help) = match how {
                    Gives::ByName => {
                        (Severity::Error, format!("take it out of the binding, or name it under `guard.{verb}`"))
                    }
                    Gives::ByStar => (
                        Severity::Warning,
                        format!(
                            "{kind} `{name}` gives everything, and so the verb; give less, or know that the guard lets it through"
                        ),
                    ),
                };
                let diagnostic = Diagnostic::new(Code::ExcessWearer, message).severity(severity);
                diagnostics
                    .push(diagnostic.mark(binding.place, format!("by this {}", binding.reference.kind)).help(help));
            }
        }
    }
    diagnostics
}
