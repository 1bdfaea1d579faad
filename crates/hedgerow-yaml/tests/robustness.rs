//! Input that is meant to hurt: every row must come back, with an answer or an error, without damage.
//!
//! No times are asserted; what takes more than linear time here would not end within a test run.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use hedgerow_yaml::{Document, MapChange, Part, Route, Site, change_map, splice, split, split_even};
use support::{CHANGE, check_edits, edit, labels, questions};

/// Asks everything of every document; gives how many documents there are.
fn ask(text: &str) -> usize {
    let questions = questions();
    let mut documents = 0;
    for piece in split(text) {
        let document = Document::of_piece(text, &piece);
        for routes in &questions {
            // An error is an answer too.
            let _ = document.outline(routes);
        }
        let _ = document.tree();
        documents += 1;
    }
    documents
}

fn with_spec(spec: &str) -> String {
    format!("kind: Deployment\nspec:\n  x: {spec}\n  template:\n    metadata:\n      labels:\n        app: x\n")
}

#[test]
fn deep_nesting_ends_in_an_error_or_an_answer() {
    for text in [
        "[".repeat(100_000),
        format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
        "{a: ".repeat(100_000),
        "- ".repeat(20_000),
        "? ".repeat(20_000),
        (0..5_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect(),
        (0..5_000).map(|depth| format!("{}- a:\n", "  ".repeat(depth))).collect(),
        with_spec(&"[".repeat(100_000)),
        with_spec(&format!("{}{}", "[".repeat(200), "]".repeat(200))),
    ] {
        assert_eq!(ask(&text), 1);
    }
}

#[test]
fn big_scalars_are_passed_over_in_one_look() {
    let big = "x".repeat(10 << 20);
    let lines = "    y: \"unclosed\n".repeat(1 << 19);
    let labels = &labels()[1];
    for spec in [big.clone(), format!("'{big}'"), format!("\"{big}\""), format!("|\n{lines}"), format!("[{big}]")] {
        let text = with_spec(&spec);
        let edits = edit(&text, labels, CHANGE);
        assert_eq!(edits.as_slice().len(), 2, "one key is corrected and one is added");
        assert_eq!(ask(&text), 1);
    }
}

#[test]
fn many_small_things_take_no_more_than_their_number() {
    let head = &questions()[0];
    let tiny = "---\n".repeat(1_000_000);
    assert!(split(&tiny).all(|piece| Document::of_piece(&tiny, &piece).outline(head).is_ok()));
    assert_eq!(ask(&"---\na: 1\n".repeat(20_000)), 20_000);
    let keys: String = (0..100_000).map(|key| format!("k{key}: v\n")).collect();
    let nested: String = (0..100_000).map(|key| format!("    k{key}: v\n")).collect();
    let aliases = format!("a: &a x\nmetadata:\n  labels:\n{}", "    k: *a\n".repeat(50_000));
    let anchors: String = (0..50_000).map(|key| format!("a{key}: &a {key}\n")).collect();
    let quotes = format!("spec:\n  x: [{}]\n", "'".repeat(100_000));
    let repeated = "kind: A\n".repeat(100_000);
    let comments = format!("kind: A\n{}spec: x\n", "# '\"[\n".repeat(100_000));
    let merged = format!("b: &b {{}}\nmetadata:\n  labels:\n{}", "    <<: *b\n".repeat(10_000));
    for text in [keys, format!("metadata:\n  labels:\n{nested}"), aliases, anchors, quotes, repeated, comments, merged]
    {
        assert_eq!(ask(&text), 1);
    }
}

#[test]
fn aliases_in_thousands_of_objects_are_looked_up_in_one_list() {
    let object = |at: usize| format!("- metadata:\n    labels:\n      a: &a{at} x\n      b: *a{at}\n");
    let text = format!("kind: List\nitems:\n{}", (0..20_000).map(object).collect::<String>());
    let document = Document::new(&text);
    let parts = document.parts(&Route::parse("items[]").unwrap()).unwrap();
    let labels = &labels()[0];
    let value = |part: &Part<'_, '_>| match part.outline(labels).unwrap().all_sites().next() {
        Some(Site::Map(map)) => map.get("b").and_then(|pair| pair.value.clone()).map(std::borrow::Cow::into_owned),
        other => panic!("{other:?}"),
    };
    assert_eq!(parts.iter().filter(|part| value(part).as_deref() == Some("x")).count(), 20_000);
}

#[test]
fn one_line_that_holds_everything_is_not_read_again_for_each_of_its_members() {
    const MEMBERS: usize = 60_000;
    let long = "v".repeat(600);
    let pairs: Vec<String> = (0..MEMBERS).map(|key| format!("\"k{key}\": \"{long}\"")).collect();
    let text = format!("{{\"metadata\": {{\"labels\": {{\"app\": \"x\", {}}}}}}}\n", pairs.join(", "));
    let keys: Vec<String> = (0..MEMBERS).map(|key| format!("k{key}")).collect();
    let remove: Vec<&str> = keys.iter().map(String::as_str).collect();
    let edits = edit(&text, &labels()[0], MapChange { set: &[], remove: &remove });
    let mut edited = String::new();
    edits.push_to(&text, &mut edited);
    assert_eq!(edited, "{\"metadata\": {\"labels\": {\"app\": \"x\"}}}\n");

    let object = format!("{{\"x\": \"{long}\", \"metadata\": {{\"labels\": {{\"app\": \"x\"}}}}}}");
    let text = format!("{{\"kind\": \"List\", \"items\": [{}]}}\n", vec![object; MEMBERS].join(", "));
    let document = Document::new(&text);
    let parts = document.parts(&Route::parse("items[]").unwrap()).unwrap();
    let labels = &labels()[0];
    let changes =
        parts.iter().map(|part| change_map(&text, part.outline(labels).unwrap().all_sites().next().unwrap(), CHANGE));
    assert_eq!(changes.filter(|change| change.as_ref().is_ok_and(|edits| edits.len() == 2)).count(), MEMBERS);
}

#[test]
fn aliases_are_not_expanded() {
    let bomb: String = (1..30).map(|level| format!("l{level}: &l{level} [*l{0}, *l{0}]\n", level - 1)).collect();
    let text = format!("l0: &l0 x\n{bomb}metadata:\n  labels: {{a: *l29}}\n");
    let outline = Document::new(&text).outline(&labels()[0]).unwrap();
    let Some(Site::Map(map)) = outline.all_sites().next() else { panic!("{outline:?}") };
    assert_eq!(map.pairs[0].value, None, "an alias to a collection is no text");
}

#[test]
fn bytes_that_no_yaml_holds_come_back_unharmed() {
    let rows = [
        "\0",
        "kind: A\0B\nspec: x\n",
        "kind: Deployment\nspec:\n  x: |\n    a\0\n  \0\n  template:\n    metadata: {}\n",
        "a: \u{1}\n",
        "kind: A\r",
        "\r\r\r",
        "\u{FEFF}",
        "\u{FEFF}\u{FEFF}a: 1\n",
        "---\r---\r\n---\n",
        "kind: \"",
        "kind: '",
        "kind: |",
        "- ",
        "-",
        ":",
        "a:",
        "a: [",
        "kind",
        "kind:\n  ",
        "spec:\n  template:\n    metadata:\n      labels:\n        a",
    ];
    let labels = labels();
    for text in rows {
        ask(text);
        for labels in &labels {
            check_edits(text, labels);
        }
        assert_eq!(splice(text, Vec::new()).as_deref(), Ok(text));
        let runs: String = split_even(text, 3).into_iter().map(|run| &text[run]).collect();
        assert_eq!(runs, text);
    }
}

#[test]
fn a_stream_cut_off_anywhere_does_no_harm() {
    let questions = questions();
    let labels = labels();
    for seed in support::SEEDS {
        for at in (0..seed.len()).filter(|&at| seed.is_char_boundary(at)).step_by(7) {
            support::compare(&seed[..at], &questions);
            check_edits(&seed[..at], &labels[at % labels.len()]);
        }
    }
}
