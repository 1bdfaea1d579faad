//! Rule files beside the code become pod labels and network policies inside the deploy: the library for deploy tools.
//!
//! A deploy is three steps. [`load`] reads what the deploy of one service needs. [`Loaded::plan`] decides, for one environment,
//! what every pod wears and who is admitted. [`Planned::patch`] puts both into manifests and changes no other byte.
//!
//! ```
//! use hedgerow::{Request, load};
//! # let (fleet, manifests) = (concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/bank"), "{apiVersion: apps/v1, kind: Deployment, metadata: {name: emoji}, spec: {template: {spec: {}}}}");
//!
//! let plan = load(&Request::service(fleet, "service.emoji")?)?.plan("staging")?;
//! let patched = plan.patch(manifests)?;
//! assert!(patched.text.contains("bank.example/egress-s-ledger"));
//! # Ok::<(), hedgerow::Error>(())
//! ```
//!
//! Every step gives a `Result` with one [`Error`]. Where files or manifests are at fault it holds all that is wrong, and shown it
//! says so: file, line, help. The feature `text` adds the lines concerned, as the command line prints them ([`Report::text`]).
//!
//! A plan also answers for itself: which labels, which objects.
//!
//! ```
//! use hedgerow::{Request, load, render::service_objects};
//! # let fleet = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/bank");
//!
//! let plan = load(&Request::whole(fleet))?.plan("prod")?;
//! let ledger = &plan.services()["service.ledger"];
//! assert_eq!(ledger.pods.write["bank.example/routing-name"].as_str(), "service.ledger");
//! let objects = service_objects(ledger, Some(&ledger.namespace));
//! assert!(objects[0].emit().starts_with("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"));
//! # Ok::<(), hedgerow::Error>(())
//! ```
//!
//! `examples/deploy_tool.rs` is a deploy tool in miniature. [`Loaded::inputs`] lists every file that was read, so that a build
//! knows when to deploy again; [`make_rule`] writes it down as a Makefile rule.
//!
//! # What this crate does not do
//! It runs no other program, talks to no cluster, and has no opinion: every rule of meaning is in [`core`], every manifest in
//! [`render`]. The command line is a crate of its own, `hedgerow-cli`: this one brings neither an argument parser nor C. The
//! feature `git` reads a fleet out of a git revision.

mod depfile;
mod deploy;
mod error;
mod load;
mod steps;
#[cfg(feature = "text")]
pub mod text;
mod write;

pub use depfile::make_rule;
pub use deploy::patch;
pub use error::{Error, Report};
pub use hedgerow_core as core;
pub use hedgerow_render as render;
pub use hedgerow_yaml as yaml;
pub use load::{
    LeftOut, Names, Parts, Read, Request, find_root, misnamed_config, names_below, read, read_catalogue, read_except,
    read_texts,
};
pub use steps::{Loaded, Patched, Planned, load};
pub use write::{FilesError, TEMPORARY, WriteError, write_file, write_files, write_unsynced};

/// A fleet as a git revision holds it, read out of the object database without a checkout.
#[cfg(feature = "git")]
pub mod git {
    pub use crate::load::{Repository, RevisionError};
}

/// The examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
