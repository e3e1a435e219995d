//! What others measured: points of metrics that are not of the registry, as a receiver of OTLP hands them to the series. Names
//! and labels are translated and checked already; values are as they came.

use std::sync::Arc;

use crate::metric::Kind;

/// A metric somebody else defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignMetric {
    /// The family's name in the exposition.
    pub name: Box<str>,
    /// In the sender's words.
    pub help: Box<str>,
    /// The unit the name ends in, as OpenMetrics spells it; empty where it ends in none.
    pub unit: Box<str>,
    /// How it behaves over time.
    pub kind: Kind,
}

/// One value of one stream: what one sender says of one metric under one set of attributes.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignPoint {
    /// Of which metric.
    pub metric: Arc<ForeignMetric>,
    /// Sorted by name; values are not empty. Without `tenant`.
    pub labels: Vec<(String, String)>,
    /// Whose it is: a hash of everything that tells a sender's stream from others, labels or not.
    pub stream: u128,
    /// Since when it was counted, epoch ns by the sender's clock; 0 is not known.
    pub start: u64,
    /// When it was read, epoch ns by the sender's clock.
    pub at: u64,
    /// What it adds up with.
    pub temporality: Temporality,
    /// How much.
    pub value: ForeignValue,
    /// What to look at, bucket by bucket.
    pub exemplars: Vec<ForeignExemplar>,
}

/// How points of one stream make a value (OpenTelemetry metrics data model, "Temporality").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Temporality {
    /// Each point is what came since the one before.
    Delta,
    /// Each point is all there was since the start.
    Cumulative,
    /// Each point stands for itself: a gauge.
    Momentary,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum ForeignValue {
    /// Of a counter or gauge.
    Number(f64),
    /// Of a histogram with bounds of its own.
    Buckets(Buckets),
    /// Of an exponential histogram.
    Exponential(Exponential),
}

/// An explicit histogram.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Buckets {
    /// Inclusive upper bounds, ascending, without `+Inf`.
    pub bounds: Vec<f64>,
    /// Values in each bucket, not cumulative; one more than bounds.
    pub counts: Vec<u64>,
    /// Of the values.
    pub sum: f64,
}

/// An exponential histogram. Bucket `i` of a scale holds values in `(base^i, base^(i+1)]` with `base = 2^(2^-scale)`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exponential {
    /// The resolution.
    pub scale: i32,
    /// Values too small for a bucket.
    pub zero: u64,
    /// How small.
    pub zero_threshold: f64,
    /// The first bucket's index and the counts from there on.
    pub positive: (i32, Vec<u64>),
    /// The same of the negated values.
    pub negative: (i32, Vec<u64>),
    /// Of the values.
    pub sum: f64,
}

/// A value with the trace it was measured in.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignExemplar {
    /// The value.
    pub value: f64,
    /// When, epoch ms.
    pub at: u64,
    /// 32 hexadecimal digits.
    pub trace_id: Box<str>,
    /// 16 hexadecimal digits.
    pub span_id: Box<str>,
}
