//! Writes the pages that `scripts/test-browser` opens: `browser_pages DIRECTORY`.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    missing_docs,
    reason = "a tool for a test, not part of the library"
)]

#[path = "network/generate.rs"]
mod generate;
#[path = "../tests/hostile/network.rs"]
mod hostile;

use hedgerow_graph::{Layout, Network, html};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args().nth(1).ok_or("which directory?")?;
    std::fs::create_dir_all(&directory)?;
    let pages = [
        ("small", generate::network(50, 200, 7)),
        ("large", generate::network(1_500, 9_300, 7)),
        ("small-observed", generate::observed(generate::network(50, 200, 7), 11)),
        ("observed", generate::observed(generate::network(1_500, 9_300, 7), 11)),
        ("hostile", hostile::network()),
        ("empty", Network::new(None, vec![], vec![])?),
    ];
    for (name, network) in pages {
        let layout = Layout::new(&network, &|_| ());
        std::fs::write(format!("{directory}/{name}.html"), html(&network, &layout)?)?;
    }
    Ok(())
}
