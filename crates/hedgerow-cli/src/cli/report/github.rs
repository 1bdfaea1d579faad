//! GitHub [workflow commands], which show a diagnostic as an annotation on its line.
//!
//! [workflow commands]: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands

use super::{Paths, severity};
use hedgerow_core::diag::Diagnostic;
use hedgerow_core::source::Sources;

pub(super) fn render(diagnostics: &[Diagnostic], sources: &Sources, paths: &Paths) -> String {
    let lines = diagnostics.iter().map(|diagnostic| {
        let mut properties = String::new();
        if let Some(span) = diagnostic.span() {
            let position = sources.position(span);
            let path = property(&paths.of(span.source, sources));
            properties = format!("file={path},line={},col={},", position.line, position.column);
        }
        let mut message = diagnostic.message.clone();
        for help in &diagnostic.help {
            message = format!("{message}\nhelp: {help}");
        }
        message = format!("{message}\nmore: {}", diagnostic.code.read_on());
        let title = property(&format!("hedgerow: {}", diagnostic.code.as_str()));
        format!("::{} {properties}title={title}::{}\n", severity(diagnostic.severity), data(&message))
    });
    lines.collect()
}

/// One annotation of a file: `level` is `error`, `warning` or `notice`.
pub(in crate::cli) fn annotation(level: &str, file: &str, line: Option<usize>, title: &str, message: &str) -> String {
    let line = line.map(|line| format!(",line={line}")).unwrap_or_default();
    format!("::{level} file={}{line},title={}::{}\n", property(file), property(title), data(message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
