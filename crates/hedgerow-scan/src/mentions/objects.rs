//! Objects that nothing here reads, of other kinds or ConfigMaps that no workload names: who reads them may call the addresses in them, and
//! nobody knows which service that is.

use super::given::listed;
use super::{MAX_MARKS, place};
use crate::edge::{Finding, Outcome, Place};
use crate::mention::named;
use crate::mentions::weight::Weight;
use crate::tree::{PlainFile, Tree};
use hedgerow_code::ir::{Directive, Range};
use hedgerow_code::lines;
use hedgerow_code::testcode::is_test;
use hedgerow_core::diag::Code;
use hedgerow_deploy::{Hosts, MapUses, foreign_objects, unused_maps};
use std::collections::{BTreeMap, BTreeSet};

/// Asks who calls the addresses in such objects, once for each file.
pub(super) fn ask(tree: &Tree, hosts: &Hosts, outcome: &mut Outcome) {
    let mut known: BTreeSet<(&str, &str, u32)> = BTreeSet::new();
    for edge in outcome.edges.values() {
        let places = edge.evidence.iter().map(|evidence| &evidence.place);
        known.extend(places.map(|place| (place.path.as_str(), edge.callee.as_str(), place.range.start)));
    }
    let is_applied = |path: &str| tree.config.deploy.as_ref().is_none_or(|globs| globs.is_match(path));
    let files = tree.texts.iter().filter(|file| is_applied(&file.path) && !is_test(&file.path));
    let mut uses = MapUses::default();
    for file in tree.texts {
        uses.read(&file.text);
    }
    let found: Vec<Finding> = files.filter_map(|file| of_file(file, tree, hosts, &known, &uses)).collect();
    outcome.findings.extend(found);
}

fn of_file(
    file: &PlainFile,
    tree: &Tree,
    hosts: &Hosts,
    known: &BTreeSet<(&str, &str, u32)>,
    uses: &MapUses,
) -> Option<Finding> {
    let mut objects = foreign_objects(&file.path, &file.text);
    objects.extend(unused_maps(&file.path, &file.text, uses));
    if objects.is_empty() {
        return None;
    }
    let is_ignored = lines::comments(&file.text).iter().any(|(told, _)| matches!(told, Directive::Ignore(_)));
    if is_ignored || tree.config.ignore.is_match(&file.path) {
        return None;
    }
    let mut found: BTreeMap<String, (Place, &str)> = BTreeMap::new();
    for object in objects {
        let (begin, end) = (place(object.start), place(object.start + object.text.len()));
        let is_known =
            |callee: &str| known.range((&*file.path, callee, begin)..(&*file.path, callee, end)).next().is_some();
        for setting in lines::settings(&file.path, object.text) {
            // A name alone may be that of anything there.
            let is_url = setting.value.contains("://") || setting.value.contains(".svc");
            if !is_url || Weight::of_setting(object.text, &setting) != Weight::Address {
                continue;
            }
            let all = named(setting.value, lines::key_of(object.text, &setting), hosts).into_iter();
            for named in all.filter(|named| named.is_address && !is_known(&named.service)) {
                let start = object.start + setting.start + named.start;
                let range = Range { start: place(start), end: place(start + named.text.len()) };
                found.entry(named.service).or_insert_with(|| (Place { path: file.path.clone(), range }, object.kind));
            }
        }
    }
    let (callee, (_, kind)) = found.first_key_value()?;
    let callees: Vec<&str> = found.keys().map(String::as_str).collect();
    Some(Finding {
        code: Code::UnexplainedMention,
        message: format!(
            "`{}` gives an address of {} to whoever reads its `{kind}`, and nothing that was read says who does",
            file.path,
            listed(&callees)
        ),
        marks: found.values().take(MAX_MARKS).map(|(place, kind)| (place.clone(), format!("in a `{kind}`"))).collect(),
        help: vec![
            format!(
                "if one of your services reads it, give that one a rule file for `{callee}`, and list this file under `scan.ignore`"
            ),
            format!("if none does, say why under `scan.ignore` in hedgerow.yaml: `{}: <reason>`", file.path),
        ],
        services: BTreeSet::new(),
        callees: found.into_keys().collect(),
    })
}
