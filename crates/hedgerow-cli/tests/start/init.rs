//! `hedgerow init` on trees of the shapes that people have.

use crate::common::{Command, tree};
use hedgerow_cli::Exit;
use std::path::Path;

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: NAME}\nspec:\n  template:\n    spec:\n      containers:\n      - name: main\n        image: x\n        ports: [{name: http, containerPort: PORT}]\n";

pub(crate) fn manifest(name: &str, port: &str) -> String {
    DEPLOYMENT.replace("NAME", name).replace("PORT", port)
}

pub(crate) fn deployment(name: &str, port: &str) -> Vec<u8> {
    manifest(name, port).into_bytes()
}

/// What is written, after it was seen that `check` finds nothing wrong with it.
#[track_caller]
pub(crate) fn proposed(root: &Path, arguments: &str) -> String {
    let ran = Command::new(root, &format!("init --domain bank.example {arguments}")).run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let text = std::fs::read_to_string(root.join("hedgerow.yaml")).unwrap();
    let check = Command::new(root, "check").run();
    assert_eq!(check.exit, Exit::Done, "{text}\n{}{}", check.out(), check.stderr);
    // Rows say of both what is said where `--services` does not make the directories.
    text.replace(" (new)", " (not there yet)")
}

pub(crate) fn labels(root: &Path, service: &str, environment: &str) -> String {
    let ran = Command::new(root, &format!("labels {service} --env {environment}")).run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    ran.out().to_owned()
}

#[test]
fn overlays_give_environments_and_what_namespaces_are_called_there() {
    let files: &[(&str, &[u8])] = &[
        ("apps/cart/base/kustomization.yaml", b"resources: [deployment.yaml]\n"),
        ("apps/cart/base/deployment.yaml", &deployment("cart", "8080")),
        (
            "apps/cart/overlays/staging/kustomization.yaml",
            b"namespace: shop-staging\nresources: [../../base]\npatches: [{path: more.yaml}]\n",
        ),
        ("apps/cart/overlays/staging/more.yaml", &deployment("a-patch-is-no-workload", "1")),
        ("apps/cart/overlays/prod/kustomization.yaml", b"namespace: shop-prod\nresources: [../../base]\n"),
        ("apps/orders/base/deployment.yaml", &deployment("orders", "9090")),
        (".github/CODEOWNERS", b"* @all\n/apps/orders/ @money\n"),
    ];
    let root = tree(files);
    let text = proposed(root.path(), "--services");
    assert!(text.contains("    - \"apps/*\"\n"), "{text}");
    assert!(text.contains("  prod: {stage: off, namespaces: {shop: shop-prod}}\n"), "{text}");
    assert!(text.contains("  staging: {stage: off, namespaces: {shop: shop-staging}}\n"), "{text}");
    assert!(text.contains("    namespace: shop\n") && text.contains("namespaces: [shop]"), "{text}");
    assert!(!text.contains("a-patch"), "{text}");
    let own = std::fs::read_to_string(root.path().join("apps/orders/service.yaml")).unwrap();
    assert!(own.contains("owner: \"@money\"\nports:\n  - {name: http, port: 9090}\n"), "{own}");
    assert!(labels(root.path(), "cart", "staging").contains("bank.example/routing-name=cart"));
}

#[test]
fn an_umbrella_chart_gives_its_charts() {
    let root = tree(&[
        ("shop/Chart.yaml", b"apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies: [{name: cart, version: 1.0.0}, {name: orders, version: 1.0.0}]\n"),
        ("shop/values-staging.yaml", b"{}\n"),
        ("shop/values-prod.yaml", b"{}\n"),
        ("shop/charts/cart/Chart.yaml", b"apiVersion: v2\nname: cart\nversion: 1.0.0\n"),
        ("shop/charts/cart/templates/deployment.yaml", b"kind: Deployment\nmetadata: {name: {{ .Release.Name }}}\nspec:\n  template:\n    spec:\n      containers:\n      - ports:\n        - containerPort: 8080 # http\n"),
        ("shop/charts/orders/Chart.yaml", b"apiVersion: v2\nname: orders\nversion: 1.0.0\n"),
        ("shop/charts/orders/templates/deployment.yaml", b"containers: []\n"),
        ("shop/charts/common/Chart.yaml", b"apiVersion: v2\nname: common\nversion: 1.0.0\ntype: library\n"),
        ("services/cart/main.go", b"package main\n"),
    ]);
    let text = proposed(root.path(), "--services");
    assert!(
        text.contains("# 2 services:\n#   cart: services/cart; shop/charts/cart/Chart.yaml; ports 8080\n"),
        "{text}"
    );
    assert!(text.contains("  prod: {stage: off}\n  staging: {stage: off}\n"), "{text}");
    assert!(text.contains("- \"shop/charts/orders\"\n"), "{text}");
}

#[test]
fn no_service_of_a_compose_file_is_lost_in_silence() {
    let root = tree(&[
        (
            "compose.yml",
            b"services:\n  cart: {image: x}\n  pmm_client: {image: y}\n  Mail: {image: z}\n  'a/b': {image: z}\n",
        ),
        ("tests/compose.yml", b"services:\n  cart: {image: x}\n  keycloak: {image: k}\n"),
    ]);
    let text = proposed(root.path(), "--services");
    for line in ["# 3 services:\n", "#   cart: ", "#   mail: ", "#   pmm-client: "] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let words: Vec<_> = text.split_whitespace().filter(|word| *word != "#").collect();
    let words = words.join(" ");
    assert!(words.contains("only in compose files of tests, and not proposed: keycloak"), "{text}");
    assert!(words.contains("names in compose files that a service cannot have, and not proposed: a/b"), "{text}");
}

#[test]
fn a_compose_tree_gives_its_services_where_nothing_else_does() {
    let root = tree(&[
        ("docker-compose.yml", b"services:\n  cart: {build: ./cart, ports: ['8080:80', {target: 53, protocol: udp}]}\n  db: {image: postgres, expose: ['5432']}\n"),
        ("cart/Dockerfile", b"FROM scratch\n"),
    ]);
    let text = proposed(root.path(), "--services");
    assert!(text.contains("#   cart: cart; docker-compose.yml; ports 53/UDP 80\n"), "{text}");
    assert!(text.contains("#   db: hedgerow/db (not there yet); docker-compose.yml; ports 5432\n"), "{text}");
    let own = std::fs::read_to_string(root.path().join("cart/service.yaml")).unwrap();
    assert!(own.contains("  - {port: 53, protocol: UDP}\n  - {port: 80}\n"), "{own}");
}

#[test]
fn whatever_the_renderer_knows_to_make_pods_is_a_service() {
    let pod = "spec: {containers: [{name: main, image: x, ports: [{containerPort: 7000}]}]}";
    let object = |kind: &str, group: &str, name: &str, spec: &str| {
        format!("apiVersion: {group}/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\nspec: {spec}\n")
            .into_bytes()
    };
    let root = tree(&[
        ("a/job.yaml", &object("Job", "batch", "statements", &format!("{{template: {{{pod}}}}}"))),
        (
            "a/night.yaml",
            &object("CronJob", "batch", "nightly", &format!("{{jobTemplate: {{spec: {{template: {{{pod}}}}}}}}}")),
        ),
        (
            "a/rays.yaml",
            &object("RayCluster", "ray.io", "model", &format!("{{workerGroupSpecs: [{{}}, {{template: {{{pod}}}}}]}}")),
        ),
        (
            "a/torch.yaml",
            &object(
                "PyTorchJob",
                "kubeflow.org",
                "train",
                &format!("{{pytorchReplicaSpecs: {{Master: {{template: {{{pod}}}}}}}}}"),
            ),
        ),
        // A kind of the same name that is none of Kubernetes, a patch, and a template that is no pod's.
        ("a/other.yaml", &object("Job", "nomad.example", "elsewhere", &format!("{{template: {{{pod}}}}}"))),
        ("a/patch.yaml", &object("Job", "batch", "patch", "{template: {metadata: {labels: {a: b}}}}")),
        ("a/secret.yaml", &object("SealedSecret", "bitnami.com", "secret", &format!("{{template: {{{pod}}}}}"))),
        ("node_modules/x.yaml", &deployment("brought", "1")),
        ("third_party/x.yaml", &deployment("foreign", "1")),
    ]);
    let text = proposed(root.path(), "");
    for name in ["statements", "nightly", "model", "train"] {
        assert!(text.contains(&format!("#   {name}: ")) && text.contains("ports 7000"), "{name}: {text}");
    }
    for name in ["elsewhere", "patch:", "secret:", "brought", "foreign"] {
        assert!(!text.contains(&format!("#   {name}")), "{name}: {text}");
    }
}

#[test]
fn applications_of_argo_cd_give_namespaces() {
    let root = tree(&[
        ("apps/prod/cart.yaml", b"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: cart}\nspec: {destination: {namespace: shop}, source: {path: manifests/cart}}\n"),
        ("apps/staging/cart.yaml", b"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: cart}\nspec: {destination: {namespace: shop-staging}, source: {path: manifests/cart}}\n"),
        ("manifests/cart/deployment.yaml", &deployment("cart", "8080")),
        // The manifest is in the way of ours.
        ("manifests/orders/service.yaml", b"apiVersion: v1\nkind: Service\nmetadata: {name: orders}\n"),
        ("manifests/orders/deployment.yaml", &deployment("orders", "8080")),
    ]);
    let text = proposed(root.path(), "--services");
    assert!(text.contains("#   orders: hedgerow/orders (not there yet)"), "{text}");
    assert!(text.contains("  staging: {stage: off, namespaces: {shop: shop-staging}}\n"), "{text}");
    assert!(text.contains("  prod: {stage: off}\n"), "{text}");
}

#[test]
fn code_elsewhere_is_named_for_the_scan() {
    let root = tree(&[
        ("charts/cart/Chart.yaml", b"name: cart\nversion: 1.0.0\n"),
        ("charts/cart/templates/deployment.yaml", b"containers: []\n"),
        ("charts/orders/Chart.yaml", b"name: orders\nversion: 1.0.0\n"),
        ("charts/orders/templates/deployment.yaml", b"containers: []\n"),
        ("code/cart/service.yaml", b"apiVersion: v1\nkind: Service\n"),
        ("code/cart/main.go", b"package main\n"),
        ("code/orders/service.yaml", b"apiVersion: v1\nkind: Service\n"),
        ("code/orders/main.go", b"package main\n"),
    ]);
    let text = proposed(root.path(), "");
    assert!(text.contains("scan:\n  services:\n    - {path: \"code/{name}\"}\n"), "{text}");
}

#[test]
fn nothing_is_written_over() {
    let root = tree(&[
        ("a/deployment.yaml", &deployment("a", "1")),
        ("a/service.yaml", b"owner: me\n"),
        ("b/deployment.yaml", &deployment("b", "1")),
    ]);
    let ran = Command::new(root.path(), "init --services").run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    assert!(ran.stderr.contains("and 1 service.yaml file; 1 file there already"), "{}", ran.stderr);
    assert_eq!(std::fs::read(root.path().join("a/service.yaml")).unwrap(), b"owner: me\n");
    let before = std::fs::read(root.path().join("hedgerow.yaml")).unwrap();
    let again = Command::new(root.path(), "init --services").run();
    assert_eq!(again.exit, Exit::BadInput);
    assert_eq!(std::fs::read(root.path().join("hedgerow.yaml")).unwrap(), before);
    let dry = Command::new(root.path(), "init --dry-run --services").run();
    assert_eq!(dry.exit, Exit::Done);
    assert!(
        dry.out().starts_with("--- hedgerow.yaml\n") && dry.out().contains("--- b/service.yaml\n"),
        "{}",
        dry.out()
    );
}

#[test]
fn an_odd_tree_gives_a_file_that_can_be_read() {
    let root = tree(&[
        ("x/deployment.yaml", b"kind: Deployment\nmetadata: {name: \"UP per\"}\nspec: {template: {spec: {containers: [{ports: [{containerPort: 99999}, {containerPort: -1}, {}]}]}}}\n---\n{{ broken\n"),
        ("y/deployment.yaml", b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: y}\nspec: {template: {spec: {containers: [{ports: [{containerPort: 80, name: NOT_A_NAME}, {containerPort: 81, name: http}, {containerPort: 82, name: http}, {containerPort: 80, protocol: UDP}]}]}}}\n"),
        ("z/compose.yaml", b"services: [a, b]\n"),
        ("z/Chart.yaml", b"name: [1]\n"),
        ("z/kustomization.yaml", b"\xff\xfe"),
        ("w/overlays/prod-eu/kustomization.yaml", b"namespace: Not_A_Namespace\n"),
    ]);
    let text = proposed(root.path(), "--services");
    assert!(text.contains("# 1 service:\n#   y: y; y/deployment.yaml; ports 80 80/UDP http=81 82\n"), "{text}");
    assert!(text.contains("  prod-eu: {stage: off}\n"), "{text}");
}

/// A row: a tree, what the proposal says, and what it does not say.
type Row<'r> = (&'r str, &'r [(&'r str, &'r str)], &'r [&'r str], &'r [&'r str]);

pub(crate) const NAMED: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ledger, namespace: NAMESPACE}\nspec: {template: {spec: {containers: [{name: a, image: x, ports: [{containerPort: PORT}]}]}}}\n";

#[test]
fn nothing_that_was_seen_is_lost_in_silence() {
    let of = |namespace: &str, port: &str| NAMED.replace("NAMESPACE", namespace).replace("PORT", port);
    let (bank, shop) = (of("bank", "1000"), of("shop", "2000"));
    let (staging, prod) = (of("bank-staging", "1000"), of("bank-prod", "1000"));
    let plain = String::from_utf8(deployment("cart", "80")).unwrap();
    let templated = "kind: Deployment\nmetadata: {name: {{ .Release.Name }}}\nspec:\n  template:\n    spec:\n      containers:\n      - ports:\n        - containerPort: 80\n".to_owned();
    let dev = of("books", "1000");
    let rows: &[Row<'_>] = &[
        (
            "one name in two namespaces is two services",
            &[
                ("a/bank.yaml", &bank),
                ("a/shop.yaml", &shop),
                ("b/cart.yaml", &of("bank", "80").replace("ledger", "cart")),
            ],
            &[
                "#   ledger: hedgerow/ledger (not there yet); a/bank.yaml; ports 1000\n",
                "#   shop.ledger: hedgerow/shop.ledger (not there yet); a/shop.yaml; ports 2000; namespace shop\n",
                "proposed as `ledger` and `shop.ledger`; deploy each with `--service`",
                "namespaces: [bank, shop] ",
            ],
            &["ports 1000 2000"],
        ),
        (
            "one name in a namespace of each environment is one service",
            &[("a/one.yaml", &staging), ("a/two.yaml", &prod)],
            &[
                "# 1 service:\n",
                "prod: {stage: off, namespaces: {bank: bank-prod}}",
                "namespaces: {bank: bank-staging}",
            ],
            &["proposed as"],
        ),
        (
            "the namespace of an only manifest is its own, wherever that lies",
            &[
                ("examples/dev/ledger.yaml", &dev),
                ("a/bank.yaml", &bank.replace("ledger", "cart")),
                ("a/b.yaml", &bank.replace("ledger", "tax")),
            ],
            &["#   ledger: hedgerow/ledger (not there yet); examples/dev/ledger.yaml; ports 1000; namespace books\n"],
            &["#   ledger: hedgerow/ledger (not there yet); examples/dev/ledger.yaml; ports 1000\n"],
        ),
        (
            "what only compose files have is named",
            &[("compose.yaml", "services: {cart: {image: x}, mail: {image: y}}\n"), ("deploy/cart.yaml", &plain)],
            &["# 1 service:\n", "only in compose files, which no cluster runs, and not proposed: mail\n"],
            &["not proposed: cart"],
        ),
        (
            "a chart counts beside compose files",
            &[
                ("compose.yaml", "services: {cart: {image: x}, mail: {image: y}}\n"),
                ("cart/chart/Chart.yaml", "name: cart\nversion: 1.0.0\n"),
                ("cart/chart/templates/deployment.yaml", &templated),
                ("cart/chart/templates/redis-deployment.yaml", &templated),
                ("cart/chart/templates/tests/ping.yaml", &templated),
            ],
            &[
                "#   cart: cart; cart/chart/Chart.yaml; ports 80\n",
                "makes pods of more templates: redis\n",
                "not proposed: mail\n",
            ],
            &["ping"],
        ),
        (
            "charts of an umbrella are called as it calls them",
            &[
                (
                    "app/Chart.yaml",
                    "name: app\nversion: 1.0.0\ndependencies: [{name: shop-cart-chart, alias: cart, version: 1.0.0}]\n",
                ),
                ("cart/chart/Chart.yaml", "name: shop-cart-chart\nversion: 1.0.0\n"),
                ("cart/chart/templates/deployment.yaml", &templated),
            ],
            &["# 1 service:\n#   cart: cart; cart/chart/Chart.yaml; ports 80\n"],
            &["shop-cart-chart:", "#   app:"],
        ),
        (
            "releases of Helmfile",
            &[
                (
                    "helmfile.yaml",
                    "{{ if .x }}\nreleases:\n- {name: carts, namespace: shop, chart: ./cart/chart}\n- name: redis\n  namespace: {{ .Values.ns }}\n  chart: other/redis\n- name: \"{{ .x }}-y\"\n{{ end }}\n",
                ),
                ("cart/chart/Chart.yaml", "name: cart\nversion: 1.0.0\n"),
                ("cart/chart/templates/deployment.yaml", &templated),
                (
                    "services/tax/helmfile.yaml",
                    "releases: [{name: production, namespace: tax}, {name: canary, namespace: tax}]\n",
                ),
                ("services/fx/helmfile.yaml", "releases: [{name: production, namespace: fx}]\n"),
            ],
            &[
                "# 4 services:\n#   carts: hedgerow/carts (not there yet); cart/chart/Chart.yaml and 1 more; ports 80",
                "#   redis: ",
                "#   tax: services/tax; services/tax/helmfile.yaml; namespace tax\n",
                "called after their directories, since the releases are called after environments: fx, tax\n",
                "releases whose names are templates, and that are not proposed, in: helmfile.yaml\n",
            ],
            &["#   production", "#   cart:"],
        ),
        (
            "Flux: the nearest that deploys a file gives the namespace",
            &[
                ("apps/media/kustomization.yaml", "namespace: media\nresources: [plex, ledger]\n"),
                (
                    "apps/media/plex/release.yaml",
                    "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: plex}\nspec: {chart: {spec: {chart: plex}}}\n",
                ),
                ("apps/media/ledger/cart.yaml", &plain),
                (
                    "flux/ledger.yaml",
                    "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: ledger}\nspec: {path: ./apps/media/ledger, targetNamespace: bank}\n",
                ),
                (
                    "flux/other.yaml",
                    "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: other}\nspec: {path: ./elsewhere}\n",
                ),
            ],
            &[
                "#   plex: apps/media/plex; apps/media/plex/release.yaml",
                "namespaces: [bank, media] ",
                "applications whose workloads are not in this tree: other\n",
            ],
            &["default is a guess"],
        ),
        (
            "Argo CD: charts of others, sets, and applications of applications",
            &[
                (
                    "root.yaml",
                    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: root}\nspec: {destination: {namespace: argocd}, source: {path: apps}}\n",
                ),
                (
                    "apps/nginx.yaml",
                    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: nginx}\nspec: {destination: {namespace: edge}, sources: [{chart: nginx}]}\n",
                ),
                (
                    "apps/far.yaml",
                    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: far}\nspec: {destination: {namespace: far, server: \"{{ .x }}\"}, source: {path: far}}\n",
                ),
                (
                    "set.yaml",
                    "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all}\nspec: {generators: [{git: {directories: [{path: run/*}, {path: run/out, exclude: true}]}}], template: {spec: {destination: {namespace: \"{{.path.basename}}\"}}}}\n",
                ),
                (
                    "odd.yaml",
                    "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: odd}\nspec: {generators: [{list: {}}], template: {spec: {destination: {namespace: \"{{ns}}\"}}}}\n",
                ),
                ("run/tax/Chart.yaml", "name: tax\nversion: 1.0.0\ndependencies: [{name: other}]\n"),
                ("run/out/Chart.yaml", "name: out\nversion: 1.0.0\ndependencies: [{name: other}]\n"),
            ],
            &[
                "#   nginx: hedgerow/nginx (not there yet); apps/nginx.yaml; namespace edge\n",
                "namespaces: [edge, tax] ",
                "#   out: run/out; run/out/Chart.yaml\n",
                "applications whose workloads are not in this tree: far\n",
                "the ApplicationSet odd (odd.yaml) is not understood",
            ],
            &["ApplicationSet all"],
        ),
        (
            "one chart of a whole application",
            &[
                ("chart/Chart.yaml", "name: app\nversion: 1.0.0\n"),
                ("chart/templates/web-deployment.yaml", &templated),
                ("chart/templates/deployment_api.yaml", &templated),
                ("chart/templates/_part.yaml", &templated),
            ],
            &[
                "# 2 services:\n#   api: ",
                "#   web: ",
                "`helm template` shows the names: api, web\n",
                "`default` is a guess",
            ],
            &["_part"],
        ),
        (
            "tests, Java's packages, and sources of other tools",
            &[
                ("tests/e2e.yaml", &plain),
                ("deploy/tax.yaml", &plain.replace("name: cart", "name: tax")),
                ("deploy/fx.yaml", &plain.replace("name: cart", "name: fx")),
                ("tax/pom.xml", "<project/>"),
                ("tax/src/main/java/bank/fx/Fx.java", "class Fx {}"),
                ("shared/src/main/java/bank/cost/Cost.java", "class Cost {}"),
                ("deploy/cost.yaml", &plain.replace("name: cart", "name: cost")),
                ("lib/all.jsonnet", "{}"),
            ],
            &[
                "only in directories of tests, and not proposed: cart\n",
                "#   fx: hedgerow/fx (not there yet)",
                "#   cost: hedgerow/cost (not there yet)",
                "not read: 1 .jsonnet;",
            ],
            &["java/bank"],
        ),
        (
            "two words for one environment, and parts of one",
            &[
                ("deploy/cart.yaml", &plain),
                ("overlays/production/kustomization.yaml", "namespace: live\n"),
                ("overlays/production-jobs/kustomization.yaml", "resources: []\n"),
                ("chart/values-prod.yaml", "{}\n"),
            ],
            &[
                "  production: {stage: off",
                "environments, or parts of the one that they are called after: production-jobs\n",
            ],
            &["  prod: "],
        ),
    ];
    let mut wrong = Vec::new();
    for (what, files, said, unsaid) in rows {
        let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
        let root = tree(&files);
        let text = proposed(root.path(), "--services");
        // Long sentences are wrapped.
        let flat = text.replace("\n#     ", " ");
        wrong.extend(
            said.iter().filter(|said| !flat.contains(**said)).map(|said| format!("{what}: no `{said}` in\n{flat}")),
        );
        wrong.extend(
            unsaid.iter().filter(|said| flat.contains(**said)).map(|said| format!("{what}: `{said}` in\n{flat}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_service_of_a_namespace_of_its_own_is_deployed_by_name() {
    let of = |namespace: &str| NAMED.replace("NAMESPACE", namespace).replace("PORT", "1000").into_bytes();
    let root = tree(&[("a/bank.yaml", &of("bank")), ("a/shop.yaml", &of("shop"))]);
    proposed(root.path(), "--services");
    let own = std::fs::read_to_string(root.path().join("hedgerow/shop.ledger/service.yaml")).unwrap();
    assert!(own.contains("namespace: shop\nworkloads: [\"*/ledger\"]\n"), "{own}");
    let ran = Command::new(root.path(), "post-render --service shop.ledger --env prod").stdin(of("shop")).run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    assert!(ran.out().contains("\"bank.example/routing-name\": \"shop.ledger\""), "{}", ran.out());
}

#[test]
fn a_tree_without_anything_says_so() {
    let root = tree(&[("cmd/server/main.go", b"package main\n"), ("deploy/app.yaml.j2", b"kind: Deployment\n")]);
    let ran = Command::new(root.path(), "init --dry-run").run();
    assert!(ran.out().contains("saw nothing that deploys.\n# 0 services.\n# Look at these:\n"), "{}", ran.out());
    assert!(ran.out().contains("1 .j2; render them"), "{}", ran.out());
}

#[test]
fn where_it_stopped_to_look_is_said() {
    let deep = format!("{}/deployment.yaml", vec!["d"; 18].join("/"));
    let root = tree(&[("a/deployment.yaml", &deployment("a", "80")), (deep.as_str(), &deployment("deep", "80"))]);
    let ran = Command::new(root.path(), "init").run();
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let (first, at) = ("Not everything was seen: `", vec!["d"; 17].join("/"));
    let said = format!("{first}{at}` was not looked at: it is 17 directories deep. Run it in a directory below.");
    let text = std::fs::read_to_string(root.path().join("hedgerow.yaml")).unwrap();
    assert!(ran.stderr.contains(&said) && text.contains(&format!("# {said}\n")), "{}{text}", ran.stderr);
    let shallow = tree(&[("a/deployment.yaml", &deployment("a", "80"))]);
    let ran = Command::new(shallow.path(), "init").run();
    assert!(!ran.stderr.contains("Not everything"), "{}", ran.stderr);
}
