//! Times in buckets that are two percent wide: however long a load lasts, they take the same room.

use std::time::Duration;

/// Buckets for each doubling.
const FINE: f64 = 32.0;
/// From 1 µs to about an hour.
const BUCKETS: usize = 32 * 32;

/// How long items took.
#[derive(Clone, Debug)]
pub(super) struct Latencies {
    counts: Vec<u64>,
    longest: Duration,
}

impl Default for Latencies {
    fn default() -> Self {
        Latencies { counts: vec![0; BUCKETS], longest: Duration::ZERO }
    }
}

impl Latencies {
    pub(super) fn add(&mut self, took: Duration) {
        let bucket = ((took.as_secs_f64() * 1e6).max(1.0).log2() * FINE) as usize;
        self.counts[bucket.min(BUCKETS - 1)] += 1;
        self.longest = self.longest.max(took);
    }

    /// By nearest rank, ms; none where nothing was measured.
    pub(super) fn quantile(&self, quantile: f64) -> Option<f64> {
        let total: u64 = self.counts.iter().sum();
        let rank = (total as f64 * quantile).ceil().max(1.0) as u64;
        let mut seen = 0;
        let bucket = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        let middle = ((bucket as f64 + 0.5) / FINE).exp2() / 1000.0;
        Some(middle.min(self.longest.as_secs_f64() * 1000.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_two_percent() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.quantile(0.5), None);
        (1..=1000).for_each(|ms| latencies.add(Duration::from_millis(ms)));
        for (quantile, expected) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1000.0)] {
            let found = latencies.quantile(quantile).unwrap();
            assert!((found / expected - 1.0).abs() < 0.02, "{quantile}: {found}");
        }
        latencies.add(Duration::from_secs(1 << 20));
        assert!(latencies.quantile(1.0).is_some());
    }
}
