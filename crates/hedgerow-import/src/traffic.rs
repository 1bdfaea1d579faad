//! Flows of Hubble and of Calico, by the readers of the observer. They show who calls; that makes no rule by itself.

use crate::said::{End, Found, Name, Place, Port, Seen, Statement, Wanted, Why};
use crate::whose::Whose;
use crate::{Input, Reader};
use hedgerow_core::diag::Diagnostic;
use hedgerow_eval::{PortRange, Protocol};
use hedgerow_observe::Format;
use hedgerow_observe::file::FileCalls;
use hedgerow_observe::observations::Moment;
use hedgerow_observe::sum::{Call, Place as Seat, Said, Span};
use hedgerow_observe::{Direction, EndKind, Outcome, Record};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) struct Traffic(pub(crate) Format);

impl Reader for Traffic {
    fn read(&self, input: &Input<'_>, found: &mut Found) -> Vec<Diagnostic> {
        for (id, source) in input.texts.iter() {
            let place = input.line(id, 0);
            // Records without a time are of 1970; none of these formats leaves it out.
            let mut calls = FileCalls::new(0, None);
            let (mut summed, mut workloads, mut sides) = (Vec::new(), Workloads::default(), Sides::default());
            let mut reader = self.0.reader();
            let mut take = |record| {
                told(&record, &mut workloads);
                sides.take(&record);
                calls.record(&record);
                if calls.is_nearly_full() {
                    summed.extend(calls.take());
                }
            };
            reader.feed(source.text.as_bytes(), &mut take);
            reader.finish(&mut take);
            summed.extend(calls.take());
            let outside: u64 = summed
                .iter()
                .map(|(call, span)| statement(call, *span, &place, &Pods { input, workloads: &workloads }, found))
                .sum();
            if outside > 0 {
                let text = format!(
                    "{} to the outside, or by a protocol without ports",
                    hedgerow_core::diag::count(outside, "call")
                );
                found.leave(Why::OutsideCallee, &place, text);
            }
            sides.leave(&place, found);
            for (fault, misread) in &reader.tally().faults {
                let text = format!(
                    "{} ×: {fault}; first at record {}: {}",
                    misread.count,
                    misread.piece,
                    crate::said::shown(&misread.excerpt)
                );
                found.leave(Why::NotUnderstood, &place, text);
            }
            if calls.lost() > 0 {
                let text = format!(
                    "{} that the source lost, or that did not fit",
                    hedgerow_core::diag::count(calls.lost(), "record")
                );
                found.leave(Why::NotUnderstood, &place, text);
            }
        }
        Vec::new()
    }
}

/// Says what a call says; how many calls there were of which no rule could speak.
fn statement(call: &Call, span: Span, place: &Place, pods: &Pods<'_>, found: &mut Found) -> u64 {
    let (caller, callee) = (pods.name(&call.caller), pods.name(&call.callee));
    let protocol = Protocol::number(call.protocol.0);
    let Some(callee) = callee.filter(|_| call.port > 0 && protocol.has_ports()) else {
        return span.count;
    };
    let port = PortRange::one(protocol, call.port);
    let Some(caller) = caller else {
        let from = call.caller.address.map_or_else(|| "somebody".to_owned(), |address| address.to_string());
        let why = if call.caller.address.is_some() || is_outside(&call.caller) { Why::Addresses } else { Why::Untold };
        found.leave(why, place, format!("{} calls `{callee}` on {port}", named(&call.caller).unwrap_or(from)));
        return 0;
    };
    if call.said == Said::Dropped {
        found.leave(Why::Dropped, place, format!("`{caller}` → `{callee}` on {port}, {} ×", span.count));
        return 0;
    }
    let moment = |micros: i64| Moment(micros.div_euclid(1_000_000));
    found.statements.push(Statement {
        caller: End::Named(caller),
        callee: End::Named(callee),
        ports: Wanted::These(BTreeSet::from([Port::Range(port)])),
        reason: None,
        seen: Some(Seen { first: moment(span.first), last: moment(span.last), count: span.count }),
        place: place.clone(),
    });
    0
}

fn is_outside(seat: &Seat) -> bool {
    seat.name.as_ref().is_some_and(|name| name.is_outside)
}

/// The name of a network or a host.
fn named(seat: &Seat) -> Option<String> {
    seat.name
        .as_ref()
        .filter(|name| name.is_outside && !name.name.is_empty())
        .map(|name| format!("`{}`", crate::said::shown(&name.name)))
}

/// The kind and the name of the workload of each pod of which the source tells it, by namespace and pod.
type Workloads = BTreeMap<(String, String), (String, String)>;

/// Takes in what a flow tells of the workloads of its ends. Who is of several is of none.
fn told(record: &Record, workloads: &mut Workloads) {
    let Record::Flow(flow) = record else { return };
    for end in [&flow.caller, &flow.callee].into_iter().filter(|end| end.kind == EndKind::Pod) {
        if let (Some(pod), [workload]) = (&end.name, end.workloads.as_slice()) {
            let key = (end.namespace.clone().unwrap_or_default(), pod.clone());
            workloads.entry(key).or_insert_with(|| workload.clone());
        }
    }
}

/// Who calls whom, on which port.
type Key = (String, String, u16, u8);

/// How many calls are kept that only one side tells; of more only the number is known.
const MAX_ONE_SIDED: usize = 10_000;

/// Calls of which only the caller's side tells, or without a verdict: what lets a call in is decided, and told, at the callee.
#[derive(Debug, Default)]
struct Sides {
    told: BTreeSet<Key>,
    untold: BTreeMap<Key, (u64, &'static str)>,
    beyond: u64,
}

impl Sides {
    fn take(&mut self, record: &Record) {
        let Record::Flow(flow) = record else { return };
        if flow.is_reply == Some(true) || flow.opens == Some(false) {
            return;
        }
        let [caller, callee] = [&flow.caller, &flow.callee].map(|end| match (&end.name, end.address) {
            (Some(name), _) => {
                let namespace = end.namespace.as_deref().unwrap_or_default();
                Some(format!("`{}/{}`", crate::said::shown(namespace), crate::said::shown(name)))
            }
            (None, Some(address)) => Some(address.to_string()),
            (None, None) => None,
        });
        let (Some(caller), Some(callee)) = (caller, callee) else { return };
        let key = (caller, callee, flow.port.unwrap_or(0), flow.protocol.map_or(0, |protocol| protocol.0));
        let has_side = flow.callee.kind == EndKind::Pod || flow.callee.namespace.is_some();
        let is_callers = flow.direction == Some(Direction::Egress) && has_side;
        let what = match flow.outcome {
            Outcome::Unsaid => "without a verdict",
            Outcome::Denied if is_callers => "dropped where it left",
            Outcome::Allowed | Outcome::Audited if is_callers => "seen where it left",
            Outcome::Allowed | Outcome::Audited | Outcome::Denied => {
                self.told.insert(key);
                return;
            }
        };
        let count = flow.counts.times.unwrap_or(1);
        if self.untold.len() < MAX_ONE_SIDED || self.untold.contains_key(&key) {
            let known = self.untold.entry(key).or_insert((0, what));
            known.0 = known.0.saturating_add(count);
        } else {
            self.beyond = self.beyond.saturating_add(count);
        }
    }

    /// Says what the callee's side does not tell.
    fn leave(self, place: &Place, found: &mut Found) {
        for ((caller, callee, port, protocol), (count, what)) in self.untold {
            if self.told.contains(&(caller.clone(), callee.clone(), port, protocol)) {
                continue;
            }
            let protocol = Protocol::number(protocol);
            let port = if port > 0 && protocol.has_ports() {
                format!(" on {}", PortRange::one(protocol, port))
            } else {
                String::new()
            };
            found.leave(Why::CallersSide, place, format!("{caller} → {callee}{port}, {count} ×, {what}"));
        }
        if self.beyond > 0 {
            found.leave(Why::CallersSide, place, format!("{} more", hedgerow_core::diag::count(self.beyond, "flow")));
        }
    }
}

/// What names the pods of one text.
struct Pods<'a> {
    input: &'a Input<'a>,
    workloads: &'a Workloads,
}

impl Pods<'_> {
    /// The pod at one end, as the workload that the source says it is of where that is a service, or where the pod is none by itself; nothing
    /// where it is no pod.
    fn name(&self, seat: &Seat) -> Option<Name> {
        let pod = name(seat)?;
        let key = (pod.namespace.clone().unwrap_or_default(), pod.name.clone());
        let Some((kind, workload)) = self.workloads.get(&key) else { return Some(pod) };
        let kind = Some(kind.clone()).filter(|kind| !kind.is_empty());
        let named = Name { kind, name: workload.clone(), ..pod.clone() };
        let is_nobody = |name: &Name| matches!(self.input.names.of(name), Whose::Nobody(_));
        Some(if is_nobody(&named) && !is_nobody(&pod) { pod } else { named })
    }
}

/// The pod at one end; nothing where it is none.
fn name(seat: &Seat) -> Option<Name> {
    let name =
        seat.name.as_ref().filter(|name| !(name.is_outside || name.name.is_empty() && name.labels.is_empty()))?;
    let namespace = Some(name.namespace.as_str()).filter(|namespace| !namespace.is_empty());
    Some(Name { kind: Some("Pod".to_owned()), labels: name.labels.clone(), ..Name::new(namespace, &name.name) })
}
