//! One foreign series: what it has come to, and the traces that lead into it.

use std::sync::Arc;

use openqoe_spec::{Buckets, ForeignExemplar, ForeignValue, MetricKind};

use super::buckets;
use super::sparse::Sparse;

/// Exemplars of a series.
const MAX_EXEMPLARS: usize = 16;

/// A series.
#[derive(Debug)]
pub(super) struct Series {
    /// Position of its metric.
    pub(super) family: usize,
    pub(super) text: Arc<str>,
    pub(super) labels: Vec<(String, String)>,
    pub(super) total: Total,
    pub(super) exemplars: Vec<ForeignExemplar>,
    /// A bucket without an exemplar takes none from before this, epoch ms: one that had to make room may have been shown.
    pub(super) exemplars_from: u64,
    /// Whether a label is `__overflow__`.
    pub(super) overflows: bool,
    /// Since when it counts, epoch ms.
    pub(super) since: u64,
    pub(super) heard: u64,
}

/// What came to it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Total {
    /// Of a counter; of a gauge what deltas came to, to which its streams add what they say.
    Number(f64),
    Buckets(Buckets),
    Sparse(Sparse),
}

/// A point's value, ready to be compared and added.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Amount {
    Number(f64),
    Buckets(Box<Buckets>),
    Sparse(Box<Sparse>),
}

impl Amount {
    pub(super) fn of(value: ForeignValue) -> Amount {
        match value {
            ForeignValue::Number(value) => Amount::Number(value),
            ForeignValue::Buckets(buckets) => Amount::Buckets(buckets.into()),
            ForeignValue::Exponential(point) => Amount::Sparse(Sparse::of(&point).into()),
        }
    }

    /// What came since an earlier value. One that is less than before has begun anew.
    pub(super) fn since(&self, before: &Amount) -> Amount {
        let growth = match (self, before) {
            (Amount::Number(now), Amount::Number(before)) if now >= before => {
                Some(Amount::Number(now - before))
            }
            (Amount::Buckets(now), Amount::Buckets(before)) => {
                buckets::since(now, before).map(|growth| Amount::Buckets(growth.into()))
            }
            (Amount::Sparse(now), Amount::Sparse(before)) => {
                now.since(before).map(|growth| Amount::Sparse(growth.into()))
            }
            _ => None,
        };
        growth.unwrap_or_else(|| self.clone())
    }
}

impl Total {
    /// Nothing yet, of the shape of a value.
    pub(super) fn like(amount: &Amount) -> Total {
        match amount {
            Amount::Number(_) => Total::Number(0.0),
            Amount::Buckets(point) => {
                let counts = vec![0; point.counts.len()];
                Total::Buckets(Buckets { bounds: point.bounds.clone(), counts, sum: 0.0 })
            }
            Amount::Sparse(point) => Total::Sparse(point.emptied()),
        }
    }

    /// Whether such values can be added.
    pub(super) fn takes(&self, amount: &Amount) -> bool {
        matches!(
            (self, amount),
            (Total::Number(_), Amount::Number(_))
                | (Total::Buckets(_), Amount::Buckets(_))
                | (Total::Sparse(_), Amount::Sparse(_))
        )
    }

    pub(super) fn add(&mut self, amount: Amount) {
        match (self, amount) {
            (Total::Number(total), Amount::Number(by)) => *total += by,
            (Total::Buckets(total), Amount::Buckets(by)) => buckets::add(total, &by),
            (Total::Sparse(total), Amount::Sparse(by)) => total.add(*by),
            _ => {}
        }
    }
}

impl Series {
    /// Keeps exemplars: the latest of a counter, of a histogram the latest of each bucket. Of two of one moment the first stays,
    /// for Prometheus takes only what is later (see [`crate::ExemplarOrder`]).
    pub(super) fn keep(&mut self, kind: MetricKind, exemplars: Vec<ForeignExemplar>) {
        for exemplar in exemplars {
            let place = |value: f64| match (&self.total, kind) {
                (Total::Buckets(total), _) => total.bounds.partition_point(|bound| *bound < value) as i64,
                (Total::Sparse(_), _) => value.abs().log2().ceil().max(-1e6) as i64,
                (Total::Number(_), _) => 0,
            };
            let new = place(exemplar.value);
            match self.exemplars.iter().position(|kept| place(kept.value) == new) {
                Some(at) if self.exemplars[at].at >= exemplar.at => {}
                Some(at) => self.exemplars[at] = exemplar,
                None if kind == MetricKind::Gauge || exemplar.at < self.exemplars_from => {}
                None => {
                    self.make_room();
                    self.exemplars.push(exemplar);
                }
            }
        }
    }

    /// The earliest exemplar goes when there are too many.
    fn make_room(&mut self) {
        let earliest = self.exemplars.iter().enumerate().min_by_key(|(_, kept)| kept.at);
        if let Some((position, _)) = earliest.filter(|_| self.exemplars.len() >= MAX_EXEMPLARS) {
            let gone = self.exemplars.remove(position);
            self.exemplars_from = self.exemplars_from.max(gone.at.saturating_add(1));
        }
    }
}
