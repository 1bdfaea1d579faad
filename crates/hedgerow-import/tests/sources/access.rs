//! `accessPolicy`.

use super::assert_import;
use hedgerow_import::Source;

#[test]
fn both_ends_speak_where_both_are_there() {
    let text = "\
apiVersion: nais.io/v1alpha1
kind: Application
metadata: {name: emoji, namespace: bank}
spec:
  accessPolicy:
    outbound:
      rules:
        - application: ledger
        - application: card
        - {application: edge-cache, namespace: cdn}
        - {application: other, cluster: prod-fss}
      external: [{host: api.example.com}, {ipv4: 1.2.3.4}]
---
apiVersion: nais.io/v1alpha1
kind: Application
metadata: {name: ledger, namespace: bank}
spec:
  accessPolicy:
    inbound:
      rules:
        - application: emoji
          permissions: {roles: [writer]}
        - {application: shop, namespace: market}
        - {application: '*', namespace: ops}
        - {application: stranger}
---
apiVersion: nais.io/v1
kind: Naisjob
metadata: {name: card, namespace: bank}
spec: {accessPolicy: {inbound: {rules: []}}}
";
    assert_import(
        Source::AccessPolicy,
        text,
        &[
            "service.emoji → service.ledger: imported from Application bank/emoji",
            "service.shop → service.ledger: imported from Application bank/ledger",
        ],
        &[
            "no-service: `bank/emoji` → `cdn/edge-cache`: `cdn/edge-cache` is no service of the fleet @ in:3 Application bank/emoji",
            "outside-caller: `bank/stranger` → `bank/ledger`: `bank/stranger` is no service of the fleet @ in:16 Application bank/ledger ⇒ {from: {namespace: bank, pods: {app: stranger}}}",
            "layer-7: roles and scopes of `emoji`: {\\\"roles\\\":[\\\"writer\\\"]} @ in:16 Application bank/ledger",
            "whole-namespace: every pod of namespace `ops` may call `ledger` @ in:16 Application bank/ledger ⇒ {from: {namespace: ops}}",
            "outside-callee: `api.example.com` @ in:3 Application bank/emoji",
            "outside-callee: calls to 1.2.3.4 @ in:3 Application bank/emoji",
            "one-sided: `bank/emoji` → `bank/card`: `bank/card` has no inbound rule @ in:3 Application bank/emoji",
            "other-cluster: `other` in cluster `prod-fss` @ in:3 Application bank/emoji",
        ],
    );
}

#[test]
fn skiperator_has_jobs_and_namespaces_by_label() {
    let text = "\
apiVersion: skiperator.kartverket.no/v1alpha1
kind: SKIPJob
metadata: {name: emoji, namespace: bank}
spec: {container: {accessPolicy: {outbound: {rules: [{application: ledger}]}}}}
---
apiVersion: skiperator.kartverket.no/v1alpha1
kind: Application
metadata: {name: ledger, namespace: bank}
spec:
  accessPolicy:
    inbound:
      rules:
        - {application: '*'}
        - {application: '*', namespace: '*'}
        - {application: batch, namespacesByLabel: {team: data}}
";
    assert_import(
        Source::AccessPolicy,
        text,
        &["service.emoji → service.ledger: imported from SKIPJob bank/emoji"],
        &[
            "whole-namespace: `batch` of any namespace with team: data may call `ledger` @ in:8 Application bank/ledger ⇒ {from: {namespaces: {labels: {team: data}}, pods: {app: batch}}}",
            "whole-namespace: every pod of namespace `bank` may call `ledger` @ in:8 Application bank/ledger ⇒ {from: {namespace: bank}}",
            "whole-cluster: every pod of the cluster may call `ledger` @ in:8 Application bank/ledger ⇒ {from: {namespaces: any}}",
        ],
    );
}

#[test]
fn what_the_platform_sends_is_told() {
    let app = |kind: &str, spec: &str| {
        let group = if kind.starts_with("nais") { "nais.io/v1alpha1" } else { "skiperator.kartverket.no/v1alpha1" };
        format!("apiVersion: {group}\nkind: Application\nmetadata: {{name: ledger, namespace: bank}}\nspec: {spec}\n")
    };
    let at = "@ in:3 Application bank/ledger";
    let published = format!(
        "outside-caller: the pods of the ingress controller call `ledger`, which is published at `https://a.example.com`, `https://b.example.com/x` {at}"
    );
    let bare = format!(
        "outside-caller: the pods of the ingress controller call `ledger`, which is published at `a.example.com` {at}"
    );
    let scraped = format!("outside-caller: Prometheus calls `ledger`, which asks to be scraped {at}");
    for (kind, spec, left) in [
        ("nais", "{ingresses: ['https://b.example.com/x', 'https://a.example.com']}", vec![&published]),
        ("nais", "{prometheus: {enabled: true, path: /m}}", vec![&scraped]),
        ("nais", "{prometheus: {enabled: false}, ingresses: []}", vec![]),
        ("skiperator", "{ingresses: [a.example.com], prometheus: {port: 8181}}", vec![&scraped, &bare]),
        ("skiperator", "{ingresses: [{hostname: a.example.com}]}", vec![&bare]),
    ] {
        let left: Vec<&str> = left.into_iter().map(String::as_str).collect();
        assert_import(Source::AccessPolicy, &app(kind, spec), &[], &left);
    }
}

/// Nais' deploy fills in what its manifests leave open: the rest of them is read, and what may be a rule is told.
#[test]
fn what_a_deploy_fills_in_is_left_out_and_told() {
    let text = "\
apiVersion: nais.io/v1alpha1
kind: Application
metadata:
  name: emoji
  namespace: {{team}}
spec:
  image: {{ image }}
  replicas: {min: {{replicas.min}}, max: 4}
  ingresses:
    {{#each ingresses as |url|}}
    - {{url}}
    {{/each}}
  env:
  {{#if debug}}
    - {value: \"\\{{ kept }}\"}
  {{/if}}
  accessPolicy:
    outbound:
      rules:
        - application: ledger
        - application: {{backend}}
        {{#each more}}
        - application: {{this}}
        {{/each}}
      external: [{host: \"{{host}}.example.com\"}]
---
apiVersion: nais.io/v1alpha1
kind: Application
metadata: {name: \"{{app}}\", namespace: bank}
spec: {accessPolicy: {inbound: {rules: [{application: emoji}]}}}
";
    assert_import(
        Source::AccessPolicy,
        text,
        &["service.emoji → service.ledger: imported from Application emoji"],
        &[
            "not-understood: a rule for `{{…}}`: `{{…}}` is filled in by the deploy @ in:4 Application emoji",
            "not-understood: `{{#each more}}`: what stands there is left out, since only the deploy knows whether and how often it is there @ in:22",
            "not-understood: the deploy fills in its name, so it is not known who calls: import the file that the deploy makes @ in:29 Application",
            "open-namespace: the deploy fills in its namespace; read as one of namespace `bank` @ in:4 Application emoji",
            "outside-caller: the pods of the ingress controller call `emoji`, which is published at `{{…}}` @ in:4 Application emoji",
            "outside-callee: `{{…}}.example.com` @ in:4 Application emoji",
        ],
    );
    // Faults of YAML are told as before, at their place.
    let imported = super::imported(
        &super::bank(),
        Source::AccessPolicy,
        "image: {{image}}\na: [\n",
        hedgerow_import::Many::Suggest,
    );
    assert!(imported.diagnostics.iter().any(|it| it.is_error()), "{imported:#?}");
}

/// Tags that stand for rules, and places that hold only under a condition.
#[test]
fn what_a_tag_stands_for_is_told_wherever_it_may_be_a_rule() {
    let app = |spec: &str| {
        format!(
            "apiVersion: nais.io/v1alpha1\nkind: Application\nmetadata: {{name: emoji, namespace: bank}}\nspec:\n{spec}"
        )
    };
    let policy = |text: &str| app(&format!("  accessPolicy:\n{text}"));
    let rule = |text: &str| policy(&format!("    outbound:\n      rules:\n        - application: ledger\n{text}"));
    let filled = |key: &str| format!("not-understood: the deploy fills in `spec.{key}`: `{{{{…}}}}`");
    let unsure = |part: &str| format!("not-understood: a rule for `ledger`: `{part}` is filled in by the deploy");
    let open = "{{…}}";
    for (text, should) in [
        (policy("    inbound:\n      rules: {{inbound}}\n"), vec![filled("accessPolicy.inbound.rules")]),
        (policy("    outbound:\n      rules: \"{{ json outbound }}\"\n"), vec![filled("accessPolicy.outbound.rules")]),
        (policy("    outbound: {rules: {{{outbound}}}}\n"), vec![filled("accessPolicy.outbound.rules")]),
        (policy("    outbound:\n      external: {{hosts}}\n"), vec![filled("accessPolicy.outbound.external")]),
        (
            policy("    inbound: {{inbound}}\n    outbound: {{outbound}}\n"),
            vec![filled("accessPolicy.inbound"), filled("accessPolicy.outbound")],
        ),
        (app("  accessPolicy: {{policy}}\n"), vec![filled("accessPolicy")]),
        (
            app("  container: {accessPolicy: {inbound: {rules: {{inbound}}}}}\n"),
            vec![filled("container.accessPolicy.inbound.rules")],
        ),
        (
            app("  ingresses: {{ingresses}}\n  prometheus: {{prometheus}}\n"),
            vec![filled("ingresses"), filled("prometheus")],
        ),
        (
            policy("    inbound:\n      rules: {{#each apps}}\n        - {{this}}\n        {{/each}}\n"),
            vec![filled("accessPolicy.inbound.rules")],
        ),
        (
            policy("    inbound:\n      rules:\n        - {{rule}}\n"),
            vec!["not-understood: a rule without an application".to_owned()],
        ),
        (
            policy("    outbound:\n      external:\n        - {{host}}\n"),
            vec!["not-understood: the deploy fills in whom `emoji` calls outside: `{{…}}`".to_owned()],
        ),
        (
            app("  prometheus: {enabled: {{scraped}}}\n"),
            vec!["outside-caller: Prometheus may call `emoji`: the deploy fills in whether it is scraped".to_owned()],
        ),
        // Where a rule is about, only sometimes.
        (rule("          namespace: {{team}}\n"), vec![unsure(open)]),
        (rule("          namespace: {{#if prod}}market{{else}}bank{{/if}}\n"), vec![unsure(open)]),
        (rule("          namespace: team-{{#if prod}}a{{/if}}\n"), vec![unsure("team-{{…}}")]),
        (rule("          {{#if prod}}\n          namespace: market\n          {{/if}}\n"), vec![unsure(open)]),
        (
            rule(
                "          {{#if prod}}\n          namespace: m\n          {{else}}\n          namespace: bank\n          {{/if}}\n",
            ),
            vec![unsure(open)],
        ),
        (rule("          {{#unless dev}}\n          cluster: prod-fss\n          {{/unless}}\n"), vec![unsure(open)]),
        (rule("          namespacesByLabel: {team: \"{{team}}\"}\n"), vec![unsure(open)]),
        (rule("          namespacesByLabel: {{labels}}\n"), vec![unsure(open)]),
        (
            rule("          cluster: prod\n")
                .replace("namespace: bank}", "namespace: bank, annotations: {nais.io/cluster: \"{{cluster}}\"}}"),
            vec![
                "not-understood: `ledger` in cluster `prod`: the deploy fills in which cluster the rule is for"
                    .to_owned(),
            ],
        ),
    ] {
        let left: Vec<_> = should.iter().map(|it| format!("{it} @ in:3 Application bank/emoji")).collect();
        let left: Vec<_> = left.iter().map(String::as_str).collect();
        assert_import(Source::AccessPolicy, &text, &[], &left);
    }
    // Its own namespace under a condition is that of objects that name none, and told.
    let text = rule("").replace(", namespace: bank}", "{{#if prod}}, namespace: market{{/if}}}");
    assert_import(
        Source::AccessPolicy,
        &text,
        &["service.emoji → service.ledger: imported from Application emoji"],
        &[
            "open-namespace: the deploy fills in its namespace; read as one of namespace `bank` @ in:3 Application emoji",
        ],
    );
}
