//! Who the listeners are open to, and where what opens them is kept.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::{Config, ConfigError};
use crate::access::key::{KeyHash, Kind};
use crate::tls::ClientAuth;

impl Config {
    /// Whether the listeners may be where they are (invariant 10): beyond the machine everyone is asked who they are.
    ///
    /// # Errors
    /// Names the listener that may not, and what would let it.
    pub(crate) fn check_listeners(&self) -> Result<(), ConfigError> {
        let has = |kinds: &[Kind]| {
            self.tenants.values().flat_map(|tenant| &tenant.keys).any(|key| kinds.contains(&key.kind))
        };
        let refuse = |key: &'static str, address: SocketAddr, needed: &str| {
            Err(ConfigError::Invalid {
                key,
                problem: format!("{address} is not a loopback address: that needs {needed}"),
            })
        };
        let asks = self.asks_for_certificates() || has(&[Kind::Ingest, Kind::Server]);
        let otlp = self.otlp_receiver.listeners().into_iter().map(|(kind, address, _)| (kind.key(), address));
        for (key, address) in otlp.chain([("listen", self.listen)]) {
            if !address.ip().is_loopback() && !asks {
                let needed =
                    "a tenant with a key; see `openqoe keys new --help`, or `tls.client_auth = \"required\"`";
                return refuse(key, address, needed);
            }
        }
        let reads = has(&[Kind::Read]) || !self.internal_token_file.as_os_str().is_empty();
        if self.internal_is_exposed() && !reads {
            let needed = "`internal_token_file`, or a tenant with a read key; see `openqoe keys new --help`";
            return refuse("internal_listen", self.internal_listen, needed);
        }
        Ok(())
    }

    /// Whether the internal listener is open to whoever is not near and shows no certificate.
    pub(crate) fn internal_is_exposed(&self) -> bool {
        let certified = self.asks_for_certificates() && self.tls.internal;
        !certified && !self.internal_listen.ip().is_loopback()
    }

    /// Whoever shows a certificate of ours is known.
    fn asks_for_certificates(&self) -> bool {
        self.tls.client_auth == ClientAuth::Required
    }

    /// Where `openqoe keys` keeps keys, if anywhere.
    pub(crate) fn keys_path(&self) -> Option<PathBuf> {
        let told = |path: &Path| !path.as_os_str().is_empty();
        match (told(&self.keys_file), told(&self.data_dir)) {
            (true, _) => Some(self.keys_file.clone()),
            (false, true) => Some(self.data_dir.join("keys.toml")),
            (false, false) => None,
        }
    }

    /// The token that reads everything on the internal listener.
    ///
    /// # Errors
    /// When its file cannot be read, or holds nothing that could be called a secret.
    pub(crate) fn internal_token(&self) -> Result<Option<KeyHash>, ConfigError> {
        const SHORTEST: usize = 16;
        let path = &self.internal_token_file;
        if path.as_os_str().is_empty() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.display().to_string(), source })?;
        let token = text.trim();
        if token.len() < SHORTEST {
            let problem = format!("{}: a token has at least {SHORTEST} characters", path.display());
            return Err(ConfigError::Invalid { key: "internal_token_file", problem });
        }
        Ok(Some(KeyHash::of(token.as_bytes())))
    }
}
