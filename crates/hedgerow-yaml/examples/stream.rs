//! Prints a stream as Helm renders them: `cargo run -p hedgerow-yaml --example stream -- KILOBYTES`.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::unwrap_used, reason = "a tool for the command line")]

#[path = "../tests/support/mod.rs"]
mod support;

fn main() {
    let kilobytes: usize = std::env::args().nth(1).map_or(1000, |argument| argument.parse().unwrap());
    print!("{}", support::stream::helm_like(kilobytes * 1000));
}
