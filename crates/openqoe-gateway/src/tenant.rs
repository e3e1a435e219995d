//! Tenants and their loss ledger (invariant 4: exactly one outcome for every event).

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use openqoe_engine::{Ended, Ledger, Source};
use openqoe_metrics::{Guard, SharedRow, TenantScope};
use openqoe_spec::metrics::tenant::{Counter, Gauge, Histogram};
use openqoe_spec::{Attributes, BatchRejection, Guarded, Outcome, PrivacyAction, Protocol};

use crate::archive::Row;
use crate::journal::Position;

use crate::quota::Quota;
use crate::refusal::Refusal;

/// One tenant.
pub(crate) struct Tenant {
    name: Box<str>,
    row: SharedRow<TenantScope>,
    quota: Quota,
}

impl Tenant {
    /// A tenant of this name, without limits of its own.
    pub(crate) fn new(name: &str, shards: usize) -> Tenant {
        Tenant { name: name.into(), row: SharedRow::tenant(name), quota: Quota::new(shards) }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its row of the series table.
    pub(crate) fn row(&self) -> &SharedRow<TenantScope> {
        &self.row
    }

    /// What it may use.
    pub(crate) fn quota(&self) -> &Quota {
        &self.quota
    }

    /// Takes the bytes of a body out of the quota.
    ///
    /// # Errors
    /// What to answer when there are too many; that is counted here.
    pub(crate) fn take_bytes(&self, protocol: Protocol, bytes: usize) -> Result<(), Refusal> {
        self.quota.take_bytes(bytes).map_err(|(refused, retry_after)| {
            self.note_refused(protocol, refused.reason);
            Refusal { retry_after, ..refused.into() }
        })
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

    pub(crate) fn note_privacy(&self, action: PrivacyAction) {
        self.row.count(Counter::PrivacyBatches(action), 1.0);
    }

    pub(crate) fn note_delay(&self, protocol: Protocol, ms: u64) {
        self.row.observe(Histogram::IngestEventDelaySeconds(protocol), ms as f64);
    }

    pub(crate) fn note_outcome(&self, protocol: Protocol, outcome: Outcome, events: usize) {
        self.row.count(Counter::IngestEventOutcomes(protocol, outcome), events as f64);
    }

    /// What it uses of its limits.
    pub(crate) fn note_cardinality(&self, guard: &Guard) {
        let (folded, values) = (guard.folded(&self.name), guard.overflow_values(&self.name));
        for (guarded, (folded, values)) in Guarded::ALL.iter().zip(folded.into_iter().zip(values)) {
            self.row.raise(Counter::MetricsOverflow(*guarded), folded as f64);
            self.row.set(Gauge::MetricsOverflowValues(*guarded), values as f64);
        }
        self.row.raise(Counter::MetricsLabelSetsExpired, guard.expired(&self.name) as f64);
        self.set(Gauge::MetricsLabelSets, guard.label_sets(&self.name));
    }

    pub(crate) fn set(&self, gauge: Gauge, value: usize) {
        self.row.set(gauge, value as f64);
    }

    /// How the engine names events of this protocol.
    pub(crate) fn source(&self, protocol: Protocol) -> Source {
        Source::of(protocol)
    }
}

/// The tenants there are: those of the configuration, and those whose sessions an earlier configuration left.
pub(crate) struct Tenants {
    shards: usize,
    by_name: RwLock<BTreeMap<Box<str>, Arc<Tenant>>>,
}

impl Tenants {
    /// None yet. Each will have its share of the queues of so many shards.
    pub(crate) fn new(shards: usize) -> Tenants {
        Tenants { shards, by_name: RwLock::default() }
    }

    /// The tenant of a name, made when it is new. Names come from the configuration and the journal, never from a sender.
    pub(crate) fn named(&self, name: &str) -> Arc<Tenant> {
        if let Some(tenant) = self.by_name.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return tenant.clone();
        }
        let mut tenants = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        tenants.entry(name.into()).or_insert_with(|| Arc::new(Tenant::new(name, self.shards))).clone()
    }

    /// All of them, by name.
    pub(crate) fn all(&self) -> Vec<Arc<Tenant>> {
        self.by_name.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

/// Outcomes of each protocol, by their index.
type Counts = [[u32; Outcome::COUNT]; Protocol::ALL.len()];

/// Gathers the engine's outcomes and writes them into the tenants' rows, group by group.
pub(crate) struct Books {
    tenants: Arc<Tenants>,
    current: Option<Arc<Tenant>>,
    counts: Counts,
    /// Off during a replay: those events stand in the books of the process that received them.
    is_live: bool,
    /// Sessions that have ended since somebody took them from here, when they are kept at all.
    pub(crate) ended: Vec<Ending>,
    archives: bool,
}

/// A row of the archive, but for what the session's newest batch says of it.
pub(crate) struct Ending {
    pub(crate) row: Row,
    /// Where that batch stands in the journal.
    pub(crate) batch: Position,
}

impl Books {
    /// Books that are closed yet.
    pub(crate) fn new(tenants: Arc<Tenants>, archives: bool) -> Books {
        let counts = Counts::default();
        Books { tenants, current: None, counts, is_live: false, ended: Vec::new(), archives }
    }

    /// Whether what is booked is news.
    pub(crate) fn is_live(&self) -> bool {
        self.is_live
    }

    /// From here on it is news.
    pub(crate) fn go_live(&mut self) {
        self.is_live = true;
    }

    /// Says whose outcomes come next.
    pub(crate) fn open(&mut self, tenant: &Arc<Tenant>) {
        if !self.current.as_ref().is_some_and(|current| Arc::ptr_eq(current, tenant)) {
            self.flush();
            self.current = Some(tenant.clone());
        }
    }

    /// Writes down what has been gathered.
    pub(crate) fn flush(&mut self) {
        let Some(tenant) = &self.current else { return };
        for (protocol, counts) in Protocol::ALL.iter().zip(&mut self.counts) {
            for (outcome, count) in Outcome::ALL.iter().zip(counts) {
                let events = std::mem::take(count);
                if events > 0 {
                    tenant.note_outcome(*protocol, *outcome, events as usize);
                }
            }
        }
    }
}

impl Ledger for Books {
    fn outcome(&mut self, tenant: &str, source: Source, outcome: Outcome) {
        if self.current.as_ref().is_none_or(|current| current.name() != tenant) {
            self.open(&self.tenants.named(tenant));
        }
        if let (true, Some(counts)) = (self.is_live, self.counts.get_mut(usize::from(source.0))) {
            counts[outcome.index()] += 1;
        }
    }

    fn ended(&mut self, ended: &Ended<'_>) {
        if !self.archives {
            return;
        }
        let row = Row {
            tenant: ended.tenant.into(),
            session_id: ended.session_id.into(),
            protocol: Protocol::Native,
            began_at: ended.began_at,
            heard_at: ended.heard_at,
            attributes: Attributes::default(),
            summary: ended.summary.clone(),
        };
        self.ended.push(Ending { row, batch: ended.batch });
    }
}
