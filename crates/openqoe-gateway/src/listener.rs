//! Accepting connections: bounded in number, each with a deadline for its handshake and its request's head, drained at the end.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use openqoe_spec::metrics::process::{Counter, Gauge};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower_service::Service;

use crate::gateway::Gateway;
use crate::tls::{self, Identity};

/// How long requests under way may take to finish at the end.
const DRAIN: Duration = Duration::from_secs(10);

/// The other end of a connection, told to each of its requests.
#[derive(Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Opens the socket.
///
/// # Errors
/// When the address is taken or not ours.
pub(crate) async fn bind(address: SocketAddr, purpose: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|error| anyhow::anyhow!("cannot listen on {address} for the {purpose} listener: {error}"))
}

/// Serves until `stop` changes, then lets requests under way finish.
pub(crate) async fn serve(
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
        match self.tls.take() {
            None => self.serve(stream, Peer(address.ip()), Identity::plain(address)).await,
            Some(tls) => {
                let patience = gateway.config.limits.read_timeout;
                let greeted = tokio::select! {
                    greeted = tls.accept(stream, patience) => greeted,
                    _ = self.stop.changed() => None,
                };
                if let Some(stream) = greeted {
                    let identity = Identity::greeted(&stream);
                    self.serve(stream, Peer(address.ip()), identity).await;
                }
            }
        }
        gateway.process.move_by(Gauge::GatewayConnections, -1.0);
    }

    async fn serve(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
        peer: Peer,
        identity: Identity,
    ) {
        let router = self.router;
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            request.extensions_mut().insert(identity.clone());
            router.clone().call(request)
        });
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.gateway.config.limits.read_timeout)
            .serve_connection(TokioIo::new(stream), service);
        if let Err(error) = self.watcher.watch(served).await {
            tracing::debug!(%error, "connection ended");
        }
    }
}
