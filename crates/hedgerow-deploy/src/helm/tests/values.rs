//! Both sides of what cannot be told, and every combination of them.

use super::*;

#[test]
fn what_cannot_be_told_is_a_hole_and_both_sides_count() {
    let values = "host: s-ledger\nlist: [a, b]\n";
    for (text, expected) in [
        ("a: {{ include \"x\" . | default \"y\" | quote }}", r#"[{"a":"?"}]"#),
        ("a: {{ coalesce .Values.none (include \"x\" .) \"y\" }}", r#"[{"a":"?"}]"#),
        ("a: {{ coalesce .Values.none .Values.host (include \"x\" .) }}", r#"[{"a":"s-ledger"}]"#),
        ("a: {{ print \"http://\" .Values.host \":80\" }}", r#"[{"a":"http://s-ledger:80"}]"#),
        ("a: {{ print 1 2 \"x\" 3 }}", r#"[{"a":"1 2x3"}]"#),
        ("a: \"{{ with .Values.no }}{{ . }}{{ else }}x{{ end }}\"", r#"[{"a":"x"}]"#),
        (
            "a: \"{{ with .Values.no }}1{{ else with .Values.host }}{{ . }}{{ end }}\"",
            r#"[{"a":"1"},{"a":"s-ledger"}]"#,
        ),
        ("a: \"{{ with include \"x\" . }}{{ . }}{{ else }}x{{ end }}\"", r#"[{"a":"?"},{"a":"x"}]"#),
        ("a: \"{{ range .Values.no }}{{ . }}{{ else }}x{{ end }}\"", r#"[{"a":"x"}]"#),
        ("a: \"x{{ if .Values.on }}y{{ end }}\"", r#"[{"a":"xy"},{"a":"x"}]"#),
        (
            "a: {{ if .Values.on }}{{ if .Values.x }}1{{ else }}2{{ end }}{{ else }}3{{ end }}",
            r#"[{"a":1},{"a":2},{"a":3}]"#,
        ),
        (
            "{{- $u := \"x\" }}\n{{- if .Values.on }}{{ $u = \"y\" }}{{ end }}\na: {{ $u | quote }}",
            r#"[{"a":"y"},{"a":"x"}]"#,
        ),
        (
            "{{- $u := \"x\" }}\n{{- if .Values.on }}{{ $u = \"y\" }}{{ end }}\n{{- if .Values.z }}\na: {{ $u | quote }}\n{{- end }}",
            r#"[{"a":"y"},{"a":"x"}]"#,
        ),
        ("{{- $u := \"x\" }}\n{{- range .Values.list }}{{ $u = . }}{{ end }}\na: {{ $u }}", r#"[{"a":"b"}]"#),
        ("{{- $u := \"x\" }}\n{{- with .Values.host }}{{ $u = . }}{{ end }}\na: {{ $u }}", r#"[{"a":"s-ledger"}]"#),
        (
            "{{- $u := 1 }}\n{{- range include \"x\" . }}\n{{- $u = . }}\n{{- end }}\na: {{ $u }}",
            r#"[{"a":"?"},{"a":"1"}]"#,
        ),
        ("a: s-{{ .Values.host }}{{ .Values.no }}", r#"[{"a":"s-s-ledger?"}]"#),
        ("a: {{ .Values.host -}}\n{{- .Values.no }}", r#"[{"a":"s-ledger?"}]"#),
        ("a: \"x{{ range .Values.no }}{{ . }},{{ end }}\"", r#"[{"a":"x?"},{"a":"x"}]"#),
        ("a: \"x{{ range include \"l\" . }}{{ . }},{{ end }}\"", r#"[{"a":"x?"},{"a":"x"}]"#),
    ] {
        assert_eq!(rendered(values, text), expected, "{text}");
    }
}

#[test]
fn files_for_environments_and_parents_are_laid_over() {
    let texts = [
        ("u/Chart.yaml", "name: u\ndependencies: [{name: c, alias: books, repository: 'file://../c'}]\n"),
        ("u/values.yaml", "books: {url: above}\nglobal: {zone: z}\n"),
        ("c/Chart.yaml", "name: c\n"),
        ("c/values.yaml", "url: own\nport: 80\n"),
        ("c/values-prod.yaml", "url: prod\n"),
    ];
    let charts = Charts::new(texts.into_iter(), None);
    let found = charts.documents("c", "a: '{{ .Values.url }}:{{ .Values.port }}'").documents;
    let found: Vec<_> = found.iter().map(|document| document.get("a").and_then(Value::as_str).unwrap()).collect();
    assert_eq!(found, ["own:80", "prod:80", "above:80"]);
}

#[test]
fn every_combination_on_a_line_and_of_variables_counts() {
    let values = [("c/values.yaml", "host: s-ledger\nlist: [a, b]\n")];
    for (text, expected) in [
        ("a: {{ if .Values.x }}s{{ else }}t{{ end }}-{{ if .Values.y }}u{{ else }}v{{ end }}", "s-u s-v t-u t-v"),
        (
            "{{- $u := \"x\" }}\n{{- if .Values.on }}{{ $u = \"y\" }}{{ end }}\na: {{ $u }}{{ if .Values.z }}1{{ else }}2{{ end }}",
            "x1 x2 y1 y2",
        ),
        (
            "{{- $u := \"x\" }}\n{{- if .Values.on }}{{ $u = \"y\" }}{{ end }}\n{{- $v := $u }}\n{{- if .Values.z }}\na: {{ $v }}\n{{- end }}",
            "x y",
        ),
        (
            "{{- $p := \"http\" }}\n{{- if .Values.tls }}\n{{- $p = \"https\" }}\n{{- end }}\na: {{ printf \"%s://%s\" $p .Values.host | quote }}",
            "http://s-ledger https://s-ledger",
        ),
        (
            "{{- $u := \"\" }}\n{{- if .Values.on }}\n{{- $u = \"y\" }}\n{{- end }}\na: {{ $u | default \"z\" | upper }}",
            "Y Z",
        ),
        (
            "{{- $u := \"x\" }}\n{{- if .Values.on }}{{ if .Values.z }}{{ $u = \"y\" }}{{ else }}{{ $u = \"w\" }}{{ end }}{{ end }}\na: {{ $u }}",
            "w x y",
        ),
        ("a: {{ ternary \"x\" \"y\" .Values.on }}", "x y"),
        ("a: {{ .Values.no | ternary (printf \"%s-x\" .Values.host) \"y\" | quote }}", "s-ledger-x y"),
        ("a: '{{ range .Values.list }}{{ if .Values.x }}{{ . }}{{ else }}-{{ end }}{{ end }}'", "?"),
    ] {
        let expected: BTreeSet<String> = expected.split(' ').map(str::to_owned).collect();
        assert_eq!(values_of(&values, text), expected, "{text}");
    }
}

#[test]
fn a_block_over_what_is_not_set_may_be_over_what_is() {
    let values = [("c/values.yaml", "host: s-ledger\nempty: ''\n")];
    for (text, expected) in [
        ("a: \"x{{ with .Values.no }}-{{ . }}{{ end }}\"", "x x-?"),
        ("a: \"x{{ with .Values.empty }}-{{ . }}{{ end }}\"", "x x-?"),
        ("{{- with .Values.no }}\na: s-card\n{{- else }}\na: s-ledger\n{{- end }}", "s-card s-ledger"),
        ("{{- range untilStep 0 900 3 }}\na: s-{{ . }}\n{{- end }}", "s-?"),
        ("a: {{ with .Values.no }}{{ . | quote }}{{ else }}y{{ end }}", "y"),
        ("a: {{ if .Values.no }}{{ .Values.no }}{{ else }}y{{ end }}", "y"),
        ("a: {{ if .Values.no }}s-{{ .Values.no }}{{ else }}y{{ end }}", "s-? y"),
        ("a: {{ if .Values.host }}{{ .Values.host }}{{ else }}y{{ end }}", "s-ledger y"),
        ("a: {{ if .Files.Get \"x\" }}{{ .Files.Get \"x\" }}{{ else }}y{{ end }}", "? y"),
    ] {
        let expected: BTreeSet<String> = expected.split(' ').map(str::to_owned).collect();
        assert_eq!(values_of(&values, text), expected, "{text}");
    }
}

#[test]
fn conditions_declare_variables() {
    let values = [("c/values.yaml", "host: s-ledger\ncard: s-card\n")];
    let outer = "{{- $x := \"outer\" }}\n";
    for (text, expected) in [
        ("a: {{ if $x := .Values.host }}{{ $x }}{{ end }}", "null s-ledger"),
        ("a: {{ with $x := .Values.host }}{{ $x }}{{ end }}", "s-ledger"),
        ("a: {{ with $x := .Values.no }}-{{ $x }}{{ else }}+{{ $x }}{{ end }}", "-? +?"),
        (
            "a: {{ if .Values.z }}1{{ else if $x := .Values.card }}{{ $x }}{{ else }}-{{ $x }}{{ end }}",
            "1 s-card -s-card",
        ),
        ("{{ if $x := .Values.host }}{{ end }}\na: {{ $x }}", "outer"),
        ("{{ if $x = .Values.host }}{{ end }}\na: {{ $x }}", "s-ledger"),
        ("{{ if .Values.y }}{{ else if $x = .Values.host }}{{ end }}\na: {{ $x }}", "outer s-ledger"),
    ] {
        let expected: BTreeSet<String> = expected.split(' ').map(str::to_owned).collect();
        assert_eq!(values_of(&values, &format!("{outer}{text}")), expected, "{text}");
    }
}

#[test]
fn what_templates_change_is_not_known() {
    let values = [("c/values.yaml", "host: s-ledger\nenv: {A: x, B: y}\n")];
    for (text, expected) in [
        ("{{- $d := dict \"k\" \"x\" }}\n{{- $_ := set $d \"k\" \"y\" }}\na: {{ $d.k }}", "y"),
        (
            "{{- $d := dict \"k\" \"x\" }}\n{{- if .Values.on }}\n{{- $_ := set $d \"k\" \"y\" }}\n{{- end }}\na: {{ $d.k }}",
            "x y",
        ),
        ("{{- $d := dict \"k\" \"x\" }}\n{{- $_ := set $d \"k\" \"y\" }}\na: {{ .Values.host }}", "s-ledger"),
        ("{{- $_ := set .Values \"host\" \"y\" }}\na: {{ .Values.host }}", "?"),
        ("a: {{ index .Values.env \"B\" }}\n{{- $_ := set .Values.env \"B\" \"y\" }}", "?"),
        ("{{- $e := .Values.env }}\n{{- $_ := set $e \"B\" \"z\" }}\na: {{ .Values.env.B }}", "?"),
        (
            "{{- $e := mergeOverwrite .Values.env (dict \"B\" \"z\") }}\na: {{ .Values.env.B }}-{{ .Values.host }}",
            "?-s-ledger",
        ),
        ("{{- $e := merge (dict \"B\" \"z\") .Values.env }}\na: {{ .Values.env.B }}", "y"),
        ("{{- $_ := set .Values (printf \"%s\" \"host\") 1 }}\na: {{ .Values.env.B }}", "?"),
    ] {
        let expected: BTreeSet<String> = expected.split(' ').map(str::to_owned).collect();
        assert_eq!(values_of(&[values[0], ("c/templates/x.yaml", text)], text), expected, "{text}");
    }
}

/// What `helm template` writes, but for what may be several; and `?`, which is what is not known.
#[test]
fn maps_that_a_template_makes_are_followed() {
    let values = [(
        "c/values.yaml",
        "host: s-ledger\nenv: {A: x, B: w}\nall: {env: {B: w}}\nconf: {db: {url: s-db}, on: true}\n",
    )];
    let copy = "{{- $c := (get .Values \"conf\") | default dict | mustDeepCopy }}\n";
    for (text, expected) in [
        // The variables that have the map see what is put into it, and a copy does not.
        ("{{- $a := dict }}{{ $p := dict \"x\" $a }}{{ $_ := set $a \"k\" \"y\" }}\na: {{ $p.x.k }}", "y"),
        ("{{- $a := dict }}{{ $p := dict \"x\" (deepCopy $a) }}{{ $_ := set $a \"k\" \"y\" }}\na: {{ $p.x.k }}z", "?z"),
        ("{{- $a := list (dict) }}{{ $b := first $a }}{{ $_ := set $b \"k\" \"y\" }}\na: {{ (first $a).k }}", "y"),
        ("{{- $a := dict }}{{ $_ := .Values.host | set $a \"k\" }}\na: {{ $a.k }}", "s-ledger"),
        ("{{- $a := set dict \"k\" .Values.host }}\na: {{ $a.k }}-{{ .Values.host }}", "s-ledger-s-ledger"),
        ("{{- $a := dict \"k\" \"x\" }}{{ $_ := unset $a \"k\" }}\na: {{ $a.k | default \"y\" }}", "y"),
        (
            "{{- $a := dict }}{{ range $k, $v := .Values.env }}{{ $_ := set $a $k $v }}{{ end }}\na: {{ $a.A }}{{ $a.B }}",
            "xw",
        ),
        ("{{- $a := dict }}{{ $_ := mergeOverwrite $a .Values.env }}\na: {{ $a.A }}", "x"),
        (
            "{{- $a := omit .Values \"env\" }}{{ $_ := set $a \"host\" \"y\" }}\na: {{ $a.host }}-{{ .Values.host }}",
            "y-s-ledger",
        ),
        ("{{- $a := omit .Values \"env\" }}{{ $_ := set $a \"z\" \"y\" }}\na: {{ $a.host }}-{{ $a.z }}", "s-ledger-y"),
        // Of a copy it is nobody's map that a part of it is.
        (
            &format!(
                "{copy}{{{{ $d := $c.db }}}}{{{{ $_ := set $d \"url\" \"z\" }}}}\na: {{{{ $c.db.url }}}}-{{{{ .Values.conf.db.url }}}}"
            ),
            "z-s-db",
        ),
        (
            &format!(
                "{copy}{{{{ $d := (hasKey $c \"db\") | ternary (get $c \"db\") dict }}}}{{{{ $_ := set $d \"k\" \"z\" }}}}{{{{ $_ := set $c \"db\" $d }}}}\n\
                      a: {{{{ $c.db.url }}}}-{{{{ $c.db.k }}}}"
            ),
            "s-db-z",
        ),
        (
            &format!(
                "{copy}{{{{ if not (hasKey $c \"on\") }}}}{{{{ $_ := set $c \"level\" \"z\" }}}}{{{{ end }}}}\na: {{{{ $c.db.url }}}}-{{{{ $c.level }}}}"
            ),
            "s-db-z",
        ),
        (
            &format!(
                "{copy}a: {{{{ mustRegexReplaceAllLiteral \"^\\\\s*{{\" ($c | mustToPrettyJson) \"{{\\n  include x\" | replace \"\\n\" \"\" | trunc 40 | squote }}}}"
            ),
            "{  include x  \"db\": {    \"url\": \"s-db\"  ",
        ),
        // The values of the chart are others' as well.
        (
            "{{- $p := dict \"e\" .Values.env }}{{ $e := get $p \"e\" }}{{ $_ := set $e \"B\" \"z\" }}\na: {{ .Values.env.B }}",
            "?",
        ),
        (
            "{{- $p := dict }}{{ $_ := set $p \"e\" .Values.env }}{{ $e := $p.e }}{{ $_ := set $e \"B\" \"z\" }}\na: {{ .Values.env.B }}",
            "?",
        ),
        ("{{- $p := pick .Values \"env\" }}{{ $_ := merge $p.env (dict \"B\" \"z\") }}\na: {{ .Values.env.B }}", "?"),
        ("{{- $_ := merge (pick .Values \"env\") (dict \"env\" (dict \"B\" \"z\")) }}\na: {{ .Values.env.B }}", "?"),
        (
            "{{- $p := dict \"e\" .Values.env }}{{ range $k, $e := $p }}{{ $_ := set $e \"B\" \"z\" }}{{ end }}\na: {{ .Values.env.B }}",
            "?",
        ),
        ("{{- range $e := list .Values.env }}{{ $_ := set $e \"B\" \"z\" }}{{ end }}\na: {{ .Values.env.B }}", "?"),
        (
            "{{- $c := deepCopy .Values.all }}{{ range $k, $e := $c }}{{ $_ := set $e \"B\" \"z\" }}{{ end }}\na: {{ .Values.env.B }}-{{ $c.env.B }}",
            "w-z",
        ),
        (
            "{{- $c := deepCopy .Values.all }}{{ $_ := set $c \"x\" .Values.env }}{{ range $k, $e := $c }}{{ $_ := set $e \"B\" \"z\" }}{{ end }}\na: {{ .Values.env.B }}",
            "?",
        ),
        ("{{- $d := dict }}{{ $d = .Values.x | merge $d }}\na: {{ .Values.host }}", "s-ledger"),
    ] {
        let expected: BTreeSet<String> = if expected.starts_with('{') {
            BTreeSet::from([expected.to_owned()])
        } else {
            expected.split(' ').map(str::to_owned).collect()
        };
        assert_eq!(values_of(&[values[0], ("c/templates/x.yaml", text)], text), expected, "{text}");
    }
}

#[test]
fn files_of_the_chart_are_taken_in() {
    let files = [
        ("c/Chart.yaml", "name: c\n"),
        ("c/values.yaml", "host: s-ledger\n"),
        ("c/conf/a.txt", "s-card"),
        ("c/conf/b.txt", "http://{{ .Values.host }}"),
    ];
    for (text, expected) in [
        ("a: {{ .Files.Get \"conf/a.txt\" }}", "s-card"),
        ("a: {{ $.Files.Get \"conf/a.txt\" | quote }}", "s-card"),
        ("a: {{ tpl (.Files.Get \"conf/b.txt\") . }}", "http://s-ledger"),
        ("{{- (.Files.Glob \"conf/a*\").AsConfig | replace \"a.txt\" \"a\" }}", "s-card"),
        ("{{- range $path, $_ := .Files.Glob \"conf/a*\" }}\na: {{ $.Files.Get $path }}\n{{- end }}", "s-card"),
        ("a: {{ .Files.Get \"conf/none.txt\" }}", "?"),
        ("a: {{ .Files.Get .Values.unset }}", "?"),
    ] {
        let all: Vec<(&str, &str)> = files.iter().copied().chain([("c/templates/a.yaml", text)]).collect();
        assert_eq!(values_of(&all, text), BTreeSet::from([expected.to_owned()]), "{text}");
    }
}

#[test]
fn what_a_template_writes_is_read_as_values_again() {
    let values = [("c/values.yaml", "global: {a: s-card}\nown: {a: s-ledger}\nsecrets: {A: 'db:key'}\n")];
    let define = ("c/templates/_all.tpl", "{{- define \"all\" }}{{ toYaml .Values }}{{ end -}}\n");
    for (text, expected) in [
        ("{{- $all := include \"all\" . | fromYaml }}\na: {{ $all.own.a }}", "s-ledger"),
        ("a: {{ (include \"all\" . | fromYaml).own.a }}", "s-ledger"),
        ("{{- $all := mergeOverwrite (deepCopy .Values.global) .Values.own }}\na: {{ $all.a }}", "s-ledger"),
        ("{{- $all := merge (deepCopy .Values.global) .Values.own }}\na: {{ $all.a }}", "s-card"),
        ("{{- $parts := split \":\" .Values.secrets.A }}\na: {{ $parts._0 }}", "db"),
        ("a: {{ now | date \"2006\" }}", "?"),
    ] {
        let found = values_of(&[values[0], define, ("c/templates/a.yaml", text)], text);
        assert_eq!(found, BTreeSet::from([expected.to_owned()]), "{text}");
    }
}
