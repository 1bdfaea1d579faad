//! Translates a finished plan into manifests.
//!
//! [`service_objects`] and [`platform_objects`] say which objects a plan asks for; [`k8s`] and [`calico`] say how each looks and
//! know nothing of each other. [`patch`](patch::patch) puts labels and objects into a stream of manifests; [`label_patch`] is for
//! tools that merge patches instead.
//!
//! # What this crate does not do
//! It reads no rule file and no disk, chooses no default (a plan is complete) and never writes what it was not given a
//! [`Plan`](hedgerow_core::plan::Plan) for, which exists only where no fault was found.

pub mod calico;
pub mod guard;
pub mod k8s;
mod labels;
pub mod object;
mod objects;
pub mod patch;
mod workload;

pub use labels::label_patch;
pub use objects::{platform_objects, service_objects};
pub use workload::pod_templates;
