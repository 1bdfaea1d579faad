//! What is said of a flow, and by whom.

use crate::policy::PolicyId;

/// Whether a flow arrives, and what each end says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What the policies that guard the source let leave.
    pub egress: Decision,
    /// What the policies that guard the destination let in.
    pub ingress: Decision,
}

/// What one end says of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether it lets the flow through.
    pub allows: bool,
    /// What decided it.
    pub by: DecidedBy,
}

/// What decided about a flow at one end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DecidedBy {
    /// No policy can guard this end: it is outside, or shares its node's network.
    OutOfReach,
    /// No policy guards this end in this direction.
    Unguarded,
    /// A rule.
    Rule {
        /// The policy it stands in.
        policy: PolicyId,
        /// The rule's index among the policy's rules for the direction.
        index: usize,
    },
    /// No rule of a tier's policies, which therefore drops the flow.
    EndOfTier {
        /// The tier.
        tier: String,
        /// Its policies that guard this end, in the order they were asked.
        policies: Vec<PolicyId>,
    },
    /// No rule of any tier's policies, and every tier passes on what it does not decide.
    EndOfTiers,
}

impl Verdict {
    /// Whether the flow arrives: neither end stops it.
    #[must_use]
    pub const fn allows(&self) -> bool {
        self.egress.allows && self.ingress.allows
    }
}
