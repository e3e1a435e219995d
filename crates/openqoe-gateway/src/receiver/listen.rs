//! The listeners that speak nothing but OTLP, at the ports where SDKs and collectors look for it.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::config::Kind;
use super::{grpc, http};
use crate::config::Config;
use crate::edge::Role;
use crate::gateway::Gateway;
use crate::listener::{self, Speaks};
use crate::tls;

/// Opens the sockets. Where nobody has said where, a port that is taken is worth a line and no more: it is a Collector's, most
/// likely, and the public listener takes OTLP too.
///
/// # Errors
/// When an address of the configuration is taken or not ours.
pub(crate) async fn bind(config: &Config) -> anyhow::Result<Vec<(Kind, TcpListener)>> {
    let mut open = Vec::new();
    if config.role != Role::Core {
        return Ok(open);
    }
    for (kind, address, is_default) in config.otlp_receiver.listeners() {
        match listener::bind(address, kind.name()).await {
            Ok(socket) => open.push((kind, socket)),
            Err(error) if is_default => {
                let key = kind.key();
                tracing::warn!("{error}; going on without it: set `{key}`, or make it empty");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(open)
}

/// Serves them until `stop` changes.
pub(crate) fn serve(
    open: Vec<(Kind, TcpListener)>,
    tls: Option<&Arc<tls::Server>>,
    gateway: &Arc<Gateway>,
    stop: &watch::Receiver<bool>,
) -> Vec<JoinHandle<()>> {
    let scheme = if tls.is_some() { "https" } else { "http" };
    let served = open.into_iter().map(|(kind, socket)| {
        if let Ok(address) = socket.local_addr() {
            tracing::info!("{} on {scheme}://{address}", kind.name());
        }
        let (router, speaks) = match kind {
            Kind::Http => (http::router(gateway.clone()), Speaks::Http1),
            Kind::Grpc => (grpc::router(gateway.clone()), Speaks::Http2),
        };
        let (gateway, stop) = (gateway.clone(), stop.clone());
        tokio::spawn(listener::serve_as(speaks, socket, tls.cloned(), router, gateway, stop))
    });
    served.collect()
}
