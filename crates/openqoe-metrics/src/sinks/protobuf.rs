//! Prometheus protobuf: `io.prometheus.client.MetricFamily`, each prefixed by its length as a varint. The only format that
//! carries native histograms to a scraper.
//!
//! A message may be written field by field, and fields written twice are merged (Protocol Buffers, "Encoding: Last One
//! Wins"). So the labels of a row are encoded once and copied in front of the value of each of its series.

use openqoe_spec::{MetricDef, MetricKind, Scope};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};

use super::foreign_protobuf::push_foreign;
use super::metric_family::{
    Bucket, BucketSpan, Exemplar, Histogram, LabelPair, Metric, MetricFamily, MetricType, Number, Timestamp,
};
use crate::family::{Family, Series, Value, families};
use crate::histogram::{self, Kept};
use crate::labels::{pairs, unescape};
use crate::native::{Native, ZERO_THRESHOLD};
use crate::snapshot::Snapshot;

/// Field `metric` of `MetricFamily`.
const METRIC: u32 = 4;

/// Appends the families.
pub(super) fn encode(snapshot: &Snapshot, out: &mut Vec<u8>) {
    let mut labels = RowLabels::default();
    let (mut family, mut metric) = (Vec::new(), Vec::new());
    families(snapshot, |each| {
        family.clear();
        push(&mut family, &head(each.def));
        for series in &each.series {
            metric.clear();
            metric.extend_from_slice(labels.of(each, series));
            push(&mut metric, &own_labels(each.def, series));
            encode_key(METRIC, WireType::LengthDelimited, &mut family);
            push_delimited(&mut family, &metric);
        }
        push_delimited(out, &family);
    });
    snapshot.foreign.values().for_each(|family| push_foreign(family, out));
}

/// The encoded labels of the rows of one scope. Families of a scope follow each other, so one scope is enough.
#[derive(Default)]
struct RowLabels {
    scope: Option<Scope>,
    rows: Vec<Option<Vec<u8>>>,
}

impl RowLabels {
    fn of(&mut self, family: &Family<'_>, series: &Series<'_>) -> &[u8] {
        if self.scope != Some(family.def.scope) {
            *self = RowLabels { scope: Some(family.def.scope), rows: Vec::new() };
        }
        if self.rows.len() <= series.row {
            self.rows.resize(series.row + 1, None);
        }
        self.rows[series.row].get_or_insert_with(|| {
            let label = pairs(series.row_labels).map(|(name, value)| pair(name, &value)).collect();
            Metric { label, ..Metric::default() }.encode_to_vec()
        })
    }
}

/// The family without its series.
fn head(def: &MetricDef) -> MetricFamily {
    let kind = match def.kind {
        MetricKind::Counter => MetricType::Counter,
        MetricKind::Gauge => MetricType::Gauge,
        MetricKind::Histogram => MetricType::Histogram,
    };
    let unit = Some(def.unit.as_str()).filter(|unit| !unit.is_empty());
    MetricFamily {
        name: Some(def.name.to_owned()),
        help: Some(def.help.to_owned()),
        r#type: Some(kind as i32),
        metric: Vec::new(),
        unit: unit.map(str::to_owned),
    }
}

/// The series without the labels of its row.
fn own_labels(def: &MetricDef, series: &Series<'_>) -> Metric {
    let mut metric = Metric::default();
    metric.label.extend(pairs(series.slot_labels).map(|(name, value)| pair(name, &value)));
    metric.label.extend(series.key.map(|(name, value)| pair(name, &unescape(value))));
    match series.value {
        Value::Number(value) if def.kind == MetricKind::Counter => {
            metric.counter = Some(number(value));
        }
        Value::Number(value) => metric.gauge = Some(number(value)),
        Value::Histogram(histogram) => metric.histogram = Some(message(def, histogram)),
    }
    metric
}

fn number(value: f64) -> Number {
    Number { value: Some(value), exemplar: None }
}

pub(super) fn pair(name: &str, value: &str) -> LabelPair {
    LabelPair { name: Some(name.to_owned()), value: Some(value.to_owned()) }
}

fn message(def: &MetricDef, histogram: &histogram::Histogram) -> Histogram {
    let bounds = def.buckets.iter().copied().chain([f64::INFINITY]);
    let bucket = |(position, (upper_bound, count))| Bucket {
        cumulative_count: Some(count),
        upper_bound: Some(upper_bound),
        exemplar: histogram.exemplar(position).map(exemplar),
    };
    let (positive_span, positive_delta) = spans(histogram.native());
    Histogram {
        sample_count: Some(histogram.count()),
        sample_sum: Some(histogram.sum() / def.unit.divisor()),
        bucket: bounds.zip(histogram.cumulative()).enumerate().map(bucket).collect(),
        schema: Some(histogram.native().schema()),
        zero_threshold: Some(ZERO_THRESHOLD),
        zero_count: Some(histogram.native().zero()),
        positive_span,
        positive_delta,
        ..Histogram::default()
    }
}

fn exemplar(kept: &Kept) -> Exemplar {
    Exemplar {
        label: kept.labels().map(|(name, value)| pair(name, &value)).collect(),
        value: Some(kept.value),
        timestamp: Some(Timestamp {
            seconds: i64::try_from(kept.at / 1000).unwrap_or(i64::MAX),
            nanos: (kept.at % 1000) as i32 * 1_000_000,
        }),
    }
}

/// The runs of buckets. An empty histogram gets a span of no bucket, by which metrics.proto tells it from a classic one.
fn spans(native: &Native) -> (Vec<BucketSpan>, Vec<i64>) {
    let (mut spans, deltas) = native.spans();
    if spans.is_empty() {
        spans.push((0, 0));
    }
    let span = |(offset, length)| BucketSpan { offset: Some(offset), length: Some(length) };
    (spans.into_iter().map(span).collect(), deltas)
}

fn push(out: &mut Vec<u8>, message: &impl Message) {
    // Encoding fails only when the buffer is full, and a `Vec` grows.
    let _ = message.encode(out);
}

fn push_delimited(out: &mut Vec<u8>, bytes: &[u8]) {
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}
