//! Addresses: CIDR blocks, and the address space cut into ranges that no policy tells apart.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The two kinds of IP address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// 32 bits.
    V4,
    /// 128 bits.
    V6,
}

/// A block of addresses, `10.0.0.0/8`. Bits after the prefix are cleared, as every data plane does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr {
    family: Family,
    first: u128,
    prefix: u8,
}

/// A run of addresses of one family, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressRange {
    /// The lowest address.
    pub first: IpAddr,
    /// The highest address, of the same family.
    pub last: IpAddr,
}

impl Family {
    /// The kind of one address.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    const fn bits(self) -> u8 {
        match self {
            Self::V4 => 32,
            Self::V6 => 128,
        }
    }

    const fn last(self) -> u128 {
        u128::MAX >> (128 - self.bits())
    }

    fn address(self, number: u128) -> IpAddr {
        match self {
            Self::V4 => IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(number).unwrap_or(u32::MAX))),
            Self::V6 => IpAddr::V6(Ipv6Addr::from_bits(number)),
        }
    }
}

fn split(address: IpAddr) -> (Family, u128) {
    match address {
        IpAddr::V4(v4) => (Family::V4, u128::from(v4.to_bits())),
        IpAddr::V6(v6) => (Family::V6, v6.to_bits()),
    }
}

impl Cidr {
    /// Reads `address/prefix`; nothing else is a CIDR block for Kubernetes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let digits = prefix.bytes().all(|byte| byte.is_ascii_digit()) && !(prefix.len() > 1 && prefix.starts_with('0'));
        let prefix = prefix.parse().ok().filter(|_| digits)?;
        Self::new(address.parse().ok()?, prefix)
    }

    /// Reads `address/prefix` or a lone address, as Calico does for `nets`.
    #[must_use]
    pub fn parse_or_address(text: &str) -> Option<Self> {
        match text.parse().map(split) {
            Ok((family, first)) => Some(Self { family, first, prefix: family.bits() }),
            Err(_) => Self::parse(text),
        }
    }

    fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        let (family, number) = split(address);
        let host_bits = family.bits().checked_sub(prefix)?;
        let first = if host_bits == 128 { 0 } else { number >> host_bits << host_bits };
        Some(Self { family, first, prefix })
    }

    /// The kind of its addresses.
    #[must_use]
    pub const fn family(self) -> Family {
        self.family
    }

    /// Whether `address` lies in the block.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        let (family, number) = split(address);
        family == self.family && (self.first..=self.last()).contains(&number)
    }

    /// Whether every address of `other` lies in the block.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.family == other.family && self.first <= other.first && other.last() <= self.last()
    }

    /// Whether the block holds every address of its family.
    #[must_use]
    pub const fn is_whole_family(self) -> bool {
        self.prefix == 0
    }

    fn last(self) -> u128 {
        let host_bits = self.family.bits() - self.prefix;
        self.first | if host_bits == 0 { 0 } else { u128::MAX >> (128 - host_bits) }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.family.address(self.first), self.prefix)
    }
}

impl AddressRange {
    /// Cuts both address families at the ends of every block: no block tells two addresses of one range apart.
    #[must_use]
    pub fn cut<'a>(blocks: impl IntoIterator<Item = &'a Cidr>) -> Vec<Self> {
        let mut starts = BTreeSet::from([(Family::V4, 0), (Family::V6, 0)]);
        for block in blocks {
            starts.insert((block.family, block.first));
            if let Some(next) = block.last().checked_add(1)
                && next <= block.family.last()
            {
                starts.insert((block.family, next));
            }
        }
        let starts: Vec<_> = starts.into_iter().collect();
        let next = starts.iter().skip(1).map(Some).chain([None]);
        starts
            .iter()
            .zip(next)
            .map(|(&(family, first), next)| {
                let last = match next {
                    Some((other, number)) if *other == family => number - 1,
                    _ => family.last(),
                };
                Self { first: family.address(first), last: family.address(last) }
            })
            .collect()
    }

    /// Makes one range of those that touch; `ranges` ascend.
    #[must_use]
    pub fn join(ranges: impl IntoIterator<Item = Self>) -> Vec<Self> {
        ranges.into_iter().fold(Vec::new(), |mut joined: Vec<Self>, range| {
            match joined.last_mut() {
                Some(last) if last.touches(range) => last.last = range.last,
                _ => joined.push(range),
            }
            joined
        })
    }

    /// Whether `address` lies in the range.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        let ((family, first), (_, last), (of, number)) = (split(self.first), split(self.last), split(address));
        of == family && (first..=last).contains(&number)
    }

    /// Whether every address of the range lies in `block`.
    #[must_use]
    pub fn is_within(self, block: Cidr) -> bool {
        block.contains(self.first) && block.contains(self.last)
    }

    /// Whether a part of the range lies in `block`, and a part does not.
    pub(crate) fn is_cut_by(self, block: Cidr) -> bool {
        let first = block.family.address(block.first);
        !self.is_within(block) && (block.contains(self.first) || block.contains(self.last) || self.contains(first))
    }

    /// Whether `next` begins right after this range ends.
    #[must_use]
    pub fn touches(self, next: Self) -> bool {
        let ((family, last), (of, first)) = (split(self.last), split(next.first));
        family == of && last.checked_add(1) == Some(first)
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((family, first), (_, last)) = (split(self.first), split(self.last));
        let size = last - first;
        let host_bits = u8::try_from(128 - size.leading_zeros()).unwrap_or(128);
        let whole = size == 0
            || (size & size.wrapping_add(1) == 0 && (host_bits == 128 || first >> host_bits << host_bits == first));
        match (size, whole) {
            (0, _) => write!(f, "{}", self.first),
            (_, true) => write!(f, "{}/{}", self.first, family.bits() - host_bits),
            (_, false) => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_strictly() {
        for (text, expected) in [
            ("10.0.0.0/8", Some("10.0.0.0/8")),
            ("10.1.2.3/8", Some("10.0.0.0/8")),
            ("0.0.0.0/0", Some("0.0.0.0/0")),
            ("::/0", Some("::/0")),
            ("2001:db8::1/64", Some("2001:db8::/64")),
            ("::1/128", Some("::1/128")),
            ("1.2.3.4/32", Some("1.2.3.4/32")),
            ("1.2.3.4", None),
            ("1.2.3.4/33", None),
            ("1.2.3.4/-1", None),
            ("1.2.3.4/+8", None),
            ("1.2.3.4/08", None),
            ("1.2.3/8", None),
            ("01.2.3.4/8", None),
            ("::/129", None),
            ("", None),
            ("/", None),
        ] {
            assert_eq!(Cidr::parse(text).map(|block| block.to_string()).as_deref(), expected, "{text}");
        }
        assert_eq!(Cidr::parse_or_address("1.2.3.4").unwrap().to_string(), "1.2.3.4/32");
        assert_eq!(Cidr::parse_or_address("::1").unwrap().to_string(), "::1/128");
        assert_eq!(Cidr::parse_or_address("nowhere"), None);
    }

    #[test]
    fn membership_ends_at_the_edges() {
        for (block, address, expected) in [
            ("10.0.0.0/8", "10.255.255.255", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.0/8", "9.255.255.255", false),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "::1", true),
            ("::/0", "1.2.3.4", false),
            ("2001:db8::/32", "2001:db9::", false),
        ] {
            assert_eq!(Cidr::parse(block).unwrap().contains(address.parse().unwrap()), expected, "{block} {address}");
        }
    }

    #[test]
    fn the_address_space_is_cut_at_every_edge() {
        let cut = |blocks: &[&str]| {
            let blocks: Vec<_> = blocks.iter().map(|text| Cidr::parse(text).unwrap()).collect();
            AddressRange::cut(&blocks).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        for (blocks, expected) in [
            (&[][..], "0.0.0.0/0 ::/0"),
            (&["0.0.0.0/0", "::/0"], "0.0.0.0/0 ::/0"),
            (&["128.0.0.0/1"], "0.0.0.0/1 128.0.0.0/1 ::/0"),
            (
                &["10.0.0.0/8", "10.0.9.0/24"],
                "0.0.0.0-9.255.255.255 10.0.0.0-10.0.8.255 10.0.9.0/24 10.0.10.0-10.255.255.255 11.0.0.0-255.255.255.255 ::/0",
            ),
            (&["255.255.255.255/32"], "0.0.0.0-255.255.255.254 255.255.255.255 ::/0"),
        ] {
            assert_eq!(cut(blocks), expected, "{blocks:?}");
        }
    }
}
