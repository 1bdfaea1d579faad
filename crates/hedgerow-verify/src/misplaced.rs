//! Pods and policies that are what the rules give, in another namespace than their service's: one cause, told once.

use std::collections::{BTreeMap, BTreeSet};

use hedgerow_core::name::Namespace;
use hedgerow_core::plan::Plan;
use hedgerow_core::source::Span;
use hedgerow_eval::{Endpoint, Manifests, ObjectRef, PolicyId};

use crate::compare::wears;
use crate::expected::{Expected, ExpectedService};
use crate::report::Finding;

/// What stands in one namespace and belongs into another.
#[derive(Default)]
struct Group {
    pods: BTreeMap<ObjectRef, Span>,
    policies: BTreeMap<PolicyId, Span>,
    services: BTreeSet<String>,
}

/// All of it.
#[derive(Default)]
pub(crate) struct Misplaced<'e> {
    /// By the namespace that it stands in and the one that it belongs into.
    groups: BTreeMap<(String, String), Group>,
    /// Whose pods are misplaced.
    owners: BTreeMap<ObjectRef, &'e ExpectedService>,
}

impl<'e> Misplaced<'e> {
    /// `service_of` says which pods have a service already.
    pub(crate) fn new(expected: &'e Expected, mark: &str, manifests: &Manifests, service_of: &[Option<&str>]) -> Self {
        let mut misplaced = Self::default();
        let strangers = manifests.cluster.endpoints.iter().zip(service_of).filter(|(_, service)| service.is_none());
        for (pods, _) in strangers {
            let Some((name, service)) = owner(expected, pods) else { continue };
            let group = misplaced.group(&pods.namespace, name, service);
            group.pods.insert(pods.object.clone(), pods.place);
            misplaced.owners.insert(pods.object.clone(), service);
        }
        for (policy, labels, _, place) in manifests.written().filter(|(_, labels, ..)| labels.contains_key(mark)) {
            let Some(namespace) = &policy.namespace else { continue };
            let own = expected.services.iter().filter(|(_, service)| service.objects.contains(&policy.name));
            let own: Vec<_> = own.collect();
            // One that is where it should be is nobody else's.
            if let [(name, service)] = own.as_slice()
                && service.namespace != *namespace
                && !labels.is_empty()
            {
                misplaced.group(namespace, name, service).policies.insert(policy.clone(), place);
            }
        }
        misplaced
    }

    fn group(&mut self, namespace: &str, name: &str, service: &ExpectedService) -> &mut Group {
        let group = self.groups.entry((namespace.to_owned(), service.namespace.clone())).or_default();
        group.services.insert(name.to_owned());
        group
    }

    /// Whether a finding says no more than that something is misplaced.
    pub(crate) fn explains(&self, finding: &Finding) -> bool {
        match finding {
            Finding::UnbackedLabel { service: None, pods, key, value, .. } => {
                self.owners.get(pods).is_some_and(|service| service.labels.get(key) == Some(value))
            }
            Finding::Idle { policy, .. } => self.groups.values().any(|group| group.policies.contains_key(policy)),
            Finding::UnbackedLabel { .. }
            | Finding::Missing(_)
            | Finding::Unruled(_)
            | Finding::NotIsolated { .. }
            | Finding::Isolated { .. }
            | Finding::Leftover { .. }
            | Finding::MaySelect { .. }
            | Finding::UnknownPort { .. }
            | Finding::Unsearched { .. }
            | Finding::Misplaced { .. }
            | Finding::UnreadStaged { .. } => false,
        }
    }

    /// One finding for each namespace that things stand in, and each that they belong into.
    pub(crate) fn findings(self, plan: &Plan) -> impl Iterator<Item = Finding> {
        self.groups.into_iter().filter_map(|((written, namespace), group)| {
            let place = *group.pods.values().chain(group.policies.values()).next()?;
            let lives = Namespace::new(&namespace).ok();
            let advice = lives.and_then(|lives| plan.fleet().namespace_advice(plan.environment(), &lives, &written));
            Some(Finding::Misplaced {
                advice,
                written,
                namespace,
                services: group.services,
                pods: group.pods.into_keys().collect(),
                policies: group.policies.into_keys().collect(),
                place,
            })
        })
    }
}

/// The one service whose identity pods wear, where it lives in another namespace.
fn owner<'e>(expected: &'e Expected, pods: &Endpoint) -> Option<(&'e str, &'e ExpectedService)> {
    let mut worn = expected
        .services
        .iter()
        .filter(|(_, service)| !service.selector.is_empty() && wears(&pods.labels, &service.selector));
    let (name, service) = worn.next()?;
    // Where services of several namespaces wear the same identity, none is meant.
    (worn.next().is_none() && service.namespace != pods.namespace).then_some((name, service))
}
