//! ClientIntents.

use super::assert_import;
use hedgerow_import::Source;

#[test]
fn version_1_says_service_and_calls() {
    let text = "\
apiVersion: k8s.otterize.com/v1alpha3
kind: ClientIntents
metadata: {name: emoji, namespace: bank}
spec:
  service: {name: emoji}
  calls:
    - name: ledger
      type: http
      HTTPResources: [{path: /book, methods: [post]}]
    - {name: svc:card}
    - {name: ledger.market}
    - {name: pg, type: database, databaseResources: [{databaseName: x}]}
    - {name: s3, type: aws, awsActions: [a]}
    - {type: internet, internet: {ips: [1.2.3.4], domains: [example.com]}}
    - {name: x, type: pigeon}
---
apiVersion: k8s.otterize.com/v1alpha3
kind: ProtectedService
metadata: {name: ledger, namespace: bank}
spec: {name: ledger}
---
apiVersion: k8s.otterize.com/v1alpha3
kind: KafkaServerConfig
metadata: {name: kafka, namespace: bank}
---
apiVersion: k8s.otterize.com/v9
kind: Portal
metadata: {name: p, namespace: bank}
";
    assert_import(
        Source::Otterize,
        text,
        &[
            "service.emoji → service.card: imported from ClientIntents bank/emoji",
            "service.emoji → service.ledger: imported from ClientIntents bank/emoji",
        ],
        &[
            "not-understood: a call of type `pigeon` to `x` @ in:3 ClientIntents bank/emoji",
            "not-understood: objects of kind Portal are not read @ in:28 Portal bank/p",
            "no-service: `bank/emoji` → `market/ledger`: `market/ledger` is no service of the fleet: `service.ledger` lives in namespace `bank` @ in:3 ClientIntents bank/emoji",
            "layer-7: `ledger`: paths and methods (1) @ in:3 ClientIntents bank/emoji",
            "outside-callee: `example.com` @ in:3 ClientIntents bank/emoji",
            "outside-callee: calls to 1.2.3.4 @ in:3 ClientIntents bank/emoji",
            "resource: `s3` of aws @ in:3 ClientIntents bank/emoji",
            "resource: the database `pg` @ in:3 ClientIntents bank/emoji",
            "resource: settings of a server @ in:24 KafkaServerConfig bank/kafka",
        ],
    );
}

#[test]
fn version_2_says_workload_and_targets() {
    let text = "\
apiVersion: k8s.otterize.com/v2beta1
kind: ClientIntents
metadata: {name: shop, namespace: market}
spec:
  workload: {name: shop, kind: Deployment}
  targets:
    - kubernetes: {name: ledger.bank, kind: Deployment, http: [{path: /, methods: [GET]}, {path: /x}]}
    - service: {name: card.bank}
    - kafka: {name: kafka.bus, topics: [{name: t, operations: [consume]}]}
    - sql: {name: pg}
    - aws: {arn: 'arn:aws:s3:::b'}
    - internet: {domains: ['*.example.com']}
    - {}
";
    let place = "in:3 ClientIntents market/shop";
    let at = |text: &str| format!("{text} @ {place}");
    let left: Vec<_> = [
        "not-understood: a target that names nothing",
        "no-service: `market/shop` → `bus/kafka`: `bus/kafka` is no service of the fleet",
        "layer-7: `kafka.bus`: topics and operations (1)",
        "layer-7: `ledger.bank`: paths and methods (2)",
        "outside-callee: `*.example.com`",
        "resource: `arn:aws:s3:::b` of aws",
        "resource: the database `pg`",
    ]
    .map(at)
    .to_vec();
    let left: Vec<_> = left.iter().map(String::as_str).collect();
    assert_import(
        Source::Otterize,
        text,
        &[
            "service.shop → service.card: imported from ClientIntents market/shop",
            "service.shop → service.ledger: imported from ClientIntents market/shop",
        ],
        &left,
    );
}

#[test]
fn exports_of_the_mapper_are_lists_or_have_calls_inside() {
    let list = r#"[{"kind":"ClientIntents","apiVersion":"k8s.otterize.com/v1alpha1","metadata":{"name":"emoji"},"spec":{"service":{"name":"emoji"},"calls":[{"name":"ledger"}]}}]"#;
    assert_import(Source::Otterize, list, &["service.emoji → service.ledger: imported from ClientIntents emoji"], &[]);
    let inside = "apiVersion: k8s.k8s.otterize.com/v1\nkind: ClientIntents\nmetadata: {name: emoji}\nspec: {service: {name: emoji, calls: [{name: ledger, namespace: bank}]}}\n";
    assert_import(
        Source::Otterize,
        inside,
        &["service.emoji → service.ledger: imported from ClientIntents emoji"],
        &[],
    );
}

#[test]
fn names_without_a_kind_are_not_cut() {
    let text = |name: &str| {
        format!(
            "apiVersion: k8s.otterize.com/v2beta1\nkind: ClientIntents\nmetadata: {{name: a, namespace: bank}}\nspec: {{workload: {name}, targets: [{{kubernetes: {{name: ledger}}}}]}}\n"
        )
    };
    let said = "imported from ClientIntents bank/a";
    let left = "outside-caller: `bank/emoji-2` → `bank/ledger`: `bank/emoji-2` is no service of the fleet; where `service.emoji` is meant, name the workload under `workloads` in its service.yaml @ in:3 ClientIntents bank/a";
    assert_import(Source::Otterize, &text("{name: emoji-2}"), &[], &[left]);
    assert_import(Source::Otterize, &text("{name: emoji-2, kind: Deployment}"), &[], &[left]);
    assert_import(
        Source::Otterize,
        &text("{name: emoji-2, kind: Pod}"),
        &[&format!("service.emoji → service.ledger: {said}")],
        &[],
    );
}

/// Charts and scripts fill in intents, too.
#[test]
fn what_a_deploy_fills_in_is_told() {
    let at = "@ in:3 ClientIntents bank/emoji";
    let intents = |spec: &str| {
        format!(
            "apiVersion: k8s.otterize.com/v2beta1\nkind: ClientIntents\nmetadata: {{name: emoji, namespace: bank}}\nspec:\n  workload: {{name: emoji}}\n{spec}"
        )
    };
    for (text, rules, left) in [
        (intents("  targets: {{targets}}\n"), 0, "not-understood: the deploy fills in `targets`: `{{…}}`"),
        (
            intents("  targets:\n    - kubernetes: {name: \"{{ledger}}\"}\n"),
            0,
            "not-understood: a call to `{{…}}`: `{{…}}` is filled in by the deploy",
        ),
        (
            intents("  targets:\n    - kubernetes: {name: \"ledger.{{ .Release.Namespace }}\"}\n"),
            0,
            "not-understood: a call to `ledger.{{…}}`: `ledger.{{…}}` is filled in by the deploy",
        ),
        (
            intents(
                "  targets:\n    - kubernetes:\n        name: ledger\n        {{- if .Values.prod }}\n        namespace: market\n        {{- end }}\n",
            ),
            0,
            "not-understood: a call to `ledger`: `{{…}}` is filled in by the deploy",
        ),
        (
            intents("  targets:\n    {{- if .Values.prod }}\n    - kubernetes: {name: ledger}\n    {{- end }}\n"),
            0,
            "not-understood: `{{- if .Values.prod }}`: what stands there is left out, since only the deploy knows whether and how often it is there",
        ),
        (
            intents("  targets:\n    - kubernetes: {name: ledger}\n")
                .replace("{name: emoji}", "{name: \"{{ .Release.Name }}\"}"),
            0,
            "not-understood: the deploy fills in who the client is: `{{…}}`",
        ),
        (
            intents("  targets:\n    - kubernetes: {name: ledger}\n")
                .replace("namespace: bank}", "namespace: \"{{ .Release.Namespace }}\"}"),
            1,
            "open-namespace: the deploy fills in its namespace; read as one of namespace `bank`",
        ),
    ] {
        let imported = super::imported(&super::bank(), Source::Otterize, &text, hedgerow_import::Many::Suggest);
        let told: Vec<_> = imported.leftovers.iter().map(super::leftover).collect();
        assert!(imported.diagnostics.is_empty(), "{text}{:#?}", imported.diagnostics);
        assert_eq!((imported.rules.len(), told.len()), (rules, 1), "{text}{told:#?}");
        let at = if left.contains("{{-") { "@ in:7" } else { at };
        assert!(told[0].starts_with(left) && (rules == 1 || told[0].ends_with(at)), "{text}{told:#?}");
    }
}
