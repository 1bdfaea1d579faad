//! Entry point: arguments in, exit code out. Everything else is in the library.
#![allow(clippy::disallowed_methods, reason = "where arguments enter")]

/// The C library's keeps what many threads gave back, and musl's takes one lock for all.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    hedgerow_observer::cli::run(std::env::args_os())
}
