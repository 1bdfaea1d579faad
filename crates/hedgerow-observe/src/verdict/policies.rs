//! Policies and namespaces as a watch tells them, one object at a time.

use super::Merged;
use crate::fleet::Labels;
use hedgerow_core::diag::Diagnostic;
use hedgerow_core::source::Sources;
use hedgerow_eval::{Cidr, Manifests, PolicyId};
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
    changes: Changes,
}

/// What changed since it was asked last.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    /// The policies of which documents spoke or speak that were set or removed.
    pub(super) policies: BTreeSet<PolicyId>,
    /// Something that bears on other policies, too.
    pub(super) is_more: bool,
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
    /// Those that let in whatever others have not decided about.
    backstops: BTreeSet<PolicyId>,
    /// The labels that they ask for.
    keys: BTreeSet<String>,
    /// The blocks of addresses that they name.
    blocks: BTreeSet<Cidr>,
    /// Whether it bears on what other documents mean, or others on what it means.
    is_entangled: bool,
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
            Document {
                faults,
                dark: Some(BTreeSet::new()),
                digest,
                meaning: digest,
                is_entangled: true,
                ..Document::default()
            }
        } else {
            Document::read(text, &[])
        };
        self.changes.of(&document);
        if let Some(before) = self.documents.insert(key, document) {
            self.changes.of(&before);
        }
    }

    /// Takes a document away.
    pub fn remove(&mut self, key: &str) {
        if let Some(before) = self.documents.remove(key) {
            self.changes.of(&before);
        }
    }

    /// Keeps only documents with these keys: what a list after a broken watch tells.
    pub fn only(&mut self, is_there: impl Fn(&str) -> bool) {
        let Self { documents, changes, .. } = self;
        documents.retain(|key, document| {
            let stays = is_there(key);
            if !stays {
                changes.of(document);
            }
            stays
        });
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
        if self.namespaces.get(name) != Some(&labels) {
            self.changes.is_more = true;
            self.namespaces.insert(name.to_owned(), labels);
        }
    }

    /// A namespace is gone.
    pub fn remove_namespace(&mut self, name: &str) {
        self.changes.is_more |= self.namespaces.remove(name).is_some();
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

    /// What changed since this was asked last.
    pub(super) fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }

    /// What all policies say together.
    pub(super) fn manifests(&self) -> Manifests {
        let again = self.understood_with_others();
        let parts = self.documents.iter().map(|(key, document)| &again.get(key).unwrap_or(document).manifests);
        let (mut all, _) = Manifests::of_parts(parts);
        all.cluster.endpoints.clear();
        for (name, labels) in &self.namespaces {
            all.cluster.described.insert(name.clone());
            all.cluster.namespaces.entry(name.clone()).or_default().extend(labels.clone());
        }
        all
    }

    /// What is said of some policies, in whatever documents, and the policies of which those documents speak: these and maybe others.
    pub(super) fn about(&self, policies: &BTreeSet<PolicyId>) -> (BTreeSet<PolicyId>, Manifests) {
        let again = self.understood_with_others();
        let documents = || self.documents.iter().map(|(key, document)| &again.get(key).unwrap_or(document).manifests);
        let mut about = policies.clone();
        loop {
            let is_meant = |manifests: &&Manifests| manifests.speaks_of().any(|policy| about.contains(policy));
            let more = documents().filter(is_meant).flat_map(Manifests::speaks_of);
            let more: Vec<_> = more.filter(|policy| !about.contains(*policy)).cloned().collect();
            if more.is_empty() {
                break;
            }
            about.extend(more);
        }
        let parts = documents().filter(|manifests| manifests.speaks_of().any(|policy| about.contains(policy)));
        let (manifests, _) = Manifests::of_parts(parts);
        (about, manifests)
    }

    /// What was not understood by itself may be, with the tiers and Services that are there by now.
    fn understood_with_others(&self) -> BTreeMap<&String, Document> {
        let is_dark = |document: &Document| document.dark.is_some() && document.text.is_some();
        if !self.documents.values().any(is_dark) {
            return BTreeMap::new();
        }
        let context = self.documents.values().filter(|document| document.is_context);
        let context: Vec<&str> = context.filter_map(|it| it.text.as_deref()).collect();
        let again = self.documents.iter().filter(|(_, document)| is_dark(document) && !context.is_empty());
        again.filter_map(|(key, document)| Some((key, Document::read(document.text.as_deref()?, &context)))).collect()
    }

    /// What is known of all of them together.
    pub(super) fn merged(&self) -> Merged {
        let again = self.understood_with_others();
        let documents: Vec<(&String, &Document)> =
            self.documents.iter().map(|(key, document)| (key, again.get(key).unwrap_or(document))).collect();
        let is_staged = documents.iter().any(|(_, document)| !document.manifests.staged.is_empty());
        // Only what is staged can be at odds with others here.
        let conflicts = if is_staged {
            let parts = documents.iter().map(|(_, document)| *document);
            let parts = parts.filter(|it| it.is_entangled || !it.manifests.staged.is_empty());
            Manifests::of_parts(parts.map(|document| &document.manifests)).1
        } else {
            Vec::new()
        };
        let mut merged = Merged {
            digests: BTreeMap::new(),
            names: BTreeSet::new(),
            backstops: BTreeSet::new(),
            is_unfinished: !self.is_complete,
            is_staged,
            data: BTreeSet::new(),
            doubtful: Vec::new(),
            dark: BTreeSet::new(),
            is_dark: false,
            faults: conflicts
                .iter()
                .map(|it| PolicyFault { key: String::new(), message: it.message.clone() })
                .collect(),
            keys: BTreeSet::new(),
            blocks: BTreeSet::new(),
        };
        for (key, document) in documents {
            let message = |message: &String| PolicyFault { key: key.clone(), message: message.clone() };
            merged.names.extend(document.manifests.policies().cloned());
            merged.backstops.extend(document.backstops.iter().cloned());
            let is_new = |key: &&String| !merged.keys.contains(*key);
            let new: Vec<String> = document.keys.iter().filter(is_new).cloned().collect();
            merged.keys.extend(new);
            merged.blocks.extend(&document.blocks);
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
        merged
    }
}

impl Changes {
    fn of(&mut self, document: &Document) {
        self.is_more |= document.is_entangled;
        self.policies.extend(document.manifests.speaks_of().cloned());
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
            backstops: manifests.backstops(),
            keys: manifests.label_keys(),
            blocks: manifests.blocks(),
            is_entangled: is_context || is_dark || !manifests.is_only_policies(),
            faults: errors.iter().map(|error| error.message.clone()).collect(),
            dark: is_dark.then(|| namespaces_in(text)),
            text: (is_dark || is_context).then(|| text.to_owned()),
            is_context: is_context && !is_dark,
            digest: digest(text),
            meaning: meaning(&manifests, &errors),
            manifests: manifests.as_part(),
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
        // In which order somebody wrote the keys is no change.
        object.sort_all_objects();
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
