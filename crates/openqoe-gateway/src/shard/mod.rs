//! A shard: one thread that owns some sessions, their journal and their part of the series table. It shares nothing on the
//! hot path; what it is asked comes through one bounded queue, in order, so that a snapshot holds everything queued before it.
//!
//! Batches that have gathered become durable together, then their senders are answered, then they are taken in.

mod live;
mod replay;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use openqoe_engine::{Arrival, Engine, Stats};
use openqoe_metrics::{Guard, ProcessScope, Released, SharedRow, Snapshot, Table};
use openqoe_spec::JournalOperation as Operation;
use openqoe_spec::metrics::process::{Counter, Histogram};
use openqoe_spec::{Batch, Protocol, Shed};
use tokio::sync::{mpsc, oneshot};

use crate::archive::{Archive, Row};
use crate::facts::Slice;
use crate::journal::checkpoint::ShardState;
use crate::journal::keeper::ms;
use crate::journal::{Admissions, Entry, Journal, JournalError, Position, record};
use crate::otlp::Intake;
use crate::quota::{Headcount, Place};
use crate::tenant::{Books, Ending, Tenant, Tenants};

/// Batches of one group: enough to spread the cost of a write, few enough to answer the first of them soon.
const MAX_GROUP: usize = 256;

/// How often an idle shard looks for more before it sleeps.
const LOOKS: usize = 20;

/// What a shard can be told.
pub(crate) enum Command {
    /// Take this batch in.
    Batch(Admission),
    /// It is now this late (epoch ms).
    Tick(u64),
    /// Say what you have.
    Snapshot(oneshot::Sender<(Snapshot, StatsByTenant)>),
    /// Let go of what nothing was written to for so long (`now` is epoch ms), and say what that is.
    Expire { now: u64, idle: u64, answer: oneshot::Sender<Released> },
    /// Say it so that it can be restored, then wait until the other end of `pause` is dropped.
    Save { answer: oneshot::Sender<ShardState>, pause: oneshot::Receiver<()> },
    /// Let the journal go of what a checkpoint holds.
    Prune(Prune),
    /// Read the batches of one session back from the journal.
    Session { tenant: Box<str>, session_id: Box<str>, answer: oneshot::Sender<Vec<Entry>> },
    /// Say what goes on, a part at a time.
    Live { from: usize, answer: oneshot::Sender<Slice> },
    /// Say how one session stands, and whether it has ended.
    State { tenant: Box<str>, session_id: Box<str>, answer: oneshot::Sender<Option<(Row, bool)>> },
}

/// What a shard holds of each tenant.
pub(crate) type StatsByTenant = Vec<(Box<str>, Stats)>;

/// An admitted batch on its way.
pub(crate) struct Admission {
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) protocol: Protocol,
    /// Epoch ms on the gateway's clock.
    pub(crate) received_at: u64,
    pub(crate) batch: Batch,
    /// The batch as it goes into the journal; empty when there is none.
    pub(crate) record: Vec<u8>,
    /// In its tenant's share of the queue: given back when the batch is.
    #[expect(dead_code, reason = "held, not looked at")]
    pub(crate) queued: Place,
    /// Told when the batch is durable, or why it will not be.
    pub(crate) done: oneshot::Sender<Result<(), Shed>>,
}

/// What a journal may forget; see [`Journal::prune`].
pub(crate) struct Prune {
    /// See [`Journal::seal`].
    pub(crate) seal: u64,
    pub(crate) up_to: Position,
    pub(crate) before: u64,
    pub(crate) max_bytes: u64,
}

impl Prune {
    /// # Errors
    /// When a file cannot be written or removed.
    pub(crate) fn apply(&self, journal: &mut dyn Journal) -> Result<(), JournalError> {
        journal.seal(self.seal)?;
        journal.prune(self.up_to, self.before, self.max_bytes)
    }
}

/// The way to a shard.
pub(crate) struct Shard {
    pub(crate) queue: mpsc::Sender<Command>,
    pub(crate) thread: JoinHandle<()>,
}

/// What a shard starts with.
pub(crate) struct Origin {
    pub(crate) engine: Engine,
    pub(crate) table: Table,
    /// `None` keeps everything in memory only.
    pub(crate) journal: Option<Box<dyn Journal>>,
    /// What of the journal `engine` and `table` hold already.
    pub(crate) position: Position,
}

/// What all shards share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) tenants: Arc<Tenants>,
    pub(crate) process: Arc<SharedRow<ProcessScope>>,
    pub(crate) archive: Archive,
    pub(crate) intake: Intake,
    pub(crate) guard: Arc<Guard>,
    pub(crate) admissions: Option<Arc<Admissions>>,
    /// Bytes all shards have appended to their journals.
    pub(crate) appended: Arc<AtomicU64>,
    /// Shards that have not yet taken in again what was acknowledged before the start.
    pub(crate) replaying: Arc<AtomicUsize>,
}

/// The shard of a session among so many. The same in every process: a restored session must find its way back.
pub(crate) fn shard_of(session_id: &str, shards: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    session_id.hash(&mut hasher);
    usize::try_from(hasher.finish() % shards.max(1) as u64).unwrap_or_default()
}

impl Shard {
    /// Starts a shard's thread, which replays its journal first.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(crate) fn start(
        number: usize,
        queue: usize,
        origin: Origin,
        shared: Shared,
    ) -> std::io::Result<Shard> {
        let (sender, queue) = mpsc::channel(queue);
        let Origin { engine, table, journal, position } = origin;
        let worker = Worker {
            engine,
            table,
            journal,
            position,
            books: Books::new(shared.tenants.clone(), shared.archive.keeps()),
            headcount: Headcount::default(),
            shared,
            records: Vec::new(),
            tick: 0,
            written_tick: 0,
            has_expired: false,
            is_failing: false,
        };
        let thread =
            std::thread::Builder::new().name(format!("shard-{number}")).spawn(move || worker.run(queue))?;
        Ok(Shard { queue: sender, thread })
    }
}

/// The next command. Before the thread goes to sleep it lets others run and looks again: under load there is something by
/// then, and nobody had to wake it.
fn wait(queue: &mut mpsc::Receiver<Command>) -> Option<Command> {
    for _ in 0..LOOKS {
        if let Ok(command) = queue.try_recv() {
            return Some(command);
        }
        std::thread::yield_now();
    }
    queue.blocking_recv()
}

/// Adds the batches that have gathered to a group; returns the command after them, if there is one.
pub(crate) fn gather(queue: &mut mpsc::Receiver<Command>, group: &mut Vec<Admission>) -> Option<Command> {
    while group.len() < MAX_GROUP {
        match queue.try_recv().ok()? {
            Command::Batch(another) => group.push(another),
            other => return Some(other),
        }
    }
    None
}

/// The thread's belongings.
struct Worker {
    engine: Engine,
    table: Table,
    journal: Option<Box<dyn Journal>>,
    position: Position,
    books: Books,
    headcount: Headcount,
    shared: Shared,
    /// The group at hand, kept for its allocation.
    records: Vec<u8>,
    /// The last time the engine was told, and the last one that stands in the journal.
    tick: u64,
    written_tick: u64,
    /// Time has changed something since `written_tick`.
    has_expired: bool,
    /// Whether the last append failed: a full disk is worth one line, not one for each batch.
    is_failing: bool,
}

impl Worker {
    fn run(mut self, mut queue: mpsc::Receiver<Command>) {
        self.replay();
        self.resume();
        self.shared.replaying.fetch_sub(1, Ordering::AcqRel);
        let mut group = Vec::with_capacity(MAX_GROUP);
        let mut next = None;
        while let Some(command) = next.take().or_else(|| wait(&mut queue)) {
            match command {
                Command::Batch(first) => {
                    group.push(first);
                    next = gather(&mut queue, &mut group);
                    self.take(&mut group);
                }
                Command::Tick(now) => self.tell_time(now),
                Command::Snapshot(answer) => {
                    self.write_down();
                    // Whoever asked may have gone away.
                    let _ = answer.send((self.table.snapshot(), self.stats()));
                }
                Command::Expire { now, idle, answer } => {
                    let _ = answer.send(self.table.expire(now, idle, self.engine.label_sets()));
                }
                Command::Save { answer, pause } => {
                    let _ = answer.send(self.save());
                    // An error is what is waited for: the other end has been dropped.
                    let _ = pause.blocking_recv();
                }
                Command::Prune(prune) => self.prune(&prune),
                Command::Session { tenant, session_id, answer } => {
                    let _ = answer.send(self.session(&tenant, &session_id));
                }
                Command::Live { from, answer } => {
                    let _ = answer.send(self.live(from));
                }
                Command::State { tenant, session_id, answer } => {
                    let _ = answer.send(self.state(&tenant, &session_id));
                }
            }
        }
    }

    /// Makes a group durable, answers its senders, takes it in.
    fn take(&mut self, group: &mut Vec<Admission>) {
        self.headcount.turn_away(&mut self.engine, group);
        if group.is_empty() {
            return;
        }
        self.records.clear();
        self.push_tick();
        group.iter().for_each(|admission| self.records.extend_from_slice(&admission.record));
        let durable = self.append();
        let batches: usize = group.iter().map(|admission| admission.record.len()).sum();
        let mut place = self.position.saturating_sub(batches as u64);
        let mut kept = Vec::with_capacity(group.len());
        for Admission { tenant, protocol, received_at, batch, record, done, .. } in group.drain(..) {
            // A sender that has gone will ask again.
            let _ = done.send(if durable { Ok(()) } else { Err(Shed::Journal) });
            kept.push((tenant, protocol, received_at, place, batch));
            place += record.len() as u64;
        }
        if !durable {
            return;
        }
        for (tenant, protocol, received_at, place, batch) in kept {
            let source = tenant.source(protocol);
            let arrival = Arrival { tenant: tenant.name(), source, received_at, place, batch };
            self.books.open(&tenant);
            self.engine.apply(arrival, &mut self.table, &mut self.books);
        }
        self.books.flush();
        self.archive();
    }

    fn tell_time(&mut self, now: u64) {
        self.tick = now;
        self.has_expired |= self.engine.expire(now, &mut self.table, &mut self.books);
        self.books.flush();
        self.archive();
        self.headcount.settle(&self.engine, &self.shared.tenants);
    }

    fn stats(&self) -> StatsByTenant {
        self.engine.tenants().map(|(tenant, stats)| (tenant.into(), stats)).collect()
    }

    /// Writes down what time has changed, so that nobody sees what a replay would not come to.
    fn write_down(&mut self) {
        if self.has_expired {
            self.records.clear();
            self.push_tick();
            self.append();
        }
        let Some(admissions) = &self.shared.admissions else { return };
        let written = self.shared.guard.news().map_or(Ok(()), |news| admissions.append(&news));
        if let Err(error) = written {
            tracing::error!(%error, "what the cardinality guard has admitted is not written down");
            self.shared.process.count(Counter::JournalErrors(Operation::Append), 1.0);
        }
    }

    fn push_tick(&mut self) {
        if self.tick != self.written_tick && self.journal.is_some() {
            record::push_tick(&mut self.records, self.tick);
        }
    }

    /// Whether the records at hand are durable now.
    fn append(&mut self) -> bool {
        let Some(journal) = &mut self.journal else { return true };
        let process = &self.shared.process;
        let started = Instant::now();
        match journal.append(&self.records) {
            Ok(position) => {
                self.position = position;
                (self.written_tick, self.has_expired) = (self.tick, false);
                if std::mem::take(&mut self.is_failing) {
                    tracing::info!("the journal takes batches again");
                }
                let bytes = self.records.len();
                self.shared.appended.fetch_add(bytes as u64, Ordering::AcqRel);
                process.count(Counter::JournalAppendedBytes, bytes as f64);
                process.observe(Histogram::JournalAppendDurationSeconds, ms(started.elapsed()));
                true
            }
            Err(error) => {
                if !std::mem::replace(&mut self.is_failing, true) {
                    tracing::error!(%error, "the journal cannot take what comes; senders are told to retry");
                }
                process.count(Counter::JournalErrors(Operation::Append), 1.0);
                false
            }
        }
    }

    /// Sends the rows of sessions that have ended on their way, with what their newest batch says of them.
    fn archive(&mut self) {
        let Some(journal) = &mut self.journal else { return self.books.ended.clear() };
        // What a replay tells again has been exported by the process before.
        let is_news = self.books.is_live();
        for Ending { mut row, batch } in self.books.ended.drain(..) {
            match journal.batch(batch) {
                Ok(Some(Entry { protocol, batch, .. })) => {
                    (row.protocol, row.attributes) = (protocol, batch.attributes);
                }
                // Pruned by now: the row stands without them.
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(%error, "a session's attributes could not be read back");
                    self.shared.process.count(Counter::JournalErrors(Operation::Read), 1.0);
                }
            }
            if is_news {
                self.shared.intake.offer(&row);
            }
            self.shared.archive.keep(row);
        }
    }

    fn save(&mut self) -> ShardState {
        self.write_down();
        ShardState { position: self.position, engine: self.engine.save(), table: self.table.save() }
    }

    fn prune(&mut self, prune: &Prune) {
        let Some(journal) = &mut self.journal else { return };
        if let Err(error) = prune.apply(&mut **journal) {
            tracing::error!(%error, "the journal could not be pruned");
            self.shared.process.count(Counter::JournalErrors(Operation::Prune), 1.0);
        }
    }

    fn session(&mut self, tenant: &str, session_id: &str) -> Vec<Entry> {
        let Some(journal) = &mut self.journal else { return Vec::new() };
        journal.session(tenant, session_id).unwrap_or_else(|error| {
            tracing::error!(%error, "a session could not be read back");
            self.shared.process.count(Counter::JournalErrors(Operation::Read), 1.0);
            Vec::new()
        })
    }
}
