//! Values of data points, checked: what comes out can be added up.

use openqoe_spec::{Buckets, Exponential, ForeignExemplar, ForeignValue};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets as Side;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, NumberDataPoint, exemplar,
};

/// More buckets than any SDK makes.
const MAX_BUCKETS: usize = 1024;
/// Prometheus knows no coarser resolution; finer ones are made coarser.
const COARSEST: i32 = -4;
/// Exemplars of one point.
const MAX_EXEMPLARS: usize = 32;
/// More than can be counted.
const LARGEST: u64 = 1 << 53;

/// The value of a counter or gauge.
pub(super) fn number(point: &NumberDataPoint) -> Result<ForeignValue, &'static str> {
    let value = match point.value {
        Some(Number::AsDouble(value)) => value,
        Some(Number::AsInt(value)) => value as f64,
        None => return Err("it has neither asDouble nor asInt"),
    };
    if value.is_finite() { Ok(ForeignValue::Number(value)) } else { Err("its value is not finite") }
}

/// The value of an explicit histogram.
pub(super) fn buckets(point: &HistogramDataPoint) -> Result<ForeignValue, &'static str> {
    let (bounds, mut counts) = (point.explicit_bounds.clone(), point.bucket_counts.clone());
    // Data model, "Histogram": no buckets at all is a histogram of count and sum.
    if counts.is_empty() && bounds.is_empty() {
        counts = vec![point.count];
    }
    let total = counts.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count));
    match () {
        () if counts.len() > MAX_BUCKETS => Err("it has too many buckets"),
        () if counts.len() != bounds.len() + 1 => Err("bucketCounts must be one more than explicitBounds"),
        () if !bounds.iter().all(|bound| bound.is_finite()) || !bounds.is_sorted_by(|a, b| a < b) => {
            Err("explicitBounds must be finite and ascend")
        }
        () if total != Some(point.count) || point.count > LARGEST => {
            Err("count must be the sum of bucketCounts")
        }
        () => Ok(ForeignValue::Buckets(Buckets { bounds, counts, sum: sum(point.sum)? })),
    }
}

/// The value of an exponential histogram.
pub(super) fn exponential(point: &ExponentialHistogramDataPoint) -> Result<ForeignValue, &'static str> {
    let side = |side: &Option<Side>| {
        let Side { offset, bucket_counts } = side.clone().unwrap_or_default();
        (offset, bucket_counts)
    };
    let (positive, negative) = (side(&point.positive), side(&point.negative));
    let all = positive.1.iter().chain(&negative.1).chain([&point.zero_count]);
    let total = all.copied().try_fold(0_u64, u64::checked_add);
    // A double has eleven bits of exponent: at this scale its buckets have no indexes beyond.
    let furthest = 1100_i64 << point.scale.clamp(0, 20);
    let is_near = |(offset, counts): &(i32, Vec<u64>)| {
        i64::from(*offset) >= -furthest && i64::from(*offset) + counts.len() as i64 <= furthest
    };
    match () {
        () if !(COARSEST..=20).contains(&point.scale) => Err("its scale must be from -4 to 20"),
        () if positive.1.len() + negative.1.len() > MAX_BUCKETS => Err("it has too many buckets"),
        () if !is_near(&positive) || !is_near(&negative) => {
            Err("its buckets lie beyond what a double can be")
        }
        () if total != Some(point.count) || point.count > LARGEST => {
            Err("count must be the sum of zeroCount and all bucketCounts")
        }
        () if !(point.zero_threshold.is_finite() && point.zero_threshold >= 0.0) => {
            Err("zeroThreshold must be a number from 0 on")
        }
        () => Ok(ForeignValue::Exponential(Exponential {
            scale: point.scale,
            zero: point.zero_count,
            zero_threshold: point.zero_threshold,
            positive,
            negative,
            sum: sum(point.sum)?,
        })),
    }
}

fn sum(sum: Option<f64>) -> Result<f64, &'static str> {
    let sum = sum.unwrap_or_default();
    if sum.is_finite() { Ok(sum) } else { Err("its sum is not finite") }
}

/// Those that lead to a trace. Their other attributes may tell who it was.
pub(super) fn exemplars(exemplars: &[Exemplar]) -> Vec<ForeignExemplar> {
    let traced = exemplars.iter().filter(|exemplar| exemplar.trace_id.len() == 16).take(MAX_EXEMPLARS);
    let kept = traced.filter_map(|each| {
        let value = match each.value? {
            exemplar::Value::AsDouble(value) => value,
            exemplar::Value::AsInt(value) => value as f64,
        };
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into();
        let (trace_id, span_id) = (hex(&each.trace_id), hex(each.span_id.get(..8).unwrap_or_default()));
        let at = each.time_unix_nano / 1_000_000;
        value.is_finite().then_some(ForeignExemplar { value, at, trace_id, span_id })
    });
    kept.collect()
}
