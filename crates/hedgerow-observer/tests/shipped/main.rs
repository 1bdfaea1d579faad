//! What is shipped beside the program, `integrations/observer`, against the programs that it is for: manifests with real Helm, kustomize
//! and a real API server, alerts with real Prometheus and Alertmanager, the dashboard with Grafana's types and a seeded Prometheus.
//!
//! The programs come from `scripts/tools`. Where one is missing a test says so and passes; with `HEDGEROW_REQUIRE_TOOLS=1` it fails.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::wildcard_enum_match_arm,
    reason = "programs are started, files are read and written: that is what is tested"
)]

mod alerts;
mod bank;
mod canary;
mod dashboard;
mod fires;
mod journal;
mod manifests;
#[path = "../shared/namespace.rs"]
mod namespace;
mod observer;
#[path = "../shared/port.rs"]
mod port;
mod programs;
mod scraped;
mod whole;
