//! Connection tracking: netlink messages, and what `conntrack` prints.

pub(crate) mod netlink;
pub(crate) mod text;
