//! A catalogue with its rules as the network that `hedgerow-graph` draws: the fleet of many repositories in one picture.

use super::network::{edge_ports, ports};
use crate::cli::Exit;
use crate::cli::args::{DiagnosticFormat, EnvironmentArg};
use crate::cli::session::{Reported, Session};
use anyhow::{Context, bail};
use hedgerow::read_catalogue;
use hedgerow_core::catalogue::{Catalogue, Entry};
use hedgerow_core::diag::{Diagnostic, nearest};
use hedgerow_core::name::{EnvironmentName, ServiceName};
use hedgerow_core::policy::Stage as Listed;
use hedgerow_core::read::catalogues;
use hedgerow_core::tree::File;
use hedgerow_graph::{Basis, Edge, EdgePorts, Network, Node, Stage};
use std::path::Path;

/// Reads a catalogue that holds rules, and makes a network of it.
pub(super) fn read(session: &mut Session<'_>, path: &Path, args: &EnvironmentArg) -> anyhow::Result<Network> {
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
    of(&draft.catalogue, &environment, &shown).context("the catalogue as a network")
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
) -> Result<Network, hedgerow_graph::NetworkError> {
    let node = |(name, entry): (&ServiceName, &Entry)| Node {
        name: name.to_string(),
        owner: entry.owner.clone(),
        service_type: entry.service_type.as_ref().map(ToString::to_string),
        namespace: catalogue.name_in(environment, &entry.namespace).to_string(),
        stage: match entry.stages.get(environment) {
            Some(Listed::Open) => Stage::Open,
            Some(Listed::Audit) => Stage::Audit,
            Some(Listed::Enforce) => Stage::Enforce,
            Some(Listed::Off) | None => Stage::Off,
        },
        ports: ports(&entry.ports),
        // What a catalogue says of peers that are no services is nothing.
        allow: Vec::new(),
        file: file.to_owned(),
    };
    let is_known = |name: &ServiceName| catalogue.entries.contains_key(name);
    let rules = catalogue.rules.iter().flatten().flat_map(|(caller, rules)| {
        // A rule for a service that no catalogue lists has no end to be drawn to.
        rules.iter().filter(move |(callee, _)| is_known(caller) && is_known(callee)).map(move |(callee, rule)| Edge {
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
        catalogue.entries.iter().map(node).collect(),
        rules.chain(by_types(catalogue, file)).collect(),
    )
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
