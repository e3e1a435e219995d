//! Sessions over the internal API: the rows of those that have ended, and the events of any of them.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use openqoe_spec::Batch;
use serde::{Deserialize, Serialize};

use crate::archive::{ArchiveError, Reader};
use crate::gateway::Gateway;
use crate::journal::Entry;

/// Rows of one answer.
const MAX_ROWS: usize = 1000;
const DEFAULT_ROWS: usize = 100;

pub(crate) fn routes() -> Router<Arc<Gateway>> {
    Router::new()
        .route("/api/v1/tenants/{tenant}/sessions", get(newest))
        .route("/api/v1/tenants/{tenant}/sessions/{session_id}", get(row))
        .route("/api/v1/tenants/{tenant}/sessions/{session_id}/events", get(events))
}

/// What of a list.
#[derive(Deserialize)]
struct Page {
    /// Sessions heard last before this time, epoch ms.
    before: Option<u64>,
    limit: Option<usize>,
}

async fn newest(
    State(gateway): State<Arc<Gateway>>,
    Path(tenant): Path<String>,
    Query(page): Query<Page>,
) -> Response {
    let limit = page.limit.unwrap_or(DEFAULT_ROWS).min(MAX_ROWS);
    let before = page.before.unwrap_or(u64::MAX);
    match read(&gateway, move |reader| reader.newest(&tenant, before, limit)).await {
        Some(rows) => Json(rows).into_response(),
        None => unreadable(),
    }
}

async fn row(
    State(gateway): State<Arc<Gateway>>,
    Path((tenant, session_id)): Path<(String, String)>,
) -> Response {
    match read(&gateway, move |reader| reader.session(&tenant, &session_id)).await {
        Some(Some(row)) => Json(row).into_response(),
        Some(None) => unknown(),
        None => unreadable(),
    }
}

/// One batch of a session, as the journal has it.
#[derive(Serialize)]
struct SessionBatch<'a> {
    protocol: &'static str,
    received_at: u64,
    #[serde(flatten)]
    batch: &'a Batch,
}

async fn events(
    State(gateway): State<Arc<Gateway>>,
    Path((tenant, session_id)): Path<(String, String)>,
) -> Response {
    let entries = gateway.session(&tenant, &session_id).await;
    if entries.is_empty() {
        return unknown();
    }
    let batches = entries.iter().map(|Entry { protocol, received_at, batch, .. }| SessionBatch {
        protocol: protocol.as_str(),
        received_at: *received_at,
        batch,
    });
    Json(batches.collect::<Vec<_>>()).into_response()
}

/// Reads the archive, which may wait for the disk, on a thread that may. `None` when it cannot be read; the log says why.
async fn read<T: Send + 'static>(
    gateway: &Gateway,
    ask: impl FnOnce(Reader) -> Result<T, ArchiveError> + Send + 'static,
) -> Option<T> {
    let folder = gateway.config.data_dir.clone();
    let answer = tokio::task::spawn_blocking(move || Reader::open(&folder).and_then(ask)).await.ok()?;
    answer.inspect_err(|error| tracing::warn!(%error, "the archive cannot be read")).ok()
}

fn unknown() -> Response {
    (StatusCode::NOT_FOUND, "Nothing is known of that session (any more).\n").into_response()
}

fn unreadable() -> Response {
    let text = "No archive of ended sessions can be read: is data_dir set?\n";
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}
