//! The core, as an edge sees it: where it is, how to greet it, and whether it answers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context;
use axum::body::Bytes;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use openqoe_metrics::{ProcessScope, SharedRow};
use openqoe_spec::EdgeError;
use openqoe_spec::metrics::process::{Counter, Gauge};
use tokio::sync::watch;

use super::Config;
use crate::relay::{self, Answer};
use crate::tls::{self, Files, TlsError};

/// The longest answer that is read.
const MAX_ANSWER: usize = 1 << 20;
/// Idle connections are let go before the core lets go of them (`limits.read_timeout`).
const MAX_IDLE: Duration = Duration::from_secs(5);
/// Failures in a row that mean it is away. A single one may be a connection it had closed.
const AWAY: usize = 2;

type Connections = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// The way to the core.
pub(super) struct Upstream {
    config: Config,
    uri: Uri,
    lanes: usize,
    connections: RwLock<Connections>,
    authorization: RwLock<Option<HeaderValue>>,
    files: Mutex<Files>,
    /// Failures since the last success.
    failures: AtomicUsize,
    process: Arc<SharedRow<ProcessScope>>,
}

/// What came of a request to the core.
pub(super) enum Reply {
    /// At least the first batch.
    Taken(Answer),
    /// It cannot read this body, now or later.
    Unreadable(String),
    /// It is to be sent again.
    Failed,
}

impl Upstream {
    /// Reads certificates and keys; nothing is sent yet.
    ///
    /// # Errors
    /// When one of them cannot be read or used.
    pub(super) fn new(
        config: &Config,
        lanes: usize,
        process: Arc<SharedRow<ProcessScope>>,
    ) -> anyhow::Result<Upstream> {
        let files = Files::new([&config.ca, &config.cert, &config.key, &config.key_file]);
        let uri = format!("{}{}", config.upstream.trim_end_matches('/'), relay::PATH);
        Ok(Upstream {
            uri: uri.parse().with_context(|| format!("`edge.upstream` {uri}"))?,
            connections: RwLock::new(connections(config, lanes)?),
            authorization: RwLock::new(authorization(config)?),
            config: config.clone(),
            lanes,
            files: Mutex::new(files),
            failures: AtomicUsize::new(0),
            process,
        })
    }

    /// Reads certificates and keys anew when they change, until `stop` changes.
    pub(super) async fn watch(self: Arc<Self>, stop: watch::Receiver<bool>) {
        tls::watch(&self.files, || self.reload(), stop).await;
    }

    /// Reads certificates and keys anew. What cannot be used changes nothing, and is told.
    pub(super) fn reload(&self) {
        let loaded = connections(&self.config, self.lanes)
            .map_err(anyhow::Error::from)
            .and_then(|connections| Ok((connections, authorization(&self.config)?)));
        match loaded {
            Ok((connections, authorization)) => {
                *self.connections.write().unwrap_or_else(PoisonError::into_inner) = connections;
                *self.authorization.write().unwrap_or_else(PoisonError::into_inner) = authorization;
                tracing::info!("what is shown to the core has been read anew");
            }
            Err(error) => tracing::error!("what is shown to the core cannot be replaced: {error:#}"),
        }
    }

    /// Sends frames of the journal.
    pub(super) async fn send(&self, frames: Bytes) -> Reply {
        let reply = match tokio::time::timeout(self.config.timeout, self.exchange(frames)).await {
            Ok(reply) => reply,
            Err(_) => Err((EdgeError::Timeout, format!("no answer within {:?}", self.config.timeout))),
        };
        match reply {
            Ok(reply) => {
                self.note_success();
                reply
            }
            Err((error, message)) => {
                self.process.count(Counter::EdgeErrors(error), 1.0);
                self.note_failure(&message);
                Reply::Failed
            }
        }
    }

    async fn exchange(&self, frames: Bytes) -> Result<Reply, (EdgeError, String)> {
        let connections = self.connections.read().unwrap_or_else(PoisonError::into_inner).clone();
        let unreachable = |error: &dyn std::error::Error| (EdgeError::Unreachable, chain(error));
        let answer = connections.request(self.request(frames)?).await.map_err(|error| unreachable(&error))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
        let body = body.map_err(|error| unreachable(&*error))?.to_bytes();
        let told = || format!("{status}: {}", String::from_utf8_lossy(&body).trim());
        match status {
            StatusCode::OK => match serde_json::from_slice(&body) {
                Ok(Answer { taken: 0, .. }) => Err((EdgeError::Busy, "it has no room".to_owned())),
                Ok(answer) => Ok(Reply::Taken(answer)),
                Err(error) => Err((EdgeError::Answer, error.to_string())),
            },
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => Ok(Reply::Unreadable(told())),
            StatusCode::TOO_MANY_REQUESTS => Err((EdgeError::Busy, told())),
            status if status.is_server_error() => Err((EdgeError::Busy, told())),
            _ => Err((EdgeError::Refused, told())),
        }
    }

    fn request(&self, frames: Bytes) -> Result<Request<Full<Bytes>>, (EdgeError, String)> {
        let mut request = Request::post(&self.uri).header(CONTENT_TYPE, relay::CONTENT_TYPE);
        if !self.config.pop.is_empty() {
            request = request.header(relay::POP, &self.config.pop);
        }
        if let Some(key) = &*self.authorization.read().unwrap_or_else(PoisonError::into_inner) {
            request = request.header(AUTHORIZATION, key);
        }
        request.body(Full::new(frames)).map_err(|error| (EdgeError::Unreachable, error.to_string()))
    }

    fn note_success(&self) {
        if self.failures.swap(0, Ordering::AcqRel) >= AWAY {
            tracing::info!("the core takes batches again");
        }
        self.process.set(Gauge::EdgeUpstreamUp, 1.0);
    }

    fn note_failure(&self, message: &str) {
        let failures = self.failures.fetch_add(1, Ordering::AcqRel) + 1;
        if failures == AWAY {
            tracing::error!(
                "the core at {} does not take batches, they wait here: {message}",
                self.config.upstream
            );
        }
        if failures >= AWAY {
            self.process.set(Gauge::EdgeUpstreamUp, 0.0);
        }
    }
}

fn connections(config: &Config, lanes: usize) -> Result<Connections, TlsError> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(config.timeout));
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls::client(&config.ca, &config.cert, &config.key)?)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    let mut client = Client::builder(TokioExecutor::new());
    client.pool_timer(TokioTimer::new()).pool_idle_timeout(MAX_IDLE).pool_max_idle_per_host(lanes);
    Ok(client.build(connector))
}

fn authorization(config: &Config) -> anyhow::Result<Option<HeaderValue>> {
    if config.key_file.as_os_str().is_empty() {
        return Ok(None);
    }
    let about = || format!("`edge.key_file` {}", config.key_file.display());
    let key = std::fs::read_to_string(&config.key_file).with_context(about)?;
    let mut value = HeaderValue::try_from(format!("Bearer {}", key.trim())).with_context(about)?;
    value.set_sensitive(true);
    Ok(Some(value))
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
