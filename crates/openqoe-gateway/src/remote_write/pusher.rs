//! Takes a snapshot every interval, encodes it and puts it into the queue.

use std::sync::Arc;
use std::time::{Duration, Instant};

use openqoe_metrics::{RemoteWrite, RemoteWriteOptions, Snapshot};
use tokio::sync::watch;

use super::request::{About, Request};
use super::sender::Shared;
use crate::clock::now_ms;
use crate::gateway::Gateway;
use crate::push::Pace;

/// How often a receiver of 1.0 is told what the metrics are, as Prometheus does. In 2.0 every message says it.
const METADATA: Duration = Duration::from_secs(60);

/// The one that pushes.
pub(super) struct Pusher {
    gateway: Arc<Gateway>,
    shared: Arc<Shared>,
    encoder: RemoteWrite,
    /// When metadata went out last.
    told: Option<Instant>,
}

impl Pusher {
    pub(super) fn new(gateway: Arc<Gateway>, shared: Arc<Shared>, options: RemoteWriteOptions) -> Pusher {
        Pusher { gateway, shared, encoder: RemoteWrite::new(options), told: None }
    }

    /// Pushes until `stop` changes, and then once more.
    pub(super) async fn run(mut self, stop: watch::Receiver<bool>) {
        let interval = self.gateway.config.remote_write.interval;
        let Some(mut pace) = Pace::begin(&self.gateway, interval, stop).await else { return };
        loop {
            let is_last = pace.is_last().await;
            self.push().await;
            if is_last {
                return;
            }
        }
    }

    async fn push(&mut self) {
        self.shared.queue().show(now_ms());
        let snapshot = self.gateway.snapshot().await;
        tokio::task::block_in_place(|| self.queue(&snapshot));
        self.shared.arrived.notify_one();
    }

    fn queue(&mut self, snapshot: &Snapshot) {
        let at = now_ms();
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
    }
}
