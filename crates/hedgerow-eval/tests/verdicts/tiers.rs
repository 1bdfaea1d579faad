//! Policies of administrators, before and after those of namespaces; and what tells flows apart beside their port.

use super::{check, faults, network, peer, pod};
use hedgerow_eval::{Asked, Family, Flow, Protocol};

fn object(api: &str, kind: &str, name: &str, spec: &str) -> String {
    format!("---\napiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n")
}

fn cluster_policy(name: &str, tier: &str, priority: u16, rules: &str) -> String {
    let subject = "subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: b}}}}";
    object(
        "policy.networking.k8s.io/v1alpha2",
        "ClusterNetworkPolicy",
        name,
        &format!("{{tier: {tier}, priority: {priority}, {subject}, ingress: {rules}}}"),
    )
}

fn admin(kind: &str, head: &str, rules: &str) -> String {
    let name = if kind == "AdminNetworkPolicy" { "a" } else { "default" };
    let subject = "subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: default}}}";
    object("policy.networking.k8s.io/v1alpha1", kind, name, &format!("{{{head}{subject}, ingress: {rules}}}"))
}

fn pods() -> String {
    pod("a", "app: a") + &pod("b", "app: b") + &pod("c", "app: c") + &pod("other/d", "app: a")
}

const NOBODY: &str = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: none}\nspec: {podSelector: {matchLabels: {app: b}}}\n";
const FROM_A: &str = "from: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: a}}}}]";
const FROM_ALL: &str = "from: [{namespaces: {}}]";

#[test]
fn cluster_policies_come_before_and_after_those_of_namespaces() {
    for (name, policies, a, c) in [
        (
            "accepted before",
            cluster_policy("p", "Admin", 1, &format!("[{{action: Accept, {FROM_A}}}]")) + NOBODY,
            true,
            false,
        ),
        ("denied before", cluster_policy("p", "Admin", 1, &format!("[{{action: Deny, {FROM_A}}}]")), false, true),
        (
            "passed on before a denial",
            cluster_policy("p", "Admin", 1, &format!("[{{action: Pass, {FROM_A}}}, {{action: Deny, {FROM_ALL}}}]")),
            true,
            false,
        ),
        (
            "passed on to a policy that drops",
            cluster_policy("p", "Admin", 1, &format!("[{{action: Pass, {FROM_A}}}]")) + NOBODY,
            false,
            false,
        ),
        (
            "a baseline that denies",
            cluster_policy("p", "Baseline", 1, &format!("[{{action: Deny, {FROM_A}}}]")),
            false,
            true,
        ),
        (
            "a baseline that is not asked where a policy is",
            cluster_policy("p", "Baseline", 1, &format!("[{{action: Accept, {FROM_A}}}]")) + NOBODY,
            false,
            false,
        ),
        (
            "the lower priority first",
            cluster_policy("p", "Admin", 2, &format!("[{{action: Deny, {FROM_A}}}]"))
                + &cluster_policy("q", "Admin", 1, &format!("[{{action: Accept, {FROM_A}}}]")),
            true,
            true,
        ),
    ] {
        let network = network(&(pods() + &policies));
        check(&network, &[("a -> b 80", a), ("c -> b 80", c), ("a -> c 80", true)]);
        // No peer of these policies is an address outside: what they do not decide goes on.
        check(&network, &[("192.0.2.1 -> b 80", !policies.contains("networking.k8s.io/v1\n"))]);
        assert!(!name.is_empty());
    }
}

#[test]
fn admin_policies_of_the_older_form_mean_the_same() {
    let ports =
        "ports: [{portNumber: {protocol: TCP, port: 80}}, {namedPort: dns}, {portRange: {start: 100, end: 110}}]";
    let deny = format!("[{{action: Deny, {FROM_A}, {ports}}}]");
    let text = pods() + &admin("AdminNetworkPolicy", "priority: 5, ", &deny);
    check(
        &network(&text),
        &[
            ("a -> b 80", false),
            ("a -> b 81", true),
            ("a -> b 53/UDP", false),
            ("a -> b 53", true),
            ("a -> b 105", false),
            ("a -> b 111", true),
            ("c -> b 80", true),
            ("other/d -> b 80", false),
            ("a -> other/d 80", true),
        ],
    );
    let text = pods() + &admin("BaselineAdminNetworkPolicy", "", &format!("[{{action: Deny, {FROM_A}}}]")) + NOBODY;
    check(&network(&text), &[("a -> c 80", false), ("c -> a 80", true), ("c -> b 80", false)]);
    let egress = object(
        "policy.networking.k8s.io/v1alpha1",
        "AdminNetworkPolicy",
        "e",
        "{priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [192.0.2.0/24]}]}]}",
    );
    check(
        &network(&(pods() + &egress)),
        &[("a -> 192.0.2.1 80", false), ("a -> 198.51.100.1 80", true), ("a -> b 80", true)],
    );
}

#[test]
fn what_the_api_refuses_of_them_is_refused() {
    let head = "tier: Admin, priority: 1, subject: {namespaces: {}}";
    for (spec, expected) in [
        ("{}", "invalid-policy: ClusterNetworkPolicy p: spec.tier: is not there"),
        ("{tier: Middle, priority: 1, subject: {namespaces: {}}}", "spec.tier: `Middle` is neither"),
        ("{tier: Admin, subject: {namespaces: {}}}", "spec.priority: a number from 0 to 1000"),
        ("{tier: Admin, priority: 1001, subject: {namespaces: {}}}", "spec.priority: a number from 0 to 1000"),
        ("{tier: Admin, priority: 1}", "spec.subject: exactly one of"),
        (
            "{tier: Admin, priority: 1, subject: {namespaces: {}, pods: {podSelector: {}}}}",
            "spec.subject: exactly one of",
        ),
        ("{tier: Admin, priority: 1, subject: {networks: [10.0.0.0/8]}}", "spec.subject: exactly one of"),
        (&format!("{{{head}, ingress: [{{action: Allow, {FROM_A}}}]}}"), "action: `Allow` is no action"),
        (&format!("{{{head}, ingress: [{{action: Accept}}]}}"), "from: at least one peer"),
        (&format!("{{{head}, ingress: [{{action: Accept, from: []}}]}}"), "from: at least one peer"),
        (&format!("{{{head}, ingress: [{{action: Accept, from: [{{}}]}}]}}"), "from[0]: exactly one of"),
        (
            &format!("{{{head}, ingress: [{{action: Accept, from: [{{networks: [10.0.0.0/8]}}]}}]}}"),
            "from[0]: exactly one of",
        ),
        (&format!("{{{head}, ingress: [{{action: Accept, from: [{{somebody: {{}}}}]}}]}}"), "unknown field `somebody`"),
        (
            &format!("{{{head}, ingress: [{{action: Accept, {FROM_A}, ports: [{{namedPort: x}}]}}]}}"),
            "ports: unknown field",
        ),
        (
            &format!(
                "{{{head}, ingress: [{{action: Accept, {FROM_A}, protocols: [{{tcp: {{destinationPort: {{number: 0}}}}}}]}}]}}"
            ),
            "0 is not a port",
        ),
        (
            &format!(
                "{{{head}, ingress: [{{action: Accept, {FROM_A}, protocols: [{{tcp: {{destinationPort: {{range: {{start: 9, end: 9}}}}}}}}]}}]}}"
            ),
            "whose start is below its end",
        ),
        (
            &format!("{{{head}, egress: [{{action: Accept, to: [{{domainNames: [a.example]}}]}}]}}"),
            "unsupported-policy: ClusterNetworkPolicy p: spec.egress[0].to[0]: `nodes` and `domainNames`",
        ),
        (
            &format!("{{{head}, egress: [{{action: Deny, to: [{{nodes: {{}}}}]}}]}}"),
            "`nodes` and `domainNames` are not modelled",
        ),
        (
            &format!(
                "{{{head}, egress: [{{action: Deny, to: [{{networks: [10.0.0.0/8]}}], protocols: [{{destinationNamedPort: http}}]}}]}}"
            ),
            "blocks have no ports with names",
        ),
    ] {
        let found = faults(&object("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy", "p", spec));
        assert!(found.len() == 1 && found[0].contains(expected), "{spec}: {found:?}");
    }
    for (kind, name, spec, expected) in [
        ("BaselineAdminNetworkPolicy", "mine", "{subject: {namespaces: {}}}", "is called `default`"),
        (
            "BaselineAdminNetworkPolicy",
            "default",
            "{priority: 1, subject: {namespaces: {}}}",
            "a BaselineAdminNetworkPolicy has none",
        ),
        (
            "BaselineAdminNetworkPolicy",
            "default",
            "{subject: {namespaces: {}}, ingress: [{action: Pass, from: [{namespaces: {}}]}]}",
            "`Pass` is no action",
        ),
        ("AdminNetworkPolicy", "a", "{subject: {namespaces: {}}}", "spec.priority: a number"),
        (
            "AdminNetworkPolicy",
            "a",
            "{priority: 1, subject: {namespaces: {}}, ingress: [{action: Accept, from: [{namespaces: {}}]}]}",
            "`Accept` is no action",
        ),
        (
            "AdminNetworkPolicy",
            "a",
            "{priority: 1, tier: Admin, subject: {namespaces: {}}}",
            "spec.tier: a AdminNetworkPolicy has none",
        ),
    ] {
        let found = faults(&object("policy.networking.k8s.io/v1alpha1", kind, name, spec));
        assert!(found.len() == 1 && found[0].contains(expected), "{spec}: {found:?}");
    }
    // Who comes first of two that differ is not defined.
    let (one, two) = (
        cluster_policy("p", "Admin", 1, &format!("[{{action: Accept, {FROM_A}}}]")),
        cluster_policy("q", "Admin", 1, &format!("[{{action: Deny, {FROM_A}}}]")),
    );
    let found = faults(&format!("{one}{two}"));
    assert!(found.len() == 1 && found[0].contains("have one priority"), "{found:?}");
    assert_eq!(faults(&format!("{one}{}", two.replace("Deny", "Accept"))), [""; 0]);
    assert_eq!(faults(&format!("{one}{}", two.replace("priority: 1", "priority: 2"))), [""; 0]);
}

fn calico(rules: &str) -> String {
    object(
        "projectcalico.org/v3",
        "GlobalNetworkPolicy",
        "p",
        &format!("{{selector: app == 'b', types: [Ingress], ingress: {rules}}}"),
    )
}

/// A pod with addresses.
fn at(name: &str, labels: &str, addresses: &str) -> String {
    pod(name, labels) + &format!("status: {{podIPs: [{addresses}]}}\n")
}

#[test]
fn pods_with_addresses_of_both_families_are_asked_over_each() {
    let both = at("a", "app: a", "{ip: 10.0.0.1}, {ip: '2001:db8::1'}")
        + &at("b", "app: b", "{ip: 10.0.0.2}, {ip: '2001:db8::2'}")
        + &at("v4", "app: a", "{ip: 10.0.0.3}")
        + &at("v6", "app: a", "{ip: '2001:db8::3'}");
    let reach = |policy: &str| {
        let network = network(&(both.clone() + policy));
        let b = peer(&network, "b");
        let found = [Family::V4, Family::V6].map(|family| {
            let reach = network.reach(b, Flow::tcp(80), family, Asked::All);
            ["a", "v4", "v6", "10.9.9.9", "2001:db8:9::1"].map(|name| {
                let peer = peer(&network, name);
                match (reach.connected.contains(peer), reach.always.contains(peer)) {
                    (false, _) => '-',
                    (true, true) => 'y',
                    (true, false) => 'n',
                }
            })
        });
        found.map(|found| found.iter().collect::<String>())
    };
    let block = |cidr: &str| {
        format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: n}}\nspec: {{podSelector: {{matchLabels: {{app: b}}}}, ingress: [{{from: [{{ipBlock: {{cidr: '{cidr}'}}}}]}}]}}\n"
        )
    };
    for (policy, v4, v6) in [
        (String::new(), "yy-y-", "y-y-y"),
        (block("10.0.0.0/8"), "yy-y-", "n-n-n"),
        (block("2001:db8::/32"), "nn-n-", "y-y-y"),
        (block("10.0.0.1/32"), "yn-n-", "n-n-n"),
        (calico("[{action: Allow, ipVersion: 4}]"), "yy-y-", "n-n-n"),
        (calico("[{action: Deny, ipVersion: 6, source: {selector: all()}}, {action: Allow}]"), "yy-y-", "n-n-y"),
        (calico("[{action: Allow, ipVersion: 6, source: {selector: app == 'a'}}]"), "nn-n-", "y-y-n"),
    ] {
        assert_eq!(reach(&policy), [v4, v6], "{policy}");
    }
}

#[test]
fn ports_of_the_source_let_in_whoever_connects_from_them() {
    let cluster = |rules: &str| network(&(pods() + &calico(rules)));
    for (rules, sometimes, always) in [
        ("[{action: Allow, protocol: TCP, source: {ports: [53]}}]", true, false),
        ("[{action: Allow, protocol: TCP, source: {notPorts: [53]}}]", true, false),
        ("[{action: Allow, protocol: TCP, source: {ports: ['0:65535']}}]", true, true),
        ("[{action: Deny, protocol: TCP, source: {ports: ['1:1023']}}, {action: Allow}]", true, false),
        ("[{action: Deny, protocol: TCP, source: {ports: ['0:65535']}}, {action: Allow}]", false, false),
        ("[{action: Allow, protocol: UDP, source: {ports: [53]}}]", false, false),
        (
            "[{action: Allow, protocol: TCP, source: {ports: [53]}}, {action: Allow, protocol: TCP, source: {notPorts: [53]}}]",
            true,
            true,
        ),
    ] {
        let network = cluster(rules);
        let (a, b) = (peer(&network, "a"), peer(&network, "b"));
        let reach = network.reach(b, Flow::tcp(80), Family::V4, Asked::All);
        assert_eq!((reach.sometimes.contains(a), reach.always.contains(a)), (sometimes, always), "{rules}");
    }
}

#[test]
fn icmp_is_a_protocol_and_one_type_of_it_may_be_any() {
    for (rules, expected) in [
        ("[{action: Allow, protocol: ICMP}]", true),
        ("[{action: Allow, protocol: 1}]", true),
        ("[{action: Allow, protocol: ICMP, icmp: {type: 8}}]", true),
        ("[{action: Allow, protocol: ICMP, notICMP: {type: 8, code: 0}}]", true),
        ("[{action: Deny, protocol: ICMP, icmp: {type: 8}}, {action: Allow}]", true),
        ("[{action: Deny, protocol: ICMP}, {action: Allow}]", false),
        ("[{action: Allow, protocol: ICMPv6}]", false),
        ("[{action: Allow, protocol: TCP}]", false),
    ] {
        let network = network(&(pods() + &calico(rules)));
        let (a, b) = (peer(&network, "a"), peer(&network, "b"));
        let flow = Flow { protocol: Protocol::ICMP, port: 0 };
        assert_eq!(network.sources(b, flow).contains(a), expected, "{rules}");
        let asked = network.port_ranges(b, &[]).iter().any(|range| range.protocol == Protocol::ICMP);
        assert_eq!(asked, rules.contains("ICMP,") || rules.contains("ICMP}") || rules.contains("1}"), "{rules}");
    }
}

#[test]
fn a_service_stands_for_the_pods_behind_it() {
    let service = |spec: &str| format!("---\napiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec: {spec}\n");
    let source = "{action: Allow, source: {services: {name: s, namespace: default}}}";
    let text = pods() + &calico(&format!("[{source}]")) + &service("{selector: {app: a}, ports: [{port: 80}]}");
    check(
        &network(&text),
        &[("a -> b 80", true), ("a -> b 81", true), ("c -> b 80", false), ("other/d -> b 80", false)],
    );
    let egress = object(
        "projectcalico.org/v3",
        "GlobalNetworkPolicy",
        "e",
        "{selector: app == 'a', types: [Egress], egress: [{action: Allow, destination: {services: {name: s, namespace: default}}}]}",
    );
    let text = pods()
        + &egress
        + &service("{selector: {app: b}, ports: [{port: 80, targetPort: http}, {port: 53, protocol: UDP}]}");
    check(
        &network(&text),
        &[
            ("a -> b 8080", true),
            ("a -> b 80", false),
            ("a -> b 53/UDP", true),
            ("a -> b 53", false),
            ("a -> c 8080", false),
            ("c -> a 80", true),
        ],
    );
    let slice = "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s-1, labels: {kubernetes.io/service-name: s}}\naddressType: IPv4\nendpoints: [{addresses: [192.0.2.9]}]\n";
    let text = pods() + &calico(&format!("[{source}]")) + &service("{ports: [{port: 80}]}") + slice;
    check(&network(&text), &[("192.0.2.9 -> b 80", true), ("192.0.2.8 -> b 80", false), ("a -> b 80", false)]);
    // A Service without pods of its own, of which nobody says where it leads.
    let found = faults(&(pods() + &calico(&format!("[{source}]")) + &service("{ports: [{port: 80}]}")));
    assert!(found.len() == 1 && found[0].contains("the Service default/s is not known"), "{found:?}");
}

#[test]
fn a_port_by_its_name_needs_no_protocol() {
    let text = pods() + &calico("[{action: Allow, destination: {ports: [http, dns]}}]");
    check(
        &network(&text),
        &[("a -> b 8080", true), ("a -> b 53/UDP", true), ("a -> b 53", false), ("a -> b 80", false)],
    );
    for rules in ["[{action: Allow, destination: {ports: [80]}}]", "[{action: Allow, destination: {ports: ['80:90']}}]"]
    {
        assert!(faults(&calico(rules))[0].contains("ports need `protocol`"), "{rules}");
    }
}
