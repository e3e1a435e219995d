//! The internal listener: the exposition, the health of the gateway, the console and its API. Reads only; `access::reader` says who
//! may.

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Extension, State};
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use openqoe_metrics::negotiate;
use tokio::sync::Semaphore;

use crate::access::reader::{self, Reader};
use crate::cardinality;
use crate::console;
use crate::gateway::Gateway;
use crate::history;
use crate::objectives;
use crate::probe;
use crate::sessions;

/// Scrapes at the same time; each holds a snapshot in memory.
static SCRAPES: Semaphore = Semaphore::const_new(2);

/// Routes of the internal listener.
pub(crate) fn router(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .merge(sessions::routes())
        .merge(console::routes())
        .merge(objectives::routes())
        .merge(history::routes())
        .merge(probe::routes(&gateway))
        .route("/api/v1/cardinality", get(cardinality::report))
        .route("/-/healthy", get(async || "OpenQoE is healthy.\n"))
        .route("/-/ready", get(ready))
        .layer(middleware::from_fn_with_state(gateway.clone(), reader::identify))
        .with_state(gateway)
}

async fn ready(State(gateway): State<Arc<Gateway>>) -> (StatusCode, &'static str) {
    if gateway.is_ready() {
        (StatusCode::OK, "OpenQoE is ready.\n")
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "The journal is being replayed, or a shard has stopped; see the log.\n",
        )
    }
}

async fn metrics(
    State(gateway): State<Arc<Gateway>>,
    Extension(reader): Extension<Reader>,
    headers: HeaderMap,
) -> Response {
    // Half-replayed counters would seem to go back.
    if !gateway.has_replayed() {
        return (StatusCode::SERVICE_UNAVAILABLE, "The journal is being replayed.\n").into_response();
    }
    let started = Instant::now();
    let Ok(_permit) = SCRAPES.acquire().await else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let sink = negotiate(headers.get(ACCEPT).and_then(|value| value.to_str().ok()));
    let mut snapshot = gateway.snapshot().await;
    if let Some(tenant) = reader.tenant() {
        snapshot.retain_tenant(tenant);
    }
    let mut body = Vec::new();
    (sink.encode)(&snapshot, &mut body);
    gateway.note_scrape(started);
    let mut response = Response::new(axum::body::Body::empty());
    let head = response.headers_mut();
    head.insert(CONTENT_TYPE, HeaderValue::from_static(sink.content_type));
    head.insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    if accepts_gzip(&headers) {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        // Writing to memory does not fail; if it ever did, the plain body would still be right.
        if packer.write_all(&body).is_ok()
            && let Ok(packed) = packer.finish()
        {
            head.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            body = packed;
        }
    }
    *response.body_mut() = body.into();
    response
}

/// Whether the client unpacks gzip.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        parts.next() == Some("gzip") && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0"))
    })
}
