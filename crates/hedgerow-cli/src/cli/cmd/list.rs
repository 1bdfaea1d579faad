//! `hedgerow list`: the services, with who answers for them and how far they are.

use super::questions::counts;
use crate::cli::Exit;
use crate::cli::args::{AnswerFormat, DiagnosticFormat, List};
use crate::cli::report::count;
use crate::cli::session::Session;
use hedgerow_core::fleet::Scope;
use hedgerow_core::name::TypeName;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The JSON form, version 1.
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    services: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    service: &'a str,
    directory: &'a str,
    namespace: &'a str,
    owner: Option<&'a str>,
    r#type: Option<&'a str>,
    /// By environment.
    stages: BTreeMap<&'a str, &'static str>,
    /// How many services may call it, by rule or by type.
    callers: usize,
    /// How many it may call.
    callees: usize,
}

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &List) -> anyhow::Result<Exit> {
    let loaded = session.load(Scope::Whole, DiagnosticFormat::Text)?;
    let fleet = &loaded.fleet;
    let counts = counts(fleet)?;
    let config = fleet.config();
    let rows = fleet.services().map(|service| {
        let (callers, callees) = counts.get(service.name.as_str()).copied().unwrap_or_default();
        Row {
            service: service.name.as_str(),
            directory: &service.directory,
            namespace: service.namespace.as_str(),
            owner: service.owner.as_deref(),
            r#type: service.service_type.as_ref().map(TypeName::as_str),
            stages: config.stages_of(service).map(|(name, stage)| (name.as_str(), stage.as_str())).collect(),
            callers,
            callees,
        }
    });
    let rows: Vec<Row<'_>> = rows.collect();
    let text = match args.format {
        AnswerFormat::Text => text(&rows),
        AnswerFormat::Json => serde_json::to_string_pretty(&Document { version: 1, services: rows })? + "\n",
        AnswerFormat::Csv => csv(&rows),
    };
    session.out(&text)?;
    session.note(&format!("{}\n", count(fleet.services().count(), "service")));
    Ok(Exit::Done)
}

/// Columns as wide as what stands in them.
fn text(rows: &[Row<'_>]) -> String {
    let mut table: Vec<Vec<String>> =
        vec![["SERVICE", "OWNER", "TYPE", "CALLERS", "CALLEES", "STAGE"].map(str::to_owned).to_vec()];
    for row in rows {
        let stages: Vec<String> = row.stages.iter().map(|(name, stage)| format!("{name}={stage}")).collect();
        table.push(vec![
            row.service.to_owned(),
            row.owner.unwrap_or("-").to_owned(),
            row.r#type.unwrap_or("-").to_owned(),
            row.callers.to_string(),
            row.callees.to_string(),
            stages.join(" "),
        ]);
    }
    let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6).map(width).collect();
    let mut out = String::new();
    for row in &table {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        let _ = writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    out
}

fn csv(rows: &[Row<'_>]) -> String {
    let mut out = "service,namespace,owner,type,callers,callees,stages\n".to_owned();
    for row in rows {
        let stages: Vec<String> = row.stages.iter().map(|(name, stage)| format!("{name}={stage}")).collect();
        let cells = [
            row.service,
            row.namespace,
            row.owner.unwrap_or(""),
            row.r#type.unwrap_or(""),
            &row.callers.to_string(),
            &row.callees.to_string(),
            &stages.join(" "),
        ];
        let cells: Vec<String> = cells.iter().map(|cell| cell_of(cell)).collect();
        let _ = writeln!(out, "{}", cells.join(","));
    }
    out
}

/// RFC 4180: quotes around what holds a comma or a quote.
fn cell_of(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
