//! `[tenants.NAME]`: who may send and read, from where, and how much.

use std::time::Duration;

use openqoe_metrics::Limits;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::{Config, ConfigError, budgets};
use crate::access::key::{self, KeyHash, Kind};
use crate::access::origin::Origins;

/// Events of the largest batch an SDK sends.
const SDK_BATCH: u64 = 200;

/// One tenant.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tenant {
    /// Origins of the pages that may use its ingest keys; none allows all.
    pub(crate) origins: Vec<String>,
    pub(crate) quota: Quota,
    /// Keys kept here; those of `keys_file` join them.
    pub(crate) keys: Vec<Key>,
}

/// What is stored of a key.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    /// The part of the key that is no secret.
    pub(crate) id: String,
    pub(crate) kind: Kind,
    /// SHA-256 of the key, in hexadecimal digits.
    pub(crate) sha256: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) note: String,
}

/// What a tenant may use. 0 is no limit of its own.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Quota {
    /// Events a second, of all its senders together.
    pub(crate) events_per_second: u64,
    /// Bytes of request bodies a second, as they come over the wire.
    pub(crate) bytes_per_second: u64,
    /// How long an unused rate is saved up: so many seconds' worth may come at once.
    #[serde(with = "humantime_serde")]
    pub(crate) burst: Duration,
    /// Sessions going on at the same time.
    pub(crate) active_sessions: usize,
    /// Label sets; 0 is `limits.max_label_sets`.
    pub(crate) label_sets: usize,
    /// Values of guarded attributes, where other than `limits.budgets`.
    pub(crate) budgets: Table,
}

impl Default for Quota {
    fn default() -> Self {
        Quota {
            events_per_second: 0,
            bytes_per_second: 0,
            burst: Duration::from_secs(2),
            active_sessions: 0,
            label_sets: 0,
            budgets: Table::new(),
        }
    }
}

impl Tenant {
    /// Every key a tenant's table may have, with the type of its value.
    pub(super) fn known(defaults: &Config) -> Table {
        let mut tenant = Tenant::default();
        tenant.quota.budgets = defaults.limits.budgets.clone();
        Table::try_from(tenant).unwrap_or_default()
    }

    /// Whether the values make sense.
    pub(super) fn check(&self, name: &str, config: &Config) -> Result<(), ConfigError> {
        let invalid = |key: &str, problem: String| ConfigError::InvalidEntry {
            key: format!("tenants.{name}{key}"),
            problem,
        };
        if !is_name(name) {
            let problem = "is no name for a tenant: up to 63 of a-z, 0-9, `-` and `_`, beginning with a letter or digit";
            return Err(invalid("", problem.into()));
        }
        Origins::parse(&self.origins).map_err(|problem| invalid(".origins", problem))?;
        for key in &self.keys {
            let problem = match (key::is_id(&key.id), KeyHash::parse(&key.sha256)) {
                (false, _) => "has an id that `openqoe keys` does not make",
                (true, None) => "has a `sha256` that is not 64 hexadecimal digits",
                (true, Some(_)) => continue,
            };
            return Err(invalid(".keys", format!("{:?} {problem}", key.id)));
        }
        let rates = self.quota.events_per_second > 0 || self.quota.bytes_per_second > 0;
        if rates && self.quota.burst.is_zero() {
            return Err(invalid(
                ".quota.burst",
                "must be longer than 0s, or nothing is ever let through".into(),
            ));
        }
        self.cardinality(name, config).map(|_| ())
    }

    /// The series table's part.
    ///
    /// # Errors
    /// When a budget is no positive number.
    pub(crate) fn cardinality(&self, name: &str, config: &Config) -> Result<Limits, ConfigError> {
        let mut limits = config.cardinality()?;
        if self.quota.label_sets > 0 {
            limits.max_label_sets = self.quota.label_sets;
        }
        budgets(&self.quota.budgets, &format!("tenants.{name}.quota.budgets"), &mut limits)?;
        Ok(limits)
    }

    /// What is allowed but hardly meant.
    pub(super) fn doubts(&self, name: &str) -> Vec<String> {
        let mut doubts = Vec::new();
        let Quota { events_per_second: rate, burst, .. } = self.quota;
        let at_once = (rate as f64 * burst.as_secs_f64()) as u64;
        if rate > 0 && at_once < SDK_BATCH {
            doubts.push(format!(
                "tenants.{name}.quota lets {at_once} events through at once, but an SDK's batch may hold {SDK_BATCH}: \
                 larger ones are refused for good (413)"
            ));
        }
        doubts
    }
}

/// Also label value and part of paths and variables, so nothing that needs escaping there.
fn is_name(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=63).contains(&name.len())
        && name.bytes().enumerate().all(|(at, byte)| inner(byte) || at > 0 && b"-_".contains(&byte))
}

/// The names of the tenants a file has.
pub(super) fn names(given: &Table) -> impl Iterator<Item = &String> {
    given.get("tenants").and_then(Value::as_table).into_iter().flat_map(Table::keys)
}
