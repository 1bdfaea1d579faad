//! Every template is read, and comes to an end.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

#[test]
fn beyond_the_limits_are_holes() {
    for made in ["printf \"%s%s\" $a $a", "print $a $a", "replace \"x\" $a $a", "quote $a | quote", "list $a $a"] {
        let text =
            format!("{{{{- $a := \"xxxx\" -}}}}\n{}a: {{{{ $a }}}}", format!("{{{{- $a = {made} }}}}\n").repeat(40));
        let found = rendered("x: 1", &text);
        let is_hole = made.starts_with("list") || found.contains('?');
        assert!(is_hole && found.len() < 8 << 10, "{made}: {} bytes", found.len());
    }
    let branches: String = (0..40).map(|at| format!("{{{{ else if .Values.b{at} }}}}b{at}")).collect();
    let found = rendered("x: 1", &format!("a: \"{{{{ if .Values.x }}}}x{branches}{{{{ end }}}}\""));
    assert!(found.ends_with(r#",{"a":"?"}]"#), "{found}");
    let files: Vec<(String, String)> =
        (10..40).map(|at| (format!("c/values-{at}.yaml"), format!("url: u{at}\n"))).collect();
    let mut texts = vec![("c/Chart.yaml", "name: c\n"), ("c/values.yaml", "x: 1\n")];
    texts.extend(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let found = Charts::new(texts.into_iter(), None).documents("c", "a: '{{ .Values.url }}'").documents;
    assert!(found.iter().any(|document| document.get("a") == Some(&Value::unknown())), "{found:?}");
    let nested = "t: '{{ range .Values.l }}{{ tpl .Values.s $ }}{{ end }}'\n";
    let body = "{{ range .Values.l }}{{ range .Values.l }}x{{ end }}{{ end }}";
    let list = "1,".repeat(300);
    rendered(
        &format!("{nested}s: '{body}'\nl: [{list}]\n"),
        "a: '{{ range .Values.l }}{{ tpl .Values.s $ }}{{ end }}'",
    );
    rendered("x: 1", &format!("a: '{}'", "{{ .Values.x }}".repeat(200_000)));
}

#[test]
fn broken_templates_end() {
    for text in [
        "{{",
        "{{ end }}{{ end }}a: {{ (((",
        "{{ if }}{{ range }}",
        "{{ range $a, := .Values }}{{ . | | }}{{ end }}",
        "a: {{ \"}} \" }}",
    ] {
        rendered("a: [1, 2]", text);
    }
    let deep = "{{ range .Values.a }}".repeat(300) + "a: {{ . }}\n";
    rendered("a: [1, 2, 3, 4]", &deep);
    rendered("a: '{{ tpl .Values.a . }}{{ tpl .Values.a . }}'", "b: {{ tpl .Values.a . }}");
}

/// Pieces of templates, so that random texts get past the first brace.
const WORDS: &[&str] = &[
    "a: ",
    "b:\n",
    "\n",
    "  ",
    "- ",
    "---\n",
    "kind: Service\n",
    "{{ ",
    "{{- ",
    " }}",
    " -}}",
    "}}\n",
    "if ",
    "else",
    "else if ",
    "else with ",
    "end",
    "range ",
    "with ",
    "define \"x\"",
    "block \"x\" .",
    "include \"x\" .",
    "template \"x\" $",
    "tpl .Values.t .",
    "$x := ",
    "$x = ",
    "$x",
    "$k, $v := ",
    ".",
    "$",
    ".Values",
    ".Values.l",
    ".Values.m",
    ".Values.t",
    ".Values.no",
    ".Release.Name",
    "set $x \"k\" 1",
    "set .Values \"l\" 1",
    "merge ",
    "dict \"k\" ",
    "list ",
    "| ",
    "quote",
    "default \"d\" ",
    "ternary \"a\" \"b\" ",
    "toYaml ",
    "nindent 2",
    "printf \"%s-%d\" ",
    "trunc 3 ",
    "index ",
    "concat ",
    "(",
    ")",
    "\"",
    "`",
    "é",
    "\u{100000}",
    "\u{100001}",
    "\u{100002}",
    "\u{100003}",
    "\u{100004}",
    "\u{100006}",
    "\u{100100}",
    "/*",
    "*/",
    "0",
    "-1",
    "contains ",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_template_is_read(words in vec(select(WORDS), 0..120), helper in vec(select(WORDS), 0..40)) {
        let (text, helper) = (words.concat(), format!("{{{{ define \"x\" }}}}{}{{{{ end }}}}", helper.concat()));
        let texts = [
            ("c/Chart.yaml", "name: c\n"),
            ("c/values.yaml", "l: [1, a]\nm: {k: v, j: 2}\nt: '{{ include \"x\" . }}{{ .Values.m }}'\n"),
            ("c/templates/_x.tpl", &helper),
            ("c/templates/x.yaml", &text),
        ];
        let charts = Charts::new(texts.into_iter(), None);
        let found = charts.documents("c", &text);
        let again = charts.documents("c", &text);
        prop_assert_eq!(&found.documents, &again.documents);
        let text = found.documents.iter().cloned().collect::<Value>().json();
        let is_open = |gap: &Gap| !matches!(gap, Gap::Unknown | Gap::Release(0));
        prop_assert!(!text.gaps().any(is_open), "{:?}", text);
    }
}

#[test]
fn large_and_deep_templates_end() {
    let charts = |values: &str, helper: &str| {
        Charts::new(
            [("c/Chart.yaml", "name: c\n"), ("c/values.yaml", values), ("c/templates/_x.tpl", helper)].into_iter(),
            None,
        )
    };
    let whole = |values: &str, helper: &str, text: &str| charts(values, helper).documents("c", text).is_whole;
    // Templates that take in themselves behind as many blocks as may lie in each other.
    let deep = format!("{{{{ define \"x\" }}}}{}{{{{ include \"x\" . }}}}", "{{ if .a }}".repeat(38));
    // Who renders gives the room for it: the scan's threads have such stacks.
    let is_whole = std::thread::scope(|scope| {
        let roomy = std::thread::Builder::new().stack_size(64 << 20);
        roomy.spawn_scoped(scope, || whole("", &deep, "a: {{ include \"x\" . }}")).unwrap().join().unwrap()
    });
    assert!(!is_whole);
    // Helpers that take in two others each.
    let twice: String = (0..30)
        .map(|at| {
            format!(
                "{{{{ define \"x{at}\" }}}}{{{{ if .a }}}}{0}{{{{ else }}}}{0}{{{{ end }}}}{{{{ end }}}}",
                format!("{{{{ include \"x{}\" . }}}}", at + 1)
            )
        })
        .collect();
    assert!(!whole("", &twice, "a: {{ include \"x0\" . }}"));
    assert!(!whole("", &twice, "a:\n  {{ include \"x0\" . | nindent 2 }}"));
    // Many variables, many blocks that give them values, many that change maps.
    let many: String = (0..3_000)
        .map(|at| format!("{{{{ $v{at} := .Values.a }}}}{{{{ if .b }}}}{{{{ $v{at} = 1 }}}}{{{{ end }}}}"))
        .collect();
    whole("a: 1", "", &format!("{many}a: {{{{ $v1 }}}}"));
    let changes: String = (0..3_000).map(|at| format!("{{{{ $x := .a{at} }}}}{{{{ set $x \"k{at}\" 1 }}}}")).collect();
    whole("a: 1", &changes, &format!("{changes}a: {{{{ .Values.a }}}}"));
    // Choices of choices.
    let choices: String = (0..400)
        .map(|at| format!("{{{{- $a = ternary (printf \"{at}%s\" $a) (printf \"%s%s\" $a $a) .b }}}}\n"))
        .collect();
    whole("a: 1", "", &format!("{{{{- $a := \"x\" }}}}\n{choices}a: {{{{ $a }}}}"));
}

#[test]
fn what_swells_in_a_template_is_said_and_comes_to_an_end() {
    let bomb: String =
        (1..6).map(|at| format!("a{at}: &a{at} [{}*a{}]\n", format!("*a{}, ", at - 1).repeat(19), at - 1)).collect();
    let bomb = format!("kind: Service\na0: &a0 [x]\n{bomb}");
    let charts = Charts::new([("c/Chart.yaml", "name: books\n")].into_iter(), None);
    assert!(!charts.documents("c", &bomb).is_whole);
    let many: String = (0..64)
        .map(|at| format!("{{{{ if eq .Values.x {at} }}}}\nx: {at}\n{{{{ else }}}}\ny: {at}\n{{{{ end }}}}\n"))
        .collect();
    let branches: String = (0..64).map(|at| format!("{{{{- else if eq .Values.x {at} }}}}\nx: {at}\n")).collect();
    let wide = format!(
        "kind: Service\na: &a [{}x]\nb: [{}x]\n{{{{- if .Values.x }}}}\n{branches}{{{{- end }}}}\n{many}",
        "x, ".repeat(1_000),
        "*a, ".repeat(300)
    );
    let found = charts.documents("c", &wide);
    assert!(!found.is_whole && found.documents.len() < 16, "{}", found.documents.len());
}

#[test]
fn many_branches_and_many_helpers_of_one_name_come_to_an_end() {
    let branch = |at: usize| format!("{{{{ else if eq .Values.a {at} }}}}{{{{ $v = \"{at}\" }}}}\n");
    let branches: String = (0..600).map(branch).collect();
    let branches = format!(
        "kind: Service\n{{{{ $v := \"x\" }}}}\n{{{{ if .Values.a }}}}{{{{ $v = \"y\" }}}}\n{branches}{{{{ end }}}}\na: b\n"
    );
    let helpers: String = (0..100).map(|at| format!("{{{{ define \"r\" }}}}v{at}{{{{ end }}}}")).collect();
    let charts =
        Charts::new([("c/Chart.yaml", "name: books\n"), ("c/templates/_h.tpl", helpers.as_str())].into_iter(), None);
    assert!(!charts.documents("c", &branches).is_whole);
    let found = charts.documents("c", "kind: Service\na: {{ include \"r\" . }}\n").documents;
    assert_eq!(json(&found), r#"[{"a":"?","kind":"Service"}]"#);
}
