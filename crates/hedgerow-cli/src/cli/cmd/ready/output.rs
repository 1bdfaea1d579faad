//! Answers as text, markdown, JSON and annotations.

use crate::cli::report::{Paths, count, markdown_of as escaped};
use crate::embedded::docs;
use hedgerow_core::fleet::Fleet;
use hedgerow_observe::observations::Header;
use hedgerow_ready::evidence::{Evidence, Kind, Outcome, Readiness, Verdict};
use hedgerow_ready::judge::Tree;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// For people: each service with its verdict, and the lines that decide it; with `all` every line.
pub(super) fn text(answers: &[Readiness], all: bool) -> String {
    let mut text = String::new();
    let common = common(answers);
    if !common.is_empty() {
        text.push_str("all:\n");
        common.iter().filter(|line| all || decides(line)).for_each(|line| told(&mut text, line));
    }
    for answer in answers {
        let _ = writeln!(text, "{}: {}", answer.service, verdict(answer.verdict));
        shown(answer, all).filter(|line| !common.contains(line)).for_each(|line| told(&mut text, line));
        if all && answer.verdict != Verdict::Enforced {
            let (worth, taken) = answer.silence.sentences();
            let _ = writeln!(text, "  silence: {worth}.\n  {taken}.");
        }
    }
    text
}

/// The lines about code and window that all services share, where there are several: they are told once.
pub(in crate::cli::cmd) fn common(answers: &[Readiness]) -> Vec<&Evidence> {
    let mut judged = answers.iter().filter(|answer| answer.verdict != Verdict::Enforced);
    let (Some(first), Some(second)) = (judged.next(), judged.next()) else { return Vec::new() };
    let is_shared = |line: &&Evidence| {
        matches!(line.kind, Kind::Code | Kind::Window)
            && second.evidence.contains(line)
            && judged.clone().all(|answer| answer.evidence.contains(line))
    };
    let common: Vec<&Evidence> = first.evidence.iter().filter(is_shared).collect();
    if common.iter().any(|line| decides(line)) { common } else { Vec::new() }
}

fn told(text: &mut String, line: &Evidence) {
    let _ = writeln!(text, "  {:<7} {:<11} {}", line.outcome.as_str(), line.kind.as_str(), line.text);
    if let Some(help) = &line.help {
        let _ = writeln!(text, "  {:<19} help: {help}", "");
    }
}

pub(in crate::cli::cmd) const fn decides(line: &Evidence) -> bool {
    match line.outcome {
        Outcome::Holds | Outcome::Waived | Outcome::Note => false,
        Outcome::Wait(_) | Outcome::Blocks | Outcome::Unknown => true,
    }
}

/// The lines that decide, or all.
fn shown(answer: &Readiness, all: bool) -> impl Iterator<Item = &Evidence> {
    answer.evidence.iter().filter(move |line| all || decides(line))
}

pub(in crate::cli::cmd) fn verdict(verdict: Verdict) -> String {
    match verdict {
        Verdict::Wait(until) => format!("wait until {}", String::from(until)),
        Verdict::Ready | Verdict::Blocked | Verdict::Unknown | Verdict::Enforced => verdict.as_str().to_owned(),
    }
}

/// `2 ready, 1 blocked, 1 enforced already`.
pub(super) fn tally(answers: &[Readiness]) -> String {
    let mut counts: BTreeMap<u8, (usize, &str)> = BTreeMap::new();
    for answer in answers {
        let (order, word) = match answer.verdict {
            Verdict::Ready => (0, "ready"),
            Verdict::Wait(_) => (1, "to wait for"),
            Verdict::Blocked => (2, "blocked"),
            Verdict::Unknown => (3, "unknown"),
            Verdict::Enforced => (4, "enforced already"),
        };
        counts.entry(order).or_insert((0, word)).0 += 1;
    }
    let parts: Vec<String> = counts.values().map(|(count, word)| format!("{count} {word}")).collect();
    format!("{}: {}\n", count(answers.len(), "service"), parts.join(", "))
}

/// A table of all, then what is in the way of each.
pub(super) fn markdown(answers: &[Readiness], environment: &str) -> String {
    let mut text = format!(
        "## Which services may be enforced in `{environment}`\n\n| service | owner | verdict |\n| --- | --- | --- |\n"
    );
    for answer in answers {
        let owner = answer.owner.as_deref().map(escaped).unwrap_or_default();
        let _ = writeln!(text, "| `{}` | {owner} | {} |", answer.service, verdict(answer.verdict));
    }
    for answer in answers.iter().filter(|answer| !matches!(answer.verdict, Verdict::Enforced)) {
        let _ = writeln!(text, "\n### `{}`: {}\n", answer.service, verdict(answer.verdict));
        text.push_str(&lines(answer));
    }
    text
}

/// What speaks for and against one service, as a list.
fn lines(answer: &Readiness) -> String {
    let mut text = String::new();
    for line in &answer.evidence {
        let _ = writeln!(text, "- **{}** {}: {}", line.outcome.as_str(), line.kind.as_str(), escaped(&line.text));
        if let Some(help) = &line.help {
            let _ = writeln!(text, "  - {}", escaped(help));
        }
    }
    let (worth, taken) = answer.silence.sentences();
    let _ = writeln!(text, "- **silence**: {worth}. {taken}.");
    text
}

/// The text of a pull request that enforces some services.
pub(super) fn request(ready: &[&Readiness], environment: &str) -> String {
    let names: Vec<String> = ready.iter().map(|answer| format!("`{}`", answer.service)).collect();
    let shown = if names.len() > 3 { format!("{} services", names.len()) } else { names.join(", ") };
    let mut text = format!(
        "# Enforce {shown} in `{environment}`\n\nFrom this change on, calls that no rule permits are dropped. What speaks for it:\n"
    );
    for answer in ready {
        let owner = answer.owner.as_deref().map(|owner| format!(" ({})", escaped(owner))).unwrap_or_default();
        let _ = writeln!(text, "\n## `{}`{owner}\n", answer.service);
        text.push_str(&lines(answer));
    }
    let _ = writeln!(
        text,
        "\nThe way back: set `stage: {{{environment}: open}}` in the service.yaml and deploy: from then on nothing is dropped. The way to `audit`: {}",
        docs!("stages.md")
    );
    text
}

/// GitHub's workflow commands: the text of the pull request where something was written, and one for each service that is not ready, at its `service.yaml`.
pub(super) fn github(answers: &[Readiness], fleet: &Fleet, request: Option<&str>, paths: &Paths) -> String {
    let mut text = String::new();
    if let Some(request) = request {
        let _ = writeln!(text, "::notice title=hedgerow%3A ready::{}", data(request));
    }
    for answer in answers.iter().filter(|answer| !matches!(answer.verdict, Verdict::Ready | Verdict::Enforced)) {
        let directory = fleet.service(answer.service.as_str()).map_or("", |service| service.directory.as_str());
        let mut message = format!("{}: {}", answer.service, verdict(answer.verdict));
        for line in shown(answer, false) {
            let _ = write!(message, "\n{} {}: {}", line.outcome.as_str(), line.kind.as_str(), line.text);
            if let Some(help) = &line.help {
                let _ = write!(message, "\nhelp: {help}");
            }
        }
        let level = if answer.verdict == Verdict::Blocked { "warning" } else { "notice" };
        let (file, data) = (property(&paths.of_fleet(&format!("{directory}/service.yaml"))), data(&message));
        let _ = writeln!(text, "::{level} file={file},title=hedgerow%3A ready::{data}");
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The document of `--format json`, version 1.
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    environment: &'a str,
    days: u32,
    from: String,
    to: String,
    catalogue: Option<&'a str>,
    /// The text of the pull request, where `--write` wrote.
    request: Option<&'a str>,
    services: Vec<JsonService<'a>>,
}

#[derive(Serialize)]
struct JsonService<'a> {
    service: &'a str,
    owner: Option<&'a str>,
    verdict: &'static str,
    until: Option<String>,
    /// The digest of the policy that is deployed, and of the one that the tree asks for.
    policy: JsonPolicy<'a>,
    evidence: Vec<JsonLine<'a>>,
    silence: Option<JsonSilence>,
}

#[derive(Serialize)]
struct JsonPolicy<'a> {
    /// Null where nobody tells.
    deployed: Option<&'a str>,
    planned: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonLine<'a> {
    kind: &'static str,
    outcome: &'static str,
    until: Option<String>,
    text: &'a str,
    help: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonSilence {
    worth: String,
    assumes: String,
    /// Null where nothing can be said.
    expected_at_most: Option<f64>,
    missed_share_at_most: f64,
    in_code: usize,
    in_traffic: usize,
    in_both: usize,
    not_seen: usize,
    unseen_by_both: Option<f64>,
    unseen_by_days: Option<f64>,
}

/// What was asked, and what came of writing.
pub(super) struct Asked<'a> {
    pub(super) environment: &'a str,
    pub(super) days: u32,
    /// The text of the pull request.
    pub(super) request: Option<&'a str>,
}

/// One JSON object: `docs/schemas/ready.json`.
pub(super) fn json(
    answers: &[Readiness],
    &Asked { environment, days, request }: &Asked<'_>,
    tree: &Tree,
    header: &Header,
) -> anyhow::Result<String> {
    let policy = |service: &str| JsonPolicy {
        deployed: header.services.get(service).and_then(|it| it.policy.as_ref()).map(|policy| policy.digest.as_str()),
        planned: tree.policies.get(service).map(String::as_str),
    };
    let services = answers.iter().map(|answer| JsonService {
        service: answer.service.as_str(),
        owner: answer.owner.as_deref(),
        verdict: answer.verdict.as_str(),
        until: match answer.verdict {
            Verdict::Wait(until) => Some(until.into()),
            Verdict::Ready | Verdict::Blocked | Verdict::Unknown | Verdict::Enforced => None,
        },
        policy: policy(answer.service.as_str()),
        evidence: answer.evidence.iter().map(json_line).collect(),
        silence: (answer.verdict != Verdict::Enforced).then(|| json_silence(answer)),
    });
    let document = Document {
        version: 1,
        environment,
        days,
        from: header.from.into(),
        to: header.to.into(),
        catalogue: header.catalogue.as_deref(),
        request,
        services: services.collect(),
    };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

fn json_line(line: &Evidence) -> JsonLine<'_> {
    JsonLine {
        kind: line.kind.as_str(),
        outcome: line.outcome.as_str(),
        until: match line.outcome {
            Outcome::Wait(until) => Some(until.into()),
            Outcome::Holds | Outcome::Waived | Outcome::Blocks | Outcome::Unknown | Outcome::Note => None,
        },
        text: &line.text,
        help: line.help.as_deref(),
    }
}

fn json_silence(answer: &Readiness) -> JsonSilence {
    let silence = &answer.silence;
    let (worth, assumes) = silence.sentences();
    JsonSilence {
        worth,
        assumes,
        expected_at_most: silence.expected.is_finite().then_some(silence.expected),
        missed_share_at_most: silence.fleet.missed_share(),
        in_code: silence.fleet.in_code,
        in_traffic: silence.fleet.in_traffic,
        in_both: silence.fleet.in_both,
        not_seen: silence.not_seen,
        unseen_by_both: silence.fleet.unseen_by_both(),
        unseen_by_days: silence.fleet.unseen_by_days(),
    }
}
