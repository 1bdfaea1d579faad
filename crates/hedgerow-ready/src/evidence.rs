//! The answer for one callee: a verdict, and each line of evidence for it.

use crate::bound::{Counts, silent_rate};
use hedgerow_core::diag::{count, enumerate};
use hedgerow_core::name::ServiceName;
use hedgerow_observe::observations::Moment;

/// The answer for one callee.
#[derive(Debug, Clone, PartialEq)]
pub struct Readiness {
    /// The callee.
    pub service: ServiceName,
    /// Who answers for it.
    pub owner: Option<String>,
    /// May it be enforced?
    pub verdict: Verdict,
    /// What speaks for it and against it, in a fixed order.
    pub evidence: Vec<Evidence>,
    /// What its silence is worth.
    pub silence: Silence,
}

/// May it be enforced?
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Yes.
    Ready,
    /// Nothing is wrong; time has to pass, until then at least.
    Wait(Moment),
    /// Something must be done first.
    Blocked,
    /// Nobody can tell: something was not watched. This is never ready.
    Unknown,
    /// It is enforced already.
    Enforced,
}

impl Verdict {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Wait(_) => "wait",
            Self::Blocked => "blocked",
            Self::Unknown => "unknown",
            Self::Enforced => "enforced",
        }
    }
}

/// One line of evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// What was looked at.
    pub kind: Kind,
    /// What it means.
    pub outcome: Outcome,
    /// What was found, in a sentence with its numbers.
    pub text: String,
    /// What can be done, where something can.
    pub help: Option<String>,
}

/// What a line of evidence means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It speaks for enforcing.
    Holds,
    /// It would not, but a person has said why it does not matter, and until when.
    Waived,
    /// Time has to pass.
    Wait(Moment),
    /// Something must be done.
    Blocks,
    /// It cannot be told.
    Unknown,
    /// It is told, and decides nothing.
    Note,
}

impl Outcome {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Waived => "waived",
            Self::Wait(_) => "wait",
            Self::Blocks => "blocks",
            Self::Unknown => "unknown",
            Self::Note => "note",
        }
    }
}

/// What was looked at, in the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Whether its policy is tried.
    Stage,
    /// Whether the code of everybody who can call it is understood.
    Code,
    /// Whether the observations are of this fleet and environment, whole, fresh, and long enough.
    Window,
    /// Whether calls came that no rule permits.
    Calls,
    /// Whether somebody listened all the time.
    Hearing,
    /// Whether a call that was made to be seen was seen.
    Canary,
    /// Whether the pods of its callers wear their labels.
    Labels,
    /// Since when its policy says what it says.
    Policy,
    /// Whether the cron jobs of its callers ran.
    Jobs,
    /// What its owner says happens rarely.
    Rare,
    /// Whether connections are open that are older than the window.
    Connections,
    /// Rules that nobody used.
    Unused,
    /// Whether a bound can be given for what nobody has seen.
    Silence,
}

impl Kind {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Code => "code",
            Self::Window => "window",
            Self::Calls => "calls",
            Self::Hearing => "hearing",
            Self::Canary => "canary",
            Self::Labels => "labels",
            Self::Policy => "policy",
            Self::Jobs => "jobs",
            Self::Rare => "rare",
            Self::Connections => "connections",
            Self::Unused => "unused",
            Self::Silence => "silence",
        }
    }
}

/// What the silence about one callee is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Silence {
    /// What is known of the whole fleet.
    pub fleet: Counts,
    /// Calls to this callee that are in the code and were not seen.
    pub not_seen: usize,
    /// How many calls to it are expected, at most, that neither code nor traffic has shown; infinite where nothing can be said.
    pub expected: f64,
    /// For how many days nothing may have come that no rule permits.
    pub days: u32,
}

impl Silence {
    /// It in one sentence, and what it takes for granted in another.
    #[must_use]
    pub fn sentences(&self) -> (String, String) {
        let worth = if self.expected.is_finite() {
            let bound = edges(self.expected);
            format!("{bound} shown by neither code nor traffic, with 95 % confidence")
        } else {
            "traffic showed too little to say how much the scan of the code misses".to_owned()
        };
        let Counts { in_traffic, in_both, .. } = self.fleet;
        let missed = in_traffic.saturating_sub(in_both);
        let rate = silent_rate(u64::from(self.days));
        let taken = format!(
            "{} without such a call say only that they come less than {rate:.2} times a day. The scan missed {missed} of the fleet's {} that traffic \
             shows; traffic has not shown {} of this service's edges that the code has. This assumes that the scan misses rare calls no more often \
             than frequent ones",
            count(self.days, "day"),
            count(in_traffic, "edge"),
            self.not_seen,
        );
        (worth, taken)
    }
}

/// Rounded up: a bound that is rounded down is none.
fn edges(expected: f64) -> String {
    let shown = (expected * 100.0).ceil() / 100.0;
    if shown == 1.0 { "at most 1 edge is".to_owned() } else { format!("at most {shown} edges are") }
}

/// The first three, and how many more.
pub(crate) fn listed<T: std::fmt::Display>(items: &[T]) -> String {
    match items.len().saturating_sub(3) {
        0 => enumerate(items),
        more => {
            let shown = items.iter().take(3).map(ToString::to_string);
            enumerate(shown.chain([format!("{more} more")]))
        }
    }
}
