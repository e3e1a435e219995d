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
use super::pacing;
use super::request_log::Visit;
use super::scopes::Scope;

const STEP: Duration = Duration::from_millis(50);
const CHUNK: usize = 16 * 1024;

/// How a body is delivered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Manner {
    /// As fast as the faults allow.
    Fast,
    /// The progressive file from this place on: little faster than it plays, and stoppable in the middle.
    Paced(usize),
}

struct Delivery {
    rest: Bytes,
    scope: Arc<Scope>,
    faults: watch::Receiver<Faults>,
    manner: Manner,
    /// Up to where in the file no pace is kept.
    lead: usize,
    due: Instant,
    visit: Visit,
}

/// The body that delivers `bytes`.
pub(crate) fn deliver(bytes: Bytes, manner: Manner, scope: Arc<Scope>, visit: Visit) -> Body {
    let faults = scope.watch();
    let due = Instant::now();
    let mut delivery = Delivery { rest: bytes, scope, faults, manner, lead: 0, due, visit };
    delivery.run_ahead();
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
        // Time lost to a slow reader is not made up for: `due` never lags behind the clock.
        self.due = (self.due + cost(chunk.len(), rate)).max(Instant::now());
        sleep_until(self.due).await;
        self.visit.deliver(chunk.len());
        if let Manner::Paced(offset) = &mut self.manner {
            *offset += chunk.len();
        }
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
            self.run_ahead();
        }
    }

    fn run_ahead(&mut self) {
        if let Manner::Paced(offset) = self.manner {
            self.lead = pacing::lead(offset);
        }
    }

    /// Bytes per second, 0 for as fast as it goes.
    fn rate(&self) -> usize {
        let throttle = self.faults.borrow().slow_kbps as usize * 1000 / 8;
        let pace = match self.manner {
            Manner::Paced(offset) if offset >= self.lead => pacing::rate(offset),
            _ => 0,
        };
        if throttle == 0 || pace == 0 { throttle.max(pace) } else { throttle.min(pace) }
    }
}

fn chunk_size(rate: usize) -> usize {
    if rate == 0 {
        return CHUNK;
    }
    (rate * STEP.as_millis() as usize / 1000).clamp(1, CHUNK)
}

fn cost(bytes: usize, rate: usize) -> Duration {
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
