//! What is written to ask about a fleet, and to draw it.

use super::{DiagnosticFormat, EnvironmentArg};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `list`
#[derive(Debug, Args)]
pub struct List {
    /// How to print the list
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
    pub format: AnswerFormat,
}

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AnswerFormat {
    /// For people
    Text,
    /// One JSON object
    Json,
    /// Comma-separated values with a header
    Csv,
}

/// `callers` and `callees`
#[derive(Debug, Args)]
pub struct Question {
    /// The service, or a glob of services such as `service.api.*`
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// The environment; decides the stage that is shown
    #[command(flatten)]
    pub environment: EnvironmentArg,
    /// Also indirect ones, with the path
    #[arg(long)]
    pub transitive: bool,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
    pub format: AnswerFormat,
}

/// `why`
#[derive(Debug, Args)]
pub struct Why {
    /// Who calls
    #[arg(value_name = "CALLER")]
    pub caller: String,
    /// Who is called
    #[arg(value_name = "CALLEE")]
    pub callee: String,
    /// On which port, by name or number [default: each port of the callee]
    #[arg(long, value_name = "PORT")]
    pub port: Option<String>,
    /// The environment
    #[command(flatten)]
    pub environment: EnvironmentArg,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
    pub format: AnswerFormat,
}

/// How a difference is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For a terminal
    Text,
    /// For a comment on a pull request
    Markdown,
    /// One JSON object
    Json,
    /// GitHub workflow commands, shown as annotations
    Github,
}

/// What makes a difference a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// The change permits a new call
    Added,
    /// Peers outside the fleet are let in, or a stage drops less
    Exposed,
    /// A move, such as from one stage to another, is not safe in one step
    Unsafe,
}

/// `diff`
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  hedgerow diff origin/main
  hedgerow diff origin/main --format markdown --fail-on exposed,unsafe
  hedgerow diff origin/main --observations seen.jsonl

With --observations a rule that goes says how often it is used and when it was seen last, or what it is worth that it was not seen.")]
pub struct Diff {
    /// What to compare with: a git revision, or a directory with a hedgerow.yaml; a revision without one is a fleet without
    /// services
    #[arg(value_name = "BASE")]
    pub base: String,
    /// What is compared with BASE: a git revision or a directory [default: the files on the disk]
    #[arg(value_name = "HEAD")]
    pub head: Option<String>,
    /// Where the fleet's root lies in the repository [default: where it lies in the work tree; the top of a bare one]
    #[arg(long, value_name = "PATH")]
    pub fleet: Option<String>,
    /// The catalogue of BASE, if the services of other repositories came from another catalogue
    #[arg(long, value_name = "FILE")]
    pub base_catalogue: Option<PathBuf>,
    /// What traffic showed, as `hedgerow-observer export` and `read` write it; - is standard input; may be given several times, for
    /// windows or clusters that do not overlap
    #[arg(long, value_name = "FILE")]
    pub observations: Vec<PathBuf>,
    /// Exit with 1 where this has changed
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    pub fail_on: Vec<FailOn>,
    /// How to print the difference
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    pub format: DiffFormat,
}

/// How the network is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// For Graphviz
    Dot,
    /// One JSON object, as in docs/schemas/graph.json
    Json,
    /// Comma-separated values with a header, one line per edge and per entry of `allow`
    Csv,
    /// For Markdown pages
    Mermaid,
    /// A picture
    Svg,
    /// One page for a browser, to search and explore; it needs no network
    Html,
}

/// `graph`
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  hedgerow graph --env prod --out network.html
  hedgerow graph --env prod --observations seen.jsonl --out network.html
  hedgerow graph --env prod --observations seen.jsonl --manifests rendered/ --format json

With --observations an edge that nobody used is dotted, and a call that nothing permits is thick and red.")]
pub struct Graph {
    /// The environment; decides the stages that are shown
    #[command(flatten)]
    pub environment: EnvironmentArg,
    /// Draw what a catalogue with rules lists instead of the fleet of this directory: many repositories in one picture
    #[arg(long, value_name = "FILE")]
    pub catalogue: Option<PathBuf>,
    /// What traffic showed, as `hedgerow-observer export` and `read` write it; - is standard input; may be given several times, for
    /// windows or clusters that do not overlap
    #[arg(long, value_name = "FILE")]
    pub observations: Vec<PathBuf>,
    /// Manifests, or directories of them: what publishes a service to the outside (LoadBalancer, NodePort, Ingress, routes) is drawn; may
    /// be given several times
    #[arg(long, value_name = "FILE")]
    pub manifests: Vec<PathBuf>,
    /// How to draw [default: as the name of --out ends (.html, .svg, .mmd, .dot, .csv, .json), else dot]
    #[arg(long, value_enum)]
    pub format: Option<GraphFormat>,
    /// Only services of this name or glob, with their callers and callees; may be given several times
    #[arg(long = "service", value_name = "SERVICE")]
    pub services: Vec<String>,
    /// Only services of this owner, with their callers and callees; may be given several times
    #[arg(long = "owner", value_name = "OWNER")]
    pub owners: Vec<String>,
    /// Only services of this type, with their callers and callees; may be given several times
    #[arg(long = "type", value_name = "TYPE")]
    pub types: Vec<String>,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `catalogue`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Catalogue {
    /// Only the stages of this environment [default: all]
    #[arg(long = "env", value_name = "ENV")]
    pub environment: Option<String>,
    /// Add the rules, with their files
    #[arg(long)]
    pub rules: bool,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// How to print what is found
    #[arg(long, value_enum, default_value_t = DiagnosticFormat::Text)]
    pub format: DiagnosticFormat,
    /// Other things to do with catalogues.
    #[command(subcommand)]
    pub action: Option<CatalogueAction>,
}

/// What can be done with catalogues.
#[derive(Debug, Subcommand)]
pub enum CatalogueAction {
    /// Make one catalogue from those of several repositories
    Merge(Merge),
}

/// `catalogue merge`
#[derive(Debug, Args)]
pub struct Merge {
    /// Catalogues, or `-` for standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// How to print what is found
    #[arg(long, value_enum, default_value_t = DiagnosticFormat::Text)]
    pub format: DiagnosticFormat,
}
