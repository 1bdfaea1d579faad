//! Callers that are not among the manifests, and that policies let in or shut out.

use super::{CATCH_ALL, LEDGER, LEDGER_RULES, check, labels, policy, rendered, report, text, workload};

/// A NetworkPolicy on ledger beside its own, with these peers.
fn more(peers: &str) -> String {
    rendered()
        + &policy("ledger", "default", &format!("[{{from: [{peers}], ports: [{{port: 80}}]}}]"))
            .replace("name: s-ledger", "name: more")
}

/// The namespaces of the fleet, with their labels.
const NAMESPACES: &str = "---
apiVersion: v1
kind: Namespace
metadata: {name: default, labels: {env: dev}}
---
apiVersion: v1
kind: Namespace
metadata: {name: ops, labels: {env: dev}}
";

/// A Calico policy on ledger.
fn calico(kind: &str, spec: &str) -> String {
    format!(
        "---
apiVersion: projectcalico.org/v3
kind: {kind}
metadata: {{name: more}}
spec: {{order: 10, selector: hazel.bank/routing-name == 'service.ledger', types: [Ingress], {spec}}}
"
    )
}

/// The callers of the one finding about an edge.
fn found(environment: &str, manifests: &str) -> Vec<String> {
    let report = report(environment, manifests);
    report.findings.iter().map(|finding| text(&finding.diagnostic())).filter(|text| text.contains("ledger")).collect()
}

#[test]
fn whoever_a_kubernetes_policy_lets_in_besides_is_named() {
    for (peers, who) in [
        ("{podSelector: {}}", "any pod in namespace `default`"),
        ("{namespaceSelector: {}}", "any pod in any namespace"),
        ("{namespaceSelector: {matchLabels: {env: prod}}}", "any pod in any namespace with `env: prod`"),
        (
            "{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [default, ops]}]}}",
            "any pod in any namespace but `default` and `ops`",
        ),
        (
            "{namespaceSelector: {matchExpressions: [{key: team, operator: Exists}]}}",
            "any pod in any namespace with `team`",
        ),
        (
            "{namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}}",
            "any pod in any namespace without `team`",
        ),
        (
            "{namespaceSelector: {}, podSelector: {matchLabels: {app: prometheus}}}",
            "any pod with `app: prometheus` in any namespace",
        ),
        ("{podSelector: {matchLabels: {app: prometheus}}}", "any pod with `app: prometheus` in namespace `default`"),
        (
            "{podSelector: {matchExpressions: [{key: app, operator: In, values: [a, b]}]}}",
            "any pod with `app` `a` or `b` in namespace `default`",
        ),
        (
            "{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [a]}]}}",
            "any pod whose `app` is not `a` in namespace `default`",
        ),
        (
            "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: elsewhere}}}",
            "any pod in namespace `elsewhere`",
        ),
        // Known labels in unknown namespaces.
        (
            "{namespaceSelector: {}, podSelector: {matchLabels: {hazel.bank/egress-s-ledger: 'true'}}}",
            "any pod with `hazel.bank/egress-s-ledger: true` in any namespace",
        ),
        (
            "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: dev}}, podSelector: {matchLabels: {app: gateway}}}",
            "any pod with `app: gateway` in namespace `dev`",
        ),
        // Somebody else's label.
        (
            "{podSelector: {matchLabels: {hazel.bank/egress-s-emoji: 'true'}}}",
            "any pod with `hazel.bank/egress-s-emoji: true` in namespace `default`",
        ),
        // A rule's label gives what the rule gives, and no more.
        (
            "{podSelector: {matchLabels: {hazel.bank/egress-s-ledger.admin: 'true'}}}",
            "any pod with `hazel.bank/egress-s-ledger.admin: true` in namespace `default`",
        ),
    ] {
        let found = found("prod", &more(peers));
        // Known callers that come in the same way are findings of their own.
        let expected = format!(
            "unruled-edge: {who} can reach `service.ledger` on TCP 80, which nothing permits\n  NetworkPolicy default/more decides by its ingress rule 0"
        );
        assert!(found.contains(&expected), "{peers}: {found:#?}");
    }
}

#[test]
fn whoever_a_permission_covers_is_not_named() {
    for peers in [
        "{podSelector: {matchLabels: {hazel.bank/egress-s-ledger: 'true'}}}",
        "{podSelector: {matchLabels: {hazel.bank/egress-s-ledger: 'true', tier: gold}}}",
        "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}, podSelector: {matchLabels: {app: gateway}}}",
        "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}, podSelector: {matchLabels: {app: gateway, zone: a}}}",
        "{podSelector: {matchLabels: {hazel.bank/routing-name: service.emoji}}}",
        "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}, podSelector: {matchLabels: {hazel.bank/service-type: monitoring}}}",
        // Nobody can be meant.
        "{podSelector: {matchExpressions: [{key: a, operator: Exists}, {key: a, operator: DoesNotExist}]}}",
        "{podSelector: {matchLabels: {a: b}, matchExpressions: [{key: a, operator: NotIn, values: [b]}]}}",
    ] {
        assert_eq!(found("prod", &more(peers)), [""; 0], "{peers}");
    }
    // Of two values one is left out: whoever is left is permitted, which no single test of the selector says.
    let peers = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}, podSelector: {matchExpressions: [{key: app, operator: In, values: [gateway, other]}, {key: app, operator: NotIn, values: [other]}]}}";
    assert_eq!(found("prod", &more(peers)), [""; 0]);
    // Another one of the values of a list is another one than who is permitted.
    let peers = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}, podSelector: {matchExpressions: [{key: app, operator: In, values: [gateway, other]}]}}";
    let found = found("prod", &more(peers));
    assert!(found.len() == 1 && found[0].contains("in namespace `ops`"), "{found:#?}");
}

#[test]
fn whoever_a_calico_policy_lets_in_besides_is_named() {
    for (kind, rules, who) in [
        (
            "NetworkPolicy",
            "[{action: Allow, source: {selector: app == 'x'}}]",
            "any pod with `app: x` in namespace `default`",
        ),
        (
            "NetworkPolicy",
            "[{action: Allow, source: {selector: '!has(app)'}}]",
            "any pod without `app` in namespace `default`",
        ),
        ("NetworkPolicy", "[{action: Allow, source: {namespaceSelector: all()}}]", "any pod in any namespace"),
        (
            "NetworkPolicy",
            "[{action: Allow, source: {selector: role == 'partner', namespaceSelector: global()}}]",
            "any GlobalNetworkSet or host endpoint with `role: partner`",
        ),
        ("GlobalNetworkPolicy", "[{action: Allow, source: {selector: all()}}]", "any pod in any namespace"),
        (
            "GlobalNetworkPolicy",
            "[{action: Allow, source: {selector: \"env != 'dev'\"}}]",
            "any pod whose `env` is not `dev` in any namespace",
        ),
        (
            "GlobalNetworkPolicy",
            "[{action: Allow, source: {selector: \"name starts with 'cron-' && name ends with 'x'\"}}]",
            "any pod whose `name` begins with `cron-` and whose `name` ends with `x` in any namespace",
        ),
        (
            "GlobalNetworkPolicy",
            "[{action: Allow, source: {selector: \"name contains 'job'\"}}]",
            "any pod whose `name` holds `job` in any namespace",
        ),
        (
            "GlobalNetworkPolicy",
            "[{action: Allow, source: {notSelector: has(hazel.bank/routing-name)}}]",
            "any pod without `hazel.bank/routing-name` in any namespace",
        ),
        (
            "GlobalNetworkPolicy",
            "[{action: Allow, source: {serviceAccounts: {names: [deployer]}}}]",
            "any pod that runs as `deployer` in any namespace",
        ),
        (
            "GlobalNetworkPolicy",
            "[{action: Allow, source: {serviceAccounts: {selector: role == 'ops'}}}]",
            "any pod that runs as an account with `role: ops` in any namespace",
        ),
        (
            "GlobalNetworkPolicy",
            "[{action: Allow, source: {selector: \"pcns.env == 'prod' && app == 'x'\"}}]",
            "any pod with `app: x` in any namespace with `env: prod`",
        ),
        // The first one who comes to mind is dropped, another one is not.
        (
            "GlobalNetworkPolicy",
            "[{action: Deny, source: {selector: '!has(env)'}}, {action: Allow, source: {selector: all()}}]",
            "any pod with `env` in any namespace",
        ),
        (
            "GlobalNetworkPolicy",
            "[{action: Deny, source: {selector: \"env in {'a', 'b'}\"}}, {action: Allow, source: {selector: \"env in {'a', 'b', 'c'}\"}}]",
            "any pod with `env` `a` or `b` or `c` and whose `env` is not `a` or `b` in any namespace",
        ),
    ] {
        let found = found("prod", &(rendered() + &calico(kind, &format!("ingress: {rules}"))));
        assert!(
            found.iter().any(|found| found.contains(&format!("unruled-edge: {who} can reach `service.ledger`"))),
            "{rules}: {found:#?}"
        );
    }
    for rules in [
        "[{action: Deny, source: {selector: all()}}, {action: Allow, source: {selector: app == 'x'}}]",
        "[{action: Allow, source: {selector: \"app in {}\"}}]",
        "[{action: Allow, source: {selector: \"has(a) && !has(a)\"}}]",
        "[{action: Log, source: {selector: all()}}]",
        "[{action: Allow, source: {selector: app == 'gateway', namespaceSelector: projectcalico.org/name == 'ops'}, protocol: TCP, destination: {ports: [80]}}]",
    ] {
        let text = rendered() + &calico("NetworkPolicy", &format!("ingress: {rules}"));
        let found = found("prod", &text);
        assert!(!found.iter().any(|found| found.starts_with("unruled-edge")), "{rules}: {found:#?}");
    }
}

#[test]
fn who_cannot_leave_does_not_come_in() {
    let open = more("{namespaceSelector: {matchLabels: {env: prod}}}");
    let closed = "---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: closed}
spec: {selector: \"!has(hazel.bank/routing-name) && app != 'gateway'\", types: [Egress]}
";
    let found = found("prod", &(open.clone() + closed));
    assert!(
        found.iter().any(|found| found.contains("any pod with `app: gateway` in any namespace with `env: prod`")),
        "{found:#?}"
    );
    let shut = closed.replace("\"!has(hazel.bank/routing-name) && app != 'gateway'\"", "pcns.env == 'prod'");
    check("prod", &(open + NAMESPACES + &shut), &["idle-policy: Calico GlobalNetworkPolicy closed selects no pod"]);
}

#[test]
fn an_allow_entry_that_the_policies_do_not_admit_is_named() {
    let gateway = workload("gateway", "ops", "app: gateway");
    for (from, to) in [
        // Nobody who is listed is cut off: no gateway is among the manifests.
        ("matchLabels: {app: gateway}", "matchLabels: {app: gateway, tier: gold}"),
        ("matchLabels: {app: gateway}", "matchLabels: {app: gateways}"),
        (
            "matchLabels: {app: gateway}",
            "matchLabels: {app: gateway}, matchExpressions: [{key: canary, operator: DoesNotExist}]",
        ),
        (
            "matchLabels: {app: gateway}}, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}",
            "matchLabels: {app: gateway}}, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops, env: prod}",
        ),
    ] {
        let rules = LEDGER_RULES.replace(from, to);
        assert_ne!(rules, LEDGER_RULES);
        let text = rendered().replace(&gateway, "").replace(LEDGER_RULES, &rules);
        let found = found("prod", &text);
        assert!(
            found.iter().any(|found| found.starts_with("missing-edge: any pod with `app: gateway`")
                && found.contains("in namespace `ops` cannot reach `service.ledger` on TCP 80, which is permitted")),
            "{to}: {found:#?}"
        );
    }
    let whole = rendered().replace(&gateway, "");
    check("prod", &whole, &[]);
    // Two rules that admit it together.
    let split = LEDGER_RULES.replace(
        "[{podSelector: {matchLabels: {app: gateway}}, namespaceSelector",
        "[{podSelector: {matchLabels: {app: gateway}, matchExpressions: [{key: a, operator: Exists}]}, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}, {podSelector: {matchLabels: {app: gateway}, matchExpressions: [{key: a, operator: DoesNotExist}]}, namespaceSelector",
    );
    assert_ne!(split, LEDGER_RULES);
    check("prod", &whole.replace(LEDGER_RULES, &split), &[]);
}

#[test]
fn an_allow_entry_that_an_earlier_rule_drops_is_named() {
    let whole = rendered().replace(&workload("gateway", "ops", "app: gateway"), "");
    for (rules, is_dropped) in [
        ("[{action: Deny, source: {selector: app == 'gateway', namespaceSelector: all()}}, {action: Pass}]", true),
        ("[{action: Deny, source: {selector: has(canary), namespaceSelector: all()}}, {action: Pass}]", true),
        ("[{action: Deny, source: {selector: app == 'other', namespaceSelector: all()}}, {action: Pass}]", false),
        ("[{action: Pass, source: {selector: app == 'gateway', namespaceSelector: all()}}]", true),
    ] {
        let policy = calico("NetworkPolicy", &format!("tier: early, ingress: {rules}"));
        let tier = "---\napiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {name: early}\nspec: {order: 5}\n";
        let found = found("prod", &(whole.clone() + &policy + tier));
        let missing = found.iter().any(|found| found.starts_with("missing-edge: any pod with `app: gateway`"));
        // The last one lets nobody else come to the rules behind it, the services included.
        assert_eq!(missing, is_dropped && !rules.starts_with("[{action: Pass"), "{rules}: {found:#?}");
        assert!(
            !rules.starts_with("[{action: Pass") || found.iter().any(|found| found.contains("`service.emoji`")),
            "{found:#?}"
        );
    }
    // A tier before the last one has to let a witness pass, or there is none.
    let tier = "---\napiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {name: early}\nspec: {order: 5}\n";
    let pass = "tier: early, ingress: [{action: Pass, source: {selector: trusted == 'yes', namespaceSelector: all()}}]";
    let open = more("{namespaceSelector: {matchLabels: {env: prod}}}") + tier + &calico("NetworkPolicy", pass);
    let found = found("prod", &open);
    let expected = "unruled-edge: any pod with `trusted: yes` in any namespace with `env: prod` can reach";
    assert!(found.iter().any(|found| found.starts_with(expected)), "{found:#?}");
}

#[test]
fn in_audit_the_policy_that_will_be_enforced_is_held_to_the_rules() {
    let dry_run = "---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: dry-run}
spec: {order: 5000, selector: has(hazel.bank/network-policy), types: [Ingress], ingress: [{action: Log}, {action: Allow}]}
";
    check("trial", &(rendered() + dry_run), &[]);
    let narrow = rendered().replace(
        "- podSelector: {matchLabels: {hazel.bank/egress-s-ledger: 'true'}}",
        "- podSelector: {matchLabels: {hazel.bank/egress-s-ledger: 'true', tier: gold}}",
    );
    assert_ne!(narrow, rendered());
    let expected = "missing-edge: `service.emoji` can reach `service.ledger` on TCP 80-81, which is permitted, only because nothing is enforced yet";
    let found = found("trial", &(narrow + dry_run));
    assert!(found.len() == 1 && found[0].starts_with(expected), "{found:#?}");
    let wide = more("{namespaceSelector: {}}") + dry_run;
    let found = super::unlisted::found("trial", &wide);
    assert!(
        found.iter().any(|found| found.starts_with(
            "unruled-edge: any pod in any namespace will reach `service.ledger` on TCP 80 when it is enforced"
        )),
        "{found:#?}"
    );
    let gateway =
        rendered().replace("{app: gateway}}, namespaceSelector", "{app: gateway, tier: gold}}, namespaceSelector");
    let found = super::unlisted::found("trial", &(gateway + dry_run));
    assert!(
        found.iter().any(|found| found.contains("any pod with `app: gateway` in namespace `ops` can reach")),
        "{found:#?}"
    );
}

#[test]
fn a_namespace_that_is_described_has_the_labels_it_has() {
    let namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ops, labels: {env: dev}}\n";
    let peers = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops, env: prod}}}";
    assert!(found("prod", &more(peers)).iter().any(|found| found.contains("any pod in namespace `ops`")));
    check("prod", &(more(peers) + namespace), &[]);
}

#[test]
fn one_chart_alone_is_asked_who_else_comes_in() {
    let chart = workload("ledger", "default", &labels(LEDGER)) + &policy("ledger", "default", LEDGER_RULES) + CATCH_ALL;
    check("prod", &chart, &[]);
    let open = chart.replace("app: gateway", "app.kubernetes.io/name: any");
    assert_eq!(
        found("prod", &open),
        [
            "missing-edge: any pod with `app: gateway` in namespace `ops` cannot reach `service.ledger` on TCP 80, which is permitted\n  no ingress rule of NetworkPolicy default/catch-all-backend, NetworkPolicy default/s-ledger lets it through (tier `default`)",
            "unruled-edge: any pod with `app.kubernetes.io/name: any` in namespace `ops` can reach `service.ledger` on TCP 80, which nothing permits\n  NetworkPolicy default/s-ledger decides by its ingress rule 2",
        ]
    );
}

#[test]
fn other_protocols_are_compared_where_a_policy_names_them() {
    for (rule, on) in [
        ("{action: Allow, protocol: ICMP}", Some("on ICMP, which")),
        ("{action: Allow, protocol: ICMP, icmp: {type: 8}}", Some("on ICMP, which")),
        ("{action: Allow, protocol: 47, source: {selector: app == 'x'}}", Some("on protocol 47, which")),
        ("{action: Deny, protocol: ICMP}", None),
    ] {
        let tier = "---\napiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {name: early}\nspec: {order: 5, defaultAction: Pass}\n";
        let found =
            found("prod", &(rendered() + tier + &calico("NetworkPolicy", &format!("tier: early, ingress: [{rule}]"))));
        match on {
            Some(on) => assert!(
                found.iter().any(|found| found.starts_with("unruled-edge") && found.contains(on)),
                "{rule}: {found:#?}"
            ),
            // That ping does not get through is nobody's permission broken.
            None => assert_eq!(found, [""; 0], "{rule}"),
        }
    }
}

#[test]
fn policies_of_administrators_open_and_close_like_others() {
    let admin = |action: &str, from: &str| {
        format!(
            "---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {{name: admin}}
spec:
  tier: Admin
  priority: 1
  subject: {{pods: {{namespaceSelector: {{}}, podSelector: {{matchLabels: {{hazel.bank/routing-name: service.ledger}}}}}}}}
  ingress: [{{action: {action}, from: [{from}], protocols: [{{tcp: {{destinationPort: {{number: 80}}}}}}]}}]
"
        )
    };
    let monitoring =
        "{pods: {namespaceSelector: {matchLabels: {env: prod}}, podSelector: {matchLabels: {app: probe}}}}";
    let open = found("prod", &(rendered() + &admin("Accept", monitoring)));
    let expected = "unruled-edge: any pod with `app: probe` in any namespace with `env: prod` can reach `service.ledger` on TCP 80";
    assert!(open.len() == 1 && open[0].starts_with(expected), "{open:#?}");
    assert_eq!(found("prod", &(rendered() + &admin("Pass", monitoring))), [""; 0]);
    assert_eq!(found("prod", &(rendered() + &admin("Deny", monitoring))), [""; 0]);
    let closed = found(
        "prod",
        &(rendered() + &admin("Deny", "{namespaces: {matchLabels: {kubernetes.io/metadata.name: ops}}}")),
    );
    assert!(
        closed
            .iter()
            .any(|found| found.starts_with("missing-edge: Deployment ops/gateway, `service.metrics` cannot reach")
                || found.contains("Deployment ops/gateway")),
        "{closed:#?}"
    );
}

#[test]
fn a_policy_of_which_the_manifests_do_not_tell_whom_it_selects_is_named() {
    let global = |selects: &str, way: &str| {
        let types = if way == "egress" { "Egress" } else { "Ingress" };
        format!(
            "---\napiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {{name: more}}\nspec: {{order: 10, types: [{types}], {selects}, {way}: [{{action: Deny}}]}}\n"
        )
    };
    let rows = [
        ("namespaceSelector: env == 'prod'", "ingress", true),
        ("namespaceSelector: has(env)", "egress", true),
        ("serviceAccountSelector: role == 'db'", "ingress", true),
        ("selector: has(pod-template-hash)", "ingress", true),
        ("namespaceSelector: env == 'prod', selector: app == 'x'", "ingress", false),
        ("namespaceSelector: kubernetes.io/metadata.name == 'other'", "ingress", false),
    ];
    for (selects, way, is_unknown) in rows {
        let report = report("prod", &(rendered() + &global(selects, way)));
        let said: Vec<_> = report.findings.iter().map(|finding| text(&finding.diagnostic())).collect();
        let named = said.iter().any(|said| {
            said.starts_with("unsupported-policy: whether Calico GlobalNetworkPolicy more selects pods of")
                && said.contains("`service.ledger`")
        });
        assert_eq!((named, report.has_errors()), (is_unknown, is_unknown), "{selects}: {said:#?}");
        assert_eq!(said.iter().any(|said| said.starts_with("idle-policy")), !is_unknown, "{selects}: {said:#?}");
    }
    // A pod of a live cluster wears all that it will; a template does not say what is added.
    let by_hash = global("selector: has(pod-template-hash)", "ingress");
    let live = format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: ledger-1, namespace: default, labels: {{{LEDGER}}}}}\nspec: {{containers: [{{name: main}}]}}\n"
    );
    for (pods, is_unknown) in [(workload("ledger", "default", LEDGER), true), (live, false)] {
        let manifests = pods + &policy("ledger", "default", LEDGER_RULES) + &by_hash;
        let said: Vec<_> = report("prod", &manifests).findings.iter().map(|it| text(&it.diagnostic())).collect();
        let named =
            |said: &String| said.starts_with("unsupported-policy: whether") && said.contains("`service.ledger`");
        assert_eq!(said.iter().any(named), is_unknown, "{said:#?}");
    }
    // With the namespaces the answer is known: it selects nobody.
    let told = rendered() + NAMESPACES + &global("namespaceSelector: env == 'prod'", "ingress");
    check("prod", &told, &["idle-policy: Calico GlobalNetworkPolicy more selects no pod"]);
}

#[test]
fn a_port_that_only_pods_could_name_is_not_taken_for_closed() {
    let named = |port: &str| {
        let rules = format!("[{{from: [{{podSelector: {{matchLabels: {{a: b}}}}}}], ports: [{{port: {port}}}]}}]");
        policy("ledger", "default", &rules).replace("name: s-ledger", "name: more")
    };
    let policies = policy("ledger", "default", LEDGER_RULES) + CATCH_ALL;
    let said = |manifests: &str| -> Vec<_> {
        let report = report("prod", manifests);
        report
            .findings
            .iter()
            .map(|finding| text(&finding.diagnostic()))
            .filter(|said| said.contains("the port `"))
            .collect()
    };
    let unknown = said(&(policies.clone() + &named("metrics")));
    assert!(
        unknown.len() == 1
            && unknown[0].starts_with("unsupported-policy: NetworkPolicy default/more names the port `metrics`, and whether pods of `service.ledger`"),
        "{unknown:#?}"
    );
    // Declared ones and numbers are known, and so are those of pods.
    assert_eq!(said(&(policies.clone() + &named("admin"))), [""; 0]);
    assert_eq!(said(&(policies.clone() + &named("9090"))), [""; 0]);
    assert_eq!(said(&(workload("ledger", "default", LEDGER) + &policies + &named("metrics"))), [""; 0]);
}
