//! The advice of `verify`.

use super::{World, calico, case, follow, pod, policy, without};

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
            "deploy `service.cart` again: Pod default/cart lacks `bank.example/egress-s-books`",
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
