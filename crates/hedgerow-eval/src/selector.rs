//! Selectors over labels, in the one form that Kubernetes' and Calico's selectors are read into, and the index that
//! answers them.

use std::collections::{BTreeMap, BTreeSet};

use crate::bits::Bits;

/// Whose labels a selector asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Space {
    /// The labels that the pod (or network set) wears itself.
    Own,
    /// The labels of its namespace.
    Namespace,
    /// The labels of its service account.
    ServiceAccount,
    /// What Calico knows of every endpoint: see [`Fact`].
    Fact,
}

/// One label key, and whose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) space: Space,
    pub(crate) name: String,
}

/// What Calico puts beside an endpoint's own labels, by the names it uses for them.
pub(crate) struct Fact;

impl Fact {
    pub(crate) const NAMESPACE: &'static str = "projectcalico.org/namespace";
    pub(crate) const ORCHESTRATOR: &'static str = "projectcalico.org/orchestrator";
    pub(crate) const SERVICE_ACCOUNT: &'static str = "projectcalico.org/serviceaccount";
    /// The orchestrator of every pod; network sets have none.
    pub(crate) const KUBERNETES: &'static str = "k8s";

    pub(crate) fn key(name: &str) -> Key {
        Key { space: Space::Fact, name: name.to_owned() }
    }

    /// The selector of everything in one namespace.
    pub(crate) fn in_namespace(namespace: &str) -> Selector {
        Selector::equals(Self::key(Self::NAMESPACE), namespace)
    }

    /// The selector of every pod, and of nothing that is no pod.
    pub(crate) fn is_pod() -> Selector {
        Selector::equals(Self::key(Self::ORCHESTRATOR), Self::KUBERNETES)
    }
}

/// A claim about labels. A key that is absent satisfies only the negated forms, in Kubernetes and in Calico.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Selector {
    Has(Key),
    In(Key, BTreeSet<String>),
    Contains(Key, String),
    StartsWith(Key, String),
    EndsWith(Key, String),
    Not(Box<Self>),
    /// Every one holds; of none, this is everything.
    Every(Vec<Self>),
    /// At least one holds; of none, this is nothing.
    Any(Vec<Self>),
}

impl Selector {
    pub(crate) fn everything() -> Self {
        Self::Every(Vec::new())
    }

    pub(crate) fn equals(key: Key, value: &str) -> Self {
        Self::In(key, BTreeSet::from([value.to_owned()]))
    }

    pub(crate) fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Whether it matches somebody; nothing where that hangs on labels that are not known. `worn` gives the value of a label,
    /// nothing where it is not worn, and nothing at all where it is not known.
    pub(crate) fn matches<'v>(&self, worn: &impl Fn(&Key) -> Option<Option<&'v str>>) -> Option<bool> {
        let is = |key: &Key, is_meant: &dyn Fn(&str) -> bool| worn(key).map(|value| value.is_some_and(is_meant));
        let all = |parts: &[Self], stop: bool| {
            let mut is_known = true;
            for part in parts {
                match part.matches(worn) {
                    Some(holds) if holds == stop => return Some(stop),
                    Some(_) => {}
                    None => is_known = false,
                }
            }
            is_known.then_some(!stop)
        };
        match self {
            Self::Has(key) => is(key, &|_| true),
            Self::In(key, values) => is(key, &|value| values.contains(value)),
            Self::Contains(key, part) => is(key, &|value| value.contains(part)),
            Self::StartsWith(key, start) => is(key, &|value| value.starts_with(start)),
            Self::EndsWith(key, end) => is(key, &|value| value.ends_with(end)),
            Self::Not(inner) => inner.matches(worn).map(|holds| !holds),
            Self::Every(parts) => all(parts, false),
            Self::Any(parts) => all(parts, true),
        }
    }

    /// Whether it asks for a key of some kind, whether or not it wants it there.
    pub(crate) fn asks_for(&self, is_meant: &impl Fn(&Key) -> bool) -> bool {
        match self {
            Self::Has(key)
            | Self::In(key, _)
            | Self::Contains(key, _)
            | Self::StartsWith(key, _)
            | Self::EndsWith(key, _) => is_meant(key),
            Self::Not(inner) => inner.asks_for(is_meant),
            Self::Every(parts) | Self::Any(parts) => parts.iter().any(|part| part.asks_for(is_meant)),
        }
    }

    /// The keys of the wearer's own labels that it asks for, whether or not it wants them there.
    pub(crate) fn own_keys(&self) -> BTreeSet<&str> {
        match self {
            Self::Has(key)
            | Self::In(key, _)
            | Self::Contains(key, _)
            | Self::StartsWith(key, _)
            | Self::EndsWith(key, _) => (key.space == Space::Own).then_some(key.name.as_str()).into_iter().collect(),
            Self::Not(inner) => inner.own_keys(),
            Self::Every(parts) | Self::Any(parts) => parts.iter().flat_map(Self::own_keys).collect(),
        }
    }
}

/// Who wears which label: for each key, each value and its wearers.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    wearers: BTreeMap<Key, BTreeMap<String, Wearers>>,
    members: Bits,
}

/// The wearers of one label: a list while they are few, since most labels have one wearer.
#[derive(Debug, Clone)]
enum Wearers {
    Few(Vec<usize>),
    Many(Bits),
}

/// So many that a set is the shorter way to say it.
const MANY: usize = 24;

impl Wearers {
    fn insert(&mut self, wearer: usize, size: usize) {
        match self {
            Self::Few(few) if few.len() < MANY => few.push(wearer),
            Self::Few(few) => {
                let mut many = Bits::of(size, few.iter().copied());
                many.insert(wearer);
                *self = Self::Many(many);
            }
            Self::Many(many) => many.insert(wearer),
        }
    }

    fn add_to(&self, bits: &mut Bits) {
        match self {
            Self::Few(few) => few.iter().for_each(|wearer| bits.insert(*wearer)),
            Self::Many(many) => bits.unite(many),
        }
    }

    fn retain_in(&self, bits: &mut Bits) {
        match self {
            Self::Few(few) => {
                let kept: Vec<_> = few.iter().copied().filter(|wearer| bits.contains(*wearer)).collect();
                bits.clear();
                kept.into_iter().for_each(|wearer| bits.insert(wearer));
            }
            Self::Many(many) => bits.intersect(many),
        }
    }
}

impl Index {
    /// An index over wearers with numbers below `size`, of which none wears anything yet.
    pub(crate) fn new(size: usize) -> Self {
        Self { wearers: BTreeMap::new(), members: Bits::none(size) }
    }

    /// Makes `wearer` one that selectors can select.
    pub(crate) fn admit(&mut self, wearer: usize) {
        self.members.insert(wearer);
    }

    /// Says that `wearer` wears a label; it is a member from then on.
    pub(crate) fn wear(&mut self, wearer: usize, space: Space, name: &str, value: &str) {
        self.admit(wearer);
        let key = Key { space, name: name.to_owned() };
        let values = self.wearers.entry(key).or_default();
        match values.get_mut(value) {
            Some(wearers) => wearers.insert(wearer, self.members.size()),
            None => {
                values.insert(value.to_owned(), Wearers::Few(vec![wearer]));
            }
        }
    }

    /// Whether any member wears the label key itself.
    pub(crate) fn is_worn(&self, own_key: &str) -> bool {
        self.wearers.contains_key(&Key { space: Space::Own, name: own_key.to_owned() })
    }

    /// The members that a selector selects.
    pub(crate) fn select(&self, selector: &Selector) -> Bits {
        match selector {
            Selector::Has(key) => self.with_value(key, |_| true),
            Selector::In(key, wanted) if wanted.len() == 1 => {
                let mut bits = Bits::none(self.members.size());
                if let Some(wearers) = self.only(key, wanted) {
                    wearers.add_to(&mut bits);
                }
                bits
            }
            Selector::In(key, wanted) => self.with_value(key, |value| wanted.contains(value)),
            Selector::Contains(key, part) => self.with_value(key, |value| value.contains(part.as_str())),
            Selector::StartsWith(key, part) => self.with_value(key, |value| value.starts_with(part.as_str())),
            Selector::EndsWith(key, part) => self.with_value(key, |value| value.ends_with(part.as_str())),
            Selector::Not(inner) => {
                let mut rest = self.members.clone();
                rest.subtract(&self.select(inner));
                rest
            }
            Selector::Every(parts) => {
                let mut all = self.members.clone();
                self.narrow(parts, &mut all);
                all
            }
            Selector::Any(parts) => parts.iter().fold(Bits::none(self.members.size()), |mut any, part| {
                any.unite(&self.select(part));
                any
            }),
        }
    }

    /// Keeps those that every part selects.
    fn narrow(&self, parts: &[Selector], all: &mut Bits) {
        for part in parts {
            match part {
                Selector::In(key, wanted) if wanted.len() == 1 => match self.only(key, wanted) {
                    Some(wearers) => wearers.retain_in(all),
                    None => all.clear(),
                },
                Selector::Every(parts) => self.narrow(parts, all),
                Selector::Has(_)
                | Selector::In(..)
                | Selector::Contains(..)
                | Selector::StartsWith(..)
                | Selector::EndsWith(..)
                | Selector::Not(_)
                | Selector::Any(_) => all.intersect(&self.select(part)),
            }
        }
    }

    /// The wearers of the one value that is wanted.
    fn only(&self, key: &Key, wanted: &BTreeSet<String>) -> Option<&Wearers> {
        self.wearers.get(key).zip(wanted.first()).and_then(|(values, value)| values.get(value))
    }

    fn with_value(&self, key: &Key, holds: impl Fn(&str) -> bool) -> Bits {
        let mut bits = Bits::none(self.members.size());
        let values = self.wearers.get(key).into_iter().flatten().filter(|(value, _)| holds(value));
        values.for_each(|(_, wearers)| wearers.add_to(&mut bits));
        bits
    }
}
