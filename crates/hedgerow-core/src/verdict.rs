//! May A reach B on port P, and which file says so?

use crate::fleet::Allow;
use crate::name::{LabelKey, LabelValue, Protocol, ServiceName};
use crate::plan::{Plan, Protection, ServicePlan};
use crate::policy::{Labels, Peer, Peers, Place, Port, Ports, Rule, RulePorts};
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
}

impl Plan {
    /// May `from` reach `to` on this container port? Nothing where one of them is not planned.
    ///
    /// `allow` entries count where they name labels of the plan or a namespace; blocks of addresses do not, since the
    /// address of a pod is not planned.
    #[must_use]
    pub fn verdict(&self, from: &ServiceName, to: &ServiceName, port: (NonZeroU16, Protocol)) -> Option<Verdict<'_>> {
        let (caller, callee) = (self.service(from)?, self.service(to)?);
        let permission = self.permission(caller, callee, port);
        let traffic = match (&callee.protection, &permission) {
            (Protection::Absent | Protection::Open { .. }, Permission::Nothing) => Traffic::Unprotected,
            (Protection::Staged { .. }, Permission::Nothing) => Traffic::Audited,
            (Protection::Enforced { rest, .. }, Permission::Nothing) if rest.is_allowed() => Traffic::Audited,
            (Protection::Enforced { .. }, Permission::Nothing) => Traffic::Dropped,
            (_, Permission::Rule(_) | Permission::Types | Permission::Allow(_)) => Traffic::Permitted,
        };
        Some(Verdict { traffic, permission })
    }

    fn permission(&self, caller: &ServicePlan, callee: &ServicePlan, port: (NonZeroU16, Protocol)) -> Permission<'_> {
        let Some(service) = self.fleet().service(callee.name.as_str()) else { return Permission::Nothing };
        let rule = self.fleet().rule(&caller.name, &callee.name);
        if let Some(rule) = rule.filter(|rule| opens(&rule.ports, &service.ports, port)) {
            return Permission::Rule(rule);
        }
        let is_caller = |service_type| caller.service_type.as_ref() == Some(service_type);
        let by_type = self.catch_alls().iter().any(|catch_all| {
            callee.service_type.as_ref() == Some(&catch_all.service_type) && catch_all.callers.iter().any(is_caller)
        });
        if by_type {
            return Permission::Types;
        }
        let worn = caller.pods.all();
        let allow = service.allow.iter().find(|allow| {
            opens(&allow.ports, &service.ports, port) && matches_caller(&allow.peers, caller, callee, &worn)
        });
        allow.map_or(Permission::Nothing, Permission::Allow)
    }
}

fn opens(wanted: &RulePorts, listens: &Ports, port: (NonZeroU16, Protocol)) -> bool {
    let is_this = |listed: &Port| (listed.number, listed.protocol) == port;
    match (wanted, listens) {
        (_, Ports::Nothing) => false,
        (RulePorts::All, Ports::Any) => true,
        (RulePorts::All, Ports::These(ports)) => ports.iter().any(is_this),
        (RulePorts::These(wanted), Ports::These(ports)) => {
            ports.iter().any(|listed| is_this(listed) && wanted.iter().any(|wanted| *wanted == listed.reference()))
        }
        (RulePorts::These(wanted), Ports::Any) => {
            port.1 == Protocol::Tcp && wanted.iter().any(|wanted| *wanted == crate::name::PortRef::Number(port.0))
        }
    }
}

fn matches_caller(peers: &Peers, caller: &ServicePlan, callee: &ServicePlan, worn: &Labels) -> bool {
    match peers {
        Peers::Nobody => false,
        Peers::Anybody => true,
        Peers::These(peers) => peers.iter().any(|peer| match peer {
            Peer::Pods { place, labels } => {
                let there = match place {
                    Place::SameNamespace => caller.namespace == callee.namespace,
                    Place::Namespaces(namespaces) => namespaces.iter().any(|namespace| *namespace == caller.namespace),
                };
                there && labels.iter().all(|(key, value): (&LabelKey, &LabelValue)| worn.get(key) == Some(value))
            }
            Peer::Namespace(namespace) => *namespace == caller.namespace,
            Peer::Block { .. } => false,
        }),
    }
}
