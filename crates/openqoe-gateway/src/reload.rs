//! SIGHUP: the configuration is read again. Tenants, keys, origins, quotas, series budgets, filters of batches and the log's hold at
//! once, and no connection is dropped; what has to wait for the next start is named; a broken configuration changes nothing.

use std::sync::Arc;

use openqoe_spec::metrics::process::Gauge;
use tokio::signal::unix::Signal;
use tokio::sync::watch;

use crate::config::{self, Config, ConfigError};
use crate::gateway::Gateway;
use crate::log::{self, Refilter};
use crate::tls;

/// Where the configuration comes from, and the log it sets.
pub(crate) struct Reload {
    pub(crate) load: Box<dyn Fn() -> anyhow::Result<Config> + Send + Sync>,
    pub(crate) log: Refilter,
}

impl Reload {
    /// Reads the configuration again on each SIGHUP, until `stop` changes.
    pub(crate) async fn keep(
        self,
        mut hang_up: Signal,
        gateway: Arc<Gateway>,
        tls: Option<Arc<tls::Server>>,
        mut stop: watch::Receiver<bool>,
    ) {
        doubt(&gateway.config);
        loop {
            tokio::select! {
                _ = hang_up.recv() => {
                    if let Some(tls) = &tls {
                        tls.reload();
                    }
                    let result = self.apply(&gateway);
                    let successful = if result.is_ok() { 1.0 } else { 0.0 };
                    gateway.process.set(Gauge::GatewayConfigLastReloadSuccessful, successful);
                    if let Err(error) = result {
                        tracing::error!("the configuration stays as it was: {error:#}");
                    }
                }
                _ = stop.changed() => return,
            }
        }
    }

    fn apply(&self, gateway: &Gateway) -> anyhow::Result<()> {
        let (config, frozen) = while_running(&gateway.config, (self.load)()?)?;
        let filter = log::filter(&config)?;
        gateway.reconfigure(&config)?;
        (self.log)(filter)?;
        doubt(&config);
        if !frozen.is_empty() {
            tracing::warn!("changed, but not before the next start: {}", frozen.join(", "));
        }
        tracing::info!(tenants = config.tenants.len(), "the configuration was read again");
        Ok(())
    }
}

/// The new configuration with the listeners there are, and the keys that have to wait. Whoever must have a key is decided by
/// where the listeners are, not by where they will be.
fn while_running(old: &Config, new: Config) -> Result<(Config, Vec<String>), ConfigError> {
    let frozen = config::frozen(old, &new);
    let config = Config { listen: old.listen, internal_listen: old.internal_listen, ..new };
    config.check_listeners()?;
    Ok((config, frozen))
}

fn doubt(config: &Config) {
    config.doubts.iter().for_each(|doubt| tracing::warn!("{doubt}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_listener_does_not_lose_its_tenants() {
        for open in [
            Config { listen: ([0, 0, 0, 0], 80).into(), ..Config::default() },
            Config { internal_listen: ([0, 0, 0, 0], 80).into(), ..Config::default() },
        ] {
            assert!(while_running(&open, Config::default()).is_err());
        }
        let moved = Config { listen: ([127, 0, 0, 1], 1).into(), ..Config::default() };
        let (config, frozen) = while_running(&Config::default(), moved).unwrap();
        assert_eq!((config.listen, frozen), (Config::default().listen, vec!["listen".to_owned()]));
    }
}
