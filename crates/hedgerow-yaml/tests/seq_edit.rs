//! Edits of the sequence at `items`, before and after.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use hedgerow_yaml::{Document, Reason, RouteSet, SeqChange, Want, Yaml, change_seq, splice};

fn edit(text: &str, change: SeqChange<'_>) -> Result<String, Reason> {
    let mut routes = RouteSet::new();
    let items = routes.ask("items", Want::Seq).unwrap();
    let outline = Document::new(text).outline(&routes).unwrap();
    let edits = change_seq(text, outline.site(items).unwrap(), change).map_err(|obstacle| obstacle.reason)?;
    Ok(splice(text, edits).unwrap())
}

fn object(name: &str) -> Yaml {
    Yaml::map([("name", Yaml::str(name)), ("spec", Yaml::map([("port", Yaml::Int(80))]))])
}

#[test]
fn elements_are_appended_in_the_notation_of_the_sequence() {
    let rows = [
        ("items:\n- a: 1\n", "items:\n- a: 1\n- name: v1\n  spec:\n    port: 80\n"),
        ("items:\n- a: 1\nz: 1\n", "items:\n- a: 1\n- name: v1\n  spec:\n    port: 80\nz: 1\n"),
        ("items:\n  - a: 1 # c\n# d\n", "items:\n  - a: 1 # c\n  - name: v1\n    spec:\n      port: 80\n# d\n"),
        ("items:\r\n- a: 1\r\n", "items:\r\n- a: 1\r\n- name: v1\r\n  spec:\r\n    port: 80\r\n"),
        ("items:\n- a: 1", "items:\n- a: 1\n- name: v1\n  spec:\n    port: 80"),
        ("items:\n- a: |+\n    x\n\n\nz: 1\n", "items:\n- a: |+\n    x\n\n\n- name: v1\n  spec:\n    port: 80\nz: 1\n"),
        ("items:\n- - x\n", "items:\n- - x\n- name: v1\n  spec:\n    port: 80\n"),
        ("items:\nz: 1\n", "items:\n  - name: v1\n    spec:\n      port: 80\nz: 1\n"),
        ("z: 1\n", "items:\n  - name: v1\n    spec:\n      port: 80\nz: 1\n"),
        ("items: null\n", "items: [{\"name\": \"v1\", \"spec\": {\"port\": 80}}]\n"),
        ("items: []\n", "items: [{\"name\": \"v1\", \"spec\": {\"port\": 80}}]\n"),
        ("items: [a]\n", "items: [a, {\"name\": \"v1\", \"spec\": {\"port\": 80}}]\n"),
        ("items: [a,]\n", "items: [a, {\"name\": \"v1\", \"spec\": {\"port\": 80}},]\n"),
        ("{}", "{\"items\": [{\"name\": \"v1\", \"spec\": {\"port\": 80}}]}"),
        ("{\"items\": null}", "{\"items\": [{\"name\": \"v1\", \"spec\": {\"port\": 80}}]}"),
        (
            "{\"items\": [\n  {\"a\": 1}\n]}",
            "{\"items\": [\n  {\"a\": 1},\n  {\"name\": \"v1\", \"spec\": {\"port\": 80}}\n]}",
        ),
    ];
    for (before, after) in rows {
        let change = SeqChange { append: &[object("v1")], ..SeqChange::default() };
        assert_eq!(edit(before, change).as_deref(), Ok(after), "{before:?}");
    }
}

#[test]
fn elements_are_put_in_front_in_the_notation_of_the_sequence() {
    let rows = [
        ("items:\n- a: 1\n", "items:\n- name: v1\n  spec:\n    port: 80\n- a: 1\n"),
        ("items:\n  # about a\n  - a\n", "items:\n  # about a\n  - name: v1\n    spec:\n      port: 80\n  - a\n"),
        ("items:\r\n- a: 1", "items:\r\n- name: v1\r\n  spec:\r\n    port: 80\r\n- a: 1"),
        ("items:\n- - x\n", "items:\n- name: v1\n  spec:\n    port: 80\n- - x\n"),
        ("z: 1\n", "items:\n  - name: v1\n    spec:\n      port: 80\nz: 1\n"),
        ("items: []\n", "items: [{\"name\": \"v1\", \"spec\": {\"port\": 80}}]\n"),
        ("items: [a]\n", "items: [{\"name\": \"v1\", \"spec\": {\"port\": 80}}, a]\n"),
        (
            "{\"items\": [\n  {\"a\": 1}\n]}",
            "{\"items\": [\n  {\"name\": \"v1\", \"spec\": {\"port\": 80}},\n  {\"a\": 1}\n]}",
        ),
    ];
    for (before, after) in rows {
        let change = SeqChange { insert: (0, &[object("v1")]), ..SeqChange::default() };
        assert_eq!(edit(before, change).as_deref(), Ok(after), "{before:?}");
    }
    let v = &[Yaml::str("v")][..];
    let rows = [
        ("items:\n- a\n- b\n", (0, v), &[][..], "items:\n- v\n- a\n- b\n- w\n"),
        ("items:\n- a\n# about b\n- b\n", (1, v), &[], "items:\n- a\n# about b\n- v\n- b\n- w\n"),
        ("items:\n- |+\n  a\n\n- b\n", (1, v), &[], "items:\n- |+\n  a\n\n- v\n- b\n- w\n"),
        ("items:\n- a\n- b\n", (2, v), &[], "items:\n- a\n- b\n- w\n- v\n"),
        ("items:\n- a\n- b\n", (0, v), &[0], "items:\n- b\n- w\n- v\n"),
        ("items:\n- a\n- b\n", (1, v), &[0], "items:\n- v\n- b\n- w\n"),
        ("items: [a, b]\n", (1, v), &[], "items: [a, \"v\", b, \"w\"]\n"),
        ("items: [a, b]\n", (0, v), &[], "items: [\"v\", a, b, \"w\"]\n"),
    ];
    for (before, insert, remove, after) in rows {
        let change = SeqChange { insert, remove, append: &[Yaml::str("w")], replace: &[] };
        assert_eq!(edit(before, change).as_deref(), Ok(after), "{before:?}");
    }
}

#[test]
fn elements_are_replaced_where_they_stand() {
    let rows = [
        ("items:\n- a: 1\n  b: 2 # c\n- z\n", "items:\n- name: v1\n  spec:\n    port: 80 # c\n- z\n"),
        ("items:\r\n  -   a: 1\r\n", "items:\r\n  - name: v1\r\n    spec:\r\n      port: 80\r\n"),
        ("items: [{a: 1}, z]", "items: [{\"name\": \"v1\", \"spec\": {\"port\": 80}}, z]"),
    ];
    for (before, after) in rows {
        let change = SeqChange { replace: &[(0, object("v1"))], ..SeqChange::default() };
        assert_eq!(edit(before, change).as_deref(), Ok(after), "{before:?}");
    }
}

#[test]
fn elements_are_removed_with_their_lines() {
    let rows: [(&str, &[usize], &str); 9] = [
        ("items:\n- a: 1\n  b: 2 # c\n- z\n", &[0], "items:\n- z\n"),
        ("items:\n# about a\n- a\n- z # c", &[1], "items:\n# about a\n- a\n"),
        ("items: # c\n- a\nz: 1\n", &[0], "items: [] # c\nz: 1\n"),
        ("items:\n- |+\n  x\n\n- z\n", &[0], "items:\n- z\n"),
        ("items: [a, b, c]", &[0, 2], "items: [b]"),
        ("items: [a, b, c]", &[1], "items: [a, c]"),
        ("items: [a, b,]", &[0, 1], "items: []"),
        ("items: [a]", &[7], "items: [a]"),
        ("{\"items\": [\n  {\"a\": 1},\n  {\"b\": 1}\n]}", &[1], "{\"items\": [\n  {\"a\": 1}\n]}"),
    ];
    for (before, remove, after) in rows {
        let change = SeqChange { remove, ..SeqChange::default() };
        assert_eq!(edit(before, change).as_deref(), Ok(after), "{before:?}");
    }
}

#[test]
fn elements_come_and_go_in_one_change() {
    let rows = [
        ("items:\n- a\n- b\n", "items:\n- a\n- v\n"),
        ("items:\n- a\n- b", "items:\n- a\n\n- v"),
        ("items: [a, b]", "items: [a, \"v\"]"),
        ("items: [a, b,]", "items: [a, \"v\", ]"),
    ];
    for (before, after) in rows {
        let change = SeqChange { remove: &[1], append: &[Yaml::str("v")], ..SeqChange::default() };
        assert_eq!(edit(before, change).as_deref(), Ok(after), "{before:?}");
    }
    let change = SeqChange { remove: &[0], append: &[Yaml::str("v")], ..SeqChange::default() };
    assert_eq!(edit("items: [a]", change).as_deref(), Ok("items: [\"v\"]"));
    assert_eq!(edit("items:\n- a\n", change).as_deref(), Ok("items:\n- v\n"));
}

#[test]
fn what_would_leak_or_guess_is_refused() {
    let rows = [
        ("items: &x [a]\n", Reason::Anchor),
        ("items: [&x a]\n", Reason::Anchor),
        ("items: 1\n", Reason::NotASequence),
        ("items: {a: b}\n", Reason::NotASequence),
        ("items: !x [a]\n", Reason::Tag),
        ("x: &x [a]\nitems: *x\n", Reason::Alias),
    ];
    for (text, reason) in rows {
        let change = SeqChange { remove: &[0], append: &[Yaml::Int(1)], ..SeqChange::default() };
        assert_eq!(edit(text, change), Err(reason), "{text:?}");
    }
}
