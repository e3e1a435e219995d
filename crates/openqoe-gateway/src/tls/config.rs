//! What of TLS can be set.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Whether a client has to show a certificate.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ClientAuth {
    /// It is not asked for one.
    None,
    /// It may; one that does not stem from `client_ca` ends the handshake.
    Optional,
    /// It must.
    Required,
}

/// TLS of the listeners.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// The certificate, and those between it and its authority, PEM; empty serves plain HTTP.
    pub(crate) cert: PathBuf,
    /// Its private key, PEM.
    pub(crate) key: PathBuf,
    /// The authorities client certificates stem from, PEM.
    pub(crate) client_ca: PathBuf,
    pub(crate) client_auth: ClientAuth,
    /// Names whose certificates may forward for players (`POST /v1/relay`); empty: every certificate of `client_ca`.
    pub(crate) edge_names: Vec<String>,
    /// Whether the internal listener uses it as well.
    pub(crate) internal: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            cert: PathBuf::new(),
            key: PathBuf::new(),
            client_ca: PathBuf::new(),
            client_auth: ClientAuth::None,
            edge_names: Vec::new(),
            internal: false,
        }
    }
}

impl Config {
    /// Whether there is anything to serve with.
    pub(crate) fn is_on(&self) -> bool {
        !self.cert.as_os_str().is_empty()
    }

    /// The first key that makes no sense, and why.
    pub(crate) fn problem(&self) -> Option<(&'static str, String)> {
        let (cert, key) = (self.is_on(), !self.key.as_os_str().is_empty());
        let asks = self.client_auth != ClientAuth::None;
        let authority = !self.client_ca.as_os_str().is_empty();
        let problems = [
            (cert && !key, "tls.key", "is missing: `tls.cert` needs its private key"),
            (key && !cert, "tls.cert", "is missing: `tls.key` is there"),
            (self.internal && !cert, "tls.internal", "needs `tls.cert` and `tls.key`"),
            (authority && !cert, "tls.client_ca", "needs `tls.cert` and `tls.key`"),
            (asks && !authority, "tls.client_ca", "is missing: it says whom `tls.client_auth` believes"),
            (
                authority && !asks,
                "tls.client_auth",
                "must be \"optional\" or \"required\" with `tls.client_ca`",
            ),
        ];
        let (_, key, problem) = problems.into_iter().find(|(applies, ..)| *applies)?;
        Some((key, problem.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_configuration_is_refused() {
        let config = |cert: &str, key: &str, client_ca: &str, client_auth| Config {
            cert: cert.into(),
            key: key.into(),
            client_ca: client_ca.into(),
            client_auth,
            edge_names: Vec::new(),
            internal: false,
        };
        let problem = |config: Config| config.problem().map(|(key, _)| key);
        assert_eq!(problem(Config::default()), None);
        assert_eq!(problem(config("c", "", "", ClientAuth::None)), Some("tls.key"));
        assert_eq!(problem(config("", "k", "", ClientAuth::None)), Some("tls.cert"));
        assert_eq!(problem(config("c", "k", "", ClientAuth::Required)), Some("tls.client_ca"));
        assert_eq!(problem(config("c", "k", "a", ClientAuth::None)), Some("tls.client_auth"));
        assert_eq!(problem(config("c", "k", "a", ClientAuth::Required)), None);
        assert_eq!(problem(config("", "", "a", ClientAuth::Required)), Some("tls.client_ca"));
        assert_eq!(problem(Config { internal: true, ..Config::default() }), Some("tls.internal"));
    }
}
