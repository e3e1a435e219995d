//! Makes traces and log records of chosen sessions, one after the other, off the shards' threads: reads them back from the
//! journal and puts what comes of them into the outboxes.

use std::sync::Arc;

use openqoe_metrics::{ProcessScope, SharedRow};
use openqoe_spec::OtlpLoss;
use openqoe_spec::metrics::process::{Counter, Gauge};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::intake::Chosen;
use super::outbox::Outbox;
use super::timeline::Timeline;
use super::{logs, spans};
use crate::clock::now_ms;
use crate::journal::{Found, SessionReader};
use crate::push::Seldom;
use crate::shard::shard_of;

/// Sessions taken at once, before the outboxes are looked at again.
const GROUP: usize = 32;
/// Events of one session that are read back: a day of one every second.
const MAX_EVENTS: usize = 100_000;

/// What it works with.
pub(super) struct Exporter {
    pub(super) process: Arc<SharedRow<ProcessScope>>,
    /// Of each shard's journal.
    pub(super) readers: Vec<SessionReader>,
    pub(super) engine: openqoe_engine::Config,
    pub(super) limits: spans::Limits,
    pub(super) traces: Option<Outbox>,
    pub(super) logs: Option<Outbox>,
    pub(super) failures: Seldom,
}

impl Exporter {
    /// Works until `stop` changes, then on what waits still.
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Chosen>, mut stop: watch::Receiver<bool>) {
        let mut group = Vec::with_capacity(GROUP);
        loop {
            let due = self.outboxes().filter_map(|outbox| outbox.due()).min();
            tokio::select! {
                taken = queue.recv_many(&mut group, GROUP) => if taken == 0 { break },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
                _ = stop.changed() => break,
            }
            tokio::task::block_in_place(|| self.work(&mut group));
            self.process.set(Gauge::OtlpPendingSessions, queue.len() as f64);
        }
        tokio::task::block_in_place(|| {
            while let Ok(chosen) = queue.try_recv() {
                self.export(&chosen);
            }
            self.outboxes().for_each(Outbox::flush);
        });
    }

    fn outboxes(&mut self) -> impl Iterator<Item = &mut Outbox> {
        self.traces.iter_mut().chain(&mut self.logs)
    }

    fn work(&mut self, group: &mut Vec<Chosen>) {
        group.drain(..).for_each(|chosen| self.export(&chosen));
        let now = Instant::now();
        self.outboxes().filter(|outbox| outbox.due().is_some_and(|due| due <= now)).for_each(Outbox::flush);
    }

    fn export(&mut self, chosen: &Chosen) {
        let is_traced = chosen.share.is_some();
        // Without a trace, what is read back is errors.
        let found =
            if is_traced || chosen.row.summary.errors > 0 { self.read(chosen) } else { Found::default() };
        let is_cut = found.is_cut;
        let timeline = Timeline::of(found.entries, self.engine.clone());
        if let Some(traces) = self.traces.as_mut().filter(|_| is_traced && !timeline.events.is_empty()) {
            let trace = spans::trace(chosen, &timeline, is_cut, self.limits);
            self.process.count(Counter::OtlpCutSpans, trace.cut as f64);
            trace.spans.iter().for_each(|span| traces.push(&chosen.row.tenant, span));
        }
        if let Some(logs) = &mut self.logs {
            let now = now_ms().saturating_mul(1_000_000);
            let records = logs::records(chosen, &timeline.events, self.limits.with_viewer, now);
            records.iter().for_each(|record| logs.push(&chosen.row.tenant, record));
        }
    }

    /// The batches of a session; none when the journal does not have them, which is counted.
    fn read(&mut self, chosen: &Chosen) -> Found {
        let row = &chosen.row;
        let shards = self.readers.len();
        let Some(reader) = self.readers.get_mut(shard_of(&row.session_id, shards)) else {
            return Found::default();
        };
        let found = reader.session(&row.tenant, &row.session_id, row.began_at, MAX_EVENTS);
        let found = found.unwrap_or_else(|error| {
            if self.failures.is_due() {
                tracing::error!(%error, "otlp: a session could not be read back; said once a minute");
            }
            Found::default()
        });
        if found.entries.is_empty() {
            self.process.count(Counter::OtlpSessionsLost(OtlpLoss::NotFound), 1.0);
        }
        found
    }
}
