//! Rows as text, markdown and JSON.

use super::Evidence;
use crate::cli::args::Reconcile;
use crate::cli::cmd::evidence::word;
use crate::cli::report::{count, markdown_of as escaped};
use crate::embedded::docs;
use hedgerow_core::diag::enumerate;
use hedgerow_core::plan::selector;
use hedgerow_core::policy::Origin;
use hedgerow_ready::reconcile::{Aside, Caller, Class, Permits, Reconciled, Row, beyond_rules};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

/// Under what services are listed that nobody owns.
pub(in crate::cli::cmd) const NO_OWNER: &str = "no owner";

/// What can be done about an edge. Commands are whole: they can be copied.
pub(in crate::cli::cmd) fn help(read: &Evidence, row: &Row, args: &Reconcile) -> Vec<String> {
    let (caller, callee) = (row.caller.as_str(), row.callee.as_str());
    let owner = |name: &str| {
        let owner = read.scanned.fleet.known(name).and_then(|service| service.owner.as_deref());
        owner.map_or_else(|| format!("whoever knows `{name}`"), |owner| format!("{owner} (`{name}`)"))
    };
    match (row.class, &row.caller) {
        (Class::NobodyKnows, Caller::Service(_)) => {
            let (beyond, rest) = beyond(&row.ports);
            let ask = format!("ask {} and {}: is it meant, or an intruder?", owner(caller), owner(callee));
            let accept = (!rest.is_empty()).then(|| accept(read, caller, callee, args));
            // A rule cannot name a port that is not declared: that comes first.
            let mut declare = if accept.is_some() { ports(read, row) } else { Vec::new() };
            declare.retain(|line| !beyond.contains(line));
            [ask].into_iter().chain(declare).chain(accept).chain(beyond).collect()
        }
        (Class::Unpermitted, _) => {
            let ask = format!("ask {} and {}: is it meant, or an intruder?", owner(caller), owner(callee));
            let (beyond, rest) = beyond(&row.ports);
            let accept = (!rest.is_empty()).then(|| accept(read, caller, callee, args));
            let deploy = (!rest.is_empty()).then(|| {
                format!("if the rule is there already: deploy `{caller}` again, since pods of it lack the label")
            });
            [ask].into_iter().chain(accept).chain(deploy).chain(beyond).collect()
        }
        (Class::NobodyKnows, Caller::Outsider(_)) => vec![
            format!("ask {}: is it meant, or an intruder?", owner(callee)),
            format!("if it is meant: an entry under `allow:` in the service.yaml of `{callee}`"),
        ],
        (Class::DeployMissing, _) => {
            let pods = pods(read, caller).map(|command| format!("`{command}` lists its pods with their labels"));
            let deploy = match row.permits {
                Some(Permits::Types) => {
                    let key = read.plan.scheme().service_type();
                    let program = &read.program;
                    format!(
                        "let the pods of `{caller}` wear `{key}`, the label of its type, and apply what `{program} render --platform` prints"
                    )
                }
                Some(Permits::Rule(_) | Permits::Allow) | None => {
                    format!("deploy `{caller}` again, since pods of it lack the label for `{callee}`")
                }
            };
            [Some(deploy), pods].into_iter().flatten().collect()
        }
        (Class::RuleMissing, _) => vec![format!("`{} scan {caller} --write` writes the rule", read.program)],
        (Class::PortMissing, _) => ports(read, row),
        (Class::ScanBlind, _) => vec![
            concat!("declare the call by a comment beside it: ", docs!("scan.md"), " says how").to_owned(),
            "or write `origin: manual` into the rule, where the code is not in this tree".to_owned(),
        ],
        (Class::Stale, _) => {
            vec![format!("ask {} whether the call is still made; remove the rule where it is not", owner(caller))]
        }
        (Class::Unknown, _) => {
            let keep = concat!(
                "keep the rule: nobody listened well enough to call it unused; ",
                docs!("rollout.md"),
                " says what proves that somebody did"
            );
            vec![keep.to_owned()]
        }
        (Class::CodeUnread | Class::NotSeen | Class::Permitted | Class::Elsewhere | Class::Confirmed, _) => Vec::new(),
    }
}

/// How a call that nobody knows gets its rule, where it is meant.
fn accept(read: &Evidence, caller: &str, callee: &str, args: &Reconcile) -> String {
    let (fleet, program) = (&read.scanned.fleet, &read.program);
    if fleet.known(callee).is_none() {
        return format!("`{callee}` is no service of this tree: is this the tree that is deployed?");
    }
    if fleet.service(caller).is_none() {
        let elsewhere = match fleet.known(caller) {
            Some(_) => "is of another repository: if the call is meant, run there",
            None => "is no service that this tree knows; if the call is meant, run in its repository",
        };
        return format!("`{caller}` {elsewhere} `hedgerow allow {caller} {callee}`");
    }
    let file = args.observations.as_path();
    if file == Path::new("-") {
        // What came by a pipe cannot be read again.
        return format!("if it is meant: `{program} allow {caller} {callee}`");
    }
    let (environment, file) = (read.plan.environment(), word(&file.to_string_lossy()));
    format!(
        "if it is meant: `{program} reconcile --env {environment} --observations {file} --write --accept {caller} {callee}`"
    )
}

/// The command that lists a service's pods.
fn pods(read: &Evidence, service: &str) -> Option<String> {
    let fleet = read.plan.fleet();
    let service = fleet.known(service)?;
    let labels = selector(fleet.config(), service);
    let labels: Vec<String> =
        labels.iter().map(|(key, value)| format!("{}={}", key.as_str(), value.as_str())).collect();
    let labels = word(&labels.join(","));
    Some(format!("kubectl get pods --namespace {} --selector {labels} --show-labels", service.namespace))
}

/// Where ports are added that a rule does not permit: a port that the callee does not declare no rule can permit.
pub(super) fn ports(read: &Evidence, row: &Row) -> Vec<String> {
    let named = |ports: &mut dyn Iterator<Item = &(u16, String)>| {
        enumerate(ports.map(|(port, protocol)| format!("{port}/{protocol}")))
    };
    let (mut help, undeclared) = beyond(&row.undeclared);
    if !undeclared.is_empty() {
        let ports = named(&mut undeclared.iter().copied());
        let s = if undeclared.len() == 1 { "port" } else { "ports" };
        help.push(format!("`{}` does not declare {s} {ports}: add it to `ports` in its service.yaml", row.callee));
    }
    let mut rest = row.missing.difference(&row.undeclared).peekable();
    if rest.peek().is_some() {
        let file = file_of(read, row).unwrap_or("the rule");
        help.push(format!("add {} to `ports` in {file}", named(&mut rest)));
    }
    help
}

/// Why no rule can permit some of these ports, and those which one can.
fn beyond(ports: &BTreeSet<(u16, String)>) -> (Vec<String>, Vec<&(u16, String)>) {
    let (mut why, mut rest) = (BTreeSet::new(), Vec::new());
    for port in ports {
        match beyond_rules(port.0, &port.1) {
            Some(reason) => drop(why.insert(reason)),
            None => rest.push(port),
        }
    }
    (why.into_iter().collect(), rest)
}

/// The rule file of an edge.
fn file_of<'r>(read: &'r Evidence, row: &Row) -> Option<&'r str> {
    let fleet = &read.scanned.fleet;
    let (caller, callee) = fleet.known(row.caller.as_str()).zip(fleet.known(&row.callee))?;
    let rule = fleet.rule(&caller.name, &callee.name)?;
    Some(read.scanned.texts.sources.get(rule.file.source).path.as_str())
}

/// What code, rules and traffic say of an edge, in a few words each.
pub(in crate::cli::cmd) fn facts(read: &Evidence, row: &Row) -> Vec<String> {
    let mut facts = Vec::new();
    match &row.code {
        Some(place) => facts.push(format!("code: {place}")),
        None if row.is_elsewhere => facts.push("code: in another repository".to_owned()),
        None if row.is_caller_open => facts.push("code: not found, and not all of it is understood".to_owned()),
        None => facts.push("code: not found".to_owned()),
    }
    facts.push(match row.permits {
        Some(Permits::Rule(origin)) => {
            let missing = row.missing.iter().map(|(port, protocol)| format!("{port}/{protocol}"));
            let but = if row.missing.is_empty() { "" } else { ", and not for " };
            format!("rule: yes{}{but}{}", origin.map_or("", origin_words), enumerate(missing))
        }
        Some(Permits::Types) => "rule: none needed, its type permits it".to_owned(),
        Some(Permits::Allow) => "rule: none needed, an `allow` entry permits it".to_owned(),
        None if row.is_elsewhere => "rule: in another repository, if there is one".to_owned(),
        None => "rule: none".to_owned(),
    });
    facts.push(match &row.seen {
        Some(seen) => {
            let ports: Vec<String> = row.ports.iter().map(|(port, protocol)| format!("{port}/{protocol}")).collect();
            let without =
                if seen.unpermitted > 0 { format!(", {} without a label", seen.unpermitted) } else { String::new() };
            let dropped = if seen.dropped > 0 { format!(", {} dropped", seen.dropped) } else { String::new() };
            format!(
                "traffic: {}{without}{dropped}, {} to {}, on {}",
                count(seen.count, "call"),
                String::from(seen.first),
                String::from(seen.last),
                ports.join(", ")
            )
        }
        None => {
            let since = String::from(read.observations.header.from);
            match &row.unheard {
                Some(doubt) => format!("traffic: none since {since}, which says nothing: {doubt}"),
                None => format!("traffic: none since {since}, while somebody listened"),
            }
        }
    });
    facts
}

const fn origin_words(origin: Origin) -> &'static str {
    match origin {
        Origin::Scan => ", by the scan",
        Origin::Manual => ", by a person",
        Origin::Observed => ", accepted from traffic",
        Origin::Imported => ", imported",
    }
}

/// Rows by the owner who can mend them: the caller's, or of an outsider's call the callee's.
pub(in crate::cli::cmd) fn by_owner<'r>(
    read: &'r Evidence,
    reconciled: &'r Reconciled,
    all: bool,
) -> BTreeMap<&'r str, Vec<&'r Row>> {
    let mut groups: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in reconciled.rows.iter().filter(|row| all || row.class.is_open()) {
        let name = match &row.caller {
            Caller::Service(name) => name.as_str(),
            Caller::Outsider(_) => row.callee.as_str(),
        };
        let owner = read.scanned.fleet.known(name).and_then(|service| service.owner.as_deref());
        groups.entry(owner.unwrap_or(NO_OWNER)).or_default().push(row);
    }
    for rows in groups.values_mut() {
        rows.sort_by(|a, b| (a.class, &a.caller, &a.callee).cmp(&(b.class, &b.caller, &b.callee)));
    }
    groups
}

/// For people.
pub(super) fn text(read: &Evidence, reconciled: &Reconciled, args: &Reconcile) -> String {
    let mut text = String::new();
    for (owner, rows) in by_owner(read, reconciled, args.all) {
        let _ = writeln!(text, "{owner}:");
        for row in rows {
            let _ = writeln!(text, "  {} → {}: {}", row.caller.as_str(), row.callee, row.class.as_str());
            let _ = writeln!(text, "    {}", row.class.means());
            for fact in facts(read, row) {
                let _ = writeln!(text, "    {fact}");
            }
            for help in help(read, row, args) {
                let _ = writeln!(text, "    help: {help}");
            }
        }
    }
    text
}

/// `3 confirmed, 1 nobody-knows`.
pub(super) fn tally(reconciled: &Reconciled) -> String {
    let parts: Vec<String> = Class::ALL
        .into_iter()
        .rev()
        .filter_map(|class| {
            let number = reconciled.rows.iter().filter(|row| row.class == class).count();
            (number > 0).then(|| format!("{number} {}", class.as_str()))
        })
        .collect();
    let parts = if parts.is_empty() { "no call in code, rules or traffic".to_owned() } else { parts.join(", ") };
    format!("{}: {parts}{}\n", count(reconciled.rows.len(), "edge"), aside(reconciled))
}

/// What is no edge, and to whom it went.
fn aside(reconciled: &Reconciled) -> String {
    let Reconciled { untold, dropped, unknown, elsewhere, rows: _ } = reconciled;
    let told = |aside: &Aside, one: &str, many: &str| {
        let who = if aside.callees.len() > 3 {
            count(aside.callees.len(), "service")
        } else {
            enumerate(aside.callees.iter().map(|callee| format!("`{callee}`")))
        };
        let what = if aside.calls == 1 { one } else { many };
        let text = what.replace("CALLS", &count(aside.calls, "call")).replace("WHERE", &format!("to {who}"));
        if aside.lines == 0 { String::new() } else { format!("; {text}") }
    };
    let between = "CALLS between services of other repositories, WHERE";
    [
        told(untold, "of CALLS WHERE it cannot be told who made it", "of CALLS WHERE it cannot be told who made them"),
        told(
            dropped,
            "CALLS from outside of the fleet WHERE was dropped",
            "CALLS from outside of the fleet WHERE were dropped",
        ),
        told(
            unknown,
            "of CALLS from outside of the fleet WHERE it cannot be told whether anything permits it",
            "of CALLS from outside of the fleet WHERE it cannot be told whether anything permits them",
        ),
        told(elsewhere, between, between),
    ]
    .concat()
}

/// Lists by owner.
pub(super) fn markdown(read: &Evidence, reconciled: &Reconciled, args: &Reconcile) -> String {
    let mut text = format!("## Code, rules and traffic in `{}`\n\n", read.plan.environment());
    text.push_str(&tally(reconciled));
    for (owner, rows) in by_owner(read, reconciled, args.all) {
        let _ = writeln!(text, "\n### {}\n", escaped(owner));
        for row in rows {
            let edge = escaped(&format!("`{}` → `{}`", row.caller.as_str(), row.callee));
            let _ = writeln!(text, "- **{}** {edge}: {}", row.class.as_str(), row.class.means());
            for line in facts(read, row).iter().chain(&help(read, row, args)) {
                let _ = writeln!(text, "  - {}", escaped(line));
            }
        }
    }
    text
}

/// The document of `--format json`, version 1.
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    environment: &'a str,
    from: String,
    to: String,
    edges: Vec<JsonRow<'a>>,
    untold: JsonAside<'a>,
    dropped_outsiders: JsonAside<'a>,
    unknown_outsiders: JsonAside<'a>,
    elsewhere: JsonAside<'a>,
    not_understood: u64,
}

#[derive(Serialize)]
struct JsonAside<'a> {
    lines: usize,
    calls: u64,
    callees: &'a BTreeSet<String>,
}

impl<'a> From<&'a Aside> for JsonAside<'a> {
    fn from(aside: &'a Aside) -> Self {
        Self { lines: aside.lines, calls: aside.calls, callees: &aside.callees }
    }
}

#[derive(Serialize)]
struct JsonRow<'a> {
    class: &'static str,
    caller: &'a str,
    outsider: bool,
    callee: &'a str,
    caller_owner: Option<&'a str>,
    callee_owner: Option<&'a str>,
    code: Option<&'a str>,
    /// `rule`, `other`, or null.
    permits: Option<&'static str>,
    /// The rule file.
    file: Option<&'a str>,
    /// Ports that traffic showed and the rule does not permit.
    missing_ports: Vec<String>,
    seen: Option<JsonSeen>,
    /// Why nobody can tell whether it is called, where traffic does not show it; null where somebody listened all the time.
    unheard: Option<&'a str>,
    help: Vec<String>,
}

#[derive(Serialize)]
struct JsonSeen {
    first: String,
    last: String,
    count: u64,
    unpermitted: u64,
    dropped: u64,
    ports: Vec<String>,
}

/// One JSON object: `docs/schemas/reconcile.json`.
pub(super) fn json(read: &Evidence, reconciled: &Reconciled, args: &Reconcile) -> anyhow::Result<String> {
    let fleet = &read.scanned.fleet;
    let owner = |name: &str| fleet.known(name).and_then(|service| service.owner.as_deref());
    let edges = reconciled.rows.iter().map(|row| JsonRow {
        class: row.class.as_str(),
        caller: row.caller.as_str(),
        outsider: matches!(row.caller, Caller::Outsider(_)),
        callee: &row.callee,
        caller_owner: owner(row.caller.as_str()),
        callee_owner: owner(&row.callee),
        code: row.code.as_deref(),
        permits: row.permits.map(|permits| match permits {
            Permits::Rule(_) => "rule",
            Permits::Types | Permits::Allow => "other",
        }),
        file: file_of(read, row),
        missing_ports: row.missing.iter().map(|(port, protocol)| format!("{port}/{protocol}")).collect(),
        seen: row.seen.map(|seen| JsonSeen {
            first: seen.first.into(),
            last: seen.last.into(),
            count: seen.count,
            unpermitted: seen.unpermitted,
            dropped: seen.dropped,
            ports: row.ports.iter().map(|(port, protocol)| format!("{port}/{protocol}")).collect(),
        }),
        unheard: row.unheard.as_deref(),
        help: help(read, row, args),
    });
    let document = Document {
        version: 1,
        environment: read.plan.environment().as_str(),
        from: read.observations.header.from.into(),
        to: read.observations.header.to.into(),
        edges: edges.collect(),
        untold: (&reconciled.untold).into(),
        dropped_outsiders: (&reconciled.dropped).into(),
        unknown_outsiders: (&reconciled.unknown).into(),
        elsewhere: (&reconciled.elsewhere).into(),
        not_understood: read.observations.faults.count,
    };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}
