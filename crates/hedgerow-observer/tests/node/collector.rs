//! A collector of our own: keeps each batch once, as the contract of the link says.

use futures::{Stream, StreamExt};
use hedgerow_observer::link::intake_server::{Intake, IntakeServer};
use hedgerow_observer::link::{Batch, Counter, Receipt, Source, Sum};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};

/// What it kept, over all of its lives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    batches: Arc<Mutex<Vec<Batch>>>,
    seen: Arc<Mutex<BTreeSet<(u64, u64)>>>,
    /// It takes batches and gives no receipts.
    pub(crate) is_silent: Arc<AtomicBool>,
    /// The token that it believes, if it wants one.
    pub(crate) token: Arc<Mutex<Option<String>>>,
    /// Batches that came, also those that it had.
    pub(crate) arrived: Arc<Mutex<u64>>,
    /// Whether clients showed a certificate.
    pub(crate) certificates: Arc<Mutex<Vec<bool>>>,
}

impl Kept {
    pub(crate) fn batches(&self) -> Vec<Batch> {
        self.batches.lock().unwrap().clone()
    }

    pub(crate) fn sums(&self) -> Vec<Sum> {
        self.batches().into_iter().flat_map(|batch| batch.sums).collect()
    }

    pub(crate) fn counters(&self) -> Vec<Counter> {
        self.batches().into_iter().flat_map(|batch| batch.counters).collect()
    }

    /// What was said of a source.
    pub(crate) fn source(&self, name: &str) -> Vec<Source> {
        self.batches().into_iter().flat_map(|batch| batch.sources).filter(|source| source.name == name).collect()
    }

    /// Calls of a source that are counted.
    pub(crate) fn counted(&self, source: &str, of: impl Fn(&Sum) -> bool) -> u64 {
        let is = |sum: &Sum| sum.source == source && !sum.was_open && of(sum);
        self.sums().iter().filter(|sum| is(sum)).map(|sum| sum.count).sum()
    }

    pub(crate) fn lost(&self, source: &str) -> u64 {
        self.source(source).iter().map(|source| source.lost).sum()
    }

    /// Waits for something to be so; what is there if it never is.
    pub(crate) fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let end = Instant::now() + Duration::from_secs(60);
        while !is_so(self) {
            assert!(
                Instant::now() < end,
                "never: {what}\n{:#?}\n{:#?}",
                self.sums().iter().take(40).collect::<Vec<_>>(),
                self.batches().last().map(|batch| batch.sources.clone())
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A running one.
#[derive(Debug)]
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    pub(crate) kept: Kept,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// Keys of a collector with TLS.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
    /// Clients have to show a certificate of this authority.
    pub(crate) clients: Option<Vec<u8>>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        Self::with("127.0.0.1:0".parse().unwrap(), Kept::default(), None)
    }

    pub(crate) fn with(address: SocketAddr, kept: Kept, keys: Option<Keys>) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (started, bound) = std::sync::mpsc::channel();
        let service = Service { kept: kept.clone() };
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = loop {
                    // The one before on this port may not be gone quite yet.
                    match tokio::net::TcpListener::bind(address).await {
                        Ok(listener) => break listener,
                        Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                    }
                };
                started.send(listener.local_addr().unwrap()).unwrap();
                let mut server = Server::builder();
                if let Some(keys) = keys {
                    let mut tls = ServerTlsConfig::new().identity(Identity::from_pem(keys.certificate, keys.key));
                    if let Some(clients) = keys.clients {
                        tls = tls.client_ca_root(Certificate::from_pem(clients));
                    }
                    server = server.tls_config(tls).unwrap();
                }
                let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
                let serve = server.add_service(IntakeServer::new(service)).serve_with_incoming(incoming);
                // As if killed: connections end in the middle.
                tokio::select! {
                    result = serve => result.unwrap(),
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        });
        let address = bound.recv().unwrap();
        Self { address, kept, stop: Some(stop), thread: Some(thread) }
    }

    /// Ends it at once. What it kept stays.
    pub(crate) fn kill(mut self) -> (SocketAddr, Kept) {
        self.end();
        (self.address, self.kept.clone())
    }

    fn end(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.end();
    }
}

struct Service {
    kept: Kept,
}

#[tonic::async_trait]
impl Intake for Service {
    type SendStream = Pin<Box<dyn Stream<Item = Result<Receipt, Status>> + Send>>;

    async fn send(&self, request: Request<Streaming<Batch>>) -> Result<Response<Self::SendStream>, Status> {
        let shown = request.peer_certs().is_some_and(|certificates| !certificates.is_empty());
        self.kept.certificates.lock().unwrap().push(shown);
        if let Some(token) = &*self.kept.token.lock().unwrap() {
            let given = request.metadata().get("authorization").and_then(|value| value.to_str().ok());
            if given != Some(&format!("Bearer {token}")) {
                return Err(Status::unauthenticated("the token is not valid"));
            }
        }
        let kept = self.kept.clone();
        let receipts = request.into_inner().filter_map(move |batch| {
            let kept = kept.clone();
            async move {
                let batch = batch.ok()?;
                *kept.arrived.lock().unwrap() += 1;
                let receipt = Receipt { life: batch.life, sequence: batch.sequence };
                if kept.seen.lock().unwrap().insert((batch.life, batch.sequence)) {
                    kept.batches.lock().unwrap().push(batch);
                }
                (!kept.is_silent.load(Ordering::Relaxed)).then_some(Ok(receipt))
            }
        });
        Ok(Response::new(Box::pin(receipts)))
    }
}
