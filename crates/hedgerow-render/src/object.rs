//! A Kubernetes object that Hedgerow writes.

use hedgerow_core::label::{Mark, ObjectName};
use hedgerow_core::name::Namespace;
use hedgerow_yaml::Yaml;

/// The label that tells people who wrote an object. Hosts put names of their own there, so nothing depends on it; objects are
/// known by their [`Mark`].
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Its value on objects of ours.
pub use hedgerow_core::label::MANAGER;

/// What kind of object it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `networking.k8s.io/v1` NetworkPolicy.
    NetworkPolicy,
    /// `projectcalico.org/v3` NetworkPolicy.
    CalicoNetworkPolicy,
    /// `projectcalico.org/v3` GlobalNetworkPolicy; has no namespace.
    CalicoGlobalNetworkPolicy,
    /// `projectcalico.org/v3` StagedKubernetesNetworkPolicy.
    CalicoStagedKubernetesNetworkPolicy,
    /// `projectcalico.org/v3` StagedGlobalNetworkPolicy; has no namespace.
    CalicoStagedGlobalNetworkPolicy,
    /// `v1` ConfigMap that holds a NetworkPolicy as data.
    PolicyData,
}

impl Kind {
    /// All kinds of objects that Hedgerow writes.
    pub const ALL: [Self; 6] = [
        Self::NetworkPolicy,
        Self::CalicoNetworkPolicy,
        Self::CalicoGlobalNetworkPolicy,
        Self::CalicoStagedKubernetesNetworkPolicy,
        Self::CalicoStagedGlobalNetworkPolicy,
        Self::PolicyData,
    ];

    /// The `apiVersion`.
    #[must_use]
    pub const fn api_version(self) -> &'static str {
        match self {
            Self::NetworkPolicy => "networking.k8s.io/v1",
            Self::PolicyData => "v1",
            Self::CalicoNetworkPolicy
            | Self::CalicoGlobalNetworkPolicy
            | Self::CalicoStagedKubernetesNetworkPolicy
            | Self::CalicoStagedGlobalNetworkPolicy => "projectcalico.org/v3",
        }
    }

    /// The `kind`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NetworkPolicy | Self::CalicoNetworkPolicy => "NetworkPolicy",
            Self::CalicoGlobalNetworkPolicy => "GlobalNetworkPolicy",
            Self::CalicoStagedKubernetesNetworkPolicy => "StagedKubernetesNetworkPolicy",
            Self::CalicoStagedGlobalNetworkPolicy => "StagedGlobalNetworkPolicy",
            Self::PolicyData => "ConfigMap",
        }
    }

    /// The key under which an object of this kind says what it is there for.
    #[must_use]
    pub const fn content(self) -> &'static str {
        match self {
            Self::NetworkPolicy
            | Self::CalicoNetworkPolicy
            | Self::CalicoGlobalNetworkPolicy
            | Self::CalicoStagedKubernetesNetworkPolicy
            | Self::CalicoStagedGlobalNetworkPolicy => "spec",
            Self::PolicyData => "data",
        }
    }

    /// The kind with these two names, if it is one that Hedgerow writes.
    #[must_use]
    pub fn of(api_version: &str, kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.api_version() == api_version && known.as_str() == kind)
    }
}

/// One object, ready to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: ObjectName,
    /// Its namespace; nothing where it is to land wherever the deploy lands, or has none.
    pub namespace: Option<Namespace>,
    /// The label that it is known by.
    pub mark: Mark,
    /// What stands under [`Kind::content`].
    pub(crate) spec: Yaml,
}

impl Object {
    /// The object as a tree, its keys in the order of the Kubernetes documentation.
    #[must_use]
    pub fn to_yaml(&self) -> Yaml {
        let mut metadata = vec![("name", Yaml::str(self.name.as_str()))];
        if let Some(namespace) = &self.namespace {
            metadata.push(("namespace", Yaml::str(namespace.as_str())));
        }
        let mut labels = [(MANAGED_BY, MANAGER), (self.mark.key().as_str(), self.mark.value().as_str())];
        labels.sort_unstable();
        metadata.push(("labels", Yaml::map(labels.map(|(key, value)| (key, Yaml::str(value))))));
        Yaml::map([
            ("apiVersion", Yaml::str(self.kind.api_version())),
            ("kind", Yaml::str(self.kind.as_str())),
            ("metadata", Yaml::map(metadata)),
            (self.kind.content(), self.spec.clone()),
        ])
    }

    /// The object as one YAML document in block style, without a separator, ending in a line feed.
    #[must_use]
    pub fn emit(&self) -> String {
        self.to_yaml().to_block()
    }
}

/// A sequence of strings.
pub(crate) fn strings<'s>(items: impl IntoIterator<Item = &'s str>) -> Yaml {
    Yaml::seq(items.into_iter().map(Yaml::str))
}
