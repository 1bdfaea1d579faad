//! JSON for programs: `docs/schemas/graph.json` is its contract.

use serde::Serialize;

use crate::network::{EdgePorts, Network};

/// Raised when a field changes its meaning or goes. New fields may come without.
const VERSION: u32 = 1;

// These structs are the format. The model may change without them.

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    environment: Option<&'a str>,
    services: Vec<Service<'a>>,
    edges: Vec<Edge<'a>>,
}

#[derive(Serialize)]
struct Service<'a> {
    name: &'a str,
    owner: &'a str,
    r#type: &'a str,
    namespace: &'a str,
    stage: &'static str,
    ports: Vec<Port<'a>>,
    outside: Vec<Outside<'a>>,
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

#[derive(Serialize)]
struct Outside<'a> {
    peer: &'a str,
    ports: Ports<'a>,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Edge<'a> {
    caller: &'a str,
    callee: &'a str,
    ports: Ports<'a>,
    basis: &'static str,
    file: &'a str,
}

/// `"all"` or a list that is never empty by accident.
#[derive(Serialize)]
#[serde(untagged)]
enum Ports<'a> {
    All(&'static str),
    Only(&'a [String]),
}

impl<'a> Ports<'a> {
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
            .map(|(node, degree)| Service {
                name: &node.name,
                owner: &node.owner,
                r#type: &node.service_type,
                namespace: &node.namespace,
                stage: node.stage.as_str(),
                ports: node
                    .ports
                    .iter()
                    .map(|port| Port { name: port.name.as_deref(), number: port.number, protocol: &port.protocol })
                    .collect(),
                outside: node
                    .outside
                    .iter()
                    .map(|outside| Outside {
                        peer: &outside.peer,
                        ports: Ports::new(&outside.ports),
                        reason: outside.reason.as_deref(),
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
            .map(|edge| Edge {
                caller: &edge.caller,
                callee: &edge.callee,
                ports: Ports::new(&edge.ports),
                basis: edge.basis.as_str(),
                file: &edge.file,
            })
            .collect(),
    };
    let mut out = serde_json::to_string_pretty(&document)?;
    out.push('\n');
    Ok(out)
}
