//! What is usual at a time of day: the values of the same half hour before and after it on the days there are.

use std::collections::{BTreeSet, HashMap};

use openqoe_metrics::Sums;
use openqoe_spec::Kpi;

use super::ring::COARSE;
use super::{Memory, series};
use crate::anomaly::{Series, Usual};

const DAY: u64 = 24 * 3_600_000;
/// How far from the time of day a step may be.
const NEAR: u64 = 1_800_000;
/// Days without which nothing is known of a time of day.
const LEAST_DAYS: usize = 3;

impl Memory {
    /// Tells the watches what other days were like at the time that comes.
    pub(super) fn learn_seasons(&mut self, now: u64) {
        let at = COARSE.begin(now);
        let near = |step: u64| {
            let distance = at.abs_diff(step) % DAY;
            step + DAY - NEAR <= at && distance.min(DAY - distance) <= NEAR
        };
        let mut steps = self.coarse.since(0);
        steps.retain(|step| near(step.at));
        for (tenant, watch) in &mut self.watches {
            let mut known = HashMap::<Series, Vec<(u64, Sums)>>::new();
            for step in &steps {
                // By whole days back: half an hour before midnight belongs to the midnight after it.
                let day = (at + NEAR - step.at) / DAY;
                for (series, sums) in series(step, tenant) {
                    known.entry(series).or_default().push((day, sums));
                }
            }
            watch.set_seasonal(|series, kpi| usual(known.get(series)?, kpi));
        }
    }
}

fn usual(known: &[(u64, Sums)], kpi: Kpi) -> Option<Usual> {
    let enough = known.iter().filter(|(_, sums)| sums.whole(kpi) >= kpi.def().least);
    let (mut days, mut values) = (BTreeSet::new(), Vec::new());
    for (day, sums) in enough {
        days.insert(*day);
        values.extend(sums.value(kpi, 1.0));
    }
    (days.len() >= LEAST_DAYS).then(|| Usual::of(kpi, &values)).flatten()
}
