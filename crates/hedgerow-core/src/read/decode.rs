//! YAML nodes → values, reporting every fault with its span. Public for the sections of `hedgerow.yaml` that other crates
//! read.

use super::form::Form;
use crate::diag::{Applicability, Code, Diagnostic, Severity, nearest};
use crate::draft::Spanned;
use crate::name::NameError;
use crate::source::{SourceId, Span};
use crate::tree::Loaded;
use hedgerow_yaml::{Content, Node};
use std::collections::BTreeMap;
use std::ops::Range;

/// Keys that people write where they do not belong: where, which, and where they do.
const ELSEWHERE: &[(&str, &[&str], &str)] = &[
    ("hedgerow.yaml", &["include", "exclude", "rules", "catalogue", "defaults"], "write it under `services:`"),
    ("hedgerow.yaml", &["domain", "identity", "prefixes"], "write it under `labels:`"),
    (
        "hedgerow.yaml",
        &["stage", "log", "prod", "production", "staging"],
        "write it under `environments:`, such as `environments: {prod: {stage: audit}}`",
    ),
    ("hedgerow.yaml", &["namespace", "ports", "type", "owner"], "write it under `services.defaults:`"),
    ("`services`", &["namespace", "ports", "type", "owner"], "write it under `services.defaults:`"),
    ("`services`", &["domain", "identity", "prefixes"], "write it under `labels:`"),
    (
        "service.yaml",
        &["environments", "environment", "env"],
        "a service's own stage is written `stage: {prod: enforce}`; all else of an environment stands in hedgerow.yaml",
    ),
    (
        "service.yaml",
        &["egress", "calls", "callees", "rules", "dependencies", "depends-on"],
        "whom a service calls is said by files in its directory `egress`, each named `<callee>.rule`",
    ),
    (
        "service.yaml",
        &["ingress", "callers"],
        "services that call have a rule in their own directory; others are let in by `allow:`",
    ),
    (
        "an `allow` entry",
        &["cidr", "except", "namespace", "namespaces", "pods"],
        "write it under `from:`, such as `{from: {cidr: 10.0.0.0/8}}`",
    ),
    ("a port", &["containerPort", "targetPort", "number"], "write the number of the container port as `port`"),
    ("a rule file", &["port"], "write `ports: [http]`"),
    (
        "a rule file",
        &["stage", "stages", "mode", "enforce", "audit"],
        "the stage belongs to the service that is called: write `stage: {prod: audit}` in its service.yaml",
    ),
    (
        "a rule file",
        &["environment", "environments", "env"],
        "a rule holds in every environment; what is enforced where is said by the stages in hedgerow.yaml and in the service.yaml of the service that is called",
    ),
    (
        "a rule file",
        &["protocol", "listen", "always"],
        "the ports of a service and their protocols are declared in its own service.yaml; a rule names them: `ports: [http]`",
    ),
    (
        "a rule file",
        &["namespace", "namespaces", "owner", "type", "allow", "identity", "workloads", "name"],
        "write it in the service.yaml of the service that it is about",
    ),
    (
        "`defaults`",
        &["stage", "stages"],
        "the stage of all services stands under `environments:`, such as `environments: {prod: {stage: audit}}`",
    ),
    (
        "`services`",
        &["stage", "stages"],
        "write it under `environments:`, such as `environments: {prod: {stage: audit}}`",
    ),
    (
        "a rule file",
        &["callee", "caller", "to", "from", "service", "services"],
        "the file's name says who is called, and its directory who calls",
    ),
];

/// One text being decoded.
pub struct Decoder<'d> {
    source: SourceId,
    diagnostics: &'d mut Vec<Diagnostic>,
    is_unparsed: bool,
}

/// The pairs of one mapping by key.
pub struct Fields<'n, 't> {
    /// The form that they were read by, where there is one.
    form: Option<&'static Form>,
    by_key: BTreeMap<&'n str, &'n Node<'t>>,
    /// Where the mapping stands.
    pub span: Span,
}

impl<'n, 't> Fields<'n, 't> {
    /// The value under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'n Node<'t>> {
        debug_assert!(
            self.form.is_none_or(|form| form.names().any(|known| known == key)),
            "no file of Hedgerow has the key `{key}`"
        );
        self.by_key.get(key).copied()
    }
}

impl<'d> Decoder<'d> {
    /// A decoder of the text `source` that adds its findings to `diagnostics`.
    pub const fn new(source: SourceId, diagnostics: &'d mut Vec<Diagnostic>) -> Self {
        Self { source, diagnostics, is_unparsed: false }
    }

    /// Parses a file; nothing where it is empty or no YAML.
    pub(super) fn parse<'t>(&mut self, file: &'t Loaded) -> Option<Node<'t>> {
        match hedgerow_yaml::parse(&file.text) {
            Ok(node) => node,
            Err(error) => {
                self.is_unparsed = true;
                let at = error.offset.min(file.text.len());
                let span = self.source.span(at, at);
                let form = if file.is_json { "JSON" } else { "YAML" };
                self.report(
                    Diagnostic::new(Code::InvalidYaml, format!("not valid {form}: {}", error.message))
                        .mark(span, "")
                        .help(hedgerow_yaml::advice(&file.text, at, &error.message)),
                );
                None
            }
        }
    }

    /// The span of a range of the text.
    #[must_use]
    pub fn span(&self, range: Range<usize>) -> Span {
        self.source.span(range.start, range.end)
    }

    /// Adds a finding.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The finding that a value is not what its place asks for.
    #[must_use]
    pub fn invalid(&mut self, node: &Node<'_>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Code::InvalidValue, message).mark(self.span(node.range()), "")
    }

    /// Whether a text was met that is no YAML.
    pub(super) const fn is_unparsed(&self) -> bool {
        self.is_unparsed
    }

    /// How many findings there are.
    pub(super) const fn count(&self) -> usize {
        self.diagnostics.len()
    }

    /// Adds what can be done to the findings behind the first `count` that say nothing of it.
    pub(super) fn help_since(&mut self, count: usize, help: &str) {
        let found = self.diagnostics.get_mut(count..).unwrap_or_default();
        found.iter_mut().filter(|found| found.help.is_empty()).for_each(|found| found.help.push(help.to_owned()));
    }

    /// Makes warnings of the findings behind the first `count`: they are others' to mend.
    pub(super) fn warn_since(&mut self, count: usize) {
        let found = self.diagnostics.get_mut(count..).unwrap_or_default();
        found.iter_mut().for_each(|diagnostic| diagnostic.severity = Severity::Warning);
    }

    /// The pairs of a mapping of a form. `what` names the mapping in messages.
    pub fn form<'n, 't>(&mut self, node: &'n Node<'t>, what: &str, form: &'static Form) -> Option<Fields<'n, 't>> {
        let known: Vec<_> = form.names().collect();
        let fields = self.fields(node, what, &known)?;
        Some(Fields { form: Some(form), ..fields })
    }

    /// The pairs of a mapping whose keys are all in `known`. `what` names the mapping in messages.
    pub fn fields<'n, 't>(&mut self, node: &'n Node<'t>, what: &str, known: &[&str]) -> Option<Fields<'n, 't>> {
        let pairs = self.pairs(node, what)?;
        let mut by_key = BTreeMap::new();
        for (key, value) in pairs {
            if known.contains(&key.value) {
                by_key.insert(key.value, value);
                continue;
            }
            let diagnostic =
                Diagnostic::new(Code::UnknownKey, format!("{what} has no key `{}`", key.value)).mark(key.span, "");
            let elsewhere = ELSEWHERE.iter().find(|(place, keys, _)| *place == what && keys.contains(&key.value));
            self.report(match nearest(key.value, known.iter().copied()) {
                _ if elsewhere.is_some() => diagnostic.help(elsewhere.map_or("", |(_, _, help)| help)),
                Some(near) => diagnostic.help(format!("a key with a similar name exists: `{near}`")).fix(
                    key.span,
                    near,
                    Applicability::Unsafe,
                ),
                None => diagnostic.help(format!("known keys: {}", known.join(", "))),
            });
        }
        Some(Fields { form: None, by_key, span: self.span(node.range()) })
    }

    /// The pairs of a mapping with free keys, each key once.
    pub fn pairs<'n, 't>(&mut self, node: &'n Node<'t>, what: &str) -> Option<Vec<(Spanned<&'n str>, &'n Node<'t>)>> {
        let Some(mapping) = node.as_mapping() else {
            let diagnostic = self.invalid(node, format!("{what} must be a mapping, not {}", node.noun()));
            self.report(diagnostic);
            return None;
        };
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        let mut pairs = Vec::new();
        for pair in &mapping.pairs {
            let span = self.span(pair.key.range());
            let Some(key) = pair.key.as_str().filter(|_| !pair.is_merge()) else {
                self.report(
                    Diagnostic::new(
                        Code::InvalidYaml,
                        format!("{what} may not have merge keys or keys that are no text"),
                    )
                    .mark(span, "")
                    .help("write the pairs out, each with a text as its key"),
                );
                continue;
            };
            if let Some(first) = seen.get(key) {
                let message = format!("the key `{key}` is written twice");
                self.report(
                    Diagnostic::new(Code::DuplicateKey, message).mark(span, "again here").mark(*first, "first here"),
                );
                continue;
            }
            seen.insert(key, span);
            if let Content::Alias(name) = pair.value.content() {
                let span = self.span(pair.value.range());
                self.report(
                    Diagnostic::new(Code::InvalidYaml, format!("aliases such as `*{name}` are not read here"))
                        .mark(span, "")
                        .help("write the value out"),
                );
                continue;
            }
            pairs.push((Spanned { value: key, span }, &pair.value));
        }
        Some(pairs)
    }

    /// The elements of a list that is not empty. `leave_out` says what to do instead of writing an empty one.
    pub fn list<'n, 't>(&mut self, node: &'n Node<'t>, what: &str, leave_out: &str) -> Vec<&'n Node<'t>> {
        let Some(sequence) = node.as_sequence() else {
            let diagnostic = self.invalid(node, format!("{what} must be a list, not {}", node.noun()));
            let one = node.as_str().filter(|text| !node.is_null() && !text.is_empty());
            let one = one.map(|text| format!("[{}]", hedgerow_yaml::quote_always(text)));
            let span = self.span(node.range());
            self.report(match one {
                Some(one) => diagnostic.help(format!("write `{one}`")).fix(span, one, Applicability::Safe),
                None if node.as_mapping().is_some() => {
                    diagnostic.help("put it in brackets, or `- ` in front of it, for a list of one")
                }
                None => diagnostic.help(leave_out),
            });
            return Vec::new();
        };
        if sequence.elements.is_empty() {
            let span = self.span(node.range());
            let message = format!("{what} is an empty list, which could mean nothing as well as everything");
            self.report(Diagnostic::new(Code::EmptyList, message).mark(span, "").help(leave_out));
        }
        sequence.elements.iter().map(|element| &element.node).collect()
    }

    /// The elements of a list of mappings. `in_words` gives the mapping that is meant by a text alone, and `help` says what to do where it gives
    /// none.
    pub fn mappings<'n, 't>(
        &mut self,
        node: &'n Node<'t>,
        (what, leave_out): (&str, &str),
        help: &str,
        in_words: impl Fn(&str) -> Option<String>,
    ) -> Vec<&'n Node<'t>> {
        let text = |node: &'n Node<'t>| node.as_str().filter(|text| !node.is_null() && !text.is_empty());
        let say = |meant: Option<String>| meant.map_or_else(|| help.to_owned(), |meant| format!("write `{meant}`"));
        if let Some(text) = text(node) {
            let diagnostic = self.invalid(node, format!("{what} must be a list, not {}", node.noun()));
            self.report(diagnostic.help(say(in_words(text).map(|meant| format!("[{meant}]")))));
            return Vec::new();
        }
        let mut elements = self.list(node, what, leave_out);
        elements.retain(|element| {
            let Some(text) = text(element) else { return true };
            let message = format!("an entry of {what} must be a mapping, not {}", element.noun());
            let diagnostic = self.invalid(element, message);
            self.report(diagnostic.help(say(in_words(text))));
            false
        });
        elements
    }

    /// A text that is not empty.
    pub fn text<'n>(&mut self, node: &'n Node<'_>, what: &str) -> Option<Spanned<&'n str>> {
        match node.as_str() {
            Some(text) if !node.is_null() && !text.is_empty() => {
                Some(Spanned { value: text, span: self.span(node.range()) })
            }
            _ => {
                let found = if node.as_str() == Some("") && !node.is_null() { "empty" } else { node.noun() };
                let diagnostic = self.invalid(node, format!("{what} must be a text, not {found}"));
                self.report(diagnostic);
                None
            }
        }
    }

    /// A name that follows a grammar.
    pub fn name<T>(
        &mut self,
        node: &Node<'_>,
        what: &str,
        parse: impl Fn(&str) -> Result<T, NameError>,
    ) -> Option<Spanned<T>> {
        let text = self.text(node, what)?;
        match parse(text.value) {
            Ok(value) => Some(Spanned { value, span: text.span }),
            Err(error) => {
                let message = format!("{what} `{}` is not valid: it {error}", text.value.escape_debug());
                self.report(Diagnostic::new(Code::BadName, message).mark(text.span, ""));
                None
            }
        }
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, node: &Node<'_>, what: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(node, what)?;
        let found = words.iter().find(|(word, _)| *word == text.value).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            let message = format!("{what} must be {}, not `{}`", names.join(" or "), text.value.escape_debug());
            let diagnostic = Diagnostic::new(Code::InvalidValue, message).mark(text.span, "");
            self.report(match nearest(text.value, words.iter().map(|(word, _)| *word)) {
                Some(near) => diagnostic.fix(text.span, near, Applicability::Unsafe),
                None => diagnostic,
            });
        }
        found
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, node: &Node<'_>, what: &str) -> Option<bool> {
        let value = node.as_scalar().and_then(hedgerow_yaml::Scalar::as_bool);
        if value.is_none() {
            let diagnostic = self.invalid(node, format!("{what} must be `true` or `false`"));
            self.report(diagnostic);
        }
        value
    }

    /// Reports a key that must be there.
    pub fn missing(&mut self, span: Span, what: &str, key: &str, help: &str) {
        self.report(
            Diagnostic::new(Code::MissingKey, format!("{what} needs the key `{key}`")).mark(span, "").help(help),
        );
    }
}
