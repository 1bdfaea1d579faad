//! Calico's policies: order, tiers, actions and what its rules say of peers.

use super::{check, faults, network, pod};

/// Pods of namespaces `default` (a, b, c) and `other` (x), with service accounts.
fn pods() -> String {
    let accounts = "---
apiVersion: v1
kind: Namespace
metadata: {name: other, labels: {team: blue}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot, namespace: default, labels: {role: job}}
";
    let robot = pod("a", "app: a").replace("spec:\n", "spec:\n  serviceAccountName: robot\n");
    [&robot, &pod("b", "app: b"), &pod("c", ""), &pod("other/x", "app: a"), accounts].concat()
}

fn object(kind: &str, name: &str, spec: &str) -> String {
    format!("---\napiVersion: projectcalico.org/v3\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n")
}

fn kubernetes(spec: &str) -> String {
    object("NetworkPolicy", "k", spec).replace("projectcalico.org/v3", "networking.k8s.io/v1")
}

#[test]
fn a_dry_run_after_the_kubernetes_policies_lets_everything_through() {
    let isolated = pods()
        + &kubernetes(
            "{podSelector: {matchLabels: {app: b}}, ingress: [{from: [{podSelector: {matchLabels: {app: a}}}]}]}",
        );
    check(&network(&isolated), &[("a -> b 80", true), ("c -> b 80", false), ("1.2.3.4 -> b 80", false)]);
    for (order, rules, open) in [
        ("5000", "[{action: Log}, {action: Allow}]", true),
        ("5000", "[{action: Allow}]", true),
        // The form of `enforce` with `log`: the packet is noted and then dropped at the end of the tier.
        ("5000", "[{action: Log}]", false),
        ("5000", "[{action: Log}, {action: Deny}]", false),
        ("1", "[{action: Log}, {action: Allow}]", true),
        ("1", "[{action: Log}]", false),
    ] {
        let policy = object(
            "NetworkPolicy",
            "dry",
            &format!("{{order: {order}, selector: app == 'b', types: [Ingress], ingress: {rules}}}"),
        );
        let network = network(&(isolated.clone() + &policy));
        check(
            &network,
            &[("a -> b 80", true), ("c -> b 80", open), ("1.2.3.4 -> b 80/UDP", open), ("b -> c 80", true)],
        );
    }
}

#[test]
fn log_alone_is_a_policy_and_isolates() {
    let log = object(
        "NetworkPolicy",
        "log",
        "{order: 5000, selector: app == 'b', types: [Ingress], ingress: [{action: Log}]}",
    );
    check(&network(&(pods() + &log)), &[("a -> b 80", false), ("b -> a 80", true)]);
}

#[test]
fn staged_policies_have_no_effect_and_are_listed() {
    let spec = "{selector: all(), types: [Ingress]}";
    let text = pods()
        + &object("StagedNetworkPolicy", "s", spec)
        + &object("StagedGlobalNetworkPolicy", "g", spec)
        + &object("StagedKubernetesNetworkPolicy", "k", "{podSelector: {}}");
    check(&network(&text), &[("a -> b 80", true)]);
    let mut sources = hedgerow_core::source::Sources::default();
    sources.add("in.yaml", text);
    let staged = hedgerow_eval::Manifests::read(sources.iter(), "default").0.staged;
    let staged: Vec<_> = staged.iter().map(ToString::to_string).collect();
    assert_eq!(
        staged,
        ["StagedGlobalNetworkPolicy g", "StagedKubernetesNetworkPolicy default/k", "StagedNetworkPolicy default/s"]
    );
}

#[test]
fn the_first_rule_that_matches_decides() {
    for (rules, open) in [
        ("[]", false),
        ("[{action: Allow}, {action: Deny}]", true),
        ("[{action: Deny}, {action: Allow}]", false),
        ("[{action: Log}, {action: Deny}, {action: Allow}]", false),
        ("[{action: Deny, protocol: UDP}, {action: Allow}]", true),
    ] {
        let policy = object(
            "GlobalNetworkPolicy",
            "p",
            &format!("{{selector: app == 'b', types: [Ingress], ingress: {rules}}}"),
        );
        check(&network(&(pods() + &policy)), &[("a -> b 80", open), ("a -> c 80", true)]);
    }
}

#[test]
fn lower_orders_come_first_and_names_break_ties() {
    for (first, second, open) in [
        ("order: 1", "order: 2", true),
        ("order: 2", "order: 1", false),
        ("order: 1.5", "order: 1.25", false),
        ("order: -1", "order: 0", true),
        ("order: 1000000", "tier: default", true),
        ("tier: default", "order: 1000000", false),
        ("order: 1", "order: 1", true),
        ("tier: default", "tier: default", true),
    ] {
        let text = pods()
            + &object(
                "NetworkPolicy",
                "n-one",
                &format!("{{{first}, selector: app == 'b', types: [Ingress], ingress: [{{action: Allow}}]}}"),
            )
            + &object(
                "NetworkPolicy",
                "n-two",
                &format!("{{{second}, selector: app == 'b', types: [Ingress], ingress: [{{action: Deny}}]}}"),
            );
        check(&network(&text), &[("a -> b 80", open)]);
    }
    // Kubernetes' policies stand at 1000.
    for (order, open) in [(999, false), (1001, true)] {
        let text = pods()
            + &kubernetes("{podSelector: {matchLabels: {app: b}}, ingress: [{}]}")
            + &object(
                "NetworkPolicy",
                "deny",
                &format!("{{order: {order}, selector: all(), types: [Ingress], ingress: [{{action: Deny}}]}}"),
            );
        check(&network(&text), &[("a -> b 80", open)]);
    }
}

#[test]
fn tiers_come_in_their_order_and_end_by_their_default() {
    let tier = |name: &str, spec: &str| object("Tier", name, spec);
    let in_tier = |tier: &str, rules: &str| {
        object(
            "GlobalNetworkPolicy",
            tier,
            &format!("{{tier: {tier}, selector: app == 'b', types: [Ingress], ingress: {rules}}}"),
        )
    };
    let (early, late) = (tier("early", "{order: 10}"), tier("late", "{order: 2000000}"));
    let passing = tier("early", "{order: 10, defaultAction: Pass}");
    let default_denies = in_tier("default", "[{action: Deny}]");
    for (text, open) in [
        (in_tier("early", "[{action: Allow}]") + &early + &default_denies, true),
        (in_tier("early", "[{action: Pass}]") + &early + &default_denies, false),
        (in_tier("early", "[{action: Pass}]") + &early, true),
        (in_tier("early", "[{action: Pass}]") + &early + &in_tier("late", "[]") + &late, false),
        (in_tier("early", "[]") + &early, false),
        (in_tier("early", "[]") + &passing, true),
        (in_tier("early", "[]") + &passing + &default_denies, false),
        (in_tier("early", "[{action: Deny}]") + &passing, false),
        (in_tier("late", "[{action: Deny}]") + &late + &in_tier("default", "[{action: Allow}]"), true),
        (in_tier("kube-baseline", "[]"), true),
        (in_tier("kube-baseline", "[{action: Deny}]"), false),
        (in_tier("kube-baseline", "[{action: Deny}]") + &in_tier("default", "[{action: Allow}]"), true),
        // A tier without a policy for the pod in this direction is skipped.
        (object("GlobalNetworkPolicy", "e", "{tier: early, selector: app == 'b', types: [Egress]}") + &early, true),
        (object("GlobalNetworkPolicy", "e", "{tier: early, selector: app == 'c', types: [Ingress]}") + &early, true),
    ] {
        check(&network(&(pods() + &text)), &[("a -> b 80", open)]);
    }
}

#[test]
fn absent_types_are_filled_in_as_the_api_server_does() {
    for (rules, receives, sends) in [
        ("selector: app == 'b'", false, true),
        ("selector: app == 'b', ingress: []", false, true),
        ("selector: app == 'b', ingress: [{action: Allow}]", true, true),
        ("selector: app == 'b', egress: [{action: Deny}]", true, false),
        ("selector: app == 'b', ingress: [{action: Deny}], egress: [{action: Deny}]", false, false),
        ("selector: app == 'b', types: [], egress: [{action: Deny}]", true, false),
        ("selector: app == 'b', types: [Ingress, Egress]", false, false),
    ] {
        let text = pods() + &object("NetworkPolicy", "p", &format!("{{{rules}}}"));
        check(&network(&text), &[("a -> b 80", receives), ("b -> a 80", sends)]);
    }
    let stored = object("NetworkPolicy", "p", "{selector: app == 'b', ingress: [{action: Allow}]}")
        .replace("projectcalico.org/v3", "crd.projectcalico.org/v1");
    let found = faults(&stored);
    assert!(
        found.len() == 2
            && found[0].contains("is where Calico stores its objects")
            && found[1].starts_with("undefaulted-policy: Calico NetworkPolicy default/p: no `types`"),
        "{found:?}"
    );
}

#[test]
fn a_policy_selects_by_labels_namespace_and_service_account() {
    for (kind, spec, a, b, x) in [
        ("NetworkPolicy", "{}", false, false, true),
        ("NetworkPolicy", "{selector: all()}", false, false, true),
        ("NetworkPolicy", "{selector: app == 'a'}", false, true, true),
        ("NetworkPolicy", "{serviceAccountSelector: role == 'job'}", false, true, true),
        ("NetworkPolicy", "{serviceAccountSelector: projectcalico.org/name == 'default'}", true, false, true),
        ("NetworkPolicy", "{selector: projectcalico.org/serviceaccount == 'robot'}", false, true, true),
        ("GlobalNetworkPolicy", "{}", false, false, false),
        ("GlobalNetworkPolicy", "{selector: app == 'a'}", false, true, false),
        ("GlobalNetworkPolicy", "{selector: app == 'a', namespaceSelector: team == 'blue'}", true, true, false),
        ("GlobalNetworkPolicy", "{namespaceSelector: projectcalico.org/name == 'default'}", false, false, true),
        ("GlobalNetworkPolicy", "{selector: pcns.team == 'blue'}", true, true, false),
        ("GlobalNetworkPolicy", "{selector: projectcalico.org/namespace != 'other'}", false, false, true),
    ] {
        let network = network(&(pods() + &object(kind, "p", spec)));
        check(&network, &[("c -> a 80", a), ("c -> b 80", b), ("c -> other/x 80", x)]);
    }
}

#[test]
fn rules_match_peers_as_calico_scopes_them() {
    // Columns: the source of an Allow rule, then whether it matches a, c (default), x (other) and an outside address.
    for (kind, source, a, c, x, outside) in [
        ("NetworkPolicy", "{}", true, true, true, true),
        ("NetworkPolicy", "{selector: app == 'a'}", true, false, false, false),
        ("NetworkPolicy", "{selector: all()}", true, true, false, false),
        ("NetworkPolicy", "{selector: app == 'a', namespaceSelector: all()}", true, false, true, false),
        ("NetworkPolicy", "{namespaceSelector: team == 'blue'}", false, false, true, false),
        ("NetworkPolicy", "{namespaceSelector: global()}", false, false, false, false),
        ("NetworkPolicy", "{selector: has(app), namespaceSelector: team != 'blue'}", true, false, false, false),
        ("NetworkPolicy", "{serviceAccounts: {names: [robot]}}", true, false, false, false),
        ("NetworkPolicy", "{serviceAccounts: {selector: role == 'job'}}", true, false, false, false),
        ("NetworkPolicy", "{serviceAccounts: {names: [default]}, namespaceSelector: all()}", false, true, true, false),
        ("NetworkPolicy", "{selector: '!has(app)'}", false, true, false, false),
        // A negated selector matches what is no endpoint too; in a namespaced policy it is one of the namespace.
        ("NetworkPolicy", "{notSelector: has(app)}", false, true, false, false),
        ("GlobalNetworkPolicy", "{notSelector: has(app)}", false, true, false, true),
        ("GlobalNetworkPolicy", "{selector: '!has(app)'}", false, true, false, false),
        ("GlobalNetworkPolicy", "{selector: app == 'a'}", true, false, true, false),
        ("GlobalNetworkPolicy", "{namespaceSelector: all()}", true, true, true, false),
        ("GlobalNetworkPolicy", "{selector: all()}", true, true, true, false),
        ("GlobalNetworkPolicy", "{nets: [1.2.3.0/24]}", false, false, false, true),
        ("GlobalNetworkPolicy", "{nets: [1.2.3.4]}", false, false, false, true),
        ("GlobalNetworkPolicy", "{nets: [5.0.0.0/8]}", false, false, false, false),
        ("GlobalNetworkPolicy", "{nets: [0.0.0.0/0]}", true, true, true, true),
        ("GlobalNetworkPolicy", "{notNets: [5.0.0.0/8]}", false, false, false, true),
        ("GlobalNetworkPolicy", "{nets: [1.0.0.0/8], notNets: [1.2.0.0/16]}", false, false, false, false),
        ("GlobalNetworkPolicy", "{selector: app == 'a', notNets: [5.0.0.0/8]}", true, false, true, false),
    ] {
        let text = object(
            kind,
            "p",
            &format!("{{selector: app == 'b', types: [Ingress], ingress: [{{action: Allow, source: {source}}}]}}"),
        );
        let network = network(&(pods() + &text));
        check(&network, &[("a -> b 80", a), ("c -> b 80", c), ("other/x -> b 80", x), ("1.2.3.4 -> b 80", outside)]);
        let text = object(
            kind,
            "p",
            &format!("{{selector: app == 'b', types: [Egress], egress: [{{action: Allow, destination: {source}}}]}}"),
        );
        let network = super::network(&(pods() + &text));
        check(&network, &[("b -> a 80", a), ("b -> c 80", c), ("b -> other/x 80", x), ("b -> 1.2.3.4 80", outside)]);
    }
}

#[test]
fn a_rule_may_speak_of_its_own_end_too() {
    let text = pods()
        + &object(
            "GlobalNetworkPolicy",
            "p",
            "{types: [Ingress], ingress: [{action: Allow, destination: {selector: app == 'b'}}]}",
        );
    check(&network(&text), &[("a -> b 80", true), ("a -> c 80", false)]);
    let text = pods()
        + &object(
            "GlobalNetworkPolicy",
            "p",
            "{types: [Egress], egress: [{action: Allow, source: {selector: app == 'a'}}]}",
        );
    check(&network(&text), &[("a -> b 80", true), ("b -> a 80", false)]);
}

#[test]
fn protocols_and_ports_match() {
    for (rule, open, shut) in [
        ("protocol: TCP", &["1", "65535"][..], &["1/UDP", "0/ICMP"][..]),
        ("protocol: 17", &["1/UDP"], &["1"]),
        ("protocol: ICMP", &["0/ICMP"], &["1", "0/ICMPv6"]),
        ("notProtocol: TCP", &["1/UDP", "0/ICMP"], &["1"]),
        (
            "protocol: TCP, destination: {ports: [80, '90:99', http]}",
            &["80", "90", "99", "8080"],
            &["81", "100", "80/UDP"],
        ),
        ("protocol: TCP, destination: {ports: ['80']}", &["80"], &["81"]),
        ("protocol: UDP, destination: {ports: [dns]}", &["53/UDP"], &["53"]),
        ("protocol: TCP, destination: {ports: [dns]}", &[], &["53", "53/UDP"]),
        ("protocol: TCP, destination: {notPorts: [80, http]}", &["81"], &["80", "8080", "81/UDP"]),
        ("protocol: TCP, destination: {ports: ['80:90'], notPorts: [85]}", &["80", "90"], &["85", "91"]),
    ] {
        let text = object(
            "NetworkPolicy",
            "p",
            &format!("{{selector: app == 'b', types: [Ingress], ingress: [{{action: Allow, {rule}}}]}}"),
        );
        let network = network(&(pods() + &text));
        for (ports, expected) in [(open, true), (shut, false)] {
            ports.iter().for_each(|port| check(&network, &[(&format!("a -> b {port}"), expected)]));
        }
    }
}

#[test]
fn network_sets_are_selected_by_label() {
    let sets = "---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: {name: g, labels: {kind: office}}
spec: {nets: [192.0.2.0/24]}
---
apiVersion: projectcalico.org/v3
kind: NetworkSet
metadata: {name: n, namespace: default, labels: {kind: vpn}}
spec: {nets: [198.51.100.7]}
";
    for (kind, source, office, vpn, pod_c) in [
        ("GlobalNetworkPolicy", "{selector: kind == 'office'}", true, false, false),
        ("GlobalNetworkPolicy", "{selector: has(kind)}", true, true, false),
        ("GlobalNetworkPolicy", "{selector: all()}", true, true, true),
        ("GlobalNetworkPolicy", "{notSelector: kind == 'office'}", false, true, true),
        ("NetworkPolicy", "{selector: has(kind)}", false, true, false),
        ("NetworkPolicy", "{selector: has(kind), namespaceSelector: global()}", true, false, false),
    ] {
        let text = object(
            kind,
            "p",
            &format!("{{selector: app == 'b', types: [Ingress], ingress: [{{action: Allow, source: {source}}}]}}"),
        );
        let network = network(&(pods() + sets + &text));
        check(
            &network,
            &[
                ("192.0.2.9 -> b 80", office),
                ("198.51.100.7 -> b 80", vpn),
                ("c -> b 80", pod_c),
                ("198.51.100.8 -> b 80", source.contains("not")),
            ],
        );
    }
}

#[test]
fn what_is_invalid_or_not_modelled_is_said() {
    for (spec, expected) in [
        ("{selector: app = 'b'}", "invalid-policy: Calico GlobalNetworkPolicy p: spec.selector: expected an operator"),
        ("{selector: global()}", "invalid-policy: Calico GlobalNetworkPolicy p: spec.selector: `global()`"),
        ("{selectors: all()}", "unknown field `selectors`"),
        ("{types: [ingress]}", "spec.types: `ingress` is neither"),
        ("{ingress: [{action: allow}]}", "spec.ingress[0].action: `allow` is not Allow, Deny, Log or Pass"),
        ("{ingress: [{}]}", "spec.ingress[0].action: `` is not"),
        ("{ingress: [{action: Allow, protocol: tcp}]}", "spec.ingress[0].protocol: \"tcp\" is not a protocol"),
        ("{ingress: [{action: Allow, protocol: 256}]}", "256 is not a protocol"),
        ("{ingress: [{action: Allow, destination: {ports: [80]}}]}", "destination.ports: ports need `protocol`"),
        (
            "{ingress: [{action: Allow, protocol: ICMP, destination: {ports: [80]}}]}",
            "destination.ports: ports need `protocol`",
        ),
        (
            "{ingress: [{action: Allow, protocol: TCP, destination: {ports: ['90:80']}}]}",
            "destination.ports[0]: \"90:80\" is not a port",
        ),
        ("{ingress: [{action: Allow, protocol: TCP, destination: {ports: [65536]}}]}", "65536 is not a port"),
        ("{ingress: [{action: Allow, source: {nets: [here]}}]}", "source.nets: `here` is neither"),
        ("{ingress: [{action: Allow, icmp: {type: 8}}]}", "icmp: needs `protocol: ICMP`"),
        ("{ingress: [{action: Allow, protocol: ICMP, icmp: {code: 0}}]}", "icmp: a code needs a type"),
        ("{ingress: [{action: Allow, protocol: ICMP, icmp: {type: 256}}]}", "spec.ingress[0].icmp.type: invalid value"),
        ("{tier: mine, ingress: [{action: Pass, protocol: ICMP, icmp: {type: 8}}]}", "to pass on some types of ICMP"),
        ("{ingress: [{action: Deny, http: {methods: [GET]}}]}", "http: stands in rules for ingress that allow"),
        ("{egress: [{action: Allow, http: {methods: [GET]}}]}", "http: stands in rules for ingress that allow"),
        (
            "{ingress: [{action: Allow, http: {methods: [GET]}}]}",
            "unsupported-policy: Calico GlobalNetworkPolicy p: spec.ingress[0]: `http` is not modelled",
        ),
        (
            "{egress: [{action: Allow, destination: {services: {name: s, namespace: n}}}]}",
            "unsupported-policy: Calico GlobalNetworkPolicy p: spec.egress[0]: which pods are behind the Service n/s is not known",
        ),
        ("{egress: [{action: Allow, destination: {services: {name: s}}}]}", "services: needs a namespace"),
        (
            "{ingress: [{action: Allow, destination: {services: {name: s, namespace: n}}}]}",
            "destination.services: stands at the other end",
        ),
        (
            "{ingress: [{action: Allow, source: {services: {name: s, namespace: n}, selector: all()}}]}",
            "services: stands alone",
        ),
        (
            "{egress: [{action: Allow, protocol: TCP, destination: {services: {name: s, namespace: n}, ports: [80]}}]}",
            "services: stands alone",
        ),
        (
            "{ingress: [{action: Allow, protocol: TCP, source: {ports: [http]}}]}",
            "names of ports at the source are not modelled",
        ),
        ("{ingress: [{action: Allow, ipVersion: 5}]}", "ipVersion: 5 is neither 4 nor 6"),
        ("{ingress: [{action: Allow, ipVersion: 6, protocol: ICMP}]}", "ipVersion: is of the other kind"),
        (
            "{ingress: [{action: Allow, source: {nets: [10.0.0.0/8, '2001:db8::/32']}}]}",
            "nets: a rule is about IPv4 or about IPv6",
        ),
        (
            "{ingress: [{action: Allow, source: {nets: [10.0.0.0/8]}, destination: {notNets: ['2001:db8::/32']}}]}",
            "nets: a rule is about IPv4 or about IPv6",
        ),
        (
            "{ingress: [{action: Allow, ipVersion: 6, source: {nets: [10.0.0.0/8]}}]}",
            "nets: a rule is about IPv4 or about IPv6",
        ),
        ("{ingress: [{action: Pass}]}", "in the tier `default` no rule can have `action: Pass`"),
        ("{egress: [{action: Pass, protocol: TCP}]}", "in the tier `default` no rule can have `action: Pass`"),
        (
            "{preDNAT: true, ingress: [{action: Allow}]}",
            "unsupported-policy: Calico GlobalNetworkPolicy p: `preDNAT` makes",
        ),
        ("{doNotTrack: true, ingress: [{action: Allow}]}", "`doNotTrack` makes it act on host endpoints"),
        ("{applyOnForward: true, ingress: [{action: Allow}]}", "`applyOnForward` makes it act on host endpoints"),
        ("{tier: nosuch}", "tier `nosuch` is not among the manifests"),
    ] {
        let found = faults(&object("GlobalNetworkPolicy", "p", spec));
        assert!(found.iter().any(|found| found.contains(expected)), "{spec}: {found:?}");
        assert!(found.len() == 1 || spec.contains("mine"), "{spec}: {found:?}");
    }
    for (spec, expected) in
        [("{namespaceSelector: all()}", "has no `namespaceSelector`"), ("{order: first}", "spec.order: invalid type")]
    {
        let found = faults(&object("NetworkPolicy", "p", spec));
        assert!(found.len() == 1 && found[0].contains(expected), "{spec}: {found:?}");
    }
}
