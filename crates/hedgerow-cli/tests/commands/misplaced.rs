//! Manifests of another namespace than their services': one cause, one message.

use crate::common::{Command, tree};
use hedgerow_cli::Exit;

fn workload(name: &str, namespace: Option<&str>) -> String {
    let namespace = namespace.map_or_else(String::new, |namespace| format!(", namespace: {namespace}"));
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}{namespace}}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec: {{containers: [{{name: c, image: i}}]}}\n"
    )
}

/// A fleet, and its manifests as a deploy makes them for `namespace`.
fn fleet(homes: &[(&str, &str)]) -> tempfile::TempDir {
    let namespaces: std::collections::BTreeSet<&str> = homes.iter().map(|(_, home)| *home).collect();
    let namespaces = namespaces.into_iter().collect::<Vec<_>>().join(", ");
    let config = format!(
        "version: 1\nlabels: {{domain: bank.example}}\nservices: {{include: ['svc/*'], defaults: {{namespace: {}, ports: [{{port: 80}}]}}}}\nnamespaces: [{namespaces}]\nenvironments: {{prod: {{stage: enforce}}}}\n",
        homes[0].1
    );
    let mut files = vec![("hedgerow.yaml".to_owned(), config)];
    for (name, home) in homes {
        files.push((format!("svc/{name}/service.yaml"), format!("namespace: {home}\n")));
    }
    files.push((format!("svc/{}/egress/{}.rule", homes[0].0, homes[1].0), String::new()));
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (path.as_str(), text.as_bytes())).collect();
    tree(&files)
}

/// What `post-render` makes of workloads without a namespace.
fn deployed(root: &std::path::Path, names: &[&str]) -> String {
    let workloads: String = names.iter().map(|name| workload(name, None)).collect();
    let ran = Command::new(root, "post-render").stdin(workloads).run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    ran.out().to_owned()
}

#[test]
fn objects_without_a_namespace_are_where_all_services_live() {
    let root = fleet(&[("a", "bank"), ("b", "bank"), ("c", "bank")]);
    let stream = deployed(root.path(), &["a", "b", "c"]);
    let ran = Command::new(root.path(), "verify -").stdin(stream.clone()).run();
    assert_eq!(ran.exit, Exit::Done, "{}{}", ran.out(), ran.stderr);
    assert!(ran.stderr.contains("exactly what the rules allow"), "{}", ran.stderr);
    // Said otherwise, it is so.
    let ran = Command::new(root.path(), "verify --namespace other -").stdin(stream).run();
    assert_eq!(ran.exit, Exit::Findings, "{}{}", ran.out(), ran.stderr);
}

#[test]
fn a_wrong_namespace_is_one_error() {
    let root = fleet(&[("a", "bank"), ("b", "bank"), ("c", "bank")]);
    let stream = deployed(root.path(), &["a", "b", "c"]);
    let ran = Command::new(root.path(), "verify --namespace other -").stdin(stream.clone()).run();
    assert_eq!(ran.exit, Exit::Findings, "{}{}", ran.out(), ran.stderr);
    let text = ran.out();
    assert_eq!(text.matches("error[").count() + text.matches("warning[").count(), 1, "{text}");
    let said = "error[namespace-mismatch]: 3 workloads and 3 policies are in namespace `other`, but their 3 services live in `bank`";
    assert!(text.contains(said) && text.contains("`--namespace bank`"), "{text}");
    // One workload and no policy; the others are where they should be.
    let one = format!("{}{}", stream, workload("x", Some("bank")));
    let labelled = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a-1, namespace: other, labels: {bank.example/routing-name: a, bank.example/network-policy: 'true'}}\nspec: {containers: [{name: c}]}\n";
    let ran = Command::new(root.path(), "verify -").stdin(format!("{one}{labelled}")).run();
    let text = ran.out();
    assert!(text.contains("1 workload is in namespace `other`, but `a` lives in `bank`"), "{text}");
    assert_eq!(text.matches("error[").count(), 1, "{text}");
    // A label that no rule gives is a fault of its own.
    let forged = labelled.replace("network-policy: 'true'", "network-policy: 'true', bank.example/egress-c: 'true'");
    let ran = Command::new(root.path(), "verify -").stdin(format!("{one}{forged}")).run();
    let text = ran.out();
    assert!(text.contains("error[unbacked-label]: Pod other/a-1 wears `bank.example/egress-c: true`"), "{text}");
    assert_eq!(text.matches("error[").count(), 2, "{text}");
}

/// With services in several namespaces what names none is in `default`, as kubectl has it; each place is told once.
#[test]
fn each_wrong_namespace_is_told_once() {
    let root = fleet(&[("a", "bank"), ("b", "shop"), ("c", "bank")]);
    let stream = deployed(root.path(), &["a", "b", "c"]);
    let ran = Command::new(root.path(), "verify -").stdin(stream).run();
    let text = ran.out();
    assert!(text.contains("are in namespace `default`, but their 2 services live in `bank`"), "{text}");
    assert!(text.contains("are in namespace `default`, but `b` lives in `shop`"), "{text}");
    assert_eq!(text.matches("error[").count(), 2, "{text}");
    let json = Command::new(root.path(), "verify --format json -").stdin(deployed(root.path(), &["a"])).run();
    assert!(json.out().contains("namespace-mismatch"), "{}", json.out());
}

/// What a stage that drops nothing allows is not "exactly what the rules allow".
#[test]
fn verify_says_what_the_stages_leave_open() {
    let (nothing, tried) =
        (": they are as the rules and the stages ask\n", ": once enforced, they allow exactly what the rules allow\n");
    for (stage, told, sentence) in [
        ("\"off\"", "3 services: of stage `off` or `open`: everybody may call today", nothing),
        ("open", "3 services: of stage `off` or `open`: everybody may call today", nothing),
        ("audit", "3 services: of stage `audit`: nothing is dropped today", tried),
    ] {
        let root = fleet(&[("a", "bank"), ("b", "bank"), ("c", "bank")]);
        let config = std::fs::read_to_string(root.path().join("hedgerow.yaml")).unwrap();
        let config = config.replace("stage: enforce", &format!("stage: {stage}")) + "audit: {backend: observe}\n";
        std::fs::write(root.path().join("hedgerow.yaml"), config).unwrap();
        let stream = deployed(root.path(), &["a", "b", "c"]);
        let ran = Command::new(root.path(), "verify -").stdin(stream).run();
        assert_eq!(ran.exit, Exit::Done, "{stage}: {}{}", ran.out(), ran.stderr);
        assert!(ran.stderr.contains(told) && ran.stderr.contains(sentence), "{stage}: {}", ran.stderr);
    }
}

/// A policy that limits what leaves gets the advice for such a one.
#[test]
fn a_policy_by_hand_is_judged_by_its_direction() {
    let root = fleet(&[("a", "bank"), ("b", "bank"), ("c", "bank")]);
    let policy = |name: &str, spec: &str| {
        format!(
            "{}---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}}}\nspec: {{podSelector: {{matchLabels: {{bank.example/routing-name: a}}}}, {spec}}}\n",
            workload("a", None)
        )
    };
    for (spec, by_name, by_label) in [
        ("ingress: [{}]", "remove it", "it may let in whom no rule names\n"),
        ("policyTypes: [Ingress], egress: [{}]", "remove it", "it may let in whom no rule names\n"),
        (
            "policyTypes: [Egress], egress: [{}]",
            "it limits what leaves",
            "it limits what leaves and may stop calls that rules permit\n",
        ),
        (
            "policyTypes: [Egress]",
            "it limits what leaves",
            "it limits what leaves and may stop calls that rules permit\n",
        ),
        ("egress: [{}]", "take that part away", "it may let in whom no rule names, and stop calls that rules permit\n"),
    ] {
        let ran = Command::new(root.path(), "post-render --service a").stdin(policy("a", spec)).run();
        assert!(
            ran.stderr.contains(&format!("= help: {by_name}")) || ran.stderr.contains(by_name),
            "{spec}: {}",
            ran.stderr
        );
        let ran = Command::new(root.path(), "post-render --service a").stdin(policy("theirs", spec)).run();
        assert!(ran.stderr.contains(by_label), "{spec}: {}", ran.stderr);
    }
}
