//! Edits of the map at `m.labels`, before and after: one row per layout that a manifest may have.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use hedgerow_yaml::{Document, MapChange, Reason, RouteSet, Want, change_map, splice};

/// Sets and removes keys at `m.labels` of the only document in `text`.
fn edit(text: &str, set: &[(&str, &str)], remove: &[&str]) -> Result<String, Reason> {
    let mut routes = RouteSet::new();
    let labels = routes.ask("m.labels", Want::Map).unwrap();
    let outline = Document::new(text).outline(&routes).unwrap();
    let change = MapChange { set, remove };
    let edits = change_map(text, outline.site(labels).unwrap(), change).map_err(|obstacle| obstacle.reason)?;
    Ok(splice(text, edits).unwrap())
}

#[test]
fn keys_are_added_in_the_notation_of_the_map() {
    let rows = [
        ("m:\n  labels:\n    a: x\n", "m:\n  labels:\n    k/1: \"v\"\n    e/2: \"w\"\n    a: x\n"),
        ("m:\r\n  labels:\r\n    a: x\r\n", "m:\r\n  labels:\r\n    k/1: \"v\"\r\n    e/2: \"w\"\r\n    a: x\r\n"),
        ("m:\r  labels:\r    a: x\r", "m:\r  labels:\r    k/1: \"v\"\r    e/2: \"w\"\r    a: x\r"),
        (
            "m:\n  labels: # c\n    # d\n\n    a: x",
            "m:\n  labels: # c\n    k/1: \"v\"\n    e/2: \"w\"\n    # d\n\n    a: x",
        ),
        ("m:\n    labels:\n      'a': x\n", "m:\n    labels:\n      k/1: \"v\"\n      e/2: \"w\"\n      'a': x\n"),
        ("m:\n  labels:\n    ? a\n    : x\n", "m:\n  labels:\n    k/1: \"v\"\n    e/2: \"w\"\n    ? a\n    : x\n"),
        ("m:\n  labels:\n", "m:\n  labels:\n    k/1: \"v\"\n    e/2: \"w\"\n"),
        ("m:\n  labels: # c", "m:\n  labels: # c\n    k/1: \"v\"\n    e/2: \"w\""),
        ("m:\n  labels:   \n  z: 1\n", "m:\n  labels:   \n    k/1: \"v\"\n    e/2: \"w\"\n  z: 1\n"),
        ("m:\n  labels: ~ # c\n", "m:\n  labels: {\"k/1\": \"v\", \"e/2\": \"w\"} # c\n"),
        ("m:\n  labels: {} # c\n", "m:\n  labels: {\"k/1\": \"v\", \"e/2\": \"w\"} # c\n"),
        ("m:\n  labels: {a: x}\n", "m:\n  labels: {\"k/1\": \"v\", \"e/2\": \"w\", a: x}\n"),
        ("m:\n  z: 1\n", "m:\n  labels:\n    k/1: \"v\"\n    e/2: \"w\"\n  z: 1\n"),
        ("m:\nz: 1\n", "m:\n  labels:\n    k/1: \"v\"\n    e/2: \"w\"\nz: 1\n"),
        ("m: {}\n", "m: {\"labels\": {\"k/1\": \"v\", \"e/2\": \"w\"}}\n"),
        ("m: {z: 1}\n", "m: {\"labels\": {\"k/1\": \"v\", \"e/2\": \"w\"}, z: 1}\n"),
        ("z: 1\n", "m:\n  labels:\n    k/1: \"v\"\n    e/2: \"w\"\nz: 1\n"),
        ("--- # c\nz: 1\n", "--- # c\nm:\n  labels:\n    k/1: \"v\"\n    e/2: \"w\"\nz: 1\n"),
        ("\u{FEFF}z: 1\n", "\u{FEFF}m:\n  labels:\n    k/1: \"v\"\n    e/2: \"w\"\nz: 1\n"),
        ("---\n\u{FEFF}z: 1\n", "---\n\u{FEFF}m:\n  labels:\n    k/1: \"v\"\n    e/2: \"w\"\nz: 1\n"),
        (
            "{\"m\": {\"labels\": {\"a\":\"x\"}}}",
            "{\"m\": {\"labels\": {\"k/1\": \"v\", \"e/2\": \"w\", \"a\":\"x\"}}}",
        ),
        ("{\"m\": {\"labels\": null}}", "{\"m\": {\"labels\": {\"k/1\": \"v\", \"e/2\": \"w\"}}}"),
        ("{\"m\": {labels}}", "{\"m\": {labels: {\"k/1\": \"v\", \"e/2\": \"w\"}}}"),
        ("{\"m\": {labels: }}", "{\"m\": {labels: {\"k/1\": \"v\", \"e/2\": \"w\"} }}"),
        (
            "{\n  \"m\": {\n    \"labels\": {\n      \"a\": \"x\"\n    }\n  }\n}\n",
            "{\n  \"m\": {\n    \"labels\": {\n      \"k/1\": \"v\",\n      \"e/2\": \"w\",\n      \"a\": \"x\"\n    }\n  }\n}\n",
        ),
        ("{}", "{\"m\": {\"labels\": {\"k/1\": \"v\", \"e/2\": \"w\"}}}"),
        ("--- {}\n", "--- {\"m\": {\"labels\": {\"k/1\": \"v\", \"e/2\": \"w\"}}}\n"),
    ];
    for (before, after) in rows {
        let set = [("k/1", "v"), ("e/2", "w")];
        let once = edit(before, &set, &[]).unwrap();
        assert_eq!(once, after, "{before:?}");
        assert_eq!(edit(&once, &set, &[]).unwrap(), once, "setting twice is setting once");
    }
}

#[test]
fn values_are_corrected_in_place() {
    let rows = [
        ("m:\n  labels:\n    k: v # c\n", "m:\n  labels:\n    k: v # c\n"),
        ("m:\n  labels:\n    k: 'v'\n", "m:\n  labels:\n    k: 'v'\n"),
        ("m:\n  labels:\n    k: x # c\n", "m:\n  labels:\n    k: \"v\" # c\n"),
        ("m:\n  labels:\n    k:\n      x\n", "m:\n  labels:\n    k:\n      \"v\"\n"),
        ("m:\n  labels:\n    k:  # c\n", "m:\n  labels:\n    k: \"v\"  # c\n"),
        ("m:\n  labels:\n    k:\n    a: x\n", "m:\n  labels:\n    k: \"v\"\n    a: x\n"),
        ("m:\n  labels:\n    k: |\n      x\n      y\n\n    a: x\n", "m:\n  labels:\n    k: \"v\"\n\n    a: x\n"),
        ("m:\n  labels:\n    k: !!int 1\n", "m:\n  labels:\n    k: \"v\"\n"),
        ("n: &n v\nm:\n  labels:\n    k: *n\n", "n: &n v\nm:\n  labels:\n    k: *n\n"),
        ("n: &n x\nm:\n  labels:\n    k: *n\n", "n: &n x\nm:\n  labels:\n    k: \"v\"\n"),
        ("m:\n  labels:\n    k: x\n    k: y\n", "m:\n  labels:\n    k: x\n    k: \"v\"\n"),
        ("m:\n  labels:\n    k: x\n    k: v\n", "m:\n  labels:\n    k: x\n    k: v\n"),
        ("m: {labels: {k: , a: x}}", "m: {labels: {k: \"v\" , a: x}}"),
        ("{\"m\": {\"labels\": {\"k\":#c\n}}}", "{\"m\": {\"labels\": {\"k\": \"v\" #c\n}}}"),
        ("m: {labels: {k, a: x}}", "m: {labels: {k: \"v\", a: x}}"),
        ("m: {labels: {\"k\":1}}", "m: {labels: {\"k\":\"v\"}}"),
    ];
    for (before, after) in rows {
        assert_eq!(edit(before, &[("k", "v")], &[]).as_deref(), Ok(after), "{before:?}");
    }
    assert_eq!(
        edit("m:\n  labels:\n    k: true\n", &[("k", "true")], &[]).unwrap(),
        "m:\n  labels:\n    k: \"true\"\n"
    );
}

#[test]
fn keys_are_removed_with_their_line_and_the_last_leaves_an_empty_map() {
    let rows = [
        ("m:\n  labels:\n    k: v # c\n    a: x\n", "m:\n  labels:\n    a: x\n"),
        (
            "m:\n  labels:\n    # about a\n    a: x\n    # about k\n    k: v",
            "m:\n  labels:\n    # about a\n    a: x\n    # about k\n",
        ),
        ("m:\n  labels: # c\n    # d\n    k: v\nz: 1\n", "m:\n  labels: {} # c\n    # d\nz: 1\n"),
        ("m:\r\n  labels:\r\n    k: v\r\n    k: w\r\n", "m:\r\n  labels: {}\r\n"),
        ("m:\n  labels:\n    k: v\n    a: x\n    k: w\n", "m:\n  labels:\n    a: x\n"),
        ("m:\n  labels:\n    k: |+\n      x\n\n    a: x\n", "m:\n  labels:\n    a: x\n"),
        ("m:\n  labels:\n    a: |+\n      x\n    k: v\n\n\nz: 1\n", "m:\n  labels:\n    a: |+\n      x\nz: 1\n"),
        ("m:\n  labels:\n    ? k\n    : v\n    a: x\n", "m:\n  labels:\n    a: x\n"),
        ("m: {labels: {k: v}}", "m: {labels: {}}"),
        ("m: {labels: {k: v, }}", "m: {labels: { }}"),
        ("m: {labels: {k: v, a: x}}", "m: {labels: {a: x}}"),
        ("m: {labels: {a: x, k: v}}", "m: {labels: {a: x}}"),
        ("m: {labels: {a: x, k: v,}}", "m: {labels: {a: x, }}"),
        ("m: {labels: {k: v, a: x, k: w}}", "m: {labels: {a: x}}"),
        ("m: {labels: {a: x, k: v, k: w}}", "m: {labels: {a: x}}"),
        ("m: {labels: {\n  a: x, # about a\n  k: v }}", "m: {labels: {\n  a: x # about a\n   }}"),
        ("{\"m\": {\"labels\": {\n  \"k\": 1,\n  \"a\": 2\n}}}", "{\"m\": {\"labels\": {\n  \"a\": 2\n}}}"),
        ("{\"m\": {\"labels\": {\n  \"a\": 2,\n  \"k\": 1\n}}}", "{\"m\": {\"labels\": {\n  \"a\": 2\n}}}"),
        ("m:\n  labels:\n", "m:\n  labels:\n"),
        ("m:\n  z: 1\n", "m:\n  z: 1\n"),
    ];
    for (before, after) in rows {
        let once = edit(before, &[], &["k"]).unwrap();
        assert_eq!(once, after, "{before:?}");
        assert_eq!(edit(&once, &[], &["k"]).unwrap(), once, "removing twice is removing once");
    }
}

#[test]
fn keys_come_and_go_in_one_change() {
    let rows = [
        ("m:\n  labels:\n    k: v\n", "m:\n  labels:\n    f/1: \"1\"\n"),
        ("m:\n  labels:\n    k: v\n    a: x\n", "m:\n  labels:\n    f/1: \"1\"\n    a: x\n"),
        ("m: {labels: {k: v}}", "m: {labels: {\"f/1\": \"1\"}}"),
        ("m: {labels: {k: v, a: x}}", "m: {labels: {\"f/1\": \"1\", a: x}}"),
        ("m: {labels: {\n  k: v\n}}", "m: {labels: {\n  \"f/1\": \"1\"\n}}"),
    ];
    for (before, after) in rows {
        assert_eq!(edit(before, &[("f/1", "1")], &["k"]).unwrap(), after, "{before:?}");
    }
}

#[test]
fn what_would_leak_or_guess_is_refused() {
    let rows = [
        ("x: &x {a: b}\nm:\n  labels: *x\n", Reason::Alias),
        ("m:\n  labels: &x\n    a: b\n", Reason::Anchor),
        ("m: &x\n  labels:\n    a: b\n", Reason::Anchor),
        ("m: &x\n  labels:\n", Reason::Anchor),
        ("m: &x\n", Reason::Anchor),
        ("x: &x {a: b}\nm:\n  <<: *x\n", Reason::MergeKey),
        ("x: &x {a: b}\nm:\n  <<: *x\n  labels: {}\n", Reason::MergeKey),
        ("x: &x {a: b}\nm:\n  labels:\n    !!merge <<: *x\n", Reason::MergeKey),
        ("m:\n  labels: !!map {}\n", Reason::Tag),
        ("m: !x\n  labels: {}\n", Reason::Tag),
        ("x: &x labels\nm:\n  *x : {}\n", Reason::OddKey),
        ("m:\n  !!binary bGFiZWxz: {}\n", Reason::OddKey),
        ("m: 1\n", Reason::NotAMapping),
        ("m:\n- labels: {}\n", Reason::NotAMapping),
        ("m:\n  labels: []\n", Reason::NotAMapping),
        ("m:\n  labels:\n    k: &v x\n", Reason::Anchor),
        ("m:\n  labels:\n    k: [x]\n", Reason::NotAScalar),
        ("# nothing\n", Reason::EmptyDocument),
        ("null\n", Reason::EmptyDocument),
        ("m:\n  labels:\n    a: b # \u{2028}\n", Reason::LineBreak),
        ("m:\n  labels:\n    a: b\u{85}\n", Reason::LineBreak),
    ];
    for (text, reason) in rows {
        assert_eq!(edit(text, &[("k", "v")], &[]), Err(reason), "{text:?}");
    }
    assert_eq!(
        edit("m:\n  labels:\n    a: 'b\u{2028}'\n", &[("a", "v")], &[]).unwrap(),
        "m:\n  labels:\n    a: \"v\"\n"
    );
}
