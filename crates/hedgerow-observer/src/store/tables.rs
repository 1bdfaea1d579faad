//! The tables of the file, and what stands in them.

use hedgerow_observe::ledger::{Canaries, Day, Tally, start_of};
use hedgerow_observe::naming::Micros;
use redb::TableDefinition;

/// The version of the form of the file.
pub(super) const FORMAT: i64 = 1;

pub(super) type KeptCanaries = (u64, u64, Option<i64>, Option<i64>);

pub(super) const META: TableDefinition<'_, &str, i64> = TableDefinition::new("meta");
pub(super) const EDGES: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("edges");
pub(super) const CALLS: TableDefinition<'_, (i32, u32), (u64, i64, i64)> = TableDefinition::new("calls");
pub(super) const TOTALS: TableDefinition<'_, u32, (u64, i64, i64)> = TableDefinition::new("totals");
pub(super) const SOURCES: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("sources");
pub(super) const HEARD: TableDefinition<'_, (i32, u32), &[u8]> = TableDefinition::new("heard");
pub(super) const CANARIES: TableDefinition<'_, (i32, &str), KeptCanaries> = TableDefinition::new("canaries");
pub(super) const PERCHES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("perches");
/// Calls of canaries that nobody has seen yet, by callee.
pub(super) const WAITING: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("waiting");
pub(super) const NODES: TableDefinition<'_, u32, (&str, i64, Option<i64>)> = TableDefinition::new("nodes");
pub(super) const RAN: TableDefinition<'_, (i32, &str), Vec<u32>> = TableDefinition::new("ran");
pub(super) const JUDGED: TableDefinition<'_, &str, (&str, i64)> = TableDefinition::new("judged");
pub(super) const FINISHED: TableDefinition<'_, (&str, &str), Vec<i64>> = TableDefinition::new("finished");
pub(super) const CAPPED: TableDefinition<'_, &str, u64> = TableDefinition::new("capped");
/// Sequence, and a number that grows with each batch: the oldest lives go first.
pub(super) const BATCHES: TableDefinition<'_, (&str, u64), (u64, u64)> = TableDefinition::new("batches");

pub(super) fn moment(day: Day, millis: u32) -> Micros {
    start_of(day).saturating_add(Micros::from(millis) * 1000)
}

pub(super) fn tally((count, first, last): (u64, i64, i64)) -> Tally {
    Tally { count, first, last }
}

pub(super) fn canaries((sent, seen, last_seen, missed): KeptCanaries) -> Canaries {
    Canaries { sent, seen, last_seen, missed }
}
