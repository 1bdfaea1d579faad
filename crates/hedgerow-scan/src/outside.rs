//! What a service's code names outside of the tree: each path once, so that the packs are asked about it once.

use crate::pack::Packs;
use hedgerow_code::frontend::Language;
use std::collections::BTreeMap;

/// The index of a path in [`Paths`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PathId(u32);

/// A path outside of the tree, with the language whose code names it.
#[derive(Debug)]
pub(crate) struct Outside {
    /// The language.
    pub(crate) language: Language,
    /// The path as packs write it.
    pub(crate) path: String,
    /// Whether it is a function that calls no method of what it is given.
    pub(crate) is_inert: bool,
    /// Whether it is a function that only lists the functions it is given.
    pub(crate) is_registry: bool,
    /// Whether it is a function that listens at an address which it is given.
    pub(crate) listens: bool,
}

/// The paths that are named.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    known: BTreeMap<(Language, String), PathId>,
    all: Vec<Outside>,
}

impl Paths {
    /// Takes in a path.
    pub(crate) fn add(&mut self, packs: &Packs, language: Language, path: String) -> PathId {
        let key = (language, path);
        if let Some(id) = self.known.get(&key) {
            return *id;
        }
        let id = PathId(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        let path = key.1.clone();
        self.all.push(Outside {
            language,
            is_inert: packs.is_inert(&path),
            is_registry: packs.is_registry(&path),
            listens: packs.listens(language, &path),
            path,
        });
        self.known.insert(key, id);
        id
    }

    /// The path with this id.
    pub(crate) fn get(&self, id: PathId) -> &Outside {
        &self.all[id.0 as usize]
    }

    /// What `ask` says about each path.
    pub(crate) fn ask<'a, T>(&'a self, ask: impl Fn(&'a Outside) -> T) -> Answers<T> {
        Answers(self.all.iter().map(ask).collect())
    }

    /// All paths.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Outside> {
        self.all.iter()
    }
}

/// What was said about each path.
#[derive(Debug)]
pub(crate) struct Answers<T>(Vec<T>);

impl<T> Answers<T> {
    /// What was said about a path.
    pub(crate) fn get(&self, id: PathId) -> &T {
        &self.0[id.0 as usize]
    }
}
