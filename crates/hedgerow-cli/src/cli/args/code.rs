//! What is written to find calls in code, and to have rules reviewed.

use super::DiagnosticFormat;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// How calls that were found are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScanFormat {
    /// For people
    Text,
    /// Comma-separated values with a header, one line per edge
    Csv,
    /// One JSON object with edges, ways and diagnostics
    Json,
    /// GitHub workflow commands, shown as annotations
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// `scan`
#[derive(Debug, Args)]
pub struct Scan {
    /// Only the calls of these services [default: all]
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    /// Compare with the rule files: missing and stale ones are errors
    #[arg(long, conflicts_with_all = ["write", "explain"])]
    pub check: bool,
    /// Write the rule files that are missing; nothing that exists is touched
    #[arg(long, conflicts_with = "explain")]
    pub write: bool,
    /// Also remove the rule files that the scan wrote (`origin: scan`) and whose call it no longer finds
    #[arg(long, requires = "write")]
    pub prune: bool,
    /// Say why CALLER calls CALLEE: the path from main to the call, or why there is none
    #[arg(long, num_args = 2, value_names = ["CALLER", "CALLEE"], conflicts_with = "services")]
    pub explain: Option<Vec<String>>,
    /// Keep results in this directory for the next run; it may be deleted at any time
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
    /// How to print what is found
    #[arg(long, value_enum, default_value_t = ScanFormat::Text)]
    pub format: ScanFormat,
}

/// `allow`
#[derive(Debug, Args)]
#[command(after_long_help = "Example:
  hedgerow allow service.emoji service.ledger --reason 'books what emoji cost'")]
pub struct Allow {
    /// The service that may call
    #[arg(value_name = "CALLER")]
    pub caller: String,
    /// The service that may be called
    #[arg(value_name = "CALLEE")]
    pub callee: String,
    /// Why, for whoever reviews the file
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Only these ports of the callee, by name or number [default: all that it declares]
    #[arg(long = "port", value_name = "PORT")]
    pub ports: Vec<String>,
    /// The last day on which the rule holds, as YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub expires: Option<String>,
}

/// A code host whose CODEOWNERS files can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CodeHost {
    /// Patterns of .gitignore; the last line that matches counts
    Github,
    /// Sections, exclusions, patterns of Ruby's File.fnmatch
    Gitlab,
}

/// `codeowners`
#[derive(Debug, Args)]
pub struct CodeOwners {
    /// The callees, by name or glob [default: every service that has an owner]
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    /// Only services of this type
    #[arg(long = "type", value_name = "TYPE")]
    pub of_type: Option<String>,
    /// Only services of this owner
    #[arg(long, value_name = "OWNER")]
    pub owner: Option<String>,
    /// Write owners as teams of this organisation: `finance` becomes `@ORG/finance`
    #[arg(long, value_name = "ORG")]
    pub org: Option<String>,
    /// The CODEOWNERS file [default: the one that the code host reads; where there is none, a new one in the first place where it looks]
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The code host that reads the file [default: guessed from where the file lies, else from `.github`, `.gitlab` or `.gitlab-ci.yml` in the repository]
    #[arg(long, value_enum, value_name = "HOST")]
    pub host: Option<CodeHost>,
    /// Check that the file holds the lines and that no other line overrides them
    #[arg(long, conflicts_with = "write")]
    pub check: bool,
    /// Write the lines into the file, between the marks `# hedgerow:begin` and `# hedgerow:end`
    #[arg(long)]
    pub write: bool,
    /// How to print what is found
    #[arg(long, value_enum, default_value_t = DiagnosticFormat::Text)]
    pub format: DiagnosticFormat,
}
