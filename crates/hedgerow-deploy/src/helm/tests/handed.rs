//! Values that are handed from template to template.

use super::*;

/// What a template of a chart with these helpers and values comes to, and whether that is all.
fn with(helpers: &str, values: &str, text: &str) -> (String, bool) {
    let texts = [
        ("c/Chart.yaml", "name: books\n"),
        ("c/values.yaml", values),
        ("c/templates/_helpers.tpl", helpers),
        ("c/templates/all.yaml", text),
    ];
    let rendered = Charts::new(texts.into_iter(), None).documents("c", text);
    (json(&rendered.documents), rendered.is_whole)
}

/// The renderings were cut off: each call counted all values that it was handed.
#[test]
fn large_values_are_handed_on_for_nothing() {
    let values: String = (0..1500).map(|at| format!("key{at}: {{url: 'http://ledger'}}\n")).collect();
    for (helper, call) in [
        ("{{ $ := index . 0 }}{{ $.Values.key7.url }}/{{ index . 1 }}", "include \"h\" (list $ \"N\")"),
        ("{{ .root.Values.key7.url }}/{{ .name }}", "include \"h\" (dict \"root\" $ \"name\" \"N\")"),
        ("{{ (index . 1).Values.key7.url }}/{{ first . }}", "include \"h\" (prepend (list .) \"N\")"),
        ("{{ $x := .ctx }}{{ $x.key7.url }}/{{ .n }}", "include \"h\" (dict \"ctx\" $.Values \"n\" \"N\")"),
        ("{{ (get . \"r\").Values.key7.url }}/{{ .n }}", "include \"h\" (set (dict \"r\" $) \"n\" \"N\")"),
    ] {
        let calls: String =
            (0..250).map(|at| format!("a{at}: {{{{ {} }}}}\n", call.replace('N', &at.to_string()))).collect();
        let (found, is_whole) = with(&format!("{{{{ define \"h\" }}}}{helper}{{{{ end }}}}"), &values, &calls);
        assert!(is_whole, "{helper}");
        assert!(
            found.contains("\"a249\":\"http://ledger/249\"") && found.contains("\"a0\":\"http://ledger/0\""),
            "{helper}: {found}"
        );
    }
}

#[test]
fn a_list_is_no_key() {
    assert_eq!(with("", "", "a: {{ dict (list 1) \"b\" | toJson }}\n").0, r#"[{"a":"?"}]"#);
    assert_eq!(with("", "", "a: '{{ dict 1 \"b\" | toJson }}'\n").0, r#"[{"a":"{\"1\":\"b\"}"}]"#);
}

/// What looks at all of a value still costs what it holds.
#[test]
fn what_reads_all_of_large_values_is_counted() {
    let values: String = (0..1500).map(|at| format!("key{at}: {{url: 'http://ledger'}}\n")).collect();
    for call in
        ["deepCopy $.Values | len", "toJson (list $ $ $) | len", "$ | quote | len", "merge (dict) $.Values | len"]
    {
        let calls: String = (0..1500).map(|at| format!("{{{{ $x := {call} }}}}\na{at}: b\n")).collect();
        let (_, is_whole) = with("", &values, &calls);
        assert!(!is_whole, "{call}");
    }
}

#[test]
fn what_a_template_came_to_is_told_again_for_the_same_only() {
    let helper = "{{ define \"h\" }}{{ (index . 0).a }}{{ index . 1 }}{{ range index . 2 }}{{ .n }}{{ end }}{{ end }}";
    let values = "x: {a: 1}\ny: {a: 2}\nl: [{n: 3}]\nm: [{n: 4}]\n";
    let text = "a: '{{ include \"h\" (list .Values.x \"p\" .Values.l) }}'\nb: '{{ include \"h\" (list .Values.y \"p\" .Values.l) }}'\n\
                c: '{{ include \"h\" (list .Values.x \"q\" .Values.l) }}'\nd: '{{ include \"h\" (list .Values.x \"p\" .Values.m) }}'\n\
                e: '{{ include \"h\" (list .Values.x \"p\" (list (dict \"n\" \"5\"))) }}'\nf: '{{ include \"h\" (list .Values.x \"p\" (list (dict \"n\" 5))) }}'\n\
                g: '{{ include \"h\" (list .Values.x \"p\" (list (dict \"n\" \"6\"))) }}'\nh: '{{ include \"h\" (list .Values.x \"p\" .Values.l) }}'\n";
    let (found, _) = with(helper, values, text);
    assert_eq!(found, r#"[{"a":"1p3","b":"2p3","c":"1q3","d":"1p4","e":"1p5","f":"1p5","g":"1p6","h":"1p3"}]"#);
    // Long and deep ones are told by where they lie.
    let many = |end: &str| format!("(list {} {end})", "1 ".repeat(20));
    let helper = "{{ define \"h\" }}{{ last (last .) }}{{ last . | len }}{{ end }}";
    let text = format!(
        "a: '{{{{ include \"h\" (list {}) }}}}'\nb: '{{{{ include \"h\" (list {}) }}}}'\nc: '{{{{ include \"h\" (list 1 {}) }}}}'\n",
        many("7"),
        many("8"),
        many("7")
    );
    let (found, _) = with(helper, "", &text);
    assert!(found.contains(r#""a":"7"#) && found.contains(r#""b":"8"#) && found.contains(r#""c":"7"#), "{found}");
}

#[test]
fn values_that_hold_themselves_over_and_over_have_an_end() {
    let doubled = "{{ define \"h\" }}{{ include \"i\" (list . .) }}{{ end }}{{ define \"i\" }}{{ include \"h\" (list . .) }}{{ end }}";
    let variables: String = (0..60).map(|_| "{{ $x = list $x $x }}{{ $y = list $y $y }}\n".to_owned()).collect();
    let compared = "{{ if .Values.a }}{{ $x = $y }}{{ end }}\n".repeat(50);
    for (helpers, text) in [
        (doubled, "a: {{ include \"h\" $ }}\n".to_owned()),
        ("", format!("{{{{ $x := list $ }}}}{{{{ $y := list $ }}}}\n{variables}{compared}a: b\n")),
        ("", format!("{{{{ $x := list $ }}}}{{{{ $y := list $ }}}}\n{variables}a: {{{{ $x }}}}\n")),
        ("", format!("{{{{ $x := list $ }}}}{{{{ $y := list $ }}}}\n{variables}a: {{{{ dict $x 1 | len }}}}\n")),
    ] {
        let (_, is_whole) = with(helpers, "a: b\n", &text);
        assert!(!is_whole, "{text}");
    }
}

#[test]
fn the_root_may_be_given_another_value() {
    let values = "books: {url: a}\nurl: b\n";
    for (text, expected) in [
        ("{{ $ := .Values.books }}\na: {{ $.url }}\n", "a"),
        ("{{ with .Values.books }}{{ $ := . }}{{ end }}\na: {{ $.Values.url }}\n", "b"),
        ("a: {{ with .Values.books }}{{ $ := . }}{{ $.url }}{{ end }}\n", "a"),
        ("{{ range $ := list 1 2 }}{{ end }}\na: {{ $.Values.url }}\n", "b"),
        ("{{ $ := .Values.books }}{{ $ = .Values }}\na: {{ $.url }}\n", "b"),
        ("{{ $ := .Values.books }}\na: {{ include \"h\" $ }}\n", "<a>"),
        ("{{ $ := dict \"url\" \"d\" }}\na: {{ include \"h\" (dict \"url\" $.url) }}\n", "<d>"),
    ] {
        let (found, _) = with("{{ define \"h\" }}<{{ $.url }}>{{ end }}", values, text);
        assert_eq!(found, format!("[{{\"a\":\"{expected}\"}}]"), "{text}");
    }
}

#[test]
fn a_release_that_is_called_like_the_chart_has_one_name() {
    let text = "a: {{ if contains .Chart.Name .Release.Name }}{{ .Release.Name }}{{ else }}{{ printf \"%s-%s\" .Release.Name .Chart.Name }}{{ end }}\n";
    let found = |script: &str| {
        let texts = [("c/Chart.yaml", "name: books\n"), ("c/templates/all.yaml", text), ("up.sh", script)];
        json(&Charts::new(texts.into_iter(), None).documents("c", text).documents)
    };
    let own = r#"{"a":"<release>-books"}"#;
    assert_eq!(found(""), format!("[{own}]"));
    for (name, expected) in
        [("books", "books"), ("my-books-2", "my-books-2"), ("shop", "shop-books"), ("book", "book-books")]
    {
        assert_eq!(found(&format!("helm install {name} ./c\n")), format!(r#"[{own},{{"a":"{expected}"}}]"#), "{name}");
    }
}
