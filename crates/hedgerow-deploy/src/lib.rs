//! What the files of a deploy give to services: environment variables, arguments and settings; and under which names services
//! answer. Texts in; a [`Deploy`] and [`Hosts`] out.
//!
//! ```
//! use hedgerow_deploy::{Answer, Deploy, Hosts, Text};
//! use std::collections::{BTreeMap, BTreeSet};
//!
//! let compose = Text {
//!     path: "compose.yaml",
//!     text: "services: {emoji: {build: emoji, environment: {BOOKS: 'http://books:80'}}, books: {build: ledger}}",
//! };
//! let services = [("emoji", "emoji"), ("ledger", "ledger")];
//! let mut hosts = Hosts::new(services.into_iter(), BTreeSet::new(), &BTreeMap::new(), &[]);
//! let owner = |path: &str| path.split('/').next().filter(|first| ["emoji", "ledger"].contains(first)).map(str::to_owned);
//!
//! let deploy = Deploy::read([compose].into_iter(), ([compose].into_iter(), &[]), &mut hosts, owner);
//! let books = &deploy.of("emoji").expect("it is given something").environment["BOOKS"][0];
//! assert_eq!(hosts.answers(books), [Answer::Service("ledger".to_owned(), Some(80))]);
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | `deploy` | Kubernetes' manifests, kustomize, compose, HOCON, properties and YAML, schedules |
//! | `helm` | charts, rendered as far as their own values tell |
//! | [`image`] | what Dockerfiles set and copy |
//! | `host` | addresses, and the names under which services answer |
//! | `pattern` | patterns of names, `{name}.service.consul` |
//! | [`path`] | paths that files write of others |
//! | `partial` | texts that are known in part: letters, and gaps between them |
//! | `value` | values of documents with such texts |
//! | `base64` | texts of Secrets |
//! | `standin` | letters for gaps, in texts that are parsed |
//!
//! Texts are [`Partial`]: what is not known of them is a gap, and is never filled by a guess.
//!
//! # What this crate does not do
//! It opens no file, runs no template and asks no cluster. It knows no source code. A template that it does not understand in
//! full is listed ([`Deploy::unread`]), as is a file that is no YAML ([`Deploy::broken`]).
#![expect(clippy::wildcard_enum_match_arm, reason = "questions to a document pick the shapes that can answer them")]

mod base64;
mod deploy;
mod environments;
mod helm;
mod host;
mod partial;
pub mod path;
mod pattern;
mod standin;
mod value;

pub use deploy::{
    Begun, Command, Component, Deploy, Foreign, Given, Hiding, MapUses, Mounted, Permit, Route, Said, Schedule, Scrape,
    Sheet, Spot, Starts, Step, Text, Unread, Unreadable, Word, Written, begun, build, documents, dotenv,
    foreign_objects, image, is_manifest, is_too_deep, properties, swells, taken_in, unused_maps, without_objects,
};
pub use environments::ENVIRONMENTS;
pub use host::{Answer, Hosts, INVOKE, Listener, Listening, Machine, has_own_scheme};
pub use partial::Partial;
pub use pattern::Pattern;
