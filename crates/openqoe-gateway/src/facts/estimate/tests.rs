//! The intervals hold what they promise: of many draws from a known distribution, as many intervals cover the truth.

use super::*;

const DRAWS: usize = 2000;

/// The share of draws whose interval covers the truth.
fn coverage(truth: f64, mut draw: impl FnMut(&mut fastrand::Rng) -> Estimate) -> f64 {
    let mut random = fastrand::Rng::with_seed(7);
    let covered = (0..DRAWS).filter(|_| {
        let Estimate { low, high, .. } = draw(&mut random);
        low.is_some_and(|low| low <= truth) && high.is_some_and(|high| truth <= high)
    });
    covered.count() as f64 / DRAWS as f64
}

fn exponential(random: &mut fastrand::Rng, mean: f64) -> f64 {
    -mean * (1.0 - random.f64()).ln()
}

/// A third of the sessions stalls, longer ones for longer: what a rebuffering ratio is made of.
fn session(random: &mut fastrand::Rng) -> (f64, f64) {
    let playing = exponential(random, 600.0);
    let stalled = if random.f64() < 1.0 / 3.0 { exponential(random, 6.0) + 0.01 * playing } else { 0.0 };
    (stalled, stalled + playing)
}

fn stalls(random: &mut fastrand::Rng, sessions: usize) -> Sums {
    let mut sums = Sums::default();
    for _ in 0..sessions {
        let (x, y) = session(random);
        sums.add(x, y);
    }
    sums
}

/// Of the mean stall, 2 s and a hundredth of a third of 600 s, to the mean time.
const STALLED: f64 = 4.0 / 604.0;

#[test]
fn ratios_of_sums_cover() {
    let covered = coverage(STALLED, |random| stalls(random, 500).ratio(1.0));
    assert!((0.93..=0.97).contains(&covered), "{covered}");
}

#[test]
fn proportions_cover_when_they_are_rare_too() {
    for (p, sessions) in [(0.3, 50), (0.02, 400), (0.005, 1000)] {
        let covered = coverage(p, |random| {
            let mut sums = Sums::default();
            (0..sessions).for_each(|_| sums.add(f64::from(u8::from(random.f64() < p)), 1.0));
            sums.proportion(1.0)
        });
        assert!((0.93..=0.98).contains(&covered), "{p}: {covered}");
    }
}

#[test]
fn quantiles_cover() {
    for (q, sessions) in [(0.5, 200), (0.95, 500)] {
        let truth = -(1.0_f64 - q).ln() * 1.5;
        let covered = coverage(truth, |random| {
            let mut values: Vec<u32> =
                (0..sessions).map(|_| (exponential(random, 1500.0)).round() as u32).collect();
            values.sort_unstable();
            of_sorted(q, &values)
        });
        assert!((0.94..=0.985).contains(&covered), "{q}: {covered}");
    }
}

#[test]
fn rates_cover() {
    let covered = coverage(2.0, |random| {
        let (mut sums, mut at) = (Sums::default(), exponential(random, 0.5));
        while at < 300.0 {
            sums.add(1.0, 0.0);
            at += exponential(random, 0.5);
        }
        sums.rate(300.0)
    });
    assert!((0.93..=0.97).contains(&covered), "{covered}");
}

#[test]
fn differences_of_cohorts_of_unequal_size_cover() {
    let as_estimate = |(value, low, high): (Option<f64>, Option<f64>, Option<f64>)| Estimate {
        value,
        low,
        high,
        ..Estimate::default()
    };
    let covered = coverage(0.0, |random| {
        as_estimate(difference(&stalls(random, 2000).ratio(1.0), &stalls(random, 400).ratio(1.0)))
    });
    assert!((0.93..=0.97).contains(&covered), "ratios: {covered}");
    let covered = coverage(0.03, |random| {
        let mut views = |p: f64, sessions: usize| {
            let mut sums = Sums::default();
            (0..sessions).for_each(|_| sums.add(f64::from(u8::from(random.f64() < p)), 1.0));
            sums.proportion(1.0)
        };
        let (control, treatment) = (views(0.02, 900), views(0.05, 300));
        as_estimate(difference(&control, &treatment))
    });
    assert!((0.93..=0.98).contains(&covered), "proportions: {covered}");
}

#[test]
fn little_is_known_of_few() {
    let mut sums = Sums::default();
    assert_eq!(sums.ratio(1.0), Estimate::default());
    sums.add(1.0, 4.0);
    let one = sums.ratio(8.0);
    assert_eq!((one.value, one.low, one.high, one.sessions), (Some(2.0), None, None, 1));
    assert_eq!(of_sorted(0.95, &[]), Estimate::default());
    let few = of_sorted(0.95, &[100, 200, 300]);
    assert_eq!((few.value, few.high), (Some(0.3), None));
    assert_eq!(difference(&one, &Estimate::default()), (None, None, None));
}

proptest::proptest! {
    #[test]
    fn sums_of_parts_are_the_sum(values in proptest::collection::vec((0..1000_u32, 0..1000_u32), 0..50), at in 0..50_usize) {
        let add = |values: &[(u32, u32)]| {
            let mut sums = Sums::default();
            values.iter().for_each(|(x, y)| sums.add(f64::from(*x), f64::from(*y)));
            sums
        };
        let at = at.min(values.len());
        let mut joined = add(&values[..at]);
        joined.join(&add(&values[at..]));
        proptest::prop_assert_eq!(joined, add(&values));
        let estimate = joined.ratio(1.0);
        if let (Some(value), Some(low), Some(high)) = (estimate.value, estimate.low, estimate.high) {
            proptest::prop_assert!(low <= value && value <= high);
        }
    }
}
