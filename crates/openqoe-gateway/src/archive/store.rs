//! The rows in SQLite: one column for each attribute and each figure of a view.

use std::path::Path;
use std::time::Duration;

use openqoe_engine::Summary;
use openqoe_spec::{Attribute, ViewEnd};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};
use serde_json::Map;

use super::Row;
use crate::config::Durability;

const FILE: &str = "sessions.db";
/// Columns that are no attribute, with their types.
const FIGURES: [(&str, &str); 29] = [
    ("tenant", "TEXT NOT NULL"),
    ("session_id", "TEXT NOT NULL"),
    ("protocol", "TEXT NOT NULL"),
    ("began_at", "INTEGER NOT NULL"),
    ("heard_at", "INTEGER NOT NULL"),
    ("view_end", "TEXT"),
    ("startup_ms", "INTEGER"),
    ("startup_wait_ms", "INTEGER"),
    ("playing_ms", "INTEGER"),
    ("stalled_ms", "INTEGER"),
    ("seeking_ms", "INTEGER"),
    ("paused_ms", "INTEGER"),
    ("ad_ms", "INTEGER"),
    ("media_ms", "INTEGER"),
    ("rebuffer_ratio", "REAL"),
    ("mean_bitrate", "INTEGER"),
    ("played_bytes", "INTEGER"),
    ("downloaded_bytes", "INTEGER"),
    ("frames_decoded", "INTEGER"),
    ("frames_dropped", "INTEGER"),
    ("rebuffers", "INTEGER"),
    ("seeks", "INTEGER"),
    ("switches_up", "INTEGER"),
    ("switches_down", "INTEGER"),
    ("errors", "INTEGER"),
    ("downloads_failed", "INTEGER"),
    ("ad_impressions", "INTEGER"),
    ("exit_before_start", "INTEGER"),
    ("error_code", "TEXT"),
];

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
        let figures = FIGURES.map(|(name, kind)| format!("{name} {kind}")).join(", ");
        connection.execute_batch(&format!(
            "CREATE TABLE IF NOT EXISTS sessions ({figures}, PRIMARY KEY (tenant, session_id));
             CREATE INDEX IF NOT EXISTS sessions_by_time ON sessions (tenant, heard_at);
             CREATE INDEX IF NOT EXISTS sessions_by_age ON sessions (heard_at);",
        ))?;
        let known = columns(&connection)?;
        let attributes = attributes().map(|attribute| (attribute.as_str(), "TEXT"));
        for (name, kind) in FIGURES.into_iter().chain(attributes) {
            if !known.iter().any(|column| column == name) {
                let kind = kind.trim_end_matches(" NOT NULL");
                connection.execute_batch(&format!("ALTER TABLE sessions ADD COLUMN {name} {kind}"))?;
            }
        }
        let names: Vec<&str> = FIGURES.iter().map(|(name, _)| *name).chain(attributes_names()).collect();
        let holes = vec!["?"; names.len()].join(", ");
        let insert = format!("INSERT OR REPLACE INTO sessions ({}) VALUES ({holes})", names.join(", "));
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

    /// The sessions of a tenant heard last before a time (epoch ms), newest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn newest(
        &self,
        tenant: &str,
        before: u64,
        most: usize,
    ) -> Result<Vec<Map<String, serde_json::Value>>, ArchiveError> {
        let before = before.min(i64::MAX.cast_unsigned());
        self.read("tenant = ?1 AND heard_at < ?2 ORDER BY heard_at DESC LIMIT ?3", (tenant, before, most))
    }

    /// One session.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn session(
        &self,
        tenant: &str,
        session_id: &str,
    ) -> Result<Option<Map<String, serde_json::Value>>, ArchiveError> {
        Ok(self.read("tenant = ?1 AND session_id = ?2", (tenant, session_id))?.pop())
    }

    fn read(
        &self,
        condition: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<Map<String, serde_json::Value>>, ArchiveError> {
        let mut select = self.0.prepare_cached(&format!("SELECT * FROM sessions WHERE {condition}"))?;
        let names: Vec<String> = select.column_names().map(str::to_owned).collect();
        let mut rows = select.query(values)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let mut session = Map::new();
            for (number, name) in names.iter().enumerate() {
                match row.get(number)? {
                    Value::Integer(value) => session.insert(name.clone(), value.into()),
                    Value::Real(value) => session.insert(name.clone(), value.into()),
                    Value::Text(value) => session.insert(name.clone(), value.into()),
                    Value::Null | Value::Blob(_) => None,
                };
            }
            found.push(session);
        }
        Ok(found)
    }
}

fn columns(connection: &Connection) -> Result<Vec<String>, ArchiveError> {
    let mut select = connection.prepare("SELECT name FROM pragma_table_info('sessions')")?;
    let names = select.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// Attributes with a column of their own: the session's id has one already.
fn attributes() -> impl Iterator<Item = Attribute> {
    Attribute::ALL.iter().copied().filter(|attribute| *attribute != Attribute::SessionId)
}

fn attributes_names() -> impl Iterator<Item = &'static str> {
    attributes().map(Attribute::as_str)
}

/// In the order of the columns.
fn values(row: &Row) -> Vec<Value> {
    let number = |value: u64| Value::Integer(value.min(i64::MAX.cast_unsigned()).cast_signed());
    let text = |value: &str| if value.is_empty() { Value::Null } else { Value::Text(value.to_owned()) };
    let Row { tenant, session_id, protocol, began_at, heard_at, attributes: own, summary } = row;
    let Summary { end, startup, startup_wait, playing, stalled, seeking, paused, ads, media, .. } = summary;
    let watched = u64::from(*playing) + u64::from(*stalled);
    let ratio = (watched > 0).then(|| f64::from(*stalled) / watched as f64);
    let bitrate = (*media > 0).then(|| summary.played_bytes.saturating_mul(8000) / u64::from(*media));
    let times = [startup_wait, playing, stalled, seeking, paused, ads, media];
    let counts = [
        summary.rebuffers,
        summary.seeks,
        summary.switches_up,
        summary.switches_down,
        summary.errors,
        summary.downloads_failed,
        summary.ad_impressions,
    ];
    let mut values =
        vec![text(tenant), text(session_id), text(protocol.as_str()), number(*began_at), number(*heard_at)];
    values.push(text(end.map_or("", ViewEnd::as_str)));
    values.push(startup.map_or(Value::Null, |ms| number(ms.into())));
    values.extend(times.map(|ms| number((*ms).into())));
    values.push(ratio.map_or(Value::Null, Value::Real));
    values.push(bitrate.map_or(Value::Null, number));
    values.extend([number(summary.played_bytes), number(summary.downloaded_bytes)]);
    values.extend([number(summary.frames_decoded.into()), number(summary.frames_dropped.into())]);
    values.extend(counts.map(|count| number(count.into())));
    values.push(number(summary.is_exit_before_start.into()));
    values.push(text(summary.error_code.as_deref().unwrap_or_default()));
    values.extend(attributes().map(|attribute| text(own.get(attribute))));
    values
}

#[cfg(test)]
mod tests {
    use openqoe_spec::{Attributes, Protocol};

    use super::*;

    fn row(session: &str, heard_at: u64, viewer: &str) -> Box<Row> {
        let mut attributes = Attributes::default();
        attributes.set(Attribute::ViewerIdHash, viewer).unwrap();
        let summary = Summary {
            end: Some(ViewEnd::Finished),
            startup: Some(412),
            playing: 9000,
            stalled: 1000,
            media: 8000,
            played_bytes: 4_000_000,
            ..Summary::default()
        };
        let (protocol, session_id) = (Protocol::Native, session.into());
        Box::new(Row { tenant: "t".into(), session_id, protocol, began_at: 1, heard_at, attributes, summary })
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
        let ids = |before| -> Vec<String> {
            let rows = reader.newest("t", before, 2).unwrap();
            rows.iter().map(|row| row["session_id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!((ids(u64::MAX), ids(40)), (vec!["a".into(), "c".into()], vec!["c".into(), "b".into()]));
        let session = reader.session("t", "a").unwrap().unwrap();
        assert_eq!(session["startup_ms"], 412);
        assert_eq!((&session["rebuffer_ratio"], &session["mean_bitrate"]), (&0.1.into(), &4_000_000.into()));
        assert_eq!((&session["view_end"], session.get("error_code")), (&"finished".into(), None));
        assert_eq!(store.erase("t", &["w".into(), "x".into()], &["c"]).unwrap(), 2);
        store.write(&[row("d", 50, "")]).unwrap();
        store.prune(31, 1).unwrap();

        assert_eq!(ids(u64::MAX), ["d"]);
    }
}
