//! Configuration: defaults, then a TOML file, then `OPENQOE_*` variables. Unknown keys are an error with a suggestion.

mod changes;
mod engine;
mod exposure;
mod overlay;
mod tenants;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use openqoe_ingest::closest;
use openqoe_spec::Guarded;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::{edge, edge::Role, tls};
pub(crate) use changes::frozen;
pub(crate) use tenants::{Key, Quota, Tenant};

/// Everything that can be set.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Whether it counts, or forwards to a core.
    pub(crate) role: Role,
    /// Public listener: ingest, SDK, demo.
    pub(crate) listen: SocketAddr,
    /// Internal listener: `/metrics`, health.
    pub(crate) internal_listen: SocketAddr,
    /// Log filter, such as `info` or `openqoe=debug`.
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
    /// Shards of the engine; 0 is one a core.
    pub(crate) shards: usize,
    /// Where journal and checkpoints are; empty keeps everything in memory only.
    pub(crate) data_dir: PathBuf,
    /// Where `openqoe keys` keeps keys; empty is `keys.toml` in the data directory.
    pub(crate) keys_file: PathBuf,
    /// A file with the token that reads everything on the internal listener; empty is none.
    pub(crate) internal_token_file: PathBuf,
    pub(crate) journal: Journal,
    pub(crate) sessions: Sessions,
    pub(crate) history: crate::history::Config,
    pub(crate) limits: Limits,
    pub(crate) engine: Engine,
    pub(crate) privacy: crate::privacy::Config,
    pub(crate) remote_write: crate::remote_write::Config,
    pub(crate) otlp: crate::otlp::Config,
    pub(crate) otlp_receiver: crate::receiver::Config,
    pub(crate) tls: tls::Config,
    pub(crate) edge: edge::Config,
    pub(crate) slo: crate::objectives::Config,
    pub(crate) filters: Vec<crate::filters::Config>,
    pub(crate) console: crate::console::Config,
    pub(crate) probe: crate::probe::Config,
    /// Whoever sends, by name. With none, everything belongs to `default` and nobody is asked for a key.
    pub(crate) tenants: BTreeMap<String, Tenant>,
    /// What is allowed but hardly meant, for the log.
    #[serde(skip)]
    pub(crate) doubts: Vec<String>,
    /// Whether this is `openqoe demo`.
    #[serde(skip)]
    pub(crate) is_demo: bool,
}

/// What an acknowledged batch survives.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Durability {
    /// The end of the process, however it comes.
    Process,
    /// The end of the machine's power: fsync before each acknowledgement.
    Power,
}

/// How what was acknowledged is kept.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Journal {
    pub(crate) durability: Durability,
    #[serde(with = "humantime_serde")]
    pub(crate) checkpoint_interval: Duration,
    /// How long events can be read back by session.
    #[serde(with = "humantime_serde")]
    pub(crate) retention: Duration,
    /// Bytes of the journal, beyond which the oldest half of what a checkpoint holds goes.
    pub(crate) max_bytes: u64,
}

/// How long the rows of ended sessions are kept.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Sessions {
    #[serde(with = "humantime_serde")]
    pub(crate) retention: Duration,
    /// Rows beyond which the oldest go.
    pub(crate) max_rows: u64,
}

impl Default for Sessions {
    fn default() -> Self {
        Sessions { retention: Duration::from_secs(30 * 24 * 3600), max_rows: 5_000_000 }
    }
}

impl Default for Journal {
    fn default() -> Self {
        Journal {
            durability: Durability::Process,
            checkpoint_interval: Duration::from_secs(30),
            retention: Duration::from_secs(24 * 3600),
            max_bytes: 4 << 30,
        }
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// What bounds the gateway.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// Bytes of a request body, before and after decompression.
    pub(crate) max_body: usize,
    /// Connections on the public listener.
    pub(crate) max_connections: usize,
    /// Time for a request's head, and again for its body.
    #[serde(with = "humantime_serde")]
    pub(crate) read_timeout: Duration,
    /// Batches waiting for a shard.
    pub(crate) queue: usize,
    /// Sessions in memory, all shards together.
    pub(crate) max_sessions: usize,
    /// Label sets of a tenant.
    pub(crate) max_label_sets: usize,
    /// How long nothing may be written to a label set before it makes room for others; 0 is for ever.
    #[serde(with = "humantime_serde")]
    pub(crate) idle_label_sets: Duration,
    /// Values of each guarded attribute of a tenant.
    pub(crate) budgets: Table,
}

/// The engine's times and limits; see `openqoe_engine::Config`.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Engine {
    #[serde(with = "humantime_serde")]
    pub(crate) reorder_window: Duration,
    pub(crate) reorder_events: usize,
    #[serde(with = "humantime_serde")]
    pub(crate) max_step: Duration,
    #[serde(with = "humantime_serde")]
    pub(crate) silence: Duration,
    #[serde(with = "humantime_serde")]
    pub(crate) silence_hidden: Duration,
    #[serde(with = "humantime_serde")]
    pub(crate) silence_paused: Duration,
    #[serde(with = "humantime_serde")]
    pub(crate) keep_ended: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            role: Role::Core,
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            internal_listen: SocketAddr::from(([127, 0, 0, 1], 8889)),
            log: "info".into(),
            log_format: LogFormat::Text,
            shards: 0,
            data_dir: PathBuf::from("openqoe-data"),
            keys_file: PathBuf::new(),
            internal_token_file: PathBuf::new(),
            journal: Journal::default(),
            sessions: Sessions::default(),
            history: crate::history::Config::default(),
            limits: Limits::default(),
            engine: Engine::default(),
            privacy: crate::privacy::Config::default(),
            remote_write: crate::remote_write::Config::default(),
            otlp: crate::otlp::Config::default(),
            otlp_receiver: crate::receiver::Config::default(),
            tls: tls::Config::default(),
            edge: edge::Config::default(),
            slo: crate::objectives::Config::default(),
            filters: Vec::new(),
            console: crate::console::Config::default(),
            probe: crate::probe::Config::default(),
            tenants: BTreeMap::new(),
            doubts: Vec::new(),
            is_demo: false,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let budgets = Guarded::ALL.iter().map(|guarded| {
            (guarded.as_str().to_owned(), Value::Integer(guarded.default_budget().cast_signed() as i64))
        });
        Limits {
            max_body: 1 << 20,
            max_connections: 10_000,
            read_timeout: Duration::from_secs(10),
            queue: 4096,
            max_sessions: 1_000_000,
            max_label_sets: openqoe_metrics::Limits::default().max_label_sets,
            idle_label_sets: Duration::from_secs(3600),
            budgets: budgets.collect(),
        }
    }
}

impl Default for Engine {
    fn default() -> Self {
        let default = openqoe_engine::Config::default();
        Engine {
            reorder_window: Duration::from_millis(default.reorder_window),
            reorder_events: default.reorder_events,
            max_step: Duration::from_millis(default.max_step),
            silence: Duration::from_millis(default.silence),
            silence_hidden: Duration::from_millis(default.silence_hidden),
            silence_paused: Duration::from_millis(default.silence_paused),
            keep_ended: Duration::from_millis(default.keep_ended),
        }
    }
}

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("cannot read {path}: {source}")]
    Read { path: String, source: std::io::Error },
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    #[error("unknown key `{key}`{suggestion}")]
    UnknownKey { key: String, suggestion: String },
    #[error("{variable}={value}: {problem}")]
    Environment { variable: String, value: String, problem: String },
    #[error("`{key}` {problem}")]
    Invalid { key: &'static str, problem: String },
    #[error("`{key}` {problem}")]
    InvalidEntry { key: String, problem: String },
}

impl Config {
    /// Defaults, then the file, then the environment, checked.
    ///
    /// # Errors
    /// When the file cannot be read or parsed, a key is unknown, or a value makes no sense.
    pub(crate) fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Config, ConfigError> {
        let defaults = Table::try_from(Config::default()).unwrap_or_default();
        let given = match file {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|source| ConfigError::Read { path: path.display().to_string(), source })?
                .parse::<Table>()?,
            None => Table::new(),
        };
        let known = known_keys(&defaults, &given);
        refuse_unknown(&given, &known, "")?;
        let mut table = defaults;
        overlay::file(&mut table, given);
        overlay::environment(&mut table, &known, environment)?;
        let mut config: Config = table.try_into()?;
        config.check()?;
        config.doubts = config.tenants.iter().flat_map(|(name, tenant)| tenant.doubts(name)).collect();
        Ok(config)
    }

    /// Whether the values make sense.
    ///
    /// # Errors
    /// Names the first key that does not.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let problems = [
            self.tls.problem(),
            self.edge.problem(self.role, &self.data_dir),
            self.remote_write.problem(),
            self.otlp.problem(),
            self.otlp_receiver.problem(),
            self.history.problem(),
            self.probe.problem(),
        ];
        if let Some((key, problem)) = problems.into_iter().flatten().next() {
            return Err(ConfigError::Invalid { key, problem });
        }
        crate::filters::check(&self.filters, &self.tenants)?;
        let limits = &self.limits;
        let positive = [
            ("limits.max_body", limits.max_body),
            ("limits.max_connections", limits.max_connections),
            ("console.max_sessions", self.console.max_sessions),
            ("limits.queue", limits.queue),
            ("limits.max_sessions", limits.max_sessions),
            ("limits.max_label_sets", limits.max_label_sets),
            ("engine.reorder_events", self.engine.reorder_events),
        ];
        match positive.into_iter().find(|(_, value)| *value == 0) {
            Some((key, _)) => Err(ConfigError::Invalid { key, problem: "must be at least 1".into() }),
            None => self.cardinality().and_then(|_| self.privacy.check(self.viewer_retention())),
        }?;
        self.tenants.iter().try_for_each(|(name, tenant)| tenant.check(name, self))
    }

    /// How long a viewer's hash may stand somewhere: in the journal, or in the row of an ended session.
    pub(crate) fn viewer_retention(&self) -> Duration {
        self.journal.retention.max(self.sessions.retention)
    }

    /// How many shards to run.
    pub(crate) fn shard_count(&self) -> usize {
        match self.shards {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            count => count,
        }
    }

    /// How long nothing may be written to a label set, in ms; 0 is for ever.
    pub(crate) fn idle_label_sets(&self) -> u64 {
        ms(self.limits.idle_label_sets)
    }

    /// The series table's part.
    ///
    /// # Errors
    /// When a budget is no positive number.
    pub(crate) fn cardinality(&self) -> Result<openqoe_metrics::Limits, ConfigError> {
        let mut limits =
            openqoe_metrics::Limits { max_label_sets: self.limits.max_label_sets, ..Default::default() };
        budgets(&self.limits.budgets, "limits.budgets", &mut limits)?;
        Ok(limits)
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 2)
}

/// Puts the budgets of a table over those that are there.
fn budgets(table: &Table, key: &str, limits: &mut openqoe_metrics::Limits) -> Result<(), ConfigError> {
    for guarded in Guarded::ALL {
        let Some(value) = table.get(guarded.as_str()) else { continue };
        let budget = value.as_integer().and_then(|budget| usize::try_from(budget).ok());
        limits.budgets[guarded.index()] = budget.ok_or_else(|| ConfigError::InvalidEntry {
            key: key.into(),
            problem: format!("`{}` must be a number, not {value}", guarded.as_str()),
        })?;
    }
    Ok(())
}

/// Every key there is: those of the defaults, and those of each tenant the file names.
fn known_keys(defaults: &Table, given: &Table) -> Table {
    let tenant = Tenant::known(&Config::default());
    let tenants = tenants::names(given).map(|name| (name.clone(), Value::Table(tenant.clone())));
    let mut known = defaults.clone();
    known.insert("tenants".into(), Value::Table(tenants.collect()));
    known
}

fn refuse_unknown(table: &Table, known: &Table, prefix: &str) -> Result<(), ConfigError> {
    for (key, value) in table {
        match (known.get(key), value) {
            (Some(Value::Table(known)), Value::Table(table)) => {
                refuse_unknown(table, known, &format!("{prefix}{key}."))?;
            }
            (Some(_), _) => {}
            (None, _) => {
                let suggestion = closest(key, known.keys().map(String::as_str))
                    .map_or(String::new(), |name| format!(", did you mean `{prefix}{name}`?"));
                return Err(ConfigError::UnknownKey { key: format!("{prefix}{key}"), suggestion });
            }
        }
    }
    Ok(())
}
