//! Rule files beside the code become pod labels and network policies inside the deploy: the library for deploy tools.
//!
//! A deploy is three steps. [`load`] reads a fleet from disk, whole or what the deploy of one service needs (or
//! [`read_texts`] takes the texts). [`core::plan::Plan`] decides, for one environment, what every pod wears and who is
//! admitted. [`render::patch::patch`] puts both into a stream of manifests and changes no other byte.
//!
//! ```
//! use hedgerow::{Request, load, core::{name::EnvironmentName, plan::Plan}, render::service_objects};
//! # let fleet = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/bank");
//! let loaded = load(&Request::whole(fleet))?;
//! let fleet = loaded.reading.fleet.ok_or("see loaded.reading.diagnostics")?;
//! let plan = Plan::new(fleet.into(), &EnvironmentName::new("prod")?).ok_or("no such environment")?;
//!
//! let ledger = &plan.services()["service.ledger"];
//! assert_eq!(ledger.pods.write["bank.example/routing-name"].as_str(), "service.ledger");
//! let objects = service_objects(ledger, Some(&ledger.namespace));
//! assert!(objects[0].emit().starts_with("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `examples/deploy_tool.rs` is such a tool in miniature. [`Loaded::inputs`] lists every file that was read, so that a build
//! knows when to deploy again; [`make_rule`] writes it down as a Makefile rule.
//!
//! # What this crate does not do
//! It runs no other program, talks to no cluster, and has no opinion: every rule of meaning is in [`core`], every manifest in
//! [`render`]. The command line is a crate of its own, `hedgerow-cli`: this one brings neither an argument parser nor C. The
//! feature `git` reads a fleet out of a git revision.

mod depfile;
mod deploy;
mod load;
mod write;

pub use depfile::make_rule;
pub use deploy::patch;
pub use hedgerow_core as core;
pub use hedgerow_render as render;
pub use hedgerow_yaml as yaml;
pub use load::{LoadError, Loaded, Parts, Request, find_root, load, read_catalogue, read_texts};
pub use write::{WriteError, write_file, write_unsynced};

/// A fleet as a git revision holds it, read out of the object database without a checkout.
#[cfg(feature = "git")]
pub mod git {
    pub use crate::load::{Repository, RevisionError};
}
