//! The kernel's log.

use super::{at, sums, total};
use hedgerow_observe::sum::packets::Packets;
use hedgerow_observe::sum::{Aside, Began, Said};
use hedgerow_observe::{Format, Packet, Record, When};

fn packets(text: &str) -> Vec<Packet> {
    let mut reader = Format::KernelLog.reader();
    let mut packets = Vec::new();
    let mut keep = |record: Record| {
        if let Record::Packet(packet) = record {
            packets.push(packet);
        }
    };
    reader.feed(text.as_bytes(), &mut keep);
    reader.finish(&mut keep);
    packets
}

fn line(source: &str, sport: u16, destination: &str, rest: &str) -> String {
    format!(
        "calico-packet: IN=cali1 OUT=cali2 MAC=ee SRC={source} DST={destination} LEN=60 ID=1 {} \n",
        rest.replace("SPORT", &sport.to_string())
    )
}

const SYN: &str = "PROTO=TCP SPT=SPORT DPT=8080 WINDOW=64240 RES=0x00 SYN URGP=0";
const UDP: &str = "PROTO=UDP SPT=SPORT DPT=53 LEN=9";

#[test]
fn each_line_is_a_call_or_has_its_reason() {
    let cases: Vec<(String, Option<Aside>)> = vec![
        (line("10.0.0.1", 1, "10.0.0.2", SYN), None),
        (line("10.0.0.1", 1, "10.0.0.2", SYN), Some(Aside::Repetition)),
        (line("10.0.0.1", 2, "10.0.0.2", SYN), None),
        (line("10.0.0.1", 2, "10.0.0.2", SYN).replace("calico-packet", "other"), None),
        (line("10.0.0.1", 3, "10.0.0.2", &SYN.replace("SYN", "ACK SYN")), Some(Aside::Amid)),
        (line("10.0.0.1", 3, "10.0.0.2", &SYN.replace("SYN", "ACK")), Some(Aside::Amid)),
        (line("10.0.0.1", 1, "10.0.0.2", UDP), None),
        (line("10.0.0.1", 1, "10.0.0.2", UDP), Some(Aside::Repetition)),
        (line("10.0.0.1", 1, "224.0.0.251", UDP), Some(Aside::Group)),
        (line("10.0.0.1", 1, "255.255.255.255", UDP), Some(Aside::Group)),
        (line("127.0.0.1", 1, "127.0.0.1", UDP), Some(Aside::Loopback)),
        (line("127.0.0.1", 6, "10.0.0.2", UDP), Some(Aside::Loopback)),
        (line("10.0.0.1", 6, "127.0.0.1", UDP), Some(Aside::Loopback)),
        (line("10.0.0.1", 1, "10.0.0.1", UDP), Some(Aside::Loopback)),
        (line("10.0.0.1", 4, "10.0.0.3", UDP).replace("IN=cali1", "IN=lo"), Some(Aside::Loopback)),
        (line("10.0.0.1", 0, "10.0.0.2", "PROTO=ICMP TYPE=8 CODE=0 ID=7 SEQ=1"), None),
        (line("10.0.0.1", 0, "10.0.0.2", "PROTO=ICMP TYPE=0 CODE=0 ID=7 SEQ=1"), Some(Aside::Answer)),
        (
            line(
                "10.0.0.1",
                0,
                "10.0.0.2",
                "PROTO=ICMP TYPE=3 CODE=0 [SRC=10.0.0.2 DST=1.1.1.1 LEN=29 PROTO=UDP SPT=4 DPT=9 LEN=9 ]",
            ),
            Some(Aside::Control),
        ),
        (line("10.0.0.1", 0, "10.0.0.2", "PROTO=ICMP TYPE=5 CODE=0"), Some(Aside::Control)),
        (line("fd00::1", 0, "fd00::2", "PROTO=ICMPv6 TYPE=128 CODE=0 ID=9 SEQ=1"), None),
        (line("fd00::1", 0, "fd00::2", "PROTO=ICMPv6 TYPE=129 CODE=0 ID=9 SEQ=1"), Some(Aside::Answer)),
        (line("fd00::1", 0, "fd00::2", "PROTO=ICMPv6 TYPE=135 CODE=0"), Some(Aside::Control)),
        (line("10.0.0.1", 0, "10.0.0.2", "FRAG:185 PROTO=UDP"), Some(Aside::Amid)),
        (line("10.0.0.1", 0, "10.0.0.2", "PROTO=47"), None),
        // Cut before its flags: it is a call rather than nothing.
        (line("10.0.0.1", 9, "10.0.0.2", "PROTO=TCP SPT=SPORT DPT=8080 WINDOW=6"), None),
    ];
    let mut packets_of = Packets::new(at(0).unix);
    for (line, expected) in cases {
        let read = packets(&line);
        let [packet] = &read[..] else { panic!("{line}: {read:?}") };
        let mut sums = sums();
        packets_of.packet(packet, at(1), &mut sums);
        let aside: Vec<Aside> = sums.aside().keys().copied().collect();
        assert_eq!(aside, Vec::from_iter(expected), "{line}");
        assert_eq!(total(&sums.take().0), u64::from(expected.is_none()), "{line}");
    }
}

#[test]
fn a_caller_that_tries_again_for_minutes_calls_once_and_the_next_day_again() {
    let mut packets_of = Packets::new(at(0).unix);
    let read = packets(&line("10.0.0.1", 1, "10.0.0.2", SYN));
    let mut sums = sums();
    // Each try puts off the end of what counts as the same.
    for second in [1, 2, 4, 8, 16, 32, 64, 128, 200] {
        packets_of.packet(&read[0], at(second), &mut sums);
    }
    packets_of.packet(&read[0], at(86_400), &mut sums);
    let (calls, _) = sums.take();
    let [(call, span)] = &Vec::from_iter(calls)[..] else { panic!() };
    assert_eq!((span.count, span.first, span.last), (2, at(1).unix, at(86_400).unix));
    assert_eq!((call.said, call.prefix.as_deref(), call.port), (Said::Logged, Some("calico-packet:"), 8080));
}

#[test]
fn what_the_log_held_before_may_have_been_counted() {
    let mut packets_of = Packets::new(at(0).unix);
    let mut packet = packets(&line("10.0.0.1", 1, "10.0.0.2", SYN)).remove(0);
    let mut sums = sums();
    packet.when = When::SinceBoot(990_000_000);
    packets_of.packet(&packet, at(1), &mut sums);
    packet.source_port = Some(2);
    packet.when = When::SinceBoot(1_000_000_000);
    packets_of.packet(&packet, at(1), &mut sums);
    let found: Vec<(Began, i64)> = sums.take().0.iter().map(|(call, span)| (call.began, span.first)).collect();
    assert_eq!(found, [(Began::Now, at(0).unix), (Began::PerhapsCounted, at(-10).unix)]);
}

#[test]
fn a_long_prefix_is_cut_between_characters() {
    let mut packet = packets(&line("10.0.0.1", 1, "10.0.0.2", SYN)).remove(0);
    packet.prefix = "é".repeat(100);
    let mut sums = sums();
    Packets::new(0).packet(&packet, at(1), &mut sums);
    packet.prefix = format!("x{}", "é".repeat(100));
    Packets::new(0).packet(&packet, at(1), &mut sums);
    let lengths: Vec<usize> = sums.take().0.keys().map(|call| call.prefix.as_deref().unwrap().len()).collect();
    assert_eq!(lengths, [127, 128]);
}
