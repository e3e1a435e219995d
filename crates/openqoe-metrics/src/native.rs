//! A native histogram: exponential buckets, only those with something in them.
//!
//! Bucket `i` holds values in `(base^(i-1), base^i]` with `base = 2^(2^-schema)`: the definition of sparse buckets in
//! `io.prometheus.client.Histogram` (metrics.proto of prometheus/client_model). It starts at schema 3, a resolution of 9 %.
//! When more than [`MAX_BUCKETS`] hold something, neighbours are merged pairwise and the schema goes down by one, as
//! client_golang does: memory is bounded, no value is moved out of its bucket, and the outcome is the same in any order.

use serde::{Deserialize, Serialize};

/// The finest schema, with which every histogram begins.
pub(crate) const SCHEMA: i32 = 3;
/// Values up to this are zero.
pub(crate) const ZERO_THRESHOLD: f64 = 1e-9;
/// The most buckets one histogram holds.
pub(crate) const MAX_BUCKETS: usize = 160;
/// Schema -4, the coarsest there is: all of `f64` fits 131 of its buckets.
const COARSEST: u8 = 7;

/// `0.5 * base^k`: where the buckets of schema 3 begin within one power of two.
const FRACTIONS: [f64; 8] = [
    0.5,
    0.5452538663326288,
    0.5946035575013605,
    0.6484197773255048,
    std::f64::consts::FRAC_1_SQRT_2,
    0.7711054127039704,
    0.8408964152537144,
    0.9170040432046711,
];

/// A populated bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bucket {
    /// The `i` of its bounds.
    pub(crate) index: i16,
    /// Values in it.
    pub(crate) count: u64,
}

/// The buckets of a native histogram.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Native {
    /// How many steps the schema has gone down.
    coarser: u8,
    zero: u64,
    /// Ascending by index.
    buckets: Vec<Bucket>,
}

impl Native {
    /// Counts a finite value so many times.
    pub(crate) fn observe(&mut self, value: f64, times: u64) {
        if value <= ZERO_THRESHOLD {
            self.zero += times;
        } else {
            self.add(coarsened(index(value), self.coarser), times);
        }
    }

    /// The schema the indexes mean.
    pub(crate) fn schema(&self) -> i32 {
        SCHEMA - i32::from(self.coarser)
    }

    /// Values in the zero bucket.
    pub(crate) fn zero(&self) -> u64 {
        self.zero
    }

    /// Index and count of the populated buckets, ascending.
    pub(crate) fn filled(&self) -> impl Iterator<Item = (i32, u64)> {
        self.buckets.iter().map(|bucket| (bucket.index.into(), bucket.count))
    }

    /// The populated buckets, ascending.
    #[cfg(test)]
    pub(crate) fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// Runs of neighbouring buckets, each with what was left out before it (for the first, its index) and its length; and each
    /// bucket's count less that of the bucket before.
    pub(crate) fn spans(&self) -> (Vec<(i32, u32)>, Vec<i64>) {
        let (mut spans, mut deltas) = (Vec::<(i32, u32)>::new(), Vec::with_capacity(self.buckets.len()));
        let (mut next, mut before) = (None, 0_i64);
        for bucket in &self.buckets {
            let (index, count) = (i32::from(bucket.index), i64::try_from(bucket.count).unwrap_or(i64::MAX));
            match spans.last_mut() {
                Some((_, length)) if next == Some(index) => *length += 1,
                _ => spans.push((index - next.unwrap_or(0), 1)),
            }
            deltas.push(count - before);
            (next, before) = (Some(index + 1), count);
        }
        (spans, deltas)
    }

    /// Everything counted.
    pub(crate) fn count(&self) -> u64 {
        self.zero + self.buckets.iter().map(|bucket| bucket.count).sum::<u64>()
    }

    /// Everything counted, of a histogram that may be damaged; `None` when that is more than can be.
    pub(crate) fn checked_count(&self) -> Option<u64> {
        self.buckets.iter().try_fold(self.zero, |sum, bucket| sum.checked_add(bucket.count))
    }

    /// Whether it can have come about by counting so many values.
    pub(crate) fn is_sound(&self, count: u64) -> bool {
        let mut counts = self.buckets.iter().map(|bucket| bucket.count);
        let far = coarsened(index(f64::MAX), self.coarser.min(COARSEST));
        self.coarser <= COARSEST
            && self.buckets.len() <= MAX_BUCKETS
            && self.buckets.is_sorted_by(|a, b| a.index < b.index)
            && self.buckets.iter().all(|bucket| (-far..=far).contains(&bucket.index))
            && counts.all(|count| count > 0)
            && self.checked_count() == Some(count)
    }

    /// Adds what the other counted, at the coarser of the two schemas.
    pub(crate) fn merge(&mut self, other: &Native) {
        self.zero += other.zero;
        while self.coarser < other.coarser {
            self.coarsen();
        }
        for bucket in &other.buckets {
            self.add(coarsened(bucket.index, self.coarser - other.coarser), bucket.count);
        }
    }

    /// What was counted since an earlier state of the same histogram. A bucket that shrank counts nothing.
    pub(crate) fn since(&self, earlier: &Native) -> Native {
        let (mut later, mut earlier) = (self.clone(), earlier.clone());
        while earlier.coarser < later.coarser {
            earlier.coarsen();
        }
        while later.coarser < earlier.coarser {
            later.coarsen();
        }
        later.zero = later.zero.saturating_sub(earlier.zero);
        for bucket in &mut later.buckets {
            let before = earlier.position(bucket.index).map_or(0, |at| earlier.buckets[at].count);
            bucket.count = bucket.count.saturating_sub(before);
        }
        later.buckets.retain(|bucket| bucket.count > 0);
        later
    }

    /// The q-quantile, `None` when nothing was counted. Inside a bucket it interpolates exponentially, as Prometheus does
    /// since 3.0 (<https://prometheus.io/docs/specs/native_histograms/#interpolation-within-a-bucket>).
    pub(crate) fn quantile(&self, q: f64) -> Option<f64> {
        let rank = q * self.count() as f64;
        let mut below = self.zero as f64;
        let last = self.buckets.last().copied();
        if last.is_none() || rank <= below {
            return (self.zero > 0).then_some(0.0);
        }
        for bucket in &self.buckets {
            let count = bucket.count as f64;
            if below + count >= rank || Some(*bucket) == last {
                let (lower, upper) = (self.bound(bucket.index - 1), self.bound(bucket.index));
                return Some(lower * (upper / lower).powf(((rank - below) / count).min(1.0)));
            }
            below += count;
        }
        None
    }

    /// How many values are above a threshold. Of the bucket it falls into, as many as [`Native::quantile`] takes to be.
    pub(crate) fn above(&self, threshold: f64) -> f64 {
        let share = |bucket: &Bucket| {
            let (lower, upper) = (self.bound(bucket.index - 1), self.bound(bucket.index));
            if threshold <= lower {
                1.0
            } else if threshold >= upper {
                0.0
            } else {
                (upper / threshold).ln() / (upper / lower).ln()
            }
        };
        self.buckets.iter().map(|bucket| share(bucket) * bucket.count as f64).sum()
    }

    /// `base^index`.
    fn bound(&self, index: i16) -> f64 {
        (f64::from(index) * f64::from(-self.schema()).exp2()).exp2()
    }

    fn position(&self, index: i16) -> Result<usize, usize> {
        self.buckets.binary_search_by_key(&index, |bucket| bucket.index)
    }

    fn add(&mut self, index: i16, count: u64) {
        match self.position(index) {
            Ok(at) => self.buckets[at].count += count,
            Err(at) => {
                self.buckets.insert(at, Bucket { index, count });
                if self.buckets.len() > MAX_BUCKETS && self.coarser < COARSEST {
                    self.coarsen();
                }
            }
        }
    }

    fn coarsen(&mut self) {
        self.coarser += 1;
        for bucket in &mut self.buckets {
            bucket.index = coarsened(bucket.index, 1);
        }
        self.buckets.dedup_by(|next, kept| {
            let same = next.index == kept.index;
            if same {
                kept.count += next.count;
            }
            same
        });
    }
}

/// The bucket of schema 3 that holds a normal, positive value.
fn index(value: f64) -> i16 {
    let bits = value.to_bits();
    // value = fraction * 2^exponent with a fraction in [0.5, 1), as C's frexp.
    let exponent = ((bits >> 52) & 0x7ff) as i16 - 1022;
    let fraction = f64::from_bits((bits & !(0x7ff << 52)) | (1022 << 52));
    let within = FRACTIONS.partition_point(|bound| *bound < fraction) as i16;
    within + (exponent - 1) * 8
}

/// The bucket some schemas down that holds a bucket: `ceil(index / 2^steps)`.
fn coarsened(index: i16, steps: u8) -> i16 {
    let wide = i32::from(index);
    ((wide + (1 << steps) - 1) >> steps) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_follow_the_definition() {
        for (value, expected) in
            [(1.0, 0), (1.0000001, 1), (2.0, 8), (0.5, -8), (0.25, -16), (1.1, 2), (3.0, 13)]
        {
            assert_eq!(index(value), expected, "{value}");
        }
        for steps in 0..2000 {
            let value = 0.001 * 1.011_f64.powi(steps);
            let expected = (value.log2() * 8.0).ceil();
            assert!((f64::from(index(value)) - expected).abs() < 0.5, "{value}");
        }
    }

    #[test]
    fn too_many_buckets_halve_the_resolution() {
        let mut native = Native::default();
        for step in 0..=MAX_BUCKETS as i32 {
            // The middle of each bucket, so that rounding decides nothing.
            native.observe(((f64::from(step) - 0.5) / 8.0).exp2(), 1);
        }
        assert_eq!((native.schema(), native.buckets().len()), (2, 81));
        assert_eq!(native.count(), 161);
        for exponent in -29..1024 {
            native.observe(f64::from(exponent).exp2(), 1);
        }
        assert!(native.buckets().len() <= MAX_BUCKETS);
        assert_eq!(native.count(), 161 + 1053);
    }

    #[test]
    fn quantiles_are_within_the_resolution() {
        let mut native = Native::default();
        assert_eq!(native.quantile(0.95), None);
        native.observe(0.0, 1);
        assert_eq!(native.quantile(0.95), Some(0.0));
        for millis in 1..=1000 {
            native.observe(f64::from(millis) / 1000.0, 1);
        }
        for q in [0.1, 0.5, 0.95, 0.99, 1.0] {
            let quantile = native.quantile(q).unwrap();
            assert!((quantile / q - 1.0).abs() < 0.09, "{q}: {quantile}");
        }
    }

    #[test]
    fn differences_cross_schemas() {
        let mut earlier = Native::default();
        earlier.observe(1.5, 1);
        let mut later = earlier.clone();
        later.observe(1.5, 1);
        later.observe(0.0, 1);
        later.coarsen();
        let delta = later.since(&earlier);
        assert_eq!((delta.schema(), delta.count(), delta.zero()), (2, 2, 1));
        assert_eq!(earlier.since(&later).count(), 0);
    }
}
