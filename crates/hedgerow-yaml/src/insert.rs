//! Writing what is new at an opening, within containers that are made on the way.

use crate::edit::Edit;
use crate::emit::Yaml;
use crate::lines::{break_before, break_near, line_start};
use crate::opening::STEP;
use crate::quote::{push_quoted, quote, quote_always};
use crate::site::{FlowBefore, Opening};

/// What is written in the innermost container.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Payload<'a> {
    /// Keys with text values, to add to a mapping or to make one of.
    Pairs(&'a [(&'a str, &'a str)]),
    /// A sequence, as the value of the innermost container or in place of a null.
    Elements(&'a [Yaml]),
}

/// Writes a payload in the notation that the opening asks for.
pub(crate) fn insert(text: &str, opening: &Opening, containers: &[String], payload: Payload<'_>) -> Edit {
    match opening {
        Opening::Lines { at, column } => {
            Edit::insert(*at, payload.block(*column, containers, ("", break_near(text, *at))))
        }
        Opening::Inline { at, column } => {
            let lines = payload.block(*column, containers, ("", break_near(text, *at)));
            let mut inserted = lines.trim_start_matches(' ').to_owned();
            push_spaces(&mut inserted, *column);
            Edit::insert(*at, inserted)
        }
        Opening::Below { at, column } => {
            Edit::insert(*at, payload.block(*column, containers, (break_near(text, *at), "")))
        }
        Opening::Flow { at, before } => {
            let pairs = payload.flow_pairs(containers);
            Edit::insert(*at, before.joined(text, *at, &pairs))
        }
        Opening::Whole { at, lead } => {
            let whole = match payload {
                Payload::Elements(values) if containers.is_empty() => Yaml::Seq(values.to_vec()).to_json(),
                Payload::Pairs(_) | Payload::Elements(_) => {
                    format!("{{{}}}", payload.flow_pairs(containers).join(", "))
                }
            };
            Edit::replace(at.clone(), format!("{lead}{whole}{}", blank_before_comment(text, at.end)))
        }
    }
}

fn push_spaces(text: &mut String, count: usize) {
    text.extend(std::iter::repeat_n(' ', count));
}

/// The blank that a comment right behind a new value needs, as in `{key:# comment`.
pub(crate) fn blank_before_comment(text: &str, at: usize) -> &'static str {
    if text[at..].starts_with('#') { " " } else { "" }
}

impl Payload<'_> {
    /// Lines of a block, each with what stands around it: a line break before or behind.
    fn block(&self, column: usize, containers: &[String], (before, behind): (&str, &str)) -> String {
        let mut block = String::with_capacity(256);
        let mut push_line = |indent, key: &str, value: &dyn Fn(&mut String)| {
            block.push_str(before);
            push_spaces(&mut block, indent);
            block.push_str(key);
            value(&mut block);
            block.push_str(behind);
        };
        for (depth, key) in containers.iter().enumerate() {
            push_line(column + depth * STEP, &quote(key), &|line| line.push(':'));
        }
        let inner = column + containers.len() * STEP;
        match self {
            Payload::Pairs(pairs) => {
                for (key, value) in *pairs {
                    push_line(inner, &quote(key), &|line| {
                        line.push_str(": ");
                        push_quoted(line, value);
                    });
                }
            }
            Payload::Elements(values) => {
                for line in Yaml::Seq(values.to_vec()).to_block_at(inner).lines() {
                    push_line(0, line, &|_| {});
                }
            }
        }
        block
    }

    /// Pairs of a flow mapping: one per key, or one that holds them all where containers must be made.
    fn flow_pairs(&self, containers: &[String]) -> Vec<String> {
        let wrap = |inner: String, key: &String| format!("{}: {{{inner}}}", quote_always(key));
        match (self, containers) {
            (Payload::Pairs(pairs), _) => {
                let pairs: Vec<String> = pairs
                    .iter()
                    .map(|(key, value)| format!("{}: {}", quote_always(key), quote_always(value)))
                    .collect();
                match containers {
                    [] => pairs,
                    _ => vec![containers.iter().rev().fold(pairs.join(", "), wrap)],
                }
            }
            (Payload::Elements(values), [outer @ .., last]) => {
                let pair = format!("{}: {}", quote_always(last), Yaml::Seq(values.to_vec()).to_json());
                vec![outer.iter().rev().fold(pair, wrap)]
            }
            (Payload::Elements(values), []) => values.iter().map(Yaml::to_json).collect(),
        }
    }
}

impl FlowBefore {
    /// The new pairs or elements with the commas and line breaks between them and what follows.
    fn joined(self, text: &str, at: usize, new: &[String]) -> String {
        match self {
            Self::Brace => new.join(", "),
            Self::Pair => new.iter().flat_map(|pair| [pair.as_str(), ", "]).collect(),
            Self::PairOnOwnLine => {
                let line = line_start(text, at);
                let (eol, lead) = (break_before(text, line), &text[line..at]);
                new.iter().flat_map(|pair| [pair.as_str(), ",", eol, lead]).collect()
            }
        }
    }
}
