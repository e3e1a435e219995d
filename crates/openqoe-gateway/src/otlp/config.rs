//! The section `[otlp]`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::Uri;
use openqoe_spec::OtlpSignal;
use serde::{Deserialize, Serialize};

use crate::push::{BasicAuth, Pairs, Settings, is_header, url_problem};

/// The shortest time between two pushes.
const SHORTEST: Duration = Duration::from_millis(200);

/// Where ended sessions are sent as traces and logs, and which of them; where the series are pushed.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// The receiver's base, such as `http://tempo:4318`; `/v1/traces`, `/v1/logs` and `/v1/metrics` are added. Empty is off.
    pub(crate) endpoint: String,
    /// The base for logs, where they go elsewhere: `http://loki:3100/otlp`. Empty is where traces go.
    pub(crate) logs_endpoint: String,
    /// The base for metrics, where they go elsewhere. Empty is where traces go.
    pub(crate) metrics_endpoint: String,
    pub(crate) compression: Compression,
    pub(crate) traces: bool,
    pub(crate) logs: bool,
    /// Whether the series of `/metrics` are pushed. Off unless asked for: a receiver of traces need not take them.
    pub(crate) metrics: bool,
    #[serde(with = "humantime_serde")]
    pub(crate) metrics_interval: Duration,
    pub(crate) metrics_histograms: MetricHistograms,
    /// The share of ordinary sessions that get a trace, 0 to 1.
    pub(crate) sample: f64,
    /// A session that rebuffered for more than this share of its playback is bad.
    pub(crate) rebuffer_ratio: f64,
    /// So is one that started up for longer than this; 0 is never.
    #[serde(with = "humantime_serde")]
    pub(crate) slow_startup: Duration,
    /// Traces of bad sessions a second, and as many of ordinary ones, of each tenant.
    pub(crate) max_per_second: u64,
    /// Spans of a trace.
    pub(crate) max_spans: usize,
    /// Whether `viewer_id_hash` is among the attributes.
    pub(crate) viewer_id_hash: bool,
    /// Attributes of the resource.
    pub(crate) resource: Pairs,
    /// Sessions waiting to be read back.
    pub(crate) queue: usize,
    /// Bytes waiting for the receiver, of each signal.
    pub(crate) queue_max_bytes: usize,
    /// Age beyond which they are dropped.
    #[serde(with = "humantime_serde")]
    pub(crate) queue_max_age: Duration,
    /// For one request and its answer.
    #[serde(with = "humantime_serde")]
    pub(crate) timeout: Duration,
    /// Read again for every request.
    pub(crate) bearer_token_file: PathBuf,
    /// Certificates to trust instead of the system's, PEM.
    pub(crate) ca_file: PathBuf,
    pub(crate) headers: Pairs,
    /// Files with the values of headers, read again for every request.
    pub(crate) header_files: Pairs,
    pub(crate) basic_auth: BasicAuth,
}

/// What is sent of a histogram.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MetricHistograms {
    /// Its classic buckets.
    Explicit,
    /// Its native ones.
    Exponential,
}

/// How bodies are packed. Not every receiver unpacks.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Compression {
    Gzip,
    None,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            endpoint: String::new(),
            logs_endpoint: String::new(),
            metrics_endpoint: String::new(),
            compression: Compression::Gzip,
            traces: true,
            logs: true,
            metrics: false,
            metrics_interval: Duration::from_secs(30),
            metrics_histograms: MetricHistograms::Explicit,
            sample: 0.1,
            rebuffer_ratio: 0.05,
            slow_startup: Duration::from_secs(5),
            max_per_second: 50,
            max_spans: 1000,
            viewer_id_hash: false,
            resource: Pairs::default(),
            queue: 4096,
            queue_max_bytes: 64 << 20,
            queue_max_age: Duration::from_secs(300),
            timeout: Duration::from_secs(10),
            bearer_token_file: PathBuf::new(),
            ca_file: PathBuf::new(),
            headers: Pairs::default(),
            header_files: Pairs::default(),
            basic_auth: BasicAuth::default(),
        }
    }
}

impl Config {
    /// Whether anything is sent of sessions, or passed on.
    pub(crate) fn is_on(&self) -> bool {
        self.sends(OtlpSignal::Traces) || self.sends(OtlpSignal::Logs)
    }

    /// Whether a signal is sent.
    pub(super) fn sends(&self, signal: OtlpSignal) -> bool {
        let wanted = match signal {
            OtlpSignal::Traces => self.traces,
            OtlpSignal::Logs => self.logs,
            OtlpSignal::Metrics => self.metrics,
        };
        wanted && !self.base(signal).is_empty()
    }

    fn base(&self, signal: OtlpSignal) -> &str {
        match signal {
            OtlpSignal::Logs if !self.logs_endpoint.is_empty() => &self.logs_endpoint,
            OtlpSignal::Metrics if !self.metrics_endpoint.is_empty() => &self.metrics_endpoint,
            OtlpSignal::Traces | OtlpSignal::Logs | OtlpSignal::Metrics => &self.endpoint,
        }
    }

    /// Whether exemplars can point to traces, given where the journal is.
    pub(crate) fn has_traces(&self, data_dir: &Path) -> bool {
        self.sends(OtlpSignal::Traces) && !data_dir.as_os_str().is_empty()
    }

    /// Where a signal goes. OTLP 1, "OTLP/HTTP Request": a path of the base stays.
    pub(super) fn url(&self, signal: OtlpSignal) -> anyhow::Result<Uri> {
        Ok(format!("{}/v1/{}", self.base(signal).trim_end_matches('/'), signal.as_str()).parse()?)
    }

    /// How to reach the receiver.
    pub(super) fn settings(&self) -> Settings {
        Settings {
            section: "otlp",
            timeout: self.timeout,
            ca_file: self.ca_file.clone(),
            headers: self.headers.clone(),
            header_files: self.header_files.clone(),
            bearer_token_file: self.bearer_token_file.clone(),
            basic_auth: self.basic_auth.clone(),
        }
    }

    /// What makes no sense, and the key it stands at.
    pub(crate) fn problem(&self) -> Option<(&'static str, String)> {
        const EXAMPLE: &str = "http://tempo:4318";
        let told = |key, problem: &str| Some((key, problem.to_owned()));
        let bases = [
            ("otlp.endpoint", &self.endpoint),
            ("otlp.logs_endpoint", &self.logs_endpoint),
            ("otlp.metrics_endpoint", &self.metrics_endpoint),
        ];
        for (key, base) in bases {
            if let Some(problem) = url_problem(base, EXAMPLE).or_else(|| base_problem(base)) {
                return Some((key, problem));
            }
        }
        let header = self.headers.iter().find(|(name, value)| !is_header(name, value));
        let file = self.header_files.iter().find(|(name, _)| !is_header(name, ""));
        if let Some((name, _)) = header.or(file) {
            return Some(("otlp.headers", format!("`{name}` cannot be set")));
        }
        match () {
            () if !(0.0..=1.0).contains(&self.sample) => told("otlp.sample", "must be from 0 to 1"),
            () if !(0.0..=1.0).contains(&self.rebuffer_ratio) => {
                told("otlp.rebuffer_ratio", "must be from 0 to 1")
            }
            () if self.max_per_second == 0 => told("otlp.max_per_second", "must be at least 1"),
            () if self.max_spans < 2 => told("otlp.max_spans", "must be at least 2"),
            () if self.metrics && self.base(OtlpSignal::Metrics).is_empty() => {
                told("otlp.metrics", "needs an `endpoint` or a `metrics_endpoint`")
            }
            () if self.metrics_interval < SHORTEST => told("otlp.metrics_interval", "must be at least 200ms"),
            () if self.queue == 0 => told("otlp.queue", "must be at least 1"),
            () if self.queue_max_bytes == 0 => told("otlp.queue_max_bytes", "must be at least 1"),
            () if self.timeout.is_zero() => told("otlp.timeout", "must be longer than 0s"),
            () if self.basic_auth.is_half() => {
                told("otlp.basic_auth", "needs both `user` and `password_file`")
            }
            () if !self.basic_auth.user.is_empty() && !self.bearer_token_file.as_os_str().is_empty() => {
                told("otlp.bearer_token_file", "cannot go with `basic_auth`")
            }
            () => None,
        }
    }
}

fn base_problem(base: &str) -> Option<String> {
    let has_path =
        |signal: &OtlpSignal| base.trim_end_matches('/').ends_with(&format!("/v1/{}", signal.as_str()));
    let problem = match () {
        () if OtlpSignal::ALL.iter().any(has_path) => {
            "is the base: leave out `/v1/traces`, `/v1/logs` or `/v1/metrics`, which are added"
        }
        () if base.contains('?') => "has no query: use `headers`",
        () => return None,
    };
    Some(problem.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        let with = |text: &str| {
            toml::from_str::<Config>(text).unwrap().problem().map(|(key, problem)| format!("{key} {problem}"))
        };
        assert_eq!(with("endpoint = \"https://otlp.example/otlp\"\nsample = 1"), None);
        for (text, expected) in [
            ("endpoint = \"tempo:4318\"", "otlp.endpoint must begin with http"),
            ("endpoint = \"http://user:secret@tempo/\"", "otlp.endpoint must not hold a password"),
            ("endpoint = \"http://tempo:4318/v1/traces\"", "otlp.endpoint is the base"),
            ("endpoint = \"http://tempo:4318/?key=x\"", "otlp.endpoint has no query"),
            ("sample = 10", "otlp.sample must be from 0 to 1"),
            ("rebuffer_ratio = -0.1", "otlp.rebuffer_ratio must be"),
            ("max_per_second = 0", "otlp.max_per_second must be"),
            ("max_spans = 1", "otlp.max_spans must be"),
            ("metrics = true", "otlp.metrics needs an `endpoint`"),
            ("metrics_endpoint = \"http://x/v1/metrics\"", "otlp.metrics_endpoint is the base"),
            ("metrics_interval = \"0s\"", "otlp.metrics_interval must be"),
            ("[basic_auth]\nuser = \"me\"", "otlp.basic_auth needs both"),
            ("header_files = \"Content-Type=/x\"", "otlp.headers `Content-Type` cannot be set"),
        ] {
            let problem = with(text).unwrap();
            assert!(problem.starts_with(expected), "{problem}");
        }
    }

    #[test]
    fn signals_have_paths_of_their_own() {
        for (endpoint, expected) in [
            ("http://tempo:4318", "http://tempo:4318/v1/traces"),
            ("https://vendor.example/otlp/", "https://vendor.example/otlp/v1/traces"),
        ] {
            let config = Config { endpoint: endpoint.into(), ..Config::default() };
            assert_eq!(config.url(OtlpSignal::Traces).unwrap().to_string(), expected);
        }
        let loki = Config { logs_endpoint: "http://loki:3100/otlp".into(), ..Config::default() };
        assert_eq!(loki.url(OtlpSignal::Logs).unwrap().to_string(), "http://loki:3100/otlp/v1/logs");
        assert_eq!((loki.sends(OtlpSignal::Traces), loki.sends(OtlpSignal::Logs)), (false, true));
        assert!(loki.is_on() && !Config::default().is_on());
        let prometheus = Config {
            metrics: true,
            metrics_endpoint: "http://prometheus:9090/api/v1/otlp".into(),
            ..Config::default()
        };
        let url = prometheus.url(OtlpSignal::Metrics).unwrap().to_string();
        assert_eq!(url, "http://prometheus:9090/api/v1/otlp/v1/metrics");
        assert!(prometheus.sends(OtlpSignal::Metrics) && !prometheus.is_on());
        let both = Config { endpoint: "http://collector:4318".into(), ..Config::default() };
        assert!(!both.sends(OtlpSignal::Metrics), "metrics are pushed when asked for");
    }
}
