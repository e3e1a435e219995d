//! What is usual for an indicator, and how far from it a value is: robust statistics, so that the outliers of the past do not
//! hide those of the present.

use openqoe_spec::metrics::METRICS;
use openqoe_spec::{Better, KPI_TERMS, Kpi, KpiKind, KpiUnit, Unit};

/// Values below which nothing is said about what is usual.
const LEAST_VALUES: usize = 4;
/// The standard deviation of a normal distribution over its median absolute deviation.
const MAD_TO_DEVIATION: f64 = 1.4826;
/// The share of past values that may be worse than the tail, and how many deviations of a normal distribution that is away.
const TAIL: (f64, f64) = (0.05, 1.645);
/// What a stall lasts, in seconds, where stalled time is taken for a count of stalls.
const STALL_S: f64 = 3.0;
/// A deviation is at least this share of what is expected: less is nobody's business.
const LEAST_RELATIVE: f64 = 0.08;

/// What past values say of the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Usual {
    /// Their median.
    pub(crate) expected: f64,
    /// How far they scatter to the worse side, as a standard deviation: by their median absolute deviation or by the worst
    /// twentieth of them, whichever is more. What is skewed, as a p95 of few viewers is, has a long tail and a small median deviation.
    pub(crate) spread: f64,
}

impl Usual {
    /// What is usual by some values; `None` by hardly any.
    pub(crate) fn of(kpi: Kpi, values: &[f64]) -> Option<Usual> {
        if values.len() < LEAST_VALUES {
            return None;
        }
        let expected = median(values.to_vec());
        let deviations = values.iter().map(|value| (value - expected).abs()).collect();
        let spread = MAD_TO_DEVIATION * median(deviations);
        Some(Usual { expected, spread: spread.max(tail(kpi, expected, values) / TAIL.1) })
    }

    /// How much worse than expected a value is, in deviations; negative when it is better. A deviation is the spread of the past,
    /// but no less than chance alone makes (`noise`) or than is worth anyone's time.
    pub(crate) fn score(&self, kpi: Kpi, observed: f64, noise: f64) -> f64 {
        let worse = worse_by(kpi, self.expected, observed);
        let deviation = self.spread.max(noise).max(LEAST_RELATIVE * self.expected.abs()).max(least(kpi));
        worse / deviation
    }
}

/// How much worse one value is than another; negative when it is better.
fn worse_by(kpi: Kpi, expected: f64, observed: f64) -> f64 {
    match kpi.def().better {
        Better::Higher => expected - observed,
        Better::Lower | Better::Neither => observed - expected,
    }
}

/// How much worse than expected all but the worst few are. Of a dozen values one may be wild without moving it.
fn tail(kpi: Kpi, expected: f64, values: &[f64]) -> f64 {
    let mut worse: Vec<f64> = values.iter().map(|value| worse_by(kpi, expected, *value)).collect();
    worse.sort_unstable_by(f64::total_cmp);
    let rank = ((1.0 - TAIL.0) * worse.len().saturating_sub(1) as f64) as usize;
    worse.get(rank).copied().unwrap_or_default()
}

/// The least deviation of an indicator that means anything: of a ratio a quarter of a percentage point.
fn least(kpi: Kpi) -> f64 {
    match kpi.def().unit {
        KpiUnit::Ratio => 0.0025,
        KpiUnit::Seconds => 0.05,
        KpiUnit::BitsPerSecond => 1000.0,
        KpiUnit::PerHour => 0.5,
        KpiUnit::PerSecond | KpiUnit::Count => 0.1,
    }
}

/// The deviation that chance alone gives a ratio of counts: that of a Poisson process with the expected number of events, one
/// at least. Stalled seconds count as stalls. Of anything else it is 0: only the past can tell.
pub(crate) fn noise(kpi: Kpi, expected: f64, whole: f64) -> f64 {
    let KpiKind::Ratio { part, scale, .. } = kpi.def().kind else { return 0.0 };
    let grain = match METRICS[KPI_TERMS[part[0]].metric].unit {
        Unit::None => scale,
        Unit::Seconds => scale * STALL_S,
        Unit::Bytes | Unit::Ratio => return 0.0,
    };
    if whole > 0.0 { ((expected * whole).max(grain) * grain).sqrt() / whole } else { 0.0 }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.get(middle) {
        None => 0.0,
        Some(upper) if values.len() % 2 == 1 => *upper,
        Some(upper) => f64::midpoint(values[middle - 1], *upper),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn deviations_have_a_floor() {
        let usual = Usual::of(Kpi::RebufferRatio, &[0.01; 8]).unwrap();
        assert_eq!(usual, Usual { expected: 0.01, spread: 0.0 });
        assert!((usual.score(Kpi::RebufferRatio, 0.02, 0.0) - 4.0).abs() < 1e-9);
        let usual = Usual::of(Kpi::Bitrate, &[4e6; 8]).unwrap();
        assert!((usual.score(Kpi::Bitrate, 2.72e6, 0.0) - 4.0).abs() < 1e-9, "less is worse");
        assert!(usual.score(Kpi::Bitrate, 8e6, 0.0) < 0.0);
        assert_eq!(Usual::of(Kpi::Bitrate, &[1.0; 3]), None);
    }

    /// Most startups take a second and some of them three: another three is no news.
    #[test]
    fn a_long_tail_is_usual() {
        let past: Vec<f64> = (0..100).map(|number| if number % 10 == 0 { 3.0 } else { 1.0 }).collect();
        let usual = Usual::of(Kpi::StartupP95, &past).unwrap();
        assert!(usual.expected == 1.0 && usual.score(Kpi::StartupP95, 3.0, 0.0) < 2.0, "{usual:?}");
        assert!(usual.score(Kpi::StartupP95, 8.0, 0.0) > 5.0, "{usual:?}");
    }

    #[test]
    fn chance_explains_few_events() {
        // One failure in 25 starts where none is expected.
        let noise = noise(Kpi::StartupFailureRatio, 0.0, 25.0);
        assert!((noise - 0.04).abs() < 1e-12, "{noise}");
        assert_eq!(super::noise(Kpi::StartupP95, 1.0, 25.0), 0.0);
        assert_eq!(super::noise(Kpi::Bitrate, 1.0, 25.0), 0.0);
    }

    proptest! {
        /// Fewer than half of the values, however wild, do not move what is expected out of the range of the others, and fewer
        /// than a twentieth, or one of a dozen, not the spread.
        #[test]
        fn outliers_do_not_count(
            values in proptest::collection::vec(1.0..2.0_f64, 11..60),
            wild in proptest::collection::vec(-1e9..1e9_f64, 5),
        ) {
            let mixed = |wild: &[f64]| {
                let mixed: Vec<f64> = values.iter().chain(wild).copied().collect();
                Usual::of(Kpi::RebufferRatio, &mixed).unwrap()
            };
            let usual = mixed(&wild);
            prop_assert!((1.0..=2.0).contains(&usual.expected), "{usual:?}");
            let usual = mixed(&wild[..values.len() / 21 + usize::from(values.len() < 21)]);
            prop_assert!(usual.spread <= MAD_TO_DEVIATION, "{usual:?}");
        }

        #[test]
        fn worse_scores_more(usual in (0.0..1.0_f64, 0.0..1.0_f64), a in 0.0..1.0_f64, b in 0.0..1.0_f64) {
            let usual = Usual { expected: usual.0, spread: usual.1 };
            let [score_a, score_b] = [a, b].map(|value| usual.score(Kpi::RebufferRatio, value, 0.0));
            prop_assert_eq!(a < b, score_a < score_b);
        }
    }
}
