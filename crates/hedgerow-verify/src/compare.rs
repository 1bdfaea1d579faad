//! Compares what manifests allow with what the rules permit.

use std::collections::{BTreeMap, BTreeSet};

use hedgerow_core::label::is_mark;
use hedgerow_core::plan::Plan;
use hedgerow_eval::{Endpoint, Labels, Manifests, Network, PeerSet, PolicyKind};

use crate::comparison::{Comparison, World};
use crate::expected::{Expected, ExpectedService, Isolation};
use crate::misplaced::Misplaced;
use crate::planned::{go_live, planned_pods, undress};
use crate::report::{Edges, Finding, Report};

/// A label for people, by which alone earlier versions' objects are known.
pub(crate) const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The order at which versions before the mark wrote their Calico policies.
const FORMER_ORDER: f64 = 5000.0;

/// Compares manifests with a plan.
///
/// Pods belong to the service whose identity they wear in its namespace. A service of which the manifests hold no pods is
/// taken to have pods that wear what the plan gives them; where no policy guards those either, it is not in these
/// manifests at all and is not compared. Flows between pods of one service are left aside: no rule speaks of them.
///
/// Services whose policies are staged are compared twice: that nothing is dropped today, and what would be if the staged
/// policies were enforced.
#[must_use]
pub fn verify(plan: &Plan, manifests: Manifests) -> Report {
    let expected = Expected::of(plan);
    let is_staged = |service: &ExpectedService| matches!(service.isolation, Isolation::Staged(_));
    let would = expected.services.values().any(is_staged).then(|| manifests.clone().as_if_enforced());
    let unread: Vec<_> = manifests.unread_staged().filter(|_| would.is_some()).collect();
    let unread: Vec<_> =
        unread.into_iter().map(|(policy, place)| Finding::UnreadStaged { policy: policy.clone(), place }).collect();
    let known: BTreeSet<_> = manifests.policies().filter(|_| would.is_some()).cloned().collect();
    let (mut report, mut seen) = compare(&expected, plan, manifests, World::Today);
    if let Some(would) = would {
        let (mut more, also) = compare(&expected, plan, would, World::AsIfEnforced);
        let is_cut_today = |edges: &Edges| {
            let mut today = report.findings.iter();
            today.any(|finding| matches!(finding, Finding::Missing(other) if other.is_about_same(edges)))
        };
        // An enforced policy that selects nobody was named already, and so was whoever cannot come in today.
        more.findings.retain(|finding| match finding {
            Finding::Idle { policy, .. } => !known.contains(policy),
            Finding::Missing(edges) => !is_cut_today(edges),
            Finding::Unruled(_)
            | Finding::NotIsolated { .. }
            | Finding::Isolated { .. }
            | Finding::Leftover { .. }
            | Finding::MaySelect { .. }
            | Finding::UnknownPort { .. }
            | Finding::Unsearched { .. }
            | Finding::UnreadStaged { .. }
            | Finding::Misplaced { .. }
            | Finding::UnbackedLabel { .. } => true,
        });
        report.findings.append(&mut more.findings);
        report.findings.extend(unread);
        report.findings.sort();
        report.findings.dedup();
        report.without_pods.append(&mut more.without_pods);
        seen.extend(also);
        report.absent.retain(|name| !seen.contains(name));
    }
    count(&expected, &seen, &mut report);
    report
}

/// The same with what policies do today alone.
#[must_use]
pub(crate) fn verify_today(plan: &Plan, expected: &Expected, manifests: Manifests) -> Report {
    compare(expected, plan, manifests, World::Today).0
}

/// Says how many services were compared.
fn count(expected: &Expected, seen: &BTreeSet<String>, report: &mut Report) {
    report.checked.services = seen.len();
    let compared = seen.iter().filter_map(|name| expected.services.get(name));
    report.checked.permissions = compared.map(|service| service.admits.len()).sum();
}

/// Compares in one of the worlds, and says which services were.
fn compare(expected: &Expected, plan: &Plan, mut manifests: Manifests, world: World) -> (Report, BTreeSet<String>) {
    let real = manifests.cluster.endpoints.len();
    let mut service_of = claim(expected, &manifests.cluster.endpoints);
    let misplaced = Misplaced::new(expected, plan.scheme().policy_of().as_str(), &manifests, &service_of);
    let claimed: BTreeSet<&str> = service_of.iter().flatten().copied().collect();
    let absent = expected.services.iter().filter(|(name, _)| !claimed.contains(name.as_str()));
    let mut planned: Vec<_> = absent.map(|(name, service)| (name.as_str(), planned_pods(name, service))).collect();
    if world == World::AsIfEnforced {
        let real = manifests.cluster.endpoints.iter_mut().zip(&service_of);
        let real = real.filter_map(|(endpoint, name)| Some((endpoint, expected.services.get((*name)?)?)));
        let planned = planned.iter_mut().filter_map(|(name, pods)| Some((pods, expected.services.get(*name)?)));
        real.chain(planned).for_each(|(pods, service)| go_live(expected, pods, service));
    }
    undress(expected, &manifests, planned.iter_mut().map(|(_, endpoint)| endpoint).collect());
    for (name, endpoint) in planned {
        service_of.push(Some(name));
        manifests.add_endpoints([endpoint]);
    }
    let staged = manifests.staged.clone();
    let maybe_worn = std::mem::take(&mut manifests.cluster.maybe_worn);
    let leftovers = leftovers(expected, &manifests);
    let policies = manifests.policies().count();
    let namespaces = manifests.cluster.namespaces.clone();
    let network = Network::new(manifests, &expected.blocks());

    let mut members = BTreeMap::<&str, PeerSet>::new();
    for (id, service) in network.pods().zip(&service_of) {
        if let Some(service) = service {
            members.entry(service).or_insert_with(|| network.nobody()).insert(id);
        }
    }
    let groups = expected.types.iter().map(|(name, services)| {
        let mut group = network.nobody();
        services.iter().filter_map(|service| members.get(service.as_str())).for_each(|of| group.unite(of));
        (name.as_str(), group)
    });
    let groups = groups.collect();
    let comparison =
        Comparison { expected, network: &network, service_of: &service_of, members, groups, real, namespaces, world };
    let (mut report, seen) = match world {
        World::Today => comparison.run(&maybe_worn, leftovers),
        World::AsIfEnforced => comparison.run(&[], Vec::new()),
    };
    report.findings.retain(|finding| !misplaced.explains(finding));
    // It is about where things stand, whatever is enforced.
    if world == World::Today {
        report.findings.extend(misplaced.findings(plan));
    }
    report.findings.sort();
    report.staged = staged;
    report.checked.policies = policies;
    (report, seen)
}
/// Calico policies that wear the name of a service's policy and no fleet's mark: the versions before the mark wrote them.
fn leftovers(expected: &Expected, manifests: &Manifests) -> Vec<Finding> {
    let mut by_name = BTreeMap::new();
    for (name, service) in &expected.services {
        let [policy, successor] = &service.objects;
        by_name.insert((service.namespace.as_str(), policy.as_str()), (name, successor));
    }
    // Helm and kustomize write their own names over Hedgerow's; the order tells such a one from a policy of theirs.
    let is_former = |who: &str, order: f64| {
        who == "hedgerow" || ((who == "Helm" || who.starts_with("kustomize-")) && (order - FORMER_ORDER).abs() < 0.5)
    };
    let written = manifests.written().filter(|(policy, labels, order, _)| {
        policy.kind == PolicyKind::Calico
            && !labels.keys().any(|key| is_mark(key))
            && labels.get(MANAGED_BY).is_some_and(|who| is_former(who, *order))
    });
    written
        .filter_map(|(policy, _, _, place)| {
            let (service, successor) = by_name.get(&(policy.namespace.as_deref()?, policy.name.as_str()))?;
            let (service, successor) = ((*service).clone(), (*successor).clone());
            Some(Finding::Leftover { service, policy: policy.clone(), successor, place })
        })
        .collect()
}

/// The service of each endpoint: the one whose selector it matches in its namespace.
pub(crate) fn claim<'a>(expected: &'a Expected, endpoints: &[Endpoint]) -> Vec<Option<&'a str>> {
    // One label of each selector is enough to find the few services that are worth a closer look.
    let mut by_label = BTreeMap::<(&str, &str, &str), Vec<(&str, &ExpectedService)>>::new();
    for (name, service) in &expected.services {
        if let Some((key, value)) = service.selector.iter().next() {
            by_label.entry((&service.namespace, key, value)).or_default().push((name, service));
        }
    }
    let claims = |endpoint: &Endpoint| {
        endpoint.labels.iter().find_map(|(key, value)| {
            let candidates = by_label.get(&(endpoint.namespace.as_str(), key.as_str(), value.as_str()))?;
            candidates.iter().find(|(_, service)| wears(&endpoint.labels, &service.selector)).map(|(name, _)| *name)
        })
    };
    endpoints.iter().map(claims).collect()
}

pub(crate) fn wears(worn: &Labels, wanted: &Labels) -> bool {
    wanted.iter().all(|(key, value)| worn.get(key) == Some(value))
}
