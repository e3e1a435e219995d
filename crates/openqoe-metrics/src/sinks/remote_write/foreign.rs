//! How foreign series are written in a push, and their end.

use std::collections::BTreeMap;

use openqoe_spec::{ForeignExemplar, ForeignMetric, MetricKind};

use super::message::{BucketSpan, Histogram};
use super::writer::{About, Labels, Shown, Writer};
use super::{Histograms, RemoteWriteOptions, STALE};
use crate::foreign::{Exposed, ForeignFamily, ForeignSeries, Sparse, Value, spans};
use crate::labels::pairs;
use crate::number::push_float;
use crate::sinks::known_foreign::{ForeignMemory, KnownForeign};

/// What a histogram was sent as.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// The `le` of its buckets.
    bounds: Vec<String>,
    is_native: bool,
}

/// Writes the series of a snapshot, and a staleness marker for all that have ended.
pub(super) fn push(
    known: &mut KnownForeign<Shape>,
    families: &BTreeMap<Box<str>, ForeignFamily>,
    options: &RemoteWriteOptions,
    writer: &mut Writer,
) {
    known.begin();
    for family in families.values() {
        for series in &family.series {
            write(known.see(&family.metric, &series.labels), series, options, writer);
        }
    }
    for (text, memory) in known.ended() {
        end(&memory, &labels(&text, options, writer), options, writer);
    }
}

fn write(
    memory: &mut ForeignMemory<Shape>,
    series: &ForeignSeries,
    options: &RemoteWriteOptions,
    writer: &mut Writer,
) {
    let metric = memory.metric.clone();
    let (about, labels) = (about(&metric), labels(&series.labels, options, writer));
    let start = i64::try_from(series.since).unwrap_or_default();
    let start = if start < writer.at() { start } else { 0 };
    let is_new = |kept: &&ForeignExemplar| memory.is_new(kept);
    let Some(histogram) = series.histogram() else {
        let Value::Number(value) = series.value else { return };
        let is_counter = metric.kind == MetricKind::Counter;
        let exemplar = series.exemplars.last().filter(|kept| is_counter && is_new(kept)).map(shown);
        memory.note_sent(&series.exemplars);
        writer.sample(&about, &labels, ("", None), value, if is_counter { start } else { 0 }, exemplar);
        return;
    };
    let native = histogram.native.filter(|_| options.histograms != Histograms::Classic);
    if native.is_none() || options.histograms == Histograms::Both {
        let find = |above, upto| series.exemplar(above, upto).filter(is_new).map(shown);
        classic(&about, &labels, &histogram, start, find, writer);
        memory.shape.bounds = histogram.buckets.iter().map(|(bound, _)| le(*bound)).collect();
    }
    // Receivers of 1.0 store exemplars before native histograms, and none of a series they do not know.
    if let Some(native) = native {
        let new = series.exemplars.iter().filter(|kept| memory.known && memory.is_new(kept));
        writer.native(&about, &labels, message(native, start), new.map(shown).collect());
        memory.shape.is_native = true;
    }
    if native.is_none() || memory.known {
        memory.note_sent(&series.exemplars);
    }
}

fn classic<'a>(
    about: &About<'_>,
    labels: &Labels,
    histogram: &Exposed<'_>,
    start: i64,
    find: impl Fn(f64, f64) -> Option<Shown<'a>>,
    writer: &mut Writer,
) {
    let mut above = f64::NEG_INFINITY;
    for (bound, count) in &histogram.buckets {
        let exemplar = find(above, *bound);
        writer.sample(about, labels, ("_bucket", Some(le(*bound))), *count as f64, start, exemplar);
        above = *bound;
    }
    writer.sample(about, labels, ("_sum", None), histogram.sum, start, None);
    writer.sample(about, labels, ("_count", None), histogram.count as f64, start, None);
}

/// Staleness markers for all that a series was.
fn end(memory: &ForeignMemory<Shape>, labels: &Labels, options: &RemoteWriteOptions, writer: &mut Writer) {
    let about = about(&memory.metric);
    let mut stale = |suffix, bound| writer.sample(&about, labels, (suffix, bound), STALE, 0, None);
    if memory.metric.kind != MetricKind::Histogram {
        return stale("", None);
    }
    memory.shape.bounds.iter().for_each(|bound| stale("_bucket", Some(bound.clone())));
    if !memory.shape.bounds.is_empty() {
        stale("_sum", None);
        stale("_count", None);
    }
    if memory.shape.is_native && options.histograms != Histograms::Classic {
        let ended =
            Histogram { count_int: Some(0), zero_count_int: Some(0), sum: STALE, ..Histogram::default() };
        writer.native(&about, labels, ended, Vec::new());
    }
}

fn about(metric: &ForeignMetric) -> About<'_> {
    About { name: &metric.name, help: &metric.help, unit: &metric.unit, kind: metric.kind }
}

fn labels(text: &str, options: &RemoteWriteOptions, writer: &mut Writer) -> Labels {
    let mut labels = Labels::default();
    for (name, value) in pairs(text) {
        labels.push(&mut writer.symbols, name, &value);
    }
    for (name, value) in &options.external_labels {
        labels.push_if_absent(&mut writer.symbols, name, value);
    }
    labels
}

/// A bound as it stands in `le`.
fn le(bound: f64) -> String {
    let mut text = Vec::new();
    push_float(&mut text, bound);
    String::from_utf8(text).unwrap_or_default()
}

fn shown(kept: &ForeignExemplar) -> Shown<'_> {
    let labels = vec![("trace_id", (*kept.trace_id).into()), ("span_id", (*kept.span_id).into())];
    Shown { labels, value: kept.value, at: kept.at }
}

fn message(native: &Sparse, start: i64) -> Histogram {
    let side = |side| {
        let (spans, deltas) = spans(side);
        let spans: Vec<_> = spans.into_iter().map(|(offset, length)| BucketSpan { offset, length }).collect();
        (spans, deltas)
    };
    let ((positive_spans, positive_deltas), (negative_spans, negative_deltas)) =
        (side(&native.positive), side(&native.negative));
    Histogram {
        count_int: Some(native.count()),
        sum: native.sum,
        schema: native.schema,
        zero_threshold: native.zero_threshold,
        zero_count_int: Some(native.zero),
        positive_spans,
        positive_deltas,
        negative_spans,
        negative_deltas,
        timestamp: 0,
        start_timestamp: start,
    }
}
