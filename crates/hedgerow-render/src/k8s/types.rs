//! The wire form of a NetworkPolicy, in the order in which it is written.

use crate::object::strings;
use hedgerow_core::cidr::Cidr;
use hedgerow_core::name::Protocol;
use hedgerow_core::policy::Labels;
use hedgerow_yaml::Yaml;
use std::num::NonZeroU16;

/// `spec`, always with `policyTypes: [Ingress]`.
pub(super) struct PolicySpec {
    /// Whether it is a staged policy's, which has `stagedAction` in front.
    pub(super) staged: bool,
    /// `podSelector`
    pub(super) pods: LabelSelector,
    /// `ingress`; an empty list admits nobody.
    pub(super) ingress: Vec<IngressRule>,
}

/// One entry of `ingress`.
pub(super) struct IngressRule {
    /// `from`; left out it admits anybody.
    pub(super) from: Option<Vec<PeerSelector>>,
    /// `ports`; left out it opens all.
    pub(super) ports: Option<Vec<PolicyPort>>,
}

/// One entry of `from`.
pub(super) enum PeerSelector {
    /// Pods by their labels, in the policy's namespace where no namespaces are given.
    Pods {
        /// `namespaceSelector`
        namespaces: Option<LabelSelector>,
        /// `podSelector`
        pods: LabelSelector,
    },
    /// All pods of the selected namespaces.
    Namespaces(LabelSelector),
    /// All pods of the policy's own namespace.
    OwnNamespace,
    /// `ipBlock`
    Block {
        /// `cidr`
        cidr: Cidr,
        /// `except`
        except: Vec<Cidr>,
    },
}

/// A selector that is empty only where everything is meant.
///
/// It is written as `matchExpressions` throughout. What `kustomize` calls label transformers (`commonLabels`, `labels` with
/// `includeSelectors`) add to every `matchLabels` they find and leave expressions alone: in the selector of a peer such a label
/// turns permitted callers away, in a policy's own it loses the pods of kinds that the transformer does not know.
#[derive(Clone)]
pub(super) struct LabelSelector(Vec<(String, Vec<String>)>);

/// One entry of `ports`.
pub(super) struct PolicyPort {
    /// `port`
    pub(super) number: NonZeroU16,
    /// `protocol`
    pub(super) protocol: Protocol,
}

impl LabelSelector {
    pub(super) fn labels(labels: &Labels) -> Self {
        debug_assert!(!labels.is_empty(), "an empty selector would select everything");
        Self(labels.iter().map(|(key, value)| (key.as_str().to_owned(), vec![value.as_str().to_owned()])).collect())
    }

    /// One label with one of several values.
    pub(super) fn one_of(key: &str, mut values: Vec<String>) -> Self {
        debug_assert!(!values.is_empty(), "`In` without values selects nothing and is refused by Kubernetes");
        values.sort();
        values.dedup();
        Self(vec![(key.to_owned(), values)])
    }

    /// `{}`, which selects everything: for [`Place::Anywhere`] alone.
    ///
    /// [`Place::Anywhere`]: hedgerow_core::policy::Place::Anywhere
    pub(super) const fn everything() -> Self {
        Self(Vec::new())
    }

    fn to_yaml(&self) -> Yaml {
        if self.0.is_empty() {
            return Yaml::Map(Vec::new());
        }
        let expressions = self.0.iter().map(|(key, values)| {
            Yaml::map([
                ("key", Yaml::str(key)),
                ("operator", Yaml::str("In")),
                ("values", strings(values.iter().map(String::as_str))),
            ])
        });
        Yaml::map([("matchExpressions", Yaml::Seq(expressions.collect()))])
    }
}

impl PolicySpec {
    pub(super) fn to_yaml(&self) -> Yaml {
        let mut entries = Vec::new();
        if self.staged {
            entries.push(("stagedAction", Yaml::str("Set")));
        }
        entries.push(("podSelector", self.pods.to_yaml()));
        entries.push(("policyTypes", strings(["Ingress"])));
        entries.push(("ingress", Yaml::Seq(self.ingress.iter().map(IngressRule::to_yaml).collect())));
        Yaml::map(entries)
    }
}

impl IngressRule {
    fn to_yaml(&self) -> Yaml {
        let from = self.from.as_ref().map(|from| ("from", Yaml::Seq(from.iter().map(PeerSelector::to_yaml).collect())));
        let ports =
            self.ports.as_ref().map(|ports| ("ports", Yaml::Seq(ports.iter().map(PolicyPort::to_yaml).collect())));
        Yaml::map(from.into_iter().chain(ports))
    }
}

impl PeerSelector {
    fn to_yaml(&self) -> Yaml {
        match self {
            Self::Pods { namespaces, pods } => {
                let namespaces = namespaces.as_ref().map(|selector| ("namespaceSelector", selector.to_yaml()));
                Yaml::map(namespaces.into_iter().chain([("podSelector", pods.to_yaml())]))
            }
            Self::OwnNamespace => Yaml::map([("podSelector", Yaml::Map(Vec::new()))]),
            Self::Namespaces(selector) => Yaml::map([("namespaceSelector", selector.to_yaml())]),
            Self::Block { cidr, except } => {
                let mut block = vec![("cidr", Yaml::str(cidr.to_string()))];
                if !except.is_empty() {
                    block.push(("except", Yaml::Seq(except.iter().map(|cidr| Yaml::str(cidr.to_string())).collect())));
                }
                Yaml::map([("ipBlock", Yaml::map(block))])
            }
        }
    }
}

impl PolicyPort {
    fn to_yaml(&self) -> Yaml {
        Yaml::map([("port", Yaml::Int(i64::from(self.number.get()))), ("protocol", Yaml::str(self.protocol.as_str()))])
    }
}
