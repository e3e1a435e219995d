//! A request of metrics as points, each with the name, the labels and the stream it belongs to; and what of it cannot be.

use std::collections::BTreeMap;
use std::sync::Arc;

use openqoe_spec::{
    ForeignExemplar, ForeignMetric, ForeignPoint, ForeignValue, MetricKind, OtlpPointOutcome as Outcome,
    Temporality,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, Metric};

use super::identity::Identity;
use super::label::Labeling;
use super::name::{Translated, translate};
use super::request::MetricsRequest;
use super::value;

/// What names of the gateway's own metrics begin with; nobody else's may be taken for them.
const RESERVED: [&str; 2] = ["openqoe", "process"];
/// `DataPointFlags`: the stream has no value at this time.
const NO_RECORDED_VALUE: u32 = 1;

/// What a request holds.
#[derive(Debug, Default)]
pub struct Collected {
    /// In the order of the request.
    pub points: Vec<ForeignPoint>,
    /// Points that cannot be.
    pub rejected: Vec<RejectedPoint>,
    /// Points that say there is no value: good, and nothing to do.
    pub empty: usize,
}

/// Some points of one metric that cannot be, for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedPoint {
    /// For the ledger.
    pub reason: Outcome,
    /// How many.
    pub points: usize,
    /// For the sender.
    pub message: String,
}

impl Collected {
    fn reject(&mut self, reason: Outcome, points: usize, metric: &str, why: &str) {
        let metric: String = metric.chars().take(100).collect();
        self.rejected.push(RejectedPoint { reason, points, message: format!("{metric:?}: {why}") });
    }
}

/// The points of a request.
pub fn points(request: MetricsRequest, labeling: &Labeling) -> Collected {
    let mut collected = Collected::default();
    for (points, message) in request.unreadable {
        collected.rejected.push(RejectedPoint { reason: Outcome::Malformed, points, message });
    }
    for resource_metrics in &request.message.resource_metrics {
        let attributes = resource_metrics.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
        let labels = labeling.of_resource(attributes);
        for scope_metrics in &resource_metrics.scope_metrics {
            let identity = Identity::of(attributes, scope_metrics.scope.as_ref());
            let sender = Sender { labeling, labels: &labels, identity };
            scope_metrics.metrics.iter().for_each(|metric| sender.metric(metric, &mut collected));
        }
    }
    collected
}

/// Whose metrics are being read.
struct Sender<'a> {
    labeling: &'a Labeling,
    labels: &'a BTreeMap<String, String>,
    identity: Identity,
}

/// One data point, whatever its kind.
struct Point<'a> {
    attributes: &'a [KeyValue],
    start: u64,
    at: u64,
    flags: u32,
    value: Result<ForeignValue, &'static str>,
    exemplars: Vec<ForeignExemplar>,
}

macro_rules! points_of {
    ($points:expr, $value:path) => {
        $points
            .iter()
            .map(|point| Point {
                attributes: &point.attributes,
                start: point.start_time_unix_nano,
                at: point.time_unix_nano,
                flags: point.flags,
                value: $value(point),
                exemplars: value::exemplars(&point.exemplars),
            })
            .collect()
    };
}

impl Sender<'_> {
    fn metric(&self, metric: &Metric, collected: &mut Collected) {
        let read = match read(metric) {
            Ok(read) => read,
            Err((reason, points, why)) => return collected.reject(reason, points, &metric.name, why),
        };
        let translated = match name_of(metric, read.kind) {
            Ok(translated) => translated,
            Err((reason, why)) => return collected.reject(reason, read.points.len(), &metric.name, why),
        };
        let about = Arc::new(ForeignMetric {
            name: translated.name.into(),
            help: metric.description.chars().take(500).collect::<String>().into(),
            unit: translated.unit.into(),
            kind: read.kind,
        });
        let kind = metric.data.as_ref().map(std::mem::discriminant);
        let identity = self.identity.clone().with(&metric.name).with(&kind).with(&(read.kind as u8));
        for point in read.points {
            self.point(&about, &metric.name, &identity, read.temporality, point, collected);
        }
    }

    fn point(
        &self,
        metric: &Arc<ForeignMetric>,
        told: &str,
        identity: &Identity,
        temporality: Temporality,
        point: Point<'_>,
        collected: &mut Collected,
    ) {
        if point.flags & NO_RECORDED_VALUE != 0 {
            collected.empty += 1;
            return;
        }
        let value = match point.value {
            Ok(ForeignValue::Number(value)) if value < 0.0 && metric.kind == MetricKind::Counter => {
                return collected.reject(Outcome::Malformed, 1, told, "a monotonic sum is not negative");
            }
            Ok(value) => value,
            Err(why) => return collected.reject(Outcome::Malformed, 1, told, why),
        };
        if point.at == 0 || point.start > point.at {
            return collected.reject(
                Outcome::Malformed,
                1,
                told,
                "timeUnixNano must be there, and not before its start",
            );
        }
        let Some(labels) = self.labeling.of_point(self.labels, point.attributes) else {
            return collected.reject(
                Outcome::TooManyLabels,
                1,
                told,
                "more attributes than `otlp_receiver.max_labels`",
            );
        };
        let mut stream = identity.clone().with_attributes(point.attributes);
        if temporality == Temporality::Cumulative {
            stream = stream.with(&point.start);
        }
        collected.points.push(ForeignPoint {
            metric: metric.clone(),
            labels,
            stream: stream.finish(),
            start: point.start,
            at: point.at,
            temporality,
            value,
            exemplars: point.exemplars,
        });
    }
}

/// A metric whose kind is one there can be.
struct Read<'a> {
    kind: MetricKind,
    temporality: Temporality,
    points: Vec<Point<'a>>,
}

/// The points of a metric, or why and how many of them cannot be.
fn read(metric: &Metric) -> Result<Read<'_>, (Outcome, usize, &'static str)> {
    let (kind, told, points): (_, _, Vec<Point<'_>>) = match &metric.data {
        Some(Data::Gauge(gauge)) => {
            let points = points_of!(gauge.data_points, value::number);
            return Ok(Read { kind: MetricKind::Gauge, temporality: Temporality::Momentary, points });
        }
        Some(Data::Sum(sum)) => {
            let kind = if sum.is_monotonic { MetricKind::Counter } else { MetricKind::Gauge };
            (kind, sum.aggregation_temporality, points_of!(sum.data_points, value::number))
        }
        Some(Data::Histogram(histogram)) => {
            let points = points_of!(histogram.data_points, value::buckets);
            (MetricKind::Histogram, histogram.aggregation_temporality, points)
        }
        Some(Data::ExponentialHistogram(histogram)) => {
            let points = points_of!(histogram.data_points, value::exponential);
            (MetricKind::Histogram, histogram.aggregation_temporality, points)
        }
        Some(Data::Summary(summary)) => {
            let why = "summaries cannot be added up: use a histogram";
            return Err((Outcome::UnsupportedType, summary.data_points.len(), why));
        }
        None => return Err((Outcome::Malformed, 1, "it has no data")),
    };
    let why = "aggregationTemporality must be 1 (delta) or 2 (cumulative)";
    let temporality = temporality(told).ok_or((Outcome::UnsupportedTemporality, points.len(), why))?;
    Ok(Read { kind, temporality, points })
}

fn name_of(metric: &Metric, kind: MetricKind) -> Result<Translated, (Outcome, &'static str)> {
    let why = "nothing that could be a name, or more than 200 bytes";
    let translated = translate(&metric.name, &metric.unit, kind).ok_or((Outcome::InvalidName, why))?;
    match translated.name.split_once('_') {
        Some((first, _)) if RESERVED.contains(&first) => {
            Err((Outcome::ReservedName, "names that begin with openqoe_ or process_ are the gateway's own"))
        }
        _ => Ok(translated),
    }
}

fn temporality(number: i32) -> Option<Temporality> {
    match AggregationTemporality::try_from(number) {
        Ok(AggregationTemporality::Delta) => Some(Temporality::Delta),
        Ok(AggregationTemporality::Cumulative) => Some(Temporality::Cumulative),
        Ok(AggregationTemporality::Unspecified) | Err(_) => None,
    }
}
