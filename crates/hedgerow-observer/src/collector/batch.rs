//! A batch as the collector keeps it until its names are known: checked, and small.
//!
//! What a node part sends is foreign input: a node may be taken over. Whatever makes no sense is counted and left out, and nothing that it
//! says makes the collector keep more than its share.

use super::clock::SECOND;
use super::skew::Offset;
use crate::link::{self, MAX_NAME};
use hedgerow_observe::Protocol;
use hedgerow_observe::naming::Micros;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// The most sums of one batch.
pub(crate) const MAX_SUMS: usize = 50_000;
/// The most counters of one batch.
const MAX_COUNTERS: usize = 50_000;
/// The most sources of one node.
const MAX_SOURCES: usize = 16;
/// The number of no policy. A batch has some hundreds of texts; a call whose text has no number below this is refused.
const NO_POLICY: u16 = u16::MAX;
/// How old a record may be, and how far in the future: else a clock is wrong.
const AGE: (Micros, Micros) = (25 * 3600 * SECOND, 60 * SECOND);

/// A batch, checked.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) node: Arc<str>,
    pub(crate) life: u64,
    pub(crate) sequence: u64,
    /// The interval, on our clock.
    pub(crate) from: Micros,
    pub(crate) to: Micros,
    /// The earliest moment on our clock at which the interval can have ended.
    pub(crate) ended: Micros,
    /// The same of the interval before, if this one begins when that ended. Then [`Self::to`] may be before [`Self::from`].
    pub(crate) continues: Option<Micros>,
    /// When it came.
    pub(crate) received: Micros,
    /// The last moment on our clock at which any of its calls can have been.
    pub(crate) latest: Micros,
    pub(crate) calls: Vec<Call>,
    /// Both ends of calls and the texts in them, each once: batches wait, and most calls are between the same.
    ends: Vec<Who>,
    texts: Vec<Arc<str>>,
    pub(crate) counters: Vec<link::Counter>,
    pub(crate) sources: Vec<Source>,
    /// Sums and counters that make no sense.
    pub(crate) refused: u64,
    /// The same by the source that told them; of those without the name of one, by nothing.
    pub(crate) refused_of: BTreeMap<Arc<str>, u64>,
}

/// One sum.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Numbers of ends and texts of the batch.
    caller: u32,
    callee: u32,
    source: u16,
    /// [`NO_POLICY`] where none is told.
    policy: u16,
    pub(crate) port: u16,
    pub(crate) protocol: Protocol,
    pub(crate) outcome: link::Outcome,
    pub(crate) was_open: bool,
    pub(crate) may_repeat: bool,
    /// Earliest and latest time of the first and the last, on our clock.
    pub(crate) first: Micros,
    pub(crate) last: Micros,
    pub(crate) count: u64,
}

/// One end as it came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// By an address.
    Address(IpAddr),
    /// By what the source says of it.
    Named(Arc<Named>),
}

/// An end that the source names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Named {
    pub(crate) address: Option<IpAddr>,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    /// It is no pod.
    pub(crate) is_outside: bool,
}

impl Batch {
    pub(crate) fn caller(&self, call: &Call) -> &Who {
        &self.ends[call.caller as usize]
    }

    pub(crate) fn callee(&self, call: &Call) -> &Who {
        &self.ends[call.callee as usize]
    }

    pub(crate) fn source(&self, call: &Call) -> &str {
        &self.texts[call.source as usize]
    }

    /// The policy that decided, as `kind/namespace/name`.
    pub(crate) fn policy(&self, call: &Call) -> Option<&str> {
        (call.policy != NO_POLICY).then(|| &*self.texts[call.policy as usize])
    }
}

/// How a source did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) name: Arc<str>,
    pub(crate) heard: bool,
    pub(crate) fault: String,
    pub(crate) lost: u64,
    pub(crate) lost_unknown: bool,
    /// On our clock; nothing where none ever came.
    pub(crate) last_record: Option<Micros>,
    pub(crate) not_understood: u64,
}

/// Checks a batch. The offset says where the node's times lie on our clock.
pub(crate) fn check(batch: link::Batch, offset: Offset, received: Micros) -> Batch {
    let mut texts = Texts::default();
    let mut refused = 0;
    let (oldest, newest) = (received - AGE.0, received + AGE.1);
    let here = |at: Micros| (at.saturating_add(offset.least), at.saturating_add(offset.most));
    let mut refused_of: BTreeMap<Arc<str>, u64> = BTreeMap::new();
    let mut refuse = |source: Arc<str>, count: usize| {
        if count > 0 {
            refused += count as u64;
            // Nobody has more sources than are told.
            let source = if refused_of.len() < MAX_SOURCES { source } else { Arc::from("") };
            *refused_of.entry(source).or_default() += count as u64;
        }
    };
    let mut calls = Vec::with_capacity(batch.sums.len().min(MAX_SUMS));
    for (at, sum) in batch.sums.into_iter().enumerate() {
        let source = texts.of(if is_source(&sum.source) { &sum.source } else { "" });
        if at >= MAX_SUMS {
            refuse(source, 1);
            continue;
        }
        let (mut first, last) = (here(sum.first).0, here(sum.last).1);
        if sum.was_open {
            // It may be open for weeks. That it is still so is what counts.
            first = first.max(oldest.min(last));
        }
        let is_of_this_time =
            oldest <= first && first <= last && last <= newest.saturating_add(offset.most - offset.least);
        match is_of_this_time.then(|| call(sum, first, last, &mut texts)).flatten() {
            Some(call) => calls.push(call),
            None => refuse(source, 1),
        }
    }
    let is_name = |text: &str| text.len() <= 2 * MAX_NAME + 64;
    let mut counters = batch.counters;
    let before = counters.len();
    counters.truncate(MAX_COUNTERS);
    counters.retain(|counter| is_name(&counter.policy) && is_name(&counter.interface) && counter.counted.len() <= 32);
    refuse(texts.of("counters"), before - counters.len());
    let (before, mut sources) = (batch.sources.len(), Vec::new());
    for source in batch.sources.into_iter().take(MAX_SOURCES) {
        if !is_source(&source.name) {
            continue;
        }
        sources.push(Source {
            name: texts.of(&source.name),
            heard: source.heard,
            fault: source
                .fault
                .chars()
                .filter(|character| !hedgerow_core::unseen::is_unseen(*character))
                .take(300)
                .collect(),
            lost: source.lost,
            lost_unknown: source.lost_unknown,
            last_record: (source.last_record > 0).then(|| here(source.last_record).1.clamp(0, received)),
            not_understood: source.not_understood,
        });
    }
    refuse(texts.of(""), before - sources.len());
    // It may wait for long.
    calls.shrink_to_fit();
    texts.ends.shrink_to_fit();
    texts.texts.shrink_to_fit();
    counters.shrink_to_fit();
    sources.shrink_to_fit();
    let (from, to) = (here(batch.from).1.clamp(oldest, received), here(batch.to).0.clamp(oldest, received));
    Batch {
        node: texts.of(&batch.node),
        life: batch.life,
        sequence: batch.sequence,
        from,
        // Where the clock was set within the interval nothing is proven.
        to: to.max(from),
        ended: to,
        continues: None,
        received,
        latest: calls.iter().map(|call| call.last).max().unwrap_or(received),
        calls,
        ends: texts.ends,
        texts: texts.texts,
        counters,
        sources,
        refused,
        refused_of,
    }
}

fn is_source(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn call(sum: link::Sum, first: Micros, last: Micros, texts: &mut Texts) -> Option<Call> {
    let outcome = link::Outcome::try_from(sum.outcome).ok()?;
    let policy = (!sum.policy.is_empty()).then_some(sum.policy).filter(|policy| policy.len() <= 2 * MAX_NAME + 64);
    if !is_source(&sum.source) {
        return None;
    }
    Some(Call {
        caller: texts.end(who(sum.caller?)?),
        callee: texts.end(who(sum.callee?)?),
        source: texts.short_number(&sum.source)?,
        policy: policy.map_or(Some(NO_POLICY), |policy| texts.short_number(&policy))?,
        port: u16::try_from(sum.port).ok()?,
        protocol: Protocol(u8::try_from(sum.protocol).ok()?),
        outcome,
        was_open: sum.was_open,
        may_repeat: sum.may_repeat,
        first,
        last,
        count: sum.count,
    })
}

fn who(end: link::End) -> Option<Who> {
    let address = match *end.address.as_slice() {
        [] => None,
        [a, b, c, d] => Some(IpAddr::V4(Ipv4Addr::new(a, b, c, d))),
        ref bytes => Some(IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)).to_canonical()),
    };
    if let Some(address) = address
        && end.namespace.is_empty()
        && end.name.is_empty()
        && end.labels.is_empty()
    {
        return Some(Who::Address(address));
    }
    let fits = end.fits();
    let named =
        Named { address, namespace: end.namespace, name: end.name, labels: end.labels, is_outside: end.is_outside };
    fits.then(|| Who::Named(Arc::new(named)))
}

/// Texts and ends that stand in many sums are kept once, and have numbers.
#[derive(Default)]
struct Texts {
    texts: Vec<Arc<str>>,
    ends: Vec<Who>,
    numbers: BTreeMap<Arc<str>, u32>,
    end_numbers: BTreeMap<Who, u32>,
}

impl Texts {
    fn of(&mut self, text: &str) -> Arc<str> {
        let number = self.number(text);
        Arc::clone(&self.texts[number as usize])
    }

    fn number(&mut self, text: &str) -> u32 {
        if let Some(known) = self.numbers.get(text) {
            return *known;
        }
        let new: Arc<str> = Arc::from(text);
        let number = u32::try_from(self.texts.len()).expect("a batch has few texts");
        self.texts.push(Arc::clone(&new));
        self.numbers.insert(new, number);
        number
    }

    fn short_number(&mut self, text: &str) -> Option<u16> {
        u16::try_from(self.number(text)).ok().filter(|number| *number != NO_POLICY)
    }

    fn end(&mut self, end: Who) -> u32 {
        if let Some(known) = self.end_numbers.get(&end) {
            return *known;
        }
        let number = u32::try_from(self.ends.len()).expect("a batch has few ends");
        self.ends.push(end.clone());
        self.end_numbers.insert(end, number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{End, Sum};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use prost::Message as _;

    const NOW: Micros = 1_800_000_000 * SECOND;
    const NO_OFFSET: Offset = Offset { least: 0, most: 0 };

    fn sum() -> Sum {
        let end = |last: u8| Some(End { address: vec![10, 0, 0, last], ..End::default() });
        Sum {
            caller: end(1),
            callee: end(2),
            port: 8080,
            protocol: 6,
            first: NOW,
            last: NOW,
            count: 1,
            source: "conntrack".into(),
            ..Sum::default()
        }
    }

    fn checked(sums: Vec<Sum>) -> Batch {
        let batch = link::Batch {
            node: "n".into(),
            life: 1,
            sequence: 1,
            from: NOW - SECOND,
            to: NOW,
            sent: NOW,
            sums,
            ..link::Batch::default()
        };
        check(batch, NO_OFFSET, NOW)
    }

    #[test]
    fn what_makes_no_sense_is_counted_and_left_out() {
        let end = |bytes: usize| Some(End { address: vec![0; bytes], ..End::default() });
        let named = |labels: usize, value: usize| {
            let labels = (0..labels).map(|n| (format!("l{n}"), "v".repeat(value))).collect();
            Some(End { namespace: "bank".into(), name: "a".into(), labels, ..End::default() })
        };
        for (sum, is_good) in [
            (sum(), true),
            (Sum { caller: None, ..sum() }, false),
            (Sum { callee: end(5), ..sum() }, false),
            (Sum { callee: end(16), ..sum() }, true),
            (Sum { callee: end(0), ..sum() }, true),
            (Sum { callee: named(3, 3), ..sum() }, true),
            (Sum { callee: named(129, 3), ..sum() }, false),
            (Sum { callee: named(3, 64), ..sum() }, false),
            (Sum { port: 65_536, ..sum() }, false),
            (Sum { protocol: 256, ..sum() }, false),
            (Sum { outcome: 9, ..sum() }, false),
            (Sum { source: String::new(), ..sum() }, false),
            (Sum { source: "a\n".into(), ..sum() }, false),
            (Sum { source: "x".repeat(33), ..sum() }, false),
            (Sum { first: NOW + 1, ..sum() }, false),
            (Sum { first: NOW - 26 * 3600 * SECOND, ..sum() }, false),
            (Sum { last: NOW + 90 * SECOND, ..sum() }, false),
            (Sum { first: Micros::MIN, last: Micros::MAX, ..sum() }, false),
            (Sum { count: u64::MAX, ..sum() }, true),
        ] {
            let batch = checked(vec![sum.clone()]);
            assert_eq!((batch.calls.len(), batch.refused), if is_good { (1, 0) } else { (0, 1) }, "{sum:?}");
        }
        let many = checked(vec![sum(); MAX_SUMS + 7]);
        assert_eq!((many.calls.len(), many.refused), (MAX_SUMS, 7));
        // More texts than there are numbers for.
        let texts = |n: usize| Sum { source: format!("s-{n}"), policy: format!("k/n/{n}"), ..sum() };
        let many = checked((0..MAX_SUMS).map(texts).collect());
        assert_eq!((many.calls.len(), many.refused), (32_767, 17_233));
        for (n, call) in many.calls.iter().enumerate() {
            assert_eq!((many.source(call), many.policy(call)), (&*format!("s-{n}"), Some(&*format!("k/n/{n}"))));
        }
    }

    #[test]
    fn what_was_open_for_long_is_of_this_time_and_what_is_refused_is_told_of_its_source() {
        let old = |was_open| Sum { first: NOW - 30 * 86_400 * SECOND, was_open, ..sum() };
        let batch = checked(vec![old(true)]);
        assert_eq!((batch.calls[0].first, batch.refused), (NOW - AGE.0, 0));
        assert_eq!(checked(vec![old(false)]).refused, 1);
        // One that ended before this time, too.
        assert_eq!(checked(vec![Sum { last: NOW - 26 * 3600 * SECOND, ..old(true) }]).refused, 1);
        let nameless = Sum { source: "A".into(), ..sum() };
        let socket = Sum { port: 65_536, source: "socket".into(), ..sum() };
        let batch = checked(vec![old(false), socket.clone(), socket, nameless, sum()]);
        let refused: Vec<_> = batch.refused_of.iter().map(|(source, count)| (&**source, *count)).collect();
        assert_eq!((refused, batch.refused), (vec![("", 1), ("conntrack", 1), ("socket", 2)], 4));
        let many = checked(vec![sum(); MAX_SUMS + 7]);
        assert_eq!(many.refused_of.get("conntrack"), Some(&7));
    }

    #[test]
    fn each_call_has_its_own_ends_and_texts() {
        let by = |policy: &str, source: &str| Sum { policy: policy.into(), source: source.into(), ..sum() };
        let turned = Sum { caller: sum().callee, callee: sum().caller, ..by("b", "flows") };
        let batch = checked(vec![by("a", "flows"), turned, by("", "conntrack")]);
        let address = |last: u8| Who::Address(IpAddr::from([10, 0, 0, last]));
        let told: Vec<_> = batch
            .calls
            .iter()
            .map(|call| {
                (batch.caller(call).clone(), batch.callee(call).clone(), batch.source(call), batch.policy(call))
            })
            .collect();
        assert_eq!(
            told,
            [
                (address(1), address(2), "flows", Some("a")),
                (address(2), address(1), "flows", Some("b")),
                (address(1), address(2), "conntrack", None),
            ]
        );
        assert_eq!(batch.ends.len(), 2);
    }

    #[test]
    fn times_are_put_on_our_clock() {
        let batch = link::Batch {
            node: "n".into(),
            from: NOW,
            to: NOW + 10 * SECOND,
            sums: vec![sum()],
            ..link::Batch::default()
        };
        let batch = check(batch, Offset { least: -30 * SECOND, most: -20 * SECOND }, NOW);
        assert_eq!(
            (batch.from, batch.to),
            (NOW - 20 * SECOND, NOW - 20 * SECOND),
            "only what is surely within is proven"
        );
        assert_eq!((batch.calls[0].first, batch.latest), (NOW - 30 * SECOND, NOW - 20 * SECOND));
        assert!(size_of::<Call>() <= 48, "{}", size_of::<Call>());
    }

    /// A batch as some node part may send it.
    fn some_batch() -> impl Strategy<Value = link::Batch> {
        let text = || prop_oneof![Just("conntrack".to_owned()), Just(String::new()), "[a-zA-Z0-9/\u{202e}\n-]{0,40}"];
        let time = || prop_oneof![4 => NOW - 100 * SECOND..NOW + 100 * SECOND, 1 => any::<i64>()];
        let end = (vec(any::<u8>(), 0..20), text(), text(), any::<bool>()).prop_map(
            |(address, namespace, name, is_outside)| End {
                address,
                namespace,
                name,
                labels: [("a".to_owned(), "b".to_owned())].into(),
                is_outside,
            },
        );
        let ends = (prop::option::of(end.clone()), prop::option::of(end));
        let sum =
            (ends, any::<u32>(), any::<u32>(), 0..7, (time(), time(), any::<u64>()), (text(), text()), any::<bool>())
                .prop_map(
                    |((caller, callee), port, protocol, outcome, (first, last, count), (source, policy), was_open)| {
                        Sum {
                            caller,
                            callee,
                            port: port >> (port % 32),
                            protocol: protocol >> (protocol % 32),
                            outcome,
                            first,
                            last,
                            count,
                            source,
                            policy,
                            was_open,
                            ..Sum::default()
                        }
                    },
                );
        let source = (text(), any::<bool>(), any::<u64>(), time()).prop_map(|(name, heard, lost, last_record)| {
            link::Source { name, heard, lost, last_record, ..link::Source::default() }
        });
        let counter = (text(), text(), any::<u64>()).prop_map(|(policy, counted, packets)| link::Counter {
            policy,
            counted,
            packets,
            ..link::Counter::default()
        });
        (vec(sum, 0..20), vec(source, 0..20), vec(counter, 0..5), (time(), time(), time())).prop_map(
            |(sums, sources, counters, (from, to, sent))| link::Batch {
                node: "n".into(),
                from,
                to,
                sent,
                sums,
                sources,
                counters,
                ..link::Batch::default()
            },
        )
    }

    proptest! {
        /// Law 10: what a node sends is any bytes. Whatever they decode to is kept or counted, and every number in it leads somewhere.
        #[test]
        fn any_bytes_of_a_node_are_kept_or_counted(
            batch in some_batch(),
            bites in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
            (least, width) in (any::<i64>(), 0..100 * SECOND),
        ) {
            let mut bytes = batch.encode_to_vec();
            for (at, byte) in bites {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                }
            }
            let Ok(batch) = link::Batch::decode(bytes.as_slice()) else { return Ok(()) };
            let told = batch.sums.len() + batch.sources.len() + batch.counters.len();
            let offset = Offset { least: least >> 20, most: (least >> 20) + width };
            let batch = check(batch, offset, NOW);
            let kept = batch.calls.len() + batch.sources.len() + batch.counters.len();
            prop_assert_eq!(kept as u64 + batch.refused, told as u64);
            prop_assert_eq!(batch.refused_of.values().sum::<u64>(), batch.refused);
            prop_assert!(batch.from <= batch.to && batch.to <= NOW && batch.sources.len() <= MAX_SOURCES);
            for call in &batch.calls {
                let _ends = (batch.caller(call), batch.callee(call), batch.policy(call));
                prop_assert!(call.first <= call.last && is_source(batch.source(call)));
            }
        }
    }
}
