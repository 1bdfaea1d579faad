//! What is known of the policies themselves: whom they guard, whom they may, which guard nobody, where they stand.

use std::collections::{BTreeMap, BTreeSet};

use hedgerow_core::source::Span;

use super::{Compiled, CompiledRule, Network, PeerId};
use crate::cluster::{Endpoint, Labels};
use crate::policy::{Action, Direction, PolicyId, Rule, TierDefault};
use crate::selector::{Fact, Space};

/// Labels that controllers give to the pods that they make from a template.
pub(super) const FROM_CONTROLLERS: [&str; 11] = [
    "pod-template-hash",
    "pod-template-generation",
    "controller-revision-hash",
    "rollouts-pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "job-name",
    "controller-uid",
];

/// What the first rule does that lets everything through, or may drop or pass on something.
fn turn<'r>(rules: impl IntoIterator<Item = &'r CompiledRule>) -> Option<Action> {
    rules.into_iter().map(|compiled| &compiled.rule).find_map(|rule| match rule.action {
        Action::Allow => (**rule == Rule::new(rule.index, rule.action)).then_some(Action::Allow),
        Action::Log => None,
        Action::Deny | Action::Pass => Some(rule.action),
    })
}

impl Network {
    /// The policies in the order in which they are asked.
    pub fn policies(&self) -> impl Iterator<Item = &PolicyId> {
        self.policies.iter().map(|compiled| &compiled.policy.id)
    }

    /// Whether the policies that guard a peer in a direction may drop anything: not where they let everything through that comes to them.
    #[must_use]
    pub fn limits(&self, peer: PeerId, direction: Direction) -> bool {
        let Some(guards) = self.guards[direction as usize].get(peer.index()) else { return false };
        for (tier, guards) in self.tiers(guards) {
            match turn(guards.iter().flat_map(|at| &self.policies[*at].rules[direction as usize])) {
                Some(Action::Allow) => return false,
                Some(_) => return true,
                None if tier.default == TierDefault::Deny => return true,
                None => {}
            }
        }
        false
    }

    /// Whether a policy lets everything through that comes to it in a direction, whatever others do.
    #[must_use]
    pub fn lets_all_through(&self, policy: &PolicyId, direction: Direction) -> bool {
        let mut own = self.policies.iter().filter(|compiled| compiled.policy.id == *policy);
        own.any(|compiled| turn(&compiled.rules[direction as usize]) == Some(Action::Allow))
    }

    /// The policies that guard pods in a direction, in the order in which they are asked; none for what is outside.
    pub fn guards(&self, peer: PeerId, direction: Direction) -> impl Iterator<Item = &PolicyId> {
        let guards = self.guards[direction as usize].get(peer.0).into_iter().flatten();
        guards.map(|at| &self.policies[*at].policy.id)
    }

    /// The policies of which the manifests do not tell whether they guard these pods in a direction: they select by labels
    /// of a namespace or service account that is not among the manifests, or by labels that controllers give to pods.
    pub fn may_guard(&self, peer: PeerId, direction: Direction) -> impl Iterator<Item = &PolicyId> {
        let endpoint = self.endpoints.get(peer.0).filter(|endpoint| !endpoint.host_network);
        let by_unknown = self.policies.iter().filter(|compiled| compiled.selects_by_unknown);
        let of_direction = by_unknown.filter(move |compiled| compiled.policy.rules(direction).is_some());
        let hangs = move |compiled: &&Compiled| {
            endpoint.is_some_and(|endpoint| {
                compiled.policy.selects.matches(&|key| self.worn_by(endpoint, key.space, &key.name)).is_none()
            })
        };
        of_direction.filter(hangs).map(|compiled| &compiled.policy.id)
    }

    /// The names of ports that no container of these pods gives, in rules about who comes in to them, with the policies.
    pub fn unnamed_ports(&self, peer: PeerId) -> impl Iterator<Item = (&PolicyId, &str)> {
        let guards = self.guards[Direction::Ingress as usize].get(peer.0).into_iter().flatten();
        let rules = guards.flat_map(|at| {
            let compiled = &self.policies[*at];
            compiled.rules[Direction::Ingress as usize]
                .iter()
                .map(|compiled_rule| (&compiled.policy.id, &compiled_rule.rule))
        });
        let names = rules.flat_map(|(policy, rule)| {
            let names = rule.ports.names().chain(rule.not_ports.iter().flat_map(|ports| ports.names()));
            names.map(move |name| (policy, name))
        });
        let known = self.named_ports(peer);
        names.filter(|(_, name)| !known.iter().any(|port| port.name == *name))
    }

    /// The value of a label of pods; nothing at all where it is not known.
    fn worn_by<'n>(&'n self, pods: &'n Endpoint, space: Space, name: &str) -> Option<Option<&'n str>> {
        let of = |labels: &'n Labels| labels.get(name).map(String::as_str);
        match space {
            Space::Own => {
                let value = of(&pods.labels);
                // A pod itself wears all that it will; a template does not say what controllers add.
                let is_whole = pods.object.kind == "Pod";
                (value.is_some() || is_whole || !FROM_CONTROLLERS.contains(&name)).then_some(value)
            }
            Space::Namespace => {
                let value = self.world.namespaces.get(&pods.namespace).and_then(of);
                (value.is_some() || self.world.described.contains(&pods.namespace)).then_some(value)
            }
            Space::ServiceAccount if name == crate::cluster::CALICO_NAME => Some(Some(&pods.service_account)),
            Space::ServiceAccount => {
                let account = (pods.namespace.clone(), pods.service_account.clone());
                self.world.service_accounts.get(&account).map(of)
            }
            Space::Fact => Some(match name {
                Fact::NAMESPACE => Some(pods.namespace.as_str()),
                Fact::ORCHESTRATOR => Some(Fact::KUBERNETES),
                Fact::SERVICE_ACCOUNT => Some(pods.service_account.as_str()),
                _ => None,
            }),
        }
    }

    /// Policies that guard no pod, with their texts.
    pub fn idle_policies(&self) -> impl Iterator<Item = (&PolicyId, Span)> {
        let idle = self.policies.iter().filter(|compiled| compiled.selected.is_empty());
        idle.map(|compiled| (&compiled.policy.id, compiled.policy.place))
    }

    /// Where a policy's text is.
    #[must_use]
    pub fn place_of(&self, policy: &PolicyId) -> Option<Span> {
        self.policies.iter().find(|compiled| compiled.policy.id == *policy).map(|compiled| compiled.policy.place)
    }

    /// Label keys that policies ask of pods and that no pod wears, each with the policies that ask.
    #[must_use]
    pub fn unworn_keys(&self) -> BTreeMap<String, BTreeSet<PolicyId>> {
        let mut unworn = BTreeMap::<_, BTreeSet<_>>::new();
        for (key, policy) in self.asked().filter(|(key, _)| !self.index.is_worn(key)) {
            unworn.entry(key.to_owned()).or_default().insert(policy.clone());
        }
        unworn
    }

    /// The label keys that policies ask of pods, with the policies: pods of one namespace that wear the same of these are treated alike.
    pub(crate) fn asked(&self) -> impl Iterator<Item = (&str, &PolicyId)> {
        self.policies.iter().flat_map(|Compiled { policy, .. }| {
            let parties = policy.all_rules().flat_map(Rule::parties);
            let selectors = parties.flat_map(|party| party.selector.iter().chain(&party.not_selector));
            let keys = selectors.chain([&*policy.selects]).flat_map(|selector| selector.own_keys());
            keys.map(|key| (key, &policy.id))
        })
    }
}
