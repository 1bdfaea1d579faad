//! Which service of the fleet somebody is, by the names and labels that a source gives.
//!
//! It is told as in a deploy: by the identity label, else by the services' `workloads` globs, else by the short name. Who writes
//! a service's own name means it.

use crate::said::{End, Name};
use hedgerow_core::diag::nearest;
use hedgerow_core::fleet::Service;
use hedgerow_core::name::ServiceName;
use hedgerow_core::plan::Plan;
use hedgerow_render::patch::claim::{Claim, Claims};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

/// Kinds that are tried where a source gives a name alone.
const KINDS: [&str; 6] = ["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "Pod"];
/// The letters of which Kubernetes makes the random ends of names.
const RANDOM: &str = "bcdfghjklmnpqrstvwxz2456789";

/// How often an unknown name is compared with a service's before nobody looks any more for what the next may mean: a list of another
/// fleet's names is to end in a report soon, too.
const MOST_COMPARED: usize = 300_000;

/// Who somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whose {
    /// A service.
    Service(ServiceName),
    /// No service of the fleet; in words, why.
    Nobody(String),
    /// One of these.
    Several(BTreeSet<ServiceName>),
}

/// The services of a fleet, by what they are called.
pub(crate) struct Names<'p> {
    plan: &'p Plan,
    claims: Claims<'p>,
    /// The services by the last part of their names; the first of several.
    shorts: BTreeMap<&'p str, &'p str>,
    /// Who was asked for: sources name the same few again and again.
    asked: RefCell<BTreeMap<Name, Whose>>,
    compared: Cell<usize>,
}

impl<'p> Names<'p> {
    pub(crate) fn new(plan: &'p Plan) -> Self {
        let mut shorts = BTreeMap::new();
        for full in plan.fleet().names().map(ServiceName::as_str) {
            shorts.entry(full.rsplit('.').next().unwrap_or(full)).or_insert(full);
        }
        Self {
            plan,
            claims: Claims::of_fleet(plan),
            shorts,
            asked: RefCell::new(BTreeMap::new()),
            compared: Cell::new(0),
        }
    }

    pub(crate) const fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// A service wherever its directory is.
    pub(crate) fn known(&self, name: &ServiceName) -> Option<&'p Service> {
        self.plan.fleet().known(name.as_str())
    }

    pub(crate) fn of_end(&self, end: &End) -> Whose {
        match end {
            End::Service(name) => Whose::Service(name.clone()),
            End::Named(name) => self.of(name),
        }
    }

    /// Who is called so. A name that is made by a controller is that of what made it, too.
    pub(crate) fn of(&self, name: &Name) -> Whose {
        if let Some(known) = self.asked.borrow().get(name) {
            return known.clone();
        }
        let found = self.look_for(name);
        self.asked.borrow_mut().insert(name.clone(), found.clone());
        found
    }

    fn look_for(&self, name: &Name) -> Whose {
        let mut first = None;
        for candidate in candidates(name) {
            match self.of_one(name, candidate) {
                Some(Whose::Nobody(why)) => {
                    first.get_or_insert(why);
                }
                Some(found @ (Whose::Service(_) | Whose::Several(_))) => return found,
                None => {}
            }
        }
        Whose::Nobody(first.unwrap_or_else(|| self.unknown(name)))
    }

    /// Who is called so; nothing where there is nothing to say of it.
    fn of_one(&self, name: &Name, called: &str) -> Option<Whose> {
        let worn = || {
            let worn = name.labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            std::iter::once(worn.collect::<Vec<_>>())
        };
        let mut found = BTreeSet::new();
        let kinds: Vec<&str> = match name.kind.as_deref() {
            // The pods of one, and a service's address, are its workload's.
            Some("Pod" | "ReplicaSet" | "Service") | None => KINDS.to_vec(),
            Some(kind) => vec![kind],
        };
        for kind in kinds {
            match self.claims.of(worn(), kind, Some(called)) {
                Claim::Service(service) | Claim::Taken(service) | Claim::Another { service, .. } => {
                    found.insert(service.clone());
                }
                Claim::Several(several) => found.extend(several.into_iter().cloned()),
                Claim::Unknown { value } => {
                    return Some(Whose::Nobody(format!(
                        "`{name}` wears the identity `{}`, which no service has",
                        value.escape_debug()
                    )));
                }
                Claim::Nobody => {}
            }
        }
        if let Some(service) = self.plan.fleet().known(called) {
            found.insert(service.name.clone());
        }
        let elsewhere: Vec<ServiceName> =
            found.iter().filter(|service| !self.lives_in(service, name)).cloned().collect();
        found.retain(|service| !elsewhere.contains(service));
        match (found.len(), found.pop_first(), elsewhere.first()) {
            (1, Some(service), _) => Some(Whose::Service(service)),
            (0, _, Some(service)) => {
                let there = self.known(service).map_or("", |service| service.namespace.as_str());
                let why = format!("`{name}` is no service of the fleet: `{service}` lives in namespace `{there}`");
                Some(Whose::Nobody(why))
            }
            (0, ..) => None,
            (_, first, _) => {
                found.extend(first);
                Some(Whose::Several(found))
            }
        }
    }

    fn lives_in(&self, service: &ServiceName, name: &Name) -> bool {
        let Some(namespace) = &name.namespace else { return true };
        self.known(service).is_some_and(|service| service.namespace.as_str() == namespace.as_str())
    }

    fn unknown(&self, name: &Name) -> String {
        let names = || self.plan.fleet().names().map(ServiceName::as_str);
        // Who says `ledger` may mean `service.ledger`.
        let near = || {
            self.compared.set(self.compared.get().saturating_add(names().count() + self.shorts.len()));
            let short = || self.shorts.get(nearest(&name.name, self.shorts.keys().copied())?).copied();
            nearest(&name.name, names()).or_else(short)
        };
        let is_enough = self.compared.get() >= MOST_COMPARED;
        match self.shorts.get(name.name.as_str()).copied().or_else(|| if is_enough { None } else { near() }) {
            Some(near) => format!(
                "`{name}` is no service of the fleet; where `{near}` is meant, name the workload under `workloads` in its service.yaml"
            ),
            None if is_enough => format!(
                "`{name}` is no service of the fleet; so many names are unknown that what each may mean is not looked for"
            ),
            None => format!("`{name}` is no service of the fleet"),
        }
    }
}

/// The name, and what controllers made it of. Names of pods and ReplicaSets are made; others are written by people, who mean all of it.
fn candidates(name: &Name) -> Vec<&str> {
    let full = name.name.as_str();
    let mut found = vec![full];
    if matches!(name.kind.as_deref(), Some("Pod" | "ReplicaSet")) {
        let hash = name.labels.get("pod-template-hash").or_else(|| name.labels.get("controller-revision-hash"));
        if let Some(hash) = hash.filter(|hash| !hash.is_empty())
            && let Some((front, _)) = full.split_once(&format!("-{hash}"))
        {
            found.push(front);
        }
        // A source may name all pods of a workload by the part that they share.
        let base = full.strip_suffix('*').map(|front| front.trim_end_matches('-')).unwrap_or(full);
        let without = |text: &'_ str, is_end: &dyn Fn(&str) -> bool| {
            text.rsplit_once('-').filter(|(front, end)| !front.is_empty() && is_end(end)).map(|(front, _)| front.len())
        };
        let random = |least: usize, most: usize| {
            move |end: &str| (least..=most).contains(&end.len()) && end.chars().all(|c| RANDOM.contains(c))
        };
        let number = |end: &str| !end.is_empty() && end.len() <= 10 && end.bytes().all(|byte| byte.is_ascii_digit());
        let mut ends = vec![base.len()];
        // Pods of a Deployment or CronJob, of a ReplicaSet, a DaemonSet, a Job or a StatefulSet.
        for end in [without(base, &random(5, 5)), without(base, &random(6, 10)), without(base, &number)] {
            ends.extend(end);
        }
        if let Some(front) = without(base, &random(5, 5)) {
            ends.extend(without(&base[..front], &random(6, 10)));
            ends.extend(without(&base[..front], &number));
        }
        found.extend(ends.into_iter().filter_map(|end| base.get(..end)));
    }
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_controllers_made() {
        for (kind, name, wanted) in [
            (None, "ledger", vec!["ledger"]),
            (Some("Deployment"), "ledger-7c9f4d5b6d", vec!["ledger-7c9f4d5b6d"]),
            (Some("ReplicaSet"), "ledger-7c9f4d5b6d", vec!["ledger-7c9f4d5b6d", "ledger"]),
            (Some("Pod"), "ledger-7c9f4d5b6d-x7zqp", vec!["ledger-7c9f4d5b6d-x7zqp", "ledger-7c9f4d5b6d", "ledger"]),
            (Some("Pod"), "ledger-7c9f4d5b6d-*", vec!["ledger-7c9f4d5b6d-*", "ledger-7c9f4d5b6d", "ledger"]),
            (Some("Pod"), "ledger-*", vec!["ledger-*", "ledger"]),
            (Some("Pod"), "db-0", vec!["db-0", "db"]),
            (Some("Pod"), "pay-29012345-x7zqp", vec!["pay-29012345-x7zqp", "pay-29012345", "pay"]),
            (None, "web-proxy", vec!["web-proxy"]),
            (Some("Pod"), "*", vec!["*", ""]),
            (Some("Pod"), "-", vec!["-"]),
            (None, "emoji-2", vec!["emoji-2"]),
            (None, "ledger-7c9f4d5b6d-x7zqp", vec!["ledger-7c9f4d5b6d-x7zqp"]),
            (Some("Service"), "db-0", vec!["db-0"]),
        ] {
            let name = Name { kind: kind.map(str::to_owned), ..Name::new(None, name) };
            assert_eq!(candidates(&name), wanted, "{name}");
        }
    }
}
