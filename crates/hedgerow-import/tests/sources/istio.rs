//! AuthorizationPolicies.

use super::{assert_of, bank, imported};
use hedgerow_core::policy::RulePorts;
use hedgerow_import::{Imported, Many, Rule, Source, Why};

const PODS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: emoji, namespace: bank}
spec: {template: {metadata: {labels: {app: emoji}}, spec: {serviceAccountName: emoji, containers: []}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger, namespace: bank}
spec: {template: {metadata: {labels: {app: ledger}}, spec: {serviceAccountName: ledger, containers: []}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: market}
spec: {template: {metadata: {labels: {app: shop}}, spec: {serviceAccountName: shop, containers: []}}}
---
";

/// Imports policies for the ledger's pods beside the workloads; of the others, which no policy is for, nothing is told here.
fn import(policies: &[&str], many: Many) -> Imported {
    let policy = |(at, spec): (usize, &&str)| {
        format!(
            "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: p{at}, namespace: bank}}\nspec: {{selector: {{matchLabels: {{app: ledger}}}}, {spec}}}\n---\n"
        )
    };
    let policies: String = policies.iter().enumerate().map(policy).collect();
    let mut imported = imported(&bank(), Source::Istio, &format!("{PODS}{policies}"), many);
    imported.leftovers.retain(|it| it.why.as_str() != "unguarded");
    imported
}

const AT: &str = "in:18 AuthorizationPolicy bank/p0";

#[test]
fn accounts_and_ports() {
    let imported = import(
        &[
            "rules: [{from: [{source: {principals: [cluster.local/ns/bank/sa/emoji, cluster.local/ns/market/sa/shop]}}], to: [{operation: {ports: ['8080']}}]}]",
        ],
        Many::Suggest,
    );
    assert_of(
        &imported,
        &[
            "service.emoji → service.ledger [http]: imported from AuthorizationPolicy bank/p0",
            "service.shop → service.ledger [http]: imported from AuthorizationPolicy bank/p0",
        ],
        &[],
    );
}

#[test]
fn what_looks_at_the_request_is_said() {
    let imported = import(
        &[
            "rules: [{from: [{source: {principals: [cluster.local/ns/bank/sa/emoji], requestPrincipals: ['*']}}, {source: {ipBlocks: [10.0.0.0/8]}}], to: [{operation: {methods: [GET], paths: [/x]}}], when: [{key: 'request.headers[x]', values: [a]}]}]",
        ],
        Many::Suggest,
    );
    let at = |text: &str| format!("{text} @ {AT}");
    let left = [
        "layer-7: methods, paths",
        "condition: `request.headers[x]`",
        "condition: `requestPrincipals`",
        "addresses: 10.0.0.0/8",
    ];
    let left: Vec<_> = left.into_iter().map(at).collect();
    let left: Vec<_> = left.iter().map(String::as_str).collect();
    assert_of(&imported, &["service.emoji → service.ledger: imported from AuthorizationPolicy bank/p0"], &left);
}

/// Whom such a policy is for, and whom it lets in, is not known: it is no policy that selects nobody.
#[test]
fn what_a_deploy_fills_in_is_not_understood() {
    let rule = |from: &str| format!("rules: [{{from: [{{source: {{namespaces: [{from}]}}}}]}}]");
    let is_tagged = |text: &str, is_namespace: bool| {
        let text = format!("{text}---\n");
        let text = if is_namespace {
            text.replace("namespace: bank", "namespace: \"{{ .Release.Namespace }}\"")
        } else {
            text
        };
        let imported = imported(&bank(), Source::Istio, &text, Many::Suggest);
        let told = imported.leftovers.iter().filter(|it| it.why == Why::NotUnderstood).map(super::leftover);
        (told.collect::<Vec<_>>().join("\n"), imported.leftovers.iter().any(|it| it.why == Why::IdlePolicy))
    };
    let policy = |spec: &str| {
        format!(
            "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: p, namespace: bank}}\nspec: {{selector: {{matchLabels: {{app: ledger}}}}, {spec}}}\n"
        )
    };
    for (spec, is_namespace, tag) in [
        (rule("market"), true, "{{ .Release.Namespace }}"),
        (rule("'{{ .Values.caller }}'"), false, "{{ .Values.caller }}"),
        (format!("action: DENY, {}", rule("'{{ .Values.caller }}'")), false, "{{ .Values.caller }}"),
        ("action: '{{ .Values.action }}'".to_owned(), false, "{{ .Values.action }}"),
        ("rules: [{when: [{key: x, '{{ .Values.how }}': [y]}]}]".to_owned(), false, "{{ .Values.how }}"),
    ] {
        let (told, is_idle) = is_tagged(&policy(&spec), is_namespace);
        assert!(told.starts_with(&format!("not-understood: the deploy fills in `{tag}`: import")), "{spec}: {told}");
        assert!(!is_idle, "{spec}");
    }
    assert!(is_tagged(&policy(&rule("market")), false).0.is_empty());
}

#[test]
fn a_namespace_the_mesh_and_anybody() {
    for (rule, left) in [
        (
            "{from: [{source: {namespaces: [market]}}]}",
            "whole-namespace: every workload of namespace `market` may call `service.ledger` @ {AT} ⇒ {from: {namespace: market}}",
        ),
        (
            "{from: [{source: {principals: ['*']}}]}",
            "whole-cluster: every workload of the mesh may call `service.ledger` @ {AT} ⇒ {from: {namespaces: any}}",
        ),
        ("{}", "anybody: anybody may call `service.ledger` @ {AT} ⇒ {from: anybody}"),
        // An entry lets in on no more ports than the policy, or there is none.
        (
            "{to: [{operation: {ports: ['8080']}}]}",
            "anybody: anybody may call `service.ledger` on TCP 8080 @ {AT} ⇒ {from: anybody, ports: [http]}",
        ),
        (
            "{from: [{source: {namespaces: [market]}}], to: [{operation: {ports: ['9901', '8080']}}]}",
            "whole-namespace: every workload of namespace `market` may call `service.ledger` on TCP 8080, TCP 9901 @ {AT} ⇒ {from: {namespace: market}}",
        ),
        (
            "{to: [{operation: {ports: ['81']}}]}",
            "anybody: anybody may call `service.ledger` on TCP 81; no `allow` entry opens TCP 81, which `service.ledger` does not declare @ {AT}",
        ),
    ] {
        let left = left.replace("{AT}", AT);
        assert_of(&import(&[&format!("rules: [{rule}]")], Many::Suggest), &[], &[&left]);
    }
    let each = import(&["rules: [{from: [{source: {namespaces: [market]}}]}]"], Many::Each);
    let rules: Vec<_> = each.rules.iter().map(|rule| rule.caller.as_str()).collect();
    assert_eq!(rules, ["service.shop"]);
}

#[test]
fn what_is_denied_without_a_look_at_the_request_is_taken_away() {
    let allow =
        "rules: [{from: [{source: {principals: [cluster.local/ns/bank/sa/emoji, cluster.local/ns/market/sa/shop]}}]}]";
    let deny = "action: DENY, rules: [{from: [{source: {notPrincipals: [cluster.local/ns/bank/sa/emoji]}}]}, {to: [{operation: {ports: ['9901']}}]}]";
    let imported = import(&[allow, deny], Many::Suggest);
    assert_of(
        &imported,
        &["service.emoji → service.ledger [http]: imported from AuthorizationPolicy bank/p0"],
        &[
            "denied: calls on TCP 9901 @ in:23 AuthorizationPolicy bank/p1",
            "denied: calls on all ports @ in:23 AuthorizationPolicy bank/p1",
        ],
    );
}

#[test]
fn what_is_denied_and_no_rule_can_deny_is_a_loss() {
    let allow =
        "rules: [{from: [{source: {principals: [cluster.local/ns/bank/sa/emoji, cluster.local/ns/market/sa/shop]}}]}]";
    for (rule, left) in [
        ("{to: [{operation: {paths: [/admin], methods: [POST]}}]}", "layer-7: denied by methods, paths"),
        ("{to: [{operation: {notHosts: [a]}}]}", "layer-7: denied by notHosts"),
        ("{when: [{key: 'request.headers[x]', values: [a]}]}", "condition: denied by `request.headers[x]`"),
        ("{from: [{source: {notRequestPrincipals: ['*']}}]}", "condition: denied by `notRequestPrincipals`"),
        ("{from: [{source: {notIpBlocks: [10.0.0.0/8]}}]}", "condition: denied by `notIpBlocks`"),
        ("{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}", "addresses: denied by 10.0.0.0/8"),
        ("{from: [{source: {remoteIpBlocks: [10.0.0.0/8]}}]}", "addresses: denied by 10.0.0.0/8"),
        ("{to: [{operation: {ports: ['eighty']}}]}", "not-understood: denied by the port `eighty`"),
    ] {
        let imported = import(&[allow, &format!("action: DENY, rules: [{rule}]")], Many::Suggest);
        assert!(imported.leftovers.iter().all(|left| left.why.is_loss()), "{rule}");
        assert_of(
            &imported,
            &[
                "service.emoji → service.ledger: imported from AuthorizationPolicy bank/p0",
                "service.shop → service.ledger: imported from AuthorizationPolicy bank/p0",
            ],
            &[&format!("{left} @ in:23 AuthorizationPolicy bank/p1")],
        );
    }
    // One source of a rule is an address, another an account: the account is denied.
    let both = "action: DENY, rules: [{from: [{source: {ipBlocks: [10.0.0.0/8]}}, {source: {namespaces: [market]}}]}]";
    assert_of(
        &import(&[allow, both], Many::Suggest),
        &["service.emoji → service.ledger: imported from AuthorizationPolicy bank/p0"],
        &[
            "addresses: denied by 10.0.0.0/8 @ in:23 AuthorizationPolicy bank/p1",
            "denied: calls on all ports @ in:23 AuthorizationPolicy bank/p1",
        ],
    );
}

#[test]
fn nobody_is_let_in_on_a_guess() {
    // No workload says as what `card` and `edge` run.
    let allow = "rules: [{from: [{source: {namespaces: [bank]}}]}]";
    let callers = |deny: &str| -> Vec<String> {
        let imported = import(&[allow, &format!("action: DENY, rules: [{deny}]")], Many::Each);
        let guesses = imported.leftovers.iter().filter(|left| left.why == Why::NoCaller);
        let guesses: Vec<_> = guesses.flat_map(|left| left.callers.iter().map(|name| format!("? {name}"))).collect();
        let rule = |rule: &Rule| match &rule.ports {
            RulePorts::All => rule.caller.to_string(),
            RulePorts::These(ports) => {
                format!("{} {}", rule.caller, ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
            }
        };
        imported.rules.iter().map(rule).chain(guesses).collect()
    };
    for (deny, wanted) in [
        (
            "{from: [{source: {principals: [cluster.local/ns/bank/sa/emoji]}}]}",
            &["? service.card", "? service.edge"][..],
        ),
        (
            "{from: [{source: {notPrincipals: [cluster.local/ns/bank/sa/emoji]}}]}",
            &["service.emoji", "? service.card", "? service.edge"],
        ),
        ("{from: [{source: {serviceAccounts: [x]}}]}", &["service.emoji", "? service.card", "? service.edge"]),
        (
            "{from: [{source: {serviceAccounts: [x]}}], to: [{operation: {ports: ['9901']}}]}",
            &["service.card http", "service.edge http", "service.emoji", "? service.card", "? service.edge"],
        ),
        (
            "{from: [{source: {principals: [cluster.local/ns/market/sa/x]}}]}",
            &["service.card", "service.edge", "service.emoji"],
        ),
        ("{from: [{source: {namespaces: [bank]}}]}", &[]),
    ] {
        assert_eq!(callers(deny), wanted, "{deny}");
    }
}

#[test]
fn accounts_that_nobody_runs_as_let_nobody_in() {
    let imported = import(
        &["rules: [{from: [{source: {principals: [cluster.local/ns/bank/sa/absent], notNamespaces: [x]}}]}]"],
        Many::Suggest,
    );
    let text = format!(
        "no-caller: no pod is known to run as `bank/absent`: add the workloads to the files, or `service-account` to a service.yaml @ {AT}"
    );
    assert_of(&imported, &[], &[&text]);
}

#[test]
fn other_actions_and_policies_without_effect() {
    for (spec, left) in [
        ("action: AUDIT, rules: [{}]", "staged: it only logs"),
        (
            "action: CUSTOM, provider: {name: x}, rules: [{}]",
            "condition: the action `CUSTOM`: who decides is not known here",
        ),
        ("rules: []", ""),
    ] {
        let text = if left.is_empty() { Vec::new() } else { vec![format!("{left} @ {AT}")] };
        let left: Vec<_> = text.iter().map(String::as_str).collect();
        assert_of(&import(&[spec], Many::Suggest), &[], &left);
    }
}
