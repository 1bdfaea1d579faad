//! Who calls whom by the observations and what permits it today, and what it is worth that nobody was seen.

use crate::hearing::{Heard, Hearing};
use crate::judge::span;
use crate::traffic::{Seen, Traffic, permission};
use hedgerow_core::plan::Plan;
use hedgerow_core::verdict::Permission;
use hedgerow_observe::observations::{Canary, End, Observation, Observations, Verdict};
use std::collections::{BTreeMap, BTreeSet};

pub use crate::traffic::port;

const DAY: i64 = 86_400;

/// What permits calls, by the tree of today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// A rule file of the caller.
    Rule,
    /// The types.
    Types,
    /// An `allow` entry of the callee; of a caller that is no service, what the observer judged.
    Allow,
    /// Nothing.
    Nothing,
    /// It cannot be told here: the caller's rules are in another repository, or an end is not known.
    Untold,
}

/// Who called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// A service.
    Service(String),
    /// Somebody else, as the source names him.
    Outsider(String),
}

/// All calls of one caller to one callee that are permitted by the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Who called.
    pub caller: Who,
    /// Who was called.
    pub callee: String,
    /// What permits it.
    pub by: By,
    /// How often, and when.
    pub seen: Seen,
    /// On which ports.
    pub ports: BTreeSet<(u16, String)>,
    /// Whether the last that was seen came without the caller's label.
    pub is_bare: bool,
}

/// The calls by caller, callee and what permits them. Calls whose caller is one of several are not among them: [`Perhaps`] has those.
/// `by` says what permits a service's call, such as [`by_plan`].
#[must_use]
pub fn calls(observations: &Observations, by: impl Fn(&str, &Observation) -> By) -> Vec<Call> {
    let mut groups: BTreeMap<(Who, &str, By), Vec<&Observation>> = BTreeMap::new();
    for observation in &observations.observed {
        let (who, by) = match &observation.caller {
            End::Service(name) => (Who::Service(name.clone()), by(name, observation)),
            End::Outsider(name) => (Who::Outsider(name.clone()), judged(observation.verdict)),
            End::Unknown(_) => continue,
        };
        groups.entry((who, &observation.callee, by)).or_default().push(observation);
    }
    let call = |((caller, callee, by), lines): ((Who, &str, By), Vec<&Observation>)| {
        Some(Call {
            caller,
            callee: callee.to_owned(),
            by,
            seen: sum(&lines)?,
            ports: lines.iter().map(|line| (line.port, line.protocol.clone())).collect(),
            is_bare: crate::reconcile::is_bare(&lines),
        })
    };
    groups.into_iter().filter_map(call).collect()
}

/// What permits a service's call in the tree of today.
#[must_use]
pub fn by_plan(plan: &Plan, caller: &str, observation: &Observation) -> By {
    match permission(plan, caller, observation) {
        Some(Permission::Rule(_)) => By::Rule,
        Some(Permission::Types) => By::Types,
        Some(Permission::Allow(_)) => By::Allow,
        Some(Permission::Nothing) => By::Nothing,
        Some(Permission::Untold) | None => By::Untold,
    }
}

/// What some observations come to; nothing of none.
#[must_use]
pub fn sum(lines: &[&Observation]) -> Option<Seen> {
    Traffic::sum(lines)
}

const fn judged(verdict: Verdict) -> By {
    match verdict {
        Verdict::Permitted => By::Allow,
        Verdict::Unpermitted | Verdict::Dropped => By::Nothing,
        Verdict::Unknown => By::Untold,
    }
}

/// Calls whose caller cannot be told and is one of several.
#[derive(Debug, Default)]
pub struct Perhaps<'o> {
    by_pair: BTreeMap<(&'o str, &'o str), u64>,
    /// How many in all.
    pub calls: u64,
}

impl<'o> Perhaps<'o> {
    /// Those of some observations.
    #[must_use]
    pub fn new(observations: &'o Observations) -> Self {
        let mut all = Self::default();
        for observation in &observations.observed {
            let End::Unknown(callers) = &observation.caller else { continue };
            all.calls = all.calls.saturating_add(observation.count);
            for caller in callers {
                let count = all.by_pair.entry((caller, &observation.callee)).or_default();
                *count = count.saturating_add(observation.count);
            }
        }
        all
    }

    /// The pairs of caller and callee, with how many calls may have been theirs.
    pub fn pairs(&self) -> impl Iterator<Item = ((&'o str, &'o str), u64)> + '_ {
        self.by_pair.iter().map(|(pair, count)| (*pair, *count))
    }

    /// How many may have been this caller's.
    #[must_use]
    pub fn of(&self, caller: &str, callee: &str) -> u64 {
        self.by_pair.get(&(caller, callee)).copied().unwrap_or(0)
    }
}

/// How well was listened to calls of one callee, over the whole of the observations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listened {
    /// Somebody listened on every node of its pods, but for so many seconds at most.
    Throughout(i64),
    /// Somebody did, and on one node nobody for so many seconds: too long to be left out of account.
    InPart(i64),
    /// Nobody can prove it; with the reason.
    Unproven(String),
}

/// How well was listened on the nodes of each callee.
#[derive(Debug)]
pub struct Ears<'o> {
    observations: &'o Observations,
    hearing: Hearing<'o>,
}

impl<'o> Ears<'o> {
    /// Of some observations.
    #[must_use]
    pub fn new(observations: &'o Observations) -> Self {
        let header = &observations.header;
        Self { observations, hearing: Hearing::new(&header.coverage, header.from, header.to) }
    }

    /// On how many nodes somebody listened all the time, or nearly so, and how many there are.
    #[must_use]
    pub fn nodes(&self) -> (usize, usize) {
        let header = &self.observations.header;
        let nodes: BTreeSet<&str> = header.coverage.iter().map(|source| source.node.as_str()).collect();
        let is_whole = |node: &&&str| matches!(self.hearing.of(node, header.to.0 - header.from.0), Heard::Enough(_));
        (nodes.iter().filter(is_whole).count(), nodes.len())
    }

    /// How well was listened to calls of `callee`.
    #[must_use]
    pub fn listened(&self, callee: &str) -> Listened {
        let header = &self.observations.header;
        if self.observations.faults.count > 0 {
            return Listened::Unproven("not all lines of the observations are understood".to_owned());
        }
        let nodes = header.services.get(callee).map(|watched| watched.nodes.as_slice()).unwrap_or_default();
        if nodes.is_empty() {
            return Listened::Unproven("it is not known on which nodes its pods ran".to_owned());
        }
        // What was made to be seen and was not: somebody listened, and heard nothing.
        let is_missed = |canary: &&Canary| {
            let is_whole = canary.since.is_some_and(|since| since.0 < header.from.0.saturating_add(DAY));
            let is_own = canary.callee == callee && canary.sent > 0;
            is_own && (!is_whole || canary.missed.is_some_and(|missed| missed >= header.from))
        };
        if let Some(canary) = header.canaries.iter().find(is_missed) {
            let missed = canary.sent.saturating_sub(canary.seen);
            let were = if missed == 1 { "was" } else { "were" };
            let calls = format!(
                "of {} of the canary {missed} {were} not seen",
                hedgerow_core::diag::count(canary.sent, "call")
            );
            return Listened::Unproven(format!("{calls}, or on some day there was none"));
        }
        let (mut is_whole, mut longest) = (true, 0);
        for node in nodes {
            match self.hearing.of(node, header.to.0 - header.from.0) {
                Heard::Enough(deaf) => longest = longest.max(deaf),
                Heard::From(_, deaf) => (is_whole, longest) = (false, longest.max(deaf)),
                Heard::Deaf => return Listened::Unproven(format!("at the end nobody listened on `{node}`")),
                Heard::Nothing => return Listened::Unproven(format!("no source listened on `{node}`")),
            }
        }
        if is_whole { Listened::Throughout(longest) } else { Listened::InPart(longest) }
    }
}

impl Listened {
    /// How well, in a few words: `all the time`, `but for 3 hours`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Throughout(0) => "somebody listened on every node of its pods all the time".to_owned(),
            Self::Throughout(deaf) => {
                format!("somebody listened on every node of its pods, but for {} at most", span(*deaf))
            }
            Self::InPart(deaf) => format!("on a node of its pods nobody listened for {}", span(*deaf)),
            Self::Unproven(why) => format!("no source can prove that it listened: {why}"),
        }
    }

    /// What it is worth that a caller was not seen in these observations.
    #[must_use]
    pub fn silence(&self, observations: &Observations) -> String {
        let window = window(observations);
        let words = self.words();
        match self {
            Self::Throughout(_) => {
                format!("never seen {window}, while {words}; what is called more rarely is not seen either")
            }
            Self::InPart(_) => format!("not seen {window}, but {words}: it may have been called then"),
            Self::Unproven(_) => format!("not seen {window}, which says nothing: {words}"),
        }
    }
}

/// `in 31 days up to 2026-11-21T08:00:00Z`.
#[must_use]
pub fn window(observations: &Observations) -> String {
    let header = &observations.header;
    format!("in {} up to {}", span(header.to.0 - header.from.0), String::from(header.to))
}

/// How often, as a rate where that is a day's at least: `about 1,200 times a day (37,200 in 31 days)`.
#[must_use]
pub fn rate(seen: &Seen, observations: &Observations) -> String {
    let header = &observations.header;
    // What is counted may have begun before the window.
    let seconds = (header.to.0.max(seen.last.0) - header.from.0.min(seen.first.0)).max(1);
    let times = if seen.count == 1 { "once".to_owned() } else { format!("{} times", grouped(seen.count)) };
    let in_all = format!("{times} in {}", span(seconds));
    let a_day = u128::from(seen.count) * u128::from(DAY.unsigned_abs()) / u128::from(seconds.unsigned_abs());
    match u64::try_from(a_day) {
        Ok(a_day @ 2..) if seconds >= 2 * DAY => format!("about {} times a day ({in_all})", grouped(a_day)),
        _ => in_all,
    }
}

/// `37,200`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
