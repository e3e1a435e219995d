//! Running the gateway: listeners up, wait for the end, drain.

use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::clock::now_ms;
use crate::config::Config;
use crate::gateway::Gateway;
use crate::remote_write::RemoteWrite;
use crate::{cli, demo_page, internal, listener, public, tls};

/// Runs until SIGINT or SIGTERM.
///
/// # Errors
/// When a listener cannot be opened or a shard cannot be started.
pub(crate) async fn run(config: Config, demo: Option<&cli::Demo>) -> anyhow::Result<()> {
    let started = now_ms();
    let public = listener::bind(config.listen, "public").await?;
    let internal = listener::bind(config.internal_listen, "internal").await?;
    let (public_address, internal_address) = (public.local_addr()?, internal.local_addr()?);
    let gateway = Gateway::start(config)?;
    let remote_write = RemoteWrite::start(&gateway, started)?;
    let (stop, stopping) = watch::channel(false);

    let mut routes = public::router(gateway.clone());
    if demo.is_some() {
        routes = demo_page::add(routes, internal_address);
    }
    let tls = tls::Server::load(&gateway.config.tls, gateway.process.clone())?;
    let internal_tls = tls.clone().filter(|_| gateway.config.tls.internal);
    let (public_scheme, internal_scheme) = (scheme(&tls), scheme(&internal_tls));
    let watch = tls.clone().map(|tls| tokio::spawn(tls.watch(stopping.clone())));
    let listeners = [
        tokio::spawn(serve(public, tls, routes, &gateway, &stopping)),
        tokio::spawn(serve(internal, internal_tls, internal::router(gateway.clone()), &gateway, &stopping)),
    ];
    let clock = tokio::spawn({
        let (gateway, stopping) = (gateway.clone(), stopping.clone());
        async move { gateway.keep_time(stopping).await }
    });
    let privacy = tokio::spawn(gateway.privacy.clone().keep(stopping.clone()));
    tracing::info!("ingest on {public_scheme}://{public_address}/v1/ingest");
    tracing::info!("metrics on {internal_scheme}://{internal_address}/metrics");
    let viewers = demo.map(|demo| demo_page::start(demo, public_address, &stopping));

    ended().await?;
    tracing::info!("ending: letting requests under way finish");
    stop.send_replace(true);
    for task in listeners {
        task.await?;
    }
    clock.await?;
    privacy.await?;
    if let Some(remote_write) = remote_write {
        remote_write.finish().await;
    }
    if let Some(watch) = watch {
        watch.await?;
    }
    gateway.finish().await;
    if let Some(viewers) = viewers.flatten() {
        viewers.await?;
    }
    Ok(())
}

fn serve(
    listener: TcpListener,
    tls: Option<Arc<tls::Server>>,
    routes: Router,
    gateway: &Arc<Gateway>,
    stopping: &watch::Receiver<bool>,
) -> impl Future<Output = ()> + use<> {
    listener::serve(listener, tls, routes, gateway.clone(), stopping.clone())
}

fn scheme(tls: &Option<Arc<tls::Server>>) -> &'static str {
    if tls.is_some() { "https" } else { "http" }
}

async fn ended() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
