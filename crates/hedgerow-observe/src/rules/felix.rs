//! What Felix's chains mean.
//!
//! Rules come chain by chain. A chain is kept until it ends, since what a rule does is often said by the rules after it: a verdict is a mark,
//! then a copy for the flow logs, then a return. Which bit of the mark says "allowed" is configured, so it is learned from the chains of
//! pods; policy chains that come before are kept for so long, up to [`MAX_WAITING`] rules.

#![allow(clippy::wildcard_enum_match_arm, reason = "a new target is one more that says nothing of Felix's")]

use super::name::{ChainKind, chain_kind, nflog_prefix, policy_in_chain, policy_in_comment};
use super::{RawRule, Target};
use crate::reader::{Fault, Notice, Tally};
use crate::record::{Direction, Family, Policy, Record, Role, RuleAction, RuleCounter, Step, Tables};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Rules of one chain that are kept. A policy has at most 1,024 rules, each of which can become several.
const MAX_RULES: usize = 1 << 15;
/// Rules of policy chains that wait for the meaning of marks.
const MAX_WAITING: usize = 1 << 15;

/// Collects rules into chains and says what they mean. It can be kept from one dump to the next: it remembers the marks.
#[derive(Debug, Default)]
pub(crate) struct Felix {
    open: Option<Chain>,
    waiting: Vec<Chain>,
    waiting_rules: usize,
    marks: Marks,
    seen: BTreeSet<Tables>,
}

#[derive(Debug)]
struct Chain {
    tables: Tables,
    family: Family,
    kind: ChainKind,
    name: Arc<str>,
    rules: Vec<RawRule>,
}

impl Chain {
    fn suffix(&self) -> &str {
        chain_kind(&self.name).map_or("", |(_, suffix)| suffix)
    }
}

/// Which bits say what.
#[derive(Clone, Copy, Debug, Default)]
struct Marks {
    accept: Option<u32>,
    pass: Option<u32>,
}

impl Marks {
    /// What Calico's default of `iptablesMarkMask` gives.
    const DEFAULT: Self = Self { accept: Some(0x1_0000), pass: Some(0x2_0000) };

    fn are_known(self) -> bool {
        self.accept.is_some() && self.pass.is_some()
    }
}

/// Where a rule is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) tables: Tables,
    pub(crate) family: Family,
    /// Without what the nftables data plane puts in front.
    pub(crate) chain: &'a str,
}

/// Whether a chain is of interest.
pub(crate) fn is_known(chain: &str) -> bool {
    chain_kind(chain).is_some()
}

impl Felix {
    /// Takes the next rule. Rules of chains that are of no interest end the chain before and are not kept.
    pub(crate) fn rule(&mut self, place: Place<'_>, rule: RawRule, tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        let goes_on = self.open.as_ref().is_some_and(|open| {
            *open.name == *place.chain
                && open.tables == place.tables
                && open.family == place.family
                && !begins_again(open, &rule)
        });
        if !goes_on {
            self.boundary(tally, out);
            let Some((kind, _)) = chain_kind(place.chain) else { return };
            let name = Arc::from(place.chain);
            self.open = Some(Chain { tables: place.tables, family: place.family, kind, name, rules: Vec::new() });
            if self.seen.insert(place.tables) && self.seen.len() > 1 {
                tally.notice(Notice::BothTables);
            }
        }
        if let Some(open) = &mut self.open {
            if open.rules.len() < MAX_RULES {
                open.rules.push(rule);
            } else {
                tally.fault(Fault::TooMany, open.name.as_bytes());
            }
        }
    }

    /// The chain ends here.
    pub(crate) fn boundary(&mut self, tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        let Some(chain) = self.open.take() else { return };
        match chain.kind {
            ChainKind::Endpoint { .. } => {
                if !self.marks.are_known() {
                    learn(&mut self.marks, &chain);
                    if self.marks.are_known() {
                        self.flush(tally, out);
                    }
                }
                endpoint(&chain, out);
            }
            ChainKind::Group(direction) => emit(&chain, |_, _| Role::Group { direction }, plain, out),
            ChainKind::Profile(direction) => {
                let profile: Arc<str> = Arc::from(chain.suffix());
                emit(&chain, |_, _| Role::Profile { profile: profile.clone(), direction }, plain, out);
            }
            ChainKind::Policy(direction) => {
                if self.marks.are_known() || !chain.rules.iter().any(|rule| verdict_bit(rule).is_some()) {
                    policy(&chain, direction, self.marks, tally, out);
                } else {
                    self.waiting_rules += chain.rules.len();
                    self.waiting.push(chain);
                    if self.waiting_rules > MAX_WAITING {
                        self.flush(tally, out);
                    }
                }
            }
        }
    }

    /// The dump ends here.
    pub(crate) fn finish(&mut self, tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        self.boundary(tally, out);
        self.flush(tally, out);
        self.seen.clear();
    }

    fn flush(&mut self, tally: &mut Tally, out: &mut dyn FnMut(Record)) {
        let marks = if self.marks.are_known() {
            self.marks
        } else {
            if !self.waiting.is_empty() {
                tally.notice(Notice::MarksAssumed);
            }
            Marks { accept: self.marks.accept.or(Marks::DEFAULT.accept), pass: self.marks.pass.or(Marks::DEFAULT.pass) }
        };
        self.waiting_rules = 0;
        for chain in std::mem::take(&mut self.waiting) {
            if let ChainKind::Policy(direction) = chain.kind {
                policy(&chain, direction, marks, tally, out);
            }
        }
    }
}

/// Whether a rule is the first of its chain once more: a file can hold one dump after another.
fn begins_again(open: &Chain, rule: &RawRule) -> bool {
    let Some(first) = open.rules.first() else { return false };
    hash(first).is_some_and(|first| hash(rule) == Some(first))
}

/// The bit that a rule sets, if it sets one alone, as verdicts do.
fn verdict_bit(rule: &RawRule) -> Option<u32> {
    match rule.target {
        Target::Mark { value, mask } if value == mask && value.is_power_of_two() => Some(value),
        _ => None,
    }
}

/// Learns the marks from an endpoint's chain.
fn learn(marks: &mut Marks, chain: &Chain) {
    for rule in &chain.rules {
        let texts = || rule.comments.iter().map(|comment| without_hash(comment));
        match (&rule.target, rule.mark) {
            (Target::Return, Some((value, mask)))
                if value == mask && texts().any(|text| text.starts_with("Return if p")) =>
            {
                marks.accept = marks.accept.or(Some(value));
            }
            (Target::Mark { value: 0, mask }, None) if texts().any(|text| text.starts_with("Start of ")) => {
                marks.pass = marks.pass.or(Some(*mask));
            }
            (Target::Jump(to), Some((0, mask))) if chain_kind(to).is_some() => marks.pass = marks.pass.or(Some(mask)),
            _ => {}
        }
    }
}

/// The first comment's hash.
fn hash(rule: &RawRule) -> Option<&str> {
    rule.comments
        .iter()
        .find_map(|comment| comment.strip_prefix("cali:"))
        .map(|rest| rest.split(';').next().unwrap_or(rest))
}

/// A comment without `cali:…; ` in front. The hash alone gives nothing.
fn without_hash(comment: &str) -> &str {
    match comment.strip_prefix("cali:") {
        Some(rest) => rest.split_once("; ").map_or("", |(_, text)| text),
        None => comment,
    }
}

/// `key=value` comments.
fn annotations(rule: &RawRule) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for comment in &rule.comments {
        let text = without_hash(comment);
        // iptables has a comment for each, so that a value can hold spaces; nftables has them all in one.
        let words: Vec<&str> = if comment.len() == text.len() { vec![text] } else { text.split(' ').collect() };
        for (key, value) in words.into_iter().filter_map(|word| word.split_once('=')) {
            if !key.is_empty() && !key.contains(' ') {
                found.insert(key.to_owned(), value.to_owned());
            }
        }
    }
    found
}

/// What a target does where no mark has a meaning.
fn plain(rule: &RawRule) -> RuleAction {
    match &rule.target {
        Target::Nothing => RuleAction::Nothing,
        Target::Accept => RuleAction::Allow,
        Target::Drop | Target::Reject => RuleAction::Deny,
        Target::Return => RuleAction::Return,
        Target::Log => RuleAction::Log,
        Target::Nflog(_) => RuleAction::Copy,
        Target::Mark { .. } => RuleAction::Mark,
        Target::Jump(_) => RuleAction::Jump,
        Target::Other(name) => RuleAction::Other(name.clone()),
    }
}

fn emit(
    chain: &Chain,
    role: impl Fn(usize, &RawRule) -> Role,
    action: impl Fn(&RawRule) -> RuleAction,
    out: &mut dyn FnMut(Record),
) {
    for (position, rule) in chain.rules.iter().enumerate() {
        out(record(chain, position, rule, role(position, rule), action(rule)));
    }
}

fn record(chain: &Chain, position: usize, rule: &RawRule, role: Role, action: RuleAction) -> Record {
    Record::Counter(RuleCounter {
        tables: chain.tables,
        family: chain.family,
        chain: chain.name.clone(),
        position: u32::try_from(position).unwrap_or(u32::MAX),
        hash: hash(rule).map(str::to_owned),
        role,
        action,
        packets: rule.packets,
        bytes: rule.bytes,
        annotations: annotations(rule),
    })
}

/// A pod's or host's chain.
fn endpoint(chain: &Chain, out: &mut dyn FnMut(Record)) {
    let ChainKind::Endpoint { direction, host } = chain.kind else { return };
    let interface: Arc<str> = Arc::from(chain.suffix());
    let mut last: Option<Arc<str>> = None;
    for (position, rule) in chain.rules.iter().enumerate() {
        let (step, action) = step(rule, &mut last);
        let role = Role::Endpoint { interface: interface.clone(), direction, host, step };
        out(record(chain, position, rule, role, action));
    }
}

fn step(rule: &RawRule, last: &mut Option<Arc<str>>) -> (Step, RuleAction) {
    for text in rule.comments.iter().map(|comment| without_hash(comment)) {
        let deny = || text.strip_prefix("Drop ").or_else(|| text.strip_prefix("Reject "));
        if text.starts_with("Return if policy acc") {
            return (Step::Accepted(last.take()), RuleAction::Allow);
        } else if text.starts_with("Return if profile acc") {
            return (Step::ProfileAccepted, RuleAction::Allow);
        } else if let Some(tier) = text.strip_prefix("End of tier ") {
            let tier = tier.split_once(". ").map_or(tier, |(tier, _)| tier).trim_end_matches('.');
            return (Step::EndOfTier(Some(tier.to_owned())), plain(rule));
        } else if let Some(tier) = text.strip_prefix("Start of tier ") {
            return (Step::StartOfTier(Some(tier.to_owned())), RuleAction::Mark);
        } else if text == "Start of policies" {
            return (Step::StartOfTier(None), RuleAction::Mark);
        } else if deny().is_some_and(|rest| rest.starts_with("if no policies")) {
            return (Step::EndOfTier(None), plain(rule));
        } else if deny().is_some_and(|rest| rest.starts_with("if no profiles")) {
            return (Step::NoProfile, plain(rule));
        } else if !text.is_empty() && !text.contains('=') {
            return (Step::Other, plain(rule));
        }
    }
    let step = match &rule.target {
        Target::Jump(to) if chain_kind(to).is_some() => {
            let to: Arc<str> = Arc::from(to.as_str());
            *last = Some(to.clone());
            Step::Into(to)
        }
        // Only the first two rules of the chain have no comment and no mark.
        Target::Accept => Step::Established,
        Target::Drop | Target::Reject => Step::Invalid,
        // Where all policies of a tier are staged, its end has no rule of its own, only a copy for the flow logs.
        Target::Nflog(prefix) => match nflog_prefix(prefix) {
            Some(prefix) if prefix.verdict == b'P' && !prefix.of_profile && prefix.index.is_none() => {
                return (Step::EndOfTier(Some(prefix.id.to_owned())), RuleAction::Pass);
            }
            _ => Step::Other,
        },
        _ => Step::Other,
    };
    (step, plain(rule))
}

/// A policy's chain.
fn policy(chain: &Chain, direction: Direction, marks: Marks, tally: &mut Tally, out: &mut dyn FnMut(Record)) {
    let found = identity(chain, direction).map(Arc::new);
    if found.is_none() {
        tally.fault(Fault::UnnamedChain, chain.name.as_bytes());
    }
    let scratch = scratch_bits(&chain.rules);
    let actions: Vec<RuleAction> =
        (0..chain.rules.len()).map(|at| policy_action(&chain.rules, at, scratch, marks)).collect();
    let indexes = rule_indexes(&chain.rules, &actions);
    for (position, ((rule, action), index)) in chain.rules.iter().zip(actions).zip(indexes).enumerate() {
        let role = Role::Policy { policy: found.clone(), direction, rule: index };
        out(record(chain, position, rule, role, action));
    }
}

fn identity(chain: &Chain, direction: Direction) -> Option<Policy> {
    let in_comment = || {
        chain.rules.iter().flat_map(|rule| &rule.comments).find_map(|comment| {
            let (policy, said) = policy_in_comment(without_hash(comment))?;
            (said == direction).then_some(policy)
        })
    };
    match chain.tables {
        Tables::Nftables => policy_in_chain(chain.suffix(), true).or_else(in_comment),
        Tables::Iptables => in_comment().or_else(|| policy_in_chain(chain.suffix(), false)),
    }
}

/// Bits in which a chain keeps what does not fit into one match. Where it does, it first sets both of them at once.
fn scratch_bits(rules: &[RawRule]) -> u32 {
    let resets = rules.iter().filter_map(|rule| match rule.target {
        Target::Mark { value, mask } if value != mask && mask.count_ones() == 2 => Some(mask),
        _ => None,
    });
    resets.fold(0, |all, mask| all | mask)
}

/// What a rule of a policy does. A mark is a verdict if what follows says so, or its bit is known to be one.
fn policy_action(rules: &[RawRule], at: usize, scratch: u32, marks: Marks) -> RuleAction {
    let rule = &rules[at];
    let Some(bit) = verdict_bit(rule).filter(|bit| bit & scratch == 0) else {
        return match &rule.target {
            // What a mark before it decided is only carried out here: counting it again would count twice.
            Target::Drop | Target::Reject | Target::Accept if follows_its_mark(rules, at, scratch) => RuleAction::Carry,
            _ => plain(rule),
        };
    };
    for next in rules[at + 1..].iter().take_while(|next| next.mark == Some((bit, bit))) {
        match &next.target {
            Target::Nflog(prefix) => match nflog_prefix(prefix).map(|prefix| prefix.verdict) {
                Some(b'A') => return RuleAction::Allow,
                Some(b'D') => return RuleAction::Deny,
                Some(b'P') => return RuleAction::Pass,
                _ => {}
            },
            Target::Drop | Target::Reject => return RuleAction::Deny,
            Target::Accept => return RuleAction::Allow,
            _ => break,
        }
    }
    if marks.accept == Some(bit) {
        RuleAction::Allow
    } else if marks.pass == Some(bit) {
        RuleAction::Pass
    } else {
        RuleAction::Mark
    }
}

/// Whether a rule has the mark that a rule shortly before it sets.
fn follows_its_mark(rules: &[RawRule], at: usize, scratch: u32) -> bool {
    let Some((bit, mask)) = rules[at].mark else { return false };
    bit == mask
        && bit & scratch == 0
        && rules[..at].iter().rev().find(|rule| rule.mark != Some((bit, mask))).and_then(verdict_bit) == Some(bit)
}

/// Which rule of the policy each rule of the chain belongs to. One rule of a policy is: marks for what does not fit into one match, then a
/// verdict (mark, copy, return), or a log line. Copies carry the number; where they are, they are right, and the rest is counted on from them
/// (a rule that is not for this IP version leaves a gap).
fn rule_indexes(rules: &[RawRule], actions: &[RuleAction]) -> Vec<Option<u32>> {
    let mut indexes: Vec<Option<u32>> = Vec::with_capacity(rules.len());
    let mut current = 0u32;
    let mut begin = 0;
    let mut decided = false;
    for (at, (rule, action)) in rules.iter().zip(actions).enumerate() {
        let carries =
            matches!(action, RuleAction::Return | RuleAction::Copy | RuleAction::Carry) && rule.mark.is_some();
        if decided && !carries {
            current = current.saturating_add(1);
            begin = at;
            decided = false;
        }
        indexes.push((rule.target != Target::Nothing).then_some(current));
        if let Target::Nflog(prefix) = &rule.target
            && let Some(exact) = nflog_prefix(prefix).and_then(|prefix| prefix.index)
        {
            current = exact;
            indexes[begin..].iter_mut().flatten().for_each(|index| *index = exact);
        }
        decided |= matches!(action, RuleAction::Log | RuleAction::Allow | RuleAction::Deny | RuleAction::Pass);
    }
    indexes
}
