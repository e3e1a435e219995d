//! What becomes of events and views, as the engine tells it to whoever keeps the books.

use openqoe_spec::{Event, Outcome};
use serde::{Deserialize, Serialize};

use crate::playback::{Passage, Phase};
use crate::summary::Summary;

/// Who sent an event, as the ledger knows it: the gateway's affair, passed through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source(pub u16);

/// Where outcomes are written down.
pub trait Ledger {
    /// One event of this tenant and source came to this end.
    fn outcome(&mut self, tenant: &str, source: Source, outcome: Outcome);

    /// An event was counted, and this is what it meant. For those who want to see a session moment by moment.
    fn taken(&mut self, _taken: &Taken<'_>) {}

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
    /// [`Arrival::place`] of its newest batch with attributes, or of its first one.
    pub batch: u64,
    /// What it came to.
    pub summary: &'a Summary,
}
