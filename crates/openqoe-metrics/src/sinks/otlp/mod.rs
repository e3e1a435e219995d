//! OTLP: a snapshot at a time as requests of bounded size (`ExportMetricsServiceRequest` of OTLP 1), to be pushed.
//!
//! Values are cumulative and names those of the exposition, so a receiver that translates to Prometheus comes to the series of a
//! scrape: names have their unit and `_total` already, and a translation adds neither twice (OpenTelemetry, "Prometheus and
//! OpenMetrics Compatibility").
//!
//! It is not one of the [`SINKS`](super::SINKS): a push says what is new since the one before, so its encoder has a memory.

mod dense;
mod foreign;
mod message;
mod point;
mod writer;

use std::collections::HashMap;
use std::sync::Arc;

use openqoe_spec::metrics::METRICS;
use openqoe_spec::{MetricDef, MetricKind, Scope};
use prost::bytes::Bytes;

use self::foreign::Bounds;
use self::point::{Head, Native, Point, attribute, attributes, kept};
use self::writer::{About, Writer};
use super::known::{Identity, Known, Memory, Started};
use super::known_foreign::KnownForeign;
use crate::family::{Value, families};
use crate::histogram::Histogram;
use crate::labels::unescape;
use crate::native::ZERO_THRESHOLD;
use crate::snapshot::Snapshot;

pub use writer::OtlpRequest;

/// How a push is encoded.
#[derive(Clone, Debug)]
pub struct OtlpMetricsOptions {
    /// Attributes of the resource.
    pub resource: Vec<(String, String)>,
    /// Whether histograms that have a native form are sent as exponential ones, and not with their classic buckets.
    pub exponential: bool,
    /// The most points of a request.
    pub max_points: usize,
    /// Since when the first push's values have been counted.
    pub started: Started,
}

/// Encodes the pushes to one receiver, one after the other.
#[derive(Debug)]
pub struct OtlpMetrics {
    options: OtlpMetricsOptions,
    known: Known,
    foreign: KnownForeign<Bounds>,
}

impl OtlpMetrics {
    /// An encoder that has sent nothing yet.
    pub fn new(options: OtlpMetricsOptions) -> OtlpMetrics {
        let known = Known::new(options.started);
        OtlpMetrics { options, known, foreign: KnownForeign::default() }
    }

    /// The requests of a push, to be sent in this order: every series with its value at a time (epoch ms), the exemplars that
    /// are new, and a point without a value for each series that was there at the push before and is not any more.
    pub fn encode(&mut self, snapshot: &Snapshot, at: u64) -> Vec<OtlpRequest> {
        self.known.begin(i64::try_from(at).unwrap_or(i64::MAX));
        let OtlpMetricsOptions { resource, exponential, max_points, .. } = &self.options;
        let writer = Writer::new(resource, *max_points);
        let mut push = Push { exponential: *exponential, at, writer, rows: HashMap::new() };
        families(snapshot, |family| {
            for series in &family.series {
                let identity = Identity::of(family.def, series);
                let attributes = push.attributes(&identity, family.def);
                push.series(
                    family.def,
                    attributes,
                    &series.value,
                    self.known.see(identity, family.def.scope),
                );
            }
        });
        for identity in self.known.ended() {
            push.end(&identity);
        }
        foreign::push(&mut self.foreign, &snapshot.foreign, *exponential, at, &mut push.writer);
        push.writer.finish()
    }
}

/// A push under way.
struct Push {
    exponential: bool,
    at: u64,
    writer: Writer,
    /// The encoded labels of rows, by what makes them.
    rows: HashMap<(Scope, Arc<str>), Vec<Bytes>>,
}

impl Push {
    /// The labels of a series, those of its row encoded once.
    fn attributes(&mut self, identity: &Identity, def: &MetricDef) -> Vec<Bytes> {
        let row = self.rows.entry((def.scope, identity.row.clone()));
        let mut all = row.or_insert_with(|| attributes(&identity.row).collect()).clone();
        all.extend(attributes(identity.slot));
        if let (Some(key), Some(value)) = (def.key, identity.key.as_deref().filter(|value| !value.is_empty()))
        {
            all.push(attribute(key.as_str(), &unescape(value)));
        }
        all
    }

    fn series(&mut self, def: &MetricDef, attributes: Vec<Bytes>, value: &Value<'_>, memory: &mut Memory) {
        let start =
            if def.kind == MetricKind::Gauge { 0 } else { u64::try_from(memory.start).unwrap_or_default() };
        let mut head = Head { attributes, start, at: self.at, ..Head::default() };
        let point = match value {
            Value::Number(value) => Point::number(head, Some(*value)),
            Value::Histogram(histogram) => {
                let sent = memory.exemplar;
                let new = histogram.exemplars().filter(|kept| sent.is_none_or(|sent| kept.at > sent));
                head.exemplars = new.map(kept).collect();
                memory.exemplar = histogram.exemplars().map(|kept| kept.at).max().max(sent);
                self.histogram(def, head, histogram)
            }
        };
        self.writer.add(&about(def), point);
    }

    fn histogram(&self, def: &MetricDef, head: Head, histogram: &Histogram) -> Point {
        let sum = histogram.sum() / def.unit.divisor();
        if !self.exponential {
            return Point::explicit(head, sum, def.buckets.to_vec(), histogram.classic().to_vec());
        }
        let native = histogram.native();
        let native = Native {
            schema: native.schema(),
            zero: native.zero(),
            zero_threshold: ZERO_THRESHOLD,
            positive: native.filled().collect(),
            ..Native::default()
        };
        Point::exponential(head, sum, &native)
    }

    /// A point without a value for a series that is no more.
    fn end(&mut self, identity: &Identity) {
        let Some(def) = METRICS.iter().find(|def| def.name == identity.metric) else { return };
        let attributes = self.attributes(identity, def);
        let head = Head { attributes, at: self.at, has_ended: true, ..Head::default() };
        let point = match def.kind {
            MetricKind::Histogram if self.exponential => Point::exponential(head, 0.0, &Native::default()),
            MetricKind::Histogram => {
                Point::explicit(head, 0.0, def.buckets.to_vec(), vec![0; def.buckets.len() + 1])
            }
            MetricKind::Counter | MetricKind::Gauge => Point::number(head, None),
        };
        self.writer.add(&about(def), point);
    }
}

fn about(def: &MetricDef) -> About<'_> {
    About { name: def.name, help: def.help, unit: def.unit.as_str(), kind: def.kind }
}
