//! The advice of `verify`, the guard, catalogues and neighbours in a stream: what it names is done, and the fault is gone.

use crate::common::{Command, Ran};
use hedgerow_cli::Exit;
use std::path::Path;
use tempfile::TempDir;

const CONFIG: &str = "version: 1
labels: {domain: bank.example}
services: {include: [\"service.*\"], defaults: {type: api, ports: [{name: http, port: 8080}]}}
namespaces: [default]
types: {api: {}, monitoring: {}}
environments: {prod: {stage: enforce, log: true}}
";

/// A fleet on disk, beside what stands on standard input.
struct World(TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().expect("a temporary directory"));
        for (path, text) in [
            ("hedgerow.yaml", CONFIG),
            ("service.books/service.yaml", "{}\n"),
            ("service.cart/service.yaml", "{}\n"),
            ("service.cart/egress/service.books.rule", ""),
        ] {
            world.write(path, text);
        }
        world
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        super::write(self.root(), path, text);
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.root().join(path)).expect("it is there");
        assert!(text.contains(from), "{path} holds no {from}");
        self.write(path, &text.replacen(from, to, 1));
    }

    fn run(&self, command: &str, stream: &str) -> Ran {
        Command::new(self.root(), command).stdin(stream).run()
    }

    /// What a command prints that ends well.
    fn out(&self, command: &str, stream: &str) -> String {
        let ran = self.run(command, stream);
        assert_eq!(ran.exit, Exit::Done, "{command}: {}", super::said(&ran));
        ran.out().to_owned()
    }

    /// All that is rendered, and pods as they are deployed.
    fn dump(&self) -> String {
        format!("{}---\n{}", self.deployed(), self.out("render --platform", ""))
    }

    /// What the deploys of the services bring.
    fn deployed(&self) -> String {
        let pods = [("service.books", "books"), ("service.cart", "cart")]
            .map(|(service, name)| self.out(&format!("post-render --service {service}"), &pod(name)));
        pods.join("---\n")
    }
}

fn pod(name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: default\n  labels:\n    app: {name}\nspec: {{serviceAccountName: {name}, containers: [{{name: c, ports: [{{name: http, containerPort: 8080}}]}}]}}\n"
    )
}

/// A policy on the pods of books, with this in it.
fn policy(more: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: theirs, namespace: default}}\nspec: {{{more}}}\n"
    )
}

fn calico(kind: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: projectcalico.org/v3\nkind: {kind}\nmetadata: {{name: theirs, namespace: default}}\nspec: {{{spec}}}\n"
    )
}

/// The documents without those that hold all of some words; there is one.
fn without(dump: &str, words: &[&str]) -> String {
    let documents: Vec<_> = dump.split("---\n").collect();
    let kept: Vec<_> =
        documents.iter().copied().filter(|document| !words.iter().all(|word| document.contains(word))).collect();
    assert_eq!(kept.len() + 1, documents.len(), "{words:?} is one object of\n{dump}");
    kept.join("---\n")
}

struct Case {
    command: &'static str,
    /// Makes the fault; gives what stands on standard input.
    fault: fn(&World) -> String,
    found: &'static str,
    help: &'static str,
    /// Does what the help says; it is given standard input, and gives it back.
    deed: fn(&World, String) -> String,
}

const fn case(
    command: &'static str,
    fault: fn(&World) -> String,
    found: &'static str,
    help: &'static str,
    deed: fn(&World, String) -> String,
) -> Case {
    Case { command, fault, found, help, deed }
}

/// Does what the help of each case says.
fn follow(cases: &[Case]) {
    for Case { command, fault, found, help, deed } in cases {
        let world = World::new();
        let stream = fault(&world);
        let before = world.run(command, &stream);
        let text = super::said(&before);
        assert!(before.exit != Exit::Done || text.contains("warning"), "{command}: {text}");
        assert!(text.contains(found) && text.contains(help), "{command}: no `{found}` with `{help}` in\n{text}");
        let stream = deed(&world, stream);
        let after = world.run(command, &stream);
        let text = super::said(&after);
        assert!(!text.contains(found), "{command}: `{found}` is still there\n{text}");
        assert_eq!(after.exit, Exit::Done, "{command} after `{help}`: {text}");
    }
}

/// Policies without the pods of books, one of which names a port.
fn named_port(world: &World) -> String {
    let selects = "podSelector: {matchLabels: {bank.example/routing-name: service.books}}";
    let from = "from: [{podSelector: {matchLabels: {bank.example/egress-s-books: 'true'}}}]";
    let policy = policy(&format!("{selects}, ingress: [{{{from}, ports: [{{port: web}}]}}]"));
    without(&world.dump(), &["kind: Pod\n", "service.books"]) + &policy
}

#[test]
fn verify_is_content_after_its_advice() {
    follow(&[
        case(
            "verify -",
            |world| world.dump().replace("    bank.example/egress-s-books: \"true\"\n", ""),
            "error[missing-edge]",
            "deploy `service.cart` again: its pods lack `bank.example/egress-s-books`",
            |world, _| world.dump(),
        ),
        case(
            "verify -",
            |world| {
                world.write("service.watch/service.yaml", "type: monitoring\n");
                world.edit("hedgerow.yaml", "types: {api: {}", "types: {api: {callers: [monitoring]}");
                let watch = world.out("post-render --service service.watch", &pod("watch"));
                format!("{}---\n{watch}", world.deployed())
            },
            "error[missing-edge]",
            "the policies for types come from `hedgerow render --platform`, are they among the manifests?",
            |world, stream| format!("{stream}---\n{}", world.out("render --platform", "")),
        ),
        case(
            "verify -",
            |world| {
                let old = "---\napiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: s-books, namespace: default, labels: {app.kubernetes.io/managed-by: hedgerow}}\nspec: {order: 5000, selector: \"bank.example/routing-name == 'service.books'\", types: [Ingress], ingress: [{action: Log}]}\n";
                world.dump() + old
            },
            "error[unbacked-policy]",
            "`kubectl delete networkpolicies.projectcalico.org s-books -n default`",
            |_, stream| without(&stream, &["projectcalico.org/v3\n", "name: s-books,", "namespace: default"]),
        ),
        case(
            "verify -",
            |world| {
                world.dump()
                    + &calico(
                        "NetworkPolicy",
                        "serviceAccountSelector: team == 'a', types: [Egress], egress: [{action: Allow}]",
                    )
            },
            "error[unsupported-policy]",
            "verify them together with what `kubectl get namespaces,serviceaccounts,pods -A -o yaml` prints",
            |_, stream| {
                let accounts = ["books", "cart"].map(|name| {
                    format!("---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}, namespace: default, labels: {{team: a}}}}\n")
                });
                stream + &accounts.concat()
            },
        ),
        case(
            "verify -",
            |world| {
                world.dump()
                    + &calico(
                        "GlobalNetworkPolicy",
                        "namespaceSelector: zone == 'a', types: [Egress], egress: [{action: Allow}]",
                    )
                    .replace(", namespace: default", "")
            },
            "error[unsupported-policy]",
            "`kubectl get namespaces,serviceaccounts,pods -A -o yaml`",
            |_, stream| stream + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {zone: a}}\n",
        ),
        case(
            "verify -",
            named_port,
            "names the port `web`",
            "verify it together with the workloads of `service.books`",
            |world, stream| format!("{stream}---\n{}", world.out("post-render --service service.books", &pod("books"))),
        ),
        case("verify -", named_port, "names the port `web`", "or declare the port in its service.yaml", |world, _| {
            world.write("service.books/service.yaml", "ports: [{name: http, port: 8080}, {name: web, port: 8081}]\n");
            // It is admitted by the policy that is rendered from now on.
            named_port(world)
        }),
        case(
            "verify -",
            |world| {
                world.dump()
                    + &calico(
                        "NetworkPolicy",
                        "tier: mine, selector: app == 'x', types: [Egress], egress: [{action: Deny}]",
                    )
            },
            "tier `mine` is not among the manifests",
            "add the tier: `kubectl get tier mine -o yaml`",
            |_, stream| {
                stream
                    + "---\napiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {name: mine}\nspec: {order: 100}\n"
            },
        ),
        case(
            "verify -",
            |world| {
                world.dump()
                    + &calico(
                        "StagedNetworkPolicy",
                        "tier: mine, selector: app == 'x', types: [Egress], egress: [{action: Deny}]",
                    )
            },
            "tier `mine` is not among the manifests",
            "add the tier: `kubectl get tier mine -o yaml`",
            |_, stream| {
                stream
                    + "---\napiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {name: mine}\nspec: {order: 100}\n"
            },
        ),
    ]);
}

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

/// Another repository of the same fleet, with the service `service.other`.
fn other() -> World {
    let other = World::new();
    std::fs::remove_dir_all(other.root().join("service.books")).expect("it is there");
    std::fs::remove_dir_all(other.root().join("service.cart")).expect("it is there");
    other.write("service.other/service.yaml", "{}\n");
    other
}

fn use_catalogue(world: &World, text: &str) {
    world.edit("hedgerow.yaml", "include: [\"service.*\"]", "include: [\"service.*\"], catalogue: others.json");
    world.write("others.json", text);
}

#[test]
fn catalogues_agree_after_their_advice() {
    follow(&[
        case(
            "check",
            |world| {
                use_catalogue(world, "");
                String::new()
            },
            "the catalogue is empty",
            "make it with `hedgerow catalogue` in the other repositories",
            |world, stream| {
                world.write("others.json", &other().out("catalogue", ""));
                stream
            },
        ),
        case(
            "check",
            |world| {
                let text = other().out("catalogue", "");
                let changed = text.replace("\"port\":8080", "\"port\":8081");
                assert_ne!(changed, text);
                use_catalogue(world, &changed);
                String::new()
            },
            "catalogue-edited",
            "make it again with `hedgerow catalogue`",
            |world, stream| {
                world.write("others.json", &other().out("catalogue", ""));
                stream
            },
        ),
        case(
            "check",
            |world| {
                let text = world.out("catalogue", "");
                use_catalogue(world, &text);
                world.write("service.books/service.yaml", "owner: readers\n");
                String::new()
            },
            "catalogue-differs",
            "make the catalogue again",
            |world, stream| {
                world.write("others.json", &world.out("catalogue", ""));
                stream
            },
        ),
        case(
            "check",
            |world| {
                let far = other();
                far.edit("hedgerow.yaml", "[default]", "[default, far]");
                far.write("service.other/service.yaml", "namespace: far\n");
                use_catalogue(world, &far.out("catalogue", ""));
                String::new()
            },
            "warning[namespace-not-listed]",
            "add it to `namespaces:` in hedgerow.yaml",
            |world, stream| {
                world.edit("hedgerow.yaml", "namespaces: [default]", "namespaces: [default, far]");
                stream
            },
        ),
        case(
            "check",
            |world| {
                world.edit("hedgerow.yaml", "namespaces: [default]", "namespaces: [default, shop]");
                world.write("service.cart/service.yaml", "namespace: shop\n");
                world.write("service.cart/egress/service.other.rule", "");
                use_catalogue(world, &other().out("catalogue", ""));
                String::new()
            },
            "error[namespace-not-listed]",
            "list it under `namespaces:` in the hedgerow.yaml of `service.other`'s repository",
            |world, stream| {
                let far = other();
                far.edit("hedgerow.yaml", "[default]", "[default, shop]");
                world.write("others.json", &far.out("catalogue", ""));
                stream
            },
        ),
        case(
            "check",
            |world| {
                let far = other();
                far.edit("hedgerow.yaml", "{domain: bank.example}", "{domain: bank.example, identity: called}");
                use_catalogue(world, &far.out("catalogue", ""));
                String::new()
            },
            "catalogue-mismatch",
            "let `labels.identity` say the same in every repository",
            |world, stream| {
                world.edit("hedgerow.yaml", "{domain: bank.example}", "{domain: bank.example, identity: called}");
                stream
            },
        ),
        case(
            "check",
            |world| {
                let far = other();
                far.edit(
                    "hedgerow.yaml",
                    "{domain: bank.example}",
                    "{domain: bank.example, prefixes: {service.: svc-}}",
                );
                use_catalogue(world, &far.out("catalogue", ""));
                String::new()
            },
            "catalogue-mismatch",
            "let `labels.prefixes` say the same in every repository",
            |world, stream| {
                world.edit(
                    "hedgerow.yaml",
                    "{domain: bank.example}",
                    "{domain: bank.example, prefixes: {service.: svc-}}",
                );
                stream
            },
        ),
        case(
            "check",
            |world| {
                let far = other();
                far.edit("hedgerow.yaml", "{api: {}", "{api: {callers: [monitoring]}");
                use_catalogue(world, &far.out("catalogue", ""));
                String::new()
            },
            "catalogue-differs",
            "let `types:` agree",
            |world, stream| {
                world.edit("hedgerow.yaml", "{api: {}", "{api: {callers: [monitoring]}");
                stream
            },
        ),
        case(
            "catalogue merge here.json others.json",
            |world| {
                world.write("here.json", &world.out("catalogue --rules", ""));
                world.write("others.json", &other().out("catalogue", ""));
                String::new()
            },
            "catalogue-mismatch",
            "make both with `--rules`, or both without",
            |world, stream| {
                world.write("others.json", &other().out("catalogue --rules", ""));
                stream
            },
        ),
        case(
            "catalogue merge here.json others.json",
            |world| {
                world.write("here.json", &world.out("catalogue --env prod", ""));
                world.write("others.json", &other().out("catalogue", ""));
                String::new()
            },
            "catalogue-mismatch",
            "make both with the same `--env`, or both without",
            |world, stream| {
                world.write("others.json", &other().out("catalogue --env prod", ""));
                stream
            },
        ),
        case(
            "catalogue merge here.json others.json",
            |world| {
                world.write("here.json", &world.out("catalogue", ""));
                let far = other();
                far.edit("hedgerow.yaml", "{api: {}", "{api: {callers: [monitoring]}");
                world.write("others.json", &far.out("catalogue", ""));
                String::new()
            },
            "catalogue-mismatch",
            "let `types:` say the same in the hedgerow.yaml of both",
            |world, stream| {
                world.write("others.json", &other().out("catalogue", ""));
                stream
            },
        ),
    ]);
}

const WORKLOAD: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: books}
spec:
  selector: {matchLabels: {app: books}}
  template:
    metadata:
      labels: {app: books}
    spec: {containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}]}]}
";

const ROBOT: &str = "---
apiVersion: acme.example/v1
kind: Robot
metadata: {name: arm}
spec:
  pods:
    metadata:
      labels: {app: arm}
    spec:
      containers: [{name: c, image: i}]
";

#[test]
fn streams_are_let_through_after_their_advice() {
    const BOOKS: &str = "post-render --strict --service service.books";
    follow(&[
        case(
            BOOKS,
            |_| format!("{WORKLOAD}{ROBOT}"),
            "error[unknown-kind]",
            "`--unknown-kinds` labels the pod templates",
            |world, stream| {
                // Whoever says so in the command gets the labels; what comes out is let through without.
                world.write("service.books/service.yaml", "workloads: ['*/*']\n");
                world.out(&format!("{BOOKS} --unknown-kinds"), &stream)
            },
        ),
        case(
            BOOKS,
            |_| {
                format!(
                    "{WORKLOAD}{}",
                    ROBOT
                        .replace("    spec:\n      containers: [{name: c, image: i}]\n", "")
                        .replace("pods:", "podTemplate:")
                )
            },
            "error[unknown-kind]",
            "write the labels that `hedgerow labels` prints where the kind takes those of its pods",
            |world, stream| {
                let labels = world.out("labels service.books", "");
                let labels: String = labels.lines().map(|line| format!("        {line}\n")).collect();
                stream.replace("      labels: {app: arm}\n", &format!("      labels:\n{labels}"))
            },
        ),
        case(
            BOOKS,
            |_| format!("{WORKLOAD}{ROBOT}"),
            "error[unknown-kind]",
            "list the service's own under `workloads` in its service.yaml",
            |world, stream| {
                world.write("service.books/service.yaml", "workloads: ['Deployment/books']\n");
                stream
            },
        ),
        case(
            BOOKS,
            |_| {
                format!(
                    "{WORKLOAD}---\n{}",
                    WORKLOAD.replace("Deployment", "deployment").replace("name: books", "name: books-2")
                )
            },
            "error[unknown-kind]",
            "write `kind: Deployment` with `apiVersion: apps/v1`",
            |_, stream| stream.replace("kind: deployment", "kind: Deployment"),
        ),
        case(
            BOOKS,
            |_| format!("{WORKLOAD}---\n{}", WORKLOAD.replace("apps/v1", "v1").replace("name: books", "name: books-2")),
            "error[unknown-kind]",
            "a Deployment is of `apiVersion: apps/v1`",
            |_, stream| stream.replace("apiVersion: v1\n", "apiVersion: apps/v1\n"),
        ),
        case(
            BOOKS,
            |_| {
                WORKLOAD
                    .replace("      labels: {app: books}\n", "      labels: {team: a}\n      labels: {app: books}\n")
            },
            "error[duplicate-structure]",
            "remove the one that does not count",
            |_, stream| stream.replace("      labels: {team: a}\n", ""),
        ),
        case(
            BOOKS,
            |_| {
                format!(
                    "{WORKLOAD}{}",
                    policy(
                        "podSelector: {matchLabels: {app: books}}, ingress: [{from: [{podSelector: {matchLabels: {app: x}}}]}]"
                    )
                )
            },
            "error[policy-of-others]",
            "policies add up: let this one go, and say with rules of the callers or `allow` entries",
            |world, _| {
                world.write("service.books/service.yaml", "allow: [{from: {pods: {app: x}}}]\n");
                WORKLOAD.to_owned()
            },
        ),
        case(
            BOOKS,
            |world| {
                world.edit("hedgerow.yaml", "stage: enforce, log: true", "stage: audit");
                format!("{WORKLOAD}{}", policy("podSelector: {matchLabels: {app: books}}, policyTypes: [Ingress]"))
            },
            "error[policy-of-others]",
            "keep `service.books` in the stage `off` until its rules say who may call",
            |world, stream| {
                world.edit("hedgerow.yaml", "stage: audit", "stage: off");
                stream
            },
        ),
        case(
            BOOKS,
            |_| {
                format!(
                    "{WORKLOAD}---\napiVersion: v1\nkind: Service\nmetadata: {{name: books}}\nspec: {{type: NodePort, selector: {{app: books}}, ports: [{{port: 8080}}]}}\n"
                )
            },
            "error[outside-not-allowed]",
            "add an `allow` entry to the service.yaml of `service.books`",
            |world, stream| {
                world.write("service.books/service.yaml", "allow: [{from: {cidr: 10.0.0.0/8}}]\n");
                stream
            },
        ),
        case(
            BOOKS,
            |_| {
                format!(
                    "{WORKLOAD}---\napiVersion: v1\nkind: Service\nmetadata: {{name: books}}\nspec: {{selector: {{app: books}}, ports: [{{port: 80, targetPort: 9090}}]}}\n"
                )
            },
            "error[port-mismatch]",
            "declare the container's port under `ports` in the service.yaml of `service.books`",
            |world, stream| {
                world.write(
                    "service.books/service.yaml",
                    "ports: [{name: http, port: 8080}, {name: web, port: 9090}]\n",
                );
                stream.replace("containerPort: 8080}", "containerPort: 8080}, {name: web, containerPort: 9090}")
            },
        ),
        case(
            BOOKS,
            |_| {
                format!(
                    "{WORKLOAD}---\napiVersion: v1\nkind: Service\nmetadata: {{name: books}}\nspec: {{selector: {{app: books}}, ports: [{{port: 80, targetPort: 9090}}]}}\n"
                )
            },
            "error[port-mismatch]",
            "or lead the Service there",
            |_, stream| stream.replace("targetPort: 9090", "targetPort: 8080"),
        ),
    ]);
}
