//! What got worse, and where: a window held against the baseline before it, and the change split over the values of each
//! attribute.
//!
//! An indicator is `R = P / W`, and value `i` of an attribute holds `p_i` of `P` and `w_i` of `W`. Its part of the change is
//!
//! ```text
//! c_i = p1_i / W1 - p0_i / W0 - (R0 + R1) / 2 * (w1_i / W1 - w0_i / W0)
//! ```
//!
//! with 0 for the baseline and 1 for the window. Over all values of an attribute, those that do not report it included, the last
//! term is 0 and the `c_i` add up to `R1 - R0` exactly. With rates `r = p / w`, weights `s = w / W` and means over both times
//! it is `mean(s_i) * (r1_i - r0_i)`, the value got worse, plus `(mean(r_i) - mean(R)) * (s1_i - s0_i)`, there is more or less of
//! it: the symmetric form of Kitagawa's decomposition (1955, "Components of a Difference Between Two Rates", JASA 50).
//! A quantile is split as the share of values beyond the baseline's quantile is.

use std::collections::BTreeMap;

use openqoe_metrics::{Sums, label};
use openqoe_spec::{Better, Kpi, KpiKind};
use serde::Serialize;

use super::compared::{Compared, range};
use super::values::OTHER;
use super::window::Window;
use crate::anomaly::{Usual, noise};

/// Contributors shown with each of all changes, and with one.
const FEW: usize = 3;
const MANY: usize = 200;
/// A value whose share of the change is hardly more than its weight is a part of everything like the others.
const STANDS_OUT: f64 = 0.1;

/// `Worse` of the contract.
#[derive(Serialize)]
pub(super) struct Worse {
    window_s: f64,
    baseline_s: f64,
    changes: Vec<Change>,
}

/// `Contributors` of the contract.
#[derive(Serialize)]
pub(super) struct Contributors {
    window_s: f64,
    baseline_s: f64,
    change: Change,
}

/// How one indicator has changed.
#[derive(Debug, Serialize)]
pub(super) struct Change {
    pub(super) kpi: &'static str,
    now: Option<f64>,
    before: Option<f64>,
    pub(super) score: f64,
    is_enough: bool,
    pub(super) contributors: Vec<Contributor>,
    queries: BTreeMap<&'static str, String>,
}

/// What one value of one attribute has to do with it.
#[derive(Debug, Serialize)]
pub(super) struct Contributor {
    pub(super) attribute: &'static str,
    pub(super) value: String,
    now: Option<f64>,
    before: Option<f64>,
    pub(super) share: f64,
    pub(super) mix: f64,
    pub(super) weight: f64,
    pub(super) excess: f64,
    queries: BTreeMap<&'static str, String>,
}

/// Every indicator that can get worse, the worst first.
pub(super) fn worse(compared: &Compared, tenant: &str) -> Worse {
    let kpis = Kpi::ALL.iter().filter(|kpi| kpi.def().better != Better::Neither);
    let mut changes: Vec<Change> = kpis.map(|kpi| change(compared, tenant, *kpi)).collect();
    for change in &mut changes {
        change.contributors.retain(|contributor| contributor.excess >= STANDS_OUT);
        change.contributors.truncate(FEW);
    }
    changes.sort_by(|a, b| {
        (b.is_enough, b.score).partial_cmp(&(a.is_enough, a.score)).unwrap_or(std::cmp::Ordering::Equal)
    });
    Worse { window_s: compared.now.covered_s, baseline_s: compared.before.covered_s, changes }
}

/// One indicator with everything that has to do with it.
pub(super) fn contributors(compared: &Compared, tenant: &str, kpi: Kpi) -> Contributors {
    let mut change = change(compared, tenant, kpi);
    change.contributors.truncate(MANY);
    Contributors { window_s: compared.now.covered_s, baseline_s: compared.before.covered_s, change }
}

pub(super) fn change(compared: &Compared, tenant: &str, kpi: Kpi) -> Change {
    let (now, before) = (&compared.now, &compared.before);
    let values = [now, before].map(|window| window.total.value(kpi, window.covered_s));
    let enough = |window: &Window| window.total.whole(kpi) >= kpi.def().least;
    let mut contributors = split(kpi, now, before);
    contributors.sort_by(|a, b| b.rank().total_cmp(&a.rank()).then(a.weight.total_cmp(&b.weight)));
    for contributor in &mut contributors {
        contributor.queries = queries(compared, tenant, kpi, Some(contributor));
    }
    Change {
        kpi: kpi.as_str(),
        now: values[0],
        before: values[1],
        score: score(compared, kpi, values),
        is_enough: enough(now) && enough(before),
        contributors,
        queries: queries(compared, tenant, kpi, None),
    }
}

impl Contributor {
    /// What stands for all of a change without being all of the traffic comes first. Of two that stand out as far, the one that
    /// explains more: the other is likely a part of it.
    fn rank(&self) -> f64 {
        self.excess * self.share.clamp(0.0, 1.0)
    }
}

fn score(compared: &Compared, kpi: Kpi, values: [Option<f64>; 2]) -> f64 {
    let [Some(now), Some(before)] = values else { return 0.0 };
    let blocks: Vec<f64> = compared.blocks.iter().filter_map(|sums| sums.value(kpi, 1.0)).collect();
    let spread = Usual::of(kpi, &blocks).map_or(0.0, |usual| usual.spread);
    let usual = Usual { expected: before, spread };
    usual.score(kpi, now, noise(kpi, before, compared.now.total.whole(kpi)))
}

/// The part and the whole that are split.
struct Part {
    part: f64,
    whole: f64,
}

impl Part {
    fn of(sums: &Sums, kpi: Kpi, threshold: f64) -> Part {
        let part = match kpi.def().kind {
            KpiKind::Quantile { .. } => sums.above(kpi, threshold),
            _ => sums.part(kpi),
        };
        Part { part, whole: sums.whole(kpi) }
    }

    fn rate(&self) -> Option<f64> {
        (self.whole > 0.0).then(|| self.part / self.whole)
    }
}

fn split(kpi: Kpi, now: &Window, before: &Window) -> Vec<Contributor> {
    let Some(usual) = before.total.value(kpi, before.covered_s) else { return Vec::new() };
    let totals = [now, before].map(|window| Part::of(&window.total, kpi, usual));
    let (Some(r1), Some(r0)) = (totals[0].rate(), totals[1].rate()) else { return Vec::new() };
    let (change, mean) = (r1 - r0, f64::midpoint(r0, r1));
    if change.abs() <= f64::EPSILON * mean.abs() {
        return Vec::new();
    }
    let attributes: std::collections::BTreeSet<&'static str> =
        now.values.keys().chain(before.values.keys()).copied().collect();
    let mut contributors = Vec::new();
    for attribute in attributes {
        let values = by_value(attribute, now, before);
        if values.len() < 2 {
            // It tells nothing apart.
            continue;
        }
        contributors.extend(values.into_iter().map(|(value, sums)| {
            let parts = sums.each_ref().map(|sums| Part::of(sums, kpi, usual));
            let weight = |at: usize| parts[at].whole / totals[at].whole;
            let in_whole = |at: usize| parts[at].part / totals[at].whole;
            let shift = weight(0) - weight(1);
            let share = (in_whole(0) - in_whole(1) - mean * shift) / change;
            let rates = [parts[0].rate(), parts[1].rate()];
            let rate = match rates {
                [Some(now), Some(before)] => f64::midpoint(now, before),
                [rate, other] => rate.or(other).unwrap_or(mean),
            };
            Contributor {
                attribute,
                value,
                now: sums[0].value(kpi, now.covered_s),
                before: sums[1].value(kpi, before.covered_s),
                share,
                mix: (rate - mean) * shift / change,
                weight: weight(0),
                excess: share.min(1.0) - weight(0),
                queries: BTreeMap::new(),
            }
        }));
    }
    contributors
}

/// The sums of each value in both windows, with what does not report the attribute as the empty value.
fn by_value(attribute: &str, now: &Window, before: &Window) -> Vec<(String, [Sums; 2])> {
    let mut values = BTreeMap::<String, [Sums; 2]>::new();
    let mut rests = [now, before].map(|window| window.total.clone());
    for (at, window) in [now, before].into_iter().enumerate() {
        let mut reported = Sums::default();
        for (value, sums) in window.values.get(attribute).into_iter().flatten() {
            reported.merge(sums);
            values.entry(value.to_string()).or_default()[at] = sums.clone();
        }
        rests[at] = window.total.since(&reported);
    }
    if rests.iter().any(|rest| !rest.counts_nothing()) {
        values.insert(String::new(), rests);
    }
    values.into_iter().collect()
}

fn queries(
    compared: &Compared,
    tenant: &str,
    kpi: Kpi,
    contributor: Option<&Contributor>,
) -> BTreeMap<&'static str, String> {
    let mut matchers = label("tenant", tenant);
    if let Some(Contributor { attribute, value, .. }) = contributor {
        if value == OTHER {
            // No series has it: it is what the history does not tell apart.
            return BTreeMap::new();
        }
        matchers = format!("{matchers},{}", label(attribute, value));
    }
    let (window, baseline) = (range(compared.now.covered_s), range(compared.before.covered_s));
    let before = kpi.promql(&matchers, &[], &baseline);
    let before = before.replace(&format!("[{baseline}]"), &format!("[{baseline}] offset {window}"));
    [("now", kpi.promql(&matchers, &[], &window)), ("before", before)].into()
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
