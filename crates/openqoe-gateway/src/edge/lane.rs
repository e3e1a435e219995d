//! A lane: the thread that makes the batches of some sessions durable, and answers for them.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use openqoe_metrics::Snapshot;
use openqoe_spec::metrics::process::{Counter, Histogram};
use openqoe_spec::metrics::tenant;
use openqoe_spec::{JournalOperation as Operation, Shed};
use tokio::sync::mpsc;

use super::{Progress, Shared};
use crate::journal::keeper::ms;
use crate::journal::{Journal, JournalError, Position, Record, SegmentJournal};
use crate::shard::{Admission, Command, Shard, gather};
use crate::tenant::Tenant;

/// The thread's belongings.
pub(super) struct Lane {
    journal: SegmentJournal,
    progress: Arc<Progress>,
    shared: Shared,
    /// The group at hand, kept for its allocation.
    records: Vec<u8>,
    /// Whether the last append failed: a full disk is worth one line, not one for each batch.
    is_failing: bool,
}

/// Notes events that wait for the core, or no longer do.
pub(super) fn note_waiting(tenant: &Tenant, events: f64) {
    tenant.row().move_by(tenant::Gauge::EdgeEventsWaiting, events);
}

impl Lane {
    pub(super) fn new(journal: SegmentJournal, progress: Arc<Progress>, shared: Shared) -> Lane {
        Lane { journal, progress, shared, records: Vec::new(), is_failing: false }
    }

    /// Starts the thread, which reads first what the process before it left.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(super) fn start(mut self, number: usize, queue: usize) -> std::io::Result<Shard> {
        let (sender, queue) = mpsc::channel(queue);
        let thread = std::thread::Builder::new().name(format!("lane-{number}")).spawn(move || {
            self.replay();
            self.shared.replaying.fetch_sub(1, Ordering::AcqRel);
            self.run(queue);
        })?;
        Ok(Shard { queue: sender, thread })
    }

    /// Books what waits since the process before this one: its outcomes are still to come.
    fn replay(&mut self) {
        let from = *self.progress.end.borrow();
        let (mut end, mut batches) = (from, 0_u64);
        let mut visit = |place: Range<Position>, record| {
            end = place.end;
            if let Record::Batch(entry) = record {
                batches += 1;
                let tenant = self.shared.tenants.named(&entry.tenant);
                let events = entry.batch.events.len() as f64;
                tenant.row().count(tenant::Counter::IngestEventsReceived(entry.protocol), events);
                note_waiting(&tenant, events);
            }
        };
        let process = &self.shared.process;
        let mut damaged = |error: JournalError| {
            tracing::error!(%error, "a part of the journal is lost");
            process.count(Counter::JournalErrors(Operation::Replay), 1.0);
        };
        if let Err(error) = self.journal.replay(from, &mut visit, &mut damaged) {
            damaged(error);
        }
        process.count(Counter::JournalReplayedBatches, batches as f64);
        if batches > 0 {
            tracing::info!(batches, from, to = end, "the core has not taken these yet");
        }
        self.progress.end.send_replace(end);
    }

    fn run(mut self, mut queue: mpsc::Receiver<Command>) {
        let mut group = Vec::new();
        let mut next = None;
        while let Some(command) = next.take().or_else(|| queue.blocking_recv()) {
            match command {
                Command::Batch(first) => {
                    group.push(first);
                    next = gather(&mut queue, &mut group);
                    self.take(&mut group);
                }
                Command::Prune(prune) => {
                    if let Err(error) = prune.apply(&mut self.journal) {
                        self.fail(Operation::Prune, &error, "the journal could not be pruned");
                    }
                }
                Command::Session { tenant, session_id, answer } => {
                    let entries = self.journal.session(&tenant, &session_id).unwrap_or_else(|error| {
                        self.fail(Operation::Read, &error, "a session could not be read back");
                        Vec::new()
                    });
                    let _ = answer.send(entries);
                }
                Command::Snapshot(answer) => {
                    let _ = answer.send((Snapshot::default(), Vec::new()));
                }
                // There is no engine and no table that time or a checkpoint would mean anything to.
                Command::Tick(_)
                | Command::Expire { .. }
                | Command::Save { .. }
                | Command::Live { .. }
                | Command::State { .. } => {}
            }
        }
    }

    /// Makes a group durable and answers its senders.
    fn take(&mut self, group: &mut Vec<Admission>) {
        self.records.clear();
        group.iter().for_each(|admission| self.records.extend_from_slice(&admission.record));
        let end = self.append();
        for Admission { tenant, batch, done, .. } in group.drain(..) {
            if end.is_some() {
                note_waiting(&tenant, batch.events.len() as f64);
            }
            // A sender that has gone will ask again.
            let _ = done.send(end.map(|_| ()).ok_or(Shed::Journal));
        }
        if let Some(end) = end {
            self.progress.end.send_replace(end);
        }
    }

    /// Where the journal ends once the records at hand are durable.
    fn append(&mut self) -> Option<Position> {
        let started = Instant::now();
        match self.journal.append(&self.records) {
            Ok(position) => {
                if std::mem::take(&mut self.is_failing) {
                    tracing::info!("the journal takes batches again");
                }
                self.shared.process.count(Counter::JournalAppendedBytes, self.records.len() as f64);
                self.shared.process.observe(Histogram::JournalAppendDurationSeconds, ms(started.elapsed()));
                Some(position)
            }
            Err(error) => {
                if !std::mem::replace(&mut self.is_failing, true) {
                    tracing::error!(%error, "the journal cannot take what comes; senders are told to retry");
                }
                self.shared.process.count(Counter::JournalErrors(Operation::Append), 1.0);
                None
            }
        }
    }

    fn fail(&self, operation: Operation, error: &JournalError, meaning: &str) {
        tracing::error!(%error, "{meaning}");
        self.shared.process.count(Counter::JournalErrors(operation), 1.0);
    }
}
