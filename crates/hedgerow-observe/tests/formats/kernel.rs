//! Kernel lines: who called is in them, and what was lost is said.

use crate::support::{file, read, shared};
use hedgerow_observe::{Fault, Format, LossSign, Packet, Protocol, Record, When};
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::IpAddr;

fn packets(records: &[Record]) -> Vec<&Packet> {
    records
        .iter()
        .filter_map(|record| match record {
            Record::Packet(packet) => Some(packet),
            _ => None,
        })
        .collect()
}

type Call = (IpAddr, IpAddr, u16, Protocol, u16);

/// Calls that no rule permits, as (caller, callee, port, protocol, caller's port).
fn unpermitted(calls: &Value) -> BTreeSet<Call> {
    let mut all = BTreeSet::new();
    for call in calls["calls"].as_array().unwrap() {
        let text = |key: &str| call[key].as_str().unwrap();
        if !text("expected").contains("not permitted") {
            continue;
        }
        let ports: Vec<u16> = match call["sports"].as_array() {
            Some(ports) => ports.iter().map(|port| port.as_u64().unwrap() as u16).collect(),
            None => call["calls"].as_array().unwrap().iter().map(|one| one["sport"].as_u64().unwrap() as u16).collect(),
        };
        for port in ports {
            let protocol = Protocol::parse(text("proto")).unwrap();
            all.insert((
                text("srcip").parse().unwrap(),
                text("dstip").parse().unwrap(),
                call["port"].as_u64().unwrap() as u16,
                protocol,
                port,
            ));
        }
    }
    all
}

fn seen(packets: &[&Packet]) -> BTreeSet<Call> {
    packets
        .iter()
        .map(|packet| {
            (
                packet.source,
                packet.destination,
                packet.destination_port.unwrap(),
                packet.protocol,
                packet.source_port.unwrap(),
            )
        })
        .collect()
}

fn check(name: &str, lines: &[u8], calls: &Value) {
    let (records, tally) = read(Format::KernelLog, lines);
    assert_eq!((tally.not_understood(), tally.aside), (0, 0), "{name}: {tally:?}");
    let packets = packets(&records);
    let expected = unpermitted(calls);
    assert!(expected.len() > 10, "{name}");
    assert_eq!(seen(&packets), expected, "{name}");
    for packet in packets {
        assert_eq!(packet.prefix, "calico-packet:", "{name}");
        assert!(packet.input.is_some() && packet.output.is_some() && !packet.is_error, "{name}: {packet:?}");
        assert_eq!(packet.opens, (packet.protocol == Protocol::TCP).then_some(true), "{name}: {packet:?}");
        assert!(matches!(packet.when, When::SinceBoot(_)), "{name}");
    }
}

#[test]
fn the_lines_are_the_calls_that_no_rule_permits() {
    for name in ["v3.28.5-iptables-audit", "v3.30.6-nft-audit", "v3.28.5-iptables-enforce-log"] {
        let calls = serde_json::from_slice(&file(&format!("kernel/{name}.calls.json"))).unwrap();
        check(name, &file(&format!("kernel/{name}.klog")), &calls);
    }
}

#[test]
fn the_lines_of_all_scenarios_are_the_calls_that_no_rule_permits() {
    let Some(shared) = shared() else { return };
    let mut checked = 0;
    for entry in std::fs::read_dir(shared.join("felix/dumps")).unwrap() {
        let path = entry.unwrap().path();
        let lines = path.extension().filter(|extension| *extension == "klog").map(|_| std::fs::read(&path).unwrap());
        let Some(lines) = lines.filter(|lines| !lines.is_empty()) else { continue };
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let calls = std::fs::read(path.with_file_name(format!("{name}.calls.json"))).unwrap();
        check(&name, &lines, &serde_json::from_slice(&calls).unwrap());
        checked += 1;
    }
    assert!(checked >= 9, "{checked} scenarios");
}

#[test]
fn records_of_dev_kmsg_are_read_and_their_numbers_show_what_is_lost() {
    for (name, lines) in [("kernel/kmsg1.txt", 11), ("kernel/kmsg2.txt", 12)] {
        let bytes = file(name);
        let (records, tally) = read(Format::Kmsg, &bytes);
        assert_eq!(tally.not_understood(), 0, "{name}: {tally:?}");
        assert_eq!(packets(&records).len(), lines, "{name}");
        assert!(records.iter().all(|record| matches!(record, Record::Packet(_))), "{name}: nothing is lost");
        // Without one of its lines, one is lost.
        let text = String::from_utf8(bytes).unwrap();
        let gap: String = text
            .lines()
            .enumerate()
            .filter(|(at, _)| *at != 3 && *at != 4)
            .map(|(_, line)| format!("{line}\n"))
            .collect();
        let (records, _) = read(Format::Kmsg, gap.as_bytes());
        let lost: Vec<_> = records
            .iter()
            .filter_map(|record| match record {
                Record::Lost(lost) => Some((lost.count, lost.sign)),
                _ => None,
            })
            .collect();
        assert_eq!(lost, [(Some(2), LossSign::KernelSequence)], "{name}");
    }
    let (records, _) = read(Format::Kmsg, &file("kernel/kmsg1.txt"));
    let first = packets(&records)[0].clone();
    assert_eq!((first.when, first.mark), (When::SinceBoot(1_038_727_756), Some(0x10000)));
    assert_eq!(packets(&records).iter().filter(|packet| packet.is_error).count(), 3, "ICMP errors are nobody's call");
    assert!(packets(&records).iter().all(|packet| packet.destination_port != Some(9) || !packet.is_error));
}

const LINE: &str = "calico-packet: IN=cali1 OUT=cali2 SRC=10.0.0.1 DST=10.0.0.2 LEN=29 PROTO=UDP SPT=1 DPT=53 LEN=9 ";

/// What a program writes into /dev/kmsg is not the kernel's word.
#[test]
fn only_the_kernel_writes_packets() {
    let kmsg = format!(
        "12,5,99,-;{LINE}\n5,6,99,-;{LINE}\n SUBSYSTEM=net\n DEVICE=+net:x\n5,2,9,-,caller=T1;{LINE}\n30,3,9,-;systemd-journald[1]: Missed 12 kernel messages\n"
    );
    let (records, tally) = read(Format::Kmsg, kmsg.as_bytes());
    assert_eq!(packets(&records).len(), 2, "{records:?}");
    assert_eq!((tally.aside, tally.not_understood()), (3, 0), "{tally:?}");
    assert!(
        matches!(&records[2], Record::Lost(lost) if lost.count == Some(12) && lost.sign == LossSign::Journal),
        "{records:?}"
    );

    let forged = format!(
        "MESSAGE={LINE}\n_TRANSPORT=kernel\nSYSLOG_IDENTIFIER=evil\nSYSLOG_FACILITY=1\n\nMESSAGE={LINE}\n_TRANSPORT=journal\n\n"
    );
    let (records, tally) = read(Format::JournalExport, forged.as_bytes());
    assert_eq!((records.len(), tally.aside), (0, 2));
}

#[test]
fn kernel_messages_say_what_was_dropped() {
    for (line, count, sign) in [
        ("[ 1.0] printk: 12 messages dropped.", 12, LossSign::KernelDropped),
        ("[ 1.0] ** 7 printk messages dropped ** [ 0.9] x", 7, LossSign::KernelDropped),
        ("[ 1.0] printk: 3 messages suppressed.", 3, LossSign::KernelSuppressed),
    ] {
        let (records, _) = read(Format::KernelLog, line.as_bytes());
        assert!(
            matches!(&records[..], [Record::Lost(lost)] if lost.count == Some(count) && lost.sign == sign),
            "{line}: {records:?}"
        );
    }
}

/// Any byte can be in a binary field, also what looks like the end of the entry.
#[test]
fn the_journal_s_binary_fields_are_taken_by_their_length() {
    let mut export =
        b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795842043147000\n_TRANSPORT=kernel\nSYSLOG_IDENTIFIER=kernel\n_COMM\n"
            .to_vec();
    export.extend(9u64.to_le_bytes());
    export.extend(b"a\n\nMESSAG\n");
    export.extend(b"MESSAGE\n");
    export.extend((LINE.len() as u64).to_le_bytes());
    export.extend(LINE.as_bytes());
    export.extend(b"\n\n");
    let (records, tally) = read(Format::JournalExport, &export);
    assert_eq!(tally.not_understood(), 0, "{tally:?}");
    let packets = packets(&records);
    assert_eq!(packets.len(), 1);
    assert_eq!((packets[0].when, packets[0].destination_port), (When::Unix(1_795_842_043_147_000), Some(53)));
    // An entry that ends in its length.
    let (_, tally) = read(Format::JournalExport, &export[..export.len() - LINE.len() - 6]);
    assert_eq!(tally.faults.keys().collect::<Vec<_>>(), [&Fault::Truncated]);
}

#[test]
fn the_journal_as_json_has_messages_as_text_and_as_bytes() {
    let bytes: Vec<String> = LINE.bytes().map(|byte| byte.to_string()).collect();
    let head = r#""_TRANSPORT":"kernel","SYSLOG_IDENTIFIER":"kernel","__REALTIME_TIMESTAMP":"1795842043147000""#;
    let json = format!(
        "{{\"MESSAGE\":{LINE:?},{head}}}\n{{\"MESSAGE\":[{}],{head}}}\n\u{1e}{{\"MESSAGE\":\"other\",{head}}}\n{{\"MESSAGE\":null,{head}}}\ndata: {{\"MESSAGE\":{LINE:?},{head}}}\n\n{{\"MESSAGE\":\"Missed 3 kernel messages\",\"_TRANSPORT\":\"driver\",\"__REALTIME_TIMESTAMP\":\"1\"}}\n",
        bytes.join(",")
    );
    let (records, tally) = read(Format::JournalJson, json.as_bytes());
    assert_eq!(packets(&records).len(), 3, "{records:?}");
    assert_eq!(packets(&records)[0], packets(&records)[1]);
    assert!(matches!(records[3], Record::Lost(_)));
    assert_eq!(tally.aside, 1, "{tally:?}");
    assert_eq!(
        tally.faults.keys().collect::<Vec<_>>(),
        [&Fault::TooLong],
        "a message that was left out is counted: {tally:?}"
    );
}
