//! Namespaces per environment: the names of the files → those of one environment.
//!
//! Files name a namespace once; `environments: {staging: {namespaces: {bank: bank-staging}}}` says what it is called in
//! `staging`. The names change wherever a namespace is written: of services, of peers under `allow`, of those whom the guard
//! trusts. All of it happens here, before anything is planned, so that nobody behind the plan can forget one.

use super::{Allow, Collision, Config, Elsewhere, Environment, Fleet, NamespaceFault, Scope, Service};
use crate::diag::nearest;
use crate::guard::{Controller, Grant, Guard, Subject};
use crate::name::{EnvironmentName, LabelKey, LabelValue, Namespace};
use crate::nonempty::NonEmpty;
use crate::policy::{Labels, NAMESPACE_NAME, Peer, Peers, Place};
use std::collections::{BTreeMap, BTreeSet};

/// In front of a service account's namespace where it is written as a user.
const USER: &str = "system:serviceaccount:";
/// In front of the namespace in the group of all of its service accounts.
const GROUP: &str = "system:serviceaccounts:";

/// The fleet in an environment.
pub(super) fn resolve(fleet: &Fleet, environment: &EnvironmentName, settings: &Environment) -> Fleet {
    let mut here = |name: &Namespace| settings.namespace(name).clone();
    let services = fleet.services.iter().map(|(name, of)| (name.clone(), service(of, &mut here))).collect();
    let catalogue = fleet.catalogue.as_ref().map(|elsewhere| {
        // Where those of other repositories live is for them to say.
        let mut there = |name: &Namespace| elsewhere.catalogue.name_in(environment, name).clone();
        let services = elsewhere.services.iter().map(|(name, of)| (name.clone(), service(of, &mut there))).collect();
        Elsewhere { catalogue: elsewhere.catalogue.clone(), services }
    });
    Fleet {
        config: config(&fleet.config, &mut here),
        scope: fleet.scope.clone(),
        services,
        rules: fleet.rules.clone(),
        slugs: fleet.slugs.clone(),
        catalogue,
        place: Some(environment.clone()),
        called: fleet.config.environments.clone(),
    }
}

/// What can be done about something that stands in another namespace than its service, unless that is another one of the fleet.
pub(super) fn advice(
    environments: &BTreeMap<EnvironmentName, Environment>,
    listed: &BTreeSet<Namespace>,
    environment: &EnvironmentName,
    here: &Namespace,
    found: &str,
) -> Option<String> {
    let settings = environments.get(environment)?;
    let renamed = settings.namespaces.iter().find(|(_, name)| *name == here);
    let written = renamed.map_or(here, |(written, _)| written);
    let another = environments.iter().find(|(name, of)| {
        let there = of.namespaces.get(written).filter(|there| there.as_str() == found && *there != written);
        *name != environment && there.is_some()
    });
    let found = Namespace::new(found).ok()?;
    let line = format!("`{environment}: {{namespaces: {{{written}: {found}}}}}` under `environments` in hedgerow.yaml");
    let ask = format!("ask for `--namespaces {written}={found}`");
    if let Some((another, _)) = another {
        return Some(format!(
            "`{environment}` was asked for, and `{found}` is what `{written}` is called in `{another}`: deploy with `--env {another}`, write {line}, or {ask}"
        ));
    }
    if written == here {
        return (!listed.contains(&found)).then(|| {
            format!(
                "if `{found}` is what `{written}` is called in `{environment}`, write {line}, or {ask}; if it is another namespace, set `namespace` in the service.yaml to where the pods live"
            )
        });
    }
    // A name that no file gives was asked for.
    let is_asked = !settings.places.contains_key(written);
    let (who, change) = if is_asked {
        ("`--namespaces` (or `spec.namespaces`, `PARAM_NAMESPACES`)", format!("ask for `{written}={found}` there"))
    } else {
        let change = match found == *written {
            true => format!("take `{written}` out of `environments.{environment}.namespaces`"),
            false => format!("write {line}, or {ask}"),
        };
        ("hedgerow.yaml", change)
    };
    Some(format!("{who} calls `{written}` `{here}` in `{environment}`: deploy into `{here}`, or {change}"))
}

/// The fleet with other names in one environment.
pub(super) fn rename(
    fleet: &Fleet,
    environment: &EnvironmentName,
    settings: &Environment,
    names: &BTreeMap<Namespace, Namespace>,
) -> Result<Fleet, NamespaceFault> {
    let mut settings = settings.clone();
    let named = named_beside(fleet.config.guard.as_ref(), fleet.services.values());
    for (written, here) in names {
        if !is_known(fleet, &named, written) {
            return Err(NamespaceFault::NotListed(written.clone()));
        }
        settings.namespaces.insert(written.clone(), here.clone());
        settings.places.remove(written);
    }
    if let Some(found) = collision(fleet.config.namespaces.iter().chain(&named), &settings) {
        return Err(NamespaceFault::Collision(found));
    }
    let mut fleet = fleet.clone();
    fleet.config.environments.insert(environment.clone(), settings);
    Ok(fleet)
}

/// Whether the files may mean a namespace: it is listed, an environment gives it a name, or a peer or the guard names it.
fn is_known(fleet: &Fleet, named: &BTreeSet<Namespace>, written: &Namespace) -> bool {
    let config = &fleet.config;
    let is_called = |settings: &Environment| settings.namespaces.contains_key(written);
    if config.namespaces.contains(written) || named.contains(written) || config.environments.values().any(is_called) {
        return true;
    }
    // The peers of services that were not read, or are another repository's, are not known.
    let is_open = fleet.scope != Scope::Whole || fleet.catalogue.is_some();
    is_open && nearest(written.as_str(), config.namespaces.iter().map(Namespace::as_str)).is_none()
}

/// Two of these namespaces, or of those that the environment gives a name, that it calls by one name.
pub(crate) fn collision<'n>(
    names: impl IntoIterator<Item = &'n Namespace>,
    settings: &'n Environment,
) -> Option<Collision> {
    let all: BTreeSet<_> = names.into_iter().chain(settings.namespaces.keys()).collect();
    let mut taken: BTreeMap<&Namespace, &Namespace> = BTreeMap::new();
    for written in all {
        let here = settings.namespace(written);
        if let Some(first) = taken.insert(here, written) {
            return Some(Collision { first: first.clone(), second: written.clone(), here: here.clone() });
        }
    }
    None
}

/// The namespaces that anything but `namespaces` names: peers, and those whom the guard trusts.
pub(crate) fn named_beside<'a>(
    guard: Option<&'a Guard>,
    services: impl Iterator<Item = &'a Service>,
) -> BTreeSet<Namespace> {
    let mut named = BTreeSet::new();
    let mut note = |name: &Namespace| {
        named.insert(name.clone());
        name.clone()
    };
    services.flat_map(|of| &of.allow).for_each(|allow| drop(peers(&allow.peers, &mut note)));
    let _same = guard.map(|of| guarded(of, &mut note));
    named
}

/// What a namespace of the files is called.
type Names<'n> = &'n mut dyn FnMut(&Namespace) -> Namespace;

fn service(of: &Service, here: Names<'_>) -> Service {
    let allow = of.allow.iter().map(|allow| Allow { peers: peers(&allow.peers, here), ..allow.clone() }).collect();
    Service { namespace: here(&of.namespace), allow, ..of.clone() }
}

fn config(of: &Config, here: Names<'_>) -> Config {
    let mut config = of.clone();
    config.namespaces = of.namespaces.iter().map(&mut *here).collect();
    config.defaults.namespace = here(&of.defaults.namespace);
    config.guard = of.guard.as_ref().map(|guard| guarded(guard, here));
    // They are the names now; renamed once more, two that changed places would change back.
    config.environments.values_mut().for_each(|settings| settings.namespaces.clear());
    config
}

fn peers(of: &Peers, here: Names<'_>) -> Peers {
    let Peers::These(these) = of else { return of.clone() };
    let mapped = these.iter().map(|peer| match peer {
        Peer::Pods { place: of, labels } => Peer::Pods { place: place(of, here), labels: labels.clone() },
        Peer::AllPods(of) => Peer::AllPods(place(of, here)),
        Peer::Block { .. } => peer.clone(),
    });
    NonEmpty::new(mapped.collect()).map_or(Peers::Nobody, Peers::These)
}

fn place(of: &Place, here: Names<'_>) -> Place {
    match of {
        Place::SameNamespace | Place::Anywhere => of.clone(),
        Place::Namespaces(names) => {
            let mut names: Vec<_> = names.iter().map(here).collect();
            names.dedup();
            NonEmpty::new(names).map_or_else(|| of.clone(), Place::Namespaces)
        }
        Place::Labelled(labels) => Place::Labelled(labels.iter().map(|(key, value)| label(key, value, here)).collect()),
    }
}

/// The label that every namespace wears with its name names one too.
fn label(key: &LabelKey, value: &LabelValue, here: Names<'_>) -> <Labels as IntoIterator>::Item {
    let name = Some(value).filter(|_| key.as_str() == NAMESPACE_NAME).and_then(|v| Namespace::new(v.as_str()).ok());
    let value = name.and_then(|name| LabelValue::new(here(&name).as_str()).ok()).unwrap_or_else(|| value.clone());
    (key.clone(), value)
}

fn guarded(of: &Guard, here: Names<'_>) -> Guard {
    let mut guard = of.clone();
    for Grant { who, namespaces, .. } in guard.wear.iter_mut().chain(&mut guard.enter) {
        *who = who.iter().map(|who| subject(who, here)).collect();
        *namespaces = namespaces.as_ref().map(|names| names.iter().map(&mut *here).collect());
    }
    for Controller { namespace, .. } in &mut guard.controllers {
        *namespace = here(namespace);
    }
    guard
}

fn subject(of: &Subject, here: Names<'_>) -> Subject {
    match of {
        Subject::ServiceAccount { namespace, name } => {
            Subject::ServiceAccount { namespace: here(namespace), name: name.clone() }
        }
        Subject::User(name) => {
            let account = name.strip_prefix(USER).and_then(|rest| rest.split_once(':'));
            let account = account.and_then(|(namespace, name)| Some((Namespace::new(namespace).ok()?, name)));
            account.map_or_else(|| of.clone(), |(place, name)| Subject::User(format!("{USER}{}:{name}", here(&place))))
        }
        Subject::Group(name) => {
            let place = name.strip_prefix(GROUP).and_then(|name| Namespace::new(name).ok());
            place.map_or_else(|| of.clone(), |place| Subject::Group(format!("{GROUP}{}", here(&place))))
        }
    }
}
