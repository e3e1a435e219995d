//! Searching sessions, page by page.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use serde::Serialize;

use super::parameters::{Parameters, wrong};
use super::{Known, Session, count};
use crate::archive::{ArchiveError, Reader, Row};
use crate::facts::{Cursor, Found, Search, Sort};
use crate::gateway::Gateway;
use crate::refusal::Refusal;

const DEFAULT_ROWS: usize = 100;
const MAX_ROWS: usize = 1000;

/// One page.
#[derive(Serialize)]
pub(super) struct Sessions {
    sessions: Vec<Session>,
    next: Option<String>,
    matched: usize,
    is_complete: bool,
    took_ms: f64,
}

/// Which sessions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    Live,
    Ended,
}

pub(super) async fn list(
    State(gateway): State<Arc<Gateway>>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Sessions>, Refusal> {
    let started = Instant::now();
    let asked = Parameters::of(query, &["state", "sort", "from", "to", "filter", "q", "limit", "after"])?;
    let which =
        asked.choice("state", &[("all", Which::All), ("live", Which::Live), ("ended", Which::Ended)])?;
    let after = asked
        .one("after")
        .map(|text| Cursor::parse(text).ok_or_else(|| wrong("`after` is no `next` of a page")));
    let search = Search {
        filter: asked.filter(&gateway, "filter")?,
        id: asked.one("q").unwrap_or_default().trim().to_owned(),
        sort: asked.choice("sort", &Sort::ALL)?,
        limit: asked.limit(DEFAULT_ROWS, MAX_ROWS)?,
        after: after.transpose()?,
    };
    let mut known = Known::of(&gateway, &tenant).await?;
    match which {
        Which::All => {}
        Which::Live => known.ended.clear(),
        Which::Ended => known.live = Arc::default(),
    }
    let folder = gateway.config.data_dir.clone();
    let is_complete = known.is_complete;
    let answer = count(move || {
        let found = search.find(&known.chunks());
        let reader = if known.ended.is_empty() { None } else { Some(Reader::open(&folder)?) };
        let sessions = rows(&found, &known, reader.as_ref())?;
        Ok::<_, ArchiveError>((sessions, found.next, found.matched))
    });
    let (sessions, next, matched) = answer.await?.map_err(|error| unreadable(&error))?;
    let took_ms = started.elapsed().as_secs_f64() * 1000.0;
    Ok(Json(Sessions { sessions, next: next.map(Cursor::text), matched, is_complete, took_ms }))
}

/// What was found, in full: live sessions from what the shards said, ended ones from the archive.
fn rows(found: &Found, known: &Known, reader: Option<&Reader>) -> Result<Vec<Session>, ArchiveError> {
    let mut sessions = Vec::with_capacity(found.hits.len());
    for hit in &found.hits {
        let ended = known.ended.get(hit.chunk);
        let row: Option<Row> = match (ended, reader) {
            (Some(chunk), Some(reader)) => reader.session(&known.tenant, &chunk.id(hit.row))?,
            _ => {
                let live = known.live.get(&*known.tenant);
                live.and_then(|live| live.row(&known.tenant, hit.chunk - known.ended.len(), hit.row))
            }
        };
        // One that has just been pruned is gone.
        sessions.extend(row.map(|row| Session::of(row, ended.is_none())));
    }
    Ok(sessions)
}

pub(super) fn unreadable(error: &ArchiveError) -> Refusal {
    tracing::warn!(%error, "the archive cannot be read");
    Refusal {
        status: StatusCode::SERVICE_UNAVAILABLE,
        error: "no_archive",
        message: "the archive of ended sessions cannot be read".into(),
        hint: "the log says why",
        retry_after: Some(1),
    }
}
