//! Calico's flow socket: we make it and are the server, Felix dials in (`FlowCollector.Connect`), sends a flow at a time and waits for the receipt.
//!
//! Felix looks every ten seconds whether the file is there, and throws flows away while it is not. So the file is put in place by a rename, put
//! back at once if it is gone, and stays at our end: what Felix keeps meanwhile it sends to the next server. A file that somebody else
//! serves is left alone and said.
#![allow(clippy::disallowed_methods, reason = "the door to the socket's file")]

use super::Stop;
use super::state::Shared;
use crate::clock::now;
use crate::goldmane::FlowReceipt;
use crate::goldmane::flow_collector_server::{FlowCollector, FlowCollectorServer};
use futures::Stream;
use hedgerow_observe::Outcome;
use hedgerow_observe::calico::{self, FlowUpdate};
use hedgerow_observe::sum::flows::CalicoFlows;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

/// Where Felix looks (`flowLogsLocalReporter`).
pub(super) const PATH: &str = "/var/run/calico/flows/flows.sock";
/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// So long a look holds as a proof, in seconds.
pub(super) const PROOF_LASTS: i64 = 10;
/// The largest message: a flow has some hundred bytes, and some kilobytes with long labels.
const LARGEST: usize = 256 << 10;

/// Serves until it is stopped.
pub(super) async fn serve(source: Shared, stop: Stop, path: PathBuf, since: i64) {
    let (streams, incoming) = mpsc::channel::<io::Result<UnixStream>>(16);
    let connected = Arc::new(AtomicUsize::new(0));
    let collector = Collector {
        source: source.clone(),
        flows: Arc::new(Mutex::new(CalicoFlows::new(since))),
        connected: Arc::clone(&connected),
    };
    let service = FlowCollectorServer::new(collector).max_decoding_message_size(LARGEST);
    let server = Server::builder().add_service(service).serve_with_incoming(ReceiverStream::new(incoming));
    tokio::select! {
        result = server => {
            let words = result.err().map_or_else(|| "it ended".to_owned(), |error| error.to_string());
            source.lock().hearing.fail(format!("the server of the flow socket ended: {words}"));
        }
        () = keep(&source, &path, &streams, &connected) => {}
        () = stop.wait() => {}
    }
}

/// Keeps the file in its place, and says how it is.
async fn keep(source: &Shared, path: &Path, streams: &mpsc::Sender<io::Result<UnixStream>>, connected: &AtomicUsize) {
    let mut mine: Option<(u64, u64)> = None;
    let mut had_somebody = false;
    loop {
        let there = identity(path);
        let is_mine = mine.is_some() && there.as_ref().ok().copied() == mine;
        let mut fault = None;
        if !is_mine {
            if mine.is_some() {
                source.lock().hearing.gap(format!("{} was taken away or replaced", path.display()));
            }
            match take(path).await {
                Ok((listener, identity)) => {
                    mine = Some(identity);
                    // The old one goes on being served for as long as somebody is connected to it.
                    tokio::spawn(accept(listener, streams.clone()));
                }
                Err(error) => fault = Some(error),
            }
        }
        let is_somebody_there = connected.load(Ordering::Relaxed) > 0;
        {
            let mut source = source.lock();
            match fault {
                Some(fault) => source.hearing.fail(fault),
                None if is_somebody_there => source.hearing.prove(now()),
                None => source.hearing.fail(format!(
                    "no Felix is connected to {}: it looks every 10 s, and needs flowLogsLocalReporter: Enabled (Calico 3.30 or later)",
                    path.display()
                )),
            }
            if had_somebody && !is_somebody_there {
                source.hearing.gap("Felix went away");
            }
        }
        had_somebody = is_somebody_there;
        tokio::time::sleep(LOOK).await;
    }
}

async fn accept(listener: UnixListener, streams: mpsc::Sender<io::Result<UnixStream>>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if streams.send(Ok(stream)).await.is_err() {
                    return;
                }
            }
            // No descriptor is free, or the caller is gone already.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let there = std::fs::symlink_metadata(path)?;
    Ok((there.dev(), there.ino()))
}

/// Puts a socket of ours in place, unless somebody serves the one that is there.
async fn take(path: &Path) -> Result<(UnixListener, (u64, u64)), String> {
    let shown = path.display();
    let folder = path.parent().ok_or_else(|| format!("{shown} is in no folder"))?;
    match UnixStream::connect(path).await {
        Ok(_) => {
            return Err(format!(
                "{shown} is taken: another program serves it (calico-node -flows, or a second observer)"
            ));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            std::fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        }
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
        Err(error) if identity(path).is_ok() => {
            return Err(format!("{shown} is there and is no socket that can be replaced: {error}"));
        }
        Err(_) => {}
    }
    let ours = folder.join(format!(".hedgerow-{}.sock", std::process::id()));
    // Of an earlier process of this number.
    let _none = std::fs::remove_file(&ours);
    let bound = || -> io::Result<(UnixListener, (u64, u64))> {
        let listener = UnixListener::bind(&ours)?;
        std::fs::set_permissions(&ours, std::fs::Permissions::from_mode(0o600))?;
        let identity = identity(&ours)?;
        std::fs::rename(&ours, path)?;
        Ok((listener, identity))
    };
    bound().map_err(|error| format!("cannot make {shown}: {error}"))
}

#[derive(Clone)]
struct Collector {
    source: Shared,
    flows: Arc<Mutex<CalicoFlows>>,
    connected: Arc<AtomicUsize>,
}

/// Counts a client for as long as it lives.
struct Connected(Arc<AtomicUsize>);

impl Connected {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

type Receipts = Pin<Box<dyn Stream<Item = Result<FlowReceipt, Status>> + Send>>;

#[tonic::async_trait]
impl FlowCollector for Collector {
    type ConnectStream = Receipts;

    async fn connect(&self, request: Request<Streaming<FlowUpdate>>) -> Result<Response<Receipts>, Status> {
        let connected = Connected::new(&self.connected);
        let state = (request.into_inner(), self.clone(), connected);
        let receipts = futures::stream::unfold(state, |(mut updates, collector, connected)| async move {
            match updates.message().await {
                Ok(Some(update)) => {
                    collector.update(update);
                    Some((Ok(FlowReceipt {}), (updates, collector, connected)))
                }
                // It went away, in one way or another: what it did not get a receipt for it sends again.
                Ok(None) | Err(_) => None,
            }
        });
        Ok(Response::new(Box::pin(receipts)))
    }
}

impl Collector {
    fn update(&self, update: FlowUpdate) {
        let moment = now();
        let mut source = self.source.lock();
        match calico::flow(update) {
            Ok(flow) => {
                source.record(moment);
                if calico::has_unknown(&flow) {
                    source.misread(1);
                }
                // Without these nobody can say what the call was. A new kind of policy is no such thing: the call counts.
                if flow.direction.is_none() || flow.outcome == Outcome::Unsaid || flow.protocol.is_none() {
                    source.lose(Some(1));
                }
                self.flows.lock().unwrap_or_else(PoisonError::into_inner).flow(&flow, moment, &mut source.sums);
            }
            Err(_) => {
                source.misread(1);
                source.lose(Some(1));
            }
        }
    }
}
