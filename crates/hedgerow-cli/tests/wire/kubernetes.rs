//! Kubernetes' own types.

use crate::{OBJECTS, read};
use hedgerow::render::object::Kind;
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicySpec};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a value as `T` and writes it again: a field that `T` does not have is lost on the way.
fn round_trip<T: DeserializeOwned + Serialize>(value: &Value) -> Value {
    let typed: T = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value:#}"));
    serde_json::to_value(typed).expect("types of Kubernetes have a JSON form")
}

#[test]
fn network_policies_are_what_kubernetes_takes_them_for() {
    let policies: Vec<_> = OBJECTS.iter().filter(|object| object.kind == Kind::NetworkPolicy).map(read).collect();
    assert!(!policies.is_empty());
    for policy in policies {
        assert_eq!(round_trip::<NetworkPolicy>(&policy), policy);
    }
}

#[test]
fn a_policy_that_is_data_is_a_config_map_with_the_policy_in_it() {
    let is_data = |object: &&hedgerow::render::object::Object| object.kind == Kind::PolicyData;
    let maps: Vec<_> = OBJECTS.iter().filter(is_data).map(read).collect();
    assert!(!maps.is_empty());
    for map in maps {
        assert_eq!(round_trip::<ConfigMap>(&map), map);
        let policy: Value = serde_yaml::from_str(map["data"]["networkpolicy.yaml"].as_str().unwrap()).unwrap();
        assert_eq!(round_trip::<NetworkPolicy>(&policy), policy);
        assert_eq!(policy["metadata"]["labels"], map["metadata"]["labels"]);
    }
}

#[test]
fn a_staged_policy_is_a_kubernetes_policy_with_an_action() {
    let is_staged =
        |object: &&hedgerow::render::object::Object| object.kind == Kind::CalicoStagedKubernetesNetworkPolicy;
    let policies: Vec<_> = OBJECTS.iter().filter(is_staged).map(read).collect();
    assert!(!policies.is_empty());
    for policy in policies {
        let mut spec = policy["spec"].clone();
        let action = spec.as_object_mut().and_then(|spec| spec.remove("stagedAction"));
        assert_eq!(action, Some("Set".into()));
        assert_eq!(round_trip::<NetworkPolicySpec>(&spec), spec);
    }
}
