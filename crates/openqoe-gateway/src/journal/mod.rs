//! The journal: what was acknowledged. A batch is answered 2xx after it stands here; the series are a fold of it, rebuilt
//! after a crash from the newest checkpoint and what follows it (invariant 5). Each shard has a journal of its own: order
//! matters within a session, and a session never leaves its shard.

mod admissions;
pub(crate) mod checkpoint;
mod frame;
mod index;
pub(crate) mod keeper;
mod log;
mod reader;
pub(crate) mod record;
mod segments;
mod tail;

pub(crate) use admissions::Admissions;
use log::failed;
pub(crate) use log::{Journal, JournalError, Position};
pub(crate) use reader::{Found, SessionReader};
pub(crate) use record::{Entry, Record};
pub(crate) use segments::SegmentJournal;
pub(crate) use tail::{Group, Tail, entries};
