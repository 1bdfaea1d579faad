//! Whose pods get other labels.

use hedgerow_core::fleet::Fleet;
use hedgerow_core::name::EnvironmentName;
use hedgerow_core::plan::Plan;
use hedgerow_core::policy::Labels;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A service whose pod template changes, so that its pods roll at the next deploy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Roll {
    pub(crate) service: String,
    /// The environments in which these labels change.
    pub(crate) environments: Vec<String>,
    /// `key=value` of labels that come.
    pub(crate) added: Vec<String>,
    /// `key=value` of labels that go.
    pub(crate) removed: Vec<String>,
}

pub(super) fn rolls(base: &Fleet, head: &Fleet) -> Vec<Roll> {
    let (base, head) = (Arc::new(base.clone()), Arc::new(head.clone()));
    let mut found = BTreeMap::<(String, Vec<String>, Vec<String>), Vec<String>>::new();
    let environments: BTreeSet<&EnvironmentName> = head.config().environments.keys().collect();
    for environment in environments {
        let (Some(before), Some(after)) =
            (Plan::new(Arc::clone(&base), environment), Plan::new(Arc::clone(&head), environment))
        else {
            continue;
        };
        for (name, planned) in after.services() {
            let Some(old) = before.services().get(name) else { continue };
            let (old, new) = (&old.pods.write, &planned.pods.write);
            if old != new {
                let key = (name.as_str().to_owned(), missing_from(old, new), missing_from(new, old));
                found.entry(key).or_default().push(environment.as_str().to_owned());
            }
        }
    }
    let roll = |((service, added, removed), environments)| Roll { service, environments, added, removed };
    found.into_iter().map(roll).collect()
}

/// The labels of `wanted` that `worn` lacks.
fn missing_from(worn: &Labels, wanted: &Labels) -> Vec<String> {
    let lacking = wanted.iter().filter(|(key, value)| worn.get(*key) != Some(value));
    lacking.map(|(key, value)| format!("{key}={value}")).collect()
}
