//! What is there already stays, and what two places say of one pair is one rule.

use super::{assert_of, bank, imported};
use hedgerow_import::{Many, Source};

#[test]
fn rules_that_are_there_are_left_alone() {
    let mut fleet = bank();
    fleet.services[2].rules.insert("service.ledger".to_owned(), "ports: [http]\n".to_owned());
    fleet.services[2].rules.insert("service.card".to_owned(), String::new());
    let text = "emoji,ledger,http\nemoji,card\n";
    let there = imported(&fleet, Source::Csv, text, Many::Suggest);
    assert_of(&there, &[], &[]);
    assert_eq!(there.present.len(), 2);
    let more = imported(&fleet, Source::Csv, "emoji,ledger,http\nemoji,ledger,admin\n", Many::Suggest);
    assert_of(
        &more,
        &[],
        &[
            "rule-differs: `service.emoji` → `service.ledger`: the rule file that is there permits less than all ports @ in:1",
        ],
    );
}

#[test]
fn what_an_allow_entry_permits_needs_no_rule() {
    let mut fleet = bank();
    fleet.services[3].metadata.push_str("allow: [{from: {namespace: bank}}]\n");
    let imported = imported(&fleet, Source::Csv, "emoji,ledger\nshop,ledger,admin\n", Many::Suggest);
    assert_of(&imported, &["service.shop → service.ledger [admin]: imported from in"], &[]);
    assert_eq!(imported.present.len(), 1);
}

#[test]
fn one_pair_is_one_rule_with_all_its_ports_reasons_and_places() {
    let imported = imported(&bank(), Source::Csv, "emoji,ledger,http,b\nemoji,ledger,9901,a\n", Many::Suggest);
    assert_of(&imported, &["service.emoji → service.ledger: a; b"], &[]);
    let lines: Vec<_> = imported.rules[0].places.iter().map(|place| place.line).collect();
    assert_eq!(lines, [1, 2]);
}

#[test]
fn a_workload_that_two_services_claim_is_nobodys() {
    let mut fleet = bank();
    fleet.services[0].metadata = "workloads: [\"*/ledger\"]\n".to_owned();
    let text = "emoji,bank/ledger\n";
    assert_of(
        &imported(&fleet, Source::Csv, text, Many::Suggest),
        &[],
        &["ambiguous: `bank/ledger` may be any of service.card and service.ledger @ in:1"],
    );
}
