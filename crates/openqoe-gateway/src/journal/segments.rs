//! The embedded journal: segment files of bounded size, written at their end, removed as a whole. A segment begins with
//! `"OQOESG01"` and the position of its first record; its name is that position.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::frame::{self, Stretch};
use super::index::{Index, Sealed};
use super::record::{self, Entry, Record};
use super::{Journal, JournalError, Position, failed};
use crate::config::Durability;

const MAGIC: &[u8; 8] = b"OQOESG01";
/// Bytes before the first record.
pub(super) const HEAD: usize = 16;
/// Bytes of records after which a segment is sealed: small enough to be read into memory at once.
const SEGMENT: u64 = 32 << 20;
/// Batches of one session that are read back, the newest: two days of one that reports every ten seconds.
const MAX_BATCHES: usize = 20_000;

/// A journal in a folder.
pub(crate) struct SegmentJournal {
    folder: PathBuf,
    durability: Durability,
    segment_bytes: u64,
    sealed: VecDeque<Segment>,
    active: Active,
    /// What opening it found damaged, to be told when it is replayed.
    torn: Option<JournalError>,
}

/// A segment that is complete.
#[derive(Debug)]
struct Segment {
    path: PathBuf,
    start: Position,
    /// Bytes of records.
    length: u64,
    /// The newest time of arrival in it, epoch ms.
    newest: u64,
}

/// The segment being written.
struct Active {
    path: PathBuf,
    file: File,
    start: Position,
    length: u64,
    index: Index,
    /// A failed append may have left something behind the end.
    dirty: bool,
}

impl SegmentJournal {
    /// Opens the journal of a folder, made when it is new.
    ///
    /// # Errors
    /// When the folder or a file cannot be read or written.
    pub(crate) fn open(folder: &Path, durability: Durability) -> Result<SegmentJournal, JournalError> {
        SegmentJournal::with_segments(folder, durability, SEGMENT)
    }

    pub(super) fn with_segments(
        folder: &Path,
        durability: Durability,
        bytes: u64,
    ) -> Result<Self, JournalError> {
        fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
        let mut files = files(folder)?;
        let last = files.pop();
        let sealed = files.into_iter().map(|(start, path)| Segment::open(path, start));
        let sealed = sealed.collect::<Result<VecDeque<_>, _>>()?;
        let (active, torn) = match last {
            Some((start, path)) => Active::open(path, start)?,
            None => (Active::create(folder, 0, durability)?, None),
        };
        Ok(SegmentJournal { folder: folder.into(), durability, segment_bytes: bytes, sealed, active, torn })
    }

    fn end(&self) -> Position {
        self.active.start + self.active.length
    }

    /// Seals the active segment and begins the next one at a position.
    fn roll(&mut self, start: Position) -> Result<(), JournalError> {
        let next = Active::create(&self.folder, start, self.durability)?;
        let Active { path, start, length, index, .. } = std::mem::replace(&mut self.active, next);
        let sealed = path.with_extension("index");
        self.sealed.push_back(Segment { path, start, length, newest: index.newest });
        // Should this fail, it is made when the journal is opened; until then these sessions are not found.
        index.write(&sealed).map_err(|source| failed(&sealed, source))
    }

    /// Every segment, oldest first: where it is and what positions it has.
    fn segments(&self) -> impl Iterator<Item = (&Path, Position, u64)> {
        let sealed = self.sealed.iter().map(|segment| (&*segment.path, segment.start, segment.length));
        sealed.chain(std::iter::once((&*self.active.path, self.active.start, self.active.length)))
    }
}

impl Journal for SegmentJournal {
    fn append(&mut self, records: &[u8]) -> Result<Position, JournalError> {
        if self.active.length > 0 && self.active.length + records.len() as u64 > self.segment_bytes {
            self.roll(self.end())?;
        }
        self.active.append(records, self.durability)?;
        Ok(self.end())
    }

    fn replay(
        &mut self,
        after: Position,
        visit: &mut dyn FnMut(Range<Position>, Record),
        damaged: &mut dyn FnMut(JournalError),
    ) -> Result<(), JournalError> {
        self.torn.take().into_iter().for_each(&mut *damaged);
        let mut next = after;
        for (path, start, length) in self.segments().filter(|(_, start, length)| start + length > after) {
            missing(path, next, start, damaged);
            next = start + length;
            let bytes = read(path)?;
            let skip = usize::try_from(after.saturating_sub(start)).unwrap_or(usize::MAX);
            let place = |offset: usize| start + (offset - HEAD) as u64;
            for stretch in frame::scan(&bytes, HEAD.saturating_add(skip).min(bytes.len())) {
                match stretch {
                    Stretch::Frame(offset, payload) => match record::read(place(offset), payload) {
                        Ok(record) => {
                            visit(place(offset)..place(offset + frame::HEAD + payload.len()), record);
                        }
                        Err(error) => damaged(error),
                    },
                    Stretch::Damage(offset, length) => damaged(JournalError::Damaged {
                        path: path.display().to_string(),
                        from: place(offset),
                        bytes: length as u64,
                    }),
                }
            }
        }
        // A checkpoint may know of records the disk has lost, and then of others that came later nobody knows. Positions are
        // not given twice.
        if after > self.end() {
            missing(&self.active.path, self.end(), after, damaged);
            return self.roll(after);
        }
        Ok(())
    }

    fn batch(&mut self, at: Position) -> Result<Option<Entry>, JournalError> {
        let offset = |start: Position| u32::try_from(at - start + HEAD as u64).unwrap_or(u32::MAX);
        if at >= self.active.start {
            return Ok(entry(&self.active.file, offset(self.active.start)));
        }
        let number = self.sealed.partition_point(|segment| segment.start <= at);
        let Some(segment) = number.checked_sub(1).and_then(|number| self.sealed.get(number)) else {
            return Ok(None);
        };
        let file = File::open(&segment.path).map_err(|source| failed(&segment.path, source))?;
        Ok(entry(&file, offset(segment.start)))
    }

    fn session(&mut self, tenant: &str, session_id: &str) -> Result<Vec<Entry>, JournalError> {
        let key = record::key(tenant, session_id);
        let newest = |offsets: Vec<u32>, room: usize| offsets[offsets.len().saturating_sub(room)..].to_vec();
        let recent = newest(self.active.index.find(key), MAX_BATCHES);
        let mut room = MAX_BATCHES - recent.len();
        let mut parts = vec![entries(&self.active.file, recent)];
        for segment in self.sealed.iter().rev() {
            let index = segment.path.with_extension("index");
            let Some(sealed) = Sealed::open(&index) else { continue };
            let offsets = newest(sealed.find(key).map_err(|source| failed(&index, source))?, room);
            room -= offsets.len();
            if offsets.is_empty() {
                continue;
            }
            let file = File::open(&segment.path).map_err(|source| failed(&segment.path, source))?;
            parts.push(entries(&file, offsets));
        }
        let mut found: Vec<Entry> = parts.into_iter().rev().flatten().collect();
        found.retain(|entry| &*entry.tenant == tenant && &*entry.batch.session_id == session_id);
        Ok(found)
    }

    fn erase(&mut self, chosen: &mut dyn FnMut(&Entry) -> bool) -> Result<u64, JournalError> {
        let mut erased = 0;
        for (path, ..) in self.segments() {
            let mut bytes = read(path)?;
            let frames: Vec<(usize, usize)> = frame::scan(&bytes, HEAD.min(bytes.len()))
                .filter_map(|stretch| match stretch {
                    Stretch::Frame(offset, payload) => Some((offset, payload)),
                    Stretch::Damage(..) => None,
                })
                .filter(|(_, payload)| matches!(record::read(0, payload), Ok(Record::Batch(entry)) if chosen(&entry)))
                .map(|(offset, payload)| (offset, frame::HEAD + payload.len()))
                .collect();
            if frames.is_empty() {
                continue;
            }
            let wrap = |source| failed(path, source);
            let file = OpenOptions::new().write(true).open(path).map_err(wrap)?;
            for (offset, length) in &frames {
                let frame = &mut bytes[*offset..offset + length];
                record::erase(&mut frame[frame::HEAD..]);
                frame::seal(frame);
                file.write_all_at(frame, *offset as u64).map_err(wrap)?;
            }
            file.sync_data().map_err(wrap)?;
            erased += frames.len() as u64;
        }
        Ok(erased)
    }

    fn seal(&mut self, before: u64) -> Result<(), JournalError> {
        if self.active.index.oldest.is_some_and(|oldest| oldest < before) {
            self.roll(self.end())
        } else {
            Ok(())
        }
    }

    fn prune(&mut self, up_to: Position, before: u64, max_bytes: u64) -> Result<(), JournalError> {
        let mut total: u64 = self.segments().map(|(_, _, length)| length).sum();
        while let Some(oldest) = self.sealed.front() {
            let kept = oldest.newest >= before && total <= max_bytes;
            if kept || oldest.start + oldest.length > up_to {
                break;
            }
            // The index first: without its segment nobody would remove it.
            let index = oldest.path.with_extension("index");
            match fs::remove_file(&index) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(failed(&index, error));
                }
                _ => {}
            }
            fs::remove_file(&oldest.path).map_err(|source| failed(&oldest.path, source))?;
            total -= oldest.length;
            self.sealed.pop_front();
        }
        Ok(())
    }
}

impl Segment {
    fn open(path: PathBuf, start: Position) -> Result<Segment, JournalError> {
        let metadata = fs::metadata(&path).map_err(|source| failed(&path, source))?;
        let length = metadata.len().saturating_sub(HEAD as u64);
        let sealed = path.with_extension("index");
        let newest = match Sealed::open(&sealed) {
            Some(index) => index.newest,
            None => {
                let (index, _) = examine(&read(&path)?);
                index.write(&sealed).map_err(|source| failed(&sealed, source))?;
                index.newest
            }
        };
        Ok(Segment { path, start, length, newest })
    }
}

impl Active {
    fn create(folder: &Path, start: Position, durability: Durability) -> Result<Active, JournalError> {
        let path = folder.join(format!("{start:020}.segment"));
        let wrap = |source| failed(&path, source);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path);
        let file = file.map_err(wrap)?;
        let mut head = MAGIC.to_vec();
        head.extend_from_slice(&start.to_le_bytes());
        let written = file.write_all_at(&head, 0).and_then(|()| match durability {
            Durability::Process => Ok(()),
            // The name must survive as well.
            Durability::Power => file.sync_all().and_then(|()| File::open(folder)?.sync_all()),
        });
        if let Err(source) = written {
            // An empty file would only take the place of the one that will work.
            let _ = fs::remove_file(&path);
            return Err(failed(&path, source));
        }
        Ok(Active { path, file, start, length: 0, index: Index::default(), dirty: false })
    }

    /// Opens the segment that was being written. What lies behind its last whole record was never acknowledged, or the
    /// machine lost it: it goes, and is told.
    fn open(path: PathBuf, start: Position) -> Result<(Active, Option<JournalError>), JournalError> {
        let wrap = |source| failed(&path, source);
        let bytes = read(&path)?;
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(wrap)?;
        let (index, end) = examine(&bytes);
        if bytes.len() < HEAD || bytes[..8] != *MAGIC {
            let mut head = MAGIC.to_vec();
            head.extend_from_slice(&start.to_le_bytes());
            file.write_all_at(&head, 0).map_err(wrap)?;
        }
        let torn = (bytes.len() > end).then(|| JournalError::Damaged {
            path: path.display().to_string(),
            from: start + (end - HEAD) as u64,
            bytes: (bytes.len() - end) as u64,
        });
        if torn.is_some() {
            file.set_len(end as u64).map_err(wrap)?;
        }
        let length = (end - HEAD) as u64;
        Ok((Active { path, file, start, length, index, dirty: false }, torn))
    }

    fn append(&mut self, records: &[u8], durability: Durability) -> Result<(), JournalError> {
        let end = HEAD as u64 + self.length;
        let write = || {
            if self.dirty {
                self.file.set_len(end)?;
            }
            self.file.write_all_at(records, end)?;
            if durability == Durability::Power { self.file.sync_data() } else { Ok(()) }
        };
        if let Err(source) = write() {
            // Half a group must not be found by a replay.
            self.dirty = self.file.set_len(end).is_err();
            return Err(failed(&self.path, source));
        }
        self.dirty = false;
        for (offset, payload) in frame::frames(records) {
            if let Some((received_at, key)) = record::head(payload) {
                self.index.note(received_at, key, end as usize + offset);
            }
        }
        self.length += records.len() as u64;
        Ok(())
    }
}

/// Tells that what lay between two places before a segment, or behind it, is not there.
fn missing(path: &Path, from: Position, to: Position, damaged: &mut dyn FnMut(JournalError)) {
    if to > from {
        damaged(JournalError::Missing { path: path.display().to_string(), from, bytes: to - from });
    }
}

/// The index of a segment's bytes, and where its last whole record ends.
pub(super) fn examine(bytes: &[u8]) -> (Index, usize) {
    let (mut index, mut end) = (Index::default(), HEAD);
    for stretch in frame::scan(bytes, HEAD.min(bytes.len())) {
        if let Stretch::Frame(offset, payload) = stretch {
            end = offset + frame::HEAD + payload.len();
            if let Some((received_at, key)) = record::head(payload) {
                index.note(received_at, key, offset);
            }
        }
    }
    (index, end)
}

fn entries(file: &File, offsets: Vec<u32>) -> Vec<Entry> {
    offsets.into_iter().filter_map(|offset| entry(file, offset)).collect()
}

/// The batch at an offset; `None` when it is damaged or has been erased.
pub(super) fn entry(file: &File, offset: u32) -> Option<Entry> {
    let mut head = [0; frame::HEAD];
    file.read_exact_at(&mut head, offset.into()).ok()?;
    let mut frame = vec![0; frame::HEAD + frame::length(&head)?];
    file.read_exact_at(&mut frame, offset.into()).ok()?;
    match record::read(offset.into(), frame::payload(&frame)?) {
        Ok(Record::Batch(entry)) => Some(entry),
        _ => None,
    }
}

fn read(path: &Path) -> Result<Vec<u8>, JournalError> {
    fs::read(path).map_err(|source| failed(path, source))
}

/// The segments of a folder by position.
pub(super) fn files(folder: &Path) -> Result<Vec<(Position, PathBuf)>, JournalError> {
    let entries = fs::read_dir(folder).map_err(|source| failed(folder, source))?;
    let mut files: Vec<(Position, PathBuf)> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "segment"))
        .filter_map(|path| Some((path.file_stem()?.to_str()?.parse().ok()?, path)))
        .collect();
    files.sort();
    Ok(files)
}

#[cfg(test)]
#[path = "segments_tests.rs"]
mod tests;
