//! What is left out is said.

use super::*;

#[test]
fn a_line_that_is_no_yaml_costs_that_line_alone() {
    let charts = Charts::new([("c/Chart.yaml", "name: c\n"), ("c/values.yaml", "host: s-ledger\n")].into_iter(), None);
    let rest = r#"{"host":"s-ledger","kind":"Service"}"#;
    for text in [
        "kind: Service\n{{ .Values.host }}: x: y\nhost: {{ .Values.host }}\n",
        "kind: Service\nhost: {{ .Values.host }}\n  broken: [\n",
        "kind: Service\nhost: {{ .Values.host }}\n  x:\n\ty: 1\n",
        "kind: Service\nhost: {{ .Values.host }}\n'open: 1\n",
    ] {
        let found = charts.documents("c", text);
        assert_eq!(told(&found.documents[0].json()), rest, "{text}");
        assert!(!found.is_whole, "what is left out is said: {text}");
    }
    let many = format!("kind: Service\n{}host: x\n", "a: b: c\n".repeat(40));
    let found = charts.documents("c", &many);
    assert!(found.documents.is_empty() && !found.is_whole);
}

#[test]
fn what_is_left_out_is_said() {
    let charts = Charts::new([("c/Chart.yaml", "name: c\n"), ("c/values.yaml", "l: [1, 2, 3]\n")].into_iter(), None);
    let whole = |text: &str| charts.documents("c", text).is_whole;
    // Branches of whole lines are all shown, however many there are in a template that people write.
    let branches =
        |count| (0..count).map(|at| format!("{{{{- else if .Values.b{at} }}}}\na: b{at}\n")).collect::<String>();
    let text = |count| format!("{{{{- if .Values.x }}}}\na: x\n{}{{{{- end }}}}\n", branches(count));
    let found = charts.documents("c", &text(60));
    assert!(found.is_whole && found.documents.len() == 61, "{}", found.documents.len());
    assert!(!whole(&text(200)));
    assert!(!whole(&("a: {{ .Values.x }}\n".to_owned() + &"{{ range $.Values.l }}\n".repeat(12) + "b: 1\n")));
    assert!(!whole(&("{{ if .Values.x }}".repeat(60) + "a: 1")));
    assert!(!whole(&("a: 1\n".to_owned() + &"b: {{ .Values.x }}\n".repeat(200_000))));
    assert!(!whole("kind: Service\n a: [\n"));
    assert!(whole("kind: Other\n a: [\n"));
}

#[test]
fn lines_that_are_lost_count_where_they_may_give_something() {
    let container = "kind: Deployment\nspec:\n  containers:\n  - name: a\n    env:\n    - name: A\n      value: a\n";
    let lost = |text: &str| {
        let values = "env: []\nlabels: {}\nlist: [a]\non: true\n";
        let helper = "{{ define \"own\" }}\n- name: B\n  value: b\n{{- include \"gone\" . | nindent 0 }}\n{{ end }}";
        let texts = [("c/Chart.yaml", "name: books\n"), ("c/values.yaml", values), ("c/templates/_h.tpl", helper)];
        let charts = Charts::new(texts.into_iter(), None);
        let found = charts.documents("c", text);
        assert!(found.is_whole && !found.documents.is_empty(), "{text}");
        found.has_lost
    };
    for (lines, expected) in [
        ("    {{- include \"gone\" . | nindent 4 }}\n", true),
        ("    {{- include \"gone\" . | nindent 6 }}\n", true),
        ("{{ include \"gone\" . | indent 4 }}\n", true),
        ("    {{- include \"own\" . | nindent 4 }}\n", true),
        ("    {{- if .Values.on }}\n    {{- include \"gone\" . | nindent 4 }}\n    {{- end }}\n", true),
        ("    {{- range $k, $v := fromYaml \"x\" }}\n    - {name: {{ $k }}, value: {{ $v }}}\n    {{- end }}\n", true),
        ("    args:\n    {{- include \"gone\" . | nindent 4 }}\n", true),
        ("    envFrom:\n      {{- include \"gone\" . | nindent 6 }}\n", true),
        // What nobody sets.
        ("    {{- if .Values.env }}\n    {{- include \"gone\" .Values.env | nindent 4 }}\n    {{- end }}\n", false),
        ("    {{- with .Values.env }}\n    {{- tpl (toYaml .) $ | nindent 4 }}\n    {{- end }}\n", false),
        ("    {{- range .Values.more }}\n    - {{ . }}\n    {{- else }}\n    - {name: B}\n    {{- end }}\n", false),
        ("    {{- toYaml .Values.env | nindent 4 }}\n", false),
        // What gives no address.
        ("    resources:\n      {{- include \"gone\" . | nindent 6 }}\n", false),
        ("    securityContext:\n      a: b\n      {{- include \"gone\" . | nindent 6 }}\n", false),
        ("  labels:\n    a: b\n    {{- include \"gone\" . | nindent 4 }}\n", false),
        ("  {{- include \"gone\" . | nindent 2 }}\n", false),
    ] {
        assert_eq!(lost(&format!("{container}{lines}")), expected, "{lines}");
    }
    for (kind, expected) in [("ConfigMap", true), ("Secret", false)] {
        let text =
            format!("kind: Service\n---\nkind: {kind}\ndata:\n  a: b\n{{{{ include \"gone\" . | indent 2 }}}}\n");
        assert_eq!(lost(&text), expected, "{kind}");
    }
    let file = "kind: ConfigMap\ndata:\n  a.yaml: |\n    {{- include \"gone\" . | nindent 4 }}\n";
    assert!(!lost(file), "a file to be mounted");
}
