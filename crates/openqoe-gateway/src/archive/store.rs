//! The rows in SQLite: one column for each attribute and each figure of a view.

use std::path::Path;
use std::time::Duration;

use openqoe_spec::{Attribute, Attributes, Protocol};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params_from_iter};

use super::Row;
use super::figures::{FIGURES, infer, integer, read_text, text, whole};
use crate::config::Durability;

const FILE: &str = "sessions.db";
/// Columns that say whose row it is, with their types; those of the figures follow, then those of the attributes.
const HEAD: [(&str, &str); 5] = [
    ("tenant", "TEXT NOT NULL"),
    ("session_id", "TEXT NOT NULL"),
    ("protocol", "TEXT NOT NULL"),
    ("began_at", "INTEGER NOT NULL"),
    ("heard_at", "INTEGER NOT NULL"),
];
/// The column rows of older builds lack a value in.
const NEWER: &str = "attempted";

/// What can go wrong with the archive.
#[derive(Debug, thiserror::Error)]
#[error("archive of ended sessions: {0}")]
pub(crate) struct ArchiveError(#[from] rusqlite::Error);

/// The archive, to be written.
pub(crate) struct Store {
    connection: Connection,
    insert: String,
}

impl Store {
    /// Opens the archive of a data directory, made when it is new. Attributes that are new get their columns.
    ///
    /// # Errors
    /// When the file cannot be opened or is no archive.
    pub(crate) fn open(folder: &Path, durability: Durability) -> Result<Store, ArchiveError> {
        let connection = Connection::open(folder.join(FILE))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A checkpoint relies on the rows before it, so they survive what it survives.
        let synchronous = if durability == Durability::Power { "FULL" } else { "NORMAL" };
        connection.pragma_update(None, "synchronous", synchronous)?;
        let definitions: Vec<String> = columns().map(|(name, kind)| format!("{name} {kind}")).collect();
        connection.execute_batch(&format!(
            "CREATE TABLE IF NOT EXISTS sessions ({}, PRIMARY KEY (tenant, session_id));
             CREATE INDEX IF NOT EXISTS sessions_by_age ON sessions (heard_at);
             DROP INDEX IF EXISTS sessions_by_time;",
            definitions.join(", ")
        ))?;
        let known = known(&connection)?;
        for (name, kind) in columns() {
            if !known.iter().any(|column| column == name) {
                let kind = kind.trim_end_matches(" NOT NULL");
                connection.execute_batch(&format!("ALTER TABLE sessions ADD COLUMN {name} {kind}"))?;
            }
        }
        let holes = vec!["?"; columns().count()].join(", ");
        let insert = format!("INSERT OR REPLACE INTO sessions ({}) VALUES ({holes})", names());
        Ok(Store { connection, insert })
    }

    /// Writes rows; one that is there already is written anew.
    ///
    /// # Errors
    /// When the disk does not take them; none is written then.
    pub(super) fn write(&mut self, rows: &[Box<Row>]) -> Result<(), ArchiveError> {
        if rows.is_empty() {
            return Ok(());
        }
        let transaction = self.connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached(&self.insert)?;
            for row in rows {
                insert.execute(params_from_iter(values(row)))?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Removes rows of sessions last heard before a time (epoch ms), and the oldest beyond a number.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn prune(&self, before: u64, most: u64) -> Result<(), ArchiveError> {
        self.connection.execute("DELETE FROM sessions WHERE heard_at < ?", [before])?;
        self.connection.execute(
            "DELETE FROM sessions WHERE rowid IN (SELECT rowid FROM sessions ORDER BY heard_at DESC LIMIT -1 OFFSET ?)",
            [most],
        )?;
        Ok(())
    }

    /// Removes the rows of a viewer, known by hashes and by sessions, and leaves nothing of them in the file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn erase(
        &self,
        tenant: &str,
        hashes: &[String],
        sessions: &[&str],
    ) -> Result<usize, ArchiveError> {
        self.connection.pragma_update(None, "secure_delete", true)?;
        let hashes = hashes.iter().map(|hash| ("viewer_id_hash", hash.as_str()));
        let sessions = sessions.iter().map(|session| ("session_id", *session));
        let mut erased = 0;
        for (column, value) in hashes.chain(sessions) {
            let delete = format!("DELETE FROM sessions WHERE tenant = ? AND {column} = ?");
            erased += self.connection.prepare_cached(&delete)?.execute([tenant, value])?;
        }
        // What the write-ahead log still has of them goes too.
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(erased)
    }
}

/// The archive, to be read beside its writer.
pub(crate) struct Reader(Connection);

impl Reader {
    /// Opens the archive of a data directory.
    ///
    /// # Errors
    /// When there is none yet.
    pub(crate) fn open(folder: &Path) -> Result<Reader, ArchiveError> {
        let connection = Connection::open_with_flags(folder.join(FILE), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(Duration::from_secs(1))?;
        Ok(Reader(connection))
    }

    /// One session.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn session(&self, tenant: &str, session_id: &str) -> Result<Option<Row>, ArchiveError> {
        let query = format!("SELECT {} FROM sessions WHERE tenant = ?1 AND session_id = ?2", names());
        let mut select = self.0.prepare_cached(&query)?;
        Ok(select.query_row([tenant, session_id], read).optional()?)
    }

    /// Visits rows, those heard last first, until `visit` has enough.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn newest(&self, mut visit: impl FnMut(Row) -> bool) -> Result<(), ArchiveError> {
        let query = format!("SELECT {} FROM sessions ORDER BY heard_at DESC", names());
        let mut select = self.0.prepare(&query)?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            if !visit(read(row)?) {
                break;
            }
        }
        Ok(())
    }
}

fn known(connection: &Connection) -> Result<Vec<String>, ArchiveError> {
    let mut select = connection.prepare("SELECT name FROM pragma_table_info('sessions')")?;
    let names = select.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// Name and type of every column.
fn columns() -> impl Iterator<Item = (&'static str, &'static str)> {
    let figures = FIGURES.iter().map(|figure| (figure.name, figure.kind));
    let attributes = attributes().map(|attribute| (attribute.as_str(), "TEXT"));
    HEAD.into_iter().chain(figures).chain(attributes)
}

fn names() -> String {
    columns().map(|(name, _)| name).collect::<Vec<_>>().join(", ")
}

/// Attributes with a column of their own: the session's id has one already.
fn attributes() -> impl Iterator<Item = Attribute> {
    Attribute::ALL.iter().copied().filter(|attribute| *attribute != Attribute::SessionId)
}

/// In the order of the columns.
fn values(row: &Row) -> impl Iterator<Item = Value> + '_ {
    let Row { tenant, session_id, protocol, began_at, heard_at, attributes: own, summary } = row;
    let head =
        [text(tenant), text(session_id), text(protocol.as_str()), integer(*began_at), integer(*heard_at)];
    let figures = FIGURES.iter().map(|figure| (figure.get)(summary));
    head.into_iter().chain(figures).chain(attributes().map(|attribute| text(own.get(attribute))))
}

/// The opposite of [`values`].
fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let value = |number: usize| row.get::<_, Value>(number);
    let name = |number| value(number).map(|value| read_text(&value).unwrap_or_default().into());
    let mut found = Row {
        tenant: name(0)?,
        session_id: name(1)?,
        protocol: read_text(&value(2)?).and_then(Protocol::parse).unwrap_or(Protocol::Native),
        began_at: whole(&value(3)?),
        heard_at: whole(&value(4)?),
        attributes: Attributes::default(),
        summary: Default::default(),
    };
    let mut is_old = false;
    for (number, figure) in FIGURES.iter().enumerate() {
        let value = value(HEAD.len() + number)?;
        is_old |= figure.name == NEWER && value == Value::Null;
        (figure.set)(&mut found.summary, &value);
    }
    for (number, attribute) in attributes().enumerate() {
        let value = value(HEAD.len() + FIGURES.len() + number)?;
        if let Some(text) = read_text(&value) {
            // What a later vocabulary no longer accepts is absent.
            let _ = found.attributes.set(attribute, text);
        }
    }
    if is_old {
        infer(&mut found.summary);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use openqoe_engine::Summary;
    use openqoe_spec::{Failure, ViewEnd};

    use super::*;

    fn row(session: &str, heard_at: u64, viewer: &str) -> Box<Row> {
        let mut attributes = Attributes::default();
        attributes.set(Attribute::ViewerIdHash, viewer).unwrap();
        let summary = Summary {
            end: Some(ViewEnd::Error),
            startup: Some(412),
            playing: 9000,
            stalled: 1000,
            media: 8000,
            played_bytes: 4_000_000,
            is_attempted: true,
            is_started: true,
            playback_failure: Some(Failure::Technical),
            error_code: Some("E".into()),
            ..Summary::default()
        };
        let (protocol, session_id) = (Protocol::Native, session.into());
        Box::new(Row { tenant: "t".into(), session_id, protocol, began_at: 1, heard_at, attributes, summary })
    }

    fn ids(reader: &Reader) -> Vec<Box<str>> {
        let mut ids = Vec::new();
        reader
            .newest(|row| {
                ids.push(row.session_id);
                true
            })
            .unwrap();
        ids
    }

    #[test]
    fn rows_are_written_replaced_found_pruned_and_erased() {
        let folder = std::env::temp_dir().join(format!("openqoe-archive-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let mut store = Store::open(&folder, Durability::Power).unwrap();
        store.write(&[row("a", 10, "v"), row("b", 20, "w"), row("c", 30, ""), row("a", 40, "v")]).unwrap();
        // What a later vocabulary adds does not disturb what is there.
        drop(store);
        let mut store = Store::open(&folder, Durability::Power).unwrap();
        let reader = Reader::open(&folder).unwrap();
        assert_eq!(ids(&reader), ["a", "c", "b"].map(Into::into));
        assert_eq!(reader.session("t", "a").unwrap().unwrap(), *row("a", 40, "v"));
        assert!(reader.session("u", "a").unwrap().is_none());
        let clear = "UPDATE sessions SET attempted = NULL, started = NULL, playback_failure = NULL";
        store.connection.execute_batch(clear).unwrap();
        assert_eq!(reader.session("t", "a").unwrap().unwrap(), *row("a", 40, "v"), "of an older build");
        assert_eq!(store.erase("t", &["w".into(), "x".into()], &["c"]).unwrap(), 2);
        store.write(&[row("d", 50, "")]).unwrap();
        store.prune(31, 1).unwrap();
        assert_eq!(ids(&reader), ["d".into()]);
        drop((store, reader));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
