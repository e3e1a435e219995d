//! What a journal promises, whatever keeps it.
//!
//! The trait is narrow so that a log of another kind (a NATS JetStream or Kafka partition) can stand behind it.

use std::ops::Range;

use super::{Entry, Record};

/// A place in a journal: bytes of records before it. A checkpoint names the place up to which it holds everything.
pub(crate) type Position = u64;

/// What can go wrong with a journal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("{path}: {bytes} bytes from position {from} are damaged and passed over")]
    Damaged { path: String, from: Position, bytes: u64 },
    #[error("{path}: {bytes} bytes from position {from} are not there")]
    Missing { path: String, from: Position, bytes: u64 },
    #[error("the record at position {at} cannot be read: {problem}")]
    Unreadable { at: Position, problem: String },
    #[error("another process uses it")]
    Locked,
}

/// An append-only log of records.
pub(crate) trait Journal: Send {
    /// Appends whole records, as [`super::record`] makes them. When this returns, they survive what the configured durability
    /// promises, and the place behind them is the answer. After an error none of them is in the journal.
    fn append(&mut self, records: &[u8]) -> Result<Position, JournalError>;

    /// The records after a position, in order, each with the places before and behind it. What is damaged is passed over
    /// and told.
    fn replay(
        &mut self,
        after: Position,
        visit: &mut dyn FnMut(Range<Position>, Record),
        damaged: &mut dyn FnMut(JournalError),
    ) -> Result<(), JournalError>;

    /// The batch that begins at a position; `None` when it is not there any more.
    fn batch(&mut self, at: Position) -> Result<Option<Entry>, JournalError>;

    /// The batches of one session, in order of arrival.
    fn session(&mut self, tenant: &str, session_id: &str) -> Result<Vec<Entry>, JournalError>;

    /// Overwrites the batches a predicate chooses, so that nothing of them is left; returns how many.
    fn erase(&mut self, chosen: &mut dyn FnMut(&Entry) -> bool) -> Result<u64, JournalError>;

    /// Begins a new segment when the one at hand holds batches older than `before` (epoch ms): only whole segments are
    /// forgotten.
    fn seal(&mut self, before: u64) -> Result<(), JournalError>;

    /// Forgets records before a position that are older than `before` (epoch ms), and as many more as it takes to get below
    /// a size.
    fn prune(&mut self, up_to: Position, before: u64, max_bytes: u64) -> Result<(), JournalError>;
}

pub(super) fn failed(path: &std::path::Path, source: std::io::Error) -> JournalError {
    JournalError::File { path: path.display().to_string(), source }
}
