//! Mermaid, for Markdown pages.

use std::fmt::Write;

use crate::markup::is_unseen;
use crate::network::{Basis, EdgePorts, Network};
use crate::palette::COLOURS;

/// What Mermaid draws unless its host allows more (`maxEdges`; it cannot be raised from within a diagram).
/// <https://mermaid.js.org/config/schema-docs/config-properties-maxedges.html>
const MAX_EDGES: usize = 500;

/// The network as a Mermaid flowchart, one subgraph per owner. A first line says so if Mermaid will refuse the number of
/// edges.
pub fn mermaid(network: &Network) -> String {
    let mut out = String::new();
    if network.edges().len() > MAX_EDGES {
        let _ = writeln!(
            out,
            "%% {} edges. Mermaid draws {MAX_EDGES} unless the page that shows it raises maxEdges; choose a part of the network instead.",
            network.edges().len()
        );
    }
    out.push_str("flowchart LR\n");
    for (owner_index, owner) in network.owners().into_iter().enumerate() {
        let _ = writeln!(out, "  subgraph o{owner_index}[\"{}\"]", text(owner));
        for (index, node) in network.nodes().iter().enumerate().filter(|(_, node)| node.owner_text() == owner) {
            let _ = writeln!(out, "    n{index}[\"{}\"]:::c{}", text(&node.name), owner_index % COLOURS.len());
        }
        out.push_str("  end\n");
    }
    for (edge, (caller, callee)) in network.edges().iter().zip(network.ends()) {
        let arrow = match edge.basis {
            Basis::Rule => "-->",
            Basis::Types => "-.->",
        };
        let label = match &edge.ports {
            EdgePorts::All => String::new(),
            EdgePorts::Only(_) => format!("|\"{}\"|", text(&edge.ports.to_text())),
        };
        let _ = writeln!(out, "  n{caller} {arrow}{label} n{callee}");
    }
    for (index, colour) in COLOURS.iter().enumerate().take(network.owners().len()) {
        let _ = writeln!(out, "  classDef c{index} fill:{0}22,stroke:{0}", colour.light);
    }
    out
}

/// Text between double quotes. Mermaid has no escape for a quote; it reads character codes between `#` and `;`, so every
/// character that could mean something to it or to the HTML it becomes is written as a code.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter == '\n' {
            out.push(' ');
        } else if is_unseen(letter) {
            out.push('\u{fffd}');
        } else if letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_' | ' ' | '/' | ':' | ',') {
            out.push(letter);
        } else {
            let _ = write!(out, "#{};", u32::from(letter));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_quotes() {
        assert_eq!(text("a\"|b"), "a#34;#124;b");
        assert_eq!(text("<b>&#\n%%"), "#60;b#62;#38;#35; #37;#37;");
    }
}
