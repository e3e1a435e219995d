//! `[console]`: what the console links to, and what it keeps in memory.

use serde::{Deserialize, Serialize};

/// Where people go on from the console.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Base URL of the Prometheus that has the series, as browsers reach it; empty is none. Queries link to it.
    pub(crate) prometheus_url: String,
    /// Base URL of the Alertmanager, as browsers reach it; empty is none.
    pub(crate) alertmanager_url: String,
    /// Ended sessions in memory, all tenants together, at about 225 bytes each; the newest stay. Also the live ones looked at.
    pub(crate) max_sessions: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config { prometheus_url: String::new(), alertmanager_url: String::new(), max_sessions: 1_000_000 }
    }
}
