//! The kustomize program with the example kustomizations: as a KRM function and as a legacy plugin.

use std::path::{Path, PathBuf};

use crate::manifest::{assert_deployed, documents, sorted, without_hedgerow};
use crate::program::{Outcome, Sandbox, repository, run, tool};

const KRM: [&str; 2] = ["--enable-alpha-plugins", "--enable-exec"];
const ENVIRONMENTS: [&str; 2] = ["staging", "prod"];

/// Links `hedgerow` to where kustomize and kubectl look for legacy plugins, the way the documentation says.
pub(crate) fn install_legacy_plugin(sandbox: &Sandbox) {
    let mut install = sandbox.command(repository().join("integrations/kustomize/install-legacy-plugin"));
    let said = run(&mut install, b"").text();
    assert!(said.contains("hedgerow.dev/v1/hedgerow/Hedgerow -> "), "{said}");
}

fn build(sandbox: &Sandbox, kustomize: &Path, directory: impl AsRef<Path>, flags: &[&str]) -> Outcome {
    let mut command = sandbox.command(kustomize);
    run(command.arg("build").arg(directory.as_ref()).args(flags), b"")
}

/// A kustomization of its own, over the overlay for production, with `configuration` for Hedgerow.
fn kustomization(sandbox: &Sandbox, configuration: &str) -> PathBuf {
    let overlay = repository().join("testdata/bank/service.card/deploy/overlays/prod");
    // kustomize takes relative paths only. `fleet` may be absolute.
    std::os::unix::fs::symlink(overlay.ancestors().nth(2).expect("it is deep down"), sandbox.path("deploy")).ok();
    sandbox
        .write("here/kustomization.yaml", "resources: [../deploy/overlays/prod]\ntransformers: [transformer.yaml]\n");
    sandbox.write("here/transformer.yaml", configuration);
    sandbox.path("here")
}

fn function(kind: &str, rest: &str) -> String {
    let api_version = if kind == "ConfigMap" { "v1" } else { "hedgerow.dev/v1" };
    let fleet = repository().join("testdata/bank");
    format!(
        "apiVersion: {api_version}\nkind: {kind}\nmetadata:\n  name: hedgerow\n  annotations:\n    \
         config.kubernetes.io/function: 'exec: {{path: hedgerow}}'\n{}",
        rest.replace("FLEET", fleet.to_str().expect("the repository has a UTF-8 name"))
    )
}

#[test]
fn a_krm_function_adds_labels_and_policies_and_nothing_else() {
    let Some(kustomize) = tool("kustomize") else { return };
    let sandbox = Sandbox::new();
    for environment in ENVIRONMENTS {
        let plain =
            build(&sandbox, &kustomize, format!("testdata/bank/service.card/deploy/overlays/{environment}"), &[])
                .text();
        let got = build(&sandbox, &kustomize, format!("integrations/kustomize/krm/{environment}"), &KRM).text();
        let got = documents(&got);
        // The example asks for the order of the stream; kustomize sorts otherwise.
        assert_eq!(sorted(without_hedgerow(&got)), sorted(documents(&plain)), "{environment}");
        assert_deployed("service.card", environment, &got, |_| true);
        for document in &got {
            assert_eq!(document["metadata"]["namespace"], "bank", "the policies go where the pods go");
        }
    }
}

#[test]
fn the_legacy_plugin_gives_what_the_function_gives() {
    let Some(kustomize) = tool("kustomize") else { return };
    let sandbox = Sandbox::new();
    install_legacy_plugin(&sandbox);
    for environment in ENVIRONMENTS {
        let function = build(&sandbox, &kustomize, format!("integrations/kustomize/krm/{environment}"), &KRM).text();
        let legacy = build(
            &sandbox,
            &kustomize,
            format!("integrations/kustomize/legacy/{environment}"),
            &["--enable-alpha-plugins"],
        );
        assert_eq!(documents(&legacy.text()), documents(&function), "{environment}");
    }
}

#[test]
fn a_config_map_configures_the_function_as_well() {
    let Some(kustomize) = tool("kustomize") else { return };
    let sandbox = Sandbox::new();
    let spec = "spec:\n  fleet: FLEET\n  environment: prod\n  service: service.card\n  strict: true\n";
    let data = "data:\n  fleet: FLEET\n  environment: prod\n  service: service.card\n  strict: 'true'\n";
    let by_kind = build(&sandbox, &kustomize, kustomization(&sandbox, &function("Hedgerow", spec)), &KRM).text();
    let by_data = build(&sandbox, &kustomize, kustomization(&sandbox, &function("ConfigMap", data)), &KRM).text();
    assert_eq!(by_data, by_kind);
    assert_deployed("service.card", "prod", &documents(&by_data), |_| true);
}

/// Without `service`, workloads are found by the bank's `workloads` globs.
#[test]
fn the_function_finds_whose_workloads_these_are() {
    let Some(kustomize) = tool("kustomize") else { return };
    let sandbox = Sandbox::new();
    let configuration = function("Hedgerow", "spec: {fleet: FLEET, environment: staging}\n");
    let got = build(&sandbox, &kustomize, kustomization(&sandbox, &configuration), &KRM).text();
    assert_deployed("service.card", "staging", &documents(&got), |_| true);
}

#[test]
fn a_wrong_configuration_stops_kustomize_with_its_reason_and_no_output() {
    let Some(kustomize) = tool("kustomize") else { return };
    let sandbox = Sandbox::new();
    for (configuration, words) in [
        ("spec: {fleet: FLEET, environment: production}\n", ["production", "prod"]),
        ("spec: {fleet: FLEET, environment: prod, servcie: service.card}\n", ["servcie", "service"]),
        ("spec: {fleet: FLEET, environment: prod, service: service.cart}\n", ["service.cart", "service.card"]),
        ("spec: {fleet: ., environment: prod}\n", ["hedgerow.yaml", "hedgerow init"]),
    ] {
        let directory = kustomization(&sandbox, &function("Hedgerow", configuration));
        let refusal = build(&sandbox, &kustomize, directory, &KRM).refusal();
        for word in words {
            assert!(refusal.contains(word), "{configuration} does not lead to {word}:\n{refusal}");
        }
    }
}

/// The trap that `integrations/kustomize/README.md` warns of, and the proof that it recommends.
#[test]
fn a_skipped_function_is_silent_and_prove_labels_finds_it() {
    let Some(kubectl) = tool("kubectl") else { return };
    let sandbox = Sandbox::new();
    sandbox.link("kubectl", &kubectl);
    let prove = |manifests: &str| {
        let mut command = sandbox.command(repository().join("integrations/prove-labels"));
        command.args(["-C", "testdata/bank", "--env", "prod", "--service", "service.card"]);
        run(&mut command, manifests.as_bytes())
    };
    for (name, words) in [("kustomize", &["build"][..]), ("kubectl", &["kustomize"]), ("kubectl-1.31", &["kustomize"])]
    {
        let Some(program) = tool(name) else { continue };
        let mut command = sandbox.command(program);
        command.args(words).args(["integrations/kustomize/krm/prod", "--enable-alpha-plugins"]);
        let skipped = run(&mut command, b"").text();
        assert!(
            !skipped.contains("bank.example/routing-name"),
            "{name} runs KRM functions now: change the documentation"
        );
        let proof = prove(&skipped).refusal();
        assert!(proof.contains("bank.example/egress-s-fraud"), "{name}: {proof}");
    }
    assert!(prove("").refusal().contains("no manifests"));

    let Some(kustomize) = tool("kustomize") else { return };
    let labelled = build(&sandbox, &kustomize, "integrations/kustomize/krm/prod", &KRM).text();
    assert_eq!(prove(&labelled).text(), "");
}
