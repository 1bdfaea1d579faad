//! The policies that a stream is to hold: those it holds already are compared, the others are added.

use super::Context;
use super::document::{Deployed, Found, List, Place, Policy};
use crate::object::{Kind, Object};
use crate::objects::{platform_objects, service_objects};
use hedgerow_core::diag::{Code, Diagnostic, Severity};
use hedgerow_core::name::Namespace;
use hedgerow_core::plan::ServicePlan;
use hedgerow_yaml::{
    Content, Document, Edit, Node, Outline, Piece, RouteId, RouteSet, SeqChange, Want, Yaml, YamlError, change_seq,
    parse, split,
};
use std::collections::BTreeMap;

/// Compares what is there with what is planned and adds the edits that make them the same.
pub(super) fn finish(context: &Context<'_>, found: &mut Found) {
    let mut planned = Planned::default();
    for (service, deployed) in &found.deployed {
        if let Some(service) = context.plan.service(service) {
            let namespace = namespace(context, service, deployed, &mut found.diagnostics);
            service_objects(service, namespace.as_ref()).into_iter().for_each(|object| planned.add(object));
        }
    }
    let mut changes: BTreeMap<usize, ListChange> = BTreeMap::new();
    let policies = std::mem::take(&mut found.policies);
    let others = if policies.is_empty() { Others::default() } else { Others::new(context, found) };
    for policy in &policies {
        existing(context, policy, &mut planned, &others, &mut changes, found);
    }
    let missing = planned.missing();
    found.tally.policies += missing.len();
    match container(found).filter(|list| missing.is_empty() || list.is_krm || takes_more(context, list)) {
        Some(list) => {
            let change = changes.entry(list.piece.range.start).or_insert_with(|| ListChange::new(list.piece.clone()));
            change.append.extend(missing.iter().map(Object::to_yaml));
        }
        None if missing.is_empty() => {}
        None => found.edits.push(append(context.stream, &missing)),
    }
    for change in changes.into_values() {
        change.edit(context, found);
    }
}

/// The namespace that a service's policies carry: exactly when the workloads they protect do.
fn namespace(
    context: &Context<'_>,
    service: &ServicePlan,
    deployed: &Deployed,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Namespace> {
    if let (Some(with), Some(without)) = (&deployed.with_namespace, &deployed.without_namespace) {
        let message = format!("some workloads of `{}` name their namespace and others do not", service.name);
        diagnostics.push(
            context
                .doubt(Code::NamespaceMismatch, message)
                .mark(context.span(without), "without a namespace")
                .mark(context.span(with), "with one")
                .help(format!(
                    "deploy into `{}`, where the policy goes, or name the namespace everywhere",
                    service.namespace
                )),
        );
    }
    deployed.with_namespace.as_ref().map(|_| service.namespace.clone())
}

/// The objects of the services that have workloads in the stream, and which of them it holds.
#[derive(Default)]
struct Planned {
    objects: Vec<(Object, bool)>,
    by_name: BTreeMap<(Kind, String), Vec<usize>>,
}

impl Planned {
    fn add(&mut self, object: Object) {
        let key = (object.kind, object.name.as_str().to_owned());
        self.by_name.entry(key).or_default().push(self.objects.len());
        self.objects.push((object, false));
    }

    /// The planned object that a policy of the stream stands for, once.
    fn take(&mut self, policy: &Policy) -> Option<&Object> {
        let candidates = self.by_name.get(&(policy.kind, policy.name.clone()))?;
        let is_it = |at: &&usize| !self.objects[**at].1 && is_in_place(&self.objects[**at].0, policy);
        let at = *candidates.iter().find(is_it)?;
        self.objects[at].1 = true;
        Some(&self.objects[at].0)
    }

    fn missing(self) -> Vec<Object> {
        self.objects.into_iter().filter(|(_, is_there)| !is_there).map(|(object, _)| object).collect()
    }
}

/// What else may stand in the stream: the platform's objects, and those of services that have no workload in it.
#[derive(Default)]
struct Others<'p> {
    platform: BTreeMap<(Kind, String), Vec<Object>>,
    services: BTreeMap<&'p str, &'p ServicePlan>,
}

impl<'p> Others<'p> {
    fn new(context: &Context<'p>, found: &Found) -> Self {
        let mut platform: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for object in platform_objects(context.plan) {
            platform.entry((object.kind, object.name.as_str().to_owned())).or_default().push(object);
        }
        let absent = context.plan.services().values().filter(|service| !found.deployed.contains_key(&service.name));
        let named = absent.filter_map(|service| Some((service.protection.policy()?.object.as_str(), service)));
        Self { platform, services: named.collect() }
    }

    /// What a policy of this kind and name is planned to be.
    fn of(&self, policy: &Policy) -> Option<Object> {
        let platform = self.platform.get(&(policy.kind, policy.name.clone()));
        // The platform's objects of one type differ in their namespace alone, so it has to be there.
        let is_it = |object: &&Object| object.namespace.as_ref().map(Namespace::as_str) == policy.namespace.as_deref();
        let platform = platform.into_iter().flatten().find(is_it).cloned();
        let service = || {
            let service = self.services.get(policy.name.as_str())?;
            let namespace = policy.namespace.as_ref().map(|_| &service.namespace);
            let mut objects = service_objects(service, namespace).into_iter();
            objects.find(|object| object.kind == policy.kind && is_in_place(object, policy))
        };
        platform.or_else(service)
    }
}

fn is_in_place(object: &Object, policy: &Policy) -> bool {
    match (&object.namespace, &policy.namespace) {
        (Some(planned), Some(written)) => planned.as_str() == written,
        _ => true,
    }
}

fn existing(
    context: &Context<'_>,
    policy: &Policy,
    planned: &mut Planned,
    others: &Others<'_>,
    changes: &mut BTreeMap<usize, ListChange>,
    found: &mut Found,
) {
    let wanted = planned.take(policy);
    let place = context.span(&policy.range);
    match wanted {
        Some(_) if !policy.is_ours => {
            let message =
                format!("there is a {} `{}` already that Hedgerow did not write", policy.kind.as_str(), policy.name);
            found.diagnostics.push(
                Diagnostic::new(Code::UnbackedPolicy, message)
                    .mark(place, "")
                    .help("remove it: the rules and `allow` entries of the service say who may call"),
            );
        }
        Some(object) => bring_up_to_date(context, policy, object, changes, found),
        None if !policy.is_ours => hand_written(context, policy, found),
        // That it says so proves nothing: it has to be what Hedgerow would write.
        None => match others.of(policy) {
            Some(object) => bring_up_to_date(context, policy, &object, changes, found),
            None => unbacked(context, policy, changes, found),
        },
    }
}

fn bring_up_to_date(
    context: &Context<'_>,
    policy: &Policy,
    object: &Object,
    changes: &mut BTreeMap<usize, ListChange>,
    found: &mut Found,
) {
    let text = context.stream.get(policy.range.clone()).unwrap_or_default();
    let is_same = parse(text).ok().flatten().is_some_and(|node| is_same(&node, object));
    if !is_same {
        found.tally.policies += 1;
        replace(context, policy, object, changes, found);
    }
}

fn unbacked(context: &Context<'_>, policy: &Policy, changes: &mut BTreeMap<usize, ListChange>, found: &mut Found) {
    let place = context.span(&policy.range);
    let (kind, name) = (policy.kind.as_str(), &policy.name);
    let message = format!("the {kind} `{name}` says that Hedgerow wrote it, but nothing backs it");
    let diagnostic = Diagnostic::new(Code::UnbackedPolicy, message);
    if context.options.prune {
        found.tally.policies += 1;
        found.diagnostics.push(diagnostic.severity(Severity::Warning).mark(place, "removed"));
        remove(policy, changes, found, place);
    } else {
        found.diagnostics.push(diagnostic.mark(place, "").help("remove it; `--prune` removes it"));
    }
}

/// A policy of somebody else's that selects by labels of ours may let in whom no rule names.
fn hand_written(context: &Context<'_>, policy: &Policy, found: &mut Found) {
    let text = context.stream.get(policy.range.clone()).unwrap_or_default();
    // Keys in Calico's selectors stand within a longer text, so words are looked at instead of nodes.
    let Some(key) = context.first_of_ours(text) else { return };
    let message = format!(
        "the {} `{}` uses `{key}`, but Hedgerow did not write it: it may let in whom no rule names",
        policy.kind.as_str(),
        policy.name.escape_debug()
    );
    found.diagnostics.push(context.doubt(Code::UnbackedPolicy, message).mark(context.span(&policy.range), "").help(
        "say it with rule files or `allow`; `hedgerow verify` tells whether the policies mean what the rules say",
    ));
}

fn replace(
    context: &Context<'_>,
    policy: &Policy,
    object: &Object,
    changes: &mut BTreeMap<usize, ListChange>,
    found: &mut Found,
) {
    match &policy.place {
        Place::Document(_) => {
            let is_flow = context.stream[policy.range.clone()].starts_with('{');
            let text = if is_flow { object.to_yaml().to_json() } else { object.emit() };
            let text = with_line_breaks(text.trim_end(), line_break(context.stream));
            found.edits.push(Edit::replace(policy.range.clone(), text));
        }
        Place::Element(piece, index) => {
            let change = changes.entry(piece.range.start).or_insert_with(|| ListChange::new(piece.clone()));
            change.replace.push((*index, object.to_yaml()));
        }
        Place::Deeper => too_deep(context, policy, found),
    }
}

fn remove(
    policy: &Policy,
    changes: &mut BTreeMap<usize, ListChange>,
    found: &mut Found,
    place: hedgerow_core::source::Span,
) {
    match &policy.place {
        Place::Document(piece) => found.edits.push(Edit::delete(piece.range.clone())),
        Place::Element(piece, index) => {
            changes.entry(piece.range.start).or_insert_with(|| ListChange::new(piece.clone())).remove.push(*index);
        }
        Place::Deeper => found.diagnostics.push(deeper(policy, place)),
    }
}

fn too_deep(context: &Context<'_>, policy: &Policy, found: &mut Found) {
    found.diagnostics.push(deeper(policy, context.span(&policy.range)));
}

fn deeper(policy: &Policy, place: hedgerow_core::source::Span) -> Diagnostic {
    let message = format!(
        "the {} `{}` stands in a list within a list and cannot be brought up to date",
        policy.kind.as_str(),
        policy.name
    );
    Diagnostic::new(Code::UnbackedPolicy, message)
        .mark(place, "")
        .help("write it as a document of its own, or remove it")
}

/// What becomes of the objects of one list.
struct ListChange {
    piece: Piece,
    replace: Vec<(usize, Yaml)>,
    remove: Vec<usize>,
    append: Vec<Yaml>,
}

impl ListChange {
    const fn new(piece: Piece) -> Self {
        Self { piece, replace: Vec::new(), remove: Vec::new(), append: Vec::new() }
    }

    fn edit(&self, context: &Context<'_>, found: &mut Found) {
        let (outline, items) = items(context, &self.piece);
        let change = SeqChange { replace: &self.replace, remove: &self.remove, append: &self.append };
        let site = outline.as_ref().ok().and_then(|outline| outline.site(items));
        match site.map(|site| change_seq(context.stream, site, change)) {
            Some(Ok(edits)) => found.edits.extend(edits),
            Some(Err(obstacle)) => found.diagnostics.push(
                Diagnostic::new(
                    Code::UneditableLabels,
                    format!("the list of objects cannot be edited: {}", obstacle.reason.phrase()),
                )
                .mark(context.span(&obstacle.range), ""),
            ),
            None => {}
        }
    }
}

/// The list that policies are added to: the `ResourceList`, or the `List` that is all of the stream.
fn container(found: &Found) -> Option<&List> {
    let only = found.documents == 1;
    found.lists.iter().find(|list| list.is_krm || only)
}

/// Whether an element fits behind a list's last one; where that ends in a block scalar without a line break, none does.
fn takes_more(context: &Context<'_>, list: &List) -> bool {
    let (outline, items) = items(context, &list.piece);
    let more = SeqChange { replace: &[], remove: &[], append: &[Yaml::Map(Vec::new())] };
    let site = outline.as_ref().ok().and_then(|outline| outline.site(items));
    site.is_none_or(|site| change_seq(context.stream, site, more).is_ok())
}

/// What stands under `items` in the document at `piece`.
fn items<'p>(context: &Context<'p>, piece: &Piece) -> (Result<Outline<'p>, YamlError>, RouteId) {
    let mut routes = RouteSet::new();
    let items = routes.ask("items", Want::Seq).expect("a route of one key");
    (Document::of_piece(context.stream, piece).outline(&routes), items)
}

/// Adds documents at the end of a stream, or before its last document where that has no line break at its end: one more
/// would change the value of a block scalar there.
fn append(stream: &str, objects: &[Object]) -> Edit {
    let eol = line_break(stream);
    let documents: Vec<_> = objects.iter().map(Object::emit).collect();
    if stream.is_empty() || stream.ends_with(['\n', '\r']) {
        let text: String = documents.iter().map(|document| format!("---\n{document}")).collect();
        return Edit::insert(stream.len(), with_line_breaks(&text, eol));
    }
    let last = split(stream).last();
    let (at, has_separator) = last.map_or((0, false), |piece| (piece.range.start, piece.separator.is_some()));
    let bom = if at == 0 && stream.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    let text: String = if has_separator && bom == 0 {
        documents.iter().map(|document| format!("---\n{document}")).collect()
    } else {
        documents.iter().map(|document| format!("{document}---\n")).collect()
    };
    Edit::insert(at + bom, with_line_breaks(&text, eol))
}

/// The line break that a stream ends its lines with: that of its last line that has one.
fn line_break(stream: &str) -> &'static str {
    let last = stream.trim_end_matches(|c| !matches!(c, '\n' | '\r'));
    match (last.ends_with("\r\n"), last.ends_with('\r')) {
        (true, _) => "\r\n",
        (false, true) => "\r",
        (false, false) => "\n",
    }
}

fn with_line_breaks(text: &str, eol: &str) -> String {
    if eol == "\n" { text.to_owned() } else { text.replace('\n', eol) }
}

/// Whether an object in the stream says what the planned one says. Annotations are the host's: Helm 4 and kustomize add some.
fn is_same(node: &Node<'_>, object: &Object) -> bool {
    let Yaml::Map(wanted) = object.to_yaml() else { return false };
    let Some(written) = node.as_mapping() else { return false };
    wanted.iter().all(|(key, value)| match (key.as_str(), written.get(key)) {
        (_, None) => false,
        ("metadata", Some(metadata)) => is_same_metadata(metadata, value),
        (_, Some(node)) => equals(node, value),
    }) && written.pairs.len() == wanted.len()
}

fn is_same_metadata(node: &Node<'_>, wanted: &Yaml) -> bool {
    let (Some(written), Yaml::Map(wanted)) = (node.as_mapping(), wanted) else { return false };
    let is_wanted = |key: &str| wanted.iter().any(|(wanted, _)| wanted == key);
    wanted.iter().all(|(key, value)| written.get(key).is_some_and(|node| equals(node, value)))
        && written.pairs.iter().all(|pair| pair.key.as_str().is_some_and(|key| key == "annotations" || is_wanted(key)))
}

fn equals(node: &Node<'_>, wanted: &Yaml) -> bool {
    match (node.content(), wanted) {
        // A host may have written a text without our quotes; no number, boolean, null or date holds a quote itself.
        (Content::Scalar(scalar), Yaml::Str(text)) => {
            scalar.value == text.as_str() && (scalar.is_string() || text.contains('\''))
        }
        (Content::Scalar(scalar), Yaml::Int(number)) => scalar.as_int() == Some(*number),
        (Content::Scalar(scalar), Yaml::Bool(value)) => scalar.as_bool() == Some(*value),
        (Content::Mapping(mapping), Yaml::Map(pairs)) => {
            mapping.pairs.len() == pairs.len()
                && pairs.iter().all(|(key, value)| mapping.get(key).is_some_and(|node| equals(node, value)))
        }
        (Content::Sequence(sequence), Yaml::Seq(values)) => {
            sequence.elements.len() == values.len()
                && sequence.elements.iter().zip(values).all(|(element, value)| equals(&element.node, value))
        }
        _ => false,
    }
}
