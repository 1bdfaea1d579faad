//! Reads the rule counters of this network namespace once, as the node part does, and says how many there are. For measurements:
//! `perf stat -- counters` beside `perf stat -- iptables-nft-save -c -t filter`.
#![allow(clippy::print_stdout, reason = "it prints one line")]

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    let mut door = hedgerow_observer::node::RuleCounters::open()?;
    let counters = door.read()?;
    println!("{} counters, {} messages not understood", counters.len(), door.not_understood());
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {}
