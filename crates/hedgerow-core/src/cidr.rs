//! Blocks of IP addresses as Kubernetes' `ipBlock` takes them.

use std::fmt;
use std::net::IpAddr;

/// A block of addresses: `10.20.0.0/16` or `2001:db8::/32`, with no bit set behind its prefix.
///
/// Stricter than Kubernetes, which reads `10.20.0.1/16` as `10.20.0.0/16`: here the author is asked what was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

/// Why a text is no block of addresses. The `Display` form completes "… is not valid: it …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CidrError {
    /// There is no `/` or no address in front of it.
    #[error("is not an address with a prefix such as `10.20.0.0/16`")]
    Form,
    /// The prefix is longer than the address.
    #[error("has a prefix longer than {0} bits")]
    Prefix(u8),
    /// Bits behind the prefix are set.
    #[error("has bits set behind its prefix; the block is `{0}`")]
    HostBits(Cidr),
}

impl Cidr {
    /// Reads `address/prefix`.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn new(text: &str) -> Result<Self, CidrError> {
        let (address, prefix) = text.split_once('/').ok_or(CidrError::Form)?;
        let address: IpAddr = address.parse().map_err(|_| CidrError::Form)?;
        if prefix.is_empty() || prefix.len() > 3 || !prefix.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CidrError::Form);
        }
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.parse::<u8>().ok().filter(|p| *p <= bits).ok_or(CidrError::Prefix(bits))?;
        let cidr = Self { address, prefix };
        let network = cidr.network();
        if network == cidr { Ok(cidr) } else { Err(CidrError::HostBits(network)) }
    }

    /// Whether `other` lies within this block and is smaller than it, as `except` asks.
    #[must_use]
    pub fn strictly_contains(self, other: Self) -> bool {
        self.address.is_ipv4() == other.address.is_ipv4()
            && other.prefix > self.prefix
            && Self { address: other.address, prefix: self.prefix }.network() == self
    }

    /// Whether `other` lies within this block or is the same.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self == other || self.strictly_contains(other)
    }

    /// Whether there are addresses that are in both.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    fn network(self) -> Self {
        let address = match self.address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                IpAddr::V4((v4.to_bits() & mask).into())
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                IpAddr::V6((v6.to_bits() & mask).into())
            }
        };
        Self { address, ..self }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks() {
        for text in ["10.20.0.0/16", "0.0.0.0/0", "::/0", "10.0.0.1/32", "2001:db8::/32"] {
            assert_eq!(Cidr::new(text).unwrap().to_string(), text);
        }
        for (text, why) in [
            ("10.20.0.0", "is not an address with a prefix such as `10.20.0.0/16`"),
            ("10.20.0/16", "is not an address with a prefix such as `10.20.0.0/16`"),
            ("10.0.0.0/+8", "is not an address with a prefix such as `10.20.0.0/16`"),
            ("10.20.0.0/33", "has a prefix longer than 32 bits"),
            ("10.20.0.1/16", "has bits set behind its prefix; the block is `10.20.0.0/16`"),
            ("1.2.3.4/0", "has bits set behind its prefix; the block is `0.0.0.0/0`"),
        ] {
            assert_eq!(Cidr::new(text).unwrap_err().to_string(), why, "{text}");
        }
    }

    #[test]
    fn exceptions_lie_within() {
        for (outer, inner, within) in [
            ("10.20.0.0/16", "10.20.9.0/24", true),
            ("10.20.0.0/16", "10.20.0.0/16", false),
            ("10.20.0.0/16", "10.21.0.0/24", false),
            ("0.0.0.0/0", "10.0.0.0/8", true),
            ("0.0.0.0/0", "::/1", false),
        ] {
            assert_eq!(
                Cidr::new(outer).unwrap().strictly_contains(Cidr::new(inner).unwrap()),
                within,
                "{outer} {inner}"
            );
        }
    }
}
