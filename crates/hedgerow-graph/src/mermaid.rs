//! Mermaid, for Markdown pages.

use std::fmt::Write;

use crate::network::Network;
use crate::node::{Basis, EdgePorts};
use crate::outside::outside;
use crate::palette::{ALARM, COLOURS};
use crate::traffic::{Facing, Permission, Use};
use hedgerow_core::unseen::is_unseen;

/// What Mermaid draws unless its host allows more (`maxEdges`; it cannot be raised from within a diagram).
/// <https://mermaid.js.org/config/schema-docs/config-properties-maxedges.html>
const MAX_EDGES: usize = 500;

/// The network as a Mermaid flowchart, one subgraph per owner. Who is let in by `allow` or was seen and is no service is a rounded box
/// outside of them. With traffic, edges that nobody used are dotted and say so, and calls that nothing permits are thick. A first line
/// says so if Mermaid will refuse the number of edges.
pub fn mermaid(network: &Network) -> String {
    let mut lines = Vec::new();
    let mut loud = Vec::new();
    let outside = outside(network);
    for (at, (edge, (caller, callee))) in network.edges().iter().zip(network.ends()).enumerate() {
        let count = network.seen(at).map_or(0, |seen| seen.count);
        let (arrow, said) = match (network.use_of(at), edge.basis) {
            (Some(Use::Unseen), _) => ("-.->", Some("not seen".to_owned())),
            (Some(Use::Perhaps), _) => ("-.->", Some("perhaps seen".to_owned())),
            (Some(Use::Unlabelled), _) => ("==>", Some(format!("WITHOUT LABEL, {count} ×"))),
            (Some(Use::Used), Basis::Types) => ("-.->", Some(format!("{count} ×"))),
            (Some(Use::Used), Basis::Rule) => ("-->", Some(format!("{count} ×"))),
            (None, Basis::Types) => ("-.->", None),
            (None, Basis::Rule) => ("-->", None),
        };
        if arrow == "==>" {
            loud.push(lines.len());
        }
        let ports = matches!(edge.ports, EdgePorts::Only(_)).then(|| edge.ports.to_text());
        lines.push(line(&format!("n{caller}"), arrow, ports.into_iter().chain(said), &format!("n{callee}")));
    }
    for (peer, callee, ports) in &outside.allowed {
        lines.push(line(&format!("x{peer}"), "-->", ports.clone().into_iter(), &format!("n{callee}")));
    }
    for (peer, callee, label) in &outside.published {
        lines.push(line(&format!("x{peer}"), "-->", label.iter().cloned(), &format!("n{callee}")));
    }
    for stranger in network.observed().into_iter().flat_map(|observed| &observed.strangers) {
        let count = stranger.seen.count;
        let (arrow, said) = match stranger.by {
            Permission::Nothing => ("==>", format!("NOT PERMITTED, {count} ×")),
            Permission::Untold => ("-.->", format!("perhaps not permitted, {count} ×")),
            Permission::Allow | Permission::Edge(_) => ("-->", format!("{count} ×")),
        };
        if arrow == "==>" {
            loud.push(lines.len());
        }
        let caller = stranger.from.map(|from| format!("n{from}"));
        let caller = caller.or_else(|| outside.of(&stranger.caller).map(|peer| format!("x{peer}"))).unwrap_or_default();
        lines.push(line(&caller, arrow, std::iter::once(said), &format!("n{}", stranger.to)));
    }
    let mut out = String::new();
    if lines.len() > MAX_EDGES {
        let _ = writeln!(
            out,
            "%% {} edges. Mermaid draws {MAX_EDGES} unless the page that shows it raises maxEdges; choose a part of the network instead.",
            lines.len()
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
    for (index, peer) in outside.peers.iter().enumerate() {
        let class = if peer.facing == Facing::Internet { "internet" } else { "outside" };
        let _ = writeln!(out, "  x{index}([\"{}\"]):::{class}", text(&peer.text));
    }
    lines.iter().for_each(|line| out.push_str(line));
    for (index, colour) in COLOURS.iter().enumerate().take(network.owners().len()) {
        let _ = writeln!(out, "  classDef c{index} fill:{0}22,stroke:{0}", colour.light);
    }
    if !outside.peers.is_empty() {
        out.push_str("  classDef outside stroke-dasharray:3\n  classDef internet stroke-width:3px\n");
    }
    if !loud.is_empty() {
        let loud: Vec<String> = loud.iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "  linkStyle {} stroke:{},stroke-width:4px", loud.join(","), ALARM.light);
    }
    out
}

fn line(caller: &str, arrow: &str, label: impl Iterator<Item = String>, callee: &str) -> String {
    let label: Vec<String> = label.collect();
    let label = if label.is_empty() { String::new() } else { format!("|\"{}\"|", text(&label.join(" · "))) };
    format!("  {caller} {arrow}{label} {callee}\n")
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
