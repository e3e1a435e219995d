//! Chance with a seed: the distributions the simulated viewers are drawn from.

use std::f64::consts::TAU;

use fastrand::Rng;

/// A stream of draws; the same seeds give the same draws.
pub(crate) struct Chance(Rng);

impl Chance {
    /// The stream that belongs to these seeds together.
    pub(crate) fn new(seeds: &[u64]) -> Self {
        // SplitMix64, so that neighbouring seeds share nothing.
        let mix = |state: u64, seed: &u64| {
            let mut z = (state ^ seed).wrapping_add(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        Self(Rng::with_seed(seeds.iter().fold(0, mix)))
    }

    /// Any value in `low..high`.
    pub(crate) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.0.f64()
    }

    /// A whole number in `low..high`.
    pub(crate) fn whole(&mut self, low: u64, high: u64) -> u64 {
        self.0.u64(low..high)
    }

    /// True with this probability.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.0.f64() < probability
    }

    /// A value around `median`; `sigma` is the deviation of its logarithm.
    pub(crate) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        // Box-Muller; 1 - u keeps the logarithm finite.
        let normal = (-2.0 * (1.0 - self.0.f64()).ln()).sqrt() * (TAU * self.0.f64()).cos();
        median * (sigma * normal).exp()
    }

    /// One of these, as often as its weight says.
    ///
    /// # Panics
    /// When there is nothing to choose from.
    pub(crate) fn weighted<'a, T>(&mut self, choices: &'a [(f64, T)]) -> &'a T {
        let total: f64 = choices.iter().map(|(weight, _)| weight).sum();
        let mut left = self.uniform(0.0, total);
        for (weight, choice) in choices {
            left -= weight;
            if left < 0.0 {
                return choice;
            }
        }
        &choices[choices.len() - 1].1
    }

    /// A rank in `0..count`, the first one most often (Zipf with exponent 1).
    pub(crate) fn zipf(&mut self, count: usize) -> usize {
        let weight = |rank: usize| 1.0 / (rank + 1) as f64;
        let mut left = self.uniform(0.0, (0..count).map(weight).sum());
        (0..count)
            .find(|rank| {
                left -= weight(*rank);
                left < 0.0
            })
            .unwrap_or(0)
    }

    /// A random UUID (RFC 9562 version 4).
    pub(crate) fn uuid(&mut self) -> String {
        let bits = self.0.u128(..) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
        let hex = format!("{bits:032x}");
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_decide() {
        let draw = |seeds: &[u64]| Chance::new(seeds).uuid();
        assert_eq!(draw(&[1, 2]), draw(&[1, 2]));
        assert_ne!(draw(&[1, 2]), draw(&[2, 1]));
        let uuid = draw(&[3]);
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"));
        assert!("89ab".contains(&uuid[19..20]));
    }

    #[test]
    fn distributions() {
        let mut chance = Chance::new(&[7]);
        let mut draws: Vec<f64> = (0..4001).map(|_| chance.log_normal(700.0, 0.5)).collect();
        draws.sort_by(f64::total_cmp);
        assert!((650.0..750.0).contains(&draws[2000]), "{}", draws[2000]);
        let firsts = (0..4000).filter(|_| chance.zipf(20) == 0).count();
        assert!((1000..1250).contains(&firsts), "1 / H(20) is 0.278: {firsts}");
        let rare = (0..4000).filter(|_| *chance.weighted(&[(0.9, 'a'), (0.1, 'b')]) == 'b').count();
        assert!((320..480).contains(&rare), "{rare}");
    }
}
