//! Points: one for each series, whatever it is of.

use std::collections::BTreeMap;

use openqoe_spec::{ForeignExemplar, MetricKind, TraceId};
use prost::Message;
use prost::bytes::Bytes;

use super::dense::dense;
use super::message::{
    AnyValue, Data, Exemplar, Explicit, ExplicitPoint, Exponential, ExponentialPoint, Gauge, KeyValue,
    NumberPoint, Sum,
};
use crate::histogram::Kept;
use crate::labels::pairs;

/// `AGGREGATION_TEMPORALITY_CUMULATIVE`.
const CUMULATIVE: i32 = 2;
/// `DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK`: there is no value any more. Prometheus makes a staleness marker of it.
const NO_RECORDED_VALUE: u32 = 1;

/// What all points have. Times are epoch ms; a start of 0 is not known.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    pub(super) attributes: Vec<Bytes>,
    pub(super) start: u64,
    pub(super) at: u64,
    pub(super) exemplars: Vec<Exemplar>,
    /// Whether the series is no more.
    pub(super) has_ended: bool,
}

impl Head {
    fn flags(&self) -> u32 {
        if self.has_ended { NO_RECORDED_VALUE } else { 0 }
    }
}

/// A point of one of the kinds there are.
#[derive(Debug)]
pub(super) enum Point {
    Number(NumberPoint),
    Explicit(ExplicitPoint),
    Exponential(ExponentialPoint),
}

impl Point {
    /// Of a counter or gauge; one that has ended has no value.
    pub(super) fn number(head: Head, value: Option<f64>) -> Point {
        let flags = head.flags();
        let Head { attributes, start, at, exemplars, .. } = head;
        Point::Number(NumberPoint { start: nanos(start), at: nanos(at), value, exemplars, attributes, flags })
    }

    /// Of a histogram: its inclusive upper bounds without `+Inf`, and how many values each bucket holds, one more. One that has
    /// ended has a sum and all its buckets, of 0: what is not there, Prometheus does not end.
    pub(super) fn explicit(head: Head, sum: f64, bounds: Vec<f64>, counts: Vec<u64>) -> Point {
        let (flags, count) = (head.flags(), counts.iter().sum());
        let Head { attributes, start, at, exemplars, .. } = head;
        let (start, at, sum) = (nanos(start), nanos(at), Some(sum));
        Point::Explicit(ExplicitPoint { start, at, count, sum, counts, bounds, exemplars, attributes, flags })
    }

    /// Of a native histogram, whose indexes are Prometheus's.
    pub(super) fn exponential(head: Head, sum: f64, native: &Native) -> Point {
        let flags = head.flags();
        let Head { attributes, start, at, exemplars, .. } = head;
        let inside = native.positive.values().chain(native.negative.values()).sum::<u64>();
        let (scale, [positive, negative]) = dense(native.schema, [&native.positive, &native.negative]);
        Point::Exponential(ExponentialPoint {
            attributes,
            start: nanos(start),
            at: nanos(at),
            count: native.zero + inside,
            sum: Some(sum),
            scale,
            zero: native.zero,
            positive,
            negative,
            flags,
            exemplars,
            zero_threshold: native.zero_threshold,
        })
    }
}

/// A native histogram, ours or another's.
#[derive(Debug, Default)]
pub(super) struct Native {
    pub(super) schema: i32,
    pub(super) zero: u64,
    pub(super) zero_threshold: f64,
    pub(super) positive: BTreeMap<i32, u64>,
    pub(super) negative: BTreeMap<i32, u64>,
}

impl Data {
    /// Room for points of a metric like this one.
    pub(super) fn like(kind: MetricKind, point: &Point) -> Data {
        let temporality = CUMULATIVE;
        match (point, kind) {
            (Point::Number(_), MetricKind::Counter) => {
                Data::Sum(Sum { points: Vec::new(), temporality, is_monotonic: true })
            }
            (Point::Number(_), _) => Data::Gauge(Gauge { points: Vec::new() }),
            (Point::Explicit(_), _) => Data::Explicit(Explicit { points: Vec::new(), temporality }),
            (Point::Exponential(_), _) => Data::Exponential(Exponential { points: Vec::new(), temporality }),
        }
    }

    /// Takes a point in, if there is room for its kind.
    pub(super) fn push(&mut self, point: Point) {
        match (self, point) {
            (Data::Gauge(gauge), Point::Number(point)) => gauge.points.push(point),
            (Data::Sum(sum), Point::Number(point)) => sum.points.push(point),
            (Data::Explicit(histogram), Point::Explicit(point)) => histogram.points.push(point),
            (Data::Exponential(histogram), Point::Exponential(point)) => histogram.points.push(point),
            (data, point) => debug_assert!(false, "{data:?} has no room for {point:?}"),
        }
    }
}

/// The labels of a text as encoded attributes. An empty label is none, to Prometheus and so here.
pub(super) fn attributes(text: &str) -> impl Iterator<Item = Bytes> + '_ {
    pairs(text).filter(|(_, value)| !value.is_empty()).map(|(name, value)| attribute(name, &value))
}

/// An encoded attribute.
pub(super) fn attribute(key: &str, value: &str) -> Bytes {
    let value = Some(AnyValue { text: Some(value.to_owned()) });
    KeyValue { key: key.to_owned(), value }.encode_to_vec().into()
}

/// The session is an attribute, its trace has a place of its own.
pub(super) fn kept(kept: &Kept) -> Exemplar {
    Exemplar {
        at: nanos(kept.at),
        value: Some(kept.value),
        span_id: Vec::new(),
        trace_id: if kept.is_traced { TraceId::of(&kept.session).to_bytes().to_vec() } else { Vec::new() },
        attributes: vec![attribute("session_id", &kept.session)],
    }
}

/// One of others, which is a trace and a span.
pub(super) fn foreign(kept: &ForeignExemplar) -> Exemplar {
    Exemplar {
        at: nanos(kept.at),
        value: Some(kept.value),
        span_id: bytes(&kept.span_id),
        trace_id: bytes(&kept.trace_id),
        attributes: Vec::new(),
    }
}

/// The bytes of hexadecimal digits.
fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

fn nanos(ms: u64) -> u64 {
    ms.saturating_mul(1_000_000)
}
