//! Reads source code and finds which service calls which.
mod calls;
mod config;
mod constraint;
mod deploy;
mod edge;
mod eval;
mod format;
pub mod frontend;
mod host;
mod infer;
mod inventory;
pub mod ir;
mod join;
mod pack;
mod pattern;
mod plain;
mod program;
mod reach;
mod scan;
mod value;

pub use config::ScanConfig;
pub use edge::{Class, Edge, Evidence, Finding, Hop, Outcome, Place};
pub use inventory::Service;
pub use pack::Kind;
pub use scan::{CodeFile, PlainFile, Tree, Want, in_parallel, rules, scan, wants};
