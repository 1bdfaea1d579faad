//! No host takes one object of ours for another, and no overlay narrows what one admits.

use crate::fleet::fleets;
use hedgerow::core::plan::Plan;
use hedgerow::render::object::Object;
use hedgerow::render::{platform_objects, service_objects};
use proptest::prelude::*;
use serde_yaml::Value;
use std::collections::{BTreeMap, BTreeSet};

fn objects(plan: &Plan) -> Vec<Object> {
    let services = plan.services().values().flat_map(|service| service_objects(service, Some(&service.namespace)));
    services.chain(platform_objects(plan)).collect()
}

/// Every `matchLabels` in an object, which label transformers of kustomize add to.
fn match_labels(value: &Value) -> usize {
    match value {
        Value::Mapping(mapping) => {
            mapping.iter().map(|(key, value)| usize::from(key == "matchLabels") + match_labels(value)).sum()
        }
        Value::Sequence(values) => values.iter().map(match_labels).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(_) => 0,
    }
}

proptest! {
    #![proptest_config(crate::cases(96))]

    /// Helm up to 3.17.0 tells objects apart by kind, namespace and name, without the API group.
    #[test]
    fn no_two_objects_share_kind_and_name(fleet in fleets()) {
        let objects = objects(&fleet.plan());
        let mut seen = BTreeSet::new();
        for object in &objects {
            let namespace = object.namespace.as_ref().map(ToString::to_string);
            prop_assert!(seen.insert((object.kind.as_str(), namespace, object.name.as_str())), "{}", object.emit());
        }
    }

    /// The mark and the kind tell what an object is; only a type's catch-alls differ in their namespace alone.
    #[test]
    fn an_object_is_known_by_its_mark(fleet in fleets()) {
        let plan = fleet.plan();
        let key = plan.scheme().policy_of().to_string();
        let mut seen = BTreeMap::new();
        for object in objects(&plan) {
            let written: Value = serde_yaml::from_str(&object.emit()).expect("an object is YAML");
            let labels = &written["metadata"]["labels"];
            prop_assert_eq!(labels[key.as_str()].as_str(), Some(object.mark.value().as_str()));
            prop_assert_eq!(labels["app.kubernetes.io/managed-by"].as_str(), Some("hedgerow"));
            let namespace = object.namespace.as_ref().map(ToString::to_string);
            let id = (object.kind, object.mark.value().to_string(), namespace);
            prop_assert!(seen.insert(id, object.name.clone()).is_none(), "{}", object.emit());
        }
    }

    #[test]
    fn no_selector_can_be_added_to_by_a_label_transformer(fleet in fleets()) {
        for object in objects(&fleet.plan()) {
            let written: Value = serde_yaml::from_str(&object.emit()).expect("an object is YAML");
            prop_assert_eq!(match_labels(&written), 0, "{}", object.emit());
        }
    }
}
