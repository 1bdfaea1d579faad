//! kubectl: its own kustomize with the legacy plugin, and its reading of what Helm renders with Hedgerow.

use serde_json::Value;

use crate::bank::{self, charts};
use crate::helm::Helm;
use crate::kustomize::install_legacy_plugin;
use crate::manifest::{assert_deployed, documents, objects, sorted, without_hedgerow};
use crate::program::{Sandbox, run, tool};

#[test]
fn kubectl_kustomize_runs_the_legacy_plugin() {
    for name in ["kubectl-1.31", "kubectl"] {
        let Some(kubectl) = tool(name) else { continue };
        let sandbox = Sandbox::new();
        install_legacy_plugin(&sandbox);
        for environment in ["staging", "prod"] {
            let mut plain = sandbox.command(&kubectl);
            plain.arg("kustomize").arg(format!("testdata/bank/service.card/deploy/overlays/{environment}"));
            let mut with = sandbox.command(&kubectl);
            with.arg("kustomize")
                .arg(format!("integrations/kustomize/legacy/{environment}"))
                .arg("--enable-alpha-plugins");

            let got = documents(&run(&mut with, b"").text());
            let plain = documents(&run(&mut plain, b"").text());
            assert_eq!(sorted(without_hedgerow(&got)), sorted(plain), "{name} {environment}");
            assert_deployed("service.card", environment, &got, |_| true);
        }
    }
}

/// `kubectl label --local` needs no cluster and reads every document with the code that `kubectl apply` reads with.
#[test]
fn kubectl_reads_in_every_render_the_plain_one_and_hedgerows_additions() {
    let (Some(kubectl), Some(helm)) = (tool("kubectl"), Helm::named("helm3")) else { return };
    let read = |manifests: &str| -> Vec<Value> {
        let mut command = helm.sandbox.command(&kubectl);
        command.args(["label", "--local", "--filename", "-", "read-by=kubectl", "--output", "json"]);
        let json = run(&mut command, manifests.as_bytes()).text();
        serde_json::Deserializer::from_str(&json)
            .into_iter()
            .map(|object| object.expect("kubectl prints JSON"))
            .collect()
    };
    for service in charts() {
        let chart = format!("testdata/bank/{service}/chart");
        let namespace = bank::namespace(&service);
        let flags = ["--namespace", namespace.as_str()];
        let plain = helm.plain(&chart, &flags).text();
        let got = helm.hedgerow(&chart, &flags, "testdata/bank", &bank::arguments(&service, "staging")).text();

        let written = documents(&got);
        let (plain, got) = (read(&plain), read(&got));
        assert_eq!(
            got.len(),
            objects(&written).len(),
            "{service}: kubectl reads another number of objects than there are"
        );
        assert_eq!(without_hedgerow(&got), plain, "{service}");
    }
}
