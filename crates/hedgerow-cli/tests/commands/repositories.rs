//! Seven repositories of one service each, and an eighth that holds the catalogue of all: what the CI of each does, as docs/catalogue.md says.

mod code;

use crate::common::{Command, Ran};
use hedgerow_cli::Exit;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Each service with its port, and whom it calls.
const SERVICES: [(&str, &str, &[&str]); 7] = [
    (
        "front-end",
        "owner: web\ntype: edge\nallow: [{from: anybody, reason: the shop}]\n",
        &["carts", "catalogue", "orders"],
    ),
    ("catalogue", "owner: goods\nports: [{name: http, port: 8080}]\n", &[]),
    ("carts", "owner: goods\nports: [{name: http, port: 8080}, {name: admin, port: 8081}]\n", &["catalogue"]),
    ("orders", "owner: money\nports: [{name: http, port: 8080}]\n", &["carts", "payment", "shipping", "user"]),
    ("payment", "owner: money\nports: [{name: grpc, port: 9090}]\n", &["user"]),
    ("shipping", "owner: goods\nports: [{name: http, port: 8080}]\n", &[]),
    ("user", "owner: web\nports: [{name: http, port: 8080}]\n", &[]),
];

/// The same file in every repository.
const CONFIG: &str = "version: 1
labels: {domain: shop.example}
services:
  include: [front-end, catalogue, carts, orders, payment, shipping, user]
  catalogue: ../all/catalogue.json
  defaults: {namespace: shop, type: core}
types: {core: {callers: [watch]}, edge: {}, watch: {}}
environments:
  staging: {stage: enforce, namespaces: {shop: shop-staging}}
  prod: {stage: audit}
";

struct Forge {
    directory: TempDir,
}

impl Forge {
    fn new() -> Self {
        let forge = Self { directory: tempfile::tempdir().unwrap() };
        for (service, text, callees) in SERVICES {
            forge.write(&format!("{service}/hedgerow.yaml"), CONFIG);
            forge.write(&format!("{service}/{service}/service.yaml"), text);
            for callee in callees {
                forge.write(&format!("{service}/{service}/egress/{callee}.rule"), "");
            }
        }
        forge
    }

    fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, repository: &str, arguments: &str) -> Ran {
        Command::new(&self.path(repository), arguments).run()
    }

    fn done(&self, repository: &str, arguments: &str) -> String {
        let ran = self.run(repository, arguments);
        assert_eq!(ran.exit, Exit::Done, "{repository}: {arguments}: {}{}", ran.out(), ran.stderr);
        ran.out().to_owned()
    }

    /// What the jobs on the main branches do, and the one that puts their work together. What is told without rules needs no other
    /// catalogue; what is told with them is checked against the one that came of it.
    fn publish(&self) {
        for (arguments, parts, merged) in [("", "parts", "catalogue.json"), ("--rules", "rules", "network.json")] {
            fs::create_dir_all(self.path(&format!("all/{parts}"))).unwrap();
            for (service, ..) in SERVICES {
                self.done(service, &format!("catalogue {arguments} --out ../all/{parts}/{service}.json"));
            }
            let files: Vec<_> = SERVICES.iter().map(|(service, ..)| format!("{parts}/{service}.json")).collect();
            self.done("all", &format!("catalogue merge {} --out {merged}", files.join(" ")));
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn each_repository_is_checked_deployed_and_verified_by_itself() {
    let forge = Forge::new();
    forge.publish();
    for (service, _, callees) in SERVICES {
        forge.done(service, "check");
        let labels = forge.done(service, &format!("labels {service} --env staging"));
        for callee in callees {
            assert!(labels.contains(&format!("egress-{callee}=true")), "{service}: {labels}");
        }
        let stream = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {service}, namespace: shop-staging}}\nspec:\n  template:\n    metadata:\n      labels: {{app: {service}}}\n    spec: {{containers: []}}\n"
        );
        let arguments = format!("post-render --service {service} --env staging --strict");
        let ran = Command::new(&forge.path(service), &arguments).stdin(stream).run();
        assert_eq!(ran.exit, Exit::Done, "{service}: {}", ran.stderr);
        let verified = Command::new(&forge.path(service), "verify --env staging --complete -").stdin(ran.stdout).run();
        assert_eq!(verified.exit, Exit::Done, "{service}: {}{}", verified.out(), verified.stderr);
    }
    // Who calls from elsewhere is not known here, and nobody says that there is none.
    assert!(forge.done("user", "callers user").starts_with("nobody of this repository may call it\n"));
    assert!(forge.done("user", "callees user").starts_with("it may call nobody\n"));
    // A callee that no repository has, and a port that the callee has not.
    forge.write("orders/orders/egress/shiping.rule", "");
    forge.write("carts/carts/egress/catalogue.rule", "ports: [grpc]\n");
    assert!(forge.run("orders", "check").out().contains("rename the file to `shipping.rule`"));
    assert!(forge.run("carts", "check").out().contains("`catalogue` declares no port `grpc`"));
}

#[test]
fn a_change_is_compared_with_the_catalogue_of_before_and_after() {
    let forge = Forge::new();
    forge.publish();
    // Before: every repository as it was, and the catalogue as it was.
    for (service, ..) in SERVICES {
        copy(&forge.path(service), &forge.path(&format!("before-{service}")));
    }
    fs::rename(forge.path("all/catalogue.json"), forge.path("all/before.json")).unwrap();
    // Carts gives a port up, and another team takes shipping over.
    forge.write("carts/carts/service.yaml", "owner: goods\nports: [{name: http, port: 8080}]\n");
    forge.write("shipping/shipping/service.yaml", "owner: lorries\nports: [{name: http, port: 8080}]\n");
    // Orders no longer pays, and its rule for carts says which port.
    fs::remove_file(forge.path("orders/orders/egress/payment.rule")).unwrap();
    forge.write("orders/orders/egress/carts.rule", "ports: [http]\n");
    forge.write("before-orders/orders/egress/carts.rule", "ports: [admin]\n");
    forge.publish();
    for (service, ..) in SERVICES {
        let arguments = format!("diff ../before-{service} --base-catalogue ../all/before.json --format json");
        let value: Value = serde_json::from_str(&forge.done(service, &arguments)).unwrap();
        let edges = value["edges"].as_array().unwrap();
        assert_eq!(edges.len(), if service == "orders" { 2 } else { 0 }, "{service}: {value:#}");
    }
    let text = forge.done("orders", "diff ../before-orders --base-catalogue ../all/before.json");
    assert!(text.contains("payment") && text.contains("carts"), "{text}");
    // By the catalogue of today, the base asks for a port that is gone: half a comparison, and so none.
    let ran = forge.run("orders", "diff ../before-orders");
    assert_eq!(ran.exit, Exit::BadInput, "{}", ran.out());
    assert!(ran.stderr.contains("`carts` declares no port `admin`"), "{}", ran.stderr);
    let lost = forge.run("orders", "diff ../before-orders --base-catalogue nowhere.json");
    assert!(lost.exit == Exit::BadInput && lost.stderr.contains("nowhere.json"), "{}", lost.stderr);
}

#[test]
fn one_picture_shows_all_repositories() {
    let forge = Forge::new();
    forge.publish();
    let graph = |environment: &str| -> Value {
        let arguments = format!("graph --catalogue network.json --format json --env {environment}");
        serde_json::from_str(&forge.done("all", &arguments)).unwrap()
    };
    let value = graph("staging");
    let services = value["services"].as_array().unwrap();
    assert_eq!(services.len(), 7, "{value:#}");
    let edges: usize = SERVICES.iter().map(|(_, _, callees)| callees.len()).sum();
    assert_eq!(value["edges"].as_array().unwrap().len(), edges);
    assert!(services.iter().all(|service| service["namespace"] == "shop-staging" && service["stage"] == "enforce"));
    assert!(graph("prod")["services"].as_array().unwrap().iter().all(|service| service["stage"] == "audit"));
    let edge = value["edges"].as_array().unwrap().iter().find(|edge| edge["caller"] == "payment").unwrap();
    assert_eq!((&edge["callee"], &edge["file"]), (&"user".into(), &"payment/egress/user.rule".into()));
    // Callers by type are drawn as well.
    forge.write("user/user/service.yaml", "owner: web\ntype: watch\n");
    forge.publish();
    let types = graph("prod").to_string().matches("\"types\"").count();
    assert!(types > 0);
    for (arguments, why) in [
        ("--env stagin", "did you mean `staging`?"),
        ("", "name the environment with --env; the catalogue has: prod, staging"),
        ("--env prod --namespaces a=b", "--namespaces goes with a fleet"),
    ] {
        let ran = forge.run("all", &format!("graph --catalogue network.json {arguments}"));
        assert!(ran.exit == Exit::BadInput && ran.stderr.contains(why), "{arguments}: {}", ran.stderr);
    }
    forge.done("user", "catalogue --out ../all/plain.json");
    let ran = forge.run("all", "graph --catalogue plain.json --env prod");
    assert!(ran.exit == Exit::BadInput && ran.stderr.contains("hedgerow catalogue --rules"), "{}", ran.stderr);
    let ran = forge.run("all", "graph --catalogue nowhere.json");
    assert!(ran.exit == Exit::BadInput && ran.stderr.contains("nowhere.json"), "{}", ran.stderr);
}

/// `hedgerow.yaml` above checkouts of all repositories beside one another.
fn config_above() -> String {
    let include: Vec<_> = SERVICES.iter().map(|(service, ..)| format!("\"*/{service}\"")).collect();
    let listed =
        "include: [front-end, catalogue, carts, orders, payment, shipping, user]\n  catalogue: ../all/catalogue.json";
    assert!(CONFIG.contains(listed));
    CONFIG.replace(listed, &format!("include: [{}]", include.join(", ")))
}

#[test]
fn observations_by_the_merged_catalogue_are_of_the_checkouts_beside_one_another() {
    let forge = Forge::new();
    forge.publish();
    fs::create_dir_all(forge.path("beside")).unwrap();
    for (service, ..) in SERVICES {
        copy(&forge.path(service), &forge.path(&format!("beside/{service}")));
    }
    forge.write("beside/hedgerow.yaml", &config_above());
    forge.done("beside", "check");
    forge.done("beside", "catalogue --rules --out ../all/beside.json");
    let read = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(forge.path(&format!("all/{name}"))).unwrap()).unwrap()
    };
    let (merged, beside) = (read("network.json"), read("beside.json"));
    for key in ["naming", "labelling"] {
        assert!(merged[key].is_string());
        assert_eq!(merged[key], beside[key], "{key}");
    }
    // One repository alone cannot tell who calls its service.
    let header = serde_json::json!({
        "version": 1, "from": "2026-06-01T00:00:00Z", "to": "2026-07-01T00:00:00Z", "environment": "prod",
        "catalogue": merged["naming"], "labelling": merged["labelling"], "coverage": [], "canaries": [],
    });
    forge.write("all/observations.jsonl", &format!("{header}\n"));
    let asked = |repository: &str| {
        let ran = forge.run(repository, "ready --env prod --observations ../all/observations.jsonl user");
        ran.out().to_owned() + &ran.stderr
    };
    let alone = asked("user");
    assert!(alone.contains("ask above checkouts of all repositories"), "{alone}");
    let above = asked("beside");
    assert!(!above.contains("not this tree's") && above.contains("user"), "{above}");
}

/// In one of many repositories a caller of another one is no intruder: its code and its rules are there. The catalogue that the repository reads says
/// who that is; whom only the observations name may be anybody.
#[test]
fn callers_of_other_repositories_are_no_intruders() {
    let forge = Forge::new();
    forge.publish();
    let merged: Value = serde_json::from_str(&fs::read_to_string(forge.path("all/network.json")).unwrap()).unwrap();
    let services: serde_json::Map<String, Value> = SERVICES
        .iter()
        .map(|(name, ..)| ((*name).to_owned(), serde_json::json!({"nodes": ["a"], "pods": 1})))
        .collect();
    let header = serde_json::json!({
        "version": 1, "from": "2026-10-01T00:00:00Z", "to": "2026-11-21T08:00:00Z", "environment": "prod",
        "catalogue": merged["naming"], "labelling": merged["labelling"], "coverage": [], "canaries": [], "services": services,
    });
    let call = |kind: &str, caller: &str, callee: &str, verdict: &str| {
        serde_json::json!({
            "caller": {kind: caller}, "callee": callee, "port": 8080, "protocol": "TCP", "verdict": verdict,
            "first": "2026-11-01T00:00:00Z", "last": "2026-11-20T00:00:00Z", "count": 3, "days": 9,
        })
        .to_string()
    };
    let lines = [
        header.to_string(),
        call("service", "orders", "user", "permitted"),
        call("service", "carts", "user", "unknown"),
        call("service", "payment", "user", "unpermitted"),
        call("service", "shipping", "user", "dropped"),
        call("service", "ghost", "user", "permitted"),
        call("outsider", "10.0.0.9", "user", "unpermitted"),
        call("service", "user", "catalogue", "permitted"),
        call("service", "front-end", "catalogue", "permitted"),
        call("outsider", "10.0.0.9", "shipping", "unpermitted"),
        call("outsider", "10.0.0.9", "shipping", "dropped"),
    ];
    forge.write("all/seen.jsonl", &(lines.join("\n") + "\n"));
    let classes = |repository: &str| -> Vec<String> {
        let ran = forge.run(repository, "reconcile --env prod --observations ../all/seen.jsonl --format json");
        assert_eq!(ran.exit, Exit::Findings, "{repository}: {}", ran.stderr);
        let value: Value = serde_json::from_str(ran.out()).unwrap();
        let edges = value["edges"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut found: Vec<_> =
            edges.map(|edge| format!("{} {}", text(&edge["caller"]), text(&edge["class"]))).collect();
        let other = &value["elsewhere"];
        found.push(format!("{} calls in {} lines to {}", other["calls"], other["lines"], other["callees"]));
        found
    };
    let should = [
        "10.0.0.9 nobody-knows",
        "carts elsewhere",
        "ghost nobody-knows",
        "orders elsewhere",
        "payment unpermitted",
        "shipping unpermitted",
        "user nobody-knows",
        r#"9 calls in 3 lines to ["catalogue","shipping"]"#,
    ];
    let sorted = |mut classes: Vec<String>| {
        let last = classes.len() - 1;
        classes[..last].sort();
        classes
    };
    assert_eq!(sorted(classes("user")), should);
    let text = forge.run("user", "reconcile --env prod --observations ../all/seen.jsonl");
    for told in [
        "payment → user: unpermitted\n    the caller is of another repository, and nothing lets it in\n    code: in another repository\n    rule: in another repository, if there is one\n",
        "help: `payment` is of another repository: if the call is meant, run there `hedgerow allow payment user`\n",
        "help: if the rule is there already: deploy `payment` again, since pods of it lack the label\n",
    ] {
        assert!(text.out().contains(told), "{}", text.out());
    }
    assert!(!text.out().contains("orders → user"), "{}", text.out());
    assert!(
        text.stderr.contains("; 9 calls between services of other repositories, to `catalogue` and `shipping`\n"),
        "{}",
        text.stderr
    );

    // One call, or one service, reads well, too.
    for (count, callee, told) in [
        (1, "catalogue", "; 1 call between services of other repositories, to `catalogue`\n"),
        (4, "catalogue", "; 4 calls between services of other repositories, to `catalogue`\n"),
    ] {
        let line =
            call("service", "front-end", callee, "permitted").replace("\"count\":3", &format!("\"count\":{count}"));
        forge.write("all/few.jsonl", &format!("{header}\n{line}\n"));
        let text = forge.run("user", "reconcile --env prod --observations ../all/few.jsonl");
        assert!(text.stderr.contains(told), "{}", text.stderr);
    }

    // The catalogue that it reads does not know everybody whom the observer watched: such a one is nobody's.
    let seen = fs::read_to_string(forge.path("all/seen.jsonl")).unwrap();
    let digest = merged["naming"].as_str().unwrap();
    let other = format!("sha256:{}", "0".repeat(64));
    let watched = seen
        .replace(digest, &other)
        .replace("\"user\":{\"nodes\"", "\"ghost\":{\"nodes\":[\"a\"]},\"user\":{\"nodes\"");
    assert!(watched.contains(&other) && watched.contains("\"ghost\":{"));
    forge.write("all/seen.jsonl", &watched);
    assert_eq!(sorted(classes("user")), should);
    forge.write("all/seen.jsonl", &seen);

    // Without a catalogue nobody says whose the callers are; what is called elsewhere is still counted aside.
    let config = fs::read_to_string(forge.path("user/hedgerow.yaml")).unwrap();
    forge.write("user/hedgerow.yaml", &config.replace("  catalogue: ../all/catalogue.json\n", ""));
    let nobodys = should.map(|it| it.replace("elsewhere", "nobody-knows").replace("unpermitted", "nobody-knows"));
    assert_eq!(sorted(classes("user")), nobodys);
    let text = forge.run("user", "reconcile --env prod --observations ../all/seen.jsonl");
    assert!(
        text.stderr.contains("or, if the fleet has several repositories, the one that all of them read"),
        "{}",
        text.stderr
    );

    // The tree is the whole fleet, and it knows no ghost, whatever the observations watched.
    fs::create_dir_all(forge.path("beside")).unwrap();
    for (service, ..) in SERVICES {
        copy(&forge.path(service), &forge.path(&format!("beside/{service}")));
    }
    forge.write("beside/hedgerow.yaml", &config_above());
    let seen = fs::read_to_string(forge.path("all/seen.jsonl")).unwrap();
    forge.write(
        "all/seen.jsonl",
        &seen.replace("\"user\":{\"nodes\"", "\"ghost\":{\"nodes\":[\"a\"]},\"user\":{\"nodes\""),
    );
    let found = classes("beside");
    assert!(found.contains(&"ghost nobody-knows".to_owned()), "{found:?}");
    assert!(!found.iter().any(|it| it.contains("elsewhere") || it.contains("unpermitted")), "{found:?}");
}
