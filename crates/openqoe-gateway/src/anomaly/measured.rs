//! How soon faults are found and how often there is none: the demo's viewers, many seeds, hours of each. Run with
//! `cargo test --release -p openqoe-gateway anomaly::measured -- --ignored --nocapture`; docs/guide/anomalies.md has the figures.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use openqoe_metrics::RowMemory;

use super::watch::{Anomaly, Series, Watch};
use crate::demo::Simulation;

const STEP: u64 = 10_000;
const HOUR: u64 = 3_600_000;
/// Before it nothing counts: the past has to come about.
const WARM_UP: u64 = HOUR;
/// How long each audience is watched.
const UNTIL: u64 = 3 * HOUR;
const NEVER: u64 = u64::MAX;

/// An audience and what is found in it.
struct Run {
    begun: Vec<Anomaly>,
    /// Series times days.
    series_days: f64,
}

fn run(seed: u64, viewers: usize, warm_up: u64, (first, lasts, every): (u64, u64, u64), until: u64) -> Run {
    let mut simulation = Simulation::new(seed, viewers, first, lasts, every);
    let (mut memory, mut watch) = (RowMemory::default(), Watch::default());
    let mut run = Run { begun: Vec::new(), series_days: 0.0 };
    for now in (STEP..=until).step_by(STEP as usize) {
        let mut growth: Vec<(Series, _)> = Vec::new();
        for (_, of_tenant) in memory.observe(&simulation.advance(now)) {
            growth.push((None, of_tenant.total));
            for (attribute, values) in of_tenant.values {
                let values =
                    values.into_iter().map(|(value, sums)| (Some((attribute, Arc::from(&*value))), sums));
                growth.extend(values);
            }
        }
        let begun = watch.step(now, growth, false);
        if now > warm_up {
            run.begun.extend(begun);
            run.series_days += watch.len() as f64 * STEP as f64 / (24 * HOUR) as f64;
        }
    }
    run
}

/// What is worse wherever `edge-b` is: the CDN, its points of presence, everything, and what its viewers happen to have.
fn delay(run: &Run, begins: u64, lasts: u64, is_wanted: impl Fn(&Anomaly) -> bool) -> Option<f64> {
    let mut onsets = run.begun.iter().filter(|anomaly| is_wanted(anomaly)).map(|anomaly| anomaly.since);
    let found = onsets.find(|at| (begins + 1..=begins + lasts + 60_000).contains(at))?;
    Some((found - begins) as f64 / 1000.0)
}

/// Median and worst of seconds.
fn summary(delays: &mut [f64]) -> String {
    delays.sort_by(f64::total_cmp);
    let (Some(median), Some(worst)) = (delays.get(delays.len() / 2), delays.last()) else {
        return "no delay".into();
    };
    format!("delay median {median:.0} s, worst {worst:.0} s")
}

fn hours(from: u64, seeds: &Range<u64>) -> u64 {
    (UNTIL - from) / HOUR * (seeds.end - seeds.start)
}

fn measure_faults(viewers: usize, lasts: u64, seeds: Range<u64>) {
    let every = HOUR / 2;
    let (mut of_cdn, mut of_any, mut faults) = (Vec::new(), Vec::new(), 0);
    for seed in seeds.clone() {
        let run = run(seed, viewers, WARM_UP, (WARM_UP + 300_000, lasts, every), UNTIL);
        for begins in (WARM_UP + 300_000..UNTIL - every).step_by(every as usize) {
            faults += 1;
            of_cdn.extend(delay(&run, begins, lasts, |anomaly| anomaly.value.as_deref() == Some("edge-b")));
            of_any.extend(delay(&run, begins, lasts, |_| true));
        }
    }
    for (name, delays) in [("edge-b named", &mut of_cdn), ("any series", &mut of_any)] {
        println!(
            "{viewers} viewers, {} h, {faults} faults of {} s, {name}: {} found, {} missed, {}",
            hours(WARM_UP, &seeds),
            lasts / 1000,
            delays.len(),
            faults - delays.len(),
            summary(delays),
        );
    }
}

fn measure_calm(viewers: usize, seeds: Range<u64>) {
    let (mut alarms, mut days, mut kinds) = (0, 0.0, BTreeMap::new());
    for seed in seeds.clone() {
        let run = run(seed, viewers, WARM_UP, (NEVER, 0, HOUR), UNTIL);
        alarms += run.begun.len();
        days += run.series_days;
        for anomaly in &run.begun {
            *kinds.entry((anomaly.kpi, anomaly.attribute.unwrap_or("all"))).or_insert(0) += 1;
        }
    }
    println!(
        "{viewers} viewers, {} h without a fault: {alarms} alarms in {days:.1} series days, {:.3} a series day {kinds:?}",
        hours(WARM_UP, &seeds),
        f64::from(u32::try_from(alarms).unwrap()) / days,
    );
}

#[test]
#[ignore = "takes minutes: it measures"]
fn measure() {
    for (viewers, seeds) in [(30, 5), (100, 10), (300, 5)] {
        measure_calm(viewers, 0..seeds);
        measure_faults(viewers, 90_000, 10..10 + seeds);
        measure_faults(viewers, 600_000, 20..20 + seeds);
    }
}

/// The claim of the guide, on one seed.
#[test]
fn a_fault_of_a_cdn_is_found_and_named() {
    let begins = HOUR / 3;
    let run = run(7, 100, begins - STEP, (begins, 180_000, HOUR), begins + 180_000);
    let found = delay(&run, begins, 180_000, |anomaly| anomaly.value.as_deref() == Some("edge-b"));
    assert!(found.is_some_and(|seconds| seconds <= 120.0), "{found:?} {:?}", run.begun);
}
