//! Workloads whose pods stay as they are when the template changes: labels in it do not reach them by themselves.

use super::Context;
use super::document::Object;
use super::pods::Title;
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_yaml::Node;
use memchr::memmem::Finder;
use std::ops::Range;
use std::sync::LazyLock;

/// What stands in every object that holds its pods back, unless its kind alone says so; an object without it is not read in
/// full. The searchers are made once: most streams are asked thousands of times.
struct Words {
    pause: Finder<'static>,
    on_delete: Finder<'static>,
    partition: Finder<'static>,
    unmanaged: Finder<'static>,
}

const SHORTEST_WORD: usize = "pause".len();

static WORDS: LazyLock<Words> = LazyLock::new(|| Words {
    pause: Finder::new("pause"),
    on_delete: Finder::new("OnDelete"),
    partition: Finder::new("artition"),
    unmanaged: Finder::new("k8s.elastic.co/managed"),
});

/// Kinds that are read in full, since what holds their pods back has no word of its own.
const READ: [(&str, &str); 4] = [
    ("serving.knative.dev", "Service"),
    ("serving.knative.dev", "Configuration"),
    ("apps.openshift.io", "DeploymentConfig"),
    ("apps.kruise.io", "UnitedDeployment"),
];

/// Where a number of pods is kept back: below this one, or this many.
const PARTITIONS: [&[&str]; 3] = [
    &["spec", "updateStrategy", "rollingUpdate", "partition"],
    &["spec", "updateStrategy", "partition"],
    &["spec", "rolloutStrategy", "rollingUpdateConfiguration", "partition"],
];

const PAUSED: [&[&str]; 3] = [
    &["spec", "paused"],
    &["spec", "updateStrategy", "paused"],
    &["spec", "updateStrategy", "rollingUpdate", "paused"],
];

/// Annotations by which an operator leaves its pods alone.
const LEFT_ALONE: [(&str, &str); 2] =
    [("strimzi.io/pause-reconciliation", "true"), ("eck.k8s.elastic.co/managed", "false")];

/// What keeps a changed template from the pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    /// Nothing ever replaces them.
    Bare,
    /// A single pod, which is changed in place or not at all.
    Pod,
    /// A virtual machine, whose pod is as old as its last start.
    Machine,
    OnDelete,
    Partition,
    Paused,
    Manual,
    NoTrigger,
    NamedRevision,
}

impl Held {
    /// The message about a workload.
    fn message(self, title: &Title<'_>) -> String {
        match self {
            Self::Bare => format!("nothing replaces the pods of {title} when its template changes"),
            Self::Pod => {
                format!("nothing replaces {title}: its labels change only if the deploy changes the Pod that lives")
            }
            Self::Machine => format!("a running {title} keeps its pod, with the labels of its last start"),
            Self::OnDelete => format!("the pods of {title} stay as they are until somebody deletes them"),
            Self::Partition => format!("some pods of {title} are held back by its partition and stay as they are"),
            Self::Paused => format!("{title} is paused, so its pods stay as they are"),
            Self::Manual => format!("{title} is rolled out by hand, so its pods may stay as they are"),
            Self::NoTrigger => format!("no trigger of {title} rolls its pods out when its template changes"),
            Self::NamedRevision => {
                format!("the template of {title} names its revision, so the cluster refuses a changed label")
            }
        }
    }

    const fn help(self) -> &'static str {
        match self {
            Self::Bare => "make it a Deployment, or delete its pods after a deploy that changes labels",
            Self::Pod => "make it a Deployment or a Job, or delete it before a deploy that changes labels",
            Self::Machine => "start it anew after a deploy that changes labels, and before a callee is enforced",
            Self::OnDelete => {
                "delete its pods after a deploy that changes labels; until then they wear the earlier ones"
            }
            Self::Partition => {
                "lower the partition to 0 after a deploy that changes labels, and before a callee is enforced"
            }
            Self::Paused => "resume it after a deploy that changes labels, and before a callee is enforced",
            Self::Manual => "roll all of its pods out after a deploy that changes labels",
            Self::NoTrigger => "add the trigger `ConfigChange`, or roll it out after a deploy that changes labels",
            Self::NamedRevision => "leave `spec.template.metadata.name` out, or give it a new value in each deploy",
        }
    }
}

/// Where a workload need not be searched for what holds its pods back.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Its first pod template.
    pub(super) template: Option<Range<usize>>,
    /// Where its name and its annotations end, whichever comes last.
    pub(super) metadata_end: Option<usize>,
}

/// Says where the pods of a claimed workload stay as they are.
pub(super) fn check(
    context: &Context<'_>,
    object: &Object<'_, '_>,
    title: &Title<'_>,
    place: &Range<usize>,
    known: &Known,
) -> Option<Diagnostic> {
    let (held, range) = held(context.stream, object, known)?;
    let message = held.message(title);
    // All but one change as soon as somebody does what the help says; a deploy that names its revision fails.
    let diagnostic = if held == Held::NamedRevision {
        context.doubt(Code::PodsNotReplaced, message)
    } else {
        Diagnostic::new(Code::PodsNotReplaced, message)
    };
    Some(diagnostic.mark(context.span(&range.unwrap_or_else(|| place.clone())), "").help(held.help()))
}

fn held(stream: &str, object: &Object<'_, '_>, known: &Known) -> Option<(Held, Option<Range<usize>>)> {
    let slash = object.api_version.bytes().position(|byte| byte == b'/');
    let group = slash.and_then(|slash| object.api_version.get(..slash)).unwrap_or_default();
    match (group, object.kind) {
        ("", "Pod") => return Some((Held::Pod, None)),
        ("" | "apps" | "extensions", "ReplicaSet" | "ReplicationController") => return Some((Held::Bare, None)),
        ("kubevirt.io" | "pool.kubevirt.io", _) => return Some((Held::Machine, None)),
        _ => {}
    }
    if !READ.contains(&(group, object.kind)) {
        let mut whole = object.range();
        let end_of_first = known.template.as_ref().map_or(whole.end, |template| template.start);
        // What holds pods back of these kinds stands in the spec; other operators ask annotations too.
        if let ("apps" | "extensions" | "batch", Some(end)) = (group, known.metadata_end)
            && end <= end_of_first
        {
            whole.start = end;
        }
        let around = match &known.template {
            Some(template) => [whole.start..template.start, template.end..whole.end],
            None => [whole, 0..0],
        };
        // What is shorter than the words cannot hold one.
        let around = around.into_iter().filter(|part| part.len() >= SHORTEST_WORD);
        let mut around = around.filter_map(|part| stream.as_bytes().get(part));
        let has_word = match (group, object.kind) {
            // Most workloads are Deployments, and these know one of the words.
            ("apps" | "extensions", "Deployment") | ("batch", _) => around.any(|text| WORDS.pause.find(text).is_some()),
            ("apps" | "extensions", _) => {
                around.any(|text| WORDS.on_delete.find(text).is_some() || WORDS.partition.find(text).is_some())
            }
            _ => around.any(|text| {
                let words = [&WORDS.pause, &WORDS.on_delete, &WORDS.partition, &WORDS.unmanaged];
                words.iter().any(|word| word.find(text).is_some())
            }),
        };
        if !has_word {
            return None;
        }
    }
    object
        .with_followed(stream, |node| in_full(node, group, object.kind))
        .flatten()
        .map(|(held, range)| (held, Some(range)))
}

fn in_full(node: &Node<'_>, group: &str, kind: &str) -> Option<(Held, Range<usize>)> {
    let found = |held, node: &Node<'_>| (held, node.range());
    if group == "serving.knative.dev" {
        return at(node, &["spec", "template", "metadata", "name"]).map(|name| found(Held::NamedRevision, name));
    }
    let strategy = at(node, &["spec", "updateStrategy", "type"]);
    match strategy.and_then(Node::as_str) {
        Some("OnDelete") => return strategy.map(|node| found(Held::OnDelete, node)),
        Some("Manual") if kind == "UnitedDeployment" => return strategy.map(|node| found(Held::Manual, node)),
        _ => {}
    }
    if let Some(paused) = PAUSED.iter().find_map(|route| at(node, route).filter(|node| is_true(node))) {
        return Some(found(Held::Paused, paused));
    }
    if let Some(partition) = PARTITIONS.iter().find_map(|route| at(node, route).filter(|node| holds_some(node))) {
        return Some(found(Held::Partition, partition));
    }
    let annotations = at(node, &["metadata", "annotations"]).and_then(Node::as_mapping);
    let left_alone = annotations.and_then(|annotations| {
        LEFT_ALONE.iter().find_map(|(key, value)| annotations.get(key).filter(|node| node.as_str() == Some(value)))
    });
    if let Some(left_alone) = left_alone {
        return Some(found(Held::Paused, left_alone));
    }
    let triggers = at(node, &["spec", "triggers"]).filter(|_| kind == "DeploymentConfig")?;
    let rolls = |trigger: &Node<'_>| at(trigger, &["type"]).and_then(Node::as_str) == Some("ConfigChange");
    let some_rolls = triggers.as_sequence().is_none_or(|list| list.elements.iter().any(|element| rolls(&element.node)));
    (!some_rolls).then(|| found(Held::NoTrigger, triggers))
}

/// The node at a way of keys, where it is there and not null.
pub(super) fn at<'n, 't>(node: &'n Node<'t>, route: &[&str]) -> Option<&'n Node<'t>> {
    route.iter().try_fold(node, |node, key| node.as_mapping()?.get(key)).filter(|node| !node.is_null())
}

/// Whether a node is true for any reader: YAML 1.1 takes `yes` and `on` for it too.
fn is_true(node: &Node<'_>) -> bool {
    let Some(scalar) = node.as_scalar() else { return false };
    let is_plain = scalar.style == hedgerow_yaml::ScalarStyle::Plain;
    is_plain && ["true", "yes", "on", "y"].iter().any(|word| scalar.value.eq_ignore_ascii_case(word))
}

/// Whether a partition, a number or a percentage, is more than nothing.
fn holds_some(node: &Node<'_>) -> bool {
    let number = node.as_str().map(|text| text.trim_end_matches('%'));
    number.is_some_and(|number| !number.trim_start_matches('0').is_empty())
}
