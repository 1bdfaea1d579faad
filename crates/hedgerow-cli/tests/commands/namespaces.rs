//! Namespaces that are called otherwise in an environment, in every command that knows of namespaces.

use crate::common::{Command, Ran, tree};
use hedgerow_cli::Exit;
use serde_json::Value;
use tempfile::TempDir;

const HEAD: &str = "version: 1\nlabels: {domain: bank.example}\nnamespaces: [bank, dmz]\n";
const SERVICES: &str =
    "services: {include: [\"service.*\"], defaults: {namespace: bank, ports: [{name: http, port: 8080}]}}\n";
const ENVIRONMENTS: &str = "environments:\n  staging: {stage: enforce, namespaces: {bank: bank-staging, ingress: ingress-staging}}\n  prod: {stage: enforce}\n";
const LEDGER: &str = "allow: [{from: {namespace: ingress, pods: {app: nginx}}}]\n";

fn config(environments: &str) -> String {
    format!("{HEAD}{SERVICES}{environments}")
}

/// Emoji and a door in `dmz` call ledger.
fn bank(environments: &str) -> TempDir {
    tree(&[
        ("hedgerow.yaml", config(environments).as_bytes()),
        ("service.emoji/egress/service.ledger.rule", b""),
        ("service.door/service.yaml", b"namespace: dmz\n"),
        ("service.door/egress/service.ledger.rule", b""),
        ("service.ledger/service.yaml", LEDGER.as_bytes()),
    ])
}

fn run(root: &TempDir, arguments: &str) -> Ran {
    Command::new(root.path(), arguments).run()
}

fn done(root: &TempDir, arguments: &str) -> String {
    let ran = run(root, arguments);
    assert_eq!(ran.exit, Exit::Done, "{arguments}: {}{}", ran.out(), ran.stderr);
    ran.out().to_owned()
}

fn workload(name: &str, namespace: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  namespace: {namespace}\nspec:\n  selector:\n    matchLabels: {{app: {name}}}\n  template:\n    metadata:\n      labels:\n        app: {name}\n    spec:\n      containers:\n        - {{name: main, image: x, ports: [{{containerPort: 8080}}]}}\n"
    )
}

#[test]
fn a_deploy_lands_where_the_environment_calls_its_namespace() {
    let root = bank(ENVIRONMENTS);
    let post = |environment: &str, namespace: &str| {
        let stream = workload("s-ledger", namespace);
        let arguments = format!("post-render --service service.ledger --env {environment}");
        Command::new(root.path(), &arguments).stdin(stream).run()
    };
    let staging = post("staging", "bank-staging");
    assert_eq!(staging.exit, Exit::Done, "{}", staging.stderr);
    for words in ["namespace: bank-staging", "- dmz\n", "- ingress-staging\n"] {
        assert!(staging.out().contains(words), "{words:?} is not in\n{}", staging.out());
    }
    assert!(!staging.out().contains("- bank\n") && !staging.out().contains("- ingress\n"), "{}", staging.out());
    let prod = post("prod", "bank");
    assert_eq!(prod.exit, Exit::Done, "{}", prod.stderr);
    assert!(prod.out().contains("- ingress\n") && !prod.out().contains("staging"), "{}", prod.out());
    // The other environment's name, and the files' own name, are no names here.
    for (environment, namespace, meant) in [("prod", "bank-staging", "`bank`"), ("staging", "bank", "`bank-staging`")] {
        let ran = post(environment, namespace);
        assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""), "{environment} {namespace}");
        let says = format!("`service.ledger` lives in {meant}");
        assert!(ran.stderr.contains("namespace-mismatch") && ran.stderr.contains(&says), "{}", ran.stderr);
    }
}

/// What the service.yaml says is right there, and no change of it would help.
#[test]
fn a_mismatch_says_who_calls_the_namespace_otherwise() {
    let environments = "environments:\n  staging: {stage: enforce, namespaces: {bank: bank-stg}}\n  dev: {stage: enforce, namespaces: {bank: bank-dev, dmz: bank}}\n  prod: {stage: enforce}\n";
    let root = bank(&format!("{environments}audit: {{backend: observe}}\n"));
    let said = |arguments: &str, stream: String| {
        let ran = Command::new(root.path(), arguments).stdin(stream).run();
        format!("{}{}", ran.out(), ran.stderr)
    };
    let by_file = "hedgerow.yaml calls `bank` `bank-stg` in `staging`: deploy into `bank-stg`, or ";
    let asked = "`--namespaces` (or `spec.namespaces`, `PARAM_NAMESPACES`) calls `bank` `bank-pr-7` in `staging`: deploy into `bank-pr-7`, or ask for `bank=bank` there";
    let post = "post-render --service service.ledger --env";
    for (arguments, namespace, help) in [
        (format!("{post} staging"), "bank", by_file),
        (format!("{post} staging"), "shop", by_file),
        (format!("{post} staging"), "shop", "or write `staging: {namespaces: {bank: shop}}` under"),
        (format!("{post} staging"), "bank", "or take `bank` out of `environments.staging.namespaces`"),
        (format!("{post} staging --namespaces bank=bank-pr-7"), "bank", asked),
        (format!("{post} prod --namespaces bank=bank-pr-7"), "bank", "calls `bank` `bank-pr-7` in `prod`"),
        // Nobody renamed it: the file is the place.
        (format!("{post} prod"), "shop", "set `namespace` in the service.yaml to where the pods live"),
        (format!("{post} staging --namespaces dmz=dmz-pr-7"), "bank", by_file),
        // What nobody lists is most likely a name that the environment gives.
        (
            format!("{post} prod"),
            "bank-blue",
            "if `bank-blue` is what `bank` is called in `prod`, write `prod: {namespaces: {bank: bank-blue}}` under `environments` in hedgerow.yaml, or ask for `--namespaces bank=bank-blue`",
        ),
        // The name of another environment, which the fleet does not list.
        (
            format!("{post} prod"),
            "bank-stg",
            "`prod` was asked for, and `bank-stg` is what `bank` is called in `staging`: deploy with `--env staging`, write `prod: {namespaces: {bank: bank-stg}}` under `environments` in hedgerow.yaml, or ask for `--namespaces bank=bank-stg`",
        ),
        (
            format!("{post} staging"),
            "bank-dev",
            "deploy with `--env dev`, write `staging: {namespaces: {bank: bank-dev}}`",
        ),
        ("post-render --service service.door --env dev".to_owned(), "dmz", "hedgerow.yaml calls `dmz` `bank` in `dev`"),
    ] {
        let name = if arguments.contains("door") { "s-door" } else { "s-ledger" };
        let text = said(&arguments, workload(name, namespace));
        assert!(text.contains("namespace-mismatch") && text.contains(help), "{arguments} {namespace}: {text}");
        assert!(
            help.starts_with("set") || help.starts_with("if ") || !text.contains("set `namespace` in the service.yaml"),
            "{text}"
        );
    }
    // A policy that a later step moved, and what `verify` says of both.
    let stream = Command::new(root.path(), &format!("{post} staging")).stdin(workload("s-ledger", "bank-stg")).run();
    let moved = stream.out().replace("namespace: bank-stg", "namespace: bank");
    let (policy, pods) = stream.out().split_at(stream.out().find("kind: Deployment").unwrap());
    let half = policy.replace("namespace: bank-stg", "namespace: bank") + pods;
    let text = said(&format!("{post} staging"), half);
    assert!(text.contains("stands in `bank`") && text.contains(by_file) && !text.contains("service.yaml"), "{text}");
    let text = said("verify --env staging -", moved);
    assert!(text.contains(&format!("if they name `bank`: {by_file}")), "{text}");
    assert!(!text.contains("what `bank-stg` is called there"), "{text}");
}

/// Peers live in namespaces that no service lives in: what the file may call otherwise, the command line may too.
#[test]
fn names_of_peers_can_be_asked_for() {
    let allow = "allow:\n  - from: {namespace: ingress-nginx}\n  - from: {namespaces: [ops, tools]}\n  - from: {namespaces: {labels: {kubernetes.io/metadata.name: mesh}}}\n";
    let environments =
        "environments:\n  staging: {stage: enforce, namespaces: {ops: ops-staging}}\n  prod: {stage: enforce}\n";
    let root = tree(&[
        (
            "hedgerow.yaml",
            format!("{}guard: {{wear: [{{service-accounts: [ci/deployer]}}]}}\n", config(environments)).as_bytes(),
        ),
        ("service.emoji/egress/service.ledger.rule", b""),
        ("service.ledger/service.yaml", allow.as_bytes()),
    ]);
    for (names, there) in [
        ("ingress-nginx=ing-pr9", "- ing-pr9\n"),
        ("ops=ops-pr9", "- ops-pr9\n"),
        ("tools=tools-pr9", "- tools-pr9\n"),
        ("mesh=mesh-pr9", "mesh-pr9"),
        ("ci=ci-pr9", ""),
    ] {
        let text = done(&root, &format!("render --env prod --namespaces {names}"));
        assert!(text.contains(there), "{names}: {text}");
        // The peers of services that are not read are not known.
        done(&root, &format!("render --env prod --service service.emoji --namespaces {names}"));
        let spec = format!(
            "  kind: Hedgerow\n  spec:\n    environment: prod\n    namespaces: {{bank: bank-pr-7, {}}}\n",
            names.replace('=', ": ")
        );
        let ran = Command::called("hedgerow", root.path()).stdin(format!("{FUNCTION}{spec}")).run();
        assert_eq!(ran.exit, Exit::Done, "{names}: {}", ran.stderr);
    }
    for (arguments, why) in [
        ("--namespaces shop=x", "the namespace `shop` is not listed in hedgerow.yaml"),
        ("--namespaces bnk=x", "the namespace `bnk` is not listed"),
        ("--service service.emoji --namespaces bnk=x", "the namespace `bnk` is not listed"),
        ("--namespaces ops=tools", "the namespaces `ops` and `tools` would both be `tools`"),
    ] {
        let ran = run(&root, &format!("render --env prod {arguments}"));
        assert!(ran.exit == Exit::BadInput && ran.stderr.contains(why), "{arguments}: {}", ran.stderr);
    }
}

#[test]
fn manifests_of_an_environment_are_verified_by_its_names() {
    let root = bank(ENVIRONMENTS);
    let mut stream = String::new();
    for (service, namespace) in [("emoji", "bank-staging"), ("ledger", "bank-staging"), ("door", "dmz")] {
        let plain = workload(&format!("s-{service}"), namespace);
        let arguments = format!("post-render --service service.{service} --env staging");
        let ran = Command::new(root.path(), &arguments).stdin(plain).run();
        assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
        stream.push_str(&format!("---\n{}", ran.out()));
    }
    let verify = |environment: &str| {
        Command::new(root.path(), &format!("verify --complete --env {environment} -")).stdin(stream.clone()).run()
    };
    let staging = verify("staging");
    assert_eq!(staging.exit, Exit::Done, "{}{}", staging.out(), staging.stderr);
    let prod = verify("prod");
    assert_ne!(prod.exit, Exit::Done, "{}{}", prod.out(), prod.stderr);
}

#[test]
fn pictures_and_lists_have_the_names_of_the_environment() {
    let root = bank(ENVIRONMENTS);
    let namespaces = |environment: &str| {
        let value: Value =
            serde_json::from_str(&done(&root, &format!("graph --format json --env {environment}"))).unwrap();
        let nodes = value["services"].as_array().unwrap();
        let names: Vec<String> = nodes.iter().map(|node| node["namespace"].as_str().unwrap().to_owned()).collect();
        names
    };
    assert_eq!(namespaces("prod"), ["dmz", "bank", "bank"]);
    assert_eq!(namespaces("staging"), ["dmz", "bank-staging", "bank-staging"]);
    // Who may call does not depend on it.
    let why = |environment: &str| done(&root, &format!("why service.door service.ledger --env {environment}"));
    assert_eq!(why("prod").replace("prod", "X"), why("staging").replace("staging", "X"));
    let labels = |environment: &str| done(&root, &format!("labels service.emoji --env {environment} --format json"));
    assert!(labels("staging").contains("bank-staging") && !labels("prod").contains("bank-staging"));
}

const FUNCTION: &str = "apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: s-emoji
    namespace: bank-pr-7
  spec:
    template:
      metadata:
        labels:
          app: x
functionConfig:
";

#[test]
fn a_function_of_kustomize_takes_a_configuration_and_names() {
    // The configuration lies beside the tree, and not under the usual name.
    let root = tree(&[
        ("fleet/service.emoji/egress/service.ledger.rule", b""),
        ("fleet/service.ledger/service.yaml", LEDGER.as_bytes()),
        ("settings/fleet.yaml", config(ENVIRONMENTS).as_bytes()),
    ]);
    for spec in [
        "  kind: Hedgerow\n  spec:\n    fleet: fleet\n    config: settings/fleet.yaml\n    environment: prod\n    namespaces: {bank: bank-pr-7}\n",
        "  kind: ConfigMap\n  data:\n    fleet: fleet\n    config: settings/fleet.yaml\n    environment: prod\n    namespaces: bank=bank-pr-7,dmz=dmz-pr-7\n",
    ] {
        let ran = Command::called("hedgerow", root.path()).stdin(format!("{FUNCTION}{spec}")).run();
        assert_eq!(ran.exit, Exit::Done, "{spec}{}", ran.stderr);
        assert!(ran.out().contains("egress-s-ledger: \"true\""), "{}", ran.out());
        assert!(ran.out().contains("name: s-emoji\n    namespace: bank-pr-7"), "{}", ran.out());
    }
    for (spec, why) in [
        ("    config: nowhere.yaml\n", "nowhere.yaml"),
        (
            "    config: settings/fleet.yaml\n    namespaces: {bank: Bank}\n",
            "`spec.namespaces`: the namespace `Bank` is not valid",
        ),
        ("    config: settings/fleet.yaml\n    namespaces: bank\n", "`spec.namespaces`: write NAME=THERE"),
        (
            "    config: settings/fleet.yaml\n    namespaces: {bnk: bank-pr-7}\n",
            "`bnk` is not listed in hedgerow.yaml; listed are: bank, dmz",
        ),
        ("    config: settings/fleet.yaml\n    namespace: x\n", "did you mean `namespaces`?"),
        // Without the names, the workload is in a namespace that nobody knows.
        ("    config: settings/fleet.yaml\n", "namespace-mismatch"),
    ] {
        let text = format!("{FUNCTION}  kind: Hedgerow\n  spec:\n    fleet: fleet\n    environment: prod\n{spec}");
        let ran = Command::called("hedgerow", root.path()).stdin(text).run();
        assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""), "{spec}");
        assert!(ran.stderr.contains(why), "{why:?} is not in {}", ran.stderr);
    }
}

#[test]
fn the_command_line_names_namespaces_of_environments_that_come_and_go() {
    let root = bank(ENVIRONMENTS);
    let text = done(&root, "render --service service.ledger --env staging --namespaces bank=bank-pr-7,dmz=dmz-pr-7");
    assert!(text.contains("namespace: bank-pr-7") && text.contains("- dmz-pr-7\n"), "{text}");
    // What the files say of the others stays.
    assert!(text.contains("- ingress-staging\n"), "{text}");
    for (names, why) in [
        ("bank=dmz", "the namespaces `bank` and `dmz` would both be `dmz`"),
        ("bank=a,bank=b", "says twice what `bank` is called"),
        ("shop=a", "the namespace `shop` is not listed in hedgerow.yaml"),
        // The door of ledger is open for `ingress`, which is listed nowhere.
        ("bank=ingress", "the namespaces `bank` and `ingress` would both be `ingress`"),
        ("bank", "write NAME=THERE"),
        ("bank=", "is not valid"),
        ("bank=x", ""),
    ] {
        let ran = run(&root, &format!("render --env prod --namespaces {names}"));
        assert_eq!(ran.exit == Exit::Done, why.is_empty(), "{names}: {}", ran.stderr);
        assert!(ran.stderr.contains(why), "{names}: {}", ran.stderr);
    }
}

#[test]
fn the_catalogue_says_what_namespaces_are_called() {
    let root = bank(ENVIRONMENTS);
    let all: Value = serde_json::from_str(&done(&root, "catalogue")).unwrap();
    assert_eq!(all["environments"]["staging"]["namespaces"]["bank"], "bank-staging");
    assert!(all["environments"].get("prod").is_none());
    assert_eq!(all["services"]["service.ledger"]["namespace"], "bank");
    // Of one environment, all names are those of that environment.
    let one: Value = serde_json::from_str(&done(&root, "catalogue --env staging")).unwrap();
    assert!(one.get("environments").is_none());
    assert_eq!(one["services"]["service.ledger"]["namespace"], "bank-staging");
    assert_eq!(one["namespaces"], serde_json::json!(["bank-staging", "dmz"]));
    let plain: Value =
        serde_json::from_str(&done(&bank("environments: {prod: {stage: enforce}}\n"), "catalogue")).unwrap();
    assert!(plain.get("environments").is_none());
    let schema: Value = serde_json::from_str(include_str!("../../../../docs/schemas/catalogue.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for value in [&all, &one, &plain] {
        assert!(schema.is_valid(value), "{:?}", schema.iter_errors(value).map(|e| e.to_string()).collect::<Vec<_>>());
    }
}

/// A repository with one service that calls ledger, which is in another.
fn caller(environments: &str, catalogue: &str) -> TempDir {
    let services = SERVICES.replace("include:", "catalogue: others.json, include:");
    tree(&[
        ("hedgerow.yaml", format!("{HEAD}{services}{environments}").as_bytes()),
        ("others.json", catalogue.as_bytes()),
        ("service.cart/egress/service.ledger.rule", b""),
    ])
}

fn ledger(environments: &str) -> TempDir {
    tree(&[("hedgerow.yaml", config(environments).as_bytes()), ("service.ledger/service.yaml", LEDGER.as_bytes())])
}

#[test]
fn repositories_agree_on_what_namespaces_are_called() {
    let text = done(&ledger(ENVIRONMENTS), "catalogue");
    let agrees = caller(ENVIRONMENTS, &text);
    let ran = run(&agrees, "check");
    assert!(ran.exit == Exit::Done && !ran.out().contains("catalogue-differs"), "{}", ran.out());
    let node = done(&agrees, "graph --format json --env staging");
    assert!(
        node.contains("\"namespace\": \"bank-staging\"") || node.contains("\"namespace\":\"bank-staging\""),
        "{node}"
    );
    // Callers here would live in `bank-stage`, and ledger lets in those of `bank-staging` and `dmz`.
    let other = caller(
        "environments:\n  staging: {stage: enforce, namespaces: {bank: bank-stage}}\n  prod: {stage: enforce}\n",
        &text,
    );
    for command in ["check", "labels service.cart --env prod"] {
        let ran = run(&other, command);
        let said = format!("{}{}", ran.out(), ran.stderr);
        assert_ne!(ran.exit, Exit::Done, "{said}");
        assert!(said.contains("lets in no callers from the namespace `bank-stage` in `staging`"), "{said}");
    }
    let said = run(&other, "check").out().to_owned();
    assert!(said.contains("in `staging` the namespace `bank` is called `bank-staging` by the catalogue, and `bank-stage` by hedgerow.yaml"), "{said}");
    // Of one environment, the names are compared as they are there.
    let one = done(&ledger(ENVIRONMENTS), "catalogue --env staging");
    let ran = run(&caller(ENVIRONMENTS, &one), "check");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.out());
    // A namespace of the other repository that is called like one of ours.
    let shop = done(
        &tree(&[
            ("hedgerow.yaml", "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"], defaults: {namespace: shop}}\nenvironments: {staging: {stage: enforce, namespaces: {shop: bank-staging}}}\n".as_bytes()),
            ("service.ledger/service.yaml", b"ports: [{name: http, port: 8080}]\n"),
        ]),
        "catalogue",
    );
    let said = run(&caller(ENVIRONMENTS, &shop), "check").out().to_owned();
    assert!(
        said.contains("error[namespace-collision]") && said.contains("`bank` and `shop` are both `bank-staging`"),
        "{said}"
    );
}

#[test]
fn catalogues_that_call_a_namespace_otherwise_are_not_merged() {
    let of = |environments: &str, service: &str| {
        let files = tree(&[
            ("hedgerow.yaml", config(environments).as_bytes()),
            (&format!("service.{service}/service.yaml"), b"owner: x\n"),
        ]);
        // A peer that only one of them has is not compared.
        done(&files, "catalogue")
    };
    let named = |there: &str| format!("environments:\n  staging: {{stage: enforce, namespaces: {{bank: {there}}}}}\n");
    let merge = |a: &str, b: &str| {
        run(&tree(&[("a.json", a.as_bytes()), ("b.json", b.as_bytes())]), "catalogue merge a.json b.json")
    };
    let (a, b) = (of(&named("bank-staging"), "a"), of(&named("bank-stage"), "b"));
    let ran = merge(&a, &b);
    assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""));
    assert!(
        ran.stderr.contains("in `staging` the namespace `bank` is called `bank-stage` and `bank-staging`"),
        "{}",
        ran.stderr
    );
    // One that calls it as the files do is not of one mind either.
    let plain = of("environments: {staging: {stage: enforce}}\n", "c");
    assert!(merge(&a, &plain).stderr.contains("is called `bank` and `bank-staging`"));
    // One that has no such environment has nothing to say.
    let prod = of("environments: {prod: {stage: enforce}}\n", "d");
    let ran = merge(&a, &prod);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let value: Value = serde_json::from_str(ran.out()).unwrap();
    assert_eq!(value["environments"]["staging"]["namespaces"]["bank"], "bank-staging");
}

#[test]
fn another_name_is_a_move_in_that_environment_alone() {
    let before = bank("environments: {staging: {stage: enforce}, prod: {stage: enforce}}\n");
    let after = bank(ENVIRONMENTS);
    let text = done(&after, &format!("diff {}", before.path().display()));
    assert!(text.contains("bank (in staging)") && text.contains("bank-staging (in staging)"), "{text}");
    assert!(!text.contains("(in prod)"), "{text}");
    let ran = run(&after, &format!("diff {} --fail-on unsafe --format json", before.path().display()));
    assert_eq!(ran.exit, Exit::Findings, "{}", ran.out());
    let value: Value = serde_json::from_str(ran.out()).unwrap();
    let moves = value.to_string();
    assert!(moves.contains("\"staging\"") && moves.contains("bank-staging"), "{value:#}");
    // Nothing moves where two fleets call it the same.
    let same = run(&bank(ENVIRONMENTS), &format!("diff {} --fail-on unsafe", after.path().display()));
    assert_eq!(same.exit, Exit::Done, "{}", same.out());
}

#[test]
fn code_may_write_the_name_of_an_environment() {
    let main =
        b"package main\nimport \"net/http\"\nfunc main() { http.Get(\"http://s-ledger.bank-staging:8080/x\") }\n";
    let files = |environments: &str| {
        tree(&[
            ("hedgerow.yaml", config(environments).as_bytes()),
            ("service.emoji/main.go", main),
            ("service.ledger/service.yaml", LEDGER.as_bytes()),
        ])
    };
    let said = run(&files(ENVIRONMENTS), "scan --check");
    let said = format!("{}{}", said.out(), said.stderr);
    assert!(said.contains("`service.emoji` calls `service.ledger`"), "{said}");
    let said = run(&files("environments: {prod: {stage: enforce}}\n"), "scan --check");
    let said = format!("{}{}", said.out(), said.stderr);
    assert!(!said.contains("`service.emoji` calls `service.ledger`"), "{said}");
}
