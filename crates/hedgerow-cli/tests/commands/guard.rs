//! `verify --complete` on what was dumped from a cluster: is the guard there, is it the one that was asked for, who else holds its verbs?

use crate::common::{Command, tree};
use hedgerow_cli::Exit;

const CONFIG: &str = "version: 1
labels: {domain: bank.example}
services: {include: ['service.*']}
namespaces: [default, dmz]
environments: {prod: {stage: enforce}, test: {stage: enforce}}
guard:
  mode: {prod: deny, test: warn}
  strict: {prod: true}
  wear:
    - {groups: [deployers]}
    - {service-accounts: [ci/deployer], namespaces: [dmz]}
  enter: [{users: [on-call]}]
";

const FILES: [(&str, &[u8]); 3] = [
    ("hedgerow.yaml", CONFIG.as_bytes()),
    ("service.emoji/egress/service.ledger.rule", b""),
    ("service.ledger/service.yaml", b""),
];

/// Pods and policies that are as the rules say.
const PODS: &str = "
---
apiVersion: v1
kind: Pod
metadata: {name: ledger, namespace: default, labels: {bank.example/routing-name: service.ledger, bank.example/network-policy: 'true'}}
---
apiVersion: v1
kind: Pod
metadata: {name: emoji, namespace: default, labels: {bank.example/routing-name: service.emoji, bank.example/network-policy: 'true', bank.example/egress-s-ledger: 'true'}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: edit}
rules: [{apiGroups: [''], resources: [pods], verbs: ['*']}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: cluster-admin}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: Group, name: 'system:masters', apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: devs, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects: [{kind: Group, name: devs, apiGroup: rbac.authorization.k8s.io}]
";

/// What `verify --complete` says of the dump after `change`.
fn findings(change: impl Fn(String) -> String) -> (Exit, String) {
    let root = tree(&FILES);
    let render = |arguments: &str| Command::new(root.path(), arguments).run().out().to_owned();
    let dump = format!("{}{}{PODS}", render("render --env prod"), render("render --guard --env prod"));
    let ran = Command::new(root.path(), "verify --env prod --complete -").stdin(change(dump)).run();
    let lines = ran.out().lines().filter(|line| line.starts_with("error[") || line.starts_with("warning["));
    (ran.exit, lines.collect::<Vec<_>>().join("\n"))
}

/// The one object among the documents whose text holds all of `words`, changed.
fn changed(dump: &str, words: &[&str], change: impl Fn(&str) -> String) -> String {
    let mut found = 0;
    let documents: Vec<_> = dump
        .split("---\n")
        .map(|document| {
            if words.iter().all(|word| document.contains(word)) {
                found += 1;
                change(document)
            } else {
                document.to_owned()
            }
        })
        .collect();
    assert_eq!(found, 1, "{words:?} is one object");
    documents.join("---\n")
}

const LABELS: &str = "name: labels.prod.bank.example";
const POLICY: &str = "kind: ValidatingAdmissionPolicy\n";
const BINDING: &str = "kind: ValidatingAdmissionPolicyBinding\n";

#[test]
fn a_cluster_with_the_guard_that_was_asked_for_is_as_it_should_be() {
    assert_eq!(findings(|dump| dump), (Exit::Done, String::new()));
    // What the API server fills in is no difference.
    let filled = |dump: String| {
        dump.replace(
            "    resourceRules:",
            "    matchPolicy: Equivalent\n    namespaceSelector: {}\n    objectSelector: {}\n    resourceRules:",
        )
        .replace("        apiVersions:\n", "        scope: '*'\n        apiVersions:\n")
        .replace("  name: labels.prod", "  uid: x\n  generation: 2\n  name: labels.prod")
    };
    assert_eq!(findings(filled), (Exit::Done, String::new()));
}

#[test]
fn what_is_missing_or_changed_is_named() {
    let gone = |dump: String| {
        dump.split("---\n").filter(|text| !text.contains("bank.example/guard")).collect::<Vec<_>>().join("---\n")
    };
    assert_eq!(
        findings(gone),
        (Exit::Findings, "error[guard-missing]: no part of the guard of `prod` is among the manifests".into())
    );
    type Case = (&'static [&'static str], fn(&str) -> String, &'static str);
    let cases: &[Case] = &[
        (
            &[BINDING, LABELS],
            |_| String::new(),
            "error[guard-missing]: ValidatingAdmissionPolicyBinding labels.prod.bank.example of the guard is not among the manifests",
        ),
        (
            &["kind: RoleBinding", "name: wear.bank.example", "namespace: dmz"],
            |_| String::new(),
            "error[guard-missing]: RoleBinding dmz/wear.bank.example of the guard is not among the manifests",
        ),
        (
            &[BINDING, LABELS],
            |text| text.replace("- Deny\n", ""),
            "error[guard-differs]: ValidatingAdmissionPolicyBinding labels.prod.bank.example is in mode `audit`, and hedgerow.yaml says `deny`",
        ),
        (
            &[BINDING, LABELS],
            |text| text.replace("- Deny\n", "- Warn\n"),
            "error[guard-differs]: ValidatingAdmissionPolicyBinding labels.prod.bank.example is in mode `warn`, and hedgerow.yaml says `deny`",
        ),
        (
            &[BINDING, LABELS],
            |text| text.replace("            - dmz\n", ""),
            "error[guard-differs]: ValidatingAdmissionPolicyBinding labels.prod.bank.example is not what `hedgerow render --guard` prints: `spec.matchResources.namespaceSelector.matchExpressions[0].values` differs",
        ),
        (
            &[POLICY, LABELS],
            |text| text.replace("failurePolicy: Fail", "failurePolicy: Ignore"),
            "error[guard-differs]: ValidatingAdmissionPolicy labels.prod.bank.example is not what `hedgerow render --guard` prints: `spec.failurePolicy` differs",
        ),
        (
            &[POLICY, LABELS],
            |text| text.replace("          - pods\n", ""),
            "error[guard-differs]: ValidatingAdmissionPolicy labels.prod.bank.example is not what `hedgerow render --guard` prints: `spec.matchConstraints.resourceRules[0].resources` differs",
        ),
        (
            &[POLICY, LABELS],
            |text| {
                text.replace(
                    "    resourceRules:",
                    "    objectSelector: {matchLabels: {guard-me: please}}\n    resourceRules:",
                )
            },
            "error[guard-differs]: ValidatingAdmissionPolicy labels.prod.bank.example is not what `hedgerow render --guard` prints: `spec.matchConstraints.objectSelector` differs",
        ),
        (
            &[POLICY, LABELS],
            |text| text.replace("size(variables.changed) == 0 || variables.wears", "true"),
            "error[guard-differs]: ValidatingAdmissionPolicy labels.prod.bank.example is not what `hedgerow render --guard` prints: `spec.validations[0].expression` differs",
        ),
        (
            &["kind: RoleBinding", "name: wear.bank.example", "namespace: dmz"],
            |text| text.replace("name: deployers", "name: others"),
            "error[guard-differs]: RoleBinding dmz/wear.bank.example does not bind group `deployers`\n\
             error[excess-wearer]: the group `others` holds the verb `wear` in namespace `dmz`, and `guard.wear` does not name it",
        ),
        (
            &[POLICY, LABELS],
            |text| format!("{text}---\n{}", text.replace("labels.prod", "old.prod")),
            "error[guard-differs]: ValidatingAdmissionPolicy old.prod.bank.example is marked as part of the guard, and is not asked for any more",
        ),
    ];
    for (words, change, expected) in cases {
        assert_eq!(findings(|dump| changed(&dump, words, change)), (Exit::Findings, (*expected).to_owned()));
    }
}

#[test]
fn whoever_else_holds_a_verb_is_named() {
    let with = |objects: &'static str| move |dump: String| format!("{dump}---\n{objects}");
    let role = |rules: &str, binding: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: r}}\nrules: [{rules}]\n---\napiVersion: rbac.authorization.k8s.io/v1\n{binding}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}}\nsubjects: [{{kind: User, name: eve, apiGroup: rbac.authorization.k8s.io}}]\n"
        )
    };
    let here = "kind: RoleBinding\nmetadata: {name: b, namespace: default}";
    let everywhere = "kind: ClusterRoleBinding\nmetadata: {name: b}";
    let star = "{apiGroups: ['*'], resources: ['*'], verbs: ['*']}";
    let named = "{apiGroups: [bank.example], resources: [doors], verbs: [wear]}";
    let holds = |level: &str, verb: &str, place: &str| {
        format!(
            "{level}[excess-wearer]: the user `eve` holds the verb `{verb}` {place}, and `guard.{verb}` does not name it"
        )
    };
    let in_default = "in namespace `default`";
    for (objects, expected) in [
        (role(named, here), holds("error", "wear", in_default)),
        (role(named, everywhere), holds("error", "wear", "in the whole cluster")),
        (
            role("{apiGroups: [bank.example], resources: ['*'], verbs: [enter]}", here),
            holds("warning", "enter", in_default),
        ),
        (
            role(star, here),
            format!("{}\n{}", holds("warning", "wear", in_default), holds("warning", "enter", in_default)),
        ),
        // Another group, another resource, another verb, names, another namespace: nothing.
        (role("{apiGroups: [''], resources: ['*'], verbs: ['*']}", here), String::new()),
        (role("{apiGroups: [bank.example], resources: [ratesources], verbs: ['*']}", here), String::new()),
        (role("{apiGroups: ['*'], resources: ['*'], verbs: [get, list, watch]}", here), String::new()),
        (
            role("{apiGroups: [bank.example], resources: [doors], verbs: [wear], resourceNames: [x]}", here),
            String::new(),
        ),
        (role(star, "kind: RoleBinding\nmetadata: {name: b, namespace: elsewhere}"), String::new()),
    ] {
        let exit = if expected.contains("error[") { Exit::Findings } else { Exit::Done };
        assert_eq!(findings(|dump| format!("{dump}---\n{objects}")), (exit, expected), "{objects}");
    }
    // A binding to a role that was not dumped, by its name; somebody who is named, elsewhere.
    let handed = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: night-shift, namespace: default}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: wear.bank.example}\nsubjects: [{kind: ServiceAccount, name: deployer, namespace: ci}, {kind: Group, name: deployers, apiGroup: rbac.authorization.k8s.io}]\n";
    let expected = "error[excess-wearer]: the service account `ci/deployer` holds the verb `wear` in namespace `default`, and `guard.wear` does not name it";
    assert_eq!(findings(with(handed)), (Exit::Findings, expected.to_owned()));
}

/// Where labels are bound to accounts, each service's Role must be there, and as its rules say.
#[test]
fn the_roles_of_accounts_are_part_of_the_guard() {
    let config = CONFIG.replace("  wear:\n", "  accounts: {prod: true}\n  wear:\n");
    let mut files = FILES.to_vec();
    files[0].1 = config.as_bytes();
    files[2].1 = b"service-account: ledger\n";
    files.push(("service.emoji/service.yaml", b"service-account: emoji\n"));
    let root = tree(&files);
    let render = |arguments: &str| {
        let ran = Command::new(root.path(), arguments).run();
        assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
        ran.out().to_owned()
    };
    let guard = render("render --guard --env prod");
    let role = render("render --guard --env prod --service service.emoji");
    assert!(role.contains("- \"egress-s-ledger=true,routing-name=service.emoji\"\n"), "{role}");
    let others = render("render --guard --env prod --service service.ledger");
    let dump = format!("{}{guard}{others}{PODS}", render("render --env prod"));
    let verify = |dump: String| {
        let ran = Command::new(root.path(), "verify --env prod --complete -").stdin(dump).run();
        let lines = ran.out().lines().filter(|line| line.starts_with("error[") || line.starts_with("warning["));
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(verify(format!("{dump}{role}")), "");
    let wider = role.replace("egress-s-ledger=true", "egress-s-ledger=true,egress-s-pot=true");
    assert_eq!(
        verify(format!("{dump}{wider}")),
        "error[guard-differs]: Role default/wear.s-emoji.bank.example is not what `hedgerow render --guard` prints: `rules[0].resourceNames[0]` differs"
    );
    let missing = verify(dump);
    assert_eq!(missing.matches("error[guard-missing]").count(), 2, "{missing}");
}

#[test]
fn without_complete_the_guard_is_not_asked_for() {
    let root = tree(&FILES);
    let policies = Command::new(root.path(), "render --env prod").run().out().to_owned();
    let ran = Command::new(root.path(), "verify --env prod -").stdin(format!("{policies}{PODS}")).run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.out());
}
