//! The section `[privacy]`.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::client_address::Proxies;
use super::redaction::{Redactions, Rule};
use crate::config::ConfigError;

/// Salts in the file at the same time: more of them would serve nobody.
const MAX_SALTS: u128 = 1000;

/// What becomes of data about persons.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// What is kept of `viewer_id_hash`.
    pub(crate) viewer_ids: ViewerIds,
    /// How long one salt is used: for so long a viewer keeps the hash.
    #[serde(with = "humantime_serde")]
    pub(crate) salt_rotation: Duration,
    /// Age at which a salt is destroyed: from then on nobody can link a viewer to the hashes made with it.
    #[serde(with = "humantime_serde")]
    pub(crate) salt_retention: Duration,
    /// What a viewer's `Sec-GPC: 1` does.
    pub(crate) gpc: Gpc,
    /// MMDB file with countries; empty is none.
    pub(crate) geo_database: PathBuf,
    /// MMDB file with network operators; empty is none.
    pub(crate) asn_database: PathBuf,
    /// Whether the databases win over what the player says.
    pub(crate) geo_overrides: bool,
    /// Networks (CIDR) of the proxies whose word about the client's address is taken.
    pub(crate) trusted_proxies: Vec<String>,
    /// The header those proxies write.
    pub(crate) forwarded_header: ForwardedHeader,
    /// What is left out for viewers of a country.
    pub(crate) redact: Vec<Rule>,
}

/// What is kept of a viewer's id.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ViewerIds {
    /// A keyed hash.
    Hash,
    /// Nothing.
    Drop,
}

/// What Global Privacy Control does (<https://w3c.github.io/gpc/>).
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Gpc {
    /// The viewer's id is dropped and nothing but the country is looked up.
    Anonymise,
    /// The batch is not taken.
    Discard,
    /// Nothing.
    Ignore,
}

/// Where a proxy says whom it speaks for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ForwardedHeader {
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

impl Default for Config {
    fn default() -> Self {
        let days = |days: u64| Duration::from_secs(days * 24 * 3600);
        Config {
            viewer_ids: ViewerIds::Hash,
            salt_rotation: days(30),
            salt_retention: days(60),
            gpc: Gpc::Anonymise,
            geo_database: PathBuf::new(),
            asn_database: PathBuf::new(),
            geo_overrides: false,
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedHeader::XForwardedFor,
            redact: Vec::new(),
        }
    }
}

impl Config {
    /// Whether the values make sense, beside a journal that keeps events for so long.
    ///
    /// # Errors
    /// Names the first key that does not.
    pub(crate) fn check(&self, viewer_retention: Duration) -> Result<(), ConfigError> {
        let invalid = |key, problem| Err(ConfigError::Invalid { key, problem });
        if self.salt_rotation.is_zero() {
            return invalid("privacy.salt_rotation", "must be longer than nothing".into());
        }
        let needed = self.salt_rotation.saturating_add(viewer_retention);
        if self.salt_retention < needed {
            let problem = format!(
                "must be at least privacy.salt_rotation and journal.retention together, {}: what is in the journal, \
                 or for `sessions.retention` in the rows of ended sessions, could not be erased otherwise",
                humantime_serde::re::humantime::format_duration(needed)
            );
            return invalid("privacy.salt_retention", problem);
        }
        if self.salt_retention.as_millis() / self.salt_rotation.as_millis().max(1) >= MAX_SALTS {
            return invalid(
                "privacy.salt_rotation",
                format!("would keep more than {MAX_SALTS} salts for privacy.salt_retention"),
            );
        }
        Proxies::new(self)?;
        Redactions::new(&self.redact).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        let error = |text: &str| {
            let config: Config = toml::from_str(text).unwrap();
            config.check(Duration::from_secs(86400)).unwrap_err().to_string()
        };
        for (text, expected) in [
            ("salt_rotation = \"0s\"", "`privacy.salt_rotation` must be longer"),
            (
                "salt_retention = \"30days\"",
                "`privacy.salt_retention` must be at least privacy.salt_rotation and journal.retention together, 1month",
            ),
            ("salt_rotation = \"1m\"", "`privacy.salt_rotation` would keep more than 1000 salts"),
            (
                "trusted_proxies = [\"10.0.0.0/33\"]",
                "`privacy.trusted_proxies` \"10.0.0.0/33\" is no network",
            ),
            (
                "redact = [{ countries = [\"UK\"], attributes = [\"isp\"] }]",
                "`privacy.redact` \"UK\" is no country of ISO 3166-1 alpha-2, did you mean `GB`?",
            ),
            (
                "redact = [{ countries = [\"DE\"], attributes = [\"viewer_id\"] }]",
                "`privacy.redact` unknown attribute \"viewer_id\", did you mean `viewer_id_hash`?",
            ),
            (
                "redact = [{ countries = [\"*\"], attributes = [\"session_id\"] }]",
                "`privacy.redact` \"session_id\" is what a batch cannot do without",
            ),
        ] {
            let error = error(text);
            assert!(error.starts_with(expected), "{error}");
        }
        assert!(Config::default().check(Duration::from_secs(86400)).is_ok());
        assert!(toml::from_str::<Config>("redact = [{ country = [] }]").is_err());
    }
}
