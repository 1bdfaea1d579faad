//! What a comparison of manifests and rules has found.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::planned::PLANNED;
use hedgerow_core::diag::{Code, Diagnostic, Severity, enumerate};
use hedgerow_core::source::Span;
use hedgerow_eval::{AddressRange, DecidedBy, Direction, ObjectRef, PolicyId, PortRange};

/// What was compared and how it differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The differences, in a stable order.
    pub findings: Vec<Finding>,
    /// How much was compared.
    pub checked: Checked,
    /// Services that the manifests do not hold: neither pods of theirs nor a policy that would guard them.
    pub absent: Vec<String>,
    /// Services that the manifests hold policies for and no pods of, with these policies: they are taken to have pods that
    /// wear what the plan gives them.
    pub without_pods: BTreeMap<String, Vec<PolicyId>>,
    /// Pods of no service that no policy guards.
    pub unguarded: Vec<ObjectRef>,
    /// Policies that have no effect because they are staged.
    pub staged: Vec<ObjectRef>,
}

/// How much was compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked {
    /// Services of which the manifests hold pods or policies.
    pub services: usize,
    /// Permissions of these services: rules, types and `allow` entries.
    pub permissions: usize,
    /// Workloads, also those of no service.
    pub workloads: usize,
    /// Policies that have an effect.
    pub policies: usize,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// An edge is permitted and does not work.
    Missing(Edges),
    /// An edge works and is not permitted.
    Unruled(Edges),
    /// No policy guards pods that should be guarded.
    NotIsolated {
        /// The service.
        service: String,
        /// Its pods.
        pods: ObjectRef,
        /// Why no policy does.
        why: Unguarded,
        /// The service's file.
        place: Span,
    },
    /// Policies drop traffic to pods to which everybody should come through.
    Isolated {
        /// The service.
        service: String,
        /// Its pods.
        pods: ObjectRef,
        /// The policies that guard them.
        policies: Vec<(PolicyId, Span)>,
        /// The service's file.
        place: Span,
    },
    /// A policy selects no pod.
    Idle {
        /// The policy.
        policy: PolicyId,
        /// Its text.
        place: Span,
    },
    /// A policy that an earlier version of Hedgerow wrote and that today's replaces under another name.
    Leftover {
        /// The service.
        service: String,
        /// The policy.
        policy: PolicyId,
        /// The name of the object that stands in its place today.
        successor: String,
        /// Its text.
        place: Span,
    },
    /// The manifests do not tell whether a policy selects pods of services.
    MaySelect {
        /// The policy.
        policy: PolicyId,
        /// The services.
        services: BTreeSet<String>,
        /// Its text.
        place: Span,
    },
    /// A policy names a port of pods that are not among the manifests, and the rules do not declare it.
    UnknownPort {
        /// The service.
        service: String,
        /// The name of the port.
        port: String,
        /// The policy.
        policy: PolicyId,
        /// Its text.
        place: Span,
    },
    /// Policies were too intricate to say who else comes in.
    Unsearched {
        /// The policy.
        policy: PolicyId,
        /// Its text.
        place: Span,
    },
    /// A staged policy holds what is not modelled, while staged policies are compared as if they were enforced.
    UnreadStaged {
        /// The policy.
        policy: ObjectRef,
        /// Its text.
        place: Span,
    },
    /// Pods and policies are what the rules give, in another namespace than their services'.
    Misplaced {
        /// The namespace that they are in.
        written: String,
        /// The namespace that their services live in.
        namespace: String,
        /// The services.
        services: BTreeSet<String>,
        /// The workloads.
        pods: Vec<ObjectRef>,
        /// The policies.
        policies: Vec<PolicyId>,
        /// The text of the first of them.
        place: Span,
        /// What can be done where an environment calls a namespace otherwise than the files.
        advice: Option<String>,
    },
    /// A pod wears a label of Hedgerow's that the rules do not give it.
    UnbackedLabel {
        /// The service whose pod it is; absent for pods of no service.
        service: Option<String>,
        /// The pods.
        pods: ObjectRef,
        /// The label's key.
        key: String,
        /// The label's value.
        value: String,
        /// The pods' text.
        place: Span,
    },
}

/// Several callers of one callee, on the same ports and for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edges {
    /// Who is called.
    pub callee: String,
    /// The callee's pods.
    pub pods: ObjectRef,
    /// Who calls.
    pub callers: BTreeSet<Caller>,
    /// Those of their pods that lack labels.
    pub lacking: BTreeSet<Lacking>,
    /// On which container ports.
    pub ports: Vec<PortRange>,
    /// What the policies did.
    pub cause: Cause,
    /// The file that permits the edge, or else the callee's.
    pub place: Span,
    /// Whether it is a type that permits the edge.
    pub is_by_type: bool,
    /// Whether a backstop lets everybody through today, so that the difference shows when the policies are enforced.
    pub is_tried: bool,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// A service.
    Service {
        /// Its name.
        name: String,
        /// Label keys that the rules give its pods and that these do not wear.
        lacks: Vec<String>,
    },
    /// Pods of no service.
    Pods(ObjectRef),
    /// Addresses outside.
    Outside(AddressRange),
    /// Whoever this says, who is not among the manifests.
    Unlisted(String),
}

/// Pods of a service that do not wear what the rules give them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lacking {
    /// Whose they are.
    pub service: String,
    /// The keys of the labels.
    pub keys: Vec<String>,
    /// Whether they are a hook of Helm, which another deploy may not label either.
    pub is_hook: bool,
    /// The pod, or what makes the pods.
    pub pods: ObjectRef,
}

/// What the policies did with a flow, and at which end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// The end that decided.
    pub direction: Direction,
    /// What decided.
    pub by: DecidedBy,
    /// The text of the policy that decided, or of the first that failed to.
    pub place: Option<Span>,
}

/// Why no policy guards some pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unguarded {
    /// None selects them.
    NotSelected,
    /// They share their node's network, where none can.
    HostNetwork,
    /// None selects them, and it is only tried: nothing is dropped, and nothing is seen either.
    NotWatched,
}

impl Report {
    /// Whether the manifests differ from the rules in a way that matters.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity() == Severity::Error)
    }
}

impl Finding {
    /// The edges it is about, where it is about edges.
    #[must_use]
    pub const fn edges(&self) -> Option<&Edges> {
        match self {
            Self::Missing(edges) | Self::Unruled(edges) => Some(edges),
            Self::NotIsolated { .. }
            | Self::Isolated { .. }
            | Self::Idle { .. }
            | Self::Leftover { .. }
            | Self::MaySelect { .. }
            | Self::UnknownPort { .. }
            | Self::Unsearched { .. }
            | Self::UnreadStaged { .. }
            | Self::Misplaced { .. }
            | Self::UnbackedLabel { .. } => None,
        }
    }

    /// The code it is reported by.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Missing(_) => Code::MissingEdge,
            Self::Unruled(_) => Code::UnruledEdge,
            Self::NotIsolated { .. } => Code::NotIsolated,
            Self::Isolated { .. } => Code::CatchAllIsolates,
            Self::Idle { .. } => Code::IdlePolicy,
            Self::Leftover { .. } => Code::UnbackedPolicy,
            Self::MaySelect { .. } | Self::UnknownPort { .. } | Self::Unsearched { .. } | Self::UnreadStaged { .. } => {
                Code::UnsupportedPolicy
            }
            Self::UnbackedLabel { .. } => Code::UnbackedLabel,
            Self::Misplaced { .. } => Code::NamespaceMismatch,
        }
    }

    /// How bad it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        let is_harmless = matches!(self, Self::NotIsolated { why: Unguarded::NotWatched, .. });
        if is_harmless { Severity::Warning } else { self.code().severity() }
    }

    /// The finding as a diagnostic, with the places of the rule and of the policy.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let diagnostic = |message| Diagnostic::new(self.code(), message).severity(self.severity());
        match self {
            Self::Missing(edges) => {
                let (who, callee, on) = (edges.subject(), &edges.callee, edges.on());
                let message = if edges.is_tried {
                    format!(
                        "{who} can reach `{callee}` on {on}, which is permitted, only because nothing is enforced yet"
                    )
                } else {
                    format!("{who} cannot reach `{callee}` on {on}, which is permitted")
                };
                edges.marked(diagnostic(message), "permitted here")
            }
            Self::Unruled(edges) => {
                let (who, callee, on) = (edges.subject(), &edges.callee, edges.on());
                let message = if edges.is_tried {
                    format!("{who} will reach `{callee}` on {on} when it is enforced, which nothing permits")
                } else {
                    format!("{who} can reach `{callee}` on {on}, which nothing permits")
                };
                edges.marked(diagnostic(message), "the service that is reached")
            }
            Self::NotIsolated { service, pods, why, place } => {
                let message = match why {
                    Unguarded::NotSelected => {
                        format!("no policy selects {pods} of `{service}`: everybody comes through")
                    }
                    Unguarded::HostNetwork => {
                        format!("no policy can select {pods} of `{service}`, which is on its node's network")
                    }
                    Unguarded::NotWatched => {
                        format!("no policy selects {pods} of `{service}`: the stage `audit` sees nothing")
                    }
                };
                diagnostic(message).mark(*place, "")
            }
            Self::Isolated { service, pods, policies, place } => {
                let is = if pods.kind == PLANNED { "are" } else { "is" };
                let message = format!(
                    "{pods} of `{service}`, which should be open to everybody, {is} isolated by {}",
                    enumerate(policies.iter().map(|(policy, _)| policy))
                );
                let marked = diagnostic(message).mark(*place, "its stage drops nothing");
                policies.iter().fold(marked, |diagnostic, (_, place)| diagnostic.mark(*place, "this policy"))
            }
            Self::Leftover { service, policy, successor, place } => {
                let message =
                    format!("{policy} is what an earlier version wrote for `{service}`; `{successor}` takes its place");
                let namespace = policy.namespace.as_deref().unwrap_or_default();
                let help = format!(
                    "when `{successor}` is in the cluster: `kubectl delete networkpolicies.projectcalico.org {} -n {namespace}`",
                    policy.name
                );
                diagnostic(message).mark(*place, "").help(help)
            }
            Self::MaySelect { policy, services, place } => {
                let names = enumerate(services.iter().map(|name| format!("`{name}`")));
                let message = format!("whether {policy} selects pods of {names} too is not known");
                diagnostic(message).mark(*place, "").help(
                    "it selects by labels of a namespace or service account that is not among the manifests, or by labels that controllers give: verify them together with what `kubectl get namespaces,serviceaccounts,pods -A -o yaml` prints",
                )
            }
            Self::UnknownPort { service, port, policy, place } => {
                let message = format!(
                    "{policy} names the port `{port}`, and whether pods of `{service}` have one of that name is not known"
                );
                diagnostic(message).mark(*place, "").help(format!(
                    "verify it together with the workloads of `{service}`, or declare the port in its service.yaml"
                ))
            }
            Self::Unsearched { policy, place } => {
                let message = format!("{policy} is too complex: who else it lets in could not be worked out");
                diagnostic(message).mark(*place, "")
            }
            Self::UnreadStaged { policy, place } => {
                let message = format!("what {policy} would do once it is enforced is not known");
                diagnostic(message)
                    .mark(*place, "")
                    .help("it has parts that are not modelled: see the warning about it")
            }
            Self::Misplaced { written, namespace, services, pods, policies, place, advice } => {
                let count = |number: usize, one: &str, many: &str| match number {
                    0 => None,
                    1 => Some(format!("1 {one}")),
                    _ => Some(format!("{number} {many}")),
                };
                let what = [count(pods.len(), "workload", "workloads"), count(policies.len(), "policy", "policies")];
                let what = what.into_iter().flatten().collect::<Vec<_>>().join(" and ");
                let is = if pods.len() + policies.len() == 1 { "is" } else { "are" };
                let whose = match services.iter().next() {
                    Some(only) if services.len() == 1 => format!("`{only}` lives"),
                    _ => format!("their {} services live", services.len()),
                };
                let message = format!("{what} {is} in namespace `{written}`, but {whose} in `{namespace}`");
                diagnostic(message)
                    .mark(*place, if pods.len() + policies.len() == 1 { "" } else { "the first of them" })
                    .help(format!("if the manifests name no namespace: `--namespace {namespace}`"))
                    .help(match advice {
                        Some(advice) => format!("if they name `{written}`: {advice}"),
                        None => format!(
                            "if they name `{written}`: deploy to `{namespace}`, or say under `namespaces` of the environment in hedgerow.yaml what `{namespace}` is called there"
                        ),
                    })
            }
            Self::Idle { policy, place } => diagnostic(format!("{policy} selects no pod")).mark(*place, ""),
            Self::UnbackedLabel { service, pods, key, value, place } => {
                let whose = service.as_ref().map_or(String::new(), |service| format!(" of `{service}`"));
                let message = format!("{pods}{whose} wears `{key}: {value}`, which no rule gives it");
                diagnostic(message).mark(*place, "")
            }
        }
    }
}

impl Edges {
    /// Whether both are about the same flows, whatever decides on them.
    pub(crate) fn is_about_same(&self, other: &Self) -> bool {
        (&self.callee, &self.pods, &self.callers, &self.ports)
            == (&other.callee, &other.pods, &other.callers, &other.ports)
    }

    /// The callers in words: all of them where they are few.
    fn subject(&self) -> String {
        const SHOWN: usize = 4;
        let shown: Vec<_> = self.callers.iter().take(SHOWN).map(ToString::to_string).collect();
        match self.callers.len().saturating_sub(SHOWN) {
            0 => shown.join(", "),
            more => format!("{} and {more} more", shown.join(", ")),
        }
    }

    fn on(&self) -> String {
        self.ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    fn marked(&self, diagnostic: Diagnostic, here: &str) -> Diagnostic {
        let mut diagnostic = diagnostic.mark(self.place, here);
        if let Some(place) = self.cause.place {
            diagnostic = diagnostic.mark(place, self.cause.to_string());
        }
        let mut alike = BTreeMap::<_, Vec<String>>::new();
        for Lacking { service, keys, is_hook, pods } in &self.lacking {
            alike.entry((service, keys, is_hook)).or_default().push(pods.to_string());
        }
        for ((service, keys, is_hook), pods) in alike {
            diagnostic = diagnostic.help(lacking(service, keys, *is_hook, &pods));
        }
        if self.cause.place.is_none() {
            diagnostic = diagnostic.help(self.cause.to_string());
        }
        if self.is_by_type {
            let help = "a type permits it: the policies for types come from `hedgerow render --platform`, are they among the manifests?";
            diagnostic = diagnostic.help(help);
        }
        diagnostic
    }
}

/// What is to be done about pods that lack labels, which are named where they are few.
fn lacking(service: &str, keys: &[String], is_hook: bool, pods: &[String]) -> String {
    const SHOWN: usize = 3;
    let keys = keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    let shown = pods.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    let (who, lack) = match pods.len() {
        0 | 1 => (shown, "lacks"),
        2..=SHOWN => (shown, "lack"),
        more => (format!("{shown} and {} more", more - SHOWN), "lack"),
    };
    if is_hook {
        format!(
            "{who} of `{service}` {lack} {keys}; to deploy again does not help with Helm 3, which hands hooks to no post-renderer: write what `hedgerow labels {service}` prints into the chart"
        )
    } else {
        format!("deploy `{service}` again: {who} {lack} {keys}")
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service { name, .. } => write!(f, "`{name}`"),
            Self::Pods(pods) => pods.fmt(f),
            Self::Outside(range) => range.fmt(f),
            Self::Unlisted(who) => f.write_str(who),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = self.direction.as_str();
        match &self.by {
            DecidedBy::OutOfReach => write!(f, "no policy for {direction} can guard that end"),
            DecidedBy::Unguarded => write!(f, "no policy for {direction} guards that end"),
            DecidedBy::Rule { policy, index } => write!(f, "{policy} decides by its {direction} rule {index}"),
            DecidedBy::EndOfTier { tier, policies } => {
                let names: Vec<_> = policies.iter().map(ToString::to_string).collect();
                write!(f, "no {direction} rule of {} lets it through (tier `{tier}`)", names.join(", "))
            }
            DecidedBy::EndOfTiers => write!(f, "no {direction} rule of any tier decides, and every tier passes it on"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hedgerow_core::source::Sources;

    #[test]
    fn one_object_is_and_planned_pods_are() {
        let place = Span { source: Sources::default().add("in.yaml", ""), start: 0, end: 0 };
        for (kind, says) in [(PLANNED, "are isolated"), ("Deployment", "is isolated"), ("Redis", "is isolated")] {
            let pods = ObjectRef { kind: kind.to_owned(), namespace: None, name: "ledger".to_owned() };
            let service = "service.ledger".to_owned();
            let finding = Finding::Isolated { service, pods, policies: Vec::new(), place };
            assert!(finding.diagnostic().message.contains(says), "{kind}: {}", finding.diagnostic().message);
        }
    }
}
