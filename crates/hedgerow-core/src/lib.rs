//! The policy model of Hedgerow: what a reviewer must trust.
//!
//! Texts go in, a plan comes out, in three steps that never run in another order:
//!
//! 1. [`read`]: text → draft. Never fails; every fault becomes a [`diag::Diagnostic`] with its place.
//! 2. [`check`](mod@check): draft → [`fleet::Fleet`]. Names are resolved and defaults chosen. A fleet exists only where no
//!    error was found.
//! 3. [`plan`]: fleet → [`plan::Plan`] for one environment: what every pod wears and who is admitted. Renderers add nothing.
//!
//! ```
//! use hedgerow_core::{fleet::Scope, name::*, plan::Plan, read::{Directories, Reader}, tree::{Directory, File}, verdict::Traffic};
//! let config = "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"]}\nenvironments: {prod: {stage: enforce}}\n";
//! let service = |path: &str, rules| Directory { path: path.into(), file: None, rules, faults: vec![], unread: vec![] };
//! let read = vec![
//!     service("service.emoji", vec![File::new("service.emoji/egress/service.ledger.rule", "")]),
//!     service("service.ledger", vec![]),
//! ];
//! let mut reader = Reader::new();
//! let config = reader.config(File::new("hedgerow.yaml", config));
//! let reading = reader.fleet(config, Directories::new(Scope::Whole, read), None);
//! let plan = Plan::new(reading.fleet.expect("no faults").into(), &EnvironmentName::new("prod")?).expect("declared");
//!
//! let (emoji, ledger) = (ServiceName::new("service.emoji")?, ServiceName::new("service.ledger")?);
//! let port = (80.try_into()?, Protocol::Tcp);
//! let traffic = |from, to| plan.verdict(from, to, port).map(|verdict| verdict.traffic);
//! assert_eq!(traffic(&emoji, &ledger), Some(Traffic::Permitted));
//! assert_eq!(traffic(&ledger, &emoji), Some(Traffic::Dropped));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A rule file's name is the grammar: `<callee>.rule`, in a rule directory below the caller's. What its optional text may say is
//! in [`draft::RuleDraft`]; names and their grammars are in [`name`]; labels are made and read by [`label`] and nowhere else.
//!
//! # What this crate does not do
//! It knows no Kubernetes object, no Calico, no disk, no clock and no terminal. It writes nothing.

pub mod catalogue;
pub mod check;
pub mod cidr;
pub mod date;
pub mod diag;
pub mod draft;
pub mod fleet;
pub mod guard;
pub mod label;
pub mod moves;
pub mod name;
pub mod nonempty;
pub mod plan;
pub mod policy;
pub mod read;
pub mod source;
pub mod tree;
pub mod unseen;
pub mod verdict;
