//! Remote write: the series pushed to Prometheus, Mimir, Thanos or VictoriaMetrics, for where nobody can scrape the gateway.
//!
//! ```text
//! snapshot ─> encoder ─> queue (files) ─> sender ─> receiver
//!   pusher, every interval                one request at a time
//! ```
//!
//! The queue holds remote write 2.0, whatever the receiver speaks: the sender finds that out and makes 1.0 of it if need be.

mod config;
mod outage;
mod pairs;
mod pusher;
mod queue;
mod receiver;
mod request;
mod seldom;
mod sender;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use openqoe_metrics::{RemoteWriteOptions, Started};
use openqoe_spec::metrics::process::Gauge;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::outage::Outage;
use self::pusher::Pusher;
use self::queue::{Bounds, Queue};
use self::receiver::Receiver;
use self::seldom::Seldom;
use self::sender::{Sender, Shared};
use self::verdict::Negotiation;
use crate::gateway::Gateway;

pub(crate) use config::Config;

/// How long the end of the process waits for what is still to be sent.
const DRAIN: Duration = Duration::from_secs(3);

/// The push loop and the sender.
pub(crate) struct RemoteWrite {
    shared: Arc<Shared>,
    on_disk: bool,
    stop: watch::Sender<bool>,
    draining: watch::Sender<bool>,
    pusher: JoinHandle<()>,
    sender: JoinHandle<()>,
}

impl RemoteWrite {
    /// Starts it, if there is a receiver. The process began to count at `started`, epoch ms.
    ///
    /// # Errors
    /// When a file of the configuration or the queue's folder cannot be used.
    pub(crate) fn start(gateway: &Arc<Gateway>, started: u64) -> anyhow::Result<Option<RemoteWrite>> {
        let (config, data_dir) = (&gateway.config.remote_write, &gateway.config.data_dir);
        if !config.is_on() {
            return Ok(None);
        }
        let process = gateway.process.clone();
        process.set(Gauge::RemoteWriteLastSuccessTimestampSeconds, 0.0);
        let on_disk = !data_dir.as_os_str().is_empty();
        let folder = on_disk.then(|| data_dir.join("remote-write"));
        let about = || format!("remote write queue in {}", data_dir.display());
        let bounds = Bounds { max_bytes: config.queue_max_bytes, max_age: config.queue_max_age };
        let shared = Arc::new(Shared::new(Queue::open(folder, bounds, process.clone()).with_context(about)?));
        let receiver = Receiver::new(config)?;
        let (requests, samples) = shared.queue().pending();
        tracing::info!(receiver = %receiver.name(), requests, samples, "remote write: begins with what waits from before");
        // Without a journal nothing is older than the process.
        let state = (!on_disk).then_some(started);
        let encoder = openqoe_metrics::RemoteWrite::new(RemoteWriteOptions {
            histograms: config.histograms.into(),
            max_samples: config.max_samples,
            external_labels: config
                .external_labels
                .iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            started: Started { process: started, state },
        });
        let pusher = Pusher { gateway: gateway.clone(), shared: shared.clone(), encoder, told: None };
        let ((stop, stopping), (draining, drained)) = (watch::channel(false), watch::channel(false));
        let sender = Sender {
            receiver,
            shared: shared.clone(),
            process,
            negotiation: Negotiation::new(config.protocol),
            outage: Outage::default(),
            refusals: Seldom::default(),
            told: None,
            draining: drained,
        };
        let (pusher, sender) = (tokio::spawn(pusher.run(stopping)), tokio::spawn(sender.run()));
        Ok(Some(RemoteWrite { shared, on_disk, stop, draining, pusher, sender }))
    }

    /// Queues a last snapshot and gives the sender a moment for what waits; to be called while the shards still answer, when
    /// no request is under way any more.
    pub(crate) async fn finish(mut self) {
        self.stop.send_replace(true);
        let _ = self.pusher.await;
        self.draining.send_replace(true);
        if tokio::time::timeout(DRAIN, &mut self.sender).await.is_err() {
            self.sender.abort();
        }
        let (requests, samples) = self.shared.queue().pending();
        match (samples, self.on_disk) {
            (0, _) => {}
            (_, true) => tracing::info!(requests, samples, "remote write: samples wait for the next start"),
            (_, false) => tracing::warn!(
                samples,
                "remote write: samples are lost with the process, for there is no data_dir"
            ),
        }
    }
}
