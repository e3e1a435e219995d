//! The journal's thread: takes admitted batches as they come, makes those that have gathered durable together, hands them to
//! their shards in that order, and only then says so. Time goes the same way, so that a replay sees what the shards saw.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use openqoe_metrics::{Guard, ProcessScope, SharedRow};
use openqoe_spec::JournalOperation as Operation;
use openqoe_spec::metrics::process::{Counter, Histogram};
use tokio::sync::{mpsc, oneshot};

use super::checkpoint::{Checkpoint, ShardState};
use super::{Entry, Group, Journal, JournalError, Position};
use crate::clock::now_ms;
use crate::config;
use crate::shard::{Command, shard_of};

/// Batches of one group: enough to spread the cost of a transaction, few enough to answer the first of them soon.
const MAX_GROUP: usize = 1024;

/// What the writer can be told.
pub(crate) enum Order {
    /// Make this durable and hand it on; then say whether that was possible.
    Batch(Entry, oneshot::Sender<bool>),
    /// It is now this late (epoch ms).
    Tick(u64),
    /// Write a last checkpoint and end.
    Finish(oneshot::Sender<()>),
}

/// A journal and where its checkpoints are.
pub(crate) struct Durable {
    pub(crate) journal: Box<dyn Journal>,
    pub(crate) folder: PathBuf,
    pub(crate) config: config::Journal,
    /// The position of the checkpoint the shards were restored from.
    pub(crate) restored: Position,
}

/// The thread's belongings.
pub(crate) struct Writer {
    pub(crate) durable: Option<Durable>,
    pub(crate) shards: Vec<mpsc::Sender<Command>>,
    pub(crate) guard: Arc<Guard>,
    pub(crate) process: Arc<SharedRow<ProcessScope>>,
    /// Set once everything acknowledged before has been taken in again.
    pub(crate) ready: Arc<AtomicBool>,
    /// Whether the last append failed: a full disk is worth one line, not one for each batch.
    pub(crate) failing: bool,
}

impl Writer {
    /// Replays, then serves orders until told to finish.
    pub(crate) fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut at = self.replay();
        self.resume(&mut at);
        let mut checkpoint = Checkpoints::new(self.durable.as_ref());
        self.ready.store(true, Ordering::Release);
        let mut tick = 0;
        let mut waiting = None;
        while let Some(order) = waiting.take().or_else(|| orders.blocking_recv()) {
            match order {
                Order::Batch(entry, done) => {
                    let mut group = Group { tick, resumed: None, entries: vec![entry] };
                    let mut answers = vec![done];
                    while group.entries.len() < MAX_GROUP && waiting.is_none() {
                        match orders.try_recv() {
                            Ok(Order::Batch(entry, done)) => {
                                group.entries.push(entry);
                                answers.push(done);
                            }
                            Ok(other) => waiting = Some(other),
                            Err(_) => break,
                        }
                    }
                    let durable = self.append(&group, &mut at);
                    if durable {
                        group.entries.into_iter().for_each(|entry| self.deliver(entry));
                    }
                    for answer in answers {
                        // A sender that has gone will ask again.
                        let _ = answer.send(durable);
                    }
                }
                Order::Tick(now) => {
                    tick = now;
                    self.tell_time(now);
                    checkpoint.keep(&mut self, at);
                }
                Order::Finish(done) => {
                    checkpoint.due = Some(Instant::now());
                    checkpoint.keep(&mut self, at);
                    let _ = done.send(());
                    return;
                }
            }
        }
    }

    /// Takes in what the journal holds after the checkpoint. Returns the last position.
    fn replay(&mut self) -> Position {
        let Some(Durable { journal, restored, .. }) = &mut self.durable else { return 0 };
        let (process, shards) = (&self.process, &self.shards);
        let (mut at, mut batches) = (*restored, 0_u64);
        let started = Instant::now();
        let mut visit = |position, group: Group| {
            at = position;
            batches += group.entries.len() as u64;
            send_time(shards, group.tick);
            if let Some(now) = group.resumed {
                send_all(shards, || Command::Resume(now));
            }
            group.entries.into_iter().for_each(|entry| send(shards, entry));
        };
        let mut damaged = |error: JournalError| {
            tracing::error!(%error, "a part of the journal is lost");
            process.count(Counter::JournalErrors(Operation::Replay), 1.0);
        };
        if let Err(error) = journal.replay(*restored, &mut visit, &mut damaged) {
            damaged(error);
        }
        process.count(Counter::JournalReplayedBatches, batches as f64);
        tracing::info!(batches, from = *restored, to = at, took = ?started.elapsed(), "journal replayed");
        at
    }

    /// From here on it is news. Whoever was watching before may go on; that is an entry too, for the next replay.
    fn resume(&mut self, at: &mut Position) {
        let now = now_ms();
        if *at > 0 {
            self.append(&Group { resumed: Some(now), ..Group::default() }, at);
        }
        send_all(&self.shards, || Command::Resume(now));
        send_all(&self.shards, || Command::Live);
    }

    /// Whether the group is durable now.
    fn append(&mut self, group: &Group, at: &mut Position) -> bool {
        let Some(Durable { journal, .. }) = &mut self.durable else { return true };
        let started = Instant::now();
        match journal.append(group) {
            Ok(appended) => {
                *at = appended.position;
                if std::mem::take(&mut self.failing) {
                    tracing::info!("the journal takes batches again");
                }
                self.process.count(Counter::JournalAppendedBytes, appended.bytes as f64);
                self.process.observe(Histogram::JournalAppendDurationSeconds, ms(started.elapsed()));
                true
            }
            Err(error) => {
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::error!(%error, "the journal cannot take what comes; senders are told to retry");
                }
                self.process.count(Counter::JournalErrors(Operation::Append), 1.0);
                false
            }
        }
    }

    fn deliver(&self, entry: Entry) {
        send(&self.shards, entry);
    }

    fn tell_time(&self, now: u64) {
        send_time(&self.shards, now);
    }

    /// The state of all shards after everything sent to them so far.
    fn states(&self) -> Option<Vec<ShardState>> {
        let answers: Vec<_> = self
            .shards
            .iter()
            .map(|shard| {
                let (answer, state) = oneshot::channel();
                shard.blocking_send(Command::Save(answer)).ok().map(|()| state)
            })
            .collect();
        answers.into_iter().map(|state| state?.blocking_recv().ok()).collect()
    }
}

/// When checkpoints are written.
struct Checkpoints {
    saved: Position,
    due: Option<Instant>,
}

impl Checkpoints {
    /// What was replayed is in no checkpoint yet: the one on disk is that which was restored.
    fn new(durable: Option<&Durable>) -> Checkpoints {
        let interval = durable.map_or(Duration::MAX, |durable| durable.config.checkpoint_interval);
        let saved = durable.map_or(0, |durable| durable.restored);
        Checkpoints { saved, due: Instant::now().checked_add(interval) }
    }

    /// Writes a checkpoint if it is time and something has come since the last, and lets go of what it makes superfluous.
    fn keep(&mut self, writer: &mut Writer, at: Position) {
        let (Some(durable), Some(due)) = (&writer.durable, self.due) else { return };
        if Instant::now() < due {
            return;
        }
        self.due = Instant::now().checked_add(durable.config.checkpoint_interval);
        if at == self.saved {
            return;
        }
        let started = Instant::now();
        let Some(shards) = writer.states() else { return };
        let checkpoint = Checkpoint { position: at, guard: writer.guard.save(), shards };
        let Some(Durable { journal, folder, config, .. }) = &mut writer.durable else { return };
        let written = checkpoint.write(folder);
        if let Err(error) = &written {
            tracing::error!(%error, "no checkpoint; the journal is kept until there is one");
            writer.process.count(Counter::JournalErrors(Operation::Checkpoint), 1.0);
            return;
        }
        // The one before stays usable: the journal is kept from there on.
        let before = now_ms().saturating_sub(u64::try_from(config.retention.as_millis()).unwrap_or(u64::MAX));
        if let Err(error) = journal.prune(self.saved, before, config.max_bytes) {
            tracing::error!(%error, "the journal could not be pruned");
            writer.process.count(Counter::JournalErrors(Operation::Prune), 1.0);
        }
        self.saved = at;
        writer.process.observe(Histogram::JournalCheckpointDurationSeconds, ms(started.elapsed()));
    }
}

fn send(shards: &[mpsc::Sender<Command>], entry: Entry) {
    let Entry { protocol, received_at, batch } = entry;
    let shard = &shards[shard_of(&batch.session_id, shards.len())];
    // A shard that is gone makes the gateway unready; the journal still has the batch.
    let _ = shard.blocking_send(Command::Batch { protocol, received_at, batch });
}

fn send_time(shards: &[mpsc::Sender<Command>], now: u64) {
    send_all(shards, || Command::Tick(now));
}

fn send_all(shards: &[mpsc::Sender<Command>], command: impl Fn() -> Command) {
    for shard in shards {
        // A shard that is gone makes the gateway unready, which is said elsewhere.
        let _ = shard.blocking_send(command());
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
