//! Helm charts of the tree, rendered as far as their own values tell: enough to read environment variables, arguments and
//! names of Services out of their templates. Manifests that Jinja fills are read the same way ([`jinja`]).
//!
//! This is no template engine. What `values.yaml` and the files beside it do not say is a hole, and a hole is never filled
//! by a guess. Both sides of an `if` count: a template is rendered as often as it takes to show every branch of whole lines
//! and every combination of those on one line ([`template`]), and a variable that branches give several values has all of
//! them ([`choice`]). What cannot be shown in full is said ([`Rendered::is_whole`]).

mod cases;
mod changes;
mod charts;
mod choice;
mod cut;
mod documents;
mod expr;
mod files;
mod functions;
mod globs;
mod heads;
mod jinja;
mod kept;
mod known;
mod library;
mod lined;
mod lost;
mod made;
mod merge;
mod outside;
mod parse;
mod printed;
mod regexes;
mod render;
mod replaced;
mod scope;
mod spent;
mod sprig;
mod template;
#[cfg(test)]
mod tests;
mod urls;
mod values;
mod weights;

pub(crate) use charts::Charts;
pub(crate) use documents::is_read;
pub(crate) use regexes::is_whole_match;
