//! Sums of rule counters that go back to 0: what a policy let through or dropped since somebody began to look.
//!
//! The data plane writes a chain anew when anything in it changes, and all of its counters begin at 0 again, also where the same
//! content comes back. What was counted between the last reading and that moment is gone with the chain. Two places count what a
//! policy accepted, though: the policy's own chain, and behind it a rule in the chain of every pod (*accepted by*). They are
//! rewritten for different reasons, so one makes up for the other:
//!
//! - Each place has its own running sum. A sum whose chain was rewritten in an interval says nothing of that interval.
//! - The count goes up to the greatest sum that holds, and the others are set to it. What that adds is [`Sum::repaired`].
//! - Where no place holds, what is there now is added, and the interval is a [`Sum::gaps`]: some packets may be missing.
//!
//! So a sum is under what the data plane counted only by what was lost in intervals that are reported as gaps, and over it only by
//! what is [`Sum::inherited`] (was there before anybody looked) or [`Sum::repaired`]. That a chain was rewritten is seen by its hashes,
//! and by any of its counters that went down; a chain that came back the same and has passed all of its old counts is made up for by
//! the other place. Tables that were emptied as a whole are seen by the chains of the pods.
//!
//! What is not seen: a policy's chain that came back the same and shows nothing of it, in the same interval in which the chain of one of
//! its pods was rewritten for another reason; and tables that were emptied where all of the pods' counters had passed their old values
//! again by the next reading; and what was made and rewritten between two readings, in both places. Read every few seconds.

use crate::record::{Direction, Family, Policy, Role, RuleAction, RuleCounter, Step, Tables};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The most chains that are kept in mind; a node has some hundreds. What is beyond is reported by [`Reading::unread`].
pub const MAX_CHAINS: usize = 200_000;
/// The most rules of one chain that are kept in mind.
const MAX_RULES: usize = 10_000;

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// What a policy let through.
    Allowed(Arc<Policy>, Direction),
    /// What a policy dropped.
    Denied(Arc<Policy>, Direction),
    /// What a policy logged. Under a rate limit the rule counts too little.
    Logged(Arc<Policy>, Direction),
    /// What no policy of a tier let in at one pod: dropped there. By interface.
    EndOfTier(Arc<str>, Direction),
}

/// How much was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Packets in all.
    pub packets: u64,
    /// Of these, what the counters held when they were first read: it may be old.
    pub inherited: u64,
    /// Of these, what one place made up for another. It may be over by what was under way during a reading.
    pub repaired: u64,
    /// Intervals in which a chain was rewritten and nothing else had counted.
    pub gaps: u64,
}

/// Whether a dump is all that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Every chain is in it.
    Whole,
    /// It was cut, interrupted, or asked for some chains alone: what is not in it may be there all the same.
    Partial,
}

/// What became of a dump.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// It is older than one that was read, and was left aside.
    pub is_stale: bool,
    /// Chains that were rewritten since they were read last.
    pub rewritten: usize,
    /// Chains that are gone.
    pub gone: usize,
    /// Chains and rules beyond what is kept in mind.
    pub unread: usize,
}

type ChainKey = (Tables, Family, Arc<str>);

#[derive(Clone, Debug, PartialEq)]
struct Seen {
    hash: Option<String>,
    packets: u64,
    bytes: u64,
    /// What it counts, and in which place.
    counts: Option<(Counted, Place)>,
    /// The chain of the policy by which was accepted what it counts.
    accepted_by: Option<Arc<str>>,
    /// Whether it stands in the chain of a pod.
    is_endpoint: bool,
}

/// Where the same thing is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// In the policy's chain, or the one place there is.
    Own,
    /// In the chains of the pods.
    Pods,
}

type Chain = BTreeMap<u32, Seen>;

/// What one place says of one interval.
#[derive(Clone, Copy, Debug, Default)]
struct Interval {
    /// What it counted, as far as that is still there.
    added: u64,
    /// Of this, what is certain: the rest is there only if tables were emptied in which this chain shows nothing of it.
    certain: u64,
    /// Of this, what may have been counted before anybody looked.
    inherited: u64,
    /// Whether a chain that counts it was rewritten or is gone.
    is_broken: bool,
    /// Whether any chain counts it there.
    is_there: bool,
    /// Whether one of these is new: it may have begun anew since it was made, and nobody would see it.
    is_new: bool,
}

impl Interval {
    /// Whether it counted everything.
    const fn holds(&self) -> bool {
        self.is_there && !self.is_broken
    }

    /// Whether it can stand for a place that lost something.
    const fn makes_up(&self) -> bool {
        self.holds() && !self.is_new
    }
}

/// How the places stand to the count.
#[derive(Clone, Copy, Debug, Default)]
struct Running {
    /// By how much the running sum of each place is behind the count: its own chain's, and the pods'.
    behind: [u64; 2],
    /// What the own place alone has shown: never more than was counted.
    own: u64,
}

/// The sums of one node.
#[derive(Clone, Debug, Default)]
pub struct Counter {
    last: Option<i64>,
    /// Whether all chains were read once, so that a chain that is new was made since.
    is_complete: bool,
    chains: BTreeMap<ChainKey, Chain>,
    sums: BTreeMap<Counted, Sum>,
    running: BTreeMap<Counted, Running>,
}

impl Counter {
    /// Sums that nothing is known of yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The sums so far.
    #[must_use]
    pub const fn sums(&self) -> &BTreeMap<Counted, Sum> {
        &self.sums
    }

    /// Takes a dump of the rules, read at `at` by a clock that does not go back. Rules that stand twice in it count once.
    pub fn read(&mut self, at: i64, extent: Extent, rules: impl IntoIterator<Item = RuleCounter>) -> Reading {
        let mut reading = Reading::default();
        if self.last.is_some_and(|last| at < last) {
            reading.is_stale = true;
            return reading;
        }
        self.last = Some(at);
        let dump = self.chains_of(rules, &mut reading);
        let mut steps: BTreeMap<(Counted, Place), Interval> = BTreeMap::new();
        let flushed = self.flushed(&dump, extent);
        let orphaned = self.orphaned(&dump, extent);
        for (key, chain) in &dump {
            let before = self.chains.get(key);
            let is_flushed = flushed.contains(&(key.0, key.1));
            let is_rewritten = before.is_some_and(|before| is_rewritten(before, chain, extent));
            let is_broken = is_rewritten || ((is_flushed || orphaned.contains(key)) && before.is_some());
            reading.rewritten += usize::from(is_broken);
            for (position, rule) in chain {
                let Some(counts) = &rule.counts else { continue };
                let interval = steps.entry(counts.clone()).or_default();
                let old = before.filter(|_| !is_broken).and_then(|before| before.get(position));
                let added = rule.packets.saturating_sub(old.map_or(0, |old| old.packets));
                interval.added = interval.added.saturating_add(added);
                let shown = before.filter(|_| !is_rewritten).and_then(|before| before.get(position));
                let certain = rule.packets.saturating_sub(shown.map_or(0, |old| old.packets));
                interval.certain = interval.certain.saturating_add(certain);
                if !self.is_complete && !is_broken && old.is_none() {
                    interval.inherited = interval.inherited.saturating_add(added);
                }
                interval.is_broken |= is_broken;
                interval.is_there = true;
                interval.is_new |= before.is_none();
            }
            // What is counted no longer, because the rule that did is gone, was counted up to some moment in between.
            for rule in before.filter(|_| is_broken).into_iter().flat_map(BTreeMap::values) {
                if let Some(counts) = &rule.counts {
                    steps.entry(counts.clone()).or_default().is_broken = true;
                }
            }
        }
        if extent == Extent::Whole {
            let gone: Vec<_> = self.chains.keys().filter(|key| !dump.contains_key(*key)).cloned().collect();
            for key in gone {
                reading.gone += 1;
                for rule in self.chains.remove(&key).unwrap_or_default().into_values() {
                    if let Some(counts) = rule.counts {
                        steps.entry(counts).or_default().is_broken = true;
                    }
                }
            }
        }
        self.settle(&steps);
        self.is_complete |= extent == Extent::Whole;
        for (key, chain) in dump {
            match (extent, self.chains.get_mut(&key)) {
                // A cut chain must not make its rest look new the next time. Where it shows that it began anew, the rest did as well: what is
                // read of it next is all new.
                (Extent::Partial, Some(known)) => {
                    if is_rewritten(known, &chain, extent) {
                        known.values_mut().for_each(|rule| (rule.packets, rule.bytes) = (0, 0));
                    }
                    known.extend(chain);
                }
                _ => {
                    self.chains.insert(key, chain);
                }
            }
        }
        reading
    }

    fn chains_of(
        &self,
        rules: impl IntoIterator<Item = RuleCounter>,
        reading: &mut Reading,
    ) -> BTreeMap<ChainKey, Chain> {
        let mut dump: BTreeMap<ChainKey, Chain> = BTreeMap::new();
        for rule in rules {
            let key = (rule.tables, rule.family, Arc::clone(&rule.chain));
            if !dump.contains_key(&key) && dump.len() >= MAX_CHAINS {
                reading.unread += 1;
                continue;
            }
            let chain = dump.entry(key).or_default();
            if chain.len() >= MAX_RULES {
                reading.unread += 1;
                continue;
            }
            let (counts, accepted_by) = (counted(&rule), accepted_by(&rule));
            let is_endpoint = matches!(rule.role, Role::Endpoint { .. });
            let (packets, bytes) = (rule.packets, rule.bytes);
            let seen = Seen { hash: rule.hash, packets, bytes, counts, accepted_by, is_endpoint };
            // A rule that stands twice was read twice; the later reading is the higher one.
            match chain.get_mut(&rule.position) {
                Some(known) if known.packets >= seen.packets => {}
                Some(known) => *known = seen,
                None => {
                    chain.insert(rule.position, seen);
                }
            }
        }
        self.name_accepted(&mut dump);
        dump
    }

    /// Says of the rules *accepted by* whose acceptance they count: they name a chain, and the chain its policy.
    fn name_accepted(&self, dump: &mut BTreeMap<ChainKey, Chain>) {
        let mut policies: BTreeMap<(Tables, Family, Arc<str>), Counted> = BTreeMap::new();
        for ((tables, family, name), chain) in self.chains.iter().chain(dump.iter()) {
            let allowed = chain.values().find_map(|rule| match &rule.counts {
                Some((Counted::Allowed(policy, direction), Place::Own)) => {
                    Some(Counted::Allowed(Arc::clone(policy), *direction))
                }
                _ => None,
            });
            if let Some(allowed) = allowed {
                policies.insert((*tables, *family, Arc::clone(name)), allowed);
            }
        }
        for ((tables, family, _), chain) in dump.iter_mut() {
            for rule in chain.values_mut() {
                if let Some(by) = &rule.accepted_by {
                    let key = (*tables, *family, Arc::clone(by));
                    rule.counts = policies.get(&key).map(|counted| (counted.clone(), Place::Pods));
                }
            }
        }
    }

    /// The tables that somebody emptied and Felix filled again: their chains are what they were, and begin at 0. A chain that had
    /// counted nothing before does not show it, so all are taken to be new.
    fn flushed(&self, dump: &BTreeMap<ChainKey, Chain>, extent: Extent) -> BTreeSet<(Tables, Family)> {
        let mut signs: BTreeMap<(Tables, Family), usize> = BTreeMap::new();
        for (key, chain) in dump {
            let Some(before) = self.chains.get(key) else { continue };
            let is_same = chain.iter().all(|(at, rule)| before.get(at).is_none_or(|old| old.hash == rule.hash));
            if is_same && is_rewritten(before, chain, extent) {
                // The chain of a policy can go and come back by itself; that of a pod has no reason to.
                let is_pods = chain.values().any(|rule| rule.is_endpoint);
                *signs.entry((key.0, key.1)).or_default() += if is_pods { 2 } else { 1 };
            }
        }
        signs.into_iter().filter(|(_, signs)| *signs > 1).map(|(table, _)| table).collect()
    }

    /// The chains of policies of which no pod is left that was there before: with the last pod a chain goes, and with the next it
    /// comes back the same, from 0.
    fn orphaned(&self, dump: &BTreeMap<ChainKey, Chain>, extent: Extent) -> BTreeSet<ChainKey> {
        let mut kept: BTreeMap<ChainKey, bool> = BTreeMap::new();
        for (key, chain) in &self.chains {
            let is_there = extent == Extent::Partial || dump.contains_key(key);
            for by in chain.values().filter_map(|rule| rule.accepted_by.as_ref()) {
                *kept.entry((key.0, key.1, Arc::clone(by))).or_default() |= is_there;
            }
        }
        kept.into_iter().filter(|(_, is_kept)| !is_kept).map(|(key, _)| key).collect()
    }

    fn settle(&mut self, steps: &BTreeMap<(Counted, Place), Interval>) {
        let all: BTreeSet<&Counted> = steps.keys().map(|(counted, _)| counted).collect();
        for counted in all {
            let running = self.running.entry(counted.clone()).or_default();
            let of = |place| steps.get(&(counted.clone(), place)).copied().unwrap_or_default();
            let places = [of(Place::Own), of(Place::Pods)];
            // Where both hold, each says how far the count is by now, and one may have seen packets that the other has yet to count.
            // Where one alone does, all that it added is new: it may be behind because it lost something unseen.
            let both_hold = places.iter().all(Interval::holds);
            let beyond = places.iter().zip(running.behind).map(|(interval, behind)| {
                if both_hold { interval.added.saturating_sub(behind) } else { interval.added }
            });
            let added = beyond.max().unwrap_or_default();
            let sum = self.sums.entry(counted.clone()).or_default();
            sum.packets = sum.packets.saturating_add(added);
            let inherited = added.min(places.iter().map(|interval| interval.inherited).max().unwrap_or_default());
            sum.inherited = sum.inherited.saturating_add(inherited);
            running.own = running.own.saturating_add(places[0].certain);
            sum.repaired = sum.packets.saturating_sub(running.own);
            if !places.iter().any(Interval::makes_up) && places.iter().any(|interval| interval.is_broken) {
                sum.gaps += 1;
            }
            for (interval, behind) in places.iter().zip(&mut running.behind) {
                *behind = if both_hold { behind.saturating_add(added).saturating_sub(interval.added) } else { 0 };
            }
        }
    }
}

/// Whether a chain began anew: another number of rules, another hash in any place, or any counter that went down.
fn is_rewritten(before: &Chain, now: &Chain, extent: Extent) -> bool {
    if extent == Extent::Whole && before.len() != now.len() {
        return true;
    }
    now.iter().any(|(position, rule)| match before.get(position) {
        None => extent == Extent::Whole,
        Some(old) => old.hash != rule.hash || rule.packets < old.packets || rule.bytes < old.bytes,
    })
}

fn counted(rule: &RuleCounter) -> Option<(Counted, Place)> {
    match (&rule.role, &rule.action) {
        (Role::Policy { policy: Some(policy), direction, .. }, action) => {
            let policy = Arc::clone(policy);
            match action {
                RuleAction::Allow => Some((Counted::Allowed(policy, *direction), Place::Own)),
                RuleAction::Deny => Some((Counted::Denied(policy, *direction), Place::Own)),
                RuleAction::Log => Some((Counted::Logged(policy, *direction), Place::Own)),
                RuleAction::Pass
                | RuleAction::Copy
                | RuleAction::Return
                | RuleAction::Carry
                | RuleAction::Mark
                | RuleAction::Jump
                | RuleAction::Nothing
                | RuleAction::Other(_) => None,
            }
        }
        (Role::Endpoint { interface, direction, host: false, step: Step::EndOfTier(_) }, RuleAction::Deny) => {
            Some((Counted::EndOfTier(Arc::clone(interface), *direction), Place::Own))
        }
        (Role::Policy { policy: None, .. } | Role::Group { .. } | Role::Endpoint { .. } | Role::Profile { .. }, _) => {
            None
        }
    }
}

fn accepted_by(rule: &RuleCounter) -> Option<Arc<str>> {
    match &rule.role {
        Role::Endpoint { step: Step::Accepted(by), .. } => by.clone(),
        Role::Endpoint { .. } | Role::Policy { .. } | Role::Group { .. } | Role::Profile { .. } => None,
    }
}
