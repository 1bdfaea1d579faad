//! Entry point: arguments in, exit code out. Everything else is in `cli`.
#![allow(clippy::disallowed_methods, reason = "where arguments enter")]

fn main() -> std::process::ExitCode {
    hedgerow::cli::run(std::env::args_os(), &mut hedgerow::cli::Os::new()).into()
}
