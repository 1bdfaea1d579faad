//! Laws 8 and 11 of the sums themselves.

use super::{at, ip, total};
use hedgerow_observe::sum::{Began, Call, Limits, Now, Place, Said, Sums};
use hedgerow_observe::{Protocol, When};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn call(caller: u32, port: u16) -> Call {
    Call {
        caller: Place::at(std::net::Ipv4Addr::from(0x0a00_0000 + caller).into()),
        callee: Place::at(ip("10.9.9.9")),
        port,
        protocol: Protocol::TCP,
        said: Said::Unsaid,
        began: Began::Now,
        prefix: None,
        policy: None,
    }
}

proptest! {
    /// Whatever is fed, in whatever order and however often it is taken: summed + lost = fed, within the limits, and each line is right.
    #[test]
    fn nothing_is_hidden(
        calls in prop::collection::vec((0u32..40, 0u16..4, 0i64..100, 0u64..5, prop::bool::weighted(0.05)), 0..400),
        lines in 1usize..60,
        bytes in 100usize..20_000,
    ) {
        let mut sums = Sums::new(Limits { lines, bytes });
        let (mut fed, mut summed, mut lost) = (0, 0, 0);
        let mut take = |sums: &mut Sums| {
            let (taken, gone) = sums.take();
            assert!(taken.len() <= lines);
            assert!(taken.len() * 200 <= bytes, "{} lines in {bytes} bytes", taken.len());
            summed += total(&taken);
            lost += gone;
        };
        for (caller, port, second, count, is_taken) in calls {
            sums.add(call(caller, port), second, count);
            fed += count;
            if is_taken {
                take(&mut sums);
            }
        }
        take(&mut sums);
        prop_assert_eq!(summed + lost, fed);
    }

    /// Within the limits each line has its own first, last and count.
    #[test]
    fn each_line_is_right(calls in prop::collection::vec((0u32..10, 0u16..3, -50i64..50, 1u64..5), 0..200)) {
        let mut sums = Sums::new(Limits::default());
        let mut truth: BTreeMap<Call, (i64, i64, u64)> = BTreeMap::new();
        for (caller, port, second, count) in calls {
            sums.add(call(caller, port), second, count);
            let of = truth.entry(call(caller, port)).or_insert((second, second, 0));
            *of = (of.0.min(second), of.1.max(second), of.2 + count);
        }
        let (taken, lost) = sums.take();
        let found: BTreeMap<Call, (i64, i64, u64)> =
            taken.into_iter().map(|(call, span)| (call, (span.first, span.last, span.count))).collect();
        prop_assert_eq!(lost, 0);
        prop_assert_eq!(found, truth);
        let (empty, lost) = sums.take();
        prop_assert!(empty.is_empty() && lost == 0, "what was taken is gone");
    }
}

#[test]
fn a_flood_of_distinct_addresses_is_bounded_and_its_loss_is_said() {
    let limits = Limits { lines: 10_000, bytes: 3 << 20 };
    let mut sums = Sums::new(limits);
    let mut was_nearly_full = None;
    for caller in 0..100_000 {
        sums.add(call(caller, 8080), 0, 1);
        if was_nearly_full.is_none() && sums.is_nearly_full() {
            was_nearly_full = Some(caller + 1);
        }
    }
    // An edge that is known goes on being counted.
    for _ in 0..7 {
        sums.add(call(5, 8080), 1, 1);
    }
    assert_eq!(was_nearly_full, Some(7_500), "it is said before anything is lost");
    let (taken, lost) = sums.take();
    assert_eq!((taken.len(), lost), (10_000, 90_000));
    assert_eq!(taken[&call(5, 8080)].count, 8);
    assert!(!sums.is_nearly_full());
    // Long labels: the bytes are bounded, too.
    let mut named = call(0, 80);
    let labels = (0..20).map(|n| (format!("key{n}"), "v".repeat(200))).collect();
    let name = hedgerow_observe::sum::Name { labels, ..Default::default() };
    named.caller.name = Some(std::sync::Arc::new(name));
    let mut sums = Sums::new(limits);
    for port in 0..10_000 {
        named.port = port;
        sums.add(named.clone(), 0, 1);
    }
    let (taken, lost) = sums.take();
    assert!((300..700).contains(&taken.len()), "{} lines of about 5.5 kB in 3 MiB", taken.len());
    assert_eq!(taken.len() as u64 + lost, 10_000);
}

#[test]
fn times_are_the_records_and_never_later_than_now() {
    let now = at(0);
    for (when, expected) in [
        (When::Unsaid, now.unix),
        (When::Unix(now.unix - 5), now.unix - 5),
        // A clock that was set back: the record seems to come from the future.
        (When::Unix(now.unix + 3_600_000_000), now.unix),
        (When::SinceBoot(999_000_000), now.unix - 1_000_000),
        (When::SinceBoot(2_000_000_000), now.unix),
        (When::SinceBoot(u64::MAX), now.unix),
    ] {
        assert_eq!(now.of(when), expected, "{when:?}");
    }
    assert_eq!(Now { unix: i64::MIN, boot: i64::MAX }.of(When::SinceBoot(0)), i64::MIN, "no overflow");
}

#[test]
fn what_is_taken_gives_its_room_back() {
    let mut sums = Sums::new(Limits { lines: 100, bytes: 1_000 });
    let fill = |sums: &mut Sums| {
        for port in 0..50 {
            sums.add(call(1, port), 0, 1);
        }
        let (taken, lost) = sums.take();
        (taken.len(), lost)
    };
    let first = fill(&mut sums);
    assert_eq!(first, (5, 45));
    assert_eq!(fill(&mut sums), first);
}
