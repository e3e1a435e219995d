//! The receiver: its URL, the way there, who we say we are.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use axum::http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::config::Config;

/// Bytes of an answer worth reading.
const MAX_ANSWER: usize = 64 * 1024;
/// Characters of its first line worth logging.
const MAX_LINE: usize = 300;
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
pub(super) struct Receiver {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    config: Config,
    url: Uri,
    headers: HeaderMap,
}

impl Receiver {
    /// Prepares everything but the connection.
    ///
    /// # Errors
    /// When a file of the configuration cannot be used.
    pub(super) fn new(config: &Config) -> anyhow::Result<Receiver> {
        let url: Uri = config.url.parse().context("`remote_write.url`")?;
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(config.timeout));
        let tls = tls(&url, &config.ca_file)?;
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(1).build(connector);
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("openqoe/", env!("CARGO_PKG_VERSION"))));
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("snappy"));
        for (name, value) in config.headers.iter() {
            headers.insert(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_str(value)?);
        }
        let receiver = Receiver { client, config: config.clone(), url, headers };
        receiver.authorization()?;
        Ok(receiver)
    }

    /// The receiver in a log: no query, which may hold a key.
    pub(super) fn name(&self) -> String {
        let authority = self.url.authority().map_or("", |authority| authority.as_str());
        format!("{}://{authority}{}", self.url.scheme_str().unwrap_or_default(), self.url.path())
    }

    /// Sends one request.
    ///
    /// # Errors
    /// When there is no answer, or not in time: why, in words.
    pub(super) async fn post(&self, version: Version, body: Bytes) -> Result<Answer, String> {
        let exchange = self.exchange(version, body);
        match tokio::time::timeout(self.config.timeout, exchange).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(root(&*error)),
            Err(_) => Err(format!(
                "no answer within {}",
                humantime_serde::re::humantime::format_duration(self.config.timeout)
            )),
        }
    }

    async fn exchange(&self, version: Version, body: Bytes) -> Result<Answer, Box<dyn Error + Send + Sync>> {
        let mut request = Request::builder().method(Method::POST).uri(&self.url).body(Full::new(body))?;
        request.headers_mut().extend(self.headers.clone());
        request.headers_mut().insert(CONTENT_TYPE, version.content_type());
        request.headers_mut().insert(VERSION, version.number());
        if let Some(value) = self.authorization()? {
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        let response = self.client.request(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        // Read to its end, or the connection could not be used again.
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
        let body = body.map(|body| body.to_bytes()).unwrap_or_default();
        Ok(Answer {
            status,
            written: written(&headers),
            retry_after: retry_after(&headers),
            line: line(&body),
        })
    }

    /// The credentials, read anew: they may have been renewed.
    fn authorization(&self) -> anyhow::Result<Option<HeaderValue>> {
        let (token, basic) = (&self.config.bearer_token_file, &self.config.basic_auth);
        let value = if !token.as_os_str().is_empty() {
            format!("Bearer {}", secret(token, "remote_write.bearer_token_file")?)
        } else if !basic.user.is_empty() {
            let password = secret(&basic.password_file, "remote_write.basic_auth.password_file")?;
            format!("Basic {}", STANDARD.encode(format!("{}:{password}", basic.user)))
        } else {
            return Ok(None);
        };
        let mut value =
            HeaderValue::from_str(&value).context("a secret of `remote_write` is no header value")?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

fn secret(path: &Path, key: &str) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("`{key}` {}", path.display()))?;
    Ok(text.trim().to_owned())
}

/// Trust in the certificates of the file, or in the system's. Plain HTTP needs neither, nor that there are any.
fn tls(url: &Uri, ca_file: &Path) -> anyhow::Result<ClientConfig> {
    let provider = rustls::crypto::ring::default_provider().into();
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut roots = RootCertStore::empty();
    if !ca_file.as_os_str().is_empty() {
        let about = || format!("`remote_write.ca_file` {}", ca_file.display());
        for certificate in CertificateDer::pem_file_iter(ca_file).with_context(about)? {
            roots.add(certificate.with_context(about)?).with_context(about)?;
        }
        anyhow::ensure!(!roots.is_empty(), "{} holds no certificate", about());
    } else if url.scheme_str() == Some("https") {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        anyhow::ensure!(!roots.is_empty(), "the system has no certificates: give a `remote_write.ca_file`");
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn written(headers: &HeaderMap) -> Option<u64> {
    let counts = WRITTEN.iter().filter_map(|name| headers.get(*name)?.to_str().ok()?.parse::<u64>().ok());
    counts.reduce(|a, b| a.saturating_add(b))
}

/// RFC 9110, 10.2.3: seconds or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let date = || httpdate::parse_http_date(text).ok()?.duration_since(std::time::SystemTime::now()).ok();
    text.parse().map(Duration::from_secs).ok().or_else(date)
}

/// The first line of an answer, fit for a log.
fn line(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    line.trim().chars().filter(|character| !character.is_control()).take(MAX_LINE).collect()
}

/// The innermost error says what happened; those around it that something did.
fn root(error: &(dyn Error + 'static)) -> String {
    let mut root = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn answers_are_read_with_care() {
        assert_eq!(written(&HeaderMap::new()), None);
        assert_eq!(written(&headers(&[(WRITTEN[0], "5")])), Some(5));
        assert_eq!(written(&headers(&[(WRITTEN[0], "5"), (WRITTEN[1], "2")])), Some(7));
        assert_eq!(retry_after(&headers(&[("retry-after", "3")])), Some(Duration::from_secs(3)));
        assert_eq!(retry_after(&headers(&[("retry-after", "soon")])), None);
        let hour = Duration::from_secs(3600);
        let date = httpdate::fmt_http_date(std::time::SystemTime::now() + hour);
        let pairs = [(RETRY_AFTER, HeaderValue::from_str(&date).unwrap())];
        assert!(retry_after(&pairs.into_iter().collect()).is_some_and(|wait| wait > hour / 2));
        assert_eq!(line(b"\n  out of order\x1b[31m sample\nmore"), "out of order[31m sample");
        assert_eq!(line(&[b'x'; 1000]).len(), MAX_LINE);
    }

    #[test]
    fn files_that_cannot_be_used_are_named() {
        let config = |change: fn(&mut Config)| {
            let mut config =
                Config { url: "https://x/".into(), ca_file: "/nowhere.pem".into(), ..Config::default() };
            change(&mut config);
            format!("{:#}", Receiver::new(&config).unwrap_err())
        };
        assert!(config(|_| ()).starts_with("`remote_write.ca_file` /nowhere.pem"));
        let token = config(|config| {
            config.url = "http://x/".into();
            config.ca_file = "".into();
            config.bearer_token_file = "/nowhere".into();
        });
        assert!(token.starts_with("`remote_write.bearer_token_file` /nowhere"), "{token}");
    }

    #[test]
    fn a_key_in_the_query_is_not_logged() {
        let config = Config { url: "http://x:1/write?key=secret".into(), ..Config::default() };
        assert_eq!(Receiver::new(&config).unwrap().name(), "http://x:1/write");
    }
}
