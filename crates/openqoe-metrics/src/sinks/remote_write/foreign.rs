//! Foreign series in a push: what the receiver has been sent of them before, and how they are written.

use std::collections::BTreeMap;
use std::sync::Arc;

use openqoe_spec::{ForeignExemplar, ForeignMetric, MetricKind};

use super::message::{BucketSpan, Histogram};
use super::writer::{About, Labels, Shown, Writer};
use super::{Histograms, RemoteWriteOptions, STALE};
use crate::foreign::{Exposed, ForeignFamily, ForeignSeries, Sparse, Value, spans};
use crate::labels::pairs;
use crate::number::push_float;

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
    /// The `le` of its buckets.
    bounds: Vec<String>,
    is_native: bool,
    /// The time of the latest exemplar sent, epoch ms.
    exemplar: u64,
    push: u64,
}

impl KnownForeign {
    /// Writes the series of a snapshot, and a staleness marker for all that have ended.
    pub(super) fn push(
        &mut self,
        families: &BTreeMap<Box<str>, ForeignFamily>,
        options: &RemoteWriteOptions,
        writer: &mut Writer,
    ) {
        self.push += 1;
        for family in families.values() {
            for series in &family.series {
                self.series(&family.metric, series, options, writer);
            }
        }
        let push = self.push;
        self.series.retain(|(_, text), memory| {
            let is_there = memory.push == push;
            if !is_there {
                end(memory, &labels(text, options, writer), options, writer);
            }
            is_there
        });
    }

    fn series(
        &mut self,
        metric: &Arc<ForeignMetric>,
        series: &ForeignSeries,
        options: &RemoteWriteOptions,
        writer: &mut Writer,
    ) {
        let new =
            || Memory { metric: metric.clone(), bounds: Vec::new(), is_native: false, exemplar: 0, push: 0 };
        let memory = self.series.entry((metric.name.clone(), series.labels.clone())).or_insert_with(new);
        let is_known = memory.push > 0;
        memory.push = self.push;
        let (about, labels) = (about(metric), labels(&series.labels, options, writer));
        let start = i64::try_from(series.since).unwrap_or_default();
        let start = if start < writer.at() { start } else { 0 };
        let sent = memory.exemplar;
        let is_new = |kept: &&ForeignExemplar| kept.at > sent;
        let latest = series.exemplars.iter().map(|kept| kept.at).max();
        let Some(histogram) = series.histogram() else {
            let Value::Number(value) = series.value else { return };
            let is_counter = metric.kind == MetricKind::Counter;
            let exemplar = series.exemplars.last().filter(|kept| is_counter && is_new(kept)).map(shown);
            memory.exemplar = latest.unwrap_or(sent);
            writer.sample(&about, &labels, ("", None), value, if is_counter { start } else { 0 }, exemplar);
            return;
        };
        let native = histogram.native.filter(|_| options.histograms != Histograms::Classic);
        if native.is_none() || options.histograms == Histograms::Both {
            let find = |above, upto| series.exemplar(above, upto).filter(is_new).map(shown);
            classic(&about, &labels, &histogram, start, find, writer);
            memory.bounds = histogram.buckets.iter().map(|(bound, _)| le(*bound)).collect();
        }
        // Receivers of 1.0 store exemplars before native histograms, and none of a series they do not know.
        if let Some(native) = native {
            let exemplars = series.exemplars.iter().filter(is_new).filter(|_| is_known).map(shown).collect();
            writer.native(&about, &labels, message(native, start), exemplars);
            memory.is_native = true;
        }
        if native.is_none() || is_known {
            memory.exemplar = latest.unwrap_or(sent);
        }
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
fn end(memory: &Memory, labels: &Labels, options: &RemoteWriteOptions, writer: &mut Writer) {
    let about = about(&memory.metric);
    let mut stale = |suffix, bound| writer.sample(&about, labels, (suffix, bound), STALE, 0, None);
    if memory.metric.kind != MetricKind::Histogram {
        return stale("", None);
    }
    memory.bounds.iter().for_each(|bound| stale("_bucket", Some(bound.clone())));
    if !memory.bounds.is_empty() {
        stale("_sum", None);
        stale("_count", None);
    }
    if memory.is_native && options.histograms != Histograms::Classic {
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
