//! Who can be reached through others: the blast radius of a change.

use hedgerow_core::fleet::Fleet;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A service that can be reached through others from services that could not reach it before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reach {
    pub(crate) callee: String,
    /// The services that can now get there, in no other way than through others.
    pub(crate) from: Vec<String>,
    /// The shortest way from one of them, both ends included.
    pub(crate) way: Vec<String>,
}

/// Who may call whom, by rule or by type.
struct Graph<'f> {
    callees: BTreeMap<&'f str, BTreeSet<&'f str>>,
}

impl<'f> Graph<'f> {
    fn of(fleet: &'f Fleet) -> Self {
        let mut callees = BTreeMap::<&str, BTreeSet<&str>>::new();
        for rule in fleet.rules() {
            callees.entry(rule.caller.as_str()).or_default().insert(rule.callee.as_str());
        }
        let of_type = |name: &str| -> Vec<&'f str> {
            let is_it = |service: &&hedgerow_core::fleet::Service| {
                service.service_type.as_ref().is_some_and(|of| of.as_str() == name)
            };
            fleet.services().filter(is_it).map(|service| service.name.as_str()).collect()
        };
        for (service_type, callers) in &fleet.config().types {
            let called = of_type(service_type.as_str());
            for caller in
                callers.iter().flat_map(|callers| callers.iter()).flat_map(|callers| of_type(callers.as_str()))
            {
                callees.entry(caller).or_default().extend(called.iter().copied().filter(|callee| *callee != caller));
            }
        }
        Self { callees }
    }

    fn of_caller(&self, caller: &str) -> impl Iterator<Item = &'f str> {
        self.callees.get(caller).into_iter().flatten().copied()
    }

    fn edges(&self) -> impl Iterator<Item = (&'f str, &'f str)> {
        self.callees.iter().flat_map(|(caller, callees)| callees.iter().map(|callee| (*caller, *callee)))
    }

    /// Everything that can be reached from a service, each with the one before it on the shortest way.
    fn reached(&self, from: &'f str) -> BTreeMap<&'f str, &'f str> {
        let mut reached = BTreeMap::new();
        let mut open = VecDeque::from([from]);
        while let Some(at) = open.pop_front() {
            for callee in self.of_caller(at) {
                if callee != from && !reached.contains_key(callee) {
                    reached.insert(callee, at);
                    open.push_back(callee);
                }
            }
        }
        reached
    }

    /// The services from which one of `targets` can be reached, themselves included.
    fn upstream(&self, targets: BTreeSet<&'f str>) -> BTreeSet<&'f str> {
        let mut callers = BTreeMap::<&str, Vec<&str>>::new();
        self.edges().for_each(|(caller, callee)| callers.entry(callee).or_default().push(caller));
        let mut found = targets.clone();
        let mut open: Vec<_> = targets.into_iter().collect();
        while let Some(at) = open.pop() {
            let above = callers.get(at).into_iter().flatten();
            open.extend(above.filter(|caller| found.insert(caller)));
        }
        found
    }
}

/// Pairs that are new and not direct, by callee. Only services above a new edge can have any.
pub(super) fn reach(base: &Fleet, head: &Fleet) -> Vec<Reach> {
    let (before, after) = (Graph::of(base), Graph::of(head));
    let is_new = |(caller, callee): &(&str, &str)| !before.callees.get(caller).is_some_and(|old| old.contains(callee));
    let callers: BTreeSet<_> = after.edges().filter(is_new).map(|(caller, _)| caller).collect();
    let mut found = BTreeMap::<&str, Vec<(&str, Vec<String>)>>::new();
    for from in after.upstream(callers) {
        let (old, new) = (before.reached(from), after.reached(from));
        for (callee, last) in &new {
            if *last != from && !old.contains_key(callee) {
                found.entry(callee).or_default().push((from, way(&new, from, callee)));
            }
        }
    }
    let reach = |(callee, froms): (&str, Vec<(&str, Vec<String>)>)| Reach {
        callee: callee.to_owned(),
        way: froms.iter().map(|(_, way)| way).min_by_key(|way| way.len()).cloned().unwrap_or_default(),
        from: froms.into_iter().map(|(from, _)| from.to_owned()).collect(),
    };
    found.into_iter().map(reach).collect()
}

fn way(reached: &BTreeMap<&str, &str>, from: &str, to: &str) -> Vec<String> {
    let back = std::iter::successors(Some(to), |at| reached.get(at).copied().filter(|_| *at != from));
    let mut way: Vec<_> = back.map(str::to_owned).collect();
    way.reverse();
    way
}
