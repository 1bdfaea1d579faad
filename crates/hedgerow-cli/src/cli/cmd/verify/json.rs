//! The JSON form, version 1; `docs/schemas/verify.json` describes it. A change of the model must not change it.

use crate::cli::report::{Place, place, severity};
use anyhow::Context;
use hedgerow_core::diag::Diagnostic;
use hedgerow_core::name::EnvironmentName;
use hedgerow_core::source::Sources;
use hedgerow_verify::{Caller, Edges, Finding, Report, Unguarded};
use serde::Serialize;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    environment: &'a str,
    checked: Checked,
    edges: Vec<JsonEdges<'a>>,
    services: Vec<JsonService<'a>>,
    /// Everything that was found, the edges and services above included, as `check --format json` writes it.
    diagnostics: Vec<JsonDiagnostic<'a>>,
    absent: &'a [String],
    unguarded: Vec<String>,
    staged: Vec<String>,
}

#[derive(Serialize)]
struct Checked {
    services: usize,
    permissions: usize,
    workloads: usize,
    policies: usize,
}

#[derive(Serialize)]
struct JsonEdges<'a> {
    /// `missing`: permitted, and it does not work. `unruled`: it works, and nothing permits it.
    difference: &'static str,
    callee: &'a str,
    pods: String,
    callers: Vec<JsonCaller<'a>>,
    ports: Vec<String>,
    cause: String,
    place: Place<'a>,
    policy: Option<Place<'a>>,
}

#[derive(Serialize)]
struct JsonCaller<'a> {
    /// `service`, `pods` or `addresses`.
    kind: &'static str,
    name: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    lacks: &'a [String],
}

#[derive(Serialize)]
struct JsonService<'a> {
    /// `not-isolated`, `not-watched`, `host-network` or `isolated`.
    difference: &'static str,
    service: &'a str,
    pods: String,
    policies: Vec<String>,
}

#[derive(Serialize)]
struct JsonDiagnostic<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    help: &'a [String],
    places: Vec<Place<'a>>,
}

pub(super) fn render(
    report: &Report,
    environment: &EnvironmentName,
    diagnostics: &[Diagnostic],
    sources: &Sources,
) -> anyhow::Result<String> {
    let checked = report.checked;
    let document = Document {
        version: 1,
        environment: environment.as_str(),
        checked: Checked {
            services: checked.services,
            permissions: checked.permissions,
            workloads: checked.workloads,
            policies: checked.policies,
        },
        edges: report.findings.iter().filter_map(|finding| edges(finding, sources)).collect(),
        services: report.findings.iter().filter_map(service).collect(),
        diagnostics: diagnostics
            .iter()
            .map(|diagnostic| JsonDiagnostic {
                code: diagnostic.code.as_str(),
                severity: severity(diagnostic.severity),
                message: &diagnostic.message,
                help: &diagnostic.help,
                places: diagnostic.marks.iter().map(|mark| place(mark.span, sources)).collect(),
            })
            .collect(),
        absent: &report.absent,
        unguarded: report.unguarded.iter().map(ToString::to_string).collect(),
        staged: report.staged.iter().map(ToString::to_string).collect(),
    };
    Ok(serde_json::to_string_pretty(&document).context("the comparison as JSON")? + "\n")
}

fn edges<'a>(finding: &'a Finding, sources: &'a Sources) -> Option<JsonEdges<'a>> {
    let (difference, edges): (_, &Edges) = match finding {
        Finding::Missing(edges) => ("missing", edges),
        Finding::Unruled(edges) => ("unruled", edges),
        Finding::NotIsolated { .. }
        | Finding::Isolated { .. }
        | Finding::Idle { .. }
        | Finding::Leftover { .. }
        | Finding::MaySelect { .. }
        | Finding::UnknownPort { .. }
        | Finding::Unsearched { .. }
        | Finding::UnreadStaged { .. }
        | Finding::Misplaced { .. }
        | Finding::UnbackedLabel { .. } => return None,
    };
    Some(JsonEdges {
        difference,
        callee: &edges.callee,
        pods: edges.pods.to_string(),
        callers: edges.callers.iter().map(caller).collect(),
        ports: edges.ports.iter().map(ToString::to_string).collect(),
        cause: edges.cause.to_string(),
        place: place(edges.place, sources),
        policy: edges.cause.place.map(|span| place(span, sources)),
    })
}

fn caller(caller: &Caller) -> JsonCaller<'_> {
    match caller {
        Caller::Service { name, lacks } => JsonCaller { kind: "service", name: name.clone(), lacks },
        Caller::Pods(pods) => JsonCaller { kind: "pods", name: pods.to_string(), lacks: &[] },
        Caller::Outside(range) => JsonCaller { kind: "addresses", name: range.to_string(), lacks: &[] },
        Caller::Unlisted(who) => JsonCaller { kind: "unlisted", name: who.clone(), lacks: &[] },
    }
}

fn service(finding: &Finding) -> Option<JsonService<'_>> {
    match finding {
        Finding::NotIsolated { service, pods, why, .. } => {
            let difference = match why {
                Unguarded::NotSelected => "not-isolated",
                Unguarded::NotWatched => "not-watched",
                Unguarded::HostNetwork => "host-network",
            };
            Some(JsonService { difference, service, pods: pods.to_string(), policies: Vec::new() })
        }
        Finding::Isolated { service, pods, policies, .. } => {
            let policies = policies.iter().map(|(policy, _)| policy.to_string()).collect();
            Some(JsonService { difference: "isolated", service, pods: pods.to_string(), policies })
        }
        Finding::Missing(_)
        | Finding::Unruled(_)
        | Finding::Idle { .. }
        | Finding::Leftover { .. }
        | Finding::MaySelect { .. }
        | Finding::UnknownPort { .. }
        | Finding::Unsearched { .. }
        | Finding::UnreadStaged { .. }
        | Finding::Misplaced { .. }
        | Finding::UnbackedLabel { .. } => None,
    }
}
