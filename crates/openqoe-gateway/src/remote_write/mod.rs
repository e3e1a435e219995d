//! Remote write: the series pushed to Prometheus, Mimir, Thanos or VictoriaMetrics, for where nobody can scrape the gateway.
//!
//! ```text
//! snapshot ─> encoder ─> queue (files) ─> sender ─> receiver
//!   pusher, every interval                one request at a time
//! ```
//!
//! The queue holds remote write 2.0, whatever the receiver speaks: the sender finds that out and makes 1.0 of it if need be.

mod config;
mod pusher;
mod queue;
mod receiver;
mod request;
mod sender;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use openqoe_metrics::Started;
use openqoe_spec::metrics::process::Gauge;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::pusher::Pusher;
use self::queue::{Bounds, Queue};
use self::receiver::Receiver;
use self::sender::{Sender, Shared};
use crate::gateway::Gateway;
use crate::push::push_every;

pub(crate) use config::Config;

/// How long the end of the process waits for what is still to be sent.
const DRAIN: Duration = Duration::from_secs(3);

/// The push loop and the sender.
pub(crate) struct RemoteWrite {
    shared: Arc<Shared>,
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
        let process = &gateway.process;
        process.set(Gauge::RemoteWriteLastSuccessTimestampSeconds, 0.0);
        let on_disk = !data_dir.as_os_str().is_empty();
        let folder = on_disk.then(|| data_dir.join("remote-write"));
        let bounds = Bounds { max_bytes: config.queue_max_bytes, max_age: config.queue_max_age };
        let queue = Queue::open(folder, bounds, process.clone())
            .with_context(|| format!("remote write queue in {}", data_dir.display()))?;
        let receiver = Receiver::new(config)?;
        let (requests, samples) = queue.pending();
        tracing::info!(receiver = %receiver.name(), requests, samples, "remote write: begins with what waits from before");
        let shared = Arc::new(Shared::new(queue));
        // Without a journal nothing is older than the process.
        let started = Started { process: started, state: (!on_disk).then_some(started) };
        let ((stop, stopping), (draining, drained)) = (watch::channel(false), watch::channel(false));
        let pusher = Pusher::new(shared.clone(), config.options(started));
        let pusher = push_every(config.interval, gateway.clone(), pusher, stopping);
        let sender = Sender::new(receiver, shared.clone(), process.clone(), config.protocol, drained);
        let (pusher, sender) = (tokio::spawn(pusher), tokio::spawn(sender.run()));
        Ok(Some(RemoteWrite { shared, stop, draining, pusher, sender }))
    }

    /// Queues a last snapshot and gives the sender a moment for what waits; to be called while the shards still answer, when
    /// no request is under way any more.
    pub(crate) async fn finish(mut self) {
        self.stop.send_replace(true);
        let _ = self.pusher.await;
        self.draining.send_replace(true);
        if tokio::time::timeout(DRAIN, &mut self.sender).await.is_err() {
            self.sender.abort();
            // Gone before the runtime is, whose timers it would miss.
            let _ = self.sender.await;
        }
        let mut queue = self.shared.queue();
        let ((requests, samples), lost) = (queue.pending(), queue.persist());
        if samples > lost {
            tracing::info!(
                requests,
                samples = samples - lost,
                "remote write: samples wait for the next start"
            );
        }
        if lost > 0 {
            tracing::warn!(
                samples = lost,
                "remote write: samples are lost, for they cannot be written to a data_dir"
            );
        }
    }
}
