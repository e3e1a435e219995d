//! Increases read from rings against increases that are known exactly.

use proptest::prelude::*;

use super::history::{History, LEVELS, News, Point, Sums};

/// What was counted in `(from, to]`, exactly.
fn exact(added: &[(u64, f64)], from: u64, to: u64) -> f64 {
    added.iter().filter(|(at, _)| (from + 1..=to).contains(at)).map(|(_, by)| by).sum()
}

/// The step of the finest ring that reaches so far back, given how often samples come.
fn step(window: u64, interval: u64) -> u64 {
    let level = LEVELS.iter().find(|level| level.span >= window).unwrap_or(&LEVELS[3]);
    // A point comes with the first sample after its step.
    level.step + interval
}

fn sums(total: f64) -> Sums {
    Sums { bad: total / 4.0, total }
}

fn run(interval: u64, growth: &[f64]) -> (History, Vec<(u64, f64)>) {
    let mut history = History::new(0);
    let mut added = Vec::new();
    for (number, by) in (1..).zip(growth) {
        let at = number * interval;
        history.add(at, sums(*by), |_| {});
        added.push((at, *by));
    }
    (history, added)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Between what was added from one step later on and what from one step earlier on, whatever comes when.
    #[test]
    fn an_increase_is_off_by_one_step_at_most(
        bursts in prop::collection::vec((0usize..400, 0.0f64..1000.0, 1usize..50), 1..30),
        interval in 1u64..=3600,
        window in 1u64..=91 * 24 * 3600,
    ) {
        let growth: Vec<f64> = bursts
            .iter()
            .flat_map(|(rest, by, times)| {
                std::iter::repeat_n(0.0, *rest).chain(std::iter::repeat_n(*by, *times))
            })
            .collect();
        let (interval, window) = (interval * 1000, window * 1000);
        let (history, added) = run(interval, &growth);
        let now = history.at();
        let (from, step) = (now.saturating_sub(window), step(window, interval));
        let least = exact(&added, from.saturating_add(step).min(now), now);
        // The value at the edge may lie on a line that begins one step before it.
        let most = exact(&added, from.saturating_sub(step), now);
        let found = history.over(window);
        let dust = 1e-9 * history.now().sums.total.max(1.0);
        prop_assert!((least - dust..=most + dust).contains(&found.total), "{least} {found:?} {most}");
        prop_assert!((found.bad * 4.0 - found.total).abs() <= 8.0 * dust);
    }

    /// What was told is enough to go on from.
    #[test]
    fn what_was_told_restores_it(growth in prop::collection::vec(prop_oneof![Just(0.0), 1.0f64..100.0], 1..400)) {
        let mut kept: [Vec<Point>; LEVELS.len()] = Default::default();
        let mut history = History::new(0);
        kept.iter_mut().for_each(|points| points.push(Point::default()));
        let interval = 7000;
        for (number, by) in (1..).zip(&growth) {
            history.add(number * interval, sums(*by), |news| note(&mut kept, news));
        }
        let mut restored = History::restored(kept.clone()).unwrap();
        let stopped = history.at();
        // The newest sample may be newer than the newest point only while nothing is counted.
        prop_assert_eq!(restored.now().sums, history.now().sums);
        let again = stopped + 1000;
        restored.resume(stopped, again, |_| {});
        for window in [0, 10, 60, 600, 3000].map(|seconds| seconds * 1000) {
            let (before, after) = (history.over(window), restored.between(stopped.saturating_sub(window), stopped));
            prop_assert!((before.total - after.total).abs() < 1e-6, "{window}: {before:?} {after:?}");
        }
        prop_assert_eq!(restored.over(1000), Sums::default());
    }
}

fn note(kept: &mut [Vec<Point>; LEVELS.len()], News { level, point }: News) {
    let points = &mut kept[level];
    if points.last().is_none_or(|last| last.at < point.at) {
        points.push(point);
    } else {
        panic!("told {point:?} after {:?}", points.last());
    }
}

#[test]
fn memory_is_bounded_and_windows_of_months_are_known() {
    let mut history = History::new(0);
    let day = 86_400_000;
    // One sample a minute for a hundred days, growing all the time.
    for minute in 1..=100 * 1440 {
        history.add(minute * 60_000, sums(1.0), |_| {});
    }
    assert!(format!("{history:?}").matches("Point").count() < 2600);
    for (days, minutes) in [(1, 1440.0), (7, 10_080.0), (30, 43_200.0), (90, 129_600.0)] {
        let total = history.over(days * day).total;
        assert!((total / minutes - 1.0).abs() < 1e-6, "{days}: {total}");
    }
    assert_eq!(history.over(60_000).total, 1.0);
    assert!(history.since() <= 9 * day);
}

#[test]
fn rest_costs_nothing_and_ends_where_it_ended() {
    let mut told = Vec::new();
    let mut history = History::new(0);
    history.add(5000, sums(4.0), |news| told.push(news));
    for sample in 2..100 {
        history.add(sample * 5000, Sums::default(), |news| told.push(news));
    }
    told.clear();
    history.add(500_000, sums(8.0), |news| told.push(news));
    let finest: Vec<_> = told.iter().filter(|news| news.level == 0).map(|news| news.point).collect();
    let (rest, grown) = (Point { at: 495_000, sums: sums(4.0) }, Point { at: 500_000, sums: sums(12.0) });
    assert_eq!(finest, [rest, grown]);
    assert_eq!(history.over(5000).total, 8.0);
    assert_eq!(history.over(10_000).total, 8.0);
}

#[test]
fn a_clock_that_goes_back_stands_still() {
    let mut history = History::new(1000);
    history.add(6000, sums(1.0), |_| {});
    history.add(2000, sums(1.0), |_| {});
    assert_eq!((history.at(), history.now().sums.total), (6000, 2.0));
    history.add(11_000, sums(1.0), |_| {});
    assert_eq!(history.over(20_000).total, 3.0);
}
