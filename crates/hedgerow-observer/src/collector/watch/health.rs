//! How watches do, and what has to be listed before policies can be asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// How the watches do, by what they watch; and what has to be listed before policies can be asked.
#[derive(Debug, Default)]
pub(crate) struct Watches(Mutex<BTreeMap<String, Health>>, Mutex<Bearing>);

/// What bears on what policies permit: all of it, and what of it is not listed, or not any more.
#[derive(Debug, Default)]
struct Bearing {
    all: BTreeSet<String>,
    awaited: BTreeSet<String>,
}

/// How one watch does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Health {
    /// Whether it is whole: everything was listed, and nothing broke since.
    pub(crate) is_whole: bool,
    /// Names hang on it.
    pub(crate) is_needed: bool,
    /// What broke last.
    pub(crate) fault: Option<String>,
    /// How often everything was listed.
    pub(crate) lists: u64,
    /// How often it broke.
    pub(crate) breaks: u64,
}

impl Watches {
    pub(super) fn change(&self, name: &str, change: impl FnOnce(&mut Health)) {
        change(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_default());
    }

    pub(super) fn remove(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// Policies can be asked only when this was listed, too.
    pub(super) fn await_policies(&self, name: &str) {
        let mut bearing = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        bearing.all.insert(name.to_owned());
        bearing.awaited.insert(name.to_owned());
    }

    /// This is known no more until it is listed again. Where policies hang on it, `tell` is called before anybody else can list anything.
    pub(super) fn lost_policies(&self, name: &str, tell: impl FnOnce()) {
        let mut bearing = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        if bearing.all.contains(name) {
            bearing.awaited.insert(name.to_owned());
            tell();
        }
    }

    /// This was listed, or is not served. Where it was the last that was waited for, `tell` is called before anything else can break.
    pub(super) fn has_policies(&self, name: &str, tell: impl FnOnce()) {
        let mut bearing = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        if bearing.awaited.remove(name) && bearing.awaited.is_empty() {
            tell();
        }
    }

    /// Whether everything was listed that bears on what policies permit.
    pub(crate) fn are_policies_known(&self) -> bool {
        self.awaited().is_empty()
    }

    /// What has to be listed before policies can be asked, and is not, or not any more.
    pub(crate) fn awaited(&self) -> BTreeSet<String> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner).awaited.clone()
    }

    /// All of them.
    pub(crate) fn all(&self) -> BTreeMap<String, Health> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether everything on which names hang is whole.
    pub(crate) fn are_whole(&self) -> bool {
        let watches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watches.values().filter(|health| health.is_needed).all(|health| health.is_whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_known_only_while_everything_that_bears_on_them_is_listed() {
        let watches = Watches::default();
        for name in ["namespaces", "tiers.projectcalico.org"] {
            watches.await_policies(name);
        }
        let listed = |name: &str| {
            let mut told = false;
            watches.has_policies(name, || told = true);
            told
        };
        let lost = |name: &str| {
            let mut told = false;
            watches.lost_policies(name, || told = true);
            told
        };
        assert!(!listed("namespaces") && !watches.are_policies_known());
        assert!(!listed("pods"), "no policy hangs on pods");
        // A group that does not answer is named.
        assert!(lost("tiers.projectcalico.org"));
        assert_eq!(watches.awaited(), ["tiers.projectcalico.org".to_owned()].into());
        assert!(listed("tiers.projectcalico.org") && watches.are_policies_known());
        assert!(!listed("namespaces"), "it was known already");
        assert!(!lost("pods") && watches.are_policies_known());
        assert!(lost("namespaces") && !watches.are_policies_known());
        assert!(!listed("tiers.projectcalico.org") && !watches.are_policies_known());
        assert!(listed("namespaces") && watches.are_policies_known());
    }
}
