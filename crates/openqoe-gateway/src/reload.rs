//! SIGHUP: the configuration is read again. Tenants, keys, origins, quotas, series budgets and the log filter hold at once, and
//! no connection is dropped; what has to wait for the next start is named; a broken configuration changes nothing.

use std::sync::Arc;

use openqoe_spec::metrics::process::Gauge;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::config::{self, Config};
use crate::gateway::Gateway;
use crate::log::{self, Refilter};

/// Where the configuration comes from, and the log it sets.
pub(crate) struct Reload {
    pub(crate) load: Box<dyn Fn() -> anyhow::Result<Config> + Send + Sync>,
    pub(crate) log: Refilter,
}

impl Reload {
    /// Reads the configuration again on each SIGHUP, until `stop` changes.
    ///
    /// # Errors
    /// When signals cannot be listened to.
    pub(crate) async fn keep(
        self,
        gateway: Arc<Gateway>,
        mut stop: watch::Receiver<bool>,
    ) -> anyhow::Result<()> {
        doubt(&gateway.config);
        let mut hang_up = signal(SignalKind::hangup())?;
        loop {
            tokio::select! {
                _ = hang_up.recv() => {
                    let result = self.apply(&gateway);
                    let successful = if result.is_ok() { 1.0 } else { 0.0 };
                    gateway.process.set(Gauge::GatewayConfigLastReloadSuccessful, successful);
                    if let Err(error) = result {
                        tracing::error!("the configuration stays as it was: {error:#}");
                    }
                }
                _ = stop.changed() => return Ok(()),
            }
        }
    }

    fn apply(&self, gateway: &Gateway) -> anyhow::Result<()> {
        let config = (self.load)()?;
        let filter = log::filter(&config)?;
        gateway.reconfigure(&config)?;
        (self.log)(filter)?;
        doubt(&config);
        let frozen = config::frozen(&gateway.config, &config);
        if !frozen.is_empty() {
            tracing::warn!("changed, but not before the next start: {}", frozen.join(", "));
        }
        tracing::info!(tenants = config.tenants.len(), "the configuration was read again");
        Ok(())
    }
}

fn doubt(config: &Config) {
    config.doubts.iter().for_each(|doubt| tracing::warn!("{doubt}"));
}
