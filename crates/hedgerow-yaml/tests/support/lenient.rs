//! Documents that Kubernetes' reader takes and the page of YAML 1.2 does not, each with what Kubernetes makes of it.

/// Text, and the JSON that `sigs.k8s.io/yaml` 1.6 makes of it.
pub(crate) const LENIENT: &[(&str, &str)] = &[
    // Quoted text that goes on no deeper than its key.
    ("a: \"b\nc's columnd\"\n", r#"{"a": "b c's columnd"}"#),
    ("a:\n  b: 'c\n  d\n\n e''f\n'\n  g: !!str 1\n", r#"{"a": {"b": "c d\ne'f ", "g": "1"}}"#),
    ("a:\n- b: \"c\n\n\nd\\\n  \\ e\\\n\n f \\t\n g\"\n  h: &i j\n", r#"{"a": [{"b": "c\n\nd e\nf \t g", "h": "j"}]}"#),
    ("a:\n  - \"b\n\tc\"\n  - 'd\n \t e'\n", r#"{"a": ["b c", "d e"]}"#),
    ("a:\n  \"b\nc\"\n", r#"{"a": "b c"}"#),
    ("a: {b: \"c\nd\", e: 'f\ng'}\n", r#"{"a": {"b": "c d", "e": "f g"}}"#),
    ("a: \"b \\\"c\\\" \\u00e9 \\x41\\n\nd\"\nk: &l 'm'\n", r#"{"a": "b \"c\" é A\n d", "k": "m"}"#),
    ("a: \"b\r\nc\"\r\nd: &e f\r\n", r#"{"a": "b c", "d": "f"}"#),
    // Tabs at the start of lines of a flow collection.
    ("a:\n  [\n\t\"b\",\n  ]\n", r#"{"a": ["b"]}"#),
    ("{\n\t\"a\": {\n\t\t\"b\": [\n\t\t\t\"c\"\n\t\t]\n\t}\n}\n", r#"{"a": {"b": ["c"]}}"#),
    ("a: {b: c,\n \t d: 'e'\n\t\n\t}\n", r#"{"a": {"b": "c", "d": "e"}}"#),
    ("a: [b\n  \tc, # d\n\t# e\n\tf]\n", r#"{"a": ["b c", "f"]}"#),
    ("a: &b [\n\t\"c\"]\nd: *b\n", r#"{"a": ["c"], "d": ["c"]}"#),
    // A dash alone.
    ("command: [cat, -]\n", r#"{"command": ["cat", "-"]}"#),
    ("a: [-, -]\nb: {c: -, d: [-]}\n", r#"{"a": ["-", "-"], "b": {"c": "-", "d": ["-"]}}"#),
    ("a: [b -, -c, - , --]\n", "refused"),
    // A colon at the end of plain text.
    ("a: {b: c:, d: [e, f :, -]}\n", r#"{"a": {"b": "c:", "d": ["e", "f :", "-"]}}"#),
    ("a: {b: \"c\":}\n", "refused"),
    // Comments right behind something else.
    ("a: \"b\"#c\nd: 'e'#f\ng: [h]#i\nj: {k: l}#m\n", r#"{"a": "b", "d": "e", "g": ["h"], "j": {"k": "l"}}"#),
    ("a: [b,#c\n  d, {#e\n  f: \"g\"#]\n  }]\n", r#"{"a": ["b", "d", {"f": "g"}]}"#),
    ("a: |#b\n  c\nd: >-#e\n  f\n", r#"{"a": "c\n", "d": "f"}"#),
    (
        "a: |\n  \"b\"#c\n  [d]#e\nf: \"g\"#h\ni: \"it's\"#\nj: k\"#l\n",
        r##"{"a": "\"b\"#c\n[d]#e\n", "f": "g", "i": "it's", "j": "k\"#l"}"##,
    ),
    ("a: |\nb: [-]\nc:\n- |-\n\n  d\n- [-]\n", r#"{"a": "", "b": ["-"], "c": ["\nd", ["-"]]}"#),
    // An escape of JavaScript's.
    ("a: \"it\\'s\"\n\"b\\'\": c\n", r#"{"a": "it's", "b'": "c"}"#),
    // All of it together, and beside text that only looks like it.
    (
        "a: |\n  [\n  \t\"x\n  -]\nb: it's [\n  \"c\nd: [\n\t-, 'e\nf'#g\n\t]\n",
        r#"{"a": "[\n\t\"x\n-]\n", "b": "it's [ \"c", "d": ["-", "e f"]}"#,
    ),
    ("- a: - b\n  c: \"d\ne\"\n", "refused"),
    ("\"a\nb\": c\nd: [-]\n", "refused"),
    ("a: {\"b\nc\": d, e: -}\n", "refused"),
    ("a: \"b\n... \nc\"\n", "refused"),
    ("a: \"b\n\u{1}c\"\n", "refused"),
    ("a: \"b\n\\q\"\n", "refused"),
    ("a: \"b\n\\ud83d\\ude00\"\n", "refused"),
    ("a:\n\tb: [-]\n", "refused"),
    ("a: b#c\n  d: [-]\n", "refused"),
    ("a: [-\n", "refused"),
    ("a: 'b\n", "refused"),
];
