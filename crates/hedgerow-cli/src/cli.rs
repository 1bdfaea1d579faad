//! The command line: arguments, walking, printing, exit codes. No rule of meaning lives here.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "where the process meets the world")]

pub mod args;
mod cmd;
mod complete;
mod os;
mod report;
mod session;

pub use os::Os;

use args::Command;
use session::{Reported, Session};
use std::ffi::OsString;
use std::io;
use std::panic::AssertUnwindSafe;

/// How a run ended; the number is the process's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Done, nothing to complain of.
    Done = 0,
    /// Done, and something was found.
    Findings = 1,
    /// The command or its input is at fault.
    BadInput = 2,
    /// Hedgerow is at fault, or the machine.
    Internal = 3,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Runs one command line.
pub fn run(arguments: impl IntoIterator<Item = OsString>, os: &mut Os) -> Exit {
    let arguments = arguments.into_iter().collect();
    // Output is written whole at the end of a run, so a panic before it leaves nothing half-made behind.
    let exit = std::panic::catch_unwind(AssertUnwindSafe(|| dispatch(arguments, os)));
    let exit = exit.unwrap_or_else(|_| {
        let _closed = os.err("error: this is a fault of Hedgerow itself; please report it with the message above\n");
        Exit::Internal
    });
    os.finish(exit)
}

fn dispatch(arguments: Vec<OsString>, os: &mut Os) -> Exit {
    if let Some((shell, words)) = complete::asked(&arguments, os) {
        return finish(os, |os| complete::run(&shell, words, os));
    }
    // kustomize gives its plugins no say in their arguments: a function gets none, a legacy plugin gets a file.
    if let Some(host) = cmd::kustomize::host(&arguments, os) {
        return finish(os, |os| cmd::kustomize::run(&host, os));
    }
    let parsed = match args::parse(&arguments) {
        Ok(parsed) => parsed,
        Err(error) => {
            let is_answer = !error.use_stderr();
            let text = if os.colors(args::ColorChoice::Auto, is_answer) {
                error.render().ansi().to_string()
            } else {
                error.render().to_string()
            };
            let written = if is_answer { os.out(&text) } else { os.err(&text) };
            return match written {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Exit::Internal,
                _ if is_answer => Exit::Done,
                _ => Exit::BadInput,
            };
        }
    };
    finish(os, |os| {
        let mut session = Session::new(os, parsed.global);
        match parsed.command {
            Command::Init(args) => cmd::init::run(&mut session, &args),
            Command::Check(args) => cmd::check::run(&mut session, &args),
            Command::Render(args) => cmd::render::run(&mut session, &args),
            Command::Labels(args) => cmd::labels::run(&mut session, &args),
            Command::PostRender(args) => cmd::post_render::run(&mut session, &args),
            Command::Scan(args) => cmd::scan::run(&mut session, &args),
            Command::Callers(args) => cmd::questions::callers(&mut session, &args),
            Command::Callees(args) => cmd::questions::callees(&mut session, &args),
            Command::Why(args) => cmd::questions::why(&mut session, &args),
            Command::Diff(args) => cmd::diff::run(&mut session, &args),
            Command::CodeOwners(args) => cmd::codeowners::run(&mut session, &args),
            Command::Verify(args) => cmd::verify::run(&mut session, &args),
            Command::Graph(args) => cmd::graph::run(&mut session, &args),
            Command::Allow(args) => cmd::allow::run(&mut session, &args),
            Command::Import(args) => cmd::import::run(&mut session, &args),
            Command::List(args) => cmd::list::run(&mut session, &args),
            Command::Ready(args) => cmd::ready::run(&mut session, &args),
            Command::Reconcile(args) => cmd::reconcile::run(&mut session, &args),
            Command::Report(args) => cmd::report::run(&mut session, &args),
            Command::Catalogue(args) => cmd::catalogue::run(&mut session, &args),
            Command::Doctor(args) => cmd::doctor::run(&mut session, &args),
            Command::Explain(args) => cmd::explain::run(&mut session, &args),
            Command::Schema(args) => cmd::schema::run(&mut session, &args),
            Command::Completions(args) => cmd::shell::completions(&mut session, &args),
            Command::Man => cmd::shell::man(&mut session),
        }
    })
}

fn finish(os: &mut Os, run: impl FnOnce(&mut Os) -> anyhow::Result<Exit>) -> Exit {
    let error = match run(os) {
        Ok(exit) => return exit,
        Err(error) => error,
    };
    if let Some(Reported(exit)) = error.downcast_ref() {
        return *exit;
    }
    let broken = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(broken) {
        return Exit::Done;
    }
    let internal = error.downcast_ref::<session::Internal>().is_some();
    // There is nobody left to tell where standard error is closed.
    let _closed = os.err(&format!("error: {error:#}\n"));
    if internal { Exit::Internal } else { Exit::BadInput }
}
