//! Live updates as server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>). There are so many
//! streams at most; each ends when its reader goes, or with the gateway.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use openqoe_metrics::{ProcessScope, SharedRow};
use openqoe_spec::metrics::process::{Counter, Gauge};
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::History;
use super::live::LivePoint;
use super::ring::FINE;
use crate::refusal::Refusal;

/// How often a stream without news shows that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// What a stream holds on to.
struct Stream {
    history: Arc<History>,
    tenant: String,
    sampled: watch::Receiver<Option<u64>>,
    is_first: bool,
    _place: Place,
}

/// A place among the streams there may be.
struct Place {
    permit: Option<OwnedSemaphorePermit>,
    row: Arc<SharedRow<ProcessScope>>,
    history: Arc<History>,
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(self.permit.take());
        self.row.set(Gauge::LiveStreams, self.history.streams_open() as f64);
    }
}

impl History {
    fn streams_open(&self) -> usize {
        self.config.max_streams - self.streams.available_permits()
    }

    fn place(self: &Arc<Self>) -> Option<Place> {
        let permit = self.streams.clone().try_acquire_owned().ok()?;
        self.process.set(Gauge::LiveStreams, self.streams_open() as f64);
        Some(Place { permit: Some(permit), row: self.process.clone(), history: self.clone() })
    }

    /// The answer that goes on for as long as somebody reads it.
    pub(super) fn stream(self: &Arc<Self>, tenant: String) -> Response {
        let Some(place) = self.place() else {
            self.process.count(Counter::LiveStreamsRefused, 1.0);
            return Refusal {
                status: axum::http::StatusCode::SERVICE_UNAVAILABLE,
                error: "too_many_streams",
                message: format!("{} streams of live updates are open", self.config.max_streams),
                hint: "close a page, ask for /live now and then instead, or raise `history.max_streams`",
                retry_after: Some(5),
            }
            .into_response();
        };
        let sampled = self.sampled.subscribe();
        let stream = Stream { history: self.clone(), tenant, sampled, is_first: true, _place: place };
        let events = stream::unfold(stream, Stream::next);
        Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response()
    }
}

impl Stream {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Stream)> {
        loop {
            if !std::mem::take(&mut self.is_first) {
                self.sampled.changed().await.ok()?;
            }
            let now = (*self.sampled.borrow_and_update())?;
            let steps = self.history.steps(FINE, LivePoint::since(now));
            let Some(point) = LivePoint::of(&self.tenant, &steps) else { continue };
            let event = Event::default().event("point").json_data(&point);
            // Never an error: numbers and names make JSON.
            if let Ok(event) = event {
                return Some((Ok(event), self));
            }
        }
    }
}
