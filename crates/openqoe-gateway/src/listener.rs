//! Accepting connections: bounded in number, each with a deadline for its handshake and its request's head, drained at the end.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use openqoe_spec::metrics::process::{Counter, Gauge};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower_service::Service;

use crate::gateway::Gateway;
use crate::tls::{self, Identity};

/// How long requests under way may take to finish at the end.
const DRAIN: Duration = Duration::from_secs(10);

/// The other end of a connection, told to each of its requests.
#[derive(Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Connections the system may hold for us until they are accepted. Those beyond it try again after a second, and a crowd
/// that comes at once should not wait that long.
const BACKLOG: u32 = 4096;

/// How often a connection of HTTP/2 that says nothing is asked whether it is there.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// Requests at the same time on such a connection.
const MAX_STREAMS: u32 = 32;

/// Opens the socket.
///
/// # Errors
/// When the address is taken or not ours.
pub(crate) async fn bind(address: SocketAddr, purpose: &str) -> anyhow::Result<TcpListener> {
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // A restart must not wait for connections of the process before it to be forgotten.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().map_err(|error: std::io::Error| {
        anyhow::anyhow!("cannot listen on {address} for the {purpose} listener: {error}")
    })
}

/// What is spoken on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaks {
    Http1,
    /// As gRPC does: from the first byte on, with no upgrade.
    Http2,
}

impl Speaks {
    /// Its name in TLS (RFC 7301).
    fn alpn(self) -> &'static [u8] {
        match self {
            Speaks::Http1 => b"http/1.1",
            Speaks::Http2 => b"h2",
        }
    }
}

/// Serves until `stop` changes, then lets requests under way finish.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<Arc<tls::Server>>,
    router: Router,
    gateway: Arc<Gateway>,
    stop: watch::Receiver<bool>,
) {
    serve_as(Speaks::Http1, listener, tls, router, gateway, stop).await;
}

/// The same in a version of HTTP.
pub(crate) async fn serve_as(
    speaks: Speaks,
    listener: TcpListener,
    tls: Option<Arc<tls::Server>>,
    router: Router,
    gateway: Arc<Gateway>,
    mut stop: watch::Receiver<bool>,
) {
    let limits = &gateway.config.limits;
    let places = Arc::new(Semaphore::new(limits.max_connections));
    let graceful = GracefulShutdown::new();
    loop {
        let (stream, address) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                // Out of file descriptors: others are closing, try again shortly.
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            _ = stop.changed() => break,
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            gateway.process.count(Counter::GatewayConnectionsRefused, 1.0);
            continue;
        };
        // Latency of small answers; failing to set it costs nothing else.
        let _ = stream.set_nodelay(true);
        let connection = Connection {
            speaks,
            tls: tls.clone(),
            router: router.clone(),
            gateway: gateway.clone(),
            watcher: graceful.watcher(),
            stop: stop.clone(),
        };
        tokio::spawn(async move {
            connection.run(stream, address).await;
            drop(place);
        });
    }
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way {DRAIN:?} after the end");
    }
}

/// What a connection needs to be served.
struct Connection {
    speaks: Speaks,
    tls: Option<Arc<tls::Server>>,
    router: Router,
    gateway: Arc<Gateway>,
    watcher: Watcher,
    stop: watch::Receiver<bool>,
}

impl Connection {
    async fn run(mut self, stream: TcpStream, address: SocketAddr) {
        let gateway = self.gateway.clone();
        gateway.process.move_by(Gauge::GatewayConnections, 1.0);
        // A handshake has a deadline of its own, and a count of those that fail.
        if self.tls.is_some() || self.speaks(&stream).await {
            // In a box: what it takes to talk is many times what it takes to wait.
            Box::pin(self.talk(stream, address)).await;
        }
        gateway.process.move_by(Gauge::GatewayConnections, -1.0);
    }

    /// Whether the other side says anything in time; whoever does not costs no buffers.
    async fn speaks(&mut self, stream: &TcpStream) -> bool {
        let (patience, mut first) = (self.gateway.config.limits.read_timeout, [0]);
        tokio::select! {
            said = tokio::time::timeout(patience, stream.peek(&mut first)) => matches!(said, Ok(Ok(1))),
            _ = self.stop.changed() => false,
        }
    }

    async fn talk(mut self, stream: TcpStream, address: SocketAddr) {
        let Some(tls) = self.tls.take() else {
            return self.serve(stream, Peer(address.ip()), Identity::plain(address)).await;
        };
        let patience = self.gateway.config.limits.read_timeout;
        let greeted = tokio::select! {
            greeted = tls.accept(stream, patience, self.speaks.alpn()) => greeted,
            _ = self.stop.changed() => None,
        };
        if let Some(stream) = greeted {
            let identity = Identity::greeted(&stream);
            self.serve(stream, Peer(address.ip()), identity).await;
        }
    }

    async fn serve(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: Peer,
        identity: Identity,
    ) {
        let router = self.router;
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            request.extensions_mut().insert(identity.clone());
            router.clone().call(request)
        });
        let patience = self.gateway.config.limits.read_timeout;
        let ended = match self.speaks {
            Speaks::Http1 => {
                let mut http = http1::Builder::new();
                http.timer(TokioTimer::new()).header_read_timeout(patience);
                self.watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await
            }
            Speaks::Http2 => {
                let mut http = http2::Builder::new(TokioExecutor::new());
                // Whoever is gone without a word is found out.
                http.timer(TokioTimer::new()).keep_alive_interval(KEEP_ALIVE).keep_alive_timeout(patience);
                http.max_concurrent_streams(MAX_STREAMS);
                self.watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "connection ended");
        }
    }
}
