//! Graphviz: `dot -Tsvg`, one cluster per owner.

use std::fmt::Write;

use crate::network::Network;
use crate::node::{Basis, EdgePorts, Stage};
use crate::outside::outside;
use crate::palette::{ALARM, COLOURS};
use crate::traffic::{Facing, Permission, Use};
use hedgerow_core::unseen::is_unseen;

/// The network as a Graphviz digraph. Owners are clusters; the stage is the outline (`enforce` solid, `audit` dashed,
/// `open`, `off` and unknown dotted); edges restricted to ports bear them, edges by type are dashed. Who is let in by `allow` or was seen and is no
/// service is an ellipse outside of the clusters, doubled where it may be anybody on the internet. With traffic, an edge that nobody
/// used is dotted and grey; a call that nothing permits is thick, red and says so.
pub fn dot(network: &Network) -> String {
    let mut out = String::from("digraph hedgerow {\n");
    if let Some(environment) = network.environment() {
        let _ = writeln!(out, "  label={};", quoted(&format!("environment {environment}")));
    }
    out.push_str("  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\"];\n");
    for (index, owner) in network.owners().into_iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()].light;
        let _ =
            writeln!(out, "  subgraph \"cluster_{index}\" {{\n    label={};\n    color=\"{colour}\";", quoted(owner));
        for node in network.nodes().iter().filter(|node| node.owner_text() == owner) {
            let line = match node.stage {
                Stage::Enforce => "solid",
                Stage::Audit => "dashed",
                Stage::Open | Stage::Off | Stage::Unknown => "dotted",
            };
            let _ = writeln!(
                out,
                "    {} [fillcolor=\"{colour}22\", color=\"{colour}\", style=\"rounded,filled,{line}\", tooltip={}];",
                quoted(&node.name),
                quoted(&format!("{} · {} · {}", node.type_text(), node.namespace, node.stage.as_str())),
            );
        }
        out.push_str("  }\n");
    }
    let outside = outside(network);
    let id = |index: usize| quoted(&outside.id(index));
    for (index, peer) in outside.peers.iter().enumerate() {
        let twice = if peer.facing == Facing::Internet { ", peripheries=2" } else { "" };
        let _ = writeln!(out, "  {} [label={}, shape=ellipse, style=solid{twice}];", id(index), quoted(&peer.text));
    }
    for (at, edge) in network.edges().iter().enumerate() {
        let (mut label, mut attributes) = (Vec::new(), Vec::new());
        if let EdgePorts::Only(_) = edge.ports {
            label.push(edge.ports.to_text());
        }
        if edge.basis == Basis::Types {
            attributes.push("style=dashed".to_owned());
        }
        match network.use_of(at) {
            Some(Use::Unseen) => {
                attributes = vec!["style=dotted, color=\"#8a8f98\"".to_owned(), tip("permitted, not seen")];
            }
            Some(Use::Perhaps) => attributes = vec!["style=dotted".to_owned(), tip("permitted, perhaps seen")],
            Some(Use::Unlabelled) => {
                label.push(format!("WITHOUT LABEL, {} ×", network.seen(at).map_or(0, |seen| seen.count)));
                attributes.extend(loud());
            }
            Some(Use::Used) => attributes.push(tip(&format!("{} ×", network.seen(at).map_or(0, |seen| seen.count)))),
            None => {}
        }
        arrow(&mut out, &quoted(&edge.caller), &quoted(&edge.callee), &label, attributes);
    }
    for (index, callee, ports) in &outside.allowed {
        let label: Vec<String> = ports.clone().into_iter().collect();
        arrow(
            &mut out,
            &id(*index),
            &quoted(&network.nodes()[*callee].name),
            &label,
            vec!["arrowhead=empty".to_owned()],
        );
    }
    for (index, callee, label) in &outside.published {
        arrow(
            &mut out,
            &id(*index),
            &quoted(&network.nodes()[*callee].name),
            label,
            vec!["arrowhead=empty".to_owned()],
        );
    }
    for stranger in network.observed().into_iter().flat_map(|observed| &observed.strangers) {
        let caller = stranger.from.map_or_else(
            || outside.of(&stranger.caller).map(id).unwrap_or_default(),
            |from| quoted(&network.nodes()[from].name),
        );
        let (label, attributes) = match stranger.by {
            Permission::Nothing => (format!("NOT PERMITTED, {} ×", stranger.seen.count), loud()),
            Permission::Untold => {
                (format!("perhaps not permitted, {} ×", stranger.seen.count), vec!["style=dotted".to_owned()])
            }
            Permission::Allow | Permission::Edge(_) => {
                (format!("{} ×", stranger.seen.count), vec!["arrowhead=empty".to_owned()])
            }
        };
        arrow(&mut out, &caller, &quoted(&network.nodes()[stranger.to].name), &[label], attributes);
    }
    out.push_str("}\n");
    out
}

fn tip(text: &str) -> String {
    format!("tooltip={}", quoted(text))
}

/// How a call is drawn that must jump to the eye.
fn loud() -> Vec<String> {
    vec!["style=bold".to_owned(), "penwidth=3".to_owned(), format!("color=\"{0}\", fontcolor=\"{0}\"", ALARM.light)]
}

fn arrow(out: &mut String, caller: &str, callee: &str, label: &[String], mut attributes: Vec<String>) {
    if !label.is_empty() {
        attributes.insert(0, format!("label={}", quoted(&label.join(" "))));
    }
    let _ = write!(out, "  {caller} -> {callee}");
    if !attributes.is_empty() {
        let _ = write!(out, " [{}]", attributes.join(", "));
    }
    out.push_str(";\n");
}

/// A double-quoted ID. `\` is doubled, since labels read `\N` or `\n` as commands; line breaks become `\n`; what cannot be seen
/// becomes U+FFFD (NUL would end the text).
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            letter if is_unseen(letter) => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_quotes() {
        assert_eq!(quoted("a\"b"), r#""a\"b""#);
        assert_eq!(quoted("a\\"), r#""a\\""#);
        assert_eq!(quoted("a\nb\0"), "\"a\\nb\u{fffd}\"");
    }
}
