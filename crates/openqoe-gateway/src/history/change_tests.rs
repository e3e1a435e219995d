//! Counts in, ranking out.

use std::sync::Arc;

use openqoe_metrics::{Guard, Limits, RowMemory, Table};
use openqoe_spec::metrics::view::{Counter, Histogram};
use openqoe_spec::{Attribute, Attributes, Measurement, Recorder};
use proptest::prelude::*;

use super::super::ring::{MIDDLE, Ring};
use super::*;

/// CDN, its point of presence, country, seconds playing, seconds stalled.
type Row<'a> = (&'a str, &'a str, &'a str, f64, f64);

/// What a gateway remembers that counted the rows of each time in one step, and how it compares the last with those before.
fn compared(times: &[Vec<Row<'_>>]) -> Compared {
    let mut table = Table::new(Arc::new(Guard::new(Limits::default())));
    let (mut memory, mut ring) = (RowMemory::default(), Ring::new(MIDDLE));
    for (at, rows) in (0..).step_by(10_000).zip(times) {
        for (cdn, pop, country, playing, stalled) in rows {
            let mut attributes = Attributes::default();
            for (attribute, value) in
                [(Attribute::Cdn, cdn), (Attribute::EdgePop, pop), (Attribute::Country, country)]
            {
                if !value.is_empty() {
                    attributes.set(attribute, value).unwrap();
                }
            }
            let set = table.intern("t", &attributes);
            table.record(set, Measurement::Count(Counter::PlaybackPlayingSeconds, playing * 1000.0));
            table.record(set, Measurement::Count(Counter::PlaybackStalledSeconds, stalled * 1000.0));
            table.record(
                set,
                Measurement::ObserveMany(Histogram::StartupTimeSeconds, 500.0, (playing / 10.0) as u64),
            );
            table.record(
                set,
                Measurement::ObserveMany(Histogram::StartupTimeSeconds, 6000.0, (stalled / 10.0) as u64),
            );
        }
        ring.note(at, at + 10_000, &memory.observe(&table.snapshot()));
    }
    let steps = ring.since(0);
    let (before, now) = steps.split_at(steps.len() - 1);
    Compared::of("t", now, before, 10_000)
}

/// Three CDNs with two points of presence each in three countries, with so much stalling in a hundred seconds of watching.
fn audience(stalling: impl Fn(&str, &str) -> f64) -> Vec<Row<'static>> {
    let mut rows = Vec::new();
    for (cdn, pops, weight) in
        [("a", ["fra-a", "lhr-a"], 5.0), ("b", ["fra-b", "lhr-b"], 3.0), ("c", ["fra-c", "lhr-c"], 2.0)]
    {
        for pop in pops {
            for (country, share) in [("DE", 5.0), ("FR", 3.0), ("", 2.0)] {
                let watched = 1000.0 * weight * share;
                let stalled = watched * stalling(cdn, pop) / 100.0;
                rows.push((cdn, pop, country, watched - stalled, stalled));
            }
        }
    }
    rows
}

fn first(change: &Change) -> (&str, &str) {
    let first = &change.contributors[0];
    (first.attribute, &first.value)
}

fn rebuffering(times: &[Vec<Row<'_>>]) -> Change {
    change(&compared(times), "t", Kpi::RebufferRatio)
}

#[test]
fn a_fault_of_one_cdn_is_that_cdn() {
    let usual = audience(|_, _| 1.0);
    let fault = audience(|cdn, _| if cdn == "b" { 30.0 } else { 1.0 });
    for kpi in [Kpi::RebufferRatio, Kpi::StartupP95] {
        let change = change(&compared(&[usual.clone(), usual.clone(), fault.clone()]), "t", kpi);
        assert_eq!(first(&change), ("cdn", "b"), "{kpi:?} {change:?}");
        let b = &change.contributors[0];
        assert!((b.share - 1.0).abs() < 0.01 && (b.weight - 0.3).abs() < 0.02 && b.mix.abs() < 0.01, "{b:?}");
        assert!(change.score > 3.0, "{change:?}");
        let next = &change.contributors[1];
        assert!(["fra-b", "lhr-b"].contains(&next.value.as_str()) && next.excess < b.excess, "{next:?}");
    }
}

#[test]
fn a_fault_of_one_point_of_presence_is_that_one() {
    let fault = audience(|_, pop| if pop == "fra-b" { 20.0 } else { 1.0 });
    let change = rebuffering(&[audience(|_, _| 1.0), fault]);
    assert_eq!(first(&change), ("edge_pop", "fra-b"));
}

#[test]
fn a_fault_everywhere_is_nowhere() {
    let times = [audience(|_, _| 1.0), audience(|_, _| 8.0)];
    let change = rebuffering(&times);
    assert!(change.contributors.iter().all(|contributor| contributor.excess.abs() < 0.01), "{change:?}");
    let worse = worse(&compared(&times), "t");
    let ratio = worse.changes.iter().find(|change| change.kpi == "rebuffer_ratio").unwrap();
    assert!(ratio.contributors.is_empty() && ratio.score > 3.0 && ratio.is_enough);
}

/// Simpson: no CDN got worse, but there is more of the one that always was.
#[test]
fn a_shift_of_traffic_is_told_from_a_fault() {
    let usual = |cdn: &str, _: &str| if cdn == "c" { 10.0 } else { 1.0 };
    let mut shifted = audience(usual);
    for (cdn, _, _, playing, stalled) in &mut shifted {
        if *cdn == "c" {
            (*playing, *stalled) = (*playing * 4.0, *stalled * 4.0);
        }
    }
    let change = rebuffering(&[audience(usual), shifted]);
    for contributor in change.contributors.iter().filter(|contributor| contributor.attribute == "cdn") {
        assert!((contributor.mix - contributor.share).abs() < 1e-9, "{contributor:?}");
        assert_eq!(contributor.now, contributor.before);
    }
    // The countries look worse, though none of it is their doing: they are proportional.
    let countries = change.contributors.iter().filter(|contributor| contributor.attribute == "country");
    countries.for_each(|country| assert!(country.excess.abs() < 0.01, "{country:?}"));
    assert_eq!(first(&change), ("cdn", "c"));
}

#[test]
fn a_new_value_that_is_bad_is_named() {
    let mut now = audience(|_, _| 1.0);
    now.push(("new", "ams-new", "DE", 3000.0, 3000.0));
    let change = rebuffering(&[audience(|_, _| 1.0), now]);
    let named: Vec<(&str, Option<f64>)> = change.contributors[..2]
        .iter()
        .map(|contributor| (&*contributor.value, contributor.before))
        .collect();
    assert!(named.contains(&("new", None)) && named.contains(&("ams-new", None)), "{change:?}");
}

#[test]
fn what_reports_nothing_is_a_value_too() {
    let fault: Vec<Row<'_>> = audience(|_, _| 1.0)
        .into_iter()
        .map(|(cdn, pop, country, playing, stalled)| {
            (cdn, pop, country, playing, if country.is_empty() { playing / 5.0 } else { stalled })
        })
        .collect();
    let change = rebuffering(&[audience(|_, _| 1.0), fault]);
    assert_eq!(first(&change), ("country", ""));
    let query = &change.contributors[0].queries["before"];
    assert!(query.contains("{tenant=\"t\",country=\"\"}[10s] offset 10s"), "{query}");
}

#[test]
fn without_a_past_nothing_is_said() {
    let change = rebuffering(&[audience(|_, _| 1.0)]);
    assert_eq!((change.before, change.score, change.contributors.len()), (None, 0.0, 0));
}

proptest! {
    /// The shares of the values of an attribute are the whole change.
    #[test]
    fn shares_add_up(
        before in proptest::collection::vec((0..4_usize, 0..3_usize, 1.0..900.0_f64, 0.0..90.0_f64), 1..20),
        now in proptest::collection::vec((0..4_usize, 0..3_usize, 1.0..900.0_f64, 0.0..90.0_f64), 1..20),
    ) {
        let rows = |rows: &[(usize, usize, f64, f64)]| -> Vec<Row<'static>> {
            let row = |(cdn, pop, playing, stalled): &(usize, usize, f64, f64)| {
                (["", "a", "b", "c"][*cdn], ["x", "y", "z"][*pop], "DE", playing.round(), stalled.round())
            };
            rows.iter().map(row).collect()
        };
        let change = rebuffering(&[rows(&before), rows(&now)]);
        let mut sums = std::collections::BTreeMap::<&str, f64>::new();
        for contributor in &change.contributors {
            *sums.entry(contributor.attribute).or_default() += contributor.share;
        }
        for (attribute, sum) in sums {
            prop_assert!((sum - 1.0).abs() < 1e-6, "{attribute}: {sum}");
        }
    }
}
