//! Draws a generated network and says how long each step took.
//!
//! `cargo run --release -p hedgerow-graph --example network -- [SERVICES EDGES [DIRECTORY]]`
//! With a directory, every format is written there.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    reason = "a tool for measuring, not part of the library"
)]

mod generate;

use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default: usize| arguments.get(index).map_or(Ok(default), |text| text.parse());
    let (services, edges) = (number(0, 1_500)?, number(1, 9_300)?);

    let network = generate::network(services, edges, 7);
    println!("{} services, {} edges, {} owners", network.nodes().len(), network.edges().len(), network.owners().len());
    let start = Instant::now();
    let layout = hedgerow_graph::Layout::new(&network, &|_| ());
    println!("layout   {:>8.1} ms", start.elapsed().as_secs_f64() * 1e3);
    let timed = |name: &str, draw: &dyn Fn() -> Result<String, serde_json::Error>| {
        let start = Instant::now();
        let text = draw()?;
        println!("{name:<8} {:>8.1} ms {:>9} bytes", start.elapsed().as_secs_f64() * 1e3, text.len());
        if let Some(directory) = arguments.get(2) {
            std::fs::create_dir_all(directory)?;
            std::fs::write(format!("{directory}/network.{name}"), text)?;
        }
        Ok::<(), Box<dyn std::error::Error>>(())
    };
    timed("dot", &|| Ok(hedgerow_graph::dot(&network)))?;
    timed("json", &|| hedgerow_graph::json(&network))?;
    timed("csv", &|| Ok(hedgerow_graph::csv(&network)))?;
    timed("mermaid", &|| Ok(hedgerow_graph::mermaid(&network)))?;
    timed("svg", &|| Ok(hedgerow_graph::svg(&network, &layout)))?;
    timed("html", &|| hedgerow_graph::html(&network, &layout))?;
    let observed = generate::observed(network.clone(), 11);
    timed("observed.html", &|| hedgerow_graph::html(&observed, &layout))
}
