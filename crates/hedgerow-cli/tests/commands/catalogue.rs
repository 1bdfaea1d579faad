//! Many repositories, one fleet: the catalogue tells each of the services of the others.

use crate::common::{Command, Ran, tree};
use crate::workload;
use hedgerow_cli::Exit;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;

const HEAD: &str = "version: 1\nlabels: {domain: bank.example}\nnamespaces: [bank, edge]\ntypes: {backend: {callers: [monitoring]}, monitoring: {}}\nenvironments: {prod: {stage: audit}, staging: {stage: enforce}}\n";

fn config(services: &str) -> String {
    format!(
        "{HEAD}services: {{include: [\"service.*\", \"cron.*\"], defaults: {{namespace: bank, type: backend}}{services}}}\n"
    )
}

const LEDGER: &str = "owner: finance\nports: [{name: http, port: 8080}, {port: 9090}]\n";
const CRON: &str = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: ledger-close}\nspec:\n  schedule: \"0 3  * * *\"\n  timeZone: Europe/London\n  jobTemplate: {spec: {template: {spec: {containers: []}}}}\n";

/// The repository that ledger lives in.
fn ledger() -> TempDir {
    tree(&[
        ("hedgerow.yaml", config("").as_bytes()),
        ("service.ledger/service.yaml", LEDGER.as_bytes()),
        ("service.ledger/deploy/cron.yaml", CRON.as_bytes()),
    ])
}

/// The repository that emoji lives in, with a catalogue and what its one rule says.
fn emoji(catalogue: &str, rule: &str) -> TempDir {
    tree(&[
        ("hedgerow.yaml", config(", catalogue: others.json").as_bytes()),
        ("others.json", catalogue.as_bytes()),
        ("service.emoji/egress/service.ledger.rule", rule.as_bytes()),
    ])
}

fn run(root: &TempDir, arguments: &str) -> Ran {
    Command::new(root.path(), arguments).run()
}

fn catalogue(root: &TempDir, arguments: &str) -> String {
    let ran = run(root, &format!("catalogue {arguments}"));
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    ran.out().to_owned()
}

/// The same catalogue with something else in it, and a digest that is still the old one's.
fn changed(text: &str, change: impl Fn(&mut Value)) -> String {
    let mut value = serde_json::from_str(text).unwrap();
    change(&mut value);
    value.to_string()
}

fn refused(root: &TempDir, arguments: &str, words: &[&str]) {
    let ran = run(root, arguments);
    assert!(matches!(ran.exit, Exit::BadInput | Exit::Findings), "{arguments}: {:?}\n{}", ran.exit, ran.out());
    let said = format!("{}{}", ran.out(), ran.stderr);
    for word in words {
        assert!(said.contains(word), "{arguments} does not say {word:?}:\n{said}");
    }
}

#[test]
fn it_says_what_others_need_to_know() {
    let text = catalogue(&ledger(), "");
    let digest = text.lines().find(|line| line.contains("\"digest\"")).unwrap();
    assert_eq!(digest.len(), "  \"digest\": \"sha256:\",".len() + 64, "{digest}");
    assert!(!text.contains("labelling"), "it has no rules: {text}");
    let naming = text.lines().find(|line| line.contains("\"naming\"")).unwrap();
    insta::assert_snapshot!(text.replace(digest, "  …").replace(naming, "  …"), @r#"
    {
      "version": 1,
      …
      …
      "domain": "bank.example",
      "identity": "bank.example/routing-name",
      "namespaces": ["bank","edge"],
      "types": {"backend":{"callers":["monitoring"]},"monitoring":{}},
      "services": {
        "service.ledger": {"slug":"s-ledger","namespace":"bank","labels":{"bank.example/routing-name":"service.ledger"},"type":"backend","owner":"finance","ports":[{"name":"http","port":8080,"protocol":"TCP"},{"port":9090,"protocol":"TCP"}],"stages":{"prod":"audit","staging":"enforce"},"schedules":[{"workload":"CronJob/ledger-close","schedule":"0 3 * * *","time-zone":"Europe/London","file":"service.ledger/deploy/cron.yaml"}]}
      }
    }
    "#);
}

/// Observations that were made by a catalogue of the same naming would have been the same.
#[test]
fn its_naming_is_what_pods_are_named_by_and_its_labelling_which_labels_they_should_wear() {
    let catalogue = |config: &str, files: &[(&str, &str)]| -> [String; 3] {
        let sound = [
            ("service.ledger/service.yaml", "{type: core, owner: money, ports: [{name: http, port: 8080}]}"),
            ("service.emoji/service.yaml", "{type: app}"),
            ("service.emoji/egress/service.ledger.rule", ""),
        ];
        let mut all: BTreeMap<&str, &str> = sound.into();
        all.insert("hedgerow.yaml", config);
        all.extend(files.iter().copied());
        // What is taken away.
        all.retain(|_, text| *text != "-");
        let files: Vec<(&str, &[u8])> = all.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
        let root = tree(&files);
        let ran = Command::new(root.path(), "catalogue --env prod --rules").run();
        assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
        let value: Value = serde_json::from_str(ran.out()).unwrap();
        ["digest", "naming", "labelling"].map(|key| value[key].as_str().unwrap().to_owned())
    };
    let config = "version: 1\nlabels: {domain: bank.example}\nservices: {include: ['service.*'], defaults: {namespace: bank}}\nenvironments: {prod: {stage: audit}}\ntypes: {core: {callers: [app]}, app: {}}\n";
    let sound = catalogue(config, &[]);
    let [digest, naming, labelling] = &sound;
    let ledger = |text: &'static str| [("service.ledger/service.yaml", text)];
    for (what, config, files) in [
        (
            "stage",
            config.to_owned(),
            &ledger("{type: core, owner: money, ports: [{name: http, port: 8080}], stage: {prod: enforce}}")[..],
        ),
        ("stage of all", config.replace("audit", "enforce"), &[]),
        ("owner", config.to_owned(), &ledger("{type: core, owner: books, ports: [{name: http, port: 8080}]}")),
        (
            "allow",
            config.to_owned(),
            &ledger(
                "{type: core, owner: money, ports: [{name: http, port: 8080}], allow: [{from: anybody, reason: public}]}",
            ),
        ),
        (
            "cron job",
            config.to_owned(),
            &[(
                "service.emoji/job.yaml",
                "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: close}\nspec: {schedule: '@daily', jobTemplate: {spec: {template: {spec: {containers: []}}}}}\n",
            )],
        ),
    ] {
        let other = catalogue(&config, files);
        assert_ne!(&other[0], digest, "{what}");
        assert_eq!(other[1..], sound[1..], "{what}");
    }
    for (what, config, files) in [
        (
            "another name",
            config.to_owned(),
            &[
                ("service.emoji/service.yaml", "-"),
                ("service.emoji/egress/service.ledger.rule", "-"),
                ("service.emojis/service.yaml", "{type: app}"),
                ("service.emojis/egress/service.ledger.rule", ""),
            ][..],
        ),
        ("domain", config.replace("bank.example", "bank.test"), &[]),
        ("namespace", config.replace("namespace: bank", "namespace: money"), &[]),
        ("type", config.to_owned(), &[("service.emoji/service.yaml", "{type: core}")]),
        ("no type", config.to_owned(), &[("service.emoji/service.yaml", "{}")]),
        ("callers of a type", config.replace("[app]", "[app, core]"), &[]),
        ("port", config.to_owned(), &ledger("{type: core, owner: money, ports: [{name: http, port: 8081}]}")),
        (
            "own labels",
            config.to_owned(),
            &ledger("{type: core, owner: money, ports: [{name: http, port: 8080}], identity: {app: ledger}}"),
        ),
    ] {
        assert_ne!(&catalogue(&config, files)[1], naming, "{what}");
    }
    for rule in [
        ("service.emoji/egress/service.ledger.rule", "ports: [http]"),
        ("service.emoji/egress/service.ledger.rule", "-"),
    ] {
        let other = catalogue(config, &[rule]);
        assert_eq!(&other[1], naming, "{rule:?}");
        assert_ne!(&other[2], labelling, "{rule:?}");
    }
}

#[test]
fn an_environment_and_the_rules_when_they_are_asked_for() {
    let root = emoji(&catalogue(&ledger(), ""), "ports: [http, 9090]\n");
    let value: Value = serde_json::from_str(&catalogue(&root, "--env prod --rules")).unwrap();
    assert_eq!(value["environment"], "prod");
    assert_eq!(value["services"]["service.emoji"]["stages"], json!({"prod": "audit"}));
    let rule = json!({"file": "service.emoji/egress/service.ledger.rule", "ports": ["9090", "http"]});
    assert_eq!(value["rules"]["service.emoji"]["service.ledger"], rule);
    assert_eq!(value["services"].as_object().unwrap().len(), 1, "ledger is in the catalogue of its own repository");
    let without: Value = serde_json::from_str(&catalogue(&root, "")).unwrap();
    assert!(without.get("rules").is_none() && without.get("environment").is_none());
    refused(&root, "catalogue --env porduction", &["declares no environment"]);
}

#[test]
fn the_first_of_two_repositories_needs_no_catalogue_of_the_other() {
    let root = tree(&[
        ("hedgerow.yaml", config(", catalogue: not-yet-there.json").as_bytes()),
        ("service.emoji/egress/service.ledger.rule", b""),
    ]);
    assert!(catalogue(&root, "").contains("\"service.emoji\""));
    refused(&root, "check", &["unreadable", "not-yet-there.json", "fetch it before"]);
    refused(&root, "labels service.emoji --env prod", &["not-yet-there.json"]);
    refused(&root, "catalogue --rules", &["not-yet-there.json"]);
}

#[test]
fn a_repository_of_one_service_knows_its_callees() {
    let root = emoji(&catalogue(&ledger(), ""), "ports: [http]\n");
    let check = run(&root, "check");
    assert_eq!(
        (check.exit, check.stderr.as_str()),
        (Exit::Done, "1 service, 1 rule: nothing wrong\n"),
        "{}",
        check.out()
    );
    let labels = run(&root, "labels service.emoji --env prod");
    assert!(labels.out().contains("bank.example/egress-s-ledger.http=true\n"), "{}", labels.out());
    let patched =
        Command::new(root.path(), "post-render --service service.emoji --env staging").stdin(workload("s-emoji"));
    let patched = patched.run();
    assert_eq!((patched.exit, patched.stderr.as_str()), (Exit::Done, ""));
    assert!(
        patched.out().contains("bank.example/egress-s-ledger.http: \"true\"")
            && patched.out().contains("name: s-emoji")
    );
    assert!(!patched.out().contains("name: s-ledger"), "the callee's policy is its own repository's");
    let rendered = run(&root, "render --env staging");
    assert!(rendered.out().contains("s-emoji") && !rendered.out().contains("name: s-ledger"), "{}", rendered.out());
    let why = run(&root, "why service.emoji service.ledger --env staging");
    assert_eq!(why.exit, Exit::Findings);
    insta::assert_snapshot!(why.out(), @r"
    service.emoji may call service.ledger on port http: service.emoji/egress/service.ledger.rule:1
    service.emoji may not call service.ledger on port 9090: service.emoji/egress/service.ledger.rule lists other ports; add `9090` there
    stage: enforce
    ");
    let back = run(&root, "why service.ledger service.emoji --env staging");
    assert_eq!(back.exit, Exit::Findings);
    assert!(back.out().contains("the rules of service.ledger are in another repository"), "{}", back.out());
    let callees = run(&root, "callees service.emoji");
    assert!(callees.out().starts_with("service.ledger  service.emoji/egress/"), "{}", callees.out());
    let callers = run(&root, "callers service.ledger");
    assert!(callers.out().contains("service.emoji") && callers.stderr.contains("not known here"), "{}", callers.stderr);
    let graph = run(&root, "graph --env prod --format csv");
    assert!(graph.out().contains("service.emoji,service.ledger"), "{}\n{}", graph.out(), graph.stderr);
    let review = run(&root, "codeowners");
    assert!(review.out().contains("**/egress/service.ledger.rule @finance"), "{}", review.out());
    for own in ["render --env prod --service service.ledger", "labels service.ledger --env prod", "scan service.ledger"]
    {
        refused(&root, own, &["service.ledger", "of another repository"]);
    }
}

#[test]
fn the_checks_are_those_of_one_repository() {
    let text = catalogue(&ledger(), "");
    let rows: [(&str, &str, &[&str]); 5] = [
        ("service.legder", "", &["unknown-callee", "rename the file to `service.ledger.rule`"]),
        ("service.nobody-knows", "", &["unknown-callee", "a newer catalogue"]),
        ("service.ledger", "ports: [htpp]\n", &["unknown-port", "`http`"]),
        ("service.ledger", "ports: [8080]\n", &["unknown-port", "the port has a name; write `http`"]),
        ("service.ledger", "ports: [grpc]\n", &["unknown-port", "declared are: http, 9090"]),
    ];
    for (callee, rule, words) in rows {
        let root = tree(&[
            ("hedgerow.yaml", config(", catalogue: others.json").as_bytes()),
            ("others.json", text.as_bytes()),
            (&format!("service.emoji/egress/{callee}.rule"), rule.as_bytes()),
        ]);
        refused(&root, "check", words);
        refused(&root, "labels service.emoji --env prod", &words[..1]);
        let stream =
            Command::new(root.path(), "post-render --service service.emoji --env prod").stdin(workload("s-emoji"));
        let ran = stream.run();
        assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""), "{callee} {rule}");
    }
    let none = changed(&text, |value| value["services"]["service.ledger"]["ports"] = json!("none"));
    refused(&emoji(&none, ""), "check", &["listens on no port", "others.json"]);
}

#[test]
fn a_short_name_that_another_repository_has_is_a_collision() {
    let text = catalogue(&ledger(), "");
    for (own, other) in [("service.led-ger", "service.led.ger"), ("service.api", "service.api-x")] {
        let listed = changed(&text, |value| {
            let entry = value["services"]["service.ledger"].clone();
            value["services"][other] = entry;
            value["services"][other]["slug"] = json!(other.replace("service.", "s-").replace('.', "-"));
            value["services"][other]["labels"] = json!({"bank.example/routing-name": other});
        });
        let root = tree(&[
            ("hedgerow.yaml", config(", catalogue: others.json").as_bytes()),
            ("others.json", listed.as_bytes()),
            (&format!("{own}/service.yaml"), b"owner: x\n"),
        ]);
        if own == "service.led-ger" {
            refused(&root, "check", &["label-collision", own, other, "others.json"]);
            refused(&root, &format!("labels {own} --env prod"), &["label-collision"]);
        } else {
            assert_eq!(run(&root, "check").exit, Exit::Done, "a longer name is another name");
        }
    }
}

#[test]
fn a_service_in_the_tree_is_as_its_own_files_say() {
    let text = catalogue(&ledger(), "");
    let root = tree(&[
        ("hedgerow.yaml", config(", catalogue: others.json").as_bytes()),
        ("others.json", text.as_bytes()),
        (
            "service.ledger/service.yaml",
            b"owner: treasury\nports: [{name: grpc, port: 7000}]\nstage: {prod: enforce}\n",
        ),
        ("service.emoji/egress/service.ledger.rule", b"ports: [grpc]\n"),
    ]);
    let check = run(&root, "check");
    assert_eq!(check.exit, Exit::Done, "{}", check.out());
    for word in
        ["catalogue-differs", "the owner `finance`", "http 8080/TCP", "the stage in `prod` `audit`", "others.json"]
    {
        assert!(check.out().contains(word), "{word}: {}", check.out());
    }
    assert!(run(&root, "render --env prod --service service.ledger").out().contains("7000"));
    // Not the deploy's business: the catalogue is behind, and the files count.
    let labels = run(&root, "labels service.emoji --env prod");
    assert_eq!(labels.stderr, "");
    assert!(labels.out().contains("egress-s-ledger.grpc"));
}

#[test]
fn a_catalogue_of_another_fleet_is_refused() {
    let text = catalogue(&ledger(), "");
    let rows: [(&str, Value, &[&str]); 3] = [
        ("domain", json!("other.example"), &["catalogue-mismatch", "other.example", "bank.example"]),
        ("identity", json!("app.kubernetes.io/name"), &["catalogue-mismatch", "labels.identity"]),
        ("version", json!(2), &["invalid-value", "version 1"]),
    ];
    for (key, value, words) in rows {
        let root = emoji(&changed(&text, |catalogue| catalogue[key] = value.clone()), "");
        refused(&root, "check", words);
        refused(&root, "labels service.emoji --env prod", &words[..1]);
    }
    let renamed = changed(&text, |value| value["services"]["service.ledger"]["slug"] = json!("svc-ledger"));
    refused(
        &emoji(&renamed, ""),
        "labels service.emoji --env prod",
        &["catalogue-mismatch", "svc-ledger", "labels.prefixes"],
    );
}

#[test]
fn what_is_no_catalogue_is_refused_with_its_place() {
    for (text, words) in [
        ("", "the catalogue is empty"),
        ("{", "invalid-yaml"),
        ("[1]", "must be a mapping"),
        ("{\"version\": 1}", "needs the key `domain`"),
        (
            "{\"version\": 1, \"domain\": \"bank.example\", \"identity\": \"bank.example/routing-name\", \"namespaces\": [\"bank\"], \"services\": {\"service.ledger\": {}}}",
            "needs the key `slug`",
        ),
        (
            "{\"version\": 1, \"domain\": \"bank.example\", \"identity\": \"bank.example/routing-name\", \"namespaces\": [\"bank\"], \"services\": {\"a\": 1, \"a\": 2}}",
            "duplicate-key",
        ),
        (
            "{\"version\": 1, \"domain\": \"bank.example\", \"identity\": \"bank.example/routing-name\", \"namespaces\": [\"bank\"], \"services\": {\"../x\": {}}}",
            "bad-name",
        ),
    ] {
        refused(&emoji(text, ""), "check", &[words, "others.json"]);
    }
}

/// Who is missing is not known without the catalogue, so nobody is told to make a service's directory.
#[test]
fn a_catalogue_that_cannot_be_read_is_the_only_error() {
    let text = catalogue(&ledger(), "");
    let half = &text[..text.len() / 2];
    let newer = changed(&text, |value| value["version"] = json!(2));
    let nameless = changed(&text, |value| value["domain"] = json!("!"));
    for (catalogue, words) in [
        (None, "cannot read the catalogue"),
        (Some(half), "not valid JSON"),
        (Some(newer.as_str()), "version 1"),
        (Some(""), "the catalogue is empty"),
        (Some(nameless.as_str()), "the domain `!`"),
    ] {
        let root = emoji(catalogue.unwrap_or_default(), "");
        if catalogue.is_none() {
            std::fs::remove_file(root.path().join("others.json")).unwrap();
        }
        for command in ["check", "labels service.emoji --env prod", "list"] {
            let ran = run(&root, command);
            let said = format!("{}{}", ran.out(), ran.stderr);
            assert!(said.contains(words) && !said.contains("unknown-callee"), "{command}: {said}");
            assert!(!said.contains("valid YAML"), "{command}: {said}");
            assert_eq!(said.matches("error[").count(), 1, "{command}: {said}");
        }
        // A rule of the service for itself is wrong, whoever else is there.
        let path = root.path().join("service.emoji/egress/service.emoji.rule");
        std::fs::write(path, "").unwrap();
        assert!(run(&root, "check").out().contains("self-call"));
    }
    // With another name a broken one is what it is read as.
    let root = emoji("{", "");
    std::fs::rename(root.path().join("others.json"), root.path().join("others.yaml")).unwrap();
    let config = std::fs::read_to_string(root.path().join("hedgerow.yaml")).unwrap();
    std::fs::write(root.path().join("hedgerow.yaml"), config.replace("others.json", "others.yaml")).unwrap();
    assert!(run(&root, "check").out().contains("not valid YAML"));
}

#[test]
fn a_catalogue_that_was_changed_by_hand_is_said() {
    let text = catalogue(&ledger(), "");
    let edited = changed(&text, |value| value["services"]["service.ledger"]["owner"] = json!("me"));
    let check = run(&emoji(&edited, ""), "check");
    assert_eq!(check.exit, Exit::Done);
    assert!(check.out().contains("catalogue-edited"), "{}", check.out());
    // Written in another order, with a byte order mark, it says the same.
    let reordered = format!("\u{feff}{}", changed(&text, |_| {}));
    assert_eq!(run(&emoji(&reordered, ""), "check").out(), "");
    let newer = changed(&text, |value| value["services"]["service.ledger"]["tier"] = json!("gold"));
    let check = run(&emoji(&newer, ""), "check");
    assert!(check.exit == Exit::Done && check.out().contains("warning[unknown-key]"), "{}", check.out());
}

#[test]
fn entries_of_strangers_never_stop_a_deploy() {
    let text = catalogue(&ledger(), "");
    let spoiled = changed(&text, |value| {
        value["services"]["service.stranger"] = json!({"slug": "-", "ports": 7});
        value["services"]["NOT A NAME"] = json!(null);
        value["digest"] = json!("sha256:0");
    });
    let root = emoji(&spoiled, "");
    let labels = run(&root, "labels service.emoji --env prod");
    assert_eq!((labels.exit, labels.stderr.as_str()), (Exit::Done, ""));
    let before = emoji(&text, "");
    assert_eq!(labels.out(), run(&before, "labels service.emoji --env prod").out());
    refused(&root, "check", &["bad-name", "NOT A NAME", "service.stranger"]);
    // A callee whose entry is faulty is still a callee.
    let spoiled = changed(&text, |value| value["services"]["service.ledger"]["ports"] = json!(7));
    let labels = run(&emoji(&spoiled, ""), "labels service.emoji --env prod");
    assert!(labels.out().contains("egress-s-ledger=true") && labels.stderr.contains("warning["), "{}", labels.stderr);
}

#[test]
fn callers_must_live_where_the_callee_lets_them_in_from() {
    let text = catalogue(&ledger(), "");
    let narrow = changed(&text, |value| value["services"]["service.ledger"]["callers-from"] = json!(["bank"]));
    let files = |namespace: &str| {
        tree(&[
            ("hedgerow.yaml", config(", catalogue: others.json").as_bytes()),
            ("others.json", narrow.as_bytes()),
            ("service.emoji/service.yaml", format!("namespace: {namespace}\n").as_bytes()),
            ("service.emoji/egress/service.ledger.rule", b""),
        ])
    };
    refused(&files("edge"), "check", &["namespace-not-listed", "no callers from the namespace `edge`"]);
    refused(&files("edge"), "labels service.emoji --env prod", &["namespace-not-listed"]);
    assert_eq!(run(&files("bank"), "labels service.emoji --env prod").exit, Exit::Done);
    let far = changed(&text, |value| value["services"]["service.ledger"]["namespace"] = json!("vault"));
    let check = run(&emoji(&far, ""), "check");
    assert!(check.exit == Exit::Done && check.out().contains("warning[namespace-not-listed]"), "{}", check.out());
}

#[test]
fn the_scan_knows_the_names_of_the_others() {
    let text = catalogue(&ledger(), "");
    let main = b"package main\nimport \"net/http\"\nfunc main() { http.Get(\"http://s-ledger:8080/x\") }\n";
    let root = tree(&[
        ("hedgerow.yaml", config(", catalogue: others.json").as_bytes()),
        ("others.json", text.as_bytes()),
        ("service.emoji/main.go", main),
        ("service.emoji/service.yaml", b"owner: x\n"),
    ]);
    refused(&root, "scan --check", &["missing-rule", "`service.emoji` calls `service.ledger`"]);
    assert_eq!(run(&root, "scan --write").exit, Exit::Done);
    assert!(root.path().join("service.emoji/egress/service.ledger.rule").exists());
    let again = run(&root, "scan --check");
    assert_eq!(again.exit, Exit::Done, "{}{}", again.out(), again.stderr);
    assert!(run(&root, "scan --explain service.emoji service.ledger").out().contains("main.main"));
}

fn merge(files: &[(&str, &str)]) -> (Ran, TempDir) {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let root = tree(&files);
    let names: Vec<_> = files.iter().map(|(name, _)| *name).collect();
    (Command::new(root.path(), &format!("catalogue merge {}", names.join(" "))).run(), root)
}

#[test]
fn many_catalogues_make_one() {
    let (ledger, emoji) = (catalogue(&ledger(), ""), catalogue(&emoji(&catalogue(&ledger(), ""), ""), ""));
    let (ran, _root) = merge(&[("b.json", &ledger), ("a.json", &emoji)]);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let (other, _root) = merge(&[("a.json", &emoji), ("b.json", &ledger)]);
    assert_eq!(ran.stdout, other.stdout, "the order of files does not matter");
    let value: Value = serde_json::from_str(ran.out()).unwrap();
    assert_eq!(value["services"].as_object().unwrap().len(), 2);
    let (alone, _root) = merge(&[("a.json", ran.out())]);
    assert_eq!(alone.stdout, ran.stdout, "one alone stays as it is");
    // Repositories that list other namespaces each keep their own.
    let wider = changed(&emoji, |value| value["namespaces"] = json!(["bank", "edge", "ops"]));
    let (ran, _root) = merge(&[("a.json", &wider), ("b.json", &ledger)]);
    let value: Value = serde_json::from_str(ran.out()).unwrap();
    assert_eq!(value["namespaces"], json!(["bank", "edge", "ops"]));
    assert_eq!(value["services"]["service.ledger"]["callers-from"], json!(["bank", "edge"]));
    assert!(value["services"]["service.emoji"].get("callers-from").is_none());
    let piped = Command::new(Path::new("/"), "catalogue merge -").stdin(ledger.clone()).run();
    assert_eq!((piped.exit, piped.out()), (Exit::Done, ledger.as_str()), "{}", piped.stderr);
    assert_eq!(Command::new(Path::new("/"), "catalogue merge - -").stdin(ledger).run().exit, Exit::BadInput);
}

#[test]
fn what_cannot_be_merged_is_refused_all_at_once_and_by_file() {
    let text = catalogue(&ledger(), "");
    let twin = changed(&text, |value| {
        let entry = value["services"]["service.ledger"].clone();
        value["services"] = json!({"ledger": entry});
        value["services"]["ledger"]["labels"] = json!({"bank.example/routing-name": "ledger"});
        value["types"]["backend"] = json!({});
        value["environment"] = json!("prod");
        value["rules"] = json!({});
    });
    let stranger = changed(&text, |value| value["domain"] = json!("shop.example"));
    let other = changed(&text, |value| value["identity"] = json!("app"));
    let (ran, _root) = merge(&[
        ("a.json", &text),
        ("twin.json", &twin),
        ("shop.json", &stranger),
        ("other.json", &other),
        ("gone.json", "{"),
    ]);
    assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""));
    for words in [
        "two catalogues list the service `service.ledger`",
        "the service `service.ledger` and the service `ledger` would share the object `s-ledger`",
        "`bank.example` and `shop.example`",
        "by different labels",
        "different callers of the type `backend`",
        "those of every environment and those of `prod`",
        "one catalogue holds rules and another does not",
        "invalid-yaml",
        "a.json:",
        "twin.json:",
        "shop.json:",
        "other.json:",
        "gone.json:",
    ] {
        assert!(ran.stderr.contains(words), "{words}:\n{}", ran.stderr);
    }
    let (missing, _root) = merge(&[]);
    assert_eq!(missing.exit, Exit::BadInput);
    let (absent, root) = merge(&[("a.json", &text)]);
    assert_eq!(absent.exit, Exit::Done);
    let help = "there is no file of that name: correct the path, or make the file first";
    refused(&root, "catalogue merge a.json nowhere.json", &["unreadable", "nowhere.json", help]);
}

#[test]
fn a_difference_knows_the_catalogue() {
    let text = catalogue(&ledger(), "");
    let (base, head) = (emoji(&text, ""), emoji(&text, "ports: [http]\n"));
    std::fs::create_dir_all(base.path().join("service.emoji/egress")).unwrap();
    std::fs::remove_file(base.path().join("service.emoji/egress/service.ledger.rule")).unwrap();
    let ran = run(&head, &format!("diff {} --format json", base.path().display()));
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let value: Value = serde_json::from_str(ran.out()).unwrap();
    assert_eq!(value["edges"][0]["callee"], "service.ledger");
    assert_eq!(value["edges"][0]["owner"], "finance", "{value:#}");
}

#[test]
fn fifteen_hundred_services_fit_a_config_map() {
    let long = "a-name-as-long-as-people-make-them";
    let service = |number: usize| {
        let text = format!(
            "owner: team-number-{}\nports: [{{name: http, port: 8080}}, {{name: grpc, port: 9090}}]\nstage: {{prod: enforce}}\n",
            number % 90
        );
        (format!("service.{long}-{number}/service.yaml"), text)
    };
    let mut files: Vec<_> = (0..1_500).map(service).collect();
    files.extend((0..150).map(|number| (format!("service.{long}-{number}/deploy/cron.yaml"), CRON.to_owned())));
    files.push(("hedgerow.yaml".to_owned(), config("")));
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (path.as_str(), text.as_bytes())).collect();
    let root = tree(&files);
    let ran = run(&root, "catalogue");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let size = ran.stdout.len();
    assert!(size < 1 << 20, "{size} bytes");
    assert_eq!(ran.stderr, format!("1500 services, {size} bytes\n"));
    assert_eq!(ran.out().matches("\"schedule\":\"0 3 * * *\"").count(), 150);
}
