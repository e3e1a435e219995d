//! The archive: one wide row for every session that has ended, for those who look for sessions instead of series. The rows
//! are a fold of the journal, as the series are: told twice, a row is the same, and what a crash took from the queue the
//! replay tells again, for a checkpoint waits until the rows before it are written.

mod figures;
mod store;

use std::sync::Arc;
use std::time::{Duration, Instant};

use openqoe_engine::Summary;
use openqoe_metrics::{ProcessScope, SharedRow};
use openqoe_spec::metrics::process::Counter;
use openqoe_spec::{Attributes, Protocol};
use tokio::sync::{mpsc, oneshot};

use crate::clock::now_ms;
use crate::config::{self, Config};
use crate::facts::Facts;
pub(crate) use figures::{mean_bitrate, named};
pub(crate) use store::{ArchiveError, Reader, Store};

/// Rows that may wait to be written. A shard waits when there are more: sessions end no faster than rows are written.
const QUEUE: usize = 8192;
/// Rows of one transaction.
const MAX_GROUP: usize = 2048;
/// How often rows that are too old are removed.
const PRUNE: Duration = Duration::from_secs(60);

/// A session that has ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) tenant: Box<str>,
    pub(crate) session_id: Box<str>,
    pub(crate) protocol: Protocol,
    /// Epoch ms on the gateway's clock.
    pub(crate) began_at: u64,
    pub(crate) heard_at: u64,
    pub(crate) attributes: Attributes,
    pub(crate) summary: Summary,
}

enum Order {
    Keep(Box<Row>),
    Flush(oneshot::Sender<()>),
}

/// The way to the thread that writes rows. Without a data directory there is none, and rows go nowhere.
#[derive(Clone)]
pub(crate) struct Archive(Option<mpsc::Sender<Order>>);

impl Archive {
    /// Opens the archive of a data directory and starts its thread.
    ///
    /// # Errors
    /// When the file cannot be opened or is no archive.
    pub(crate) fn start(
        config: &Config,
        process: Arc<SharedRow<ProcessScope>>,
        facts: Arc<Facts>,
    ) -> anyhow::Result<Archive> {
        if config.data_dir.as_os_str().is_empty() {
            return Ok(Archive(None));
        }
        let store = Store::open(&config.data_dir, config.journal.durability)?;
        facts.load(config.data_dir.clone())?;
        let (orders, queue) = mpsc::channel(QUEUE);
        let config = config.sessions.clone();
        std::thread::Builder::new()
            .name("archive".into())
            .spawn(move || Writer { store, config, process, facts, failing: false }.run(queue))?;
        Ok(Archive(Some(orders)))
    }

    /// Whether rows are kept at all.
    pub(crate) fn keeps(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn keep(&self, row: Row) {
        if let Some(orders) = &self.0 {
            // A thread that is gone has said why.
            let _ = orders.blocking_send(Order::Keep(Box::new(row)));
        }
    }

    /// Waits until everything kept so far is written.
    pub(crate) fn flush(&self) {
        let Some(orders) = &self.0 else { return };
        let (done, flushed) = oneshot::channel();
        if orders.blocking_send(Order::Flush(done)).is_ok() {
            let _ = flushed.blocking_recv();
        }
    }
}

struct Writer {
    store: Store,
    config: config::Sessions,
    process: Arc<SharedRow<ProcessScope>>,
    /// Has what is written.
    facts: Arc<Facts>,
    failing: bool,
}

impl Writer {
    fn run(mut self, mut queue: mpsc::Receiver<Order>) {
        let (mut rows, mut flushed) = (Vec::new(), Vec::new());
        let mut pruned = Instant::now();
        while let Some(order) = queue.blocking_recv() {
            let mut next = Some(order);
            while let Some(order) = next.take() {
                match order {
                    Order::Keep(row) => rows.push(row),
                    Order::Flush(done) => flushed.push(done),
                }
                if rows.len() < MAX_GROUP {
                    next = queue.try_recv().ok();
                }
            }
            self.write(&rows);
            rows.clear();
            for done in flushed.drain(..) {
                // Whoever waited may have gone away.
                let _ = done.send(());
            }
            if pruned.elapsed() >= PRUNE {
                pruned = Instant::now();
                self.prune();
            }
        }
    }

    fn write(&mut self, rows: &[Box<Row>]) {
        match self.store.write(rows) {
            Ok(()) => {
                self.process.count(Counter::ArchiveRows, rows.len() as f64);
                self.facts.put(rows.iter().map(|row| &**row));
                if std::mem::take(&mut self.failing) {
                    tracing::info!("the archive of ended sessions takes rows again");
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::error!(%error, "rows of ended sessions are lost; their events stay in the journal");
                }
                self.process.count(Counter::ArchiveRowsLost, rows.len() as f64);
            }
        }
    }

    fn prune(&self) {
        let retention = u64::try_from(self.config.retention.as_millis()).unwrap_or(u64::MAX);
        let before = now_ms().saturating_sub(retention);
        self.facts.forget_before(before);
        if let Err(error) = self.store.prune(before, self.config.max_rows) {
            tracing::warn!(%error, "old rows of ended sessions could not be removed");
        }
    }
}
