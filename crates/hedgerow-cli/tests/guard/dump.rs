//! `verify --complete` on what `kubectl get` prints of a live cluster.

use crate::world::world;
use hedgerow_testcluster::{Said, User, wait};
use std::path::Path;
use std::process::Command;

const HOME: &str = "dump";

const CONFIG: &str = "version: 1
labels: {domain: bank.example}
services: {include: ['service.*'], defaults: {namespace: dump}}
environments: {dump: {stage: enforce}}
guard:
  mode: deny
  strict: true
  wear: [{users: [deployer], groups: [dump-deployers], service-accounts: [ops/operator]}]
";

const PODS: &str = "
apiVersion: v1
kind: Pod
metadata: {name: ledger, labels: {bank.example/routing-name: service.ledger, bank.example/network-policy: 'true'}}
spec: {containers: [{name: a, image: a}]}
---
apiVersion: v1
kind: Pod
metadata: {name: emoji, labels: {bank.example/routing-name: service.emoji, bank.example/network-policy: 'true', bank.example/egress-s-ledger: 'true'}}
spec: {containers: [{name: a, image: a}]}
";

fn hedgerow(fleet: &Path, arguments: &[&str], input: &str) -> Said {
    Said::of(Command::new(env!("CARGO_BIN_EXE_hedgerow")).arg("-C").arg(fleet).args(arguments), input.as_bytes())
}

/// What `verify --complete` says of the live cluster.
fn verified(fleet: &Path, admin: &User) -> Said {
    let inside =
        admin.kubectl(&["get", "pods,networkpolicies,rolebindings,roles", "-n", HOME, "--output", "yaml"]).text();
    let kinds = "validatingadmissionpolicies,validatingadmissionpolicybindings,clusterroles,clusterrolebindings";
    let outside = admin.kubectl(&["get", kinds, "--output", "yaml"]).text();
    hedgerow(fleet, &["verify", "--complete", "-"], &format!("{inside}---\n{outside}"))
}

#[test]
fn a_live_cluster_is_clean_until_somebody_changes_it() {
    let Some(world) = world() else { return };
    let admin = world.cluster.admin();
    world.cluster.namespace(HOME);
    let fleet = tempfile::tempdir().expect("a temporary directory");
    let write = |path: &str, text: &str| {
        let path = fleet.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a file has a directory")).expect("directories can be made");
        std::fs::write(path, text).expect("files can be written");
    };
    write("hedgerow.yaml", CONFIG);
    write("service.emoji/egress/service.ledger.rule", "");
    write("service.ledger/service.yaml", "");
    let rendered =
        hedgerow(fleet.path(), &["render"], "").text() + &hedgerow(fleet.path(), &["render", "--guard"], "").text();
    // A forged pod that was there before the guard.
    let forged = PODS.replace("name: emoji,", "name: forged,").replace("service.emoji", "service.nobody");
    admin.apply(HOME, &format!("{PODS}---\n{}", forged.split("---\n").nth(1).expect("two pods"))).text();
    admin.apply(HOME, &rendered).text();
    let pod = forged.split("---\n").nth(1).expect("two pods").replace("forged", "late");
    wait("the guard", || world.cluster.user("dev", &[]).apply(HOME, &pod).code != 0);

    let said = verified(fleet.path(), &admin);
    assert_eq!(said.code, 1, "{}{}", said.stdout, said.stderr);
    let found: Vec<_> =
        said.stdout.lines().filter(|line| line.starts_with("error[") || line.starts_with("warning[")).collect();
    assert!(!found.is_empty() && found.iter().all(|line| line.contains("forged")), "{found:#?}");

    admin.kubectl(&["delete", "pod", "forged", "-n", HOME, "--wait=true", "--grace-period=0", "--force"]).text();
    let said = verified(fleet.path(), &admin);
    assert_eq!((said.code, said.stdout.as_str()), (0, ""), "{}", said.stderr);

    let patch = "{\"spec\": {\"validationActions\": [\"Audit\"]}}";
    admin
        .kubectl(&[
            "patch",
            "validatingadmissionpolicybinding",
            "labels.dump.bank.example",
            "--type=merge",
            "-p",
            patch,
        ])
        .text();
    admin
        .kubectl(&["create", "rolebinding", "night", "--clusterrole=wear.bank.example", "--user=eve", "-n", HOME])
        .text();
    admin.kubectl(&["delete", "validatingadmissionpolicy", "entries.dump.bank.example"]).text();
    let said = verified(fleet.path(), &admin);
    for words in [
        "labels.dump.bank.example is in mode `audit`, and hedgerow.yaml says `deny`",
        "the user `eve` holds the verb `wear` in namespace `dump`",
        "ValidatingAdmissionPolicy entries.dump.bank.example of the guard is not among the manifests",
    ] {
        assert!(said.stdout.contains(words), "{words}: {}", said.stdout);
    }
    assert_eq!(said.stdout.matches("error[").count(), 3, "{}", said.stdout);
}
