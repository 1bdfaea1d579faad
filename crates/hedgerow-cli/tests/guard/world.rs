//! The cluster that the rows are tried on: two guarded namespaces, one per strength, with the same things in them.

use hedgerow_testcluster::{Cluster, User, wait};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

pub(crate) const STRENGTHS: [&str; 2] = ["basic", "strict"];

/// What the tests ask.
pub(crate) struct World {
    pub(crate) cluster: &'static Cluster,
}

/// The world, made once; nothing, said aloud, where there is no control plane.
pub(crate) fn world() -> Option<&'static World> {
    static WORLD: OnceLock<Option<World>> = OnceLock::new();
    WORLD.get_or_init(|| Cluster::shared().map(make)).as_ref()
}

/// The guard of a fleet in the namespace of its environment's name.
pub(crate) fn guard(strength: &str, mode: &str) -> String {
    let fleet = tempfile::tempdir().expect("a temporary directory");
    let strict = strength == "strict";
    let config = format!(
        "version: 1
labels: {{domain: bank.example}}
services: {{include: ['service.*'], defaults: {{namespace: {strength}}}}}
namespaces: [{strength}]
environments: {{{strength}: {{stage: enforce}}}}
guard:
  mode: {mode}
  strict: {strict}
  kubernetes: '1.36'
  wear:
    - {{users: [deployer], service-accounts: [ops/operator]}}
  enter:
    - {{users: [oncall]}}
  controllers:
    - {{service-account: argo/argo-rollouts, kinds: [rollouts.argoproj.io]}}
"
    );
    std::fs::write(fleet.path().join("hedgerow.yaml"), config).expect("files can be written");
    hedgerow(fleet.path(), &["render", "--guard"])
}

/// What `hedgerow` prints, which must succeed.
#[track_caller]
pub(crate) fn hedgerow(fleet: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_hedgerow")).arg("-C").arg(fleet).args(arguments).output();
    let output = output.expect("hedgerow can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("output is UTF-8")
}

fn make(cluster: &'static Cluster) -> World {
    let admin = cluster.admin();
    cluster.install_calico_kinds();
    admin.apply("default", ROLLOUTS).text();
    admin.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "crd/rollouts.argoproj.io"]).text();
    admin.apply("default", "{apiVersion: v1, kind: Node, metadata: {name: n1}}").text();
    // Nobody is there to find it ready.
    admin.kubectl(&["taint", "node", "n1", "node.kubernetes.io/not-ready-"]).text();
    for namespace in ["ops", "argo"] {
        cluster.namespace(namespace);
    }
    admin.apply("default", ROLES).text();
    admin.apply("default", EVERYWHERE).text();
    for strength in STRENGTHS {
        cluster.namespace(strength);
        admin.apply(strength, &guard(strength, "deny")).text();
        furnish(&admin, strength);
    }
    for strength in STRENGTHS {
        settle(&admin, strength);
    }
    World { cluster }
}

/// Waits until the API server acts by the guard.
pub(crate) fn settle(admin: &User, namespace: &str) {
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"probe","labels":{"bank.example/egress-x":"true"}},"spec":{"containers":[{"name":"a","image":"a"}]}}"#;
    let path = format!("/api/v1/namespaces/{namespace}/pods?dryRun=All");
    let tried = |user| admin.request("POST", &path, "application/json", pod, Some(user)).is_granted();
    wait("the guard to work", || !tried("dev"));
    wait("the deployer to be let through", || tried("deployer"));
    let exec = format!("/api/v1/namespaces/{namespace}/pods/wearer/exec?command=ls&stdout=true");
    wait("the other policies to work", || {
        let configmap = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"probe","labels":{"bank.example/policy-of":"x"}}}"#;
        let path = format!("/api/v1/namespaces/{namespace}/configmaps?dryRun=All");
        !admin.request("POST", &path, "application/json", configmap, Some("dev")).is_granted()
            && (namespace != "strict"
                || admin.request("POST", &exec, "application/json", "", Some("dev")).message().contains("may not exec"))
    });
}

/// Puts the same things into a namespace: who may what, workloads with and without labels of ours, policies.
pub(crate) fn furnish(admin: &User, namespace: &str) {
    for (user, kind) in [
        ("dev", "User"),
        ("deployer", "User"),
        ("oncall", "User"),
        ("ops/operator", "ServiceAccount"),
        ("ops/other", "ServiceAccount"),
        ("argo/argo-rollouts", "ServiceAccount"),
    ] {
        let (home, name) = user.split_once('/').unwrap_or(("", user));
        let whose = if home.is_empty() { String::new() } else { format!(", namespace: {home}") };
        let binding = format!(
            "{{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {{name: {name}}}, \
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: test-everything}}, \
             subjects: [{{kind: {kind}, name: {name}{whose}}}]}}"
        );
        admin.apply(namespace, &binding).text();
    }
    admin.apply(namespace, OBJECTS).text();
    wait("controllers to make pods", || {
        let pods = admin.get(&["pods", "-n", namespace, "-l", "app=worn"]);
        pods["items"].as_array().is_some_and(|pods| !pods.is_empty())
    });
}

/// All that can be asked for in a namespace, but for the verbs of the guard: more than Kubernetes' `admin` gives. And `admin` itself,
/// for RoleBindings.
const ROLES: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: test-everything}
rules:
  - apiGroups: ['', apps, autoscaling, batch, networking.k8s.io, policy, projectcalico.org, argoproj.io]
    resources: ['*']
    verbs: [get, list, watch, create, update, patch, delete, deletecollection]
  - apiGroups: [rbac.authorization.k8s.io]
    resources: [rolebindings, roles]
    verbs: [get, list, watch, create, update, patch, delete, deletecollection]
";

/// And Calico's kinds without a namespace.
const EVERYWHERE: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: test-everywhere}
rules:
  - {apiGroups: [projectcalico.org], resources: ['*'], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: test-everywhere}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: test-everywhere}
subjects: [{kind: User, name: dev, apiGroup: rbac.authorization.k8s.io}]
";

const ROLLOUTS: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: rollouts.argoproj.io}
spec:
  group: argoproj.io
  scope: Namespaced
  names: {kind: Rollout, listKind: RolloutList, plural: rollouts, singular: rollout}
  versions:
    - name: v1alpha1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
";

const OBJECTS: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: worn}
spec:
  replicas: 1
  selector: {matchLabels: {app: worn}}
  template:
    metadata: {labels: {app: worn, bank.example/routing-name: service.emoji, bank.example/egress-s-ledger: "true"}}
    spec: {containers: [{name: a, image: a}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: plain}
spec:
  replicas: 0
  selector: {matchLabels: {app: plain}}
  template: {metadata: {labels: {app: plain}}, spec: {containers: [{name: a, image: a}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: halted}
spec:
  replicas: 0
  paused: true
  selector: {matchLabels: {app: halted}}
  template: {metadata: {labels: {app: halted}}, spec: {containers: [{name: a, image: a}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: leaver, finalizers: [orphan]}
spec:
  replicas: 0
  selector: {matchLabels: {app: leaver}}
  template:
    metadata: {labels: {app: leaver, bank.example/egress-s-ledger: "true"}}
    spec: {containers: [{name: a, image: a}]}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: old}
spec:
  replicas: 0
  selector: {matchLabels: {app: old}}
  template:
    metadata: {labels: {app: old, bank.example/egress-s-ledger: "true"}}
    spec: {containers: [{name: a, image: a}]}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: loose}
spec:
  replicas: 0
  selector: {matchLabels: {app: loose}}
  template: {metadata: {labels: {app: loose}}, spec: {containers: [{name: a, image: a}]}}
---
apiVersion: v1
kind: ReplicationController
metadata: {name: old}
spec:
  replicas: 0
  selector: {app: oldest}
  template:
    metadata: {labels: {app: oldest, bank.example/egress-s-ledger: "true"}}
    spec: {containers: [{name: a, image: a}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: worn}
spec:
  replicas: 0
  serviceName: worn
  selector: {matchLabels: {app: stateful}}
  template:
    metadata: {labels: {app: stateful, bank.example/egress-s-ledger: "true"}}
    spec: {containers: [{name: a, image: a}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: worn}
spec:
  selector: {matchLabels: {app: daemon}}
  template:
    metadata: {labels: {app: daemon, bank.example/egress-s-ledger: "true"}}
    spec: {nodeSelector: {no: such}, containers: [{name: a, image: a}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: worn}
spec:
  suspend: true
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        metadata: {labels: {bank.example/egress-s-ledger: "true"}}
        spec: {restartPolicy: Never, containers: [{name: a, image: a}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: worn}
spec:
  suspend: true
  template:
    metadata: {labels: {bank.example/egress-s-ledger: "true"}}
    spec: {restartPolicy: Never, containers: [{name: a, image: a}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: plain}
spec:
  suspend: true
  template:
    metadata: {labels: {app: job}}
    spec: {restartPolicy: Never, containers: [{name: a, image: a}]}
---
apiVersion: v1
kind: PodTemplate
metadata: {name: plain}
template: {metadata: {labels: {app: plain}}, spec: {containers: [{name: a, image: a}]}}
---
apiVersion: v1
kind: Pod
metadata:
  name: wearer
  labels: {app: wearer, bank.example/routing-name: service.ledger, bank.example/network-policy: "true", bank.example/egress-s-pot: "true"}
spec: {initContainers: [{name: i, image: i}], containers: [{name: a, image: a}]}
---
apiVersion: v1
kind: Pod
metadata: {name: naked, labels: {app: naked}}
spec: {containers: [{name: a, image: a}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: s-ledger, labels: {bank.example/policy-of: service.ledger}}
spec: {podSelector: {matchLabels: {bank.example/routing-name: service.ledger}}, policyTypes: [Ingress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: theirs}
spec: {podSelector: {matchLabels: {app: naked}}, policyTypes: [Ingress]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: s-ledger, labels: {bank.example/policy-of: service.ledger}}
data: {policy: "{}"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: theirs}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: s-ledger, labels: {bank.example/policy-of: service.ledger}}
spec: {order: 5000, types: [Ingress], ingress: [{action: Log}]}
---
apiVersion: projectcalico.org/v3
kind: StagedKubernetesNetworkPolicy
metadata: {name: s-ledger, labels: {bank.example/policy-of: service.ledger}}
spec: {stagedAction: Set}
---
apiVersion: projectcalico.org/v3
kind: NetworkSet
metadata: {name: plain}
spec: {nets: [10.0.0.0/8]}
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: worn}
spec:
  template:
    metadata: {labels: {app: rolled, bank.example/egress-s-ledger: "true"}}
    spec: {containers: [{name: a, image: a}]}
---
apiVersion: v1
kind: Service
metadata: {name: worn}
spec: {ports: [{port: 80}], selector: {app: worn}}
"#;
