//! In which order each host writes a deploy: a small model of each.
//!
//! | host | writes | deletes what is no longer there |
//! | --- | --- | --- |
//! | Helm 3 | the stream as the post-renderer left it, one object after the other; on a first install neighbours of one kind at once | after all writes, in the order of the old stream |
//! | Helm 4 | sorted by kind, then by file, then as in the file; the same otherwise | the same |
//! | a pipe into `kubectl apply` | the stream | after all writes with `--prune`, in any order; without it never |
//! | Argo CD | by kind, all of one kind at once | before all writes, or after them with `PruneLast` |
//! | kustomize, legacy order | workloads first, then by kind, version, group and name | as `kubectl apply` |
//! | kustomize, `fifo` | what was there before the plugin, then what it added | as `kubectl apply` |

use crate::world::Object;
use std::cmp::Ordering;

/// A program that deploys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    Helm3,
    Helm4,
    Kubectl,
    KubectlPrune,
    ArgoCd,
    ArgoCdPruneLast,
    KustomizeLegacy,
    KustomizeFifo,
}

impl Host {
    pub(crate) const ALL: [Self; 8] = [
        Self::Helm3,
        Self::Helm4,
        Self::Kubectl,
        Self::KubectlPrune,
        Self::ArgoCd,
        Self::ArgoCdPruneLast,
        Self::KustomizeLegacy,
        Self::KustomizeFifo,
    ];

    /// What the library and the page of stages know it as.
    pub(crate) const fn class(self) -> hedgerow::core::moves::Host {
        use hedgerow::core::moves::Host as Class;
        match self {
            Self::Helm3 | Self::Helm4 | Self::Kubectl | Self::KubectlPrune => Class::Stream,
            Self::ArgoCd | Self::ArgoCdPruneLast => Class::ArgoCd,
            Self::KustomizeLegacy | Self::KustomizeFifo => Class::Kustomize,
        }
    }
}

/// One write.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Write {
    Apply(Object),
    Delete(String),
}

/// Some writes, one after the other or in any order.
#[derive(Debug, Clone)]
pub(crate) struct Phase {
    pub(crate) writes: Vec<Write>,
    pub(crate) any_order: bool,
}

impl Phase {
    fn in_order(objects: Vec<Object>) -> Self {
        Self { writes: objects.into_iter().map(Write::Apply).collect(), any_order: false }
    }

    fn any_order(objects: Vec<Object>) -> Self {
        Self { any_order: true, ..Self::in_order(objects) }
    }
}

/// Helm's order of kinds, as far as Hedgerow's objects and workloads are concerned (`InstallOrder` of Helm 3 and 4).
const HELM: [&str; 33] = [
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
];

/// kustomize's legacy order: these kinds first, then all others by kind, version and group.
const KUSTOMIZE_FIRST: [&str; 19] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
];

/// Kinds of Helm's list by their place; unknown ones behind them by name. Stable.
fn by_helm(a: &Object, b: &Object) -> Ordering {
    let place = |object: &Object| HELM.iter().position(|kind| *kind == object.kind).unwrap_or(HELM.len());
    place(a).cmp(&place(b)).then_with(|| if place(a) == HELM.len() { a.kind.cmp(&b.kind) } else { Ordering::Equal })
}

fn by_kustomize(a: &Object, b: &Object) -> Ordering {
    let place = |object: &Object| KUSTOMIZE_FIRST.iter().position(|kind| *kind == object.kind).unwrap_or(usize::MAX);
    let text = |object: &Object| format!("{}.{}.{}", object.kind, object.version, object.group);
    (place(a), text(a), &a.name).cmp(&(place(b), text(b), &b.name))
}

/// The documents in the order in which the host prints or writes them.
pub(crate) fn sorted(host: Host, stream: &[Object]) -> Vec<Object> {
    let mut objects = stream.to_vec();
    match host {
        Host::Helm3 | Host::Kubectl | Host::KubectlPrune => {}
        Host::Helm4 | Host::ArgoCd | Host::ArgoCdPruneLast => objects.sort_by(by_helm),
        Host::KustomizeLegacy => objects.sort_by(by_kustomize),
        // kustomize keeps the order of what it had; what a plugin adds comes behind it, wherever the plugin printed it.
        Host::KustomizeFifo => objects.sort_by_key(|object| object.is_policy()),
    }
    objects
}

/// The phases of an upgrade from one stream to another. Whatever is in both is written again.
pub(crate) fn upgrade(host: Host, before: &[Object], after: &[Object]) -> Vec<Phase> {
    let gone: Vec<Write> = sorted(host, before)
        .into_iter()
        .filter(|old| !after.iter().any(|new| new.key == old.key))
        .map(|old| Write::Delete(old.key.clone()))
        .collect();
    let writes = sorted(host, after);
    let deletions = |any_order| Phase { writes: gone.clone(), any_order };
    match host {
        Host::Helm3 | Host::Helm4 => vec![Phase::in_order(writes), deletions(false)],
        Host::Kubectl => vec![Phase::in_order(writes)],
        Host::KubectlPrune | Host::KustomizeLegacy | Host::KustomizeFifo => {
            vec![Phase::in_order(writes), deletions(true)]
        }
        Host::ArgoCd => std::iter::once(deletions(true)).chain(by_kind(writes)).collect(),
        Host::ArgoCdPruneLast => by_kind(writes).into_iter().chain([deletions(true)]).collect(),
    }
}

/// The phases of a first install.
pub(crate) fn install(host: Host, stream: &[Object]) -> Vec<Phase> {
    let writes = sorted(host, stream);
    match host {
        Host::Helm3 | Host::Helm4 | Host::ArgoCd | Host::ArgoCdPruneLast => by_kind(writes),
        Host::Kubectl | Host::KubectlPrune | Host::KustomizeLegacy | Host::KustomizeFifo => {
            vec![Phase::in_order(writes)]
        }
    }
}

/// Neighbours of one kind at once. The API group is no part of the kind.
fn by_kind(objects: Vec<Object>) -> Vec<Phase> {
    let mut groups: Vec<Vec<Object>> = Vec::new();
    for object in objects {
        match groups.last_mut().filter(|group| group[0].kind == object.kind) {
            Some(group) => group.push(object),
            None => groups.push(vec![object]),
        }
    }
    groups.into_iter().map(Phase::any_order).collect()
}
