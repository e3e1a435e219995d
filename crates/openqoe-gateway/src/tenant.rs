//! Tenants and their loss ledger (invariant 4: exactly one outcome for every event).

use openqoe_engine::{Ledger, Source};
use openqoe_metrics::{SharedRow, TenantScope};
use openqoe_spec::metrics::tenant::{Counter, Gauge, Histogram};
use openqoe_spec::{BatchRejection, Guarded, Outcome, Protocol};

/// One tenant. There is one, `default`, until keys tell more of them apart.
pub(crate) struct Tenant {
    pub(crate) name: &'static str,
    row: SharedRow<TenantScope>,
}

impl Tenant {
    /// A tenant of this name.
    pub(crate) fn new(name: &'static str) -> Tenant {
        Tenant { name, row: SharedRow::tenant(name) }
    }

    /// Its row of the series table.
    pub(crate) fn row(&self) -> &SharedRow<TenantScope> {
        &self.row
    }

    pub(crate) fn note_body(&self, protocol: Protocol, bytes: usize) {
        self.row.count(Counter::IngestBodyBytes(protocol), bytes as f64);
    }

    pub(crate) fn note_batch(&self, protocol: Protocol, events: usize) {
        self.row.count(Counter::IngestBatches(protocol), 1.0);
        self.row.count(Counter::IngestEventsReceived(protocol), events as f64);
    }

    /// Events that were waiting when the process before this one ended: their outcomes are still to come.
    pub(crate) fn note_inherited(&self, events: usize) {
        self.row.count(Counter::IngestEventsReceived(Protocol::Native), events as f64);
    }

    pub(crate) fn note_refused(&self, protocol: Protocol, reason: BatchRejection) {
        self.row.count(Counter::IngestBatchesRejected(protocol, reason), 1.0);
    }

    pub(crate) fn note_delay(&self, protocol: Protocol, ms: u64) {
        self.row.observe(Histogram::IngestEventDelaySeconds(protocol), ms as f64);
    }

    pub(crate) fn note_outcome(&self, protocol: Protocol, outcome: Outcome, events: usize) {
        self.row.count(Counter::IngestEventOutcomes(protocol, outcome), events as f64);
    }

    pub(crate) fn note_folded(&self, guarded: Guarded, total: u64) {
        self.row.raise(Counter::MetricsOverflow(guarded), total as f64);
    }

    pub(crate) fn set(&self, gauge: Gauge, value: usize) {
        self.row.set(gauge, value as f64);
    }

    /// How the engine names events of this tenant and protocol.
    pub(crate) fn source(&self, protocol: Protocol) -> Source {
        Source(u16::try_from(protocol.index()).unwrap_or_default())
    }
}

/// Writes the engine's outcomes into the tenant's row.
pub(crate) struct Books<'a> {
    pub(crate) tenant: &'a Tenant,
    /// Off during a replay: those events were booked by the process that received them.
    pub(crate) open: bool,
}

impl Ledger for Books<'_> {
    fn outcome(&mut self, source: Source, outcome: Outcome) {
        if let (true, Some(protocol)) = (self.open, Protocol::ALL.get(usize::from(source.0))) {
            self.tenant.note_outcome(*protocol, outcome, 1);
        }
    }
}
