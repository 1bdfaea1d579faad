//! Policies and namespaces as a watch tells them, one object at a time.

use super::Merged;
use crate::fleet::Labels;
use hedgerow_core::diag::Diagnostic;
use hedgerow_core::source::Sources;
use hedgerow_eval::{Manifests, PolicyId};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The longest text of one document that is read, in bytes.
pub const MAX_DOCUMENT: usize = 64 << 20;

/// Every object that bears on verdicts, by the key under which it was given.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    documents: BTreeMap<String, Document>,
    namespaces: BTreeMap<String, Labels>,
    is_complete: bool,
}

/// What is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyFault {
    /// The key under which it was given.
    pub key: String,
    /// What is wrong.
    pub message: String,
}

#[derive(Clone, Debug, Default)]
struct Document {
    manifests: Manifests,
    faults: Vec<String>,
    /// The namespaces that it names, where it is not understood; nothing where it is.
    dark: Option<BTreeSet<String>>,
    /// The text, where it may have to be read again: it is not understood without others, or others are not without it.
    text: Option<String>,
    is_context: bool,
    /// The policies that there are when all of it is enforced.
    enforced: Vec<PolicyId>,
    /// Those of them that are data until then.
    data: Vec<PolicyId>,
    /// Of what it says: of an object's `spec` or `data`, so that what others write beside it changes nothing.
    digest: [u8; 32],
    /// Of what its policies mean, and of what is not understood of them.
    meaning: [u8; 32],
}

/// A digest of what policies mean, in any order and in any notation: `sha256:…`. Each text is one object, as [`Policies::set`] takes it. A tree
/// and a cluster that hold the same policies have the same digest; nothing where there is no text.
#[must_use]
pub fn meaning_of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Option<String> {
    sum(texts.into_iter().map(|text| Document::read(text, &[]).meaning))
}

fn sum(meanings: impl Iterator<Item = [u8; 32]>) -> Option<String> {
    let mut meanings: Vec<_> = meanings.collect();
    meanings.sort_unstable();
    let digest = meanings.iter().fold(Sha256::new(), |sum, meaning| sum.chain_update(meaning)).finalize();
    let hex = digest.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    (!meanings.is_empty()).then(|| format!("sha256:{hex}"))
}

impl Policies {
    /// Sets what one document holds: the text of an object as JSON or YAML, or of many. The key is the caller's own, such as
    /// `NetworkPolicy/bank/s-ledger`. Kinds that bear on verdicts: policies of Kubernetes and Calico, staged ones, ConfigMaps with a policy
    /// as data, tiers, network sets, and the Services that a policy of Calico's names. Others do no harm.
    pub fn set(&mut self, key: impl Into<String>, text: &str) {
        let key = key.into();
        let document = if text.len() > MAX_DOCUMENT {
            let faults = vec![format!("it has {} bytes; at most {MAX_DOCUMENT} are read", text.len())];
            let digest = digest(text);
            Document { faults, dark: Some(BTreeSet::new()), digest, meaning: digest, ..Document::default() }
        } else {
            Document::read(text, &[])
        };
        self.documents.insert(key, document);
    }

    /// Takes a document away.
    pub fn remove(&mut self, key: &str) {
        self.documents.remove(key);
    }

    /// Keeps only documents with these keys: what a list after a broken watch tells.
    pub fn only(&mut self, is_there: impl Fn(&str) -> bool) {
        self.documents.retain(|key, _| is_there(key));
    }

    /// Says that all policies and namespaces that there are were told. Until then no verdict can be given: what is not told yet may permit a call, or
    /// stop it.
    pub fn complete(&mut self) {
        self.is_complete = true;
    }

    /// Says that some may not be told any more: a watch broke. No verdict is given until [`Self::complete`] says that all were told again.
    pub fn incomplete(&mut self) {
        self.is_complete = false;
    }

    /// Whether all were told.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Sets a namespace's labels. Policies that select namespaces by labels match none whose labels were not told.
    pub fn set_namespace(&mut self, name: &str, labels: Labels) {
        self.namespaces.insert(name.to_owned(), labels);
    }

    /// A namespace is gone.
    pub fn remove_namespace(&mut self, name: &str) {
        self.namespaces.remove(name);
    }

    /// The names of the namespaces that were told.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.namespaces.keys().map(String::as_str)
    }

    /// [`meaning_of`] the documents with these keys.
    #[must_use]
    pub fn meaning_of<'k>(&self, keys: impl IntoIterator<Item = &'k str>) -> Option<String> {
        sum(keys.into_iter().filter_map(|key| self.documents.get(key)).map(|document| document.meaning))
    }

    /// How many documents there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// What all policies say together.
    pub(super) fn manifests(&self) -> Manifests {
        self.merged().1
    }

    /// One of all: what is known of it, and the policies themselves.
    pub(super) fn merged(&self) -> (Merged, Manifests) {
        let context: Vec<&str> = self
            .documents
            .values()
            .filter(|document| document.is_context)
            .filter_map(|it| it.text.as_deref())
            .collect();
        // What was not understood by itself may be, with the tiers and Services that are there by now.
        let again: BTreeMap<&String, Document> = self
            .documents
            .iter()
            .filter(|(_, document)| document.dark.is_some() && !context.is_empty())
            .filter_map(|(key, document)| Some((key, Document::read(document.text.as_deref()?, &context))))
            .collect();
        let documents: Vec<(&String, &Document)> =
            self.documents.iter().map(|(key, document)| (key, again.get(key).unwrap_or(document))).collect();
        let (mut now, conflicts) = Manifests::of_parts(documents.iter().map(|(_, document)| &document.manifests));
        now.cluster.endpoints.clear();
        for (name, labels) in &self.namespaces {
            now.cluster.described.insert(name.clone());
            now.cluster.namespaces.entry(name.clone()).or_default().extend(labels.clone());
        }
        let mut merged = Merged {
            digests: BTreeMap::new(),
            names: now.policies().cloned().collect(),
            backstops: now.backstops(),
            is_unfinished: !self.is_complete,
            data: BTreeSet::new(),
            doubtful: Vec::new(),
            dark: BTreeSet::new(),
            is_dark: false,
            faults: conflicts
                .iter()
                .map(|it| PolicyFault { key: String::new(), message: it.message.clone() })
                .collect(),
            keys: now.label_keys(),
            blocks: now.blocks(),
        };
        for (key, document) in documents {
            let message = |message: &String| PolicyFault { key: key.clone(), message: message.clone() };
            merged.faults.extend(document.faults.iter().map(message));
            merged.data.extend(document.data.iter().cloned());
            merged.digests.extend(document.enforced.iter().map(|policy| (policy.clone(), document.digest)));
            let Some(dark) = &document.dark else { continue };
            if !document.enforced.is_empty() {
                merged.doubtful.push(document.manifests.clone().as_if_enforced());
            } else if dark.is_empty() {
                merged.is_dark = true;
            } else {
                merged.dark.extend(dark.iter().cloned());
            }
        }
        merged.keys.extend(merged.doubtful.iter().flat_map(Manifests::label_keys));
        (merged, now)
    }
}

impl Document {
    fn read(text: &str, context: &[&str]) -> Self {
        let mut sources = Sources::default();
        sources.add("policy", text);
        let own = sources.iter().next().map(|(id, _)| id);
        for text in context {
            sources.add("context", *text);
        }
        let (manifests, diagnostics) = Manifests::read(sources.iter(), "default");
        // Faults of the context are told where it stands.
        let is_own = |diagnostic: &&Diagnostic| {
            diagnostic.marks.is_empty() || diagnostic.marks.iter().any(|mark| Some(mark.span.source) == own)
        };
        let errors: Vec<_> = diagnostics.iter().filter(|it| it.is_error()).filter(is_own).collect();
        let is_context = manifests.policies().next().is_none() && manifests.staged.is_empty();
        let is_dark = !errors.is_empty();
        let enforced: Vec<PolicyId> = if manifests.staged.is_empty() {
            manifests.policies().cloned().collect()
        } else {
            manifests.clone().as_if_enforced().policies().cloned().collect()
        };
        let is_data = manifests.staged.iter().any(|object| object.kind == "ConfigMap");
        let already: BTreeSet<&PolicyId> = manifests.policies().collect();
        let data = enforced.iter().filter(|policy| is_data && !already.contains(policy)).cloned().collect();
        Self {
            data,
            enforced,
            faults: errors.iter().map(|error| error.message.clone()).collect(),
            dark: is_dark.then(|| namespaces_in(text)),
            text: (is_dark || is_context).then(|| text.to_owned()),
            is_context: is_context && !is_dark,
            digest: digest(text),
            meaning: meaning(&manifests, &errors),
            manifests,
        }
    }
}

/// What is not understood counts as it is described: where a tree holds the same, it is described in the same words.
fn meaning(manifests: &Manifests, errors: &[&Diagnostic]) -> [u8; 32] {
    let mut says = manifests.meanings();
    says.extend(errors.iter().map(|error| error.message.clone()));
    Sha256::digest(says.join("\n")).into()
}

fn digest(text: &str) -> [u8; 32] {
    let says = serde_json::from_str::<serde_json::Value>(text).ok().and_then(|mut object| {
        let says = ["spec", "data"].map(|key| object.get_mut(key).map(serde_json::Value::take));
        says.iter().any(Option::is_some).then(|| serde_json::json!(says).to_string())
    });
    Sha256::digest(says.as_deref().unwrap_or(text)).into()
}

/// The namespaces of the objects of a text that was not understood as policies. None where one has none.
fn namespaces_in(text: &str) -> BTreeSet<String> {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else { return BTreeSet::new() };
    let namespace = value.pointer("/metadata/namespace").and_then(serde_json::Value::as_str);
    namespace.map(str::to_owned).into_iter().collect()
}
