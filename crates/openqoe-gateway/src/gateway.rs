//! The gateway between the sockets: where batches go and where snapshots come from. The whole pipeline is on this page.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use openqoe_engine::Stats;
use openqoe_ingest::{Decoded, ProtocolDef, Refused};
use openqoe_metrics::{Guard, ProcessScope, SharedRow, SloWindow, Snapshot};
use openqoe_spec::metrics::process::{Gauge, Histogram};
use openqoe_spec::metrics::tenant::Gauge as TenantGauge;
use openqoe_spec::{Guarded, Outcome, SessionState, Shed};
use tokio::sync::{oneshot, watch};

use crate::clock::now_ms;
use crate::config::{Config, ConfigError};
use crate::process;
use crate::shard::{Command, Shard};
use crate::tenant::Tenant;
use crate::user_agent;

/// How often shards are told the time.
const TICK: std::time::Duration = std::time::Duration::from_millis(250);
/// How often the trailing window of `openqoe_slo_*` takes a sample.
const SLO_SAMPLE: std::time::Duration = std::time::Duration::from_secs(5);

/// Everything behind the listeners.
pub(crate) struct Gateway {
    pub(crate) config: Config,
    shards: Vec<Shard>,
    guard: Arc<Guard>,
    tenant: Arc<Tenant>,
    pub(crate) process: SharedRow<ProcessScope>,
    slo: Mutex<SloWindow>,
}

/// What became of a readable body.
pub(crate) struct Admitted {
    pub(crate) decoded: Decoded,
    /// Events that found no room.
    pub(crate) shed: usize,
    /// Events that did.
    pub(crate) accepted: usize,
}

impl Gateway {
    /// Starts the shards.
    ///
    /// # Errors
    /// When a budget is invalid or a thread cannot be started.
    pub(crate) fn start(config: Config) -> anyhow::Result<Arc<Gateway>> {
        let limits = config.cardinality().map_err(|error: ConfigError| anyhow::anyhow!(error))?;
        let guard = Arc::new(Guard::new(limits));
        let tenant = Arc::new(Tenant::new("default"));
        let count = config.shard_count();
        let shards = (0..count)
            .map(|number| {
                let engine = config.engine(count);
                Shard::start(number, config.limits.queue, engine, guard.clone(), tenant.clone())
            })
            .collect::<Result<_, _>>()?;
        let process = SharedRow::process();
        process::describe(&process);
        Ok(Arc::new(Gateway { config, shards, guard, tenant, process, slo: Mutex::new(SloWindow::new()) }))
    }

    /// Takes a body in: decode, fill in what the User-Agent tells, route each batch to its session's shard.
    ///
    /// # Errors
    /// When the body is no batch; that is counted here.
    pub(crate) fn ingest(
        &self,
        protocol: &ProtocolDef,
        body: &[u8],
        user_agent: &str,
    ) -> Result<Admitted, Refused> {
        let received_at = now_ms();
        let mut decoded = (protocol.decode)(body)
            .inspect_err(|refused| self.tenant.note_refused(protocol.id, refused.reason))?;
        self.tenant.note_batch(protocol.id, decoded.received());
        for rejection in &decoded.rejections {
            self.tenant.note_outcome(protocol.id, Outcome::Rejected(rejection.reason), 1);
        }
        let (mut accepted, mut shed) = (0, 0);
        for mut batch in decoded.batches.drain(..) {
            user_agent::fill(&mut batch.attributes, user_agent);
            let newest = batch.events.iter().map(|event| event.t).max().unwrap_or_default();
            let age = batch.sent_at.saturating_sub(batch.started_at).saturating_sub(newest);
            let events = batch.events.len();
            let command = Command::Batch { protocol: protocol.id, received_at, batch };
            if self.route(command) {
                self.tenant.note_delay(protocol.id, age);
                accepted += events;
            } else {
                self.tenant.note_outcome(protocol.id, Outcome::Shed(Shed::QueueFull), events);
                shed += events;
            }
        }
        Ok(Admitted { decoded, shed, accepted })
    }

    /// Whether the command found room in its shard's queue.
    fn route(&self, command: Command) -> bool {
        let Command::Batch { batch, .. } = &command else { return false };
        let mut hasher = DefaultHasher::new();
        batch.session_id.hash(&mut hasher);
        let index = usize::try_from(hasher.finish() % self.shards.len() as u64).unwrap_or_default();
        self.shards[index].queue.try_send(command).is_ok()
    }

    /// The tenant a request belongs to.
    pub(crate) fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Everything that was taken in before this call, as series.
    pub(crate) async fn snapshot(&self) -> Snapshot {
        let mut snapshot = self.measurements().await;
        {
            let slo = self.slo.lock().unwrap_or_else(PoisonError::into_inner);
            slo.snapshot_into(now_ms(), &mut snapshot);
        }
        for guarded in Guarded::ALL {
            self.tenant.note_folded(*guarded, self.guard.folded(self.tenant.name)[guarded.index()]);
        }
        self.tenant.set(TenantGauge::MetricsLabelSets, self.guard.label_sets(self.tenant.name));
        let queued: usize =
            self.shards.iter().map(|shard| shard.queue.max_capacity() - shard.queue.capacity()).sum();
        self.process.set(Gauge::GatewayQueueDepth, queued as f64);
        process::sample(&self.process);
        self.tenant.row().snapshot_into(&mut snapshot);
        self.process.snapshot_into(&mut snapshot);
        snapshot
    }

    /// What the shards have, merged.
    async fn measurements(&self) -> Snapshot {
        let mut answers = Vec::with_capacity(self.shards.len());
        for shard in &self.shards {
            let (answer, receiver) = oneshot::channel();
            // A shard that is gone has nothing to say; its absence is what `/-/ready` reports.
            if shard.queue.send(Command::Snapshot(answer)).await.is_ok() {
                answers.push(receiver);
            }
        }
        let mut merged = Snapshot::default();
        let mut total = Stats::default();
        for answer in answers {
            let Ok((snapshot, stats)) = answer.await else { continue };
            merged.merge(snapshot);
            total.open += stats.open;
            total.parked += stats.parked;
            total.waiting += stats.waiting;
        }
        self.tenant.set(TenantGauge::EngineSessions(SessionState::Open), total.open);
        self.tenant.set(TenantGauge::EngineSessions(SessionState::Parked), total.parked);
        self.tenant.set(TenantGauge::EngineEventsWaiting, total.waiting);
        merged
    }

    /// Notes how long a scrape took.
    pub(crate) fn note_scrape(&self, started: Instant) {
        let ms = started.elapsed().as_secs_f64() * 1000.0;
        self.process.observe(Histogram::GatewayScrapeDurationSeconds, ms);
    }

    /// Whether every shard is at work.
    pub(crate) fn is_ready(&self) -> bool {
        self.shards.iter().all(|shard| !shard.thread.is_finished())
    }

    /// Tells the shards the time until `stop` changes.
    pub(crate) async fn keep_time(&self, mut stop: watch::Receiver<bool>) {
        let mut tick = tokio::time::interval(TICK);
        let mut sample = tokio::time::interval(SLO_SAMPLE);
        loop {
            tokio::select! {
                _ = tick.tick() => {
                    for shard in &self.shards {
                        // A full queue will be told the time when it has room.
                        let _ = shard.queue.try_send(Command::Tick(now_ms()));
                    }
                }
                _ = sample.tick() => {
                    let snapshot = self.measurements().await;
                    self.slo.lock().unwrap_or_else(PoisonError::into_inner).observe(now_ms(), &snapshot);
                }
                _ = stop.changed() => return,
            }
        }
    }
}
