//! What the scan finds: edges with their evidence, and what it could not tell.

use crate::pack::Kind;
use hedgerow_code::ir::Range;
use hedgerow_core::diag::Code;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// How an edge is known, the firmest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Class {
    /// The code says it alone.
    Proven,
    /// The code asks for something that the deploy says.
    Joined,
    /// A comment says it.
    Declared,
    /// The service has an address of the other one, and no call that takes it was found.
    Addressed,
    /// The code cuts the name out of something, and several services fit. No rule is written for it.
    Wildcard,
    /// The deploy names the service, and no code that uses the name was found. No rule is written for it.
    Candidate,
}

/// A place in a file of the tree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The file's path below the tree's root.
    pub path: String,
    /// The stretch of it.
    pub range: Range,
}

/// One step on the way from an entry point to a call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hop {
    /// The function in which it happens.
    pub function: String,
    /// The call that leads on.
    pub place: Place,
}

/// The port of a call. Of a Kubernetes Service it is the Service's, which need not be the container's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Port {
    /// The address names it.
    Named(u16),
    /// The address names none.
    Usual,
    /// The call is known by something else than an address.
    Unknown,
}

/// Why an edge is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evidence {
    /// How the edge is known by this.
    pub class: Class,
    /// The call, or the comment.
    pub place: Place,
    /// The address as it stands in the code, with names for what comes from outside.
    pub target: String,
    /// The port that is called.
    pub port: Port,
    /// The protocol.
    pub kind: Kind,
    /// The way from the entry point to the call.
    pub way: Vec<Hop>,
}

/// One service calls another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// Who calls.
    pub caller: String,
    /// Who is called.
    pub callee: String,
    /// Why that is known, the firmest evidence first.
    pub evidence: Vec<Evidence>,
}

/// Something to tell the author of the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind of fault it is.
    #[serde(serialize_with = "write_code", deserialize_with = "read_code")]
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// Where, the first is the primary place; each with a few words.
    pub marks: Vec<(Place, String)>,
    /// What can be done.
    pub help: Vec<String>,
    /// The services that reach it.
    pub services: BTreeSet<String>,
    /// The services that it asks about: a rule for one of them is an answer.
    #[serde(default)]
    pub callees: BTreeSet<String>,
}

/// What the scan looked at of one service, and what it did not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The service's own source files that were read, by language.
    pub read: BTreeMap<String, Amount>,
    /// How many functions the service begins to run with.
    pub entries: usize,
    /// How many functions these reach, those of libraries included.
    pub functions: usize,
    /// What was not looked at.
    pub left: Vec<Left>,
}

/// So many files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// The files.
    pub files: usize,
    /// Their lines.
    pub lines: usize,
}

/// Something of a service that was not looked at, or not in full.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Left {
    /// Why.
    pub reason: Reason,
    /// What it is: a language, an import, a file's fault. Empty where the reason says it all.
    pub what: String,
    /// How many files.
    pub files: usize,
    /// How many lines these have, where that is known.
    pub lines: usize,
    /// The first of them.
    pub first: String,
}

/// Why something was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// There is code, and nothing of it begins to run.
    NoEntry,
    /// The code lies in no service's directory, and no service reaches it.
    Nobody,
    /// The scan does not read the language in depth: what its code names is asked about.
    Language,
    /// The file could not be read: it is too large, or no UTF-8.
    Unreadable,
    /// A part of a file could not be parsed.
    Unparsed,
    /// An import that should lead to a file of the tree leads to none.
    Import,
    /// A deploy file, or a chart's template, is not understood.
    Deploy,
    /// The scan took too many steps and stopped there.
    Steps,
    /// A text of no known kind that is too large to be looked at for the names of services.
    Unsearched,
    /// A workload of a chart whose name is not known in full: whose it is cannot be told.
    Unnamed,
    /// A `.gitignore` names it.
    Ignored,
    /// It runs in browsers, so its calls are theirs.
    Browser,
    /// Settings for an environment that the deploy does not choose.
    Environment,
    /// An address that a build writes into pages and that nothing sets.
    Published,
    /// A script that a program made small for browsers: it is searched for addresses, and no more.
    Bundle,
}

impl Reason {
    /// All of them, in the order in which users read them.
    pub const ALL: [Self; 15] = [
        Self::Browser,
        Self::NoEntry,
        Self::Nobody,
        Self::Language,
        Self::Unreadable,
        Self::Unparsed,
        Self::Import,
        Self::Deploy,
        Self::Steps,
        Self::Unsearched,
        Self::Unnamed,
        Self::Ignored,
        Self::Environment,
        Self::Published,
        Self::Bundle,
    ];

    /// The reason as users read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoEntry => "no entry point",
            Self::Nobody => "code of no service",
            Self::Language => "language not read",
            Self::Unreadable => "file not read",
            Self::Unparsed => "not parsed in full",
            Self::Import => "import that leads nowhere",
            Self::Deploy => "deploy file not understood",
            Self::Steps => "too many steps",
            Self::Unsearched => "not searched for names",
            Self::Unnamed => "workload without a known name",
            Self::Ignored => "left to .gitignore",
            Self::Browser => "runs in browsers",
            Self::Environment => "settings for another environment",
            Self::Published => "address for browsers that nothing sets",
            Self::Bundle => "made small for browsers",
        }
    }
}

/// Languages of pages that are not read.
const OF_PAGES: [&str; 6] = ["Vue", "Svelte", "CoffeeScript", "Elm", "PureScript", "ReScript"];

impl Account {
    /// Whether there is any code, read or not.
    #[must_use]
    pub fn has_code(&self) -> bool {
        !self.read.is_empty() || self.left.iter().any(|left| left.reason == Reason::Language)
    }

    /// Whether it is known where its code begins to run, in the service or in browsers.
    #[must_use]
    pub fn begins(&self) -> bool {
        self.entries > 0 || self.is_browsers()
    }

    /// Whether all of its code runs in browsers: what is of another language is not told by the pages beside it.
    pub(crate) fn is_browsers(&self) -> bool {
        let of_pages = |left: &Left| left.reason != Reason::Language || OF_PAGES.contains(&left.what.as_str());
        self.left.iter().any(|left| left.reason == Reason::Browser)
            && self.read.keys().all(|language| matches!(language.as_str(), "JavaScript" | "TypeScript"))
            && self.left.iter().all(of_pages)
    }

    /// Adds something that was not looked at to what is of the same kind.
    pub(crate) fn leave(&mut self, reason: Reason, what: &str, lines: usize, path: &str) {
        match self.left.iter_mut().find(|left| left.reason == reason && left.what == what) {
            Some(left) => {
                left.files += 1;
                left.lines += lines;
                if path < left.first.as_str() {
                    path.clone_into(&mut left.first);
                }
            }
            None => self.left.push(Left { reason, what: what.to_owned(), files: 1, lines, first: path.to_owned() }),
        }
    }
}

/// Everything a scan found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The edges, by caller and callee.
    pub edges: BTreeMap<(String, String), Edge>,
    /// What could not be told, and what is wrong with comments.
    pub findings: Vec<Finding>,
    /// Hosts outside of the fleet, each with the services that call it and where.
    pub outside: BTreeMap<(String, String), Place>,
    /// The services that were scanned, with how many functions each reaches.
    pub services: BTreeMap<String, usize>,
    /// What was looked at of each service, and what was not.
    pub accounts: BTreeMap<String, Account>,
    /// What is no single service's and was not understood.
    pub left: Vec<Left>,
}

/// A code by the name that users read: numbers may change from version to version.
fn write_code<S: Serializer>(code: &Code, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(code.as_str())
}

fn read_code<'d, D: Deserializer<'d>>(from: D) -> Result<Code, D::Error> {
    let text = String::deserialize(from)?;
    let known = Code::ALL.iter().find(|code| code.as_str() == text);
    known.copied().ok_or_else(|| serde::de::Error::custom("no such code"))
}

impl Class {
    /// The class as users read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Joined => "joined",
            Self::Declared => "declared",
            Self::Addressed => "addressed",
            Self::Wildcard => "wildcard",
            Self::Candidate => "candidate",
        }
    }

    /// Whether an edge of this class is a rule file.
    #[must_use]
    pub const fn is_rule(self) -> bool {
        match self {
            Self::Proven | Self::Joined | Self::Declared | Self::Addressed => true,
            Self::Wildcard | Self::Candidate => false,
        }
    }
}

impl From<Option<u16>> for Port {
    /// The port that an address names or does not.
    fn from(port: Option<u16>) -> Self {
        port.map_or(Self::Usual, Self::Named)
    }
}

impl Edge {
    /// How the edge is known: the class of its firmest evidence.
    #[must_use]
    pub fn class(&self) -> Class {
        self.evidence.iter().map(|evidence| evidence.class).min().unwrap_or(Class::Candidate)
    }

    /// The port that is called, where every address names the same one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        let mut ports = self.evidence.iter().map(|evidence| evidence.port).filter(|port| *port != Port::Unknown);
        let first = ports.next()?;
        match first {
            Port::Named(number) if ports.all(|port| port == first) => Some(number),
            Port::Named(_) | Port::Usual | Port::Unknown => None,
        }
    }
}

/// What the mark of another call with the same cause says.
pub(crate) const AND_THIS: &str = "and this one";

/// What the mark of another call of the same wrapper says.
pub(crate) const AND_FROM_HERE: &str = "and from here";

/// How many calls of one question are marked.
const MAX_SHOWN: usize = 3;

impl Finding {
    /// The marks that a reader needs, and the places of more of the same.
    #[must_use]
    pub fn shown(&self) -> (Vec<&(Place, String)>, Vec<&Place>) {
        let mut more = Vec::new();
        let mut shown = Vec::new();
        let mut others = 0;
        for mark in &self.marks {
            others += usize::from([AND_THIS, AND_FROM_HERE].contains(&mark.1.as_str()));
            match others < MAX_SHOWN || ![AND_THIS, AND_FROM_HERE].contains(&mark.1.as_str()) {
                true => shown.push(mark),
                false => more.push(&mark.0),
            }
        }
        (shown, more)
    }

    /// The calls that it asks about.
    pub fn calls(&self) -> impl Iterator<Item = &Place> {
        let own = self.marks.iter().take(1);
        own.chain(self.marks.iter().skip(1).filter(|(_, text)| text == AND_THIS)).map(|(place, _)| place)
    }
}

impl Outcome {
    /// Adds evidence of an edge. A service needs no rule to call itself.
    pub(crate) fn add(&mut self, caller: &str, callee: &str, evidence: Evidence) {
        if caller == callee {
            return;
        }
        let edge = self.edges.entry((caller.to_owned(), callee.to_owned())).or_insert_with(|| Edge {
            caller: caller.to_owned(),
            callee: callee.to_owned(),
            evidence: Vec::new(),
        });
        if let Err(at) = edge.evidence.binary_search(&evidence) {
            edge.evidence.insert(at, evidence);
        }
    }

    /// Adds what another part of the scan found.
    pub(crate) fn merge(&mut self, other: Self) {
        for ((caller, callee), edge) in other.edges {
            for evidence in edge.evidence {
                self.add(&caller, &callee, evidence);
            }
        }
        for finding in other.findings {
            let same =
                |f: &&mut Finding| f.code == finding.code && f.marks == finding.marks && f.message == finding.message;
            match self.findings.iter_mut().find(same) {
                Some(known) => known.services.extend(finding.services),
                None => self.findings.push(finding),
            }
        }
        self.outside.extend(other.outside);
        self.services.extend(other.services);
        self.accounts.extend(other.accounts);
        self.left.extend(other.left);
    }
}
