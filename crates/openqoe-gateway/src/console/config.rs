//! `[console]`: what the console links to.

use serde::{Deserialize, Serialize};

/// Where people go on from the console.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Base URL of the Prometheus that has the series, as browsers reach it; empty is none. Queries link to it.
    pub(crate) prometheus_url: String,
    /// Base URL of the Alertmanager, as browsers reach it; empty is none.
    pub(crate) alertmanager_url: String,
}
