//! May A reach B on port P, and which file says so?

use crate::fleet::{Allow, Service};
use crate::name::{LabelKey, LabelValue, PortRef, Protocol, ServiceName};
use crate::plan::{Plan, Protection, selector};
use crate::policy::{Labels, NAMESPACE_NAME, Peer, Peers, Place, Port, Ports, Rule, RulePorts, Stage};
use std::num::NonZeroU16;

/// The answer for one caller, one callee and one port.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict<'p> {
    /// What becomes of the traffic.
    pub traffic: Traffic,
    /// What permits it.
    pub permission: Permission<'p>,
}

/// What becomes of traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traffic {
    /// It gets through because it is permitted.
    Permitted,
    /// It gets through although nothing permits it, because the callee is not protected: it has no policy, or one
    /// that admits anybody.
    Unprotected,
    /// It gets through although nothing permits it, because the callee's policy is only tried.
    Audited,
    /// It is dropped.
    Dropped,
}

impl Traffic {
    /// Whether packets get through.
    #[must_use]
    pub const fn is_allowed(self) -> bool {
        !matches!(self, Self::Dropped)
    }
}

/// What permits traffic.
#[derive(Debug, Clone, PartialEq)]
pub enum Permission<'p> {
    /// A rule file.
    Rule(&'p Rule),
    /// The types: the caller's may call all services of the callee's.
    Types,
    /// An `allow` entry of the callee that the caller's labels happen to match.
    Allow(&'p Allow),
    /// Nothing.
    Nothing,
    /// It is not known here: the caller's rules are in another repository, and nothing else permits it.
    Untold,
}

/// An `allow` entry that permits a call if the caller wears labels of which no file of the fleet tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition<'p> {
    /// The entry.
    pub allow: &'p Allow,
    /// What the caller's pods have to wear.
    pub pods: Labels,
    /// What the caller's namespace has to wear.
    pub namespace: Labels,
}

/// One end of a call.
struct End<'p> {
    service: &'p Service,
    /// The labels of its pods that are known.
    worn: Labels,
    /// What becomes of calls that nothing permits.
    rest: Traffic,
    is_planned: bool,
}

impl Plan {
    /// May `from` reach `to` on this container port? Nothing where one of them is not planned.
    ///
    /// `allow` entries count where they name labels of the plan or a namespace; blocks of addresses and labels of namespaces
    /// do not, since neither the address of a pod nor what a namespace wears is planned.
    #[must_use]
    pub fn verdict(&self, from: &ServiceName, to: &ServiceName, port: (NonZeroU16, Protocol)) -> Option<Verdict<'_>> {
        let (caller, callee) = (self.end(from)?, self.end(to)?);
        let permission = self.permission(&caller, &callee, port);
        let traffic = match permission {
            Permission::Rule(_) | Permission::Types | Permission::Allow(_) => Traffic::Permitted,
            Permission::Nothing | Permission::Untold => callee.rest,
        };
        Some(Verdict { traffic, permission })
    }

    /// The `allow` entry that would permit a call if the caller's pods, or its namespace, wear some labels of which no file tells: a
    /// workload's own labels are in its manifests, and what a namespace wears is in the cluster. Nothing where something permits the
    /// call without, or where the plan tells that they do not wear them.
    #[must_use]
    pub fn permitted_if(
        &self,
        from: &ServiceName,
        to: &ServiceName,
        port: (NonZeroU16, Protocol),
    ) -> Option<Condition<'_>> {
        let (caller, callee) = (self.end(from)?, self.end(to)?);
        if !matches!(self.permission(&caller, &callee, port), Permission::Nothing | Permission::Untold) {
            return None;
        }
        let service = self.fleet().known(to.as_str())?;
        service.allow.iter().filter(|allow| opens(&allow.ports, service, port)).find_map(|allow| {
            let Peers::These(peers) = &allow.peers else { return None };
            peers.iter().find_map(|peer| {
                let nothing = Labels::new();
                let (place, labels) = match peer {
                    Peer::Pods { place, labels } => (place, labels),
                    Peer::AllPods(place) => (place, &nothing),
                    Peer::Block { .. } => return None,
                };
                let pods = labels.iter().filter(|(key, value)| caller.worn.get(*key) != Some(*value));
                let pods: Labels = pods.map(|(key, value)| (key.clone(), value.clone())).collect();
                // Of labels that Hedgerow writes, and of those that it reads, the plan tells.
                let may_wear =
                    pods.keys().all(|key| !caller.worn.contains_key(key) && !self.scheme().is_own(key.as_str()));
                let namespace = match place {
                    Place::Labelled(asked) => {
                        let own = |key: &LabelKey| key.as_str() == NAMESPACE_NAME;
                        let is_there = |value: &LabelValue| value.as_str() == caller.service.namespace.as_str();
                        if asked.iter().any(|(key, value)| own(key) && !is_there(value)) {
                            return None;
                        }
                        let unknown = asked.iter().filter(|(key, _)| !own(key));
                        unknown.map(|(key, value)| (key.clone(), value.clone())).collect()
                    }
                    Place::SameNamespace | Place::Namespaces(_) | Place::Anywhere => {
                        is_in(place, caller.service, callee.service).then(Labels::new)?
                    }
                };
                may_wear.then_some(Condition { allow, pods, namespace })
            })
        })
    }

    /// One end of a call: a service that is planned, or one that only the catalogue knows.
    fn end(&self, name: &ServiceName) -> Option<End<'_>> {
        if let Some(planned) = self.service(name) {
            let rest = match &planned.protection {
                Protection::Absent | Protection::Open { .. } => Traffic::Unprotected,
                Protection::Staged { .. } => Traffic::Audited,
                Protection::Enforced { rest, .. } if rest.is_allowed() => Traffic::Audited,
                Protection::Enforced { .. } => Traffic::Dropped,
            };
            let service = self.fleet().service(name.as_str())?;
            return Some(End { service, worn: planned.pods.all(), rest, is_planned: true });
        }
        let service = self.fleet().known(name.as_str())?;
        let rest = match service.stages.get(self.environment()) {
            Some(Stage::Off | Stage::Open) => Traffic::Unprotected,
            Some(Stage::Audit) => Traffic::Audited,
            // Of a stage that the catalogue does not tell the worst is to be expected.
            Some(Stage::Enforce) | None => Traffic::Dropped,
        };
        Some(End { service, worn: selector(self.fleet().config(), service), rest, is_planned: false })
    }

    fn permission(&self, caller: &End<'_>, callee: &End<'_>, port: (NonZeroU16, Protocol)) -> Permission<'_> {
        let Some(service) = self.fleet().known(callee.service.name.as_str()) else { return Permission::Nothing };
        let rule = self.fleet().rule(&caller.service.name, &callee.service.name);
        if let Some(rule) = rule.filter(|rule| opens(&rule.ports, service, port)) {
            return Permission::Rule(rule);
        }
        let is_caller = |service_type| caller.service.service_type.as_ref() == Some(service_type);
        let by_type = self.catch_alls().iter().any(|catch_all| {
            callee.service.service_type.as_ref() == Some(&catch_all.service_type)
                && catch_all.callers.iter().any(is_caller)
        });
        if by_type {
            return Permission::Types;
        }
        let allow = service.allow.iter().find(|allow| {
            opens(&allow.ports, service, port)
                && matches_caller(&allow.peers, caller.service, callee.service, &caller.worn)
        });
        let untold = if caller.is_planned { Permission::Nothing } else { Permission::Untold };
        allow.map_or(untold, Permission::Allow)
    }
}

/// Whether a rule or an entry with these ports lets calls in to a port of its callee.
#[must_use]
pub fn opens(wanted: &RulePorts, service: &Service, port: (NonZeroU16, Protocol)) -> bool {
    let is_this = |listed: &Port| (listed.number, listed.protocol) == port;
    let is_always = service.always.iter().any(is_this);
    match (wanted, &service.ports) {
        (_, Ports::Nothing) => false,
        (RulePorts::All, Ports::Any) => true,
        (RulePorts::All, Ports::These(ports)) => is_always || ports.iter().any(is_this),
        (RulePorts::These(wanted), Ports::These(ports)) => {
            let mut meant = ports.iter().filter(|port| wanted.iter().any(|wanted| *wanted == port.reference()));
            // Where none is meant there is no admission to carry the others.
            if is_always { meant.next().is_some() } else { meant.any(is_this) }
        }
        (RulePorts::These(wanted), Ports::Any) => {
            let mut numbers = wanted.iter().filter(|wanted| matches!(wanted, PortRef::Number(_)));
            let is_wanted =
                || port.1 == Protocol::Tcp && wanted.iter().any(|wanted| *wanted == PortRef::Number(port.0));
            if is_always { numbers.next().is_some() } else { is_wanted() }
        }
    }
}

fn matches_caller(peers: &Peers, caller: &Service, callee: &Service, worn: &Labels) -> bool {
    match peers {
        Peers::Nobody => false,
        Peers::Anybody => true,
        Peers::These(peers) => peers.iter().any(|peer| match peer {
            Peer::Pods { place, labels } => {
                is_in(place, caller, callee)
                    && labels.iter().all(|(key, value): (&LabelKey, &LabelValue)| worn.get(key) == Some(value))
            }
            Peer::AllPods(place) => is_in(place, caller, callee),
            Peer::Block { .. } => false,
        }),
    }
}

/// Whether a caller lives in a place. The labels of namespaces are not planned, but for the name that every one wears.
fn is_in(place: &Place, caller: &Service, callee: &Service) -> bool {
    match place {
        Place::SameNamespace => caller.namespace == callee.namespace,
        Place::Namespaces(namespaces) => namespaces.iter().any(|namespace| *namespace == caller.namespace),
        Place::Labelled(labels) => labels
            .iter()
            .all(|(key, value)| key.as_str() == NAMESPACE_NAME && value.as_str() == caller.namespace.as_str()),
        Place::Anywhere => true,
    }
}
