//! From what lies in a tree to services: their names, where each lives, its ports and its namespace.

mod alone;
mod composed;
mod deployments;
mod environments;
mod services;
mod unnamed;
mod whose;
mod worn;

use crate::look::{Application, Look, Port, is_name, last_part, parent};
use environments::environments;
use hedgerow_core::name::{PortName, ServiceName};
use services::services;
use std::collections::{BTreeMap, BTreeSet};

/// Where services get a directory that have none.
pub(super) const NEW_HOME: &str = "hedgerow";

/// A service that is proposed.
#[derive(Debug, Default, Clone)]
pub(super) struct Service {
    /// Its directory, which may not be there yet.
    pub(super) home: String,
    /// Whether the directory is there.
    pub(super) has_home: bool,
    /// What says so: files and charts.
    pub(super) seen: BTreeSet<String>,
    pub(super) ports: BTreeSet<Port>,
    pub(super) namespace: Option<String>,
    /// Where its code is, as what runs it says.
    code: Option<String>,
    /// Where its code is, as only names say.
    guess: Option<String>,
    /// Where what compose files build it from has its code.
    places: BTreeSet<String>,
    /// What its images are called.
    images: BTreeSet<String>,
    /// The directories that compose files build it from.
    builds: BTreeSet<String>,
    /// Whether this tree makes its pods, and no chart of others.
    is_own: bool,
    /// Namespaces as manifests have them, each with its file.
    written: BTreeSet<(String, String)>,
    /// The name of its workloads, where another service has it in another namespace.
    pub(super) workload: Option<String>,
}

impl Service {
    /// Whether nothing of this tree makes its images, as far as their names say: a store's.
    fn is_from_elsewhere(&self) -> bool {
        self.builds.is_empty()
            && self.places.is_empty()
            && !self.images.is_empty()
            && self.images.iter().all(|image| hedgerow_scan::names_a_store(image))
    }
}

/// The files of the deployment that a person wants.
#[derive(Debug)]
pub(super) struct Wanted {
    /// As `scan.deploy` names them.
    pub(super) globs: Vec<String>,
    pub(super) files: globset::GlobSet,
}

impl Wanted {
    fn has(&self, file: &str) -> bool {
        self.files.is_match(file)
    }
}

/// What is proposed.
#[derive(Debug, Default)]
pub(super) struct Proposal {
    pub(super) services: BTreeMap<String, Service>,
    /// Globs, each with the directories below its parent that are no services.
    pub(super) include: BTreeSet<String>,
    pub(super) exclude: BTreeSet<String>,
    /// Environments with what namespaces are called there.
    pub(super) environments: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) default_namespace: String,
    pub(super) namespaces: BTreeSet<String>,
    /// Where code is that does not lie in its service's directory: a path with `{name}`, or one directory and its service.
    pub(super) code: BTreeSet<(String, Option<String>)>,
    /// Other names of services, by the service.
    pub(super) aliases: BTreeMap<String, BTreeSet<String>>,
    /// What was seen and is not proposed, or is a guess, in sentences.
    pub(super) doubts: Vec<String>,
    /// The deployment that a person wants, as globs.
    pub(super) deploy: Vec<String>,
}

pub(super) fn propose(look: &Look, wanted: Option<&Wanted>) -> Proposal {
    let mut doubts = Vec::new();
    let mut aliases = BTreeMap::new();
    let is_wanted = wanted.map(|wanted| |file: &str| wanted.has(file));
    let mut choice = deployments::choose(look, is_wanted.as_ref().map(|is_wanted| is_wanted as &dyn Fn(&str) -> bool));
    let chosen = choice.look.clone();
    let mut services = services(&chosen, &mut aliases, &mut doubts);
    choice.settle(&mut services);
    aliases.retain(|name, _| services.contains_key(name));
    for (name, others) in std::mem::take(&mut choice.aliases) {
        aliases.entry(name).or_default().extend(others);
    }
    doubts.append(&mut choice.doubts);
    if wanted.is_none() {
        alone::guess(look, &mut services, &mut doubts);
    }
    let (environments, default_namespace) = environments(&chosen, &mut services, &mut doubts);
    worn::labels(&chosen, &services, &mut doubts);
    let mut workloads = dotted(look, &mut services);
    workloads.extend(suffixed(&chosen, &mut services, &mut aliases));
    homes(look, &mut services);
    for (name, workload) in workloads {
        if let Some(service) = services.get_mut(&name) {
            service.workload = Some(workload);
        }
    }
    let mut code = code(look, &services);
    code.extend(affixed(look, &services, &code));
    let others: BTreeSet<&str> = aliases.values().flatten().map(String::as_str).collect();
    unnamed::add((look, &chosen), &mut services, (&mut code, wanted.is_some(), &others), &mut doubts);
    code.retain(|(path, _)| !path.is_empty());
    let (include, exclude) = globs(look, &services);
    left(&chosen, &services, &mut doubts);
    let mut namespaces: BTreeSet<String> = services.values().filter_map(|service| service.namespace.clone()).collect();
    namespaces.insert(default_namespace.clone());
    for service in services.values_mut() {
        service.namespace = service.namespace.take().filter(|namespace| *namespace != default_namespace);
    }
    if code.is_empty() {
        code.extend(alone::code(look, &services, &mut doubts));
    }
    let has_home_code = services.values().any(|service| has_code(look, &service.home));
    if code.is_empty() && !has_home_code && !services.is_empty() {
        doubts.push(
            "no code was found for any of these services: `hedgerow scan` finds no calls before `scan: {services: [{path: …}]}` says where it is"
                .to_owned(),
        );
    }
    services::doubt(
        &mut doubts,
        "built from this tree, and no code was found for them; `scan: {services: [{path: …, name: …}]}` says where it is",
        codeless(look, &services, &code),
    );
    let deploy = wanted.map(|wanted| wanted.globs.clone()).unwrap_or_default();
    Proposal { services, include, exclude, environments, default_namespace, namespaces, code, aliases, doubts, deploy }
}

/// The services that compose files build from this tree and of which nobody knows where the code is.
fn codeless<'s>(
    look: &Look,
    services: &'s BTreeMap<String, Service>,
    code: &BTreeSet<(String, Option<String>)>,
) -> Vec<&'s str> {
    let has_own = |name: &str, service: &Service| {
        let is_its = |(path, of): &(String, Option<String>)| match of {
            Some(of) => of == name,
            None => look.directories.contains(&path.replace("{name}", name)),
        };
        service.has_home && has_code(look, &service.home) || code.iter().any(is_its)
    };
    let built = services.iter().filter(|(_, service)| !service.builds.is_empty());
    built.filter(|(name, service)| !has_own(name, service)).map(|(name, _)| name.as_str()).collect()
}

/// What deploys something and led to no service, and what only other tools can read.
fn left(look: &Look, services: &BTreeMap<String, Service>, doubts: &mut Vec<String>) {
    let is_found = |application: &&Application| {
        let path = application.path.as_deref().unwrap_or_default();
        let is_below = |file: &String| path.is_empty() || file.starts_with(&format!("{path}/"));
        // An application of applications deploys what is read by itself.
        services.contains_key(&application.name)
            || services.values().any(|service| service.seen.iter().any(is_below))
            || look.applications.iter().any(|other| other != *application && !path.is_empty() && is_below(&other.file))
    };
    // A name that is a template says nothing to anybody; the file does.
    let (named, nameless): (Vec<&Application>, Vec<&Application>) = look
        .applications
        .iter()
        .filter(|application| !is_found(application))
        .partition(|application| is_name(&application.name));
    let what = "workloads are not in this tree";
    let lost: BTreeSet<&str> = named.into_iter().map(|application| application.name.as_str()).collect();
    services::doubt(doubts, &format!("applications whose {what}"), lost);
    let files: BTreeSet<&str> = nameless.into_iter().map(|application| application.file.as_str()).collect();
    services::doubt(doubts, &format!("applications whose names are templates, and whose {what}, in"), files);
    for set in &look.application_sets {
        let name = if is_name(&set.name) { format!("{} ({})", set.name, set.file) } else { format!("in {}", set.file) };
        doubts.push(format!("the ApplicationSet {name} is not understood: the namespaces that it gives are not here"));
    }
    services::doubt(
        doubts,
        "charts that are packed, and whose services are not proposed before they are unpacked",
        look.packed.iter().map(String::as_str),
    );
    // What Helm fetches: neither unpacked nor packed here.
    let is_packed = |chart: &str| {
        let rest = |path: &String| last_part(path).strip_prefix(chart).is_some_and(|rest| rest.starts_with('-'));
        look.packed.iter().any(rest)
    };
    let is_here = |chart: &str| look.charts.iter().any(|other| other.name == chart) || is_packed(chart);
    let fetched: BTreeSet<&str> = look
        .charts
        .iter()
        .flat_map(|chart| &chart.dependencies)
        .filter(|part| !is_here(&part.chart) && !services.contains_key(&part.name))
        .map(|part| part.name.as_str())
        .collect();
    services::doubt(
        doubts,
        "dependencies of charts that are not in this tree, and not proposed (`helm dependency build` fetches them)",
        fetched,
    );
    if !look.sources.is_empty() {
        let of = |(ending, number): (&String, &usize)| format!("{number} .{ending}");
        let sources: Vec<String> = look.sources.iter().map(of).collect();
        doubts.push(format!(
            "files that other tools make manifests from, and that are not read: {}; render them, and run `hedgerow init` on the result",
            sources.join(", ")
        ));
    }
}

/// Ports that one service can declare: each number once for a protocol, each name once, with names that Kubernetes takes.
fn clean(ports: &BTreeSet<Port>) -> BTreeSet<Port> {
    let mut kept: Vec<Port> = Vec::new();
    // Those that say their protocol, and those with a name, say more; they come first.
    let mut sorted: Vec<&Port> = ports.iter().collect();
    sorted.sort_by_key(|port| (port.protocol.is_empty(), port.name.is_none(), port.number));
    for port in sorted {
        let is_open = port.protocol.is_empty();
        let protocol = if is_open { "TCP" } else { port.protocol.as_str() };
        let is_known = kept.iter().any(|other| other.number == port.number && (is_open || other.protocol == protocol));
        if is_known || !matches!(protocol, "TCP" | "UDP" | "SCTP") {
            continue;
        }
        let name = port.name.clone().filter(|name| PortName::new(name).is_ok());
        let name = name.filter(|name| kept.iter().all(|other| other.name.as_ref() != Some(name)));
        kept.push(Port { number: port.number, protocol: protocol.to_owned(), name });
    }
    // One number for two protocols: both have names, or none has.
    let nameless: BTreeSet<u16> = kept.iter().filter(|port| port.name.is_none()).map(|port| port.number).collect();
    kept.iter_mut().filter(|port| nameless.contains(&port.number)).for_each(|port| port.name = None);
    kept.into_iter().collect()
}

/// Gives services the names of directories that end like theirs: `api` of `service.api/k8s.yaml` is `service.api`. Says what the workloads of
/// those are called, by the new names, where the fleet would not know them by that.
fn dotted(look: &Look, services: &mut BTreeMap<String, Service>) -> BTreeMap<String, String> {
    let mut meant: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for directory in &look.directories {
        let Some((_, rest)) = last_part(directory).split_once('.') else { continue };
        if ServiceName::new(last_part(directory)).is_err() || look.taken.contains(directory) {
            continue;
        }
        let names = BTreeSet::from([
            rest.replace('.', "-"),
            last_part(rest).to_owned(),
            last_part(directory).replace('.', "-"),
        ]);
        for name in names {
            let Some(service) = services.get(&name).filter(|service| service.workload.is_none()) else { continue };
            // Its manifests lie there, or its code does and no directory has the plain name.
            let is_told = service.seen.iter().any(|file| is_below(file, directory));
            let has_code = look.code.contains(directory) || look.sourced.contains(directory);
            if is_told || has_code && !look.directories.iter().any(|other| last_part(other) == name) {
                meant.entry(name).or_default().insert(directory);
            }
        }
    }
    let mut workloads = BTreeMap::new();
    for (name, directories) in meant {
        let [only] = Vec::from_iter(directories)[..] else { continue };
        let full = last_part(only).to_owned();
        if services.contains_key(&full) {
            continue;
        }
        let Some(service) = services.remove(&name) else { continue };
        services.insert(full.clone(), service);
        workloads.insert(full, name);
    }
    workloads
}

/// Gives services the name by which they are called where their workloads have the word for a kind behind it: `orders-deploy` behind the
/// Service `orders`, or with that as the label that names it. Says what the workloads of those are called.
fn suffixed(
    look: &Look,
    services: &mut BTreeMap<String, Service>,
    aliases: &mut BTreeMap<String, BTreeSet<String>>,
) -> BTreeMap<String, String> {
    const ENDS: [&str; 7] = ["-deploy", "-deployment", "-daemonset", "-dep", "-pod", "-statefulset", "-sts"];
    let mut workloads = BTreeMap::new();
    let names: Vec<String> = services.keys().cloned().collect();
    for name in names {
        let Some(short) = ENDS.iter().find_map(|end| name.strip_suffix(end)) else { continue };
        let is_free = ServiceName::new(short).is_ok() && !services.contains_key(short);
        let mut own = look.workloads.iter().filter(|workload| workload.name == name && workload.kind != "compose");
        let is_called = |labels: &BTreeMap<String, String>| {
            let is_front = |front: &crate::look::Front| {
                !front.selector.is_empty() && front.selector.iter().all(|(key, value)| labels.get(key) == Some(value))
            };
            let fronts: Vec<&str> =
                look.fronts.iter().filter(|front| is_front(front)).map(|front| front.name.as_str()).collect();
            let is_label = || crate::look::NAMING.iter().any(|label| labels.get(*label).is_some_and(|of| of == short));
            fronts.contains(&short) || fronts.is_empty() && is_label()
        };
        if !is_free || !own.any(|workload| is_called(&workload.labels)) {
            continue;
        }
        let short = short.to_owned();
        let Some(service) = services.remove(&name) else { continue };
        services.insert(short.clone(), service);
        let mut others = aliases.remove(&name).unwrap_or_default();
        others.insert(name.clone());
        aliases.entry(short.clone()).or_default().extend(others);
        workloads.insert(short, name);
    }
    workloads
}

/// A directory that is called like the service: the parent that has most of them wins, then code, then what is nearer to the top.
fn homes(look: &Look, services: &mut BTreeMap<String, Service>) {
    let mut candidates: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for directory in &look.directories {
        let name = last_part(directory);
        let is_part =
            look.directories.iter().any(|other| last_part(parent(directory)) == name && other == parent(directory));
        // A directory inside of another service's code is a part of that one: `orders/src/main/java/…/rabbitmq`.
        let below = format!("/{directory}/");
        let is_code_of_another = below.contains("/src/main/")
            || below.contains("/src/test/")
            || !look.code.contains(directory)
                && above(directory).any(|above| services.contains_key(last_part(above)) && look.code.contains(above))
            || is_part_of_a_program(look, services, directory);
        // What lies in a chart's templates is rendered: a file of ours would be, too.
        let is_template = look.charts.iter().any(|chart| {
            let templates = format!("{}/templates", chart.directory);
            let templates = templates.trim_start_matches('/');
            directory == templates || directory.starts_with(&format!("{templates}/"))
        });
        // Where it is said where the code of the service is, other code that is called like it is something else.
        let is_other_code = services.get(name).and_then(|service| service.code.as_deref()).is_some_and(|code| {
            code != directory && !is_below(code, directory) && !is_below(directory, code) && has_code(look, directory)
        });
        let is_told =
            services.get(name).is_some_and(|service| service.seen.iter().any(|file| is_below(file, directory)));
        // A library that is called like a store is for those who call the store.
        let is_for_callers = services.get(name).is_some_and(Service::is_from_elsewhere) && is_library(look, directory);
        let is_other =
            (is_other_code || is_for_callers || is_paper(directory)) && !is_told && !is_ours(look, directory);
        // `service.yaml` of a manifest is in the way of ours.
        let is_free = !is_part && !is_template && !is_code_of_another && !is_other && !look.taken.contains(directory);
        if services.get(name).is_some_and(|service| service.workload.is_none()) && is_free {
            candidates.entry(name).or_default().push(directory);
        }
    }
    let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
    for directories in candidates.values() {
        let parents: BTreeSet<&str> = directories.iter().map(|directory| parent(directory)).collect();
        parents.into_iter().for_each(|parent| *votes.entry(parent).or_default() += 1);
    }
    let has_code = |directory: &str| {
        let has = |all: &BTreeSet<String>| all.iter().any(|code| code == directory || is_below(code, directory));
        // Scripts beside manifests are code too, and less of a program.
        (has(&look.code), has(&look.sourced))
    };
    // A directory of pictures may be called like a service. Where it has neither code, nor what deploys the service, nor rules, it is another thing.
    let is_of = |directory: &str, name: &str| {
        let has_code = has_code(directory) != (false, false);
        let is_told = services.get(name).is_some_and(|service| {
            service.seen.is_empty() || service.seen.iter().any(|file| is_below(file, directory))
        });
        has_code || is_told || is_ours(look, directory)
    };
    for (name, directories) in &mut candidates {
        directories.retain(|directory| is_of(directory, name));
    }
    candidates.retain(|_, directories| !directories.is_empty());
    let found: BTreeMap<String, String> = candidates
        .iter()
        .filter_map(|(name, directories)| {
            let best = directories.iter().max_by_key(|directory| {
                let depth = directory.matches('/').count();
                let is_program = !is_library(look, directory);
                (is_program, has_code(directory), votes.get(parent(directory)), std::cmp::Reverse((depth, **directory)))
            })?;
            Some(((*name).to_owned(), (*best).to_owned()))
        })
        .collect();
    let is_outermost = |home: &String| !above(home).any(|above| found.values().any(|other| other == above));
    for (name, service) in services {
        // Services do not lie in one another.
        let home = found.get(name).filter(|home| is_outermost(home));
        service.has_home = home.is_some();
        service.home = home.cloned().unwrap_or_else(|| format!("{NEW_HOME}/{name}"));
    }
}

/// Whether a directory holds no program of its own and lies in one, or in what a service is built from: `gateway/pkg/rabbitmq`. What keeps data
/// or carries messages has its code in no project at all.
fn is_part_of_a_program(look: &Look, services: &BTreeMap<String, Service>, directory: &str) -> bool {
    let begins = |path: &str| look.code.contains(path) || look.programs.contains_key(path) || look.begun.contains(path);
    if begins(directory) || is_ours(look, directory) {
        return false;
    }
    let builds = composed::builds(look);
    let is_store = |path: &str| hedgerow_scan::names_a_store(last_part(path));
    // Beside another service's, it is one of several in one project.
    let is_one_of_several = || {
        let beside = |other: &&String| {
            *other != directory && parent(other) == parent(directory) && services.contains_key(last_part(other))
        };
        look.directories.iter().any(|other| beside(&other) && !is_store(other) && has_code(look, other))
    };
    let is_program = above(directory).any(|above| {
        let program = look.programs.get(above).copied().unwrap_or_default();
        let is_project = program.is_packed || program.is_project || builds.contains_key(above);
        let is_one = program.is_packed || program.begins || builds.get(above).is_some_and(|services| *services == 1);
        is_project && (is_one || is_store(directory))
    });
    is_program && (is_store(directory) || !is_one_of_several())
}

/// Whether a directory has our files in it, or nothing at all yet.
fn is_ours(look: &Look, directory: &str) -> bool {
    look.own.contains(directory)
        || look.rules.iter().any(|rule| is_below(rule, directory))
        || last_part(directory).starts_with("service.")
}

/// Whether a directory lies with papers, which may be called like services and hold pieces of code: instructions, documentation, examples.
fn is_paper(directory: &str) -> bool {
    const PAPERS: [&str; 8] = ["doc", "docs", "documentation", "example", "examples", "prompts", "samples", "skills"];
    above(directory).any(|above| PAPERS.contains(&last_part(above)))
}

/// Whether a directory is a library: it lies with such, is not packed, and no program begins in it.
fn is_library(look: &Look, directory: &str) -> bool {
    const LIBRARIES: [&str; 7] = ["common", "lib", "libraries", "libs", "packages", "pkg", "shared"];
    let is_one = look.programs.get(directory).is_none_or(|program| !program.is_packed && !program.begins);
    is_one
        && above(directory).any(|above| LIBRARIES.contains(&last_part(above)))
        && !look.begun.iter().any(|begun| begun == directory || is_below(begun, directory))
}

/// Whether there is code in a directory or below it.
fn has_code(look: &Look, directory: &str) -> bool {
    look.code.iter().chain(&look.sourced).any(|code| code == directory || is_below(code, directory))
}

/// Where code lies in directories that have one word before or behind the names of most services, or are called like their images.
fn affixed(
    look: &Look,
    services: &BTreeMap<String, Service>,
    known: &BTreeSet<(String, Option<String>)>,
) -> BTreeSet<(String, Option<String>)> {
    let is_placed = |name: &String| {
        known.iter().any(|(path, of)| match of {
            Some(of) => of == name,
            None => look.directories.contains(&path.replace("{name}", name)),
        })
    };
    let lacks = |(name, service): &(&String, &Service)| !has_code(look, &service.home) && !is_placed(name);
    let without: Vec<(&String, &Service)> = services.iter().filter(lacks).collect();
    let programs: Vec<&String> = look.code.iter().filter(|path| !path.is_empty()).collect();
    let mut forms: BTreeMap<String, BTreeSet<&String>> = BTreeMap::new();
    for (name, _) in &without {
        for path in &programs {
            let last = last_part(path);
            let affix = last.strip_suffix(name.as_str()).filter(|before| before.ends_with(['-', '_', '.']));
            let affix =
                affix.or_else(|| last.strip_prefix(name.as_str()).filter(|behind| behind.starts_with(['-', '_', '.'])));
            if affix.is_some() {
                let above = path.strip_suffix(last).unwrap_or_default();
                forms.entry(format!("{above}{}", last.replacen(name.as_str(), "{name}", 1))).or_default().insert(name);
            }
        }
    }
    let mut found = BTreeSet::new();
    let mut placed: BTreeSet<&String> = BTreeSet::new();
    let most = forms.into_iter().max_by_key(|(form, names)| (names.len(), std::cmp::Reverse(form.clone())));
    if let Some((form, names)) = most.filter(|(_, names)| names.len() > 1 && names.len() * 2 > without.len()) {
        found.insert((form, None));
        placed = names;
    }
    for (name, service) in without.into_iter().filter(|(name, _)| !placed.contains(name)) {
        // What another one is made of, from an image of its own, is not an image from elsewhere that is called alike.
        let is_others = |path: &String| {
            let mut others = services.values().filter(|other| other.home == *path || other.code.as_ref() == Some(path));
            others.any(|other| other.home != service.home && other.images.is_disjoint(&service.images))
        };
        let is_for_callers = |path: &String| service.is_from_elsewhere() && is_library(look, path);
        let called = |path: &&&String| {
            service.images.iter().any(|image| image == last_part(path)) && !is_others(path) && !is_for_callers(path)
        };
        if let Some(path) = programs.iter().find(called) {
            found.insert(((*path).clone(), Some(name.clone())));
        }
    }
    found
}

/// The directories that a directory lies in, the nearest first.
fn above(directory: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(parent(directory)), |directory| Some(parent(directory)))
        .take_while(|directory| !directory.is_empty())
}

/// `parent/*` where most of what lies there are services, and the directories themselves elsewhere.
fn globs(look: &Look, services: &BTreeMap<String, Service>) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut by_parent: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for service in services.values() {
        by_parent.entry(parent(&service.home)).or_default().insert(&service.home);
    }
    let (mut include, mut exclude) = (BTreeSet::new(), BTreeSet::new());
    for (above, homes) in by_parent {
        let others: Vec<&String> =
            look.directories.iter().filter(|other| parent(other) == above && !homes.contains(other.as_str())).collect();
        let is_new = above == NEW_HOME && others.is_empty();
        if !above.is_empty() && (is_new || (homes.len() > 1 && others.len() <= homes.len())) {
            include.insert(format!("{}/*", globset::escape(above)));
            exclude.extend(others.into_iter().map(|other| globset::escape(other)));
        } else {
            include.extend(by_prefix(look, above, &homes));
        }
    }
    (include, exclude)
}

/// `service.*` where several directories begin so, and all of them are services; the other directories themselves.
fn by_prefix(look: &Look, above: &str, homes: &BTreeSet<&str>) -> BTreeSet<String> {
    let prefix = |home: &str| last_part(home).split_once('.').map(|(prefix, _)| prefix.to_owned());
    let shared = |home: &str| {
        let prefix = prefix(home)?;
        let begins = |other: &&str| parent(other) == above && last_part(other).starts_with(&format!("{prefix}."));
        let all: Vec<&str> = look.directories.iter().map(String::as_str).filter(begins).collect();
        (all.len() > 1 && all.iter().all(|other| homes.contains(other))).then(|| {
            let above = if above.is_empty() { String::new() } else { format!("{}/", globset::escape(above)) };
            format!("{above}{}.*", globset::escape(&prefix))
        })
    };
    homes.iter().map(|home| shared(home).unwrap_or_else(|| globset::escape(home))).collect()
}

/// Where code lies beside the services' own directories: in directories that are called like the service, or like its chart's directory.
fn code(look: &Look, services: &BTreeMap<String, Service>) -> BTreeSet<(String, Option<String>)> {
    let mut found = BTreeSet::new();
    for (name, service) in services {
        let home = &service.home;
        let is_in = |code: &&String| *code == home || code.starts_with(&format!("{home}/"));
        // What is built at the top is built of everything.
        if let Some(code) = service.code.as_ref().filter(|code| !code.is_empty()) {
            if code != home && !(service.has_home && is_below(code, home)) {
                found.insert((code.clone(), Some(name.clone())));
            }
            continue;
        }
        if look.code.iter().chain(&look.sourced).any(|code| is_in(&code)) {
            continue;
        }
        if let Some(code) = service.guess.as_ref().filter(|code| !code.is_empty()) {
            found.insert((code.clone(), Some(name.clone())));
            continue;
        }
        let charts =
            look.charts.iter().filter(|chart| service.seen.iter().any(|file| is_below(file, &chart.directory)));
        let chart = charts.max_by_key(|chart| chart.directory.len());
        let words = std::iter::once(name.as_str()).chain(chart.and_then(|chart| word(&chart.directory)));
        let programs = words.flat_map(|word| [&look.code, &look.sourced].map(|all| (word, all)));
        let place = programs.into_iter().find_map(|(word, all)| {
            // A package of Java, or a part of another service, is called so for another reason.
            let is_part = |path: &str| {
                let packages = ["/src/main/", "/src/test/"].iter().any(|part| format!("/{path}").contains(part));
                // What is called after the chart of several holds the code of others, too.
                let is_of_all = word != name && services.values().any(|other| is_below(&other.home, path));
                packages
                    || is_of_all
                    || is_paper(path)
                    || is_library(look, path)
                    || is_part_of_a_program(look, services, path)
                    || services.values().any(|other| other.home == path || is_below(path, &other.home))
            };
            let found = all.iter().find_map(|code| up_to(code, word).filter(|path| !is_part(path)))?;
            Some((word, found))
        });
        let Some((word, path)) = place else { continue };
        found.insert(match path.strip_suffix(word).filter(|_| word == name) {
            Some(above) => (format!("{above}{{name}}"), None),
            None => (path, Some(name.clone())),
        });
    }
    found
}

/// A file of a directory.
fn join(directory: &str, file: &str) -> String {
    if directory.is_empty() { file.to_owned() } else { format!("{directory}/{file}") }
}

fn is_below(file: &str, directory: &str) -> bool {
    directory.is_empty() || file.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

/// What a chart's directory is called after: `src/cart/chart` after `cart`.
fn word(directory: &str) -> Option<&str> {
    const PLAIN: [&str; 7] = ["chart", "charts", "helm", "deploy", "deployment", "k8s", "kubernetes"];
    directory.rsplit('/').find(|part| !part.is_empty() && !PLAIN.contains(part))
}

/// A directory, up to its part that is called so.
fn up_to(directory: &str, word: &str) -> Option<String> {
    let parts: Vec<&str> = directory.split('/').collect();
    let at = parts.iter().position(|part| *part == word)?;
    Some(parts[..=at].join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_what_one_service_can_declare() {
        let read = |text: &str| {
            let port = |word: &str| {
                let parts: Vec<&str> = word.split('/').collect();
                let name = Some(parts[0]).filter(|name| !name.is_empty()).map(str::to_owned);
                Port { name, number: parts[1].parse().unwrap(), protocol: parts[2].to_owned() }
            };
            text.split_whitespace().map(port).collect::<BTreeSet<Port>>()
        };
        for (seen, declared) in [
            ("n4/8805/UDP /8805/", "n4/8805/UDP"),
            ("/8805/ /8805/UDP", "/8805/UDP"),
            ("/8805/", "/8805/TCP"),
            ("dns/53/UDP dns-tcp/53/TCP", "dns/53/UDP dns-tcp/53/TCP"),
            ("dns/53/UDP /53/TCP", "/53/UDP /53/TCP"),
            ("web/80/TCP http/80/TCP", "http/80/TCP"),
            ("web/80/TCP web/81/TCP", "web/80/TCP /81/TCP"),
            ("web/80/ICMP TEMPLATED/81/TCP", "/81/TCP"),
        ] {
            assert_eq!(clean(&read(seen)), read(declared), "{seen}");
        }
    }
}
