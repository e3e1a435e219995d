//! Remote write: a snapshot at a time as messages of bounded size, to be pushed.
//!
//! They are messages of remote write 2.0 (`io.prometheus.write.v2.Request`), which says everything there is to say and
//! repeats no string; [`to_1_0`] makes of one what a receiver of 1.0 understands. So the protocol can be decided when a
//! message is sent, and changed while others wait.
//!
//! It is not one of the [`SINKS`](super::SINKS): a push says what is new since the one before, so its encoder has a memory.

mod foreign;
mod message;
mod symbols;
mod version1;
mod writer;

use std::collections::HashMap;
use std::sync::Arc;

use openqoe_spec::metrics::METRICS;
use openqoe_spec::{MetricDef, MetricKind, Scope};

use self::foreign::Shape;
use self::writer::{About, Labels, Shown, Writer};
use super::known::{Identity, Known, Started};
use super::known_foreign::KnownForeign;
use crate::family::{Value, families};
use crate::histogram::{Histogram, Kept};
use crate::labels::{pairs, unescape};
use crate::native::ZERO_THRESHOLD;
use crate::number::push_float;
use crate::snapshot::Snapshot;

pub use version1::to_1_0;
pub use writer::Message;

/// The value that says a series has ended: the bits Prometheus knows (`model/value`, `StaleNaN`), not just any NaN.
pub(crate) const STALE: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

/// What is sent of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Histograms {
    /// `_bucket`, `_sum` and `_count`.
    Classic,
    /// One series whose samples are native histograms.
    Native,
    /// All of it.
    Both,
}

/// How a push is encoded.
#[derive(Clone, Debug)]
pub struct RemoteWriteOptions {
    /// What is sent of histograms.
    pub histograms: Histograms,
    /// The most samples of a message.
    pub max_samples: usize,
    /// Labels every series gets that has none of that name; neither `le` nor `__name__`.
    pub external_labels: Vec<(String, String)>,
    /// Since when the first push's values have been counted.
    pub started: Started,
}

/// Encodes the pushes to one receiver, one after the other.
#[derive(Debug)]
pub struct RemoteWrite {
    options: RemoteWriteOptions,
    known: Known,
    foreign: KnownForeign<Shape>,
}

impl RemoteWrite {
    /// An encoder that has sent nothing yet.
    pub fn new(options: RemoteWriteOptions) -> RemoteWrite {
        let known = Known::new(options.started);
        RemoteWrite { options, known, foreign: KnownForeign::default() }
    }

    /// The messages of a push, to be sent in this order: every series with its value at a time (epoch ms), the exemplars that
    /// are new, and a staleness marker for each series that was there at the push before and is not any more.
    pub fn encode(&mut self, snapshot: &Snapshot, at: u64) -> Vec<Message> {
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        self.known.begin(at);
        let writer = Writer::new(self.options.max_samples, at);
        let mut push = Push { options: &self.options, writer, rows: HashMap::new() };
        families(snapshot, |family| {
            for series in &family.series {
                let identity = Identity::of(family.def, series);
                let labels = push.labels(&identity, family.def);
                let memory = self.known.see(identity, family.def.scope);
                match series.value {
                    Value::Number(value) => push.number(family.def, &labels, value, memory.start),
                    Value::Histogram(histogram) => {
                        // Receivers of 1.0 store exemplars before native histograms, and none of a series they do not know.
                        let held_back = self.options.histograms != Histograms::Classic && !memory.known;
                        let sent = if held_back { Some(u64::MAX) } else { memory.exemplar };
                        let new = |kept: &&Kept| sent.is_none_or(|sent| kept.at > sent);
                        let exemplars: Vec<&Kept> = histogram.exemplars().filter(new).collect();
                        memory.exemplar = exemplars.iter().map(|kept| kept.at).max().or(memory.exemplar);
                        push.histogram(family.def, &labels, histogram, &exemplars, memory.start);
                    }
                }
            }
        });
        for identity in self.known.ended() {
            push.end(&identity);
        }
        foreign::push(&mut self.foreign, &snapshot.foreign, &self.options, &mut push.writer);
        push.writer.finish()
    }
}

/// A push under way.
struct Push<'a> {
    options: &'a RemoteWriteOptions,
    writer: Writer,
    /// The labels of rows, by what makes them.
    rows: HashMap<(Scope, Arc<str>), Labels>,
}

impl Push<'_> {
    /// The labels of a series but for its name, those of its row resolved once.
    fn labels(&mut self, identity: &Identity, def: &MetricDef) -> Labels {
        let row = (def.scope, identity.row.clone());
        let resolved = self.rows.entry(row).or_insert_with(|| {
            let mut labels = Labels::default();
            for (name, value) in pairs(&identity.row) {
                labels.push(&mut self.writer.symbols, name, &value);
            }
            labels
        });
        let mut labels = resolved.clone();
        for (name, value) in pairs(identity.slot) {
            labels.push(&mut self.writer.symbols, name, &value);
        }
        if let (Some(key), Some(value)) = (def.key, &identity.key) {
            labels.push(&mut self.writer.symbols, key.as_str(), &unescape(value));
        }
        for (name, value) in &self.options.external_labels {
            labels.push_if_absent(&mut self.writer.symbols, name, value);
        }
        labels
    }

    fn number(&mut self, def: &MetricDef, labels: &Labels, value: f64, start: i64) {
        let start = if def.kind == MetricKind::Counter { start } else { 0 };
        self.writer.sample(&about(def), labels, ("", None), value, start, None);
    }

    /// A histogram in the configured shapes. Exemplars belong to the bucket they fell into, or to the native histogram.
    fn histogram(
        &mut self,
        def: &MetricDef,
        labels: &Labels,
        histogram: &Histogram,
        new: &[&Kept],
        start: i64,
    ) {
        let sum = histogram.sum() / def.unit.divisor();
        if self.options.histograms != Histograms::Native {
            for ((bucket, count), bound) in histogram.cumulative().enumerate().zip(bounds(def)) {
                let exemplar = new.iter().find(|kept| kept.bucket == bucket).map(|kept| shown(kept));
                self.writer.sample(
                    &about(def),
                    labels,
                    ("_bucket", Some(bound)),
                    count as f64,
                    start,
                    exemplar,
                );
            }
            self.writer.sample(&about(def), labels, ("_sum", None), sum, start, None);
            self.writer.sample(&about(def), labels, ("_count", None), histogram.count() as f64, start, None);
        }
        if self.options.histograms != Histograms::Classic {
            let exemplars = new.iter().map(|kept| shown(kept)).collect();
            self.writer.native(&about(def), labels, native(histogram, sum, start), exemplars);
        }
    }

    /// Staleness markers for all that a series was.
    fn end(&mut self, identity: &Identity) {
        let Some(def) = METRICS.iter().find(|def| def.name == identity.metric) else { return };
        let labels = self.labels(identity, def);
        if def.kind != MetricKind::Histogram {
            self.writer.sample(&about(def), &labels, ("", None), STALE, 0, None);
            return;
        }
        if self.options.histograms != Histograms::Native {
            for bound in bounds(def) {
                self.writer.sample(&about(def), &labels, ("_bucket", Some(bound)), STALE, 0, None);
            }
            self.writer.sample(&about(def), &labels, ("_sum", None), STALE, 0, None);
            self.writer.sample(&about(def), &labels, ("_count", None), STALE, 0, None);
        }
        if self.options.histograms != Histograms::Classic {
            let ended = message::Histogram {
                count_int: Some(0),
                zero_count_int: Some(0),
                sum: STALE,
                ..message::Histogram::default()
            };
            self.writer.native(&about(def), &labels, ended, Vec::new());
        }
    }
}

fn about(def: &MetricDef) -> About<'_> {
    About { name: def.name, help: def.help, unit: def.unit.as_str(), kind: def.kind }
}

fn shown(kept: &Kept) -> Shown<'_> {
    Shown { labels: kept.labels().collect(), value: kept.value, at: kept.at }
}

/// The upper bounds of the classic buckets as they stand in `le`: as in OpenMetrics, which is what Prometheus scrapes and,
/// since 3.0, makes of any other spelling.
fn bounds(def: &MetricDef) -> impl Iterator<Item = String> + '_ {
    def.buckets.iter().copied().chain([f64::INFINITY]).map(|bound| {
        let mut text = Vec::new();
        push_float(&mut text, bound);
        String::from_utf8(text).unwrap_or_default()
    })
}

fn native(histogram: &Histogram, sum: f64, start: i64) -> message::Histogram {
    let (spans, positive_deltas) = histogram.native().spans();
    let span = |(offset, length)| message::BucketSpan { offset, length };
    message::Histogram {
        count_int: Some(histogram.count()),
        sum,
        schema: histogram.native().schema(),
        zero_threshold: ZERO_THRESHOLD,
        zero_count_int: Some(histogram.native().zero()),
        positive_spans: spans.into_iter().map(span).collect(),
        positive_deltas,
        start_timestamp: start,
        ..message::Histogram::default()
    }
}
