//! Foreign series in a push: what the receiver has been sent of them before, and how they are written.

use std::collections::BTreeMap;
use std::sync::Arc;

use openqoe_spec::{ForeignMetric, MetricKind};

use super::point::{Head, Native, Point, attributes, foreign};
use super::writer::{About, Writer};
use crate::foreign::{ForeignFamily, ForeignSeries, Sparse, Value};

/// The series of the push before, by the metric's name and the labels.
#[derive(Debug, Default)]
pub(super) struct KnownForeign {
    series: BTreeMap<(Box<str>, Arc<str>), Memory>,
    push: u64,
}

/// What was sent of one.
#[derive(Debug)]
struct Memory {
    metric: Arc<ForeignMetric>,
    /// The bounds of its buckets; `None` when it was sent as an exponential histogram, or is none.
    bounds: Option<Vec<f64>>,
    /// The time of the latest exemplar sent, epoch ms.
    exemplar: u64,
    push: u64,
}

impl KnownForeign {
    /// Writes the series of a snapshot at a time (epoch ms), and the end of all that are no more.
    pub(super) fn push(
        &mut self,
        families: &BTreeMap<Box<str>, ForeignFamily>,
        exponential: bool,
        at: u64,
        writer: &mut Writer,
    ) {
        self.push += 1;
        for family in families.values() {
            for series in &family.series {
                let point = self.series(&family.metric, series, exponential, at);
                writer.add(&about(&family.metric), point);
            }
        }
        let push = self.push;
        self.series.retain(|(_, text), memory| {
            let is_there = memory.push == push;
            if !is_there {
                let head =
                    Head { attributes: attributes(text).collect(), at, has_ended: true, ..Head::default() };
                writer.add(&about(&memory.metric), end(memory, head));
            }
            is_there
        });
    }

    fn series(
        &mut self,
        metric: &Arc<ForeignMetric>,
        series: &ForeignSeries,
        exponential: bool,
        at: u64,
    ) -> Point {
        let new = || Memory { metric: metric.clone(), bounds: None, exemplar: 0, push: 0 };
        let memory = self.series.entry((metric.name.clone(), series.labels.clone())).or_insert_with(new);
        memory.push = self.push;
        let exemplars =
            series.exemplars.iter().filter(|kept| kept.at > memory.exemplar).map(foreign).collect();
        let latest = series.exemplars.iter().map(|kept| kept.at).max();
        memory.exemplar = latest.unwrap_or_default().max(memory.exemplar);
        let counts_from = metric.kind != MetricKind::Gauge && series.since < at;
        let start = if counts_from { series.since } else { 0 };
        let head =
            Head { attributes: attributes(&series.labels).collect(), start, at, exemplars, has_ended: false };
        match (&series.value, series.histogram()) {
            (Value::Sparse(sparse), _) if exponential => {
                memory.bounds = None;
                Point::exponential(head, sparse.sum, &native(sparse))
            }
            (_, Some(histogram)) => {
                let (bounds, below): (Vec<f64>, Vec<u64>) = histogram.buckets.iter().copied().unzip();
                let bounds: Vec<f64> = bounds.into_iter().filter(|bound| bound.is_finite()).collect();
                let mut before = 0;
                let counts = below.into_iter().map(|count| count - std::mem::replace(&mut before, count));
                memory.bounds = Some(bounds.clone());
                Point::explicit(head, histogram.sum, bounds, counts.collect())
            }
            (Value::Number(value), None) => Point::number(head, Some(*value)),
            // A histogram has buckets.
            (_, None) => Point::number(head, None),
        }
    }
}

/// A point without a value, of the kind that was sent.
fn end(memory: &Memory, head: Head) -> Point {
    match (&memory.bounds, memory.metric.kind) {
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
