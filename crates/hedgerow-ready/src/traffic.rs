//! What traffic showed, by callee and by edge.

use crate::bound::Counts;
use crate::code::Code;
use hedgerow_core::name::{Protocol, ServiceName};
use hedgerow_core::plan::Plan;
use hedgerow_core::policy::Ports;
use hedgerow_core::verdict::Permission;
use hedgerow_observe::observations::{End, Moment, Observation, Observations, Verdict};
use std::collections::BTreeMap;
use std::num::NonZeroU16;

/// How far two clocks may be apart, in seconds.
const MAX_SKEW: i64 = 300;

/// Observations, found by callee and by edge.
#[derive(Debug)]
pub(crate) struct Traffic<'o> {
    by_callee: BTreeMap<&'o str, Vec<&'o Observation>>,
    edges: BTreeMap<(&'o str, &'o str), Seen>,
}

/// One edge as traffic showed it, all ports and verdicts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// First.
    pub first: Moment,
    /// Last.
    pub last: Moment,
    /// How often.
    pub count: u64,
    /// On how many days at least; 0 where nobody counted.
    pub days: u64,
    /// How often it got through although no rule permitted it then.
    pub unpermitted: u64,
    /// How often it was dropped.
    pub dropped: u64,
}

impl Seen {
    fn of(observation: &Observation) -> Self {
        let mut seen =
            Self { first: observation.first, last: observation.last, count: 0, days: 0, unpermitted: 0, dropped: 0 };
        seen.add(observation);
        seen
    }

    fn add(&mut self, observation: &Observation) {
        self.first = self.first.min(observation.first);
        self.last = self.last.max(observation.last);
        self.count = self.count.saturating_add(observation.count);
        self.days = self.days.max(observation.days);
        match observation.verdict {
            Verdict::Unpermitted => self.unpermitted = self.unpermitted.saturating_add(observation.count),
            Verdict::Dropped => self.dropped = self.dropped.saturating_add(observation.count),
            Verdict::Permitted | Verdict::Unknown => {}
        }
    }
}

impl<'o> Traffic<'o> {
    pub(crate) fn new(observations: &'o Observations) -> Self {
        let mut by_callee: BTreeMap<&str, Vec<&Observation>> = BTreeMap::new();
        let mut edges: BTreeMap<(&str, &str), Seen> = BTreeMap::new();
        for observation in &observations.observed {
            by_callee.entry(&observation.callee).or_default().push(observation);
            let End::Service(caller) = &observation.caller else { continue };
            edges
                .entry((caller, &observation.callee))
                .and_modify(|seen| seen.add(observation))
                .or_insert(Seen::of(observation));
        }
        Self { by_callee, edges }
    }

    pub(crate) fn to(&self, callee: &str) -> &[&'o Observation] {
        self.by_callee.get(callee).map_or(&[], Vec::as_slice)
    }

    /// What some observations come to.
    pub(crate) fn sum(lines: &[&Observation]) -> Option<Seen> {
        let (first, rest) = lines.split_first()?;
        let mut seen = Seen::of(first);
        rest.iter().for_each(|line| seen.add(line));
        Some(seen)
    }

    pub(crate) fn edge<'s>(&'s self, caller: &'s str, callee: &'s str) -> Option<&'s Seen> {
        self.edges.get(&(caller, callee))
    }

    /// What is known of the fleet by both.
    pub(crate) fn counts(&self, code: &Code, window: (Moment, Moment)) -> Counts {
        let in_both =
            |(caller, callee): &&(&str, &str)| code.calls.contains_key(&((*caller).to_owned(), (*callee).to_owned()));
        let on = |days| self.edges.values().filter(|seen| seen.days == days).count();
        Counts {
            in_code: code.calls.len(),
            in_traffic: self.edges.len(),
            in_both: self.edges.keys().filter(in_both).count(),
            on_one_day: on(1),
            on_two_days: on(2),
            days: u64::try_from((window.1.0 - window.0.0) / 86_400).unwrap_or(0),
        }
    }
}

/// Whether the tree permits a call today, whatever it was when it was seen. Nothing where one end is no service that is known, or where the
/// caller's rules lie in another repository.
pub(crate) fn permitted(plan: &Plan, caller: &str, observation: &Observation) -> Option<bool> {
    match permission(plan, caller, observation)? {
        Permission::Nothing => Some(false),
        Permission::Untold => None,
        Permission::Rule(_) | Permission::Types | Permission::Allow(_) => Some(true),
    }
}

/// What permits a call in the tree of today. Nothing where one end is no service that is known.
pub(crate) fn permission<'p>(plan: &'p Plan, caller: &str, observation: &Observation) -> Option<Permission<'p>> {
    let (caller, callee) = (ServiceName::new(caller).ok()?, ServiceName::new(&observation.callee).ok()?);
    let Some(port) = port(observation) else { return Some(Permission::Nothing) };
    Some(plan.verdict(&caller, &callee, port)?.permission)
}

/// Whether a moment is not yet, by more than two clocks may be apart.
#[must_use]
pub const fn is_future(moment: Moment, now: Moment) -> bool {
    moment.0 > now.0.saturating_add(MAX_SKEW)
}

/// How many observations were last seen at a time that is not the header's, and what the first of them is; nothing where there is none.
#[must_use]
pub fn strays(observations: &Observations) -> Option<(usize, String)> {
    let header = &observations.header;
    // Both ends are told by clocks that may be apart, and to whole seconds.
    let is_before = |line: &Observation| is_future(header.from, line.last);
    let is_stray = |line: &&Observation| is_before(line) || is_future(line.last, header.to);
    let mut strays = observations.observed.iter().filter(is_stray);
    let first = strays.next()?;
    let when = if is_before(first) { "before the observations begin" } else { "after the observations end" };
    let text = format!("calls {when}, such as one of `{}` at {}", first.callee, String::from(first.last));
    Some((strays.count() + 1, text))
}

/// Why no rule can permit a call on a port, and what it is; nothing where one can.
#[must_use]
pub fn beyond_rules(port: u16, protocol: &str) -> Option<String> {
    if !["TCP", "UDP", "SCTP"].iter().any(|known| known.eq_ignore_ascii_case(protocol)) {
        return Some(format!("no rule can permit {protocol}: rules are about TCP, UDP and SCTP"));
    }
    (port == 0)
        .then(|| format!("no rule can permit port 0: the source did not tell which port of {protocol} was called"))
}

/// The port that was called; nothing where no rule could permit it: it is 0, or of another protocol.
#[must_use]
pub fn port(observation: &Observation) -> Option<(NonZeroU16, Protocol)> {
    let protocol = match observation.protocol.to_ascii_uppercase().as_str() {
        "TCP" => Protocol::Tcp,
        "UDP" => Protocol::Udp,
        "SCTP" => Protocol::Sctp,
        _ => return None,
    };
    Some((NonZeroU16::new(observation.port)?, protocol))
}

/// Whether a callee declares a port; one that declares none is called on any.
pub(crate) fn declares(plan: &Plan, callee: &str, port: u16, protocol: &str) -> bool {
    let Some(callee) = plan.fleet().known(callee) else { return false };
    match &callee.ports {
        Ports::Any => true,
        Ports::Nothing => false,
        Ports::These(ports) => ports
            .iter()
            .chain(&callee.always)
            .any(|declared| declared.number.get() == port && declared.protocol.as_str().eq_ignore_ascii_case(protocol)),
    }
}
