//! Rows as text, markdown and JSON.

use super::Evidence;
use crate::cli::report::count;
use hedgerow_core::policy::Origin;
use hedgerow_ready::reconcile::{Caller, Class, Permits, Reconciled, Row};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What can be done about an edge.
pub(super) fn help(read: &Evidence, row: &Row) -> Vec<String> {
    let (caller, callee) = (row.caller.as_str(), row.callee.as_str());
    let owner = |name: &str| {
        let owner = read.scanned.fleet.known(name).and_then(|service| service.owner.as_deref());
        owner.map_or_else(|| format!("whoever knows `{name}`"), |owner| format!("{owner} (`{name}`)"))
    };
    match (row.class, &row.caller) {
        (Class::NobodyKnows, Caller::Service(_)) => vec![
            format!("ask {} and {}: is it meant, or an intruder?", owner(caller), owner(callee)),
            format!("if it is meant: `hedgerow reconcile … --write --accept {caller} {callee}`"),
        ],
        (Class::NobodyKnows, Caller::Outsider(_)) => vec![
            format!("ask {}: is it meant, or an intruder?", owner(callee)),
            format!("if it is meant: an entry under `allow:` in the service.yaml of `{callee}`"),
        ],
        (Class::DeployMissing, _) => {
            vec![format!(
                "deploy `{caller}` again; `hedgerow verify --complete` on a dump of the cluster names its pods without the label"
            )]
        }
        (Class::RuleMissing, _) => vec!["`hedgerow scan --write` writes the rule".to_owned()],
        (Class::ScanBlind, _) => vec![
            "declare the call by a comment beside it: docs/scan.md says how".to_owned(),
            "or write `origin: manual` into the rule, where the code is not in this tree".to_owned(),
        ],
        (Class::Stale, _) => {
            vec![format!("ask {} whether the call is still made; remove the rule where it is not", owner(caller))]
        }
        (Class::CodeUnread | Class::NotSeen | Class::Confirmed, _) => Vec::new(),
    }
}

/// What code, rules and traffic say of an edge, in a few words each.
fn facts(read: &Evidence, row: &Row) -> Vec<String> {
    let mut facts = Vec::new();
    match &row.code {
        Some(place) => facts.push(format!("code: {place}")),
        None if row.is_caller_open => facts.push("code: not found, and not all of it is understood".to_owned()),
        None => facts.push("code: not found".to_owned()),
    }
    facts.push(match row.permits {
        Some(Permits::Rule(origin)) => format!("rule: yes{}", origin.map_or("", origin_words)),
        Some(Permits::Other) => "rule: by type or `allow`".to_owned(),
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
                count(usize::try_from(seen.count).unwrap_or(usize::MAX), "call"),
                String::from(seen.first),
                String::from(seen.last),
                ports.join(", ")
            )
        }
        None => format!("traffic: none since {}", String::from(read.observations.header.from)),
    });
    facts
}

const fn origin_words(origin: Origin) -> &'static str {
    match origin {
        Origin::Scan => ", by the scan",
        Origin::Manual => ", by a person",
        Origin::Observed => ", accepted from traffic",
    }
}

/// Rows by the owner who can mend them: the caller's, or of an outsider's call the callee's.
fn by_owner<'r>(read: &'r Evidence, reconciled: &'r Reconciled, all: bool) -> BTreeMap<&'r str, Vec<&'r Row>> {
    let mut groups: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in reconciled.rows.iter().filter(|row| all || row.class.is_open()) {
        let name = match &row.caller {
            Caller::Service(name) => name.as_str(),
            Caller::Outsider(_) => row.callee.as_str(),
        };
        let owner = read.scanned.fleet.known(name).and_then(|service| service.owner.as_deref());
        groups.entry(owner.unwrap_or("nobody")).or_default().push(row);
    }
    for rows in groups.values_mut() {
        rows.sort_by(|a, b| (a.class, &a.caller, &a.callee).cmp(&(b.class, &b.caller, &b.callee)));
    }
    groups
}

/// For people.
pub(super) fn text(read: &Evidence, reconciled: &Reconciled, all: bool) -> String {
    let mut text = String::new();
    for (owner, rows) in by_owner(read, reconciled, all) {
        let _ = writeln!(text, "{owner}:");
        for row in rows {
            let _ = writeln!(text, "  {} → {}: {}", row.caller.as_str(), row.callee, row.class.as_str());
            let _ = writeln!(text, "    {}", row.class.means());
            for fact in facts(read, row) {
                let _ = writeln!(text, "    {fact}");
            }
            for help in help(read, row) {
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
    let parts = if parts.is_empty() { "nothing seen and nothing to see".to_owned() } else { parts.join(", ") };
    let untold = match reconciled.untold {
        (0, _) => String::new(),
        (_, calls) => format!(
            "; of {} it cannot be told who made them",
            count(usize::try_from(calls).unwrap_or(usize::MAX), "call")
        ),
    };
    format!("{}: {parts}{untold}\n", count(reconciled.rows.len(), "edge"))
}

/// Lists by owner.
pub(super) fn markdown(read: &Evidence, reconciled: &Reconciled, all: bool) -> String {
    let mut text = format!("## Code, rules and traffic in `{}`\n\n", read.plan.environment());
    text.push_str(&tally(reconciled));
    for (owner, rows) in by_owner(read, reconciled, all) {
        let _ = writeln!(text, "\n### {}\n", escaped(owner));
        for row in rows {
            let caller = escaped(row.caller.as_str());
            let _ = writeln!(text, "- **{}** `{caller}` → `{}`: {}", row.class.as_str(), row.callee, row.class.means());
            for line in facts(read, row).iter().chain(&help(read, row)) {
                let _ = writeln!(text, "  - {}", escaped(line));
            }
        }
    }
    text
}

/// Names come from traffic: they are text, never markup.
fn escaped(text: &str) -> String {
    text.replace('<', "&lt;").replace('>', "&gt;").replace('`', "'").replace(['\n', '\r'], " ")
}

/// The document of `--format json`, version 1.
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    environment: &'a str,
    from: String,
    to: String,
    edges: Vec<JsonRow<'a>>,
    untold: JsonUntold,
    not_understood: u64,
}

#[derive(Serialize)]
struct JsonUntold {
    lines: usize,
    calls: u64,
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
    seen: Option<JsonSeen>,
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
pub(super) fn json(read: &Evidence, reconciled: &Reconciled) -> anyhow::Result<String> {
    let fleet = &read.scanned.fleet;
    let owner = |name: &str| fleet.known(name).and_then(|service| service.owner.as_deref());
    let edges = reconciled.rows.iter().map(|row| {
        let ends = fleet.known(row.caller.as_str()).zip(fleet.known(&row.callee));
        let rule = ends.and_then(|(caller, callee)| fleet.rule(&caller.name, &callee.name));
        JsonRow {
            class: row.class.as_str(),
            caller: row.caller.as_str(),
            outsider: matches!(row.caller, Caller::Outsider(_)),
            callee: &row.callee,
            caller_owner: owner(row.caller.as_str()),
            callee_owner: owner(&row.callee),
            code: row.code.as_deref(),
            permits: row.permits.map(|permits| match permits {
                Permits::Rule(_) => "rule",
                Permits::Other => "other",
            }),
            file: rule.map(|rule| read.scanned.texts.sources.get(rule.file.source).path.as_str()),
            seen: row.seen.map(|seen| JsonSeen {
                first: seen.first.into(),
                last: seen.last.into(),
                count: seen.count,
                unpermitted: seen.unpermitted,
                dropped: seen.dropped,
                ports: row.ports.iter().map(|(port, protocol)| format!("{port}/{protocol}")).collect(),
            }),
            help: help(read, row),
        }
    });
    let document = Document {
        version: 1,
        environment: read.plan.environment().as_str(),
        from: read.observations.header.from.into(),
        to: read.observations.header.to.into(),
        edges: edges.collect(),
        untold: JsonUntold { lines: reconciled.untold.0, calls: reconciled.untold.1 },
        not_understood: read.observations.faults.count,
    };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}
