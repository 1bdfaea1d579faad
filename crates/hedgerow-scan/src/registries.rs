//! Registries of Spring Cloud in the tree, and those who call all that register: gateways that look up their routes, and Spring Boot's admin.

use crate::config::{Candidates, ScanConfig};
use crate::edge::{Class, Evidence, Outcome, Place, Port};
use crate::inventory::{Home, Owners};
use crate::join::Join;
use crate::libraries::{Build, Libraries};
use crate::pack::Kind;
use crate::part::Part;
use crate::tree::Tree;
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::Range;
use hedgerow_deploy::{Answer, Deploy, Hosts, Partial};
use std::collections::BTreeMap;

/// The libraries by which a program is something, as build files name them.
const REGISTRIES: &[&str] = &["spring-cloud-starter-netflix-eureka-server", "spring-cloud-starter-eureka-server"];
const ADMINS: &[&str] = &["spring-boot-admin-starter-server", "spring-boot-admin-server"];
const CLIENTS: &[&str] = &[
    "spring-cloud-starter-netflix-eureka-client",
    "spring-cloud-starter-eureka\"",
    "spring-cloud-starter-eureka<",
    "spring-cloud-starter-consul-discovery",
    "spring-cloud-starter-alibaba-nacos-discovery",
    "spring-cloud-starter-zookeeper-discovery",
];

/// Those by which a program tells Spring Boot's admin of itself.
const WATCHED: &[&str] = &["spring-boot-admin-starter-client", "spring-boot-admin-client"];

/// The annotations that say so where a build file does not: what a module has of others stands elsewhere.
const NOTES: &[(&str, Role)] = &[
    ("EnableEurekaServer", Role::Registry),
    ("EnableAdminServer", Role::Admin),
    ("EnableEurekaClient", Role::Client),
    ("EnableDiscoveryClient", Role::Client),
];

/// What a program is to a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Registry,
    Admin,
    Client,
}

/// Where a gateway says that whoever is registered has a route.
const LOCATORS: &[&str] = &[
    "spring.cloud.gateway.discovery.locator.enabled",
    "spring.cloud.gateway.server.webflux.discovery.locator.enabled",
];

/// Where a client of Eureka says where that is.
const ZONE: &str = "eureka.client.service-url.defaultZone";

/// What the build files of one service say.
#[derive(Debug, Default)]
struct Built {
    registry: Option<Place>,
    admin: Option<Place>,
    client: Option<Place>,
    is_of_eureka: bool,
    /// Whether it tells Spring Boot's admin of itself.
    is_watched: bool,
}

/// Adds the calls of registries, and of all that are registered.
pub(crate) fn join(
    (tree, libraries): (&Tree, &Libraries),
    homes: &[Home],
    hosts: &Hosts,
    deploy: &Deploy,
    outcome: &mut Outcome,
) {
    if tree.config.candidate == Candidates::Ask {
        return;
    }
    let built = built((tree, libraries), homes, deploy);
    let registries: Vec<&str> =
        built.iter().filter(|(_, of)| of.registry.is_some()).map(|(service, _)| *service).collect();
    let says = |service: &str, setting: &str, value: &str| {
        let join = Join { hosts: hosts.of(service), given: deploy.of(service), said: None };
        let path: Vec<String> = setting.split('.').map(str::to_owned).collect();
        join.setting(&path).iter().any(|found| found.known().is_some_and(|found| found.trim() == value))
    };
    let registered: Vec<&str> = built
        .iter()
        .filter(|(service, of)| {
            let is_off = ["eureka.client.enabled", "eureka.client.register-with-eureka"];
            of.client.is_some() && !is_off.iter().any(|setting| is_off_for(service, setting, hosts, deploy))
        })
        .map(|(service, _)| *service)
        .collect();
    let mut add = |caller: &str, callee: &str, place: &Place, target: String| {
        if caller != callee && !is_explained(tree.config, outcome, caller, callee) {
            let (class, port, kind) = (Class::Addressed, Port::Unknown, Kind::Http);
            outcome.add(caller, callee, Evidence { class, place: place.clone(), target, port, kind, way: Vec::new() });
        }
    };
    if let [registry] = registries.as_slice() {
        for (service, of) in &built {
            let Some(place) = of.client.as_ref().filter(|_| of.is_of_eureka && of.registry.is_none()) else { continue };
            if !is_off_for(service, "eureka.client.enabled", hosts, deploy) && is_nowhere(service, hosts, deploy) {
                let target = format!(
                    "a client of Eureka whose address is not known, and `{registry}` is the only one in the tree"
                );
                add(service, registry, place, target);
            }
        }
    }
    for (service, of) in &built {
        let is_gateway = LOCATORS.iter().any(|setting| says(service, setting, "true"));
        let gateway =
            of.client.as_ref().filter(|_| is_gateway).map(|place| (place, "a gateway that has a route for each"));
        // It finds in a registry whom it watches if it is a client of that itself.
        let admin = of.admin.as_ref().filter(|_| of.client.is_some());
        let admin = admin.map(|place| (place, "Spring Boot's admin, which watches each"));
        for (place, what) in gateway.into_iter().chain(admin) {
            for callee in &registered {
                add(service, callee, place, format!("{what} that is registered, as `{callee}` is"));
            }
        }
        let watched = built.iter().filter(|(_, of)| of.is_watched).map(|(watched, _)| *watched);
        for (callee, place) in watched.filter_map(|callee| Some((callee, of.admin.as_ref()?))) {
            add(
                service,
                callee,
                place,
                format!("Spring Boot's admin, which watches who tells it of itself, as `{callee}` does"),
            );
        }
    }
}

/// Adds the calls of a Consul that looks after those who register with it.
pub(crate) fn checks(config: &ScanConfig, homes: &[Home], parts: &[Part], deploy: &Deploy, outcome: &mut Outcome) {
    if config.candidate == Candidates::Ask {
        return;
    }
    let images: BTreeMap<&str, _> = deploy.images().collect();
    let is_consul = |name: &str| {
        let paths = images.get(name).into_iter().flat_map(|all| all.iter().map(|image| image.path.as_str()));
        let mut names = paths.map(|path| path.rsplit('/').next().unwrap_or(path)).chain([name]);
        names.any(|name| name.split(['-', '.', '_']).any(|word| word == "consul"))
    };
    for (home, place) in homes.iter().zip(parts).filter_map(|(home, part)| Some((home, part.checked.as_ref()?))) {
        let calls = outcome.edges.iter().filter(|((caller, _), edge)| *caller == home.name && edge.class().is_rule());
        let callees: Vec<String> =
            calls.map(|((_, callee), _)| callee.clone()).filter(|name| is_consul(name)).collect();
        let [consul] = callees.as_slice() else { continue };
        if !is_explained(config, outcome, consul, &home.name) {
            let (class, port, kind) = (Class::Addressed, Port::Unknown, Kind::Http);
            let target = format!("the check with which `{}` registers at `{consul}`", home.name);
            let evidence = Evidence { class, place: place.clone(), target, port, kind, way: Vec::new() };
            outcome.add(consul, &home.name, evidence);
        }
    }
}

/// Whether people have said of a pair what it is, or it is known.
fn is_explained(config: &ScanConfig, outcome: &Outcome, caller: &str, callee: &str) -> bool {
    let edge = outcome.edges.get(&(caller.to_owned(), callee.to_owned()));
    config.explains(caller, callee) || edge.is_some_and(|edge| edge.class().is_rule())
}

/// Whether a switch is off, and not only in the file of a profile that nothing says is active.
fn is_off_for(service: &str, setting: &str, hosts: &Hosts, deploy: &Deploy) -> bool {
    let join = Join { hosts: hosts.of(service), given: deploy.of(service), said: None };
    let at = |setting: &str| setting.split('.').map(str::to_owned).collect::<Vec<_>>();
    let is_false =
        |values: &[Partial]| values.iter().any(|value| value.known().is_some_and(|value| value.trim() == "false"));
    let path = at(setting);
    if !is_false(&join.setting(&path)) {
        return false;
    }
    let Some(given) = deploy.of(service) else { return true };
    let active: Vec<String> =
        join.setting(&at("spring.profiles.active")).iter().map(|value| value.written().into_owned()).collect();
    let is_idle = |file: &str| {
        let active = |profile: &str| active.iter().any(|all| all.split(',').any(|one| one.trim() == profile));
        profile(file).is_some_and(|profile| !active(profile))
    };
    // What is said without the files that are idle.
    let mut rest = given.clone();
    (rest.settings, rest.setting_paths) = given
        .settings
        .iter()
        .zip(&given.setting_paths)
        .filter(|(_, file)| !is_idle(file))
        .map(|(value, file)| (value.clone(), file.clone()))
        .unzip();
    is_false(&Join { given: Some(&rest), ..join }.setting(&path))
}

/// The profile that a file of settings is for: `test` of `application-test.yml`.
fn profile(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let rest = ["application-", "bootstrap-"].iter().find_map(|start| name.strip_prefix(start))?;
    rest.rsplit_once('.').map(|(profile, _)| profile)
}

/// Whether a client of Eureka has no address for it but that of its own machine.
fn is_nowhere(service: &str, hosts: &Hosts, deploy: &Deploy) -> bool {
    let join = Join { hosts: hosts.of(service), given: deploy.of(service), said: None };
    let path: Vec<String> = ZONE.split('.').map(str::to_owned).collect();
    let answers =
        join.setting(&path).into_iter().flat_map(|value| hosts.of(service).answers(&value)).collect::<Vec<_>>();
    answers.iter().all(|answer| matches!(answer, Answer::Local | Answer::Open))
}

/// What the build files of services say.
fn built<'a>(
    (tree, libraries): (&'a Tree, &Libraries),
    homes: &'a [Home],
    deploy: &Deploy,
) -> BTreeMap<&'a str, Built> {
    let owners = Owners::new(tree.services, homes);
    let mut found: BTreeMap<&str, Built> = BTreeMap::new();
    let own = |build: &&Build| owners.of(&build.file.path).and_then(|name| homes.iter().find(|home| home.name == name));
    let of_homes = libraries.builds().iter().filter_map(|build| Some((own(&build)?, build)));
    // What a parent says of all, it says of each.
    let said = of_homes.flat_map(|(home, build)| {
        let above = libraries.above(build).map(move |above| (home, above.file, above.handed_down()));
        std::iter::once((home, build.file, build.text.as_str())).chain(above)
    });
    for (home, file, text) in said {
        let modules = libraries.modules(text);
        let has = |word: &str| {
            let word = word.trim_end_matches(['"', '<']);
            modules.iter().any(|module| module.split(':').nth(1) == Some(word))
        };
        let place = |words: &[&str]| {
            let found = words.iter().find_map(|word| Some((text.find(word)?, word.trim_end_matches(['"', '<']).len())));
            // By a name of the catalogue: where that stands is not looked for.
            let (at, length) = found.or_else(|| words.iter().any(|word| has(word)).then_some((0, 0)))?;
            let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            Some(Place { path: file.path.clone(), range: Range { start: place(at), end: place(at + length) } })
        };
        let of = found.entry(&home.name).or_default();
        of.registry = of.registry.take().or_else(|| place(REGISTRIES));
        of.admin = of.admin.take().or_else(|| place(ADMINS));
        of.client = of.client.take().or_else(|| place(CLIENTS));
        of.is_of_eureka |= CLIENTS[..3].iter().any(|word| text.contains(word) || has(word));
        of.is_watched |= WATCHED.iter().any(|word| text.contains(word) || has(word));
    }
    for file in tree.code.iter().filter(|file| matches!(file.language, Language::Java | Language::Kotlin)) {
        let names = file.facts.imports.iter().filter_map(|import| import.name.as_deref());
        let role = |name: &str| NOTES.iter().find(|(note, _)| *note == name).map(|(_, role)| *role);
        let roles: Vec<(&str, Role)> = names.filter_map(|name| Some((name, role(name)?))).collect();
        if roles.is_empty() {
            continue;
        }
        let Some(home) = owners.of(&file.path).and_then(|name| homes.iter().find(|home| home.name == name)) else {
            continue;
        };
        let place = Place { path: file.path.clone(), range: Range::default() };
        let of = found.entry(&home.name).or_default();
        // Discovery may be any registry's: settings say whose.
        let has_settings = || deploy.of(&home.name).is_some_and(|given| given.settings.iter().any(is_of_eureka));
        for (note, role) in roles {
            let known = match role {
                Role::Registry => &mut of.registry,
                Role::Admin => &mut of.admin,
                Role::Client => &mut of.client,
            };
            of.is_of_eureka |=
                note == "EnableEurekaClient" || (role == Role::Client && known.is_none() && has_settings());
            known.get_or_insert(place.clone());
        }
    }
    found
}

/// Whether settings have something of Eureka's.
fn is_of_eureka(settings: &serde_json::Value) -> bool {
    settings.as_object().is_some_and(|keys| keys.keys().any(|key| key == "eureka" || key.starts_with("eureka.")))
}
