//! The commands, one file each.

pub(super) mod allow;
pub(super) mod catalogue;
pub(super) mod check;
pub(super) mod codeowners;
pub(super) mod diff;
pub(super) mod doctor;
mod evidence;
pub(super) mod explain;
pub(super) mod graph;
mod guard;
pub(super) mod import;
pub(super) mod init;
pub(super) mod kustomize;
pub(super) mod labels;
pub(super) mod list;
pub(super) mod post_render;
pub(super) mod questions;
pub(super) mod ready;
pub(super) mod reconcile;
pub(super) mod render;
pub(super) mod report;
mod rule_file;
pub(super) mod scan;
pub(super) mod schema;
mod seen;
pub(super) mod shell;
pub(super) mod verify;
