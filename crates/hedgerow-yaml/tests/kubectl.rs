//! Edits as Kubernetes' own reader sees them: what `kubectl` reads before and after differs in the wanted labels alone.
//!
//! Skipped aloud where there is no `kubectl` on the PATH. It needs no cluster.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "runs another program; a test that cannot go on fails"
)]

#[path = "support/lenient.rs"]
mod rows;
mod support;

use std::io::Write as _;
use std::process::{Command, Stdio};

use hedgerow_yaml::{Document, Edit, MapChange, Route, RouteSet, Want, change_map, splice, split};
use serde_json::{Value, json};
use support::SEEDS;
use support::stream::helm_like;

const SET: &[(&str, &str)] =
    &[("example.com/egress-s-ledger", "true"), ("example.com/routing-name", "service.y"), ("0", "0")];

/// Where the pods of a kind have their labels.
fn template(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "Pod" => Some(&["metadata", "labels"]),
        "CronJob" => Some(&["spec", "jobTemplate", "spec", "template", "metadata", "labels"]),
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => {
            Some(&["spec", "template", "metadata", "labels"])
        }
        _ => None,
    }
}

/// Labels every pod template of a stream.
fn label(text: &str) -> (String, usize) {
    let mut head = RouteSet::new();
    let kind = head.ask("kind", Want::Scalar).unwrap();
    let mut edits: Vec<Edit> = Vec::new();
    for piece in split(text) {
        let document = Document::of_piece(text, &piece);
        let parts = document.parts(&Route::parse("items[]").unwrap()).unwrap();
        let outlines = std::iter::once(document.outline(&head).unwrap())
            .chain(parts.iter().map(|part| part.outline(&head).unwrap()));
        for (index, outline) in outlines.enumerate() {
            let kind = outline.site(kind).and_then(|site| site.as_str()).map(str::to_owned);
            let Some(path) = kind.as_deref().and_then(template) else { continue };
            let mut labels = RouteSet::new();
            let id = labels.add(Route::keys(path.iter().copied()), Want::Map);
            let outline = match index {
                0 => document.outline(&labels).unwrap(),
                index => parts[index - 1].outline(&labels).unwrap(),
            };
            edits.extend(change_map(text, outline.site(id).unwrap(), MapChange { set: SET, remove: &[] }).unwrap());
        }
    }
    let count = edits.len();
    (splice(text, edits).unwrap(), count)
}

/// What `kubectl` reads; a label is added by it, since it has no command that only reads.
fn read(text: &str) -> Option<Vec<Value>> {
    let mut kubectl = Command::new("kubectl")
        .args(["label", "--local", "-f", "-", "hedgerow-read=1", "-o", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = kubectl.stdin.take().unwrap();
    let written = text.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(written.as_bytes()));
    let output = kubectl.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
    let values = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    Some(values.map(Result::unwrap).collect())
}

/// What the labelling should have made of an object.
fn expected(mut object: Value) -> Value {
    let kind = object["kind"].as_str().unwrap_or_default().to_owned();
    if let Some(path) = template(&kind) {
        let mut place = &mut object;
        for key in path {
            place = &mut place[*key];
            if place.is_null() {
                *place = json!({});
            }
        }
        for (key, value) in SET {
            place[*key] = json!(value);
        }
    }
    object
}

#[test]
fn kubectl_sees_the_wanted_labels_and_no_other_change() {
    let stream = helm_like(400_000);
    let [deployment, cron_job, sorted, _, list, json, gaps] = SEEDS;
    let four_spaces = "kind: Job\nmetadata:\n    name: x\nspec:\n    template:\n        metadata:\n            labels:\n                # c\n                a: b\n";
    let anchors = "kind: Deployment\nmetadata: &m\n  name: x\nx: *m\nspec:\n  y: &y {a: b}\n  z:\n    <<: *y\n  template:\n    metadata:\n      labels:\n        app: &app web\n        twin: *app\n";
    let comments = "# a\nkind: Pod # b\n# c\nmetadata: # d\n  # e\n  name: x # f\n  # g\n  labels: # h\n    # i\n\n    # j\n    a: b # k\n# l\n";
    let flow = "{kind: Pod, metadata: {name: x, labels: {a: \"b\", }}}\n---\nkind: Pod\nmetadata: {name: z}\n";
    let texts = [&stream, deployment, cron_job, sorted, list, json, gaps, four_spaces, anchors, comments, flow];
    for text in texts {
        let text = &format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: first\n---\n{}", with_versions(text));
        for text in [text.clone(), text.replace('\n', "\r\n"), text.trim_end().to_owned()] {
            let (labelled, edits) = label(&text);
            let Some(before) = read(&text) else {
                eprintln!("skipped: no kubectl on the PATH");
                return;
            };
            let after = read(&labelled).unwrap();
            assert_eq!(before.len(), after.len());
            for (was, is) in before.into_iter().zip(after) {
                assert_eq!(expected(was), is, "in {labelled}");
            }
            assert_eq!(edits > 0, text.contains("template") || text.contains("kind: Pod"));
        }
    }
}

/// The rows of `lenient` are what `kubectl` makes of them: each as the `spec` of an object.
#[test]
fn kubectl_takes_lenient_notation_for_what_the_rows_say() {
    for (text, expected) in rows::LENIENT.iter().filter(|(_, expected)| *expected != "refused") {
        // Behind the text, so that column 0 stays column 0; its first key has to be one that an object may have.
        let object = format!("{text}apiVersion: example.com/v1\nkind: Thing\nmetadata: {{name: x}}\n");
        if text.starts_with('{') {
            continue;
        }
        let Some(mut read) = read(&object) else {
            eprintln!("skipped: no kubectl on the PATH");
            return;
        };
        let expected: Value = serde_json::from_str(expected).unwrap();
        for key in ["apiVersion", "kind", "metadata"] {
            read[0].as_object_mut().unwrap().remove(key);
        }
        // Numbers and booleans are text in the rows; none has any.
        assert_eq!(read[0], expected, "{text:?}");
    }
}

/// The text with a version and a name for every object, which `kubectl` asks for.
fn with_versions(text: &str) -> String {
    let pieces = split(text).map(|piece| {
        let body = &text[piece.range];
        let whole = body.contains("apiVersion") || !body.contains("kind:") || body.starts_with(['{', '\u{FEFF}']);
        let body = if whole { body.to_owned() } else { body.replacen("kind:", "apiVersion: batch/v1\nkind:", 1) };
        if body.starts_with("{kind") { body.replacen("{kind", "{apiVersion: v1, kind", 1) } else { body }
    });
    pieces.collect()
}
