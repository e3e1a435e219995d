//! What key performance indicators are made of: the sums of some rows, by the tables that are generated from
//! `spec/registry/kpis.yaml`. Sums add up and their differences are sums again; an indicator is computed last.

mod growth;
mod packed;
#[cfg(test)]
mod tests;

use openqoe_spec::metrics::METRICS;
use openqoe_spec::metrics::view::Gauge;
use openqoe_spec::{KPI_HISTOGRAMS, KPI_TERMS, Kpi, KpiKind, Phase, TermDef, TermOf};
use serde::{Deserialize, Serialize};

use crate::cells::Cells;
use crate::checkpoint::numbers;
use crate::native::Native;
pub use growth::{Growth, RowMemory};
pub use packed::Dictionary;

/// The sums of some rows. Made by [`RowMemory`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// By index into [`KPI_TERMS`], in the recorded unit: whole milliseconds add up without error.
    #[serde(serialize_with = "numbers")]
    terms: Box<[f64]>,
    /// By index into [`KPI_HISTOGRAMS`], in the exposed unit.
    histograms: Box<[Native]>,
    /// Views going on, by phase: a level, which is as it is and does not grow.
    #[serde(serialize_with = "numbers")]
    phases: Box<[f64]>,
}

impl Default for Sums {
    fn default() -> Sums {
        Sums {
            terms: [0.0; KPI_TERMS.len()].into(),
            histograms: vec![Native::default(); KPI_HISTOGRAMS.len()].into(),
            phases: vec![0.0; Phase::ALL.len()].into(),
        }
    }
}

impl Sums {
    /// Adds a row of scope view.
    pub(crate) fn add(&mut self, cells: &Cells) {
        for (sum, term) in self.terms.iter_mut().zip(&KPI_TERMS) {
            *sum += term_of(term, cells);
        }
        for (sum, def) in self.histograms.iter_mut().zip(&KPI_HISTOGRAMS) {
            let observed = def.slots.iter().filter_map(|slot| cells.histograms[*slot].as_ref());
            observed.for_each(|histogram| sum.merge(histogram.native()));
        }
        for (sum, phase) in self.phases.iter_mut().zip(Phase::ALL) {
            *sum += cells.gauges[Gauge::PlaybackActiveSessions(*phase).slot()].unwrap_or_default();
        }
    }

    /// Adds the sums of other rows, or of the same rows over another time. Of the latter the levels are of no use then.
    pub fn merge(&mut self, other: &Sums) {
        let numbers = self.terms.iter_mut().zip(&other.terms);
        numbers.chain(self.phases.iter_mut().zip(&other.phases)).for_each(|(mine, theirs)| *mine += theirs);
        for (mine, theirs) in self.histograms.iter_mut().zip(&other.histograms) {
            mine.merge(theirs);
        }
    }

    /// Adds what was counted later, and takes over its levels.
    pub fn advance(&mut self, later: &Sums) {
        self.phases.fill(0.0);
        self.merge(later);
    }

    /// The growth since an earlier state of the same rows, with the levels of now. What has not grown counts nothing.
    pub fn since(&self, earlier: &Sums) -> Sums {
        let terms = self.terms.iter().zip(&earlier.terms).map(|(now, before)| (now - before).max(0.0));
        let histograms = self.histograms.iter().zip(&earlier.histograms);
        Sums {
            terms: terms.collect(),
            histograms: histograms.map(|(now, before)| now.since(before)).collect(),
            phases: self.phases.clone(),
        }
    }

    /// Whether nothing is less than it was; levels may be.
    pub fn covers(&self, earlier: &Sums) -> bool {
        let histograms = self.histograms.iter().zip(&earlier.histograms);
        self.terms.iter().zip(&earlier.terms).all(|(now, before)| now >= before)
            && histograms.into_iter().all(|(now, before)| now.count() >= before.count())
    }

    /// Whether nothing was counted and nothing goes on.
    pub fn is_empty(&self) -> bool {
        self.counts_nothing() && self.phases.iter().all(|viewers| *viewers == 0.0)
    }

    /// Whether nothing was counted, whatever goes on.
    pub fn counts_nothing(&self) -> bool {
        self.terms.iter().all(|sum| *sum == 0.0)
            && self.histograms.iter().all(|histogram| histogram.count() == 0)
    }

    /// An indicator in its unit, of sums that came about in so many seconds (only rates ask for them). `None` where its whole
    /// is 0.
    pub fn value(&self, kpi: Kpi, seconds: f64) -> Option<f64> {
        match &kpi.def().kind {
            KpiKind::Ratio { .. } => ratio(self.part(kpi), self.whole(kpi)),
            KpiKind::Quantile { q, of } => self.histograms[*of].quantile(*q),
            KpiKind::Rate { of } => ratio(self.term(*of), seconds),
            KpiKind::Level { .. } => Some(self.phases.iter().sum()),
        }
    }

    /// A quantile of several sums together; of any other indicator nothing.
    pub fn pooled<'a>(kpi: Kpi, sums: impl IntoIterator<Item = &'a Sums>) -> Option<f64> {
        let KpiKind::Quantile { q, of } = &kpi.def().kind else { return None };
        let mut pool = Native::default();
        sums.into_iter().for_each(|sums| pool.merge(&sums.histograms[*of]));
        pool.quantile(*q)
    }

    /// The numerator of a ratio, its scale included; of any other indicator 0.
    pub fn part(&self, kpi: Kpi) -> f64 {
        match &kpi.def().kind {
            KpiKind::Ratio { part, scale, .. } => scale * part.iter().map(|of| self.term(*of)).sum::<f64>(),
            _ => 0.0,
        }
    }

    /// The denominator of a ratio; of a quantile the number of values; of any other indicator 0.
    pub fn whole(&self, kpi: Kpi) -> f64 {
        match &kpi.def().kind {
            KpiKind::Ratio { whole, .. } => whole.iter().map(|of| self.term(*of)).sum(),
            KpiKind::Quantile { of, .. } => self.histograms[*of].count() as f64,
            KpiKind::Rate { .. } | KpiKind::Level { .. } => 0.0,
        }
    }

    /// How many values of a quantile's histogram are above a threshold in its unit; of any other indicator 0.
    pub fn above(&self, kpi: Kpi, threshold: f64) -> f64 {
        match &kpi.def().kind {
            KpiKind::Quantile { of, .. } => self.histograms[*of].above(threshold),
            _ => 0.0,
        }
    }

    /// Views going on, by the position of their phase in [`Phase::ALL`].
    pub fn phases(&self) -> &[f64] {
        &self.phases
    }

    fn term(&self, index: usize) -> f64 {
        let TermDef { metric, of, .. } = &KPI_TERMS[index];
        let divisor = if *of == TermOf::HistogramCount { 1.0 } else { METRICS[*metric].unit.divisor() };
        self.terms[index] / divisor
    }
}

fn term_of(term: &TermDef, cells: &Cells) -> f64 {
    let observed = || term.slots.iter().filter_map(|slot| cells.histograms[*slot].as_ref());
    match term.of {
        TermOf::Counter => term.slots.iter().map(|slot| cells.counters[*slot]).sum(),
        TermOf::HistogramCount => observed().map(|histogram| histogram.native().count() as f64).sum(),
        TermOf::HistogramSum => observed().map(|histogram| histogram.sum()).sum(),
    }
}

fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}
