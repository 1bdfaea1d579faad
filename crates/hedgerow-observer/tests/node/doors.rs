//! The doors against a real kernel: rules of Felix's shape, real packets, real connections, real log lines.

use crate::namespace::LogsAllNamespaces;
use crate::support::{IPTABLES, NFTABLES, Pods, in_namespace, once, run, sh};
use hedgerow_observe::{
    Connection, Event, Format, Packet, Protocol, Record, Role, RuleAction, RuleCounter, Step, Tables,
};
use hedgerow_observer::node::{Connections, KernelLog, Read, RuleCounters, Start};
use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

fn printed(format: Format, text: &str) -> Vec<RuleCounter> {
    let mut reader = format.reader();
    let mut counters = Vec::new();
    let mut keep = |record: Record| {
        if let Record::Counter(counter) = record {
            counters.push(counter);
        }
    };
    reader.feed(text.as_bytes(), &mut keep);
    reader.finish(&mut keep);
    assert_eq!(reader.tally().not_understood(), 0, "{:?}", reader.tally());
    counters
}

fn sorted(mut counters: Vec<RuleCounter>) -> Vec<RuleCounter> {
    counters.sort_by(|a, b| (a.tables, &a.chain, a.position).cmp(&(b.tables, &b.chain, b.position)));
    counters
}

/// Packets that a policy's rules of this action counted.
fn sum(counters: &[RuleCounter], kind: &str, action: &RuleAction) -> u64 {
    let of = |counter: &&RuleCounter| {
        counter.action == *action
            && matches!(&counter.role, Role::Policy { policy: Some(policy), .. } if format!("{:?}", policy.kind) == kind && policy.name == "s-ledger")
    };
    counters.iter().filter(of).map(|counter| counter.packets).sum()
}

fn dropped_at_end(counters: &[RuleCounter]) -> u64 {
    let of = |counter: &&RuleCounter| {
        counter.action == RuleAction::Deny
            && matches!(&counter.role, Role::Endpoint { interface, step: Step::EndOfTier(_), .. } if &**interface == "calicallee00000")
    };
    counters.iter().filter(of).map(|counter| counter.packets).sum()
}

#[test]
fn rule_counters_are_what_the_programs_print_and_what_was_called() {
    if !in_namespace("doors::rule_counters_are_what_the_programs_print_and_what_was_called") {
        return;
    }
    let pods = Pods::new();
    let mut door = RuleCounters::open().unwrap();
    assert_eq!(door.read().unwrap(), [], "no tables, no counters, no error");
    for (tables, load) in [(Tables::Iptables, IPTABLES), (Tables::Nftables, NFTABLES)] {
        let load = load.replace("PID", &std::process::id().to_string());
        match tables {
            Tables::Iptables => run("iptables-nft-restore", &[], &load),
            Tables::Nftables => run("nft", &["-f", "-"], &load),
        };
        for port in [80, 80, 81, 8080, 8080, 9999, 99] {
            pods.call(port);
        }
        let read = door.read().unwrap();
        let text = match tables {
            Tables::Iptables => printed(Format::IptablesSave, &run("iptables-nft-save", &["-c"], "")),
            Tables::Nftables => printed(Format::NftJson, &run("nft", &["-j", "list", "table", "ip", "calico"], "")),
        };
        assert!(text.len() >= 12, "{tables:?}: {}", text.len());
        assert_eq!(sorted(read.clone()), sorted(text), "{tables:?}: what the door reads is what the program prints");
        assert_eq!(door.not_understood(), 0, "{:?}", door.tally());
        assert_eq!(sum(&read, "KubernetesNetworkPolicy", &RuleAction::Allow), 3, "{tables:?}");
        assert_eq!(sum(&read, "CalicoNetworkPolicy", &RuleAction::Allow), 3, "{tables:?}");
        assert_eq!(sum(&read, "CalicoNetworkPolicy", &RuleAction::Log), 3, "{tables:?}");
        assert_eq!(dropped_at_end(&read), 1, "{tables:?}");
        match tables {
            Tables::Iptables => run("iptables-nft", &["-F"], "") + &run("iptables-nft", &["-X"], ""),
            Tables::Nftables => run("nft", &["delete", "table", "ip", "calico"], ""),
        };
    }
    assert_eq!(door.read().unwrap(), []);
    // Both at once, as after a change of mode.
    run("iptables-nft-restore", &[], IPTABLES);
    assert!(!RuleCounters::are_in_both_tables(&door.read().unwrap()));
    run("nft", &["-f", "-"], NFTABLES);
    assert!(RuleCounters::are_in_both_tables(&door.read().unwrap()));
}

/// Where only `iptables-legacy` is used, its own program prints the same form.
#[test]
fn legacy_counters_are_read_from_what_its_program_prints() {
    if !in_namespace("doors::legacy_counters_are_read_from_what_its_program_prints") {
        return;
    }
    let pods = Pods::new();
    let load = IPTABLES.replace("PID", &std::process::id().to_string());
    let restored = Command::new("bash")
        .args(["-c", "iptables-legacy-restore"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .and_then(|mut child| {
            child.stdin.take().unwrap().write_all(load.as_bytes())?;
            child.wait_with_output()
        });
    let restored = restored.unwrap();
    if !restored.status.success() {
        // A kernel may be built without legacy tables; newer ones are.
        let why = String::from_utf8_lossy(&restored.stderr).into_owned();
        assert!(why.contains("Table does not exist") || why.contains("can't initialize"), "{why}");
        eprintln!("legacy_counters: skipped, this kernel has no legacy tables: {why}");
        return;
    }
    for port in [80, 8080, 8080, 99] {
        pods.call(port);
    }
    let read = printed(Format::IptablesSave, &run("iptables-legacy-save", &["-c"], ""));
    assert_eq!(sum(&read, "KubernetesNetworkPolicy", &RuleAction::Allow), 1);
    assert_eq!(sum(&read, "CalicoNetworkPolicy", &RuleAction::Allow), 2);
    assert_eq!(dropped_at_end(&read), 1);
    assert_eq!(RuleCounters::open().unwrap().read().unwrap(), [], "they are not in nf_tables");
}

#[test]
fn connections_are_heard_and_after_an_overrun_the_table_is_read() {
    if !in_namespace("doors::connections_are_heard_and_after_an_overrun_the_table_is_read") {
        return;
    }
    let pods = Pods::new();
    // Something has to ask for connection tracking in this namespace. 10.96.0.1:80 is a Service in front of the callee.
    run(
        "nft",
        &["-f", "-"],
        "table ip t { chain f { type filter hook forward priority 0; ct state new counter accept; }
           chain p { type nat hook prerouting priority -100; ip daddr 10.96.0.1 tcp dport 80 dnat to 10.99.0.20:8080; }
         }\n",
    );
    // No answer, not even a refusal: the connection stays in the table.
    sh(&format!("ip netns exec {} iptables-nft -A INPUT -p tcp -j DROP", pods.callee));
    pods.call(4000);
    let mut door = Connections::open(1 << 20).unwrap();
    pods.call(4001);
    let _refused = Command::new("ip")
        .args(["netns", "exec", &pods.caller, "bash", "-c", &once("10.96.0.1", 80)])
        .stderr(Stdio::null())
        .status();
    let mut records = Vec::new();
    door.table(&mut |connection| records.push(connection.clone())).unwrap();
    let read = events(&mut door, &mut records, 20);
    assert!(!read.is_overrun, "{read:?}");
    assert_eq!(door.dropped(), Some(0));
    let found: BTreeSet<(Event, u16)> =
        records.iter().map(|c| (c.event, c.original.destination_port.unwrap())).collect();
    assert!(found.contains(&(Event::Listed, 4000)), "what was there before is in the first dump: {found:?}");
    assert!(found.contains(&(Event::New, 4001)) && found.contains(&(Event::New, 80)), "{found:?}");
    let through = records.iter().find(|c| c.event == Event::New && c.original.destination_port == Some(80)).unwrap();
    assert_eq!(
        (through.caller().to_string(), through.callee().to_string(), through.port()),
        ("10.99.0.10".into(), "10.99.0.20".into(), Some(8080))
    );
    assert_eq!(through.protocol, Protocol::TCP);
    assert_eq!(door.tally().not_understood(), 0, "{:?}", door.tally());

    // A buffer that holds nearly nothing: the loss is said and counted, and what is still in the table is read from there.
    let mut door = Connections::open(1).unwrap();
    let mut records = Vec::new();
    let all: String = (5000..5060).map(|port| format!("bash -c '{}' &\n", once("10.99.0.20", port))).collect();
    run("ip", &["netns", "exec", &pods.caller, "bash"], &format!("{all}wait\n"));
    let read = events(&mut door, &mut records, 20);
    assert!(read.is_overrun, "60 events do not fit");
    let dropped = door.dropped().unwrap();
    assert!(dropped > 0);
    let of = |records: &[Connection]| -> BTreeSet<u16> {
        records.iter().map(|c| c.original.destination_port.unwrap()).filter(|port| *port >= 5000).collect()
    };
    let heard = of(&records);
    assert!(heard.len() as u64 + dropped >= 60, "{} heard and {dropped} dropped", heard.len());
    assert_eq!(door.dropped(), Some(0), "it is told once");
    door.table(&mut |connection| records.push(connection.clone())).unwrap();
    assert_eq!(of(&records), (5000..5060).collect(), "none is missing after the table was read");
}

/// Reads events until none came for so many times 50 ms.
fn events(door: &mut Connections, records: &mut Vec<Connection>, times: usize) -> Read {
    let mut all = Read::default();
    for _ in 0..times {
        door.wait(Duration::from_millis(50)).unwrap();
        let read = door.events(1000, &mut |connection| records.push(connection.clone())).unwrap();
        assert!(read.is_drained);
        all.events += read.events;
        all.is_overrun |= read.is_overrun;
    }
    all
}

#[test]
fn log_lines_of_both_data_planes_come_out_of_the_kernel_s_log() {
    // In the first namespace, around the run in the other one. Without root there is neither, which is said there.
    let _logs = std::env::var_os("HEDGEROW_TEST_NAMESPACE").is_none().then(LogsAllNamespaces::new);
    if !in_namespace("doors::log_lines_of_both_data_planes_come_out_of_the_kernel_s_log") {
        return;
    }
    let pods = Pods::new();
    let mine = format!("hedgerow-{}:", std::process::id());
    for load in [IPTABLES, NFTABLES] {
        let mut door = KernelLog::open(Start::Now).unwrap();
        let load = load.replace("PID", &std::process::id().to_string());
        if load.starts_with('*') {
            run("iptables-nft-restore", &[], &load);
        } else {
            run("nft", &["-f", "-"], &load);
        }
        for port in [80, 8080, 9999, 99] {
            pods.call(port);
        }
        let mut records = Vec::new();
        for _ in 0..10 {
            door.read(Duration::from_millis(50), &mut |record| records.push(record)).unwrap();
        }
        let packets: Vec<&Packet> = records
            .iter()
            .filter_map(|record| match record {
                Record::Packet(packet) if packet.prefix == mine => Some(packet),
                Record::Packet(_) | Record::Counter(_) | Record::Connection(_) | Record::Flow(_) | Record::Lost(_) => {
                    None
                }
            })
            .collect();
        let ports: Vec<Option<u16>> = packets.iter().map(|packet| packet.destination_port).collect();
        assert_eq!(ports, [Some(8080), Some(9999)], "{records:?}");
        for packet in packets {
            assert_eq!(
                (packet.source.to_string(), packet.destination.to_string()),
                ("10.99.0.10".to_owned(), "10.99.0.20".to_owned())
            );
            assert_eq!(
                (packet.input.as_deref(), packet.output.as_deref()),
                (Some("calicaller00000"), Some("calicallee00000"))
            );
            assert_eq!(packet.opens, Some(true));
        }
        if load.starts_with('*') {
            sh("iptables-nft -F; iptables-nft -X");
        }
    }
}
