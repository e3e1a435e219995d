//! The shape of `spec/registry/kpis.yaml`, and what holds of every key performance indicator.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::{Kind, Metric, Registry, Scope};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KpisFile {
    pub(super) kpis: Vec<Kpi>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KpiKind {
    Ratio,
    Quantile,
    Rate,
    Level,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KpiUnit {
    Ratio,
    Seconds,
    BitsPerSecond,
    PerHour,
    PerSecond,
    Count,
}

impl KpiUnit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            KpiUnit::Ratio => "ratio",
            KpiUnit::Seconds => "seconds",
            KpiUnit::BitsPerSecond => "bits_per_second",
            KpiUnit::PerHour => "per_hour",
            KpiUnit::PerSecond => "per_second",
            KpiUnit::Count => "count",
        }
    }
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Better {
    Lower,
    Higher,
    Neither,
}

impl Better {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Better::Lower => "lower",
            Better::Higher => "higher",
            Better::Neither => "neither",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kpi {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) kind: KpiKind,
    pub(crate) unit: KpiUnit,
    pub(crate) better: Better,
    #[serde(default = "one")]
    pub(crate) scale: f64,
    #[serde(default)]
    pub(crate) part: Vec<String>,
    #[serde(default)]
    pub(crate) whole: Vec<String>,
    pub(crate) of: Option<String>,
    pub(crate) q: Option<f64>,
    #[serde(default)]
    pub(crate) least: f64,
    pub(crate) help: String,
}

fn one() -> f64 {
    1.0
}

/// What a term takes from its metric.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TermOf {
    Counter,
    HistogramCount,
    HistogramSum,
}

/// `openqoe_startup_failed_total{failure="technical"}`, resolved.
pub(crate) struct Term<'r> {
    /// The name as a query writes it, suffix included.
    pub(crate) name: &'r str,
    /// Matchers of closed labels, without braces.
    pub(crate) labels: &'r str,
    pub(crate) of: TermOf,
    pub(crate) metric: &'r Metric,
}

impl Registry {
    /// The metric of scope view behind a term, and what is taken of it.
    ///
    /// # Errors
    /// When there is no such metric, or a label is none of its own.
    pub(crate) fn term<'r>(&'r self, text: &'r str) -> Result<Term<'r>> {
        let (name, labels) = text.split_once('{').unwrap_or((text, ""));
        let labels = labels.trim_end_matches('}');
        let suffixes =
            [("", TermOf::Counter), ("_count", TermOf::HistogramCount), ("_sum", TermOf::HistogramSum)];
        let found = suffixes.into_iter().find_map(|(suffix, of)| {
            let stem = name.strip_suffix(suffix)?;
            let kind = if of == TermOf::Counter { Kind::Counter } else { Kind::Histogram };
            let is_meant = |metric: &&Metric| {
                metric.name == stem && metric.scope == Scope::View && metric.kind() == kind
            };
            Some((self.metrics().find(is_meant)?, of))
        });
        let (metric, of) = found.with_context(|| format!("{text}: no counter or histogram of scope view"))?;
        for label in labels.split(',').filter(|label| !label.is_empty()) {
            let own = label.split_once('=').map(|(name, _)| name).unwrap_or_default();
            let known = metric.labels.iter().filter_map(|name| self.label(name));
            ensure!(
                known.into_iter().any(|label| label.exposed() == own),
                "{text}: {own} is no label of {}",
                metric.name
            );
        }
        Ok(Term { name, labels, of, metric })
    }

    pub(super) fn check_kpis(&self) -> Result<()> {
        for kpi in &self.kpis {
            let id = &kpi.id;
            ensure!(kpi.help.ends_with('.'), "{id}: help is a sentence and ends with a full stop");
            kpi.part.iter().chain(&kpi.whole).try_for_each(|term| self.term(term).map(|_| ()))?;
            let of = kpi.of.as_deref().unwrap_or_default();
            let metric = self.metrics().find(|metric| metric.name == of && metric.scope == Scope::View);
            let kind = metric.map(Metric::kind);
            let fits = match kpi.kind {
                KpiKind::Ratio => !kpi.part.is_empty() && !kpi.whole.is_empty() && kpi.of.is_none(),
                KpiKind::Quantile => {
                    kind == Some(Kind::Histogram) && kpi.q.is_some_and(|q| q > 0.0 && q < 1.0)
                }
                KpiKind::Rate => kind == Some(Kind::Counter),
                KpiKind::Level => kind == Some(Kind::Gauge),
            };
            ensure!(fits, "{id}: what it is made of does not fit its kind");
        }
        Ok(())
    }
}
