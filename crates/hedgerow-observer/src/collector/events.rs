//! Events of Kubernetes on both pods of a call without a rule, so that `kubectl describe pod` tells it. Few: each edge once an hour.

use super::clock::{SECOND, now};
use super::say::say;
use hedgerow_observe::ledger::Edge;
use hedgerow_observe::naming::{Micros, Pod};
use hedgerow_observe::observations::{End, Verdict};
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use k8s_openapi::jiff::Timestamp;
use kube::api::PostParams;
use kube::{Api, Client};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// How long nothing more is told of an edge.
const QUIET: Micros = 3600 * SECOND;
/// How many edges are remembered; while so many were told of within an hour, nothing is told of others.
const EDGES: usize = 10_000;
/// How often room is looked for.
const CLEAN: Micros = 60 * SECOND;
/// The shortest time between two Events.
const PACE: Duration = Duration::from_millis(500);
/// The longest text of an Event that the API server takes, in bytes.
const LONGEST: usize = 1024;

/// A call without a rule.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub(crate) edge: Edge,
    pub(crate) caller: Option<Arc<Pod>>,
    pub(crate) callee: Option<Arc<Pod>>,
    /// The rule file to add.
    pub(crate) file: Option<String>,
}

/// How many were written, and how many could not be.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) good: AtomicU64,
    pub(crate) failed: AtomicU64,
}

/// Which edges were told of, and when.
#[derive(Debug, Default)]
struct Told {
    edges: BTreeMap<(String, End, u16, Verdict), Micros>,
    /// When room was looked for last.
    cleaned: Option<Micros>,
}

impl Told {
    /// Whether an edge may be told of; then it was.
    fn may_tell(&mut self, edge: &Edge, at: Micros) -> bool {
        let key = (edge.callee.clone(), edge.caller.clone(), edge.port, edge.verdict);
        if self.edges.get(&key).is_some_and(|last| at.saturating_sub(*last) < QUIET) {
            return false;
        }
        // A scan does not make us look for room again and again.
        if self.edges.len() >= EDGES && self.cleaned.is_none_or(|cleaned| at.saturating_sub(cleaned) >= CLEAN) {
            self.cleaned = Some(at);
            self.edges.retain(|_, last| at.saturating_sub(*last) < QUIET);
        }
        if self.edges.len() >= EDGES {
            return false;
        }
        self.edges.insert(key, at);
        true
    }
}

/// Writes Events as notices come.
pub(crate) async fn write(client: Client, mut notices: mpsc::Receiver<Notice>, written: Arc<Written>) {
    let mut told = Told::default();
    while let Some(notice) = notices.recv().await {
        if !told.may_tell(&notice.edge, now()) {
            continue;
        }
        for pod in [&notice.caller, &notice.callee].into_iter().flatten() {
            let api = Api::<Event>::namespaced(client.clone(), &pod.namespace);
            let event = event(pod, &notice, now());
            let wrote = tokio::time::timeout(Duration::from_secs(10), api.create(&PostParams::default(), &event)).await;
            match wrote {
                Ok(Ok(_)) => written.good.fetch_add(1, Ordering::Relaxed),
                Ok(Err(error)) => {
                    say("events", &format!("an Event cannot be written: {error}"));
                    written.failed.fetch_add(1, Ordering::Relaxed)
                }
                Err(_) => written.failed.fetch_add(1, Ordering::Relaxed),
            };
            tokio::time::sleep(PACE).await;
        }
    }
}

fn event(pod: &Pod, notice: &Notice, at: Micros) -> Event {
    let edge = &notice.edge;
    let caller = match &edge.caller {
        End::Service(name) | End::Outsider(name) => name.clone(),
        End::Unknown(names) => format!("one of {}", names.join(", ")),
    };
    let (reason, what) = match edge.verdict {
        Verdict::Dropped => ("CallDropped", "was dropped"),
        Verdict::Permitted | Verdict::Unpermitted | Verdict::Unknown => {
            ("CallWithoutRule", "was let through although no rule permits it")
        }
    };
    let mend = notice.file.as_ref().map_or_else(String::new, |file| format!(" If it is meant, add {file}."));
    let mut message =
        format!("A call of {caller} to {} on port {}/{} {what}.{mend}", edge.callee, edge.port, edge.protocol);
    let end = (0..=LONGEST.min(message.len())).rev().find(|end| message.is_char_boundary(*end)).unwrap_or(0);
    message.truncate(end);
    Event {
        metadata: ObjectMeta {
            generate_name: Some("hedgerow-".to_owned()),
            namespace: Some(pod.namespace.clone()),
            ..ObjectMeta::default()
        },
        regarding: Some(ObjectReference {
            api_version: Some("v1".to_owned()),
            kind: Some("Pod".to_owned()),
            namespace: Some(pod.namespace.clone()),
            name: Some(pod.name.clone()),
            uid: Some(pod.uid.clone()),
            ..ObjectReference::default()
        }),
        reason: Some(reason.to_owned()),
        action: Some("Observed".to_owned()),
        note: Some(message),
        type_: Some("Warning".to_owned()),
        event_time: Timestamp::from_microsecond(at).ok().map(MicroTime),
        reporting_controller: Some("hedgerow.dev/observer".to_owned()),
        reporting_instance: Some("hedgerow-observer-collector".to_owned()),
        ..Event::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hedgerow_observe::Protocol;

    fn edge(port: u16) -> Edge {
        let caller = End::Service("service.emoji".into());
        Edge { callee: "service.ledger".into(), caller, port, protocol: Protocol::TCP, verdict: Verdict::Unpermitted }
    }

    #[test]
    fn an_edge_is_told_of_once_an_hour() {
        let mut told = Told::default();
        assert!(told.may_tell(&edge(80), 0) && !told.may_tell(&edge(80), QUIET - 1) && told.may_tell(&edge(80), QUIET));
        assert!(told.may_tell(&edge(81), QUIET));
        let dropped = Edge { verdict: Verdict::Dropped, ..edge(80) };
        assert!(told.may_tell(&dropped, QUIET), "that it is dropped by now is new");
        // A scan does not make more of them than are remembered, and room comes back with time.
        let mut told = Told::default();
        let scan = (0..=u16::MAX).filter(|port| told.may_tell(&edge(*port), 0)).count();
        assert_eq!((scan, told.edges.len()), (EDGES, EDGES));
        assert!(told.may_tell(&edge(60_000), QUIET));
    }

    #[test]
    fn an_event_says_who_and_what_mends_it() {
        let pod = Pod { uid: "u".into(), namespace: "bank".into(), name: "emoji-1".into(), labels: Arc::default() };
        let file = Some("service.emoji/egress/service.ledger.rule".to_owned());
        let notice = Notice { edge: edge(8080), caller: None, callee: None, file };
        let written = event(&pod, &notice, 1_000_000);
        assert_eq!(
            written.note.as_deref(),
            Some(
                "A call of service.emoji to service.ledger on port 8080/tcp was let through although no rule permits it. \
                  If it is meant, add service.emoji/egress/service.ledger.rule."
            )
        );
        assert_eq!(
            (written.regarding.unwrap().uid.as_deref(), written.reason.as_deref()),
            (Some("u"), Some("CallWithoutRule"))
        );
        let long = Notice { file: Some("é".repeat(2000)), ..notice };
        assert!(event(&pod, &long, 0).note.unwrap().len() <= LONGEST);
    }
}
