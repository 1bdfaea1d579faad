//! The policies that a stream is to hold: those it holds already are compared, the others are added.

use super::added::add;
use super::document::{Deployed, Found, Place, Policy};
use super::lists::{ListChange, container, takes_more};
use super::update::update;
use super::{Context, prove};
use crate::object::{Kind, Object};
use crate::objects::{platform_objects, service_objects};
use hedgerow_core::diag::{Code, Diagnostic, Severity};
use hedgerow_core::name::Namespace;
use hedgerow_core::plan::ServicePlan;
use hedgerow_yaml::Edit;
use std::collections::{BTreeMap, BTreeSet};

/// Compares what is there with what is planned and adds the edits that make them the same.
pub(super) fn finish(context: &Context<'_>, found: &mut Found<'_>) {
    let mut planned = Planned::default();
    for (service, deployed) in &found.deployed {
        if let Some(service) = context.plan.service(service) {
            let namespace = namespace(context, service, deployed, &mut found.diagnostics);
            service_objects(service, namespace.as_ref()).into_iter().for_each(|object| planned.add(service, object));
        }
    }
    let mut changes: BTreeMap<usize, ListChange> = BTreeMap::new();
    let policies = std::mem::take(&mut found.policies);
    // What is added stands in front of the first workload, and of the policies that are there: see `service_objects`.
    let mut front = found.first.take();
    let mut first = found.first_element.unwrap_or_default();
    if !policies.is_empty() {
        let ours = Ours::new(context);
        let wanted = planned.assign(context, &policies, &ours);
        let others = Others::new(context, found);
        for (policy, wanted) in policies.iter().zip(&wanted) {
            let wanted = wanted.and_then(|at| planned.objects.get(at)).map(|planned| &planned.object);
            match (wanted, &policy.place) {
                (Some(_), Place::Document(piece)) => {
                    front = front.into_iter().chain([piece.clone()]).min_by_key(|piece| piece.range.start);
                }
                (Some(_), Place::Element(_, at)) => first = first.min(*at),
                (Some(_), Place::Deeper) | (None, _) => {}
            }
            existing(context, policy, wanted, &planned, &ours, &others, &mut changes, found);
        }
    }
    let missing = planned.missing();
    if context.options.prove {
        for object in &missing {
            let is_its = |policy: &&Policy<'_>| policy.mark.as_deref() == Some(object.mark.value().as_str());
            // One that stands in another namespace was reported with that.
            let is_elsewhere = |policy: &Policy<'_>| policy.kind == object.kind && !is_in_place(object, policy);
            if !policies.iter().filter(is_its).any(is_elsewhere) {
                prove::missing(context, object, found);
            }
        }
        return;
    }
    found.tally.policies += missing.len();
    match container(found).filter(|list| missing.is_empty() || list.is_krm || takes_more(context, list, first)) {
        Some(list) => {
            let change = changes.entry(list.piece.range.start).or_insert_with(|| ListChange::new(list.piece.clone()));
            let objects = missing.iter().map(Object::to_yaml);
            // What becomes of a `ResourceList` is sorted by whoever asked for it.
            if list.is_krm { change.append.extend(objects) } else { change.insert = (first, objects.collect()) }
        }
        None => {
            // Labels may be added at the very start of the same document, which has to stay behind this.
            let added = front.filter(|_| !missing.is_empty()).map(|front| add(context, &front, &missing));
            found.edits.splice(0..0, added.into_iter().flatten());
        }
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

/// What a policy of the stream is known by.
///
/// An object of ours wears the mark. Versions before the mark wrote `app.kubernetes.io/managed-by: hedgerow`, which others may
/// write as well, so there the name or the labels it uses have to be ours too, and it may not wear the mark of another fleet.
struct Ours {
    /// The names that objects of the fleet had before the mark, at every stage.
    names: BTreeSet<String>,
}

impl Ours {
    fn new(context: &Context<'_>) -> Self {
        let (fleet, scheme) = (context.plan.fleet(), context.plan.scheme());
        let services = fleet.names().filter_map(|name| Some(scheme.object(fleet.slug(name)?).as_str().to_owned()));
        let types = fleet.config().types.keys().map(|of_type| scheme.catch_all(of_type).as_str().to_owned());
        Self { names: services.chain(types).collect() }
    }

    fn holds(&self, context: &Context<'_>, policy: &Policy<'_>) -> bool {
        // Before the mark no policy was data.
        policy.mark.is_some()
            || (policy.kind != Kind::PolicyData
                && policy.is_former
                && (self.names.contains(&policy.name) || uses_ours(context, policy)))
    }
}

fn uses_ours(context: &Context<'_>, policy: &Policy<'_>) -> bool {
    context.stream.get(policy.range.clone()).is_some_and(|text| context.mentions_ours(text))
}

/// The objects of the services that have workloads in the stream, and which of them it holds.
#[derive(Default)]
struct Planned {
    objects: Vec<PlannedObject>,
    by_name: BTreeMap<(Kind, String), Vec<usize>>,
    by_mark: BTreeMap<(Kind, String), Vec<usize>>,
}

struct PlannedObject {
    object: Object,
    /// Whether the stream holds it.
    is_there: bool,
    /// The name that earlier versions gave it, where that was another.
    former_name: Option<String>,
}

impl Planned {
    fn add(&mut self, service: &ServicePlan, object: Object) {
        let at = self.objects.len();
        let former_name = former_name(service, &object);
        for name in [Some(object.name.as_str()), former_name.as_deref()].into_iter().flatten() {
            self.by_name.entry((object.kind, name.to_owned())).or_default().push(at);
        }
        self.by_mark.entry((object.kind, object.mark.value().as_str().to_owned())).or_default().push(at);
        self.objects.push(PlannedObject { object, is_there: false, former_name });
    }

    /// Which planned object each policy of the stream stands for: by its name, by its former name, and then by its mark alone,
    /// since some hosts rename what they deploy.
    fn assign(&mut self, context: &Context<'_>, policies: &[Policy<'_>], ours: &Ours) -> Vec<Option<usize>> {
        let mut assigned = vec![None; policies.len()];
        for by in [By::Name, By::FormerName, By::Mark] {
            for (policy, assigned) in policies.iter().zip(&mut assigned) {
                if assigned.is_none() && ours.holds(context, policy) {
                    *assigned = self.take(policy, by);
                }
            }
        }
        assigned
    }

    fn take(&mut self, policy: &Policy<'_>, by: By) -> Option<usize> {
        let candidates = match by {
            By::Name | By::FormerName => self.by_name.get(&(policy.kind, policy.name.clone()))?,
            By::Mark => self.by_mark.get(&(policy.kind, policy.mark.clone()?))?,
        };
        let is_it = |planned: &PlannedObject| match by {
            By::Name => planned.object.name.as_str() == policy.name,
            By::FormerName => policy.mark.is_none() && planned.former_name.as_deref() == Some(policy.name.as_str()),
            By::Mark => true,
        };
        let at = candidates.iter().copied().find(|&at| {
            let planned = &self.objects[at];
            !planned.is_there && is_it(planned) && is_in_place(&planned.object, policy)
        })?;
        self.objects[at].is_there = true;
        Some(at)
    }

    /// The planned object that a stranger's policy has the kind and name of for a host that leaves the API group out.
    fn namesake(&self, policy: &Policy<'_>) -> Option<&Object> {
        let kinds = Kind::ALL.into_iter().filter(|kind| kind.as_str() == policy.kind.as_str());
        let named = kinds.filter_map(|kind| self.by_name.get(&(kind, policy.name.clone()))).flatten();
        named
            .map(|&at| &self.objects[at].object)
            .find(|object| object.name.as_str() == policy.name && is_in_place(object, policy))
    }

    /// The namespace of the planned object whose mark a policy wears in another one.
    fn elsewhere(&self, policy: &Policy<'_>) -> Option<&Namespace> {
        let objects = self.by_mark.get(&(policy.kind, policy.mark.clone()?))?;
        let planned = objects.iter().map(|&at| &self.objects[at]).find(|planned| !planned.is_there)?;
        planned.object.namespace.as_ref().filter(|_| !is_in_place(&planned.object, policy))
    }

    fn missing(self) -> Vec<Object> {
        self.objects.into_iter().filter(|planned| !planned.is_there).map(|planned| planned.object).collect()
    }
}

/// What a policy of the stream is found by.
#[derive(Clone, Copy)]
enum By {
    Name,
    FormerName,
    Mark,
}

/// The name that versions before the mark gave an object: the backstop had the name of the policy.
fn former_name(service: &ServicePlan, object: &Object) -> Option<String> {
    let policy = service.protection.policy()?;
    (object.name == policy.backstop).then(|| policy.object.as_str().to_owned())
}

/// What else may stand in the stream: the platform's objects, and those of services that have no workload in it.
struct Others<'p> {
    platform: Vec<Object>,
    platform_by_name: BTreeMap<(Kind, String), Vec<usize>>,
    platform_by_mark: BTreeMap<(Kind, String), Vec<usize>>,
    services_by_name: BTreeMap<&'p str, &'p ServicePlan>,
    services_by_mark: BTreeMap<&'p str, &'p ServicePlan>,
}

impl<'p> Others<'p> {
    fn new(context: &Context<'p>, found: &Found<'_>) -> Self {
        let platform = platform_objects(context.plan);
        let (mut platform_by_name, mut platform_by_mark) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
        for (at, object) in platform.iter().enumerate() {
            platform_by_name.entry((object.kind, object.name.as_str().to_owned())).or_default().push(at);
            platform_by_mark.entry((object.kind, object.mark.value().as_str().to_owned())).or_default().push(at);
        }
        let absent = || {
            let absent = context.plan.services().values().filter(|service| !found.deployed.contains_key(&service.name));
            absent.filter_map(|service| Some((service, service.protection.policy()?)))
        };
        let names = absent()
            .flat_map(|(service, policy)| [(policy.object.as_str(), service), (policy.backstop.as_str(), service)]);
        Self {
            services_by_name: names.collect(),
            services_by_mark: absent().map(|(service, policy)| (policy.mark.value().as_str(), service)).collect(),
            platform,
            platform_by_name,
            platform_by_mark,
        }
    }

    /// What a policy of ours is planned to be.
    fn of(&self, policy: &Policy<'_>) -> Option<Object> {
        let by_name = self.platform_by_name.get(&(policy.kind, policy.name.clone()));
        let by_mark = policy.mark.clone().and_then(|mark| self.platform_by_mark.get(&(policy.kind, mark)));
        // The platform's objects of one type differ in their namespace alone, so it has to be there.
        let is_it = |object: &&Object| object.namespace.as_ref().map(Namespace::as_str) == policy.namespace.as_deref();
        let platform = [by_name, by_mark].into_iter().flatten().flatten().map(|&at| &self.platform[at]).find(is_it);
        let service = || {
            let by_mark = || self.services_by_mark.get(policy.mark.as_deref()?);
            let service = self.services_by_name.get(policy.name.as_str()).or_else(by_mark)?;
            let namespace = policy.namespace.as_ref().map(|_| &service.namespace);
            let mut objects = service_objects(service, namespace).into_iter();
            objects.find(|object| object.kind == policy.kind && is_in_place(object, policy))
        };
        platform.cloned().or_else(service)
    }
}

fn is_in_place(object: &Object, policy: &Policy<'_>) -> bool {
    match (&object.namespace, &policy.namespace) {
        (Some(planned), Some(written)) => planned.as_str() == written,
        _ => true,
    }
}

#[expect(clippy::too_many_arguments, reason = "one policy of the stream and all that it is compared with")]
fn existing(
    context: &Context<'_>,
    policy: &Policy<'_>,
    wanted: Option<&Object>,
    planned: &Planned,
    ours: &Ours,
    others: &Others<'_>,
    changes: &mut BTreeMap<usize, ListChange>,
    found: &mut Found<'_>,
) {
    match wanted {
        Some(object) => update(context, policy, object, found),
        None if !ours.holds(context, policy) => match planned.namesake(policy) {
            Some(object) => found.diagnostics.push(taken(context, policy, object)),
            // A ConfigMap of somebody else's lets nobody in.
            None if policy.kind == Kind::PolicyData => {}
            None => hand_written(context, policy, found),
        },
        // That it says so proves nothing: it has to be what Hedgerow would write.
        None => match (others.of(policy), planned.elsewhere(policy)) {
            (Some(object), _) => update(context, policy, &object, found),
            (None, Some(namespace)) if !context.options.prune => {
                found.diagnostics.push(misplaced(context, policy, namespace));
            }
            (None, _) => unbacked(context, policy, changes, found),
        },
    }
}

/// A policy of somebody else's with the kind and name of one of ours.
fn taken(context: &Context<'_>, policy: &Policy<'_>, object: &Object) -> Diagnostic {
    let (kind, name) = (policy.kind.as_str(), &policy.name);
    let (message, help) = if policy.kind == object.kind {
        let message = format!("there is a {kind} `{name}` already that Hedgerow did not write");
        let help = match policy.kind {
            Kind::PolicyData => "give it another name",
            Kind::NetworkPolicy
            | Kind::CalicoNetworkPolicy
            | Kind::CalicoGlobalNetworkPolicy
            | Kind::CalicoStagedKubernetesNetworkPolicy
            | Kind::CalicoStagedGlobalNetworkPolicy => match policy.directions() {
                (_, false) => "remove it: the rules and `allow` entries of the service say who may call",
                (true, true) => {
                    "the rules and `allow` entries of the service say who may call: take that part away, and give what limits calls to others another name"
                }
                (false, true) => "give it another name: it limits what leaves, for which Hedgerow writes no policy",
            },
        };
        (message, help)
    } else {
        let message = format!(
            "there is a {kind} `{name}` of `{}` already that Hedgerow did not write: hosts that leave the API group out take it for Hedgerow's",
            policy.kind.api_version()
        );
        (message, "give it another name, or remove it")
    };
    Diagnostic::new(Code::UnbackedPolicy, message).mark(context.span(&policy.range), "").help(help)
}

/// A policy of ours that somebody moved to another namespace, mostly together with its workloads.
fn misplaced(context: &Context<'_>, policy: &Policy<'_>, namespace: &Namespace) -> Diagnostic {
    let (kind, name) = (policy.kind.as_str(), &policy.name);
    let written = policy.namespace.as_deref().unwrap_or_default();
    let advice = context.namespace_advice(namespace, written);
    let advice = format!(
        "a later step moved it, such as kustomize's `namespace`: {}",
        advice.as_deref().unwrap_or("set the namespace in the service.yaml instead")
    );
    let written = written.escape_debug();
    let message = format!("the {kind} `{name}` stands in `{written}`, but its service lives in `{namespace}`");
    Diagnostic::new(Code::NamespaceMismatch, message).mark(context.span(&policy.range), "").help(advice)
}

fn unbacked(
    context: &Context<'_>,
    policy: &Policy<'_>,
    changes: &mut BTreeMap<usize, ListChange>,
    found: &mut Found<'_>,
) {
    let place = context.span(&policy.range);
    let (kind, name) = (policy.kind.as_str(), &policy.name);
    let message = format!("the {kind} `{name}` says that Hedgerow wrote it, but nothing backs it");
    let diagnostic = Diagnostic::new(Code::UnbackedPolicy, message);
    if context.options.prune {
        found.tally.policies += 1;
        found.diagnostics.push(diagnostic.severity(Severity::Warning).mark(place, "removed"));
        remove(context, policy, changes, found);
    } else {
        found.diagnostics.push(diagnostic.mark(place, "").help("remove it; `--prune` removes it"));
    }
}

/// A policy of somebody else's that selects by labels of ours may let in whom no rule names.
fn hand_written(context: &Context<'_>, policy: &Policy<'_>, found: &mut Found<'_>) {
    let text = context.stream.get(policy.range.clone()).unwrap_or_default();
    // Keys in Calico's selectors stand within a longer text, so words are looked at instead of nodes.
    let Some(key) = context.first_of_ours(text) else { return };
    let (risk, help) = match policy.directions() {
        (_, false) => (
            "it may let in whom no rule names",
            "say it with rule files or `allow`; `hedgerow verify` tells whether the policies mean what the rules say",
        ),
        (true, true) => (
            "it may let in whom no rule names, and stop calls that rules permit",
            "say who comes in with rule files or `allow`, and keep here only what limits calls to others; `hedgerow verify` tells whether the policies mean what the rules say",
        ),
        (false, true) => (
            "it limits what leaves and may stop calls that rules permit",
            "Hedgerow writes no policy for what leaves: keep it if it lets out what the rules permit, which `hedgerow verify` tells",
        ),
    };
    let message = format!(
        "the {} `{}` uses `{key}`, but Hedgerow did not write it: {risk}",
        policy.kind.as_str(),
        policy.name.escape_debug()
    );
    found
        .diagnostics
        .push(context.doubt(Code::UnbackedPolicy, message).mark(context.span(&policy.range), "").help(help));
}

fn remove(
    context: &Context<'_>,
    policy: &Policy<'_>,
    changes: &mut BTreeMap<usize, ListChange>,
    found: &mut Found<'_>,
) {
    match &policy.place {
        Place::Document(piece) => found.edits.push(Edit::delete(piece.range.clone())),
        Place::Element(piece, index) => {
            changes.entry(piece.range.start).or_insert_with(|| ListChange::new(piece.clone())).remove.push(*index);
        }
        Place::Deeper => {
            let (kind, name) = (policy.kind.as_str(), &policy.name);
            let message = format!("the {kind} `{name}` stands in a list within a list and cannot be removed");
            let help = "write it as a document of its own, or remove it";
            found
                .diagnostics
                .push(Diagnostic::new(Code::UnbackedPolicy, message).mark(context.span(&policy.range), "").help(help));
        }
    }
}
