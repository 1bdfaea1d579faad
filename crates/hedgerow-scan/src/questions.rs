//! Calls whose target cannot be told, as few questions: one for all calls that one answer settles. Who answers says what is not known once,
//! in one comment; so calls are one question if the same thing is not known and there is a place at which a comment speaks for all of them.

use crate::edge::{AND_FROM_HERE, AND_THIS, Finding, Outcome, Place};
use crate::pack::Kind;
use crate::stores::Store;
use hedgerow_code::frontend::comment::written;
use hedgerow_core::diag::{Code, enumerate, enumerate_some};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Of more callers of one wrapper than this, each with an address of its own that cannot be told, the others are part of one question.
const MAX_QUESTIONS: usize = 3;

/// How many names of one cause are told.
const MAX_NAMED: usize = 3;

/// What is not known of a call's target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Cause {
    /// No deploy file sets this.
    Unset(String),
    /// The value of this, which is the same wherever it is asked for.
    Unknown { path: String, scope: String, name: String },
    /// The address of the client: what is asked for is a path.
    Client { path: String, scope: String },
    /// What this gives, with its name if it has one.
    At(Place, Option<String>),
}

/// A place at which a comment counts for a call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Room {
    /// The file and where the function begins; nothing for what stands outside of functions.
    pub(crate) key: (String, Option<u32>),
    /// The file.
    pub(crate) path: String,
    /// The place, for a message.
    pub(crate) label: String,
}

/// A call whose target cannot be told, of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Question {
    /// What is not known.
    pub(crate) causes: BTreeSet<Cause>,
    /// The call.
    pub(crate) site: Place,
    /// The call that leads into the call's function.
    pub(crate) caller: Option<Place>,
    /// The places whose values are not known.
    pub(crate) unknown: Vec<Place>,
    /// What a deploy file has to set.
    pub(crate) missing: BTreeSet<String>,
    /// Where a comment answers for this call and as little else as possible.
    pub(crate) speaker: Room,
    /// Where a comment answers for all that call the call's function.
    pub(crate) wrapper: Room,
    /// The functions that have what is not known.
    pub(crate) holders: BTreeSet<(String, Option<u32>)>,
    /// All places at which a comment answers for it.
    pub(crate) rooms: BTreeSet<Room>,
    /// Whom a comment may name.
    pub(crate) example: String,
    /// What else there is to say.
    pub(crate) help: Vec<String>,
    /// The kind of store that it is a client of.
    pub(crate) store: Option<Store>,
    /// What it speaks.
    pub(crate) kind: Kind,
    /// The services that it may lead to, by what its address is kept under.
    pub(crate) called: BTreeSet<String>,
}

/// A question of several services.
struct Item<'q> {
    question: &'q Question,
    services: BTreeSet<String>,
}

/// Calls that one comment answers for.
#[derive(Debug, Clone)]
struct Group {
    /// Indices of items, the first call first.
    items: Vec<usize>,
    room: Room,
    /// Whether all of them have the same cause.
    is_one: bool,
    /// Whether these are the many callers of a wrapper.
    is_rest: bool,
    /// How many other calls a comment there answers for as well.
    others: usize,
    /// Whether these are many calls whose addresses no setting says.
    is_data: bool,
}

type Key = (String, Option<u32>);

/// Asks about the calls of all services.
pub(crate) fn ask<'q>(all: impl Iterator<Item = (&'q str, &'q Question)>, outcome: &mut Outcome) {
    let mut by_call: BTreeMap<_, Item> = BTreeMap::new();
    for (service, question) in all {
        let key = (&question.site, &question.caller, &question.causes, &question.rooms);
        let item = by_call.entry(key).or_insert_with(|| Item { question, services: BTreeSet::new() });
        item.services.insert(service.to_owned());
    }
    let items: Vec<Item> = by_call.into_values().collect();
    let mut by_room: BTreeMap<&Key, usize> = BTreeMap::new();
    for room in items.iter().flat_map(|item| &item.question.rooms) {
        *by_room.entry(&room.key).or_default() += 1;
    }
    let groups = of_data(&items, of_wrappers(&items, of_speakers(&items, of_causes(&items, &by_room))));
    for group in &groups {
        outcome.findings.push(finding(&items, group));
    }
}

/// Calls with the same cause that one comment answers for.
fn of_causes(items: &[Item], by_room: &BTreeMap<&Key, usize>) -> Vec<Group> {
    let mut by_cause: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, item) in items.iter().enumerate() {
        let question = item.question;
        let own = question.causes.is_empty().then_some((&question.site, &question.speaker));
        by_cause.entry((&question.causes, own)).or_default().push(at);
    }
    let mut groups = Vec::new();
    for mut left in by_cause.into_values() {
        while let [first, rest @ ..] = left.as_slice() {
            let alone = &items[*first].question.speaker;
            let room = if rest.is_empty() { None } else { best(items, &left, by_room) };
            let answers = |at: &usize| room.is_some_and(|room| has(items, *at, &room.key));
            let (now, later): (Vec<usize>, Vec<usize>) = left.iter().partition(|at| answers(at));
            let (now, room, later) = match room.filter(|_| now.len() > 1) {
                Some(room) => (now, room, later),
                None => (vec![*first], alone, rest.to_vec()),
            };
            let others = by_room.get(&room.key).map_or(0, |all| all.saturating_sub(now.len()));
            groups.push(Group { items: now, room: room.clone(), is_one: true, is_rest: false, others, is_data: false });
            left = later;
        }
    }
    groups
}

/// The place at which a comment answers for most of these, and of those for the least of others; where what is not known is, if possible.
fn best<'q>(items: &[Item<'q>], of: &[usize], by_room: &BTreeMap<&Key, usize>) -> Option<&'q Room> {
    let mut counts: BTreeMap<&Key, (usize, &Room, usize)> = BTreeMap::new();
    for at in of {
        let question = items[*at].question;
        for room in &question.rooms {
            let (is_holder, is_near) = (question.holders.contains(&room.key), room.path == question.site.path);
            let rank = match (room.key.1.is_some(), is_near) {
                (true, true) if is_holder => 0,
                (true, true) if room.key == question.wrapper.key => 1,
                (true, true) => 2,
                (false, true) => 3,
                (true, false) if is_holder => 4,
                (true, false) => 5,
                (false, false) => 6,
            };
            let known = counts.entry(&room.key).or_insert((0, room, rank));
            known.0 += 1;
            known.2 = known.2.min(rank);
        }
    }
    let cost = |key: &Key, count: usize| by_room.get(key).map_or(0, |all| all - count);
    let best = counts
        .into_iter()
        .min_by_key(|(key, (count, _, rank))| (std::cmp::Reverse(*count), cost(key, *count), *rank, (*key).clone()));
    best.map(|(_, (_, room, _))| room)
}

fn has(items: &[Item], at: usize, key: &Key) -> bool {
    items[at].question.rooms.iter().any(|room| room.key == *key)
}

/// Calls that a comment in one function answers for are one question, whatever is not known of each.
fn of_speakers(items: &[Item], groups: Vec<Group>) -> Vec<Group> {
    let mut found: Vec<Group> = Vec::new();
    let mut by_speaker: BTreeMap<&Key, usize> = BTreeMap::new();
    for group in groups {
        let speaker = &items[group.items[0]].question.speaker;
        let is_own = group.items.iter().all(|at| items[*at].question.speaker.key == speaker.key);
        match by_speaker.get(&speaker.key).copied().filter(|_| is_own) {
            Some(known) => {
                found[known].items.extend(group.items);
                found[known].is_one = false;
                found[known].others = 0;
            }
            None => {
                if is_own {
                    by_speaker.insert(&speaker.key, found.len());
                }
                let room = if is_own { speaker.clone() } else { group.room };
                found.push(Group { room, ..group });
            }
        }
    }
    for group in &mut found {
        group.items.sort_unstable();
    }
    found.sort_by_key(|group| group.items[0]);
    found
}

/// A wrapper around a client is few questions, however many functions call it.
fn of_wrappers(items: &[Item], groups: Vec<Group>) -> Vec<Group> {
    let mut found: Vec<Group> = Vec::new();
    let mut by_site: BTreeMap<&Place, Vec<usize>> = BTreeMap::new();
    for group in groups {
        let first = items[group.items[0]].question;
        let mut questions = group.items.iter().map(|at| items[*at].question);
        // Each thing that a deploy file has to say is asked for.
        let is_wrapped = questions.all(|of| of.site == first.site && of.caller.is_some() && of.missing.is_empty());
        if is_wrapped {
            let known = by_site.entry(&first.site).or_default();
            if let Some(last) = known.last().filter(|_| known.len() >= MAX_QUESTIONS) {
                let last = &mut found[*last];
                last.items.extend(group.items);
                (last.is_one, last.is_rest) = (false, true);
                continue;
            }
            known.push(found.len());
        }
        found.push(group);
    }
    found
}

/// Whether no setting and no client says the address of a call, as far as it can be seen: a request, an answer or a row of a table does.
fn is_of_data(question: &Question) -> bool {
    let is_value = |cause: &Cause| matches!(cause, Cause::Unknown { .. } | Cause::At(..));
    question.causes.iter().all(is_value)
        && !question.causes.is_empty()
        && question.missing.is_empty()
        && question.called.is_empty()
        && question.help.is_empty()
        && question.store.is_none()
        && question.kind == Kind::Http
}

/// What data say cannot be answered by the deployment: of more such questions of a service than a few there is one.
fn of_data(items: &[Item], groups: Vec<Group>) -> Vec<Group> {
    let is_data = |group: &Group| group.items.iter().all(|at| is_of_data(items[*at].question));
    let services =
        |group: &Group| -> BTreeSet<&String> { group.items.iter().flat_map(|at| &items[*at].services).collect() };
    let mut counts: BTreeMap<BTreeSet<&String>, usize> = BTreeMap::new();
    for group in groups.iter().filter(|group| is_data(group)) {
        *counts.entry(services(group)).or_default() += 1;
    }
    let mut found: Vec<Group> = Vec::new();
    let mut of: BTreeMap<BTreeSet<&String>, usize> = BTreeMap::new();
    for group in groups {
        let key = services(&group);
        if !is_data(&group) || counts.get(&key).is_none_or(|count| *count <= MAX_QUESTIONS) {
            found.push(group);
        } else if let Some(at) = of.get(&key) {
            found[*at].items.extend(group.items);
        } else {
            of.insert(key, found.len());
            found.push(Group { is_one: false, is_rest: false, others: 0, is_data: true, ..group });
        }
    }
    found
}

/// The question about calls that one comment answers for.
fn finding(items: &[Item], group: &Group) -> Finding {
    let of = || group.items.iter().map(|at| &items[*at]);
    let first = items[group.items[0]].question;
    let mut marks: Vec<(Place, String)> = vec![(first.site.clone(), String::new())];
    let mut mark = |place: &Place, text: &str| {
        if marks.iter().all(|(known, _)| !overlaps(known, place)) {
            marks.push((place.clone(), text.to_owned()));
        }
    };
    if let Some(caller) = first.caller.as_ref().filter(|_| !group.is_data) {
        mark(caller, "called from here");
    }
    for place in first.unknown.iter().filter(|_| !group.is_data) {
        mark(place, "what this gives is not known");
    }
    let calls: BTreeSet<&Place> = of().map(|item| &item.question.site).collect();
    let callers: BTreeSet<&Place> = of().filter_map(|item| item.question.caller.as_ref()).collect();
    let count = if calls.len() > 1 { calls.len() } else { callers.len().max(1) };
    for item in of().skip(1) {
        let question = item.question;
        if question.site != first.site {
            mark(&question.site, AND_THIS);
        }
        if let Some(caller) = question.caller.as_ref().filter(|_| calls.len() == 1) {
            mark(caller, AND_FROM_HERE);
        }
    }
    let services: BTreeSet<String> = of().flat_map(|item| item.services.iter().cloned()).collect();
    let mut help = Vec::new();
    let missing: BTreeSet<&str> = of().flat_map(|item| item.question.missing.iter().map(String::as_str)).collect();
    if !missing.is_empty() {
        let lacking = of().filter(|item| !item.question.missing.is_empty()).flat_map(|item| &item.services);
        let lacking: BTreeSet<String> = lacking.map(|service| format!("`{service}`")).collect();
        help.push(format!(
            "no deploy file that was read sets {} for {}",
            missing.into_iter().take(MAX_NAMED).collect::<Vec<_>>().join(" or "),
            enumerate_some(MAX_NAMED, lacking.into_iter())
        ));
    }
    for text in of().flat_map(|item| &item.question.help) {
        if !help.contains(text) {
            help.push(text.clone());
        }
    }
    let examples: BTreeSet<&str> = of().map(|item| item.question.example.as_str()).collect();
    let example = examples.first().copied().filter(|_| examples.len() == 1).unwrap_or("<service>");
    let Room { path, label, .. } = &group.room;
    if group.is_data {
        help.push(format!(
            "such an address may come out of a request, an answer or a table, which no deployment has: say in each of these functions who is called, `{}`, or `{}`",
            written(path, "rpcmap: <service>"),
            written(path, "hedgerow: ignore <reason>")
        ));
        if calls.len() == 1 {
            let Room { path, label, .. } = &first.wrapper;
            help.push(format!("one in {label} answers for all that call it: `{}`", written(path, "rpcmap: <service>")));
        }
        help.push("for whole files say it under `scan.ignore` in hedgerow.yaml: `<path>: <reason>`".to_owned());
        return Finding {
            code: Code::UnresolvedCall,
            message: format!("the targets of {count} calls cannot be told: no setting has their addresses"),
            marks,
            help,
            services,
            callees: BTreeSet::new(),
        };
    }
    help.push(format!(
        "say who is called by a comment in {label}{}: `{}`, or `{}`",
        if count > 1 && !group.is_rest { format!(", which answers for all {count} calls") } else { String::new() },
        written(path, &format!("rpcmap: {example}")),
        written(path, "hedgerow: ignore <reason>")
    ));
    if group.others > 0 && count > 1 && !group.is_rest {
        help.push(format!(
            "such a comment also answers for {} more, which are asked about by themselves",
            group.others
        ));
    }
    if group.is_rest {
        let Room { path, label, .. } = &first.wrapper;
        help.push(format!("one in {label} answers for all that call it: `{}`", written(path, "rpcmap: <service>")));
    }
    Finding {
        code: Code::UnresolvedCall,
        message: message(first, group, count),
        marks,
        help,
        services,
        callees: BTreeSet::new(),
    }
}

/// What is not known, and of how many calls.
fn message(first: &Question, group: &Group, count: usize) -> String {
    if count == 1 {
        return "the target of this call cannot be told".to_owned();
    }
    let cannot = format!("the targets of {count} calls cannot be told");
    let names = first.causes.iter().take(MAX_NAMED).map(|cause| match cause {
        Cause::Unset(name) => Some((name.clone(), "not set")),
        Cause::Unknown { name, .. } | Cause::At(_, Some(name)) => Some((format!("`{name}`"), "not known")),
        Cause::Client { scope, .. } if scope.is_empty() => {
            Some(("the address of their client".to_owned(), "not known"))
        }
        Cause::Client { scope, .. } => Some((format!("the address of the client in `{scope}`"), "not known")),
        Cause::At(_, None) => None,
    });
    let names: Option<Vec<(String, &str)>> = names.collect();
    match names.filter(|names| group.is_one && !names.is_empty()) {
        Some(names) => {
            // What no deploy file sets is not known either.
            let is = names.iter().map(|(_, is)| *is).find(|is| *is != names[0].1).map_or(names[0].1, |_| "not known");
            let names: BTreeSet<String> = names.into_iter().map(|(name, _)| name).collect();
            let verb = if names.len() == 1 { "is" } else { "are" };
            format!("{} {verb} {is}: {cannot}", enumerate(names))
        }
        None => cannot,
    }
}

/// Whether two places share a letter.
fn overlaps(a: &Place, b: &Place) -> bool {
    a.path == b.path && a.range.start < b.range.end && b.range.start < a.range.end
}

#[cfg(test)]
mod tests {
    use super::*;
    use hedgerow_code::ir::Range;

    #[test]
    fn what_is_asked_names_each_cause_as_it_is() {
        let site = Place { path: "a.ts".to_owned(), range: Range::default() };
        let room = Room { key: ("a.ts".to_owned(), None), path: "a.ts".to_owned(), label: "`a`".to_owned() };
        let said = |causes: &[Cause]| {
            let question = Question {
                causes: causes.iter().cloned().collect(),
                site: site.clone(),
                caller: None,
                unknown: Vec::new(),
                missing: BTreeSet::new(),
                speaker: room.clone(),
                wrapper: room.clone(),
                holders: BTreeSet::new(),
                rooms: BTreeSet::new(),
                example: String::new(),
                help: Vec::new(),
                store: None,
                kind: Kind::Http,
                called: BTreeSet::new(),
            };
            let group = Group {
                items: vec![0, 1],
                room: room.clone(),
                is_one: true,
                is_rest: false,
                others: 0,
                is_data: false,
            };
            message(&question, &group, 2)
        };
        let unset = |name: &str| Cause::Unset(format!("the variable `{name}`"));
        let unknown = Cause::Unknown { path: "a.ts".to_owned(), scope: String::new(), name: "base".to_owned() };
        let cannot = "the targets of 2 calls cannot be told";
        for (causes, expected) in [
            (vec![], cannot.to_owned()),
            (vec![unset("A")], format!("the variable `A` is not set: {cannot}")),
            (vec![unset("A"), unset("B")], format!("the variable `A` and the variable `B` are not set: {cannot}")),
            (vec![unknown.clone()], format!("`base` is not known: {cannot}")),
            // What is not set is not known either; what is computed cannot be set.
            (vec![unset("A"), unknown], format!("`base` and the variable `A` are not known: {cannot}")),
            (vec![unset("A"), Cause::At(site.clone(), None)], cannot.to_owned()),
        ] {
            assert_eq!(said(&causes), expected);
        }
    }
}
