//! The program on a node of network namespaces: connections, counters, log lines; overruns, floods, missing rights, sudden death.

use crate::collector::Collector;
use crate::namespace::LogsAllNamespaces;
use crate::part::Part;
use crate::support::{IPTABLES, NFTABLES, Pods, in_namespace, run, sh};
use hedgerow_observer::link::{Outcome, Sum};
use std::net::UdpSocket;
use std::process::{Command, Stdio};

/// Connection tracking is asked for, and 10.96.0.1:80 is a Service in front of the callee.
const TRACKED: &str = "table ip t { chain f { type filter hook forward priority 0; ct state new counter accept; }
  chain o { type filter hook output priority 0; ct state new counter accept; }
  chain p { type nat hook prerouting priority -100; ip daddr 10.96.0.1 tcp dport 80 dnat to 10.99.0.20:8080; }
}\n";

/// A call that stays open for so many seconds, to a port on which nobody answers.
fn is_to(port: u32) -> impl Fn(&Sum) -> bool {
    move |sum| sum.port == port && sum.callee.as_ref().is_some_and(|callee| callee.address == [10, 99, 0, 20])
}

#[test]
fn calls_and_counters_reach_the_collector_and_a_killed_part_says_its_gap() {
    if !in_namespace("kernel::calls_and_counters_reach_the_collector_and_a_killed_part_says_its_gap") {
        return;
    }
    let pods = Pods::new();
    run("nft", &["-f", "-"], TRACKED);
    run("iptables-nft-restore", &[], &IPTABLES.replace("PID", "x"));
    let collector = Collector::start();
    let kept = collector.kept.clone();
    let part = Part::start(collector.address, &["--sources", "conntrack,counters"]);
    part.until_said("conntrack: heard");
    part.until_said("counters: heard");
    for port in [80, 80, 8080] {
        pods.call(port);
    }
    let _refused = Command::new("ip")
        .args(["netns", "exec", &pods.caller, "bash", "-c", &crate::support::once("10.96.0.1", 80)])
        .stderr(Stdio::null())
        .status();
    kept.until("three connections and one through the Service", |kept| {
        kept.counted("conntrack", is_to(80)) == 2 && kept.counted("conntrack", is_to(8080)) == 2
    });
    let sum = kept.sums().into_iter().find(is_to(8080)).unwrap();
    assert_eq!((sum.caller.unwrap().address, sum.protocol), (vec![10, 99, 0, 10], 6));
    assert_eq!(sum.outcome, Outcome::Unsaid as i32);
    let packets = |policy: &str, counted: &str| -> u64 {
        let is = |counter: &&hedgerow_observer::link::Counter| {
            counter.policy == policy && counter.counted == counted && counter.is_ingress
        };
        kept.counters().iter().filter(is).map(|counter| counter.packets).sum()
    };
    kept.until("counters", |_| {
        packets("CalicoNetworkPolicy/bank/s-led", "allowed") == 2
            || packets("CalicoNetworkPolicy/bank/s-ledger", "allowed") == 2
    });
    assert_eq!(packets("KubernetesNetworkPolicy/bank/s-ledger", "allowed"), 2);
    // No call of our own is ever counted.
    assert!(kept.sums().iter().all(|sum| sum.caller.as_ref().unwrap().address[0] != 127));
    kept.until("heard all the time", |kept| {
        let last = kept.batches().into_iter().rev().find(|batch| !batch.sources.is_empty()).unwrap();
        last.sources.len() == 2 && last.sources.iter().all(|source| source.heard && source.fault.is_empty())
    });
    // A connection that stays, and then a sudden end.
    sh(&format!("ip netns exec {} iptables-nft -A INPUT -p tcp --dport 7000 -j DROP", pods.callee));
    pods.call(7000);
    kept.until("the long one", |kept| kept.counted("conntrack", is_to(7000)) == 1);
    let before = kept.batches();
    part.kill();
    pods.call(7001);
    sh("sleep 1.5");
    let part = Part::start(collector.address, &["--sources", "conntrack,counters"]);
    kept.until("what is open", |kept| kept.sums().iter().any(|sum| sum.was_open && is_to(7000)(sum)));
    assert_eq!(kept.counted("conntrack", is_to(7000)), 1, "counted once");
    let after = kept.batches().into_iter().find(|batch| batch.life != before[0].life).unwrap();
    assert_eq!(after.sequence, 1);
    assert!(after.from - before.last().unwrap().to > 1_000_000, "the gap is between two batches");
    let first: Vec<bool> = after.sources.iter().map(|source| source.heard).collect();
    assert_eq!(first, [false, false], "who has just begun has not heard everything");
    // What it has when it is ended is sent.
    kept.until("heard again", |kept| kept.source("conntrack").last().unwrap().heard);
    pods.call(7002);
    sh("sleep 0.3");
    assert_eq!(part.terminate(), Some(0));
    assert_eq!(kept.counted("conntrack", is_to(7002)), 1);
}

#[test]
fn both_modes_of_the_data_plane_at_once_are_a_fault() {
    if !in_namespace("kernel::both_modes_of_the_data_plane_at_once_are_a_fault") {
        return;
    }
    let _pods = Pods::new();
    let collector = Collector::start();
    let kept = collector.kept.clone();
    let part = Part::start(collector.address, &["--sources", "counters"]);
    part.until_said("counters: no rules of Calico's are here");
    // Nothing is there that could be heard, so nobody is told that it is not.
    kept.until("a batch", |kept| kept.batches().len() >= 2);
    assert!(kept.source("counters").is_empty());
    run("iptables-nft-restore", &[], &IPTABLES.replace("PID", "x"));
    part.until_said("counters: heard");
    run("nft", &["-f", "-"], &NFTABLES.replace("PID", "x"));
    part.until_said("is left over");
    kept.until("marked", |kept| kept.source("counters").last().unwrap().fault.contains("left over"));
    kept.until("counters are marked", |kept| kept.counters().iter().any(|counter| counter.is_leftover));
    sh("iptables-nft -F; iptables-nft -X");
    kept.until("one is left", |kept| kept.source("counters").last().unwrap().heard);
}

#[test]
fn without_rights_and_without_tracking_it_says_so() {
    if !in_namespace("kernel::without_rights_and_without_tracking_it_says_so") {
        return;
    }
    sh("ip link set lo up");
    let collector = Collector::start();
    // Nothing asks for connection tracking here.
    let part = Part::start(collector.address, &["--sources", "conntrack"]);
    part.until_said("conntrack: a call of our own was not tracked");
    run("nft", &["-f", "-"], TRACKED);
    part.until_said("conntrack: heard");
    sh("nft delete table ip t");
    part.until_said("conntrack: heard\nconntrack: there is no proof any more that it listens");
    drop(part);
    let rights = ["setpriv", "--bounding-set=-all"];
    let part = Part::under(&rights, collector.address, &["--sources", "conntrack,counters,kernel-log"]);
    part.until_said("conntrack: connection tracking cannot be read: CAP_NET_ADMIN is missing");
    part.until_said("counters: rule counters cannot be read: CAP_NET_ADMIN is missing");
    if sh("cat /proc/sys/kernel/dmesg_restrict").trim() == "1" {
        part.until_said("kernel-log: /dev/kmsg may not be read");
    }
    collector.kept.until("said to the collector, too", |kept| {
        kept.source("conntrack").last().is_some_and(|source| source.fault.contains("CAP_NET_ADMIN"))
    });
}

/// Opens connections by datagrams, each to another port: the kernel tracks each as one.
fn flood(count: u32) {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    for number in 0..count {
        let (host, port) = (number / 1_000, number % 1_000 + 1_000);
        let address = format!("10.98.{}.{}", host / 250, host % 250 + 1);
        while socket.send_to(b"x", (address.as_str(), u16::try_from(port).unwrap())).is_err() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
}

fn is_flood(sum: &Sum) -> bool {
    sum.callee.as_ref().is_some_and(|callee| callee.address.starts_with(&[10, 98]))
}

/// A network that swallows everything: the other end of a cable, where nobody is.
struct Sink(String);

impl Sink {
    fn new() -> Self {
        let netns = format!("hedgerow-{}-sink", std::process::id());
        sh(&format!(
            "ip link set lo up; ip netns add {netns}; ip link add sink type veth peer name end netns {netns}
             ip link set sink arp off; ip addr add 10.98.255.1/16 dev sink; ip link set sink up; ip -n {netns} link set end up"
        ));
        run("nft", &["-f", "-"], TRACKED);
        Self(netns)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _gone = Command::new("ip").args(["netns", "del", &self.0]).status();
    }
}

#[test]
fn an_overrun_is_counted_and_the_table_repairs_it() {
    if !in_namespace("kernel::an_overrun_is_counted_and_the_table_repairs_it") {
        return;
    }
    let _sink = Sink::new();
    let collector = Collector::start();
    let kept = collector.kept.clone();
    let part = Part::start(collector.address, &["--sources", "conntrack", "--events-buffer", "1"]);
    part.until_said("conntrack: heard");
    flood(5_000);
    // Connections of datagrams stay in the table for half a minute: all that the kernel dropped are found there.
    kept.until("all are counted", |kept| kept.counted("conntrack", is_flood) + kept.lost("conntrack") >= 5_000);
    sh("sleep 3");
    let (counted, lost) = (kept.counted("conntrack", is_flood), kept.lost("conntrack"));
    assert_eq!(counted, 5_000, "{lost} lost");
    assert_eq!(lost, 0, "what is found is not lost");
}

#[test]
fn a_flood_of_a_hundred_thousand_addresses_is_bounded_and_said() {
    if !in_namespace("kernel::a_flood_of_a_hundred_thousand_addresses_is_bounded_and_said") {
        return;
    }
    let _sink = Sink::new();
    let collector = Collector::start();
    let kept = collector.kept.clone();
    // The collector takes nothing until the end: a queue has to be full.
    kept.is_silent.store(true, std::sync::atomic::Ordering::Relaxed);
    let part = Part::start(collector.address, &["--sources", "conntrack", "--queue", "1024"]);
    part.until_said("conntrack: heard");
    flood(100_000);
    sh("sleep 3");
    let most = part.memory("VmHWM");
    kept.is_silent.store(false, std::sync::atomic::Ordering::Relaxed);
    let (address, kept) = collector.kill();
    let _collector = Collector::with(address, kept.clone(), None);
    kept.until("counted and lost are all", |kept| {
        kept.counted("conntrack", is_flood) + kept.lost("conntrack") >= 100_000
    });
    assert!(kept.lost("conntrack") > 0, "they do not fit");
    assert!(kept.counted("conntrack", is_flood) <= 100_000, "none is counted twice");
    // Of a build without optimization; scripts/bench-observe measures the other.
    assert!(most < 64_000, "{most} kB");
    eprintln!("{most} kB at most; {} counted, {} lost", kept.counted("conntrack", is_flood), kept.lost("conntrack"));
}

#[test]
fn log_lines_reach_the_collector() {
    let _logs = std::env::var_os("HEDGEROW_TEST_NAMESPACE").is_none().then(LogsAllNamespaces::new);
    if !in_namespace("kernel::log_lines_reach_the_collector") {
        return;
    }
    let pods = Pods::new();
    let mine = format!("hedgerow-{}", std::process::id());
    run("iptables-nft-restore", &[], &IPTABLES.replace("hedgerow-PID", &mine));
    // Before it starts: the log still has it.
    pods.call(8080);
    sh("sleep 1.1");
    let collector = Collector::start();
    let kept = collector.kept.clone();
    let part = Part::start(collector.address, &["--sources", "kernel-log"]);
    part.until_said("kernel-log: heard");
    let of = |port: u32, may_repeat: bool| {
        let mine = mine.clone();
        move |sum: &Sum| sum.prefix.starts_with(&mine) && sum.port == port && sum.may_repeat == may_repeat
    };
    kept.until("what was there before", |kept| kept.counted("kernel-log", of(8080, true)) == 1);
    pods.call(9999);
    pods.call(9999);
    kept.until("what came", |kept| kept.counted("kernel-log", of(9999, false)) == 2);
    let sum = kept.sums().into_iter().find(of(9999, false)).unwrap();
    assert_eq!(sum.outcome, Outcome::Logged as i32);
    assert_eq!((sum.caller.unwrap().address, sum.callee.unwrap().address), (vec![10, 99, 0, 10], vec![10, 99, 0, 20]));
    kept.until("heard all the time", |kept| kept.source("kernel-log").last().unwrap().heard);
}
