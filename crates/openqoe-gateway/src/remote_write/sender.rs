//! Sends what waits, one request at a time: the order of a series' samples is the order of the queue.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use openqoe_metrics::{ProcessScope, SharedRow};
use openqoe_spec::RemoteWriteOutcome as Outcome;
use openqoe_spec::metrics::process::{Counter, Gauge, Histogram};
use tokio::sync::{Notify, watch};

use super::config::Protocol;
use super::queue::Queue;
use super::receiver::{Answer, Receiver, Version};
use super::request::Request;
use super::verdict::{Negotiation, Verdict};
use crate::clock::now_ms;
use crate::push::{Outage, Seldom};

/// The queue, as the pusher and the sender share it.
#[derive(Debug)]
pub(super) struct Shared {
    queue: Mutex<Queue>,
    pub(super) arrived: Notify,
}

impl Shared {
    pub(super) fn new(queue: Queue) -> Shared {
        Shared { queue: Mutex::new(queue), arrived: Notify::new() }
    }

    /// The queue; nobody holds it across an await.
    pub(super) fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one that sends.
#[derive(Debug)]
pub(super) struct Sender {
    receiver: Receiver,
    shared: Arc<Shared>,
    process: Arc<SharedRow<ProcessScope>>,
    negotiation: Negotiation,
    outage: Outage,
    refusals: Seldom,
    /// The version the log was told of.
    told: Option<Version>,
    /// Set when the process is about to end.
    draining: watch::Receiver<bool>,
}

impl Sender {
    pub(super) fn new(
        receiver: Receiver,
        shared: Arc<Shared>,
        process: Arc<SharedRow<ProcessScope>>,
        protocol: Protocol,
        draining: watch::Receiver<bool>,
    ) -> Sender {
        let (negotiation, outage, refusals) =
            (Negotiation::new(protocol), Outage::default(), Seldom::default());
        Sender { receiver, shared, process, negotiation, outage, refusals, told: None, draining }
    }

    /// Sends until the process is about to end and nothing waits.
    pub(super) async fn run(mut self) {
        loop {
            let first = tokio::task::block_in_place(|| self.shared.queue().first(now_ms()));
            match first {
                Some((number, request)) => self.send(number, &request).await,
                None if *self.draining.borrow() => return,
                None => {
                    tokio::select! {
                        () = self.shared.arrived.notified() => {}
                        changed = self.draining.changed() => if changed.is_err() {
                            return;
                        },
                    }
                }
            }
            self.shared.queue().show(now_ms());
        }
    }

    /// One attempt, and the wait after one that failed. What still waits then comes out of the queue again.
    async fn send(&mut self, number: u64, request: &Request) {
        let version = self.negotiation.version();
        let body = match version {
            Version::V2 => Some(request.body.clone()),
            Version::V1 => tokio::task::block_in_place(|| request.body_1_0()),
        };
        let Some(body) = body else {
            self.shared.queue().discard(number, request.about.samples);
            return;
        };
        self.process.count(Counter::RemoteWriteSentBytes, body.len() as f64);
        let begun = Instant::now();
        match self.receiver.post(version, Bytes::from(body)).await {
            Ok(answer) => {
                let ms = begun.elapsed().as_secs_f64() * 1000.0;
                self.process.observe(Histogram::RemoteWriteRequestDurationSeconds, ms);
                self.heed(number, request, version, &answer).await;
            }
            Err(why) => {
                self.negotiation.restart();
                self.wait(Outcome::Unreachable, None, &why).await;
            }
        }
    }

    async fn heed(&mut self, number: u64, request: &Request, version: Version, answer: &Answer) {
        let samples = request.about.samples;
        match self.negotiation.judge(version, answer, samples) {
            Verdict::Retry => {
                let why = format!("{} {}", answer.status, answer.line);
                self.wait(Outcome::Retried, answer.retry_after, why.trim()).await;
            }
            Verdict::Unsupported => self.count(Outcome::Unsupported),
            Verdict::Done { refused } => {
                self.back();
                self.count(if refused == 0 { Outcome::Accepted } else { Outcome::Refused });
                self.process.count(Counter::RemoteWriteSamplesSent, (samples - refused) as f64);
                self.process.count(Counter::RemoteWriteSamplesFailed, refused as f64);
                if refused < samples {
                    self.process.set(Gauge::RemoteWriteLastSuccessTimestampSeconds, now_ms() as f64);
                    self.tell_version(version);
                }
                if refused > 0 {
                    self.tell_refusal(refused, version, answer);
                }
                tokio::task::block_in_place(|| self.shared.queue().remove(number));
            }
        }
    }

    fn count(&self, outcome: Outcome) {
        self.process.count(Counter::RemoteWriteRequests(outcome), 1.0);
    }

    async fn wait(&mut self, outcome: Outcome, retry_after: Option<Duration>, why: &str) {
        self.count(outcome);
        let (wait, tell) = self.outage.failed(retry_after);
        if tell {
            let receiver = self.receiver.name();
            tracing::warn!(%receiver, why, "remote write: the receiver takes no samples; they wait, attempts go on");
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            // Worth one attempt at once.
            _ = self.draining.changed() => {}
        }
    }

    /// The receiver answers for good again.
    fn back(&mut self) {
        if let Some(away) = self.outage.ended() {
            let away = humantime_serde::re::humantime::format_duration(Duration::from_secs(away.as_secs()));
            let (receiver, (_, pending_samples)) = (self.receiver.name(), self.shared.queue().pending());
            tracing::info!(%receiver, %away, pending_samples, "remote write: the receiver is back");
        }
    }

    fn tell_version(&mut self, version: Version) {
        if self.told.replace(version) != Some(version) {
            let receiver = self.receiver.name();
            tracing::info!(%receiver, "remote write: the receiver is sent {}", version.as_str());
        }
    }

    fn tell_refusal(&mut self, samples: u64, version: Version, answer: &Answer) {
        if self.refusals.is_due() {
            let receiver = self.receiver.name();
            let (status, line) = (answer.status.as_u16(), &answer.line);
            let protocol = version.as_str();
            tracing::warn!(%receiver, protocol, status, line, samples, "remote write: the receiver refused samples; said once a minute");
        }
    }
}
