//! Whose pods a workload's are.

use super::item::{Item, partial_at};
use crate::host::{Hosts, without_release};
use crate::partial::Partial;
use crate::value::Value;

/// What people write behind a service's name in the names of files.
const KINDS: &[&str] = &[
    "-deployment",
    "-deploy",
    "-statefulset",
    "-daemonset",
    "-cronjob",
    "-job",
    "-pod",
    "-workload",
    "_deployment",
    "_statefulset",
    ".deployment",
    ".statefulset",
];

/// The service whose pods a workload makes. What is said of it comes before what it is made of, and that before where it lies: its name, the
/// service in whose directory it lies, what its pods wear; its name where the release is called like the chart, as most are, or by nothing; a
/// job's name without what it has behind it for its run; the image that it runs; the directory or the file of the chart's templates; the chart.
pub(super) fn service(
    item: &Item,
    template: Option<&Value>,
    hosts: &Hosts,
    owner: &impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let named = |name: &str| hosts.named(name).map(str::to_owned);
    let name = partial_at(&item.value, &["metadata", "name"]);
    let labels = template.and_then(|template| template.pointer("/metadata/labels")).and_then(Value::as_map);
    let chart = item.chart.map(|(_, chart)| chart);
    let by_label = || labels.into_iter().flatten().find_map(|(_, value)| named(value.as_str()?));
    let by_release = || without_release(name?, chart?).into_iter().find_map(|name| named(&name));
    // A job is new with each deploy, and says so behind its name: `ledger-migrate-{{ .Release.Revision }}`.
    let by_run = || {
        let is_job = partial_at(&item.value, &["kind"])?.known() == Some("Job");
        let known = name.filter(|name| is_job && name.gaps().len() == 1)?;
        let [before, ""] = known.between_gaps()[..] else { return None };
        named(before.strip_suffix(['-', '_'])?)
    };
    let by_image = || {
        // What runs beside it, or before it, does not make pods a service's.
        let containers = template?.pointer("/spec/containers")?.as_list()?;
        let mut services = containers.iter().map(|container| named(&image(container)?));
        let first = services.next()??;
        services.all(|other| other.as_ref() == Some(&first)).then_some(first)
    };
    let by_place = || chart.and_then(|_| places(item.path).into_iter().find_map(named));
    let by_named_release = || {
        let (release, name) = (item.release.as_deref()?, name?.known()?);
        let rest = name.strip_prefix(release).map(|rest| rest.strip_prefix('-'));
        match (rest, chart) {
            // `shop-ledger` of the release `shop`.
            (Some(Some(rest)), chart) => named(rest).or_else(|| named(release).filter(|_| chart == Some(rest))),
            (None, _) => name.strip_suffix(release)?.strip_suffix('-').and_then(named),
            _ => None,
        }
    };
    let by_chart = || chart.and_then(named);
    name.and_then(|name| named(name.known()?))
        .or_else(|| owner(item.path))
        .or_else(by_label)
        .or_else(by_release)
        .or_else(by_named_release)
        .or_else(by_run)
        .or_else(by_image)
        .or_else(by_place)
        .or_else(by_chart)
}

/// The last part of an image's name: `ledger` of `registry:5000/bank/ledger:1.2@sha256:…`.
pub(super) fn image(container: &Value) -> Option<String> {
    let path = image_path(container)?.written().into_owned();
    let name = Partial::read(path.rsplit('/').next()?);
    name.known().filter(|name| !name.is_empty()).map(str::to_owned)
}

/// An image's name without its tag and digest: `registry:5000/bank/ledger` of `registry:5000/bank/ledger:1.2@sha256:…`.
pub(super) fn image_path(container: &Value) -> Option<Partial> {
    without_tag(&container.get("image")?.as_text()?.written())
}

/// The same of an image's whole name.
pub(super) fn without_tag(image: &str) -> Option<Partial> {
    let path = image.split('@').next()?;
    // A colon before a slash is the port of a registry.
    let last = path.rfind('/').map_or(0, |at| at + 1);
    let end = path.get(last..)?.find(':').map_or(path.len(), |at| last + at);
    Some(Partial::read(path.get(..end)?))
}

/// What a template's file is called by, and its directories below `templates/`, the innermost first.
fn places(path: &str) -> Vec<&str> {
    let Some((_, below)) = path.split_once("templates/") else { return Vec::new() };
    let (directories, file) = below.rsplit_once('/').unwrap_or(("", below));
    let stem = file.split('.').next().unwrap_or(file);
    let bare = KINDS.iter().find_map(|kind| stem.strip_suffix(kind)).unwrap_or(stem);
    [stem, bare].into_iter().chain(directories.rsplit('/')).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_and_places_name_services() {
        for (name, expected) in [
            ("ledger", Some("ledger")),
            ("registry:5000/bank/ledger", Some("ledger")),
            ("bank/ledger:1.2", Some("ledger")),
            ("bank/ledger@sha256:ab", Some("ledger")),
            ("", None),
        ] {
            assert_eq!(image(&serde_json::json!({ "image": name }).into()).as_deref(), expected, "{name}");
        }
        for (name, expected) in [
            ("registry:5000/bank/ledger:1.2@sha256:ab", "registry:5000/bank/ledger"),
            ("registry:5000/bank/ledger", "registry:5000/bank/ledger"),
            ("ledger:1.2", "ledger"),
            ("", ""),
        ] {
            let path = image_path(&serde_json::json!({ "image": name }).into());
            assert_eq!(path.as_ref().and_then(Partial::known), Some(expected), "{name}");
        }
        for (path, expected) in [
            ("c/templates/ledger/deployment.yaml", &["deployment", "deployment", "ledger"][..]),
            ("c/templates/a/ledger/x.yaml", &["x", "x", "ledger", "a"]),
            ("c/templates/ledger-deployment.yaml", &["ledger-deployment", "ledger"]),
            ("c/templates/ledger.deployment.yaml", &["ledger", "ledger"]),
            ("templates/ledger.yaml", &["ledger", "ledger"]),
            ("c/ledger.yaml", &[]),
        ] {
            assert_eq!(places(path), expected, "{path}");
        }
    }
}
