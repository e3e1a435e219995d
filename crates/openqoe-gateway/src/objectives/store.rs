//! The histories in SQLite (`objectives.db` in the data directory), written by a thread of its own after each sample: a crash
//! loses what was counted since the last one, five seconds at most, and the end of the process nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use openqoe_metrics::{ProcessScope, SharedRow};
use openqoe_spec::metrics::process::Counter;
use rusqlite::{Connection, OptionalExtension};

use super::evaluate::{Alert, State};
use super::history::{LEVELS, News, Point, Sums};

const FILE: &str = "objectives.db";
/// Samples that may wait to be written. One that finds no room is lost, which blurs a moment and no more.
const QUEUE: usize = 64;
/// How often what no ring holds any more is removed.
const PRUNE: Duration = Duration::from_secs(600);
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS series (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, definition TEXT NOT NULL, labels TEXT NOT NULL,
        UNIQUE (name, definition, labels)
    );
    CREATE TABLE IF NOT EXISTS points (
        series INTEGER NOT NULL, level INTEGER NOT NULL, at INTEGER NOT NULL, bad REAL NOT NULL, total REAL NOT NULL,
        PRIMARY KEY (series, level, at)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS alerts (
        series INTEGER NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, since INTEGER,
        PRIMARY KEY (series, name)
    ) WITHOUT ROWID;";

/// Something to be kept.
#[derive(Debug)]
pub(super) enum Order {
    /// A series begins.
    Series { series: u64, name: String, definition: String, labels: Arc<str> },
    /// A point of a series.
    Point(u64, News),
    /// The state of an alert of a series.
    Alert(u64, Alert),
    /// A series nobody needs any more.
    Forget(u64),
}

/// A series as it was kept.
pub(super) struct Saved {
    pub(super) series: u64,
    pub(super) labels: String,
    pub(super) points: [Vec<Point>; LEVELS.len()],
    pub(super) alerts: Vec<Alert>,
}

/// What can go wrong with the histories.
#[derive(Debug, thiserror::Error)]
#[error("histories of objectives: {0}")]
pub(crate) struct StoreError(#[from] rusqlite::Error);

/// The way to the thread that writes.
pub(super) struct Store {
    path: PathBuf,
    orders: Option<SyncSender<Vec<Order>>>,
    thread: Option<JoinHandle<()>>,
    process: Arc<SharedRow<ProcessScope>>,
}

impl Store {
    /// Opens the file of a data directory, made when it is new; returns the number of the next series too.
    ///
    /// # Errors
    /// When it cannot be opened or is another file.
    pub(super) fn open(folder: &Path, process: Arc<SharedRow<ProcessScope>>) -> anyhow::Result<(Store, u64)> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(FILE);
        let connection = prepare(&path)?;
        let last: Option<u64> = connection
            .query_row("SELECT max(id) FROM series", [], |row| row.get(0))
            .map_err(StoreError::from)?;
        let (orders, queue) = sync_channel(QUEUE);
        let writer = Writer { connection, process: process.clone(), failing: false };
        let thread =
            std::thread::Builder::new().name("objectives".into()).spawn(move || writer.run(&queue))?;
        let store = Store { path, orders: Some(orders), thread: Some(thread), process };
        Ok((store, last.map_or(1, |last| last + 1)))
    }

    /// What was kept of an objective, up to a moment.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn read(&self, name: &str, definition: &str, until: u64) -> Result<Vec<Saved>, StoreError> {
        let connection = Connection::open(&self.path)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        let mut select =
            connection.prepare("SELECT id, labels FROM series WHERE name = ?1 AND definition = ?2")?;
        let series = select.query_map((name, definition), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut saved = Vec::new();
        for each in series {
            let (series, labels) = each?;
            let (points, alerts) = (points(&connection, series, until)?, alerts(&connection, series)?);
            saved.push(Saved { series, labels, points, alerts });
        }
        Ok(saved)
    }

    /// Has all of it written with one transaction, soon.
    pub(super) fn keep(&self, orders: Vec<Order>) {
        let Some(queue) = self.orders.as_ref().filter(|_| !orders.is_empty()) else { return };
        if let Err(TrySendError::Full(_)) = queue.try_send(orders) {
            self.process.count(Counter::SloStoreErrors, 1.0);
        }
    }

    /// Waits until everything is written.
    pub(super) fn finish(&mut self) {
        self.orders = None;
        // A thread that is gone has said why.
        self.thread.take().map(JoinHandle::join);
    }
}

fn prepare(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

fn points(
    connection: &Connection,
    series: u64,
    until: u64,
) -> Result<[Vec<Point>; LEVELS.len()], StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT level, at, bad, total FROM points WHERE series = ?1 AND at <= ?2 ORDER BY level, at",
    )?;
    let mut rows = select.query((series, until))?;
    let mut points: [Vec<Point>; LEVELS.len()] = Default::default();
    while let Some(row) = rows.next()? {
        let level: usize = row.get(0)?;
        let sums = Sums { bad: row.get(2)?, total: row.get(3)? };
        if let Some(points) = points.get_mut(level) {
            points.push(Point { at: row.get(1)?, sums });
        }
    }
    Ok(points)
}

fn alerts(connection: &Connection, series: u64) -> Result<Vec<Alert>, StoreError> {
    let mut select = connection.prepare_cached("SELECT name, state, since FROM alerts WHERE series = ?1")?;
    let alerts = select.query_map([series], |row| {
        let (state, since): (String, Option<u64>) = (row.get(1)?, row.get(2)?);
        let state = match (state.as_str(), since) {
            ("pending", Some(since)) => State::Pending { since },
            ("firing", Some(since)) => State::Firing { since },
            ("too_little", _) => State::TooLittle,
            _ => State::Quiet,
        };
        Ok(Alert { name: row.get(0)?, state })
    })?;
    Ok(alerts.collect::<Result<_, _>>()?)
}

/// The thread's side.
struct Writer {
    connection: Connection,
    process: Arc<SharedRow<ProcessScope>>,
    failing: bool,
}

impl Writer {
    fn run(mut self, queue: &Receiver<Vec<Order>>) {
        let mut pruned = Instant::now();
        while let Ok(orders) = queue.recv() {
            let mut result = self.write(&orders);
            if pruned.elapsed() >= PRUNE {
                pruned = Instant::now();
                result = result.and_then(|()| self.prune());
            }
            self.note(result);
        }
    }

    /// Says once that it fails, and once that it does not any more.
    fn note(&mut self, result: Result<(), StoreError>) {
        match result {
            Ok(()) if std::mem::take(&mut self.failing) => {
                tracing::info!("histories of objectives are written again");
            }
            Ok(()) => {}
            Err(error) => {
                self.process.count(Counter::SloStoreErrors, 1.0);
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::error!(%error, "what is counted for objectives is in memory only");
                }
            }
        }
    }

    fn write(&mut self, orders: &[Order]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        for order in orders {
            keep(&transaction, order)?;
        }
        Ok(transaction.commit()?)
    }

    fn prune(&self) -> Result<(), StoreError> {
        let newest: Option<u64> = self
            .connection
            .query_row("SELECT max(at) FROM points WHERE level = 0", [], |row| row.get(0))
            .optional()?
            .flatten();
        for (number, level) in LEVELS.iter().enumerate() {
            // One step more than is needed: a value at the edge lies between two points.
            let edge = newest.unwrap_or_default().saturating_sub(level.span + 2 * level.step);
            self.connection.execute("DELETE FROM points WHERE level = ?1 AND at < ?2", (number, edge))?;
        }
        self.connection.execute_batch(
            "DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM points WHERE points.series = series.id);
             DELETE FROM points WHERE series NOT IN (SELECT id FROM series);
             DELETE FROM alerts WHERE series NOT IN (SELECT id FROM series);",
        )?;
        Ok(())
    }
}

fn keep(connection: &Connection, order: &Order) -> Result<(), StoreError> {
    match order {
        Order::Series { series, name, definition, labels } => connection
            .prepare_cached(
                "INSERT OR REPLACE INTO series (id, name, definition, labels) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((series, name, definition, &**labels)),
        Order::Point(series, News { level, point: Point { at, sums } }) => connection
            .prepare_cached(
                "INSERT OR REPLACE INTO points (series, level, at, bad, total) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((series, level, at, sums.bad, sums.total)),
        Order::Alert(series, alert) => connection
            .prepare_cached(
                "INSERT OR REPLACE INTO alerts (series, name, state, since) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((series, &alert.name, alert.state.as_str(), alert.state.since())),
        Order::Forget(series) => {
            connection.prepare_cached("DELETE FROM alerts WHERE series = ?1")?.execute([series])?;
            connection.prepare_cached("DELETE FROM points WHERE series = ?1")?.execute([series])?;
            connection.prepare_cached("DELETE FROM series WHERE id = ?1")?.execute([series])
        }
    }?;
    Ok(())
}
