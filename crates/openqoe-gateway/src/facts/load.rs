//! At a start, what the archive has is read in the background, those heard last first: the last hour is there at once.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::table::{Lane, Table};
use super::{Facts, put};
use crate::archive::{ArchiveError, Reader, Row};

/// Rows added at once, between which others have their turn.
const GROUP: usize = 1024;

impl Facts {
    /// Starts to read the archive of a data directory.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(crate) fn load(self: &Arc<Self>, folder: PathBuf) -> std::io::Result<()> {
        self.is_loaded.store(false, Ordering::Release);
        let facts = self.clone();
        std::thread::Builder::new().name("facts".into()).spawn(move || {
            let started = Instant::now();
            match Reader::open(&folder).and_then(|reader| facts.read(&reader)) {
                Ok(sessions) => {
                    tracing::info!(sessions, took = ?started.elapsed(), "ended sessions are in memory")
                }
                Err(error) => tracing::error!(%error, "ended sessions of before the start are not in memory"),
            }
            facts.is_loaded.store(true, Ordering::Release);
        })?;
        Ok(())
    }

    /// Reads as many sessions as there is room for; how many those were.
    fn read(&self, reader: &Reader) -> Result<usize, ArchiveError> {
        let (mut group, mut read) = (Vec::with_capacity(GROUP), 0);
        reader.newest(|row| {
            group.push(row);
            read += 1;
            group.len() < GROUP || self.add(&mut group)
        })?;
        self.add(&mut group);
        Ok(read)
    }

    /// Says whether there is room for more.
    fn add(&self, group: &mut Vec<Row>) -> bool {
        let mut tables = self.tables();
        let room = self.most.saturating_sub(tables.values().map(Table::rows).sum());
        group.truncate(room);
        group.drain(..).for_each(|row| put(&mut tables, &row, Lane::Old));
        room > GROUP
    }
}
