//! A fleet in many repositories that know each other by a catalogue is the fleet in one.

use crate::fleet::{ENVIRONMENT, Fleet, Service, fleets, plan};
use hedgerow::core::catalogue::{Catalogue, WithRules, merge};
use hedgerow::core::fleet::Scope;
use hedgerow::core::name::{EnvironmentName, ServiceName};
use hedgerow::core::plan::Plan;
use hedgerow::core::read::{Directories, Reader, Reading, catalogues};
use hedgerow::core::tree::File;
use hedgerow::render::service_objects;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The catalogue of a repository that holds one service, made before any other is known.
fn catalogue_of(fleet: &Fleet, service: &Service) -> String {
    let alone = Fleet { services: vec![Service { rules: BTreeMap::new(), ..service.clone() }], ..fleet.clone() };
    let reading = alone.read(|_| {});
    Catalogue::of(reading.fleet.as_ref().expect("it has no faults"), None, WithRules::No, &reading.sources).to_text()
}

fn merged(texts: Vec<String>) -> Catalogue {
    let files = texts.into_iter().enumerate().map(|(at, text)| File::new(format!("{at}.json"), text)).collect();
    let (drafts, mut diagnostics, _) = catalogues(files);
    let merged = merge(&drafts, &mut diagnostics);
    assert_eq!(diagnostics, []);
    merged.expect("there are no faults")
}

/// What the repository of one service reads, with a catalogue.
fn repository(fleet: &Fleet, service: &Service, scope: Scope, catalogue: &str) -> Reading {
    let config = fleet.config().replace("services:\n", "services:\n  catalogue: others.json\n");
    let mut reader = Reader::new();
    let config = reader.config(File::new("hedgerow.yaml", config));
    reader.catalogue(File::new("others.json", catalogue));
    let read = vec![fleet.directory(service)];
    reader.fleet(config, Directories::new(scope, read), None)
}

/// What one service's deploy writes.
fn written(plan: &Plan, name: &str) -> (Vec<String>, Vec<String>) {
    let service = &plan.services()[name];
    let labels = service.pods.all().iter().map(|(key, value)| format!("{key}={value}")).collect();
    (labels, service_objects(service, Some(&service.namespace)).iter().map(|object| object.emit()).collect())
}

proptest! {
    #![proptest_config(crate::cases(64))]

    #[test]
    fn many_repositories_with_a_catalogue_are_one_fleet(fleet in fleets()) {
        let one = fleet.plan();
        let all = merged(fleet.services.iter().map(|service| catalogue_of(&fleet, service)).collect());
        let reading = fleet.read(|_| {});
        let whole = Catalogue::of(reading.fleet.as_ref().expect("no faults"), None, WithRules::No, &reading.sources);
        prop_assert_eq!(all.to_text(), whole.to_text());
        for service in &fleet.services {
            let name = ServiceName::new(service.name).unwrap();
            for scope in [Scope::Whole, Scope::One(name.clone())] {
                let reading = repository(&fleet, service, scope, &all.to_text());
                prop_assert_eq!(&reading.diagnostics, &[]);
                let own = plan(reading);
                prop_assert_eq!(written(&own, service.name), written(&one, service.name));
                for callee in service.rules.keys() {
                    let callee = ServiceName::new(callee).unwrap();
                    for port in one.fleet().service(callee.as_str()).unwrap().ports.listed() {
                        let port = (port.number, port.protocol);
                        let (here, there) = (own.verdict(&name, &callee, port), one.verdict(&name, &callee, port));
                        // An `allow` entry of the callee is not in the catalogue.
                        let by_entry = there.as_ref().is_some_and(|v| {
                            matches!(v.permission, hedgerow::core::verdict::Permission::Allow(_))
                        });
                        if !by_entry {
                            prop_assert_eq!(here.map(|v| v.traffic), there.map(|v| v.traffic));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_deploy_depends_on_what_the_catalogue_says_of_its_callees_alone(fleet in fleets(), faulty in any::<bool>()) {
        let environment = EnvironmentName::new(ENVIRONMENT).unwrap();
        let all = merged(fleet.services.iter().map(|service| catalogue_of(&fleet, service)).collect()).to_text();
        for service in &fleet.services {
            // Everybody else becomes somebody else, or is not even understood.
            let lines = all.lines().map(|line| {
                let of = |name: &str| line.trim_start().starts_with(&format!("\"{name}\": {{\"slug\""));
                let other = fleet.services.iter().find(|other| of(other.name));
                match other.filter(|other| other.name != service.name && !service.rules.contains_key(other.name)) {
                    Some(_) if faulty => line.replace("\"ports\":", "\"prots\":"),
                    Some(_) => line.replace("\"owner\":\"somebody\"", "\"owner\":\"nobody\"").replace("\"labels\":{", "\"labels\":{\"x\":\"y\","),
                    None => line.to_owned(),
                }
            });
            let changed = lines.collect::<Vec<_>>().join("\n");
            let scope = || Scope::One(ServiceName::new(service.name).unwrap());
            let (before, after) = (
                repository(&fleet, service, scope(), &all),
                repository(&fleet, service, scope(), &changed),
            );
            prop_assert_eq!(&after.diagnostics, &[]);
            let planned = |reading: Reading| Plan::new(Arc::new(reading.fleet.expect("no faults")), &environment).unwrap();
            prop_assert_eq!(written(&planned(before), service.name), written(&planned(after), service.name));
        }
    }
}
