//! The JSON output keeps to its schema.

use crate::{hostile, small};

const SCHEMA: &str = include_str!("../../../../docs/schemas/graph.json");

#[test]
fn json_keeps_to_the_schema() {
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for network in [
        small::network(),
        small::observed(),
        hostile::network(),
        small::network().around(|node| node.name == "service.lonely"),
    ] {
        let value = serde_json::from_str(&hedgerow_graph::json(&network).unwrap()).unwrap();
        let faults: Vec<String> = validator.iter_errors(&value).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }
}

#[test]
fn the_schema_refuses_what_is_not_in_it() {
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&hedgerow_graph::json(&small::network()).unwrap()).unwrap();
    value["edges"][0]["ports"] = serde_json::json!([]);
    assert!(!validator.is_valid(&value), "no ports is not a way to say all ports");
    value["edges"][0]["ports"] = serde_json::json!("all");
    assert!(validator.is_valid(&value));
    value["surprise"] = serde_json::json!(1);
    assert!(!validator.is_valid(&value));
}
