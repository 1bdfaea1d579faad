//! What a forger would try. `docs/guard.md` has the same table, which a test compares.

use crate::row::{
    ARGO, Act, DEPLOYER, DEV, Fate, OTHER, Passes, Refused, Row, connect, create, delete, patch, strategic,
};

const DOOR: &str = "bank.example/egress-s-ledger: 'true'";

fn spec() -> &'static str {
    "spec: {containers: [{name: a, image: a}]}"
}

fn pod(labels: &str) -> Act {
    create("pods", &format!("{{apiVersion: v1, kind: Pod, metadata: {{name: x, labels: {{{labels}}}}}, {}}}", spec()))
}

fn workload(target: &str, api: &str, kind: &str, more: &str) -> Act {
    let template = format!("{{metadata: {{labels: {{app: x, {DOOR}}}}}, {}}}", spec());
    create(
        target,
        &format!(
            "{{apiVersion: {api}, kind: {kind}, metadata: {{name: x}}, spec: {{selector: {{matchLabels: {{app: x}}}}, template: {template}{more}}}}}"
        ),
    )
}

/// The attacks, by what is tried.
pub(crate) fn attacks() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |basic: Fate, strict: Fate, who: &'static str, name: &'static str, act: Act| {
        rows.push(Row { name, who, act, basic, strict });
    };
    labels(&mut |who, name, act| add(Refused, Refused, who, name, act));
    handing_on(&mut |name, act| add(Refused, Refused, DEPLOYER, name, act));
    policies(&mut |name, act| add(Refused, Refused, DEV, name, act));
    worn(&mut |name, act| add(Passes, Refused, DEV, name, act));
    rows
}

/// Putting labels on, changing them, taking them off.
fn labels(add: &mut dyn FnMut(&'static str, &'static str, Act)) {
    let job = format!(
        "{{metadata: {{labels: {{{DOOR}}}}}, spec: {{restartPolicy: Never, containers: [{{name: a, image: a}}]}}}}"
    );
    let template = format!("{{metadata: {{labels: {{{DOOR}}}}}, {}}}", spec());
    add(DEV, "create a Pod with a label", pod(DOOR));
    add(
        DEV,
        "create a Pod with a label and a generated name",
        create(
            "pods",
            &format!("{{apiVersion: v1, kind: Pod, metadata: {{generateName: x-, labels: {{{DOOR}}}}}, {}}}", spec()),
        ),
    );
    add(DEV, "create a Pod with the label of one port", pod("bank.example/egress-s-ledger.http: 'true'"));
    add(DEV, "create a Pod with another value", pod("bank.example/egress-s-ledger: ''"));
    add(DEV, "create a Pod of the type that may call all", pod("bank.example/service-type: monitoring"));
    add(DEV, "create a Pod that says it is the callee", pod("bank.example/routing-name: service.ledger"));
    add(DEV, "create a Pod that says it has a policy", pod("bank.example/network-policy: 'true'"));
    add(
        DEV,
        "create a Pod that says it belongs to a ReplicaSet",
        create(
            "pods",
            &format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{name: x, labels: {{{DOOR}}}, ownerReferences: [{{apiVersion: apps/v1, kind: ReplicaSet, name: old, uid: 6f1b2c8e-0000-4000-8000-000000000000, controller: true}}]}}, {}}}",
                spec()
            ),
        ),
    );
    add(
        DEV,
        "create a Pod that says it belongs to a Rollout",
        create(
            "pods",
            &format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{name: x, labels: {{{DOOR}}}, ownerReferences: [{{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: worn, uid: 6f1b2c8e-0000-4000-8000-000000000000, controller: true}}]}}, {}}}",
                spec()
            ),
        ),
    );
    add(DEV, "create a Deployment", workload("apps/v1:deployments", "apps/v1", "Deployment", ""));
    add(DEV, "create a ReplicaSet", workload("apps/v1:replicasets", "apps/v1", "ReplicaSet", ""));
    add(DEV, "create a StatefulSet", workload("apps/v1:statefulsets", "apps/v1", "StatefulSet", ", serviceName: x"));
    add(DEV, "create a DaemonSet", workload("apps/v1:daemonsets", "apps/v1", "DaemonSet", ""));
    add(
        DEV,
        "create a ReplicationController",
        create(
            "replicationcontrollers",
            &format!(
                "{{apiVersion: v1, kind: ReplicationController, metadata: {{name: x}}, spec: {{selector: {{app: x}}, template: {{metadata: {{labels: {{app: x, {DOOR}}}}}, {}}}}}}}",
                spec()
            ),
        ),
    );
    add(
        DEV,
        "create a PodTemplate",
        create(
            "podtemplates",
            &format!("{{apiVersion: v1, kind: PodTemplate, metadata: {{name: x}}, template: {template}}}"),
        ),
    );
    add(
        DEV,
        "create a Job, as kubectl does from a CronJob",
        create(
            "batch/v1:jobs",
            &format!("{{apiVersion: batch/v1, kind: Job, metadata: {{name: x}}, spec: {{template: {job}}}}}"),
        ),
    );
    add(
        DEV,
        "create a CronJob",
        create(
            "batch/v1:cronjobs",
            &format!(
                "{{apiVersion: batch/v1, kind: CronJob, metadata: {{name: x}}, spec: {{schedule: '* * * * *', jobTemplate: {{spec: {{template: {job}}}}}}}}}"
            ),
        ),
    );
    add(
        DEV,
        "create a revision for a StatefulSet to go back to",
        create(
            "apps/v1:controllerrevisions",
            &format!(
                "{{apiVersion: apps/v1, kind: ControllerRevision, metadata: {{name: x}}, revision: 9, data: {{spec: {{template: {template}}}}}}}"
            ),
        ),
    );
    for (name, data) in [
        ("create such a revision with `Labels`", format!("spec: {{template: {{metadata: {{Labels: {{{DOOR}}}}}}}}}")),
        ("create such a revision with `MetaData`", format!("spec: {{template: {{MetaData: {{labels: {{{DOOR}}}}}}}}}")),
        ("create such a revision with `Template`", format!("spec: {{Template: {{metadata: {{labels: {{{DOOR}}}}}}}}}")),
        (
            "create such a revision with a long s",
            format!("\"\\u017fpec\": {{template: {{metadata: {{labels: {{{DOOR}}}}}}}}}"),
        ),
    ] {
        add(
            DEV,
            name,
            create(
                "apps/v1:controllerrevisions",
                &format!(
                    "{{apiVersion: apps/v1, kind: ControllerRevision, metadata: {{name: x}}, revision: 9, data: {{{data}}}}}"
                ),
            ),
        );
    }
    add(DEV, "create a Rollout", workload("argoproj.io/v1alpha1:rollouts", "argoproj.io/v1alpha1", "Rollout", ""));
    for (name, metadata) in [
        ("a Rollout's canary label", "canary: {canaryMetadata"),
        ("a Rollout's stable label", "canary: {stableMetadata"),
        ("a Rollout's active label", "blueGreen: {activeMetadata"),
        ("a Rollout's preview label", "blueGreen: {previewMetadata"),
    ] {
        add(
            DEV,
            name,
            patch(
                "argoproj.io/v1alpha1:rollouts/worn",
                &format!("{{spec: {{strategy: {{{metadata}: {{labels: {{{DOOR}}}}}}}}}}}}}"),
            ),
        );
    }
    add(
        DEV,
        "create a set of addresses with a label",
        create(
            "projectcalico.org/v3:networksets",
            &format!(
                "{{apiVersion: projectcalico.org/v3, kind: NetworkSet, metadata: {{name: x, labels: {{{DOOR}}}}}, spec: {{}}}}"
            ),
        ),
    );
    add(
        DEV,
        "label a set of addresses",
        patch("projectcalico.org/v3:networksets/plain", &format!("{{metadata: {{labels: {{{DOOR}}}}}}}")),
    );
    let escaped = pod(DOOR);
    add(
        DEV,
        "create a Pod with a label written in escapes",
        Act { body: escaped.body.replace("bank.example", "\\u0062ank\\u002eexample"), ..escaped },
    );
    add(
        DEV,
        "label a live Pod by a JSON patch",
        Act {
            content: "application/json-patch+json",
            ..patch("pods/naked", "[{op: add, path: /metadata/labels/bank.example~1egress-s-ledger, value: 'true'}]")
        },
    );
    add(
        DEV,
        "label a live Pod by server-side apply",
        Act {
            content: "application/apply-patch+yaml",
            ..patch(
                "pods/naked?fieldManager=x&force=true",
                &format!("{{apiVersion: v1, kind: Pod, metadata: {{name: naked, labels: {{{DOOR}}}}}}}"),
            )
        },
    );
    add(
        DEV,
        "replace a Deployment by one with a label",
        Act {
            method: "PUT",
            ..create(
                "apps/v1:deployments/plain",
                &format!(
                    "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: plain}}, spec: {{selector: {{matchLabels: {{app: plain}}}}, template: {{metadata: {{labels: {{app: plain, {DOOR}}}}}, {}}}}}}}",
                    spec()
                ),
            )
        },
    );
    let labelled = format!("{{metadata: {{labels: {{{DOOR}}}}}}}");
    add(DEV, "label a live Pod", patch("pods/naked", &labelled));
    add(DEV, "label a live Pod through its status", patch("pods/naked/status", &labelled));
    add(
        DEV,
        "label a live Pod through its binding",
        create(
            "pods/naked/binding",
            &format!(
                "{{apiVersion: v1, kind: Binding, metadata: {{name: naked, labels: {{{DOOR}}}}}, target: {{kind: Node, name: n1}}}}"
            ),
        ),
    );
    add(
        DEV,
        "change a live Pod's value",
        patch("pods/wearer", "{metadata: {labels: {bank.example/egress-s-pot: staged}}}"),
    );
    add(
        DEV,
        "take the callee's name off a live Pod",
        patch("pods/wearer", "{metadata: {labels: {bank.example/routing-name: null}}}"),
    );
    add(
        DEV,
        "rename a live Pod out of its policy",
        patch("pods/wearer", "{metadata: {labels: {bank.example/routing-name: other}}}"),
    );
    add(
        DEV,
        "take a live Pod out of its stage",
        patch("pods/wearer", "{metadata: {labels: {bank.example/network-policy: null}}}"),
    );
    add(
        DEV,
        "make a live Pod staged",
        patch("pods/wearer", "{metadata: {labels: {bank.example/network-policy: staged}}}"),
    );
    add(
        DEV,
        "make a live Pod of another type",
        patch("pods/wearer", "{metadata: {labels: {bank.example/service-type: monitoring}}}"),
    );
    let templated = |inner: &str| format!("{{spec: {{template: {{metadata: {{labels: {{{inner}}}}}}}}}}}");
    add(DEV, "label the template of a Deployment", patch("apps/v1:deployments/plain", &templated(DOOR)));
    add(
        DEV,
        "take a label off the template of a Deployment",
        patch("apps/v1:deployments/worn", &templated("bank.example/egress-s-ledger: null")),
    );
    add(
        DEV,
        "roll a Deployment back to other labels",
        patch(
            "apps/v1:deployments/worn",
            &templated("bank.example/egress-s-pot: 'true', bank.example/egress-s-ledger: null"),
        ),
    );
    add(DEV, "label the template of a ReplicaSet", patch("apps/v1:replicasets/loose", &templated(DOOR)));
    add(
        DEV,
        "label the template of a StatefulSet",
        patch("apps/v1:statefulsets/worn", &templated("bank.example/egress-s-pot: 'true'")),
    );
    add(
        DEV,
        "label the template of a DaemonSet",
        patch("apps/v1:daemonsets/worn", &templated("bank.example/egress-s-pot: 'true'")),
    );
    add(
        DEV,
        "label the template of a ReplicationController",
        patch("replicationcontrollers/old", &templated("bank.example/egress-s-pot: 'true'")),
    );
    add(DEV, "label the template of a suspended Job", patch("batch/v1:jobs/plain", &templated(DOOR)));
    add(
        DEV,
        "label a PodTemplate",
        patch("podtemplates/plain", &format!("{{template: {{metadata: {{labels: {{{DOOR}}}}}}}}}")),
    );
    add(
        DEV,
        "label the template of a CronJob",
        patch(
            "batch/v1:cronjobs/worn",
            "{spec: {jobTemplate: {spec: {template: {metadata: {labels: {bank.example/egress-s-pot: 'true'}}}}}}}",
        ),
    );
    add(OTHER, "create a Pod with a label, as an operator that may not", pod(DOOR));
    add(ARGO, "create a Pod of no Rollout, as the controller of Rollouts", pod(DOOR));
    add(
        ARGO,
        "create a Pod of another kind of Rollout, as the controller of Rollouts",
        create(
            "pods",
            &format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{name: x, labels: {{{DOOR}}}, ownerReferences: [{{apiVersion: evil.example/v1, kind: Rollout, name: worn, uid: 6f1b2c8e-0000-4000-8000-000000000000, controller: true}}]}}, {}}}",
                spec()
            ),
        ),
    );
    add(
        ARGO,
        "create a Job of an AnalysisRun, as the controller of Rollouts",
        create(
            "batch/v1:jobs",
            &format!(
                "{{apiVersion: batch/v1, kind: Job, metadata: {{name: x, ownerReferences: [{{apiVersion: argoproj.io/v1alpha1, kind: AnalysisRun, name: x, uid: 6f1b2c8e-0000-4000-8000-000000000000, controller: true}}]}}, spec: {{template: {job}}}}}"
            ),
        ),
    );
}

/// Our policies, and who may write them.
fn policies(add: &mut dyn FnMut(&'static str, Act)) {
    let open = "{spec: {ingress: [{}]}}";
    add("open a policy of ours", patch("networking.k8s.io/v1:networkpolicies/s-ledger", open));
    add(
        "take the mark off a policy of ours",
        patch("networking.k8s.io/v1:networkpolicies/s-ledger", "{metadata: {labels: {bank.example/policy-of: null}}}"),
    );
    add("delete a policy of ours", delete("networking.k8s.io/v1:networkpolicies/s-ledger", "{}"));
    add("delete all policies", delete("networking.k8s.io/v1:networkpolicies", "{}"));
    add(
        "write a policy with our mark",
        create(
            "networking.k8s.io/v1:networkpolicies",
            "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: x, labels: {bank.example/policy-of: service.ledger}}, spec: {podSelector: {}, ingress: [{}]}}",
        ),
    );
    add(
        "let Calico's backstop allow",
        patch("projectcalico.org/v3:networkpolicies/s-ledger", "{spec: {ingress: [{action: Allow}]}}"),
    );
    add("delete a Calico policy of ours", delete("projectcalico.org/v3:networkpolicies/s-ledger", "{}"));
    add(
        "change a staged policy of ours",
        patch("projectcalico.org/v3:stagedkubernetesnetworkpolicies/s-ledger", "{spec: {stagedAction: Delete}}"),
    );
    add(
        "write a staged Calico policy with our mark",
        create(
            "projectcalico.org/v3:stagednetworkpolicies",
            "{apiVersion: projectcalico.org/v3, kind: StagedNetworkPolicy, metadata: {name: x, labels: {bank.example/policy-of: service.ledger}}, spec: {}}",
        ),
    );
    for (name, target, kind) in [
        (
            "write a global Calico policy with our mark",
            "projectcalico.org/v3!globalnetworkpolicies",
            "GlobalNetworkPolicy",
        ),
        (
            "write a staged global Calico policy with our mark",
            "projectcalico.org/v3!stagedglobalnetworkpolicies",
            "StagedGlobalNetworkPolicy",
        ),
    ] {
        add(
            name,
            create(
                target,
                &format!(
                    "{{apiVersion: projectcalico.org/v3, kind: {kind}, metadata: {{name: x, labels: {{bank.example/policy-of: service.ledger}}}}, spec: {{}}}}"
                ),
            ),
        );
    }
    add(
        "write an observed policy",
        create(
            "configmaps",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, labels: {bank.example/policy-of: service.pot}}}",
        ),
    );
    add("change an observed policy", patch("configmaps/s-ledger", "{data: {policy: '{\"ingress\":[{}]}'}}"));
    add("delete an observed policy", delete("configmaps/s-ledger", "{}"));
    add(
        "write a binding with the guard's mark",
        create(
            "rbac.authorization.k8s.io/v1:rolebindings",
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: x, labels: {bank.example/guard: strict}}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: test-everything}, subjects: []}",
        ),
    );
    add("delete who may wear", delete("rbac.authorization.k8s.io/v1:rolebindings/wear.bank.example", "{}"));
}

/// Whoever holds the verb in a namespace could hand it on, as far as RBAC goes.
fn handing_on(add: &mut dyn FnMut(&'static str, Act)) {
    let group = "apiGroup: rbac.authorization.k8s.io";
    add(
        "bind others to the verb, as a deployer",
        create(
            "rbac.authorization.k8s.io/v1:rolebindings",
            &format!(
                "{{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {{name: x}}, roleRef: {{{group}, kind: ClusterRole, name: wear.bank.example}}, subjects: [{{kind: User, name: dev, {group}}}]}}"
            ),
        ),
    );
    add(
        "add others to who may wear, as a deployer",
        patch(
            "rbac.authorization.k8s.io/v1:rolebindings/wear.bank.example",
            &format!("{{subjects: [{{kind: User, name: dev, {group}}}]}}"),
        ),
    );
    add(
        "take the mark off who may wear, as a deployer",
        patch(
            "rbac.authorization.k8s.io/v1:rolebindings/wear.bank.example",
            "{metadata: {labels: {bank.example/guard: null}}}",
        ),
    );
    add(
        "make a role of the verb, as a deployer",
        create(
            "rbac.authorization.k8s.io/v1:roles",
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: x}, rules: [{apiGroups: [bank.example], resources: [doors], verbs: [wear]}]}",
        ),
    );
}

/// What RBAC refuses by itself, to somebody with Kubernetes' role `admin` or more: act, and what the API server says.
pub(crate) fn refused_by_rbac() -> Vec<(&'static str, Act, &'static str)> {
    let bindings = "rbac.authorization.k8s.io/v1:rolebindings";
    let held = "attempting to grant RBAC permissions not currently held";
    vec![
        (
            "bind oneself to the verb",
            create(
                bindings,
                "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: mine}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: wear.bank.example}, subjects: [{kind: User, name: dev}]}",
            ),
            held,
        ),
        (
            "add oneself to who may wear",
            patch(
                "rbac.authorization.k8s.io/v1:rolebindings/wear.bank.example",
                "{subjects: [{kind: User, name: dev, apiGroup: rbac.authorization.k8s.io}]}",
            ),
            held,
        ),
        (
            "give oneself the verb by a role",
            create(
                "rbac.authorization.k8s.io/v1:roles",
                "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: mine}, rules: [{apiGroups: [bank.example], resources: [doors], verbs: [wear]}]}",
            ),
            held,
        ),
    ]
}

/// What can be done with labels that are there already: stopped in strict alone.
fn worn(add: &mut dyn FnMut(&'static str, Act)) {
    let image = "{spec: {template: {spec: {containers: [{name: a, image: evil}]}}}}";
    add("run another image in a labelled Deployment", patch("apps/v1:deployments/worn", image));
    add(
        "run another command in a labelled Deployment",
        strategic("apps/v1:deployments/worn", "{spec: {template: {spec: {containers: [{name: a, command: [sh]}]}}}}"),
    );
    add("run another image in a labelled ReplicaSet", patch("apps/v1:replicasets/old", image));
    add("run another image in a labelled StatefulSet", patch("apps/v1:statefulsets/worn", image));
    add("run another image in a labelled DaemonSet", patch("apps/v1:daemonsets/worn", image));
    add("run another image in a labelled ReplicationController", patch("replicationcontrollers/old", image));
    add("run another image in a labelled Rollout", patch("argoproj.io/v1alpha1:rollouts/worn", image));
    add(
        "run another image in a labelled CronJob",
        patch(
            "batch/v1:cronjobs/worn",
            "{spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: a, image: evil}]}}}}}}",
        ),
    );
    add(
        "ask an injector for a container in a labelled Deployment",
        patch(
            "apps/v1:deployments/worn",
            "{spec: {template: {metadata: {annotations: {inject.example/container: evil}}}}}",
        ),
    );
    add(
        "run another image in a labelled Pod",
        strategic("pods/wearer", "{spec: {containers: [{name: a, image: evil}]}}"),
    );
    add(
        "run another first image in a labelled Pod",
        strategic("pods/wearer", "{spec: {initContainers: [{name: i, image: evil}]}}"),
    );
    for (name, key) in
        [("give a labelled Pod one's own address", "podIP"), ("give a labelled Pod one's own addresses", "podIPs")]
    {
        let annotation = format!("{{metadata: {{annotations: {{cni.projectcalico.org/{key}: 10.0.0.9/32}}}}}}");
        add(name, patch("pods/wearer", &annotation));
    }
    add(
        "add a debug container to a labelled Pod",
        strategic(
            "pods/wearer/ephemeralcontainers",
            "{spec: {ephemeralContainers: [{name: d, image: evil, targetContainerName: a}]}}",
        ),
    );
    let more = "{spec: {replicas: 3}}";
    add("revive a removed rule by an old ReplicaSet", patch("apps/v1:replicasets/old", more));
    add("revive a removed rule by an old ReplicaSet's scale", patch("apps/v1:replicasets/old/scale", more));
    add("revive a removed rule by a ReplicationController", patch("replicationcontrollers/old", more));
    add("revive a removed rule by a ReplicationController's scale", patch("replicationcontrollers/old/scale", more));
    add(
        "pause a Deployment, which raises an old ReplicaSet then",
        patch("apps/v1:deployments/plain", "{spec: {paused: true}}"),
    );
    add(
        "create a paused Deployment that takes in an old ReplicaSet",
        create(
            "apps/v1:deployments",
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {paused: true, selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}, spec: {containers: [{name: a, image: a}]}}}}",
        ),
    );
    add(
        "put a StatefulSet back to an old revision by its status",
        patch("apps/v1:statefulsets/worn/status", "{status: {replicas: 0, currentRevision: worn-1}}"),
    );
    add(
        "take a labelled ReplicaSet from its Deployment",
        patch("apps/v1:replicasets/old", "{metadata: {labels: {app: mine}}}"),
    );
    let owners = "{metadata: {ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: mine, uid: 6f1b2c8e-0000-4000-8000-000000000000}]}}";
    add("give a labelled ReplicaSet another owner", patch("apps/v1:replicasets/old", owners));
    add("give a labelled Job another owner", patch("batch/v1:jobs/worn", owners));
    let orphan = "{propagationPolicy: Orphan}";
    add("delete a labelled Deployment and keep its Pods", delete("apps/v1:deployments/worn", orphan));
    add(
        "delete a labelled Deployment and keep its Pods, the old way",
        delete("apps/v1:deployments/worn", "{orphanDependents: true}"),
    );
    add("delete a labelled ReplicaSet and keep its Pods", delete("apps/v1:replicasets/old", orphan));
    add("delete a labelled StatefulSet and keep its Pods", delete("apps/v1:statefulsets/worn", orphan));
    add("delete a labelled DaemonSet and keep its Pods", delete("apps/v1:daemonsets/worn", orphan));
    add("delete a labelled ReplicationController and keep its Pods", delete("replicationcontrollers/old", orphan));
    add("delete a labelled Job and keep its Pods", delete("batch/v1:jobs/worn", orphan));
    add("delete a labelled Job and say nothing of its Pods", delete("batch/v1:jobs/worn", "{}"));
    add("delete all Jobs and say nothing of their Pods", delete("batch/v1:jobs", "{}"));
    add(
        "delete a labelled ReplicationController and say nothing of its Pods",
        delete("replicationcontrollers/old", "{}"),
    );
    add("delete a labelled Deployment that was made to keep its Pods", delete("apps/v1:deployments/leaver", "{}"));
    add("delete a labelled CronJob and keep its Jobs", delete("batch/v1:cronjobs/worn", orphan));
    add("delete a labelled Rollout and keep its ReplicaSets", delete("argoproj.io/v1alpha1:rollouts/worn", orphan));
    add(
        "have a labelled Deployment keep its Pods",
        patch("apps/v1:deployments/worn", "{metadata: {finalizers: [orphan]}}"),
    );
    add("exec into a Pod", connect("pods/wearer/exec?command=ls&stdout=true"));
    add("attach to a Pod", connect("pods/wearer/attach?stdout=true"));
    add("forward a port of a Pod", connect("pods/wearer/portforward?ports=80"));
    add("call a Pod through the API server", connect("pods/wearer/proxy"));
    add("call a Service through the API server", connect("services/worn/proxy"));
    add(
        "let everybody in by a policy of one's own",
        create(
            "networking.k8s.io/v1:networkpolicies",
            "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: x}, spec: {podSelector: {}, ingress: [{}]}}",
        ),
    );
    add(
        "let one Pod in by a policy of one's own",
        create(
            "networking.k8s.io/v1:networkpolicies",
            "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: x}, spec: {podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {matchLabels: {app: naked}}}]}]}}",
        ),
    );
    add(
        "let everybody in to Pods with a policy of ours",
        create(
            "networking.k8s.io/v1:networkpolicies",
            "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: x}, spec: {podSelector: {matchExpressions: [{key: bank.example/network-policy, operator: Exists}]}, ingress: [{}]}}",
        ),
    );
    add("open a policy of others", patch("networking.k8s.io/v1:networkpolicies/theirs", "{spec: {ingress: [{}]}}"));
    add(
        "let everybody in by a Calico policy of one's own",
        create(
            "projectcalico.org/v3:networkpolicies",
            "{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: x}, spec: {order: 1, types: [Ingress], ingress: [{action: Allow}]}}",
        ),
    );
    add(
        "let everybody in by a Calico policy that does not say which way",
        create(
            "projectcalico.org/v3:networkpolicies",
            "{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: x}, spec: {order: 1, ingress: [{action: Allow}]}}",
        ),
    );
}
