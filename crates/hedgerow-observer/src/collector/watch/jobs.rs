//! Jobs that ended well: the runs of cron jobs.

use super::{PAGE, Shared, Told, follow};
use crate::collector::world::World;
use kube::Api;
use kube::api::{ApiResource, DynamicObject};
use kube::runtime::watcher;
use serde_json::Value;
use std::collections::BTreeMap;

/// Follows jobs, to count the runs of cron jobs.
pub(super) async fn watch(shared: Shared) {
    let gvk = kube::api::GroupVersionKind::gvk("batch", "v1", "Job");
    let resource = ApiResource::from_gvk_with_plural(&gvk, "jobs");
    let api = Api::<DynamicObject>::all_with(shared.client.clone(), &resource);
    let world = shared.world.clone();
    let config = watcher::Config::default().page_size(PAGE);
    // However it is told of: a job may have ended and been cleaned away at once.
    let keep = move |job: DynamicObject| finished(&world, &job);
    follow("jobs".into(), api, config, shared.clone(), keep, |_: Told<()>| {}).await;
}

/// Tells of a job that a cron job made and that ended well.
fn finished(world: &World, job: &DynamicObject) {
    let owners = job.metadata.owner_references.iter().flatten();
    let Some(owner) = owners.into_iter().find(|owner| owner.kind == "CronJob") else { return };
    let conditions = job.data.pointer("/status/conditions").and_then(Value::as_array);
    let is_done = conditions.into_iter().flatten().any(|condition| {
        condition.get("type").and_then(Value::as_str) == Some("Complete")
            && condition.get("status").and_then(Value::as_str) == Some("True")
    });
    let ended = job.data.pointer("/status/completionTime").and_then(Value::as_str);
    let (Some(ended), Some(uid), true) = (ended, job.metadata.uid.as_deref(), is_done) else { return };
    let labels: BTreeMap<String, String> = job
        .data
        .pointer("/spec/template/metadata/labels")
        .and_then(|labels| serde_json::from_value(labels.clone()).ok())
        .unwrap_or_default();
    let namespace = job.metadata.namespace.as_deref().unwrap_or_default();
    if let Ok(moment) = hedgerow_observe::observations::Moment::try_from(ended.to_owned()) {
        world.job_finished(uid, namespace, &format!("CronJob/{}", owner.name), &labels, moment.0);
    }
}
