//! Kubernetes' own controllers, really running, make and scale labelled things under the strict guard; kubectl and Helm deploy there.

use crate::row::{DEPLOYER, DEV};
use crate::world::{guard, world};
use hedgerow_testcluster::{User, wait};
use serde_json::Value;

fn count(user: &User, what: &str, selector: &str) -> usize {
    user.get(&[what, "-n", "strict", "-l", selector])["items"].as_array().map_or(0, Vec::len)
}

const TEMPLATE: &str = "metadata: {labels: {run: NAME, bank.example/routing-name: service.emoji, bank.example/egress-s-ledger: 'true'}}\n    spec: {containers: [{name: a, image: a}]}";

fn workload(kind: &str, name: &str, more: &str) -> String {
    let template = TEMPLATE.replace("NAME", name);
    format!(
        "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n  selector: {{matchLabels: {{run: {name}}}}}\n{more}  template:\n    {template}\n"
    )
}

#[test]
fn controllers_make_labelled_pods_from_what_a_deployer_wrote() {
    let Some(world) = world() else { return };
    let admin = world.cluster.admin();
    let deployer = world.cluster.user(DEPLOYER, &[]);
    let dev = world.cluster.user(DEV, &[]);
    let job = "template: {metadata: {labels: {run: job, bank.example/egress-s-ledger: 'true'}}, spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}";
    let all = [
        workload("Deployment", "dep", "  replicas: 2\n"),
        workload("StatefulSet", "sts", "  serviceName: sts\n"),
        workload("DaemonSet", "ds", ""),
        format!("apiVersion: batch/v1\nkind: Job\nmetadata: {{name: job}}\nspec: {{{job}}}\n"),
        format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: cron}}\nspec: {{schedule: '* * * * *', jobTemplate: {{spec: {{{}}}}}}}\n",
            job.replace("run: job", "run: cron")
        ),
    ];
    deployer.apply("strict", &all.join("---\n")).text();
    for (name, pods) in [("dep", 2), ("sts", 1), ("ds", 1), ("job", 1)] {
        wait(&format!("the pods of {name}"), || count(&admin, "pods", &format!("run={name}")) == pods);
    }

    // A developer scales, restarts, undoes the restart; an autoscaler scales.
    dev.kubectl(&["scale", "deployment/dep", "--replicas=3", "-n", "strict"]).text();
    wait("the third pod", || count(&admin, "pods", "run=dep") == 3);
    dev.kubectl(&["rollout", "restart", "deployment/dep", "-n", "strict"]).text();
    wait("the new ReplicaSet", || count(&admin, "replicasets", "run=dep") == 2);
    dev.kubectl(&["rollout", "undo", "deployment/dep", "-n", "strict"]).text();
    dev.kubectl(&["rollout", "restart", "statefulset/sts", "daemonset/ds", "-n", "strict"]).text();
    dev.kubectl(&["autoscale", "deployment/dep", "--min=4", "--max=5", "-n", "strict"]).text();
    wait("the autoscaler", || {
        let deployment = admin.get(&["deployment", "dep", "-n", "strict"]);
        deployment["spec"]["replicas"] == 4
    });
    wait("the fourth pod", || count(&admin, "pods", "run=dep") >= 4);

    // The rule goes: the deployer takes the label off. A developer cannot bring it back by any of the ways of kubectl.
    let without = workload("Deployment", "dep", "").replace(", bank.example/egress-s-ledger: 'true'", "");
    deployer.apply("strict", &without).text();
    for arguments in [
        &["rollout", "undo", "deployment/dep", "-n", "strict"][..],
        &["delete", "deployment/dep", "--cascade=orphan", "-n", "strict"],
        &["create", "job", "--from=cronjob/cron", "by-hand", "-n", "strict"],
        &["set", "image", "deployment/dep", "a=evil", "-n", "strict"],
    ] {
        let said = dev.kubectl(arguments).refused();
        assert!(said.contains("dev may not"), "{arguments:?}: {said}");
    }
    let labelled = admin.get(&["replicasets", "-n", "strict", "-l", "run=dep,bank.example/egress-s-ledger"]);
    let name = |set: &Value| set["metadata"]["name"].as_str().expect("a name").to_owned();
    let old: Vec<String> = labelled["items"].as_array().expect("a list").iter().map(name).collect();
    assert!(!old.is_empty(), "no old ReplicaSet was kept");
    // Nor by an autoscaler: it acts as itself. It scales nothing that has no pods, and which of the two old ones has some depends on the
    // order in which the Deployment saw the changes: each gets one.
    for old in &old {
        let said = dev.kubectl(&["scale", &format!("replicaset/{old}"), "--replicas=9", "-n", "strict"]).refused();
        assert!(said.contains("dev may not scale up a ReplicaSet"), "{said}");
        let hpa = format!(
            "{{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {{name: {old}}}, spec: {{minReplicas: 7, maxReplicas: 9, scaleTargetRef: {{apiVersion: apps/v1, kind: ReplicaSet, name: {old}}}}}}}"
        );
        dev.apply("strict", &hpa).text();
    }
    wait("an autoscaler to be refused", || {
        world.cluster.audit().iter().any(|event| {
            event.user.ends_with(":horizontal-pod-autoscaler") && event.code == 403 && old.contains(&event.name)
        })
    });
    let delete = ["delete", "hpa", "dep", "-n", "strict"].into_iter().chain(old.iter().map(String::as_str));
    dev.kubectl(&delete.collect::<Vec<_>>()).text();

    // The CronJob's minute has come by now, or comes.
    wait("the CronJob's pod", || count(&admin, "pods", "run=cron") > 0);
    dev.kubectl(&["delete", "cronjob/cron", "-n", "strict"]).text();
    // Nobody but the forgers was refused.
    let refused: Vec<_> = world
        .cluster
        .audit()
        .into_iter()
        .filter(|event| event.user.starts_with("system:") && event.code == 403 && event.namespace == "strict")
        .filter(|event| !event.annotations["validation.policy.admission.k8s.io/validation_failure"].is_null())
        .filter(|event| !event.user.ends_with(":horizontal-pod-autoscaler"))
        .filter(|event| {
            !event.user.starts_with("system:serviceaccount:ops:")
                && !event.user.starts_with("system:serviceaccount:argo:")
        })
        .map(|event| format!("{} {} {}", event.user, event.verb, event.target()))
        .collect();
    assert_eq!(refused, Vec::<String>::new());
}

/// A guard that is there already is not changed by being applied again, and says nothing to a type checker.
#[test]
fn the_guard_is_taken_strictly_and_applied_twice_changes_nothing() {
    let Some(world) = world() else { return };
    let admin = world.cluster.admin();
    for (strength, mode) in [("basic", "deny"), ("strict", "deny")] {
        let text = guard(strength, mode);
        let arguments = ["apply", "--server-side", "--validate=strict", "-f", "-"];
        admin.kubectl_with(&arguments, &text).text();
        admin.kubectl_with(&arguments, &text).text();
        assert_eq!(admin.kubectl_with(&["diff", "--server-side", "-f", "-"], &text).text(), "");
        assert_eq!(admin.kubectl_with(&["diff", "-f", "-"], &text).text(), "", "without server-side apply");
    }
    wait("the type checker", || {
        let policies = admin.get(&["validatingadmissionpolicies"]);
        policies["items"]
            .as_array()
            .is_some_and(|all| all.iter().all(|policy| !policy["status"]["typeChecking"].is_null()))
    });
    let policies = admin.get(&["validatingadmissionpolicies"]);
    for policy in policies["items"].as_array().expect("a list") {
        assert_eq!(
            policy["status"]["typeChecking"]["expressionWarnings"],
            Value::Null,
            "{}",
            policy["metadata"]["name"]
        );
    }
}

/// `audit` refuses nothing and notes it; `warn` tells whoever asked as well.
#[test]
fn audit_and_warn_let_through_what_deny_would_refuse_and_say_so() {
    let Some(world) = world() else { return };
    let admin = world.cluster.admin();
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","labels":{"bank.example/egress-s-ledger":"true"}},"spec":{"containers":[{"name":"a","image":"a"}]}}"#;
    for mode in ["audit", "warn"] {
        world.cluster.namespace(mode);
        let text = guard("basic", mode).replace("basic", mode);
        admin.apply(mode, &text).text();
        admin.kubectl(&["create", "rolebinding", "dev", "--clusterrole=admin", "--user=dev", "-n", mode]).text();
        let dev = world.cluster.user(DEV, &[]);
        let create = || {
            dev.request("POST", &format!("/api/v1/namespaces/{mode}/pods?dryRun=All"), "application/json", pod, None)
        };
        let noted = || {
            world.cluster.audit().into_iter().rev().find(|event| {
                event.user == DEV
                    && event.namespace == mode
                    && !event.annotations["validation.policy.admission.k8s.io/validation_failure"].is_null()
            })
        };
        wait("the guard to note", || {
            assert!(create().is_granted(), "{mode} refuses nothing");
            noted().is_some()
        });
        let event = noted().expect("it was noted");
        assert_eq!(event.annotations[format!("labels.{mode}.bank.example/labels")], "bank.example/egress-s-ledger");
        let warnings = create().warnings;
        assert_eq!(!warnings.is_empty(), mode == "warn", "{warnings:?}");
        assert!(warnings.iter().all(|warning| warning.contains("dev may not put on")), "{warnings:?}");
    }
    let metrics = admin.kubectl(&["get", "--raw", "/metrics"]).text();
    let counted = |action: &str, policy: &str| {
        metrics.lines().any(|line| {
            line.starts_with("apiserver_validating_admission_policy_check_total{")
                && line.contains(&format!("enforcement_action=\"{action}\""))
                && line.contains(&format!("policy=\"{policy}\""))
        })
    };
    assert!(counted("audit", "labels.audit.bank.example") && counted("warn", "labels.warn.bank.example"));
}
