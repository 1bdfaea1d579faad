//! `hedgerow render --guard`: the objects by which an API server refuses forged labels, as texts and files.

use anyhow::bail;
use hedgerow_core::plan::Plan;
use hedgerow_render::guard::{GuardObject, guard_objects};
use std::collections::BTreeSet;
use std::path::Path;

/// The kinds that a guard is made of, as they stand at the end of files' names.
const ENDS: [&str; 4] = ["clusterrole", "rolebinding", "validatingadmissionpolicy", "validatingadmissionpolicybinding"];

/// Each object's file and text.
pub(super) fn files(plan: &Plan) -> anyhow::Result<Vec<(String, String)>> {
    let Some(objects) = guard_objects(plan) else {
        bail!("hedgerow.yaml has no `guard`; docs/guard.md says what to write there");
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
