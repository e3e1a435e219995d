//! Series in, verdicts out.

use std::sync::Arc;

use openqoe_metrics::{Guard, Limits, RowMemory, Table};
use openqoe_spec::metrics::view::{Counter, Histogram};
use openqoe_spec::{Attributes, LatencyClock, Measurement, Recorder};
use proptest::prelude::*;

use super::*;

const STEP: u64 = 10_000;

/// Sums of seconds playing and stalled.
fn watched(playing: f64, stalled: f64) -> Sums {
    let mut table = Table::new(Arc::new(Guard::new(Limits::default())));
    let set = table.intern("t", &Attributes::default());
    table.record(set, Measurement::Count(Counter::PlaybackPlayingSeconds, playing * 1000.0));
    table.record(set, Measurement::Count(Counter::PlaybackStalledSeconds, stalled * 1000.0));
    let growth = RowMemory::default().observe(&table.snapshot()).remove("t");
    growth.map(|growth| growth.total).unwrap_or_default()
}

/// Sums of live latencies in seconds.
fn behind(latencies: &[f64]) -> Sums {
    let mut table = Table::new(Arc::new(Guard::new(Limits::default())));
    let set = table.intern("t", &Attributes::default());
    let latency = Histogram::PlaybackLiveLatencySeconds(LatencyClock::Player);
    for seconds in latencies {
        table.record(set, Measurement::Observe(latency, seconds * 1000.0, None));
    }
    let growth = RowMemory::default().observe(&table.snapshot()).remove("t");
    growth.map(|growth| growth.total).unwrap_or_default()
}

/// When the rebuffering ratio was found to be anomalous, from step to step, given stalled seconds in a thousand of each.
fn spans(stalled: &[f64]) -> Vec<(u64, Option<u64>)> {
    let mut detector = Detector::new();
    let mut spans = Vec::new();
    for (at, stalled) in (0..).zip(stalled) {
        for verdict in detector.step(at * STEP, watched(1000.0 - stalled, *stalled), Role::Everything) {
            assert_eq!(verdict.kpi, AnomalyKpi::RebufferRatio);
            match verdict.change {
                Some(Change::Onset) => spans.push((at, None)),
                Some(Change::End) => spans.last_mut().unwrap().1 = Some(at),
                None => {}
            }
        }
    }
    spans
}

fn then(parts: &[(usize, f64)]) -> Vec<f64> {
    parts.iter().flat_map(|(times, value)| vec![*value; *times]).collect()
}

#[test]
fn every_watched_indicator_exists() {
    assert_eq!(Detector::new().tracks.len(), AnomalyKpi::ALL.len());
}

#[test]
fn a_fault_is_found_at_its_third_step_and_ends_with_the_sixth_calm_one() {
    assert_eq!(spans(&then(&[(40, 5.0), (9, 120.0), (20, 5.0)])), [(42, Some(54))]);
}

/// The first bad values of a fault must not widen so short a past that the next ones are usual.
#[test]
fn a_fault_is_found_soon_after_a_start() {
    assert_eq!(spans(&then(&[(14, 5.0), (9, 120.0), (20, 5.0)])), [(16, Some(28))]);
}

/// What is bad now and then is usual after a while.
#[test]
fn what_comes_again_and_again_is_learned() {
    let mut detector = Detector::new();
    for at in 0..400_u64 {
        let stalled = if at > 20 && at % 8 == 0 { 120.0 } else { 5.0 };
        detector.step(at * STEP, watched(1000.0 - stalled, stalled), Role::Everything);
    }
    let track = detector.tracks.iter().find(|track| track.kpi == Kpi::RebufferRatio).unwrap();
    assert!(track.held.len() < 2 && track.trailing.is_some_and(|usual| usual.spread > 0.05), "{track:?}");
}

#[test]
fn one_bad_step_is_chance() {
    assert!(spans(&then(&[(40, 5.0), (2, 300.0), (40, 5.0)])).is_empty());
}

#[test]
fn nothing_is_said_before_there_is_a_past() {
    assert!(spans(&then(&[(4, 5.0), (7, 300.0)])).is_empty());
}

#[test]
fn getting_better_is_no_anomaly() {
    assert!(spans(&then(&[(40, 200.0), (40, 0.0)])).is_empty());
}

/// What lasts becomes usual after an hour; going back to what was is none either.
#[test]
fn the_new_is_learned() {
    let spans = spans(&then(&[(60, 5.0), (1000, 80.0), (30, 5.0)]));
    assert_eq!(spans.len(), 1);
    let (begin, end) = spans[0];
    assert!(begin == 62 && (420..700).contains(&end.unwrap()), "{spans:?}");
}

/// A value is made of as many steps as it takes to see enough; too few viewers say nothing.
#[test]
fn few_viewers_take_longer_and_hardly_any_say_nothing() {
    let run = |watch: f64| {
        let mut detector = Detector::new();
        let mut onset = None;
        for at in 0..700_u64 {
            let ratio = if at >= 600 { 0.3 } else { 0.01 };
            let sums = watched(watch * (1.0 - ratio), watch * ratio);
            let verdicts = detector.step(at * STEP, sums, Role::Everything);
            onset =
                onset.or(verdicts.iter().any(|verdict| verdict.change == Some(Change::Onset)).then_some(at));
        }
        onset
    };
    assert_eq!(run(1000.0), Some(602));
    let few = run(100.0).unwrap();
    assert!((602..612).contains(&few), "{few}");
    assert_eq!(run(10.0), None);
}

/// With few viewers a value is made of six steps here, so one bad step is in six values, and in none of those before.
#[test]
fn one_bad_step_of_few_viewers_is_chance() {
    let mut detector = Detector::new();
    for at in 0..700_u64 {
        let ratio = if at == 600 { 0.9 } else { 0.01 };
        let sums = watched(100.0 * (1.0 - ratio), 100.0 * ratio);
        assert!(detector.step(at * STEP, sums, Role::Everything).is_empty(), "{at}");
    }
}

/// Latencies in seconds, one of each viewer in a step; eight viewers at three steps are no twenty-five.
#[test]
fn latency_needs_viewers_and_not_values() {
    let onset = |viewers: usize| {
        let mut detector = Detector::new();
        (0..60_u64).find(|at| {
            let latency = if *at < 40 { 5.0 } else { 60.0 };
            let verdicts = detector.step(at * STEP, behind(&vec![latency; viewers]), Role::Everything);
            verdicts.iter().any(|verdict| verdict.change == Some(Change::Onset))
        })
    };
    assert_eq!(onset(30), Some(42));
    assert_eq!(onset(8), None);
}

/// A viewer who paused is far behind, and no anomaly.
#[test]
fn one_viewer_behind_is_no_anomaly() {
    let mut detector = Detector::new();
    for at in 0..60_u64 {
        let mut latencies = vec![5.0; 30];
        latencies[..3].fill(if at < 40 { 5.0 } else { 200.0 });
        assert!(detector.step(at * STEP, behind(&latencies), Role::Everything).is_empty());
    }
}

#[test]
fn a_rush_hour_is_usual() {
    let mut detector = Detector::new();
    for at in 0..30 {
        assert!(detector.step(at * STEP, watched(995.0, 5.0), Role::Everything).is_empty());
    }
    detector.set_seasonal(|_| Some(Usual { expected: 0.1, spread: 0.02 }));
    for at in 30..80 {
        assert!(detector.step(at * STEP, watched(900.0, 100.0), Role::Everything).is_empty());
    }
    let worse = watched(300.0, 700.0);
    let mut verdicts = (80..84).flat_map(|at| detector.step(at * STEP, worse.clone(), Role::Everything));
    assert!(verdicts.any(|verdict| verdict.change == Some(Change::Onset)));
}

#[test]
fn a_quiet_series_learns_and_begins_nothing() {
    let mut detector = Detector::new();
    for at in 0..60 {
        let stalled = if at < 40 { 5.0 } else { 200.0 };
        assert!(detector.step(at * STEP, watched(1000.0 - stalled, stalled), Role::Learner).is_empty());
    }
}

#[test]
fn a_value_that_is_everything_leaves_it_to_everything() {
    let onsets = |others: f64| {
        let mut detector = Detector::new();
        let steps = (0..60).map(|at| (at * STEP, if at < 40 { 5.0 } else { 200.0 }));
        let verdicts = steps.flat_map(|(now, stalled)| {
            let all = vec![LOOK_BACK as f64 * (1000.0 + others); AnomalyKpi::ALL.len()];
            detector.step(now, watched(1000.0 - stalled, stalled), Role::Part(&all))
        });
        verdicts.filter(|verdict| verdict.change == Some(Change::Onset)).count()
    };
    assert_eq!((onsets(0.0), onsets(500.0)), (0, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Noise as it was before is no anomaly, and a fault far beyond it is one within five steps.
    #[test]
    fn noise_is_told_from_faults(noise in proptest::collection::vec(2.0..12.0_f64, 100), fault in 150.0..900.0_f64) {
        prop_assert!(spans(&noise).is_empty());
        let broken: Vec<f64> = noise.iter().copied().chain([fault; 10]).collect();
        let spans = spans(&broken);
        prop_assert!(spans.len() == 1 && (100..105).contains(&spans[0].0), "{:?}", spans);
    }
}
