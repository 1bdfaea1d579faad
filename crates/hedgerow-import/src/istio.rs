//! AuthorizationPolicies of Istio: who may call, by service accounts and namespaces, and on which ports.
//!
//! A rule speaks of accounts; which services run as them is told by the workloads among the files, and by `service-account` in the services'
//! files. What an ALLOW rule asks of a request is left out and said. What a DENY rule denies without looking at the request is taken
//! away; what it denies by the request or by addresses a rule lets in, and that is said. On a guess nobody is let in: who hangs on an account that
//! is not known is not allowed by an ALLOW rule, and denied by a DENY rule.

mod source;

use crate::objects::{Object, get, list, objects, tag, text};
use crate::pods::{PLANNED, Pods, pods};
use crate::ports::{declared, everything, join, subtract, words};
use crate::said::{End, Found, Name, Place, Port, Statement, Wanted, Why, shown};
use crate::settle::{allow_from, fit_of};
use crate::whose::Whose;
use crate::{Input, Many, Reader};
use hedgerow_core::diag::Diagnostic;
use hedgerow_core::name::ServiceName;
use hedgerow_eval::{Endpoint, PortRange};
use hedgerow_yaml::quote;
use serde_json::Value;
use source::{Means, Rule, Who};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) struct Istio;

/// Where a policy without a selector is for the whole mesh.
const ROOT: &str = "istio-system";
/// A namespace and an account that nobody knows.
const STRANGE: &str = "nobody-knows-this-one";

/// Ports on which somebody is let in, or denied; nothing for all.
type On = Option<Vec<PortRange>>;

/// What policies say of one callee.
#[derive(Default)]
struct Callee {
    /// Whether an ALLOW policy is for it: then who is not allowed is denied.
    is_guarded: bool,
    allowed: BTreeMap<ServiceName, Vec<(On, Place)>>,
    denied: BTreeMap<ServiceName, Vec<Denial>>,
}

/// Ports on which somebody is denied.
struct Denial {
    on: On,
    place: Place,
    /// Whether the account is not known, so that nobody can tell.
    is_guess: bool,
}

struct World<'a> {
    input: &'a Input<'a>,
    pods: Pods,
    namespaces: BTreeSet<String>,
}

impl Reader for Istio {
    fn read(&self, input: &Input<'_>, found: &mut Found) -> Vec<Diagnostic> {
        let read = objects(input);
        let pods = pods(input, &read.cluster.endpoints, found);
        let namespaces = pods.endpoints.iter().map(|pod| pod.namespace.clone()).collect();
        let world = World { input, pods, namespaces };
        let mut callees: BTreeMap<ServiceName, Callee> = BTreeMap::new();
        for object in read.objects.iter().filter(|object| object.group == "security.istio.io") {
            match object.kind.as_str() {
                "AuthorizationPolicy" => {
                    match object.value.pointer("/metadata/namespace").and_then(tag).or(tag(object.spec())) {
                        Some(tag) => {
                            let text =
                                format!("the deploy fills in `{}`: import what the deploy makes of it", shown(tag));
                            found.leave(Why::NotUnderstood, &object.place, text);
                        }
                        None => world.policy(object, &mut callees, found),
                    }
                }
                // How identities are proven, not who may call.
                "PeerAuthentication" | "RequestAuthentication" => {}
                other => {
                    let text = format!("objects of kind {} are not read", shown(other));
                    found.leave(Why::NotUnderstood, &object.place, text);
                }
            }
        }
        world.say(&callees, found);
        read.diagnostics
    }
}

impl World<'_> {
    fn policy(&self, object: &Object, callees: &mut BTreeMap<ServiceName, Callee>, found: &mut Found) {
        let spec = object.spec();
        let is_dry = object.value.pointer("/metadata/annotations").and_then(|it| text(it, "istio.io/dry-run"));
        let action = text(spec, "action").unwrap_or("ALLOW");
        if is_dry == Some("true") || action == "AUDIT" {
            found.leave(Why::Staged, &object.place, "it only logs");
            return;
        }
        let targets = self.targets(object, found);
        if targets.is_empty() {
            found.leave(Why::IdlePolicy, &object.place, "it selects no pod of a service");
        }
        match action {
            "ALLOW" => {
                for target in &targets {
                    callees.entry(target.clone()).or_default().is_guarded = true;
                }
                for rule in list(spec, "rules") {
                    self.allow(object, &Rule::new(rule, &object.namespace), &targets, callees, found);
                }
            }
            "DENY" => {
                for rule in list(spec, "rules") {
                    self.deny(object, &Rule::new(rule, &object.namespace), &targets, callees, found);
                }
            }
            other => {
                found.leave(
                    Why::Condition,
                    &object.place,
                    format!("the action `{}`: who decides is not known here", shown(other)),
                );
            }
        }
    }

    /// The services that a policy is for.
    fn targets(&self, object: &Object, found: &mut Found) -> BTreeSet<ServiceName> {
        let spec = object.spec();
        let references =
            [list(spec, "targetRefs"), get(spec, "targetRef").map_or(&[][..], std::slice::from_ref)].concat();
        if !references.is_empty() {
            let mut targets = BTreeSet::new();
            for reference in &references {
                let (kind, name) =
                    (text(reference, "kind").unwrap_or_default(), text(reference, "name").unwrap_or_default());
                let mut called = Name::new(Some(&object.namespace), name);
                called.kind = Some("Service".to_owned());
                match self.input.names.of(&called) {
                    Whose::Service(service) if kind == "Service" => {
                        targets.insert(service);
                    }
                    Whose::Service(_) | Whose::Nobody(_) | Whose::Several(_) => {
                        let text = format!("it is for {} `{}`", shown(kind), shown(name));
                        found.leave(Why::NoService, &object.place, text);
                    }
                }
            }
            return targets;
        }
        let wanted = get(spec, "selector").and_then(|it| get(it, "matchLabels")).and_then(Value::as_object);
        let wears = |pod: &Endpoint| {
            wanted.is_none_or(|wanted| {
                wanted.iter().all(|(key, value)| pod.labels.get(key).map(String::as_str) == value.as_str())
            })
        };
        let is_for = |pod: &Endpoint| object.namespace == ROOT || pod.namespace == object.namespace;
        let selected = self.pods.iter().filter(|(pod, _)| is_for(pod) && wears(pod));
        selected.filter_map(|(_, owner)| owner.cloned()).collect()
    }

    /// Whether all pods of a service are meant, some, or none, or nobody can tell.
    fn means(&self, rule: &Rule<'_>) -> BTreeMap<ServiceName, BTreeSet<Means>> {
        let mut means = BTreeMap::<ServiceName, BTreeSet<Means>>::new();
        for (pod, owner) in self.pods.iter() {
            let Some(owner) = owner else { continue };
            means.entry(owner.clone()).or_default().insert(rule.means(self.who(pod, owner)));
        }
        means
    }

    fn who<'p>(&self, pod: &'p Endpoint, owner: &ServiceName) -> Who<'p> {
        let is_said = pod.object.kind != PLANNED
            || self.input.names.known(owner).is_some_and(|service| service.account.is_some());
        Who { namespace: &pod.namespace, account: is_said.then_some(pod.service_account.as_str()) }
    }

    fn allow(
        &self,
        object: &Object,
        rule: &Rule<'_>,
        targets: &BTreeSet<ServiceName>,
        callees: &mut BTreeMap<ServiceName, Callee>,
        found: &mut Found,
    ) {
        let ports = Self::asked(object, rule, "", found);
        self.accounts(object, rule, found);
        let crowd = self.crowd(rule);
        let wanted = permitted(&ports, &[], &[]);
        for target in targets {
            for (why, from, who) in crowd.entries() {
                let on = ports.as_ref().map(|ranges| format!(" on {}", words(ranges))).unwrap_or_default();
                let leftover = found.leave(why, &object.place, format!("{who} may call `{target}`{on}"));
                leftover.callee = Some(target.clone());
                let fitted = wanted.as_ref().and_then(|wanted| fit_of(self.input.names, target, wanted));
                if let Some(fitted) = fitted {
                    leftover.suggest(target, fitted, |ports| Some(allow_from(&from, Some(ports))));
                }
            }
        }
        for (caller, means) in self.means(rule) {
            if !means.contains(&Means::Yes) {
                continue;
            }
            let lives = self.input.names.known(&caller).map_or("", |service| service.namespace.as_str());
            if self.input.options.many == Many::Suggest && crowd.holds(lives) {
                continue;
            }
            for target in targets.iter().filter(|target| **target != caller) {
                if means.contains(&Means::No) {
                    let text = format!("`{caller}` → `{target}`: some pods run as an account that may, others not");
                    let leftover = found.leave(Why::PartOfPods, &object.place, text);
                    (leftover.callee, leftover.callers) = (Some(target.clone()), BTreeSet::from([caller.clone()]));
                }
                let callee = callees.entry(target.clone()).or_default();
                callee.allowed.entry(caller.clone()).or_default().push((ports.clone(), object.place.clone()));
            }
        }
    }

    /// The ports that a rule is about. What else it asks, and no rule file can, is left out and said.
    fn asked(object: &Object, rule: &Rule<'_>, verb: &str, found: &mut Found) -> On {
        let (ports, faulty) = rule.ports();
        for port in faulty {
            found.leave(Why::NotUnderstood, &object.place, format!("{verb}the port `{}`", shown(port)));
        }
        let layer7: Vec<_> = rule.layer7().into_iter().collect();
        if !layer7.is_empty() {
            found.leave(Why::Layer7, &object.place, format!("{verb}{}", layer7.join(", ")));
        }
        for condition in rule.conditions() {
            found.leave(Why::Condition, &object.place, format!("{verb}`{}`", shown(&condition)));
        }
        for party in rule.parties().into_iter().flatten() {
            for block in party.blocks() {
                found.leave(Why::Addresses, &object.place, format!("{verb}{}", shown(block)));
            }
        }
        ports
    }

    /// Names the accounts that nobody is known to run as.
    fn accounts(&self, object: &Object, rule: &Rule<'_>, found: &mut Found) {
        for principal in rule.principals() {
            let Some((namespace, account)) = principal.split_once("/ns/").and_then(|(_, rest)| rest.split_once("/sa/"))
            else {
                continue;
            };
            if namespace.contains('*') || account.contains('*') {
                continue;
            }
            let runs = self.pods.iter().any(|(pod, owner)| {
                let known = owner.map(|owner| self.who(pod, owner).account);
                pod.namespace == namespace && known.unwrap_or(Some(&pod.service_account)) == Some(account)
            });
            if !runs {
                let text = format!(
                    "no pod is known to run as `{}/{}`: add the workloads to the files, or `service-account` to a service.yaml",
                    shown(namespace),
                    shown(account)
                );
                found.leave(Why::NoCaller, &object.place, text);
                continue;
            }
            let owned = self.pods.iter().any(|(pod, owner)| {
                owner.is_some_and(|owner| pod.namespace == namespace && self.who(pod, owner).account == Some(account))
            });
            if !owned {
                let text = format!("what runs as `{}/{}` is no service of the fleet", shown(namespace), shown(account));
                found.leave(Why::OutsideCaller, &object.place, text);
            }
        }
    }

    fn deny(
        &self,
        object: &Object,
        rule: &Rule<'_>,
        targets: &BTreeSet<ServiceName>,
        callees: &mut BTreeMap<ServiceName, Callee>,
        found: &mut Found,
    ) {
        let on = Self::asked(object, rule, "denied by ", found);
        // Who is denied for some requests only is let in for the others; that a rule permits both is said by now.
        if rule.looks_at_requests() {
            return;
        }
        let by_address = rule.parties().is_some_and(|parties| parties.iter().all(|party| !party.blocks().is_empty()));
        let is_nothing = on.as_ref().is_some_and(Vec::is_empty);
        if !by_address && !is_nothing {
            let text = format!("calls on {}", on.as_deref().map_or("all ports".to_owned(), words));
            found.leave(Why::Denied, &object.place, text);
        }
        for (caller, means) in self.means(rule) {
            // Where some pods of a service are denied, or may be, none is let in.
            let is_guess = !means.contains(&Means::Yes);
            if is_guess && !means.contains(&Means::Unknown) {
                continue;
            }
            for target in targets {
                let callee = callees.entry(target.clone()).or_default();
                let denial = Denial { on: on.clone(), place: object.place.clone(), is_guess };
                callee.denied.entry(caller.clone()).or_default().push(denial);
            }
        }
    }

    /// Who is let in as one of many.
    fn crowd(&self, rule: &Rule<'_>) -> Crowd {
        let probe = |namespace: &str| rule.means(Who { namespace, account: Some(STRANGE) }) == Means::Yes;
        if rule.parties().is_none() {
            return Crowd::Anybody;
        }
        if probe(STRANGE) {
            return Crowd::Mesh;
        }
        Crowd::Namespaces(self.namespaces.iter().filter(|namespace| probe(namespace)).cloned().collect())
    }

    fn say(&self, callees: &BTreeMap<ServiceName, Callee>, found: &mut Found) {
        let owners: BTreeSet<_> = self.pods.iter().filter_map(|(_, owner)| owner).collect();
        for service in owners {
            if callees.get(service).is_some_and(|callee| callee.is_guarded) {
                continue;
            }
            let place = Place { path: String::new(), line: 0, what: String::new() };
            let leftover = found.leave(Why::Unguarded, &place, format!("no ALLOW policy is for `{service}`"));
            leftover.callee = Some(service.clone());
        }
        for (name, callee) in callees.iter().filter(|(_, callee)| callee.is_guarded) {
            let listed: Vec<_> = self
                .input
                .names
                .known(name)
                .map_or_else(Vec::new, |service| service.ports.listed().iter().map(declared).collect());
            for (caller, allowed) in &callee.allowed {
                let denied = callee.denied.get(caller).map_or(&[][..], Vec::as_slice);
                // Of a denial that is a guess, rules permit less than the policies may.
                for denial in denied.iter().filter(|denial| denial.is_guess) {
                    let text = format!(
                        "`{caller}` may be denied to call `{name}`: as what its pods run is not known; add the workloads to the files, or `service-account` to its service.yaml"
                    );
                    let leftover = found.leave(Why::NoCaller, &denial.place, text);
                    (leftover.callee, leftover.callers) = (Some(name.clone()), BTreeSet::from([caller.clone()]));
                }
                for (on, place) in allowed {
                    let Some(ports) = permitted(on, denied, &listed) else { continue };
                    found.statements.push(Statement {
                        caller: End::Service(caller.clone()),
                        callee: End::Service(name.clone()),
                        ports,
                        reason: None,
                        seen: None,
                        place: place.clone(),
                    });
                }
            }
        }
    }
}

/// What is left of some ports without those that are denied; nothing where that is nothing.
fn permitted(on: &On, denied: &[Denial], listed: &[PortRange]) -> Option<Wanted> {
    if denied.iter().any(|denial| denial.on.is_none()) {
        return None;
    }
    let denied: Vec<_> = denied.iter().filter_map(|denial| denial.on.as_ref()).flatten().copied().collect();
    let ranges = match on {
        None if denied.is_empty() => return Some(Wanted::All),
        // All means what the callee listens on.
        None if !listed.is_empty() => listed.to_vec(),
        None => everything()
            .into_iter()
            .filter_map(|port| if let Port::Range(range) = port { Some(range) } else { None })
            .collect(),
        Some(ranges) => ranges.clone(),
    };
    let left = subtract(&join(ranges), &denied);
    (!left.is_empty()).then(|| Wanted::These(left.into_iter().map(Port::Range).collect()))
}

/// Who is let in as one of many.
enum Crowd {
    Anybody,
    Mesh,
    Namespaces(BTreeSet<String>),
}

impl Crowd {
    fn holds(&self, namespace: &str) -> bool {
        match self {
            Self::Anybody | Self::Mesh => true,
            Self::Namespaces(names) => names.contains(namespace),
        }
    }

    /// Each with the peer of an `allow` entry and words for it.
    fn entries(&self) -> Vec<(Why, String, String)> {
        match self {
            Self::Anybody => vec![(Why::Anybody, "anybody".to_owned(), "anybody".to_owned())],
            Self::Mesh => {
                vec![(Why::WholeCluster, "{namespaces: any}".to_owned(), "every workload of the mesh".to_owned())]
            }
            Self::Namespaces(names) => {
                let of = |name: &String| {
                    let from = format!("{{namespace: {}}}", quote(name));
                    (Why::WholeNamespace, from, format!("every workload of namespace `{name}`"))
                };
                names.iter().map(of).collect()
            }
        }
    }
}
