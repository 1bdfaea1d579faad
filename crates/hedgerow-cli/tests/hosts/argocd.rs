//! The Argo CD plugin's commands, run as the sidecar runs them. No Argo CD is started.
//!
//! What Argo CD hands a plugin is in its documentation, <https://argo-cd.readthedocs.io/en/stable/operator-manual/config-management-plugins/>:
//! the application's `plugin.env` as `ARGOCD_ENV_NAME`, its parameters as `PARAM_NAME`, those that are arrays as `PARAM_NAME_0` and so on.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::manifest::{assert_deployed, documents, pods};
use crate::program::{Outcome, Sandbox, repository, run, tool};

/// One application: where its source is, and what it says to the plugin.
#[derive(Default)]
struct Application<'a> {
    path: PathBuf,
    variables: &'a [(&'a str, &'a str)],
}

impl Application<'_> {
    /// Runs one of the plugin's commands.
    fn run(&self, sandbox: &Sandbox, command: &str) -> Outcome {
        let plugin = std::fs::read_to_string(repository().join("integrations/argocd/sidecar/plugin.yaml"))
            .expect("the plugin is there");
        let plugin: Value = serde_yaml::from_str(&plugin).expect("the plugin is YAML");
        let words = |key: &str| -> Vec<String> {
            let words = plugin["spec"][command][key].as_array().expect("a list of words");
            words.iter().map(|word| word.as_str().expect("a word").to_owned()).collect()
        };
        let program = words("command");
        let mut sidecar = sandbox.command(&program[0]);
        sidecar
            .args(&program[1..])
            .args(words("args"))
            .current_dir(&self.path)
            .env("ARGOCD_APP_NAME", "emoji")
            .env("ARGOCD_APP_NAMESPACE", "bank")
            .env("KUBE_VERSION", "1.31.0")
            .env("KUBE_API_VERSIONS", "v1,apps/v1")
            .envs(self.variables.iter().copied());
        run(&mut sidecar, b"")
    }

    fn generate(&self, sandbox: &Sandbox) -> Outcome {
        self.run(sandbox, "generate")
    }
}

fn bank(path: &str) -> PathBuf {
    repository().join("testdata/bank").join(path)
}

const HELMS: [&str; 2] = ["helm3", "helm4"];

/// What earlier applications say, by variables.
fn by_variables<'a>(service: &'a [(&'a str, &'a str)]) -> Application<'a> {
    Application { path: bank("service.emoji/chart"), variables: service }
}

#[test]
fn the_plugin_renders_with_labels_and_passes_refusals_on() {
    for name in HELMS {
        let Some(helm) = tool(name) else { continue };
        let sandbox = Sandbox::new();
        sandbox.link("helm", &helm);
        let say = |service: &'static str| {
            [("ARGOCD_ENV_FLEET", "../.."), ("ARGOCD_ENV_ENVIRONMENT", "staging"), ("ARGOCD_ENV_SERVICE", service)]
        };
        let got = by_variables(&say("service.emoji")).generate(&sandbox).text();
        assert_deployed("service.emoji", "staging", &documents(&got), |_| true);
        let refusal = by_variables(&say("service.emojy")).generate(&sandbox).refusal();
        assert!(refusal.contains("service.emojy"), "{refusal}");
        // The same by parameters, which win.
        let parameters = [
            ("PARAM_FLEET", "../.."),
            ("PARAM_ENVIRONMENT", "staging"),
            ("PARAM_SERVICE", "service.emoji"),
            ("ARGOCD_ENV_SERVICE", "service.emojy"),
        ];
        assert_eq!(by_variables(&parameters).generate(&sandbox).text(), got, "{name}");
    }
}

/// A Helm that fails must not look like an application without objects: Argo CD would delete them all.
#[test]
fn a_failing_helm_fails_the_plugin() {
    let sandbox = Sandbox::new();
    // A shell that is told `template …` finds no script of that name: a program that fails and says why.
    sandbox.link("helm", Path::new("/bin/sh"));
    let variables = [("PARAM_FLEET", "../.."), ("PARAM_ENVIRONMENT", "staging"), ("PARAM_SERVICE", "service.emoji")];
    assert!(by_variables(&variables).generate(&sandbox).refusal().contains("template"));
}

#[test]
fn values_files_parameters_and_the_release_name_reach_helm_in_their_order() {
    for name in HELMS {
        let Some(helm) = tool(name) else { continue };
        let sandbox = Sandbox::new();
        sandbox.link("helm", &helm);
        let first = sandbox.write("first.yaml", "replicaCount: 5\npodAnnotations: {from: first}\n");
        let second = sandbox.write("a b/second.yaml", "replicaCount: 6\n");
        let text = sandbox.write("text.txt", "it's; $(touch /tmp/pwned) `x` \"q\"\n");
        let file = format!("podAnnotations.file={}", text.display());
        let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
        let variables = [
            ("PARAM_FLEET", "../.."),
            ("PARAM_ENVIRONMENT", "prod"),
            ("PARAM_SERVICE", "service.emoji"),
            ("PARAM_RELEASE_NAME", "live"),
            ("PARAM_VALUES_FILES_0", &path(&first)),
            ("PARAM_VALUES_FILES_1", &path(&second)),
            // An empty element is passed over; those behind it count.
            ("PARAM_PARAMETERS_0", ""),
            ("PARAM_PARAMETERS_1", "image.tag=v7"),
            ("PARAM_PARAMETERS_2", ""),
            ("PARAM_PARAMETERS_3", "fullnameOverride=s-emoji"),
            ("PARAM_STRING_PARAMETERS_0", "podAnnotations.number=0755"),
            ("PARAM_FILE_PARAMETERS_0", &file),
        ];
        let got = by_variables(&variables).generate(&sandbox).text();
        let objects = documents(&got);
        let deployment = objects.iter().find(|object| object["kind"] == "Deployment").expect("a Deployment");
        assert_eq!(deployment["metadata"]["labels"]["app.kubernetes.io/instance"], "live", "{name}: {deployment:#}");
        assert_eq!(deployment["spec"]["replicas"], 6, "{name}: the last file wins");
        let pod = &deployment["spec"]["template"];
        assert_eq!(pod["spec"]["containers"][0]["image"], "registry.bank.example/emoji:v7");
        let notes = &pod["metadata"]["annotations"];
        assert_eq!((&notes["from"], &notes["number"]), (&"first".into(), &"0755".into()), "{notes:#}");
        assert!(notes["file"].as_str().is_some_and(|text| text.contains("$(touch")), "{notes:#}");
        assert!(!Path::new("/tmp/pwned").exists());
        // A file that is not there fails, and nothing is printed.
        let missing = [("PARAM_FLEET", "../.."), ("PARAM_ENVIRONMENT", "prod"), ("PARAM_VALUES_FILES_0", "no.yaml")];
        assert!(by_variables(&missing).generate(&sandbox).refusal().contains("no.yaml"), "{name}");
    }
}

#[test]
fn an_umbrella_chart_needs_no_service() {
    for name in HELMS {
        let Some(helm) = tool(name) else { continue };
        let sandbox = Sandbox::new();
        sandbox.link("helm", &helm);
        sandbox.write("umbrella/Chart.yaml", "apiVersion: v2\nname: umbrella\nversion: 1.0.0\ndependencies:\n  - {name: emoji, version: \">=0.0.0-0\", repository: \"\"}\n  - {name: notification, version: \">=0.0.0-0\", repository: \"\"}\n");
        for service in ["emoji", "notification"] {
            copy(&bank(&format!("service.{service}/chart")), &sandbox.path(&format!("umbrella/charts/{service}")));
        }
        let fleet = bank("");
        let fleet = fleet.to_str().expect("UTF-8");
        let path = sandbox.path("umbrella");
        let variables = [("PARAM_FLEET", fleet), ("PARAM_ENVIRONMENT", "staging"), ("PARAM_STRICT", "false")];
        let application = Application { path: path.clone(), variables: &variables };
        // Charts that are there are not fetched: nothing here has a way to a repository.
        assert_eq!(application.run(&sandbox, "init").text(), "");
        let objects = documents(&application.generate(&sandbox).text());
        let pods = pods(&objects);
        let named = |part: &str| pods.iter().find(|(name, _)| name.contains(part)).expect("a workload").1.clone();
        assert_eq!(named("emoji")["bank.example/routing-name"], "service.emoji", "{pods:#?}");
        assert_eq!(named("notification")["bank.example/routing-name"], "service.notification", "{pods:#?}");
        let refused = [("PARAM_FLEET", fleet), ("PARAM_ENVIRONMENT", "staging"), ("PARAM_STRICT", "maybe")];
        let refusal = Application { path, variables: &refused }.generate(&sandbox).refusal();
        assert!(refusal.contains("strict must be true or false, not maybe"), "{refusal}");
    }
}

#[test]
fn a_kustomization_is_built_and_anything_else_is_refused() {
    let Some(kustomize) = tool("kustomize") else { return };
    let sandbox = Sandbox::new();
    sandbox.link("kustomize", &kustomize);
    let variables = [("PARAM_FLEET", "../../../.."), ("PARAM_ENVIRONMENT", "prod"), ("PARAM_SERVICE", "service.card")];
    let application = Application { path: bank("service.card/deploy/overlays/prod"), variables: &variables };
    let got = application.generate(&sandbox).text();
    assert_deployed("service.card", "prod", &documents(&got), |_| true);
    // An environment that comes and goes: the application's own namespace, said to Hedgerow too.
    sandbox.write("pr/README.md", "one per change\n");
    let overlay = sandbox.write(
        "pr/kustomization.yaml",
        format!(
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: bank-pr-7\nresources: [{}]\n",
            relative(&sandbox.path("pr"), &bank("service.card/deploy/base"))
        ),
    );
    let fleet = bank("");
    let config = bank("hedgerow.yaml");
    let mut moved = vec![
        ("PARAM_FLEET", fleet.to_str().expect("UTF-8")),
        ("PARAM_CONFIG", config.to_str().expect("UTF-8")),
        ("PARAM_ENVIRONMENT", "prod"),
        ("PARAM_SERVICE", "service.card"),
        ("PARAM_KUSTOMIZE_OPTIONS", "--load-restrictor LoadRestrictionsNone"),
    ];
    let path = overlay.parent().expect("a directory").to_owned();
    let refusal = Application { path: path.clone(), variables: &moved }.generate(&sandbox).refusal();
    assert!(refusal.contains("namespace-mismatch"), "{refusal}");
    moved.push(("PARAM_NAMESPACES", "bank=bank-pr-7"));
    let got = Application { path, variables: &moved }.generate(&sandbox).text();
    let policies: Vec<_> = documents(&got).into_iter().filter(|object| object["kind"] == "NetworkPolicy").collect();
    assert!(!policies.is_empty());
    for policy in policies {
        assert_eq!(policy["metadata"]["namespace"], "bank-pr-7", "{policy:#}");
    }
    let elsewhere = Application { path: bank("libraries"), variables: &variables };
    let refusal = elsewhere.generate(&sandbox).refusal();
    assert!(refusal.contains("neither a Chart.yaml nor a kustomization.yaml"), "{refusal}");
}

/// Every parameter that the plugin announces is one that it reads, and one that the page lists; and the other way round.
#[test]
fn the_plugin_announces_what_it_reads() {
    let directory = repository().join("integrations/argocd");
    let read = |path: &str| std::fs::read_to_string(directory.join(path)).expect("a file of the integration");
    let text = read("sidecar/plugin.yaml");
    let plugin: Value = serde_yaml::from_str(&text).expect("YAML");
    let script = plugin["spec"]["generate"]["args"][0].as_str().expect("a script");
    let announced = plugin["spec"]["parameters"]["static"].as_array().expect("a list");
    let page = read("README.md");
    let mut names: Vec<String> = Vec::new();
    for parameter in announced {
        let name = parameter["name"].as_str().expect("a name");
        let variable = name.to_uppercase().replace('-', "_");
        assert!(script.contains(&format!("PARAM_{variable}")) || script.contains(&format!("{variable}=--")), "{name}");
        assert!(page.contains(&format!("`{name}`")), "{name} is not in README.md");
        names.push(name.to_owned());
    }
    for application in documents(&read("application.yaml")) {
        for parameter in application["spec"]["source"]["plugin"]["parameters"].as_array().expect("a list") {
            assert!(names.iter().any(|name| parameter["name"] == **name), "{parameter:#}");
        }
        let source = &application["spec"]["source"];
        let said = |wanted: &str| {
            let parameters = source["plugin"]["parameters"].as_array().expect("a list");
            parameters.iter().find(|of| of["name"] == wanted).and_then(|of| of["string"].as_str())
        };
        let path = source["path"].as_str().expect("a path");
        // From there to the root of the repository, where hedgerow.yaml is.
        assert_eq!(said("fleet"), Some(vec![".."; path.split('/').count()].join("/").as_str()), "{path}");
        if let Some((_, overlay)) = path.split_once("overlays/") {
            assert_eq!(said("environment"), Some(overlay), "{path}");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("directories can be made");
    for entry in std::fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("files can be copied");
        }
    }
}

/// kustomize takes relative paths alone.
fn relative(from: &Path, to: &Path) -> String {
    let up = from.canonicalize().expect("it is there").components().count() - 1;
    format!(
        "{}{}",
        "../".repeat(up),
        to.canonicalize().expect("it is there").strip_prefix("/").expect("absolute").display()
    )
}
