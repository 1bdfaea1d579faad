//! Laws 8 and 11 of the queue to the collector: whatever happens to the connection, what the collector keeps and what is said to be lost are
//! together what was seen.

#[path = "../../hedgerow-observe/tests/shared/cases.rs"]
mod cases;

use cases::cases;
use hedgerow_observer::link::{Batch, Counter, Source, Sum};
use hedgerow_observer::uplink::Queue;
use proptest::prelude::*;
use prost::Message as _;
use std::collections::{BTreeMap, BTreeSet};

const LIFE: u64 = 7;

fn batch(calls: u64, packets: u64, is_last: bool, padding: usize) -> Batch {
    let sum = Sum { source: "conntrack".into(), count: calls, prefix: "p".repeat(padding), ..Sum::default() };
    let counter = Counter { policy: "p".into(), counted: "allowed".into(), packets, ..Counter::default() };
    let source = Source { name: "conntrack".into(), heard: true, ..Source::default() };
    Batch {
        node: "n".into(),
        sums: vec![sum],
        counters: vec![counter],
        sources: if is_last { vec![source] } else { Vec::new() },
        ..Batch::default()
    }
}

/// A collector: keeps each batch once.
#[derive(Debug, Default)]
struct Collector {
    seen: BTreeSet<(u64, u64)>,
    calls: u64,
    packets: u64,
    inherited: u64,
    lost: u64,
    last: u64,
    /// Parts that were kept, by interval.
    parts: BTreeMap<i64, u64>,
    /// Intervals that are said to be heard.
    heard: Vec<i64>,
}

impl Collector {
    fn keep(&mut self, batch: &Batch) {
        if !self.seen.insert((batch.life, batch.sequence)) {
            return;
        }
        self.last = self.last.max(batch.sequence);
        self.calls += batch.sums.iter().map(|sum| sum.count).sum::<u64>();
        self.packets += batch.counters.iter().map(|counter| counter.packets).sum::<u64>();
        self.inherited += batch.counters.iter().map(|counter| counter.inherited).sum::<u64>();
        self.lost += batch.sources.iter().map(|source| source.lost).sum::<u64>();
        *self.parts.entry(batch.from).or_default() += 1;
        if batch.sources.iter().any(|source| source.heard && source.lost == 0 && !source.lost_unknown) {
            self.heard.push(batch.from);
        }
    }
}

#[derive(Clone, Debug)]
enum Act {
    Push {
        calls: u64,
        packets: u64,
        is_last: bool,
        padding: usize,
    },
    /// The next one arrives and is kept.
    Arrive,
    /// The next one is sent and gets lost.
    Vanish,
    /// A receipt of all that was kept.
    Receipt,
    Reconnect,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0u64..50, 0u64..50, prop::bool::weighted(0.8), 0usize..300)
            .prop_map(|(calls, packets, is_last, padding)| Act::Push { calls, packets, is_last, padding }),
        3 => Just(Act::Arrive),
        1 => Just(Act::Vanish),
        2 => Just(Act::Receipt),
        1 => Just(Act::Reconnect),
    ]
}

proptest! {
    #![proptest_config(cases(500))]
    #[test]
    fn what_is_kept_and_what_is_lost_are_what_was_seen(acts in prop::collection::vec(act(), 0..120), limit in 200usize..3_000) {
        let mut queue = Queue::new(LIFE, limit);
        let mut collector = Collector::default();
        let (mut calls, mut packets, mut pushed) = (0, 0, 0_usize);
        let (mut parts, mut interval) = (BTreeMap::<i64, u64>::new(), 0);
        for act in acts {
            match act {
                Act::Push { calls: more, packets: counted, is_last, padding } => {
                    calls += more;
                    packets += counted;
                    pushed += 1;
                    *parts.entry(interval).or_default() += 1;
                    queue.push(Batch { from: interval, ..batch(more, counted, is_last, padding) });
                    interval += i64::from(is_last);
                    let (waiting, bytes) = queue.size();
                    prop_assert!(bytes <= limit || waiting == 1, "{} bytes in {} batches", bytes, waiting);
                }
                Act::Arrive => {
                    if let Some(batch) = queue.next_to_send() {
                        prop_assert!(batch.life == LIFE && batch.sequence > 0);
                        collector.keep(&batch);
                    }
                }
                // A stream has an order: what comes after what got lost does not arrive either.
                Act::Vanish => {
                    while queue.next_to_send().is_some() {}
                    queue.reconnected();
                }
                Act::Receipt => queue.receipt(LIFE, collector.last),
                Act::Reconnect => queue.reconnected(),
            }
        }
        // In the end it comes through.
        for _ in 0..=pushed {
            queue.reconnected();
            while let Some(batch) = queue.next_to_send() {
                collector.keep(&batch);
                queue.receipt(LIFE, batch.sequence);
            }
        }
        prop_assert!(queue.is_empty());
        for interval in &collector.heard {
            prop_assert_eq!(collector.parts.get(interval), parts.get(interval), "interval {} is heard", interval);
        }
        // What was let go last is said with the next batch.
        queue.push(Batch { from: -1, ..batch(0, 0, true, 0) });
        collector.keep(&queue.next_to_send().unwrap());
        prop_assert!(collector.calls + collector.lost >= calls, "{} kept, {} lost of {}", collector.calls, collector.lost, calls);
        prop_assert!(collector.packets >= packets, "no counter is ever missing: {} of {}", collector.packets, packets);
        prop_assert!(collector.packets - collector.inherited <= packets, "what may be too much is said");
    }

    /// Without a loss of connection nothing is said twice.
    #[test]
    fn a_steady_connection_keeps_the_account_exact(
        batches in prop::collection::vec((0u64..50, 0u64..50, 0usize..300, any::<bool>()), 0..60),
        limit in 200usize..3_000,
    ) {
        let mut queue = Queue::new(LIFE, limit);
        let mut collector = Collector::default();
        let (mut calls, mut packets) = (0, 0);
        for (more, counted, padding, is_sent) in batches {
            calls += more;
            packets += counted;
            queue.push(batch(more, counted, true, padding));
            while is_sent && let Some(batch) = queue.next_to_send() {
                collector.keep(&batch);
                queue.receipt(LIFE, batch.sequence);
            }
        }
        queue.push(batch(0, 0, true, 0));
        while let Some(batch) = queue.next_to_send() {
            collector.keep(&batch);
            queue.receipt(LIFE, batch.sequence);
        }
        queue.push(batch(0, 0, true, 0));
        collector.keep(&queue.next_to_send().unwrap());
        prop_assert_eq!((collector.calls + collector.lost, collector.packets, collector.inherited), (calls, packets, 0));
    }
}

#[test]
fn a_collector_that_was_away_for_an_hour_gets_all_that_fits() {
    let mut queue = Queue::new(LIFE, 1 << 20);
    // A batch every ten seconds.
    for _ in 0..360 {
        queue.push(batch(5, 1, true, 500));
    }
    let mut collector = Collector::default();
    let mut sent = 0;
    while let Some(batch) = queue.next_to_send() {
        sent += 1;
        collector.keep(&batch);
        if sent % 5 == 0 {
            queue.receipt(LIFE, batch.sequence);
        }
    }
    assert_eq!((collector.calls, collector.lost, collector.packets), (360 * 5, 0, 360));
}

#[test]
fn not_too_much_is_under_way_and_other_lives_receipts_say_nothing() {
    let mut queue = Queue::new(LIFE, 1 << 20);
    for _ in 0..20 {
        queue.push(batch(1, 0, true, 0));
    }
    let under_way: Vec<u64> = std::iter::from_fn(|| queue.next_to_send()).map(|batch| batch.sequence).collect();
    assert_eq!(under_way, (1..=8).collect::<Vec<u64>>());
    assert!(queue.is_under_way());
    queue.receipt(LIFE + 1, 20);
    assert_eq!(queue.size().0, 20, "a receipt of another life");
    queue.receipt(LIFE, 3);
    assert_eq!(queue.size().0, 17);
    assert_eq!(queue.next_to_send().unwrap().sequence, 9);
    queue.reconnected();
    assert!(!queue.is_under_way());
    assert_eq!(queue.next_to_send().unwrap().sequence, 4, "from the first without a receipt");
    queue.receipt(LIFE, 20);
    assert_eq!(queue.size(), (0, 0));
}

#[test]
fn what_had_no_room_is_said_with_the_next_batch() {
    let one = batch(10, 3, true, 100).encoded_len() + 20;
    let mut queue = Queue::new(LIFE, one * 2);
    for calls in [10, 20, 30, 40] {
        let mut batch = batch(calls, 3, true, 100);
        batch.sources[0].lost = 1;
        batch.sources[0].lost_unknown = calls == 10;
        batch.sources[0].not_understood = 2;
        queue.push(batch);
    }
    // Two had no room: one was said with the fourth, the other waits to be said.
    let third = queue.next_to_send().unwrap();
    let fourth = queue.next_to_send().unwrap();
    let said = |batch: &Batch| {
        let source = &batch.sources[0];
        (source.lost, source.lost_unknown, source.not_understood, batch.counters[0].packets)
    };
    assert_eq!((third.sequence, fourth.sequence), (3, 4));
    assert_eq!(queue.lost(), 10 + 20);
    assert_eq!(said(&third), (1, false, 2, 3));
    assert_eq!(said(&fourth), (1 + 10 + 1, true, 2 + 2, 3 + 3));
    queue.receipt(LIFE, 4);
    // A part of an interval without sources does not say it, the last does.
    queue.push(batch(0, 0, false, 0));
    assert!(queue.next_to_send().unwrap().sources.is_empty());
    queue.push(batch(0, 0, true, 0));
    assert_eq!(said(&queue.next_to_send().unwrap()), (20 + 1, false, 2, 3));
}

/// An interval in two parts, of which only the last tells of its sources: without the first it was not heard.
#[test]
fn an_interval_without_its_first_part_is_not_heard() {
    let one = batch(10, 3, true, 100).encoded_len() + 20;
    let mut queue = Queue::new(LIFE, one);
    queue.push(batch(10, 3, false, 100));
    queue.push(batch(20, 4, true, 100));
    let last = queue.next_to_send().unwrap();
    let source = &last.sources[0];
    assert_eq!((last.sequence, source.heard, source.lost, source.lost_unknown), (2, true, 10, false));
    assert_eq!(last.counters[0].packets, 4, "it may be there already: counters wait for the next one");
    queue.receipt(LIFE, 2);
    queue.push(batch(0, 0, true, 0));
    let next = queue.next_to_send().unwrap();
    assert_eq!((next.sources[0].lost, next.counters[0].packets), (0, 3));
    // A part that goes before the last one is made.
    queue.receipt(LIFE, 3);
    queue.push(batch(0, 0, false, 100));
    queue.push(batch(5, 0, false, 100));
    queue.push(batch(0, 0, true, 0));
    let all: Vec<Batch> = std::iter::from_fn(|| queue.next_to_send()).collect();
    let source = &all.last().unwrap().sources[0];
    assert!(source.lost_unknown, "a sum of nothing is gone, too: {all:?}");
}
