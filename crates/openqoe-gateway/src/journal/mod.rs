//! The journal: what was acknowledged. A batch is answered 2xx after it stands here; the series are a fold of it, rebuilt
//! after a crash from the newest checkpoint and what follows it (invariant 5).
//!
//! The trait is narrow so that a log of another kind (NATS JetStream, Kafka) can stand behind it.

pub(crate) mod checkpoint;
mod sqlite;
pub(crate) mod writer;

use openqoe_spec::{Batch, Protocol};

pub(crate) use sqlite::SqliteJournal;

/// The number of a group in the journal, from 1. A checkpoint names the last group it holds; 0 is none.
pub(crate) type Position = u64;

/// Batches that became durable together, and the time that passed before them.
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// The last time the engine was told before these batches, epoch ms; 0 when none.
    pub(crate) tick: u64,
    /// When the gateway took up again after an interruption, epoch ms; such a group holds nothing else.
    pub(crate) resumed: Option<u64>,
    pub(crate) entries: Vec<Entry>,
}

/// One admitted batch, as it goes to its shard.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) protocol: Protocol,
    /// Epoch ms on the gateway's clock.
    pub(crate) received_at: u64,
    pub(crate) batch: Batch,
}

/// What can go wrong with a journal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("group {0} is damaged: {1}")]
    Damaged(Position, String),
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
}

/// An append-only log of groups.
pub(crate) trait Journal: Send {
    /// Appends a group. When this returns, the group survives what the configured durability promises.
    fn append(&mut self, group: &Group) -> Result<Appended, JournalError>;

    /// The groups after a position, in order, each with its own. A damaged group is passed over and reported to `damaged`.
    fn replay(
        &mut self,
        after: Position,
        visit: &mut dyn FnMut(Position, Group),
        damaged: &mut dyn FnMut(JournalError),
    ) -> Result<(), JournalError>;

    /// The batches of one session, in order of arrival.
    #[cfg_attr(not(test), expect(dead_code, reason = "the session store's reader; the console will ask"))]
    fn session(&mut self, session_id: &str) -> Result<Vec<Entry>, JournalError>;

    /// Forgets groups up to a position that are older than `before` (epoch ms), or as many as it takes to get below a size.
    fn prune(&mut self, up_to: Position, before: u64, max_bytes: u64) -> Result<(), JournalError>;
}

/// What an append did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Appended {
    pub(crate) position: Position,
    pub(crate) bytes: usize,
}
