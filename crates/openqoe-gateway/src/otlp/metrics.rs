//! The series pushed over OTLP: what a scrape would say, every interval, to a receiver of metrics. Off unless asked for.
//!
//! Values are cumulative, so what is lost while the receiver is away is resolution, not sums: the next push says it all again.

use std::sync::Arc;

use openqoe_metrics::{OtlpMetrics, OtlpMetricsOptions, Snapshot, Started};
use openqoe_spec::OtlpSignal;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::config::{Config, MetricHistograms};
use super::outbox::{Backlog, Outbox};
use super::sender::Sender;
use super::{DRAIN, own_resource};
use crate::gateway::Gateway;
use crate::push::{Endpoint, Push, push_every};

/// Points of a request. Receivers take a few MiB; a histogram with many labels is about 1 KiB.
const MAX_POINTS: usize = 2000;

/// The push loop and the sender.
pub(crate) struct MetricsPush {
    stop: watch::Sender<bool>,
    pusher: JoinHandle<()>,
    sender: JoinHandle<()>,
    backlog: Arc<Backlog>,
}

impl MetricsPush {
    /// Starts it, if there is a receiver. The process began to count at `started`, epoch ms.
    ///
    /// # Errors
    /// When a file of the configuration cannot be used.
    pub(crate) fn start(gateway: &Arc<Gateway>, started: u64) -> anyhow::Result<Option<MetricsPush>> {
        let (config, process) = (&gateway.config.otlp, &gateway.process);
        if !config.sends(OtlpSignal::Metrics) {
            if !config.metrics_endpoint.is_empty() {
                tracing::warn!("otlp: nothing is sent to `metrics_endpoint`, for `metrics` is false");
            }
            return Ok(None);
        }
        let endpoint = Endpoint::new(config.url(OtlpSignal::Metrics)?, config.settings())?;
        tracing::info!(receiver = %endpoint.name(), "otlp: metrics are sent");
        let backlog = Arc::new(Backlog::new(OtlpSignal::Metrics, process.clone()));
        let (packets, queue) = mpsc::unbounded_channel();
        let sender = Sender::new(endpoint, backlog.clone(), process.clone(), config);
        // Without a journal nothing is older than the process.
        let in_memory = gateway.config.data_dir.as_os_str().is_empty();
        let started = Started { process: started, state: in_memory.then_some(started) };
        let (stop, stopping) = watch::channel(false);
        let encoder = Encoder {
            encoder: OtlpMetrics::new(options(config, started)),
            outbox: Outbox::new(config, backlog.clone(), packets),
        };
        let pusher = push_every(config.metrics_interval, gateway.clone(), encoder, stopping);
        let (pusher, sender) = (tokio::spawn(pusher), tokio::spawn(sender.run(queue)));
        Ok(Some(MetricsPush { stop, pusher, sender, backlog }))
    }

    /// Pushes once more and gives the sender a moment; to be called while the shards still answer, when no request is under way
    /// any more.
    pub(crate) async fn finish(mut self) {
        self.stop.send_replace(true);
        let _ = self.pusher.await;
        if tokio::time::timeout(DRAIN, &mut self.sender).await.is_err() {
            self.sender.abort();
            // Gone before the runtime is, whose timers it would miss.
            let _ = self.sender.await;
            let bytes = self.backlog.bytes();
            tracing::warn!(signal = "metrics", bytes, "otlp: what waits for the receiver is lost");
        }
    }
}

fn options(config: &Config, started: Started) -> OtlpMetricsOptions {
    OtlpMetricsOptions {
        resource: own_resource(&config.resource),
        exponential: config.metrics_histograms == MetricHistograms::Exponential,
        max_points: MAX_POINTS,
        started,
    }
}

/// What encodes. The sender ends when it is gone.
struct Encoder {
    encoder: OtlpMetrics,
    outbox: Outbox,
}

impl Push for Encoder {
    fn push(&mut self, snapshot: &Snapshot, at: u64) {
        for request in self.encoder.encode(snapshot, at) {
            self.outbox.pass(&request.bytes, request.points);
            self.outbox.flush();
        }
    }
}
