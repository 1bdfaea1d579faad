//! Policies in manifests: the evaluator is asked who reaches whom today.
//!
//! Nothing is read selector by selector. Pods that nobody owns are put into the cluster to see who comes in as one of many: one in a
//! namespace that nobody knows, and one without labels in each namespace that there is. Where such a one is let in, everybody there is.

mod callee;
mod taken;

use crate::pods::{Pods, anywhere, pods};
use crate::said::{Found, Place, Why};
use crate::settle::NAMES;
use crate::{Input, Reader};
use callee::Callee;
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_core::name::ServiceName;
use hedgerow_core::source::Span;
use hedgerow_eval::{
    Claim, Direction, Endpoint, Labels, Listed, Manifests, Network, ObjectRef, Peer, PeerId, Permit, PolicyId,
};
use std::collections::{BTreeMap, BTreeSet};

/// The kind of pods that are there to see who comes in.
const PROBE: &str = "probe";
/// A namespace that nobody knows; more of it where somebody does.
const STRANGE: &str = "nobody-knows-this-namespace";

pub(crate) struct Policies;

/// The cluster with what is asked of it.
struct World<'a> {
    input: &'a Input<'a>,
    network: Network,
    owners: Vec<Option<ServiceName>>,
    /// The pods of each service.
    members: BTreeMap<ServiceName, Vec<PeerId>>,
    /// Services of which no pods are among the manifests.
    planned: BTreeSet<ServiceName>,
    /// The pod without labels of each namespace.
    probes: BTreeMap<String, PeerId>,
    /// The namespace among them that nobody knows.
    strange: String,
    /// The pods that are there.
    listed: Listed,
    names: Labelled,
}

/// The labels that tell whose pods are: whoever wears one is taken for one of those pods.
#[derive(Default)]
struct Labelled {
    one: BTreeSet<(String, String)>,
    /// Of workloads that no label alone tells, all that their selectors ask.
    together: Vec<Permit>,
}

impl Reader for Policies {
    fn read(&self, input: &Input<'_>, found: &mut Found) -> Vec<Diagnostic> {
        let (mut manifests, diagnostics) = Manifests::read(input.texts.iter(), &input.options.namespace);
        // Where a policy cannot be understood no verdict holds, and to import would be to guess.
        if diagnostics.iter().any(Diagnostic::is_error) {
            return diagnostics.into_iter().map(advised).collect();
        }
        for staged in &manifests.staged {
            found.leave(Why::Staged, &anywhere(input), format!("{staged} has no effect"));
        }
        taken::say(input, &manifests, found);
        let pods = pods(input, &manifests.cluster.endpoints, found);
        let world = World::new(input, &mut manifests, pods);
        for (policy, place) in world.network.idle_policies() {
            let place = input.place(place, policy.to_string());
            found.leave(Why::IdlePolicy, &place, format!("{policy} selects no pod that is among the manifests"));
        }
        world.nobodys(found);
        world.egress(found);
        for callee in world.members.keys() {
            Callee::new(&world, callee).read(found);
        }
        diagnostics
    }
}

/// Says what can be done about a policy that is not modelled.
fn advised(diagnostic: Diagnostic) -> Diagnostic {
    if diagnostic.code != Code::UnsupportedPolicy || !diagnostic.is_error() {
        return diagnostic;
    }
    diagnostic
        .help("take it out of the files to import the others; what it lets through then has no rule, and callees that it alone guards are `unguarded`")
        .help("write what it permits with `hedgerow allow`, or find it in flows: `hedgerow import hubble`")
}

impl<'a> World<'a> {
    fn new(input: &'a Input<'a>, manifests: &mut Manifests, pods: Pods) -> Self {
        let Pods { endpoints, mut owners } = pods;
        let known = manifests.cluster.endpoints.len();
        let planned: BTreeSet<_> = owners[known..].iter().flatten().cloned().collect();
        manifests.add_endpoints(endpoints.into_iter().skip(known));
        let mut strange = STRANGE.to_owned();
        while manifests.cluster.namespaces.contains_key(&strange) {
            strange.push('x');
        }
        let places: Vec<String> = manifests.cluster.namespaces.keys().cloned().chain([strange.clone()]).collect();
        let anywhere = input.texts.iter().next().map(|(id, _)| id.span(0, 0));
        let first = manifests.cluster.endpoints.len();
        if let Some(place) = anywhere {
            manifests.add_endpoints(places.iter().map(|namespace| probe(namespace, place)));
        }
        owners.resize(first + places.len(), None);
        let network = Network::new(manifests.clone(), &[]);
        let ids: Vec<_> = network.pods().collect();
        let mut members = BTreeMap::<_, Vec<_>>::new();
        for (id, owner) in ids.iter().zip(&owners) {
            if let Some(owner) = owner {
                members.entry(owner.clone()).or_default().push(*id);
            }
        }
        let mut probes = ids.iter().skip(first).copied();
        let probes: BTreeMap<_, _> = places.into_iter().zip(&mut probes).collect();
        let names = Labelled::new(&network, &owners[..first]);
        let listed = network.listed();
        Self { listed, names, input, network, owners, members, planned, probes, strange }
    }

    fn owner(&self, id: PeerId) -> Option<&ServiceName> {
        self.owners.get(id.index()).and_then(Option::as_ref)
    }

    fn is_planned(&self, service: &ServiceName) -> bool {
        self.planned.contains(service)
    }

    /// Where a policy stands.
    fn place_of(&self, policy: &PolicyId) -> Place {
        match self.network.place_of(policy) {
            Some(place) => self.input.place(place, policy.to_string()),
            None => Place { what: policy.to_string(), ..anywhere(self.input) },
        }
    }

    /// Says which policies guard pods of no service alone: whom they let in no rule can say.
    fn nobodys(&self, found: &mut Found) {
        let (mut own, mut others) = (BTreeSet::new(), BTreeMap::<PolicyId, BTreeSet<String>>::new());
        let is_probe = |id: &PeerId| self.probes.values().any(|probe| probe == id);
        for id in self.network.pods().filter(|id| !is_probe(id)) {
            let Peer::Pods(endpoint) = self.network.peer(id) else { continue };
            let policies = self.network.guards(id, Direction::Ingress);
            match self.owner(id) {
                Some(_) => own.extend(policies),
                None => policies.for_each(|policy| {
                    others.entry(policy.clone()).or_default().insert(endpoint.object.to_string());
                }),
            }
        }
        for (policy, objects) in others.into_iter().filter(|(policy, _)| !own.contains(policy)) {
            let of = callee::few(&objects);
            let text = format!("{policy} guards {of}, of no service: whom it lets in there is not read");
            found.leave(Why::NoService, &self.place_of(&policy), text);
        }
    }

    /// Says which policies limit what leaves, and which only speak of it.
    fn egress(&self, found: &mut Found) {
        /// What a policy does for some pods, the gravest first.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        enum Does {
            Limit,
            LetOut,
            NothingBesideAnother,
            Nothing,
        }
        let mut told = BTreeMap::<PolicyId, BTreeMap<Does, BTreeSet<ServiceName>>>::new();
        let network = &self.network;
        for (service, pods) in &self.members {
            for pod in pods {
                let is_open = |policy: &PolicyId| network.lets_all_through(policy, Direction::Egress);
                let is_limited = network.limits(*pod, Direction::Egress);
                let is_any_open = network.guards(*pod, Direction::Egress).any(is_open);
                for policy in network.guards(*pod, Direction::Egress) {
                    let does = match is_open(policy) {
                        true => Does::LetOut,
                        false if is_limited => Does::Limit,
                        false if is_any_open => Does::NothingBesideAnother,
                        false => Does::Nothing,
                    };
                    told.entry(policy.clone()).or_default().entry(does).or_default().insert(service.clone());
                }
            }
        }
        // Of pods that a policy limits and others it limits some.
        for (policy, mut told) in told {
            let Some((does, services)) = told.pop_first() else { continue };
            let of = callee::few(&services);
            let (why, text) = match does {
                Does::Limit => (Why::Egress, format!("limits what leaves {of}")),
                Does::LetOut => (Why::OpenEgress, format!("lets out everything that leaves {of}")),
                Does::NothingBesideAnother => {
                    let text = format!("limits nothing that leaves {of}, since another policy lets everything out");
                    (Why::OpenEgress, text)
                }
                Does::Nothing => (Why::OpenEgress, format!("limits nothing that leaves {of}")),
            };
            let text = format!("{policy} {text}");
            let place = self.place_of(&policy);
            found.leave(why, &place, text).callers = services;
        }
    }
}

impl Labelled {
    /// A workload's selector says by which labels it knows its pods; where nobody else wears one of them, that one is as good as a name. A label
    /// beside the selector is a permission, whoever wears it today.
    fn new(network: &Network, owners: &[Option<ServiceName>]) -> Self {
        let pods = network.pods().zip(owners).filter_map(|(id, owner)| match network.peer(id) {
            Peer::Pods(pods) => {
                Some((pods, owner.as_ref().map_or_else(|| pods.object.to_string(), ToString::to_string)))
            }
            Peer::Outside(_) => None,
        });
        let pods: Vec<_> = pods.collect();
        let mut wearers = BTreeMap::<(&str, &str), BTreeSet<&str>>::new();
        for (pods, owner) in &pods {
            for (key, value) in &pods.labels {
                wearers.entry((key, value)).or_default().insert(owner);
            }
        }
        let mut names = Self::default();
        for (pods, owner) in &pods {
            // Without a selector it is the label that is known for it, or that has its name.
            let is_named = |key: &str, value: &str| {
                let is_part = |name: &str| value.len() > 2 && name.contains(value);
                NAMES.contains(&key) || is_part(&pods.object.name) || is_part(owner)
            };
            let own: Vec<(&String, &String)> = match pods.selected_by.is_empty() {
                true => pods.labels.iter().filter(|(key, value)| is_named(key, value)).collect(),
                false => pods.selected_by.iter().collect(),
            };
            let is_alone = |(key, value): &&(&String, &String)| {
                wearers.get(&(key.as_str(), value.as_str())).is_some_and(|wearers| wearers.len() == 1)
            };
            let mut alone = own.iter().filter(is_alone).peekable();
            if alone.peek().is_none() && !own.is_empty() {
                let labels = own.iter().map(|(key, value)| ((*key).clone(), (*value).clone())).collect();
                let permit = Permit { who: Claim::wearing(&labels), ports: None };
                if !names.together.contains(&permit) {
                    names.together.push(permit);
                }
            }
            names.one.extend(alone.map(|(key, value)| ((*key).clone(), (*value).clone())));
        }
        names
    }

    fn has(&self, key: &str, value: &str) -> bool {
        self.one.contains(&(key.to_owned(), value.to_owned()))
    }
}

fn probe(namespace: &str, place: Span) -> Endpoint {
    let object = ObjectRef { kind: PROBE.to_owned(), namespace: Some(namespace.to_owned()), name: PROBE.to_owned() };
    Endpoint::new(object, Labels::new(), place)
}
