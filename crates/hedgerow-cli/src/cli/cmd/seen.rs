//! Observations of one or several files, for `graph`, `diff` and `report`.

use super::evidence::read_observations;
use super::header;
use crate::cli::report::count;
use crate::cli::session::Session;
use anyhow::bail;
use hedgerow_graph::{Basis, Caller, Permission, Traffic};
use hedgerow_observe::observations::{Moment, Observation, Observations};
use hedgerow_ready::used::{By, Call, Ears, Perhaps, Who, calls, window};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Reads observations, and says which lines of them are not understood. Files that tell of one node at one time are refused: their calls
/// would count twice.
pub(super) fn read(session: &mut Session<'_>, files: &[PathBuf]) -> anyhow::Result<Vec<Observations>> {
    if files.iter().filter(|file| *file == Path::new("-")).count() > 1 {
        bail!("standard input can be read once: `-` stands twice among --observations")
    }
    let mut all: Vec<Observations> = Vec::new();
    let now = if files.is_empty() { Moment(0) } else { Moment(session.now()?) };
    for (at, file) in files.iter().enumerate() {
        let read = read_observations(session, file)?;
        for (other, before) in files.iter().zip(&all) {
            if let Some(node) = shared_node(before, &read) {
                bail!(
                    "`{}` and `{}` both have data of the node `{node}` at the same time, so calls would count twice; export one window, or windows that do not overlap",
                    other.display(),
                    files[at].display()
                )
            }
        }
        let name = format!("`{}`", file.display());
        header::refuse_future(&format!("{name} ends"), &read.header, now)?;
        if let Some(strayed) = header::strayed(&name, &read) {
            session.err(&format!("warning: {strayed}\n"));
        }
        if let Some((line, reason)) = &read.faults.first {
            let lines = count(usize::try_from(read.faults.count).unwrap_or(usize::MAX), "line");
            session.err(&format!("warning: {lines} of {name} not understood, the first is line {line}: {reason}\n"));
        }
        all.push(read);
    }
    Ok(all)
}

/// Refuses what was observed in another environment.
pub(super) fn of_environment(all: &[Observations], environment: &str) -> anyhow::Result<()> {
    let other = all.iter().filter_map(|seen| seen.header.environment.as_deref()).find(|there| *there != environment);
    match other {
        Some(there) => bail!("the observations are of the environment `{there}`, not of `{environment}`"),
        None => Ok(()),
    }
}

/// A node that both tell of, where their windows overlap.
fn shared_node<'o>(one: &'o Observations, other: &Observations) -> Option<&'o str> {
    let (a, b) = (&one.header, &other.header);
    if a.from >= b.to || b.from >= a.to {
        return None;
    }
    let mut nodes = a.coverage.iter().map(|source| source.node.as_str());
    nodes.find(|node| b.coverage.iter().any(|source| source.node == *node))
}

/// What observations show, in the words of the picture. `by` says what permits a service's call.
pub(super) fn traffic(all: &[Observations], by: impl Fn(&str, &Observation) -> By) -> Traffic {
    let mut traffic = Traffic {
        from: all.iter().map(|seen| seen.header.from).min().map(String::from).unwrap_or_default(),
        to: all.iter().map(|seen| seen.header.to).max().map(String::from).unwrap_or_default(),
        ..Traffic::default()
    };
    for observations in all {
        traffic.calls.extend(calls(observations, &by).into_iter().map(call));
        traffic.heard.extend(heard(observations));
        for (pair, count) in Perhaps::new(observations).pairs() {
            let so_far = traffic.perhaps.entry((pair.0.to_owned(), pair.1.to_owned())).or_insert(0);
            *so_far = so_far.saturating_add(count);
        }
    }
    traffic
}

/// What it is worth that nobody was seen, by callee.
pub(super) fn silence<'n>(all: &[Observations], callees: impl Iterator<Item = &'n str>) -> BTreeMap<String, String> {
    let ears: Vec<Ears<'_>> = all.iter().map(Ears::new).collect();
    let sentence = |callee: &str| {
        let parts = all.iter().zip(&ears).map(|(observations, ears)| ears.listened(callee).silence(observations));
        parts.collect::<Vec<_>>().join("; ")
    };
    callees.map(|callee| (callee.to_owned(), sentence(callee))).collect()
}

/// How well was listened, and what could not be told.
fn heard(observations: &Observations) -> Vec<String> {
    let (whole, nodes) = Ears::new(observations).nodes();
    let window = window(observations);
    let mut heard = vec![match nodes {
        0 => format!("Of what was listened to {window} nothing is known: that a call was not seen says nothing"),
        _ if whole == nodes => format!("Somebody listened {window} on all of {}", count(nodes, "node")),
        _ => format!(
            "Somebody listened {window} on {whole} of {} throughout; on the others there were gaps",
            count(nodes, "node")
        ),
    }];
    let untold = Perhaps::new(observations).calls;
    if untold > 0 {
        let calls = count(usize::try_from(untold).unwrap_or(usize::MAX), "call");
        heard.push(format!("Of {calls} it cannot be told who of several made them"));
    }
    if observations.faults.count > 0 {
        let lines = count(usize::try_from(observations.faults.count).unwrap_or(usize::MAX), "line");
        heard.push(format!("{lines} of the observations are not understood: there may be calls that are not drawn"));
    }
    heard
}

fn call(call: Call) -> hedgerow_graph::Call {
    let Call { caller, callee, by, seen, ports, is_bare } = call;
    hedgerow_graph::Call {
        caller: match caller {
            Who::Service(name) => Caller::Service(name),
            Who::Outsider(name) => Caller::Outsider(name),
        },
        callee,
        by: match by {
            By::Rule => Permission::Edge(Basis::Rule),
            By::Types => Permission::Edge(Basis::Types),
            By::Allow => Permission::Allow,
            By::Nothing => Permission::Nothing,
            By::Untold => Permission::Untold,
        },
        seen: hedgerow_graph::Seen {
            count: seen.count,
            first: seen.first.into(),
            last: seen.last.into(),
            days: seen.days,
            ports: ports.iter().map(|(port, protocol)| format!("{port}/{protocol}")).collect(),
            unpermitted: seen.unpermitted,
            dropped: seen.dropped,
            // What nothing permits has no label that could be missing.
            is_bare: is_bare && matches!(by, By::Rule | By::Types | By::Allow),
        },
    }
}
