//! Ended sessions as OpenTelemetry sees them: a trace of each that is worth one, and the log of all, sent over OTLP/HTTP.
//!
//! ```text
//! shard ─> intake ─> exporter ─────────────> outbox ─> sender ─> receiver
//!        (chooses)  (reads back, builds)   (gathers)  (one request at a time, of each signal)
//! ```
//!
//! What others sent of traces and logs goes through outboxes of the same kind (`forward`), and so do the gateway's own series
//! (`metrics`).
//!
//! The intake is all a shard sees of it, and it never waits. What is lost on the way is a trace or a record, which the journal
//! still has the events of; so queues are in memory, bounded, and each loss is counted.

mod attributes;
mod badness;
mod config;
mod exporter;
mod forward;
mod intake;
mod logs;
mod message;
mod metrics;
mod outbox;
mod sender;
mod spans;
mod timeline;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use openqoe_engine::Summary;
use openqoe_metrics::{ProcessScope, SharedRow, Traces};
use openqoe_spec::metrics::process::Gauge;
use openqoe_spec::{OtlpSignal, TraceId};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use self::badness::Badness;
use self::exporter::Exporter;
use self::outbox::{Backlog, Outbox};
use self::sender::Sender;
use self::spans::Limits;
use crate::config::Config as Whole;
use crate::journal::SessionReader;
use crate::push::{Endpoint, Pairs, Seldom};
use crate::recovery::JOURNALS;

pub(crate) use config::Config;
pub(crate) use forward::{Forward, Passed};
pub(crate) use intake::Intake;
pub(crate) use metrics::MetricsPush;

/// How long the end of the process waits for what is still to be sent.
const DRAIN: Duration = Duration::from_secs(3);

/// What runs beside the shards.
pub(crate) struct Otlp {
    pub(crate) intake: Intake,
    /// Where others' traces and logs go through.
    pub(crate) forward: Arc<Forward>,
    running: Option<Running>,
}

struct Running {
    stop: watch::Sender<bool>,
    exporter: Option<JoinHandle<()>>,
    forward: JoinHandle<()>,
    senders: Vec<(Arc<Backlog>, JoinHandle<()>)>,
}

impl Otlp {
    /// Nothing at all.
    pub(crate) fn off() -> Otlp {
        Otlp { intake: Intake::default(), forward: Arc::default(), running: None }
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
        let (stop, stopping) = watch::channel(false);
        let (mut senders, mut passing) = (Vec::new(), Vec::new());
        let mut open = |signal: OtlpSignal| {
            let endpoint = Endpoint::new(otlp.url(signal)?, otlp.settings())?;
            tracing::info!(receiver = %endpoint.name(), "otlp: {} are sent", signal.as_str());
            let backlog = Arc::new(Backlog::new(signal, process.clone()));
            let (packets, queue) = mpsc::unbounded_channel();
            let sender = Sender::new(endpoint, backlog.clone(), process.clone(), otlp);
            senders.push((backlog.clone(), tokio::spawn(sender.run(queue))));
            passing.push((signal, Outbox::new(otlp, backlog.clone(), packets.clone())));
            anyhow::Ok(Outbox::new(otlp, backlog, packets))
        };
        let traces = otlp.sends(OtlpSignal::Traces).then(|| open(OtlpSignal::Traces)).transpose()?;
        let logs = otlp.sends(OtlpSignal::Logs).then(|| open(OtlpSignal::Logs)).transpose()?;
        let forward = Arc::new(Forward::new(passing));
        let passing = tokio::spawn(forward.clone().run(stopping.clone()));
        if config.data_dir.as_os_str().is_empty() {
            tracing::warn!(
                "otlp: no session is exported, for sessions are read back from the journal: set `data_dir`"
            );
            let running = Running { stop, exporter: None, forward: passing, senders };
            return Ok(Otlp { intake: Intake::default(), forward, running: Some(running) });
        }
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
        let exporter = Some(tokio::spawn(exporter.run(queue, stopping)));
        let running = Running { stop, exporter, forward: passing, senders };
        Ok(Otlp { intake, forward, running: Some(running) })
    }

    /// Sends what waits, for a moment; to be called when no session ends any more.
    pub(crate) async fn finish(self) {
        let Some(Running { stop, exporter, forward, senders }) = self.running else { return };
        let deadline = tokio::time::Instant::now() + DRAIN;
        stop.send_replace(true);
        if let Some(exporter) = exporter {
            let _ = exporter.await;
        }
        let _ = forward.await;
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

/// Attributes of the resource: what the gateway is, unless it is told to be something else.
fn own_resource(told: &Pairs) -> Vec<(String, String)> {
    let own = [("service.name", "openqoe"), ("service.version", env!("CARGO_PKG_VERSION"))];
    let own = own.into_iter().filter(|(name, _)| !told.iter().any(|(other, _)| other == *name));
    own.chain(told.iter()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What exemplars can know of traces beforehand, when there are any.
pub(crate) fn traces(config: &Whole) -> Option<Traces> {
    let otlp = &config.otlp;
    otlp.has_traces(&config.data_dir).then(|| Traces {
        share: otlp.sample,
        slow_startup: (!otlp.slow_startup.is_zero()).then_some(otlp.slow_startup.as_secs_f64() * 1000.0),
    })
}

/// The trace an ended session is exported as, if it is: those drawn are, and bad ones, as far as `otlp.max_per_second` allows.
pub(crate) fn trace_of(config: &Whole, session_id: &str, summary: &Summary) -> Option<TraceId> {
    let trace = TraceId::of(session_id);
    let is_meant = Badness::of(summary, &config.otlp).is_some() || trace.is_within(config.otlp.sample);
    (is_meant && config.otlp.has_traces(&config.data_dir)).then_some(trace)
}
