//! Series of metrics others defined, as OTLP brings them: bounded by tenant, summed over senders.
//!
//! A **stream** is what one sender says of one metric under one set of attributes; a **series** is what is exposed. Many streams
//! make a series: the browsers of a page differ in nothing that may be a label. So a series is never the last value told but a sum:
//! counters and histograms of what each stream has grown by, gauges of what each stream that is still heard of said last.

mod buckets;
mod labels;
mod names;
mod reading;
mod series;
mod sparse;
mod stream;
mod tenant;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openqoe_spec::{ForeignPoint, OtlpPointOutcome as Outcome};

use self::names::Names;
use self::tenant::Tenant;
use crate::snapshot::Snapshot;

pub(crate) use reading::{Exposed, ForeignFamily, ForeignSeries, Value};
pub(crate) use sparse::{Sparse, spans};

/// What bounds the foreign series of a tenant.
#[derive(Clone, Copy, Debug)]
pub struct ForeignLimits {
    /// Series; a histogram is one. What comes beyond goes into a series of its metric whose labels are `__overflow__`.
    pub max_series: usize,
    /// Streams that are followed. Beyond that those not heard of for longest are forgotten.
    pub max_streams: usize,
    /// Metrics.
    pub max_metrics: usize,
    /// Values of each label; others become `__overflow__`.
    pub max_values: usize,
    /// How long nothing may be told of a series or a stream before it is forgotten, ms; 0 is for ever.
    pub idle: u64,
    /// For how long a gauge holds after it was told, ms.
    pub gauge: u64,
}

/// What became of the points of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// How many ended so.
    pub outcomes: BTreeMap<&'static str, (Outcome, usize)>,
    /// How many went into a series with `__overflow__`.
    pub overflow: usize,
    /// Why some could not be taken, for the sender; one line for each metric.
    pub messages: BTreeMap<Box<str>, &'static str>,
}

impl Folded {
    fn count(&mut self, outcome: Outcome) {
        self.outcomes.entry(outcome.as_str()).or_insert((outcome, 0)).1 += 1;
    }
}

/// What a tenant uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ForeignUsage {
    /// Series in memory.
    pub series: usize,
    /// Streams in memory.
    pub streams: usize,
    /// Streams forgotten for lack of room, since the start.
    pub forgotten: u64,
}

/// The foreign series of all tenants.
#[derive(Debug)]
pub struct Foreign {
    limits: ForeignLimits,
    /// Nothing was followed before, epoch ms.
    began: u64,
    names: Mutex<Names>,
    tenants: Mutex<BTreeMap<Box<str>, Arc<Mutex<Tenant>>>>,
}

impl Foreign {
    /// None yet, at a time (epoch ms).
    pub fn new(limits: ForeignLimits, now: u64) -> Foreign {
        Foreign { limits, began: now, names: Mutex::default(), tenants: Mutex::default() }
    }

    /// Takes in the points of a tenant, in order, received at a time (epoch ms).
    pub fn fold(&self, tenant: &str, points: Vec<ForeignPoint>, now: u64) -> Folded {
        let mut folded = Folded::default();
        let tenant = self.tenant(tenant);
        let mut tenant = lock(&tenant);
        for point in points {
            let outcome = tenant.fold(point, now, &self.names, &mut folded);
            folded.count(outcome);
        }
        folded
    }

    /// Forgets what has not been heard of for `limits.idle`.
    pub fn expire(&self, now: u64) {
        if self.limits.idle == 0 {
            return;
        }
        for tenant in self.all() {
            lock(&tenant.1).expire(now, &self.names);
        }
    }

    /// Adds the series as they stand at a time (epoch ms).
    pub fn snapshot_into(&self, now: u64, snapshot: &mut Snapshot) {
        for (_, tenant) in self.all() {
            lock(&tenant).snapshot_into(now, &mut snapshot.foreign);
        }
    }

    /// What a tenant uses.
    pub fn usage(&self, tenant: &str) -> ForeignUsage {
        let tenant = lock(&self.tenants).get(tenant).cloned();
        tenant.map(|tenant| lock(&tenant).usage()).unwrap_or_default()
    }

    fn all(&self) -> Vec<(Box<str>, Arc<Mutex<Tenant>>)> {
        lock(&self.tenants).iter().map(|(name, tenant)| (name.clone(), tenant.clone())).collect()
    }

    fn tenant(&self, name: &str) -> Arc<Mutex<Tenant>> {
        let mut tenants = lock(&self.tenants);
        if let Some(tenant) = tenants.get(name) {
            return tenant.clone();
        }
        let tenant = Arc::new(Mutex::new(Tenant::new(name, self.limits, self.began)));
        tenants.insert(name.into(), tenant.clone());
        tenant
    }
}

/// What panicked while it held the lock has left series that can still be read.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
