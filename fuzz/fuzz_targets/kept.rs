//! Any bytes as records of the observer's store: they are refused, or mean the same when they are written again.
#![no_main]

use hedgerow_observe::ledger::{Edge, Heard, KeptSource, Perch};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(edge) = Edge::from_record(bytes) {
        assert_eq!(Edge::from_record(&edge.to_record()), Ok(edge));
    }
    if let Ok(heard) = Heard::from_record(bytes) {
        assert!(heard.spans.is_sound());
        assert_eq!(Heard::from_record(&heard.to_record()), Ok(heard));
    }
    if let Ok(source) = KeptSource::from_record(bytes) {
        assert_eq!(KeptSource::from_record(&source.to_record()), Ok(source));
    }
    if let Ok(perch) = Perch::from_record(bytes) {
        assert_eq!(Perch::from_record(&perch.to_record()), Ok(perch));
    }
});
