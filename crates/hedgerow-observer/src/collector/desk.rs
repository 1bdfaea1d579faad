//! The desk: batches wait here until the API server has told whose addresses they hold; then they are named, judged, kept, and receipted.

use super::auth::Part;
use super::batch::{self, Batch, Who};
use super::clock::{SECOND, now};
use super::events::Notice;
use super::intake::Order;
use super::metrics::{Addresses, Calls, SourceLine};
use super::say::say;
use super::watch::Watches;
use super::world::{Known, World};
use crate::link;
use crate::store::{BatchId, Store};
use hedgerow_observe::Protocol;
use hedgerow_observe::call::{self, Call, Party, Seen};
use hedgerow_observe::fleet::{Fleet, Labels};
use hedgerow_observe::ledger::{Edge, Effect, Ledger, Report, Sent, SourceReport, SourceState};
use hedgerow_observe::naming::{Holder, Micros, Name, Pod};
use hedgerow_observe::observations::{End, Verdict};
use hedgerow_observe::sum::Said;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// How often it is looked which batches can be named.
const TICK: Duration = Duration::from_millis(200);
/// How many sums are taken at once; they share a transaction.
const AT_ONCE: usize = 20_000;
/// How long a source counts as up without a batch.
const UP: Micros = 45 * SECOND;
/// How many sources, and how many pairs of callee and node, are known.
const MOST: usize = 100_000;
/// How many calls without a rule of one batch are looked at again for their addresses and pods.
const EXAMPLES: usize = 1_000;
/// How long nothing of an outsider is remembered in memory after it was seen last.
const OUTSIDERS: Micros = 30 * 86_400 * SECOND;
/// How often old things are forgotten.
const FORGET: Micros = 60 * SECOND;

static NO_LABELS: Labels = BTreeMap::new();

/// How a source does, from its batches.
#[derive(Debug, Clone, Default)]
struct Live {
    until: Option<Micros>,
    received: Micros,
    is_heard: bool,
    fault: String,
    not_understood: u64,
    blind: Micros,
    last_record: Option<Micros>,
}

/// What the desk knows beside the ledger.
#[derive(Debug, Default)]
struct Seeing {
    live: BTreeMap<(Arc<str>, Arc<str>), Live>,
    /// By callee and node: unpermitted, dropped.
    packets: BTreeMap<(Arc<str>, Arc<str>), (u64, u64)>,
    leftovers: BTreeSet<Arc<str>>,
    refused: BTreeMap<Arc<str>, u64>,
}

/// The desk.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) world: Arc<World>,
    watches: Arc<Watches>,
    pub(crate) store: Mutex<Store>,
    /// What tells the store from others, and since when it keeps.
    pub(crate) identity: (String, Micros),
    pub(crate) ledger: Mutex<Ledger>,
    pub(crate) calls: Arc<Mutex<Calls>>,
    seeing: Mutex<Seeing>,
    patience: Micros,
    notices: Option<mpsc::Sender<Notice>>,
    /// Why nothing can be kept at the moment.
    fault: Mutex<Option<String>>,
    pub(crate) faults: AtomicU64,
    pub(crate) waiting: AtomicUsize,
    /// When it was at work last.
    pub(crate) alive: AtomicI64,
    is_stopping: AtomicBool,
}

impl Desk {
    pub(crate) fn new(
        world: Arc<World>,
        watches: Arc<Watches>,
        store: Store,
        ledger: Ledger,
        calls: Calls,
        patience: Duration,
        notices: Option<mpsc::Sender<Notice>>,
    ) -> Self {
        let calls = Arc::new(Mutex::new(calls));
        let mut seeing = Seeing::default();
        for (node, source, state) in ledger.sources() {
            let live = Live { until: state.heard_until, ..Live::default() };
            seeing.live.insert((Arc::from(node), Arc::from(source)), live);
        }
        Self {
            world,
            watches,
            identity: (store.id(), store.since()),
            store: Mutex::new(store),
            ledger: Mutex::new(ledger),
            calls,
            seeing: Mutex::new(seeing),
            patience: Micros::try_from(patience.as_micros()).unwrap_or(Micros::MAX),
            notices,
            fault: Mutex::default(),
            faults: AtomicU64::new(0),
            waiting: AtomicUsize::new(0),
            alive: AtomicI64::new(now()),
            is_stopping: AtomicBool::new(false),
        }
    }

    /// Takes batches until everybody who sends is gone, or `stop` says so.
    pub(crate) async fn run(self: Arc<Self>, mut orders: mpsc::Receiver<Order>, mut stop: watch::Receiver<bool>) {
        // In the order of each node part's life: a later batch is never kept before an earlier one.
        let mut queues: BTreeMap<(Arc<str>, u64), VecDeque<Order>> = BTreeMap::new();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut forgotten = now();
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => {
                        let key = (Arc::clone(&order.batch.node), order.batch.life);
                        queues.entry(key).or_default().push_back(order);
                        self.waiting.fetch_add(1, Ordering::Relaxed);
                        continue;
                    }
                    None => return,
                },
                _ = tick.tick() => {}
                _ = stop.wait_for(|stop| *stop) => {
                    self.is_stopping.store(true, Ordering::Relaxed);
                    return;
                }
            }
            self.alive.store(now(), Ordering::Relaxed);
            loop {
                let ready = self.ready(&mut queues);
                if ready.is_empty() {
                    break;
                }
                self.waiting.fetch_sub(ready.len(), Ordering::Relaxed);
                let desk = Arc::clone(&self);
                if tokio::task::spawn_blocking(move || desk.take(ready)).await.is_err() {
                    say("desk", "taking a batch failed in a way that it must not; the node sends it again");
                }
                self.alive.store(now(), Ordering::Relaxed);
                while let Ok(order) = orders.try_recv() {
                    queues.entry((Arc::clone(&order.batch.node), order.batch.life)).or_default().push_back(order);
                    self.waiting.fetch_add(1, Ordering::Relaxed);
                }
            }
            if now().saturating_sub(forgotten) >= FORGET {
                forgotten = now();
                self.world.forget(now());
                lock(&self.ledger).forget(now().saturating_sub(OUTSIDERS));
            }
        }
    }

    /// The batches that can be named by now, or that have waited long enough.
    fn ready(&self, queues: &mut BTreeMap<(Arc<str>, u64), VecDeque<Order>>) -> Vec<Order> {
        let (told, has_fleet) = {
            let known = self.world.known();
            (known.names.told(), known.fleet.is_some())
        };
        let told = told.filter(|_| self.watches.are_policies_known());
        if !has_fleet {
            // Without a catalogue nobody has a name. What is not taken stays with those who sent it.
            return Vec::new();
        }
        let (at, mut ready, mut sums) = (now(), Vec::new(), 0);
        queues.retain(|_, queue| {
            while let Some(order) = queue.front() {
                let batch = &order.batch;
                let is_told = told.is_some_and(|told| told >= batch.latest);
                if sums >= AT_ONCE || !(is_told || at.saturating_sub(batch.received) >= self.patience) {
                    break;
                }
                sums += batch.calls.len();
                ready.extend(queue.pop_front());
            }
            !queue.is_empty()
        });
        ready
    }

    /// Names, judges, keeps and receipts.
    fn take(&self, orders: Vec<Order>) {
        let mut effect = Effect::default();
        let mut batches: Vec<BatchId> = Vec::new();
        let mut last: BTreeMap<(Arc<str>, u64), u64> = BTreeMap::new();
        let mut examples: BTreeMap<Edge, (Addresses, Micros)> = BTreeMap::new();
        let mut notices: Vec<Notice> = Vec::new();
        for order in &orders {
            let batch = &order.batch;
            let id = BatchId { node: batch.node.to_string(), life: batch.life, sequence: batch.sequence };
            let key = (Arc::clone(&batch.node), batch.life);
            let is_taken = last.get(&key).is_some_and(|last| batch.sequence <= *last) || lock(&self.store).has(&id);
            if is_taken {
                continue;
            }
            last.insert(key, batch.sequence);
            batches.push(id);
            effect.merge(self.judge(order, &mut examples, &mut notices));
        }
        let more = self.more(&effect);
        if !batches.is_empty() && !self.keep(&batches, &effect) {
            // The collector goes down without having kept it; no receipt is given, and it is sent again.
            return;
        }
        lock(&self.ledger).commit(&effect);
        {
            let mut calls = lock(&self.calls);
            for (edge, count) in more {
                calls.add(edge, count, examples.remove(edge));
            }
            for (callee, count) in &effect.capped {
                calls.capped(callee, *count);
            }
        }
        if let Some(sender) = &self.notices {
            for notice in notices {
                // There is a limit on Events, and more than wait here are beyond it.
                let _full = sender.try_send(notice);
            }
        }
        for order in orders {
            // The stream may be gone; then the batch comes again and is known.
            let _gone = order.kept.send(());
            drop(order.room);
        }
    }

    /// By how much the series of edges grow. An edge that only sources of second rank saw counts as one call until another sees it, as
    /// in observations; so a series never falls, and begins where it was when the collector is started again.
    fn more<'e>(&self, effect: &'e Effect) -> BTreeMap<&'e Edge, u64> {
        let mut more: BTreeMap<&Edge, u64> = BTreeMap::new();
        for ((_, edge), tally) in &effect.calls {
            let count = more.entry(edge).or_default();
            *count = count.saturating_add(tally.count);
        }
        let (store, ledger) = (lock(&self.store), lock(&self.ledger));
        for (edge, count) in &mut more {
            match ledger.tally(edge) {
                Some(known) if known.count == 0 => *count = count.saturating_sub(1),
                Some(_) => {}
                // Of an outsider that was forgotten the store still knows.
                None if store.knows(edge) => {}
                None => *count = (*count).max(1),
            }
        }
        more
    }

    /// Keeps it, or tries until it can; whether it is kept.
    fn keep(&self, batches: &[BatchId], effect: &Effect) -> bool {
        loop {
            match lock(&self.store).commit(batches, effect) {
                Ok(()) => {
                    *lock(&self.fault) = None;
                    return true;
                }
                Err(error) => {
                    self.faults.fetch_add(1, Ordering::Relaxed);
                    say("store", &format!("what was seen cannot be kept, no receipts are given: {error}"));
                    *lock(&self.fault) = Some(error.to_string());
                }
            }
            for _ in 0..10 {
                if self.is_stopping.load(Ordering::Relaxed) {
                    return false;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
            self.alive.store(now(), Ordering::Relaxed);
        }
    }

    fn judge(
        &self,
        order: &Order,
        examples: &mut BTreeMap<Edge, (Addresses, Micros)>,
        notices: &mut Vec<Notice>,
    ) -> Effect {
        let batch = &order.batch;
        let mut known = self.world.known();
        let Some(fleet) = known.fleet.clone() else { return Effect::default() };
        let mut seeing = lock(&self.seeing);
        seeing.refused(batch);
        let report = match order.part {
            Part::Canary(ref uid) => sent(batch, uid, &fleet),
            Part::Node => {
                seeing.sources(batch);
                seeing.counters(batch, &mut known, &fleet);
                report(batch, &known, &seeing)
            }
        };
        drop(seeing);
        let mut ledger = lock(&self.ledger);
        let Known { names, verdicts, .. } = &mut *known;
        let effect = ledger.take(&report, names.history(), &fleet, verdicts);
        drop(ledger);
        let is_trouble = |edge: &Edge| edge.verdict != Verdict::Permitted;
        let troubles: BTreeMap<(&str, &End, u16, Protocol), &Edge> = effect
            .calls
            .keys()
            .map(|(_, edge)| edge)
            .filter(|edge| is_trouble(edge))
            .map(|edge| ((edge.callee.as_str(), &edge.caller, edge.port, edge.protocol), edge))
            .collect();
        if !troubles.is_empty() {
            let ports: BTreeSet<u16> = troubles.keys().map(|key| key.2).collect();
            for call in report.calls.iter().filter(|call| ports.contains(&call.port)).take(EXAMPLES) {
                let end = |seen| call::name(seen, call.first, call.last, known.names.history(), &fleet);
                let Party::Service(id, callee_pods) = end(&call.callee) else { continue };
                let Some(service) = fleet.service(id) else { continue };
                let party = end(&call.caller);
                let caller = party.end(&fleet);
                let Some(edge) = troubles.get(&(&*service.name, &caller, call.port, call.protocol)) else { continue };
                if let (Some(from), Some(to)) = (call.caller.address, call.callee.address) {
                    examples.insert((*edge).clone(), (Addresses { caller: from, callee: to }, call.last));
                }
                if self.notices.is_some() && matches!(edge.verdict, Verdict::Unpermitted | Verdict::Dropped) {
                    let file = match &party {
                        Party::Service(caller, _) => fleet.file_to_add(*caller, id),
                        Party::Outsider(_) | Party::Unknown { .. } => None,
                    };
                    let pod = |pods: &[Arc<Pod>]| pods.first().filter(|pod| !pod.uid.is_empty()).cloned();
                    notices.push(Notice {
                        edge: (*edge).clone(),
                        caller: pod(party.states()),
                        callee: pod(&callee_pods),
                        file,
                    });
                }
            }
        }
        effect
    }

    // ── Answers ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Why nothing can be kept at the moment.
    pub(crate) fn fault(&self) -> Option<String> {
        lock(&self.fault).clone()
    }

    /// How every source does.
    pub(crate) fn sources(&self) -> Vec<SourceLine> {
        let at = now();
        let states: BTreeMap<(String, String), SourceState> = {
            let ledger = lock(&self.ledger);
            ledger.sources().map(|(node, source, state)| ((node.to_owned(), source.to_owned()), *state)).collect()
        };
        let seeing = lock(&self.seeing);
        let line = |((node, source), live): (&(Arc<str>, Arc<str>), &Live)| {
            let is_late = at.saturating_sub(live.received) > UP;
            let fault = match (is_late, live.received) {
                (true, 0) => "nothing came from its node part since the collector started".to_owned(),
                (true, _) => "nothing comes from its node part".to_owned(),
                (false, _) => live.fault.clone(),
            };
            let state = states.get(&(node.to_string(), source.to_string())).copied().unwrap_or_default();
            SourceLine {
                node: Arc::clone(node),
                source: Arc::clone(source),
                is_up: live.is_heard && !is_late,
                lost: state.lost,
                heard: state.heard_since.zip(state.heard_until),
                not_understood: live.not_understood,
                blind: live.blind,
                last_record: live.last_record,
                fault,
            }
        };
        seeing.live.iter().map(line).collect()
    }

    /// Packets that rule counters counted; pairs of a callee and a node on which its pods run are there with 0.
    pub(crate) fn packets(&self) -> BTreeMap<(Arc<str>, Arc<str>), (u64, u64)> {
        let running = self.world.running();
        let seeing = lock(&self.seeing);
        let mut packets = seeing.packets.clone();
        let nodes: BTreeSet<&Arc<str>> =
            seeing.live.keys().filter(|(_, source)| **source == *"counters").map(|(node, _)| node).collect();
        for (service, node) in running.iter().flat_map(|(of, now)| now.nodes.keys().map(move |node| (of, node))) {
            if nodes.contains(node) && packets.len() < MOST {
                packets.entry((Arc::clone(service), Arc::clone(node))).or_default();
            }
        }
        packets
    }

    /// Nodes on which leftovers police, and records of nodes that made no sense.
    pub(crate) fn oddities(&self) -> (BTreeSet<Arc<str>>, BTreeMap<Arc<str>, u64>) {
        let seeing = lock(&self.seeing);
        (seeing.leftovers.clone(), seeing.refused.clone())
    }

    /// A node is gone: its sources are expected no more.
    /// Whether that is kept.
    pub(crate) fn remove_node(&self, node: &str) -> bool {
        lock(&self.ledger).remove_node(node);
        let mut seeing = lock(&self.seeing);
        seeing.live.retain(|(of, _), _| **of != *node);
        seeing.leftovers.remove(node);
        drop(seeing);
        if let Err(error) = lock(&self.store).remove_node(node, now()) {
            say("store node", &format!("that node {node} is gone cannot be kept: {error}"));
            return false;
        }
        true
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Seeing {
    fn refused(&mut self, batch: &Batch) {
        if batch.refused > 0 && self.refused.len() < MOST {
            *self.refused.entry(Arc::clone(&batch.node)).or_default() += batch.refused;
            say(
                &format!("refused {}", batch.node),
                &format!(
                    "node {} sent {} that made no sense",
                    batch.node,
                    hedgerow_core::diag::count(batch.refused, "record")
                ),
            );
        }
    }

    fn sources(&mut self, batch: &Batch) {
        for source in &batch.sources {
            let key = (Arc::clone(&batch.node), Arc::clone(&source.name));
            if self.live.len() >= MOST && !self.live.contains_key(&key) {
                continue;
            }
            let live = self.live.entry(key).or_default();
            let from = batch.continues.unwrap_or(batch.from);
            if let Some(until) = live.until
                && from > until + SECOND
            {
                live.blind += from - until;
            }
            if !source.heard {
                live.blind += (batch.to - from).max(0);
            }
            live.until = live.until.max(Some(batch.to));
            live.received = batch.received;
            live.is_heard = source.heard;
            live.fault.clone_from(&source.fault);
            live.not_understood = live.not_understood.saturating_add(source.not_understood);
            live.last_record = live.last_record.max(source.last_record);
        }
    }

    fn counters(&mut self, batch: &Batch, known: &mut Known, fleet: &Fleet) {
        let mut is_left_over = false;
        for counter in &batch.counters {
            if counter.is_leftover {
                // They police too, but what they count is no measure of what comes in.
                is_left_over = true;
                continue;
            }
            if !counter.is_ingress || counter.packets == 0 {
                continue;
            }
            let policy = counter.policy.as_str();
            let (callee, is_dropped) = match (counter.counted.as_str(), policy) {
                ("end-of-tier" | "denied", "") => {
                    let pod = known.names.pod_of_interface(&counter.interface).cloned();
                    (pod.and_then(|pod| known.service_of(&pod).map(|service| Arc::clone(&service.name))), true)
                }
                ("allowed", policy) if known.verdicts.is_backstop(fleet, policy) => (of_policy(fleet, policy), false),
                ("denied", policy) => (of_policy(fleet, policy), true),
                _ => continue,
            };
            let Some(callee) = callee else { continue };
            let key = (callee, Arc::clone(&batch.node));
            if self.packets.len() >= MOST && !self.packets.contains_key(&key) {
                continue;
            }
            let counts = self.packets.entry(key).or_default();
            let count = if is_dropped { &mut counts.1 } else { &mut counts.0 };
            *count = count.saturating_add(counter.packets);
        }
        if is_left_over {
            self.leftovers.insert(Arc::clone(&batch.node));
        } else if batch.sources.iter().any(|source| *source.name == *"counters" && source.heard) {
            self.leftovers.remove(&batch.node);
        }
    }

    /// Whether connections to pods of a node are seen there.
    fn sees_connections(&self, node: &Arc<str>, at: Micros) -> bool {
        let live = self.live.get(&(Arc::clone(node), Arc::from("conntrack")));
        live.is_some_and(|live| live.is_heard && at.saturating_sub(live.received) <= UP)
    }
}

/// The service whose policy it is, as `kind/namespace/name`: policies of ours are called by its short name.
fn of_policy(fleet: &Fleet, policy: &str) -> Option<Arc<str>> {
    let mut parts = policy.splitn(3, '/').skip(1);
    let (namespace, name) = (parts.next()?, parts.next()?);
    let name = name.strip_suffix("-backstop").unwrap_or(name);
    let service = fleet.services().iter().find(|service| service.namespace == namespace && service.slug == name)?;
    Some(Arc::clone(&service.name))
}

/// What a canary tells.
fn sent<'a>(batch: &'a Batch, uid: &'a str, fleet: &Fleet) -> Report<'a> {
    let sent = batch.calls.iter().filter_map(|call| {
        let callee = match batch.callee(call) {
            Who::Named(named) => named.name.as_str(),
            Who::Address(_) => return None,
        };
        let address = match batch.caller(call) {
            Who::Address(address) => *address,
            Who::Named(named) => named.address?,
        };
        // Only services of the catalogue have canaries: what a sender makes up is nobody's.
        fleet.named(callee).map(|_| Sent { address, uid, callee, count: call.count })
    });
    Report {
        node: &batch.node,
        from: batch.from,
        to: batch.to,
        continues: batch.continues,
        calls: Vec::new(),
        sources: Vec::new(),
        sent: sent.collect(),
    }
}

/// What a node part tells.
fn report<'a>(batch: &'a Batch, known: &Known, seeing: &Seeing) -> Report<'a> {
    let mut sees: BTreeMap<Arc<str>, bool> = BTreeMap::new();
    let calls = batch.calls.iter().map(|call| {
        let mut is_elsewhere = false;
        if batch.source(call) == "conntrack"
            && let Who::Address(address) = batch.callee(call)
            && let Name::Known(holders) = known.names.name(*address, call.first, call.last)
            && let Some(Holder::Pod(pod)) = holders.first()
            && let Some(node) = known.node_of(&pod.uid)
            && *node != batch.node
        {
            // Both nodes track the connection. The callee's counts, unless nobody listens there.
            is_elsewhere =
                *sees.entry(Arc::clone(node)).or_insert_with(|| seeing.sees_connections(node, batch.received));
        }
        call_of(batch, call, is_elsewhere)
    });
    Report {
        node: &batch.node,
        from: batch.from,
        to: batch.to,
        continues: batch.continues,
        calls: calls.collect(),
        sources: source_reports(batch),
        sent: Vec::new(),
    }
}

/// How the sources of a batch did. What nobody understood was a call, or may have been one: it is lost, and its time was not heard.
fn source_reports(batch: &Batch) -> Vec<SourceReport<'_>> {
    let refused = |source: &str| batch.refused_of.get(source).copied().unwrap_or_default();
    // What has no source may have been of any.
    let nameless = refused("");
    let mut reports: BTreeMap<&str, SourceReport<'_>> = BTreeMap::new();
    for source in &batch.sources {
        let missed = source.not_understood.saturating_add(refused(&source.name)).saturating_add(nameless);
        let report = SourceReport {
            name: &source.name,
            heard: source.heard && missed == 0,
            lost: source.lost.saturating_add(missed),
            lost_unknown: source.lost_unknown,
        };
        reports.insert(&source.name, report);
    }
    for (name, count) in batch.refused_of.iter().filter(|(name, _)| !name.is_empty()) {
        // How a source did is told with the last batch of an interval only.
        reports.entry(name).or_insert(SourceReport { name, heard: false, lost: *count, lost_unknown: false });
    }
    reports.into_values().collect()
}

fn call_of<'b>(batch: &'b Batch, call: &batch::Call, is_elsewhere: bool) -> Call<'b> {
    let said = match call.outcome {
        link::Outcome::Unsaid => Said::Unsaid,
        link::Outcome::Permitted => Said::Permitted,
        link::Outcome::Unpermitted => Said::Unpermitted,
        link::Outcome::Dropped => Said::Dropped,
        link::Outcome::Logged => Said::Logged,
    };
    Call {
        source: batch.source(call),
        caller: seen(batch.caller(call)),
        callee: seen(batch.callee(call)),
        port: call.port,
        protocol: call.protocol,
        said,
        policy: batch.policy(call),
        first: call.first,
        last: call.last,
        count: call.count,
        was_open: call.was_open,
        may_repeat: call.may_repeat,
        is_elsewhere,
    }
}

fn seen(who: &Who) -> Seen<'_> {
    match who {
        Who::Address(address) => {
            Seen { address: Some(*address), namespace: "", name: "", labels: &NO_LABELS, is_outside: false }
        }
        Who::Named(named) => Seen {
            address: named.address,
            namespace: &named.namespace,
            name: &named.name,
            labels: &named.labels,
            is_outside: named.is_outside,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collector::skew::Offset;

    #[test]
    fn what_is_not_understood_is_lost_and_its_time_not_heard() {
        let end = |last: u8| Some(link::End { address: vec![10, 0, 0, last], ..link::End::default() });
        let sum = |source: &str, port: u32| link::Sum {
            caller: end(1),
            callee: end(2),
            port,
            protocol: 6,
            first: SECOND,
            last: SECOND,
            count: 1,
            source: source.into(),
            ..link::Sum::default()
        };
        let source = |name: &str, not_understood: u64| link::Source {
            name: name.into(),
            heard: true,
            lost: 2,
            not_understood,
            ..link::Source::default()
        };
        let reports = |sums: Vec<link::Sum>, sources: Vec<link::Source>| {
            let batch = link::Batch { node: "n".into(), to: SECOND, sums, sources, ..link::Batch::default() };
            let batch = batch::check(batch, Offset { least: 0, most: 0 }, SECOND);
            let told = source_reports(&batch);
            told.iter().map(|it| (it.name.to_owned(), it.heard, it.lost)).collect::<Vec<_>>()
        };
        let is = |name: &str, heard: bool, lost: u64| (name.to_owned(), heard, lost);
        let both = || vec![source("conntrack", 0), source("flows", 0)];
        assert_eq!(reports(vec![sum("flows", 80)], both()), [is("conntrack", true, 2), is("flows", true, 2)]);
        assert_eq!(reports(vec![sum("flows", 65_536)], both()), [is("conntrack", true, 2), is("flows", false, 3)]);
        let misread = vec![source("conntrack", 0), source("flows", 7)];
        assert_eq!(reports(vec![], misread), [is("conntrack", true, 2), is("flows", false, 9)]);
        // Of nobody knows which source, and in a batch that tells nothing of its source.
        assert_eq!(reports(vec![sum("", 80)], both()), [is("conntrack", false, 3), is("flows", false, 3)]);
        assert_eq!(reports(vec![sum("flows", 65_536)], vec![]), [is("flows", false, 1)]);
    }
}
