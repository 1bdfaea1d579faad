//! Streams that begin with JSON: every reader of the output reads the workloads and the policies.

use std::collections::BTreeSet;

use crate::program::{Sandbox, run, tool};

const FLEET: &str = "version: 1
labels: {domain: bank.example}
services: {include: [\"service.*\"], defaults: {ports: [{name: http, port: 8080}]}}
environments: {prod: {stage: enforce}}
";
const CART: &str =
    r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"cart"},"spec":{"containers":[{"name":"a","image":"a"}]}}"#;
const PRETTY: &str =
    "{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"Pod\",\n\t\"metadata\": {\n\t\t\"name\": \"cart\"\n\t}\n}\n";
const TWO: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"two","labels":{"a":"}{"}}}"#;
const NAMESPACE: &str = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}"#;
const YAML: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: map\n";

/// Streams, and the names of what they hold beside the policy.
fn streams() -> Vec<(&'static str, String, Vec<&'static str>)> {
    vec![
        ("one", format!("{CART}\n"), vec!["cart"]),
        ("one without a line break", CART.to_owned(), vec!["cart"]),
        ("one over many lines", PRETTY.to_owned(), vec!["cart"]),
        ("one with CRLF", PRETTY.replace('\n', "\r\n"), vec!["cart"]),
        ("white space before", format!("\n \n{CART}\n\n"), vec!["cart"]),
        ("a byte order mark before", format!("\u{FEFF}{CART}\n"), vec!["cart"]),
        ("several, line by line", format!("{CART}\n{TWO}\n"), vec!["cart", "two"]),
        ("several, glued", format!("{TWO}{CART}"), vec!["cart", "two"]),
        ("several, pretty", format!("{PRETTY}{TWO}\n"), vec!["cart", "two"]),
        ("JSON and YAML", format!("{CART}\n---\n{YAML}"), vec!["cart", "map"]),
        ("JSON and YAML without a line break", format!("{CART}\n---\n{}", YAML.trim_end()), vec!["cart", "map"]),
        ("several and YAML", format!("{CART}\n{TWO}\n---\n{YAML}"), vec!["cart", "two", "map"]),
        ("a namespace before", format!("{NAMESPACE}\n{CART}\n{TWO}\n"), vec!["cart", "two", "shop"]),
        ("a namespace before, glued", format!("{NAMESPACE}{CART}{TWO}"), vec!["cart", "two", "shop"]),
        ("a namespace before YAML", format!("{NAMESPACE}\n---\n{YAML}---\n{CART}\n"), vec!["cart", "map", "shop"]),
        ("JSON in documents", format!("{CART}\n---\n{TWO}\n"), vec!["cart", "two"]),
        ("YAML and JSON", format!("{YAML}---\n{CART}\n"), vec!["cart", "map"]),
        (
            "a List",
            format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{CART},{TWO}]}}\n"),
            vec!["cart", "two"],
        ),
        (
            "a typed list",
            format!("{{\"apiVersion\":\"v1\",\"kind\":\"PodList\",\"items\":[{CART},{TWO}]}}\n"),
            vec!["cart", "two"],
        ),
        (
            "a List and more",
            format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{CART}]}}\n{TWO}\n"),
            vec!["cart", "two"],
        ),
        (
            "an empty List and more",
            format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[]}}\n---\n{CART}\n"),
            vec!["cart"],
        ),
    ]
}

fn fleet(sandbox: &Sandbox) -> String {
    sandbox.write("fleet/hedgerow.yaml", FLEET);
    sandbox.write("fleet/service.books/service.yaml", "");
    sandbox.write("fleet/service.cart/egress/service.books.rule", "");
    sandbox.path("fleet").display().to_string()
}

/// The name of every object that a reader says it has read.
fn names<'t>(lines: impl Iterator<Item = &'t str>) -> BTreeSet<String> {
    lines.map(|line| line.rsplit(['/', ' ']).next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn every_reader_reads_json_and_what_was_added_to_it() {
    let sandbox = Sandbox::new();
    let fleet = fleet(&sandbox);
    let arguments = ["-q", "-C", &fleet, "post-render", "--service", "service.cart"];
    for (number, (name, stream, objects)) in streams().into_iter().enumerate() {
        let patched = sandbox.hedgerow(&arguments, stream.as_bytes()).text();
        let again = sandbox.hedgerow(&arguments, patched.as_bytes()).text();
        assert_eq!(again, patched, "{name}: a second run changes it again");
        if stream.contains("Namespace") {
            assert!(patched.find("shop") < patched.find("NetworkPolicy"), "{name}: before its namespace\n{patched}");
        }
        let mut expected: BTreeSet<String> = objects.iter().map(|&name| name.to_owned()).collect();
        expected.insert("s-cart".to_owned());

        for kubectl in ["kubectl-1.31", "kubectl"] {
            let Some(program) = tool(kubectl) else { continue };
            let mut command = sandbox.command(program);
            command.args(["label", "--local", "-f", "-", "read=1", "-o", "name"]);
            let read = run(&mut command, patched.as_bytes()).text();
            assert_eq!(names(read.lines()), expected, "{name}: {kubectl} reads\n{patched}");
        }
        // Helm and kustomize alike: what each makes of the output as a file.
        let is_name = |line: &&str| line.trim_start().starts_with("name: ") && line.starts_with("  name");
        if let Some(program) = tool("kustomize").filter(|_| !name.contains("typed")) {
            sandbox.write(&format!("k{number}/all.yaml"), &patched);
            sandbox.write(&format!("k{number}/kustomization.yaml"), "resources: [all.yaml]\n");
            let mut command = sandbox.command(program);
            let built = run(command.arg("build").arg(sandbox.path(&format!("k{number}"))), b"").text();
            assert_eq!(names(built.lines().filter(is_name)), expected, "{name}: kustomize builds\n{built}");
        }
        for helm in ["helm3", "helm4-1", "helm4"] {
            let Some(program) = tool(helm) else { continue };
            sandbox.write(&format!("c{number}/Chart.yaml"), "apiVersion: v2\nname: chart\nversion: 0.1.0\n");
            sandbox.write(&format!("c{number}/templates/all.yaml"), &patched);
            let mut command = sandbox.command(program);
            let rendered = run(command.args(["template", "r"]).arg(sandbox.path(&format!("c{number}"))), b"").text();
            let documents: Vec<serde_json::Value> = crate::manifest::documents(&rendered);
            let mut read = BTreeSet::new();
            for document in &documents {
                let items = document["items"].as_array().map_or_else(|| vec![document], |items| items.iter().collect());
                read.extend(items.iter().filter_map(|item| Some(item["metadata"]["name"].as_str()?.to_owned())));
            }
            assert_eq!(read, expected, "{name}: {helm} renders\n{rendered}");
        }
    }
}

#[test]
fn json_stays_json_where_nothing_is_added() {
    let sandbox = Sandbox::new();
    let fleet = fleet(&sandbox);
    sandbox.write("fleet/hedgerow.yaml", FLEET.replace("enforce", "off"));
    let arguments = ["-q", "-C", &fleet, "post-render", "--service", "service.cart"];
    for (name, stream, _) in streams().into_iter().filter(|(_, stream, _)| !stream.contains("---")) {
        let patched = sandbox.hedgerow(&arguments, stream.as_bytes()).text();
        let text = patched.strip_prefix('\u{FEFF}').unwrap_or(&patched);
        let values = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
        assert!(
            values.count() > 0 && patched.contains("\"bank.example/routing-name\": \"service.cart\""),
            "{name}: {patched}"
        );
        assert!(
            serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>().all(|value| value.is_ok()),
            "{name}"
        );
    }
}

#[test]
fn what_only_some_readers_read_is_refused() {
    let sandbox = Sandbox::new();
    let fleet = fleet(&sandbox);
    let arguments = ["-C", &fleet, "post-render", "--service", "service.cart"];
    for stream in [
        format!("---\n{CART}\n{TWO}\n"),
        format!("{YAML}---\n{CART}{TWO}\n"),
        format!("{CART}\n{YAML}"),
        format!("{CART} # c\n{TWO}\n"),
        format!("{CART},\n{TWO}\n"),
        format!("{CART}\n{{\"a\": \n"),
    ] {
        let refusal = sandbox.hedgerow(&arguments, stream.as_bytes()).refusal();
        assert!(refusal.contains("invalid-yaml"), "{stream}\n{refusal}");
    }
}
