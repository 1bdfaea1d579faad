//! Helm charts of the tree, rendered as far as their own values tell: enough to read environment variables, arguments and
//! names of Services out of their templates.
//!
//! This is no template engine. What `values.yaml` and the files beside it do not say is a hole, and a hole is never filled
//! by a guess; helpers (`include`) are holes. Both sides of an `if` count.

mod expr;
mod template;

use crate::host::{HOLE, release};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Stands for [`HOLE`] in rendered text, which YAML could not hold.
const MARK: char = '\u{e000}';

/// More sets of values than this are not told apart: what they differ in is a hole.
const MAX_SETS: usize = 16;

/// One chart.
#[derive(Debug, Clone, Default)]
struct Chart {
    name: String,
    /// What `.Chart` holds.
    about: Value,
    /// What stands for the name of its release, see [`release`].
    release: char,
    /// What `values.yaml` says, and what it says with each of the files for an environment laid over it.
    values: Vec<Value>,
}

/// Files that hold values, by their directories.
type Files<'a> = BTreeMap<&'a str, Vec<(&'a str, &'a str)>>;

/// The charts of a tree, by their directories.
#[derive(Debug, Clone, Default)]
pub(crate) struct Charts {
    charts: BTreeMap<String, Chart>,
    namespace: Option<String>,
}

impl Charts {
    /// Finds the charts among the tree's texts. `namespace` stands for the one a release goes to.
    pub(crate) fn new<'a>(texts: impl Iterator<Item = (&'a str, &'a str)> + Clone, namespace: Option<&str>) -> Self {
        let mut charts = BTreeMap::new();
        let mut parents = Vec::new();
        for (path, text) in texts.clone() {
            let Some(directory) = directory_of(path, "Chart.yaml") else { continue };
            let about = parse(text).into_iter().next().unwrap_or_default();
            let last = directory.rsplit('/').next().unwrap_or(directory);
            let name = about.get("name").and_then(Value::as_str).unwrap_or(last).to_owned();
            parents.extend(dependencies(directory, &about));
            let release = release(charts.len());
            charts.insert(directory.to_owned(), Chart { name, about, release, values: Vec::new() });
        }
        let mut files = Files::new();
        for (path, text) in texts {
            let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
            if is_values(name) || (is_yaml(name) && (directory == "values" || directory.ends_with("/values"))) {
                files.entry(directory).or_default().push((name, text));
            }
        }
        for (directory, chart) in &mut charts {
            chart.values = values(&files, directory);
        }
        // What a chart says for the charts it takes in counts there.
        for directory in charts.keys() {
            if let Some((parent, name)) = directory.rsplit_once("/charts/") {
                parents.push((parent.to_owned(), directory.clone(), name.to_owned()));
            }
        }
        for (parent, child, name) in parents {
            let Some(above) = charts.get(&parent).cloned() else { continue };
            let Some(child) = charts.get_mut(&child) else { continue };
            child.release = above.release;
            let base = child.values.first().cloned().unwrap_or_default();
            let mut blurred = None;
            for set in &above.values {
                let mut merged = base.clone();
                if let Some(own) = set.get(&name) {
                    merge(&mut merged, own);
                }
                if let Some(global) = set.get("global") {
                    merge(&mut merged, &serde_json::json!({"global": global}));
                }
                if child.values.contains(&merged) {
                    continue;
                }
                if child.values.len() < MAX_SETS {
                    child.values.push(merged);
                } else {
                    blur(blurred.get_or_insert_with(|| base.clone()), &merged);
                }
            }
            child.values.extend(blurred);
        }
        Self { charts, namespace: namespace.map(str::to_owned) }
    }

    /// The directory of the chart whose template a file is, with the chart's name.
    pub(crate) fn template_of(&self, path: &str) -> Option<(&str, &str)> {
        let (directory, _) =
            path.split_once("/templates/").or_else(|| path.strip_prefix("templates/").map(|rest| ("", rest)))?;
        let (directory, chart) = self.charts.get_key_value(directory)?;
        Some((directory, &chart.name))
    }

    /// Whether a file holds values of a chart, and the chart's name if it is in the tree.
    pub(crate) fn values_of(&self, path: &str) -> Option<Option<&str>> {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        if is_values(name) {
            return Some(self.charts.get(directory).map(|chart| chart.name.as_str()));
        }
        let above = directory.strip_suffix("values")?.trim_end_matches('/');
        self.charts.get(above).map(|chart| Some(chart.name.as_str()))
    }

    /// The documents that a template can come to, with [`HOLE`] for what is not known.
    pub(crate) fn documents(&self, directory: &str, text: &str) -> Vec<Value> {
        let Some(chart) = self.charts.get(directory) else { return Vec::new() };
        let nodes = template::parse(text);
        let mut found: Vec<Value> = Vec::new();
        for side in 0..template::sides(&nodes) {
            let sets = chart.values.iter().map(|values| {
                let text = template::render(&nodes, &self.root(chart, values), side, &Rc::default());
                (text.matches(MARK).count(), text)
            });
            let sets: Vec<(usize, String)> = sets.collect();
            // What the chart's own values leave open and those above them fill is not deployed with its own values alone.
            let least = sets.iter().skip(1).map(|(holes, _)| *holes).min();
            let own = sets.first().is_some_and(|(holes, _)| least.is_none_or(|least| *holes <= least));
            for (_, text) in sets.iter().skip(usize::from(!own)) {
                for document in parse(text).into_iter().map(with_holes) {
                    if !document.is_null() && !found.contains(&document) {
                        found.push(document);
                    }
                }
            }
        }
        found
    }

    /// What `$` is in a template.
    fn root(&self, chart: &Chart, values: &Value) -> Value {
        let about = |key: &str| chart.about.get(key).cloned().unwrap_or_default();
        let namespace = self.namespace.clone().unwrap_or_else(|| MARK.to_string());
        serde_json::json!({
            "Values": values,
            "Chart": {"Name": chart.name, "Version": about("version"), "AppVersion": about("appVersion")},
            "Release": {"Name": chart.release.to_string(), "Namespace": namespace, "Service": "Helm"},
        })
    }
}

/// The values of a chart: its own file, and with each of the files for an environment that lie beside it.
fn values(files: &Files, directory: &str) -> Vec<Value> {
    let below = if directory.is_empty() { "values".to_owned() } else { format!("{directory}/values") };
    let mut base = Value::Object(Map::new());
    let mut others = Vec::new();
    for (name, text) in [directory, below.as_str()].into_iter().filter_map(|at| files.get(at)).flatten() {
        let value = parse(text).into_iter().next().unwrap_or_default();
        if matches!(*name, "values.yaml" | "values.yml") { base = value } else { others.push(value) }
    }
    let mut sets = vec![base.clone()];
    let mut blurred = None;
    for (at, other) in others.into_iter().enumerate() {
        let mut merged = base.clone();
        merge(&mut merged, &other);
        if at < MAX_SETS {
            sets.push(merged);
        } else {
            blur(blurred.get_or_insert_with(|| base.clone()), &merged);
        }
    }
    sets.extend(blurred);
    sets
}

/// Whether a file, by its name, holds values: `values.yaml`, `values-prod.yaml`.
fn is_values(name: &str) -> bool {
    is_yaml(name) && ["values.", "values-", "values_"].iter().any(|start| name.starts_with(start))
}

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yaml") || name.ends_with(".yml")
}

/// The charts of the tree that a chart takes in from beside it: parent, child, and the key of the child's values.
fn dependencies(directory: &str, about: &Value) -> Vec<(String, String, String)> {
    let list = about.get("dependencies").and_then(Value::as_array).into_iter().flatten();
    let found = list.filter_map(|dependency| {
        let path = dependency.get("repository")?.as_str()?.strip_prefix("file://")?;
        let name = dependency.get("alias").or_else(|| dependency.get("name"))?.as_str()?;
        Some((directory.to_owned(), crate::program::join(directory, path), name.to_owned()))
    });
    found.collect()
}

/// Lays one value over another, as Helm does: maps are merged, everything else is replaced.
fn merge(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                merge(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (under, over) => over.clone_into(under),
    }
}

/// Makes what two sets of values differ in a hole.
fn blur(one: &mut Value, other: &Value) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            for (key, value) in other {
                match one.get_mut(key) {
                    Some(known) => blur(known, value),
                    None => {
                        one.insert(key.clone(), Value::from(MARK.to_string()));
                    }
                }
            }
        }
        (one, other) if one != other => *one = Value::from(MARK.to_string()),
        _ => {}
    }
}

fn parse(text: &str) -> Vec<Value> {
    crate::deploy::documents(text)
}

/// The same value with [`HOLE`] for [`MARK`].
fn with_holes(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains(MARK) => Value::from(text.replace(MARK, &HOLE.to_string())),
        Value::Array(list) => list.into_iter().map(with_holes).collect(),
        Value::Object(pairs) => Value::Object(pairs.into_iter().map(|(key, value)| (key, with_holes(value))).collect()),
        other => other,
    }
}

fn directory_of<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let rest = path.strip_suffix(name)?;
    if rest.is_empty() { Some("") } else { rest.strip_suffix('/') }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the first document of a template comes to, with `?` for holes.
    fn rendered(values: &str, text: &str) -> String {
        let texts = [("c/Chart.yaml", "name: books\nversion: 1.2.3\n"), ("c/values.yaml", values)];
        let charts = Charts::new(texts.into_iter(), Some("payments"));
        let documents = charts.documents("c", text);
        let text = serde_json::to_string(&documents).unwrap();
        text.replace("\\u0000", "?").replace(release(0), "<release>")
    }

    #[test]
    fn templates_come_to_what_the_values_say() {
        let values = "ledger: {url: http://s-ledger, port: 80, none: ''}\nenv: {B: b, A: a}\nlist: [{name: X, value: x}]\ntpl: '{{ .Values.ledger.url }}/y'\n";
        for (text, expected) in [
            ("a: {{ .Values.ledger.url }}", r#"[{"a":"http://s-ledger"}]"#),
            ("a: {{ .Values.ledger.url | quote }}", r#"[{"a":"http://s-ledger"}]"#),
            ("a: '{{ $.Values.ledger.url }}:{{ .Values.ledger.port }}'", r#"[{"a":"http://s-ledger:80"}]"#),
            ("a: {{ .Values.nobody.knows }}", r#"[{"a":"?"}]"#),
            ("a: {{ .Values.nobody.knows | default \"x\" | quote }}", r#"[{"a":"x"}]"#),
            ("a: {{ default .Values.ledger.url .Values.ledger.none }}", r#"[{"a":"http://s-ledger"}]"#),
            ("a: {{ required \"say it\" .Values.ledger.url }}", r#"[{"a":"http://s-ledger"}]"#),
            ("a: {{ printf \"%s:%d\" .Values.ledger.url 80 }}", r#"[{"a":"http://s-ledger:80"}]"#),
            ("a: {{ printf \"%s-x\" (include \"n\" .) | quote }}", r#"[{"a":"?-x"}]"#),
            ("a: {{ .Release.Name }}-ledger.{{ .Release.Namespace }}", r#"[{"a":"<release>-ledger.payments"}]"#),
            ("a: {{ .Chart.Name }}-{{ .Chart.Version }}", r#"[{"a":"books-1.2.3"}]"#),
            ("a: {{ include \"books.url\" . }}", r#"[{"a":"?"}]"#),
            ("a: {{ tpl .Values.tpl . }}", r#"[{"a":"http://s-ledger/y"}]"#),
            ("{{- $u := .Values.ledger.url -}}\na: {{ $u | trimPrefix \"http://\" }}", r#"[{"a":"s-ledger"}]"#),
            (
                "env:\n{{- range $k, $v := .Values.env }}\n- name: {{ $k }}\n  value: {{ $v | quote }}\n{{- end }}",
                r#"[{"env":[{"name":"A","value":"a"},{"name":"B","value":"b"}]}]"#,
            ),
            (
                "env:\n{{- range .Values.list }}\n- {{ .name }}={{ .value }}\n{{- end }}\nb: 1",
                r#"[{"b":1,"env":["X=x"]}]"#,
            ),
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
            ("a: \"{{ with .Values.no }}1{{ else with .Values.host }}{{ . }}{{ end }}\"", r#"[{"a":"s-ledger"}]"#),
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
                r#"[{"a":"?"}]"#,
            ),
            ("{{- $u := \"x\" }}\n{{- range .Values.list }}{{ $u = . }}{{ end }}\na: {{ $u }}", r#"[{"a":"b"}]"#),
            ("{{- $u := \"x\" }}\n{{- with .Values.host }}{{ $u = . }}{{ end }}\na: {{ $u }}", r#"[{"a":"s-ledger"}]"#),
            ("{{- $u := 1 }}\n{{- range include \"x\" . }}\n{{- $u = . }}\n{{- end }}\na: {{ $u }}", r#"[{"a":"?"}]"#),
            ("a: \"x{{ range .Values.no }}{{ . }},{{ end }}\"", r#"[{"a":"x?"}]"#),
            ("a: \"x{{ range include \"l\" . }}{{ . }},{{ end }}\"", r#"[{"a":"x?"}]"#),
        ] {
            assert_eq!(rendered(values, text), expected, "{text}");
        }
    }

    #[test]
    fn beyond_the_limits_are_holes() {
        for made in ["printf \"%s%s\" $a $a", "print $a $a", "replace \"x\" $a $a", "quote $a | quote", "list $a $a"] {
            let text = format!(
                "{{{{- $a := \"xxxx\" -}}}}\n{}a: {{{{ $a }}}}",
                format!("{{{{- $a = {made} }}}}\n").repeat(40)
            );
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
        let found = Charts::new(texts.into_iter(), None).documents("c", "a: '{{ .Values.url }}'");
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
        let found = charts.documents("c", "a: '{{ .Values.url }}:{{ .Values.port }}'");
        let found: Vec<_> = found.iter().map(|document| document["a"].as_str().unwrap()).collect();
        assert_eq!(found, ["own:80", "prod:80", "above:80"]);
    }
}
