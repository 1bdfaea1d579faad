//! Settings of environments that the deploy does not choose (`appsettings.Staging.json` where it sets `ASPNETCORE_ENVIRONMENT: Production`):
//! no program loads them there.

use crate::inventory::{Home, Owners};
use crate::join::Join;
use crate::tree::Tree;
use hedgerow_code::testcode::is_test;
use hedgerow_deploy::image::is_image;
use hedgerow_deploy::{Deploy, Given, Hosts};
use std::collections::{BTreeMap, BTreeSet};

/// A framework that loads a file of settings by the name of an environment.
struct Framework {
    /// What stands before the environment in the name of a file.
    before: &'static [&'static str],
    behind: &'static [&'static str],
    /// The variables by which a deploy chooses environments, one or a list of them.
    variables: &'static [&'static str],
    /// The environment where a deploy chooses none: of several deployments of a service one may say nothing.
    default: &'static str,
    /// Settings that choose others besides.
    settings: &'static [&'static [&'static str]],
    /// Under which setting an environment stands for a group of others.
    group: &'static [&'static str],
}

/// See <https://learn.microsoft.com/aspnet/core/fundamentals/environments>,
/// <https://docs.spring.io/spring-boot/reference/features/profiles.html>,
/// <https://docs.micronaut.io/latest/guide/#environments>.
const FRAMEWORKS: &[Framework] = &[
    Framework {
        before: &["appsettings."],
        behind: &[".json"],
        variables: &["ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT"],
        default: "production",
        settings: &[],
        group: &[],
    },
    Framework {
        before: &["application-", "bootstrap-"],
        behind: &[".yml", ".yaml", ".properties"],
        variables: &[
            "SPRING_PROFILES_ACTIVE",
            "SPRING_PROFILES_INCLUDE",
            "SPRING_PROFILES_DEFAULT",
            "MICRONAUT_ENVIRONMENTS",
        ],
        default: "default",
        settings: &[&["spring", "profiles", "active"], &["spring", "profiles", "include"], &["spring", "profiles"]],
        group: &["spring", "profiles", "group"],
    },
];

impl Framework {
    /// The environment that a file of settings is for.
    fn environment<'p>(&self, path: &'p str) -> Option<&'p str> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let rest = self.before.iter().find_map(|before| name.strip_prefix(before))?;
        let environment = self.behind.iter().find_map(|behind| rest.strip_suffix(behind))?;
        Some(environment).filter(|environment| !environment.is_empty() && !environment.contains('.'))
    }

    /// The environments that the deploy chooses for a service, in small letters; nothing where it does not say, or in part.
    fn chosen(&self, given: &Given, join: &Join<'_>) -> Option<BTreeSet<String>> {
        let mut all = BTreeSet::new();
        for values in self.variables.iter().filter_map(|variable| given.environment.get(*variable)) {
            for value in values {
                all.extend(listed(value.known()?));
            }
        }
        // A word that a template fills in is not known.
        if all.is_empty() || all.iter().any(|name| name.contains(['$', '{', '@'])) {
            return None;
        }
        all.insert(self.default.to_owned());
        // What the settings choose besides is more of them.
        let said = |path: &[&str], last: Option<&str>| -> Vec<String> {
            let path: Vec<String> = path.iter().copied().chain(last).map(str::to_owned).collect();
            join.setting(&path).iter().flat_map(|value| listed(&value.written()).collect::<Vec<_>>()).collect()
        };
        all.extend(self.settings.iter().flat_map(|path| said(path, None)));
        let groups: Vec<String> = all.iter().flat_map(|name| said(self.group, Some(name))).collect();
        all.extend(groups);
        Some(all)
    }
}

/// Whether Spring may load settings of a profile for a service: the deploy does not say which it chooses, or chooses this one.
pub(crate) fn may_load(given: &Given, join: &Join<'_>, profile: &str) -> bool {
    let framework = FRAMEWORKS.iter().find(|framework| framework.before.contains(&"application-"));
    let chosen = framework.and_then(|framework| framework.chosen(given, join));
    chosen.is_none_or(|chosen| profile.split(',').any(|one| chosen.contains(&one.to_lowercase())))
}

fn listed(value: &str) -> impl Iterator<Item = String> {
    value.split([',', ' ', ';']).map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty())
}

/// The files of settings that some services do not load in the environments that the deploy chooses for them, by path.
pub(crate) type Idle<'t> = BTreeMap<&'t str, BTreeSet<String>>;

/// Finds them, and takes their settings from the services.
pub(crate) fn settle<'t>(tree: &Tree<'t>, homes: &[Home], hosts: &Hosts, deploy: &mut Deploy) -> Idle<'t> {
    let mut found = Idle::new();
    let owners = Owners::new(tree.services, homes);
    let files = tree.texts.iter().filter_map(|file| {
        let framework = FRAMEWORKS.iter().find(|framework| framework.environment(&file.path).is_some())?;
        Some((file.path.as_str(), framework))
    });
    let mut named: BTreeMap<&str, bool> = BTreeMap::new();
    for (path, framework) in files {
        let Some(environment) = framework.environment(path).map(str::to_lowercase) else { continue };
        for service in owners.all(path) {
            let Some(given) = deploy.of(service) else { continue };
            let join = Join { hosts: hosts.of(service), given: Some(given), said: None };
            let is_other = framework.chosen(given, &join).is_some_and(|chosen| !chosen.contains(&environment));
            let name = path.rsplit('/').next().unwrap_or(path);
            if is_other && !*named.entry(name).or_insert_with(|| is_named(tree, name)) {
                found.entry(path).or_default().insert((*service).to_owned());
            }
        }
    }
    for (path, services) in &found {
        services.iter().for_each(|service| deploy.forget_settings(service, path));
    }
    found
}

/// Whether something loads, copies or mounts a file of settings by its name, whatever the environment.
fn is_named(tree: &Tree, name: &str) -> bool {
    // Projects list their files, pages describe them, and remarks in settings speak of them: none of these loads one.
    let may_load = |path: &str| {
        let last = path.rsplit('/').next().unwrap_or(path);
        const ENDINGS: &[&str] =
            &[".yaml", ".yml", ".sh", ".bash", ".ps1", ".cmd", ".bat", ".j2", ".tpl", ".tf", ".env"];
        is_image(path)
            || ENDINGS.iter().any(|end| last.ends_with(end))
            || !last.contains('.')
            || last.starts_with(".env")
    };
    let mut texts = tree.texts.iter().filter(|file| may_load(&file.path) && !is_test(&file.path));
    texts.any(|file| file.text.contains(name)) || tree.code.iter().any(|file| file.facts.text.contains(name))
}
