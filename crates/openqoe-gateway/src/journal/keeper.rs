//! The keeper: a thread that writes a checkpoint every so often, and lets the journals go of what it makes superfluous.
//!
//! All shards stop for a moment, say what they hold, and go on together: what the cardinality guard they share has admitted
//! belongs to that moment too.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use openqoe_metrics::{Guard, ProcessScope, SharedRow};
use openqoe_spec::JournalOperation as Operation;
use openqoe_spec::metrics::process::{Counter, Histogram};
use tokio::sync::{mpsc, oneshot};

use super::checkpoint::{Checkpoint, ShardState};
use super::{Admissions, Position};
use crate::archive::Archive;
use crate::clock::now_ms;
use crate::config;
use crate::shard::{Command, Prune};

/// A segment covers no more than this part of the retention, so batches outlive it by no more than that.
const SLACK: u64 = 8;

/// The thread's belongings.
pub(crate) struct Keeper {
    pub(crate) folder: PathBuf,
    pub(crate) config: config::Journal,
    pub(crate) shards: Vec<mpsc::Sender<Command>>,
    pub(crate) guard: Arc<Guard>,
    /// How long nothing may be written to a label set, in ms; 0 is for ever.
    pub(crate) idle: u64,
    pub(crate) process: Arc<SharedRow<ProcessScope>>,
    pub(crate) archive: Archive,
    pub(crate) admissions: Arc<Admissions>,
    /// Bytes all shards have appended: without news there is nothing to save.
    pub(crate) appended: Arc<AtomicU64>,
    /// The checkpoint the gateway was restored from.
    pub(crate) restored: Kept,
}

/// A checkpoint on disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    pub(crate) number: u64,
    pub(crate) positions: Vec<Position>,
}

impl Keeper {
    /// Starts the thread, which ends with a last checkpoint when it is told to.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(crate) fn start(self) -> std::io::Result<(Sender<oneshot::Sender<()>>, JoinHandle<()>)> {
        let (finish, finished) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new().name("keeper".into()).spawn(move || self.run(&finished))?;
        Ok((finish, thread))
    }

    fn run(self, finish: &Receiver<oneshot::Sender<()>>) {
        let mut kept = self.restored.clone();
        // What was replayed is in no checkpoint yet, and `appended` does not count it.
        let mut saved = None;
        loop {
            match finish.recv_timeout(self.config.checkpoint_interval) {
                Err(RecvTimeoutError::Timeout) => self.keep(&mut kept, &mut saved),
                Err(RecvTimeoutError::Disconnected) => return,
                Ok(done) => {
                    self.keep(&mut kept, &mut saved);
                    let _ = done.send(());
                    return;
                }
            }
        }
    }

    /// Writes a checkpoint if something has come since the last, and now and then all the same: what is too old goes, even
    /// where nothing comes any more.
    fn keep(&self, kept: &mut Kept, saved: &mut Option<(u64, Instant)>) {
        let appended = self.appended.load(Ordering::Acquire);
        let started = Instant::now();
        let rests = self.config.retention / SLACK as u32;
        if saved.is_some_and(|(there, at)| there == appended && started - at < rests) {
            return;
        }
        self.expire();
        let number = kept.number + 1;
        let Some((shards, guard)) = self.states(number) else { return };
        let positions = shards.iter().map(|shard| shard.position).collect();
        // What the shards have told it by now is in no replay after this checkpoint.
        self.archive.flush();
        let written = Checkpoint { number, guard, shards }.write(&self.folder);
        if let Err(error) = &written {
            tracing::error!(%error, "no checkpoint; the journal is kept until there is one");
            self.process.count(Counter::JournalErrors(Operation::Checkpoint), 1.0);
            return;
        }
        *saved = Some((appended, started));
        self.prune(kept);
        *kept = Kept { number, positions };
        let ms = started.elapsed().as_secs_f64() * 1000.0;
        self.process.observe(Histogram::JournalCheckpointDurationSeconds, ms);
    }

    /// Lets go of idle label sets, before the checkpoint: what it restores knows nothing of them, and has room for others.
    fn expire(&self) {
        let now = now_ms();
        let ask = |shard: &mpsc::Sender<Command>| {
            let (answer, released) = oneshot::channel();
            shard.blocking_send(Command::Expire { now, idle: self.idle, answer }).ok().map(|()| released)
        };
        let answers: Vec<_> = if self.idle > 0 { self.shards.iter().map(ask).collect() } else { Vec::new() };
        // All of them have replayed their journal when the last answers.
        let released: Vec<_> =
            answers.into_iter().filter_map(|answer| answer?.blocking_recv().ok()).collect();
        released.into_iter().for_each(|released| self.guard.release(released));
    }

    /// The state of all shards after everything sent to them so far, and the guard's at the same moment.
    fn states(&self, number: u64) -> Option<(Vec<ShardState>, Vec<u8>)> {
        let (mut answers, mut paused) = (Vec::new(), Vec::new());
        for shard in &self.shards {
            let (answer, state) = oneshot::channel();
            let (go_on, pause) = oneshot::channel::<()>();
            shard.blocking_send(Command::Save { answer, pause }).ok()?;
            answers.push(state);
            paused.push(go_on);
        }
        let states = answers.into_iter().map(|state| state.blocking_recv().ok()).collect::<Option<_>>()?;
        let guard = self.guard.save();
        if let Err(error) = self.admissions.begin(number) {
            tracing::warn!(%error, "admissions go on in the file of the checkpoint before");
        }
        // Dropping the other ends lets the shards go on.
        drop(paused);
        Some((states, guard))
    }

    /// The checkpoint before the newest stays usable: the journals are kept from there on.
    fn prune(&self, kept: &Kept) {
        if let Err(error) = self.admissions.prune(kept.number) {
            tracing::warn!(%error, "old admissions could not be removed");
        }
        let retention = u64::try_from(self.config.retention.as_millis()).unwrap_or(u64::MAX);
        let now = now_ms();
        let (before, seal) = (now.saturating_sub(retention), now.saturating_sub(retention / SLACK));
        let max_bytes = self.config.max_bytes / self.shards.len().max(1) as u64;
        for (shard, up_to) in self.shards.iter().zip(&kept.positions) {
            // A shard that is gone makes the gateway unready, which is said elsewhere.
            let _ = shard.blocking_send(Command::Prune(Prune { seal, up_to: *up_to, before, max_bytes }));
        }
    }
}

/// How long something took, in the table's unit.
pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
