//! Same inputs, same bytes; and who depends on what.

use crate::fleet::{Fleet, fleets};
use hedgerow::core::plan::Plan;
use hedgerow::render::{platform_objects, service_objects};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeMap;

/// What is written for each service: its labels, then its objects.
fn written(plan: &Plan) -> BTreeMap<String, (String, String)> {
    let written = plan.services().values().map(|service| {
        let labels = service.pods.all().iter().map(|(key, value)| format!("{key}={value}\n")).collect();
        let objects = service_objects(service, Some(&service.namespace)).iter().map(|object| object.emit()).collect();
        (service.name.to_string(), (labels, objects))
    });
    written.collect()
}

fn platform(plan: &Plan) -> String {
    platform_objects(plan).iter().map(|object| object.emit()).collect()
}

/// The same fleet with a rule taken away where there is one and put there where there is none.
fn with_a_rule_changed(fleet: &Fleet, caller: usize, callee: usize) -> Option<Fleet> {
    let mut changed = fleet.clone();
    let name = fleet.services[callee].name;
    if changed.services[caller].rules.remove(name).is_none() {
        if fleet.listens(&fleet.services[callee]) == crate::fleet::Listens::Nowhere {
            return None;
        }
        changed.services[caller].rules.insert(name, None);
    }
    Some(changed)
}

proptest! {
    #![proptest_config(crate::cases(96))]

    #[test]
    fn the_order_of_files_does_not_matter(fleet in fleets(), turn in any::<Index>(), is_reversed in any::<bool>()) {
        let straight = fleet.read(|_| {});
        let turned = fleet.read(|directories| {
            let by = turn.index(directories.len());
            directories.rotate_left(by);
            for directory in directories {
                if is_reversed {
                    directory.rules.reverse();
                }
            }
        });
        prop_assert_eq!(&straight.diagnostics, &turned.diagnostics);
        let (straight, turned) = (crate::fleet::plan(straight), crate::fleet::plan(turned));
        prop_assert_eq!(written(&straight), written(&turned));
        prop_assert_eq!(platform(&straight), platform(&turned));
    }

    #[test]
    fn a_rule_changes_its_callers_labels_and_nothing_else(fleet in fleets(), at in any::<(Index, Index)>()) {
        let (caller, callee) = fleet.pair(at);
        let Some(changed) = with_a_rule_changed(&fleet, caller, callee) else { return Ok(()) };
        let (plan, changed) = (fleet.plan(), changed.plan());
        prop_assert_eq!(platform(&plan), platform(&changed));
        let caller = fleet.services[caller].name;
        for (service, (labels, objects)) in written(&plan) {
            let (new_labels, new_objects) = &written(&changed)[&service];
            prop_assert_eq!(&objects, new_objects, "the objects of {}", &service);
            prop_assert_eq!(labels == *new_labels, service != caller, "the labels of {}", &service);
        }
    }

    #[test]
    fn a_services_output_does_not_depend_on_strangers(fleet in fleets(), at in any::<(Index, Index)>()) {
        let (one, stranger) = fleet.pair(at);
        let mut changed = fleet.clone();
        let is_called = |callee: &str| fleet.services[one].rules.contains_key(callee);
        let service = &mut changed.services[stranger];
        service.stage = if service.stage == Some("enforce") { None } else { Some("enforce") };
        service.service_type = if service.service_type.is_some() { None } else { Some("core") };
        service.has_own_identity = !service.has_own_identity;
        service.rules.clear();
        service.allow.clear();
        if !is_called(service.name) {
            service.listens = None;
        }
        let callers_still_fit = changed.read(|_| {}).fleet.is_some();
        prop_assume!(callers_still_fit);
        let one = fleet.services[one].name;
        prop_assert_eq!(&written(&fleet.plan())[one], &written(&changed.plan())[one]);
    }

    #[test]
    fn a_deploy_of_one_service_plans_what_the_whole_fleet_plans(fleet in fleets(), at in any::<Index>()) {
        let service = at.get(&fleet.services);
        let one = crate::fleet::plan(fleet.read_for(service));
        let whole = fleet.plan();
        prop_assert_eq!(one.services().len(), 1);
        prop_assert_eq!(&written(&one)[service.name], &written(&whole)[service.name]);
        prop_assert_eq!(platform(&one), platform(&whole));
    }

    #[test]
    fn a_change_of_stage_changes_no_callers_labels(fleet in fleets(), stage in proptest::sample::select(&["off", "open", "audit", "enforce"][..])) {
        let mut changed = fleet.clone();
        changed.stage = stage;
        changed.services.iter_mut().for_each(|service| service.stage = None);
        let egress = |plan: &Plan| -> BTreeMap<String, Vec<String>> {
            written(plan).into_iter().map(|(service, (labels, _))| {
                (service, labels.lines().filter(|label| !label.contains("/network-policy=")).map(str::to_owned).collect())
            }).collect()
        };
        prop_assert_eq!(egress(&fleet.plan()), egress(&changed.plan()));
    }

    #[test]
    fn between_audit_by_log_and_enforce_no_pod_changes(mut fleet in fleets()) {
        fleet.audit = "calico-log";
        fleet.services.iter_mut().for_each(|service| service.stage = None);
        let labels = |stage: &'static str| -> Vec<String> {
            let fleet = Fleet { stage, ..fleet.clone() };
            written(&fleet.plan()).into_values().map(|(labels, _)| labels).collect()
        };
        prop_assert_eq!(labels("audit"), labels("enforce"));
    }
}
