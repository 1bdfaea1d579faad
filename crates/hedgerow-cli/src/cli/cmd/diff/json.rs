//! A difference as JSON, version 1; `docs/schemas/diff.json` describes it. A change of the model must not change it.

use super::evidence::{Evidence, Said};
use crate::diff::{Diff, Group};
use anyhow::Context;
use hedgerow_core::moves::Loss;
use serde::Serialize;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    adds_edges: bool,
    exposes: bool,
    edges: Vec<Edge<'a>>,
    exposure: Vec<Exposure<'a>>,
    types: Vec<Types<'a>>,
    stages: Vec<Stage<'a>>,
    jumps: Vec<Jump<'a>>,
    services: Vec<Service<'a>>,
    rolls: Vec<Roll<'a>>,
    reach: Vec<Reach<'a>>,
    reviews: Vec<Review<'a>>,
}

#[derive(Serialize)]
struct Edge<'a> {
    change: &'static str,
    caller: &'a str,
    callee: &'a str,
    before: Option<&'a [String]>,
    after: Option<&'a [String]>,
    reason: Option<&'a str>,
    file: &'a str,
    owner: Option<&'a str>,
    traffic: Option<Traffic<'a>>,
}

/// What traffic says of a rule or an entry that goes; null where nobody asked, or nothing goes.
#[derive(Serialize)]
struct Traffic<'a> {
    used: bool,
    count: u64,
    last: Option<&'a str>,
    ports: Vec<&'a str>,
    text: &'a str,
}

impl<'a> Traffic<'a> {
    fn new(said: &'a Said) -> Self {
        let ports = said.ports.iter().map(String::as_str).collect();
        Self { used: said.is_used, count: said.count, last: said.last.as_deref(), ports, text: &said.text }
    }
}

#[derive(Serialize)]
struct Exposure<'a> {
    change: &'static str,
    callee: &'a str,
    peers: &'a str,
    ports: &'a [String],
    reason: Option<&'a str>,
    file: &'a str,
    line: usize,
    owner: Option<&'a str>,
    traffic: Option<Traffic<'a>>,
}

#[derive(Serialize)]
struct Types<'a> {
    change: &'static str,
    callers: JsonGroup<'a>,
    callees: JsonGroup<'a>,
}

/// `{"type": …}` or `{"service": …}`.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum JsonGroup<'a> {
    Type(&'a str),
    Service(&'a str),
}

#[derive(Serialize)]
struct Jump<'a> {
    environment: &'a str,
    cause: &'static str,
    before: &'a str,
    after: &'a str,
    drops: &'static str,
    way: &'a [String],
    help: String,
    services: &'a [String],
}

#[derive(Serialize)]
struct Stage<'a> {
    environment: &'a str,
    before: &'a str,
    after: &'a str,
    looser: bool,
    services: &'a [String],
}

#[derive(Serialize)]
struct Service<'a> {
    change: &'static str,
    service: &'a str,
    fields: Vec<Field<'a>>,
}

#[derive(Serialize)]
struct Field<'a> {
    field: &'a str,
    before: &'a str,
    after: &'a str,
}

#[derive(Serialize)]
struct Roll<'a> {
    service: &'a str,
    environments: &'a [String],
    added: &'a [String],
    removed: &'a [String],
}

#[derive(Serialize)]
struct Reach<'a> {
    callee: &'a str,
    /// How many services can now get there; `from` names the first hundred.
    count: usize,
    from: &'a [String],
    way: &'a [String],
}

#[derive(Serialize)]
struct Review<'a> {
    owner: &'a str,
    services: Vec<&'a str>,
}

fn group(group: &Group) -> JsonGroup<'_> {
    match group {
        Group::Type(name) => JsonGroup::Type(name),
        Group::Service(name) => JsonGroup::Service(name),
    }
}

pub(super) fn render(diff: &Diff, evidence: &Evidence) -> anyhow::Result<String> {
    let document = Document {
        version: 1,
        adds_edges: diff.adds_edges(),
        exposes: diff.exposes(),
        edges: diff
            .edges
            .iter()
            .map(|edge| Edge {
                change: edge.change.as_str(),
                caller: &edge.caller,
                callee: &edge.callee,
                before: edge.before.as_deref(),
                after: edge.after.as_deref(),
                reason: edge.reason.as_deref(),
                file: &edge.file,
                owner: edge.owner.as_deref(),
                traffic: evidence.edge(edge).map(Traffic::new),
            })
            .collect(),
        exposure: diff
            .exposure
            .iter()
            .map(|exposure| Exposure {
                change: exposure.change.as_str(),
                callee: &exposure.callee,
                peers: &exposure.peers,
                ports: &exposure.ports,
                reason: exposure.reason.as_deref(),
                file: &exposure.file,
                line: exposure.line,
                owner: exposure.owner.as_deref(),
                traffic: evidence.exposure(exposure).map(Traffic::new),
            })
            .collect(),
        types: diff
            .types
            .iter()
            .map(|types| Types {
                change: types.change.as_str(),
                callers: group(&types.callers),
                callees: group(&types.callees),
            })
            .collect(),
        stages: diff
            .stages
            .iter()
            .map(|stage| Stage {
                environment: &stage.environment,
                before: stage.before,
                after: stage.after,
                looser: stage.is_looser,
                services: &stage.services,
            })
            .collect(),
        jumps: diff
            .jumps
            .iter()
            .map(|jump| Jump {
                environment: &jump.environment,
                cause: jump.cause.as_str(),
                before: &jump.before,
                after: &jump.after,
                drops: match jump.loss {
                    Loss::Nothing => "nothing",
                    Loss::Unpermitted => "unpermitted",
                    Loss::Permitted => "permitted",
                },
                way: &jump.way,
                help: jump.help(),
                services: &jump.services,
            })
            .collect(),
        services: diff
            .services
            .iter()
            .map(|service| Service {
                change: service.change.as_str(),
                service: &service.service,
                fields: service
                    .fields
                    .iter()
                    .map(|field| Field { field: field.field, before: &field.before, after: &field.after })
                    .collect(),
            })
            .collect(),
        rolls: diff
            .rolls
            .iter()
            .map(|roll| Roll {
                service: &roll.service,
                environments: &roll.environments,
                added: &roll.added,
                removed: &roll.removed,
            })
            .collect(),
        reach: diff
            .reach
            .iter()
            .map(|reach| Reach { callee: &reach.callee, count: reach.count, from: &reach.from, way: &reach.way })
            .collect(),
        reviews: diff
            .reviews
            .iter()
            .map(|(owner, services)| Review { owner, services: services.iter().map(String::as_str).collect() })
            .collect(),
    };
    Ok(serde_json::to_string_pretty(&document).context("the difference as JSON")? + "\n")
}
