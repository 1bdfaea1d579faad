//! Rule counters: what was counted between two dumps is what was called between them.

use crate::support::{file, plain_or_gz, read, shared, testdata};
use hedgerow_observe::{Direction, Format, Notice, PolicyKind, Record, Role, RuleAction, RuleCounter, Step, Tables};
use serde_json::Value;
use std::collections::BTreeMap;

fn format(name: &str) -> Format {
    if name.ends_with(".nft.json") {
        Format::NftJson
    } else if name.ends_with(".nft.txt") {
        Format::Nft
    } else {
        Format::IptablesSave
    }
}

fn counters(format: Format, bytes: &[u8], name: &str) -> Vec<RuleCounter> {
    let (records, tally) = read(format, bytes);
    assert_eq!(tally.not_understood(), 0, "{name}: {tally:?}");
    assert!(tally.notices.is_empty(), "{name}: {tally:?}");
    assert_eq!(tally.records, records.len() as u64, "{name}");
    records
        .into_iter()
        .map(|record| match record {
            Record::Counter(counter) => counter,
            other => panic!("{name}: {other:?}"),
        })
        .collect()
}

/// Packets per (kind, name) that a policy's rules allowed, from all rules that allow.
fn allowed(counters: &[RuleCounter]) -> BTreeMap<(PolicyKind, Option<String>, String), u64> {
    let mut sums = BTreeMap::new();
    for counter in counters {
        if let Role::Policy { policy: Some(policy), direction: Direction::Ingress, .. } = &counter.role
            && counter.action == RuleAction::Allow
        {
            *sums.entry((policy.kind.clone(), policy.namespace.clone(), policy.name.clone())).or_default() +=
                counter.packets;
        }
    }
    sums
}

/// Packets that a pod's end of tier dropped.
fn dropped(counters: &[RuleCounter], interface: &str) -> u64 {
    let ends: Vec<&RuleCounter> = counters
        .iter()
        .filter(|counter| {
            matches!(&counter.role, Role::Endpoint { interface: at, direction: Direction::Ingress, step: Step::EndOfTier(_), .. } if &**at == interface)
        })
        .collect();
    assert_eq!(ends.len(), 1, "{interface} has one end of tier");
    assert_eq!(ends[0].action, RuleAction::Deny);
    ends[0].packets
}

/// Packets that a pod's chain let through because of the policies.
fn accepted(counters: &[RuleCounter], interface: &str) -> u64 {
    counters
        .iter()
        .filter(|counter| {
            matches!(&counter.role, Role::Endpoint { interface: at, direction: Direction::Ingress, step: Step::Accepted(via), .. } if &**at == interface && via.is_some())
        })
        .map(|counter| counter.packets)
        .sum()
}

fn check(name: &str, before: &[RuleCounter], after: &[RuleCounter], calls: &Value, ledger: &str, kyc: &str) {
    let called = |expected: &dyn Fn(&str) -> bool, to: &str| -> u64 {
        calls["calls"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|call| call["dst"] == to && expected(call["expected"].as_str().unwrap()))
            .map(|call| call["n"].as_u64().unwrap())
            .sum()
    };
    let by_rule = called(&|expected| expected == "permitted by rule", "bank/service-ledger");
    let by_type = called(&|expected| expected == "permitted by type", "bank/service-ledger");
    let not = called(&|expected| expected.starts_with("not permitted"), "bank/service-ledger");
    let kyc_not = called(&|expected| expected.contains("not permitted"), "bank/service-kyc");
    assert!(by_rule > 0 && by_type > 0 && not > 0 && kyc_not > 0, "{name}");

    let (first, last) = (allowed(before), allowed(after));
    let delta = |kind: PolicyKind, namespace: Option<&str>, policy: &str| {
        let key = (kind, namespace.map(str::to_owned), policy.to_owned());
        last.get(&key).unwrap_or_else(|| panic!("{name}: {key:?} is missing in {last:?}"))
            - first.get(&key).copied().unwrap_or_default()
    };
    assert_eq!(delta(PolicyKind::KubernetesNetworkPolicy, Some("bank"), "s-ledger"), by_rule, "{name}");
    assert_eq!(delta(PolicyKind::GlobalNetworkPolicy, None, "catch-all-core"), by_type, "{name}");
    let at_ends = dropped(after, ledger) - dropped(before, ledger);
    let through = accepted(after, ledger) - accepted(before, ledger);
    if name.contains("audit") {
        assert_eq!(delta(PolicyKind::CalicoNetworkPolicy, Some("bank"), "s-ledger"), not, "{name}");
        assert_eq!(delta(PolicyKind::CalicoNetworkPolicy, Some("bank"), "s-kyc"), kyc_not, "{name}");
        assert_eq!((at_ends, through), (0, by_rule + by_type + not), "{name}");
    } else {
        // A dropped call sends its SYN again.
        assert!(at_ends >= not, "{name}: {at_ends} of {not}");
        assert!(dropped(after, kyc) - dropped(before, kyc) >= kyc_not, "{name}");
        assert_eq!(through, by_rule + by_type, "{name}");
    }
}

#[test]
fn the_sums_are_the_calls_that_were_made() {
    let mut checked = 0;
    for entry in std::fs::read_dir(testdata().join("counters")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(base) = name.strip_suffix(".calls.json") else { continue };
        let calls: Value = serde_json::from_slice(&file(&format!("counters/{name}"))).unwrap();
        let kind = if base.contains("-nft-") { "nft.json" } else { "iptables-save-c" };
        let [before, after] = ["before", "after"].map(|when| {
            let name = format!("counters/{base}.{when}.{kind}");
            counters(format(&name), &file(&name), &name)
        });
        let (ledger, kyc) = (calls["callee_interface"].as_str().unwrap(), calls["second_interface"].as_str().unwrap());
        check(base, &before, &after, &calls, ledger, kyc);
        checked += 1;
    }
    assert!(checked >= 12, "{checked} scenarios");
}

/// The same over whole dumps, where they are at hand.
#[test]
fn the_sums_of_whole_dumps_are_the_calls_that_were_made() {
    let Some(shared) = shared() else { return };
    let dumps = shared.join("felix/dumps");
    let mut checked = 0;
    for entry in std::fs::read_dir(&dumps).unwrap() {
        let path = entry.unwrap().path();
        let Some(base) = path.file_name().unwrap().to_str().unwrap().strip_suffix(".calls.json").map(str::to_owned)
        else {
            continue;
        };
        let calls: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let interface = |service: &str| {
            let pods = calls["pods"].as_object().unwrap();
            pods.iter().find(|(name, _)| name.starts_with(service)).unwrap().1["iface"].as_str().unwrap().to_owned()
        };
        let kind = if base.contains("-nft-") { "nft.json" } else { "iptables-save-c" };
        let [before, after] = ["before", "after"].map(|when| {
            let name = format!("{base}.{when}.{kind}");
            counters(format(&name), &plain_or_gz(&dumps.join(&name)).unwrap(), &name)
        });
        check(&base, &before, &after, &calls, &interface("bank/service-ledger"), &interface("bank/service-kyc"));
        if kind == "nft.json" {
            // The text says the same as the JSON.
            let text = plain_or_gz(&dumps.join(format!("{base}.after.nft.txt"))).unwrap();
            assert_eq!(counters(Format::Nft, &text, &base), after, "{base}");
        }
        checked += 1;
    }
    assert!(checked >= 16, "{checked} scenarios");
}

/// One dump by netlink holds what `iptables-save` and `nft -j` print of the two tables.
#[test]
fn netlink_says_what_the_programs_print() {
    let (records, tally) = read(Format::RulesNetlink, &file("counters/rules.nl.bin"));
    assert_eq!(tally.not_understood(), 0, "{tally:?}");
    assert_eq!(tally.notices.get(&Notice::BothTables), Some(&1), "both tables are there");
    let (iptables, nftables): (Vec<RuleCounter>, Vec<RuleCounter>) = records
        .into_iter()
        .map(|record| match record {
            Record::Counter(counter) => counter,
            other => panic!("{other:?}"),
        })
        .partition(|counter| counter.tables == Tables::Iptables);
    let printed = counters(Format::IptablesSave, &file("counters/rules.iptables-save-c"), "rules.iptables-save-c");
    assert!(printed.len() > 80, "{}", printed.len());
    assert_eq!(sorted(iptables), sorted(printed));
    let printed = counters(Format::NftJson, &file("counters/rules.nft.json"), "rules.nft.json");
    assert!(printed.len() > 80, "{}", printed.len());
    assert_eq!(sorted(nftables), sorted(printed));
}

/// Programs list chains in different orders.
fn sorted(mut counters: Vec<RuleCounter>) -> Vec<RuleCounter> {
    counters.sort_by(|a, b| (&a.chain, a.position).cmp(&(&b.chain, b.position)));
    counters
}
