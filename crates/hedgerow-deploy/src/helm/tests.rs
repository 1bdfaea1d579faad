//! What templates come to.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// What the first document of a template comes to, with `?` for holes.
fn rendered(values: &str, text: &str) -> String {
    let texts = [("c/Chart.yaml", "name: books\nversion: 1.2.3\n"), ("c/values.yaml", values)];
    let charts = Charts::new(texts.into_iter(), Some("payments"));
    let documents = charts.documents("c", text).documents;
    let text = serde_json::to_string(&documents).unwrap();
    text.replace("\\u0000", "?").replace(release(0), "<release>")
}

/// Bitnami's library, which is only named as a dependency.
#[test]
fn the_library_that_everybody_names_is_known() {
    let values = "url: 'http://{{ .Release.Name }}-ledger'\nenv: [{name: A, value: 'http://s-ledger'}]\n";
    for (more, text, expected) in [
        ("", "a: {{ include \"common.names.fullname\" . }}", r#"[{"a":"<release>-books"}]"#),
        ("", "a: {{ printf \"%s-web\" (include \"common.names.fullname\" .) }}", r#"[{"a":"<release>-books-web"}]"#),
        ("fullnameOverride: shop\n", "a: {{ include \"common.names.fullname\" $ }}", r#"[{"a":"shop"}]"#),
        ("nameOverride: b\n", "a: {{ template \"common.names.fullname\" . }}", r#"[{"a":"<release>-b"}]"#),
        ("", "a: {{ include \"common.names.namespace\" . }}", r#"[{"a":"payments"}]"#),
        ("", "a: {{ include \"common.names.name\" (dict \"context\" $) }}", r#"[{"a":"books"}]"#),
        (
            "",
            "a:\n  {{- include \"common.labels.matchLabels\" . | nindent 2 }}\n  b: c\n",
            r#"[{"a":{"app.kubernetes.io/instance":"<release>","app.kubernetes.io/name":"books","b":"c"}}]"#,
        ),
        (
            "",
            "a:\n  {{- include \"common.labels.standard\" (dict \"customLabels\" .Values.x \"context\" $) | nindent 2 }}\n",
            r#"[{"a":{"app.kubernetes.io/instance":"<release>","app.kubernetes.io/managed-by":"Helm","app.kubernetes.io/name":"books"}}]"#,
        ),
        (
            "",
            "a: {{ include \"common.tplvalues.render\" (dict \"value\" .Values.url \"context\" $) }}",
            r#"[{"a":"http://<release>-ledger"}]"#,
        ),
        (
            "",
            "env:\n  {{- include \"common.tplvalues.render\" (dict \"value\" .Values.env \"context\" $) | nindent 2 }}\n",
            r#"[{"env":[{"name":"A","value":"http://s-ledger"}]}]"#,
        ),
        (
            "",
            "apiVersion: {{ include \"common.capabilities.deployment.apiVersion\" . }}\na: b\n",
            r#"[{"a":"b","apiVersion":"?"}]"#,
        ),
    ] {
        assert_eq!(rendered(&format!("{values}{more}"), text), expected, "{text}");
    }
    let own = "{{ define \"common.names.fullname\" }}mine{{ end }}";
    let texts = [("c/Chart.yaml", "name: books\n"), ("c/values.yaml", ""), ("c/templates/_own.tpl", own)];
    let charts = Charts::new(texts.into_iter(), None);
    let documents = charts.documents("c", "a: {{ include \"common.names.fullname\" . }}").documents;
    assert_eq!(serde_json::to_string(&documents).unwrap(), r#"[{"a":"mine"}]"#, "the tree's own wins");
    let charts = Charts::new(texts.into_iter(), None);
    for (name, is_known) in [
        ("common.labels.custom", true),
        ("common.capabilities.x", true),
        ("common.secrets.x", false),
        ("books.x", false),
    ] {
        assert_eq!(
            charts.documents("c", &format!("a: {{{{ include \"{name}\" . }}}}")).lacks.is_empty(),
            is_known,
            "{name}"
        );
    }
}

#[test]
fn templates_come_to_what_the_values_say() {
    let values = "ledger: {url: http://s-ledger, port: 80, none: ''}\nenv: {B: b, A: a}\nlist: [{name: X, value: x}]\ntpl: '{{ .Values.ledger.url }}/y'\n";
    for (text, expected) in [
        ("a: {{ .Values.ledger.url }}", r#"[{"a":"http://s-ledger"}]"#),
        ("a: {{ .Values.ledger.url | quote }}", r#"[{"a":"http://s-ledger"}]"#),
        ("\u{feff}a: {{ .Values.ledger.url }}", r#"[{"a":"http://s-ledger"}]"#),
        ("a: '{{ $.Values.ledger.url }}:{{ .Values.ledger.port }}'", r#"[{"a":"http://s-ledger:80"}]"#),
        ("a: {{ default (\"x\") .Values.ledger.url }}", r#"[{"a":"http://s-ledger"}]"#),
        ("a: {{ (index .Values.list 0).value }}", r#"[{"a":"x"}]"#),
        ("a: {{ .Values.nobody.knows }}", r#"[{"a":"?"}]"#),
        ("a: {{ .Values.nobody.knows | default \"x\" | quote }}", r#"[{"a":"x"}]"#),
        ("a: {{ default .Values.ledger.url .Values.ledger.none }}", r#"[{"a":"http://s-ledger"}]"#),
        ("a: {{ required \"say it\" .Values.ledger.url }}", r#"[{"a":"http://s-ledger"}]"#),
        ("a: {{ printf \"%s:%d\" .Values.ledger.url 80 }}", r#"[{"a":"http://s-ledger:80"}]"#),
        ("a: {{ printf \"%s-x\" (include \"n\" .) | quote }}", r#"[{"a":"?-x"}]"#),
        ("a: {{ printf \"100%% %-5.2f %[1]s%\" 7 8 | quote }}", r#"[{"a":"100% 7 ?%"}]"#),
        ("a: {{ .Release.Name }}-ledger.{{ .Release.Namespace }}", r#"[{"a":"<release>-ledger.payments"}]"#),
        ("a: {{ .Chart.Name }}-{{ .Chart.Version }}", r#"[{"a":"books-1.2.3"}]"#),
        ("a: {{ include \"books.url\" . }}", r#"[{"a":"?"}]"#),
        ("a: {{ tpl .Values.tpl . }}", r#"[{"a":"http://s-ledger/y"}]"#),
        ("{{- $u := .Values.ledger.url -}}\na: {{ $u | trimPrefix \"http://\" }}", r#"[{"a":"s-ledger"}]"#),
        (
            "env:\n{{- range $k, $v := .Values.env }}\n- name: {{ $k }}\n  value: {{ $v | quote }}\n{{- end }}",
            r#"[{"env":[{"name":"A","value":"a"},{"name":"B","value":"b"}]}]"#,
        ),
        ("env:\n{{- range .Values.list }}\n- {{ .name }}={{ .value }}\n{{- end }}\nb: 1", r#"[{"b":1,"env":["X=x"]}]"#),
        (
            "env:\n  {{- toYaml .Values.list | nindent 2 }}\n  - name: Y\n",
            r#"[{"env":[{"name":"X","value":"x"},{"name":"Y"}]}]"#,
        ),
        (
            "env:\n  {{- with .Values.env }}\n  {{- toYaml . | nindent 2 }}\n  {{- end }}\n",
            r#"[{"env":{"A":"a","B":"b"}}]"#,
        ),
        (
            "labels:\n  a: b\n  {{- include \"labels\" . | nindent 2 }}\nc: {{ include \"x\" . | nindent 2 }}\n",
            r#"[{"c":null,"labels":{"a":"b"}}]"#,
        ),
        ("{{- if .Values.on }}\na: 1\n{{- else }}\na: 2\n{{- end }}", r#"[{"a":1},{"a":2}]"#),
        (
            "{{- if .Values.on }}\na: 1\n{{- else if .Values.off }}\na: 2\n{{- end }}\nb: 1",
            r#"[{"a":1,"b":1},{"a":2,"b":1},{"b":1}]"#,
        ),
        ("{{/* a: {{ x }} */}}\n{{ define \"x\" }}z: 1{{ end }}\na: 1\n", r#"[{"a":1}]"#),
        ("a: {{ index .Values.list 0 \"value\" }}", r#"[{"a":"x"}]"#),
        ("a: {{ .Files.Get \"x\" }}\nb: {{ lookup \"v1\" \"x\" }}", r#"[{"a":"?","b":"?"}]"#),
        ("a: {{ printf \"%sb\" (repeat 3 \"-\") | quote }}", r#"[{"a":"---b"}]"#),
        ("a: {{ printf \"\\n  b: %d\" (add 1 2 | int) }}", r#"[{"a":{"b":3}}]"#),
        ("a: {{ div 7 2 }}{{ sub 3 1 }}{{ mul 2 2 }}{{ max 1 5 3 }}{{ min 4 2 }}{{ add1 8 }}", r#"[{"a":324529}]"#),
        ("a: {{ div 7 0 }}", r#"[{"a":"?"}]"#),
        ("a: {{ title \"to ledger\" | nospace }}-{{ cat \"x\" \"y\" }}", r#"[{"a":"ToLedger-x y"}]"#),
        ("a: {{ join \",\" (list \"x\" \"y\") }}", r#"[{"a":"x,y"}]"#),
        ("a: {{ splitList \":\" \"s-ledger:80\" | first }}", r#"[{"a":"s-ledger"}]"#),
        ("a: {{ splitList \":\" \"s-ledger:80\" | last }}", r#"[{"a":80}]"#),
        ("a: {{ splitList \":\" (include \"x\" .) | first }}", r#"[{"a":"?"}]"#),
        ("a: {{ toJson (append (list 1 2) 3 | rest | reverse) }}", r#"[{"a":[3,2]}]"#),
        ("a: {{ toJson (prepend (list 1 1 0) 2 | initial | uniq) }}", r#"[{"a":[2,1]}]"#),
        ("a: {{ toJson (list \"b\" \"\" \"a\" | compact | sortAlpha) }}", r#"[{"a":["a","b"]}]"#),
        ("a: {{ omit .Values.env \"A\" | toJson }}", r#"[{"a":{"B":"b"}}]"#),
        ("a: {{ pick .Values.env \"A\" | toJson }}", r#"[{"a":{"A":"a"}}]"#),
        (
            "a: {{ keys .Values.env | toJson }}\nb: {{ values (pick .Values.env \"A\") | first }}",
            r#"[{"a":["A","B"],"b":"a"}]"#,
        ),
        (
            "a: {{ dig \"ledger\" \"url\" \"x\" .Values }}-{{ dig \"no\" \"url\" \"x\" .Values }}",
            r#"[{"a":"http://s-ledger-x"}]"#,
        ),
    ] {
        assert_eq!(rendered(values, text), expected, "{text}");
    }
}

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
    assert!(found.iter().any(|document| document["a"] == HOLE.to_string().as_str()), "{found:?}");
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
    let found: Vec<_> = found.iter().map(|document| document["a"].as_str().unwrap()).collect();
    assert_eq!(found, ["own:80", "prod:80", "above:80"]);
}

/// What the value of `a` can be in the documents of a template, with `?` for holes.
fn values_of(texts: &[(&str, &str)], text: &str) -> BTreeSet<String> {
    let charts = Charts::new([("c/Chart.yaml", "name: books\n")].into_iter().chain(texts.iter().copied()), None);
    let rendered = charts.documents("c", text);
    assert!(rendered.is_whole, "{text}");
    let plain = |text: &str| text.replace(HOLE, "?").replace(release(0), "<release>");
    let value = |document: &Value| match &document["a"] {
        Value::String(text) => plain(text),
        other => plain(&other.to_string()),
    };
    rendered.documents.iter().map(value).collect()
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
        ("{{- range until 3 }}\na: s-{{ . }}\n{{- end }}", "s-?"),
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
        ("{{- $d := dict \"k\" \"x\" }}\n{{- $_ := set $d \"k\" \"y\" }}\na: {{ $d.k }}", "?"),
        (
            "{{- $d := dict \"k\" \"x\" }}\n{{- if .Values.on }}\n{{- $_ := set $d \"k\" \"y\" }}\n{{- end }}\na: {{ $d.k }}",
            "?",
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

/// The helpers of every chart that `helm create` makes, more or less.
const HELPERS: &str = r#"
{{- define "books.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- define "books.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}
{{- define "books.labels" -}}
app: {{ include "books.name" . }}
{{- if .Values.version }}
version: {{ .Values.version | quote }}
{{- end }}
{{- with .Values.moreLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- define "books.url" -}}
{{ .scheme | default "http" }}://{{ .root.Values.host }}
{{- end }}
{{- define "books.either" -}}
{{- if .Values.tls -}}https{{- else -}}http{{- end -}}
{{- end }}
{{- define "books.loop" -}}{{ include "books.loop" . }}{{- end }}
"#;

#[test]
fn templates_with_names_are_followed() {
    let files = [
        ("c/templates/_helpers.tpl", HELPERS),
        ("c/values.yaml", "host: s-ledger\nt: '{{ include \"books.either\" . }}://{{ .Values.host }}'\n"),
        ("c/charts/lib/Chart.yaml", "name: lib\ntype: library\n"),
        ("c/charts/lib/templates/_lib.tpl", "{{ define \"lib.host\" }}{{ .Values.host }}-lib{{ end }}"),
    ];
    for (text, expected) in [
        ("a: {{ include \"books.name\" . }}", "books"),
        ("a: {{ template \"books.name\" $ }}", "books"),
        ("a: http://{{ include \"books.fullname\" . }}-x:80", "http://<release>-books-x:80"),
        ("a: {{ include \"books.url\" (dict \"root\" $ \"scheme\" \"https\") | quote }}", "https://s-ledger"),
        ("a: {{ include \"books.url\" (dict \"root\" .) }}", "http://s-ledger"),
        ("a: {{ include \"books.either\" . }}://x", "http://x https://x"),
        ("{{- $s := include \"books.either\" . }}\na: {{ $s }}-{{ $s }}", "http-http https-https"),
        ("a: {{ tpl .Values.t . }}", "http://s-ledger https://s-ledger"),
        ("a: {{ tpl .Values.t . | trimPrefix \"http\" | quote }}", "://s-ledger s://s-ledger"),
        ("a: {{ include \"lib.host\" . }}", "s-ledger-lib"),
        ("a: {{ block \"own\" . }}{{ .Values.host }}{{ end }}", "s-ledger"),
        ("a: {{ include \"books.nobody\" . }}", "?"),
        ("a:\n  {{- include \"books.labels\" . | nindent 2 }}", r#"{"app":"books"} {"app":"books","version":"?"}"#),
    ] {
        let mut files = files.to_vec();
        files.push(("c/templates/x.yaml", text));
        let expected: BTreeSet<String> = expected.split(' ').map(|text| text.replace("?", "\\u0000")).collect();
        let found = values_of(&files, text).into_iter().map(|text| text.replace('?', "\\u0000"));
        assert_eq!(found.collect::<BTreeSet<_>>(), expected, "{text}");
    }
    let charts = Charts::new([("c/Chart.yaml", "name: books\n"), files[0]].into_iter(), None);
    assert!(!charts.documents("c", "a: {{ include \"books.loop\" . }}").is_whole);
}

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
        assert_eq!(serde_json::to_string(&found.documents[0]).unwrap(), rest, "{text}");
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
    "\u{e000}",
    "\u{e001}",
    "\u{e002}",
    "\u{e003}",
    "\u{e004}",
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
        let shown = serde_json::to_string(&found.documents).unwrap();
        prop_assert!(!shown.contains(['\u{e000}', '\u{e001}', '\u{e002}', '\u{e003}', '\u{e004}']), "{}", shown);
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
    assert_eq!(found, [serde_json::json!({"kind": "Service", "a": HOLE.to_string()})]);
}
