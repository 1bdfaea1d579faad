//! Questions about what a service names and what led to no call: one for each other service, and one for many that a file names alike.

use super::MAX_MARKS;
use super::given::listed;
use super::weight::{Mention, Weight};
use crate::edge::Finding;
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

/// The questions about what a service names.
pub(super) fn findings(caller: &str, asked: Vec<Question>) -> Vec<Finding> {
    let mut by_file: BTreeMap<(Weight, String), Vec<Question>> = BTreeMap::new();
    let mut found = Vec::new();
    for question in asked {
        let Some(first) = question.mentions.first() else { continue };
        let (weight, path) = (first.weight, first.place.path.clone());
        if question.mentions.iter().any(|mention| mention.client.is_some()) {
            found.push(of_one(caller, weight, &path, &question));
        } else {
            by_file.entry((weight, path)).or_default().push(question);
        }
    }
    for ((weight, path), questions) in by_file {
        if questions.len() > FEW {
            found.push(of_file(caller, weight, &path, &questions));
        } else {
            found.extend(questions.iter().map(|question| of_one(caller, weight, &path, question)));
        }
    }
    found
}

fn of_one(caller: &str, weight: Weight, path: &str, Question { callee, mentions }: &Question) -> Finding {
    let message = match weight {
        Weight::Told | Weight::Address | Weight::Here | Weight::LooseAddress | Weight::SharedAddress => {
            format!("`{caller}` has an address of `{callee}`, and no call of it was found")
        }
        Weight::UnreachedAddress => {
            format!("`{caller}` has an address of `{callee}` in code that no known entry point reaches")
        }
        Weight::UnaskedAddress => {
            format!("`{caller}` has an address of `{callee}` under a key that its code is not seen to ask for")
        }
        Weight::Awaited => {
            format!("`{caller}` has a name for an address of `{callee}` that nothing sets, and starts after it")
        }
        Weight::Name => format!("`{caller}` names `{callee}`, and no call of it was found"),
        Weight::Order => format!("the deploy starts `{caller}` after `{callee}`, and no call of it was found"),
    };
    let mut help = vec![format!("if it is called, say so: {}", way(path, callee))];
    if let Some(client) = mentions.iter().find_map(|mention| mention.client.as_deref()) {
        help.push(format!("`{client}` is given it; if that opens a connection, teach it to the scan: `sinks: [{{call: \"{client}\", target: 0}}]`"));
    }
    help.push(format!("if it is not, say why under `scan.ignore` in hedgerow.yaml: `{caller} -> {callee}: <reason>`"));
    let marks = mentions.iter().take(MAX_MARKS).map(|mention| (mention.place.clone(), mention.what.clone()));
    Finding {
        code: Code::UnexplainedMention,
        message,
        marks: marks.collect(),
        help,
        services: BTreeSet::from([caller.to_owned()]),
        callees: BTreeSet::from([callee.clone()]),
    }
}

fn of_file(caller: &str, weight: Weight, path: &str, questions: &[Question]) -> Finding {
    let callees: Vec<&str> = questions.iter().map(|question| question.callee.as_str()).collect();
    let names = listed(&callees);
    let message = match weight {
        Weight::Told | Weight::Address | Weight::Here | Weight::LooseAddress | Weight::SharedAddress => {
            format!("`{caller}` has addresses of {names} in `{path}`, and no call of them was found")
        }
        Weight::UnreachedAddress => {
            format!("`{caller}` has addresses of {names} in `{path}`, in code that no known entry point reaches")
        }
        Weight::UnaskedAddress => {
            format!("`{caller}` has addresses of {names} in `{path}`, under keys that its code is not seen to ask for")
        }
        Weight::Awaited => {
            format!("`{caller}` has names for addresses of {names} that nothing sets, and starts after them")
        }
        Weight::Name => format!("`{caller}` names {names} in `{path}`, and no call of them was found"),
        Weight::Order => format!("the deploy starts `{caller}` after {names}, and no call of them was found"),
    };
    let firsts = questions.iter().filter_map(|question| Some((question, question.mentions.first()?)));
    let marks = firsts.take(MAX_MARKS);
    Finding {
        code: Code::UnexplainedMention,
        message,
        marks: marks.map(|(of, first)| (first.place.clone(), format!("{}: `{}`", first.what, of.callee))).collect(),
        help: vec![
            format!("for each that is called, say so: {}", way(path, "<service>")),
            format!(
                "for those that are not, say why under `scan.ignore` in hedgerow.yaml, where `*` stands for many: `{caller} -> *: <reason>`"
            ),
        ],
        services: BTreeSet::from([caller.to_owned()]),
        callees: callees.into_iter().map(str::to_owned).collect(),
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
