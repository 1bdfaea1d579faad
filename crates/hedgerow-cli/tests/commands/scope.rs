//! A deploy of one service reads what it needs and is stopped by nobody else's faults.

use crate::common::{Command, tree};
use crate::{CONFIG, workload};
use hedgerow::{Request, load};
use hedgerow_cli::Exit;
use std::path::Path;

/// emoji calls ledger; everything about `service.stranger` is wrong, and so is what ledger may call.
const FILES: [(&str, &[u8]); 9] = [
    ("hedgerow.yaml", CONFIG.as_bytes()),
    ("service.emoji/egress/service.ledger.rule", b""),
    ("service.ledger/service.yaml", b"owner: x\n"),
    ("service.ledger/egress/service.nowhere.rule", b"prots: [\n"),
    ("service.stranger/service.yaml", b"\xff\xfe not a text"),
    ("service.stranger/egress/service.stranger.rule", b"expires: 2020-01-01\n"),
    ("service.stranger/egress/README", b""),
    ("service.Bad-Name/service.yaml", b"{"),
    ("service.twin/service.yaml", b"name: service.stranger\n"),
];

fn inputs(root: &Path) -> Vec<String> {
    let loaded = load(&Request::service(root, "service.emoji").unwrap()).unwrap();
    let relative = |path: &Path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    loaded.inputs.iter().map(|path| relative(path)).collect()
}

#[test]
fn faults_of_strangers_do_not_show() {
    let root = tree(&FILES);
    let ran = Command::new(root.path(), "post-render --service service.emoji").stdin(workload("s-emoji")).run();
    assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::Done, ""));
    assert!(ran.out().contains("bank.example/egress-s-ledger: \"true\""), "{}", ran.out());
    assert_eq!(Command::new(root.path(), "check").run().exit, Exit::Findings, "the whole fleet is faulty");
    let whole = Command::new(root.path(), "post-render").stdin(workload("s-emoji")).run();
    assert_eq!((whole.exit, whole.out()), (Exit::BadInput, ""));
}

#[test]
fn only_what_is_needed_is_read() {
    let root = tree(&FILES);
    assert_eq!(
        inputs(root.path()),
        [
            "",
            "hedgerow.yaml",
            "service.emoji",
            "service.emoji/egress",
            "service.emoji/egress/service.ledger.rule",
            "service.ledger/service.yaml",
        ]
    );
}

#[test]
fn the_cost_does_not_grow_with_the_fleet() {
    let mut files = FILES.to_vec();
    let names: Vec<_> = (0..200).map(|number| format!("service.n{number}/egress/service.ledger.rule")).collect();
    files.extend(names.iter().map(|name| (name.as_str(), b"".as_slice())));
    assert_eq!(inputs(tree(&files).path()).len(), 6);
}

#[test]
fn own_faults_stop_it_and_a_callees_do_not() {
    for (path, text, stops) in [
        ("service.emoji/service.yaml", "onwer: x\n", true),
        ("service.emoji/egress/service.ledgr.rule", "", true),
        ("service.emoji/egress/service.stranger.rule", "prots: [80]\n", true),
        ("service.ledger/service.yaml", "onwer: x\n", false),
        ("service.ledger/service.yaml", "namespace: nowhere\n", false),
        ("hedgerow.yaml", "version: 2\n", true),
    ] {
        let mut files: Vec<_> =
            FILES.into_iter().filter(|(file, _)| *file != path && !file.contains("Bad-Name")).collect();
        files.push((path, text.as_bytes()));
        let root = tree(&files);
        let ran = Command::new(root.path(), "post-render --service service.emoji").stdin(workload("s-emoji")).run();
        assert_eq!(ran.exit == Exit::BadInput, stops, "{path}: {text}: {}", ran.stderr);
        assert_eq!(ran.stdout.is_empty(), stops);
        assert!(stops || ran.stderr.contains("warning"), "{path}: {text}: {}", ran.stderr);
    }
}

/// A label that could not be made must not be left out in silence.
#[test]
fn a_callee_without_a_short_name_stops_its_caller() {
    let config = CONFIG.replace("{domain: bank.example}", "{domain: bank.example, prefixes: {service: s-}}");
    let root = tree(&[
        ("hedgerow.yaml", config.replace("'service.*'", "'service*'").as_bytes()),
        ("service-a/egress/service.rule", b""),
        ("service/service.yaml", b"owner: x\n"),
    ]);
    let ran = Command::new(root.path(), "labels service-a").run();
    assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("bad-name"), "{}", ran.stderr);
}

#[test]
fn a_service_that_is_not_there_is_named_with_the_nearest_one() {
    let root = tree(&FILES);
    let ran = Command::new(root.path(), "post-render --service service.emojy").stdin(workload("s-emoji")).run();
    assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""));
    assert!(ran.stderr.contains("unknown-service") && ran.stderr.contains("`service.emoji`"), "{}", ran.stderr);
    let ran = Command::new(root.path(), "post-render --service ../x").stdin(workload("s-emoji")).run();
    assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""));
}

#[test]
fn a_service_is_found_by_the_name_that_its_file_gives() {
    let root = tree(&[
        ("hedgerow.yaml", CONFIG.as_bytes()),
        ("service.dir/service.yaml", b"name: service.emoji\n"),
        ("service.dir/egress/service.ledger.rule", b""),
        ("service.other/service.yaml", b"name: service.ledger\nports: [{port: 80}]\n"),
    ]);
    let one = Command::new(root.path(), "labels service.emoji").run();
    assert_eq!(one.exit, Exit::Done, "{}", one.stderr);
    assert!(one.out().contains("bank.example/egress-s-ledger=true\n"), "{}", one.out());
}
