//! What policies say of calls, and what is remembered of it.

use crate::world::{AUDIT, ENFORCE, OBSERVE, STAGED, fleet, labels, verdicts, worn};
use hedgerow_observe::Protocol;
use hedgerow_observe::fleet::{Fleet, Labels};
use hedgerow_observe::observations::Verdict::{self, Dropped, Permitted, Unknown, Unpermitted};
use hedgerow_observe::sum::Said;
use hedgerow_observe::verdict::{Ask, MAX_CLASSES, Policies, Verdicts, Who};
use proptest::prelude::*;
use std::net::IpAddr;

fn who<'a>(namespace: &'a str, labels: &'a Labels) -> Who<'a> {
    Who::Pod { namespace, labels, address: None, service: None }
}

fn ask(verdicts: &mut Verdicts, caller: Who<'_>, callee: Who<'_>, port: u16) -> Verdict {
    let (caller, callee) = (verdicts.classify(caller), verdicts.classify(callee));
    verdicts.verdict(Ask { caller, callee, port, protocol: Protocol::TCP }).unwrap()
}

/// emoji by rule, metrics by type, kyc by nothing, to the ledger; and emoji on a port that its rule is not for.
fn four(policies: &str) -> [Verdict; 4] {
    let mut verdicts = verdicts(&[policies]);
    let state = if policies == STAGED || policies == OBSERVE { "staged" } else { "true" };
    let dressed = |service: &str| {
        let mut worn = worn(service);
        worn.insert("bank.example/network-policy".to_owned(), state.to_owned());
        worn
    };
    let ledger = dressed("service.ledger");
    [("service.emoji", 8080), ("service.metrics", 8080), ("service.kyc", 8080), ("service.emoji", 9999)]
        .map(|(caller, port)| ask(&mut verdicts, who("bank", &dressed(caller)), who("bank", &ledger), port))
}

#[test]
fn each_stage_and_backend_has_its_verdicts() {
    assert_eq!(four(AUDIT), [Permitted, Permitted, Unpermitted, Unpermitted], "a backstop lets the rest in");
    assert_eq!(four(ENFORCE), [Permitted, Permitted, Dropped, Dropped]);
    // By type: the catch-all selects no staged pod, which the catalogue makes up for.
    assert_eq!(four(STAGED), [Permitted, Unpermitted, Unpermitted, Unpermitted]);
    assert_eq!(four(OBSERVE), [Permitted, Unpermitted, Unpermitted, Unpermitted]);
    assert_eq!(four(""), [Permitted; 4], "no policy selects the callee");
}

#[test]
fn callers_by_type_are_permitted_where_the_catalogue_says_so() {
    let fleet = fleet();
    let service = |name: &str| fleet.service(fleet.named(name).unwrap()).unwrap();
    let mut verdicts = verdicts(&[STAGED]);
    let (metrics, kyc, ledger) = (worn("service.metrics"), worn("service.kyc"), worn("service.ledger"));
    let none = Labels::new();
    let mut settle = |caller: &str, worn: &Labels, said| {
        let sides = (Some((service(caller), worn)), Some((service("service.ledger"), &ledger)));
        verdicts.settle(&fleet, (said, None), None, sides)
    };
    assert_eq!(settle("service.metrics", &metrics, Said::Unpermitted), Permitted);
    assert_eq!(settle("service.kyc", &kyc, Said::Unpermitted), Unpermitted);
    // What was dropped was dropped, and a caller that does not wear its type gets nothing by it.
    assert_eq!(settle("service.metrics", &metrics, Said::Dropped), Dropped);
    assert_eq!(settle("service.metrics", &labels(&[("app", "metrics")]), Said::Unpermitted), Unpermitted);
    assert_eq!(settle("service.metrics", &none, Said::Unpermitted), Permitted, "a source without labels");
    assert_eq!(settle("service.kyc", &worn("service.metrics"), Said::Unpermitted), Permitted, "by its type's label");
}

/// What Calico let in by a policy of its own: whether that was a backstop, the policies tell, or the name.
#[test]
fn a_backstop_is_known_by_what_it_says_or_by_its_name() {
    let fleet = fleet();
    let mut known = verdicts(&[
        AUDIT,
        r#"
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: s-kyc, namespace: bank}
spec: {selector: "has(x)", types: [Ingress], ingress: [{action: Allow, source: {selector: "has(y)"}}]}
"#,
    ]);
    assert!(known.is_backstop(&fleet, "CalicoNetworkPolicy/bank/s-ledger-backstop"));
    assert!(!known.is_backstop(&fleet, "CalicoNetworkPolicy/bank/s-kyc"), "it says whom it lets in");
    assert!(!known.is_backstop(&fleet, "KubernetesNetworkPolicy/bank/s-ledger"));
    let mut unknown = Verdicts::default();
    assert!(unknown.is_backstop(&fleet, "CalicoNetworkPolicy/bank/s-ledger"));
    assert!(unknown.is_backstop(&fleet, "CalicoNetworkPolicy/bank/s-ledger-backstop"));
    for other in
        ["CalicoNetworkPolicy/dmz/s-ledger", "CalicoNetworkPolicy/bank/allow-dns", "GlobalNetworkPolicy//x", "x", ""]
    {
        assert!(!unknown.is_backstop(&fleet, other), "{other}");
    }
    let settle =
        |verdicts: &mut Verdicts, policy| verdicts.settle(&fleet, (Said::Unsaid, Some(policy)), None, (None, None));
    assert_eq!(settle(&mut unknown, "CalicoNetworkPolicy/bank/s-ledger-backstop"), Unpermitted);
    assert_eq!(settle(&mut unknown, "CalicoNetworkPolicy/bank/allow-dns"), Permitted);
    assert_eq!(settle(&mut unknown, "Profile//kns.bank"), Unknown, "whether a staged policy is there, nobody said");
}

/// A source knows nothing of policies that are data.
#[test]
fn what_a_source_let_through_is_asked_for_where_a_policy_is_data() {
    let fleet = fleet();
    for (policies, expected) in [(OBSERVE, Unpermitted), (AUDIT, Permitted), (STAGED, Permitted)] {
        let mut verdicts = verdicts(&[policies]);
        let (kyc, mut ledger) = (worn("service.kyc"), worn("service.ledger"));
        ledger.insert("bank.example/network-policy".to_owned(), "staged".to_owned());
        let caller = verdicts.classify(who("bank", &kyc));
        let callee = verdicts.classify(who("bank", &ledger));
        assert_eq!(verdicts.is_guarded_by_data(callee), policies == OBSERVE);
        let ask = Ask { caller, callee, port: 8080, protocol: Protocol::TCP };
        assert_eq!(verdicts.settle(&fleet, (Said::Permitted, None), Some(ask), (None, None)), expected);
    }
}

#[test]
fn nothing_is_told_before_all_policies_are() {
    let mut policies = Policies::default();
    policies.set("a", AUDIT);
    let mut verdicts = Verdicts::new(policies);
    let (emoji, ledger) = (worn("service.emoji"), worn("service.ledger"));
    assert_eq!(ask(&mut verdicts, who("bank", &emoji), who("bank", &ledger), 8080), Unknown);
    verdicts.change(Policies::complete);
    assert_eq!(ask(&mut verdicts, who("bank", &emoji), who("bank", &ledger), 8080), Permitted);
}

/// What another policy of Calico's let in is permitted for all that is known while policies are not. Once they are, a staged one may stop it.
#[test]
fn what_a_policy_let_in_is_asked_for_as_soon_as_all_are_known() {
    let fleet = fleet();
    let mut verdicts = verdicts(&[STAGED]);
    let (kyc, mut ledger) = (worn("service.kyc"), worn("service.ledger"));
    ledger.insert("bank.example/network-policy".to_owned(), "staged".to_owned());
    for (is_known, expected) in [(true, Unpermitted), (false, Permitted), (true, Unpermitted)] {
        verdicts.change(if is_known { Policies::complete } else { Policies::incomplete });
        let (caller, callee) = (verdicts.classify(who("bank", &kyc)), verdicts.classify(who("bank", &ledger)));
        let ask = Ask { caller, callee, port: 8080, protocol: Protocol::TCP };
        let said = (Said::Unsaid, Some("CalicoNetworkPolicy/bank/allow-dns"));
        assert_eq!(verdicts.settle(&fleet, said, Some(ask), (None, None)), expected, "{is_known}");
    }
}

#[test]
fn a_policy_that_is_not_understood_makes_its_pods_unknown_and_no_others() {
    let (kyc, ledger, emoji) = (worn("service.kyc"), worn("service.ledger"), worn("service.emoji"));
    // It selects the ledger's pods and asks for what is not modelled.
    let odd = r#"
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: odd, namespace: bank}
spec: {selector: "bank.example/routing-name == 'service.ledger'", types: [Ingress], ingress: [{action: Allow, http: {methods: [GET]}}]}
"#;
    let broken = r#"{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"x","namespace":"dmz"},"spec":{"podSelector":5}}"#;
    let nowhere = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: [";
    for (text, at_ledger, at_kyc, in_dmz) in [
        (odd, Unknown, Unpermitted, Permitted),
        (broken, Permitted, Unpermitted, Unknown),
        (nowhere, Unknown, Unknown, Unknown),
    ] {
        let mut verdicts = verdicts(&[AUDIT]);
        verdicts.change(|policies| policies.set("odd", text));
        assert!(verdicts.faults().iter().any(|fault| fault.key == "odd"), "{text}");
        let mut asked =
            |namespace: &str, labels: &Labels| ask(&mut verdicts, who("bank", &emoji), who(namespace, labels), 8080);
        let told = (asked("bank", &ledger), asked("bank", &kyc), asked("dmz", &ledger));
        assert_eq!(told, (at_ledger, at_kyc, in_dmz), "{text}");
        verdicts.change(|policies| policies.remove("odd"));
        assert!(verdicts.faults().is_empty());
        assert_eq!(ask(&mut verdicts, who("bank", &emoji), who("bank", &ledger), 8080), Permitted);
    }
}

/// A tier comes after the policy that is in it.
#[test]
fn a_policy_is_understood_when_its_tier_comes() {
    let policy = r#"{"apiVersion":"projectcalico.org/v3","kind":"NetworkPolicy","metadata":{"name":"early.x","namespace":"bank"},
        "spec":{"tier":"early","selector":"all()","types":["Ingress"],"ingress":[{"action":"Deny","source":{"selector":"bank.example/routing-name == 'service.kyc'"}},{"action":"Pass"}]}}"#;
    let tier = r#"{"apiVersion":"projectcalico.org/v3","kind":"Tier","metadata":{"name":"early"},"spec":{"order":10}}"#;
    let (kyc, ledger) = (worn("service.kyc"), worn("service.ledger"));
    let mut verdicts = verdicts(&[AUDIT]);
    verdicts.change(|policies| policies.set("policy", policy));
    assert_eq!(ask(&mut verdicts, who("bank", &kyc), who("bank", &ledger), 8080), Unknown);
    verdicts.change(|policies| policies.set("tier", tier));
    assert!(verdicts.faults().is_empty(), "{:?}", verdicts.faults());
    assert_eq!(ask(&mut verdicts, who("bank", &kyc), who("bank", &ledger), 8080), Dropped);
    verdicts.change(|policies| policies.remove("tier"));
    assert_eq!(ask(&mut verdicts, who("bank", &kyc), who("bank", &ledger), 8080), Unknown);
}

#[test]
fn blocks_namespaces_and_names_of_ports_count() {
    let policy = r#"
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ledger, namespace: bank}
spec:
  podSelector: {matchLabels: {bank.example/routing-name: service.ledger}}
  ingress:
    - from:
        - ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.128/25]}
        - ipBlock: {cidr: "2001:db8::/32"}
      ports: [{port: export}]
    - from: [{namespaceSelector: {matchLabels: {team: risk}}}]
"#;
    let fleet = fleet();
    let service = fleet.service(fleet.named("service.ledger").unwrap());
    let mut verdicts = verdicts(&[policy]);
    let ledger = worn("service.ledger");
    let none = Labels::new();
    let callee = Who::Pod { namespace: "bank", labels: &ledger, address: None, service };
    let mut from = |address: &str, port| {
        let address: IpAddr = address.parse().unwrap();
        ask(&mut verdicts, Who::Address(address), callee, port)
    };
    assert_eq!(from("192.0.2.5", 8090), Permitted);
    assert_eq!(from("192.0.2.5", 8080), Dropped, "`export` is 8090 in the catalogue");
    assert_eq!(from("192.0.2.200", 8090), Dropped, "left out");
    assert_eq!(from("198.51.100.1", 8090), Dropped);
    assert_eq!(from("2001:db8::5", 8090), Permitted);
    assert_eq!(from("2001:db9::5", 8090), Dropped);
    // A pod in a block is as good as an address in it.
    let inside = Who::Pod { namespace: "x", labels: &none, address: "192.0.2.7".parse().ok(), service: None };
    assert_eq!(ask(&mut verdicts, inside, callee, 8090), Permitted);
    assert_eq!(ask(&mut verdicts, who("x", &none), callee, 8090), Dropped);
    // By the labels of its namespace, when they are told.
    assert_eq!(ask(&mut verdicts, who("fraud", &none), callee, 1), Dropped);
    verdicts.change(|policies| policies.set_namespace("fraud", labels(&[("team", "risk")])));
    assert_eq!(ask(&mut verdicts, who("fraud", &none), callee, 1), Permitted);
    verdicts.change(|policies| policies.set_namespace("fraud", labels(&[("team", "other")])));
    assert_eq!(ask(&mut verdicts, who("fraud", &none), callee, 1), Dropped);
    verdicts.change(|policies| policies.remove_namespace("fraud"));
    assert_eq!(ask(&mut verdicts, who("fraud", &none), callee, 1), Dropped);
}

#[test]
fn what_a_policy_says_has_a_digest_and_what_others_write_beside_it_changes_nothing() {
    let policy = |spec: &str, version: u32| {
        format!(
            r#"{{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{{"name":"l","namespace":"bank","resourceVersion":"{version}"}},
            "spec":{{"podSelector":{{"matchLabels":{{"bank.example/routing-name":"service.ledger"}}}},"ingress":[{spec}]}}}}"#
        )
    };
    let ledger = worn("service.ledger");
    let mut verdicts = verdicts(&[]);
    let mut digest = |text: Option<String>| {
        verdicts.change(|policies| match text {
            Some(text) => policies.set("l", &text),
            None => policies.remove("l"),
        });
        let class = verdicts.classify(who("bank", &ledger));
        verdicts.judged_by(class)
    };
    assert_eq!(digest(None), None);
    let first = digest(Some(policy("", 1))).unwrap();
    assert!(first.starts_with("sha256:") && first.len() == 71, "{first}");
    assert_eq!(digest(Some(policy("", 2))).as_ref(), Some(&first));
    assert_ne!(digest(Some(policy("{}", 3))).as_ref(), Some(&first));
    assert_eq!(digest(Some(policy("", 4))), Some(first));
}

/// More kinds of callers than are kept apart: all are answered, and what is kept is bounded.
#[test]
fn more_classes_than_are_kept_begin_anew() {
    let mut verdicts = verdicts(&[AUDIT]);
    let ledger = worn("service.ledger");
    let first = verdicts.classify(who("bank", &ledger));
    let mut stale = 0;
    for number in 0..MAX_CLASSES + 10 {
        let name = format!("n{number}");
        let none = Labels::new();
        let caller = verdicts.classify(who(&name, &none));
        stale += usize::from(!verdicts.is_current(first) && verdicts.is_current(caller));
    }
    assert!(stale > 0);
    assert_eq!(verdicts.verdict(Ask { caller: first, callee: first, port: 1, protocol: Protocol::TCP }), None);
    assert_eq!(ask(&mut verdicts, who("n1", &Labels::new()), who("bank", &ledger), 8080), Unpermitted);
}

/// The texts that a watch may bring, and what it may do with them.
const TEXTS: [&str; 6] =
    [AUDIT, ENFORCE, STAGED, OBSERVE, "{apiVersion: v1, kind: Namespace, metadata: {name: bank}}", "nonsense: ["];

proptest! {
    #![proptest_config(crate::cases::cases(24))]

    /// What is remembered is what would be answered anew, after any change.
    #[test]
    fn remembered_verdicts_are_those_of_the_policies_as_they_are(
        changes in prop::collection::vec((0usize..4, prop::option::of(0usize..TEXTS.len())), 1..8),
    ) {
        let services = ["service.emoji", "service.kyc", "service.ledger", "service.metrics"];
        let mut kept = Verdicts::new({
            let mut policies = Policies::default();
            policies.complete();
            policies
        });
        let mut texts: [Option<usize>; 4] = [None; 4];
        for (slot, text) in changes {
            texts[slot] = text;
            kept.change(|policies| match text {
                Some(text) => policies.set(slot.to_string(), TEXTS[text]),
                None => policies.remove(&slot.to_string()),
            });
            let mut fresh = Verdicts::new({
                let mut policies = Policies::default();
                for (slot, text) in texts.iter().enumerate() {
                    if let Some(text) = text {
                        policies.set(slot.to_string(), TEXTS[*text]);
                    }
                }
                policies.complete();
                policies
            });
            for caller in services {
                for callee in services {
                    for port in [8080, 9999] {
                        let (from, to) = (worn(caller), worn(callee));
                        // Twice: once decided, once remembered.
                        let first = ask(&mut kept, who("bank", &from), who("bank", &to), port);
                        prop_assert_eq!(first, ask(&mut kept, who("bank", &from), who("bank", &to), port));
                        prop_assert_eq!(first, ask(&mut fresh, who("bank", &from), who("bank", &to), port));
                    }
                }
            }
        }
    }
}

/// `Fleet` has to be there for the verdicts of sources; whatever they name, nothing panics.
#[test]
fn names_of_policies_may_be_anything() {
    let fleet: Fleet = fleet();
    let mut verdicts = verdicts(&[AUDIT]);
    for policy in [
        "",
        "/",
        "//",
        "CalicoNetworkPolicy",
        "CalicoNetworkPolicy/",
        "CalicoNetworkPolicy//",
        "CalicoNetworkPolicy/\u{0}/é/x",
    ] {
        assert!(!verdicts.is_backstop(&fleet, policy));
    }
}
