//! Pods that reach containers of compose files by ports of the machine that both run on.

use crate::here::rows;

const READS: &str = "-- service.shop/main.py\nimport os, requests\nrequests.get(os.environ['UPSTREAM'] + '/x')\n";

/// A pod of the shop that gets the variables of a map, and what compose says; `more` are manifests, `spec` is said of the pod.
fn tree(code: &str, data: &str, (spec, more): (&str, &str), compose: &str) -> String {
    format!(
        "-- hedgerow.yaml\nscan: {{}}\n{code}-- service.ledger/x.txt\n-- service.cart/x.txt\n-- k8s/all.yaml\nkind: ConfigMap\n\
         metadata: {{name: common}}\ndata: {{{data}}}\n---\nkind: Deployment\nmetadata: {{name: s-shop}}\nspec:\n  template:\n    spec:\n{spec}\
         \x20     containers: [{{name: main, image: x/shop, envFrom: [{{configMapRef: {{name: common}}}}]}}]\n{more}{compose}"
    )
}

fn compose(services: &str) -> String {
    format!("-- docker-compose.yml\nservices:\n{services}")
}

const LEDGER: &str = "  s-ledger: {image: y, ports: ['5441:5432']}\n";
const JOINED: &[&str] = &["shop -> ledger joined"];
const MAY: &[&str] = &["shop -> ledger wildcard", "unresolved-call shop ->"];
const NONE: &[&str] = &[];

#[test]
fn pods_reach_containers_by_ports_of_the_machine() {
    let at = |data: &str| tree(READS, data, ("", ""), &compose(LEDGER));
    for host in [
        "host.docker.internal",
        "Host.Docker.Internal",
        "gateway.docker.internal",
        "host.minikube.internal",
        "host.k3d.internal",
        "host.lima.internal",
        "host.containers.internal",
        "172.17.0.1",
    ] {
        rows(&[(host, at(&format!("UPSTREAM: 'http://{host}:5441'")), JOINED)]);
    }
    // Of this machine's ports, those that a service has itself are asked about.
    let asked: &[&str] = &["shop -> ledger candidate", "unexplained-mention shop -> ledger"];
    rows(&[
        ("another port", at("UPSTREAM: 'http://host.docker.internal:5442'"), NONE),
        ("its own port", at("UPSTREAM: 'http://host.docker.internal:5432'"), asked),
        ("the pod itself", at("UPSTREAM: 'http://localhost:5441'"), asked),
        ("somebody else's", at("UPSTREAM: 'http://host.example.com:5441'"), NONE),
    ]);
}

#[test]
fn a_port_of_several_is_a_question() {
    let url = "UPSTREAM: 'http://host.docker.internal:5441'";
    let at = |more: &str, services: &str| tree(READS, url, ("", more), &compose(services));
    let twice: &[&str] = &["shop -> cart wildcard", "shop -> ledger wildcard", "unresolved-call shop ->"];
    let served = |kind: &str, ports: &str| {
        format!(
            "---\nkind: Deployment\nmetadata: {{name: s-cart}}\nspec: {{template: {{metadata: {{labels: {{app: c}}}}, spec: {{containers: [{{name: \
             main, image: x/cart}}]}}}}}}\n---\nkind: Service\nmetadata: {{name: s-cart}}\nspec: {{type: {kind}, selector: {{app: c}}, ports: \
             [{ports}]}}\n"
        )
    };
    let node = served("NodePort", "{port: 80, nodePort: 5441}");
    rows(&[
        ("of one file", at("", &format!("{LEDGER}  s-cart: {{image: z, ports: ['5441:80']}}\n")), twice),
        (
            "of two projects",
            at(
                "",
                &format!("{LEDGER}-- b/docker-compose.yml\nservices: {{s-cart: {{image: z, ports: ['5441:80']}}}}\n"),
            ),
            twice,
        ),
        (
            "one in two projects",
            at(
                "",
                &format!(
                    "{LEDGER}-- b/docker-compose.yml\nservices: {{s-ledger: {{image: y, ports: ['5441:5432']}}}}\n"
                ),
            ),
            JOINED,
        ),
        ("a node's port besides", at(&node, LEDGER), twice),
        ("another port of a node", at(&served("NodePort", "{port: 80, nodePort: 5442}"), LEDGER), JOINED),
        ("inside of the cluster", at(&served("ClusterIP", "{port: 5441}"), LEDGER), JOINED),
        // Docker Desktop hands these on, and Docker on Linux does not.
        ("of the machine alone", at("", "  s-ledger: {image: y, ports: ['127.0.0.1:5441:5432']}\n"), MAY),
    ]);
    let cart: &[&str] = &["shop -> cart wildcard", "unresolved-call shop ->"];
    rows(&[
        ("only a node's port", at(&node, "  s-ledger: {image: y}\n"), cart),
        ("a balancer's", at(&served("LoadBalancer", "{port: 5441}"), "  s-ledger: {image: y}\n"), cart),
        (
            "a port of the machine",
            at(
                "---\nkind: Deployment\nmetadata: {name: s-cart}\nspec: {template: {spec: {containers: [{name: main, image: x/cart, ports: \
                 [{containerPort: 80, hostPort: 5441}]}]}}}\n",
                "  s-ledger: {image: y}\n",
            ),
            cart,
        ),
    ]);
}

#[test]
fn services_and_aliases_are_other_names_of_the_machine() {
    let named = |host: &str, kind: &str| {
        let service = format!(
            "---\nkind: Service\nmetadata: {{name: books, namespace: bank}}\nspec: {{type: ExternalName, externalName: {kind}}}\n"
        );
        tree(READS, &format!("UPSTREAM: 'http://{host}:5441'"), ("", &service), &compose(LEDGER))
    };
    let aliased = |ip: &str| {
        let spec = format!("      hostAliases: [{{ip: {ip}, hostnames: [Books.local]}}]\n");
        tree(READS, "UPSTREAM: 'http://books.local:5441'", (&spec, ""), &compose(LEDGER))
    };
    rows(&[
        ("a name", named("books", "host.docker.internal"), JOINED),
        ("with its namespace", named("books.bank", "host.docker.internal"), JOINED),
        ("in full", named("books.bank.svc.cluster.local", "host.minikube.internal"), JOINED),
        ("of another namespace", named("books.other", "host.docker.internal"), NONE),
        ("of somebody else", named("books", "books.example.com"), NONE),
        ("an alias", aliased("172.17.0.1"), JOINED),
        ("of another machine", aliased("10.0.0.1"), NONE),
    ]);
}

#[test]
fn an_address_of_the_machine_that_nobody_is_seen_to_ask_for_is_a_question() {
    let idle = "-- service.shop/main.py\nprint('x')\n";
    let reads = "-- service.shop/main.js\nimport vendor from 'vendor';\nvendor.open(process.env.DATABASE_URL);\n";
    let url = "DATABASE_URL: 'postgresql://a:b@host.docker.internal:5441/books'";
    let twice = format!("{LEDGER}  s-cart: {{image: z, ports: ['5441:80']}}\n");
    let both: &[&str] = &[
        "shop -> cart candidate",
        "shop -> ledger candidate",
        "unexplained-mention shop -> cart",
        "unexplained-mention shop -> ledger",
    ];
    let at = |code: &str, services: &str| tree(code, url, ("", ""), &compose(services));
    rows(&[
        ("one", at(idle, LEDGER), &["shop -> ledger addressed"]),
        ("one, by a library that nobody knows", at(reads, LEDGER), JOINED),
        ("several", at(idle, &twice), both),
        ("several, by a library that nobody knows", at(reads, &twice), both),
        (
            "of the machine alone",
            at(idle, "  s-ledger: {image: y, ports: ['127.0.0.1:5441:5432']}\n"),
            &["shop -> ledger candidate", "unexplained-mention shop -> ledger"],
        ),
        ("nobody", at(idle, "  s-ledger: {image: y}\n"), NONE),
        ("one that browsers call", at(idle, &twice).replace("DATABASE_URL", "CORS_ALLOWED_ORIGIN"), NONE),
    ]);
    // A container is told by the files that it runs with, whatever others publish.
    let beside = "-- hedgerow.yaml\nscan: {}\n-- service.shop/x.txt\n-- service.ledger/x.txt\n-- service.cart/x.txt\n-- docker-compose.yml\nservices:\n  s-shop: \
                  {image: x, environment: {A: 'http://host.docker.internal:5441'}}\n";
    let other = "-- b/docker-compose.yml\nservices: {s-cart: {image: z, ports: ['5441:80']}}\n";
    rows(&[("a container", format!("{beside}{LEDGER}{other}"), &["shop -> ledger addressed"])]);
    // What a call of it says is not asked again.
    let asked: &[&str] = &["shop -> cart wildcard", "shop -> ledger wildcard", "unresolved-call shop ->"];
    rows(&[("a call", at(&READS.replace("UPSTREAM", "DATABASE_URL"), &twice), asked)]);
}
