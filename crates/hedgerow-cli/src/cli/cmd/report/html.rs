//! A report as one page: no script, nothing from elsewhere, readable on paper.

use super::model::{Point, Question, Report};
use crate::cli::cmd::reconcile::output::NO_OWNER;
use crate::cli::report::count;
use hedgerow_graph::{embedded, escape, paper};
use std::fmt::Write as _;

const STYLE: &str = include_str!("style.css");
/// The stages from the top of a bar: what is closed most is at the bottom.
const STAGES: [&str; 5] = ["unknown", "off", "open", "audit", "enforce"];
/// The most days that the chart draws: the last ones.
const BARS: usize = 52;

/// The page, with its picture as SVG.
pub(super) fn render(report: &Report, picture: &str) -> String {
    let title = format!("Who may call whom in {}: report of {}", report.environment, report.date);
    let mut body = String::new();
    let _ = writeln!(body, "<h1>{}</h1>", escape(&title));
    lead(&mut body, report);
    figures(&mut body, report);
    progress(&mut body, report);
    owners(&mut body, report);
    faces(&mut body, report);
    questions(&mut body, report);
    services(&mut body, report);
    let _ = writeln!(
        body,
        "<h2 class=\"new-page\">The picture</h2>\n<figure><img src=\"{}\" alt=\"Services as discs, permitted calls as lines; what nothing permits is thick and bears a mark.\"></figure>\n<p class=\"soft\"><code>hedgerow graph --out network.html</code> draws the same to search and ask in.</p>",
        embedded(picture)
    );
    limits(&mut body, report);
    // Names are escaped: what reads as a table is one.
    let body = body.replace("<table>", "<div class=\"wide\"><table>").replace("</table>", "</table></div>");
    paper(&title, STYLE, &body)
}

/// A text as HTML, with what stands between backticks as code.
fn marked(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // One stands alone.
        return escape(text);
    }
    let part = |(at, part): (usize, &&str)| {
        if at % 2 == 1 { format!("<code>{}</code>", escape(part)) } else { escape(part) }
    };
    parts.iter().enumerate().map(part).collect()
}

fn lead(out: &mut String, report: &Report) {
    let of = |map: fn(&Point) -> &std::collections::BTreeMap<String, usize>, word: &str| {
        report.now().and_then(|point| map(point).get(word)).copied().unwrap_or(0)
    };
    let enforced = of(|point| &point.stages, "enforce");
    let _ = writeln!(
        out,
        "<p class=\"soft\">Traffic was observed from {} to {}; a service may be enforced after {} without a call that nothing permits.</p>\n\
         <p class=\"lead\">Of {}, {} enforced: what no rule permits is dropped there. {} may be enforced now. {}.</p>",
        escape(&report.from),
        escape(&report.to),
        count(report.days, "day"),
        count(report.services.len(), "service"),
        are(enforced),
        of(|point| &point.verdicts, "ready"),
        match report.traffic.unpermitted {
            0 => "No caller was seen that nothing permits".to_owned(),
            1 => "1 caller was seen that nothing permits".to_owned(),
            more => format!("{more} callers were seen that nothing permits"),
        }
    );
}

fn are(count: usize) -> String {
    format!("{count} {}", if count == 1 { "is" } else { "are" })
}

fn figures(out: &mut String, report: &Report) {
    let of = |word: &str| report.now().and_then(|point| point.stages.get(word)).copied().unwrap_or(0);
    let share = (of("enforce") * 100).checked_div(report.services.len()).unwrap_or(0);
    let unprotected = report.faces.iter().filter(|faces| faces.stage != "enforce").count();
    out.push_str("<ul class=\"figures\">\n");
    for (number, words, is_alarm) in [
        (
            format!("{share} %"),
            format!("of the services are enforced ({} of {})", of("enforce"), report.services.len()),
            false,
        ),
        (of("audit").to_string(), "are tried (audit): nothing is dropped yet".to_owned(), false),
        (
            report.traffic.unpermitted.to_string(),
            "callers seen that nothing permits".to_owned(),
            report.traffic.unpermitted > 0,
        ),
        (report.questions.len().to_string(), "open questions".to_owned(), false),
        (
            report.faces.len().to_string(),
            format!(
                "{} the internet, {unprotected} of these not enforced",
                if report.faces.len() == 1 { "faces" } else { "face" }
            ),
            unprotected > 0,
        ),
        (
            report.traffic.unseen.to_string(),
            format!("of {} were never seen", count(report.traffic.edges, "permitted call")),
            false,
        ),
    ] {
        let class = if is_alarm { " class=\"alarm\"" } else { "" };
        let _ = writeln!(
            out,
            "<li{class}><b>{}{}</b>{}</li>",
            if is_alarm { "! " } else { "" },
            escape(&number),
            escape(&words)
        );
    }
    out.push_str("</ul>\n");
}

fn progress(out: &mut String, report: &Report) {
    out.push_str("<h2>Progress through the stages</h2>\n");
    if report.history.len() < 2 {
        out.push_str("<p class=\"soft\">This is the first report. The next one shows progress, if it is given this one as JSON (<code>--history</code>).</p>\n");
    } else {
        chart(out, &report.history);
    }
    out.push_str("<table><thead><tr><th>Day</th>");
    for head in ["services", "enforce", "audit", "open", "off", "ready", "wait", "blocked", "unknown", "open questions"]
    {
        let _ = write!(out, "<th class=\"number\">{head}</th>");
    }
    out.push_str("</tr></thead><tbody>\n");
    for point in report.history.iter().rev() {
        let _ = write!(
            out,
            "<tr><th class=\"day\">{}</th><td class=\"number\">{}</td>",
            escape(&point.date),
            point.services
        );
        for stage in ["enforce", "audit", "open", "off"] {
            let _ = write!(out, "<td class=\"number\">{}</td>", point.stages.get(stage).copied().unwrap_or(0));
        }
        for verdict in ["ready", "wait", "blocked", "unknown"] {
            let _ = write!(out, "<td class=\"number\">{}</td>", point.verdicts.get(verdict).copied().unwrap_or(0));
        }
        let _ = writeln!(out, "<td class=\"number\">{}</td></tr>", point.open);
    }
    out.push_str("</tbody></table>\n");
}

/// One bar per report; each stage has a pattern of its own besides its colour.
fn chart(out: &mut String, history: &[Point]) {
    let shown = &history[history.len().saturating_sub(BARS)..];
    let (width, height, left, foot) = (920.0, 260.0, 50.0, 46.0);
    let most = shown.iter().map(|point| point.services).max().unwrap_or(1).max(1) as f64;
    let step = (width - left) / shown.len() as f64;
    let bar = (step * 0.72).min(90.0);
    let _ = writeln!(
        out,
        "<figure><svg class=\"chart\" viewBox=\"0 0 {width} {}\" role=\"img\" aria-label=\"Services by stage, one bar for each report; the table below holds the numbers\">\n<defs>\
         <pattern id=\"p-audit\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M0 0V8\"/></pattern>\
         <pattern id=\"p-open\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\"><path class=\"hatch\" d=\"M0 4H8\"/></pattern>\
         <pattern id=\"p-off\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\"><path class=\"hatch\" d=\"M0 0L7 7M7 0L0 7\"/></pattern></defs>",
        height + foot
    );
    for part in 0..=4 {
        let y = height - (height - 10.0) * f64::from(part) / 4.0;
        let value = most * f64::from(part) / 4.0;
        let _ = writeln!(
            out,
            "<line class=\"axis\" x1=\"{left}\" x2=\"{width}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/><text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{value:.0}</text>",
            left - 6.0,
            y + 4.0
        );
    }
    for (at, point) in shown.iter().enumerate() {
        let x = left + step * at as f64 + (step - bar) / 2.0;
        let mut base = height;
        for stage in STAGES.into_iter().rev() {
            let services = point.stages.get(stage).copied().unwrap_or(0);
            let tall = (height - 10.0) * services as f64 / most;
            if services == 0 {
                continue;
            }
            base -= tall;
            let place = format!("x=\"{x:.1}\" y=\"{base:.1}\" width=\"{bar:.1}\" height=\"{tall:.1}\"");
            let title = format!("{}: {services} {stage}", point.date);
            let _ = write!(out, "<g><title>{}</title><rect class=\"{stage}\" {place}/>", escape(&title));
            let pattern = match stage {
                "audit" => Some("p-audit"),
                "open" => Some("p-open"),
                "off" | "unknown" => Some("p-off"),
                _ => None,
            };
            if let Some(pattern) = pattern {
                let _ = write!(out, "<rect fill=\"url(#{pattern})\" {place}/>");
            }
            out.push_str("</g>\n");
        }
        // Every bar has its day where there is room; else every few.
        let every = (shown.len() as f64 * 74.0 / (width - left)).ceil().max(1.0) as usize;
        if at % every == 0 || at + 1 == shown.len() && every < 2 {
            let _ = writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
                x + bar / 2.0,
                height + 18.0,
                escape(&point.date)
            );
        }
    }
    let mut x = left;
    for (stage, words, pattern) in [
        ("enforce", "enforce", ""),
        ("audit", "audit", "p-audit"),
        ("open", "open", "p-open"),
        ("off", "off or unknown", "p-off"),
    ] {
        let y = height + 30.0;
        let _ = write!(out, "<rect class=\"{stage}\" x=\"{x:.0}\" y=\"{y:.0}\" width=\"22\" height=\"12\"/>");
        if !pattern.is_empty() {
            let _ =
                write!(out, "<rect fill=\"url(#{pattern})\" x=\"{x:.0}\" y=\"{y:.0}\" width=\"22\" height=\"12\"/>");
        }
        let _ = writeln!(out, "<text x=\"{:.0}\" y=\"{:.0}\">{words}</text>", x + 28.0, y + 11.0);
        x += 130.0;
    }
    out.push_str("</svg></figure>\n");
    if shown.len() < history.len() {
        let _ = writeln!(out, "<p class=\"soft\">The last {BARS} of {} reports are drawn.</p>", history.len());
    }
}

/// The class of a cell for a name, `of` a service or an owner. A name that fits stands on one line; a longer one may be cut, in a column that is not
/// narrow.
fn name(text: &str, most: usize) -> &'static str {
    if text.chars().count() > most { "long name" } else { "name" }
}

/// The most characters of a service's and of an owner's name that stand on one line: with both there is room on paper for what else a row says.
const SERVICE: usize = 28;
const OWNER: usize = 20;

fn owners(out: &mut String, report: &Report) {
    out.push_str("<h2>By owner</h2>\n<table><thead><tr><th>Owner</th><th class=\"number\">services</th><th class=\"number\">enforced</th><th class=\"number\">ready</th><th class=\"number\">open questions</th></tr></thead><tbody>\n");
    for owner in &report.owners {
        let _ = writeln!(
            out,
            "<tr><th class=\"{}\">{}</th><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>",
            name(&owner.owner, OWNER),
            escape(&owner.owner),
            owner.services,
            owner.enforced,
            owner.ready,
            owner.questions
        );
    }
    out.push_str("</tbody></table>\n");
}

fn faces(out: &mut String, report: &Report) {
    out.push_str("<h2>What faces the internet</h2>\n");
    if report.faces.is_empty() {
        out.push_str("<p>No service lets in anybody or public addresses by <code>allow</code>, and none is published by the manifests that were given.</p>\n");
        return;
    }
    out.push_str("<table><thead><tr><th>Service</th><th>Owner</th><th>Stage</th><th>By</th></tr></thead><tbody>\n");
    for faces in &report.faces {
        let by: String = faces.by.iter().map(|by| format!("<li>{}</li>", marked(by))).collect();
        let stage = if faces.stage == "enforce" {
            faces.stage.to_owned()
        } else {
            format!("<b class=\"alarm\">! {}</b>", faces.stage)
        };
        let owner = faces.owner.as_deref().unwrap_or(NO_OWNER);
        let _ = writeln!(
            out,
            "<tr><th class=\"{}\"><code>{}</code></th><td class=\"{}\">{}</td><td>{stage}</td><td><ul>{by}</ul></td></tr>",
            name(&faces.service, SERVICE),
            escape(&faces.service),
            name(owner, OWNER),
            escape(owner)
        );
    }
    out.push_str("</tbody></table>\n");
}

fn questions(out: &mut String, report: &Report) {
    out.push_str("<h2>Open questions by owner</h2>\n");
    if report.questions.is_empty() {
        out.push_str("<p>None: code, rules and traffic agree, as far as each was seen.</p>\n");
    }
    let mut owner = None;
    for question in &report.questions {
        if owner != Some(&question.owner) {
            if owner.is_some() {
                out.push_str("</ul>\n");
            }
            let _ = writeln!(out, "<h3>{}</h3>\n<ul class=\"questions\">", escape(&question.owner));
            owner = Some(&question.owner);
        }
        out.push_str(&asked(question));
    }
    if owner.is_some() {
        out.push_str("</ul>\n");
    }
}

fn asked(question: &Question) -> String {
    let class = if question.is_urgent() { " class=\"urgent\"" } else { "" };
    let lines: String =
        question.facts.iter().chain(&question.help).map(|line| format!("<li>{}</li>", marked(line))).collect();
    format!(
        "<li{class}><span class=\"word\">{}{}</span>: <code>{}</code> → <code>{}</code>: {}<ul class=\"soft\">{lines}</ul></li>\n",
        if question.is_urgent() { "! " } else { "" },
        question.class,
        escape(&question.caller),
        escape(&question.callee),
        escape(question.means)
    )
}

fn services(out: &mut String, report: &Report) {
    out.push_str("<h2>What may be enforced, by service</h2>\n");
    if !report.shared.is_empty() {
        let lines: String = report.shared.iter().map(|line| format!("<li>{}</li>", marked(line))).collect();
        let _ = writeln!(out, "<p>In the way of all of them:</p>\n<ul>{lines}</ul>");
    }
    out.push_str("<table><thead><tr><th>Service</th><th>Owner</th><th>Stage</th><th>Verdict</th><th>In the way</th></tr></thead><tbody>\n");
    for service in report.services.iter().filter(|service| service.verdict != "enforced") {
        let why: String = service.why.iter().map(|line| format!("<li>{}</li>", marked(line))).collect();
        let owner = service.owner.as_deref().unwrap_or(NO_OWNER);
        let _ = writeln!(
            out,
            "<tr><th class=\"{}\"><code>{}</code></th><td class=\"{}\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            name(&service.service, SERVICE),
            escape(&service.service),
            name(owner, OWNER),
            escape(owner),
            service.stage,
            escape(&service.verdict),
            if why.is_empty() { String::new() } else { format!("<ul>{why}</ul>") }
        );
    }
    out.push_str("</tbody></table>\n");
    let enforced: Vec<String> = report
        .services
        .iter()
        .filter(|service| service.verdict == "enforced")
        .map(|service| format!("<code>{}</code>", escape(&service.service)))
        .collect();
    if !enforced.is_empty() {
        let _ = writeln!(out, "<p>Enforced already: {}.</p>", enforced.join(", "));
    }
}

fn limits(out: &mut String, report: &Report) {
    out.push_str("<h2>What this report rests on</h2>\n<ul>\n");
    for sentence in &report.heard {
        let _ = writeln!(out, "<li>{}.</li>", marked(sentence));
    }
    let _ = writeln!(
        out,
        "<li>Of {}, traffic showed {}, did not show {}{}{}.</li>",
        count(report.traffic.edges, "permitted call"),
        report.traffic.used,
        report.traffic.unseen,
        if report.traffic.perhaps > 0 { format!(", perhaps showed {}", report.traffic.perhaps) } else { String::new() },
        if report.traffic.unlabelled > 0 {
            format!(", showed {} without the caller’s label", report.traffic.unlabelled)
        } else {
            String::new()
        },
    );
    out.push_str(
        "<li>That something was not seen is no proof that it never happens: a call that is rarer than the time that was watched is missed.</li>\n\
         <li><code>unknown</code> means that something was not watched; it is never ready.</li>\n\
         <li>Whether a load balancer or an ingress is open to the internet or to a private network, manifests do not tell in general: all are listed.</li>\n</ul>\n",
    );
}

#[cfg(test)]
mod tests {
    use super::{marked, name};

    #[test]
    fn names_that_fit_stand_on_one_line() {
        for (text, class) in [("", "name"), ("übermut", "name"), ("übermuti", "long name")] {
            assert_eq!(name(text, 7), class, "{text}");
        }
    }

    #[test]
    fn what_stands_between_backticks_is_code() {
        for (text, html) in [
            ("run `a <b>` & `c`", "run <code>a &lt;b&gt;</code> &amp; <code>c</code>"),
            ("a ` alone", "a ` alone"),
            ("<i>", "&lt;i&gt;"),
            ("", ""),
        ] {
            assert_eq!(marked(text), html, "{text}");
        }
    }
}
