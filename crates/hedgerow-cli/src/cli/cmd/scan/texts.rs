//! The texts that places of a scan point into, and what is said with them.

use crate::code::Fault;
use hedgerow_code::frontend::Language;
use hedgerow_core::diag::{Code, Diagnostic, Severity, enumerate};
use hedgerow_core::source::{SourceId, Sources, Span};
use hedgerow_scan::{Finding, Place};
use std::collections::{BTreeMap, BTreeSet};

/// The texts that places point into.
pub(in crate::cli::cmd) struct Texts {
    pub(in crate::cli::cmd) sources: Sources,
    /// Every file that the scan read, by its path.
    pub(in crate::cli::cmd) by_path: BTreeMap<String, String>,
    added: BTreeMap<String, SourceId>,
}

/// Files that could not be read. Their calls are missing, which the reader should know; the rest is done.
pub(in crate::cli::cmd) fn unread(faults: &[(String, Fault)]) -> Vec<Diagnostic> {
    // What is neither code that is read in depth nor a deploy file is in the account alone.
    let matters = |(path, fault): &&(String, Fault)| {
        *fault != Fault::Ignored
            && (Language::of(path).is_some()
                || [".yaml", ".yml", ".mod"].iter().any(|end| path.ends_with(end))
                || (matches!(fault, Fault::Unreadable(_)) && !path.contains('.')))
    };
    let tell = |(path, fault): &(String, Fault)| {
        let (code, reason) = match fault {
            Fault::Unreadable(reason) => (Code::Unreadable, reason.clone()),
            Fault::Encoding => (Code::InvalidEncoding, "it is not UTF-8".to_owned()),
            Fault::TooLarge(bytes) => (Code::Unreadable, format!("it has {bytes} bytes")),
            Fault::Ignored => (Code::Unreadable, fault.reason()),
        };
        Diagnostic::new(code, format!("`{path}` is not scanned: {reason}"))
            .severity(Severity::Warning)
            .help("if it is code that calls services, say so by a comment in code that is read")
    };
    faults.iter().filter(matters).map(tell).collect()
}

impl Texts {
    pub(super) const fn new(sources: Sources, by_path: BTreeMap<String, String>) -> Self {
        Self { sources, by_path, added: BTreeMap::new() }
    }

    /// The span of a place.
    pub(in crate::cli::cmd) fn span(&mut self, place: &Place) -> Span {
        let source = match self.added.get(&place.path) {
            Some(source) => *source,
            None => {
                let text = self.by_path.get(&place.path).cloned().unwrap_or_default();
                let source = self.sources.add(place.path.clone(), text);
                self.added.insert(place.path.clone(), source);
                source
            }
        };
        source.span(place.range.start as usize, place.range.end as usize)
    }

    /// `path:line` of a place.
    pub(in crate::cli::cmd) fn line(&mut self, place: &Place) -> String {
        let span = self.span(place);
        format!("{}:{}", place.path, self.sources.position(span).line)
    }

    /// `path:line` of many places: a path is said once for all its lines.
    fn lines(&mut self, places: &[&Place]) -> String {
        let mut by_path: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for place in places {
            let span = self.span(place);
            by_path.entry(&place.path).or_default().insert(self.sources.position(span).line);
        }
        let lines = |all: BTreeSet<usize>| all.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        let all = by_path.into_iter().map(|(path, all)| format!("{path}:{}", lines(all)));
        all.collect::<Vec<_>>().join("; ")
    }

    /// A finding as it is printed.
    pub(in crate::cli::cmd) fn diagnostic(&mut self, finding: &Finding) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(finding.code, finding.message.clone());
        let (shown, more) = finding.shown();
        for (place, text) in shown {
            let span = self.first_line(place);
            diagnostic = diagnostic.mark(span, text.clone());
        }
        if !more.is_empty() {
            diagnostic = diagnostic.help(format!("and {} more: {}", more.len(), self.lines(&more)));
        }
        for help in &finding.help {
            diagnostic = diagnostic.help(help.clone());
        }
        if finding.code == Code::UnresolvedCall && !finding.services.is_empty() {
            diagnostic = diagnostic.help(format!("it is reached by {}", listed(&finding.services)));
        }
        diagnostic
    }

    /// A place up to the end of its first line: a call may go on for a screen.
    pub(in crate::cli::cmd) fn first_line(&mut self, place: &Place) -> Span {
        let span = self.span(place);
        let length = self.sources.slice(span).lines().next().map_or(0, str::len);
        span.source.span(span.start, span.start + length)
    }
}

/// The services of a finding, as a person lists them: one that is not named here is asked about nowhere.
fn listed(services: &BTreeSet<String>) -> String {
    enumerate(services.iter().map(|name| format!("`{name}`")))
}
