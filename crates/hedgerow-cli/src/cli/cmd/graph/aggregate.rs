//! A catalogue with its rules as the network that `hedgerow-graph` draws: the fleet of many repositories in one picture.

use super::network::{edge_ports, listed, ports};
use super::published;
use crate::cli::Exit;
use crate::cli::args::{DiagnosticFormat, EnvironmentArg};
use crate::cli::cmd::seen;
use crate::cli::session::{Reported, Session};
use anyhow::{Context, bail};
use hedgerow::read_catalogue;
use hedgerow_core::catalogue::{AllowEntry, Catalogue, Entry};
use hedgerow_core::diag::{Diagnostic, nearest};
use hedgerow_core::name::{EnvironmentName, ServiceName};
use hedgerow_core::read::catalogues;
use hedgerow_core::tree::File;
use hedgerow_graph::{Basis, Edge, EdgePorts, Network, Node, Stage};
use hedgerow_observe::observations::{Observation, Observations};
use hedgerow_ready::used::By;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Reads a catalogue that holds rules, and makes a network of it.
pub(super) fn read(
    session: &mut Session<'_>,
    path: &Path,
    args: &EnvironmentArg,
    observations: &[Observations],
    manifests: &[PathBuf],
) -> anyhow::Result<Network> {
    if let [_, ..] = args.namespaces.as_slice() {
        bail!("--namespaces goes with a fleet; a catalogue says itself what namespaces are called")
    }
    let shown = path.display().to_string();
    let file = File { path: shown.clone(), text: read_catalogue(&session.os.directory().join(path)) };
    let (drafts, diagnostics, sources) = catalogues(vec![file]);
    session.report(&diagnostics, &sources, DiagnosticFormat::Text)?;
    let Some(draft) = drafts.first().filter(|_| !diagnostics.iter().any(Diagnostic::is_error)) else {
        return Err(Reported(Exit::BadInput).into());
    };
    if draft.catalogue.rules.is_none() {
        bail!(
            "`{shown}` holds no rules, so it would be a picture without calls; make it with `hedgerow catalogue --rules` in each repository"
        )
    }
    let environment = environment(&draft.catalogue, args.environment.as_deref())?;
    let catalogue = &draft.catalogue;
    let missing = missing(catalogue);
    if !missing.is_empty() {
        let names: Vec<&str> = missing.iter().map(|name| name.as_str()).collect();
        session.err(&format!(
            "warning: {} in no catalogue and drawn without owner and stage: {}\n",
            if names.len() == 1 {
                "1 service is called, is".to_owned()
            } else {
                format!("{} services are called, are", names.len())
            },
            names.join(", ")
        ));
    }
    let mut network = of(catalogue, &environment, &shown, &missing).context("the catalogue as a network")?;
    if !observations.is_empty() {
        seen::of_environment(observations, environment.as_str())?;
        let plain = network.clone();
        let permits = Permits::new(&plain, &missing);
        network = super::with_traffic(network, observations, |caller, seen| permits.by(caller, seen));
    }
    if !manifests.is_empty() {
        let wanted = catalogue.entries.iter().map(|(name, entry)| published::Wanted {
            service: name.to_string(),
            namespace: Some(catalogue.name_in(&environment, &entry.namespace).to_string()),
            labels: published::labels(&entry.labels),
        });
        let found = published::read(session, manifests, &wanted.collect::<Vec<_>>())?;
        network = network.with_published(found);
    }
    Ok(network)
}

/// The services that rules name and no catalogue lists.
fn missing(catalogue: &Catalogue) -> BTreeSet<&ServiceName> {
    let ends = catalogue.rules.iter().flatten().flat_map(|(caller, rules)| std::iter::once(caller).chain(rules.keys()));
    ends.filter(|name| !catalogue.entries.contains_key(*name)).collect()
}

/// What permits calls, by the edges and `allow` entries of a network.
struct Permits<'n> {
    nodes: BTreeMap<&'n str, &'n Node>,
    edges: BTreeMap<(&'n str, &'n str), Vec<&'n Edge>>,
    /// Their own rules and entries are not known.
    missing: BTreeSet<&'n str>,
}

impl<'n> Permits<'n> {
    fn new(network: &'n Network, missing: &BTreeSet<&'n ServiceName>) -> Self {
        let mut edges: BTreeMap<(&str, &str), Vec<&Edge>> = BTreeMap::new();
        for edge in network.edges() {
            edges.entry((&edge.caller, &edge.callee)).or_default().push(edge);
        }
        Self {
            nodes: network.nodes().iter().map(|node| (node.name.as_str(), node)).collect(),
            edges,
            missing: missing.iter().map(|name| name.as_str()).collect(),
        }
    }

    fn by(&self, caller: &str, seen: &Observation) -> By {
        let Some(callee) = self.nodes.get(seen.callee.as_str()) else { return By::Untold };
        if !self.nodes.contains_key(caller) || [caller, &seen.callee].iter().any(|name| self.missing.contains(name)) {
            return By::Untold;
        }
        let opens = |ports: &EdgePorts| match ports {
            EdgePorts::All => match &callee.ports {
                hedgerow_graph::Ports::Any => true,
                hedgerow_graph::Ports::Nothing => false,
                hedgerow_graph::Ports::These(ports) => ports.iter().any(|port| is_port(port, seen)),
            },
            EdgePorts::Only(wanted) => match &callee.ports {
                hedgerow_graph::Ports::These(ports) => ports.iter().any(|port| {
                    let reference = port.name.clone().unwrap_or_else(|| port.number.to_string());
                    is_port(port, seen) && (wanted.contains(&reference) || wanted.contains(&port.number.to_string()))
                }),
                hedgerow_graph::Ports::Any | hedgerow_graph::Ports::Nothing => wanted.contains(&seen.port.to_string()),
            },
        };
        let edges = self.edges.get(&(caller, seen.callee.as_str())).into_iter().flatten();
        match edges.filter(|edge| opens(&edge.ports)).map(|edge| edge.basis).min() {
            Some(Basis::Rule) => By::Rule,
            Some(Basis::Types) => By::Types,
            // Who an entry means is only told in words here.
            None if callee.allow.iter().any(|allow| opens(&allow.ports)) => By::Untold,
            None => By::Nothing,
        }
    }
}

fn is_port(port: &hedgerow_graph::Port, seen: &Observation) -> bool {
    port.number == seen.port && port.protocol.eq_ignore_ascii_case(&seen.protocol)
}

fn environment(catalogue: &Catalogue, wanted: Option<&str>) -> anyhow::Result<EnvironmentName> {
    let known = catalogue.environments();
    let names = || known.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    let found = match wanted {
        Some(wanted) => known.iter().find(|name| name.as_str() == wanted),
        None if known.len() == 1 => known.first(),
        None => bail!("name the environment with --env; the catalogue tells of: {}", names()),
    };
    match (found, wanted) {
        (Some(name), _) => Ok((*name).clone()),
        (None, wanted) => {
            let wanted = wanted.unwrap_or_default();
            let near = nearest(wanted, known.iter().map(|name| name.as_str()));
            let hint =
                near.map_or_else(|| format!("it tells of: {}", names()), |near| format!("did you mean `{near}`?"));
            bail!("the catalogue tells of no environment `{wanted}`; {hint}")
        }
    }
}

fn of(
    catalogue: &Catalogue,
    environment: &EnvironmentName,
    file: &str,
    missing: &BTreeSet<&ServiceName>,
) -> Result<Network, hedgerow_graph::NetworkError> {
    let node = |(name, entry): (&ServiceName, &Entry)| Node {
        name: name.to_string(),
        owner: entry.owner.clone(),
        service_type: entry.service_type.as_ref().map(ToString::to_string),
        namespace: catalogue.name_in(environment, &entry.namespace).to_string(),
        stage: listed(entry.stages.get(environment).copied()),
        ports: ports(&entry.ports),
        allow: entry.allow.iter().map(allow).collect(),
        file: file.to_owned(),
    };
    let unlisted = |name: &&ServiceName| Node {
        name: name.to_string(),
        owner: None,
        service_type: None,
        namespace: "in no catalogue".to_owned(),
        stage: Stage::Unknown,
        ports: hedgerow_graph::Ports::Any,
        allow: Vec::new(),
        file: file.to_owned(),
    };
    let rules = catalogue.rules.iter().flatten().flat_map(|(caller, rules)| {
        rules.iter().map(move |(callee, rule)| Edge {
            caller: caller.to_string(),
            callee: callee.to_string(),
            basis: Basis::Rule,
            ports: edge_ports(&rule.ports),
            reason: None,
            file: rule.file.clone(),
        })
    });
    Network::new(
        Some(environment.to_string()),
        catalogue.entries.iter().map(node).chain(missing.iter().map(unlisted)).collect(),
        rules.chain(by_types(catalogue, file)).collect(),
    )
}

/// An `allow` entry, as the catalogue lists it.
fn allow(entry: &AllowEntry) -> hedgerow_graph::Allow {
    hedgerow_graph::Allow { peer: entry.peers.clone(), ports: edge_ports(&entry.ports), reason: entry.reason.clone() }
}

/// One edge for each caller and callee whose types permit it.
fn by_types(catalogue: &Catalogue, file: &str) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (callee, entry) in &catalogue.entries {
        let callers = entry.service_type.as_ref().and_then(|of| catalogue.types.get(of)).and_then(Option::as_ref);
        for caller_type in callers.into_iter().flatten() {
            let is_caller = |(name, other): &(&ServiceName, &Entry)| {
                other.service_type.as_ref() == Some(caller_type) && *name != callee
            };
            edges.extend(catalogue.entries.iter().filter(is_caller).map(|(caller, _)| Edge {
                caller: caller.to_string(),
                callee: callee.to_string(),
                basis: Basis::Types,
                ports: EdgePorts::All,
                reason: None,
                file: file.to_owned(),
            }));
        }
    }
    edges
}
