//! One JSON object, version 1. The structures here are frozen: a change of the model must not change them.

use super::severity;
use anyhow::Context;
use hedgerow_core::diag::{Applicability, Diagnostic};
use hedgerow_core::source::{Sources, Span};
use serde::Serialize;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    diagnostics: Vec<JsonDiagnostic<'a>>,
}

#[derive(Serialize)]
struct JsonDiagnostic<'a> {
    code: &'a str,
    severity: &'a str,
    message: &'a str,
    marks: Vec<JsonMark<'a>>,
    help: &'a [String],
    page: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<JsonFix<'a>>,
}

#[derive(Serialize)]
struct JsonMark<'a> {
    text: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    applicability: &'a str,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    text: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
}

/// A place in a text.
#[derive(Serialize)]
pub(in crate::cli) struct Place<'a> {
    path: &'a str,
    line: usize,
    column: usize,
    start: usize,
    end: usize,
}

/// Where a span is, as JSON tells it.
pub(in crate::cli) fn place(span: Span, sources: &Sources) -> Place<'_> {
    let position = sources.position(span);
    let path = &sources.get(span.source).path;
    Place { path, line: position.line, column: position.column, start: span.start, end: span.end }
}

pub(super) fn render(diagnostics: &[Diagnostic], sources: &Sources) -> anyhow::Result<String> {
    let diagnostics = diagnostics.iter().map(|diagnostic| JsonDiagnostic {
        code: diagnostic.code.as_str(),
        severity: severity(diagnostic.severity),
        message: &diagnostic.message,
        marks: diagnostic
            .marks
            .iter()
            .map(|mark| JsonMark { text: &mark.text, place: place(mark.span, sources) })
            .collect(),
        help: &diagnostic.help,
        page: diagnostic.code.page(),
        fix: diagnostic.fix.as_ref().map(|fix| JsonFix {
            applicability: match fix.applicability {
                Applicability::Safe => "safe",
                Applicability::Unsafe => "unsafe",
                Applicability::DisplayOnly => "display-only",
            },
            edits: fix
                .edits
                .iter()
                .map(|edit| JsonEdit { text: &edit.text, place: place(edit.span, sources) })
                .collect(),
        }),
    });
    let report = Report { version: 1, diagnostics: diagnostics.collect() };
    let mut text = serde_json::to_string_pretty(&report).context("diagnostics as JSON")?;
    text.push('\n');
    Ok(text)
}
