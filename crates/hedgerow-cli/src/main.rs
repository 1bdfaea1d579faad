//! Entry point: arguments in, exit code out. Everything else is in `cli`.
#![allow(clippy::disallowed_methods, reason = "where arguments enter")]

// A scan holds what thousands of files say while it parses the next one. From an allocator of their own the facts do not lie
// between the pieces of the syntax tree, which C code takes from the system's: parsing is as fast as if it were alone.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    hedgerow_cli::run(std::env::args_os(), &mut hedgerow_cli::Os::new()).into()
}
