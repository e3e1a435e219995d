//! How fast the network is, from the downloads there were. Two means that fail in different ways, and the lower of them: a weighted mean
//! that forgets over seconds of download, and the harmonic mean of the last few, which one lucky download cannot lift.

use std::collections::VecDeque;

/// Seconds of downloading after which half of what was is forgotten.
const HALF_LIFE: f64 = 4.0;
/// Downloads of the harmonic mean: as in FESTIVE (Jiang et al., CoNEXT 2012), which looks at few more.
const LAST: usize = 5;
/// Smaller ones say more about latency than about throughput.
const MIN_BYTES: u64 = 4096;

/// An estimate of the throughput.
#[derive(Clone, Debug, Default)]
pub struct Throughput {
    weighted: f64,
    weight: f64,
    last: VecDeque<f64>,
}

impl Throughput {
    /// Takes in a download: bytes of its body, ms from the request to the last byte.
    pub fn note(&mut self, bytes: u64, duration_ms: u64) {
        if bytes < MIN_BYTES {
            return;
        }
        let seconds = (duration_ms.max(1)) as f64 / 1000.0;
        let rate = bytes as f64 * 8.0 / seconds;
        let kept = 0.5_f64.powf(seconds / HALF_LIFE);
        self.weighted = self.weighted * kept + rate * (1.0 - kept);
        self.weight = self.weight * kept + (1.0 - kept);
        if self.last.len() == LAST {
            self.last.pop_front();
        }
        self.last.push_back(rate);
    }

    /// Bit/s; none before anything was downloaded.
    pub fn estimate(&self) -> Option<f64> {
        if self.last.is_empty() || self.weight <= 0.0 {
            return None;
        }
        let harmonic = self.last.len() as f64 / self.last.iter().map(|rate| 1.0 / rate).sum::<f64>();
        Some(harmonic.min(self.weighted / self.weight))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_lucky_download_lifts_little_and_a_bad_one_counts() {
        let mut throughput = Throughput::default();
        assert_eq!(throughput.estimate(), None);
        throughput.note(1_000_000, 1000);
        assert!((throughput.estimate().unwrap() - 8e6).abs() < 1.0);
        throughput.note(10_000_000, 1000);
        let lifted = throughput.estimate().unwrap();
        assert!((8e6..16e6).contains(&lifted), "{lifted}");
        throughput.note(100_000, 1000);
        assert!(throughput.estimate().unwrap() < 3e6);
        throughput.note(10, 0);
        assert!(throughput.estimate().unwrap() < 3e6, "too small to tell");
    }
}
