//! What is said about calls whose target cannot be told.

use super::{Search, Unresolved};
use crate::edge::{Class, Finding, Place, Port};
use crate::pack::Kind;
use crate::program::FnId;
use crate::reach::Site;
use crate::value::Piece;
use hedgerow_code::frontend::comment::written;
use hedgerow_core::diag::Code;
use hedgerow_deploy::Answer;
use std::collections::{BTreeMap, BTreeSet};

/// How many places one finding shows.
const MAX_MARKS: usize = 6;

/// Of more callers of one wrapper than this, each with an address of its own that cannot be told, the others are part of one question.
const MAX_QUESTIONS: usize = 3;

/// What calls whose target cannot be told have in common: where they are made, and what is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cause {
    site: Site,
    missing: BTreeSet<String>,
    unknown: BTreeSet<Site>,
}

impl Search<'_, '_> {
    /// Reports a call, where no comment and no glob of the configuration answers for it.
    pub(super) fn report(&mut self, unresolved: Unresolved) {
        let Unresolved { site, group, key } = unresolved;
        let program = self.context.infer.program;
        let mut functions = BTreeSet::from([site.function]);
        functions.extend(key.iter().map(|site| site.function));
        for way in &group.ways {
            functions.extend(way.iter().map(|crossing| crossing.site.function));
        }
        for unknown in &group.unknown {
            functions.insert(unknown.at.function);
            functions.extend(unknown.way.iter().map(|crossing| crossing.site.function));
        }
        let answered = self.context.answered;
        let package = |function: &FnId| program.package_of(program.file_of(*function));
        let spoken: BTreeSet<FnId> = functions.intersection(&answered.functions).copied().collect();
        let packages: BTreeSet<_> = functions.iter().map(package).filter(|of| answered.packages.contains(of)).collect();
        if !spoken.is_empty() || !packages.is_empty() {
            self.needed.functions.extend(spoken);
            self.needed.packages.extend(packages);
            return;
        }
        let speaker = key.first().map_or(site.function, |call| call.function);
        if answered.files.contains(&program.file_of(speaker)) {
            return;
        }
        let mut marks = vec![(self.place(site.function, site.expr), String::new())];
        if let Some(call) = key.first() {
            marks.push((self.place(call.function, call.expr), "called from here".to_owned()));
        }
        for unknown in group.unknown.iter().take(3) {
            let place = self.place(unknown.at.function, unknown.at.expr);
            if marks.iter().all(|(known, _)| !overlaps(known, &place)) {
                marks.push((place, "what this gives is not known".to_owned()));
            }
        }
        let mut fitting = BTreeSet::new();
        let mut globs = BTreeSet::new();
        for (answer, ..) in &group.answers {
            if let Answer::Several { glob, services } = answer {
                globs.insert(glob.as_str());
                fitting.extend(services.iter().map(String::as_str));
            }
        }
        let mut help = Vec::new();
        let missing: BTreeSet<String> = group.missing.iter().filter_map(Piece::asked).collect();
        if !missing.is_empty() {
            let names: Vec<&str> = missing.iter().map(String::as_str).take(3).collect();
            help.push(format!(
                "no deploy file that was read sets {} for `{}`",
                names.join(" or "),
                self.context.service
            ));
        }
        let called = self.called_like(&group.missing);
        for (key, callee) in &called {
            help.push(format!("`{key}` in there may be `{callee}`"));
            let pair = (self.context.service.to_owned(), callee.clone());
            if !self.outcome.edges.contains_key(&pair) {
                let evidence = (format!("an address under `{key}`"), Port::Unknown);
                self.edge(site, callee, Class::Candidate, evidence, Kind::Http, &[]);
            }
        }
        if called.len() == 1 {
            fitting.extend(called.values().map(String::as_str));
        }
        let example = glob_of(&fitting);
        if let Some(glob) = globs.first() {
            help.push(format!("the address fits `{glob}`"));
        }
        let place = self.place(site.function, site.expr);
        if let Some(known) = self.reported.get(&speaker).and_then(|at| self.outcome.findings.get_mut(*at)) {
            // One comment answers for all of them.
            if known.marks.len() < MAX_MARKS && known.marks.iter().all(|(other, _)| *other != place) {
                known.marks.push((place, "and this one".to_owned()));
            }
            return;
        }
        // A wrapper around a client is one question, however many functions call it with what the same missing thing makes.
        let cause = Cause { site, missing, unknown: group.unknown.iter().map(|unknown| unknown.at).collect() };
        let is_told = !cause.missing.is_empty() || !cause.unknown.is_empty();
        let same = self.causes.get(&cause).copied().filter(|_| is_told);
        // Each thing that a deploy file has to say is asked for.
        let asked = self.questions.get(&site).filter(|all| all.len() >= MAX_QUESTIONS && cause.missing.is_empty());
        let of_site = asked.and_then(|all| all.last().copied());
        let known = same.or(of_site).and_then(|at| self.outcome.findings.get_mut(at));
        if let Some((known, caller)) = known.zip(marks.get(1)) {
            if known.marks.len() < MAX_MARKS && known.marks.iter().all(|(other, _)| *other != caller.0) {
                known.marks.push((caller.0.clone(), "and from here".to_owned()));
            }
            let all = program.place_of_comment(site.function);
            let path = program.files[program.file_of(site.function) as usize].path;
            let comment = written(path, "rpcmap: <service>");
            let advice = format!("one in {all} answers for all that call it: `{comment}`");
            if !known.help.contains(&advice) {
                known.help.push(advice);
            }
            return;
        }
        self.causes.insert(cause, self.outcome.findings.len());
        self.questions.entry(site).or_default().push(self.outcome.findings.len());
        self.reported.insert(speaker, self.outcome.findings.len());
        let function = program.place_of_comment(speaker);
        let path = program.files[program.file_of(speaker) as usize].path;
        help.push(format!(
            "say who is called by a comment in {function}: `{}`, or `{}`",
            written(path, &format!("rpcmap: {example}")),
            written(path, "hedgerow: ignore <reason>")
        ));
        self.outcome.findings.push(Finding {
            code: Code::UnresolvedCall,
            message: "the target of this call cannot be told".to_owned(),
            marks,
            help,
            services: BTreeSet::from([self.context.service.to_owned()]),
            callees: BTreeSet::new(),
        });
    }
}

/// Words of settings that say what something is, not whose it is.
const COMMON: &[&str] = &[
    "*", "addr", "addrs", "address", "client", "config", "endpoint", "host", "name", "port", "scheme", "server",
    "servers", "service", "services", "url",
];

impl Search<'_, '_> {
    /// The words of settings that are asked for and not set which are called like other services: an address that a registry gives is kept
    /// under the name of who has it.
    fn called_like(&self, missing: &BTreeSet<Piece>) -> BTreeMap<String, String> {
        let paths = missing.iter().filter_map(|piece| if let Piece::Setting(path) = piece { Some(path) } else { None });
        let words = paths.flatten().map(String::as_str).filter(|word| !COMMON.contains(word));
        let mut known = self.called.borrow_mut();
        let mut callee = |word: &str| match known.get(word) {
            Some(callee) => callee.clone(),
            None => {
                let callee = self.context.hosts.ending_in(word).map(str::to_owned);
                known.insert(word.to_owned(), callee.clone());
                callee
            }
        };
        let named = words.filter_map(|word| Some((word.to_owned(), callee(word)?)));
        named.filter(|(_, callee)| callee != self.context.service).collect()
    }
}

/// Whether two places share a letter.
fn overlaps(a: &Place, b: &Place) -> bool {
    a.path == b.path && a.range.start < b.range.end && b.range.start < a.range.end
}

/// A glob that fits the names: what they begin with up to a dot, and anything.
fn glob_of(names: &BTreeSet<&str>) -> String {
    let Some(first) = names.first() else { return "<service>".to_owned() };
    let common = |other: &&str| first.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let length = names.iter().map(common).min().unwrap_or(0);
    match first.get(..length).and_then(|head| head.rfind('.')) {
        _ if names.len() == 1 => (*first).to_owned(),
        Some(dot) => format!("{}.*", &first[..dot]),
        None => "<service>".to_owned(),
    }
}
