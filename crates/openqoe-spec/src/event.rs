//! An event and the batch it travels in, whatever wire format they came by.

use crate::attribute::Attributes;
use crate::generated::events::EventKind;

/// One thing a player did.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Position in its session: 0, 1, 2 ... The identity of the event is (session, `seq`).
    pub seq: u64,
    /// Monotonic milliseconds since the session's start.
    pub t: u64,
    /// What happened.
    pub kind: EventKind,
}

/// Events of one session with what is known about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The session, 1 to 64 bytes.
    pub session_id: Box<str>,
    /// The reporter's wall clock at `t` = 0, epoch ms.
    pub started_at: u64,
    /// The reporter's wall clock when it sent the batch, epoch ms.
    pub sent_at: u64,
    /// What is known about the session.
    pub attributes: Attributes,
    /// The events, in any order.
    pub events: Vec<Event>,
}

impl Batch {
    /// When `t` = 0 was on the gateway's clock, in epoch ms: the age of the session's start by the reporter's clock, taken
    /// off the time of arrival. A clock that runs backwards makes the session start now.
    pub fn origin(&self, received_at: u64) -> u64 {
        received_at.saturating_sub(self.sent_at.saturating_sub(self.started_at))
    }
}
