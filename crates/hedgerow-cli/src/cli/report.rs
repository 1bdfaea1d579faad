//! Diagnostics as text or for machines; one file per format.

pub(super) mod github;
mod json;
mod markdown;
mod paths;
mod sarif;

pub(super) use hedgerow_core::diag::count;
pub(super) use json::{Place, place};
pub(super) use markdown::markdown_of;
pub(super) use paths::Paths;

use super::args::DiagnosticFormat;
use hedgerow_core::diag::{Diagnostic, Severity};
use hedgerow_core::source::Sources;

/// Diagnostics in the format asked for, ending in a line feed. What only GitHub reads has the paths that it knows.
///
/// # Errors
/// Where a format cannot be written, which is a fault of ours.
pub(super) fn render(
    diagnostics: &[Diagnostic],
    sources: &Sources,
    format: DiagnosticFormat,
    colors: bool,
    paths: &Paths,
) -> anyhow::Result<String> {
    match format {
        DiagnosticFormat::Text => Ok(hedgerow::text::render(diagnostics, sources, colors)),
        DiagnosticFormat::Json => json::render(diagnostics, sources),
        DiagnosticFormat::Github => Ok(github::render(diagnostics, sources, paths)),
        DiagnosticFormat::Sarif => sarif::render(diagnostics, sources, paths),
    }
}

/// `2 errors, 1 warning`, or nothing where there is neither.
pub(super) fn summary(diagnostics: &[Diagnostic]) -> Option<String> {
    let number = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let parts = [(number(Severity::Error), "error"), (number(Severity::Warning), "warning")];
    let parts: Vec<_> = parts.into_iter().filter(|(number, _)| *number > 0).map(|(n, noun)| count(n, noun)).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

pub(super) const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
