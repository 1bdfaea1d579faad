//! Templates of a library chart that most trees only name as a dependency: Bitnami's `common`. What they come to is well known, and without
//! them no workload of such a chart has a name.
//!
//! See <https://github.com/bitnami/charts/tree/main/bitnami/common>; what is said here is what they mean, for all that names and addresses
//! depend on.

use super::expr::is_set;
use super::parse::parse;
use super::template::Template;
use crate::value::Value;
use std::rc::Rc;

/// The templates whose text matters.
const TEMPLATES: &str = r#"
{{ define "common.names.name" }}{{ default .Chart.Name .Values.nameOverride }}{{ end }}
{{ define "common.names.chart" }}{{ .Chart.Name }}-{{ .Chart.Version }}{{ end }}
{{ define "common.names.fullname" }}{{ default (printf "%s-%s" .Release.Name (include "common.names.name" .)) .Values.fullnameOverride }}{{ end }}
{{ define "common.names.namespace" }}{{ default .Release.Namespace .Values.namespaceOverride }}{{ end }}
{{ define "common.labels.matchLabels" }}app.kubernetes.io/name: {{ include "common.names.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}{{ end }}
{{ define "common.labels.standard" }}{{ include "common.labels.matchLabels" . }}
app.kubernetes.io/managed-by: Helm{{ end }}
{{ define "common.tplvalues.render" }}{{ tpl (toYaml .value) .context }}{{ end }}
"#;

/// The templates among these that are given the chart's own context, or a map with that under `context`.
const OF_A_CHART: &[&str] = &["common.names.", "common.labels."];

/// What the names of templates begin with that give nothing by which anybody is called.
const WITHOUT_ADDRESSES: &[&str] = &[
    "common.affinities.",
    "common.capabilities.",
    "common.compatibility.",
    "common.errors.",
    "common.images.",
    "common.ingress.",
    "common.labels.",
    "common.resources.",
    "common.storage.",
    "common.validations.",
    "common.warnings.",
];

/// The templates, by their names.
pub(super) fn templates() -> Template {
    parse(TEMPLATES)
}

/// Whether a template that is in no chart of the tree gives nothing by which anybody is called.
pub(super) fn is_harmless(name: &str) -> bool {
    // `include (print $.Template.BasePath "/configmap.yaml") .`: a whole manifest, whose sum makes pods start anew.
    let is_manifest = name.starts_with(['…', '/']) && [".yaml", ".yml", ".tpl"].iter().any(|end| name.ends_with(end));
    is_manifest || WITHOUT_ADDRESSES.iter().any(|start| name.starts_with(start))
}

/// What the template of a chart from elsewhere comes to by which its objects are called, where the values say so: every chart that
/// `helm create` began has it.
pub(super) fn fullname(name: &str, given: &Value) -> Option<Value> {
    let own = given.get("Values")?.get("fullnameOverride")?;
    (name.ends_with(".fullname") && is_set(own)).then(|| own.clone())
}

/// The context that a template of the library looks at, where it is given a map with that.
pub(super) fn context(name: &str, given: Rc<Value>) -> Rc<Value> {
    let is_of_a_chart = OF_A_CHART.iter().any(|start| name.starts_with(start));
    let within = given.get("context").filter(|within| is_of_a_chart && within.as_map().is_some());
    within.map_or_else(|| Rc::clone(&given), |within| Rc::new(within.clone()))
}
