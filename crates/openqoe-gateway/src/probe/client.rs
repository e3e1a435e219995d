//! Fetches what a player asks for: one connection pool for each probe, so that it pays for its connections as a viewer does; redirects are
//! followed by hand, each checked; sizes and times are bounded.

use std::path::Path;
use std::time::Duration;

use axum::http::header::{LOCATION, RANGE, USER_AGENT};
use axum::http::{HeaderValue, Response, StatusCode, Uri};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::Request as HttpRequest;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use openqoe_probe::{Answer, Failure, Problem, Request, resolve};
use tokio::time::Instant;

use super::targets::Targets;
use crate::tls::{self, TlsError};

/// As many as browsers follow.
const MAX_REDIRECTS: usize = 10;
const AGENT: &str = concat!("openqoe-probe/", env!("CARGO_PKG_VERSION"));
const NO_FILE: &str = "";

/// How to greet servers: read once, for reading the system's authorities takes a while.
#[derive(Clone, Debug)]
pub(super) struct Greeting(rustls::ClientConfig);

impl Greeting {
    /// Authorities of a file, or the system's.
    ///
    /// # Errors
    /// When the file cannot be read or used.
    pub(super) fn new(ca_file: &Path) -> Result<Greeting, TlsError> {
        tls::client(ca_file, NO_FILE.as_ref(), NO_FILE.as_ref()).map(Greeting)
    }
}

/// The client of one probe.
pub(super) struct Client {
    pool: Pool<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    timeout: Duration,
    targets: Targets,
}

/// How far a request is.
struct Progress {
    began: Instant,
    ttfb_ms: Option<u64>,
    bytes: u64,
    body: Vec<u8>,
    url: String,
}

impl Client {
    /// A client without connections. `timeout` is for a request and the whole of its answer.
    pub(super) fn new(greeting: &Greeting, timeout: Duration, targets: Targets) -> Client {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(timeout));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(greeting.0.clone())
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        Client { pool: Pool::builder(TokioExecutor::new()).build(connector), timeout, targets }
    }

    /// Fetches it.
    ///
    /// # Errors
    /// When no usable body comes: why, and how far it came.
    pub(super) async fn fetch(&self, request: &Request) -> Result<Answer, Failure> {
        let began = Instant::now();
        let mut progress =
            Progress { began, ttfb_ms: None, bytes: 0, body: Vec::new(), url: request.url.clone() };
        let exchange = tokio::time::timeout(self.timeout, self.exchange(request, &mut progress)).await;
        let result = exchange.unwrap_or(Err(Problem::Timeout));
        let Progress { ttfb_ms, bytes, body, url, .. } = progress;
        let duration_ms = ms(began.elapsed());
        match result {
            Ok(()) => Ok(Answer { url, body, bytes, ttfb_ms: ttfb_ms.unwrap_or(duration_ms), duration_ms }),
            Err(problem) => Err(Failure { problem, bytes, ttfb_ms, duration_ms }),
        }
    }

    async fn exchange(&self, request: &Request, progress: &mut Progress) -> Result<(), Problem> {
        for _ in 0..=MAX_REDIRECTS {
            let response = self.ask(request, &progress.url).await?;
            let status = response.status();
            if let Some(to) = location(&response) {
                progress.url = resolve(&progress.url, to);
                continue;
            }
            progress.ttfb_ms = Some(ms(progress.began.elapsed()));
            if !status.is_success() {
                return Err(Problem::Status(status.as_u16()));
            }
            if request.range.is_some() && status != StatusCode::PARTIAL_CONTENT {
                return Err(Problem::NoRanges);
            }
            return read(request, response.into_body(), progress).await;
        }
        Err(Problem::Redirect)
    }

    async fn ask(&self, request: &Request, url: &str) -> Result<Response<Incoming>, Problem> {
        if !self.targets.allow(url) {
            return Err(Problem::NotAllowed(origin(url)));
        }
        let mut asked = HttpRequest::get(url).header(USER_AGENT, HeaderValue::from_static(AGENT));
        if let Some(range) = request.range {
            asked = asked.header(RANGE, format!("bytes={}-{}", range.first, range.last));
        }
        let asked = asked.body(Empty::new()).map_err(|error| Problem::Unreachable(error.to_string()))?;
        self.pool.request(asked).await.map_err(|error| Problem::Unreachable(chain(&error)))
    }
}

async fn read(request: &Request, mut body: Incoming, progress: &mut Progress) -> Result<(), Problem> {
    let limit = request.range.map_or(request.max_bytes, |range| range.length().min(request.max_bytes));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Problem::Unreachable(chain(&error)))?;
        let Some(data) = frame.data_ref() else { continue };
        progress.bytes += data.len() as u64;
        if progress.bytes > limit {
            return Err(Problem::TooLarge);
        }
        if request.is_read {
            progress.body.extend_from_slice(data);
        }
    }
    Ok(())
}

/// Where a redirect leads.
fn location(response: &Response<Incoming>) -> Option<&str> {
    let status = response.status();
    let moves = status.is_redirection() && status != StatusCode::NOT_MODIFIED;
    response.headers().get(LOCATION).filter(|_| moves)?.to_str().ok()
}

/// What of a URL may be told: no path and no query, which may hold a key.
pub(super) fn origin(url: &str) -> String {
    let uri = url.parse::<Uri>().ok();
    let host = uri.as_ref().and_then(|uri| Some((uri.scheme_str()?, uri.host()?, uri.port_u16())));
    match host {
        Some((scheme, host, Some(port))) => format!("{scheme}://{host}:{port}"),
        Some((scheme, host, None)) => format!("{scheme}://{host}"),
        None => "a URL without a host".into(),
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// An error with what is behind it: a client's own words are only that it failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}
