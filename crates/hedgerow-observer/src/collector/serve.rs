//! One way to serve: plain on loopback, else TLS; who speaks is known to every request. Nobody keeps a connection that he does not use, or
//! more of them than his share.

use super::tls::{Certificates, common_name};
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

/// How many connections a listener keeps open at once.
const CONNECTIONS: usize = 4096;
/// How long a handshake, and a request's head, may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Streams of one connection.
const STREAMS: u32 = 64;
/// How often a silent connection is asked whether it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// What a peer may do. A peer is an address: whoever reads through the API server shares one.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Connections at once.
    connections: usize,
    /// How long until the first request.
    first: Duration,
    /// How long without a request that is being answered.
    idle: Duration,
}

const LIMITS: Limits = Limits { connections: 256, first: PATIENCE, idle: Duration::from_secs(300) };

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    /// The common name of its certificate, if it showed one that was verified.
    pub(crate) certificate: Option<String>,
}

/// Connections by peer.
#[derive(Debug, Clone, Default)]
struct Peers(Arc<Mutex<BTreeMap<IpAddr, usize>>>);

/// One connection of a peer.
#[derive(Debug)]
struct Place(Peers, IpAddr);

impl Peers {
    fn place(&self, peer: IpAddr, most: usize) -> Option<Place> {
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = peers.entry(peer).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place(self.clone(), peer))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut peers = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = peers.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                peers.remove(&self.1);
            }
        }
    }
}

/// Requests of one connection that are being answered, and when there was one last.
#[derive(Debug, Clone)]
struct Use(Arc<Mutex<(usize, Instant, bool)>>);

/// One request, until its answer is sent or given up.
#[derive(Debug)]
struct Answering(Use);

impl Use {
    fn begin(&self) -> Answering {
        self.change(|(open, _, was_used)| (*open, *was_used) = (*open + 1, true));
        Answering(self.clone())
    }

    fn change(&self, change: impl FnOnce(&mut (usize, Instant, bool))) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits until the connection was not used for too long.
    async fn idle(&self, limits: Limits) {
        loop {
            let (open, last, was_used) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let until = last + if was_used { limits.idle } else { limits.first };
            let now = Instant::now();
            if open == 0 && until <= now {
                return;
            }
            // What begins or ends meanwhile changes the time.
            let soon = now + limits.first.min(limits.idle);
            tokio::time::sleep_until(if open == 0 { until.min(soon) } else { soon }).await;
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.change(|(open, last, _)| (*open, *last) = (*open - 1, Instant::now()));
    }
}

/// An answer's body: what is being sent is in use.
#[derive(Debug)]
struct Sending(Body, #[allow(dead_code, reason = "it is held, and given up with the body")] Answering);

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.0).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// Serves until `stop` says so.
pub(crate) async fn serve(
    listener: TcpListener,
    certificates: Option<Arc<Certificates>>,
    router: Router,
    stop: watch::Receiver<bool>,
) {
    serve_within(LIMITS, listener, certificates, router, stop).await;
}

async fn serve_within(
    limits: Limits,
    listener: TcpListener,
    certificates: Option<Arc<Certificates>>,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let (connections, peers) = (Arc::new(Semaphore::new(CONNECTIONS)), Peers::default());
    loop {
        let Ok(permit) = connections.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let Ok((stream, address)) = accepted else {
            // Out of file descriptors, or a connection that was gone at once.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // Whoever has too many is not answered; others still are.
        let Some(place) = peers.place(address.ip().to_canonical(), limits.connections) else { continue };
        let _is_a_wish = stream.set_nodelay(true);
        let (router, mut stop) = (router.clone(), stop.clone());
        let tls = certificates.as_ref().map(|certificates| TlsAcceptor::from(certificates.current()));
        tokio::spawn(async move {
            let serving = async move {
                match tls {
                    None => talk(limits, stream, Peer { certificate: None }, router).await,
                    Some(acceptor) => {
                        // Who does not get through the handshake is told so by TLS itself.
                        let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await else {
                            return;
                        };
                        let certificate = stream.get_ref().1.peer_certificates();
                        let certificate = certificate.and_then(|chain| common_name(chain.first()?));
                        talk(limits, stream, Peer { certificate }, router).await;
                    }
                }
            };
            tokio::select! {
                () = serving => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
            drop((permit, place));
        });
    }
}

async fn talk(
    limits: Limits,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    router: Router,
) {
    let used = Use(Arc::new(Mutex::new((0, Instant::now(), false))));
    let of_requests = used.clone();
    let router = router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let answering = of_requests.begin();
        async move {
            let response: Response = next.run(request).await;
            response.map(|body| Body::new(Sending(body, answering)))
        }
    }));
    let router = tower::ServiceBuilder::new()
        .map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(peer.clone());
            request.map(Body::new)
        })
        .service(router);
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(64 << 10);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        .max_header_list_size(32 << 10);
    tokio::select! {
        // The other end went away: that is its right.
        _ended = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)) => {}
        () = used.idle(limits) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    /// A server on loopback, and a place to connect to.
    async fn server(limits: Limits) -> (std::net::SocketAddr, watch::Sender<bool>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let slow = || async {
            tokio::time::sleep(Duration::from_millis(600)).await;
            "slow"
        };
        let router = Router::new().route("/", get(|| async { "here" })).route("/slow", get(slow));
        tokio::spawn(serve_within(limits, listener, None, router, stopped));
        (address, stop)
    }

    /// What comes until the other end closes; nothing if it does not within three seconds.
    async fn until_closed(stream: &mut TcpStream) -> Option<String> {
        let mut text = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(3), stream.read_to_end(&mut text)).await.ok()?;
        // A connection that was reset is closed, too.
        let _reset = read;
        Some(String::from_utf8_lossy(&text).into_owned())
    }

    const SOON: Duration = Duration::from_millis(200);
    const NEVER: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn whoever_says_nothing_is_not_waited_for() {
        let (address, _stop) = server(Limits { connections: 9, first: SOON, idle: NEVER }).await;
        let mut silent = TcpStream::connect(address).await.unwrap();
        assert_eq!(until_closed(&mut silent).await.as_deref(), Some(""));
        // Nor who only says that it speaks HTTP/2.
        let mut preface = TcpStream::connect(address).await.unwrap();
        preface.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
        assert!(until_closed(&mut preface).await.is_some());
    }

    #[tokio::test]
    async fn a_connection_that_is_used_no_more_is_closed_and_one_that_is_answered_is_not() {
        let (address, _stop) = server(Limits { connections: 9, first: NEVER, idle: SOON }).await;
        let mut idle = TcpStream::connect(address).await.unwrap();
        idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        assert!(until_closed(&mut idle).await.unwrap().ends_with("here"));
        let (address, _stop) = server(Limits { connections: 9, first: SOON, idle: SOON }).await;
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        assert!(until_closed(&mut slow).await.unwrap().ends_with("slow"));
    }

    #[tokio::test]
    async fn nobody_has_more_connections_than_his_share() {
        let (address, _stop) = server(Limits { connections: 2, first: NEVER, idle: NEVER }).await;
        let mut held = Vec::new();
        for _ in 0..2 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
            assert!(stream.read(&mut [0; 64]).await.unwrap() > 0);
            held.push(stream);
        }
        let mut third = TcpStream::connect(address).await.unwrap();
        assert_eq!(until_closed(&mut third).await.as_deref(), Some(""));
        // When one is given back there is room again.
        held.pop();
        let mut is_answered = false;
        for _ in 0..50 {
            let mut again = TcpStream::connect(address).await.unwrap();
            let _closed = again.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
            if until_closed(&mut again).await.is_some_and(|text| text.ends_with("here")) {
                is_answered = true;
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(is_answered);
    }
}
