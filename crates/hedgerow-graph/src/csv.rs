//! Comma-separated values, one line per edge and for each other who may call, for spreadsheets.

use crate::network::Network;
use crate::traffic::{Seen, Use};

const HEAD: &str = "caller,callee,ports,by,file,caller_owner,callee_owner,callee_type,callee_namespace,callee_stage";
/// With traffic.
const EVIDENCE: &str = ",use,count,first,last,seen_ports,unpermitted,dropped";

/// The edges as CSV after RFC 4180, with a head line. An entry of `allow`, and what publishes a service, has a line too: `by` is then `allow` or
/// `published`, and the caller is who is let in, in words. Where traffic was laid on the network there are columns for it, and a line for each call
/// that is on no edge: `by` is then `nothing`, `allow` or `untold`, and ports and file are empty.
/// Only they, and edges, have values in these columns.
///
/// A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`, tab or carriage return as a formula. Such cells get an
/// apostrophe in front, which spreadsheets hide. Programs that need every name unchanged read the JSON output. Services
/// without edges have no line here; the JSON output lists them.
pub fn csv(network: &Network) -> String {
    let mut out = String::from(HEAD);
    out.push_str(if network.observed().is_some() { EVIDENCE } else { "" });
    out.push_str("\r\n");
    let line = |out: &mut String, cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    };
    for (at, (edge, &(caller, callee))) in network.edges().iter().zip(network.ends()).enumerate() {
        let [of_caller, of_callee @ ..] = ends(network, Some(caller), callee);
        let mut cells =
            vec![edge.caller.clone(), edge.callee.clone(), edge.ports.to_text(), edge.basis.as_str().to_owned()];
        cells.extend([edge.file.clone(), of_caller]);
        cells.extend(of_callee);
        cells.extend(network.use_of(at).into_iter().flat_map(|r#use| evidence(r#use.as_str(), network.seen(at))));
        line(&mut out, &cells);
    }
    let observed = network.observed().is_some();
    for (at, node) in network.nodes().iter().enumerate() {
        let allowed = node.allow.iter().map(|allow| (allow.peer.clone(), allow.ports.to_text(), "allow", &node.file));
        let published = network.published(at).iter().map(|by| {
            let ports: Vec<_> = by.ports.iter().map(|port| port.number.to_string()).collect();
            (format!("the outside by {}", by.object), ports.join(" "), "published", &by.file)
        });
        for (peer, ports, by, file) in allowed.chain(published) {
            let [of_caller, of_callee @ ..] = ends(network, None, at);
            let mut cells = vec![peer, node.name.clone(), ports, by.to_owned(), file.clone(), of_caller];
            cells.extend(of_callee);
            cells.extend(observed.then(<[String; 7]>::default).into_iter().flatten());
            line(&mut out, &cells);
        }
    }
    for stranger in network.observed().into_iter().flat_map(|observed| &observed.strangers) {
        let callee = &network.nodes()[stranger.to].name;
        let [of_caller, of_callee @ ..] = ends(network, stranger.from, stranger.to);
        let mut cells =
            vec![stranger.caller.as_str().to_owned(), callee.clone(), String::new(), stranger.by.as_str().to_owned()];
        cells.extend([String::new(), of_caller]);
        cells.extend(of_callee);
        cells.extend(evidence(Use::Used.as_str(), Some(&stranger.seen)));
        line(&mut out, &cells);
    }
    out
}

/// The caller's owner, and the callee's owner, type, namespace and stage.
fn ends(network: &Network, caller: Option<usize>, callee: usize) -> [String; 5] {
    let from = caller.and_then(|caller| network.nodes()[caller].owner.clone());
    let to = &network.nodes()[callee];
    [from, to.owner.clone(), to.service_type.clone(), Some(to.namespace.clone()), Some(to.stage.as_str().to_owned())]
        .map(Option::unwrap_or_default)
}

fn evidence(r#use: &str, seen: Option<&Seen>) -> [String; 7] {
    let number = |of: fn(&Seen) -> u64| seen.map_or_else(|| "0".to_owned(), |seen| of(seen).to_string());
    let text = |of: fn(&Seen) -> String| seen.map(of).unwrap_or_default();
    [
        r#use.to_owned(),
        number(|seen| seen.count),
        text(|seen| seen.first.clone()),
        text(|seen| seen.last.clone()),
        text(|seen| seen.ports.join(" ")),
        number(|seen| seen.unpermitted),
        number(|seen| seen.dropped),
    ]
}

fn cell(text: &str) -> String {
    let guarded = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if guarded.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_commas_and_line_breaks_stay_in_their_cell() {
        assert_eq!(cell("a\"b"), "\"a\"\"b\"");
        assert_eq!(cell("a,b\nc"), "\"a,b\nc\"");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for start in ["=cmd()", "+1", "-1", "@SUM(A1)", "\t=1"] {
            assert_eq!(cell(start), format!("'{start}"));
        }
        assert_eq!(cell("\r=1"), "\"'\r=1\"");
    }
}
