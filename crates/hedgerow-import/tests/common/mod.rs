//! Fleets in memory.
#![allow(dead_code, clippy::unwrap_used, reason = "every test binary uses a part of it")]

use hedgerow_core::fleet::Scope;
use hedgerow_core::name::EnvironmentName;
use hedgerow_core::plan::Plan;
use hedgerow_core::read::{Directories, Reader};
use hedgerow_core::tree::{Directory, File};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The environment that fleets have.
pub(crate) const ENVIRONMENT: &str = "prod";

/// One service.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) namespace: String,
    /// More of its `service.yaml`.
    pub(crate) metadata: String,
    /// The texts of its rule files, by callee.
    pub(crate) rules: BTreeMap<String, String>,
}

impl Service {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), namespace: "default".to_owned(), metadata: String::new(), rules: BTreeMap::new() }
    }
}

/// A fleet.
#[derive(Debug, Clone)]
pub(crate) struct Fleet {
    pub(crate) namespaces: Vec<String>,
    pub(crate) services: Vec<Service>,
}

impl Fleet {
    pub(crate) fn new(namespaces: &[&str]) -> Self {
        Self { namespaces: namespaces.iter().map(ToString::to_string).collect(), services: Vec::new() }
    }
}

/// The plan of a fleet at `enforce`.
pub(crate) fn plan(fleet: &Fleet) -> Plan {
    let config = format!(
        "version: 1\nlabels: {{domain: bank.example}}\nservices: {{include: [\"service.*\"], rules: [egress], defaults: {{namespace: {}}}}}\nnamespaces: [{}]\nenvironments: {{{ENVIRONMENT}: {{stage: enforce}}}}\n",
        fleet.namespaces[0],
        fleet.namespaces.join(", ")
    );
    let directories = fleet.services.iter().map(|service| {
        let text = format!("namespace: {}\n{}", service.namespace, service.metadata);
        let rule = |(callee, text): (&String, &String)| {
            File::new(format!("{}/egress/{callee}.rule", service.name), text.clone())
        };
        Directory {
            path: service.name.clone(),
            file: Some(File::new(format!("{}/service.yaml", service.name), text)),
            rules: service.rules.iter().map(rule).collect(),
            faults: Vec::new(),
            unread: Vec::new(),
        }
    });
    let directories = Directories::new(Scope::Whole, directories.collect());
    let mut reader = Reader::new();
    let config = reader.config(File::new("hedgerow.yaml", config));
    let reading = reader.fleet(config, directories, None);
    let fleet = reading.fleet.unwrap_or_else(|| panic!("the fleet is faulty: {:#?}", reading.diagnostics));
    Plan::new(Arc::new(fleet), &EnvironmentName::new(ENVIRONMENT).unwrap()).unwrap()
}
