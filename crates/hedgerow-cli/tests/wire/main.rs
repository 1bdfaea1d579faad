//! Every object that is rendered, read by those who will read it: Kubernetes' own types, Calico's schemas, and YAML readers
//! of both versions.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "the fleets of the goldens and the schemas are read from disk, and a schema that is absent is said aloud"
)]

mod calico;
#[path = "../common/mod.rs"]
mod common;
mod kubernetes;
mod nobody;
mod table;
mod yaml;

use hedgerow::Request;
use hedgerow::core::plan::Plan;
use hedgerow::render::object::Object;
use hedgerow::render::{platform_objects, service_objects};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

/// The objects of every fleet of the goldens and of the example, for each of its environments.
static OBJECTS: LazyLock<Vec<Object>> = LazyLock::new(|| {
    let render = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/render");
    let cases = std::fs::read_dir(render).unwrap().map(|case| case.unwrap().path().join("in"));
    let mut roots: Vec<PathBuf> = cases.chain([common::testdata("bank")]).collect();
    roots.sort();
    let objects: Vec<_> = roots.iter().flat_map(|root| objects(root)).collect();
    assert!(objects.len() > 100, "the goldens are gone");
    objects
});

fn objects(root: &Path) -> Vec<Object> {
    let reading = hedgerow::read(&Request::whole(root)).unwrap().reading;
    let fleet = Arc::new(reading.fleet.unwrap_or_else(|| panic!("{}: {:#?}", root.display(), reading.diagnostics)));
    let mut objects = Vec::new();
    for environment in fleet.config().environments.keys() {
        let plan = Plan::new(Arc::clone(&fleet), environment).expect("it is declared");
        for service in plan.services().values() {
            objects.extend(service_objects(service, Some(&service.namespace)));
            objects.extend(service_objects(service, None));
        }
        objects.extend(platform_objects(&plan));
    }
    objects
}

/// The object as any reader of YAML has it.
fn read(object: &Object) -> serde_json::Value {
    let text = object.emit();
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}
