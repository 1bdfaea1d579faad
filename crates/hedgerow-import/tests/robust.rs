//! No text makes a reader panic, and it says the same each time: any text, and samples that are cut and mixed.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{Fleet, Service, plan};
use hedgerow_core::plan::Plan;
use hedgerow_core::source::Sources;
use hedgerow_import::{Many, Options, Source, import};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::LazyLock;

static PLAN: LazyLock<Plan> = LazyLock::new(|| {
    let mut fleet = Fleet::new(&["bank"]);
    for name in ["a", "b"] {
        let metadata = format!("ports: [{{name: http, port: 8080}}]\nworkloads: [\"*/{name}\"]\n");
        fleet.services.push(Service {
            namespace: "bank".to_owned(),
            metadata,
            ..Service::new(&format!("service.{name}"))
        });
    }
    plan(&fleet)
});

/// Pieces of all formats.
const PIECES: [&str; 30] = [
    "apiVersion: k8s.otterize.com/v2beta1\nkind: ClientIntents\nmetadata: {name: a}\nspec: ",
    "{workload: {name: a}, targets: [{kubernetes: {name: b}}, {internet: {}}, {kafka: null}, 3]}\n",
    "{service: {name: a, calls: 7}, calls: [{name: b.}, {name: .bank}, {name: 'svc:'}, null]}\n",
    "---\n",
    "apiVersion: nais.io/v1alpha1\nkind: Application\nmetadata: {name: b, namespace: bank}\nspec: ",
    "{accessPolicy: {inbound: {rules: [{application: a}, {application: '*'}, {}, 1]}, outbound: []}}\n",
    "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p, namespace: bank}\nspec: ",
    "{rules: [{from: [{source: {principals: ['*', x/ns//sa/, '']}}], to: [{operation: {ports: ['0', x, 99999]}}]}]}\n",
    "{action: DENY, rules: [{}], selector: {matchLabels: 3}, targetRefs: [{kind: Service, name: b}, 1]}\n",
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: bank}\nspec: ",
    "{podSelector: {}, ingress: [{from: [{podSelector: {}}, {ipBlock: {cidr: '::/0'}}]}]}\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a-0, namespace: bank, labels: {app: a}}\nspec: {containers: []}\n",
    "[{\"src\": \"bank/a[Deployment]\", \"dst\": \"bank/b[Pod]\", \"conn\": \"TCP 80,UDP\"}",
    ", {\"src\": \"/[]\", \"dst\": \"[\", \"conn\": \",\"}",
    "]",
    "{\"connlist_results\": 1, \"exposure_results\": {\"ingress_exposure\": [{}]}}",
    "caller,callee\n",
    "a,b,8080 9-3 udp/53,\"x\ny\"\n",
    "\"",
    ",",
    "\r\n",
    "a",
    "b",
    "*",
    "-",
    "\u{feff}",
    "\u{0}",
    "{{ .Values.x }}",
    "&x [*x]",
    "? !!binary x\n",
];

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), vec(select(&PIECES[..]), 0..12).prop_map(|pieces| pieces.concat())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_to_its_end(text in texts(), cut in any::<prop::sample::Index>()) {
        let at = (0..=cut.index(text.len() + 1)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        for text in [text.as_str(), &text[..at]] {
            let mut texts = Sources::default();
            texts.add("in", text);
            for source in Source::ALL {
                for many in [Many::Suggest, Many::Each] {
                    let options = Options { namespace: "bank".to_owned(), many };
                    let imported = import(&PLAN, *source, &texts, &options);
                    let again = import(&PLAN, *source, &texts, &options);
                    prop_assert_eq!((&imported.rules, &imported.leftovers), (&again.rules, &again.leftovers));
                    for rule in &imported.rules {
                        prop_assert!(rule.caller != rule.callee && !rule.reason.chars().any(char::is_control), "{:?}", rule);
                    }
                    for leftover in &imported.leftovers {
                        prop_assert!(!leftover.text.chars().any(char::is_control), "{:?}", leftover);
                        prop_assert!(leftover.place.line <= text.lines().count() + 1, "{:?}", leftover);
                    }
                }
            }
        }
    }
}
