//! A difference for a terminal.

use super::evidence::{Evidence, Said};
use crate::diff::{Change, Diff, EdgeChange, Group};
use hedgerow_core::diag::count;
use hedgerow_core::unseen::escaped;

/// How many names are shown where there may be many.
const SHOWN: usize = 5;

pub(super) fn render(diff: &Diff, evidence: &Evidence) -> String {
    if diff.is_empty() {
        return "nothing changes\n".to_owned();
    }
    let mut text = String::new();
    section(&mut text, "Edges", diff.edges.iter().map(|change| edge(change) + &said(evidence.edge(change))));
    section(
        &mut text,
        "From outside the fleet",
        diff.exposure.iter().map(|exposure| {
            let reason = reason(exposure.reason.as_deref());
            let (sign, ports) = (sign(exposure.change), on(&exposure.ports));
            let said = said(evidence.exposure(exposure));
            format!(
                "{sign} {} → {}{ports}  {}:{}{reason}{said}",
                exposure.peers, exposure.callee, exposure.file, exposure.line
            )
        }),
    );
    section(
        &mut text,
        "Types",
        diff.types.iter().map(|types| {
            let (from, to) = types.services;
            let to = count(to, "service");
            format!("{} {} → {} ({from} → {to})", sign(types.change), group(&types.callers), group(&types.callees))
        }),
    );
    section(
        &mut text,
        "Stages",
        diff.stages.iter().map(|stage| {
            let note = if stage.is_looser { " (looser)" } else { "" };
            format!("~ {}: {} → {}{note}: {}", stage.environment, stage.before, stage.after, some(&stage.services))
        }),
    );
    section(
        &mut text,
        "Not safe in one step",
        diff.jumps.iter().map(|jump| {
            let (what, risk, help, services) = (jump.what(), jump.risk(), jump.help(), some(&jump.services));
            format!("! {}: {what}: {services}\n      {risk};\n      {help}", jump.environment)
        }),
    );
    section(
        &mut text,
        "Services",
        diff.services.iter().map(|service| {
            let fields: Vec<_> =
                service.fields.iter().map(|f| format!("{} {} → {}", f.field, f.before, f.after)).collect();
            format!("{} {}  {}", sign(service.change), service.service, fields.join("; "))
        }),
    );
    section(
        &mut text,
        "Newly in reach, through others",
        diff.reach.iter().map(|reach| {
            format!("! {} from {} (such as {})", reach.callee, some_of(&reach.from, reach.count), reach.way.join(" → "))
        }),
    );
    section(
        &mut text,
        "Pods that roll",
        diff.rolls.iter().map(|roll| {
            let added = roll.added.iter().map(|label| format!("+{label}"));
            let labels: Vec<_> = added.chain(roll.removed.iter().map(|label| format!("-{label}"))).collect();
            format!("~ {} in {}  {}", roll.service, roll.environments.join(", "), labels.join(" "))
        }),
    );
    section(
        &mut text,
        "Review needed from",
        diff.reviews.iter().map(|(owner, services)| {
            let services: Vec<_> = services.iter().cloned().collect();
            format!("@ {owner} for {}", some(&services))
        }),
    );
    text
}

/// What traffic says, on a line of its own; what is used is marked.
fn said(said: Option<&Said>) -> String {
    said.map_or_else(String::new, |said| {
        format!("\n      {} {}", if said.is_used { "!" } else { "traffic:" }, said.text)
    })
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(title);
    text.push('\n');
    for line in lines {
        text.push_str("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

fn edge(edge: &EdgeChange) -> String {
    let ports = match (&edge.before, &edge.after) {
        (Some(before), Some(after)) => format!("  ports {} → {}", before.join(", "), after.join(", ")),
        (None, Some(ports)) | (Some(ports), None) => on(ports),
        (None, None) => String::new(),
    };
    let reason = reason(edge.reason.as_deref());
    format!("{} {} → {}{ports}  {}{reason}", sign(edge.change), edge.caller, edge.callee, edge.file)
}

fn group(group: &Group) -> String {
    match group {
        Group::Type(name) => format!("every {name}"),
        Group::Service(name) => name.clone(),
    }
}

const fn sign(change: Change) -> char {
    match change {
        Change::Added => '+',
        Change::Changed => '~',
        Change::Removed => '-',
    }
}

fn on(ports: &[String]) -> String {
    if ports == ["all"] { String::new() } else { format!("  ports {}", ports.join(", ")) }
}

/// A reason is anybody's text; what could steer a terminal is shown, not sent.
fn reason(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!("  “{}”", escaped(reason)))
}

fn some(names: &[String]) -> String {
    some_of(names, names.len())
}

/// The first of `count` names.
fn some_of(names: &[String], count: usize) -> String {
    let shown = &names[..names.len().min(SHOWN)];
    match count.saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
