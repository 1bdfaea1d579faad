//! Manifests that are odd in one way each: `testdata/nasty`, whose README says what the directories mean.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::bank::DOMAIN;
use crate::helm::Helm;
use crate::program::{Outcome, Sandbox, repository};

const NOBODYS: [&str; 5] = ["-C", "testdata/bank", "post-render", "--env", "prod"];
const EMOJIS: [&str; 7] = ["-C", "testdata/bank", "post-render", "--env", "prod", "--service", "service.emoji"];

/// The manifests of one directory, by name.
fn cases(directory: &str) -> BTreeMap<String, PathBuf> {
    let files = std::fs::read_dir(repository().join("testdata/nasty").join(directory)).expect("the directory is there");
    let paths = files
        .map(|file| file.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"));
    paths.map(|path| (path.file_stem().expect("it has a name").to_string_lossy().into_owned(), path)).collect()
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Fails unless the outcome is either `input` again or a refusal that gives a reason.
#[track_caller]
fn assert_kept_or_refused(name: &str, outcome: Outcome, input: &[u8]) {
    if outcome.code == 0 {
        // Not `assert_eq`: some of these are ten megabytes.
        let differs = outcome.stdout.iter().zip(input).position(|(got, was)| got != was);
        assert!(outcome.stdout == input, "{name}: changed at byte {differs:?} of {}", input.len());
    } else {
        assert!(outcome.code < 3, "{name}: our fault, says hedgerow:\n{}", outcome.stderr);
        assert!(outcome.refusal().contains("error"), "{name}: refused without a reason");
    }
}

#[test]
fn what_is_nobodys_comes_out_as_it_went_in() {
    let sandbox = Sandbox::new();
    let cases = cases("kept");
    assert!(cases.len() >= 34);
    let mut wrong = String::new();
    for (name, path) in cases {
        let input = read(&path);
        let outcome = sandbox.hedgerow(&NOBODYS, &input);
        if outcome.code != 0 || outcome.stdout != input {
            wrong += &format!("--- {name}\n{}\n{}\n", outcome.stderr, String::from_utf8_lossy(&outcome.stdout));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn labels_are_added_to_every_odd_workload() {
    let bless = std::env::var_os("HEDGEROW_BLESS").is_some();
    let sandbox = Sandbox::new();
    let mut wrong = String::new();
    for (name, path) in cases("labelled") {
        let outcome = sandbox.hedgerow(&EMOJIS, &read(&path));
        if outcome.code != 0 {
            wrong += &format!("--- {name} is refused\n{}\n", outcome.stderr);
            continue;
        }
        let twice = sandbox.hedgerow(&EMOJIS, &outcome.stdout);
        assert_eq!(twice.stdout, outcome.stdout, "{name}: a second run changes it again\n{}", twice.stderr);

        let expected = path.with_extension("out");
        if bless {
            std::fs::write(&expected, &outcome.stdout).expect("the expectation can be written");
        } else if read(&expected) != outcome.stdout {
            wrong += &format!("--- {name} gives\n{}\n", String::from_utf8_lossy(&outcome.stdout));
        }
    }
    assert!(wrong.is_empty(), "{wrong}\nHEDGEROW_BLESS=1 accepts this; read the diff");
}

/// Name, and what the refusal must say: the code of the fault and the line in the manifest.
const REFUSED: &[(&str, [&str; 2])] = &[
    ("alias-across-documents", ["error[uneditable-labels]", ":9:"]),
    ("another-services-identity", ["error[ambiguous-workload]", "`service.payment`"]),
    ("another-type", ["error[unbacked-label]", ":11:"]),
    ("dedent-into-nowhere", ["error[invalid-yaml]", ":5:"]),
    ("egress-label-written-by-hand", ["error[unbacked-label]", ":12:"]),
    ("flow-never-closed", ["error[invalid-yaml]", ":11:"]),
    ("indented-by-tabs", ["error[invalid-yaml]", ":4:"]),
    ("labels-are-a-scalar", ["error[uneditable-labels]", ":10:"]),
    ("labels-are-a-sequence", ["error[uneditable-labels]", ":11:"]),
    ("labels-are-an-alias", ["error[uneditable-labels]", ":10:"]),
    ("labels-are-anchored", ["error[uneditable-labels]", ":10:"]),
    ("labels-are-tagged", ["error[uneditable-labels]", ":10:"]),
    ("labels-explicit-key", ["error[uneditable-labels]", ":11:"]),
    ("labels-merge", ["error[uneditable-labels]", ":11:"]),
    ("metadata-is-a-scalar", ["error[uneditable-labels]", ":9:"]),
    ("metadata-is-an-alias", ["error[uneditable-labels]", ":7:"]),
    ("metadata-is-anchored", ["error[uneditable-labels]", ":9:"]),
    ("not-utf-8", ["invalid UTF-8", "byte 239"]),
    ("policy-label-written-by-hand", ["error[unbacked-label]", ":11:"]),
    ("port-label-written-by-hand", ["error[unbacked-label]", ":10:"]),
    ("quote-never-closed", ["error[invalid-yaml]", ":12:"]),
    ("selector-uses-a-label", ["error[selector-uses-label]", ":7:"]),
    ("spec-merges-a-template", ["error[uneditable-labels]", ":7:"]),
    ("tag-directive", ["error[invalid-yaml]", ":2:"]),
    ("template-is-an-alias", ["error[uneditable-labels]", ":8:"]),
    ("version-directive", ["error[invalid-yaml]", ":2:"]),
];

#[test]
fn what_cannot_be_labelled_is_refused_with_its_line() {
    let sandbox = Sandbox::new();
    let cases = cases("refused");
    let named: Vec<&str> = REFUSED.iter().map(|(name, _)| *name).collect();
    assert_eq!(cases.keys().map(String::as_str).collect::<Vec<_>>(), named);
    let mut wrong = String::new();
    for (name, said) in REFUSED {
        let outcome = sandbox.hedgerow(&EMOJIS, &read(&cases[*name]));
        if outcome.code == 0 {
            wrong += &format!("--- {name} is let through\n");
            continue;
        }
        let refusal = outcome.refusal();
        if !said.iter().all(|words| refusal.contains(words)) {
            wrong += &format!(
                "--- {name}: expected {said:?}
{refusal}
"
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Helm 3 writes a comment between the separator and the byte order mark. No YAML allows a mark there, although Go's reader does.
const REFUSED_THROUGH_HELM: [(&str, &str); 1] = [("helm3", "byte-order-mark-after-separator")];

/// The same manifests as the output of a chart: Helm's own oddities come on top (no byte order marks, line ends of two kinds,
/// under Helm 4 documents printed anew).
fn through_helm(name: &str) {
    let Some(helm) = Helm::named(name) else { return };
    helm.sandbox.write("chart/Chart.yaml", "{apiVersion: v2, name: nasty, version: 0.1.0}");
    helm.sandbox.write("chart/templates/case.yaml", "{{ .Files.Get \"case.yaml\" }}");
    let chart = helm.sandbox.path("chart");
    let chart = chart.to_str().expect("temporary directories have UTF-8 names");
    let (mut rendered, mut rejected) = (0, Vec::new());
    for (directory, arguments) in [("kept", &NOBODYS[3..]), ("labelled", &EMOJIS[3..])] {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        for (case, path) in cases(directory) {
            helm.sandbox.write("chart/case.yaml", read(&path));
            let plain = helm.plain(chart, &[]);
            if plain.code != 0 {
                rejected.push(case);
                continue;
            }
            rendered += 1;
            let plain = plain.text();
            let got = helm.hedgerow(chart, &[], "testdata/bank", &arguments);
            if REFUSED_THROUGH_HELM.contains(&(name, case.as_str())) {
                got.refusal();
                continue;
            }
            assert_eq!(got.code, 0, "{name} {case}: {}", got.stderr);
            let got = got.text();
            if directory == "kept" {
                assert_eq!(got, plain, "{name} {case}");
            } else {
                let count = |text: &[u8]| String::from_utf8_lossy(text).matches(DOMAIN).count();
                let added = count(&read(&path.with_extension("out"))) - count(&read(&path));
                assert_eq!(count(got.as_bytes()) - count(plain.as_bytes()), added, "{name} {case}:\n{got}");
            }
        }
    }
    assert!(rendered >= 80, "{name} itself rejects {rejected:?}");
}

#[test]
fn odd_charts_pass_through_helm_3() {
    through_helm("helm3");
}

#[test]
fn odd_charts_pass_through_helm_4() {
    through_helm("helm4");
}

/// More of them, with what Helm 4 makes of each, from a folder that a checkout may have beside it.
#[test]
fn recorded_manifests_come_out_as_they_went_in_or_are_refused() {
    let recorded = repository().join("../shared/fixtures/integration/nasty");
    let Ok(directories) = std::fs::read_dir(&recorded) else {
        let _ =
            std::io::Write::write_all(&mut std::io::stderr(), b"SKIPPED: no recorded manifests beside the checkout\n");
        return;
    };
    let sandbox = Sandbox::new();
    let mut refused = Vec::new();
    for directory in directories {
        let directory = directory.expect("it can be listed").path();
        for file in ["template.yaml", "helm4-stdin.yaml"] {
            let Ok(input) = std::fs::read(directory.join(file)) else { continue };
            let name = format!("{}/{file}", directory.file_name().expect("it has a name").to_string_lossy());
            let outcome = sandbox.hedgerow(&NOBODYS, &input);
            if outcome.code != 0 {
                refused.push(name.clone());
            }
            assert_kept_or_refused(&name, outcome, &input);
        }
    }
    // Helm rejects these four as well. Whether Hedgerow does depends on how much of a document that is no workload it reads.
    let not_yaml =
        ["directive", "non_utf8", "sep_in_block_col0", "tabs_indent"].map(|case| format!("{case}/template.yaml"));
    refused.retain(|case| !not_yaml.contains(case));
    assert_eq!(refused, Vec::<String>::new());
}

/// Inputs that are too large or too odd to keep as files.
#[test]
fn hostile_input_is_refused_or_kept_and_never_our_fault() {
    let sandbox = Sandbox::new();
    let document = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: ";
    let mut bombs = String::from("a0: &a0 [x]\n");
    for level in 1..30 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bombs += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    let utf_16: Vec<u8> = "\u{feff}apiVersion: v1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hostile: Vec<(&str, Vec<u8>)> = vec![
        ("open brackets", format!("{document}{}", "[".repeat(100_000)).into_bytes()),
        ("open braces", "{a: ".repeat(100_000).into_bytes()),
        ("brackets", format!("{document}{}{}\n", "[".repeat(100_000), "]".repeat(100_000)).into_bytes()),
        ("dashes", format!("{}x\n", "- ".repeat(100_000)).into_bytes()),
        ("an alias bomb", bombs.into_bytes()),
        ("a large scalar", format!("{document}\"{}\"\n", "x".repeat(10_000_000)).into_bytes()),
        ("many documents", "---\n".repeat(100_000).into_bytes()),
        ("UTF-16", utf_16),
        ("zeros", vec![0; 10_000]),
        ("control characters", format!("{document}\"\u{7}\u{1b}\"\n").into_bytes()),
    ];
    for (name, input) in hostile {
        assert_kept_or_refused(name, sandbox.hedgerow(&NOBODYS, &input), &input);
    }
}

/// A stream that ends too early is complete by chance or refused, whatever the byte that it ends after.
#[test]
fn a_stream_cut_off_anywhere_is_labelled_or_refused() {
    let sandbox = Sandbox::new();
    let whole = read(&cases("labelled")["labels-flow-of-many-lines"]);
    for end in 0..whole.len() {
        let outcome = sandbox.hedgerow(&EMOJIS, &whole[..end]);
        assert!(outcome.code < 3, "cut after {end} bytes: {}", outcome.stderr);
        assert!(outcome.code == 0 || outcome.stdout.is_empty(), "cut after {end} bytes: output after an error");
    }
}
