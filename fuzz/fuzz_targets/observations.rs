//! Any text as observations: reading ends, and what is accepted comes back from its own text.
#![no_main]

use hedgerow_observe::observations::Observations;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(read) = Observations::read(text) {
        let again = Observations::read(&read.to_text()).expect("it was written by us");
        assert_eq!((again.header, again.observed), (read.header, read.observed));
    }
});
