//! Any text as the answer of a Prometheus, to each question: reading ends, and what comes of it has a text that reads again.
#![no_main]

use hedgerow_observe::observations::Observations;
use hedgerow_observe::scraped::{Window, observations, read};
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;

fuzz_target!(|text: &str| {
    let Ok(series) = read(text) else { return };
    let first = series.iter().flat_map(|series| &series.samples).map(|(at, _)| *at).min().unwrap_or_default();
    let from = first.clamp(0, 1 << 60).div_euclid(1_000_000) * 1_000_000;
    let window = Window { from, to: from + 200_000_000_000, callee: None, labels: BTreeMap::new() };
    if let Ok(told) = observations::<()>(&window, &mut |_| Ok(series.clone())) {
        let text = told.observations.to_text();
        assert_eq!(Observations::read(&text).map(|read| read.to_text()), Ok(text));
    }
});
