//! Any text: the fast path and the general path agree, edits keep their promises, nothing panics.
#![no_main]

#[path = "../../crates/hedgerow-yaml/tests/support/mod.rs"]
mod support;

use hedgerow_yaml::{RouteSet, decode};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static QUESTIONS: LazyLock<[RouteSet; 5]> = LazyLock::new(support::questions);
static LABELS: LazyLock<[RouteSet; 4]> = LazyLock::new(support::labels);

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = decode(bytes) {
        support::compare(text, &*QUESTIONS);
        support::compare_parts(text, &*QUESTIONS);
        for labels in &*LABELS {
            support::check_edits(text, labels);
        }
    }
});
