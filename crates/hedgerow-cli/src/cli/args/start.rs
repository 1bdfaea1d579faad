//! What is written to begin with Hedgerow, and to learn about it.

use crate::schema::names;
use clap::Args;
use clap::builder::PossibleValuesParser;
use hedgerow_core::diag::Code;
use std::path::PathBuf;

/// `init`
#[derive(Debug, Args)]
pub struct Init {
    /// The domain of the labels that Hedgerow writes, one of your own
    #[arg(long, value_name = "DOMAIN", default_value = "example.com")]
    pub domain: String,
    /// Also write a service.yaml for each service that is found; files that are there stay as they are
    #[arg(long)]
    pub services: bool,
    /// Print what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// What is in a cluster, to see whether it has what `audit` needs: files or directories of objects, or `-` for standard input, such as
    /// `kubectl get crd,apiservice,daemonset -A -o yaml | hedgerow doctor -`
    #[arg(value_name = "DUMP")]
    pub dump: Vec<PathBuf>,
}

/// `explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// The code, such as `unknown-callee` [default: a list of all]
    #[arg(value_name = "CODE", hide_possible_values = true, value_parser = PossibleValuesParser::new(Code::ALL.iter().map(|code| code.as_str())))]
    pub code: Option<String>,
}

/// `schema`
#[derive(Debug, Args)]
pub struct Schema {
    /// `hedgerow`, `service` and `rule` are the files that people write; the others are what commands print
    #[arg(value_name = "NAME", value_parser = PossibleValuesParser::new(names()))]
    pub name: String,
}

/// `completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}
