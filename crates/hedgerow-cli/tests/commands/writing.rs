//! What `ready --write` writes and prints, in each format, and what it does where a file cannot be written.

use super::common::told;
use super::ready::{fleet, run};
use hedgerow_cli::Exit;
use std::fs;

#[test]
fn the_text_of_the_pull_request_is_printed_in_every_format() {
    let title = "# Enforce `service.cards`, `service.emoji`, `service.ledger` in `prod`";
    let write = |format: &str| {
        let root = fleet(&[]);
        let ran = run(root.path(), &format!("ready --observations seen.jsonl --write --format {format}"));
        assert_eq!(ran.exit, Exit::Done, "{format}: {}", ran.stderr);
        assert!(fs::read_to_string(root.path().join("service.emoji/service.yaml")).unwrap().contains("enforce"));
        ran.out().to_owned()
    };
    let text = write("text");
    assert!(text.starts_with(&format!("{title}\n")), "{text}");
    assert_eq!(write("markdown"), text);
    let json: serde_json::Value = serde_json::from_str(&write("json")).unwrap();
    assert_eq!(json["request"], text);
    assert_eq!(json["services"][0]["policy"]["planned"], json["services"][0]["policy"]["deployed"]);
    let github = write("github");
    assert!(github.starts_with(&format!("::notice title=hedgerow%3A ready::{title}%0A")), "{github}");
    // Where nothing is written there is none.
    let root = fleet(&[]);
    let ran = run(root.path(), "ready --observations seen.jsonl --format json");
    assert!(serde_json::from_str::<serde_json::Value>(ran.out()).unwrap()["request"].is_null());
    fs::write(
        root.path().join("service.ledger/service.yaml"),
        "ports: [{name: http, port: 8080}]\nstage: {prod: open}\n",
    )
    .unwrap();
    told(root.path(), "seen.jsonl");
    let ran = run(root.path(), "ready service.ledger --observations seen.jsonl --write --format json");
    assert!(serde_json::from_str::<serde_json::Value>(ran.out()).unwrap()["request"].is_null(), "{}", ran.out());
}

#[test]
fn all_are_written_or_none() {
    // The last of three cannot be edited and nothing else changed.
    let root = fleet(&[]);
    let odd = "ports: [{name: http, port: 8080}]\nstage: &all {prod: audit}\n";
    let file = root.path().join("service.ledger/service.yaml");
    fs::write(&file, odd).unwrap();
    told(root.path(), "seen.jsonl");
    let ran = run(root.path(), "ready --observations seen.jsonl --write");
    assert_eq!(ran.exit, Exit::BadInput, "{}{}", ran.out(), ran.stderr);
    assert!(ran.stderr.contains("so nothing is written"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), odd);
    for name in ["service.cards", "service.emoji"] {
        assert!(!root.path().join(name).join("service.yaml").exists(), "{name}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("wrote"), "{}", ran.stderr);
}
