//! A change of a policy is put into what is compiled already: the same verdicts as from scratch, and much sooner.

use crate::world::labels;
use hedgerow_observe::Protocol;
use hedgerow_observe::fleet::Labels;
use hedgerow_observe::observations::Verdict;
use hedgerow_observe::verdict::{Ask, Policies, Verdicts, Who};
use proptest::prelude::*;
use std::net::IpAddr;

/// Asks for every label and block that others may ask for, so that changes of others do not make pods other pods.
const ALL_KEYS: &str = r#"{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"all","namespace":"elsewhere"},"spec":{"podSelector":{"matchLabels":{"app":"x","calls":"x"}},"ingress":[{"from":[{"ipBlock":{"cidr":"192.0.2.0/24"}},{"ipBlock":{"cidr":"2001:db8::/32"}}]}]}}"#;
const TIER: &str =
    r#"{"apiVersion":"projectcalico.org/v3","kind":"Tier","metadata":{"name":"early"},"spec":{"order":10}}"#;

/// A policy by some numbers: whom it guards, whom it lets in, and how.
#[derive(Debug, Clone)]
struct Text {
    kind: u8,
    name: u8,
    guarded: u8,
    from: u8,
    port: u8,
}

impl Text {
    fn json(&self) -> String {
        let app = |of: u8| ["a", "b", "c"][usize::from(of % 3)];
        let name = format!("p{}", self.name % 4);
        let port = [8080, 9090][usize::from(self.port % 2)];
        let metadata = format!(r#"{{"name":"{name}","namespace":"bank"}}"#);
        let from = match self.from % 6 {
            0 => r#"[{"ipBlock":{"cidr":"192.0.2.0/24"}}]"#.to_owned(),
            1 => r#"[{"namespaceSelector":{"matchLabels":{"team":"risk"}}}]"#.to_owned(),
            2 => r#"[{"ipBlock":{"cidr":"198.51.100.0/24"}}]"#.to_owned(),
            of => format!(r#"[{{"podSelector":{{"matchLabels":{{"app":"{}"}}}}}}]"#, app(of)),
        };
        let ports = format!(r#"[{{"port":{port},"protocol":"TCP"}}]"#);
        let selects = format!(r#"{{"matchLabels":{{"app":"{}"}}}}"#, app(self.guarded));
        let plain = format!(
            r#"{{"podSelector":{selects},"policyTypes":["Ingress"],"ingress":[{{"from":{from},"ports":{ports}}}]}}"#
        );
        let calico = |tier: &str, action: &str, more: &str| {
            format!(
                r#"{{"tier":"{tier}","order":{},"selector":"app == '{}'","types":["Ingress"],"ingress":[{{"action":"{action}","protocol":"TCP","source":{{"selector":"app == '{}'"{more}}},"destination":{{"ports":[{port}]}}}}]}}"#,
                self.port,
                app(self.guarded),
                app(self.from)
            )
        };
        let object = |api: &str, kind: &str, spec: &str| {
            format!(r#"{{"apiVersion":"{api}","kind":"{kind}","metadata":{metadata},"spec":{spec}}}"#)
        };
        let v3 = "projectcalico.org/v3";
        match self.kind % 13 {
            0 | 1 => object("networking.k8s.io/v1", "NetworkPolicy", &plain),
            2 => {
                let out = format!(
                    r#"{{"podSelector":{selects},"policyTypes":["Egress"],"egress":[{{"to":{from},"ports":{ports}}}]}}"#
                );
                object("networking.k8s.io/v1", "NetworkPolicy", &out)
            }
            3 => object(v3, "NetworkPolicy", &calico("default", "Allow", "")),
            4 => object(v3, "NetworkPolicy", &calico("early", "Deny", "")),
            5 => object(v3, "NetworkPolicy", &calico("default", "Allow", r#","ports":[1234]"#)),
            6 => object(
                v3,
                "NetworkPolicy",
                &format!(
                    r#"{{"order":5000,"selector":"app == '{}'","types":["Ingress"],"ingress":[{{"action":"Log"}},{{"action":"Allow"}}]}}"#,
                    app(self.guarded)
                ),
            ),
            7 => object(v3, "StagedKubernetesNetworkPolicy", &plain),
            8 => object(v3, "StagedNetworkPolicy", &calico("default", "Deny", "")),
            9 => object(v3, "StagedNetworkPolicy", r#"{"stagedAction":"Delete","tier":"default","selector":"all()"}"#),
            10 => {
                let inner = object("networking.k8s.io/v1", "NetworkPolicy", &plain).replace('"', "\\\"");
                format!(
                    r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{name}","namespace":"bank","labels":{{"bank.example/policy-of":"x"}}}},"data":{{"networkpolicy.yaml":"{inner}"}}}}"#
                )
            }
            // Two in one document: the other one may be in a third.
            11 => {
                let other = Self { kind: 0, name: self.name.wrapping_add(1), guarded: self.from, ..*self };
                let one = object("networking.k8s.io/v1", "NetworkPolicy", &plain);
                format!(r#"{{"apiVersion":"v1","kind":"List","items":[{one},{}]}}"#, other.json())
            }
            _ => object("networking.k8s.io/v1", "NetworkPolicy", r#"{"podSelector":5}"#),
        }
    }
}

#[derive(Debug, Clone)]
enum Change {
    Set(u8, Text),
    Remove(u8),
    Tier(bool),
    Team(bool),
    Complete(bool),
    Only(u8),
}

fn change() -> impl Strategy<Value = Change> {
    let text = (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>())
        .prop_map(|(kind, name, guarded, from, port)| Text { kind, name, guarded, from, port });
    prop_oneof![
        12 => (0u8..8, text).prop_map(|(slot, text)| Change::Set(slot, text)),
        4 => (0u8..8).prop_map(Change::Remove),
        1 => any::<bool>().prop_map(Change::Tier),
        1 => any::<bool>().prop_map(Change::Team),
        1 => any::<bool>().prop_map(Change::Complete),
        1 => (0u8..8).prop_map(Change::Only),
    ]
}

fn apply(change: &Change, policies: &mut Policies) {
    match change {
        Change::Set(slot, text) => policies.set(format!("slot-{slot}"), &text.json()),
        Change::Remove(slot) => policies.remove(&format!("slot-{slot}")),
        Change::Tier(true) => policies.set("tier", TIER),
        Change::Tier(false) => policies.remove("tier"),
        Change::Team(true) => policies.set_namespace("other", labels(&[("team", "risk")])),
        Change::Team(false) => policies.remove_namespace("other"),
        Change::Complete(true) => policies.complete(),
        Change::Complete(false) => policies.incomplete(),
        Change::Only(slot) => policies.only(|key| key != format!("slot-{slot}")),
    }
}

/// Who there is: pods of two namespaces, one of them with an address of IPv6, and addresses outside.
fn verdicts_of_all(verdicts: &mut Verdicts) -> Vec<(Option<Verdict>, bool)> {
    let dressed: Vec<Labels> = ["a", "b", "c"].map(|app| labels(&[("app", app)])).into();
    let v6: IpAddr = "2001:db9::7".parse().unwrap();
    let mut ends: Vec<Who<'_>> = Vec::new();
    for namespace in ["bank", "other"] {
        ends.extend(dressed.iter().map(|labels| Who::Pod { namespace, labels, address: None, service: None }));
    }
    ends.push(Who::Pod { namespace: "bank", labels: &dressed[0], address: Some(v6), service: None });
    for address in ["192.0.2.9", "203.0.113.1", "2001:db8::1"] {
        ends.push(Who::Address(address.parse().unwrap()));
    }
    let classes: Vec<_> = ends.into_iter().map(|who| verdicts.classify(who)).collect();
    let mut told = Vec::new();
    for caller in &classes {
        for callee in &classes {
            for port in [8080, 9090] {
                let ask = Ask { caller: *caller, callee: *callee, port, protocol: Protocol::TCP };
                told.push((verdicts.verdict(ask), verdicts.is_guarded_by_data(*callee)));
            }
        }
    }
    told
}

proptest! {
    #![proptest_config(crate::cases::cases(96))]

    /// After every change of a history, whatever is remembered and compiled is what it is from scratch; what is wrong, and by what a pod
    /// is judged, too.
    #[test]
    fn a_change_is_put_into_what_is_compiled_as_if_all_were_compiled_anew(changes in prop::collection::vec(change(), 1..14)) {
        let begin = || {
            let mut policies = Policies::default();
            policies.set("all", ALL_KEYS);
            policies.complete();
            policies
        };
        let mut kept = Verdicts::new(begin());
        verdicts_of_all(&mut kept);
        for (at, change) in changes.iter().enumerate() {
            kept.change(|policies| apply(change, policies));
            let mut anew = begin();
            changes[..=at].iter().for_each(|change| apply(change, &mut anew));
            let mut anew = Verdicts::new(anew);
            prop_assert_eq!(verdicts_of_all(&mut kept), verdicts_of_all(&mut anew), "after {:?}", change);
            prop_assert_eq!(kept.faults().to_vec(), anew.faults().to_vec());
            let ledger = labels(&[("app", "a")]);
            let judged = |verdicts: &mut Verdicts| {
                let class = verdicts.classify(Who::Pod { namespace: "bank", labels: &ledger, address: None, service: None });
                verdicts.judged_by(class)
            };
            prop_assert_eq!(judged(&mut kept), judged(&mut anew));
        }
    }
}

/// What makes it soon: nothing is compiled anew where policies alone change, whether they are enforced or staged.
#[test]
fn changes_of_policies_alone_compile_nothing_anew() {
    let text = |kind, port| Text { kind, name: 1, guarded: 0, from: 4, port };
    for kind in [0, 2, 3, 6, 7, 8, 10] {
        let mut policies = Policies::default();
        policies.set("all", ALL_KEYS);
        policies.set("staged", &Text { kind: 7, name: 3, guarded: 2, from: 4, port: 0 }.json());
        policies.set("slot-0", &text(kind, 0).json());
        policies.complete();
        let mut verdicts = Verdicts::new(policies);
        let before = verdicts_of_all(&mut verdicts);
        let compiled = verdicts.compilations();
        verdicts.change(|policies| policies.set("slot-0", &text(kind, 1).json()));
        // A backstop has no port, and what a policy that would deny does not mean it denies as well.
        assert_eq!(verdicts_of_all(&mut verdicts) == before, [6, 8].contains(&kind), "{kind}");
        verdicts.change(|policies| policies.incomplete());
        assert!(verdicts_of_all(&mut verdicts).iter().all(|(verdict, _)| *verdict == Some(Verdict::Unknown)));
        verdicts.change(|policies| {
            policies.set("slot-0", &text(kind, 0).json());
            policies.complete();
        });
        assert_eq!(verdicts_of_all(&mut verdicts), before, "{kind}");
        assert_eq!(verdicts.compilations(), compiled, "{kind}");
        // A label that nobody asked for so far makes others of the pods.
        let other = r#"{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"new","namespace":"bank"},"spec":{"podSelector":{"matchLabels":{"new":"x"}}}}"#;
        verdicts.change(|policies| policies.set("new", other));
        assert_eq!(verdicts_of_all(&mut verdicts), before, "{kind}");
        assert_eq!(verdicts.compilations(), compiled + 1, "{kind}");
    }
}

/// What is unknown while not all policies are told is not remembered, whatever changes with it and nobody asks between.
#[test]
fn what_was_unknown_for_a_while_is_decided_again() {
    let mut policies = Policies::default();
    policies.set("all", ALL_KEYS);
    policies.set("slot-0", &Text { kind: 0, name: 1, guarded: 0, from: 4, port: 0 }.json());
    policies.complete();
    let mut verdicts = Verdicts::new(policies);
    verdicts_of_all(&mut verdicts);
    verdicts.change(|policies| policies.set("slot-0", &Text { kind: 0, name: 1, guarded: 0, from: 4, port: 1 }.json()));
    verdicts_of_all(&mut verdicts);
    verdicts.change(|policies| {
        policies.incomplete();
        policies.set_namespace("other", labels(&[("team", "risk")]));
    });
    assert!(verdicts_of_all(&mut verdicts).iter().all(|(verdict, _)| *verdict == Some(Verdict::Unknown)));
    verdicts.change(Policies::complete);
    assert!(verdicts_of_all(&mut verdicts).iter().all(|(verdict, _)| *verdict != Some(Verdict::Unknown)));
}
