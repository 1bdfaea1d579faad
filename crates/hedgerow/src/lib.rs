//! Hedgerow as a library, for deploy tools.

#[cfg(feature = "cli")]
pub mod cli;
mod depfile;
mod load;
mod write;

pub use depfile::make_rule;
pub use hedgerow_core as core;
pub use hedgerow_render as render;
pub use hedgerow_yaml as yaml;
pub use load::{LoadError, Loaded, Request, find_root, load, read_texts};
pub use write::{WriteError, write_file};
