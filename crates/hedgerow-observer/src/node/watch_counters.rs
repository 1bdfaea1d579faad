//! Rule counters, read every few seconds. Proof that they are heard is a dump that answered, with rules of Calico's in it.
#![allow(
    clippy::disallowed_methods,
    reason = "interfaces stand in a file, and legacy iptables has a program of its own"
)]

use super::counters::{Counters, Judgement, Place, interfaces};
use super::state::Shared;
use super::{RuleCounters, Stop};
use crate::clock::now;
use hedgerow_observe::{Format, Record, RuleCounter, Tables};
use std::io;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The program that reads legacy iptables.
const LEGACY: &str = "iptables-legacy-save";

/// Sums that the reader and the sender share.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedCounters(Arc<Mutex<Counters>>);

impl SharedCounters {
    pub(super) fn with<T>(&self, what: impl FnOnce(&mut Counters) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Watches until it is stopped.
pub(super) fn watch(source: &Shared, counters: &SharedCounters, stop: &Stop, every: Duration) {
    let mut door = None;
    let (mut known_misread, mut legacy_misread) = (0, 0);
    let mut had_rules = false;
    while !stop.is_set() {
        let result = read(&mut door, &mut legacy_misread);
        let moment = now();
        let mut source = source.lock();
        match result {
            Ok(reading) => {
                if reading.counters.iter().any(|(_, rules)| !rules.is_empty()) {
                    source.record(moment);
                }
                let machine = std::fs::read_to_string("/proc/thread-self/net/dev").map(|text| interfaces(&text));
                source.is_absent = false;
                had_rules |= reading.counters.iter().any(|(_, rules)| !rules.is_empty());
                let judgement = counters.with(|counters| {
                    for (place, rules) in reading.counters {
                        counters.read(place, moment, rules);
                    }
                    counters.judge(&machine.unwrap_or_default())
                });
                match (judgement, reading.legacy_fault) {
                    (Judgement::Nothing, Some(fault)) => source.hearing.fail(fault),
                    (Judgement::Nothing, None) => {
                        // Where there never were any there is nothing to hear: it is no source of this node.
                        source.is_absent = !had_rules;
                        source.hearing.fail("no rules of Calico's are here");
                    }
                    (Judgement::One, fault) => {
                        source.hearing.prove(moment);
                        fault.into_iter().for_each(|fault| source.notice(fault));
                    }
                    // They are read, and what is read is not what the policies do.
                    (Judgement::Several(fault), _) => source.hearing.fail(fault),
                }
                let misread = door.as_ref().map_or(0, RuleCounters::not_understood) + legacy_misread;
                source.misread(misread.saturating_sub(known_misread));
                known_misread = misread;
            }
            Err(error) => {
                source.is_absent = false;
                source.hearing.fail(words(&error));
                door = None;
            }
        }
        drop(source);
        stop.sleep(every);
    }
}

struct Reading {
    counters: Vec<(Place, Vec<RuleCounter>)>,
    legacy_fault: Option<String>,
}

fn read(door: &mut Option<RuleCounters>, misread: &mut u64) -> io::Result<Reading> {
    let door = match door {
        Some(door) => door,
        None => door.insert(RuleCounters::open()?),
    };
    let (nftables, iptables): (Vec<RuleCounter>, Vec<RuleCounter>) =
        door.read()?.into_iter().partition(|counter| counter.tables == Tables::Nftables);
    let (legacy, legacy_fault) = match has_legacy_table().then(|| legacy(misread)) {
        None => (Vec::new(), None),
        Some(Ok(rules)) => (rules, None),
        Some(Err(fault)) => (Vec::new(), Some(fault)),
    };
    let counters = Place::ALL.into_iter().zip([iptables, nftables, legacy]).collect();
    Ok(Reading { counters, legacy_fault })
}

/// Whether legacy iptables has a table in which Calico's rules could be.
fn has_legacy_table() -> bool {
    ["ip_tables_names", "ip6_tables_names"].into_iter().any(|file| {
        std::fs::read_to_string(format!("/proc/thread-self/net/{file}"))
            .is_ok_and(|text| text.lines().any(|line| line == "filter"))
    })
}

fn legacy(misread: &mut u64) -> Result<Vec<RuleCounter>, String> {
    let output = Command::new(LEGACY).args(["-c", "-t", "filter"]).stdin(Stdio::null()).output();
    let output = match output {
        Ok(output) if output.status.success() => output.stdout,
        Ok(output) => {
            return Err(format!("{LEGACY}: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(format!(
                "there are rules of legacy iptables, and no {LEGACY} to read them: use an image that has it"
            ));
        }
        Err(error) => return Err(format!("{LEGACY}: {error}")),
    };
    let mut reader = Format::IptablesSave.reader();
    let mut rules = Vec::new();
    let mut keep = |record| {
        if let Record::Counter(counter) = record {
            rules.push(counter);
        }
    };
    reader.feed(&output, &mut keep);
    reader.finish(&mut keep);
    *misread += reader.tally().not_understood();
    Ok(rules)
}

fn words(error: &io::Error) -> String {
    match error.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
        Some(rustix::io::Errno::PERM | rustix::io::Errno::ACCESS) => {
            "rule counters cannot be read: CAP_NET_ADMIN is missing".to_owned()
        }
        Some(rustix::io::Errno::INVAL | rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::PROTONOSUPPORT) => {
            format!("the kernel has no nf_tables: {error}")
        }
        _ => format!("rule counters cannot be read: {error}"),
    }
}
