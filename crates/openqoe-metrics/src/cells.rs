//! The values of one row: a slot for every combination of a metric and its closed labels.

use std::collections::BTreeMap;
use std::sync::Arc;

use openqoe_spec::metrics::METRICS;
use openqoe_spec::{Exemplar, Scope, ScopeDef};
use serde::{Deserialize, Serialize};

use crate::checkpoint::{numbers, numbers_if_any};
use crate::histogram::Histogram;
use crate::layout::{Domains, layout};

/// Counts by the escaped value of the guarded label.
pub(crate) type Keyed = BTreeMap<Arc<str>, f64>;

/// What a measurement does to the slot it is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change<'a> {
    /// A counter grows.
    Count(f64),
    /// A gauge moves.
    Move(f64),
    /// A histogram gets a value.
    Observe(f64, Option<Exemplar<'a>>),
    /// A histogram gets a value that stands for so many.
    ObserveMany(f64, u64),
    /// The sum of a histogram grows.
    Advance(f64),
    /// A histogram gets a value that is in its sum already.
    Settle(f64, Option<Exemplar<'a>>),
}

/// The values of one row, in the recorded units.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cells {
    /// By counter slot.
    #[serde(serialize_with = "numbers")]
    pub(crate) counters: Box<[f64]>,
    /// By gauge slot, `None` until touched.
    #[serde(serialize_with = "numbers_if_any")]
    pub(crate) gauges: Box<[Option<f64>]>,
    /// By histogram slot, `None` until touched: a histogram nobody observes costs a pointer.
    pub(crate) histograms: Box<[Option<Box<Histogram>>]>,
    /// By slot of keyed counters.
    pub(crate) keyed: Box<[Keyed]>,
}

impl Cells {
    /// An untouched row.
    pub(crate) fn new(scope: Scope) -> Cells {
        let def = layout(scope);
        Cells {
            counters: vec![0.0; def.counters.len()].into(),
            gauges: vec![None; def.gauges.len()].into(),
            histograms: vec![None; def.histograms.len()].into(),
            keyed: vec![Keyed::new(); def.keyed.len()].into(),
        }
    }

    /// Changes a slot.
    pub(crate) fn apply(&mut self, def: &ScopeDef, slot: usize, change: Change<'_>) {
        match change {
            Change::Count(by) => grow(&mut self.counters[slot], by),
            Change::Move(by) => *self.gauges[slot].get_or_insert(0.0) += by,
            Change::Advance(value) => self.histogram(def, slot).advance(value),
            Change::Observe(value, exemplar) => {
                let metric = &METRICS[def.histograms[slot].metric];
                self.histogram(def, slot).observe(metric, value, exemplar);
            }
            Change::ObserveMany(value, times) => {
                let metric = &METRICS[def.histograms[slot].metric];
                self.histogram(def, slot).observe_many(metric, value, times);
            }
            Change::Settle(value, exemplar) => {
                let metric = &METRICS[def.histograms[slot].metric];
                self.histogram(def, slot).settle(metric, value, exemplar);
            }
        }
    }

    fn histogram(&mut self, def: &ScopeDef, slot: usize) -> &mut Histogram {
        self.histograms[slot]
            .get_or_insert_with(|| Box::new(Histogram::new(&METRICS[def.histograms[slot].metric])))
    }

    /// Adds the values of another row of the same scope.
    pub(crate) fn merge(&mut self, other: Cells) {
        for (mine, theirs) in self.counters.iter_mut().zip(other.counters) {
            *mine += theirs;
        }
        for (mine, theirs) in self.gauges.iter_mut().zip(other.gauges) {
            *mine = theirs.map(|theirs| mine.unwrap_or_default() + theirs).or(*mine);
        }
        for (mine, theirs) in self.histograms.iter_mut().zip(other.histograms) {
            match (mine.as_mut(), theirs) {
                (Some(mine), Some(theirs)) => mine.merge(*theirs),
                (None, theirs) => *mine = theirs,
                (Some(_), None) => {}
            }
        }
        for (mine, theirs) in self.keyed.iter_mut().zip(other.keyed) {
            for (key, count) in theirs {
                *mine.entry(key).or_default() += count;
            }
        }
    }

    /// The domains with a value in this row.
    pub(crate) fn domains(&self, scope: Scope) -> Domains {
        let def = layout(scope);
        let mut domains = Domains::default();
        let counted = self.counters.iter().zip(def.counters).filter(|(value, _)| **value > 0.0);
        let gauged = self.gauges.iter().zip(def.gauges).filter(|(value, _)| value.is_some());
        let observed = self.histograms.iter().zip(def.histograms).filter(|(value, _)| value.is_some());
        let keyed = self.keyed.iter().zip(def.keyed).filter(|(counts, _)| !counts.is_empty());
        let touched = counted.map(|(_, slot)| slot).chain(gauged.map(|(_, slot)| slot));
        let touched = touched.chain(observed.map(|(_, slot)| slot)).chain(keyed.map(|(_, slot)| slot));
        touched.for_each(|slot| domains.insert(slot.metric));
        domains
    }
}

/// Counters only grow: anything that is not a positive number counts nothing.
pub(crate) fn grow(counter: &mut f64, by: f64) {
    if by.is_finite() && by > 0.0 {
        *counter += by;
    }
}
