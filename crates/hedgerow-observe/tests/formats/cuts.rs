//! Bytes can be cut anywhere, broken anywhere and repeated without end: the same records, never a panic, never without bound.

use crate::support::{file, read, read_cut};
use hedgerow_observe::Format;
use proptest::prelude::*;

/// A sample of each format, small enough to be read many times.
fn samples() -> Vec<(Format, Vec<u8>)> {
    let head = |name: &str, lines: usize| -> Vec<u8> {
        file(name).split_inclusive(|byte| *byte == b'\n').take(lines).flatten().copied().collect()
    };
    let conntrack = file("conntrack/master-iptables-enforce.nl.bin");
    let bare: Vec<u8> = frames(&conntrack);
    let mut export = b"MESSAGE=calico-packet: IN=a OUT=b SRC=10.0.0.1 DST=10.0.0.2 LEN=29 PROTO=UDP SPT=1 DPT=53 LEN=9 \n_TRANSPORT=kernel\nX\n".to_vec();
    export.extend(4u64.to_le_bytes());
    export.extend(b"\n\n\0=\n\nMESSAGE=x\n_TRANSPORT=kernel\n");
    let json = r#"{"MESSAGE":"calico-packet: IN=a OUT=b SRC=10.0.0.1 DST=10.0.0.2 PROTO=UDP SPT=1 DPT=53 LEN=9 ","_TRANSPORT":"kernel"}"#;
    vec![
        (Format::IptablesSave, head("counters/v3.28.5-iptables-audit.after.iptables-save-c", 60)),
        (Format::NftJson, small_json(&file("counters/v3.30.6-nft-audit.after.nft.json"))),
        (Format::Nft, b"table ip calico {\n\tchain filter-cali-pi-np/a/b {\n\t\tcounter packets 3 bytes 180 log prefix \"calico-packet: \" level info comment \"cali:x; NetworkPolicy a/b ingress\"\n\t\tcounter packets 3 bytes 180 meta mark set meta mark | 0x00010000 comment \"cali:y;\"\n\t}\n}\n".to_vec()),
        (Format::RulesNetlink, file("counters/rules.nl.bin")[..20_000].to_vec()),
        (Format::KernelLog, head("kernel/v3.28.5-iptables-audit.klog", 6)),
        (Format::Kmsg, file("kernel/kmsg1.txt")),
        (Format::JournalExport, export),
        (Format::JournalJson, format!("{json}\n{json}\nnoise\n[{json},\n {json}]\n").into_bytes()),
        (Format::Conntrack, head("conntrack/master-iptables-audit.conntrack-E.txt", 6)),
        (Format::ConntrackNetlink, conntrack),
        (Format::ConntrackNetlink, bare),
        (Format::CalicoFlows, file("flows/master-iptables-a-callog-audit.pb")[..4_000].to_vec()),
        (Format::CalicoJson, head("flows/master-iptables-c-enforce.json", 4)),
        (Format::Hubble, format!("{HUBBLE}\n{HUBBLE}\n{{\"lost_events\":{{\"num_events_lost\":\"1\"}}}}\n").into_bytes()),
        (Format::Gke, format!("[{GKE},\n {GKE}]\n{GKE}\n").into_bytes()),
        (Format::Ovn, format!("{OVN}\n{OVN}\n").into_bytes()),
        (Format::Aws, format!("{AWS}\n{AWS}\n").into_bytes()),
    ]
}

const HUBBLE: &str = r#"{"flow":{"time":"2026-11-28T05:00:44Z","verdict":"AUDIT","IP":{"source":"10.0.1.1","destination":"10.0.1.2"},"l4":{"TCP":{"source_port":4,"destination_port":80,"flags":{"SYN":true}}},"source":{"labels":["k8s:a=b"],"pod_name":"a"},"destination":{"pod_name":"b"},"event_type":{"type":5},"traffic_direction":"INGRESS"}}"#;
const GKE: &str = r#"{"jsonPayload":{"connection":{"dest_ip":"10.0.0.2","dest_port":80,"direction":"ingress","protocol":"tcp","src_ip":"10.0.0.1"},"count":2,"disposition":"deny"},"timestamp":"2026-11-28T05:00:44Z"}"#;
const OVN: &str = "2026-11-28T05:00:44.063Z|00001|acl_log(ovn_pinctrl0)|INFO|name=\"NP:bank:Ingress\", verdict=drop, severity=info, direction=to-lport: tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=4,tp_dst=80,tcp_flags=syn";
const AWS: &str = r#"{"ts":"2026-11-28T05:00:44Z","msg":"Flow Info: Src IP: 10.0.0.1 Src Port: 4 Dest IP: 10.0.0.2 Dest Port: 80 Proto TCP Verdict DENY Direction ingress, Tier X"}"#;

/// The frames' contents, one after another.
fn frames(bytes: &[u8]) -> Vec<u8> {
    let (mut bare, mut rest) = (Vec::new(), bytes);
    while let [a, b, c, d, after @ ..] = rest {
        let (frame, after) = after.split_at(u32::from_le_bytes([*a, *b, *c, *d]) as usize);
        bare.extend_from_slice(frame);
        rest = after;
    }
    bare
}

/// The first few elements of a list.
fn small_json(bytes: &[u8]) -> Vec<u8> {
    let mut json: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    let list = json["nftables"].as_array_mut().unwrap();
    list.drain(20..list.len() - 20);
    serde_json::to_vec(&json).unwrap()
}

#[test]
fn every_format_has_a_sample() {
    for format in Format::ALL {
        assert!(samples().iter().any(|(sampled, _)| sampled == format), "{}", format.name());
    }
    for (format, bytes) in samples() {
        assert!(!read(format, &bytes).0.is_empty(), "the sample of {} gives records", format.name());
    }
}

#[test]
fn a_format_is_known_by_its_beginning() {
    for (format, bytes) in samples() {
        assert_eq!(Format::detect(&bytes).map(Format::name), Some(format.name()));
        assert_eq!(Format::named(format.name()), Some(format));
    }
    for nothing in [&b""[..], b"hello\nworld\n", b"{}", b"[]", &[0; 64], &[0xff; 64]] {
        assert_eq!(Format::detect(nothing), None, "{nothing:?}");
    }
}

/// Cut at each place in turn, and into single bytes.
#[test]
fn input_cut_anywhere_gives_the_same_records() {
    for (format, bytes) in samples() {
        let whole = read(format, &bytes);
        let step = (bytes.len() / 400).max(1);
        for at in (0..=bytes.len()).step_by(step) {
            let (front, back) = bytes.split_at(at);
            assert_eq!(read_cut(format, &[front, back]), whole, "{} cut at {at}", format.name());
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(read_cut(format, &single), whole, "{} in single bytes", format.name());
    }
}

/// A reader can be used again after its end.
#[test]
fn a_reader_reads_again_after_its_end() {
    for (format, bytes) in samples() {
        let once = read(format, &bytes).0;
        let mut reader = format.reader();
        for time in 0..2 {
            let mut records = Vec::new();
            reader.feed(&bytes, &mut |record| records.push(record));
            reader.finish(&mut |record| records.push(record));
            assert_eq!(records, once, "{}, time {time}", format.name());
        }
    }
}

/// The end of an input that stops too early is said, or what is missing is no record.
#[test]
fn an_input_that_ends_too_early_gives_no_other_records() {
    for (format, bytes) in samples() {
        let whole = read(format, &bytes).0;
        let step = (bytes.len() / 200).max(1);
        for at in (0..bytes.len()).step_by(step) {
            let (records, tally) = read(format, &bytes[..at]);
            // What is complete is the same. Only the last piece may be read as far as it goes, and a chain that waited for its end.
            assert!(records.len() <= whole.len() + 1, "{} at {at}: {tally:?}", format.name());
        }
    }
}

/// Nothing is kept of a line, message or document that never ends.
#[test]
fn a_piece_without_end_is_counted_and_not_kept() {
    let endless: [(Format, &[u8], &[u8]); 15] = [
        (Format::IptablesSave, b"[1:2] -A cali-tw-x ", b"-m comment --comment abcdefgh "),
        (Format::NftJson, b"{\"nftables\": [{\"rule\": \"", b"abcdefghijklmnopqrstuvwxyz"),
        (Format::Nft, b"table ip calico {\n chain filter-cali-tw-x {\n", b"counter packets 1 bytes 2 "),
        (Format::KernelLog, b"calico-packet: IN=a OUT=b ", b"SRC=10.0.0.1 "),
        (Format::Kmsg, b"5,1,1,-;calico-packet: IN=a OUT=b ", b"SRC=10.0.0.1 "),
        (Format::JournalExport, b"_TRANSPORT=kernel\nMESSAGE=", b"IN=a OUT=b "),
        (Format::JournalJson, b"{\"MESSAGE\": \"", b"abcdefghijklmnopqrstuvwxyz"),
        (Format::Conntrack, b"tcp 6 ", b"src=10.0.0.1 "),
        (Format::ConntrackNetlink, &[0xff, 0xff, 0xff, 0x7f, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[0; 64]),
        (Format::CalicoFlows, &[0xff, 0xff, 0xff, 0x7f], &[0; 64]),
        (Format::CalicoJson, b"{\"flow\": {\"Key\": \"", b"abcdefghijklmnopqrstuvwxyz"),
        (Format::Hubble, b"{\"flow\": [", b"[1,2],"),
        (Format::Gke, b"{\"jsonPayload\": {\"a\": [", b"{\"b\": 1},"),
        (Format::Ovn, b"2026-11-28T05:00:44.063Z|00001|acl_log(ovn_pinctrl0)|INFO|", b"name=\"x\", "),
        (Format::Aws, b"{\"msg\":\"Flow Info: ", b"Src IP: 10.0.0.1 "),
    ];
    for (format, start, more) in endless {
        let mut reader = format.reader();
        let mut records = 0;
        reader.feed(start, &mut |_| records += 1);
        let more = more.repeat(100);
        for _ in 0..(6 << 20) / more.len() {
            reader.feed(&more, &mut |_| records += 1);
        }
        reader.finish(&mut |_| records += 1);
        assert_eq!(records, 0, "{}", format.name());
        assert!(reader.tally().not_understood() > 0, "{}: {:?}", format.name(), reader.tally());
    }
}

/// A long line is read in one go: were it read again and again, this test would take minutes.
#[test]
fn long_lines_are_read_once() {
    let numbered = |piece: &str| (0..90_000).map(|number| format!("{piece}{number}=1 ")).collect::<String>();
    for piece in [
        "IN=",
        "IN=a ",
        "IN= OUT= ",
        "SRC=10.0.0.1 ",
        "[SRC=",
        "[ ",
        "src=10.0.0.1 ",
        "a=b ",
        "\"",
        "\\",
        "{\"a\":",
        "[[",
        "log ",
        "comment ",
        "-m comment --comment a ",
        "! --mark 0x1/0x1 ",
        "name=",
        "tp_dst=1,",
        "Flow Info ",
        "SIP: ",
        "Node: ",
        "cali:a; ",
        "kernel: ",
        "|",
        ";",
        ",",
        "\0",
    ] {
        let text = piece.repeat((1 << 16) / piece.len());
        for format in Format::ALL {
            for head in [
                "",
                "5,1,1,-;",
                "IN=a OUT=b ",
                "[1:2] -A cali-pi-x ",
                "MESSAGE=",
                "tcp 6 ",
                "x|1|acl_log(a)|b|name=\"c\", d: tcp,",
            ] {
                let (records, tally) = read(*format, format!("{head}{text} \n").as_bytes());
                assert_eq!(records.len() as u64, tally.records, "{} {head}{piece}", format.name());
            }
        }
    }
    for format in [Format::KernelLog, Format::Kmsg, Format::Conntrack] {
        let (_, tally) = read(format, format!("5,1,1,-;IN=a OUT=b SRC=10.0.0.1 {}\n", numbered("K")).as_bytes());
        assert_eq!(tally.not_understood(), 1, "{}", format.name());
    }
}

#[derive(Clone, Debug)]
enum Mutation {
    Flip(prop::sample::Index, u8),
    Remove(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
    Insert(prop::sample::Index, Vec<u8>),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Flip(at, byte)),
        (at(), 1usize..200).prop_map(|(at, length)| Mutation::Remove(at, length)),
        (at(), 1usize..200).prop_map(|(at, length)| Mutation::Repeat(at, length)),
        (
            at(),
            prop::collection::vec(
                prop_oneof![any::<u8>(), Just(b'\n'), Just(b'"'), Just(b'{'), Just(b'='), Just(0u8), Just(0xffu8)],
                1..8
            )
        )
            .prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    if bytes.is_empty() {
        return;
    }
    match mutation {
        Mutation::Flip(at, byte) => {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        Mutation::Remove(at, length) => {
            let at = at.index(bytes.len());
            bytes.drain(at..(at + length).min(bytes.len()));
        }
        Mutation::Repeat(at, length) => {
            let at = at.index(bytes.len());
            let piece = bytes[at..(at + length).min(bytes.len())].to_vec();
            bytes.splice(at..at, piece);
        }
        Mutation::Insert(at, new) => {
            let at = at.index(bytes.len());
            bytes.splice(at..at, new.iter().copied());
        }
    }
}

proptest! {
    #![proptest_config(crate::cases::cases(400))]

    /// Law 10: no input makes a reader panic; and however it is cut, it says the same of broken input, too.
    #[test]
    fn broken_input_is_read_the_same_however_it_is_cut(
        sample in any::<prop::sample::Index>(),
        mutations in prop::collection::vec(mutation(), 1..6),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        swap in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let samples = samples();
        let (mut format, mut bytes) = samples[sample.index(samples.len())].clone();
        // Sometimes a reader gets another format's bytes.
        if let Some(swap) = swap {
            format = Format::ALL[swap.index(Format::ALL.len())];
        }
        for mutation in &mutations {
            mutate(&mut bytes, mutation);
        }
        let whole = read(format, &bytes);
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for place in places {
            pieces.push(&bytes[from..place]);
            from = place;
        }
        pieces.push(&bytes[from..]);
        prop_assert_eq!(read_cut(format, &pieces), whole);
    }

    #[test]
    fn any_bytes_are_read_or_counted(format in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let format = Format::ALL[format.index(Format::ALL.len())];
        let (records, tally) = read(format, &bytes);
        prop_assert_eq!(records.len() as u64, tally.records);
    }
}
