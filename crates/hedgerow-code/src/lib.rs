//! What one file of source code says: the functions and types that it declares, what is assigned and what is called, in ten
//! languages. A text in; its [`Facts`](ir::Facts) out.
//!
//! ```
//! use hedgerow_code::frontend::Language;
//!
//! let language = Language::of("service.emoji/main.py").expect("Python is read");
//! let reader = language.frontend().expect("this build reads Python");
//! let facts = reader.facts("import requests\n\ndef ask(word):\n    return requests.get('http://ledger/' + word)\n");
//! let names: Vec<&str> = facts.functions.iter().map(|function| &*function.name).collect();
//! assert_eq!(names, ["", "ask"]);
//! assert_eq!(facts.imports[0].path, "requests");
//! assert!(facts.faults.is_empty());
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | [`ir`] | the facts: one small language that every front end translates into |
//! | [`frontend`] | the languages, and a front end for each; comments that speak to the scan; code that is read for its literals alone |
//! | [`Semantics`] | what differs between languages beside their syntax: one trait, a file for each |
//! | [`mod@format`] | format texts, cut at their holes |
//! | [`lines`] | settings and scripts, read line by line |
//! | `constraint` | Go's build constraints |
//! | [`testcode`] | which files are tests |
//! | [`room`] | stacks that are deep enough for code that no person wrote |
//!
//! The facts of a file depend on its bytes alone, so that they can be kept under the hash of them and [`ir::VERSION`].
//!
//! # What this crate does not do
//! It opens no file, and it sees one file and no other: what a name means that another file declares is `hedgerow-scan`'s
//! question. It knows no services and no addresses. All of tree-sitter is here, and with it all C that Hedgerow builds.
#![expect(clippy::wildcard_enum_match_arm, reason = "questions to the syntax pick the shapes that can answer them")]

mod constraint;
pub mod format;
pub mod frontend;
pub mod ir;
mod language;
pub mod lines;
pub mod room;
pub mod testcode;

pub use language::{Begins, HandedClass, Semantics};
