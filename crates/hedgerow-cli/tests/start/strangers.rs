//! `hedgerow init` on trees of the kinds that strangers bring: each row is cut from a public repository.

use crate::common::{Command, tree};
use crate::init::proposed;

/// What a row is about, its files, what is said, and what is not.
type Row<'r> = (&'r str, &'r [(&'r str, &'r str)], &'r [&'r str], &'r [&'r str]);

fn deployment(name: &str, labels: &str, image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{template: {{metadata: {{labels: {{{labels}}}}}, spec: {{containers: [{{name: a, image: {image}}}]}}}}}}\n"
    )
}

fn service(name: &str, selector: &str) -> String {
    format!("---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{selector: {{{selector}}}}}\n")
}

fn release(name: &str, namespace: &str) -> String {
    format!(
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{chart: {{spec: {{chart: {name}}}}}}}\n"
    )
}

pub(crate) fn check(rows: &[Row<'_>]) {
    let mut wrong = Vec::new();
    for (what, files, said, unsaid) in rows {
        let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
        for arguments in ["", "--services"] {
            let root = tree(&files);
            let flat = proposed(root.path(), arguments).replace("\n#     ", " ");
            let lost = said.iter().filter(|said| !flat.contains(**said));
            wrong.extend(lost.map(|said| format!("{what} {arguments}: no `{said}` in\n{flat}")));
            let shown = unsaid.iter().filter(|said| flat.contains(**said));
            wrong.extend(shown.map(|said| format!("{what} {arguments}: `{said}` in\n{flat}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_template_says_its_name_better_than_its_file() {
    let of = |name: &str| {
        format!(
            "kind: Deployment\nmetadata:\n  name: {name}\nspec:\n  template:\n    spec:\n      containers:\n      - ports:\n        - containerPort: 9000\n"
        )
    };
    let printed = format!(
        "{{{{ $part := \"hat\" }}}}\n---\n{}",
        of("{{ printf \"%s-%s\" (include \"head.fullname\" .) $part }}")
    );
    let joined = of("{{ include \"head.fullname\" . }}-arm");
    let plain = of("{{ .Release.Name }}");
    let named = of("{{ include \"head.fullname\" . }}");
    let literal = deployment("head-hat", "a: b", "x");
    let other = deployment("head-arm", "a: b", "x");
    let chart = ("chart/Chart.yaml", "name: head\nversion: 1.0.0\n");
    let (hat, arm) = ("chart/templates/deployment-hat.yaml", "chart/templates/deployment-arm.yaml");
    check(&[
        (
            "manifests have the whole names",
            &[
                chart,
                (hat, &printed),
                (arm, &joined),
                ("k8s/hat.yaml", &literal),
                ("k8s/arm.yaml", &other),
                ("images/hat/a.png", ""),
            ],
            &["# 2 services:\n", "#   head-arm: hedgerow/head-arm", "#   head-hat: hedgerow/head-hat"],
            &["#   hat:", "images"],
        ),
        (
            "only the chart has them",
            &[chart, (hat, &printed), (arm, &joined)],
            &["# 2 services:\n", "#   head-arm: ", "#   head-hat: ", "shows the names: head-arm, head-hat"],
            &["#   hat:"],
        ),
        (
            "what says no more than the release leaves the name of the file",
            &[chart, (hat, &plain), (arm, &named)],
            &["# 2 services:\n", "#   arm: ", "#   hat: "],
            &["#   head"],
        ),
    ]);
}

#[test]
fn a_directory_without_code_is_no_services() {
    let web = deployment("web", "a: b", "x");
    check(&[
        (
            "pictures",
            &[("k8s/all.yaml", &web), ("assets/web/logo.png", "")],
            &["#   web: hedgerow/web (not there yet)"],
            &["assets"],
        ),
        (
            "texts",
            &[("k8s/all.yaml", &web), ("docs/web/page.md", "")],
            &["#   web: hedgerow/web (not there yet)"],
            &["docs/web"],
        ),
        ("settings", &[("k8s/all.yaml", &web), ("config/web/a.json", "{}")], &["#   web: hedgerow/web"], &["config"]),
        (
            "code",
            &[("k8s/all.yaml", &web), ("src/web/main.go", "package main\n"), ("assets/web/a.png", "")],
            &["#   web: src/web;"],
            &[],
        ),
        ("manifests", &[("apps/web/all.yaml", &web)], &["#   web: apps/web;"], &[]),
        (
            "our files",
            &[("k8s/all.yaml", &web), ("fleet/web/service.yaml", "owner: x\n")],
            &["#   web: fleet/web;"],
            &[],
        ),
    ]);
}

#[test]
fn what_a_kustomization_does_not_name_is_not_deployed() {
    let (base, patch) = (deployment("web", "a: b", "x"), deployment("web-main", "a: b", "x"));
    let kustomization = "resources: [../base]\n";
    check(&[
        (
            "a patch that is commented out",
            &[
                ("base/kustomization.yaml", "resources: [web.yaml]\n"),
                ("base/web.yaml", &base),
                ("overlay/kustomization.yaml", kustomization),
                ("overlay/patch.yaml", &patch),
            ],
            &[
                "# 1 service:\n#   web: ",
                "in overlay/patch.yaml, which the kustomization beside it does not name, and not proposed: web-main\n",
            ],
            &["#   web-main"],
        ),
        (
            "listed elsewhere",
            &[
                ("base/kustomization.yaml", "resources: [web.yaml]\n"),
                ("base/web.yaml", &base),
                ("base/more.yaml", &patch),
                ("all/kustomization.yaml", "resources: [../base/more.yaml]\n"),
            ],
            &["# 2 services:\n"],
            &["does not name"],
        ),
        (
            "without a list",
            &[("k/kustomization.yaml", "namespace: web\n"), ("k/web.yaml", &base)],
            &["#   web: "],
            &["does not name"],
        ),
    ]);
}

#[test]
fn code_is_found_behind_a_word_that_all_share() {
    let names = ["api-gateway", "vets-service", "visits-service"];
    let manifests: Vec<String> =
        names.iter().map(|name| deployment(name, "a: b", &format!("r.example/shop-cloud-{name}:1"))).collect();
    let all = manifests.join("---\n");
    let proxy = format!("{all}---\n{}", deployment("proxy", "a: b", "envoy:1"));
    let of = |form: &dyn Fn(&str) -> String| -> Vec<(String, String)> {
        names.iter().map(|name| (form(name), "<project/>".to_owned())).collect()
    };
    let tree_of = |files: &[(String, String)], manifest: &str| {
        let mut all: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (path.as_str(), text.as_bytes())).collect();
        all.push(("k8s/all.yaml", manifest.as_bytes()));
        let root = tree(&all);
        proposed(root.path(), "--services")
    };
    for (files, line) in [
        (of(&|name| format!("shop-{name}/pom.xml")), "    - {path: \"shop-{name}\"}\n"),
        (of(&|name| format!("src/{name}-app/pom.xml")), "    - {path: \"src/{name}-app\"}\n"),
        (of(&|name| format!("src/Shop.{name}/pom.xml")), "    - {path: \"src/Shop.{name}\"}\n"),
        (of(&|name| format!("shop-cloud-{name}/pom.xml")), "    - {path: \"shop-cloud-{name}\"}\n"),
        // One alone is found by its image.
        (
            vec![("shop-cloud-api-gateway/pom.xml".to_owned(), String::new())],
            "    - {path: \"shop-cloud-api-gateway\", name: api-gateway}\n",
        ),
    ] {
        for manifest in [&all, &proxy] {
            let text = tree_of(&files, manifest);
            assert!(text.contains(line), "{line}: {text}");
            assert!(!text.contains("no code was found"), "{text}");
        }
    }
    for files in [
        vec![("lib/pom.xml".to_owned(), String::new())],
        vec![("shopapi-gateway/pom.xml".to_owned(), String::new())],
        Vec::new(),
    ] {
        let text = tree_of(&files, &all);
        assert!(
            text.replace("\n#     ", " ").contains("no code was found for any of these services"),
            "{files:?}: {text}"
        );
    }
}

#[test]
fn an_app_host_is_seen() {
    let host = "var builder = DistributedApplication.CreateBuilder(args);\nvar redis = builder.AddRedis(\"redis\");\nvar basket = builder.AddProject<Projects.Basket_API>(\"basket-api\", \"http\")\n    .WithReference(redis);\nbuilder.AddYarp(\"mobile-bff\");\n";
    let sdk = "<Project Sdk=\"Aspire.AppHost.Sdk/13.1.0\"/>\n";
    let older = "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><IsAspireHost>true</IsAspireHost></PropertyGroup></Project>\n";
    let project = ("src/Basket.API/Basket.API.csproj", "<Project/>\n");
    for project_file in [sdk, older] {
        check(&[(
            "an AppHost",
            &[project, ("src/Host/Host.csproj", project_file), ("src/Host/Program.cs", host)],
            &[
                "saw 1 Aspire AppHost.\n# 2 services:\n#   basket-api: hedgerow/basket-api",
                "#   mobile-bff: ",
                "    - {path: \"src/Basket.API\", name: basket-api}\n",
                "resources of the AppHost that are no programs, and not proposed: redis\n",
            ],
            &["0 services", "#   redis"],
        )]);
    }
    check(&[(
        "no AppHost",
        &[project, ("src/Host/Host.csproj", "<Project/>"), ("src/Host/Program.cs", host)],
        &[],
        &["basket-api"],
    )]);
}

#[test]
fn a_service_that_selects_pods_of_two_workloads_is_told() {
    let (pay, fix) = (
        deployment("payment", "service: payment", "x"),
        deployment("payment-fix", "service: payment, stage: test", "x"),
    );
    let front = service("payment", "service: payment");
    let narrow = service("payment", "service: payment, stage: live");
    let told = "workloads whose pods another one's Service selects, too: payment-fix (by the Service payment)";
    check(&[
        ("both wear it", &[("a.yaml", &pay), ("b/fix.yaml", &fix), ("c.yaml", &front)], &[told], &[]),
        ("in one file", &[("a.yaml", &format!("{pay}{front}---\n{fix}"))], &[told], &[]),
        (
            "a selector of one",
            &[("a.yaml", &pay), ("b.yaml", &fix), ("c.yaml", &narrow)],
            &["# 2 services"],
            &["selects, too"],
        ),
        (
            "each its own",
            &[("a.yaml", &pay), ("b.yaml", &deployment("cart", "service: cart", "x")), ("c.yaml", &front)],
            &[],
            &["selects, too"],
        ),
        (
            "in another namespace",
            &[
                ("a.yaml", &pay.replace("{name: payment}", "{name: payment, namespace: x}")),
                ("b.yaml", &fix.replace("{name: payment-fix}", "{name: payment-fix, namespace: y}")),
                ("c.yaml", &front.replace("{name: payment}", "{name: payment, namespace: x}")),
            ],
            &[],
            &["selects, too"],
        ),
        (
            "called like none",
            &[("a.yaml", &pay), ("b.yaml", &fix), ("c.yaml", &service("pay", "service: payment"))],
            &[],
            &["selects, too"],
        ),
    ]);
}

#[test]
fn the_namespace_is_that_of_the_trees_own_workloads() {
    let (cert, gateway, info) =
        (release("cert-manager", "cert-manager"), release("gateway", "gateway-system"), release("info", "info"));
    let own = deployment("web", "a: b", "x").replace("{name: web}", "{name: web, namespace: shop}");
    let other = deployment("pay", "a: b", "x").replace("{name: pay}", "{name: pay, namespace: money}");
    let cart = deployment("cart", "a: b", "x").replace("{name: cart}", "{name: cart, namespace: shop}");
    check(&[
        (
            "charts of others alone",
            &[("a.yaml", &cert), ("b.yaml", &gateway), ("c.yaml", &info)],
            &[
                "    namespace: default\n",
                "no namespace is that of most services of this tree's own; `default` is a guess",
            ],
            &["    namespace: cert-manager\n"],
        ),
        (
            "one of the tree's own",
            &[("a.yaml", &cert), ("b.yaml", &gateway), ("c.yaml", &own)],
            &["    namespace: shop\n"],
            &[],
        ),
        (
            "more charts than own",
            &[
                ("a.yaml", &cert),
                ("b.yaml", &release("trust", "cert-manager")),
                ("d.yaml", &other),
                ("c.yaml", &own),
                ("e.yaml", &cart),
            ],
            &["    namespace: shop\n"],
            &[],
        ),
        (
            "one for all",
            &[("a.yaml", &cert), ("b.yaml", &release("trust", "cert-manager"))],
            &["    namespace: cert-manager\n"],
            &[],
        ),
    ]);
}

#[test]
fn directories_and_rules_that_are_there_are_counted() {
    check(&[
        (
            "directories and rules",
            &[("service.a/main.go", "package main\n"), ("service.b/egress/service.a.rule", "")],
            &["# 2 services:\n#   service.a: service.a\n#   service.b: service.b\n", "    - \"service.*\"\n"],
            &["0 services"],
        ),
        (
            "directories alone",
            &[("service.a/x.txt", ""), ("service.b/x.txt", "")],
            &["# 2 services:\n"],
            &["0 services"],
        ),
        (
            "rules alone",
            &[("apps/a/x.txt", ""), ("apps/b/egress/a.rule", "")],
            &["# 2 services:\n#   a: apps/a\n#   b: apps/b\n"],
            &["0 services"],
        ),
    ]);
    let root = tree(&[("x/a.txt", b"")]);
    assert!(Command::new(root.path(), "init --dry-run").run().out().contains("# 0 services.\n"));
}

#[test]
fn a_word_for_a_kind_is_no_part_of_a_service_s_name() {
    let orders = deployment("orders-deploy", "app: o", "shop/orders") + &service("orders", "app: o");
    let users = deployment("users-deployment", "app: users", "shop/users");
    let both = deployment("cards-dep", "app: c", "shop/cards") + &service("cards", "app: c");
    let cards = deployment("cards", "app: d", "shop/cards2");
    let other = deployment("ready-to-deploy", "app: r", "x") + &service("front", "app: r");
    check(&[
        (
            "a Service or a label has the name",
            &[
                ("k8s/a.yaml", &orders),
                ("k8s/b.yaml", &users),
                ("orders/main.py", "import os\n"),
                ("orders/Dockerfile", ""),
            ],
            &[
                "# 2 services:\n#   orders: orders; k8s/a.yaml\n#   users: ",
                "    orders: [orders-deploy]\n    users: [users-deployment]\n",
            ],
            &["orders-deploy:", "users-deployment:"],
        ),
        (
            "another workload has it, or nothing else calls it so",
            &[("k8s/a.yaml", &both), ("k8s/b.yaml", &cards), ("k8s/c.yaml", &other)],
            &["#   cards: ", "#   cards-dep: ", "#   ready-to-deploy: "],
            &["aliases"],
        ),
    ]);
    let root = tree(&[("k8s/a.yaml", orders.as_bytes()), ("orders/main.py", b"import os\n")]);
    proposed(root.path(), "--services");
    let text = std::fs::read_to_string(root.path().join("orders/service.yaml")).expect("it is written");
    assert!(text.contains("workloads: [\"*/orders-deploy\"]"), "{text}");
}
