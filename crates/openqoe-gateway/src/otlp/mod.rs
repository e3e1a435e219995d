//! Ended sessions as OpenTelemetry sees them: a trace of each that is worth one, and the log of all, sent over OTLP/HTTP.
//!
//! ```text
//! shard ─> intake ─> exporter ─────────────> outbox ─> sender ─> receiver
//!        (chooses)  (reads back, builds)   (gathers)  (one request at a time, of each signal)
//! ```
//!
//! The intake is all a shard sees of it, and it never waits. What is lost on the way is a trace or a record, which the journal
//! still has the events of; so queues are in memory, bounded, and each loss is counted.

mod attributes;
mod badness;
mod config;
mod exporter;
mod intake;
mod logs;
mod message;
mod outbox;
mod sender;
mod spans;
mod timeline;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use openqoe_metrics::{ProcessScope, SharedRow, Traces};
use openqoe_spec::OtlpSignal;
use openqoe_spec::metrics::process::Gauge;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use self::exporter::Exporter;
use self::outbox::{Backlog, Outbox};
use self::sender::Sender;
use self::spans::Limits;
use crate::config::Config as Whole;
use crate::journal::SessionReader;
use crate::push::{Endpoint, Seldom};
use crate::recovery::JOURNALS;

pub(crate) use config::Config;
pub(crate) use intake::Intake;

/// How long the end of the process waits for what is still to be sent.
const DRAIN: Duration = Duration::from_secs(3);

/// What runs beside the shards.
pub(crate) struct Otlp {
    pub(crate) intake: Intake,
    running: Option<Running>,
}

struct Running {
    stop: watch::Sender<bool>,
    exporter: JoinHandle<()>,
    senders: Vec<(Arc<Backlog>, JoinHandle<()>)>,
}

impl Otlp {
    /// Nothing at all.
    pub(crate) fn off() -> Otlp {
        Otlp { intake: Intake::default(), running: None }
    }

    /// Starts it, if there is a receiver and a journal to read back from.
    ///
    /// # Errors
    /// When a file of the configuration cannot be used.
    pub(crate) fn start(
        config: &Whole,
        shards: usize,
        process: &Arc<SharedRow<ProcessScope>>,
    ) -> anyhow::Result<Otlp> {
        let otlp = &config.otlp;
        if !otlp.is_on() {
            return Ok(Otlp::off());
        }
        if config.data_dir.as_os_str().is_empty() {
            tracing::warn!(
                "otlp: nothing is exported, for sessions are read back from the journal: set `data_dir`"
            );
            return Ok(Otlp::off());
        }
        let (stop, stopping) = watch::channel(false);
        let mut senders = Vec::new();
        let mut open = |signal: OtlpSignal| {
            let endpoint = Endpoint::new(otlp.url(signal)?, otlp.settings())?;
            tracing::info!(receiver = %endpoint.name(), "otlp: {} of ended sessions are exported", signal.as_str());
            let backlog = Arc::new(Backlog::new(signal, process.clone()));
            let (packets, queue) = mpsc::unbounded_channel();
            let sender = Sender::new(endpoint, backlog.clone(), process.clone(), otlp);
            senders.push((backlog.clone(), tokio::spawn(sender.run(queue))));
            anyhow::Ok(Outbox::new(otlp, backlog, packets))
        };
        let traces = otlp.sends(OtlpSignal::Traces).then(|| open(OtlpSignal::Traces)).transpose()?;
        let logs = otlp.sends(OtlpSignal::Logs).then(|| open(OtlpSignal::Logs)).transpose()?;
        let journals = config.data_dir.join(JOURNALS);
        let exporter = Exporter {
            process: process.clone(),
            readers: (0..shards).map(|shard| SessionReader::new(journals.join(shard.to_string()))).collect(),
            engine: config.engine(1),
            limits: Limits { max_spans: otlp.max_spans, with_viewer: otlp.viewer_id_hash },
            traces,
            logs,
            failures: Seldom::default(),
        };
        let (chosen, queue) = mpsc::channel(otlp.queue);
        process.set(Gauge::OtlpPendingSessions, 0.0);
        let intake = Intake::new(otlp.clone(), process.clone(), chosen);
        let exporter = tokio::spawn(exporter.run(queue, stopping));
        Ok(Otlp { intake, running: Some(Running { stop, exporter, senders }) })
    }

    /// Sends what waits, for a moment; to be called when no session ends any more.
    pub(crate) async fn finish(self) {
        let Some(Running { stop, exporter, senders }) = self.running else { return };
        let deadline = tokio::time::Instant::now() + DRAIN;
        stop.send_replace(true);
        let _ = exporter.await;
        for (backlog, mut sender) in senders {
            if tokio::time::timeout_at(deadline, &mut sender).await.is_err() {
                sender.abort();
                // Gone before the runtime is, whose timers it would miss.
                let _ = sender.await;
                let (signal, bytes) = (backlog.signal.as_str(), backlog.bytes());
                tracing::warn!(signal, bytes, "otlp: what waits for the receiver is lost");
            }
        }
    }
}

/// What exemplars can know of traces beforehand, when there are any.
pub(crate) fn traces(config: &Whole) -> Option<Traces> {
    let otlp = &config.otlp;
    otlp.has_traces(&config.data_dir).then(|| Traces {
        share: otlp.sample,
        slow_startup: (!otlp.slow_startup.is_zero()).then_some(otlp.slow_startup.as_secs_f64() * 1000.0),
    })
}
