//! Whether the code of everybody who can call is understood. It is the same for every callee: a call whose target cannot be told may go anywhere.

use super::{CODE, Court, Question, line, waiver};
use crate::evidence::{Evidence, Kind, Outcome, listed};
use hedgerow_core::date::Date;
use hedgerow_core::diag::count;
use hedgerow_core::fleet::Service;
use std::collections::BTreeSet;

impl Court<'_> {
    /// The calls to a service that the code makes and nothing permits: to enforce is to cut them.
    pub(super) fn without_rule(&self, service: &Service) -> Option<Evidence> {
        let permitted = self.may_call(service);
        let to_it = self.question.code?.calls.iter().filter(|((_, callee), _)| callee == service.name.as_str());
        let (callers, calls): (BTreeSet<&str>, Vec<String>) = to_it
            .filter(|((caller, _), _)| !permitted.contains(caller.as_str()))
            .map(|((caller, _), place)| {
                (
                    caller.as_str(),
                    if place.is_empty() { format!("`{caller}`") } else { format!("`{caller}` at {place}") },
                )
            })
            .unzip();
        if calls.is_empty() {
            return None;
        }
        let text =
            format!("the code makes {} to it that nothing permits: {}", count(calls.len(), "call"), listed(&calls));
        let callers: Vec<&str> = callers.into_iter().collect();
        let help = format!(
            "write the rule where the call is meant: `{} scan {} --write`",
            self.question.program,
            callers.join(" ")
        );
        Some(line(Kind::Code, Outcome::Blocks, text).help(help))
    }
}

pub(super) fn evidence(question: &Question<'_>, today: Date) -> Vec<Evidence> {
    let Some(code) = question.code else {
        return vec![
            line(Kind::Code, Outcome::Unknown, "the code was not scanned".to_owned())
                .help("run it in the tree that holds the code of the callers"),
        ];
    };
    let mut evidence = Vec::new();
    if !code.open.is_empty() {
        let calls: Vec<String> = code
            .open
            .iter()
            .flat_map(|(service, open)| open.iter().map(move |open| (service, open)))
            .map(|(service, open)| {
                let place = if open.place.is_empty() { String::new() } else { format!(" at {}", open.place) };
                format!("`{service}`{place} ({})", open.what)
            })
            .collect();
        let goes = if calls.len() == 1 { "it goes" } else { "they go" };
        let text = format!("of {} it cannot be told where {goes}: {}", count(calls.len(), "call"), listed(&calls));
        evidence.push(
            line(Kind::Code, Outcome::Blocks, text)
                .help(format!("run `{} scan`: it says what each needs", question.program)),
        );
    }
    let fleet = question.plan.fleet();
    let unread = || fleet.services().map(|service| service.name.as_str()).filter(|name| !code.read.contains(*name));
    let (waived, unread): (Vec<&str>, Vec<&str>) =
        unread().partition(|service| waiver(question.plan, today, service, CODE).is_some());
    let named = |services: &[&str]| -> Vec<String> {
        let why = |service: &str| code.left.get(service).map(|left| format!(" ({left})")).unwrap_or_default();
        services.iter().map(|service| format!("`{service}`{}", why(service))).collect()
    };
    if !unread.is_empty() {
        let services = count(unread.len(), "service");
        let text = format!("not all of the code was read of {services}: {}", listed(&named(&unread)));
        evidence.push(line(Kind::Code, Outcome::Blocks, text).help(
            "where the scan cannot read it, say so in its service.yaml: `rare: [{what: code, reason: …, expires: …}]`",
        ));
    }
    if !waived.is_empty() {
        let services = count(waived.len(), "service");
        let text = format!("not all of the code was read of {services}, which is waived: {}", listed(&named(&waived)));
        evidence.push(line(Kind::Code, Outcome::Waived, text));
    }
    let elsewhere = fleet.elsewhere().count();
    if elsewhere > 0 {
        let text = format!("the code of {} lies in other repositories", count(elsewhere, "service"));
        evidence.push(
            line(Kind::Code, Outcome::Unknown, text).help("run it where all of the code is, or where it was gathered"),
        );
    }
    if evidence.is_empty() {
        let text = format!(
            "the code of {} is read, and of every call it is told where it goes",
            count(code.read.len(), "service")
        );
        evidence.push(line(Kind::Code, Outcome::Holds, text));
    }
    evidence
}
