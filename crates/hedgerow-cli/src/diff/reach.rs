//! Who can be reached through others: the blast radius of a change.

use hedgerow_core::fleet::{Fleet, Service};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many of those who can get somewhere are named.
const NAMED: usize = 100;

/// A service that can be reached through others from services that could not reach it before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reach {
    pub(crate) callee: String,
    /// How many services can now get there, in no other way than through others.
    pub(crate) count: usize,
    /// The first of them, at most a hundred.
    pub(crate) from: Vec<String>,
    /// The shortest way from one of them, both ends included.
    pub(crate) way: Vec<String>,
}

/// Who may call whom, by rule or by type. Services are numbers, so that a fleet of thousands is walked from each of them in
/// a moment.
struct Graph {
    callees: Vec<Vec<usize>>,
}

/// What one walk found: for each service the one before it on the shortest way, and how long that way is.
struct Walk {
    before: Vec<Option<(usize, usize)>>,
}

impl Graph {
    fn of(fleet: &Fleet, numbers: &BTreeMap<&str, usize>) -> Self {
        let number = |name: &str| numbers.get(name).copied();
        let mut callees = vec![BTreeSet::new(); numbers.len()];
        for rule in fleet.rules() {
            if let (Some(caller), Some(callee)) = (number(rule.caller.as_str()), number(rule.callee.as_str())) {
                callees[caller].insert(callee);
            }
        }
        let mut of_type = BTreeMap::<&str, Vec<usize>>::new();
        for service in fleet.services() {
            if let (Some(service_type), Some(number)) = (&service.service_type, number(service.name.as_str())) {
                of_type.entry(service_type.as_str()).or_default().push(number);
            }
        }
        for (service_type, callers) in &fleet.config().types {
            let called = of_type.get(service_type.as_str()).map_or(&[][..], Vec::as_slice);
            let callers = callers.iter().flat_map(|callers| callers.iter());
            for caller in callers.flat_map(|callers| of_type.get(callers.as_str()).into_iter().flatten()) {
                callees[*caller].extend(called.iter().filter(|callee| *callee != caller));
            }
        }
        Self { callees: callees.into_iter().map(|callees| callees.into_iter().collect()).collect() }
    }

    fn walk(&self, from: usize) -> Walk {
        let mut before = vec![None; self.callees.len()];
        let mut open = VecDeque::from([(from, 0)]);
        while let Some((at, length)) = open.pop_front() {
            for &callee in &self.callees[at] {
                if callee != from && before[callee].is_none() {
                    before[callee] = Some((at, length + 1));
                    open.push_back((callee, length + 1));
                }
            }
        }
        Walk { before }
    }

    /// The services from which one of `targets` can be reached, themselves included.
    fn upstream(&self, targets: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut callers = vec![Vec::new(); self.callees.len()];
        for (caller, callees) in self.callees.iter().enumerate() {
            callees.iter().for_each(|callee| callers[*callee].push(caller));
        }
        let mut found = targets.clone();
        let mut open: Vec<_> = targets.iter().copied().collect();
        while let Some(at) = open.pop() {
            open.extend(callers[at].iter().filter(|caller| found.insert(**caller)));
        }
        found
    }
}

impl Walk {
    fn way(&self, from: usize, to: usize) -> Vec<usize> {
        let step = |at: &usize| if *at == from { None } else { self.before[*at].map(|(before, _)| before) };
        let mut way: Vec<_> = std::iter::successors(Some(to), step).collect();
        way.reverse();
        way
    }
}

/// What has come into reach of whom, for one callee.
#[derive(Default)]
struct Found {
    count: usize,
    from: Vec<usize>,
    /// The shortest way so far: its length and where it begins.
    best: Option<(usize, usize)>,
}

/// Pairs that are new and not direct, by callee. Only services above a new edge can have any.
pub(super) fn reach(base: &Fleet, head: &Fleet) -> Vec<Reach> {
    let names: BTreeSet<_> =
        base.services().chain(head.services()).map(|service: &Service| service.name.as_str()).collect();
    let names: Vec<_> = names.into_iter().collect();
    let numbers: BTreeMap<_, _> = names.iter().zip(0..).map(|(name, number)| (*name, number)).collect();
    let (before, after) = (Graph::of(base, &numbers), Graph::of(head, &numbers));
    let gained = |caller: &usize| {
        let old = &before.callees[*caller];
        after.callees[*caller].iter().any(|callee| old.binary_search(callee).is_err())
    };
    let callers: BTreeSet<_> = (0..names.len()).filter(gained).collect();
    let mut found = BTreeMap::<usize, Found>::new();
    for from in after.upstream(&callers) {
        let (old, new) = (before.walk(from), after.walk(from));
        for (callee, step) in new.before.iter().enumerate() {
            let Some((_, length)) = step.filter(|(_, length)| *length > 1) else { continue };
            if old.before[callee].is_none() {
                let found = found.entry(callee).or_default();
                found.count += 1;
                if found.from.len() < NAMED {
                    found.from.push(from);
                }
                if found.best.is_none_or(|best| (length, from) < best) {
                    found.best = Some((length, from));
                }
            }
        }
    }
    let name = |number: usize| names[number].to_owned();
    let reach = |(callee, found): (usize, Found)| {
        let way = found.best.map_or_else(Vec::new, |(_, from)| after.walk(from).way(from, callee));
        Reach {
            callee: name(callee),
            count: found.count,
            from: found.from.into_iter().map(name).collect(),
            way: way.into_iter().map(name).collect(),
        }
    };
    found.into_iter().map(reach).collect()
}
