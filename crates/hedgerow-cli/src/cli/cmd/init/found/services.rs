//! Services, from workloads, releases and charts.

use super::{Service, clean, composed};
use crate::look::{Chart, Look, Port, Workload, last_part, parent};
use hedgerow_core::name::ServiceName;
use std::collections::{BTreeMap, BTreeSet};

/// Names of templates that say the kind and not the service.
const KINDS: [&str; 8] = ["cronjob", "daemonset", "deploy", "deployment", "job", "pod", "rollout", "statefulset"];

/// Other names of services, by the service.
type Aliases = BTreeMap<String, BTreeSet<String>>;

/// Every workload is a service; so is every chart that is neither a library nor a mere collection, and whose workloads have
/// no literal names. Compose files count where nothing else does. What is left out is said in `doubts`.
pub(super) fn services(look: &Look, aliases: &mut Aliases, doubts: &mut Vec<String>) -> BTreeMap<String, Service> {
    let mut services = deployed(look, aliases, doubts);
    there(look, &mut services);
    services
}

/// The services that something deploys.
pub(super) fn deployed(look: &Look, aliases: &mut Aliases, doubts: &mut Vec<String>) -> BTreeMap<String, Service> {
    let mut services: BTreeMap<String, Service> = BTreeMap::new();
    let (mut tests, mut odd) = (BTreeSet::new(), BTreeSet::new());
    let mut renamed = BTreeSet::new();
    for workload in look.workloads.iter().filter(|workload| workload.kind != "compose") {
        // A release that is called after an environment says it of the service that its directory is called after.
        let directory = last_part(parent(&workload.file));
        let is_word = workload.name == "main" || super::environments::ENVIRONMENTS.contains(&workload.name.as_str());
        if workload.kind == "Release" && is_word && ServiceName::new(directory).is_ok() {
            renamed.insert(directory);
            add(&mut services, &Workload { name: directory.to_owned(), ..workload.clone() });
        } else if is_test(look, &workload.file) {
            tests.insert(workload.name.as_str());
        } else if ServiceName::new(&workload.name).is_err() {
            odd.insert(workload.name.as_str());
        } else {
            add(&mut services, workload);
        }
    }
    charts(look, &mut services, doubts);
    hosted(look, &mut services, doubts);
    compose(look, &mut services, aliases, doubts);
    for (file, names) in &look.unlisted {
        let names = names.iter().map(String::as_str).filter(|name| !services.contains_key(*name));
        doubt(doubts, &format!("in {file}, which the kustomization beside it does not name, and not proposed"), names);
    }
    doubts.extend(shared(look, &services));
    tests.retain(|name| !services.contains_key(*name));
    doubt(doubts, "only in directories of tests, and not proposed", tests);
    doubt(doubts, "not names that a service can have, and not proposed", odd);
    doubt(doubts, "called after their directories, since the releases are called after environments", renamed);
    doubt(
        doubts,
        "releases whose names are templates, and that are not proposed, in",
        look.nameless.iter().map(String::as_str),
    );
    for service in services.values_mut() {
        service.ports = clean(&service.ports);
    }
    services
}

/// What an AppHost of Aspire runs. Its data stores are named: who deploys them elsewhere as pods has manifests of them.
fn hosted(look: &Look, services: &mut BTreeMap<String, Service>, doubts: &mut Vec<String>) {
    let (programs, stores): (Vec<_>, Vec<_>) = look.hosted.iter().partition(|(_, hosted)| hosted.is_program);
    for (name, hosted) in programs {
        if ServiceName::new(name).is_ok() {
            let service = services.entry(name.clone()).or_default();
            service.seen.insert(hosted.file.clone());
            service.is_own = true;
            service.code = hosted.code.clone().filter(|code| look.directories.contains(code));
        }
    }
    let stores = stores.into_iter().map(|(name, _)| name.as_str()).filter(|name| !services.contains_key(*name));
    doubt(doubts, "resources of the AppHost that are no programs, and not proposed", stores);
}

/// Where nothing deploys, the directories that hold rules, and those at the top that are called as ours are.
fn there(look: &Look, services: &mut BTreeMap<String, Service>) {
    if !services.is_empty() {
        return;
    }
    let of_rules = look.rules.iter().map(|rule| parent(parent(rule)));
    // Whom they may call lies beside them, where it has no rules of its own.
    let called = look.rules.iter().filter_map(|rule| {
        let (callee, above) = (last_part(rule).strip_suffix(".rule")?, parent(parent(parent(rule))));
        look.directories.iter().find(|path| last_part(path) == callee && parent(path) == above).map(String::as_str)
    });
    let plain = look.directories.iter().map(String::as_str);
    let plain = plain.filter(|path| path.starts_with("service.") && !path.contains('/'));
    for home in of_rules.chain(called).chain(plain).filter(|home| ServiceName::new(last_part(home)).is_ok()) {
        services.entry(last_part(home).to_owned()).or_default();
    }
}

/// Workloads to whose pods the Service of another workload sends calls, too: by the rules they are two services, by addresses one.
fn shared(look: &Look, services: &BTreeMap<String, Service>) -> Option<String> {
    let may_share = |one: &Option<String>, other: &Option<String>| {
        one.as_ref().zip(other.as_ref()).is_none_or(|(one, other)| one == other)
    };
    let mut found = BTreeSet::new();
    for front in &look.fronts {
        let is_selected = |workload: &&Workload| {
            may_share(&workload.namespace, &front.namespace)
                && front.selector.iter().all(|(key, value)| workload.labels.get(key) == Some(value))
        };
        let selected: Vec<&Workload> = look.workloads.iter().filter(is_selected).collect();
        // Of several, the one that is called like the Service is meant.
        if selected.iter().any(|workload| workload.name == front.name) {
            let others = selected.iter().filter(|workload| workload.name != front.name);
            let others = others.filter(|workload| services.contains_key(&workload.name));
            found.extend(others.map(|workload| (workload.name.as_str(), front.name.as_str())));
        }
    }
    let said: Vec<String> = found.iter().map(|(name, front)| format!("{name} (by the Service {front})")).collect();
    (!said.is_empty()).then(|| {
        format!(
            "workloads whose pods another one's Service selects, too: {}; if both are one service, let its service.yaml name both under `workloads`",
            said.join(", ")
        )
    })
}

fn add(services: &mut BTreeMap<String, Service>, workload: &Workload) {
    let service = services.entry(workload.name.clone()).or_default();
    service.seen.insert(workload.file.clone());
    service.ports.extend(workload.ports.iter().cloned());
    service.images.extend(workload.images.iter().cloned());
    service.builds.extend(workload.build.iter().cloned());
    service.places.extend(workload.place.iter().cloned());
    service.is_own |= workload.kind != "Release";
    service.written.extend(workload.namespace.iter().map(|namespace| (namespace.clone(), workload.file.clone())));
}

/// Whether a file lies with tests. `test` is an environment too, and counts only at the top of a tree without others.
pub(super) fn is_test(look: &Look, file: &str) -> bool {
    let mut parts = parent(file).split('/');
    let is_top = file.starts_with("test/")
        && !look
            .directories
            .iter()
            .any(|other| other != "test" && super::environments::ENVIRONMENTS.contains(&&**other));
    is_top || parts.any(|part| matches!(part, "tests" | "e2e"))
}

pub(super) fn doubt<'n>(doubts: &mut Vec<String>, what: &str, names: impl IntoIterator<Item = &'n str>) {
    let names: Vec<&str> = names.into_iter().collect();
    if !names.is_empty() {
        doubts.push(format!("{what}: {}", names.join(", ")));
    }
}

fn charts(look: &Look, services: &mut BTreeMap<String, Service>, doubts: &mut Vec<String>) {
    let known: BTreeSet<String> = services.keys().cloned().collect();
    let brought = || look.charts.iter().flat_map(|chart| &chart.dependencies);
    for chart in look.charts.iter().filter(|chart| !chart.is_library && ServiceName::new(&chart.name).is_ok()) {
        let below = |path: &str| chart.directory.is_empty() || path.starts_with(&format!("{}/", chart.directory));
        let has_workloads = look.workloads.iter().any(|workload| below(&workload.file));
        let is_collection =
            chart.dependencies.iter().any(|part| look.charts.iter().any(|other| other.name == part.chart))
                && !brought().any(|part| part.chart == chart.name);
        // A chart of applications makes no pods; its applications are read elsewhere.
        let is_empty = chart.templates.is_empty() && chart.dependencies.is_empty();
        if is_collection || is_empty {
            continue;
        }
        // A release calls its pods after itself, and a chart above this one by the alias.
        let mut names: BTreeSet<&str> = match look.released.get(&chart.directory) {
            Some(names) => names.iter().map(String::as_str).collect(),
            None => brought().filter(|part| part.chart == chart.name).map(|part| part.name.as_str()).collect(),
        };
        names.retain(|name| ServiceName::new(name).is_ok());
        if names.is_empty() {
            names.insert(&chart.name);
        }
        let is_known = names.iter().any(|name| known.contains(*name));
        let (of_kinds, others): (Vec<&str>, Vec<&str>) = chart
            .templates
            .iter()
            .map(|stem| plain(stem))
            .partition(|stem| KINDS.contains(stem) || *stem == chart.name || names.contains(stem));
        if of_kinds.is_empty() && others.len() > 1 {
            whole(chart, &others, &known, services, doubts);
            continue;
        }
        if !has_workloads || is_known {
            for name in &names {
                let service = services.entry((*name).to_owned()).or_default();
                service.is_own = true;
                let at = format!("{}/Chart.yaml", chart.directory);
                service.seen.insert(at.trim_start_matches('/').to_owned());
                // A directory of templates is of what it is called after.
                let is_own = |part: &str| {
                    let below = part.split_once('/').map(|(directory, _)| directory);
                    below.is_none_or(|below| below == chart.name || names.contains(below) || KINDS.contains(&below))
                };
                let is_wanted = |part: &str| is_own(part) && !others.iter().any(|other| is_of(part, other));
                service.ports.extend(ports(chart, &is_wanted));
            }
        }
        if !of_kinds.is_empty() && !has_workloads {
            let more = others.into_iter().filter(|stem| !services.contains_key(*stem));
            doubt(doubts, &format!("the chart {} makes pods of more templates", at(chart)), more);
        }
    }
}

/// The ports of those parts of a chart that are asked for.
fn ports(chart: &Chart, is_wanted: &dyn Fn(&str) -> bool) -> BTreeSet<Port> {
    chart.ports.iter().filter(|(part, _)| is_wanted(part)).flat_map(|(_, ports)| ports.iter().cloned()).collect()
}

/// Whether a part of a chart, such as `mysql-service` or `mysql/service`, is of what `name` makes pods of.
fn is_of(part: &str, name: &str) -> bool {
    let rest = part.strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '.', '/']))
        || plain(part) == name
        || part.split('/').any(|piece| piece == name)
}

/// One chart of a whole application: its templates are called like its services, as far as these are not known already.
fn whole(
    chart: &Chart,
    stems: &[&str],
    known: &BTreeSet<String>,
    services: &mut BTreeMap<String, Service>,
    doubts: &mut Vec<String>,
) {
    // A template that calls its pods after the release and its part says more than the name of its file.
    let is_suffixed = |stem: &str| chart.suffixed.iter().any(|file| plain(file) == stem);
    let named = |stem: &str| if is_suffixed(stem) { format!("{}-{stem}", chart.name) } else { stem.to_owned() };
    let is_known = |stem: &str| known.contains(stem) || known.contains(&named(stem));
    let unknown: BTreeSet<&str> = stems.iter().copied().filter(|stem| !is_known(stem)).collect();
    if stems.iter().any(|stem| is_known(stem)) || known.contains(&chart.name) {
        doubt(doubts, &format!("the chart {} makes pods of more templates", at(chart)), unknown);
        return;
    }
    let (guessed, odd): (Vec<&str>, Vec<&str>) =
        unknown.into_iter().partition(|stem| ServiceName::new(&named(stem)).is_ok());
    for stem in &guessed {
        let service = services.entry(named(stem)).or_default();
        service.is_own = true;
        service.seen.insert(format!("{}/templates", chart.directory).trim_start_matches('/').to_owned());
        // The longest name counts: `cart-db-service` is of `cart-db`.
        let is_nearest = |part: &str| {
            is_of(part, stem) && !guessed.iter().any(|other| other.len() > stem.len() && is_of(part, other))
        };
        service.ports.extend(ports(chart, &is_nearest));
    }
    let guessed: Vec<String> = guessed.into_iter().map(named).collect();
    doubt(
        doubts,
        &format!("guessed from names of files in {}; `helm template` shows the names", at(chart)),
        guessed.iter().map(String::as_str),
    );
    doubt(doubts, &format!("templates of {} whose names are no services'", at(chart)), odd);
}

fn at(chart: &Chart) -> &str {
    if chart.directory.is_empty() { &chart.name } else { &chart.directory }
}

/// What only compose files have is told later, where they count beside others.
fn compose(look: &Look, services: &mut BTreeMap<String, Service>, aliases: &mut Aliases, doubts: &mut Vec<String>) {
    if !services.is_empty() && !look.is_chosen {
        return;
    }
    let (mut tests, mut odd, mut found) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for workload in look.workloads.iter().filter(|workload| workload.kind == "compose") {
        if is_test(look, &workload.file) {
            tests.insert(workload.name.as_str());
        } else if ServiceName::new(&workload.name).is_err() {
            odd.insert(workload.name.as_str());
        } else {
            found.push(workload);
        }
    }
    let mut named = composed::named(&found);
    for (name, workloads) in &named.services {
        for workload in workloads {
            add(services, &Workload { name: name.clone(), ..(*workload).clone() });
        }
    }
    tests.retain(|name| !services.contains_key(*name));
    doubt(doubts, "only in compose files of tests, and not proposed", tests);
    doubt(doubts, "names in compose files that a service cannot have, and not proposed", odd);
    named.say(doubts);
    aliases.append(&mut named.aliases);
}

/// The service that a template such as `cart-deployment` is of.
fn plain(stem: &str) -> &str {
    let stem = last_part(stem);
    let ends = ["-deployment", "-statefulset", "-daemonset", "-cronjob", "-job", "-deploy", "-dep", ".deployment"];
    let stem = ends.iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(stem);
    let begins = ["deployment_", "deployment-", "statefulset_", "statefulset-", "daemonset_", "daemonset-"];
    begins.iter().find_map(|begin| stem.strip_prefix(begin)).unwrap_or(stem)
}
