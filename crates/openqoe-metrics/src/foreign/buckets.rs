//! Arithmetic of explicit histograms: what came since, and adding up those whose bounds differ.

use openqoe_spec::Buckets;

/// What a histogram has that an earlier state of it had not; `None` when that state cannot be an earlier one.
pub(super) fn since(now: &Buckets, before: &Buckets) -> Option<Buckets> {
    if now.bounds != before.bounds {
        return None;
    }
    let counts = now.counts.iter().zip(&before.counts).map(|(now, before)| now.checked_sub(*before));
    let counts = counts.collect::<Option<Vec<u64>>>()?;
    Some(Buckets { bounds: now.bounds.clone(), counts, sum: now.sum - before.sum })
}

/// Adds what another counted. Where its bounds are others, a bucket's values go to the bucket its upper bound falls into: none is
/// taken for less than it was, count and sum are exact.
pub(super) fn add(to: &mut Buckets, other: &Buckets) {
    to.sum += other.sum;
    if to.bounds == other.bounds {
        to.counts.iter_mut().zip(&other.counts).for_each(|(mine, theirs)| *mine += theirs);
        return;
    }
    for (position, count) in other.counts.iter().enumerate() {
        let place = match other.bounds.get(position) {
            Some(bound) => to.bounds.partition_point(|mine| mine < bound),
            None => to.bounds.len(),
        };
        to.counts[place] += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(bounds: &[f64], counts: &[u64], sum: f64) -> Buckets {
        Buckets { bounds: bounds.into(), counts: counts.into(), sum }
    }

    #[test]
    fn growth_is_what_came_since() {
        let before = buckets(&[1.0, 2.0], &[1, 0, 2], 9.0);
        let now = buckets(&[1.0, 2.0], &[1, 3, 2], 14.0);
        assert_eq!(since(&now, &before), Some(buckets(&[1.0, 2.0], &[0, 3, 0], 5.0)));
        assert_eq!(since(&before, &now), None, "less than before: it began anew");
        assert_eq!(since(&buckets(&[1.0], &[9, 9], 0.0), &before), None);
    }

    #[test]
    fn other_bounds_go_up() {
        let mut sum = buckets(&[1.0, 10.0], &[0, 0, 0], 0.0);
        add(&mut sum, &buckets(&[0.5, 1.0, 5.0, 20.0], &[1, 2, 4, 8, 16], 100.0));
        assert_eq!(sum, buckets(&[1.0, 10.0], &[3, 4, 24], 100.0));
    }
}
