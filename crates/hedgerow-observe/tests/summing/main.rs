//! Summing: records of every source become calls, each once. Recordings of a real Felix and kernel against the calls that were made, and laws 8
//! and 11 over generated histories.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that reads its data, and says aloud what it cannot test"
)]

#[path = "../shared/cases.rs"]
mod cases;
mod connections;
mod flows;
mod packets;
mod sums;

use hedgerow_observe::sum::{Call, Limits, Now, Span, Sums};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A moment by both clocks.
fn at(seconds: i64) -> Now {
    Now { unix: (1_800_000_000 + seconds) * 1_000_000, boot: (1_000 + seconds) * 1_000_000 }
}

fn sums() -> Sums {
    Sums::new(Limits::default())
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn total(calls: &BTreeMap<Call, Span>) -> u64 {
    calls.values().map(|span| span.count).sum()
}

/// Extracts of the fixtures, which are always there, and the whole ones beside this checkout where there are any.
fn fixtures(folder: &str, extension: &str) -> Vec<(String, Vec<u8>)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let whole = ["../../../shared", "../../../../shared"]
        .into_iter()
        .map(|up| root.join(up).join("fixtures/observation/felix").join(folder))
        .find(|path| path.is_dir());
    if whole.is_none() {
        eprintln!("the whole fixtures are not here (../shared): only the extracts of {folder} are read");
    }
    let mut found = Vec::new();
    for folder in [Some(root.join("../../testdata/observation").join(folder)), whole].into_iter().flatten() {
        let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let name = path.to_string_lossy().into_owned();
            if let Some(stem) = name.strip_suffix(extension) {
                found.push((stem.to_owned(), std::fs::read(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no {extension} in {folder}");
    found
}
