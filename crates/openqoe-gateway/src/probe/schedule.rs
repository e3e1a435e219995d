//! The probes of the configuration: each again and again, its sessions taken in as a viewer's would be.

use std::sync::Arc;
use std::time::Duration;

use openqoe_probe::Options;
use openqoe_spec::metrics::process::{Counter, Gauge};
use openqoe_spec::{ProbeRefusal, ProbeResult};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::client::{Client, Greeting, origin};
use super::config::{Scheduled, attributes};
use super::delivery::{self, Delivered, Delivery, Door};
use super::run::{self, Probe};
use super::targets::Targets;
use crate::access::DEFAULT_TENANT;
use crate::gateway::Gateway;

/// The first ones do not all begin at once.
const SPREAD: Duration = Duration::from_secs(10);
/// How long the end waits until the last session's end is taken in.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Starts what the configuration says, until `stop` changes.
///
/// # Errors
/// When the certificates to trust cannot be read, or a tenant is none of the configuration.
pub(crate) fn start(
    gateway: &Arc<Gateway>,
    stop: &watch::Receiver<bool>,
) -> anyhow::Result<Vec<JoinHandle<()>>> {
    let config = &gateway.config.probe;
    if config.schedule.is_empty() {
        return Ok(Vec::new());
    }
    gateway.process.set(Gauge::ProbeRunning, 0.0);
    let greeting = Greeting::new(&config.ca_file)?;
    let listed = Targets::parse(&config.targets).map_err(anyhow::Error::msg)?;
    let start = |scheduled: &Scheduled| {
        let name = if scheduled.tenant.is_empty() { DEFAULT_TENANT } else { &scheduled.tenant };
        let tenant = gateway.access.directory().tenant(name).cloned();
        let tenant =
            tenant.ok_or_else(|| anyhow::anyhow!("`probe.schedule`: there is no tenant `{name}`"))?;
        let (delivery, delivered) = Delivery::start(Door::Inside(gateway.clone(), tenant));
        let watch = Watch {
            scheduled: scheduled.clone(),
            targets: listed.clone().and_host_of(&scheduled.url),
            greeting: greeting.clone(),
            gateway: gateway.clone(),
            delivery,
            delivered,
        };
        Ok(tokio::spawn(watch.keep(stop.clone())))
    };
    config.schedule.iter().map(start).collect()
}

/// One that is probed again and again.
struct Watch {
    scheduled: Scheduled,
    targets: Targets,
    greeting: Greeting,
    gateway: Arc<Gateway>,
    delivery: Arc<Delivery>,
    delivered: Delivered,
}

impl Watch {
    async fn keep(self, stop: watch::Receiver<bool>) {
        self.repeat(stop).await;
        let Watch { delivery, delivered, .. } = self;
        drop(delivery);
        delivery::finish(delivered, LAST_WORDS).await;
    }

    async fn repeat(&self, mut stop: watch::Receiver<bool>) {
        let every = self.scheduled.every;
        let mut due = Instant::now() + SPREAD.min(every).mul_f64(fastrand::f64());
        loop {
            tokio::select! {
                () = sleep_until(due) => {}
                _ = stop.changed() => return,
            }
            while !self.gateway.has_replayed() {
                tokio::select! {
                    () = sleep(Duration::from_millis(100)) => {}
                    _ = stop.changed() => return,
                }
            }
            self.probe(&stop).await;
            due += every;
            while due < Instant::now() {
                self.gateway.process.count(Counter::ProbeRefused(ProbeRefusal::Behind), 1.0);
                due += every;
            }
        }
    }

    async fn probe(&self, stop: &watch::Receiver<bool>) {
        let Scheduled { url, duration, start_bitrate, attributes: pairs, .. } = &self.scheduled;
        let Ok(attributes) = attributes(pairs.iter()) else { return };
        let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let options = Options { duration_ms, start_bitrate: *start_bitrate, ..Options::default() };
        let client = Client::new(&self.greeting, self.gateway.config.probe.timeout, self.targets.clone());
        let probe = Probe { url: url.clone(), options, attributes };
        let _running = Running::begin(&self.gateway);
        match run::run(probe, &client, self.delivery.clone(), stop.clone()).await {
            Ok(result) => {
                note(&self.gateway, result.summary.is_success());
                if let Some(why) = &result.summary.fatal {
                    tracing::warn!(
                        target = origin(url),
                        session_id = result.session_id,
                        why,
                        "a scheduled probe failed"
                    );
                }
            }
            Err(error) => tracing::error!(%error, "a scheduled probe cannot be run"),
        }
        if let Some((events, why)) = self.delivery.take_lost() {
            tracing::warn!(events, why, "events of a scheduled probe were given up");
        }
    }
}

/// Counts what came of a probe.
pub(super) fn note(gateway: &Gateway, is_success: bool) {
    let result = if is_success { ProbeResult::Played } else { ProbeResult::Failed };
    gateway.process.count(Counter::ProbeRuns(result), 1.0);
}

/// A probe under way.
pub(super) struct Running(Arc<Gateway>);

impl Running {
    pub(super) fn begin(gateway: &Arc<Gateway>) -> Running {
        gateway.process.move_by(Gauge::ProbeRunning, 1.0);
        Running(gateway.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.process.move_by(Gauge::ProbeRunning, -1.0);
    }
}
