//! The catalogue as text. Byte-stable, so that a digest can be taken of it and a change is a line.

use super::{AllowEntry, Catalogue, Entry, RuleEntry, Schedule, VERSION};
use crate::name::{Namespace, ServiceName};
use crate::policy::{Port, Ports, RulePorts};
use hedgerow_yaml::quote_always as quoted;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The digest of a text, as it stands in the document.
pub(super) fn digest(text: &str) -> String {
    let sum = Sha256::digest(text.as_bytes());
    format!("sha256:{}", data_encoding::HEXLOWER.encode(&sum))
}

/// The document, with its digests by key, or without.
pub(super) fn print(catalogue: &Catalogue, digests: Option<[(&str, Option<String>); 3]>) -> String {
    let mut lines = vec![format!("\"version\": {VERSION}")];
    let digests = digests.into_iter().flatten();
    lines.extend(digests.filter_map(|(key, digest)| Some(format!("\"{key}\": {}", quoted(&digest?)))));
    lines.extend(catalogue.environment.as_ref().map(|name| format!("\"environment\": {}", quoted(name.as_str()))));
    lines.push(format!("\"domain\": {}", quoted(catalogue.domain.as_str())));
    lines.push(format!("\"identity\": {}", quoted(catalogue.identity.as_str())));
    lines.push(format!("\"namespaces\": {}", namespaces(&catalogue.namespaces)));
    if !catalogue.names.is_empty() {
        let names = catalogue.names.iter().map(|(environment, names)| {
            let names = names.iter().map(|(a, b)| format!("{}:{}", quoted(a.as_str()), quoted(b.as_str())));
            format!("{}:{{\"namespaces\":{{{}}}}}", quoted(environment.as_str()), names.collect::<Vec<_>>().join(","))
        });
        lines.push(format!("\"environments\": {{{}}}", names.collect::<Vec<_>>().join(",")));
    }
    let types = catalogue.types.iter().map(|(name, callers)| {
        let callers =
            callers.as_ref().map(|callers| ("callers", list(callers.iter().map(|caller| quoted(caller.as_str())))));
        format!("{}:{}", quoted(name.as_str()), object(callers))
    });
    lines.push(format!("\"types\": {{{}}}", types.collect::<Vec<_>>().join(",")));
    let entries = catalogue.entries.iter();
    lines.push(block("services", entries.map(|(name, entry)| (name, service(entry, &catalogue.namespaces)))));
    lines.extend(catalogue.rules.as_ref().map(rules));
    format!("{{\n  {}\n}}\n", lines.join(",\n  "))
}

/// The rules, by caller.
pub(super) fn rules(rules: &BTreeMap<ServiceName, BTreeMap<ServiceName, RuleEntry>>) -> String {
    let of_caller = rules.iter().map(|(caller, rules)| {
        let rules = rules.iter().map(|(callee, rule)| format!("{}:{}", quoted(callee.as_str()), rule_text(rule)));
        (caller, format!("{{{}}}", rules.collect::<Vec<_>>().join(",")))
    });
    block("rules", of_caller)
}

/// A mapping by services, each on a line of its own.
fn block<'a>(key: &str, pairs: impl Iterator<Item = (&'a ServiceName, String)>) -> String {
    let lines: Vec<_> = pairs.map(|(name, value)| format!("\n    {}: {value}", quoted(name.as_str()))).collect();
    let end = if lines.is_empty() { "" } else { "\n  " };
    format!("\"{key}\": {{{}{end}}}", lines.join(","))
}

fn service(entry: &Entry, usual: &BTreeSet<Namespace>) -> String {
    let labels = entry.labels.iter().map(|(key, value)| format!("{}:{}", quoted(key.as_str()), quoted(value.as_str())));
    let stages =
        entry.stages.iter().map(|(name, stage)| format!("{}:{}", quoted(name.as_str()), quoted(stage.as_str())));
    let schedules = (!entry.schedules.is_empty()).then(|| list(entry.schedules.iter().map(schedule)));
    let callers_from = (entry.callers_from != *usual).then(|| namespaces(&entry.callers_from));
    let fields = [
        Some(("slug", quoted(entry.slug.as_str()))),
        Some(("namespace", quoted(entry.namespace.as_str()))),
        Some(("labels", format!("{{{}}}", labels.collect::<Vec<_>>().join(",")))),
        entry.service_type.as_ref().map(|name| ("type", quoted(name.as_str()))),
        entry.owner.as_ref().map(|owner| ("owner", quoted(owner))),
        Some(("ports", ports(&entry.ports, &entry.always))),
        Some(("stages", format!("{{{}}}", stages.collect::<Vec<_>>().join(",")))),
        schedules.map(|list| ("schedules", list)),
        callers_from.map(|list| ("callers-from", list)),
        (!entry.allow.is_empty()).then(|| ("allow", list(entry.allow.iter().map(allow)))),
    ];
    object(fields.into_iter().flatten())
}

fn schedule(schedule: &Schedule) -> String {
    let fields = [
        Some(("workload", quoted(&schedule.workload))),
        Some(("schedule", schedule.schedule.as_deref().map_or_else(|| "null".to_owned(), quoted))),
        schedule.time_zone.as_deref().map(|zone| ("time-zone", quoted(zone))),
        schedule.is_suspended.then(|| ("suspended", "true".to_owned())),
        Some(("file", quoted(&schedule.file))),
    ];
    object(fields.into_iter().flatten())
}

fn rule_text(rule: &RuleEntry) -> String {
    object(std::iter::once(("file", quoted(&rule.file))).chain(opened(&rule.ports)))
}

fn allow(entry: &AllowEntry) -> String {
    let reason = entry.reason.as_deref().map(|reason| ("reason", quoted(reason)));
    object(std::iter::once(("peers", quoted(&entry.peers))).chain(opened(&entry.ports)).chain(reason))
}

/// Nothing where all are meant.
fn opened(ports: &RulePorts) -> Option<(&'static str, String)> {
    match ports {
        RulePorts::All => None,
        RulePorts::These(ports) => Some(("ports", list(ports.iter().map(|port| quoted(&port.to_string()))))),
    }
}

fn ports(ports: &Ports, always: &[Port]) -> String {
    let listen = match ports {
        Ports::Any => quoted("any"),
        Ports::Nothing => quoted("none"),
        Ports::These(ports) => list(ports.iter().map(port)),
    };
    if always.is_empty() { listen } else { object([("listen", listen), ("always", list(always.iter().map(port)))]) }
}

fn port(port: &Port) -> String {
    let name = port.name.as_ref().map(|name| ("name", quoted(name.as_str())));
    let rest = [("port", port.number.to_string()), ("protocol", quoted(port.protocol.as_str()))];
    object(name.into_iter().chain(rest))
}

fn namespaces(names: &BTreeSet<Namespace>) -> String {
    list(names.iter().map(|name| quoted(name.as_str())))
}

fn list(values: impl Iterator<Item = String>) -> String {
    format!("[{}]", values.collect::<Vec<_>>().join(","))
}

fn object<'a>(fields: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let fields: Vec<_> = fields.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}
