//! Proving instead of changing: what the stream lacks of what Hedgerow would add, and what somebody changed in it since, each
//! with what it does and what usually does it.

use super::Context;
use super::document::{Found, Policy};
use super::written::{Value, Written};
use crate::object::{Kind, Object};
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_core::plan::ServicePlan;
use hedgerow_yaml::{MapPair, Yaml};
use std::ops::Range;

/// How many differences of one object are shown before the others are counted.
const SHOWN: usize = 3;

/// Why nothing of Hedgerow's is there: it was not run.
const NOT_RUN: &str = "Hedgerow did not see it: kubectl, and kustomize without `--enable-exec`, skip a KRM function without a word; \
                       Helm 3 hands hooks, and with `--output-dir` everything, to no post-renderer";
/// Why something of Hedgerow's is not as it was.
const LATER: &str = "a later step did this (a patch or `replacements` of kustomize, another post-renderer, a hand), or it was rendered \
                     from other rules: let Hedgerow run last, and render again";
/// Why selectors ask for more labels than Hedgerow does.
const TRANSFORMER: &str = "a label transformer with `fieldSpecs` of its own did this, or a patch: leave NetworkPolicy out of it, or let \
                           Hedgerow run last";

/// What the pods of a workload lack.
pub(super) fn labels(
    context: &Context<'_>,
    title: &dyn std::fmt::Display,
    place: &Range<usize>,
    worn: &[MapPair<'_>],
    service: &ServicePlan,
    found: &mut Found<'_>,
) {
    let counts = |key: &str| worn.iter().rfind(|pair| pair.key == key);
    for (key, value) in &service.pods.write {
        if let Some(pair) = counts(key.as_str()).filter(|pair| !pair.is_string(value.as_str())) {
            let written = pair.value.as_deref().unwrap_or_default().escape_debug();
            let message = format!("{title} wears `{key}: {written}` where Hedgerow writes `{value}`");
            let diagnostic = Diagnostic::new(Code::MissingLabel, message).mark(context.span(&pair.range), "");
            found.diagnostics.push(diagnostic.help(LATER));
        }
    }
    let lacks: Vec<_> = service.pods.write.iter().filter(|(key, _)| counts(key.as_str()).is_none()).collect();
    if lacks.is_empty() {
        return;
    }
    let list = lacks.iter().map(|(key, value)| format!("`{key}: {value}`")).collect::<Vec<_>>().join(", ");
    let why = if lacks.len() == service.pods.write.len() { NOT_RUN } else { LATER };
    found.diagnostics.push(
        Diagnostic::new(Code::MissingLabel, format!("{title} does not wear {list}"))
            .mark(context.span(place), "")
            .help(why),
    );
}

/// A policy that is not there.
pub(super) fn missing(context: &Context<'_>, object: &Object, found: &mut Found<'_>) {
    let (kind, name, mark) = (object.kind.as_str(), &object.name, object.mark.value());
    let message = format!("the {kind} `{name}` (`{}`) of `{mark}` is not there", object.kind.api_version());
    let deployed = found.deployed.iter().find(|(service, _)| context.plan.scheme().mark(service) == object.mark);
    let place = deployed.and_then(|(_, places)| places.with_namespace.as_ref().or(places.without_namespace.as_ref()));
    let mut diagnostic = Diagnostic::new(Code::MissingPolicy, message);
    if let Some(place) = place {
        diagnostic = diagnostic.mark(context.span(place), "its workload");
    }
    // Where the labels are there, Hedgerow was run.
    let was_run = !found.diagnostics.iter().any(|diagnostic| diagnostic.help.iter().any(|help| help == NOT_RUN));
    found.diagnostics.push(diagnostic.help(if was_run { LATER } else { NOT_RUN }));
}

/// A policy that is there and says something else than Hedgerow writes.
pub(super) fn policy(context: &Context<'_>, policy: &Policy<'_>, object: &Object, found: &mut Found<'_>) {
    let (kind, name) = (policy.kind.as_str(), &policy.name);
    if policy.mark.is_none() {
        let message = format!("the {kind} `{name}` is of a version of Hedgerow that did not mark its objects");
        found.diagnostics.push(
            Diagnostic::new(Code::AlteredPolicy, message)
                .mark(context.span(&policy.range), "")
                .help("render again with this version"),
        );
        return;
    }
    let mut differences = Vec::new();
    compare(&policy.spec, &object.spec, object.kind.content(), &mut differences);
    let mark = object.mark.value().as_str();
    let head = if policy.mark.as_deref() == Some(mark) { None } else { Some("its mark is another service's") };
    if differences.is_empty() && head.is_none() && object.namespace.is_some() == policy.namespace.is_some() {
        return;
    }
    let mut diagnostic =
        Diagnostic::new(Code::AlteredPolicy, format!("the {kind} `{name}` does not say what Hedgerow writes"));
    for difference in differences.iter().take(SHOWN) {
        diagnostic = diagnostic.mark(context.span(&difference.at), difference.to_string());
    }
    if differences.is_empty() {
        let what = head.unwrap_or("it carries a namespace and its workloads do not, or the other way round");
        diagnostic = diagnostic.mark(context.span(&policy.range), what);
    }
    let mut effects: Vec<_> = differences.iter().map(|difference| difference.effect(policy.kind)).collect();
    effects.sort_unstable();
    effects.dedup();
    for effect in &effects {
        diagnostic = diagnostic.help(effect.as_str());
    }
    match differences.len().saturating_sub(SHOWN) {
        0 => {}
        1 => diagnostic = diagnostic.help("it differs in one more place"),
        more => diagnostic = diagnostic.help(format!("it differs in {more} more places")),
    }
    let is_by_labels = !differences.is_empty() && differences.iter().all(Difference::is_more_labels);
    found.diagnostics.push(diagnostic.help(if is_by_labels { TRANSFORMER } else { LATER }));
}

/// One place where an object says something else than is planned.
struct Difference {
    path: String,
    what: What,
    /// What is there, or the container of what is not.
    at: Range<usize>,
}

/// How a place differs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Added,
    Missing,
    Changed,
}

/// What a difference does to traffic.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    /// Fewer are admitted.
    TurnedAway,
    /// More are admitted.
    LetIn,
    /// Who is admitted has changed in some way.
    Admission,
    /// Other pods are selected.
    Selection,
    /// The rest fares otherwise.
    Rest,
    /// Something else.
    Unclear,
}

impl Effect {
    const fn as_str(self) -> &'static str {
        match self {
            Self::TurnedAway => "callers that the rules permit can be turned away",
            Self::LetIn => "others than the rules permit can come in",
            Self::Admission => "others than the rules permit can come in, or permitted callers can be turned away",
            Self::Selection => {
                "it can lose pods of the service, which are open to everybody then, or select others' pods"
            }
            Self::Rest => "what no rule permits is let through, logged or dropped otherwise than the stage says",
            Self::Unclear => "what it does is not what the stage says",
        }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.what {
            What::Added => "is not Hedgerow's",
            What::Missing => "is missing",
            What::Changed => "is another",
        };
        write!(f, "`{}` {what}", self.path)
    }
}

impl Difference {
    /// Whether it is what label transformers do: `matchLabels` where Hedgerow writes none.
    fn is_more_labels(&self) -> bool {
        self.what == What::Added && (self.path.ends_with(".matchLabels") || self.path.ends_with(".podSelector"))
    }

    fn effect(&self, kind: Kind) -> Effect {
        let is_of_kubernetes = matches!(kind, Kind::NetworkPolicy | Kind::CalicoStagedKubernetesNetworkPolicy);
        let below =
            |key: &str| self.path.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        if below("spec.podSelector") || below("spec.selector") {
            return Effect::Selection;
        }
        if !below("spec.ingress") {
            return Effect::Unclear;
        }
        if !is_of_kubernetes {
            return if kind == Kind::CalicoNetworkPolicy { Effect::Rest } else { Effect::Admission };
        }
        // One more entry of `ingress`, `from`, `ports` or `values` admits more; one more key asks for more.
        let is_entry =
            self.path.ends_with(']') && !self.path.contains(".matchExpressions[") || self.path.contains(".values[");
        let is_except = self.path.contains(".except");
        match (self.what, is_entry && !is_except) {
            (What::Added, true) | (What::Missing, false) => Effect::LetIn,
            (What::Added, false) | (What::Missing, true) => Effect::TurnedAway,
            (What::Changed, _) => Effect::Admission,
        }
    }
}

fn compare(written: &Written, wanted: &Yaml, path: &str, differences: &mut Vec<Difference>) {
    let mut differs =
        |path: String, what, at: &Range<usize>| differences.push(Difference { path, what, at: at.clone() });
    match (&written.value, wanted) {
        (Value::Map(pairs), Yaml::Map(keys)) => {
            for (key, value) in pairs {
                if !keys.iter().any(|(wanted, _)| wanted == key) {
                    differs(format!("{path}.{}", key.escape_debug()), What::Added, &value.at);
                }
            }
            for (key, _) in keys.iter().filter(|(key, _)| written.get(key).is_none()) {
                differs(format!("{path}.{key}"), What::Missing, &written.at);
            }
            for (key, wanted) in keys {
                if let Some(value) = written.get(key) {
                    compare(value, wanted, &format!("{path}.{key}"), differences);
                }
            }
        }
        (Value::Seq(values), Yaml::Seq(elements)) => {
            for (index, value) in values.iter().enumerate().skip(elements.len()) {
                differs(format!("{path}[{index}]"), What::Added, &value.at);
            }
            for index in values.len()..elements.len() {
                differs(format!("{path}[{index}]"), What::Missing, &written.at);
            }
            for (index, (value, element)) in values.iter().zip(elements).enumerate() {
                compare(value, element, &format!("{path}[{index}]"), differences);
            }
        }
        _ if written.equals(wanted) => {}
        _ => differs(path.to_owned(), What::Changed, &written.at),
    }
}
