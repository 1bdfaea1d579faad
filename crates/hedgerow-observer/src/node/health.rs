//! The health port: whether this program lives, and how its sources do. Nothing else is told there, so it needs no token.

use super::state::{Shared, reports};
use crate::clock::now;
use crate::uplink::{Link, Status};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::fmt::Write as _;
use std::sync::Arc;
use tokio::sync::watch;

/// What is told.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) node: Arc<str>,
    pub(super) sources: Arc<[Shared]>,
    pub(super) link: Arc<Link>,
    pub(super) status: watch::Receiver<Status>,
}

/// The pages.
pub(super) fn pages(told: Told) -> Router {
    Router::new()
        .route("/-/healthy", get(async || "healthy\n"))
        .route("/-/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(told)
}

/// Ready is who has a collector. A node part without one works all the same, and keeps what it sees for a while.
async fn ready(State(told): State<Told>) -> Response {
    let status = told.status.borrow().clone();
    if status.is_connected {
        return (StatusCode::OK, "ready\n".to_owned()).into_response();
    }
    // Not why: that may name files and addresses.
    (StatusCode::SERVICE_UNAVAILABLE, "no connection to the collector\n".to_owned()).into_response()
}

async fn metrics(State(told): State<Told>) -> Response {
    let text = text(&told);
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
}

fn text(told: &Told) -> String {
    let now = now();
    let node = escaped(&told.node);
    let reports = reports(&told.sources, now);
    let mut out = String::new();
    let mut family = |name: &str, kind: &str, help: &str, lines: Vec<(String, String)>| {
        let _infallible = write!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        let suffix = if kind == "counter" { "_total" } else { "" };
        for (labels, value) in lines {
            let _infallible = writeln!(out, "{name}{suffix}{labels} {value}");
        }
    };
    let each = |value: &dyn Fn(&super::state::Report) -> String| {
        let line =
            |report: &super::state::Report| (format!("{{source=\"{}\",node=\"{node}\"}}", report.name), value(report));
        reports.values().map(line).collect::<Vec<_>>()
    };
    family(
        "hedgerow_source_up",
        "gauge",
        "Whether the source gives proof that it listens.",
        each(&|report| u8::from(report.is_up).to_string()),
    );
    family(
        "hedgerow_source_lost_records",
        "counter",
        "Records that are known to be lost before they were sent.",
        each(&|report| report.lost.to_string()),
    );
    family(
        "hedgerow_source_last_record_timestamp_seconds",
        "gauge",
        "When the last record came; 0 where none did.",
        each(&|report| seconds(report.last_record)),
    );
    let (batches, bytes) = told.link.size();
    let status = told.status.borrow().clone();
    let one = |value: String| vec![(format!("{{node=\"{node}\"}}"), value)];
    family(
        "hedgerow_link_up",
        "gauge",
        "Whether there is a connection to the collector.",
        one(u8::from(status.is_connected).to_string()),
    );
    family(
        "hedgerow_link_connections",
        "counter",
        "Connections that were made to the collector.",
        one(status.connections.to_string()),
    );
    family(
        "hedgerow_link_lost_calls",
        "counter",
        "Calls in batches that had no room while they waited for the collector.",
        one(told.link.lost().to_string()),
    );
    family("hedgerow_link_waiting_batches", "gauge", "Batches without a receipt.", one(batches.to_string()));
    family("hedgerow_link_waiting_bytes", "gauge", "Bytes of batches without a receipt.", one(bytes.to_string()));
    let version = env!("CARGO_PKG_VERSION");
    family(
        "hedgerow_build_info",
        "gauge",
        "The version.",
        vec![(format!("{{version=\"{version}\",part=\"node\"}}"), "1".to_owned())],
    );
    out += "# EOF\n";
    out
}

/// Microseconds as seconds, without rounding.
fn seconds(micros: i64) -> String {
    format!("{}.{:06}", micros / 1_000_000, (micros % 1_000_000).unsigned_abs())
}

/// A label's value.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
