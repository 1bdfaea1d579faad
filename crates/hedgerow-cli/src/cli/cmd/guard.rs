//! `hedgerow render --guard`: the objects by which an API server refuses forged labels, as texts and files.

use crate::embedded::docs;
use anyhow::{anyhow, bail};
use hedgerow_core::plan::{Plan, ServicePlan};
use hedgerow_render::guard::{GuardObject, account_objects, guard_objects};
use std::collections::BTreeSet;
use std::path::Path;

/// The kinds that a guard is made of, as they stand at the end of files' names.
const ENDS: [&str; 4] = ["clusterrole", "rolebinding", "validatingadmissionpolicy", "validatingadmissionpolicybinding"];

/// What the accounts of these services may wear.
pub(super) fn of_services<'p>(
    plan: &Plan,
    services: impl Iterator<Item = &'p ServicePlan>,
) -> anyhow::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for service in services {
        let objects = account_objects(plan, service).map_err(|name| {
            anyhow!("`{name}` has no account of its own; name the one that its pods run as by `service-account` in its service.yaml")
        })?;
        files.extend(objects.iter().map(|object| (file_name(object), object.emit())));
    }
    if files.is_empty() {
        bail!("`guard.accounts` in hedgerow.yaml does not bind labels to accounts in `{}`", plan.environment());
    }
    Ok(files)
}

/// Each object's file and text.
pub(super) fn files(plan: &Plan) -> anyhow::Result<Vec<(String, String)>> {
    let Some(objects) = guard_objects(plan) else {
        bail!("hedgerow.yaml has no `guard`; {} says what to write there", docs!("guard.md"));
    };
    Ok(objects.iter().map(|object| (file_name(object), object.emit())).collect())
}

fn file_name(object: &GuardObject) -> String {
    let kind = object.kind.to_ascii_lowercase();
    match &object.namespace {
        Some(namespace) => format!("{namespace}.{}.{kind}.yaml", object.name),
        None => format!("{}.{kind}.yaml", object.name),
    }
}

/// Files in the directory that an earlier run wrote for this environment and this one did not.
pub(super) fn left_over(directory: &Path, written: &[(String, String)], plan: &Plan) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(directory) else { return BTreeSet::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mark = format!("{}/guard: {}\n", plan.scheme().domain(), plan.environment());
    let is_ours = |name: &String| std::fs::read_to_string(directory.join(name)).is_ok_and(|text| text.contains(&mark));
    names
        .filter(|name| ENDS.iter().any(|end| name.ends_with(&format!(".{end}.yaml"))))
        .filter(|name| !written.iter().any(|(file, _)| file == name) && is_ours(name))
        .collect()
}
