//! A catalogue: what is known of the services of other repositories.

use super::decode::{Decoder, Fields};
use super::service::{STAGES, WrittenPorts, labels, owner, port_refs, ports};
use crate::catalogue::{AllowEntry, Catalogue, CatalogueDraft, Entry, RuleEntry, Schedule, VERSION};
use crate::diag::{Code, Diagnostic, Severity};
use crate::label::Slug;
use crate::name::{Domain, EnvironmentName, LabelKey, Namespace, ServiceName, TypeName};
use crate::nonempty::NonEmpty;
use crate::policy::{RulePorts, Stage};
use crate::source::Span;
use crate::tree::Loaded;
use hedgerow_yaml::{Node, Scalar};
use std::collections::{BTreeMap, BTreeSet};

const KEYS: [&str; 12] = [
    "version",
    "digest",
    "naming",
    "labelling",
    "environment",
    "domain",
    "identity",
    "namespaces",
    "environments",
    "types",
    "services",
    "rules",
];
const ENTRY_KEYS: [&str; 10] =
    ["slug", "namespace", "labels", "type", "owner", "ports", "stages", "schedules", "callers-from", "allow"];

/// Which entries are read in full.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'a> {
    /// All, with the rules; their digest is compared too.
    All,
    /// These. Of the others the names count, and what is wrong with them is others' to mend.
    Only(&'a BTreeSet<&'a str>),
}

/// Reads a catalogue. Nothing comes of one that cannot be understood; of a faulty entry only the name counts.
pub(super) fn read(file: &Loaded, wanted: Wanted<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<CatalogueDraft> {
    if file.is_missing {
        return None;
    }
    let before = diagnostics.len();
    let mut decoder = Decoder::new(file.source, diagnostics);
    let draft = lower(&mut decoder, file, wanted);
    for diagnostic in diagnostics.get_mut(before..).unwrap_or_default() {
        // A later release may say more; what this one does not know it cannot mistake for anything.
        if diagnostic.code == Code::UnknownKey {
            diagnostic.severity = Severity::Warning;
            diagnostic.fix = None;
        }
    }
    draft
}

fn lower(decoder: &mut Decoder<'_>, file: &Loaded, wanted: Wanted<'_>) -> Option<CatalogueDraft> {
    let start = file.source.span(0, 0);
    let node = decoder.parse(file);
    let Some(node) = node else {
        if !decoder.is_unparsed() {
            decoder.report(
                Diagnostic::new(Code::InvalidValue, "the catalogue is empty").mark(start, "").help(
                    "make it with `hedgerow catalogue` in the other repositories, and `hedgerow catalogue merge`",
                ),
            );
        }
        return None;
    };
    let fields = decoder.fields(&node, "a catalogue", &KEYS)?;
    let need = |decoder: &mut Decoder<'_>, key: &str| {
        let found = fields.get(key);
        if found.is_none() {
            decoder.missing(start, "a catalogue", key, "is this the output of `hedgerow catalogue`?");
        }
        found
    };
    match need(decoder, "version")?.as_scalar().and_then(Scalar::as_int) {
        Some(VERSION) => {}
        _ => {
            let node = fields.get("version")?;
            let message = format!("this Hedgerow reads catalogues of version {VERSION}");
            let diagnostic =
                decoder.invalid(node, message).help("update Hedgerow here, or where the catalogue is made");
            decoder.report(diagnostic);
            return None;
        }
    }
    let domain = need(decoder, "domain").and_then(|node| decoder.name(node, "the domain", Domain::new));
    let identity = need(decoder, "identity").and_then(|node| decoder.name(node, "the identity label", LabelKey::new));
    let environment = fields.get("environment").map(|node| decoder.name(node, "the environment", EnvironmentName::new));
    let listed = need(decoder, "namespaces").map(|node| namespaces(decoder, node, "`namespaces`"));
    let called = fields.get("environments").map(|node| names(decoder, node)).unwrap_or_default();
    let types = fields.get("types").map(|node| types(decoder, node)).unwrap_or_default();
    let services = need(decoder, "services").and_then(|node| decoder.pairs(node, "`services`"));
    let (domain, identity, listed, services) = (domain?, identity?, listed?, services?);
    let environment = match environment {
        None => None,
        Some(name) => Some(name?.value),
    };
    let mut entries = BTreeMap::new();
    let mut names = BTreeMap::new();
    for (key, value) in services {
        let name = match ServiceName::new(key.value) {
            Ok(name) => name,
            Err(error) => {
                if matches!(wanted, Wanted::All) {
                    let message = format!("the service name `{}` is not valid: it {error}", key.value.escape_debug());
                    decoder.report(Diagnostic::new(Code::BadName, message).mark(key.span, ""));
                }
                continue;
            }
        };
        let is_wanted = match wanted {
            Wanted::All => true,
            Wanted::Only(only) => only.contains(name.as_str()),
        };
        if is_wanted {
            let before = decoder.count();
            entries.extend(entry(decoder, value, &listed).map(|entry| (name.clone(), entry)));
            if matches!(wanted, Wanted::Only(_)) {
                decoder.warn_since(before);
            }
        }
        names.insert(name, key.span);
    }
    let rules = match wanted {
        Wanted::All => fields.get("rules").map(|node| rules(decoder, node)),
        Wanted::Only(_) => None,
    };
    let catalogue = Catalogue {
        environment,
        domain: domain.value,
        identity: identity.value,
        namespaces: listed,
        names: called,
        types,
        entries,
        rules,
    };
    if let (Wanted::All, Some(node)) = (wanted, fields.get("digest")) {
        compare_digest(decoder, node, &catalogue);
    }
    Some(CatalogueDraft { catalogue, names, file: start, domain: domain.span })
}

/// A digest that is not the content's: the file was changed by hand, or two were merged as texts.
fn compare_digest(decoder: &mut Decoder<'_>, node: &Node<'_>, catalogue: &Catalogue) {
    if node.as_str() == Some(catalogue.digest().as_str()) {
        return;
    }
    let span = decoder.span(node.range());
    decoder.report(
        Diagnostic::new(
            Code::CatalogueEdited,
            "the catalogue was changed after it was made: its digest is of other content",
        )
        .mark(span, "")
        .help("make it again with `hedgerow catalogue`, or `hedgerow catalogue merge`; what it says now is used"),
    );
}

fn entry(decoder: &mut Decoder<'_>, node: &Node<'_>, usual: &BTreeSet<Namespace>) -> Option<Entry> {
    let fields = decoder.fields(node, "an entry", &ENTRY_KEYS)?;
    let need = |decoder: &mut Decoder<'_>, key: &str| {
        let found = fields.get(key);
        if found.is_none() {
            decoder.missing(fields.span, "an entry", key, "is this the output of `hedgerow catalogue`?");
        }
        found
    };
    let slug = need(decoder, "slug").and_then(|node| decoder.name(node, "the short name", Slug::listed));
    let namespace = need(decoder, "namespace").and_then(|node| decoder.name(node, "the namespace", Namespace::new));
    let worn = need(decoder, "labels").and_then(|node| labels(decoder, node, "`labels`"));
    let WrittenPorts { listen, always } = need(decoder, "ports").map(|node| ports(decoder, node)).unwrap_or_default();
    let stages = need(decoder, "stages").and_then(|node| stages(decoder, node));
    let service_type = optional(&fields, "type", |node| Some(decoder.name(node, "the type", TypeName::new)?.value));
    let owner = optional(&fields, "owner", |node| owner(decoder, node));
    let schedules = optional(&fields, "schedules", |node| Some(schedules(decoder, node)));
    let callers_from = fields.get("callers-from").map(|node| namespaces(decoder, node, "`callers-from`"));
    Some(Entry {
        slug: slug?.value,
        namespace: namespace?.value,
        labels: worn?,
        service_type: service_type?,
        owner: owner?,
        ports: listen?,
        always: always.unwrap_or_default(),
        stages: stages?,
        schedules: schedules?.unwrap_or_default(),
        callers_from: callers_from.unwrap_or_else(|| usual.clone()),
        allow: fields.get("allow").map(|node| allow(decoder, node)).unwrap_or_default(),
    })
}

/// What may be left out; nothing at all where it is there and faulty.
fn optional<'n, 't, T>(
    fields: &Fields<'n, 't>,
    key: &str,
    read: impl FnOnce(&'n Node<'t>) -> Option<T>,
) -> Option<Option<T>> {
    match fields.get(key) {
        None => Some(None),
        Some(node) => read(node).map(Some),
    }
}

fn namespaces(decoder: &mut Decoder<'_>, node: &Node<'_>, what: &str) -> BTreeSet<Namespace> {
    let elements = decoder.list(node, what, "callers live in at least one namespace");
    let names = elements.into_iter().filter_map(|element| decoder.name(element, "the namespace", Namespace::new));
    names.map(|name| name.value).collect()
}

/// `{"staging":{"namespaces":{"bank":"bank-staging"}}}`.
fn names(decoder: &mut Decoder<'_>, node: &Node<'_>) -> BTreeMap<EnvironmentName, BTreeMap<Namespace, Namespace>> {
    let mut names = BTreeMap::new();
    for (key, value) in decoder.pairs(node, "`environments`").unwrap_or_default() {
        let environment = match EnvironmentName::new(key.value) {
            Ok(name) => name,
            Err(error) => {
                let message = format!("the environment `{}` is not valid: it {error}", key.value.escape_debug());
                decoder.report(Diagnostic::new(Code::BadName, message).mark(key.span, ""));
                continue;
            }
        };
        let Some(fields) = decoder.fields(value, "an environment", &["namespaces"]) else { continue };
        let Some(node) = fields.get("namespaces") else { continue };
        let mut of_environment = BTreeMap::new();
        for (key, value) in decoder.pairs(node, "`namespaces`").unwrap_or_default() {
            let here = decoder.name(value, "the namespace", Namespace::new);
            match (Namespace::new(key.value), here) {
                (Ok(written), Some(here)) => drop(of_environment.insert(written, here.value)),
                (Err(error), _) => {
                    let message = format!("the namespace `{}` is not valid: it {error}", key.value.escape_debug());
                    decoder.report(Diagnostic::new(Code::BadName, message).mark(key.span, ""));
                }
                (Ok(_), None) => {}
            }
        }
        if !of_environment.is_empty() {
            names.insert(environment, of_environment);
        }
    }
    names
}

fn types(decoder: &mut Decoder<'_>, node: &Node<'_>) -> BTreeMap<TypeName, Option<NonEmpty<TypeName>>> {
    let mut types = BTreeMap::new();
    for (key, value) in decoder.pairs(node, "`types`").unwrap_or_default() {
        let name = match TypeName::new(key.value) {
            Ok(name) => name,
            Err(error) => {
                let message = format!("the type `{}` is not valid: it {error}", key.value.escape_debug());
                decoder.report(Diagnostic::new(Code::BadName, message).mark(key.span, ""));
                continue;
            }
        };
        let Some(fields) = decoder.fields(value, &format!("the type `{name}`"), &["callers"]) else { continue };
        let callers = fields.get("callers").map(|node| {
            let list = decoder.list(node, "`callers`", "leave `callers` out where no type may call");
            let mut callers: Vec<_> = list
                .into_iter()
                .filter_map(|element| Some(decoder.name(element, "the type", TypeName::new)?.value))
                .collect();
            callers.sort();
            callers.dedup();
            callers
        });
        types.insert(name, callers.and_then(NonEmpty::new));
    }
    types
}

fn stages(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Option<BTreeMap<EnvironmentName, Stage>> {
    let mut stages = Some(BTreeMap::new());
    for (key, value) in decoder.pairs(node, "`stages`")? {
        let name = EnvironmentName::new(key.value);
        if let Err(error) = &name {
            let message = format!("the environment `{}` is not valid: it {error}", key.value.escape_debug());
            decoder.report(Diagnostic::new(Code::BadName, message).mark(key.span, ""));
        }
        let stage = decoder.word(value, "the stage", &STAGES);
        stages = match (stages, name, stage) {
            (Some(mut stages), Ok(name), Some(stage)) => {
                stages.insert(name, stage);
                Some(stages)
            }
            _ => None,
        };
    }
    stages
}

fn schedules(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Vec<Schedule> {
    let keys = ["workload", "schedule", "time-zone", "suspended", "file"];
    let mut schedules = Vec::new();
    for element in decoder.list(node, "`schedules`", "leave `schedules` out where no workload has one") {
        let Some(fields) = decoder.fields(element, "a schedule", &keys) else { continue };
        let mut text = |key: &str| {
            let node = fields.get(key).filter(|node| !node.is_null())?;
            Some(decoder.text(node, &format!("`{key}`"))?.value.to_owned())
        };
        let (workload, schedule, time_zone, file) =
            (text("workload"), text("schedule"), text("time-zone"), text("file"));
        let suspended = fields.get("suspended").and_then(|node| decoder.boolean(node, "`suspended`"));
        let (Some(workload), Some(file)) = (workload, file) else {
            decoder.missing(fields.span, "a schedule", "workload", "a schedule says of which object and file it is");
            continue;
        };
        schedules.push(Schedule { workload, schedule, time_zone, is_suspended: suspended.unwrap_or(false), file });
    }
    schedules
}

fn rules(decoder: &mut Decoder<'_>, node: &Node<'_>) -> BTreeMap<ServiceName, BTreeMap<ServiceName, RuleEntry>> {
    let mut all: BTreeMap<ServiceName, BTreeMap<ServiceName, RuleEntry>> = BTreeMap::new();
    for (caller, of_caller) in decoder.pairs(node, "`rules`").unwrap_or_default() {
        let Some(caller) = service_name(decoder, caller.value, caller.span) else { continue };
        let mut rules = BTreeMap::new();
        for (callee, value) in decoder.pairs(of_caller, "the rules of a caller").unwrap_or_default() {
            let Some(callee) = service_name(decoder, callee.value, callee.span) else { continue };
            let Some(fields) = decoder.fields(value, "a rule", &["file", "ports"]) else { continue };
            let Some(file) = fields.get("file") else {
                decoder.missing(fields.span, "a rule", "file", "a rule says in which file it stands");
                continue;
            };
            let Some(file) = decoder.text(file, "`file`") else { continue };
            let Some(ports) = opened(decoder, &fields) else { continue };
            rules.insert(callee, RuleEntry { ports, file: file.value.to_owned() });
        }
        all.insert(caller, rules);
    }
    all
}

/// The ports of a rule or an entry. Ports that cannot be read must not come to mean all of them.
fn opened(decoder: &mut Decoder<'_>, fields: &Fields<'_, '_>) -> Option<RulePorts> {
    let Some(node) = fields.get("ports") else { return Some(RulePorts::All) };
    port_refs(decoder, node, "leave `ports` out to mean all ports of the callee").map(crate::check::these)
}

fn allow(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Vec<AllowEntry> {
    let mut entries = Vec::new();
    for element in decoder.list(node, "`allow`", "leave `allow` out where nobody else is let in") {
        let Some(fields) = decoder.fields(element, "an entry of `allow`", &["peers", "ports", "reason"]) else {
            continue;
        };
        let Some(peers) = fields.get("peers") else {
            decoder.missing(fields.span, "an entry of `allow`", "peers", "an entry says whom it lets in");
            continue;
        };
        let Some(peers) = decoder.text(peers, "`peers`") else { continue };
        let reason = fields.get("reason").and_then(|node| decoder.text(node, "`reason`"));
        let Some(ports) = opened(decoder, &fields) else { continue };
        let reason = reason.map(|reason| reason.value.to_owned());
        entries.push(AllowEntry { peers: peers.value.to_owned(), ports, reason });
    }
    entries
}

fn service_name(decoder: &mut Decoder<'_>, text: &str, span: Span) -> Option<ServiceName> {
    match ServiceName::new(text) {
        Ok(name) => Some(name),
        Err(error) => {
            let message = format!("the service name `{}` is not valid: it {error}", text.escape_debug());
            decoder.report(Diagnostic::new(Code::BadName, message).mark(span, ""));
            None
        }
    }
}
