//! What an import says, as text and JSON.

use super::Files;
use crate::cli::args::Import;
use crate::cli::report::count;
use hedgerow_core::policy::RulePorts;
use hedgerow_import::{Imported, Leftover, Place, Rule, Source, Why};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How many of one kind are shown; the rest is counted.
const SHOWN: usize = 10;

/// For people: the rule files, then what they do not say, by kind.
pub(super) fn text(imported: &Imported, files: &Files<'_>, source: Source, args: &Import) -> String {
    let mut text = String::new();
    let most = if args.all { usize::MAX } else { SHOWN };
    if !args.write || source.is_traffic() {
        let head = match (source.is_traffic(), args.write) {
            (true, true) => "",
            (true, false) => "seen without a rule; --write --accept CALLER CALLEE writes one:\n",
            (false, _) => "to write:\n",
        };
        if !files.is_empty() {
            text.push_str(head);
        }
        for (path, (rule, content)) in files.iter().filter(|_| !head.is_empty()) {
            let _ = writeln!(text, "  {path}");
            for line in content.lines() {
                let _ = writeln!(text, "    {line}");
            }
            let _ = writeln!(text, "    # {}", said(rule));
        }
    }
    let mut groups: BTreeMap<Why, Vec<&Leftover>> = BTreeMap::new();
    for leftover in &imported.leftovers {
        groups.entry(leftover.why).or_default().push(leftover);
    }
    let mut printed = BTreeSet::new();
    for why in Why::ALL {
        let Some(group) = groups.get(why) else { continue };
        let _ = writeln!(text, "{} ({}): {}", why.as_str(), group.len(), why.means());
        for leftover in group.iter().take(most) {
            let place = place(leftover);
            let colon = if place.is_empty() { "" } else { ": " };
            let _ = writeln!(text, "  {place}{colon}{}", leftover.text);
            let Some((callee, allow)) = leftover.callee.as_ref().zip(leftover.allow.as_ref()) else { continue };
            let _ = match printed.insert((callee, allow)) {
                true => writeln!(
                    text,
                    "    to keep it, add below `allow:` in the service.yaml of `{callee}`:\n      - {allow}"
                ),
                false => writeln!(text, "    to keep it: the same entry of `{callee}` as above"),
            };
        }
        if group.len() > most {
            let _ = writeln!(text, "  … and {} more: --all lists them", group.len() - most);
        }
    }
    text
}

/// Where something is said; without the object where the sentence names it.
fn place(leftover: &Leftover) -> String {
    let place = &leftover.place;
    match leftover.text.contains(&place.what) {
        true => Place { what: String::new(), ..place.clone() }.to_string(),
        false => place.to_string(),
    }
}

/// Where a rule is said, and what traffic showed of it.
fn said(rule: &Rule) -> String {
    let mut said = match rule.places.as_slice() {
        [] => String::new(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} and {} more", count(rest.len(), "place")),
    };
    if let Some(seen) = rule.seen {
        let calls = count(usize::try_from(seen.count).unwrap_or(usize::MAX), "call");
        let _ = write!(said, ", {calls}, {} to {}", String::from(seen.first), String::from(seen.last));
    }
    said
}

/// `3 rules, 1 permitted already; not said by rules: 2 layer-7`.
pub(super) fn tally(imported: &Imported, source: Source) -> String {
    let what = if source.is_traffic() { "call without a rule" } else { "rule to add" };
    let rules = match (imported.rules.len(), source.is_traffic()) {
        (1, _) => format!("1 {what}"),
        (number, true) => format!("{number} calls without a rule"),
        (number, false) => format!("{number} rules to add"),
    };
    let mut kinds: BTreeMap<Why, usize> = BTreeMap::new();
    for leftover in &imported.leftovers {
        *kinds.entry(leftover.why).or_default() += 1;
    }
    let kinds: Vec<_> =
        Why::ALL.iter().filter_map(|why| kinds.get(why).map(|number| format!("{number} {}", why.as_str()))).collect();
    let present = imported.present.len() + imported.allowed.len();
    let is_nothing = imported.rules.is_empty() && present == 0;
    let rest = match kinds.as_slice() {
        [] if is_nothing => "nothing in it is about services of the fleet".to_owned(),
        [] => "rules and `allow` entries say all of it".to_owned(),
        kinds => kinds.join(", "),
    };
    format!("{}: {rules}, {} permitted already; {rest}\n", source.name(), present)
}

/// The document of `--format json`, version 1.
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    source: &'static str,
    environment: &'a str,
    rules: Vec<JsonRule<'a>>,
    present: Vec<JsonPair<'a>>,
    allowed: Vec<JsonAllowed<'a>>,
    leftovers: Vec<JsonLeftover<'a>>,
}

#[derive(Serialize)]
struct JsonRule<'a> {
    caller: &'a str,
    callee: &'a str,
    file: &'a str,
    /// Names and numbers; null for all.
    ports: Option<Vec<String>>,
    content: &'a str,
    places: Vec<JsonPlace<'a>>,
    seen: Option<JsonSeen>,
}

#[derive(Serialize)]
struct JsonPair<'a> {
    caller: &'a str,
    callee: &'a str,
}

#[derive(Serialize)]
struct JsonAllowed<'a> {
    callee: &'a str,
    entry: &'a str,
}

#[derive(Serialize)]
struct JsonSeen {
    first: String,
    last: String,
    count: u64,
}

#[derive(Serialize)]
struct JsonPlace<'a> {
    path: &'a str,
    /// Null where the source has no lines.
    line: Option<usize>,
    what: &'a str,
}

#[derive(Serialize)]
struct JsonLeftover<'a> {
    why: &'static str,
    loss: bool,
    text: &'a str,
    callee: Option<&'a str>,
    callers: Vec<&'a str>,
    ports: Vec<String>,
    place: JsonPlace<'a>,
    allow: Option<&'a str>,
}

/// One JSON object: `docs/schemas/import.json`.
pub(super) fn json(
    imported: &Imported,
    files: &Files<'_>,
    source: Source,
    environment: &str,
) -> anyhow::Result<String> {
    let place = |place: &'_ Place| (place.line > 0).then_some(place.line);
    let rules = files.iter().map(|(file, (rule, content))| JsonRule {
        caller: rule.caller.as_str(),
        callee: rule.callee.as_str(),
        file,
        ports: match &rule.ports {
            RulePorts::All => None,
            RulePorts::These(ports) => Some(ports.iter().map(ToString::to_string).collect()),
        },
        content,
        places: rule.places.iter().map(|at| JsonPlace { path: &at.path, line: place(at), what: &at.what }).collect(),
        seen: rule.seen.map(|seen| JsonSeen {
            first: String::from(seen.first),
            last: String::from(seen.last),
            count: seen.count,
        }),
    });
    let leftovers = imported.leftovers.iter().map(|leftover| JsonLeftover {
        why: leftover.why.as_str(),
        loss: leftover.why.is_loss(),
        text: &leftover.text,
        callee: leftover.callee.as_ref().map(|name| name.as_str()),
        callers: leftover.callers.iter().map(|name| name.as_str()).collect(),
        ports: leftover.ports.iter().map(ToString::to_string).collect(),
        place: JsonPlace { path: &leftover.place.path, line: place(&leftover.place), what: &leftover.place.what },
        allow: leftover.allow.as_deref(),
    });
    let document = Document {
        version: 1,
        source: source.name(),
        environment,
        rules: rules.collect(),
        present: imported
            .present
            .iter()
            .map(|(caller, callee)| JsonPair { caller: caller.as_str(), callee: callee.as_str() })
            .collect(),
        allowed: imported
            .allowed
            .iter()
            .map(|allowed| JsonAllowed { callee: allowed.callee.as_str(), entry: &allowed.entry })
            .collect(),
        leftovers: leftovers.collect(),
    };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}
