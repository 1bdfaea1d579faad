//! Labels by which charts say what their pods are, where a release gives the pods other names than the services have.

use super::{Service, is_below, services::doubt};
use crate::look::{Chart, Look, NAMING};
use std::collections::{BTreeMap, BTreeSet};

/// Says which label names services of charts that another chart of the tree brings: their pods are called after its release, so that a deploy
/// does not find the services by the names of workloads.
pub(super) fn labels(look: &Look, services: &BTreeMap<String, Service>, doubts: &mut Vec<String>) {
    let brought = |chart: &Chart| {
        // A chart may bring another's of its own name.
        let others = look.charts.iter().filter(|other| other.directory != chart.directory);
        let all = others.flat_map(|other| &other.dependencies);
        let of_it = all.filter(|part| part.chart == chart.name).map(|part| part.name.as_str());
        of_it.collect::<BTreeSet<&str>>()
    };
    let mut named: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut meant: BTreeSet<&str> = BTreeSet::new();
    for chart in look.charts.iter().filter(|chart| !look.released.contains_key(&chart.directory)) {
        // Helm gives a chart that is brought under an alias that name.
        let names = brought(chart);
        if names.is_empty() {
            continue;
        }
        let of_chart =
            services.iter().filter(|(_, service)| service.seen.iter().any(|file| is_below(file, &chart.directory)));
        // A name that is written out stays what it is.
        let is_written = |name: &&str| look.workloads.iter().any(|workload| workload.name == *name);
        let of_chart: BTreeSet<&str> =
            of_chart.map(|(name, _)| name.as_str()).filter(|name| !is_written(name)).collect();
        meant.extend(&of_chart);
        for (label, values) in &chart.labels {
            let written = values.iter().map(String::as_str).filter(|value| of_chart.contains(value));
            let own = names.iter().copied().filter(|name| values.contains("") && of_chart.contains(name));
            named.entry(label).or_default().extend(written.chain(own));
        }
    }
    // Of two that say as much, the first.
    let of = |label: &&'static str| Some((*label, named.get(label).filter(|names| !names.is_empty())?));
    let Some((label, names)) = NAMING.iter().rev().filter_map(of).max_by_key(|(_, names)| names.len()) else { return };
    // A label without a domain cannot be the fleet's.
    let advice = if !label.contains('/') {
        format!("so that a deploy finds these by `identity: {{{label}: NAME}}` in their service.yaml")
    } else if names.len() == services.len() {
        format!("so that a deploy finds them by `labels: {{identity: {label}}}`")
    } else {
        format!(
            "so that a deploy finds these by `identity: {{{label}: NAME}}` in their service.yaml, or, once all pods wear it, by `labels: {{identity: {label}}}`"
        )
    };
    doubt(
        doubts,
        &format!(
            "pods of these are called after the release of the chart above, and wear `{label}` with the service's name, {advice}"
        ),
        names.iter().copied(),
    );
    meant.retain(|name| !names.contains(name));
    doubt(doubts, "pods of these are called after the release, too, and the label was not seen", meant);
}
