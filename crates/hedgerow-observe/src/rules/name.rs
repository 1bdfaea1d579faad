//! The names of chains and policies, in the forms of all releases.
//!
//! | release | comment of a policy chain's first rule | chain name after `cali-pi-` |
//! | --- | --- | --- |
//! | ≤ 3.28 | `Policy <id> ingress` | `<id>` |
//! | 3.29 to 3.31 | `Policy <id> ingress` | `<tier>/<id>` |
//! | ≥ 3.32 | `<Kind> <ns>/<name> ingress` | `<short kind>/<ns>/<name>` |
//!
//! `<id>` is `<ns>/<tier>.<name>`, and `<ns>/knp.default.<name>` for a policy of Kubernetes; without `<ns>/` it is global. Chain names that
//! are too long are hashed, so iptables' comments are asked first; nftables' comments are cut at 128 bytes (less, if a rule has several), and
//! its chain names nearly never hashed, so there the chain name is asked first.

use crate::record::{Direction, Policy, PolicyKind};

/// What a chain is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChainKind {
    Policy(Direction),
    Group(Direction),
    Profile(Direction),
    Endpoint { direction: Direction, host: bool },
}

/// Takes a chain's name apart: kind, and what follows the prefix. Others than these are of no interest.
pub(crate) fn chain_kind(chain: &str) -> Option<(ChainKind, &str)> {
    use Direction::{Egress, Ingress};
    const KINDS: [(&str, ChainKind); 12] = [
        ("pi-", ChainKind::Policy(Ingress)),
        ("po-", ChainKind::Policy(Egress)),
        ("gi-", ChainKind::Group(Ingress)),
        ("go-", ChainKind::Group(Egress)),
        ("pri-", ChainKind::Profile(Ingress)),
        ("pro-", ChainKind::Profile(Egress)),
        ("tw-", ChainKind::Endpoint { direction: Ingress, host: false }),
        ("fw-", ChainKind::Endpoint { direction: Egress, host: false }),
        // A host's own chains are named as seen from the data plane: to it, from it; with `fw` for forwarded packets.
        ("th-", ChainKind::Endpoint { direction: Egress, host: true }),
        ("fh-", ChainKind::Endpoint { direction: Ingress, host: true }),
        ("thfw-", ChainKind::Endpoint { direction: Egress, host: true }),
        ("fhfw-", ChainKind::Endpoint { direction: Ingress, host: true }),
    ];
    let rest = chain.strip_prefix("cali-")?;
    KINDS.iter().find_map(|(prefix, kind)| rest.strip_prefix(prefix).map(|rest| (*kind, rest)))
}

/// What a comment says of a policy: the words `<Kind> <id> ingress|egress`, wherever they stand in it.
pub(crate) fn policy_in_comment(comment: &str) -> Option<(Policy, Direction)> {
    let words: Vec<&str> = comment.split(' ').collect();
    words.windows(3).find_map(|three| {
        let direction = match three[2] {
            "ingress" => Direction::Ingress,
            "egress" => Direction::Egress,
            _ => return None,
        };
        let policy = match three[0] {
            "Policy" => from_id(three[1]),
            kind if kind.ends_with("Policy") => {
                let (namespace, name) = split_namespace(three[1]);
                new_dialect(long_kind(kind), namespace, name)
            }
            _ => None,
        }?;
        Some((policy, direction))
    })
}

/// What a chain's name says of a policy, if it is not hashed and can be read in one way only.
pub(crate) fn policy_in_chain(suffix: &str, tier_is_in_front: bool) -> Option<Policy> {
    if suffix.starts_with('_') {
        return None;
    }
    let parts: Vec<&str> = suffix.split('/').collect();
    match parts[..] {
        [tier, namespace, id] if names_tier(id, tier) => old_dialect(Some(namespace), id),
        [short, namespace, name] if short_kind(short).is_some() => {
            new_dialect(short_kind(short)?, Some(namespace), name)
        }
        [tier, namespace, id] => Some(Policy { tier: Some(tier.to_owned()), ..old_dialect(Some(namespace), id)? }),
        [short, name] if short_kind(short).is_some() && !names_tier(name, short) => {
            new_dialect(short_kind(short)?, None, name)
        }
        [tier, id] if tier_is_in_front => Some(Policy { tier: Some(tier.to_owned()), ..old_dialect(None, id)? }),
        // `default/default.x` is a global policy of 3.29 or a namespaced one of 3.28: nobody can tell.
        [first, id] if names_tier(id, first) => None,
        [namespace, id] => old_dialect(Some(namespace), id),
        [id] if !tier_is_in_front => old_dialect(None, id),
        _ => None,
    }
}

/// Whether a policy's id begins with this tier.
fn names_tier(id: &str, tier: &str) -> bool {
    id.strip_prefix(tier).is_some_and(|rest| rest.starts_with('.'))
        || id.strip_prefix("knp.").is_some_and(|id| names_tier(id, tier))
}

fn from_id(id: &str) -> Option<Policy> {
    let (namespace, id) = split_namespace(id);
    old_dialect(namespace, id)
}

fn split_namespace(id: &str) -> (Option<&str>, &str) {
    id.split_once('/').map_or((None, id), |(namespace, name)| (Some(namespace), name))
}

/// An id up to 3.31: the tier and the kind are in the name.
fn old_dialect(namespace: Option<&str>, id: &str) -> Option<Policy> {
    const OF_KUBERNETES: [(&str, &str, PolicyKind); 5] = [
        ("knp.default.", "default", PolicyKind::KubernetesNetworkPolicy),
        ("kanp.adminnetworkpolicy.", "adminnetworkpolicy", PolicyKind::AdminNetworkPolicy),
        ("kbanp.baselineadminnetworkpolicy.", "baselineadminnetworkpolicy", PolicyKind::BaselineAdminNetworkPolicy),
        ("kcnp.kube-admin.", "kube-admin", PolicyKind::ClusterNetworkPolicy),
        ("kcnp.kube-baseline.", "kube-baseline", PolicyKind::ClusterNetworkPolicy),
    ];
    let (kind, tier, name) = match OF_KUBERNETES
        .iter()
        .find_map(|(prefix, tier, kind)| Some((kind.clone(), *tier, id.strip_prefix(prefix)?)))
    {
        Some(known) => known,
        None => {
            let kind =
                if namespace.is_some() { PolicyKind::CalicoNetworkPolicy } else { PolicyKind::GlobalNetworkPolicy };
            let (tier, name) = id.split_once('.').filter(|(tier, _)| *tier != "ossg").unwrap_or(("default", id));
            (kind, tier, name)
        }
    };
    named(kind, Some(tier), namespace, name)
}

/// A kind, a namespace and a name since 3.32. Policies that are stored in the older API keep `default.` in front of their name.
fn new_dialect(kind: PolicyKind, namespace: Option<&str>, name: &str) -> Option<Policy> {
    let (tier, name) = without_tier(&kind, name);
    named(kind, tier, namespace, name)
}

/// Takes off what Calico puts in front of a name on its own.
pub(crate) fn without_tier<'a>(kind: &PolicyKind, name: &'a str) -> (Option<&'static str>, &'a str) {
    const PREFIXES: [(&str, &str); 7] = [
        ("knp.default.", "default"),
        ("kanp.adminnetworkpolicy.", "adminnetworkpolicy"),
        ("kbanp.baselineadminnetworkpolicy.", "baselineadminnetworkpolicy"),
        ("kcnp.kube-admin.", "kube-admin"),
        ("kcnp.kube-baseline.", "kube-baseline"),
        ("kube-admin.", "kube-admin"),
        ("kube-baseline.", "kube-baseline"),
    ];
    let calico = matches!(
        kind,
        PolicyKind::CalicoNetworkPolicy
            | PolicyKind::GlobalNetworkPolicy
            | PolicyKind::StagedNetworkPolicy
            | PolicyKind::StagedGlobalNetworkPolicy
    );
    if calico {
        return name.strip_prefix("default.").map_or((None, name), |name| (Some("default"), name));
    }
    PREFIXES.iter().find_map(|(prefix, tier)| Some((Some(*tier), name.strip_prefix(prefix)?))).unwrap_or((None, name))
}

fn named(kind: PolicyKind, tier: Option<&str>, namespace: Option<&str>, name: &str) -> Option<Policy> {
    let whole = !name.is_empty() && namespace.is_none_or(|namespace| !namespace.is_empty()) && !name.contains('/');
    whole.then(|| Policy {
        kind,
        tier: tier.map(str::to_owned),
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    })
}

/// A kind as Calico writes it in comments.
fn long_kind(kind: &str) -> PolicyKind {
    match kind {
        "NetworkPolicy" => PolicyKind::CalicoNetworkPolicy,
        "GlobalNetworkPolicy" => PolicyKind::GlobalNetworkPolicy,
        "KubernetesNetworkPolicy" => PolicyKind::KubernetesNetworkPolicy,
        "KubernetesClusterNetworkPolicy" | "ClusterNetworkPolicy" => PolicyKind::ClusterNetworkPolicy,
        "KubernetesAdminNetworkPolicy" | "AdminNetworkPolicy" => PolicyKind::AdminNetworkPolicy,
        "KubernetesBaselineAdminNetworkPolicy" | "BaselineAdminNetworkPolicy" => PolicyKind::BaselineAdminNetworkPolicy,
        "StagedNetworkPolicy" => PolicyKind::StagedNetworkPolicy,
        "StagedGlobalNetworkPolicy" => PolicyKind::StagedGlobalNetworkPolicy,
        "StagedKubernetesNetworkPolicy" => PolicyKind::StagedKubernetesNetworkPolicy,
        other => PolicyKind::Other(other.to_owned()),
    }
}

/// A kind as Calico writes it in chain names and flow log prefixes.
pub(crate) fn short_kind(kind: &str) -> Option<PolicyKind> {
    Some(match kind {
        "np" => PolicyKind::CalicoNetworkPolicy,
        "gnp" => PolicyKind::GlobalNetworkPolicy,
        "knp" => PolicyKind::KubernetesNetworkPolicy,
        "kcnp" => PolicyKind::ClusterNetworkPolicy,
        "snp" => PolicyKind::StagedNetworkPolicy,
        "sgnp" => PolicyKind::StagedGlobalNetworkPolicy,
        "sknp" => PolicyKind::StagedKubernetesNetworkPolicy,
        _ => return None,
    })
}

/// A flow log prefix: `<A|D|P|N><P|R><I|E><index>|<policy id>`, and without index at the end of a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NflogPrefix<'a> {
    pub(crate) verdict: u8,
    pub(crate) of_profile: bool,
    pub(crate) index: Option<u32>,
    pub(crate) id: &'a str,
}

pub(crate) fn nflog_prefix(text: &str) -> Option<NflogPrefix<'_>> {
    let (head, id) = text.split_once('|').unwrap_or((text, ""));
    let &[verdict, owner, direction, ref index @ ..] = head.as_bytes() else { return None };
    if !matches!(verdict, b'A' | b'D' | b'P' | b'N')
        || !matches!(owner, b'P' | b'R')
        || !matches!(direction, b'I' | b'E')
    {
        return None;
    }
    let index = match index {
        [] => None,
        digits => Some(std::str::from_utf8(digits).ok()?.parse().ok()?),
    };
    Some(NflogPrefix { verdict, of_profile: owner == b'R', index, id })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::{Egress, Ingress};
    use PolicyKind as K;

    fn policy(kind: K, tier: Option<&str>, namespace: Option<&str>, name: &str) -> Policy {
        Policy { kind, tier: tier.map(str::to_owned), namespace: namespace.map(str::to_owned), name: name.to_owned() }
    }

    #[test]
    fn comments_of_all_releases_say_which_policy() {
        let d = Some("default");
        for (comment, expected) in [
            (
                "Policy bank/knp.default.s-ledger ingress",
                Some((policy(K::KubernetesNetworkPolicy, d, Some("bank"), "s-ledger"), Ingress)),
            ),
            (
                "Policy bank/knp.default.a.b.c egress",
                Some((policy(K::KubernetesNetworkPolicy, d, Some("bank"), "a.b.c"), Egress)),
            ),
            (
                "Policy bank/default.s-ledger ingress",
                Some((policy(K::CalicoNetworkPolicy, d, Some("bank"), "s-ledger"), Ingress)),
            ),
            (
                "Policy bank/security.s-ledger egress",
                Some((policy(K::CalicoNetworkPolicy, Some("security"), Some("bank"), "s-ledger"), Egress)),
            ),
            (
                "Policy default.catch-all-core ingress",
                Some((policy(K::GlobalNetworkPolicy, d, None, "catch-all-core"), Ingress)),
            ),
            ("Policy untiered ingress", Some((policy(K::GlobalNetworkPolicy, d, None, "untiered"), Ingress))),
            (
                "Policy kanp.adminnetworkpolicy.top ingress",
                Some((policy(K::AdminNetworkPolicy, Some("adminnetworkpolicy"), None, "top"), Ingress)),
            ),
            (
                "KubernetesNetworkPolicy bank/s-ledger ingress",
                Some((policy(K::KubernetesNetworkPolicy, None, Some("bank"), "s-ledger"), Ingress)),
            ),
            (
                "NetworkPolicy bank/s-ledger ingress",
                Some((policy(K::CalicoNetworkPolicy, None, Some("bank"), "s-ledger"), Ingress)),
            ),
            (
                "NetworkPolicy bank/default.s-ledger ingress",
                Some((policy(K::CalicoNetworkPolicy, d, Some("bank"), "s-ledger"), Ingress)),
            ),
            (
                "GlobalNetworkPolicy catch-all-core egress",
                Some((policy(K::GlobalNetworkPolicy, None, None, "catch-all-core"), Egress)),
            ),
            (
                "KubernetesClusterNetworkPolicy top ingress",
                Some((policy(K::ClusterNetworkPolicy, None, None, "top"), Ingress)),
            ),
            (
                "QuantumNetworkPolicy a/b ingress",
                Some((policy(K::Other("QuantumNetworkPolicy".into()), None, Some("a"), "b"), Ingress)),
            ),
            // nftables: one comment holds the annotations, too.
            (
                "edge=s-ledger NetworkPolicy bank/s-ledger ingress",
                Some((policy(K::CalicoNetworkPolicy, None, Some("bank"), "s-ledger"), Ingress)),
            ),
            ("Profile kns.bank ingress", None),
            ("Policy bank/knp.default.s-led", None),
            ("Policy explicitly accepted packet.", None),
            ("Return if policy accepted", None),
            ("Policy bank/ ingress", None),
            ("Policy /x ingress", None),
            ("", None),
        ] {
            assert_eq!(policy_in_comment(comment), expected, "{comment}");
        }
    }

    #[test]
    fn chain_names_of_all_releases_say_which_policy() {
        let d = Some("default");
        for (suffix, tier_in_front, expected) in [
            ("np/bank/s-ledger", false, Some(policy(K::CalicoNetworkPolicy, None, Some("bank"), "s-ledger"))),
            ("np/bank/default.s-ledger", false, Some(policy(K::CalicoNetworkPolicy, d, Some("bank"), "s-ledger"))),
            ("knp/bank/s-ledger", true, Some(policy(K::KubernetesNetworkPolicy, None, Some("bank"), "s-ledger"))),
            ("gnp/catch-all-core", true, Some(policy(K::GlobalNetworkPolicy, None, None, "catch-all-core"))),
            ("default/bank/default.s-ledger", true, Some(policy(K::CalicoNetworkPolicy, d, Some("bank"), "s-ledger"))),
            (
                "default/bank/knp.default.s-ledger",
                false,
                Some(policy(K::KubernetesNetworkPolicy, d, Some("bank"), "s-ledger")),
            ),
            ("default/default.catch-all-core", true, Some(policy(K::GlobalNetworkPolicy, d, None, "catch-all-core"))),
            ("default/default.catch-all-core", false, None),
            ("np/bank/np.x", false, Some(policy(K::CalicoNetworkPolicy, Some("np"), Some("bank"), "x"))),
            ("bank/default.s-emoji", false, Some(policy(K::CalicoNetworkPolicy, d, Some("bank"), "s-emoji"))),
            ("bank/knp.default.s-emoji", false, Some(policy(K::KubernetesNetworkPolicy, d, Some("bank"), "s-emoji"))),
            ("default.all", false, Some(policy(K::GlobalNetworkPolicy, d, None, "all"))),
            ("_omeowVp9Gy7NELr3Vs2", false, None),
            ("a/b/c/d", false, None),
            ("", false, None),
        ] {
            assert_eq!(policy_in_chain(suffix, tier_in_front), expected, "{suffix}");
        }
    }

    #[test]
    fn flow_log_prefixes() {
        for (text, expected) in [
            ("API1|np/bank/s-ledger", Some((b'A', false, Some(1), "np/bank/s-ledger"))),
            ("DPI|default", Some((b'D', false, None, "default"))),
            ("PPE|default", Some((b'P', false, None, "default"))),
            ("DRI", Some((b'D', true, None, ""))),
            ("API99999999999999|x", None),
            ("calico-packet: ", None),
            ("A", None),
        ] {
            let found = nflog_prefix(text).map(|p| (p.verdict, p.of_profile, p.index, p.id));
            assert_eq!(found, expected, "{text}");
        }
    }
}
