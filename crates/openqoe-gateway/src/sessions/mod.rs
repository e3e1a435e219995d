//! Sessions over the internal API: counted over, compared, searched, and one by one. What is asked is checked here; what is
//! answered comes from `facts`, the archive, the journal and the shards. spec/api/openapi.yaml is the contract.

mod cohorts;
mod held;
mod list;
mod one;
mod parameters;
mod stream;
mod timeline;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use openqoe_spec::{Attribute, Attributes};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use crate::archive::{Row, named};
use crate::config::Config;
use crate::console::unknown_tenant;
use crate::facts::{Chunks, Live, badness};
use crate::gateway::Gateway;
use crate::otlp::trace_of;
use crate::refusal::Refusal;

/// Questions over all sessions at the same time; each has a core to itself.
static SCANS: Semaphore = Semaphore::const_new(2);

pub(crate) fn routes() -> Router<Arc<Gateway>> {
    Router::new()
        .route("/api/v1/tenants/{tenant}/explore", get(cohorts::explore))
        .route("/api/v1/tenants/{tenant}/compare", get(cohorts::compare))
        .route("/api/v1/tenants/{tenant}/values", get(cohorts::values))
        .route("/api/v1/tenants/{tenant}/sessions", get(list::list))
        .route("/api/v1/tenants/{tenant}/sessions/{session_id}", get(one::session))
        .route("/api/v1/tenants/{tenant}/sessions/{session_id}/events", get(one::events))
        .route("/api/v1/tenants/{tenant}/sessions/{session_id}/timeline", get(timeline::timeline))
        .route("/api/v1/tenants/{tenant}/sessions/{session_id}/stream", get(stream::stream))
}

/// One session, as the API shows it.
#[derive(Serialize)]
pub(crate) struct Session {
    session_id: Box<str>,
    is_live: bool,
    protocol: &'static str,
    began_at: u64,
    heard_at: u64,
    attributes: Attributes,
    figures: Map<String, Value>,
    badness: f64,
    reasons: Vec<&'static str>,
    trace_id: Option<String>,
    /// Traces of others that name it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    spoken_in: Vec<Box<str>>,
}

impl Session {
    fn of(config: &Config, row: Row, is_live: bool) -> Session {
        let Row { session_id, protocol, began_at, heard_at, mut attributes, summary, .. } = row;
        attributes.remove(Attribute::SessionId);
        let badness = badness(&summary);
        Session {
            // One that goes on has no trace yet.
            trace_id: if is_live { None } else { trace_of(config, &session_id, &summary) }
                .map(|id| id.to_string()),
            spoken_in: Vec::new(),
            session_id,
            is_live,
            protocol: protocol.as_str(),
            began_at,
            heard_at,
            attributes,
            figures: named(&summary),
            badness: badness.score,
            reasons: badness.reasons,
        }
    }
}

/// Ended and live sessions of a tenant.
struct Known {
    ended: Chunks,
    live: Arc<Live>,
    tenant: String,
    is_complete: bool,
}

impl Known {
    /// # Errors
    /// When no sessions are kept here.
    async fn of(gateway: &Gateway, tenant: &str) -> Result<Known, Refusal> {
        keeps(gateway)?;
        // Those that end in between are then among the live ones at least.
        let live = gateway.facts.live(gateway).await;
        let is_complete = gateway.facts.is_loaded() && gateway.has_replayed();
        let ended = gateway.facts.ended(tenant);
        let is_known = gateway.tenants.all().iter().any(|known| known.name() == tenant);
        if ended.is_empty() && !is_known && !live.contains_key(tenant) {
            return Err(unknown_tenant(gateway, tenant));
        }
        Ok(Known { ended, live, tenant: tenant.to_owned(), is_complete })
    }

    /// All of them: those that have ended first.
    fn chunks(&self) -> Chunks {
        let live = self.live.get(&*self.tenant).map(|live| live.chunks.clone());
        self.ended.iter().cloned().chain(live.unwrap_or_default()).collect()
    }
}

/// # Errors
/// When no sessions are kept here.
fn keeps(gateway: &Gateway) -> Result<(), Refusal> {
    let (message, hint) = if gateway.edge.is_some() {
        ("this is an edge: sessions are kept by its core", "ask the core")
    } else if gateway.config.data_dir.as_os_str().is_empty() {
        ("no sessions are kept: there is no data directory", "set data_dir")
    } else {
        return Ok(());
    };
    Err(Refusal {
        status: StatusCode::SERVICE_UNAVAILABLE,
        error: "no_sessions",
        message: message.into(),
        hint,
        retry_after: None,
    })
}

/// Counts on a thread that may take its time.
///
/// # Errors
/// When that came to grief.
async fn count<T: Send + 'static>(task: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    let failed = || Refusal {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        error: "internal",
        message: "the question could not be answered".into(),
        hint: "the log says why",
        retry_after: None,
    };
    let _permit = SCANS.acquire().await.map_err(|_| failed())?;
    tokio::task::spawn_blocking(task).await.map_err(|_| failed())
}

fn unknown_session() -> Refusal {
    Refusal {
        status: StatusCode::NOT_FOUND,
        error: "unknown_session",
        message: "nothing is known of that session (any more)".into(),
        hint: "sessions are kept for sessions.retention, their events for journal.retention",
        retry_after: None,
    }
}
