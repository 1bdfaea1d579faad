//! What files name that are no code of a language that is read: settings, scripts, templates, code in other languages.

use super::given::{Sharers, is_everybodys};
use super::variables::{asks_others, is_deploy};
use super::{Mention, Mentions, Weight, keep, place, unasked};
use crate::dormant::Dormant;
use crate::edge::{Place, Port};
use crate::inventory::Home;
use crate::issuers::is_issuer;
use crate::mention::{Named, asks_for_host, in_list, is_address_variable, is_choice, is_past_proxy, named};
use crate::names::keys::asks_for;
use crate::part::Part;
use crate::plain::{group_of, groups};
use crate::probed::Probes;
use crate::templated;
use crate::texts::is_made;
use crate::tree::{PlainFile, is_other};
use crate::unused::{Idle, is_copy};
use hedgerow_code::frontend::foreign::{foreign, literals};
use hedgerow_code::ir::{Directive, Range};
use hedgerow_code::lines;
use hedgerow_deploy::Hosts;
use std::collections::{BTreeMap, BTreeSet};

/// What code asks for of a file of sections that it and others have, `[shop]` with `ledger_url = …` below it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asks<'k>(&'k BTreeSet<String>);

impl<'k> Asks<'k> {
    /// None where nothing of the file is asked for by its name: then whoever reads it takes all of it.
    pub(super) fn new(file: &PlainFile, keys: &'k BTreeSet<String>) -> Option<Self> {
        let lines = || file.text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';']));
        let is_ini = lines().find(|line| !line.is_empty()).is_some_and(|line| line.starts_with('['));
        let mut names = lines().filter_map(|line| line.split_once(['=', ':'])).map(|(name, _)| name.trim());
        (is_ini && names.any(|name| asks_for(keys, name))).then_some(Self(keys))
    }

    fn asks_for(self, key: &str) -> bool {
        key.is_empty() || asks_for(self.0, key)
    }
}

/// How a text belongs to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// It lies in its directory.
    Own,
    /// Its containers find it beside them.
    Mounted,
    /// And their command or a variable names it.
    Named,
    /// Others find it there, too, and the service's code names the place.
    Asked,
    /// Others find it there, too, and nobody's code is seen to name the place.
    Unclaimed,
    /// A module that it is made of, or a library that it loads, brings it along.
    Brought,
}

/// What a file that is no code of a language that is read names; and the variables for addresses that its code asks for.
pub(super) fn in_text(
    (file, whose): (&PlainFile, Whose),
    home: &Home,
    hosts: &Hosts,
    (shared, is_for_others, keys, (part, dormant), idle): (
        Sharers<'_>,
        bool,
        Option<Asks<'_>>,
        (&Part, &Dormant),
        &Idle<'_>,
    ),
    is_set: &impl Fn(&str) -> bool,
    found: &mut Mentions,
    unset: &mut BTreeMap<String, Place>,
) {
    let at = |start: usize, length: usize| Place {
        path: file.path.clone(),
        range: Range { start: place(start), end: place(start + length) },
    };
    let mut add = |named: Vec<Named>, weight: &dyn Fn() -> Weight, offset: usize| {
        for Named { service, text, start, is_address, port } in named {
            if service != home.name {
                let (weight, what) = if is_address { (weight(), "an address") } else { (Weight::Name, "a name") };
                let place = at(offset + start, text.len());
                keep(found, &service, Mention { weight, place, text, what: what.to_owned(), port, client: None });
            }
        }
    };
    if whose == Whose::Brought
        || lines::comments(&file.text).iter().any(|(directive, _)| matches!(directive, Directive::Ignore(_)))
    {
        return;
    }
    let is_other = is_other(&file.path);
    if is_other && is_made(&file.text) {
        return;
    }
    if foreign(&file.path).is_some() && !is_other {
        for literal in literals(&file.path, &file.text) {
            let weight = || Weight::of_address(lines::assigned(literal.before));
            add(named(literal.text, literal.before, hosts), &weight, literal.start);
            if is_address_variable(literal.text) && asks_others(literal.text) {
                unset.entry(literal.text.to_owned()).or_insert_with(|| at(literal.start, literal.text.len()));
            }
        }
    } else if whose != Whose::Own || !is_deploy(&file.path, &file.text) {
        let groups = groups(&file.text);
        let is_copy = whose == Whose::Own && is_copy(&file.path);
        let mut unused = Vec::new();
        let probes = Probes::of(&file.text, hosts);
        for setting in lines::settings(&file.path, &file.text) {
            if is_past_proxy(&file.text, &setting) || probes.exporter(&setting).is_some() {
                continue;
            }
            // The words of people are not told from names: of a text of which nothing is known an address counts alone.
            let key = lines::key_of(&file.text, &setting);
            let is_choice =
                asks_for_host(key) && is_choice(lines::listed(&file.text, &setting).into_iter(), key, hosts);
            let mut all = Vec::new();
            in_list(is_choice, key, &mut all, |key, all| {
                all.extend(named(setting.value.trim_end_matches('\\'), key, hosts));
            });
            let is_address_only = is_other || whose == Whose::Unclaimed;
            all.retain(|named| (named.is_address || !is_address_only) && !groups.contains(group_of(&named.text)));
            all.retain(|named| named.is_address || !lines::is_output(&file.text, setting.start + named.start));
            let is_everybodys = match shared {
                Sharers::All => true,
                Sharers::By(shared) => is_everybodys(shared, key, setting.value),
            };
            let weight = || match is_everybodys {
                _ if is_copy => Weight::IdleAddress,
                _ if part.compares_issuers && is_issuer(key) => Weight::LooseAddress,
                _ if whose == Whose::Own && dormant.has_setting(&file.text, &setting) => Weight::UnaskedAddress,
                true => Weight::LooseAddress,
                // What is put into a store is a row like others: who reads it may call there.
                false if file.path.ends_with(".sql") => Weight::LooseAddress,
                false if whose == Whose::Named => Weight::of_named(&file.text, &setting),
                false if keys.is_some_and(|keys| !keys.asks_for(key)) => Weight::UnaskedAddress,
                false if unasked::is_at_unasked((&file.path, &file.text), &setting, &part.unasked) => {
                    Weight::UnaskedAddress
                }
                false => match Weight::of_setting(&file.text, &setting) {
                    Weight::Address if is_for_others => Weight::SharedAddress,
                    weight => weight,
                },
            };
            // Nothing is seen to send requests on to it.
            let is_idle = |named: &Named| idle.has(&file.path, setting.start + named.start);
            let (idle, all): (Vec<Named>, Vec<Named>) = all.into_iter().partition(is_idle);
            unused.extend(idle.into_iter().map(|named| (named, setting.start)));
            add(all, &weight, setting.start);
        }
        unused.into_iter().for_each(|(named, offset)| add(vec![named], &|| Weight::IdleAddress, offset));
        for (text, start) in idle.addresses(file) {
            add(named(text, "host", hosts), &|| Weight::IdleAddress, start);
        }
        let asked = lines::variables(&file.text).into_iter().filter(|_| is_other);
        for (name, start) in asked.filter(|(name, _)| is_address_variable(name) && asks_others(name) && !is_set(name)) {
            match templated::named(name, hosts) {
                Some(service) if service == home.name => {}
                Some(service) => {
                    let (place, what) = (at(start, name.len()), "a variable for its address".to_owned());
                    let (text, port) = (format!("${name}"), Port::Unknown);
                    let mention = Mention { weight: Weight::Name, place, text, what, port, client: None };
                    keep(found, service, mention);
                }
                None => {
                    unset.entry(name.to_owned()).or_insert_with(|| at(start, name.len()));
                }
            }
        }
    }
}
