//! Where `init` proposes services and their code, and which ports it gives them.

use crate::common::{Command, tree};
use crate::init::{NAMED, deployment, labels, proposed};
use hedgerow_cli::Exit;

/// A chart whose templates make pods of the service and of its data stores, as people write them.
fn chart_with_stores(directory: &str, name: &str) -> Vec<(String, String)> {
    let pods = |port: u16| {
        format!(
            "kind: Deployment\nmetadata: {{name: {{{{ .Release.Name }}}}}}\nspec:\n  template:\n    spec:\n      containers:\n      - ports:\n        - containerPort: {port}\n"
        )
    };
    let service = |port: u16| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {{{{ .Release.Name }}}}}}\nspec:\n  ports:\n  - port: 80\n    targetPort: {port}\n"
        )
    };
    vec![
        (format!("{directory}/Chart.yaml"), format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n")),
        (format!("{directory}/values.yaml"), "service:\n  targetPort: 8080\nmysql:\n  targetPort: 3307\n".to_owned()),
        (format!("{directory}/templates/deployment.yaml"), pods(8080)),
        (format!("{directory}/templates/service.yaml"), service(8081)),
        (format!("{directory}/templates/mysql-statefulset.yaml"), pods(3306)),
        (format!("{directory}/templates/mysql-service.yaml"), service(3308)),
        (format!("{directory}/templates/redis/deployment.yaml"), pods(6379)),
        (format!("{directory}/templates/redis/service.yaml"), service(6380)),
    ]
}

fn owned(files: &[(String, String)]) -> tempfile::TempDir {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (path.as_str(), text.as_bytes())).collect();
    tree(&files)
}

#[test]
fn the_ports_of_data_stores_are_not_the_services() {
    let mut files = chart_with_stores("charts/cart", "cart");
    files.push(("src/cart/server.ts".to_owned(), "export {}\n".to_owned()));
    let root = owned(&files);
    let text = proposed(root.path(), "--services");
    assert!(text.contains("#   cart: src/cart; charts/cart/Chart.yaml; ports 8080 8081\n"), "{text}");
    assert!(text.contains("makes pods of more templates: mysql"), "{text}");
}

/// One chart of a whole application: each of its services has the ports of its own templates.
#[test]
fn each_service_of_a_whole_chart_has_its_own_ports() {
    let pods = |port: &str| format!("spec:\n  containers:\n  - ports:\n    - containerPort: {port}\n");
    let files = [
        ("chart/Chart.yaml", "name: shop\nversion: 1.0.0\n".to_owned()),
        ("chart/templates/cart-deployment.yaml", pods("8080")),
        ("chart/templates/cart-db-statefulset.yaml", pods("5432")),
        ("chart/templates/cart-db-service.yaml", "spec:\n  ports:\n  - targetPort: 5433\n".to_owned()),
        ("chart/templates/web/web-deployment.yaml", pods("80")),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), text));
    let root = owned(&files);
    let text = proposed(root.path(), "");
    assert!(text.contains("cart: hedgerow/cart (not there yet); chart/templates; ports 8080\n"), "{text}");
    assert!(text.contains("cart-db: hedgerow/cart-db (not there yet); chart/templates; ports 5432 5433\n"), "{text}");
}

/// What `init` writes is nowhere where a chart would render it, where others have a `service.yaml`, or in another service.
#[test]
fn no_directory_is_proposed_that_check_refuses() {
    let template = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ include \"x\" . }}\n";
    let two = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    for (name, files) in [
        ("a chart's templates", vec![("chart/templates/cart/values.txt", "")]),
        ("a template that is called service.yaml", vec![("deploy/cart/service.yaml", template)]),
        ("several documents", vec![("deploy/cart/service.yaml", two)]),
        (
            "a template of ERB",
            vec![("deploy/cart/service.yaml", "kind: Service\napiVersion: v1\n<% if x %>\n  a: [\n<% end %>\n")],
        ),
        ("only a directive", vec![("deploy/cart/service.yaml", "{{ include \"common.service\" . }}\n")]),
        (
            "a service in another one",
            vec![("k8s/orders.yaml", "ORDERS"), ("orders/cart/x.txt", ""), ("orders/main.go", "package main\n")],
        ),
    ] {
        let cart = String::from_utf8(deployment("cart", "80")).unwrap();
        let orders = String::from_utf8(deployment("orders", "80")).unwrap();
        let mut all = vec![
            ("k8s/cart.yaml".to_owned(), cart),
            ("chart/Chart.yaml".to_owned(), "name: lib\nversion: 1.0.0\ntype: library\n".to_owned()),
        ];
        all.extend(files.into_iter().map(|(path, text)| (path.to_owned(), text.replace("ORDERS", &orders))));
        let root = owned(&all);
        let text = proposed(root.path(), "--services");
        assert!(text.contains("#   cart: hedgerow/cart (not there yet)"), "{name}: {text}");
    }
}

/// A file of somebody else's that is called `service.yaml` is no fault of the fleet's, wherever it lies.
#[test]
fn a_service_yaml_of_others_beside_the_services_is_no_fault() {
    let files = [
        ("k8s/cart.yaml", String::from_utf8(deployment("cart", "80")).unwrap()),
        ("cart/main.go", "package main\n".to_owned()),
        (
            "vendored/chart/templates/service.yaml",
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .x }}\n".to_owned(),
        ),
        ("cart/chart/templates/service.yaml", "{{- if .Values.service }}\nkind: Service\n{{- end }}\n".to_owned()),
        ("old/service.yaml", "apiVersion: v1\nkind: Service\n---\nkind: Deployment\n".to_owned()),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), text));
    let root = owned(&files);
    proposed(root.path(), "--services");
    // One of ours in the wrong place is.
    std::fs::create_dir(root.path().join("lost")).unwrap();
    std::fs::write(root.path().join("lost/service.yaml"), "owner: me\n").unwrap();
    let check = Command::new(root.path(), "check").run();
    assert_eq!(check.exit, Exit::Findings, "{}{}", check.out(), check.stderr);
}

/// What a few manifests name is not the namespace of the many that name none.
#[test]
fn one_stray_namespace_is_not_the_fleets() {
    let of = |name: &str, namespace: &str| {
        NAMED.replace("ledger", name).replace("NAMESPACE", namespace).replace("PORT", "80")
    };
    let plain = |name: &str| String::from_utf8(deployment(name, "80")).unwrap();
    for (stray, others, expected, doubt) in [
        (vec![("ingress", "edge")], vec!["a", "b", "c"], "default", true),
        (vec![("ingress", "edge"), ("d", "bank")], vec!["a", "b", "c"], "default", true),
        (vec![("ingress", "edge"), ("d", "bank"), ("e", "bank")], vec!["a"], "bank", false),
        (vec![("a", "bank")], vec!["b"], "bank", false),
        (vec![("a", "bank"), ("b", "bank"), ("c", "edge")], vec![], "bank", false),
    ] {
        let mut files: Vec<(String, String)> =
            stray.iter().map(|(name, namespace)| (format!("k8s/{name}.yaml"), of(name, namespace))).collect();
        files.extend(others.iter().map(|name| (format!("k8s/{name}.yaml"), plain(name))));
        let root = owned(&files);
        let text = proposed(root.path(), "--services");
        assert!(text.contains(&format!("    namespace: {expected}\n")), "{stray:?}: {text}");
        assert_eq!(text.contains("most services have no namespace"), doubt, "{text}");
        for (name, namespace) in stray.iter().filter(|(_, namespace)| *namespace != expected) {
            let own = std::fs::read_to_string(root.path().join(format!("hedgerow/{name}/service.yaml"))).unwrap();
            assert!(own.contains(&format!("namespace: {namespace}\n")), "{own}");
        }
    }
}

/// Code beside charts is where the service is, whatever the code is written in and whatever the chart is called.
#[test]
fn code_beside_charts_is_found() {
    let chart = |directory: &str, name: &str| {
        vec![
            (format!("{directory}/Chart.yaml"), format!("name: {name}\nversion: 1.0.0\n")),
            (format!("{directory}/templates/deployment.yaml"), "containers: []\n".to_owned()),
        ]
    };
    for (charts, code, expected) in [
        (chart("charts/cart", "cart"), "src/cart/server.js", "- \"src/cart\"\n"),
        (chart("charts/cart", "cart"), "src/cart/lib/Cart.java", "- \"src/cart\"\n"),
        (chart("deploy/helm/cart", "cart"), "services/cart/app.rb", "- \"services/cart\"\n"),
        // The chart is called otherwise: the scan is told where its code is.
        (chart("src/cart/chart", "carts"), "src/cart/main.go", "    - {path: src/cart, name: carts}\n"),
        (
            chart("deployment/executor", "armada-executor"),
            "internal/executor/run.go",
            "    - {path: internal/executor, name: armada-executor}\n",
        ),
    ] {
        let mut files = charts;
        files.push((code.to_owned(), "\n".to_owned()));
        let root = owned(&files);
        let text = proposed(root.path(), "--services").replace("path: \"", "path: ").replace("\", name", ", name");
        assert!(text.contains(expected), "{code}: {text}");
        let scan = Command::new(root.path(), "scan").run();
        assert!(matches!(scan.exit, Exit::Done | Exit::Findings), "{code}: {}", scan.stderr);
    }
}

/// Names of files may hold anything; in what `init` writes they are comments and globs.
#[test]
fn names_of_files_end_no_comment_and_match_only_themselves() {
    let cart = String::from_utf8(deployment("cart", "80")).unwrap();
    for (directory, shown) in [
        ("a\nnamespaces: [evil]", "a\\nnamespaces: [evil]"),
        ("a\u{1b}[31m", "a\\u{1b}[31m"),
        ("a\u{202e}\u{200b}", "a\\u{202e}\\u{200b}"),
        ("a\rb\u{2028}", "a\\rb\\u{2028}"),
    ] {
        let root = owned(&[(format!("{directory}/cart.yaml"), cart.clone())]);
        let text = proposed(root.path(), "--services");
        assert!(text.contains(&format!("#   cart: hedgerow/cart (not there yet); {shown}/cart.yaml;")), "{text}");
        let own = std::fs::read_to_string(root.path().join("hedgerow/cart/service.yaml")).unwrap();
        assert!(own.contains(&format!("#   {shown}/cart.yaml\nports:\n")), "{own}");
    }
    for directory in ["apps [old]", "{a,b}", "what?", "st*r"] {
        let root = owned(&[(format!("{directory}/cart/cart.yaml"), cart.clone())]);
        let text = proposed(root.path(), "--services");
        assert!(text.contains("# 1 service:\n#   cart: ") && !text.contains("(not there yet)"), "{text}");
        assert!(labels(root.path(), "cart", "prod").contains("bank.example/routing-name=cart"), "{text}");
    }
}

/// Directories that are called as the pages call them are the services' own, also where the workloads have the short name.
#[test]
fn a_directory_with_a_prefix_is_its_services() {
    let root = tree(&[
        ("service.api/k8s.yaml", &deployment("api", "8080")),
        ("service.api/egress/service.card.rule", b""),
        ("service.card/k8s.yaml", &deployment("card", "9090")),
        ("service.card/service.yaml", b"ports: [{name: http, port: 9090}]\n"),
        ("service.api.brands/main.go", b"package main\n"),
        ("deploy/brands.yaml", &deployment("api-brands", "7070")),
        ("deploy/docs.yaml", &deployment("docs", "7071")),
    ]);
    let text = proposed(root.path(), "--services");
    for line in [
        "#   docs: hedgerow/docs (not there yet); deploy/docs.yaml; ports http=7071\n",
        "#   service.api: service.api; service.api/k8s.yaml; ports http=8080\n",
        "#   service.api.brands: service.api.brands; deploy/brands.yaml; ports http=7070\n",
        "#   service.card: service.card; service.card/k8s.yaml; ports http=9090\n",
        "    - \"hedgerow/*\"\n    - \"service.*\"\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let words: Vec<_> = text.split_whitespace().filter(|word| *word != "#").collect();
    let told = "the service: service.card/service.yaml; add a line such as `workloads: [\"*/card\"]`, or deploy with `--service`";
    assert!(words.join(" ").contains(told), "{text}");
    let reads = |path: &str| std::fs::read_to_string(root.path().join(path)).unwrap();
    assert!(reads("service.api/service.yaml").contains("workloads: [\"*/api\"]\n"));
    assert!(reads("service.api.brands/service.yaml").contains("workloads: [\"*/api-brands\"]\n"));
    assert_eq!(reads("service.card/service.yaml"), "ports: [{name: http, port: 9090}]\n");
    // The deploy of what was seen finds its service.
    let ran = Command::new(root.path(), "post-render --env prod").stdin(deployment("api", "8080")).run();
    assert!(ran.out().contains("bank.example/routing-name: \"service.api\""), "{}{}", ran.out(), ran.stderr);
}

/// A name with a dot is nobody's where it is told by nothing, or by two directories.
#[test]
fn a_directory_that_ends_like_a_service_by_chance_is_not_taken() {
    let root = tree(&[
        ("kube/api.yaml", &deployment("api", "8080")),
        ("notes.api/README.md", b"# notes\n"),
        ("kube/card.yaml", &deployment("card", "8080")),
        ("old.card/main.go", b"package main\n"),
        ("new.card/main.go", b"package main\n"),
        ("kube/shop.yaml", &deployment("shop", "8080")),
        ("shop/main.go", b"package main\n"),
        ("site.shop/main.go", b"package main\n"),
    ]);
    let text = proposed(root.path(), "");
    for line in [
        "#   api: hedgerow/api (not there yet)",
        "#   card: hedgerow/card (not there yet)",
        "#   shop: shop; kube/shop.yaml",
    ] {
        assert!(text.contains(line), "{text}");
    }
}
