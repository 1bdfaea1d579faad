//! The Argo CD plugin's `generate` command, run as the sidecar runs it. No Argo CD is started.

use std::path::Path;

use serde_json::Value;

use crate::manifest::{assert_deployed, documents};
use crate::program::{Outcome, Sandbox, repository, run, tool};

/// Runs `generate` of the plugin in the directory of emoji's chart, with `service` asked for.
fn generate(sandbox: &Sandbox, service: &str) -> Outcome {
    let plugin = std::fs::read_to_string(repository().join("integrations/argocd/sidecar/plugin.yaml"))
        .expect("the plugin is there");
    let plugin: Value = serde_yaml::from_str(&plugin).expect("the plugin is YAML");
    let words = |key: &str| -> Vec<String> {
        let words = plugin["spec"]["generate"][key].as_array().expect("a list of words");
        words.iter().map(|word| word.as_str().expect("a word").to_owned()).collect()
    };
    let command = words("command");
    let mut sidecar = sandbox.command(&command[0]);
    sidecar
        .args(&command[1..])
        .args(words("args"))
        .current_dir(repository().join("testdata/bank/service.emoji/chart"))
        .env("ARGOCD_APP_NAME", "emoji")
        .env("ARGOCD_APP_NAMESPACE", "bank")
        .env("KUBE_VERSION", "1.31.0")
        .env("KUBE_API_VERSIONS", "v1,apps/v1")
        .env("ARGOCD_ENV_FLEET", "../..")
        .env("ARGOCD_ENV_ENVIRONMENT", "staging")
        .env("ARGOCD_ENV_SERVICE", service);
    run(&mut sidecar, b"")
}

#[test]
fn the_plugin_renders_with_labels_and_passes_refusals_on() {
    for name in ["helm3", "helm4"] {
        let Some(helm) = tool(name) else { continue };
        let sandbox = Sandbox::new();
        sandbox.link("helm", &helm);

        let got = generate(&sandbox, "service.emoji").text();
        assert_deployed("service.emoji", "staging", &documents(&got), |_| true);
        let refusal = generate(&sandbox, "service.emojy").refusal();
        assert!(refusal.contains("service.emojy"), "{refusal}");
    }
}

/// A Helm that fails must not look like an application without objects: Argo CD would delete them all.
#[test]
fn a_failing_helm_fails_the_plugin() {
    let sandbox = Sandbox::new();
    // A shell that is told `template …` finds no script of that name: a program that fails and says why.
    sandbox.link("helm", Path::new("/bin/sh"));
    assert!(generate(&sandbox, "service.emoji").refusal().contains("template"));
}
