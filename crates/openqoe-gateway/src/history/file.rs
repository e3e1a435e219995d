//! The history in a file of the data directory: SQLite, one row for each step of a span, one for what each tenant's viewers and
//! each value of an attribute added in it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use openqoe_metrics::{Dictionary, Sums};
use openqoe_spec::{ATTRIBUTES, Class};
use rusqlite::{Connection, OptionalExtension};

use super::ring::{Slice, Span, Step};

const FILE: &str = "history.db";

/// What can go wrong with the file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HistoryError {
    #[error("history of indicators: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("history of indicators: what its numbers mean cannot be read: {0}")]
    Dictionary(#[from] serde_json::Error),
}

/// The file, to be read once and written from then on.
pub(super) struct File {
    connection: Connection,
    /// What the numbers meant to the build that wrote it.
    dictionary: Dictionary,
}

impl File {
    /// Opens the history of a data directory, made when it is new.
    ///
    /// # Errors
    /// When the file cannot be opened or is something else.
    pub(super) fn open(folder: &Path) -> Result<File, HistoryError> {
        let connection = Connection::open(folder.join(FILE))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS meaning (id INTEGER PRIMARY KEY CHECK (id = 0), dictionary TEXT NOT NULL);
             CREATE TABLE IF NOT EXISTS steps (span_ms INTEGER, at INTEGER, covered INTEGER NOT NULL, PRIMARY KEY (span_ms, at));
             CREATE TABLE IF NOT EXISTS growth (span_ms INTEGER, at INTEGER, tenant TEXT, attribute TEXT, value TEXT,
                 sums BLOB NOT NULL, PRIMARY KEY (span_ms, at, tenant, attribute, value)) WITHOUT ROWID;",
        )?;
        let text: Option<String> =
            connection.query_row("SELECT dictionary FROM meaning", [], |row| row.get(0)).optional()?;
        let dictionary = text.map_or(Ok(Dictionary::current()), |text| serde_json::from_str(&text))?;
        Ok(File { connection, dictionary })
    }

    /// Whether another build wrote it: what was read of it is to be written anew.
    pub(super) fn is_foreign(&self) -> bool {
        self.dictionary != Dictionary::current()
    }

    /// The steps of a span that are not too old, ascending. A row that is damaged is left out.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn read(&self, span: Span, now: u64) -> Result<Vec<Step>, HistoryError> {
        let oldest = now.saturating_sub(span.step_ms * span.keep as u64);
        let mut steps = BTreeMap::<u64, Step>::new();
        let mut select = self
            .connection
            .prepare("SELECT at, covered FROM steps WHERE span_ms = ? AND at BETWEEN ? AND ?")?;
        let mut rows = select.query((span.step_ms, oldest, now))?;
        while let Some(row) = rows.next()? {
            let (at, covered) = (row.get(0)?, row.get::<_, u64>(1)?.min(span.step_ms));
            steps.insert(at, Step { at, covered, tenants: BTreeMap::new() });
        }
        let mut select = self.connection.prepare(
            "SELECT at, tenant, attribute, value, sums FROM growth WHERE span_ms = ? AND at BETWEEN ? AND ? ORDER BY at",
        )?;
        let mut rows = select.query((span.step_ms, oldest, now))?;
        while let Some(row) = rows.next()? {
            let (at, tenant, attribute): (u64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let Some(step) = steps.get_mut(&at) else { continue };
            let Some(sums) = self.dictionary.unpack(row.get_ref(4)?.as_blob().unwrap_or_default()) else {
                continue;
            };
            let slice = step.tenants.entry(tenant.into()).or_default();
            let value: String = row.get(3)?;
            add(slice, &attribute, &value, &sums);
        }
        let whole = |step: &mut Step| step.tenants.retain(|_, slice| !slice.total.is_empty());
        Ok(steps
            .into_values()
            .map(|mut step| {
                whole(&mut step);
                step
            })
            .collect())
    }

    /// Writes steps of several spans, each over what is there of it, and removes what is too old.
    ///
    /// # Errors
    /// When the disk does not take them; none is written then.
    pub(super) fn write(&mut self, steps: &[(Span, Vec<Arc<Step>>)], now: u64) -> Result<(), HistoryError> {
        let transaction = self.connection.transaction()?;
        {
            let dictionary = serde_json::to_string(&Dictionary::current())?;
            transaction.execute("INSERT OR REPLACE INTO meaning VALUES (0, ?)", [dictionary])?;
            let mut step_row = transaction.prepare_cached("INSERT OR REPLACE INTO steps VALUES (?, ?, ?)")?;
            let mut row =
                transaction.prepare_cached("INSERT OR REPLACE INTO growth VALUES (?, ?, ?, ?, ?, ?)")?;
            for (span, steps) in steps {
                for step in steps {
                    step_row.execute((span.step_ms, step.at, step.covered))?;
                    for (tenant, slice) in &step.tenants {
                        row.execute((span.step_ms, step.at, &**tenant, "", "", &*slice.total))?;
                        for (attribute, value, sums) in &slice.values {
                            row.execute((span.step_ms, step.at, &**tenant, attribute, &**value, &**sums))?;
                        }
                    }
                }
                let oldest = now.saturating_sub(span.step_ms * span.keep as u64);
                for table in ["steps", "growth"] {
                    let delete = format!("DELETE FROM {table} WHERE span_ms = ? AND at < ?");
                    transaction.prepare_cached(&delete)?.execute((span.step_ms, oldest))?;
                }
            }
        }
        transaction.commit()?;
        self.dictionary = Dictionary::current();
        Ok(())
    }

    /// Removes everything, before it is written anew.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn clear(&self) -> Result<(), HistoryError> {
        Ok(self.connection.execute_batch("DELETE FROM steps; DELETE FROM growth;")?)
    }
}

/// What is about an attribute that tells nothing apart any more is left out.
fn add(slice: &mut Slice, attribute: &str, value: &str, sums: &Sums) {
    if attribute.is_empty() {
        slice.total = sums.pack();
        return;
    }
    let known = ATTRIBUTES.iter().find(|def| def.name == attribute && def.class != Class::TraceOnly);
    if let Some(def) = known {
        slice.values.push((def.name, value.into(), sums.pack()));
    }
}
