//! The catalogue as an index.

use crate::world::{CATALOGUE, fleet, labels, worn};
use hedgerow_core::policy::Stage;
use hedgerow_observe::fleet::{Fleet, Forgery, MAX_CATALOGUE, Whose};
use proptest::prelude::*;

#[test]
fn services_are_found_by_namespace_and_labels() {
    let fleet = fleet();
    let ledger = fleet.named("service.ledger").unwrap();
    assert_eq!(fleet.whose("bank", &worn("service.ledger")), Whose::Service(ledger));
    assert_eq!(fleet.whose("dmz", &worn("service.ledger")), Whose::Nobody, "it lives in another namespace");
    assert_eq!(fleet.whose("bank", &labels(&[("app", "ledger")])), Whose::Nobody);
    let service = fleet.service(ledger).unwrap();
    assert_eq!((service.owner.as_deref(), service.stage), (Some("money"), Some(Stage::Audit)));
    let ports: Vec<_> = service.ports.iter().map(|port| (port.name.as_deref(), port.number)).collect();
    assert_eq!(ports, [(Some("http"), 8080), (Some("export"), 8090)]);
    assert_eq!(fleet.environment(), Some("prod"));
    assert!(fleet.digest().starts_with("sha256:"));
}

#[test]
fn rules_have_their_files_and_new_ones_a_place() {
    let fleet = fleet();
    let id = |name| fleet.named(name).unwrap();
    let edge = fleet.edge(id("service.emoji"), id("service.ledger")).unwrap();
    assert_eq!(edge.file, "service.emoji/egress/service.ledger.rule");
    assert_eq!(edge.ports.as_deref(), Some(&["http".to_owned()][..]));
    assert_eq!(fleet.edge(id("service.ledger"), id("service.emoji")), None);
    assert_eq!(fleet.edges().count(), 1);
    let file = |from, to| fleet.file_to_add(id(from), id(to)).unwrap();
    assert_eq!(file("service.emoji", "service.kyc"), "service.emoji/egress/service.kyc.rule");
    assert_eq!(file("service.kyc", "service.ledger"), "service.kyc/egress/service.ledger.rule");
    assert!(fleet.permits_type("monitoring", "core") && !fleet.permits_type("core", "core"));
    // Rules that lie in another place: new ones go beside them.
    let elsewhere = CATALOGUE.replace("service.emoji/egress/", "money/emoji/manifests/egress/");
    let fleet = Fleet::read("c", &elsewhere, None).fleet.unwrap();
    let file = fleet.file_to_add(fleet.named("service.emoji").unwrap(), fleet.named("service.kyc").unwrap());
    assert_eq!(file.as_deref(), Some("money/emoji/manifests/egress/service.kyc.rule"));
}

/// Pods that could be of two services are of none.
#[test]
fn a_pod_that_two_services_select_is_of_no_service() {
    let both = CATALOGUE.replace(
        r#"{"bank.example/routing-name":"service.kyc"}"#,
        r#"{"bank.example/service-type":"core","bank.example/network-policy":"true"}"#,
    );
    let fleet = Fleet::read("c", &both, None).fleet.unwrap();
    let expected = Whose::Several(vec![fleet.named("service.kyc").unwrap(), fleet.named("service.ledger").unwrap()]);
    assert_eq!(fleet.whose("bank", &worn("service.ledger")), expected);
}

#[test]
fn labels_that_no_rule_gives_are_forged() {
    let fleet = fleet();
    let forged = |namespace: &str, service: &str, more: &[(&str, &str)]| {
        let mut all = if service.is_empty() { labels(&[]) } else { worn(service) };
        all.extend(labels(more));
        fleet.forged(namespace, &all).into_iter().map(|it| (it.key, it.why)).collect::<Vec<_>>()
    };
    let key = |name: &str| format!("bank.example/{name}");
    assert_eq!(forged("bank", "service.emoji", &[]), [], "its rule gives it the label");
    let http = "bank.example/egress-s-ledger.http";
    assert_eq!(forged("bank", "service.kyc", &[(http, "true")]), [(key("egress-s-ledger.http"), Forgery::NoRule)]);
    let all = "bank.example/egress-s-ledger";
    assert_eq!(forged("bank", "service.emoji", &[(all, "true")]), [(key("egress-s-ledger"), Forgery::NoRule)]);
    assert_eq!(forged("bank", "", &[(all, "true")]), [(key("egress-s-ledger"), Forgery::NoService)]);
    let kind = "bank.example/service-type";
    assert_eq!(forged("bank", "service.kyc", &[(kind, "monitoring")]), [(key("service-type"), Forgery::OtherType)]);
    assert_eq!(forged("bank", "", &[(kind, "monitoring")]), [(key("service-type"), Forgery::NoService)]);
    let name = "bank.example/routing-name";
    assert_eq!(forged("dmz", "", &[(name, "service.ledger")]), [(key("routing-name"), Forgery::NotThere)]);
    assert_eq!(forged("bank", "", &[(name, "service.brand-new")]), [], "the catalogue may be older than the service");
    assert_eq!(forged("bank", "service.kyc", &[("app", "x"), ("other.example/egress-s-ledger", "true")]), []);
    // Without the rules nobody knows which labels a service's pods may wear.
    let without = &CATALOGUE[..CATALOGUE.find(",\n  \"rules\"").unwrap()];
    let fleet = Fleet::read("c", &format!("{without}\n}}\n"), None).fleet.unwrap();
    assert!(!fleet.has_rules());
    let mut kyc = worn("service.kyc");
    kyc.insert(http.to_owned(), "true".to_owned());
    assert_eq!(fleet.forged("bank", &kyc), []);
}

#[test]
fn a_text_that_is_no_catalogue_gives_no_fleet_and_the_reason() {
    for text in ["", "{}", "[1,2", "\0", "version: 2\n", "a: b\n"] {
        let reading = Fleet::read("c.json", text, None);
        assert!(reading.fleet.is_none() && reading.diagnostics.iter().any(|it| it.is_error()), "{text:?}");
    }
    let long = " ".repeat(MAX_CATALOGUE + 1);
    assert!(Fleet::read("c.json", &long, None).fleet.is_none());
    // A digest of other content is said, and what stands there holds.
    let edited = CATALOGUE.replacen(
        "\"version\": 1,",
        &format!("\"version\": 1,\n  \"digest\": \"sha256:{}\",", "0".repeat(64)),
        1,
    );
    let reading = Fleet::read("c.json", &edited, None);
    assert!(reading.fleet.is_some() && reading.diagnostics.len() == 1, "{:?}", reading.diagnostics);
}

proptest! {
    /// Cut and changed anywhere: no panic, and what is read is sound in itself.
    #[test]
    fn hostile_catalogues_are_read_or_refused(
        cut in 0usize..CATALOGUE.len(),
        changes in prop::collection::vec((0usize..CATALOGUE.len(), prop::sample::select(vec!["\"", "{", "}", "[", ":", ",", "\u{0}", "é", "9", "\n"])), 0..4),
        is_cut in any::<bool>(),
    ) {
        let mut text = CATALOGUE.to_owned();
        for (at, with) in changes {
            // One character, whole: the one before may have been changed already.
            let from = (0..=at.min(text.len() - 1)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let to = (from + 1..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
            text.replace_range(from..to, with);
        }
        if is_cut {
            text.truncate((0..=cut).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0));
        }
        let reading = Fleet::read("c.json", &text, Some("prod"));
        if let Some(fleet) = reading.fleet {
            for id in fleet.ids() {
                let service = fleet.service(id).unwrap();
                prop_assert_eq!(fleet.named(&service.name), Some(id));
                let whose = fleet.whose(&service.namespace, &service.labels);
                let is_its_own = match whose {
                    Whose::Service(found) => found == id,
                    Whose::Several(found) => found.contains(&id),
                    Whose::Nobody => false,
                };
                prop_assert!(is_its_own, "{:?}", service);
            }
        } else {
            prop_assert!(!reading.diagnostics.is_empty());
        }
    }
}
