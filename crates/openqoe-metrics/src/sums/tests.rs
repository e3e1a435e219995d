//! Sums add up, differ and say what the formulas of the registry say.

use std::sync::Arc;

use openqoe_spec::metrics::view::{Counter, Gauge, Histogram};
use openqoe_spec::{Attribute, Attributes, Failure, Kpi, LabelSetId, Measurement, Phase, Recorder};
use proptest::prelude::*;

use super::*;
use crate::{Guard, Limits, Table};

fn table() -> Table {
    Table::new(Arc::new(Guard::new(Limits::default())))
}

fn set(table: &mut Table, cdn: &str, country: &str) -> LabelSetId {
    let mut attributes = Attributes::default();
    for (attribute, value) in [(Attribute::Cdn, cdn), (Attribute::Country, country)] {
        if !value.is_empty() {
            attributes.set(attribute, value).unwrap();
        }
    }
    table.intern("t", &attributes)
}

fn total(table: &Table) -> Sums {
    RowMemory::default().observe(&table.snapshot()).remove("t").map(|growth| growth.total).unwrap_or_default()
}

#[test]
fn formulas_of_the_registry() {
    let mut table = table();
    let set = set(&mut table, "a", "");
    assert!(Kpi::ALL.iter().all(|kpi| total(&table).value(*kpi, 0.0).is_none_or(|value| value == 0.0)));
    for (counter, by) in [
        (Counter::StartupAttempts, 12.0),
        (Counter::StartupPlays, 6.0),
        (Counter::StartupFailed(Failure::Technical), 1.0),
        (Counter::StartupFailed(Failure::Business), 1.0),
        (Counter::StartupExits, 2.0),
        (Counter::PlaybackPlayingSeconds, 90_000.0),
        (Counter::PlaybackStalledSeconds, 10_000.0),
        (Counter::PlaybackRebuffers, 5.0),
        (Counter::AbrPlayedBytes, 1000.0),
        (Counter::AbrMediaSeconds, 4000.0),
    ] {
        table.record(set, Measurement::Count(counter, by));
    }
    table.record(set, Measurement::Observe(Histogram::StartupTimeSeconds, 2000.0, None));
    table.record(set, Measurement::Move(Gauge::PlaybackActiveSessions(Phase::Stalled), 3.0));
    let sums = total(&table);
    for (kpi, expected) in [
        (Kpi::StartupFailureRatio, 0.1),
        (Kpi::ExitBeforeStartRatio, 0.2),
        (Kpi::RebufferRatio, 0.1),
        (Kpi::RebuffersPerHour, 200.0),
        (Kpi::Bitrate, 2000.0),
        (Kpi::Attempts, 1.2),
        (Kpi::Viewers, 3.0),
    ] {
        assert!((sums.value(kpi, 10.0).unwrap() - expected).abs() < 1e-12, "{kpi:?}");
    }
    let p95 = sums.value(Kpi::StartupP95, 10.0).unwrap();
    assert!((1.83..=2.0).contains(&p95), "{p95}");
    assert_eq!((sums.whole(Kpi::StartupP95), sums.whole(Kpi::RebufferRatio)), (1.0, 100.0));
    assert_eq!(sums.above(Kpi::StartupP95, 1.0), 1.0);
    assert_eq!(sums.phases(), [0.0, 0.0, 3.0, 0.0, 0.0, 0.0]);
    assert_eq!(sums.value(Kpi::AdFailureRatio, 10.0), None);
}

#[test]
fn values_are_told_apart_and_rows_that_are_gone_hide_nothing() {
    let guard = Arc::new(Guard::new(Limits::default()));
    let (mut table, mut memory) = (Table::new(guard.clone()), RowMemory::default());
    let play = |table: &mut Table, set, times| {
        table.record(set, Measurement::Count(Counter::StartupAttempts, times));
    };
    let (old, new) = (set(&mut table, "a", "DE"), set(&mut table, "a", "FR"));
    play(&mut table, old, 100.0);
    play(&mut table, new, 1.0);
    let growth = memory.observe(&table.snapshot()).remove("t").unwrap();
    assert_eq!(growth.values["cdn"]["a"].value(Kpi::Attempts, 1.0), Some(101.0));
    assert_eq!(growth.values["country"]["FR"].value(Kpi::Attempts, 1.0), Some(1.0));
    assert_eq!((memory.rows(), growth.values.len()), (2, 2));
    assert!(memory.observe(&table.snapshot()).is_empty());

    (1..3).for_each(|now| guard.release(table.expire(now * 100, 100, [new].into_iter())));
    play(&mut table, new, 2.0);
    let growth = memory.observe(&table.snapshot()).remove("t").unwrap();
    assert_eq!((growth.total.value(Kpi::Attempts, 1.0), memory.rows()), (Some(2.0), 1));
    let again = set(&mut table, "a", "DE");
    play(&mut table, again, 5.0);
    let growth = memory.observe(&table.snapshot()).remove("t").unwrap();
    assert_eq!(growth.values["cdn"]["a"].value(Kpi::Attempts, 1.0), Some(5.0));
}

#[test]
fn another_builds_sums_are_found_by_name() {
    let mut table = table();
    let set = set(&mut table, "a", "");
    table.record(set, Measurement::Count(Counter::StartupAttempts, 7.0));
    let sums = total(&table);
    let mut other = Dictionary::current();
    assert_eq!(other.unpack(&sums.pack()), Some(sums.clone()));
    let renamed =
        serde_json::to_string(&other).unwrap().replacen("openqoe_startup_attempts_total", "gone", 1);
    other = serde_json::from_str(&renamed).unwrap();
    assert!(other.unpack(&sums.pack()).unwrap().is_empty());
    assert_eq!(Dictionary::current().unpack(&sums.pack()[1..]), None);
}

proptest! {
    /// What was counted between two moments is what came after the first, in any order.
    #[test]
    fn differences_undo_sums(values in proptest::collection::vec((0_u32..100_000, any::<bool>()), 1..40)) {
        let mut table = table();
        let set = set(&mut table, "a", "");
        let (mut halfway, mut rest) = (Sums::default(), self::table());
        let second = self::set(&mut rest, "a", "");
        for (position, (value, stall)) in values.iter().enumerate() {
            let counter = if *stall { Counter::PlaybackStalledSeconds } else { Counter::PlaybackPlayingSeconds };
            let mut both = vec![(&mut table, set)];
            if position >= values.len() / 2 {
                both.push((&mut rest, second));
            }
            for (table, set) in both {
                table.record(set, Measurement::Count(counter, f64::from(*value)));
                table.record(set, Measurement::Observe(Histogram::StartupTimeSeconds, f64::from(*value), None));
            }
            if position + 1 == values.len() / 2 {
                halfway = total(&table);
            }
        }
        let whole = total(&table);
        prop_assert_eq!(whole.since(&halfway), total(&rest));
        let mut sum = halfway.clone();
        sum.merge(&total(&rest));
        prop_assert_eq!(&sum, &whole);
        prop_assert!(whole.covers(&halfway));
        prop_assert_eq!(Sums::unpack(&whole.pack()), whole);
    }

    /// As many values are above a quantile as the quantile says.
    #[test]
    fn quantiles_and_counts_agree(values in proptest::collection::vec(1_u32..100_000, 20..200)) {
        let mut table = table();
        let set = set(&mut table, "a", "");
        for value in &values {
            table.record(set, Measurement::Observe(Histogram::StartupTimeSeconds, f64::from(*value), None));
        }
        let sums = total(&table);
        let p95 = sums.value(Kpi::StartupP95, 1.0).unwrap();
        let above = sums.above(Kpi::StartupP95, p95);
        prop_assert!((above - 0.05 * values.len() as f64).abs() < 1e-6, "{above}");
    }
}
