//! What a scan reads out of charts, against what Helm renders: a host that Helm gives to a container is one that the scan
//! finds, or the scan says that it cannot tell.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::helm::Helm;
use crate::manifest::documents;

const FLEET: &str = "version: 1\nlabels: {domain: bank.example}\nservices: {include: [service.*]}\nenvironments: {prod: {stage: enforce}}\n";
const SERVICES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
const CODE: &str =
    "package main\nimport (\"net/http\"; \"os\")\nfunc main() { http.Get(\"http://\" + os.Getenv(\"ADDR\")) }\n";
const HELPERS: &str = r#"
{{- define "emoji.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- define "emoji.host" -}}
{{- if .Values.override }}
{{- .Values.override }}
{{- else }}
{{- $stem := default "a" .Values.stem }}
{{- printf "s-%s" $stem | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- define "emoji.port" -}}{{ .port | default 80 }}{{- end }}
{{- define "emoji.env" -}}
{{- if .Values.card }}
- name: ADDR
  value: s-b
{{- else if .Values.other }}
- name: ADDR
  value: {{ include "emoji.host" . }}
{{- else }}
{{- with .Values.list }}
- name: ADDR
  value: {{ index . 0 }}
{{- end }}
{{- end }}
{{- end }}
"#;

/// A chart whose container has `ADDR`, and values to render it with.
struct Case {
    values: &'static str,
    /// The lines that begin the template, and those of the container's environment.
    before: &'static str,
    env: &'static str,
    /// What is set besides, by rendering.
    sets: &'static [&'static str],
    /// Whether the scan can tell all hosts.
    told: bool,
}

const CASES: &[Case] = &[
    Case {
        values: "host: s-a",
        before: "",
        env: "- {name: ADDR, value: {{ .Values.host | quote }}}",
        sets: &[""],
        told: true,
    },
    Case {
        values: "p: {a: 1}",
        before: "{{- $h := \"s-a\" }}\n{{- if .Values.x }}\n{{- $h = \"s-b\" }}\n{{- else if $y := .Values.y }}\n{{- $h = printf \"s-%s\" $y }}\n{{- end }}\n{{- $z := $h }}",
        env: "{{- if .Values.z }}\n- {name: ADDR, value: {{ $z }}}\n{{- else }}\n- name: ADDR\n  value: \"{{ $h }}:80\"\n{{- end }}",
        sets: &["", "x=1", "z=1", "x=1,z=1", "y=c", "y=c,z=1"],
        told: false,
    },
    Case {
        values: "x: 1",
        before: "",
        env: "- name: ADDR\n  value: s-{{ if .Values.x }}{{ if .Values.y }}a{{ else }}b{{ end }}{{ else }}c{{ end }}{{ with .Values.w }}.default{{ end }}:{{ if .Values.z }}80{{ else }}81{{ end }}",
        sets: &["", "y=1", "x=", "x=,z=1", "y=1,z=1", "y=1,w=1"],
        told: true,
    },
    Case {
        values: "stem: d\nlist: [s-e, s-f]",
        before: "",
        env: "{{- include \"emoji.env\" . | nindent 12 }}",
        sets: &["", "card=1", "other=1"],
        told: true,
    },
    Case {
        values: "on: true",
        before: "",
        env: "- name: ADDR\n  value: {{ include \"emoji.host\" . }}:{{ include \"emoji.port\" (dict \"port\" 81) }}",
        sets: &[""],
        told: true,
    },
    Case {
        values: "t: '{{ include \"emoji.host\" . }}.{{ .Release.Namespace }}'\nstem: f",
        before: "",
        env: "- name: ADDR\n  value: {{ tpl .Values.t . | quote }}",
        sets: &[""],
        told: true,
    },
    Case {
        values: "env: {OTHER: x, ADDR: s-c}\nmore: [{name: ADDR, value: s-d}]",
        before: "{{- $env := deepCopy .Values.env }}",
        env: "{{- if .Values.list }}\n{{- toYaml .Values.more | nindent 12 }}\n{{- else }}\n{{- range $name, $value := $env }}\n- name: {{ $name }}\n  value: {{ $value | quote }}\n{{- end }}\n{{- end }}",
        sets: &["", "list=1"],
        told: true,
    },
    Case {
        values: "host: s-a\nenv: {ADDR: s-c}",
        before: "{{- $_ := set .Values.env \"ADDR\" (ternary \"s-d\" \"s-e\" (empty .Values.x)) }}",
        env: "- name: ADDR\n  value: {{ .Values.env.ADDR }}",
        sets: &["", "x=1"],
        told: false,
    },
    Case {
        values: "x: 1",
        before: "{{- $d := dict \"addr\" \"s-a\" }}\n{{- if .Values.y }}\n{{- $_ := set $d \"addr\" \"s-b\" }}\n{{- end }}",
        env: "- name: ADDR\n  value: {{ $d.addr }}",
        sets: &["", "y=1"],
        told: true,
    },
    Case {
        values: "x: 1",
        before: "",
        env: "{{- with $x := .Values.y }}\n- {name: ADDR, value: s-b}\n{{- else }}\n- {name: ADDR, value: {{ empty $x | ternary \"s-c\" \"s-d\" }}}\n{{- end }}",
        sets: &["", "y=true"],
        told: true,
    },
];

/// The values that a rendering gives to `ADDR`.
fn given(rendered: &str) -> Vec<String> {
    let documents = documents(rendered);
    let containers = documents.iter().filter_map(|document| document.pointer("/spec/template/spec/containers"));
    let variables =
        containers.filter_map(Value::as_array).flatten().filter_map(|container| container["env"].as_array());
    let addresses = variables.flatten().filter(|variable| variable["name"] == "ADDR");
    addresses.filter_map(|variable| variable["value"].as_str()).map(str::to_owned).collect()
}

#[test]
fn every_host_that_helm_gives_to_a_container_is_found_or_asked_for() {
    for name in ["helm3", "helm4"] {
        let Some(helm) = Helm::named(name) else { continue };
        for (at, Case { values, before, env, sets, told }) in CASES.iter().enumerate() {
            let fleet = format!("fleet{at}");
            let write = |path: &str, text: &str| helm.sandbox.write(&format!("{fleet}/{path}"), text);
            write("hedgerow.yaml", FLEET);
            write("go.mod", "module bank\n");
            write("service.emoji/main.go", CODE);
            write("service.emoji/service.yaml", "");
            SERVICES.iter().for_each(|service| drop(write(&format!("service.{service}/service.yaml"), "")));
            write("service.emoji/chart/Chart.yaml", "{apiVersion: v2, name: emoji, version: 0.1.0}");
            write("service.emoji/chart/values.yaml", values);
            write("service.emoji/chart/templates/_helpers.tpl", HELPERS);
            let env = env.replace('\n', "\n            ");
            let template = format!(
                "{before}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{{{ include \"emoji.name\" . }}}}\nspec:\n  template:\n    spec:\n      containers:\n        - name: main\n          env:\n            {env}\n"
            );
            write("service.emoji/chart/templates/deployment.yaml", &template);

            let path = |path: &str| helm.sandbox.path(&format!("{fleet}/{path}")).display().to_string();
            let scan = helm.sandbox.hedgerow(&["-C", &path(""), "scan", "--format", "csv"], b"");
            let found = String::from_utf8(scan.stdout).expect("output is UTF-8");
            let is_open = scan.stderr.contains("unresolved-call");
            assert_eq!(is_open, !told, "case {at}:\n{}\n{found}", scan.stderr);
            let callees: BTreeSet<&str> =
                found.lines().filter_map(|line| line.split(',').nth(1)?.strip_prefix("service.")).collect();
            for set in *sets {
                let rendered = helm.plain(&path("service.emoji/chart"), &["--set", set]).text();
                let given = given(&rendered);
                assert!(!given.is_empty(), "case {at}, {set}:\n{rendered}");
                for address in given {
                    let callee = address.trim_start_matches("s-").split(['.', ':']).next().unwrap_or_default();
                    assert!(is_open || callees.contains(callee), "{name}, case {at}, {set}: {address} of {found}");
                }
            }
        }
    }
}
