//! One document after the other: what it is, and what is to be done with it.

use super::mixed::Mixed;
use super::others::Other;
use super::strangers::{self, Stranger};
use super::written::Written;
use super::{Context, Tally, Unlabelled, lists, neighbours, pods, structure};
use crate::object::Kind;
use crate::workload::{self, workload};
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_core::label::POLICY_DATA;
use hedgerow_core::name::ServiceName;
use hedgerow_core::plan::ServicePlan;
use hedgerow_yaml::{
    Document, Node, Obstacle, Outline, Part, Piece, Reason, Route, RouteId, RouteSet, Site, Want, YamlError, follow,
    split,
};
use memchr::memmem::Finder;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

/// What was found in a run of documents.
#[derive(Debug, Default)]
pub(super) struct Found<'t> {
    pub(super) edits: Vec<hedgerow_yaml::Edit>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) tally: Tally,
    /// The services that have workloads here.
    pub(super) deployed: BTreeMap<ServiceName, Deployed>,
    /// Objects of the kinds that Hedgerow writes, in the order of the stream.
    pub(super) policies: Vec<Policy<'t>>,
    /// A KRM `ResourceList` or a `List`: the document that holds others.
    pub(super) lists: Vec<List<'t>>,
    /// Documents that hold something.
    pub(super) documents: usize,
    /// Objects, by their `kind`: a list is none, what it holds are, and what cannot be read may be one.
    pub(super) objects: usize,
    /// The first document with a workload of a service.
    pub(super) first: Option<Piece>,
    /// Where that is a list, the position of the element with the workload.
    pub(super) first_element: Option<usize>,
    /// Workloads that no service claims, as messages call them, with their places.
    pub(super) unclaimed: Vec<(String, Range<usize>)>,
    /// The services that labels of their pods name, by the label.
    pub(super) wearing: BTreeMap<&'static str, Vec<String>>,
    /// Workloads that are another application's and that the deployed service's `workloads` leave out.
    pub(super) left_out: Vec<(String, Range<usize>)>,
    /// Workloads of other services than the deployed one.
    pub(super) others: Vec<Other>,
    /// Whether there are policies of others, where such matter.
    pub(super) has_policies_of_others: bool,
    /// Workloads of services whose policy may drop calls, to look at once the whole stream is known.
    pub(super) workloads: Vec<Workload<'t>>,
    /// What leads calls to pods, to look at then too.
    pub(super) neighbours: Vec<Place>,
    /// Objects that make pods and are of kinds that are not known.
    pub(super) strangers: Vec<Stranger>,
    /// Workloads of services whose labels could not be written.
    pub(super) unlabelled: Vec<Unlabelled>,
    /// Workloads that are the deployed service's because nothing says otherwise.
    pub(super) taken: Mixed,
}

/// How the workloads of one service name their namespace.
#[derive(Debug, Default)]
pub(super) struct Deployed {
    /// One that does, by the place of the namespace.
    pub(super) with_namespace: Option<Range<usize>>,
    /// One that does not, by its place.
    pub(super) without_namespace: Option<Range<usize>>,
}

/// An object of a kind that Hedgerow writes.
#[derive(Debug)]
pub(super) struct Policy<'t> {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    /// The value of the mark, where it wears one: whose policy Hedgerow wrote.
    pub(super) mark: Option<String>,
    /// Whether it says what versions without a mark wrote on their objects. Others may write it too.
    pub(super) is_former: bool,
    /// Where the object stands.
    pub(super) range: Range<usize>,
    pub(super) place: Place,
    /// The answers to [`POLICY`].
    pub(super) outline: Outline<'t>,
    /// What stands under `spec`.
    pub(super) spec: Written,
}

impl Policy<'_> {
    /// Whether it limits who comes in, and what leaves. Where it does not list them, Kubernetes and Calico take what it has rules for; of
    /// these Kubernetes always takes what comes in.
    pub(super) fn directions(&self) -> (bool, bool) {
        let listed = ["policyTypes", "types"].iter().find_map(|key| self.spec.get(key)).filter(|types| types.len() > 0);
        let has = |key: &str| self.spec.get(key).is_some_and(|rules| rules.len() > 0);
        let is_of_kubernetes = matches!(self.kind, Kind::NetworkPolicy | Kind::CalicoStagedKubernetesNetworkPolicy);
        match listed {
            Some(types) => (types.lists("Ingress"), types.lists("Egress")),
            None => (is_of_kubernetes || !has("egress") || has("ingress"), has("egress")),
        }
    }
}

/// Where an object stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In a document of its own; the whole of its piece.
    Document(Piece),
    /// In a list of the document at this piece, with its position.
    Element(Piece, usize),
    /// In a list within a list.
    Deeper,
}

/// A workload of a service whose policy may drop calls.
#[derive(Debug)]
pub(super) struct Workload<'t> {
    pub(super) place: Place,
    /// Where the object stands.
    pub(super) range: Range<usize>,
    pub(super) plan: &'t ServicePlan,
}

impl Place {
    /// The document, where it can be found again.
    pub(super) const fn piece(&self) -> Option<&Piece> {
        match self {
            Self::Document(piece) | Self::Element(piece, _) => Some(piece),
            Self::Deeper => None,
        }
    }
}

/// A document that holds objects.
#[derive(Debug)]
pub(super) struct List<'t> {
    pub(super) piece: Piece,
    /// Whether it is a KRM `ResourceList`, which is the whole stream.
    pub(super) is_krm: bool,
    /// What stands under `items`.
    pub(super) items: Option<Site<'t>>,
}

impl Found<'_> {
    /// What was found in this run and in a later one.
    pub(super) fn merge(mut self, later: Self) -> Self {
        self.edits.extend(later.edits);
        self.diagnostics.extend(later.diagnostics);
        self.tally.workloads += later.tally.workloads;
        self.tally.unclaimed += later.tally.unclaimed;
        self.tally.labels += later.tally.labels;
        for (service, deployed) in later.deployed {
            let known = self.deployed.entry(service).or_default();
            known.with_namespace = known.with_namespace.take().or(deployed.with_namespace);
            known.without_namespace = known.without_namespace.take().or(deployed.without_namespace);
        }
        self.policies.extend(later.policies);
        self.lists.extend(later.lists);
        self.documents += later.documents;
        self.objects += later.objects;
        if self.first.is_none() {
            (self.first, self.first_element) = (later.first, later.first_element);
        }
        self.unclaimed.extend(later.unclaimed);
        for (label, services) in later.wearing {
            self.wearing.entry(label).or_default().extend(services);
        }
        self.has_policies_of_others |= later.has_policies_of_others;
        self.workloads.extend(later.workloads);
        self.neighbours.extend(later.neighbours);
        self.left_out.extend(later.left_out);
        self.others.extend(later.others);
        self.unlabelled.extend(later.unlabelled);
        self.strangers.extend(later.strangers);
        self.taken.merge(later.taken);
        self
    }
}

/// An object in a document: the whole of it, or an element of a list.
pub(super) struct Object<'d, 't> {
    pub(super) kind: &'d str,
    pub(super) api_version: &'d str,
    /// Whether another object stands in front of it in the same document.
    pub(super) is_joined: bool,
    body: Body<'d, 't>,
}

enum Body<'d, 't> {
    Document(&'d Document<'t>),
    Part(&'d Part<'d, 't>),
}

impl<'d, 't> Object<'d, 't> {
    fn outline(&self, routes: &RouteSet) -> Result<Outline<'t>, YamlError> {
        match &self.body {
            Body::Document(document) => document.outline(routes),
            Body::Part(part) => part.outline(routes),
        }
    }

    fn parts(&self, route: &Route) -> Result<Vec<Part<'d, 't>>, YamlError> {
        match &self.body {
            Body::Document(document) => document.parts(route),
            Body::Part(part) => part.parts(route),
        }
    }

    /// Asks something of the whole tree; nothing where there is none.
    pub(super) fn with_node<T>(&self, ask: impl FnOnce(&Node<'_>) -> T) -> Option<T> {
        match &self.body {
            Body::Document(document) => document.tree().ok().flatten().map(ask),
            Body::Part(part) => part.node().ok().map(ask),
        }
    }

    /// The same with what its aliases and merge keys stand for, as far as the document holds that.
    pub(super) fn with_followed<T>(&self, stream: &str, ask: impl FnOnce(&Node<'_>) -> T) -> Option<T> {
        let may_have_aliases = stream.get(self.range()).is_some_and(|text| text.contains('*'));
        if !may_have_aliases {
            return self.with_node(ask);
        }
        match &self.body {
            Body::Document(document) => {
                let node = document.tree().ok().flatten()?;
                Some(match follow(node, node) {
                    Some(followed) => ask(&followed),
                    None => ask(node),
                })
            }
            Body::Part(part) => Some(match part.followed() {
                Some(followed) => ask(&followed),
                None => ask(part.node().ok()?),
            }),
        }
    }

    /// Where the object stands, with what stands around it in its document.
    pub(super) fn range(&self) -> Range<usize> {
        match &self.body {
            Body::Document(document) => document.range(),
            Body::Part(part) => part.extent(),
        }
    }

    /// A place for messages about an object that has no better one.
    pub(super) fn head(&self) -> Range<usize> {
        let start = match &self.body {
            Body::Document(document) => document.range().start,
            Body::Part(part) => part.start(),
        };
        start..start
    }
}

/// The questions that tell what an object is.
struct Head {
    routes: RouteSet,
    api_version: RouteId,
    kind: RouteId,
}

static HEAD: LazyLock<Head> = LazyLock::new(|| {
    let mut routes = RouteSet::new();
    let mut ask = |route| routes.ask(route, Want::Scalar).expect("a route of two keys at most");
    let (api_version, kind) = (ask("apiVersion"), ask("kind"));
    Head { routes, api_version, kind }
});

/// The questions about an object of a kind that Hedgerow writes.
pub(super) struct PolicyHead {
    routes: RouteSet,
    pub(super) metadata: RouteId,
    pub(super) name: RouteId,
    pub(super) namespace: RouteId,
    pub(super) labels: RouteId,
    pub(super) spec: RouteId,
    pub(super) data: RouteId,
}

impl PolicyHead {
    /// Where an object of this kind says what it is there for.
    pub(super) const fn content(&self, kind: Kind) -> RouteId {
        match kind {
            Kind::PolicyData => self.data,
            Kind::NetworkPolicy
            | Kind::CalicoNetworkPolicy
            | Kind::CalicoGlobalNetworkPolicy
            | Kind::CalicoStagedKubernetesNetworkPolicy
            | Kind::CalicoStagedGlobalNetworkPolicy => self.spec,
        }
    }
}

pub(super) static POLICY: LazyLock<PolicyHead> = LazyLock::new(|| {
    let mut routes = RouteSet::new();
    let mut ask = |route, want| routes.ask(route, want).expect("a route of two keys at most");
    let (name, namespace) = (ask("metadata.name", Want::Scalar), ask("metadata.namespace", Want::Scalar));
    let (metadata, labels) = (ask("metadata", Want::Map), ask("metadata.labels", Want::Map));
    let (spec, data) = (ask("spec", Want::Range), ask("data", Want::Range));
    PolicyHead { routes, metadata, name, namespace, labels, spec, data }
});

static ITEMS: LazyLock<Route> = LazyLock::new(|| Route::parse("items[]").expect("a route"));

/// What a template writes its values in.
static BRACES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("{{"));

/// Patches the documents of a part of the stream that begins and ends between two of them.
pub(super) fn run<'t>(context: &Context<'t>, range: Range<usize>) -> Found<'t> {
    let mut found = Found::default();
    let part = &context.stream[range.clone()];
    for piece in split(part) {
        let shift = |inner: Range<usize>| inner.start + range.start..inner.end + range.start;
        let piece = Piece { range: shift(piece.range), separator: piece.separator.map(shift) };
        let document = Document::of_piece(context.stream, &piece);
        if context.options.check || context.options.strict {
            match document.tree() {
                Err(error) => {
                    invalid(context, &error, &mut found);
                    continue;
                }
                Ok(root) => {
                    let text = &context.stream[document.range()];
                    if let Some(at) =
                        root.filter(|_| BRACES.find(text.as_bytes()).is_some()).and_then(structure::left_braces)
                    {
                        report_invalid(context, at, "`{{` makes a mapping the key of a mapping", &mut found);
                        continue;
                    }
                }
            }
        }
        whole(context, &document, &piece, &mut found);
        if found.first.is_none() && !found.deployed.is_empty() {
            found.first = Some(piece);
        }
    }
    found
}

fn whole<'t>(context: &Context<'t>, document: &Document<'t>, piece: &Piece, found: &mut Found<'t>) {
    let outline = match document.outline(&HEAD.routes) {
        Ok(outline) => outline,
        Err(error) => return invalid(context, &error, found),
    };
    let (api_version, kind) = (outline.site(HEAD.api_version), outline.site(HEAD.kind));
    // Comments alone, or null.
    if kind.and_then(Site::obstacle).is_some_and(|obstacle| obstacle.reason == Reason::EmptyDocument) {
        return;
    }
    found.documents += 1;
    if let Some(obstacle) = [api_version, kind].into_iter().flatten().find_map(refusal) {
        let text = &context.stream[piece.range.clone()];
        let root = document.tree().ok().flatten();
        return hidden(context, &obstacle, text, root, found);
    }
    let (Some(api_version), Some(kind)) = (api_version.and_then(Site::as_str), kind.and_then(Site::as_str)) else {
        return;
    };
    let is_joined = joined(context, &outline, found);
    let object = Object { kind, api_version, is_joined, body: Body::Document(document) };
    let place = Place::Document(piece.clone());
    if let Err(error) = one(context, &object, &place, found) {
        invalid(context, &error, found);
    }
}

/// Whether two objects stand in one document, since nothing separates them: then only the last one is there for anybody.
fn joined(context: &Context<'_>, outline: &Outline<'_>, found: &mut Found<'_>) -> bool {
    let twice = |key: &str| outline.duplicates().iter().find(|duplicate| duplicate.key == key);
    let (Some(api_version), Some(kind)) = (twice("apiVersion"), twice("kind")) else { return false };
    let first = if api_version.ignored.start < kind.ignored.start { api_version } else { kind };
    let message = "a `---` is missing between two objects: `apiVersion` and `kind` stand twice in one document";
    found.diagnostics.push(
        context
            .doubt(Code::DuplicateStructure, message)
            .mark(context.span(&first.counted), "the object that counts begins here")
            .mark(context.span(&first.ignored), "ignored by Kubernetes")
            .help("write `---` on a line between them"),
    );
    true
}

/// What hides a value from us that a reader in the cluster sees.
fn refusal(site: &Site<'_>) -> Option<Obstacle> {
    let Site::Refused(obstacle) = site else { return None };
    let hides =
        |reason| matches!(reason, Reason::Alias | Reason::MergeKey | Reason::OddKey | Reason::Tag | Reason::LineBreak);
    Some(obstacle.clone()).filter(|obstacle| hides(obstacle.reason))
}

/// An object of which it cannot be told what it is. One that is no workload for any reader and holds no label of ours is
/// let through: line breaks that only some readers know stand in many a ConfigMap.
fn hidden(context: &Context<'_>, obstacle: &Obstacle, text: &str, node: Option<&Node<'_>>, found: &mut Found<'_>) {
    let written = |key| node.and_then(Node::as_mapping)?.get(key)?.as_str();
    found.objects += 1;
    let is_harmless = obstacle.reason == Reason::LineBreak
        && matches!((written("apiVersion"), written("kind")), (Some(api_version), Some(kind))
            if workload(api_version, kind).is_none()
                // A ConfigMap is ours by its mark alone, and that is looked for below.
                && Kind::of(api_version, kind).is_none_or(|kind| kind == Kind::PolicyData)
                && !kind.ends_with("List"))
        && !context.mentions_ours(text);
    if !is_harmless {
        let message = format!("it cannot be told what this object is: {}", obstacle.reason.phrase());
        found.diagnostics.push(
            Diagnostic::new(Code::UneditableLabels, message)
                .mark(context.span(&obstacle.range), "")
                .help("write `apiVersion` and `kind` out, and use line feeds as line breaks"),
        );
    }
}

fn invalid(context: &Context<'_>, error: &YamlError, found: &mut Found<'_>) {
    report_invalid(context, error.offset, &error.message, found);
}

fn report_invalid(context: &Context<'_>, at: usize, what: &str, found: &mut Found<'_>) {
    let at = at.min(context.stream.len());
    let message = format!("the stream is not valid YAML: {what}");
    found.documents += 1;
    found.objects += 1;
    let advice = hedgerow_yaml::advice(context.stream, at, what);
    found.diagnostics.push(Diagnostic::new(Code::InvalidYaml, message).mark(context.span(&(at..at)), "").help(advice));
}

fn one<'t>(
    context: &Context<'t>,
    object: &Object<'_, 't>,
    place: &Place,
    found: &mut Found<'t>,
) -> Result<(), YamlError> {
    if !object.kind.ends_with("List") {
        found.objects += 1;
    }
    if let Some(workload) = workload(object.api_version, object.kind) {
        let outline = object.outline(&workload.routes)?;
        let claimed = pods::patch(context, object, workload, &outline, found);
        if let Some(plan) = claimed.filter(|plan| neighbours::is_judged(plan)) {
            found.workloads.push(Workload { place: place.clone(), range: object.range(), plan });
        }
    } else if let Some(kind) = Kind::of(object.api_version, object.kind) {
        // ConfigMaps are everybody's. Only one that can be ours is looked into.
        if kind != Kind::PolicyData || may_be_policy_data(context, object) {
            policy(context, object, kind, place, found)?;
        }
    } else if context.judges && neighbours::is_policy(object.api_version, object.kind) {
        found.has_policies_of_others = true;
    } else if object.kind.ends_with("List") {
        list(context, object, place, found)?;
    } else if context.judges
        && neighbours::is_neighbour(object.api_version, object.kind)
        && neighbours::may_point(object.kind, context.stream.get(object.range()).unwrap_or_default())
    {
        found.neighbours.push(place.clone());
        strangers::wearing(context, object, &[], found);
    } else {
        let templates = match context.options.unknown_kinds {
            true => object.with_node(structure::templates).unwrap_or_default(),
            false => BTreeSet::new(),
        };
        if templates.is_empty() {
            strangers::note(context, object, found);
        } else {
            let workload = workload::Workload::of_templates(templates);
            let outline = object.outline(&workload.routes)?;
            pods::patch(context, object, &workload, &outline, found);
            let labels = workload.pods.iter().flat_map(|pods| outline.sites(pods.labels));
            let labels: Vec<_> = labels.filter_map(|site| pods::site_range(Some(site))).collect();
            strangers::wearing(context, object, &labels, found);
        }
    }
    Ok(())
}

/// What stands in the mark as well as in the name of a ConfigMap of ours.
static BOTH: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("policy"));

/// Whether a ConfigMap wears the mark, or is called what one of ours is called.
fn may_be_policy_data(context: &Context<'_>, object: &Object<'_, '_>) -> bool {
    let text = context.stream.get(object.range()).unwrap_or_default();
    // Most ConfigMaps are large and hold not even what both have in common.
    BOTH.find(text.as_bytes()).is_some() && (text.contains(context.policy_of.as_str()) || text.contains(POLICY_DATA))
}

fn policy<'t>(
    context: &Context<'t>,
    object: &Object<'_, 't>,
    kind: Kind,
    place: &Place,
    found: &mut Found<'t>,
) -> Result<(), YamlError> {
    let outline = object.outline(&POLICY.routes)?;
    let label = |key: &str| match outline.site(POLICY.labels) {
        Some(Site::Map(labels)) => labels.get(key)?.value.as_deref(),
        _ => None,
    };
    let keys: Vec<String> = match outline.site(POLICY.labels) {
        Some(Site::Map(labels)) => labels.pairs.iter().map(|pair| pair.key.to_string()).collect(),
        _ => Vec::new(),
    };
    // One whose name is generated is nobody's of ours, whatever it wears.
    let name = outline.site(POLICY.name).and_then(Site::as_str);
    found.has_policies_of_others |=
        context.judges && kind != Kind::PolicyData && (name.is_none() || label(context.policy_of.as_str()).is_none());
    let Some(name) = name else { return Ok(()) };
    let spec = |node: &Node<'_>| node.as_mapping()?.get(kind.content()).map(Written::new);
    let range = object.with_node(|node| node.range()).unwrap_or_else(|| object.head());
    found.policies.push(Policy {
        kind,
        name: name.to_owned(),
        namespace: outline.site(POLICY.namespace).and_then(Site::as_str).map(str::to_owned),
        mark: label(context.policy_of.as_str()).map(str::to_owned),
        is_former: context.plan.scheme().has_written(&keys, label(crate::object::MANAGED_BY)),
        spec: object.with_node(spec).flatten().unwrap_or_else(|| Written::nothing(range.clone())),
        range,
        place: place.clone(),
        outline,
    });
    Ok(())
}

/// The objects of a `List`, of a typed list such as `DeploymentList`, and of a KRM `ResourceList`.
fn list<'t>(
    context: &Context<'t>,
    object: &Object<'_, 't>,
    place: &Place,
    found: &mut Found<'t>,
) -> Result<(), YamlError> {
    let is_krm = object.kind == "ResourceList" && object.api_version.starts_with("config.kubernetes.io/");
    let is_list = object.kind == "List" && object.api_version == "v1";
    if let (true, Place::Document(piece)) = (is_krm || is_list, place) {
        let items = lists::items(|routes| object.outline(routes));
        found.lists.push(List { piece: piece.clone(), is_krm, items });
    }
    // The elements of a typed list may leave out what the list says.
    let element_kind = object.kind.strip_suffix("List").filter(|kind| !kind.is_empty() && !is_krm);
    let parts = object.parts(&ITEMS)?;
    // Some objects are only called lists.
    let has_items = |node: &Node<'_>| node.as_mapping().is_some_and(|mapping| mapping.get("items").is_some());
    if parts.is_empty() && !object.with_node(has_items).unwrap_or(false) {
        found.objects += 1;
    }
    for (index, part) in parts.iter().enumerate() {
        let outline = part.outline(&HEAD.routes)?;
        let head = [outline.site(HEAD.api_version), outline.site(HEAD.kind)];
        if let Some(obstacle) = head.into_iter().flatten().find_map(refusal) {
            let node = part.node()?;
            hidden(context, &obstacle, context.stream.get(node.range()).unwrap_or_default(), Some(node), found);
            continue;
        }
        let text = |id| outline.site(id).and_then(Site::as_str);
        let kind = text(HEAD.kind).or(element_kind);
        let api_version = text(HEAD.api_version).or(element_kind.map(|_| object.api_version));
        let (Some(kind), Some(api_version)) = (kind, api_version) else { continue };
        let element = Object { kind, api_version, is_joined: false, body: Body::Part(part) };
        let place_of_element = match place {
            Place::Document(piece) => Place::Element(piece.clone(), index),
            Place::Element(..) | Place::Deeper => Place::Deeper,
        };
        one(context, &element, &place_of_element, found)?;
        let is_first = found.first.is_none() && found.first_element.is_none() && !found.deployed.is_empty();
        if is_first && matches!(place, Place::Document(_)) {
            found.first_element = Some(index);
        }
    }
    Ok(())
}
