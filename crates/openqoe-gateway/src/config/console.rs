//! What the console keeps in memory.

use serde::{Deserialize, Serialize};

/// Sessions as data; see docs/guide/explore.md.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Console {
    /// Ended sessions in memory, all tenants together, at about 150 bytes each; the newest stay. Also the live ones looked at.
    pub(crate) max_sessions: usize,
}

impl Default for Console {
    fn default() -> Self {
        Console { max_sessions: 1_000_000 }
    }
}
