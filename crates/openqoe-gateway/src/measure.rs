//! What the gateway says of itself and of the viewers: snapshots of all shards merged, and the time they are told.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use openqoe_engine::Stats;
use openqoe_metrics::{SloWindow, Snapshot};
use openqoe_spec::SessionState;
use openqoe_spec::metrics::process::{Gauge, Histogram};
use openqoe_spec::metrics::tenant::Gauge as TenantGauge;
use tokio::sync::{oneshot, watch};

use crate::clock::now_ms;
use crate::gateway::Gateway;
use crate::process;
use crate::shard::Command;

/// How often shards are told the time.
const TICK: Duration = Duration::from_millis(250);
/// How often indicators are sampled while somebody watches them live.
const WATCHED_SAMPLE: Duration = Duration::from_secs(1);
/// How often they, and the trailing window of `openqoe_slo_*`, are sampled in any case, ms.
const SAMPLE_MS: u64 = 5_000;

impl Gateway {
    /// Everything that was taken in before this call, as series.
    pub(crate) async fn snapshot(&self) -> Snapshot {
        let mut snapshot = match &self.edge {
            Some(edge) => edge.snapshot(),
            None => self.views().await,
        };
        let queues = self.shards.iter().map(|shard| &shard.queue);
        let queued: usize = queues.map(|queue| queue.max_capacity() - queue.capacity()).sum();
        self.process.set(Gauge::GatewayQueueDepth, queued as f64);
        process::sample(&self.process);
        self.tenants.all().iter().for_each(|tenant| tenant.row().snapshot_into(&mut snapshot));
        self.process.snapshot_into(&mut snapshot);
        snapshot
    }

    /// What viewers live through, which only a core knows.
    async fn views(&self) -> Snapshot {
        let (mut snapshot, _) = self.measurements().await;
        self.exemplars.lock().unwrap_or_else(PoisonError::into_inner).keep(&mut snapshot);
        self.slo().snapshot_into(now_ms(), &mut snapshot);
        self.objectives.snapshot_into(&mut snapshot);
        self.receiver.snapshot_into(&self.tenants.all(), &mut snapshot);
        self.tenants.all().iter().for_each(|tenant| tenant.note_cardinality(&self.guard));
        snapshot
    }

    /// What the shards have, merged. Should rows have gone between the first shard's answer and the last, they are asked again:
    /// a series is there whole or not at all.
    async fn measurements(&self) -> (Snapshot, BTreeMap<Box<str>, Stats>) {
        const TRIES: usize = 3;
        let mut releases = self.guard.releases();
        let mut measured = self.collect().await;
        for _ in 1..TRIES {
            let before = std::mem::replace(&mut releases, self.guard.releases());
            if before == releases {
                break;
            }
            measured = self.collect().await;
        }
        measured
    }

    async fn collect(&self) -> (Snapshot, BTreeMap<Box<str>, Stats>) {
        let mut answers = Vec::with_capacity(self.shards.len());
        for shard in &self.shards {
            let (answer, receiver) = oneshot::channel();
            // A shard that is gone has nothing to say; its absence is what `/-/ready` reports.
            if shard.queue.send(Command::Snapshot(answer)).await.is_ok() {
                answers.push(receiver);
            }
        }
        let mut merged = Snapshot::default();
        let mut held = BTreeMap::<Box<str>, Stats>::new();
        for answer in answers {
            let Ok((snapshot, tenants)) = answer.await else { continue };
            merged.merge(snapshot);
            tenants.into_iter().for_each(|(tenant, stats)| held.entry(tenant).or_default().add(stats));
        }
        for tenant in self.tenants.all() {
            let stats = held.get(tenant.name()).copied().unwrap_or_default();
            tenant.set(TenantGauge::EngineSessions(SessionState::Open), stats.open);
            tenant.set(TenantGauge::EngineSessions(SessionState::Parked), stats.parked);
            tenant.set(TenantGauge::EngineEventsWaiting, stats.waiting);
        }
        (merged, held)
    }

    /// Notes how long a scrape took.
    pub(crate) fn note_scrape(&self, started: Instant) {
        let ms = started.elapsed().as_secs_f64() * 1000.0;
        self.process.observe(Histogram::GatewayScrapeDurationSeconds, ms);
    }

    /// Tells the shards the time until `stop` changes.
    pub(crate) async fn keep_time(&self, mut stop: watch::Receiver<bool>) {
        if self.edge.is_some() {
            return;
        }
        tokio::select! {
            () = self.begin() => {}
            _ = stop.changed() => return self.history.end_streams(),
        }
        let mut tick = tokio::time::interval(TICK);
        // On the second, so that a sample ends a step of history.
        let first = Instant::now() + Duration::from_millis(1000 - now_ms() % 1000);
        let mut sample = tokio::time::interval_at(first.into(), WATCHED_SAMPLE);
        let mut sampled = 0;
        loop {
            tokio::select! {
                _ = tick.tick() => {
                    let now = now_ms();
                    for shard in &self.shards {
                        // A full queue will be told the time when it has room.
                        let _ = shard.queue.try_send(Command::Tick(now));
                    }
                }
                _ = sample.tick() => {
                    let step = now_ms() / SAMPLE_MS;
                    if step != sampled || self.history.is_watched() {
                        self.sample(step != sampled).await;
                        sampled = step;
                    }
                }
                _ = stop.changed() => return self.history.end_streams(),
            }
        }
    }

    /// Notes what the counters begin with once the shards have replayed their journals, and lets senders in: what they send
    /// later is news, what was counted before is not.
    async fn begin(&self) {
        let (snapshot, held) = self.measurements().await;
        for (tenant, stats) in held {
            self.tenants.named(&tenant).note_inherited(stats.waiting);
        }
        self.slo().begin(&snapshot);
        self.history.begin(now_ms(), &snapshot);
        self.objectives.sample(now_ms(), snapshot, &self.tenants);
        self.replaying.fetch_sub(1, Ordering::AcqRel);
    }

    /// Takes in the state of this moment: into the history, and at the end of a step into the trailing window and the objectives too.
    async fn sample(&self, is_step: bool) {
        let (snapshot, _) = self.measurements().await;
        let now = now_ms();
        if is_step {
            self.receiver.expire();
            self.slo().observe(now, &snapshot);
        }
        let history = self.history.clone();
        // It computes for some milliseconds, and writes a file now and then.
        let observed = tokio::task::spawn_blocking(move || {
            history.observe(now, &snapshot);
            snapshot
        });
        match observed.await {
            Ok(snapshot) if is_step => self.objectives.sample(now, snapshot, &self.tenants),
            Ok(_) => {}
            Err(_) => tracing::error!("a sample of the history is lost"),
        }
    }

    /// Evaluates the objectives one last time, when no request is under way any more.
    pub(crate) async fn finish_objectives(&self) {
        if self.edge.is_none() && self.has_replayed() {
            let (snapshot, _) = self.measurements().await;
            self.objectives.sample(now_ms(), snapshot, &self.tenants);
        }
        self.objectives.finish();
    }

    fn slo(&self) -> MutexGuard<'_, SloWindow> {
        self.slo.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
