//! Foreign series as Prometheus protobuf. A native histogram is told as one, and in classic buckets besides.

use openqoe_spec::{ForeignExemplar, MetricKind};
use prost::Message;

use super::metric_family::{
    Bucket, BucketSpan, Exemplar, Histogram, Metric, MetricFamily, MetricType, Number, Timestamp,
};
use super::protobuf::pair;
use crate::foreign::{Exposed, ForeignFamily, ForeignSeries, Sparse, Value, spans};
use crate::labels::pairs;

/// Appends a family.
pub(super) fn push_foreign(family: &ForeignFamily, out: &mut Vec<u8>) {
    let about = &family.metric;
    let kind = match about.kind {
        MetricKind::Counter => MetricType::Counter,
        MetricKind::Gauge => MetricType::Gauge,
        MetricKind::Histogram => MetricType::Histogram,
    };
    let message = MetricFamily {
        name: Some(about.name.to_string()),
        help: Some(about.help.to_string()),
        r#type: Some(kind as i32),
        metric: family.series.iter().map(|series| metric(about.kind, series)).collect(),
        unit: Some(about.unit.to_string()).filter(|unit| !unit.is_empty()),
    };
    // Encoding fails only when the buffer is full, and a `Vec` grows.
    let _ = message.encode_length_delimited(out);
}

fn metric(kind: MetricKind, series: &ForeignSeries) -> Metric {
    let label = pairs(&series.labels).map(|(name, value)| pair(name, &value)).collect();
    let mut metric = Metric { label, ..Metric::default() };
    match (&series.value, series.histogram()) {
        (Value::Number(value), _) if kind == MetricKind::Counter => {
            let exemplar = series.exemplars.last().map(exemplar);
            metric.counter = Some(Number { value: Some(*value), exemplar });
        }
        (Value::Number(value), _) => metric.gauge = Some(Number { value: Some(*value), exemplar: None }),
        (_, histogram) => metric.histogram = histogram.map(|histogram| message(series, &histogram)),
    }
    metric
}

fn message(series: &ForeignSeries, histogram: &Exposed<'_>) -> Histogram {
    let mut above = f64::NEG_INFINITY;
    let bucket = histogram.buckets.iter().map(|(bound, count)| {
        let exemplar = series.exemplar(above, *bound).map(exemplar);
        above = *bound;
        Bucket { cumulative_count: Some(*count), upper_bound: Some(*bound), exemplar }
    });
    let classic = Histogram {
        sample_count: Some(histogram.count),
        sample_sum: Some(histogram.sum),
        bucket: bucket.collect(),
        ..Histogram::default()
    };
    histogram.native.map_or_else(|| classic.clone(), |native| with_native(classic.clone(), native))
}

fn with_native(classic: Histogram, native: &Sparse) -> Histogram {
    let side = |side| {
        let (spans, deltas) = spans(side);
        let span = |(offset, length)| BucketSpan { offset: Some(offset), length: Some(length) };
        (spans.into_iter().map(span).collect::<Vec<_>>(), deltas)
    };
    let ((mut positive_span, positive_delta), (negative_span, negative_delta)) =
        (side(&native.positive), side(&native.negative));
    // An empty span tells an empty native histogram from a classic one (metrics.proto).
    if positive_span.is_empty() && negative_span.is_empty() {
        positive_span.push(BucketSpan { offset: Some(0), length: Some(0) });
    }
    Histogram {
        schema: Some(native.schema),
        zero_threshold: Some(native.zero_threshold),
        zero_count: Some(native.zero),
        positive_span,
        positive_delta,
        negative_span,
        negative_delta,
        ..classic
    }
}

fn exemplar(kept: &ForeignExemplar) -> Exemplar {
    Exemplar {
        label: vec![pair("trace_id", &kept.trace_id), pair("span_id", &kept.span_id)],
        value: Some(kept.value),
        timestamp: Some(Timestamp {
            seconds: i64::try_from(kept.at / 1000).unwrap_or(i64::MAX),
            nanos: (kept.at % 1000) as i32 * 1_000_000,
        }),
    }
}
