//! What rule counters say, kept from one reading to the next. Pure: readings and the time are given.
//!
//! Calico writes its rules into one of three places. Where it changed from one to another, the rules of the old one stay, police, and count; each
//! place has sums of its own, so that nothing is counted twice in one of them, and what is left over is marked.

use crate::link;
use hedgerow_observe::count::{Counted, Counter, Extent, Sum};
use hedgerow_observe::sum::{Now, policy_text};
use hedgerow_observe::{Direction, Role, RuleCounter};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Where Calico writes its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// iptables over nf_tables.
    IptablesNft,
    /// nftables of its own.
    Nftables,
    /// Legacy iptables.
    IptablesLegacy,
}

impl Place {
    pub(super) const ALL: [Self; 3] = [Self::IptablesNft, Self::Nftables, Self::IptablesLegacy];

    fn name(self) -> &'static str {
        match self {
            Self::IptablesNft => "iptables (nft)",
            Self::Nftables => "nftables",
            Self::IptablesLegacy => "iptables (legacy)",
        }
    }
}

/// A counter that does not change is told again after so long, in microseconds: it shows that its rules are there.
const TOLD_AGAIN: i64 = 60_000_000;

/// The sums of one node.
#[derive(Debug, Default)]
pub(super) struct Counters {
    places: BTreeMap<Place, One>,
    /// Told by [`Counters::take`], and when.
    told: BTreeMap<(Place, Counted), (Sum, i64)>,
}

#[derive(Debug, Default)]
struct One {
    counter: Counter,
    interfaces: BTreeSet<Arc<str>>,
    has_rules: bool,
    rewritten: Option<i64>,
    is_leftover: bool,
}

impl Counters {
    /// Takes what one place holds. `interfaces` are those that there are on this machine.
    pub(super) fn read(&mut self, place: Place, now: Now, rules: Vec<RuleCounter>) {
        let one = self.places.entry(place).or_default();
        one.has_rules = !rules.is_empty();
        one.interfaces = rules
            .iter()
            .filter_map(|rule| match &rule.role {
                Role::Endpoint { interface, host: false, .. } => Some(Arc::clone(interface)),
                Role::Endpoint { .. } | Role::Policy { .. } | Role::Group { .. } | Role::Profile { .. } => None,
            })
            .collect();
        let reading = one.counter.read(now.boot, Extent::Whole, rules);
        if reading.rewritten > 0 || reading.gone > 0 {
            one.rewritten = Some(now.boot);
        }
    }

    /// Says which places are left over, given the interfaces that there are. Where that cannot be told, all are: each may be.
    pub(super) fn judge(&mut self, interfaces: &BTreeSet<String>) -> Judgement {
        let rank = |one: &One| {
            let stale = one.interfaces.iter().filter(|interface| !interfaces.contains(&***interface)).count();
            (std::cmp::Reverse(stale), one.rewritten)
        };
        let ranks: BTreeMap<Place, _> =
            self.places.iter().filter(|(_, one)| one.has_rules).map(|(place, one)| (*place, rank(one))).collect();
        let best = ranks.values().max().copied();
        let is_decided = ranks.values().filter(|rank| Some(**rank) == best).count() == 1;
        for (place, one) in &mut self.places {
            one.is_leftover = ranks.len() > 1 && !(is_decided && ranks.get(place).copied() == best);
        }
        let with_rules: Vec<Place> = ranks.keys().copied().collect();
        match with_rules.len() {
            0 => Judgement::Nothing,
            1 => Judgement::One,
            _ => {
                let names: Vec<&str> = with_rules.iter().map(|place| place.name()).collect();
                let leftover: Vec<&str> = with_rules
                    .iter()
                    .filter(|place| is_decided && self.places[place].is_leftover)
                    .map(|place| place.name())
                    .collect();
                Judgement::Several(if leftover.is_empty() {
                    format!(
                        "Calico's rules are in {}: what is left over of one of them polices, too, and falsifies counts",
                        names.join(" and in ")
                    )
                } else {
                    format!(
                        "Calico's rules are in {}: what is in {} is left over, polices all the same, and falsifies counts",
                        names.join(" and in "),
                        leftover.join(" and ")
                    )
                })
            }
        }
    }

    /// What was counted since it was told last: what has changed, and now and then the rest.
    pub(super) fn take(&mut self, now: Now) -> Vec<link::Counter> {
        let mut out = Vec::new();
        for (place, one) in &self.places {
            for (counted, sum) in one.counter.sums() {
                let key = (*place, counted.clone());
                let before = self.told.get(&key).copied();
                let (told, at) = before.unwrap_or((Sum::default(), now.boot));
                if before.is_some() && told == *sum && now.boot - at < TOLD_AGAIN {
                    continue;
                }
                self.told.insert(key, (*sum, now.boot));
                out.push(wire(counted, told, *sum, one.is_leftover));
            }
        }
        out
    }
}

/// What the places say together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// Calico has no rules here.
    Nothing,
    /// They are in one place.
    One,
    /// They are in several, which is a fault, in words.
    Several(String),
}

fn wire(counted: &Counted, before: Sum, now: Sum, is_leftover: bool) -> link::Counter {
    let is_ingress = |direction: &Direction| *direction == Direction::Ingress;
    let (policy, interface, name, is_ingress) = match counted {
        Counted::Allowed(policy, direction) => (policy_text(policy), String::new(), "allowed", is_ingress(direction)),
        Counted::Denied(policy, direction) => (policy_text(policy), String::new(), "denied", is_ingress(direction)),
        Counted::Logged(policy, direction) => (policy_text(policy), String::new(), "logged", is_ingress(direction)),
        Counted::EndOfTier(interface, direction) => {
            (String::new(), interface.to_string(), "end-of-tier", is_ingress(direction))
        }
    };
    let packets = now.packets.saturating_sub(before.packets);
    link::Counter {
        policy,
        interface,
        counted: name.to_owned(),
        is_ingress,
        packets,
        inherited: now.inherited.saturating_sub(before.inherited),
        // What was repaired can turn out to have been counted: the sum is the lower for it.
        repaired: now.repaired.saturating_sub(before.repaired),
        gaps: now.gaps.saturating_sub(before.gaps),
        is_leftover,
    }
}

/// Names of interfaces, from `/proc/net/dev`.
pub(super) fn interfaces(text: &str) -> BTreeSet<String> {
    text.lines().skip(2).filter_map(|line| line.split_once(':')).map(|(name, _)| name.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hedgerow_observe::{Family, Policy, PolicyKind, RuleAction, Step, Tables};

    fn at(second: i64) -> Now {
        Now { unix: 0, boot: second * 1_000_000 }
    }

    fn rules(packets: u64, interfaces: &[&str], hash: &str) -> Vec<RuleCounter> {
        let rule = |chain: &str, role, action, packets| RuleCounter {
            tables: Tables::Iptables,
            family: Family::V4,
            chain: chain.into(),
            position: 0,
            hash: Some(hash.to_owned()),
            role,
            action,
            packets,
            bytes: packets,
            annotations: BTreeMap::new(),
        };
        let policy = Some(Arc::new(Policy {
            kind: PolicyKind::CalicoNetworkPolicy,
            tier: None,
            namespace: Some("bank".to_owned()),
            name: "s-ledger".to_owned(),
        }));
        let role = Role::Policy { policy, direction: Direction::Ingress, rule: None };
        let mut all = vec![rule("cali-pi-x", role, RuleAction::Allow, packets)];
        for interface in interfaces {
            let role = Role::Endpoint {
                interface: (*interface).into(),
                direction: Direction::Ingress,
                host: false,
                step: Step::EndOfTier(None),
            };
            all.push(rule(&format!("cali-tw-{interface}"), role, RuleAction::Deny, 0));
        }
        all
    }

    fn there(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn what_changed_is_told_at_once_and_the_rest_now_and_then() {
        let mut counters = Counters::default();
        counters.read(Place::Nftables, at(0), rules(5, &["cali1"], "h"));
        let first = counters.take(at(0));
        assert_eq!(first.len(), 2, "what is 0 is told, too");
        let of = |all: &[link::Counter]| all.iter().find(|counter| counter.counted == "allowed").cloned();
        let allowed = of(&first).unwrap();
        assert_eq!(
            (allowed.policy.as_str(), allowed.packets, allowed.inherited),
            ("CalicoNetworkPolicy/bank/s-ledger", 5, 5)
        );
        assert_eq!(counters.take(at(1)), []);
        counters.read(Place::Nftables, at(10), rules(7, &["cali1"], "h"));
        let second = counters.take(at(10));
        assert_eq!((second.len(), of(&second).unwrap().packets, of(&second).unwrap().inherited), (1, 2, 0));
        assert_eq!(counters.take(at(59)), []);
        assert_eq!(counters.take(at(60)).len(), 1, "the one that did not change");
        assert_eq!(counters.take(at(70)).len(), 1, "the other");
        let all: u64 = counters.take(at(200)).iter().map(|counter| counter.packets).sum();
        assert_eq!(all, 0);
    }

    #[test]
    fn leftovers_are_told_by_interfaces_that_are_gone_then_by_what_was_rewritten() {
        let mut counters = Counters::default();
        assert_eq!(counters.judge(&there(&["eth0"])), Judgement::Nothing);
        counters.read(Place::IptablesNft, at(0), rules(1, &["cali1"], "h"));
        assert_eq!(counters.judge(&there(&["cali1"])), Judgement::One);
        assert!(!counters.take(at(0))[0].is_leftover);
        counters.read(Place::Nftables, at(0), rules(2, &["cali1"], "h"));
        let Judgement::Several(words) = counters.judge(&there(&["cali1"])) else { panic!() };
        assert!(words.contains("iptables (nft) and in nftables"), "{words}");
        let both: Vec<bool> = counters.take(at(61)).iter().map(|counter| counter.is_leftover).collect();
        assert_eq!(both, [true; 4], "nobody can tell: each may be");
        // A new pod: only the one in use knows it, and the other's is gone.
        counters.read(Place::Nftables, at(70), rules(2, &["cali2"], "h"));
        let Judgement::Several(words) = counters.judge(&there(&["cali2"])) else { panic!() };
        assert!(words.contains("what is in iptables (nft) is left over"), "{words}");
        let told: BTreeSet<(bool, String)> =
            counters.take(at(200)).into_iter().map(|counter| (counter.is_leftover, counter.interface)).collect();
        assert!(told.contains(&(true, "cali1".to_owned())) && told.contains(&(false, "cali2".to_owned())), "{told:?}");
        // The same pods: the one that is rewritten is in use.
        let mut counters = Counters::default();
        for (place, hash) in [(Place::IptablesNft, "a"), (Place::Nftables, "a")] {
            counters.read(place, at(0), rules(1, &["cali1"], hash));
        }
        counters.read(Place::IptablesNft, at(5), rules(0, &["cali1"], "b"));
        let Judgement::Several(words) = counters.judge(&there(&["cali1"])) else { panic!() };
        assert!(words.contains("what is in nftables is left over"), "{words}");
        // Deleted: one is left.
        counters.read(Place::Nftables, at(9), Vec::new());
        assert_eq!(counters.judge(&there(&["cali1"])), Judgement::One);
    }

    #[test]
    fn two_places_are_counted_each_by_itself() {
        let mut counters = Counters::default();
        counters.read(Place::IptablesNft, at(0), rules(5, &[], "h"));
        counters.read(Place::Nftables, at(0), rules(5, &[], "h"));
        counters.judge(&there(&[]));
        let told = counters.take(at(0));
        assert_eq!(told.iter().map(|counter| counter.packets).collect::<Vec<_>>(), [5, 5]);
    }

    #[test]
    fn interfaces_of_the_machine() {
        let text = "Inter-|   Receive\n face |bytes\n    lo: 1 2\ncali52f4e53c7b9:12 0\n  eth0: 0\n";
        assert_eq!(interfaces(text), there(&["cali52f4e53c7b9", "eth0", "lo"]));
    }
}
