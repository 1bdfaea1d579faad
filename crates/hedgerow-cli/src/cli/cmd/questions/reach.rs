//! Who reaches whom, directly or through others.

use hedgerow_core::name::ServiceName;
use hedgerow_core::plan::Plan;
use hedgerow_core::policy::Rule;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Which way a question looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Who calls?
    Callers,
    /// Who is called?
    Callees,
}

impl Direction {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Callers => "callers",
            Self::Callees => "callees",
        }
    }

    /// What is said where there is no edge. `is_part` says that there are rules of other repositories.
    pub(super) const fn nobody(self, is_part: bool) -> &'static str {
        match self {
            Self::Callers if is_part => "nobody of this repository may call it\n",
            Self::Callers => "nobody may call it\n",
            Self::Callees => "it may call nobody\n",
        }
    }

    /// The end of an edge that was not asked about.
    pub(super) const fn other<'e>(self, edge: &Edge<'e>) -> &'e ServiceName {
        match self {
            Self::Callers => edge.caller,
            Self::Callees => edge.callee,
        }
    }

    /// The end that was.
    pub(super) const fn asked<'e>(self, edge: &Edge<'e>) -> &'e ServiceName {
        match self {
            Self::Callers => edge.callee,
            Self::Callees => edge.caller,
        }
    }
}

/// A permitted edge, or a way along several.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Edge<'f> {
    pub(super) caller: &'f ServiceName,
    pub(super) callee: &'f ServiceName,
    /// What permits a direct edge, or the step of a way next to the service that was asked about; nothing where types do.
    pub(super) rule: Option<&'f Rule>,
    /// The services between the two ends, in the order of the calls.
    pub(super) via: Vec<&'f ServiceName>,
}

type Step<'f> = (&'f ServiceName, Option<&'f Rule>);

/// All edges into or out of `services`, by the service that was asked about and the other end.
pub(super) fn edges<'f>(
    plan: &'f Plan,
    services: &[ServiceName],
    direction: Direction,
    transitive: bool,
) -> Vec<Edge<'f>> {
    let steps = steps(plan, direction);
    let mut edges = Vec::new();
    for service in services {
        let Some(start) = plan.fleet().known(service.as_str()).map(|service| &service.name) else { continue };
        let found = if transitive { ways(&steps, start) } else { direct(&steps, start) };
        edges.extend(found.into_iter().map(|way| way.edge(direction)));
    }
    edges
}

/// For each service its neighbours in one direction. A rule counts before the types.
fn steps(plan: &Plan, direction: Direction) -> BTreeMap<&ServiceName, BTreeMap<&ServiceName, Option<&Rule>>> {
    let mut steps: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    let mut add = |caller, callee, rule: Option<_>| {
        let (from, to) = match direction {
            Direction::Callers => (callee, caller),
            Direction::Callees => (caller, callee),
        };
        let known = steps.entry(from).or_default().entry(to).or_insert(rule);
        *known = known.or(rule);
    };
    for rule in plan.fleet().rules() {
        add(&rule.caller, &rule.callee, Some(rule));
    }
    let mut by_type: BTreeMap<_, Vec<&ServiceName>> = BTreeMap::new();
    for service in plan.fleet().services().chain(plan.fleet().elsewhere()) {
        if let Some(service_type) = &service.service_type {
            by_type.entry(service_type).or_default().push(&service.name);
        }
    }
    let of_type = |service_type| by_type.get(service_type).map(Vec::as_slice).unwrap_or_default();
    for catch_all in plan.catch_alls() {
        for callee in of_type(&catch_all.service_type) {
            for caller in catch_all.callers.iter().flat_map(of_type).filter(|caller| caller != &callee) {
                add(caller, callee, None);
            }
        }
    }
    steps
}

type Steps<'f> = BTreeMap<&'f ServiceName, BTreeMap<&'f ServiceName, Option<&'f Rule>>>;

/// A way from the service that was asked about to another.
struct Way<'f> {
    start: &'f ServiceName,
    end: &'f ServiceName,
    first: Option<&'f Rule>,
    between: Vec<&'f ServiceName>,
}

impl<'f> Way<'f> {
    fn edge(self, direction: Direction) -> Edge<'f> {
        let mut via = self.between;
        let (caller, callee) = match direction {
            Direction::Callees => (self.start, self.end),
            Direction::Callers => {
                via.reverse();
                (self.end, self.start)
            }
        };
        Edge { caller, callee, rule: self.first, via }
    }
}

fn direct<'f>(steps: &Steps<'f>, start: &'f ServiceName) -> Vec<Way<'f>> {
    let neighbours = steps.get(start).into_iter().flatten();
    neighbours.map(|(end, first)| Way { start, end, first: *first, between: Vec::new() }).collect()
}

/// The shortest way to everything that can be reached; of several the first by name.
fn ways<'f>(steps: &Steps<'f>, start: &'f ServiceName) -> Vec<Way<'f>> {
    let mut reached: BTreeMap<&ServiceName, (Option<&Rule>, Vec<&ServiceName>)> = BTreeMap::new();
    let mut queue: VecDeque<Step<'f>> = VecDeque::new();
    let mut seen = BTreeSet::from([start]);
    for (next, rule) in steps.get(start).into_iter().flatten() {
        if seen.insert(next) {
            reached.insert(next, (*rule, Vec::new()));
            queue.push_back((next, *rule));
        }
    }
    while let Some((here, first)) = queue.pop_front() {
        let mut between = reached.get(here).map(|(_, between)| between.clone()).unwrap_or_default();
        between.push(here);
        for next in steps.get(here).into_iter().flat_map(BTreeMap::keys) {
            if seen.insert(next) {
                reached.insert(next, (first, between.clone()));
                queue.push_back((next, first));
            }
        }
    }
    reached.into_iter().map(|(end, (first, between))| Way { start, end, first, between }).collect()
}
