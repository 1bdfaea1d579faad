//! How often the bound that `hedgerow ready` prints holds, over simulated fleets: `cargo run --release -p hedgerow-ready --example coverage -- 2000`.
#![allow(clippy::print_stdout, reason = "an example prints")]
#![allow(clippy::cast_precision_loss, reason = "counts are small")]
#![allow(clippy::disallowed_methods, reason = "an example has arguments")]

#[path = "../tests/ready/simulator.rs"]
mod simulator;
#[path = "../tests/ready/world.rs"]
#[allow(dead_code, reason = "the simulator needs a part of it")]
mod world;

fn main() {
    let histories = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(2000);
    let tally = simulator::simulate(0..histories);
    println!("simulated fleets               {}", tally.histories);
    for (kind, count) in simulator::KINDS.iter().zip(tally.drawn) {
        println!("  with {kind:<36}{count}");
    }
    println!("callees judged                 {}", tally.callees);
    println!("of these ready                 {}", tally.ready);
    println!("calls cut within the window    {}", tally.cut_now);
    println!("calls cut in the next window   {}", tally.cut_next);
    println!("calls cut at most, by bound    {:.1}", tally.bound);
    println!("fleets in which the bound held {:.1} %", 100.0 * tally.covered as f64 / tally.bounded.max(1) as f64);
}
