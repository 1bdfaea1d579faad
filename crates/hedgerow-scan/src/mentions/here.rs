//! Questions about addresses of the machine that asks, at a port that is another service's: `localhost:3001` of a pod is the pod itself.

use super::MAX_MARKS;
use super::given::listed;
use super::variables::asks_others;
use super::weight::{Mention, Mentions, Weight, is_shown, keep};
use crate::edge::{Finding, Place, Port};
use crate::inventory::Home;
use crate::mention::named;
use crate::places::Places;
use hedgerow_code::frontend::comment::written;
use hedgerow_core::diag::{Code, enumerate};
use hedgerow_deploy::{Given, Hosts, Partial, Said};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked about: who calls, by the address and whose port it is; with the place.
#[derive(Debug, Default)]
pub(super) struct Here(BTreeMap<(String, String), BTreeMap<String, Place>>);

impl Here {
    pub(super) fn add(&mut self, caller: &str, callee: &str, mention: &Mention) {
        let callers = self.0.entry((mention.text.clone(), callee.to_owned())).or_default();
        callers.entry(caller.to_owned()).or_insert_with(|| mention.place.clone());
    }

    /// The questions: one for an address, whoever has it, and one for all addresses that the same file has for the same callers.
    pub(super) fn findings(self) -> impl Iterator<Item = Finding> {
        let mut all: BTreeMap<(BTreeSet<String>, String), Vec<Row>> = BTreeMap::new();
        for ((text, callee), callers) in self.0 {
            let path = callers.values().next().map(|place| place.path.clone()).unwrap_or_default();
            let places = callers.values().cloned().collect();
            all.entry((callers.into_keys().collect(), path)).or_default().push(Row { text, callee, places });
        }
        all.into_iter().map(|((services, path), rows)| finding(services, &path, &rows))
    }
}

/// An address, whose port it is, and where it is called.
struct Row {
    text: String,
    callee: String,
    places: BTreeSet<Place>,
}

fn finding(services: BTreeSet<String>, path: &str, rows: &[Row]) -> Finding {
    let callers: Vec<&str> = services.iter().map(String::as_str).collect();
    let addresses: BTreeSet<&str> = rows.iter().map(|row| row.text.as_str()).collect();
    let has = if callers.len() == 1 { "has" } else { "have" };
    let first = rows.first().map_or("<service>", |row| row.callee.as_str());
    let message = match rows {
        [Row { text, callee, .. }] if is_told(text) => format!(
            "{} {has} the address `{text}`, which is this machine's, and that port is `{callee}`'s; in a pod it leads nowhere",
            listed(&callers)
        ),
        [Row { text, callee, .. }] if !text.starts_with('$') => format!(
            "{} {has} the address `{text}`, which is this machine's, and what is called there is `{callee}`'s; in a pod it leads nowhere",
            listed(&callers)
        ),
        [Row { text, callee, .. }] => format!(
            "{} {has} the address `{text}`, which is this machine's, where the compose file has `{callee}` if nothing else is said",
            listed(&callers)
        ),
        _ => format!(
            "{} {has} the addresses {}, which are this machine's, where those of {} may be meant; in a pod they lead nowhere",
            listed(&callers),
            listed(&addresses.into_iter().collect::<Vec<_>>()),
            enumerate(rows.iter().map(|row| format!("`{}`", row.callee)).collect::<BTreeSet<_>>())
        ),
    };
    let marks = rows.iter().flat_map(|row| row.places.iter().map(move |place| (place, row)));
    let marks = marks.map(|(place, row)| (place.clone(), format!("`{}`: that is `{}`", row.text, row.callee)));
    Finding {
        code: Code::UnexplainedMention,
        message,
        marks: marks.take(MAX_MARKS).collect(),
        help: vec![
            format!(
                "set the address in the deployment, or say who is called by a comment there: `{}`",
                written(path, &format!("rpcmap: {first}"))
            ),
            format!(
                "if nobody is, say why under `scan.ignore` in hedgerow.yaml: `{} -> {first}: <reason>`",
                callers.first().copied().unwrap_or("*")
            ),
        ],
        callees: rows.iter().map(|row| row.callee.clone()).collect(),
        services,
    }
}

/// Whether an address has a port, by which it is known whose it is.
fn is_told(text: &str) -> bool {
    text.rsplit(':').next().is_some_and(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// What a file beside the compose file sets to the machine itself where the compose file has the address of a service.
pub(super) fn overridden<'a>(home: &Home, given: &'a Given, hosts: &Hosts, places: &Places<'a>, found: &mut Mentions) {
    for (name, (default, spot)) in &given.overridden {
        let all = named(&default.written(), name, hosts).into_iter();
        for of in all.filter(|of| of.is_address && of.service != home.name) {
            let (place, what) =
                (places.of(spot, "", name), format!("`{name}` has another value beside the compose file"));
            let (text, port) = (format!("${name}"), Port::Unknown);
            keep(found, &of.service, Mention { weight: Weight::Here, place, text, what, port, client: None });
        }
    }
}

/// Variables with a port of the machine that several services publish, or one for whom it is not sure: one of them may be called.
pub(super) fn published<'a>(home: &Home, given: &'a Given, hosts: &Hosts, places: &Places<'a>, found: &mut Mentions) {
    let all = given.environment.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
    for (name, value) in all.filter(|(name, _)| !is_shown(name)) {
        let Some(spot) = given.spots.get(&Said::Variable(name.clone(), value.clone())) else { continue };
        for (text, services) in hosts.publishing(value) {
            for service in services.iter().filter(|service| **service != home.name) {
                let (place, what) = (places.of(spot, "", &text), format!("`{name}`, a port of the machine"));
                let (weight, text) = (Weight::LooseAddress, text.clone());
                keep(found, service, Mention { weight, place, text, what, port: Port::Unknown, client: None });
            }
        }
    }
}

/// Variables that the code reads and that the deploy sets to the machine itself: those that lead to somebody of whom something says besides
/// that the service has to do with them. Others may be there for browsers.
pub(super) fn read(
    home: &Home,
    given: &Given,
    hosts: &Hosts,
    reads: &impl Fn(&str) -> Option<Place>,
    found: &mut Mentions,
) {
    let asked = given.environment.iter().filter(|(name, _)| !is_shown(name) && asks_others(name));
    for (name, values) in asked.filter(|(_, values)| values.iter().all(|value| !hosts.here(value).is_empty())) {
        for (service, text) in values.iter().flat_map(|value| sibling(home, hosts, value)) {
            let Some(place) = reads(name).filter(|_| found.contains_key(&service)) else { continue };
            let what = format!("`{name}` is read here");
            let mention = Mention { weight: Weight::Here, place, text, what, port: Port::Unknown, client: None };
            keep(found, &service, mention);
        }
    }
}

/// The service whose port an address of the machine names, and the address, unless the caller listens there itself.
pub(crate) fn sibling(home: &Home, hosts: &Hosts, value: &Partial) -> Vec<(String, String)> {
    let all = hosts.here(value).into_iter().filter_map(|(host, port)| Some((host, port?)));
    let others = all.filter(|(_, port)| !hosts.listens(&home.name, *port));
    let found = others.filter_map(|(host, port)| {
        let service = hosts.sibling(&home.name, port)?;
        Some((service.to_owned(), format!("{host}:{port}")))
    });
    found.collect()
}
