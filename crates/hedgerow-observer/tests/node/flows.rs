//! Calico's flow socket against a client of our own, which does as Felix does: it sends a flow and waits for the receipt, and sends again what it
//! kept after a failure. What it sends are recorded messages of a real Felix.

use crate::collector::Collector;
use crate::part::Part;
use hedgerow_observe::calico::FlowUpdate;
use hedgerow_observer::goldmane::flow_collector_client::FlowCollectorClient;
use hedgerow_observer::link::Outcome;
use prost::Message as _;
use std::path::Path;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Endpoint;

/// The messages of a recording: each with its length before it.
fn recorded(name: &str) -> Vec<FlowUpdate> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/observation/flows").join(name);
    let bytes = std::fs::read(path).unwrap();
    let mut rest = &bytes[..];
    let mut updates = Vec::new();
    while !rest.is_empty() {
        updates.push(FlowUpdate::decode_length_delimited(&mut rest).unwrap());
    }
    updates
}

/// Sends them as Felix does, over one connection; how many had their receipt.
async fn send(path: &Path, updates: &[FlowUpdate]) -> usize {
    let mut acknowledged = 0;
    let Ok(channel) = Endpoint::from_shared(format!("unix://{}", path.display())).unwrap().connect().await else {
        return 0;
    };
    let (out, outgoing) = mpsc::channel(1);
    let mut client = FlowCollectorClient::new(channel);
    let Ok(response) = client.connect(ReceiverStream::new(outgoing)).await else { return 0 };
    let mut receipts = response.into_inner();
    for update in updates {
        if out.send(update.clone()).await.is_err() {
            break;
        }
        match receipts.message().await {
            Ok(Some(_)) => acknowledged += 1,
            Ok(None) | Err(_) => break,
        }
    }
    // It stays for a while, as Felix would.
    tokio::time::sleep(Duration::from_secs(3)).await;
    acknowledged
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn is_there(path: &Path) {
    let end = std::time::Instant::now() + Duration::from_secs(30);
    while !path.exists() {
        assert!(std::time::Instant::now() < end, "no socket at {}", path.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn recorded_flows_of_both_releases_come_through_once_each() {
    let folder = tempfile::tempdir().unwrap();
    // The folder is not there: Felix waits for it, we make it.
    let path = folder.path().join("flows/flows.sock");
    let collector = Collector::start();
    let kept = collector.kept.clone();
    let part = Part::start(collector.address, &["--sources", "flows", "--flow-socket", path.to_str().unwrap()]);
    is_there(&path);
    part.until_said("flows: no Felix is connected");
    let runtime = runtime();
    let mut expected = 0;
    for (name, outcome, policy) in [
        ("v3.30.6-iptables-e-calstaged-audit.pb", Outcome::Unpermitted, "StagedKubernetesNetworkPolicy/bank/s-ledger"),
        ("master-iptables-a-callog-audit.pb", Outcome::Unsaid, "CalicoNetworkPolicy/bank/s-ledger"),
        ("master-iptables-c-enforce.pb", Outcome::Dropped, "GlobalNetworkPolicy//catch-all-core"),
    ] {
        let updates = recorded(name);
        assert!(updates.len() > 20, "{name}");
        // Cut off in the middle, then all of it again: what had no receipt, and what had one.
        let half = updates.len() / 2;
        runtime.block_on(async {
            assert_eq!(send(&path, &updates[..half]).await, half);
            assert_eq!(send(&path, &updates).await, updates.len());
        });
        expected += updates
            .iter()
            .filter_map(|update| update.flow.as_ref())
            .filter(|flow| flow.key.as_ref().is_some_and(|key| key.reporter == 2 || key.dest_type != 1))
            .map(|flow| u64::try_from(flow.num_connections_started).unwrap())
            .sum::<u64>();
        kept.until(&format!("{name}: {expected} calls"), |kept| kept.counted("flows", |_| true) >= expected);
        assert_eq!(kept.counted("flows", |_| true), expected, "{name}");
        let of = kept.counted("flows", |sum| sum.outcome() == outcome && sum.policy == policy);
        assert!(of > 0, "{name}: {outcome:?} by {policy}");
    }
    part.until_said("flows: heard");
    let sums = kept.sums();
    let outside = sums.iter().find(|sum| sum.caller.as_ref().is_some_and(|caller| caller.name == "pub")).unwrap();
    assert!(outside.caller.as_ref().unwrap().is_outside);
    assert!(sums.iter().all(|sum| sum.may_repeat || sum.was_open), "all of them began long before this run");
    let named = sums
        .iter()
        .find(|sum| sum.caller.as_ref().is_some_and(|caller| caller.name.starts_with("service-kyc")))
        .unwrap();
    assert!(
        named
            .caller
            .as_ref()
            .unwrap()
            .labels
            .iter()
            .any(|(key, value)| key.ends_with("/routing-name") && value == "service.kyc")
    );
    assert_eq!(kept.lost("flows"), 0);
    // The file stays: Felix keeps what it has for the next server.
    assert_eq!(part.terminate(), Some(0));
    assert!(path.exists());
}

#[test]
fn a_socket_that_is_taken_is_said_and_one_that_is_left_or_removed_is_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flows.sock");
    let collector = Collector::start();
    let kept = collector.kept.clone();
    let start = || Part::start(collector.address, &["--sources", "flows", "--flow-socket", path.to_str().unwrap()]);
    let deaf = |words: &str| {
        kept.until(words, |kept| {
            kept.source("flows").last().is_some_and(|source| !source.heard && source.fault.contains(words))
        });
    };
    // Somebody else serves it.
    let other = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let part = start();
    part.until_said("is taken: another program serves it");
    deaf("is taken");
    assert!(std::os::unix::net::UnixStream::connect(&path).is_ok(), "it is left alone");
    // The other one ends and leaves its file: nobody serves it, so it is ours.
    drop(other);
    deaf("no Felix is connected");
    let runtime = runtime();
    let updates = recorded("master-iptables-a-callog-audit.pb");
    runtime.block_on(async { assert_eq!(send(&path, &updates[..5]).await, 5) });
    kept.until("heard while it was connected", |kept| kept.source("flows").iter().any(|source| source.heard));
    // Killed: the file stays, nobody serves it, the next one takes it over.
    part.kill();
    assert!(path.exists() && std::os::unix::net::UnixStream::connect(&path).is_err());
    let part = start();
    part.until_said("flows: no Felix is connected");
    // Removed by somebody: it is put back within a second or two, and the gap is said.
    std::fs::remove_file(&path).unwrap();
    is_there(&path);
    runtime.block_on(async { assert_eq!(send(&path, &updates[..2]).await, 2) });
    // Replaced by somebody who serves it: said.
    std::fs::remove_file(&path).unwrap();
    let other = std::os::unix::net::UnixListener::bind(&path);
    if let Ok(_other) = other {
        part.until_said("is taken: another program serves it");
        deaf("is taken");
    }
    // Something that is no socket at all.
    part.kill();
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "").unwrap();
    let _part = start();
    deaf("no Felix is connected");
}

#[test]
fn what_felix_never_sends_is_counted_and_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flows.sock");
    let collector = Collector::start();
    let kept = collector.kept.clone();
    let _part = Part::start(collector.address, &["--sources", "flows", "--flow-socket", path.to_str().unwrap()]);
    is_there(&path);
    let mut strange = recorded("master-iptables-a-callog-audit.pb").remove(0);
    let flow = strange.flow.as_mut().unwrap();
    flow.key.as_mut().unwrap().dest_port = 70_000;
    let mut new = recorded("master-iptables-a-callog-audit.pb").remove(0);
    new.flow.as_mut().unwrap().key.as_mut().unwrap().proto = "quic".to_owned();
    let mut huge = recorded("master-iptables-a-callog-audit.pb").remove(0);
    huge.flow.as_mut().unwrap().source_labels = vec!["k=v".repeat(100); 2_000];
    runtime().block_on(async {
        assert_eq!(send(&path, &[FlowUpdate::default(), strange, new]).await, 3, "each has its receipt");
        assert_eq!(send(&path, &[huge]).await, 0, "longer than is read");
    });
    kept.until("not understood", |kept| {
        kept.source("flows").iter().map(|source| source.not_understood).sum::<u64>() >= 3
    });
    kept.until("and lost: the interval was not heard", |kept| kept.lost("flows") >= 3);
}
