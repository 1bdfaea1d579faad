//! Objects of kinds that the table of workloads does not hold, and of which pods come all the same: they are named, since a pod
//! without labels is a caller whom nobody lets in and a callee whom no policy protects.
//!
//! Two things tell. In the groups of Kubernetes itself it is the name: `deployment`, or a `Deployment` of `v1`, is refused by
//! the API server, or is what somebody else serves. Elsewhere it is the structure: containers with an image, what operators call
//! their pods' metadata, or the CPU and memory of a container. What holds none of these may make pods too, and nobody can tell.

use super::Context;
use super::claim::Claim;
use super::document::{Found, Object};
use super::structure::{self, WornPair};
use super::whole::{NAMED, some};
use hedgerow_core::diag::{Code, Diagnostic, Severity, nearest};
use hedgerow_core::label::Meaning;
use hedgerow_core::name::ServiceName;
use memchr::memmem::Finder;
use std::ops::Range;
use std::sync::LazyLock;

/// An object that makes pods and is of a kind that is not known.
#[derive(Debug)]
pub(super) struct Stranger {
    /// How messages call it.
    title: String,
    place: Range<usize>,
    what: What,
    /// Whether the deployed service lists its workloads, and this is none of them.
    is_left_out: bool,
}

#[derive(Debug)]
enum What {
    /// Written like this kind, with where that one is.
    Misspelt { api_version: String, kind: String, meant: (&'static str, &'static str) },
    /// Pods come of it.
    Pods { has_templates: bool },
    /// It may wear this label of ours, which the deployed service does not have.
    Mentions { key: String },
    /// It wears this label of ours, here, which the service whose pods it makes does not have, or nobody knows whose they are.
    Wears { key: String, place: Range<usize>, service: Option<ServiceName>, is_described: bool },
}

/// Kinds of Kubernetes that make pods, with the versions of today.
const PODS: [(&str, &str); 9] = [
    ("v1", "Pod"),
    ("v1", "ReplicationController"),
    ("v1", "PodTemplate"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "ReplicaSet"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
];

/// Kinds of other groups whose names alone say that pods come of them. A `Job` and a `Deployment` are many things.
const BY_NAME: [&str; 4] = ["StatefulSet", "DaemonSet", "ReplicaSet", "CronJob"];

/// Groups whose objects describe the pods of others, machines, or releases that somebody else renders.
const DESCRIBING: [&str; 16] = [
    "argoproj.io",
    "cdi.kubevirt.io",
    "cluster.x-k8s.io",
    "constraints.gatekeeper.sh",
    "expansion.gatekeeper.sh",
    "fleet.cattle.io",
    "helm.cattle.io",
    "helm.toolkit.fluxcd.io",
    "instancetype.kubevirt.io",
    "karpenter.sh",
    "kueue.x-k8s.io",
    "kustomize.toolkit.fluxcd.io",
    "kyverno.io",
    "mutations.gatekeeper.sh",
    "policies.kyverno.io",
    "templates.gatekeeper.sh",
];

/// What stands in every object that shows pods by its structure.
static WORDS: LazyLock<[Finder<'static>; 3]> =
    LazyLock::new(|| [Finder::new("ontainers"), Finder::new("pod"), Finder::new("resources")]);

/// Whether a group is one of Kubernetes itself, or would be if it were spelt like one.
fn is_of_kubernetes(group: &str) -> bool {
    !group.contains('.') || (group.ends_with(".k8s.io") && !group.ends_with(".x-k8s.io"))
}

/// The kinds of Kubernetes that charts are full of, and a few more that look like those of pods.
fn is_plain(kind: &str) -> bool {
    matches!(
        kind,
        "Service"
            | "ConfigMap"
            | "Secret"
            | "ServiceAccount"
            | "Role"
            | "RoleBinding"
            | "ClusterRole"
            | "ClusterRoleBinding"
            | "CustomResourceDefinition"
            | "PersistentVolumeClaim"
            | "PersistentVolume"
            | "PodDisruptionBudget"
            | "PodSecurityPolicy"
            | "HorizontalPodAutoscaler"
            | "Ingress"
            | "Namespace"
            | "Node"
    )
}

/// Notes an object of a kind that is not known, if pods come of it that wear nothing of ours.
///
/// Nor does any of the kinds of others wear a label of ours that nothing backs.
pub(super) fn note(context: &Context<'_>, object: &Object<'_, '_>, found: &mut Found<'_>) {
    let group = object.api_version.split_once('/').map_or("", |(group, _)| group);
    if is_plain(object.kind) && is_of_kubernetes(group) {
        return;
    }
    let worn = worn(context, object);
    let what = if worn.is_empty() { what(context, object, group) } else { unbacked(context, object, group, &worn) };
    if let Some(what) = what {
        push(context, object, what, found);
    }
}

/// Notes labels of ours that an object wears and nothing backs, where it is known what the object is, or where its templates were found, whose labels
/// stand at `labels`.
pub(super) fn wearing(context: &Context<'_>, object: &Object<'_, '_>, labels: &[Range<usize>], found: &mut Found<'_>) {
    let group = object.api_version.split_once('/').map_or("", |(group, _)| group);
    if is_plain(object.kind) && is_of_kubernetes(group) {
        return;
    }
    let mut worn = worn(context, object);
    worn.retain(|map| !map.iter().any(|(_, _, range)| labels.iter().any(|of| of.contains(&range.start))));
    if let Some(what) = unbacked(context, object, group, &worn) {
        push(context, object, what, found);
    }
}

/// How an object is called, and where that stands.
fn name(object: &Object<'_, '_>) -> Option<(String, Range<usize>)> {
    let name = object.with_node(|node| {
        let metadata = node.as_mapping()?.get("metadata")?.as_mapping()?;
        let name = metadata.get("name").or_else(|| metadata.get("generateName"))?;
        Some((name.as_str()?.to_owned(), name.range()))
    });
    name.flatten()
}

fn push(context: &Context<'_>, object: &Object<'_, '_>, what: What, found: &mut Found<'_>) {
    let (name, place) = name(object).map_or((None, object.head()), |(name, place)| (Some(name), place));
    let is_left_out = name.as_ref().is_some_and(|name| context.claims.leaves_out(object.kind, name));
    let kind = object.kind.escape_debug();
    let title = match name {
        Some(name) => format!("{kind} `{}`", name.escape_debug()),
        None => format!("a {kind} without a name"),
    };
    found.strangers.push(Stranger { title, place, what, is_left_out });
}

/// Whether objects of a group describe the pods of others.
fn is_described(group: &str) -> bool {
    DESCRIBING.iter().any(|of| group.strip_suffix(of).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

fn what(context: &Context<'_>, object: &Object<'_, '_>, group: &str) -> Option<What> {
    if is_of_kubernetes(group) {
        let meant = meant(object.kind)?;
        return Some(What::Misspelt {
            api_version: object.api_version.to_owned(),
            kind: object.kind.to_owned(),
            meant,
        });
    }
    let text = context.stream.get(object.range()).unwrap_or_default();
    if is_described(group) {
        return None;
    }
    let by_name = BY_NAME.contains(&object.kind);
    if !by_name && !WORDS.iter().any(|word| word.find(text.as_bytes()).is_some()) {
        return None;
    }
    let (has_pods, has_templates) = object
        .with_followed(context.stream, |node| {
            let has_templates = !structure::templates(node).is_empty();
            (has_templates || structure::shows_pods(node), has_templates)
        })
        .unwrap_or_default();
    if !has_pods && !by_name {
        return None;
    }
    // Labels may also be written as a text, or as a list of names and values.
    let service = context.options.service.as_ref().and_then(|name| context.plan.service(name));
    let mut ours = context.all_of_ours(text).peekable();
    match (ours.peek(), service) {
        (None, _) | (Some(_), None) => Some(What::Pods { has_templates }),
        (Some(_), Some(service)) => {
            let is_backed = |key: &str| service.pods.write.contains_key(key) || key == context.policy_of.as_str();
            let key = ours.find(|key| !is_backed(key))?;
            Some(What::Mentions { key: key.to_owned() })
        }
    }
}

/// The mappings that an object may give to its pods as labels, of those with a label of ours.
fn worn(context: &Context<'_>, object: &Object<'_, '_>) -> Vec<Vec<WornPair>> {
    let text = context.stream.get(object.range()).unwrap_or_default();
    // A key may hide behind an escape or an alias.
    if !context.mentions_ours(text) && !text.contains(['\\', '*']) {
        return Vec::new();
    }
    let scheme = context.plan.scheme();
    let is_own = |key: &str| scheme.meaning(key).is_some();
    object.with_followed(context.stream, |node| structure::worn(node, &is_own)).unwrap_or_default()
}

/// The first label of ours that the service whose pods the object makes does not have: somebody wrote it by hand, and it opens a door.
fn unbacked(context: &Context<'_>, object: &Object<'_, '_>, group: &str, worn: &[Vec<WornPair>]) -> Option<What> {
    let scheme = context.plan.scheme();
    let maps = worn.iter().map(|map| map.iter().map(|(key, value, _)| (key.as_str(), value.as_str())).collect());
    let name = name(object).map(|(name, _)| name);
    let name = match context.claims.of(maps, object.kind, name.as_deref()) {
        Claim::Service(service) | Claim::Taken(service) => Some(service),
        Claim::Nobody | Claim::Another { .. } | Claim::Several(_) | Claim::Unknown { .. } => None,
    };
    let service = name.and_then(|name| context.plan.service(name));
    let is_backed = |(key, value, _): &&WornPair| {
        let wanted = service.and_then(|service| service.pods.write.get(key.as_str()));
        match scheme.meaning(key) {
            None => true,
            Some(Meaning::Identity | Meaning::ServiceType) => wanted.is_some_and(|wanted| wanted.as_str() == value),
            Some(_) => wanted.is_some(),
        }
    };
    let (key, _, place) = worn.iter().flatten().find(|pair| !is_backed(pair))?;
    let is_described = is_described(group);
    Some(What::Wears { key: key.clone(), place: place.clone(), service: name.cloned(), is_described })
}

/// The kind of pods that a kind is written like.
fn meant(kind: &str) -> Option<(&'static str, &'static str)> {
    let plain = |kind: &str| {
        let lower = kind.to_ascii_lowercase();
        lower.strip_suffix('s').map(str::to_owned).unwrap_or(lower)
    };
    let written = plain(kind);
    let known = PODS.map(|(_, kind)| plain(kind));
    let same = known.iter().position(|known| *known == written);
    // Short names are near to too many others.
    let near = || {
        let long = known.iter().map(String::as_str).filter(|known| known.len() > LONGEST_SHORT_NAME);
        let near = nearest(&written, long)?;
        known.iter().position(|known| known == near)
    };
    same.or_else(near).map(|at| PODS[at])
}

const LONGEST_SHORT_NAME: usize = "pod".len();

/// Says which objects make pods and are of kinds that are not known.
pub(super) fn report(context: &Context<'_>, found: &mut Found<'_>) {
    let strangers = std::mem::take(&mut found.strangers);
    let mut unlabelled: Vec<Stranger> = Vec::new();
    for stranger in strangers {
        let Stranger { title, place, what, .. } = &stranger;
        let (message, help) = match what {
            What::Misspelt { api_version, kind, meant: (api, meant) } => {
                let (api_version, written) = (api_version.escape_debug(), kind.escape_debug());
                let message =
                    format!("{title}: Kubernetes has no `{written}` under `{api_version}`, so it gets no labels");
                let help = if kind == meant {
                    format!("a {meant} is of `apiVersion: {api}`")
                } else {
                    format!("write `kind: {meant}` with `apiVersion: {api}` if that is meant: capitals count")
                };
                (message, help)
            }
            What::Mentions { key } => (
                format!(
                    "{title} holds `{key}`, which nothing in the deployed service backs, and Hedgerow does not know the kind"
                ),
                "remove the label, or add the rule file for this edge and let the callee's owners review it".to_owned(),
            ),
            What::Wears { key, place, service, is_described } => {
                let diagnostic = wears(context, title, key, service.as_ref(), *is_described);
                found.diagnostics.push(diagnostic.mark(context.span(place), ""));
                continue;
            }
            What::Pods { .. } => {
                unlabelled.push(stranger);
                continue;
            }
        };
        let diagnostic = doubt(context, &stranger, message);
        found.diagnostics.push(diagnostic.mark(context.span(place), "").help(help));
    }
    for left_out in [false, true] {
        let of: Vec<_> = unlabelled.iter().filter(|stranger| stranger.is_left_out == left_out).collect();
        let [first, ..] = of.as_slice() else { continue };
        let titles = some(of.iter().map(|stranger| stranger.title.as_str()));
        let (makes, gets, kind) =
            if of.len() == 1 { ("makes", "gets", "its kind") } else { ("make", "get", "their kinds") };
        let message = format!("{titles} {makes} pods and {gets} no labels: Hedgerow does not know {kind}");
        let diagnostic = of.iter().take(NAMED).fold(doubt(context, first, message), |diagnostic, stranger| {
            diagnostic.mark(context.span(&stranger.place), "")
        });
        let is_found = of.iter().any(|stranger| matches!(stranger.what, What::Pods { has_templates: true }));
        // Where it was asked for already, it found nothing that it could label.
        let diagnostic = if is_found && !context.options.unknown_kinds {
            diagnostic
                .help("`--unknown-kinds` labels the pod templates that it finds in unknown kinds by their structure")
        } else {
            diagnostic
        };
        found.diagnostics.push(diagnostic.help(
            "write the labels that `hedgerow labels` prints where the kind takes those of its pods; list the service's own under `workloads` in its service.yaml if this is none",
        ));
    }
}

/// A label that nothing backs on an object of an unknown kind. It stays where it is, also under `--prune`: what else the kind does with it is
/// not known.
fn wears(
    context: &Context<'_>,
    title: &str,
    key: &str,
    service: Option<&ServiceName>,
    is_described: bool,
) -> Diagnostic {
    let identity = context.plan.scheme().identity().key();
    let message = match (service, is_described) {
        (Some(service), true) => format!("{title} holds the label `{key}`, which nothing in `{service}` backs"),
        (Some(service), false) => {
            format!("{title} wears `{key}`, which nothing in `{service}` backs, and Hedgerow does not know the kind")
        }
        (None, true) => format!("{title} holds the label `{key}`, and nothing says whose pods get it"),
        (None, false) => {
            format!("{title} wears `{key}`, and nothing says whose pods it makes: Hedgerow does not know the kind")
        }
    };
    let help = match service {
        Some(_) => {
            "remove the label, or add the rule file for this edge and let the callee's owners review it".to_owned()
        }
        None => format!("remove the label, or write the service's identity, `{identity}`, beside it"),
    };
    let diagnostic = if is_described {
        // What others make of it may be something else than pods.
        context.doubt(Code::UnbackedLabel, message)
    } else {
        Diagnostic::new(Code::UnbackedLabel, message)
    };
    diagnostic.help(help)
}

fn doubt(context: &Context<'_>, stranger: &Stranger, message: String) -> Diagnostic {
    let diagnostic = context.doubt(Code::UnknownKind, message);
    // The service's file says that it is none of its own.
    if stranger.is_left_out { diagnostic.severity(Severity::Warning) } else { diagnostic }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_their_names() {
        for (kind, expected) in [
            ("deployment", Some("Deployment")),
            ("DEPLOYMENT", Some("Deployment")),
            ("Deployments", Some("Deployment")),
            ("Deploymnet", Some("Deployment")),
            ("Deployment", Some("Deployment")),
            ("Statefulset", Some("StatefulSet")),
            ("StatfulSet", Some("StatefulSet")),
            ("Daemonset", Some("DaemonSet")),
            ("Cronjob", Some("CronJob")),
            ("CronJobs", Some("CronJob")),
            ("pod", Some("Pod")),
            ("Pods", Some("Pod")),
            ("job", Some("Job")),
            ("Node", None),
            ("Lease", None),
            ("Endpoints", None),
            ("EndpointSlice", None),
            ("LimitRange", None),
            ("ResourceQuota", None),
            ("StorageClass", None),
            ("PriorityClass", None),
            ("RuntimeClass", None),
            ("NetworkPolicy", None),
            ("ValidatingAdmissionPolicy", None),
            ("PodMetrics", None),
            ("PodPreset", None),
            ("ControllerRevision", None),
            ("Event", None),
            ("Binding", None),
        ] {
            assert_eq!(meant(kind).map(|(_, kind)| kind), expected, "{kind}");
        }
    }
}
