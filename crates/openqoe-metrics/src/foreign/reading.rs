//! Foreign series as encoders see them.

use std::sync::Arc;

use openqoe_spec::{Buckets, ForeignExemplar, ForeignMetric, MetricKind};

use super::series::{Series, Total};
use super::sparse::Sparse;

/// A metric with its series, at least one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ForeignFamily {
    pub(crate) metric: Arc<ForeignMetric>,
    pub(crate) series: Vec<ForeignSeries>,
}

impl ForeignFamily {
    pub(super) fn of(metric: Arc<ForeignMetric>) -> ForeignFamily {
        ForeignFamily { metric, series: Vec::new() }
    }
}

/// One series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ForeignSeries {
    pub(crate) labels: Arc<str>,
    pub(crate) value: Value,
    pub(crate) exemplars: Vec<ForeignExemplar>,
    /// Since when it counts, epoch ms.
    pub(crate) since: u64,
}

/// Its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    Buckets(Buckets),
    Sparse(Sparse),
}

/// A histogram as classic buckets.
pub(crate) struct Exposed<'a> {
    /// Upper bounds and how many values lie below, `+Inf` last.
    pub(crate) buckets: Vec<(f64, u64)>,
    pub(crate) sum: f64,
    pub(crate) count: u64,
    /// The native histogram, where it is one.
    pub(crate) native: Option<&'a Sparse>,
}

impl ForeignSeries {
    /// The histogram; `None` for a number.
    pub(crate) fn histogram(&self) -> Option<Exposed<'_>> {
        let (mut buckets, sum, count, native) = match &self.value {
            Value::Number(_) => return None,
            Value::Buckets(histogram) => {
                let mut below = 0;
                let cumulative = histogram.bounds.iter().zip(&histogram.counts).map(|(bound, count)| {
                    below += count;
                    (*bound, below)
                });
                let buckets: Vec<_> = cumulative.collect();
                (buckets, histogram.sum, histogram.counts.iter().sum(), None)
            }
            Value::Sparse(sparse) => (sparse.classic(), sparse.sum, sparse.count(), Some(sparse)),
        };
        buckets.push((f64::INFINITY, count));
        Some(Exposed { buckets, sum, count, native })
    }

    /// The latest exemplar between two bounds, the upper one included.
    pub(crate) fn exemplar(&self, above: f64, upto: f64) -> Option<&ForeignExemplar> {
        let inside = self.exemplars.iter().filter(|kept| kept.value > above && kept.value <= upto);
        inside.max_by_key(|kept| kept.at)
    }
}

/// A series as it stands; `None` of a gauge nobody speaks for.
pub(super) fn read(series: &Series, kind: MetricKind, said: Option<f64>) -> Option<ForeignSeries> {
    let value = match (&series.total, kind) {
        (Total::Number(settled), MetricKind::Gauge) => {
            // What deltas came to stays; without any it is what streams say.
            Value::Number(settled + said.or_else(|| (*settled != 0.0).then_some(0.0))?)
        }
        (Total::Number(total), _) => Value::Number(*total),
        (Total::Buckets(buckets), _) => Value::Buckets(buckets.clone()),
        (Total::Sparse(sparse), _) => Value::Sparse(sparse.clone()),
    };
    let (labels, exemplars, since) = (series.text.clone(), series.exemplars.clone(), series.since);
    Some(ForeignSeries { labels, value, exemplars, since })
}
