//! Sends fewer downloads while nothing is wrong, and says how many each of them stands for. What surrounds a start, a stall,
//! a seek or an error is what somebody will want to look at, and is sent whole.

use openqoe_spec::EventKind;

/// Playback is steady after so long without trouble.
const STEADY_MS: u64 = 30_000;
/// One of so many downloads of steady playback.
const WEIGHT: u64 = 8;
/// What the vocabulary allows.
const MAX_WEIGHT: u64 = 64;
/// The count starts anywhere below this: so far up that no weight's remainders are drawn more often than others.
const PHASES: f64 = 4_294_967_296.0;

#[derive(Debug)]
pub(crate) struct Sampler {
    hint: u64,
    passed: u64,
    steady_from: Option<u64>,
}

impl Sampler {
    /// `fraction` decides which of the downloads are sent.
    pub(crate) fn new(fraction: f64) -> Self {
        Self { hint: 1, passed: (fraction * PHASES) as u64, steady_from: None }
    }

    /// Takes what the gateway asks for; nothing, where it asks for nothing.
    pub(crate) fn heed(&mut self, weight: Option<f64>) {
        self.hint = weight.map_or(1, |weight| weight as u64);
    }

    /// A new session has not played yet.
    pub(crate) fn restart(&mut self) {
        self.steady_from = None;
    }

    pub(crate) fn steady(&self, monotonic_ms: u64) -> bool {
        self.steady_from.is_some_and(|from| monotonic_ms >= from)
    }

    /// Whether the event is sent. A download that is learns how many it stands for.
    pub(crate) fn admit(&mut self, event: &mut EventKind, monotonic_ms: u64) -> bool {
        match event {
            EventKind::Playing | EventKind::Error { .. } => {
                self.steady_from = Some(monotonic_ms.saturating_add(STEADY_MS));
            }
            EventKind::Stall | EventKind::SeekStart | EventKind::PlayRequest { .. } | EventKind::Pause => {
                self.steady_from = None;
            }
            EventKind::Download { failed: false, weight, .. } if self.steady(monotonic_ms) => {
                let every = self.hint.clamp(WEIGHT, MAX_WEIGHT);
                self.passed = self.passed.wrapping_add(1);
                *weight = every;
                return self.passed.is_multiple_of(every);
            }
            _ => {}
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use openqoe_spec::DownloadKind;
    use proptest::prelude::*;

    use super::*;

    fn download() -> EventKind {
        EventKind::Download {
            kind: DownloadKind::Video,
            bytes: 0,
            ttfb_ms: None,
            duration_ms: None,
            failed: false,
            weight: 1,
        }
    }

    /// The sum of the weights of what is sent of `many` downloads.
    fn stood_for(fraction: f64, hints: &[u64], many: u64) -> u64 {
        let mut sampler = Sampler::new(fraction);
        sampler.admit(&mut EventKind::Playing, 0);
        let mut sum = 0;
        for hint in hints {
            sampler.heed(Some(*hint as f64));
            for _ in 0..many {
                let mut event = download();
                if sampler.admit(&mut event, STEADY_MS)
                    && let EventKind::Download { weight, .. } = event
                {
                    sum += weight;
                }
            }
        }
        sum
    }

    proptest! {
        /// Over every phase that counts, what is sent stands for exactly what happened, however the weight changes.
        #[test]
        fn weights_sum_to_what_happened(hints in proptest::collection::vec(0_u64..100, 1..4), many in 1_u64..50) {
            let weights: Vec<u64> = hints.iter().map(|hint| (*hint).clamp(WEIGHT, MAX_WEIGHT)).collect();
            let phases = weights.iter().fold(1, |all, weight| all * weight / gcd(all, *weight));
            prop_assume!(phases <= 5_000);
            let sum: u64 = (0..phases)
                .map(|phase| stood_for((phase as f64 + 0.5) / PHASES, &hints, many))
                .sum();
            prop_assert_eq!(sum, phases * many * hints.len() as u64);
        }
    }

    fn gcd(a: u64, b: u64) -> u64 {
        if b == 0 { a } else { gcd(b, a % b) }
    }

    #[test]
    fn nonsense_asks_for_nothing() {
        let mut sampler = Sampler::new(0.0);
        for (asked, heeded) in [(f64::NAN, 0), (-3.0, 0), (1e300, u64::MAX), (4.7, 4)] {
            sampler.heed(Some(asked));
            assert_eq!(sampler.hint, heeded);
        }
        sampler.heed(None);
        assert_eq!(sampler.hint, 1);
    }
}
