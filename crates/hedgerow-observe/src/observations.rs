//! Observations as text: JSON lines with a header, the form that is kept, sent, and read by every command.
//!
//! ```json
//! {"version":1,"from":"2026-11-01T00:00:00Z","to":"2026-12-01T00:00:00Z","catalogue":"sha256:…","coverage":[{"node":"a","source":"conntrack","heard":43200,"blind":0}],"canaries":[]}
//! {"caller":{"service":"service.emoji"},"callee":"service.ledger","port":8080,"protocol":"TCP","verdict":"permitted","first":"2026-11-01T00:00:10Z","last":"2026-11-30T23:59:00Z","count":86400,"days":30}
//! ```
//!
//! A text without its header is no observations: nobody could say how long was listened. Lines that are not understood are counted and
//! the first is named; a reader of [`Observations`] that finds any must not say that nothing was seen.
//!
//! What may be absent was not watched: a reader that needs it must answer that it does not know.

use crate::time::{rfc3339, to_rfc3339};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the form that is read and written.
pub const VERSION: u32 = 1;
/// The most times that [`Coverage::gaps`] holds for one source.
pub const MAX_GAPS: usize = 1_000;
/// The longest line, in bytes: the header tells of each node and service.
pub const MAX_LINE: usize = 1 << 26;
/// The most lines: ten times the edges of a large fleet, for each day of a year.
pub const MAX_LINES: usize = 40_000_000;

/// What was listened to, and what was heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Observations {
    /// The first line.
    pub header: Header,
    /// The other lines.
    pub observed: Vec<Observation>,
    /// Lines that are not understood, and the first of them with the reason.
    pub faults: Faults,
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Always [`VERSION`].
    pub version: u32,
    /// The first moment that it tells of, as RFC 3339.
    pub from: Moment,
    /// The last.
    pub to: Moment,
    /// The digest of the catalogue by which services were named ([`Catalogue::naming_digest`]; earlier versions wrote [`Catalogue::digest`]);
    /// nothing where there was none.
    ///
    /// [`Catalogue::digest`]: hedgerow_core::catalogue::Catalogue::digest
    /// [`Catalogue::naming_digest`]: hedgerow_core::catalogue::Catalogue::naming_digest
    pub catalogue: Option<String>,
    /// The digest of the rules by which labels of pods were judged (`Catalogue::labelling_digest`); nothing where nobody had rules, and in
    /// observations of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labelling: Option<String>,
    /// The environment that was watched; nothing where nobody said it, as in observations of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// How many calls are left out because they were over before `from`: nodes told of them later.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub earlier: u64,
    /// For how long each source of each node proved that it was listening.
    pub coverage: Vec<Coverage>,
    /// Which canaries were seen.
    pub canaries: Vec<Canary>,
    /// What was watched of each service in the cluster, besides its calls.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<String, Watched>,
}

/// What was watched of one service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watched {
    /// The nodes on which its pods ran at any time of the window. A call to it is seen on these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<String>,
    /// How many of its pods run at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pods: Option<u64>,
    /// How many of these do not wear the label that lets them call a service which a rule lets them call; by callee.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unlabelled: BTreeMap<String, u64>,
    /// How many of these wear a label that no rule gives; by callee.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub forged: BTreeMap<String, u64>,
    /// How many running pods of no service wear a label with which they may call it. Earlier versions did not tell.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub strangers: u64,
    /// How many of these wear the label of which type, by type; of types that the catalogue lists. Nothing where nobody told it, as in observations of
    /// earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub types: Option<BTreeMap<String, u64>>,
    /// The policy by which calls to it were judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<JudgedBy>,
    /// For how many seconds the oldest connection to it has been open at the end; 0 where none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_open: Option<u64>,
    /// Which of its cron jobs ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<JobRuns>,
}

/// A policy, and since when it says what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgedBy {
    /// A digest of what it means, [`crate::verdict::meaning_of`] its objects. Empty where there is no policy.
    pub digest: String,
    /// Since when it has not changed.
    pub since: Moment,
}

/// The runs of one cron job within the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobRuns {
    /// The workload as the catalogue names it: `CronJob/NAME`.
    pub workload: String,
    /// How many runs ended well.
    pub finished: u64,
    /// When the last of these ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Moment>,
}

/// How long a source listened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// The node.
    pub node: String,
    /// The source.
    pub source: String,
    /// Minutes in which it proved that it was listening.
    pub heard: u64,
    /// Minutes in which it gave no proof.
    pub blind: u64,
    /// Records that are known to be lost.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lost: u64,
    /// Since when the node is there, where that is within the window. Of the time before, no minute is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
    /// Until when the node was there, where it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// When it gave no proof or lost records: sorted, apart from each other, at most [`MAX_GAPS`]; where there were more, the shortest breaks between
    /// them are taken in. Empty although `blind` is not 0: nobody knows when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
}

/// A time in which nothing is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// From when.
    pub from: Moment,
    /// To when.
    pub to: Moment,
}

/// Calls that were made to be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// Who was called.
    pub callee: String,
    /// How many calls were made.
    pub sent: u64,
    /// How many were seen.
    pub seen: u64,
    /// When one was last not seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<Moment>,
    /// Since when there is no day (of UTC) without calls, and none with a call that was not seen, up to the end of the window. Nothing where the last
    /// day is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
}

/// One edge as traffic showed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// Who called.
    pub caller: End,
    /// The service that was called.
    pub callee: String,
    /// The container's port.
    pub port: u16,
    /// The protocol, such as `TCP`.
    pub protocol: String,
    /// What became of it.
    pub verdict: Verdict,
    /// When it was seen first.
    pub first: Moment,
    /// When it was seen last.
    pub last: Moment,
    /// How often.
    pub count: u64,
    /// On how many days (of UTC) it was seen; 0 where nobody counted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub days: u64,
}

/// Who called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// A service of the fleet.
    Service(String),
    /// Somebody who is none: a node, an address, a pod of nobody's.
    Outsider(String),
    /// One of these; which one cannot be told.
    Unknown(Vec<String>),
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// A rule, a type or an `allow` entry permits it.
    Permitted,
    /// It got through, and nothing permits it.
    Unpermitted,
    /// It was dropped.
    Dropped,
    /// It cannot be told.
    Unknown,
}

/// A moment, to the second, as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(pub i64);

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        rfc3339(&text)
            .map(|micros| Self(micros.div_euclid(1_000_000)))
            .ok_or_else(|| "not a time of RFC 3339".to_owned())
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        to_rfc3339(moment.0)
    }
}

/// What was not understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// How many lines.
    pub count: u64,
    /// The first, counted from 1, with the reason.
    pub first: Option<(usize, String)>,
}

/// Why a text is no observations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotObservations {
    /// Nothing is there.
    Empty,
    /// The first line is no header; with the reason.
    Header(String),
    /// The header is of another version.
    Version(u32),
    /// It ends before it begins.
    Window,
}

impl Observations {
    /// Reads a text.
    ///
    /// # Errors
    /// When its first line is no header of this version.
    pub fn read(text: &str) -> Result<Self, NotObservations> {
        let mut lines = text.split('\n').map(|line| line.trim_end_matches('\r')).enumerate();
        let (_, first) = lines.by_ref().find(|(_, line)| !line.trim().is_empty()).ok_or(NotObservations::Empty)?;
        let first = first.trim_start_matches('\u{FEFF}');
        if first.len() > MAX_LINE {
            return Err(NotObservations::Header("it is too long".to_owned()));
        }
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        match serde_json::from_str::<Version>(first) {
            Ok(Version { version }) if version != VERSION => return Err(NotObservations::Version(version)),
            _ => {}
        }
        let header: Header = serde_json::from_str(first).map_err(|error| NotObservations::Header(error.to_string()))?;
        if header.to < header.from {
            return Err(NotObservations::Window);
        }
        let (mut observed, mut faults) = (Vec::new(), Faults::default());
        for (at, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            match read_line(line, observed.len()) {
                Ok(observation) => observed.push(observation),
                Err(reason) => {
                    faults.count += 1;
                    faults.first.get_or_insert((at + 1, reason));
                }
            }
        }
        Ok(Self { header, observed, faults })
    }

    /// The text: the same observations give the same bytes.
    #[must_use]
    pub fn to_text(&self) -> String {
        let json = |value: Result<String, serde_json::Error>| value.expect("names, numbers and times have a JSON form");
        let mut text = json(serde_json::to_string(&self.header));
        for observation in &self.observed {
            text.push('\n');
            text.push_str(&json(serde_json::to_string(observation)));
        }
        text.push('\n');
        text
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn read_line(line: &str, so_far: usize) -> Result<Observation, String> {
    if line.len() > MAX_LINE {
        return Err("it is too long".to_owned());
    }
    if so_far >= MAX_LINES {
        return Err("there are more lines than are read".to_owned());
    }
    let observation: Observation = serde_json::from_str(line).map_err(|error| error.to_string())?;
    if observation.last < observation.first {
        return Err("it was seen last before it was seen first".to_owned());
    }
    Ok(observation)
}
