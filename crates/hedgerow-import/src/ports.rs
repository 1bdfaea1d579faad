//! Ports as sources write them, as rules of a callee can name them.

use crate::said::{Port, Wanted, shown};
use hedgerow_core::fleet::Service;
use hedgerow_core::name::ServiceName;
use hedgerow_core::nonempty::NonEmpty;
use hedgerow_core::policy::{self, Ports, RulePorts};
use hedgerow_eval::{PortRange, Protocol};
use std::collections::BTreeSet;

/// What a rule can say of the ports that a source names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Fit {
    /// The rule's ports; nothing where none is left.
    pub(crate) ports: Option<RulePorts>,
    /// Ports that the callee does not declare.
    pub(crate) undeclared: Vec<PortRange>,
    /// Those of them that the source names; where it permits every port of a protocol, it names none, as an entry does that opens all.
    pub(crate) beyond: Vec<PortRange>,
    /// Names of ports that the callee does not declare.
    pub(crate) unknown: Vec<String>,
    /// Ports of which a rule would permit more than the source, and that are left out.
    pub(crate) partial: Vec<PortRange>,
    /// Ports that the rule permits and the source does not.
    pub(crate) wider: Vec<PortRange>,
}

impl Fit {
    /// Whether ports that a rule names are all that the source permits.
    pub(crate) fn is_whole(&self) -> bool {
        self.beyond.is_empty() && self.unknown.is_empty() && self.partial.is_empty()
    }

    /// The ports of an `allow` entry; nothing where it would open more than the source: an entry opens nothing that nobody asked for.
    pub(crate) fn narrow(self) -> Option<RulePorts> {
        self.ports.filter(|_| self.wider.is_empty())
    }

    /// What is said where for that reason there is no entry, or where one would open less than the source.
    pub(crate) fn hint(&self, callee: &ServiceName) -> String {
        if !self.wider.is_empty() {
            return "; it declares no ports, so an `allow` entry would open all: declare them first".to_owned();
        }
        let mut hint = String::new();
        let names = self.unknown.iter().map(|name| format!("`{}`", shown(name)));
        let ranges = self.beyond.iter().map(ToString::to_string);
        let undeclared: Vec<_> = ranges.chain(names).collect();
        if !undeclared.is_empty() {
            let ports = undeclared.join(", ");
            hint.push_str(&format!("; no `allow` entry opens {ports}, which `{callee}` does not declare"));
        }
        if !self.partial.is_empty() {
            let ports = words(&self.partial);
            hint.push_str(&format!(
                "; no `allow` entry opens {ports} alone: `{callee}` declares more ports under the same name or number"
            ));
        }
        hint
    }
}

/// All ports of all protocols that have any.
pub(crate) fn everything() -> BTreeSet<Port> {
    Protocol::WITH_PORTS.into_iter().map(|protocol| Port::Range(whole(protocol))).collect()
}

pub(crate) fn whole(protocol: Protocol) -> PortRange {
    PortRange { protocol, first: 1, last: u16::MAX }
}

/// A declared port.
pub(crate) fn declared(port: &policy::Port) -> PortRange {
    let protocol = Protocol::named(port.protocol.as_str()).unwrap_or(Protocol::TCP);
    PortRange::one(protocol, port.number.get())
}

/// What a rule for `callee` can say of some ports.
pub(crate) fn fit(callee: &Service, wanted: &Wanted) -> Fit {
    let wanted = match wanted {
        Wanted::All => {
            let ports = (callee.ports != Ports::Nothing).then_some(RulePorts::All);
            return Fit { ports, ..Fit::default() };
        }
        Wanted::These(wanted) => wanted,
    };
    let mut fit = Fit::default();
    let mut ranges = BTreeSet::new();
    let listed = callee.ports.listed();
    for port in wanted {
        match port {
            Port::Range(range) => {
                ranges.insert(*range);
            }
            Port::Number(number) => {
                let mut known: Vec<_> = listed.iter().map(declared).filter(|range| range.first == *number).collect();
                if known.is_empty() {
                    known.push(PortRange::one(Protocol::TCP, *number));
                }
                ranges.extend(known);
            }
            Port::Name(name) => {
                let is_named = |port: &&policy::Port| port.name.as_ref().is_some_and(|known| known.as_str() == name);
                let known: Vec<_> = listed.iter().filter(is_named).map(declared).collect();
                if known.is_empty() {
                    fit.unknown.push(name.clone());
                }
                ranges.extend(known);
            }
        }
    }
    let ranges = join(ranges);
    match &callee.ports {
        Ports::Nothing => {}
        // Rules for a callee that declares nothing mean all ports.
        Ports::Any if ranges.is_empty() => {}
        Ports::Any => {
            fit.ports = Some(RulePorts::All);
            fit.wider = subtract(&Protocol::WITH_PORTS.map(whole), &ranges);
        }
        Ports::These(ports) => fit_listed(ports.as_slice(), &ranges, &mut fit),
    }
    fit
}

/// A callee that declares its ports.
fn fit_listed(listed: &[policy::Port], ranges: &[PortRange], fit: &mut Fit) {
    let covers = |port: &policy::Port| ranges.iter().any(|range| within(declared(port), *range));
    let references: BTreeSet<_> = listed.iter().map(policy::Port::reference).collect();
    let mut permitted = Vec::new();
    for reference in &references {
        let of_reference = || listed.iter().filter(|port| port.reference() == *reference);
        if of_reference().all(covers) {
            permitted.push(reference.clone());
        } else {
            fit.partial.extend(of_reference().filter(|port| covers(port)).map(declared));
        }
    }
    let all: Vec<_> = listed.iter().map(declared).collect();
    fit.undeclared = subtract(ranges, &all);
    let is_named = |range: &&PortRange| !ranges.contains(&whole(range.protocol));
    fit.beyond = fit.undeclared.iter().filter(is_named).copied().collect();
    fit.ports = match NonEmpty::new(permitted) {
        Some(permitted) if permitted.as_slice().len() == references.len() => Some(RulePorts::All),
        Some(permitted) => Some(RulePorts::These(permitted)),
        None => None,
    };
}

fn within(inner: PortRange, outer: PortRange) -> bool {
    // Port 0 is none; ranges that begin there and at 1 are the same.
    inner.protocol == outer.protocol && outer.first <= inner.first.max(1) && inner.last <= outer.last
}

/// Ranges in order, with neighbours made one.
pub(crate) fn join(ranges: impl IntoIterator<Item = PortRange>) -> Vec<PortRange> {
    let sorted: BTreeSet<_> =
        ranges.into_iter().map(|range| PortRange { first: range.first.max(1), ..range }).collect();
    sorted.into_iter().fold(Vec::new(), |mut joined: Vec<PortRange>, range| {
        match joined.last_mut() {
            Some(last) if last.protocol == range.protocol && range.first <= last.last.saturating_add(1) => {
                last.last = last.last.max(range.last);
            }
            _ => joined.push(range),
        }
        joined
    })
}

/// What of `ranges` is in none of `others`.
pub(crate) fn subtract(ranges: &[PortRange], others: &[PortRange]) -> Vec<PortRange> {
    let others = join(others.iter().copied());
    let mut rest = Vec::new();
    for range in ranges {
        let mut from = Some(range.first.max(1));
        for other in others.iter().filter(|other| other.protocol == range.protocol && other.last >= range.first) {
            let Some(start) = from else { break };
            if other.first > range.last {
                break;
            }
            if other.first > start {
                rest.push(PortRange { first: start, last: other.first - 1, ..*range });
            }
            from = other.last.checked_add(1).map(|next| next.max(start));
        }
        if let Some(start) = from.filter(|start| *start <= range.last) {
            rest.push(PortRange { first: start, last: range.last, ..*range });
        }
    }
    join(rest)
}

/// Ranges as people write them; `all ports` where nothing is left out.
pub(crate) fn words(ranges: &[PortRange]) -> String {
    if ranges.is_empty() || subtract(&Protocol::WITH_PORTS.map(whole), ranges).is_empty() {
        return "all ports".to_owned();
    }
    let texts: Vec<_> = ranges.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

/// A list such as `TCP 80,8000-8080,UDP 53` or `All Connections`; nothing where it is none.
pub(crate) fn parse_list(text: &str) -> Option<Wanted> {
    if text.trim().eq_ignore_ascii_case("all connections") {
        return Some(Wanted::These(everything()));
    }
    let (mut protocol, mut ports, mut is_bare) = (None, BTreeSet::new(), false);
    for part in text.split(',') {
        let part = part.trim();
        let (head, rest) = part.split_once(' ').map_or((part, ""), |(head, rest)| (head, rest.trim()));
        let named = Protocol::named(&head.to_ascii_uppercase()).filter(|protocol| protocol.has_ports());
        // A protocol without a port means all of its ports, unless ports of it follow.
        let number = match named {
            Some(_) => {
                if is_bare {
                    ports.insert(Port::Range(whole(protocol?)));
                }
                protocol = named;
                is_bare = rest.is_empty();
                if is_bare {
                    continue;
                }
                rest
            }
            None => part,
        };
        let (first, last) = number.split_once('-').unwrap_or((number, number));
        let port = |text: &str| text.trim().parse::<u16>().ok().filter(|port| *port > 0);
        let (first, last) = (port(first)?, port(last)?);
        if last < first {
            return None;
        }
        ports.insert(Port::Range(PortRange { protocol: protocol?, first, last }));
        is_bare = false;
    }
    if is_bare {
        ports.insert(Port::Range(whole(protocol?)));
    }
    (!ports.is_empty()).then_some(Wanted::These(ports))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn range(first: u16, last: u16) -> PortRange {
        PortRange { protocol: Protocol::TCP, first, last }
    }

    #[test]
    fn what_is_left_of_ranges() {
        for (ranges, others, left) in [
            (vec![range(1, 10)], vec![range(5, 5)], vec![range(1, 4), range(6, 10)]),
            (vec![range(1, 10)], vec![range(1, 10)], vec![]),
            (vec![range(1, 10)], vec![], vec![range(1, 10)]),
            (vec![range(5, 10)], vec![range(1, 5), range(7, 7)], vec![range(6, 6), range(8, 10)]),
            (vec![range(5, 10)], vec![range(11, 20)], vec![range(5, 10)]),
            (vec![range(1, u16::MAX)], vec![range(80, u16::MAX)], vec![range(1, 79)]),
            (vec![range(1, 9)], vec![PortRange::all(Protocol::UDP)], vec![range(1, 9)]),
            (vec![range(4, 9)], vec![range(1, 2), range(6, 6)], vec![range(4, 5), range(7, 9)]),
        ] {
            assert_eq!(subtract(&ranges, &others), left, "{ranges:?} without {others:?}");
        }
    }

    #[test]
    fn lists_of_connections() {
        let tcp = |first, last| Port::Range(range(first, last));
        let udp = |first, last| Port::Range(PortRange { protocol: Protocol::UDP, first, last });
        for (text, ports) in [
            ("TCP 80", Some(vec![tcp(80, 80)])),
            ("TCP 80,8000-8080", Some(vec![tcp(80, 80), tcp(8000, 8080)])),
            ("SCTP 1-65535,TCP 1-5,UDP 53", None),
            ("TCP 1-5,7-9,UDP 53", Some(vec![tcp(1, 5), tcp(7, 9), udp(53, 53)])),
            ("TCP", Some(vec![tcp(1, u16::MAX)])),
            ("TCP,UDP 53", Some(vec![tcp(1, u16::MAX), udp(53, 53)])),
            ("80", Some(vec![])),
            ("TCP 0", Some(vec![])),
            ("TCP 9-3", Some(vec![])),
            ("TCP x", Some(vec![])),
            ("", Some(vec![])),
            ("No Connections", Some(vec![])),
        ] {
            let read = parse_list(text);
            match ports {
                None => assert!(matches!(&read, Some(Wanted::These(ports)) if ports.len() == 3), "{text}: {read:?}"),
                Some(ports) if ports.is_empty() => assert_eq!(read, None, "{text}"),
                Some(ports) => assert_eq!(read, Some(Wanted::These(ports.into_iter().collect())), "{text}"),
            }
        }
        assert_eq!(parse_list("All Connections"), Some(Wanted::These(everything())));
    }
}
