//! Flows with verdicts, from the sources that carry them.

pub(crate) mod aws;
pub(crate) mod calico;
pub(crate) mod calico_json;
pub(crate) mod gke;
pub(crate) mod hubble;
pub(crate) mod ovn;

use crate::record::{Counts, End, Flow, FlowEvent, Origin, Outcome, When};
use std::collections::BTreeMap;

/// A flow of which nothing is known yet.
pub(crate) fn unknown_flow(origin: Origin, event: FlowEvent) -> Flow {
    Flow {
        origin,
        when: When::Unsaid,
        event,
        direction: None,
        caller: End::default(),
        callee: End::default(),
        port: None,
        protocol: None,
        service: None,
        outcome: Outcome::Unsaid,
        enforced: Vec::new(),
        pending: Vec::new(),
        is_reply: None,
        opens: None,
        node: None,
        counts: Counts::default(),
    }
}

/// `key=value` texts as labels. A text without `=` is a key with an empty value.
pub(crate) fn labels<'a>(texts: impl Iterator<Item = &'a str>) -> BTreeMap<String, String> {
    texts
        .filter(|text| !text.is_empty())
        .map(|text| text.split_once('=').unwrap_or((text, "")))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// A value, if it is one: Calico writes `-` for what is absent.
pub(crate) fn said(text: &str) -> Option<String> {
    (!matches!(text, "" | "-")).then(|| text.to_owned())
}
