//! Rows any thread may add to: what the gateway says about a tenant and about itself. Counters and gauges are atomics,
//! histograms stand behind a lock each, for they are rare here.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use openqoe_spec::metrics::{METRICS, process, tenant};
use openqoe_spec::{MetricDef, Scope};

use crate::cells::{Cells, grow};
use crate::histogram::Histogram;
use crate::labels::push_label;
use crate::layout::layout;
use crate::snapshot::Snapshot;

mod sealed {
    /// Keeps [`super::SharedScope`] to the scopes of this file.
    pub trait Sealed {}
}

/// A scope whose rows are shared, with the names of its metrics. Sealed: [`TenantScope`] and [`ProcessScope`].
pub trait SharedScope: sealed::Sealed {
    /// The scope's counters.
    type Counter: Copy;
    /// The scope's gauges.
    type Gauge: Copy;
    /// The scope's histograms.
    type Histogram: Copy;
    /// The scope.
    const SCOPE: Scope;
    /// Position of a counter in the row.
    fn counter(counter: Self::Counter) -> usize;
    /// Position of a gauge in the row.
    fn gauge(gauge: Self::Gauge) -> usize;
    /// Position of a histogram in the row.
    fn histogram(histogram: Self::Histogram) -> usize;
}

macro_rules! shared_scope {
    ($(#[$doc:meta])* $name:ident, $metrics:ident, $scope:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;
        impl sealed::Sealed for $name {}
        impl SharedScope for $name {
            type Counter = $metrics::Counter;
            type Gauge = $metrics::Gauge;
            type Histogram = $metrics::Histogram;
            const SCOPE: Scope = $scope;
            fn counter(counter: Self::Counter) -> usize {
                counter.slot()
            }
            fn gauge(gauge: Self::Gauge) -> usize {
                gauge.slot()
            }
            fn histogram(histogram: Self::Histogram) -> usize {
                histogram.slot()
            }
        }
    };
}

shared_scope!(
    /// Rows about a tenant: the loss ledger and what the engine holds.
    TenantScope, tenant, Scope::Tenant
);
shared_scope!(
    /// The row about the process.
    ProcessScope, process, Scope::Process
);

/// The bits of a gauge nobody has set: a NaN no arithmetic makes.
pub(crate) const UNSET: u64 = u64::MAX;

/// A row any thread may add to.
#[derive(Debug)]
pub struct SharedRow<S: SharedScope> {
    pub(crate) labels: Arc<str>,
    /// Bits of `f64`s.
    pub(crate) counters: Box<[AtomicU64]>,
    /// Bits of `f64`s, or [`UNSET`].
    pub(crate) gauges: Box<[AtomicU64]>,
    pub(crate) histograms: Box<[Mutex<Option<Box<Histogram>>>]>,
    scope: PhantomData<S>,
}

impl SharedRow<TenantScope> {
    /// The row of a tenant.
    pub fn tenant(name: &str) -> Self {
        let mut labels = String::new();
        push_label(&mut labels, "tenant", name);
        SharedRow::new(labels.into())
    }
}

impl SharedRow<ProcessScope> {
    /// The row of the process. Make one.
    pub fn process() -> Self {
        SharedRow::new("".into())
    }
}

impl<S: SharedScope> SharedRow<S> {
    fn new(labels: Arc<str>) -> Self {
        let def = layout(S::SCOPE);
        SharedRow {
            labels,
            counters: def.counters.iter().map(|_| AtomicU64::new(0.0_f64.to_bits())).collect(),
            gauges: def.gauges.iter().map(|_| AtomicU64::new(UNSET)).collect(),
            histograms: def.histograms.iter().map(|_| Mutex::default()).collect(),
            scope: PhantomData,
        }
    }

    /// Adds to a counter, seconds in milliseconds. What is not a positive number adds nothing.
    pub fn count(&self, counter: S::Counter, by: f64) {
        change(&self.counters[S::counter(counter)], |mut total| {
            grow(&mut total, by);
            total
        });
    }

    /// Raises a counter whose total is kept elsewhere (CPU time, folded values) to that total, seconds in milliseconds. It
    /// never goes back.
    pub fn raise(&self, counter: S::Counter, total: f64) {
        change(
            &self.counters[S::counter(counter)],
            |old| if total.is_finite() { old.max(total) } else { old },
        );
    }

    /// Sets a gauge, seconds in milliseconds.
    pub fn set(&self, gauge: S::Gauge, value: f64) {
        self.gauges[S::gauge(gauge)].store(value.to_bits(), Ordering::Relaxed);
    }

    /// Moves a gauge by so much, from 0 when it was never set.
    pub fn move_by(&self, gauge: S::Gauge, by: f64) {
        change(&self.gauges[S::gauge(gauge)], |value| if value.to_bits() == UNSET { by } else { value + by });
    }

    /// Adds a value to a histogram, seconds in milliseconds.
    pub fn observe(&self, histogram: S::Histogram, value: f64) {
        let slot = S::histogram(histogram);
        let metric: &MetricDef = &METRICS[layout(S::SCOPE).histograms[slot].metric];
        // Counting cannot stop halfway, so a panic of another holder spoiled nothing.
        let mut place = self.histograms[slot].lock().unwrap_or_else(PoisonError::into_inner);
        place.get_or_insert_with(|| Box::new(Histogram::new(metric))).observe(metric, value, None);
    }

    /// Adds the row to a snapshot.
    pub fn snapshot_into(&self, snapshot: &mut Snapshot) {
        let number = |bits: &AtomicU64| bits.load(Ordering::Relaxed);
        let histogram = |place: &Mutex<Option<Box<Histogram>>>| {
            place.lock().unwrap_or_else(PoisonError::into_inner).clone()
        };
        let cells = Cells {
            counters: self.counters.iter().map(number).map(f64::from_bits).collect(),
            gauges: self
                .gauges
                .iter()
                .map(number)
                .map(|bits| (bits != UNSET).then(|| f64::from_bits(bits)))
                .collect(),
            histograms: self.histograms.iter().map(histogram).collect(),
            ..Cells::new(S::SCOPE)
        };
        snapshot.add(S::SCOPE, self.labels.clone(), cells);
    }
}

/// Applies a function to an atomic `f64`.
fn change(bits: &AtomicU64, new: impl Fn(f64) -> f64) {
    let update = |old| Some(new(f64::from_bits(old)).to_bits());
    // Never an error: the function always answers.
    let _ = bits.fetch_update(Ordering::Relaxed, Ordering::Relaxed, update);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_add_up() {
        let row = SharedRow::process();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        row.count(process::Counter::GatewayConnectionsRefused, 1.0);
                        row.move_by(process::Gauge::GatewayConnections, 1.0);
                        row.observe(process::Histogram::GatewayScrapeDurationSeconds, 2.0);
                    }
                });
            }
        });
        let mut snapshot = Snapshot::default();
        row.snapshot_into(&mut snapshot);
        let cells = &snapshot.rows(Scope::Process)[""];
        assert_eq!(cells.counters[process::Counter::GatewayConnectionsRefused.slot()], 4000.0);
        assert_eq!(cells.gauges[process::Gauge::GatewayConnections.slot()], Some(4000.0));
        assert_eq!(cells.gauges[process::Gauge::GatewayQueueDepth.slot()], None);
        assert_eq!(cells.histograms[0].as_ref().unwrap().count(), 4000);
    }

    #[test]
    fn counters_never_go_back() {
        let row = SharedRow::tenant("t");
        let counter = tenant::Counter::MetricsOverflow(openqoe_spec::Guarded::AssetId);
        for total in [3.0, 5.0, 4.0, f64::NAN, f64::INFINITY] {
            row.raise(counter, total);
        }
        row.count(counter, -1.0);
        let mut snapshot = Snapshot::default();
        row.snapshot_into(&mut snapshot);
        assert_eq!(snapshot.rows(Scope::Tenant)["tenant=\"t\""].counters[counter.slot()], 5.0);
    }
}
