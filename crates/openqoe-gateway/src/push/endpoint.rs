//! A server to push to: the way there, who we say we are, what it answers.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use axum::http::header::{AUTHORIZATION, RETRY_AFTER, USER_AGENT};
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

use super::{BasicAuth, Pairs};

/// Bytes of an answer worth reading.
const MAX_ANSWER: usize = 64 * 1024;
/// Characters of its first line worth logging.
const MAX_LINE: usize = 300;

/// How to reach a server, from the section of the configuration that names it.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The section, for messages.
    pub(crate) section: &'static str,
    /// For one request and its answer.
    pub(crate) timeout: Duration,
    /// Certificates to trust instead of the system's, PEM; empty is none.
    pub(crate) ca_file: PathBuf,
    pub(crate) headers: Pairs,
    /// Headers whose values stand in files.
    pub(crate) header_files: Pairs,
    /// Empty is none.
    pub(crate) bearer_token_file: PathBuf,
    pub(crate) basic_auth: BasicAuth,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Empty when it was too long to be read.
    pub(crate) body: Bytes,
}

impl Answer {
    /// RFC 9110, 10.2.3: seconds or a date.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        let date = || httpdate::parse_http_date(text).ok()?.duration_since(std::time::SystemTime::now()).ok();
        text.parse().map(Duration::from_secs).ok().or_else(date)
    }

    /// The first line of the body, fit for a log.
    pub(crate) fn line(&self) -> String {
        line(&String::from_utf8_lossy(&self.body))
    }
}

/// The first line of a text that came from outside, fit for a log.
pub(crate) fn line(text: &str) -> String {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    line.trim().chars().filter(|character| !character.is_control()).take(MAX_LINE).collect()
}

/// A server to push to.
#[derive(Debug)]
pub(crate) struct Endpoint {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    settings: Settings,
    url: Uri,
    headers: HeaderMap,
}

impl Endpoint {
    /// Prepares everything but the connection.
    ///
    /// # Errors
    /// When a file of the settings cannot be used.
    pub(crate) fn new(url: Uri, settings: Settings) -> anyhow::Result<Endpoint> {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(settings.timeout));
        let tls = tls(&url, &settings)?;
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(1).build(connector);
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("openqoe/", env!("CARGO_PKG_VERSION"))));
        for (name, value) in settings.headers.iter() {
            headers.insert(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_str(value)?);
        }
        let endpoint = Endpoint { client, settings, url, headers };
        endpoint.secrets()?;
        Ok(endpoint)
    }

    /// The server in a log: no query, which may hold a key.
    pub(crate) fn name(&self) -> String {
        let authority = self.url.authority().map_or("", |authority| authority.as_str());
        format!("{}://{authority}{}", self.url.scheme_str().unwrap_or_default(), self.url.path())
    }

    /// Sends one request with these headers besides those of every request.
    ///
    /// # Errors
    /// When there is no answer, or not in time: why, in words.
    pub(crate) async fn post(&self, about: HeaderMap, body: Bytes) -> Result<Answer, String> {
        let exchange = self.exchange(about, body);
        match tokio::time::timeout(self.settings.timeout, exchange).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(root(&*error)),
            Err(_) => Err(format!(
                "no answer within {}",
                humantime_serde::re::humantime::format_duration(self.settings.timeout)
            )),
        }
    }

    async fn exchange(&self, about: HeaderMap, body: Bytes) -> Result<Answer, Box<dyn Error + Send + Sync>> {
        let mut request = Request::builder().method(Method::POST).uri(&self.url).body(Full::new(body))?;
        for headers in [self.headers.clone(), about, self.secrets()?] {
            request.headers_mut().extend(headers);
        }
        let response = self.client.request(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        // Read to its end, or the connection could not be used again.
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
        let body = body.map(|body| body.to_bytes()).unwrap_or_default();
        Ok(Answer { status, headers, body })
    }

    /// Headers that are secrets, read anew: they may have been renewed.
    fn secrets(&self) -> anyhow::Result<HeaderMap> {
        let Settings { section, header_files, bearer_token_file, basic_auth, .. } = &self.settings;
        let mut secrets = HeaderMap::new();
        let mut add = |name: HeaderName, value: String| {
            let value = HeaderValue::from_str(&value);
            let mut value = value.with_context(|| format!("a secret of `{section}` is no header value"))?;
            value.set_sensitive(true);
            secrets.insert(name, value);
            anyhow::Ok(())
        };
        for (name, path) in header_files.iter() {
            let value = secret(Path::new(path), &format!("{section}.header_files.{name}"))?;
            add(HeaderName::from_bytes(name.as_bytes())?, value)?;
        }
        if !bearer_token_file.as_os_str().is_empty() {
            let token = secret(bearer_token_file, &format!("{section}.bearer_token_file"))?;
            add(AUTHORIZATION, format!("Bearer {token}"))?;
        } else if !basic_auth.user.is_empty() {
            let key = format!("{section}.basic_auth.password_file");
            let password = secret(&basic_auth.password_file, &key)?;
            add(
                AUTHORIZATION,
                format!("Basic {}", STANDARD.encode(format!("{}:{password}", basic_auth.user))),
            )?;
        }
        Ok(secrets)
    }
}

fn secret(path: &Path, key: &str) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("`{key}` {}", path.display()))?;
    Ok(text.trim().to_owned())
}

/// Trust in the certificates of the file, or in the system's. Plain HTTP needs neither, nor that there are any.
fn tls(url: &Uri, Settings { section, ca_file, .. }: &Settings) -> anyhow::Result<ClientConfig> {
    let provider = rustls::crypto::ring::default_provider().into();
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut roots = RootCertStore::empty();
    if !ca_file.as_os_str().is_empty() {
        let about = || format!("`{section}.ca_file` {}", ca_file.display());
        for certificate in CertificateDer::pem_file_iter(ca_file).with_context(about)? {
            roots.add(certificate.with_context(about)?).with_context(about)?;
        }
        anyhow::ensure!(!roots.is_empty(), "{} holds no certificate", about());
    } else if url.scheme_str() == Some("https") {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        anyhow::ensure!(!roots.is_empty(), "the system has no certificates: give a `{section}.ca_file`");
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
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

    fn answer(pairs: &[(HeaderName, String)], body: &'static [u8]) -> Answer {
        let pair =
            |(name, value): &(HeaderName, String)| (name.clone(), HeaderValue::from_str(value).unwrap());
        let (status, headers) = (StatusCode::OK, pairs.iter().map(pair).collect());
        Answer { status, headers, body: Bytes::from_static(body) }
    }

    fn settings() -> Settings {
        Settings {
            section: "remote_write",
            timeout: Duration::from_secs(1),
            ca_file: PathBuf::new(),
            headers: Pairs::default(),
            header_files: Pairs::default(),
            bearer_token_file: PathBuf::new(),
            basic_auth: BasicAuth::default(),
        }
    }

    #[test]
    fn answers_are_read_with_care() {
        let retry_after = |text: &str| answer(&[(RETRY_AFTER, text.into())], b"").retry_after();
        assert_eq!(retry_after("3"), Some(Duration::from_secs(3)));
        assert_eq!(retry_after("soon"), None);
        let hour = Duration::from_secs(3600);
        let date = httpdate::fmt_http_date(std::time::SystemTime::now() + hour);
        assert!(retry_after(&date).is_some_and(|wait| wait > hour / 2));
        assert_eq!(answer(&[], b"\n  out of order\x1b[31m sample\nmore").line(), "out of order[31m sample");
        assert_eq!(answer(&[], &[b'x'; 1000]).line().len(), MAX_LINE);
    }

    #[test]
    fn files_that_cannot_be_used_are_named() {
        let problem = |url: &str, change: fn(&mut Settings)| {
            let mut settings = settings();
            change(&mut settings);
            format!("{:#}", Endpoint::new(url.parse().unwrap(), settings).unwrap_err())
        };
        let told = problem("https://x/", |settings| settings.ca_file = "/nowhere.pem".into());
        assert!(told.starts_with("`remote_write.ca_file` /nowhere.pem"), "{told}");
        let told = problem("http://x/", |settings| settings.bearer_token_file = "/nowhere".into());
        assert!(told.starts_with("`remote_write.bearer_token_file` /nowhere"), "{told}");
        let told = problem("http://x/", |settings| {
            settings.header_files =
                toml::from_str::<toml::Table>("x-key = \"/nowhere\"").unwrap().try_into().unwrap();
        });
        assert!(told.starts_with("`remote_write.header_files.x-key` /nowhere"), "{told}");
    }

    #[test]
    fn a_key_in_the_query_is_not_logged() {
        let url = "http://x:1/write?key=secret".parse().unwrap();
        assert_eq!(Endpoint::new(url, settings()).unwrap().name(), "http://x:1/write");
    }
}
