//! What becomes of events and views, as the engine tells it to whoever keeps the books.

use openqoe_spec::{Event, Numbering, Outcome, Protocol};
use serde::{Deserialize, Serialize};

use crate::playback::{Passage, Phase};
use crate::summary::Summary;

/// Who sent an event: the place of its protocol in [`Protocol::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source(pub u16);

impl Source {
    /// The source that speaks a protocol.
    pub fn of(protocol: Protocol) -> Source {
        Source(u16::try_from(protocol.index()).unwrap_or_default())
    }

    /// The name of its protocol.
    pub fn name(self) -> &'static str {
        self.protocol().map_or("", Protocol::as_str)
    }

    fn protocol(self) -> Option<Protocol> {
        Protocol::ALL.get(usize::from(self.0)).copied()
    }

    pub(crate) fn numbering(self) -> Numbering {
        self.protocol().map_or(Numbering::Dense, Protocol::numbering)
    }

    pub(crate) fn tells_fatality(self) -> bool {
        self.protocol().is_none_or(Protocol::tells_fatality)
    }
}

/// Where outcomes are written down.
pub trait Ledger {
    /// One event of this tenant and source came to this end.
    fn outcome(&mut self, tenant: &str, source: Source, outcome: Outcome);

    /// An event was counted, and this is what it meant. For those who want to see a session moment by moment.
    fn taken(&mut self, _taken: &Taken<'_>) {}

    /// An event of another reporter than the one whose events are counted, at `at` epoch ms on the gateway's clock.
    fn joined(&mut self, _source: Source, _event: &Event, _at: u64) {}

    /// A view has ended. One that goes on after all, and ends again, is told again: the later counts.
    fn ended(&mut self, _ended: &Ended<'_>) {}
}

/// An event that was counted.
#[derive(Debug)]
pub struct Taken<'a> {
    /// The event.
    pub event: &'a Event,
    /// When it was, epoch ms on the gateway's clock.
    pub at: u64,
    /// How many events (of others than native ones: records) before it never came.
    pub missing: u64,
    /// Whether it is the first one heard of a session whose beginning nobody heard.
    pub is_cut: bool,
    /// What passed until then, in order.
    pub passages: [Option<Passage>; 2],
    /// What the viewer lives through from then on.
    pub phase: Phase,
    /// What the view came to so far.
    pub summary: &'a Summary,
}

/// A view that has ended.
#[derive(Clone, Debug)]
pub struct Ended<'a> {
    /// Whose it is.
    pub tenant: &'a str,
    /// Its session.
    pub session_id: &'a str,
    /// When `t` was 0 in its first batch, epoch ms on the gateway's clock.
    pub began_at: u64,
    /// When it was last heard, epoch ms.
    pub heard_at: u64,
    /// [`crate::Arrival::place`] of its newest batch with attributes, or of its first one.
    pub batch: u64,
    /// What it came to.
    pub summary: &'a Summary,
}
