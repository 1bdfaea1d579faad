//! A catalogue with its rules as the network that `hedgerow-graph` draws: the fleet of many repositories in one picture.

use super::network::{edge_ports, listed, ports};
use super::published;
use crate::cli::Exit;
use crate::cli::args::{DiagnosticFormat, EnvironmentArg};
use crate::cli::cmd::seen;
use crate::cli::session::{Reported, Session};
use anyhow::{Context, bail};
use hedgerow::read_catalogue;
use hedgerow_core::catalogue::{AllowEntry, Catalogue, CatalogueDraft, Entry};
use hedgerow_core::diag::{Diagnostic, nearest};
use hedgerow_core::fleet::Service;
use hedgerow_core::label::{Identity, Scheme};
use hedgerow_core::name::{EnvironmentName, ServiceName, TypeName};
use hedgerow_core::read::catalogues;
use hedgerow_core::tree::File;
use hedgerow_core::verdict::opens;
use hedgerow_graph::{Basis, Edge, EdgePorts, Network, Node, Stage};
use hedgerow_observe::observations::{Observation, Observations};
use hedgerow_ready::used::{By, port};
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
        let permits = Permits::new(draft);
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

/// What permits calls, by the rules, the types and the `allow` entries of a catalogue.
struct Permits<'c> {
    catalogue: &'c Catalogue,
    services: BTreeMap<&'c str, Service>,
}

impl<'c> Permits<'c> {
    fn new(draft: &'c CatalogueDraft) -> Self {
        let catalogue = &draft.catalogue;
        // Who a service is does not matter here.
        let scheme = Scheme::new(catalogue.domain.clone(), Identity::Own(catalogue.identity.clone()), Vec::new());
        let services = catalogue.entries.iter();
        Self {
            catalogue,
            services: services.map(|(name, entry)| (name.as_str(), entry.service(name, &scheme, draft.file))).collect(),
        }
    }

    fn by(&self, caller: &str, seen: &Observation) -> By {
        let ends = self.services.get(caller).zip(self.services.get(seen.callee.as_str()));
        // The rules and entries of services that no catalogue lists are not known.
        let Some((caller, callee)) = ends else { return By::Untold };
        let Some(port) = port(seen) else { return By::Nothing };
        let rules = self.catalogue.rules.as_ref().and_then(|rules| rules.get(&caller.name));
        if rules.and_then(|rules| rules.get(&callee.name)).is_some_and(|rule| opens(&rule.ports, callee, port)) {
            return By::Rule;
        }
        let callers = callee.service_type.as_ref().and_then(|of| self.catalogue.types.get(of)).and_then(Option::as_ref);
        let may_call = |of: &TypeName| callers.is_some_and(|callers| callers.iter().any(|it| it == of));
        if caller.service_type.as_ref().is_some_and(may_call) {
            return By::Types;
        }
        // Who an entry means is only told in words here.
        let allow = self.catalogue.entries.get(&callee.name).map(|entry| entry.allow.as_slice()).unwrap_or_default();
        if allow.iter().any(|allow| opens(&allow.ports, callee, port)) { By::Untold } else { By::Nothing }
    }
}

fn environment(catalogue: &Catalogue, wanted: Option<&str>) -> anyhow::Result<EnvironmentName> {
    let known = catalogue.environments();
    let names = || known.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    let found = match wanted {
        Some(wanted) => known.iter().find(|name| name.as_str() == wanted),
        None if known.len() == 1 => known.first(),
        None => bail!("name the environment with --env; the catalogue has: {}", names()),
    };
    match (found, wanted) {
        (Some(name), _) => Ok((*name).clone()),
        (None, wanted) => {
            let wanted = wanted.unwrap_or_default();
            let near = nearest(wanted, known.iter().map(|name| name.as_str()));
            let hint =
                near.map_or_else(|| format!("it tells of: {}", names()), |near| format!("did you mean `{near}`?"));
            bail!("the catalogue has no environment `{wanted}`; {hint}")
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
