//! The Live page: every indicator step by step, and the newest step while it goes on.

use std::collections::BTreeMap;
use std::sync::Arc;

use openqoe_metrics::{Sums, label};
use openqoe_spec::{Kpi, Phase};
use serde::{Deserialize, Serialize};

use super::ring::{COARSE, FINE, Span, Step};
use super::window::Window;

/// The seconds the big figures of the page look back.
const TILE_S: u64 = 60;

/// How far the page looks back.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(super) enum Reach {
    #[default]
    #[serde(rename = "1h")]
    Hour,
    #[serde(rename = "7d")]
    Week,
}

impl Reach {
    pub(super) fn span(self) -> Span {
        match self {
            Reach::Hour => FINE,
            Reach::Week => COARSE,
        }
    }

    /// Where it begins.
    pub(super) fn since(self, now: u64) -> u64 {
        let length = match self {
            Reach::Hour => 3_600_000,
            Reach::Week => 7 * 24 * 3_600_000,
        };
        now.saturating_sub(length)
    }

    /// The range of a query whose points are like ours. Prometheus scrapes too seldom for steps of five seconds.
    fn range(self) -> &'static str {
        match self {
            Reach::Hour => "1m",
            Reach::Week => "10m",
        }
    }
}

/// `Live` of the contract.
#[derive(Serialize)]
pub(super) struct Live<'a> {
    tenant: &'a str,
    span: Reach,
    step_s: f64,
    at_s: Vec<f64>,
    series: BTreeMap<&'static str, Vec<Option<f64>>>,
    phases: BTreeMap<&'static str, Vec<Option<f64>>>,
    queries: BTreeMap<&'static str, String>,
}

impl Live<'_> {
    pub(super) fn of<'a>(tenant: &'a str, span: Reach, steps: &[Arc<Step>]) -> Live<'a> {
        let mut live = Live {
            tenant,
            span,
            step_s: span.span().step_ms as f64 / 1000.0,
            at_s: steps.iter().map(|step| step.at as f64 / 1000.0).collect(),
            series: BTreeMap::new(),
            phases: BTreeMap::new(),
            queries: queries(tenant, span.range()),
        };
        for step in steps {
            let Window { covered_s, total, .. } = Window::total([step], tenant);
            for (id, value) in values(&total, covered_s) {
                live.series.entry(id).or_default().push(value);
            }
            for (phase, viewers) in phases(&total) {
                live.phases.entry(phase).or_default().push(viewers);
            }
        }
        live
    }
}

/// `LivePoint` of the contract.
#[derive(Serialize)]
pub(super) struct LivePoint {
    at_s: f64,
    step_s: f64,
    values: BTreeMap<&'static str, Option<f64>>,
    phases: BTreeMap<&'static str, Option<f64>>,
    tiles: BTreeMap<&'static str, Option<f64>>,
    tile_window_s: f64,
}

impl LivePoint {
    /// Where the steps have to begin that a point is made of.
    pub(super) fn since(now: u64) -> u64 {
        FINE.begin(now).saturating_sub(TILE_S * 1000 - FINE.step_ms)
    }

    /// The newest of some steps, and what all of them come to. `None` without a step.
    pub(super) fn of(tenant: &str, steps: &[Arc<Step>]) -> Option<LivePoint> {
        let newest = steps.last()?;
        let now = Window::total([newest], tenant);
        let all = Window::total(steps, tenant);
        Some(LivePoint {
            at_s: newest.at as f64 / 1000.0,
            step_s: FINE.step_ms as f64 / 1000.0,
            phases: phases(&now.total),
            values: values(&now.total, now.covered_s),
            tiles: values(&all.total, all.covered_s),
            tile_window_s: all.covered_s,
        })
    }
}

fn values(sums: &Sums, seconds: f64) -> BTreeMap<&'static str, Option<f64>> {
    Kpi::ALL.iter().map(|kpi| (kpi.as_str(), sums.value(*kpi, seconds).map(rounded))).collect()
}

fn phases(sums: &Sums) -> BTreeMap<&'static str, Option<f64>> {
    Phase::NAMES.iter().copied().zip(sums.phases().iter().map(|viewers| Some(*viewers))).collect()
}

fn queries(tenant: &str, range: &str) -> BTreeMap<&'static str, String> {
    let matchers = label("tenant", tenant);
    Kpi::ALL.iter().map(|kpi| (kpi.as_str(), kpi.promql(&matchers, &[], range))).collect()
}

/// Six significant digits: an hour of all indicators is half a megabyte otherwise.
fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}
