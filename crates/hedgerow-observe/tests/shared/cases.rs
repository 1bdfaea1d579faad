//! How many cases a law is tried with.
#![allow(clippy::disallowed_methods, reason = "who starts the test says it")]

use proptest::prelude::ProptestConfig;

/// As many as `PROPTEST_CASES` says, else as many as are usual for the law.
pub(crate) fn cases(usual: u32) -> ProptestConfig {
    let given = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_some() { given } else { ProptestConfig { cases: usual, ..given } }
}
