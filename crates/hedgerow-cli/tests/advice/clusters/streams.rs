//! The advice on what stands beside workloads in a stream.

use super::{case, follow, policy};

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
            "policies add up: remove this one, and say by rules of the callers or `allow` entries",
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
