//! The advice of `verify` on the guard.

use super::{World, case, follow, without};

const GUARD: &str = "guard:\n  mode: {prod: deny}\n  wear: [{groups: [deployers]}]\n";

fn guarded(world: &World) -> String {
    world.edit("hedgerow.yaml", "environments:", &format!("{GUARD}environments:"));
    let dump = world.dump();
    format!("{dump}---\n{}", world.out("render --guard", ""))
}

/// Somebody who holds a verb and is not named.
const HOLDER: &str = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: extra, namespace: default}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: wear.bank.example}\nsubjects: [{kind: Group, name: interns, apiGroup: rbac.authorization.k8s.io}]\n";

#[test]
fn the_guard_is_as_it_should_be_after_its_advice() {
    follow(&[
        case(
            "verify --complete -",
            |world| {
                guarded(world)
                    .split("---\n")
                    .filter(|text| !text.contains("bank.example/guard"))
                    .collect::<Vec<_>>()
                    .join("---\n")
            },
            "error[guard-missing]",
            "apply `hedgerow render --guard`",
            |world, stream| format!("{stream}---\n{}", world.out("render --guard", "")),
        ),
        case(
            "verify --complete -",
            |world| {
                without(
                    &guarded(world),
                    &["kind: ValidatingAdmissionPolicyBinding\n", "name: labels.prod.bank.example"],
                )
            },
            "error[guard-missing]",
            "apply `hedgerow render --guard` again",
            |world, stream| {
                let others =
                    stream.split("---\n").filter(|text| !text.contains("bank.example/guard")).collect::<Vec<_>>();
                format!("{}---\n{}", others.join("---\n"), world.out("render --guard", ""))
            },
        ),
        case(
            "verify --complete -",
            |world| guarded(world).replace("failurePolicy: Fail", "failurePolicy: Ignore"),
            "error[guard-differs]",
            "apply `hedgerow render --guard` again (`kubectl apply --server-side --force-conflicts`)",
            |world, stream| {
                let others =
                    stream.split("---\n").filter(|text| !text.contains("bank.example/guard")).collect::<Vec<_>>();
                format!("{}---\n{}", others.join("---\n"), world.out("render --guard", ""))
            },
        ),
        case(
            "verify --complete -",
            |world| guarded(world) + HOLDER,
            "error[excess-wearer]",
            "take it out of the binding",
            |_, stream| {
                stream.replace(
                    "subjects: [{kind: Group, name: interns, apiGroup: rbac.authorization.k8s.io}]\n",
                    "subjects: []\n",
                )
            },
        ),
        case(
            "verify --complete -",
            |world| guarded(world) + HOLDER,
            "error[excess-wearer]",
            "or name it under `guard.wear`",
            |world, stream| {
                world.edit("hedgerow.yaml", "[deployers]", "[deployers, interns]");
                // What is rendered from now on binds it too.
                let others =
                    stream.split("---\n").filter(|text| !text.contains("bank.example/guard")).collect::<Vec<_>>();
                format!("{}---\n{}", others.join("---\n"), world.out("render --guard", ""))
            },
        ),
        case(
            "check",
            |world| {
                world.edit(
                    "hedgerow.yaml",
                    "environments:",
                    &format!("{}environments:", GUARD.replace("[deployers]", "['system:authenticated']")),
                );
                String::new()
            },
            "weak-guard",
            "name a group of your own",
            |world, stream| {
                world.edit("hedgerow.yaml", "system:authenticated", "deployers");
                stream
            },
        ),
        case(
            "check",
            |world| {
                world.edit(
                    "hedgerow.yaml",
                    "environments:",
                    &format!(
                        "{}environments:",
                        GUARD.replace("{groups: [deployers]}", "{service-accounts: [deployer]}")
                    ),
                );
                String::new()
            },
            "error[bad-name]",
            "write `namespace/name`, such as `argocd/argocd-application-controller`",
            |world, stream| {
                world.edit("hedgerow.yaml", "[deployer]", "[argocd/argocd-application-controller]");
                stream
            },
        ),
        case(
            "check",
            |world| {
                world.edit("hedgerow.yaml", "environments:", &format!("{GUARD}  kubernetes: \"1.20\"\nenvironments:"));
                String::new()
            },
            "guard-unsupported",
            "or remove `guard`",
            |world, stream| {
                world.edit("hedgerow.yaml", &format!("{GUARD}  kubernetes: \"1.20\"\n"), "");
                stream
            },
        ),
    ]);
}
