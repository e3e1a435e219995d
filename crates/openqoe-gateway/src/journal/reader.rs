//! Reads sessions back beside the shard that writes them: on file handles of its own, so that the shard is not asked. Sealed
//! segments have their indexes; of the one being written an index is kept here, and what has been added to it is read when
//! somebody asks for a session.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::frame;
use super::index::{Index, Sealed};
use super::record::{self, Entry};
use super::segments::{HEAD, entry, examine, files};
use super::{JournalError, Position, failed};

/// How far the times of arrival of neighbours may be out of order, ms.
const DISORDER: u64 = 60_000;

/// A reader of one shard's journal.
#[derive(Debug)]
pub(crate) struct SessionReader {
    folder: PathBuf,
    newest: Option<Newest>,
}

/// The segment being written, as far as it has been read.
#[derive(Debug)]
struct Newest {
    start: Position,
    file: File,
    index: Index,
    /// Offset of what has not been read.
    end: u64,
}

/// Batches of a session.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Found {
    /// In order of arrival.
    pub(crate) entries: Vec<Entry>,
    /// Whether there were more than the limit.
    pub(crate) is_cut: bool,
}

impl SessionReader {
    /// A reader of the journal in a folder.
    pub(crate) fn new(folder: PathBuf) -> SessionReader {
        SessionReader { folder, newest: None }
    }

    /// The batches of a session that came at `since` (epoch ms) or later, as many as hold `max_events` at most.
    ///
    /// # Errors
    /// When a file cannot be read. One that has been pruned meanwhile is passed over.
    pub(crate) fn session(
        &mut self,
        tenant: &str,
        session_id: &str,
        since: u64,
        max_events: usize,
    ) -> Result<Found, JournalError> {
        let key = record::key(tenant, session_id);
        let mut segments = files(&self.folder)?;
        let Some((start, newest)) = segments.pop() else { return Ok(Found::default()) };
        let mut places = vec![(newest.clone(), self.newest(start, &newest)?.index.find(key))];
        for (_, path) in segments.into_iter().rev() {
            let (offsets, last) = sealed(&path, key)?;
            if last.saturating_add(DISORDER) < since {
                break;
            }
            places.push((path, offsets));
        }
        let (mut found, mut events) = (Found::default(), 0);
        for (path, offsets) in places.into_iter().rev().filter(|(_, offsets)| !offsets.is_empty()) {
            let Ok(file) = File::open(&path) else { continue };
            for entry in offsets.into_iter().filter_map(|offset| entry(&file, offset)) {
                if &*entry.tenant != tenant || &*entry.batch.session_id != session_id {
                    continue;
                }
                events += entry.batch.events.len();
                if events > max_events {
                    found.is_cut = true;
                    return Ok(found);
                }
                found.entries.push(entry);
            }
        }
        Ok(found)
    }

    /// The segment being written, up to date.
    fn newest(&mut self, start: Position, path: &Path) -> Result<&Newest, JournalError> {
        let wrap = |source| failed(path, source);
        let known = self.newest.take().filter(|newest| newest.start == start);
        let mut newest = match known {
            Some(newest) => newest,
            None => Newest::new(start, File::open(path).map_err(wrap)?),
        };
        newest.catch_up().map_err(wrap)?;
        Ok(self.newest.insert(newest))
    }
}

impl Newest {
    fn new(start: Position, file: File) -> Newest {
        Newest { start, file, index: Index::default(), end: HEAD as u64 }
    }

    /// Notes what has been appended.
    fn catch_up(&mut self) -> std::io::Result<()> {
        let length = self.file.metadata()?.len();
        if length < self.end {
            // An append failed half-way and was taken back: what came in its place lies where we have read already.
            (self.index, self.end) = (Index::default(), HEAD as u64);
        }
        let mut bytes = vec![0; usize::try_from(length.saturating_sub(self.end)).unwrap_or_default()];
        let read = read_at_most(&self.file, &mut bytes, self.end)?;
        let mut whole = 0;
        for (offset, payload) in frame::frames(&bytes[..read]) {
            whole = offset + frame::HEAD + payload.len();
            if let Some((received_at, key)) = record::head(payload) {
                self.index.note(received_at, key, self.end as usize + offset);
            }
        }
        self.end += whole as u64;
        Ok(())
    }
}

/// Reads up to the end of the file, which may have come nearer.
fn read_at_most(file: &File, bytes: &mut [u8], from: u64) -> std::io::Result<usize> {
    let mut read = 0;
    while read < bytes.len() {
        match file.read_at(&mut bytes[read..], from + read as u64)? {
            0 => break,
            more => read += more,
        }
    }
    Ok(read)
}

/// Where a session's batches lie in a sealed segment, and when the newest of all arrived.
fn sealed(path: &Path, key: u64) -> Result<(Vec<u32>, u64), JournalError> {
    let index = path.with_extension("index");
    if let Some(sealed) = Sealed::open(&index) {
        let offsets = sealed.find(key).map_err(|source| failed(&index, source))?;
        return Ok((offsets, sealed.newest));
    }
    // Sealed a moment ago, and its index not written yet; or both are pruned by now.
    let Ok(bytes) = std::fs::read(path) else { return Ok((Vec::new(), u64::MAX)) };
    let (index, _) = examine(&bytes);
    Ok((index.find(key), index.newest))
}

#[cfg(test)]
mod tests {
    use openqoe_spec::{Attributes, Batch, Event, EventKind, Protocol};

    use super::*;
    use crate::config::Durability;
    use crate::journal::{Journal, SegmentJournal};

    fn record(session: &str, seq: u64, at: u64) -> Vec<u8> {
        let events = vec![Event { seq, t: seq, kind: EventKind::Playing }];
        let attributes = Attributes::default();
        let batch = Batch { session_id: session.into(), started_at: 0, sent_at: 0, attributes, events };
        record::batch("t", Protocol::Native, at, &batch)
    }

    #[test]
    fn a_session_is_found_wherever_its_batches_lie() {
        let folder = std::env::temp_dir().join(format!("openqoe-reader-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        // A segment holds a few batches only.
        let mut journal = SegmentJournal::with_segments(&folder, Durability::Process, 600).unwrap();
        let mut reader = SessionReader::new(folder.clone());
        let day = 86_400_000;
        for number in 0..40_u64 {
            let session = if number % 2 == 0 { "even" } else { "odd" };
            journal.append(&record(session, number / 2, day + number * DISORDER)).unwrap();
            // As the shard finds it, at every moment: before and behind the end of a segment.
            let found = reader.session("t", session, 0, 100).unwrap();
            assert_eq!(found.entries, journal.session("t", session).unwrap(), "{number}");
            assert!(!found.is_cut);
        }
        assert!(files(&folder).unwrap().len() > 3);
        let since = |since, most| {
            let found = reader.session("t", "even", since, most);
            found.map(|found| {
                (found.entries.iter().map(|entry| entry.batch.events[0].seq).collect(), found.is_cut)
            })
        };
        let mut since = since;
        assert_eq!(since(0, 3).unwrap(), (vec![0, 1, 2], true));
        let (late, is_cut) = since(day + 38 * DISORDER, 100).unwrap();
        assert!(late.len() < 20 && late.last() == Some(&19) && !is_cut, "{late:?}");
        assert_eq!(reader.session("other", "even", 0, 100).unwrap(), Found::default());
        // Without their indexes sealed segments are searched themselves.
        for (_, path) in files(&folder).unwrap() {
            let _ = std::fs::remove_file(path.with_extension("index"));
        }
        assert_eq!(reader.session("t", "odd", 0, 100).unwrap().entries.len(), 20);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn an_append_that_was_taken_back_is_not_believed() {
        let folder = std::env::temp_dir().join(format!("openqoe-reader-back-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let mut journal = SegmentJournal::with_segments(&folder, Durability::Process, 1 << 20).unwrap();
        let mut reader = SessionReader::new(folder.clone());
        journal.append(&record("a", 0, 1)).unwrap();
        journal.append(&record("b", 0, 2)).unwrap();
        assert_eq!(reader.session("t", "b", 0, 9).unwrap().entries.len(), 1);
        let (_, path) = files(&folder).unwrap().pop().unwrap();
        let whole = std::fs::metadata(&path).unwrap().len();
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(whole - 5).unwrap();
        assert_eq!(reader.session("t", "b", 0, 9).unwrap().entries.len(), 0);
        assert_eq!(reader.session("t", "a", 0, 9).unwrap().entries.len(), 1);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
