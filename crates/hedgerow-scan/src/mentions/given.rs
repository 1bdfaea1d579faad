//! What the deploy gives to services: the addresses and names of others in their variables and commands.

use super::MAX_MARKS;
use super::shares::Shares;
use super::weight::{Mention, Mentions, Weight, is_shown_elsewhere, keep};
use crate::edge::{Class, Evidence, Finding, Outcome, Place, Port};
use crate::inventory::Home;
use crate::mention::{Named, named};
use crate::pack::Kind;
use crate::places::Places;
use crate::tree::Tree;
use hedgerow_code::ir::Range;
use hedgerow_core::diag::{Code, enumerate_some};
use hedgerow_deploy::{Answer, Deploy, Hosts, Partial, Said};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A variable that so many services are given with the same value is a setting of all of them: it says something about those whose code
/// names it.
const SHARED: usize = 8;

/// How many names one finding lists.
const MAX_NAMES: usize = 4;

/// The first names of a list, and how many there are besides.
pub(crate) fn listed(names: &[&str]) -> String {
    enumerate_some(MAX_NAMES, names.iter().map(|name| format!("`{name}`")))
}

/// The questions about variables with addresses of services that many are given and whose code is not seen to ask for them: one for each file
/// of the deploy. By callee and variable, they hold who is given it.
pub(super) fn everybodys_variables(
    tree: &Tree,
    outcome: &mut Outcome,
    given: BTreeMap<(String, String), Vec<(String, Place)>>,
) -> Vec<Finding> {
    let mut files: BTreeMap<String, Vec<Everybodys>> = BTreeMap::new();
    for ((callee, variable), mut callers) in given {
        // A pair is asked about once, by the first of the variables.
        callers.retain(|(caller, _)| {
            !outcome.edges.contains_key(&(caller.clone(), callee.clone())) && !tree.config.explains(caller, &callee)
        });
        for (caller, place) in &callers {
            let (place, target, port) = (place.clone(), format!("${variable}"), Port::Unknown);
            let evidence = Evidence { class: Class::Candidate, place, target, port, kind: Kind::Tcp, way: Vec::new() };
            outcome.add(caller, &callee, evidence);
        }
        let Some((_, place)) = callers.first().cloned() else { continue };
        let callers = callers.into_iter().map(|(caller, _)| caller).collect();
        files.entry(place.path.clone()).or_default().push(Everybodys { callee, variable, place, callers });
    }
    files.into_iter().map(|(path, all)| everybodys_finding(&path, &all)).collect()
}

/// A variable with the address of a service that many are given.
struct Everybodys {
    callee: String,
    variable: String,
    /// Where the deploy gives it to the first of them.
    place: Place,
    callers: BTreeSet<String>,
}

fn everybodys_finding(path: &str, all: &[Everybodys]) -> Finding {
    let services: BTreeSet<String> = all.iter().flat_map(|one| one.callers.iter().cloned()).collect();
    let callees: BTreeSet<String> = all.iter().map(|one| one.callee.clone()).collect();
    let callers: Vec<&str> = services.iter().map(String::as_str).collect();
    let first = callers.first().copied().unwrap_or("*");
    let (message, marks, whom) = match all {
        [Everybodys { callee, variable, place, .. }] => (
            format!(
                "the deploy gives `{variable}`, an address of `{callee}`, to {}, and nothing that was read asks for it there",
                listed(&callers)
            ),
            vec![(place.clone(), "one of them".to_owned())],
            callee.as_str(),
        ),
        _ => (
            format!(
                "the deploy gives addresses of {} in `{path}` to {}, and nothing that was read asks there for those that are listed here",
                listed(&callees.iter().map(String::as_str).collect::<Vec<_>>()),
                listed(&callers)
            ),
            all.iter()
                .take(MAX_MARKS)
                .map(|one| {
                    let own: Vec<&str> = one.callers.iter().map(String::as_str).collect();
                    (
                        one.place.clone(),
                        format!("`{}`, an address of `{}`, to {}", one.variable, one.callee, listed(&own)),
                    )
                })
                .collect(),
            "*",
        ),
    };
    Finding { code: Code::UnexplainedMention, message, marks, help: help(first, whom), services, callees }
}

/// What to do about what several are given alike, of whom `first` is one; `whom` is the only service that may be called, or `*`.
pub(super) fn help(first: &str, whom: &str) -> Vec<String> {
    let one = if whom == "*" { "one of them" } else { "it" };
    vec![
        format!("where {one} is called, say so by a rule file or a comment in the caller's code"),
        format!(
            "where it is not, say why under `scan.ignore` in hedgerow.yaml, a line for each caller: `{first} -> {whom}: <reason>`"
        ),
    ]
}

/// The code asks for a variable, and the deploy gives it the address of a service, or a file of variables that the program loads does: that
/// is a call, whatever library makes it.
pub(super) fn joined(
    home: &Home,
    hosts: &Hosts,
    (deploy, loaded): (&Deploy, &BTreeMap<String, Partial>),
    reads: &impl Fn(&str) -> Option<Place>,
    outcome: &mut Outcome,
) {
    let given = deploy.of(&home.name);
    let mut add = |name: &str, value: &str, class: Class| {
        let all = named(value, name, hosts).into_iter();
        for named in all.filter(|named| named.is_address && named.service != home.name) {
            let Some(place) = reads(name) else { continue };
            let port = match hosts.answers(&Partial::read(&named.text)).first() {
                // The code puts a port behind a host alone.
                Some(Answer::Service(_, None)) if !named.text.contains("://") => Port::Unknown,
                Some(Answer::Service(_, port)) => Port::from(*port),
                _ => Port::Unknown,
            };
            let (kind, target) = (Kind::Tcp, format!("${name}"));
            outcome.add(&home.name, &named.service, Evidence { class, place, target, port, kind, way: Vec::new() });
        }
    };
    let set = given.map(|given| &given.environment);
    // Telemetry that reached code asks for is sent.
    for (name, values) in set.into_iter().flatten().filter(|(name, _)| !is_shown_elsewhere(name)) {
        let class = if given.is_some_and(|given| given.is_guessed) { Class::Wildcard } else { Class::Joined };
        values.iter().for_each(|value| add(name, &value.written(), class));
    }
    // What the deploy gives comes first, also where nobody knows what that is.
    let is_hidden = |name: &str| given.is_some_and(|given| given.hidden.contains_key(name));
    let is_set = |name: &str| set.is_some_and(|set| set.contains_key(name)) || is_hidden(name);
    for (name, value) in loaded.iter().filter(|(name, _)| !is_shown_elsewhere(name) && !is_set(name)) {
        add(name, &value.written(), Class::Joined);
    }
}

/// Whether a variable is the one by which images of stores are told what a data base or its user is called.
fn is_of_data(variable: &str) -> bool {
    const STORES: &[&str] = &["POSTGRES_", "POSTGRESQL_", "MYSQL_", "MARIADB_", "MONGO_INITDB_", "CLICKHOUSE_"];
    let rest = STORES.iter().find_map(|store| variable.strip_prefix(store));
    rest.is_some_and(|rest| {
        matches!(rest, "DB" | "DATABASE" | "USER" | "USERNAME" | "PASSWORD" | "ROOT_USERNAME" | "ROOT_PASSWORD")
    })
}

/// Whether a variable is called after the name that it holds: `TILL_SERVICE_NAME` of `till-service`, `TILL_NAME` of `till`.
fn is_own_name(variable: &str, value: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let (of, value) = (variable.strip_suffix("_NAME").map(plain), plain(value));
    of.is_some_and(|of| of.trim_end_matches("service") == value.trim_end_matches("service"))
}

/// How many services are given each variable with the same value.
pub(super) type Shared<'d> = BTreeMap<(&'d str, Cow<'d, str>), usize>;

/// Of whom the settings of a text are.
#[derive(Clone, Copy)]
pub(super) enum Sharers<'s> {
    /// Many services share all of it.
    All,
    /// Many services are given those.
    By(&'s Shared<'s>),
}

/// Whether so many services are given a variable that it says little of each.
pub(super) fn is_everybodys(shared: &Shared<'_>, name: &str, value: &str) -> bool {
    shared.get(&(name, Cow::Borrowed(value))).is_some_and(|count| *count >= SHARED)
}

/// Counts the services that are given each variable with the same value.
pub(super) fn shared<'d>(homes: &[Home], deploy: &'d Deploy) -> Shared<'d> {
    let mut shared = BTreeMap::new();
    for given in homes.iter().filter_map(|home| deploy.of(&home.name)) {
        for (name, values) in &given.environment {
            for value in values {
                *shared.entry((name.as_str(), value.written())).or_default() += 1;
            }
        }
    }
    shared
}

/// The variables with addresses that a file of them, or a part of a document that several services name, gives to more than one, and who
/// asks for them.
#[derive(Debug, Default)]
pub(super) struct Common<'d> {
    /// The services that a variable is given to at each place.
    given: BTreeMap<(&'d str, Place), BTreeSet<&'d str>>,
    /// The services whose code asks for a variable.
    asking: BTreeMap<&'d str, BTreeSet<&'d str>>,
}

impl<'d> Common<'d> {
    /// Finds them; `asks` says whether the code of a service, by its number, asks for a variable.
    pub(super) fn new(
        homes: &'d [Home],
        hosts: &Hosts,
        deploy: &'d Deploy,
        places: &Places<'d>,
        asks: impl Fn(usize, &Home, &str) -> bool,
    ) -> Self {
        let mut common = Self::default();
        for (home, given) in homes.iter().filter_map(|home| Some((home, deploy.of(&home.name)?))) {
            let all = given.environment.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
            for (name, value) in all {
                let Some(spot) = given.spots.get(&Said::Variable(name.clone(), value.clone())) else { continue };
                if named(&value.written(), name, hosts).iter().any(|named| named.is_address) {
                    common.given.entry((name, places.of(spot, "", name))).or_default().insert(&home.name);
                }
            }
        }
        common.given.retain(|_, services| services.len() > 1);
        let names: BTreeSet<&str> = common.given.keys().map(|(name, _)| *name).collect();
        for (nth, home) in homes.iter().enumerate() {
            let Some(given) = deploy.of(&home.name) else { continue };
            for name in names.iter().filter(|name| given.environment.contains_key(**name)) {
                if asks(nth, home, name) {
                    common.asking.entry(name).or_default().insert(&home.name);
                }
            }
        }
        common
    }

    /// Whether a variable that a service is given at a place is there for others: it is given to several, and only others ask for it.
    fn is_for_others(&self, service: &str, name: &str, place: Place) -> bool {
        self.asking.get(name).is_some_and(|services| !services.contains(service))
            && self.given.contains_key(&(name, place))
    }

    /// Whether it is there for the programs of the tree, of which this service is none, and none of them is seen to ask for it.
    fn is_for_programs(&self, home: &Home, name: &str, place: Place, shares: &Shares<'_>) -> bool {
        !self.asking.contains_key(name)
            && !is_named_for(name, home)
            && self.given.get(&(name, place)).is_some_and(|all| shares.is_stranger(&home.name, all.iter().copied()))
    }
}

/// Whether a variable is called like a service: `KEYCLOAK_DB_URL` of `keycloak`. Its image knows it.
pub(super) fn is_named_for(variable: &str, home: &Home) -> bool {
    let plain = |name: &str| name.to_lowercase().replace(['-', '.'], "_");
    let variable = plain(variable);
    let name = plain(home.name.rsplit('.').next().unwrap_or(&home.name));
    let words = name.split('_').filter(|word| word.len() > 2);
    std::iter::once(name.as_str())
        .chain(words)
        .any(|word| variable.split('_').next() == Some(word) || variable.starts_with(&format!("{word}_")))
}

/// Whether a variable is called after a whole service: `KEYCLOAK_DB_URL` of `keycloak`, and not of `keycloak-db`.
pub(super) fn is_named_after(variable: &str, home: &Home) -> bool {
    let name = home.name.rsplit('.').next().unwrap_or(&home.name).to_lowercase().replace('-', "_");
    variable.to_lowercase().strip_prefix(&name).is_some_and(|rest| rest.starts_with('_'))
}

/// What the deploy gives to a service. Answers with the addresses that many are given and that this one is not seen to use: the service,
/// the variable, and its place.
pub(super) fn given<'a>(
    home: &Home,
    hosts: &Hosts,
    deploy: &'a Deploy,
    places: &Places<'a>,
    (shared, common, shares): (&Shared<'_>, Option<&Common<'_>>, &Shares<'_>),
    (uses, is_used, names, is_unasked, is_of_all, asks): (
        &impl Fn(&str) -> bool,
        &impl Fn(&str) -> bool,
        &impl Fn(&str) -> bool,
        &impl Fn(&str) -> bool,
        &impl Fn(&str, &Partial) -> bool,
        &impl Fn(&str) -> bool,
    ),
    found: &mut Mentions,
) -> Vec<(String, String, Place)> {
    let mut unused = Vec::new();
    let Some(given) = deploy.of(&home.name) else { return unused };
    let place = |said: Said, name: &str| match given.spots.get(&said) {
        Some(spot) => match &said {
            Said::Flag(_, value) | Said::Written(_, value) => places.of(spot, "", &value.written()),
            Said::Variable(..) | Said::After(_) => places.of(spot, "", name),
        },
        None => Place { path: given.path.clone(), range: Range::default() },
    };
    // What is given to many is for those that the deploy also starts after the one whose address it is.
    let after: BTreeSet<&str> = given.after.keys().filter_map(|name| hosts.named(name)).collect();
    let mut add = |name: &str,
                   value: &str,
                   address: Weight,
                   said: &dyn Fn() -> Said,
                   (text, what): (String, String)| {
        let mut all = named(value, name, hosts);
        // What the deploy gives is no word of code.
        if all.is_empty()
            && hosts.is_word(value)
            && let Some(service) = hosts.named(value)
        {
            let (service, text) = (service.to_owned(), value.to_owned());
            all.push(Named { service, text, start: 0, is_address: false, port: Port::Unknown });
        }
        for Named { service, is_address, port, .. } in all {
            // A name alone is none's to call where it is the other's own, and nothing asks for it.
            let is_no_host = !is_address && (is_of_data(name) || (is_own_name(name, value) && !asks(name)));
            if service != home.name && !is_no_host {
                let weight = match (is_address, Weight::of_address(name)) {
                    (false, _) => Weight::Name,
                    // What its own name says is shown or allowed is no more than that.
                    (true, Weight::Address) if address == Weight::SharedAddress && after.contains(&*service) => {
                        Weight::Address
                    }
                    (true, Weight::Address) => address,
                    (true, weight) => weight,
                };
                let (text, what) = (text.clone(), what.clone());
                keep(found, &service, Mention { weight, place: place(said(), name), text, what, port, client: None });
            }
        }
    };
    for (name, values) in &given.environment {
        for value in values {
            let said = || Said::Variable(name.clone(), value.clone());
            let is_of_all = is_of_all(name, value);
            let value = &*value.written();
            let address = if given.clients.get(name) != Some(&true) && is_unasked(name) {
                Weight::UnaskedVariable
            } else {
                Weight::Address
            };
            // What leads to a store of which the service has a client is for it alone; what it has no client for, it cannot call.
            let client = given.clients.get(name);
            let everybodys = client.is_none() && is_everybodys(shared, name, value) && !given.runs_with(name);
            if is_of_all || !everybodys || uses(name) {
                let is_after = || named(value, name, hosts).iter().any(|named| after.contains(named.service.as_str()));
                let is_for_others = || {
                    let common = common.filter(|_| client.is_none());
                    let at = || place(said(), name);
                    common.is_some_and(|common| {
                        (!is_used(name) && common.is_for_others(&home.name, name, at()))
                            || (common.is_for_programs(home, name, at(), shares) && !names(name))
                    })
                };
                let address = match everybodys || client == Some(&false) {
                    _ if is_of_all => Weight::SharedAddress,
                    true => Weight::LooseAddress,
                    // Where others have it as well, all are asked about at once.
                    false if is_for_others() && !(address == Weight::UnaskedVariable && is_after()) => {
                        Weight::SharedAddress
                    }
                    false => address,
                };
                add(name, value, address, &said, (format!("${name}"), format!("the value of `{name}`")));
            } else {
                let named = named(value, name, hosts).into_iter();
                let mut others: Vec<Named> =
                    named.filter(|named| named.is_address && named.service != home.name).collect();
                if Weight::of_address(name) == Weight::Address
                    && others.iter().all(|named| after.contains(&*named.service))
                {
                    add(name, value, address, &said, (format!("${name}"), format!("the value of `{name}`")));
                    others.clear();
                }
                unused.extend(others.into_iter().map(|named| (named.service, name.clone(), place(said(), name))));
            }
        }
    }
    // What has several words is read with the commands.
    for (name, values) in &given.flags {
        for value in values.iter().filter(|value| !value.letters().contains(char::is_whitespace)) {
            let said = || Said::Flag(name.clone(), value.clone());
            add(name, &value.written(), Weight::Told, &said, (format!("--{name}"), format!("the value of `--{name}`")));
        }
    }
    for written in &given.written {
        let (name, value) = (&written.key, &written.value);
        let weight = if written.is_read { Weight::Told } else { Weight::SharedAddress };
        let said = || Said::Written(name.clone(), value.clone());
        let what = format!("another container writes it into its settings as `{name}`");
        add(name, &value.written(), weight, &said, (value.shown('…'), what));
    }
    for (name, key) in &given.after {
        if let Some(service) = hosts.named(name).filter(|service| *service != home.name) {
            let mention = Mention {
                weight: Weight::Order,
                place: place(Said::After(name.clone()), name),
                text: name.clone(),
                what: format!("`{key}` names it"),
                port: Port::Unknown,
                client: None,
            };
            keep(found, service, mention);
        }
    }
    unused
}
