//! `/metrics`: who calls whom, how sources, canaries and the collector itself do, in OpenMetrics.
//!
//! What several collectors tell is put together by [`hedgerow_observe::scraped`], from what a Prometheus scraped; the names of its series are there.
//!
//! Only services, and kinds of callers that are none, are in labels; addresses are in exemplars. Every callee has so many callers that
//! are no services at most, and what is beyond is `other`, and counted in `hedgerow_series_dropped_total`.

use super::watched::Told;
use hedgerow_observe::Protocol;
use hedgerow_observe::ledger::{Canaries, Edge};
use hedgerow_observe::naming::Micros;
use hedgerow_observe::observations::{End, Verdict};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabel, EncodeLabelSet, EncodeMetric, LabelSetEncoder, NoLabelSet, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Atomic;
use prometheus_client::metrics::exemplar::CounterWithExemplar;
use prometheus_client::registry::{Registry, Unit};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

/// Who is meant by the callers beyond the cap.
const OTHER: &str = "other";
/// The most series of one family that is by nodes, services or labels that pods wear.
const MOST: usize = 100_000;

/// Labels of a series: names and values.
#[derive(Debug, Clone, Copy)]
struct Labels<'a, const N: usize>([(&'a str, &'a str); N]);

impl<const N: usize> EncodeLabelSet for Labels<'_, N> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        for pair in self.0 {
            EncodeLabel::encode(&pair, encoder.encode_label())?;
        }
        Ok(())
    }
}

/// Addresses of one call, for whoever has to find out more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Addresses {
    pub(crate) caller: IpAddr,
    pub(crate) callee: IpAddr,
}

impl EncodeLabelSet for Addresses {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        let (caller, callee) = (self.caller.to_string(), self.callee.to_string());
        Labels([("caller_address", &caller), ("callee_address", &callee)]).encode(encoder)
    }
}

/// Callee, caller, port, protocol and verdict.
type Series = (Arc<str>, Arc<str>, (u16, Protocol), Verdict);

/// Calls by callee, caller, port and verdict.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    series: BTreeMap<Series, CounterWithExemplar<Addresses>>,
    callers: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
    dropped: BTreeMap<Arc<str>, u64>,
    cap: usize,
}

impl Calls {
    /// So many callers of one callee that are no services have series of their own.
    pub(crate) fn new(cap: usize) -> Self {
        Self { cap, ..Self::default() }
    }

    /// A series that is known before anybody calls.
    pub(crate) fn expect(&mut self, callee: &Arc<str>, caller: &Arc<str>, port: (u16, Protocol)) {
        // Whoever is expected is a service.
        self.series.entry((Arc::clone(callee), Arc::clone(caller), port, Verdict::Permitted)).or_default();
    }

    /// Calls were kept.
    pub(crate) fn add(&mut self, edge: &Edge, count: u64, example: Option<(Addresses, Micros)>) {
        let (callee, caller) = (Arc::from(edge.callee.as_str()), who(&edge.caller));
        // Services are bounded by the catalogue, and are never in `other`: the ledger tells each of them apart, too.
        let caller = if matches!(edge.caller, End::Service(_)) { caller } else { self.caller(&callee, &caller) };
        if !matches!(edge.caller, End::Service(_)) && *caller == *OTHER {
            let dropped = self.dropped.entry(Arc::clone(&callee)).or_default();
            *dropped = dropped.saturating_add(count);
        }
        let counter = self.series.entry((callee, caller, (edge.port, edge.protocol), edge.verdict)).or_default();
        match example {
            Some((addresses, at)) => {
                let at = UNIX_EPOCH + Duration::from_micros(u64::try_from(at).unwrap_or_default());
                counter.inc_by(count, Some(addresses), Some(at));
            }
            // An example that there is stays.
            None => {
                counter.inner().inc_by(count);
            }
        }
    }

    /// Calls that the store itself counts as `other`.
    pub(crate) fn capped(&mut self, callee: &str, count: u64) {
        let dropped = self.dropped.entry(Arc::from(callee)).or_default();
        *dropped = dropped.saturating_add(count);
    }

    fn caller(&mut self, callee: &Arc<str>, caller: &Arc<str>) -> Arc<str> {
        let callers = self.callers.entry(Arc::clone(callee)).or_default();
        if let Some(known) = callers.get(caller) {
            return Arc::clone(known);
        }
        // `other` does not take the room of a caller.
        if callers.len() >= self.cap || **caller == *OTHER {
            return Arc::from(OTHER);
        }
        callers.insert(Arc::clone(caller));
        Arc::clone(caller)
    }

    /// How many series there are.
    pub(crate) fn len(&self) -> usize {
        self.series.len()
    }
}

/// A caller in a label: a service, or what kind of outsider it is.
fn who(caller: &End) -> Arc<str> {
    match caller {
        End::Service(name) => Arc::from(name.as_str()),
        End::Unknown(_) => Arc::from("unknown"),
        End::Outsider(text) => match text.split_once(':') {
            Some(("node", _)) => Arc::from("node"),
            // Pods that are nobody's, by their namespace.
            Some(("pod", name)) => Arc::from(format!("pods:{}", name.split('/').next().unwrap_or_default())),
            Some(_) => Arc::from("outside"),
            None => Arc::from(OTHER),
        },
    }
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Permitted => "permitted",
        Verdict::Unpermitted => "unpermitted",
        Verdict::Dropped => "dropped",
        Verdict::Unknown => "unknown",
    }
}

/// How many pods of a service, by service and callee, or by service and type.
pub(crate) type Pods = Vec<((Arc<str>, Arc<str>), u64)>;

/// Everything but calls, as it is at the moment of a scrape.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    pub(crate) sources: Vec<SourceLine>,
    /// By callee and node: unpermitted, dropped.
    pub(crate) packets: BTreeMap<(Arc<str>, Arc<str>), (u64, u64)>,
    /// By callee.
    pub(crate) canaries: Vec<(Arc<str>, Canaries)>,
    /// By service and node; with 0 where some ran today.
    pub(crate) service_pods: BTreeMap<(Arc<str>, Arc<str>), u64>,
    /// By service and callee: pods that lack the label, and pods that wear it without a rule.
    pub(crate) unlabelled: Pods,
    pub(crate) forged_pods: Pods,
    /// By callee, the pods of no service that wear a label with which they may call it.
    pub(crate) stranger_pods: Vec<(Arc<str>, u64)>,
    /// By service and type: pods that wear its label; with 0 for the service's own.
    pub(crate) typed_pods: Pods,
    pub(crate) told_of_services: Arc<Told>,
    /// What tells the store from others, and since when it keeps.
    pub(crate) store: (String, Micros),
    /// By service, namespace, label.
    pub(crate) forged: BTreeMap<(String, String, String), u64>,
    /// By resource: whole, lists, breaks.
    pub(crate) watches: Vec<(String, bool, u64, u64)>,
    /// Until when the API server told everything.
    pub(crate) told: Option<Micros>,
    /// Digest of the catalogue's naming, its services, and the environment whose stages count with the digest of the rules; empty where there is none.
    pub(crate) catalogue: Option<(String, usize, [String; 2])>,
    /// Whether the catalogue that is there is the one that is used.
    pub(crate) is_catalogue_good: bool,
    pub(crate) policies: usize,
    pub(crate) policy_faults: usize,
    /// By node, in microseconds.
    pub(crate) clocks: BTreeMap<String, Micros>,
    /// By reason.
    pub(crate) refusals: BTreeMap<&'static str, u64>,
    /// By node: records that made no sense.
    pub(crate) refused_records: BTreeMap<Arc<str>, u64>,
    /// By node: other tables than those of the data plane police, too.
    pub(crate) leftovers: BTreeSet<Arc<str>>,
    pub(crate) is_store_good: bool,
    pub(crate) store_faults: u64,
    pub(crate) pods: usize,
    pub(crate) holders: usize,
    pub(crate) waiting: usize,
    /// Files that were read again: name and whether the last time was good.
    pub(crate) files: Vec<(&'static str, bool)>,
    pub(crate) events: (u64, u64),
}

/// How a source of a node does.
#[derive(Debug, Clone)]
pub(crate) struct SourceLine {
    pub(crate) node: Arc<str>,
    pub(crate) source: Arc<str>,
    pub(crate) is_up: bool,
    pub(crate) lost: u64,
    /// Since when and until when it was heard without a break.
    pub(crate) heard: Option<(Micros, Micros)>,
    pub(crate) not_understood: u64,
    pub(crate) blind: Micros,
    pub(crate) last_record: Option<Micros>,
    pub(crate) fault: String,
}

/// Writes all metrics.
///
/// # Errors
/// None that a value can cause.
pub(crate) fn write(calls: &Arc<Mutex<Calls>>, now: Snapshot) -> Result<String, fmt::Error> {
    let series = calls.lock().unwrap_or_else(PoisonError::into_inner).len();
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Scrape { calls: Arc::clone(calls), now }));
    let mut page = String::with_capacity(192 * series + (64 << 10));
    text::encode(&mut page, &registry)?;
    Ok(page)
}

#[derive(Debug)]
struct Scrape {
    calls: Arc<Mutex<Calls>>,
    now: Snapshot,
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let mut family = encoder.encode_descriptor(
            "hedgerow_calls",
            "Connections from caller to callee on the container's port, by what became of them",
            None,
            MetricType::Counter,
        )?;
        for ((callee, caller, (port, protocol), verdict), counter) in &calls.series {
            let port = port.to_string();
            let labels =
                [("caller", &**caller), ("callee", callee), ("port", &port), ("verdict", verdict_name(*verdict))];
            if *protocol == Protocol::TCP {
                counter.encode(family.encode_family(&Labels(labels))?)?;
            } else {
                // A label that is not there is one without a value, and stands for what nearly all are.
                let [caller, callee, port, verdict] = labels;
                let protocol = protocol.to_string().to_ascii_uppercase();
                let labels = Labels([caller, callee, port, verdict, ("protocol", &protocol)]);
                counter.encode(family.encode_family(&labels)?)?;
            }
        }
        let mut out = Out(&mut encoder);
        out.counters(
            "hedgerow_series_dropped",
            "Calls of callers that have no series of their own, because their callee has too many",
            calls.dropped.iter().map(|(callee, count)| ([("callee", &**callee)], *count)),
        )?;
        drop(calls);
        self.traffic(&mut out)?;
        self.services(&mut out)?;
        self.collector(&mut out)
    }
}

impl Scrape {
    /// What node parts and canaries tell.
    fn traffic(&self, out: &mut Out<'_, '_>) -> fmt::Result {
        let now = &self.now;
        let packets = |choose: fn(&(u64, u64)) -> u64| {
            let all = now.packets.iter().take(MOST);
            all.map(move |((callee, node), counts)| ([("callee", &**callee), ("node", &**node)], choose(counts)))
        };
        out.counters(
            "hedgerow_unpermitted_packets",
            "Packets that opened a connection and were let in by a backstop alone, by the node's rule counters",
            packets(|counts| counts.0),
        )?;
        out.counters(
            "hedgerow_dropped_packets",
            "Packets that were dropped, by the node's rule counters",
            packets(|counts| counts.1),
        )?;
        fn of(line: &SourceLine) -> [(&str, &str); 2] {
            [("node", &*line.node), ("source", &*line.source)]
        }
        let sources = || now.sources.iter().take(MOST);
        let up = sources().map(|line| (of(line), f64::from(u8::from(line.is_up))));
        out.gauges("hedgerow_source_up", "Whether the source proves that it listens", None, up)?;
        let lost = sources().map(|line| (of(line), line.lost));
        out.counters(
            "hedgerow_source_lost_records",
            "Records that the source, or the way to the collector, is known to have lost",
            lost,
        )?;
        let misread = sources().map(|line| (of(line), line.not_understood));
        out.counters("hedgerow_source_misread_records", "Records that were not understood", misread)?;
        let blind = sources().map(|line| (of(line), seconds(line.blind)));
        out.gauges(
            "hedgerow_source_blind",
            "For how long the source gave no proof that it listened",
            Some(&Unit::Seconds),
            blind,
        )?;
        let last = sources().filter_map(|line| Some((of(line), seconds(line.last_record?))));
        let help = "When the source's last record was made";
        out.gauges("hedgerow_source_last_record_timestamp", help, Some(&Unit::Seconds), last)?;
        self.heard(out)?;
        self.canaries(out)?;
        let forged = now.forged.iter().take(MOST).map(|((service, namespace, label), pods)| {
            ([("service", service.as_str()), ("namespace", namespace), ("label", label)], *pods as f64)
        });
        out.gauges(
            "hedgerow_forged_labels",
            "Pods that wear a label which the catalogue's rules do not give them",
            None,
            forged,
        )?;
        let clocks = now.clocks.iter().take(MOST).map(|(node, behind)| ([("node", node.as_str())], seconds(*behind)));
        out.gauges(
            "hedgerow_node_clock_behind",
            "By how much the node's clock is behind the collector's",
            Some(&Unit::Seconds),
            clocks,
        )?;
        let leftovers = now.leftovers.iter().map(|node| ([("node", &**node)], 1.0));
        out.gauges(
            "hedgerow_leftover_tables",
            "Tables that another mode of the data plane left behind police, too",
            None,
            leftovers,
        )
    }

    /// Since when and until when sources were heard.
    fn heard(&self, out: &mut Out<'_, '_>) -> fmt::Result {
        let sources = || self.now.sources.iter().take(MOST);
        let run = |choose: fn((Micros, Micros)) -> Micros| {
            sources().filter_map(move |line| {
                Some(([("node", &*line.node), ("source", &*line.source)], seconds(choose(line.heard?))))
            })
        };
        let help = "Since when the source is heard without a break, up to when it was heard last";
        out.gauges("hedgerow_source_heard_since_timestamp", help, Some(&Unit::Seconds), run(|(since, _)| since))?;
        let help = "Until when the source was heard";
        out.gauges("hedgerow_source_heard_until_timestamp", help, Some(&Unit::Seconds), run(|(_, until)| until))
    }

    /// What canaries called, and what of it was seen.
    fn canaries(&self, out: &mut Out<'_, '_>) -> fmt::Result {
        fn of((callee, _): &(Arc<str>, Canaries)) -> [(&str, &str); 1] {
            [("callee", &**callee)]
        }
        let all = &self.now.canaries;
        let seen = all.iter().map(|it| (of(it), seconds(it.1.last_seen.unwrap_or_default())));
        let help = "When a call of a canary was seen last; 0 if never";
        out.gauges("hedgerow_canary_seen_timestamp", help, Some(&Unit::Seconds), seen)?;
        let sent = all.iter().map(|it| (of(it), it.1.sent));
        out.counters("hedgerow_canary_calls", "Calls that canaries made", sent)?;
        let seen = all.iter().map(|it| (of(it), it.1.seen));
        out.counters("hedgerow_canary_seen", "Calls of canaries that were seen", seen)?;
        let missed = all.iter().filter_map(|it| Some((of(it), seconds(it.1.missed?))));
        let help = "When the last call of a canary was made that nobody saw";
        out.gauges("hedgerow_canary_missed_timestamp", help, Some(&Unit::Seconds), missed)
    }

    /// What is watched of services besides their calls.
    fn services(&self, out: &mut Out<'_, '_>) -> fmt::Result {
        let now = &self.now;
        let pods = now.service_pods.iter().take(MOST);
        let pods = pods.map(|((service, node), pods)| ([("service", &**service), ("node", &**node)], *pods as f64));
        let help = "Pods of a service that run on a node; 0 where some ran today";
        out.gauges("hedgerow_service_pods", help, None, pods)?;
        fn of(((service, callee), pods): &((Arc<str>, Arc<str>), u64)) -> ([(&str, &str); 2], f64) {
            ([("service", &**service), ("callee", &**callee)], *pods as f64)
        }
        let help = "Pods that do not wear the label which a rule gives them for a callee";
        out.gauges("hedgerow_unlabelled_pods", help, None, now.unlabelled.iter().take(MOST).map(of))?;
        let help = "Pods that wear the label for a callee, and no rule gives it to them";
        out.gauges("hedgerow_forged_pods", help, None, now.forged_pods.iter().take(MOST).map(of))?;
        let strangers = now.stranger_pods.iter().take(MOST);
        let strangers = strangers.map(|(callee, pods)| ([("callee", &**callee)], *pods as f64));
        let help = "Pods of no service that wear a label with which they may call a callee";
        out.gauges("hedgerow_stranger_pods", help, None, strangers)?;
        let typed = now
            .typed_pods
            .iter()
            .take(MOST)
            .map(|((service, worn), pods)| ([("service", &**service), ("type", &**worn)], *pods as f64));
        let help = "Pods of a service that wear the label of a type; 0 where none wears that of its own";
        out.gauges("hedgerow_typed_pods", help, None, typed)?;
        let policies = now.told_of_services.judged.iter().map(|(service, (digest, since))| {
            ([("service", service.as_str()), ("digest", digest.as_str())], seconds(*since))
        });
        let help = "Since when the policies by which calls to a service are judged say what they say";
        out.gauges("hedgerow_service_policy_since_timestamp", help, Some(&Unit::Seconds), policies)?;
        let jobs = now.told_of_services.finished.iter().map(|((service, workload), at)| {
            ([("service", service.as_str()), ("workload", workload.as_str())], seconds(*at))
        });
        let help = "When the last run of a service's cron job ended well";
        out.gauges("hedgerow_job_finished_timestamp", help, Some(&Unit::Seconds), jobs)
    }

    /// How the collector itself does.
    fn collector(&self, out: &mut Out<'_, '_>) -> fmt::Result {
        let now = &self.now;
        let whole = now
            .watches
            .iter()
            .map(|(resource, is_whole, ..)| ([("resource", resource.as_str())], f64::from(u8::from(*is_whole))));
        out.gauges("hedgerow_watch_up", "Whether everything of this kind is known", None, whole)?;
        let lists = now.watches.iter().map(|(resource, _, lists, _)| ([("resource", resource.as_str())], *lists));
        out.counters("hedgerow_watch_lists", "How often everything was listed", lists)?;
        let breaks = now.watches.iter().map(|(resource, _, _, breaks)| ([("resource", resource.as_str())], *breaks));
        out.counters("hedgerow_watch_breaks", "How often the watch broke", breaks)?;
        let told = now.told.map(|told| ([], seconds(told)));
        let help = "Until when every change of pods and nodes is known; names are given up to then";
        out.gauges::<0>("hedgerow_names_known_timestamp", help, Some(&Unit::Seconds), told.into_iter())?;
        let since = std::iter::once(([("store", now.store.0.as_str())], seconds(now.store.1)));
        let help = "Since when this collector keeps what it sees";
        out.gauges("hedgerow_store_since_timestamp", help, Some(&Unit::Seconds), since)?;
        // An empty label is none.
        let info = now.catalogue.as_ref().map(|(digest, _, [environment, labelling])| {
            let labels = [("digest", digest), ("environment", environment), ("labelling", labelling)];
            (labels.map(|(label, value)| (label, value.as_str())), 1.0)
        });
        out.gauges("hedgerow_catalogue", "The catalogue by which services are named", None, info.into_iter())?;
        let one = |value: f64| std::iter::once(([], value));
        let services = now.catalogue.as_ref().map_or(0, |(_, services, _)| *services);
        for (name, help, value) in [
            (
                "hedgerow_catalogue_good",
                "Whether the catalogue that is there is the one that is used",
                f64::from(u8::from(now.is_catalogue_good)),
            ),
            ("hedgerow_services", "Services of the catalogue", services as f64),
            ("hedgerow_policies", "Policies that are known", now.policies as f64),
            ("hedgerow_policy_faults", "Faults of policies that make verdicts unknown", now.policy_faults as f64),
            ("hedgerow_store_up", "Whether what is seen can be kept", f64::from(u8::from(now.is_store_good))),
            ("hedgerow_pods", "Pods that are known", now.pods as f64),
            ("hedgerow_address_holders", "Holders of addresses that are remembered", now.holders as f64),
            ("hedgerow_waiting_batches", "Batches that wait for names", now.waiting as f64),
        ] {
            out.gauges::<0>(name, help, None, one(value))?;
        }
        let files = now.files.iter().map(|(file, is_good)| ([("file", *file)], f64::from(u8::from(*is_good))));
        out.gauges("hedgerow_file_good", "Whether the file could be read again", None, files)?;
        let count = |value: u64| std::iter::once(([], value));
        out.counters::<0>("hedgerow_store_faults", "How often something could not be kept", count(now.store_faults))?;
        let refusals = now.refusals.iter().map(|(reason, times)| ([("reason", *reason)], *times));
        out.counters("hedgerow_intake_refused", "Senders that were refused", refusals)?;
        let records = now.refused_records.iter().take(MOST).map(|(node, count)| ([("node", &**node)], *count));
        out.counters("hedgerow_intake_refused_records", "Records that made no sense", records)?;
        out.counters::<0>("hedgerow_events", "Events that were written", count(now.events.0))?;
        out.counters::<0>("hedgerow_events_failed", "Events that could not be written", count(now.events.1))?;
        let version = std::iter::once(([("version", env!("CARGO_PKG_VERSION"))], 1.0));
        out.gauges("hedgerow_build_info", "The version of the collector", None, version)
    }
}

fn seconds(micros: Micros) -> f64 {
    micros as f64 / 1e6
}

/// Families, one line each.
struct Out<'a, 'e>(&'a mut DescriptorEncoder<'e>);

impl Out<'_, '_> {
    fn counters<'l, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        lines: impl Iterator<Item = ([(&'l str, &'l str); N], u64)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, value) in lines {
            if N == 0 {
                family.encode_counter::<NoLabelSet, u64, u64>(&value, None)?;
            } else {
                family.encode_family(&Labels(labels))?.encode_counter::<NoLabelSet, u64, u64>(&value, None)?;
            }
        }
        Ok(())
    }

    fn gauges<'l, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<&Unit>,
        lines: impl Iterator<Item = ([(&'l str, &'l str); N], f64)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, unit, MetricType::Gauge)?;
        for (labels, value) in lines {
            if N == 0 {
                family.encode_gauge(&value)?;
            } else {
                family.encode_family(&Labels(labels))?.encode_gauge(&value)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(caller: End, verdict: Verdict) -> Edge {
        Edge { callee: "service.ledger".into(), caller, port: 8080, protocol: Protocol::TCP, verdict }
    }

    fn lines(page: &str, name: &str) -> Vec<String> {
        page.lines().filter(|line| line.starts_with(name)).map(str::to_owned).collect()
    }

    #[test]
    fn known_edges_are_there_with_0_and_callers_that_are_no_services_are_capped() {
        let mut calls = Calls::new(1);
        let ledger: Arc<str> = Arc::from("service.ledger");
        calls.expect(&ledger, &Arc::from("service.emoji"), (8080, Protocol::TCP));
        let example = Addresses { caller: "10.0.0.1".parse().unwrap(), callee: "fd00::2".parse().unwrap() };
        calls.add(&edge(End::Service("service.bad".into()), Verdict::Unpermitted), 2, Some((example, 1_500_000)));
        calls.add(&edge(End::Service("service.bad".into()), Verdict::Unpermitted), 3, None);
        calls.add(&edge(End::Outsider("address:192.0.2.1".into()), Verdict::Unpermitted), 1, None);
        calls.add(&edge(End::Outsider("address:192.0.2.2".into()), Verdict::Unpermitted), 1, None);
        calls.add(&edge(End::Outsider("node:a".into()), Verdict::Permitted), 5, None);
        calls.add(&edge(End::Service("service.more".into()), Verdict::Dropped), 7, None);
        let calls = Arc::new(Mutex::new(calls));
        let page = write(&calls, Snapshot::default()).unwrap();
        assert_eq!(
            lines(&page, "hedgerow_calls_total"),
            [
                r#"hedgerow_calls_total{caller="other",callee="service.ledger",port="8080",verdict="permitted"} 5"#,
                r#"hedgerow_calls_total{caller="outside",callee="service.ledger",port="8080",verdict="unpermitted"} 2"#,
                r#"hedgerow_calls_total{caller="service.bad",callee="service.ledger",port="8080",verdict="unpermitted"} 5 # {caller_address="10.0.0.1",callee_address="fd00::2"} 2.0 1.5"#,
                r#"hedgerow_calls_total{caller="service.emoji",callee="service.ledger",port="8080",verdict="permitted"} 0"#,
                r#"hedgerow_calls_total{caller="service.more",callee="service.ledger",port="8080",verdict="dropped"} 7"#,
            ]
        );
        assert_eq!(
            lines(&page, "hedgerow_series_dropped_total"),
            [r#"hedgerow_series_dropped_total{callee="service.ledger"} 5"#]
        );
        assert!(page.ends_with("# EOF\n"), "{page}");
    }

    #[test]
    fn every_family_is_named_as_the_contract_says() {
        let now = Snapshot {
            sources: vec![SourceLine {
                node: Arc::from("a"),
                source: Arc::from("conntrack"),
                is_up: true,
                lost: 3,
                heard: Some((500_000, 2_000_000)),
                not_understood: 1,
                blind: 60_000_000,
                last_record: Some(1_000_000),
                fault: String::new(),
            }],
            packets: [((Arc::from("service.ledger"), Arc::from("a")), (4, 5))].into(),
            canaries: vec![(Arc::from("service.ledger"), Canaries { sent: 2, ..Canaries::default() })],
            service_pods: [((Arc::from("service.ledger"), Arc::from("a")), 3)].into(),
            stranger_pods: vec![(Arc::from("service.ledger"), 3)],
            typed_pods: vec![((Arc::from("service.ledger"), Arc::from("core")), 2)],
            store: ("00ab".to_owned(), 7_000_000),
            catalogue: Some(("sha256:c".to_owned(), 2, ["prod".to_owned(), String::new()])),
            forged: [(("service.x".to_owned(), "bank".to_owned(), "bank.example/egress-s-\"x\n".to_owned()), 2)].into(),
            ..Snapshot::default()
        };
        let page = write(&Arc::new(Mutex::new(Calls::new(9))), now).unwrap();
        for line in [
            r#"hedgerow_unpermitted_packets_total{callee="service.ledger",node="a"} 4"#,
            r#"hedgerow_dropped_packets_total{callee="service.ledger",node="a"} 5"#,
            r#"hedgerow_source_up{node="a",source="conntrack"} 1.0"#,
            r#"hedgerow_source_lost_records_total{node="a",source="conntrack"} 3"#,
            r#"hedgerow_source_last_record_timestamp_seconds{node="a",source="conntrack"} 1.0"#,
            r#"hedgerow_canary_seen_timestamp_seconds{callee="service.ledger"} 0.0"#,
            r#"hedgerow_forged_labels{service="service.x",namespace="bank",label="bank.example/egress-s-\"x\n"} 2.0"#,
            r#"hedgerow_source_blind_seconds{node="a",source="conntrack"} 60.0"#,
            r#"hedgerow_source_heard_since_timestamp_seconds{node="a",source="conntrack"} 0.5"#,
            r#"hedgerow_source_heard_until_timestamp_seconds{node="a",source="conntrack"} 2.0"#,
            r#"hedgerow_canary_calls_total{callee="service.ledger"} 2"#,
            r#"hedgerow_canary_seen_total{callee="service.ledger"} 0"#,
            r#"hedgerow_service_pods{service="service.ledger",node="a"} 3.0"#,
            r#"hedgerow_stranger_pods{callee="service.ledger"} 3.0"#,
            r#"hedgerow_typed_pods{service="service.ledger",type="core"} 2.0"#,
            r#"hedgerow_store_since_timestamp_seconds{store="00ab"} 7.0"#,
            r#"hedgerow_catalogue{digest="sha256:c",environment="prod",labelling=""} 1.0"#,
            "hedgerow_store_faults_total 0",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} is not in\n{page}");
        }
        assert!(page.contains("hedgerow_build_info{version="), "{page}");
    }
}
