//! Connection tracking: a recording against the calls that were made, and law 8 against a kernel that drops events.

use super::{at, fixtures, ip, sums, total};
use hedgerow_observe::sum::connections::{Connections, Loss};
use hedgerow_observe::sum::{Aside, Began, Sums};
use hedgerow_observe::{Connection, Event, Format, Protocol, Record, Tuple, When};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn connection(id: u32, event: Event) -> Connection {
    let port = u16::try_from(id % 60_000).unwrap() + 1_000;
    let (caller, callee) = (ip("10.0.0.1"), ip("10.0.0.2"));
    Connection {
        when: When::Unsaid,
        event,
        protocol: Protocol::TCP,
        original: Tuple { source: caller, destination: callee, source_port: Some(port), destination_port: Some(8080) },
        reply: Tuple { source: callee, destination: caller, source_port: Some(8080), destination_port: Some(port) },
        answered: None,
        id: Some(id),
        zone: None,
        packets: None,
    }
}

fn udp(id: u32, source: (&str, u16), destination: (&str, u16)) -> Connection {
    let mut udp = connection(id, Event::New);
    udp.protocol = Protocol::UDP;
    udp.original = Tuple {
        source: ip(source.0),
        source_port: Some(source.1),
        destination: ip(destination.0),
        destination_port: Some(destination.1),
    };
    udp.reply = Tuple {
        source: ip(destination.0),
        source_port: Some(destination.1),
        destination: ip(source.0),
        destination_port: Some(source.1),
    };
    udp
}

/// What a reader of `.nl.bin` files gives.
fn read(bytes: &[u8]) -> Vec<Connection> {
    let mut reader = Format::ConntrackNetlink.reader();
    let mut found = Vec::new();
    reader.feed(bytes, &mut |record| {
        if let Record::Connection(connection) = record {
            found.push(connection);
        }
    });
    assert_eq!(reader.tally().not_understood(), 0);
    found
}

#[test]
fn a_recording_gives_each_call_once() {
    for (name, bytes) in fixtures("conntrack", ".nl.bin") {
        let mut tracked = Connections::default();
        let mut sums = sums();
        let read = read(&bytes);
        for connection in &read {
            tracked.event(connection, at(0), &mut sums);
        }
        let new: BTreeMap<(String, String, u16), u64> = read
            .iter()
            .filter(|connection| connection.event == Event::New && connection.caller() != connection.callee())
            .fold(BTreeMap::new(), |mut all, connection| {
                let key = (
                    connection.caller().to_string(),
                    connection.callee().to_string(),
                    connection.port().filter(|_| connection.protocol.has_ports()).unwrap_or(0),
                );
                *all.entry(key).or_default() += 1;
                all
            });
        let aside: u64 = sums.aside().iter().filter(|(why, _)| **why != Aside::Amid).map(|(_, count)| count).sum();
        let (calls, lost) = sums.take();
        assert!(new.len() >= 3, "{name}: {new:?}");
        assert_eq!(total(&calls) + aside, read.iter().filter(|c| c.event == Event::New).count() as u64, "{name}");
        assert_eq!(lost, 0);
        for (call, span) in calls {
            let key = (call.caller.address.unwrap().to_string(), call.callee.address.unwrap().to_string(), call.port);
            assert_eq!(new.get(&key), Some(&span.count), "{name}: {key:?}");
        }
    }
}

#[test]
fn what_was_open_before_is_said_to_be_open_and_counted_never() {
    let mut tracked = Connections::default();
    let mut sums = sums();
    tracked.begin();
    for id in 0..3 {
        tracked.listed(&connection(id, Event::Listed), at(0), &mut sums);
    }
    tracked.end();
    // One began while the table was read: it is in both, and it did begin.
    tracked.event(&connection(2, Event::New), at(1), &mut sums);
    assert!(!tracked.is_repairing(), "nothing was dropped");
    let counts: Vec<(Began, u64)> = sums.take().0.iter().map(|(call, span)| (call.began, span.count)).collect();
    assert_eq!(counts, [(Began::Now, 1), (Began::Earlier, 3)]);
}

#[test]
fn connections_that_are_no_calls() {
    let cases = [
        (udp(1, ("10.0.0.1", 40_000), ("10.0.0.53", 53)), None),
        // The kernel forgot the question: the answer looks like a call.
        (udp(2, ("10.0.0.53", 53), ("10.0.0.1", 40_000)), Some(Aside::Answer)),
        (udp(3, ("10.0.0.53", 53), ("10.0.0.1", 40_001)), None),
        // Both ends use one port: both call.
        (udp(4, ("10.0.0.1", 7946), ("10.0.0.2", 7946)), None),
        (udp(5, ("10.0.0.2", 7946), ("10.0.0.1", 7946)), None),
        (udp(6, ("127.0.0.1", 5), ("127.0.0.53", 53)), Some(Aside::Loopback)),
        (udp(7, ("10.0.0.1", 5), ("10.0.0.1", 53)), Some(Aside::Loopback)),
        (udp(8, ("::ffff:10.0.0.1", 5), ("10.0.0.1", 53)), Some(Aside::Loopback)),
        (udp(9, ("10.0.0.1", 5353), ("224.0.0.251", 5353)), Some(Aside::Group)),
        (udp(10, ("fe80::1", 5353), ("ff02::fb", 5353)), Some(Aside::Group)),
        (connection(11, Event::Update), Some(Aside::Amid)),
        (connection(12, Event::Destroy), Some(Aside::Amid)),
    ];
    let mut tracked = Connections::default();
    for (connection, expected) in cases {
        let mut sums = sums();
        tracked.event(&connection, at(0), &mut sums);
        let aside: Vec<Aside> = sums.aside().keys().copied().collect();
        assert_eq!(aside, Vec::from_iter(expected), "{connection:?}");
        assert_eq!(total(&sums.take().0), u64::from(expected.is_none()), "{connection:?}");
    }
    // The same answer much later is a call: nobody has asked for a while.
    let mut sums = sums();
    tracked.event(&udp(13, ("10.0.0.53", 53), ("10.0.0.1", 40_000)), at(3_600), &mut sums);
    assert_eq!(total(&sums.take().0), 1);
}

#[test]
fn one_connection_through_several_zones_counts_once() {
    let of = |zone: u16, id: u32, port: u16| {
        let mut connection = connection(id, Event::New);
        connection.zone = (zone > 0).then_some(zone);
        connection.original.source_port = Some(port);
        connection.reply.destination_port = Some(port);
        connection
    };
    let mut tracked = Connections::default();
    let mut sums = sums();
    tracked.event(&of(0, 1, 1_000), at(0), &mut sums);
    assert!(!tracked.has_zones());
    // The pod's zone, then the node's.
    for (zone, id, port) in [(7, 2, 2_000), (9, 3, 2_000), (0, 4, 2_000), (7, 5, 3_000)] {
        tracked.event(&of(zone, id, port), at(1), &mut sums);
    }
    assert!(tracked.has_zones());
    assert_eq!(sums.aside().get(&Aside::Repetition), Some(&2));
    // The same port again, in the same zone or much later, is another connection.
    tracked.event(&of(7, 6, 3_000), at(2), &mut sums);
    tracked.event(&of(9, 7, 2_000), at(100), &mut sums);
    assert_eq!(total(&sums.take().0), 5);
}

#[test]
fn an_answer_behind_translations_is_one_too() {
    // 10.0.0.1 asks the Service 10.96.0.10:53; the pod 10.0.0.9:5353 sees the node's address 10.1.1.1.
    let mut question = udp(1, ("10.0.0.1", 40_000), ("10.96.0.10", 53));
    question.reply = Tuple {
        source: ip("10.0.0.9"),
        source_port: Some(5353),
        destination: ip("10.1.1.1"),
        destination_port: Some(61_000),
    };
    let mut tracked = Connections::default();
    let mut sums = sums();
    tracked.event(&question, at(0), &mut sums);
    tracked.event(&udp(2, ("10.0.0.9", 5353), ("10.1.1.1", 61_000)), at(200), &mut sums);
    assert_eq!(sums.aside().get(&Aside::Answer), Some(&1));
    let (calls, _) = sums.take();
    let [(call, span)] = &Vec::from_iter(calls)[..] else { panic!() };
    assert_eq!((call.callee.address, call.port, span.count), (Some(ip("10.0.0.9")), 5353, 1));
    // From the node's loopback: the callee sees the node.
    let mut own = udp(3, ("127.0.0.1", 50_000), ("127.0.0.1", 30_080));
    own.reply = Tuple {
        source: ip("10.0.0.9"),
        source_port: Some(80),
        destination: ip("10.1.1.1"),
        destination_port: Some(1_234),
    };
    tracked.event(&own, at(0), &mut sums);
    let (calls, _) = sums.take();
    assert_eq!(calls.keys().next().unwrap().caller.address, Some(ip("10.1.1.1")));
}

/// A kernel: connections open and close, events wait in a queue that may be full.
#[derive(Clone, Debug)]
enum Act {
    Open,
    Close(usize),
    /// The observer reads so many events.
    Read(usize),
    /// From here on events are dropped, until the queue was read to its end.
    Fill,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => Just(Act::Open),
        3 => any::<usize>().prop_map(Act::Close),
        3 => (1usize..5).prop_map(Act::Read),
        1 => Just(Act::Fill),
    ]
}

struct Kernel {
    open: Vec<u32>,
    queue: Vec<u32>,
    is_full: bool,
    dropped: u64,
    next: u32,
}

/// What the node part does when the kernel says that it dropped events: reads the queue to its end, then the table, then again the queue.
fn repair(kernel: &mut Kernel, tracked: &mut Connections, sums: &mut Sums, during: u32) -> Loss {
    for id in std::mem::take(&mut kernel.queue) {
        tracked.event(&connection(id, Event::New), at(0), sums);
    }
    // What opens between and during the reading of the table is in it, and waits as an event, or is dropped, too.
    for number in 0..during {
        kernel.open.push(kernel.next);
        if number % 2 == 0 {
            kernel.queue.push(kernel.next);
        } else {
            kernel.dropped += 1;
        }
        kernel.next += 1;
    }
    kernel.is_full = false;
    tracked.begin();
    for id in &kernel.open {
        tracked.listed(&connection(*id, Event::Listed), at(0), sums);
    }
    tracked.end();
    // And some of which the table had nothing yet: they are found the next time.
    for number in 0..during / 2 {
        kernel.open.push(kernel.next);
        kernel.dropped += 1;
        kernel.next += 1;
        assert!(number < 2);
    }
    for id in std::mem::take(&mut kernel.queue) {
        tracked.event(&connection(id, Event::New), at(0), sums);
    }
    assert!(tracked.is_repairing());
    match tracked.drained(Some(std::mem::take(&mut kernel.dropped)), during / 2 > 0) {
        Some(loss) => loss,
        None => repair(kernel, tracked, sums, 0),
    }
}

proptest! {
    #![proptest_config(crate::cases::cases(400))]
    /// Law 8. Counted and lost together are what there was; and nothing is counted twice as long as the memory is long enough.
    #[test]
    fn counted_and_lost_are_what_there_was(
        acts in prop::collection::vec(act(), 0..200),
        during in 0u32..4,
        remembered in prop_oneof![Just(4usize), Just(1000usize)],
    ) {
        let mut kernel = Kernel { open: vec![], queue: vec![], is_full: false, dropped: 0, next: 0 };
        let mut tracked = Connections::new(remembered);
        let mut sums = sums();
        tracked.begin();
        tracked.end();
        prop_assert!(!tracked.is_repairing());
        let (mut lost, mut may_repeat) = (0, false);
        for act in acts {
            match act {
                Act::Open => {
                    kernel.open.push(kernel.next);
                    if kernel.is_full { kernel.dropped += 1 } else { kernel.queue.push(kernel.next) }
                    kernel.next += 1;
                }
                Act::Close(which) if !kernel.open.is_empty() => {
                    let which = which % kernel.open.len();
                    kernel.open.swap_remove(which);
                }
                Act::Close(_) => {}
                Act::Read(count) => {
                    for id in kernel.queue.drain(..count.min(kernel.queue.len())) {
                        tracked.event(&connection(id, Event::New), at(0), &mut sums);
                    }
                    if kernel.queue.is_empty() && kernel.is_full {
                        let loss = repair(&mut kernel, &mut tracked, &mut sums, during);
                        lost += loss.count.unwrap();
                        may_repeat |= loss.may_repeat;
                    }
                }
                Act::Fill => kernel.is_full = true,
            }
        }
        let loss = repair(&mut kernel, &mut tracked, &mut sums, during);
        lost += loss.count.unwrap();
        may_repeat |= loss.may_repeat;
        let counted = total(&sums.take().0);
        let truth = u64::from(kernel.next);
        prop_assert!(counted + lost >= truth, "counted {} and lost {} of {}", counted, lost, truth);
        if !may_repeat {
            prop_assert_eq!(counted + lost, truth);
        }
        prop_assert!(remembered == 4 || !may_repeat, "a long memory is never short");
    }
}

#[test]
fn a_loss_that_nobody_counted_stays_unknown() {
    let mut tracked = Connections::default();
    let mut sums = sums();
    tracked.begin();
    tracked.end();
    tracked.begin();
    tracked.end();
    assert_eq!(tracked.drained(None, false), Some(Loss { count: None, may_repeat: false }));
    // Read twice before none waits: what was found by the first is not lost, and its event that waited is not counted again.
    for id in [1, 2] {
        tracked.begin();
        tracked.listed(&connection(id, Event::Listed), at(0), &mut sums);
        tracked.end();
    }
    tracked.event(&connection(1, Event::New), at(0), &mut sums);
    assert_eq!(tracked.drained(Some(5), false), Some(Loss { count: Some(4), may_repeat: false }));
    assert_eq!(total(&sums.take().0), 2);
    assert!(!tracked.is_repairing(), "a loss is said once");
}

#[test]
fn a_kernel_that_never_stops_dropping_is_told_of_all_the_same() {
    let mut tracked = Connections::default();
    tracked.begin();
    tracked.end();
    let mut said = Vec::new();
    for _ in 0..20 {
        tracked.begin();
        tracked.end();
        said.extend(tracked.drained(Some(10), true));
    }
    assert_eq!(said, [Loss { count: Some(80), may_repeat: false }; 2], "after eight readings each");
    tracked.begin();
    tracked.end();
    assert_eq!(tracked.drained(Some(1), false), Some(Loss { count: Some(41), may_repeat: false }));
}

#[test]
fn the_memory_is_bounded_and_says_when_it_is_short() {
    let mut tracked = Connections::new(100);
    let mut sums = sums();
    tracked.begin();
    tracked.end();
    for id in 0..101 {
        tracked.event(&connection(id, Event::New), at(0), &mut sums);
    }
    tracked.begin();
    for id in 0..101 {
        tracked.listed(&connection(id, Event::Listed), at(0), &mut sums);
    }
    tracked.end();
    assert_eq!(tracked.drained(Some(0), false), Some(Loss { count: Some(0), may_repeat: true }));
    assert_eq!(total(&sums.take().0), 102, "the one that was forgotten is counted again");
    // From here on everything is known again.
    tracked.begin();
    for id in 0..101 {
        tracked.listed(&connection(id, Event::Listed), at(0), &mut sums);
    }
    tracked.end();
    assert_eq!(tracked.drained(Some(0), false), Some(Loss { count: Some(0), may_repeat: false }));
    assert_eq!(total(&sums.take().0), 0);
}
