//! What is written to compare rules with traffic, and to make rules of what others say.

use super::EnvironmentArg;
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use hedgerow_import::Source;
use std::path::PathBuf;

/// How `import` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportFormat {
    /// For people
    Text,
    /// One JSON object
    Json,
}

/// `import`
#[derive(Debug, Args)]
#[command(after_long_help = import_help())]
pub struct Import {
    /// What the files are
    #[arg(value_name = "SOURCE", value_parser = source_parser())]
    pub source: String,
    /// Files, directories of *.yaml, *.yml and *.json, or `-` for standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The environment whose namespaces and labels the files are about
    #[command(flatten)]
    pub environment: EnvironmentArg,
    /// The namespace of objects that name none [default: where all services live, or `default` if they live in several]
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Also write a rule for each service that comes in only with its whole namespace or with everybody [default: suggest an `allow` entry]
    #[arg(long)]
    pub each: bool,
    /// Write the rule files that are missing, with `origin: imported`; nothing that exists is touched
    #[arg(long)]
    pub write: bool,
    /// For traffic: a call that was seen and is wanted; may be given several times
    #[arg(long, num_args = 2, value_names = ["CALLER", "CALLEE"], action = clap::ArgAction::Append, requires = "write")]
    pub accept: Vec<String>,
    /// Exit with 1 where rule files say less or more than the source
    #[arg(long)]
    pub strict: bool,
    /// List everything, not only the first few of each kind
    #[arg(long)]
    pub all: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = ImportFormat::Text)]
    pub format: ImportFormat,
}

/// The sources, also by the names of the tools that speak them.
fn source_parser() -> PossibleValuesParser {
    let values = Source::ALL.iter().map(|source| {
        let value = clap::builder::PossibleValue::new(source.name());
        match source {
            Source::AccessPolicy => value.aliases(["nais", "skiperator"]),
            Source::Connlist => value.alias("np-guard"),
            Source::Goldmane => value.alias("whisker"),
            Source::Policies | Source::Otterize | Source::Istio | Source::Hubble | Source::Csv => value,
        }
    });
    PossibleValuesParser::new(values)
}

fn import_help() -> String {
    let mut text = "Sources:\n".to_owned();
    for source in Source::ALL {
        text += &format!("  {:14} {}\n", source.name(), source.about().replace('`', ""));
    }
    text + "
Examples:
  kubectl get networkpolicy,deployment,statefulset,namespace -A -o yaml | hedgerow import policies -
  hedgerow import otterize intents/ --write
  hedgerow import nais apps/ -n bank
  hedgerow import csv pairs.csv --strict
  hubble observe -o json | hedgerow import hubble - --write --accept service.emoji service.ledger

Traffic alone permits nothing: for hubble and goldmane, --write adds a rule only for a pair that --accept names.
Exit code 1: a piece of the input is not understood; with --strict also where rule files say less or more than the source."
}

/// How `ready` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReadyFormat {
    /// For people
    Text,
    /// One JSON object
    Json,
    /// A table and lists, for a comment or a wiki
    Markdown,
    /// GitHub workflow commands, shown as annotations
    Github,
}

/// `ready`
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  hedgerow-observer export --since 30d > seen.jsonl
  hedgerow ready --env prod --observations seen.jsonl
  hedgerow ready service.ledger --env prod --observations seen.jsonl
  hedgerow ready --env prod --observations seen.jsonl --write

`unknown` means that something was not watched; it is never ready. Exit code 0: all that were asked are ready.")]
pub struct Ready {
    /// These services, by name or glob such as `service.api.*` [default: all]
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    /// The environment.
    #[command(flatten)]
    pub environment: EnvironmentArg,
    /// What traffic showed, as `hedgerow-observer export` and `read` write it; - is standard input
    #[arg(long, value_name = "FILE")]
    pub observations: PathBuf,
    /// The number of days that must pass without a call that no rule permits
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub days: u32,
    /// Write `stage: {ENV: enforce}` into the service.yaml of those that are ready, and print the text of a pull request
    #[arg(long)]
    pub write: bool,
    /// Keep results in this directory for the next run; it may be deleted at any time
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t = ReadyFormat::Text)]
    pub format: ReadyFormat,
}

/// How `reconcile` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReconcileFormat {
    /// For people, grouped by owner
    Text,
    /// Lists by owner, for a comment or a wiki
    Markdown,
    /// One JSON object
    Json,
    /// GitHub workflow commands, shown as annotations
    Github,
    /// SARIF 2.1.0
    Sarif,
}

/// `reconcile`
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  hedgerow reconcile --env prod --observations seen.jsonl
  hedgerow reconcile --env prod --observations seen.jsonl --write --accept service.emoji service.ledger

Traffic alone permits nothing: --write adds a rule only for a pair that --accept names. A rule that nobody used is `stale` only where somebody
listened all the time; else it is `unknown`, which is no reason to remove it. Exit code 0: nothing is open.")]
pub struct Reconcile {
    /// The environment.
    #[command(flatten)]
    pub environment: EnvironmentArg,
    /// What traffic showed, as `hedgerow-observer export` and `read` write it; - is standard input
    #[arg(long, value_name = "FILE")]
    pub observations: PathBuf,
    /// The number of days that must be observed in full before an unused rule is called stale
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub days: u32,
    /// Also list the edges on which code, rules and traffic agree
    #[arg(long)]
    pub all: bool,
    /// Write the rule files of the pairs that --accept names, with `origin: observed`
    #[arg(long, requires = "accept")]
    pub write: bool,
    /// A call that traffic showed and that is wanted; may be given several times
    #[arg(long, num_args = 2, value_names = ["CALLER", "CALLEE"], action = clap::ArgAction::Append, requires = "write")]
    pub accept: Vec<String>,
    /// Keep results in this directory for the next run; it may be deleted at any time
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t = ReconcileFormat::Text)]
    pub format: ReconcileFormat,
}

/// How `report` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// One page for a browser or a printer; it needs no network
    Html,
    /// One JSON object, as in docs/schemas/report.json; the next report reads it by --history
    Json,
}

/// `report`
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  hedgerow report --env prod --observations seen.jsonl --out report.html
  hedgerow report --env prod --observations seen.jsonl --manifests rendered/ \\
    --history reports/2026-11-14.json --out report.html --out reports/2026-11-21.json

A report is of the day on which its observations end, unless --today says another. Progress over time is what --history gives: the last
report holds those before it.")]
pub struct Report {
    /// The environment.
    #[command(flatten)]
    pub environment: EnvironmentArg,
    /// What traffic showed, as `hedgerow-observer export` and `read` write it; - is standard input
    #[arg(long, value_name = "FILE")]
    pub observations: PathBuf,
    /// The number of days that must pass without a call that no rule permits
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub days: u32,
    /// Earlier reports, as --format json writes them
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub history: Vec<PathBuf>,
    /// Manifests, or directories of them: what publishes a service to the outside is listed; may be given several times
    #[arg(long, value_name = "FILE")]
    pub manifests: Vec<PathBuf>,
    /// Keep results in this directory for the next run; it may be deleted at any time
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
    /// Write to this file instead of standard output; may be given several times, such as once as .html and once as .json
    #[arg(long, value_name = "FILE")]
    pub out: Vec<PathBuf>,
    /// How to print [default: as the name of --out ends, else html]
    #[arg(long, value_enum)]
    pub format: Option<ReportFormat>,
}
