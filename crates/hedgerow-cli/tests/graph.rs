//! `hedgerow graph` on the example fleet.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test, which reads what the command wrote")]

mod common;

use common::{Command, Ran, testdata, tree};
use hedgerow_cli::Exit;
use serde_json::Value;

fn graph(arguments: &str) -> Ran {
    Command::new(&testdata("bank"), &format!("graph {arguments}")).run()
}

fn json(arguments: &str) -> Value {
    let ran = graph(&format!("--env prod --format json {arguments}"));
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    serde_json::from_str(ran.out()).unwrap()
}

fn names(value: &Value) -> Vec<&str> {
    value["services"].as_array().unwrap().iter().map(|service| service["name"].as_str().unwrap()).collect()
}

#[test]
fn the_json_form_keeps_to_its_schema() {
    let schema = serde_json::from_str(include_str!("../../../docs/schemas/graph.json")).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let value = json("");
    let faults: Vec<_> = validator.iter_errors(&value).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn rules_and_types_are_edges_that_name_their_file() {
    let value = json("--service service.ledger");
    let edges: Vec<_> = value["edges"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|edge| edge["callee"] == "service.ledger")
        .map(|edge| format!("{} by {} in {}", edge["caller"], edge["by"], edge["file"]).replace('"', ""))
        .collect();
    insta::assert_snapshot!(edges.join("\n"), @"
    cron.interest by rule in cron.interest/egress/service.ledger.rule
    cron.statements by rule in cron.statements/egress/service.ledger.rule
    service.account by rule in service.account/egress/service.ledger.rule
    service.emoji by rule in service.emoji/egress/service.ledger.rule
    service.fx-rates by rule in service.fx-rates/egress/service.ledger.rule
    service.metrics by types in hedgerow.yaml
    service.node-agent by types in hedgerow.yaml
    service.payment by rule in service.payment/egress/service.ledger.rule
    service.transaction by rule in service.transaction/egress/service.ledger.rule
    ");
}

#[test]
fn a_part_counts_callers_of_the_whole() {
    let (whole, part) = (json(""), json("--service service.emoji"));
    let ledger = |value: &Value| {
        let services = value["services"].as_array().unwrap();
        services.iter().find(|service| service["name"] == "service.ledger").unwrap()["callers"].clone()
    };
    assert!(names(&part).len() < names(&whole).len());
    assert_eq!(ledger(&part), ledger(&whole));
}

#[test]
fn filters_narrow_each_other() {
    let (owner, both) = (json("--owner money"), json("--owner money --service cron.*"));
    assert!(names(&both).len() < names(&owner).len());
    assert!(names(&both).contains(&"cron.interest"));
}

#[test]
fn the_stage_is_the_environments() {
    let ran = graph("--env prod --format csv --service service.ledger");
    assert!(
        ran.out()
            .lines()
            .any(|line| line.starts_with("service.emoji,service.ledger,") && line.trim_end().ends_with(",enforce"))
    );
    let ran = graph("--env prod --format csv --service service.account");
    assert!(ran.out().lines().any(|line| line.contains(",service.account,") && line.trim_end().ends_with(",audit")));
}

#[test]
fn the_name_of_the_file_decides_the_format() {
    let directory = tree(&[]);
    for (name, start) in [
        ("net.html", "<!doctype html>"),
        ("net.svg", "<svg "),
        ("net.json", "{\n"),
        ("net.csv", "caller,callee"),
        ("net.mmd", "flowchart"),
        ("net.dot", "digraph"),
    ] {
        let path = directory.path().join(name);
        let ran = Command::new(&testdata("bank"), "graph --env prod --out").args([path.as_os_str()]).run();
        assert_eq!((ran.exit, ran.out()), (Exit::Done, ""), "{}", ran.stderr);
        assert!(std::fs::read_to_string(&path).unwrap().starts_with(start), "{name}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_could() {
    for (arguments, reason) in [
        ("", "name the environment with --env"),
        ("--env prod --owner monye", "did you mean `money`?"),
        ("--env prod --type cor", "did you mean `core`?"),
        ("--env prod --service service.legder", "did you mean `service.ledger`?"),
        ("--env prod --service nothing.*", "no service matches `nothing.*`"),
        ("--env prod --service [", "`[`"),
        ("--env prod --owner money --service service.emoji", "no service passes all of the filters"),
    ] {
        let ran = graph(arguments);
        assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""), "graph {arguments}");
        assert!(ran.stderr.contains(reason), "graph {arguments}: {}", ran.stderr);
    }
}
