//! Every clause is needed: without it, some row comes out otherwise.
//!
//! All mutants of a policy stand in one namespace at once. Each applies to requests that name it, by an extra attribute of an
//! impersonated user, which only the tests' administrator can set.

use crate::attacks::attacks;
use crate::lawful::lawful;
use crate::row::{Fate, Row, fate_of};
use crate::world::{furnish, guard, world};
use hedgerow_testcluster::{User, wait};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;

const NAMESPACE: &str = "strict";
const HOME: &str = "mutants";

/// One changed policy.
struct Mutant {
    /// What was changed.
    change: String,
    /// A word that rows which should notice have in their path or name.
    near: String,
    policy: Value,
}

fn policies() -> Vec<Value> {
    guard("strict", "deny")
        .split("---\n")
        .filter(|text| text.contains("kind: ValidatingAdmissionPolicy\n"))
        .map(|text| serde_yaml::from_str(text).expect("the guard is YAML"))
        .collect()
}

fn with(policy: &Value, pointer: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut policy = policy.clone();
    change(policy.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")));
    policy
}

/// The elements of a list, as pointers.
fn elements(policy: &Value, list: &str) -> Vec<String> {
    let count = policy.pointer(list).and_then(Value::as_array).map_or(0, Vec::len);
    (0..count).map(|index| format!("{list}/{index}")).collect()
}

/// Each clause taken away: validations, exemptions, resources, operations, names in lists, and the halves of conditions.
fn mutants(policy: &Value) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    let name = policy["metadata"]["name"].as_str().expect("a policy has a name").to_owned();
    let text = |pointer: &str| policy.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut add = |change: String, near: &str, policy: Value| {
        mutants.push(Mutant { change: format!("{name}: {change}"), near: near.to_owned(), policy });
    };
    for at in elements(policy, "/spec/validations") {
        add(format!("without {at}"), "", with(policy, &format!("{at}/expression"), |it| *it = json!("true")));
    }
    for at in elements(policy, "/spec/matchConditions") {
        let condition = text(&format!("{at}/name"));
        add(
            format!("without {condition}"),
            "system:",
            with(policy, &format!("{at}/expression"), |it| *it = json!("true")),
        );
    }
    for at in elements(policy, "/spec/matchConstraints/resourceRules") {
        for list in ["resources", "operations"] {
            for element in elements(policy, &format!("{at}/{list}")) {
                let word = text(&element);
                let left = with(policy, &format!("{at}/{list}"), |it| {
                    it.as_array_mut().expect("a list").retain(|other| *other != json!(word));
                    // A rule needs one: this is asked for by nobody.
                    if it == &json!([]) {
                        *it = json!([if list == "resources" { "nothings" } else { "CONNECT" }]);
                    }
                });
                // Kubernetes says that `pods/*` means what is below pods, and acts as if it meant pods as well. What has no namespace is
                // judged by the guards of the other namespaces too, so that no row would show it missing here.
                let is_needed = left != *policy && word != "pods" && !word.contains("global");
                if !is_needed {
                    continue;
                }
                let group = text(&format!("{at}/apiGroups/0"));
                // The first of a group's resources stands for what happens to it.
                let near =
                    if list == "resources" { word.replace("pods/*", "pods/naked/") } else { format!("{group}/") };
                add(format!("without {list} {group}/{word}"), &near, left);
            }
        }
    }
    // Names in lists, and halves of conditions, wherever they stand.
    let whole = policy.to_string();
    let without = |word: &str, by: &str| {
        let changed = whole.replace(&json!(word).to_string()[1..json!(word).to_string().len() - 1], by);
        (changed != whole).then(|| serde_json::from_str::<Value>(&changed).expect("still JSON"))
    };
    for (word, by, near) in WORDS {
        if let Some(changed) = without(word, by) {
            add(format!("`{word}` as `{by}`"), near, changed);
        }
    }
    mutants
}

/// What is replaced by what, and where a row notices.
const WORDS: &[(&str, &str, &str)] = &[
    ("'bank.example/network-policy', ", "", "policy"),
    ("'bank.example/routing-name', ", "", "callee"),
    (", 'bank.example/service-type'", "", "type"),
    ("key.startsWith('bank.example/egress-')", "false", "Pod"),
    ("'system:serviceaccount:kube-system:daemon-set-controller', ", "", "daemon-set-controller"),
    ("'system:serviceaccount:kube-system:job-controller', ", "", "job-controller"),
    ("'system:serviceaccount:kube-system:replicaset-controller', ", "", "replicaset-controller"),
    ("'system:serviceaccount:kube-system:replication-controller', ", "", "replication-controller"),
    ("'system:serviceaccount:kube-system:statefulset-controller', ", "", "statefulset-controller"),
    ("'system:serviceaccount:kube-system:deployment-controller', ", "", "deployment-controller"),
    ("'system:serviceaccount:kube-system:cronjob-controller', ", "", "cronjob-controller"),
    ("'system:serviceaccount:kube-system:generic-garbage-collector', ", "", "generic-garbage"),
    (", 'system:serviceaccount:kube-system:namespace-controller'", "", "namespace-controller"),
    ("owner.apiVersion.startsWith('argoproj.io/')", "true", "AnalysisRun"),
    ("owner.kind.lowerAscii() + 's' in ['rollouts']", "true", "AnalysisRun"),
    ("request.userInfo.username == 'system:serviceaccount:argo:argo-rollouts'", "true", "belongs to a Rollout"),
    ("exists(owner, owner.?controller", "exists(owner, false && owner.?controller", "a Rollout makes"),
    ("!(key in variables.was && variables.was[key] == variables.now[key])", "!(key in variables.was)", "value"),
    ("!(key in variables.now)", "false", "off a live Pod"),
    ("canary.?canaryMetadata", "canary.?none", "canary label"),
    ("canary.?stableMetadata", "canary.?none", "stable label"),
    ("blueGreen.?activeMetadata", "blueGreen.?none", "active label"),
    ("blueGreen.?previewMetadata", "blueGreen.?none", "preview label"),
    (
        "object.?spec.?initContainers.orValue([]).map(c, c.?image.orValue('')) ==",
        "oldObject.?spec.?initContainers.orValue([]).map(c, c.?image.orValue('')) ==",
        "first image",
    ),
    (
        "(object.?spec.?containers.orValue([]).map(c, c.?image.orValue('')) ==",
        "(oldObject.?spec.?containers.orValue([]).map(c, c.?image.orValue('')) ==",
        "another image in a labelled Pod",
    ),
    (
        "variables.after.?spec.orValue({}) ==",
        "variables.before.?spec.orValue({}) ==",
        "another image in a labelled Deployment",
    ),
    ("key.startsWith('kubectl.kubernetes.io/')", "true", "injector"),
    ("key.startsWith('kubectl.kubernetes.io/')", "false", "restart"),
    ("request.resource.resource == 'pods' || variables.after", "variables.after", "resize"),
    (
        "(variables.worn || request.?subResource.orValue('') == 'scale')",
        "(request.?subResource.orValue('') == 'scale')",
        "revive",
    ),
    ("(variables.worn || request.?subResource.orValue('') == 'scale')", "variables.worn", "revive"),
    ("(variables.worn || request.?subResource.orValue('') == 'scale')", "true", "scale a ReplicaSet"),
    ("object.?spec.?replicas.orValue(0) <= oldObject.?spec.?replicas.orValue(0)", "false", "scale"),
    ("request.resource.resource in ['replicasets', 'replicationcontrollers']", "true", "scale a labelled"),
    ("['replicasets', 'replicationcontrollers']", "['replicasets']", "revive"),
    ("['replicasets', 'replicationcontrollers']", "['replicationcontrollers']", "revive"),
    ("dyn(request.options).?propagationPolicy.orValue('') == 'Orphan'", "false", "keep its Pods"),
    ("dyn(request.options).?orphanDependents.orValue(false)", "false", "the old way"),
    ("['jobs', 'replicationcontrollers']", "['replicationcontrollers']", "say nothing"),
    ("['jobs', 'replicationcontrollers']", "['jobs']", "say nothing"),
    ("'orphan' in oldObject.metadata.?finalizers.orValue([]))))", "false)))", "made to keep"),
    ("dyn(request.options).?propagationPolicy.orValue('') == '' &&", "true &&", "with its Pods"),
    ("dyn(request.options).?orphanDependents.orValue(", "(", "the old way"),
    ("in ['replicasets', 'jobs']", "in ['replicasets']", "another owner"),
    ("in ['replicasets', 'jobs']", "in ['jobs']", "another owner"),
    ("['labels', 'ownerReferences']", "['labels']", "another owner"),
    ("['labels', 'ownerReferences']", "['ownerReferences']", "from its Deployment"),
    (", 'system:serviceaccount:kube-system:generic-garbage-collector'", "", "of those that were"),
    (
        "object.?status.?currentRevision == oldObject.?status.?currentRevision",
        "false",
        "say how a labelled StatefulSet",
    ),
    (
        "['cni.projectcalico.org/podIP', 'cni.projectcalico.org/podIPs']",
        "['cni.projectcalico.org/podIP']",
        "own address",
    ),
    (
        "['cni.projectcalico.org/podIP', 'cni.projectcalico.org/podIPs']",
        "['cni.projectcalico.org/podIPs']",
        "own address",
    ),
    ("request.?subResource.orValue('') != '' ||", "", "as Calico's plugin"),
    ("!object.?spec.?paused.orValue(false) ||", "", "restart"),
    (" || oldObject != null && oldObject.?spec.?paused.orValue(false)", "", "paused"),
    ("'(?i)^(spec|template|metadata|labels)$'", "'(?i)^(spec|template|metadata)$'", "`Labels`"),
    ("'(?i)^(spec|template|metadata|labels)$'", "'(?i)^(spec|template|labels)$'", "`MetaData`"),
    ("'(?i)^(spec|template|metadata|labels)$'", "'(?i)^(spec|metadata|labels)$'", "`Template`"),
    ("'(?i)^(spec|template|metadata|labels)$'", "'(?i)^(template|metadata|labels)$'", "long s"),
    ("'orphan' in object.metadata.?finalizers.orValue([])", "false", "have a labelled"),
    (
        "request.operation != 'UPDATE' || !variables.worn ||",
        "request.operation != 'UPDATE' ||",
        "without labels of ours",
    ),
    (
        "request.operation != 'DELETE' || !variables.worn ||",
        "request.operation != 'DELETE' ||",
        "without labels of ours",
    ),
    ("!= 'ephemeralcontainers' || !variables.worn", "!= 'ephemeralcontainers'", "debug container to a Pod without"),
    ("object != null && 'bank.example/policy-of' in object.metadata.?labels.orValue({}) ||\n", "", "with our mark"),
    (" ||\noldObject != null && 'bank.example/policy-of' in oldObject.metadata.?labels.orValue({})", "", "ours"),
    ("object != null && 'bank.example/guard' in object.metadata.?labels.orValue({}) ||\n", "", "never"),
    (" ||\noldObject != null && 'bank.example/guard' in oldObject.metadata.?labels.orValue({})", "", "who may wear"),
    (
        " ||\nobject != null && object.?roleRef.?name.orValue('') in ['enter.bank.example', 'wear.bank.example']",
        "",
        "bind others",
    ),
    (
        " ||\nobject != null && object.?rules.orValue([]).exists(rule, 'bank.example' in rule.?apiGroups.orValue([]))",
        "",
        "make a role",
    ),
    ("size(object.spec.?ingress.orValue([])) > 0", "true", "let nobody in"),
    ("'Ingress' in object.spec.?policyTypes.orValue(['Ingress'])", "true", "never"),
    ("e.operator == 'DoesNotExist' && ", "", "never"),
    (
        "e.operator == 'DoesNotExist' && e.key in ['bank.example/network-policy', 'bank.example/routing-name']",
        "e.operator == 'DoesNotExist'",
        "let one Pod in",
    ),
    ("e.key in ['bank.example/network-policy', ", "e.key in [", "no policy of ours"),
    (
        "e.key in ['bank.example/network-policy', 'bank.example/routing-name']",
        "e.key in ['bank.example/network-policy']",
        "no service of ours",
    ),
    (
        "object.?spec.?types.orValue([]) != ['Egress']",
        "'Ingress' in object.?spec.?types.orValue([])",
        "does not say which way",
    ),
    ("object.?spec.?types.orValue([]) != ['Egress']", "true", "by a Calico policy of one's own"),
    ("request.resource.resource == 'networkpolicies' &&", "false &&", "Calico policy of one's own"),
];

/// Only the extra attribute makes a mutant apply.
fn marked(mutant: &Mutant, index: usize) -> [Value; 2] {
    let name = format!("mutant-{index}");
    let mut policy = mutant.policy.clone();
    policy["metadata"] = json!({"name": name});
    let only = format!("request.userInfo.?extra[?'mutant'].orValue([]).exists(m, m == '{index}')");
    let condition = json!({"name": "only", "expression": only});
    match policy["spec"]["matchConditions"].as_array_mut() {
        Some(conditions) => conditions.insert(0, condition),
        None => policy["spec"]["matchConditions"] = json!([condition]),
    }
    let namespace = json!({"matchLabels": {"kubernetes.io/metadata.name": HOME}});
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"], "matchResources": {"namespaceSelector": namespace}},
    });
    [policy, binding]
}

/// What becomes of a row before one mutant.
fn fate(admin: &User, row: &Row, index: usize) -> Fate {
    let index = index.to_string();
    let headers = [("Impersonate-User", row.who), ("Impersonate-Extra-mutant", &index)];
    fate_of(row.name, &row.act.perform(admin, HOME, &headers))
}

#[test]
fn without_any_one_clause_some_row_comes_out_otherwise() {
    let Some(world) = world() else { return };
    let admin = world.cluster.admin();
    world.cluster.namespace(HOME);
    // Whoever may wear in the strict namespace may here.
    let bindings: String = guard(NAMESPACE, "deny")
        .split("---\n")
        .filter(|text| text.contains("kind: RoleBinding\n"))
        .map(|text| format!("---\n{}", text.replace(&format!("namespace: {NAMESPACE}"), &format!("namespace: {HOME}"))))
        .collect();
    admin.apply(HOME, &bindings).text();
    furnish(&admin, HOME);

    let rows: Vec<Row> = attacks().into_iter().chain(lawful()).collect();
    let policies = policies();
    let mut all: Vec<Mutant> = policies.iter().flat_map(mutants).collect();
    // The last ones are unchanged: what they do is what the others are compared with, and when they work, the others do.
    let count = all.len();
    let plain =
        policies.iter().map(|policy| Mutant { change: "none".into(), near: String::new(), policy: policy.clone() });
    all.extend(plain);
    let objects: Vec<Value> = all.iter().enumerate().flat_map(|(index, mutant)| marked(mutant, index)).collect();
    let said = admin.apply(HOME, &json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string());
    assert_eq!(said.code, 0, "{}", said.stderr);
    let part = |mutant: &Mutant| {
        let name = mutant.policy["metadata"]["name"].as_str().expect("a policy has a name");
        name.split('.').next().expect("a name has a part").to_owned()
    };
    let unchanged: BTreeMap<String, usize> = (count..all.len()).map(|index| (part(&all[index]), index)).collect();
    for (part, name) in [
        ("labels", "create a Pod with a label"),
        ("policies", "delete a policy of ours"),
        ("entries", "exec into a Pod"),
    ] {
        let row = rows.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("there is no row `{name}`"));
        wait(part, || fate(&admin, row, unchanged[part]) == Fate::Refused);
    }

    let known: Mutex<BTreeMap<(String, &str), Fate>> = Mutex::default();
    let before = |part: &str, row: &Row| {
        let key = (part.to_owned(), row.name);
        let found = known.lock().expect("nobody panics with the lock").get(&key).copied();
        let fate = found.unwrap_or_else(|| fate(&admin, row, unchanged[part]));
        known.lock().expect("nobody panics with the lock").insert(key, fate);
        fate
    };
    let survives = |(index, mutant): (usize, &Mutant)| {
        let part = part(mutant);
        let is_near =
            |row: &&Row| [row.name, row.who, row.act.path.as_str()].iter().any(|text| text.contains(&mutant.near));
        let (near, far): (Vec<_>, Vec<_>) = rows.iter().partition(is_near);
        let is_noticed = near.into_iter().chain(far).any(|row| fate(&admin, row, index) != before(&part, row));
        (!is_noticed).then(|| mutant.change.clone())
    };
    let numbered: Vec<_> = all.iter().take(count).enumerate().collect();
    let mut survivors: Vec<String> = Vec::new();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|lane| {
                let (numbered, survives) = (&numbered, &survives);
                scope.spawn(move || {
                    numbered.iter().skip(lane).step_by(4).filter_map(|it| survives(*it)).collect::<Vec<_>>()
                })
            })
            .collect();
        survivors.extend(threads.into_iter().flat_map(|thread| thread.join().expect("a lane ends")));
    });
    assert_eq!(survivors, Vec::<String>::new(), "of {count} mutants");
}
