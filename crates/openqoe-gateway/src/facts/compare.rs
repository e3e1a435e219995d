//! Two cohorts, KPI by KPI: the difference, and whether it may be chance.

use std::sync::Arc;
use std::time::Instant;

use openqoe_spec::Kpi;
use serde::Serialize;

use super::chunk::Chunk;
use super::estimate::{Estimate, difference, of_sorted};
use super::explore::estimate;
use super::filter::Filter;
use super::measure::{Measure, knows, measure};
use super::scan;

/// One KPI of both cohorts.
#[derive(Debug, Serialize)]
pub(crate) struct Comparison {
    pub(crate) kpi: &'static str,
    pub(crate) a: Estimate,
    pub(crate) b: Estimate,
    /// b - a, and its interval.
    pub(crate) difference: Option<f64>,
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    /// Of a's value.
    pub(crate) relative: Option<f64>,
    /// The interval leaves out 0.
    pub(crate) is_significant: bool,
}

/// All KPIs that sessions know.
#[derive(Debug, Serialize)]
pub(crate) struct Compare {
    from: u64,
    to: u64,
    pub(crate) comparisons: Vec<Comparison>,
    is_complete: bool,
    took_ms: f64,
}

pub(crate) fn compare(a: &Filter, b: &Filter, chunks: &[Arc<Chunk>], is_complete: bool) -> Compare {
    let started = Instant::now();
    let kpis: Vec<Kpi> = Kpi::ALL.iter().copied().filter(|kpi| knows(*kpi)).collect();
    // Each on a core of its own, where there are two.
    let (of_a, of_b) = std::thread::scope(|scope| {
        let other = scope.spawn(|| cohort(&kpis, b, chunks));
        (cohort(&kpis, a, chunks), other.join().unwrap_or_default())
    });
    let pairs = kpis.iter().zip(of_a.into_iter().zip(of_b));
    let comparisons = pairs.map(|(kpi, (a, b))| comparison(*kpi, a, b)).collect();
    let took_ms = started.elapsed().as_secs_f64() * 1000.0;
    Compare { from: a.from, to: a.to, comparisons, is_complete, took_ms }
}

fn comparison(kpi: Kpi, a: Estimate, b: Estimate) -> Comparison {
    let (difference, low, high) = difference(&a, &b);
    let relative = difference.zip(a.value.filter(|value| *value != 0.0)).map(|(by, of)| by / of);
    let is_significant = low.is_some_and(|low| low > 0.0) || high.is_some_and(|high| high < 0.0);
    Comparison { kpi: kpi.as_str(), a, b, difference, low, high, relative, is_significant }
}

/// The KPIs of one cohort.
fn cohort(kpis: &[Kpi], filter: &Filter, chunks: &[Arc<Chunk>]) -> Vec<Estimate> {
    let measures: Vec<&Measure> = kpis.iter().filter_map(|kpi| measure(*kpi)).collect();
    let sums = scan::totals(chunks, filter, &measures);
    let startups = scan::all_startups(chunks, filter);
    let pairs = measures.iter().zip(&sums);
    let estimates = pairs.map(|(measure, sums)| match measure {
        Measure::Quantile { q } => of_sorted(*q, &startups),
        other => estimate(other, sums, filter),
    });
    estimates.collect()
}
