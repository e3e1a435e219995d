//! Running the gateway: listeners up, wait for the end, drain.

use std::sync::Arc;

use axum::Router;
use futures_util::future::OptionFuture;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::clock::now_ms;
use crate::config::Config;
use crate::gateway::Gateway;
use crate::otlp::MetricsPush;
use crate::reload::Reload;
use crate::remote_write::RemoteWrite;
use crate::{cli, demo_page, internal, listener, probe, public, receiver, tls};

/// Runs until SIGINT or SIGTERM.
///
/// # Errors
/// When a listener cannot be opened or a shard cannot be started.
pub(crate) async fn run(mut config: Config, demo: Option<&cli::Demo>, reload: Reload) -> anyhow::Result<()> {
    let started = now_ms();
    let mut ending = Ending::listen()?;
    // From here on a SIGHUP is no end.
    let hang_up = signal(SignalKind::hangup())?;
    let public = listener::bind(config.listen, "public").await?;
    let internal = listener::bind(config.internal_listen, "internal").await?;
    let (public_address, internal_address) = (public.local_addr()?, internal.local_addr()?);
    let receivers = receiver::bind(&config).await?;
    let mut monitoring = demo.and_then(|demo| demo_page::monitor(demo, &mut config, internal_address));
    let gateway = Gateway::start(config)?;
    let remote_write = RemoteWrite::start(&gateway, started)?;
    let metrics_push = MetricsPush::start(&gateway, started)?;
    let (stop, stopping) = watch::channel(false);
    let probes = probe::start(&gateway, &stopping)?;

    let mut routes = public::router(gateway.clone());
    if demo.is_some() {
        routes = demo_page::add(routes, internal_address);
    }
    let tls = tls::Server::load(&gateway.config.tls, gateway.process.clone())?;
    let internal_tls = tls.clone().filter(|_| gateway.config.tls.internal);
    let (public_scheme, internal_scheme) = (scheme(&tls), scheme(&internal_tls));
    let tls_of_reload = tls.clone();
    let watch = tls.clone().map(|tls| tokio::spawn(tls.watch(stopping.clone())));
    let receivers = receiver::serve(receivers, tls.as_ref(), &gateway, &stopping);
    let listeners = [
        tokio::spawn(serve(public, tls, routes, &gateway, &stopping)),
        tokio::spawn(serve(internal, internal_tls, internal::router(gateway.clone()), &gateway, &stopping)),
    ];
    let clock = tokio::spawn({
        let (gateway, stopping) = (gateway.clone(), stopping.clone());
        async move { gateway.keep_time(stopping).await }
    });
    let privacy = tokio::spawn(gateway.privacy.clone().keep(stopping.clone()));
    let reloads = tokio::spawn(reload.keep(hang_up, gateway.clone(), tls_of_reload, stopping.clone()));
    tracing::info!("ingest on {public_scheme}://{public_address}/v1/ingest");
    tracing::info!("metrics on {internal_scheme}://{internal_address}/metrics");
    let viewers = demo.map(|demo| demo_page::start(demo, public_address, &stopping));

    if let Some(monitoring) = &mut monitoring {
        tokio::select! {
            () = monitoring.announce() => ending.told().await,
            () = ending.told() => {}
        }
    } else {
        ending.told().await;
    }
    tracing::info!("ending: letting requests under way finish");
    if let Some(monitoring) = monitoring {
        monitoring.end().await;
    }
    stop.send_replace(true);
    gateway.facts.close();
    for task in receivers.into_iter().chain(listeners).chain(probes) {
        task.await?;
    }
    clock.await?;
    privacy.await?;
    // At once, for either may have to wait for its receiver.
    tokio::join!(
        OptionFuture::from(remote_write.map(RemoteWrite::finish)),
        OptionFuture::from(metrics_push.map(MetricsPush::finish)),
    );
    reloads.await?;
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

/// The two ways to be told to end.
struct Ending {
    terminate: Signal,
    interrupt: Signal,
}

impl Ending {
    /// Listens from now on: an end that comes before somebody waits for it is one too.
    fn listen() -> std::io::Result<Ending> {
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Ending { terminate, interrupt })
    }

    async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
