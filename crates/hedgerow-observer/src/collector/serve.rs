//! One way to serve: plain on loopback, else TLS; who speaks is known to every request.

use super::tls::{Certificates, common_name};
use axum::Router;
use axum::body::Body;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

/// How many connections a listener keeps open at once.
const CONNECTIONS: usize = 4096;
/// How long a handshake, and a request's head, may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Streams of one connection.
const STREAMS: u32 = 64;
/// How often a silent connection is asked whether it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    /// The common name of its certificate, if it showed one that was verified.
    pub(crate) certificate: Option<String>,
}

/// Serves until `stop` says so.
pub(crate) async fn serve(
    listener: TcpListener,
    certificates: Option<Arc<Certificates>>,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(permit) = connections.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, or a connection that was gone at once.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let _is_a_wish = stream.set_nodelay(true);
        let (router, mut stop) = (router.clone(), stop.clone());
        let tls = certificates.as_ref().map(|certificates| TlsAcceptor::from(certificates.current()));
        tokio::spawn(async move {
            let serving = async move {
                match tls {
                    None => talk(stream, Peer { certificate: None }, router).await,
                    Some(acceptor) => {
                        // Who does not get through the handshake is told so by TLS itself.
                        let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await else {
                            return;
                        };
                        let certificate = stream.get_ref().1.peer_certificates();
                        let certificate = certificate.and_then(|chain| common_name(chain.first()?));
                        talk(stream, Peer { certificate }, router).await;
                    }
                }
            };
            tokio::select! {
                () = serving => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
            drop(permit);
        });
    }
}

async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, peer: Peer, router: Router) {
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
    // The other end went away: that is its right.
    let _ended = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)).await;
}
