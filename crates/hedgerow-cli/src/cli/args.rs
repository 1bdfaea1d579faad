//! What can be written on the command line.

mod code;
mod deploy;
mod questions;
mod start;
mod traffic;

pub use code::*;
pub use deploy::*;
pub use questions::*;
pub use start::*;
pub use traffic::*;

use clap::{Args, Parser, Subcommand, ValueEnum};
use hedgerow_core::name::Namespace;
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
    /// The date by which rules count as expired, as YYYY-MM-DD [default: today]
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
    /// Read everything and print all faults
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
    /// Make rule files from those of other tools: policies, intents, access policies, flows, pairs
    Import(Import),
    /// List the services with owner, type, stage, and the number of callers and callees
    List(List),
    /// Say who may call a service
    Callers(Question),
    /// Say which services a service may call
    Callees(Question),
    /// Say whether one service may call another, and which file says so
    Why(Why),
    /// Say what changes between two revisions or directories: edges, exposure, stages, and who must review it
    Diff(Diff),
    /// Print the review lines of callees for CODEOWNERS, or check that they cover all rule files
    #[command(name = "codeowners")]
    CodeOwners(CodeOwners),
    /// Say whether manifests allow exactly what the rules allow
    Verify(Verify),
    /// Say which services may be enforced, and why the others may not yet
    Ready(Ready),
    /// Put code, rules and traffic side by side, edge by edge
    Reconcile(Reconcile),
    /// Write a report of one page: progress, open questions and what faces the internet
    Report(Report),
    /// Draw the network: who may call whom
    Graph(Graph),
    /// Print the catalogue of this fleet's services for other repositories, or merge catalogues
    Catalogue(Catalogue),
    /// Look at the programs on PATH, the plugins and the tree, and say what would prevent Hedgerow from working
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

/// The environment to plan for.
#[derive(Debug, Clone, Args)]
pub struct EnvironmentArg {
    /// The environment; needed only if several are declared
    #[arg(long = "env", value_name = "ENV")]
    pub environment: Option<String>,

    /// Another name for a namespace in this environment; for short-lived environments that no file names
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
