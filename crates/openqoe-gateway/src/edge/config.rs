//! What of an edge can be set.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper::Uri;
use serde::{Deserialize, Serialize};

/// What a gateway does with what it acknowledges.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// It counts.
    Core,
    /// It forwards to a core.
    Edge,
}

/// The way to the core.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// The core's public listener: `https://core.example:8443`.
    pub(crate) upstream: String,
    /// Where this edge is: becomes `edge_pop` of what players did not say themselves.
    pub(crate) pop: String,
    /// The certificate to show the core, PEM; empty shows none.
    pub(crate) cert: PathBuf,
    /// Its private key, PEM.
    pub(crate) key: PathBuf,
    /// The authorities the core's certificate stems from, PEM; empty believes those of the system.
    pub(crate) ca: PathBuf,
    /// A file that holds a server key for the core; empty sends none.
    pub(crate) key_file: PathBuf,
    /// Bytes of one request to the core, unless a single batch is larger.
    pub(crate) group_bytes: usize,
    /// Time for a request to the core.
    #[serde(with = "humantime_serde")]
    pub(crate) timeout: Duration,
    /// The longest wait between two tries.
    #[serde(with = "humantime_serde")]
    pub(crate) max_backoff: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            upstream: String::new(),
            pop: String::new(),
            cert: PathBuf::new(),
            key: PathBuf::new(),
            ca: PathBuf::new(),
            key_file: PathBuf::new(),
            group_bytes: 512 << 10,
            timeout: Duration::from_secs(30),
            max_backoff: Duration::from_secs(10),
        }
    }
}

impl Config {
    /// The first key that makes no sense for a gateway of this role and data directory, and why.
    pub(crate) fn problem(&self, role: Role, data_dir: &Path) -> Option<(&'static str, String)> {
        let nowhere = "is empty: an edge keeps there what the core has not taken yet";
        match role {
            Role::Core => None,
            Role::Edge if data_dir.as_os_str().is_empty() => Some(("data_dir", nowhere.to_owned())),
            Role::Edge => self.way_problem(),
        }
    }

    fn way_problem(&self) -> Option<(&'static str, String)> {
        let uri: Uri = match self.upstream.parse() {
            _ if self.upstream.is_empty() => {
                return Some(("edge.upstream", "is missing: an edge forwards to a core".into()));
            }
            Ok(uri) => uri,
            Err(error) => return Some(("edge.upstream", format!("is no URL: {error}"))),
        };
        let pop = openqoe_spec::Attributes::default().set(openqoe_spec::Attribute::EdgePop, &self.pop);
        let (cert, key) = (!self.cert.as_os_str().is_empty(), !self.key.as_os_str().is_empty());
        let problem = match uri.scheme_str() {
            Some("https") => None,
            Some("http") if is_near(&uri) => None,
            Some("http") => Some("speaks plain HTTP with another machine: use https"),
            _ => Some("must begin with https://"),
        };
        if let Some(problem) = problem {
            return Some(("edge.upstream", problem.to_owned()));
        }
        if uri.authority().is_none() || !matches!(uri.path(), "" | "/") {
            return Some(("edge.upstream", "is a scheme and an address, such as https://core:8443".into()));
        }
        if let Err(error) = pop {
            return Some(("edge.pop", error.to_string()));
        }
        match (cert, key, self.group_bytes) {
            (true, false, _) => Some(("edge.key", "is missing: `edge.cert` needs its private key".into())),
            (false, true, _) => Some(("edge.cert", "is missing: `edge.key` is there".into())),
            (.., 0) => Some(("edge.group_bytes", "must be at least 1".into())),
            _ => None,
        }
    }
}

fn is_near(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        let problem = |upstream: &str| {
            let config = Config { upstream: upstream.into(), pop: "fra1".into(), ..Config::default() };
            config.problem(Role::Edge, Path::new("data")).map(|(key, problem)| format!("{key} {problem}"))
        };
        for good in ["https://core:8443", "https://core", "http://127.0.0.1:8080/", "http://[::1]:80"] {
            assert_eq!(problem(good), None, "{good}");
        }
        for (bad, expected) in [
            ("", "edge.upstream is missing"),
            ("core:8443", "edge.upstream must begin with https://"),
            ("http://core:80", "edge.upstream speaks plain HTTP"),
            ("https://core/v1/ingest", "edge.upstream is a scheme and an address"),
            ("https://", "edge.upstream is no URL"),
        ] {
            let problem = problem(bad).unwrap_or_default();
            assert!(problem.starts_with(expected), "{bad}: {problem}");
        }
    }
}
