//! A body on its way: handed over in chunks, each due at a time the faults decide. Everything lives in the stream the
//! connection polls, so a client that leaves, or reads slowly, frees or stops it all.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::faults::{self, Faults};
use super::media;
use super::request_log::Visit;
use super::scopes::Scope;

const STEP: Duration = Duration::from_millis(50);
const CHUNK: usize = 64 * 1024;
/// Media ahead of the clock in a paced delivery: enough to start at once, little enough for a hold to be felt in seconds.
const LEAD_SECONDS: u64 = 5;
/// A little more than real time, or a file's denser passages would starve the player.
const PACE_PERCENT: u64 = 110;

/// How a body is delivered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Manner {
    /// As fast as the faults allow.
    Fast,
    /// No faster than it plays, and stoppable in the middle: a file of this many bytes that plays [`media::SECONDS`].
    Paced(usize),
}

struct Delivery {
    rest: Bytes,
    scope: Arc<Scope>,
    faults: watch::Receiver<Faults>,
    manner: Manner,
    /// Bytes that may still leave ahead of the pace.
    lead: usize,
    due: Instant,
    visit: Visit,
}

/// The body that delivers `bytes`.
pub(crate) fn deliver(bytes: Bytes, manner: Manner, scope: Arc<Scope>, visit: Visit) -> Body {
    let faults = scope.watch();
    let delivery =
        Delivery { rest: bytes, scope, faults, manner, lead: lead(manner), due: Instant::now(), visit };
    Body::from_stream(stream::unfold(delivery, Delivery::next))
}

impl Delivery {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if self.rest.is_empty() {
            return None;
        }
        self.stand_still().await;
        let rate = self.rate();
        let chunk = self.rest.split_to(chunk_size(rate).min(self.rest.len()));
        self.lead = self.lead.saturating_sub(chunk.len());
        // Time lost to a slow reader is not made up for: `due` never lags behind the clock.
        self.due = (self.due + cost(chunk.len(), rate)).max(Instant::now());
        sleep_until(self.due).await;
        self.visit.deliver(chunk.len());
        Some((Ok(chunk), self))
    }

    /// Holds and withholds in the middle of the body, which only a paced one knows.
    async fn stand_still(&mut self) {
        if self.manner == Manner::Fast {
            return;
        }
        let began = Instant::now();
        faults::wait(&mut self.faults, Faults::hold_left).await;
        sleep(self.scope.take_withheld()).await;
        if began.elapsed() >= STEP {
            // The player has run dry meanwhile, and begins anew.
            self.lead = lead(self.manner);
        }
    }

    /// Bytes per second, 0 for as fast as it goes.
    fn rate(&self) -> u64 {
        let throttle = self.faults.borrow().slow_kbps * 1000 / 8;
        let pace = match self.manner {
            Manner::Paced(size) if self.lead == 0 => size as u64 * PACE_PERCENT / 100 / media::SECONDS,
            _ => 0,
        };
        if throttle == 0 || pace == 0 { throttle.max(pace) } else { throttle.min(pace) }
    }
}

fn lead(manner: Manner) -> usize {
    match manner {
        Manner::Fast => 0,
        Manner::Paced(size) => (size as u64 * LEAD_SECONDS / media::SECONDS) as usize,
    }
}

fn chunk_size(rate: u64) -> usize {
    if rate == 0 {
        return CHUNK;
    }
    usize::try_from(rate * STEP.as_millis() as u64 / 1000).unwrap_or(CHUNK).clamp(1, CHUNK)
}

fn cost(bytes: usize, rate: u64) -> Duration {
    if rate == 0 { Duration::ZERO } else { Duration::from_secs_f64(bytes as f64 / rate as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_last_one_step() {
        assert_eq!(chunk_size(0), CHUNK);
        assert_eq!(chunk_size(125), 6);
        assert_eq!(chunk_size(1), 1);
        assert_eq!(chunk_size(125_000_000), CHUNK);
        assert_eq!(cost(6, 125), Duration::from_millis(48));
    }
}
