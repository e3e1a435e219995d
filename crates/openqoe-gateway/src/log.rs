//! The log: one line an event, as text or JSON, on standard error. Its filter can change while the gateway runs.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Puts another filter in place.
pub(crate) type Refilter = Box<dyn Fn(EnvFilter) -> anyhow::Result<()> + Send + Sync>;

/// Starts the log. Call it once.
///
/// # Errors
/// When the filter of the configuration is none.
pub(crate) fn start(config: &Config) -> anyhow::Result<Refilter> {
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter(config)?)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    Ok(match config.log_format {
        LogFormat::Text => {
            let log = log.with_filter_reloading();
            let handle = log.reload_handle();
            log.init();
            Box::new(move |filter| Ok(handle.reload(filter)?))
        }
        LogFormat::Json => {
            let log = log.json().flatten_event(true).with_filter_reloading();
            let handle = log.reload_handle();
            log.init();
            Box::new(move |filter| Ok(handle.reload(filter)?))
        }
    })
}

/// The filter of a configuration.
///
/// # Errors
/// When it is none.
pub(crate) fn filter(config: &Config) -> anyhow::Result<EnvFilter> {
    EnvFilter::try_new(&config.log)
        .map_err(|error| anyhow::anyhow!("`log` = {:?} is no log filter: {error}", config.log))
}
