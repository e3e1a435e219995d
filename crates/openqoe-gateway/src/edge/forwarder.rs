//! A forwarder: follows the journal of one lane and sends it to the core, in order, one request after the other, until the
//! core answers for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Bytes;
use openqoe_spec::metrics::process::Counter;
use openqoe_spec::{JournalOperation as Operation, Outcome, Rejected};
use tokio::sync::{mpsc, watch};

use super::cursor::Cursor;
use super::lane::note_waiting;
use super::upstream::Reply;
use super::{Progress, Shared};
use crate::journal::{Entry, Group, JournalError, Position, Tail};
use crate::shard::{Command, Prune};

/// The first wait after a failure.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
/// Forwarded bytes after which the journal is asked to let go of them.
const PRUNE_EVERY: u64 = 4 << 20;

/// One lane's way to the core.
pub(super) struct Forwarder {
    tail: Tail,
    lane: mpsc::Sender<Command>,
    cursor: Cursor,
    progress: Arc<Progress>,
    shared: Shared,
    /// Up to where the core has taken the journal, and up to where the journal was asked to let go of it.
    position: Position,
    pruned: Position,
    /// A group the core cannot read is sent batch by batch: only the one it means is given up.
    one_by_one: bool,
    backoff: Duration,
}

impl Forwarder {
    pub(super) fn new(
        tail: Tail,
        lane: mpsc::Sender<Command>,
        cursor: Cursor,
        progress: Arc<Progress>,
        shared: Shared,
    ) -> Forwarder {
        let position = progress.forwarded.load(Ordering::Acquire);
        let (pruned, one_by_one, backoff) = (position, false, FIRST_BACKOFF);
        Forwarder { tail, lane, cursor, progress, shared, position, pruned, one_by_one, backoff }
    }

    /// Forwards until `stop` changes and nothing waits, or the core is away.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut end = self.progress.end.subscribe();
        loop {
            let to = *end.borrow_and_update();
            if to <= self.position {
                tokio::select! {
                    biased;
                    changed = end.changed() => if changed.is_err() { return },
                    _ = stop.wait_for(|stops| *stops) => return,
                }
            } else if self.step(to).await {
                self.backoff = FIRST_BACKOFF;
            } else if *stop.borrow() {
                return;
            } else {
                self.pause(&mut stop).await;
            }
        }
    }

    /// Forwards a group, or what the core takes of it; says whether that was anything.
    async fn step(&mut self, to: Position) -> bool {
        let Some(group) = self.read(to) else { return false };
        let next = match group.entries.first() {
            // Nothing but damage.
            None => Some(group.next),
            Some((oldest, ..)) => {
                self.progress.oldest.store(oldest.received_at, Ordering::Release);
                self.send(&group).await
            }
        };
        let Some(next) = next else { return false };
        self.advance(next, to);
        true
    }

    fn read(&self, to: Position) -> Option<Group> {
        let most = self.shared.config.group_bytes;
        let read = tokio::task::block_in_place(|| self.tail.read(self.position, to, most));
        let note = |error: JournalError| {
            tracing::error!(%error, "a part of the journal cannot be forwarded");
            self.shared.process.count(Counter::JournalErrors(Operation::Read), 1.0);
        };
        let mut group = read.map_err(note).ok()?;
        std::mem::take(&mut group.damaged).into_iter().for_each(note);
        Some(group)
    }

    /// Sends a group; says up to where the core answers for it.
    async fn send(&mut self, group: &Group) -> Option<Position> {
        let count = if self.one_by_one { 1 } else { group.entries.len() };
        let (_, length, _) = group.entries[count - 1];
        match self.shared.upstream.send(Bytes::copy_from_slice(&group.frames[..length])).await {
            Reply::Failed => None,
            Reply::Unreadable(message) if count == 1 => {
                self.one_by_one = false;
                Some(self.note(group, 1, &BTreeMap::from([(0, message)])))
            }
            Reply::Unreadable(_) => {
                self.one_by_one = true;
                Box::pin(self.send(group)).await
            }
            Reply::Taken(answer) => {
                self.one_by_one = false;
                let refused = answer.refused.into_iter().map(|refused| (refused.index, refused.message));
                Some(self.note(group, answer.taken.clamp(1, count), &refused.collect()))
            }
        }
    }

    /// Gives the first batches of a group their outcomes; returns the place behind them.
    fn note(&self, group: &Group, taken: usize, refused: &BTreeMap<usize, String>) -> Position {
        for (index, (entry, ..)) in group.entries.iter().take(taken).enumerate() {
            let Entry { tenant, protocol, batch, .. } = entry;
            let tenant = self.shared.tenants.named(tenant);
            let events = batch.events.len();
            let outcome = match refused.get(&index) {
                None => {
                    self.shared.process.count(Counter::EdgeForwardedBatches, 1.0);
                    Outcome::Forwarded
                }
                Some(reason) => {
                    tracing::error!(reason, events, "the core refused a batch, which is given up");
                    Outcome::Rejected(Rejected::CoreRefused)
                }
            };
            tenant.note_outcome(*protocol, outcome, events);
            note_waiting(&tenant, -(events as f64));
        }
        self.shared.process.count(Counter::EdgeForwardedBytes, group.entries[taken - 1].1 as f64);
        if taken == group.entries.len() { group.next } else { group.entries[taken - 1].2 }
    }

    fn advance(&mut self, position: Position, to: Position) {
        self.position = position;
        self.progress.forwarded.store(position, Ordering::Release);
        if position >= to {
            self.progress.oldest.store(0, Ordering::Release);
        }
        if let Err(error) = self.cursor.write(position) {
            tracing::error!(%error, "how far the core is could not be written: after a crash it gets some again");
            self.shared.process.count(Counter::JournalErrors(Operation::Checkpoint), 1.0);
        }
        if position - self.pruned >= PRUNE_EVERY {
            let prune = Prune { seal: 0, up_to: position, before: u64::MAX, max_bytes: u64::MAX };
            // A full queue is asked again after the next group.
            if self.lane.try_send(Command::Prune(prune)).is_ok() {
                self.pruned = position;
            }
        }
    }

    /// Waits before the next try: longer each time, and not as long as the others do.
    async fn pause(&mut self, stop: &mut watch::Receiver<bool>) {
        let wait = self.backoff.mul_f64(0.5 + fastrand::f64() / 2.0);
        self.backoff = (self.backoff * 2).min(self.shared.config.max_backoff);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = stop.wait_for(|stops| *stops) => {}
        }
    }
}
