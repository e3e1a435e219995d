//! Tells a page when there is more of a session to be seen: server-sent events, as long as the session goes on.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::{Semaphore, SemaphorePermit, watch};

use super::one::find;
use crate::gateway::Gateway;
use crate::refusal::Refusal;

/// Streams at the same time.
static STREAMS: Semaphore = Semaphore::const_new(64);
/// How often the shard is asked, which is one look-up.
const PACE: Duration = Duration::from_secs(1);

/// One stream.
struct Watched {
    gateway: Arc<Gateway>,
    tenant: String,
    session_id: String,
    /// When the session had last been heard when the page was told; 0 before.
    told: u64,
    is_over: bool,
    closing: watch::Receiver<bool>,
    _permit: SemaphorePermit<'static>,
}

pub(super) async fn stream(
    State(gateway): State<Arc<Gateway>>,
    Path((tenant, session_id)): Path<(String, String)>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refusal> {
    find(&gateway, &tenant, &session_id).await?;
    let permit = STREAMS.try_acquire().map_err(|_| Refusal {
        status: StatusCode::SERVICE_UNAVAILABLE,
        error: "too_many_streams",
        message: "too many sessions are being watched at the same time".into(),
        hint: "close some of the pages, or reload this one",
        retry_after: Some(10),
    })?;
    let closing = gateway.facts.closing();
    let watched = Watched { gateway, tenant, session_id, told: 0, is_over: false, closing, _permit: permit };
    Ok(Sse::new(unfold(watched, next)).keep_alive(KeepAlive::default()))
}

/// Waits until there is something to say; `None` when there never will be.
async fn next(mut watched: Watched) -> Option<(Result<Event, Infallible>, Watched)> {
    while !watched.is_over {
        let Watched { gateway, tenant, session_id, .. } = &watched;
        let state = gateway.state_of(tenant, session_id).await;
        let heard_at = state.as_ref().map_or(watched.told, |(row, _)| row.heard_at);
        watched.is_over = state.is_none_or(|(_, is_over)| is_over);
        let name = match watched.is_over {
            true => Some("ended"),
            false => (heard_at > watched.told).then_some("changed"),
        };
        if let Some(name) = name {
            watched.told = heard_at;
            let event = Event::default().event(name).data(format!("{{\"heard_at\":{heard_at}}}"));
            return Some((Ok(event), watched));
        }
        tokio::select! {
            () = tokio::time::sleep(PACE) => {}
            _ = watched.closing.changed() => return None,
        }
    }
    None
}
