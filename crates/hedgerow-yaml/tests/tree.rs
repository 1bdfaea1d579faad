//! The tree: ranges that an editor can rely on, whatever the layout.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use hedgerow_yaml::{CollectionStyle, Content, Node, ScalarStyle, parse};

/// Every node below the root as `path=slice`, in the order of the text.
fn slices(text: &str) -> Vec<String> {
    fn walk(node: &Node<'_>, path: &str, text: &str, found: &mut Vec<String>) {
        match node.content() {
            Content::Mapping(mapping) => {
                for pair in &mapping.pairs {
                    let path = format!("{path}.{}", pair.key.as_str().unwrap_or("?"));
                    found.push(format!("{path}={}", &text[pair.value.range()]));
                    walk(&pair.value, &path, text, found);
                }
            }
            Content::Sequence(sequence) => {
                for (index, element) in sequence.elements.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    found.push(format!("{path}={}", &text[element.node.range()]));
                    walk(&element.node, &path, text, found);
                }
            }
            Content::Scalar(_) | Content::Alias(_) => {}
        }
    }
    let mut found = Vec::new();
    walk(&parse(text).unwrap().unwrap(), "", text, &mut found);
    found
}

#[test]
fn ranges_are_exact_in_every_layout() {
    let rows: [(&str, &[&str]); 16] = [
        ("a: 1 # c\n", &[".a=1"]),
        ("a: 'x y'\nb: \"\\n\"\n", &[".a='x y'", ".b=\"\\n\""]),
        ("a:\n  b: 1\n  # c\n\nd: 2\n", &[".a=b: 1", ".a.b=1", ".d=2"]),
        ("a: | # h\n  x\n   y\n\n# c\nb: 1\n", &[".a=| # h\n  x\n   y", ".b=1"]),
        ("a: >-\nb: |+\n\n", &[".a=>-", ".b=|+"]),
        ("a: !!str &x # c\n  |2\n   t\n", &[".a=|2\n   t"]),
        (
            "a:\n- x\n-   - y\n- b: 1\n  c: 2\n-\n",
            &[
                ".a=- x\n-   - y\n- b: 1\n  c: 2\n-",
                ".a[0]=x",
                ".a[1]=- y",
                ".a[1][0]=y",
                ".a[2]=b: 1\n  c: 2",
                ".a[2].b=1",
                ".a[2].c=2",
                ".a[3]=",
            ],
        ),
        (
            "a: [x, {b: 1}, c: 2,]\n",
            &[".a=[x, {b: 1}, c: 2,]", ".a[0]=x", ".a[1]={b: 1}", ".a[1].b=1", ".a[2]=c: 2", ".a[2].c=2"],
        ),
        ("{\"a\":1, b: , c}\n", &[".a=1", ".b=", ".c="]),
        ("? a\n: 1\n? b\n", &[".a=1", ".b="]),
        ("a: x\n  y\nb: 1\n", &[".a=x\n  y", ".b=1"]),
        ("a: *x\nb: &x 1\n", &[".a=*x", ".b=1"]),
        ("é: ü # c\nb: [ß]\n", &[".é=ü", ".b=[ß]", ".b[0]=ß"]),
        ("a:\r\n  b: 1\r\nc: |\r\n  x\r\n", &[".a=b: 1", ".a.b=1", ".c=|\r\n  x"]),
        ("a:\r  b: 1\r", &[".a=b: 1", ".a.b=1"]),
        ("\u{FEFF}--- # c\na: 1\n...\n# end\n", &[".a=1"]),
    ];
    for (text, expected) in rows {
        assert_eq!(slices(text), expected, "{text:?}");
    }
}

#[test]
fn keys_stay_in_order_and_styles_stay_visible() {
    let node = parse("b: true\na: \"true\"\nb: 0755\n").unwrap().unwrap();
    let mapping = node.as_mapping().unwrap();
    assert_eq!(mapping.style, CollectionStyle::Block);
    let keys: Vec<&str> = mapping.pairs.iter().filter_map(|pair| pair.key.as_str()).collect();
    assert_eq!(keys, ["b", "a", "b"]);
    let [truth, quoted, octal] = [0, 1, 2].map(|at| mapping.pairs[at].value.as_scalar().unwrap());
    assert_eq!((truth.as_bool(), truth.is_string(), truth.style), (Some(true), false, ScalarStyle::Plain));
    assert_eq!((quoted.as_bool(), quoted.is_string()), (None, true));
    assert_eq!((octal.as_int(), octal.is_string()), (None, false));
    assert_eq!(mapping.get("b").unwrap().as_str(), Some("0755"), "the last one counts");
}

#[test]
fn a_document_without_content_is_absent_and_null_is_not() {
    for text in ["", "# c\n", "---\n", "--- # c\n\n", "...\n", "\u{FEFF}"] {
        assert_eq!(parse(text).unwrap(), None, "{text:?}");
    }
    assert!(parse("null\n").unwrap().unwrap().is_null());
    assert!(!parse("'null'\n").unwrap().unwrap().is_null());
}

#[test]
fn what_is_not_one_document_is_an_error_at_its_place() {
    let rows = [
        ("a: 1\n\tb: 2\n", 3),
        ("a: [\n", 3),
        ("a: 1\n...\nb: 2\n", 9),
        ("a: 1\n---\nb: 2\n", 5),
        ("a: b: c\n", 4),
        ("%YAML 1.2\n", 10),
    ];
    for (text, offset) in rows {
        let error = parse(text).unwrap_err();
        assert_eq!(error.offset, offset, "{text:?}: {error}");
        assert!(!error.message.is_empty());
    }
}

#[test]
fn depth_is_limited_without_a_stack_overflow() {
    let brackets = "[".repeat(100_000);
    assert!(parse(&brackets).unwrap_err().message.contains("limit"));
    let block: String = (0..5_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(parse(&block).unwrap_err().message.contains("limit"));
    let dashes = "- ".repeat(20_000);
    assert!(parse(&dashes).is_err());
    let deep: String = (0..250).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(parse(&format!("{deep}{}x: {}{}\n", " ".repeat(250), "[".repeat(250), "]".repeat(250))).is_ok());
}
