//! The transformer as deploys use it: what `hedgerow-render` makes of a stream, judged with what else stands in it.

use hedgerow_core::diag::{Code, Diagnostic, Severity, sort};
use hedgerow_core::plan::Plan;
use hedgerow_core::source::{SourceId, Sources, Span};
use hedgerow_render::object::Kind;
use hedgerow_render::patch::{Options, Patch, Tally};
use hedgerow_render::{platform_objects, service_objects};
use hedgerow_verify::{PolicyKind, Relabel, policies_of_others};
use hedgerow_yaml::Edits;
use std::collections::BTreeSet;

/// Patches a stream of manifests, and judges policies of others that it holds together with those that were added:
/// [`patch`](hedgerow_render::patch::patch), and after it an evaluator, where there are any.
#[must_use]
pub fn patch(stream: &str, source: SourceId, plan: &Plan, options: &Options) -> Patch {
    let mut patch = hedgerow_render::patch::patch(stream, source, plan, options);
    if !patch.has_policies_of_others {
        return patch;
    }
    // All that is wrong is said in one run: what was refused is judged as it would be without those faults. To prove changes
    // nothing, so there it is patched once more.
    let changing = (patch.edits.is_none() && options.prove).then(|| {
        let options = Options { prove: false, ..options.clone() };
        hedgerow_render::patch::patch(stream, source, plan, &options)
    });
    let changing = changing.as_ref().unwrap_or(&patch);
    let Some(edits) = changing.edits.as_ref().or(changing.refused.as_ref()) else { return patch };
    let mut patched = String::with_capacity(edits.edited_len(stream));
    edits.push_to(stream, &mut patched);
    let mut texts = Sources::default();
    let text = texts.add("<patched>", patched);
    let doubt = if options.strict { Severity::Error } else { Severity::Warning };
    let unlabelled = changing.unlabelled.iter().filter_map(|workload| {
        let worn = plan.service(&workload.service)?.pods.write.iter();
        let worn = worn.map(|(key, value)| (key.as_str().to_owned(), value.as_str().to_owned())).collect();
        Some(Relabel { kind: workload.kind.clone(), name: workload.name.clone(), worn })
    });
    let unlabelled: Vec<_> = unlabelled.collect();
    let mut found = policies_of_others(plan, (source, texts.get(text)), &ours(plan), &unlabelled, doubt);
    for diagnostic in &mut found {
        for mark in &mut diagnostic.marks {
            if mark.span.source == source {
                mark.span = Span { source, start: origin(edits, mark.span.start), end: origin(edits, mark.span.end) };
            }
        }
    }
    // A policy that has to go is not judged besides.
    let refused = patch.diagnostics.iter().filter(|diagnostic| diagnostic.code == Code::UnbackedPolicy);
    let refused: Vec<_> = refused.filter(|diagnostic| diagnostic.is_error()).filter_map(Diagnostic::span).collect();
    let is_within = |span: Span| {
        let within = |of: &Span| of.source == span.source && of.start <= span.start && span.end <= of.end;
        refused.iter().any(within)
    };
    found.retain(|diagnostic| !diagnostic.marks.iter().any(|mark| is_within(mark.span)));
    patch.diagnostics.extend(found);
    sort(&mut patch.diagnostics);
    if patch.diagnostics.iter().any(Diagnostic::is_error) {
        patch.refused = patch.edits.take().or(patch.refused);
        patch.tally = Tally::default();
    }
    patch
}

/// The policies that Hedgerow writes, by kind and name.
fn ours(plan: &Plan) -> BTreeSet<(PolicyKind, String)> {
    let services = plan.services().values().flat_map(|service| service_objects(service, Some(&service.namespace)));
    let named = services.chain(platform_objects(plan)).filter_map(|object| {
        let kind = match object.kind {
            Kind::NetworkPolicy => PolicyKind::Kubernetes,
            Kind::CalicoNetworkPolicy => PolicyKind::Calico,
            Kind::CalicoGlobalNetworkPolicy => PolicyKind::CalicoGlobal,
            Kind::CalicoStagedKubernetesNetworkPolicy | Kind::CalicoStagedGlobalNetworkPolicy | Kind::PolicyData => {
                return None;
            }
        };
        Some((kind, object.name.as_str().to_owned()))
    });
    named.collect()
}

/// Where a place of the patched text was before; in what was put in, the place where that was put.
fn origin(edits: &Edits, at: usize) -> usize {
    let (mut before, mut after) = (0, 0);
    for edit in edits.as_slice() {
        let unchanged = edit.range.start - before;
        if at < after + unchanged {
            break;
        }
        after += unchanged;
        before = edit.range.start;
        if at < after + edit.text.len() {
            return before;
        }
        after += edit.text.len();
        before = edit.range.end;
    }
    before + (at - after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hedgerow_yaml::Edit;

    #[test]
    fn places_of_the_patched_text_are_found_in_the_text() {
        let text = "0123456789";
        let edits = vec![Edit::insert(2, "ab"), Edit::replace(4..6, "c"), Edit::delete(8..9)];
        let edits = Edits::new(text, edits).unwrap();
        let mut patched = String::new();
        edits.push_to(text, &mut patched);
        assert_eq!(patched, "01ab23c679");
        let origins: Vec<_> = (0..=patched.len()).map(|at| origin(&edits, at)).collect();
        assert_eq!(origins, [0, 1, 2, 2, 2, 3, 4, 6, 7, 9, 10]);
    }
}
