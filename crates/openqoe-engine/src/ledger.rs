//! What becomes of events and views, as the engine tells it to whoever keeps the books.

use openqoe_spec::Outcome;
use serde::{Deserialize, Serialize};

use crate::summary::Summary;

/// Who sent an event, as the ledger knows it: the gateway's affair, passed through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source(pub u16);

/// Where outcomes are written down.
pub trait Ledger {
    /// One event of this tenant and source came to this end.
    fn outcome(&mut self, tenant: &str, source: Source, outcome: Outcome);

    /// A view has ended. One that goes on after all, and ends again, is told again: the later counts.
    fn ended(&mut self, _ended: &Ended<'_>) {}
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
