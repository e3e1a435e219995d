//! Native buckets as OTLP has them: without gaps, from an offset on.
//!
//! Index `i` of Prometheus holds `(base^(i-1), base^i]`, which is index `i - 1` of OpenTelemetry (client_model, metrics.proto;
//! OpenTelemetry metrics data model, "ExponentialHistogram"). What Prometheus calls schema is the scale there.

use std::collections::BTreeMap;

use super::message::Side;

/// The most buckets of a side, empty ones between others included: 40 powers of two at schema 3, and fewer than receivers take.
pub(super) const MAX_BUCKETS: i32 = 320;

/// Both sides at one scale, the finest at which neither is too long.
pub(super) fn dense(schema: i32, sides: [&BTreeMap<i32, u64>; 2]) -> (i32, [Option<Side>; 2]) {
    let mut steps = 0;
    while sides.iter().any(|side| length(side, steps) > MAX_BUCKETS) {
        steps += 1;
    }
    (schema - steps, sides.map(|side| of(side, steps)))
}

/// Buckets from the first to the last, so many steps coarser.
fn length(side: &BTreeMap<i32, u64>, steps: i32) -> i32 {
    let ends = side.keys().next().zip(side.keys().next_back());
    ends.map_or(0, |(first, last)| index(*last, steps) - index(*first, steps) + 1)
}

/// The index of OpenTelemetry, so many steps coarser: one step makes one bucket of two.
fn index(prometheus: i32, steps: i32) -> i32 {
    (prometheus - 1) >> steps
}

fn of(side: &BTreeMap<i32, u64>, steps: i32) -> Option<Side> {
    let offset = index(*side.keys().next()?, steps);
    let mut counts = vec![0; length(side, steps) as usize];
    for (at, count) in side {
        counts[(index(*at, steps) - offset) as usize] += count;
    }
    Some(Side { offset, counts })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(schema: i32, buckets: &[(i32, u64)]) -> (i32, i32, Vec<u64>) {
        let (scale, [positive, negative]) =
            dense(schema, [&buckets.iter().copied().collect(), &BTreeMap::new()]);
        assert_eq!(negative, None);
        let Side { offset, counts } = positive.unwrap_or_default();
        (scale, offset, counts)
    }

    #[test]
    fn indexes_are_one_less_and_gaps_are_zeros() {
        // Prometheus's 0 is (0.5, 1] at schema 0, as OpenTelemetry's -1 is at scale 0.
        assert_eq!(of(0, &[(0, 1)]), (0, -1, vec![1]));
        assert_eq!(of(3, &[(-3, 1), (0, 2), (1, 3)]), (3, -4, vec![1, 0, 0, 2, 3]));
        assert_eq!(of(3, &[]), (3, 0, vec![]));
    }

    #[test]
    fn what_is_too_long_gets_coarser_without_leaving_its_bucket() {
        assert_eq!(of(3, &[(1, 1), (MAX_BUCKETS, 2)]).0, 3);
        // (1, 2^(1/8)] is in (1, 2^(1/4)]; index 321 ends at 2^(321/8), so it is in the bucket that ends at 2^(322/8).
        let (scale, offset, counts) = of(3, &[(1, 1), (2, 1), (3, 1), (MAX_BUCKETS + 1, 5)]);
        assert_eq!((scale, offset, counts.len()), (2, 0, 161));
        assert_eq!((counts[0], counts[1], counts[160]), (2, 1, 5));
        let (scale, _, counts) = of(3, &[(-8184, 1), (8192, 1)]);
        assert_eq!((scale, counts.len(), counts.iter().sum::<u64>()), (-3, 256, 2));
    }
}
