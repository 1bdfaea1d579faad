//! Hedgerow as a library, for deploy tools.

mod load;
mod write;

pub use hedgerow_core as core;
pub use hedgerow_render as render;
pub use hedgerow_yaml as yaml;
pub use load::{LoadError, Loaded, Request, find_root, load, read_texts};
pub use write::{WriteError, write_file};
