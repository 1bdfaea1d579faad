//! What an expression may be worth.

use crate::reach::Site;
use std::collections::{BTreeMap, BTreeSet};

/// More values than this are not told apart: the rest is unknown.
pub(crate) const MAX_VALUES: usize = 256;

/// More ways to put texts together than this are not told apart.
pub(crate) const MAX_PRODUCT: usize = 64;

/// How many crossings of a value's way are kept.
const MAX_WAY: usize = 16;

/// How many unknown places are kept.
const MAX_UNKNOWN: usize = 64;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Piece {
    /// Letters that are there in any case.
    Text(String),
    /// What an environment variable holds.
    Environment(String),
    /// What a flag is given.
    Flag(String),
    /// What the configuration says at a path.
    Setting(Vec<String>),
    /// A word by which something is asked of a value that nobody knows: a path of a client's, or a key of a map.
    Key(String),
    /// Anything.
    Hole,
}

impl Piece {
    /// What a deploy file has to set for it, for a message; nothing for what has no name.
    pub(crate) fn asked(&self) -> Option<String> {
        match self {
            Self::Environment(name) => Some(format!("the environment variable `{name}`")),
            Self::Flag(name) => Some(format!("the flag `{name}`")),
            Self::Setting(path) if path.iter().any(|part| part != "*") => {
                Some(format!("the setting `{}`", path.join(".")))
            }
            Self::Setting(_) | Self::Text(_) | Self::Key(_) | Self::Hole => None,
        }
    }
}

/// A text with pieces that come from outside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Template(pub(crate) Vec<Piece>);

/// What an expression may be worth.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    /// A text.
    Text(Template),
    /// A part of the configuration: a structure, a list, or a text.
    Setting(Vec<String>),
    /// A value that is written out or constructed there, seen from the calls that lead there.
    Made(Site, Vec<Site>),
    /// All variables of the process: `process.env`.
    Environment,
    /// The named arguments of that call, seen from the calls that lead there.
    Named(Site, Vec<Site>),
    /// A connection opened there to one of these targets.
    Connection(Site, Vec<Template>),
}

/// A call between the place of a value and the place of its use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Crossing {
    /// The call.
    pub(crate) site: Site,
    /// Which way the value comes.
    pub(crate) way: Way,
}

/// Which way a value crosses a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// As an argument, from the caller.
    Argument,
    /// As a result, from the callee.
    Result,
}

/// A place at which a value gets out of sight.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unknown {
    /// The place.
    pub(crate) at: Site,
    /// The calls between it and the use, the nearest to the use first.
    pub(crate) way: Vec<Crossing>,
    /// Whether it does not say by itself who is called: it stands behind the host of an address, or only holds what is asked for.
    pub(crate) is_aside: bool,
}

/// Everything an expression may be worth.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Values {
    /// The values, each with the calls between its place and the use, the nearest to the use first.
    pub(crate) known: BTreeMap<Value, Vec<Crossing>>,
    /// Where others get out of sight.
    pub(crate) unknown: BTreeSet<Unknown>,
}

impl Template {
    /// A text without pieces from outside.
    pub(crate) fn text(text: &str) -> Self {
        Self(if text.is_empty() { Vec::new() } else { vec![Piece::Text(text.to_owned())] })
    }

    /// One piece alone.
    pub(crate) fn piece(piece: Piece) -> Self {
        Self(vec![piece])
    }

    /// One text behind the other. Letters that meet become one piece.
    pub(crate) fn append(&mut self, other: &Self) {
        for piece in &other.0 {
            match (self.0.last_mut(), piece) {
                (Some(Piece::Text(text)), Piece::Text(more)) => text.push_str(more),
                (Some(Piece::Hole), Piece::Hole) => {}
                _ => self.0.push(piece.clone()),
            }
        }
    }

    /// The environment variables it takes in.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Environment(name) => Some(name.as_str()),
            Piece::Text(_) | Piece::Flag(_) | Piece::Setting(_) | Piece::Key(_) | Piece::Hole => None,
        })
    }

    /// The same where a key is a piece of it, which may be the key of a map.
    fn keyed(self) -> Self {
        let key = |piece| match piece {
            Piece::Text(text) => Piece::Key(text),
            other => other,
        };
        Self(self.0.into_iter().map(key).collect())
    }

    /// The address with its keys as letters, if they are behind its host: who writes a key of a map there does not mean a host.
    fn unkeyed(self) -> Option<Self> {
        let mut found = Self::default();
        for piece in self.0 {
            let Piece::Key(key) = piece else {
                found.append(&Self(vec![piece]));
                continue;
            };
            let is_behind = match found.0.as_slice() {
                [] => false,
                [Piece::Text(text)] => text.split_once("://").map_or(text.as_str(), |(_, rest)| rest).contains('/'),
                _ => true,
            };
            if !is_behind {
                return None;
            }
            found.append(&Self::text(&key));
        }
        Some(found)
    }

    /// The pieces that say which host it is: those of them that come from outside.
    pub(crate) fn of_host(&self) -> impl Iterator<Item = &Piece> {
        let ends = |piece: &&Piece| match piece {
            Piece::Text(text) => behind_scheme(text).contains(['/', '?']),
            Piece::Environment(_) | Piece::Flag(_) | Piece::Setting(_) | Piece::Key(_) | Piece::Hole => false,
        };
        self.0.iter().take_while(move |piece| !ends(piece)).filter(|piece| !matches!(piece, Piece::Text(_)))
    }

    /// The piece in which the host ends, where there is something in front of the path.
    pub(crate) fn host_ends(&self) -> Option<usize> {
        let ends = |piece: &Piece| matches!(piece, Piece::Text(text) if behind_scheme(text).contains(['/', '?']));
        let end = self.0.iter().position(ends)?;
        let is_said = |text: &str| text.contains("://") && !behind_scheme(text).starts_with(['/', '?']);
        let has_host = self.0[..end].iter().any(|piece| !matches!(piece, Piece::Text(_)))
            || matches!(&self.0[end], Piece::Text(text) if is_said(text));
        has_host.then_some(end)
    }

    /// Whether what comes behind it is not what says the host: there is a path, or something else that nobody knows.
    fn has_host(&self) -> bool {
        let rest = self.0.iter().rposition(|piece| matches!(piece, Piece::Text(text) if text.contains("://")));
        let mut rest = self.0.iter().skip(rest.unwrap_or(0));
        rest.any(|piece| match piece {
            Piece::Text(text) => behind_scheme(text).contains(['/', '?']),
            Piece::Environment(_) | Piece::Flag(_) | Piece::Setting(_) | Piece::Key(_) | Piece::Hole => true,
        })
    }

    /// The text, if it has no pieces from outside.
    pub(crate) fn constant(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }
}

/// What stands behind the scheme of a part of an address.
fn behind_scheme(text: &str) -> &str {
    text.rsplit_once("://").map_or(text, |(_, rest)| rest)
}

impl std::fmt::Display for Template {
    /// As a person reads it: `http://$LEDGER_ADDR/…`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) | Piece::Key(text) => f.write_str(text)?,
                Piece::Environment(name) => write!(f, "${name}")?,
                Piece::Flag(name) => write!(f, "<flag {name}>")?,
                Piece::Setting(path) => write!(f, "<setting {}>", path.join("."))?,
                Piece::Hole => f.write_str("…")?,
            }
        }
        Ok(())
    }
}

impl Values {
    /// One value.
    pub(crate) fn one(value: Value) -> Self {
        Self { known: BTreeMap::from([(value, Vec::new())]), unknown: BTreeSet::new() }
    }

    /// One text.
    pub(crate) fn text(text: &str) -> Self {
        Self::one(Value::Text(Template::text(text)))
    }

    /// Anything, because the value gets out of sight there.
    pub(crate) fn lost(at: Site) -> Self {
        let mut values = Self::one(Value::Text(Template::piece(Piece::Hole)));
        values.unknown.insert(Unknown { at, way: Vec::new(), is_aside: false });
        values
    }

    /// Whether nothing at all is known, not even that it can be anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty() && self.unknown.is_empty()
    }

    /// Whether a part of the values comes in as an argument.
    pub(crate) fn comes_in(&self) -> bool {
        let mut ways = self.known.values().chain(self.unknown.iter().map(|unknown| &unknown.way));
        ways.any(|way| way.iter().any(|crossing| crossing.way == Way::Argument))
    }

    /// Adds other values.
    pub(crate) fn add(&mut self, other: &Self) {
        for (value, way) in &other.known {
            if self.known.len() >= MAX_VALUES {
                self.known.entry(Value::Text(Template::piece(Piece::Hole))).or_default();
                break;
            }
            self.known.entry(value.clone()).or_insert_with(|| way.clone());
        }
        for unknown in &other.unknown {
            if self.unknown.len() < MAX_UNKNOWN {
                self.unknown.insert(unknown.clone());
            }
        }
    }

    /// The same values, seen from the other side of a call.
    pub(crate) fn across(&self, crossing: Crossing) -> Self {
        let step = |way: &Vec<Crossing>| {
            let mut way = way.clone();
            if way.len() < MAX_WAY {
                way.insert(0, crossing);
            }
            way
        };
        Self {
            known: self.known.iter().map(|(value, way)| (value.clone(), step(way))).collect(),
            unknown: self.unknown.iter().map(|u| Unknown { way: step(&u.way), ..*u }).collect(),
        }
    }

    /// Where the values get out of sight, for a target of which they do not say who is called.
    pub(crate) fn aside(&self) -> BTreeSet<Unknown> {
        self.unknown.iter().map(|unknown| Unknown { is_aside: true, ..unknown.clone() }).collect()
    }

    /// The same values, where they are what something is asked by of a value that nobody knows.
    pub(crate) fn keyed(self) -> Self {
        let keyed = |value| match value {
            Value::Text(template) => Value::Text(template.keyed()),
            other => other,
        };
        Self { known: self.known.into_iter().map(|(value, way)| (keyed(value), way)).collect(), ..self }
    }

    /// The addresses without those whose host may be the key of a map, if any other is left.
    pub(crate) fn unkeyed(self) -> Option<Self> {
        let is_any = !self.is_empty();
        let unkeyed = |value| match value {
            Value::Text(template) => template.unkeyed().map(Value::Text),
            other => Some(other),
        };
        let known = self.known.into_iter().filter_map(|(value, way)| Some((unkeyed(value)?, way))).collect();
        let left = Self { known, ..self };
        (!is_any || !left.is_empty()).then_some(left)
    }

    /// The values as texts. What is no text can be anything.
    pub(crate) fn templates(&self) -> BTreeMap<Template, Vec<Crossing>> {
        let mut found = BTreeMap::new();
        for (value, way) in &self.known {
            let template = match value {
                Value::Text(template) => template.clone(),
                Value::Setting(path) => Template::piece(Piece::Setting(path.clone())),
                Value::Environment | Value::Made(..) | Value::Named(..) | Value::Connection(..) => {
                    Template::piece(Piece::Hole)
                }
            };
            found.entry(template).or_insert_with(|| way.clone());
        }
        found
    }

    /// Every text of these behind every text of those.
    pub(crate) fn then(&self, other: &Self) -> Self {
        let mut found = Self { known: BTreeMap::new(), unknown: self.unknown.clone() };
        let (left, mut right) = (self.templates(), other.templates());
        let is_behind = !left.is_empty() && left.keys().all(Template::has_host);
        found.unknown.extend(if is_behind { other.aside() } else { other.unknown.clone() });
        if right.is_empty() {
            right.insert(Template::default(), Vec::new());
        }
        if left.len() * right.len() > MAX_PRODUCT {
            right = BTreeMap::from([(Template::piece(Piece::Hole), Vec::new())]);
        }
        let left = if left.is_empty() { BTreeMap::from([(Template::default(), Vec::new())]) } else { left };
        for (a, way) in &left {
            for (b, other_way) in &right {
                let mut both = a.clone();
                both.append(b);
                let mut way = way.clone();
                way.extend(other_way.iter().filter(|c| !way.contains(c)).copied().collect::<Vec<_>>());
                way.truncate(MAX_WAY);
                found.known.entry(Value::Text(both)).or_insert(way);
            }
        }
        found
    }
}
