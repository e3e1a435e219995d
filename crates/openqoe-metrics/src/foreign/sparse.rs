//! An exponential histogram with the buckets that hold something, at a resolution Prometheus knows: its native histogram.
//!
//! Index `i` of Prometheus is `i - 1` of OpenTelemetry: `(base^(i-1), base^i]` (client_model, metrics.proto; OpenTelemetry metrics
//! data model, "ExponentialHistogram"). One step coarser is two neighbours in one.

use std::collections::BTreeMap;

use openqoe_spec::Exponential;

/// What Prometheus knows.
const FINEST: i32 = 8;
const COARSEST: i32 = -4;
/// The most buckets; then it gets coarser.
const MAX_BUCKETS: usize = 320;
/// Bounds of classic buckets, where there have to be some: powers of two, no more than these.
const MAX_BOUNDS: usize = 64;

/// A native histogram.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sparse {
    pub(crate) schema: i32,
    pub(crate) zero: u64,
    pub(crate) zero_threshold: f64,
    pub(crate) positive: BTreeMap<i32, u64>,
    pub(crate) negative: BTreeMap<i32, u64>,
    pub(crate) sum: f64,
}

impl Sparse {
    /// What a point says.
    pub(super) fn of(point: &Exponential) -> Sparse {
        let side = |(offset, counts): &(i32, Vec<u64>)| {
            let indexes = (*offset..).map(|index| index.saturating_add(1));
            indexes
                .zip(counts)
                .filter(|(_, count)| **count > 0)
                .map(|(index, count)| (index, *count))
                .collect()
        };
        let mut sparse = Sparse {
            schema: point.scale,
            zero: point.zero,
            zero_threshold: point.zero_threshold,
            positive: side(&point.positive),
            negative: side(&point.negative),
            sum: point.sum,
        };
        sparse.coarsen_to(FINEST);
        sparse
    }

    /// One of the same resolution that has counted nothing.
    pub(super) fn emptied(&self) -> Sparse {
        Sparse { zero: 0, positive: BTreeMap::new(), negative: BTreeMap::new(), sum: 0.0, ..self.clone() }
    }

    /// Everything counted.
    pub(crate) fn count(&self) -> u64 {
        self.zero + self.positive.values().chain(self.negative.values()).sum::<u64>()
    }

    /// What came since an earlier state; `None` when that cannot be an earlier one.
    pub(super) fn since(&self, before: &Sparse) -> Option<Sparse> {
        let (mut now, mut before) = (self.clone(), before.clone());
        level(&mut now, &mut before);
        let less = |now: &mut BTreeMap<i32, u64>, before: BTreeMap<i32, u64>| {
            for (index, count) in before {
                let left = now.get(&index).copied().unwrap_or_default().checked_sub(count)?;
                if left > 0 {
                    now.insert(index, left)
                } else {
                    now.remove(&index)
                };
            }
            Some(())
        };
        less(&mut now.positive, before.positive)?;
        less(&mut now.negative, before.negative)?;
        now.zero = now.zero.checked_sub(before.zero)?;
        now.sum -= before.sum;
        Some(now)
    }

    /// Adds what another counted, at the coarser resolution of the two.
    pub(super) fn add(&mut self, mut other: Sparse) {
        level(self, &mut other);
        self.zero += other.zero;
        self.sum += other.sum;
        other
            .positive
            .into_iter()
            .for_each(|(index, count)| *self.positive.entry(index).or_default() += count);
        other
            .negative
            .into_iter()
            .for_each(|(index, count)| *self.negative.entry(index).or_default() += count);
        while self.positive.len() + self.negative.len() > MAX_BUCKETS && self.schema > COARSEST {
            self.coarsen_to(self.schema - 1);
        }
    }

    /// Classic bounds and the counts up to each, `+Inf` not among them: powers of two, for whoever reads no native histograms.
    pub(crate) fn classic(&self) -> Vec<(f64, u64)> {
        let mut coarse = self.clone();
        coarse.coarsen_to(0);
        let bound = |index: i32| 2_f64.powf(f64::from(index) * 2_f64.powi(-coarse.schema));
        let mut below = 0;
        let mut bounds = Vec::new();
        for (index, count) in coarse.negative.iter().rev() {
            below += count;
            bounds.push((-bound(index - 1), below));
        }
        below += coarse.zero;
        if below > 0 {
            bounds.push((coarse.zero_threshold, below));
        }
        let (first, last) = (coarse.positive.keys().next(), coarse.positive.keys().next_back());
        if let (Some(first), Some(last)) = (first, last) {
            // What is smaller than the smallest bound is in its bucket too.
            let lowest = (*first).max(last.saturating_sub(MAX_BOUNDS as i32 - 1));
            below += coarse.positive.range(..lowest).map(|(_, count)| count).sum::<u64>();
            for index in lowest..=*last {
                below += coarse.positive.get(&index).copied().unwrap_or_default();
                bounds.push((bound(index), below));
            }
        }
        bounds.retain(|(bound, _)| bound.is_finite());
        bounds
    }

    fn coarsen_to(&mut self, schema: i32) {
        if schema >= self.schema {
            return;
        }
        let steps = (self.schema - schema).min(30) as u32;
        let merge = |side: &mut BTreeMap<i32, u64>| {
            let mut merged = BTreeMap::new();
            for (index, count) in std::mem::take(side) {
                *merged.entry(((index - 1) >> steps) + 1).or_default() += count;
            }
            *side = merged;
        };
        merge(&mut self.positive);
        merge(&mut self.negative);
        self.schema = schema;
    }

    /// Takes what lies within a wider zero bucket into it.
    fn widen_zero(&mut self, threshold: f64) {
        if threshold <= self.zero_threshold {
            return;
        }
        self.zero_threshold = threshold;
        let base = 2_f64.powi(-self.schema);
        for side in [&mut self.positive, &mut self.negative] {
            let inside = |index: &i32| 2_f64.powf(f64::from(*index) * base) <= threshold;
            self.zero += side.iter().filter(|(index, _)| inside(index)).map(|(_, count)| count).sum::<u64>();
            side.retain(|index, _| !inside(index));
        }
    }
}

/// Brings two to what both can tell.
fn level(a: &mut Sparse, b: &mut Sparse) {
    let (schema, threshold) = (a.schema.min(b.schema), a.zero_threshold.max(b.zero_threshold));
    for each in [a, b] {
        each.coarsen_to(schema);
        each.widen_zero(threshold);
    }
}

/// Runs of neighbouring buckets, each with what was left out before it (for the first, its index) and its length; and each
/// bucket's count less that of the one before.
pub(crate) fn spans(side: &BTreeMap<i32, u64>) -> (Vec<(i32, u32)>, Vec<i64>) {
    let (mut spans, mut deltas) = (Vec::<(i32, u32)>::new(), Vec::with_capacity(side.len()));
    let (mut next, mut before) = (None, 0_i64);
    for (index, count) in side {
        let count = i64::try_from(*count).unwrap_or(i64::MAX);
        match spans.last_mut() {
            Some((_, length)) if next == Some(*index) => *length += 1,
            _ => spans.push((index - next.unwrap_or(0), 1)),
        }
        deltas.push(count - before);
        (next, before) = (Some(index + 1), count);
    }
    (spans, deltas)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(scale: i32, offset: i32, counts: &[u64]) -> Sparse {
        Sparse::of(&Exponential {
            scale,
            positive: (offset, counts.into()),
            sum: 1.0,
            ..Exponential::default()
        })
    }

    #[test]
    fn indexes_are_prometheus_s() {
        // OpenTelemetry's bucket 0 of scale 0 holds (1, 2], which is Prometheus's 1.
        assert_eq!(of(0, 0, &[5]).positive, [(1, 5)].into());
        assert_eq!(of(0, 0, &[5]).classic(), [(2.0, 5)]);
        // (1, 1.41] and (1.41, 2] are (1, 2].
        let mut fine = of(1, 0, &[1, 2]);
        fine.coarsen_to(0);
        assert_eq!(fine.positive, [(1, 3)].into());
        assert_eq!((of(12, 0, &[1; 16]).schema, of(12, 0, &[1; 16]).positive), (8, [(1, 16)].into()));
    }

    #[test]
    fn growth_survives_a_coarser_scale() {
        let (before, now) = (of(1, 0, &[1, 2]), of(0, 0, &[5, 1]));
        let growth = now.since(&before).unwrap();
        assert_eq!((growth.schema, growth.positive.clone(), growth.sum), (0, [(1, 2), (2, 1)].into(), 0.0));
        assert_eq!(before.since(&now), None);
    }

    #[test]
    fn classic_buckets_are_cumulative_from_below_zero() {
        let point = Exponential {
            zero: 3,
            zero_threshold: 0.0,
            positive: (-1, vec![1, 0, 2]),
            negative: (1, vec![4]),
            ..Exponential::default()
        };
        assert_eq!(Sparse::of(&point).classic(), [(-2.0, 4), (0.0, 7), (1.0, 8), (2.0, 8), (4.0, 10)]);
        assert_eq!(spans(&Sparse::of(&point).positive), (vec![(0, 1), (1, 1)], vec![1, 1]));
    }

    #[test]
    fn a_wider_zero_takes_in_what_is_smaller() {
        let mut sum = of(0, -3, &[1, 1, 1]);
        sum.add(Sparse { zero: 1, zero_threshold: 0.25, ..of(0, 0, &[]) });
        assert_eq!((sum.zero, sum.positive), (2, [(-1, 1), (0, 1)].into()));
    }
}
