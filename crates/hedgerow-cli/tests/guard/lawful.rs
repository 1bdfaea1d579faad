//! What people and controllers do all day, and must go on doing.

use crate::row::{ARGO, Act, DEPLOYER, DEV, ONCALL, OPERATOR, Passes, Row, connect, create, delete, patch, strategic};

const DOOR: &str = "bank.example/egress-s-ledger: 'true'";
const POD_SPEC: &str = "spec: {containers: [{name: a, image: a}]}";

/// An account of one of Kubernetes' controllers.
macro_rules! controller {
    ($name:literal) => {
        concat!("system:serviceaccount:kube-system:", $name)
    };
}

/// The lawful acts, by what is done.
pub(crate) fn lawful() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |who: &'static str, name: &'static str, act: Act| {
        rows.push(Row { name, who, act, basic: Passes, strict: Passes });
    };
    of_developers(&mut |name, act| add(DEV, name, act));
    of_deployers(&mut add);
    of_controllers(&mut add);
    rows
}

fn pod(labels: &str) -> Act {
    create("pods", &format!("{{apiVersion: v1, kind: Pod, metadata: {{name: y, labels: {{{labels}}}}}, {POD_SPEC}}}"))
}

/// With everything but the verbs of the guard.
fn of_developers(add: &mut dyn FnMut(&'static str, Act)) {
    add("create a Pod without labels of ours", pod("app: y"));
    add("create a Pod with a label that looks like ours", pod("bank.example/Egress-s-ledger: 'true'"));
    add(
        "create a Pod with a label of a domain like ours",
        pod("mybank.example/egress-s-ledger: 'true', bank.example.org/egress-s-ledger: 'true'"),
    );
    add("create a Pod with another label of the domain", pod("bank.example/team: money"));
    add("scale a labelled Deployment", patch("apps/v1:deployments/worn/scale", "{spec: {replicas: 5}}"));
    add("scale a labelled StatefulSet", patch("apps/v1:statefulsets/worn", "{spec: {replicas: 2}}"));
    add("scale a ReplicaSet without labels of ours", patch("apps/v1:replicasets/loose", "{spec: {replicas: 2}}"));
    add("scale a labelled ReplicaSet down", patch("apps/v1:replicasets/old/scale", "{spec: {replicas: 0}}"));
    add(
        "restart a labelled Deployment",
        patch(
            "apps/v1:deployments/worn",
            "{spec: {template: {metadata: {annotations: {kubectl.kubernetes.io/restartedAt: now}}}}}",
        ),
    );
    add("resume a paused Deployment", patch("apps/v1:deployments/halted", "{spec: {paused: false}}"));
    add("annotate a paused Deployment", patch("apps/v1:deployments/halted", "{metadata: {annotations: {why: now}}}"));
    add("delete a paused Deployment", delete("apps/v1:deployments/halted", "{propagationPolicy: Background}"));
    add(
        "label a ReplicaSet without labels of ours",
        patch("apps/v1:replicasets/loose", "{metadata: {labels: {a: b}}}"),
    );
    add(
        "say how a labelled StatefulSet is",
        patch("apps/v1:statefulsets/worn/status", "{status: {readyReplicas: 0, replicas: 0}}"),
    );
    add("label a labelled StatefulSet", patch("apps/v1:statefulsets/worn", "{metadata: {labels: {a: b}}}"));
    add("annotate a labelled ReplicaSet", patch("apps/v1:replicasets/old", "{metadata: {annotations: {why: now}}}"));
    add("delete a labelled Job with its Pods", delete("batch/v1:jobs/worn", "{propagationPolicy: Background}"));
    add("delete a labelled Job with its Pods, the old way", delete("batch/v1:jobs/worn", "{orphanDependents: false}"));
    add("delete a labelled Deployment and say nothing of its Pods", delete("apps/v1:deployments/worn", "{}"));
    add("delete a Job without labels of ours and say nothing of its Pods", delete("batch/v1:jobs/plain", "{}"));
    add(
        "delete with its Pods a labelled Deployment that was made to keep them",
        delete("apps/v1:deployments/leaver", "{propagationPolicy: Foreground}"),
    );
    add(
        "create a revision without labels of ours",
        create(
            "apps/v1:controllerrevisions",
            "{apiVersion: apps/v1, kind: ControllerRevision, metadata: {name: y}, revision: 9, data: {spec: {template: {$patch: replace, metadata: {labels: {app: y}}, spec: {}}}}}",
        ),
    );
    add(
        "label a Deployment, not its Pods",
        patch("apps/v1:deployments/worn", &format!("{{metadata: {{labels: {{{DOOR}}}}}}}")),
    );
    add(
        "run another image in a Deployment without labels of ours",
        patch("apps/v1:deployments/plain", "{spec: {template: {spec: {containers: [{name: a, image: b}]}}}}"),
    );
    add(
        "annotate the template of a Deployment without labels of ours",
        patch(
            "apps/v1:deployments/plain",
            "{spec: {template: {metadata: {annotations: {inject.example/container: mine}}}}}",
        ),
    );
    add(
        "run another image in a Pod without labels of ours",
        strategic("pods/naked", "{spec: {containers: [{name: a, image: b}]}}"),
    );
    add(
        "add a debug container to a Pod without labels of ours",
        strategic(
            "pods/naked/ephemeralcontainers",
            "{spec: {ephemeralContainers: [{name: d, image: mine, targetContainerName: a}]}}",
        ),
    );
    add(
        "resume a labelled CronJob",
        patch("batch/v1:cronjobs/worn", "{spec: {suspend: false, schedule: '0 0 1 1 *'}}"),
    );
    add("resume a labelled Job", patch("batch/v1:jobs/worn", "{spec: {suspend: false}}"));
    add(
        "label a labelled Pod with something else",
        patch("pods/wearer", "{metadata: {labels: {debug: 'true', app: null}}}"),
    );
    add("annotate a labelled Pod", patch("pods/wearer", "{metadata: {annotations: {why: now}}}"));
    let address = "{metadata: {annotations: {cni.projectcalico.org/podIP: 10.0.0.9/32, cni.projectcalico.org/podIPs: 10.0.0.9/32}}}";
    add("say as Calico's plugin does which address a labelled Pod has", patch("pods/wearer/status", address));
    add("say which address a Pod without labels of ours has", patch("pods/naked", address));
    add("resize a labelled Pod", strategic("pods/wearer/resize", "{spec: {containers: [{name: a, resources: {}}]}}"));
    add(
        "say how a labelled Pod is",
        patch("pods/wearer/status", "{status: {conditions: [{type: Ready, status: 'True'}]}}"),
    );
    add("delete a labelled Pod", delete("pods/wearer", "{}"));
    add(
        "evict a labelled Pod",
        create("pods/wearer/eviction", "{apiVersion: policy/v1, kind: Eviction, metadata: {name: wearer}}"),
    );
    add(
        "delete a labelled Deployment with its Pods",
        delete("apps/v1:deployments/worn", "{propagationPolicy: Foreground}"),
    );
    add(
        "delete a Deployment without labels of ours and keep its Pods",
        delete("apps/v1:deployments/plain", "{propagationPolicy: Orphan}"),
    );
    add(
        "have a Deployment without labels of ours keep its Pods",
        patch("apps/v1:deployments/plain", "{metadata: {finalizers: [orphan]}}"),
    );
    add(
        "let an autoscaler scale a labelled Deployment",
        create(
            "autoscaling/v2:horizontalpodautoscalers",
            "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: y}, spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: worn}}}",
        ),
    );
    let policy = |spec: &str| {
        create(
            "networking.k8s.io/v1:networkpolicies",
            &format!("{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: y}}, spec: {spec}}}"),
        )
    };
    add("let nobody in by a policy of one's own", policy("{podSelector: {}, policyTypes: [Ingress]}"));
    add(
        "restrict what goes out by a policy of one's own",
        policy("{podSelector: {}, policyTypes: [Egress], egress: [{}]}"),
    );
    add(
        "let everybody in to Pods that have no policy of ours",
        policy(
            "{podSelector: {matchExpressions: [{key: bank.example/network-policy, operator: DoesNotExist}]}, ingress: [{}]}",
        ),
    );
    add(
        "let everybody in to Pods that are no service of ours",
        policy(
            "{podSelector: {matchExpressions: [{key: bank.example/routing-name, operator: DoesNotExist}]}, ingress: [{}]}",
        ),
    );
    add(
        "let nobody in, whatever else is written",
        policy("{podSelector: {}, policyTypes: [Egress], ingress: [{}], egress: [{}]}"),
    );
    add("delete a policy of others", delete("networking.k8s.io/v1:networkpolicies/theirs", "{}"));
    add(
        "restrict what goes out by a Calico policy of one's own",
        create(
            "projectcalico.org/v3:networkpolicies",
            "{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: y}, spec: {types: [Egress], egress: [{action: Deny}]}}",
        ),
    );
    add("change a ConfigMap", patch("configmaps/theirs", "{data: {a: b}}"));
    add(
        "create a set of addresses",
        create(
            "projectcalico.org/v3:networksets",
            "{apiVersion: projectcalico.org/v3, kind: NetworkSet, metadata: {name: y, labels: {app: y}}, spec: {}}",
        ),
    );
    add("delete a RoleBinding", delete("rbac.authorization.k8s.io/v1:rolebindings/oncall", "{}"));
}

/// With the verb they need.
fn of_deployers(add: &mut dyn FnMut(&'static str, &'static str, Act)) {
    add(DEPLOYER, "create a labelled Pod", pod(DOOR));
    add(OPERATOR, "create a labelled Pod, as an operator that may", pod(DOOR));
    add(DEPLOYER, "pause a labelled Deployment", patch("apps/v1:deployments/worn", "{spec: {paused: true}}"));
    add(DEPLOYER, "label a labelled ReplicaSet", patch("apps/v1:replicasets/old", "{metadata: {labels: {a: b}}}"));
    add(
        DEPLOYER,
        "deploy other labels and another image",
        patch(
            "apps/v1:deployments/worn",
            "{spec: {template: {metadata: {annotations: {a: b}, labels: {bank.example/egress-s-ledger: null, bank.example/egress-s-pot: 'true'}}, spec: {containers: [{name: a, image: b}]}}}}",
        ),
    );
    add(
        DEPLOYER,
        "deploy a Deployment without its Pods' end",
        delete("apps/v1:deployments/worn", "{propagationPolicy: Orphan}"),
    );
    add(DEPLOYER, "scale up a labelled ReplicaSet", patch("apps/v1:replicasets/old/scale", "{spec: {replicas: 1}}"));
    add(
        DEPLOYER,
        "deploy a policy of ours",
        patch("networking.k8s.io/v1:networkpolicies/s-ledger", "{spec: {ingress: [{from: [{podSelector: {}}]}]}}"),
    );
    add(DEPLOYER, "take a policy of ours away", delete("networking.k8s.io/v1:networkpolicies/s-ledger", "{}"));
    add(
        DEPLOYER,
        "deploy a Calico policy of ours",
        patch("projectcalico.org/v3:networkpolicies/s-ledger", "{spec: {ingress: [{action: Log}, {action: Allow}]}}"),
    );
    add(DEPLOYER, "deploy an observed policy", patch("configmaps/s-ledger", "{data: {policy: x}}"));
    add(
        DEPLOYER,
        "deploy a chart with a policy of its own",
        create(
            "networking.k8s.io/v1:networkpolicies",
            "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: y}, spec: {podSelector: {matchLabels: {app: y}}, ingress: [{}]}}",
        ),
    );
    add(
        DEPLOYER,
        "run a labelled CronJob by hand",
        create(
            "batch/v1:jobs",
            &format!(
                "{{apiVersion: batch/v1, kind: Job, metadata: {{name: y}}, spec: {{template: {{metadata: {{labels: {{{DOOR}}}}}, spec: {{restartPolicy: Never, containers: [{{name: a, image: a}}]}}}}}}}}"
            ),
        ),
    );
    add(ONCALL, "exec into a Pod, on call", connect("pods/wearer/exec?command=ls&stdout=true"));
    add(ONCALL, "attach to a Pod, on call", connect("pods/wearer/attach?stdout=true"));
    add(ONCALL, "forward a port, on call", connect("pods/wearer/portforward?ports=80"));
    add(ONCALL, "call a Pod through the API server, on call", connect("pods/wearer/proxy"));
    add(ONCALL, "call a Service through the API server, on call", connect("services/worn/proxy"));
    add(
        ONCALL,
        "add a debug container to a labelled Pod, on call",
        strategic(
            "pods/wearer/ephemeralcontainers",
            "{spec: {ephemeralContainers: [{name: d, image: d, targetContainerName: a}]}}",
        ),
    );
}

/// As themselves, on things that wear labels of ours.
fn of_controllers(add: &mut dyn FnMut(&'static str, &'static str, Act)) {
    add(controller!("replicaset-controller"), "a ReplicaSet makes a labelled Pod", pod(DOOR));
    add(controller!("replication-controller"), "a ReplicationController makes a labelled Pod", pod(DOOR));
    add(controller!("statefulset-controller"), "a StatefulSet makes a labelled Pod", pod(DOOR));
    add(controller!("daemon-set-controller"), "a DaemonSet makes a labelled Pod", pod(DOOR));
    add(controller!("job-controller"), "a Job makes a labelled Pod", pod(DOOR));
    let template = format!("{{metadata: {{labels: {{app: y, {DOOR}}}}}, {POD_SPEC}}}");
    add(
        controller!("deployment-controller"),
        "a Deployment makes a labelled ReplicaSet",
        create(
            "apps/v1:replicasets",
            &format!(
                "{{apiVersion: apps/v1, kind: ReplicaSet, metadata: {{name: y}}, spec: {{selector: {{matchLabels: {{app: y}}}}, template: {template}}}}}"
            ),
        ),
    );
    // RBAC gives it `update` alone.
    add(
        controller!("deployment-controller"),
        "a Deployment scales a labelled ReplicaSet up",
        Act {
            method: "PUT",
            ..create(
                "apps/v1:replicasets/old",
                &format!(
                    "{{apiVersion: apps/v1, kind: ReplicaSet, metadata: {{name: old}}, spec: {{replicas: 2, selector: {{matchLabels: {{app: old}}}}, template: {{metadata: {{labels: {{app: old, {DOOR}}}}}, {POD_SPEC}}}}}}}"
                ),
            )
        },
    );
    let owners = "ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: worn, uid: 6f1b2c8e-0000-4000-8000-000000000000, controller: true}]";
    add(
        controller!("deployment-controller"),
        "a Deployment takes in a labelled ReplicaSet",
        Act {
            method: "PUT",
            ..create(
                "apps/v1:replicasets/old",
                &format!(
                    "{{apiVersion: apps/v1, kind: ReplicaSet, metadata: {{name: old, {owners}}}, spec: {{replicas: 0, selector: {{matchLabels: {{app: old}}}}, template: {{metadata: {{labels: {{app: old, {DOOR}}}}}, {POD_SPEC}}}}}}}"
                ),
            )
        },
    );
    add(
        controller!("generic-garbage-collector"),
        "a labelled ReplicaSet has another owner, of those that were",
        patch("apps/v1:replicasets/old", &format!("{{metadata: {{{owners}}}}}")),
    );
    add(
        controller!("cronjob-controller"),
        "a CronJob makes a labelled Job",
        create(
            "batch/v1:jobs",
            &format!(
                "{{apiVersion: batch/v1, kind: Job, metadata: {{name: y}}, spec: {{template: {{metadata: {{labels: {{{DOOR}}}}}, spec: {{restartPolicy: Never, containers: [{{name: a, image: a}}]}}}}}}}}"
            ),
        ),
    );
    let revision = || {
        create(
            "apps/v1:controllerrevisions",
            &format!(
                "{{apiVersion: apps/v1, kind: ControllerRevision, metadata: {{name: y}}, revision: 9, data: {{spec: {{template: {template}}}}}}}"
            ),
        )
    };
    add(controller!("statefulset-controller"), "a StatefulSet keeps a revision", revision());
    // RBAC gives it `update` alone.
    add(
        controller!("statefulset-controller"),
        "a StatefulSet says which revision it is at",
        Act {
            method: "PUT",
            ..create(
                "apps/v1:statefulsets/worn/status",
                "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: worn}, spec: {serviceName: worn, selector: {matchLabels: {app: stateful}}, template: {metadata: {labels: {app: stateful}}, spec: {containers: [{name: a, image: a}]}}}, status: {replicas: 0, collisionCount: 0, currentRevision: worn-1}}",
            )
        },
    );
    add(controller!("daemon-set-controller"), "a DaemonSet keeps a revision", revision());
    add(
        controller!("namespace-controller"),
        "a namespace goes, with a policy of ours",
        delete("networking.k8s.io/v1:networkpolicies", "{}"),
    );
    add(
        controller!("generic-garbage-collector"),
        "what belonged to something that is gone goes",
        delete("networking.k8s.io/v1:networkpolicies/s-ledger", "{}"),
    );
    add(
        "system:kube-scheduler",
        "the scheduler binds a labelled Pod",
        create(
            "pods/wearer/binding",
            "{apiVersion: v1, kind: Binding, metadata: {name: wearer}, target: {kind: Node, name: n1}}",
        ),
    );
    add(
        controller!("generic-garbage-collector"),
        "a labelled Pod loses an owner that is gone",
        patch("pods/wearer", "{metadata: {ownerReferences: null}}"),
    );
    add(
        controller!("replicaset-controller"),
        "a ReplicaSet takes in a labelled Pod",
        patch(
            "pods/wearer",
            "{metadata: {ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: old, uid: 6f1b2c8e-0000-4000-8000-000000000000, controller: true}]}}",
        ),
    );
    let owned = |name: &str, kind: &str| {
        format!(
            "metadata: {{name: {name}, ownerReferences: [{{apiVersion: argoproj.io/v1alpha1, kind: {kind}, name: worn, uid: 6f1b2c8e-0000-4000-8000-000000000000, controller: true}}]}}"
        )
    };
    add(
        ARGO,
        "a Rollout makes a labelled ReplicaSet",
        create(
            "apps/v1:replicasets",
            &format!(
                "{{apiVersion: apps/v1, kind: ReplicaSet, {}, spec: {{selector: {{matchLabels: {{app: y}}}}, template: {template}}}}}",
                owned("y", "Rollout")
            ),
        ),
    );
}
