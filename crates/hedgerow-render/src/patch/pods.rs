//! The labels of one workload's pods: what must change, and what must not be there.

use super::claim::{Claim, Worn};
use super::document::{Found, Object};
use super::mixed::Look;
use super::others::{Other, Way};
use super::{Context, Unlabelled, job, prove, rollout, selector};
use crate::workload::Workload;
use hedgerow_core::diag::{Code, Diagnostic, Severity, enumerate};
use hedgerow_core::label::{Identity, Meaning};
use hedgerow_core::plan::{Protection, ServicePlan};
use hedgerow_yaml::{MapChange, MapPair, Obstacle, Outline, Reason, Site, change_map};
use std::ops::Range;

/// One place of pods in a workload.
struct Template<'o, 't> {
    labels: &'o Site<'t>,
}

/// Patches one workload; gives the plan of the service that claims it.
pub(super) fn patch<'p>(
    context: &Context<'p>,
    object: &Object<'_, '_>,
    workload: &Workload,
    outline: &Outline<'_>,
    found: &mut Found<'_>,
) -> Option<&'p ServicePlan> {
    let templates = templates(workload, outline);
    if templates.is_empty() {
        return None;
    }
    let name = outline.site(workload.name).and_then(Site::as_str);
    let generate_name = outline.site(workload.generate_name).and_then(Site::as_str);
    let title = Title { kind: object.kind, name: name.or(generate_name) };
    let place = site_range(outline.site(workload.name)).unwrap_or_else(|| object.head());
    let worn = templates.iter().map(|template| pairs(template.labels).iter().filter_map(worn_pair).collect());
    match context.claims.of(worn, object.kind, title.name) {
        Claim::Nobody => unclaimed(context, object, &title, &place, &templates, false, found),
        Claim::Unknown { value } => {
            let identity = context.plan.scheme().identity().key();
            let message = format!("{title} wears `{identity}: {value}`, but there is no such service");
            found.diagnostics.push(
                Diagnostic::new(Code::UnbackedLabel, message)
                    .mark(context.span(identity_range(context, &templates, &place)), "")
                    .help("remove the label, or create the service's directory; `--prune` removes it"),
            );
        }
        Claim::Several(services) => {
            let names = enumerate(services.iter().map(|service| format!("`{service}`")));
            found.diagnostics.push(
                Diagnostic::new(Code::AmbiguousWorkload, format!("{title} is claimed by {names}"))
                    .mark(context.span(&place), "")
                    .help("change the services' `workloads`, or let the workload wear the identity label of one"),
            );
        }
        Claim::Taken(service) => {
            if let Some(plan) = context.plan.service(service) {
                let annotations = outline.site(workload.annotations);
                let worn = templates.iter().flat_map(|template| pairs(template.labels)).filter_map(worn_pair);
                let look = Look::of(context.stream, object, title.name, annotations, worn);
                if context.claims.are_listed() && look.is_of_another(service) {
                    unclaimed(context, object, &title, &place, &templates, true, found);
                    return None;
                }
                found.taken.add(&look, &title, &place);
                claimed(context, object, &title, &place, workload, outline, &templates, plan, found);
                return Some(plan);
            }
        }
        Claim::Service(service) => match context.plan.service(service) {
            Some(plan) if context.options.service.as_ref().is_none_or(|deployed| deployed == service) => {
                claimed(context, object, &title, &place, workload, outline, &templates, plan, found);
                return Some(plan);
            }
            _ => {
                let identity = identity_range(context, &templates, &place);
                let is_ours = *identity != place && matches!(context.plan.scheme().identity(), Identity::Own(_));
                let (title, place, way) = (title.to_string(), identity.clone(), Way::Worn { is_ours });
                found.others.push(Other { title, place, service: service.clone(), way });
            }
        },
        Claim::Another { service, by_name } => {
            let way = match title.name {
                Some(name) if by_name => Way::Named { is_whole: name == service.as_str() },
                _ => Way::Listed,
            };
            found.others.push(Other { title: title.to_string(), place, service: service.clone(), way });
        }
    }
    None
}

/// How messages call a workload.
pub(super) struct Title<'a> {
    pub(super) kind: &'a str,
    pub(super) name: Option<&'a str>,
}

impl std::fmt::Display for Title<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name {
            Some(name) => write!(f, "{} `{}`", self.kind, name.escape_debug()),
            None => write!(f, "a {} without a name", self.kind),
        }
    }
}

fn templates<'o, 't>(workload: &Workload, outline: &'o Outline<'t>) -> Vec<Template<'o, 't>> {
    let mut templates = Vec::new();
    for pods in &workload.pods {
        let labels = outline.sites(pods.labels);
        match pods.inside.map(|inside| outline.sites(inside)) {
            None => templates.extend(labels.iter().map(|labels| Template { labels })),
            // Both questions share their `[]` and `*`, so their sites stand side by side.
            Some(inside) => {
                debug_assert_eq!(inside.len(), labels.len());
                let there =
                    inside.iter().zip(labels).filter(|(inside, _)| !matches!(inside, Site::Missing(_) | Site::Null(_)));
                templates.extend(there.map(|(_, labels)| Template { labels }));
            }
        }
    }
    templates
}

/// The labels that are there; none where there is no map.
fn pairs<'o, 't>(site: &'o Site<'t>) -> &'o [MapPair<'t>] {
    if let Site::Map(map) = site { &map.pairs } else { &[] }
}

fn worn_pair<'a>(pair: &'a MapPair<'_>) -> Option<Worn<'a>> {
    pair.value.as_deref().map(|value| (pair.key.as_ref(), value))
}

pub(super) fn site_range(site: Option<&Site<'_>>) -> Option<Range<usize>> {
    match site? {
        Site::Scalar(scalar) => Some(scalar.range.clone()),
        Site::Map(map) => Some(map.range.clone()),
        Site::Node(range) => Some(range.clone()),
        Site::Missing(_) | Site::Null(_) | Site::Seq(_) | Site::Refused(_) => None,
    }
}

/// Where the identity label is worn, or the workload's place where it is not.
fn identity_range<'o>(
    context: &Context<'_>,
    templates: &'o [Template<'o, '_>],
    place: &'o Range<usize>,
) -> &'o Range<usize> {
    let identity = context.plan.scheme().identity().key();
    let mut pairs = templates.iter().flat_map(|template| pairs(template.labels));
    pairs.find(|pair| pair.key == identity.as_str()).map_or(place, |pair| &pair.range)
}

fn unclaimed(
    context: &Context<'_>,
    object: &Object<'_, '_>,
    title: &Title<'_>,
    place: &Range<usize>,
    templates: &[Template<'_, '_>],
    is_left_out: bool,
    found: &mut Found<'_>,
) {
    found.tally.unclaimed += 1;
    let list = if is_left_out { &mut found.left_out } else { &mut found.unclaimed };
    list.push((title.to_string(), place.clone()));
    let worn: Vec<_> = templates.iter().flat_map(|template| pairs(template.labels)).filter_map(worn_pair).collect();
    for label in super::whole::NAMING.into_iter().filter(|_| !is_left_out) {
        let value = worn.iter().find(|(key, _)| *key == label).map(|(_, value)| *value);
        if let Some(service) = value.and_then(|value| context.claims.named(value)) {
            found.wearing.entry(label).or_default().push(service.to_string());
        }
    }
    let scheme = context.plan.scheme();
    for template in templates {
        if let Some(obstacle) = hides_labels(template.labels)
            && object.with_node(|node| selector::any_key(node, &|key| scheme.meaning(key).is_some())) == Some(true)
        {
            uneditable(context, title, &obstacle, found);
        }
        let Site::Map(map) = template.labels else { continue };
        let ours: Vec<_> = map.pairs.iter().filter(|pair| scheme.meaning(&pair.key).is_some()).collect();
        for pair in &ours {
            let message = format!("{title} wears `{}`, but no service claims it", pair.key);
            let help = "remove the label, or let a service claim the workload; `--prune` removes it";
            found.diagnostics.push(unbacked(context, message, pair, "removed", help));
        }
        if context.options.prune {
            let remove: Vec<_> = ours.iter().map(|pair| pair.key.as_ref()).collect();
            change(context, title, template.labels, MapChange { set: &[], remove: &remove }, found);
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "all of one workload, taken apart once by the only caller")]
fn claimed(
    context: &Context<'_>,
    object: &Object<'_, '_>,
    title: &Title<'_>,
    place: &Range<usize>,
    workload: &Workload,
    outline: &Outline<'_>,
    templates: &[Template<'_, '_>],
    service: &ServicePlan,
    found: &mut Found<'_>,
) {
    found.tally.workloads += 1;
    namespace(context, title, outline.site(workload.namespace), service, place, found);
    // Where two objects stand in one document, all keys do.
    for duplicate in outline.duplicates().iter().filter(|_| !object.is_joined) {
        let message = format!("{title} has the key `{}` twice; the last one counts", duplicate.key);
        found.diagnostics.push(
            context
                .doubt(Code::DuplicateStructure, message)
                .mark(context.span(&duplicate.ignored), "ignored by Kubernetes")
                .mark(context.span(&duplicate.counted), "edited here")
                .help("remove the one that does not count"),
        );
    }
    for (key, range) in selector_keys(context, object, workload, outline) {
        let message = format!("{title} selects its pods by `{key}`, which Hedgerow writes");
        found.diagnostics.push(
            Diagnostic::new(Code::SelectorUsesLabel, message)
                .mark(context.span(&range), "")
                .help("select by a label of the chart's own; a selector cannot change once the object lives"),
        );
    }
    for pods in &workload.pods {
        let hosts = pods.host_network.map(|route| outline.sites(route)).unwrap_or_default();
        if let Some(Site::Scalar(scalar)) = hosts.iter().find(|site| is_true(site)) {
            let message = format!("the pods of {title} are on the host's network, where no label can select them");
            found.diagnostics.push(
                context
                    .doubt(Code::HostNetwork, message)
                    .mark(context.span(&scalar.range), "")
                    .help("policies see these pods as their node's address; allow that by `cidr` where they call"),
            );
        }
    }
    let is_remade = is_remade(workload, outline);
    if workload.is_job && !is_remade && !job::takes_itself_away(object) {
        let message =
            format!("the template of {title} cannot change once it lives, so a changed label fails the next deploy");
        found.diagnostics.push(
            context
                .doubt(Code::JobTemplateImmutable, message)
                .mark(context.span(place), "")
                .help("make it a hook, give it a new name in each deploy, or delete it before"),
        );
    }
    if !is_remade {
        let metadata = [workload.name, workload.annotations].into_iter().filter_map(|id| site_range(outline.site(id)));
        let known = rollout::Known {
            template: workload.pods.first().and_then(|pods| site_range(outline.site(pods.inside?))),
            metadata_end: metadata.map(|range| range.end).max(),
        };
        found.diagnostics.extend(rollout::check(context, object, title, place, &known));
    }
    for template in templates {
        labels(context, title, place, template.labels, service, found);
    }
}

fn namespace(
    context: &Context<'_>,
    title: &Title<'_>,
    site: Option<&Site<'_>>,
    service: &ServicePlan,
    place: &Range<usize>,
    found: &mut Found<'_>,
) {
    let deployed = found.deployed.entry(service.name.clone()).or_default();
    match site {
        Some(Site::Scalar(scalar)) => {
            deployed.with_namespace.get_or_insert_with(|| scalar.range.clone());
            if scalar.value != service.namespace.as_str() {
                let written = scalar.value.escape_debug();
                let message =
                    format!("{title} lives in `{written}`, but `{}` lives in `{}`", service.name, service.namespace);
                let advice = context.namespace_advice(&service.namespace, &scalar.value);
                found.diagnostics.push(
                    Diagnostic::new(Code::NamespaceMismatch, message)
                        .mark(context.span(&scalar.range), "")
                        .help(advice.unwrap_or_else(|| {
                            "set `namespace` in the service.yaml to where the pods live".to_owned()
                        })),
                );
            }
        }
        Some(Site::Missing(_) | Site::Null(_)) | None => {
            deployed.without_namespace.get_or_insert_with(|| place.clone());
        }
        Some(Site::Map(_) | Site::Seq(_) | Site::Node(_) | Site::Refused(_)) => {
            let message = format!("the namespace of {title} cannot be read");
            found.diagnostics.push(Diagnostic::new(Code::UneditableLabels, message).mark(context.span(place), ""));
        }
    }
}

fn selector_keys(
    context: &Context<'_>,
    object: &Object<'_, '_>,
    workload: &Workload,
    outline: &Outline<'_>,
) -> Vec<(String, Range<usize>)> {
    let scheme = context.plan.scheme();
    let Some(range) = site_range(outline.site(workload.selector)) else { return Vec::new() };
    // A key of ours holds the domain, unless escapes or an alias hide it; nothing else is worth a full parse.
    let text = context.stream.get(range).unwrap_or_default();
    if !text.contains(scheme.domain().as_str()) && !text.contains(['\\', '*']) {
        return Vec::new();
    }
    let keys = object.with_node(selector::keys).unwrap_or_default();
    keys.into_iter().filter(|(key, _)| scheme.meaning(key).is_some()).collect()
}

/// Whether a scalar is true for any reader: YAML 1.1 takes `yes` and `on` for it too.
fn is_true(site: &Site<'_>) -> bool {
    let Site::Scalar(scalar) = site else { return false };
    let is_plain = scalar.style == hedgerow_yaml::ScalarStyle::Plain;
    is_plain && ["true", "yes", "on", "y"].iter().any(|word| scalar.value.eq_ignore_ascii_case(word))
}

fn is_remade(workload: &Workload, outline: &Outline<'_>) -> bool {
    let is_there = |route| site_range(outline.site(route)).is_some();
    job::is_remade(outline.site(workload.annotations), is_there(workload.name), is_there(workload.generate_name))
}

fn labels(
    context: &Context<'_>,
    title: &Title<'_>,
    place: &Range<usize>,
    site: &Site<'_>,
    service: &ServicePlan,
    found: &mut Found<'_>,
) {
    let scheme = context.plan.scheme();
    if let Some(obstacle) = hides_labels(site) {
        unlabelled(title, service, found);
        return uneditable(context, title, &obstacle, found);
    }
    let mut remove = Vec::new();
    for pair in pairs(site) {
        let Some(meaning) = scheme.meaning(&pair.key) else { continue };
        match service.pods.write.get(pair.key.as_ref()) {
            None => remove.push(pair),
            Some(value) if meaning == Meaning::ServiceType && pair.value.as_deref() != Some(value.as_str()) => {
                let written = pair.value.as_deref().unwrap_or_default().escape_debug();
                let message =
                    format!("{title} wears the type `{written}`, but `{}` has the type `{value}`", service.name);
                let help = "remove the label, or change the service's type; `--prune` corrects it";
                found.diagnostics.push(unbacked(context, message, pair, "corrected", help));
            }
            Some(value) if meaning == Meaning::Identity && pair.value.as_deref() != Some(value.as_str()) => {
                let written = pair.value.as_deref().unwrap_or_default().escape_debug();
                let message = format!("{title} wears the identity `{written}`, but it is of `{}`", service.name);
                let help = "remove the label; `--prune` corrects it";
                found.diagnostics.push(unbacked(context, message, pair, "corrected", help));
            }
            Some(_) => staged(context, title, pair, meaning, service, found),
        }
    }
    for pair in &remove {
        let message = format!("{title} wears `{}`, which nothing in `{}` backs", pair.key, service.name);
        let help = if scheme.meaning(&pair.key) == Some(Meaning::Egress) {
            "add the rule file for this edge and let the callee's owners review it; `--prune` removes the label"
        } else {
            "remove the label; `--prune` removes it"
        };
        found.diagnostics.push(unbacked(context, message, pair, "removed", help));
    }
    for (key, value) in &service.pods.expect {
        let worn = pairs(site).iter().rfind(|pair| pair.key == key.as_str());
        let written = worn.and_then(|pair| pair.value.as_deref());
        if written != Some(value.as_str()) {
            let message =
                format!("{title} does not wear `{key}: {value}`, by which the policy of `{}` selects", service.name);
            let range = if let Site::Map(map) = site { map.range.clone() } else { place.clone() };
            found.diagnostics.push(
                Diagnostic::new(Code::IdentityMissing, message)
                    .mark(context.span(&range), "")
                    .help("give the pods this label, or set `identity` in the service.yaml to labels that they wear"),
            );
        }
    }
    if context.options.prove {
        return prove::labels(context, title, place, pairs(site), service, found);
    }
    let set: Vec<_> = service.pods.write.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let remove: Vec<_> =
        if context.options.prune { remove.iter().map(|pair| pair.key.as_ref()).collect() } else { Vec::new() };
    if !change(context, title, site, MapChange { set: &set, remove: &remove }, found) {
        unlabelled(title, service, found);
    }
}

/// Notes that the pods of a claimed workload do not wear what the plan gives them.
fn unlabelled(title: &Title<'_>, service: &ServicePlan, found: &mut Found<'_>) {
    let (kind, service) = (title.kind.to_owned(), service.name.clone());
    found.unlabelled.extend(title.name.map(|name| Unlabelled { kind, name: name.to_owned(), service }));
}

/// A label that nothing backs: refused, or under `--prune` dealt with, which is `done` in one word, and said.
fn unbacked(context: &Context<'_>, message: String, pair: &MapPair<'_>, done: &str, help: &str) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::UnbackedLabel, message);
    let place = context.span(&pair.range);
    if context.options.prune {
        diagnostic.severity(Severity::Warning).mark(place, done)
    } else {
        diagnostic.mark(place, "").help(help)
    }
}

/// A staged service whose pods still say that they have a live policy: a catch-all would isolate them.
fn staged(
    context: &Context<'_>,
    title: &Title<'_>,
    pair: &MapPair<'_>,
    meaning: Meaning,
    service: &ServicePlan,
    found: &mut Found<'_>,
) {
    let is_live = meaning == Meaning::NetworkPolicy && pair.value.as_deref() == Some("true");
    if is_live && matches!(service.protection, Protection::Staged { .. }) {
        let message = format!("{title} says that it has a live policy, but the policy of `{}` is staged", service.name);
        found.diagnostics.push(
            Diagnostic::new(Code::StagedCatchAll, message)
                .mark(context.span(&pair.range), "corrected here")
                .help("until its pods are replaced, the catch-all of their type isolates them"),
        );
    }
}

/// Changes labels, and says whether that was possible.
fn change(
    context: &Context<'_>,
    title: &Title<'_>,
    site: &Site<'_>,
    change: MapChange<'_>,
    found: &mut Found<'_>,
) -> bool {
    match change_map(context.stream, site, change) {
        Ok(edits) => {
            if !edits.is_empty() {
                found.tally.labels += changed(site, change);
            }
            found.edits.extend(edits);
            true
        }
        Err(obstacle) => {
            uneditable(context, title, &obstacle, found);
            false
        }
    }
}

/// What keeps the labels of pods from being read in full: some of them stand elsewhere.
fn hides_labels(site: &Site<'_>) -> Option<Obstacle> {
    let hides = |reason| matches!(reason, Reason::Alias | Reason::MergeKey | Reason::OddKey | Reason::LineBreak);
    site.obstacle().filter(|obstacle| hides(obstacle.reason))
}

fn uneditable(context: &Context<'_>, title: &Title<'_>, obstacle: &Obstacle, found: &mut Found<'_>) {
    let message = format!("the labels of {title} cannot be edited: {}", obstacle.reason.phrase());
    found.diagnostics.push(
        Diagnostic::new(Code::UneditableLabels, message)
            .mark(context.span(&obstacle.range), "")
            .help("write the labels of the pod template out in full"),
    );
}

/// How many labels a change adds, corrects or removes.
fn changed(site: &Site<'_>, change: MapChange<'_>) -> usize {
    let Site::Map(map) = site else { return change.set.len() };
    let set = change.set.iter().filter(|(key, value)| map.get(key).is_none_or(|pair| !pair.is_string(value)));
    set.count() + change.remove.len()
}
