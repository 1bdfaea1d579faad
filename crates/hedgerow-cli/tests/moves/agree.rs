//! Every move of a small fleet, on every host: the library's judgement is the model's.

use crate::host::Host;
use crate::walk::Map;
use crate::world::{At, Fleet};
use hedgerow::core::moves::{self, Loss};
use std::collections::BTreeMap;

/// Every kind of fleet that makes a difference.
pub(crate) fn fleets() -> Vec<Fleet> {
    let mut fleets = Vec::new();
    for by_type in [false, true] {
        for catch_alls in ["kubernetes", "calico"] {
            for (allow, ports) in [
                ("[{from: {pods: {app: gateway}}}]", "[{name: http, port: 8080}, {port: 9090}]"),
                ("[{from: {cidr: 10.20.0.0/16}}]", "any"),
            ] {
                fleets.push(Fleet { by_type, catch_alls, allow, ports });
            }
        }
    }
    fleets
}

#[test]
fn every_move_costs_what_the_library_says() {
    let mut wrong = Vec::new();
    let mut seen: BTreeMap<Loss, usize> = BTreeMap::new();
    for fleet in fleets() {
        let mut map = Map::new(fleet, &At::all());
        let sides = map.sides.clone();
        for ((before, old), (after, new)) in sides.iter().flat_map(|old| sides.iter().map(move |new| (old, new))) {
            for class in moves::Host::ALL {
                let hosts = Host::ALL.into_iter().filter(|host| host.class() == class);
                let lost: Vec<_> = hosts.filter_map(|host| Some((host, map.walk(host, old, new)?))).collect();
                let worst = lost.iter().map(|(_, lost)| lost.loss).max().unwrap_or(Loss::Nothing);
                let said = moves::loss(class, old.position, new.position, fleet.by_type);
                *seen.entry(worst).or_default() += 1;
                if worst != said {
                    wrong.push(format!("{class:?}: {before:?} → {after:?} in {fleet:?}: said {said:?}, but {lost:#?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} moves, the first:\n{}", wrong.len(), wrong[0]);
    // A model that loses nothing, or everything, would agree with anybody.
    assert!(seen.len() == 3 && seen.values().all(|count| *count > 20), "{seen:?}");
}

/// On a first install there are no pods before, and neighbours of one kind are written at once.
#[test]
fn a_first_install_drops_nothing() {
    for fleet in fleets() {
        let mut map = Map::new(fleet, &At::all());
        for (at, side) in map.sides.clone() {
            for host in [Host::Helm3, Host::Helm4, Host::Kubectl, Host::ArgoCd] {
                assert_eq!(map.install(host, &side), None, "{host:?}: {at:?} in {fleet:?}");
            }
        }
    }
}
