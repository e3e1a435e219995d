//! Whose key is which. A known key costs one SHA-256 of some fifty bytes and one look into a hash map, and allocates nothing.
//!
//! Keys are looked up by their hash. How long that takes tells nothing about keys that exist: whoever guesses chooses the key,
//! not its hash, so there is no prefix to get right byte by byte, and no comparison to make in constant time.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::key::{KeyHash, Kind};
use super::origin::Origins;
use crate::config::{Config, ConfigError};
use crate::tenant::{Tenant, Tenants};

/// The one tenant where none is configured.
pub(crate) const DEFAULT_TENANT: &str = "default";
/// A leak is worth one line a minute, not one a request.
const WARN_EVERY_MS: u64 = 60_000;

/// Who may do what.
pub(crate) struct Directory {
    holders: HashMap<KeyHash, Holder>,
    /// Where nobody is asked for a key.
    open: Option<Arc<Tenant>>,
    /// All of them, for those who speak for several.
    by_name: HashMap<Box<str>, Arc<Tenant>>,
    /// What the tenants allow: for preflights, which carry no key.
    origins: Vec<Arc<Origins>>,
    pub(super) internal_token: Option<KeyHash>,
    /// Whether the internal listener asks everyone.
    pub(super) readers_need_key: bool,
}

/// The holder of a key.
pub(crate) struct Holder {
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) kind: Kind,
    pub(crate) id: Box<str>,
    pub(crate) origins: Arc<Origins>,
    warned_at: AtomicU64,
}

impl Directory {
    /// What a checked configuration says.
    ///
    /// # Errors
    /// When the internal token cannot be read, or an origin or a hash is none.
    pub(crate) fn new(config: &Config, tenants: &Tenants) -> Result<Directory, ConfigError> {
        let internal_token = config.internal_token()?;
        let mut directory = Directory {
            holders: HashMap::new(),
            open: config.tenants.is_empty().then(|| tenants.named(DEFAULT_TENANT)),
            by_name: config.tenants.keys().map(|name| (name.as_str().into(), tenants.named(name))).collect(),
            origins: Vec::new(),
            readers_need_key: internal_token.is_some() || config.internal_is_exposed(),
            internal_token,
        };
        for (name, tenant) in &config.tenants {
            let invalid = |key: &str, problem| ConfigError::InvalidEntry {
                key: format!("tenants.{name}.{key}"),
                problem,
            };
            let origins = Origins::parse(&tenant.origins).map_err(|problem| invalid("origins", problem))?;
            let origins = Arc::new(origins);
            for key in &tenant.keys {
                let hash = KeyHash::parse(&key.sha256)
                    .ok_or_else(|| invalid("keys", format!("{:?} has no hash", key.id)))?;
                let holder = Holder {
                    tenant: tenants.named(name),
                    kind: key.kind,
                    id: key.id.as_str().into(),
                    origins: origins.clone(),
                    warned_at: AtomicU64::new(0),
                };
                directory.holders.insert(hash, holder);
            }
            directory.origins.push(origins);
        }
        Ok(directory)
    }

    /// The tenant of everyone, where nobody is asked for a key.
    pub(crate) fn open(&self) -> Option<&Arc<Tenant>> {
        self.open.as_ref()
    }

    /// The tenant of a name, if there is one.
    pub(crate) fn tenant(&self, name: &str) -> Option<&Arc<Tenant>> {
        self.by_name.get(name).or(self.open.as_ref().filter(|tenant| tenant.name() == name))
    }

    pub(crate) fn holder(&self, key: &str) -> Option<&Holder> {
        self.holders.get(&KeyHash::of(key.as_bytes()))
    }

    /// Whether any tenant takes reports from pages of this origin.
    pub(crate) fn allows_somewhere(&self, origin: &str) -> bool {
        self.open.is_some() || self.origins.iter().any(|origins| origins.allow(origin))
    }
}

impl Holder {
    /// Whether to write a line about this key now.
    pub(super) fn is_worth_a_line(&self, now_ms: u64) -> bool {
        let warned_at = self.warned_at.load(Ordering::Relaxed);
        now_ms.saturating_sub(warned_at) >= WARN_EVERY_MS
            && self
                .warned_at
                .compare_exchange(warned_at, now_ms, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}
