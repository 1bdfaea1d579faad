//! Rule files: the name says who may be called, the text may say more.

use super::decode::Decoder;
use super::form;
use super::service::{last_part, port_refs, rule_list_help};
use crate::date::Date;
use crate::diag::{Code, Diagnostic};
use crate::draft::{RuleDraft, Spanned};
use crate::name::ServiceName;
use crate::policy::Origin;
use crate::tree::Loaded;
use hedgerow_yaml::Node;

/// What the name of a rule file ends in.
pub(crate) const EXTENSION: &str = ".rule";

/// The callee in a name such as `service.ledger.rules`, `service.ledger.RULE` or `service.ledger.rule.yaml`.
fn nearly(name: &str) -> Option<&str> {
    let lower = name.to_lowercase();
    let end = lower.find(EXTENSION)?;
    let rest = &lower[end + EXTENSION.len()..];
    let is_near = matches!(rest, "" | "s" | ".yaml" | ".yml" | ".txt" | ".json" | "~" | ".bak");
    name.get(..end).filter(|callee| is_near && ServiceName::new(callee).is_ok())
}

/// The words for who wrote a rule.
pub(super) const ORIGINS: [(&str, Origin); 4] = [
    ("scan", Origin::Scan),
    ("manual", Origin::Manual),
    ("observed", Origin::Observed),
    ("imported", Origin::Imported),
];

pub(super) fn read(path: &str, file: &Loaded, diagnostics: &mut Vec<Diagnostic>) -> Option<RuleDraft> {
    let place = file.source.span(0, 0);
    let name = last_part(path);
    let Some(callee) = name.strip_suffix(EXTENSION) else {
        let message = format!("`{}` is not a rule file", name.escape_debug());
        let help = match nearly(name) {
            Some(callee) => format!("rename it to `{callee}{EXTENSION}`"),
            None => {
                format!("a rule file is named `<callee>{EXTENSION}`; rename it, or move it out of the rule directory")
            }
        };
        diagnostics.push(Diagnostic::new(Code::NotARule, message).mark(place, "").help(help));
        return None;
    };
    let callee = match ServiceName::new(callee) {
        Ok(callee) => callee,
        Err(error) => {
            let message = format!("the callee `{}` is not valid: it {error}", callee.escape_debug());
            let help = "a rule file is named after the callee's exact name";
            diagnostics.push(Diagnostic::new(Code::BadName, message).mark(place, "this rule file").help(help));
            return None;
        }
    };
    let mut rule =
        RuleDraft { callee, ports: None, reason: None, origin: None, expires: None, seen: None, file: place };
    if file.text.is_empty() {
        return Some(rule);
    }
    let mut decoder = Decoder::new(file.source, diagnostics);
    let Some(node) = decoder.parse(file) else { return Some(rule) };
    let Some(fields) = decoder.form(&node, "a rule file", &form::RULE) else {
        return Some(rule);
    };
    rule.ports = fields.get("ports").and_then(|node| port_refs(&mut decoder, node, rule_list_help()));
    rule.reason =
        fields.get("reason").and_then(|node| decoder.text(node, "`reason`")).map(|text| text.value.to_owned());
    let before = decoder.count();
    rule.origin = fields.get("origin").and_then(|node| decoder.word(node, "`origin`", &ORIGINS));
    decoder.help_since(before, "write `origin: manual` for a rule that a person wrote, or leave it out");
    rule.expires = fields.get("expires").and_then(|node| date(&mut decoder, node, "expires"));
    let mut day = |key| fields.get(key).map(|node| date(&mut decoder, node, key));
    rule.seen = match (day("first-seen"), day("last-seen")) {
        (Some(first), Some(last)) => first.zip(last).map(|(first, last)| (first.value, last.value)),
        (None, None) => None,
        (first, _) => {
            let missing = if first.is_some() { "last-seen" } else { "first-seen" };
            decoder.missing(fields.span, "a rule file with the days of its traffic", missing, "write both, or none");
            None
        }
    };
    Some(rule)
}

/// A day such as `2027-01-31`.
pub(super) fn date(decoder: &mut Decoder<'_>, node: &Node<'_>, key: &str) -> Option<Spanned<Date>> {
    let text = decoder.text(node, &format!("`{key}`"))?;
    let date = Date::new(text.value);
    if date.is_none() {
        let message = format!("`{key}` must be a day such as `2027-01-31`, not `{}`", text.value.escape_debug());
        let diagnostic = decoder.invalid(node, message);
        decoder.report(diagnostic);
    }
    date.map(|value| Spanned { value, span: text.span })
}
