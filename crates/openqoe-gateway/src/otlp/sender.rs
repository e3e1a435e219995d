//! Sends the requests of one signal, one at a time, and again while the receiver asks for patience.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use openqoe_metrics::{ProcessScope, SharedRow};
use openqoe_spec::metrics::process::{Counter, Histogram};
use openqoe_spec::{OtlpDrop, OtlpOutcome as Outcome};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::config::{Compression, Config};
use super::outbox::{Backlog, Packet};
use super::verdict::Verdict;
use crate::push::{Answer, Endpoint, Outage, Seldom};

/// The one that sends.
pub(super) struct Sender {
    endpoint: Endpoint,
    backlog: Arc<Backlog>,
    process: Arc<SharedRow<ProcessScope>>,
    max_age: Duration,
    /// What every request says of its body.
    about: HeaderMap,
    outage: Outage,
    refusals: Seldom,
}

impl Sender {
    /// A sender to a receiver.
    pub(super) fn new(
        endpoint: Endpoint,
        backlog: Arc<Backlog>,
        process: Arc<SharedRow<ProcessScope>>,
        config: &Config,
    ) -> Sender {
        let mut about = HeaderMap::new();
        about.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        if config.compression == Compression::Gzip {
            about.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let max_age = config.queue_max_age;
        let (outage, refusals) = (Outage::default(), Seldom::default());
        Sender { endpoint, backlog, process, max_age, about, outage, refusals }
    }

    /// Sends until nothing can come any more.
    pub(super) async fn run(mut self, mut queue: mpsc::UnboundedReceiver<Packet>) {
        while let Some(packet) = queue.recv().await {
            while !self.attempt(&packet).await {}
            self.backlog.remove(packet.body.len());
        }
    }

    /// One attempt, and the wait after one that failed; whether it is done with.
    async fn attempt(&mut self, packet: &Packet) -> bool {
        if packet.made_at.elapsed() > self.max_age {
            self.backlog.drop_items(OtlpDrop::TooOld, packet.items);
            return true;
        }
        let signal = self.backlog.signal;
        self.process.count(Counter::OtlpSentBytes(signal), packet.body.len() as f64);
        let begun = Instant::now();
        match self.endpoint.post(self.about.clone(), packet.body.clone()).await {
            Ok(answer) => {
                let ms = begun.elapsed().as_secs_f64() * 1000.0;
                self.process.observe(Histogram::OtlpRequestDurationSeconds, ms);
                self.heed(packet, &answer).await
            }
            Err(why) => {
                self.wait(Outcome::Unreachable, None, &why).await;
                false
            }
        }
    }

    async fn heed(&mut self, packet: &Packet, answer: &Answer) -> bool {
        match Verdict::of(answer, packet.items) {
            Verdict::Retry => {
                let why = format!("{} {}", answer.status, answer.line());
                self.wait(Outcome::Retried, answer.retry_after(), why.trim()).await;
                return false;
            }
            Verdict::Refused => {
                self.back();
                self.refused(Outcome::Refused, packet.items, &format!("{} {}", answer.status, answer.line()));
            }
            Verdict::Taken { rejected, why } => {
                self.back();
                let signal = self.backlog.signal;
                self.process.count(Counter::OtlpSent(signal), (packet.items - rejected) as f64);
                if rejected > 0 {
                    self.refused(Outcome::Partial, rejected, &why);
                } else {
                    self.count(Outcome::Accepted);
                }
            }
        }
        true
    }

    fn count(&self, outcome: Outcome) {
        self.process.count(Counter::OtlpRequests(self.backlog.signal, outcome), 1.0);
    }

    fn refused(&mut self, outcome: Outcome, items: usize, why: &str) {
        self.count(outcome);
        self.backlog.drop_items(OtlpDrop::Refused, items);
        if self.refusals.is_due() {
            let (receiver, signal) = (self.endpoint.name(), self.backlog.signal.as_str());
            let why = crate::push::line(why);
            tracing::warn!(%receiver, signal, items, why, "otlp: the receiver refused some of it for good; said once a minute");
        }
    }

    async fn wait(&mut self, outcome: Outcome, retry_after: Option<Duration>, why: &str) {
        self.count(outcome);
        let (wait, tell) = self.outage.failed(retry_after);
        if tell {
            let receiver = self.endpoint.name();
            tracing::warn!(%receiver, why, "otlp: the receiver takes nothing; it waits, attempts go on");
        }
        tokio::time::sleep(wait).await;
    }

    /// The receiver answers for good again.
    fn back(&mut self) {
        if let Some(away) = self.outage.ended() {
            let away = humantime_serde::re::humantime::format_duration(Duration::from_secs(away.as_secs()));
            tracing::info!(receiver = %self.endpoint.name(), %away, "otlp: the receiver is back");
        }
    }
}
