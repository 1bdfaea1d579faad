//! What is written to begin with Hedgerow, and to learn about it.

use crate::schema::names;
use clap::Args;
use clap::builder::PossibleValuesParser;
use hedgerow_core::diag::Code;
use hedgerow_import::Why;
use std::path::PathBuf;

/// `init`
#[derive(Debug, Args)]
pub struct Init {
    /// The domain of the labels that Hedgerow writes, one of your own
    #[arg(long, value_name = "DOMAIN", default_value = "example.com")]
    pub domain: String,
    /// Only the workloads of this deployment, under their names: a file, a directory or a glob of manifests, charts, compose files or an
    /// AppHost; may be given several times
    #[arg(long, value_name = "PATH")]
    pub deploy: Vec<String>,
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
    /// `kubectl get crd,apiservice,daemonset,deployment,node -A -o yaml | hedgerow doctor -`
    #[arg(value_name = "DUMP")]
    pub dump: Vec<PathBuf>,
}

/// `explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// The code, such as `unknown-callee`, or a kind of what `import` tells, such as `outside-caller` [default: a list of all]
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

/// What `explain` explains. A kind that is called like a code is told on its page.
pub fn explained() -> impl Iterator<Item = &'static str> + Clone {
    let is_code = |why: &&Why| Code::ALL.iter().any(|code| code.as_str() == why.as_str());
    Code::ALL
        .iter()
        .map(|code| code.as_str())
        .chain(Why::ALL.iter().filter(move |why| !is_code(why)).map(|why| why.as_str()))
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
