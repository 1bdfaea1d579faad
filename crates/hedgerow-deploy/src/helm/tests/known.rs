//! What values, helpers and the library that everybody names say.

use super::*;

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
    assert_eq!(json(&documents), r#"[{"a":"mine"}]"#, "the tree's own wins");
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
        let expected: BTreeSet<String> = expected.split(' ').map(str::to_owned).collect();
        assert_eq!(values_of(&files, text), expected, "{text}");
    }
    let charts = Charts::new([("c/Chart.yaml", "name: books\n"), files[0]].into_iter(), None);
    assert!(!charts.documents("c", "a: {{ include \"books.loop\" . }}").is_whole);
}

/// Letters of people that look like stand-ins.
#[test]
fn letters_of_people_stay_what_they_are() {
    let odd = "a\u{100000}b\u{100001}c\u{100002}d\u{100003}\u{100004}\u{100005}\u{100006}\u{100100}\u{e000}\u{e100}z";
    let values = format!("host: {odd}\nt: '{odd}{{{{ .Values.host }}}}'\n");
    let helper = format!("{{{{ define \"n\" }}}}{odd}{{{{ end }}}}");
    let files = [("c/values.yaml", values.as_str()), ("c/templates/_h.tpl", helper.as_str())];
    let twice = format!("{odd}{odd}");
    for (text, expected) in [
        (format!("a: {odd}"), odd),
        ("a: {{ .Values.host | quote }}".to_owned(), odd),
        (format!("a: {{{{ \"{odd}\" }}}}"), odd),
        (format!("a: {{{{ printf \"%s{odd}\" .Values.host | upper | lower }}}}"), &twice),
        ("a: {{ tpl .Values.t . }}".to_owned(), &twice),
        ("a: {{ include \"n\" . | trim }}".to_owned(), odd),
        ("a: {{ list .Values.host | toJson }}".to_owned(), &format!("[\"{odd}\"]")),
        (format!("a: {{{{ ternary \"{odd}\" \"{odd}\" .x }}}}"), odd),
        (format!("a: {{{{ .Values.host | trimSuffix \"z\" }}}}{{{{ .Values.host | replace \"{odd}\" \"z\" }}}}"), odd),
    ] {
        assert_eq!(values_of(&files, &text), BTreeSet::from([expected.to_owned()]), "{text}");
    }
    let both = format!("a: {{{{ ternary \"{odd}\" \"x\" .x }}}}");
    assert_eq!(values_of(&files, &both), BTreeSet::from([odd.to_owned(), "x".to_owned()]));
}
