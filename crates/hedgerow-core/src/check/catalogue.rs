//! What a catalogue says beside what the fleet's own files say.
//!
//! Where both speak of a service, its own files are right: the catalogue is only what was known of it elsewhere.

use crate::catalogue::{Catalogue, CatalogueDraft, Entry};
use crate::diag::{Code, Diagnostic};
use crate::fleet::places::named_beside;
use crate::fleet::{Config, Scope, Service};
use crate::name::{Namespace, ServiceName};
use crate::plan::selector;
use crate::policy::{Ports, Rule};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// How many names a message lists.
const NAMED: usize = 3;

/// The services that only the catalogue knows. All names that it lists become known.
pub(super) fn check(
    config: &Config,
    scope: &Scope,
    draft: &CatalogueDraft,
    own: &BTreeMap<ServiceName, Service>,
    known: &mut BTreeMap<ServiceName, Span>,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<ServiceName, Service> {
    let catalogue = &draft.catalogue;
    let scheme = &config.scheme;
    if catalogue.domain != *scheme.domain() {
        diagnostics.push(
            mismatch(format!("the catalogue is of another fleet: its domain is `{}`", catalogue.domain))
                .mark(draft.domain, format!("hedgerow.yaml says `{}`", scheme.domain())),
        );
    } else if catalogue.identity != *scheme.identity().key() {
        let here = scheme.identity().key();
        diagnostics.push(
            mismatch(format!(
                "the catalogue names services by `{}`, and hedgerow.yaml by `{here}`",
                catalogue.identity
            ))
            .mark(draft.file, "")
            .help("let `labels.identity` say the same in every repository"),
        );
    }
    let mut renamed = Vec::new();
    let mut services = BTreeMap::new();
    for (name, entry) in &catalogue.entries {
        let place = draft.names.get(name).copied().unwrap_or(draft.file);
        if *scope == Scope::Whole
            && let Some(service) = own.get(name)
        {
            differences(config, catalogue, service, entry, place, diagnostics);
        }
        if known.contains_key(name) {
            continue;
        }
        if scheme.slug(name).ok().as_ref() != Some(&entry.slug) {
            renamed.push((name, entry, place));
        }
        services.insert(name.clone(), entry.service(name, scheme, place));
    }
    if let [(name, entry, place), ..] = renamed.as_slice() {
        let more = if renamed.len() > 1 { format!(" ({} services in all)", renamed.len()) } else { String::new() };
        let here = scheme.slug(name).map_or_else(|error| format!("it {error}"), |slug| format!("`{slug}`"));
        diagnostics.push(
            mismatch(format!("`{name}` is `{}` in the catalogue, and {here} by hedgerow.yaml{more}", entry.slug))
                .mark(*place, "callers would wear a label that its policy does not look for")
                .help("let `labels.prefixes` say the same in every repository"),
        );
    }
    if *scope == Scope::Whole {
        types(config, draft, diagnostics);
        namespaces(config, draft, &services, diagnostics);
        names(config, draft, &named_beside(config.guard.as_ref(), own.values()), diagnostics);
    }
    for (name, place) in &draft.names {
        known.entry(name.clone()).or_insert(*place);
    }
    services
}

/// Whether the callees in other repositories let in callers from where theirs live.
pub(super) fn check_reach(
    config: &Config,
    own: &BTreeMap<ServiceName, Service>,
    rules: &BTreeMap<ServiceName, BTreeMap<ServiceName, Rule>>,
    catalogue: &Catalogue,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for rule in rules.values().flat_map(BTreeMap::values) {
        let Some(caller) = own.get(&rule.caller) else { continue };
        let Some(callee) = catalogue.entries.get(&rule.callee).filter(|_| !own.contains_key(&rule.callee)) else {
            continue;
        };
        let environments: Vec<_> = match &catalogue.environment {
            Some(only) => config.environments.get_key_value(only).into_iter().collect(),
            None => config.environments.iter().collect(),
        };
        let shut = environments.iter().find_map(|(environment, settings)| {
            let from = settings.namespace(&caller.namespace);
            let is_it = |name: &&Namespace| catalogue.name_in(environment, name) == from;
            // A policy always lets in callers of its own namespace.
            let is_open = callee.callers_from.iter().chain([&callee.namespace]).any(|name| is_it(&name));
            (!is_open).then_some((environment, from))
        });
        let Some((environment, from)) = shut else { continue };
        let is_everywhere = catalogue.names.is_empty() && config.environments.values().all(|e| e.namespaces.is_empty());
        let place = if is_everywhere { String::new() } else { format!(" in `{environment}`") };
        let message = format!("`{}` lets in no callers from the namespace `{from}`{place}", rule.callee);
        let listed = callee.callers_from.iter().map(|name| format!("`{}`", catalogue.name_in(environment, name)));
        let listed = listed.collect::<Vec<_>>().join(", ");
        let to_do = if from == &caller.namespace {
            "list it under `namespaces:` in"
        } else {
            "let `namespaces` of the environment say the same here and in"
        };
        diagnostics.push(
            Diagnostic::new(Code::NamespaceNotListed, message)
                .mark(rule.file, format!("`{}` lives there", rule.caller))
                .help(format!("{to_do} the hedgerow.yaml of `{}`'s repository; listed are {listed}", rule.callee)),
        );
    }
}

/// Says where the catalogue is behind a service's own files.
fn differences(
    config: &Config,
    catalogue: &Catalogue,
    service: &Service,
    entry: &Entry,
    place: Span,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut parts = Vec::new();
    let mut part = |what: &str, is_same: bool, listed: String| {
        if !is_same {
            parts.push(format!("{what} {listed}"));
        }
    };
    let ticks = |text: Option<&str>| text.map_or_else(|| "none".to_owned(), |text| format!("`{text}`"));
    part("the short name", service.slug == entry.slug, ticks(Some(entry.slug.as_str())));
    let here = called(config, catalogue, &service.namespace);
    part("the namespace", *here == entry.namespace, ticks(Some(entry.namespace.as_str())));
    let listed = entry.service_type.as_ref().map(crate::name::TypeName::as_str);
    part("the type", service.service_type == entry.service_type, ticks(listed));
    part("the owner", service.owner == entry.owner, ticks(entry.owner.as_deref()));
    part("the ports", sorted(&service.ports) == sorted(&entry.ports), ports(&entry.ports));
    let labels = entry.labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", ");
    part("the labels", selector(config, service) == entry.labels, ticks(Some(&labels)));
    for (name, stage) in config.stages_of(service) {
        let is_given = catalogue.environment.as_ref().is_none_or(|only| only == name);
        let listed = entry.stages.get(name);
        let is_same = !is_given || listed == Some(&stage);
        part(&format!("the stage in `{name}`"), is_same, ticks(listed.map(|stage| stage.as_str())));
    }
    if parts.is_empty() {
        return;
    }
    let message =
        format!("the catalogue lists `{}` with {}; its own files say otherwise", service.name, parts.join(", "));
    diagnostics.push(
        Diagnostic::new(Code::CatalogueDiffers, message)
            .mark(place, "listed here")
            .mark(service.file, "these files count")
            .help("make the catalogue again, so that other repositories learn of it"),
    );
}

/// Types that the catalogue gives other callers than `hedgerow.yaml` does.
fn types(config: &Config, draft: &CatalogueDraft, diagnostics: &mut Vec<Diagnostic>) {
    for (name, callers) in &draft.catalogue.types {
        let Some(here) = config.types.get(name).filter(|here| *here != callers) else { continue };
        let said = |callers: &Option<crate::nonempty::NonEmpty<crate::name::TypeName>>| match callers {
            None => "nobody".to_owned(),
            Some(callers) => callers.iter().map(|caller| format!("`{caller}`")).collect::<Vec<_>>().join(", "),
        };
        let message = format!(
            "services of the type `{name}` may be called by {} by the catalogue, and by {} by hedgerow.yaml",
            said(callers),
            said(here)
        );
        diagnostics.push(
            Diagnostic::new(Code::CatalogueDiffers, message)
                .mark(draft.file, "")
                .help("the catch-alls of a cluster are rendered once, by one hedgerow.yaml; let `types:` agree"),
        );
    }
}

/// Namespaces in which services of other repositories live, and from which no service here lets callers in.
fn namespaces(
    config: &Config,
    draft: &CatalogueDraft,
    services: &BTreeMap<ServiceName, Service>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut unlisted: BTreeMap<&Namespace, Vec<&ServiceName>> = BTreeMap::new();
    let listed: BTreeSet<_> = config.namespaces.iter().map(|name| called(config, &draft.catalogue, name)).collect();
    for service in services.values().filter(|service| !listed.contains(&service.namespace)) {
        unlisted.entry(&service.namespace).or_default().push(&service.name);
    }
    for (namespace, names) in unlisted {
        let shown = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let more = if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
        let place = names.first().and_then(|name| draft.names.get(*name)).copied().unwrap_or(draft.file);
        diagnostics.push(
            Diagnostic::new(
                Code::NamespaceNotListed,
                format!("the namespace `{namespace}` is not listed in hedgerow.yaml"),
            )
            .severity(crate::diag::Severity::Warning)
            .mark(place, format!("{shown}{more} live there and could not call a service of this repository"))
            .help("add it to `namespaces:` in hedgerow.yaml"),
        );
    }
}

/// What a namespace of `hedgerow.yaml` is called in the catalogue.
fn called<'n>(config: &'n Config, catalogue: &Catalogue, written: &'n Namespace) -> &'n Namespace {
    let settings = catalogue.environment.as_ref().and_then(|only| config.environments.get(only));
    settings.map_or(written, |settings| settings.namespace(written))
}

/// Namespaces that `hedgerow.yaml` and the catalogue call otherwise in one environment, and two that are one there.
fn names(config: &Config, draft: &CatalogueDraft, named: &BTreeSet<Namespace>, diagnostics: &mut Vec<Diagnostic>) {
    let catalogue = &draft.catalogue;
    // Of one environment the names are given as they are there, and nothing is left to compare.
    if catalogue.environment.is_some() {
        return;
    }
    let told = catalogue.environments();
    for (environment, settings) in config.environments.iter().filter(|(name, _)| told.contains(name)) {
        let mut taken: BTreeMap<&Namespace, &Namespace> =
            config.namespaces.iter().chain(named).map(|name| (settings.namespace(name), name)).collect();
        for name in &catalogue.namespaces {
            let (here, there) = (settings.namespace(name), catalogue.name_in(environment, name));
            if config.namespaces.contains(name) && here != there {
                let message = format!(
                    "in `{environment}` the namespace `{name}` is called `{there}` by the catalogue, and `{here}` by hedgerow.yaml"
                );
                diagnostics.push(
                    Diagnostic::new(Code::CatalogueDiffers, message)
                        .mark(draft.file, "")
                        .help("policies would let callers in from a namespace in which they do not live; let `namespaces` of the environment say the same in every repository"),
                );
                continue;
            }
            if let Some(other) = taken.insert(there, name).filter(|other| *other != name) {
                let message = format!("in `{environment}` the namespaces `{other}` and `{name}` are both `{there}`");
                diagnostics.push(
                    Diagnostic::new(Code::NamespaceCollision, message)
                        .mark(draft.file, format!("`{name}` is of another repository"))
                        .help("give one of them another name: a policy could not tell them apart"),
                );
            }
        }
    }
}

/// The ports in an order that does not depend on how they are written.
fn sorted(ports: &Ports) -> Option<Vec<&crate::policy::Port>> {
    match ports {
        Ports::Any => None,
        Ports::Nothing => Some(Vec::new()),
        Ports::These(ports) => {
            let mut ports: Vec<_> = ports.iter().collect();
            ports.sort();
            Some(ports)
        }
    }
}

fn ports(ports: &Ports) -> String {
    match ports {
        Ports::Any => "`any`".to_owned(),
        Ports::Nothing => "`none`".to_owned(),
        Ports::These(ports) => {
            let ports = ports.iter().map(|port| match &port.name {
                Some(name) => format!("{name} {}/{}", port.number, port.protocol),
                None => format!("{}/{}", port.number, port.protocol),
            });
            format!("`{}`", ports.collect::<Vec<_>>().join(", "))
        }
    }
}

fn mismatch(message: String) -> Diagnostic {
    Diagnostic::new(Code::CatalogueMismatch, message)
}
