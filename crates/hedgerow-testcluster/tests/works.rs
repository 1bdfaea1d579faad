//! The control plane does what tests rely on.

use hedgerow_testcluster::{Cluster, wait};

const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: emoji}
spec:
  selector: {matchLabels: {app: emoji}}
  template:
    metadata: {labels: {app: emoji}}
    spec: {containers: [{name: emoji, image: emoji}]}
";

#[test]
fn controllers_make_pods_users_are_held_to_their_roles_and_the_log_tells_the_order() {
    let Some(cluster) = Cluster::start() else { return };
    cluster.namespace("bank");
    let admin = cluster.admin();
    admin.kubectl(&["create", "rolebinding", "dev", "--clusterrole=admin", "--group=devs", "-n", "bank"]).text();

    let dev = cluster.user("dev", &["devs"]);
    dev.apply("bank", DEPLOYMENT).text();
    wait("the pod of emoji", || {
        dev.get(&["pods", "-n", "bank"])["items"].as_array().is_some_and(|pods| pods.len() == 1)
    });
    assert!(dev.kubectl(&["get", "pods", "-n", "default"]).refused().contains("forbidden"));

    dev.kubectl(&["scale", "deployment/emoji", "--replicas=0", "-n", "bank"]).text();
    let events = cluster.audit();
    let of_dev: Vec<_> =
        events.iter().filter(|event| event.user == "dev" && event.has_written()).map(|event| event.target()).collect();
    assert_eq!(of_dev, ["deployments/emoji", "deployments/emoji/scale"]);
    let maker = "system:serviceaccount:kube-system:replicaset-controller";
    assert!(events.iter().any(|event| event.user == maker && event.verb == "create" && event.resource == "pods"));

    // Service accounts, impersonation and raw requests.
    let robot = cluster.service_account("bank", "robot");
    assert_eq!(robot.request("GET", "/api/v1/namespaces/bank/pods", "application/json", "", None).status, 403);
    let answer = admin.request("GET", "/api/v1/namespaces/bank/pods", "application/json", "", Some("nobody"));
    assert_eq!((answer.status, answer.is_granted()), (403, false));
    assert!(answer.message().contains("User \"nobody\" cannot list resource \"pods\""), "{}", answer.message());

    // Calico's kinds can be stored.
    cluster.install_calico_kinds();
    let calico = "{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: a}, spec: {order: 5000, types: [Ingress]}}";
    admin.apply("bank", calico).text();
    assert_eq!(admin.get(&["networkpolicies.projectcalico.org", "a", "-n", "bank"])["spec"]["order"], 5000);

    // Nothing is left behind.
    let directory = cluster.path("");
    assert!(directory.exists());
    drop(cluster);
    assert!(!directory.exists());
}
