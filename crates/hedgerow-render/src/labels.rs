//! A service's labels as a patch, for tools that merge patches instead of streaming manifests.

use hedgerow_core::plan::ServicePlan;
use hedgerow_yaml::Yaml;

/// The labels of a service's pods as a [strategic-merge patch] of a Deployment or any other object with `spec.template`,
/// in block style.
///
/// [strategic-merge patch]: https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
#[must_use]
pub fn label_patch(service: &ServicePlan) -> String {
    let labels = Yaml::map(service.pods.write.iter().map(|(key, value)| (key.as_str(), Yaml::str(value.as_str()))));
    let below = |key: &str, value| Yaml::map([(key, value)]);
    below("spec", below("template", below("metadata", below("labels", labels)))).to_block()
}
