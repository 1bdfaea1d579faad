//! A `hedgerow.yaml` under another name, alone.

use crate::{CONFIG, run, said, write};
use hedgerow_cli::Exit;

const NAMES: [&str; 8] = [
    "hedgerow.yml",
    "Hedgerow.yaml",
    "hegderow.yaml",
    ".hedgerow.yaml",
    "hedgerow.yaml.bak",
    "hedgerow.yaml.yaml",
    "hedgrow.yml",
    "HEDGEROW.YAML",
];

#[test]
fn every_command_names_it_and_says_what_to_do() {
    for name in NAMES {
        let tree = tempfile::tempdir().expect("a temporary directory");
        let root = tree.path().canonicalize().expect("it is there");
        write(&root, name, CONFIG);
        write(&root, "service.books/service.yaml", "");
        let help = format!("{name}`: rename it to `hedgerow.yaml`");
        for (directory, command) in
            [("", "check"), ("service.books", "labels service.books"), ("", "scan"), ("", "-C . check")]
        {
            let ran = run(&root.join(directory), command, "");
            assert!(ran.exit != Exit::Done && ran.stderr.contains(&help), "{name}, {command}: {}", ran.stderr);
            assert!(!ran.stderr.contains("hedgerow init"), "{name}, {command}: {}", ran.stderr);
        }
        let ran = run(&root, "init --domain bank.example", "");
        assert!(
            ran.exit != Exit::Done && ran.stderr.contains("rename it to `hedgerow.yaml`"),
            "{name}: {}",
            ran.stderr
        );
        assert!(!root.join("hedgerow.yaml").is_file() || name.eq_ignore_ascii_case("hedgerow.yaml"), "{name}");
        let ran = run(&root, "init --domain bank.example --dry-run", "");
        assert!(ran.exit == Exit::Done && ran.stderr.contains(name), "{name}: {}", ran.stderr);
        std::fs::rename(root.join(name), root.join("hedgerow.yaml")).expect("as it says");
        let ran = run(&root, "check", "");
        assert_eq!(ran.exit, Exit::Done, "{name}: {}", said(&ran));
    }
}

#[test]
fn what_only_begins_like_it_is_none() {
    for (name, text) in [
        ("hedgerow", "\u{1}ELF"),
        ("hedgerow.json", "{\"diagnostics\": []}"),
        ("hedgerow.log", "x"),
        ("hedgehog.yaml", "spines: 6000\n"),
        ("hedge.yaml", CONFIG),
        ("hedgerow.yml", "fruit: [sloe, haw]\n"),
        ("hedgerow.md", CONFIG),
    ] {
        let tree = tempfile::tempdir().expect("a temporary directory");
        write(tree.path(), name, text);
        let ran = run(tree.path(), "check", "");
        assert!(ran.stderr.contains("hedgerow init") && !ran.stderr.contains("rename it"), "{name}: {}", ran.stderr);
        let ran = run(tree.path(), "init --domain bank.example", "");
        assert_eq!(ran.exit, Exit::Done, "{name}: {}", ran.stderr);
    }
}
