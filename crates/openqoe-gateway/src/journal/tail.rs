//! Follows a journal that another thread writes: batches from a position on, in order, in groups of bounded size.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::frame::{self, Stretch};
use super::record::{self, Entry, Record};
use super::segments::{HEAD, files};
use super::{JournalError, Position, failed};

/// Batches that follow each other in a journal.
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// Their frames, as they stand in the journal.
    pub(crate) frames: Vec<u8>,
    /// Each batch, where its frame ends in `frames`, and the place behind it in the journal.
    pub(crate) entries: Vec<(Entry, usize, Position)>,
    /// Where to read on.
    pub(crate) next: Position,
    /// What was passed over.
    pub(crate) damaged: Vec<JournalError>,
}

/// A journal's folder.
#[derive(Debug)]
pub(crate) struct Tail {
    folder: PathBuf,
}

/// The readable part of a segment.
struct Part {
    path: PathBuf,
    file: File,
    start: Position,
    /// Where it ends; what may lie behind it was never acknowledged.
    end: Position,
}

impl Tail {
    pub(crate) fn new(folder: &Path) -> Tail {
        Tail { folder: folder.into() }
    }

    /// Reads from one position towards another, which the writer has told: a group of about `most` bytes, or one batch that
    /// is larger. It may be empty where everything was damaged; `next` is then further on all the same.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(crate) fn read(&self, from: Position, to: Position, most: usize) -> Result<Group, JournalError> {
        // Without a segment that holds it there is nothing to wait for.
        let Some(part) = self.part(from, to)? else { return Ok(Group { next: to, ..Group::default() }) };
        let from = from.max(part.start);
        let left = usize::try_from(part.end - from).unwrap_or(usize::MAX);
        let mut length = left.min(most.max(frame::HEAD));
        loop {
            let bytes = part.read(from, length)?;
            let group = part.group(from, &bytes, length == left);
            if group.next > from {
                return Ok(group);
            }
            // Nothing whole is in it yet.
            length = left.min(length * 2);
        }
    }

    /// The segment to read a position from; the one after it when that position is its end.
    fn part(&self, from: Position, to: Position) -> Result<Option<Part>, JournalError> {
        let segments = files(&self.folder)?;
        for (index, (start, path)) in segments.iter().enumerate() {
            let next = segments.get(index + 1).map_or(to, |(next, _)| *next);
            if next <= from {
                continue;
            }
            let wrap = |source| failed(path, source);
            let file = File::open(path).map_err(wrap)?;
            let length = file.metadata().map_err(wrap)?.len().saturating_sub(HEAD as u64);
            let end = to.min(next).min(start + length);
            if end > from {
                return Ok(Some(Part { path: path.clone(), file, start: *start, end }));
            }
        }
        Ok(None)
    }
}

impl Part {
    fn read(&self, from: Position, length: usize) -> Result<Vec<u8>, JournalError> {
        let mut bytes = vec![0; length];
        let read = self.file.read_exact_at(&mut bytes, HEAD as u64 + from - self.start);
        read.map_err(|source| failed(&self.path, source))?;
        Ok(bytes)
    }

    /// The batches among some bytes. Unless they are the last of the segment, a frame may be cut off at their end.
    fn group(&self, from: Position, bytes: &[u8], is_all: bool) -> Group {
        let mut group = Group { next: from + bytes.len() as u64, ..Group::default() };
        for stretch in frame::scan(bytes, 0) {
            match stretch {
                Stretch::Frame(offset, payload) => {
                    let end = offset + frame::HEAD + payload.len();
                    match record::read(from + offset as u64, payload) {
                        Ok(Record::Batch(entry)) => {
                            group.frames.extend_from_slice(&bytes[offset..end]);
                            group.entries.push((entry, group.frames.len(), from + end as u64));
                        }
                        Ok(Record::Tick(_) | Record::Resumed(_) | Record::Erased) => {}
                        Err(error) => group.damaged.push(error),
                    }
                }
                Stretch::Damage(offset, length) if is_all || offset + length < bytes.len() => {
                    group.damaged.push(JournalError::Damaged {
                        path: self.path.display().to_string(),
                        from: from + offset as u64,
                        bytes: length as u64,
                    });
                }
                Stretch::Damage(offset, _) => group.next = from + offset as u64,
            }
        }
        group
    }
}

/// The batches of frames that came over the network, one for each frame, in order.
///
/// # Errors
/// When the bytes are not whole frames and nothing else. A frame that holds no batch only costs itself.
pub(crate) fn entries(frames: &[u8]) -> Result<Vec<Result<Entry, JournalError>>, JournalError> {
    let entry = |stretch| match stretch {
        Stretch::Frame(at, payload) => Ok(record::read(at as u64, payload).and_then(|record| match record {
            Record::Batch(entry) => Ok(entry),
            _ => Err(JournalError::Unreadable { at: at as u64, problem: "it is no batch".to_owned() }),
        })),
        Stretch::Damage(at, _) => {
            Err(JournalError::Unreadable { at: at as u64, problem: "no frame begins here".to_owned() })
        }
    };
    frame::scan(frames, 0).map(entry).collect()
}

#[cfg(test)]
#[path = "tail_tests.rs"]
mod tests;
