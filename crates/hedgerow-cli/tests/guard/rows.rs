//! Every row, as somebody with a certificate or a token of their own.

use crate::attacks::{attacks, refused_by_rbac};
use crate::lawful::lawful;
use crate::row::{DEV, Fate, Row, fate_of};
use crate::world::{STRENGTHS, World, world};
use std::fmt::Write as _;

/// All rows in both strengths; what is not as the table says.
fn differences(world: &World, rows: &[Row]) -> String {
    let mut differences = String::new();
    for row in rows {
        let user = row.user(world.cluster);
        for strength in STRENGTHS {
            let answer = row.act.perform(&user, strength, &[]);
            let got = fate_of(row.name, &answer);
            if got != row.fate(strength) {
                let said = answer.message();
                let _ = writeln!(
                    differences,
                    "{strength}: {}, by {}: {got:?} ({} {said})",
                    row.name, row.who, answer.status
                );
            }
        }
    }
    differences
}

#[test]
fn each_attack_is_refused_as_its_strength_promises() {
    let Some(world) = world() else { return };
    assert_eq!(differences(world, &attacks()), "");
}

#[test]
fn what_is_lawful_passes_in_both_strengths() {
    let Some(world) = world() else { return };
    assert_eq!(differences(world, &lawful()), "");
}

#[test]
fn rbac_refuses_by_itself_to_hand_the_verb_on_or_to_touch_the_guard() {
    let Some(world) = world() else { return };
    let dev = world.cluster.user(DEV, &[]);
    for (name, act, words) in refused_by_rbac() {
        let answer = act.perform(&dev, "basic", &[]);
        assert!(
            answer.status == 403 && answer.message().contains(words),
            "{name}: {} {}",
            answer.status,
            answer.message()
        );
    }
    // With `admin` of the namespace: neither somebody else, nor a controller's token, nor the guard.
    let admin_of = world.cluster.user("namespace-admin", &[]);
    let binding =
        ["create", "rolebinding", "namespace-admin", "--clusterrole=admin", "--user=namespace-admin", "-n", "basic"];
    world.cluster.admin().kubectl(&binding).text();
    let controller = "system:serviceaccount:kube-system:replicaset-controller";
    for arguments in [
        &["get", "pods", "-n", "basic", "--as", controller][..],
        &["get", "pods", "-n", "basic", "--as", "deployer"],
        &["create", "token", "replicaset-controller", "-n", "kube-system"],
        &["delete", "validatingadmissionpolicy", "labels.basic.bank.example"],
        &["delete", "validatingadmissionpolicybinding", "labels.basic.bank.example"],
        &["delete", "clusterrole", "wear.bank.example"],
        &["label", "namespace", "basic", "kubernetes.io/metadata.name=other", "--overwrite"],
    ] {
        let said = admin_of.kubectl(arguments).refused();
        assert!(said.contains("orbidden"), "{arguments:?}: {said}");
    }
    // What an administrator could do, the API server undoes.
    world
        .cluster
        .admin()
        .kubectl(&["label", "namespace", "basic", "kubernetes.io/metadata.name=other", "--overwrite"])
        .text();
    let namespace = world.cluster.admin().get(&["namespace", "basic"]);
    assert_eq!(namespace["metadata"]["labels"]["kubernetes.io/metadata.name"], "basic");
}

/// The rows as they stand in `docs/guard.md`.
fn table() -> String {
    let word = |fate| if fate == Fate::Refused { "refused" } else { "let through" };
    let mut table = "\n| attack | basic | strict |\n| --- | --- | --- |\n".to_owned();
    for row in attacks() {
        let _ = writeln!(table, "| {} | {} | {} |", row.name, word(row.basic), word(row.strict));
    }
    table.push('\n');
    table
}

#[test]
fn the_documentation_has_the_table_of_attacks() {
    let path = hedgerow_testcluster::repository().join("docs/guard.md");
    let page = std::fs::read_to_string(&path).expect("the page is there");
    let (head, rest) = page.split_once("<!-- attacks").expect("the table has a beginning");
    let (mark, rest) = rest.split_once("-->\n").expect("the mark ends");
    let (_, tail) = rest.split_once("<!-- end of attacks -->").expect("the table has an end");
    let wanted = format!("{head}<!-- attacks{mark}-->\n{}<!-- end of attacks -->{tail}", table());
    if std::env::var_os("HEDGEROW_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &wanted).expect("the page can be written");
    }
    let written = std::fs::read_to_string(&path).expect("the page is there");
    assert!(written == wanted, "docs/guard.md has other attacks than are tried; `just bless` writes them");
}

/// Each attack that the strict guard is documented to let through would be a hole: there is none.
#[test]
fn no_attack_passes_the_strict_guard() {
    let passing: Vec<_> = attacks().into_iter().filter(|row| row.strict == Fate::Passes).map(|row| row.name).collect();
    assert_eq!(passing, Vec::<&str>::new());
}
