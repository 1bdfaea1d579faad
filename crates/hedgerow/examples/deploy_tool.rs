//! A deploy tool in miniature: it renders a service's manifests in its own way, lets Hedgerow add what network isolation
//! needs, and writes down what the result depends on.
//!
//! ```sh
//! cargo run --example deploy_tool -- testdata/bank prod service.emoji < manifests.yaml
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods, reason = "a program, not a library")]

use hedgerow::core::diag::Diagnostic;
use hedgerow::core::name::{EnvironmentName, ServiceName};
use hedgerow::core::plan::Plan;
use hedgerow::render::patch::Options;
use hedgerow::{Request, load, patch};
use std::error::Error;
use std::io::Read;
use std::process::ExitCode;
use std::sync::Arc;

/// One deploy: a service in an environment.
struct Deploy {
    fleet: String,
    environment: EnvironmentName,
    service: ServiceName,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [fleet, environment, service] = arguments.as_slice() else {
        eprintln!("usage: deploy_tool FLEET ENVIRONMENT SERVICE < manifests");
        return ExitCode::from(2);
    };
    let mut manifests = String::new();
    let result = std::io::stdin().read_to_string(&mut manifests).map_err(Box::from).and_then(|_| {
        let deploy = Deploy {
            fleet: fleet.clone(),
            environment: EnvironmentName::new(environment)?,
            service: ServiceName::new(service)?,
        };
        run(&deploy, &manifests)
    });
    match result {
        Ok(manifests) => {
            print!("{manifests}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("deploy_tool: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The manifests with labels and policies, or why there are none.
fn run(deploy: &Deploy, manifests: &str) -> Result<String, Box<dyn Error>> {
    // Reads this service's directory, the metadata of those it calls and the names of the others: a fault in a stranger's
    // directory cannot stop this deploy.
    let loaded = load(&Request::service(&deploy.fleet, deploy.service.clone()))?;
    let mut sources = loaded.reading.sources;
    let Some(fleet) = loaded.reading.fleet else { return Err(explain(&loaded.reading.diagnostics).into()) };
    let plan = Plan::new(Arc::new(fleet), &deploy.environment).ok_or("no such environment")?;

    // What the tool may want to know for itself: labels, and where the policy will select.
    if let Some(service) = plan.service(&deploy.service) {
        eprintln!("{} labels on the pods of {}", service.pods.write.len(), service.name);
    }

    let options = Options { service: Some(deploy.service.clone()), ..Options::default() };
    let patch = patch(manifests, sources.add("<manifests>", manifests), &plan, &options);
    let Some(edits) = patch.edits else { return Err(explain(&patch.diagnostics).into()) };
    let mut patched = String::new();
    edits.push_to(manifests, &mut patched);

    // A build that caches deploys needs to know when to do this one again.
    for input in &loaded.inputs {
        eprintln!("depends on {}", input.display());
    }
    Ok(patched)
}

/// All that is wrong, a line each.
fn explain(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    errors.map(|error| format!("{} [{}]\n", error.message, error.code.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deploy(service: &str) -> Deploy {
        let fleet = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/bank").to_owned();
        let environment = EnvironmentName::new("staging").unwrap();
        Deploy { fleet, environment, service: ServiceName::new(service).unwrap() }
    }

    #[test]
    fn a_deployment_gets_labels_and_its_policy() {
        let manifests = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {template: {spec: {}}}\n";
        let patched = run(&deploy("service.emoji"), manifests).unwrap();
        assert!(patched.contains("egress-s-ledger"), "{patched}");
        assert!(patched.contains("kind: NetworkPolicy"), "{patched}");
    }

    #[test]
    fn a_service_that_does_not_exist_is_refused() {
        let error = run(&deploy("service.nobody"), "").unwrap_err().to_string();
        assert_eq!(error, "there is no service `service.nobody` [unknown-service]\n");
    }
}
