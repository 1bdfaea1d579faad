//! [SARIF 2.1.0], for code scanning.
//!
//! [SARIF 2.1.0]: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

use super::{Paths, severity};
use anyhow::Context;
use hedgerow_core::diag::{Code, Diagnostic, Mark};
use hedgerow_core::source::Sources;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) fn render(diagnostics: &[Diagnostic], sources: &Sources, paths: &Paths) -> anyhow::Result<String> {
    let codes: BTreeSet<Code> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    let rules = codes
        .iter()
        .map(|code| json!({"id": code.as_str(), "shortDescription": {"text": code.summary()}, "helpUri": code.page()}));
    let rules: Vec<_> = rules.collect();
    let results: Vec<_> = diagnostics.iter().map(|diagnostic| result(diagnostic, sources, paths)).collect();
    let report = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "hedgerow", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&report).context("diagnostics as SARIF")?;
    text.push('\n');
    Ok(text)
}

fn result(diagnostic: &Diagnostic, sources: &Sources, paths: &Paths) -> Value {
    let mut message = diagnostic.message.clone();
    for help in &diagnostic.help {
        message = format!("{message}\nhelp: {help}");
    }
    let mut locations = diagnostic.marks.iter().map(|mark| location(mark, sources, paths));
    let primary: Vec<_> = locations.next().into_iter().collect();
    let related: Vec<_> = locations.collect();
    let mut result = json!({
        "ruleId": diagnostic.code.as_str(),
        "level": severity(diagnostic.severity),
        "message": {"text": message},
        "locations": primary,
    });
    if !related.is_empty() {
        result["relatedLocations"] = json!(related);
    }
    result
}

fn location(mark: &Mark, sources: &Sources, paths: &Paths) -> Value {
    let position = sources.position(mark.span);
    let uri: String = paths.of(mark.span.source, sources).split('/').map(percent_encoded).collect::<Vec<_>>().join("/");
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": {"uri": uri},
            "region": {"startLine": position.line, "startColumn": position.column},
        },
    });
    if !mark.text.is_empty() {
        location["message"] = json!({"text": mark.text});
    }
    location
}

/// A part of a path as a part of a URI.
fn percent_encoded(part: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    part.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
