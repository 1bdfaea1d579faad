//! Entry point: arguments in, exit code out. Everything else is in the library.
#![allow(clippy::disallowed_methods, reason = "where arguments enter")]

fn main() -> std::process::ExitCode {
    hedgerow_observer::cli::run(std::env::args_os())
}
