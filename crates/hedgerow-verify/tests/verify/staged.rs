//! `audit` by policies that nobody enforces: they are held to the rules as if somebody did.

use super::{CONFIG, check_with, plan_of, plan_of_services, policy, rendered, report_with, text};
use hedgerow_core::plan::Plan;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backend {
    Staged,
    Observe,
}

const BACKENDS: [Backend; 2] = [Backend::Staged, Backend::Observe];
/// A rule of ledger's policy.
const WEARERS: &str = "- podSelector: {matchLabels: {hazel.bank/egress-s-ledger: 'true'}}";

impl Backend {
    fn plan(self) -> Plan {
        let name = match self {
            Self::Staged => "calico-staged",
            Self::Observe => "observe",
        };
        plan_of(&format!("{CONFIG}audit: {{backend: {name}}}\n"), "trial")
    }

    /// What a faithful renderer would write: `change` is done to each document before.
    fn rendered(self, change: impl Fn(&str) -> String) -> String {
        let documents = rendered();
        let documents = documents.split("---\n").filter(|document| !document.is_empty());
        documents.map(|document| format!("---\n{}", self.document(&change(document)))).collect()
    }

    fn document(self, document: &str) -> String {
        let staged = document.replace("hazel.bank/network-policy: 'true'", "hazel.bank/network-policy: staged");
        let is_catch_all = document.contains("catch-all");
        match self {
            _ if !document.contains("kind: NetworkPolicy") => staged,
            Self::Staged => staged.replace(
                "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy",
                "apiVersion: projectcalico.org/v3\nkind: StagedKubernetesNetworkPolicy",
            ),
            // The observer knows who may call by type; the catch-alls select live pods.
            Self::Observe if is_catch_all => document.to_owned(),
            Self::Observe => {
                let name = document.split("name: ").nth(1).and_then(|rest| rest.split(',').next()).expect("a name");
                let namespace =
                    document.split("namespace: ").nth(1).and_then(|rest| rest.split('}').next()).expect("a namespace");
                let lines: String = document.lines().map(|line| format!("    {line}\n")).collect();
                format!(
                    "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}-policy, namespace: {namespace}, labels: {{hazel.bank/policy-of: {name}}}}}\ndata:\n  networkpolicy.yaml: |\n{lines}"
                )
            }
        }
    }

    fn found(self, manifests: &str) -> Vec<String> {
        let report = report_with(&self.plan(), manifests);
        report.findings.iter().map(|finding| text(&finding.diagnostic())).collect()
    }
}

/// The document of one policy changed, all others left alone.
fn in_policy<'a>(name: &'a str, from: &'a str, to: &'a str) -> impl Fn(&str) -> String + 'a {
    move |document| match document.contains(&format!("metadata: {{name: {name},")) {
        true => {
            assert!(document.contains(from), "{document}");
            document.replace(from, to)
        }
        false => document.to_owned(),
    }
}

#[test]
fn what_is_staged_faithfully_has_no_findings_and_is_compared() {
    for backend in BACKENDS {
        let manifests = backend.rendered(str::to_owned);
        let mut found = backend.found(&manifests);
        // Of the observer's fleet the catch-all waits for live pods.
        found.retain(|found| !found.starts_with("idle-policy: NetworkPolicy default/catch-all-backend"));
        assert_eq!(found, [""; 0], "{backend:?}");
        let report = report_with(&backend.plan(), &manifests);
        assert_eq!((report.checked.services, report.checked.workloads), (4, 5), "{backend:?}");
        assert_eq!(report.staged.len(), if backend == Backend::Staged { 5 } else { 4 });
    }
}

#[test]
fn a_narrowed_policy_is_named_before_it_is_enforced() {
    for backend in BACKENDS {
        for (from, to) in [
            (WEARERS, "- podSelector: {matchLabels: {hazel.bank/egress-s-ledger: 'true', team: gold}}"),
            (WEARERS, "- podSelector: {matchLabels: {hazel.bank/egress-s-ledger: 'false'}}"),
            (
                WEARERS,
                "- {podSelector: {matchLabels: {hazel.bank/egress-s-ledger: 'true'}}, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}",
            ),
        ] {
            let found = backend.found(&backend.rendered(in_policy("s-ledger", from, to)));
            let expected = "missing-edge: `service.emoji` can reach `service.ledger` on TCP 80-81, which is permitted, only because nothing is enforced yet";
            assert!(found.iter().any(|found| found.starts_with(expected)), "{backend:?} {to}: {found:#?}");
            let edges = found.iter().filter(|found| found.starts_with("missing-edge")).count();
            assert_eq!(edges, 1, "{backend:?} {to}: {found:#?}");
        }
        // One of its ports, and a namespace of an `allow` entry.
        let port = backend.found(&backend.rendered(in_policy("s-ledger", "[{port: 80}, {port: 81}]", "[{port: 80}]")));
        let expected = "missing-edge: `service.emoji` can reach `service.ledger` on TCP 81, which is permitted, only";
        assert!(port.iter().any(|found| found.starts_with(expected)), "{backend:?}: {port:#?}");
        let gateway = backend.found(&backend.rendered(in_policy(
            "s-ledger",
            "{app: gateway}}, namespaceSelector",
            "{app: gateway, tier: gold}}, namespaceSelector",
        )));
        let expected = "any pod with `app: gateway` in namespace `ops` can reach";
        assert!(gateway.iter().any(|found| found.contains(expected)), "{backend:?}: {gateway:#?}");
    }
}

#[test]
fn a_widened_policy_is_named_before_it_is_enforced() {
    for backend in BACKENDS {
        for (to, expected) in [
            (
                "- {namespaceSelector: {}}\n        - podSelector: {}",
                "any pod in any namespace will reach `service.ledger` on TCP 80-81 when it is enforced",
            ),
            (
                "- {podSelector: {matchLabels: {app: prometheus}}, namespaceSelector: {}}",
                "any pod with `app: prometheus` in any namespace will reach `service.ledger`",
            ),
            ("- ipBlock: {cidr: 0.0.0.0/0}", "will reach `service.ledger` on TCP 81 when it is enforced"),
        ] {
            let to = format!("{WEARERS}\n        {to}");
            let found = backend.found(&backend.rendered(in_policy("s-ledger", WEARERS, &to)));
            let is_it = |found: &String| found.starts_with("unruled-edge: ") && found.contains(expected);
            assert!(found.iter().any(is_it), "{backend:?} {to}: {found:#?}");
            assert!(!found.iter().any(|found| found.contains("can reach")), "{backend:?} {to}: {found:#?}");
        }
    }
}

#[test]
fn a_missing_policy_is_named() {
    for backend in BACKENDS {
        let without = |name: &'static str| {
            move |document: &str| match document.contains(&format!("metadata: {{name: {name},")) {
                true => "# gone\n".to_owned(),
                false => document.to_owned(),
            }
        };
        // Types still call where the catch-all is there; nothing watches whether anybody else does.
        let found = backend.found(&backend.rendered(without("s-metrics")));
        let expected = "not-isolated: no policy selects Deployment ops/metrics of `service.metrics`: the stage `audit` sees nothing";
        assert!(found.iter().any(|found| found == expected), "{backend:?}: {found:#?}");
        let found = backend.found(&backend.rendered(without("s-ledger")));
        assert!(
            found.iter().any(|found| found.starts_with("missing-edge: `service.emoji` can reach `service.ledger`")),
            "{backend:?}: {found:#?}"
        );
        // A policy that another label keeps from every pod.
        let found = backend.found(&backend.rendered(in_policy(
            "s-metrics",
            "{hazel.bank/routing-name: service.metrics}",
            "{hazel.bank/routing-name: service.metrics, team: gold}",
        )));
        assert!(found.iter().any(|found| found == expected), "{backend:?}: {found:#?}");
        assert!(found.iter().any(|found| found.starts_with("idle-policy: NetworkPolicy ops/s-metrics")), "{found:#?}");
    }
}

#[test]
fn one_policy_more_is_named() {
    for backend in BACKENDS {
        let more = policy("ledger", "default", "[{from: [{podSelector: {matchLabels: {app: spy}}}]}]")
            .replace("name: s-ledger,", "name: extra,");
        let staged = format!("---\n{}", backend.document(more.trim_start_matches("---\n")));
        let found = backend.found(&(backend.rendered(str::to_owned) + &staged));
        let expected = "unruled-edge: any pod with `app: spy` in namespace `default` will reach `service.ledger`";
        assert!(found.iter().any(|found| found.starts_with(expected)), "{backend:?}: {found:#?}");
        // One that is enforced drops today.
        let found = backend.found(&(backend.rendered(str::to_owned) + &more));
        assert!(found.iter().any(|found| found.starts_with("catch-all-isolates: ")), "{backend:?}: {found:#?}");
        // Twice under one name, with different meanings: nobody can say which one would be enforced.
        let twice = staged.replace("name: extra", "name: s-ledger");
        let mut sources = hedgerow_core::source::Sources::default();
        sources.add("manifests.yaml", backend.rendered(str::to_owned) + &twice);
        let (_, diagnostics) = hedgerow_eval::Manifests::read(sources.iter(), "default");
        let found: Vec<_> = diagnostics.iter().map(text).collect();
        assert!(
            found.len() == 1 && found[0].starts_with("invalid-policy: NetworkPolicy default/s-ledger is staged twice"),
            "{backend:?}: {found:#?}"
        );
    }
}

#[test]
fn callers_by_type_count_as_the_catch_alls_would_let_them_in() {
    for backend in BACKENDS {
        let gone = backend.rendered(|document| match document.contains("catch-all") {
            true => "# gone\n".to_owned(),
            false => document.to_owned(),
        });
        let narrowed = backend.rendered(in_policy("catch-all-backend", "monitoring}", "monitoring, team: gold}"));
        for manifests in [gone, narrowed] {
            let found = backend.found(&manifests);
            for callee in ["cards", "emoji", "ledger"] {
                let expected =
                    format!("missing-edge: `service.metrics` can reach `service.{callee}` on TCP, UDP, SCTP");
                assert!(found.iter().any(|found| found.starts_with(&expected)), "{backend:?}: {found:#?}");
            }
        }
        let wide = backend.rendered(in_policy(
            "catch-all-backend",
            "- from:",
            "- from: [{podSelector: {matchLabels: {app: spy}}}]\n    - from:",
        ));
        let found = backend.found(&wide);
        let expected = "unruled-edge: any pod with `app: spy` in namespace `default` will reach `service.emoji`";
        assert!(found.iter().any(|found| found.starts_with(expected)), "{backend:?}: {found:#?}");
    }
}

#[test]
fn what_is_enforced_already_is_not_said_twice() {
    for backend in BACKENDS {
        // An enforced twin of ledger's policy that lets nobody in.
        let enforced = policy("ledger", "default", "[]").replace("name: s-ledger,", "name: closed,");
        let narrowed = backend.rendered(in_policy(
            "s-ledger",
            WEARERS,
            "- podSelector: {matchLabels: {hazel.bank/egress-s-ledger: 'true', team: gold}}",
        ));
        let found = backend.found(&(narrowed + &enforced));
        let about = |what: &str| {
            found
                .iter()
                .filter(|found| found.starts_with("missing-edge: `service.emoji`") && found.contains(what))
                .count()
        };
        assert_eq!((about("cannot reach"), about("can reach")), (1, 0), "{backend:?}: {found:#?}");
    }
}

#[test]
fn policies_alone_are_compared_with_pods_as_the_plan_has_them() {
    for backend in BACKENDS {
        let policies = |manifests: String| -> String {
            manifests.split_inclusive("---\n").filter(|document| !document.contains("Deployment")).collect()
        };
        check_with(
            &backend.plan(),
            &policies(backend.rendered(str::to_owned)),
            match backend {
                Backend::Staged => &[],
                Backend::Observe => &["idle-policy: NetworkPolicy default/catch-all-backend selects no pod"],
            },
        );
        let report = report_with(&backend.plan(), &policies(backend.rendered(str::to_owned)));
        assert_eq!((report.checked.services, report.without_pods.len(), report.absent.len()), (4, 4, 0), "{backend:?}");
        let narrowed =
            policies(backend.rendered(in_policy("s-ledger", WEARERS, "- podSelector: {matchLabels: {team: gold}}")));
        let found = backend.found(&narrowed);
        assert!(found.iter().any(|found| found.starts_with("missing-edge: `service.emoji` can reach")), "{found:#?}");
        // One chart alone.
        let ledger: String = policies(backend.rendered(str::to_owned))
            .split_inclusive("---\n")
            .filter(|document| document.contains("s-ledger"))
            .collect();
        let report = report_with(&backend.plan(), &format!("---\n{ledger}"));
        assert_eq!((report.checked.services, report.absent.len()), (1, 3), "{backend:?}");
    }
}

#[test]
fn an_enforced_service_beside_staged_ones_is_compared_once() {
    // All are enforced but metrics. The catch-all is there for live pods and for staged ones, of which its type has none.
    let config = CONFIG.replace("trial: {stage: audit", "trial: {stage: enforce") + "audit: {backend: calico-staged}\n";
    let plan = plan_of_services(&config, "trial", |name| match name {
        "service.metrics" => "stage: {trial: audit}\n",
        _ => "",
    });
    let live = |document: &str| match document.contains("metrics") && !document.contains("catch-all") {
        true => Backend::Staged.document(document),
        false => document.to_owned(),
    };
    let documents = rendered();
    let documents: Vec<_> = documents.split("---\n").filter(|document| !document.is_empty()).collect();
    let mut manifests: String = documents.iter().map(|document| format!("---\n{}", live(document))).collect();
    for document in documents.iter().filter(|document| document.contains("catch-all")) {
        manifests += &format!("---\n{}", Backend::Staged.document(document));
    }
    check_with(&plan, &manifests, &[]);
    let report = report_with(&plan, &manifests);
    assert_eq!((report.checked.services, report.staged.len()), (4, 2));
}
