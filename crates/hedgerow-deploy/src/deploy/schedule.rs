//! When workloads run that do not run all the time.

use super::item::{Item, partial_at, text_at};
use crate::value::Value;

/// When a workload of a service runs, as a manifest says it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Schedule {
    /// The service; nothing where the manifest is of none.
    pub service: Option<String>,
    /// The object, as `Kind/name`; what only the deploy knows of the name is `*`.
    pub workload: String,
    /// The cron schedule; nothing where the manifest leaves it to values that cannot be told.
    pub schedule: Option<String>,
    /// The time zone it is meant in, where the manifest names one.
    pub time_zone: Option<String>,
    /// Whether the manifest says that it does not run for now.
    pub is_suspended: bool,
    /// The manifest's path below the tree's root.
    pub path: String,
}

/// The kinds that have one: Kubernetes' own, Argo's, OpenKruise's, and Spark's.
const KINDS: [&str; 4] = ["CronJob", "CronWorkflow", "AdvancedCronJob", "ScheduledSparkApplication"];

/// Whether an object is of a kind that runs by a schedule.
pub(super) fn has_schedule(value: &Value) -> bool {
    text_at(value, &["kind"]).is_some_and(|kind| KINDS.contains(&kind))
}

/// The schedules of one object, none where it is of a kind that has none.
pub(super) fn of(item: &Item<'_>, service: Option<&str>) -> Vec<Schedule> {
    let Some(kind) = text_at(&item.value, &["kind"]).filter(|kind| KINDS.contains(kind)) else { return Vec::new() };
    let name = partial_at(&item.value, &["metadata", "name"]).map_or_else(|| "*".to_owned(), |name| name.shown('*'));
    let at = |key: &str| item.value.get("spec").and_then(|spec| spec.get(key));
    let known = |value: &Value| {
        let text = value.as_str()?.trim();
        (!text.is_empty()).then(|| text.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let several = at("schedules").and_then(Value::as_list).unwrap_or_default();
    let mut schedules: Vec<Option<String>> = several.iter().map(known).collect();
    if schedules.is_empty() {
        schedules.push(at("schedule").and_then(known));
    }
    let schedule = |schedule| Schedule {
        service: service.map(str::to_owned),
        workload: format!("{kind}/{name}"),
        schedule,
        time_zone: at("timeZone").or_else(|| at("timezone")).and_then(known),
        is_suspended: at("suspend").or_else(|| at("paused")).and_then(Value::as_bool) == Some(true),
        path: item.path.to_owned(),
    };
    schedules.into_iter().map(schedule).collect()
}
