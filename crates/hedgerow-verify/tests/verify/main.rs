//! Manifests against rules: what `verify` finds when one of them is changed.

mod staged;
mod unlisted;

use std::sync::Arc;

use hedgerow_core::diag::Diagnostic;
use hedgerow_core::fleet::Scope;
use hedgerow_core::name::EnvironmentName;
use hedgerow_core::plan::Plan;
use hedgerow_core::read::{Directories, Reader};
use hedgerow_core::source::Sources;
use hedgerow_core::tree::{Directory, File};
use hedgerow_eval::Manifests;
use hedgerow_verify::{Report, verify};

const CONFIG: &str = "
version: 1
labels: {domain: hazel.bank}
services: {include: [service.*], defaults: {type: backend, ports: [{name: http, port: 80}]}}
namespaces: [default, ops]
types: {backend: {callers: [monitoring]}, monitoring: {}}
environments:
  prod: {stage: enforce, log: false}
  trial: {stage: audit, log: true}
  none: {stage: off, log: false}
";

/// emoji and cards may call ledger, cards only on its port `admin`; metrics is of a type that may call everybody.
fn plan(environment: &str) -> Plan {
    plan_of(CONFIG, environment)
}

fn plan_of(config: &str, environment: &str) -> Plan {
    plan_of_services(config, environment, |_| "")
}

/// `more` is what the file of a service says besides.
fn plan_of_services(config: &str, environment: &str, more: impl Fn(&str) -> &'static str) -> Plan {
    let service = |name: &str, file: &str, rules: &[(&str, &str)]| Directory {
        path: name.to_owned(),
        file: Some(File::new(format!("{name}/service.yaml"), format!("{file}{}", more(name)))),
        rules: rules.iter().map(|(callee, text)| File::new(format!("{name}/egress/{callee}.rule"), *text)).collect(),
        faults: Vec::new(),
        unread: Vec::new(),
    };
    let ledger = "
ports: [{name: http, port: 80}, {name: admin, port: 81}]
allow:
  - from: {namespace: ops, pods: {app: gateway}}
    ports: [http]
  - from: {cidr: 10.20.0.0/16, except: [10.20.9.0/24]}
    ports: [http]
";
    let read = vec![
        service("service.ledger", ledger, &[]),
        service("service.emoji", "{}", &[("service.ledger", "")]),
        service("service.cards", "{}", &[("service.ledger", "ports: [admin]")]),
        service("service.metrics", "type: monitoring\nnamespace: ops\n", &[]),
    ];
    let mut reader = Reader::new();
    let config = reader.config(File::new("hedgerow.yaml", config));
    let directories = Directories::new(Scope::Whole, read);
    let reading = reader.fleet(config, directories, None);
    let fleet = reading.fleet.unwrap_or_else(|| panic!("{:#?}", reading.diagnostics));
    Plan::new(Arc::new(fleet), &EnvironmentName::new(environment).expect("a name")).expect("it is declared")
}

fn workload(name: &str, namespace: &str, labels: &str) -> String {
    format!(
        "---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  template:
    metadata: {{labels: {{{labels}}}}}
    spec: {{containers: [{{name: main}}]}}
"
    )
}

const LEDGER: &str =
    "hazel.bank/routing-name: service.ledger, hazel.bank/service-type: backend, hazel.bank/network-policy: 'true'";
const EMOJI: &str = "hazel.bank/routing-name: service.emoji, hazel.bank/service-type: backend, hazel.bank/network-policy: 'true', hazel.bank/egress-service-ledger: 'true'";
const CARDS: &str = "hazel.bank/routing-name: service.cards, hazel.bank/service-type: backend, hazel.bank/network-policy: 'true', hazel.bank/egress-service-ledger.admin: 'true'";
const METRICS: &str =
    "hazel.bank/routing-name: service.metrics, hazel.bank/service-type: monitoring, hazel.bank/network-policy: 'true'";

/// The prefix of service names is shortened in label keys.
fn labels(text: &str) -> String {
    text.replace("egress-service-", "egress-s-")
}

fn policy(service: &str, namespace: &str, rules: &str) -> String {
    format!(
        "---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: s-{service}, namespace: {namespace}}}
spec:
  podSelector: {{matchLabels: {{hazel.bank/routing-name: service.{service}}}}}
  policyTypes: [Ingress]
  ingress: {rules}
"
    )
}

const LEDGER_RULES: &str = "
    - from:
        - podSelector: {matchLabels: {hazel.bank/egress-s-ledger: 'true'}}
        - {podSelector: {matchLabels: {hazel.bank/egress-s-ledger: 'true'}}, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}
      ports: [{port: 80}, {port: 81}]
    - from: [{podSelector: {matchLabels: {hazel.bank/egress-s-ledger.admin: 'true'}}}]
      ports: [{port: 81}]
    - from: [{podSelector: {matchLabels: {app: gateway}}, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}]
      ports: [{port: 80}]
    - from: [{ipBlock: {cidr: 10.20.0.0/16, except: [10.20.9.0/24]}}]
      ports: [{port: 80}]";

const CATCH_ALL: &str = "---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: catch-all-backend, namespace: default}
spec:
  podSelector: {matchLabels: {hazel.bank/network-policy: 'true', hazel.bank/service-type: backend}}
  policyTypes: [Ingress]
  ingress:
    - from: [{podSelector: {matchLabels: {hazel.bank/service-type: monitoring}}, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}]
";

/// What a faithful renderer would write for `prod`.
fn rendered() -> String {
    [
        workload("ledger", "default", &labels(LEDGER)),
        workload("emoji", "default", &labels(EMOJI)),
        workload("cards", "default", &labels(CARDS)),
        workload("metrics", "ops", &labels(METRICS)),
        workload("gateway", "ops", "app: gateway"),
        policy("ledger", "default", LEDGER_RULES),
        policy("emoji", "default", "[]"),
        policy("cards", "default", "[]"),
        policy("metrics", "ops", "[]"),
        CATCH_ALL.to_owned(),
    ]
    .concat()
}

fn report(environment: &str, manifests: &str) -> Report {
    report_with(&plan(environment), manifests)
}

fn report_with(plan: &Plan, manifests: &str) -> Report {
    let mut sources = Sources::default();
    sources.add("manifests.yaml", manifests);
    let (manifests, diagnostics) = Manifests::read(sources.iter(), "default");
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    verify(plan, manifests)
}

fn text(diagnostic: &Diagnostic) -> String {
    let notes = diagnostic.marks.iter().skip(1).map(|mark| &mark.text).chain(&diagnostic.help);
    let notes: Vec<_> = notes.map(|note| format!("\n  {note}")).collect();
    format!("{}: {}{}", diagnostic.code.as_str(), diagnostic.message, notes.concat())
}

/// Compares the findings, each with its notes, one a line.
fn check(environment: &str, manifests: &str, expected: &[&str]) {
    check_with(&plan(environment), manifests, expected);
}

fn check_with(plan: &Plan, manifests: &str, expected: &[&str]) {
    let found: Vec<_> =
        report_with(plan, manifests).findings.iter().map(|finding| text(&finding.diagnostic())).collect();
    assert_eq!(found, expected, "\n{}", found.join("\n"));
}

#[test]
fn what_is_rendered_faithfully_has_no_findings() {
    let report = report("prod", &rendered());
    assert_eq!(report.findings, []);
    assert_eq!((report.checked.services, report.checked.workloads, report.checked.policies), (4, 5, 5));
    assert_eq!(report.absent, [""; 0]);
    assert_eq!(report.unguarded.iter().map(ToString::to_string).collect::<Vec<_>>(), ["Deployment ops/gateway"]);
}

#[test]
fn a_service_without_its_policy_is_open_and_that_is_one_finding() {
    let text = rendered().replace(&policy("cards", "default", "[]"), "");
    check(
        "prod",
        &text.replace(CATCH_ALL, ""),
        &[
            "missing-edge: `service.metrics` cannot reach `service.emoji` on TCP, UDP, SCTP, which is permitted\n  no ingress rule of NetworkPolicy default/s-emoji lets it through (tier `default`)\n  a type permits it: the policies for types come from `hedgerow render --platform`, are they among the manifests?",
            "missing-edge: `service.metrics` cannot reach `service.ledger` on TCP, UDP, SCTP, which is permitted\n  no ingress rule of NetworkPolicy default/s-ledger lets it through (tier `default`)\n  a type permits it: the policies for types come from `hedgerow render --platform`, are they among the manifests?",
            "not-isolated: no policy selects Deployment default/cards of `service.cards`: everybody comes through",
        ],
    );
}

#[test]
fn a_catch_all_in_place_of_a_policy_still_admits_only_its_callers() {
    check("prod", &rendered().replace(&policy("cards", "default", "[]"), ""), &[]);
}

#[test]
fn an_edge_that_no_rule_permits_is_named_with_the_policy_that_opens_it() {
    let more =
        policy("ledger", "default", "[{from: [{podSelector: {}}], ports: [{port: 81}]}]").replace("s-ledger", "more");
    check(
        "prod",
        &(rendered() + &more),
        &[
            "unruled-edge: any pod in namespace `default` can reach `service.ledger` on TCP 81, which nothing permits\n  NetworkPolicy default/more decides by its ingress rule 0",
        ],
    );
    let more = policy("emoji", "default", "[{ports: [{port: 8080, endPort: 8090}]}]").replace("s-emoji", "more");
    check(
        "prod",
        &(rendered() + &more),
        &[
            "unruled-edge: `service.cards`, `service.ledger`, Deployment ops/gateway, 0.0.0.0/0 and 1 more can reach `service.emoji` on TCP 8080-8090, which nothing permits\n  NetworkPolicy default/more decides by its ingress rule 0",
        ],
    );
}

#[test]
fn a_caller_without_its_label_is_told_to_deploy_again() {
    let stale = labels(EMOJI).replace(", hazel.bank/egress-s-ledger: 'true'", "");
    check(
        "prod",
        &rendered().replace(&labels(EMOJI), &stale),
        &[
            "missing-edge: `service.emoji` cannot reach `service.ledger` on TCP 80-81, which is permitted\n  no ingress rule of NetworkPolicy default/catch-all-backend, NetworkPolicy default/s-ledger lets it through (tier `default`)\n  deploy `service.emoji` again: Deployment default/emoji lacks `hazel.bank/egress-s-ledger`",
        ],
    );
}

#[test]
fn a_hook_without_its_label_is_named_and_not_told_to_deploy_again() {
    let stale = labels(EMOJI).replace(", hazel.bank/egress-s-ledger: 'true'", "");
    let hook = |name: &str| {
        let made = workload(name, "default", &stale);
        let hook = made.replacen("namespace: default}", "namespace: default, annotations: {helm.sh/hook: test}}", 1);
        assert!(hook.contains("helm.sh/hook"), "{hook}");
        hook
    };
    let says = "missing-edge: `service.emoji` cannot reach `service.ledger` on TCP 80-81, which is permitted\n  no ingress rule of NetworkPolicy default/catch-all-backend, NetworkPolicy default/s-ledger lets it through (tier `default`)\n  ";
    let advice = "to deploy again does not help with Helm 3, which hands hooks to no post-renderer: write what `hedgerow labels service.emoji` prints into the chart";
    let key = "`hazel.bank/egress-s-ledger`";
    let one = format!("{says}Deployment default/try of `service.emoji` lacks {key}; {advice}");
    check("prod", &(rendered() + &hook("try")), &[&one]);
    let several = ["a", "b", "c", "d", "e"].map(hook).concat();
    let many = format!(
        "{says}Deployment default/a, Deployment default/b, Deployment default/c and 2 more of `service.emoji` lack {key}; {advice}"
    );
    check("prod", &(rendered() + &several), &[&many]);
    let both = format!(
        "{says}deploy `service.emoji` again: Deployment default/emoji, Deployment default/more lack {key}\n  Deployment default/try of `service.emoji` lacks {key}; {advice}"
    );
    let stream = rendered().replace(&labels(EMOJI), &stale) + &workload("more", "default", &stale) + &hook("try");
    check("prod", &stream, &[&both]);
}

#[test]
fn a_label_that_no_rule_gives_is_found_and_so_is_what_it_opens() {
    let wide = format!("{}, hazel.bank/egress-s-ledger: 'true'", labels(CARDS));
    check(
        "prod",
        &rendered().replace(&labels(CARDS), &wide),
        &[
            "unruled-edge: `service.cards` can reach `service.ledger` on TCP 80, which nothing permits\n  NetworkPolicy default/s-ledger decides by its ingress rule 0",
            "unbacked-label: Deployment default/cards of `service.cards` wears `hazel.bank/egress-s-ledger: true`, which no rule gives it",
        ],
    );
    let rogue = workload("rogue", "default", "hazel.bank/egress-s-ledger: 'true'");
    check(
        "prod",
        &(rendered() + &rogue),
        &[
            "unruled-edge: Deployment default/rogue can reach `service.ledger` on TCP 80-81, which nothing permits\n  NetworkPolicy default/s-ledger decides by its ingress rule 0",
            "unbacked-label: Deployment default/rogue wears `hazel.bank/egress-s-ledger: true`, which no rule gives it",
        ],
    );
}

#[test]
fn a_policy_for_egress_that_cuts_a_permitted_edge_is_the_cause() {
    let deny = policy("emoji", "default", "[]")
        .replace("Ingress", "Egress")
        .replace("ingress", "egress")
        .replace("s-emoji", "deny");
    check(
        "prod",
        &(rendered() + &deny),
        &[
            "missing-edge: `service.emoji` cannot reach `service.ledger` on TCP 80-81, which is permitted\n  no egress rule of NetworkPolicy default/deny lets it through (tier `default`)",
        ],
    );
}

#[test]
fn blocks_of_addresses_are_compared_to_the_edge() {
    let wide = rendered().replace(", except: [10.20.9.0/24]", "");
    check(
        "prod",
        &wide,
        &[
            "unruled-edge: 10.20.9.0/24 can reach `service.ledger` on TCP 80, which nothing permits\n  NetworkPolicy default/s-ledger decides by its ingress rule 3",
        ],
    );
    let narrow = rendered().replace("10.20.0.0/16, except: [10.20.9.0/24]", "10.20.0.0/17, except: [10.20.9.0/24]");
    check(
        "prod",
        &narrow,
        &[
            "missing-edge: 10.20.128.0/17 cannot reach `service.ledger` on TCP 80, which is permitted\n  no ingress rule of NetworkPolicy default/catch-all-backend, NetworkPolicy default/s-ledger lets it through (tier `default`)",
        ],
    );
}

#[test]
fn pods_on_their_nodes_network_cannot_be_isolated_and_cannot_wear_a_label() {
    let host = rendered().replacen(
        "spec: {containers: [{name: main}]}",
        "spec: {hostNetwork: true, containers: [{name: main}]}",
        2,
    );
    check(
        "prod",
        &host,
        &[
            "not-isolated: no policy can select Deployment default/emoji of `service.emoji`, which is on its node's network",
            "not-isolated: no policy can select Deployment default/ledger of `service.ledger`, which is on its node's network",
            "idle-policy: NetworkPolicy default/s-emoji selects no pod",
            "idle-policy: NetworkPolicy default/s-ledger selects no pod",
        ],
    );
}

#[test]
fn one_charts_manifests_are_compared_alone() {
    let chart = workload("ledger", "default", &labels(LEDGER)) + &policy("ledger", "default", LEDGER_RULES);
    assert_eq!(report("prod", &chart).absent, ["service.cards", "service.emoji", "service.metrics"]);
    check(
        "prod",
        &chart,
        &[
            "missing-edge: `service.metrics` cannot reach `service.ledger` on TCP, UDP, SCTP, which is permitted\n  no ingress rule of NetworkPolicy default/s-ledger lets it through (tier `default`)\n  a type permits it: the policies for types come from `hedgerow render --platform`, are they among the manifests?",
        ],
    );
    // A catch-all alone guards nobody whose own policy is not there: the others stay out of the comparison.
    let with_types = report("prod", &(chart.clone() + CATCH_ALL));
    assert_eq!(with_types.findings, []);
    assert_eq!(with_types.absent, ["service.cards", "service.emoji", "service.metrics"]);
    assert_eq!(with_types.checked.services, 1);
}

#[test]
fn policies_without_their_workloads_are_compared_as_if_the_plan_were_deployed() {
    let policies = policy("ledger", "default", &LEDGER_RULES.replace("port: 80}, {port: 81}", "port: 80}")) + CATCH_ALL;
    check(
        "prod",
        &policies,
        &[
            "missing-edge: `service.emoji` cannot reach `service.ledger` on TCP 81, which is permitted\n  no ingress rule of NetworkPolicy default/catch-all-backend, NetworkPolicy default/s-ledger lets it through (tier `default`)",
        ],
    );
}

#[test]
fn a_stage_that_drops_nothing_is_held_to_it() {
    // No dry run beside the policy: it would drop what it should let through.
    let mut found: Vec<_> =
        report("trial", &rendered()).findings.iter().map(|finding| text(&finding.diagnostic())).collect();
    found.retain(|finding| finding.contains("service.ledger"));
    assert_eq!(
        found,
        [
            "catch-all-isolates: Deployment default/ledger of `service.ledger`, which should be open to everybody, is isolated by NetworkPolicy default/catch-all-backend and NetworkPolicy default/s-ledger\n  this policy\n  this policy",
        ]
    );
    let dry_run = "---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: dry-run}
spec: {order: 5000, selector: has(hazel.bank/network-policy), types: [Ingress], ingress: [{action: Log}, {action: Allow}]}
";
    check("trial", &(rendered() + dry_run), &[]);
    // The stage `off`: nothing guards anything, and a label that says otherwise is not backed.
    let open = rendered().replace(", hazel.bank/network-policy: 'true'", "");
    let open: String = open.split_inclusive("---\n").filter(|document| !document.contains("NetworkPolicy")).collect();
    check("none", &open, &[]);
    check(
        "trial",
        &open,
        &[
            "not-isolated: no policy selects Deployment default/cards of `service.cards`: the stage `audit` sees nothing",
            "not-isolated: no policy selects Deployment default/emoji of `service.emoji`: the stage `audit` sees nothing",
            "not-isolated: no policy selects Deployment default/ledger of `service.ledger`: the stage `audit` sees nothing",
            "not-isolated: no policy selects Deployment ops/metrics of `service.metrics`: the stage `audit` sees nothing",
        ],
    );
}

#[test]
fn what_a_service_permits_itself_is_not_asked() {
    // metrics is among its own callers by type, and no policy lets them in: its pods among themselves are left aside.
    let config = CONFIG.replace("monitoring: {}}", "monitoring: {callers: [monitoring]}}");
    assert_ne!(config, CONFIG);
    let plan = plan_of(&config, "prod");
    check_with(&plan, &rendered(), &[]);
    let twice = rendered() + &workload("metrics-b", "ops", &labels(METRICS));
    check_with(&plan, &twice, &[]);
    // Others of a type are asked: `backend` may call itself, and its catch-all lets in nobody but `monitoring`.
    let config = CONFIG.replace("{backend: {callers: [monitoring]}", "{backend: {callers: [monitoring, backend]}");
    let report = report_with(&plan_of(&config, "prod"), &rendered());
    let found: Vec<_> = report.findings.iter().map(|finding| finding.diagnostic().message).collect();
    let is_cut = |from: &str, to: &str| {
        found.iter().any(|found| {
            found.split_once(" cannot reach ").is_some_and(|(who, whom)| who.contains(from) && whom.starts_with(to))
        })
    };
    assert!(is_cut("`service.cards`", "`service.ledger`"), "{found:#?}");
    assert!(!is_cut("`service.ledger`", "`service.ledger`"), "{found:#?}");
}
