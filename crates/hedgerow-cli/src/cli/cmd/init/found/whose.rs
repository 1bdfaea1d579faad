//! Where the code of services is, as what builds and runs them says; names come last.

use super::{Service, unnamed};
use crate::look::{Look, is_aside, last_part};
use std::collections::{BTreeMap, BTreeSet};

/// Directories with the code of services.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// What builds or runs a service says it.
    pub(super) said: BTreeMap<String, String>,
    /// Only names say it.
    pub(super) guessed: BTreeMap<String, String>,
}

impl Places {
    pub(super) fn of(&self, name: &str) -> Option<&String> {
        self.said.get(name).or_else(|| self.guessed.get(name))
    }
}

/// Letters and digits alone: `Shop.OrderApi`, `shop-order-api` and `shop_order.api` are written alike.
pub(super) fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// Keys with the directories that they mean.
type Meant = BTreeMap<String, BTreeSet<String>>;

fn only<'m>(meant: &'m Meant, key: &str) -> Option<&'m String> {
    meant.get(key).filter(|places| places.len() == 1)?.first()
}

/// Where these services of one deployment have their code.
pub(super) fn places(look: &Look, services: &BTreeMap<String, Service>) -> Places {
    let (mut by_name, mut by_image) = (Meant::new(), Meant::new());
    for workload in &look.workloads {
        let Some(place) = &workload.place else { continue };
        by_name.entry(letters(&workload.name)).or_default().insert(place.clone());
        for image in &workload.images {
            by_image.entry(image.clone()).or_default().insert(place.clone());
        }
    }
    for (name, hosted) in &look.hosted {
        if let Some(code) = hosted.code.as_ref().filter(|code| look.directories.contains(*code)) {
            by_name.entry(letters(name)).or_default().insert(code.clone());
        }
    }
    let mut found = Places::default();
    for (name, service) in services {
        let built = service.places.first().filter(|_| service.places.len() == 1);
        // What lies elsewhere was built elsewhere, whatever it is called.
        let images = || service.images.iter();
        let said = built
            .or(service.code.as_ref())
            .or_else(|| images().find_map(|image| look.images.get(image)))
            .or_else(|| images().find_map(|image| only(&by_image, image)))
            .or_else(|| only(&by_name, &letters(name)))
            .or_else(|| std::iter::once(name).chain(images()).find_map(|name| only(&look.called, name)));
        if let Some(place) = said.filter(|place| super::has_code(look, place) && service.places.len() < 2) {
            found.said.insert(name.clone(), place.clone());
        }
    }
    found.guessed = guessed(look, services, &found.said);
    found
}

/// Programs that are called like services, where nothing else says whose they are.
fn guessed(
    look: &Look,
    services: &BTreeMap<String, Service>,
    said: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let is_program = |path: &&String| {
        let is_one = look.programs.get(*path).is_some_and(|program| program.is_whole() || program.is_likely());
        is_one && !path.is_empty() && !path.split('/').any(is_aside) && !said.values().any(|place| place == *path)
    };
    let programs: Vec<&String> = look.programs.keys().filter(is_program).collect();
    let prefix = shared(services);
    // The first form by which anything fits counts.
    let forms: [fn(&str, &str) -> bool; 4] = [
        |last, name| letters(last) == letters(name),
        |last, name| {
            let tails = last.match_indices('.').map(|(at, _)| &last[at + 1..]);
            letters(name).len() > 5 && tails.into_iter().any(|tail| letters(tail) == letters(name))
        },
        |last, name| {
            let head = last.rsplit_once('.').filter(|(_, tail)| unnamed::WORDS.contains(&tail.to_lowercase().as_str()));
            head.is_some_and(|(head, _)| letters(head) == letters(name))
        },
        |last, name| {
            let usual = unnamed::usual(last);
            letters(&unnamed::bare(&usual).concat()) == letters(name)
        },
    ];
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut owners: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
    for (name, service) in
        services.iter().filter(|(name, service)| !said.contains_key(*name) && service.places.is_empty())
    {
        let rest = prefix.and_then(|prefix| name.strip_prefix(prefix));
        // A store's own image says what it is, whatever it is called: `postgres-auth` is no `auth-service`.
        let called = std::iter::once(name.as_str()).filter(|_| !service.is_from_elsewhere());
        let rest = rest.filter(|_| !service.is_from_elsewhere());
        let words: Vec<&str> = called.chain(service.images.iter().map(String::as_str)).chain(rest).collect();
        let fits = |form: &fn(&str, &str) -> bool, word: &str| {
            let all: Vec<&&String> = programs.iter().filter(|path| form(last_part(path), word)).collect();
            (all.len() == 1).then(|| *all[0])
        };
        if let Some(path) = forms.iter().find_map(|form| words.iter().find_map(|word| fits(form, word))) {
            owners.entry(path).or_default().insert(name);
            found.insert(name.clone(), path.clone());
        }
    }
    found.retain(|_, path| owners.get(path).is_some_and(|names| names.len() == 1));
    found
}

/// The word with which more than half of the names begin: `shop-`.
fn shared(services: &BTreeMap<String, Service>) -> Option<&str> {
    let mut words: BTreeMap<&str, usize> = BTreeMap::new();
    for name in services.keys() {
        if let Some(at) = name.find(['-', '.']) {
            *words.entry(&name[..=at]).or_default() += 1;
        }
    }
    words.into_iter().find(|(_, number)| *number > 1 && number * 2 > services.len()).map(|(word, _)| word)
}
