//! `rare:` of service.yaml: what a month may not show, and who answers for it.

use super::decode::Decoder;
use super::form;
use super::rule::date;
use crate::fleet::{Rare, Waiver};
use hedgerow_yaml::Node;

const HELP: &str = "write `{what: yearly closing}`, and with `reason` and `expires` why it need not be waited for";

/// A list of `{what, reason, expires}`. Without a reason it is to be waited for; a reason holds until a day.
pub(super) fn read(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Vec<Rare> {
    let mut entries = Vec::new();
    let what = ("`rare`", "leave `rare` out where a month shows everything");
    let in_words = |text: &str| Some(format!("{{what: {}}}", hedgerow_yaml::quote_always(text)));
    for element in decoder.mappings(node, what, HELP, in_words) {
        let Some(fields) = decoder.form(element, "a `rare` entry", &form::RARE) else { continue };
        let Some(what) = fields.get("what") else {
            decoder.missing(fields.span, "a `rare` entry", "what", HELP);
            continue;
        };
        let what = decoder.text(what, "`what`").map(|text| text.value.trim().to_owned());
        let reason = fields.get("reason").map(|node| decoder.text(node, "`reason`").map(|text| text.value.to_owned()));
        let expires = fields.get("expires").map(|node| date(decoder, node, "expires").map(|date| date.value));
        let waiver = match (reason, expires) {
            (None, None) => None,
            (Some(reason), Some(expires)) => {
                let (Some(reason), Some(expires)) = (reason, expires) else { continue };
                Some(Waiver { reason, expires })
            }
            (Some(_), None) => {
                let help = "a reason holds until a day: add `expires`, the day on which somebody looks again";
                decoder.missing(fields.span, "a `rare` entry with a reason", "expires", help);
                continue;
            }
            (None, Some(_)) => {
                decoder.missing(
                    fields.span,
                    "a `rare` entry that expires",
                    "reason",
                    "say why it need not be waited for",
                );
                continue;
            }
        };
        let Some(what) = what else { continue };
        if what.is_empty() {
            let diagnostic = decoder.invalid(element, "`what` is empty").help(HELP);
            decoder.report(diagnostic);
            continue;
        }
        entries.push(Rare { what, waiver, span: fields.span });
    }
    entries
}
