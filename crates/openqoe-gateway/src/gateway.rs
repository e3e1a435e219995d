//! The gateway between the sockets: how it is put together, and the way of a batch. The whole pipeline is on this page.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use axum::http::header::USER_AGENT;
use openqoe_ingest::{Decoded, Payload, ProtocolDef, Refused, fill_device};
use openqoe_metrics::{ExemplarOrder, Guard, ProcessScope, SharedRow, SloWindow};
use openqoe_spec::{Batch, Outcome, Protocol, Rejected, Shed};
use tokio::sync::oneshot;

use crate::access::{Access, DEFAULT_TENANT, Directory};
use crate::archive::Archive;
use crate::clock::now_ms;
use crate::config::{Config, ConfigError};
use crate::edge::{Edge, Role};
use crate::facts::Facts;
use crate::filters::{Filters, Loaded};
use crate::history::History;
use crate::journal::keeper::Keeper;
use crate::journal::record;
use crate::objectives::{self, Objectives};
use crate::otlp::{self, Otlp};
use crate::privacy::{self, Privacy, RequestContext, Verdict};
use crate::process;
use crate::quota::{self, Place, Share, Short};
use crate::receiver::Receiver;
use crate::recovery::{self, Recovered};
use crate::shard::{Admission, Command, Shard, Shared, shard_of};
use crate::tenant::{Tenant, Tenants};

/// Everything behind the listeners.
pub(crate) struct Gateway {
    pub(crate) config: Config,
    pub(crate) shards: Vec<Shard>,
    /// The way to the thread that writes checkpoints; without a data directory there is none.
    keeper: Option<(Sender<oneshot::Sender<()>>, JoinHandle<()>)>,
    /// The way to the core, when this is an edge: its shards only keep and forward.
    pub(crate) edge: Option<Edge>,
    /// Shards that still replay their journals, and one for noting what they begin with.
    pub(crate) replaying: Arc<AtomicUsize>,
    pub(crate) guard: Arc<Guard>,
    pub(crate) tenants: Arc<Tenants>,
    pub(crate) access: Access,
    pub(crate) process: Arc<SharedRow<ProcessScope>>,
    pub(crate) privacy: Arc<Privacy>,
    filters: Filters,
    pub(crate) slo: Mutex<SloWindow>,
    pub(crate) exemplars: Mutex<ExemplarOrder>,
    otlp: Mutex<Otlp>,
    pub(crate) receiver: Receiver,
    pub(crate) objectives: Objectives,
    pub(crate) history: Arc<History>,
    /// Sessions as data.
    pub(crate) facts: Arc<Facts>,
}

/// What became of a readable body.
pub(crate) struct Admitted {
    pub(crate) decoded: Decoded,
    /// The session of the first batch.
    pub(crate) session_id: Option<Box<str>>,
    /// Events that found no room.
    pub(crate) shed: usize,
    /// Why, when there are any.
    pub(crate) shed_reason: Shed,
    /// Seconds after which those may find some.
    pub(crate) retry_after: u64,
    /// Events that did.
    pub(crate) accepted: usize,
}

impl Gateway {
    /// Restores the shards and starts them; each replays its journal first.
    ///
    /// # Errors
    /// When the data directory cannot be used or a thread cannot be started.
    pub(crate) fn start(config: Config) -> anyhow::Result<Arc<Gateway>> {
        if config.role == Role::Edge {
            return Gateway::start_edge(config);
        }
        let Recovered { guard, shards, kept, admissions } = recovery::recover(&config)?;
        let tenants = Arc::new(Tenants::new(shards.len()));
        let access = Access::new(Directory::new(&config, &tenants)?);
        // Before the shards take their journals in again: they come to the same label sets then.
        set_limits(&config, &guard, &tenants)?;
        let process = Arc::new(SharedRow::process());
        process::describe(&process);
        let privacy = Arc::new(Privacy::start(&config, process.clone())?);
        let filters = Filters::start(&config, process.clone())?;
        let otlp = Otlp::start(&config, shards.len(), &process)?;
        let traces = otlp::traces(&config);
        let facts = Facts::new(&config);
        let archive = Archive::start(&config, process.clone(), facts.clone())?;
        let shared = Shared {
            tenants: tenants.clone(),
            process: process.clone(),
            archive: archive.clone(),
            intake: otlp.intake.clone(),
            guard: guard.clone(),
            admissions: admissions.clone(),
            appended: Arc::default(),
            replaying: Arc::new(AtomicUsize::new(shards.len() + 1)),
        };
        let shards = shards
            .into_iter()
            .enumerate()
            .map(|(number, mut origin)| {
                traces.into_iter().for_each(|traces| origin.table.point_to(traces));
                Shard::start(number, config.limits.queue, origin, shared.clone())
            })
            .collect::<Result<Vec<_>, _>>()?;
        let keeper = kept.zip(admissions).map(|(restored, admissions)| Keeper {
            folder: config.data_dir.clone(),
            config: config.journal.clone(),
            shards: shards.iter().map(|shard| shard.queue.clone()).collect(),
            guard: guard.clone(),
            idle: config.idle_label_sets(),
            process: process.clone(),
            archive,
            admissions,
            appended: shared.appended.clone(),
            restored,
        });
        let keeper = keeper.map(Keeper::start).transpose()?;
        let objectives = Objectives::start(&config, process.clone())?;
        let history =
            History::start(&config.data_dir, &config.history, process.clone(), tenants.clone(), now_ms());
        let replaying = shared.replaying;
        let receiver = Receiver::new(&config, otlp.forward.clone());
        let edge = None;
        Ok(Arc::new(Gateway {
            config,
            shards,
            keeper,
            edge,
            replaying,
            guard,
            tenants,
            access,
            process,
            privacy,
            filters,
            slo: Mutex::new(SloWindow::new()),
            exemplars: Mutex::default(),
            otlp: Mutex::new(otlp),
            receiver,
            objectives,
            history,
            facts,
        }))
    }

    /// Takes over who may do what, and how much of it. What else differs has to wait for the next start.
    ///
    /// # Errors
    /// When something of it makes no sense; then everything stays as it was.
    pub(crate) fn reconfigure(&self, config: &Config) -> anyhow::Result<()> {
        let directory = Directory::new(config, &self.tenants)?;
        let filters = Loaded::of(&config.filters)?;
        let (source, slos) = objectives::load(&config.slo, config.is_demo)?;
        set_limits(config, &self.guard, &self.tenants)?;
        self.access.replace(directory);
        self.filters.replace(filters);
        self.objectives.replace(source, slos, &config.slo);
        Ok(())
    }

    fn start_edge(config: Config) -> anyhow::Result<Arc<Gateway>> {
        let tenants = Arc::new(Tenants::new(config.shard_count()));
        let access = Access::new(Directory::new(&config, &tenants)?);
        let guard = Arc::new(Guard::new(config.cardinality()?));
        set_limits(&config, &guard, &tenants)?;
        let process = Arc::new(SharedRow::process());
        process::describe(&process);
        let replaying = Arc::default();
        if config.otlp.is_on() {
            tracing::warn!(
                "otlp: nothing is exported by an edge, which ends no sessions: configure the core"
            );
        }
        let objectives = Objectives::start(&config, process.clone())?;
        let (edge, shards) = Edge::start(&config, &tenants, &process, &replaying)?;
        Ok(Arc::new(Gateway {
            guard,
            facts: Facts::new(&config),
            filters: Filters::start(&config, process.clone())?,
            receiver: Receiver::new(&config, Arc::default()),
            privacy: Arc::new(Privacy::start(&config, process.clone())?),
            // An edge counts nothing; its file, if any, is a core's.
            history: History::start("".as_ref(), &config.history, process.clone(), tenants.clone(), now_ms()),
            config,
            shards,
            keeper: None,
            edge: Some(edge),
            replaying,
            access,
            tenants,
            process,
            slo: Mutex::new(SloWindow::new()),
            exemplars: Mutex::default(),
            otlp: Mutex::new(Otlp::off()),
            objectives,
        }))
    }

    /// Takes a body in: decode, fill in what the User-Agent tells, ask the filters, leave out what is private, and wait until each
    /// batch is in the journal.
    ///
    /// # Errors
    /// When the body is no batch; that is counted here.
    pub(crate) async fn ingest(
        &self,
        tenant: &Arc<Tenant>,
        protocol: &ProtocolDef,
        payload: &Payload<'_>,
        request: &RequestContext<'_>,
    ) -> Result<Admitted, Refused> {
        let received_at = now_ms();
        let mut decoded = (protocol.decode)(payload)
            .inspect_err(|refused| tenant.note_refused(protocol.id, refused.reason))?;
        let room = tenant.quota().take_events(decoded.accepted());
        if room == Err(Short::Forever) {
            let refused = quota::over_burst(&format!("{} events", decoded.accepted()));
            tenant.note_refused(protocol.id, refused.reason);
            return Err(refused);
        }
        tenant.note_batch(protocol.id, decoded.received());
        for rejection in &decoded.rejections {
            tenant.note_outcome(protocol.id, Outcome::Rejected(rejection.reason), 1);
        }
        let accepted = decoded.accepted();
        let batches = std::mem::take(&mut decoded.batches);
        let session_id = batches.first().map(|batch| batch.session_id.clone());
        let shed_reason = Shed::QueueFull;
        let mut admitted =
            Admitted { decoded, session_id, shed: 0, shed_reason, retry_after: 1, accepted: 0 };
        if let Err(Short::For(wait)) = room {
            tenant.note_outcome(protocol.id, Outcome::Shed(Shed::Quota), accepted);
            (admitted.shed, admitted.shed_reason) = (accepted, Shed::Quota);
            admitted.retry_after = quota::retry_after(wait);
            return Ok(admitted);
        }
        for mut batch in batches {
            if !batch.attributes.is_empty() && protocol.is_of_viewers() {
                fill_device(&mut batch.attributes, request.header(USER_AGENT));
            }
            let rejections = &mut admitted.decoded.rejections;
            if !self.filters.pass(tenant, protocol.id, &mut batch, rejections) {
                continue;
            }
            if self.privacy.admit(&mut batch, tenant, request) == Verdict::OptedOut {
                let opted_out = Outcome::Rejected(Rejected::OptedOut);
                tenant.note_outcome(protocol.id, opted_out, batch.events.len());
                privacy::refuse(&batch, rejections);
                continue;
            }
            let newest = batch.events.iter().map(|event| event.t).max().unwrap_or_default();
            let age = batch.sent_at.saturating_sub(batch.started_at).saturating_sub(newest);
            let events = batch.events.len();
            match self.keep(tenant, protocol.id, received_at, batch).await {
                Ok(()) => {
                    tenant.note_delay(protocol.id, age);
                    admitted.accepted += events;
                }
                Err(reason) => {
                    tenant.note_outcome(protocol.id, Outcome::Shed(reason), events);
                    admitted.shed += events;
                    admitted.shed_reason = reason;
                    if reason == Shed::SessionQuota {
                        admitted.retry_after = quota::retry_after(quota::SESSION_WAIT);
                    }
                }
            }
        }
        Ok(admitted)
    }

    /// Waits until a batch is in its shard's journal.
    async fn keep(
        &self,
        tenant: &Arc<Tenant>,
        protocol: Protocol,
        received_at: u64,
        batch: Batch,
    ) -> Result<(), Shed> {
        let number = shard_of(&batch.session_id, self.shards.len());
        if self.edge.as_ref().is_some_and(|edge| !edge.has_room(number)) {
            return Err(Shed::Backlog);
        }
        let queued = Place::of(tenant, number).ok_or(Shed::QueueFull)?;
        let (admission, kept) = self.admission(tenant.clone(), protocol, received_at, batch, queued);
        self.shards[number].queue.try_send(Command::Batch(admission)).map_err(|_| Shed::QueueFull)?;
        // A shard that has stopped keeps nothing.
        kept.await.unwrap_or(Err(Shed::Journal))
    }

    /// How full the fullest queue is, 0 to 1.
    pub(crate) fn pressure(&self) -> f64 {
        let fill = |shard: &Shard| 1.0 - shard.queue.capacity() as f64 / shard.queue.max_capacity() as f64;
        self.shards.iter().map(fill).fold(0.0, f64::max)
    }

    /// The same for one tenant: what it has queued itself, and of the others only what no one of them alone could have.
    pub(crate) fn pressure_of(&self, tenant: &Tenant) -> f64 {
        let (own, share) = tenant.quota().queue.fill(self.config.limits.queue);
        if share < 1.0 { own.max((self.pressure() - share) / (1.0 - share)) } else { self.pressure() }
    }

    /// Puts a batch of an edge on its way, waiting for room until a deadline. What comes back tells whether it is in the journal.
    pub(crate) async fn take_over(
        &self,
        tenant: &Arc<Tenant>,
        protocol: Protocol,
        received_at: u64,
        batch: Batch,
        deadline: tokio::time::Instant,
    ) -> Option<oneshot::Receiver<Result<(), Shed>>> {
        let number = shard_of(&batch.session_id, self.shards.len());
        let queued = Place::of(tenant, number)?;
        let queue = &self.shards[number].queue;
        let place = tokio::time::timeout_at(deadline, queue.reserve()).await.ok()?.ok()?;
        let (admission, kept) = self.admission(tenant.clone(), protocol, received_at, batch, queued);
        place.send(Command::Batch(admission));
        Some(kept)
    }

    fn admission(
        &self,
        tenant: Arc<Tenant>,
        protocol: Protocol,
        received_at: u64,
        batch: Batch,
        queued: Place,
    ) -> (Admission, oneshot::Receiver<Result<(), Shed>>) {
        let record = if self.keeper.is_some() || self.edge.is_some() {
            record::batch(tenant.name(), protocol, received_at, &batch)
        } else {
            Vec::new()
        };
        let (done, kept) = oneshot::channel();
        (Admission { tenant, protocol, received_at, batch, record, queued, done }, kept)
    }

    /// Whether everything acknowledged before the start has been taken in again, and is told from what comes now.
    pub(crate) fn has_replayed(&self) -> bool {
        self.replaying.load(Ordering::Acquire) == 0
    }

    /// Forwards what waits, or writes a last checkpoint; to be called when no request is under way any more.
    pub(crate) async fn finish(&self) {
        if let Some(edge) = &self.edge {
            edge.finish().await;
        }
        let otlp =
            std::mem::replace(&mut *self.otlp.lock().unwrap_or_else(PoisonError::into_inner), Otlp::off());
        otlp.finish().await;
        self.finish_objectives().await;
        let history = self.history.clone();
        if tokio::task::spawn_blocking(move || history.finish(now_ms())).await.is_err() {
            tracing::error!("the end of the history is not written");
        }
        let Some((keeper, _)) = &self.keeper else { return };
        let (done, finished) = oneshot::channel();
        if keeper.send(done).is_ok() {
            let _ = finished.await;
        }
    }

    /// What tenants use of their limits.
    pub(crate) fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The tenant an edge means by a name. Names of others are not taken from a sender.
    pub(crate) fn tenant_of_edge(&self, name: &str) -> Option<Arc<Tenant>> {
        self.access.directory().tenant(name).cloned()
    }

    /// Whether the journal has been replayed and every thread is at work.
    pub(crate) fn is_ready(&self) -> bool {
        let keeps = self.keeper.as_ref().is_none_or(|(_, thread)| !thread.is_finished());
        keeps && self.shards.iter().all(|shard| !shard.thread.is_finished()) && self.has_replayed()
    }
}

/// Sets what each tenant may use.
fn set_limits(config: &Config, guard: &Guard, tenants: &Tenants) -> Result<(), ConfigError> {
    let share = Share::of(&config.limits, config.tenants.len());
    for (name, tenant) in &config.tenants {
        guard.set_limits(name, tenant.cardinality(name, config)?);
        tenants.named(name).quota().set(&tenant.quota, share);
    }
    if config.tenants.is_empty() {
        guard.set_limits(DEFAULT_TENANT, config.cardinality()?);
    }
    Ok(())
}
