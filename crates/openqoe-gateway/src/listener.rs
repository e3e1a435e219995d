//! Accepting connections: bounded in number, each with a deadline for its request's head, drained at the end.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use openqoe_spec::metrics::process::{Counter, Gauge};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower_service::Service;

use crate::gateway::Gateway;

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
    router: Router,
    gateway: Arc<Gateway>,
    mut stop: watch::Receiver<bool>,
) {
    let limits = &gateway.config.limits;
    let places = Arc::new(Semaphore::new(limits.max_connections));
    let graceful = GracefulShutdown::new();
    loop {
        let (stream, peer) = tokio::select! {
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
        connection(stream, peer.ip(), place, &router, &gateway, &graceful);
    }
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way {DRAIN:?} after the end");
    }
}

fn connection(
    stream: TcpStream,
    peer: IpAddr,
    place: OwnedSemaphorePermit,
    router: &Router,
    gateway: &Arc<Gateway>,
    graceful: &GracefulShutdown,
) {
    // Latency of small answers; failing to set it costs nothing else.
    let _ = stream.set_nodelay(true);
    let router = router.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        router.clone().call(request)
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(gateway.config.limits.read_timeout)
        .serve_connection(TokioIo::new(stream), service);
    let watched = graceful.watch(served);
    let gateway = gateway.clone();
    gateway.process.move_by(Gauge::GatewayConnections, 1.0);
    tokio::spawn(async move {
        if let Err(error) = watched.await {
            tracing::debug!(%error, "connection ended");
        }
        gateway.process.move_by(Gauge::GatewayConnections, -1.0);
        drop(place);
    });
}
