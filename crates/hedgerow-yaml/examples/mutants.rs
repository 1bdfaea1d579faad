//! Compares the fast path with the general path on many mutated manifests.
//!
//! `cargo run --release -p hedgerow-yaml --example mutants -- [COUNT [SEED]]` stops with the text of the first mutant on
//! which they differ, else prints what was compared.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::unwrap_used, reason = "a tool for the command line")]

#[path = "../tests/support/mod.rs"]
mod support;

use support::{Random, Tally, check_edits, compare, labels, mutant, questions};

fn main() {
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<u64>().unwrap());
    let count = numbers.next().unwrap_or(1_000_000);
    let seed = numbers.next().unwrap_or(1);
    let (questions, labels) = (questions(), labels());
    let mut random = Random(seed);
    let mut total = Tally::default();
    for number in 0..count {
        let text = mutant(&mut random);
        let tally = std::panic::catch_unwind(|| {
            check_edits(&text, &labels[number as usize % labels.len()]);
            compare(&text, &questions)
        });
        let Ok(tally) = tally else {
            println!("mutant {number} of seed {seed}:\n{text}");
            return;
        };
        total.fast += tally.fast;
        total.general += tally.general;
        total.invalid += tally.invalid;
    }
    println!("{count} mutants of seed {seed}, no difference: {total:?}");
}
