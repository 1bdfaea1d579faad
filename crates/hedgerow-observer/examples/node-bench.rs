//! What `scripts/bench-observe` measures of the node part, each in a process of its own, so that `time` and `/proc` tell what it costs:
//!
//! - `counters`: reads the rule counters of this network namespace once, as the node part does. Beside it `iptables-nft-save -c -t filter`.
//! - `connections N`: reads N new connections as events and sums them, and says how many were dropped and found. Beside it `conntrack -E`.
//! - `flood N RATE`: opens N connections, so many a second, by datagrams into 10.98.0.0/16: from port to port, to 300 addresses and ports. With
//!   rate 0 as fast as it goes, each to another one.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "it is measured, and prints one line")]

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    match arguments.first().map(String::as_str) {
        Some("counters") => linux::counters(),
        Some("connections") => linux::connections(number(1)),
        Some("flood") => linux::flood(number(1), number(2)),
        _ => Err(std::io::Error::other("counters, connections N, or flood N RATE")),
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use hedgerow_observe::sum::connections::Connections as Tracked;
    use hedgerow_observe::sum::{Limits, Now, Sums};
    use hedgerow_observer::node::{Connections, RuleCounters};
    use std::io;
    use std::net::UdpSocket;
    use std::time::{Duration, Instant};

    pub(super) fn counters() -> io::Result<()> {
        let mut door = RuleCounters::open()?;
        let counters = door.read()?;
        println!("{} counters, {} messages not understood", counters.len(), door.not_understood());
        Ok(())
    }

    pub(super) fn connections(count: u64) -> io::Result<()> {
        let mut door = Connections::open(16 << 20)?;
        let (mut tracked, mut sums) = (Tracked::default(), Sums::new(Limits::default()));
        let now = Now::default();
        tracked.begin();
        door.table(&mut |connection| tracked.listed(connection, now, &mut sums))?;
        tracked.end();
        println!("ready");
        let (mut seen, mut lost, mut readings, mut is_overrun) = (0, 0, 0, false);
        let mut last = Instant::now();
        let mut table_after = Instant::now();
        // To the end of the flood: then nothing comes any more.
        while last.elapsed() < Duration::from_secs(3) {
            if door.wait(Duration::from_millis(100))? {
                let read = door.events(256, &mut |connection| tracked.event(connection, now, &mut sums))?;
                seen += read.events as u64;
                is_overrun |= read.is_overrun;
                if read.events > 0 {
                    last = Instant::now();
                }
                if !read.is_drained {
                    continue;
                }
            } else if seen < count {
                // It has not begun.
                last = if seen == 0 { Instant::now() } else { last };
            }
            if tracked.is_repairing()
                && let Some(loss) = tracked.drained(door.dropped(), is_overrun)
            {
                lost += loss.count.unwrap_or(0);
            }
            if is_overrun && Instant::now() >= table_after {
                is_overrun = false;
                tracked.begin();
                let began = Instant::now();
                door.table(&mut |connection| tracked.listed(connection, now, &mut sums))?;
                tracked.end();
                readings += 1;
                table_after = Instant::now() + Duration::from_secs(1).max(began.elapsed() * 10);
            }
        }
        let (calls, overflow) = sums.take();
        let counted: u64 = calls.values().map(|span| span.count).sum();
        println!("{seen} events, {readings} readings of the table, {} calls, {lost} lost", counted + overflow);
        Ok(())
    }

    pub(super) fn flood(count: u64, rate: u64) -> io::Result<()> {
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        let began = Instant::now();
        let is_slow = (1..=5_000).contains(&rate);
        for number in 0..count {
            if rate > 0 && number % 100 == 0 {
                let due = Duration::from_micros(number * 1_000_000 / rate);
                std::thread::sleep(due.saturating_sub(began.elapsed()));
            }
            // At a rate that a node has: some edges, many connections. Else 250 addresses, and as many ports as are needed.
            let edge = if is_slow { number % 300 } else { number };
            let (host, port) = (edge % 250 + 1, edge / 250 % 60_000 + 1_000);
            let address = format!("10.98.0.{host}");
            let port = u16::try_from(port).unwrap_or(9);
            let own = if is_slow { Some(UdpSocket::bind("0.0.0.0:0")?) } else { None };
            while own.as_ref().unwrap_or(&socket).send_to(b"x", (address.as_str(), port)).is_err() {
                std::thread::sleep(Duration::from_micros(50));
            }
        }
        println!("{count} in {:.3} s", began.elapsed().as_secs_f64());
        Ok(())
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {}
