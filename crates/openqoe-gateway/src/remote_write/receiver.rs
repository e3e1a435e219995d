//! The receiver of remote write: what a request says of itself, and what the answer says of samples.

use std::time::Duration;

use anyhow::Context;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use bytes::Bytes;

use super::config::Config;
use crate::push::Endpoint;

/// The field that names the version.
const VERSION: HeaderName = HeaderName::from_static("x-prometheus-remote-write-version");
/// What a receiver of 2.0 says it took ("Required Written Response Headers").
const WRITTEN: [&str; 2] =
    ["x-prometheus-remote-write-samples-written", "x-prometheus-remote-write-histograms-written"];

/// A version of remote write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V1,
    V2,
}

impl Version {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Version::V1 => "1.0",
            Version::V2 => "2.0",
        }
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Version::V1 => "application/x-protobuf",
            Version::V2 => "application/x-protobuf;proto=io.prometheus.write.v2.Request",
        })
    }

    fn number(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Version::V1 => "0.1.0",
            Version::V2 => "2.0.0",
        })
    }
}

/// What a receiver answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Samples and histograms it says it took.
    pub(super) written: Option<u64>,
    pub(super) retry_after: Option<Duration>,
    /// The first line of the body.
    pub(super) line: String,
}

/// Where requests go.
#[derive(Debug)]
pub(super) struct Receiver(Endpoint);

impl Receiver {
    /// Prepares everything but the connection.
    ///
    /// # Errors
    /// When a file of the configuration cannot be used.
    pub(super) fn new(config: &Config) -> anyhow::Result<Receiver> {
        let url = config.url.parse().context("`remote_write.url`")?;
        Ok(Receiver(Endpoint::new(url, config.settings())?))
    }

    /// The receiver in a log.
    pub(super) fn name(&self) -> String {
        self.0.name()
    }

    /// Sends one request.
    ///
    /// # Errors
    /// When there is no answer, or not in time: why, in words.
    pub(super) async fn post(&self, version: Version, body: Bytes) -> Result<Answer, String> {
        let mut about = HeaderMap::new();
        about.insert(CONTENT_ENCODING, HeaderValue::from_static("snappy"));
        about.insert(CONTENT_TYPE, version.content_type());
        about.insert(VERSION, version.number());
        let answer = self.0.post(about, body).await?;
        let (retry_after, line) = (answer.retry_after(), answer.line());
        Ok(Answer { status: answer.status, written: written(&answer.headers), retry_after, line })
    }
}

fn written(headers: &HeaderMap) -> Option<u64> {
    let counts = WRITTEN.iter().filter_map(|name| headers.get(*name)?.to_str().ok()?.parse::<u64>().ok());
    counts.reduce(|a, b| a.saturating_add(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_added_up() {
        let headers = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            let pair = |(name, value): &(&'static str, &'static str)| {
                (HeaderName::from_static(name), HeaderValue::from_static(value))
            };
            pairs.iter().map(pair).collect()
        };
        assert_eq!(written(&HeaderMap::new()), None);
        assert_eq!(written(&headers(&[(WRITTEN[0], "5")])), Some(5));
        assert_eq!(written(&headers(&[(WRITTEN[0], "5"), (WRITTEN[1], "2")])), Some(7));
        assert_eq!(written(&headers(&[(WRITTEN[0], "many")])), None);
    }
}
