//! One self-contained page: the map, a table and answers, without a server.
//!
//! `page/` holds it as plain HTML, CSS and JavaScript that are put together here; there is no build step and nothing
//! foreign in it. Its content security policy names the hashes of exactly this style and this script and forbids
//! everything else, so that even a mistake in escaping could not run code or reach the network.

use data_encoding::BASE64;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::layout::{Layout, map_name};
use crate::markup::{escape, json_in_script};
use crate::network::{Basis, EdgePorts, Network, Node, Port, Ports, distinct};
use crate::palette::{COLOURS, GROUND};

const TEMPLATE: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/style.css");
/// In the order in which they need each other; together they are one module.
const SCRIPT: [&str; 6] = [
    include_str!("page/model.js"),
    include_str!("page/view.js"),
    include_str!("page/map.js"),
    include_str!("page/panel.js"),
    include_str!("page/table.js"),
    include_str!("page/main.js"),
];

// The shape in which the page reads its data: short, since it is written 10,000 times. `page/model.js` is the other end.

#[derive(Serialize)]
struct Data<'a> {
    environment: Option<&'a str>,
    prefix: Option<&'a str>,
    size: (f64, f64),
    colours: Vec<(&'a str, &'a str)>,
    ground: (&'a str, &'a str),
    owners: Vec<Owner<'a>>,
    types: Vec<&'a str>,
    namespaces: Vec<&'a str>,
    services: Vec<Service<'a>>,
    edges: Vec<Edge<'a>>,
}

#[derive(Serialize)]
struct Owner<'a>(&'a str, usize, f64, f64, f64);

/// Name, name on the map, owner, type, namespace, stage, x, y, radius, callers, callees, file, ports, allow.
#[derive(Serialize)]
struct Service<'a>(
    &'a str,
    String,
    usize,
    usize,
    usize,
    &'a str,
    f64,
    f64,
    f64,
    usize,
    usize,
    &'a str,
    Vec<String>,
    Vec<(&'a str, String, Option<&'a str>)>,
);

/// Caller, callee, ports (`null`: all), by types, file, reason.
#[derive(Serialize)]
struct Edge<'a>(usize, usize, Option<&'a [String]>, bool, &'a str, Option<&'a str>);

/// The page.
///
/// # Errors
/// None that a network can cause; the error is passed on because the JSON writer has one.
pub fn html(network: &Network, layout: &Layout) -> Result<String, serde_json::Error> {
    // A checkout with CRLF would give other bytes, and an HTML parser turns CRLF into LF before it hashes.
    let style = STYLE.replace("\r\n", "\n");
    let script = SCRIPT.concat().replace("\r\n", "\n");
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        BASE64.encode(&Sha256::digest(&style)),
        BASE64.encode(&Sha256::digest(&script)),
    );
    let title = match network.environment() {
        Some(environment) => format!("Who may call whom in {environment}"),
        None => "Who may call whom".to_owned(),
    };
    let data = json_in_script(&serde_json::to_string(&data(network, layout))?);
    Ok(fill(
        &TEMPLATE.replace("\r\n", "\n"),
        &[("policy", &policy), ("title", &escape(&title)), ("style", &style), ("script", &script), ("data", &data)],
    ))
}

/// Replaces `{{name}}` in one pass: what is put in is not looked at again, so no name can pull in another part.
fn fill(template: &str, parts: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len() + parts.iter().map(|(_, text)| text.len()).sum::<usize>());
    let mut pieces = template.split("{{");
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let known = piece
            .split_once("}}")
            .and_then(|(name, rest)| parts.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text, rest)));
        match known {
            Some((text, rest)) => {
                out.push_str(text);
                out.push_str(rest);
            }
            None => {
                out.push_str("{{");
                out.push_str(piece);
            }
        }
    }
    out
}

fn data<'a>(network: &'a Network, layout: &'a Layout) -> Data<'a> {
    let types = distinct(network.nodes().iter().map(Node::type_text));
    let namespaces = distinct(network.nodes().iter().map(|node| node.namespace.as_str()));
    // Every value is among the distinct ones it was collected into.
    let find = |list: &[&str], value: &str| list.binary_search(&value).unwrap_or(0);
    let services = network
        .nodes()
        .iter()
        .zip(network.short_names())
        .zip(layout.places().iter().zip(layout.homes()))
        .zip(network.degrees())
        .map(|(((node, short), (place, &home)), degree)| {
            Service(
                &node.name,
                map_name(short),
                home,
                find(&types, node.type_text()),
                find(&namespaces, &node.namespace),
                node.stage.as_str(),
                place.x,
                place.y,
                place.radius,
                degree.callers,
                degree.callees,
                &node.file,
                match &node.ports {
                    Ports::Any => vec!["any".to_owned()],
                    Ports::Nothing => vec!["none".to_owned()],
                    Ports::These(ports) => ports.iter().map(Port::to_text).collect(),
                },
                node.allow
                    .iter()
                    .map(|allow| (allow.peer.as_str(), allow.ports.to_text(), allow.reason.as_deref()))
                    .collect(),
            )
        })
        .collect();
    let edges = network
        .edges()
        .iter()
        .zip(network.ends())
        .map(|(edge, &(caller, callee))| {
            let ports = match &edge.ports {
                EdgePorts::All => None,
                EdgePorts::Only(ports) => Some(ports.as_slice()),
            };
            Edge(caller, callee, ports, edge.basis == Basis::Types, &edge.file, edge.reason.as_deref())
        })
        .collect();
    Data {
        environment: network.environment(),
        prefix: network.common_prefix(),
        size: layout.size(),
        colours: COLOURS.iter().map(|colour| (colour.light, colour.dark)).collect(),
        ground: (GROUND.light, GROUND.dark),
        owners: layout
            .islands()
            .iter()
            .map(|island| Owner(&island.owner, island.colour, island.x, island.y, island.radius))
            .collect(),
        types,
        namespaces,
        services,
        edges,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        assert_eq!(fill("<{{a}}|{{b}}|{{c}}>", &[("a", "{{b}}"), ("b", "{{a}}")]), "<{{b}}|{{a}}|{{c}}>");
    }
}
