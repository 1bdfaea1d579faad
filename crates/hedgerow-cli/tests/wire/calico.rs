//! Calico's own schemas, where they lie beside the repository.

use crate::{OBJECTS, read};
use hedgerow::render::object::Kind;
use serde_json::{Value, json};
use std::path::Path;

/// The schema of a kind as its CRD gives it, and strict: what it does not name is refused.
fn schema(plural: &str) -> Option<Value> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/schemas");
    let path = directory.join(format!("projectcalico.org_{plural}.yaml"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: there is no {}", path.display());
        return None;
    };
    let crd: Value = serde_yaml::from_str(&text).expect("a CRD is YAML");
    let versions = crd["spec"]["versions"].as_array().expect("a CRD has versions");
    let version = versions.iter().find(|version| version["name"] == "v3").expect("v3 is one of them");
    let mut schema = version["schema"]["openAPIV3Schema"].clone();
    // A CRD leaves the metadata to the API server; these are all that Hedgerow writes.
    schema["properties"]["metadata"] = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 253, "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"},
            "namespace": {"type": "string", "maxLength": 63, "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "required": ["name", "labels"],
    });
    close(&mut schema);
    Some(schema)
}

/// Takes a structural schema for complete: an object that names its properties has no others.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.get("properties").is_some_and(Value::is_object) && !object.contains_key("additionalProperties") {
                object.insert("additionalProperties".to_owned(), json!(false));
            }
            object.values_mut().for_each(close);
        }
        Value::Array(values) => values.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn check(kind: Kind, plural: &str) {
    let Some(schema) = schema(plural) else { return };
    let validator = jsonschema::validator_for(&schema).expect("a CRD's schema is a JSON schema");
    let objects: Vec<_> = OBJECTS.iter().filter(|object| object.kind == kind).map(read).collect();
    assert!(!objects.is_empty());
    for object in objects {
        let faults: Vec<_> =
            validator.iter_errors(&object).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(faults.is_empty(), "{faults:#?}\n{object:#}");
    }
    // A schema that takes everything would prove nothing.
    let unknown = json!({
        "apiVersion": "projectcalico.org/v3", "kind": kind.as_str(),
        "metadata": {"name": "x", "labels": {}}, "spec": {"ingres": []},
    });
    assert!(!validator.is_valid(&unknown), "the schema of {plural} takes a key that is not there");
}

#[test]
fn network_policies_follow_calicos_schema() {
    check(Kind::CalicoNetworkPolicy, "networkpolicies");
}

#[test]
fn global_network_policies_follow_calicos_schema() {
    check(Kind::CalicoGlobalNetworkPolicy, "globalnetworkpolicies");
}

#[test]
fn staged_policies_follow_calicos_schema() {
    check(Kind::CalicoStagedKubernetesNetworkPolicy, "stagedkubernetesnetworkpolicies");
}

#[test]
fn staged_global_policies_follow_calicos_schema() {
    check(Kind::CalicoStagedGlobalNetworkPolicy, "stagedglobalnetworkpolicies");
}
