//! What is there already stays, and what two places say of one pair is one rule.

use super::policies::{deployment, policy};
use super::{assert_of, bank, imported, leftover};
use hedgerow_import::{Many, Source, Why};

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
fn ports_that_no_rule_opens_alone_are_told() {
    let told = |declares: &str, ports: &str| {
        let mut fleet = bank();
        fleet.services[3].metadata = format!("ports: [{declares}]\nworkloads: [\"*/ledger\"]\n");
        let policy = policy(&format!(
            "ingress: [{{from: [{{podSelector: {{matchLabels: {{app: emoji}}}}}}], ports: [{ports}]}}]"
        ));
        let pods = ["ledger", "emoji"].map(|name| deployment(name, "bank"));
        let all = imported(&fleet, Source::Policies, &(policy + &pods.concat()), Many::Suggest).leftovers;
        let all = all.into_iter().filter(|it| it.why == Why::PartOfPort);
        all.map(|it| it.text).collect::<Vec<_>>().join("\n")
    };
    let text = |ports: &str| {
        format!(
            "`service.emoji` → `service.ledger`: `service.ledger` declares {ports} under the same name or number as other ports, which every rule opens as well"
        )
    };
    let twice = "{port: 53}, {port: 53, protocol: UDP}";
    for (declares, ports, expected) in [
        (twice, "{port: 53}", text("TCP 53")),
        (twice, "{port: 53, protocol: UDP}", text("UDP 53")),
        (twice, "{port: 53}, {port: 53, protocol: UDP}", String::new()),
        ("{port: 53}, {port: 54, protocol: UDP}", "{port: 53}", String::new()),
    ] {
        assert_eq!(told(declares, ports), expected, "{declares} {ports}");
    }
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

/// An entry that opens fewer ports than the source permits does not say what it leaves out.
#[test]
fn an_allow_entry_hides_no_port_that_it_does_not_open() {
    let narrow = "; no `allow` entry opens TCP 9999, which `service.ledger` does not declare";
    let entry = "{from: {namespace: ops, pods: {app: cron}}, ports: [http]}";
    let objects = |ports: &str| {
        let ingress = format!(
            "ingress: [{{from: [{{namespaceSelector: {{}}, podSelector: {{matchLabels: {{app: cron}}}}}}], ports: [{ports}]}}]"
        );
        let pods = [("ledger", "bank"), ("cron", "ops")];
        let pods: String = pods.into_iter().map(|(name, namespace)| deployment(name, namespace)).collect();
        format!("{}{pods}", policy(&ingress))
    };
    let istio = |ports: &str| {
        format!(
            "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: ledger, namespace: bank}}\nspec: {{selector: {{matchLabels: {{app: ledger}}}}, rules: [{{from: [{{source: {{namespaces: [market]}}}}], to: [{{operation: {{ports: [{ports}]}}}}]}}]}}\n---\n{}",
            deployment("ledger", "bank")
        )
    };
    let all = "{from: {namespaces: any}}";
    for (source, text, allow, left, allowed) in [
        // All of it is said.
        (Source::Policies, objects("{port: 8080}"), entry, None, 1),
        (Source::Policies, objects("{port: 8080}"), all, None, 1),
        (Source::Policies, objects("{port: 8080}, {port: 9999}"), entry, Some(narrow), 0),
        (Source::Policies, objects("{port: 8080}, {port: 9999}"), all, Some(narrow), 0),
        (Source::Policies, objects("{port: 8080}, {port: 9901}, {port: 9999}"), all, Some(narrow), 0),
        (Source::Policies, objects("{port: 9999}"), all, Some(narrow), 0),
        // Who names no port means what is there, as an entry without ports does.
        (Source::Policies, objects("").replace(", ports: []", ""), all, None, 1),
        (Source::Policies, objects("{protocol: TCP}"), all, None, 1),
        (
            Source::Policies,
            objects("{port: 1, endPort: 65534}"),
            all,
            Some("; no `allow` entry opens TCP 1-8079, TCP 8081-9900, TCP 9902-65534, which"),
            0,
        ),
        (Source::Istio, istio("'8080'"), all, None, 1),
        (Source::Istio, istio("'8080', '9999'"), all, Some(narrow), 0),
    ] {
        let import = |allow: &str| {
            let mut fleet = bank();
            fleet.services[3].metadata.push_str(&format!("allow: [{allow}]\n"));
            imported(&fleet, source, &text, Many::Suggest)
        };
        let found = import(allow);
        let told: Vec<_> = found
            .leftovers
            .iter()
            .filter(|it| !matches!(it.why, Why::NoPods | Why::Unguarded | Why::UndeclaredPorts))
            .map(leftover)
            .collect();
        assert_eq!(
            (told.len(), found.allowed.len()),
            (usize::from(left.is_some()), allowed),
            "{allow} {text}{told:#?}"
        );
        if let Some(left) = left {
            assert!(told[0].contains(left) && !told[0].contains('⇒'), "{allow} {text}{told:#?}");
        }
    }
    // One number of the callee's that means more than the source.
    let mut fleet = bank();
    fleet.services[3].metadata = format!(
        "ports: [{{name: http, port: 8080}}, {{port: 53}}, {{port: 53, protocol: UDP}}]\nworkloads: [\"*/ledger\"]\nallow: [{entry}]\n"
    );
    let found = imported(&fleet, Source::Policies, &objects("{port: 8080}, {port: 53}"), Many::Suggest);
    let told: Vec<_> = found.leftovers.iter().map(leftover).filter(|it| it.contains("cron")).collect();
    let alone =
        "no `allow` entry opens TCP 53 alone: `service.ledger` declares more ports under the same name or number";
    assert!(told.len() == 1 && told[0].contains(alone), "{told:#?}");
}
