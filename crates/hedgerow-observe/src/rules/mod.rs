//! Rule counters: what Felix wrote into iptables or nftables, in every form in which it can be read.
//!
//! Each reader turns its input into raw rules; [`felix`] knows what they mean.

pub(crate) mod felix;
pub(crate) mod iptables;
pub(crate) mod name;
pub(crate) mod netlink;
pub(crate) mod nft_json;
pub(crate) mod nft_text;

/// One rule, as any of the forms gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RawRule {
    /// Comments: iptables has several per rule, nftables one.
    pub(crate) comments: Vec<String>,
    /// What the rule does.
    pub(crate) target: Target,
    /// The mark that the packet must have, as value and mask.
    pub(crate) mark: Option<(u32, u32)>,
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
}

/// What a rule does, before anybody knows what it means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Target {
    #[default]
    Nothing,
    Accept,
    Drop,
    Reject,
    Return,
    Log,
    /// With its prefix.
    Nflog(String),
    /// Bits of `mask` become `value`.
    Mark {
        value: u32,
        mask: u32,
    },
    /// A jump or goto.
    Jump(String),
    Other(String),
}
