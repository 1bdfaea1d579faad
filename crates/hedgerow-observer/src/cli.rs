//! The command line: arguments, what goes to which stream, exit codes.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the command line is where text meets a person")]

use crate::read::{self, Read};
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

/// Who calls whom without a rule.
#[derive(Debug, Parser)]
#[command(name = "hedgerow-observer", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Turn files of a source's format into records, one JSON object a line
    Read(Read),
    /// Listen to this node's sources, and send what they saw to the collector
    #[cfg(target_os = "linux")]
    Node(Box<crate::node::Node>),
    /// Name, judge, keep and serve what node parts see
    #[cfg(unix)]
    Collector(Box<crate::collector::Collector>),
    /// Call services so that the sources must see it, and tell the collector what was sent
    #[cfg(unix)]
    Canary(Box<crate::canary::Canary>),
    /// Print what the collector has observed, through the API server of the kubeconfig
    Export(Box<crate::export::Export>),
}

/// Runs one command line. 0: done; 1: done, and with `--strict` something was not understood; 2: the command or a file is at fault.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let is_answer = !error.use_stderr();
            // A closed pipe is nobody's fault.
            let _closed = error.print();
            return if is_answer { ExitCode::SUCCESS } else { ExitCode::from(2) };
        }
    };
    let command = match arguments.command {
        Command::Read(command) => command,
        #[cfg(target_os = "linux")]
        Command::Node(command) => return ended(crate::node::run(*command)),
        #[cfg(unix)]
        Command::Collector(command) => return ended(crate::collector::run(&command)),
        #[cfg(unix)]
        Command::Canary(command) => return ended(crate::canary::run(&command)),
        Command::Export(command) => {
            let result = crate::export::run(&command, std::io::stdout().lock());
            return ended(result.map(|summary| eprintln!("{}", summary.line())));
        }
    };
    match read::run(&command, std::io::stdout().lock()) {
        Ok(summary) => {
            for line in summary.lines {
                eprintln!("{line}");
            }
            if command.strict && summary.not_understood > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS }
        }
        Err(error) if read::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn ended(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if read::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
