//! A deploy tool in miniature: it renders a service's manifests in its own way, lets Hedgerow add what network isolation
//! needs, and writes down what the result depends on.
//!
//! ```sh
//! cargo run --example deploy_tool -- testdata/bank prod service.emoji < manifests.yaml
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods, reason = "a program, not a library")]

use hedgerow::{Request, load};
use std::error::Error;
use std::io::Read;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [fleet, environment, service] = arguments.as_slice() else {
        eprintln!("usage: deploy_tool FLEET ENVIRONMENT SERVICE < manifests");
        return ExitCode::from(2);
    };
    let mut manifests = String::new();
    let read = std::io::stdin().read_to_string(&mut manifests).map_err(Box::from);
    match read.and_then(|_| deploy(fleet, environment, service, &manifests)) {
        Ok(manifests) => {
            print!("{manifests}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The manifests with labels and policies, or why there are none.
fn deploy(fleet: &str, environment: &str, service: &str, manifests: &str) -> Result<String, Box<dyn Error>> {
    // Reads this service's directory, the metadata of those it calls and the names of the others: a fault in a stranger's
    // directory cannot stop this deploy.
    let loaded = load(&Request::service(fleet, service)?)?;
    let plan = loaded.plan(environment)?;

    // What the tool may want to know for itself: here, labels.
    for (name, service) in plan.services().iter().filter(|(name, _)| name.as_str() == service) {
        eprintln!("{} labels on the pods of {name}", service.pods.write.len());
    }

    let patched = plan.patch(manifests)?;
    if !patched.warnings.diagnostics.is_empty() {
        eprintln!("{}", patched.warnings);
    }

    // A build that caches deploys needs to know when to do this one again.
    for input in &loaded.inputs {
        eprintln!("depends on {}", input.display());
    }
    Ok(patched.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BANK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/bank");

    #[test]
    fn a_deployment_gets_labels_and_its_policy() {
        let manifests = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {template: {spec: {}}}\n";
        let patched = deploy(BANK, "staging", "service.emoji", manifests).unwrap();
        assert!(patched.contains("egress-s-ledger"), "{patched}");
        assert!(patched.contains("kind: NetworkPolicy"), "{patched}");
    }

    #[test]
    fn what_is_at_fault_is_named_with_what_to_do() {
        let said =
            |environment, service, manifests| deploy(BANK, environment, service, manifests).unwrap_err().to_string();
        assert_eq!(
            said("staging", "service.nobody", ""),
            "error[unknown-service]: there is no service `service.nobody`\n  help: services are the directories that \
             `services.include` in hedgerow.yaml matches\n  more: hedgerow explain unknown-service, or https://github.com/hedgerow-dev/hedgerow/blob/main/docs/codes/unknown-service.md"
        );
        assert_eq!(
            said("pord", "service.emoji", ""),
            "hedgerow.yaml declares no environment `pord`; declared are: prod, staging"
        );
        assert_eq!(
            said("prod", "Emoji", ""),
            "`Emoji` is not valid: it holds `E`; lower-case letters, digits, `-` and `.` are allowed"
        );
        let faulty = said("staging", "service.emoji", "kind: Deployment\n: [\n");
        assert!(faulty.starts_with("<manifests>:2:"), "{faulty}");
    }
}
