//! `[slo]`: which objectives are evaluated.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Which objectives, and how many groups of each.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// A folder of objectives, read at the start and on SIGHUP; empty is the objectives that come with OpenQoE.
    pub(crate) dir: PathBuf,
    /// Groups of one objective, for each tenant. What finds no room goes to the group `__other__`.
    pub(crate) max_groups: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config { dir: PathBuf::new(), max_groups: 64 }
    }
}
