//! What came of what was sent by one protocol.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use openqoe_spec::Protocol;

use super::latencies::Latencies;

/// What a request met.
pub(super) enum Met {
    /// 2xx.
    Taken,
    /// Any other status, and the first line of the answer.
    Refused(u16, String),
    /// No answer: why.
    Nothing(String),
}

/// So far.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    pub(super) protocol: Protocol,
    pub(super) requests: u64,
    /// Requests that were answered with 2xx, and what was in them.
    pub(super) accepted: u64,
    pub(super) items: u64,
    /// What the ledger is to show of them: a record, or a line, can be several events.
    pub(super) events: u64,
    /// By status: how many, and what the last one said.
    pub(super) refused: BTreeMap<u16, (u64, String)>,
    /// Requests without an answer, and what was in them: it may have been taken.
    pub(super) unanswered: u64,
    pub(super) unanswered_events: u64,
    pub(super) why: String,
    /// Things that were due, and for which there was no time.
    pub(super) unsent: f64,
    /// From when a request was due to the end of its answer.
    pub(super) latencies: Latencies,
}

/// A tally that several connections write to.
#[derive(Debug)]
pub(super) struct Shared(Mutex<Tally>);

impl Shared {
    pub(super) fn of(protocol: Protocol) -> Shared {
        Shared(Mutex::new(Tally {
            protocol,
            requests: 0,
            accepted: 0,
            items: 0,
            events: 0,
            refused: BTreeMap::new(),
            unanswered: 0,
            unanswered_events: 0,
            why: String::new(),
            unsent: 0.0,
            latencies: Latencies::default(),
        }))
    }

    pub(super) fn note(&self, items: u64, events: u64, took: Duration, met: Met) {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tally.requests += 1;
        match met {
            Met::Taken => {
                tally.accepted += 1;
                tally.items += items;
                tally.events += events;
                tally.latencies.add(took);
            }
            Met::Refused(status, line) => {
                let (count, last) = tally.refused.entry(status).or_default();
                *count += 1;
                *last = line;
                tally.latencies.add(took);
            }
            Met::Nothing(why) => {
                tally.unanswered += 1;
                tally.unanswered_events += events;
                tally.why = why;
            }
        }
    }

    pub(super) fn note_unsent(&self, items: f64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).unsent += items;
    }

    pub(super) fn copy(&self) -> Tally {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Tally {
    pub(super) fn refused(&self) -> u64 {
        self.refused.values().map(|(count, _)| count).sum()
    }
}
