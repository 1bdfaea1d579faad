//! Graphviz: `dot -Tsvg`, one cluster per owner.

use std::fmt::Write;

use crate::markup::is_unseen;
use crate::network::{Basis, EdgePorts, Network, Stage};
use crate::palette::COLOURS;

/// The network as a Graphviz digraph. Owners are clusters; the stage is the outline (`enforce` solid, `audit` dashed,
/// `open` and `off` dotted); edges restricted to ports bear them, edges by type are dashed.
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
                Stage::Open | Stage::Off => "dotted",
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
    for edge in network.edges() {
        let mut attributes = Vec::new();
        if let EdgePorts::Only(_) = edge.ports {
            attributes.push(format!("label={}", quoted(&edge.ports.to_text())));
        }
        if edge.basis == Basis::Types {
            attributes.push("style=dashed".to_owned());
        }
        let _ = write!(out, "  {} -> {}", quoted(&edge.caller), quoted(&edge.callee));
        if !attributes.is_empty() {
            let _ = write!(out, " [{}]", attributes.join(", "));
        }
        out.push_str(";\n");
    }
    out.push_str("}\n");
    out
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
