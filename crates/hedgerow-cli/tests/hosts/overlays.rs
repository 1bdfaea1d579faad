//! What kustomize does after Hedgerow, in an overlay over a base with the Hedgerow transformer: either it cannot change whom a
//! policy admits, or `integrations/prove-labels` finds it, with its reason, in `audit` as well as in `enforce`.

use std::path::PathBuf;

use serde_json::Value;

use crate::kustomize::install_legacy_plugin;
use crate::manifest::documents;
use crate::program::{Outcome, Sandbox, repository, run, tool};

const FLEET: &str = "version: 1
labels: {domain: bank.example}
services:
  include: ['service.*']
  defaults: {ports: [{name: http, port: 8080}], namespace: shop}
namespaces: [shop, edge]
environments:
  audit: {stage: audit, log: true}
  enforce: {stage: enforce, log: true}
";

const BOOKS: &str = "allow:
  - from: {namespace: ingress-nginx, pods: {app: nginx}}
  - from: {namespace: ops}
  - from: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}
";

/// A kind that kustomize's tables know and one that they do not: a label transformer labels the pods of the first alone.
const BASE: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: s-books, namespace: shop}
spec:
  selector: {matchLabels: {app: books}}
  template:
    metadata: {labels: {app: books}}
    spec: {containers: [{name: c, image: x}]}
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: s-books-canary, namespace: shop}
spec:
  selector: {matchLabels: {app: books}}
  template:
    metadata: {labels: {app: books}}
    spec: {containers: [{name: c, image: x}]}
";

/// How an overlay is built: the program, and whether Hedgerow is a KRM function in it or a legacy plugin.
const BUILDS: [(&str, bool); 4] =
    [("kustomize", true), ("kustomize", false), ("kubectl", false), ("kubectl-1.31", false)];

struct Overlays {
    sandbox: Sandbox,
    program: PathBuf,
    is_krm: bool,
    environment: &'static str,
}

impl Overlays {
    /// Calls `check` for every way to build that there are programs for, in each environment.
    fn each(check: impl Fn(&Self)) {
        for (name, is_krm) in BUILDS {
            let Some(program) = tool(name) else { continue };
            for environment in ["audit", "enforce"] {
                let sandbox = Sandbox::new();
                install_legacy_plugin(&sandbox);
                sandbox.write("fleet/hedgerow.yaml", FLEET);
                sandbox.write("fleet/service.books/service.yaml", BOOKS);
                sandbox.write("fleet/service.cart/egress/service.books.rule", "");
                sandbox.write("base/objects.yaml", BASE);
                let kustomization =
                    "resources: [objects.yaml]\ntransformers: [hedgerow.yaml]\nsortOptions: {order: fifo}\n";
                sandbox.write("base/kustomization.yaml", kustomization);
                let function = "  annotations: {config.kubernetes.io/function: 'exec: {path: hedgerow}'}\n";
                let transformer = format!(
                    "apiVersion: hedgerow.dev/v1\nkind: Hedgerow\nmetadata:\n  name: hedgerow\n{}spec: {{fleet: ../fleet, environment: {environment}, service: service.books}}\n",
                    if is_krm { function } else { "" }
                );
                sandbox.write("base/hedgerow.yaml", transformer);
                check(&Self { sandbox, program: program.clone(), is_krm, environment });
            }
        }
    }

    /// What comes out of an overlay that holds this beside its resources.
    fn build(&self, kustomization: &str) -> String {
        self.sandbox.write("over/kustomization.yaml", format!("resources: [../base]\n{kustomization}\n"));
        let mut command = self.sandbox.command(&self.program);
        let is_kubectl = self.program.file_name().is_some_and(|name| name.to_string_lossy().starts_with("kubectl"));
        command.arg(if is_kubectl { "kustomize" } else { "build" }).arg(self.sandbox.path("over"));
        command.arg("--enable-alpha-plugins");
        if self.is_krm {
            command.arg("--enable-exec");
        }
        run(&mut command, b"").text()
    }

    fn fleet(&self) -> String {
        self.sandbox.path("fleet").to_str().expect("a UTF-8 name").to_owned()
    }

    fn prove(&self, manifests: &str) -> Outcome {
        let mut command = self.sandbox.command(repository().join("integrations/prove-labels"));
        command.args(["-C", &self.fleet(), "--env", self.environment, "--service", "service.books"]);
        run(&mut command, manifests.as_bytes())
    }

    fn again(&self, manifests: &str) -> String {
        let fleet = self.fleet();
        let arguments =
            ["-C", &fleet, "post-render", "--strict", "--env", self.environment, "--service", "service.books"];
        self.sandbox.hedgerow(&arguments, manifests.as_bytes()).text()
    }
}

/// The specs of the policies, in order.
fn specs(manifests: &str) -> Vec<Value> {
    let is_policy = |object: &&Value| object["kind"].as_str().is_some_and(|kind| kind.ends_with("Policy"));
    let mut specs: Vec<_> =
        documents(manifests).iter().filter(is_policy).map(|object| object["spec"].clone()).collect();
    specs.sort_by_key(Value::to_string);
    specs
}

#[test]
fn label_transformers_and_metadata_change_nothing_that_a_policy_says() {
    Overlays::each(|overlays| {
        let plain = overlays.build("");
        assert_eq!(specs(&plain).len(), 2, "{plain}");
        for kustomization in [
            "",
            "commonLabels: {tier: gold}",
            "labels: [{pairs: {tier: gold}, includeSelectors: true}]",
            "labels: [{pairs: {tier: gold}, includeTemplates: true}]",
            "labels: [{pairs: {tier: gold}, fields: [{path: spec/ingress/from/podSelector/matchLabels, create: false}]}]",
            "commonAnnotations: {note: x}",
            "buildMetadata: [managedByLabel, originAnnotations, transformerAnnotations]",
            "labels: [{pairs: {app.kubernetes.io/managed-by: somebody}}]",
            "namePrefix: prod-\nnameSuffix: -v2",
            "transformers: [labels.yaml]",
        ] {
            overlays.sandbox.write(
                "over/labels.yaml",
                "apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: labels}\nlabels: {tier: gold}\nfieldSpecs:\n- {path: metadata/labels, create: true}\n- {path: spec/podSelector/matchLabels, kind: NetworkPolicy}\n- {path: spec/ingress/from/podSelector/matchLabels, kind: NetworkPolicy}\n- {path: spec/ingress/from/namespaceSelector/matchLabels, kind: NetworkPolicy}\n",
            );
            let built = overlays.build(kustomization);
            assert_eq!(specs(&built), specs(&plain), "{kustomization}");
            assert_eq!(overlays.again(&built), built, "a second run changes what stands there: {kustomization}");
            assert_eq!(overlays.prove(&built).text(), "", "{kustomization}");
        }
    });
}

#[test]
fn what_does_change_a_policy_is_found_with_its_reason() {
    let json = |group: &str, patch: &str| {
        format!("patches: [{{target: {{group: {group}, kind: NetworkPolicy}}, patch: '[{patch}]'}}]")
    };
    let (kubernetes, calico) = ("networking.k8s.io", "projectcalico.org");
    Overlays::each(|overlays| {
        overlays.sandbox.write(
            "over/labels.yaml",
            "apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: labels}\nlabels: {tier: gold}\nfieldSpecs:\n- {path: spec/podSelector/matchLabels, create: true, kind: NetworkPolicy, group: networking.k8s.io}\n",
        );
        let transformer = "a label transformer with `fieldSpecs` of its own";
        let later = "a later step did this";
        for (kustomization, words) in [
            (
                "labels: [{pairs: {tier: gold}, fields: [{path: spec/ingress/from/podSelector/matchLabels, create: true, kind: NetworkPolicy, group: networking.k8s.io}]}]".to_owned(),
                ["`spec.ingress[0].from[0].podSelector.matchLabels`", "can be turned away", transformer],
            ),
            (
                "transformers: [labels.yaml]".to_owned(),
                ["`spec.podSelector.matchLabels`", "it can lose pods of the service", transformer],
            ),
            (
                json(kubernetes, r#"{"op": "add", "path": "/spec/ingress/-", "value": {}}"#),
                ["`spec.ingress[5]` is not Hedgerow's", "can come in", later],
            ),
            (
                json(kubernetes, r#"{"op": "remove", "path": "/spec/ingress/0/from/1"}"#),
                ["`spec.ingress[0].from[1]` is missing", "can be turned away", later],
            ),
            (
                json(kubernetes, r#"{"op": "remove", "path": "/spec/ingress/2/from/0/namespaceSelector"}"#),
                ["`spec.ingress[2].from[0].namespaceSelector` is missing", "can come in", later],
            ),
            (
                json(calico, r#"{"op": "replace", "path": "/spec/order", "value": 10}"#),
                ["`spec.order` is another", "not what the stage says", later],
            ),
            (
                json(calico, r#"{"op": "replace", "path": "/spec/ingress", "value": [{"action": "Deny"}]}"#),
                ["`spec.ingress[0].action` is another", "what no rule permits", later],
            ),
            (
                "replacements: [{source: {kind: Deployment, fieldPath: metadata.name}, targets: [{select: {kind: NetworkPolicy, group: networking.k8s.io}, fieldPaths: [spec.podSelector.matchExpressions.0.values.0]}]}]".to_owned(),
                ["`spec.podSelector.matchExpressions[0].values[0]` is another", "it can lose pods", later],
            ),
            (
                "patches: [{patch: '{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: s-books, namespace: shop}, $patch: delete}'}]".to_owned(),
                ["error[missing-policy]", "`s-books` (`networking.k8s.io/v1`) of `service.books` is not there", later],
            ),
            (
                r#"patches: [{target: {kind: Rollout}, patch: '[{"op": "remove", "path": "/spec/template/metadata/labels/bank.example~1routing-name"}]'}]"#.to_owned(),
                ["error[missing-label]", "Rollout `s-books-canary` does not wear `bank.example/routing-name: service.books`", later],
            ),
            (
                "namespace: other".to_owned(),
                ["the NetworkPolicy `s-books` stands in `other`", "Deployment `s-books` lives in `other`", "kustomize's `namespace`"],
            ),
        ] {
            let proof = overlays.prove(&overlays.build(&kustomization)).refusal();
            for word in words {
                assert!(proof.contains(word), "{kustomization} in {} does not lead to {word}:\n{proof}", overlays.environment);
            }
        }
    });
}
