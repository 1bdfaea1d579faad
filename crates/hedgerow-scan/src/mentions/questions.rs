//! Questions about what a service names and what led to no call: one for each other service, one for many that a file names alike, and one
//! for all services of which the same places say the same.

use super::MAX_MARKS;
use super::given::listed;
use super::weight::{Mention, Weight};
use crate::edge::{Finding, Place};
use hedgerow_code::frontend::comment::written;
use hedgerow_core::diag::Code;
use std::collections::{BTreeMap, BTreeSet};

/// Of so many services that one file names in one way each is asked about by itself.
const FEW: usize = 3;

/// What a service names of another one, the strongest first.
pub(super) struct Question {
    pub(super) callee: String,
    pub(super) mentions: Vec<Mention>,
}

/// What is asked at once: whom a file names, or one that it does, to those of whom that says the same.
struct Group {
    callers: BTreeSet<String>,
    /// By whom they may call.
    questions: BTreeMap<String, Vec<Mention>>,
}

impl Group {
    fn place(&self, callee: &str) -> Option<&Place> {
        self.questions.get(callee)?.first().map(|mention| &mention.place)
    }

    /// Whether the same places name the same services to another caller. Of many that a file names none is named to itself.
    fn is_alike(&self, other: &Self) -> bool {
        let is_many = self.questions.len() > 1 && other.questions.len() > 1;
        let is_itself =
            |callee: &String, group: &Self| is_many && group.callers.len() == 1 && group.callers.contains(callee);
        let mut all = self.questions.keys().chain(other.questions.keys());
        all.all(|callee| match (self.place(callee), other.place(callee)) {
            (Some(one), Some(another)) => one == another,
            (Some(_), None) => is_itself(callee, other),
            (None, _) => is_itself(callee, self),
        })
    }
}

/// How a file says something: how much, which file, whether it is asked about with others, and a call out of the tree that is given it.
type Way = (Weight, String, bool, Option<String>);

/// The questions about what services name.
pub(super) fn findings(asked: Vec<(&str, Vec<Question>)>) -> Vec<Finding> {
    let mut all: BTreeMap<Way, Vec<Group>> = BTreeMap::new();
    for (caller, questions) in asked {
        for (way, questions) in of_caller(questions) {
            let group = Group { callers: BTreeSet::from([caller.to_owned()]), questions };
            let groups = all.entry(way).or_default();
            match groups.iter_mut().find(|known| known.is_alike(&group)) {
                Some(known) => {
                    known.callers.extend(group.callers);
                    for (callee, mentions) in group.questions {
                        known.questions.entry(callee).or_insert(mentions);
                    }
                }
                None => groups.push(group),
            }
        }
    }
    let found = all.into_iter().flat_map(|(way, groups)| groups.into_iter().map(move |group| finding(&way, &group)));
    found.collect()
}

/// The questions of one caller as they are asked together.
fn of_caller(asked: Vec<Question>) -> Vec<(Way, BTreeMap<String, Vec<Mention>>)> {
    let mut by_file: BTreeMap<(Weight, String), BTreeMap<String, Vec<Mention>>> = BTreeMap::new();
    let mut found = Vec::new();
    // What a service is given and does not ask for is one question, from wherever it is given.
    let unasked = asked.iter().filter_map(|question| question.mentions.first());
    let unasked = unasked.filter(|first| first.weight == Weight::UnaskedVariable).map(|first| first.place.path.clone());
    let unasked = unasked.min();
    for Question { callee, mentions } in asked {
        let Some(first) = mentions.first() else { continue };
        let of_all = unasked.clone().filter(|_| first.weight == Weight::UnaskedVariable);
        let (weight, path) = (first.weight, of_all.unwrap_or_else(|| first.place.path.clone()));
        match mentions.iter().find_map(|mention| mention.client.clone()) {
            Some(client) => {
                found.push(((weight, path, false, Some(client)), BTreeMap::from([(callee, mentions)])));
            }
            None => {
                by_file.entry((weight, path)).or_default().insert(callee, mentions);
            }
        }
    }
    for ((weight, path), questions) in by_file {
        if questions.len() > FEW || (weight == Weight::UnaskedVariable && questions.len() > 1) {
            found.push(((weight, path, true, None), questions));
        } else {
            let one = |question| ((weight, path.clone(), false, None), BTreeMap::from([question]));
            found.extend(questions.into_iter().map(one));
        }
    }
    found
}

fn finding((weight, path, is_file, client): &Way, group: &Group) -> Finding {
    let callers: Vec<&str> = group.callers.iter().map(String::as_str).collect();
    let callees: Vec<&str> = group.questions.keys().map(String::as_str).collect();
    let first = callers.first().copied().unwrap_or("*");
    let (marks, help) = match (group.questions.first_key_value(), is_file) {
        (Some((callee, mentions)), false) => {
            let mut help = vec![format!("if it is called, say so: {}", way(path, callee))];
            if let Some(client) = client {
                help.push(format!("`{client}` is given it; if that opens a connection, teach it to the scan: `sinks: [{{call: \"{client}\", target: 0}}]`"));
            }
            help.push(format!(
                "if it is not, say why under `scan.ignore` in hedgerow.yaml: `{first} -> {callee}: <reason>`"
            ));
            let marks = mentions.iter().take(MAX_MARKS);
            (marks.map(|mention| (mention.place.clone(), mention.what.clone())).collect(), help)
        }
        _ => {
            let firsts = group.questions.iter().filter_map(|(callee, mentions)| Some((callee, mentions.first()?)));
            let marks = firsts.take(MAX_MARKS);
            let marks = marks.map(|(callee, first)| (first.place.clone(), format!("{}: `{callee}`", first.what)));
            let help = vec![
                format!("for each that is called, say so: {}", way(path, "<service>")),
                format!(
                    "for those that are not, say why under `scan.ignore` in hedgerow.yaml, where `*` stands for many: `{first} -> *: <reason>`"
                ),
            ];
            (marks.collect(), help)
        }
    };
    let mut help: Vec<String> = help;
    if callers.len() > 1 {
        help.push(format!(
            "a comment there speaks for all {} services, and a line under `scan.ignore` for one; where not all of them call, each says so by a rule file of its own",
            callers.len()
        ));
    }
    Finding {
        code: Code::UnexplainedMention,
        message: message(*weight, &callers, &callees, is_file.then_some(path)),
        marks,
        help,
        services: group.callers.clone(),
        callees: group.questions.keys().cloned().collect(),
    }
}

fn message(weight: Weight, callers: &[&str], callees: &[&str], file: Option<&String>) -> String {
    let (who, names) = (listed(callers), listed(callees));
    let (has, starts, calls, its) = match callers.len() {
        1 => ("has", "starts", "names", "its"),
        _ => ("have", "start", "name", "their"),
    };
    let (address, name, key, them) = match callees.len() {
        1 if file.is_none() => ("an address", "a name for an address", "a key", "it"),
        _ => ("addresses", "names for addresses", "keys", "them"),
    };
    let place = file.map(|path| format!(" in `{path}`")).unwrap_or_default();
    let comma = if file.is_some() { "," } else { "" };
    match weight {
        Weight::Told | Weight::Address | Weight::Here | Weight::LooseAddress | Weight::SharedAddress => {
            format!("{who} {has} {address} of {names}{place}, and no call of {them} was found")
        }
        Weight::UnaskedVariable => {
            let (is, variable) = match (callers.len(), callees.len()) {
                (1, 1) => ("is", "a variable"),
                (1, _) => ("is", "variables"),
                (_, 1) => ("are", "a variable"),
                _ => ("are", "variables"),
            };
            format!("{who} {is} given {address} of {names} in {variable} that {its} code is not seen to use")
        }
        Weight::UnreachedAddress => {
            format!("{who} {has} {address} of {names}{place}{comma} in code that no known entry point reaches")
        }
        Weight::UnaskedAddress => {
            format!("{who} {has} {address} of {names}{place}{comma} under {key} that {its} code is not seen to ask for")
        }
        Weight::IdleAddress => {
            format!("{who} {has} {address} of {names}{place}{comma} in settings that nothing is seen to use")
        }
        Weight::Awaited => format!("{who} {has} {name} of {names} that nothing sets, and {starts} after {them}"),
        Weight::Name => format!("{who} {calls} {names}{place}, and no call of {them} was found"),
        Weight::Order => format!("the deploy starts {who} after {names}, and no call of {them} was found"),
    }
}

/// How somebody says that a service is called which a file names.
fn way(path: &str, callee: &str) -> String {
    let comment = written(path, &format!("rpcmap: {callee}"));
    if path.ends_with(".json") {
        // JSON has no comments.
        "by a rule file".to_owned()
    } else if path.ends_with(".ipynb") {
        format!("by a comment in a cell of code, `{comment}`, or by a rule file")
    } else {
        format!("by a comment there, `{comment}`, or by a rule file")
    }
}
