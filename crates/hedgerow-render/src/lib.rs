//! Translates a finished plan into manifests.

pub mod calico;
pub mod k8s;
pub mod object;
mod objects;
pub mod patch;
mod workload;

pub use objects::{platform_objects, service_objects};
