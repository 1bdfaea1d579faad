//! Joins what the code asks for with what the deploy gives.

use crate::deploy::Given;
use crate::host::{Answer, HOLE, Hosts};
use crate::value::{Piece, Template};
use std::collections::BTreeSet;

/// More texts than this are not told apart.
const MAX_TEXTS: usize = 64;

/// The names of the fleet, and what one service is given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Join<'a> {
    pub(crate) hosts: &'a Hosts,
    pub(crate) given: Option<&'a Given>,
}

/// What a template leads to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Judged {
    /// Who answers.
    pub(crate) answers: Vec<Answer>,
    /// Whether it can be anything.
    pub(crate) open: bool,
    /// Whether the deploy was asked.
    pub(crate) joined: bool,
    /// What is asked for and not set; an empty name for what has none.
    pub(crate) missing: BTreeSet<String>,
}

impl Join<'_> {
    /// Who answers at a template.
    pub(crate) fn judge(&self, template: &Template) -> Judged {
        let mut judged = Judged::default();
        for text in self.expand(template, &mut judged) {
            if text.is_empty() {
                continue;
            }
            for answer in self.hosts.answers(&text) {
                match answer {
                    Answer::Open => judged.open = true,
                    // With a piece that is not set only the name of a service says anything.
                    Answer::Service(..) => judged.answers.push(answer),
                    _ if judged.missing.is_empty() => judged.answers.push(answer),
                    _ => {}
                }
            }
        }
        judged
    }

    /// The texts a template can be, with holes as [`HOLE`].
    fn expand(&self, template: &Template, judged: &mut Judged) -> Vec<String> {
        let mut texts = vec![String::new()];
        for piece in &template.0 {
            let (mut values, asked) = match piece {
                Piece::Text(text) => (vec![text.clone()], None),
                Piece::Hole => (vec![HOLE.to_string()], None),
                Piece::Environment(name) => (
                    self.given.and_then(|given| given.environment.get(name)).cloned().unwrap_or_default(),
                    Some(format!("the environment variable `{name}`")),
                ),
                Piece::Flag(name) => (
                    self.given.and_then(|given| given.flags.get(name)).cloned().unwrap_or_default(),
                    Some(format!("the flag `{name}`")),
                ),
                Piece::Setting(path) => (
                    self.given.map(|given| given.setting(path)).unwrap_or_default(),
                    path.iter().any(|part| part != "*").then(|| format!("the setting `{}`", path.join("."))),
                ),
            };
            if matches!(piece, Piece::Environment(_) | Piece::Flag(_)) && self.given.is_some_and(|given| given.is_open)
            {
                values.push(HOLE.to_string());
            }
            let outside = matches!(piece, Piece::Environment(_) | Piece::Flag(_) | Piece::Setting(_));
            judged.joined |= outside;
            if values.is_empty() {
                // What is not set is empty, which is no address by itself.
                judged.missing.extend(asked.or_else(|| outside.then(String::new)));
                continue;
            }
            if texts.len() * values.len() > MAX_TEXTS {
                texts = texts.into_iter().map(|text| format!("{text}{HOLE}")).collect();
                continue;
            }
            texts = texts.iter().flat_map(|text| values.iter().map(move |value| format!("{text}{value}"))).collect();
        }
        texts
    }
}
