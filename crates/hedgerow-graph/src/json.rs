//! JSON for programs: `docs/schemas/graph.json` is its contract.

use serde::Serialize;

use crate::network::Network;
use crate::node::{self, EdgePorts, Ports};
use crate::traffic::{self, Caller, Observed, Stranger};

/// Raised when a field changes its meaning or goes. New fields may come without.
const VERSION: u32 = 1;

// These structs are the format. The model may change without them.

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    environment: Option<&'a str>,
    observed: Option<Window<'a>>,
    services: Vec<Service<'a>>,
    edges: Vec<Edge<'a>>,
    strangers: Vec<JsonStranger<'a>>,
}

#[derive(Serialize)]
struct Window<'a> {
    from: &'a str,
    to: &'a str,
    heard: &'a [String],
    elsewhere: u64,
}

/// A call that is on no edge.
#[derive(Serialize)]
struct JsonStranger<'a> {
    caller: &'a str,
    outsider: bool,
    callee: &'a str,
    by: &'static str,
    seen: Seen<'a>,
}

#[derive(Serialize)]
struct Seen<'a> {
    count: u64,
    first: &'a str,
    last: &'a str,
    days: u64,
    ports: &'a [String],
    unpermitted: u64,
    dropped: u64,
}

impl<'a> Seen<'a> {
    fn new(seen: &'a traffic::Seen) -> Self {
        let traffic::Seen { count, first, last, days, ports, unpermitted, dropped, is_bare: _ } = seen;
        Self { count: *count, first, last, days: *days, ports, unpermitted: *unpermitted, dropped: *dropped }
    }
}

#[derive(Serialize)]
struct Published<'a> {
    how: &'a str,
    ports: Vec<Port<'a>>,
    object: &'a str,
    file: &'a str,
}

#[derive(Serialize)]
struct Service<'a> {
    name: &'a str,
    owner: Option<&'a str>,
    r#type: Option<&'a str>,
    namespace: &'a str,
    stage: &'static str,
    ports: Listens<'a>,
    allow: Vec<Allow<'a>>,
    silence: Option<&'a str>,
    facing: &'static str,
    published: Vec<Published<'a>>,
    callers: usize,
    callees: usize,
    file: &'a str,
}

#[derive(Serialize)]
struct Port<'a> {
    name: Option<&'a str>,
    number: u16,
    protocol: &'a str,
}

impl<'a> Port<'a> {
    fn new(port: &'a node::Port) -> Self {
        Self { name: port.name.as_deref(), number: port.number, protocol: &port.protocol }
    }
}

#[derive(Serialize)]
struct Allow<'a> {
    peer: &'a str,
    ports: Opened<'a>,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Edge<'a> {
    caller: &'a str,
    callee: &'a str,
    ports: Opened<'a>,
    by: &'static str,
    reason: Option<&'a str>,
    file: &'a str,
    r#use: Option<&'static str>,
    seen: Option<Seen<'a>>,
}

/// `"any"`, `"nothing"` or a list.
#[derive(Serialize)]
#[serde(untagged)]
enum Listens<'a> {
    Word(&'static str),
    These(Vec<Port<'a>>),
}

impl<'a> Listens<'a> {
    fn new(ports: &'a Ports) -> Self {
        match ports {
            Ports::Any => Self::Word("any"),
            Ports::Nothing => Self::Word("nothing"),
            Ports::These(ports) => Self::These(ports.iter().map(Port::new).collect()),
        }
    }
}

/// `"all"` or a list.
#[derive(Serialize)]
#[serde(untagged)]
enum Opened<'a> {
    All(&'static str),
    Only(&'a [String]),
}

impl<'a> Opened<'a> {
    fn new(ports: &'a EdgePorts) -> Self {
        match ports {
            EdgePorts::All => Self::All("all"),
            EdgePorts::Only(ports) => Self::Only(ports),
        }
    }
}

/// The network as JSON, indented, with a final newline. Services and edges are sorted as in [`Network`].
///
/// # Errors
/// None that a network can cause; the error is passed on because the JSON writer has one.
pub fn json(network: &Network) -> Result<String, serde_json::Error> {
    let document = Document {
        version: VERSION,
        environment: network.environment(),
        services: network
            .nodes()
            .iter()
            .zip(network.degrees())
            .enumerate()
            .map(|(at, (node, degree))| Service {
                name: &node.name,
                owner: node.owner.as_deref(),
                r#type: node.service_type.as_deref(),
                namespace: &node.namespace,
                stage: node.stage.as_str(),
                ports: Listens::new(&node.ports),
                allow: node
                    .allow
                    .iter()
                    .map(|allow| Allow {
                        peer: &allow.peer,
                        ports: Opened::new(&allow.ports),
                        reason: allow.reason.as_deref(),
                    })
                    .collect(),
                silence: network.observed().and_then(|observed| observed.silence.get(at)?.as_deref()),
                facing: network.facing(at).as_str(),
                published: network
                    .published(at)
                    .iter()
                    .map(|traffic::Published { how, ports, object, file }| Published {
                        how,
                        ports: ports.iter().map(Port::new).collect(),
                        object,
                        file,
                    })
                    .collect(),
                callers: degree.callers,
                callees: degree.callees,
                file: &node.file,
            })
            .collect(),
        edges: network
            .edges()
            .iter()
            .enumerate()
            .map(|(at, edge)| Edge {
                caller: &edge.caller,
                callee: &edge.callee,
                ports: Opened::new(&edge.ports),
                by: edge.basis.as_str(),
                reason: edge.reason.as_deref(),
                file: &edge.file,
                r#use: network.use_of(at).map(traffic::Use::as_str),
                seen: network.seen(at).map(Seen::new),
            })
            .collect(),
        observed: network.observed().map(|Observed { from, to, heard, elsewhere, .. }| Window {
            from,
            to,
            heard,
            elsewhere: *elsewhere,
        }),
        strangers: network
            .observed()
            .into_iter()
            .flat_map(|observed| &observed.strangers)
            .map(stranger(network))
            .collect(),
    };
    let mut out = serde_json::to_string_pretty(&document)?;
    out.push('\n');
    Ok(out)
}

fn stranger<'a>(network: &'a Network) -> impl Fn(&'a Stranger) -> JsonStranger<'a> {
    |stranger| JsonStranger {
        caller: stranger.caller.as_str(),
        outsider: matches!(stranger.caller, Caller::Outsider(_)),
        callee: &network.nodes()[stranger.to].name,
        by: stranger.by.as_str(),
        seen: Seen::new(&stranger.seen),
    }
}
