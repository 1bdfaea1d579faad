//! `patch(stream, plan) → edits + diagnostics`: the one pure function behind Helm, kustomize and the pipe.
//!
//! Edits touch the labels of pod templates and the policies of Hedgerow's own, and nothing else; every other byte of the
//! stream comes out as it went in. Documents are taken by position: two of one name are two documents. Any error means no
//! output at all.

mod added;
pub mod claim;
mod document;
mod job;
mod lists;
mod mixed;
mod neighbours;
mod others;
mod pods;
mod policies;
mod prove;
mod rollout;
mod selector;
mod strangers;
mod structure;
mod update;
mod whole;
mod written;

use claim::Claims;
use document::Found;
use hedgerow_core::diag::{Code, Diagnostic, Severity, sort};
use hedgerow_core::name::{LabelKey, Namespace, ServiceName};
use hedgerow_core::plan::Plan;
use hedgerow_core::source::{SourceId, Span};
use hedgerow_yaml::{Edits, split_even};
use rayon::prelude::*;
use std::ops::Range;

/// Streams below this are not worth a second thread.
const PARALLEL: usize = 1 << 20;

/// How to patch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Whose deploy it is: workloads that say nothing else are this service's.
    pub service: Option<ServiceName>,
    /// What is in doubt is an error: unclaimed workloads, kinds that are not known, keys that stand twice, pods on the host's
    /// network, Jobs, a stream without a workload. Every document is parsed as under `check`.
    pub strict: bool,
    /// Labels and policies of Hedgerow's that nothing backs are removed instead of refused.
    pub prune: bool,
    /// Every document is parsed in full; invalid YAML anywhere is an error.
    pub check: bool,
    /// Pod templates are found by their structure in kinds that are not known.
    pub unknown_kinds: bool,
    /// Nothing is changed: what would be is an error.
    pub prove: bool,
}

/// What came of patching a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    /// What to change in the stream; nothing where an error was found.
    pub edits: Option<Edits>,
    /// What would have been changed, where an error was found: for judging what else is wrong, never for writing.
    pub refused: Option<Edits>,
    /// Workloads that services claim and whose labels could not be written: for judging too.
    pub unlabelled: Vec<Unlabelled>,
    /// What is wrong, in the order of the stream.
    pub diagnostics: Vec<Diagnostic>,
    /// What was done.
    pub tally: Tally,
    /// Whether the stream holds policies of others while a service has one of ours: what they mean together is for an
    /// evaluator to say.
    pub has_policies_of_others: bool,
}

/// A workload of a service whose pods do not wear its labels, since these could not be edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlabelled {
    /// The kind as written.
    pub kind: String,
    /// The name.
    pub name: String,
    /// Whose it is.
    pub service: ServiceName,
}

/// What was done to a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Workloads that a service claims.
    pub workloads: usize,
    /// Workloads that none claims.
    pub unclaimed: usize,
    /// Labels added, corrected or removed.
    pub labels: usize,
    /// Policy objects added, replaced or removed.
    pub policies: usize,
}

/// What every document is patched with.
struct Context<'p> {
    stream: &'p str,
    source: SourceId,
    plan: &'p Plan,
    options: &'p Options,
    claims: Claims<'p>,
    /// The key of the mark on objects of ours.
    policy_of: LabelKey,
    /// Whether any planned service has a policy, so that neighbours matter.
    judges: bool,
}

impl Context<'_> {
    /// What can be done about an object of a service in another namespace, where an environment calls it otherwise than the files.
    fn namespace_advice(&self, lives: &Namespace, found: &str) -> Option<String> {
        self.plan.fleet().namespace_advice(self.plan.environment(), lives, found)
    }

    const fn span(&self, range: &Range<usize>) -> Span {
        self.source.span(range.start, range.end)
    }

    /// Whether a text holds a label key of ours, wherever it stands: in a selector, behind an alias, in a comment. Keys that
    /// are written with escapes are not found.
    fn mentions_ours(&self, text: &str) -> bool {
        self.first_of_ours(text).is_some()
    }

    /// The first label key of ours in a text.
    fn first_of_ours<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.all_of_ours(text).next()
    }

    /// Every label key of ours in a text.
    fn all_of_ours<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> {
        let scheme = self.plan.scheme();
        let text = if text.contains(scheme.domain().as_str()) { text } else { "" };
        let is_key_character = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
        text.split(move |c| !is_key_character(c)).filter(|word| scheme.is_own(word))
    }

    /// A diagnostic that `--strict` turns into an error.
    fn doubt(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        let severity = if self.options.strict { Severity::Error } else { Severity::Warning };
        Diagnostic::new(code, message).severity(severity)
    }
}

/// Patches a stream of manifests: YAML documents, JSON, Lists, or one KRM `ResourceList`. `source` is the stream's id in
/// the texts that diagnostics are printed from.
///
/// ```
/// use hedgerow_core::{name::EnvironmentName, plan::Plan, read::{Directories, Reader}, fleet::Scope, tree::{Directory, File}};
/// use hedgerow_render::patch::{Options, patch};
/// let mut reader = Reader::new();
/// let config = "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"]}\nenvironments: {prod: {stage: off}}\n";
/// let config = reader.config(File::new("hedgerow.yaml", config));
/// let directory = |path: &str, rules| Directory { path: path.into(), file: None, rules, faults: vec![], unread: vec![] };
/// let read = vec![
///     directory("service.emoji", vec![File::new("service.emoji/egress/service.ledger.rule", "")]),
///     directory("service.ledger", vec![]),
/// ];
/// let reading = reader.fleet(config, Directories::new(Scope::Whole, read), None);
/// let plan = Plan::new(reading.fleet.expect("no faults").into(), &EnvironmentName::new("prod")?).expect("declared");
///
/// let stream = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: s-emoji\n";
/// let mut sources = reading.sources;
/// let patch = patch(stream, sources.add("<stdin>", stream), &plan, &Options::default());
/// let mut patched = String::new();
/// patch.edits.expect("no faults").push_to(stream, &mut patched);
/// assert!(patched.contains("    bank.example/egress-s-ledger: \"true\"\n"));
/// # Ok::<(), hedgerow_core::name::NameError>(())
/// ```
#[must_use]
pub fn patch(stream: &str, source: SourceId, plan: &Plan, options: &Options) -> Patch {
    let policy_of = plan.scheme().policy_of();
    let judges = plan.services().values().any(|service| service.protection.policy().is_some());
    let context = Context { stream, source, plan, options, claims: Claims::new(plan, options), policy_of, judges };
    let parts = if stream.len() < PARALLEL { 1 } else { rayon::current_num_threads() };
    let runs = split_even(stream, parts);
    let found: Vec<Found<'_>> = match runs.as_slice() {
        [] => Vec::new(),
        [only] => vec![document::run(&context, only.clone())],
        _ => runs.par_iter().map(|run| document::run(&context, run.clone())).collect(),
    };
    let mut found = found.into_iter().fold(Found::default(), Found::merge);
    whole::finish(&context, &mut found);
    policies::finish(&context, &mut found);
    neighbours::finish(&context, &mut found);
    let Found { edits, mut diagnostics, mut tally, has_policies_of_others, unlabelled, .. } = found;
    let edits = match Edits::new(stream, edits) {
        Ok(edits) => Some(edits),
        Err(error) => {
            // Two routes of the table led to one map. Writing both would damage it.
            diagnostics
                .push(Diagnostic::new(Code::UneditableLabels, format!("the changes contradict each other: {error}")));
            None
        }
    };
    sort(&mut diagnostics);
    let refused = diagnostics.iter().any(Diagnostic::is_error);
    if refused {
        tally = Tally::default();
    }
    let (edits, refused) = if refused { (None, edits) } else { (edits, None) };
    Patch { edits, refused, unlabelled, diagnostics, tally, has_policies_of_others }
}
