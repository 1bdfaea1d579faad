//! Labels bound to the account that pods run as.

use crate::world::{hedgerow, world};
use hedgerow_testcluster::{Answer, User, wait};
use serde_json::{Value, json};
use std::path::Path;

const HOME: &str = "accounts";

const CONFIG: &str = "version: 1
labels: {domain: bank.example}
services: {include: ['service.*'], defaults: {namespace: accounts, type: core}}
types: {core: {}}
environments: {accounts: {stage: enforce}}
guard: {mode: deny, accounts: true, wear: [{users: [deployer]}]}
";

/// A Deployment with the labels of `hedgerow labels`, and `more`.
fn deployment(fleet: &Path, account: Option<&str>, more: &[&str]) -> String {
    let mut labels = json!({"app": "x"});
    let given = hedgerow(fleet, &["labels", "service.emoji"]);
    for label in given.lines().chain(more.iter().copied()) {
        let (key, value) = label.split_once('=').expect("a label has a value");
        labels[key] = if value == "none" { Value::Null } else { json!(value) };
    }
    let labels: serde_json::Map<_, _> =
        labels.as_object().expect("a map").clone().into_iter().filter(|(_, value)| !value.is_null()).collect();
    let mut spec = json!({"containers": [{"name": "a", "image": "a"}]});
    if let Some(account) = account {
        spec["serviceAccountName"] = json!(account);
    }
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "emoji"},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "x"}}, "template": {"metadata": {"labels": labels}, "spec": spec}},
    })
    .to_string()
}

fn ask(admin: &User, method: &str, path: &str, body: &str) -> Answer {
    admin.request(
        method,
        &format!("/apis/apps/v1/namespaces/{HOME}/deployments{path}"),
        "application/json",
        body,
        Some("deployer"),
    )
}

#[track_caller]
fn refused(answer: &Answer, words: &str) {
    assert!(answer.status == 403 && answer.message().contains(words), "{} {}", answer.status, answer.message());
}

#[track_caller]
fn granted(answer: &Answer) {
    assert!(answer.is_granted(), "{} {}", answer.status, answer.message());
}

#[test]
fn an_account_wears_what_its_service_was_given_and_a_rule_changes_its_role_alone() {
    let Some(world) = world() else { return };
    let admin = world.cluster.admin();
    world.cluster.namespace(HOME);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let fleet = directory.path();
    let write = |path: &str, text: &str| {
        let path = fleet.join(path);
        std::fs::create_dir_all(path.parent().expect("a file has a directory")).expect("directories can be made");
        std::fs::write(path, text).expect("files can be written");
    };
    write("hedgerow.yaml", CONFIG);
    write("service.emoji/service.yaml", "service-account: emoji");
    for callee in 0..60 {
        write(&format!("service.a-callee-with-a-rather-long-name-{callee}/service.yaml"), "service-account: callee");
        write(&format!("service.emoji/egress/service.a-callee-with-a-rather-long-name-{callee}.rule"), "");
    }
    write("service.pot/service.yaml", "service-account: pot");
    admin.apply(HOME, &hedgerow(fleet, &["render", "--guard"])).text();
    for user in ["dev", "deployer"] {
        let binding = ["create", "rolebinding", user, "--clusterrole=admin", &format!("--user={user}"), "-n", HOME];
        admin.kubectl(&binding).text();
    }
    let plain = deployment(fleet, Some("emoji"), &[]);
    wait("the guard", || {
        ask(&admin, "POST", "?dryRun=All", &plain).message().contains("the account emoji may not wear")
    });

    // The deployer applies the service's own role, and nobody else may write or change it.
    let role = hedgerow(fleet, &["render", "--guard", "--service", "service.emoji"]);
    let dev = world.cluster.user("dev", &[]);
    let deployer = world.cluster.user("deployer", &[]);
    assert!(dev.apply(HOME, &role).refused().contains("orbidden"));
    deployer.apply(HOME, &role).text();
    wait("the role", || ask(&admin, "POST", "?dryRun=All", &plain).is_granted());
    // Each policy of the guard begins to work in its own time.
    let delete = ["delete", "rolebinding", "wear.s-emoji.bank.example", "-n", HOME];
    let tried_dry = [delete.as_slice(), &["--dry-run=server"]].concat();
    wait("the watch over roles", || dev.kubectl(&tried_dry).stderr.contains("may not"));
    assert!(dev.kubectl(&delete).refused().contains("may not"));

    // Sixty rules: all of them, by this account, and nothing else.
    granted(&ask(&admin, "POST", "", &plain));
    let tried = |account: Option<&str>, more: &[&str]| {
        ask(&admin, "PUT", "/emoji?dryRun=All", &deployment(fleet, account, more))
    };
    let words = "may not wear";
    refused(&tried(None, &[]), "the account default may not wear");
    refused(&tried(Some("pot"), &[]), "the account pot may not wear");
    refused(&tried(Some("emoji"), &["bank.example/egress-s-pot=true"]), words);
    refused(&tried(Some("emoji"), &["bank.example/service-type=monitoring"]), words);
    refused(&tried(Some("emoji"), &["bank.example/routing-name=service.pot"]), words);
    let fewer = ["bank.example/egress-s-a-callee-with-a-rather-long-name-7=none"];
    granted(&tried(Some("emoji"), &fewer));
    granted(&tried(Some("emoji"), &["bank.example/network-policy=none"]));
    granted(&tried(Some("emoji"), &["app=x"]));

    // A rule more changes this role and nothing else; what ran before runs on, forth and back in any order.
    let others = |name: &str| hedgerow(fleet, &["render", "--guard", "--service", name]);
    let before = (others("service.pot"), hedgerow(fleet, &["render", "--guard"]));
    write("service.emoji/egress/service.pot.rule", "");
    let newer = others("service.emoji");
    assert_ne!(newer, role);
    assert_eq!((others("service.pot"), hedgerow(fleet, &["render", "--guard"])), before);
    let with_rule = deployment(fleet, Some("emoji"), &[]);
    refused(&ask(&admin, "PUT", "/emoji", &with_rule), words);
    deployer.apply(HOME, &newer).text();
    wait("the newer role", || ask(&admin, "PUT", "/emoji?dryRun=All", &with_rule).is_granted());
    granted(&ask(&admin, "PUT", "/emoji", &with_rule));
    // Back: the workload first, then the role; and the other way round.
    granted(&ask(&admin, "PUT", "/emoji", &plain));
    granted(&ask(&admin, "PUT", "/emoji", &with_rule));
    deployer.apply(HOME, &role).text();
    granted(&ask(&admin, "PUT", "/emoji", &plain));
    assert!(ask(&admin, "PUT", "/emoji", &plain).is_granted());
}

#[test]
fn a_service_without_an_account_is_said_and_so_is_a_guard_that_binds_none() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let said = |config: &str| {
        std::fs::create_dir_all(directory.path().join("service.emoji")).expect("directories can be made");
        std::fs::write(directory.path().join("hedgerow.yaml"), config).expect("files can be written");
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_hedgerow"))
            .arg("-C")
            .arg(directory.path())
            .args(["render", "--guard", "--service", "service.emoji"])
            .output()
            .expect("hedgerow can be started");
        assert!(!output.status.success() && output.stdout.is_empty());
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    assert!(said(CONFIG).contains("`service.emoji` has no account of its own"), "{}", said(CONFIG));
    let without = CONFIG.replace("accounts: true, ", "");
    assert!(said(&without).contains("does not bind labels to accounts in `accounts`"), "{}", said(&without));
}
