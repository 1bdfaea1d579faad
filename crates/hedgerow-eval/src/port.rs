//! Protocols and ports: what a flow is, and what a rule says of it.

use std::fmt;

/// An IP protocol by its number in the IANA registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Protocol(u8);

/// The port of a flow's destination. Protocols without ports use 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flow {
    /// The protocol above IP.
    pub protocol: Protocol,
    /// The destination's port, as its container sees it.
    pub port: u16,
}

/// A run of ports of one protocol, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    /// The protocol above IP.
    pub protocol: Protocol,
    /// The lowest port.
    pub first: u16,
    /// The highest port, not below `first`.
    pub last: u16,
}

/// A container port with a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedPort {
    /// The name, which policies may use for the number.
    pub name: String,
    /// The protocol above IP.
    pub protocol: Protocol,
    /// The container's port.
    pub number: u16,
}

/// What a rule says of a flow's port. Nothing said and nothing allowed are different values: an absent or empty list of
/// ports is [`PortTest::Any`], and a list always holds at least one term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PortTest {
    Any,
    OneOf(Vec<PortTerm>),
}

/// One entry of a list of ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PortTerm {
    Range(PortRange),
    /// The port of this name at the destination, whatever its number there.
    /// Where no protocol is said, any that the port has.
    Named {
        protocol: Option<Protocol>,
        name: String,
    },
}

impl Protocol {
    /// ICMP for IPv4.
    pub const ICMP: Self = Self(1);
    /// TCP.
    pub const TCP: Self = Self(6);
    /// UDP.
    pub const UDP: Self = Self(17);
    /// ICMP for IPv6.
    pub const ICMPV6: Self = Self(58);
    /// SCTP.
    pub const SCTP: Self = Self(132);
    /// UDP-Lite.
    pub const UDP_LITE: Self = Self(136);

    /// The protocols that Kubernetes knows, which are those with ports.
    pub const WITH_PORTS: [Self; 3] = [Self::TCP, Self::UDP, Self::SCTP];

    const NAMES: [(Self, &str); 6] = [
        (Self::TCP, "TCP"),
        (Self::UDP, "UDP"),
        (Self::SCTP, "SCTP"),
        (Self::ICMP, "ICMP"),
        (Self::ICMPV6, "ICMPv6"),
        (Self::UDP_LITE, "UDPLite"),
    ];

    /// The protocol with this number.
    #[must_use]
    pub const fn number(number: u8) -> Self {
        Self(number)
    }

    /// The protocol that a Calico rule or a Kubernetes port calls so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(protocol, _)| *protocol)
    }

    /// Whether flows of this protocol have a port that policies can name.
    #[must_use]
    pub fn has_ports(self) -> bool {
        Self::WITH_PORTS.contains(&self)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::NAMES.iter().find(|(known, _)| known == self) {
            Some((_, name)) => f.write_str(name),
            None => write!(f, "protocol {}", self.0),
        }
    }
}

impl Flow {
    /// A TCP flow to `port`.
    #[must_use]
    pub const fn tcp(port: u16) -> Self {
        Self { protocol: Protocol::TCP, port }
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        PortRange { protocol: self.protocol, first: self.port, last: self.port }.fmt(f)
    }
}

impl PortRange {
    /// Every port of the protocol. Port 0 is in it, so that the whole is one range for protocols without ports too.
    #[must_use]
    pub const fn all(protocol: Protocol) -> Self {
        Self { protocol, first: 0, last: u16::MAX }
    }

    /// One port.
    #[must_use]
    pub const fn one(protocol: Protocol, port: u16) -> Self {
        Self { protocol, first: port, last: port }
    }

    /// Whether the flow's port lies in the range.
    #[must_use]
    pub fn contains(self, flow: Flow) -> bool {
        self.protocol == flow.protocol && (self.first..=self.last).contains(&flow.port)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { protocol, first, last } = *self;
        match (first, last) {
            _ if !protocol.has_ports() => write!(f, "{protocol}"),
            (0 | 1, u16::MAX) => write!(f, "{protocol}"),
            _ if first == last => write!(f, "{protocol} {first}"),
            _ => write!(f, "{protocol} {first}-{last}"),
        }
    }
}

impl PortTerm {
    /// The ranges it means at a destination with these named ports; a name that the destination lacks means none.
    pub(crate) fn ranges<'a>(&'a self, named: &'a [NamedPort]) -> impl Iterator<Item = PortRange> + 'a {
        let (range, name) = match self {
            Self::Range(range) => (Some(*range), None),
            Self::Named { protocol, name } => (None, Some((*protocol, name))),
        };
        range.into_iter().chain(
            named
                .iter()
                .filter(move |port| {
                    name.is_some_and(|(protocol, name)| {
                        protocol.is_none_or(|protocol| port.protocol == protocol) && port.name == *name
                    })
                })
                .map(|port| PortRange::one(port.protocol, port.number)),
        )
    }
}

impl PortTest {
    /// A test from a list of terms, in which no term means any port.
    pub(crate) fn of(terms: Vec<PortTerm>) -> Self {
        if terms.is_empty() { Self::Any } else { Self::OneOf(terms) }
    }

    /// Whether it names a port.
    pub(crate) fn has_names(&self) -> bool {
        self.names().next().is_some()
    }

    /// The names of ports in it.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let terms = match self {
            Self::Any => &[][..],
            Self::OneOf(terms) => terms,
        };
        terms.iter().filter_map(|term| match term {
            PortTerm::Named { name, .. } => Some(name.as_str()),
            PortTerm::Range(_) => None,
        })
    }

    /// Whether a flow to a destination with these named ports passes.
    pub(crate) fn admits(&self, flow: Flow, named: &[NamedPort]) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(terms) => terms.iter().any(|term| term.ranges(named).any(|range| range.contains(flow))),
        }
    }

    /// The ranges it names at a destination; empty for any port.
    pub(crate) fn ranges<'a>(&'a self, named: &'a [NamedPort]) -> impl Iterator<Item = PortRange> + 'a {
        let terms = match self {
            Self::Any => &[][..],
            Self::OneOf(terms) => terms,
        };
        terms.iter().flat_map(move |term| term.ranges(named))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_of_ports_looks_at_protocol_number_and_the_destinations_names() {
        let named = [
            NamedPort { name: "http".into(), protocol: Protocol::TCP, number: 8080 },
            NamedPort { name: "dns".into(), protocol: Protocol::UDP, number: 53 },
            NamedPort { name: "dns".into(), protocol: Protocol::TCP, number: 5353 },
        ];
        let term = |name: &str, protocol: Protocol| PortTerm::Named { protocol: Some(protocol), name: name.into() };
        let range = |first, last| PortTerm::Range(PortRange { protocol: Protocol::TCP, first, last });
        for (terms, protocol, port, expected) in [
            (vec![], Protocol::SCTP, 9, true),
            (vec![range(80, 80)], Protocol::TCP, 80, true),
            (vec![range(80, 80)], Protocol::UDP, 80, false),
            (vec![range(80, 90)], Protocol::TCP, 90, true),
            (vec![range(80, 90)], Protocol::TCP, 91, false),
            (vec![range(1, 2), range(80, 90)], Protocol::TCP, 80, true),
            (vec![term("http", Protocol::TCP)], Protocol::TCP, 8080, true),
            (vec![term("http", Protocol::TCP)], Protocol::TCP, 80, false),
            (vec![term("http", Protocol::UDP)], Protocol::UDP, 8080, false),
            (vec![term("dns", Protocol::UDP)], Protocol::UDP, 53, true),
            (vec![term("dns", Protocol::TCP)], Protocol::TCP, 53, false),
            (vec![term("absent", Protocol::TCP)], Protocol::TCP, 0, false),
            (vec![PortTerm::Named { protocol: None, name: "dns".into() }], Protocol::UDP, 53, true),
            (vec![PortTerm::Named { protocol: None, name: "dns".into() }], Protocol::TCP, 53, false),
        ] {
            let test = PortTest::of(terms);
            assert_eq!(test.admits(Flow { protocol, port }, &named), expected, "{test:?} {protocol} {port}");
        }
    }

    #[test]
    fn ranges_read_as_people_write_them() {
        for (range, text) in [
            (PortRange::all(Protocol::TCP), "TCP"),
            (PortRange::one(Protocol::UDP, 53), "UDP 53"),
            (PortRange { protocol: Protocol::TCP, first: 80, last: 90 }, "TCP 80-90"),
            (PortRange::all(Protocol::ICMP), "ICMP"),
            (PortRange::all(Protocol::number(47)), "protocol 47"),
        ] {
            assert_eq!(range.to_string(), text);
        }
    }
}
