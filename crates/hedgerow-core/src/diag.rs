//! Faults as data: what the author of an input should know, and where.
//!
//! A fault in a user's file is a [`Diagnostic`], never an `Err`: a run collects all of them and prints them at the edge.

use crate::source::Span;

/// An address below `docs/` of the repository that `Cargo.toml` names: the one place that says where pages are read.
macro_rules! address {
    ($($part:expr),*) => { concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/", $($part),*) };
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $severity:ident;)+) => {
        /// What kind of fault a diagnostic reports. Each code has a page, `docs/codes/<code>.md`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[doc = $doc])+ $name,)+ }

        impl Code {
            /// Every code, in the order of their definition.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The code as users write and read it, in kebab case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The address of the code's page. Offline, `hedgerow explain CODE` prints it.
            #[must_use]
            pub const fn page(self) -> &'static str {
                match self { $(Self::$name => address!("codes/", $text, ".md"),)+ }
            }

            /// Where to read on: the command that prints the page, and its address.
            #[must_use]
            pub const fn read_on(self) -> &'static str {
                match self { $(Self::$name => concat!("hedgerow explain ", $text, ", or ", address!("codes/", $text, ".md")),)+ }
            }

            /// The severity a diagnostic of this code has unless the caller asks for another.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)+ }
            }

            /// One sentence on what the code means.
            #[must_use]
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

codes! {
    /// A text is not YAML, or uses YAML that these files may not use.
    InvalidYaml = "invalid-yaml", Error;
    /// A file is not valid UTF-8.
    InvalidEncoding = "invalid-encoding", Error;
    /// A file or directory could not be read, or leads out of the tree.
    Unreadable = "unreadable", Error;
    /// A key that has no meaning here.
    UnknownKey = "unknown-key", Error;
    /// A key that must be there is not.
    MissingKey = "missing-key", Error;
    /// The same key is written twice in one mapping.
    DuplicateKey = "duplicate-key", Error;
    /// A value has the wrong shape or is not one of the allowed ones.
    InvalidValue = "invalid-value", Error;
    /// An empty list, which could mean nobody as well as anybody.
    EmptyList = "empty-list", Error;
    /// A name that does not follow the grammar of its kind.
    BadName = "bad-name", Error;
    /// The domain of the labels is somebody else's.
    ForeignDomain = "foreign-domain", Warning;
    /// A rule names a service that does not exist.
    UnknownCallee = "unknown-callee", Error;
    /// A rule lets a service call itself.
    SelfCall = "self-call", Error;
    /// Two directories claim one service name.
    DuplicateService = "duplicate-service", Error;
    /// Catalogues, or a catalogue and `hedgerow.yaml`, are not of one fleet.
    CatalogueMismatch = "catalogue-mismatch", Error;
    /// A service's own files say something else than the catalogue.
    CatalogueDiffers = "catalogue-differs", Warning;
    /// A catalogue was changed after it was made.
    CatalogueEdited = "catalogue-edited", Warning;
    /// Two services would share a label key, a label value or an object name.
    LabelCollision = "label-collision", Error;
    /// A type that `hedgerow.yaml` does not declare.
    UnknownType = "unknown-type", Error;
    /// An environment that `hedgerow.yaml` does not declare.
    UnknownEnvironment = "unknown-environment", Error;
    /// A service that does not exist was asked for.
    UnknownService = "unknown-service", Error;
    /// A port that the callee does not declare.
    UnknownPort = "unknown-port", Error;
    /// A service lives in a namespace that `hedgerow.yaml` does not list.
    NamespaceNotListed = "namespace-not-listed", Error;
    /// Two namespaces would be one in an environment.
    NamespaceCollision = "namespace-collision", Error;
    /// Two files permit the same edge.
    DuplicateRule = "duplicate-rule", Error;
    /// A rule's `expires` date is close or has passed.
    RuleExpired = "rule-expired", Error;
    /// A file or directory that looks as if it were meant to be read, and is not.
    IgnoredFile = "ignored-file", Error;
    /// A glob of directories has no effect.
    IdleGlob = "idle-glob", Warning;
    /// No directory is a service.
    EmptyFleet = "empty-fleet", Warning;
    /// The clusters are too old to guard labels at the API server.
    GuardUnsupported = "guard-unsupported", Error;
    /// A guard that those whom it should stop can get around.
    WeakGuard = "weak-guard", Warning;
    /// A part of the guard is not in the live cluster.
    GuardMissing = "guard-missing", Error;
    /// The guard in the live cluster is not the one that `hedgerow.yaml` asks for.
    GuardDiffers = "guard-differs", Error;
    /// Somebody may put labels on, or get into pods, whom `hedgerow.yaml` does not name.
    ExcessWearer = "excess-wearer", Error;
    /// A file in a rule directory that is not a rule.
    NotARule = "not-a-rule", Error;
    /// A label of Hedgerow's on a workload that no rule or service file backs.
    UnbackedLabel = "unbacked-label", Error;
    /// An object selects by a label that Hedgerow writes.
    SelectorUsesLabel = "selector-uses-label", Error;
    /// Two services claim one workload, or a claim contradicts the deploy.
    AmbiguousWorkload = "ambiguous-workload", Error;
    /// No service claims a workload.
    UnclaimedWorkload = "unclaimed-workload", Warning;
    /// An object makes pods and is of a kind that Hedgerow does not know.
    UnknownKind = "unknown-kind", Warning;
    /// A workload does not wear the label that its service's policy selects by.
    IdentityMissing = "identity-missing", Error;
    /// No label can select a pod on the host's network.
    HostNetwork = "host-network", Warning;
    /// A Job's template cannot change once it lives.
    JobTemplateImmutable = "job-template-immutable", Warning;
    /// A catch-all would isolate pods of a staged policy.
    StagedCatchAll = "staged-catch-all", Warning;
    /// A stage change, or a change with the same effect, that may drop permitted calls while it rolls out.
    UnsafeStageMove = "unsafe-stage-move", Warning;
    /// The workload's namespace is not its service's.
    NamespaceMismatch = "namespace-mismatch", Error;
    /// A policy object stands in the stream that Hedgerow did not write or no longer backs.
    UnbackedPolicy = "unbacked-policy", Error;
    /// A workload's pods lack a label that Hedgerow writes, in manifests that are said to have them.
    MissingLabel = "missing-label", Error;
    /// A policy that Hedgerow writes is not among manifests that are said to have it.
    MissingPolicy = "missing-policy", Error;
    /// A policy of Hedgerow's was changed after it was written.
    AlteredPolicy = "altered-policy", Error;
    /// The labels cannot be edited without changing something else.
    UneditableLabels = "uneditable-labels", Error;
    /// A structural key is written twice on the way to the labels; the last one counts.
    DuplicateStructure = "duplicate-structure", Warning;
    /// No workload of the service is in the stream.
    NoWorkload = "no-workload", Warning;
    /// The stream holds no objects.
    EmptyStream = "empty-stream", Warning;
    /// Workloads that look like another application's are taken for the deployed service's.
    MixedWorkloads = "mixed-workloads", Warning;
    /// A changed label does not reach the pods of a workload by itself.
    PodsNotReplaced = "pods-not-replaced", Warning;
    /// A port that a service declares is not the one that its containers, or what leads to them, have.
    PortMismatch = "port-mismatch", Warning;
    /// The manifests send calls from outside to a service that does not admit them.
    OutsideNotAllowed = "outside-not-allowed", Warning;
    /// A policy of somebody else's changes who comes in to a service beside its rules.
    PolicyOfOthers = "policy-of-others", Warning;
    /// A sensitive callee's rule files are not covered by the code owners' file.
    NotCoveredByReview = "not-covered-by-review", Error;
    /// Code that is reached makes a call whose target cannot be told.
    UnresolvedCall = "unresolved-call", Error;
    /// A service's code, settings or deploy name another service, and no call of it was found.
    UnexplainedMention = "unexplained-mention", Warning;
    /// The code asks for an address, or the deployment gives one, and no file that was read says where it leads.
    UnknownClient = "unknown-client", Warning;
    /// A service has code, and none of it is read from a point at which it begins to run.
    NoEntry = "no-entry", Warning;
    /// The scan took all the steps that it gives to a service, and left a part of the code out.
    ScanLimit = "scan-limit", Warning;
    /// A connection leads to a service that does not offer the contract spoken over it.
    ContractMismatch = "contract-mismatch", Warning;
    /// A comment that speaks to the scan cannot be understood.
    MalformedComment = "malformed-comment", Error;
    /// A comment declares a call that the scan finds by itself.
    RedundantComment = "redundant-comment", Warning;
    /// A comment declares a call in code that no service reaches.
    UnreachedComment = "unreached-comment", Warning;
    /// A part of a file that the scan reads could not be parsed.
    UnparsedCode = "unparsed-code", Warning;
    /// A glob under `scan.ignore` fits no source file.
    IdleIgnore = "idle-ignore", Warning;
    /// The code calls a service and no rule file says so.
    MissingRule = "missing-rule", Error;
    /// A rule file backs no call that the scan finds.
    StaleRule = "stale-rule", Error;
    /// The scan finds no call for a rule, and nobody listened well enough to say whether traffic shows one.
    UnheardRule = "unheard-rule", Warning;
    /// Traffic shows a call that neither the code nor a rule knows.
    UnknownCall = "unknown-call", Error;
    /// A rule permits a call, and a pod without the label still makes it.
    UndeployedRule = "undeployed-rule", Error;
    /// Traffic shows a call that a rule permits, and the scan does not see it in the code.
    UnseenByScan = "unseen-by-scan", Warning;
    /// A manifest is neither YAML nor JSON, or not a Kubernetes object.
    UnreadableManifest = "unreadable-manifest", Error;
    /// A policy that the API server would refuse, so that it has no effect.
    InvalidPolicy = "invalid-policy", Error;
    /// A policy uses a part that the evaluator does not model.
    UnsupportedPolicy = "unsupported-policy", Error;
    /// A policy in Calico's storage form lacks what nothing fills in there.
    UndefaultedPolicy = "undefaulted-policy", Warning;
    /// The rules permit an edge that the manifests do not allow.
    MissingEdge = "missing-edge", Error;
    /// The manifests allow an edge that no rule permits.
    UnruledEdge = "unruled-edge", Error;
    /// No policy guards pods that should be isolated.
    NotIsolated = "not-isolated", Error;
    /// A policy selects no pod.
    IdlePolicy = "idle-policy", Warning;
    /// Policies that should only add traffic isolate pods that nothing else isolates.
    CatchAllIsolates = "catch-all-isolates", Error;
}

/// Whether a diagnostic stops the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is rendered.
    Error,
    /// The run goes on.
    Warning,
}

/// Something the author of an input should know, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of fault it is.
    pub code: Code,
    /// Whether it stops the run.
    pub severity: Severity,
    /// What is wrong: lower case, no full stop, names the thing in `ticks`.
    pub message: String,
    /// Where; the first is the primary place.
    pub marks: Vec<Mark>,
    /// What the reader can do, each an action.
    pub help: Vec<String>,
    /// A change that fixes it, where one is known.
    pub fix: Option<Fix>,
}

/// A place in a source with a few words on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The place.
    pub span: Span,
    /// What to see there; may be empty.
    pub text: String,
}

/// A change to the user's files that fixes a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Replacements, none overlapping.
    pub edits: Vec<FixEdit>,
    /// How far the change may be trusted.
    pub applicability: Applicability,
}

/// One replacement of a [`Fix`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixEdit {
    /// What is replaced.
    pub span: Span,
    /// The text that takes its place.
    pub text: String,
}

/// How far a [`Fix`] may be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applicability {
    /// It is what the author meant.
    Safe,
    /// It fixes the fault and may change the meaning.
    Unsafe,
    /// It is a sketch for a person.
    DisplayOnly,
}

impl Diagnostic {
    /// A diagnostic of `code` with its usual severity and no place yet.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            marks: Vec::new(),
            help: Vec::new(),
            fix: None,
        }
    }

    /// Adds a place; the first one added is the primary one.
    #[must_use]
    pub fn mark(mut self, span: Span, text: impl Into<String>) -> Self {
        self.marks.push(Mark { span, text: text.into() });
        self
    }

    /// Adds an action the reader can take.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Offers a change that fixes the fault.
    #[must_use]
    pub fn fix(mut self, span: Span, text: impl Into<String>, applicability: Applicability) -> Self {
        self.fix = Some(Fix { edits: vec![FixEdit { span, text: text.into() }], applicability });
        self
    }

    /// Gives the diagnostic another severity than its code's usual one.
    #[must_use]
    pub const fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Whether it stops the run.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The primary place, where there is one.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.marks.first().map(|mark| mark.span)
    }
}

/// Puts diagnostics into the order of their places, those without a place last, and drops repeats.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        let key = |d: &Diagnostic| (d.span().is_none(), d.span(), d.code);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    diagnostics.dedup();
}

/// Several names as a sentence lists them: `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn enumerate<T: std::fmt::Display>(names: impl IntoIterator<Item = T>) -> String {
    let mut names: Vec<_> = names.into_iter().map(|name| name.to_string()).collect();
    match (names.pop(), names.is_empty()) {
        (None, _) => String::new(),
        (Some(only), true) => only,
        (Some(last), false) => format!("{} and {last}", names.join(", ")),
    }
}

/// The same of the first `most` names: `a, b and 3 more`.
#[must_use]
pub fn enumerate_some<T: std::fmt::Display>(most: usize, names: impl ExactSizeIterator<Item = T>) -> String {
    let rest = names.len().saturating_sub(most);
    let first = names.take(most);
    if rest == 0 {
        return enumerate(first);
    }
    let first: Vec<_> = first.map(|name| name.to_string()).collect();
    format!("{} and {rest} more", first.join(", "))
}

/// A number with its noun: `1 rule`, `2 rules`, `0 policies`, `3 days`.
#[must_use]
pub fn count<N: std::fmt::Display + PartialEq + From<bool>>(number: N, noun: &str) -> String {
    let stem = noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']));
    match (number == N::from(true), stem) {
        (true, _) => format!("{number} {noun}"),
        (false, Some(stem)) => format!("{number} {stem}ies"),
        (false, None) => format!("{number} {noun}s"),
    }
}

/// The name among `known` that is nearest to `written`, if any is near enough to be meant.
#[must_use]
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A third of the name, but never so much that a long common prefix makes strangers alike.
    let limit = match written.chars().count() {
        0..=2 => return None,
        length => (length / 3).min(3),
    };
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(written, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// The service among `known` that is most likely meant: by a name that is near, by its last part (`ledger` for
/// `service.ledger`, and the other way round). Nothing where several could be.
#[must_use]
pub fn nearest_service<'a>(written: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    fn last(name: &str) -> &str {
        name.rsplit(['.', '/']).next().unwrap_or(name)
    }
    let own_last = last(written);
    let is_short = |name: &&str| {
        *name != written && (last(name) == written || *name == own_last || name.ends_with(&format!("-{written}")))
    };
    let mut short = known.clone().filter(is_short);
    match (short.next(), short.next()) {
        (Some(only), None) => Some(only),
        _ => nearest(written, known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_kebab_case_and_unique() {
        let mut texts: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(texts.iter().all(|text| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')), "{texts:?}");
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), Code::ALL.len());
    }

    #[test]
    fn names_are_listed_as_a_sentence_does() {
        for (names, expected) in [
            (&[][..], ""),
            (&["a"], "a"),
            (&["a", "b"], "a and b"),
            (&["a", "b", "c"], "a, b and c"),
            (&["a", "b", "c", "d"], "a, b, c and d"),
        ] {
            assert_eq!(enumerate(names), expected);
            assert_eq!(enumerate_some(4, names.iter()), expected);
        }
        assert_eq!(enumerate_some(2, ["a", "b", "c"].iter()), "a, b and 1 more");
        assert_eq!(enumerate_some(1, ["a", "b", "c"].iter()), "a and 2 more");
    }

    #[test]
    fn nearest_refuses_far_names() {
        let known = ["service.ledger", "service.emoji", "port"];
        for (written, expected) in [
            ("service.legder", Some("service.ledger")),
            ("prot", Some("port")),
            ("xyz", None),
            ("d", None),
            ("service.mail", None),
            ("service.entirely-else", None),
        ] {
            assert_eq!(nearest(written, known), expected, "{written}");
        }
    }

    #[test]
    fn a_short_name_means_the_one_service_that_ends_in_it() {
        let known = ["service.ledger", "service.emoji", "cron.pay", "service.pay", "cart", "shop-cart"];
        for (written, expected) in [
            ("ledger", Some("service.ledger")),
            ("service.cart", Some("cart")),
            // Two could be meant, and neither is near.
            ("pay", None),
            ("service.legder", Some("service.ledger")),
            ("ledgers", None),
            ("edger", None),
        ] {
            assert_eq!(nearest_service(written, known.into_iter()), expected, "{written}");
        }
    }
}
