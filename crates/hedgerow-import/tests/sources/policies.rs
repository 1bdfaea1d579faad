//! Policies in manifests.

use super::{assert_of, bank, imported, leftover};
use hedgerow_import::{Imported, Many, Source, Why};

pub(super) fn deployment(name: &str, namespace: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{containers: []}}}}}}\n---\n"
    )
}

/// A policy for the ledger's pods.
pub(super) fn policy(spec: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: ledger, namespace: bank}}\nspec: {{podSelector: {{matchLabels: {{app: ledger}}}}, {spec}}}\n---\n"
    )
}

fn import(policies: &str, many: Many) -> Imported {
    let pods = [("emoji", "bank"), ("ledger", "bank"), ("shop", "market"), ("cron", "ops")];
    let pods: String = pods.into_iter().map(|(name, namespace)| deployment(name, namespace)).collect();
    let mut imported = imported(&bank(), Source::Policies, &format!("{policies}{pods}"), many);
    // Of the callees that no policy guards, another test tells.
    imported.leftovers.retain(|it| !matches!(it.why.as_str(), "unguarded" | "no-pods"));
    imported
}

const AT: &str = "in:3 NetworkPolicy bank/ledger";

#[test]
fn pods_that_are_let_in_on_some_ports() {
    let imported = import(
        &policy(
            "ingress: [{from: [{podSelector: {matchLabels: {app: emoji}}}], ports: [{port: 8080}]}, {from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: market}}, podSelector: {matchLabels: {app: shop}}}], ports: [{port: 8080}, {port: 9901}]}]",
        ),
        Many::Suggest,
    );
    assert_of(
        &imported,
        &[
            "service.emoji → service.ledger [http]: imported from NetworkPolicy bank/ledger",
            "service.shop → service.ledger: imported from NetworkPolicy bank/ledger",
        ],
        &[],
    );
}

#[test]
fn namespaces_blocks_strangers_and_those_who_are_not_there() {
    let imported = import(
        &policy(
            "ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: market}}}], ports: [{port: 8080}]}, {from: [{ipBlock: {cidr: 10.1.0.0/16}}], ports: [{port: 8080}]}, {from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: cron}}}], ports: [{port: 9901}]}, {from: [{podSelector: {matchLabels: {app: absent}}}], ports: [{port: 8080}]}]",
        ),
        Many::Suggest,
    );
    let left = [
        "outside-caller: `ops/cron` reaches `service.ledger` on TCP 9901 @ {AT} ⇒ {from: {namespace: ops, pods: {app: cron}}, ports: [admin]}",
        "whole-namespace: every pod of namespace `market` reaches `service.ledger` on TCP 8080 @ {AT} ⇒ {from: {namespace: market}, ports: [http]}",
        "addresses: 10.1.0.0/16 reaches `service.ledger` on TCP 8080 @ {AT} ⇒ {from: {cidr: 10.1.0.0/16}, ports: [http]}",
        "no-caller: any pod with `app: absent` in namespace `bank` may call `service.ledger` on TCP 8080 @ {AT} ⇒ {from: {namespace: bank, pods: {app: absent}}, ports: [http]}",
    ]
    .map(|text| text.replace("{AT}", AT));
    assert_of(&imported, &[], &left.each_ref().map(String::as_str));
    let each = import(
        &policy(
            "ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: market}}}], ports: [{port: 8080}]}]",
        ),
        Many::Each,
    );
    assert_eq!(each.rules.iter().filter(|rule| rule.callee.as_str() == "service.ledger").count(), 1);
}

#[test]
fn no_entry_is_printed_that_opens_more_than_the_policy() {
    let card = policy(
        "ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: market}}}], ports: [{port: 8080}]}, {from: [{ipBlock: {cidr: 10.1.0.0/16}}], ports: [{port: 8080}]}, {from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: cron}}}], ports: [{port: 9901}]}, {from: [{podSelector: {matchLabels: {app: absent}}}], ports: [{port: 8080}]}]",
    )
    .replace("ledger", "card");
    let all = card.replace(", ports: [{port: 8080}]", "").replace(", ports: [{port: 9901}]", "");
    let cluster =
        policy("ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 8080}]}]").replace("ledger", "card");
    let hint = "; it declares no ports, so an `allow` entry would open all: declare them first";
    for (text, count, has_entry) in [(&card, 4, false), (&all, 4, true), (&cluster, 1, false)] {
        let imported = import(&format!("{text}{}", deployment("card", "bank")), Many::Suggest);
        assert_eq!(imported.leftovers.len(), count, "{:#?}", imported.leftovers);
        for leftover in &imported.leftovers {
            assert_eq!(
                (leftover.allow.is_some(), !leftover.text.ends_with(hint)),
                (has_entry, has_entry),
                "{leftover:#?}"
            );
        }
    }
}

#[test]
fn a_policy_for_pods_of_no_service_is_told() {
    let of = |name: &str, spec: &str| {
        policy(spec).replace("name: ledger", &format!("name: {name}")).replace("app: ledger", &format!("app: {name}"))
    };
    let lets_in =
        "ingress: [{from: [{podSelector: {matchLabels: {app: emoji}}}], ports: [{port: 8080}, {port: 9901}]}]";
    let imported = import(
        &format!("{}{}{}", of("cache", lets_in), of("ledger", lets_in), deployment("cache", "bank")),
        Many::Suggest,
    );
    assert_of(
        &imported,
        &["service.emoji → service.ledger: imported from NetworkPolicy bank/ledger"],
        &[
            "no-service: NetworkPolicy bank/cache guards `Deployment bank/cache`, of no service: whom it lets in there is not read @ in:3 NetworkPolicy bank/cache",
        ],
    );
    // One for all pods of a namespace is told with the services.
    let everybody = policy(lets_in).replace("podSelector: {matchLabels: {app: ledger}}", "podSelector: {}");
    let imported = import(&format!("{everybody}{}", deployment("cache", "bank")), Many::Suggest);
    assert!(
        imported.leftovers.iter().all(|leftover| leftover.why.as_str() != "no-service"),
        "{:#?}",
        imported.leftovers
    );
}

/// A label that is no name lets in whoever wears it, also where a service's pods wear it today; so do accounts, namespaces and expressions.
#[test]
fn who_is_let_in_by_a_label_is_told_although_a_service_wears_it() {
    let emoji = deployment("emoji", "bank").replace("{app: emoji}", "{app: emoji, door: 'true'}");
    let plain = deployment("emoji", "bank").replace("{app: emoji}", "{who: emoji}");
    let selected = deployment("emoji", "bank")
        .replace("spec: {template", "spec: {selector: {matchLabels: {x: e}}, template")
        .replace("{app: emoji}", "{app: emoji, x: e, door: 'true'}");
    let door = "{podSelector: {matchLabels: {door: 'true'}}}";
    let told = |who: &str, entry: &str| format!("any pod {who} may call `service.ledger` on TCP 8080 ⇒ {entry}");
    for (pods, from, expected) in [
        // By name alone, as its workload's selector has it or as everybody calls it: that is the service.
        (&emoji, "{podSelector: {matchLabels: {app: emoji}}}", None),
        (&selected, "{podSelector: {matchLabels: {x: e}}}", None),
        (&plain, "{podSelector: {matchLabels: {who: emoji}}}", None),
        (&selected, "{podSelector: {matchLabels: {x: e, door: 'true'}}}", None),
        (
            &emoji,
            door,
            Some(told(
                "with `door: true` in namespace `bank`",
                "{from: {namespace: bank, pods: {door: \"true\"}}, ports: [http]}",
            )),
        ),
        (
            &selected,
            door,
            Some(told(
                "with `door: true` in namespace `bank`",
                "{from: {namespace: bank, pods: {door: \"true\"}}, ports: [http]}",
            )),
        ),
        (
            &emoji,
            "{namespaceSelector: {}, podSelector: {matchLabels: {door: 'true'}}}",
            Some(told(
                "with `door: true` in any namespace",
                "{from: {namespaces: any, pods: {door: \"true\"}}, ports: [http]}",
            )),
        ),
        (
            &emoji,
            "{namespaceSelector: {matchLabels: {team: a}}, podSelector: {matchLabels: {door: 'true'}}}",
            Some(told(
                "with `door: true` in any namespace with `team: a`",
                "{from: {namespaces: {labels: {team: a}}, pods: {door: \"true\"}}, ports: [http]}",
            )),
        ),
        (
            &emoji,
            "{podSelector: {matchExpressions: [{key: door, operator: Exists}]}}",
            Some(told("with `door` in namespace `bank`", "no entry")),
        ),
        // Whoever is in a namespace of which there are pods is told as its crowd.
        (&emoji, "{podSelector: {}}, {podSelector: {matchLabels: {door: 'true'}}}", None),
        (
            &emoji,
            "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: later}}}",
            Some(told("in namespace `later`", "{from: {namespace: later}, ports: [http]}")),
        ),
    ] {
        let spec = format!("ingress: [{{from: [{from}], ports: [{{port: 8080}}]}}]");
        let texts = format!("{}{pods}{}", policy(&spec), deployment("ledger", "bank"));
        let imported = imported(&bank(), Source::Policies, &texts, Many::Suggest);
        let told = imported.leftovers.iter().filter(|it| it.why.as_str() == "no-caller");
        let told = told.map(|it| format!("{} ⇒ {}", it.text, it.allow.as_deref().unwrap_or("no entry")));
        assert_eq!(told.collect::<Vec<_>>(), Vec::from_iter(expected), "{from}");
        let is_ruled = imported.rules.iter().any(|rule| rule.caller.as_str() == "service.emoji");
        let is_let_in = !from.contains("namespaceSelector: {match") && !from.contains("podSelector: {}");
        assert_eq!(is_ruled, is_let_in, "{from}");
    }
}

/// An entry asks for what the policy asks, so that it lets in no pods that the policy keeps out; for more only where labels alone do not
/// say what the policy asks.
#[test]
fn an_entry_asks_for_what_the_policy_asks() {
    let labels = "{app: cron, hub-access: 'true', team: ops, pod-template-hash: x}";
    let pods = deployment("cron", "ops").replace("{app: cron}", labels);
    for (selector, expected) in [
        ("{matchLabels: {hub-access: 'true'}}", "{hub-access: \"true\"}"),
        ("{matchExpressions: [{key: team, operator: In, values: [ops, dev]}]}", "{team: ops}"),
        (
            "{matchExpressions: [{key: hub-access, operator: Exists}], matchLabels: {team: ops}}",
            "{hub-access: \"true\", team: ops}",
        ),
        (
            "{matchExpressions: [{key: team, operator: NotIn, values: [dev]}, {key: team, operator: Exists}]}",
            "{team: ops}",
        ),
        // That a label is not there no entry says: the pods are told by their name.
        (
            "{matchExpressions: [{key: guest, operator: DoesNotExist}, {key: team, operator: Exists}]}",
            "{app: cron, team: ops}",
        ),
        ("{matchLabels: {app: cron}}", "{app: cron}"),
    ] {
        let spec = format!(
            "ingress: [{{from: [{{namespaceSelector: {{}}, podSelector: {selector}}}], ports: [{{port: 9901}}]}}]"
        );
        let texts = format!("{}{pods}{}", policy(&spec), deployment("ledger", "bank"));
        let imported = imported(&bank(), Source::Policies, &texts, Many::Suggest);
        let callers = imported.leftovers.iter().filter(|it| it.why.as_str() == "outside-caller");
        let entries: Vec<_> = callers.filter_map(|it| it.allow.as_deref()).collect();
        assert_eq!(entries, [format!("{{from: {{namespace: ops, pods: {expected}}}, ports: [admin]}}")], "{selector}");
    }
}

#[test]
fn everybody_and_anybody() {
    for (from, left) in [
        (
            "from: [{namespaceSelector: {}}], ",
            "whole-cluster: every pod of the cluster reaches `service.ledger` on TCP 8080 @ {AT} ⇒ {from: {namespaces: any}, ports: [http]}",
        ),
        ("", "anybody: anybody reaches `service.ledger` on TCP 8080 @ {AT} ⇒ {from: anybody, ports: [http]}"),
    ] {
        let imported = import(&policy(&format!("ingress: [{{{from}ports: [{{port: 8080}}]}}]")), Many::Suggest);
        assert_of(&imported, &[], &[&left.replace("{AT}", AT)]);
    }
}

#[test]
fn what_leaves_and_what_is_staged_and_what_selects_nobody() {
    let text = format!(
        "{}{}{}",
        policy("policyTypes: [Egress], egress: []"),
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: idle, namespace: bank}\nspec: {podSelector: {matchLabels: {app: absent}}}\n---\n",
        "apiVersion: projectcalico.org/v3\nkind: StagedNetworkPolicy\nmetadata: {name: s, namespace: bank}\nspec: {selector: all()}\n---\n"
    );
    let imported = import(&text, Many::Suggest);
    assert_of(
        &imported,
        &[],
        &[
            "egress: NetworkPolicy bank/ledger limits what leaves `service.ledger` @ in:3 NetworkPolicy bank/ledger",
            "idle-policy: NetworkPolicy bank/idle selects no pod that is among the manifests @ in:8 NetworkPolicy bank/idle",
            "staged: StagedNetworkPolicy bank/s has no effect @ in",
        ],
    );
}

#[test]
fn ports_that_are_not_declared_are_said_once_for_all_callers() {
    let imported = import(&policy("ingress: [{from: [{podSelector: {matchLabels: {app: emoji}}}]}]"), Many::Suggest);
    let left = format!(
        "undeclared-ports: `service.emoji` reach `service.ledger` on TCP 1-8079, TCP 8081-9900, TCP 9902-65535, UDP, SCTP, which it does not declare @ {AT}"
    );
    assert_of(&imported, &["service.emoji → service.ledger: imported from NetworkPolicy bank/ledger"], &[&left]);
}

#[test]
fn who_has_no_policy_and_who_has_no_pods() {
    let text = deployment("emoji", "bank");
    let imported = imported(&bank(), Source::Policies, &text, Many::Suggest);
    assert_of(
        &imported,
        &[],
        &[
            "unguarded: no policy guards Deployment bank/emoji of `service.emoji` @ in:3 Deployment bank/emoji",
            "no-pods: no pods of `service.card` and no policy that guards it are among the manifests @ ",
            "no-pods: no pods of `service.edge` and no policy that guards it are among the manifests @ ",
            "no-pods: no pods of `service.ledger` and no policy that guards it are among the manifests @ ",
            "no-pods: no pods of `service.shop` and no policy that guards it are among the manifests @ ",
        ],
    );
}

#[test]
fn policies_that_are_not_understood_stop_it() {
    let text = "\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: x, namespace: bank}
spec: {}
---
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: y}
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: z, namespace: bank}
";
    let imported = imported(&bank(), Source::Policies, text, Many::Suggest);
    assert!(imported.rules.is_empty() && imported.leftovers.is_empty());
    let told: Vec<_> = imported.diagnostics.iter().map(|it| (it.is_error(), it.message.as_str())).collect();
    let named = ["CiliumNetworkPolicy bank/x", "CiliumClusterwideNetworkPolicy y", "Server bank/z"];
    assert_eq!(told.len(), named.len(), "{told:?}");
    for ((is_error, message), named) in told.iter().zip(named) {
        assert!(*is_error && message.starts_with(named), "{message}");
    }
    for diagnostic in &imported.diagnostics {
        assert!(diagnostic.help.iter().any(|help| help.starts_with("take it out of the files")), "{diagnostic:?}");
        assert!(diagnostic.help.iter().any(|help| help.contains("hedgerow import hubble")), "{diagnostic:?}");
    }
}

#[test]
fn a_policy_whose_name_hedgerow_gives_to_its_own_is_told() {
    const OWN: &str = "name-taken: Hedgerow's policy for `service.ledger` has this name, too";
    const CALICO: &str = "name-taken: Hedgerow's Calico policy for `service.ledger` has this name, too";
    let kubernetes = |metadata: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{{metadata}}}\nspec: {{podSelector: {{matchLabels: {{app: ledger}}}}, ingress: []}}\n---\n"
        )
    };
    let calico = |kind: &str, metadata: &str| {
        format!(
            "apiVersion: projectcalico.org/v3\nkind: {kind}\nmetadata: {{{metadata}}}\nspec: {{selector: app == 'ledger', types: [Ingress]}}\n---\n"
        )
    };
    let ledger = "name: s-ledger, namespace: bank";
    for (text, should) in [
        (kubernetes(ledger), Some(OWN)),
        // Without a namespace it is where the others are.
        (kubernetes("name: s-ledger"), Some(OWN)),
        (kubernetes("name: s-ledger, namespace: market"), None),
        (kubernetes("name: ledger, namespace: bank"), None),
        // Hedgerow's own, by its mark and from the time before marks; not another fleet's.
        (kubernetes(&format!("{ledger}, labels: {{bank.example/policy-of: service.ledger}}")), None),
        (kubernetes(&format!("{ledger}, labels: {{app.kubernetes.io/managed-by: hedgerow}}")), None),
        (kubernetes(&format!("{ledger}, labels: {{app.kubernetes.io/managed-by: Helm}}")), Some(OWN)),
        (kubernetes(&format!("{ledger}, labels: {{shop.example/policy-of: service.ledger}}")), Some(OWN)),
        // What Hedgerow writes wears both.
        (
            kubernetes(&format!(
                "{ledger}, labels: {{app.kubernetes.io/managed-by: hedgerow, shop.example/policy-of: service.ledger}}"
            )),
            Some(OWN),
        ),
        (
            kubernetes(&format!(
                "{ledger}, labels: {{app.kubernetes.io/managed-by: hedgerow, bank.example/policy-of: service.ledger, shop.example/policy-of: a}}"
            )),
            None,
        ),
        // The API server keeps kinds apart.
        (calico("NetworkPolicy", ledger), None),
        (calico("NetworkPolicy", "name: s-ledger-backstop, namespace: bank"), Some(CALICO)),
        (kubernetes("name: s-ledger-backstop, namespace: bank"), None),
        (
            calico(
                "NetworkPolicy",
                "name: s-ledger-backstop, namespace: bank, labels: {app.kubernetes.io/managed-by: hedgerow, shop.example/policy-of: service.ledger}",
            ),
            Some(CALICO),
        ),
        (calico("GlobalNetworkPolicy", "name: s-ledger"), None),
    ] {
        let imported = import(&text, Many::Suggest);
        let taken: Vec<_> = imported.leftovers.iter().filter(|it| it.why == Why::NameTaken).map(leftover).collect();
        assert_eq!(taken.len(), usize::from(should.is_some()), "{text}{taken:#?}");
        for (taken, should) in taken.iter().zip(should) {
            assert!(taken.starts_with(should), "{text}{taken}");
        }
        assert!(!imported.leftovers.iter().any(|it| it.why == Why::NameTaken && !it.why.is_loss()));
    }
}

/// Where a rule of Calico's drops others first, what any policy asks about tells the pods from those.
#[test]
fn an_entry_beside_denials_tells_the_pods_from_those_that_are_denied() {
    let calico = "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: ledger, namespace: bank}\nspec: {selector: app == 'ledger', types: [Ingress], ingress: [{action: Deny, source: {namespaceSelector: all(), selector: zone == 'out'}}, {action: Allow, protocol: TCP, source: {namespaceSelector: all(), selector: team == 'ops'}, destination: {ports: [9901]}}]}\n---\n";
    let pods = deployment("cron", "ops").replace("{app: cron}", "{app: cron, team: ops, zone: in, tail: x}");
    let texts = format!("{calico}{pods}{}", deployment("ledger", "bank"));
    let imported = imported(&bank(), Source::Policies, &texts, Many::Suggest);
    let callers = imported.leftovers.iter().filter(|it| it.why == Why::OutsideCaller);
    let entries: Vec<_> = callers.filter_map(|it| it.allow.as_deref()).collect();
    assert_eq!(entries, ["{from: {namespace: ops, pods: {app: cron, team: ops, zone: in}}, ports: [admin]}"]);
}

#[test]
fn what_lets_everything_out_limits_nothing() {
    let egress = |name: &str, spec: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: bank}}\nspec: {{podSelector: {{}}, policyTypes: [Egress], {spec}}}\n---\n"
        )
    };
    let calico = |action: &str| {
        format!(
            "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {{name: a, namespace: bank}}\nspec: {{selector: all(), order: 1, types: [Egress], egress: [{{action: {action}, destination: {{nets: [169.254.169.254/32]}}}}, {{action: Allow}}]}}\n---\n"
        )
    };
    let open = egress("open", "egress: [{}]");
    let bare = |spec: &str| egress("bare", spec).replace("policyTypes: [Egress], ", "");
    for (policies, should) in [
        (open.clone(), ["open-egress"].as_slice()),
        // Several types, and those that Kubernetes fills in.
        (open.replace("[Egress]", "[Ingress, Egress]"), &["open-egress"]),
        (egress("tight", "egress: []").replace("[Egress]", "[Ingress, Egress]"), &["egress"]),
        (egress("tight", "ingress: []").replace("[Egress]", "[Ingress, Egress]"), &["egress"]),
        (egress("in", "egress: [{}]").replace("[Egress]", "[Ingress]"), &[]),
        (bare("egress: [{}]"), &["open-egress"]),
        (bare("egress: [{ports: [{port: 443}]}]"), &["egress"]),
        (bare("egress: []"), &[]),
        (bare("ingress: [{}]"), &[]),
        (egress("open", "egress: [{ports: [{port: 443}]}, {}]"), &["open-egress"]),
        (egress("open", "egress: [{to: []}]"), &["open-egress"]),
        (egress("tight", "egress: []"), &["egress"]),
        (egress("tight", "egress: [{ports: [{port: 443}]}]"), &["egress"]),
        (egress("tight", "egress: [{to: [{podSelector: {}}]}]"), &["egress"]),
        (egress("tight", "egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]"), &["egress"]),
        // Policies add up.
        (format!("{open}{}", egress("tight", "egress: []")), &["open-egress", "open-egress"]),
        (calico("Deny"), &["egress"]),
        (calico("Allow"), &["open-egress"]),
        (calico("Log"), &["open-egress"]),
    ] {
        let imported = import(&policies, Many::Suggest);
        let told = imported.leftovers.iter().filter(|it| matches!(it.why, Why::Egress | Why::OpenEgress));
        let told: Vec<_> = told.map(|it| it.why.as_str()).collect();
        assert_eq!(told, should, "{policies}");
    }
    // Of two policies on the same pods each is told as what it does.
    let told = |policies: &str| {
        let imported = import(policies, Many::Suggest);
        let told = imported.leftovers.iter().filter(|it| matches!(it.why, Why::Egress | Why::OpenEgress));
        told.map(|it| format!("{}: {}", it.why.as_str(), it.text)).collect::<Vec<_>>()
    };
    let services = "`service.card`, `service.edge`, `service.emoji` and `service.ledger`";
    for (policies, should) in [
        (
            format!("{open}{}", egress("tight", "egress: []")),
            vec![
                format!("open-egress: NetworkPolicy bank/open lets out everything that leaves {services}"),
                format!(
                    "open-egress: NetworkPolicy bank/tight limits nothing that leaves {services}, since another policy lets everything out"
                ),
            ],
        ),
        (
            format!("{open}{}", calico("Deny")),
            vec![
                format!("egress: Calico NetworkPolicy bank/a limits what leaves {services}"),
                format!("open-egress: NetworkPolicy bank/open lets out everything that leaves {services}"),
            ],
        ),
        (
            format!("{}{}", egress("tight", "egress: []"), egress("web", "egress: [{ports: [{port: 443}]}]")),
            vec![
                format!("egress: NetworkPolicy bank/tight limits what leaves {services}"),
                format!("egress: NetworkPolicy bank/web limits what leaves {services}"),
            ],
        ),
        (
            format!("{}{}", calico("Allow"), egress("tight", "egress: []")),
            vec![
                format!("open-egress: Calico NetworkPolicy bank/a lets out everything that leaves {services}"),
                format!(
                    "open-egress: NetworkPolicy bank/tight limits nothing that leaves {services}, since another policy lets everything out"
                ),
            ],
        ),
    ] {
        assert_eq!(told(&policies), should, "{policies}");
    }
    // Of pods that it limits and others it limits some.
    let emoji = egress("tight", "egress: []");
    let open = open.replace("podSelector: {}", "podSelector: {matchLabels: {app: ledger}}");
    let imported = import(&format!("{open}{emoji}"), Many::Suggest);
    let told = imported.leftovers.iter().filter(|it| matches!(it.why, Why::Egress | Why::OpenEgress));
    let told: Vec<_> = told.map(|it| format!("{}: {}", it.why.as_str(), it.text)).collect();
    assert_eq!(
        told,
        [
            "egress: NetworkPolicy bank/tight limits what leaves `service.card`, `service.edge` and `service.emoji`",
            "open-egress: NetworkPolicy bank/open lets out everything that leaves `service.ledger`",
        ]
    );
    assert!(Why::Egress.is_loss() && !Why::OpenEgress.is_loss());
}

/// What was copied is not asked for again, also where an entry says more.
#[test]
fn what_an_allow_entry_says_already_is_no_finding() {
    let spec = "ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: market}}}], ports: [{port: 8080}]}, {from: [{ipBlock: {cidr: 10.1.0.0/16}}], ports: [{port: 8080}]}, {from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: cron}}}], ports: [{port: 9901}]}, {from: [{podSelector: {matchLabels: {app: absent}}}], ports: [{port: 8080}, {port: 9901}]}]";
    let pods = [("ledger", "bank"), ("cron", "ops")];
    let pods: String = pods.into_iter().map(|(name, namespace)| deployment(name, namespace)).collect();
    let text = format!("{}{pods}", policy(spec));
    let import = |allow: &str| {
        let mut fleet = bank();
        fleet.services[3].metadata.push_str(&format!("allow: [{allow}]\n"));
        let mut imported = imported(&fleet, Source::Policies, &text, Many::Suggest);
        imported.leftovers.retain(|it| it.allow.is_some());
        imported
    };
    let suggested = imported(&bank(), Source::Policies, &text, Many::Suggest);
    let suggested: Vec<_> = suggested.leftovers.iter().filter_map(|it| it.allow.clone()).collect();
    assert_eq!(suggested.len(), 4, "{suggested:?}");
    let copied = import(&suggested.join(", "));
    assert_eq!(copied.leftovers, []);
    let entries: Vec<_> = copied.allowed.iter().map(|it| it.entry.clone()).collect();
    assert_eq!(entries.iter().collect::<std::collections::BTreeSet<_>>(), suggested.iter().collect());

    let [cron, market, block, absent] = ["app: cron", "namespace: market", "10.1.0.0", "app: absent"];
    for (allow, left) in [
        ("{from: anybody}", [].as_slice()),
        ("{from: anybody, ports: [http]}", &[cron, absent]),
        ("{from: anybody, ports: [admin]}, {from: anybody, ports: [http]}", &[]),
        ("{from: {namespaces: any}}", &[block]),
        ("{from: {namespaces: [bank, market]}}", &[cron, block]),
        ("{from: {cidr: 10.0.0.0/8}}", &[cron, market, absent]),
        ("{from: {cidr: 10.0.0.0/8, except: [10.2.0.0/16]}}", &[cron, market, absent]),
        ("{from: {cidr: 10.0.0.0/8, except: [10.1.2.0/24]}}", &[cron, market, block, absent]),
        ("{from: {cidr: 10.1.0.0/17}}", &[cron, market, block, absent]),
        ("{from: {pods: {app: absent}}}", &[cron, market, block]),
        ("{from: {pods: {app: absent, more: x}}}", &[cron, market, block, absent]),
        ("{from: {namespaces: {labels: {team: x}}}}", &[cron, market, block, absent]),
        ("{from: {namespaces: any, pods: {app: cron}}, ports: [admin]}", &[market, block, absent]),
        ("{from: {namespaces: any, pods: {app: cron}}, ports: [http]}", &[cron, market, block, absent]),
    ] {
        let imported = import(allow);
        let found: Vec<_> = imported.leftovers.iter().filter_map(|it| it.allow.as_deref()).collect();
        assert_eq!(found.len(), left.len(), "{allow}: {found:?}");
        assert!(left.iter().all(|left| found.iter().any(|found| found.contains(left))), "{allow}: {found:?}");
        assert_eq!(imported.allowed.len(), 4 - left.len(), "{allow}");
    }
}

#[test]
fn pods_on_their_nodes_network_are_told() {
    let pods =
        deployment("ledger", "bank").replace("spec: {containers: []}", "spec: {hostNetwork: true, containers: []}");
    let imported = imported(&bank(), Source::Policies, &format!("{}{pods}", policy("ingress: []")), Many::Suggest);
    let told: Vec<_> = imported.leftovers.iter().filter(|it| it.why == Why::HostNetwork).map(leftover).collect();
    assert_eq!(
        told,
        ["host-network: pods of `service.ledger` are on the network of their node @ in:8 Deployment bank/ledger"]
    );
}
