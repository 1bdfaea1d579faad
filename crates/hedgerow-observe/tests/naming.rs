//! Law 9: over any history of pods and addresses, a name that is given is right; else the answer is that it is not known.

#[path = "shared/cases.rs"]
mod cases;

use cases::cases;
use hedgerow_observe::naming::{Doubt, History, Holder, MAX_HOLDERS, Micros, Name, Pod, Within};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

const LAG: Micros = 2_000;

fn address(number: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, number])
}

fn pod(uid: usize, version: usize) -> Holder {
    let labels = BTreeMap::from([("version".to_owned(), version.to_string())]);
    Holder::Pod(Arc::new(Pod {
        uid: format!("u{uid}"),
        namespace: "bank".to_owned(),
        name: format!("pod-{uid}"),
        labels: Arc::new(labels),
    }))
}

fn version(holder: &Holder) -> (&str, &str) {
    match holder {
        Holder::Pod(pod) => (&pod.uid, &pod.labels["version"]),
        Holder::Node(name) => (name, ""),
    }
}

/// What really happened to one pod.
#[derive(Clone, Debug)]
struct Life {
    address: u8,
    born: Micros,
    got: Micros,
    /// When its labels changed.
    changes: Vec<Micros>,
    left: Option<Micros>,
}

impl Life {
    fn version_at(&self, at: Micros) -> usize {
        self.changes.iter().filter(|change| **change <= at).count()
    }

    fn holds_all(&self, from: Micros, to: Micros) -> bool {
        self.got <= from && self.left.is_none_or(|left| to < left)
    }

    fn holds_some(&self, from: Micros, to: Micros) -> bool {
        self.got <= to && self.left.is_none_or(|left| from < left)
    }
}

/// Pods that take turns at three addresses, some within a moment of each other.
fn lives() -> impl Strategy<Value = Vec<Life>> {
    let step = (0_u8..3, 0_i64..400, 1_i64..6_000, vec(0_i64..6_000, 0..4), any::<bool>());
    vec(step, 1..14).prop_map(|steps| {
        let mut free = [1_000_i64; 3];
        let mut lives = Vec::new();
        for (number, pause, length, changes, ends) in steps {
            let at = usize::from(number);
            if free[at] == Micros::MAX {
                continue;
            }
            let got = free[at] + pause;
            let left = ends.then_some(got + length);
            free[at] = left.unwrap_or(Micros::MAX);
            let mut changes: Vec<_> =
                changes.into_iter().map(|change| got + change).filter(|c| left.is_none_or(|l| *c < l)).collect();
            changes.sort_unstable();
            changes.dedup();
            lives.push(Life { address: number, born: got - pause.min(300), got, changes, left });
        }
        lives
    })
}

enum Told {
    Holds(usize, Micros),
    Gone(usize),
}

/// Tells a history everything, each event up to [`LAG`] late, in the order in which it comes, some of it twice.
fn told(lives: &[Life], delays: &[Micros], twice: &[bool], until: Micros) -> History {
    let mut events = Vec::new();
    for (uid, life) in lives.iter().enumerate() {
        events.push((life.got, Told::Holds(uid, life.got)));
        events.extend(life.changes.iter().map(|change| (*change, Told::Holds(uid, *change))));
        events.extend(life.left.map(|left| (left, Told::Gone(uid))));
    }
    let mut received: Vec<_> = events
        .into_iter()
        .enumerate()
        .filter(|(_, (at, _))| *at <= until)
        .flat_map(|(number, (at, event))| {
            let delay = |n: usize| delays[(number + n) % delays.len()].min(LAG);
            let again = twice[number % twice.len()].then(|| {
                let event = match &event {
                    Told::Holds(uid, at) => Told::Holds(*uid, *at),
                    Told::Gone(uid) => Told::Gone(*uid),
                };
                (at + delay(7), event)
            });
            [Some((at + delay(0), event)), again].into_iter().flatten()
        })
        .collect();
    received.sort_by_key(|(at, _)| *at);
    let mut history = History::new(0);
    for (at, event) in received {
        let when = Within::before(at, LAG);
        match event {
            Told::Holds(uid, change) => {
                let life = &lives[uid];
                history.holds(&pod(uid, life.version_at(change)), &[address(life.address)], life.born, when);
            }
            Told::Gone(uid) => history.gone(&pod(uid, 0), when),
        }
    }
    history.heard(until);
    history
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn a_name_that_is_given_is_right(
        lives in lives(),
        delays in vec(0..=LAG, 1..40),
        twice in vec(any::<bool>(), 1..9),
        until in 5_000_i64..40_000,
        asked in vec((0_u8..4, 0_i64..45_000, 0_i64..3_000), 1..80),
        forgotten in proptest::option::of(0_i64..20_000),
    ) {
        let mut history = told(&lives, &delays, &twice, until);
        if let Some(before) = forgotten {
            history.forget(before);
        }
        for (number, from, length) in asked {
            let to = from + length;
            let of_address = || lives.iter().enumerate().filter(move |(_, life)| life.address == number);
            let what = format!("{number} from {from} to {to}, told until {until}: {lives:?}");
            match history.name(address(number), from, to) {
                Name::Known(states) => {
                    let holders: Vec<_> = of_address().filter(|(_, life)| life.holds_some(from, to)).collect();
                    prop_assert_eq!(holders.len(), 1, "{}", what);
                    let (uid, life) = holders[0];
                    prop_assert!(life.holds_all(from, to), "{}", what);
                    let said: BTreeSet<_> = states.iter().map(|state| version(state).1.to_owned()).collect();
                    prop_assert!(states.iter().all(|state| version(state).0 == format!("u{uid}")), "{}", what);
                    for at in [from, to, from + length / 2] {
                        prop_assert!(said.contains(&life.version_at(at).to_string()), "{} said {:?}", what, said);
                    }
                }
                Name::Outside => prop_assert!(!of_address().any(|(_, life)| life.holds_some(from, to)), "{}", what),
                Name::Unknown(doubt, _) => {
                    // It does not hide behind doubt: far from every change, the answer is there.
                    let quiet = |at: Micros| !(from - 3 * LAG..=to + 3 * LAG).contains(&at);
                    let is_quiet = of_address().all(|(_, life)| quiet(life.got) && quiet(life.born) && life.left.is_none_or(quiet));
                    let is_remembered = forgotten.is_none_or(|before| from >= before);
                    prop_assert!(!is_quiet || !is_remembered || to > until, "{} {:?}", what, doubt);
                }
            }
        }
    }

    #[test]
    fn a_list_after_a_broken_watch_ends_those_who_are_not_on_it(gone in 1_000_i64..9_000, listed in 9_000_i64..20_000, at in 0_i64..30_000) {
        let mut history = History::new(0);
        history.holds(&pod(1, 0), &[address(1)], 0, Within::before(1_000, 500));
        history.only(&BTreeSet::new(), Within::at(listed));
        history.heard(30_000);
        match history.name(address(1), at, at) {
            Name::Known(_) => prop_assert!((1_000..gone).contains(&at) || at <= 1_000),
            Name::Outside => prop_assert!(at > listed),
            Name::Unknown(..) => {}
        }
    }
}

#[test]
fn an_address_that_is_used_again_within_a_second_has_no_name_in_between() {
    let second = 1_000_000;
    let mut history = History::new(0);
    history.holds(&pod(1, 0), &[address(1)], second, Within::at(2 * second));
    history.gone(&pod(1, 0), Within::before(10 * second, second / 2));
    history.holds(&pod(2, 0), &[address(1)], 10 * second, Within::before(10 * second + 300_000, second / 2));
    history.heard(60 * second);
    let name = |at: Micros| history.name(address(1), at, at);
    assert_eq!(name(5 * second), Name::Known(vec![pod(1, 0)]));
    assert_eq!(name(20 * second), Name::Known(vec![pod(2, 0)]));
    let both = vec![pod(1, 0), pod(2, 0)];
    assert_eq!(name(10 * second), Name::Unknown(Doubt::Change, both));
    assert_eq!(name(61 * second), Name::Unknown(Doubt::NotYet, vec![pod(2, 0)]));
    assert_eq!(history.name(address(2), second, second), Name::Outside);
    assert_eq!(History::new(10).name(address(2), 5, 5), Name::Unknown(Doubt::TooLong, vec![]));
}

#[test]
fn nodes_and_both_families_and_addresses_that_a_pod_gives_up() {
    let six: IpAddr = "fd00::1".parse().unwrap();
    let node = Holder::Node("node-a".into());
    let mut history = History::new(0);
    history.holds(&node, &[address(9)], 0, Within::at(1));
    history.holds(&pod(1, 0), &[address(1), six], 0, Within::at(10));
    history.heard(1_000);
    assert_eq!(history.name(six, 20, 30), Name::Known(vec![pod(1, 0)]));
    assert_eq!(history.name(address(9), 20, 30), Name::Known(vec![node.clone()]));
    // One address less: the annotation is emptied, or the sandbox is made anew.
    history.holds(&pod(1, 0), &[six], 0, Within { from: 40, to: 50 });
    history.heard(2_000);
    assert_eq!(history.name(address(1), 60, 60), Name::Outside);
    assert_eq!(history.name(address(1), 45, 45), Name::Unknown(Doubt::Change, vec![pod(1, 0)]));
    assert_eq!(history.name(six, 60, 60), Name::Known(vec![pod(1, 0)]));
    history.gone(&node, Within::at(100));
    assert_eq!(history.name(address(9), 150, 150), Name::Outside);
    // It comes back with the same address.
    history.holds(&pod(1, 0), &[six, address(1)], 0, Within::at(200));
    assert_eq!(history.name(address(1), 300, 300), Name::Known(vec![pod(1, 0)]));
    // Two who claim one address at once: neither is believed.
    history.holds(&pod(2, 0), &[six], 0, Within::at(300));
    assert!(matches!(history.name(six, 400, 400), Name::Unknown(Doubt::Change, both) if both.len() == 2));
}

#[test]
fn what_is_forgotten_takes_no_room_and_is_not_guessed() {
    let mut history = History::new(0);
    for number in 0..10_000_i64 {
        let uid = usize::try_from(number).unwrap();
        history.holds(&pod(uid, 0), &[address(1)], number * 10, Within::at(number * 10));
        history.gone(&pod(uid, 0), Within::at(number * 10 + 5));
    }
    history.heard(1_000_000);
    assert!(history.len() <= MAX_HOLDERS);
    assert!(matches!(history.name(address(1), 50_000, 50_000), Name::Unknown(Doubt::TooLong, _)));
    assert_eq!(history.name(address(1), 99_992, 99_993), Name::Known(vec![pod(9_999, 0)]));
    history.forget(200_000);
    assert!(history.is_empty());
    assert!(matches!(history.name(address(1), 150_000, 150_000), Name::Unknown(Doubt::TooLong, _)));
    assert_eq!(history.name(address(1), 250_000, 250_000), Name::Outside);
}

#[test]
fn of_a_time_that_was_missed_only_what_is_known_has_a_name() {
    let mut history = History::new(0);
    history.holds(&pod(1, 1), &[address(1)], 0, Within::at(10));
    history.heard(100);
    history.missed(100, 300);
    history.heard(400);
    assert_eq!(history.name(address(1), 200, 200), Name::Known(vec![pod(1, 1)]), "it was there before and after");
    assert_eq!(history.name(address(2), 50, 99), Name::Outside);
    assert_eq!(
        history.name(address(2), 99, 100),
        Name::Unknown(Doubt::Change, vec![]),
        "somebody may have come and gone"
    );
    assert_eq!(history.name(address(2), 301, 400), Name::Outside);
    // Many of them become one that is longer.
    for n in 0..1_000 {
        history.missed(1_000 + 10 * n, 1_001 + 10 * n);
    }
    history.heard(20_000);
    assert_eq!(history.name(address(2), 1_005, 1_005), Name::Unknown(Doubt::Change, vec![]));
    assert_eq!(history.name(address(2), 10_985, 10_985), Name::Outside);
    history.forget(20_000);
    history.heard(30_000);
    assert_eq!(history.name(address(2), 20_001, 20_001), Name::Outside);
}

#[test]
fn who_is_not_on_a_list_was_there_for_as_long_as_everything_was_told() {
    let mut history = History::new(0);
    history.holds(&pod(1, 1), &[address(1)], 0, Within::at(10));
    history.heard(100);
    history.only(&BTreeSet::new(), Within::before(300, 2));
    history.heard(400);
    assert_eq!(history.name(address(1), 90, 99), Name::Known(vec![pod(1, 1)]));
    assert_eq!(history.name(address(1), 90, 101), Name::Unknown(Doubt::Change, vec![pod(1, 1)]));
    assert_eq!(history.name(address(1), 301, 400), Name::Outside);
}

#[test]
fn a_pod_that_is_gone_gives_up_all_of_its_addresses() {
    let mut history = History::new(0);
    let both = [address(1), address(2)];
    history.holds(&pod(1, 1), &both, 0, Within::at(10));
    history.gone(&pod(1, 1), Within::at(100));
    history.heard(1_000);
    for address in both {
        assert!(matches!(history.name(address, 20, 90), Name::Known(_)), "{address}");
        assert_eq!(history.name(address, 200, 300), Name::Outside, "{address}");
    }
}

#[test]
fn states_that_are_no_longer_remembered_are_not_named_by_later_ones() {
    let mut history = History::new(0);
    for version in 0..200 {
        let at = 10 + 10 * i64::try_from(version).unwrap();
        history.holds(&pod(1, version), &[address(1)], 0, Within::at(at));
    }
    history.heard(10_000);
    assert!(matches!(history.name(address(1), 15, 15), Name::Unknown(Doubt::TooLong, _)));
    let Name::Known(last) = history.name(address(1), 5_000, 5_000) else { panic!("it is still there") };
    assert_eq!(last.iter().map(version).collect::<Vec<_>>(), [("u1", "199")]);
}
