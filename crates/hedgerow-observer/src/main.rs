//! Entry point: arguments in, exit code out. Everything else is in `cli`.
#![allow(clippy::disallowed_methods, reason = "where arguments enter")]

mod cli;
mod read;
mod wire;

fn main() -> std::process::ExitCode {
    cli::run(std::env::args_os())
}
