//! No input makes it panic, and whatever it accepts it accepts for good.

use crate::common::{Command, Ran, testdata, tree};
use hedgerow_cli::Exit;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Manifests that are odd each in its way.
static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/patch");
    let cases = files(&cases).into_iter().filter(|path| path.ends_with("in/stream.yaml"));
    let nasty = files(&testdata("nasty")).into_iter().filter(|path| path.extension().is_some_and(|end| end == "yaml"));
    let corpus: Vec<_> = cases.chain(nasty).map(|path| std::fs::read(path).unwrap()).collect();
    assert!(corpus.len() > 100, "the corpus is gone");
    corpus
});

/// Files of a fleet that say nearly everything that can be said.
const FLEET: [(&str, &str); 5] = [
    (
        "hedgerow.yaml",
        "version: 1\nlabels: {domain: bank.example, identity: who, prefixes: {service.: s-}}\nservices:\n  include: ['service.*']\n  exclude: [service.x]\n  rules: [egress]\n  defaults: {namespace: default, type: core, owner: o, ports: [{name: http, port: 80}]}\nnamespaces: [default, dmz]\ntypes: {core: {callers: [edge]}, edge: {}}\nenvironments: {prod: {stage: audit, log: true}}\naudit: {backend: calico-staged}\ncatch-alls: {backend: calico}\n",
    ),
    (
        "service.a/service.yaml",
        "name: service.a\nnamespace: dmz\ntype: edge\nowner: ö\nports: [{name: http, port: 80, protocol: UDP}, {port: 81}]\nstage: {prod: enforce}\nworkloads: ['Deployment/a*']\nidentity: {app: x}\nallow:\n  - from: {namespace: n, pods: {a: b}}\n    ports: [http]\n    reason: r\n  - from: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}\n  - from: anybody\n",
    ),
    ("service.a/egress/service.b.rule", "ports: [http]\nreason: '💸'\norigin: manual\nexpires: 2027-01-31\n"),
    ("service.b/service.yaml", "owner: b\n"),
    ("service.b/egress/service.a.rule", ""),
];

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// One change to a text.
#[derive(Debug, Clone)]
enum Mutation {
    Cut(Index, usize),
    Insert(Index, &'static str),
    Repeat(Index, usize, Index),
    Byte(Index, u8),
}

const SNIPPETS: [&str; 34] = [
    "---\n",
    "\n---\n",
    "...\n",
    "*a",
    "&a ",
    "{",
    "}",
    "[",
    "]",
    "\t",
    "\r",
    "\r\n",
    "\n",
    "\n  ",
    "\u{FEFF}",
    ": ",
    ":",
    "- ",
    "? ",
    "labels:",
    "<<: *a\n",
    "\"",
    "'",
    "|\n",
    ">-\n",
    "#",
    " #",
    "\u{2028}",
    "\0",
    "!!str ",
    "%YAML 1.1\n",
    "kind: Deployment\n",
    "metadata:\n",
    "💸",
];

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<Index>;
    prop_oneof![
        (at(), 1..40_usize).prop_map(|(at, length)| Mutation::Cut(at, length)),
        (at(), select(&SNIPPETS[..])).prop_map(|(at, snippet)| Mutation::Insert(at, snippet)),
        (at(), 1..200_usize, at()).prop_map(|(from, length, to)| Mutation::Repeat(from, length, to)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Byte(at, byte)),
    ]
}

fn mutate(text: &[u8], mutations: &[Mutation]) -> Vec<u8> {
    let mut text = text.to_vec();
    for mutation in mutations {
        let end = |start: usize, length: usize| (start + length).min(text.len());
        match mutation {
            Mutation::Cut(at, length) => {
                let start = at.index(text.len() + 1);
                text.drain(start..end(start, *length));
            }
            Mutation::Insert(at, snippet) => {
                let at = at.index(text.len() + 1);
                text.splice(at..at, snippet.bytes());
            }
            Mutation::Repeat(from, length, to) => {
                let from = from.index(text.len() + 1);
                let copy = text[from..end(from, *length)].to_vec();
                let to = to.index(text.len() + 1);
                text.splice(to..to, copy);
            }
            Mutation::Byte(at, byte) if !text.is_empty() => {
                let at = at.index(text.len());
                text[at] = *byte;
            }
            Mutation::Byte(..) => {}
        }
    }
    text
}

/// Post-renders and holds the run to what every run must hold to.
fn post_render(arguments: &str, stream: &[u8]) -> Result<Ran, TestCaseError> {
    let fleet = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/patch/fleet");
    let ran = Command::new(&fleet, arguments).stdin(stream).run();
    prop_assert!(ran.exit != Exit::Internal, "our fault: {}", ran.stderr);
    prop_assert_eq!(ran.exit == Exit::Done, !ran.stderr.contains("error"), "{}", ran.stderr);
    prop_assert!(ran.exit == Exit::Done || ran.stdout.is_empty(), "an output after an error");
    Ok(ran)
}

proptest! {
    #![proptest_config(crate::cases(400))]

    #[test]
    fn odd_manifests_made_odder(
        file in any::<Index>(),
        mutations in vec(mutation(), 0..4),
        arguments in select(&[
            "post-render --env prod",
            "post-render --env prod --service service.emoji",
            "post-render --env off --service service.emoji --prune",
            "post-render --env prod --service service.emoji --unknown-kinds --check --format sarif",
        ][..]),
    ) {
        let stream = mutate(file.get::<Vec<u8>>(&CORPUS), &mutations);
        let ran = post_render(arguments, &stream)?;
        if ran.exit == Exit::Done {
            let again = post_render(arguments, &ran.stdout)?;
            prop_assert_eq!(again.exit, Exit::Done, "{}\n{}", again.stderr, ran.out());
            prop_assert_eq!(again.out(), ran.out());
        }
    }

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..200)) {
        post_render("post-render --env prod", &bytes)?;
    }
}

proptest! {
    #![proptest_config(crate::cases(150))]

    #[test]
    fn a_fleets_files_mutated(file in 0..FLEET.len(), mutations in vec(mutation(), 1..4), format in select(&["text", "json", "github", "sarif"][..])) {
        let files: Vec<_> = FLEET.iter().enumerate().map(|(at, (path, text))| {
            let text = if at == file { mutate(text.as_bytes(), &mutations) } else { text.as_bytes().to_vec() };
            (*path, text)
        }).collect();
        let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_slice())).collect();
        let root = tree(&files);
        let check = Command::new(root.path(), "check --format").args([format]).run();
        prop_assert!(matches!(check.exit, Exit::Done | Exit::Findings), "{:?}: {}", check.exit, check.stderr);
        let render = Command::new(root.path(), "render --env prod").run();
        prop_assert!(render.exit != Exit::BadInput || check.exit == Exit::Findings, "{}\n{}", check.stderr, render.stderr);
        if check.exit == Exit::Findings && render.exit != Exit::BadInput {
            // Whoever renders reads what is a service's. What lies beside and looks like ours is for `check` to find, and nothing else is.
            let check = Command::new(root.path(), "check --format json").run();
            let report: serde_json::Value = serde_json::from_str(check.out()).map_err(|e| TestCaseError::fail(e.to_string()))?;
            let errors = report["diagnostics"].as_array().into_iter().flatten().filter(|one| one["severity"] == "error");
            let others: Vec<_> = errors.filter(|one| one["code"] != "ignored-file").collect();
            prop_assert!(others.is_empty(), "{others:#?}\n{}", render.stderr);
        }
        prop_assert!(render.exit == Exit::Done || render.stdout.is_empty());
    }
}
