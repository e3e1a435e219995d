//! `[history]`: the bounds of what the gateway remembers of its own indicators.

use serde::{Deserialize, Serialize};

/// What bounds the history.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Values of each attribute of a tenant that are told apart; what is beyond is `__other__`.
    pub(crate) max_values: usize,
    /// Bytes of memory for the steps of all tenants; beyond, the oldest that tell values apart go early.
    pub(crate) max_bytes: usize,
    /// Browsers that get live updates at the same time.
    pub(crate) max_streams: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config { max_values: 64, max_bytes: 128 << 20, max_streams: 64 }
    }
}

impl Config {
    /// The first key whose value makes no sense, and why.
    pub(crate) fn problem(&self) -> Option<(&'static str, String)> {
        let keys = [("history.max_values", self.max_values), ("history.max_streams", self.max_streams)];
        let zero = keys
            .into_iter()
            .find(|(_, value)| *value == 0)
            .map(|(key, _)| (key, "must be at least 1".into()));
        let least = 1 << 20;
        zero.or_else(|| {
            (self.max_bytes < least).then(|| ("history.max_bytes", format!("must be at least {least}")))
        })
    }
}
