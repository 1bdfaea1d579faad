//! Any bytes, as the format after which the target is named: nothing panics, all of it is read or counted, and it is the same however it is cut.
#![no_main]

use hedgerow_observe::{Format, Record, Tally};
use libfuzzer_sys::fuzz_target;

fn read(format: Format, pieces: &[&[u8]]) -> (Vec<Record>, Tally) {
    let mut reader = format.reader();
    let mut records = Vec::new();
    for piece in pieces {
        reader.feed(piece, &mut |record| records.push(record));
    }
    reader.finish(&mut |record| records.push(record));
    (records, reader.tally().clone())
}

fuzz_target!(|bytes: &[u8]| {
    let name = env!("CARGO_BIN_NAME").trim_start_matches("observe-");
    let format = Format::named(name).expect("the target is named after a format");
    let _ = Format::detect(bytes);
    let whole = read(format, &[bytes]);
    assert_eq!(whole.0.len() as u64, whole.1.records);
    let (front, back) = bytes.split_at(bytes.first().map_or(0, |first| usize::from(*first) % (bytes.len() + 1)));
    assert_eq!(read(format, &[front, back]), whole);
});
