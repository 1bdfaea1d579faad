//! Policies of somebody else's in the stream of a deploy: what they and the service's own policy mean together.
//!
//! Policies add up: whoever one of them lets in comes in. A chart that brings its own opens its pods beside the rules, and
//! what it keeps out today may come in with Hedgerow's policies of the stages that drop nothing.

use std::collections::{BTreeMap, BTreeSet};

use hedgerow_core::diag::{Code, Diagnostic, Severity, enumerate};
use hedgerow_core::plan::{Plan, Protection, ServicePlan};
use hedgerow_core::source::{Source, SourceId, Span};
use hedgerow_eval::{DecidedBy, Direction, Endpoint, Flow, Labels, Manifests, Network, Peer, PolicyId, PolicyKind};

use crate::compare::{claim, verify_today};
use crate::expected::Expected;
use crate::report::{Caller, Edges, Finding};

/// Meshes and other layers above the network: their policies take away and open nothing.
const ABOVE: [&str; 6] =
    ["of Istio", "of Linkerd", "of Kuma", "of Consul", "of the service mesh interface", "of Open Service Mesh"];

/// Labels that the pods of a workload are to wear and that its text does not give them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relabel {
    /// The workload's kind as written.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The labels, by key.
    pub worn: Labels,
}

/// Judges policies of others on the pods of the planned services. `manifests` is the stream as it goes to the cluster, with
/// what Hedgerow added; `ours` are the policies that Hedgerow writes, by kind and name. Pods whose labels could not be written
/// there are `relabelled`. `doubt` is the severity of what may be a hole.
///
/// Nothing is said of services without pods in the stream, nor of pods that no other policy selects.
#[must_use]
pub fn policies_of_others(
    plan: &Plan,
    manifests: (SourceId, &Source),
    ours: &BTreeSet<(PolicyKind, String)>,
    relabelled: &[Relabel],
    doubt: Severity,
) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let protected: Vec<_> = plan.services().values().filter(|service| service.protection.policy().is_some()).collect();
    // Objects that name no namespace land where the deploy does: with the service.
    let namespaces: BTreeSet<_> = protected.iter().map(|service| service.namespace.as_str()).collect();
    for namespace in namespaces {
        let (mut read, faults) = Manifests::read([manifests], namespace);
        for Relabel { kind, name, worn } in relabelled {
            let is_it = |pods: &&mut Endpoint| pods.object.kind == *kind && pods.object.name == *name;
            for pods in read.cluster.endpoints.iter_mut().filter(is_it) {
                pods.labels.extend(worn.clone());
            }
        }
        let judge = Judge { plan, namespace, ours, doubt };
        let found = judge.run(read);
        let is_about_policies =
            |fault: &Diagnostic| matches!(fault.code, Code::UnsupportedPolicy | Code::InvalidPolicy);
        let faults = faults.into_iter().filter(|fault| fault.is_error() && is_about_policies(fault));
        if let Some(found) = found {
            diagnostics.extend(found);
            diagnostics.extend(faults.map(|fault| {
                let is_above = ABOVE.iter().any(|layer| fault.message.contains(layer));
                fault.severity(if is_above { Severity::Warning } else { doubt })
            }));
        }
    }
    diagnostics.sort_by(|a, b| (a.span(), a.code, &a.message).cmp(&(b.span(), b.code, &b.message)));
    diagnostics.dedup();
    diagnostics
}

struct Judge<'a> {
    plan: &'a Plan,
    namespace: &'a str,
    ours: &'a BTreeSet<(PolicyKind, String)>,
    doubt: Severity,
}

/// What one policy does to one service beside its rules.
#[derive(Default)]
struct Effect {
    comes_in: BTreeSet<String>,
    ports: BTreeSet<String>,
}

impl Judge<'_> {
    fn is_ours(&self, policy: &PolicyId) -> bool {
        self.ours.contains(&(policy.kind, policy.name.clone()))
    }

    /// What is to be said; nothing at all where no pods of a service of this namespace are in the manifests.
    fn run(&self, manifests: Manifests) -> Option<Vec<Diagnostic>> {
        let mut expected = Expected::of(self.plan);
        // Of a deploy, only the service's own files are read, and its callers are deployed elsewhere.
        expected.want_callers();
        let service_of: Vec<_> =
            claim(&expected, &manifests.cluster.endpoints).into_iter().map(|name| name.map(str::to_owned)).collect();
        let network = Network::new(manifests.clone(), &[]);
        let mut alone = manifests.clone();
        alone.retain_policies(|policy| !self.is_ours(policy));
        let without_ours = Network::new(alone, &[]);

        let mut has_pods = false;
        // Policies of others that may or may not guard pods, with the services.
        let mut unknown: BTreeMap<PolicyId, BTreeSet<&str>> = BTreeMap::new();
        // By service, the policies of others that guard its pods.
        let mut guarded: BTreeMap<&str, BTreeSet<PolicyId>> = BTreeMap::new();
        // By service, those of them that drop something today.
        let mut closed: BTreeMap<&str, BTreeSet<PolicyId>> = BTreeMap::new();
        for ((id, alone), name) in network.pods().zip(without_ours.pods()).zip(&service_of) {
            let Some(service) = name.as_deref().and_then(|name| self.service(name)) else { continue };
            has_pods = true;
            let Peer::Pods(_) = network.peer(id) else { continue };
            for policy in network.may_guard(id, Direction::Ingress).filter(|policy| !self.is_ours(policy)) {
                unknown.entry(policy.clone()).or_default().insert(service.name.as_str());
            }
            let others: Vec<_> = without_ours.guards(alone, Direction::Ingress).cloned().collect();
            if others.is_empty() {
                continue;
            }
            let name = service.name.as_str();
            guarded.entry(name).or_default().extend(others.iter().cloned());
            let drops = without_ours.port_ranges(alone, &[]).into_iter().any(|range| {
                range.protocol.has_ports()
                    && without_ours.drops_some(alone, Flow { protocol: range.protocol, port: range.last })
            });
            if drops {
                closed.entry(name).or_default().extend(others);
            }
        }
        if !has_pods {
            return None;
        }
        let mut diagnostics = Vec::new();
        for (policy, services) in &unknown {
            let names = enumerate(services.iter().map(|name| format!("`{name}`")));
            let message = format!("whether {policy} selects pods of {names} too is not known");
            diagnostics.push(self.diagnostic(message, network.place_of(policy)).help(
                "it selects by labels of a namespace or service account that is not in the stream, or by labels that controllers give: let it select by labels of the template, or keep it out of the service's deploy",
            ));
        }
        if guarded.is_empty() {
            return Some(diagnostics);
        }
        let report = verify_today(self.plan, &expected, manifests);
        let place = |policy: &PolicyId| network.place_of(policy);
        self.edges(&report.findings, &guarded, &place, &mut diagnostics);
        for (name, policies) in &closed {
            let Some(service) = self.service(name) else { continue };
            if let Some(what) = opens(service) {
                let (isolate, they) = if policies.len() == 1 { ("isolates", "it") } else { ("isolate", "they") };
                let message = format!(
                    "{} {isolate} pods of `{name}`, and what {they} would drop comes in now: {what}",
                    enumerate(policies)
                );
                diagnostics.push(self.diagnostic(message, policies.iter().filter_map(place)).help(format!(
                    "keep `{name}` in the stage `off` until its rules say who may call, then go to `enforce`; or remove the policy, and say by rules and `allow` entries whom it lets in"
                )));
            }
        }
        for (name, policies) in &guarded {
            let Some(service) = self.service(name) else { continue };
            if matches!(service.protection, Protection::Staged { .. }) {
                for policy in policies {
                    let message = format!(
                        "{policy} selects pods of `{name}` too: under `enforce`, whom it lets in comes in besides"
                    );
                    let help = "say by rules and `allow` entries whom it lets in, and remove it";
                    let diagnostic = self.diagnostic(message, place(policy)).severity(Severity::Warning);
                    diagnostics.push(diagnostic.help(help));
                }
            }
        }
        Some(diagnostics)
    }

    fn service(&self, name: &str) -> Option<&ServicePlan> {
        let service = self.plan.services().get(name)?;
        let is_here = service.namespace.as_str() == self.namespace && service.protection.policy().is_some();
        is_here.then_some(service)
    }

    /// Who comes in, or is kept out, because of a policy of somebody else's.
    fn edges(
        &self,
        findings: &[Finding],
        guarded: &BTreeMap<&str, BTreeSet<PolicyId>>,
        place: &dyn Fn(&PolicyId) -> Option<Span>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let mut opened: BTreeMap<(String, PolicyId, bool), Effect> = BTreeMap::new();
        let mut shut: BTreeMap<(String, PolicyId, bool), Effect> = BTreeMap::new();
        for finding in findings {
            let (edges, effects) = match finding {
                Finding::Unruled(edges) => (edges, &mut opened),
                Finding::Missing(edges) => (edges, &mut shut),
                Finding::Unsearched { policy, .. } if !self.is_ours(policy) => {
                    if guarded.values().any(|policies| policies.contains(policy)) {
                        let message = format!("{policy} is too complex: who else it lets in could not be worked out");
                        diagnostics.push(self.diagnostic(message, place(policy)));
                    }
                    continue;
                }
                Finding::NotIsolated { .. }
                | Finding::Isolated { .. }
                | Finding::Idle { .. }
                | Finding::Leftover { .. }
                | Finding::MaySelect { .. }
                | Finding::UnknownPort { .. }
                | Finding::Unsearched { .. }
                | Finding::UnreadStaged { .. }
                | Finding::Misplaced { .. }
                | Finding::UnbackedLabel { .. } => continue,
            };
            let Some(others) = guarded.get(edges.callee.as_str()) else { continue };
            let Some(policy) = self.culprit(edges, others) else { continue };
            let effect = effects.entry((edges.callee.clone(), policy, edges.is_tried)).or_default();
            effect.comes_in.extend(edges.callers.iter().map(who));
            effect.ports.extend(edges.ports.iter().map(ToString::to_string));
        }
        for ((callee, policy, is_tried), effect) in opened {
            let will =
                if is_tried { "will let in, once it is enforced, whom no rule of" } else { "lets in whom no rule of" };
            let message = format!("{policy} {will} `{callee}` permits: {}", effect.words());
            let help = format!(
                "policies add up: remove this one, and say by rules of the callers or `allow` entries of `{callee}` who may call"
            );
            diagnostics.push(self.diagnostic(message, place(&policy)).help(help));
        }
        for ((callee, policy, _), effect) in shut {
            let message = format!("{policy} keeps out whom `{callee}` permits: {}", effect.words());
            let help = format!("remove this policy, or the rules and entries that permit the calls to `{callee}`");
            diagnostics.push(self.diagnostic(message, place(&policy)).help(help));
        }
    }

    /// The policy of somebody else's that decided on some edges.
    fn culprit(&self, edges: &Edges, others: &BTreeSet<PolicyId>) -> Option<PolicyId> {
        if edges.cause.direction != Direction::Ingress {
            return None;
        }
        match &edges.cause.by {
            DecidedBy::Rule { policy, .. } => others.get(policy).cloned(),
            DecidedBy::EndOfTier { policies, .. } if !policies.iter().any(|policy| self.is_ours(policy)) => {
                policies.iter().find(|policy| others.contains(policy)).cloned()
            }
            DecidedBy::EndOfTier { .. } | DecidedBy::OutOfReach | DecidedBy::Unguarded | DecidedBy::EndOfTiers => None,
        }
    }

    fn diagnostic(&self, message: String, places: impl IntoIterator<Item = Span>) -> Diagnostic {
        let diagnostic = Diagnostic::new(Code::PolicyOfOthers, message).severity(self.doubt);
        places.into_iter().fold(diagnostic, |diagnostic, place| diagnostic.mark(place, ""))
    }
}

/// What of Hedgerow's lets everybody in today, in words.
const fn opens(service: &ServicePlan) -> Option<&'static str> {
    match &service.protection {
        Protection::Enforced { rest, .. } if rest.is_allowed() => Some("the stage `audit` lets everybody through"),
        Protection::Open { .. } => Some("the stage `open` lets everybody in"),
        Protection::Absent | Protection::Enforced { .. } | Protection::Staged { .. } => None,
    }
}

fn who(caller: &Caller) -> String {
    match caller {
        Caller::Outside(range) => format!("addresses {range}"),
        Caller::Service { .. } | Caller::Pods(_) | Caller::Unlisted(_) => caller.to_string(),
    }
}

/// All addresses of the family that every cluster has.
const ANYBODY: &str = "addresses 0.0.0.0/0";

impl Effect {
    fn words(&self) -> String {
        const SHOWN: usize = 3;
        // Whoever may be anybody says more than one who is an example of it.
        if self.comes_in.contains(ANYBODY) {
            return format!("anybody, inside the cluster and outside, on {}", self.on());
        }
        let mut who: Vec<_> = self.comes_in.iter().map(String::as_str).collect();
        who.sort_by_key(|who| (!who.starts_with("any pod"), !who.starts_with("addresses"), *who));
        let more = who.len().saturating_sub(SHOWN);
        let mut text = who.into_iter().take(SHOWN).collect::<Vec<_>>().join(", ");
        if more > 0 {
            text.push_str(&format!(" and {more} more"));
        }
        format!("{text} on {}", self.on())
    }

    fn on(&self) -> String {
        const SHOWN: usize = 3;
        let ports: Vec<_> = self.ports.iter().map(String::as_str).take(SHOWN).collect();
        let and_more = if self.ports.len() > SHOWN { " and others" } else { "" };
        format!("{}{and_more}", ports.join(", "))
    }
}
