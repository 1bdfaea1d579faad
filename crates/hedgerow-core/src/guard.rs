//! Who may put Hedgerow's labels on pods, and what an API server does when somebody else tries: the section `guard:`.

use crate::name::{EnvironmentName, Namespace};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The section `guard:` of `hedgerow.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// How the guard behaves, for every environment of the fleet.
    pub settings: BTreeMap<EnvironmentName, GuardSettings>,
    /// Who may put the labels on, and write the policies.
    pub wear: Vec<Grant>,
    /// Who may get into pods: `exec`, `attach`, port forwarding, debug containers.
    pub enter: Vec<Grant>,
    /// Controllers that make pods and are not Kubernetes' own.
    pub controllers: Vec<Controller>,
    /// The environments where labels are bound to the account that pods run as.
    pub accounts: BTreeSet<EnvironmentName>,
    /// Where it is written.
    pub place: Span,
}

/// How the guard behaves in one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuardSettings {
    /// What happens to a forged label.
    pub mode: GuardMode,
    /// How much is guarded.
    pub strength: GuardStrength,
}

/// What happens to a request that the guard is against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardMode {
    /// It is granted and noted in the audit log.
    Audit,
    /// It is granted, noted, and whoever asked is warned.
    Warn,
    /// It is refused and noted.
    Deny,
}

/// How much is guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GuardStrength {
    /// Every change of a label, and Hedgerow's own policies.
    Basic,
    /// Also what can be done with labels that are worn already, and others' policies.
    Strict,
}

/// Some who are given a right, somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Who; at least one.
    pub who: BTreeSet<Subject>,
    /// In which environments; nothing means all.
    pub environments: Option<BTreeSet<EnvironmentName>>,
    /// In which namespaces; nothing means all of the fleet's.
    pub namespaces: Option<BTreeSet<Namespace>>,
}

/// Somebody whom the API server knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A group.
    Group(String),
    /// A service account.
    ServiceAccount {
        /// Where it lives.
        namespace: Namespace,
        /// Its name.
        name: String,
    },
    /// A user.
    User(String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(name) => write!(f, "group `{name}`"),
            Self::ServiceAccount { namespace, name } => write!(f, "service account `{namespace}/{name}`"),
            Self::User(name) => write!(f, "user `{name}`"),
        }
    }
}

/// A controller that makes pods, or what pods are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controller {
    /// The namespace of its service account.
    pub namespace: Namespace,
    /// The name of its service account.
    pub account: String,
    /// The kinds that hold its pod templates.
    pub kinds: Vec<TemplateKind>,
}

/// A kind of object with a pod template in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TemplateKind {
    /// The API group, such as `argoproj.io`.
    pub group: String,
    /// The resource in the plural, such as `rollouts`.
    pub resource: String,
    /// The way from the object to the template, such as `spec`, `template`; empty where the object is the template.
    pub template: Vec<String>,
    /// The ways to more labels of its pods.
    pub labels: Vec<Vec<String>>,
}

impl Guard {
    /// Who is given a right in one namespace of an environment, by name.
    #[must_use]
    pub fn granted<'g>(
        grants: &'g [Grant],
        environment: &EnvironmentName,
        namespace: &Namespace,
    ) -> BTreeSet<&'g Subject> {
        let here = grants.iter().filter(|grant| {
            grant.environments.as_ref().is_none_or(|names| names.contains(environment))
                && grant.namespaces.as_ref().is_none_or(|names| names.contains(namespace))
        });
        here.flat_map(|grant| &grant.who).collect()
    }

    /// The kinds that controllers make pods from.
    #[must_use]
    pub fn kinds(&self) -> BTreeSet<&TemplateKind> {
        self.controllers.iter().flat_map(|controller| &controller.kinds).collect()
    }
}
