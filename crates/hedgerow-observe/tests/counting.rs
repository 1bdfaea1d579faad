//! Law 8: whatever the order of resets, restarts, interruptions and duplicates, a sum is under what the data plane counted only in
//! intervals that are reported as gaps, and over it only by what is reported as such.

#![allow(
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    clippy::unwrap_used,
    reason = "a test that reads its data, and picks the acts that matter to it"
)]

#[path = "shared/cases.rs"]
mod cases;

use cases::cases;
use hedgerow_observe::count::{Counted, Counter, Extent};
use hedgerow_observe::{
    Direction, Family, Format, Policy, PolicyKind, Record, Role, RuleAction, RuleCounter, Step, Tables,
};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

fn policy(name: &str) -> Arc<Policy> {
    let name = name.to_owned();
    Arc::new(Policy { kind: PolicyKind::CalicoNetworkPolicy, tier: None, namespace: Some("bank".to_owned()), name })
}

fn rule(chain: &str, position: u32, hash: u64, role: Role, action: RuleAction, packets: u64) -> RuleCounter {
    RuleCounter {
        tables: Tables::Iptables,
        family: Family::V4,
        chain: chain.into(),
        position,
        hash: Some(format!("h{hash}")),
        role,
        action,
        packets,
        bytes: packets * 60,
        annotations: BTreeMap::new(),
    }
}

/// A data plane: one policy's chain, and the chains of two pods behind it.
#[derive(Clone, Debug)]
struct Plane {
    /// The chain's name; absent while no pod is there.
    own: Option<u32>,
    own_hash: u64,
    own_packets: u64,
    pods: [Option<PodChain>; 2],
    /// What was really accepted, ever.
    truth: u64,
}

#[derive(Clone, Debug)]
struct PodChain {
    hash: u64,
    accepted: u64,
    /// Another rule of the chain, which counts a lot: what betrays that the chain was written anew.
    busy: u64,
    dropped: u64,
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Call(u8, u16),
    /// The policy changed: its chain begins anew. It comes back with the same hashes where `same`.
    RewritePolicy {
        same: bool,
    },
    /// Another policy came to a pod.
    RewritePod(u8),
    /// A pod went or came.
    TogglePod(u8),
    /// A new release of the data plane names the chain otherwise.
    Rename,
    /// Somebody empties all tables, and the data plane writes them again.
    Flush,
    Read,
    /// The same dump is given twice, or one that is older than the last.
    ReadAgain,
    /// A dump that was cut in the middle.
    ReadPart(u8),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        8 => (0_u8..2, 1_u16..60).prop_map(|(pod, calls)| Act::Call(pod, calls)),
        2 => any::<bool>().prop_map(|same| Act::RewritePolicy { same }),
        1 => (0_u8..2).prop_map(Act::RewritePod),
        1 => (0_u8..2).prop_map(Act::TogglePod),
        1 => Just(Act::Rename),
        1 => Just(Act::Flush),
        6 => Just(Act::Read),
        1 => Just(Act::ReadAgain),
        1 => (0_u8..12).prop_map(Act::ReadPart),
    ];
    vec(act, 1..60)
}

impl Plane {
    fn new(before: u64) -> Self {
        let pod = PodChain { hash: 1, accepted: before / 2, busy: 1_000_000, dropped: 0 };
        let other = PodChain { accepted: before - before / 2, ..pod.clone() };
        Self { own: Some(0), own_hash: 1, own_packets: before, pods: [Some(pod), Some(other)], truth: before }
    }

    fn dump(&self) -> Vec<RuleCounter> {
        let mut rules = Vec::new();
        let direction = Direction::Ingress;
        let chain = |number: u32| format!("cali-pi-s-ledger-{number}");
        if let Some(number) = self.own {
            let role = |rule| Role::Policy { policy: Some(policy("s-ledger")), direction, rule };
            rules.push(rule(&chain(number), 0, self.own_hash, role(Some(0)), RuleAction::Log, self.own_packets));
            rules.push(rule(&chain(number), 1, self.own_hash, role(Some(1)), RuleAction::Allow, self.own_packets));
        }
        for (number, pod) in self.pods.iter().enumerate() {
            let Some(pod) = pod else { continue };
            let interface: Arc<str> = format!("cali{number}").into();
            let role = |step| Role::Endpoint { interface: Arc::clone(&interface), direction, host: false, step };
            let name = format!("cali-tw-{number}");
            let into: Arc<str> = chain(self.own.unwrap_or_default()).into();
            rules.push(rule(&name, 0, pod.hash, role(Step::Established), RuleAction::Allow, pod.busy));
            rules.push(rule(&name, 1, pod.hash, role(Step::Into(Arc::clone(&into))), RuleAction::Jump, pod.accepted));
            rules.push(rule(&name, 2, pod.hash, role(Step::Accepted(Some(into))), RuleAction::Return, pod.accepted));
            rules.push(rule(&name, 3, pod.hash, role(Step::EndOfTier(None)), RuleAction::Deny, pod.dropped));
        }
        rules
    }

    fn call(&mut self, pod: u8, calls: u64) {
        if let (Some(_), Some(chain)) = (self.own, &mut self.pods[usize::from(pod)]) {
            chain.accepted += calls;
            chain.busy += calls * 100;
            self.own_packets += calls;
            self.truth += calls;
        }
    }

    fn act(&mut self, act: Act, serial: u64) {
        match act {
            Act::Call(pod, calls) => self.call(pod, u64::from(calls)),
            Act::RewritePolicy { same } => {
                self.own_packets = 0;
                self.own_hash = if same { self.own_hash } else { serial + 10 };
            }
            Act::RewritePod(pod) => {
                if let Some(chain) = &mut self.pods[usize::from(pod)] {
                    *chain = PodChain { hash: serial + 10, accepted: 0, busy: 0, dropped: 0 };
                }
            }
            Act::TogglePod(pod) => {
                let chain = &mut self.pods[usize::from(pod)];
                *chain = match chain {
                    Some(_) => None,
                    None => Some(PodChain { hash: 1, accepted: 0, busy: 0, dropped: 0 }),
                };
                match self.pods.iter().any(Option::is_some) {
                    false => self.own = None,
                    true if self.own.is_none() => {
                        self.own = Some(0);
                        self.own_packets = 0;
                    }
                    true => {}
                }
            }
            Act::Rename => {
                if let Some(number) = &mut self.own {
                    *number += 1;
                    self.own_packets = 0;
                    self.pods.iter_mut().flatten().for_each(|chain| {
                        *chain = PodChain { hash: serial + 10, accepted: 0, busy: 0, dropped: 0 };
                    });
                }
            }
            Act::Flush => {
                self.own_packets = 0;
                for chain in self.pods.iter_mut().flatten() {
                    *chain = PodChain { accepted: 0, busy: 0, dropped: 0, ..chain.clone() };
                }
            }
            Act::Read | Act::ReadAgain | Act::ReadPart(_) => {}
        }
    }
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn never_under_but_in_gaps_and_over_only_by_what_is_said(before in 0_u64..500, acts in acts()) {
        let mut plane = Plane::new(before);
        let mut counter = Counter::new();
        counter.read(0, Extent::Whole, plane.dump());
        let counted = Counted::Allowed(policy("s-ledger"), Direction::Ingress);
        let sum = |counter: &Counter| counter.sums().get(&counted).copied().unwrap_or_default();
        prop_assert_eq!(sum(&counter).inherited, before);
        // What may be missing, and what the truth was at the last whole reading.
        let (mut missing, mut last, mut gaps) = (0, plane.truth, 0);
        let (mut at, mut older) = (0, (Extent::Whole, plane.dump()));
        let (mut came_back, mut pods_rewritten, mut flushed) = (false, false, false);
        // What was read last of each rule that may still be there.
        let by_place = |dump: Vec<RuleCounter>| -> BTreeMap<(Arc<str>, u32), RuleCounter> {
            dump.into_iter().map(|rule| ((Arc::clone(&rule.chain), rule.position), rule)).collect()
        };
        let mut known = by_place(plane.dump());
        for (serial, act) in acts.into_iter().enumerate() {
            plane.act(act, serial as u64);
            // The one thing that is not seen, see the module's page.
            came_back |= matches!(act, Act::RewritePolicy { same: true });
            flushed |= matches!(act, Act::Flush | Act::TogglePod(_));
            pods_rewritten |= matches!(act, Act::RewritePod(_) | Act::TogglePod(_));
            match act {
                Act::Read => {
                    at += 10;
                    counter.read(at, Extent::Whole, plane.dump());
                    let now = sum(&counter);
                    let shows = |rule: &RuleCounter| {
                        let old = known.get(&(Arc::clone(&rule.chain), rule.position));
                        matches!(rule.role, Role::Endpoint { .. }) && old.is_some_and(|old| old.packets > rule.packets)
                    };
                    let is_seen = plane.dump().iter().any(shows);
                    // What was made and rewritten between two readings is not seen either.
                    let is_counting = |rule: &RuleCounter| matches!(rule.role, Role::Policy { rule: Some(1), .. });
                    let was_there = known.values().any(is_counting);
                    if !was_there || (came_back && pods_rewritten) || (flushed && (pods_rewritten || !is_seen)) {
                        missing += plane.truth - last;
                    }
                    (came_back, pods_rewritten, flushed) = (false, false, false);
                    if now.gaps > gaps {
                        // All of one interval may be missing in a gap, and no more.
                        missing += plane.truth - last;
                        gaps = now.gaps;
                    }
                    last = plane.truth;
                    prop_assert!(now.packets + missing >= plane.truth, "{:?} + {} < {}", now, missing, plane.truth);
                    prop_assert!(now.packets <= plane.truth + now.repaired, "{:?} > {}", now, plane.truth);
                    older = (Extent::Whole, plane.dump());
                    known = by_place(plane.dump());
                }
                Act::ReadAgain => {
                    let before = sum(&counter);
                    let (extent, mut twice) = older.clone();
                    twice.extend(older.1.clone());
                    counter.read(at, extent, twice);
                    prop_assert_eq!(sum(&counter), before, "the same dump, with everything in it twice");
                    prop_assert!(counter.read(at - 1, Extent::Whole, plane.dump()).is_stale);
                    prop_assert_eq!(sum(&counter), before, "a dump that comes late");
                }
                Act::ReadPart(length) => {
                    at += 10;
                    let part: Vec<_> = plane.dump().into_iter().take(usize::from(length)).collect();
                    counter.read(at, Extent::Partial, part.clone());
                    // Of what is not in it nothing is known that was not before; but a chain that began anew did so as a whole.
                    let part_of = by_place(part.clone());
                    let is_anew = |(place, now): (&(Arc<str>, u32), &RuleCounter)| {
                        let old = known.get(place).filter(|old| old.hash != now.hash || old.packets > now.packets);
                        old.map(|_| Arc::clone(&place.0))
                    };
                    let anew: BTreeSet<Arc<str>> = part_of.iter().filter_map(is_anew).collect();
                    known.iter_mut().filter(|((chain, _), _)| anew.contains(chain)).for_each(|(_, rule)| rule.packets = 0);
                    known.extend(part_of);
                    older = (Extent::Partial, part);
                    gaps = gaps.max(sum(&counter).gaps);
                    missing += plane.truth - last;
                    last = plane.truth;
                }
                _ => {}
            }
        }
    }
}

#[test]
fn one_place_makes_up_for_the_other() {
    let counted = Counted::Allowed(policy("s-ledger"), Direction::Ingress);
    let mut plane = Plane::new(0);
    let mut counter = Counter::new();
    counter.read(0, Extent::Whole, plane.dump());
    plane.call(0, 7);
    plane.act(Act::RewritePolicy { same: true }, 1);
    plane.call(1, 9);
    // Nine is more than nothing, and the hashes are the same: only the pods know of the seven.
    counter.read(1, Extent::Whole, plane.dump());
    let sum = counter.sums()[&counted];
    assert_eq!((sum.packets, sum.repaired, sum.gaps), (16, 7, 0));
    plane.call(0, 5);
    plane.act(Act::RewritePod(0), 2);
    counter.read(2, Extent::Whole, plane.dump());
    assert_eq!(counter.sums()[&counted].packets, 21, "the own chain knows what the pod's has lost");
    plane.call(0, 3);
    plane.act(Act::RewritePolicy { same: false }, 3);
    plane.act(Act::RewritePod(0), 4);
    let reading = counter.read(3, Extent::Whole, plane.dump());
    assert_eq!((reading.rewritten, counter.sums()[&counted].gaps), (2, 1), "three are lost, and it says so");
}

fn testdata(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/counters").join(name);
    std::fs::read_to_string(path).expect("it is in the repository")
}

/// The samples of a real Felix while policies, pods and labels changed and calls were made twice a second. Each is the time in
/// seconds and what `iptables-save -c` said of the chains of one pod.
fn series(name: &str) -> Vec<(f64, String)> {
    let mut samples: Vec<(f64, String)> = Vec::new();
    for line in testdata(name).lines() {
        match line.strip_prefix("# SAMPLE ") {
            Some(at) => {
                let at = at.split_whitespace().next().expect("a time");
                samples.push((at.parse().expect("a time"), "*filter\n".to_owned()));
            }
            None => {
                let (_, sample) = samples.last_mut().expect("a sample begins");
                sample.push_str(line);
                sample.push('\n');
            }
        }
    }
    samples
}

#[test]
fn a_real_felix_counts_what_was_called() {
    for release in ["master", "v3.28.5"] {
        let samples = series(&format!("{release}-iptables-series.txt"));
        let calls: serde_json::Value =
            serde_json::from_str(&testdata(&format!("{release}-iptables-calls.json"))).unwrap();
        let (first, last) = (samples.first().expect("samples").0, samples.last().expect("samples").0);
        let mut counter = Counter::new();
        let mut rewritten = 0;
        for (at, text) in &samples {
            let mut reader = Format::IptablesSave.reader();
            let mut rules = Vec::new();
            let mut take = |record| {
                if let Record::Counter(rule) = record {
                    rules.push(rule);
                }
            };
            reader.feed(text.as_bytes(), &mut take);
            reader.finish(&mut take);
            assert!(!rules.is_empty());
            #[expect(clippy::cast_possible_truncation, reason = "seconds of a test")]
            let at = (at * 1_000.0) as i64;
            rewritten += counter.read(at, Extent::Whole, rules).rewritten;
        }
        assert!(rewritten >= 4, "{release}: {rewritten}");
        let is_ours = |policy: &Policy| policy.kind == PolicyKind::CalicoNetworkPolicy && policy.name == "s-ledger";
        let sum = counter.sums().iter().find_map(|(counted, sum)| match counted {
            Counted::Allowed(policy, Direction::Ingress) if is_ours(policy) => Some(*sum),
            _ => None,
        });
        let sum = sum.expect("the policy is counted");
        let made = calls["calls"].as_array().unwrap().iter().filter(|call| {
            let at = call[0].as_f64().unwrap();
            // From 60 to 66 the caller wore the label, and its calls were permitted.
            call[1].as_str().unwrap().ends_with(":unpermitted")
                && !(60.0..66.0).contains(&at)
                && (first..last).contains(&at)
        });
        let made = made.count() as u64;
        // A label takes a moment to get to the rules; calls at the edges are in one sample or the next.
        let counted = sum.packets - sum.inherited;
        assert!(made > 100 && counted.abs_diff(made) <= 3, "{release}: {sum:?} of {made} calls");
        assert_eq!(sum.gaps, 0, "{release}: what one chain lost the other knew");
        assert!(sum.repaired > 0, "{release}: chains were rewritten while calls were made");
    }
}

#[test]
fn a_chain_that_went_with_its_last_pod_is_a_gap_though_it_came_back_the_same() {
    let mut plane = Plane::new(0);
    let mut counter = Counter::new();
    plane.act(Act::TogglePod(1), 0);
    counter.read(0, Extent::Whole, plane.dump());
    // The one pod is called, goes, and another one comes: nothing is left that shows the call.
    plane.call(0, 5);
    plane.act(Act::TogglePod(0), 1);
    plane.act(Act::TogglePod(1), 2);
    counter.read(1, Extent::Whole, plane.dump());
    let sum = counter.sums()[&Counted::Allowed(policy("s-ledger"), Direction::Ingress)];
    assert_eq!((sum.packets, sum.gaps), (0, 1), "five are lost, and it says so");
}

#[test]
fn counters_that_no_data_plane_can_have_stay_at_the_most_that_can_be_said() {
    let mut plane = Plane::new(0);
    let mut counter = Counter::new();
    counter.read(0, Extent::Whole, plane.dump());
    let most = |plane: &mut Plane| {
        plane.own_packets = u64::MAX / 60;
        plane.pods.iter_mut().flatten().for_each(|pod| pod.accepted = u64::MAX / 60);
    };
    for at in 1..200 {
        most(&mut plane);
        counter.read(2 * at - 1, Extent::Whole, plane.dump());
        plane.act(Act::Flush, 0);
        counter.read(2 * at, Extent::Whole, plane.dump());
    }
    assert_eq!(counter.sums()[&Counted::Allowed(policy("s-ledger"), Direction::Ingress)].packets, u64::MAX);
}
