//! How foreign series are written in a push, and their end.

use std::collections::BTreeMap;

use openqoe_spec::{ForeignMetric, MetricKind};

use super::point::{Head, Native, Point, attributes, foreign};
use super::writer::{About, Writer};
use crate::foreign::{ForeignFamily, ForeignSeries, Sparse, Value};
use crate::sinks::known_foreign::{ForeignMemory, KnownForeign};

/// The bounds of the buckets that were sent; `None` for an exponential histogram, and for what is none.
pub(super) type Bounds = Option<Vec<f64>>;

/// Writes the series of a snapshot at a time (epoch ms), and the end of all that are no more.
pub(super) fn push(
    known: &mut KnownForeign<Bounds>,
    families: &BTreeMap<Box<str>, ForeignFamily>,
    exponential: bool,
    at: u64,
    writer: &mut Writer,
) {
    known.begin();
    for family in families.values() {
        for series in &family.series {
            let memory = known.see(&family.metric, &series.labels);
            writer.add(&about(&family.metric), point(memory, series, exponential, at));
        }
    }
    for (labels, memory) in known.ended() {
        let head = Head { attributes: attributes(&labels).collect(), at, has_ended: true, ..Head::default() };
        writer.add(&about(&memory.metric), end(&memory, head));
    }
}

fn point(memory: &mut ForeignMemory<Bounds>, series: &ForeignSeries, exponential: bool, at: u64) -> Point {
    let exemplars = series.exemplars.iter().filter(|kept| memory.is_new(kept)).map(foreign).collect();
    memory.note_sent(&series.exemplars);
    let counts_from = memory.metric.kind != MetricKind::Gauge && series.since < at;
    let start = if counts_from { series.since } else { 0 };
    let head =
        Head { attributes: attributes(&series.labels).collect(), start, at, exemplars, has_ended: false };
    match (&series.value, series.histogram()) {
        (Value::Sparse(sparse), _) if exponential => {
            memory.shape = None;
            Point::exponential(head, sparse.sum, &native(sparse))
        }
        (_, Some(histogram)) => {
            let (bounds, below): (Vec<f64>, Vec<u64>) = histogram.buckets.iter().copied().unzip();
            let bounds: Vec<f64> = bounds.into_iter().filter(|bound| bound.is_finite()).collect();
            let mut before = 0;
            let counts = below.into_iter().map(|count| count - std::mem::replace(&mut before, count));
            memory.shape = Some(bounds.clone());
            Point::explicit(head, histogram.sum, bounds, counts.collect())
        }
        (Value::Number(value), None) => Point::number(head, Some(*value)),
        // A histogram has buckets.
        (_, None) => Point::number(head, None),
    }
}

/// A point without a value, of the kind that was sent.
fn end(memory: &ForeignMemory<Bounds>, head: Head) -> Point {
    match (&memory.shape, memory.metric.kind) {
        (Some(bounds), MetricKind::Histogram) => {
            Point::explicit(head, 0.0, bounds.clone(), vec![0; bounds.len() + 1])
        }
        (None, MetricKind::Histogram) => Point::exponential(head, 0.0, &Native::default()),
        (_, MetricKind::Counter | MetricKind::Gauge) => Point::number(head, None),
    }
}

fn native(sparse: &Sparse) -> Native {
    Native {
        schema: sparse.schema,
        zero: sparse.zero,
        zero_threshold: sparse.zero_threshold,
        positive: sparse.positive.clone(),
        negative: sparse.negative.clone(),
    }
}

fn about(metric: &ForeignMetric) -> About<'_> {
    About { name: &metric.name, help: &metric.help, unit: &metric.unit, kind: metric.kind }
}
