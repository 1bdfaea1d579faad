//! Comments in deploy files that speak to the scan. A file may give to many services: a comment counts for the one whose object or compose
//! service it stands in, or right above.

use crate::across::{callees, comment_help, unknown_callee};
use crate::edge::{Class, Evidence, Finding, Outcome, Place, Port};
use crate::inventory::Home;
use crate::mentions::place;
use crate::pack::Kind;
use crate::places::Places;
use hedgerow_code::ir::{Directive, Range};
use hedgerow_code::lines;
use hedgerow_core::diag::Code;
use hedgerow_deploy::{Deploy, Hosts, Spot};
use std::collections::{BTreeMap, BTreeSet};

/// What the comments of deploy files say, and whose the parts of these files are.
#[derive(Debug, Default)]
pub(crate) struct Spoken<'a> {
    /// The objects and compose services of files, each with the service that it gives to.
    parts: BTreeMap<&'a str, Vec<(&'a Spot, &'a str)>>,
    /// The files of the deploy, and those of services, in which a comment answers for a service, by its name.
    answers: BTreeMap<String, BTreeMap<String, Extent>>,
    /// Those of them in which it says that what stands there is no call.
    ignored: BTreeMap<String, BTreeMap<String, Extent>>,
    /// Whose the comments are, by file and place.
    owners: BTreeMap<(String, Range), BTreeSet<String>>,
}

/// What of a file comments speak of: all that a service has there, or the lines that they stand on.
#[derive(Debug, Default)]
struct Extent {
    is_all: bool,
    lines: Vec<Range>,
}

impl Extent {
    fn add(&mut self, line: Option<Range>) {
        self.is_all |= line.is_none();
        self.lines.extend(line);
    }

    fn has(&self, at: u32) -> bool {
        self.is_all || self.lines.iter().any(|line| (line.start..line.end).contains(&at))
    }
}

impl<'a> Spoken<'a> {
    /// Reads the comments of the deploy files: adds the edges that they declare, and what is wrong with them.
    pub(crate) fn read(
        homes: &'a [Home],
        hosts: &Hosts,
        deploy: &'a Deploy,
        places: &Places<'a>,
        outcome: &mut Outcome,
    ) -> Self {
        let mut spoken = Self::default();
        let mut by_path: BTreeMap<&str, Vec<(Directive, Range)>> = BTreeMap::new();
        for home in homes {
            let Some(given) = deploy.of(&home.name) else { continue };
            for spot in &given.parts {
                spoken.parts.entry(&spot.path).or_default().push((spot, &home.name));
            }
            for spot in given.parts.iter().chain(given.mounted.iter().map(|file| &file.spot)) {
                let comments = by_path.entry(&spot.path).or_insert_with(|| lines::comments(places.text(&spot.path)));
                if comments.is_empty() {
                    continue;
                }
                let around = places.around(spot);
                for (directive, range) in comments.iter().filter(|(_, range)| around.contains(&(range.start as usize)))
                {
                    let key = (spot.path.clone(), *range);
                    if spoken.owners.entry(key).or_default().insert(home.name.clone()) {
                        let line = value_before(places.text(&spot.path), *range);
                        spoken.take(&home.name, homes, hosts, (&spot.path, directive, *range, line), outcome);
                    }
                }
            }
        }
        spoken
    }

    /// Takes in a comment that speaks about a service; one that says no call stands there speaks of the line that it is given with, if any.
    pub(crate) fn take(
        &mut self,
        service: &str,
        homes: &[Home],
        hosts: &Hosts,
        (path, directive, range, line): (&str, &Directive, Range, Option<Range>),
        outcome: &mut Outcome,
    ) {
        let place = |range| Place { path: path.to_owned(), range };
        let services = BTreeSet::from([service.to_owned()]);
        let names = match directive {
            Directive::Calls(names) => names,
            Directive::Ignore(_) => &Vec::new(),
            Directive::Malformed(fault) => {
                outcome.findings.push(Finding {
                    code: Code::MalformedComment,
                    message: fault.clone(),
                    marks: vec![(place(range), String::new())],
                    help: vec![comment_help(path)],
                    services,
                    callees: BTreeSet::new(),
                });
                return;
            }
        };
        let is_ignored = matches!(directive, Directive::Ignore(_));
        let line = line.filter(|_| is_ignored);
        for all in [Some(&mut self.answers), is_ignored.then_some(&mut self.ignored)].into_iter().flatten() {
            all.entry(service.to_owned()).or_default().entry(path.to_owned()).or_default().add(line);
        }
        for (name, range) in names {
            let callees = callees(name, hosts, homes);
            if callees.is_empty() {
                outcome.findings.push(unknown_callee(name, place(*range), homes, services.clone()));
            }
            for callee in callees {
                let evidence = Evidence {
                    class: Class::Declared,
                    place: place(*range),
                    target: name.clone(),
                    port: Port::Unknown,
                    kind: Kind::Http,
                    way: Vec::new(),
                };
                outcome.add(service, &callee, evidence);
            }
        }
    }

    /// Whether a comment of a file is about services that the deploy says: it was taken in as such.
    pub(crate) fn has(&self, path: &str, range: Range) -> bool {
        self.owners.contains_key(&(path.to_owned(), range))
    }

    /// Whether a place in a file is in something that gives to other services, and to this one nothing.
    pub(crate) fn is_others(&self, path: &str, at: u32, service: &str, places: &Places<'a>) -> bool {
        let parts = self.parts.get(path).into_iter().flatten();
        let around = parts.filter(|(spot, _)| places.around(spot).contains(&(at as usize)));
        let mut owners = around.map(|(_, owner)| *owner).peekable();
        owners.peek().is_some() && owners.all(|owner| owner != service)
    }

    /// Whether a comment in a file says that what a service names at a place there is no call.
    pub(crate) fn ignores(&self, service: &str, path: &str, at: u32) -> bool {
        is_in(&self.ignored, service, path, at)
    }

    /// Whether a comment in a file answers for what a service has at a place there.
    pub(crate) fn answers(&self, service: &str, path: &str, at: u32) -> bool {
        is_in(&self.answers, service, path, at)
    }
}

fn is_in(all: &BTreeMap<String, BTreeMap<String, Extent>>, service: &str, path: &str, at: u32) -> bool {
    all.get(service).and_then(|files| files.get(path)).is_some_and(|extent| extent.has(at))
}

/// The line that a comment stands on, where it stands behind a value: `URL: http://ledger  # hedgerow: ignore …`, and not `shop:  # …`.
fn value_before(text: &str, comment: Range) -> Option<Range> {
    let at = comment.start as usize;
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let before = text.get(start..at)?.trim().trim_end_matches(['#', '/', ';', '-']).trim();
    let is_value = !before.is_empty() && !before.ends_with([':', '{', '[']);
    let end = text.get(at..)?.find('\n').map_or(text.len(), |end| at + end);
    is_value.then(|| Range { start: place(start), end: place(end) })
}
