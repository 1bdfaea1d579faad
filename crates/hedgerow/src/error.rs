//! Why a step could not be done, with everything that is wrong.

use hedgerow_core::diag::{Diagnostic, Severity};
use hedgerow_core::name::{EnvironmentName, NameError};
use hedgerow_core::source::Sources;
use std::fmt;
use std::path::PathBuf;

/// Why a step could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no configuration.
    #[error("there is no `{}`; `hedgerow init` writes one", .0.display())]
    NoConfig(PathBuf),
    /// There is no configuration, and beside its place a file with nearly its name.
    #[error("there is no `{}`, but there is `{}`: rename it to `hedgerow.yaml`", path.display(), found.display())]
    #[non_exhaustive]
    MisnamedConfig {
        /// Where the configuration would be.
        path: PathBuf,
        /// The file that is there.
        found: PathBuf,
    },
    /// The root cannot be read.
    #[error("cannot read `{}`", path.display())]
    #[non_exhaustive]
    Root {
        /// The root as requested.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// Files of the fleet, or manifests, are at fault: everything that is wrong with them.
    #[error("{0}")]
    Faulty(Report),
    /// The fleet does not declare the environment.
    #[error("hedgerow.yaml declares no environment `{wanted}`; declared are: {}", list(declared))]
    #[non_exhaustive]
    NoEnvironment {
        /// The environment that was asked for.
        wanted: String,
        /// Those that are declared.
        declared: Vec<EnvironmentName>,
    },
    /// A name that cannot be one of its kind.
    #[error("`{name}` is not valid: it {reason}")]
    #[non_exhaustive]
    BadName {
        /// The name as it was given.
        name: String,
        /// What is wrong with it.
        reason: NameError,
    },
}

fn list(names: &[EnvironmentName]) -> String {
    names.iter().map(EnvironmentName::as_str).collect::<Vec<_>>().join(", ")
}

/// Diagnostics with the texts that they are about. Shown, it is a paragraph for each of them: place, message, help and the page
/// of its code.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// What was found, in the order of its places.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts.
    pub sources: Sources,
}

impl Report {
    /// A report of diagnostics about texts.
    #[must_use]
    pub const fn new(diagnostics: Vec<Diagnostic>, sources: Sources) -> Self {
        Self { diagnostics, sources }
    }

    /// Whether anything in it is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// The report with the lines concerned, as the command line prints it; `colors` writes ANSI escapes.
    #[cfg(feature = "text")]
    #[must_use]
    pub fn text(&self, colors: bool) -> String {
        crate::text::render(&self.diagnostics, &self.sources, colors)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, diagnostic) in self.diagnostics.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            if let Some(span) = diagnostic.span() {
                let position = self.sources.position(span);
                write!(f, "{}:{}:{}: ", self.sources.get(span.source).path, position.line, position.column)?;
            }
            let severity = match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            write!(f, "{severity}[{}]: {}", diagnostic.code.as_str(), diagnostic.message)?;
            for help in &diagnostic.help {
                write!(f, "\n  help: {help}")?;
            }
            write!(f, "\n  more: {}", diagnostic.code.read_on())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hedgerow_core::diag::Code;

    #[test]
    fn a_report_names_place_help_and_page() {
        let mut sources = Sources::default();
        let source = sources.add("service.a/service.yaml", "name: x\nprots: []\n");
        let diagnostics = vec![
            Diagnostic::new(Code::UnknownKey, "no key `prots`").mark(source.span(8, 13), "").help("write `ports`"),
            Diagnostic::new(Code::EmptyStream, "the stream holds no objects"),
        ];
        let report = Report::new(diagnostics, sources);
        assert!(report.has_errors());
        let expected = format!(
            "service.a/service.yaml:2:1: error[unknown-key]: no key `prots`\n  help: write `ports`\n  more: hedgerow explain \
             unknown-key, or {}\nwarning[empty-stream]: the stream holds no objects\n  more: hedgerow explain empty-stream, or {}",
            Code::UnknownKey.page(),
            Code::EmptyStream.page()
        );
        assert_eq!(report.to_string(), expected);
        assert_eq!(Error::Faulty(report).to_string(), expected);
    }
}
