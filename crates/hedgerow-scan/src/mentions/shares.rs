//! What several services are given alike, and which of them it is for: the files of one ConfigMap, code in a directory that they share.
//! Who is seen to use it calls there. Of the others nothing is known but that they could, which is asked about in one question for all.

use super::MAX_MARKS;
use super::given::{help, listed};
use super::weight::{Mention, Mentions, Weight};
use crate::edge::{Class, Finding, Outcome, Place};
use crate::inventory::Home;
use crate::names::files::last;
use crate::part::Part;
use crate::paths::{dir_of, is_below};
use hedgerow_code::frontend::Language;
use hedgerow_core::diag::Code;
use hedgerow_deploy::{Deploy, Spot};
use std::collections::{BTreeMap, BTreeSet};

/// What so many services are given alike is there for all of them. Two may well be one program and its worker, and what both are given is
/// for both of them most of the time.
const FEW: usize = 3;

/// The files that several services find beside them, and which of these name them.
#[derive(Debug, Default)]
pub(super) struct Shares<'d> {
    /// By where the deploy or the tree holds the file, and what it is called.
    files: BTreeMap<(&'d str, &'d str), Takers<'d>>,
    /// The services whose code was read.
    read: BTreeSet<&'d str>,
}

#[derive(Debug, Default)]
struct Takers<'d> {
    given: BTreeSet<&'d str>,
    naming: BTreeSet<&'d str>,
}

impl<'d> Shares<'d> {
    pub(super) fn new(homes: &'d [Home], parts: &[Part], deploy: &'d Deploy) -> Self {
        let mut shares = Self::default();
        for (home, part) in homes.iter().zip(parts) {
            if part.account.entries > 0 {
                shares.read.insert(&home.name);
            }
            let Some(given) = deploy.of(&home.name) else { continue };
            let mounted = given.mounted.iter().map(|file| (file.spot.path.as_str(), file.name.as_str()));
            let beside = given.files.keys().map(|path| (path.as_str(), last(path)));
            for (path, name) in mounted.chain(beside) {
                let takers = shares.files.entry((path, name)).or_default();
                takers.given.insert(&home.name);
                if part.files.contains(name) {
                    takers.naming.insert(&home.name);
                }
            }
        }
        shares.files.retain(|_, takers| takers.given.len() >= FEW);
        shares
    }

    /// Whether a service's code was read.
    pub(super) fn is_read(&self, service: &str) -> bool {
        self.read.contains(service)
    }

    /// Whether a mounted file is there for others: some of those that are given it name it, and this one does not; or none does, and this
    /// one is no program of the tree as the others are.
    pub(super) fn is_for_others(&self, service: &str, path: &str, name: &str) -> bool {
        self.files.get(&(path, name)).is_some_and(|takers| match takers.naming.is_empty() {
            false => !takers.naming.contains(service),
            true => self.is_stranger(service, takers.given.iter().copied()),
        })
    }

    /// The same of a file by the place that holds it.
    pub(super) fn is_file_for_others(&self, service: &str, spot: &Spot, name: &str) -> bool {
        self.is_for_others(service, &spot.path, name)
    }

    /// Whether a service has no code among several that are given one thing, where others have some.
    pub(super) fn is_stranger<'s>(&self, service: &str, all: impl Iterator<Item = &'s str> + Clone) -> bool {
        !self.is_read(service) && all.clone().count() >= FEW && all.clone().any(|other| self.is_read(other))
    }
}

/// What a place says of a service: to whom, and how much.
type Holders<'h> = BTreeMap<usize, Weight>;

/// Takes back what a place in shared code says of those services for which nothing else does, where something does for others: a call that
/// was found, or what the deploy tells them and not all. Code that nothing of a service reaches is others', where it is theirs.
pub(super) fn settle(homes: &[Home], parts: &[Part], found: &mut [Mentions], shares: &Shares<'_>, outcome: &Outcome) {
    let mut places: BTreeMap<(&str, &Place), Holders> = BTreeMap::new();
    for (nth, mentions) in found.iter().enumerate() {
        for (callee, mention) in mentions.iter().flat_map(|(callee, all)| all.iter().map(move |m| (callee, m))) {
            let weight = places.entry((callee, &mention.place)).or_default().entry(nth).or_insert(mention.weight);
            *weight = mention.weight.min(*weight);
        }
    }
    let callers = Callers::new(homes, outcome);
    let mut changes: Vec<(usize, String, Place, Option<Weight>)> = Vec::new();
    for ((callee, place), holders) in places.iter().filter(|((_, place), _)| Language::of(&place.path).is_some()) {
        let mut reaching: BTreeSet<usize> =
            holders.iter().filter(|(_, weight)| **weight <= Weight::LooseAddress).map(|(nth, _)| *nth).collect();
        // Of whose call is known nothing else is told.
        reaching.extend(callers.there.get(&(*callee, place.path.as_str())).into_iter().flatten());
        let unreached = holders.iter().filter(|(_, weight)| **weight == Weight::UnreachedAddress);
        if !reaching.is_empty() {
            // What lies in its own directory may yet run there, in a way that is not seen.
            let is_own = |nth: usize| {
                let holds = |home: &Home| home.directories.iter().any(|(own, _)| is_below(&place.path, own));
                holds(&homes[nth]) && homes.iter().filter(|home| holds(home)).count() == 1
            };
            let unreached = unreached.filter(|(nth, _)| shares.is_read(&homes[**nth].name) && !is_own(**nth));
            changes.extend(unreached.map(|(nth, _)| (*nth, (*callee).to_owned(), (*place).clone(), None)));
        }
        let shares_code = |nth: &&usize| {
            let directory = dir_of(&place.path);
            homes[**nth].directories.iter().any(|(own, _)| own == directory || is_below(directory, own))
                || parts[**nth].loads.contains(directory)
        };
        reaching.extend(callers.all.get(*callee).into_iter().flatten().filter(shares_code));
        if reaching.len() < FEW {
            continue;
        }
        let calls = |nth: &usize| callers.all.get(*callee).is_some_and(|all| all.contains(nth));
        let is_told = |nth: usize| {
            found[nth].get(*callee).into_iter().flatten().any(|mention| {
                let is_said = mention.weight <= Weight::Address || mention.weight == Weight::Order;
                let others = places.get(&(*callee, &mention.place));
                is_said
                    && Language::of(&mention.place.path).is_none()
                    && others.is_some_and(|others| !reaching.iter().all(|nth| others.contains_key(nth)))
            })
        };
        let known: BTreeSet<usize> = reaching.iter().copied().filter(|nth| calls(nth) || is_told(*nth)).collect();
        if known.is_empty() {
            continue;
        }
        let others = reaching.iter().filter(|nth| holders.get(nth) == Some(&Weight::Address) && !known.contains(nth));
        changes.extend(others.map(|nth| (*nth, (*callee).to_owned(), (*place).clone(), Some(Weight::SharedAddress))));
    }
    for ((callee, place), holders) in places.iter().filter(|((_, place), _)| Language::of(&place.path).is_none()) {
        changes.extend(
            of_file(&callers, found, &places, (callee, place), holders)
                .into_iter()
                .filter(|nth| shares.is_read(&homes[*nth].name))
                .map(|nth| (nth, (*callee).to_owned(), (*place).clone(), Some(Weight::SharedAddress))),
        );
    }
    for (nth, callee, place, weight) in changes {
        let Some(all) = found[nth].get_mut(&callee) else { continue };
        match weight {
            Some(weight) => {
                let of = all.iter_mut().filter(|mention| mention.place == place);
                of.for_each(|mention| mention.weight = mention.weight.max(weight));
            }
            None => all.retain(|mention| mention.place != place || mention.weight != Weight::UnreachedAddress),
        }
    }
}

/// So many services that are seen to call by an address in a file of several, or are told it besides, make it theirs.
const SEEN: usize = 2;

/// Those of whom nothing is known but that a file of several, which is no code, gives them an address, where others are seen to use it.
fn of_file(
    callers: &Callers<'_>,
    found: &[Mentions],
    places: &BTreeMap<(&str, &Place), Holders>,
    (callee, place): (&str, &Place),
    holders: &Holders,
) -> Vec<usize> {
    let is_told_so = |mention: &Mention| mention.text.starts_with(['-', '$']);
    let there = callers.there.get(&(callee, place.path.as_str())).into_iter().flatten().copied();
    let takers: BTreeSet<usize> = holders.keys().copied().chain(there).collect();
    if takers.len() < FEW {
        return Vec::new();
    }
    let is_told = |nth: usize| {
        let mut all = found[nth].get(callee).into_iter().flatten();
        all.any(|mention| {
            let others = places.get(&(callee, &mention.place));
            mention.weight <= Weight::Address
                && is_told_so(mention)
                && Language::of(&mention.place.path).is_none()
                && others.is_some_and(|others| !takers.iter().all(|nth| others.contains_key(nth)))
        })
    };
    let calls = |nth: usize| callers.all.get(callee).is_some_and(|all| all.contains(&nth));
    let known: BTreeSet<usize> = takers.iter().copied().filter(|nth| calls(*nth) || is_told(*nth)).collect();
    if known.len() < SEEN {
        return Vec::new();
    }
    // What the command itself says is the service's own.
    let is_own = |nth: usize| {
        let mut all = found[nth].get(callee).into_iter().flatten();
        all.any(|mention| mention.place == *place && is_told_so(mention))
    };
    let others = holders.iter().filter(|(_, weight)| **weight <= Weight::Address).map(|(nth, _)| *nth);
    others.filter(|nth| !known.contains(nth) && !is_own(*nth)).collect()
}

/// The services that are known to call others, by their numbers.
struct Callers<'o> {
    /// By whom they call.
    all: BTreeMap<&'o str, BTreeSet<usize>>,
    /// By whom they call, and the file that does.
    there: BTreeMap<(&'o str, &'o str), BTreeSet<usize>>,
}

impl<'o> Callers<'o> {
    fn new(homes: &[Home], outcome: &'o Outcome) -> Self {
        let numbers: BTreeMap<&str, usize> =
            homes.iter().enumerate().map(|(nth, home)| (home.name.as_str(), nth)).collect();
        let mut callers = Self { all: BTreeMap::new(), there: BTreeMap::new() };
        for edge in outcome.edges.values().filter(|edge| edge.class() < Class::Addressed) {
            let Some(nth) = numbers.get(edge.caller.as_str()) else { continue };
            callers.all.entry(&edge.callee).or_default().insert(*nth);
            for evidence in &edge.evidence {
                callers.there.entry((&edge.callee, &evidence.place.path)).or_default().insert(*nth);
            }
        }
        callers
    }
}

/// What is asked about for several services at once, by who is called: the callers, each with the place.
#[derive(Debug, Default)]
pub(super) struct Asked(BTreeMap<String, BTreeMap<String, Place>>);

impl Asked {
    pub(super) fn add(&mut self, caller: &str, callee: &str, place: &Place) {
        self.0.entry(callee.to_owned()).or_default().insert(caller.to_owned(), place.clone());
    }

    /// The questions: one for all services that the same ones are given addresses of.
    pub(super) fn findings(self) -> impl Iterator<Item = Finding> {
        let mut all: BTreeMap<BTreeSet<String>, BTreeMap<String, BTreeSet<Place>>> = BTreeMap::new();
        for (callee, callers) in self.0 {
            let of = all.entry(callers.keys().cloned().collect()).or_default();
            of.insert(callee, callers.into_values().collect());
        }
        all.into_iter().map(|(services, callees)| finding(services, &callees))
    }
}

fn finding(services: BTreeSet<String>, callees: &BTreeMap<String, BTreeSet<Place>>) -> Finding {
    let callers: Vec<&str> = services.iter().map(String::as_str).collect();
    let names: Vec<&str> = callees.keys().map(String::as_str).collect();
    let (address, other) = match names.as_slice() {
        [one] => ("an address", *one),
        _ => ("addresses", "*"),
    };
    let marks = callees.iter().flat_map(|(callee, places)| places.iter().map(move |place| (callee, place)));
    Finding {
        code: Code::UnexplainedMention,
        message: format!(
            "{} {} given {address} of {} as others are, and nothing that was read uses what is given to them alike",
            listed(&callers),
            if callers.len() == 1 { "is" } else { "are" },
            listed(&names)
        ),
        marks: marks
            .take(MAX_MARKS)
            .map(|(callee, place)| (place.clone(), format!("an address of `{callee}`")))
            .collect(),
        help: help(callers.first().copied().unwrap_or("*"), other),
        callees: callees.keys().cloned().collect(),
        services,
    }
}
