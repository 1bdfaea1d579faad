//! What can be written on the command line.

use crate::schema::names;
use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use hedgerow_core::diag::Code;
use hedgerow_core::name::Namespace;
use hedgerow_import::Source;
use std::ffi::OsString;
use std::path::PathBuf;

/// Rule files beside the code become pod labels and network policies inside the deploy.
///
/// `service.emoji/egress/service.ledger.rule` says that emoji may call ledger. Hedgerow puts a label on emoji's pods, writes
/// the one policy that lets that label in at ledger, and does both inside Helm, kustomize or your own deploy tool.
///
/// Exit codes: 0 done, 1 something was found, 2 bad use or bad input, 3 a fault of Hedgerow or the machine.
#[derive(Debug, Parser)]
#[command(name = "hedgerow", version, max_term_width = 100)]
pub struct Arguments {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// A command line of `post-render`, and of nothing else.
#[derive(Debug, Parser)]
struct OfHosts {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: HostCommand,
}

/// What hosts start once for each chart.
#[derive(Debug, Subcommand)]
enum HostCommand {
    PostRender(PostRender),
}

/// Reads a command line.
///
/// Most of what a small deploy costs is the definition of commands, so a host's is read by itself. Whatever that does not understand (help, faults,
/// other commands) is read with all of them.
///
/// # Errors
/// What clap says of a command line with a fault, or that asks for help.
pub fn parse(arguments: &[OsString]) -> Result<Arguments, clap::Error> {
    if arguments.iter().any(|argument| argument == "post-render")
        && let Ok(OfHosts { global, command: HostCommand::PostRender(command) }) = OfHosts::try_parse_from(arguments)
    {
        return Ok(Arguments { global, command: Command::PostRender(command) });
    }
    Arguments::try_parse_from(arguments)
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// The fleet's root, where hedgerow.yaml lies [default: the nearest directory upwards that holds one]
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,
    /// The configuration, where it is not hedgerow.yaml in the root
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// When to use colours
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN", global = true)]
    pub color: ColorChoice,
    /// Print errors only, no warnings and no summary
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print more about what is done
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// The day that decides which rules have expired, as YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DATE", global = true)]
    pub today: Option<String>,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look at a tree and write a commented hedgerow.yaml for it
    Init(Init),
    /// Read everything and print all that is wrong
    Check(Check),
    /// Print the policies of services, or of the platform
    Render(Render),
    /// Print the labels that a service's pods wear
    Labels(Labels),
    /// Add labels and policies to the manifests on standard input
    PostRender(PostRender),
    /// Find in the code which service calls which, and compare it with the rule files
    Scan(Scan),
    /// Write one rule file: let a service call another
    Allow(Allow),
    /// Make rule files of what other tools say: policies, intents, access policies, flows, pairs
    Import(Import),
    /// List the services with owner, type, stage, and how many call and are called
    List(List),
    /// Say who may call a service
    Callers(Question),
    /// Say whom a service may call
    Callees(Question),
    /// Say whether one service may call another, and which file says so
    Why(Why),
    /// Say what changes between two revisions or directories: edges, exposure, stages, whose review it needs
    Diff(Diff),
    /// Print the review lines of callees for CODEOWNERS, or check that no rule file gets past them
    #[command(name = "codeowners")]
    CodeOwners(CodeOwners),
    /// Say whether manifests allow exactly what the rules allow
    Verify(Verify),
    /// Say which services may be enforced, and why the others may not yet
    Ready(Ready),
    /// Put code, rules and traffic side by side, edge by edge
    Reconcile(Reconcile),
    /// Write how far the fleet is, what is open and what faces the internet on one page, for screen and paper
    Report(Report),
    /// Draw the network: who may call whom
    Graph(Graph),
    /// Print what others need to know of this fleet's services, in one document, or merge such documents
    Catalogue(Catalogue),
    /// Look at the programs on PATH, the plugins and the tree, and say what would keep Hedgerow from working
    Doctor(Doctor),
    /// Print what a diagnostic code means, why it matters and what to do
    Explain(Explain),
    /// Print the JSON Schema of a file, for an editor or a validator
    Schema(Schema),
    /// Print a script that completes commands, services, environments and codes in a shell
    Completions(Completions),
    /// Print the manual page
    Man,
}

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

/// The environment to plan for.
#[derive(Debug, Clone, Args)]
pub struct EnvironmentArg {
    /// The environment; may be left out where only one is declared
    #[arg(long = "env", value_name = "ENV")]
    pub environment: Option<String>,

    /// What a namespace is called there, where the files do not say it: for environments that come and go
    #[arg(long, value_name = "NAME=THERE", value_delimiter = ',', value_parser = namespace_pair)]
    pub namespaces: Vec<(Namespace, Namespace)>,
}

/// `bank=bank-pr-7`.
pub(crate) fn namespace_pair(text: &str) -> Result<(Namespace, Namespace), String> {
    let (written, there) = text.split_once('=').ok_or("write NAME=THERE, such as `bank=bank-pr-7`")?;
    let name = |text: &str| {
        Namespace::new(text.trim())
            .map_err(|error| format!("the namespace `{}` is not valid: it {error}", text.escape_debug()))
    };
    Ok((name(written)?, name(there)?))
}

/// How diagnostics are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiagnosticFormat {
    /// For people, with the lines concerned
    Text,
    /// One JSON object
    Json,
    /// GitHub workflow commands, shown as annotations
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// `check`
#[derive(Debug, Args)]
pub struct Check {
    /// The environment to plan for as well [default: all]
    #[arg(long = "env", value_name = "ENV")]
    pub environment: Option<String>,
    /// How to print what is found
    #[arg(long, value_enum, default_value_t = DiagnosticFormat::Text)]
    pub format: DiagnosticFormat,
    /// Name moves that are not safe in one step, such as from `off` to `enforce`, against a git revision or a directory
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
    /// The objects that a cluster needs once, instead of the services'
    #[arg(long, conflicts_with = "services")]
    pub platform: bool,
    /// The objects by which the API server refuses labels that nobody may put on, from `guard` in hedgerow.yaml; with --platform, both;
    /// with --service, what lets its account wear its labels
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
    /// Whose deploy it is: every workload that says nothing else is this service's, and only its files are read
    #[arg(long, value_name = "SERVICE")]
    pub service: Option<String>,
    /// Take unclaimed workloads and doubtful cases for errors
    #[arg(long)]
    pub strict: bool,
    /// Remove labels and policies of Hedgerow's that no rule backs, instead of refusing them
    #[arg(long)]
    pub prune: bool,
    /// Parse every document in full and fail on invalid YAML anywhere
    #[arg(long)]
    pub check: bool,
    /// Find pod templates in kinds that are not known, by their structure
    #[arg(long)]
    pub unknown_kinds: bool,
    /// Change and print nothing: fail where the manifests lack what Hedgerow would add, or where somebody changed it since
    #[arg(long, conflicts_with = "prune")]
    pub prove: bool,
    /// Write the files that were read to this file, in the form of a Makefile rule
    #[arg(long, value_name = "FILE")]
    pub depfile: Option<PathBuf>,
    /// How to print what is wrong
    #[arg(long, value_enum, default_value_t = DiagnosticFormat::Text)]
    pub format: DiagnosticFormat,
}

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
    /// Also remove rule files that back no call; files with `origin: manual` stay
    #[arg(long, requires = "write")]
    pub prune: bool,
    /// Say why CALLER calls CALLEE: the way from main to the call, or why there is none
    #[arg(long, num_args = 2, value_names = ["CALLER", "CALLEE"], conflicts_with = "services")]
    pub explain: Option<Vec<String>>,
    /// Keep what files say and what was found in this directory, and use it in the next run; it may be deleted at any time
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
    /// The service that is to call
    #[arg(value_name = "CALLER")]
    pub caller: String,
    /// The service that is to be called
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
    /// The namespace of objects that name none
    #[arg(short, long, value_name = "NAMESPACE", default_value = "default")]
    pub namespace: String,
    /// A rule for each service that comes in as one of many, with a whole namespace or with everybody [default: suggest an `allow` entry]
    #[arg(long)]
    pub each: bool,
    /// Write the rule files that are missing, with `origin: imported`; nothing that exists is touched
    #[arg(long)]
    pub write: bool,
    /// Of traffic: a call that was seen and that is meant; may be given several times
    #[arg(long, num_args = 2, value_names = ["CALLER", "CALLEE"], action = clap::ArgAction::Append, requires = "write")]
    pub accept: Vec<String>,
    /// Exit with 1 where rule files say less or more than the source
    #[arg(long)]
    pub strict: bool,
    /// List everything; of many of one kind the first few are shown
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

Traffic alone opens no door: of hubble and goldmane --write adds a rule only for a pair that --accept names.
Exit code 1: a piece of the input is not understood; with --strict also where rule files say less or more than the source."
}

/// `list`
#[derive(Debug, Args)]
pub struct List {
    /// How to print the list
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
    pub format: AnswerFormat,
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
    /// For how many days nothing may have come that no rule permits
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub days: u32,
    /// Write `stage: {ENV: enforce}` into the service.yaml of those that are ready, and print the text of a pull request
    #[arg(long)]
    pub write: bool,
    /// Keep what files say and what was found in this directory, and use it in the next run; it may be deleted at any time
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

Traffic alone opens no door: --write adds a rule only for a pair that --accept names. Exit code 0: nothing is open.")]
pub struct Reconcile {
    /// The environment.
    #[command(flatten)]
    pub environment: EnvironmentArg,
    /// What traffic showed, as `hedgerow-observer export` and `read` write it; - is standard input
    #[arg(long, value_name = "FILE")]
    pub observations: PathBuf,
    /// Also list the edges on which code, rules and traffic agree
    #[arg(long)]
    pub all: bool,
    /// Write the rule files of the pairs that --accept names, with `origin: observed`
    #[arg(long, requires = "accept")]
    pub write: bool,
    /// A call that traffic showed and that is meant; may be given several times
    #[arg(long, num_args = 2, value_names = ["CALLER", "CALLEE"], action = clap::ArgAction::Append, requires = "write")]
    pub accept: Vec<String>,
    /// Keep what files say and what was found in this directory, and use it in the next run; it may be deleted at any time
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
    /// For how many days nothing may have come that no rule permits
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub days: u32,
    /// Earlier reports, as --format json writes them
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub history: Vec<PathBuf>,
    /// Manifests, or directories of them: what publishes a service to the outside is listed; may be given several times
    #[arg(long, value_name = "FILE")]
    pub manifests: Vec<PathBuf>,
    /// Keep what files say and what was found in this directory, and use it in the next run; it may be deleted at any time
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
    /// Write to this file instead of standard output; may be given several times, such as once as .html and once as .json
    #[arg(long, value_name = "FILE")]
    pub out: Vec<PathBuf>,
    /// How to print [default: as the name of --out ends, else html]
    #[arg(long, value_enum)]
    pub format: Option<ReportFormat>,
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
    /// Also those that get there through others, with the way
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
    /// Somebody may call who might not before
    Added,
    /// Peers outside the fleet come in, or a stage keeps less out
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
    /// What is compared, in the same form [default: the files as they lie on the disk]
    #[arg(value_name = "HEAD")]
    pub head: Option<String>,
    /// Where the fleet's root lies in the repository [default: where it lies in the work tree; the top of a bare one]
    #[arg(long, value_name = "PATH")]
    pub fleet: Option<String>,
    /// The catalogue of BASE, where the services of other repositories were known by another one
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
    /// The file [default: the one that the code host reads, or a new one where it looks first]
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The code host whose grammar counts [default: told by where the file lies and by `.github`, `.gitlab`, `.gitlab-ci.yml`]
    #[arg(long, value_enum, value_name = "HOST")]
    pub host: Option<CodeHost>,
    /// Find out whether the file holds the lines and nothing overrules them
    #[arg(long, conflicts_with = "write")]
    pub check: bool,
    /// Write the lines into the file, between the marks `# hedgerow:begin` and `# hedgerow:end`
    #[arg(long)]
    pub write: bool,
    /// How to print what is found
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
    /// The namespace of objects that name none
    #[arg(short, long, value_name = "NAMESPACE", default_value = "default")]
    pub namespace: String,
    /// Every service must be among the manifests: with its pods, or, where there are no pods at all, with its policy
    #[arg(long)]
    pub complete: bool,
    /// How to print what is found
    #[arg(long, value_enum, default_value_t = DiagnosticFormat::Text)]
    pub format: DiagnosticFormat,
}

/// How the network is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// For Graphviz
    Dot,
    /// One JSON object, as in docs/schemas/graph.json
    Json,
    /// Comma-separated values with a header, one line per edge
    Csv,
    /// For Markdown pages
    Mermaid,
    /// A picture
    Svg,
    /// One page for a browser, to search and ask in; it needs no network
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
    /// How to draw [default: as the name of --out ends, else dot]
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
    /// Give the stages of this environment alone [default: of all]
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
    /// Make one catalogue of several, each of another repository
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

/// `completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is printed of a parsed command line, or of what is wrong with it.
    fn printed(parsed: Result<Arguments, clap::Error>) -> String {
        parsed.map_or_else(|error| error.render().to_string(), |arguments| format!("{arguments:?}"))
    }

    #[test]
    fn a_hosts_command_line_is_read_as_with_all_commands() {
        for line in [
            "post-render",
            "post-render --service service.emoji --env prod --strict --namespaces a=b,c=d",
            "-C /srv post-render --format json --depfile d -q",
            "-q post-render --today 2026-01-02 --color never",
            "--config post-render check",
            "--config post-render post-render --prove",
            "explain post-render",
            "allow post-render service.b",
            "help post-render",
            "post-render --help",
            "post-render -h",
            "post-render --version",
            "--version post-render",
            "post-render --servce a",
            "post-render --prove --prune",
            "post-render -q -v",
            "post-render extra",
            "post-render check",
            "post-rendr",
            "check",
            "",
        ] {
            let arguments: Vec<OsString> =
                std::iter::once("hedgerow").chain(line.split_whitespace()).map(OsString::from).collect();
            assert_eq!(printed(parse(&arguments)), printed(Arguments::try_parse_from(&arguments)), "{line}");
        }
    }
}
