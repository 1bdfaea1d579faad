//! Reads source code and finds which service calls which. Texts in; edges with their evidence, and what could not be told, out.
//!
//! ```
//! use hedgerow_code::frontend::Language;
//! use hedgerow_scan::{CodeFile, ScanConfig, Service, Tree, in_parallel, scan};
//! use std::{collections::BTreeSet, sync::Arc};
//!
//! let file = |path: &str, text: &str| CodeFile {
//!     path: path.to_owned(),
//!     language: Language::Go,
//!     facts: Arc::new(Language::Go.frontend().expect("this build reads Go").facts(text)),
//! };
//! let code = [file(
//!     "service.emoji/main.go",
//!     "package main\nimport \"net/http\"\nfunc main() { read(\"s-ledger\") }\nfunc read(host string) { http.Get(\"http://\" + host) }\n",
//! )];
//! let service = |name: &str, slug: &str| Service { name: name.into(), slug: slug.into(), directory: name.into() };
//! let services = [service("service.emoji", "s-emoji"), service("service.ledger", "s-ledger")];
//! let config = ScanConfig::default();
//! let tree = Tree { services: &services, namespaces: BTreeSet::new(), config: &config, code: &code, texts: &[], lost: &[] };
//!
//! let outcome = in_parallel(|| scan(&tree))?;
//! let edge = outcome.edges.values().next().expect("one call");
//! assert_eq!((edge.caller.as_str(), edge.callee.as_str()), ("service.emoji", "service.ledger"));
//! let way: Vec<&str> = edge.evidence[0].way.iter().map(|hop| hop.function.as_str()).collect();
//! assert_eq!(way, ["main.main", "main.read"]);
//! # Ok::<(), String>(())
//! ```
//!
//! The way of a file through the crate:
//!
//! | module | from | to |
//! | --- | --- | --- |
//! | `hedgerow-code` | the text of one file | its facts ([`ir`](hedgerow_code::ir)), which depend on nothing else |
//! | `hedgerow-deploy` | manifests, charts, compose files, settings | what each service is given, and the names it answers to |
//! | `program`, `infer` | the facts of all files | packages, types, what a call leads to |
//! | `inventory` | services and directories | the functions a service begins with |
//! | `bundles` | a script | whether a program made it small for browsers: then it is a text |
//! | `browser` | files that scripts begin with | what of them people's browsers run, which calls nothing from the service |
//! | `reach` | these | every function they reach, by rapid type analysis |
//! | `eval` | an expression in reached code | what it may be worth, backwards through parameters, fields and results |
//! | `pack` | data in `packs/*.yaml` and the user's | which calls go out, which functions pass texts on |
//! | `join` | a target and what the deploy gives | the service that answers at the address |
//! | `calls`, `plain`, `scan` | all of these | edges and findings |
//!
//! It errs towards too many edges inside of what an entry point reaches and never beyond that. A call that is reached and
//! whose target cannot be told is a finding; it is never left out in silence.
//!
//! # What this crate does not do
//! It runs none of the code it reads, opens no file and resolves no name on a network. It follows no values through
//! reflection, through code that is written at run time, through data bases or queues, and not through more than five
//! levels of callers kept apart. Files that no front end reads (Scala, Elixir, C++ …) take part by what the deploy says
//! about them and by what they name: their services are callees, and callers of what they have the address of.
#![expect(clippy::wildcard_enum_match_arm, reason = "questions to the syntax pick the shapes that can answer them")]

mod absent;
mod account;
mod across;
mod beans;
mod blind;
mod browser;
mod builds;
mod built;
mod bundles;
mod calls;
mod claims;
mod commands;
mod components;
mod config;
mod config_servers;
mod connectors;
mod consoles;
mod dapr;
mod dormant;
mod edge;
mod eval;
mod factories;
pub mod form;
mod frameworks;
mod givens;
mod held;
mod hosted;
mod infer;
mod inventory;
mod issuers;
mod join;
mod libraries;
mod loads;
mod mention;
mod mentions;
mod mute;
mod names;
mod outside;
mod pack;
mod part;
mod paths;
mod permits;
mod places;
mod plain;
mod pods;
mod probed;
mod profiles;
mod program;
mod questions;
mod reach;
mod registries;
mod renamed;
mod said;
mod scan;
mod scraped;
mod searched;
mod spoken;
mod started;
mod starters;
mod stores;
mod templated;
mod testscripts;
mod texts;
mod tree;
mod untaken;
mod unused;
mod value;
mod version_catalogue;
mod words;

pub use bundles::is_bundle;
pub use config::ScanConfig;
pub use edge::{Account, Amount, Class, Edge, Evidence, Finding, Hop, Left, Outcome, Place, Port, Reason};
pub use hedgerow_code::room::in_parallel;
pub use hedgerow_deploy::{Schedule, taken_in};
pub use inventory::Service;
pub use loads::Sum;
pub use pack::Kind;
pub use part::Parts;
pub use scan::{Known, rescan, rules, scan, schedules};
pub use stores::names_a_store;
pub use texts::{MAX_SEARCHED, code_of, is_binary, settings_of, text_of, unmarked};
pub use tree::{CodeFile, IGNORED, Lost, PlainFile, Tree, Want, wants};
