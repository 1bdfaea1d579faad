//! Comma-separated values, one line per edge, for spreadsheets.

use crate::network::Network;

const HEAD: &str =
    "caller,callee,ports,by,file,caller_owner,callee_owner,callee_type,callee_namespace,callee_stage\r\n";

/// The edges as CSV after RFC 4180, with a head line.
///
/// A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`, tab or carriage return as a formula. Such cells get an
/// apostrophe in front, which spreadsheets hide. Programs that need every name unchanged read the JSON output. Services
/// without edges have no line here; the JSON output lists them.
pub fn csv(network: &Network) -> String {
    let mut out = String::from(HEAD);
    for (edge, &(caller, callee)) in network.edges().iter().zip(network.ends()) {
        let (from, to) = (&network.nodes()[caller], &network.nodes()[callee]);
        let cells = [
            edge.caller.as_str(),
            &edge.callee,
            &edge.ports.to_text(),
            edge.basis.as_str(),
            &edge.file,
            from.owner.as_deref().unwrap_or_default(),
            to.owner.as_deref().unwrap_or_default(),
            to.service_type.as_deref().unwrap_or_default(),
            &to.namespace,
            to.stage.as_str(),
        ]
        .map(cell);
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
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
