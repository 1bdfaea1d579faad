//! What the code says, as far as readiness asks.

use std::collections::{BTreeMap, BTreeSet};

/// What a scan of the code found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Code {
    /// The calls that rules are written for: by caller and callee, with the place as `path:line`.
    pub calls: BTreeMap<(String, String), String>,
    /// Calls of which the scan is not certain; no rule is written for them.
    pub candidates: BTreeMap<(String, String), String>,
    /// Services with calls whose target cannot be told, each with these calls.
    pub open: BTreeMap<String, Vec<Open>>,
    /// Services whose code was read, all of it.
    pub read: BTreeSet<String>,
    /// Of other services that have code, what of it was not read.
    pub left: BTreeMap<String, String>,
}

/// Something in the code that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Open {
    /// What, as the scan reports it.
    pub what: String,
    /// The place as `path:line`; empty where it has none.
    pub place: String,
}
