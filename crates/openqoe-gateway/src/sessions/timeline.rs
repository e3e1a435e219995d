//! The timeline of one session: its batches go from the journal through the engine once more.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use openqoe_engine::{Source, Timeline};
use serde::Serialize;

use super::one::find;
use super::{Session, count};
use crate::clock::now_ms;
use crate::gateway::Gateway;
use crate::refusal::Refusal;

/// What the viewer lived through, with what it came to.
#[derive(Serialize)]
pub(super) struct SessionTimeline {
    session: Session,
    #[serde(flatten)]
    timeline: Timeline,
    figures_at: u64,
}

pub(super) async fn timeline(
    State(gateway): State<Arc<Gateway>>,
    Path((tenant, session_id)): Path<(String, String)>,
) -> Result<Json<SessionTimeline>, Refusal> {
    let (row, is_live) = find(&gateway, &tenant, &session_id).await?;
    let entries = gateway.session(&tenant, &session_id).await;
    let config = gateway.config.engine(gateway.shards.len());
    let (began_at, heard_at) = (row.began_at, row.heard_at);
    // Nobody fell silent who goes on.
    let until = (!is_live).then(now_ms);
    let mut timeline = count(move || {
        let batches =
            entries.into_iter().map(|entry| (entry.received_at, Source::of(entry.protocol), entry.batch));
        openqoe_engine::timeline(&config, batches, until)
    })
    .await?;
    if timeline.began_at == 0 {
        // Nothing is left of it in the journal: what the archive says has to do.
        timeline.began_at = began_at;
        timeline.length_ms = heard_at.saturating_sub(began_at);
    }
    let spoken_in = gateway.receiver.traces_of(&tenant, &session_id);
    Ok(Json(SessionTimeline {
        session: Session { spoken_in, ..Session::of(&gateway.config, row, is_live) },
        timeline,
        figures_at: heard_at,
    }))
}
