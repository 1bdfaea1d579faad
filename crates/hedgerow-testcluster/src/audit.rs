//! The audit log: who asked for what, in which order, and what was answered.

use serde_json::Value;
use std::path::Path;

/// One answered request.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Who asked; the impersonated user where there is one.
    pub user: String,
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
    pub verb: String,
    /// The API group; empty for the core.
    pub group: String,
    /// The resource in the plural, such as `deployments`; empty for what is none.
    pub resource: String,
    /// The subresource, such as `scale`; empty where it is the object itself.
    pub subresource: String,
    /// The namespace; empty where there is none.
    pub namespace: String,
    /// The name; empty where the request has none.
    pub name: String,
    /// The HTTP status of the answer.
    pub code: u16,
    /// The program that asked.
    pub agent: String,
    /// What admission noted, such as `validation.policy.admission.k8s.io/validation_failure`.
    pub annotations: Value,
    /// The whole event.
    pub raw: Value,
}

impl Event {
    /// Whether it asked for a change.
    #[must_use]
    pub fn is_write(&self) -> bool {
        matches!(self.verb.as_str(), "create" | "update" | "patch" | "delete" | "deletecollection")
    }

    /// Whether a change was asked for, granted, and not only tried with `dryRun`.
    #[must_use]
    pub fn has_written(&self) -> bool {
        let is_tried = self.raw["requestURI"].as_str().is_some_and(|uri| uri.contains("dryRun="));
        self.is_write() && !is_tried && (200..300).contains(&self.code)
    }

    /// `networkpolicies/s-ledger`, with the subresource behind it if there is one.
    #[must_use]
    pub fn target(&self) -> String {
        let parts = [self.resource.as_str(), self.name.as_str(), self.subresource.as_str()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
    }
}

pub(crate) fn read(path: &Path) -> Vec<Event> {
    let text = std::fs::read_to_string(path).expect("the API server writes an audit log");
    // The last line may be on its way.
    let end = text.rfind('\n').map_or(0, |at| at + 1);
    text[..end].lines().map(event).collect()
}

fn event(line: &str) -> Event {
    let raw: Value = serde_json::from_str(line).expect("each line of the audit log is an event");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let object = &raw["objectRef"];
    let user = if raw["impersonatedUser"].is_null() { &raw["user"] } else { &raw["impersonatedUser"] };
    let code = raw["responseStatus"]["code"].as_u64().and_then(|code| u16::try_from(code).ok()).unwrap_or(0);
    Event {
        user: text(&user["username"]),
        verb: text(&raw["verb"]),
        group: text(&object["apiGroup"]),
        resource: text(&object["resource"]),
        subresource: text(&object["subresource"]),
        namespace: text(&object["namespace"]),
        name: text(&object["name"]),
        code,
        agent: text(&raw["userAgent"]),
        annotations: raw["annotations"].clone(),
        raw,
    }
}
