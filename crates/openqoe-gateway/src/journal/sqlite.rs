//! The embedded journal: groups as rows of one SQLite database in WAL mode, found by session through an index.

use std::path::Path;
use std::time::Duration;

use openqoe_spec::{Batch, Protocol};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::{Appended, Entry, Group, Journal, JournalError, Position};
use crate::config::Durability;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS groups (
    position INTEGER PRIMARY KEY, received_at INTEGER NOT NULL, tick INTEGER NOT NULL,
    resumed INTEGER, crc INTEGER NOT NULL, entries BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS sessions (
    session_id TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (session_id, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
";

/// An entry as it stands in a row: fields by name, so that a later vocabulary reads an earlier journal.
#[derive(Serialize)]
struct Stored<'a> {
    protocol: &'a str,
    received_at: u64,
    batch: &'a Batch,
}

#[derive(Deserialize)]
struct Restored {
    protocol: String,
    received_at: u64,
    batch: Batch,
}

/// A journal in a file.
pub(crate) struct SqliteJournal {
    connection: Connection,
    next: Position,
    buffer: Vec<u8>,
}

impl SqliteJournal {
    /// Opens the journal of a data directory, made when it is new, for this process alone.
    ///
    /// # Errors
    /// When the file cannot be opened, is no journal, or another process has it.
    pub(crate) fn open(path: &Path, durability: Durability) -> Result<SqliteJournal, JournalError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(1))?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // In WAL mode a committed transaction is in the page cache and survives the process; FULL adds an fsync to each.
        let synchronous = if durability == Durability::Power { "FULL" } else { "NORMAL" };
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.execute_batch(SCHEMA)?;
        let last: Position =
            connection.query_row("SELECT coalesce(max(position), 0) FROM groups", [], |row| row.get(0))?;
        // Pruned to nothing, positions still go on: checkpoints name them.
        let pruned: Option<Position> = connection
            .query_row("SELECT value FROM meta WHERE name = 'pruned'", [], |row| row.get(0))
            .optional()?;
        Ok(SqliteJournal { connection, next: last.max(pruned.unwrap_or(0)) + 1, buffer: Vec::new() })
    }

    fn size(&self) -> Result<u64, JournalError> {
        let pages: u64 = self.connection.query_row(
            "SELECT (SELECT page_count FROM pragma_page_count) - (SELECT freelist_count FROM pragma_freelist_count)",
            [],
            |row| row.get(0),
        )?;
        let page: u64 =
            self.connection.query_row("SELECT page_size FROM pragma_page_size", [], |row| row.get(0))?;
        Ok(pages * page)
    }
}

impl Journal for SqliteJournal {
    fn append(&mut self, group: &Group) -> Result<Appended, JournalError> {
        let position = self.next;
        self.buffer.clear();
        encode(group, &mut self.buffer)
            .map_err(|error| JournalError::Damaged(position, error.to_string()))?;
        let received_at =
            group.entries.last().map(|entry| entry.received_at).or(group.resumed).unwrap_or_default();
        let transaction = self.connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO groups VALUES (?, ?, ?, ?, ?, ?)")?;
            let crc = crc32fast::hash(&self.buffer);
            insert.execute(params![position, received_at, group.tick, group.resumed, crc, self.buffer])?;
            let mut index = transaction.prepare_cached("INSERT OR IGNORE INTO sessions VALUES (?, ?)")?;
            for entry in &group.entries {
                index.execute(params![&*entry.batch.session_id, position])?;
            }
        }
        transaction.commit()?;
        self.next += 1;
        Ok(Appended { position, bytes: self.buffer.len() })
    }

    fn replay(
        &mut self,
        after: Position,
        visit: &mut dyn FnMut(Position, Group),
        damaged: &mut dyn FnMut(JournalError),
    ) -> Result<(), JournalError> {
        let mut select = self.connection.prepare(
            "SELECT position, tick, resumed, crc, entries FROM groups WHERE position > ? ORDER BY position",
        )?;
        let mut rows = select.query([after])?;
        while let Some(row) = rows.next()? {
            let position = row.get(0)?;
            match decode(position, row.get(3)?, row.get_ref(4)?.as_blob().unwrap_or_default()) {
                Ok(entries) => visit(position, Group { tick: row.get(1)?, resumed: row.get(2)?, entries }),
                Err(error) => damaged(error),
            }
        }
        Ok(())
    }

    fn session(&mut self, session_id: &str) -> Result<Vec<Entry>, JournalError> {
        let mut select = self.connection.prepare_cached(
            "SELECT groups.position, crc, entries FROM sessions JOIN groups USING (position) WHERE session_id = ? \
             ORDER BY groups.position",
        )?;
        let mut rows = select.query([session_id])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let entries = decode(row.get(0)?, row.get(1)?, row.get_ref(2)?.as_blob().unwrap_or_default())?;
            found.extend(entries.into_iter().filter(|entry| &*entry.batch.session_id == session_id));
        }
        Ok(found)
    }

    fn prune(&mut self, up_to: Position, before: u64, max_bytes: u64) -> Result<(), JournalError> {
        let excess = self.size()? > max_bytes;
        // Half of what may go, when it is too much: the next time finds the rest.
        let limit: Position = self.connection.query_row(
            "SELECT coalesce(max(position), 0) FROM groups WHERE position <= ?1 AND (received_at < ?2 OR (?3 AND \
             position <= (SELECT (min(position) + ?1) / 2 FROM groups)))",
            params![up_to, before, excess],
            |row| row.get(0),
        )?;
        if limit == 0 {
            return Ok(());
        }
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM groups WHERE position <= ?", [limit])?;
        transaction.execute("DELETE FROM sessions WHERE position <= ?", [limit])?;
        transaction.execute("INSERT OR REPLACE INTO meta VALUES ('pruned', ?)", [limit])?;
        transaction.commit()?;
        Ok(())
    }
}

fn encode(group: &Group, buffer: &mut Vec<u8>) -> Result<(), rmp_serde::encode::Error> {
    for Entry { protocol, received_at, batch } in &group.entries {
        let stored = Stored { protocol: protocol.as_str(), received_at: *received_at, batch };
        rmp_serde::encode::write_named(buffer, &stored)?;
    }
    Ok(())
}

fn decode(position: Position, crc: u32, bytes: &[u8]) -> Result<Vec<Entry>, JournalError> {
    if crc32fast::hash(bytes) != crc {
        return Err(JournalError::Damaged(position, "its checksum does not fit".into()));
    }
    let mut rest = bytes;
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let Restored { protocol, received_at, batch } = rmp_serde::from_read(&mut rest)
            .map_err(|error| JournalError::Damaged(position, error.to_string()))?;
        let protocol = Protocol::parse(&protocol).unwrap_or(Protocol::Native);
        entries.push(Entry { protocol, received_at, batch });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use openqoe_spec::{Attribute, Attributes, Event, EventKind};

    use super::*;

    fn folder(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("openqoe-journal-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn entry(session: &str, seq: u64) -> Entry {
        let mut attributes = Attributes::default();
        attributes.set(Attribute::Cdn, "edge").unwrap();
        let events = vec![
            Event { seq, t: seq * 10, kind: EventKind::Playing },
            Event { seq: seq + 1, t: seq * 10, kind: EventKind::Rendition { bitrate: 5 } },
        ];
        let batch = Batch { session_id: session.into(), started_at: 1, sent_at: 2, attributes, events };
        Entry { protocol: Protocol::Native, received_at: 1000 + seq, batch }
    }

    fn read(journal: &mut SqliteJournal, after: Position) -> (Vec<Position>, usize) {
        let (mut positions, mut damaged) = (Vec::new(), 0);
        journal.replay(after, &mut |position, _| positions.push(position), &mut |_| damaged += 1).unwrap();
        (positions, damaged)
    }

    #[test]
    fn groups_come_back_in_order_and_sessions_by_name() {
        let path = folder("order").join("journal.db");
        let mut journal = SqliteJournal::open(&path, Durability::Process).unwrap();
        for seq in 0..10 {
            let entries = vec![entry("a", seq * 2), entry(if seq % 2 == 0 { "b" } else { "c" }, seq)];
            journal.append(&Group { tick: seq, entries, ..Group::default() }).unwrap();
        }
        drop(journal);
        let mut journal = SqliteJournal::open(&path, Durability::Power).unwrap();
        assert_eq!(read(&mut journal, 7), (vec![8, 9, 10], 0));
        let batches: Vec<Batch> =
            journal.session("b").unwrap().into_iter().map(|entry| entry.batch).collect();
        assert_eq!(batches, [0, 2, 4, 6, 8].map(|seq| entry("b", seq).batch));
        assert_eq!(journal.append(&Group::default()).unwrap().position, 11);
    }

    #[test]
    fn a_damaged_group_is_passed_over_and_told() {
        let path = folder("damaged").join("journal.db");
        let mut journal = SqliteJournal::open(&path, Durability::Process).unwrap();
        for seq in 0..3 {
            journal.append(&Group { entries: vec![entry("a", seq)], ..Group::default() }).unwrap();
        }
        journal.connection.execute("UPDATE groups SET entries = x'00' WHERE position = 2", []).unwrap();
        assert_eq!(read(&mut journal, 0), (vec![1, 3], 1));
    }

    #[test]
    fn pruning_keeps_what_no_checkpoint_holds_and_goes_on_counting() {
        let path = folder("prune").join("journal.db");
        let mut journal = SqliteJournal::open(&path, Durability::Process).unwrap();
        for seq in 0..4 {
            journal.append(&Group { entries: vec![entry("a", seq)], ..Group::default() }).unwrap();
        }
        journal.prune(2, u64::MAX >> 1, u64::MAX >> 1).unwrap();
        assert_eq!(read(&mut journal, 0), (vec![3, 4], 0));
        journal.prune(4, u64::MAX >> 1, u64::MAX >> 1).unwrap();
        assert_eq!(journal.session("a").unwrap().len(), 0);
        drop(journal);
        let mut journal = SqliteJournal::open(&path, Durability::Process).unwrap();
        assert_eq!(journal.append(&Group::default()).unwrap().position, 5);
    }

    #[test]
    fn another_process_is_kept_out() {
        let path = folder("lock").join("journal.db");
        let _first = SqliteJournal::open(&path, Durability::Process).unwrap();
        assert!(SqliteJournal::open(&path, Durability::Process).is_err());
    }
}
