//! Kubernetes' Services: which pods answer under their names.

use super::Deploy;
use super::item::{Item, partial_at, text_at};
use super::workloads::Pods;
use crate::host::Hosts;
use crate::partial::Gap;
use crate::value::Value;
use std::collections::BTreeSet;

/// Says which hosts the Services are: who wears what they select.
pub(super) fn name(items: &[Item], pods: &[Pods], (deploy, hosts): (&mut Deploy, &mut Hosts)) {
    for item in items.iter().filter(|item| text_at(&item.value, &["kind"]) == Some("Service")) {
        let Some(name) = partial_at(&item.value, &["metadata", "name"]).filter(|name| !name.has(&Gap::Unknown)) else {
            continue;
        };
        if text_at(&item.value, &["spec", "type"]) == Some("ExternalName") {
            deploy.nodes.alias(item);
            continue;
        }
        let selector = item.value.pointer("/spec/selector").and_then(Value::as_map).filter(|s| !s.is_empty());
        let known = |value: &Value| value.as_text().is_some_and(|value| !value.has(&Gap::Unknown));
        let selector = selector.filter(|selector| item.chart.is_none() || selector.values().all(known));
        let fits = |pods: &&Pods| match selector {
            Some(selector) => {
                let labels = pods.template.pointer("/metadata/labels");
                selector.iter().all(|(key, value)| labels.and_then(|labels| labels.as_map()?.get(key)) == Some(value))
            }
            // What a helper writes cannot be read: a chart's Services are of that chart's pods.
            None => item.chart.is_some() && pods.chart == item.chart,
        };
        let fitting: BTreeSet<&str> = pods.iter().filter(fits).map(|pods| pods.service.as_str()).collect();
        if let (Some(service), 1) = (fitting.first(), fitting.len()) {
            hosts.add_partial(name, service);
            deploy.serves(service, item);
            deploy.nodes.serves(service, item);
        }
    }
}
