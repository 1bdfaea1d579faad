//! Reads source code and finds which service calls which.
mod eval;
mod format;
pub mod frontend;
mod infer;
pub mod ir;
mod pack;
mod pattern;
mod program;
mod reach;
mod value;
