//! Answers flows from standard input, one a line (`team/a -> team/b 80/TCP`, `192.0.2.1 -> team/b 53/UDP`, with ` from 53`
//! where the port of the source matters and ` over v6` where the family of addresses does), by the manifests in the files
//! named as arguments. `scripts/crosscheck-evaluators` compares the answers with others'.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr, reason = "an example is a program")]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Read, Write};
use std::net::IpAddr;

use hedgerow_core::source::Sources;
use hedgerow_eval::{Asked, Family, Flow, Manifests, Network, Peer, PeerId, Protocol, Way};

fn main() -> Result<(), Box<dyn Error>> {
    let mut sources = Sources::default();
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path)?;
        sources.add(path, text);
    }
    let (manifests, diagnostics) = Manifests::read(sources.iter(), "default");
    diagnostics.iter().for_each(|diagnostic| eprintln!("{}: {}", diagnostic.code.as_str(), diagnostic.message));
    let network = Network::new(manifests, &[]);
    let pods: BTreeMap<_, _> = network
        .pods()
        .filter_map(|id| match network.peer(id) {
            Peer::Pods(pod) => Some((format!("{}/{}", pod.namespace, pod.object.name), id)),
            Peer::Outside(_) => None,
        })
        .collect();

    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let mut answers = String::new();
    for line in text.lines() {
        let (from, to, flow, way) = parse(line, &network, &pods).ok_or_else(|| format!("not a flow: {line}"))?;
        let allows = network.verdict_by(from, to, flow, way, Asked::All).allows();
        answers.push_str(if allows { "yes\n" } else { "no\n" });
    }
    std::io::stdout().write_all(answers.as_bytes())?;
    Ok(())
}

fn parse(line: &str, network: &Network, pods: &BTreeMap<String, PeerId>) -> Option<(PeerId, PeerId, Flow, Way)> {
    let (line, family) = match line.split_once(" over ") {
        Some((line, "v6")) => (line, Family::V6),
        Some((line, "v4")) => (line, Family::V4),
        Some(_) => return None,
        None => (line, Family::V4),
    };
    let (line, source_port) = match line.split_once(" from ") {
        Some((line, port)) => (line, port.parse().ok()?),
        None => (line, 49_152),
    };
    let (from, rest) = line.split_once(" -> ")?;
    let (to, port) = rest.split_once(' ')?;
    let (port, protocol) = port.split_once('/')?;
    let peer = |name: &str| match name.parse::<IpAddr>() {
        Ok(address) => Some(network.outside_at(address)),
        Err(_) => pods.get(name).copied(),
    };
    let flow = Flow { protocol: Protocol::named(protocol)?, port: port.parse().ok()? };
    Some((peer(from)?, peer(to)?, flow, Way { family, source_port }))
}
