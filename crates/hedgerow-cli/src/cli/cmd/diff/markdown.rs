//! A difference as a comment on a pull request.

use super::evidence::Evidence;
use crate::diff::{Change, Diff, Group};
use hedgerow_core::diag::count;
use hedgerow_core::unseen::is_unseen;

/// How many rows of one table are shown; a comment of GitHub's holds 65,536 characters.
const ROWS: usize = 100;
const SHOWN: usize = 5;

/// A count whose number is told from the text around it.
fn bold(number: usize, noun: &str) -> String {
    let text = count(number, noun);
    let noun = text.trim_start_matches(|c: char| c.is_ascii_digit());
    format!("**{number}**{noun}")
}

pub(super) fn render(diff: &Diff, evidence: &Evidence) -> String {
    let mut text = "## Who may call whom\n\n".to_owned();
    if diff.is_empty() {
        return text + "Nothing changes.\n";
    }
    let of = |change: Change| diff.edges.iter().filter(|edge| edge.change == change).count();
    let (added, changed, removed) = (bold(of(Change::Added), "edge"), of(Change::Changed), of(Change::Removed));
    text.push_str(&format!("{added} added, **{changed}** changed, **{removed}** removed; "));
    text.push_str(&format!("pods of {} roll.\n", bold(diff.rolls.len(), "service")));
    if !diff.reviews.is_empty() {
        let owners: Vec<_> = diff
            .reviews
            .iter()
            .map(|(owner, services)| format!("{} ({})", code(owner), names(services.iter().map(String::as_str))))
            .collect();
        text.push_str(&format!("\nReview needed from {}.\n", owners.join(", ")));
    }
    table(
        &mut text,
        "Edges",
        &["", "Caller", "Callee", "Ports", "Owner", "Reason"],
        diff.edges.iter().map(|edge| {
            let ports = match (&edge.before, &edge.after) {
                (Some(before), Some(after)) => format!("{} → {}", code(&before.join(", ")), code(&after.join(", "))),
                (None, Some(ports)) | (Some(ports), None) => code(&ports.join(", ")),
                (None, None) => String::new(),
            };
            let (owner, reason) = (edge.owner.as_deref().map(code), edge.reason.as_deref().map(escape));
            vec![
                mark(edge.change).to_owned(),
                code(&edge.caller),
                code(&edge.callee),
                ports,
                owner.unwrap_or_default(),
                reason.unwrap_or_default(),
            ]
        }),
    );
    traffic(&mut text, diff, evidence);
    table(
        &mut text,
        "From outside the fleet",
        &["", "Peers", "Callee", "Ports", "Reason"],
        diff.exposure.iter().map(|exposure| {
            let reason = exposure.reason.as_deref().map(escape).unwrap_or_default();
            vec![
                mark(exposure.change).to_owned(),
                code(&exposure.peers),
                code(&exposure.callee),
                code(&exposure.ports.join(", ")),
                reason,
            ]
        }),
    );
    table(
        &mut text,
        "Types",
        &["", "Callers", "may call"],
        diff.types.iter().map(|types| {
            let (from, to) = types.services;
            vec![
                mark(types.change).to_owned(),
                format!("{} ({from})", group(&types.callers)),
                format!("{} ({to})", group(&types.callees)),
            ]
        }),
    );
    table(
        &mut text,
        "Stages",
        &["Environment", "Before", "After", "Services"],
        diff.stages.iter().map(|stage| {
            let after =
                if stage.is_looser { format!("{} ⚠️ looser", code(stage.after)) } else { code(stage.after) };
            vec![code(&stage.environment), code(stage.before), after, names(stage.services.iter().map(String::as_str))]
        }),
    );
    table(
        &mut text,
        "Not safe in one step",
        &["Environment", "Move", "Services", "Risk", "Way"],
        diff.jumps.iter().map(|jump| {
            vec![
                code(&jump.environment),
                format!("⚠️ {}", code(&jump.what())),
                names(jump.services.iter().map(String::as_str)),
                jump.risk().to_owned(),
                escape(&jump.help()),
            ]
        }),
    );
    table(
        &mut text,
        "Services",
        &["", "Service", "Changes"],
        diff.services.iter().map(|service| {
            let field = |f: &crate::diff::FieldChange| format!("{}: {} → {}", f.field, code(&f.before), code(&f.after));
            let fields: Vec<_> = service.fields.iter().map(field).collect();
            vec![mark(service.change).to_owned(), code(&service.service), fields.join("; ")]
        }),
    );
    table(
        &mut text,
        "Newly in reach, through others",
        &["Service", "From", "For example"],
        diff.reach.iter().map(|reach| {
            vec![
                code(&reach.callee),
                some(&reach.from, reach.count),
                reach.way.iter().map(|name| code(name)).collect::<Vec<_>>().join(" → "),
            ]
        }),
    );
    table(
        &mut text,
        "Pods that roll",
        &["Service", "Environments", "Labels"],
        diff.rolls.iter().map(|roll| {
            let added = roll.added.iter().map(|label| format!("+{}", code(label)));
            let labels: Vec<_> = added.chain(roll.removed.iter().map(|label| format!("−{}", code(label)))).collect();
            vec![code(&roll.service), code(&roll.environments.join(", ")), labels.join(" ")]
        }),
    );
    text
}

/// What traffic says of what goes: what is used first.
fn traffic(text: &mut String, diff: &Diff, evidence: &Evidence) {
    let edges = diff.edges.iter().filter_map(|edge| Some((&edge.caller, &edge.callee, evidence.edge(edge)?)));
    let entries =
        diff.exposure.iter().filter_map(|entry| Some((&entry.peers, &entry.callee, evidence.exposure(entry)?)));
    let mut rows: Vec<_> = edges.chain(entries).collect();
    rows.sort_by_key(|(caller, callee, said)| (!said.is_used, *caller, *callee));
    table(
        text,
        "What traffic says of what goes",
        &["", "Caller", "Callee", "Traffic"],
        rows.into_iter().map(|(caller, callee, said)| {
            let mark = if said.is_used { "⚠️ used" } else { "not seen" };
            vec![mark.to_owned(), code(caller), code(callee), escape(&said.text)]
        }),
    );
}

fn table(text: &mut String, title: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return;
    }
    text.push_str(&format!("\n### {title}\n\n| {} |\n|{}\n", head.join(" | "), " --- |".repeat(head.len())));
    for row in rows.iter().take(ROWS) {
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    if rows.len() > ROWS {
        text.push_str(&format!("\n… and {} more.\n", rows.len() - ROWS));
    }
}

fn group(group: &Group) -> String {
    match group {
        Group::Type(name) => format!("every {}", code(name)),
        Group::Service(name) => code(name),
    }
}

const fn mark(change: Change) -> &'static str {
    match change {
        Change::Added => "➕",
        Change::Changed => "✏️",
        Change::Removed => "➖",
    }
}

/// Text in a code span: nothing in it is markup, a mention or a link. A backtick would end the span and a bar the cell.
fn code(text: &str) -> String {
    let shown: String = text.chars().map(|c| if is_unseen(c) { ' ' } else { c }).collect();
    format!("`{}`", shown.replace('`', "'").replace('|', "\\|"))
}

/// Anybody's text as plain text.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // A mention would notify somebody; a zero-width space keeps it readable and dead.
            '@' => escaped.push_str("@\u{200b}"),
            c if is_unseen(c) => escaped.push(' '),
            c if c.is_ascii_punctuation() => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}

fn names<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let count = names.len();
    some(&names.take(SHOWN).map(str::to_owned).collect::<Vec<_>>(), count)
}

/// The first of `count` names.
fn some(names: &[String], count: usize) -> String {
    let shown: Vec<_> = names.iter().take(SHOWN).map(|name| code(name)).collect();
    match count.saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{code, escape};

    #[test]
    fn hostile_text_is_harmless() {
        for (text, as_code, as_text) in [
            ("plain text", "`plain text`", "plain text"),
            ("a`b|c\nd", r"`a'b\|c d`", r"a\`b\|c d"),
            ("a\u{200b}\u{202e}b\u{3164}", "`a  b `", "a  b "),
            ("<script>", "`<script>`", "&lt;script&gt;"),
            ("@everyone", "`@everyone`", "@\u{200b}everyone"),
            ("[x](http://y)", "`[x](http://y)`", r"\[x\]\(http\:\/\/y\)"),
        ] {
            assert_eq!((code(text).as_str(), escape(text).as_str()), (as_code, as_text));
        }
    }
}
