//! Whom Prometheus scrapes that asks Kubernetes for its targets: calls where its settings say by what it keeps them, else questions.

use crate::config::Candidates;
use crate::edge::{Class, Evidence, Finding, Outcome, Place, Port};
use crate::mentions::listed;
use crate::pack::Kind;
use crate::places::Places;
use crate::tree::Tree;
use hedgerow_core::diag::Code;
use hedgerow_deploy::Deploy;
use std::collections::{BTreeMap, BTreeSet};

/// Adds the calls that can be worked out, and asks about the others: once for each that scrapes.
pub(crate) fn join<'a>(tree: &Tree, deploy: &'a Deploy, places: &Places<'a>, outcome: &mut Outcome) {
    let mut open: BTreeMap<&str, BTreeMap<&str, Place>> = BTreeMap::new();
    for scrape in deploy.scraped() {
        let place = places.of(&scrape.spot, "", &scrape.job);
        if scrape.is_certain {
            let (class, port, kind) = (Class::Joined, Port::Unknown, Kind::Http);
            let target = format!("the scrape job `{}`", scrape.job);
            outcome.add(&scrape.caller, &scrape.callee, Evidence { class, place, target, port, kind, way: Vec::new() });
        } else if tree.config.candidate != Candidates::Accept && !tree.config.explains(&scrape.caller, &scrape.callee) {
            open.entry(&scrape.caller).or_default().insert(&scrape.callee, place);
        }
    }
    for (caller, mut callees) in open {
        callees.retain(|callee, _| !outcome.edges.contains_key(&(caller.to_owned(), (*callee).to_owned())));
        let Some(place) = callees.values().next() else { continue };
        let names: Vec<&str> = callees.keys().copied().collect();
        outcome.findings.push(Finding {
            code: Code::UnexplainedMention,
            message: format!("`{caller}` asks Kubernetes whom to scrape, and may scrape {}", listed(&names)),
            marks: vec![(place.clone(), "what it keeps cannot be worked out".to_owned())],
            help: vec![
                "where one of them is scraped, say so by a rule file, or by a comment in the file of its settings".to_owned(),
                format!("where it is not, say why under `scan.ignore` in hedgerow.yaml, a line for each: `{caller} -> {}: <reason>`", names[0]),
            ],
            callees: names.iter().map(|name| (*name).to_owned()).collect(),
            services: BTreeSet::from([caller.to_owned()]),
        });
    }
}
