//! The page: who calls whom without a rule, and what mends it. Plain HTML that needs no script, no mouse and nothing from elsewhere.
//!
//! Names come from whoever may make pods, or from a node that was taken over. Everything is escaped, and the content security policy lets in
//! this one style and nothing else.

use super::clock::{SECOND, written};
use super::metrics::SourceLine;
use data_encoding::BASE64;
use hedgerow_observe::fleet::{Forged, Forgery};
use hedgerow_observe::naming::{Micros, Pod};
use hedgerow_observe::observations::{End, Verdict};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::Arc;

const STYLE: &str = include_str!("page.css");
/// The most rows of one table.
const ROWS: usize = 500;
/// The most names of one list of candidates.
const CANDIDATES: usize = 5;

/// What is shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    pub(crate) at: Micros,
    pub(crate) catalogue: Option<String>,
    pub(crate) services: usize,
    pub(crate) has_rules: bool,
    /// What keeps the list from being whole.
    pub(crate) problems: Vec<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) sources: Vec<SourceLine>,
    /// Callees whose canary was not seen lately, and when it was seen last.
    pub(crate) unseen: Vec<(Arc<str>, Option<Micros>)>,
    pub(crate) forged: Vec<(Arc<Pod>, Vec<Forged>)>,
    pub(crate) owners: Vec<String>,
}

/// One edge.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) caller: End,
    pub(crate) caller_owner: Option<String>,
    pub(crate) callee: String,
    pub(crate) callee_owner: Option<String>,
    pub(crate) port: u16,
    pub(crate) protocol: String,
    pub(crate) verdict: Verdict,
    pub(crate) first: Micros,
    pub(crate) last: Micros,
    pub(crate) count: u64,
    pub(crate) mend: Mend,
}

/// What mends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mend {
    /// A rule file is missing.
    Add(String),
    /// The rule is there: what runs does not wear its label yet.
    Deploy(String),
    /// The caller is no service: the callee's own file can allow it.
    Allow(String),
    /// Which caller it was is not known.
    Wait,
}

/// What is asked for.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub(crate) struct Filter {
    #[serde(default)]
    pub(crate) caller: String,
    #[serde(default)]
    pub(crate) callee: String,
    #[serde(default)]
    pub(crate) owner: String,
    /// `unpermitted`, `dropped`, `unknown`; all of these where it is empty.
    #[serde(default)]
    pub(crate) verdict: String,
}

impl Filter {
    fn takes(&self, row: &Row) -> bool {
        let holds = |text: &str, wanted: &str| wanted.trim().is_empty() || text.contains(wanted.trim());
        let is_owner = |owner: &Option<String>| owner.as_deref().is_some_and(|owner| owner == self.owner.trim());
        holds(&caller_text(&row.caller), &self.caller)
            && holds(&row.callee, &self.callee)
            && (self.owner.trim().is_empty() || is_owner(&row.caller_owner) || is_owner(&row.callee_owner))
            && (self.verdict.is_empty() || self.verdict == verdict_word(row.verdict))
    }

    fn is_set(&self) -> bool {
        [&self.caller, &self.callee, &self.owner, &self.verdict].iter().any(|text| !text.trim().is_empty())
    }
}

/// The content security policy of the page.
pub(crate) fn policy() -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        BASE64.encode(&Sha256::digest(style()))
    )
}

/// A checkout with CRLF would give other bytes, and an HTML parser turns CRLF into LF before it hashes.
fn style() -> String {
    STYLE.replace("\r\n", "\n")
}

/// A text as HTML. Characters that steer how others are shown are no part of any name.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            character if hedgerow_core::unseen::is_unseen(character) => safe.push(char::REPLACEMENT_CHARACTER),
            character => safe.push(character),
        }
    }
    safe
}

/// A text as one word of a shell.
fn shell(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./@".contains(&byte);
    if !text.is_empty() && !text.starts_with('-') && text.bytes().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn caller_text(caller: &End) -> String {
    match caller {
        End::Service(name) | End::Outsider(name) => name.clone(),
        End::Unknown(names) => names.join(" "),
    }
}

fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Permitted => "permitted",
        Verdict::Unpermitted => "unpermitted",
        Verdict::Dropped => "dropped",
        Verdict::Unknown => "unknown",
    }
}

/// The page as HTML.
pub(crate) fn html(view: &View, filter: &Filter) -> String {
    let mut page = String::with_capacity(64 << 10);
    // Writing to a string does not fail.
    let _written = whole(&mut page, view, filter);
    page
}

fn whole(out: &mut String, view: &View, filter: &Filter) -> std::fmt::Result {
    let rows: Vec<&Row> = view.rows.iter().filter(|row| filter.takes(row)).collect();
    let down = view.sources.iter().filter(|source| !source.is_up).count();
    let of = |word: &str| view.rows.iter().filter(|row| verdict_word(row.verdict) == word).count();
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{} calls without a rule · Hedgerow observer</title>\n<style>{}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#calls\">To the calls</a>\n<header>\n<h1>Who calls whom without a rule</h1>\n<dl class=\"facts\">\n",
        of("unpermitted"),
        style()
    )?;
    fact(out, "As of", &format!("{} UTC", time(view.at)))?;
    let catalogue = view.catalogue.as_deref().map_or_else(
        || "none yet".to_owned(),
        |digest| {
            format!(
                "{}, <code>{}</code>",
                hedgerow_core::diag::count(view.services, "service"),
                escape(digest.get(..19).unwrap_or(digest))
            )
        },
    );
    fact(out, "Catalogue", &catalogue)?;
    fact(out, "Sources that listen", &format!("{} of {}", view.sources.len() - down, view.sources.len()))?;
    out.push_str("</dl>\n");
    if !view.problems.is_empty() {
        out.push_str("<ul class=\"problems\" aria-label=\"What is not seen\">\n");
        for problem in view.problems.iter().take(ROWS) {
            writeln!(out, "<li>{}</li>", escape(problem))?;
        }
        out.push_str("</ul>\n");
    }
    out.push_str("</header>\n<main>\n<section id=\"calls\" aria-labelledby=\"calls-title\">\n<h2 id=\"calls-title\">Calls</h2>\n");
    writeln!(
        out,
        "<p class=\"soft\">{} let through although no rule permits them, {} dropped, {} that cannot be told. Calls that a rule permits are not listed.</p>",
        edges(of("unpermitted")),
        of("dropped"),
        of("unknown")
    )?;
    form(out, view, filter)?;
    calls(out, &rows, view, filter)?;
    out.push_str("</section>\n");
    forged(out, view)?;
    sources(out, view)?;
    canaries(out, view)?;
    out.push_str(
        "</main>\n<footer>\n<a href=\"/v1/observations\">All observations</a> · <a href=\"/metrics\">Metrics</a> · \
         The page does not renew itself: load it again.\n</footer>\n</body>\n</html>\n",
    );
    Ok(())
}

fn edges(count: usize) -> String {
    if count == 1 { "1 edge is".to_owned() } else { format!("{count} edges are") }
}

fn fact(out: &mut String, name: &str, html: &str) -> std::fmt::Result {
    writeln!(out, "<div><dt>{name}</dt><dd>{html}</dd></div>")
}

fn time(at: Micros) -> String {
    let text = written(at);
    // 2026-11-28T05:00:44Z as people read it; the seconds are in the attribute.
    let shown = text.get(..16).unwrap_or(&text).replacen('T', " ", 1);
    format!("<time datetime=\"{text}\" title=\"{text}\">{shown}</time>")
}

/// For how long something has been, in the largest unit that fits.
fn ago(at: Micros, now: Micros) -> String {
    let seconds = now.saturating_sub(at).max(0) / SECOND;
    let (count, unit) = match seconds {
        0..60 => (seconds, "s"),
        60..3600 => (seconds / 60, "min"),
        3600..172_800 => (seconds / 3600, "h"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{count} {unit} ago")
}

fn form(out: &mut String, view: &View, filter: &Filter) -> std::fmt::Result {
    out.push_str("<form method=\"get\" action=\"/\" role=\"search\" aria-label=\"Calls\">\n");
    for (name, label, value) in [("caller", "Caller", &filter.caller), ("callee", "Callee", &filter.callee)] {
        writeln!(
            out,
            "<label>{label} contains <input type=\"search\" name=\"{name}\" value=\"{}\" size=\"22\" autocomplete=\"off\"></label>",
            escape(value)
        )?;
    }
    out.push_str("<label>Owner of either <select name=\"owner\"><option value=\"\">anybody</option>");
    let asked = filter.owner.trim();
    let missing = (!asked.is_empty() && !view.owners.iter().any(|owner| owner == asked)).then(|| asked.to_owned());
    for owner in view.owners.iter().chain(&missing) {
        let selected = if owner == asked { " selected" } else { "" };
        write!(out, "<option{selected}>{}</option>", escape(owner))?;
    }
    out.push_str("</select></label>\n<label>What became of it <select name=\"verdict\">");
    for (value, text) in
        [("", "anything"), ("unpermitted", "let through"), ("dropped", "dropped"), ("unknown", "not known")]
    {
        let selected = if filter.verdict == value { " selected" } else { "" };
        write!(out, "<option value=\"{value}\"{selected}>{text}</option>")?;
    }
    out.push_str("</select></label>\n<button>Filter</button>\n");
    if filter.is_set() {
        out.push_str("<a class=\"reset\" href=\"/\">Show all</a>\n");
    }
    out.push_str("</form>\n");
    Ok(())
}

fn table(out: &mut String, caption: &str, columns: &[(&str, &str)]) -> std::fmt::Result {
    // Who has no mouse scrolls the frame by its focus.
    write!(out, "<div class=\"frame\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\">\n<table>\n<thead><tr>")?;
    for (name, class) in columns {
        write!(
            out,
            "<th scope=\"col\"{}>{name}</th>",
            if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") }
        )?;
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    Ok(())
}

const END_OF_TABLE: &str = "</tbody>\n</table>\n</div>\n";

fn more(out: &mut String, count: usize) -> std::fmt::Result {
    if count > ROWS {
        writeln!(out, "<p class=\"soft\">{} more are not shown.</p>", count - ROWS)?;
    }
    Ok(())
}

fn calls(out: &mut String, rows: &[&Row], view: &View, filter: &Filter) -> std::fmt::Result {
    if rows.is_empty() {
        let text = match (filter.is_set(), view.problems.is_empty(), view.sources.is_empty()) {
            (true, _, _) => "No such call. <a href=\"/\">Show all</a>",
            (false, _, true) => "Nothing was seen, because no source listens: no node part has sent anything yet.",
            (false, true, false) => "No call without a rule was seen.",
            (false, false, false) => "No call without a rule was seen; but read above what is not seen.",
        };
        return writeln!(out, "<p class=\"nothing\">{text}</p>");
    }
    let columns = [
        ("Caller", ""),
        ("Callee", ""),
        ("Port", ""),
        ("What became of it", ""),
        ("Calls", "number"),
        ("First (UTC)", ""),
        ("Last (UTC)", ""),
        ("How to fix it", ""),
    ];
    table(out, "Calls without a rule", &columns)?;
    for row in rows.iter().take(ROWS) {
        call(out, row, view.at)?;
    }
    out.push_str(END_OF_TABLE);
    more(out, rows.len())
}

fn call(out: &mut String, row: &Row, now: Micros) -> std::fmt::Result {
    let owner = |owner: &Option<String>| {
        owner.as_deref().map_or_else(String::new, |owner| format!("<span class=\"owner\">{}</span>", escape(owner)))
    };
    let caller = match &row.caller {
        End::Service(name) => format!("<bdi class=\"name\">{}</bdi>", escape(name)),
        End::Outsider(text) => {
            format!("<bdi class=\"name\">{}</bdi><span class=\"owner\">no service</span>", escape(text))
        }
        End::Unknown(names) if names.is_empty() => "<span class=\"name\">nobody knows</span>".to_owned(),
        End::Unknown(names) => {
            let shown: Vec<_> =
                names.iter().take(CANDIDATES).map(|name| format!("<bdi>{}</bdi>", escape(name))).collect();
            let rest = names.len().saturating_sub(CANDIDATES);
            let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
            format!("<span class=\"owner\">one of</span><span class=\"name\">{}{rest}</span>", shown.join(", "))
        }
    };
    let (class, word) = match row.verdict {
        Verdict::Unpermitted => ("warn", "let through"),
        Verdict::Dropped => ("bad", "dropped"),
        Verdict::Unknown => ("warn", "not known"),
        Verdict::Permitted => ("good", "permitted"),
    };
    writeln!(
        out,
        "<tr>\n<td data-label=\"Caller\"><div>{caller}{}</div></td>\n<td data-label=\"Callee\"><div><bdi class=\"name\">{}</bdi>{}</div></td>\n\
         <td data-label=\"Port\">{}/{}</td>\n<td data-label=\"Became\"><div><span class=\"tag {class}\">{word}</span></div></td>\n\
         <td data-label=\"Calls\" class=\"number\">{}</td>\n<td data-label=\"First\"><div>{}<span class=\"owner\">{}</span></div></td>\n\
         <td data-label=\"Last\"><div>{}<span class=\"owner\">{}</span></div></td>\n<td data-label=\"Fix\" class=\"mend\"><div>{}</div></td>\n</tr>",
        owner(&row.caller_owner),
        escape(&row.callee),
        owner(&row.callee_owner),
        row.port,
        escape(&row.protocol),
        grouped(row.count),
        time(row.first),
        ago(row.first, now),
        time(row.last),
        ago(row.last, now),
        mend(&row.mend, &row.callee),
    )
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn mend(mend: &Mend, callee: &str) -> String {
    match mend {
        Mend::Add(file) => {
            let directory = file.rsplit_once('/').map_or(".", |(directory, _)| directory);
            let command = format!("mkdir -p {} && touch {}", shell(directory), shell(file));
            format!(
                "If it is meant, add <code>{}</code> and deploy the caller.<code class=\"command\">{}</code>",
                escape(file),
                escape(&command)
            )
        }
        Mend::Deploy(file) => format!(
            "The rule <code>{}</code> is there. What runs does not wear its label: deploy the caller.",
            escape(file)
        ),
        Mend::Allow(file) => format!(
            "The caller is no service. If it is meant, give <bdi>{}</bdi> an <code>allow</code> entry in <code>{}</code>.",
            escape(callee),
            escape(file)
        ),
        Mend::Wait => "Which pod it was cannot be told. If it comes again, it will have a name.".to_owned(),
    }
}

fn forged(out: &mut String, view: &View) -> std::fmt::Result {
    out.push_str("<section aria-labelledby=\"forged-title\">\n<h2 id=\"forged-title\">Labels that nobody gave</h2>\n");
    if !view.has_rules {
        out.push_str("<p class=\"soft\">The catalogue holds no rules (<code>hedgerow catalogue --rules</code>), so labels of services are not judged.</p>\n");
    }
    let lines = view.forged.iter().flat_map(|(pod, forged)| forged.iter().map(move |label| (pod, label)));
    let count = lines.clone().count();
    if count == 0 {
        out.push_str(
            "<p class=\"nothing\">No pod wears a label that the catalogue’s rules do not give it.</p>\n</section>\n",
        );
        return Ok(());
    }
    table(out, "Labels that nobody gave", &[("Pod", ""), ("Label", ""), ("Why", "")])?;
    for (pod, label) in lines.take(ROWS) {
        let why = match label.why {
            Forgery::NoRule => "no rule of its service gives it",
            Forgery::NoService => "it is no service of the catalogue",
            Forgery::OtherType => "its service has another type",
            Forgery::NotThere => "that service lives in another namespace",
        };
        writeln!(
            out,
            "<tr>\n<td data-label=\"Pod\"><div><bdi class=\"name\">{}</bdi><span class=\"owner\">{}</span></div></td>\n\
             <td data-label=\"Label\"><code>{}: {}</code></td>\n<td data-label=\"Why\">{why}</td>\n</tr>",
            escape(&pod.name),
            escape(&pod.namespace),
            escape(&label.key),
            escape(&label.value)
        )?;
    }
    out.push_str(END_OF_TABLE);
    more(out, count)?;
    out.push_str("</section>\n");
    Ok(())
}

fn sources(out: &mut String, view: &View) -> std::fmt::Result {
    out.push_str("<section aria-labelledby=\"sources-title\">\n<h2 id=\"sources-title\">Sources</h2>\n");
    if view.sources.is_empty() {
        out.push_str("<p class=\"nothing\">No node part has sent anything yet.</p>\n</section>\n");
        return Ok(());
    }
    let columns = [
        ("Node", ""),
        ("Source", ""),
        ("State", ""),
        ("Last record", ""),
        ("Blind", "number"),
        ("Lost", "number"),
        ("Not understood", "number"),
    ];
    table(out, "Sources", &columns)?;
    // Those that do not listen first.
    let mut lines: Vec<&SourceLine> = view.sources.iter().collect();
    lines.sort_by_key(|line| line.is_up);
    for line in lines.iter().take(ROWS) {
        let state = if line.is_up { ("good", "listens") } else { ("bad", "does not listen") };
        let fault = if line.fault.is_empty() {
            String::new()
        } else {
            format!("<span class=\"owner\">{}</span>", escape(&line.fault))
        };
        writeln!(
            out,
            "<tr>\n<td data-label=\"Node\"><bdi class=\"name\">{}</bdi></td>\n<td data-label=\"Source\">{}</td>\n\
             <td data-label=\"State\"><div><span class=\"tag {}\">{}</span>{fault}</div></td>\n<td data-label=\"Last record\">{}</td>\n\
             <td data-label=\"Blind\" class=\"number\">{}</td>\n<td data-label=\"Lost\" class=\"number\">{}</td>\n\
             <td data-label=\"Misread\" class=\"number\">{}</td>\n</tr>",
            escape(&line.node),
            escape(&line.source),
            state.0,
            state.1,
            line.last_record.map_or_else(
                || "none yet".to_owned(),
                |at| format!("<span class=\"time\">{}</span>", ago(at, view.at))
            ),
            minutes(line.blind),
            grouped(line.lost),
            grouped(line.not_understood),
        )?;
    }
    out.push_str(END_OF_TABLE);
    more(out, lines.len())?;
    out.push_str("</section>\n");
    Ok(())
}

fn minutes(micros: Micros) -> String {
    match micros / SECOND {
        0 => "–".to_owned(),
        seconds @ 1..60 => format!("{seconds} s"),
        seconds => format!("{} min", grouped(seconds.unsigned_abs() / 60)),
    }
}

fn canaries(out: &mut String, view: &View) -> std::fmt::Result {
    if view.unseen.is_empty() {
        return Ok(());
    }
    out.push_str(
        "<section aria-labelledby=\"canaries-title\">\n<h2 id=\"canaries-title\">Canaries that are not seen</h2>\n\
         <p class=\"soft\">Calls that are made to be seen are not. Silence about these services proves nothing.</p>\n",
    );
    table(out, "Canaries that are not seen", &[("Callee", ""), ("Seen last", "")])?;
    for (callee, seen) in view.unseen.iter().take(ROWS) {
        writeln!(
            out,
            "<tr>\n<td data-label=\"Callee\"><bdi class=\"name\">{}</bdi></td>\n<td data-label=\"Seen last\">{}</td>\n</tr>",
            escape(callee),
            seen.map_or_else(|| "never".to_owned(), |at| format!("<span class=\"time\">{}</span>", ago(at, view.at)))
        )?;
    }
    out.push_str(END_OF_TABLE);
    more(out, view.unseen.len())?;
    out.push_str("</section>\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = 1_795_842_044 * SECOND;

    fn row(caller: End, callee: &str, verdict: Verdict, mend: Mend) -> Row {
        Row {
            caller,
            caller_owner: Some("fun".to_owned()),
            callee: callee.to_owned(),
            callee_owner: Some("money".to_owned()),
            port: 8080,
            protocol: "tcp".to_owned(),
            verdict,
            first: NOW - 3 * 86_400 * SECOND,
            last: NOW - 90 * SECOND,
            count: 1_234_567,
            mend,
        }
    }

    fn view() -> View {
        let service = |name: &str| End::Service(name.to_owned());
        let source = |node: &str, name: &str, is_up: bool, fault: &str| SourceLine {
            node: Arc::from(node),
            source: Arc::from(name),
            is_up,
            heard: None,
            lost: if is_up { 0 } else { 1_204 },
            not_understood: 0,
            blind: if is_up { 0 } else { 420 * SECOND },
            last_record: Some(NOW - 4 * SECOND),
            fault: fault.to_owned(),
        };
        let pod =
            Pod { uid: "u".into(), namespace: "bank".into(), name: "fraud-6d5f-x2x1z".into(), labels: Arc::default() };
        let label = |why| Forged { key: "bank.example/egress-s-ledger".into(), value: "true".into(), why };
        View {
            at: NOW,
            catalogue: Some("sha256:ef7af5dc0dc327c5bdc4d52b1dc07f1d".to_owned()),
            services: 1_500,
            has_rules: true,
            problems: vec!["The watch of networkpolicies.networking.k8s.io is not whole, verdicts may be of yesterday: it does not answer".to_owned()],
            rows: vec![
                row(service("service.card"), "service.ledger", Verdict::Dropped, Mend::Deploy("service.card/egress/service.ledger.rule".into())),
                row(service("service.emoji"), "service.ledger", Verdict::Unpermitted, Mend::Add("service.emoji/egress/service.ledger.rule".into())),
                row(End::Outsider("address:198.51.100.7".into()), "service.web", Verdict::Unpermitted, Mend::Allow("service.web/service.yaml".into())),
                row(End::Unknown(vec!["service.fraud".into(), "service.kyc".into()]), "service.ledger", Verdict::Unknown, Mend::Wait),
            ],
            sources: vec![source("node-a", "conntrack", true, ""), source("node-b", "flows", false, "nothing comes from its node part")],
            unseen: vec![(Arc::from("service.audit-log"), None)],
            forged: vec![(Arc::new(pod), vec![label(Forgery::NoRule), label(Forgery::NoService)])],
            owners: vec!["fun".to_owned(), "money".to_owned()],
        }
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "a person looks at the file")]
    fn the_page_says_who_and_what_mends_it() {
        let page = html(&view(), &Filter::default());
        for text in [
            "mkdir -p service.emoji/egress &amp;&amp; touch service.emoji/egress/service.ledger.rule",
            "The rule <code>service.card/egress/service.ledger.rule</code> is there",
            "<code>service.web/service.yaml</code>",
            "<bdi>service.fraud</bdi>, <bdi>service.kyc</bdi>",
            "1,234,567",
            "3 days ago",
            "1 of 2",
            "does not listen",
            "no rule of its service gives it",
            "<bdi class=\"name\">service.audit-log</bdi>",
        ] {
            assert!(page.contains(text), "{text} is not in\n{page}");
        }
        // Nothing from elsewhere, no script, and the one style is the one that the policy names.
        assert!(
            !page.contains("<script")
                && !page.contains("http://")
                && !page.contains("https://")
                && !page.contains("style=")
        );
        let hash = BASE64.encode(&Sha256::digest(style()));
        assert!(
            policy().contains(&format!("style-src 'sha256-{hash}'"))
                && page.contains(&format!("<style>{}</style>", style()))
        );
        // For whoever wants to look at it: target/tmp/observer-page.html.
        let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tmp");
        if directory.is_dir() {
            std::fs::write(directory.join("observer-page.html"), &page).unwrap();
        }
    }

    #[test]
    fn it_is_filtered_by_caller_callee_owner_and_verdict() {
        let rows = |filter: &Filter| {
            let page = html(&view(), filter);
            page.matches("data-label=\"Caller\"").count()
        };
        let text = |text: &str| text.to_owned();
        for (filter, expected) in [
            (Filter::default(), 4),
            (Filter { caller: text("emoji"), ..Filter::default() }, 1),
            (Filter { caller: text("kyc"), ..Filter::default() }, 1),
            (Filter { callee: text(" service.ledger "), ..Filter::default() }, 3),
            (Filter { owner: text("money"), ..Filter::default() }, 4),
            (Filter { owner: text("mon"), ..Filter::default() }, 0),
            (Filter { verdict: text("dropped"), ..Filter::default() }, 1),
            (Filter { verdict: text("nonsense"), ..Filter::default() }, 0),
        ] {
            assert_eq!(rows(&filter), expected, "{filter:?}");
        }
        let empty = html(&View::default(), &Filter::default());
        assert!(empty.contains("no node part has sent anything yet"), "silence of nobody is not silence: {empty}");
        let hostile = Filter { callee: text("\"><img src=x onerror=alert(1)>"), ..Filter::default() };
        assert!(!html(&view(), &hostile).contains("<img"));
    }

    #[test]
    fn names_are_text_and_words() {
        assert_eq!(
            escape("<a b='c'>&\"\u{202e}\n\u{feff}"),
            "&lt;a b=&#39;c&#39;&gt;&amp;&quot;\u{fffd}\u{fffd}\u{fffd}"
        );
        for (text, expected) in [
            ("service.emoji/egress", "service.emoji/egress"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("$(reboot)", "'$(reboot)'"),
            ("-rf", "'-rf'"),
            ("", "''"),
        ] {
            assert_eq!(shell(text), expected);
        }
        for (number, expected) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), expected);
        }
    }
}
