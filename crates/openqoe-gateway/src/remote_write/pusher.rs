//! Encodes each snapshot that is to be pushed, and puts it into the queue.

use std::sync::Arc;
use std::time::{Duration, Instant};

use openqoe_metrics::{RemoteWrite, RemoteWriteOptions, Snapshot};

use super::request::{About, Request};
use super::sender::Shared;
use crate::clock::now_ms;
use crate::push::Push;

/// How often a receiver of 1.0 is told what the metrics are, as Prometheus does. In 2.0 every message says it.
const METADATA: Duration = Duration::from_secs(60);

/// What encodes and queues.
pub(super) struct Pusher {
    shared: Arc<Shared>,
    encoder: RemoteWrite,
    /// When metadata went out last.
    told: Option<Instant>,
}

impl Pusher {
    pub(super) fn new(shared: Arc<Shared>, options: RemoteWriteOptions) -> Pusher {
        Pusher { shared, encoder: RemoteWrite::new(options), told: None }
    }
}

impl Push for Pusher {
    fn announce(&mut self) {
        self.shared.queue().show(now_ms());
    }

    fn push(&mut self, snapshot: &Snapshot, at: u64) {
        let metadata = self.told.is_none_or(|told| told.elapsed() >= METADATA);
        if metadata {
            self.told = Some(Instant::now());
        }
        for message in self.encoder.encode(snapshot, at) {
            let about = About { at, samples: message.samples as u64, metadata };
            match Request::new(about, &message.bytes) {
                Ok(request) => self.shared.queue().push(request, at),
                Err(error) => tracing::error!("remote write: a push cannot be compressed: {error}"),
            }
        }
        self.shared.queue().show(at);
        self.shared.arrived.notify_one();
    }
}
