//! Edges as text, CSV and JSON.

use super::Scanned;
use crate::cli::args::DiagnosticFormat;
use crate::cli::report::{self, Paths};
use hedgerow_core::diag::Diagnostic;
use hedgerow_scan::{Account, Edge, Evidence, Kind, Left, Outcome};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// One line per edge, by caller.
pub(super) fn text(scanned: &mut Scanned) -> String {
    let edges: Vec<Edge> = scanned.outcome.edges.values().cloned().collect();
    let mut text = String::new();
    let mut last = "";
    for edge in &edges {
        let Some(place) = scanned.own_place(edge) else { continue };
        if last != edge.caller {
            let _infallible = writeln!(text, "{}", edge.caller);
            last = &edge.caller;
        }
        let at = scanned.texts.line(&place);
        let _infallible = writeln!(text, "  -> {:<32} {:<9} {at}", edge.callee, edge.class().as_str());
    }
    text
}

/// `caller,callee,class,kind,port,file,line,target` with a header; the port is empty where the calls do not agree on one.
pub(super) fn csv(scanned: &mut Scanned) -> String {
    let edges: Vec<Edge> = scanned.outcome.edges.values().cloned().collect();
    let mut text = "caller,callee,class,kind,port,file,line,target\n".to_owned();
    for edge in &edges {
        let Some(first) = edge.evidence.first() else { continue };
        let Some(place) = scanned.own_place(edge) else { continue };
        let at = scanned.texts.line(&place);
        let (file, line) = at.rsplit_once(':').unwrap_or((&at, ""));
        let port = edge.port().map_or_else(String::new, |port| port.to_string());
        let (class, kind) = (edge.class().as_str(), kind(first.kind));
        let fields = [&edge.caller, &edge.callee, class, kind, &port, file, line, &first.target];
        let fields: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
        text.push_str(&fields.join(","));
        text.push('\n');
    }
    text
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Http => "http",
        Kind::Grpc => "grpc",
        Kind::Tcp => "tcp",
    }
}

/// The document of `--format json`, version 1.
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    edges: Vec<JsonEdge>,
    /// What was looked at of each service, and what was not.
    accounts: &'a BTreeMap<String, Account>,
    /// What is no single service's and was not understood.
    left: &'a [Left],
    diagnostics: serde_json::Value,
}

#[derive(Serialize)]
struct JsonEdge {
    caller: String,
    callee: String,
    class: &'static str,
    /// The port that all calls name; null where they do not agree on one.
    port: Option<u16>,
    evidence: Vec<JsonEvidence>,
}

#[derive(Serialize)]
struct JsonEvidence {
    class: &'static str,
    kind: &'static str,
    target: String,
    at: String,
    way: Vec<JsonHop>,
}

#[derive(Serialize)]
struct JsonHop {
    function: String,
    at: String,
}

/// One JSON object with edges, their ways, and the diagnostics as `check` prints them.
pub(super) fn json(scanned: &mut Scanned, diagnostics: &[Diagnostic]) -> anyhow::Result<String> {
    let edges: Vec<Edge> = scanned.outcome.edges.values().cloned().collect();
    let edges = edges.into_iter().map(|edge| JsonEdge {
        class: edge.class().as_str(),
        port: edge.port(),
        evidence: edge.evidence.iter().map(|evidence| json_evidence(scanned, evidence)).collect(),
        caller: edge.caller,
        callee: edge.callee,
    });
    let edges = edges.collect();
    let printed =
        report::render(diagnostics, &scanned.texts.sources, DiagnosticFormat::Json, false, &Paths::default())?;
    let diagnostics = serde_json::from_str(&printed)?;
    let Outcome { accounts, left, .. } = &scanned.outcome;
    let mut text = serde_json::to_string_pretty(&Document { version: 1, edges, accounts, left, diagnostics })?;
    text.push('\n');
    Ok(text)
}

fn json_evidence(scanned: &mut Scanned, evidence: &Evidence) -> JsonEvidence {
    JsonEvidence {
        class: evidence.class.as_str(),
        kind: kind(evidence.kind),
        target: evidence.target.clone(),
        at: scanned.texts.line(&evidence.place),
        way: evidence
            .way
            .iter()
            .map(|hop| JsonHop { function: hop.function.clone(), at: scanned.texts.line(&hop.place) })
            .collect(),
    }
}
