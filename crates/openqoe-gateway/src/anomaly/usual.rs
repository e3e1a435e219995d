//! What is usual for an indicator, and how far from it a value is: robust statistics, so that the outliers of the past do not
//! hide those of the present.

use openqoe_spec::metrics::METRICS;
use openqoe_spec::{Better, KPI_TERMS, Kpi, KpiKind, KpiUnit, Unit};

/// Values below which nothing is said about what is usual.
const LEAST_VALUES: usize = 4;
/// The standard deviation of a normal distribution over its median absolute deviation.
const MAD_TO_DEVIATION: f64 = 1.4826;
/// What a stall lasts, in seconds, where stalled time is taken for a count of stalls.
const STALL_S: f64 = 3.0;
/// A deviation is at least this share of what is expected: less is nobody's business.
const LEAST_RELATIVE: f64 = 0.08;

/// What past values say of the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Usual {
    /// Their median.
    pub(crate) expected: f64,
    /// Their median absolute deviation, as a standard deviation.
    pub(crate) spread: f64,
}

impl Usual {
    /// What is usual by some values; `None` by hardly any.
    pub(crate) fn of(values: &[f64]) -> Option<Usual> {
        if values.len() < LEAST_VALUES {
            return None;
        }
        let expected = median(values.to_vec());
        let deviations = values.iter().map(|value| (value - expected).abs()).collect();
        Some(Usual { expected, spread: MAD_TO_DEVIATION * median(deviations) })
    }

    /// How much worse than expected a value is, in deviations; negative when it is better. A deviation is the spread of the past,
    /// but no less than chance alone makes (`noise`) or than is worth anyone's time.
    pub(crate) fn score(&self, kpi: Kpi, observed: f64, noise: f64) -> f64 {
        let worse = match kpi.def().better {
            Better::Higher => self.expected - observed,
            Better::Lower | Better::Neither => observed - self.expected,
        };
        let deviation = self.spread.max(noise).max(LEAST_RELATIVE * self.expected.abs()).max(least(kpi));
        worse / deviation
    }
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
        let usual = Usual::of(&[0.01; 8]).unwrap();
        assert_eq!(usual, Usual { expected: 0.01, spread: 0.0 });
        assert!((usual.score(Kpi::RebufferRatio, 0.02, 0.0) - 4.0).abs() < 1e-9);
        let usual = Usual::of(&[4e6; 8]).unwrap();
        assert!((usual.score(Kpi::Bitrate, 2.72e6, 0.0) - 4.0).abs() < 1e-9, "less is worse");
        assert!(usual.score(Kpi::Bitrate, 8e6, 0.0) < 0.0);
        assert_eq!(Usual::of(&[1.0; 3]), None);
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
        /// Fewer than half of the values, however wild, do not move what is usual out of the range of the others.
        #[test]
        fn outliers_do_not_count(
            values in proptest::collection::vec(1.0..2.0_f64, 9..40),
            wild in proptest::collection::vec(-1e9..1e9_f64, 4),
        ) {
            let mixed: Vec<f64> = values.iter().copied().chain(wild).collect();
            let usual = Usual::of(&mixed).unwrap();
            prop_assert!((1.0..=2.0).contains(&usual.expected), "{usual:?}");
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
