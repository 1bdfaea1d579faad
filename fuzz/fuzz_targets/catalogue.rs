//! Any text as a catalogue: reading ends, and what is accepted comes back from its own text.
#![no_main]

use hedgerow_core::catalogue::merge;
use hedgerow_core::diag::Diagnostic;
use hedgerow_core::read::catalogues;
use hedgerow_core::tree::File;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (drafts, mut diagnostics, _) = catalogues(vec![File::new("a.json", text)]);
    let merged = merge(&drafts, &mut diagnostics);
    if let Some(merged) = merged.filter(|_| !diagnostics.iter().any(Diagnostic::is_error)) {
        let printed = merged.to_text();
        let (again, faults, _) = catalogues(vec![File::new("b.json", printed.clone())]);
        assert!(faults.is_empty(), "{faults:?}\n{printed}");
        assert_eq!(again[0].catalogue.to_text(), printed);
    }
});
