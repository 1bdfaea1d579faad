//! `hedgerow callers`, `callees` and `why`: the answer names the file.

mod reach;
mod why;

pub(in crate::cli) use why::why;

use crate::cli::Exit;
use crate::cli::args::{AnswerFormat, DiagnosticFormat, EnvironmentArg, Question};
use crate::cli::session::Session;
use anyhow::{Context, bail};
use hedgerow_core::fleet::{Fleet, Scope};
use hedgerow_core::name::{EnvironmentName, ServiceName};
use hedgerow_core::plan::Plan;
use hedgerow_core::policy::{RulePorts, Stage};
use hedgerow_core::source::Sources;
use reach::{Direction, Edge};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The JSON form, version 1.
#[derive(Serialize)]
struct Answer<'a> {
    version: u32,
    question: &'static str,
    services: Vec<&'a str>,
    edges: Vec<JsonEdge<'a>>,
}

#[derive(Serialize)]
struct JsonEdge<'a> {
    caller: &'a str,
    callee: &'a str,
    ports: JsonPorts,
    /// `rule` or `types`.
    by: &'static str,
    /// The rule file; empty for an edge by types.
    file: &'a str,
    /// The callee's stage, where one environment is meant.
    stage: Option<&'static str>,
    /// The services on the way, for an edge that is not direct.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    via: Vec<&'a str>,
}

/// `"all"`, or a list that is never empty.
#[derive(Serialize)]
#[serde(untagged)]
enum JsonPorts {
    All(&'static str),
    These(Vec<String>),
}

pub(in crate::cli) fn callers(session: &mut Session<'_>, args: &Question) -> anyhow::Result<Exit> {
    run(session, args, Direction::Callers)
}

pub(in crate::cli) fn callees(session: &mut Session<'_>, args: &Question) -> anyhow::Result<Exit> {
    run(session, args, Direction::Callees)
}

fn run(session: &mut Session<'_>, args: &Question, direction: Direction) -> anyhow::Result<Exit> {
    let loaded = session.load(Scope::Whole, DiagnosticFormat::Text)?;
    let fleet = &loaded.fleet;
    let services = matching(fleet, &args.service)?;
    let plan = any_plan(fleet, &args.environment)?;
    let edges = reach::edges(&plan.plan, &services, direction, args.transitive);
    let text = match args.format {
        AnswerFormat::Text => text(&edges, &plan, &loaded.sources, &services, direction),
        AnswerFormat::Json => json(&edges, &plan, &loaded.sources, &services, direction)?,
        AnswerFormat::Csv => csv(&edges, &plan, &loaded.sources),
    };
    session.out(&text)?;
    if fleet.catalogue().is_some() && (direction == Direction::Callers || args.transitive) {
        session.note("rules of other repositories are not known here\n");
    }
    Ok(Exit::Done)
}

/// A plan for the environment that is meant. The edges are the same in all; where several are declared and none is named,
/// only the stage is left open.
struct AnyPlan {
    plan: Plan,
    environment: Option<EnvironmentName>,
}

impl AnyPlan {
    fn stage(&self, service: &ServiceName) -> Option<Stage> {
        let environment = self.environment.as_ref()?;
        let fleet = self.plan.fleet();
        match fleet.service(service.as_str()) {
            Some(own) => fleet.config().stage_of(own, environment),
            // Another repository's environments have defaults of their own.
            None => fleet.known(service.as_str())?.stages.get(environment).copied(),
        }
    }
}

fn any_plan(fleet: &Arc<Fleet>, args: &EnvironmentArg) -> anyhow::Result<AnyPlan> {
    let wanted = args.environment.as_deref();
    let environments = &fleet.config().environments;
    let meant = match (wanted, environments.len()) {
        (None, 2..) => None,
        _ => Some(Session::environment(fleet, wanted)?),
    };
    let any = meant.clone().or_else(|| environments.keys().next().cloned()).context("no environment is declared")?;
    let plan = Session::plan_for(fleet, &any, &args.namespaces)?;
    Ok(AnyPlan { plan, environment: meant })
}

/// For each service how many may call it, and how many it may call, by rule or by type.
pub(super) fn counts(fleet: &Arc<Fleet>) -> anyhow::Result<BTreeMap<String, (usize, usize)>> {
    let plan = any_plan(fleet, &EnvironmentArg { environment: None, namespaces: Vec::new() })?;
    let services: Vec<ServiceName> = fleet.names().cloned().collect();
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for edge in reach::edges(&plan.plan, &services, Direction::Callees, false) {
        counts.entry(edge.callee.to_string()).or_default().0 += 1;
        counts.entry(edge.caller.to_string()).or_default().1 += 1;
    }
    Ok(counts)
}

/// The services that a name or a glob means.
fn matching(fleet: &Fleet, pattern: &str) -> anyhow::Result<Vec<ServiceName>> {
    if !pattern.contains(['*', '?', '[', '{']) {
        return Ok(vec![Session::known(fleet, pattern)?]);
    }
    let glob = globset::Glob::new(pattern).with_context(|| format!("`{pattern}`"))?.compile_matcher();
    let services: Vec<_> = fleet.names().filter(|name| glob.is_match(name.as_str())).cloned().collect();
    if services.is_empty() {
        bail!("no service matches `{pattern}`")
    }
    Ok(services)
}

fn ports(edge: &Edge<'_>) -> JsonPorts {
    match edge.rule.map(|rule| &rule.ports) {
        Some(RulePorts::These(ports)) => JsonPorts::These(ports.iter().map(ToString::to_string).collect()),
        Some(RulePorts::All) | None => JsonPorts::All("all"),
    }
}

impl JsonPorts {
    fn join(&self, separator: &str) -> String {
        match self {
            Self::All(word) => (*word).to_owned(),
            Self::These(ports) => ports.join(separator),
        }
    }
}

fn file<'a>(edge: &Edge<'_>, sources: &'a Sources) -> &'a str {
    edge.rule.map_or("", |rule| sources.get(rule.file.source).path.as_str())
}

fn text(
    edges: &[Edge<'_>],
    plan: &AnyPlan,
    sources: &Sources,
    services: &[ServiceName],
    direction: Direction,
) -> String {
    let mut lines = String::new();
    let width = edges.iter().map(|edge| direction.other(edge).as_str().len()).max().unwrap_or(0);
    for edge in edges {
        let by = if edge.rule.is_some() { file(edge, sources) } else { "by type, see `types` in hedgerow.yaml" };
        let ports = match ports(edge).join(", ").as_str() {
            "all" => String::new(),
            ports => format!("  ports {ports}"),
        };
        let via = if edge.via.is_empty() {
            String::new()
        } else {
            format!("  via {}", edge.via.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" → "))
        };
        let of = if services.len() > 1 { format!("{}  ", direction.asked(edge)) } else { String::new() };
        let other = direction.other(edge).as_str();
        lines.push_str(&format!("{of}{other:<width$}  {by}{ports}{via}\n"));
    }
    if edges.is_empty() {
        lines.push_str(direction.nobody(plan.plan.fleet().catalogue().is_some()));
    }
    if let [only] = services
        && direction == Direction::Callers
        && let Some(stage) = plan.stage(only)
    {
        lines.push_str(&format!("stage: {}\n", stage.as_str()));
    }
    lines
}

fn json(
    edges: &[Edge<'_>],
    plan: &AnyPlan,
    sources: &Sources,
    services: &[ServiceName],
    direction: Direction,
) -> anyhow::Result<String> {
    let edges = edges.iter().map(|edge| JsonEdge {
        caller: edge.caller.as_str(),
        callee: edge.callee.as_str(),
        ports: ports(edge),
        by: if edge.rule.is_some() { "rule" } else { "types" },
        file: file(edge, sources),
        stage: plan.stage(edge.callee).map(Stage::as_str),
        via: edge.via.iter().map(|name| name.as_str()).collect(),
    });
    let services = services.iter().map(ServiceName::as_str).collect();
    let answer = Answer { version: 1, question: direction.as_str(), services, edges: edges.collect() };
    Ok(serde_json::to_string_pretty(&answer).context("the answer as JSON")? + "\n")
}

/// Names hold neither commas nor quotes; paths may, and are quoted.
fn csv(edges: &[Edge<'_>], plan: &AnyPlan, sources: &Sources) -> String {
    let mut lines = "caller,callee,ports,by,file,stage,via\n".to_owned();
    for edge in edges {
        let stage = plan.stage(edge.callee).map_or("", Stage::as_str);
        let via = edge.via.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" ");
        let by = if edge.rule.is_some() { "rule" } else { "types" };
        let file = file(edge, sources);
        let file = if file.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", file.replace('"', "\"\""))
        } else {
            file.to_owned()
        };
        lines.push_str(&format!(
            "{},{},{},{by},{file},{stage},{via}\n",
            edge.caller,
            edge.callee,
            ports(edge).join(" ")
        ));
    }
    lines
}
