//! Reading fixtures and running readers.

use hedgerow_observe::{Format, Record, Tally};
use std::path::{Path, PathBuf};

/// Reads all of it at once.
pub(crate) fn read(format: Format, bytes: &[u8]) -> (Vec<Record>, Tally) {
    let mut reader = format.reader();
    let mut records = Vec::new();
    reader.feed(bytes, &mut |record| records.push(record));
    reader.finish(&mut |record| records.push(record));
    (records, reader.tally().clone())
}

/// Reads it in pieces.
pub(crate) fn read_cut(format: Format, pieces: &[&[u8]]) -> (Vec<Record>, Tally) {
    let mut reader = format.reader();
    let mut records = Vec::new();
    for piece in pieces {
        reader.feed(piece, &mut |record| records.push(record));
    }
    reader.finish(&mut |record| records.push(record));
    (records, reader.tally().clone())
}

/// Where the extracts of fixtures are.
pub(crate) fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/observation")
}

/// A file of the extracts.
pub(crate) fn file(name: &str) -> Vec<u8> {
    let path = testdata().join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The whole fixtures, where this checkout has them beside it.
pub(crate) fn shared() -> Option<PathBuf> {
    let found = ["../../../shared", "../../../../shared"].into_iter().find_map(|up| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(up).join("fixtures/observation");
        path.is_dir().then_some(path)
    });
    if found.is_none() {
        eprintln!(
            "skipped: the whole fixtures (../shared/fixtures/observation) are not here; the extracts in testdata/observation were tested"
        );
    }
    found
}

/// A file that may be compressed.
pub(crate) fn plain_or_gz(path: &Path) -> Option<Vec<u8>> {
    if path.exists() {
        return Some(std::fs::read(path).unwrap());
    }
    let packed = PathBuf::from(format!("{}.gz", path.display()));
    packed
        .exists()
        .then(|| std::process::Command::new("gzip").arg("-dc").arg(&packed).output().expect("gzip runs").stdout)
}
