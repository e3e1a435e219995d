//! How a shard takes in again what its journal holds, before it takes anything new.

use std::ops::Range;
use std::time::Instant;

use openqoe_engine::Arrival;
use openqoe_spec::JournalOperation as Operation;
use openqoe_spec::metrics::process::Counter;

use super::Worker;
use crate::clock::now_ms;
use crate::journal::{Entry, JournalError, Position, Record, record};

impl Worker {
    /// Takes in what the journal holds after the checkpoint. Those events were booked by the process that received them.
    pub(super) fn replay(&mut self) {
        let Some(mut journal) = self.journal.take() else { return };
        let (from, started) = (self.position, Instant::now());
        let process = self.shared.process.clone();
        let mut batches = 0_u64;
        let mut visit = |place: Range<Position>, record| {
            self.position = place.end;
            match record {
                Record::Batch(entry) => {
                    batches += 1;
                    self.take_again(entry, place.start);
                }
                Record::Tick(now) => {
                    self.engine.expire(now, &mut self.table, &mut self.books);
                }
                Record::Resumed(now) => self.engine.resume(now),
                Record::Erased => {}
            }
        };
        let mut damaged = |error: JournalError| {
            tracing::error!(%error, "a part of the journal is lost");
            process.count(Counter::JournalErrors(Operation::Replay), 1.0);
        };
        if let Err(error) = journal.replay(from, &mut visit, &mut damaged) {
            damaged(error);
        }
        process.count(Counter::JournalReplayedBatches, batches as f64);
        tracing::info!(batches, from, to = self.position, took = ?started.elapsed(), "journal replayed");
        self.journal = Some(journal);
        self.archive();
    }

    fn take_again(&mut self, entry: Entry, place: Position) {
        let Entry { tenant, protocol, received_at, batch } = entry;
        let tenant = self.shared.tenants.named(&tenant);
        let source = tenant.source(protocol);
        let arrival = Arrival { tenant: tenant.name(), source, received_at, place, batch };
        self.engine.apply(arrival, &mut self.table, &mut self.books);
    }

    /// From here on it is news. Whoever was watching before may go on; that is a record too, for the next replay.
    pub(super) fn resume(&mut self) {
        let now = now_ms();
        if self.position > 0 {
            self.records.clear();
            record::push_resumed(&mut self.records, now);
            self.append();
        }
        self.engine.resume(now);
        self.headcount.settle(&self.engine, &self.shared.tenants);
        self.books.go_live();
    }
}
