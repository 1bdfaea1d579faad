//! What can be said of the stream as a whole only: that there is nothing in it, or nothing of whom is deployed.

use super::Context;
use super::document::Found;
use super::{others, strangers};
use hedgerow_core::diag::{Code, Diagnostic, Severity};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// How many objects a message names before it counts the others.
pub(super) const NAMED: usize = 3;
/// Labels by which charts name what pods are.
pub(super) const NAMING: [&str; 3] = ["app.kubernetes.io/name", "app.kubernetes.io/component", "app"];

pub(super) fn finish(context: &Context<'_>, found: &mut Found<'_>) {
    others::report(context, found);
    unclaimed(context, found);
    strangers::report(context, found);
    let mixed = std::mem::take(&mut found.taken).report(context);
    found.diagnostics.extend(mixed);
    let is_sound = !found.diagnostics.iter().any(Diagnostic::is_error);
    if found.objects == 0 && is_sound {
        let message = "the stream holds no objects, so nothing is deployed";
        found.diagnostics.push(
            unproved(context, Code::EmptyStream, message)
                .help("see whether what renders the manifests failed: in a pipe, `set -o pipefail` tells")
                .help(
                    "`helm template --output-dir` of Helm 3 writes its files first and hands over nothing: use a pipe",
                ),
        );
    } else if let (Some(service), true) = (&context.options.service, is_sound && found.deployed.is_empty()) {
        let message = format!("no workload of `{service}` is in the stream, so no policy is added");
        found.diagnostics.push(
            unproved(context, Code::NoWorkload, message).help("render the service's workloads in the same deploy"),
        );
    }
}

/// A doubt, and no proof of anything.
fn unproved(context: &Context<'_>, code: Code, message: impl Into<String>) -> Diagnostic {
    let diagnostic = context.doubt(code, message);
    if context.options.prove { diagnostic.severity(Severity::Error) } else { diagnostic }
}

/// All unclaimed workloads in one report: a chart may hold dozens.
fn unclaimed(context: &Context<'_>, found: &mut Found<'_>) {
    if let Some((what, them)) = counted(&found.unclaimed) {
        let help = match found.unclaimed.len() {
            1 => "list it under `workloads` in a service.yaml, or deploy it with `--service`",
            _ => "list what is a service's under `workloads` in its service.yaml, or deploy it with `--service`",
        };
        let diagnostic = context.doubt(Code::UnclaimedWorkload, format!("no service claims {what}; {them} left alone"));
        let diagnostic = marked(context, diagnostic, &found.unclaimed).help(help);
        found.diagnostics.push(match identity(&found.wearing) {
            Some(advice) => diagnostic.help(advice),
            None => diagnostic,
        });
    }
    // The service's file says so, so there is no doubt.
    if let (Some((what, them)), Some(service)) = (counted(&found.left_out), &context.options.service) {
        let message = format!("`workloads` of `{service}` leaves out {what}; {them} left alone");
        let diagnostic = Diagnostic::new(Code::UnclaimedWorkload, message);
        found.diagnostics.push(
            marked(context, diagnostic, &found.left_out)
                .help("list what is the service's own; pods that are left alone get no labels and no policy"),
        );
    }
}

/// What to write where a label of unclaimed pods names services. One that names the same for all of several is the name of a whole.
fn identity(wearing: &BTreeMap<&'static str, Vec<String>>) -> Option<String> {
    let of = |label: &&'static str| {
        let all = wearing.get(label)?;
        let services: BTreeSet<&String> = all.iter().collect();
        (services.len() > 1 || all.len() == 1).then_some((*label, services))
    };
    // Of two that say as much, the first.
    let (label, services) = NAMING.iter().rev().filter_map(of).max_by_key(|(_, services)| services.len())?;
    let first = services.first()?;
    let one = format!(
        "pods wear `{label}: {first}`: write `identity: {{{label}: {first}}}` in the service.yaml of `{first}`"
    );
    let all = format!("`labels: {{identity: {label}}}` in hedgerow.yaml, if the pods of all services wear it");
    // A label without a domain cannot be the fleet's.
    Some(if label.contains('/') { format!("{one}, or {all}") } else { one })
}

fn counted(workloads: &[(String, Range<usize>)]) -> Option<(String, &'static str)> {
    match workloads {
        [] => None,
        [(only, _)] => Some((only.clone(), "it is")),
        several => {
            let titles = several.iter().map(|(title, _)| title.as_str());
            Some((format!("{} workloads: {}", several.len(), some(titles)), "they are"))
        }
    }
}

fn marked(context: &Context<'_>, diagnostic: Diagnostic, workloads: &[(String, Range<usize>)]) -> Diagnostic {
    workloads.iter().take(NAMED).fold(diagnostic, |diagnostic, (_, place)| diagnostic.mark(context.span(place), ""))
}

/// The first few of some names, and how many there are besides.
pub(super) fn some<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let first = names.take(NAMED).collect::<Vec<_>>().join(", ");
    if more == 0 { first } else { format!("{first} and {more} more") }
}
