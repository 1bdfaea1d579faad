//! A network whose every text tries to break out of the format it is written in.

use hedgerow_graph::{
    Allow, Basis, Call, Caller, Edge, EdgePorts, Network, Node, Permission, Port, Ports, Published, Seen, Stage,
    Traffic,
};

/// Texts that mean something to HTML, XML, JavaScript, DOT, Mermaid, CSV or a terminal.
pub(crate) const TEXTS: [&str; 14] = [
    "<script>window.broken=1</script>",
    "</script><script>window.broken=2</script>",
    "<!--<script>",
    "\"><img src=x onerror=window.broken=3>",
    "a\"b",
    "a'b",
    "]]>",
    "a|b",
    "a\\",
    "two\nlines",
    "=cmd|' /C calc'!A0",
    "{{script}}",
    "\u{202e}gnp.exe\u{0}\u{1b}[2J",
    "end\nend;]}%%{init: {}}%%#quot;",
];

/// Calls of every text: on edges, of strangers that are services, and of outsiders.
fn traffic() -> Traffic {
    let text = |index: usize| TEXTS[index % TEXTS.len()].to_owned();
    let seen = |index: usize| Seen {
        count: 1,
        first: text(index + 2),
        last: text(index + 3),
        days: 1,
        ports: vec![text(index + 4)],
        unpermitted: 1,
        dropped: 1,
        is_bare: index.is_multiple_of(5),
    };
    let call = |index: usize| {
        let (caller, by) = match index % 3 {
            0 => (Caller::Service(text(index)), Permission::Edge(Basis::Rule)),
            1 => (Caller::Service(text(index + 5)), Permission::Nothing),
            _ => (
                Caller::Outsider(text(index)),
                if index.is_multiple_of(2) { Permission::Nothing } else { Permission::Untold },
            ),
        };
        Call { caller, callee: text(index + 1), by, seen: seen(index) }
    };
    Traffic {
        from: text(0),
        to: text(1),
        heard: TEXTS.map(str::to_owned).to_vec(),
        calls: (0..TEXTS.len()).map(call).collect(),
        perhaps: [((text(1), text(2)), 1)].into(),
        silence: TEXTS.iter().map(|name| ((*name).to_owned(), (*name).to_owned())).collect(),
    }
}

/// Every text as a name, an owner, a type, a namespace, a port, a peer, a reason and a file.
pub(crate) fn network() -> Network {
    let text = |index: usize| TEXTS[index % TEXTS.len()].to_owned();
    let nodes = (0..TEXTS.len())
        .map(|index| Node {
            name: text(index),
            owner: Some(text(index + 1)),
            service_type: Some(text(index + 2)),
            namespace: text(index + 3),
            stage: Stage::ALL[index % 3],
            ports: Ports::These(vec![Port { name: Some(text(index + 4)), number: 1, protocol: text(index + 5) }]),
            allow: vec![Allow {
                peer: text(index + 6),
                ports: EdgePorts::Only(vec![text(index + 7)]),
                reason: Some(text(index + 8)),
            }],
            file: text(index + 9),
        })
        .collect();
    let edges = (0..TEXTS.len())
        .map(|index| Edge {
            caller: text(index),
            callee: text(index + 1),
            basis: if index % 2 == 0 { Basis::Rule } else { Basis::Types },
            ports: EdgePorts::Only(vec![text(index + 2), text(index + 3)]),
            reason: Some(text(index + 5)),
            file: text(index + 4),
        })
        .collect();
    let published = |index: usize| Published {
        how: text(index + 3),
        ports: vec![Port { name: Some(text(index + 4)), number: 2, protocol: text(index + 5) }],
        object: text(index + 1),
        file: text(index + 2),
    };
    Network::new(Some(text(0)), nodes, edges)
        .expect("names differ and every end exists")
        .with_traffic(traffic())
        .with_published((0..TEXTS.len()).step_by(3).map(|index| (text(index), vec![published(index)])).collect())
}
