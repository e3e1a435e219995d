//! `[[filters]]`: which module sees which batches, what it may use, and what becomes of a batch it fails at.

use std::collections::BTreeMap;
use std::path::PathBuf;

use openqoe_ingest::closest;
use openqoe_spec::Protocol;
use serde::{Deserialize, Serialize};

use crate::access::DEFAULT_TENANT;
use crate::config::{ConfigError, Tenant};

/// Filters there may be: a batch goes through one after the other.
const MAX_FILTERS: usize = 16;
/// Fuel beyond which a thread that answers would be busy for tens of milliseconds.
const MAX_FUEL: u64 = 20_000_000;
/// Bytes of a page of WebAssembly, the least memory there is.
const PAGE: usize = 65_536;
/// Bytes of memory beyond which a filter would be a service of its own.
const MAX_MEMORY: usize = 256 << 20;

/// One filter.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The module, a `.wasm` file.
    pub(crate) path: PathBuf,
    /// Tenants whose batches it sees; none is all.
    #[serde(default)]
    pub(crate) tenants: Vec<String>,
    /// Protocols it sees; none is all.
    #[serde(default)]
    pub(crate) protocols: Vec<String>,
    /// What it may compute for one batch, about one for each instruction.
    #[serde(default = "fuel")]
    pub(crate) fuel: u64,
    /// Bytes of memory it may have.
    #[serde(default = "memory")]
    pub(crate) memory: usize,
    #[serde(default)]
    pub(crate) on_error: OnError,
}

/// What becomes of a batch a filter fails at.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OnError {
    /// It goes on as it came.
    Keep,
    /// It is dropped: what should have been redacted must not get through.
    #[default]
    Drop,
}

fn fuel() -> u64 {
    2_000_000
}

fn memory() -> usize {
    16 << 20
}

impl Config {
    /// The protocols it sees.
    pub(super) fn protocols(&self) -> Vec<Protocol> {
        self.protocols.iter().filter_map(|name| Protocol::parse(name)).collect()
    }

    fn problem(&self, tenants: &BTreeMap<String, Tenant>) -> Option<String> {
        if !(1..=MAX_FUEL).contains(&self.fuel) {
            return Some(format!("`fuel` must be 1 to {MAX_FUEL}"));
        }
        if !(PAGE..=MAX_MEMORY).contains(&self.memory) {
            return Some(format!("`memory` must be {PAGE} to {MAX_MEMORY} bytes"));
        }
        let names: Vec<&str> = match tenants.is_empty() {
            true => vec![DEFAULT_TENANT],
            false => tenants.keys().map(String::as_str).collect(),
        };
        let unknown = self.tenants.iter().find(|name| !names.contains(&name.as_str()));
        if let Some(name) = unknown {
            return Some(format!("unknown tenant `{name}`{}", suggestion(name, &names)));
        }
        let names: Vec<&str> = Protocol::ALL.iter().map(|protocol| protocol.as_str()).collect();
        let unknown = self.protocols.iter().find(|name| !names.contains(&name.as_str()));
        unknown.map(|name| format!("unknown protocol `{name}`{}", suggestion(name, &names)))
    }
}

fn suggestion(name: &str, known: &[&str]) -> String {
    closest(name, known.iter().copied()).map_or_else(
        || format!(", it is one of {}", known.join(", ")),
        |name| format!(", did you mean `{name}`?"),
    )
}

/// Whether the values make sense; the modules themselves are looked at when they are loaded.
///
/// # Errors
/// Names the first filter whose values do not.
pub(crate) fn check(filters: &[Config], tenants: &BTreeMap<String, Tenant>) -> Result<(), ConfigError> {
    if filters.len() > MAX_FILTERS {
        let problem = format!("holds {} filters, of {MAX_FILTERS} there may be", filters.len());
        return Err(ConfigError::Invalid { key: "filters", problem });
    }
    let problem = |filter: &Config| Some((filter.path.display().to_string(), filter.problem(tenants)?));
    match filters.iter().find_map(problem) {
        Some((path, problem)) => Err(ConfigError::InvalidEntry { key: format!("filters, {path}"), problem }),
        None => Ok(()),
    }
}
