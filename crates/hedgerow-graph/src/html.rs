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
use crate::network::{Network, distinct};
use crate::node::{Basis, EdgePorts, Node, Port, Ports};
use crate::palette::{ALARM, COLOURS, GROUND};
use crate::traffic::{self, Caller, Use};

const PAPER: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta http-equiv=\"Content-Security-Policy\" content=\"{{policy}}\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
    <title>{{title}}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{{style}}</style>\n</head>\n<body>\n{{body}}</body>\n</html>\n";
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
    alarm: (&'a str, &'a str),
    observed: Option<Window<'a>>,
    strangers: Vec<Stranger<'a>>,
    /// What silence is worth: each sentence once.
    silences: Vec<&'a str>,
}

/// Since when, until when, how well, and how many calls went to services that are not drawn.
#[derive(Serialize)]
struct Window<'a>(&'a str, &'a str, &'a [String], u64);

/// Caller (`null`: no service that is drawn), its name, whether it is no service, callee, what permits it, evidence.
#[derive(Serialize)]
struct Stranger<'a>(Option<usize>, &'a str, bool, usize, &'a str, Seen<'a>);

/// Count, first, last, days, ports, unpermitted, dropped.
#[derive(Serialize)]
struct Seen<'a>(u64, &'a str, &'a str, u64, &'a [String], u64, u64);

impl<'a> Seen<'a> {
    fn new(seen: &'a traffic::Seen) -> Self {
        Self(seen.count, &seen.first, &seen.last, seen.days, &seen.ports, seen.unpermitted, seen.dropped)
    }
}

#[derive(Serialize)]
struct Owner<'a>(&'a str, usize, f64, f64, f64);

/// Name, name on the map, owner, type, namespace, stage, x, y, radius, callers, callees, file, ports, allow, facing,
/// what publishes it, what silence is worth.
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
    &'a str,
    Vec<(&'a str, &'a str, &'a str, Vec<String>)>,
    Option<usize>,
);

/// Caller, callee, ports (`null`: all), by types, file, reason, use and evidence where somebody listened.
#[derive(Serialize)]
struct Edge<'a>(usize, usize, Option<&'a [String]>, bool, &'a str, Option<&'a str>, Option<&'a str>, Option<Seen<'a>>);

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

/// A page without a script, from its title (text), its style and its body (HTML). Its policy forbids everything but this style and pictures
/// that are in it.
pub fn paper(title: &str, style: &str, body: &str) -> String {
    let style = style.replace("\r\n", "\n");
    let hash = BASE64.encode(&Sha256::digest(&style));
    let policy =
        format!("default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'");
    fill(PAPER, &[("policy", &policy), ("title", &escape(title)), ("style", &style), ("body", body)])
}

/// A picture for the inside of a page: its own document, whose style and names touch nothing around it.
pub fn embedded(svg: &str) -> String {
    format!("data:image/svg+xml;base64,{}", BASE64.encode(svg.as_bytes()))
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
    let silence = |at: usize| network.observed().and_then(|observed| observed.silence.get(at)?.as_deref());
    let silences = distinct((0..network.nodes().len()).filter_map(silence));
    // Every value is among the distinct ones it was collected into.
    let find = |list: &[&str], value: &str| list.binary_search(&value).unwrap_or(0);
    let services = network
        .nodes()
        .iter()
        .zip(network.short_names())
        .zip(layout.places().iter().zip(layout.homes()))
        .zip(network.degrees())
        .enumerate()
        .map(|(at, (((node, short), (place, &home)), degree))| {
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
                network.facing(at).as_str(),
                network
                    .published(at)
                    .iter()
                    .map(|by| {
                        let ports = by.ports.iter().map(Port::to_text).collect();
                        (by.how.as_str(), by.object.as_str(), by.file.as_str(), ports)
                    })
                    .collect(),
                silence(at).map(|text| find(&silences, text)),
            )
        })
        .collect();
    let edges = network
        .edges()
        .iter()
        .zip(network.ends())
        .enumerate()
        .map(|(at, (edge, &(caller, callee)))| {
            let ports = match &edge.ports {
                EdgePorts::All => None,
                EdgePorts::Only(ports) => Some(ports.as_slice()),
            };
            let (r#use, seen) = (network.use_of(at).map(Use::as_str), network.seen(at).map(Seen::new));
            Edge(caller, callee, ports, edge.basis == Basis::Types, &edge.file, edge.reason.as_deref(), r#use, seen)
        })
        .collect();
    let strangers = network.observed().into_iter().flat_map(|observed| &observed.strangers).map(|stranger| {
        let is_outsider = matches!(stranger.caller, Caller::Outsider(_));
        let (by, seen) = (stranger.by.as_str(), Seen::new(&stranger.seen));
        Stranger(stranger.from, stranger.caller.as_str(), is_outsider, stranger.to, by, seen)
    });
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
        alarm: (ALARM.light, ALARM.dark),
        observed: network.observed().map(|seen| Window(&seen.from, &seen.to, &seen.heard, seen.elsewhere)),
        strangers: strangers.collect(),
        silences,
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
