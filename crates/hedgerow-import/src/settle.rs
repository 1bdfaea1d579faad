//! Statements become rules: names become services, statements about one pair become one rule, and what is there already stays.

use crate::ports::{Fit, fit, words};
use crate::said::{End, Found, Name, Port, Seen, Statement, Wanted, Why};
use crate::whose::{Names, Whose};
use crate::{Allowed, Imported, Leftover, Place, Rule};
use hedgerow_core::diag::{enumerate, enumerate_some};
use hedgerow_core::fleet::Service;
use hedgerow_core::name::{PortRef, ServiceName};
use hedgerow_core::policy::RulePorts;
use hedgerow_core::read::allow_entry;
use hedgerow_core::verdict::Permission;
use hedgerow_eval::{AddressRange, Labels, Wearers, WearersIn};
use hedgerow_yaml::quote;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The keys of the well-known labels that tell pods from others.
pub(crate) const NAMES: [&str; 5] = ["app.kubernetes.io/name", "app.kubernetes.io/instance", "app", "k8s-app", "name"];

/// What is said of one pair.
#[derive(Debug, Default)]
struct Pair {
    all: bool,
    ports: BTreeSet<Port>,
    reasons: BTreeSet<String>,
    places: BTreeSet<Place>,
    seen: Option<Seen>,
}

/// Makes rules of what was found.
pub(crate) fn settle(names: &Names<'_>, mut found: Found) -> Imported {
    let mut pairs: BTreeMap<(ServiceName, ServiceName), Pair> = BTreeMap::new();
    for statement in std::mem::take(&mut found.statements) {
        if let Some(ends) = ends(names, &statement, &mut found) {
            let pair = pairs.entry(ends).or_default();
            match statement.ports {
                Wanted::All => pair.all = true,
                Wanted::These(ports) => pair.ports.extend(ports),
            }
            pair.reasons.extend(statement.reason);
            pair.places.insert(statement.place);
            pair.seen = match (pair.seen, statement.seen) {
                (Some(one), Some(other)) => Some(one.unite(other)),
                (one, other) => one.or(other),
            };
        }
    }
    let mut imported = Imported::default();
    for ((caller, callee), pair) in pairs {
        let Some(service) = names.known(&callee) else { continue };
        rule(names, caller, service, pair, &mut imported, &mut found);
    }
    let (mut allowed, mut leftovers) = (BTreeSet::new(), BTreeSet::new());
    for mut leftover in std::mem::take(&mut found.leftovers) {
        if is_allowed(names, &leftover) {
            // What no entry opens stays said, and no entry is asked for twice.
            let entry = leftover.allow.take();
            if !leftover.is_narrower {
                allowed.extend(leftover.callee.zip(entry).map(|(callee, entry)| Allowed { callee, entry }));
                continue;
            }
        }
        leftovers.insert(leftover);
    }
    let allowed = allowed.into_iter().collect();
    Imported { allowed, leftovers: leftovers.into_iter().collect(), ..imported }
}

/// Whether `allow` entries of the callee say already what the one says that would be suggested.
fn is_allowed(names: &Names<'_>, leftover: &Leftover) -> bool {
    let service = leftover.callee.as_ref().and_then(|callee| names.known(callee));
    let entry = leftover.allow.as_deref().and_then(allow_entry);
    let Some((service, entry)) = service.zip(entry) else { return false };
    let own: Vec<&RulePorts> = service
        .allow
        .iter()
        .filter(|own| own.peers.include(&entry.peers, &service.namespace))
        .map(|own| &own.ports)
        .collect();
    let is_open = |port: &PortRef| {
        own.iter().any(|ports| matches!(ports, RulePorts::These(ports) if ports.iter().any(|own| own == port)))
    };
    let declared = service.ports.listed();
    own.contains(&&RulePorts::All)
        || match entry.ports {
            Some(ports) => ports.iter().all(|port| is_open(&port.value)),
            None => !declared.is_empty() && declared.iter().all(|port| is_open(&port.reference())),
        }
}

/// The services at both ends, where a rule can be about them.
fn ends(names: &Names<'_>, statement: &Statement, found: &mut Found) -> Option<(ServiceName, ServiceName)> {
    let place = &statement.place;
    let edge = format!("`{}` → `{}`", called(&statement.caller), called(&statement.callee));
    let callee = match names.of_end(&statement.callee) {
        Whose::Service(callee) => callee,
        Whose::Nobody(why) => {
            found.leave(Why::NoService, place, format!("{edge}: {why}"));
            return None;
        }
        Whose::Several(services) => {
            ambiguous(found, place, &statement.callee, &services);
            return None;
        }
    };
    let caller = match names.of_end(&statement.caller) {
        Whose::Service(caller) => caller,
        Whose::Nobody(why) => {
            let leftover = found.leave(Why::OutsideCaller, place, format!("{edge}: {why}"));
            if let Some((End::Named(name), fitted)) =
                Some(&statement.caller).zip(fit_of(names, &callee, &statement.ports))
            {
                leftover.suggest(&callee, fitted, |ports| allow_pods(name, &telling(&name.labels), Some(ports)));
            }
            leftover.callee = Some(callee);
            return None;
        }
        Whose::Several(services) => {
            ambiguous(found, place, &statement.caller, &services);
            return None;
        }
    };
    if caller == callee {
        let leftover = found.leave(Why::OwnCalls, place, format!("`{caller}` calls itself"));
        leftover.callee = Some(callee);
        leftover.callers.insert(caller);
        return None;
    }
    if names.plan().fleet().service(caller.as_str()).is_none() {
        let leftover = found.leave(
            Why::OtherRepository,
            place,
            format!("`{caller}` → `{callee}`: the directory of `{caller}` is not here"),
        );
        leftover.callee = Some(callee);
        leftover.callers.insert(caller);
        return None;
    }
    Some((caller, callee))
}

fn called(end: &End) -> String {
    match end {
        End::Service(name) => name.to_string(),
        End::Named(name) => name.to_string(),
    }
}

fn ambiguous(found: &mut Found, place: &Place, end: &End, services: &BTreeSet<ServiceName>) {
    found.leave(Why::Ambiguous, place, format!("`{}` may be any of {}", called(end), enumerate(services)));
}

/// What of `wanted` an entry of a service that is known can name.
pub(crate) fn fit_of(names: &Names<'_>, callee: &ServiceName, wanted: &Wanted) -> Option<Fit> {
    Some(fit(names.known(callee)?, wanted))
}

/// One pair as a rule, or why there is none.
fn rule(names: &Names<'_>, caller: ServiceName, callee: &Service, pair: Pair, to: &mut Imported, found: &mut Found) {
    let wanted = if pair.all { Wanted::All } else { Wanted::These(pair.ports) };
    let Some(place) = pair.places.first().cloned() else { return };
    let fitted = fit(callee, &wanted);
    let edge = format!("`{caller}` → `{}`", callee.name);
    for (why, ranges, before, behind) in [
        (Why::UndeclaredPorts, &fitted.undeclared, "declares no ", ""),
        (
            Why::PartOfPort,
            &fitted.partial,
            "declares ",
            " under the same name or number as other ports, which every rule opens as well",
        ),
        (Why::WiderPorts, &fitted.wider, "declares no ports, so a rule also opens ", ""),
    ] {
        if ranges.is_empty() {
            continue;
        }
        let leftover = found.leave(why, &place, format!("{edge}: `{}` {before}{}{behind}", callee.name, words(ranges)));
        leftover.callee = Some(callee.name.clone());
        leftover.callers.insert(caller.clone());
        leftover.ports.clone_from(ranges);
    }
    for name in &fitted.unknown {
        let leftover = found.leave(
            Why::UndeclaredPorts,
            &place,
            format!("{edge}: `{}` declares no port `{}`", callee.name, crate::said::shown(name)),
        );
        leftover.callee = Some(callee.name.clone());
        leftover.callers.insert(caller.clone());
    }
    let Fit { ports: Some(ports), .. } = fitted else {
        let leftover = found.leave(Why::NoPorts, &place, format!("{edge}: no port is left that a rule could name"));
        leftover.callee = Some(callee.name.clone());
        leftover.callers.insert(caller);
        return;
    };
    let ends = (caller, callee.name.clone());
    if is_permitted(names, &ends, callee, &ports) {
        to.present.push(ends);
        return;
    }
    if names.plan().fleet().rule(&ends.0, &ends.1).is_some() {
        let text = format!("{edge}: the rule file that is there permits less than {}", reference_words(&ports));
        let leftover = found.leave(Why::RuleDiffers, &place, text);
        (leftover.callee, leftover.callers) = (Some(ends.1), BTreeSet::from([ends.0]));
        return;
    }
    let reason = if pair.reasons.is_empty() {
        let said: BTreeSet<_> = pair.places.iter().map(said_by).collect();
        format!("imported from {}", enumerate_some(3, said.into_iter().map(str::to_owned)))
    } else {
        pair.reasons.into_iter().collect::<Vec<_>>().join("; ")
    };
    let (caller, callee) = ends;
    to.rules.push(Rule { caller, callee, ports, reason, places: pair.places.into_iter().collect(), seen: pair.seen });
}

/// The object that says something, else the file.
fn said_by(place: &Place) -> &str {
    match place.what.as_str() {
        "" if place.path.starts_with('<') => "standard input",
        // What only one machine has says nothing to others.
        "" if is_absolute(&place.path) => place.path.rsplit(['/', '\\']).next().unwrap_or(&place.path),
        "" => &place.path,
        what => what,
    }
}

/// Whether a path begins at the root of a machine, of whichever system.
fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '\\']) || path.as_bytes().get(1..3).is_some_and(|drive| drive == b":\\" || drive == b":/")
}

/// Whether the fleet permits all of it already, whatever the stages.
fn is_permitted(
    names: &Names<'_>,
    (caller, callee): &(ServiceName, ServiceName),
    service: &Service,
    ports: &RulePorts,
) -> bool {
    let rule = names.plan().fleet().rule(caller, callee);
    if rule.is_some_and(|rule| rule.ports == RulePorts::All || rule.ports == *ports) {
        return true;
    }
    let listed = service.ports.listed().iter().filter(|port| match ports {
        RulePorts::All => true,
        RulePorts::These(these) => these.iter().any(|reference| *reference == port.reference()),
    });
    let asked: Vec<_> = listed.map(|port| (port.number, port.protocol)).collect();
    !asked.is_empty()
        && asked.into_iter().all(|port| {
            let verdict = names.plan().verdict(caller, callee, port);
            verdict.is_some_and(|verdict| !matches!(verdict.permission, Permission::Nothing | Permission::Untold))
        })
}

/// A rule's ports in words.
fn reference_words(ports: &RulePorts) -> String {
    match ports {
        RulePorts::All => "all ports".to_owned(),
        RulePorts::These(these) => enumerate(these.iter().map(|port| format!("`{port}`"))),
    }
}

/// ` , ports: [http]` of an `allow` entry; nothing where all are meant.
fn allow_ports(ports: Option<&RulePorts>) -> String {
    match ports {
        Some(RulePorts::These(these)) => {
            let texts: Vec<_> = these.iter().map(|port| port_text(&port.to_string())).collect();
            format!(", ports: [{}]", texts.join(", "))
        }
        Some(RulePorts::All) | None => String::new(),
    }
}

/// A number stays one.
fn port_text(port: &str) -> String {
    if port.parse::<u16>().is_ok() { port.to_owned() } else { quote(port).into_owned() }
}

/// An `allow` entry for pods of a name that wear some labels. Nothing where none are known.
pub(crate) fn allow_pods(name: &Name, labels: &Labels, ports: Option<&RulePorts>) -> Option<String> {
    if labels.is_empty() {
        return None;
    }
    let labels = pairs(labels.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    let namespace = name.namespace.as_ref().map_or_else(String::new, |it| format!("namespace: {}, ", quote(it)));
    Some(format!("{{from: {{{namespace}pods: {{{labels}}}}}{}}}", allow_ports(ports)))
}

fn pairs<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<_> = labels.into_iter().map(|(key, value)| format!("{}: {}", quote(key), quote(value))).collect();
    pairs.join(", ")
}

/// An `allow` entry for whoever wears some labels.
pub(crate) fn allow_wearers(wearers: &Wearers, ports: &RulePorts) -> String {
    let text = |labels: &Labels| pairs(labels.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    let place = match &wearers.place {
        WearersIn::Any => "namespaces: any".to_owned(),
        WearersIn::Named(name) => format!("namespace: {}", quote(name)),
        WearersIn::Labelled(labels) => format!("namespaces: {{labels: {{{}}}}}", text(labels)),
    };
    let pods = if wearers.labels.is_empty() { String::new() } else { format!(", pods: {{{}}}", text(&wearers.labels)) };
    allow_from(&format!("{{{place}{pods}}}"), Some(ports))
}

/// A range of addresses as one block; nothing where it takes more than one.
pub(crate) fn block(range: AddressRange) -> Option<String> {
    let text = range.to_string();
    if range.first == range.last {
        let bits = match range.first {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        return Some(format!("{}/{bits}", range.first));
    }
    text.contains('/').then_some(text)
}

/// An `allow` entry for a peer that is written already.
pub(crate) fn allow_from(from: &str, ports: Option<&RulePorts>) -> String {
    format!("{{from: {from}{}}}", allow_ports(ports))
}

/// The labels that tell a workload's pods from others: the well-known ones, else all that no controller writes.
pub(crate) fn telling(worn: &Labels) -> Labels {
    const MADE: [&str; 4] =
        ["pod-template-hash", "controller-revision-hash", "pod-template-generation", "rollouts-pod-template-hash"];
    let some = |is_wanted: &dyn Fn(&str) -> bool| -> Labels {
        let worn = worn.iter().filter(|(key, _)| is_wanted(key));
        worn.map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let known = some(&|key| NAMES.contains(&key));
    if known.is_empty() { some(&|key| !MADE.contains(&key) && !key.contains("kubernetes.io/pod")) } else { known }
}
