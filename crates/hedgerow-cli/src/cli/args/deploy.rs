//! What is written to check rules and to put them into a deploy.

use super::{DiagnosticFormat, EnvironmentArg};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `check`
#[derive(Debug, Args)]
pub struct Check {
    /// Also check the plan of this environment only [default: of every environment]
    #[arg(long = "env", value_name = "ENV")]
    pub environment: Option<String>,
    /// How to print what is found
    #[arg(long, value_enum, default_value_t = DiagnosticFormat::Text)]
    pub format: DiagnosticFormat,
    /// Compare with a git revision or a directory, and name moves that are not safe in one step, such as from `off` to `enforce`
    #[arg(long, value_name = "BASE")]
    pub base: Option<String>,
}

/// `render`
#[derive(Debug, Args)]
pub struct Render {
    /// The environment
    #[command(flatten)]
    pub environment: EnvironmentArg,
    /// Only this service; may be given several times
    #[arg(long = "service", value_name = "SERVICE")]
    pub services: Vec<String>,
    /// Print the objects that each cluster needs once, instead of those of services
    #[arg(long, conflicts_with = "services")]
    pub platform: bool,
    /// Print the guard, by which the API server refuses labels from those who may not set them (`guard` in hedgerow.yaml). With --platform,
    /// print both; with --service, what lets that service's account set its labels
    #[arg(long)]
    pub guard: bool,
    /// Write one file per object into this directory instead of standard output
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How to print what is wrong
    #[arg(long, value_enum, default_value_t = DiagnosticFormat::Text)]
    pub format: DiagnosticFormat,
}

/// How labels are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LabelFormat {
    /// One label a line, `key=value`
    Text,
    /// One JSON object
    Json,
    /// A strategic-merge patch for a Deployment
    Patch,
}

/// `labels`
#[derive(Debug, Args)]
pub struct Labels {
    /// The service
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// The environment
    #[command(flatten)]
    pub environment: EnvironmentArg,
    /// How to print the labels
    #[arg(long, value_enum, default_value_t = LabelFormat::Text)]
    pub format: LabelFormat,
}

/// `post-render`
#[derive(Debug, Args)]
pub struct PostRender {
    /// The environment
    #[command(flatten)]
    pub environment: EnvironmentArg,
    /// The service that is deployed: workloads that no other service claims are taken for its own, and of other services only what its callees say of themselves is read
    #[arg(long, value_name = "SERVICE")]
    pub service: Option<String>,
    /// Treat unclaimed workloads and doubtful cases as errors, and parse every document in full, as with `--check`
    #[arg(long)]
    pub strict: bool,
    /// Remove Hedgerow's labels and policies that no rule asks for, instead of failing
    #[arg(long)]
    pub prune: bool,
    /// Parse every document in full and fail on invalid YAML anywhere
    #[arg(long)]
    pub check: bool,
    /// Find pod templates in unknown kinds by their structure
    #[arg(long)]
    pub unknown_kinds: bool,
    /// Change and print nothing: fail where the manifests lack what Hedgerow would add, or where somebody changed it since
    #[arg(long, conflicts_with = "prune")]
    pub prove: bool,
    /// Write a Makefile rule into this file that names all files which were read
    #[arg(long, value_name = "FILE")]
    pub depfile: Option<PathBuf>,
    /// How to print what is wrong
    #[arg(long, value_enum, default_value_t = DiagnosticFormat::Text)]
    pub format: DiagnosticFormat,
}

/// `verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// Manifests: files, directories of *.yaml, *.yml and *.json, or `-` for standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The environment
    #[command(flatten)]
    pub environment: EnvironmentArg,
    /// The namespace of objects that name none [default: where all services live, or `default` if they live in several]
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Fail if a service is missing from the manifests: its pods, or its policy if the manifests hold no pods at all
    #[arg(long)]
    pub complete: bool,
    /// How to print what is found
    #[arg(long, value_enum, default_value_t = DiagnosticFormat::Text)]
    pub format: DiagnosticFormat,
}
