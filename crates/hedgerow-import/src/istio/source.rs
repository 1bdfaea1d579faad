//! Whom and what one rule of an AuthorizationPolicy means.

use crate::objects::{get, list, texts};
use crate::ports::{join, subtract, whole};
use hedgerow_eval::{PortRange, Protocol};
use serde_json::Value;
use std::collections::BTreeSet;

/// Somebody in the mesh.
#[derive(Debug, Clone, Copy)]
pub(super) struct Who<'a> {
    pub(super) namespace: &'a str,
    /// The service account; nothing where it is not known.
    pub(super) account: Option<&'a str>,
}

/// Whether somebody is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Means {
    Yes,
    No,
    /// It hangs on an account that is not known.
    Unknown,
}

/// The trust domain of a mesh that says none.
const TRUST: &str = "cluster.local";

/// A text with one `*` at its beginning, at its end, or alone.
fn fits(pattern: &str, value: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        _ if pattern == "*" => !value.is_empty(),
        (Some(end), _) => value.ends_with(end),
        (None, Some(start)) => value.starts_with(start),
        (None, None) => pattern == value,
    }
}

fn fits_principal(pattern: &str, who: Who<'_>) -> Means {
    let pattern = pattern.strip_prefix("spiffe://").unwrap_or(pattern);
    let trust = pattern
        .split("/ns/")
        .next()
        .filter(|trust| pattern.contains("/ns/") && !trust.contains('*') && !trust.is_empty());
    let before = format!("{}/ns/{}/sa/", trust.unwrap_or(TRUST), who.namespace);
    match who.account {
        Some(account) => is(fits(pattern, &format!("{before}{account}"))),
        // What holds for every account, and what for none, can be told without it.
        None => match pattern.strip_suffix('*') {
            Some(start) if before.starts_with(start) => Means::Yes,
            _ if pattern.strip_prefix('*').is_some() => Means::Unknown,
            Some(start) => {
                if start.starts_with(before.as_str()) {
                    Means::Unknown
                } else {
                    Means::No
                }
            }
            None => {
                if pattern.starts_with(before.as_str()) {
                    Means::Unknown
                } else {
                    Means::No
                }
            }
        },
    }
}

fn fits_account(pattern: &str, policy: &str, who: Who<'_>) -> Means {
    let (namespace, account) = pattern.split_once('/').unwrap_or((policy, pattern));
    match who.account {
        _ if namespace != who.namespace => Means::No,
        Some(known) => is(known == account),
        None => Means::Unknown,
    }
}

const fn is(holds: bool) -> Means {
    if holds { Means::Yes } else { Means::No }
}

impl Means {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Yes, Self::Yes) => Self::Yes,
        }
    }

    fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    const fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// Whether one pattern of a list means somebody.
type Test<'t> = &'t dyn Fn(&str) -> Means;

/// One source of a rule.
pub(super) struct Party<'v> {
    value: &'v Value,
    /// The policy's namespace.
    policy: &'v str,
}

impl Party<'_> {
    /// Whether somebody in the mesh is meant, conditions on requests aside.
    pub(super) fn means(&self, who: Who<'_>) -> Means {
        if !self.blocks().is_empty() {
            // What address a pod has is not known.
            return Means::No;
        }
        let any = |key: &str, test: Test<'_>| {
            let patterns = texts(self.value, key);
            (!patterns.is_empty()).then(|| patterns.into_iter().map(test).fold(Means::No, Means::or))
        };
        let tests: [(&str, Test<'_>); 3] = [
            ("rincipals", &|pattern| fits_principal(pattern, who)),
            ("amespaces", &|pattern| is(fits(pattern, who.namespace))),
            ("erviceAccounts", &|pattern| fits_account(pattern, self.policy, who)),
        ];
        let initials = [("p", "P"), ("n", "N"), ("s", "S")];
        let mut means = Means::Yes;
        for ((key, test), (lower, upper)) in tests.into_iter().zip(initials) {
            means = any(&format!("{lower}{key}"), test).map_or(means, |one| means.and(one));
            means = any(&format!("not{upper}{key}"), test).map_or(means, |one| means.and(one.not()));
        }
        means
    }

    /// Blocks of addresses that it asks for.
    pub(super) fn blocks(&self) -> Vec<&str> {
        ["ipBlocks", "remoteIpBlocks"].into_iter().flat_map(|key| texts(self.value, key)).collect()
    }

    /// What it asks of requests and addresses beside.
    pub(super) fn conditions(&self) -> Vec<&'static str> {
        const KEYS: [&str; 4] = ["requestPrincipals", "notRequestPrincipals", "notIpBlocks", "notRemoteIpBlocks"];
        KEYS.into_iter().filter(|key| !list(self.value, key).is_empty()).collect()
    }
}

/// One rule.
pub(super) struct Rule<'v> {
    value: &'v Value,
    policy: &'v str,
}

impl<'v> Rule<'v> {
    pub(super) const fn new(value: &'v Value, policy: &'v str) -> Self {
        Self { value, policy }
    }

    /// The sources of which one is meant; nothing where anybody is.
    pub(super) fn parties(&self) -> Option<Vec<Party<'v>>> {
        let from = list(self.value, "from");
        let policy = self.policy;
        let party = |from: &'v Value| Party { value: get(from, "source").unwrap_or(&Value::Null), policy };
        (!from.is_empty()).then(|| from.iter().map(party).collect())
    }

    /// Whether somebody in the mesh is meant.
    pub(super) fn means(&self, who: Who<'_>) -> Means {
        match self.parties() {
            None => Means::Yes,
            Some(parties) => parties.iter().map(|party| party.means(who)).fold(Means::No, Means::or),
        }
    }

    /// The principals that its sources name.
    pub(super) fn principals(&self) -> Vec<&'v str> {
        let parties = self.parties().into_iter().flatten();
        parties.flat_map(|party| texts(party.value, "principals")).collect()
    }

    /// The TCP ports that it is about; nothing for all. Faulty ports are given as they are written.
    pub(super) fn ports(&self) -> (Option<Vec<PortRange>>, Vec<&'v str>) {
        let (mut all, mut ranges, mut faulty) = (false, Vec::new(), Vec::new());
        let operations = self.operations();
        for operation in &operations {
            let mut numbers = |key: &str| -> Vec<PortRange> {
                let mut numbers = Vec::new();
                for text in texts(operation, key) {
                    match text.parse::<u16>() {
                        Ok(port) if port > 0 => numbers.push(PortRange::one(Protocol::TCP, port)),
                        _ => faulty.push(text),
                    }
                }
                numbers
            };
            let (named, but) = (numbers("ports"), numbers("notPorts"));
            let asked = list(operation, "ports");
            match (asked.is_empty(), but.is_empty()) {
                (true, true) => all = true,
                (true, false) => ranges.extend(subtract(&[whole(Protocol::TCP)], &but)),
                (false, _) => ranges.extend(subtract(&named, &but)),
            }
        }
        ((!all && !operations.is_empty()).then(|| join(ranges)), faulty)
    }

    fn operations(&self) -> Vec<&'v Value> {
        list(self.value, "to").iter().map(|to| get(to, "operation").unwrap_or(&Value::Null)).collect()
    }

    /// What it asks of the request, by the keys.
    pub(super) fn layer7(&self) -> BTreeSet<&'static str> {
        const KEYS: [&str; 6] = ["hosts", "notHosts", "methods", "notMethods", "paths", "notPaths"];
        let operations = self.operations();
        KEYS.into_iter().filter(|key| operations.iter().any(|operation| !list(operation, key).is_empty())).collect()
    }

    /// Whether it means some requests of a caller and not others.
    pub(super) fn looks_at_requests(&self) -> bool {
        !self.layer7().is_empty() || !self.conditions().is_empty()
    }

    /// Other conditions, by what they are about.
    pub(super) fn conditions(&self) -> BTreeSet<String> {
        let when = list(self.value, "when").iter().map(|when| get(when, "key").and_then(Value::as_str).unwrap_or("?"));
        let mut conditions: BTreeSet<_> = when.map(str::to_owned).collect();
        conditions.extend(self.parties().into_iter().flatten().flat_map(|party| party.conditions()).map(str::to_owned));
        conditions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whom_a_rule_means() {
        let ledger = Who { namespace: "bank", account: Some("ledger") };
        let unknown = Who { namespace: "bank", account: None };
        for (source, known, not_known) in [
            (json!({"principals": ["cluster.local/ns/bank/sa/ledger"]}), Means::Yes, Means::Unknown),
            (json!({"principals": ["td1/ns/bank/sa/ledger"]}), Means::Yes, Means::Unknown),
            (json!({"principals": ["spiffe://cluster.local/ns/bank/sa/ledger"]}), Means::Yes, Means::Unknown),
            (json!({"principals": ["cluster.local/ns/bank/sa/other"]}), Means::No, Means::Unknown),
            (json!({"principals": ["cluster.local/ns/shop/sa/ledger"]}), Means::No, Means::No),
            (json!({"principals": ["cluster.local/ns/bank/*"]}), Means::Yes, Means::Yes),
            (json!({"principals": ["cluster.local/ns/bank/sa/led*"]}), Means::Yes, Means::Unknown),
            (json!({"principals": ["*/sa/ledger"]}), Means::Yes, Means::Unknown),
            (json!({"principals": ["*"]}), Means::Yes, Means::Yes),
            (json!({"notPrincipals": ["cluster.local/ns/bank/sa/ledger"]}), Means::No, Means::Unknown),
            (json!({"notPrincipals": ["*"]}), Means::No, Means::No),
            (json!({"namespaces": ["bank"]}), Means::Yes, Means::Yes),
            (json!({"namespaces": ["ban*"]}), Means::Yes, Means::Yes),
            (json!({"namespaces": ["shop"]}), Means::No, Means::No),
            (json!({"notNamespaces": ["bank"]}), Means::No, Means::No),
            (json!({"namespaces": ["bank"], "notPrincipals": ["*/ledger"]}), Means::No, Means::Unknown),
            (json!({"serviceAccounts": ["ledger"]}), Means::Yes, Means::Unknown),
            (json!({"serviceAccounts": ["shop/ledger"]}), Means::No, Means::No),
            (json!({"ipBlocks": ["10.0.0.0/8"]}), Means::No, Means::No),
            (json!({"requestPrincipals": ["*"]}), Means::Yes, Means::Yes),
            (json!({}), Means::Yes, Means::Yes),
        ] {
            let rule = json!({"from": [{"source": source}]});
            let rule = Rule::new(&rule, "bank");
            assert_eq!((rule.means(ledger), rule.means(unknown)), (known, not_known), "{source}");
        }
    }

    #[test]
    fn which_ports_a_rule_means() {
        let tcp = |first, last| PortRange { protocol: Protocol::TCP, first, last };
        for (to, ranges) in [
            (json!([]), None),
            (json!([{"operation": {"methods": ["GET"]}}]), None),
            (json!([{"operation": {"ports": ["80", "81"]}}]), Some(vec![tcp(80, 81)])),
            (json!([{"operation": {"ports": ["80"]}}, {"operation": {"paths": ["/"]}}]), None),
            (json!([{"operation": {"notPorts": ["80"]}}]), Some(vec![tcp(1, 79), tcp(81, u16::MAX)])),
            (json!([{"operation": {"ports": ["80", "90"], "notPorts": ["80"]}}]), Some(vec![tcp(90, 90)])),
            (json!([{"operation": {"ports": ["x"]}}]), Some(vec![])),
        ] {
            let rule = json!({"to": to});
            assert_eq!(Rule::new(&rule, "bank").ports().0, ranges, "{to}");
        }
    }
}
