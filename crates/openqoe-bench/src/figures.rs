//! Medians and how far the rounds lie apart.

/// What several rounds measured of one thing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The same in another unit.
    pub(crate) fn scaled(&self, factor: f64) -> Samples {
        Samples(self.0.iter().map(|value| value * factor).collect())
    }

    /// The middle one, or the mean of the two in the middle; 0 of none.
    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        match (sorted.len() / 2, sorted.len() % 2) {
            (0, 0) => 0.0,
            (middle, 1) => sorted[middle],
            (middle, _) => f64::midpoint(sorted[middle - 1], sorted[middle]),
        }
    }

    /// The lowest and the highest.
    pub(crate) fn range(&self) -> (f64, f64) {
        let lowest = self.0.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = self.0.iter().copied().fold(0.0, f64::max);
        if self.0.is_empty() { (0.0, 0.0) } else { (lowest, highest) }
    }

    /// The width of the range in percent of the median.
    pub(crate) fn spread(&self) -> f64 {
        let (lowest, highest) = self.range();
        let median = self.median();
        if median > 0.0 { (highest - lowest) / median * 100.0 } else { 0.0 }
    }
}

/// The `share`-quantile of values, which are put into order; 0 of none.
pub(crate) fn quantile(values: &mut [u32], share: f64) -> u32 {
    values.sort_unstable();
    let last = values.len().saturating_sub(1);
    values.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_width() {
        let mut samples = Samples::default();
        assert_eq!((samples.median(), samples.spread()), (0.0, 0.0));
        for value in [30.0, 10.0, 20.0] {
            samples.push(value);
        }
        assert_eq!((samples.median(), samples.range(), samples.spread()), (20.0, (10.0, 30.0), 100.0));
        samples.push(40.0);
        assert_eq!(samples.median(), 25.0);
        assert_eq!(quantile(&mut [5, 1, 4, 2, 3], 0.5), 3);
        assert_eq!(quantile(&mut [], 0.99), 0);
    }
}
