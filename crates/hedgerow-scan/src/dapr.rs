//! Dapr: programs use stores, brokers and each other by names, and a program beside them in their pods opens the connections.
//!
//! Code that names a component uses it. A component that a program may use, and that nothing is seen to use, is a question.

use crate::edge::{Class, Evidence, Finding, Outcome, Place, Port};
use crate::inventory::Home;
use crate::pack::Kind;
use crate::part::Part;
use crate::places::Places;
use crate::stores::Fleet;
use crate::tree::Tree;
use hedgerow_code::frontend::comment::written;
use hedgerow_code::ir::Facts;
use hedgerow_core::diag::{Code, enumerate};
use hedgerow_deploy::{Answer, Component, Deploy, Hosts};
use std::collections::{BTreeMap, BTreeSet};

/// How Dapr's program is told what it stands beside: `--app-id ledger`, `dapr.io/app-id: ledger`, `appID: ledger`.
const IDS: &[&str] = &["app-id", "appID", "appId"];

/// The parts of a path of Dapr's own API behind which a name of a component stands: `/v1.0/state/books`.
const PATHS: &[&str] = &["publish", "state", "bindings", "secrets", "configuration", "lock", "subscribe"];

/// Which component a text of code names: the whole text, or a part of a path of Dapr's API.
pub(crate) fn named<'c>(text: &str, components: &'c BTreeMap<String, bool>) -> Option<&'c str> {
    if let Some((name, _)) = components.get_key_value(text) {
        return Some(name);
    }
    // `/v1.0/state/books`, `/v1.0-alpha1/publish/bulk/books/orders`.
    let (_, path) = text.split_once("/v1.0")?;
    let mut parts = path.split(['/', '?']).skip(1);
    PATHS.contains(&parts.next()?).then_some(())?;
    let name = parts.next().filter(|part| *part != "bulk").or_else(|| parts.next())?;
    components.get_key_value(name).map(|(name, _)| name.as_str())
}

/// Whether a file of code speaks to Dapr, by a library of it or by its paths: in others the name of a component is a word as any other.
pub(crate) fn is_spoken_to(facts: &Facts) -> bool {
    let says = |text: &str| ["dapr", "Dapr", "DAPR"].iter().any(|word| text.contains(word));
    says(&facts.text) || facts.text.contains("/v1.0") || facts.imports.iter().any(|import| says(&import.path))
}

/// The names by which files tell Dapr what programs are called.
fn said(text: &str, found: &mut BTreeSet<String>) {
    if !text.contains("dapr") {
        return;
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    for word in IDS {
        for (at, _) in text.match_indices(word) {
            let rest = text[at + word.len()..].trim_start_matches([' ', '"', '\'', ':', '=', ',', '\n', '-', '\t']);
            let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            found.extend((end > 0).then(|| rest[..end].to_owned()));
        }
    }
}

/// Whether a file may start programs with Dapr.
fn starts(path: &str) -> bool {
    const ENDS: &[&str] = &[
        ".yaml",
        ".yml",
        ".sh",
        ".ps1",
        ".cmd",
        ".bat",
        ".toml",
        ".mk",
        "Makefile",
        "makefile",
        "justfile",
        "package.json",
    ];
    ENDS.iter().any(|end| path.ends_with(end))
}

/// Says how Dapr calls services, and which components they may use.
pub(crate) fn give(tree: &Tree, homes: &[Home], hosts: &mut Hosts, deploy: &mut Deploy) {
    let ids: Vec<(String, String)> =
        deploy.app_ids().map(|(id, service)| (id.to_owned(), service.to_owned())).collect();
    let mut by_id: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (id, service) in &ids {
        by_id.entry(id).or_default().insert(service);
    }
    for (id, services) in by_id {
        if let (Some(service), 1) = (services.first(), services.len()) {
            hosts.add_app(id, service);
        }
    }
    if deploy.components().is_empty() {
        return;
    }
    let mut names = BTreeSet::new();
    for file in tree.texts.iter().filter(|file| starts(&file.path)) {
        said(&file.text, &mut names);
    }
    let mut with: BTreeSet<String> = ids.iter().map(|(_, service)| service.clone()).collect();
    with.extend(names.iter().filter_map(|name| hosts.app(name).map(str::to_owned)));
    let mut given: BTreeMap<&str, BTreeMap<String, bool>> = BTreeMap::new();
    for component in deploy.components() {
        let is_known = !with.is_empty() || !component.scopes.is_empty();
        for home in homes {
            // Without scopes it is for all that run beside Dapr, and for all where nothing says who does. What others are told of the
            // program beside them may lie elsewhere: whose code names one by Dapr's own ways uses it.
            let is_beside = !component.scopes.is_empty() || with.is_empty() || with.contains(&home.name);
            if let Some(is_told) = is_in_scope(component, &home.name, hosts) {
                let is_asked = is_known && is_beside && is_told;
                *given.entry(&home.name).or_default().entry(component.name.clone()).or_default() |= is_asked;
            }
        }
    }
    for (service, names) in given {
        deploy.grant_components(service, names);
    }
}

/// Whether a component is for a service: it has no scopes, or the service is in them. `Some(false)` where it may be: a name there is nobody's
/// that is known.
fn is_in_scope(component: &Component, service: &str, hosts: &Hosts) -> Option<bool> {
    let scopes = || component.scopes.iter().map(|scope| hosts.app(scope));
    let is_told = component.scopes.is_empty() || scopes().any(|of| of == Some(service));
    (is_told || scopes().any(|of| of.is_none())).then_some(is_told)
}

/// Whom the programs call that use components, and questions about those that are not seen to be used.
pub(crate) fn join<'a>(
    (tree, homes): (&Tree, &[Home]),
    hosts: &Hosts,
    (deploy, fleet): (&'a Deploy, &Fleet),
    parts: &[Part],
    places: &Places<'a>,
    outcome: &mut Outcome,
) {
    // Of each component: who is not seen to use it, and whom it leads to.
    let mut unused: BTreeMap<&str, (Place, BTreeSet<&str>, BTreeSet<String>)> = BTreeMap::new();
    for component in deploy.components() {
        let place = || places.of(&component.spot, "", &component.name);
        for (home, part) in homes.iter().zip(parts) {
            let Some(given) = deploy.of(&home.name).filter(|given| given.components.contains_key(&component.name))
            else {
                continue;
            };
            // Of two components of one name only one may be for it.
            let Some(is_told) = is_in_scope(component, &home.name, hosts) else { continue };
            let used = part.components.get(&component.name).cloned().or_else(|| {
                let is_read = |name: &String| part.variables.contains(name) || part.reads.contains_key(name);
                let read = given.environment.iter().filter(|(name, _)| is_read(name)).map(|(_, values)| values);
                let mut values = read.chain(given.flags.values()).flatten();
                (part.speaks_to_dapr && values.any(|value| value.known() == Some(&component.name))).then(place)
            });
            let callees = callees(component, &home.name, hosts.of(&home.name), fleet);
            let is_known = |callee: &String| {
                let edge = outcome.edges.get(&(home.name.clone(), callee.clone()));
                edge.is_some_and(|edge| edge.class().is_rule()) || tree.config.explains(&home.name, callee)
            };
            let left: BTreeSet<String> =
                callees.known.keys().chain(&callees.possible).filter(|callee| !is_known(callee)).cloned().collect();
            match used {
                Some(place) if !is_told => {
                    if !left.is_empty() {
                        outcome.findings.push(out_of_scope(component, &home.name, place, &left));
                    }
                }
                Some(place) => {
                    for (callee, port) in &callees.known {
                        outcome.add(&home.name, callee, evidence(component, place.clone(), *port, callees.is_guessed));
                    }
                    if callees.known.is_empty() && !left.is_empty() && left.len() == callees.possible.len() {
                        outcome.findings.push(several(component, &home.name, place, &left));
                    }
                }
                None if left.is_empty() || given.components.get(&component.name) != Some(&true) => {}
                None => {
                    let entry =
                        unused.entry(&component.name).or_insert_with(|| (place(), BTreeSet::new(), BTreeSet::new()));
                    entry.1.insert(&home.name);
                    entry.2.extend(left);
                }
            }
        }
    }
    outcome
        .findings
        .extend(unused.into_iter().map(|(name, (place, callers, callees))| asked(name, place, &callers, callees)));
}

/// Whom a component leads to.
#[derive(Default)]
struct Callees {
    known: BTreeMap<String, Port>,
    /// Of which nobody knows which it is.
    possible: BTreeSet<String>,
    /// Whether it is the only one of its kind.
    is_guessed: bool,
}

fn callees(component: &Component, caller: &str, hosts: &Hosts, fleet: &Fleet) -> Callees {
    let mut found = Callees::default();
    for address in &component.addresses {
        for answer in hosts.answers(address) {
            if let Answer::Service(service, port) = answer
                && service != caller
            {
                found.known.insert(service, port.map_or(Port::Usual, Port::Named));
            }
        }
    }
    // What is written for the machine of a developer says no more than nothing.
    let here: Vec<_> = component.addresses.iter().flat_map(|address| hosts.here(address)).collect();
    let is_open = component.is_hidden || component.addresses.iter().any(|address| address.known().is_none());
    if found.known.is_empty() && (is_open || !here.is_empty()) {
        let word = component.kind.rsplit('.').next().unwrap_or_default();
        let all = fleet.of_product(word.trim_end_matches(|c: char| c.is_ascii_digit()));
        let all: BTreeSet<&str> = all.into_iter().filter(|callee| *callee != caller).collect();
        match (all.first(), all.len()) {
            (Some(only), 1) => {
                found.known.insert((*only).to_owned(), Port::Unknown);
                found.is_guessed = true;
            }
            _ => found.possible.extend(all.into_iter().map(str::to_owned)),
        }
        if found.known.is_empty() && found.possible.is_empty() {
            let siblings = here.iter().filter_map(|(_, port)| hosts.sibling(caller, (*port)?));
            found.possible.extend(siblings.map(str::to_owned));
        }
    }
    found
}

fn evidence(component: &Component, place: Place, port: Port, is_guessed: bool) -> Evidence {
    let Component { name, kind, .. } = component;
    let (class, target) = match is_guessed {
        false => (Class::Joined, format!("the Dapr component `{name}` ({kind})")),
        true => (
            Class::Addressed,
            format!("the Dapr component `{name}` ({kind}), whose address no file says: the only one of its kind"),
        ),
    };
    Evidence { class, place, target, port, kind: Kind::Tcp, way: Vec::new() }
}

fn several(component: &Component, caller: &str, place: Place, callees: &BTreeSet<String>) -> Finding {
    let names: BTreeSet<String> = callees.iter().map(|name| format!("`{name}`")).collect();
    Finding {
        code: Code::UnresolvedCall,
        message: format!(
            "`{caller}` uses the Dapr component `{}`, whose address no file says: it may be one of {}",
            component.name,
            enumerate(names)
        ),
        help: vec![format!("say which by a comment: {}", written(&place.path, "rpcmap: <service>"))],
        marks: vec![(place, String::new())],
        services: BTreeSet::from([caller.to_owned()]),
        callees: callees.clone(),
    }
}

fn out_of_scope(component: &Component, caller: &str, place: Place, callees: &BTreeSet<String>) -> Finding {
    let list = |all: &BTreeSet<String>| enumerate(all.iter().map(|name| format!("`{name}`")));
    Finding {
        code: Code::UnexplainedMention,
        message: format!(
            "`{caller}` names the Dapr component `{}`, which leads to {}: it is for {}, and no file says whether `{caller}` is called so",
            component.name,
            list(callees),
            list(&component.scopes)
        ),
        help: vec![format!("if it is, say so by a comment: {}", written(&place.path, "rpcmap: <service>"))],
        marks: vec![(place, String::new())],
        services: BTreeSet::from([caller.to_owned()]),
        callees: callees.clone(),
    }
}

fn asked(name: &str, place: Place, callers: &BTreeSet<&str>, callees: BTreeSet<String>) -> Finding {
    let list = |all: BTreeSet<String>| enumerate(all.iter().map(|name| format!("`{name}`")));
    let who = list(callers.iter().map(|name| (*name).to_owned()).collect());
    let verb = if callers.len() == 1 { "is" } else { "are" };
    Finding {
        code: Code::UnexplainedMention,
        message: format!("{who} may use the Dapr component `{name}`, which leads to {}, and {verb} not seen to use it", list(callees.clone())),
        help: vec![
            "whoever uses it may say so in its code: `rpcmap: <service>`".to_owned(),
            "say under `scopes` of the component who may use it, or why nobody calls it under `scan.ignore` in hedgerow.yaml".to_owned(),
        ],
        marks: vec![(place, String::new())],
        services: callers.iter().map(|name| (*name).to_owned()).collect(),
        callees,
    }
}
