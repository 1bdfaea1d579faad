//! NetworkPolicy of `networking.k8s.io/v1`: the statements of its reference, one case each.

use super::{check, faults, network, pod};

/// A policy in namespace `default` with this spec in flow form.
fn policy(spec: &str) -> String {
    format!("---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p}}\nspec: {spec}\n")
}

/// Pods a, b, c in `default` and x in `other`, whose namespace is labelled.
fn cluster(spec: &str) -> String {
    let pods = [pod("a", "app: a, tier: web"), pod("b", "app: b"), pod("c", ""), pod("other/x", "app: a")];
    let namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: other, labels: {team: blue}}\n";
    format!("{}{namespace}{}", pods.concat(), policy(spec))
}

#[test]
fn without_a_policy_everything_is_open() {
    let text = [pod("a", ""), pod("b", "")].concat();
    check(
        &network(&text),
        &[("a -> b 1", true), ("1.2.3.4 -> b 1/UDP", true), ("b -> ::1 1", true), ("a -> b 0/ICMP", true)],
    );
}

#[test]
fn which_directions_are_isolated_follows_policy_types() {
    // Columns: spec, then whether b still receives, then whether b still sends.
    for (spec, receives, sends) in [
        ("{podSelector: {matchLabels: {app: b}}}", false, true),
        ("{podSelector: {matchLabels: {app: b}}, ingress: []}", false, true),
        ("{podSelector: {matchLabels: {app: b}}, ingress: null, policyTypes: null}", false, true),
        ("{podSelector: {matchLabels: {app: b}}, egress: []}", false, true),
        // Missing types and rules for egress: both are isolated, and ingress has no rule.
        ("{podSelector: {matchLabels: {app: b}}, egress: [{}]}", false, true),
        (
            "{podSelector: {matchLabels: {app: b}}, egress: [{to: [{podSelector: {matchLabels: {app: none}}}]}]}",
            false,
            false,
        ),
        ("{podSelector: {matchLabels: {app: b}}, policyTypes: [Egress]}", true, false),
        ("{podSelector: {matchLabels: {app: b}}, policyTypes: [Egress], ingress: [{}]}", true, false),
        ("{podSelector: {matchLabels: {app: b}}, policyTypes: [Ingress, Egress]}", false, false),
        ("{podSelector: {matchLabels: {app: b}}, policyTypes: [Ingress], egress: [{}]}", false, true),
        ("{podSelector: {matchLabels: {app: b}}, ingress: [{}]}", true, true),
        ("{podSelector: {matchLabels: {app: nobody}}}", true, true),
    ] {
        let network = network(&cluster(spec));
        check(
            &network,
            &[("a -> b 80", receives), ("b -> a 80", sends), ("1.2.3.4 -> b 80", receives), ("b -> 1.2.3.4 80", sends)],
        );
    }
}

#[test]
fn a_pod_selector_selects_in_the_policys_namespace() {
    for (selector, a, b, c) in [
        ("{}", false, false, false),
        ("null", false, false, false),
        ("{matchLabels: {}}", false, false, false),
        ("{matchLabels: {app: a}}", false, true, true),
        ("{matchLabels: {app: a, tier: web}}", false, true, true),
        ("{matchLabels: {app: a, tier: db}}", true, true, true),
        ("{matchExpressions: [{key: app, operator: In, values: [a, b]}]}", false, false, true),
        // A pod without the label is selected by NotIn.
        ("{matchExpressions: [{key: app, operator: NotIn, values: [a]}]}", true, false, false),
        ("{matchExpressions: [{key: app, operator: Exists}]}", false, false, true),
        ("{matchExpressions: [{key: app, operator: DoesNotExist}]}", true, true, false),
        ("{matchLabels: {app: a}, matchExpressions: [{key: tier, operator: Exists}]}", false, true, true),
        ("{matchLabels: {app: b}, matchExpressions: [{key: tier, operator: Exists}]}", true, true, true),
    ] {
        let network = network(&cluster(&format!("{{podSelector: {selector}}}")));
        check(&network, &[("b -> a 80", a), ("a -> b 80", b), ("a -> c 80", c), ("a -> other/x 80", true)]);
    }
}

#[test]
fn peers_are_joined_by_or_and_their_selectors_by_and() {
    for (rule, a, c, x, outside) in [
        ("{}", true, true, true, true),
        ("{from: []}", true, true, true, true),
        ("{from: null}", true, true, true, true),
        ("{from: [{podSelector: {}}]}", true, true, false, false),
        ("{from: [{podSelector: {matchLabels: {app: a}}}]}", true, false, false, false),
        ("{from: [{namespaceSelector: {}}]}", true, true, true, false),
        ("{from: [{namespaceSelector: {matchLabels: {team: blue}}}]}", false, false, true, false),
        (
            "{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}}]}",
            true,
            true,
            false,
            false,
        ),
        // One item: namespace AND pod. Two items: namespace OR pod.
        (
            "{from: [{namespaceSelector: {matchLabels: {team: blue}}, podSelector: {matchLabels: {app: b}}}]}",
            false,
            false,
            false,
            false,
        ),
        (
            "{from: [{namespaceSelector: {matchLabels: {team: blue}}, podSelector: {matchLabels: {app: a}}}]}",
            false,
            false,
            true,
            false,
        ),
        (
            "{from: [{namespaceSelector: {matchLabels: {team: blue}}}, {podSelector: {matchLabels: {app: a}}}]}",
            true,
            false,
            true,
            false,
        ),
        ("{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: a}}}]}", true, false, true, false),
        (
            "{from: [{namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}}]}",
            true,
            true,
            false,
            false,
        ),
    ] {
        let network = network(&cluster(&format!("{{podSelector: {{matchLabels: {{app: b}}}}, ingress: [{rule}]}}")));
        check(&network, &[("a -> b 80", a), ("c -> b 80", c), ("other/x -> b 80", x), ("1.2.3.4 -> b 80", outside)]);
        let egress = rule.replace("from", "to");
        let network = super::network(&cluster(&format!(
            "{{podSelector: {{matchLabels: {{app: b}}}}, policyTypes: [Egress], egress: [{egress}]}}"
        )));
        check(&network, &[("b -> a 80", a), ("b -> c 80", c), ("b -> other/x 80", x), ("b -> 1.2.3.4 80", outside)]);
    }
}

#[test]
fn ports_match_by_protocol_number_range_and_name() {
    for (ports, open, shut) in [
        ("[]", &["80", "80/UDP", "1/SCTP", "0/ICMP"][..], &[][..]),
        ("null", &["80", "0/ICMP"], &[]),
        ("[{port: 80}]", &["80"], &["81", "80/UDP", "80/SCTP", "0/ICMP"]),
        ("[{port: 80, protocol: UDP}]", &["80/UDP"], &["80", "80/SCTP"]),
        ("[{protocol: SCTP}]", &["1/SCTP", "65535/SCTP"], &["1", "1/UDP"]),
        ("[{}]", &["1", "65535"], &["1/UDP"]),
        ("[{port: 80, endPort: 90}]", &["80", "85", "90"], &["79", "91", "85/UDP"]),
        ("[{port: 65535}]", &["65535"], &["65534"]),
        ("[{port: http}]", &["8080"], &["80", "8080/UDP"]),
        ("[{port: dns}]", &[], &["53", "53/UDP"]),
        ("[{port: dns, protocol: UDP}]", &["53/UDP"], &["53"]),
        ("[{port: nosuch}]", &[], &["80", "8080"]),
        ("[{port: 80}, {port: dns, protocol: UDP}]", &["80", "53/UDP"], &["53", "80/UDP"]),
    ] {
        for (spec, flow) in [
            (format!("{{podSelector: {{matchLabels: {{app: b}}}}, ingress: [{{ports: {ports}}}]}}"), "a -> b"),
            (
                format!(
                    "{{podSelector: {{matchLabels: {{app: b}}}}, policyTypes: [Egress], egress: [{{ports: {ports}}}]}}"
                ),
                "b -> a",
            ),
        ] {
            let network = network(&cluster(&spec));
            for (ports, expected) in [(open, true), (shut, false)] {
                ports.iter().for_each(|port| check(&network, &[(&format!("{flow} {port}"), expected)]));
            }
        }
    }
}

#[test]
fn a_port_name_means_each_destinations_own_number_and_nothing_outside() {
    let other = pod("b2", "app: a").replace("containerPort: 8080", "containerPort: 9090");
    let network = network(
        &(cluster("{podSelector: {matchLabels: {app: b}}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}")
            + &other),
    );
    check(
        &network,
        &[
            ("b -> a 8080", true),
            ("b -> a 9090", false),
            ("b -> b2 9090", true),
            ("b -> b2 8080", false),
            ("b -> 1.2.3.4 8080", false),
        ],
    );
}

#[test]
fn blocks_match_outside_addresses_and_leave_out_their_exceptions() {
    for (block, inside, outside) in [
        ("{cidr: 10.0.0.0/8}", &["10.1.2.3"][..], &["11.0.0.1", "::1"][..]),
        ("{cidr: 10.0.0.0/8, except: [10.9.0.0/16, 10.8.0.0/16]}", &["10.1.2.3"], &["10.9.1.1", "10.8.0.0", "9.9.9.9"]),
        ("{cidr: 10.0.0.0/8, except: []}", &["10.9.1.1"], &["9.9.9.9"]),
        ("{cidr: 0.0.0.0/0}", &["255.255.255.255"], &["::1"]),
        (
            "{cidr: '2001:db8::/32', except: ['2001:db8:1::/48']}",
            &["2001:db8::1"],
            &["2001:db8:1::1", "2001:db9::", "1.2.3.4"],
        ),
    ] {
        for (spec, to_b) in [
            (
                format!("{{podSelector: {{matchLabels: {{app: b}}}}, ingress: [{{from: [{{ipBlock: {block}}}]}}]}}"),
                true,
            ),
            (
                format!(
                    "{{podSelector: {{matchLabels: {{app: b}}}}, policyTypes: [Egress], egress: [{{to: [{{ipBlock: {block}}}]}}]}}"
                ),
                false,
            ),
        ] {
            let network = network(&cluster(&spec));
            for (address, expected) in inside.iter().map(|a| (a, true)).chain(outside.iter().map(|a| (a, false))) {
                let flow = if to_b { format!("{address} -> b 80") } else { format!("b -> {address} 80") };
                check(&network, &[(&flow, expected)]);
            }
        }
    }
}

#[test]
fn a_pod_is_in_a_block_by_its_address() {
    let addressed = |name: &str, address: &str| pod(name, "") + &format!("status: {{podIP: {address}}}\n");
    let text = cluster("{podSelector: {matchLabels: {app: b}}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}")
        + &addressed("near", "10.0.0.7")
        + &addressed("far", "11.0.0.7");
    check(&network(&text), &[("near -> b 80", true), ("far -> b 80", false), ("a -> b 80", false)]);
    let everywhere =
        cluster("{podSelector: {matchLabels: {app: b}}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}");
    check(&network(&everywhere), &[("a -> b 80", true), ("other/x -> b 80", true)]);
}

#[test]
fn policies_add_up_and_both_ends_must_agree() {
    let text =
        cluster("{podSelector: {matchLabels: {app: b}}, ingress: [{from: [{podSelector: {matchLabels: {app: a}}}]}]}")
            + &policy("{podSelector: {}, ingress: [{ports: [{port: 443}]}]}").replace("name: p", "name: q")
            + &policy("{podSelector: {matchLabels: {app: a}}, policyTypes: [Egress], egress: [{ports: [{port: 80}]}]}")
                .replace("name: p", "name: r");
    check(
        &network(&text),
        &[
            ("a -> b 80", true),
            ("a -> b 81", false),
            ("a -> b 443", false),
            ("c -> b 443", true),
            ("c -> b 80", false),
            ("a -> c 80", false),
            ("b -> c 443", true),
        ],
    );
}

#[test]
fn pods_on_the_nodes_network_are_out_of_reach() {
    let host = pod("h", "app: a").replace("spec:\n", "spec:\n  hostNetwork: true\n");
    let text = cluster(
        "{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {matchLabels: {app: a}}}]}], egress: [{}]}",
    ) + &host;
    check(&network(&text), &[("a -> b 80", true), ("h -> b 80", false), ("c -> h 80", true)]);
}

#[test]
fn policies_that_the_api_server_refuses_are_reported() {
    for (spec, expected) in [
        ("{podSelectors: {}}", "unknown field `podSelectors`"),
        ("{ingress: [{form: []}]}", "spec.ingress[0].form: unknown field"),
        ("{ingress: [{to: []}]}", "spec.ingress[0]: an ingress rule names its peers with `from`"),
        ("{egress: [{from: []}]}", "names its peers with `to`"),
        ("{ingress: [{from: [{}]}]}", "spec.ingress[0].from[0]: a peer names"),
        ("{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]}", "`ipBlock` stands alone"),
        ("{ingress: [{from: [{ipBlock: {cidr: 10.0.0.1}}]}]}", "`10.0.0.1` is not a CIDR block"),
        (
            "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]}",
            "not a smaller block within 10.0.0.0/8",
        ),
        ("{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]}", "not a smaller block"),
        ("{ingress: [{ports: [{port: 0}]}]}", "spec.ingress[0].ports[0]: 0 is not a port"),
        ("{ingress: [{ports: [{port: 70000}]}]}", "70000 is not a port"),
        ("{ingress: [{ports: [{port: 80, endPort: 79}]}]}", "`endPort` 79 is below"),
        ("{ingress: [{ports: [{port: http, endPort: 79}]}]}", "`endPort` needs a number"),
        ("{ingress: [{ports: [{endPort: 79}]}]}", "`endPort` needs a number"),
        ("{ingress: [{ports: [{port: Http}]}]}", "`Http` is not the name of a port"),
        ("{ingress: [{ports: [{port: '80'}]}]}", "`80` is not the name of a port"),
        ("{ingress: [{ports: [{port: [80]}]}]}", "neither a number nor"),
        ("{ingress: [{ports: [{protocol: ICMP}]}]}", "`ICMP` is not TCP, UDP or SCTP"),
        ("{policyTypes: [ingress]}", "`ingress` is neither `Ingress` nor `Egress`"),
        ("{podSelector: {matchExpressions: [{key: a, operator: In}]}}", "spec.podSelector: `In` needs values"),
        ("{podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}", "`Exists` takes no values"),
        ("{podSelector: {matchExpressions: [{key: a, operator: Equals, values: [b]}]}}", "`Equals` is not an operator"),
        ("{podSelector: {matchLabels: {a: 1}}}", "spec.podSelector.matchLabels.a: invalid type"),
        ("[]", "spec: invalid type"),
        ("{podSelector: []}", "spec.podSelector: invalid type"),
        ("{ingress: [[]]}", "spec.ingress[0]: invalid type"),
    ] {
        let found = faults(&policy(spec));
        assert_eq!(found.len(), 1, "{spec}: {found:?}");
        assert!(
            found[0].starts_with("invalid-policy: NetworkPolicy default/p: ") && found[0].contains(expected),
            "{spec}: {found:?}"
        );
    }
}

#[test]
fn one_name_has_one_meaning() {
    let (one, two) = (policy("{podSelector: {}}"), policy("{podSelector: {}, ingress: [{}]}"));
    assert_eq!(faults(&format!("{one}{one}")), [""; 0]);
    assert_eq!(
        faults(&format!("{one}{two}")),
        ["invalid-policy: NetworkPolicy default/p is there twice, with different meanings"]
    );
}
