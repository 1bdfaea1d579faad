//! What a service's code, settings and deploy name and what led to no edge: asked about once per caller and callee.
//!
//! An address is an edge of the class `addressed`, unless `scan.candidate` is `ask`: what a service is given to call by, it calls, as
//! far as anybody can tell. A name is a candidate, an edge that no rule is written for. A mention is left alone where somebody has
//! explained it: a call that was found or declared, a comment `hedgerow: ignore`, a glob or a pair under `scan.ignore`.

mod awaited;
mod common;
mod dotenv;
mod given;
mod here;
mod hidden;
mod objects;
mod project;
mod questions;
mod shares;
mod text;
mod unasked;
mod variables;
mod weight;

pub(crate) use given::listed;
pub(crate) use here::sibling;
pub(crate) use unasked::of_code as unasked;
pub(crate) use variables::asks_others;
pub(crate) use weight::{
    Mention, Mentions, Weight, is_of_cors, is_origin, is_origin_for_browsers, is_shown, is_shown_at,
    is_shown_to_browsers, keep,
};

use crate::claims::{Claims, Foreign};
use crate::commands;
use crate::config::Candidates;
use crate::connectors::Worker;
use crate::dormant::Dormant;
use crate::edge::{Class, Evidence, Outcome, Place, Port};
use crate::frameworks;
use crate::inventory::{Home, Owners};
use crate::issuers::is_issuer;
use crate::names::files::last;
use crate::pack::Kind;
use crate::part::Part;
use crate::paths::{above, dir_of, is_below};
use crate::places::Places;
use crate::profiles::Idle;
use crate::spoken::Spoken;
use crate::stores::{Fleet, Schemas};
use crate::templated;
use crate::texts::is_lock;
use crate::tree::{PlainFile, Tree};
use crate::unused::{Proxies, Why, is_known};
use dotenv::Dotenv;
use given::{Common, Sharers, everybodys_variables, given, joined, shared};
use hedgerow_code::frontend::Language;
use hedgerow_code::frontend::foreign::foreign;
use hedgerow_code::ir::Directive;
use hedgerow_code::lines;
use hedgerow_code::testcode::is_test;
use hedgerow_core::diag::Code;
use hedgerow_deploy::image::is_image;
use hedgerow_deploy::{Deploy, Given, Hosts, Partial, Said, Spot};
use hidden::Hidden;
use project::Beside;
use questions::Question;
use shares::{Asked, Shares};
use std::collections::{BTreeMap, BTreeSet};
use text::{Asks, Whose, in_text};
use unasked::Besides;
use variables::{asked_for, is_deploy, taken};

/// How many places one finding shows.
const MAX_MARKS: usize = 4;

/// A service that has addresses of more others than this, and nothing that is seen to take them, is given those of everybody. What comes
/// with a whole file of variables says less than what is listed for the service.
const MANY: usize = 12;
const MANY_OF_FILES: usize = 6;

/// The calls that are asked about, each with its caller.
type Calls = [(String, crate::questions::Question)];

/// Adds what the services name and what led to no edge.
pub(crate) fn ask<'a>(
    tree: &Tree,
    homes: &'a [Home],
    hosts: &Hosts,
    deploy: &'a Deploy,
    (parts, fleet, calls, dormant): (&[Part], &Fleet, &Calls, &[Dormant]),
    (places, spoken, (claims, others, (unused, groups), idle), schemas): (
        &Places<'a>,
        &Spoken<'a>,
        (&Claims<'_>, &Foreign, &Proxies<'_>, &Idle<'_>),
        &Schemas<'_>,
    ),
    outcome: &mut Outcome,
) {
    let owners = Owners::new(tree.services, homes);
    let mut texts: BTreeMap<&str, Vec<(&PlainFile, Whose)>> = BTreeMap::new();
    let sharing = owners.sharing(tree.texts, hosts);
    // A build file of Maven names other modules, and no service; a lock file says where its tool was, and not where the service goes.
    // Nor are our own files settings of a service whose code is the whole tree.
    let is_build = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        matches!(name, "pom.xml" | "hedgerow.yaml" | "service.yaml") || name.ends_with(".rule") || is_lock(path)
    };
    for file in tree.texts.iter().filter(|file| !is_test(&file.path) && !is_build(&file.path)) {
        // What a server hands out is of those who get it.
        if let Some(services) = deploy.handed_out(&file.path) {
            for service in services {
                texts.entry(service.as_str()).or_default().push((file, Whose::Own));
            }
            continue;
        }
        if let Some(services) = sharing.of(&file.path) {
            services.iter().for_each(|service| texts.entry(service).or_default().push((file, Whose::Own)));
            continue;
        }
        let named =
            tree.config.settings.iter().find_map(|pattern| pattern.take(&file.path)).filter(|name| !name.is_empty());
        let one = named.and_then(|name| hosts.named(name)).or_else(|| owners.settled(&file.path, &file.text, hosts));
        let all = one.map_or_else(|| owners.all(&file.path).to_vec(), |one| vec![one]);
        let made = if all.is_empty() { templated::owner(&file.path, hosts) } else { None };
        for owner in all.into_iter().chain(made) {
            texts.entry(owner).or_default().push((file, Whose::Own));
        }
    }
    let by_path: BTreeMap<&str, &PlainFile> = tree.texts.iter().map(|file| (file.path.as_str(), file)).collect();
    let claimed = claimed(homes, parts, deploy);
    for (nth, home, given) in
        homes.iter().enumerate().filter_map(|(nth, home)| Some((nth, home, deploy.of(&home.name)?)))
    {
        let own = texts.entry(&home.name).or_default();
        for (path, is_named) in &given.files {
            let whose = if *is_named { Whose::Named } else { Whose::Mounted };
            match own.iter_mut().find(|(file, _)| file.path == *path) {
                Some((_, known)) => *known = whose,
                None => own.extend(by_path.get(path.as_str()).map(|file| (*file, whose))),
            }
        }
        let names = |place: &String| parts.get(nth).is_some_and(|part| part.files.contains(place));
        for (_, path) in given.beside.iter().filter(|(place, _)| names(place)) {
            if !own.iter().any(|(file, _)| file.path == *path) {
                own.extend(by_path.get(path.as_str()).map(|file| (*file, Whose::Asked)));
            }
        }
        // Of files that several have and nobody is seen to name, any of those with code may be the reader.
        let has_code = parts.get(nth).is_some_and(|part| !part.account.read.is_empty());
        for path in given.beside.values().filter(|path| has_code && !claimed.contains(path.as_str())) {
            if !own.iter().any(|(file, _)| file.path == *path) {
                own.extend(by_path.get(path.as_str()).map(|file| (*file, Whose::Unclaimed)));
            }
        }
        // Settings that modules bring along: what they say counts where code or the service's own settings ask for it.
        for path in &given.setting_paths {
            if !own.iter().any(|(file, _)| file.path == *path) {
                own.extend(by_path.get(path.as_str()).map(|file| (*file, Whose::Brought)));
            }
        }
    }
    for (home, part) in homes.iter().zip(parts) {
        let own = texts.entry(&home.name).or_default();
        for file in schemas.loaded(part) {
            if !own.iter().any(|(known, _)| known.path == file.path) {
                own.push((file, Whose::Brought));
            }
        }
    }
    let shared = shared(homes, deploy);
    let common = Common::new(homes, hosts, deploy, places, |nth, home, name| {
        let mut own = texts.get(home.name.as_str()).into_iter().flatten().map(|(file, _)| file);
        parts.get(nth).is_some_and(|part| part.variables.contains(name))
            || own.any(|file| {
                taken(file, name).is_some() || (foreign(&file.path).is_some() && asked_for(file, name).is_some())
            })
    });
    let shares = Shares::new(homes, parts, deploy);
    let dotenv = Dotenv::new(homes, deploy);
    let worker = Worker::new(homes, deploy);
    let alike = frameworks::alike(homes, deploy);
    let languages = project::languages(tree);
    let mut hidden_variables = Vec::new();
    let mut everybodys: BTreeMap<(String, String), Vec<(String, Place)>> = BTreeMap::new();
    let (mut all_found, mut all_unset) = (Vec::new(), Vec::new());
    let (mut probed, mut told_beside) = (Vec::new(), Vec::new());
    for ((home, part), dormant) in homes.iter().zip(parts).zip(dormant) {
        let mut own = texts.remove(home.name.as_str()).unwrap_or_default();
        own.retain(|(file, _)| {
            let is_idle = idle.get(file.path.as_str()).is_some_and(|services| services.contains(&home.name));
            !is_idle && !part.scopes.has_component(&file.path)
        });
        let read = part.account.read.keys().filter_map(|language| languages.get(language.as_str()));
        let mut beside = Beside::default();
        read.for_each(|language| beside.add(tree, home, *language));
        for file in beside.settings {
            if !own.iter().any(|(known, _)| known.path == file.path) {
                own.push((file, Whose::Brought));
            }
        }
        let hosts = hosts.of(&home.name);
        let mut found = part.mentions.clone();
        let mut unset: BTreeMap<String, Place> = BTreeMap::new();
        // What a Secret holds and nobody knows is as open as it is without.
        let is_said = |value: &Partial| value.known().is_some() || !value.letters().is_empty();
        let is_set = |name: &str| {
            let values = deploy.of(&home.name).and_then(|given| given.environment.get(name));
            values.is_some_and(|values| values.is_empty() || values.iter().any(is_said))
        };
        // What it is given with a file of all is told by its variables; what it posts to another one's worker is that one's.
        let is_its = |file: &PlainFile| !dotenv.is_given(&home.name, &file.path) && !worker.takes(file, &home.name);
        for (file, whose) in own.iter().filter(|(file, _)| is_its(file)) {
            let shared = if sharing.of(&file.path).is_some() { Sharers::All } else { Sharers::By(&shared) };
            let is_for_others = *whose == Whose::Unclaimed
                || *whose == Whose::Mounted && shares.is_for_others(&home.name, &file.path, last(&file.path));
            let keys = (*whose == Whose::Asked).then(|| Asks::new(file, &part.keys)).flatten();
            let of = (shared, is_for_others, keys, (part, dormant), groups);
            match unused.get(file.path.as_str()).and_then(|idle| idle.get(&home.name)) {
                Some(Why::Others) => {}
                None => in_text((file, *whose), home, hosts, of, &is_set, &mut found, &mut unset),
                Some(Why::Nobody) => {
                    let mut idle = Mentions::new();
                    in_text((file, *whose), home, hosts, of, &is_set, &mut idle, &mut BTreeMap::new());
                    for (callee, mention) in
                        idle.into_iter().flat_map(|(callee, all)| all.into_iter().map(move |m| (callee.clone(), m)))
                    {
                        let what = "settings that no image takes".to_owned();
                        let weight = mention.weight.max(Weight::IdleAddress);
                        keep(&mut found, &callee, Mention { weight, what, ..mention });
                    }
                }
            }
        }
        let own: Vec<&PlainFile> = own.into_iter().map(|(file, _)| file).collect();
        probed.extend(crate::probed::handed_over(&own, deploy.of(&home.name), hosts, places));
        let languages = part.account.read.keys().map(String::as_str);
        let is_of_jvm = frameworks::is_of_jvm(languages.chain(own.iter().filter_map(|file| foreign(&file.path))));
        let mut open: BTreeMap<String, Place> = BTreeMap::new();
        let is_ignored = |file: &&&PlainFile| {
            let comments = lines::comments(&file.text);
            comments.iter().any(|(directive, _)| matches!(directive, Directive::Ignore(_)))
        };
        let asked = own.iter().filter(|file| templated::is_template(&file.path) && !is_ignored(file));
        for (name, place) in asked.flat_map(|file| templated::places(file)).filter(|(name, _)| !is_set(name)) {
            match templated::named(name, hosts) {
                Some(service) if service == home.name => {}
                Some(service) => {
                    let what = "a template fills it in".to_owned();
                    let (text, port) = (name.to_owned(), Port::Unknown);
                    let mention = Mention { weight: Weight::Name, place, text, what, port, client: None };
                    keep(&mut found, service, mention);
                }
                None => {
                    open.entry(name.to_owned()).or_insert(place);
                }
            }
        }
        outcome.findings.extend(templated::finding(&home.name, &open));
        let runs = |variable: &str| deploy.of(&home.name).is_some_and(|given| given.runs_with(variable));
        let uses = |variable: &str| {
            part.variables.contains(variable) || own.iter().any(|file| file.text.contains(variable)) || runs(variable)
        };
        // That a file sets a variable is no use of it.
        let names = |variable: &str| {
            let files = own.iter().filter(|file| !is_of_variables(&file.path));
            runs(variable) || files.clone().any(|file| file.text.contains(variable))
        };
        let reads = |variable: &str| {
            let takes = || {
                let mut files = own.iter().filter(|file| !dormant.takes(file, variable));
                files.find_map(|file| taken(file, variable))
            };
            // What a page shows is a link, and no call.
            let is_code = |file: &&&PlainFile| foreign(&file.path).is_some() && !file.path.ends_with(".cshtml");
            let foreign = own.iter().filter(is_code);
            let asks = || foreign.into_iter().find_map(|file| asked_for(file, variable));
            let frames = || {
                let is_frameworks =
                    is_of_jvm && part.account.functions > 0 && frameworks::is_framework_variable(variable);
                let is_frameworks = is_frameworks && !dormant.has_variable(variable);
                let given = deploy.of(&home.name).filter(|_| is_frameworks)?;
                let mut said = given.spots.iter();
                let (_, spot) = said.find(|(said, _)| matches!(said, Said::Variable(name, _) if name == variable))?;
                Some(places.of(spot, "", variable))
            };
            part.reads.get(variable).cloned().or_else(asks).or_else(takes).or_else(frames)
        };
        let is_compared = |name: &str| part.compares_issuers && is_issuer(name);
        let calls_by = |variable: &str| reads(variable).filter(|_| !is_compared(variable));
        joined(home, hosts, (deploy, &beside.variables), &calls_by, outcome);
        let code = frameworks::Code {
            has_code: part.account.functions > 0 || part.account.begins(),
            is_of_jvm,
            sections: &part.sections,
            dormant,
            compares_issuers: part.compares_issuers,
            alike: &alike,
            claims,
        };
        let listed = frameworks::calls(home, &own, code, hosts, deploy, (outcome, &mut found));
        for (callee, evidence) in listed.into_iter().chain(others.get(&home.name).into_iter().flatten().cloned()) {
            let (text, port, what) =
                (evidence.target, evidence.port, "an address in settings of everybody's".to_owned());
            let (weight, place) = (Weight::SharedAddress, evidence.place);
            keep(&mut found, &callee, Mention { weight, place, text, what, port, client: None });
        }
        // Frameworks of the JVM fill settings from variables whose names nobody writes: `ledger.url` from `LEDGER_URL`. What code asks for in
        // languages that are not read nobody knows.
        let common = (!is_of_jvm || part.account.functions > 0).then_some(&common);
        let keys =
            if is_of_jvm { deploy.of(&home.name).map(frameworks::keys).unwrap_or_default() } else { BTreeSet::new() };
        let fills = |variable: &str| {
            is_of_jvm
                && (frameworks::is_framework_variable(variable)
                    || frameworks::fills(variable, &keys, &part.sections, &part.prefixes))
        };
        let is_used = |variable: &str| uses(variable) || fills(variable);
        let is_named = |variable: &str| names(variable) || is_of_jvm;
        let besides = std::cell::OnceCell::new();
        let is_unasked = |variable: &str| {
            let besides = || besides.get_or_init(|| Besides::new(tree, home, deploy.of(&home.name), &own, is_of_jvm));
            part.unasked.contains(variable) && !fills(variable) && besides().leaves(variable)
                || !part.variables.contains(variable)
                    && !runs(variable)
                    && (dormant.has_variable(variable) || own.iter().any(|file| dormant.takes(file, variable)))
        };
        // That a file sets a variable, or a compose file hands it on, is no use of it.
        let asks = |variable: &str| {
            let mut files =
                own.iter().filter(|file| !is_of_variables(&file.path) && !is_deploy(&file.path, &file.text));
            part.variables.contains(variable)
                || runs(variable)
                || fills(variable)
                || files.any(|file| variables::has_word(&file.text, variable))
        };
        let is_of_all = |name: &str, value: &Partial| {
            dotenv.is_for_others((home, shares.is_read(&home.name)), deploy, (name, value), asks)
        };
        let seen = (&uses, &is_used, &is_named, &is_unasked, &is_of_all, &asks);
        let unused = given(home, hosts, deploy, places, (&shared, common, &shares), seen, &mut found);
        for mention in found.values_mut().flatten() {
            let is_strong = matches!(mention.weight, Weight::Told | Weight::Address);
            if is_strong && mention.text.starts_with(['$', '-']) && is_compared(&mention.text) {
                mention.weight = Weight::LooseAddress;
            }
        }
        for (callee, name, place) in unused {
            everybodys.entry((callee, name)).or_default().push((home.name.clone(), place));
        }
        if let Some(given) = deploy.of(&home.name) {
            here::overridden(home, given, hosts, places, &mut found);
            here::published(home, given, hosts, places, &mut found);
            // The machine of a variable that a build writes into pages is that of whoever looks at them.
            let reads = |name: &str| reads(name).filter(|_| !part.for_pages.contains(name));
            here::read(home, given, hosts, &reads, &mut found);
            let is_for_others = |spot: &Spot, name: &str| shares.is_file_for_others(&home.name, spot, name);
            commands::read(home, given, hosts, places, (spoken, &is_for_others, &mut found), outcome);
        }
        if let Some(given) = deploy.of(&home.name) {
            let values = |name: &str| given.environment.get(name).into_iter().flatten();
            let hidden = given.hidden.iter().filter(|(name, _)| !values(name).any(|value| value.known().is_some()));
            let hidden = hidden.map(|(name, (_, spot))| (name.as_str(), places.of(spot, "", name)));
            let is_known =
                |name: &str| is_set(name) || beside.variables.get(name).is_some_and(|value| !value.is_empty());
            // What a library asks for that several have says nothing of each.
            let is_own = |place: &Place| {
                let mut all = home.directories.iter();
                all.any(|(own, _)| *own == place.path || is_below(&place.path, own))
            };
            let read = part.reads.iter().filter(|(_, place)| is_own(place));
            let read = read.map(|(name, place)| (name.as_str(), place.clone()));
            let asked = unset.iter().chain(&open).map(|(name, place)| (name.as_str(), place.clone()));
            let code = read.chain(asked).filter(|(name, _)| !is_known(name) && !given.hidden.contains_key(*name));
            let empty = own.iter().filter(|file| !is_test(&file.path)).flat_map(|file| awaited::empty(file));
            awaited::add(&home.name, given, hosts, hidden.chain(code).chain(empty), &mut found);
        }
        let calls = |store: &str| {
            let edge = outcome.edges.get(&(home.name.clone(), store.to_owned()));
            edge.is_some_and(|edge| edge.class().is_rule())
        };
        unset.retain(|name, _| part.account.functions == 0 || !schemas.settles(name, (home, part), calls));
        unset.retain(|name, _| !is_set(name) && !part.unset.contains_key(name));
        told_beside.push(variables::told(&own, hosts));
        if is_of_browsers(part, &own) {
            found.values_mut().for_each(|mentions| mentions.retain(|mention| mention.weight != Weight::Order));
            found.retain(|_, mentions| !mentions.is_empty());
        }
        all_found.push(found);
        all_unset.push(unset);
    }
    let open = homes.iter().zip(parts).zip(&all_unset);
    let open = open.zip(&told_beside).map(|(((home, part), unset), told)| {
        let open = part.unset.iter().chain(unset).filter(|(name, _)| !told.contains(*name));
        (home.name.as_str(), open)
    });
    outcome.findings.extend(variables::unset(open));
    for (exporter, callee, mention) in probed {
        let its = homes.iter().zip(&mut all_found).find(|(home, _)| home.name == exporter);
        if let Some((_, found)) = its.filter(|_| exporter != callee) {
            keep(found, &callee, mention);
        }
    }
    twins(tree, homes, &mut all_found);
    shares::settle(homes, parts, &mut all_found, &shares, outcome);
    let mut asked = (Asked::default(), dotenv::Asked::default());
    let mut of_machine = here::Here::default();
    let mut named = Vec::new();
    for ((home, part), (found, unset)) in homes.iter().zip(parts).zip(all_found.into_iter().zip(all_unset)) {
        let own = tell(tree, home, spoken, found, (outcome, &dotenv, &mut asked, &mut of_machine));
        named.push((home.name.as_str(), own));
        let given = deploy.of(&home.name);
        for (variable, hiding, spot) in given.map(|given| hidden::variables(given, hosts)).unwrap_or_default() {
            let is_asked =
                part.variables.contains(variable) || unset.contains_key(variable) || part.unset.contains_key(variable);
            let at = places.of(spot, "", variable);
            let is_ignored =
                tree.config.ignore.is_match(&at.path) || spoken.ignores(&home.name, &at.path, at.range.start);
            let callee = templated::named(variable, hosts).map(str::to_owned);
            let is_known = callee.as_ref().is_some_and(|callee| {
                // Of a candidate is asked already.
                *callee == home.name
                    || outcome.edges.contains_key(&(home.name.clone(), callee.clone()))
                    || tree.config.explains(&home.name, callee)
            });
            if !is_asked && !is_ignored && !is_known {
                hidden_variables.push(Hidden { service: &home.name, variable, spot, hiding, callee });
            }
        }
    }
    let told = awaited::hint((hosts, deploy, fleet), homes, parts, calls, outcome);
    for (caller, own) in &mut named {
        // Who may be meant by a call that is asked about is not asked about again.
        own.retain(|question| {
            let is_weak =
                question.mentions.iter().all(|mention| matches!(mention.weight, Weight::Name | Weight::Order));
            !(is_weak && told.contains(&((*caller).to_owned(), question.callee.clone())))
        });
    }
    outcome.findings.extend(questions::findings(named));
    outcome.findings.extend(asked.0.findings().chain(asked.1.findings()));
    outcome.findings.extend(of_machine.findings());
    for Hidden { service, variable, spot, callee, .. } in &hidden_variables {
        let Some(callee) = callee else { continue };
        let (place, target) = (places.of(spot, "", variable), format!("${variable}"));
        let (class, port, kind) = (Class::Candidate, Port::Unknown, Kind::Tcp);
        outcome.add(service, callee, Evidence { class, place, target, port, kind, way: Vec::new() });
    }
    outcome.findings.extend(hidden::findings(&hidden_variables, places));
    let findings = everybodys_variables(tree, outcome, everybodys);
    outcome.findings.extend(findings);
    common::ask(tree, homes, parts, hosts, outcome);
    objects::ask(tree, hosts, outcome);
}

/// Takes back what code and settings that several services have for one program say of each other: it is how each is known itself, as much
/// as whom it calls.
fn twins<'h>(tree: &Tree, homes: &'h [Home], found: &mut [Mentions]) {
    let with_code: BTreeSet<&str> = tree.code.iter().flat_map(|file| above(dir_of(&file.path))).collect();
    let program = |home: &'h Home| -> BTreeSet<&'h (String, Option<String>)> {
        home.directories.iter().filter(|(directory, _)| with_code.contains(directory.as_str())).collect()
    };
    let programs: BTreeMap<&str, _> = homes.iter().map(|home| (home.name.as_str(), program(home))).collect();
    for (home, mentions) in homes.iter().zip(found) {
        let own = &programs[home.name.as_str()];
        for (callee, all) in mentions.iter_mut().filter(|_| !own.is_empty()) {
            if programs.get(callee.as_str()) != Some(own) {
                continue;
            }
            let lies_there = |place: &Place| {
                own.iter().any(|(directory, _)| !directory.is_empty() && is_below(&place.path, directory))
            };
            for mention in all.iter_mut().filter(|mention| mention.weight == Weight::Address) {
                if lies_there(&mention.place) {
                    mention.weight = Weight::LooseAddress;
                }
            }
        }
    }
}

/// The files that several services find beside them and that the code of one of these names.
fn claimed<'d>(homes: &[Home], parts: &[Part], deploy: &'d Deploy) -> BTreeSet<&'d str> {
    let all = homes.iter().zip(parts).filter_map(|(home, part)| Some((deploy.of(&home.name)?, part)));
    let named = |(given, part): (&'d Given, &Part)| {
        let places = given.beside.iter().filter(|(place, _)| part.files.contains(*place));
        places.map(|(_, path)| path.as_str()).collect::<Vec<_>>()
    };
    all.flat_map(named).collect()
}

/// Turns mentions into edges, and asks about those that are no rule and that nobody has explained.
fn tell(
    tree: &Tree,
    home: &Home,
    spoken: &Spoken<'_>,
    found: Mentions,
    (outcome, dotenv, (of_several, of_all), here): (
        &mut Outcome,
        &Dotenv<'_>,
        &mut (Asked, dotenv::Asked),
        &mut here::Here,
    ),
) -> Vec<Question> {
    let is_known = |outcome: &Outcome, callee: &str| {
        let edge = outcome.edges.get(&(home.name.clone(), callee.to_owned()));
        edge.is_some_and(|edge| edge.class() < Class::Candidate)
    };
    // What code gives it lists one by one.
    let lists = |path: &str| is_yaml(path) || Language::of(path).is_some();
    let comes_with_file = |mention: &Mention| mention.text.starts_with('$') && !lists(&mention.place.path);
    let (mut idle, mut idle_of_files) = (0, 0);
    for (_, mentions) in found.iter().filter(|(callee, _)| !is_known(outcome, callee)) {
        // What it is told itself is not idle.
        if mentions.iter().any(|mention| mention.weight == Weight::Told) {
            continue;
        }
        let mut addresses = mentions.iter().filter(|mention| mention.weight == Weight::Address).peekable();
        idle += usize::from(addresses.peek().is_some());
        idle_of_files += usize::from(addresses.peek().is_some() && addresses.all(comes_with_file));
    }
    let is_everybodys = idle > MANY || idle_of_files > MANY_OF_FILES;
    let mut asked = Vec::new();
    // What is asked about a client of a store need not be asked again where the service starts after it.
    let others = outcome
        .findings
        .iter()
        .filter(|finding| finding.code == Code::UnexplainedMention && finding.services.contains(&home.name));
    let told: BTreeSet<String> = others.flat_map(|finding| finding.callees.iter().cloned()).collect();
    for (callee, mut mentions) in found {
        if is_known(outcome, &callee) {
            continue;
        }
        let is_ignored = |place: &Place| {
            tree.config.ignore.is_match(&place.path) || spoken.ignores(&home.name, &place.path, place.range.start)
        };
        mentions.retain(|mention| !is_ignored(&mention.place));
        mentions.sort();
        mentions.dedup_by(|a, b| a.place == b.place);
        let Some(first) = mentions.first() else { continue };
        if tree.config.explains(&home.name, &callee) {
            continue;
        }
        let class = |weight: Weight| match tree.config.candidate {
            Candidates::Accept => Class::Declared,
            Candidates::Addresses if matches!(weight, Weight::Told | Weight::Awaited) => Class::Addressed,
            Candidates::Addresses if weight == Weight::Address && !is_everybodys => Class::Addressed,
            Candidates::Addresses | Candidates::Ask => Class::Candidate,
        };
        for mention in &mentions {
            let evidence = Evidence {
                class: class(mention.weight),
                place: mention.place.clone(),
                target: mention.text.clone(),
                port: mention.port,
                kind: if mention.text.starts_with("http") { Kind::Http } else { Kind::Tcp },
                way: Vec::new(),
            };
            outcome.add(&home.name, &callee, evidence);
        }
        if class(first.weight).is_rule() || (first.weight == Weight::Order && told.contains(&callee)) {
            continue;
        }
        if first.weight == Weight::Here {
            here.add(&home.name, &callee, first);
            continue;
        }
        if first.weight == Weight::SharedAddress {
            match dotenv.is_given(&home.name, &first.place.path) {
                true => of_all.add(&home.name, &callee, &first.place),
                false => of_several.add(&home.name, &callee, &first.place),
            }
            continue;
        }
        asked.push(Question { callee, mentions });
    }
    asked
}

/// Whether all code of a service runs in browsers, and what ships it sends no requests on, as far as its image tells: whom it starts after, the
/// browsers may call.
fn is_of_browsers(part: &Part, own: &[&PlainFile]) -> bool {
    const PROXIES: &[&str] =
        &["_pass ", "ProxyPass", "RewriteRule", "reverse_proxy", "upstream ", "\"proxy\"", "proxy:", "loadBalancer"];
    let proxies = |file: &&PlainFile| PROXIES.iter().any(|word| file.text.contains(word));
    let sends_on = |file: &&PlainFile| {
        foreign(&file.path).is_some() || proxies(file) || (is_image(&file.path) && !is_known(&file.text))
    };
    part.is_page && part.account.is_browsers() && !own.iter().any(sends_on)
}

/// Whether a file holds variables for others, by its name: that it sets one is no use of it.
fn is_of_variables(path: &str) -> bool {
    let name = last(path);
    name.starts_with(".env") || name.starts_with("env.") || name.ends_with(".env")
}

/// Whether a file is YAML, by its name.
fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

pub(crate) fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
