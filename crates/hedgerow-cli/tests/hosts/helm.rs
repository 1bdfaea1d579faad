//! Helm 3 with `--post-renderer hedgerow`, two Helm 4s with the plugin of `integrations/helm4`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::bank::{self, charts};
use crate::manifest::{assert_deployed, assert_only_added, documents, is_policy, pods, without_hedgerow};
use crate::program::{Outcome, Sandbox, repository, run, tool};

const HELM_4: [&str; 2] = ["helm4-1", "helm4"];
const ENVIRONMENTS: [&str; 2] = ["staging", "prod"];

/// One Helm and a sandbox for it.
pub(crate) struct Helm {
    program: PathBuf,
    pub(crate) sandbox: Sandbox,
    four: bool,
}

impl Helm {
    pub(crate) fn named(name: &str) -> Option<Self> {
        let helm = Self { program: tool(name)?, sandbox: Sandbox::new(), four: name.starts_with("helm4") };
        // Helm 4 hands its output to plugins only. This one changes nothing: the plain side of a comparison, because
        // Helm 4 itself prints documents differently as soon as there is a post-renderer.
        helm.sandbox.write(
            "plugins/cat/plugin.yaml",
            "{apiVersion: v1, type: postrenderer/v1, name: cat, version: 0.1.0, runtime: subprocess, \
             runtimeConfig: {platformCommand: [{command: cat}]}}",
        );
        Some(helm)
    }

    /// Renders a chart, as Helm itself would.
    pub(crate) fn plain(&self, chart: &str, flags: &[&str]) -> Outcome {
        let mut command = self.sandbox.command(&self.program);
        command.args(["template", "live", chart, "--include-crds"]).args(flags);
        if self.four {
            command.args(["--post-renderer", "cat"]).env("HELM_PLUGINS", self.sandbox.path("plugins"));
        }
        run(&mut command, b"")
    }

    /// Renders a chart with Hedgerow; `arguments` stand after `post-render`.
    pub(crate) fn hedgerow(&self, chart: &str, flags: &[&str], fleet: &str, arguments: &[String]) -> Outcome {
        run(&mut self.command(chart, flags, fleet, arguments), b"")
    }

    fn command(&self, chart: &str, flags: &[&str], fleet: &str, arguments: &[String]) -> Command {
        let mut command = self.sandbox.command(&self.program);
        command.args(["template", "live", chart, "--include-crds"]).args(flags);
        command.args(["--post-renderer", "hedgerow"]);
        if self.four {
            command.env("HELM_PLUGINS", repository().join("integrations"));
        } else {
            command.args(["--post-renderer-args", "post-render"]);
        }
        for argument in ["-C", fleet].into_iter().chain(arguments.iter().map(String::as_str)) {
            command.args(["--post-renderer-args", argument]);
        }
        command
    }

    /// Both renders of a service's chart in the bank: plain, with Hedgerow.
    fn both(&self, service: &str, environment: &str) -> (String, String) {
        let chart = format!("testdata/bank/{service}/chart");
        let namespace = bank::namespace(service);
        let flags = ["--namespace", namespace.as_str()];
        let plain = self.plain(&chart, &flags).text();
        let got = self.hedgerow(&chart, &flags, "testdata/bank", &bank::arguments(service, environment)).text();
        (plain, got)
    }
}

fn is_hook(document: &Value) -> bool {
    document["metadata"]["annotations"]["helm.sh/hook"].is_string()
}

#[test]
fn helm_3_adds_labels_and_policies_to_every_chart_and_nothing_else() {
    let Some(helm) = Helm::named("helm3") else { return };
    for service in charts() {
        for environment in ENVIRONMENTS {
            let (plain, got) = helm.both(&service, environment);
            assert_only_added(&plain, &got);
            let (plain, got) = (documents(&plain), documents(&got));
            assert_eq!(without_hedgerow(&got), plain, "{service} in {environment}");
            // Helm 3 shows no hook to a post-renderer.
            assert_deployed(&service, environment, &got, |document| !is_hook(document));
        }
    }
}

#[test]
fn helm_4_adds_labels_and_policies_to_every_chart_and_nothing_else() {
    for name in HELM_4 {
        let Some(helm) = Helm::named(name) else { continue };
        for service in charts() {
            for environment in ENVIRONMENTS {
                let (plain, got) = helm.both(&service, environment);
                assert_only_added(&plain, &got);
                let (plain, got) = (documents(&plain), documents(&got));
                assert_eq!(without_hedgerow(&got), plain, "{name}: {service} in {environment}");
                assert_deployed(&service, environment, &got, |_| true);
            }
        }
    }
}

/// The migration Job and the test Pod of the payment service: not labelled by Helm 3's post-renderer (documented), labelled
/// by Helm 4's, and by a pipe under any Helm.
#[test]
fn hooks_are_labelled_by_helm_4_and_by_a_pipe() {
    let chart = "testdata/bank/service.payment/chart";
    for name in ["helm3", "helm4-1", "helm4"] {
        let Some(helm) = Helm::named(name) else { continue };
        let (plain, got) = helm.both("service.payment", "prod");
        let hooks: Vec<Value> = documents(&got).into_iter().filter(is_hook).collect();
        assert_eq!(hooks.len(), 2, "{name} renders a Job and a Pod as hooks");
        let labelled = pods(&hooks).values().filter(|labels| !labels.is_empty()).count();
        assert_eq!(labelled, if helm.four { 2 } else { 0 }, "{name}");

        if !helm.four {
            let arguments = ["-C", "testdata/bank", "post-render", "--env", "prod", "--service", "service.payment"];
            let piped = helm.sandbox.hedgerow(&arguments, plain.as_bytes()).text();
            assert_deployed("service.payment", "prod", &documents(&piped), |_| true);
            assert_eq!(without_hedgerow(&documents(&piped)), documents(&helm.plain(chart, &[]).text()));
        }
    }
}

#[test]
fn helm_4_still_finds_the_template_that_a_document_came_from() {
    for name in HELM_4 {
        let Some(helm) = Helm::named(name) else { continue };
        let arguments = bank::arguments("service.emoji", "prod");
        let flags = ["--show-only", "templates/deployment.yaml"];
        let got = helm.hedgerow("testdata/bank/service.emoji/chart", &flags, "testdata/bank", &arguments).text();
        let got = documents(&got);
        assert_eq!(got.len(), 1, "{name}");
        assert_deployed("service.emoji", "prod", &got, |_| true);
    }
}

#[test]
fn a_rule_for_nobody_stops_every_helm_with_its_reason_and_no_output() {
    for name in ["helm3", "helm4-1", "helm4"] {
        let Some(helm) = Helm::named(name) else { continue };
        let fleet = helm.sandbox.path("fleet");
        let config = "version: 1\nlabels: {domain: bank.example}\nservices: {include: [service.*]}\nenvironments: {prod: {stage: enforce}}\n";
        helm.sandbox.write("fleet/hedgerow.yaml", config);
        helm.sandbox.write("fleet/service.emoji/egress/service.lodger.rule", "");
        helm.sandbox.write("fleet/service.ledger/service.yaml", "");
        let fleet = fleet.to_str().expect("temporary directories have UTF-8 names");

        let arguments = bank::arguments("service.emoji", "prod");
        let refusal = helm.hedgerow("testdata/bank/service.emoji/chart", &[], fleet, &arguments).refusal();
        for word in ["unknown-callee", "service.lodger", "service.ledger"] {
            assert!(refusal.contains(word), "{name} does not say {word}:\n{refusal}");
        }
    }
}

#[test]
fn a_chart_that_renders_nothing_is_legal() {
    for name in ["helm3", "helm4-1", "helm4"] {
        let Some(helm) = Helm::named(name) else { continue };
        helm.sandbox.write("chart/Chart.yaml", "{apiVersion: v2, name: empty, version: 0.1.0}");
        let template = "{{ if .Values.open }}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: open}\n{{ end }}\n";
        helm.sandbox.write("chart/templates/open.yaml", template);
        let chart = helm.sandbox.path("chart");
        let chart = chart.to_str().expect("temporary directories have UTF-8 names");

        // With a service, without one, and in an environment where the service has no policy to add.
        let arguments: [&[&str]; 3] = [
            &["--env", "staging"],
            &["--env", "staging", "--service", "service.ledger"],
            &["--env", "prod", "--service", "service.emoji"],
        ];
        for arguments in arguments {
            let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
            let got = helm.hedgerow(chart, &[], "testdata/bank", &arguments).text();
            let rest: Vec<Value> = documents(&got).into_iter().filter(|document| !is_policy(document)).collect();
            assert_eq!(rest, Vec::<Value>::new(), "{name} {arguments:?}");
        }
    }
}

/// With `--output-dir` Helm 3 has written the files before it calls the post-renderer, on nothing.
#[test]
fn helm_3_may_write_into_a_directory() {
    let Some(helm) = Helm::named("helm3") else { return };
    let directory = helm.sandbox.path("out");
    let flags = ["--output-dir", directory.to_str().expect("temporary directories have UTF-8 names")];
    let arguments = bank::arguments("service.emoji", "prod");
    let outcome = helm.hedgerow("testdata/bank/service.emoji/chart", &flags, "testdata/bank", &arguments);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(directory.join("emoji/templates/deployment.yaml").exists());
}

#[test]
fn the_plugin_can_be_installed_and_has_hedgerows_version() {
    for name in HELM_4 {
        let Some(helm) = Helm::named(name) else { continue };
        let mut install = helm.sandbox.command(&helm.program);
        run(install.args(["plugin", "install", "integrations/helm4"]), b"").text();
        let mut list = helm.sandbox.command(&helm.program);
        let listed = run(list.args(["plugin", "list"]), b"").text();
        let line = listed.lines().find(|line| line.starts_with("hedgerow")).expect("the plugin is listed");
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[1..3], [env!("CARGO_PKG_VERSION"), "postrenderer/v1"], "{name}");
    }
}

/// Helm 3 that finds a plugin of Helm 4 loads none of its own: the wrapper keeps the two apart.
#[test]
fn helm_4_has_the_plugin_beside_a_helm_3_that_does_not_complain() {
    let Some(three) = Helm::named("helm3") else { return };
    for name in HELM_4 {
        let Some(four) = Helm::named(name) else { continue };
        // Both look into one place, where each has a plugin that the other can read.
        let data = four.sandbox.path("shared");
        four.sandbox.write("shared/plugins/hello/plugin.yaml", "name: hello\nversion: 0.1.0\ncommand: echo hello\n");
        let helm_3 = || {
            let mut list = four.sandbox.command(&three.program);
            run(list.args(["plugin", "list"]).env("HELM_DATA_HOME", &data), b"")
        };
        let mut wrapped = four.sandbox.command("integrations/helm4/helm4");
        wrapped.args(["template", "live", "testdata/bank/service.emoji/chart", "--post-renderer", "hedgerow"]);
        for argument in
            ["-C".to_owned(), "testdata/bank".to_owned()].into_iter().chain(bank::arguments("service.emoji", "prod"))
        {
            wrapped.args(["--post-renderer-args", &argument]);
        }
        let rendered = run(wrapped.env("HELM4", &four.program).env("HELM_DATA_HOME", &data), b"").text();
        assert_deployed("service.emoji", "prod", &documents(&rendered), |_| true);
        let mut listed = four.sandbox.command("integrations/helm4/helm4");
        listed.args(["plugin", "list"]).env("HELM4", &four.program).env("HELM_DATA_HOME", &data);
        let listed = run(&mut listed, b"").text();
        assert!(listed.contains("hedgerow") && listed.contains("hello"), "{name} keeps its own plugins: {listed}");
        let beside = helm_3();
        assert!(beside.code == 0 && !beside.stderr.contains("failed to load"), "{name}: {}", beside.stderr);
        assert!(String::from_utf8_lossy(&beside.stdout).contains("hello"));
        // What the page warns of: installed where both look, Helm 3 loads nothing any more.
        let mut install = four.sandbox.command(&four.program);
        run(install.args(["plugin", "install", "integrations/helm4"]).env("HELM_DATA_HOME", &data), b"").text();
        let broken = helm_3();
        assert!(broken.code != 0 && broken.stderr.contains("apiVersion"), "{name}: {}", broken.stderr);
    }
}

/// Files below a folder, with their texts.
/// A file has all of it, whether Helm appends to it or writes where the file ended before.
#[test]
fn why_helm_4_refuses_is_whole_in_a_file() {
    let chart = "testdata/bank/service.emoji/chart";
    let arguments = bank::arguments("service.nobody", "staging");
    for name in HELM_4 {
        let Some(helm) = Helm::named(name) else { continue };
        for append in [false, true] {
            let log = helm.sandbox.write("log", "");
            let file = std::fs::OpenOptions::new().write(true).append(append).open(&log).expect("a log");
            let mut command = helm.command(chart, &[], "testdata/bank", &arguments);
            let both = file.try_clone().expect("one file for both");
            let status = command.stdin(Stdio::null()).stdout(both).stderr(file).status().expect("Helm runs");
            let text = std::fs::read_to_string(&log).expect("a log");
            assert!(!status.success(), "{name}: {text}");
            let lines: Vec<_> = text.lines().map(str::trim_end).collect();
            let lead = "hedgerow: Helm hides what its plugins say, so here it is.";
            assert_eq!(lines.iter().filter(|line| **line == lead).count(), 1, "{name} {append}: {text}");
            let why = "there is no service `service.nobody`";
            let told = lines.iter().position(|line| line.contains(why)).unwrap_or_else(|| panic!("{name}: {text}"));
            assert!(lines[told].starts_with("error"), "{name} {append}: {text}");
            assert!(text.contains("exited with error"), "{name} {append}: {text}");
            assert_eq!(text.contains("     "), !append, "{name} {append}: {text}");
        }
    }
}

fn files(folder: &std::path::Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder that Helm wrote") {
        let path = entry.expect("an entry of it").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.push((name, std::fs::read_to_string(&path).expect("a manifest")));
        }
    }
    found
}

#[test]
fn an_output_directory_is_written_past_hedgerow_by_helm_3_and_with_it_by_helm_4() {
    let chart = "testdata/bank/service.emoji/chart";
    let arguments = bank::arguments("service.emoji", "staging");
    for name in ["helm3", "helm4-1", "helm4"] {
        let Some(helm) = Helm::named(name) else { continue };
        let folder = helm.sandbox.path("out");
        let flags = ["--output-dir", folder.to_str().unwrap()];
        assert!(
            helm.hedgerow(chart, &flags, "testdata/bank", &arguments).code == 0,
            "{name}: an empty stream is legal"
        );
        let written = files(&folder);
        let labelled = written.iter().any(|(_, text)| text.contains("bank.example/routing-name"));
        let policies = written.iter().filter(|(_, text)| text.contains("kind: NetworkPolicy")).count();
        // What docs/integrations.md says of both.
        assert_eq!((labelled, policies > 0), (helm.four, helm.four), "{name}: {written:#?}");
        if !helm.four {
            let strict = [arguments.clone(), vec!["--strict".to_owned()]].concat();
            let refused = helm.hedgerow(chart, &flags, "testdata/bank", &strict);
            assert!(refused.code != 0 && refused.stderr.contains("empty-stream"), "{}", refused.stderr);
        }
    }
}
