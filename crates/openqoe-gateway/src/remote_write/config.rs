//! The section `[remote_write]`.

use std::path::PathBuf;
use std::time::Duration;

use openqoe_metrics::{Histograms, RemoteWriteOptions, Started};
use serde::{Deserialize, Serialize};

use crate::push::{BasicAuth, Pairs, Settings, is_header, url_problem};

/// Where series are pushed to, and how.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// The receiver, such as `http://prometheus:9090/api/v1/write`; empty is off.
    pub(crate) url: String,
    pub(crate) protocol: Protocol,
    pub(crate) histograms: Shape,
    /// Time between pushes.
    #[serde(with = "humantime_serde")]
    pub(crate) interval: Duration,
    /// For one request and its answer.
    #[serde(with = "humantime_serde")]
    pub(crate) timeout: Duration,
    /// Samples of one request.
    pub(crate) max_samples: usize,
    /// Bytes waiting, beyond which the oldest are dropped.
    pub(crate) queue_max_bytes: u64,
    /// Age beyond which samples are dropped.
    #[serde(with = "humantime_serde")]
    pub(crate) queue_max_age: Duration,
    /// Read again for every request.
    pub(crate) bearer_token_file: PathBuf,
    /// Certificates to trust instead of the system's, PEM.
    pub(crate) ca_file: PathBuf,
    /// Headers of every request.
    pub(crate) headers: Pairs,
    /// Labels of every series that has none of that name.
    pub(crate) external_labels: Pairs,
    pub(crate) basic_auth: BasicAuth,
}

/// Which version of remote write to speak.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// 2.0 if the receiver understands it.
    #[serde(rename = "auto")]
    Auto,
    #[serde(rename = "1.0")]
    V1,
    #[serde(rename = "2.0")]
    V2,
}

/// What is sent of a histogram.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Shape {
    Classic,
    Native,
    Both,
}

impl From<Shape> for Histograms {
    fn from(shape: Shape) -> Histograms {
        match shape {
            Shape::Classic => Histograms::Classic,
            Shape::Native => Histograms::Native,
            Shape::Both => Histograms::Both,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            url: String::new(),
            protocol: Protocol::Auto,
            histograms: Shape::Classic,
            interval: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            max_samples: 2000,
            queue_max_bytes: 512 << 20,
            queue_max_age: Duration::from_secs(2 * 3600),
            bearer_token_file: PathBuf::new(),
            ca_file: PathBuf::new(),
            headers: Pairs::default(),
            external_labels: Pairs::default(),
            basic_auth: BasicAuth::default(),
        }
    }
}

impl Config {
    /// Whether anything is pushed.
    pub(crate) fn is_on(&self) -> bool {
        !self.url.is_empty()
    }

    /// How to reach the receiver.
    pub(super) fn settings(&self) -> Settings {
        Settings {
            section: "remote_write",
            timeout: self.timeout,
            ca_file: self.ca_file.clone(),
            headers: self.headers.clone(),
            header_files: Pairs::default(),
            bearer_token_file: self.bearer_token_file.clone(),
            basic_auth: self.basic_auth.clone(),
        }
    }

    /// How pushes are encoded.
    pub(super) fn options(&self, started: Started) -> RemoteWriteOptions {
        let external_labels = self.external_labels.iter().map(|(name, value)| (name.into(), value.into()));
        RemoteWriteOptions {
            histograms: self.histograms.into(),
            max_samples: self.max_samples,
            external_labels: external_labels.collect(),
            started,
        }
    }

    /// What makes no sense, and the key it stands at.
    pub(crate) fn problem(&self) -> Option<(&'static str, String)> {
        const EXAMPLE: &str = "http://prometheus:9090/api/v1/write";
        let url = || Some(("remote_write.url", url_problem(&self.url, EXAMPLE)?));
        let values = || {
            let basic = &self.basic_auth;
            let half = basic.is_half();
            let two = !basic.user.is_empty() && !self.bearer_token_file.as_os_str().is_empty();
            let at_least = |key, problem: &str| Some((key, problem.to_owned()));
            match () {
                () if self.max_samples == 0 => at_least("remote_write.max_samples", "must be at least 1"),
                () if self.queue_max_bytes == 0 => {
                    at_least("remote_write.queue_max_bytes", "must be at least 1")
                }
                () if self.interval < Duration::from_millis(100) => {
                    at_least("remote_write.interval", "must be at least 100ms")
                }
                () if self.timeout.is_zero() => at_least("remote_write.timeout", "must be longer than 0s"),
                () if half => at_least("remote_write.basic_auth", "needs both `user` and `password_file`"),
                () if two => at_least("remote_write.bearer_token_file", "cannot go with `basic_auth`"),
                () => None,
            }
        };
        let header = self.headers.iter().find(|(name, value)| !is_header(name, value));
        let label = self.external_labels.iter().find(|(name, _)| !is_label(name));
        url()
            .or_else(values)
            .or_else(|| Some(("remote_write.headers", format!("`{}` cannot be set", header?.0))))
            .or_else(|| Some(("remote_write.external_labels", format!("`{}` cannot be set", label?.0))))
    }
}

/// Names that begin with two underscores are Prometheus's own, and `le` is a bucket's.
fn is_label(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    name.bytes().next().is_some_and(letter)
        && name.bytes().all(|byte| letter(byte) || byte.is_ascii_digit())
        && !name.starts_with("__")
        && name != "le"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        let with = |text: &str| {
            toml::from_str::<Config>(text).unwrap().problem().map(|(key, problem)| format!("{key} {problem}"))
        };
        assert_eq!(with("url = \"https://prometheus.example/api/v1/write\""), None);
        for (text, expected) in [
            ("url = \"prometheus:9090\"", "remote_write.url must begin with http"),
            ("url = \"http://user:secret@prometheus/\"", "remote_write.url must not hold a password"),
            ("max_samples = 0", "remote_write.max_samples must be at least 1"),
            ("interval = \"1ms\"", "remote_write.interval must be at least"),
            ("[basic_auth]\nuser = \"me\"", "remote_write.basic_auth needs both"),
            ("headers = \"Content-Type=x\"", "remote_write.headers `Content-Type` cannot be set"),
            ("external_labels = \"le=1\"", "remote_write.external_labels `le` cannot be set"),
            ("[external_labels]\n__name__ = \"x\"", "remote_write.external_labels `__name__` cannot be set"),
        ] {
            let problem = with(text).unwrap();
            assert!(problem.starts_with(expected), "{problem}");
        }
    }
}
