//! A KPI by the values of an attribute: each with its interval, and with how much it makes the total worse.

use std::sync::Arc;

use openqoe_spec::{Attribute, Better, Kpi};
use serde::Serialize;

use super::chunk::Chunk;
use super::estimate::{Estimate, Sums, of_sorted, rank};
use super::filter::{Filter, escape};
use super::measure::{Measure, measure};
use super::scan;

/// What is asked.
pub(crate) struct Question {
    pub(crate) tenant: String,
    pub(crate) kpi: Kpi,
    pub(crate) by: Attribute,
    pub(crate) filter: Filter,
    pub(crate) limit: usize,
}

/// One value.
#[derive(Debug, Serialize)]
pub(crate) struct ExploreRow {
    pub(crate) value: String,
    pub(crate) estimate: Estimate,
    pub(crate) excess: f64,
    pub(crate) query: String,
}

/// All of them, worst contributors first.
#[derive(Debug, Serialize)]
pub(crate) struct Explore {
    kpi: &'static str,
    by: &'static str,
    from: u64,
    to: u64,
    pub(crate) rows: Vec<ExploreRow>,
    pub(crate) total: Estimate,
    more: usize,
    is_complete: bool,
    took_ms: f64,
    query: String,
}

/// Answers from sessions; `None` where sessions do not keep what the KPI is made of.
pub(crate) fn explore(question: &Question, chunks: &[Arc<Chunk>], is_complete: bool) -> Option<Explore> {
    let started = std::time::Instant::now();
    let measure = measure(question.kpi)?;
    let (total, mut found) = match measure {
        Measure::Quantile { q } => quantiles(*q, question, chunks),
        _ => sums(measure, question, chunks),
    };
    found.sort_by(|a, b| {
        b.1.value.is_some().cmp(&a.1.value.is_some()).then(b.2.total_cmp(&a.2)).then_with(|| a.0.cmp(&b.0))
    });
    let more = found.len().saturating_sub(question.limit);
    found.truncate(question.limit);
    let Filter { from, to, .. } = question.filter;
    let matchers = question.filter.matchers(&question.tenant);
    let range = range(from, to);
    let (kpi, by) = (question.kpi, question.by.as_str());
    let row = |(value, estimate, excess): (String, Estimate, f64)| {
        let query = kpi.promql(&format!("{matchers},{by}=\"{}\"", escape(&value)), &[], &range);
        ExploreRow { value, estimate, excess, query }
    };
    Some(Explore {
        kpi: kpi.as_str(),
        by,
        from,
        to,
        rows: found.into_iter().map(row).collect(),
        total,
        more,
        is_complete,
        query: kpi.promql(&matchers, &[by], &range),
        took_ms: started.elapsed().as_secs_f64() * 1000.0,
    })
}

/// The range of a query, as PromQL writes it.
pub(super) fn range(from: u64, to: u64) -> String {
    format!("{}s", to.saturating_sub(from).div_ceil(1000).max(1))
}

/// What sums give.
pub(super) fn estimate(measure: &Measure, sums: &Sums, filter: &Filter) -> Estimate {
    match measure {
        Measure::Ratio { scale, is_proportion: true, .. } => sums.proportion(*scale),
        Measure::Ratio { scale, .. } => sums.ratio(*scale),
        Measure::Rate { .. } => sums.rate(filter.to.saturating_sub(filter.from).max(1) as f64 / 1000.0),
        Measure::Quantile { .. } => Estimate::default(),
    }
}

/// By how much a total is worse than without one of its groups.
fn excess(kpi: Kpi, total: Option<f64>, without: Option<f64>) -> f64 {
    let sign = if kpi.def().better == Better::Higher { -1.0 } else { 1.0 };
    total.zip(without).map_or(0.0, |(total, without)| sign * (total - without))
}

type Found = (Estimate, Vec<(String, Estimate, f64)>);

fn sums(measure: &Measure, question: &Question, chunks: &[Arc<Chunk>]) -> Found {
    let grouped = scan::sums(chunks, &question.filter, question.by, measure);
    let mut all = Sums::default();
    grouped.sums.iter().for_each(|sums| all.join(sums));
    let total = estimate(measure, &all, &question.filter);
    let seconds = question.filter.to.saturating_sub(question.filter.from).max(1) as f64 / 1000.0;
    let without = |own: &Sums| match measure {
        Measure::Ratio { scale, .. } => (all.y > own.y).then(|| scale * (all.x - own.x) / (all.y - own.y)),
        _ => Some((all.x - own.x) / seconds),
    };
    let groups = grouped.groups.names.iter().zip(&grouped.sums).filter(|(_, sums)| sums.sessions > 0);
    let rows = groups.map(|(name, own)| {
        let worse = excess(question.kpi, total.value, without(own));
        ((*name).to_owned(), estimate(measure, own, &question.filter), worse)
    });
    (total, rows.collect())
}

fn quantiles(q: f64, question: &Question, chunks: &[Arc<Chunk>]) -> Found {
    let (groups, by_group, all) = scan::startups(chunks, &question.filter, question.by);
    let total = of_sorted(q, &all);
    let named = groups.names.iter().zip(&by_group).filter(|(_, own)| !own.is_empty());
    let rows = named.map(|(name, own)| {
        let worse = excess(question.kpi, total.value, quantile_without(q, &all, own));
        ((*name).to_owned(), of_sorted(q, own), worse)
    });
    (total, rows.collect())
}

/// The quantile of the values in `all` that are not in `own`, both in order; seconds of ms.
fn quantile_without(q: f64, all: &[u32], own: &[u32]) -> Option<f64> {
    let left = all.len() - own.len();
    if left == 0 {
        return None;
    }
    let (rank, mut low, mut high) = (rank(q, left), 0, all.len() - 1);
    let up_to = |values: &[u32], value: u32| values.partition_point(|known| *known <= value);
    while low < high {
        let middle = (low + high) / 2;
        let value = all[middle];
        if up_to(all, value) - up_to(own, value) >= rank { high = middle } else { low = middle + 1 }
    }
    Some(f64::from(all[low]) / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_quantile_without_a_group_is_that_of_the_others(
            own in proptest::collection::vec(0..200_u32, 0..40), others in proptest::collection::vec(0..200_u32, 0..40)
        ) {
            let (mut own, mut others) = (own, others);
            own.sort_unstable();
            others.sort_unstable();
            let mut all = [own.clone(), others.clone()].concat();
            all.sort_unstable();
            for q in [0.5, 0.95] {
                let expected = of_sorted(q, &others).value;
                proptest::prop_assert_eq!(quantile_without(q, &all, &own), expected);
            }
        }
    }
}
