//! One session: what it came to so far, and its events.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use openqoe_spec::{Batch, Protocol};
use serde::Serialize;

use super::list::unreadable;
use super::{Session, keeps, unknown_session};
use crate::archive::{Reader, Row};
use crate::gateway::Gateway;
use crate::journal::Entry;
use crate::refusal::Refusal;

pub(super) async fn session(
    State(gateway): State<Arc<Gateway>>,
    Path((tenant, session_id)): Path<(String, String)>,
) -> Result<Json<Session>, Refusal> {
    let (row, is_live) = find(&gateway, &tenant, &session_id).await?;
    let spoken_in = gateway.receiver.traces_of(&tenant, &session_id);
    Ok(Json(Session { spoken_in, ..Session::of(&gateway.config, row, is_live) }))
}

/// A session as it stands, and whether it goes on: the shard knows it while it does, and for a while after; then the archive.
///
/// # Errors
/// When nobody does.
pub(super) async fn find(gateway: &Gateway, tenant: &str, session_id: &str) -> Result<(Row, bool), Refusal> {
    keeps(gateway)?;
    let known = gateway.state_of(tenant, session_id).await;
    if let Some((row, false)) = known {
        return Ok((row, true));
    }
    let (folder, named) = (gateway.config.data_dir.clone(), (tenant.to_owned(), session_id.to_owned()));
    let ask = move || Reader::open(&folder).and_then(|reader| reader.session(&named.0, &named.1));
    let kept = super::count(ask).await?.map_err(|error| unreadable(&error))?;
    // One that has ended this very moment is not written yet.
    kept.or(known.map(|(row, _)| row)).map(|row| (row, false)).ok_or_else(unknown_session)
}

/// One batch of a session, as the journal has it.
#[derive(Serialize)]
pub(super) struct SessionBatch {
    protocol: &'static str,
    received_at: u64,
    #[serde(flatten)]
    batch: Batch,
}

pub(super) async fn events(
    State(gateway): State<Arc<Gateway>>,
    Path((tenant, session_id)): Path<(String, String)>,
) -> Result<Json<Vec<SessionBatch>>, Refusal> {
    let entries = gateway.session(&tenant, &session_id).await;
    if entries.is_empty() {
        return Err(unknown_session());
    }
    let batch = |Entry { protocol, received_at, batch, .. }| SessionBatch {
        protocol: Protocol::as_str(protocol),
        received_at,
        batch,
    };
    Ok(Json(entries.into_iter().map(batch).collect()))
}
