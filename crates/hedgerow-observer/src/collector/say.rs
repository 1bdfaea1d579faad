//! What the collector tells whoever reads its log. The same thing is not told twice a minute.
#![allow(clippy::print_stderr, reason = "where text meets a person")]

use super::clock::{SECOND, now};
use hedgerow_observe::naming::Micros;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// How long nothing more is told of one topic.
const QUIET: Micros = 60 * SECOND;
/// How many topics are remembered.
const TOPICS: usize = 1_000;

static TOLD: Mutex<BTreeMap<String, Micros>> = Mutex::new(BTreeMap::new());

/// Tells one line, unless something was told of the topic within a minute.
pub(crate) fn say(topic: &str, text: &str) {
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    let at = now();
    if told.get(topic).is_some_and(|last| (0..QUIET).contains(&at.saturating_sub(*last))) {
        return;
    }
    if told.len() >= TOPICS {
        told.clear();
    }
    told.insert(topic.to_owned(), at);
    drop(told);
    eprintln!("{} {}", super::clock::written(at), plain(text));
}

/// Without line breaks and other characters that could make one line look like another.
fn plain(text: &str) -> String {
    hedgerow_core::unseen::replaced(text).take(2_000).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(super::plain("a\nb\x1b[31m"), "a\u{fffd}b\u{fffd}[31m");
    }
}
